#include "margin/evaluate.h"

#include <string.h>

#include "base/must.h"
#include "margin/method_work.h"

struct node
snapshot_node(const struct snapshot *s, uint32_t slot)
{
	struct node_kept *kept = s->work ? &s->work->kept : NULL;

	MUST(slot < s->book->vault_count);
	return (struct node){
		.book = s->book, .market = s->market, .rules = s->rules,
		.vault = &s->book->vaults[slot], .slot = slot,
		.grants = s->grants, .grant_count = s->grant_count,
		.kept = kept && kept->book == s->book &&
		    kept->market == s->market &&
		    kept->rules == s->rules ? kept : NULL,
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

/* health_sums: what is there and what is asked, both with the debt. */
static enum err
health_sums(struct usd18 *there, struct usd18 *asked,
    const struct evaluation *v)
{
	enum err e = usd18_add(there, v->equity, v->weighted_debt);

	return e != ERR_OK ? e : usd18_add(asked, v->weighted_debt,
	    v->requirement);
}

/* Below one exactly where the excess is below zero. */
enum err
margin_health_of(struct wad *out, const struct evaluation *v)
{
	struct usd18 there, asked;
	enum err e = health_sums(&there, &asked, v);

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
margin_sums_at(struct evaluation *out, const struct snapshot *s,
    uint32_t slot, enum margin_method method, const struct point *at,
    enum margin_side side, struct explain *x)
{
	const struct method_row *row;
	struct method_figures f;
	struct usd18 there, asked;
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
	e = health_sums(&there, &asked, &sum);
	if (e == ERR_OK)
		*out = sum;
	return e;
}

enum err
margin_evaluate_at(struct evaluation *out, const struct snapshot *s,
    uint32_t slot, enum margin_method method, const struct point *at,
    enum margin_side side, struct explain *x)
{
	struct evaluation v;
	enum err e = margin_sums_at(&v, s, slot, method, at, side, x);

	if (e == ERR_OK)
		e = margin_health_of(&v.health, &v);
	if (e == ERR_OK)
		*out = v;
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
