/* The public layer: text, rules, options, collateral against debt.  Each
 * number is what the function behind it says; each error leaves the outputs
 * alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "margin/liquidation.h"
#include "margin/margind.h"
#include "margin/option.h"
#include "margin/preset.h"
#include "margin/surface.h"
#include "tests/margin_world.h"

#define ROUNDS 4000
#define ONE MARGIND_ONE
#define WAD UINT64_C(1000000000000000000)

static margind_num
n(const char *text)
{
	margind_num v = 0;

	assert_int_equal(margind_from_text(&v, text), MARGIND_OK);
	return v;
}

/* A margind_num is wider than cmocka's integers. */
#define assert_num(got, expected) assert_true((got) == (expected))

/* ---- version, errors, text ---------------------------------------------- */

static void
margind_version__is_the_build_s(void **state)
{
	(void)state;
	assert_string_equal(margind_version(), MARGIND_VERSION);
}

static void
margind_err_name__has_a_word_for_each(void **state)
{
	(void)state;
	assert_string_equal(margind_err_name(MARGIND_OK), "ok");
	for (int e = 0; e <= MARGIND_ERR_PLACE; e++)
		for (int f = 0; f < e; f++)
			assert_string_not_equal(
			    margind_err_name((enum margind_err)e),
			    margind_err_name((enum margind_err)f));
	assert_string_not_equal(margind_err_name(MARGIND_ERR_PLACE),
	    "invalid");
	assert_string_equal(margind_err_name((enum margind_err)
	    (MARGIND_ERR_PLACE + 1)), "invalid");
}

static void
margind_from_text__reads_what_margind_to_text_writes(void **state)
{
	uint64_t seed = 5;
	char text[MARGIND_TEXT_SIZE];
	margind_num v;
	size_t len;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		margind_num from = (margind_num)random_magnitude(&seed, 38);

		if (random_one_in(&seed, 2))
			from = -from;
		len = margind_to_text(text, from);
		assert_int_equal(len, strlen(text));
		assert_int_equal(margind_from_text(&v, text), MARGIND_OK);
		assert_num(v, from);
	}
	len = margind_to_text(text, I128_MIN);
	assert_int_equal(len, strlen(text));
	assert_int_equal(margind_from_text(&v, text), MARGIND_OK);
	assert_num(v, I128_MIN);
}

