/* margin/collateral: haircuts by hand, a ladder that never falls, limits,
 * ramps and epochs.  tests/check_collateral.py has the figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/margin_world.h"

#include "margin/collateral.h"

#define T0 UINT64_C(1700000000000)
#define DAY UINT64_C(86400000)

static struct world w;
static struct collateral_rules rules;

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static struct asset_risk
risk_of(const char *volatility)
{
	collateral_rules_default(&rules);
	return (struct asset_risk){ .is_dynamic = true,
	    .volatility = num(volatility), .adv = usd("1000000"),
	    .spread = num("0.001") };
}

static struct haircut
haircut(const struct asset_risk *risk, const struct haircut_input *x)
{
	struct haircut h;

	assert_int_equal(collateral_haircut(&h, risk, x, &rules), ERR_OK);
	return h;
}

/* ---- terms --------------------------------------------------------------- */

static void
collateral_haircut__is_the_sum_of_its_terms(void **state)
{
	struct asset_risk risk = risk_of("0.6");
	struct haircut_input x = { .position = usd("10000") };
	struct haircut h = haircut(&risk, &x);

	(void)state;
	/* 1 - exp(-2.326 * 0.6 * sqrt(10/365)) = 0.206261609..., of 7
	 * 0.175740...; half the spread 0.0005; 0.6/sqrt(365) * 0.1 =
	 * 0.003140543... */
	assert_int_equal(num18_to_raw(h.spread), world_number("0.0005", 18));
	assert_int_equal(num18_to_raw(h.size) / 1000000000,
	    world_number("0.003140543", 9));
	assert_int_equal(num18_to_raw(h.volatility_initial) / 1000000000,
	    world_number("0.206261609", 9));
	assert_int_equal(ppb_to_raw(h.initial), 209902154);
	/* Size and confidence are not of maintenance. */
	x.position = usd("0");
	x.confidence = num("0.01");
	assert_int_equal(ppb_to_raw(haircut(&risk, &x).maintenance),
	    ppb_to_raw(h.maintenance));
	assert_int_equal(ppb_to_raw(haircut(&risk, &x).initial),
	    ppb_to_raw(h.initial) - 3140544 + 10000000);
	/* The estimate counts above its floor only. */
	x.sigma = num("0.6");
	h = haircut(&risk, &x);
	x.sigma = num("0.599999999999999999");
	assert_int_equal(ppb_to_raw(haircut(&risk, &x).initial),
	    ppb_to_raw(h.initial));
	x.sigma = num("0.61");
	assert_true(ppb_to_raw(haircut(&risk, &x).initial) >
	    ppb_to_raw(h.initial));
}

static void
collateral_haircut__has_a_floor_and_a_ceiling(void **state)
{
	struct asset_risk risk = risk_of("0");
	struct haircut_input x = { .is_foreign = false };
	struct haircut h;

	(void)state;
	risk.spread = num("0.000000000000000003");
	h = haircut(&risk, &x);
	assert_int_equal(num18_to_raw(h.spread), 2);
	assert_int_equal(num18_to_raw(h.volatility_initial),
	    world_number("0.005", 18));
	assert_int_equal(ppb_to_raw(h.initial), 5000001);
	rules.haircut_min = ppb_from_raw(0);
	assert_int_equal(ppb_to_raw(haircut(&risk, &x).initial), 1);
	x.sigma = num("1000");
	assert_int_equal(ppb_to_raw(haircut(&risk, &x).initial), 1000000000);
	x.sigma = num("0");
	risk.spread = num("1.999999997");
	assert_int_equal(ppb_to_raw(haircut(&risk, &x).initial), 999999999);
	risk.spread = num("2");
	assert_int_equal(ppb_to_raw(haircut(&risk, &x).initial), 1000000000);
}

static void
collateral_haircut__counts_wrong_way_outside_grids_only(void **state)
{
	struct asset_risk risk = risk_of("0.6");
	struct haircut_input x = { .correlation = num("0.8") };
	uint32_t with = ppb_to_raw(haircut(&risk, &x).maintenance), without;

	(void)state;
	x.is_shocked_in_grid = true;
	without = ppb_to_raw(haircut(&risk, &x).maintenance);
	assert_int_equal(with - without, 200000000);
	x.is_shocked_in_grid = false;
	x.correlation = num("-0.8");
	assert_int_equal(ppb_to_raw(haircut(&risk, &x).maintenance), without);
}

