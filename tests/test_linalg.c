/* Exact sums and small linear algebra: tables, both sides of each limit, and
 * random matrices put together again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "margin/accum.h"
#include "margin/linalg.h"
#include "tests/margin_world.h"

#define N LINALG_N_MAX
#define ONE ((i128)WAD_ONE_RAW)

static struct num18 a[N * N], l[N * N], d[N], c[N * N], b[N * N];

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static i128
raw(struct num18 x)
{
	return num18_to_raw(x);
}

static i128
apart(i128 x, i128 y)
{
	return x > y ? x - y : y - x;
}

/* A number in [-1, 1]. */
static i128
random_unit(void)
{
	u128 r = ((u128)(unsigned)random() << 62) ^
	    ((u128)(unsigned)random() << 31) ^ (unsigned)random();

	return (i128)(r % (2 * WAD_ONE_RAW + 1)) - ONE;
}

/* A correlation matrix of n names from `rank` common factors, own share
 * `own`: semidefinite with own = 0. */
static void
random_correlation(size_t n, size_t rank, i128 own)
{
	static struct num18 f[N * N];

	for (size_t i = 0; i < n; i++) {
		i128 size = own * own / ONE;

		for (size_t k = 0; k < rank; k++)
			f[i * N + k] = num18_from_raw(random_unit());
		for (size_t k = 0; k < rank; k++)
			size += raw(f[i * N + k]) * raw(f[i * N + k]) / ONE;
		b[i] = num18_from_raw(size);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			struct accum s = accum_zero(), t = accum_zero();
			i128 v, w;

			assert_int_equal(accum_add2(&t, raw(b[i]), raw(b[j])),
			    ERR_OK);
			assert_int_equal(accum_sqrt(&w, &t, 0, ROUND_FLOOR),
			    ERR_OK);
			for (size_t k = 0; k < rank; k++)
				assert_int_equal(accum_add2(&s,
				    raw(f[i * N + k]), raw(f[j * N + k])),
				    ERR_OK);
			assert_int_equal(accum_div(&v, &s, 0, w,
			    ROUND_FLOOR), ERR_OK);
			a[i * n + j] = i == j ? num18_one() :
			    num18_from_raw(v);
		}
}