static void
margind_from_text__refuses_what_is_no_exact_number(void **state)
{
	static const struct { const char *text; enum margind_err e; } t[] = {
		{ "", MARGIND_ERR_SYNTAX },
		{ "1e3", MARGIND_ERR_SYNTAX },
		{ "1,5", MARGIND_ERR_SYNTAX },
		{ "0.0000000000000000001", MARGIND_ERR_RANGE },
		{ "170141183460469231732", MARGIND_ERR_RANGE },
		/* 64 and 65 characters. */
		{ "0.000000000000000001" "00000000000000000000000000000000"
		  "000000000000", MARGIND_OK },
		{ "0.000000000000000001" "00000000000000000000000000000000"
		  "0000000000000", MARGIND_ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(t); i++) {
		margind_num v = 77;

		assert_int_equal(margind_from_text(&v, t[i].text), t[i].e);
		assert_num(v, t[i].e == MARGIND_OK ? 1 : 77);
	}
}

/* ---- rules -------------------------------------------------------------- */

static _Alignas(16) unsigned char place[65536];

static struct margind_rules *
rules(void)
{
	struct margind_rules *r = NULL;

	assert_int_equal(margind_rules_init(&r, place, sizeof(place)),
	    MARGIND_OK);
	return r;
}

static void
margind_rules_init__wants_room_and_alignment(void **state)
{
	struct margind_rules *r = NULL;
	size_t size = margind_rules_size();

	(void)state;
	assert_true(size <= sizeof(place));
	assert_int_equal(margind_rules_init(&r, place, size - 1),
	    MARGIND_ERR_PLACE);
	assert_int_equal(margind_rules_init(&r, place + 8, size),
	    MARGIND_ERR_PLACE);
	assert_null(r);
	assert_int_equal(margind_rules_init(&r, place, size), MARGIND_OK);
	assert_ptr_equal(r, place);
}

static void
margind_rules_preset__sets_every_preset_by_name(void **state)
{
	struct margind_rules *r = rules();
	uint8_t hash[32], got[32];
	struct rules expected;
	size_t i = 0;

	(void)state;
	for (; margind_preset_name(i); i++) {
		const char *name = margind_preset_name(i);
		const struct preset *p = preset_find(name, strlen(name));

		preset_apply(&expected, p);
		assert_string_equal(margind_preset_what(i), p->what);
		assert_int_equal(margind_rules_preset(r, name), MARGIND_OK);
		margind_rules_hash(got, r);
		assert_memory_equal(got, expected.hash.b, 32);
	}
	assert_true(i > 10);
	assert_null(preset_at(i));
	assert_null(margind_preset_what(i));
	assert_int_equal(margind_rules_preset(r, "derive-pmrm3"),
	    MARGIND_ERR_UNKNOWN);
	margind_rules_hash(hash, r);
	assert_memory_equal(got, hash, 32);
}

static void
margind_rules_set__changes_one_number_of_each_key(void **state)
{
	uint8_t seen[128][32];
	size_t i = 0;

	(void)state;
	for (; margind_rules_key(i); i++) {
		struct margind_rules *r = rules();
		const char *key = margind_rules_key(i);
		enum margind_err e = margind_rules_set(r, key, n("0.493"));

		/* Where that is not allowed, this is. */
		if (e != MARGIND_OK)
			e = margind_rules_set(r, key, n("43"));
		if (e != MARGIND_OK)
			e = margind_rules_set(r, key, n("3.5"));
		assert_int_equal(e, MARGIND_OK);
		margind_rules_hash(seen[i], r);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(seen[k], seen[i], 32);
	}
	assert_true(i > 60 && i < ARRAY_COUNT(seen));
}

static void
margind_rules_set__leaves_the_rules_alone_on_failure(void **state)
{
	static const struct { const char *key, *v; enum margind_err e; } t[] = {
		{ "scenario.omega", "0.5", MARGIND_OK },
		{ "scenario.omega", "0.500000000000000001",
		  MARGIND_ERR_RANGE },
		{ "scenario.margin.im_factor", "-1", MARGIND_ERR_RANGE },
		{ "buffer.size", "4.294967295", MARGIND_OK },
		{ "buffer.size", "4.294967296", MARGIND_ERR_RANGE },
		{ "buffer.size", "0.0000000001", MARGIND_ERR_RANGE },
		{ "buffer.size", "-0.1", MARGIND_ERR_RANGE },
		{ "var.alpha", "1", MARGIND_ERR_RANGE },
		{ "var.tail_min", "4294967295", MARGIND_OK },
		{ "var.tail_min", "4294967296", MARGIND_ERR_RANGE },
		{ "var.tail_min", "1.5", MARGIND_ERR_RANGE },
		{ "scenario.omeg", "0", MARGIND_ERR_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(t); i++) {
		struct margind_rules *r = rules();
		uint8_t before[32], after[32];

		margind_rules_hash(before, r);
		assert_int_equal(margind_rules_set(r, t[i].key, n(t[i].v)),
		    t[i].e);
		margind_rules_hash(after, r);
		assert_int_equal(memcmp(before, after, 32) == 0,
		    t[i].e != MARGIND_OK);
	}
}

static void
margind_rules_set_scenarios__replaces_the_grid(void **state)
{
	struct margind_scenario grid[MARGIND_SCENARIOS_MAX + 1], got;
	struct margind_rules *r = rules();

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(grid); i++)
		grid[i] = (struct margind_scenario){ ONE * (margind_num)i / 50,
		    (enum margind_vol_shock)(i % 5), ONE };
	assert_int_equal(margind_rules_set_scenarios(r, grid,
	    MARGIND_SCENARIOS_MAX), MARGIND_OK);
	assert_int_equal(margind_rules_set_scenarios(r, grid,
	    MARGIND_SCENARIOS_MAX + 1), MARGIND_ERR_LIMIT);
	assert_int_equal(margind_rules_set_scenarios(r, grid, 0),
	    MARGIND_ERR_MISSING);
	grid[3].spot = -1;
	assert_int_equal(margind_rules_set_scenarios(r, grid, 4),
	    MARGIND_ERR_RANGE);
	grid[3].spot = 3 * ONE / 50;
	grid[2].vol = (enum margind_vol_shock)(MARGIND_VOL_SKEW_ABS + 1);
	assert_int_equal(margind_rules_set_scenarios(r, grid, 4),
	    MARGIND_ERR_RANGE);
	grid[2].vol = MARGIND_VOL_DOWN;
	for (size_t i = 0; i < MARGIND_SCENARIOS_MAX; i++) {
		assert_int_equal(margind_rules_scenario(&got, r, i),
		    MARGIND_OK);
		assert_num(got.spot, grid[i].spot);
		assert_int_equal(got.vol, grid[i].vol);
		assert_num(got.dampening, ONE);
	}
	assert_int_equal(margind_rules_scenario(&got, r,
	    MARGIND_SCENARIOS_MAX), MARGIND_ERR_UNKNOWN);
}

/* ---- options ------------------------------------------------------------ */

static margind_num
near_one(uint64_t *seed)
{
	return (margind_num)random_magnitude(seed, 19);
}

static void
check_greeks(const struct margind_option *o, const struct option_terms *t)
{
	struct margind_greeks got = { 1, 2, 3, 4, 5 };
	struct option_greeks g;
	enum err e = option_greeks_of(&g, t);

	assert_int_equal(margind_option_greeks(&got, o) == MARGIND_OK,
	    e == ERR_OK);
	assert_num(got.price, e == ERR_OK ? usd18_to_raw(g.price) : 1);
	assert_num(got.delta, e == ERR_OK ? num18_to_raw(g.delta) : 2);
	assert_num(got.gamma, e == ERR_OK ? num18_to_raw(g.gamma) : 3);
	assert_num(got.vega, e == ERR_OK ? num18_to_raw(g.vega) : 4);
	assert_num(got.theta, e == ERR_OK ? num18_to_raw(g.theta) : 5);
}

static void
margind_option__says_what_option_says(void **state)
{
	uint64_t seed = 11;
	int priced = 0, implied = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		margind_num forward = (margind_num)random_magnitude(&seed, 23);
		struct margind_option o = {
			.forward = forward,
			.strike = forward / 1000 *
			    (margind_num)(500 + random_below(&seed, 1000)),
			.vol = (margind_num)random_below(&seed, 2 * WAD),
			.tau = near_one(&seed),
			.discount = random_one_in(&seed, 30) ? -1 : ONE,
			.is_call = random_one_in(&seed, 2),
		};
		struct option_terms t = {
			px18_from_raw((u128)o.forward),
			px18_from_raw((u128)o.strike),
			num18_from_raw(o.vol), num18_from_raw(o.discount),
			num18_from_raw(o.tau), o.is_call,
		};
		margind_num price = 7, v = 7;
		struct usd18 p = usd18_zero();
		struct num18 vol;
		enum err e = option_price(&p, &t);

		check_greeks(&o, &t);
		assert_int_equal(margind_option_price(&price, &o) ==
		    MARGIND_OK, e == ERR_OK);
		assert_num(price, e == ERR_OK ? usd18_to_raw(p) : 7);
		priced += e == ERR_OK;
		e = option_implied_vol(&vol, &t, p);
		assert_int_equal(margind_option_implied_vol(&v, &o,
		    usd18_to_raw(p)) == MARGIND_OK, e == ERR_OK);
		assert_num(v, e == ERR_OK ? num18_to_raw(vol) : 7);
		implied += e == ERR_OK;
	}
	assert_true(priced > ROUNDS * 9 / 10 && implied > ROUNDS / 10);
	assert_num(margind_tau(OPTION_YEAR_MS), ONE);
}

