#include "margin/option.h"

#include "base/must.h"
#include "margin/option_kernel.h"

/* What the scenarios of one forward share. */
struct at_forward {
	struct q64_float x, scale;	/* |ln(F / K)|, L D */
	u128 low, intrinsic;
	bool has_value;		/* L and D are not zero */
};

struct option_forward
option_forward_of(struct px18 price)
{
	u128 f = px18_to_raw(price);

	return (struct option_forward){ price, f != 0 ? q64_ln_u128(f) : 0 };
}

static enum err
at_forward_set(struct at_forward *out, const struct option_forward *forward,
    const struct option_forward *strike, const struct option_terms *t)
{
	u128 f = px18_to_raw(forward->price), k = px18_to_raw(strike->price);
	u128 most;
	enum err e;

	/* All that follows lies below this. */
	e = option_discounted(&most, f > k ? f : k, t->discount);
	if (e != ERR_OK)
		return e;
	if (most >> 126 != 0)
		return ERR_RANGE;
	out->low = f < k ? f : k;
	out->intrinsic = 0;
	out->has_value = out->low != 0 && !num18_is_zero(t->discount);
	if (t->is_call != (f < k))
		e = option_discounted(&out->intrinsic, f < k ? k - f : f - k,
		    t->discount);
	if (e != ERR_OK || !out->has_value)
		return e;
	out->x = option_distance(f, k, forward->ln_q72, strike->ln_q72);
	out->scale = option_scale(out->low, t->discount);
	return ERR_OK;
}

static u128
time_value_of(const struct at_forward *at,
    const struct option_deviation *d, struct num18 discount)
{
	struct option_tail tail;
	u128 v = 0;
	enum err e = ERR_OK;

	if (!at->has_value)
		return 0;
	tail = option_tail_of(at->x, d);
	if (tail.kind == OPTION_BOUND)
		e = option_discounted(&v, at->low, discount);
	else if (tail.kind == OPTION_BETWEEN)
		e = option_time_value(&v, &tail, at->scale);
	MUST(e == ERR_OK);
	return v;
}

enum err
option_price_many(struct usd18 *out, const struct option_terms *t,
    const struct option_forward *forward, size_t forwards,
    const struct num18 *vol, size_t vols,
    const struct option_scenario *scenario, size_t scenarios)
{
	struct option_forward strike = option_forward_of(t->strike);
	struct at_forward at[OPTION_MANY_MAX] = { { .low = 0 } };
	struct option_deviation d[OPTION_MANY_MAX] = { { .s_q64 = 0 } };
	struct option_root root = { .root = { 0, 0 } };

	MUST(forwards <= OPTION_MANY_MAX && vols <= OPTION_MANY_MAX);
	if (num18_is_negative(t->tau) || num18_is_negative(t->discount))
		return ERR_RANGE;
	if (!num18_is_zero(t->tau))
		root = option_root_of(t->tau);
	for (size_t i = 0; i < forwards; i++) {
		enum err e = at_forward_set(&at[i], &forward[i], &strike, t);

		if (e != ERR_OK)
			return e;
	}
	for (size_t i = 0; i < vols; i++) {
		if (num18_is_negative(vol[i]))
			return ERR_RANGE;
		d[i].kind = OPTION_INTRINSIC;
		if (!num18_is_zero(t->tau))
			d[i] = option_deviation_of(vol[i], &root);
	}
	for (size_t i = 0; i < scenarios; i++) {
		const struct at_forward *a;

		MUST(scenario[i].forward < forwards && scenario[i].vol < vols);
		a = &at[scenario[i].forward];
		out[i] = usd18_from_raw((i128)(a->intrinsic + time_value_of(a,
		    &d[scenario[i].vol], t->discount)));
	}
	return ERR_OK;
}
