/* clock_text against a calendar that counts days one by one, and against the
 * C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock_text.h"

#define DAY_MS UINT64_C(86400000)
#define END_MS (107016 * DAY_MS)	/* 2263-01-01 */

static uint64_t seed = 5;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * UINT64_C(0x2545f4914f6cdd1d);
}

static void
assert_reads(const char *text, uint64_t expected_ms)
{
	uint64_t ms = 42;

	if (time_ms_from_rfc3339(&ms, text, strlen(text)) != ERR_OK)
		fail_msg("'%s' is refused", text);
	assert_true(ms == expected_ms);
}

static void
time__knows_every_day_of_its_years(void **state)
{
	static const unsigned DAYS[13] = {
		0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};
	uint64_t ms = 0;

	(void)state;
	for (unsigned year = 1970; year <= 2262; year++) {
		bool leap = year % 4 == 0 && (year % 100 != 0 ||
		    year % 400 == 0);

		for (unsigned month = 1; month <= 12; month++) {
			unsigned days = DAYS[month] + (month == 2 ? leap : 0u);

			for (unsigned day = 1; day <= days; day++) {
				char text[64], out[TIME_TEXT_BUF];

				snprintf(text, sizeof(text),
				    "%04u-%02u-%02uT00:00:00.000Z", year,
				    month, day);
				assert_reads(text, ms);
				assert_int_equal(time_ms_to_rfc3339(out, ms),
				    24);
				assert_string_equal(out, text);
				ms += DAY_MS;
			}
		}
	}
	assert_true(ms == END_MS);
}

static void
time__agrees_with_the_c_library(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t ms = next_random() % END_MS;
		time_t s = (time_t)(ms / 1000);
		char day[32], text[64], out[TIME_TEXT_BUF];
		struct tm tm;

		assert_non_null(gmtime_r(&s, &tm));
		assert_int_equal(strftime(day, sizeof(day), "%FT%T", &tm), 19);
		snprintf(text, sizeof(text), "%s.%03uZ", day,
		    (unsigned)(ms % 1000));
		assert_int_equal(time_ms_to_rfc3339(out, ms), 24);
		assert_string_equal(out, text);
		assert_reads(text, ms);
	}
}

static void
time_ms_from_rfc3339__reads_its_forms(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} CASES[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-08-09T21:05:48.228568804Z", 1786309548228 },
		{ "2026-08-09 21:05:48.228568804Z", 1786309548228 },
		{ "2026-08-09T21:05:48Z", 1786309548000 },
		{ "2026-08-09T21:05:48.2Z", 1786309548200 },
		{ "2026-08-09T21:05:48.22Z", 1786309548220 },
		{ "2026-08-09T21:05:48.2289Z", 1786309548228 },
		{ "2026-08-09T21:05:48.999999999Z", 1786309548999 },
		{ "2026-08-09T21:05:48+00:00", 1786309548000 },
		{ "2026-08-09T21:05:48-00:00", 1786309548000 },
		{ "2026-08-10T02:35:48.5+05:30", 1786309548500 },
		{ "2026-08-09T17:05:48.5-04:00", 1786309548500 },
		/* RFC 3339 5.8 */
		{ "1985-04-12T23:20:50.52Z", 482196050520 },
		{ "1996-12-19T16:39:57-08:00", 851042397000 },
		{ "2000-02-29T00:00:00Z", 951782400000 },
		{ "2262-12-31T23:59:59.999Z", END_MS - 1 },
		{ "2262-12-31T23:59:59.999+23:59", END_MS - 1 -
		  (23 * 60 + 59) * 60000 },
		{ "1970-01-01T01:00:00+01:00", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++)
		assert_reads(CASES[i].text, CASES[i].ms);
}

static void
time_ms_from_rfc3339__fails_on_instants_that_are_not(void **state)
{
	static const char *const BAD[] = {
		"1969-12-31T23:59:59Z", "2263-01-01T00:00:00Z",
		"1970-01-01T00:59:59+01:00", "2262-12-31T23:00:00-01:00",
		"2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
		"2026-04-31T00:00:00Z", "2026-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z",
		"2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
		"2026-06-30T23:59:60Z", "2026-01-01T00:00:00+24:00",
		"2026-01-01T00:00:00+00:60", "9999-12-31T23:59:59Z",
		"0000-00-00T00:00:00Z",
		/* The year as written counts too, not only the instant. */
		"1969-12-31T23:00:00-02:00", "2263-01-01T00:30:00+01:00",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(BAD); i++) {
		uint64_t ms = 42;

		assert_int_equal(time_ms_from_rfc3339(&ms, BAD[i],
		    strlen(BAD[i])), ERR_RANGE);
		assert_true(ms == 42);
	}
}

static void
time_ms_from_rfc3339__fails_on_any_other_form(void **state)
{
	static const char *const BAD[] = {
		"", "Z", "2026", "2026-08-09", "2026-08-09T21:05:48",
		"2026-08-09T21:05Z", "2026-08-09T21:05:48.Z",
		"2026-08-09T21:05:48.1234567890Z", "2026-08-09T21:05:48,5Z",
		"2026-08-09t21:05:48Z", "2026-08-09T21:05:48z",
		"2026-8-09T21:05:48Z", "26-08-09T21:05:48Z",
		"02026-08-09T21:05:48Z", "2026/08/09T21:05:48Z",
		"2026-08-09T21:05:48Z ", " 2026-08-09T21:05:48Z",
		"2026-08-09T21:05:48ZZ", "2026-08-09T21:05:48+0000",
		"2026-08-09T21:05:48+00", "2026-08-09T21:05:48+00:00Z",
		"2026-08-09T21:05:48 +00:00", "2026-08-09T 1:05:48Z",
		"2026-08-09  21:05:48Z", "-026-08-09T21:05:48Z",
		"2026-08-09T21:05:48.-1Z", "20260809T210548Z",
		"2026-08-09T21.05.48Z", "+2026-08-09T21:05:48Z",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(BAD); i++) {
		uint64_t ms = 42;

		if (time_ms_from_rfc3339(&ms, BAD[i], strlen(BAD[i])) !=
		    ERR_SYNTAX)
			fail_msg("'%s' is not refused", BAD[i]);
		assert_true(ms == 42);
	}
}

static void
time_ms_from_rfc3339__fails_on_every_shorter_text(void **state)
{
	static const char TEXT[] = "2026-08-09T21:05:48.228+05:30";
	uint64_t ms = 42;

	(void)state;
	for (size_t len = 0; len < sizeof(TEXT) - 1; len++)
		assert_int_equal(time_ms_from_rfc3339(&ms, TEXT, len),
		    ERR_SYNTAX);
	assert_true(ms == 42);
}

static void
time_ms_to_rfc3339__fits_any_number(void **state)
{
	char out[TIME_TEXT_BUF];

	(void)state;
	assert_int_equal(time_ms_to_rfc3339(out, UINT64_MAX), 29);
	assert_string_equal(out, "584556019-04-03T14:25:51.615Z");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time__knows_every_day_of_its_years),
		cmocka_unit_test(time__agrees_with_the_c_library),
		cmocka_unit_test(time_ms_from_rfc3339__reads_its_forms),
		cmocka_unit_test(
		    time_ms_from_rfc3339__fails_on_instants_that_are_not),
		cmocka_unit_test(
		    time_ms_from_rfc3339__fails_on_any_other_form),
		cmocka_unit_test(
		    time_ms_from_rfc3339__fails_on_every_shorter_text),
		cmocka_unit_test(time_ms_to_rfc3339__fits_any_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
