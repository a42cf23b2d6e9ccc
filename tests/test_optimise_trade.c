/* margin/optimise_trade and optimise_cost: every proposal done again from the
 * start, nothing that helps left out, costs by hand; and the deposit that
 * meets a call (optimise_deposit) against every single asset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/optimise_deposit.h"
#include "margin/optimise_trade.h"
#include "tests/portfolio_world.h"

#define ONE ((i128)WAD_ONE_RAW)
#define PROPOSALS 512u

static struct trade_proposal proposals[PROPOSALS];
static size_t proposal_count;
static struct action_metrics before;
static struct deposit_work work;

static i128
raw(struct usd18 v)
{
	return usd18_to_raw(v);
}

static struct optimise_rules
rules_of(const char *spread, const char *fee)
{
	struct optimise_rules r;

	optimise_rules_default(&r);
	r.spread = num18_from_raw(pw_number(spread));
	r.fee = num18_from_raw(pw_number(fee));
	return r;
}

static enum err
propose(struct portfolio_world *w, uint32_t slot, enum margin_method method,
    const struct optimise_rules *r, size_t capacity)
{
	struct whatif x;
	enum err e;

	assert_int_equal(whatif_begin(&x, &w->book, slot, PW_POSITIONS),
	    ERR_OK);
	e = trade_propose(proposals, &proposal_count, capacity, &before, &x,
	    &w->snapshot, method, r);
	whatif_end(&x);
	return e;
}

/* ---- costs --------------------------------------------------------------- */

static void
optimise_rate__adds_half_the_spread_depth_and_fee(void **state)
{
	static const struct { const char *spread, *fee, *depth, *notional,
	    *rate; } rows[] = {
		{ "0.001", "0.0005", "0", "1000000", "0.001" },
		{ "0.001", "0.0005", "1000000", "0", "0.001" },
		{ "0.001", "0.0005", "1000000", "1000000", "0.0015" },
		{ "0.001", "0.0005", "1000000", "3000000", "0.0025" },
		{ "0.000000000000000001", "0", "0", "1",
		    "0.000000000000000001" },
		{ "0", "0", "5", "1", "0" },
	};
	struct optimise_rules r;
	struct num18 rate;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		r = rules_of("0", rows[i].fee);
		r.depth = usd18_from_raw(pw_number(rows[i].depth));
		assert_int_equal(optimise_rate(&rate,
		    num18_from_raw(pw_number(rows[i].spread)),
		    usd18_from_raw(pw_number(rows[i].notional)), &r), ERR_OK);
		assert_true(num18_to_raw(rate) == pw_number(rows[i].rate));
	}
	assert_int_equal(optimise_rate(&rate, num18_from_raw(-1),
	    usd18_zero(), &r), ERR_RANGE);
	assert_int_equal(optimise_rate(&rate, num18_zero(),
	    usd18_from_raw(-1), &r), ERR_RANGE);
	assert_true(num18_is_zero(rate));
}

static void
optimise_close__prices_against_the_account(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct vault v = pw_vault(w, METHOD_STANDARD);
	struct optimise_rules r = rules_of("0.002", "0.0005");
	struct usd18 cost;
	struct action a;
	struct node n;

	(void)state;
	pw_hold(w, &v, PW_USDC, "100000");
	pw_trade(w, &v, 0, 10 * ONE, pw_px("2100"));
	pw_trade(w, &v, 1, -2 * ONE, pw_px("50000"));
	pw_trade(w, &v, 2, 5000 * ONE, pw_px("50000"));
	n = snapshot_node(&w->snapshot, pw_put(w, &v));
	/* 10 ETH at 2000: sold at 1997, 30 USD. */
	assert_int_equal(optimise_close(&a, &cost, &n, &w->positions[0],
	    num18_from_raw(10 * ONE), &r), ERR_OK);
	assert_true(raw(cost) == 30 * ONE && num18_to_raw(a.size) ==
	    -10 * ONE);
	assert_true(px18_to_raw(a.price) == (u128)(1997 * ONE));
	assert_int_equal(a.asset, PW_USDC);
	/* One of two BTC bought back at 50075. */
	assert_int_equal(optimise_close(&a, &cost, &n, &w->positions[1],
	    num18_from_raw(-ONE), &r), ERR_OK);
	assert_true(raw(cost) == 75 * ONE && num18_to_raw(a.size) == ONE);
	assert_true(px18_to_raw(a.price) == (u128)(50075 * ONE));
	/* 5000 USD of inverse contracts settle in BTC. */
	assert_int_equal(optimise_close(&a, &cost, &n, &w->positions[2],
	    w->positions[2].size, &r), ERR_OK);
	assert_true(raw(cost) == 15 * ONE / 2);
	assert_int_equal(a.asset, PW_BTC);
	/* What has expired cannot be traded. */
	w->instruments[0].expiry_ms = PW_NOW_MS;
	assert_int_equal(optimise_close(&a, &cost, &n, &w->positions[0],
	    num18_from_raw(ONE), &r), ERR_STATE);
	assert_int_equal(optimise_remove(&a, &n, &w->positions[0]),
	    ERR_STATE);
	assert_true(raw(cost) == 15 * ONE / 2);
	free(w);
}