static void
margind_option__refuses_a_price_below_zero(void **state)
{
	struct margind_option o = { -1, ONE, ONE, ONE, ONE, true };
	margind_num v = 7;

	(void)state;
	assert_int_equal(margind_option_price(&v, &o), MARGIND_ERR_RANGE);
	o = (struct margind_option){ ONE, -1, ONE, ONE, ONE, true };
	assert_int_equal(margind_option_price(&v, &o), MARGIND_ERR_RANGE);
	assert_num(v, 7);
}

static void
margind_svi_vol__says_what_svi_vol_says(void **state)
{
	uint64_t seed = 12;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct margind_svi s = { near_one(&seed), near_one(&seed),
		    near_one(&seed) - ONE, near_one(&seed), near_one(&seed),
		    (margind_num)random_magnitude(&seed, 23),
		    near_one(&seed) };
		struct svi in = { num18_from_raw(s.a), num18_from_raw(s.b),
		    num18_from_raw(s.rho), num18_from_raw(s.m),
		    num18_from_raw(s.sigma), px18_from_raw((u128)s.forward),
		    num18_from_raw(s.tau) };
		margind_num strike = (margind_num)random_magnitude(&seed, 23);
		margind_num v = 7;
		struct num18 vol;
		enum err e = svi_vol(&vol, &in, px18_from_raw((u128)strike));

		assert_int_equal(margind_svi_vol(&v, &s, strike) == MARGIND_OK,
		    e == ERR_OK);
		assert_num(v, e == ERR_OK ? num18_to_raw(vol) : 7);
		assert_int_equal(margind_svi_vol(&v, &s, -1),
		    MARGIND_ERR_RANGE);
	}
}

