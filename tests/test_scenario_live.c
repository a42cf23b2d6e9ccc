/* A table kept up with the market against one built anew, bit for bit; who
 * holds what was priced; the product of those vaults alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/scenario_holders.h"
#include "margin/scenario_live.h"
#include "tests/portfolio_world.h"

#define ROWS 64u
#define STRIDE 40u
#define VAULTS 200u
#define POSITIONS 8u
#define STEPS 400

static struct portfolio_world *w;
static struct scenario_live live, anew;
static int64_t value[2][ROWS * STRIDE] __attribute__((aligned(64)));
static uint8_t row_group[2][ROWS];
static struct scenario_live_row rows[2][ROWS];

static void
init(uint8_t factor)
{
	assert_int_equal(scenario_live_init(&live, &w->book, factor,
	    SCENARIO_LIVE_STEP_MS, value[0], row_group[0], rows[0], ROWS),
	    ERR_OK);
	assert_int_equal(scenario_live_init(&anew, &w->book, factor,
	    SCENARIO_LIVE_STEP_MS, value[1], row_group[1], rows[1], ROWS),
	    ERR_OK);
	assert_int_equal(scenario_live_build(&live, &w->market,
	    &w->rules.scenario, 0, SCENARIO_VALUE_BITS_SIMD), ERR_OK);
	assert_true(live.table.stride <= STRIDE);
}

static void
refresh(void)
{
	assert_int_equal(scenario_live_refresh(&live, &w->market), ERR_OK);
}

static int
setup(void **state)
{
	(void)state;
	w = pw_init(5);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(w);
	return 0;
}

static bool
expiry_is(const struct scenario_expiry *a, const struct scenario_expiry *b)
{
	return num18_compare(a->tau, b->tau) == 0 &&
	    a->seconds == b->seconds &&
	    px18_compare(a->forward_variable, b->forward_variable) == 0 &&
	    px18_compare(a->forward_fixed, b->forward_fixed) == 0 &&
	    num18_compare(a->rate, b->rate) == 0 &&
	    num18_compare(a->confidence, b->confidence) == 0;
}

static bool
group_is(const struct scenario_group *a, const struct scenario_group *b)
{
	return a->discount_long == b->discount_long &&
	    a->discount_short == b->discount_short &&
	    a->basis_factor == b->basis_factor && a->is_linear == b->is_linear;
}

static void
assert_slices_equal(const struct scenario_slice *a,
    const struct scenario_slice *b)
{
	assert_true(group_is(&a->group, &b->group));
	assert_memory_equal(&a->shocks, &b->shocks, sizeof(a->shocks));
	assert_true(expiry_is(&a->expiry, &b->expiry));
	assert_memory_equal(a->cell, b->cell, sizeof(a->cell));
	assert_int_equal(a->chunk_count, b->chunk_count);
	assert_int_equal(px18_compare(a->forward, b->forward), 0);
}

/* The whole table as it would be if it were built from this market. */
static void
assert_as_built(void)
{
	assert_int_equal(scenario_live_build(&anew, &w->market,
	    &w->rules.scenario, live.table.decimals,
	    SCENARIO_VALUE_BITS_SIMD), ERR_OK);
	assert_int_equal(live.as_of_ms, anew.as_of_ms);
	assert_int_equal(live.row_count, anew.row_count);
	for (uint32_t i = 0; i < live.row_count; i++)
		if (memcmp(&value[0][i * live.table.stride],
		    &value[1][i * live.table.stride],
		    live.table.stride * sizeof(int64_t)) != 0)
			fail_msg("row %u", i);
	assert_memory_equal(row_group[0], row_group[1], live.row_count);
	for (uint32_t i = 0; i < live.expiry_count; i++)
		assert_slices_equal(&live.table.slice[i],
		    &anew.table.slice[i]);
	for (uint32_t i = 0; i < live.table.group_count; i++)
		assert_true(group_is(&live.table.group[i],
		    &anew.table.group[i]));
}

/* ---- random markets ----------------------------------------------------- */

