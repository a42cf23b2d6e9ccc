/* The ratio method: tables, the edges of margin-model 1.12, and properties of
 * random vaults (tests/check_ratio.py recomputes them figure by figure). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/verdict.h"
#include "tests/margin_world.h"

#define RANDOM_VAULTS 5000

static struct world w;

static struct ratio_result
evaluated(void)
{
	struct ratio_result r;

	memset(&r, 0xa5, sizeof(r));
	assert_int_equal(ratio_evaluate(&r, &w.book, &w.vault, &w.market),
	    ERR_OK);
	return r;
}

/* One collateral (18 decimals) against one debt (6 decimals, at one USD
 * unless given), each of its own factor. */
struct row {
	const char *amount, *low, *mid, *high, *ltv, *threshold;
	const char *debt, *debt_low, *debt_high, *weight;
	const char *cr, *ltv_now, *worst, *health, *best, *initial;
};

static const struct row rows[] = {
	/* DESIGN section 6: 10 WETH at 2000, band 1998..2002, owing 12000. */
	{ "10", "1998", "2000", "2002", "0.80", "0.825",
	  "12000", "1", "1", "1",
	  "1.666666666666666666", "0.6", "1.37362500", "1.375", "1.376375",
	  "3984" },
	/* A band on the debt too: worst is low against high. */
	{ "10", "1998", "2000", "2002", "0.80", "0.825",
	  "12000", "0.999", "1.001", "1",
	  "1.666666666666666666", "0.6", "1.372252747252747252", "1.375",
	  "1.377752752752752752", "3972" },
	/* A debt weight lowers health and initial excess, not the ratios. */
	{ "10", "2000", "2000", "2000", "0.80", "0.825",
	  "12000", "1", "1", "1.1",
	  "1.666666666666666666", "0.6", "1.25", "1.25", "1.25", "2800" },
	/* Health of exactly one. */
	{ "10", "1250", "1250", "1250", "0.80", "0.80",
	  "10000", "1", "1", "1",
	  "1.25", "0.8", "1", "1", "1", "0" },
	/* One atom more of debt: just below one. */
	{ "10", "1250", "1250", "1250", "0.80", "0.80",
	  "10000.000001", "1", "1", "1",
	  "1.249999999875", "0.80000000008", "0.9999999999",
	  "0.9999999999", "0.9999999999", "-0.000001" },
};

static void
row_load(const struct row *r)
{
	uint8_t c, d;

	world_init(&w);
	c = world_asset(&w, 18, r->mid, r->ltv, r->threshold);
	d = world_asset(&w, 6, "1", "0", "0");
	world_band(&w, c, r->low, r->high);
	world_band(&w, d, r->debt_low, r->debt_high);
	w.book.assets[d].rules[0].debt_weight = part(r->weight);
	world_hold(&w, c, r->amount);
	world_owe(&w, d, r->debt);
}

/* Both written the same way: a table may write trailing zeros. */
static void
assert_wad(struct wad v, const char *want)
{
	char text[DECIMAL_BUF];

	decimal_from_u128(text, wad_to_raw(ratio(want)), 18);
	assert_string_equal(wad_text(v), text);
}

static void
ratio_evaluate__follows_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct ratio_result r;

		row_load(&rows[i]);
		r = evaluated();
		assert_false(r.is_stale || r.is_degraded || r.is_worthless);
		assert_wad(r.collateralization_ratio, rows[i].cr);
		assert_wad(r.loan_to_value, rows[i].ltv_now);
		assert_wad(r.worst.health, rows[i].worst);
		assert_wad(r.mid.health, rows[i].health);
		assert_wad(r.best.health, rows[i].best);
		assert_string_equal(usd_text(r.initial_excess),
		    rows[i].initial);
	}
}

