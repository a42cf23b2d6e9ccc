#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/liquidation_search.h"
#include "margin/shock.h"
#include "margin/whatif.h"
#include "tests/portfolio_world.h"

static i128
raw(struct usd18 v)
{
	return usd18_to_raw(v);
}

static void
assert_usd(struct usd18 got, const char *want)
{
	char buf[DECIMAL_BUF];

	decimal_from_i128(buf, raw(got), 18);
	assert_string_equal(buf, want);
}

/* ---- ratio ---------------------------------------------------------------- */

static struct usd18
end_by_points(struct portfolio_world *w, uint32_t slot, enum margin_side side,
    bool best)
{
	struct evaluation v;
	struct point at;

	assert_int_equal(margin_worst_point(&at, &w->snapshot, slot,
	    METHOD_RATIO, side, best), ERR_OK);
	assert_int_equal(margin_evaluate_at(&v, &w->snapshot, slot,
	    METHOD_RATIO, &at, side, NULL), ERR_OK);
	return v.excess;
}

/* The closed form of a ratio vault and the search over points agree. */
static void
margin_evaluate__of_tokens_is_what_the_points_say(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct point mid = point_mid();
	struct margin_result r;
	struct evaluation v;

	(void)state;
	for (unsigned n = 0; n < 2000; n++) {
		uint32_t slot = pw_random_vault(w, METHOD_RATIO, 0);

		assert_true(margin_is_tokens_alone(&w->snapshot, slot));
		assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
		    METHOD_RATIO), ERR_OK);
		assert_int_equal(margin_evaluate_at(&v, &w->snapshot, slot,
		    METHOD_RATIO, &mid, SIDE_MAINTENANCE, NULL), ERR_OK);
		assert_true(raw(v.excess) == raw(r.mid.excess));
		assert_true(wad_to_raw(v.health) == wad_to_raw(r.mid.health));
		assert_true(raw(v.own_equity) == raw(r.equity));
		assert_true(raw(end_by_points(w, slot, SIDE_MAINTENANCE,
		    false)) == raw(r.worst.excess));
		assert_true(raw(end_by_points(w, slot, SIDE_MAINTENANCE,
		    true)) == raw(r.best.excess));
		assert_true(raw(end_by_points(w, slot, SIDE_INITIAL,
		    false)) == raw(r.initial.excess));
		pw_clear(w);
	}
	free(w);
}

static void
margin_evaluate__ratio_says_nothing_about_positions(void **state)
{
	struct portfolio_world *w = pw_init(2);
	struct vault v = pw_vault(w, METHOD_RATIO);
	struct margin_result r;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_USDC, "1000");
	pw_trade(w, &v, 0, (i128)WAD_ONE_RAW, pw_px("2000"));
	slot = pw_put(w, &v);
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
	    METHOD_RATIO), ERR_STATE);
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
	    METHOD_STANDARD), ERR_OK);
	free(w);
}

/* ---- standard -------------------------------------------------------------- */

/* 10 ETH short from 2,100 with 2,000 USDC: AE = 2,000 x 0.97 + 1,000 = 2,940
 * at mid; notional 20,000 at 3 % asks for 600. */
