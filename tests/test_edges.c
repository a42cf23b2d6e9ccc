/* Every row of margin-model 1.12, each test named after its row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/stress.h"
#include "tests/portfolio_world.h"

static const enum margin_method METHODS[] = { METHOD_STANDARD,
    METHOD_SCENARIO, METHOD_GREEKS, METHOD_VAR, METHOD_ES };

static i128
raw(struct usd18 v)
{
	return usd18_to_raw(v);
}

static struct margin_result
evaluate(struct portfolio_world *w, uint32_t slot, enum margin_method m)
{
	struct margin_result r;

	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot, m), ERR_OK);
	return r;
}

static struct evaluation
at_point(struct portfolio_world *w, uint32_t slot, enum margin_method m,
    enum point_at where)
{
	struct evaluation v;
	struct point at = point_mid();

	at.factor[PW_F_ETH].at = where;
	assert_int_equal(margin_evaluate_at(&v, &w->snapshot, slot, m, &at,
	    SIDE_MAINTENANCE, NULL), ERR_OK);
	return v;
}

/* An instrument of PW_F_ETH by kind. */
static uint16_t
instrument_of(const struct portfolio_world *w, enum instrument_kind kind)
{
	for (uint16_t i = 0; i < w->book.instrument_count; i++)
		if (w->instruments[i].kind == kind &&
		    w->instruments[i].factor == PW_F_ETH)
			return i;
	abort();
}

/* ---- D = 0 ---------------------------------------------------------------- */

static void
no_debt__ratio_is_infinite_and_never_liquidatable(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct vault v = pw_vault(w, METHOD_RATIO);
	struct margin_result r;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_ETH, "0.000000000000000001");
	slot = pw_put(w, &v);
	r = evaluate(w, slot, METHOD_RATIO);
	assert_true(wad_is_infinite(r.collateralization_ratio));
	assert_true(wad_is_infinite(r.mid.health));
	assert_int_equal(r.state, STATE_HEALTHY);
	for (size_t i = 0; i < ARRAY_COUNT(METHODS); i++) {
		r = evaluate(w, slot, METHODS[i]);
		assert_true(wad_is_infinite(r.collateralization_ratio));
		assert_int_not_equal(r.state, STATE_INSOLVENT);
	}
	free(w);
}

static void
no_debt__with_a_requirement_may_be_liquidatable(void **state)
{
	struct portfolio_world *w = pw_init(2);
	struct vault v = pw_vault(w, METHOD_STANDARD);
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_USDC, "10");
	pw_trade(w, &v, 0, 10 * (i128)WAD_ONE_RAW, pw_px("2000"));
	slot = pw_put(w, &v);
	assert_int_equal(evaluate(w, slot, METHOD_STANDARD).state,
	    STATE_LIQUIDATABLE);
	free(w);
}

/* ---- V = 0, D > 0 --------------------------------------------------------- */

static void
no_collateral__with_debt_is_zero_and_insolvent(void **state)
{
	struct portfolio_world *w = pw_init(3);
	struct vault v = pw_vault(w, METHOD_RATIO);
	struct margin_result r;
	uint32_t slot;

	(void)state;
	pw_owe(w, &v, PW_USDC, "0.000001");
	slot = pw_put(w, &v);
	r = evaluate(w, slot, METHOD_RATIO);
	assert_true(wad_to_raw(r.collateralization_ratio) == 0);
	assert_true(wad_to_raw(r.mid.health) == 0);
	assert_true(wad_is_infinite(r.loan_to_value));
	assert_int_equal(r.state, STATE_INSOLVENT);
	for (size_t i = 0; i < ARRAY_COUNT(METHODS); i++)
		assert_int_equal(evaluate(w, slot, METHODS[i]).state,
		    STATE_INSOLVENT);
	free(w);
}

/* ---- equity < 0, no MMR, no debt ------------------------------------------ */

/* A loss on an expired contract that asks for nothing; and long options, which
 * ask for nothing under `standard`, with an unpaid funding. */
static void
negative_equity__without_obligation_is_not_liquidatable(void **state)
{
	struct portfolio_world *w = pw_init(4);
	struct vault v = pw_vault(w, METHOD_STANDARD);
	struct margin_result r;
	uint32_t slot;

	(void)state;
	w->instruments[0].tier[0].initial = ppb_from_raw(0);
	w->instruments[0].tier[0].maintenance = ppb_from_raw(0);
	w->rules.standard.linear.base_share = ppb_from_raw(0);
	pw_trade(w, &v, 0, (i128)WAD_ONE_RAW / 10, pw_px("2500"));
	slot = pw_put(w, &v);
	r = evaluate(w, slot, METHOD_STANDARD);
	assert_true(usd18_is_negative(r.equity));
	assert_true(usd18_is_zero(r.mid.requirement));
	assert_int_equal(r.state, STATE_RESTRICTED);
	assert_true(usd18_is_negative(r.initial.excess));
	free(w);
}

