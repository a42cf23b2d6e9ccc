/* margin/optimise_topup: the cheapest top-up against every combination in
 * whole dollars, and recomputed on the curves it was cut from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/margin_world.h"

#include "margin/optimise_topup.h"

#define UNIT ((i128)WAD_ONE_RAW)

static struct topup_source sources[TOPUP_SOURCES_MAX + 1];
static struct topup_plan plan;

static void
source(size_t i, const char *cost, size_t count, ...)
{
	va_list ap;

	memset(&sources[i], 0, sizeof(sources[i]));
	sources[i].asset.b[0] = (uint8_t)(100 - i);
	sources[i].cost = part(cost);
	sources[i].count = count;
	va_start(ap, count);
	for (size_t k = 0; k < count; k++) {
		sources[i].segment[k].size = usd(va_arg(ap, const char *));
		sources[i].segment[k].haircut =
		    part(va_arg(ap, const char *));
	}
	va_end(ap);
}

static const char *
use_of(size_t i)
{
	return usd_text(plan.use[i]);
}

static void
topup_plan_of__takes_the_cheapest_segments(void **state)
{
	(void)state;
	source(0, "0.01", 2, "100", "0.2", "100", "0.6");
	source(1, "0.015", 1, "100", "0.1");
	/* 0.0125, 0.025; 0.01667 */
	assert_int_equal(topup_plan_of(&plan, sources, 2, usd("80")), ERR_OK);
	assert_string_equal(use_of(0), "100");
	assert_string_equal(use_of(1), "0");
	assert_string_equal(usd_text(plan.cost), "1");
	assert_int_equal(topup_plan_of(&plan, sources, 2,
	    usd("80.000000000000000001")), ERR_OK);
	assert_string_equal(use_of(1), "0.000000000000000002");
	assert_int_equal(topup_plan_of(&plan, sources, 2, usd("190")),
	    ERR_OK);
	assert_string_equal(use_of(0), "150");
	assert_string_equal(use_of(1), "100");
	assert_string_equal(usd_text(plan.cost), "3");
	assert_string_equal(usd_text(plan.counted), "190");
	assert_int_equal(topup_plan_of(&plan, sources, 2, usd("210")),
	    ERR_OK);
	assert_string_equal(use_of(0), "200");
	assert_int_equal(topup_plan_of(&plan, sources, 2,
	    usd("210.000000000000000001")), ERR_REFUSED);
	assert_string_equal(use_of(0), "200");
	assert_int_equal(topup_plan_of(&plan, sources, 2, usd("0")), ERR_OK);
	assert_string_equal(use_of(0), "0");
	assert_int_equal(topup_plan_of(&plan, sources, 2, usd("-1")), ERR_OK);
	assert_string_equal(usd_text(plan.cost), "0");
}

static void
topup_plan_of__breaks_ties_by_id(void **state)
{
	(void)state;
	source(0, "0.01", 1, "100", "0.5");
	source(1, "0.02", 1, "100", "0");
	assert_int_equal(topup_plan_of(&plan, sources, 2, usd("50")), ERR_OK);
	assert_string_equal(use_of(1), "50");	/* the lower id */
	sources[1].asset.b[0] = 200;
	assert_int_equal(topup_plan_of(&plan, sources, 2, usd("50")), ERR_OK);
	assert_string_equal(use_of(0), "100");
	assert_string_equal(use_of(1), "0");
}

static void
topup_plan_of__takes_nothing_that_counts_nothing(void **state)
{
	(void)state;
	source(0, "0", 2, "100", "0.999999999", "100", "1");
	source(1, "1", 1, "1", "0");
	assert_int_equal(topup_plan_of(&plan, sources, 2,
	    usd("0.0000001")), ERR_OK);
	assert_string_equal(use_of(0), "100");
	assert_string_equal(usd_text(plan.cost), "0");
	assert_int_equal(topup_plan_of(&plan, sources, 2, usd("1")), ERR_OK);
	assert_string_equal(use_of(0), "100");
	assert_string_equal(use_of(1), "0.9999999");
	assert_int_equal(topup_plan_of(&plan, sources, 2, usd("2")),
	    ERR_REFUSED);
}