static struct px18
moved(struct px18 p)
{
	struct px18 out;

	assert_int_equal(px18_mul_num(&out, p, num18_from_raw(
	    pw_between(w, 990, 1010)), ROUND_FLOOR), ERR_OK);
	return out;
}

static void
slice_move(struct market_slice *s)
{
	s->is_flat = pw_random(w) % 2 == 0;
	s->vol = num18_from_raw(pw_between(w, 300, 900));
	s->svi = (struct svi){ .a = num18_from_raw(pw_between(w, 10, 60)),
		.b = num18_from_raw(pw_between(w, 10, 200)),
		.rho = num18_from_raw(pw_between(w, -500, 500)),
		.m = num18_from_raw(pw_between(w, -100, 100)),
		.sigma = num18_from_raw(pw_between(w, 50, 300)),
		.forward = pw_px("2000"),
		.tau = num18_from_raw(pw_between(w, 20, 300)) };
}

/* One thing of many changes, on either factor; often nothing does. */
static void
market_change(void)
{
	struct market_factor *f = &w->terms.factor[pw_random(w) % 2];
	uint32_t k = (uint32_t)(pw_random(w) % f->slice_count);
	uint32_t at = (uint32_t)(pw_random(w) % w->book.instrument_count);
	struct market_mark *mark = &w->terms.mark[at];

	switch (pw_random(w) % 10) {
	case 0: f->price.price.mid = moved(f->price.price.mid); break;
	case 1: f->forward[k % f->forward_count].price =
		    moved(f->forward[k % f->forward_count].price); break;
	case 2:
	case 3: slice_move(&f->slice[k]); break;
	case 4: w->market.asset[k].price.mid =
		    moved(w->market.asset[k].price.mid); break;
	case 5:
		mark->has_mark = !mark->has_mark;
		mark->mark = moved(w->terms.factor[w->instruments[at].factor].
		    price.price.mid);
		break;
	case 6:
		w->terms.rate_count = 2;
		for (uint32_t i = 0; i < 2; i++)
			w->terms.rate[i] = (struct market_rate){
				PW_NOW_MS + (20 + 30 * i) * PW_DAY_MS,
				num18_from_raw(pw_between(w, -20, 90)) };
		break;
	case 7: w->market.as_of_ms += pw_random(w) % 5000; break;
	case 8: w->market.as_of_ms += pw_random(w) % 90000; break;
	case 9:
		f->slice[k].confidence =
		    f->forward[k % f->forward_count].confidence =
		    num18_from_raw(pw_between(w, 0, 1000));
		break;
	}
}

static void
scenario_live_refresh__is_what_a_build_gives(void **state)
{
	uint64_t touched = 0;

	(void)state;
	for (uint8_t factor = 0; factor < 2; factor++) {
		init(factor);
		for (int i = 0; i < STEPS; i++) {
			market_change();
			refresh();
			touched += live.touched_count;
			assert_as_built();
		}
	}
	/* Far fewer than all. */
	assert_true(touched < 2 * STEPS * 22 / 2);
}

/* Forwards and slices that are between others, or missing: their neighbours
 * are what an option depends on. */
static void
scenario_live_refresh__follows_neighbours(void **state)
{
	struct market_factor *f = &w->terms.factor[PW_F_ETH];

	(void)state;
	f->forward[1] = f->forward[2];
	f->slice[1] = f->slice[2];
	f->forward_count = f->slice_count = 2;
	init(PW_F_ETH);
	for (int i = 0; i < STEPS; i++) {
		market_change();
		refresh();
		assert_as_built();
	}
	/* The 30 days lie between: both neighbours' slices move them. */
	for (uint32_t k = 0; k < 2; k++) {
		f->slice[k].is_flat = true;
		f->slice[k].vol = num18_from_raw(pw_number("1.1"));
		refresh();
		f->slice[k].vol = num18_from_raw(pw_number("1.2"));
		refresh();
		assert_as_built();
		assert_int_equal(live.touched_count, 20);
	}
}

