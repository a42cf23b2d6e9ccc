/* u256 against bit-by-bit arithmetic: shift-add products and schoolbook
 * binary division. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/u256.h"

#define RANDOM_RUNS 3000u
#define IDENTITY_RUNS 300000u

static const struct u256 ZERO = { { 0, 0, 0, 0 } };
static const struct u256 ONE = { { 1, 0, 0, 0 } };
static const struct u256 MAX = {
	{ UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX }
};

static uint64_t seed;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * UINT64_C(0x2545f4914f6cdd1d);
}

/* Words of zeros and ones are where carries and estimates go wrong. */
static uint64_t
random_word(void)
{
	switch (next_random() % 8) {
	case 0: return 0;
	case 1: return UINT64_MAX;
	case 2: return UINT64_C(1) << 63;
	case 3: return next_random() % 4;
	case 4: return UINT64_MAX - next_random() % 4;
	default: return next_random();
	}
}

static struct u256
random_u256(void)
{
	struct u256 a = ZERO;
	unsigned words = (unsigned)(next_random() % 5);

	for (unsigned i = 0; i < words; i++)
		a.w[i] = random_word();
	return a;
}

static bool
bit_of(const struct u256 *a, unsigned i)
{
	return a->w[i / 64] >> (i % 64) & 1;
}

/* dumb_double: a * 2 + bit; answers the bit that fell out. */
static bool
dumb_double(struct u256 *a, bool bit)
{
	bool out = bit_of(a, 255);

	for (unsigned i = 4; i-- > 1;)
		a->w[i] = a->w[i] << 1 | a->w[i - 1] >> 63;
	a->w[0] = a->w[0] << 1 | bit;
	return out;
}

/* dumb_add answers the carry. */
static bool
dumb_add(struct u256 *a, const struct u256 *b)
{
	bool carry = false;

	for (unsigned i = 0; i < 256; i++) {
		int sum = bit_of(a, i) + bit_of(b, i) + carry;

		a->w[i / 64] &= ~(UINT64_C(1) << (i % 64));
		a->w[i / 64] |= (uint64_t)(sum & 1) << (i % 64);
		carry = sum > 1;
	}
	return carry;
}

static bool
dumb_below(const struct u256 *a, const struct u256 *b)
{
	for (unsigned i = 256; i-- > 0;)
		if (bit_of(a, i) != bit_of(b, i))
			return bit_of(b, i);
	return false;
}

static void
dumb_sub(struct u256 *a, const struct u256 *b)
{
	struct u256 inverse = *b;

	for (unsigned i = 0; i < 4; i++)
		inverse.w[i] = ~inverse.w[i];
	(void)dumb_add(a, &inverse);
	(void)dumb_add(a, &ONE);
}

/* dumb_mul answers whether the product fits. */
static bool
dumb_mul(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	bool fits = true;

	*out = ZERO;
	for (unsigned i = 256; i-- > 0;) {
		fits &= !dumb_double(out, false);
		if (bit_of(b, i))
			fits &= !dumb_add(out, a);
	}
	return fits;
}

static void
dumb_div(struct u256 *q, struct u256 *r, const struct u256 *a,
    const struct u256 *b)
{
	*q = ZERO;
	*r = ZERO;
	for (unsigned i = 256; i-- > 0;) {
		bool over = dumb_double(r, bit_of(a, i));
		bool take = over || !dumb_below(r, b);

		if (take)
			dumb_sub(r, b);
		(void)dumb_double(q, take);
	}
}

static void
assert_u256(const struct u256 *a, const struct u256 *b)
{
	assert_memory_equal(a->w, b->w, sizeof(a->w));
}

static void
u256_to_u128__holds_both_sides_of_its_limit(void **state)
{
	struct u256 a = u256_from_u128(U128_MAX);
	u128 out = 7;

	(void)state;
	assert_int_equal(u256_to_u128(&out, &a), ERR_OK);
	assert_true(out == U128_MAX);
	assert_int_equal(u256_add(&a, &a, &ONE), ERR_OK);
	out = 7;
	assert_int_equal(u256_to_u128(&out, &a), ERR_RANGE);
	assert_true(out == 7);
}