static void
ratio_evaluate__fills_the_sums(void **state)
{
	struct ratio_result r;

	(void)state;
	row_load(&rows[1]);
	r = evaluated();
	assert_string_equal(usd_text(r.collateral_value), "20000");
	assert_string_equal(usd_text(r.debt_value), "12000");
	assert_string_equal(usd_text(r.equity), "8000");
	assert_string_equal(usd_text(r.mid.weighted_collateral), "16500");
	assert_string_equal(usd_text(r.mid.weighted_debt), "12000");
	assert_string_equal(usd_text(r.mid.excess), "4500");
	assert_string_equal(usd_text(r.worst.weighted_collateral), "16483.5");
	assert_string_equal(usd_text(r.worst.weighted_debt), "12012");
	assert_string_equal(usd_text(r.best.weighted_collateral), "16516.5");
	assert_string_equal(usd_text(r.best.weighted_debt), "11988");
}

/* margin-model 1.1: V and V x factor floor, D and D x weight ceil, per leg. */
static void
ratio_evaluate__rounds_each_leg_against_the_account(void **state)
{
	struct ratio_result r;
	uint8_t a, b, d;

	(void)state;
	world_init(&w);
	a = world_asset(&w, 1, "0.000000000000000019", "0.5", "0.5");
	b = world_asset(&w, 1, "0.000000000000000019", "0.5", "0.5");
	d = world_asset(&w, 1, "0.000000000000000011", "0", "0");
	w.book.assets[d].rules[0].debt_weight = part("1.5");
	world_hold(&w, a, "0.5");	/* 9.5 -> 9, half of it 4.5 -> 4 */
	world_hold(&w, b, "0.5");
	world_owe(&w, d, "0.1");	/* 1.1 -> 2, by 1.5 -> 3 */
	r = evaluated();
	assert_string_equal(usd_text(r.collateral_value),
	    "0.000000000000000018");
	assert_string_equal(usd_text(r.mid.weighted_collateral),
	    "0.000000000000000008");
	assert_string_equal(usd_text(r.debt_value), "0.000000000000000002");
	assert_string_equal(usd_text(r.mid.weighted_debt),
	    "0.000000000000000003");
	assert_string_equal(wad_text(r.mid.health), "2.666666666666666666");
	assert_string_equal(wad_text(r.loan_to_value),
	    "0.111111111111111112");
}

static void
ratio_evaluate__floors_dust_to_nothing_held_and_one_owed(void **state)
{
	struct ratio_result r;
	uint8_t c, d;

	(void)state;
	world_init(&w);
	c = world_asset(&w, 18, "0.9", "1", "1");
	d = world_asset(&w, 18, "0.1", "1", "1");
	world_hold(&w, c, "0.000000000000000001");
	world_owe(&w, d, "0.000000000000000001");
	r = evaluated();
	assert_string_equal(usd_text(r.collateral_value), "0");
	assert_string_equal(usd_text(r.debt_value), "0.000000000000000001");
	assert_true(r.is_worthless);
	assert_string_equal(wad_text(r.mid.health), "0");
	assert_true(wad_is_infinite(r.loan_to_value));
}

static void
ratio_evaluate__is_infinite_without_debt(void **state)
{
	struct ratio_result r;
	uint8_t c;

	(void)state;
	world_init(&w);
	c = world_asset(&w, 18, "2000", "0.8", "0.825");
	world_band(&w, c, "1900", "2100");
	world_hold(&w, c, "1");
	r = evaluated();
	assert_true(wad_is_infinite(r.collateralization_ratio));
	assert_true(wad_is_infinite(r.worst.health));
	assert_true(wad_is_infinite(r.mid.health));
	assert_true(wad_is_infinite(r.best.health));
	assert_string_equal(wad_text(r.loan_to_value), "0");
	assert_string_equal(usd_text(r.initial_excess), "1520");
	assert_false(r.is_worthless);
}

static void
ratio_evaluate__of_an_empty_vault_owes_nothing(void **state)
{
	struct ratio_result r;

	(void)state;
	world_init(&w);
	r = evaluated();
	assert_true(wad_is_infinite(r.mid.health));
	assert_true(wad_is_infinite(r.collateralization_ratio));
	assert_string_equal(wad_text(r.loan_to_value), "0");
	assert_false(r.is_worthless);
	assert_true(usd18_is_zero(r.equity));
}

