/* Durations, percentages, sizes, wei and instants: exact or refused. */
#include "oracle/schema_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *text;
	enum err e;
	uint64_t value;
};

typedef enum err (*read_u64)(uint64_t *out, const char *text, size_t len);

static void
table_check(const struct row *rows, size_t count, read_u64 read)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t v = 7777;
		enum err e = read(&v, rows[i].text, strlen(rows[i].text));

		if (e != rows[i].e)
			print_message("%s\n", rows[i].text);
		assert_int_equal(e, rows[i].e);
		assert_true(v == (e == ERR_OK ? rows[i].value : 7777));
	}
}

static void
value_to_duration_ms__reads_exact_durations_only(void **state)
{
	static const struct row rows[] = {
		{ "0ms", ERR_OK, 0 }, { "500ms", ERR_OK, 500 },
		{ "2.5s", ERR_OK, 2500 }, { "0.001s", ERR_OK, 1 },
		{ "0.0001s", ERR_RANGE, 0 }, { "1.5ms", ERR_RANGE, 0 },
		{ "3m", ERR_OK, 180000 }, { "1.5m", ERR_RANGE, 0 },
		{ "2h", ERR_OK, 7200000 }, { "1d", ERR_OK, 86400000 },
		{ "18446744073709551615ms", ERR_OK, UINT64_MAX },
		{ "18446744073709551616ms", ERR_RANGE, 0 },
		{ "340282366920938463463374607431768211455d", ERR_RANGE, 0 },
		{ "", ERR_SYNTAX, 0 }, { "s", ERR_SYNTAX, 0 },
		{ "3", ERR_SYNTAX, 0 }, { "3 s", ERR_SYNTAX, 0 },
		{ "-3s", ERR_SYNTAX, 0 }, { "3S", ERR_SYNTAX, 0 },
		{ "03s", ERR_SYNTAX, 0 }, { "3ss", ERR_SYNTAX, 0 },
	};

	(void)state;
	table_check(rows, ARRAY_COUNT(rows), value_to_duration_ms);
}

static enum err
percent(uint64_t *out, const char *text, size_t len)
{
	uint32_t v = 0;
	enum err e = value_to_percent_ppb(&v, text, len);

	if (e == ERR_OK)
		*out = v;
	return e;
}

static enum err
factor(uint64_t *out, const char *text, size_t len)
{
	uint32_t v = 0;
	enum err e = value_to_factor_ppb(&v, text, len);

	if (e == ERR_OK)
		*out = v;
	return e;
}

static void
value_to_ppb__reads_percent_and_fractions(void **state)
{
	static const struct row percents[] = {
		{ "2%", ERR_OK, 20000000 }, { "0.25%", ERR_OK, 2500000 },
		{ "0.0000001%", ERR_OK, 1 }, { "0.00000001%", ERR_RANGE, 0 },
		{ "429.4967295%", ERR_OK, UINT32_MAX },
		{ "429.4967296%", ERR_RANGE, 0 }, { "2", ERR_SYNTAX, 0 },
		{ "2 %", ERR_SYNTAX, 0 }, { "%", ERR_SYNTAX, 0 },
	};
	static const struct row factors[] = {
		{ "0.825", ERR_OK, 825000000 }, { "1", ERR_OK, 1000000000 },
		{ "0.000000001", ERR_OK, 1 }, { "0.0000000001", ERR_RANGE, 0 },
		{ "4.294967296", ERR_RANGE, 0 }, { "2%", ERR_SYNTAX, 0 },
		{ ".5", ERR_SYNTAX, 0 },
	};

	(void)state;
	table_check(percents, ARRAY_COUNT(percents), percent);
	table_check(factors, ARRAY_COUNT(factors), factor);
}

static void
value_to_bytes__knows_binary_units(void **state)
{
	static const struct row rows[] = {
		{ "0", ERR_OK, 0 }, { "4096", ERR_OK, 4096 },
		{ "4096B", ERR_OK, 4096 }, { "64KiB", ERR_OK, 65536 },
		{ "64MiB", ERR_OK, 67108864 }, { "2GiB", ERR_OK, 1ull << 31 },
		{ "0.5MiB", ERR_RANGE, 0 }, { "64MB", ERR_SYNTAX, 0 },
		{ "18446744073709551615", ERR_OK, UINT64_MAX },
		{ "17179869184GiB", ERR_RANGE, 0 },
		{ "17179869183GiB", ERR_OK, 17179869183ull << 30 },
	};

	(void)state;
	table_check(rows, ARRAY_COUNT(rows), value_to_bytes);
}