/* ---- missing, stale or refused -------------------------------------------- */

static void
refused_price__is_stale_for_who_needs_it_and_for_nobody_else(void **state)
{
	struct portfolio_world *w = pw_init(5);
	struct vault held = pw_vault(w, METHOD_RATIO), owed, traded, other;
	uint32_t slot[4];

	(void)state;
	pw_hold(w, &held, PW_BTC, "1");
	slot[0] = pw_put(w, &held);
	owed = pw_vault(w, METHOD_RATIO);
	pw_hold(w, &owed, PW_USDC, "1000");
	pw_owe(w, &owed, PW_BTC, "0.001");
	slot[1] = pw_put(w, &owed);
	traded = pw_vault(w, METHOD_STANDARD);
	pw_hold(w, &traded, PW_USDC, "1000");
	pw_trade(w, &traded, 1, (i128)WAD_ONE_RAW, pw_px("50000"));
	slot[2] = pw_put(w, &traded);
	other = pw_vault(w, METHOD_RATIO);
	pw_hold(w, &other, PW_ETH, "1");
	slot[3] = pw_put(w, &other);
	w->market.asset[PW_BTC].price.status = PRICE_REFUSED;
	w->terms.factor[PW_F_BTC].price.price.status = PRICE_REFUSED;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(evaluate(w, slot[i], (enum margin_method)
		    w->vaults[slot[i]].method).state, STATE_STALE);
	assert_int_equal(evaluate(w, slot[3], METHOD_RATIO).state,
	    STATE_HEALTHY);
	free(w);
}

/* ---- DEGRADED -------------------------------------------------------------- */

static void
degraded_price__is_said_and_liquidates_at_all_three_points_only(void **state)
{
	struct portfolio_world *w = pw_init(6);
	struct vault v = pw_vault(w, METHOD_RATIO);
	struct price *eth = &w->market.asset[PW_ETH].price;
	struct margin_result r;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_ETH, "10");		/* 16,500 at the threshold */
	pw_owe(w, &v, PW_USDC, "16700");
	slot = pw_put(w, &v);
	w->market.asset[PW_USDC].price.low = pw_px("1");
	w->market.asset[PW_USDC].price.high = pw_px("1");
	assert_int_equal(evaluate(w, slot, METHOD_RATIO).state,
	    STATE_LIQUIDATABLE);
	eth->status = PRICE_DEGRADED;
	eth->high = pw_px("2100");	/* 17,325 */
	eth->low = pw_px("1900");
	r = evaluate(w, slot, METHOD_RATIO);
	assert_true(r.is_degraded);
	assert_int_equal(r.state, STATE_RESTRICTED);
	free(w);
}

static void
band_wider_than_band_max__is_refused(void **state)
{
	struct portfolio_world *w = pw_init(7);
	struct price *eth = &w->market.asset[PW_ETH].price;

	(void)state;
	eth->low = pw_px("1800");	/* exactly a tenth */
	rules_refuse_bands(&w->market, &w->terms, &w->rules);
	assert_int_equal(eth->status, PRICE_OK);
	eth->low = pw_px("1799.999999999999999999");
	rules_refuse_bands(&w->market, &w->terms, &w->rules);
	assert_int_equal(eth->status, PRICE_REFUSED);
	free(w);
}

/* ---- expired, settled ------------------------------------------------------- */

/* Intrinsic at the average of the window, whatever the price does since. */
static void
expired_unsettled__is_pending_at_the_average_and_unshocked(void **state)
{
	struct portfolio_world *w = pw_init(8);
	struct vault v = pw_vault(w, METHOD_SCENARIO);
	struct market_forward *f = &w->terms.factor[PW_F_ETH].forward[0];
	uint16_t call = 5;
	uint32_t slot;

	(void)state;
	assert_int_equal(w->instruments[call].kind, INSTRUMENT_OPTION);
	assert_true(w->instruments[call].is_call);
	pw_hold(w, &v, PW_USDC, "1000");
	pw_trade(w, &v, call, -(i128)WAD_ONE_RAW, pw_px("0"));
	slot = pw_put(w, &v);
	f->has_fixed = true;
	f->fixed = pw_px("1900");
	w->market.as_of_ms = f->expiry_ms;
	for (size_t i = 0; i < ARRAY_COUNT(METHODS); i++) {
		struct margin_result r = evaluate(w, slot, METHODS[i]);

		assert_int_equal(r.state, STATE_PENDING);
		assert_true(raw(r.equity) == pw_number("700"));
		for (enum point_at p = AT_LOW; p <= AT_HIGH; p++)
			assert_true(raw(at_point(w, slot, METHODS[i], p)
			    .own_equity) == raw(r.equity));
	}
	/* One millisecond earlier it is not pending. */
	w->market.as_of_ms--;
	assert_int_not_equal(evaluate(w, slot, METHOD_SCENARIO).state,
	    STATE_PENDING);
	free(w);
}

