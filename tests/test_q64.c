/* q64 against figures of sixty digits, and against itself turned round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/q64.h"
#include "tests/margin_world.h"

#define RUNS 20000u
#define ONE ((i128)WAD_ONE_RAW)

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static i128
apart(struct num18 a, struct num18 b)
{
	i128 d = num18_to_raw(a) - num18_to_raw(b);

	return d < 0 ? -d : d;
}

static void
assert_num(struct num18 got, const char *expected)
{
	char text[DECIMAL_BUF];

	decimal_from_i128(text, num18_to_raw(got), 18);
	assert_string_equal(text, expected);
}

struct row {
	const char *x, *y;
};

static void
assert_rows(enum err (*f)(struct num18 *, struct num18),
    const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct num18 y;

		assert_int_equal(f(&y, num(rows[i].x)), ERR_OK);
		assert_num(y, rows[i].y);
	}
}

static void
assert_fails(enum err (*f)(struct num18 *, struct num18), const char *x)
{
	struct num18 y = num("77");

	assert_int_equal(f(&y, num(x)), ERR_RANGE);
	assert_num(y, "77");
}

static void
q64_ln__is_nearest_over_the_whole_type(void **state)
{
	static const struct row rows[] = {
		{ "0.000000000000000001", "-41.446531673892822312" },
		{ "0.5", "-0.693147180559945309" },
		{ "1", "0" },
		{ "1.000000000000000001", "0.000000000000000001" },
		{ "2", "0.693147180559945309" },
		{ "10", "2.302585092994045684" },
		{ "2.718281828459045235", "1" },
		{ "123456789.123456789", "18.631401767168018033" },
		{ "170141183460469231731.687303715884105727",
		    "46.583160257220231984" },
	};

	(void)state;
	assert_rows(q64_ln, rows, ARRAY_COUNT(rows));
	assert_fails(q64_ln, "0");
	assert_fails(q64_ln, "-1");
}

static void
q64_ln_of_prices__is_the_logarithm_of_a_ratio(void **state)
{
	struct num18 y = num("77");

	(void)state;
	assert_int_equal(q64_ln_of_prices(&y, px("2000"), px("1000")), ERR_OK);
	assert_num(y, "0.693147180559945309");
	assert_int_equal(q64_ln_of_prices(&y, px("1000"), px("2000")), ERR_OK);
	assert_num(y, "-0.693147180559945309");
	assert_int_equal(q64_ln_of_prices(&y, px18_from_raw(U128_MAX), px("1")), ERR_OK);
	assert_num(y, "47.276307437780177293");
	assert_int_equal(q64_ln_of_prices(&y, px("0"), px("1")), ERR_RANGE);
	assert_int_equal(q64_ln_of_prices(&y, px("1"), px("0")), ERR_RANGE);
	assert_num(y, "47.276307437780177293");
}

static void
q64_exp__is_good_from_nothing_to_the_end_of_the_type(void **state)
{
	static const struct row rows[] = {
		{ "0", "1" },
		{ "1", "2.718281828459045235" },
		{ "-1", "0.367879441171442322" },
		{ "0.000000000000000001", "1.000000000000000001" },
		{ "10", "22026.465794806716516958" },
		{ "-20", "0.000000002061153622" },
		{ "-42.13", "0.000000000000000001" },
		{ "-42.14", "0" },
		{ "-170141183460469231731.687303715884105728", "0" },
		{ "0.693147180559945309", "1.999999999999999999" },
		{ "46.58", "169604342281880938541.799680725274439369" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct num18 y;

		assert_int_equal(q64_exp(&y, num(rows[i].x)), ERR_OK);
		assert_true(apart(y, num(rows[i].y)) <=
		    (1 + num18_to_raw(y) / ONE) / 2);
	}
	assert_fails(q64_exp, "46.5832");
	assert_fails(q64_exp, "170141183460469231731.687303715884105727");
}

static void
q64_exp__undoes_ln(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		struct num18 x = num18_from_raw(
		    (i128)random_magnitude(&seed, 38) + 1), y;

		assert_int_equal(q64_ln(&y, x), ERR_OK);
		assert_int_equal(q64_exp(&y, y), ERR_OK);
		assert_true(apart(x, y) <= 2 + 2 * (num18_to_raw(x) / ONE));
	}
}

static void
q64_sqrt__is_nearest(void **state)
{
	static const struct row rows[] = {
		{ "0", "0" },
		{ "0.000000000000000001", "0.000000001" },
		{ "1", "1" },
		{ "2", "1.414213562373095049" },
		{ "144", "12" },
		{ "0.25", "0.5" },
		{ "170141183460469231731.687303715884105727",
		    "13043817825.332782212349571806" },
	};

	(void)state;
	assert_rows(q64_sqrt, rows, ARRAY_COUNT(rows));
	assert_fails(q64_sqrt, "-0.000000000000000001");
}

/* Bit by bit, from the top. */
static u128
dumb_sqrt(const struct u256 *a)
{
	u128 r = 0;

	for (unsigned i = 128; i-- > 0;) {
		u128 more = r | (u128)1 << i;
		struct u256 square = u256_mul_u128(more, more);

		if (u256_compare(&square, a) <= 0)
			r = more;
	}
	return r;
}