static void
margin_evaluate__standard_of_a_short_perpetual(void **state)
{
	struct portfolio_world *w = pw_init(3);
	struct vault v = pw_vault(w, METHOD_STANDARD);
	struct liquidation_price p;
	struct margin_result r;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_USDC, "2000");
	pw_trade(w, &v, 0, -10 * (i128)WAD_ONE_RAW, pw_px("2100"));
	slot = pw_put(w, &v);
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
	    METHOD_STANDARD), ERR_OK);
	assert_usd(r.collateral_value, "2000");
	assert_usd(r.equity, "3000");
	assert_usd(r.mid.equity, "2940");
	assert_usd(r.mid.requirement, "600");
	assert_usd(r.mid.excess, "2340");
	/* Worst: ETH at 2,012, USDC at 0.999. */
	assert_usd(r.worst.equity, "2818.06");
	assert_usd(r.worst.requirement, "603.6");
	assert_usd(r.best.equity, "3041.94");
	/* Initial: 0.95 x 1,998 + 880 - 5 % of 20,120. */
	assert_usd(r.initial.excess, "1772.1");
	assert_int_equal(r.state, STATE_HEALTHY);

	/* Short: (A + q e) / (q (1 + m)) = (1,940 + 21,000) / 10.3, floored. */
	assert_int_equal(liquidation_search(&p, &w->snapshot, slot,
	    METHOD_STANDARD, PW_F_ETH), ERR_OK);
	assert_false(p.has_below);
	assert_true(p.has_above);
	assert_true(px18_to_raw(p.above) == px18_to_raw(
	    pw_px("2227.184466019417475728")));
	free(w);
}

/* ---- the tree --------------------------------------------------------------- */

/* The terms of a parent have what its children add. */
static void
assert_explained(struct portfolio_world *w, uint32_t slot,
    const struct evaluation *v)
{
	struct explain_term terms[64];
	struct explain x = { .term = terms, .capacity = ARRAY_COUNT(terms) };
	const struct {
		enum explain_number number;
		struct usd18 is;
	} all[] = {
		{ EXPLAIN_COLLATERAL_VALUE, v->collateral_value },
		{ EXPLAIN_DEBT_VALUE, v->debt_value },
		{ EXPLAIN_EQUITY, v->own_equity },
		{ EXPLAIN_EQUITY_MAINTENANCE, v->equity },
		{ EXPLAIN_MAINTENANCE_MARGIN, v->requirement },
	};
	struct point mid = point_mid();
	struct evaluation again;
	struct usd18 sum;

	assert_int_equal(margin_evaluate_at(&again, &w->snapshot, slot,
	    METHOD_STANDARD, &mid, SIDE_MAINTENANCE, &x), ERR_OK);
	for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
		assert_int_equal(explain_sum(&sum, &x, all[i].number), ERR_OK);
		assert_true(raw(sum) == raw(all[i].is));
	}
}

static void
margin_evaluate__a_cross_parent_sums_what_shares(void **state)
{
	struct portfolio_world *w = pw_init(4);
	struct vault parent = pw_vault(w, METHOD_STANDARD), child, alone;
	struct margin_result whole, one;
	uint32_t slot;

	(void)state;
	parent.node = NODE_CROSS;
	pw_hold(w, &parent, PW_USDC, "1000");
	slot = pw_put(w, &parent);
	child = pw_vault(w, METHOD_STANDARD);
	child.node = NODE_PORTFOLIO;
	child.parent = slot + 1;
	pw_trade(w, &child, 0, 10 * (i128)WAD_ONE_RAW, pw_px("2000"));
	(void)pw_put(w, &child);
	alone = pw_vault(w, METHOD_STANDARD);
	alone.node = NODE_ISOLATED;
	alone.parent = slot + 1;
	pw_trade(w, &alone, 1, -(i128)WAD_ONE_RAW, pw_px("40000"));
	(void)pw_put(w, &alone);
	tree_build(&w->tree, &w->book);
	w->snapshot.tree = &w->tree;

	assert_int_equal(margin_evaluate(&whole, &w->snapshot, slot,
	    METHOD_STANDARD), ERR_OK);
	/* 970 + 0 - 3 % of 20,000: the isolated loss of 10,000 stays out. */
	assert_usd(whole.mid.equity, "970");
	assert_usd(whole.mid.requirement, "600");
	assert_int_equal(margin_evaluate(&one, &w->snapshot, 2,
	    METHOD_STANDARD), ERR_OK);
	assert_usd(one.mid.equity, "-10000");
	assert_int_equal(one.state, STATE_LIQUIDATABLE);
	assert_explained(w, slot, &whole.mid);
	assert_int_equal(tree_root(&w->book, 1), slot);
	assert_int_equal(tree_root(&w->book, 2), 2);
	free(w);
}

