/* Value at risk and expected shortfall: order statistics by hand, refusals,
 * requirements, and the table against the plain way and a dumb reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/screen_var.h"
#include "margin/var_table.h"
#include "tests/margin_world.h"

#define SETS 60
#define VAULTS_A_SET 40

static struct usd18 pnl[SAMPLE_SCENARIOS_MAX], scratch[SAMPLE_SCENARIOS_MAX];
static uint64_t seed = 20261129;

static uint64_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct ppb
tail(uint32_t ppb)
{
	return ppb_from_raw(ppb);
}

static void
whole(const int *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pnl[i] = usd18_from_raw((i128)values[i] *
		    (i128)WAD_ONE_RAW);
}

/* ---- order statistics ---------------------------------------------------- */

static void
var_tail_of__takes_the_rank_of_its_profile(void **state)
{
	static const int values[] = { 5, -10, 3, -9, -9, 0, 7, -1, 2, 4 };
	static const struct {
		uint32_t ppb;
		enum var_profile profile;
		uint32_t k, count, scenario;
		const char *quantile, *mean;
	} rows[] = {
		{ 1, VAR_PROFILE_MARGIND, 1, 1, 1, "-10", "-10" },
		{ 199999999, VAR_PROFILE_MARGIND, 1, 1, 1, "-10", "-10" },
		/* Ties: by index, never included; the mean rounds down. */
		{ 200000000, VAR_PROFILE_MARGIND, 2, 2, 3, "-9", "-9.5" },
		{ 300000000, VAR_PROFILE_MARGIND, 3, 3, 4, "-9",
		    "-9.333333333333333334" },
		{ 999999999, VAR_PROFILE_MARGIND, 9, 9, 0, "5",
		    "-1.666666666666666667" },
		{ 99999999, VAR_PROFILE_ORE, 1, 1, 1, "-10", "-10" },
		{ 100000000, VAR_PROFILE_ORE, 2, 3, 3, "-9",
		    "-9.333333333333333334" },
		{ 200000000, VAR_PROFILE_ORE, 3, 3, 4, "-9",
		    "-9.333333333333333334" },
	};

	(void)state;
	whole(values, ARRAY_COUNT(values));
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct var_tail t;

		assert_int_equal(var_tail_of(&t, pnl, ARRAY_COUNT(values),
		    tail(rows[i].ppb), rows[i].profile, scratch), ERR_OK);
		assert_int_equal(t.k, rows[i].k);
		assert_int_equal(t.count, rows[i].count);
		assert_int_equal(t.scenario, rows[i].scenario);
		assert_string_equal(usd_text(t.quantile), rows[i].quantile);
		assert_string_equal(usd_text(t.mean), rows[i].mean);
	}
}

static void
var_tail_of__refuses_what_is_no_tail(void **state)
{
	struct var_tail t = { .k = 77 };

	(void)state;
	assert_int_equal(var_tail_of(&t, pnl, 0, tail(1), VAR_PROFILE_MARGIND,
	    scratch), ERR_MISSING);
	assert_int_equal(var_tail_of(&t, pnl, SAMPLE_SCENARIOS_MAX + 1,
	    tail(1), VAR_PROFILE_MARGIND, scratch), ERR_LIMIT);
	assert_int_equal(var_tail_of(&t, pnl, 10, tail(0),
	    VAR_PROFILE_MARGIND, scratch), ERR_RANGE);
	assert_int_equal(var_tail_of(&t, pnl, 10, tail(PPB_ONE_RAW),
	    VAR_PROFILE_MARGIND, scratch), ERR_RANGE);
	for (size_t i = 0; i < 10; i++)
		pnl[i] = usd18_from_raw(I128_MIN);
	assert_int_equal(var_tail_of(&t, pnl, 10, tail(500000000),
	    VAR_PROFILE_MARGIND, scratch), ERR_RANGE);
	assert_int_equal(t.k, 77);
}