static void
ratio_evaluate__is_worthless_only_where_no_point_has_value(void **state)
{
	uint8_t c, d;

	(void)state;
	world_init(&w);
	c = world_asset(&w, 18, "0", "0.8", "0.8");
	d = world_asset(&w, 18, "1", "0", "0");
	world_hold(&w, c, "5");
	world_owe(&w, d, "1");
	assert_true(evaluated().is_worthless);
	world_band(&w, c, "0", "0.000000000000000001");
	assert_false(evaluated().is_worthless);
}

static void
ratio_evaluate__moves_a_factor_as_one(void **state)
{
	struct ratio_result r;
	uint8_t c, d;

	(void)state;
	/* 10 wstETH held, 9 ETH owed, both on ETH's band: with a threshold of
	 * one the surplus is one ETH, and moves by one ETH's band only. */
	world_init(&w);
	c = world_asset(&w, 18, "2000", "1", "1");
	d = world_asset(&w, 18, "2000", "1", "1");
	world_band(&w, c, "1900", "2100");
	world_band(&w, d, "1900", "2100");
	world_hold(&w, c, "10");
	world_owe(&w, d, "9");
	r = evaluated();
	assert_string_equal(usd_text(r.worst.excess), "100");
	assert_string_equal(usd_text(r.best.excess), "3900");
	assert_string_equal(usd_text(r.initial_excess), "100");
	w.book.assets[d].factor = w.book.assets[c].factor;
	r = evaluated();
	assert_string_equal(usd_text(r.worst.excess), "1900");
	assert_string_equal(usd_text(r.mid.excess), "2000");
	assert_string_equal(usd_text(r.best.excess), "2100");
	assert_string_equal(usd_text(r.worst.weighted_debt), "17100");
	assert_string_equal(usd_text(r.initial_excess), "1900");
	/* Owing more than is held, high is the worst end. */
	w.vault.debt[0].amount = (u128)world_number("11", 18);
	r = evaluated();
	assert_string_equal(usd_text(r.worst.excess), "-2100");
	assert_string_equal(usd_text(r.worst.weighted_debt), "23100");
	assert_string_equal(usd_text(r.best.excess), "-1900");
}

static void
ratio_evaluate__chooses_mid_among_equal_surpluses(void **state)
{
	struct ratio_result r;
	uint8_t c;

	(void)state;
	world_init(&w);
	c = world_asset(&w, 18, "100", "0.5", "1");
	world_band(&w, c, "90", "110");
	world_hold(&w, c, "1");
	world_owe(&w, c, "1");
	r = evaluated();
	assert_string_equal(usd_text(r.worst.weighted_debt), "100");
	assert_string_equal(usd_text(r.best.weighted_debt), "100");
	assert_string_equal(wad_text(r.worst.health), "1");
	/* By LTV the surplus is -half a price: high is the least. */
	assert_string_equal(usd_text(r.initial_excess), "-55");
}

