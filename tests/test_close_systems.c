/* The liquidation rules of seven systems at both sides of their limits; random
 * accounts are left to tests/check_lending.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/close_aave.h"
#include "margin/close_compound.h"
#include "margin/close_euler.h"
#include "margin/close_gearbox.h"
#include "margin/close_liquity.h"
#include "margin/close_maker.h"
#include "margin/close_morpho.h"
#include "tests/lending_world.h"
#include "tests/must_expected.h"

#define assert_big(got, text) assert_string_equal(big_text(got), text)

/* ---- Aave --------------------------------------------------------------- */

static void
aave_close_factor__is_one_for_the_weak_and_the_small(void **state)
{
	static const struct {
		const char *health, *collateral, *debt, *factor;
	} rows[] = {
		{ "0.95", "5000e8", "5000e8", "1" },
		{ "0.950000000000000001", "5000e8", "5000e8", "0.5" },
		{ "0.99", "2000e8", "2000e8", "0.5" },
		{ "0.99", "199999999999", "2000e8", "1" },
		{ "0.99", "2000e8", "199999999999", "1" },
	};
	struct aave_rules rules;
	struct ppb factor;

	(void)state;
	aave_rules_default(&rules);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(aave_close_factor(&factor,
		    ratio(rows[i].health), big(rows[i].collateral),
		    big(rows[i].debt), &rules), ERR_OK);
		assert_int_equal(ppb_to_raw(factor),
		    ppb_to_raw(part(rows[i].factor)));
	}
}

/* 3 ETH at 1000 against 2500 USDC: a health below one without its own. */
static struct aave_pair
aave_pair_make(const char *collateral, const char *debt)
{
	return (struct aave_pair){ .debt = big(debt),
		.debt_price = big("1e8"), .debt_unit = big("1e6"),
		.collateral = big(collateral),
		.collateral_price = big("1000e8"),
		.collateral_unit = big("1e18"), .bonus_bps = 10500,
		.protocol_fee_bps = 1000 };
}

static void
aave_debt_max__takes_half_of_all_debts_together(void **state)
{
	struct aave_pair p = aave_pair_make("3e18", "2500e6");
	struct aave_rules rules;
	struct u256 most;

	(void)state;
	aave_rules_default(&rules);
	assert_int_equal(aave_debt_max(&most, &p, big("2500e8"),
	    ratio("0.99"), &rules), ERR_OK);
	assert_big(most, "1250000000");
	/* Half of 5000 is more than this debt: it may go whole. */
	assert_int_equal(aave_debt_max(&most, &p, big("5000e8"),
	    ratio("0.99"), &rules), ERR_OK);
	assert_big(most, "2500000000");
	assert_int_equal(aave_debt_max(&most, &p, big("2500e8"),
	    ratio("0.95"), &rules), ERR_OK);
	assert_big(most, "2500000000");
	p.debt_price = evm_zero();
	most = big("7");
	assert_int_equal(aave_debt_max(&most, &p, big("2500e8"),
	    ratio("0.95"), &rules), ERR_OK);
	p.debt_unit = evm_zero();
	most = big("7");
	assert_int_equal(aave_debt_max(&most, &p, big("2500e8"),
	    ratio("0.95"), &rules), ERR_RANGE);
	assert_big(most, "7");
}