static void
es_from_pnl__rounds_the_requirement_up(void **state)
{
	struct var_rules rules;
	struct usd18 es;

	(void)state;
	var_rules_default(&rules);
	rules.scenarios_min = rules.tail_min = 0;
	/* In units of the last place: the mean of the two worst, -9.5, costs
	 * 10. */
	pnl[0] = usd18_from_raw(-10);
	pnl[1] = usd18_from_raw(1);
	pnl[2] = usd18_from_raw(-9);
	rules.alpha_es = tail(333333333);	/* k = floor(2.000000001) */
	assert_int_equal(es_from_pnl(&es, pnl, 3, &rules, scratch), ERR_OK);
	assert_true(usd18_to_raw(es) == 10);
	rules.alpha_es = tail(333333334);	/* k = floor(1.999999998) */
	pnl[0] = usd18_from_raw(-11);
	assert_int_equal(es_from_pnl(&es, pnl, 3, &rules, scratch), ERR_OK);
	assert_true(usd18_to_raw(es) == 11);
}

static void
var_from_pnl__is_zero_where_nothing_is_lost(void **state)
{
	struct var_rules rules;
	struct usd18 out;

	(void)state;
	var_rules_default(&rules);
	for (size_t i = 0; i < 500; i++)
		pnl[i] = usd18_from_raw((i128)i);
	assert_int_equal(var_from_pnl(&out, pnl, 500, &rules, scratch),
	    ERR_OK);
	assert_true(usd18_is_zero(out));
	assert_int_equal(es_from_pnl(&out, pnl, 500, &rules, scratch), ERR_OK);
	assert_true(usd18_is_zero(out));
}

static void
var_from_pnl__refuses_too_few_scenarios(void **state)
{
	struct var_rules rules;
	enum var_measure used = VAR_MEASURE_VAR;
	struct usd18 out = usd("7");

	(void)state;
	var_rules_default(&rules);
	for (size_t i = 0; i < 600; i++)
		pnl[i] = usd18_from_raw(-(i128)i);
	assert_int_equal(var_from_pnl(&out, pnl, 199, &rules, scratch),
	    ERR_QUORUM);
	assert_int_equal(es_from_pnl(&out, pnl, 199, &rules, scratch),
	    ERR_QUORUM);
	assert_int_equal(var_from_pnl(&out, pnl, 499, &rules, scratch),
	    ERR_REFUSED);
	assert_string_equal(usd_text(out), "7");
	assert_int_equal(es_from_pnl(&out, pnl, 200, &rules, scratch),
	    ERR_OK);
	/* The five worst of 200: 195..199. */
	assert_true(usd18_to_raw(out) == 197);
	assert_int_equal(var_from_pnl(&out, pnl, 500, &rules, scratch),
	    ERR_OK);
	assert_true(usd18_to_raw(out) == 495);
	assert_int_equal(var_measure_of(&out, &used, VAR_MEASURE_VAR, pnl, 499,
	    &rules, scratch), ERR_OK);
	assert_int_equal(used, VAR_MEASURE_ES);
	/* floor(499 * 0.025) = 12 worst: 487..498. */
	assert_true(usd18_to_raw(out) == 493);
	assert_int_equal(var_measure_of(&out, &used, VAR_MEASURE_VAR, pnl, 500,
	    &rules, scratch), ERR_OK);
	assert_int_equal(used, VAR_MEASURE_VAR);
	rules.alpha = tail(PPB_ONE_RAW);
	assert_int_equal(var_from_pnl(&out, pnl, 500, &rules, scratch),
	    ERR_RANGE);
}

static void
var_requirement__adds_its_parts_rounded_up(void **state)
{
	struct var_parts parts = { usd("100"), usd("200"), usd("3"),
	    usd("0.5") };
	struct var_rules rules;
	struct usd18 out = usd("9");

	(void)state;
	var_rules_default(&rules);
	assert_int_equal(var_requirement(&out, &parts, &rules), ERR_OK);
	assert_string_equal(usd_text(out), "128.5");
	parts = (struct var_parts){ .base = usd18_from_raw(1),
	    .stressed = usd18_from_raw(1) };
	assert_int_equal(var_requirement(&out, &parts, &rules), ERR_OK);
	assert_true(usd18_to_raw(out) == 2);
	parts.liquidity = usd18_from_raw(-1);
	assert_int_equal(var_requirement(&out, &parts, &rules), ERR_RANGE);
	assert_true(usd18_to_raw(out) == 2);
}

