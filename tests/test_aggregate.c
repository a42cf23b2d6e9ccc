/* The book as a whole: values of totals, and states counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/aggregate.h"
#include "oracle/arena.h"
#include "tests/margin_world.h"
#include "tests/must_expected.h"

#define VAULTS 512u

static struct vaults_limits limits = { .vaults = VAULTS,
	.rows = VAULTS_ROWS_AUTO(8 * VAULTS),
	.debt_rows = VAULTS_DEBT_ROWS_AUTO(8 * VAULTS) };
static struct world w;
static struct vaults vaults;
static void *arena;

static int
open_world(void **state)
{
	(void)state;
	world_init(&w);
	MUST(arena_map(&arena, vaults_bytes(&limits)) == ERR_OK);
	vaults_init(&vaults, arena, &limits, &w.book);
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	arena_unmap(arena, vaults_bytes(&limits));
	return 0;
}

static void
put(uint8_t n)
{
	uint32_t slot;

	w.vault.id.b[0] = 1;
	w.vault.id.b[31] = n;
	assert_int_equal(vaults_put(&slot, &vaults, &w.vault), ERR_OK);
}

static void
aggregate_count__moves_vaults_between_states(void **state)
{
	struct aggregate a = { 0 };

	(void)state;
	aggregate_count(&a, AGGREGATE_NEW, STATE_HEALTHY);
	aggregate_count(&a, AGGREGATE_NEW, STATE_STALE);
	aggregate_count(&a, STATE_HEALTHY, STATE_LIQUIDATABLE);
	assert_int_equal(a.vaults, 2);
	assert_int_equal(a.states[STATE_HEALTHY], 0);
	assert_int_equal(a.states[STATE_LIQUIDATABLE], 1);
	assert_int_equal(a.states[STATE_STALE], 1);
	/* Only what was counted in may be counted out. */
	expect_assert_failure(aggregate_count(&a, STATE_HEALTHY,
	    STATE_STALE));
}

static void
aggregate_value__is_of_totals_at_mid(void **state)
{
	struct aggregate a = { 0 };
	uint8_t eth, usdc;

	(void)state;
	assert_true(wad_is_infinite(aggregate_collateralization_ratio(&a)));
	assert_true(wad_is_infinite(aggregate_health(&a)));
	eth = world_asset(&w, 18, "2000", "0.8", "0.8");
	usdc = world_asset(&w, 6, "1", "0", "0");
	world_hold(&w, eth, "10");
	world_owe(&w, usdc, "10000");
	put(1);
	w.vault.collateral[0].amount /= 2;
	w.vault.debt[0].amount -= 1000000000;	/* 9,000 */
	put(2);
	aggregate_value(&a, &vaults, &w.book, &w.market);
	/* 30,000 / 19,000 and 24,000 / 19,000: of the sums, no mean of 2 and
	 * 1.11. */
	assert_string_equal(wad_text(aggregate_collateralization_ratio(&a)),
	    "1.578947368421052631");
	assert_string_equal(wad_text(aggregate_health(&a)),
	    "1.263157894736842105");
	/* What accrued is owed. */
	w.book.accrual[usdc] = wad_from_raw(WAD_ONE_RAW + WAD_ONE_RAW / 10);
	aggregate_value(&a, &vaults, &w.book, &w.market);
	assert_string_equal(usd_text(a.debt_value), "20900");
	assert_int_equal(a.unpriced, 0);
	/* A refused asset counts nothing; the other does. */
	w.market.asset[eth].price.status = PRICE_REFUSED;
	aggregate_value(&a, &vaults, &w.book, &w.market);
	assert_true(usd18_is_zero(a.collateral_value));
	assert_string_equal(usd_text(a.debt_value), "20900");
	assert_int_equal(a.unpriced, 1);
	assert_true(wad_is_infinite(aggregate_collateralization_ratio(&a)));
	assert_true(wad_is_infinite(aggregate_health(&a)));
	/* One that nobody has is not missed. */
	w.market.asset[world_asset(&w, 18, "1", "0", "0")].price.status =
	    PRICE_REFUSED;
	aggregate_value(&a, &vaults, &w.book, &w.market);
	assert_int_equal(a.unpriced, 1);
}

/* The sums of the vaults' own values, each rounded, differ by less than a unit
 * a leg. */
static void
aggregate_value__agrees_with_sums_over_vaults(void **state)
{
	static const char *const price[] = { "2000.123456789", "1.0003",
		"0.000412", "61234.5" };
	i128 sum[2] = { 0 }, legs = 0;
	struct aggregate a = { 0 };
	uint64_t seed = 31;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(price); i++)
		(void)world_asset(&w, i == 1 ? 6 : 18, price[i], "0.8",
		    "0.8");
	for (uint32_t i = 0; i < 200; i++) {
		struct ratio_result r;

		memset(&w.vault, 0, sizeof(w.vault));
		for (uint8_t k = 0; k < ARRAY_COUNT(price); k++) {
			struct leg l = { k, random_u64(&seed), 0, wad_one() };

			if (random_one_in(&seed, 2))
				w.vault.collateral[
				    w.vault.collateral_count++] = l;
			else
				w.vault.debt[w.vault.debt_count++] = l;
		}
		put((uint8_t)i);
		legs += 4;
		assert_int_equal(ratio_evaluate(&r, &w.book, &w.vault,
		    &w.market), ERR_OK);
		sum[0] += usd18_to_raw(r.collateral_value);
		sum[1] += usd18_to_raw(r.debt_value);
	}
	aggregate_value(&a, &vaults, &w.book, &w.market);
	assert_true(usd18_to_raw(a.collateral_value) >= sum[0] &&
	    usd18_to_raw(a.collateral_value) <= sum[0] + legs);
	assert_true(usd18_to_raw(a.debt_value) <= sum[1] &&
	    usd18_to_raw(a.debt_value) >= sum[1] - legs);
	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(vaults_delete(&vaults, i), ERR_OK);
	aggregate_value(&a, &vaults, &w.book, &w.market);
	assert_true(usd18_is_zero(a.collateral_value) &&
	    usd18_is_zero(a.debt_value));
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_world, close_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(aggregate_count__moves_vaults_between_states),
		TEST(aggregate_value__is_of_totals_at_mid),
		TEST(aggregate_value__agrees_with_sums_over_vaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
