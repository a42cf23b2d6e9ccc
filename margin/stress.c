#include "margin/stress.h"

/* What is lost of adjusted equity between two snapshots at mid. */
static enum err
loss_of(struct usd18 *out, const struct evaluation *before,
    const struct evaluation *after)
{
	struct usd18 loss;
	enum err e = usd18_sub(&loss, before->equity, after->equity);

	if (e == ERR_OK)
		*out = usd18_max(loss, usd18_zero());
	return e;
}

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
		e = loss_of(&o.loss, &o.before.mid, &o.after.mid);
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

static enum err
floor_raise(struct evaluation *v, struct usd18 floor)
{
	enum err e;

	if (usd18_compare(v->requirement, floor) >= 0)
		return ERR_OK;
	v->requirement = floor;
	v->binding = (struct requirement){ .amount = floor,
		.binding = "stress", .is_refused = v->binding.is_refused };
	e = usd18_sub(&v->excess, v->equity, floor);
	return e != ERR_OK ? e : margin_health_of(&v->health, v);
}

enum err
stress_floor(struct margin_result *r, const struct snapshot *shocked,
    size_t count, uint32_t slot)
{
	struct margin_result raised = *r;
	struct usd18 floor = usd18_zero();
	struct point mid = point_mid();
	enum err e = ERR_OK;

	if (!has_figures(r) || count == 0)
		return ERR_OK;
	for (size_t i = 0; i < count && e == ERR_OK; i++) {
		struct evaluation after;
		struct usd18 loss;

		e = margin_evaluate_at(&after, &shocked[i], slot, r->method,
		    &mid, SIDE_MAINTENANCE, NULL);
		if (e == ERR_STALE) {
			e = ERR_OK;
			continue;
		}
		if (e == ERR_OK)
			e = loss_of(&loss, &r->mid, &after);
		if (e == ERR_OK)
			floor = usd18_max(floor, loss);
	}
	if (e == ERR_OK)
		e = floor_raise(&raised.mid, floor);
	if (e == ERR_OK)
		e = floor_raise(&raised.worst, floor);
	if (e == ERR_OK)
		e = floor_raise(&raised.best, floor);
	if (e == ERR_OK)
		e = floor_raise(&raised.initial, floor);
	if (e != ERR_OK)
		return e;
	raised.state = margin_state_of(&raised);
	*r = raised;
	return ERR_OK;
}