/* Through every expiry, with windows of settlement on the way. */
static void
scenario_live_refresh__goes_through_expiries(void **state)
{
	struct market_factor *f = &w->terms.factor[PW_F_ETH];
	uint64_t end_ms = PW_NOW_MS + 31 * PW_DAY_MS;

	(void)state;
	init(PW_F_ETH);
	while (w->market.as_of_ms < end_ms) {
		uint64_t left_ms = PW_NOW_MS + 7 * PW_DAY_MS -
		    w->market.as_of_ms;
		bool is_near = left_ms + 60000 < 3600000 + 60000;

		w->market.as_of_ms += is_near ? pw_random(w) % 100000 :
		    pw_random(w) % 40000000;
		for (uint32_t k = 0; k < f->forward_count; k++) {
			f->forward[k].has_fixed = f->forward[k].expiry_ms <
			    w->market.as_of_ms + INSTRUMENT_WINDOW_MS_DEFAULT;
			f->forward[k].fixed = pw_px("1990");
		}
		refresh();
		assert_as_built();
	}
	assert_int_equal(live.table.slice[0].expiry.seconds, 0);
}

/* ---- what is touched ---------------------------------------------------- */

static void
scenario_live_refresh__prices_only_what_changed(void **state)
{
	struct market_factor *f = &w->terms.factor[PW_F_ETH];

	(void)state;
	init(PW_F_ETH);
	assert_int_equal(live.touched_count, live.row_count);
	refresh();
	assert_int_equal(live.touched_count, 0);
	/* A slice: the ten options of its expiry. */
	f->slice[0].vol = num18_from_raw(pw_number("0.71"));
	refresh();
	assert_int_equal(live.touched_count, 10);
	for (uint32_t i = 0; i < live.row_count; i++)
		assert_int_equal(scenario_live_is_touched(&live, i),
		    rows[0][i].expiry != SCENARIO_NO_EXPIRY &&
		    live.expiry[rows[0][i].expiry].expiry_ms == PW_NOW_MS +
		    7 * PW_DAY_MS);
	/* The forward of the future's expiry: that one as well. */
	f->forward[1].price = pw_px("2001");
	refresh();
	assert_int_equal(live.touched_count, 11);
	/* The index: the perpetual alone. */
	f->price.price.mid = pw_px("2002");
	refresh();
	assert_int_equal(live.touched_count, 1);
	/* Another factor, a confidence. */
	w->terms.factor[PW_F_BTC].price.price.mid = pw_px("51000");
	f->slice[0].confidence = num18_from_raw(pw_number("0.5"));
	f->forward[0].confidence = num18_from_raw(pw_number("0.5"));
	refresh();
	assert_int_equal(live.touched_count, 0);
	assert_as_built();
}

static void
scenario_live_time__stands_still_within_a_step(void **state)
{
	uint64_t start = PW_NOW_MS - PW_NOW_MS % SCENARIO_LIVE_STEP_MS;
	uint64_t expiry = PW_NOW_MS + 7 * PW_DAY_MS;

	(void)state;
	init(PW_F_ETH);
	w->market.as_of_ms = start + SCENARIO_LIVE_STEP_MS - 1;
	refresh();
	w->market.as_of_ms = start;
	refresh();
	assert_int_equal(live.touched_count, 0);
	w->market.as_of_ms = start + SCENARIO_LIVE_STEP_MS;
	refresh();
	assert_int_equal(live.touched_count, 30);
	/* An expiry does not wait for a step. */
	assert_int_not_equal(expiry % SCENARIO_LIVE_STEP_MS, 0);
	assert_true(scenario_live_time(&live, expiry - 1) < expiry);
	assert_int_equal(scenario_live_time(&live, expiry), expiry);
	assert_int_equal(scenario_live_time(&live, expiry + 1), expiry);
	assert_true(scenario_live_time(&live, expiry +
	    SCENARIO_LIVE_STEP_MS) > expiry);
}