static void
aave_liquidate__must_not_leave_dust(void **state)
{
	struct aave_pair p = aave_pair_make("2.0", "2500e6");
	struct aave_rules rules;
	struct aave_seizure s = { .repay = big("7") };

	(void)state;
	aave_rules_default(&rules);
	/* 1250 of 2500 takes 1.3125 ETH of 2.3125: exactly 1000 USD stay. */
	p.collateral = big("2312500000000000000");
	assert_int_equal(aave_liquidate(&s, &p, big("2500e8"), ratio("0.99"),
	    big("2500e6"), &rules), ERR_OK);
	assert_big(s.repay, "1250000000");
	/* 5 % of 1.25 is 0.0625; a tenth of it is the protocol's. */
	assert_big(s.protocol_fee, "6250000000000000");
	assert_big(s.to_liquidator, "1306250000000000000");
	/* One atom less, and its value floors below 1000. */
	p.collateral = big("2312499999999999999");
	s.repay = big("7");
	assert_int_equal(aave_liquidate(&s, &p, big("2500e8"), ratio("0.99"),
	    big("2500e6"), &rules), ERR_REFUSED);
	assert_big(s.repay, "7");
	/* The most that is not refused leaves 1000 USD. */
	p.collateral = big("2200000000000000000");
	assert_int_equal(aave_liquidate_most(&s, &p, big("2500e8"),
	    ratio("0.99"), &rules), ERR_OK);
	assert_big(s.repay, "1142857142");
	/* A rest just above 999.99999999 is a debt of 1000. */
	p = aave_pair_make("30e18", "2000e18");
	p.debt_unit = big("1e18");
	assert_int_equal(aave_liquidate(&s, &p, big("9000e8"), ratio("0.99"),
	    big("1000000000009999999999"), &rules), ERR_OK);
	assert_int_equal(aave_liquidate(&s, &p, big("9000e8"), ratio("0.99"),
	    big("1000000000010000000000"), &rules), ERR_REFUSED);
	p.collateral = big("2200000000000000000");
	/* A healthy account is left alone. */
	assert_int_equal(aave_liquidate(&s, &p, big("2500e8"), ratio("1"),
	    big("1"), &rules), ERR_REFUSED);
	assert_int_equal(aave_liquidate_most(&s, &p, big("2500e8"),
	    ratio("1"), &rules), ERR_REFUSED);
	/* Legs of 2000 each, half of which leaves 950 of collateral. */
	p = aave_pair_make("2e18", "2000e6");
	assert_int_equal(aave_liquidate(&s, &p, big("2000e8"), ratio("0.99"),
	    big("2000e6"), &rules), ERR_REFUSED);
}

static void
aave_seize__asks_for_less_where_the_collateral_is_short(void **state)
{
	struct aave_pair p = aave_pair_make("1e18", "2500e6");
	struct aave_seizure s;

	(void)state;
	assert_int_equal(aave_seize(&s, &p, big("952380952")), ERR_OK);
	assert_big(s.repay, "952380952");
	assert_int_equal(aave_seize(&s, &p, big("2500e6")), ERR_OK);
	assert_big(s.repay, "952380953");	/* 1000 / 1.05, ceiled */
	p.collateral_price = evm_zero();
	assert_int_equal(aave_seize(&s, &p, big("1")), ERR_RANGE);
	assert_big(s.repay, "952380953");
}

/* ---- Compound ----------------------------------------------------------- */

static void
compound_absorb__credits_at_the_liquidation_factor(void **state)
{
	struct compound_asset asset = { big("1e18"), big("1000e8"),
		big("1e18"), big("900000000000000000") };
	struct compound_absorption a;

	(void)state;
	assert_int_equal(compound_absorb(&a, big("899e6"), big("1e8"),
	    big("1e6"), &asset, 1), ERR_OK);
	assert_big(a.credit, "900000000");
	assert_big(a.balance, "1000000");
	assert_big(a.paid_by_reserves, "0");
	assert_int_equal(compound_absorb(&a, big("901e6"), big("1e8"),
	    big("1e6"), &asset, 1), ERR_OK);
	assert_big(a.balance, "0");
	assert_big(a.paid_by_reserves, "1000000");
	assert_int_equal(compound_absorb(&a, big("1"), evm_zero(),
	    big("1e6"), &asset, 1), ERR_RANGE);
	assert_big(a.paid_by_reserves, "1000000");
}

static void
compound_ask_price__fails_for_a_factor_above_one(void **state)
{
	struct u256 ask = big("7");

	(void)state;
	assert_int_equal(compound_ask_price(&ask, big("200e8"),
	    big("500000000000000000"), big("600000000000000000")), ERR_OK);
	assert_big(ask, "16000000000");
	assert_int_equal(compound_ask_price(&ask, big("200e8"), big("1e18"),
	    big("1000000000000000001")), ERR_RANGE);
	assert_big(ask, "16000000000");
	/* 10 / 3, floored before the base's unit divides. */
	assert_int_equal(compound_quote(&ask, big("10"), big("1"), big("1"),
	    big("3"), big("1")), ERR_OK);
	assert_big(ask, "3");
	assert_int_equal(compound_quote(&ask, big("11"), big("1"), big("2"),
	    big("3"), big("1")), ERR_OK);
	assert_big(ask, "1");
}

/* ---- Maker -------------------------------------------------------------- */

static struct maker_vault
maker_vault_make(void)
{
	return (struct maker_vault){ .ink = big("10e18"),
		.art = big("1000e18"), .rate = big("1e27"),
		.spot = big("99e27"), .dust = big("100e45"),
		.chop = big("1100000000000000000"),
		.hole_all = big("10000e45"), .hole = big("10000e45") };
}

