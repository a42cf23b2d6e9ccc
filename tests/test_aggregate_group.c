/* Sums by key: what goes in comes out, concentration, recovery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/aggregate_group.h"
#include "tests/margin_world.h"
#include "tests/must_expected.h"

static struct aggregate_part
part_of_vault(enum vault_state state, const char *collateral,
    const char *debt, const char *excess)
{
	return (struct aggregate_part){ .state = state,
		.collateral_value = usd(collateral), .debt_value = usd(debt),
		.weighted_collateral = usd(collateral),
		.weighted_debt = usd(debt),
		.initial_requirement = usd("3"),
		.maintenance_requirement = usd("2"),
		.initial_excess = usd(excess),
		.maintenance_excess = usd(excess) };
}

static void
aggregate_table_add__sums_under_each_key_apart(void **state)
{
	static struct aggregate_table t;
	struct aggregate_part a = part_of_vault(STATE_HEALTHY, "200", "100",
	    "60");
	struct aggregate_part b = part_of_vault(STATE_LIQUIDATABLE, "100",
	    "95", "-15");
	const struct aggregate_row *r;

	(void)state;
	memset(&t, 0, sizeof(t));
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_CHAIN, 10, &a),
	    ERR_OK);
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_CHAIN, 1, &b),
	    ERR_OK);
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_SYSTEM, 0, &a),
	    ERR_OK);
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_SYSTEM, 0, &b),
	    ERR_OK);
	assert_int_equal(t.count, 3);
	/* Ascending by kind and id, whatever the order of coming. */
	assert_int_equal(t.row[0].kind, AGGREGATE_SYSTEM);
	assert_int_equal(t.row[1].id, 1);
	assert_int_equal(t.row[2].id, 10);
	r = aggregate_table_find(&t, AGGREGATE_SYSTEM, 0);
	assert_non_null(r);
	assert_int_equal(r->parts, 2);
	assert_int_equal(r->states[STATE_HEALTHY], 1);
	assert_int_equal(r->states[STATE_LIQUIDATABLE], 1);
	/* 300 / 195: of the sums, not a mean of 2 and 1.05. */
	assert_string_equal(wad_text(aggregate_row_ratio(r)),
	    "1.538461538461538461");
	assert_string_equal(wad_text(aggregate_row_health(r)),
	    "1.538461538461538461");
	assert_string_equal(usd_text(r->initial_requirement), "6");
	/* One's surplus does not pay for another's shortfall. */
	assert_string_equal(usd_text(r->maintenance_excess), "45");
	assert_string_equal(usd_text(r->maintenance_shortfall), "15");
	assert_null(aggregate_table_find(&t, AGGREGATE_CHAIN, 2));
	assert_null(aggregate_table_find(&t, AGGREGATE_GROUP, 0));
}

static void
aggregate_table_add__counts_stale_without_its_value(void **state)
{
	static struct aggregate_table t;
	struct aggregate_part stale = part_of_vault(STATE_STALE, "200", "100",
	    "-60");
	const struct aggregate_row *r;

	(void)state;
	memset(&t, 0, sizeof(t));
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_SYSTEM, 0, &stale),
	    ERR_OK);
	r = aggregate_table_find(&t, AGGREGATE_SYSTEM, 0);
	assert_int_equal(r->states[STATE_STALE], 1);
	assert_true(usd18_is_zero(r->collateral_value));
	assert_true(usd18_is_zero(r->maintenance_shortfall));
	assert_true(wad_is_infinite(aggregate_row_ratio(r)));
	aggregate_table_remove(&t, AGGREGATE_SYSTEM, 0, &stale);
	assert_int_equal(t.count, 0);
}

