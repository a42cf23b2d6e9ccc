/* Triggers and epochs of portfolios against evaluating every vault: a book of
 * both methods in a market that creeps, jumps, drifts apart, widens, refuses
 * and expires, while vaults change.  After every step each vault's state must
 * be what margin_evaluate says.
 *
 * MARGIND_LONG=1: more vaults and steps; MARGIND_PORTFOLIO_VAULTS and
 * MARGIND_PORTFOLIO_STEPS set them apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define PW_VAULTS 1024u
#define PW_POSITIONS 16384u
#include "base/must.h"
#include "margin/portfolio_reach.h"
#include "tests/portfolio_world.h"

#define FACTORS 3u
#define ASSETS 4u
#define BP (WAD_ONE_RAW / 10000)
#define MINUTE_MS 60000u

static struct portfolio_world *w;
static struct portfolio_reach reach;
static void *arena;
static enum vault_state noted[PW_VAULTS];
static uint32_t times_named[PW_VAULTS];
static uint32_t named;		/* at the last move */

/* Where the market is: levels of the factors, and what each price has of its
 * own. */
static struct {
	struct px18 level[FACTORS];
	i128 asset[ASSETS];		/* relative, beyond its first price */
	i128 mark[PW_INSTRUMENTS], forward[2][3];
	i128 half[ASSETS];		/* half-bands */
	i128 factor_half[2];
	i128 vol[2][3];
	bool is_refused[ASSETS], is_factor_refused[2];
} now;
static struct px18 first_price[ASSETS], first_level[FACTORS];

/* ---- the market ---------------------------------------------------------- */

static uint64_t
below(uint64_t n)
{
	return pw_random(w) % n;
}

/* In [-most, most]. */
static i128
either(i128 most)
{
	return most * ((i128)below(2000001) - 1000000) / 1000000;
}

static struct px18
moved(struct px18 p, i128 by)
{
	struct px18 out;

	assert_int_equal(px18_mul_num(&out, p, num18_from_raw(
	    (i128)WAD_ONE_RAW + by), ROUND_FLOOR), ERR_OK);
	return out;
}

static void
price_set(struct price *p, struct px18 mid, i128 half, bool is_refused)
{
	p->mid = mid;
	p->low = moved(mid, -half);
	p->high = moved(mid, half);
	p->status = is_refused ? PRICE_REFUSED : PRICE_OK;
	if (is_refused)
		p->mid = p->low = px18_from_raw(0);
}

/* slow_follow: a tenth of the way. */
static void
slow_follow(struct px18 *slow, struct px18 price)
{
	u128 a = px18_to_raw(*slow), b = px18_to_raw(price);

	*slow = px18_from_raw(a > b ? a - (a - b) / 10 : a + (b - a) / 10);
}

static void
market_build(void)
{
	for (uint32_t i = 0; i < ASSETS; i++) {
		struct market_price *p = &w->market.asset[i];
		uint8_t f = w->book.assets[i].factor;
		struct px18 mid;

		assert_int_equal(px18_move(&mid, first_price[i], now.level[f],
		    first_level[f], ROUND_FLOOR), ERR_OK);
		mid = moved(mid, now.asset[i]);
		price_set(&p->price, mid, now.half[i], now.is_refused[i]);
		slow_follow(&p->twap, mid);
		slow_follow(&p->stable, mid);
	}
	for (uint32_t f = 0; f < 2; f++) {
		struct market_factor *o = &w->terms.factor[f];

		price_set(&o->price.price, now.level[f], now.factor_half[f],
		    now.is_factor_refused[f]);
		for (uint32_t k = 0; k < o->forward_count; k++) {
			o->forward[k].price = moved(now.level[f],
			    now.forward[f][k]);
			o->slice[k].vol = num18_from_raw(now.vol[f][k]);
		}
	}
	for (uint32_t i = 0; i < w->book.instrument_count; i++)
		w->terms.mark[i].mark = moved(
		    now.level[w->instruments[i].factor], now.mark[i]);
}

static void
market_open(void)
{
	memset(&now, 0, sizeof(now));
	for (uint32_t i = 0; i < ASSETS; i++) {
		first_price[i] = w->market.asset[i].price.mid;
		now.half[i] = (i128)BP * 4;
		w->market.asset[i].twap = w->market.asset[i].stable =
		    first_price[i];
	}
	first_level[0] = now.level[0] = pw_px("2000");
	first_level[1] = now.level[1] = pw_px("50000");
	first_level[2] = now.level[2] = pw_px("1");
	for (uint32_t f = 0; f < 2; f++) {
		now.factor_half[f] = (i128)BP * 4;
		for (uint32_t k = 0; k < 3; k++) {
			now.forward[f][k] = (i128)BP * 20 * (k + 1);
			now.vol[f][k] = pw_number("0.6");
		}
	}
	w->terms.mark[0].has_mark = w->terms.mark[3].has_mark = true;
	w->market.asset[PW_WSTETH].has_twap = true;
	w->market.asset[PW_BTC].has_stable = true;
	w->terms.rate_count = 1;
	w->terms.rate[0] = (struct market_rate){ PW_NOW_MS,
		num18_from_raw(pw_number("0.04")) };
	market_build();
}

/* ---- the vaults ---------------------------------------------------------- */

static enum margin_method
method_of(uint32_t slot)
{
	return margin_own_method(&w->snapshot, slot);
}