static void
topup_plan_of__fails_on_what_is_no_source(void **state)
{
	struct topup_plan before;

	(void)state;
	memset(&plan, 0x5a, sizeof(plan));
	before = plan;
	source(0, "1", 2, "1", "0.5", "1", "0.4");
	assert_int_equal(topup_plan_of(&plan, sources, 1, usd("1")),
	    ERR_RANGE);
	source(0, "1", 1, "0", "0.5");
	assert_int_equal(topup_plan_of(&plan, sources, 1, usd("1")),
	    ERR_RANGE);
	sources[0].count = TOPUP_SEGMENTS_MAX + 1;
	assert_int_equal(topup_plan_of(&plan, sources, 1, usd("1")),
	    ERR_LIMIT);
	assert_int_equal(topup_plan_of(&plan, sources,
	    TOPUP_SOURCES_MAX + 1, usd("1")), ERR_LIMIT);
	assert_int_equal(topup_plan_of(&plan, sources, 0, usd("1")),
	    ERR_REFUSED);
	assert_memory_equal(&plan, &before, sizeof(plan));
}

/* ---- every combination --------------------------------------------------- */

/* Counted value and cost of x whole dollars of a source, in 1e-9. */
static void
count_source(int64_t *counts, int64_t *cost, const struct topup_source *s,
    int64_t x)
{
	*cost = x * ppb_to_raw(s->cost);
	*counts = 0;
	for (size_t k = 0; k < s->count; k++) {
		int64_t size = (int64_t)(usd18_to_raw(s->segment[k].size) /
		    UNIT);
		int64_t take = x < size ? x : size;

		*counts += take * (1000000000 -
		    (int64_t)ppb_to_raw(s->segment[k].haircut));
		x -= take;
	}
}

/* The least cost over whole dollars of three sources; -1: none is enough. */
static int64_t
brute_force(const int64_t *most, int64_t shortfall)
{
	int64_t best = -1, counts[3], cost[3];

	for (int64_t x = 0; x <= most[0]; x++) {
		count_source(&counts[0], &cost[0], &sources[0], x);
		for (int64_t y = 0; y <= most[1]; y++) {
			count_source(&counts[1], &cost[1], &sources[1], y);
			for (int64_t z = 0; z <= most[2]; z++) {
				count_source(&counts[2], &cost[2],
				    &sources[2], z);
				if (counts[0] + counts[1] + counts[2] <
				    shortfall)
					continue;
				cost[2] += cost[0] + cost[1];
				if (best < 0 || cost[2] < best)
					best = cost[2];
				break;
			}
		}
	}
	return best;
}

static void
topup_plan_of__costs_no_more_than_any_combination(void **state)
{
	uint64_t seed = 8;
	int planned = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		int64_t most[3], best, cost;
		int64_t shortfall = (int64_t)random_below(&seed, 30) + 1;
		enum err e;

		for (size_t k = 0; k < 3; k++) {
			struct topup_source *s = &sources[k];
			uint32_t haircut = 0;

			memset(s, 0, sizeof(*s));
			s->asset.b[0] = (uint8_t)k;
			s->cost = ppb_from_raw(10000000 *
			    (uint32_t)random_below(&seed, 10));
			s->count = 1 + (size_t)random_below(&seed, 3);
			most[k] = 0;
			for (size_t n = 0; n < s->count; n++) {
				int64_t size = 1 +
				    (int64_t)random_below(&seed, 5);

				haircut += 10000000 *
				    (uint32_t)random_below(&seed, 34);
				s->segment[n].size =
				    usd18_from_raw(size * UNIT);
				s->segment[n].haircut = ppb_from_raw(haircut);
				most[k] += size;
			}
		}
		e = topup_plan_of(&plan, sources, 3,
		    usd18_from_raw(shortfall * UNIT));
		best = brute_force(most, shortfall * 1000000000);
		assert_int_equal(e, best < 0 ? ERR_REFUSED : ERR_OK);
		if (e != ERR_OK)
			continue;
		/* Whole dollars are one of the choices; no plan with parts of
		 * dollars saves more than the dearest dollar. */
		cost = (int64_t)(usd18_to_raw(plan.cost) / 1000000000);
		assert_true(cost <= best);
		assert_true(cost >= best - 300000000);
		assert_true(usd18_to_raw(plan.counted) >= shortfall * UNIT);
		planned++;
	}
	assert_true(planned > 1000);
}

