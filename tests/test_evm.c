/* 256-bit arithmetic with a side for each quotient. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lending_world.h"

static void
evm_div__rounds_to_the_side_that_is_said(void **state)
{
	static const struct {
		const char *a, *b, *floor, *ceil, *half_up;
	} rows[] = {
		{ "0", "7", "0", "0", "0" },
		{ "7", "7", "1", "1", "1" },
		{ "8", "7", "1", "2", "1" },
		{ "10", "7", "1", "2", "1" },
		{ "11", "7", "1", "2", "2" },
		{ "13", "7", "1", "2", "2" },
		{ "1", "2", "0", "1", "1" },	/* a half goes up */
		{ "3", "2", "1", "2", "2" },
		{ "2", "4", "0", "1", "1" },
		{ "1", "4", "0", "1", "0" },
	};
	struct evm c = { ERR_OK };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct u256 a = big(rows[i].a), b = big(rows[i].b);

		assert_string_equal(big_text(evm_div(&c, a, b, SIDE_FLOOR)),
		    rows[i].floor);
		assert_string_equal(big_text(evm_div(&c, a, b, SIDE_CEIL)),
		    rows[i].ceil);
		assert_string_equal(big_text(evm_div(&c, a, b, SIDE_HALF_UP)),
		    rows[i].half_up);
	}
	/* Half of a divisor whose double does not fit. */
	assert_string_equal(big_text(evm_div(&c, evm_pow10(&c, 77),
	    evm_max(), SIDE_HALF_UP)), "1");
	assert_string_equal(big_text(evm_div(&c, evm_pow10(&c, 76),
	    evm_max(), SIDE_HALF_UP)), "0");
	assert_int_equal(c.err, ERR_OK);
}

static void
evm__answers_what_does_not_fit(void **state)
{
	struct u256 one = evm_word(1);
	struct evm c;

	(void)state;
	c.err = ERR_OK;
	assert_true(evm_is_zero(evm_add(&c, evm_max(), one)));
	assert_int_equal(c.err, ERR_RANGE);
	c.err = ERR_OK;
	(void)evm_sub(&c, evm_zero(), one);
	assert_int_equal(c.err, ERR_RANGE);
	c.err = ERR_OK;
	(void)evm_mul(&c, evm_max(), evm_word(2));
	assert_int_equal(c.err, ERR_RANGE);
	c.err = ERR_OK;
	(void)evm_div(&c, one, evm_zero(), SIDE_FLOOR);
	assert_int_equal(c.err, ERR_RANGE);
	c.err = ERR_OK;
	assert_int_equal(evm_compare(evm_pow10(&c, 77), evm_pow10(&c, 76)),
	    1);
	assert_int_equal(c.err, ERR_OK);
	(void)evm_pow10(&c, 78);
	assert_int_equal(c.err, ERR_RANGE);
	c.err = ERR_OK;
	assert_true(evm_to_u128(&c, evm_word(U128_MAX)) == U128_MAX);
	(void)evm_to_u128(&c, evm_pow10(&c, 39));
	assert_int_equal(c.err, ERR_RANGE);
}

static void
evm__keeps_its_first_failure_and_gives_zero_after(void **state)
{
	struct evm c = { ERR_STALE };

	(void)state;
	assert_true(evm_is_zero(evm_add(&c, evm_word(1), evm_word(1))));
	assert_true(evm_is_zero(evm_div(&c, evm_word(4), evm_zero(),
	    SIDE_CEIL)));
	assert_int_equal(evm_to_u128(&c, evm_word(5)), 0);
	assert_int_equal(c.err, ERR_STALE);
}

static void
evm_pow10__is_repeated_multiplication(void **state)
{
	struct evm c = { ERR_OK };
	struct u256 v = evm_word(1);

	(void)state;
	for (unsigned n = 0; n <= EVM_POW10_MAX; n++) {
		assert_string_equal(big_text(evm_pow10(&c, n)), big_text(v));
		if (n < EVM_POW10_MAX)
			v = evm_mul(&c, v, evm_word(10));
	}
	assert_int_equal(c.err, ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evm_div__rounds_to_the_side_that_is_said),
		cmocka_unit_test(evm__answers_what_does_not_fit),
		cmocka_unit_test(
		    evm__keeps_its_first_failure_and_gives_zero_after),
		cmocka_unit_test(evm_pow10__is_repeated_multiplication),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
