/* margin_evaluate against what its header says, done the long way: every point
 * of every search through margin_evaluate_at, nothing reused between two of
 * them.  Random vaults in random markets: orders, parents, liens, companions,
 * refused prices, doubted ones, expiries and settlement windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/ratio.h"
#include "tests/portfolio_world.h"

#define WORLDS 8u
#define ROUNDS 5u
#define MEMBERS 4u
#define SHARED_GRANTS 16u

/* ---- the long way -------------------------------------------------------- */

struct reference {
	const struct snapshot *s;
	uint32_t slot;
	enum margin_method method;
	enum margin_side side;
	bool best;
	struct point chosen, extreme;
	struct usd18 excess, extreme_excess;
	bool has, has_extreme;
};

static bool
is_further(const struct reference *r, struct usd18 a, struct usd18 b)
{
	int order = usd18_compare(a, b);

	return r->best ? order > 0 : order < 0;
}

/* One place of one factor; the first of several that are alike counts. */
static enum err
reference_try(struct reference *r, uint8_t f, struct point_factor where)
{
	struct point at = point_mid();
	struct evaluation v;
	enum err e;

	at.factor[f] = where;
	e = margin_evaluate_at(&v, r->s, r->slot, r->method, &at, r->side,
	    NULL);
	if (e != ERR_OK)
		return e;
	if (!r->has || is_further(r, v.excess, r->excess)) {
		r->chosen.factor[f] = where;
		r->excess = v.excess;
		r->has = true;
	}
	if (!r->has_extreme || is_further(r, v.excess, r->extreme_excess)) {
		r->extreme = at;
		r->extreme_excess = v.excess;
		r->has_extreme = true;
	}
	return ERR_OK;
}

static enum err
reference_fills(struct reference *r, uint8_t f, struct point_factor where)
{
	const struct snapshot *s = r->s;
	bool has_orders = false;
	enum err e = reference_try(r, f, where);

	for (uint32_t m = r->slot + 1; m != 0;
	    m = snapshot_next(s, r->slot, m - 1)) {
		struct node n = snapshot_node(s, m - 1);

		for (size_t i = 0; i < n.vault->order_count; i++)
			has_orders |= s->book->instruments[node_order(&n, i)->
			    instrument].factor == f;
	}
	for (int fill = FILL_BIDS; fill <= FILL_ASKS && has_orders &&
	    !r->best && e == ERR_OK; fill++) {
		where.fill = (enum point_fill)fill;
		e = reference_try(r, f, where);
	}
	return e;
}

static enum err
reference_strikes(struct reference *r, uint8_t f, const struct price *band)
{
	const struct snapshot *s = r->s;
	const struct point mid = point_mid();
	static struct node_item items[NODE_ITEMS_MAX];
	size_t count = 0;
	enum err e = ERR_OK;

	for (uint32_t m = r->slot + 1; m != 0 && e == ERR_OK;
	    m = snapshot_next(s, r->slot, m - 1)) {
		struct node n = snapshot_node(s, m - 1);

		e = node_items(items, &count, &n, &mid);
		for (size_t i = 0; i < count && e == ERR_OK; i++) {
			const struct instrument *k =
			    &s->book->instruments[items[i].instrument];

			if (k->kind == INSTRUMENT_OPTION && k->factor == f &&
			    px18_compare(k->strike, band->low) > 0 &&
			    px18_compare(k->strike, band->high) < 0)
				e = reference_fills(r, f,
				    (struct point_factor){ .at = AT_PRICE,
				    .price = k->strike });
		}
	}
	return e;
}

static enum err
reference_point(struct point *out, const struct snapshot *s, uint32_t slot,
    enum margin_method method, enum margin_side side, bool best)
{
	struct reference r = { .s = s, .slot = slot, .method = method,
	    .side = side, .best = best, .chosen = point_mid() };
	uint64_t factors = margin_factors(s, slot);
	struct evaluation end;
	struct market_price p;
	enum err e = ERR_OK;