/* A parent of 1,000 USDC and a child of the same, one of which has 10 ETH
 * perpetuals: 600 of maintenance, 1,000.5 of initial margin. */
static uint32_t
family_put(struct portfolio_world *w, bool parent_trades)
{
	struct vault parent = pw_vault(w, METHOD_STANDARD), child;
	uint32_t slot;

	parent.node = NODE_CROSS;
	pw_hold(w, &parent, PW_USDC, "1000");
	if (parent_trades)
		pw_trade(w, &parent, 0, 10 * (i128)WAD_ONE_RAW,
		    pw_px("2000"));
	slot = pw_put(w, &parent);
	child = pw_vault(w, METHOD_STANDARD);
	child.node = NODE_CROSS;
	child.parent = slot + 1;
	pw_hold(w, &child, PW_USDC, parent_trades ? "1000" : "10");
	if (!parent_trades)
		pw_trade(w, &child, 0, 10 * (i128)WAD_ONE_RAW,
		    pw_px("2000"));
	(void)pw_put(w, &child);
	tree_build(&w->tree, &w->book);
	w->snapshot.tree = &w->tree;
	return slot;
}

static void
margin_evaluate__a_child_that_shares_is_judged_by_its_root(void **state)
{
	struct portfolio_world *w = pw_init(4);
	struct margin_result whole, child;
	uint32_t slot = family_put(w, false);

	(void)state;
	assert_int_equal(margin_evaluate(&whole, &w->snapshot, slot,
	    METHOD_STANDARD), ERR_OK);
	assert_int_equal(margin_evaluate(&child, &w->snapshot, slot + 1,
	    METHOD_STANDARD), ERR_OK);
	/* Alone it would be under water; what it shares holds it. */
	assert_true(usd18_is_negative(child.mid.excess));
	assert_true(usd18_is_negative(child.best.excess));
	assert_false(usd18_is_negative(whole.mid.excess));
	assert_int_equal(child.state, whole.state);
	free(w);
}

static void
margin_evaluate__the_rules_method_is_of_the_children_too(void **state)
{
	struct portfolio_world *w = pw_init(4);
	uint32_t slot = family_put(w, false);
	struct margin_result own, whole;

	(void)state;
	w->vaults[slot + 1].method = METHOD_SCENARIO;
	assert_int_equal(margin_evaluate(&own, &w->snapshot, slot,
	    METHOD_STANDARD), ERR_OK);
	w->rules.has_method = true;
	w->rules.method = METHOD_STANDARD;
	assert_int_equal(margin_evaluate(&whole, &w->snapshot, slot,
	    METHOD_STANDARD), ERR_OK);
	assert_usd(whole.mid.requirement, "600");
	assert_true(raw(own.mid.requirement) != raw(whole.mid.requirement));
	free(w);
}

static void
explain__what_shares_is_a_term_of_each_number(void **state)
{
	static struct explain_term terms[64];
	struct portfolio_world *w = pw_init(4);
	struct explain x = { .term = terms, .capacity = 64 };
	uint32_t slot = family_put(w, false);
	struct point mid = point_mid();
	struct evaluation v;
	struct usd18 sum;

	(void)state;
	assert_int_equal(margin_evaluate_at(&v, &w->snapshot, slot,
	    METHOD_STANDARD, &mid, SIDE_MAINTENANCE, &x), ERR_OK);
	assert_int_equal(explain_sum(&sum, &x, EXPLAIN_COLLATERAL_VALUE),
	    ERR_OK);
	assert_true(raw(sum) == raw(v.collateral_value));
	assert_int_equal(explain_sum(&sum, &x, EXPLAIN_EQUITY), ERR_OK);
	assert_true(raw(sum) == raw(v.own_equity));
	assert_int_equal(explain_sum(&sum, &x, EXPLAIN_EQUITY_MAINTENANCE),
	    ERR_OK);
	assert_true(raw(sum) == raw(v.equity));
	assert_int_equal(explain_sum(&sum, &x, EXPLAIN_MAINTENANCE_MARGIN),
	    ERR_OK);
	assert_true(raw(sum) == raw(v.requirement));
	assert_usd(sum, "600");
	free(w);
}

