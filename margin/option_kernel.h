/* margin/option_kernel.h - the inside of the option formulas: the time value
 * of the side that is out of the money, as a share of min(F, K).
 *
 * With L = min(F, K), s = sigma sqrt(tau), B = |ln(F/K)| / s - s / 2, A = B + s,
 * e(x) = exp(-x^2 / 2) and M(x) = exp(x^2 / 2) N(-x), the option out of the
 * money is worth L e(B) (M(B) - M(A)) where B is at least zero and
 * L (1 - e(B) (M(|B|) + M(A))) where not, since L e(B) = max(F, K) e(A).  For
 * F below K, B = -d1 and A = -d2; else B = d2 and A = d1.
 *
 * Units:  fractions Qn as in base/q64_kernel.h.  Pure.
 * Source: margin-model 1.3, section 2.
 */
#ifndef MARGIN_OPTION_KERNEL_H
#define MARGIN_OPTION_KERNEL_H

#include "base/q64_kernel.h"
#include "margin/option.h"

/* Beyond 13 deviations nothing is left of 18 decimals. */
#define OPTION_FAR_Q64 ((i128)13 << 64)

enum option_kind {
	OPTION_INTRINSIC,	/* no time value */
	OPTION_BOUND,		/* all of min(F, K) is time value */
	OPTION_BETWEEN,
};

/* s = sigma sqrt(tau); set only where kind is OPTION_BETWEEN. */
struct option_deviation {
	enum option_kind kind;
	struct q64_float s, inverse;
	u128 s_q64;
};

/* The time value as a share of L: value * 2^exponent.  b, e_b, shift and
 * the M are set only where kind is OPTION_BETWEEN. */
struct option_tail {
	enum option_kind kind;
	uint64_t value;
	int exponent;
	i128 b;			/* Q64 */
	unsigned shift;		/* exp(-B^2 / 2) = e_b * 2^-(63 + shift) */
	uint64_t e_b;		/* 2^62 to 2^63 */
	uint64_t m_b, m_a;	/* M(|B|), M(A) in Q64 */
};

/* sqrt(tau) and its inverse, as a volatility with 18 decimals needs them: s is
 * vol * root, 1 / s is inverse / vol.  tau above zero. */
struct option_root {
	struct q64_float root, inverse;
};

static inline struct option_root
option_root_of(struct num18 tau)
{
	struct q64_float t = q64_float_from((u128)num18_to_raw(tau));
	struct q64_float r = q64_rsqrt(t);

	return (struct option_root){
		.root = q64_float_mul(q64_float_mul(t, r), Q64_1E_27),
		.inverse = q64_float_mul(r, Q64_1E27),
	};
}

/* vol at least zero. */
static inline struct option_deviation
option_deviation_of(struct num18 vol, const struct option_root *root)
{
	struct option_deviation d = { .kind = OPTION_INTRINSIC };
	struct q64_float v;

	if (num18_is_zero(vol))
		return d;
	v = q64_float_from((u128)num18_to_raw(vol));
	d.s = q64_float_mul(v, root->root);
	/* Below 1e-18, or from 24 on; less what rounding may take. */
	if (d.s.e < -123 || (d.s.e == -123 && d.s.m < Q64_1E_18.m - 64))
		return d;
	d.kind = OPTION_BOUND;
	if (d.s.e > -59 || (d.s.e == -59 && d.s.m >= (UINT64_C(3) << 62) - 64))
		return d;
	d.kind = OPTION_BETWEEN;
	d.inverse = q64_float_mul(q64_float_inverse(v), root->inverse);
	d.s_q64 = ((u128)d.s.m << 5) >> (-d.s.e - 59);
	return d;
}

/* |ln(F / K)| from the logarithms of both in Q72; near the money from their
 * difference, so that x / s keeps its digits however small s is.  Neither is
 * zero. */
static inline struct q64_float
option_distance(u128 f, u128 k, u128 ln_f, u128 ln_k)
{
	u128 high = f > k ? f : k, low = f > k ? k : f;
	struct q64_float x = { 0, 0 };

	if (high == low)
		return x;
	if (high - low < low >> 12)
		return q64_ln_ratio(high, low);
	x = q64_float_from(f > k ? ln_f - ln_k : ln_k - ln_f);
	x.e -= 72;
	return x;
}

/* x / s in Q64; false where it is beyond 4096. */
static inline bool
option_moneyness(u128 *out, struct q64_float x,
    const struct option_deviation *d)
{
	u128 p = (u128)x.m * d->inverse.m;
	int shift = -64 - x.e - d->inverse.e;

	*out = 0;
	if (p == 0 || shift > 127)
		return true;
	if (shift < 50)
		return false;
	*out = p >> shift;
	return true;
}

