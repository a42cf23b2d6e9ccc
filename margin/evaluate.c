#include "margin/evaluate.h"

#include <string.h>

#include "base/must.h"

struct node
snapshot_node(const struct snapshot *s, uint32_t slot)
{
	MUST(slot < s->book->vault_count);
	return (struct node){
		.book = s->book, .market = s->market, .rules = s->rules,
		.vault = &s->book->vaults[slot], .slot = slot,
		.grants = s->grants, .grant_count = s->grant_count,
	};
}

/* ---- the vaults that share ---------------------------------------------- */

uint32_t
snapshot_next(const struct snapshot *s, uint32_t root, uint32_t slot)
{
	if (s->tree == NULL)
		return 0;
	if (s->tree->first[slot] != 0)
		return s->tree->first[slot];
	while (slot != root) {
		if (s->tree->next[slot] != 0)
			return s->tree->next[slot];
		slot = s->book->vaults[slot].parent - 1;
	}
	return 0;
}

static uint64_t
node_factors(const struct node *n)
{
	const struct vault *v = n->vault;
	uint64_t bits = 0;

	_Static_assert(BOOK_FACTORS_MAX <= 64, "one bit per factor");
	for (size_t i = 0; i < v->collateral_count; i++)
		bits |= UINT64_C(1) <<
		    n->book->assets[v->collateral[i].asset].factor;
	for (size_t i = 0; i < v->debt_count; i++)
		bits |= UINT64_C(1) <<
		    n->book->assets[v->debt[i].asset].factor;
	for (size_t i = 0; i < v->position_count; i++)
		bits |= UINT64_C(1) << n->book->instruments[
		    node_position(n, i)->instrument].factor;
	for (size_t i = 0; i < v->order_count; i++)
		bits |= UINT64_C(1) << n->book->instruments[
		    node_order(n, i)->instrument].factor;
	return bits;
}

uint64_t
margin_factors(const struct snapshot *s, uint32_t slot)
{
	uint64_t bits = 0;

	for (uint32_t m = slot + 1; m != 0; m = snapshot_next(s, slot, m - 1)) {
		struct node n = snapshot_node(s, m - 1);

		bits |= node_factors(&n);
	}
	return bits;
}

/* ---- one point ---------------------------------------------------------- */

static enum err
own_equity(struct usd18 *out, const struct node_value *v)
{
	struct usd18 sum;
	enum err e = usd18_sub(&sum, v->collateral_value, v->debt_value);

	if (e == ERR_OK)
		e = usd18_add(&sum, sum, v->pnl);
	if (e == ERR_OK)
		e = usd18_add(&sum, sum, v->option_value);
	if (e == ERR_OK)
		*out = sum;
	return e;
}

static enum err
evaluation_add(struct evaluation *sum, const struct method_figures *f)
{
	struct usd18 own;
	enum err e = own_equity(&own, &f->value);

	if (e == ERR_OK)
		e = usd18_add(&sum->collateral_value, sum->collateral_value,
		    f->value.collateral_value);
	if (e == ERR_OK)
		e = usd18_add(&sum->debt_value, sum->debt_value,
		    f->value.debt_value);
	if (e == ERR_OK)
		e = usd18_add(&sum->weighted_debt, sum->weighted_debt,
		    f->value.weighted_debt);
	if (e == ERR_OK)
		e = usd18_add(&sum->own_equity, sum->own_equity, own);
	if (e == ERR_OK)
		e = usd18_add(&sum->equity, sum->equity, f->equity);
	if (e == ERR_OK)
		e = usd18_add(&sum->requirement, sum->requirement,
		    f->requirement.amount);
	if (e == ERR_OK)
		e = usd18_add(&sum->excess, sum->excess, f->excess);
	if (e != ERR_OK)
		return e;
	if (usd18_compare(f->requirement.amount, sum->binding.amount) > 0 ||
	    sum->binding.binding == NULL) {
		bool is_refused = sum->binding.is_refused;

		sum->binding = f->requirement;
		sum->binding.is_refused |= is_refused;
	} else {
		sum->binding.is_refused |= f->requirement.is_refused;
	}
	return ERR_OK;
}

