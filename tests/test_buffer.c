/* The procyclicality buffer and its measures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/buffer.h"
#include "tests/margin_world.h"

static void
buffer_step__follows_the_recursion(void **state)
{
	/* margin-model 1.5, and what comes after it. */
	static const struct {
		const char *margin, *buffered;
	} rows[] = {
		{ "100", "125" }, { "100", "125" }, { "110", "125" },
		{ "120", "125" }, { "130", "130" }, { "140", "140" },
		{ "140", "142.8" }, { "140", "145.656" },
		{ "120", "148.56912" }, { "100", "125" }, { "100", "125" },
		{ "0", "0" }, { "8", "8" }, { "8", "8.16" },
	};
	struct buffer_state s = { 0 };
	struct buffer_rules rules;

	(void)state;
	buffer_rules_default(&rules);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(buffer_step(&s, usd(rows[i].margin), &rules),
		    ERR_OK);
		assert_string_equal(usd_text(s.buffered), rows[i].buffered);
	}
}

static void
buffer_step__rounds_up_and_keeps_its_state_on_failure(void **state)
{
	struct buffer_state s = { 0 }, before;
	struct buffer_rules rules;

	(void)state;
	buffer_rules_default(&rules);
	assert_int_equal(buffer_step(&s, usd18_from_raw(1), &rules), ERR_OK);
	assert_true(usd18_to_raw(s.buffered) == 2);
	before = s;
	assert_int_equal(buffer_step(&s, usd18_from_raw(-1), &rules),
	    ERR_RANGE);
	assert_int_equal(buffer_step(&s, usd18_from_raw(I128_MAX), &rules),
	    ERR_RANGE);
	assert_memory_equal(&s, &before, sizeof(s));
}

static void
buffer_floor__is_the_larger_volatility(void **state)
{
	struct num18 low = num18_from_raw(1), high = num18_from_raw(2);

	(void)state;
	assert_int_equal(num18_compare(buffer_floor(low, high), high), 0);
	assert_int_equal(num18_compare(buffer_floor(high, low), high), 0);
}

static void
apc_measure__finds_peaks_and_rises(void **state)
{
	struct usd18 series[] = { usd("100"), usd("90"), usd("120"),
	    usd("120"), usd("130"), usd("80"), usd("160") };
	struct apc a;

	(void)state;
	assert_int_equal(apc_measure(&a, series, 7), ERR_OK);
	assert_int_equal(a.days, 7);
	assert_string_equal(usd_text(a.peak), "160");
	assert_string_equal(usd_text(a.trough), "80");
	assert_string_equal(wad_text(a.peak_to_trough), "2");
	assert_string_equal(usd_text(a.rise_1d), "80");
	assert_true(num18_to_raw(a.rise_1d_rel) == (i128)WAD_ONE_RAW);
	/* 100 to 80 falls, 90 to 160 rises, rounded up. */
	assert_string_equal(usd_text(a.rise_5d), "70");
	assert_true(num18_to_raw(a.rise_5d_rel) == 777777777777777778);
	assert_int_equal(apc_measure(&a, series, 5), ERR_OK);
	assert_string_equal(usd_text(a.rise_5d), "0");
}

static void
apc_measure__has_no_ratio_over_nothing(void **state)
{
	struct usd18 series[] = { usd("0"), usd("1") };
	struct apc a = { .days = 77 };

	(void)state;
	assert_int_equal(apc_measure(&a, series, 0), ERR_MISSING);
	series[0] = usd18_from_raw(-1);
	assert_int_equal(apc_measure(&a, series, 2), ERR_RANGE);
	assert_int_equal(a.days, 77);
	series[0] = usd18_zero();
	assert_int_equal(apc_measure(&a, series, 2), ERR_OK);
	assert_false(a.has_ratio);
	assert_string_equal(usd_text(a.rise_1d), "1");
	assert_true(num18_is_zero(a.rise_1d_rel));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_step__follows_the_recursion),
		cmocka_unit_test(
		    buffer_step__rounds_up_and_keeps_its_state_on_failure),
		cmocka_unit_test(buffer_floor__is_the_larger_volatility),
		cmocka_unit_test(apc_measure__finds_peaks_and_rises),
		cmocka_unit_test(apc_measure__has_no_ratio_over_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