	for (uint8_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++) {
		if ((factors >> f & 1) == 0)
			continue;
		r.has = false;
		e = point_factor_mid(&p, s->book, s->market, f);
		for (int at = AT_MID; at <= AT_HIGH && e == ERR_OK; at++)
			e = reference_fills(&r, f, (struct point_factor){
			    .at = (enum point_at)at });
		if (e == ERR_OK)
			e = reference_strikes(&r, f, &p.price);
	}
	if (e == ERR_OK)
		e = margin_evaluate_at(&end, s, slot, method, &r.chosen, side,
		    NULL);
	if (e == ERR_OK)
		*out = r.has_extreme && is_further(&r, r.extreme_excess,
		    end.excess) ? r.extreme : r.chosen;
	return e;
}

static enum err
reference_end(struct evaluation *out, const struct snapshot *s, uint32_t slot,
    enum margin_method method, enum margin_side side, bool best)
{
	struct point at;
	enum err e = reference_point(&at, s, slot, method, side, best);

	return e != ERR_OK ? e : margin_evaluate_at(out, s, slot, method, &at,
	    side, NULL);
}

static enum err
reference_result(struct margin_result *r, const struct snapshot *s,
    uint32_t slot, enum margin_method method)
{
	const struct point mid = point_mid();
	enum err e = margin_evaluate_at(&r->mid, s, slot, method, &mid,
	    SIDE_MAINTENANCE, NULL);

	if (e == ERR_OK)
		e = reference_end(&r->worst, s, slot, method,
		    SIDE_MAINTENANCE, false);
	if (e == ERR_OK)
		e = reference_end(&r->best, s, slot, method,
		    SIDE_MAINTENANCE, true);
	return e != ERR_OK ? e : reference_end(&r->initial, s, slot, method,
	    SIDE_INITIAL, false);
}

/* ---- comparing ----------------------------------------------------------- */

static void
assert_same_evaluation(const struct evaluation *a, const struct evaluation *b)
{
	const struct usd18 left[] = { a->collateral_value, a->debt_value,
	    a->weighted_debt, a->own_equity, a->equity, a->requirement,
	    a->excess, a->binding.amount };
	const struct usd18 right[] = { b->collateral_value, b->debt_value,
	    b->weighted_debt, b->own_equity, b->equity, b->requirement,
	    b->excess, b->binding.amount };

	for (size_t i = 0; i < ARRAY_COUNT(left); i++)
		assert_int_equal(usd18_compare(left[i], right[i]), 0);
	assert_int_equal(wad_compare(a->health, b->health), 0);
	assert_ptr_equal(a->binding.binding, b->binding.binding);
	assert_int_equal(a->binding.about, b->binding.about);
	assert_int_equal(a->binding.index, b->binding.index);
	assert_int_equal(a->binding.is_refused, b->binding.is_refused);
}

static void
assert_same_point(const struct point *a, const struct point *b)
{
	for (size_t f = 0; f < BOOK_FACTORS_MAX; f++) {
		assert_int_equal(a->factor[f].at, b->factor[f].at);
		assert_int_equal(a->factor[f].fill, b->factor[f].fill);
		assert_int_equal(px18_compare(a->factor[f].price,
		    b->factor[f].price), 0);
	}
}

static void
assert_same_search(const struct snapshot *s, uint32_t slot,
    enum margin_method m, enum margin_side side, bool best)
{
	struct point is, want;
	enum err e = margin_worst_point(&is, s, slot, m, side, best);

	assert_int_equal(e, reference_point(&want, s, slot, m, side, best));
	if (e == ERR_OK)
		assert_same_point(&is, &want);
}

