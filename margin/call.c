#include "margin/call.h"

#define HOUR_MS UINT64_C(3600000)

void
call_rules_default(struct call_rules *r)
{
	*r = (struct call_rules){
		.buffer = ppb_from_raw(100000000),
		.target = ppb_one(),
		.haircut = ppb_from_raw(0),
		.hysteresis = ppb_from_raw(20000000),
		.deadline_ms = 24 * HOUR_MS,
		.is_enforced = false,
		.age_ms = { HOUR_MS, 24 * HOUR_MS, 72 * HOUR_MS,
		    168 * HOUR_MS },
	};
}

/* The two rows of the table that depend on where the vault comes from. */
static bool
state_is_from_liquidation(enum vault_state s)
{
	return s == STATE_LIQUIDATABLE || s == STATE_LIQUIDATING ||
	    s == STATE_CLOSED || s == STATE_INSOLVENT;
}

static bool
state_has_hysteresis(enum vault_state s)
{
	return s == STATE_RESTRICTED || s == STATE_CALLED ||
	    s == STATE_OVERDUE;
}

static bool
is_liquidatable(const struct call_input *x)
{
	return x->has_obligation && usd18_is_negative(x->mm_excess_mid) &&
	    usd18_is_negative(x->mm_excess_worst) &&
	    usd18_is_negative(x->mm_excess_best);
}

/* state_is_final: the states at the end of the road. */
static bool
state_is_final(enum vault_state *out, enum vault_state from,
    const struct call_input *x)
{
	if (x->is_empty && state_is_from_liquidation(from))
		*out = STATE_CLOSED;
	else if (x->is_worthless)
		*out = STATE_INSOLVENT;
	else if (x->is_being_liquidated)
		*out = STATE_LIQUIDATING;
	else if ((from == STATE_LIQUIDATING || from == STATE_INSOLVENT) &&
	    x->has_obligation && usd18_is_negative(x->equity))
		*out = STATE_INSOLVENT;
	else if (is_liquidatable(x))
		*out = STATE_LIQUIDATABLE;
	else
		return false;
	return true;
}

/* state_below_initial: CALLED, OVERDUE or RESTRICTED; may open a call. */
static enum err
state_below_initial(enum vault_state *out, uint64_t *deadline_ms,
    const struct call_input *x, const struct call_rules *rules)
{
	struct usd18 buffer;
	enum err e;

	if (*deadline_ms == 0) {
		e = usd18_mul_ppb(&buffer, x->mmr, rules->buffer, ROUND_CEIL);
		if (e != ERR_OK)
			return e;
		if (!x->has_obligation ||
		    usd18_compare(x->mm_excess_mid, buffer) >= 0) {
			*out = STATE_RESTRICTED;
			return ERR_OK;
		}
		if (__builtin_add_overflow(x->as_of_ms, rules->deadline_ms,
		    deadline_ms))
			return ERR_RANGE;
	}
	*out = x->as_of_ms >= *deadline_ms ? STATE_OVERDUE : STATE_CALLED;
	return ERR_OK;
}

static enum err
state_by_margin(enum vault_state *out, uint64_t *deadline_ms,
    enum vault_state from, const struct call_input *x,
    const struct call_rules *rules)
{
	struct usd18 enough;
	enum err e;

	if (usd18_is_negative(x->im_excess))
		return state_below_initial(out, deadline_ms, x, rules);
	e = usd18_mul_ppb(&enough, x->imr, rules->hysteresis, ROUND_CEIL);
	if (e != ERR_OK)
		return e;
	*deadline_ms = 0;
	*out = state_has_hysteresis(from) &&
	    usd18_compare(x->im_excess, enough) < 0 ? STATE_RESTRICTED :
	    STATE_HEALTHY;
	return ERR_OK;
}

static enum vault_state
overlay_of(const struct call_input *x)
{
	if (x->is_stale)
		return STATE_STALE;
	if (x->is_pending)
		return STATE_PENDING;
	return x->is_recovery ? STATE_RECOVERY : STATE_HEALTHY;
}

enum err
call_step(struct call_state *out, struct call_transition *log,
    const struct call_state *in, const struct call_input *x,
    const struct call_rules *rules)
{
	struct call_state s = *in;
	enum err e;

	if (x->as_of_ms < in->since_ms)
		return ERR_STATE;
	s.overlay = overlay_of(x);
	if (x->is_stale)
		e = ERR_OK;	/* a refused price decides nothing */
	else if (state_is_final(&s.state, in->state, x))
		e = ERR_OK;
	else
		e = state_by_margin(&s.state, &s.deadline_ms, in->state, x,
		    rules);
	if (e != ERR_OK)
		return e;
	/* What is over owes no call. */
	if (s.state == STATE_CLOSED || s.state == STATE_INSOLVENT)
		s.deadline_ms = 0;
	if (s.state != in->state || in->since_ms == 0)
		s.since_ms = x->as_of_ms;
	*log = (struct call_transition){
		.is_change = s.state != in->state || s.overlay != in->overlay,
		.from = *in, .to = s,
		.at_ms = x->as_of_ms, .snapshot = x->snapshot,
	};
	*out = s;
	return ERR_OK;
}

enum vault_state
call_shown(const struct call_state *s)
{
	bool is_quiet = s->state == STATE_HEALTHY ||
	    s->state == STATE_RESTRICTED;

	if (s->overlay == STATE_STALE ||
	    (s->overlay != STATE_HEALTHY && is_quiet))
		return s->overlay;
	return s->state;
}

bool
call_is_flagged(const struct call_input *x)
{
	return usd18_is_negative(x->equity) && !x->has_obligation;
}

bool
call_may_liquidate_to_initial(const struct call_state *s,
    const struct call_rules *rules)
{
	return rules->is_enforced && s->state == STATE_OVERDUE &&
	    s->overlay != STATE_STALE;
}

unsigned
call_age(const struct call_state *s, uint64_t now_ms,
    const struct call_rules *rules)
{
	uint64_t age_ms = now_ms > s->since_ms ? now_ms - s->since_ms : 0;
	unsigned bucket = 0;

	while (bucket < CALL_AGES - 1 && age_ms >= rules->age_ms[bucket])
		bucket++;
	return bucket;
}

enum err
call_amount(struct usd18 *out, struct usd18 im_excess, struct usd18 imr,
    const struct call_rules *rules)
{
	uint32_t haircut = ppb_to_raw(rules->haircut);
	struct usd18 ae, wanted, gap;
	i128 amount;
	enum err e;

	if (haircut >= PPB_ONE_RAW)
		return ERR_RANGE;
	e = usd18_add(&ae, im_excess, imr);
	if (e == ERR_OK)
		e = usd18_mul_ppb(&wanted, imr, rules->target, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_sub(&gap, wanted, ae);
	if (e != ERR_OK)
		return e;
	gap = usd18_max(gap, usd18_zero());
	e = muldiv_i128(&amount, usd18_to_raw(gap), PPB_ONE_RAW,
	    PPB_ONE_RAW - haircut, ROUND_CEIL);
	if (e == ERR_OK)
		*out = usd18_from_raw(amount);
	return e;
}