static void
ratio_evaluate__takes_companions_into_initial_margin_only(void **state)
{
	static const struct {
		const char *twap, *stable, *held, *owed;
	} companions[] = {	/* price 95 .. 100 .. 105, one held or owed */
		{ NULL, NULL, "95", "-105" },
		{ "90", NULL, "90", "-105" },
		{ NULL, "80", "80", "-105" },
		{ "90", "80", "80", "-105" },
		{ "80", "90", "80", "-105" },
		{ "120", "90", "90", "-120" },
		{ "110", "130", "95", "-130" },
		{ "100", "100", "95", "-105" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(companions); i++) {
		struct market_price *p;
		struct ratio_result r;
		uint8_t c;

		world_init(&w);
		c = world_asset(&w, 18, "100", "1", "1");
		world_band(&w, c, "95", "105");
		p = &w.market.asset[c];
		p->has_twap = companions[i].twap != NULL;
		p->has_stable = companions[i].stable != NULL;
		p->twap = px(p->has_twap ? companions[i].twap : "1");
		p->stable = px(p->has_stable ? companions[i].stable : "999");
		world_hold(&w, c, "1");
		r = evaluated();
		assert_string_equal(usd_text(r.initial_excess),
		    companions[i].held);
		assert_string_equal(usd_text(r.worst.excess), "95");
		assert_string_equal(usd_text(r.best.excess), "105");
		w.vault.collateral_count = 0;
		world_owe(&w, c, "1");
		r = evaluated();
		assert_string_equal(usd_text(r.initial_excess),
		    companions[i].owed);
		assert_string_equal(usd_text(r.worst.excess), "-105");
		assert_string_equal(usd_text(r.best.excess), "-95");
	}
}

static void
ratio_evaluate__uses_the_rules_of_the_vaults_mode(void **state)
{
	struct ratio_result r;

	(void)state;
	row_load(&rows[0]);
	w.book.mode_count = 2;
	w.book.assets[0].rules[1].liquidation_threshold = part("0.95");
	w.book.assets[0].rules[1].ltv = part("0.93");
	r = evaluated();
	assert_string_equal(usd_text(r.mid.weighted_collateral), "16500");
	w.vault.mode = 1;
	r = evaluated();
	assert_string_equal(usd_text(r.mid.weighted_collateral), "19000");
	assert_string_equal(usd_text(r.initial_excess), "6581.4");
}

static void
ratio_evaluate__owes_shares_times_index(void **state)
{
	(void)state;
	row_load(&rows[0]);
	w.vault.debt[0].index = ratio("1.1");
	assert_string_equal(usd_text(evaluated().debt_value), "13200");
	/* An atom is not split: the odd one is owed whole. */
	w.vault.debt[0].amount = 1;
	assert_string_equal(usd_text(evaluated().debt_value), "0.000002");
}

static void
ratio_evaluate__is_stale_where_a_needed_price_is_refused(void **state)
{
	struct ratio_result r;
	struct ratio_result zero;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		row_load(&rows[0]);
		w.market.asset[i].price.status = PRICE_REFUSED;
		r = evaluated();
		assert_true(r.is_stale);
		memset(&zero, 0, sizeof(zero));
		zero.is_stale = true;
		assert_memory_equal(&r, &zero, sizeof(r));
	}
}

static void
ratio_evaluate__ignores_legs_of_amount_zero(void **state)
{
	struct ratio_result with, without;
	uint8_t refused;

	(void)state;
	row_load(&rows[0]);
	without = evaluated();
	refused = world_asset(&w, 18, "1", "0.5", "0.5");
	w.market.asset[refused].price.status = PRICE_REFUSED;
	world_hold(&w, refused, "0");
	world_owe(&w, refused, "0");
	with = evaluated();
	assert_memory_equal(&with, &without, sizeof(with));
	w.market.asset[refused].price.status = PRICE_DEGRADED;
	assert_false(evaluated().is_degraded);
	w.vault.debt[1].amount = 1;
	assert_true(evaluated().is_degraded);
	w.market.asset[refused].price.status = PRICE_REFUSED;
	assert_true(evaluated().is_stale);
}

static void
ratio_evaluate__fails_where_a_value_does_not_fit(void **state)
{
	struct ratio_result r;

	(void)state;
	/* 2^127 - 1 units of 18 decimals are the most a value holds. */
	row_load(&rows[3]);
	w.market.asset[0].price.low = w.market.asset[0].price.mid =
	    w.market.asset[0].price.high = px("1");
	w.vault.collateral[0].amount = (u128)I128_MAX;
	r = evaluated();
	assert_true(usd18_to_raw(r.collateral_value) == I128_MAX);
	w.vault.collateral[0].amount++;
	memset(&r, 0x5a, sizeof(r));
	assert_int_equal(ratio_evaluate(&r, &w.book, &w.vault, &w.market),
	    ERR_RANGE);
	for (size_t i = 0; i < sizeof(r); i++)
		assert_int_equal(((const uint8_t *)&r)[i], 0x5a);
}

static void
ratio_evaluate__fails_where_a_sum_does_not_fit(void **state)
{
	struct ratio_result r;
	uint8_t c;

	(void)state;
	row_load(&rows[3]);
	c = world_asset(&w, 18, "1", "1", "1");
	w.market.asset[0].price = w.market.asset[c].price;
	w.vault.collateral[0].amount = (u128)I128_MAX;
	world_hold(&w, c, "0.000000000000000001");
	assert_int_equal(ratio_evaluate(&r, &w.book, &w.vault, &w.market),
	    ERR_RANGE);
	w.vault.collateral[0].amount--;
	assert_int_equal(ratio_evaluate(&r, &w.book, &w.vault, &w.market),
	    ERR_OK);
}