static enum vault_state
state_of(uint32_t slot)
{
	struct margin_result r;

	return margin_evaluate(&r, &w->snapshot, slot, method_of(slot)) ==
	    ERR_OK ? r.state : STATE_STALE;
}

static void
value(uint32_t slot)
{
	noted[slot] = state_of(slot);
	assert_int_equal(portfolio_reach_note(&reach, &w->snapshot, slot,
	    noted[slot]), ERR_OK);
}

static void
sizes_scale(uint32_t slot, i128 num, i128 den)
{
	const struct vault *v = &w->vaults[slot];

	for (uint32_t i = 0; i < v->position_count; i++) {
		struct position *p = &w->positions[v->position_first + i];
		i128 size = num18_to_raw(p->size) / den * num;

		p->size = num18_from_raw(size != 0 ? size : 1);
	}
}

static void
sizes_set(uint32_t slot, const i128 *had, i128 parts)
{
	const struct vault *v = &w->vaults[slot];

	for (uint32_t i = 0; i < v->position_count; i++) {
		i128 size = had[i] / 2048 * parts;

		w->positions[v->position_first + i].size = num18_from_raw(
		    size != 0 ? size : 1);
	}
}

/* gear trades as much as leaves the vault HEALTHY, less a few parts of a
 * thousand. */
static void
gear(uint32_t slot)
{
	const struct vault *v = &w->vaults[slot];
	i128 low, high;
	i128 had[POSITIONS_MAX];

	for (int i = 0; i < 12 && state_of(slot) != STATE_HEALTHY; i++)
		sizes_scale(slot, 1, 3);
	if (v->position_count == 0 || state_of(slot) != STATE_HEALTHY)
		return;
	for (uint32_t i = 0; i < v->position_count; i++)
		had[i] = num18_to_raw(w->positions[v->position_first + i].
		    size);
	/* In 2^-11 of what it had. */
	for (low = high = 2048; high < 2048 << 12 && state_of(slot) ==
	    STATE_HEALTHY; sizes_set(slot, had, high *= 2))
		low = high;
	while (high - low > low / 2048 + 1) {
		i128 mid = low + (high - low) / 2;

		sizes_set(slot, had, mid);
		if (state_of(slot) == STATE_HEALTHY)
			low = mid;
		else
			high = mid;
	}
	low = low * (1000 - (i128)below(below(3) ? 20 : 300)) / 1000;
	sizes_set(slot, had, low);
}

static void
vaults_fill(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = pw_random_vault(w, i % 2 ? METHOD_SCENARIO :
		    METHOD_STANDARD, 1 + (unsigned)below(5));

		if (below(10) != 0)
			gear(slot);
	}
}

static void
world_open(uint32_t count, uint64_t seed)
{
	const struct portfolio_slack slack = portfolio_slack_default();
	struct portfolio_reach_limits l = { .vaults = PW_VAULTS,
		.legs = PW_VAULTS * 11, .market = { FACTORS, ASSETS,
		PW_INSTRUMENTS } };

	w = pw_init(seed);
	arena = aligned_alloc(64, portfolio_reach_bytes(&l));
	assert_non_null(arena);
	memset(arena, 0, portfolio_reach_bytes(&l));
	portfolio_reach_init(&reach, arena, &l, &slack);
	market_open();
	vaults_fill(count);
	portfolio_reach_move(&reach, &w->snapshot);
	for (uint32_t i = 0; i < w->book.vault_count; i++)
		value(i);
}

static void
world_close(void)
{
	free(arena);
	free(w);
}

/* tick: the market is what it is now; values what is named, each once. */
static void
tick(void)
{
	uint32_t slot[PORTFOLIO_REACH_BATCH], n;

	memset(times_named, 0, sizeof(times_named));
	named = 0;
	portfolio_reach_move(&reach, &w->snapshot);
	while ((n = portfolio_reach_next(&reach, slot)) > 0)
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(times_named[slot[i]]++, 0);
			named++;
			value(slot[i]);
		}
}

static void
check(uint32_t from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = (from + i) % w->book.vault_count;
		enum vault_state s = state_of(slot);

		if (s != noted[slot])
			fail_msg("vault %u is %s, was noted %s", slot,
			    vault_state_name(s),
			    vault_state_name(noted[slot]));
	}
}

/* ---- the differential test ----------------------------------------------- */

static void
levels_creep(i128 most)
{
	for (uint32_t f = 0; f < FACTORS; f++)
		now.level[f] = moved(now.level[f], either(f == 2 ? most / 20 :
		    most));
}

/* pull: back towards zero, so that nothing wanders off. */
static i128
walk(i128 v, i128 most)
{
	return v - v / 16 + either(most);
}

static void
basis_drift(void)
{
	uint32_t f = (uint32_t)below(2), k = (uint32_t)below(3);
	uint32_t i = (uint32_t)below(w->book.instrument_count);

	switch (below(4)) {
	case 0: now.forward[f][k] = walk(now.forward[f][k], BP * 8); break;
	case 1: now.mark[i] = walk(now.mark[i], BP * 8); break;
	case 2: now.mark[0] = walk(now.mark[0], BP * 8); break;
	default: now.asset[PW_WSTETH] = walk(now.asset[PW_WSTETH], BP * 8);
	}
}