static void
post_margin_of__judges_a_child_by_what_its_root_has_left(void **state)
{
	struct portfolio_world *w = pw_init(4);
	uint32_t slot = family_put(w, true);
	struct action a = { .kind = ACTION_WITHDRAW, .asset = PW_USDC,
	    .amount = 100000000 };
	struct post_margin p;
	struct whatif x;
	size_t failed;

	(void)state;
	assert_int_equal(whatif_begin(&x, &w->book, slot + 1, PW_POSITIONS),
	    ERR_OK);
	assert_int_equal(post_margin_of(&p, &failed, &x, &w->snapshot,
	    METHOD_STANDARD, &a, 1), ERR_OK);
	assert_true(p.verdict.is_accepted);
	/* The child owes nothing, but its parent's margin stands on it. */
	whatif_reset(&x);
	a.amount = 950000000;
	assert_int_equal(post_margin_of(&p, &failed, &x, &w->snapshot,
	    METHOD_STANDARD, &a, 1), ERR_OK);
	assert_false(usd18_is_negative(p.after.initial.excess));
	assert_false(p.verdict.is_accepted);
	assert_int_equal(p.verdict.reason, ACTION_CASH_OUT);
	whatif_end(&x);
	free(w);
}

static void
post_margin_of__counts_the_floors_of_the_rules(void **state)
{
	struct portfolio_world *w = pw_init(4);
	struct vault v = pw_vault(w, METHOD_STANDARD);
	struct action a = { .kind = ACTION_WITHDRAW, .asset = PW_USDC,
	    .amount = 1000000000 };
	static struct market crash;
	static struct market_terms terms;
	struct snapshot floor;
	struct post_margin p;
	struct whatif x;
	struct liquidation_price at;
	struct shock k;
	size_t failed;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_USDC, "10000");
	pw_trade(w, &v, 0, 10 * (i128)WAD_ONE_RAW, pw_px("2000"));
	slot = pw_put(w, &v);
	assert_true(shock_named(&k, 0, &w->book));	/* crash-50 */
	assert_int_equal(shock_apply(&crash, &terms, &w->market, &w->book,
	    &k), ERR_OK);
	floor = w->snapshot;
	floor.market = &crash;
	for (int with = 0; with <= 1; with++) {
		w->snapshot.floors = &floor;
		w->snapshot.floor_count = (size_t)with;
		assert_int_equal(whatif_begin(&x, &w->book, slot,
		    PW_POSITIONS), ERR_OK);
		assert_int_equal(post_margin_of(&p, &failed, &x,
		    &w->snapshot, METHOD_STANDARD, &a, 1), ERR_OK);
		whatif_end(&x);
		/* 10 x 1,000 lost and 970 x 9 there: 10,000 are asked. */
		assert_int_equal(p.verdict.is_accepted, !with);
		if (with) {
			assert_string_equal(p.after.mid.binding.binding,
			    "stress");
			assert_usd(p.after.mid.requirement, "10000");
			/* 9700 and 10 (p - 2000) against 10 p / 2. */
			assert_int_equal(liquidation_search(&at, &w->snapshot,
			    slot, METHOD_STANDARD, PW_F_ETH), ERR_OK);
			assert_true(at.has_below);
			assert_true(px18_to_raw(at.below) ==
			    px18_to_raw(pw_px("2060")));
		}
	}
	free(w);
}

/* ---- status ------------------------------------------------------------------ */