static void
optimise_settlement__takes_a_free_stable_asset_first(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct vault v = pw_vault(w, METHOD_STANDARD);
	struct instrument coin = { .is_inverse = true,
	    .factor = PW_F_ETH }, usd = { .factor = PW_F_ETH };
	struct node n;
	uint8_t asset = 99;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_BTC, "1");
	slot = pw_put(w, &v);
	n = snapshot_node(&w->snapshot, slot);
	assert_int_equal(optimise_settlement(&asset, &n, &usd), ERR_OK);
	assert_int_equal(asset, PW_USDC);
	assert_int_equal(optimise_settlement(&asset, &n, &coin), ERR_OK);
	assert_int_equal(asset, PW_ETH);
	w->book.assets[PW_USDC].risk.is_stable = false;
	assert_int_equal(optimise_settlement(&asset, &n, &usd), ERR_OK);
	assert_int_equal(asset, PW_BTC);
	w->vaults[slot].collateral[0].lien = 1;
	assert_int_equal(optimise_settlement(&asset, &n, &usd), ERR_UNKNOWN);
	w->market.asset[PW_ETH].price.status = PRICE_REFUSED;
	assert_int_equal(optimise_settlement(&asset, &n, &coin), ERR_STALE);
	assert_int_equal(asset, PW_BTC);
	free(w);
}

/* ---- proposals ----------------------------------------------------------- */

/* redo does a proposal from the start; false where it cannot be done. */
static bool
redo(struct post_margin *out, struct portfolio_world *w, uint32_t slot,
    enum margin_method method, const struct trade_proposal *p)
{
	struct whatif x;
	size_t failed;
	bool ok;

	assert_int_equal(whatif_begin(&x, &w->book, slot, PW_POSITIONS),
	    ERR_OK);
	ok = post_margin_of(out, &failed, &x, &w->snapshot, method, p->leg,
	    p->leg_count) == ERR_OK;
	whatif_end(&x);
	return ok;
}

static bool
helps(const struct post_margin *m)
{
	return !m->after.is_refused && raw(m->after.initial.requirement) <
	    raw(m->before.initial.requirement) &&
	    raw(m->after.mid.excess) >= raw(m->before.mid.excess);
}

static bool
is_listed(enum trade_kind kind, uint16_t a, uint16_t b)
{
	for (size_t i = 0; i < proposal_count; i++)
		if (proposals[i].kind == kind &&
		    proposals[i].leg[0].instrument == a &&
		    (kind != TRADE_PAIR ||
		    proposals[i].leg[1].instrument == b))
			return true;
	return false;
}

static void
check_each(struct portfolio_world *w, uint32_t slot,
    enum margin_method method)
{
	struct post_margin m;

	for (size_t i = 0; i < proposal_count; i++) {
		const struct trade_proposal *p = &proposals[i];

		assert_true(redo(&m, w, slot, method, p));
		assert_true(helps(&m));
		assert_true(raw(p->after.imr) ==
		    raw(m.after.initial.requirement));
		assert_true(raw(p->after.mm_excess) ==
		    raw(m.after.mid.excess));
		assert_true(raw(p->released) ==
		    raw(m.before.initial.requirement) -
		    raw(m.after.initial.requirement));
		assert_true(raw(before.imr) ==
		    raw(m.before.initial.requirement));
		if (i > 0)
			assert_true(optimise_ratio_compare(
			    proposals[i - 1].released, proposals[i - 1].cost,
			    p->released, p->cost) >= 0);
	}
}