static enum maker_outcome
bark(struct maker_bark *b, const struct maker_vault *v)
{
	assert_int_equal(maker_bark_vault(b, v), ERR_OK);
	return b->outcome;
}

static void
maker_bark_vault__needs_a_price_and_an_unsafe_vault(void **state)
{
	struct maker_vault v = maker_vault_make();
	struct maker_bark b;

	(void)state;
	assert_int_equal(bark(&b, &v), MAKER_BARKED);
	assert_big(b.dart, "1000000000000000000000");
	v.spot = big("100e27");
	assert_int_equal(bark(&b, &v), MAKER_NOT_UNSAFE);
	assert_big(b.dart, "0");
	v.spot = evm_zero();
	assert_int_equal(bark(&b, &v), MAKER_NOT_UNSAFE);
}

static void
maker_bark_vault__fills_the_room_and_leaves_no_dust(void **state)
{
	struct maker_vault v = maker_vault_make();
	struct maker_bark b;

	(void)state;
	/* Room for exactly 900: 100 stay, which is not below dust. */
	v.hole = big("990e45");
	assert_int_equal(bark(&b, &v), MAKER_BARKED);
	assert_big(b.dart, "900000000000000000000");
	assert_big(b.dink, "9000000000000000000");
	/* One RAD more: 99.99... would stay, so all goes, above the hole. */
	v.hole = big("990000000000000000002e27");
	assert_int_equal(bark(&b, &v), MAKER_BARKED);
	assert_big(b.dart, "1000000000000000000000");
	/* Room for 100 is an auction, for less a dusty one. */
	v.hole = big("110e45");
	assert_int_equal(bark(&b, &v), MAKER_BARKED);
	v.hole = big("109e45");
	assert_int_equal(bark(&b, &v), MAKER_DUSTY_AUCTION);
	v.dirt = v.hole;
	assert_int_equal(bark(&b, &v), MAKER_LIQUIDATION_LIMIT_HIT);
	v.dirt = evm_zero();
	v.dirt_all = v.hole_all;
	assert_int_equal(bark(&b, &v), MAKER_LIQUIDATION_LIMIT_HIT);
}

static void
maker_bark_vault__refuses_an_auction_of_nothing(void **state)
{
	struct maker_vault v = maker_vault_make();
	struct maker_bark b = { .dink = big("7") };

	(void)state;
	v.ink = evm_zero();
	assert_int_equal(bark(&b, &v), MAKER_NULL_AUCTION);
	assert_string_equal(maker_outcome_name(b.outcome), "null-auction");
	v.rate = evm_max();
	b.dink = big("7");
	assert_int_equal(maker_bark_vault(&b, &v), ERR_RANGE);
	assert_big(b.dink, "7");
}

static void
maker_bark_vault__floors_and_knows_its_type(void **state)
{
	struct maker_vault v = { .ink = big("1e18"), .art = big("1e18"),
		.rate = big("3"), .spot = big("1"), .chop = big("2"),
		.hole_all = big("1"), .hole = big("1") };
	struct maker_bark b;

	(void)state;
	/* floor(floor(1e18 / 3) / 2); a tab of less than one is none. */
	assert_int_equal(bark(&b, &v), MAKER_BARKED);
	assert_big(b.dart, "166666666666666666");
	assert_big(b.due, "499999999999999998");
	assert_big(b.tab, "0");
	/* A dusty vault of 2^255 goes whole; one more has no sign. */
	v = (struct maker_vault){ .ink = big("1"), .rate = big("1"),
		.art = { { 0, 0, 0, UINT64_C(1) << 63 } }, .spot = big("1"),
		.dust = { { 0, 0, 0, UINT64_C(1) << 63 } },
		.chop = big("1"), .hole_all = big("1"), .hole = big("1") };
	assert_int_equal(bark(&b, &v), MAKER_BARKED);
	v.art.w[0] = v.dust.w[0] = 1;
	assert_int_equal(bark(&b, &v), MAKER_OVERFLOW);
}