static void
vol_change(void)
{
	i128 (*of)[3] = &now.vol[below(2)];
	i128 *v = &(*of)[below(3)];

	*v += either(below(4) == 0 ? pw_number("0.05") : pw_number("0.004"));
	if (*v < pw_number("0.2"))
		*v = pw_number("0.2");
}

static void
band_change(void)
{
	i128 half = (i128)BP * (1 + (i128)below(below(5) == 0 ? 400 : 30));

	if (below(2) == 0)
		now.factor_half[below(2)] = half;
	else
		now.half[below(ASSETS)] = half;
}

static void
clock_step(uint32_t i, uint32_t steps)
{
	/* From now to behind the expiry of the seventh day, the last hours
	 * and the settlement window slowly. */
	const uint64_t expiry = PW_NOW_MS + 7 * PW_DAY_MS;
	uint64_t *t = &w->market.as_of_ms;

	if (i > steps / 2 && *t < expiry - 60 * MINUTE_MS)
		*t = expiry - 60 * MINUTE_MS;
	*t += (uint64_t)MINUTE_MS * (1 + below(8));
}

static void
flag_flip(void)
{
	struct market_terms *t = &w->terms;
	struct market_price *a = &w->market.asset[below(ASSETS)];

	switch (below(7)) {
	case 0: {
		bool *is = &now.is_refused[below(ASSETS)];
		*is = !*is && below(3) == 0;
		break;
	}
	case 1: {
		bool *is = &now.is_factor_refused[below(2)];
		*is = !*is && below(3) == 0;
		break;
	}
	case 2:
		a->has_twap = !a->has_twap;
		break;
	case 3:
		a->has_stable = !a->has_stable;
		break;
	case 4: {
		struct market_mark *m = &t->mark[below(4)];
		m->has_mark = !m->has_mark;
		m->has_open_interest = true;
		m->open_interest = usd18_from_raw(pw_between(w, 0, 200000));
		break;
	}
	case 5:
		t->rate[0].rate = num18_from_raw(pw_between(w, 0, 80));
		break;
	default: {
		struct market_factor *f = &t->factor[below(2)];
		struct market_slice *slice = &f->slice[below(3)];

		slice->confidence = num18_from_raw(below(3) ?
		    (i128)WAD_ONE_RAW : pw_between(w, 500, 1000));
	}
	}
}

static void
vault_change(void)
{
	uint32_t slot = (uint32_t)below(w->book.vault_count);
	struct vault *v;

	for (int i = 0; i < 4 && noted[slot] == STATE_HEALTHY; i++)
		slot = (uint32_t)below(w->book.vault_count);
	v = &w->vaults[slot];
	if (below(4) == 0)
		portfolio_reach_forget(&reach, slot);
	if (below(4) != 0)
		gear(slot);
	else if (below(2) == 0)
		sizes_scale(slot, 80 + (i128)below(40), 100);
	else if (v->collateral_count > 0)
		v->collateral[0].amount = v->collateral[0].amount *
		    (80 + below(40)) / 100;
	value(slot);
}

static void
unwind_flags(void)
{
	memset(now.is_refused, 0, sizeof(now.is_refused));
	memset(now.is_factor_refused, 0, sizeof(now.is_factor_refused));
}

/* random_step: whether only prices crept. */
static bool
random_step(uint32_t i, uint32_t steps)
{
	uint64_t what = below(200);
	i128 jump = (i128)BP * (what < 154 ? 1500 : 300);

	if (what < 150) {
		levels_creep(BP * 3);
	} else if (what < 156) {
		uint32_t f = (uint32_t)below(FACTORS);
		now.level[f] = moved(now.level[f], either(f == 2 ? jump / 10 :
		    jump));
	} else if (what < 170) {
		levels_creep(BP);
		basis_drift();
	} else if (what < 178) {
		vol_change();
	} else if (what < 183) {
		band_change();
	} else if (what < 188) {
		clock_step(i, steps);
	} else if (what < 191) {
		flag_flip();
	} else if (what < 192) {
		unwind_flags();
	} else if (what < 193) {
		u128 index = wad_to_raw(w->book.accrual[PW_USDC]);
		w->book.accrual[PW_USDC] = wad_from_raw(index + index /
		    1000000 * below(below(20) == 0 ? 1000 : 10));
	} else {
		vault_change();
	}
	market_build();
	return what < 150;
}

static uint32_t
from_env(const char *name, uint32_t otherwise, uint32_t when_long)
{
	const char *v = getenv(name), *is_long = getenv("MARGIND_LONG");

	if (v)
		return (uint32_t)strtoul(v, NULL, 10);
	return is_long && strcmp(is_long, "0") != 0 ? when_long : otherwise;
}

struct tally {
	uint64_t steps, crept, crept_named, named, crossings, by_trigger;
	uint32_t states[STATE_RECOVERY + 1];
};

static void
run(struct tally *t, uint32_t count, uint32_t steps, uint64_t seed)
{
	static enum vault_state before[PW_VAULTS];

	world_open(count, seed);
	w->rules.standard.linear.open_interest_upper =
	    usd18_from_raw(pw_number("100"));
	portfolio_reach_restart(&reach);
	tick();
	assert_true(named > count / 2);	/* an empty one has no factor */
	for (uint32_t i = 0; i < steps; i++) {
		bool is_creep = random_step(i, steps);

		memcpy(before, noted, sizeof(before));
		tick();
		t->steps++;
		t->named += named;
		t->crept += is_creep;
		t->crept_named += is_creep ? named : 0;
		for (uint32_t k = 0; k < count; k++) {
			t->crossings += before[k] != noted[k];
			t->states[noted[k]]++;
		}
		/* All now and then, or where others were passed; some else. */
		if (i % 8 == 0 || !is_creep)
			check(0, count);
		else
			check((uint32_t)below(count), 4);
	}
	t->by_trigger += reach.by_trigger;
	world_close();
}