/* ---- collateral against debt -------------------------------------------- */

struct legs {
	struct margind_leg held[BOOK_LEGS_MAX], owed[BOOK_LEGS_MAX];
	struct margind_account account;
};

static struct margind_leg
leg_of(const struct world *w, const struct leg *l, u128 atoms, bool is_debt)
{
	const struct asset *a = &w->book.assets[l->asset];
	const struct asset_rules *r = &a->rules[w->vault.mode];
	margind_num price =
	    (margind_num)px18_to_raw(w->market.asset[l->asset].price.mid);

	return (struct margind_leg){
		.asset = l->asset, .decimals = a->decimals, .atoms = atoms,
		.price = price, .initial_price = price,
		.maintenance_ppb = ppb_to_raw(is_debt ? r->debt_weight :
		    r->liquidation_threshold),
		.initial_ppb = ppb_to_raw(is_debt ? r->debt_weight : r->ltv),
	};
}

/* legs_random: a random vault without bands, as it is and as legs; false
 * where a price is refused or a debt does not fit. */
static bool
legs_random(struct legs *out, struct world *w, uint64_t *seed)
{
	u128 atoms;

	world_random(w, seed);
	for (size_t i = 0; i < w->market.count; i++) {
		struct market_price *p = &w->market.asset[i];

		p->price.low = p->price.high = p->price.mid;
		p->has_twap = p->has_stable = false;
		if (p->price.status == PRICE_REFUSED)
			return false;
	}
	for (size_t i = 0; i < w->vault.collateral_count; i++)
		out->held[i] = leg_of(w, &w->vault.collateral[i],
		    w->vault.collateral[i].amount, false);
	for (size_t i = 0; i < w->vault.debt_count; i++) {
		if (book_debt_atoms(&atoms, &w->book,
		    &w->vault.debt[i]) != ERR_OK)
			return false;
		out->owed[i] = leg_of(w, &w->vault.debt[i], atoms, true);
	}
	out->account = (struct margind_account){
		out->held, w->vault.collateral_count,
		out->owed, w->vault.debt_count,
	};
	return true;
}