/* Nothing that helps is left out. */
static unsigned
check_complete(struct portfolio_world *w, uint32_t slot,
    enum margin_method method, const struct optimise_rules *r)
{
	const struct vault *v = &w->vaults[slot];
	struct node n = snapshot_node(&w->snapshot, slot);
	struct post_margin m;
	unsigned useful = 0;

	for (size_t i = 0; i < v->position_count; i++)
		for (int half = 0; half < 2; half++) {
			const struct position *p =
			    &w->positions[v->position_first + i];
			struct trade_proposal one = { .leg_count = 1 };
			bool is_useful;

			assert_int_equal(optimise_close(&one.leg[0],
			    &one.cost, &n, p, half ? num18_from_raw(
			    num18_to_raw(p->size) / 2) : p->size, r), ERR_OK);
			is_useful = redo(&m, w, slot, method, &one) &&
			    helps(&m);
			assert_int_equal(is_listed(half ? TRADE_HALVE :
			    TRADE_CLOSE, p->instrument, 0), is_useful);
			useful += is_useful;
		}
	return useful;
}

static void
trade_propose__lists_what_helps_and_nothing_else(void **state)
{
	static const enum margin_method methods[] = { METHOD_STANDARD,
	    METHOD_SCENARIO, METHOD_GREEKS, METHOD_ES };
	struct portfolio_world *w = pw_init(31);
	struct optimise_rules r = rules_of("0.001", "0.0005");
	unsigned useful = 0, pairs = 0, done = 0;

	(void)state;
	for (unsigned k = 0; k < 40; k++) {
		enum margin_method m = methods[k % 4];
		uint32_t slot = pw_random_vault(w, m, 4);
		struct vault was = w->vaults[slot];
		enum err e = propose(w, slot, m, &r, PROPOSALS);

		assert_memory_equal(&was, &w->vaults[slot], sizeof(was));
		assert_true(e == ERR_OK || e == ERR_REFUSED);
		if (e == ERR_OK) {
			check_each(w, slot, m);
			useful += check_complete(w, slot, m, &r);
			for (size_t i = 0; i < proposal_count; i++)
				pairs += proposals[i].kind == TRADE_PAIR;
			done++;
		}
		pw_clear(w);
	}
	assert_true(done > 20 && useful > 50 && pairs > 10);
	free(w);
}

static void
trade_propose__keeps_the_best_where_room_is_short(void **state)
{
	struct portfolio_world *w = pw_init(5);
	struct optimise_rules r = rules_of("0.001", "0.0005");
	uint32_t slot = pw_random_vault(w, METHOD_STANDARD, 8);
	struct trade_proposal all[PROPOSALS];
	size_t count;

	(void)state;
	assert_int_equal(propose(w, slot, METHOD_STANDARD, &r, PROPOSALS),
	    ERR_OK);
	count = proposal_count;
	assert_true(count > 3);
	memcpy(all, proposals, count * sizeof(*all));
	for (size_t room = 0; room <= count; room++) {
		assert_int_equal(propose(w, slot, METHOD_STANDARD, &r, room),
		    ERR_OK);
		assert_int_equal(proposal_count, room);
		assert_memory_equal(proposals, all, room * sizeof(*all));
	}
	free(w);
}

static uint32_t
perp_vault(struct portfolio_world *w, enum margin_method m)
{
	struct vault v = pw_vault(w, m);

	pw_hold(w, &v, PW_USDC, "50000");
	pw_trade(w, &v, 0, 10 * ONE, pw_px("2000"));
	pw_trade(w, &v, 3, -4 * ONE, pw_px("2000"));
	return pw_put(w, &v);
}

