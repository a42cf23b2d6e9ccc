/* The closed forms of a liquidation by numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/liquidation_bare.h"
#include "tests/margin_world.h"
#include "tests/must_expected.h"

/* margin-model 1.8: D = 10,000, b = 1.2, W = 11,000, H = 1.05, LT = 0.8. */
static struct liquidation_pair
pair_make(const char *debt, const char *collateral)
{
	return (struct liquidation_pair){
		.debt = usd(debt), .collateral = usd(collateral),
		.debt_weight = part("1.2"), .threshold = part("0.8"),
		.bonus = part("0.05"), .close_factor = part("1") };
}

static struct liquidation_sums
sums_make(const char *collateral, const char *debt)
{
	return (struct liquidation_sums){ usd(collateral), usd(debt) };
}

static void
liquidation_repay_to_target__is_the_models_example(void **state)
{
	struct liquidation_pair p = pair_make("10000", "13750");
	struct liquidation_sums s = sums_make("11000", "12000");
	struct usd18 repay = usd("7");
	bool heals = false;

	(void)state;
	/* (12600 - 11000) / (1.26 - 0.84) = 3809.52..., ceiled. */
	assert_int_equal(liquidation_repay_to_target(&repay, &heals, &p, &s,
	    ratio("1.05")), ERR_OK);
	assert_true(heals);
	assert_string_equal(usd_text(repay), "3809.52380952380952381");
	/* At the target already. */
	s = sums_make("12600", "12000");
	assert_int_equal(liquidation_repay_to_target(&repay, &heals, &p, &s,
	    ratio("1.05")), ERR_OK);
	assert_string_equal(usd_text(repay), "0");
	/* 1.05 * 1.2 is 1.26; a bonus of 57.5 % takes as much. */
	p.bonus = part("0.575");
	repay = usd("7");
	assert_int_equal(liquidation_repay_to_target(&repay, &heals, &p, &s,
	    ratio("1.05")), ERR_OK);
	assert_false(heals);
	assert_string_equal(usd_text(repay), "7");
	/* Uncapped, it may be more than is owed. */
	p.bonus = part("0.574999999");
	s = sums_make("0", "12000");
	assert_int_equal(liquidation_repay_to_target(&repay, &heals, &p, &s,
	    ratio("1.05")), ERR_OK);
	assert_true(heals);
	assert_string_equal(usd_text(repay), "15750000000000");
}

static void
liquidation_amount_of__caps_by_debt_factor_and_collateral(void **state)
{
	struct liquidation_pair p = pair_make("10000", "13750");
	struct liquidation_sums s = sums_make("11000", "12000");
	struct liquidation_amount a;

	(void)state;
	assert_int_equal(liquidation_amount_of(&a, &p, &s, ratio("1.05")),
	    ERR_OK);
	assert_string_equal(usd_text(a.repay), "3809.52380952380952381");
	assert_string_equal(usd_text(a.seize), "4000");
	assert_false(a.full_close);
	p.close_factor = part("0.25");
	assert_int_equal(liquidation_amount_of(&a, &p, &s, ratio("1.05")),
	    ERR_OK);
	assert_string_equal(usd_text(a.repay), "2500");
	/* A quarter of it rounds down. */
	p.debt = usd("10000.000000000000000002");
	assert_int_equal(liquidation_amount_of(&a, &p, &s, ratio("1.05")),
	    ERR_OK);
	assert_string_equal(usd_text(a.repay), "2500");
	p.debt = usd("10000");
	/* 7500 would stay: dust from 7500.000...1 on. */
	p.dust = usd("7500");
	assert_int_equal(liquidation_amount_of(&a, &p, &s, ratio("1.05")),
	    ERR_OK);
	assert_false(a.full_close);
	p.dust = usd("7500.000000000000000001");
	assert_int_equal(liquidation_amount_of(&a, &p, &s, ratio("1.05")),
	    ERR_OK);
	assert_true(a.full_close);
	assert_string_equal(usd_text(a.repay), "10000");
	assert_string_equal(usd_text(a.seize), "10500");
	/* The collateral pays for 1000 of it. */
	p.collateral = usd("1050");
	assert_int_equal(liquidation_amount_of(&a, &p, &s, ratio("1.05")),
	    ERR_OK);
	assert_string_equal(usd_text(a.repay), "1000");
	assert_string_equal(usd_text(a.seize), "1050");
	/* What it pays for rounds up, and all of it is taken. */
	p.collateral = usd("1000");
	assert_int_equal(liquidation_amount_of(&a, &p, &s, ratio("1.05")),
	    ERR_OK);
	assert_string_equal(usd_text(a.repay), "952.380952380952380953");
	assert_string_equal(usd_text(a.seize), "1000");
	p.debt = usd("-1");
	expect_assert_failure((void)!liquidation_amount_of(&a, &p, &s,
	    ratio("1.05")));
}

static void
liquidation_price_line__needs_a_crossing(void **state)
{
	struct excess_line line = { .rest = usd("-8000"), .decimals = 18,
		.collateral = (u128)world_number("10", 18),
		.threshold = part("0.8"), .weight = part("1") };
	struct liquidation_price p;

	(void)state;
	assert_int_equal(liquidation_price_line(&p, &line), ERR_OK);
	assert_true(p.has_below && !p.has_above);
	assert_true(px18_compare(p.below, px("1000")) == 0);
	line.rest = usd("8000");
	assert_int_equal(liquidation_price_line(&p, &line), ERR_OK);
	assert_false(p.has_below || p.has_above);
	/* Held and owed: 8 weighted against 9. */
	line.debt = (u128)world_number("9", 18);
	assert_int_equal(liquidation_price_line(&p, &line), ERR_OK);
	assert_true(p.has_above && !p.has_below);
	assert_true(px18_compare(p.above, px("8000")) == 0);
	line.debt = (u128)world_number("8", 18);
	assert_int_equal(liquidation_price_line(&p, &line), ERR_OK);
	assert_false(p.has_below || p.has_above);
	line.decimals = DECIMALS_MAX + 1;
	expect_assert_failure((void)!liquidation_price_line(&p, &line));
}

static void
liquidation_payable__rounds_to_the_side(void **state)
{
	struct usd18 v;

	(void)state;
	assert_int_equal(liquidation_payable(&v, usd("1000"), part("0.05"),
	    ROUND_FLOOR), ERR_OK);
	assert_string_equal(usd_text(v), "952.380952380952380952");
	assert_int_equal(liquidation_payable(&v, usd("1000"), part("0.05"),
	    ROUND_CEIL), ERR_OK);
	assert_string_equal(usd_text(v), "952.380952380952380953");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    liquidation_repay_to_target__is_the_models_example),
		cmocka_unit_test(
		    liquidation_amount_of__caps_by_debt_factor_and_collateral),
		cmocka_unit_test(liquidation_price_line__needs_a_crossing),
		cmocka_unit_test(liquidation_payable__rounds_to_the_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