static void
aggregate_table_add__stops_at_its_room_and_its_type(void **state)
{
	static struct aggregate_table t, before;
	struct aggregate_part a = part_of_vault(STATE_HEALTHY, "1", "1", "1");
	struct aggregate_part full = a;

	(void)state;
	memset(&t, 0, sizeof(t));
	for (uint64_t id = 0; id < AGGREGATE_KEYS_MAX; id++)
		assert_int_equal(aggregate_table_add(&t, AGGREGATE_ASSET,
		    AGGREGATE_KEYS_MAX - id, &a), ERR_OK);
	before = t;
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_ASSET, 0, &a),
	    ERR_LIMIT);
	assert_memory_equal(&t, &before, sizeof(t));
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_ASSET, 1, &a),
	    ERR_OK);
	before = t;
	full.maintenance_requirement = usd18_from_raw(I128_MAX);
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_ASSET, 1, &full),
	    ERR_RANGE);
	assert_memory_equal(&t, &before, sizeof(t));
}

static void
aggregate_table_remove__refuses_what_was_not_added(void **state)
{
	static struct aggregate_table t;
	struct aggregate_part a = part_of_vault(STATE_HEALTHY, "1", "1", "1");
	struct aggregate_part b = part_of_vault(STATE_HEALTHY, "2", "1", "1");
	struct aggregate_part c = part_of_vault(STATE_CALLED, "1", "1", "1");

	(void)state;
	memset(&t, 0, sizeof(t));
	expect_assert_failure(aggregate_table_remove(&t, AGGREGATE_GROUP, 4,
	    &a));
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_GROUP, 4, &a),
	    ERR_OK);
	expect_assert_failure(aggregate_table_remove(&t, AGGREGATE_GROUP, 5,
	    &a));
	expect_assert_failure(aggregate_table_remove(&t, AGGREGATE_GROUP, 4,
	    &c));
	expect_assert_failure(aggregate_table_remove(&t, AGGREGATE_GROUP, 4,
	    &b));
}

#define PARTS 400u

static void
aggregate_table__agrees_with_sums_over_random_parts(void **state)
{
	static struct aggregate_part parts[PARTS];
	static uint64_t ids[PARTS];
	static struct aggregate_table t, again;
	uint64_t seed = 3;

	(void)state;
	memset(&t, 0, sizeof(t));
	memset(&again, 0, sizeof(again));
	for (size_t i = 0; i < PARTS; i++) {
		i128 value = (i128)random_magnitude(&seed, 30);

		ids[i] = random_below(&seed, 20);
		parts[i] = (struct aggregate_part){
			.state = random_one_in(&seed, 5) ? STATE_STALE :
			    (enum vault_state)random_below(&seed, 8),
			.collateral_value = usd18_from_raw(value),
			.debt_value = usd18_from_raw(value / 2),
			.initial_excess = usd18_from_raw(
			    random_one_in(&seed, 2) ? -value : value),
		};
		assert_int_equal(aggregate_table_add(&t, AGGREGATE_PROTOCOL,
		    ids[i], &parts[i]), ERR_OK);
	}
	/* Taking out every third is never having put it in. */
	for (size_t i = 0; i < PARTS; i += 3)
		aggregate_table_remove(&t, AGGREGATE_PROTOCOL, ids[i],
		    &parts[i]);
	for (size_t i = PARTS; i-- > 0;)
		if (i % 3 != 0)
			assert_int_equal(aggregate_table_add(&again,
			    AGGREGATE_PROTOCOL, ids[i], &parts[i]), ERR_OK);
	assert_int_equal(t.count, again.count);
	assert_memory_equal(t.row, again.row, t.count * sizeof(t.row[0]));
	for (size_t i = 0; i < PARTS; i++)
		if (i % 3 != 0)
			aggregate_table_remove(&t, AGGREGATE_PROTOCOL, ids[i],
			    &parts[i]);
	assert_int_equal(t.count, 0);
}