static void
trade_propose__offsets_by_delta(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct optimise_rules r = rules_of("0.001", "0.0005");
	uint32_t slot = perp_vault(w, METHOD_STANDARD);
	const struct trade_proposal *p = NULL;

	(void)state;
	assert_int_equal(propose(w, slot, METHOD_STANDARD, &r, PROPOSALS),
	    ERR_OK);
	for (size_t i = 0; i < proposal_count; i++)
		if (proposals[i].kind == TRADE_PAIR)
			p = &proposals[i];
	assert_non_null(p);
	assert_true(num18_to_raw(p->leg[0].size) == -4 * ONE);
	assert_true(num18_to_raw(p->leg[1].size) == 4 * ONE);
	/* 16,000 of notional at 0.1 %. */
	assert_true(raw(p->cost) == 16 * ONE);
	free(w);
}

static void
trade_propose__refuses_what_costs_more_than_it_helps(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct optimise_rules r = rules_of("0", "0.5");
	uint32_t slot = perp_vault(w, METHOD_STANDARD);

	(void)state;
	assert_int_equal(propose(w, slot, METHOD_STANDARD, &r, PROPOSALS),
	    ERR_OK);
	assert_int_equal(proposal_count, 0);
	/* Maintenance margin of 3 %, USDC at 0.97: what is paid counts 0.97. */
	r = rules_of("0", "0.0309");
	assert_int_equal(propose(w, slot, METHOD_STANDARD, &r, PROPOSALS),
	    ERR_OK);
	assert_true(proposal_count > 0);
	r = rules_of("0", "0.031");
	assert_int_equal(propose(w, slot, METHOD_STANDARD, &r, PROPOSALS),
	    ERR_OK);
	assert_int_equal(proposal_count, 0);
	free(w);
}

static void
trade_propose__fails_without_prices_or_scenarios(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct optimise_rules r = rules_of("0.001", "0.0005");
	uint32_t slot = perp_vault(w, METHOD_STANDARD);

	(void)state;
	proposal_count = 77;
	w->work.var.has_sample = false;
	assert_int_equal(propose(w, slot, METHOD_VAR, &r, PROPOSALS),
	    ERR_STATE);
	w->terms.factor[PW_F_ETH].price.price.status = PRICE_REFUSED;
	assert_int_equal(propose(w, slot, METHOD_STANDARD, &r, PROPOSALS),
	    ERR_STALE);
	assert_int_equal(proposal_count, 77);
	free(w);
}

static void
trade_marginal__is_the_margin_with_less_without(void **state)
{
	struct portfolio_world *w = pw_init(41);

	(void)state;
	for (unsigned k = 0; k < 20; k++) {
		enum margin_method m = k % 2 ? METHOD_SCENARIO :
		    METHOD_STANDARD;
		uint32_t slot = pw_random_vault(w, m, 4);
		struct vault *v = &w->vaults[slot], was = *v;
		struct position all[PW_POSITIONS];
		struct usd18 marginal[POSITIONS_MAX];
		struct margin_result with, without;
		struct whatif x;

		assert_int_equal(whatif_begin(&x, &w->book, slot,
		    PW_POSITIONS), ERR_OK);
		assert_int_equal(trade_marginal(marginal, &x, &w->snapshot,
		    m), ERR_OK);
		whatif_end(&x);
		assert_int_equal(margin_evaluate(&with, &w->snapshot, slot,
		    m), ERR_OK);
		memcpy(all, w->positions, sizeof(all));
		for (size_t i = 0; i < was.position_count; i++) {
			struct position *p = w->positions + v->position_first;

			memmove(p + i, p + i + 1, (was.position_count - i -
			    1) * sizeof(*p));
			v->position_count--;
			assert_int_equal(margin_evaluate(&without,
			    &w->snapshot, slot, m), ERR_OK);
			assert_true(raw(marginal[i]) ==
			    raw(with.initial.requirement) -
			    raw(without.initial.requirement));
			memcpy(w->positions, all, sizeof(all));
			*v = was;
		}
		pw_clear(w);
	}
	free(w);
}

/* strained_vault: a random one whose USDC is cut to what leaves its excess of
 * a side short by some thousandths of its requirement and debt. */