static void
collateral_chain_haircut__is_latency_and_bridge(void **state)
{
	struct asset_risk risk = risk_of("0.6");
	struct ppb h;

	(void)state;
	/* 2.326 * 0.6 * sqrt(780 / 31536000) = 0.006940726... */
	risk.finality_s = 780;
	assert_int_equal(collateral_chain_haircut(&h, &risk, num18_zero(),
	    false, &rules), ERR_OK);
	assert_int_equal(ppb_to_raw(h), 6940727);
	assert_int_equal(collateral_chain_haircut(&h, &risk, num18_zero(),
	    true, &rules), ERR_OK);
	assert_int_equal(ppb_to_raw(h), 16940727);
	risk.finality_s = 0;
	assert_int_equal(collateral_chain_haircut(&h, &risk, num("5"), false,
	    &rules), ERR_OK);
	assert_int_equal(ppb_to_raw(h), 0);
}

static void
collateral_haircut__fails_without_touching_its_output(void **state)
{
	struct asset_risk risk = risk_of("0.6");
	struct haircut_input x = { .position = usd("1") };
	struct haircut h, before;

	(void)state;
	memset(&h, 0x5a, sizeof(h));
	before = h;
	risk.adv = usd("0");
	assert_int_equal(collateral_haircut(&h, &risk, &x, &rules), ERR_RANGE);
	x.position = usd("-1");
	assert_int_equal(collateral_haircut(&h, &risk, &x, &rules), ERR_RANGE);
	x.position = usd("0");
	x.sigma = num("-1");
	assert_int_equal(collateral_haircut(&h, &risk, &x, &rules), ERR_RANGE);
	x.sigma = num18_from_raw(I128_MAX);
	assert_int_equal(collateral_haircut(&h, &risk, &x, &rules), ERR_RANGE);
	x.sigma = num("0");
	x.confidence = num("-1");
	assert_int_equal(collateral_haircut(&h, &risk, &x, &rules), ERR_RANGE);
	assert_memory_equal(&h, &before, sizeof(h));
	x.confidence = num("0");
	assert_int_equal(collateral_haircut(&h, &risk, &x, &rules), ERR_OK);
}

static void
collateral_confidence__is_the_wider_side(void **state)
{
	struct price p = { .low = px("99"), .mid = px("100"),
	    .high = px("103") };
	struct num18 c;

	(void)state;
	assert_int_equal(collateral_confidence(&c, &p), ERR_OK);
	assert_int_equal(num18_to_raw(c), world_number("0.03", 18));
	p.low = px("96");
	assert_int_equal(collateral_confidence(&c, &p), ERR_OK);
	assert_int_equal(num18_to_raw(c), world_number("0.04", 18));
	p.low = px("101");
	assert_int_equal(collateral_confidence(&c, &p), ERR_RANGE);
	p.low = p.mid = px("0");
	assert_int_equal(collateral_confidence(&c, &p), ERR_RANGE);
}

/* ---- the ladder ---------------------------------------------------------- */

static i128
curve_at(const struct collateral_curve *c, i128 v)
{
	struct usd18 out;

	assert_int_equal(collateral_curve_value(&out, c, usd18_from_raw(v)),
	    ERR_OK);
	return usd18_to_raw(out);
}

static void
collateral_curve_value__is_a_line_without_size(void **state)
{
	struct collateral_curve c;

	(void)state;
	assert_int_equal(collateral_curve_make(&c, part("0.2"), num("0"),
	    usd("0")), ERR_OK);
	assert_int_equal(curve_at(&c, 0), 0);
	assert_int_equal(curve_at(&c, 9), 7);
	assert_true(curve_at(&c, I128_MAX) == I128_MAX / 10 * 8 + 5);
	assert_int_equal(collateral_curve_make(&c, part("1"), num("0.1"),
	    usd("1000")), ERR_OK);
	assert_int_equal(curve_at(&c, world_number("1000", 18)), 0);
}