/* The inputs are the method's own. */
static void
scenario_live_build__takes_what_the_method_takes(void **state)
{
	const struct scenario_work *k = &w->work.scenario;
	const struct point mid = point_mid();
	struct evaluation r;
	uint64_t time_ms;

	(void)state;
	for (int round = 0; round < 20; round++) {
		uint32_t slot;

		market_change();
		init(PW_F_BTC);
		time_ms = w->market.as_of_ms;
		w->market.as_of_ms = live.as_of_ms;
		pw_clear(w);
		slot = pw_random_vault(w, METHOD_SCENARIO, 30);
		assert_int_equal(margin_evaluate_at(&r, &w->snapshot, slot,
		    METHOD_SCENARIO, &mid, SIDE_MAINTENANCE, NULL), ERR_OK);
		w->market.as_of_ms = time_ms;
		/* The unit evaluated last is that of the last factor. */
		for (uint32_t i = 0, o = 0; i < w->book.position_count; i++) {
			uint16_t at = w->positions[i].instrument;
			uint32_t row = 0;

			if (w->instruments[at].factor != PW_F_BTC ||
			    w->instruments[at].kind != INSTRUMENT_OPTION)
				continue;
			while (rows[0][row].is_asset ||
			    rows[0][row].slot != at)
				row++;
			assert_int_equal(num18_compare(rows[0][row].vol,
			    k->option[o].vol), 0);
			assert_true(expiry_is(&live.expiry[rows[0][row].
			    expiry].at, &k->expiry[k->option[o].expiry]));
			o++;
		}
	}
}

static void
scenario_live_refresh__fails_where_a_price_is_gone(void **state)
{
	struct market_factor *f = &w->terms.factor[PW_F_ETH];

	(void)state;
	init(PW_F_ETH);
	f->price.price.status = PRICE_REFUSED;
	assert_int_equal(scenario_live_refresh(&live, &w->market), ERR_STALE);
	assert_false(live.is_built);
	f->price.price.status = PRICE_OK;
	f->slice_count = 0;
	assert_int_equal(scenario_live_build(&live, &w->market,
	    &w->rules.scenario, 0, SCENARIO_VALUE_BITS_SIMD), ERR_UNKNOWN);
	assert_false(live.is_built);
	f->slice_count = 3;
	assert_int_equal(scenario_live_build(&live, &w->market,
	    &w->rules.scenario, 0, SCENARIO_VALUE_BITS_SIMD), ERR_OK);
	/* Beyond the room for a doubling. */
	f->forward[0].price = pw_px("2000000");
	assert_int_equal(scenario_live_refresh(&live, &w->market), ERR_RANGE);
	assert_false(live.is_built);
	assert_int_equal(scenario_live_init(&live, &w->book, PW_F_ETH, 1,
	    value[0], row_group[0], rows[0],
	    scenario_live_rows(&w->book, PW_F_ETH) - 1), ERR_LIMIT);
}

/* ---- holders ------------------------------------------------------------ */

static uint32_t first[VAULTS + 1], row[VAULTS * POSITIONS];
static int64_t amount[VAULTS * POSITIONS];
static struct scenario_vaults vaults = { VAULTS, first, row, amount };
static uint32_t row_first[ROWS + 1], holder[VAULTS * POSITIONS];
static uint32_t some[VAULTS];
static uint64_t mark[(VAULTS + 63) / 64];

/* Rows of a vault ascend by group. */
static void
random_vaults(void)
{
	uint32_t p = 0;

	for (uint32_t v = 0; v < VAULTS; v++) {
		first[v] = p;
		for (uint32_t g = 0; g < live.table.group_count; g++)
			for (uint32_t i = 0; i < live.row_count; i++) {
				if (row_group[0][i] != g || p - first[v] ==
				    POSITIONS || pw_random(w) % 14 != 0)
					continue;
				row[p] = i;
				amount[p++] = 16 * ((int64_t)(pw_random(w) %
				    2000000000) - 1000000000);
			}
	}
	first[VAULTS] = p;
}

static bool
holds_touched(uint32_t v)
{
	for (uint32_t p = first[v]; p < first[v + 1]; p++)
		if (scenario_live_is_touched(&live, row[p]))
			return true;
	return false;
}