static uint32_t
strained_vault(struct portfolio_world *w, enum margin_method m, bool initial,
    unsigned positions)
{
	uint32_t slot = pw_random_vault(w, m, positions);
	struct vault *v = &w->vaults[slot];
	struct margin_result r;
	i128 excess, asked;
	u128 has;

	v->collateral_count = 0;
	pw_hold(w, v, PW_ETH, "3");
	pw_hold(w, v, PW_USDC, "60000");
	if (m == METHOD_RATIO && v->debt_count == 0)
		pw_owe(w, v, PW_USDC, "12000");
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot, m), ERR_OK);
	excess = raw(initial ? r.initial.excess : r.mid.excess);
	asked = raw(r.mid.weighted_debt) + raw(r.initial.requirement);
	excess += asked / 1000 * (i128)(pw_random(w) % 100);
	excess = excess / (initial ? 95 : 97) / 10000000000;
	has = v->collateral[1].amount;
	if (excess > 0)
		v->collateral[1].amount -= (u128)excess < has ? (u128)excess :
		    has;
	return slot;
}

/* ---- deposits ------------------------------------------------------------ */

static enum err
deposit(struct deposit_plan *out, struct portfolio_world *w, uint32_t slot,
    enum margin_method m, const struct optimise_rules *r)
{
	struct whatif x;
	enum err e;

	assert_int_equal(whatif_begin(&x, &w->book, slot, PW_POSITIONS),
	    ERR_OK);
	e = deposit_plan_of(out, &x, &w->snapshot, m, r, &work);
	whatif_end(&x);
	return e;
}

/* The initial excess after a deposit of one asset. */
static i128
excess_with(struct portfolio_world *w, uint32_t slot, enum margin_method m,
    uint8_t asset, u128 atoms)
{
	struct action a = { .kind = ACTION_DEPOSIT, .asset = asset,
	    .amount = atoms };
	struct post_margin p;
	struct whatif x;
	size_t failed;

	assert_int_equal(whatif_begin(&x, &w->book, slot, PW_POSITIONS),
	    ERR_OK);
	assert_int_equal(post_margin_of(&p, &failed, &x, &w->snapshot, m, &a,
	    1), ERR_OK);
	whatif_end(&x);
	return raw(p.after.initial.excess);
}

static void
deposit_plan_of__is_exact_for_one_asset(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct vault v = pw_vault(w, METHOD_RATIO);
	struct optimise_rules r = rules_of("0.001", "0.0005");
	struct deposit_plan p;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_ETH, "10");
	pw_owe(w, &v, PW_USDC, "17000");
	slot = pw_put(w, &v);
	assert_int_equal(deposit(&p, w, slot, METHOD_RATIO, &r), ERR_OK);
	/* 10 ETH count 15920 at 1990; 17000 USDC cost 17017 at 1.001.  The
	 * highest ltv is USDC's: 1097 / 0.95, and at
	 * 1.001, where the debt is worst. */
	assert_true(raw(p.shortfall) == pw_number("1097"));
	assert_int_equal(p.count, 1);
	assert_int_equal(p.part[0].asset, PW_USDC);
	assert_int_equal(p.part[0].atoms, 1153583259);
	assert_true(raw(p.after.im_excess) >= 0);
	assert_true(excess_with(w, slot, METHOD_RATIO, PW_USDC, 1153583259)
	    >= 0);
	assert_true(excess_with(w, slot, METHOD_RATIO, PW_USDC, 1153583258)
	    < 0);
	free(w);
}

static void
deposit_plan_of__needs_nothing_where_nothing_lacks(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct vault v = pw_vault(w, METHOD_RATIO);
	struct optimise_rules r = rules_of("0.001", "0.0005");
	struct deposit_plan p;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_ETH, "10");
	slot = pw_put(w, &v);
	assert_int_equal(deposit(&p, w, slot, METHOD_RATIO, &r), ERR_OK);
	assert_int_equal(p.count, 0);
	assert_true(raw(p.cost) == 0 && raw(p.shortfall) == 0);
	free(w);
}