static void
u256_sqrt_floor__is_the_largest_root(void **state)
{
	uint64_t seed = 2;
	struct u256 a = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };
	struct u256 one = u256_from_u128(1);

	(void)state;
	assert_true(u256_sqrt_floor(&a) == U128_MAX);
	a = u256_from_u128(0);
	assert_true(u256_sqrt_floor(&a) == 0);
	for (unsigned i = 0; i < RUNS; i++) {
		u128 r = (u128)random_u64(&seed) << 64 | random_u64(&seed);

		r >>= random_below(&seed, 128);
		r |= 1;
		a = u256_mul_u128(r, r);
		assert_true(u256_sqrt_floor(&a) == r);
		assert_int_equal(u256_sub(&a, &a, &one), ERR_OK);
		assert_true(u256_sqrt_floor(&a) == r - 1);
		for (unsigned k = 0; k < 4; k++)
			a.w[k] = k <= i % 4 ? random_u64(&seed) : 0;
		assert_true(u256_sqrt_floor(&a) == dumb_sqrt(&a));
	}
}

static void
q64_pow__follows_its_logarithm(void **state)
{
	static const struct {
		const char *x, *y, *z;
	} rows[] = {
		{ "2", "0.5", "1.414213562373095049" },
		{ "2", "-1", "0.5" },
		{ "30", "0.3", "2.774191114672181087" },
		{ "0.5", "0.13", "0.91383145022940054" },
		{ "1.05", "10", "1.628894626777441406" },
		{ "1.000000000000000001", "1000000000000000000",
		    "2.718281828459045234" },
		{ "0.999999999999999999", "2000000000000000000",
		    "0.135335283236612692" },
		{ "0", "3", "0" },
		{ "0", "0", "1" },
		{ "7", "0", "1" },
		{ "1", "-170141183460469231731", "1" },
		{ "0.5", "1000000", "0" },
	};
	struct num18 z;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		i128 bound = 2 + 4 * world_number(rows[i].z, 18) / ONE;

		assert_int_equal(q64_pow(&z, num(rows[i].x), num(rows[i].y)),
		    ERR_OK);
		assert_true(apart(z, num(rows[i].z)) <= bound);
	}
	z = num("77");
	assert_int_equal(q64_pow(&z, num("-1"), num("2")), ERR_RANGE);
	assert_int_equal(q64_pow(&z, num("0"), num("-1")), ERR_RANGE);
	assert_int_equal(q64_pow(&z, num("2"), num("1000000")), ERR_RANGE);
	assert_int_equal(q64_pow(&z, num("10"), num("20.3")), ERR_RANGE);
	assert_num(z, "77");
}