/* ---- segments of a curve ------------------------------------------------- */

static void
topup_segments__meets_the_call_when_recomputed(void **state)
{
	uint64_t seed = 4;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct collateral_curve curve[2];
		struct usd18 held[2], before, after, total = usd("0");
		struct usd18 shortfall = usd18_from_raw((i128)
		    random_magnitude(&seed, 23));
		enum err e;

		for (size_t k = 0; k < 2; k++) {
			memset(&sources[k], 0, sizeof(sources[k]));
			sources[k].cost = ppb_from_raw(
			    (uint32_t)random_below(&seed, 100000000));
			held[k] = usd18_from_raw((i128)
			    random_magnitude(&seed, 24));
			assert_int_equal(collateral_curve_make(&curve[k],
			    ppb_from_raw((uint32_t)random_below(&seed,
			    500000000)), num18_from_raw(UNIT / 33),
			    usd18_from_raw((i128)random_magnitude(&seed, 26) +
			    UNIT)), ERR_OK);
			assert_int_equal(topup_segments(&sources[k],
			    &curve[k], held[k], usd18_from_raw((i128)
			    random_magnitude(&seed, 24)), 16), ERR_OK);
		}
		e = topup_plan_of(&plan, sources, 2, shortfall);
		if (e == ERR_REFUSED)
			continue;
		assert_int_equal(e, ERR_OK);
		for (size_t k = 0; k < 2; k++) {
			assert_int_equal(collateral_curve_value(&before,
			    &curve[k], held[k]), ERR_OK);
			assert_int_equal(usd18_add(&held[k], held[k],
			    plan.use[k]), ERR_OK);
			assert_int_equal(collateral_curve_value(&after,
			    &curve[k], held[k]), ERR_OK);
			assert_int_equal(usd18_sub(&after, after, before),
			    ERR_OK);
			assert_int_equal(usd18_add(&total, total, after),
			    ERR_OK);
		}
		/* a chord of the curve's chords: the last unit */
		assert_true(usd18_to_raw(total) >=
		    usd18_to_raw(shortfall) - 2);
	}
}

static void
topup_segments__cuts_all_of_it(void **state)
{
	struct collateral_curve line;
	struct topup_source s = { .cost = part("0.5"), .count = 9 };
	struct topup_source before;

	(void)state;
	assert_int_equal(collateral_curve_make(&line, part("0.2"),
	    num18_zero(), usd("0")), ERR_OK);
	assert_int_equal(topup_segments(&s, &line, usd("10"),
	    usd("0.000000000000000010"), 4), ERR_OK);
	assert_int_equal(s.count, 4);
	assert_int_equal(usd18_to_raw(s.segment[0].size), 2);
	assert_int_equal(usd18_to_raw(s.segment[3].size), 3);
	assert_int_equal(topup_segments(&s, &line, usd("10"), usd("100"), 1),
	    ERR_OK);
	assert_int_equal(s.count, 1);
	assert_int_equal(ppb_to_raw(s.segment[0].haircut), 200000000);
	assert_int_equal(topup_segments(&s, &line, usd("10"), usd("0"), 16),
	    ERR_OK);
	assert_int_equal(s.count, 0);
	assert_int_equal(ppb_to_raw(s.cost), 500000000);
	before = s;
	assert_int_equal(topup_segments(&s, &line, usd("-1"), usd("1"), 1),
	    ERR_RANGE);
	assert_int_equal(topup_segments(&s, &line, usd("1"), usd("-1"), 1),
	    ERR_RANGE);
	assert_int_equal(topup_segments(&s, &line, usd("1"),
	    usd18_from_raw(I128_MAX), 1), ERR_RANGE);
	assert_memory_equal(&s, &before, sizeof(s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(topup_plan_of__takes_the_cheapest_segments),
		cmocka_unit_test(topup_plan_of__breaks_ties_by_id),
		cmocka_unit_test(
		    topup_plan_of__takes_nothing_that_counts_nothing),
		cmocka_unit_test(topup_plan_of__fails_on_what_is_no_source),
		cmocka_unit_test(
		    topup_plan_of__costs_no_more_than_any_combination),
		cmocka_unit_test(
		    topup_segments__meets_the_call_when_recomputed),
		cmocka_unit_test(topup_segments__cuts_all_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