static void
collateral_curve_value__stops_at_its_top(void **state)
{
	struct collateral_curve c;
	i128 top, at_top;

	(void)state;
	/* The top is adv * (2 * 0.9 / (3 * 0.06))^2 = 100 adv; there counts a
	 * third of 0.9 of it. */
	assert_int_equal(collateral_curve_make(&c, part("0.1"), num("0.06"),
	    usd("1000")), ERR_OK);
	top = usd18_to_raw(c.top);
	assert_in_range(top / (i128)WAD_ONE_RAW, 99800, 100000);
	at_top = curve_at(&c, top);
	assert_in_range(at_top / (i128)WAD_ONE_RAW, 29990, 30000);
	assert_true(curve_at(&c, top - 1) <= at_top);
	assert_true(curve_at(&c, top + 1) == at_top);
	assert_true(curve_at(&c, I128_MAX) == at_top);
	assert_true(curve_at(&c, top / 2) < at_top);
}

/* More collateral never counts less: neighbours, ends of slices, anything. */
static void
collateral_curve_value__never_falls(void **state)
{
	uint64_t seed = 9;

	(void)state;
	for (int i = 0; i < 40000; i++) {
		i128 adv = (i128)random_magnitude(&seed, 30) + 1;
		uint32_t base = random_one_in(&seed, 4) ? 999999999 -
		    (uint32_t)random_below(&seed, 3) :
		    (uint32_t)random_below(&seed, 1000000000);
		i128 k = (i128)random_magnitude(&seed, 20) %
		    (COLLATERAL_SLOPE_MAX * (i128)WAD_ONE_RAW + 1);
		struct collateral_curve c;
		i128 v, last, next;

		assert_int_equal(collateral_curve_make(&c, ppb_from_raw(base),
		    num18_from_raw(k), usd18_from_raw(adv)), ERR_OK);
		v = (i128)random_magnitude(&seed, 32);
		if (c.has_top && !random_one_in(&seed, 4))
			v = usd18_to_raw(c.top) - usd18_to_raw(c.top) / 256 *
			    (i128)random_below(&seed, 256) / 100;
		last = curve_at(&c, v);
		/* never above the line of the first dollar */
		assert_true(last <= v - v / 1000000000 * base);
		for (int step = 0; step < 6; step++) {
			v += step < 3 ? 1 : v / 1024 + 1;
			next = curve_at(&c, v);
			assert_true(next >= last);
			last = next;
		}
	}
}

static void
collateral_curve_make__has_both_sides_of_its_limits(void **state)
{
	struct collateral_curve c, before;
	struct usd18 v = usd("7");

	(void)state;
	memset(&c, 0x5a, sizeof(c));
	before = c;
	assert_int_equal(collateral_curve_make(&c, part("0"), num("-1"),
	    usd("1")), ERR_RANGE);
	assert_int_equal(collateral_curve_make(&c, part("0"),
	    num("32.000000000000000001"), usd("1")), ERR_RANGE);
	assert_int_equal(collateral_curve_make(&c, part("0"), num("1"),
	    usd("0")), ERR_RANGE);
	assert_memory_equal(&c, &before, sizeof(c));
	assert_int_equal(collateral_curve_make(&c, part("0"), num("32"),
	    usd("1")), ERR_OK);
	assert_int_equal(collateral_curve_value(&v, &c, usd("-1")),
	    ERR_RANGE);
	assert_string_equal(usd_text(v), "7");
}

/* ---- limits -------------------------------------------------------------- */