static void
maker_spot__is_zero_without_a_price(void **state)
{
	struct u256 spot = big("7");

	(void)state;
	assert_int_equal(maker_spot(&spot, evm_zero(), big("1e27"),
	    big("15e26")), ERR_OK);
	assert_big(spot, "0");
	assert_int_equal(maker_spot(&spot, big("1000e18"), big("1e27"),
	    big("15e26")), ERR_OK);
	assert_big(spot, "666666666666666666666666666666");
	/* par and mat of three: each quotient is floored by itself. */
	assert_int_equal(maker_spot(&spot, big("1e18"), big("3e27"),
	    big("1e27")), ERR_OK);
	assert_big(spot, "333333333333333333333333333");
	assert_int_equal(maker_spot(&spot, big("1"), big("1e27"),
	    evm_zero()), ERR_RANGE);
}

static void
maker_price__falls_along_three_curves(void **state)
{
	struct u256 p;

	(void)state;
	assert_int_equal(maker_price_linear(&p, big("100e27"), 0, 3600),
	    ERR_OK);
	assert_big(p, "100000000000000000000000000000");
	assert_int_equal(maker_price_linear(&p, big("100e27"), 900, 3600),
	    ERR_OK);
	assert_big(p, "75000000000000000000000000000");
	assert_int_equal(maker_price_linear(&p, big("100e27"), 3600, 3600),
	    ERR_OK);
	assert_big(p, "0");
	assert_int_equal(maker_price_linear(&p, big("1"), 0, 0), ERR_RANGE);
	/* Two thirds as a RAY, floored, of 2 RAY, floored. */
	assert_int_equal(maker_price_linear(&p, big("2e27"), 1, 3), ERR_OK);
	assert_big(p, "1333333333333333333333333332");
	assert_int_equal(maker_price_linear(&p, big("2"), 1, 3), ERR_OK);
	assert_big(p, "1");
	/* 1 % each 60 s: 100, 99, 98.01. */
	assert_int_equal(maker_price_stairstep(&p, big("100e27"), 59, 60,
	    big("99e25")), ERR_OK);
	assert_big(p, "100000000000000000000000000000");
	assert_int_equal(maker_price_stairstep(&p, big("100e27"), 120, 60,
	    big("99e25")), ERR_OK);
	assert_big(p, "98010000000000000000000000000");
	assert_int_equal(maker_price_stairstep(&p, big("1"), 1, 0,
	    big("99e25")), ERR_RANGE);
	assert_int_equal(maker_price_exponential(&p, big("100e27"), 2,
	    big("9e26")), ERR_OK);
	assert_big(p, "81000000000000000000000000000");
	/* Powers round to nearest, the price down. */
	assert_int_equal(maker_price_exponential(&p, big("1e27"), 3,
	    big("987654321987654321987654340")), ERR_OK);
	assert_big(p, "963418331583750600969515023");
	assert_int_equal(maker_price_exponential(&p, big("1"), 1,
	    big("987654321987654321987654340")), ERR_OK);
	assert_big(p, "0");
}

/* ---- Liquity ------------------------------------------------------------ */

static void
liquity_branch__turns_at_each_ratio(void **state)
{
	static const struct {
		const char *ratio, *system;
		bool covers;
		enum liquity_branch branch;
	} rows[] = {
		{ "1", "1.4", true, LIQUITY_REDISTRIBUTE_ALL },
		{ "1.000000000000000001", "1.4", true,
		    LIQUITY_OFFSET_THEN_REDISTRIBUTE },
		{ "1.099999999999999999", "1.4", true,
		    LIQUITY_OFFSET_THEN_REDISTRIBUTE },
		{ "1.1", "1.4", true, LIQUITY_CAPPED_OFFSET },
		{ "1.1", "1.4", false, LIQUITY_NONE },
		{ "1.399999999999999999", "1.4", true,
		    LIQUITY_CAPPED_OFFSET },
		{ "1.4", "1.4", true, LIQUITY_NONE },
	};
	struct liquity_rules r;

	(void)state;
	liquity_rules_default(&r);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_int_equal(liquity_branch_recovery(
		    evm_word(wad_to_raw(ratio(rows[i].ratio))),
		    evm_word(wad_to_raw(ratio(rows[i].system))),
		    rows[i].covers, &r), rows[i].branch);
	assert_int_equal(liquity_branch_normal(big("11e17"), &r),
	    LIQUITY_NONE);
	assert_int_equal(liquity_branch_normal(big("1099999999999999999"),
	    &r), LIQUITY_OFFSET_THEN_REDISTRIBUTE);
	assert_true(liquity_is_recovery(big("1499999999999999999"), &r));
	assert_false(liquity_is_recovery(big("15e17"), &r));
}