/* No single asset does it for less. */
static void
deposit_plan_of__is_the_cheapest_of_random_vaults(void **state)
{
	struct portfolio_world *w = pw_init(77);
	struct optimise_rules r = rules_of("0.001", "0.0005");
	unsigned needed = 0;

	(void)state;
	w->book.assets[PW_ETH].risk.spread = num18_from_raw(ONE / 5000);
	w->book.assets[PW_USDC].risk.spread = num18_from_raw(ONE / 1500);
	for (unsigned k = 0; k < 120; k++) {
		enum margin_method m = k % 3 == 0 ? METHOD_RATIO :
		    k % 3 == 1 ? METHOD_STANDARD : METHOD_SCENARIO;
		uint32_t slot = strained_vault(w, m, true, m == METHOD_RATIO ?
		    0 : 4);
		struct deposit_plan p;

		assert_int_equal(deposit(&p, w, slot, m, &r), ERR_OK);
		assert_true(raw(p.after.im_excess) >= 0);
		needed += p.count > 0;
		for (uint8_t a = 0; p.count > 0 && m == METHOD_RATIO &&
		    a < w->book.asset_count; a++) {
			struct num18 rate;
			struct usd18 value;
			u128 atoms;

			/* One thousandth less than the plan's cost buys: */
			assert_int_equal(optimise_rate_of_asset(&rate,
			    &w->book.assets[a], 0, usd18_zero(), &r), ERR_OK);
			assert_int_equal(muldiv_u128(&atoms,
			    (u128)raw(p.cost) / 1000 * 999, WAD_ONE_RAW,
			    (u128)num18_to_raw(rate), ROUND_FLOOR), ERR_OK);
			value = usd18_from_raw((i128)atoms);
			assert_int_equal(atoms_from_usd18(&atoms, value,
			    w->book.assets[a].decimals,
			    w->market.asset[a].price.mid, ROUND_FLOOR),
			    ERR_OK);
			assert_true(excess_with(w, slot, m, a, atoms) < 0 ||
			    raw(p.cost) < ONE / 1000);
		}
		pw_clear(w);
	}
	assert_true(needed > 20);
	free(w);
}

static void
deposit_plan_of__refuses_where_caps_leave_no_room(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct vault v = pw_vault(w, METHOD_RATIO);
	struct optimise_rules r = rules_of("0.001", "0.0005");
	struct deposit_plan p = { .count = 99 };
	uint32_t slot;

	(void)state;
	pw_owe(w, &v, PW_USDC, "17000");
	slot = pw_put(w, &v);
	for (size_t i = 0; i < w->book.asset_count; i++) {
		w->book.assets[i].risk.has_cap = true;
		w->book.assets[i].risk.cap =
		    usd18_from_raw(pw_number("5000"));
	}
	assert_int_equal(deposit(&p, w, slot, METHOD_RATIO, &r), ERR_REFUSED);
	assert_int_equal(p.count, 99);
	for (size_t i = 0; i < w->book.asset_count; i++)
		w->book.assets[i].risk.cap =
		    usd18_from_raw(pw_number("5500"));
	assert_int_equal(deposit(&p, w, slot, METHOD_RATIO, &r), ERR_OK);
	assert_int_equal(p.count, 4);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    optimise_rate__adds_half_the_spread_depth_and_fee),
		cmocka_unit_test(optimise_close__prices_against_the_account),
		cmocka_unit_test(
		    optimise_settlement__takes_a_free_stable_asset_first),
		cmocka_unit_test(
		    trade_propose__lists_what_helps_and_nothing_else),
		cmocka_unit_test(
		    trade_propose__keeps_the_best_where_room_is_short),
		cmocka_unit_test(trade_propose__offsets_by_delta),
		cmocka_unit_test(
		    trade_propose__refuses_what_costs_more_than_it_helps),
		cmocka_unit_test(
		    trade_propose__fails_without_prices_or_scenarios),
		cmocka_unit_test(
		    trade_marginal__is_the_margin_with_less_without),
		cmocka_unit_test(deposit_plan_of__is_exact_for_one_asset),
		cmocka_unit_test(
		    deposit_plan_of__needs_nothing_where_nothing_lacks),
		cmocka_unit_test(
		    deposit_plan_of__is_the_cheapest_of_random_vaults),
		cmocka_unit_test(
		    deposit_plan_of__refuses_where_caps_leave_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