static void
u256_add__fails_on_carry(void **state)
{
	struct u256 out = ONE, below;

	(void)state;
	assert_int_equal(u256_add(&out, &MAX, &ONE), ERR_RANGE);
	assert_u256(&out, &ONE);
	assert_int_equal(u256_sub(&below, &MAX, &ONE), ERR_OK);
	assert_int_equal(u256_add(&out, &below, &ONE), ERR_OK);
	assert_u256(&out, &MAX);
}

static void
u256_sub__fails_on_borrow(void **state)
{
	struct u256 out = MAX;

	(void)state;
	assert_int_equal(u256_sub(&out, &ZERO, &ONE), ERR_RANGE);
	assert_u256(&out, &MAX);
	assert_int_equal(u256_sub(&out, &ONE, &ONE), ERR_OK);
	assert_true(u256_is_zero(&out));
}

static void
u256_mul__holds_both_sides_of_its_limit(void **state)
{
	struct u256 root = { { 0, 0, 1, 0 } };	/* 2^128 */
	struct u256 below, out = ONE;

	(void)state;
	assert_int_equal(u256_mul(&out, &root, &root), ERR_RANGE);
	assert_u256(&out, &ONE);
	assert_int_equal(u256_sub(&below, &root, &ONE), ERR_OK);
	/* 2^128 * (2^128 - 1) = 2^256 - 2^128 */
	assert_int_equal(u256_mul(&out, &root, &below), ERR_OK);
	assert_u256(&out, &(struct u256){ { 0, 0, UINT64_MAX, UINT64_MAX } });
	assert_int_equal(u256_mul(&out, &MAX, &ONE), ERR_OK);
	assert_u256(&out, &MAX);
	assert_int_equal(u256_mul(&out, &MAX, &(struct u256){ { 2 } }),
	    ERR_RANGE);
}

static void
u256_div__allows_outputs_over_inputs(void **state)
{
	struct u256 a = { { 17, 3, 5, 9 } }, b = { { 4, 2, 1, 0 } };
	struct u256 q, r;

	(void)state;
	dumb_div(&q, &r, &a, &b);
	u256_div(&a, &b, &a, &b);
	assert_u256(&a, &q);
	assert_u256(&b, &r);
}