static void
portfolio_reach__misses_nothing_in_random_markets(void **state)
{
	uint32_t count = from_env("MARGIND_PORTFOLIO_VAULTS", 16, 100);
	uint32_t steps = from_env("MARGIND_PORTFOLIO_STEPS", 350, 3000);
	struct tally t = { .steps = 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++)
		run(&t, count, steps, seed);
	print_message("%llu steps of %u vaults: %llu crossings, %.2f named a "
	    "step, %.2f where prices crept\n", (unsigned long long)t.steps,
	    count, (unsigned long long)t.crossings,
	    (double)t.named / (double)t.steps,
	    (double)t.crept_named / (double)t.crept);
	for (unsigned s = 0; s <= STATE_RECOVERY; s++)
		if (t.states[s])
			print_message("  %s: %.1f %%\n", vault_state_name(s),
			    100.0 * t.states[s] / ((double)t.steps * count));
	assert_true(t.crossings > t.steps / 20);
	assert_true(t.by_trigger > t.steps / 50);
	assert_true(t.crept_named < t.crept * count / 2);
}

/* Vaults that are not near their edges, and prices that creep: a few. */
static void
portfolio_reach__names_few_where_prices_creep(void **state)
{
	const uint32_t count = 32, steps = 150;
	uint32_t all = 0, healthy = 0;

	(void)state;
	world_open(count, 11);
	for (uint32_t i = 0; i < count; i++) {
		sizes_scale(i, 4, 5);
		value(i);
		if (noted[i] == STATE_HEALTHY)
			healthy++;
		else
			portfolio_reach_forget(&reach, i);
	}
	assert_true(healthy > count / 2);
	for (uint32_t i = 0; i < steps; i++) {
		levels_creep(BP * 3);
		market_build();
		tick();
		all += named;
		if (i % 8 == 0)
			for (uint32_t k = 0; k < count; k++)
				if (noted[k] == STATE_HEALTHY)
					check(k, 1);
	}
	print_message("%u of %u named\n", all, healthy * steps);
	assert_true(all * 5 < healthy * steps);
	world_close();
}

/* ---- by hand ------------------------------------------------------------- */

enum { PLAIN, DATED };	/* slots: ETH and a perpetual; USDC and an option */

static int
setup(void **state)
{
	struct vault v;

	(void)state;
	world_open(0, 3);
	v = pw_vault(w, METHOD_STANDARD);
	pw_hold(w, &v, PW_ETH, "10");
	pw_trade(w, &v, 0, pw_number("60"), pw_px("2000"));
	assert_int_equal(pw_put(w, &v), PLAIN);
	v = pw_vault(w, METHOD_SCENARIO);
	pw_hold(w, &v, PW_USDC, "20000");
	pw_trade(w, &v, 9, pw_number("-1"), pw_px("0"));
	assert_int_equal(pw_put(w, &v), DATED);
	assert_int_equal(w->instruments[9].kind, INSTRUMENT_OPTION);
	value(PLAIN);
	value(DATED);
	assert_int_equal(noted[PLAIN], STATE_HEALTHY);
	assert_int_equal(noted[DATED], STATE_HEALTHY);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_close();
	return 0;
}

/* A bit a vault. */
static unsigned
named_now(void)
{
	tick();
	check(0, w->book.vault_count);
	return times_named[PLAIN] | times_named[DATED] << 1;
}

static unsigned
named_after_build(void)
{
	market_build();
	return named_now();
}

#define NOBODY 0u
#define THE_PLAIN (1u << PLAIN)
#define THE_DATED (1u << DATED)
#define BOTH (THE_PLAIN | THE_DATED)

static i128
radius_of(uint32_t slot, unsigned tier)
{
	unsigned at;
	struct num18 r = portfolio_reach_radius(&at, &reach, &w->snapshot,
	    slot);

	assert_int_equal(at, tier);
	assert_false(num18_is_zero(r));
	return num18_to_raw(r);
}

static void
portfolio_reach_move__names_nobody_when_nothing_moved(void **state)
{
	(void)state;
	assert_int_equal(named_now(), NOBODY);
	levels_creep(BP / 10);
	assert_int_equal(named_after_build(), NOBODY);
}

static void
portfolio_reach_move__names_what_leaves_its_radius(void **state)
{
	struct px18 at = now.level[0];
	i128 r = radius_of(PLAIN, 0), bucket = (i128)BP * 3 / 2;

	(void)state;
	assert_true(r < radius_of(DATED, 0));
	now.level[0] = moved(at, r - bucket);
	assert_int_equal(named_after_build(), NOBODY);
	now.level[0] = moved(at, bucket - r);
	assert_int_equal(named_after_build(), NOBODY);
	now.level[0] = moved(at, r + 1);
	assert_int_equal(named_after_build(), THE_PLAIN);
	/* Anchored again, there. */
	r = radius_of(PLAIN, 0);
	at = now.level[0];
	now.level[0] = moved(at, bucket - r);
	assert_int_equal(named_after_build() & THE_PLAIN, NOBODY);
	now.level[0] = moved(at, -r - 1);
	assert_int_equal(named_after_build() & THE_PLAIN, THE_PLAIN);
	/* A ring and more. */
	now.level[0] = moved(at, 9 * (i128)WAD_ONE_RAW);
	assert_int_equal(named_after_build(), BOTH);
	now.level[0] = at;
	assert_int_equal(named_after_build(), BOTH);
}