static void
accum_div__rounds_once_to_the_named_side(void **state)
{
	static const struct {
		i128 x, y, divisor, floor, ceil;
	} rows[] = {
		{ 7, 1, 2, 3, 4 }, { -7, 1, 2, -4, -3 }, { 8, 1, 2, 4, 4 },
		{ -8, 1, 2, -4, -4 }, { 0, 5, 3, 0, 0 }, { 1, 1, 3, 0, 1 },
		{ 1, -1, 3, -1, 0 },
		{ I128_MAX, I128_MAX, I128_MAX, I128_MAX, I128_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct accum s = accum_zero();
		i128 v;

		assert_int_equal(accum_add2(&s, rows[i].x, rows[i].y), ERR_OK);
		assert_int_equal(accum_div(&v, &s, 0, rows[i].divisor,
		    ROUND_FLOOR), rows[i].floor == I128_MAX ? ERR_RANGE :
		    ERR_OK);
		if (rows[i].floor == I128_MAX)
			continue;
		assert_true(v == rows[i].floor);
		assert_int_equal(accum_div(&v, &s, 0, rows[i].divisor,
		    ROUND_CEIL), ERR_OK);
		assert_true(v == rows[i].ceil);
		/* The same through the wads. */
		s = accum_zero();
		assert_int_equal(accum_add3(&s, rows[i].x, rows[i].y, ONE),
		    ERR_OK);
		assert_int_equal(accum_div(&v, &s, 1, rows[i].divisor,
		    ROUND_CEIL), ERR_OK);
		assert_true(v == rows[i].ceil);
	}
}

static void
accum_div__refuses_what_does_not_fit(void **state)
{
	struct accum s = accum_zero();
	i128 v = 42;

	(void)state;
	assert_int_equal(accum_add2(&s, I128_MAX - 1, 2), ERR_OK);
	assert_int_equal(accum_div(&v, &s, 0, 1, ROUND_FLOOR), ERR_RANGE);
	assert_int_equal(accum_div(&v, &s, 0, 0, ROUND_FLOOR), ERR_RANGE);
	assert_int_equal(accum_div(&v, &s, 0, -1, ROUND_FLOOR), ERR_RANGE);
	assert_true(v == 42);
	assert_int_equal(accum_div(&v, &s, 0, 2, ROUND_FLOOR), ERR_OK);
	assert_true(v == I128_MAX - 1);
	assert_int_equal(accum_add3(&s, I128_MAX, I128_MAX, I128_MAX), ERR_OK);
	v = 42;
	assert_int_equal(accum_div(&v, &s, 0, 1, ROUND_FLOOR), ERR_RANGE);
	assert_int_equal(accum_sqrt(&v, &s, 0, ROUND_FLOOR), ERR_RANGE);
	assert_true(v == 42);
}

static void
accum_add__answers_overflow_on_both_sides(void **state)
{
	struct accum up = accum_zero(), down = accum_zero(), before;
	unsigned ups = 0, downs = 0;

	(void)state;
	while (accum_add3(&up, I128_MAX, I128_MAX, I128_MAX) == ERR_OK)
		before = up, ups++;
	assert_memory_equal(&up, &before, sizeof(up));
	while (accum_sub3(&down, I128_MAX, I128_MAX, I128_MAX) == ERR_OK)
		downs++;
	/* 2^383 / 2^381, less a little for 2^127 - 1. */
	assert_int_equal(ups, 4);
	assert_int_equal(downs, 4);
	assert_true(accum_is_negative(&down));
	assert_false(accum_is_negative(&up));
	/* The least number of the operand's type. */
	up = accum_zero();
	assert_int_equal(accum_add3(&up, I128_MIN, I128_MIN, I128_MIN),
	    ERR_OK);
	assert_true(accum_is_negative(&up));
	assert_int_equal(accum_sub3(&up, I128_MIN, I128_MIN, I128_MIN),
	    ERR_OK);
	before = accum_zero();
	assert_memory_equal(&up, &before, sizeof(up));
}

static void
accum_sqrt__rounds_to_the_named_side(void **state)
{
	static const struct {
		i128 x, floor, ceil;
	} rows[] = {
		{ 0, 0, 0 }, { 1, 1, 1 }, { 2, 1, 2 }, { 3, 1, 2 },
		{ 4, 2, 2 }, { 5, 2, 3 }, { -1, 0, 0 }, { -9, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct accum s = accum_zero();
		i128 v;

		assert_int_equal(accum_add2(&s, rows[i].x, 1), ERR_OK);
		assert_int_equal(accum_sqrt(&v, &s, 0, ROUND_FLOOR), ERR_OK);
		assert_true(v == rows[i].floor);
		assert_int_equal(accum_sqrt(&v, &s, 0, ROUND_CEIL), ERR_OK);
		assert_true(v == rows[i].ceil);
	}
}

static void
accum_sqrt__counts_what_the_wads_took(void **state)
{
	struct accum s = accum_zero();
	i128 v;

	(void)state;
	/* 4 + 1e-18: the floor is 2, the ceil is not. */
	assert_int_equal(accum_add2(&s, 4, ONE), ERR_OK);
	assert_int_equal(accum_add2(&s, 1, 1), ERR_OK);
	assert_int_equal(accum_sqrt(&v, &s, 1, ROUND_FLOOR), ERR_OK);
	assert_true(v == 2);
	assert_int_equal(accum_sqrt(&v, &s, 1, ROUND_CEIL), ERR_OK);
	assert_true(v == 3);
}

static void
linalg_shrink__pulls_toward_one(void **state)
{
	static const char *const in[] = { "1", "0.8", "0.8", "1" };
	struct num18 m[4], out[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		m[i] = num(in[i]);
	assert_int_equal(linalg_shrink(out, m, 2, num("0.25")), ERR_OK);
	assert_true(raw(out[0]) == ONE && raw(out[3]) == ONE);
	assert_true(raw(out[1]) == raw(num("0.6")));
	assert_int_equal(linalg_shrink(out, m, 2, num("1")), ERR_OK);
	assert_true(raw(out[1]) == 0 && raw(out[0]) == ONE);
	assert_int_equal(linalg_shrink(out, m, 2, num("0")), ERR_OK);
	assert_true(raw(out[1]) == raw(m[1]));
	assert_int_equal(linalg_shrink(out, m, 2,
	    num("1.000000000000000001")), ERR_RANGE);
	assert_int_equal(linalg_shrink(out, m, 2,
	    num("-0.000000000000000001")), ERR_RANGE);
	assert_int_equal(linalg_shrink(out, m, N + 1, num("0")), ERR_LIMIT);
}

static void
linalg_ldl__is_the_textbook_factor(void **state)
{
	/* 4 2 -2; 2 5 3; -2 3 9 = L diag(4, 4, 4) L', l21 = 1/2, l31 = -1/2,
	 * l32 = 1. */
	static const int in[] = { 4, 2, -2, 2, 5, 3, -2, 3, 9 };
	struct num18 m[9], x[3], y[3];

	(void)state;
	for (size_t i = 0; i < 9; i++)
		m[i] = num18_from_raw(in[i] * ONE);
	assert_int_equal(linalg_ldl(l, d, m, 3, LINALG_PIVOT_MIN_DEFAULT),
	    ERR_OK);
	for (size_t i = 0; i < 3; i++)
		assert_true(raw(d[i]) == 4 * ONE && raw(l[4 * i]) == ONE);
	assert_true(raw(l[3]) == ONE / 2 && raw(l[6]) == -ONE / 2);
	assert_true(raw(l[7]) == ONE && raw(l[1]) == 0 && raw(l[5]) == 0);
	assert_int_equal(linalg_ldl_root(c, l, d, 3), ERR_OK);
	assert_true(raw(c[0]) == 2 * ONE && raw(c[6]) == -ONE);
	for (size_t i = 0; i < 3; i++)
		x[i] = num18_from_raw((i128)(i + 1) * ONE);
	assert_int_equal(linalg_apply(y, m, x, 3), ERR_OK);
	assert_true(raw(y[0]) == 2 * ONE && raw(y[2]) == 31 * ONE);
	assert_int_equal(linalg_ldl_solve(b, l, d, y, 3), ERR_OK);
	for (size_t i = 0; i < 3; i++)
		assert_true(raw(b[i]) == raw(x[i]));
	assert_int_equal(linalg_apply_lower(y, m, x, 3), ERR_OK);
	assert_true(raw(y[0]) == 4 * ONE && raw(y[1]) == 12 * ONE);
	assert_int_equal(linalg_quadratic(&y[0], m, x, 3, ROUND_CEIL),
	    ERR_OK);
	assert_true(raw(y[0]) == 137 * ONE);
	assert_int_equal(linalg_norm(&y[0], m, x, 3, ROUND_FLOOR), ERR_OK);
	assert_int_equal(linalg_norm(&y[1], m, x, 3, ROUND_CEIL), ERR_OK);
	assert_true(raw(y[0]) == raw(num("11.704699910719625109")));
	assert_true(raw(y[1]) - raw(y[0]) == 1);
}

/* What the factors make together is the matrix again. */
static void
put_together(size_t n, i128 tolerance)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			struct accum s = accum_zero();
			i128 v;

			for (size_t k = 0; k < n; k++)
				assert_int_equal(accum_add3(&s,
				    raw(l[i * n + k]), raw(l[j * n + k]),
				    raw(d[k])), ERR_OK);
			assert_int_equal(accum_div(&v, &s, 2, 1,
			    ROUND_FLOOR), ERR_OK);
			assert_true(apart(v, raw(a[i * n + j])) <= tolerance);
			s = accum_zero();
			for (size_t k = 0; k < n; k++)
				assert_int_equal(accum_add2(&s,
				    raw(c[i * n + k]), raw(c[j * n + k])),
				    ERR_OK);
			assert_int_equal(accum_div(&v, &s, 1, 1,
			    ROUND_FLOOR), ERR_OK);
			assert_true(apart(v, raw(a[i * n + j])) <=
			    tolerance + 2 * (i128)n);
		}
}

static void
linalg_ldl__put_together_is_the_matrix(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 7, 16, 40, N };

	(void)state;
	srandom(1);
	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		size_t n = sizes[i];

		random_correlation(n, 3, ONE / 4);
		assert_int_equal(linalg_ldl(l, d, a, n,
		    LINALG_PIVOT_MIN_DEFAULT), ERR_OK);
		assert_int_equal(linalg_ldl_root(c, l, d, n), ERR_OK);
		put_together(n, 2);
		/* Fewer factors than names: zero pivots. */
		random_correlation(n, 2, 0);
		assert_int_equal(linalg_ldl(l, d, a, n,
		    LINALG_PIVOT_MIN_DEFAULT), ERR_OK);
		for (size_t k = 2; k < n; k++)
			assert_true(raw(d[k]) == 0);
		assert_int_equal(linalg_ldl_root(c, l, d, n), ERR_OK);
		put_together(n, 1000000000000);
		if (n > 2)
			assert_int_equal(linalg_ldl_solve(b, l, d, a, n),
			    ERR_RANGE);
	}
}

