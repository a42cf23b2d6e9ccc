/* The mix of least variance: closed forms, bounds on both sides, and random
 * mixes that meet the requirement and are never better.
 * tests/check_markowitz.py solves it with fractions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "margin/linalg.h"
#include "margin/markowitz.h"
#include "tests/margin_world.h"

#define N MARKOWITZ_ASSETS_MAX
#define ONE ((i128)WAD_ONE_RAW)

static struct markowitz_mix m;

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

/* Within a millionth of a dollar. */
static void
near(struct usd18 got, const char *expected)
{
	i128 off = usd18_to_raw(got) - world_number(expected, 18);

	if (off > ONE / 1000000 || off < -ONE / 1000000)
		fail_msg("expected %s, got %s", expected, usd_text(got));
}

static void
markowitz_mix_of__is_the_closed_form_of_two(void **state)
{
	/* No correlation: shares of the requirement as the reciprocals of
	 * sigma^2 / (1 - h)^2; then what each must hold. */
	static const struct {
		const char *h[2], *available[2], *variance[2], *correlated;
		const char *requirement, *x[2];
	} rows[] = {
		{ { "0", "0" }, { "1000", "1000" }, { "0.04", "0.01" }, "0",
		    "100", { "20", "80" } },
		{ { "0", "0.5" }, { "1000", "1000" }, { "0.04", "0.01" }, "0",
		    "100", { "50", "100" } },
		/* A bound in the way. */
		{ { "0", "0" }, { "1000", "70" }, { "0.04", "0.01" }, "0",
		    "100", { "30", "70" } },
		/* Correlated as much as their ratio: only the calm one. */
		{ { "0", "0" }, { "1000", "1000" }, { "0.04", "0.01" },
		    "0.01", "100", { "0", "100" } },
		{ { "0", "0" }, { "1000", "1000" }, { "0.04", "0.01" },
		    "0.015", "100", { "0", "100" } },
		/* A hedge. */
		{ { "0", "0" }, { "1000", "1000" }, { "0.04", "0.04" },
		    "-0.04", "100", { "50", "50" } },
		/* The same asset twice, and no variance: evenly. */
		{ { "0", "0" }, { "1000", "1000" }, { "0.04", "0.04" },
		    "0.04", "100", { "50", "50" } },
		{ { "0", "0" }, { "1000", "1000" }, { "0", "0" }, "0", "100",
		    { "50", "50" } },
		/* Exactly enough; a haircut that takes all; no requirement. */
		{ { "0", "0.5" }, { "60", "80" }, { "0.04", "0.01" }, "0",
		    "100", { "60", "80" } },
		{ { "0", "1" }, { "200", "80" }, { "0.04", "0.01" }, "0",
		    "100", { "100", "0" } },
		{ { "0", "0" }, { "60", "80" }, { "0.04", "0.01" }, "0",
		    "0", { "0", "0" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct markowitz_asset a[2];
		struct num18 v[4] = { num(rows[i].variance[0]),
		    num(rows[i].correlated), num(rows[i].correlated),
		    num(rows[i].variance[1]) };

		for (size_t k = 0; k < 2; k++)
			a[k] = (struct markowitz_asset){
			    .haircut = num(rows[i].h[k]),
			    .available = usd(rows[i].available[k]) };
		assert_int_equal(markowitz_mix_of(&m, a, v, 2,
		    usd(rows[i].requirement)), ERR_OK);
		near(m.amount[0], rows[i].x[0]);
		near(m.amount[1], rows[i].x[1]);
		near(m.counted, rows[i].requirement);
		assert_true(usd18_compare(m.counted,
		    usd(rows[i].requirement)) >= 0);
	}
}

static void
markowitz_mix_of__tells_the_deviation(void **state)
{
	const struct markowitz_asset a[2] = {
		{ .haircut = num("0"), .available = usd("1000") },
		{ .haircut = num("0"), .available = usd("1000") } };
	const struct num18 v[4] = { num("0.04"), num("0"), num("0"),
	    num("0.01") };

	(void)state;
	assert_int_equal(markowitz_mix_of(&m, a, v, 2, usd("100")), ERR_OK);
	near(m.deviation, "8.944271909999159");
}

static void
markowitz_mix_of__leaves_the_result_where_it_refuses(void **state)
{
	struct markowitz_asset a[N + 1];
	static struct num18 v[(N + 1) * (N + 1)];
	struct markowitz_mix before;

	(void)state;
	for (size_t i = 0; i <= N; i++)
		a[i] = (struct markowitz_asset){ .available = usd("10") };
	before = m;
	assert_int_equal(markowitz_mix_of(&m, a, v, N + 1, usd("1")),
	    ERR_LIMIT);
	/* Both sides of what there is. */
	assert_int_equal(markowitz_mix_of(&m, a, v, 2,
	    usd("20.000000000000000001")), ERR_STATE);
	assert_int_equal(markowitz_mix_of(&m, a, v, 2, usd("-1")), ERR_RANGE);
	a[1].haircut = num("-0.1");
	assert_int_equal(markowitz_mix_of(&m, a, v, 2, usd("1")), ERR_RANGE);
	a[1].haircut = num("0.1");
	a[1].available = usd("-1");
	assert_int_equal(markowitz_mix_of(&m, a, v, 2, usd("1")), ERR_RANGE);
	a[1].available = usd("10");
	v[1] = num("0.1");
	assert_int_equal(markowitz_mix_of(&m, a, v, 2, usd("1")), ERR_RANGE);
	v[2] = num("0.1");
	assert_int_equal(markowitz_mix_of(&m, a, v, 2, usd("1")), ERR_RANGE);
	assert_memory_equal(&before, &m, sizeof(m));
	v[0] = v[3] = num("0.1");
	assert_int_equal(markowitz_mix_of(&m, a, v, 2, usd("19")), ERR_OK);
	assert_int_equal(markowitz_mix_of(&m, NULL, NULL, 0, usd("0")),
	    ERR_OK);
	assert_int_equal(markowitz_mix_of(&m, NULL, NULL, 0, usd("1")),
	    ERR_STATE);
}

static i128
random_part(void)
{
	return (i128)random() * ONE / RAND_MAX;
}

/* The deviation of a mix by hand. */
static i128
deviation(const struct num18 *v, size_t n, const i128 *x)
{
	struct num18 at[N], out;

	for (size_t i = 0; i < n; i++)
		at[i] = num18_from_raw(x[i]);
	assert_int_equal(linalg_norm(&out, v, at, n, ROUND_FLOOR), ERR_OK);
	return num18_to_raw(out);
}

/* random_mix: some other x that meets the requirement. */
static bool
random_mix(i128 *x, const struct markowitz_asset *a, size_t n, i128 needed)
{
	i128 counted = 0;

	for (size_t i = 0; i < n; i++) {
		i128 c = ONE - num18_to_raw(a[i].haircut);

		x[i] = usd18_to_raw(a[i].available) / 1000000 *
		    (random_part() / 1000000) / 1000000;
		if (random() % 3 == 0)
			x[i] = usd18_to_raw(m.amount[i]);
		counted += x[i] / 1000000 * (c / 1000000) / 1000000;
	}
	/* Scaled to the requirement, where that stays available. */
	for (size_t i = 0; i < n && counted > 0; i++) {
		assert_int_equal(muldiv_i128(&x[i], x[i], needed, counted,
		    ROUND_CEIL), ERR_OK);
		if (x[i] > usd18_to_raw(a[i].available))
			return false;
	}
	return counted > 0;
}

static void
markowitz_mix_of__beats_every_random_mix(void **state)
{
	unsigned tried = 0;

	(void)state;
	srandom(11);
	for (int run = 0; run < 300; run++) {
		struct markowitz_asset a[N];
		struct num18 v[N * N], f[N * 3];
		size_t n = 2 + (size_t)random() % (N - 1);
		i128 needed = 0, x[N];

		for (size_t i = 0; i < n; i++) {
			a[i] = (struct markowitz_asset){
			    .haircut = num18_from_raw(random_part() * 9 / 10),
			    .available = usd18_from_raw(
			    (1 + random_part() / 1000) * 1000000) };
			needed += usd18_to_raw(a[i].available) / 1000000 *
			    ((ONE - num18_to_raw(a[i].haircut)) / 1000000) /
			    1000000;
			for (size_t k = 0; k < 3; k++)
				f[i * 3 + k] = num18_from_raw(random_part() -
				    ONE / 3);
		}
		needed = needed / 100 * (1 + random() % 95);
		for (size_t i = 0; i < n * n; i++) {
			const struct num18 *r = &f[i / n * 3];
			const struct num18 *c = &f[i % n * 3];
			i128 s = i / n == i % n ? ONE / 50 : 0;

			for (size_t k = 0; k < 3; k++)
				s += num18_to_raw(r[k]) *
				    num18_to_raw(c[k]) / ONE / 4;
			v[i] = num18_from_raw(s);
		}
		assert_int_equal(markowitz_mix_of(&m, a, v, n,
		    usd18_from_raw(needed)), ERR_OK);
		assert_true(usd18_to_raw(m.counted) >= needed);
		assert_true(usd18_to_raw(m.counted) - needed <= ONE);
		for (int k = 0; k < 60; k++) {
			if (!random_mix(x, a, n, needed))
				continue;
			tried++;
			assert_true(deviation(v, n, x) >=
			    usd18_to_raw(m.deviation) -
			    usd18_to_raw(m.deviation) / 1000000000);
		}
	}
	assert_true(tried > 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markowitz_mix_of__is_the_closed_form_of_two),
		cmocka_unit_test(markowitz_mix_of__tells_the_deviation),
		cmocka_unit_test(
		    markowitz_mix_of__leaves_the_result_where_it_refuses),
		cmocka_unit_test(markowitz_mix_of__beats_every_random_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
