/* dYdX v4: scaling by open interest, requirements, order of liquidation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/venue_dydx.h"
#include "tests/margin_world.h"

static void
dydx_initial_ppm__scales_between_the_caps(void **state)
{
	static const struct {
		uint32_t initial;
		u128 lower, upper, interest;
		uint32_t ppm;
	} rows[] = {
		{ 200000, 1000000, 2000000, 0, 200000 },
		{ 200000, 1000000, 2000000, 1000000, 200000 },
		{ 200000, 1000000, 2000000, 1000001, 200000 },
		{ 200000, 1000000, 2000000, 1000002, 200001 },
		{ 200000, 1000000, 2000000, 1234567, 387653 },
		{ 200000, 1000000, 2000000, 1999999, 999999 },
		{ 200000, 1000000, 2000000, 2000000, 1000000 },
		{ 200000, 1000000, 2000000, 2000001, 1000000 },
		{ 200000, 2000000, 2000000, 2000000, 1000000 },
		{ 200000, 2000000, 2000000, 1999999, 200000 },
		{ 200000, 0, 0, 1500000, 200000 },
		{ 1000000, 0, 10, 5, 1000000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct dydx_tier t = { rows[i].initial, 500000,
		    rows[i].lower, rows[i].upper };
		uint32_t ppm;

		assert_int_equal(dydx_initial_ppm(&ppm, &t, rows[i].interest),
		    ERR_OK);
		assert_int_equal(ppm, rows[i].ppm);
	}
}

static void
dydx_requirements__ceil_and_only_the_initial_one_scales(void **state)
{
	struct dydx_tier t = { 100000, 600000, 1000, 2000 };
	u128 im = 7, mm = 7;

	(void)state;
	assert_int_equal(dydx_requirements(&im, &mm, &t, 1, 0, 0), ERR_OK);
	assert_true(im == 1 && mm == 1);
	/* ceil(ceil(101 * 0.1) * 0.6) */
	assert_int_equal(dydx_requirements(&im, &mm, &t, 101, 2000, 0),
	    ERR_OK);
	assert_true(im == 101 && mm == 7);
	assert_int_equal(dydx_requirements(&im, &mm, &t, 100, 0, 250000),
	    ERR_OK);
	assert_true(im == 25 && mm == 6);
	assert_int_equal(dydx_requirements(&im, &mm, &t, 100, 0, 1000001),
	    ERR_RANGE);
	t.maintenance_ppm = 1000001;
	assert_int_equal(dydx_requirements(&im, &mm, &t, 100, 0, 0),
	    ERR_RANGE);
	t.initial_ppm = 1000001;
	assert_int_equal(dydx_requirements(&im, &mm, &t, 100, 0, 0),
	    ERR_RANGE);
	assert_true(im == 25 && mm == 6);
}

static void
dydx_is_liquidatable__needs_a_requirement(void **state)
{
	(void)state;
	assert_false(dydx_is_liquidatable((struct dydx_risk){ 100, 100 }));
	assert_true(dydx_is_liquidatable((struct dydx_risk){ 99, 100 }));
	assert_true(dydx_is_liquidatable((struct dydx_risk){ 0, 1 }));
	assert_false(dydx_is_liquidatable((struct dydx_risk){ -100, 0 }));
}

/* The order of NC / MMR in small numbers, ties by the rules of the chain. */
static int
order_reference(struct dydx_risk a, struct dydx_risk b)
{
	i128 x = b.net_collateral * a.maintenance;
	i128 y = a.net_collateral * b.maintenance;

	if (x != y)
		return x < y ? -1 : 1;
	if (a.maintenance != b.maintenance)
		return a.maintenance < b.maintenance ? -1 : 1;
	if (a.maintenance != 0)
		return 0;
	return (b.net_collateral > a.net_collateral) -
	    (b.net_collateral < a.net_collateral);
}

static void
dydx_risk_compare__orders_by_cross_multiplication(void **state)
{
	const struct dydx_risk least = { I128_MIN, I128_MAX };
	const struct dydx_risk most = { I128_MAX, I128_MAX };
	uint64_t seed = 3;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		struct dydx_risk a = { (i128)random_below(&seed, 13) - 6,
		    (i128)random_below(&seed, 7) };
		struct dydx_risk b = { (i128)random_below(&seed, 13) - 6,
		    (i128)random_below(&seed, 7) };

		assert_int_equal(dydx_risk_compare(a, b),
		    order_reference(a, b));
		assert_int_equal(dydx_risk_compare(b, a),
		    -dydx_risk_compare(a, b));
	}
	assert_int_equal(dydx_risk_compare(least, most), 1);
	assert_int_equal(dydx_risk_compare(least, least), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dydx_initial_ppm__scales_between_the_caps),
		cmocka_unit_test(
		    dydx_requirements__ceil_and_only_the_initial_one_scales),
		cmocka_unit_test(dydx_is_liquidatable__needs_a_requirement),
		cmocka_unit_test(
		    dydx_risk_compare__orders_by_cross_multiplication),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
