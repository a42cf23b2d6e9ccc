/* A table of 1,000 options x 33 scenarios against the same prices in double
 * by libm; 100,000 vaults of 10 positions against a table, in plain integers
 * and with the 52-bit multiply-add, against a naive loop of 128-bit sums that
 * knows neither expiries nor discounts: first a table without discounts, then
 * one with all that the method has. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "margin/option.h"
#include "margin/scenario_vaults.h"
#include "tests/bench/margin/suites.h"

#define OPTIONS 1000u
#define SCENARIOS 33u
#define EXPIRIES 12u
#define VAULTS 100000u
#define POSITIONS 10u
#define TABLE_ROUNDS 31u
#define VAULT_ROUNDS 11u

struct world {
	struct scenario_rules rules;
	struct scenario_table table;
	struct scenario_option option[OPTIONS];
	uint32_t first[VAULTS + 1];
	uint32_t row[VAULTS * POSITIONS];
	int64_t amount[VAULTS * POSITIONS];
	struct usd18 loss[VAULTS];
	uint8_t worst[VAULTS];
	struct scenario_vaults vaults;
};

static uint64_t
next(uint64_t *seed, uint64_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (*seed >> 33) % below;
}

static struct px18
price(uint64_t units)
{
	return px18_from_raw((u128)units * WAD_ONE_RAW);
}

/* No discounts, no basis contingency, no skews, nothing damped. */
static void
rules_flatten(struct scenario_rules *r)
{
	r->margin.long_base_static_discount = num18_one();
	r->margin.short_base_static_discount = num18_one();
	r->margin.long_rate_mult_scale = r->margin.long_rate_add_scale =
	    r->margin.short_rate_mult_scale = r->margin.short_rate_add_scale =
	    r->basis.basis_cont_add_factor = r->basis.basis_cont_mult_factor =
	    num18_zero();
	for (uint32_t i = 0; i < r->shock_count; i++) {
		struct scenario_shock *s = &r->shock[i];

		s->dampening = num18_one();
		if (s->vol >= SCENARIO_VOL_LINEAR)
			*s = (struct scenario_shock){ num18_from_raw(
			    500000000000000000 + (i128)i * 1000000000000000),
			    SCENARIO_VOL_UP, num18_one() };
	}
}

static void
world_market(struct world *w, bool is_flat, int64_t *value, uint8_t *group)
{
	unsigned bits = SCENARIO_VALUE_BITS_SIMD;
	struct scenario_expiry expiry[EXPIRIES];

	/* Two more than PMRM_2's 31. */
	scenario_rules_default(&w->rules);
	w->rules.shock[w->rules.shock_count++] = (struct scenario_shock){
		num18_from_raw(820000000000000000), SCENARIO_VOL_NONE,
		num18_one() };
	w->rules.shock[w->rules.shock_count++] = (struct scenario_shock){
		num18_from_raw(1180000000000000000), SCENARIO_VOL_NONE,
		num18_one() };
	if (is_flat)
		rules_flatten(&w->rules);
	for (uint32_t i = 0; i < EXPIRIES; i++)
		expiry[i] = (struct scenario_expiry){
			.seconds = (i + 1) * 86400u * 14u,
			.tau = option_tau((i + 1) * UINT64_C(86400000) * 14u),
			.forward_variable = price(60000 + 100 * i),
			.rate = num18_from_raw(40000000000000000),
			.confidence = num18_one(),
		};
	MUST(scenario_columns_of(&w->table.columns, &w->rules, num18_one()) ==
	    ERR_OK);
	MUST(scenario_table_init(&w->table, &w->rules, num18_one(), expiry,
	    EXPIRIES, scenario_decimals_for(price(100000), &w->table.columns,
	    bits), bits, value, group, OPTIONS) == ERR_OK);
}

static void
table_ours(void *context)
{
	struct world *w = context;

	for (uint32_t i = 0; i < OPTIONS; i++)
		MUST(scenario_table_put_option(&w->table, i, &w->option[i]) ==
		    ERR_OK);
	bench_keep((uint64_t)w->table.value[0]);
}

static double
libm_price(double f, double k, double vol, double tau, double discount,
    bool is_call)
{
	double s = vol * sqrt(tau);
	double d1 = log(f / k) / s + s / 2, d2 = d1 - s;
	double sign = is_call ? 1 : -1;

	return discount * sign * (f * 0.5 * erfc(-sign * d1 * M_SQRT1_2) -
	    k * 0.5 * erfc(-sign * d2 * M_SQRT1_2));
}

