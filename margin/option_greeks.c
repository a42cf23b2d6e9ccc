#include "margin/option.h"

#include "margin/option_kernel.h"

static enum err
num18_from_float(struct num18 *out, struct q64_float f)
{
	u128 v;

	if (!q64_float_round(&v, f))
		return ERR_RANGE;
	*out = num18_from_raw((i128)v);
	return ERR_OK;
}

/* An integer product in Q127 and a power of two. */
static struct q64_float
float_from_q127(u128 p, unsigned shift)
{
	struct q64_float f = q64_float_from(p);

	f.e -= 127 + (int)shift;
	return f;
}

/* Where there is no time value, or nothing but: N(d1) is 0, 1/2 or 1. */
static struct num18
delta_at_bound(const struct option_inside *in, const struct option_terms *t)
{
	i128 discount = num18_to_raw(t->discount), rise;
	u128 f = px18_to_raw(t->forward), k = px18_to_raw(t->strike);

	if (in->tail.kind == OPTION_BOUND || f > k)
		rise = discount;
	else
		rise = f < k ? 0 : discount / 2;
	return num18_from_raw(t->is_call ? rise : rise - discount);
}

/* Delta from the smaller of N(d1) and N(-d1): with F below K d1 is -B, else
 * d1 is A and F e(A) = K e(B). */
static enum err
delta_between(struct num18 *out, const struct option_inside *in,
    const struct option_terms *t, struct q64_float forward_inverse)
{
	const struct option_tail *tail = &in->tail;
	struct q64_float n = float_from_q127((u128)tail->e_b *
	    (in->forward_is_low ? tail->m_b : tail->m_a), tail->shift);
	bool is_rise = in->forward_is_low && tail->b >= 0;
	i128 small;
	enum err e;

	if (!in->forward_is_low)
		n = q64_float_mul(n, q64_float_mul(forward_inverse,
		    q64_float_from(in->low)));
	e = num18_from_float(out, q64_float_mul(n,
	    q64_float_from((u128)num18_to_raw(t->discount))));
	if (e != ERR_OK)
		return e;
	small = num18_to_raw(*out);
	if (is_rise == t->is_call)
		*out = num18_from_raw(is_rise ? small : -small);
	else
		*out = num18_from_raw(is_rise ?
		    small - num18_to_raw(t->discount) :
		    num18_to_raw(t->discount) - small);
	return ERR_OK;
}

enum err
option_greeks_of(struct option_greeks *out, const struct option_terms *t)
{
	struct option_greeks g = { .delta = num18_zero() };
	struct option_inside in = { .low = 0 };
	struct q64_float inverse, density;
	enum err e = option_inside_of(&in, t);

	if (e == ERR_OK)
		e = option_inside_price(&g.price, &in, t->discount);
	if (e != ERR_OK)
		return e;
	if (in.tail.kind != OPTION_BETWEEN) {
		g.delta = delta_at_bound(&in, t);
		*out = g;
		return ERR_OK;
	}
	inverse = q64_float_inverse(q64_float_from(px18_to_raw(t->forward)));
	/* D F n(d1) = D L e(B) / sqrt(2 pi) */
	density = q64_float_mul(in.scale, float_from_q127((u128)in.tail.e_b *
	    Q64_PDF_ZERO.m, in.tail.shift + 1));
	e = delta_between(&g.delta, &in, t, inverse);
	if (e == ERR_OK)
		e = num18_from_float(&g.gamma, q64_float_mul(
		    q64_float_mul(density, in.deviation.inverse),
		    q64_float_mul(q64_float_mul(inverse, inverse),
		    Q64_1E36)));
	if (e == ERR_OK)
		e = num18_from_float(&g.vega, q64_float_mul(density,
		    q64_float_mul(in.root.root, Q64_1E18)));
	/* half */
	density.e--;
	if (e == ERR_OK)
		e = num18_from_float(&g.theta, q64_float_mul(density,
		    q64_float_mul(
		    q64_float_from((u128)num18_to_raw(t->vol)),
		    q64_float_mul(in.root.inverse, Q64_1E_36))));
	if (e != ERR_OK)
		return e;
	g.theta = num18_from_raw(-num18_to_raw(g.theta));
	*out = g;
	return ERR_OK;
}
