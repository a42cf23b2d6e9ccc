/* Drift v2: weights, strict prices, what covers a shortage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/fixed.h"
#include "margin/venue_drift.h"

#define SOL UINT64_C(1000000000)	/* one unit of base */

static void
drift_weights__fall_and_rise_with_the_root_of_the_size(void **state)
{
	static const struct {
		u128 size;
		uint32_t factor, asset, liability;
	} rows[] = {
		{ 1000 * (u128)SOL, 0, 9000, 11000 },
		{ 1000 * (u128)SOL, 10, 9000, 11000 },
		{ 1000 * (u128)SOL, 10000, 8357, 11962 },
		{ 1000 * (u128)SOL, 100000, 2642, 40422 },
		{ 1000000000 * (u128)SOL, 10, 8357, 11962 },
		{ 0, 100000, 9000, 11000 },
	};
	uint32_t w;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(drift_asset_weight(&w, rows[i].size,
		    rows[i].factor, 9000), ERR_OK);
		assert_int_equal(w, rows[i].asset);
		assert_int_equal(drift_liability_weight(&w, rows[i].size,
		    rows[i].factor, 11000), ERR_OK);
		assert_int_equal(w, rows[i].liability);
	}
	w = 7;
	assert_int_equal(drift_liability_weight(&w, U128_MAX, UINT32_MAX,
	    11000), ERR_RANGE);
	assert_int_equal(w, 7);
}

static void
drift_scaled_asset_weight__falls_from_the_start_on(void **state)
{
	static const struct {
		u128 deposits, start;
		uint32_t weight;
	} rows[] = {
		{ 499999, 500000, 9000 }, { 500000, 500000, 9000 },
		{ 500001, 500000, 8999 }, { 1000000, 500000, 4500 },
		{ 1000000, 0, 9000 },
	};
	uint32_t w;
	u128 v = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(drift_scaled_asset_weight(&w, 9000,
		    rows[i].deposits, rows[i].start), ERR_OK);
		assert_int_equal(w, rows[i].weight);
	}
	assert_int_equal(drift_token_value(&v, 1, 31, 1), ERR_RANGE);
	assert_true(v == 7);
	assert_int_equal(drift_token_value(&v, 1999999999, 9, 1), ERR_OK);
	assert_true(v == 1);
}

static void
drift_strict_price__takes_the_worse_of_two(void **state)
{
	(void)state;
	assert_int_equal(drift_strict_price(99, 100, true), 99);
	assert_int_equal(drift_strict_price(100, 99, true), 99);
	assert_int_equal(drift_strict_price(99, 100, false), 100);
	assert_int_equal(drift_strict_price(100, 99, false), 100);
	assert_int_equal(drift_strict_price(100, 100, false), 100);
}

static void
drift_initial_profit__is_weighted_and_limited(void **state)
{
	i128 v;

	(void)state;
	assert_int_equal(drift_initial_profit(&v, -7, 0, 1), ERR_OK);
	assert_true(v == -7);
	assert_int_equal(drift_initial_profit(&v, 99, 5000, 0), ERR_OK);
	assert_true(v == 49);
	assert_int_equal(drift_initial_profit(&v, 99, 5000, 49), ERR_OK);
	assert_true(v == 49);
	assert_int_equal(drift_initial_profit(&v, 99, 5000, 48), ERR_OK);
	assert_true(v == 48);
	assert_int_equal(drift_initial_profit(&v, I128_MAX, 20000, 0),
	    ERR_RANGE);
	assert_true(v == 48);
}