static enum err
wei(uint64_t *out, const char *text, size_t len)
{
	u128 v = 0;
	enum err e = value_to_wei(&v, text, len);

	if (e == ERR_OK)
		*out = (uint64_t)v;
	return e;
}

static void
value_to_wei__wants_a_unit(void **state)
{
	static const struct row rows[] = {
		{ "7 wei", ERR_OK, 7 }, { "100 gwei", ERR_OK, 100000000000 },
		{ "2.5gwei", ERR_OK, 2500000000 },
		{ "0.5 eth", ERR_OK, 500000000000000000 },
		{ "1 ether", ERR_OK, 1000000000000000000 },
		{ "0.5 wei", ERR_RANGE, 0 },
		{ "0.0000000001 gwei", ERR_RANGE, 0 },
		{ "100", ERR_SYNTAX, 0 }, { "1 Eth", ERR_SYNTAX, 0 },
		{ " 1 eth", ERR_SYNTAX, 0 }, { "1 eth ", ERR_SYNTAX, 0 },
	};

	(void)state;
	table_check(rows, ARRAY_COUNT(rows), wei);
}

static void
value_to_instant_ms__reads_both_forms(void **state)
{
	static const struct row rows[] = {
		{ "1795132800000", ERR_OK, 1795132800000 },
		{ "2026-11-20T00:00:00Z", ERR_OK, 1795132800000 },
		{ "2026-11-20T00:00:00.5Z", ERR_OK, 1795132800500 },
		{ "2026-11-20", ERR_SYNTAX, 0 }, { "now", ERR_SYNTAX, 0 },
		{ "2026-13-20T00:00:00Z", ERR_RANGE, 0 },
	};

	(void)state;
	table_check(rows, ARRAY_COUNT(rows), value_to_instant_ms);
}

static enum err
measure(uint64_t *out, const char *text, size_t len)
{
	i128 v = 0;
	enum err e = value_to_measure(&v, text, len);

	/* Offset, so that both signs are rows; small numbers only. */
	if (e == ERR_OK)
		*out = (uint64_t)(v + 1000000);
	return e;
}

static void
value_to_measure__takes_what_programs_print(void **state)
{
	static const struct row rows[] = {
		{ "0", ERR_OK, 1000000 }, { "-0", ERR_OK, 1000000 },
		{ "-0.0000", ERR_OK, 1000000 },
		{ "0.000000000000000007", ERR_OK, 1000007 },
		{ "-0.000000000000000007", ERR_OK, 999993 },
		{ "0.0000000000000000075", ERR_OK, 1000008 },
		{ "0.00000000000000000749999", ERR_OK, 1000007 },
		{ "-0.0000000000000000075", ERR_OK, 999992 },
		{ "7e-18", ERR_OK, 1000007 }, { "7.4E-18", ERR_OK, 1000007 },
		{ "75e-19", ERR_OK, 1000008 }, { "4e-19", ERR_OK, 1000000 },
		{ "70000e-22", ERR_OK, 1000007 }, { "9e-99", ERR_OK, 1000000 },
		{ "0e-05", ERR_OK, 1000000 }, { "0e+19", ERR_OK, 1000000 },
		{ "1e20", ERR_RANGE, 0 }, { "1e99", ERR_RANGE, 0 },
		{ "170141183460469231732e0", ERR_RANGE, 0 },
		{ "", ERR_SYNTAX, 0 }, { "-", ERR_SYNTAX, 0 },
		{ "--1", ERR_SYNTAX, 0 }, { "+1", ERR_SYNTAX, 0 },
		{ "1e", ERR_SYNTAX, 0 }, { "1e+", ERR_SYNTAX, 0 },
		{ "1e100", ERR_SYNTAX, 0 }, { "e5", ERR_SYNTAX, 0 },
		{ "1e5e5", ERR_SYNTAX, 0 }, { "nan", ERR_SYNTAX, 0 },
		{ ".5", ERR_SYNTAX, 0 }, { "1.", ERR_SYNTAX, 0 },
	};

	(void)state;
	table_check(rows, ARRAY_COUNT(rows), measure);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    value_to_duration_ms__reads_exact_durations_only),
		cmocka_unit_test(value_to_ppb__reads_percent_and_fractions),
		cmocka_unit_test(value_to_bytes__knows_binary_units),
		cmocka_unit_test(value_to_wei__wants_a_unit),
		cmocka_unit_test(value_to_instant_ms__reads_both_forms),
		cmocka_unit_test(value_to_measure__takes_what_programs_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
