/* The string builder: JSON text that is always valid, and its ceiling. */
#include "oracle/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

static void
text_json_string__escapes_and_replaces(void **state)
{
	static const struct {
		const char *raw, *json;
	} table[] = {
		{ "", "\"\"" }, { "abc", "\"abc\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\n\t\x7f", "\"\\u000a\\u0009\\u007f\"" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "\xff", "\"\\ufffd\"" },			/* no lead */
		{ "\xc3", "\"\\ufffd\"" },			/* cut off */
		{ "\xc0\x80", "\"\\ufffd\\ufffd\"" },		/* overlong */
		{ "\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\"" },
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },	/* surrogate */
		{ "\xf4\x90\x80\x80",
		  "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },	/* beyond the last */
	};
	struct text t;

	(void)state;
	text_init(&t, 1024);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		text_clear(&t);
		text_json_string(&t, table[i].raw, strlen(table[i].raw));
		assert_string_equal(t.at, table[i].json);
	}
	text_free(&t);
}

static void
text_json_string__is_always_json(void **state)
{
	uint64_t seed = 1;
	struct text t;
	char raw[24];

	(void)state;
	text_init(&t, 1024);
	for (unsigned i = 0; i < 20000; i++) {
		json_t *v;

		for (size_t j = 0; j < sizeof(raw); j++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			/* Mostly bytes that look like parts of UTF-8. */
			raw[j] = (char)(seed >> 56 | (seed >> 40 & 0x80));
		}
		text_clear(&t);
		text_json_string(&t, raw, sizeof(raw));
		v = json_loadb(t.at, t.len, JSON_DECODE_ANY | JSON_ALLOW_NUL,
		    NULL);
		assert_non_null(v);
		json_decref(v);
	}
	text_free(&t);
}

static void
text__holds_its_ceiling_on_both_sides(void **state)
{
	struct text t;
	char many[1000];

	(void)state;
	memset(many, 'x', sizeof(many));
	text_init(&t, 1001);
	text_append(&t, many, 600);
	text_append(&t, many, 400);
	assert_false(t.failed);
	assert_int_equal(t.len, 1000);
	assert_int_equal(t.at[1000], '\0');
	text_put(&t, "");
	assert_false(t.failed);
	text_put(&t, "y");
	assert_true(t.failed);
	assert_int_equal(t.len, 1000);
	/* A failure stays, even where less would fit. */
	text_put(&t, "");
	assert_true(t.failed);
	text_clear(&t);
	text_printf(&t, "%d%s", 42, "!");
	assert_false(t.failed);
	assert_string_equal(t.at, "42!");
	text_free(&t);
	text_free(&t);
}

static void
text_json__writes_numbers_and_bytes(void **state)
{
	const uint8_t bytes[] = { 0x00, 0xab, 0xff };
	struct text t;

	(void)state;
	text_init(&t, 256);
	text_json_u128(&t, U128_MAX, 18);
	text_json_i128(&t, I128_MIN, 0);
	text_json_hex(&t, bytes, sizeof(bytes));
	assert_string_equal(t.at,
	    "\"340282366920938463463.374607431768211455\""
	    "\"-170141183460469231731687303715884105728\"\"0x00abff\"");
	text_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_json_string__escapes_and_replaces),
		cmocka_unit_test(text_json_string__is_always_json),
		cmocka_unit_test(text__holds_its_ceiling_on_both_sides),
		cmocka_unit_test(text_json__writes_numbers_and_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