static void
expired_unsettled__without_an_average_takes_the_twap_then_the_mid(void **state)
{
	struct portfolio_world *w = pw_init(9);
	struct vault v = pw_vault(w, METHOD_SCENARIO);
	struct market_price *index = &w->terms.factor[PW_F_ETH].price;
	uint32_t slot;

	(void)state;
	pw_trade(w, &v, 5, (i128)WAD_ONE_RAW, pw_px("0"));
	slot = pw_put(w, &v);
	w->market.as_of_ms = w->instruments[5].expiry_ms;
	assert_true(raw(evaluate(w, slot, METHOD_SCENARIO).equity) ==
	    pw_number("400"));
	index->has_twap = true;
	index->twap = pw_px("1995");
	assert_true(raw(evaluate(w, slot, METHOD_SCENARIO).equity) ==
	    pw_number("395"));
	free(w);
}

/* Nor do floors of named shocks hide it. */
static void
expired_unsettled__stays_pending_under_a_stress_floor(void **state)
{
	struct portfolio_world *w = pw_init(8);
	struct vault v = pw_vault(w, METHOD_SCENARIO);
	const struct snapshot floor = w->snapshot;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_USDC, "1000");
	pw_trade(w, &v, 5, -(i128)WAD_ONE_RAW, pw_px("0"));
	slot = pw_put(w, &v);
	w->market.as_of_ms = w->instruments[5].expiry_ms;
	w->snapshot.floors = &floor;
	for (size_t count = 0; count < 2; count++) {
		w->snapshot.floor_count = count;
		assert_int_equal(evaluate(w, slot, METHOD_SCENARIO).state,
		    STATE_PENDING);
	}
	free(w);
}

/* Half of the window is over: half of the price is fixed, and a shock or a
 * scenario moves the other half only. */
static void
settlement_window__splits_the_forward(void **state)
{
	struct portfolio_world *w = pw_init(10);
	struct vault v = pw_vault(w, METHOD_VAR);
	uint16_t future = instrument_of(w, INSTRUMENT_FUTURE);
	struct market_forward *f = &w->terms.factor[PW_F_ETH].forward[1];
	i128 before, inside;
	uint32_t slot;

	(void)state;
	/* What it costs to close does not halve: a market without costs. */
	for (size_t i = 0; i < w->book.asset_count; i++) {
		w->book.assets[i].risk.spread = num18_from_raw(0);
		w->book.assets[i].risk.volatility = num18_from_raw(0);
	}
	pw_hold(w, &v, PW_USDC, "100000");
	pw_trade(w, &v, future, (i128)WAD_ONE_RAW, pw_px("2000"));
	slot = pw_put(w, &v);
	f->has_fixed = true;
	f->fixed = pw_px("2100");
	w->market.as_of_ms = f->expiry_ms - INSTRUMENT_WINDOW_MS_DEFAULT;
	assert_true(raw(evaluate(w, slot, METHOD_VAR).equity) -
	    pw_number("100000") == 0);
	before = raw(at_point(w, slot, METHOD_VAR, AT_MID).requirement);
	w->market.as_of_ms = f->expiry_ms - INSTRUMENT_WINDOW_MS_DEFAULT / 2;
	assert_true(raw(evaluate(w, slot, METHOD_VAR).equity) ==
	    pw_number("100050"));
	/* The index falls to 1,990 by 10: the future by 5. */
	assert_true(raw(at_point(w, slot, METHOD_VAR, AT_LOW).own_equity) ==
	    pw_number("100045"));
	inside = raw(at_point(w, slot, METHOD_VAR, AT_MID).requirement);
	assert_true(inside * 2 - before >= -4 && inside * 2 - before <= 4);
	free(w);
}

/* ---- decimals, dust --------------------------------------------------------- */

