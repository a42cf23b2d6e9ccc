/* A vault's figures at mid and at both ends, with its floors and its judge. */
#include "margin/evaluate.h"

#include <string.h>

#include "margin/method_work.h"
#include "margin/ratio.h"

static struct node_status
group_status(const struct snapshot *s, uint32_t slot)
{
	struct node_status all = { .about = ABOUT_NOTHING };

	for (uint32_t m = slot + 1; m != 0; m = snapshot_next(s, slot, m - 1)) {
		struct node n = snapshot_node(s, m - 1);
		struct node_status one = node_status_of(&n);

		if ((one.is_stale && !all.is_stale) ||
		    (one.is_pending && !all.is_pending && !all.is_stale)) {
			all.about = one.about;
			all.index = one.index;
		}
		all.is_stale |= one.is_stale;
		all.is_pending |= one.is_pending;
		all.is_degraded |= one.is_degraded;
	}
	return all;
}

/* result_from_ratio: a vault of tokens alone needs no search for its ends. */
static enum err
result_from_ratio(struct margin_result *r, const struct snapshot *s,
    uint32_t slot)
{
	const struct ratio_end *from[] = { NULL, NULL, NULL };
	struct evaluation *to[] = { &r->mid, &r->worst, &r->best };
	struct ratio_result v;
	enum err e = ratio_evaluate(&v, s->book, &s->book->vaults[slot],
	    s->market);

	if (e != ERR_OK)
		return e;
	from[0] = &v.mid;
	from[1] = &v.worst;
	from[2] = &v.best;
	for (size_t i = 0; i < ARRAY_COUNT(from); i++) {
		to[i]->collateral_value = v.collateral_value;
		to[i]->debt_value = v.debt_value;
		to[i]->own_equity = v.equity;
		to[i]->weighted_debt = from[i]->weighted_debt;
		to[i]->equity = to[i]->excess = from[i]->excess;
		to[i]->health = from[i]->health;
	}
	r->initial = r->worst;
	r->initial.equity = r->initial.excess = v.initial_excess;
	r->collateral_value = v.collateral_value;
	r->debt_value = v.debt_value;
	r->equity = v.equity;
	r->collateralization_ratio = v.collateralization_ratio;
	r->loan_to_value = v.loan_to_value;
	r->state = verdict_state_from_ratio(&v);
	return s->rules->profile == profile_at(0) ? ERR_OK :
	    margin_apply_profile(r, s, slot);
}

bool
margin_is_tokens_alone(const struct snapshot *s, uint32_t slot)
{
	const struct node n = snapshot_node(s, slot);

	for (size_t i = 0; i < n.vault->collateral_count; i++)
		if (n.vault->collateral[i].lien != 0)
			return false;
	return n.vault->position_count == 0 && n.vault->order_count == 0 &&
	    snapshot_next(s, slot, slot) == 0 && !node_is_limited(&n);
}

static enum err
result_fill(struct margin_result *r, const struct snapshot *s, uint32_t slot)
{
	struct margin_ends ends;
	enum err e = margin_ends(&ends, s, slot, r->method);

	if (e != ERR_OK)
		return e;
	r->mid = ends.mid;
	r->worst = ends.worst;
	r->best = ends.best;
	r->initial = ends.initial;
	r->collateral_value = r->mid.collateral_value;
	r->debt_value = r->mid.debt_value;
	r->equity = r->mid.own_equity;
	r->collateralization_ratio = ratio_floor(r->collateral_value,
	    r->debt_value);
	r->loan_to_value = ratio_ceil(r->debt_value, r->collateral_value);
	r->is_refused = r->mid.binding.is_refused ||
	    r->worst.binding.is_refused || r->best.binding.is_refused ||
	    r->initial.binding.is_refused;
	r->state = margin_state_of(r);
	return ERR_OK;
}

static enum err
evaluate_own(struct margin_result *out, const struct snapshot *s,
    uint32_t slot, enum margin_method method)
{
	struct margin_result r;
	enum err e = ERR_OK;

	memset(&r, 0, sizeof(r));
	r.method = method;
	r.status = group_status(s, slot);
	r.is_degraded = r.status.is_degraded;
	if (r.status.is_stale)
		r.state = STATE_STALE;
	else if (method == METHOD_RATIO && margin_is_tokens_alone(s, slot))
		e = result_from_ratio(&r, s, slot);
	else
		e = result_fill(&r, s, slot);
	if (e == ERR_OK && !r.status.is_stale)
		e = margin_apply_floors(&r, s, slot);
	if (e == ERR_OK && r.status.is_pending)
		r.state = STATE_PENDING;
	if (e == ERR_OK)
		*out = r;
	return e;
}

uint32_t
margin_judge(enum margin_method *by, const struct snapshot *s, uint32_t slot,
    enum margin_method method)
{
	uint32_t root = s->tree ? tree_root(s->book, slot) : slot;

	*by = root == slot ? method : margin_own_method(s, root);
	return root;
}

/* root_state: sums that cannot be made judge nobody. */
static enum vault_state
root_state(const struct snapshot *s, uint32_t root, enum margin_method by)
{
	struct margin_result judge;

	return evaluate_own(&judge, s, root, by) != ERR_OK ? STATE_STALE :
	    judge.state;
}

static enum err
evaluate_judged(struct margin_result *out, const struct snapshot *s,
    uint32_t slot, enum margin_method method)
{
	enum margin_method by;
	uint32_t root = margin_judge(&by, s, slot, method);
	enum err e = evaluate_own(out, s, slot, method);

	if (e == ERR_OK && root != slot)
		out->state = root_state(s, root, by);
	return e;
}

enum err
margin_evaluate(struct margin_result *out, const struct snapshot *s,
    uint32_t slot, enum margin_method method)
{
	enum err e;

	if (s->work)
		node_kept_begin(&s->work->kept, s->book, s->market,
		    s->rules);
	e = evaluate_judged(out, s, slot, method);
	if (s->work)
		node_kept_end(&s->work->kept);
	return e;
}