static void
collateral_count__keeps_caps_shares_and_deposits(void **state)
{
	struct collateral_item x[2];
	struct usd18 counted[2] = { usd("7"), usd("7") };

	(void)state;
	collateral_rules_default(&rules);
	memset(x, 0, sizeof(x));
	x[0].value = usd("600");
	x[1].value = usd("400");
	x[0].curve.base = part("0.2");
	assert_int_equal(collateral_count(counted, x, 2, &rules), ERR_OK);
	assert_string_equal(usd_text(counted[0]), "480");
	assert_string_equal(usd_text(counted[1]), "400");
	rules.share_max = part("0.5");
	assert_int_equal(collateral_count(counted, x, 2, &rules), ERR_OK);
	assert_string_equal(usd_text(counted[0]), "400");
	assert_string_equal(usd_text(counted[1]), "400");
	x[0].has_cap = true;
	x[0].cap = usd("100");
	assert_int_equal(collateral_count(counted, x, 2, &rules), ERR_OK);
	assert_string_equal(usd_text(counted[0]), "80");
	/* Deposits above the system's cap scale what counts. */
	x[1].system_cap = usd("1000");
	x[1].system_deposits = usd("1000");
	assert_int_equal(collateral_count(counted, x, 2, &rules), ERR_OK);
	assert_string_equal(usd_text(counted[1]), "400");
	x[1].system_deposits = usd("3000");
	assert_int_equal(collateral_count(counted, x, 2, &rules), ERR_OK);
	assert_string_equal(usd_text(counted[1]), "133.333333333333333333");
	x[1].value = usd("-1");
	assert_int_equal(collateral_count(counted, x, 2, &rules), ERR_RANGE);
	assert_string_equal(usd_text(counted[0]), "80");
	assert_int_equal(collateral_count(counted, x, 0, &rules), ERR_OK);
}

/* ---- epochs -------------------------------------------------------------- */

static void
collateral_ramp__falls_in_a_line_and_rises_at_once(void **state)
{
	struct collateral_ramp r = { .is_set = false };

	(void)state;
	collateral_ramp_aim(&r, part("0.8"), T0, DAY);
	assert_int_equal(ppb_to_raw(collateral_ramp_at(&r, T0)), 800000000);
	collateral_ramp_aim(&r, part("0.5"), T0, DAY);
	assert_int_equal(ppb_to_raw(collateral_ramp_at(&r, T0 - 1)),
	    800000000);
	assert_int_equal(ppb_to_raw(collateral_ramp_at(&r, T0)), 800000000);
	/* 0.3e9 / 86,400,000 ms: the last unit is lost, never won. */
	assert_int_equal(ppb_to_raw(collateral_ramp_at(&r, T0 + 1)),
	    799999996);
	assert_int_equal(ppb_to_raw(collateral_ramp_at(&r, T0 + DAY / 2)),
	    650000000);
	assert_int_equal(ppb_to_raw(collateral_ramp_at(&r, T0 + DAY - 1)),
	    500000003);
	assert_int_equal(ppb_to_raw(collateral_ramp_at(&r, T0 + DAY)),
	    500000000);
	/* The same aim again does not start it again. */
	collateral_ramp_aim(&r, part("0.5"), T0 + DAY / 2, DAY);
	assert_int_equal(ppb_to_raw(collateral_ramp_at(&r, T0 + DAY)),
	    500000000);
	/* A lower one goes on from where it is. */
	collateral_ramp_aim(&r, part("0.4"), T0 + DAY / 2, DAY);
	assert_int_equal(ppb_to_raw(collateral_ramp_at(&r, T0 + DAY / 2)),
	    650000000);
	assert_int_equal(ppb_to_raw(collateral_ramp_at(&r, T0 + DAY)),
	    525000000);
	collateral_ramp_aim(&r, part("0.9"), T0 + DAY, DAY);
	assert_int_equal(ppb_to_raw(collateral_ramp_at(&r, T0 + DAY)),
	    900000000);
	collateral_ramp_aim(&r, part("0"), UINT64_MAX - 1, DAY);
	assert_int_equal(ppb_to_raw(collateral_ramp_at(&r, UINT64_MAX - 1)),
	    900000000);
}

/* Asset 0 dynamic and in mode 1, asset 1 as given. */
static void
load(void)
{
	world_init(&w);
	world_asset(&w, 18, "2000", "0", "0");
	world_asset(&w, 6, "1", "0.7", "0.75");
	w.book.mode_count = 3;
	w.book.chain_id = 1;
	for (size_t i = 0; i < 2; i++)
		w.book.assets[i].risk.chain_id = 1;
	w.book.assets[0].risk = risk_of("0.6");
	w.book.assets[0].risk.chain_id = 1;
	w.book.assets[0].risk.modes = 1u << 1;
	w.book.assets[0].rules[1].ltv = part("0.93");
	w.book.assets[0].rules[1].liquidation_threshold = part("0.95");
}