static void
table_libm(void *context)
{
	struct world *w = context;
	double sum = 0;

	for (uint32_t i = 0; i < OPTIONS; i++) {
		const struct scenario_option *o = &w->option[i];
		const struct scenario_slice *s = &w->table.slice[o->expiry];
		double tau = (double)num18_to_raw(s->expiry.tau) / 1e18;
		double vol = (double)num18_to_raw(o->vol) / 1e18;
		double strike = (double)px18_to_raw(o->strike) / 1e18;
		double d = (double)num18_to_raw(s->shocks.discount) / 1e18;

		for (uint32_t c = 0; c < w->table.columns.count; c++)
			sum += libm_price((double)px18_to_raw(s->forward) /
			    1e18 * (0.7 + 0.02 * c), strike, vol * (1 + 0.01 *
			    (c % 3)), tau, d, o->is_call);
	}
	bench_keep((uint64_t)sum);
}

static void
world_options(struct world *w, uint64_t *seed)
{
	for (uint32_t i = 0; i < OPTIONS; i++)
		w->option[i] = (struct scenario_option){
			.expiry = i * EXPIRIES / OPTIONS,
			.is_call = next(seed, 2) == 0,
			.strike = price(30000 + 500 * next(seed, 140)),
			.vol = num18_from_raw((i128)(400000 +
			    next(seed, 500000)) * 1000000000000),
			.confidence = num18_one(),
		};
}

/* Ten positions each, of `expiries` neighbouring expiries. */
static void
world_vaults(struct world *w, uint64_t *seed, uint32_t expiries)
{
	uint32_t p = 0;

	for (uint32_t v = 0; v < VAULTS; v++) {
		uint32_t expiry = (uint32_t)next(seed, EXPIRIES - expiries +
		    1);

		w->first[v] = p;
		for (uint32_t i = 0; i < POSITIONS; i++) {
			uint32_t e = expiry + i * expiries / POSITIONS;
			uint32_t low = (e * OPTIONS + EXPIRIES - 1) / EXPIRIES;
			uint32_t high = ((e + 1) * OPTIONS + EXPIRIES - 1) /
			    EXPIRIES;

			w->row[p] = low + (uint32_t)next(seed, high - low);
			w->amount[p++] = 16 * ((int64_t)next(seed,
			    20000000000) - 10000000000);
		}
	}
	w->first[VAULTS] = p;
}

static void
vaults_naive(void *context)
{
	struct world *w = context;
	const struct scenario_table *t = &w->table;

	for (uint32_t v = 0; v < VAULTS; v++) {
		i128 least = 0;

		for (uint32_t c = 0; c < t->columns.loss_count; c++) {
			i128 pnl = 0;

			for (uint32_t p = w->first[v]; p < w->first[v + 1];
			    p++) {
				const int64_t *row = t->value +
				    (size_t)w->row[p] * t->stride;

				pnl += (i128)w->amount[p] * (row[c] -
				    row[t->columns.base]);
			}
			least = pnl < least ? pnl : least;
		}
		w->loss[v] = usd18_from_raw(-least);
	}
	bench_keep((uint64_t)usd18_to_raw(w->loss[VAULTS / 2]));
}

static void
vaults_plain(void *context)
{
	const struct scenario_which all = { NULL, 0, VAULTS };
	struct world *w = context;

	MUST(scenario_vaults_worst_portable(w->loss, w->worst, &w->vaults,
	    &w->table, &all) == ERR_OK);
	bench_keep((uint64_t)usd18_to_raw(w->loss[VAULTS / 2]));
}

static void
vaults_simd(void *context)
{
	struct world *w = context;

	MUST(scenario_vaults_worst(w->loss, w->worst, &w->vaults, &w->table,
	    0, VAULTS, SCENARIO_AMOUNT_BITS_SIMD) == ERR_OK);
	bench_keep((uint64_t)usd18_to_raw(w->loss[VAULTS / 2]));
}

static void
bench_table(struct world *w)
{
	struct bench_side ours = { table_ours, w, 1 };
	struct bench_side libm = { table_libm, w, 1 };
	double limit_ns = 1.2e6;

	bench_compare("table 1,000 x 33 vs libm double", &ours, &libm,
	    TABLE_ROUNDS, 3.5);
	bench_row("table 1,000 x 33 vs 1.2 ms",
	    bench_median_ns(&ours, TABLE_ROUNDS), limit_ns, 1.0);
}

