/* The fit: smiles that are known come back, noise averages out, and what comes
 * out never has arbitrage, whatever the marks; judged by the integers'
 * check. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>
#include <time.h>

#include "margin/surface_check.h"
#include "oracle/surface_fit.h"
#include "oracle/surface_simplex.h"
#include "tests/margin_world.h"

#define POINTS 41u

static uint64_t seed = 11;

static double
uniform(double low, double high)
{
	return low + (high - low) * (double)random_below(&seed, 1000001) / 1e6;
}

static double
variance(const struct surface_smile *s, double k)
{
	return s->a + s->b * (s->rho * (k - s->m) + hypot(k - s->m, s->sigma));
}

/* So many strikes evenly over `wide` deviations each way. */
static size_t
points_from(struct surface_point *p, size_t count,
    const struct surface_smile *s, double wide, double noise)
{
	double root = sqrt(variance(s, 0));

	for (size_t i = 0; i < count; i++) {
		double k = wide * root * (2. * (double)i / (double)(count -
		    1) - 1), vol = sqrt(variance(s, k) / s->tau);

		p[i] = (struct surface_point){ k, vol + uniform(-noise,
		    noise), surface_weight(k, vol, s->tau) };
	}
	return count;
}

static struct num18
num(double v)
{
	return num18_from_raw((i128)llround(v * 1e15) * 1000);
}

static struct svi
rounded(const struct surface_smile *s)
{
	return (struct svi){ num(s->a), num(s->b), num(s->rho), num(s->m),
		num(s->sigma), px("2000"), num(s->tau) };
}

static void
assert_good(const struct surface_smile *s, const struct surface_smile *below)
{
	const struct svi is = rounded(s);

	assert_int_equal(surface_check_slice(&is), SURFACE_GOOD);
	if (below) {
		const struct svi was = rounded(below);

		assert_int_equal(surface_check_calendar(&was, was.tau, &is,
		    is.tau), SURFACE_GOOD);
	}
}

/* A smile as markets have them. */
static struct surface_smile
smile_make(double tau)
{
	double vol = uniform(0.3, 1.2), root = vol * sqrt(tau);
	struct surface_smile s = { .rho = uniform(-0.7, 0.4),
		.m = uniform(-0.3, 0.3) * root, .tau = tau,
		.sigma = uniform(0.3, 1.5) * root,
		.b = uniform(0.05, 0.35) * root };

	s.a = root * root - s.b * s.sigma;
	return s;
}

/* ---- the search ---------------------------------------------------------- */

static double
valley(void *arg, const double *at)
{
	double x = 1 - at[0], y = at[1] - at[0] * at[0];

	(void)arg;
	return x * x + 100 * y * y + 1;
}

/* Rosenbrock's valley. */
static void
simplex_search__finds_the_end_of_a_valley(void **state)
{
	double at[2] = { -1.2, 1 };
	const double step[2] = { 0.1, 0.1 };

	(void)state;
	assert_true(simplex_search(at, step, 2, 500, valley, NULL) < 1 + 1e-8);
	assert_true(fabs(at[0] - 1) < 1e-3 && fabs(at[1] - 1) < 1e-3);
}

static double
counted(void *arg, const double *at)
{
	unsigned *looks = arg;

	++*looks;
	return at[0] * at[0] + fabs(at[1]) + at[2] * at[2] * at[2] * at[2];
}

static void
simplex_search__looks_no_oftener_than_it_may(void **state)
{
	unsigned looks = 0;
	double at[3] = { 3, 4, 5 };
	const double step[3] = { 1, 1, 1 }, before = 9 + 4 + 625;

	(void)state;
	assert_true(simplex_search(at, step, 3, 40, counted, &looks) < before);
	assert_true(looks <= 40);
}

/* ---- the fit ------------------------------------------------------------- */

