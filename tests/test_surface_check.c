/* Which slices may be used: both sides of each limit.  tests/check_surface.py
 * judges random ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>

#include <cmocka.h>

#include <math.h>

#include "margin/surface.h"
#include "margin/surface_check.h"
#include "tests/margin_world.h"

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static struct svi
slice(const char *a, const char *b, const char *rho, const char *m,
    const char *sigma, const char *tau)
{
	return (struct svi){ num(a), num(b), num(rho), num(m), num(sigma),
		px("2000"), num(tau) };
}

static struct svi
smile(void)
{
	return slice("0.01", "0.05", "-0.3", "0.02", "0.1", "0.25");
}

static void
surface_check__takes_a_usual_smile(void **state)
{
	const struct svi s = smile();

	(void)state;
	assert_int_equal(surface_check_slice(&s), SURFACE_GOOD);
}

/* A left wing as steep as it may be, and steeper: the strikes around k =
 * -0.055 would have a negative probability. */
static void
surface_check__finds_a_butterfly_inside_a_wing(void **state)
{
	struct svi s = slice("0.001", "0.06", "-0.9", "0", "0.02", "0.02");

	(void)state;
	assert_int_equal(surface_check_slice(&s), SURFACE_GOOD);
	s.b = num("0.065");
	assert_int_equal(surface_check_slice(&s), SURFACE_BUTTERFLY);
}

/* Axel Vogt's smile has its butterfly near k = 0.8; svi_vol holds the
 * volatility from k = 0.478 on. */
static void
surface_check__looks_as_far_as_svi_vol_does(void **state)
{
	const struct svi s = slice("-0.0410", "0.1331", "0.3060", "0.3586",
	    "0.4153", "1");
	struct num18 end, beyond;

	(void)state;
	assert_int_equal(surface_check_slice(&s), SURFACE_GOOD);
	assert_int_equal(svi_vol(&end, &s, px("3226")), ERR_OK);
	assert_int_equal(svi_vol(&beyond, &s, px("4451")), ERR_OK);
	assert_int_equal(num18_compare(end, beyond), 0);
}

