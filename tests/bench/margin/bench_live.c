/* A table of 1,000 options of 12 expiries and 33 scenarios kept up with the
 * market, against the same table built anew: when the surface of one expiry
 * moved, and when only the index did; and of 100,000 vaults of 10 positions
 * those that hold something of what moved, found and valued again, against
 * all of them. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "margin/scenario_holders.h"
#include "margin/scenario_live.h"
#include "tests/bench/margin/suites.h"

#define OPTIONS 1000u
#define ROWS (OPTIONS + 1u)	/* and a perpetual */
#define EXPIRIES 12u
#define VAULTS 100000u
#define POSITIONS 10u
#define STRIDE 40u
#define DAY_MS UINT64_C(86400000)
#define NOW_MS UINT64_C(1790000000000)
#define ROUNDS 31u

struct world {
	struct book book;
	struct instrument instruments[ROWS];
	struct market market;
	struct market_terms terms;
	struct scenario_rules rules;
	struct scenario_live live, anew;
	struct scenario_live_row row[2][ROWS];
	uint8_t group[2][ROWS];
	uint64_t surface_turn, index_turn;
	uint32_t first[VAULTS + 1];
	uint32_t position[VAULTS * POSITIONS];
	int64_t amount[VAULTS * POSITIONS];
	struct usd18 loss[VAULTS];
	uint8_t worst[VAULTS];
	uint32_t some[VAULTS], count;
	struct scenario_vaults vaults;
	struct scenario_holders holders;
	uint32_t row_first[ROWS + 1], holder[VAULTS * POSITIONS];
	uint64_t mark[(VAULTS + 63) / 64];
};

static uint64_t
next(uint64_t *seed, uint64_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (*seed >> 33) % below;
}

static struct num18
milli(int64_t v)
{
	return num18_from_raw((i128)v * (i128)(WAD_ONE_RAW / 1000));
}

static struct px18
price(uint64_t units)
{
	return px18_from_raw((u128)units * WAD_ONE_RAW);
}

static void
world_market(struct world *w)
{
	struct market_factor *f = &w->terms.factor[0];

	w->market.as_of_ms = NOW_MS;
	w->market.terms = &w->terms;
	f->is_present = true;
	f->price.price = (struct price){ .mid = price(60000),
		.low = price(59990), .high = price(60010) };
	f->forward_count = f->slice_count = EXPIRIES;
	for (uint32_t i = 0; i < EXPIRIES; i++) {
		uint64_t days = 14 * (i + 1);

		f->forward[i] = (struct market_forward){
			.expiry_ms = NOW_MS + days * DAY_MS,
			.price = price(60000 + 100 * i),
			.confidence = num18_one() };
		f->slice[i] = (struct market_slice){
			.expiry_ms = f->forward[i].expiry_ms,
			.confidence = num18_one(),
			.svi = { .a = milli(10 + 2 * i), .b = milli(40),
				.rho = milli(-200), .m = milli(10),
				.sigma = milli(150),
				.forward = f->forward[i].price,
				.tau = milli((int64_t)days * 1000 / 365) } };
	}
}

static void
world_book(struct world *w, uint64_t *seed)
{
	w->book.instruments = w->instruments;
	w->book.instrument_count = ROWS;
	w->book.factor_count = 1;
	for (uint32_t i = 0; i < OPTIONS; i++)
		w->instruments[i] = (struct instrument){
			.kind = INSTRUMENT_OPTION, .multiplier = num18_one(),
			.is_call = next(seed, 2) == 0,
			.strike = price(30000 + 500 * next(seed, 140)),
			.expiry_ms = NOW_MS + 14 * DAY_MS *
			    (i * EXPIRIES / OPTIONS + 1),
			.window_ms = INSTRUMENT_WINDOW_MS_DEFAULT };
	w->instruments[OPTIONS] = (struct instrument){
		.kind = INSTRUMENT_PERP, .multiplier = num18_one() };
	scenario_rules_default(&w->rules);
	w->rules.shock[w->rules.shock_count++] = (struct scenario_shock){
		milli(820), SCENARIO_VOL_NONE, num18_one() };
	w->rules.shock[w->rules.shock_count++] = (struct scenario_shock){
		milli(1180), SCENARIO_VOL_NONE, num18_one() };
}

/* Ten options each, of three neighbouring expiries: rows are in the order of
 * groups. */
