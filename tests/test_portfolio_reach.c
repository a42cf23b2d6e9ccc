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

static struct usd18
initial_excess(uint32_t slot)
{
	const struct point mid = point_mid();
	struct evaluation v;

	assert_int_equal(margin_evaluate_at(&v, &w->snapshot, slot,
	    method_of(slot), &mid, SIDE_INITIAL, NULL), ERR_OK);
	return v.excess;
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

/* gear trades more of the same, to some way before its limit. */
static void
gear(uint32_t slot)
{
	if (w->vaults[slot].position_count == 0 ||
	    usd18_to_raw(initial_excess(slot)) <= 0)
		return;
	for (int i = 0; i < 30 && usd18_to_raw(initial_excess(slot)) > 0; i++)
		sizes_scale(slot, 3, 2);
	for (int i = 0; i < 200 && usd18_to_raw(initial_excess(slot)) <= 0;
	    i++)
		sizes_scale(slot, 19, 20);
	sizes_scale(slot, 70 + (i128)below(30), 100);
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
	i128 *v = &now.vol[below(2)][below(3)];

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
	default:
		t->factor[below(2)].slice[below(3)].confidence =
		    num18_from_raw(below(3) ? (i128)WAD_ONE_RAW :
		    pw_between(w, 500, 1000));
	}
}

static void
vault_change(void)
{
	uint32_t slot = (uint32_t)below(w->book.vault_count);
	struct vault *v = &w->vaults[slot];

	if (below(4) == 0)
		portfolio_reach_forget(&reach, slot);
	if (below(2) == 0)
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
	} else if (what < 193) {
		unwind_flags();
	} else if (what < 195) {
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
	uint64_t steps, crept, crept_named, named, crossings, checks;
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
	assert_int_equal(named, count);
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
	world_close();
}

static void
portfolio_reach__misses_nothing_in_random_markets(void **state)
{
	uint32_t count = from_env("MARGIND_PORTFOLIO_VAULTS", 24, 200);
	uint32_t steps = from_env("MARGIND_PORTFOLIO_STEPS", 600, 4000);
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
	assert_true(t.crossings > t.steps / 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    portfolio_reach__misses_nothing_in_random_markets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