/* assert_same: whether anything was compared beyond an error or a status. */
static bool
assert_same(const struct snapshot *s, uint32_t slot, enum margin_method m)
{
	struct margin_result is, want;
	enum err e = margin_evaluate(&is, s, slot, m);

	if (e == ERR_OK && is.status.is_stale)
		return false;
	assert_int_equal(e, reference_result(&want, s, slot, m));
	if (e != ERR_OK)
		return false;
	assert_same_evaluation(&is.mid, &want.mid);
	assert_same_evaluation(&is.worst, &want.worst);
	assert_same_evaluation(&is.best, &want.best);
	assert_same_evaluation(&is.initial, &want.initial);
	assert_int_equal(usd18_compare(is.equity, want.mid.own_equity), 0);
	assert_int_equal(wad_compare(is.collateralization_ratio, ratio_floor(
	    want.mid.collateral_value, want.mid.debt_value)), 0);
	return true;
}

/* ---- wild worlds --------------------------------------------------------- */

static bool
one_in(struct portfolio_world *w, unsigned n)
{
	return pw_random(w) % n == 0;
}

/* scaled: by a random number of thousandths. */
static struct px18
scaled(struct portfolio_world *w, struct px18 p, int64_t low, int64_t high)
{
	assert_int_equal(px18_mul_num(&p, p, num18_from_raw(pw_between(w, low,
	    high)), ROUND_FLOOR), ERR_OK);
	return p;
}

static void
price_shake(struct portfolio_world *w, struct market_price *p)
{
	bool is_wide = one_in(w, 6);

	p->price.mid = scaled(w, p->price.mid, 960, 1040);
	p->price.low = scaled(w, p->price.mid, is_wide ? 700 : 985, 1000);
	p->price.high = scaled(w, p->price.mid, 1000, is_wide ? 1300 : 1015);
	p->has_twap = one_in(w, 3);
	p->twap = scaled(w, p->price.mid, 960, 1040);
	p->has_stable = one_in(w, 3);
	p->stable = scaled(w, p->price.mid, 960, 1040);
	p->price.status = one_in(w, 40) ? PRICE_REFUSED : one_in(w, 6) ?
	    PRICE_DEGRADED : PRICE_OK;
}

static struct num18
confidence_of(struct portfolio_world *w)
{
	return one_in(w, 3) ? num18_from_raw(pw_between(w, 100, 1000)) :
	    num18_one();
}

static void
factor_shake(struct portfolio_world *w, struct market_factor *f)
{
	price_shake(w, &f->price);
	f->forward_count = one_in(w, 12) ? 1 : 3;
	f->slice_count = one_in(w, 40) ? 0 : 3;
	for (uint32_t k = 0; k < 3; k++) {
		struct market_forward *o = &f->forward[k];
		struct market_slice *s = &f->slice[k];

		o->price = scaled(w, f->price.price.mid, 970, 1030);
		o->confidence = confidence_of(w);
		o->has_fixed = one_in(w, 4);
		o->fixed = scaled(w, o->price, 970, 1030);
		s->confidence = confidence_of(w);
		s->is_flat = !one_in(w, 3);
		s->vol = num18_from_raw(pw_between(w, 0, 1500));
		s->svi = (struct svi){ .a = num18_from_raw(pw_between(w, 5,
		    40)), .b = num18_from_raw(pw_between(w, 20, 200)),
		    .rho = num18_from_raw(pw_between(w, -700, 300)),
		    .m = num18_from_raw(pw_between(w, -100, 100)),
		    .sigma = num18_from_raw(pw_between(w, 50, 300)),
		    .forward = o->price, .tau = option_tau(s->expiry_ms -
		    PW_NOW_MS) };
	}
}

static void
instrument_shake(struct portfolio_world *w, uint32_t i)
{
	struct instrument *k = &w->instruments[i];
	struct market_mark *m = &w->terms.mark[i];
	struct px18 index = w->terms.factor[k->factor].price.price.mid;

	m->has_mark = k->kind != INSTRUMENT_OPTION && one_in(w, 3);
	m->mark = scaled(w, index, 980, 1020);
	m->has_open_interest = one_in(w, 4);
	m->open_interest = usd18_from_raw(pw_between(w, 0, 1000000) * 1000);
	if (!k->is_inverse && one_in(w, 3))
		k->multiplier = num18_from_raw(pw_between(w, 1, 10000));
	if (k->kind == INSTRUMENT_OPTION)
		k->strike = scaled(w, index, one_in(w, 2) ? 990 : 700,
		    one_in(w, 2) ? 1010 : 1300);
	if (k->expiry_ms != 0 && one_in(w, 12))
		k->expiry_ms = PW_NOW_MS + pw_random(w) % (80 * PW_DAY_MS);
	if (k->expiry_ms != 0 && one_in(w, 30))
		k->expiry_ms = PW_NOW_MS - pw_random(w) % PW_DAY_MS;
}