/* explain_shared: what a vault that shares adds to each number. */
static enum err
explain_shared(struct explain *x, uint32_t slot,
    const struct method_figures *f, enum margin_side side)
{
	bool is_initial = side == SIDE_INITIAL;
	struct usd18 own = { 0 };
	enum err e = own_equity(&own, &f->value);
	const struct {
		enum explain_number number;
		struct usd18 amount;
	} parts[] = {
		{ EXPLAIN_COLLATERAL_VALUE, f->value.collateral_value },
		{ EXPLAIN_DEBT_VALUE, f->value.debt_value },
		{ EXPLAIN_EQUITY, own },
		{ is_initial ? EXPLAIN_EQUITY_INITIAL :
		    EXPLAIN_EQUITY_MAINTENANCE, f->equity },
		{ is_initial ? EXPLAIN_INITIAL_MARGIN :
		    EXPLAIN_MAINTENANCE_MARGIN, f->requirement.amount },
	};

	for (size_t i = 0; i < ARRAY_COUNT(parts) && e == ERR_OK; i++)
		explain_add(x, parts[i].number, "shares collateral",
		    ABOUT_VAULT, slot, parts[i].amount);
	return e;
}

/* Below one exactly where the excess is below zero. */
enum err
margin_health_of(struct wad *out, const struct evaluation *v)
{
	struct usd18 there, asked;
	enum err e = usd18_add(&there, v->equity, v->weighted_debt);

	if (e == ERR_OK)
		e = usd18_add(&asked, v->weighted_debt, v->requirement);
	if (e != ERR_OK)
		return e;
	*out = ratio_floor(usd18_max(there, usd18_zero()), asked);
	return ERR_OK;
}

enum margin_method
margin_own_method(const struct snapshot *s, uint32_t slot)
{
	return s->rules->has_method ? s->rules->method :
	    (enum margin_method)s->book->vaults[slot].method;
}

/* method_of: a child keeps its own method below a parent of another. */
static enum margin_method
method_of(const struct snapshot *s, uint32_t root, enum margin_method method,
    uint32_t slot)
{
	return slot == root ? method : margin_own_method(s, slot);
}

enum err
margin_evaluate_at(struct evaluation *out, const struct snapshot *s,
    uint32_t slot, enum margin_method method, const struct point *at,
    enum margin_side side, struct explain *x)
{
	const struct method_row *row;
	struct method_figures f;
	struct evaluation sum;
	enum err e;

	memset(&sum, 0, sizeof(sum));
	for (uint32_t m = slot + 1; m != 0; m = snapshot_next(s, slot, m - 1)) {
		struct node n = snapshot_node(s, m - 1);

		row = method_row_of(method_of(s, slot, method, m - 1));
		e = method_figures_at(&f, row, &n, at, side, s->work,
		    m - 1 == slot ? x : NULL);
		if (e == ERR_OK)
			e = evaluation_add(&sum, &f);
		if (e != ERR_OK)
			return e;
		if (m - 1 != slot)
			e = explain_shared(x, m - 1, &f, side);
		if (e != ERR_OK)
			return e;
	}
	e = margin_health_of(&sum.health, &sum);
	if (e == ERR_OK)
		*out = sum;
	return e;
}

/* ---- the ends of the band ----------------------------------------------- */

/* Trying points of one factor, the others at mid. */
struct trial {
	const struct snapshot *s;
	uint32_t slot;
	enum margin_method method;
	enum margin_side side;
	bool best;
	struct point at;
	uint8_t factor;
	struct point_factor chosen;
	struct usd18 excess;	/* there */
	bool has;
	struct point extreme;	/* of all that was tried */
	struct usd18 extreme_excess;
	bool has_extreme;
};

/* is_further: whether a is the worse (best: the better) one. */
static bool
is_further(const struct trial *t, struct usd18 a, struct usd18 b)
{
	int order = usd18_compare(a, b);

	return t->best ? order > 0 : order < 0;
}

static enum err
trial_try(struct trial *t, struct point_factor where)
{
	struct evaluation v;
	enum err e;

	t->at.factor[t->factor] = where;
	e = margin_evaluate_at(&v, t->s, t->slot, t->method, &t->at, t->side,
	    NULL);
	if (e == ERR_OK && (!t->has || is_further(t, v.excess, t->excess))) {
		t->chosen = where;
		t->excess = v.excess;
		t->has = true;
	}
	if (e == ERR_OK && (!t->has_extreme ||
	    is_further(t, v.excess, t->extreme_excess))) {
		t->extreme = t->at;
		t->extreme_excess = v.excess;
		t->has_extreme = true;
	}
	t->at.factor[t->factor] = (struct point_factor){ .at = AT_MID };
	return e;
}