static void
linalg_ldl__keeps_names_that_are_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < 9; i++)
		a[i] = num18_one();
	assert_int_equal(linalg_ldl(l, d, a, 3, LINALG_PIVOT_MIN_DEFAULT),
	    ERR_OK);
	assert_true(raw(d[0]) == ONE && raw(d[1]) == 0 && raw(d[2]) == 0);
	assert_int_equal(linalg_ldl_root(c, l, d, 3), ERR_OK);
	put_together(3, 0);
}

static void
linalg_ldl__refuses_what_is_not_semidefinite(void **state)
{
	(void)state;
	a[0] = a[3] = num18_one();
	a[1] = a[2] = num("1.000000001");
	assert_int_equal(linalg_ldl(l, d, a, 2, LINALG_PIVOT_MIN_DEFAULT),
	    ERR_RANGE);
	/* Both sides of the pivot's limit: 1 - r^2 = -1e-12. */
	a[2] = num("1.0000000000004999");
	assert_int_equal(linalg_ldl(l, d, a, 2, LINALG_PIVOT_MIN_DEFAULT),
	    ERR_OK);
	a[2] = num("1.0000000000005001");
	assert_int_equal(linalg_ldl(l, d, a, 2, LINALG_PIVOT_MIN_DEFAULT),
	    ERR_RANGE);
	/* A zero on the diagonal with something beside it. */
	a[0] = num18_zero();
	a[2] = num("0.0000011");
	assert_int_equal(linalg_ldl(l, d, a, 2, LINALG_PIVOT_MIN_DEFAULT),
	    ERR_RANGE);
	a[2] = num("0.000001");
	assert_int_equal(linalg_ldl(l, d, a, 2, LINALG_PIVOT_MIN_DEFAULT),
	    ERR_OK);
	assert_int_equal(linalg_ldl(l, d, a, 2, num("-1")), ERR_RANGE);
	assert_int_equal(linalg_ldl(l, d, a, N + 1,
	    LINALG_PIVOT_MIN_DEFAULT), ERR_LIMIT);
}