static void
margin_evaluate__a_missing_price_is_stale(void **state)
{
	struct portfolio_world *w = pw_init(5);
	struct vault v = pw_vault(w, METHOD_SCENARIO);
	struct margin_result r;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_USDC, "100000");
	pw_trade(w, &v, 4, (i128)WAD_ONE_RAW, pw_px("0"));
	slot = pw_put(w, &v);
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
	    METHOD_SCENARIO), ERR_OK);
	assert_int_equal(r.state, STATE_HEALTHY);
	/* Without a surface the option has no price. */
	w->terms.factor[PW_F_ETH].slice_count = 0;
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
	    METHOD_SCENARIO), ERR_OK);
	assert_int_equal(r.state, STATE_STALE);
	assert_int_equal(r.status.about, ABOUT_INSTRUMENT);
	assert_int_equal(r.status.index, 4);
	w->terms.factor[PW_F_ETH].slice_count = 3;
	w->terms.factor[PW_F_ETH].price.price.status = PRICE_REFUSED;
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
	    METHOD_SCENARIO), ERR_OK);
	assert_int_equal(r.state, STATE_STALE);
	free(w);
}

static void
margin_evaluate__expired_and_unsettled_is_pending_at_intrinsic(void **state)
{
	struct portfolio_world *w = pw_init(6);
	struct vault v = pw_vault(w, METHOD_SCENARIO);
	struct market_price *index = &w->terms.factor[PW_F_ETH].price;
	struct margin_result r;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_USDC, "1000");
	/* The call of strike 1,600, three times. */
	pw_trade(w, &v, 5, 3 * (i128)WAD_ONE_RAW, pw_px("0"));
	assert_true(w->instruments[5].is_call);
	slot = pw_put(w, &v);
	index->has_twap = true;
	index->twap = pw_px("1995");
	w->market.as_of_ms = w->instruments[5].expiry_ms;
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
	    METHOD_SCENARIO), ERR_OK);
	assert_int_equal(r.state, STATE_PENDING);
	assert_usd(r.equity, "2185");	/* 1,000 + 3 x 395 */
	free(w);
}

/* ---- every method ------------------------------------------------------------ */

static void
explain__terms_add_up_exactly_under_every_method(void **state)
{
	static struct explain_term terms[4096];
	struct portfolio_world *w = pw_init(7);
	struct point mid = point_mid();

	(void)state;
	for (unsigned n = 0; n < 60; n++) {
		uint32_t slot = pw_random_vault(w, METHOD_SCENARIO, 8);

		for (unsigned m = METHOD_STANDARD; m <= METHOD_ES; m++)
			for (unsigned side = 0; side < 2; side++) {
			struct explain x = { .term = terms,
			    .capacity = ARRAY_COUNT(terms) };
			struct evaluation v;
			struct usd18 sum;

			assert_int_equal(margin_evaluate_at(&v, &w->snapshot,
			    slot, (enum margin_method)m, &mid,
			    (enum margin_side)side, &x), ERR_OK);
			assert_int_equal(explain_sum(&sum, &x,
			    EXPLAIN_COLLATERAL_VALUE), ERR_OK);
			assert_true(raw(sum) == raw(v.collateral_value));
			assert_int_equal(explain_sum(&sum, &x,
			    EXPLAIN_DEBT_VALUE), ERR_OK);
			assert_true(raw(sum) == raw(v.debt_value));
			assert_int_equal(explain_sum(&sum, &x,
			    EXPLAIN_EQUITY), ERR_OK);
			assert_true(raw(sum) == raw(v.own_equity));
			assert_int_equal(explain_sum(&sum, &x,
			    side == SIDE_INITIAL ? EXPLAIN_EQUITY_INITIAL :
			    EXPLAIN_EQUITY_MAINTENANCE), ERR_OK);
			assert_true(raw(sum) == raw(v.equity));
			assert_int_equal(explain_sum(&sum, &x,
			    side == SIDE_INITIAL ? EXPLAIN_INITIAL_MARGIN :
			    EXPLAIN_MAINTENANCE_MARGIN), ERR_OK);
			assert_true(raw(sum) == raw(v.requirement));
		}
		pw_clear(w);
	}
	free(w);
}