static void
dust__floors_to_nothing_held_and_one_owed(void **state)
{
	struct portfolio_world *w = pw_init(11);
	struct vault v = pw_vault(w, METHOD_RATIO);
	struct margin_result r;
	uint32_t slot;

	(void)state;
	w->book.assets[PW_ETH].decimals = 24;
	w->book.assets[PW_WSTETH].decimals = 24;
	pw_hold(w, &v, PW_ETH, "0.000000000000000000000001");
	pw_owe(w, &v, PW_WSTETH, "0.000000000000000000000001");
	slot = pw_put(w, &v);
	r = evaluate(w, slot, METHOD_RATIO);
	assert_true(raw(r.collateral_value) == 0);
	assert_true(raw(r.debt_value) == 1);
	assert_int_equal(r.state, STATE_INSOLVENT);
	free(w);
}

/* ---- negative rate, sigma -> 0, K or F = 0 ------------------------------------ */

static void
negative_rate__counts_as_zero(void **state)
{
	struct portfolio_world *w = pw_init(12);
	struct vault v = pw_vault(w, METHOD_SCENARIO);
	struct margin_result none, negative;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_USDC, "10000");
	pw_trade(w, &v, 5, -(i128)WAD_ONE_RAW, pw_px("0"));
	slot = pw_put(w, &v);
	none = evaluate(w, slot, METHOD_SCENARIO);
	w->terms.rate_count = 1;
	w->terms.rate[0] = (struct market_rate){
		w->instruments[5].expiry_ms,
		num18_from_raw(-(i128)WAD_ONE_RAW / 10) };
	negative = evaluate(w, slot, METHOD_SCENARIO);
	assert_true(raw(none.equity) == raw(negative.equity));
	assert_true(raw(none.mid.excess) == raw(negative.mid.excess));
	free(w);
}

static void
no_volatility__is_intrinsic(void **state)
{
	struct portfolio_world *w = pw_init(13);
	struct vault v = pw_vault(w, METHOD_VAR);
	uint32_t slot;

	(void)state;
	pw_trade(w, &v, 5, (i128)WAD_ONE_RAW, pw_px("0"));
	slot = pw_put(w, &v);
	w->terms.factor[PW_F_ETH].slice[0].vol = num18_zero();
	for (size_t i = 0; i < ARRAY_COUNT(METHODS); i++)
		assert_true(raw(evaluate(w, slot, METHODS[i]).equity) ==
		    pw_number("400"));
	free(w);
}

/* A vault of which a number does not fit says so; the others do not notice. */
static void
overflow__is_an_error_of_that_vault_alone(void **state)
{
	struct portfolio_world *w = pw_init(14);
	struct vault v = pw_vault(w, METHOD_SCENARIO), small;
	struct margin_result r = { .state = STATE_CLOSED };
	uint32_t slot, other;

	(void)state;
	v.collateral[v.collateral_count++] = (struct leg){ .asset = PW_BTC,
	    .amount = U128_MAX, .index = wad_one() };
	slot = pw_put(w, &v);
	small = pw_vault(w, METHOD_RATIO);
	pw_hold(w, &small, PW_BTC, "1");
	other = pw_put(w, &small);
	for (unsigned m = METHOD_RATIO; m <= METHOD_ES; m++) {
		assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
		    (enum margin_method)m), ERR_RANGE);
		assert_int_equal(r.state, STATE_CLOSED);
	}
	assert_int_equal(evaluate(w, other, METHOD_RATIO).state,
	    STATE_HEALTHY);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    no_debt__ratio_is_infinite_and_never_liquidatable),
		cmocka_unit_test(
		    no_debt__with_a_requirement_may_be_liquidatable),
		cmocka_unit_test(
		    no_collateral__with_debt_is_zero_and_insolvent),
		cmocka_unit_test(
		    negative_equity__without_obligation_is_not_liquidatable),
		cmocka_unit_test(
		  refused_price__is_stale_for_who_needs_it_and_for_nobody_else),
		cmocka_unit_test(
		    degraded_price__is_said_and_liquidates_at_all_three_points_only),
		cmocka_unit_test(band_wider_than_band_max__is_refused),
		cmocka_unit_test(
		    expired_unsettled__is_pending_at_the_average_and_unshocked),
		cmocka_unit_test(
		  expired_unsettled__without_an_average_takes_the_twap_then_the_mid),
		cmocka_unit_test(
		    expired_unsettled__stays_pending_under_a_stress_floor),
		cmocka_unit_test(settlement_window__splits_the_forward),
		cmocka_unit_test(dust__floors_to_nothing_held_and_one_owed),
		cmocka_unit_test(negative_rate__counts_as_zero),
		cmocka_unit_test(no_volatility__is_intrinsic),
		cmocka_unit_test(overflow__is_an_error_of_that_vault_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
