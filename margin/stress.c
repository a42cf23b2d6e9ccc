#include "margin/stress.h"

static bool
has_figures(const struct margin_result *r)
{
	return r->state != STATE_STALE;
}

enum err
stress_vault(struct stress_outcome *out, const struct snapshot *before,
    const struct snapshot *after, uint32_t slot, enum margin_method method)
{
	struct stress_outcome o = { .loss = usd18_zero() };
	enum err e = margin_evaluate(&o.before, before, slot, method);

	if (e == ERR_OK)
		e = margin_evaluate(&o.after, after, slot, method);
	if (e == ERR_OK && has_figures(&o.before) && has_figures(&o.after))
		e = margin_loss_of(&o.loss, &o.before.mid, &o.after.mid);
	if (e == ERR_OK)
		*out = o;
	return e;
}

static bool
is_due(const struct margin_result *r)
{
	return r->state == STATE_LIQUIDATABLE || r->state == STATE_INSOLVENT;
}

/* What a sum below zero lacks. */
static enum err
lack_add(struct usd18 *sum, struct usd18 v)
{
	struct usd18 lack;
	enum err e;

	if (!usd18_is_negative(v))
		return ERR_OK;
	e = usd18_neg(&lack, v);
	return e != ERR_OK ? e : usd18_add(sum, *sum, lack);
}

enum err
stress_sum_add(struct stress_sum *s, const struct stress_outcome *o)
{
	struct stress_sum next = *s;
	enum err e = ERR_OK;

	next.vaults++;
	if (!has_figures(&o->after)) {
		next.stale++;
		*s = next;
		return ERR_OK;
	}
	if (is_due(&o->after)) {
		next.liquidatable++;
		next.newly_liquidatable += !is_due(&o->before);
		e = usd18_add(&next.debt_at_risk, next.debt_at_risk,
		    o->after.debt_value);
		if (e == ERR_OK)
			e = lack_add(&next.shortfall, o->after.mid.excess);
	}
	if (e == ERR_OK)
		e = lack_add(&next.bad_debt, o->after.equity);
	if (e == ERR_OK)
		e = usd18_add(&next.collateral_value, next.collateral_value,
		    o->after.collateral_value);
	if (e == ERR_OK)
		e = usd18_add(&next.debt_value, next.debt_value,
		    o->after.debt_value);
	if (e == ERR_OK)
		*s = next;
	return e;
}