static void
ratio_evaluate__saturates_ratios_instead_of_failing(void **state)
{
	struct ratio_result r;

	(void)state;
	/* One atom of an 18-decimal debt against a million USD. */
	row_load(&rows[3]);
	w.book.assets[1].decimals = 18;
	w.vault.collateral[0].amount = (u128)world_number("800", 18);
	w.vault.debt[0].amount = 1;
	r = evaluated();
	assert_true(wad_to_raw(r.mid.health) == U128_MAX - 1);
	assert_true(wad_to_raw(r.collateralization_ratio) == U128_MAX - 1);
	assert_false(wad_is_infinite(r.mid.health));
	/* And the other way round: dust held, a million owed. */
	w.vault.collateral[0].amount = 1;
	w.vault.debt[0].amount = (u128)world_number("1000000", 18);
	r = evaluated();
	assert_true(wad_is_infinite(r.loan_to_value));
	assert_string_equal(wad_text(r.mid.health), "0");
	assert_true(usd18_is_negative(r.best.excess));
}

static void
ratio_floor__has_finite_and_infinite_ends(void **state)
{
	struct usd18 one = usd("0.000000000000000001");

	(void)state;
	assert_true(wad_is_infinite(ratio_floor(one, usd("0"))));
	assert_true(wad_is_infinite(ratio_floor(usd("0"), usd("0"))));
	assert_string_equal(wad_text(ratio_floor(usd("0"), one)), "0");
	assert_string_equal(wad_text(ratio_floor(usd("2"), usd("3"))),
	    "0.666666666666666666");
	/* 340282366920938463463.374607431768211455 is 2^128 - 1. */
	assert_true(wad_to_raw(ratio_floor(usd("340.282366920938463463"),
	    one)) == (u128)usd18_to_raw(usd("340.282366920938463463")) *
	    WAD_ONE_RAW);
	assert_true(wad_to_raw(ratio_floor(usd("340.282366920938463464"),
	    one)) == U128_MAX - 1);
	/* A quotient of exactly 2^128 - 1 is large, not infinite. */
	assert_true(wad_to_raw(ratio_floor(
	    usd18_from_raw((i128)(U128_MAX / 5)), usd("0.2"))) ==
	    U128_MAX - 1);
	assert_true(wad_to_raw(ratio_floor(
	    usd18_from_raw((i128)(U128_MAX / 5) - 1), usd("0.2"))) ==
	    U128_MAX - 5);
}

/* ---- properties over random vaults -------------------------------------- */

/* world_next: the next random world that can be valued, and its value. */
static bool
world_next(uint64_t *seed, struct ratio_result *r)
{
	world_random(&w, seed);
	return ratio_evaluate(r, &w.book, &w.vault, &w.market) == ERR_OK &&
	    !r->is_stale;
}

static bool
evaluate_again(struct ratio_result *r)
{
	return ratio_evaluate(r, &w.book, &w.vault, &w.market) == ERR_OK &&
	    !r->is_stale;
}

static bool
amount_raise(uint64_t *seed, struct leg *legs, size_t count)
{
	struct leg *leg;
	u128 more = random_magnitude(seed, 24);

	if (count == 0)
		return false;
	leg = &legs[random_below(seed, count)];
	if (leg->amount > U128_MAX - more)
		return false;
	leg->amount += more;
	return true;
}

static void
assert_not_less(const struct ratio_result *a, const struct ratio_result *b)
{
	assert_true(wad_compare(a->mid.health, b->mid.health) >= 0);
	assert_true(usd18_compare(a->worst.excess, b->worst.excess) >= 0);
	assert_true(usd18_compare(a->mid.excess, b->mid.excess) >= 0);
	assert_true(usd18_compare(a->best.excess, b->best.excess) >= 0);
	assert_true(usd18_compare(a->initial_excess, b->initial_excess) >= 0);
}

