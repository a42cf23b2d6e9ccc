/* Scenario sets: Philox's own vectors, EWMA, filtering, the stress window,
 * correlation one, and the moments of the Monte Carlo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <math.h>

#include "base/must.h"
#include "margin/philox.h"
#include "margin/sample.h"
#include "tests/margin_world.h"

#define ONE ((i128)WAD_ONE_RAW)
#define LENGTH 1000u

static int64_t places[SAMPLE_SCENARIOS_MAX * 4];
static struct num18 column[4][SAMPLE_SCENARIOS_MAX];
static struct sample sample;
static struct sample_history history;
static struct sample_rules rules;
static struct sample_work work;
static uint64_t seed = 20261130;

static uint64_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static void
load(uint32_t factors, uint32_t length)
{
	sample = (struct sample){ .capacity = ARRAY_COUNT(places),
	    .r = places };
	history = (struct sample_history){ factors, length, { column[0],
	    column[1], column[2], column[3] } };
	sample_rules_default(&rules);
}

static void
load_text(const char *const *rows, uint32_t n)
{
	load(1, n);
	for (uint32_t i = 0; i < n; i++)
		column[0][i] = num(rows[i]);
}

/* ---- Philox -------------------------------------------------------------- */

/* kat_vectors of Random123 1.09, philox4x32 10. */
static void
philox4x32__gives_its_published_words(void **state)
{
	static const struct {
		uint32_t counter[4], key[2], out[4];
	} rows[] = {
		{ { 0 }, { 0 },
		    { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
		{ { ~0u, ~0u, ~0u, ~0u }, { ~0u, ~0u },
		    { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
		{ { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
		    { 0xa4093822, 0x299f31d0 },
		    { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		uint32_t out[4];

		philox4x32(out, rows[i].counter, rows[i].key);
		assert_memory_equal(out, rows[i].out, sizeof(out));
	}
}

static void
philox_next__counts_blocks_of_the_hash(void **state)
{
	struct b32 hash = { { 0 } };
	struct philox p;

	(void)state;
	philox_init(&p, &hash);
	assert_true(philox_next(&p) == 0x6627e8d5e169c58du);
	assert_true(philox_next(&p) == 0xbc57ac4c9b00dbd8u);
	assert_true(philox_next(&p) != 0x6627e8d5e169c58du);
	hash.b[15] = 1;
	philox_init(&p, &hash);
	assert_true(philox_next(&p) != 0x6627e8d5e169c58du);
}

/* ---- EWMA ---------------------------------------------------------------- */

static void
ewma_step__is_the_recursion(void **state)
{
	struct num18 first[] = { num("0.1"), num("-0.3") };
	struct ewma v = { 0 };

	(void)state;
	assert_int_equal(ewma_seed(&v, first, 2), ERR_OK);
	/* (0.01 + 0.09) / 2, in 36 decimals. */
	assert_true(v.variance36 == (u128)ONE * (u128)ONE / 20);
	assert_int_equal(ewma_step(&v, num("0.2"), num("0.97")), ERR_OK);
	/* 0.97 * 0.05 + 0.03 * 0.04 */
	assert_true(v.variance36 == (u128)ONE * (u128)ONE / 10000 * 497);
	assert_true(num18_to_raw(ewma_volatility(&v)) ==
	    222934968096079534);
	assert_int_equal(ewma_step(&v, num18_from_raw((i128)INT64_MAX + 1),
	    num("0.97")), ERR_RANGE);
	assert_int_equal(ewma_step(&v, num("0"), num("1.1")), ERR_RANGE);
	assert_int_equal(ewma_step(&v, num("0"), num("-0.1")), ERR_RANGE);
	assert_true(v.variance36 == (u128)ONE * (u128)ONE / 10000 * 497);
	v = (struct ewma){ 0 };
	assert_int_equal(ewma_step(&v, num("-0.2"), num("0.97")), ERR_OK);
	assert_true(v.variance36 == (u128)ONE * (u128)ONE / 25);
}

static void
ewma_correlation__lies_within_one(void **state)
{
	struct num18 lambda = num("0.9");
	struct ewma a = { 0 }, b = { 0 };
	struct ewma_pair same = { 0 }, against = { 0 };

	(void)state;
	assert_true(num18_is_zero(ewma_correlation(&same, &a, &b)));
	for (int i = 0; i < 200; i++) {
		struct num18 x = num18_from_raw((i128)(next() % 1000000) -
		    500000);
		struct num18 y = num18_from_raw(3 * num18_to_raw(x));
		struct num18 z = num18_from_raw(-num18_to_raw(x));

		assert_int_equal(ewma_step(&a, x, lambda), ERR_OK);
		assert_int_equal(ewma_step(&b, y, lambda), ERR_OK);
		assert_int_equal(ewma_pair_step(&same, x, y, lambda), ERR_OK);
		assert_int_equal(ewma_pair_step(&against, x, z, lambda),
		    ERR_OK);
	}
	assert_true(num18_to_raw(ewma_correlation(&same, &a, &b)) >
	    ONE - 1000000000);
	assert_true(num18_to_raw(ewma_correlation(&same, &a, &b)) <= ONE);
	assert_true(num18_to_raw(ewma_correlation(&against, &a, &a)) <
	    -ONE + 1000000000);
}

static long double
real(i128 v36)
{
	return (long double)v36 / 1e36L;
}

/* Two columns with holes, by what a correlation is: the last known one, times
 * the deviations of now. */
static void
ewma_pair_follow__keeps_the_correlation_over_a_hole(void **state)
{
	struct num18 lambda = num("0.97");

	(void)state;
	for (unsigned run = 0; run < 50; run++) {
		struct ewma a = { 0 }, b = { 0 };
		struct ewma_pair p = { 0 };
		long double va = 0, vb = 0, rho = 0;
		unsigned seen = 0, together = 0;

		for (unsigned t = 0; t < 600; t++) {
			struct num18 x = num18_from_raw((i128)(next() %
			    20000000000000001) - 10000000000000000);
			struct num18 y = num18_from_raw(num18_to_raw(x) / 2 +
			    (i128)(next() % 20000000000000001) -
			    10000000000000000);
			bool has_a = t < 20 + run || t > 300 || next() % 4;
			bool has_b = (t > run && t < 200) || t > 400;
			long double rx = (long double)num18_to_raw(x) / 1e18L;
			long double ry = (long double)num18_to_raw(y) / 1e18L;
			struct ewma was_a = a, was_b = b;
			long double c;

			if (has_a)
				assert_int_equal(ewma_step(&a, x, lambda),
				    ERR_OK);
			if (has_b)
				assert_int_equal(ewma_step(&b, y, lambda),
				    ERR_OK);
			if (has_a && has_b && !p.is_seeded)
				ewma_pair_begin(&p, x, y, &a, &b);
			else if (has_a && has_b)
				assert_int_equal(ewma_pair_step(&p, x, y,
				    lambda), ERR_OK);
			else if (has_a)
				ewma_pair_follow(&p, &was_a, &a);
			else if (has_b)
				ewma_pair_follow(&p, &was_b, &b);
			/* The same in long double. */
			c = 0.97L * rho * sqrtl(va * vb) + 0.03L * rx * ry;
			if (has_a)
				va = !was_a.is_seeded ? rx * rx :
				    0.97L * va + 0.03L * rx * rx;
			if (has_b)
				vb = !was_b.is_seeded ? ry * ry :
				    0.97L * vb + 0.03L * ry * ry;
			if (has_a && has_b)
				rho = together++ == 0 ?
				    (rx * ry < 0 ? -1 : 1) :
				    c / sqrtl(va * vb);
			seen += has_a != has_b;
			if (!b.is_seeded)
				continue;
			assert_true(fabsl((long double)num18_to_raw(
			    ewma_correlation(&p, &a, &b)) / 1e18L - rho) <
			    1e-12L);
			/* It never has to be cut to one. */
			assert_true(fabsl(real(p.covariance36)) <= (1 +
			    1e-15L) * sqrtl(real((i128)a.variance36) *
			    real((i128)b.variance36)));
		}
		assert_true(seen > 200 && together > 200);
	}
}

static void
ewma_pair_begin__takes_the_product_of_two_first_returns(void **state)
{
	struct ewma a = { 0 }, b = { 0 }, none = { 0 };
	struct ewma_pair p = { 0 }, q = { 0 };

	(void)state;
	assert_int_equal(ewma_step(&a, num("-0.2"), num("0.9")), ERR_OK);
	assert_int_equal(ewma_step(&b, num("0.3"), num("0.9")), ERR_OK);
	ewma_pair_follow(&p, &none, &a);
	assert_false(p.is_seeded);
	ewma_pair_begin(&p, num("-0.2"), num("0.3"), &a, &b);
	assert_int_equal(ewma_pair_step(&q, num("-0.2"), num("0.3"),
	    num("0.9")), ERR_OK);
	assert_true(p.covariance36 == q.covariance36);
	ewma_pair_begin(&p, num("0"), num("-0.3"), &a, &b);
	assert_true(p.is_seeded && p.covariance36 == 0);
	/* What never moved has no correlation, before and after it does. */
	none.is_seeded = true;
	ewma_pair_begin(&p, num("0"), num("0.3"), &none, &b);
	ewma_pair_follow(&p, &none, &a);
	assert_true(num18_is_zero(ewma_correlation(&p, &a, &b)));
	/* A state of no sense stays within its type. */
	p.covariance36 = I128_MAX;
	none.variance36 = 1;
	ewma_pair_follow(&p, &none, &a);
	assert_true(num18_to_raw(ewma_correlation(&p, &a, &b)) == ONE);
	assert_int_equal(ewma_pair_step(&p, num("-9"), num("9"), num("0.9")),
	    ERR_OK);
}

/* ---- historical, filtered, stressed -------------------------------------- */

static void
sample_historical__compounds_overlapping_periods(void **state)
{
	static const char *const rows[] = { "0.1", "-0.5", "1", "0.25" };

	(void)state;
	load_text(rows, 4);
	assert_int_equal(sample_historical(&sample, &history, &rules),
	    ERR_OK);
	assert_int_equal(sample.scenarios, 4);
	assert_true(places[3] == (int64_t)(ONE / 4));
	rules.mpor = 2;
	assert_int_equal(sample_historical(&sample, &history, &rules),
	    ERR_OK);
	assert_int_equal(sample.scenarios, 3);
	assert_true(places[0] == -(int64_t)(ONE / 100 * 45));
	assert_true(places[1] == 0);
	assert_true(places[2] == (int64_t)(ONE / 10 * 15));
	rules.mpor = 4;
	assert_int_equal(sample_historical(&sample, &history, &rules),
	    ERR_OK);
	assert_int_equal(sample.scenarios, 1);
	rules.mpor = 5;
	sample.scenarios = 77;
	assert_int_equal(sample_historical(&sample, &history, &rules),
	    ERR_MISSING);
	rules.mpor = 0;
	assert_int_equal(sample_historical(&sample, &history, &rules),
	    ERR_RANGE);
	assert_int_equal(sample.scenarios, 77);
}

static void
sample_historical__refuses_returns_that_do_not_fit(void **state)
{
	static const char *const most[] = { "9.223372036854775807", "-1" };
	static const char *const rows[] = { "3", "3" };

	(void)state;
	load_text(most, 2);
	assert_int_equal(sample_historical(&sample, &history, &rules),
	    ERR_OK);
	column[0][0] = num("9.223372036854775808");
	assert_int_equal(sample_historical(&sample, &history, &rules),
	    ERR_RANGE);
	column[0][0] = num("-1.000000000000000001");
	assert_int_equal(sample_historical(&sample, &history, &rules),
	    ERR_RANGE);
	/* Each fits; their product is the largest that does. */
	load_text(rows, 2);
	rules.mpor = 2;
	assert_int_equal(sample_historical(&sample, &history, &rules),
	    ERR_OK);
	assert_true(places[0] == SAMPLE_RETURN_MAX);
}

static void
sample_filtered__scales_to_the_volatility_of_now(void **state)
{
	static const char *const rows[] = { "0.1", "0.1", "0.2" };

	(void)state;
	load_text(rows, 3);
	rules.seed_periods = 2;
	rules.lambda = num("0.5");
	assert_int_equal(sample_filtered(&sample, &history, &rules), ERR_OK);
	/* sigma^2: 0.01 0.01 0.01, now 0.5 * 0.01 + 0.5 * 0.04 = 0.025; the
	 * ratio is sqrt(2.5). */
	assert_true(places[0] == 158113883008418967);
	assert_true(places[1] == 158113883008418967);
	assert_true(places[2] == 316227766016837933);
}

static void
sample_filtered__has_a_floor_of_volatility(void **state)
{
	static const char *const rows[] = { "0.01", "0.01", "0.01" };

	(void)state;
	load_text(rows, 3);
	rules.volatility_floor = num("0.01");
	assert_int_equal(sample_filtered(&sample, &history, &rules), ERR_OK);
	assert_true(places[0] == (int64_t)(ONE / 100));
	rules.volatility_floor = num("0.02");
	assert_int_equal(sample_filtered(&sample, &history, &rules), ERR_OK);
	assert_true(places[0] == (int64_t)(ONE / 50));
	rules.volatility_floor = num("-0.02");
	assert_int_equal(sample_filtered(&sample, &history, &rules),
	    ERR_RANGE);
}

static void
sample_filtered__clamps_the_ratio(void **state)
{
	static const char *const calm[] = { "0.001", "0.001", "0.5" };
	static const char *const wild[] = { "0.5", "-0.5", "0", "0", "0" };
	static const char *const still[] = { "0", "0", "0" };

	(void)state;
	load_text(calm, 3);
	rules.seed_periods = 2;
	assert_int_equal(sample_filtered(&sample, &history, &rules), ERR_OK);
	assert_true(places[0] == (int64_t)(3 * ONE / 1000));
	assert_true(places[2] == (int64_t)(3 * ONE / 2));
	/* Half of what it was, and never below a loss of everything. */
	load_text(wild, 5);
	rules.seed_periods = 2;
	rules.lambda = num("0.1");
	assert_int_equal(sample_filtered(&sample, &history, &rules), ERR_OK);
	assert_true(places[0] == (int64_t)(ONE / 4));
	assert_true(places[1] == -(int64_t)(ONE / 4));
	load_text(calm, 3);
	column[0][2] = num("-0.5");
	rules.seed_periods = 2;
	assert_int_equal(sample_filtered(&sample, &history, &rules), ERR_OK);
	assert_true(places[2] == -(int64_t)ONE);
	load_text(still, 3);
	assert_int_equal(sample_filtered(&sample, &history, &rules), ERR_OK);
	assert_true(places[0] == 0);
	rules.clamp_low = num("4");
	assert_int_equal(sample_filtered(&sample, &history, &rules),
	    ERR_RANGE);
}

static void
sample_stressed__takes_the_named_or_the_wildest_window(void **state)
{
	static const char *const rows[] = { "0.01", "0.02", "-0.3", "0.25",
	    "0.01", "-0.3", "0.25", "0.01" };

	(void)state;
	load_text(rows, 8);
	rules.stress_first = 6;
	rules.stress_length = 2;
	assert_int_equal(sample_stressed(&sample, &history, &rules), ERR_OK);
	assert_int_equal(sample.scenarios, 2);
	assert_true(places[0] == (int64_t)(ONE / 4));
	rules.stress_length = 3;
	assert_int_equal(sample_stressed(&sample, &history, &rules),
	    ERR_RANGE);
	rules.stress_first = 9;
	assert_int_equal(sample_stressed(&sample, &history, &rules),
	    ERR_RANGE);
	/* Two windows of two are as wild: the earlier one. */
	rules.stress_length = 0;
	rules.stress_span = 2;
	assert_int_equal(sample_stressed(&sample, &history, &rules), ERR_OK);
	assert_int_equal(sample.scenarios, 2);
	assert_true(places[0] == -(int64_t)(ONE / 10 * 3));
	column[0][6] = num("0.26");
	column[0][7] = num("0.02");
	assert_int_equal(sample_stressed(&sample, &history, &rules), ERR_OK);
	assert_true(places[1] == (int64_t)(ONE / 100 * 26));
	rules.stress_span = 250;
	assert_int_equal(sample_stressed(&sample, &history, &rules), ERR_OK);
	assert_int_equal(sample.scenarios, 8);
}

static void
sample_correlate_one__keeps_each_distribution(void **state)
{
	int64_t before[2] = { 0, 0 }, after[2] = { 0, 0 };

	(void)state;
	load(2, LENGTH);
	for (uint32_t t = 0; t < LENGTH; t++)
		for (unsigned f = 0; f < 2; f++) {
			column[f][t] = num18_from_raw((i128)(next() % 1000) -
			    500);
			before[f] += (int64_t)num18_to_raw(column[f][t]);
		}
	assert_int_equal(sample_historical(&sample, &history, &rules),
	    ERR_OK);
	sample_correlate_one(&sample);
	for (uint32_t s = 0; s < LENGTH; s++)
		for (unsigned f = 0; f < 2; f++) {
			after[f] += places[2 * s + f];
			assert_true(s == 0 || places[2 * s + f] >=
			    places[2 * (s - 1) + f]);
		}
	assert_memory_equal(before, after, sizeof(before));
}

/* ---- Monte Carlo --------------------------------------------------------- */

static double
product_mean(unsigned f, unsigned g)
{
	double sum = 0;

	for (uint32_t s = 0; s < sample.scenarios; s++)
		sum += (double)places[s * sample.factors + f] / 1e18 *
		    ((double)places[s * sample.factors + g] / 1e18);
	return sum / sample.scenarios;
}

/* Two factors that move together (0.8), one by itself; 1 % a day. */
static void
load_correlated(void)
{
	load(3, LENGTH);
	for (uint32_t t = 0; t < LENGTH; t++) {
		i128 x[3];

		for (unsigned f = 0; f < 3; f++)
			x[f] = next() % 2 ? ONE / 100 : -ONE / 100;
		if (next() % 10 < 8)
			x[1] = x[0];
		for (unsigned f = 0; f < 3; f++)
			column[f][t] = num18_from_raw(x[f]);
	}
}

static void
sample_simulated__has_the_moments_of_its_history(void **state)
{
	struct b32 hash = { { 1, 2, 3, 4, 5, 6, 7, 8, 9 } };
	double variance[3], near = 1.8e-4;

	(void)state;
	load_correlated();
	rules.draws = 4096;
	assert_int_equal(sample_simulated(&sample, &history, &rules, &hash,
	    &work), ERR_OK);
	assert_int_equal(sample.scenarios, 4096);
	for (unsigned f = 0; f < 3; f++) {
		variance[f] = product_mean(f, f);
		assert_true(variance[f] > 0.8e-4 && variance[f] < 1.25e-4);
	}
	/* 0.9 of the history's 0.8; the third stands alone. */
	assert_true(product_mean(0, 1) > 0.62e-4);
	assert_true(product_mean(0, 1) < 0.85e-4);
	assert_true(product_mean(0, 2) < 0.12e-4);
	assert_true(product_mean(0, 2) > -0.12e-4);
	/* Over two periods twice the variance, from the same draws. */
	rules.mpor = 2;
	assert_int_equal(sample_simulated(&sample, &history, &rules, &hash,
	    &work), ERR_OK);
	assert_true(product_mean(0, 0) > near * variance[0] / 1e-4);
	assert_true(product_mean(0, 0) < 2.2e-4 * variance[0] / 1e-4);
}

static void
sample_simulated__is_a_function_of_the_rules_hash(void **state)
{
	static int64_t first[3000];
	struct b32 hash = { { 7 } };

	(void)state;
	load_correlated();
	assert_int_equal(sample_simulated(&sample, &history, &rules, &hash,
	    &work), ERR_OK);
	memcpy(first, places, sizeof(first));
	assert_int_equal(sample_simulated(&sample, &history, &rules, &hash,
	    &work), ERR_OK);
	assert_memory_equal(first, places, sizeof(first));
	hash.b[0] = 8;
	assert_int_equal(sample_simulated(&sample, &history, &rules, &hash,
	    &work), ERR_OK);
	assert_memory_not_equal(first, places, sizeof(first));
}

static void
sample_simulated__refuses_by_name(void **state)
{
	struct b32 hash = { { 7 } };

	(void)state;
	load_correlated();
	sample.scenarios = 77;
	rules.degrees = 5;
	assert_int_equal(sample_simulated(&sample, &history, &rules, &hash,
	    &work), ERR_RANGE);
	rules.degrees = 2;
	assert_int_equal(sample_simulated(&sample, &history, &rules, &hash,
	    &work), ERR_RANGE);
	rules.degrees = 66;
	assert_int_equal(sample_simulated(&sample, &history, &rules, &hash,
	    &work), ERR_RANGE);
	rules.degrees = 4;
	history.length = 0;
	assert_int_equal(sample_simulated(&sample, &history, &rules, &hash,
	    &work), ERR_MISSING);
	assert_int_equal(sample.scenarios, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(philox4x32__gives_its_published_words),
		cmocka_unit_test(philox_next__counts_blocks_of_the_hash),
		cmocka_unit_test(ewma_step__is_the_recursion),
		cmocka_unit_test(ewma_correlation__lies_within_one),
		cmocka_unit_test(
		    ewma_pair_follow__keeps_the_correlation_over_a_hole),
		cmocka_unit_test(
		    ewma_pair_begin__takes_the_product_of_two_first_returns),
		cmocka_unit_test(
		    sample_historical__compounds_overlapping_periods),
		cmocka_unit_test(
		    sample_historical__refuses_returns_that_do_not_fit),
		cmocka_unit_test(
		    sample_filtered__scales_to_the_volatility_of_now),
		cmocka_unit_test(sample_filtered__has_a_floor_of_volatility),
		cmocka_unit_test(sample_filtered__clamps_the_ratio),
		cmocka_unit_test(
		    sample_stressed__takes_the_named_or_the_wildest_window),
		cmocka_unit_test(
		    sample_correlate_one__keeps_each_distribution),
		cmocka_unit_test(
		    sample_simulated__has_the_moments_of_its_history),
		cmocka_unit_test(
		    sample_simulated__is_a_function_of_the_rules_hash),
		cmocka_unit_test(sample_simulated__refuses_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