static void
liquity_close_trove__shares_what_the_pool_cannot_take(void **state)
{
	struct liquity_close s;
	struct liquity_rules r;

	(void)state;
	liquity_rules_default(&r);
	assert_int_equal(liquity_close_trove(&s,
	    LIQUITY_OFFSET_THEN_REDISTRIBUTE, big("20e18"), big("2000e18"),
	    big("105e18"), big("500e18"), &r), ERR_OK);
	assert_big(s.gas_compensation, "100000000000000000");
	assert_big(s.debt_offset, "500000000000000000000");
	assert_big(s.collateral_to_pool, "4975000000000000000");
	assert_big(s.debt_redistributed, "1500000000000000000000");
	assert_big(s.collateral_redistributed, "14925000000000000000");
	assert_int_equal(liquity_close_trove(&s, LIQUITY_REDISTRIBUTE_ALL,
	    big("20e18"), big("2000e18"), big("90e18"), big("9000e18"), &r),
	    ERR_OK);
	assert_big(s.debt_offset, "0");
	assert_big(s.collateral_redistributed, "19900000000000000000");
	/* A cap above the collateral is no capped offset. */
	assert_int_equal(liquity_close_trove(&s, LIQUITY_CAPPED_OFFSET,
	    big("20e18"), big("2000e18"), big("90e18"), big("9000e18"), &r),
	    ERR_RANGE);
	assert_big(s.collateral_redistributed, "19900000000000000000");
}

/* ---- Morpho, Euler, Gearbox --------------------------------------------- */

static void
morpho_seize__spreads_what_no_collateral_is_left_for(void **state)
{
	/* 1000 loan atoms a collateral atom; 90 % of 900 against 850. */
	struct morpho_position p = { .collateral = big("900"),
		.borrow_shares = big("850e6"),
		.total_borrow_assets = big("10000"),
		.total_borrow_shares = big("10000e6"), .price = big("1e36"),
		.lltv = big("900000000000000000") };
	struct morpho_close m = { .seized = big("7") };
	struct morpho_rules r;
	bool is_healthy;

	(void)state;
	morpho_rules_default(&r);
	assert_int_equal(morpho_is_healthy(&is_healthy, &p), ERR_OK);
	assert_false(is_healthy);
	/* 876 / 1.030927835... = 850, 900 is worth more than is owed. */
	assert_int_equal(morpho_seize(&m, &p, big("900"), &r), ERR_RANGE);
	assert_big(m.seized, "7");
	assert_int_equal(morpho_seize(&m, &p, big("876"), &r), ERR_OK);
	assert_big(m.repaid_assets, "850");
	assert_big(m.bad_debt, "0");
	p.borrow_shares = big("1000e6");
	assert_int_equal(morpho_seize(&m, &p, big("900"), &r), ERR_OK);
	assert_big(m.repaid_assets, "874");
	assert_big(m.bad_debt, "126");
	p.borrow_shares = big("810e6");
	assert_int_equal(morpho_is_healthy(&is_healthy, &p), ERR_OK);
	assert_true(is_healthy);
	assert_int_equal(morpho_repay(&m, &p, big("1"), &r), ERR_REFUSED);
	assert_big(m.bad_debt, "126");
	assert_int_equal(morpho_incentive(&m.seized,
	    big("914999999999999991"), &r), ERR_OK);
	assert_big(m.seized, "1026167265264238072");
	p.lltv = big("1000000000000000001");
	assert_int_equal(morpho_incentive(&m.seized, p.lltv, &r), ERR_RANGE);
}

static void
euler_liquidate__discounts_by_the_health_down_to_its_floor(void **state)
{
	struct euler_account a = { .weighted_collateral = big("90e18"),
		.debt = big("100e6"), .debt_value = big("100e18"),
		.collateral = big("200e18"),
		.collateral_value = big("200e18") };
	struct euler_rules r;
	struct euler_close s;

	(void)state;
	euler_rules_default(&r);
	assert_int_equal(euler_liquidate(&s, &a, &r), ERR_OK);
	assert_big(s.discount_factor, "900000000000000000");
	assert_big(s.repay, "100000000");
	assert_big(s.yield, "111111111111111111111");
	a.weighted_collateral = big("79e18");
	assert_int_equal(euler_liquidate(&s, &a, &r), ERR_OK);
	assert_big(s.discount_factor, "800000000000000000");
	a.weighted_collateral = big("100e18");
	assert_int_equal(euler_liquidate(&s, &a, &r), ERR_OK);
	assert_big(s.repay, "100000000");
	a.weighted_collateral = big("100000000000000000001");
	assert_int_equal(euler_liquidate(&s, &a, &r), ERR_OK);
	assert_big(s.repay, "0");
	a.weighted_collateral = evm_zero();
	a.collateral_value = evm_zero();
	assert_int_equal(euler_liquidate(&s, &a, &r), ERR_OK);
	assert_big(s.repay, "0");
	assert_big(s.yield, "200000000000000000000");
}