static uint32_t
threshold(size_t mode)
{
	return ppb_to_raw(
	    w.book.assets[0].rules[mode].liquidation_threshold);
}

static uint32_t
ltv(size_t mode)
{
	return ppb_to_raw(w.book.assets[0].rules[mode].ltv);
}

static void
collateral_freeze__writes_what_was_not_given(void **state)
{
	(void)state;
	load();
	assert_int_equal(collateral_freeze(&w.book, NULL, NULL, NULL, T0,
	    &rules), ERR_OK);
	/* 1 - 0.206261610 - 0.0005; 1 - 0.175740... - 0.0005 */
	assert_int_equal(ltv(0), 793238390);
	assert_int_equal(threshold(0) / 1000, 823759);
	assert_int_equal(ltv(1), 930000000);
	assert_int_equal(threshold(1), 950000000);
	assert_int_equal(ltv(2), ltv(0));
	assert_int_equal(ppb_to_raw(w.book.assets[1].rules[0].ltv),
	    700000000);
	/* A wide band lowers the ltv only. */
	world_band(&w, 0, "1980", "2020");
	assert_int_equal(collateral_freeze(&w.book, NULL, NULL, &w.market, T0,
	    &rules), ERR_OK);
	assert_int_equal(ltv(0), 783238390);
	assert_int_equal(threshold(0) / 1000, 823759);
	w.market.asset[0].price.status = PRICE_REFUSED;
	assert_int_equal(collateral_freeze(&w.book, NULL, NULL, &w.market, T0,
	    &rules), ERR_OK);
	assert_int_equal(ltv(0), 793238390);
	/* Another chain lowers both. */
	w.book.assets[0].risk.chain_id = 10;
	assert_int_equal(collateral_freeze(&w.book, NULL, NULL, NULL, T0,
	    &rules), ERR_OK);
	assert_int_equal(ltv(0), 783238390);
	assert_int_equal(threshold(0) / 1000, 813759);
}

static void
collateral_freeze__counts_nothing_of_unknown_volatility(void **state)
{
	struct num18 sigma[BOOK_FACTORS_MAX] = { num("0") };

	(void)state;
	load();
	w.book.assets[0].risk.volatility = num("0");
	assert_int_equal(collateral_freeze(&w.book, NULL, sigma, NULL, T0,
	    &rules), ERR_OK);
	assert_int_equal(ltv(0), 0);
	assert_int_equal(threshold(0), 0);
	sigma[0] = num("0.000000000000000001");
	assert_int_equal(collateral_freeze(&w.book, NULL, sigma, NULL, T0,
	    &rules), ERR_OK);
	assert_int_equal(ltv(0), 994500000);
}

static void
collateral_freeze__ramps_the_threshold_down(void **state)
{
	struct collateral_ramp ramps[BOOK_ASSETS_MAX];
	struct num18 sigma[BOOK_FACTORS_MAX];
	uint32_t calm, wild;

	(void)state;
	load();
	memset(ramps, 0, sizeof(ramps));
	for (size_t i = 0; i < BOOK_FACTORS_MAX; i++)
		sigma[i] = num("0.6");
	assert_int_equal(collateral_freeze(&w.book, ramps, sigma, NULL, T0,
	    &rules), ERR_OK);
	calm = threshold(0);
	sigma[0] = num("1.2");
	assert_int_equal(collateral_freeze(&w.book, NULL, sigma, NULL, T0,
	    &rules), ERR_OK);
	wild = threshold(0);
	assert_true(wild < calm);
	assert_int_equal(collateral_freeze(&w.book, ramps, sigma, NULL, T0,
	    &rules), ERR_OK);
	assert_int_equal(threshold(0), calm);
	assert_true(ltv(0) < wild);	/* new loans at once */
	assert_int_equal(collateral_freeze(&w.book, ramps, sigma, NULL,
	    T0 + DAY / 2, &rules), ERR_OK);
	assert_int_equal(threshold(0), calm - (calm - wild + 1) / 2);
	assert_int_equal(collateral_freeze(&w.book, ramps, sigma, NULL,
	    T0 + DAY, &rules), ERR_OK);
	assert_int_equal(threshold(0), wild);
	/* Never above the threshold while that is still low. */
	sigma[0] = num("0.6");
	rules.horizon_initial_days = num("1");
	assert_int_equal(collateral_freeze(&w.book, NULL, sigma, NULL, T0,
	    &rules), ERR_OK);
	assert_int_equal(ltv(0), threshold(0));
}