static void
ratio__more_collateral_never_lowers_health(void **state)
{
	struct ratio_result before, after;
	uint64_t seed = 11;
	int compared = 0;

	(void)state;
	for (int i = 0; i < RANDOM_VAULTS; i++) {
		if (!world_next(&seed, &before) ||
		    !amount_raise(&seed, w.vault.collateral,
		    w.vault.collateral_count) || !evaluate_again(&after))
			continue;
		assert_not_less(&after, &before);
		compared++;
	}
	assert_true(compared > RANDOM_VAULTS / 2);
}

static void
ratio__more_debt_never_raises_health(void **state)
{
	struct ratio_result before, after;
	uint64_t seed = 12;
	int compared = 0;

	(void)state;
	for (int i = 0; i < RANDOM_VAULTS; i++) {
		if (!world_next(&seed, &before) ||
		    !amount_raise(&seed, w.vault.debt, w.vault.debt_count) ||
		    !evaluate_again(&after))
			continue;
		assert_not_less(&before, &after);
		compared++;
	}
	assert_true(compared > RANDOM_VAULTS / 2);
}

static bool
legs_have_factor(const struct leg *legs, size_t count, uint8_t factor)
{
	for (size_t i = 0; i < count; i++)
		if (w.book.assets[legs[i].asset].factor == factor)
			return true;
	return false;
}

static bool
is_liquidatable(void)
{
	struct verdict d;

	verdict_from_vault(&d, &w.book, &w.vault, &w.market);
	return d.state == STATE_LIQUIDATABLE;
}

/* Of a factor held on one side only, each asset's band alone may widen. */
static void
ratio__a_wider_band_never_makes_liquidatable(void **state)
{
	struct ratio_result before, after;
	uint64_t seed = 13;
	int compared = 0;

	(void)state;
	for (int i = 0; i < 2 * RANDOM_VAULTS; i++) {
		struct market_price *p;
		bool was;
		uint8_t slot, factor;

		if (!world_next(&seed, &before))
			continue;
		slot = (uint8_t)random_below(&seed, w.book.asset_count);
		factor = w.book.assets[slot].factor;
		if (legs_have_factor(w.vault.collateral,
		    w.vault.collateral_count, factor) &&
		    legs_have_factor(w.vault.debt, w.vault.debt_count, factor))
			continue;
		was = is_liquidatable();
		p = &w.market.asset[slot];
		p->price.low = random_price_near(&seed, p->price.low, false,
		    500000000);
		p->price.high = random_price_near(&seed, p->price.high, true,
		    500000000);
		if (!evaluate_again(&after))
			continue;
		assert_true(was || !is_liquidatable());
		assert_true(usd18_compare(after.best.excess,
		    before.best.excess) >= 0);
		assert_true(usd18_compare(after.worst.excess,
		    before.worst.excess) <= 0);
		assert_true(usd18_compare(after.mid.excess,
		    before.mid.excess) == 0);
		compared++;
	}
	assert_true(compared > RANDOM_VAULTS / 2);
}

static void
factor_band(uint8_t factor, uint64_t ppb_wide)
{
	for (size_t i = 0; i < w.book.asset_count; i++) {
		struct price *p = &w.market.asset[i].price;
		u128 by = px18_to_raw(p->mid) / PPB_ONE_RAW * ppb_wide;

		if (w.book.assets[i].factor != factor)
			continue;
		p->low = px18_from_raw(px18_to_raw(p->mid) - by);
		p->high = px18_from_raw(px18_to_raw(p->mid) + by);
	}
}

/* Of a factor on both sides the whole factor's band widens: all its assets by
 * the same share.  The rounding of prices is worth at most a part in 1e8
 * where every price has ten digits or more. */