static void
q64_normal__is_within_one_unit(void **state)
{
	static const struct {
		const char *x, *cdf, *pdf;
	} rows[] = {
		{ "0", "0.5", "0.398942280401432678" },
		{ "0.5", "0.691462461274013104", "0.352065326764299478" },
		{ "1", "0.841344746068542949", "0.24197072451914335" },
		{ "1.96", "0.975002104851779566", "0.05844094433345146" },
		{ "-1.644853626951472715", "0.05", "0.103135640375371301" },
		{ "-6", "0.000000000986587645", "0.00000000607588285" },
		{ "-8.3", "0.000000000000000052", "0.000000000000000438" },
		{ "3.5", "0.999767370920964475", "0.00087268269504576" },
		{ "10", "1", "0" },
		{ "-10", "0", "0" },
		{ "-170141183460469231731.687303715884105728", "0", "0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct num18 x = num(rows[i].x);

		assert_true(apart(q64_normal_cdf(x), num(rows[i].cdf)) <= 1);
		assert_true(apart(q64_normal_pdf(x), num(rows[i].pdf)) <= 1);
	}
}

static void
q64_normal_cdf__is_symmetric_and_rises(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		i128 x = (i128)random_below(&seed, 9000000000000000000u);
		struct num18 up = q64_normal_cdf(num18_from_raw(x));
		struct num18 down = q64_normal_cdf(num18_from_raw(-x));
		struct num18 more = q64_normal_cdf(
		    num18_from_raw(x + (i128)random_magnitude(&seed, 17)));

		assert_true(num18_to_raw(up) + num18_to_raw(down) == ONE);
		assert_true(num18_to_raw(more) + 1 >= num18_to_raw(up));
	}
}

static void
q64_normal_inverse__undoes_the_distribution(void **state)
{
	static const struct row rows[] = {
		{ "0.5", "0" },
		{ "0.99", "2.326347874040841101" },
		{ "0.995", "2.575829303548900761" },
		{ "0.975", "1.959963984540054236" },
		{ "0.3", "-0.524400512708040784" },
		{ "0.01", "-2.326347874040841101" },
		{ "0.000000000000000001", "-8.757290348782315064" },
		{ "0.999999999999999999", "8.757290348782315064" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct num18 x;

		assert_int_equal(q64_normal_inverse(&x, num(rows[i].x)),
		    ERR_OK);
		assert_true(apart(x, num(rows[i].y)) <= 10);
	}
	assert_fails(q64_normal_inverse, "0");
	assert_fails(q64_normal_inverse, "1");
	assert_fails(q64_normal_inverse, "-0.5");
}

/* The sanitizers watch; what is not ERR_OK writes nothing. */
static void
q64__answers_whatever_the_numbers(void **state)
{
	static enum err (*const f[])(struct num18 *, struct num18) = {
		q64_ln, q64_exp, q64_sqrt, q64_normal_inverse,
	};
	uint64_t seed = 4;

	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		struct num18 in[2], out;
		enum err e;

		for (unsigned k = 0; k < 2; k++) {
			u128 any = (u128)random_u64(&seed) << 64 |
			    random_u64(&seed);

			in[k] = num18_from_raw((i128)any >>
			    random_below(&seed, 127));
		}
		for (unsigned k = 0; k <= ARRAY_COUNT(f); k++) {
			out = num("77");
			e = k < ARRAY_COUNT(f) ? f[k](&out, in[0]) :
			    q64_pow(&out, in[0], in[1]);
			assert_true(e == ERR_OK || e == ERR_RANGE);
			if (e != ERR_OK)
				assert_num(out, "77");
		}
		out = q64_normal_cdf(in[0]);
		assert_true(num18_to_raw(out) >= 0 &&
		    num18_to_raw(out) <= ONE);
		out = q64_normal_pdf(in[0]);
		assert_true(num18_to_raw(out) >= 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(q64_ln__is_nearest_over_the_whole_type),
		cmocka_unit_test(q64_ln_of_prices__is_the_logarithm_of_a_ratio),
		cmocka_unit_test(
		    q64_exp__is_good_from_nothing_to_the_end_of_the_type),
		cmocka_unit_test(q64_exp__undoes_ln),
		cmocka_unit_test(q64_sqrt__is_nearest),
		cmocka_unit_test(u256_sqrt_floor__is_the_largest_root),
		cmocka_unit_test(q64_pow__follows_its_logarithm),
		cmocka_unit_test(q64_normal__is_within_one_unit),
		cmocka_unit_test(q64_normal_cdf__is_symmetric_and_rises),
		cmocka_unit_test(q64_normal_inverse__undoes_the_distribution),
		cmocka_unit_test(q64__answers_whatever_the_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