static void
portfolio_reach_move__names_once_what_several_prices_pass(void **state)
{
	(void)state;
	for (uint32_t f = 0; f < FACTORS; f++)
		now.level[f] = moved(now.level[f], (i128)WAD_ONE_RAW / 2);
	now.mark[0] = (i128)BP * 50;
	/* tick() asserts it. */
	assert_int_equal(named_after_build(), BOTH);
}

/* A third of 20 bp. */
static void
portfolio_reach_move__begins_an_epoch_where_a_basis_leaves(void **state)
{
	(void)state;
	now.mark[0] = (i128)BP * 6;
	assert_int_equal(named_after_build(), NOBODY);
	now.mark[0] = (i128)BP * 7;
	assert_int_equal(named_after_build() & THE_PLAIN, THE_PLAIN);
	assert_int_equal(named_now(), NOBODY);
	now.asset[PW_WSTETH] = (i128)BP * -6;
	assert_int_equal(named_after_build(), NOBODY);
	now.asset[PW_WSTETH] = (i128)BP * -7;
	/* Both trade on that factor. */
	assert_int_equal(named_after_build(), BOTH);
	now.forward[0][0] += (i128)BP * 6;
	assert_int_equal(named_after_build(), NOBODY);
	now.forward[0][0] += (i128)BP * 1;
	assert_int_equal(named_after_build(), THE_DATED);
	now.forward[1][0] += (i128)BP * 100;	/* nobody's */
	assert_int_equal(named_after_build(), NOBODY);
}

/* An anchor within the epoch, then to its other end. */
static void
portfolio_reach_move__counts_a_basis_from_the_epochs_start(void **state)
{
	(void)state;
	now.mark[0] = (i128)BP * 6;
	assert_int_equal(named_after_build(), NOBODY);
	value(PLAIN);
	now.mark[0] = (i128)BP * -6;
	assert_int_equal(named_after_build(), NOBODY);
	now.mark[0] = (i128)BP * -7;
	assert_int_equal(named_after_build() & THE_PLAIN, THE_PLAIN);
}

static void
portfolio_reach_move__begins_an_epoch_where_debt_accrues(void **state)
{
	(void)state;
	w->book.accrual[PW_USDC] = wad_from_raw(WAD_ONE_RAW + 6 * BP);
	assert_int_equal(named_now(), NOBODY);
	w->book.accrual[PW_USDC] = wad_from_raw(WAD_ONE_RAW + 7 * BP);
	assert_int_equal(named_now(), THE_DATED);
}

/* Half of two points. */
static void
portfolio_reach_move__begins_dated_epochs_where_vols_leave(void **state)
{
	(void)state;
	now.vol[0][0] += pw_number("0.01");
	assert_int_equal(named_after_build(), NOBODY);
	now.vol[0][0] += 1;
	assert_int_equal(named_after_build(), THE_DATED);
	now.vol[0][0] -= pw_number("0.01");
	assert_int_equal(named_after_build(), NOBODY);
	now.vol[0][0] -= 1;
	assert_int_equal(named_after_build(), THE_DATED);
}

/* By 25 bp of 4; and a price that is not the reference by 5 from its band. */
static void
portfolio_reach_move__begins_an_epoch_where_a_band_widens(void **state)
{
	(void)state;
	now.half[PW_USDC] = (i128)BP * 8;
	assert_int_equal(named_after_build(), NOBODY);
	now.half[PW_USDC] = (i128)BP * 30;
	assert_int_equal(named_after_build(), THE_DATED);
	now.half[PW_ETH] = (i128)BP * 8;
	assert_int_equal(named_after_build(), NOBODY);
	now.half[PW_ETH] = (i128)BP * 10;
	assert_int_equal(named_after_build(), BOTH);
	now.half[PW_ETH] = now.half[PW_WSTETH] = now.factor_half[0] =
	    (i128)BP * 28;
	assert_int_equal(named_after_build(), NOBODY);
	now.half[PW_ETH] = now.half[PW_WSTETH] = now.factor_half[0] =
	    (i128)BP * 30;
	assert_int_equal(named_after_build(), BOTH);
	/* Narrow again: the limits follow, and nobody is named for it. */
	now.half[PW_ETH] = now.half[PW_WSTETH] = now.factor_half[0] =
	    (i128)BP;
	assert_int_equal(named_after_build(), NOBODY);
	now.half[PW_ETH] = now.half[PW_WSTETH] = now.factor_half[0] =
	    (i128)BP * 30;
	assert_int_equal(named_after_build(), BOTH);
}