static void
var_margin_of__names_what_it_is_made_of(void **state)
{
	static struct usd18 stressed[250];
	struct var_inputs in = { pnl, stressed, 500, 250, usd("3"),
	    usd("0.5") };
	struct var_margin m = { .total = usd("9") };
	struct var_rules rules;

	(void)state;
	var_rules_default(&rules);
	for (int i = 0; i < 500; i++)
		pnl[i] = usd18_from_raw(-i * (i128)WAD_ONE_RAW);
	for (int i = 0; i < 250; i++)
		stressed[i] = usd18_from_raw(-i * 4 * (i128)WAD_ONE_RAW);
	assert_int_equal(var_margin_of(&m, VAR_MEASURE_VAR, &in, &rules,
	    scratch), ERR_OK);
	assert_int_equal(m.used, VAR_MEASURE_VAR);
	assert_int_equal(m.used_stressed, VAR_MEASURE_ES);
	assert_string_equal(usd_text(m.parts.base), "495");
	/* The mean of 249 .. 244 times 4. */
	assert_string_equal(usd_text(m.parts.stressed), "986");
	assert_string_equal(usd_text(m.total), "621.25");
	in.count_stressed = 199;
	assert_int_equal(var_margin_of(&m, VAR_MEASURE_VAR, &in, &rules,
	    scratch), ERR_QUORUM);
	assert_string_equal(usd_text(m.total), "621.25");
	rules.weight_stressed = tail(0);
	rules.weight = ppb_one();
	assert_int_equal(var_margin_of(&m, VAR_MEASURE_ES, &in, &rules,
	    scratch), ERR_OK);
	assert_int_equal(m.used, VAR_MEASURE_ES);
	assert_string_equal(usd_text(m.total), "497");
}

/* ---- against a dumb reference -------------------------------------------- */

static int
pnl_order(const void *a, const void *b)
{
	return usd18_compare(*(const struct usd18 *)a,
	    *(const struct usd18 *)b);
}

/* A factor may be a quiet one, a wild one, or one that hardly ever moves. */
static int64_t
random_return(unsigned kind)
{
	int64_t x = (int64_t)(next() % 400000000000000000u) -
	    200000000000000000;

	switch (kind % 4) {
	case 0: return x;
	case 1: return x / 1000000;
	case 2: return next() % 8 == 0 ? x : 0;
	}
	return next() % 50 == 0 ? x * 20 : x / 10;
}

static struct usd18
random_exposure(unsigned kind)
{
	i128 x = (i128)(next() % 2000000000000000000u) -
	    (i128)1000000000000000000;

	switch (kind % 4) {
	case 0: return usd18_from_raw(x * 1000000);
	case 1: return usd18_from_raw(next() % 3 ? 0 : x * 1000);
	case 2: return usd18_from_raw(x % 7);
	}
	return usd18_from_raw(next() % 2 ? x : x * 1000000000000);
}

static i128
floor_div(i128 a, i128 b)
{
	return a / b - (a % b < 0);
}

/* Whole dollars and the rest apart. */
static struct usd18
dumb_pnl(const struct usd18 *e, const int64_t *r, uint32_t factors)
{
	i128 low = 0, high = 0, one = (i128)WAD_ONE_RAW;

	for (uint32_t f = 0; f < factors; f++) {
		i128 x = usd18_to_raw(e[f]);

		high += floor_div(x, one) * r[f];
		low += (x - floor_div(x, one) * one) * r[f];
	}
	return usd18_from_raw(high + floor_div(low, one));
}

static struct sample sample;
static struct var_table table;
static struct screen_var screen;
static struct var_work work;
static struct screen_var_work screen_work;
static struct usd18 exposure[VAULTS_A_SET][SAMPLE_FACTORS_MAX];