static void
aggregate_concentration__is_the_sum_of_squared_shares(void **state)
{
	static struct aggregate_table t;
	struct aggregate_part p = part_of_vault(STATE_HEALTHY, "50", "0",
	    "0");
	struct wad hhi;

	(void)state;
	memset(&t, 0, sizeof(t));
	assert_int_equal(aggregate_concentration(&hhi, &t, AGGREGATE_ASSET),
	    ERR_OK);
	assert_string_equal(wad_text(hhi), "0");
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_ASSET, 1, &p),
	    ERR_OK);
	assert_int_equal(aggregate_concentration(&hhi, &t, AGGREGATE_ASSET),
	    ERR_OK);
	assert_string_equal(wad_text(hhi), "1");
	/* 50, 30 and 20 %: 0.25 + 0.09 + 0.04. */
	p.collateral_value = usd("30");
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_ASSET, 2, &p),
	    ERR_OK);
	p.collateral_value = usd("20");
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_ASSET, 3, &p),
	    ERR_OK);
	p.collateral_value = usd("1000");
	assert_int_equal(aggregate_table_add(&t, AGGREGATE_CHAIN, 3, &p),
	    ERR_OK);
	assert_int_equal(aggregate_concentration(&hhi, &t, AGGREGATE_ASSET),
	    ERR_OK);
	assert_string_equal(wad_text(hhi), "0.38");
	/* Thirds round up, never down. */
	p.collateral_value = usd("50");
	memset(&t, 0, sizeof(t));
	for (uint64_t id = 0; id < 3; id++)
		assert_int_equal(aggregate_table_add(&t, AGGREGATE_GROUP, id,
		    &p), ERR_OK);
	assert_int_equal(aggregate_concentration(&hhi, &t, AGGREGATE_GROUP),
	    ERR_OK);
	assert_string_equal(wad_text(hhi), "0.333333333333333336");
}

static void
aggregate_part_from_verdict__takes_the_figures_at_mid(void **state)
{
	static struct world w;
	struct aggregate_part p;
	struct verdict v;
	uint8_t eth, usdc;

	(void)state;
	world_init(&w);
	eth = world_asset(&w, 18, "2000", "0.7", "0.8");
	usdc = world_asset(&w, 6, "1", "0", "0");
	world_hold(&w, eth, "1");
	world_owe(&w, usdc, "1500");
	verdict_from_vault(&v, &w.book, &w.vault, &w.market);
	aggregate_part_from_verdict(&p, &v);
	assert_int_equal(p.state, STATE_RESTRICTED);
	assert_string_equal(usd_text(p.collateral_value), "2000");
	assert_string_equal(usd_text(p.initial_excess), "-100");
	assert_string_equal(usd_text(p.maintenance_excess), "100");
	assert_string_equal(usd_text(p.maintenance_requirement), "1500");
}

static void
recovery_step__enters_below_and_leaves_two_points_above(void **state)
{
	struct recovery_rules r;

	(void)state;
	recovery_rules_default(&r);
	assert_false(recovery_step(false, usd("150"), usd("100"), &r));
	assert_true(recovery_step(false, usd("149.999999999999999999"),
	    usd("100"), &r));
	assert_true(recovery_step(true, usd("150"), usd("100"), &r));
	assert_true(recovery_step(true, usd("151.999999999999999999"),
	    usd("100"), &r));
	assert_false(recovery_step(true, usd("152"), usd("100"), &r));
	assert_false(recovery_step(true, usd("0"), usd("0"), &r));
	assert_true(recovery_step(false, usd("-1"), usd("100"), &r));
	/* The product needs more than 128 bits. */
	assert_false(recovery_step(false, usd18_from_raw(I128_MAX),
	    usd18_from_raw(I128_MAX / 3 * 2), &r));
	assert_true(recovery_step(false, usd18_from_raw(I128_MAX),
	    usd18_from_raw(I128_MAX / 3 * 2 + 10), &r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    aggregate_table_add__sums_under_each_key_apart),
		cmocka_unit_test(
		    aggregate_table_add__counts_stale_without_its_value),
		cmocka_unit_test(
		    aggregate_table_add__stops_at_its_room_and_its_type),
		cmocka_unit_test(
		    aggregate_table_remove__refuses_what_was_not_added),
		cmocka_unit_test(
		    aggregate_table__agrees_with_sums_over_random_parts),
		cmocka_unit_test(
		    aggregate_concentration__is_the_sum_of_squared_shares),
		cmocka_unit_test(
		    aggregate_part_from_verdict__takes_the_figures_at_mid),
		cmocka_unit_test(
		    recovery_step__enters_below_and_leaves_two_points_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