static void
portfolio_reach_move__names_all_of_a_factor_not_fit(void **state)
{
	(void)state;
	now.factor_half[0] = (i128)WAD_ONE_RAW / 3;
	assert_int_equal(named_after_build(), BOTH);
	levels_creep(BP);
	assert_int_equal(named_after_build(), BOTH);
	now.factor_half[0] = (i128)BP * 4;
	assert_int_equal(named_after_build(), BOTH);
	for (int i = 0; i < 40; i++) {	/* both have been asked again */
		levels_creep(BP / 100);
		(void)named_after_build();
	}
	levels_creep(BP / 100);
	assert_int_equal(named_after_build(), NOBODY);
}

static void
portfolio_reach_move__holds_what_is_stale_until_it_is_back(void **state)
{
	(void)state;
	now.is_refused[PW_USDC] = true;
	assert_int_equal(named_after_build(), THE_DATED);
	assert_int_equal(noted[DATED], STATE_STALE);
	levels_creep(BP / 10);
	assert_int_equal(named_after_build(), NOBODY);
	now.is_refused[PW_USDC] = false;
	assert_int_equal(named_after_build(), THE_DATED);
	assert_int_equal(noted[DATED], STATE_HEALTHY);
	now.is_factor_refused[0] = true;
	assert_int_equal(named_after_build(), BOTH);
	assert_int_equal(noted[PLAIN], STATE_STALE);
	levels_creep(BP / 10);
	assert_int_equal(named_after_build(), NOBODY);
	now.is_factor_refused[0] = false;
	assert_int_equal(named_after_build(), BOTH);
	w->market.terms = NULL;
	assert_int_equal(named_now(), BOTH);
	w->market.terms = &w->terms;
	assert_int_equal(named_now(), BOTH);
	assert_int_equal(noted[PLAIN], STATE_HEALTHY);
}

static void
portfolio_reach_move__names_the_dated_when_the_clock_moves(void **state)
{
	(void)state;
	w->market.as_of_ms += MINUTE_MS;
	assert_int_equal(named_now(), THE_DATED);
	assert_int_equal(named_now(), NOBODY);
	w->market.as_of_ms = w->instruments[9].expiry_ms;
	assert_int_equal(named_now(), THE_DATED);
	assert_int_equal(noted[DATED], STATE_PENDING);
	levels_creep(BP / 10);
	assert_int_equal(named_after_build(), NOBODY);
	w->market.as_of_ms = PW_NOW_MS;
	assert_int_equal(named_now(), THE_DATED);
	assert_int_equal(noted[DATED], STATE_HEALTHY);
	w->terms.rate[0].rate = num18_from_raw(pw_number("0.05"));
	assert_int_equal(named_now(), THE_DATED);
	w->terms.rate_count = 0;
	assert_int_equal(named_now(), THE_DATED);
	w->terms.factor[0].forward[1].has_fixed = true;
	assert_int_equal(named_now(), THE_DATED);
	w->terms.factor[0].slice_count--;
	assert_int_equal(named_now(), THE_DATED);
}

static void
portfolio_reach_move__begins_epochs_where_confidence_turns(void **state)
{
	struct num18 *least = &w->rules.standard.oracle.option_threshold;
	struct market_slice *slice = &w->terms.factor[0].slice[0];

	(void)state;
	*least = w->rules.standard.oracle.linear_threshold =
	    w->rules.scenario.other.conf_threshold =
	    num18_from_raw(pw_number("0.9"));
	portfolio_reach_restart(&reach);
	assert_int_equal(named_now(), BOTH);
	slice->confidence = num18_from_raw(pw_number("0.91"));
	assert_int_equal(named_now(), NOBODY);
	slice->confidence = num18_from_raw(pw_number("0.89"));
	assert_int_equal(named_now(), THE_DATED);
	slice->confidence = num18_from_raw(pw_number("0.91"));
	assert_int_equal(named_now(), THE_DATED);
}

/* A band within the slack, across the threshold: of the reference, of a
 * token. */
static void
portfolio_reach_move__begins_epochs_where_bands_are_unsure(void **state)
{
	(void)state;
	w->rules.standard.oracle.linear_threshold =
	    num18_from_raw(pw_number("0.9995"));
	portfolio_reach_restart(&reach);
	assert_int_equal(named_now(), BOTH);
	now.factor_half[0] = (i128)BP * 49 / 10;
	assert_int_equal(named_after_build(), NOBODY);
	now.factor_half[0] = (i128)BP * 51 / 10;
	assert_int_equal(named_after_build(), BOTH);
	assert_int_equal(named_now(), NOBODY);
	now.factor_half[0] = (i128)BP * 4;
	assert_int_equal(named_after_build(), BOTH);
	now.half[PW_WSTETH] = (i128)BP * 49 / 10;
	assert_int_equal(named_after_build() & THE_DATED, NOBODY);
	now.half[PW_WSTETH] = (i128)BP * 51 / 10;
	assert_int_equal(named_after_build(), BOTH);
}

static void
portfolio_reach_radius__pays_for_bands_and_where_they_part(void **state)
{
	i128 r = radius_of(PLAIN, 0), wide, apart;

	(void)state;
	now.factor_half[0] = now.half[PW_ETH] = (i128)BP * 24;
	now.half[PW_WSTETH] = (i128)BP * 24;
	assert_int_equal(named_after_build(), NOBODY);
	assert_true(radius_of(PLAIN, 0) == r);	/* it was paid for */
	portfolio_reach_restart(&reach);
	assert_int_equal(named_now(), BOTH);
	wide = radius_of(PLAIN, 0);
	assert_true(r - wide > (i128)BP * 18 && r - wide < (i128)BP * 22);
	now.half[PW_WSTETH] = (i128)BP * 64;	/* which it has not */
	assert_int_equal(named_after_build(), BOTH);
	assert_true(radius_of(PLAIN, 0) == wide);
	now.half[PW_ETH] = (i128)BP * 64;
	assert_int_equal(named_after_build(), BOTH);
	apart = radius_of(PLAIN, 0);
	assert_true(wide - apart > (i128)BP * 60);
}