static void
compare_losses(const struct usd18 *loss, const uint8_t *worst)
{
	struct usd18 expected[VAULTS];
	uint8_t expected_worst[VAULTS];

	assert_int_equal(scenario_vaults_worst(expected, expected_worst,
	    &vaults, &live.table, 0, VAULTS, SCENARIO_AMOUNT_BITS_SIMD),
	    ERR_OK);
	for (uint32_t v = 0; v < VAULTS; v++) {
		assert_int_equal(usd18_compare(loss[v], expected[v]), 0);
		assert_int_equal(worst[v], expected_worst[v]);
	}
}

/* Of each row its vaults, ascending. */
static void
scenario_holders_fill__turns_positions_round(void **state)
{
	struct scenario_holders h = { .vault_count = VAULTS,
		.first = row_first, .vault = holder, .mark = mark };

	(void)state;
	init(PW_F_ETH);
	h.row_count = live.row_count;
	random_vaults();
	scenario_holders_fill(&h, &vaults);
	assert_int_equal(row_first[0], 0);
	for (uint32_t i = 0; i < live.row_count; i++) {
		uint32_t at = row_first[i];

		for (uint32_t v = 0; v < VAULTS; v++)
			for (uint32_t p = first[v]; p < first[v + 1]; p++)
				if (row[p] == i)
					assert_int_equal(holder[at++], v);
		assert_int_equal(at, row_first[i + 1]);
	}
}

static void
scenario_vaults_worst_some__keeps_all_losses_up(void **state)
{
	struct scenario_holders h = { .vault_count = VAULTS,
		.first = row_first, .vault = holder, .mark = mark };
	struct usd18 loss[VAULTS], plain[VAULTS];
	uint8_t worst[VAULTS], plain_worst[VAULTS];
	uint64_t valued = 0;

	(void)state;
	init(PW_F_ETH);
	h.row_count = live.row_count;
	random_vaults();
	assert_int_equal(scenario_vaults_check(&vaults, &live.table,
	    SCENARIO_AMOUNT_BITS_SIMD), ERR_OK);
	scenario_holders_fill(&h, &vaults);
	assert_int_equal(scenario_vaults_worst(loss, worst, &vaults,
	    &live.table, 0, VAULTS, SCENARIO_AMOUNT_BITS_SIMD), ERR_OK);
	memcpy(plain, loss, sizeof(loss));
	memcpy(plain_worst, worst, sizeof(worst));
	for (int i = 0; i < STEPS; i++) {
		struct scenario_which which = { some, 0, 0 };
		uint32_t count, at = 0;

		market_change();
		refresh();
		count = scenario_holders_of(some, &h, live.touched);
		for (uint32_t v = 0; v < VAULTS; v++)
			if (holds_touched(v))
				assert_int_equal(some[at++], v);
		assert_int_equal(at, count);
		valued += count;
		assert_int_equal(scenario_vaults_worst_some(loss, worst,
		    &vaults, &live.table, some, count,
		    SCENARIO_AMOUNT_BITS_SIMD), ERR_OK);
		compare_losses(loss, worst);
		which.count = count;
		assert_int_equal(scenario_vaults_worst_portable(plain,
		    plain_worst, &vaults, &live.table, &which), ERR_OK);
		compare_losses(plain, plain_worst);
	}
	assert_true(valued > 0 && valued < STEPS * VAULTS / 2);
}

#define UNIT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(scenario_live_refresh__is_what_a_build_gives),
		UNIT_TEST(scenario_live_refresh__follows_neighbours),
		UNIT_TEST(scenario_live_refresh__goes_through_expiries),
		UNIT_TEST(scenario_live_refresh__prices_only_what_changed),
		UNIT_TEST(scenario_live_time__stands_still_within_a_step),
		UNIT_TEST(scenario_live_build__takes_what_the_method_takes),
		UNIT_TEST(scenario_live_refresh__fails_where_a_price_is_gone),
		UNIT_TEST(scenario_holders_fill__turns_positions_round),
		UNIT_TEST(scenario_vaults_worst_some__keeps_all_losses_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