static void
random_sample(void)
{
	static int64_t r[1500 * SAMPLE_FACTORS_MAX];
	static int32_t coarse[VAR_TABLE_PLACES(1500, SAMPLE_FACTORS_MAX)];
	static double wide[SCREEN_VAR_PLACES(1500, SAMPLE_FACTORS_MAX)];
	uint32_t n = 200 + (uint32_t)(next() % 1300);
	uint32_t factors = 1 + (uint32_t)(next() % (next() % 4 ? 10 : 64));

	for (uint32_t f = 0; f < factors; f++) {
		unsigned kind = (unsigned)(next() % 4);

		for (uint32_t s = 0; s < n; s++)
			r[s * factors + f] = random_return(kind);
	}
	sample = (struct sample){ n, factors, ARRAY_COUNT(r), r };
	var_table_make(&table, &sample, coarse, SIMD_VAR_PORTABLE);
	screen_var_make(&screen, &sample, wide, simd_var_best());
}

/* A vault is all of one kind, or mixed; its factors lie close together so that
 * exposures[v * factors] is its first. */
static struct usd18 *
random_exposures(void)
{
	struct usd18 *e = exposure[0];

	for (unsigned v = 0; v < VAULTS_A_SET; v++) {
		unsigned kind = (unsigned)(next() % 5);

		for (uint32_t f = 0; f < sample.factors; f++)
			e[v * sample.factors + f] = v == 0 ? usd18_zero() :
			    random_exposure(kind < 4 ? kind :
			    (unsigned)(next() % 4));
	}
	return e;
}

static void
check_vault(const struct usd18 *e, const struct var_result *got,
    const struct var_rules *rules)
{
	static struct usd18 sorted[SAMPLE_SCENARIOS_MAX];
	uint32_t n = sample.scenarios;
	uint32_t k = (uint32_t)((uint64_t)n * 25 / 1000);
	struct usd18 sum = usd18_zero(), plain;
	i128 mean;

	assert_int_equal(var_pnl_linear(pnl, e, &sample), ERR_OK);
	for (uint32_t s = 0; s < n; s++) {
		sorted[s] = dumb_pnl(e, sample.r + s * sample.factors,
		    sample.factors);
		assert_int_equal(usd18_compare(sorted[s], pnl[s]), 0);
	}
	qsort(sorted, n, sizeof(*sorted), pnl_order);
	for (uint32_t i = 0; i < k; i++)
		assert_int_equal(usd18_add(&sum, sum, sorted[i]), ERR_OK);
	mean = -floor_div(usd18_to_raw(sum), k);
	assert_true(usd18_to_raw(got->es) == (mean > 0 ? mean : 0));
	assert_int_equal(es_from_pnl(&plain, pnl, n, rules, scratch), ERR_OK);
	assert_int_equal(usd18_compare(plain, got->es), 0);
	k = (uint32_t)((uint64_t)n / 20);
	mean = -usd18_to_raw(sorted[k - 1]);
	assert_true(usd18_to_raw(got->var) == (mean > 0 ? mean : 0));
	assert_int_equal(var_from_pnl(&plain, pnl, n, rules, scratch), ERR_OK);
	assert_int_equal(usd18_compare(plain, got->var), 0);
}

static bool
holds(double low, double high, struct usd18 exact)
{
	/* The bounds are doubles; a hair for the exact one's own rounding. */
	double x = (double)usd18_to_raw(exact) / 1e18, hair = x * 1e-15;

	return low <= x + hair && x <= high + hair;
}

static void
check_screen(const struct usd18 *e, const struct var_result *exact,
    const struct var_rules *rules)
{
	static double x[VAULTS_A_SET * SAMPLE_FACTORS_MAX];
	static struct screen_var_result seen[VAULTS_A_SET];

	for (size_t i = 0; i < VAULTS_A_SET * sample.factors; i++)
		x[i] = (double)usd18_to_raw(e[i]) / 1e18;
	for (int level = SIMD_VAR_PORTABLE; level <= (int)simd_var_best();
	    level++) {
		screen.level = (enum simd_var_level)level;
		assert_int_equal(screen_var_measure(seen, x, VAULTS_A_SET - 1,
		    &screen, rules, &screen_work), ERR_OK);
		for (size_t v = 0; v < VAULTS_A_SET - 1; v++) {
			assert_true(holds(seen[v].var_low, seen[v].var_high,
			    exact[v].var));
			assert_true(holds(seen[v].es_low, seen[v].es_high,
			    exact[v].es));
		}
	}
}