static void
drift_base_to_cover__divides_by_what_a_close_frees(void **state)
{
	struct drift_position p = { 1000, 0, 0, 100000000, DRIFT_UNIT };
	u128 v;

	(void)state;
	assert_int_equal(drift_base_to_cover(&v, 10000000, &p), ERR_OK);
	assert_true(v == SOL);
	p.quote_price = 990000;
	assert_int_equal(drift_base_to_cover(&v, 10000000, &p), ERR_OK);
	assert_true(v == 1010101010);
	p.quote_price = DRIFT_UNIT;
	p.liquidation_fee = 10000;
	p.insurance_fee = 10000;
	assert_int_equal(drift_base_to_cover(&v, 10000000, &p), ERR_OK);
	assert_true(v == 1250000000);
	/* A close frees 9 %: insurance takes it at 90,000, not at 89,999. */
	p.insurance_fee = 89999;
	assert_int_equal(drift_base_to_cover(&v, 10000000, &p), ERR_OK);
	assert_true(v != DRIFT_ALL);
	p.insurance_fee = 90000;
	assert_int_equal(drift_base_to_cover(&v, 10000000, &p), ERR_OK);
	assert_true(v == DRIFT_ALL);
	p.insurance_fee = 0;
	p.liquidation_fee = 99999;
	assert_int_equal(drift_base_to_cover(&v, 10000000, &p), ERR_OK);
	assert_true(v != DRIFT_ALL);
	p.liquidation_fee = 100000;
	assert_int_equal(drift_base_to_cover(&v, 10000000, &p), ERR_OK);
	assert_true(v == DRIFT_ALL);
	p.liquidation_fee = 0;
	p.oracle_price = 0;
	assert_int_equal(drift_base_to_cover(&v, 10000000, &p), ERR_OK);
	assert_true(v == DRIFT_ALL);
}

static void
drift_liability_to_cover__divides_by_what_a_transfer_frees(void **state)
{
	struct drift_transfer t = { 8000, 1000000, 12000, 1000000, 9, 0,
	    100000000 };
	u128 v;

	(void)state;
	assert_int_equal(drift_liability_to_cover(&v, 10000000, &t), ERR_OK);
	assert_true(v == 250000000);
	t.asset_multiplier = 1100000;
	t.liability_multiplier = 900000;
	assert_int_equal(drift_liability_to_cover(&v, 10000000, &t), ERR_OK);
	assert_true(v == 449984250);
	/* Nothing is short: one atom all the same. */
	assert_int_equal(drift_liability_to_cover(&v, 0, &t), ERR_OK);
	assert_true(v == 1);
	t.liability_decimals = 2;
	assert_int_equal(drift_liability_to_cover(&v, 10000000, &t), ERR_OK);
	assert_true(v == 44);
	t.asset_multiplier = 1350000;	/* 8000 * 1.5 */
	assert_int_equal(drift_liability_to_cover(&v, 10000000, &t), ERR_OK);
	assert_true(v == DRIFT_ALL);
	t.asset_multiplier = 1349000;
	assert_int_equal(drift_liability_to_cover(&v, 10000000, &t), ERR_OK);
	assert_true(v != DRIFT_ALL);
	t.insurance_fee = 1000000;
	assert_int_equal(drift_liability_to_cover(&v, 10000000, &t), ERR_OK);
	assert_true(v == DRIFT_ALL);
	t.insurance_fee = 0;
	t.asset_weight = 12000;
	assert_int_equal(drift_liability_to_cover(&v, 10000000, &t), ERR_OK);
	assert_true(v == DRIFT_ALL);
	t.liability_decimals = 31;
	assert_int_equal(drift_liability_to_cover(&v, 1, &t), ERR_RANGE);
	t.liability_decimals = 9;
	t.liability_multiplier = 0;
	assert_int_equal(drift_liability_to_cover(&v, 1, &t), ERR_RANGE);
	assert_true(v == DRIFT_ALL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    drift_weights__fall_and_rise_with_the_root_of_the_size),
		cmocka_unit_test(
		    drift_scaled_asset_weight__falls_from_the_start_on),
		cmocka_unit_test(drift_strict_price__takes_the_worse_of_two),
		cmocka_unit_test(drift_initial_profit__is_weighted_and_limited),
		cmocka_unit_test(
		    drift_base_to_cover__divides_by_what_a_close_frees),
		cmocka_unit_test(
		    drift_liability_to_cover__divides_by_what_a_transfer_frees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
