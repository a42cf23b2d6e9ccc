/* The ids of a file's vaults, against a walk through all of them. */
#include "oracle/bookfile_ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "contracts-abi/attest.h"

#define ROWS 3000u
#define NAME_LEN 5u		/* n0000 */

static enum err
add(struct bookfile_ids *x, const char *name)
{
	struct b32 id;

	name_id(&id, name, strlen(name));
	return bookfile_ids_add(x, &id, name, strlen(name));
}

static bool
find(const struct bookfile_ids *x, uint32_t *row, const char *name)
{
	struct b32 id;

	name_id(&id, name, strlen(name));
	return bookfile_ids_find(x, row, &id);
}

static void
bookfile_ids_find__finds_what_was_added_and_nothing_else(void **state)
{
	struct bookfile_ids x;
	char name[16];
	uint32_t row;

	(void)state;
	assert_int_equal(bookfile_ids_init(&x, ROWS, ROWS * (NAME_LEN + 1)),
	    ERR_OK);
	for (uint32_t i = 0; i < ROWS; i++) {
		snprintf(name, sizeof(name), "n%04u", i * 3);
		assert_false(find(&x, &row, name));
		assert_int_equal(add(&x, name), ERR_OK);
		assert_int_equal(add(&x, name), ERR_DUPLICATE);
	}
	for (uint32_t i = 0; i < 3 * ROWS; i++) {
		snprintf(name, sizeof(name), "n%04u", i);
		assert_int_equal(find(&x, &row, name), i % 3 == 0);
		if (i % 3 != 0)
			continue;
		assert_int_equal(row, i / 3);
		assert_string_equal(bookfile_ids_name(&x, row), name);
	}
	bookfile_ids_free(&x);
}

/* Two ids of one short hash are two: the names decide. */
static void
bookfile_ids_add__is_not_fooled_by_a_short_hash(void **state)
{
	struct bookfile_ids x;
	struct b32 a, b;
	uint32_t row;

	(void)state;
	assert_int_equal(bookfile_ids_init(&x, 2, 4), ERR_OK);
	name_id(&a, "a", 1);
	name_id(&b, "b", 1);
	/* Put as if their ids were one. */
	assert_int_equal(bookfile_ids_add(&x, &b, "a", 1), ERR_OK);
	assert_int_equal(bookfile_ids_add(&x, &b, "b", 1), ERR_OK);
	assert_true(bookfile_ids_find(&x, &row, &b));
	assert_int_equal(row, 1);
	assert_false(bookfile_ids_find(&x, &row, &a));
	bookfile_ids_free(&x);
}

static void
bookfile_ids_add__takes_its_rows_and_bytes_and_no_more(void **state)
{
	struct bookfile_ids x = { 0 };
	uint32_t row;

	(void)state;
	assert_false(find(&x, &row, "a"));
	assert_int_equal(bookfile_ids_init(&x, 0, 0), ERR_OK);
	assert_false(find(&x, &row, "a"));
	assert_int_equal(add(&x, "a"), ERR_LIMIT);
	bookfile_ids_free(&x);
	assert_int_equal(bookfile_ids_init(&x, 2, 100), ERR_OK);
	assert_int_equal(add(&x, "a"), ERR_OK);
	assert_int_equal(add(&x, "b"), ERR_OK);
	assert_int_equal(add(&x, "a"), ERR_DUPLICATE);
	assert_int_equal(add(&x, "c"), ERR_LIMIT);
	bookfile_ids_free(&x);
	assert_int_equal(bookfile_ids_init(&x, 9, 7), ERR_OK);
	assert_int_equal(add(&x, "abc"), ERR_OK);
	assert_int_equal(add(&x, "def"), ERR_LIMIT);
	assert_int_equal(add(&x, "de"), ERR_OK);
	assert_int_equal(add(&x, "f"), ERR_LIMIT);
	assert_true(find(&x, &row, "de"));
	bookfile_ids_free(&x);
	bookfile_ids_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    bookfile_ids_find__finds_what_was_added_and_nothing_else),
		cmocka_unit_test(
		    bookfile_ids_add__is_not_fooled_by_a_short_hash),
		cmocka_unit_test(
		    bookfile_ids_add__takes_its_rows_and_bytes_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
