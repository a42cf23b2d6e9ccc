/* Value at risk and expected shortfall of vaults with ten factors under 1,000
 * scenarios: the exact table, the plain exact way, the screening. */
#include "tests/bench/margin/suites.h"

#include "base/must.h"
#include "margin/screen_var.h"
#include "margin/var_table.h"

#include <stdlib.h>

#define SCENARIOS 1000u
#define FACTORS 10u
#define VAULTS 100000u
#define PLAIN_VAULTS 500u	/* of what is slow */
#define EXACT_GOAL_NS 4000.0
#define SCREEN_GOAL_NS 1500.0

static struct sample sample;
static struct var_table table;
static struct screen_var screen;
static struct var_rules rules;
static struct usd18 *exposure;
static double *coarse;
static struct var_result *result;
static struct screen_var_result *seen;
static struct var_work work;
static struct screen_var_work screen_work;

static uint64_t state = 88172645463325252u;

static uint64_t
next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* A sum of twelve uniforms is nearly normal; the fourth power has fat tails
 * like those of a coin. */
static int64_t
draw_return(void)
{
	int64_t sum = 0;

	for (int i = 0; i < 12; i++)
		sum += (int64_t)(next() % 20000000000000000u) -
		    10000000000000000;
	return next() % 20 == 0 ? 4 * sum : sum;
}

static void
prepare(void)
{
	static int64_t r[SCENARIOS * FACTORS];
	static int32_t narrow[VAR_TABLE_PLACES(SCENARIOS, FACTORS)];
	static double wide[SCREEN_VAR_PLACES(SCENARIOS, FACTORS)];

	for (size_t i = 0; i < SCENARIOS * FACTORS; i++)
		r[i] = draw_return();
	sample = (struct sample){ SCENARIOS, FACTORS, SCENARIOS * FACTORS, r };
	var_table_make(&table, &sample, narrow, simd_var_best());
	screen_var_make(&screen, &sample, wide, simd_var_best());
	var_rules_default(&rules);
	exposure = malloc(VAULTS * FACTORS * sizeof(*exposure));
	coarse = malloc(VAULTS * FACTORS * sizeof(*coarse));
	result = malloc(VAULTS * sizeof(*result));
	seen = malloc(VAULTS * sizeof(*seen));
	MUST(exposure && coarse && result && seen);
	for (size_t i = 0; i < VAULTS * FACTORS; i++) {
		i128 x = (i128)(next() % 2000000000000) - 1000000000000;

		exposure[i] = usd18_from_raw(x * 1000000000000);
		coarse[i] = (double)x / 1e6;
	}
}

static void
run_exact(void *context)
{
	(void)context;
	MUST(var_table_measure(result, NULL, exposure, VAULTS, &table, &rules,
	    &work) == ERR_OK);
	bench_keep((uint64_t)usd18_to_raw(result[VAULTS - 1].var));
}

static void
run_screen(void *context)
{
	(void)context;
	MUST(screen_var_measure(seen, coarse, VAULTS, &screen, &rules,
	    &screen_work) == ERR_OK);
}

/* The textbook's way in floating point: product, then quickselect for both
 * quantiles; what platform measurements call sgemm + quickselect. */
static void
select_least(float *x, size_t n, size_t k)
{
	size_t low = 0, high = n;

	while (high - low > 1) {
		float pivot = x[low + (high - 1 - low) / 2];
		size_t i = low, j = high - 1;

		for (;; i++, j--) {
			float swap;

			while (x[i] < pivot)
				i++;
			while (x[j] > pivot)
				j--;
			if (i >= j)
				break;
			swap = x[i];
			x[i] = x[j];
			x[j] = swap;
		}
		if (k <= j)
			high = j + 1;
		else
			low = j + 1;
	}
}

static void
run_textbook(void *context)
{
	static float r[FACTORS][SCENARIOS], key[SCENARIOS];
	float total = 0;

	(void)context;
	for (size_t i = 0; i < SCENARIOS * FACTORS && r[0][0] == 0; i++)
		r[(SCENARIOS * FACTORS - 1 - i) % FACTORS]
		    [(SCENARIOS * FACTORS - 1 - i) / FACTORS] =
		    (float)sample.r[SCENARIOS * FACTORS - 1 - i] / 1e18f;
	for (size_t v = 0; v < PLAIN_VAULTS; v++) {
		for (size_t s = 0; s < SCENARIOS; s++)
			key[s] = 0;
		for (size_t f = 0; f < FACTORS; f++)
			for (size_t s = 0; s < SCENARIOS; s++)
				key[s] += (float)coarse[v * FACTORS + f] *
				    r[f][s];
		select_least(key, SCENARIOS, 24);
		for (size_t i = 0; i < 25; i++)
			total += key[i];
		select_least(key, 25, 9);
		total += key[9];
	}
	bench_keep((uint64_t)(int64_t)total);
}

static void
run_screen_some(void *context)
{
	(void)context;
	MUST(screen_var_measure(seen, coarse, PLAIN_VAULTS, &screen, &rules,
	    &screen_work) == ERR_OK);
}

static void
run_plain(void *context)
{
	(void)context;
	for (size_t v = 0; v < PLAIN_VAULTS; v++) {
		MUST(var_pnl_linear(work.pnl, exposure + v * FACTORS, &sample)
		    == ERR_OK);
		MUST(var_from_pnl(&result[v].var, work.pnl, SCENARIOS, &rules,
		    work.scratch) == ERR_OK);
		MUST(es_from_pnl(&result[v].es, work.pnl, SCENARIOS, &rules,
		    work.scratch) == ERR_OK);
	}
}

void
bench_var(void)
{
	struct bench_side exact = { run_exact, NULL, VAULTS };
	struct bench_side plain = { run_plain, NULL, PLAIN_VAULTS };
	struct bench_side screening = { run_screen, NULL, VAULTS };
	struct bench_side some = { run_screen_some, NULL, PLAIN_VAULTS };
	struct bench_side textbook = { run_textbook, NULL, PLAIN_VAULTS };
	double ns;

	prepare();
	ns = bench_median_ns(&exact, 5);
	bench_row("var+es exact, budget", ns, EXACT_GOAL_NS, 1.0);
	ns = bench_median_ns(&screening, 5);
	bench_row("var+es screening, budget", ns, SCREEN_GOAL_NS, 1.0);
	bench_compare("var+es screening, quickselect", &some, &textbook, 101,
	    0.2);
	table.level = SIMD_VAR_AVX2 < table.level ? SIMD_VAR_AVX2 :
	    table.level;
	bench_note("var+es exact, AVX2", bench_median_ns(&exact, 3));
	table.level = SIMD_VAR_PORTABLE;
	bench_note("var+es exact, portable", bench_median_ns(&exact, 3));
	bench_note("var+es exact, plain", bench_median_ns(&plain, 5));
	free(exposure);
	free(coarse);
	free(result);
	free(seen);
}