/* Goals against the naive loop: in plain integers, and with the 52-bit
 * multiply-add. */
static void
bench_vaults(struct world *w, const char *name, const char *name_simd,
    double goal, double goal_simd)
{
	struct bench_side naive = { vaults_naive, w, VAULTS };
	struct bench_side plain = { vaults_plain, w, VAULTS };
	struct bench_side simd = { vaults_simd, w, VAULTS };

	MUST(scenario_vaults_check(&w->vaults, &w->table,
	    SCENARIO_AMOUNT_BITS_SIMD) == ERR_OK);
	bench_compare(name, &plain, &naive, VAULT_ROUNDS, goal);
	bench_compare(name_simd, &simd, &naive, VAULT_ROUNDS, goal_simd);
}

/* The step alone: what a vault costs where nothing is discounted.  A study
 * of it took 260 ns in plain integers and 56 ns with the multiply-add. */
static void
bench_flat(struct world *w)
{
	struct bench_side plain = { vaults_plain, w, VAULTS };
	struct bench_side simd = { vaults_simd, w, VAULTS };

	MUST(scenario_table_is_flat(&w->table));
	bench_vaults(w, "vault, flat, vs naive", "vault, flat, IFMA, vs naive",
	    1.0, 0.23);
	bench_row("vault, flat, vs 260 ns", bench_median_ns(&plain,
	    VAULT_ROUNDS), 260, 1.0);
	bench_row("vault, flat, IFMA, vs 60 ns", bench_median_ns(&simd,
	    VAULT_ROUNDS), 60, 1.0);
}

/* With a discount by the sign of each expiry's sum, basis contingencies,
 * skews and dampened tails, none of which the naive loop has. */
static void
bench_discounted(struct world *w, uint64_t *seed)
{
	world_vaults(w, seed, 1);
	bench_vaults(w, "vault, 1 expiry, vs naive",
	    "vault, 1 expiry, IFMA", 1.1, 0.33);
	world_vaults(w, seed, 3);
	bench_vaults(w, "vault, 3 expiries, vs naive",
	    "vault, 3 expiries, IFMA", 1.7, 0.45);
}

/* One vault alone, priced and all. */
static void
evaluate_one(void *context)
{
	struct world *w = context;
	struct scenario_option own[POSITIONS];
	struct scenario_expiry expiry[EXPIRIES];
	struct scenario_unit u = {
		.spot = price(60000), .stable = price(1),
		.spot_confidence = num18_one(), .beta = num18_one(),
		.expiry = expiry, .expiry_count = EXPIRIES, .option = own,
		.option_count = POSITIONS,
	};
	struct scenario_result r;

	for (uint32_t i = 0; i < EXPIRIES; i++)
		expiry[i] = w->table.slice[i].expiry;
	for (uint32_t i = 0; i < POSITIONS; i++) {
		own[i] = w->option[w->row[i]];
		own[i].amount = num18_from_raw((i128)w->amount[i] *
		    625000000);	/* 10^10 / 16 */
	}
	MUST(scenario_evaluate(&r, &u, &w->rules) == ERR_OK);
	bench_keep((uint64_t)usd18_to_raw(r.loss));
}

void
bench_scenario(void)
{
	struct world *w = calloc(1, sizeof(*w));
	size_t bytes = (size_t)OPTIONS * SCENARIO_COLUMNS_MAX *
	    sizeof(int64_t);
	int64_t *value = aligned_alloc(64, bytes);
	uint8_t *group = calloc(OPTIONS, 1);
	struct bench_side one = { evaluate_one, w, 1 };
	uint64_t seed = 1;

	MUST(w != NULL && value != NULL && group != NULL);
	world_options(w, &seed);
	w->vaults = (struct scenario_vaults){ VAULTS, w->first, w->row,
	    w->amount };
	world_market(w, true, value, group);
	table_ours(w);
	world_vaults(w, &seed, 3);
	bench_flat(w);
	world_market(w, false, value, group);
	bench_table(w);
	bench_discounted(w, &seed);
	bench_note("scenario_evaluate, 10 options",
	    bench_median_ns(&one, TABLE_ROUNDS));
	free(group);
	free(value);
	free(w);
}
