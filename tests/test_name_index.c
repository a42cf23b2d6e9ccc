/* Names to numbers, against a walk through all of them. */
#include "oracle/name_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROWS 5000u

struct row {
	uint64_t other;
	char name[12];
};
static struct row row[ROWS];

static void
name_index_find__finds_what_was_added_and_nothing_else(void **state)
{
	struct name_index x;
	uint32_t got = 0;
	char name[16];

	(void)state;
	assert_int_equal(name_index_init(&x, row[0].name, sizeof(row[0]),
	    ROWS), ERR_OK);
	for (uint32_t i = 0; i < ROWS; i++) {
		snprintf(row[i].name, sizeof(row[i].name), "n%u", i * 7);
		assert_false(name_index_find(&x, &got, row[i].name,
		    strlen(row[i].name)));
		name_index_add(&x);
	}
	for (uint32_t i = 0; i < 7 * ROWS; i++) {
		bool is_there = i % 7 == 0;

		snprintf(name, sizeof(name), "n%u", i);
		assert_int_equal(name_index_find(&x, &got, name,
		    strlen(name)), is_there);
		if (is_there)
			assert_int_equal(got, i / 7);
	}
	assert_false(name_index_find(&x, &got, "n7", 1));
	assert_false(name_index_find(&x, &got, NULL, 0));
	name_index_free(&x);
}

static void
name_index_nearest__is_the_name_that_was_meant(void **state)
{
	struct name_index x;

	(void)state;
	memset(row, 0, sizeof(row));
	memcpy(row[0].name, "WETH", 5);
	memcpy(row[1].name, "USDC", 5);
	assert_int_equal(name_index_init(&x, row[0].name, sizeof(row[0]), 2),
	    ERR_OK);
	name_index_add(&x);
	name_index_add(&x);
	assert_string_equal(name_index_nearest(&x, "USDD", 4), "USDC");
	assert_null(name_index_nearest(&x, "BTC", 3));
	assert_null(name_index_nearest(&x, NULL, 0));
	name_index_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    name_index_find__finds_what_was_added_and_nothing_else),
		cmocka_unit_test(
		    name_index_nearest__is_the_name_that_was_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
