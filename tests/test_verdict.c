/* The three-point rule on both sides of every limit, and what a verdict
 * carries.  (Random vaults: tests/check_ratio.py.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/liquidation.h"
#include "margin/verdict.h"
#include "tests/margin_world.h"

static struct world w;

static struct verdict
judged(void)
{
	struct verdict d;

	memset(&d, 0xa5, sizeof(d));
	verdict_from_vault(&d, &w.book, &w.vault, &w.market);
	return d;
}

/* 100 units at 1.00 with a band of 10 %, LTV 0.75, threshold 0.80:
 * maintenance 72, 80, 88 (low, mid, high), initial 67.5. */
static void
load(const char *debt)
{
	uint8_t c, d;

	world_init(&w);
	c = world_asset(&w, 18, "1", "0.75", "0.80");
	d = world_asset(&w, 18, "1", "0", "0");
	world_band(&w, c, "0.9", "1.1");
	world_hold(&w, c, "100");
	world_owe(&w, d, debt);
}

static void
verdict_from_vault__follows_the_three_point_rule(void **state)
{
	static const struct {
		const char *debt;
		enum vault_state state;
	} rows[] = {
		{ "0", STATE_HEALTHY },
		{ "67.5", STATE_HEALTHY },
		{ "67.500000000000000001", STATE_RESTRICTED },
		{ "72", STATE_RESTRICTED },	/* worst end at zero */
		{ "72.000000000000000001", STATE_RESTRICTED },
		{ "80", STATE_RESTRICTED },	/* mid at zero */
		{ "80.000000000000000001", STATE_RESTRICTED },
		{ "88", STATE_RESTRICTED },	/* best end at zero */
		{ "88.000000000000000001", STATE_LIQUIDATABLE },
		{ "1000000", STATE_LIQUIDATABLE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		load(rows[i].debt);
		assert_string_equal(vault_state_name(judged().state),
		    vault_state_name(rows[i].state));
	}
}

static void
verdict_from_vault__keeps_the_rule_where_price_is_degraded(void **state)
{
	struct verdict d;

	(void)state;
	load("88.000000000000000001");
	w.market.asset[0].price.status = PRICE_DEGRADED;
	d = judged();
	assert_int_equal(d.state, STATE_LIQUIDATABLE);
	assert_true(d.value.is_degraded);
	world_band(&w, 0, "0.9", "1.2");	/* a wider band is stricter */
	assert_int_equal(judged().state, STATE_RESTRICTED);
}

static void
verdict_from_vault__is_insolvent_only_where_nothing_is_worth(void **state)
{
	struct verdict d;

	(void)state;
	load("1");
	w.market.asset[0].price.mid = px("0");
	world_band(&w, 0, "0", "0");
	d = judged();
	assert_int_equal(d.state, STATE_INSOLVENT);
	assert_false(d.has_liquidation_asset);
	assert_true(d.has_debt_asset);
	assert_string_equal(usd_text(d.max_repay), "0");
	assert_string_equal(wad_text(d.value.mid.health), "0");
	world_band(&w, 0, "0", "0.01");
	assert_int_equal(judged().state, STATE_LIQUIDATABLE);
	load("1");
	w.vault.collateral_count = 0;
	assert_int_equal(judged().state, STATE_INSOLVENT);
	w.vault.debt_count = 0;
	assert_int_equal(judged().state, STATE_HEALTHY);
}

static void
verdict_from_vault__is_stale_and_empty_where_refused(void **state)
{
	struct verdict d, want;

	(void)state;
	load("1000000");
	w.market.asset[1].price.status = PRICE_REFUSED;
	d = judged();
	memset(&want, 0, sizeof(want));
	want.state = STATE_STALE;
	want.value.is_stale = true;
	assert_memory_equal(&d, &want, sizeof(d));
	/* Stale goes before insolvent: nothing is known. */
	w.vault.collateral_count = 0;
	assert_int_equal(judged().state, STATE_STALE);
}

static void
verdict_from_vault__is_stale_where_a_value_does_not_fit(void **state)
{
	struct verdict d, want;

	(void)state;
	load("1");
	w.vault.collateral[0].amount = U128_MAX;
	d = judged();
	memset(&want, 0, sizeof(want));
	want.state = STATE_STALE;
	want.value.is_stale = true;
	assert_memory_equal(&d, &want, sizeof(d));
}

/* Dust on either side must not hide a vault: no verdict would be given. */
static void
verdict_from_vault__judges_dust(void **state)
{
	struct verdict d;

	(void)state;
	load("1000000");
	w.vault.collateral[0].amount = 2;
	w.market.asset[0].price.low = px("1");
	d = judged();
	assert_int_equal(d.state, STATE_LIQUIDATABLE);
	assert_true(d.has_liquidation_asset);
	/* The crossing at 6.25e23 USD is beyond any price. */
	assert_false(d.has_liquidation_price);
	load("0.000000000000000001");
	d = judged();
	assert_int_equal(d.state, STATE_HEALTHY);
	assert_true(d.has_liquidation_price);
}

static void
verdict_from_vault__carries_price_and_size(void **state)
{
	struct liquidation_price p;
	struct liquidation_size s;
	struct verdict d;

	(void)state;
	load("60");
	d = judged();
	assert_int_equal(d.state, STATE_HEALTHY);
	assert_true(d.has_liquidation_price);
	assert_string_equal(px_text(d.liquidation_price), "0.75");
	assert_string_equal(usd_text(d.max_repay), "0");
	load("85");			/* below zero at mid, not at best */
	assert_string_equal(usd_text(judged().max_repay), "0");
	load("90");
	d = judged();
	assert_int_equal(d.state, STATE_LIQUIDATABLE);
	assert_int_equal(liquidation_price_of(&p, &w.book, &w.vault,
	    &w.market, 0), ERR_OK);
	assert_string_equal(px_text(p.below), "1.125");
	assert_string_equal(px_text(d.liquidation_price), "1.125");
	/* (1.05 * 90 - 80) / (1.05 - 0.8) */
	assert_string_equal(usd_text(d.max_repay), "58");
	assert_int_equal(liquidation_size_of(&s, &w.book, &w.vault, &w.market,
	    1, 0, ratio("1.05")), ERR_OK);
	assert_string_equal(usd_text(s.repay), "58");
}

static void
verdict_from_vault__names_the_largest_legs_ties_by_id(void **state)
{
	struct verdict d;
	uint8_t a[4];

	(void)state;
	world_init(&w);
	for (size_t i = 0; i < 4; i++)
		a[i] = world_asset(&w, 18, "2", "0.5", "0.6");
	/* Slots 0..3 carry ids 9, 7, 8, 6. */
	for (size_t i = 0; i < 4; i++)
		w.book.assets[a[i]].id.b[31] = (uint8_t[]){ 9, 7, 8, 6 }[i];
	world_hold(&w, a[0], "10");
	world_hold(&w, a[1], "10");
	world_hold(&w, a[2], "10");
	world_hold(&w, a[3], "9.999999999999999999");
	world_owe(&w, a[0], "1");
	world_owe(&w, a[2], "1");
	world_owe(&w, a[3], "0");
	d = judged();
	assert_true(d.has_liquidation_asset && d.has_debt_asset);
	assert_int_equal(d.liquidation_asset, a[1]);
	assert_int_equal(d.debt_asset, a[2]);
	/* The largest by value, not by amount. */
	w.market.asset[a[3]].price.mid = px("2.1");
	w.market.asset[a[3]].price.high = px("2.1");
	assert_int_equal(judged().liquidation_asset, a[3]);
	w.vault.debt[0].index = ratio("1.000000000000000001");
	assert_int_equal(judged().debt_asset, a[0]);
	w.vault.debt_count = 0;
	w.vault.collateral_count = 0;
	d = judged();
	assert_false(d.has_liquidation_asset || d.has_debt_asset ||
	    d.has_liquidation_price);
}

static void
verdict_is_in_tree__lists_all_but_healthy_and_stale(void **state)
{
	static const struct {
		enum vault_state state;
		bool listed;
		const char *name;
	} rows[] = {
		{ STATE_HEALTHY, false, "HEALTHY" },
		{ STATE_RESTRICTED, true, "RESTRICTED" },
		{ STATE_CALLED, true, "CALLED" },
		{ STATE_OVERDUE, true, "OVERDUE" },
		{ STATE_LIQUIDATABLE, true, "LIQUIDATABLE" },
		{ STATE_LIQUIDATING, true, "LIQUIDATING" },
		{ STATE_CLOSED, true, "CLOSED" },
		{ STATE_INSOLVENT, true, "INSOLVENT" },
		{ STATE_STALE, false, "STALE" },
		{ STATE_PENDING, true, "PENDING" },
		{ STATE_RECOVERY, true, "RECOVERY" },
	};
	/* The numbers are signed. */
	static const unsigned numbers[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(rows[i].state, numbers[i]);
		assert_int_equal(verdict_is_in_tree(rows[i].state),
		    rows[i].listed);
		assert_string_equal(vault_state_name(rows[i].state),
		    rows[i].name);
	}
	assert_string_equal(vault_state_name(8), "UNNAMED");
	assert_string_equal(vault_state_name(15), "UNNAMED");
	assert_string_equal(vault_state_name(19), "UNNAMED");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    verdict_from_vault__follows_the_three_point_rule),
		cmocka_unit_test(
		    verdict_from_vault__keeps_the_rule_where_price_is_degraded),
		cmocka_unit_test(
		    verdict_from_vault__is_insolvent_only_where_nothing_is_worth),
		cmocka_unit_test(
		    verdict_from_vault__is_stale_and_empty_where_refused),
		cmocka_unit_test(
		    verdict_from_vault__is_stale_where_a_value_does_not_fit),
		cmocka_unit_test(verdict_from_vault__judges_dust),
		cmocka_unit_test(verdict_from_vault__carries_price_and_size),
		cmocka_unit_test(
		    verdict_from_vault__names_the_largest_legs_ties_by_id),
		cmocka_unit_test(
		    verdict_is_in_tree__lists_all_but_healthy_and_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