static margind_num
num_of_wad(struct wad v)
{
	return wad_to_raw(v) > (u128)MARGIND_INFINITE ? MARGIND_INFINITE :
	    (margind_num)wad_to_raw(v);
}

static void
check_evaluate(const struct legs *l, const struct world *w)
{
	struct margind_ratio got = { .equity = 7 };
	struct ratio_result r;
	enum err e = ratio_evaluate(&r, &w->book, &w->vault, &w->market);

	assert_int_equal(margind_ratio_evaluate(&got, &l->account) ==
	    MARGIND_OK, e == ERR_OK);
	if (e != ERR_OK) {
		assert_num(got.equity, 7);
		return;
	}
	assert_num(got.collateral_value, usd18_to_raw(r.collateral_value));
	assert_num(got.debt_value, usd18_to_raw(r.debt_value));
	assert_num(got.equity, usd18_to_raw(r.equity));
	assert_num(got.weighted_collateral,
	    usd18_to_raw(r.mid.weighted_collateral));
	assert_num(got.weighted_debt, usd18_to_raw(r.mid.weighted_debt));
	assert_num(got.excess, usd18_to_raw(r.mid.excess));
	assert_num(got.initial_excess, usd18_to_raw(r.initial_excess));
	if (!wad_is_infinite(r.mid.health) &&
	    wad_to_raw(r.mid.health) >= (u128)MARGIND_INFINITE)
		assert_num(got.health, MARGIND_INFINITE - 1);
	else
		assert_num(got.health, num_of_wad(r.mid.health));
	if (wad_to_raw(r.collateralization_ratio) < (u128)MARGIND_INFINITE)
		assert_num(got.collateralization_ratio,
		    num_of_wad(r.collateralization_ratio));
	if (wad_to_raw(r.loan_to_value) < (u128)MARGIND_INFINITE)
		assert_num(got.loan_to_value, num_of_wad(r.loan_to_value));
}

static void
check_price(const struct legs *l, const struct world *w, uint8_t asset)
{
	struct margind_liquidation_price got = { .below = 7 };
	struct liquidation_price p;
	enum err e = liquidation_price_of(&p, &w->book, &w->vault, &w->market,
	    asset);
	enum margind_err f = margind_ratio_liquidation_price(&got, &l->account,
	    asset);

	if (e == ERR_RANGE || f == MARGIND_ERR_RANGE) {
		assert_true(f != MARGIND_OK || e != ERR_OK);
		assert_true(f == MARGIND_OK || got.below == 7);
		return;
	}
	/* A vault's leg of nothing is no leg; here it is one with no price. */
	if (e == ERR_UNKNOWN && f == MARGIND_OK) {
		assert_false(got.has_below || got.has_above);
		return;
	}
	assert_int_equal(f == MARGIND_OK, e == ERR_OK);
	if (e != ERR_OK)
		return;
	assert_int_equal(got.has_below, p.has_below);
	assert_int_equal(got.has_above, p.has_above);
	if (p.has_below)
		assert_num(got.below, (margind_num)px18_to_raw(p.below));
	if (p.has_above)
		assert_num(got.above, (margind_num)px18_to_raw(p.above));
}