static void
world_vaults(struct world *w, uint64_t *seed)
{
	uint32_t p = 0;

	for (uint32_t v = 0; v < VAULTS; v++) {
		uint32_t expiry = (uint32_t)next(seed, EXPIRIES - 2);

		w->first[v] = p;
		for (uint32_t i = 0; i < POSITIONS; i++) {
			uint32_t e = expiry + i * 3 / POSITIONS;
			uint32_t low = (e * OPTIONS + EXPIRIES - 1) / EXPIRIES;
			uint32_t high = ((e + 1) * OPTIONS + EXPIRIES - 1) /
			    EXPIRIES;

			w->position[p] = low + (uint32_t)next(seed,
			    high - low);
			w->amount[p++] = 16 * ((int64_t)next(seed,
			    20000000000) - 10000000000);
		}
	}
	w->first[VAULTS] = p;
	w->vaults = (struct scenario_vaults){ VAULTS, w->first, w->position,
	    w->amount };
	w->holders = (struct scenario_holders){ ROWS, VAULTS, w->row_first,
	    w->holder, w->mark };
	MUST(scenario_vaults_check(&w->vaults, &w->live.table,
	    SCENARIO_AMOUNT_BITS_SIMD) == ERR_OK);
	scenario_holders_fill(&w->holders, &w->vaults);
}

static void
refresh_expiry(void *context)
{
	struct world *w = context;

	w->terms.factor[0].slice[5].svi.a = milli(20 +
	    (int64_t)(++w->surface_turn % 2));
	MUST(scenario_live_refresh(&w->live, &w->market) == ERR_OK);
	MUST(w->live.touched_count > 0);
}

static void
refresh_index(void *context)
{
	struct world *w = context;

	w->terms.factor[0].price.price.mid = price(60000 +
	    ++w->index_turn % 2);
	MUST(scenario_live_refresh(&w->live, &w->market) == ERR_OK);
	MUST(w->live.touched_count == 1);
}

static void
build_all(void *context)
{
	struct world *w = context;

	MUST(scenario_live_build(&w->anew, &w->market, &w->rules,
	    w->live.table.decimals, SCENARIO_VALUE_BITS_SIMD) == ERR_OK);
	bench_keep(w->anew.touched_count);
}

static void
vaults_touched(void *context)
{
	struct world *w = context;

	w->count = scenario_holders_of(w->some, &w->holders, w->live.touched);
	MUST(scenario_vaults_worst_some(w->loss, w->worst, &w->vaults,
	    &w->live.table, w->some, w->count, SCENARIO_AMOUNT_BITS_SIMD) ==
	    ERR_OK);
	bench_keep((uint64_t)usd18_to_raw(w->loss[VAULTS / 2]));
}

static void
vaults_all(void *context)
{
	struct world *w = context;

	MUST(scenario_vaults_worst(w->loss, w->worst, &w->vaults,
	    &w->live.table, 0, VAULTS, SCENARIO_AMOUNT_BITS_SIMD) == ERR_OK);
	bench_keep((uint64_t)usd18_to_raw(w->loss[VAULTS / 2]));
}

/* A twelfth of the rows, and a look at the others' inputs. */
static void
bench_refresh(struct world *w)
{
	struct bench_side expiry = { refresh_expiry, w, 1 };
	struct bench_side index = { refresh_index, w, 1 };
	struct bench_side all = { build_all, w, 1 };

	bench_compare("table, 1 expiry of 12, vs all", &expiry, &all, ROUNDS,
	    0.12);
	bench_compare("table, index alone, vs all", &index, &all, ROUNDS,
	    0.02);
}

/* Three expiries a vault: a quarter of them holds a given one. */
static void
bench_holders(struct world *w)
{
	struct bench_side touched = { vaults_touched, w, 1 };
	struct bench_side all = { vaults_all, w, 1 };

	refresh_expiry(w);
	bench_compare("vaults of 1 expiry, vs all", &touched, &all,
	    ROUNDS, 0.40);
	bench_note("such vaults, of 100,000", w->count);
}

void
bench_live(void)
{
	struct world *w = calloc(1, sizeof(*w));
	size_t bytes = (size_t)(ROWS + 7) / 8 * 8 * STRIDE * sizeof(int64_t);
	int64_t *value[2] = { aligned_alloc(64, bytes),
		aligned_alloc(64, bytes) };
	uint64_t seed = 1;

	MUST(w != NULL && value[0] != NULL && value[1] != NULL);
	world_book(w, &seed);
	world_market(w);
	MUST(scenario_live_init(&w->live, &w->book, 0, SCENARIO_LIVE_STEP_MS,
	    value[0], w->group[0], w->row[0], ROWS) == ERR_OK);
	MUST(scenario_live_init(&w->anew, &w->book, 0, SCENARIO_LIVE_STEP_MS,
	    value[1], w->group[1], w->row[1], ROWS) == ERR_OK);
	MUST(scenario_live_build(&w->live, &w->market, &w->rules, 0,
	    SCENARIO_VALUE_BITS_SIMD) == ERR_OK);
	MUST(w->live.table.stride <= STRIDE);
	bench_refresh(w);
	world_vaults(w, &seed);
	bench_holders(w);
	free(value[1]);
	free(value[0]);
	free(w);
}