static void
margin_evaluate__ends_hold_the_mid_under_every_method(void **state)
{
	struct portfolio_world *w = pw_init(8);
	struct margin_result r;

	(void)state;
	for (unsigned n = 0; n < 25; n++) {
		uint32_t slot = pw_random_vault(w, METHOD_SCENARIO, 6);

		for (unsigned m = METHOD_STANDARD; m <= METHOD_ES; m++) {
			assert_int_equal(margin_evaluate(&r, &w->snapshot,
			    slot, (enum margin_method)m), ERR_OK);
			assert_true(raw(r.worst.excess) <= raw(r.mid.excess));
			assert_true(raw(r.mid.excess) <= raw(r.best.excess));
			assert_true(raw(r.initial.excess) <=
			    raw(r.worst.excess));
			assert_false(usd18_is_negative(r.mid.requirement));
			/* Health and the sign of the excess say the same. */
			assert_int_equal(usd18_is_negative(r.mid.excess),
			    wad_compare(r.mid.health, wad_one()) < 0);
		}
		pw_clear(w);
	}
	free(w);
}

/* A band of nothing is the mid, three times. */
static void
margin_evaluate__without_a_band_all_ends_are_one(void **state)
{
	struct portfolio_world *w = pw_init(9);
	struct margin_result r;

	(void)state;
	for (size_t i = 0; i < w->market.count; i++) {
		struct price *p = &w->market.asset[i].price;

		p->low = p->high = p->mid;
	}
	for (size_t f = 0; f < 2; f++) {
		struct price *p = &w->terms.factor[f].price.price;

		p->low = p->high = p->mid;
	}
	for (unsigned n = 0; n < 20; n++) {
		uint32_t slot = pw_random_vault(w, METHOD_SCENARIO, 6);

		assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
		    METHOD_SCENARIO), ERR_OK);
		assert_true(raw(r.worst.excess) == raw(r.mid.excess));
		assert_true(raw(r.best.excess) == raw(r.mid.excess));
		pw_clear(w);
	}
	free(w);
}

/* Both sides of the orders are tried: an account that may be filled needs at
 * least what it needs unfilled. */
static void
margin_evaluate__open_orders_count_on_their_worse_side(void **state)
{
	struct portfolio_world *w = pw_init(10);
	struct vault v = pw_vault(w, METHOD_SCENARIO);
	struct margin_result with, without;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_USDC, "5000");
	pw_trade(w, &v, 0, (i128)WAD_ONE_RAW, pw_px("2000"));
	w->orders[0] = (struct order){ 0, num18_from_raw(-5 *
	    (i128)WAD_ONE_RAW), pw_px("2000") };
	w->orders[1] = (struct order){ 0, num18_from_raw(3 *
	    (i128)WAD_ONE_RAW), pw_px("1990") };
	w->book.order_count = 2;
	slot = pw_put(w, &v);
	assert_int_equal(margin_evaluate(&without, &w->snapshot, slot,
	    METHOD_SCENARIO), ERR_OK);
	w->vaults[slot].order_count = 2;
	assert_int_equal(margin_evaluate(&with, &w->snapshot, slot,
	    METHOD_SCENARIO), ERR_OK);
	assert_true(raw(with.initial.excess) < raw(without.initial.excess));
	assert_true(raw(with.worst.excess) < raw(without.worst.excess));
	/* Nobody is liquidated for an order that is not filled. */
	assert_true(raw(with.best.excess) == raw(without.best.excess));
	assert_int_equal(margin_evaluate(&with, &w->snapshot, slot,
	    METHOD_STANDARD), ERR_OK);
	assert_usd(with.mid.requirement, "240");	/* 4 ETH at 3 % */
	free(w);
}