static void
ratio__a_wider_factor_never_makes_liquidatable(void **state)
{
	struct ratio_result narrow, wide;
	uint64_t seed = 14;
	int compared = 0;

	(void)state;
	for (int i = 0; i < 4 * RANDOM_VAULTS; i++) {
		struct usd18 slack;
		uint8_t factor;
		uint64_t ppb = random_below(&seed, 100000000);

		world_random(&w, &seed);
		factor = w.book.assets[0].factor;
		if (!legs_have_factor(w.vault.collateral,
		    w.vault.collateral_count, factor) ||
		    !legs_have_factor(w.vault.debt, w.vault.debt_count,
		    factor))
			continue;
		for (size_t k = 0; k < w.book.asset_count; k++)
			if (px18_compare(w.market.asset[k].price.mid,
			    px("0.00000001")) < 0)
				w.market.asset[k].price.mid = px("1");
		factor_band(factor, ppb);
		if (!evaluate_again(&narrow))
			continue;
		factor_band(factor, ppb + random_below(&seed, 100000000));
		if (!evaluate_again(&wide))
			continue;
		slack = usd18_from_raw(
		    usd18_to_raw(wide.best.weighted_collateral) / 100000000 +
		    usd18_to_raw(wide.best.weighted_debt) / 100000000 + 100);
		assert_true(usd18_to_raw(wide.best.excess) >=
		    usd18_to_raw(narrow.best.excess) - usd18_to_raw(slack));
		assert_true(usd18_to_raw(wide.worst.excess) <=
		    usd18_to_raw(narrow.worst.excess) + usd18_to_raw(slack));
		compared++;
	}
	assert_true(compared > RANDOM_VAULTS / 2);
}

static void
ratio__ends_are_in_order_and_initial_is_below_all(void **state)
{
	struct ratio_result r;
	uint64_t seed = 15;
	int compared = 0;

	(void)state;
	for (int i = 0; i < RANDOM_VAULTS; i++) {
		if (!world_next(&seed, &r))
			continue;
		assert_true(usd18_compare(r.worst.excess, r.mid.excess) <= 0);
		assert_true(usd18_compare(r.mid.excess, r.best.excess) <= 0);
		assert_true(usd18_compare(r.initial_excess,
		    r.worst.excess) <= 0);
		compared++;
	}
	assert_true(compared > RANDOM_VAULTS / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratio_evaluate__follows_the_table),
		cmocka_unit_test(ratio_evaluate__fills_the_sums),
		cmocka_unit_test(
		    ratio_evaluate__rounds_each_leg_against_the_account),
		cmocka_unit_test(
		    ratio_evaluate__floors_dust_to_nothing_held_and_one_owed),
		cmocka_unit_test(ratio_evaluate__is_infinite_without_debt),
		cmocka_unit_test(
		    ratio_evaluate__of_an_empty_vault_owes_nothing),
		cmocka_unit_test(
		    ratio_evaluate__is_worthless_only_where_no_point_has_value),
		cmocka_unit_test(ratio_evaluate__moves_a_factor_as_one),
		cmocka_unit_test(
		    ratio_evaluate__chooses_mid_among_equal_surpluses),
		cmocka_unit_test(
		    ratio_evaluate__takes_companions_into_initial_margin_only),
		cmocka_unit_test(
		    ratio_evaluate__uses_the_rules_of_the_vaults_mode),
		cmocka_unit_test(ratio_evaluate__owes_shares_times_index),
		cmocka_unit_test(
		    ratio_evaluate__is_stale_where_a_needed_price_is_refused),
		cmocka_unit_test(ratio_evaluate__ignores_legs_of_amount_zero),
		cmocka_unit_test(
		    ratio_evaluate__fails_where_a_value_does_not_fit),
		cmocka_unit_test(
		    ratio_evaluate__fails_where_a_sum_does_not_fit),
		cmocka_unit_test(
		    ratio_evaluate__saturates_ratios_instead_of_failing),
		cmocka_unit_test(ratio_floor__has_finite_and_infinite_ends),
		cmocka_unit_test(ratio__more_collateral_never_lowers_health),
		cmocka_unit_test(ratio__more_debt_never_raises_health),
		cmocka_unit_test(
		    ratio__a_wider_band_never_makes_liquidatable),
		cmocka_unit_test(
		    ratio__a_wider_factor_never_makes_liquidatable),
		cmocka_unit_test(
		    ratio__ends_are_in_order_and_initial_is_below_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