static void
portfolio_reach_move__looks_at_open_interest_as_rules_do(void **state)
{
	struct market_mark *m = &w->terms.mark[0];

	(void)state;
	m->has_open_interest = true;
	m->open_interest = usd18_from_raw(pw_number("500"));
	assert_int_equal(named_now(), NOBODY);
	w->rules.standard.linear.open_interest_lower =
	    usd18_from_raw(pw_number("600"));
	w->rules.standard.linear.open_interest_upper =
	    usd18_from_raw(pw_number("1000"));
	portfolio_reach_restart(&reach);
	assert_int_equal(named_now(), BOTH);
	m->open_interest = usd18_from_raw(pw_number("600"));
	assert_int_equal(named_now(), NOBODY);
	m->open_interest = usd18_from_raw(pw_number("601"));
	assert_int_equal(named_now(), BOTH);
	m->open_interest = usd18_from_raw(pw_number("1000"));
	assert_int_equal(named_now(), BOTH);
	m->open_interest = usd18_from_raw(pw_number("1001"));
	assert_int_equal(named_now() & THE_DATED, NOBODY);
}

static void
portfolio_reach_move__follows_slow_companions(void **state)
{
	struct market_price *p = &w->market.asset[PW_ETH];
	struct px18 at = p->price.mid;
	i128 r;

	(void)state;
	p->twap = p->stable = at;
	p->has_twap = true;
	assert_int_equal(named_now(), BOTH);
	p->has_stable = true;
	assert_int_equal(named_now(), BOTH);
	r = radius_of(PLAIN, 0);
	p->twap = moved(at, -r + (i128)BP * 3 / 2);
	p->stable = moved(at, r - (i128)BP * 3 / 2);
	assert_int_equal(named_now(), NOBODY);
	p->twap = moved(at, -r - 1);
	assert_int_equal(named_now(), THE_PLAIN);
	p->twap = at;
	assert_int_equal(named_now(), THE_PLAIN);
	p->stable = moved(at, -(i128)WAD_ONE_RAW / 2);
	assert_int_equal(named_now(), THE_PLAIN);
	p->has_twap = p->has_stable = false;
	assert_int_equal(named_now(), BOTH);
}

/* ---- always -------------------------------------------------------------- */

static void
portfolio_reach_note__keeps_in_sight_what_has_no_bound(void **state)
{
	struct vault *v = &w->vaults[PLAIN];

	(void)state;
	w->market.asset[PW_WSTETH].has_twap = false;	/* it goes on moving */
	assert_int_equal(named_now(), BOTH);
	w->orders[0] = (struct order){ .instrument = 0, .size = num18_one(),
		.price = pw_px("1900") };
	w->book.order_count = v->order_count = 1;
	v->order_first = 0;
	value(PLAIN);
	assert_int_equal(named_now(), NOBODY);	/* nothing moved */
	levels_creep(BP / 100);
	assert_int_equal(named_after_build(), THE_PLAIN);
	v->order_count = 0;
	v->method = METHOD_GREEKS;
	portfolio_reach_forget(&reach, PLAIN);
	value(PLAIN);
	levels_creep(BP / 100);
	assert_int_equal(named_after_build(), THE_PLAIN);
	v->method = METHOD_STANDARD;
	portfolio_reach_forget(&reach, PLAIN);
	value(PLAIN);
	levels_creep(BP / 100);
	assert_int_equal(named_after_build(), NOBODY);
	/* Restricted, on a factor that stands still. */
	sizes_scale(PLAIN, 2000, 1);
	value(PLAIN);
	assert_int_not_equal(noted[PLAIN], STATE_HEALTHY);
	now.level[1] = moved(now.level[1], (i128)BP);
	assert_int_equal(named_after_build(), NOBODY);
	now.level[0] = moved(now.level[0], (i128)BP / 100);
	assert_int_equal(named_after_build(), THE_PLAIN);
}

static void
portfolio_reach_note__keeps_in_sight_what_shares(void **state)
{
	(void)state;
	w->vaults[PLAIN].node = NODE_CROSS;
	w->vaults[DATED].node = NODE_PORTFOLIO;
	w->vaults[DATED].parent = PLAIN + 1;
	tree_build(&w->tree, &w->book);
	w->snapshot.tree = &w->tree;
	value(PLAIN);
	value(DATED);
	levels_creep(BP / 100);
	assert_int_equal(named_after_build(), BOTH);
}

/* Near its edge a vault is in a tier of less slack. */
static void
portfolio_reach_note__gives_less_slack_near_the_edge(void **state)
{
	unsigned tier = 0;

	(void)state;
	while (tier == 0) {
		assert_int_equal(noted[PLAIN], STATE_HEALTHY);
		(void)portfolio_reach_radius(&tier, &reach, &w->snapshot,
		    PLAIN);
		sizes_scale(PLAIN, 101, 100);
		value(PLAIN);
	}
	now.mark[0] = (i128)BP * 2;	/* a third of 20 / 4 bp is less */
	assert_int_equal(named_after_build(), THE_PLAIN);
}

