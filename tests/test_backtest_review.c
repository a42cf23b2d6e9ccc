/* Reviews of the multiplier along a backtest: up by itself, red with the alarm,
 * down only where a human's word is given and two green windows came before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <string.h>

#include "oracle/backtest_run.h"
#include "tests/margin_world.h"

#define WINDOWS 7u
#define ONE ((i128)WAD_ONE_RAW)
#define YELLOW_5 1133333333333333334	/* 3.4 / 3, up */
#define RED 1333333333333333334		/* 4 / 3, up */

static uint8_t hit[WINDOWS * BACKTEST_REVIEW];
static struct backtest_review review[WINDOWS];

/* The exceptions stand at both ends of their windows. */
static void
walk(const uint32_t *exceptions, bool is_approved)
{
	memset(hit, 0, sizeof(hit));
	for (uint32_t i = 0; i < WINDOWS; i++)
		for (uint32_t k = 0; k < exceptions[i]; k++)
			hit[i * BACKTEST_REVIEW + (k % 2 ? k / 2 :
			    BACKTEST_REVIEW - 1 - k / 2)] = 1;
	assert_int_equal(backtest_review_all(review, WINDOWS, hit,
	    ppb_from_raw(PPB_ONE_RAW / 100), is_approved), ERR_OK);
	for (uint32_t i = 0; i < WINDOWS; i++)
		assert_int_equal(review[i].exceptions, exceptions[i]);
}

static void
assert_review(uint32_t i, enum backtest_zone zone, i128 multiplier,
    int move, bool is_alarmed)
{
	const struct backtest_review *r = &review[i];

	assert_int_equal(r->basel.zone, zone);
	assert_true(num18_to_raw(r->after.multiplier) == multiplier);
	assert_int_equal(r->is_raised, move > 0);
	assert_int_equal(r->is_lowered, move < 0);
	assert_int_equal(r->after.is_alarmed, is_alarmed);
}

static void
backtest_review_all__never_lowers_by_itself(void **state)
{
	static const uint32_t x[WINDOWS] = { 4, 5, 0, 0, 10, 0, 0 };

	(void)state;
	walk(x, false);
	assert_review(0, ZONE_GREEN, ONE, 0, false);
	assert_review(1, ZONE_YELLOW, YELLOW_5, 1, false);
	assert_review(2, ZONE_GREEN, YELLOW_5, 0, false);
	assert_false(calibration_may_lower(&review[2].after));
	assert_review(3, ZONE_GREEN, YELLOW_5, 0, false);
	assert_true(calibration_may_lower(&review[3].after));
	assert_review(4, ZONE_RED, RED, 1, true);
	assert_review(6, ZONE_GREEN, RED, 0, true);
	assert_int_equal(review[6].after.green_windows, 2);
	assert_false(calibration_may_lower(&review[6].after));
}

static void
backtest_review_all__lowers_after_two_green_where_approved(void **state)
{
	static const uint32_t x[WINDOWS] = { 5, 0, 5, 10, 4, 0, 9 };

	(void)state;
	walk(x, true);
	assert_review(0, ZONE_YELLOW, YELLOW_5, 1, false);
	assert_review(1, ZONE_GREEN, YELLOW_5, 0, false);
	/* As high as it is already. */
	assert_review(2, ZONE_YELLOW, YELLOW_5, 0, false);
	assert_review(3, ZONE_RED, RED, 1, true);
	assert_review(4, ZONE_GREEN, RED, 0, true);
	assert_review(5, ZONE_GREEN, ONE, -1, false);
	assert_int_equal(review[5].after.green_windows, 0);
	/* 3.85 / 3, up. */
	assert_review(6, ZONE_YELLOW, 1283333333333333334, 1, false);
}

static void
backtest_review_all__refuses_a_tail_of_nothing(void **state)
{
	(void)state;
	assert_int_equal(backtest_review_all(review, 1, hit, ppb_from_raw(0),
	    false), ERR_RANGE);
	assert_int_equal(backtest_review_all(review, 0, hit, ppb_from_raw(0),
	    false), ERR_OK);
}

static struct backtest_options
options_default(void)
{
	struct backtest_options o = { .method = BACKTEST_VAR, .window = 200 };

	var_rules_default(&o.var);
	buffer_rules_default(&o.buffer);
	return o;
}

static void
backtest_rows_min__waits_for_the_stress_window(void **state)
{
	struct backtest_options o = options_default();

	(void)state;
	assert_int_equal(backtest_rows_min(&o), 250 + 1 + 1);
	o.var.sample.mpor = 5;
	assert_int_equal(backtest_rows_min(&o), 254 + 5 + 1);
	o.var.sample.stress_first = 100;
	o.var.sample.stress_length = 300;
	assert_int_equal(backtest_rows_min(&o), 400 + 5 + 1);
	o.window = 401;
	assert_int_equal(backtest_rows_min(&o), 401 + 5 + 1);
	o.window = 200;
	o.var.weight_stressed = ppb_from_raw(0);
	assert_int_equal(backtest_rows_min(&o), 200 + 5 + 1);
	o.method = BACKTEST_STANDARD;
	assert_int_equal(backtest_rows_min(&o), 5 + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backtest_review_all__never_lowers_by_itself),
		cmocka_unit_test(
		    backtest_review_all__lowers_after_two_green_where_approved),
		cmocka_unit_test(
		    backtest_review_all__refuses_a_tail_of_nothing),
		cmocka_unit_test(
		    backtest_rows_min__waits_for_the_stress_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