/* trial_fills tries one place with the orders that may be filled there. */
static enum err
trial_fills(struct trial *t, struct point_factor where, bool has_orders)
{
	enum err e = trial_try(t, where);

	if (!has_orders || t->best)
		return e;
	where.fill = FILL_BIDS;
	if (e == ERR_OK)
		e = trial_try(t, where);
	where.fill = FILL_ASKS;
	return e != ERR_OK ? e : trial_try(t, where);
}

/* trial_strikes tries every strike on the factor inside its band. */
static enum err
trial_strikes(struct trial *t, const struct node *n, const struct price *band,
    bool has_orders)
{
	struct node_item items[NODE_ITEMS_MAX];
	struct point mid = point_mid();
	size_t count;
	enum err e = node_items(items, &count, n, &mid);

	for (size_t i = 0; i < count && e == ERR_OK; i++) {
		const struct instrument *k =
		    &n->book->instruments[items[i].instrument];

		if (k->kind == INSTRUMENT_OPTION && k->factor == t->factor &&
		    px18_compare(k->strike, band->low) > 0 &&
		    px18_compare(k->strike, band->high) < 0)
			e = trial_fills(t, (struct point_factor){
			    .at = AT_PRICE, .price = k->strike }, has_orders);
	}
	return e;
}

static bool
factor_has_orders(const struct trial *t)
{
	const struct snapshot *s = t->s;

	for (uint32_t m = t->slot + 1; m != 0;
	    m = snapshot_next(s, t->slot, m - 1)) {
		struct node n = snapshot_node(s, m - 1);

		for (size_t i = 0; i < n.vault->order_count; i++)
			if (s->book->instruments[node_order(&n, i)->
			    instrument].factor == t->factor)
				return true;
	}
	return false;
}

static enum err
trial_factor(struct trial *t)
{
	bool has_orders = factor_has_orders(t);
	struct market_price p;
	enum err e = point_factor_mid(&p, t->s->book, t->s->market, t->factor);

	t->has = false;
	for (enum point_at at = AT_MID; at <= AT_HIGH && e == ERR_OK; at++)
		e = trial_fills(t, (struct point_factor){ .at = at },
		    has_orders);
	for (uint32_t m = t->slot + 1; m != 0 && e == ERR_OK;
	    m = snapshot_next(t->s, t->slot, m - 1)) {
		struct node n = snapshot_node(t->s, m - 1);

		e = trial_strikes(t, &n, &p.price, has_orders);
	}
	return e;
}

static enum err
found_point(struct point *out, struct trial *t)
{
	uint64_t factors = margin_factors(t->s, t->slot);
	struct point found = point_mid();
	enum err e;

	for (uint8_t f = 0; f < BOOK_FACTORS_MAX; f++) {
		if ((factors >> f & 1) == 0)
			continue;
		t->factor = f;
		e = trial_factor(t);
		if (e != ERR_OK)
			return e;
		found.factor[f] = t->chosen;
	}
	*out = found;
	return ERR_OK;
}

/* Where factors do not simply add up, the mid or one of them alone may be
 * worse than all together; that is then the end. */
enum err
margin_worst_point(struct point *out, const struct snapshot *s, uint32_t slot,
    enum margin_method method, enum margin_side side, bool best)
{
	struct trial t = {
		.s = s, .slot = slot, .method = method, .side = side,
		.best = best, .at = point_mid(),
	};
	struct point found;
	struct evaluation end;
	enum err e = found_point(&found, &t);

	if (e == ERR_OK)
		e = margin_evaluate_at(&end, s, slot, method, &found, side,
		    NULL);
	if (e == ERR_OK)
		*out = t.has_extreme && is_further(&t, t.extreme_excess,
		    end.excess) ? t.extreme : found;
	return e;
}

/* ---- the state ---------------------------------------------------------- */

/* Without debt and requirement there is nothing to liquidate for, however
 * negative the equity. */
enum vault_state
margin_state_of(const struct margin_result *r)
{
	bool is_obliged = !usd18_is_zero(r->mid.weighted_debt) ||
	    !usd18_is_zero(r->mid.requirement);

	if (r->status.is_pending)
		return STATE_PENDING;
	if (is_obliged && usd18_is_negative(r->worst.excess) &&
	    usd18_is_negative(r->mid.excess) &&
	    usd18_is_negative(r->best.excess))
		return usd18_is_zero(r->best.collateral_value) &&
		    usd18_is_negative(r->best.own_equity) &&
		    !usd18_is_zero(r->debt_value) ? STATE_INSOLVENT :
		    STATE_LIQUIDATABLE;
	if (!usd18_is_negative(r->initial.excess))
		return STATE_HEALTHY;
	return STATE_RESTRICTED;
}