/* Each vault is judged by the method that is asked for, whatever its own. */
static void
margin_evaluate__open_orders_count_under_the_method_asked_for(void **state)
{
	struct portfolio_world *w = pw_init(11);
	struct vault v = pw_vault(w, METHOD_STANDARD);
	struct margin_result own, other;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_USDC, "5000");
	w->orders[0] = (struct order){ 0, num18_from_raw(5 *
	    (i128)WAD_ONE_RAW), pw_px("2000") };
	w->book.order_count = v.order_count = 1;
	slot = pw_put(w, &v);
	assert_int_equal(margin_evaluate(&own, &w->snapshot, slot,
	    METHOD_SCENARIO), ERR_OK);
	assert_true(!usd18_is_zero(own.initial.requirement));
	w->vaults[slot].method = METHOD_SCENARIO;
	assert_int_equal(margin_evaluate(&other, &w->snapshot, slot,
	    METHOD_SCENARIO), ERR_OK);
	assert_true(raw(own.initial.excess) == raw(other.initial.excess));
	/* And `standard`, whose margin has both sides, takes them once. */
	assert_int_equal(margin_evaluate(&own, &w->snapshot, slot,
	    METHOD_STANDARD), ERR_OK);
	assert_usd(own.mid.requirement, "300");	/* 5 ETH at 3 % */
	free(w);
}

/* 2,000 USD bid for a call: margin asks for nothing, yet the bid may cost
 * what is not there; a filled bid above the mark is a loss. */
static void
margin_evaluate__what_an_order_would_cost_counts_under_standard(void **state)
{
	struct portfolio_world *w = pw_init(14);
	struct vault v = pw_vault(w, METHOD_STANDARD);
	struct margin_result r;
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_USDC, "1000");
	w->orders[0] = (struct order){ 5, num18_from_raw(5 *
	    (i128)WAD_ONE_RAW), pw_px("400") };
	w->book.order_count = v.order_count = 1;
	slot = pw_put(w, &v);
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
	    METHOD_STANDARD), ERR_OK);
	assert_int_equal(r.state, STATE_RESTRICTED);
	assert_usd(r.mid.excess, "970");
	w->orders[0] = (struct order){ 0, num18_from_raw(
	    (i128)WAD_ONE_RAW), pw_px("4000") };
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
	    METHOD_STANDARD), ERR_OK);
	assert_int_equal(r.state, STATE_RESTRICTED);
	assert_usd(r.initial.requirement, "99.5");	/* once */
	assert_true(!usd18_is_negative(r.best.excess));
	free(w);
}

static void
assert_end_holds(struct portfolio_world *w, uint32_t slot,
    enum margin_method method, enum margin_side side, bool best)
{
	struct evaluation end, one;
	struct point at;

	assert_int_equal(margin_worst_point(&at, &w->snapshot, slot, method,
	    side, best), ERR_OK);
	assert_int_equal(margin_evaluate_at(&end, &w->snapshot, slot, method,
	    &at, side, NULL), ERR_OK);
	for (uint8_t f = 0; f < 3; f++)
		for (enum point_at where = AT_MID; where <= AT_HIGH; where++) {
			at = point_mid();
			at.factor[f].at = where;
			assert_int_equal(margin_evaluate_at(&one, &w->snapshot,
			    slot, method, &at, side, NULL), ERR_OK);
			assert_true(best ? raw(end.excess) >= raw(one.excess) :
			    raw(end.excess) <= raw(one.excess));
		}
}

/* Where factors offset each other, all at their worst may be better than one
 * of them alone. */
static void
margin_worst_point__is_no_better_than_any_factor_alone(void **state)
{
	static const enum margin_method methods[] = { METHOD_SCENARIO,
	    METHOD_VAR, METHOD_ES };
	struct portfolio_world *w = pw_init(12);

	(void)state;
	for (unsigned round = 0; round < 12; round++) {
		enum margin_method m = methods[round % 3];
		uint32_t slot;

		pw_clear(w);
		slot = pw_random_vault(w, m, 4);
		assert_end_holds(w, slot, m, SIDE_INITIAL, false);
		assert_end_holds(w, slot, m, SIDE_MAINTENANCE, false);
		assert_end_holds(w, slot, m, SIDE_MAINTENANCE, true);
	}
	free(w);
}