static bool
check_liquidation(const struct legs *l, const struct world *w, uint8_t owed,
    uint8_t held)
{
	const struct asset_rules *d = &w->book.assets[owed].rules[
	    w->vault.mode], *c = &w->book.assets[held].rules[w->vault.mode];
	const struct margind_liquidation_terms terms = { n("1.05"),
	    ppb_to_raw(c->bonus), ppb_to_raw(d->close_factor),
	    usd18_to_raw(d->dust) };
	struct margind_liquidation got = { .repay = 7 };
	struct liquidation_size s;
	enum err e = liquidation_size_of(&s, &w->book, &w->vault, &w->market,
	    owed, held, wad_from_raw((u128)terms.target_health));
	enum margind_err f = margind_ratio_liquidation(&got, &l->account, owed,
	    held, &terms);

	if (f != MARGIND_OK)
		assert_num(got.repay, 7);
	if (e != ERR_OK || f != MARGIND_OK)
		return false;
	assert_num(got.repay, usd18_to_raw(s.repay));
	assert_num(got.seize, usd18_to_raw(s.seize));
	assert_int_equal(got.is_full, s.full_close);
	return got.repay > 0;
}

static void
margind_ratio__says_what_ratio_and_liquidation_say(void **state)
{
	static struct world w;
	struct legs l;
	uint64_t seed = 13;
	int sized = 0, worlds = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		if (!legs_random(&l, &w, &seed))
			continue;
		worlds++;
		check_evaluate(&l, &w);
		for (uint8_t k = 0; k < w.book.asset_count; k++) {
			check_price(&l, &w, k);
			for (uint8_t c = 0; c < w.book.asset_count; c++)
				sized += check_liquidation(&l, &w, k, c);
		}
	}
	assert_true(worlds > ROUNDS / 2 && sized > ROUNDS / 4);
}

/* 10 ETH at 2000 against 15000 USDC. */
static void
simple(struct legs *l)
{
	l->held[0] = (struct margind_leg){ 1, 18, (margind_atoms)ONE * 10,
	    n("2000"), n("2000"), 800000000, 750000000 };
	l->owed[0] = (struct margind_leg){ 2, 6, 15000000000u, ONE, ONE,
	    PPB_ONE_RAW, PPB_ONE_RAW };
	l->account = (struct margind_account){ l->held, 1, l->owed, 1 };
}

static void
margind_ratio__of_a_loan_by_hand(void **state)
{
	const struct margind_liquidation_terms terms = { n("1.05"), 50000000,
	    PPB_ONE_RAW, 0 };
	struct margind_liquidation_price p;
	struct margind_liquidation q;
	struct margind_ratio r;
	struct legs l;

	(void)state;
	simple(&l);
	assert_int_equal(margind_ratio_evaluate(&r, &l.account), MARGIND_OK);
	assert_num(r.excess, n("1000"));
	assert_num(r.initial_excess, 0);
	assert_num(r.health, n("1.066666666666666666"));
	assert_num(r.loan_to_value, n("0.75"));
	assert_int_equal(margind_ratio_liquidation_price(&p, &l.account, 1),
	    MARGIND_OK);
	assert_true(p.has_below && !p.has_above);
	assert_num(p.below, n("1875"));
	assert_int_equal(margind_ratio_liquidation_price(&p, &l.account, 2),
	    MARGIND_OK);
	assert_num(p.above, n("1.066666666666666666"));
	/* At 1800: x = (1.05 15000 - 14400) / (1.05 - 1.05 0.8). */
	l.held[0].price = n("1800");
	assert_int_equal(margind_ratio_liquidation(&q, &l.account, 2, 1,
	    &terms), MARGIND_OK);
	assert_num(q.repay, n("6428.571428571428571429"));
	assert_num(q.repay_atoms, 6428571429);
	assert_num(q.seize, n("6750"));
	assert_num(q.seize_atoms, (margind_atoms)n("3.75"));
	assert_false(q.is_full);
	l.account.debt_count = 0;
	assert_int_equal(margind_ratio_evaluate(&r, &l.account), MARGIND_OK);
	assert_num(r.health, MARGIND_INFINITE);
}