static void
collateral_freeze__fails_without_touching_the_book(void **state)
{
	struct collateral_ramp ramps[BOOK_ASSETS_MAX], before[BOOK_ASSETS_MAX];
	struct num18 sigma[BOOK_FACTORS_MAX];

	(void)state;
	load();
	w.book.assets[1].risk.is_dynamic = true;
	memset(ramps, 0, sizeof(ramps));
	memcpy(before, ramps, sizeof(ramps));
	for (size_t i = 0; i < BOOK_FACTORS_MAX; i++)
		sigma[i] = num(i == 1 ? "-1" : "0.5");
	w.book.assets[1].risk.volatility = num("-2");
	assert_int_equal(collateral_freeze(&w.book, ramps, sigma, NULL, T0,
	    &rules), ERR_RANGE);
	assert_memory_equal(ramps, before, sizeof(ramps));
	assert_int_equal(threshold(0), 0);
}

static void
collateral_mode_holds__while_each_debt_is_a_member(void **state)
{
	(void)state;
	load();
	world_owe(&w, 0, "1");
	w.vault.mode = 1;
	assert_true(collateral_mode_holds(&w.book, &w.vault));
	world_owe(&w, 1, "0");
	assert_true(collateral_mode_holds(&w.book, &w.vault));
	w.vault.debt[1].amount = 1;
	assert_false(collateral_mode_holds(&w.book, &w.vault));
	w.vault.mode = 0;
	assert_true(collateral_mode_holds(&w.book, &w.vault));
}

static void
collateral_curve_of__follows_the_rules_of_the_mode(void **state)
{
	struct collateral_curve c;

	(void)state;
	load();
	assert_int_equal(collateral_curve_of(&c, &w.book.assets[0], 1,
	    num("0"), &rules), ERR_OK);
	assert_int_equal(ppb_to_raw(c.base), 70000000);
	assert_true(c.has_top);
	assert_int_equal(num18_to_raw(c.slope) / 1000000000000,
	    world_number("0.031405", 6));
	assert_int_equal(collateral_curve_of(&c, &w.book.assets[1], 0,
	    num("9"), &rules), ERR_OK);
	assert_true(num18_is_zero(c.slope) && !c.has_top);
	assert_int_equal(curve_at(&c, 10), 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(collateral_haircut__is_the_sum_of_its_terms),
		cmocka_unit_test(
		    collateral_haircut__has_a_floor_and_a_ceiling),
		cmocka_unit_test(
		    collateral_haircut__counts_wrong_way_outside_grids_only),
		cmocka_unit_test(
		    collateral_chain_haircut__is_latency_and_bridge),
		cmocka_unit_test(
		    collateral_haircut__fails_without_touching_its_output),
		cmocka_unit_test(collateral_confidence__is_the_wider_side),
		cmocka_unit_test(
		    collateral_curve_value__is_a_line_without_size),
		cmocka_unit_test(collateral_curve_value__stops_at_its_top),
		cmocka_unit_test(collateral_curve_value__never_falls),
		cmocka_unit_test(
		    collateral_curve_make__has_both_sides_of_its_limits),
		cmocka_unit_test(
		    collateral_count__keeps_caps_shares_and_deposits),
		cmocka_unit_test(
		    collateral_ramp__falls_in_a_line_and_rises_at_once),
		cmocka_unit_test(
		    collateral_freeze__writes_what_was_not_given),
		cmocka_unit_test(
		    collateral_freeze__counts_nothing_of_unknown_volatility),
		cmocka_unit_test(collateral_freeze__ramps_the_threshold_down),
		cmocka_unit_test(
		    collateral_freeze__fails_without_touching_the_book),
		cmocka_unit_test(
		    collateral_mode_holds__while_each_debt_is_a_member),
		cmocka_unit_test(
		    collateral_curve_of__follows_the_rules_of_the_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