/* ---- order, limits ------------------------------------------------------- */

static void
portfolio_reach_forget__takes_it_out_of_everything(void **state)
{
	uint32_t slot[PORTFOLIO_REACH_BATCH];

	(void)state;
	portfolio_reach_forget(&reach, PLAIN);
	now.level[0] = moved(now.level[0], (i128)WAD_ONE_RAW / 2);
	market_build();
	portfolio_reach_move(&reach, &w->snapshot);
	assert_int_equal(portfolio_reach_next(&reach, slot), 1);
	assert_int_equal(slot[0], DATED);
	value(PLAIN);
	value(DATED);
	/* Named, but not taken yet. */
	portfolio_reach_restart(&reach);
	portfolio_reach_move(&reach, &w->snapshot);
	portfolio_reach_forget(&reach, PLAIN);
	assert_int_equal(portfolio_reach_next(&reach, slot), 1);
	assert_int_equal(slot[0], DATED);
	assert_int_equal(portfolio_reach_next(&reach, slot), 0);
}

static void
portfolio_reach_next__keeps_what_was_not_taken(void **state)
{
	uint32_t slot[PORTFOLIO_REACH_BATCH];

	(void)state;
	portfolio_reach_restart(&reach);
	portfolio_reach_move(&reach, &w->snapshot);
	levels_creep(BP);
	market_build();
	portfolio_reach_move(&reach, &w->snapshot);
	assert_int_equal(portfolio_reach_next(&reach, slot), 2);
	assert_int_equal(portfolio_reach_next(&reach, slot), 0);
}

/* ETH alone, and ETH with USDC: three legs. */
static void
portfolio_reach_note__says_where_legs_run_out(void **state)
{
	const struct portfolio_slack slack = portfolio_slack_default();
	struct portfolio_reach_limits l = { .vaults = 2, .legs = 3,
		.market = { FACTORS, ASSETS, PW_INSTRUMENTS } };

	(void)state;
	for (l.legs = 3; l.legs >= 2; l.legs--) {
		MUST(portfolio_reach_bytes(&l) <= portfolio_reach_bytes(
		    &reach.limits));
		memset(arena, 0, portfolio_reach_bytes(&l));
		portfolio_reach_init(&reach, arena, &l, &slack);
		portfolio_reach_move(&reach, &w->snapshot);
		assert_int_equal(portfolio_reach_note(&reach, &w->snapshot,
		    PLAIN, noted[PLAIN]), ERR_OK);
		assert_int_equal(portfolio_reach_note(&reach, &w->snapshot,
		    DATED, noted[DATED]), l.legs == 3 ? ERR_OK : ERR_LIMIT);
		reach.limits.vaults = PW_VAULTS;	/* of the arena */
	}
	/* What is not watched is named by nothing. */
	reach.limits.vaults = 2;
	portfolio_reach_restart(&reach);
	tick();
	assert_int_equal(named, 1);
}

#define UNIT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    portfolio_reach__misses_nothing_in_random_markets),
		cmocka_unit_test(
		    portfolio_reach__names_few_where_prices_creep),
		UNIT_TEST(
		    portfolio_reach_move__names_nobody_when_nothing_moved),
		UNIT_TEST(portfolio_reach_move__names_what_leaves_its_radius),
		UNIT_TEST(
		    portfolio_reach_move__names_once_what_several_prices_pass),
		UNIT_TEST(
		    portfolio_reach_move__begins_an_epoch_where_a_basis_leaves),
		UNIT_TEST(
		    portfolio_reach_move__counts_a_basis_from_the_epochs_start),
		UNIT_TEST(
		    portfolio_reach_move__begins_an_epoch_where_debt_accrues),
		UNIT_TEST(
		    portfolio_reach_move__begins_dated_epochs_where_vols_leave),
		UNIT_TEST(
		    portfolio_reach_move__begins_an_epoch_where_a_band_widens),
		UNIT_TEST(
		    portfolio_reach_move__names_all_of_a_factor_not_fit),
		UNIT_TEST(
		    portfolio_reach_move__holds_what_is_stale_until_it_is_back),
		UNIT_TEST(
		    portfolio_reach_move__names_the_dated_when_the_clock_moves),
		UNIT_TEST(
		    portfolio_reach_move__begins_epochs_where_confidence_turns),
		UNIT_TEST(
		    portfolio_reach_move__looks_at_open_interest_as_rules_do),
		UNIT_TEST(portfolio_reach_move__follows_slow_companions),
		UNIT_TEST(
		    portfolio_reach_note__keeps_in_sight_what_has_no_bound),
		UNIT_TEST(portfolio_reach_note__keeps_in_sight_what_shares),
		UNIT_TEST(portfolio_reach_note__gives_less_slack_near_the_edge),
		UNIT_TEST(portfolio_reach_forget__takes_it_out_of_everything),
		UNIT_TEST(portfolio_reach_next__keeps_what_was_not_taken),
		UNIT_TEST(
		    portfolio_reach_move__begins_epochs_where_bands_are_unsure),
		UNIT_TEST(
		    portfolio_reach_radius__pays_for_bands_and_where_they_part),
		UNIT_TEST(portfolio_reach_note__says_where_legs_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