static void
surface_fit__finds_the_smile_that_made_the_marks(void **state)
{
	struct surface_point p[POINTS];
	double worst = 0;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		struct surface_smile s = smile_make(uniform(0.003, 1)), got;
		const struct svi is = rounded(&s);

		if (surface_check_slice(&is) != SURFACE_GOOD)
			continue;
		(void)points_from(p, POINTS, &s, 2.5, 0);
		assert_int_equal(surface_fit(&got, p, POINTS, s.tau, NULL),
		    ERR_OK);
		assert_good(&got, NULL);
		for (unsigned j = 0; j < POINTS; j++)
			worst = fmax(worst, fabs(sqrt(variance(&got, p[j].k) /
			    s.tau) - p[j].vol));
	}
	print_message("missed by at most %.2e\n", worst);
	assert_true(worst < 1e-4);
}

static void
surface_fit__says_what_it_misses(void **state)
{
	struct surface_point p[POINTS];
	double worst = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		struct surface_smile s = smile_make(uniform(0.003, 1)), got;
		double sum = 0, weights = 0, made = 0;

		(void)points_from(p, POINTS, &s, 2.5, 0.01);
		assert_int_equal(surface_fit(&got, p, POINTS, s.tau, NULL),
		    ERR_OK);
		for (unsigned j = 0; j < POINTS; j++) {
			double miss = sqrt(variance(&got, p[j].k) / s.tau) -
			    p[j].vol;

			sum += p[j].weight * miss * miss;
			weights += p[j].weight;
			miss = sqrt(variance(&s, p[j].k) / s.tau) - p[j].vol;
			made += p[j].weight * miss * miss;
		}
		/* No worse than the one that made them, which is in reach. */
		assert_true(sum <= made * 1.001);
		assert_true(fabs(got.error - sqrt(sum / weights)) < 1e-9);
		worst = fmax(worst, got.error);
		assert_good(&got, NULL);
	}
	/* Of a noise between -1 % and 1 % root mean square 0.58 % are left. */
	print_message("error at most %.4f\n", worst);
	assert_true(worst > 0.004 && worst < 0.0085);
}

static void
surface_fit__has_no_butterfly_where_the_marks_have_one(void **state)
{
	struct surface_point p[POINTS];
	unsigned bad = 0;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		struct surface_smile s = smile_make(uniform(0.003, 1)), got;
		struct svi is;

		/* Steep wings over little variance. */
		s.a = 0.2 * variance(&s, 0);
		s.b *= 4;
		s.sigma *= 0.2;
		is = rounded(&s);
		bad += surface_check_slice(&is) != SURFACE_GOOD;
		(void)points_from(p, POINTS, &s, 2.5, 0.002);
		assert_int_equal(surface_fit(&got, p, POINTS, s.tau, NULL),
		    ERR_OK);
		assert_good(&got, NULL);
	}
	assert_true(bad > 20);
}

/* Expiry after expiry, each with more noise than the days between them. */
static void
surface_fit__never_crosses_the_expiry_below(void **state)
{
	struct surface_point p[POINTS];
	double worst = 0;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		struct surface_smile made = smile_make(0.01), got[8];

		for (unsigned j = 0; j < 8; j++) {
			double more = j == 0 ? 1 : uniform(1, 1.2);

			made.tau *= more;
			made.a *= more * uniform(0.97, 1.02);
			made.b *= sqrt(more) * uniform(0.9, 1.1);
			(void)points_from(p, POINTS, &made, 2.5, 0.005);
			assert_int_equal(surface_fit(&got[j], p, POINTS,
			    made.tau, j > 0 ? &got[j - 1] : NULL), ERR_OK);
			assert_good(&got[j], j > 0 ? &got[j - 1] : NULL);
			worst = fmax(worst, got[j].error);
		}
	}
	print_message("error at most %.4f\n", worst);
}