static void
rules_shake(struct portfolio_world *w)
{
	struct rules *r = &w->rules;

	r->standard.profit_weight = ppb_from_raw(one_in(w, 2) ?
	    PPB_ONE_RAW : (uint32_t)(pw_random(w) % PPB_ONE_RAW));
	r->standard.oracle.linear_threshold =
	    r->standard.oracle.option_threshold =
	    r->scenario.other.conf_threshold =
	    num18_from_raw(pw_between(w, 400, 1000));
	r->scenario.extra.omega = num18_from_raw(one_in(w, 2) ? 0 :
	    pw_between(w, 0, 500));
	r->scenario.extra.minimum_charge = usd18_from_raw(pw_between(w, 0,
	    10000));
	r->scenario.extra.short_option_minimum = num18_from_raw(
	    pw_between(w, 0, 40));
	r->scenario.extra.fee_percent = num18_from_raw(pw_between(w, 0, 5));
	r->collateral.share_max = ppb_from_raw(one_in(w, 3) ? 400000000 :
	    PPB_ONE_RAW);
	r->collateral.wrong_way = num18_from_raw(pw_between(w, 0, 900));
	for (size_t i = 0; i < w->book.asset_count; i++) {
		struct asset_risk *a = &w->book.assets[i].risk;

		a->is_dynamic = one_in(w, 8);
		a->volatility = num18_from_raw(pw_between(w, 100, 900));
		a->adv = usd18_from_raw(pw_number("1000000"));
		a->has_cap = one_in(w, 8);
		a->cap = usd18_from_raw(pw_between(w, 0, 50000000));
		a->is_stable = i == PW_USDC && one_in(w, 2);
	}
}

static void
world_shake(struct portfolio_world *w)
{
	for (size_t i = 0; i < w->book.asset_count; i++)
		price_shake(w, &w->market.asset[i]);
	for (uint8_t f = 0; f < 2; f++)
		factor_shake(w, &w->terms.factor[f]);
	for (uint32_t i = 0; i < w->book.instrument_count; i++)
		instrument_shake(w, i);
	rules_shake(w);
	w->terms.rate_count = 1;
	w->terms.rate[0] = (struct market_rate){ PW_NOW_MS + PW_DAY_MS,
	    num18_from_raw(pw_between(w, -20, 80)) };
	/* Into the settlement window of the first expiry. */
	w->market.as_of_ms = PW_NOW_MS + (one_in(w, 3) ? 7 * PW_DAY_MS -
	    pw_random(w) % 3600000 : 0);
}

static void
orders_put(struct portfolio_world *w, struct vault *v)
{
	v->order_first = w->book.order_count;
	for (uint16_t i = 0; i < w->book.instrument_count; i++) {
		const struct instrument *k = &w->instruments[i];
		i128 size = pw_between(w, -3000, 3000);

		if (!one_in(w, 8) || size == 0 ||
		    w->book.order_count == PW_ORDERS)
			continue;
		if (k->factor == PW_F_BTC)
			size = k->is_inverse ? size * 5000 : size / 20;
		w->orders[w->book.order_count++] = (struct order){
			.instrument = i, .size = num18_from_raw(size),
			.price = k->kind == INSTRUMENT_OPTION ? pw_px("90") :
			    scaled(w, w->terms.factor[k->factor].price.price.
			    mid, 950, 1050) };
		v->order_count++;
	}
}

/* family_put: MEMBERS vaults; `shares`: all below the first, the last below the
 * second. */