static void
var_table_measure__equals_the_plain_way_at_every_level(void **state)
{
	static struct var_result first[VAULTS_A_SET], got[VAULTS_A_SET];
	struct var_rules rules;

	(void)state;
	var_rules_default(&rules);
	rules.alpha = tail(950000000);
	for (unsigned set = 0; set < SETS; set++) {
		struct usd18 *e;

		random_sample();
		e = random_exposures();
		for (int level = SIMD_VAR_PORTABLE;
		    level <= (int)simd_var_best(); level++) {
			table.level = (enum simd_var_level)level;
			assert_int_equal(var_table_measure(got, NULL, e,
			    VAULTS_A_SET, &table, &rules, &work), ERR_OK);
			if (level == SIMD_VAR_PORTABLE)
				memcpy(first, got, sizeof(got));
			assert_memory_equal(first, got, sizeof(got));
		}
		for (unsigned v = 0; v < VAULTS_A_SET; v++)
			check_vault(e + v * sample.factors, &got[v], &rules);
		check_screen(e, got, &rules);
	}
}

static void
var_table_measure__includes_ties_where_the_profile_does(void **state)
{
	struct var_rules rules;

	(void)state;
	var_rules_default(&rules);
	rules.profile = VAR_PROFILE_ORE;
	rules.alpha = tail(950000000);
	for (unsigned set = 0; set < 5; set++) {
		struct var_result got;
		struct usd18 plain, *e;

		random_sample();
		e = random_exposures() + 3 * sample.factors;
		assert_int_equal(var_table_measure(&got, NULL, e, 1, &table,
		    &rules, &work), ERR_OK);
		assert_int_equal(var_pnl_linear(pnl, e, &sample), ERR_OK);
		assert_int_equal(es_from_pnl(&plain, pnl, sample.scenarios,
		    &rules, scratch), ERR_OK);
		assert_int_equal(usd18_compare(plain, got.es), 0);
		assert_int_equal(var_from_pnl(&plain, pnl, sample.scenarios,
		    &rules, scratch), ERR_OK);
		assert_int_equal(usd18_compare(plain, got.var), 0);
	}
}

static void
var_table_measure__names_the_vault_that_does_not_fit(void **state)
{
	struct var_result got[3] = { { usd("1"), usd("1") } };
	struct var_rules rules;
	size_t failed = 99;
	struct usd18 *e;

	(void)state;
	var_rules_default(&rules);
	rules.alpha = tail(900000000);
	random_sample();
	e = random_exposures();
	got[1].var = usd("5");
	e[sample.factors] = usd18_from_raw(VAR_EXPOSURE_MAX);
	assert_int_equal(var_table_measure(got, &failed, e, 3, &table, &rules,
	    &work), ERR_OK);
	e[sample.factors] = usd18_from_raw(VAR_EXPOSURE_MAX + 1);
	got[1].var = usd("5");
	assert_int_equal(var_table_measure(got, &failed, e, 3, &table, &rules,
	    &work), ERR_RANGE);
	assert_int_equal(failed, 1);
	assert_string_equal(usd_text(got[1].var), "5");
	e[sample.factors] = usd18_from_raw(-VAR_EXPOSURE_MAX - 1);
	assert_int_equal(var_pnl_linear(pnl, e + sample.factors, &sample),
	    ERR_RANGE);
	rules.scenarios_min = sample.scenarios + 1;
	assert_int_equal(var_table_measure(got, &failed, e, 1, &table, &rules,
	    &work), ERR_QUORUM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(var_tail_of__takes_the_rank_of_its_profile),
		cmocka_unit_test(var_tail_of__refuses_what_is_no_tail),
		cmocka_unit_test(es_from_pnl__rounds_the_requirement_up),
		cmocka_unit_test(var_from_pnl__is_zero_where_nothing_is_lost),
		cmocka_unit_test(var_from_pnl__refuses_too_few_scenarios),
		cmocka_unit_test(var_requirement__adds_its_parts_rounded_up),
		cmocka_unit_test(var_margin_of__names_what_it_is_made_of),
		cmocka_unit_test(
		    var_table_measure__equals_the_plain_way_at_every_level),
		cmocka_unit_test(
		    var_table_measure__includes_ties_where_the_profile_does),
		cmocka_unit_test(
		    var_table_measure__names_the_vault_that_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