static void
linalg_quadratic__leaves_the_output_where_it_does_not_fit(void **state)
{
	struct num18 m = num18_from_raw(I128_MAX), out = num("7");
	struct num18 v = num18_from_raw(I128_MAX);

	(void)state;
	assert_int_equal(linalg_quadratic(&out, &m, &v, 1, ROUND_CEIL),
	    ERR_RANGE);
	assert_int_equal(linalg_norm(&out, &m, &v, 1, ROUND_CEIL), ERR_RANGE);
	assert_true(raw(out) == raw(num("7")));
	/* 1e-18 x 0.1^2 is below the last unit. */
	m = num18_from_raw(1);
	v = num("0.1");
	assert_int_equal(linalg_quadratic(&out, &m, &v, 1, ROUND_CEIL),
	    ERR_OK);
	assert_true(raw(out) == 1);
	assert_int_equal(linalg_quadratic(&out, &m, &v, 1, ROUND_FLOOR),
	    ERR_OK);
	assert_true(raw(out) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accum_div__rounds_once_to_the_named_side),
		cmocka_unit_test(accum_div__refuses_what_does_not_fit),
		cmocka_unit_test(accum_add__answers_overflow_on_both_sides),
		cmocka_unit_test(accum_sqrt__rounds_to_the_named_side),
		cmocka_unit_test(accum_sqrt__counts_what_the_wads_took),
		cmocka_unit_test(linalg_shrink__pulls_toward_one),
		cmocka_unit_test(linalg_ldl__is_the_textbook_factor),
		cmocka_unit_test(linalg_ldl__put_together_is_the_matrix),
		cmocka_unit_test(linalg_ldl__keeps_names_that_are_the_same),
		cmocka_unit_test(
		    linalg_ldl__refuses_what_is_not_semidefinite),
		cmocka_unit_test(
		    linalg_quadratic__leaves_the_output_where_it_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