/* x = |ln(F / K)|; m = 0 at the money. */
static inline struct option_tail
option_tail_of(struct q64_float x, const struct option_deviation *d)
{
	struct option_tail t = { .kind = d->kind };
	u128 q, at, p;
	i128 b;

	if (d->kind != OPTION_BETWEEN)
		return t;
	t.kind = OPTION_INTRINSIC;
	if (!option_moneyness(&q, x, d))
		return t;
	b = (i128)q - (i128)(d->s_q64 >> 1);
	if (b >= OPTION_FAR_Q64)
		return t;
	t.kind = OPTION_BOUND;
	if (b <= -OPTION_FAR_Q64)
		return t;
	t.kind = OPTION_BETWEEN;
	t.b = b;
	at = (u128)(b < 0 ? -b : b);
	t.e_b = q64_exp_square(&t.shift, at);
	t.m_b = q64_mills(at);
	/* A^2 = B^2 + 2 |ln(F / K)| < 13^2 + 2 ln 2^128: A is below 18.7. */
	t.m_a = q64_mills((u128)(b + (i128)d->s_q64));
	if (b >= 0) {
		p = t.m_b > t.m_a ? (u128)t.e_b * (t.m_b - t.m_a) : 0;
		t.value = (uint64_t)(p >> 62);
		t.exponent = -65 - (int)t.shift;
		return t;
	}
	/* q64_mills is half a unit too high on average. */
	p = (u128)t.e_b * (t.m_b + t.m_a - 1) >> 63;
	p = t.shift < 64 ? p >> t.shift : 0;
	/* One, where nothing is left to take from it. */
	t.value = p == 0 ? UINT64_C(1) << 63 : 0 - (uint64_t)p;
	t.exponent = p == 0 ? -63 : -64;
	return t;
}

/* v * D to nearest, D in 18 decimals and not negative.  ERR_RANGE. */
static inline enum err
option_discounted(u128 *out, u128 v, struct num18 discount)
{
	u128 d = (u128)num18_to_raw(discount), hi, lo, rest;

	if (d == WAD_ONE_RAW || v == 0) {
		*out = v;
		return ERR_OK;
	}
	lo = wide_mul(&hi, v, d);
	if (hi >= WAD_ONE_RAW)
		return ERR_RANGE;
	lo = wide_div(&rest, hi, lo, WAD_ONE_RAW);
	if (lo == U128_MAX)
		return ERR_RANGE;
	*out = lo + (rest >= WAD_ONE_RAW / 2);
	return ERR_OK;
}

/* L D as a float, rounded down; neither zero. */
static inline struct q64_float
option_scale(u128 low, struct num18 discount)
{
	struct q64_float l = q64_float_from(low);

	if (num18_to_raw(discount) == (i128)WAD_ONE_RAW)
		return l;
	return q64_float_mul_down(l, q64_float_mul_down(Q64_1E_18,
	    q64_float_from((u128)num18_to_raw(discount))));
}

/* What price and greeks begin with. */
struct option_inside {
	u128 low;		/* min(F, K) */
	u128 intrinsic;		/* discounted; zero out of the money */
	bool forward_is_low;
	struct option_root root;	/* where tau, low, discount are not 0 */
	struct option_deviation deviation;
	struct option_tail tail;
	struct q64_float scale;	/* L D, where tail.kind is BETWEEN */
};

static inline enum err
option_inside_of(struct option_inside *in, const struct option_terms *t)
{
	u128 f = px18_to_raw(t->forward), k = px18_to_raw(t->strike);
	enum err e = ERR_OK;

	if (num18_is_negative(t->vol) || num18_is_negative(t->discount) ||
	    num18_is_negative(t->tau))
		return ERR_RANGE;
	in->forward_is_low = f < k;
	in->low = f < k ? f : k;
	in->intrinsic = 0;
	if (t->is_call != in->forward_is_low)
		e = option_discounted(&in->intrinsic, f < k ? k - f : f - k,
		    t->discount);
	in->tail.kind = OPTION_INTRINSIC;
	if (e != ERR_OK || in->low == 0 || num18_is_zero(t->discount) ||
	    num18_is_zero(t->tau))
		return e;
	in->root = option_root_of(t->tau);
	in->deviation = option_deviation_of(t->vol, &in->root);
	in->tail = option_tail_of(option_distance(f, k, q64_ln_u128(f),
	    q64_ln_u128(k)), &in->deviation);
	if (in->tail.kind == OPTION_BETWEEN)
		in->scale = option_scale(in->low, t->discount);
	return ERR_OK;
}

/* The time value in the unit of scale, which is L D: nearest.  ERR_RANGE. */
static inline enum err
option_time_value(u128 *out, const struct option_tail *t,
    struct q64_float scale)
{
	u128 p = (u128)scale.m * t->value;
	int shift = -(scale.e + t->exponent);

	if (shift < 1)
		return ERR_RANGE;
	*out = shift > 128 ? 0 : ((p >> (shift - 1)) + 1) >> 1;
	return ERR_OK;
}

/* Intrinsic and time value together. */
static inline enum err
option_inside_price(struct usd18 *out, const struct option_inside *in,
    struct num18 discount)
{
	u128 time_value = 0;
	enum err e = ERR_OK;

	if (in->tail.kind == OPTION_BOUND)
		e = option_discounted(&time_value, in->low, discount);
	else if (in->tail.kind == OPTION_BETWEEN)
		e = option_time_value(&time_value, &in->tail, in->scale);
	if (e != ERR_OK)
		return e;
	if (in->intrinsic > (u128)I128_MAX ||
	    time_value > (u128)I128_MAX - in->intrinsic)
		return ERR_RANGE;
	*out = usd18_from_raw((i128)(in->intrinsic + time_value));
	return ERR_OK;
}

#endif