/* Fields of struct svi, a value at the limit and the next one beyond. */
static void
surface_check__ends_each_range_where_it_says(void **state)
{
	const struct {
		size_t field;
		const char *last, *beyond;
	} limits[] = {
		{ offsetof(struct svi, a), "100", "100.000000000000000001" },
		{ offsetof(struct svi, a), "-100", "-100.000000000000000001" },
		{ offsetof(struct svi, b), "0", "-0.000000000000000001" },
		{ offsetof(struct svi, b), "2", "2.000000000000000001" },
		{ offsetof(struct svi, rho), "1", "1.000000000000000001" },
		{ offsetof(struct svi, rho), "-1", "-1.000000000000000001" },
		{ offsetof(struct svi, m), "10", "10.000000000000000001" },
		{ offsetof(struct svi, m), "-10", "-10.000000000000000001" },
		{ offsetof(struct svi, sigma), "0.0001",
		  "0.000099999999999999" },
		{ offsetof(struct svi, sigma), "10", "10.000000000000000001" },
		{ offsetof(struct svi, tau), "30", "30.000000000000000001" },
		{ offsetof(struct svi, tau), "0.000000000000000001", "0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(limits); i++) {
		struct svi s = smile();
		struct num18 *field = (void *)((uint8_t *)&s +
		    limits[i].field);

		*field = num(limits[i].last);
		assert_int_not_equal(surface_check_slice(&s), SURFACE_RANGE);
		*field = num(limits[i].beyond);
		assert_int_equal(surface_check_slice(&s), SURFACE_RANGE);
	}
}

static void
surface_check__refuses_without_a_forward(void **state)
{
	struct svi s = smile();

	(void)state;
	s.forward = px("0");
	assert_int_equal(surface_check_slice(&s), SURFACE_RANGE);
}

static void
surface_check__limits_the_wings_together(void **state)
{
	/* So much variance that nothing else is wrong. */
	struct svi s = slice("4", "1.6", "0.25", "0", "1", "2");

	(void)state;
	assert_int_not_equal(surface_check_slice(&s), SURFACE_WINGS);
	s.rho = num("0.250000000000000001");
	assert_int_equal(surface_check_slice(&s), SURFACE_WINGS);
	s.rho = num("-0.250000000000000001");
	assert_int_equal(surface_check_slice(&s), SURFACE_WINGS);
}

/* Flat slices: the variance is a everywhere. */
static void
surface_check__limits_variance_and_volatility(void **state)
{
	const struct {
		const char *a, *tau;
		enum surface_fault fault;
	} flats[] = {
		{ "0.00000001", "0.00000001", SURFACE_GOOD },
		{ "0.000000009999999999", "0.00000001", SURFACE_VARIANCE },
		{ "0.0001", "1", SURFACE_GOOD },		/* 1 % */
		{ "0.000099999999999999", "1", SURFACE_VARIANCE },
		{ "10", "0.1", SURFACE_GOOD },		/* 1000 % */
		{ "10.000000000000000001", "0.1", SURFACE_VARIANCE },
		{ "0", "1", SURFACE_VARIANCE },
		{ "-0.01", "1", SURFACE_VARIANCE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(flats); i++) {
		struct svi s = slice(flats[i].a, "0", "0", "0", "0.1",
		    flats[i].tau);

		assert_int_equal(surface_check_slice(&s), flats[i].fault);
	}
}

/* Between two flat slices only the slack is left. */
static void
surface_check__lets_variance_fall_by_the_slack_and_no_more(void **state)
{
	const struct svi far = slice("0.1", "0", "0", "0", "0.1", "1");
	struct svi near = slice("0.101", "0", "0", "0", "0.1", "0.5");

	(void)state;
	assert_int_equal(surface_check_calendar(&near, near.tau, &far,
	    far.tau), SURFACE_GOOD);
	near.a = num("0.101000000000000001");
	assert_int_equal(surface_check_calendar(&near, near.tau, &far,
	    far.tau), SURFACE_CALENDAR);
}

static void
surface_check__counts_the_years_that_are_left(void **state)
{
	const struct svi far = slice("0.1", "0", "0", "0", "0.1", "1");
	const struct svi near = slice("0.11", "0", "0", "0", "0.1", "0.5");

	(void)state;
	assert_int_equal(surface_check_calendar(&near, near.tau, &far,
	    far.tau), SURFACE_CALENDAR);
	assert_int_equal(surface_check_calendar(&near, num("0.4"), &far,
	    num("0.9")), SURFACE_GOOD);
}

/* A smile that is lower in the middle may still cross at a wing. */
static void
surface_check__looks_at_the_wings(void **state)
{
	const struct svi near = slice("0.01", "0.06", "-0.3", "0.02", "0.1",
	    "0.25");
	struct svi far = slice("0.012", "0.06", "-0.3", "0.02", "0.1", "0.3");

	(void)state;
	assert_int_equal(surface_check_calendar(&near, near.tau, &far,
	    far.tau), SURFACE_GOOD);
	far.b = num("0.05");
	assert_int_equal(surface_check_calendar(&near, near.tau, &far,
	    far.tau), SURFACE_CALENDAR);
}

/* Near its middle the far one lies above the near one as far as that reaches;
 * beyond, where svi_vol holds the near one's volatility, it falls below. */
static void
surface_check__looks_as_far_as_either_reaches(void **state)
{
	const struct svi near = slice("0.00237665", "0.0512652", "0.38796",
	    "-0.023353", "0.0108792", "0.005");
	const struct svi far = slice("-0.235", "0.319572", "-0.520827",
	    "0.414002", "0.849793", "0.005");
	struct num18 n, f;

	(void)state;
	assert_int_equal(surface_check_slice(&near), SURFACE_GOOD);
	assert_int_equal(surface_check_slice(&far), SURFACE_GOOD);
	assert_int_equal(svi_vol(&n, &near, px("4230")), ERR_OK);
	assert_int_equal(svi_vol(&f, &far, px("4230")), ERR_OK);
	assert_true(num18_to_raw(n) > 4 * num18_to_raw(f));
	assert_int_equal(surface_check_calendar(&near, near.tau, &far,
	    far.tau), SURFACE_CALENDAR);
}

/* ---- the whole axis ------------------------------------------------------ */

static uint64_t axis_seed = 17;

static double
uniform(double low, double high)
{
	return low + (high - low) * (double)random_below(&axis_seed,
	    1000001) / 1e6;
}

static struct num18
rounded(double v)
{
	return num18_from_raw((i128)(v * 1e18));
}

static double
plain(struct num18 v)
{
	return (double)num18_to_raw(v) / 1e18;
}

/* Any that is taken, of a life between a few hours and two years. */
static struct svi
slice_any(void)
{
	for (;;) {
		double tau = uniform(0.08, 2) / (random_one_in(&axis_seed,
		    2) ? 300 : 1);
		double root = uniform(0.2, 1.5) * sqrt(tau);
		struct svi s = { rounded(root * root * uniform(-0.5, 1)),
			rounded(root * uniform(0.01, 2.5)),
			rounded(uniform(-1, 1)), rounded(root *
			uniform(-1, 1)), rounded(root * pow(10,
			uniform(-1.3, 0.5))), px("2000"), rounded(tau) };

		if (surface_check_slice(&s) == SURFACE_GOOD)
			return s;
	}
}

/* One that differs little from another, if it is good. */
static bool
slice_beside(struct svi *out, const struct svi *s)
{
	double b = plain(s->b), sigma = plain(s->sigma);

	*out = *s;
	out->a = rounded(plain(s->a) + b * sigma * uniform(-0.1, 0.6));
	out->b = rounded(b * uniform(0.6, 1.4));
	out->rho = rounded(fmin(1, fmax(-1, plain(s->rho) +
	    uniform(-0.3, 0.3))));
	out->m = rounded(plain(s->m) + uniform(-0.8, 0.8) * sigma);
	out->sigma = rounded(sigma * pow(10, uniform(-1, 0.6)));
	return surface_check_slice(out) == SURFACE_GOOD;
}

static double
reach_of(const struct svi *s)
{
	return 4 * sqrt(plain(s->a) + plain(s->b) * plain(s->sigma));
}

/* Total variance as svi_vol has it. */
static double
variance_read(const struct svi *s, double k)
{
	struct num18 vol;

	assert_int_equal(svi_vol(&vol, s, px18_from_raw((u128)(2000e18 *
	    exp(k)))), ERR_OK);
	return plain(vol) * plain(vol) * plain(s->tau);
}

/* Evenly a little beyond both reaches, and about both middles. */
static double
most_over(const struct svi *near, const struct svi *far)
{
	double reach = 1.1 * fmax(reach_of(near), reach_of(far)), most = 0;

	for (int i = 0; i < 600; i++) {
		const struct svi *s = i < 400 ? near : far;
		double k = i < 200 ? reach * (i - 100) / 100 : plain(s->m) +
		    plain(s->sigma) * (i % 200 - 100) / 12.5;

		most = fmax(most, variance_read(near, k) /
		    variance_read(far, k));
	}
	return most;
}

static void
surface_check__lets_no_pair_cross_anywhere_on_the_axis(void **state)
{
	unsigned taken = 0, beyond = 0;
	double worst = 0;

	(void)state;
	while (taken < 1500) {
		struct svi near = slice_any(), far = slice_any();

		if (random_one_in(&axis_seed, 2) && !slice_beside(&far, &near))
			continue;
		far.tau = near.tau;
		if (surface_check_slice(&far) != SURFACE_GOOD ||
		    surface_check_calendar(&near, near.tau, &far, far.tau) !=
		    SURFACE_GOOD)
			continue;
		taken++;
		beyond += reach_of(&far) > 1.5 * reach_of(&near);
		worst = fmax(worst, most_over(&near, &far));
	}
	print_message("%u pairs, %u of which the far one reaches far "
	    "beyond: the near one at most %.5f of it\n", taken, beyond,
	    worst);
	assert_true(beyond > 300);
	assert_true(worst < 1.012);
}

/* Of smiles as markets have them the probability that is missing where svi_vol
 * holds the volatility: the jump of the slope there, seen through vega. */
static void
surface_check__leaves_a_kink_no_greater_than_it_says(void **state)
{
	double worst = 0;
	unsigned small = 0, count = 0;

	(void)state;
	while (count < 5000) {
		double root = uniform(0.3, 1.2) * pow(10, uniform(-1.25, 0));
		double b = uniform(0.05, 0.35) * root;
		double sigma = uniform(0.3, 1.5) * root, kink = 0;
		struct svi s = { rounded(root * root - b * sigma), rounded(b),
			rounded(uniform(-0.7, 0.4)), rounded(root *
			uniform(-0.3, 0.3)), rounded(sigma), px("2000"),
			rounded(1) };

		if (surface_check_slice(&s) != SURFACE_GOOD)
			continue;
		for (int side = -1; side <= 1; side += 2) {
			double k = side * reach_of(&s), u = k - plain(s.m);
			double w = variance_read(&s, k), root_w = sqrt(w);
			double slope = side * b * (plain(s.rho) + u /
			    hypot(u, sigma)), d2 = -k / root_w - root_w / 2;

			kink = fmax(kink, slope * exp(-d2 * d2 / 2) /
			    sqrt(2 * M_PI) / (2 * root_w));
		}
		count++;
		small += kink < 0.0084;
		worst = fmax(worst, kink);
	}
	print_message("%.4f of a probability at most\n", worst);
	assert_true(worst < 0.027 && small > count * 98 / 100);
}

/* The ends of every type: an answer, never an overflow. */
static void
surface_check__answers_whatever_figures_come(void **state)
{
	uint64_t seed = 5;
	unsigned seen[SURFACE_FAULTS] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		struct svi s = smile();
		struct num18 *field[] = { &s.a, &s.b, &s.rho, &s.m, &s.sigma,
		    &s.tau };

		for (size_t k = 0; k < ARRAY_COUNT(field); k++) {
			i128 v = (i128)random_magnitude(&seed, random_one_in(
			    &seed, 9) ? 38 : k == 0 || k == 3 ? 20 : 19);

			if (random_one_in(&seed, 9))
				v = random_one_in(&seed, 2) ? I128_MIN :
				    I128_MAX;
			if (random_one_in(&seed, 2))
				*field[k] = num18_from_raw(random_one_in(&seed,
				    4) && v != I128_MIN ? -v : v);
		}
		s.forward = px18_from_raw(random_one_in(&seed, 9) ? 0 :
		    U128_MAX);
		seen[surface_check_slice(&s)]++;
	}
	for (unsigned i = 0; i < SURFACE_CALENDAR; i++)
		assert_true(seen[i] > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(surface_check__takes_a_usual_smile),
		cmocka_unit_test(surface_check__finds_a_butterfly_inside_a_wing),
		cmocka_unit_test(surface_check__looks_as_far_as_svi_vol_does),
		cmocka_unit_test(surface_check__ends_each_range_where_it_says),
		cmocka_unit_test(surface_check__refuses_without_a_forward),
		cmocka_unit_test(surface_check__limits_the_wings_together),
		cmocka_unit_test(surface_check__limits_variance_and_volatility),
		cmocka_unit_test(surface_check__lets_variance_fall_by_the_slack_and_no_more),
		cmocka_unit_test(surface_check__counts_the_years_that_are_left),
		cmocka_unit_test(surface_check__looks_at_the_wings),
		cmocka_unit_test(surface_check__looks_as_far_as_either_reaches),
		cmocka_unit_test(surface_check__lets_no_pair_cross_anywhere_on_the_axis),
		cmocka_unit_test(surface_check__leaves_a_kink_no_greater_than_it_says),
		cmocka_unit_test(surface_check__answers_whatever_figures_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