static void
u256_div__agrees_where_the_estimate_is_too_large(void **state)
{
	/* Knuth's add-back cases in 64-bit digits: of three and four. */
	static const struct u256 CASES[][2] = {
		{ { { 3, 0, UINT64_C(1) << 63, UINT64_C(0x7fffffffffffffff) } },
		  { { 1, 0, UINT64_C(1) << 63, 0 } } },
		{ { { 0, UINT64_MAX - 1, 0, UINT64_C(1) << 63 } },
		  { { UINT64_MAX, 0, UINT64_C(1) << 63, 0 } } },
		{ { { 0, 0, UINT64_C(1) << 63, UINT64_C(0x7fffffffffffffff) } },
		  { { 1, 0, UINT64_C(1) << 63, 0 } } },
		{ { { 0, 0, 0, UINT64_C(1) << 63 } },
		  { { UINT64_MAX, UINT64_MAX, UINT64_C(1) << 63, 0 } } },
		{ { { 0, 0, 0, UINT64_MAX } },
		  { { 1, 0, 0, UINT64_MAX } } },
		{ { { 0, 0, 0, UINT64_C(1) << 63 } },
		  { { UINT64_MAX, UINT64_C(1) << 63, 0, 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct u256 q, r, dumb_q, dumb_r;

		u256_div(&q, &r, &CASES[i][0], &CASES[i][1]);
		dumb_div(&dumb_q, &dumb_r, &CASES[i][0], &CASES[i][1]);
		assert_u256(&q, &dumb_q);
		assert_u256(&r, &dumb_r);
	}
}

static void
u256_bytes__are_big_endian_and_round_trip(void **state)
{
	uint8_t bytes[32], again[32];
	struct u256 a;

	(void)state;
	for (unsigned i = 0; i < 32; i++)
		bytes[i] = (uint8_t)(i + 1);
	a = u256_from_be(bytes);
	assert_true(a.w[3] == UINT64_C(0x0102030405060708));
	assert_true(a.w[0] == UINT64_C(0x191a1b1c1d1e1f20));
	u256_to_be(again, &a);
	assert_memory_equal(bytes, again, 32);
}

static void
assert_sum_and_difference(const struct u256 *a, const struct u256 *b)
{
	struct u256 expected = *a, out;
	bool carry = dumb_add(&expected, b);

	assert_int_equal(u256_add(&out, a, b), carry ? ERR_RANGE : ERR_OK);
	if (!carry)
		assert_u256(&out, &expected);
	assert_int_equal(u256_compare(a, b),
	    dumb_below(a, b) ? -1 : dumb_below(b, a) ? 1 : 0);
	if (dumb_below(a, b)) {
		assert_int_equal(u256_sub(&out, a, b), ERR_RANGE);
		return;
	}
	expected = *a;
	dumb_sub(&expected, b);
	assert_int_equal(u256_sub(&out, a, b), ERR_OK);
	assert_u256(&out, &expected);
}

static void
u256__agrees_with_bit_by_bit_arithmetic(void **state)
{
	(void)state;
	seed = UINT64_C(0x9e3779b97f4a7c15);
	for (unsigned i = 0; i < RANDOM_RUNS; i++) {
		struct u256 a = random_u256(), b = random_u256();
		struct u256 out, rest, expected, expected_rest;
		bool fits;

		assert_sum_and_difference(&a, &b);
		fits = dumb_mul(&expected, &a, &b);
		assert_int_equal(u256_mul(&out, &a, &b),
		    fits ? ERR_OK : ERR_RANGE);
		if (fits)
			assert_u256(&out, &expected);
		if (u256_is_zero(&b))
			continue;
		dumb_div(&expected, &expected_rest, &a, &b);
		u256_div(&out, &rest, &a, &b);
		assert_u256(&out, &expected);
		assert_u256(&rest, &expected_rest);
		u256_div(&rest, NULL, &a, &b);
		assert_u256(&rest, &expected);
	}
}

static void
u256_div__undoes_the_product(void **state)
{
	(void)state;
	seed = 99;
	for (unsigned i = 0; i < IDENTITY_RUNS; i++) {
		struct u256 a = random_u256(), b = random_u256();
		struct u256 q, r, back;

		if (u256_is_zero(&b))
			continue;
		u256_div(&q, &r, &a, &b);
		assert_true(u256_compare(&r, &b) < 0);
		assert_int_equal(u256_mul(&back, &q, &b), ERR_OK);
		assert_int_equal(u256_add(&back, &back, &r), ERR_OK);
		assert_u256(&back, &a);
	}
}

static void
u256_mul_u128__agrees_with_shift_and_add(void **state)
{
	(void)state;
	seed = 4711;
	for (unsigned i = 0; i < RANDOM_RUNS; i++) {
		u128 a = (u128)random_word() << 64 | random_word();
		u128 b = (u128)random_word() << 64 | random_word();
		struct u256 wide_a = u256_from_u128(a);
		struct u256 wide_b = u256_from_u128(b), expected, out;

		assert_true(dumb_mul(&expected, &wide_a, &wide_b));
		out = u256_mul_u128(a, b);
		assert_u256(&out, &expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u256_to_u128__holds_both_sides_of_its_limit),
		cmocka_unit_test(u256_add__fails_on_carry),
		cmocka_unit_test(u256_sub__fails_on_borrow),
		cmocka_unit_test(u256_mul__holds_both_sides_of_its_limit),
		cmocka_unit_test(u256_div__allows_outputs_over_inputs),
		cmocka_unit_test(
		    u256_div__agrees_where_the_estimate_is_too_large),
		cmocka_unit_test(u256_bytes__are_big_endian_and_round_trip),
		cmocka_unit_test(u256__agrees_with_bit_by_bit_arithmetic),
		cmocka_unit_test(u256_div__undoes_the_product),
		cmocka_unit_test(u256_mul_u128__agrees_with_shift_and_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