/* (1 - 0.3) x 0.4 of 2,000 more, for the forward that the future is marked
 * at; nothing where it has a mark of its own. */
static void
margin_evaluate__a_future_is_as_sure_as_its_forward(void **state)
{
	struct portfolio_world *w = pw_init(13);
	struct vault v = pw_vault(w, METHOD_STANDARD);
	struct evaluation sure, unsure;
	struct point mid = point_mid();
	uint32_t slot;

	(void)state;
	pw_hold(w, &v, PW_USDC, "5000");
	pw_trade(w, &v, 3, (i128)WAD_ONE_RAW, pw_px("2000"));
	assert_int_equal(w->instruments[3].kind, INSTRUMENT_FUTURE);
	slot = pw_put(w, &v);
	assert_int_equal(margin_evaluate_at(&sure, &w->snapshot, slot,
	    METHOD_STANDARD, &mid, SIDE_INITIAL, NULL), ERR_OK);
	w->terms.factor[PW_F_ETH].forward[1].confidence =
	    num18_from_raw(pw_number("0.3"));
	assert_int_equal(margin_evaluate_at(&unsure, &w->snapshot, slot,
	    METHOD_STANDARD, &mid, SIDE_INITIAL, NULL), ERR_OK);
	assert_true(raw(unsure.requirement) - raw(sure.requirement) ==
	    pw_number("560"));
	w->terms.mark[3].has_mark = true;
	w->terms.mark[3].mark = pw_px("2000");
	assert_int_equal(margin_evaluate_at(&unsure, &w->snapshot, slot,
	    METHOD_STANDARD, &mid, SIDE_INITIAL, NULL), ERR_OK);
	assert_true(raw(unsure.requirement) == raw(sure.requirement));
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    margin_evaluate__of_tokens_is_what_the_points_say),
		cmocka_unit_test(
		    margin_evaluate__ratio_says_nothing_about_positions),
		cmocka_unit_test(
		    margin_evaluate__standard_of_a_short_perpetual),
		cmocka_unit_test(
		    margin_evaluate__a_cross_parent_sums_what_shares),
		cmocka_unit_test(margin_evaluate__a_missing_price_is_stale),
		cmocka_unit_test(
		  margin_evaluate__expired_and_unsettled_is_pending_at_intrinsic),
		cmocka_unit_test(
		    margin_evaluate__a_child_that_shares_is_judged_by_its_root),
		cmocka_unit_test(
		    margin_evaluate__the_rules_method_is_of_the_children_too),
		cmocka_unit_test(
		    explain__what_shares_is_a_term_of_each_number),
		cmocka_unit_test(
		    post_margin_of__judges_a_child_by_what_its_root_has_left),
		cmocka_unit_test(
		    post_margin_of__counts_the_floors_of_the_rules),
		cmocka_unit_test(
		    explain__terms_add_up_exactly_under_every_method),
		cmocka_unit_test(
		    margin_evaluate__ends_hold_the_mid_under_every_method),
		cmocka_unit_test(
		    margin_evaluate__without_a_band_all_ends_are_one),
		cmocka_unit_test(
		    margin_evaluate__open_orders_count_on_their_worse_side),
		cmocka_unit_test(
		  margin_evaluate__open_orders_count_under_the_method_asked_for),
		cmocka_unit_test(
		margin_evaluate__what_an_order_would_cost_counts_under_standard),
		cmocka_unit_test(
		    margin_worst_point__is_no_better_than_any_factor_alone),
		cmocka_unit_test(
		    margin_evaluate__a_future_is_as_sure_as_its_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