static void
margind_ratio__refuses_what_is_no_account(void **state)
{
	static struct margind_leg many[MARGIND_LEGS_MAX + 1];
	struct margind_liquidation_terms terms = { ONE, 0, PPB_ONE_RAW, 0 };
	struct margind_liquidation q = { .repay = 7 };
	struct margind_liquidation_price p = { .below = 7 };
	struct margind_ratio r = { .equity = 7 };
	struct legs l;

	(void)state;
	for (uint32_t i = 0; i <= MARGIND_LEGS_MAX; i++)
		many[i].asset = i;
	l.account = (struct margind_account){ many, MARGIND_LEGS_MAX + 1,
	    many, 0 };
	assert_int_equal(margind_ratio_evaluate(&r, &l.account),
	    MARGIND_ERR_LIMIT);
	assert_int_equal(margind_ratio_liquidation(&q, &l.account, 1, 1,
	    &terms), MARGIND_ERR_LIMIT);
	many[1].asset = 0;
	l.account.collateral_count = MARGIND_LEGS_MAX;
	assert_int_equal(margind_ratio_evaluate(&r, &l.account),
	    MARGIND_ERR_DUPLICATE);
	simple(&l);
	l.held[0].decimals = DECIMALS_MAX + 1;
	assert_int_equal(margind_ratio_evaluate(&r, &l.account),
	    MARGIND_ERR_RANGE);
	simple(&l);
	l.held[0].maintenance_ppb = PPB_ONE_RAW + 1;
	assert_int_equal(margind_ratio_evaluate(&r, &l.account),
	    MARGIND_ERR_RANGE);
	assert_int_equal(margind_ratio_liquidation_price(&p, &l.account, 1),
	    MARGIND_ERR_RANGE);
	simple(&l);
	l.held[0].price = -1;
	assert_int_equal(margind_ratio_evaluate(&r, &l.account),
	    MARGIND_ERR_RANGE);
	simple(&l);
	l.owed[0].asset = 1;
	assert_int_equal(margind_ratio_liquidation_price(&p, &l.account, 1),
	    MARGIND_ERR_UNIT);
	assert_int_equal(margind_ratio_liquidation_price(&p, &l.account, 3),
	    MARGIND_ERR_UNKNOWN);
	assert_int_equal(margind_ratio_liquidation(&q, &l.account, 2, 1,
	    &terms), MARGIND_ERR_UNKNOWN);
	terms.close_factor_ppb = PPB_ONE_RAW + 1;
	assert_int_equal(margind_ratio_liquidation(&q, &l.account, 1, 1,
	    &terms), MARGIND_ERR_RANGE);
	terms = (struct margind_liquidation_terms){ 0, 0, PPB_ONE_RAW, 0 };
	assert_int_equal(margind_ratio_liquidation(&q, &l.account, 1, 1,
	    &terms), MARGIND_ERR_RANGE);
	assert_num(r.equity, 7);
	assert_num(p.below, 7);
	assert_num(q.repay, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(margind_version__is_the_build_s),
		cmocka_unit_test(margind_err_name__has_a_word_for_each),
		cmocka_unit_test(
		    margind_from_text__reads_what_margind_to_text_writes),
		cmocka_unit_test(
		    margind_from_text__refuses_what_is_no_exact_number),
		cmocka_unit_test(margind_rules_init__wants_room_and_alignment),
		cmocka_unit_test(
		    margind_rules_preset__sets_every_preset_by_name),
		cmocka_unit_test(
		    margind_rules_set__changes_one_number_of_each_key),
		cmocka_unit_test(
		    margind_rules_set__leaves_the_rules_alone_on_failure),
		cmocka_unit_test(
		    margind_rules_set_scenarios__replaces_the_grid),
		cmocka_unit_test(margind_option__says_what_option_says),
		cmocka_unit_test(margind_option__refuses_a_price_below_zero),
		cmocka_unit_test(margind_svi_vol__says_what_svi_vol_says),
		cmocka_unit_test(
		    margind_ratio__says_what_ratio_and_liquidation_say),
		cmocka_unit_test(margind_ratio__of_a_loan_by_hand),
		cmocka_unit_test(margind_ratio__refuses_what_is_no_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