static void
threshold__ramps_between_two_times(void **state)
{
	(void)state;
	assert_int_equal(euler_threshold(9000, 8000, 1000, 500, 500), 9000);
	assert_int_equal(euler_threshold(9000, 8000, 1000, 500, 501), 8998);
	assert_int_equal(euler_threshold(9000, 8000, 1000, 500, 750), 8500);
	assert_int_equal(euler_threshold(9000, 8000, 1000, 500, 1000), 8000);
	assert_int_equal(euler_threshold(9000, 8000, 1000, 500, 1), 9000);
	assert_int_equal(euler_threshold(8000, 9000, 1000, 500, 1), 9000);
	expect_assert_failure(euler_threshold(8000, 7000, 1000, 0, 1));
	assert_int_equal(gearbox_threshold(9000, 8000, 1000, 500, 999), 9000);
	assert_int_equal(gearbox_threshold(9000, 8000, 1000, 500, 1001),
	    8998);
	assert_int_equal(gearbox_threshold(8000, 9000, 1000, 500, 1001),
	    8002);
	assert_int_equal(gearbox_threshold(9000, 8000, 1000, 500, 1500),
	    8000);
	assert_int_equal(gearbox_threshold(9000, 8000, 1000, 0, 1000), 8000);
}

static void
gearbox_liquidate__pays_the_pool_before_the_owner(void **state)
{
	struct gearbox_rules r;
	struct gearbox_payments p = { .to_pool = big("7") };

	(void)state;
	gearbox_rules_default(&r);
	assert_int_equal(gearbox_liquidate(&p, evm_max(), evm_max(), big("1"),
	    &r), ERR_RANGE);
	assert_big(p.to_pool, "7");
	assert_int_equal(gearbox_liquidate(&p, big("10000"), big("9450"),
	    evm_zero(), &r), ERR_OK);
	assert_big(p.to_pool, "9600");
	assert_big(p.remaining, "0");
	assert_big(p.profit, "150");
	assert_int_equal(gearbox_liquidate(&p, big("10000"), big("9601"),
	    evm_zero(), &r), ERR_OK);
	assert_big(p.profit, "0");
	assert_big(p.loss, "1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    aave_close_factor__is_one_for_the_weak_and_the_small),
		cmocka_unit_test(
		    aave_debt_max__takes_half_of_all_debts_together),
		cmocka_unit_test(aave_liquidate__must_not_leave_dust),
		cmocka_unit_test(
		    aave_seize__asks_for_less_where_the_collateral_is_short),
		cmocka_unit_test(
		    compound_absorb__credits_at_the_liquidation_factor),
		cmocka_unit_test(
		    compound_ask_price__fails_for_a_factor_above_one),
		cmocka_unit_test(
		    maker_bark_vault__needs_a_price_and_an_unsafe_vault),
		cmocka_unit_test(
		    maker_bark_vault__fills_the_room_and_leaves_no_dust),
		cmocka_unit_test(
		    maker_bark_vault__refuses_an_auction_of_nothing),
		cmocka_unit_test(
		    maker_bark_vault__floors_and_knows_its_type),
		cmocka_unit_test(maker_spot__is_zero_without_a_price),
		cmocka_unit_test(maker_price__falls_along_three_curves),
		cmocka_unit_test(liquity_branch__turns_at_each_ratio),
		cmocka_unit_test(
		    liquity_close_trove__shares_what_the_pool_cannot_take),
		cmocka_unit_test(
		    morpho_seize__spreads_what_no_collateral_is_left_for),
		cmocka_unit_test(
		    euler_liquidate__discounts_by_the_health_down_to_its_floor),
		cmocka_unit_test(threshold__ramps_between_two_times),
		cmocka_unit_test(
		    gearbox_liquidate__pays_the_pool_before_the_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
