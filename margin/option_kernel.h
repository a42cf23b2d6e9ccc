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

/* The time value as a share of L: value * 2^exponent.  b, a, e_b, shift and
 * the M are set only where kind is OPTION_BETWEEN. */
struct option_tail {
	enum option_kind kind;
	uint64_t value;
	int exponent;
	bool b_is_negative;
	unsigned shift;		/* exp(-B^2 / 2) = e_b * 2^-(63 + shift) */
	uint64_t e_b;		/* 2^62 to 2^63 */
	uint64_t m_b, m_a;	/* M(|B|), M(A) in Q64 */
};

/* sqrt(tau) and its inverse; tau in 18 decimals, above zero. */
struct option_root {
	struct q64_float root, inverse;
};

static inline struct option_root
option_root_of(struct num18 tau)
{
	struct q64_float t = q64_float_from((u128)num18_to_raw(tau));
	struct q64_float r = q64_rsqrt(t);

	return (struct option_root){
		.root = q64_float_mul(q64_float_mul(t, r), Q64_1E_9),
		.inverse = q64_float_mul(r, Q64_1E9),
	};
}

/* vol at least zero. */
static inline struct option_deviation
option_deviation_of(struct num18 vol, const struct option_root *root)
{
	struct option_deviation d = { .kind = OPTION_INTRINSIC };
	struct q64_float v;

	if (num18_to_raw(vol) == 0)
		return d;
	v = q64_float_from((u128)num18_to_raw(vol));
	d.s = q64_float_mul(q64_float_mul(v, Q64_1E_18), root->root);
	/* Below 1e-18 (less a rounding), or from 24 on. */
	if (d.s.e < -123 || (d.s.e == -123 && d.s.m < Q64_1E_18.m - 64))
		return d;
	d.kind = OPTION_BOUND;
	if (d.s.e > -59 || (d.s.e == -59 && d.s.m >= UINT64_C(3) << 62))
		return d;
	d.kind = OPTION_BETWEEN;
	d.inverse = q64_float_mul(q64_float_mul(q64_float_inverse(v),
	    Q64_1E18), root->inverse);
	d.s_q64 = ((u128)d.s.m << 5) >> (-d.s.e - 59);
	return d;
}

/* x in Q72 over s, in Q64; false where it is beyond 4096. */
static inline bool
option_moneyness(u128 *out, u128 x, const struct option_deviation *d)
{
	struct q64_float f;
	u128 p;
	int shift;

	*out = 0;
	if (x == 0)
		return true;
	f = q64_float_from(x);
	p = (u128)f.m * d->inverse.m;
	shift = 8 - f.e - d->inverse.e;
	if (shift < 50)
		return false;
	if (shift < 128)
		*out = p >> shift;
	return true;
}

/* x = |ln(F / K)| in Q72. */
static inline struct option_tail
option_tail_of(u128 x, const struct option_deviation *d)
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
	t.b_is_negative = b < 0;
	at = (u128)(b < 0 ? -b : b);
	t.e_b = q64_exp_square(&t.shift, at);
	t.m_b = q64_mills(at);
	/* A^2 = B^2 + 2 |ln(F / K)| < 13^2 + 2 ln 2^128: A is below 18.7. */
	t.m_a = q64_mills((u128)(b + (i128)d->s_q64));
	if (!t.b_is_negative) {
		p = t.m_b > t.m_a ? (u128)t.e_b * (t.m_b - t.m_a) : 0;
		t.value = (uint64_t)(p >> 62);
		t.exponent = -65 - (int)t.shift;
		return t;
	}
	p = (u128)t.e_b * (t.m_b + t.m_a) >> 63;
	p = t.shift < 64 ? p >> t.shift : 0;
	t.value = p == 0 ? UINT64_MAX : 0 - (uint64_t)p;
	t.exponent = -64;
	return t;
}

/* |ln(F / K)| in Q72; neither zero. */
static inline u128
option_log_distance(u128 ln_forward, u128 ln_strike)
{
	return ln_forward > ln_strike ? ln_forward - ln_strike :
	    ln_strike - ln_forward;
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
	return q64_float_mul(l, q64_float_mul(Q64_1E_18,
	    q64_float_from((u128)num18_to_raw(discount))));
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

#endif