static size_t
family_put(struct portfolio_world *w, struct lien_grant *grants, bool shares)
{
	static const enum margin_method methods[] = { METHOD_STANDARD,
	    METHOD_SCENARIO, METHOD_STANDARD, METHOD_SCENARIO,
	    METHOD_GREEKS };
	size_t count = 0;

	pw_clear(w);
	for (uint32_t i = 0; i < MEMBERS; i++) {
		uint32_t slot = pw_random_vault(w, methods[pw_random(w) %
		    ARRAY_COUNT(methods)], (unsigned)(pw_random(w) % 10));
		struct vault *v = &w->vaults[slot];

		for (uint32_t k = 0; k < v->position_count; k++)
			w->positions[v->position_first + k].funding =
			    usd18_from_raw(pw_between(w, -50, 50));
		if (one_in(w, 2))
			orders_put(w, v);
		for (uint8_t leg = 0; leg < v->collateral_count; leg++)
			if (one_in(w, 6)) {
				v->collateral[leg].lien = 1;
				grants[count++] = (struct lien_grant){ slot,
				    leg, v->collateral[leg].amount / 2,
				    ppb_from_raw(50000000) };
			}
		v->node = NODE_CROSS;
		if (shares && i > 0)
			v->parent = i == MEMBERS - 1 ? 2 : 1;
	}
	tree_build(&w->tree, &w->book);
	w->snapshot.tree = &w->tree;
	w->snapshot.grants = grants;
	w->snapshot.grant_count = count;
	return count;
}

static void
margin_evaluate__is_what_every_point_alone_says(void **state)
{
	struct lien_grant grants[SHARED_GRANTS];
	unsigned compared = 0;

	(void)state;
	for (unsigned seed = 1; seed <= WORLDS; seed++) {
		struct portfolio_world *w = pw_init(seed);

		for (unsigned round = 0; round < ROUNDS; round++) {
			world_shake(w);
			assert_true(family_put(w, grants, one_in(w, 3)) <=
			    SHARED_GRANTS);
			for (uint32_t i = 0; i < MEMBERS; i++)
				compared += assert_same(&w->snapshot, i,
				    margin_own_method(&w->snapshot, i));
			assert_same_search(&w->snapshot, 0, METHOD_STANDARD,
			    one_in(w, 2) ? SIDE_INITIAL : SIDE_MAINTENANCE,
			    one_in(w, 2));
		}
		free(w);
	}
	/* Most of them have figures. */
	assert_true(compared > WORLDS * ROUNDS * MEMBERS / 2);
}

/* `var` and `es`, whose points cost more. */
static void
margin_evaluate__of_var_is_what_every_point_alone_says(void **state)
{
	struct portfolio_world *w = pw_init(77);

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		enum margin_method m = i % 2 ? METHOD_VAR : METHOD_ES;
		uint32_t slot = pw_random_vault(w, m, 3);

		if (i >= 2)
			orders_put(w, &w->vaults[slot]);
		assert_true(assert_same(&w->snapshot, slot, m));
		pw_clear(w);
	}
	free(w);
}

/* Nothing of one market is left in the next. */
static void
margin_evaluate__reads_a_market_that_moved_anew(void **state)
{
	struct portfolio_world *w = pw_init(5);
	unsigned compared = 0;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		enum margin_method m = i % 2 ? METHOD_SCENARIO :
		    METHOD_STANDARD;
		uint32_t slot = pw_random_vault(w, m, 8);

		for (unsigned k = 0; k < 3; k++) {
			price_shake(w, &w->terms.factor[k % 2].price);
			w->terms.factor[k % 2].price.price.status = PRICE_OK;
			compared += assert_same(&w->snapshot, slot, m);
			compared += assert_same(&w->snapshot, slot,
			    METHOD_STANDARD + METHOD_SCENARIO - m);
		}
		pw_clear(w);
	}
	assert_int_equal(compared, 240);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    margin_evaluate__is_what_every_point_alone_says),
		cmocka_unit_test(
		    margin_evaluate__of_var_is_what_every_point_alone_says),
		cmocka_unit_test(
		    margin_evaluate__reads_a_market_that_moved_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