static void
surface_fit__needs_enough_strikes_and_no_more(void **state)
{
	static struct surface_point p[SURFACE_POINTS_MAX + 1];
	struct surface_smile s = smile_make(0.1), got = { .tau = 7 };

	(void)state;
	(void)points_from(p, SURFACE_POINTS_MAX + 1, &s, 2, 0);
	assert_int_equal(surface_fit(&got, p, SURFACE_POINTS_MIN - 1, 0.1,
	    NULL), ERR_LIMIT);
	assert_int_equal(surface_fit(&got, p, SURFACE_POINTS_MAX + 1, 0.1,
	    NULL), ERR_LIMIT);
	assert_true(got.tau == 7);
	assert_int_equal(surface_fit(&got, p, SURFACE_POINTS_MAX, 0.1, NULL),
	    ERR_OK);
	(void)points_from(p, SURFACE_POINTS_MIN, &s, 2, 0);
	assert_int_equal(surface_fit(&got, p, SURFACE_POINTS_MIN, 0.1, NULL),
	    ERR_OK);
	assert_good(&got, NULL);
}

/* Marks of a liar: whatever they are, nothing that the check refuses. */
static void
surface_fit__gives_nothing_that_has_arbitrage_whatever_the_marks(void **state)
{
	struct surface_point p[POINTS];
	struct surface_smile below = { 0 };
	unsigned fitted = 0;

	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		size_t n = 5 + (size_t)random_below(&seed, POINTS - 5);
		struct surface_smile got;
		double tau = pow(10, uniform(-5, 1));

		for (size_t j = 0; j < n; j++) {
			double vol = random_one_in(&seed, 3) ?
			    pow(10, uniform(-2, 1)) : uniform(0.2, 1.5);
			double k = uniform(-5, 5) * vol * sqrt(tau);

			if (random_one_in(&seed, 40))
				k = p[0].k;	/* a strike twice */
			p[j] = (struct surface_point){ k, vol,
				surface_weight(k, vol, tau) };
		}
		if (surface_fit(&got, p, n, tau, i % 4 != 0 && below.tau > 0 &&
		    below.tau < tau ? &below : NULL) != ERR_OK)
			continue;
		fitted++;
		assert_good(&got, i % 4 != 0 && below.tau > 0 &&
		    below.tau < tau ? &below : NULL);
		below = got;
	}
	print_message("%u of 400 fitted\n", fitted);
	assert_true(fitted > 200);
}

static double
ms_of(const struct surface_smile *below)
{
	static struct surface_point p[60];
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned i = 0; i < 50; i++) {
		struct surface_smile s = below ? *below : smile_make(0.1), got;

		if (below)
			s.b *= 0.95;
		(void)points_from(p, 60, &s, 2.5, 0.01);
		assert_int_equal(surface_fit(&got, p, 60, 0.1, below), ERR_OK);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	return ((double)(to.tv_sec - from.tv_sec) * 1e3 +
	    (double)(to.tv_nsec - from.tv_nsec) / 1e6) / 50;
}

static void
surface_fit__takes_a_bounded_time(void **state)
{
	struct surface_smile below;
	double ms, crossing;

	(void)state;
	ms = ms_of(NULL);
	/* One that must rise above another, and loses its shape. */
	below = smile_make(0.1);
	below.a *= 1.1;
	below.b *= 1.1;
	crossing = ms_of(&below);
	print_message("%.2f ms a fit, %.2f ms where it crosses\n", ms,
	    crossing);
	assert_true(ms < 100 && crossing < 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simplex_search__finds_the_end_of_a_valley),
		cmocka_unit_test(simplex_search__looks_no_oftener_than_it_may),
		cmocka_unit_test(surface_fit__finds_the_smile_that_made_the_marks),
		cmocka_unit_test(surface_fit__says_what_it_misses),
		cmocka_unit_test(surface_fit__has_no_butterfly_where_the_marks_have_one),
		cmocka_unit_test(surface_fit__never_crosses_the_expiry_below),
		cmocka_unit_test(surface_fit__needs_enough_strikes_and_no_more),
		cmocka_unit_test(surface_fit__gives_nothing_that_has_arbitrage_whatever_the_marks),
		cmocka_unit_test(surface_fit__takes_a_bounded_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
