/* base/q64_kernel.h - the inline kernels below q64 and the option formulas:
 * ln, exp, 1/sqrt and the normal tail on 64-bit mantissas.
 *
 * Every step is an integer operation whose order and truncation the source
 * fixes, so that every compiler gives the same bits.  A fraction named Qn has
 * n bits behind its point.  No error paths: each precondition is the caller's,
 * and is stated.
 *
 * Units:  none.  Pure.
 * Source: margin-model section 2; the tables are base/q64_tables.py's.
 */
#ifndef BASE_Q64_KERNEL_H
#define BASE_Q64_KERNEL_H

#include "base/q64_tables.h"
#include "base/types.h"
#include "base/wide.h"

/* m * 2^e with the top bit of m set; zero is m = 0 (and any e). */
struct q64_float {
	uint64_t m;
	int e;
};

/* Constants, rounded down. */
#define Q64_LOG2_E ((struct q64_float){ 0xb8aa3b295c17f0bbu, -63 })
#define Q64_1E_18 ((struct q64_float){ 0x9392ee8e921d5d07u, -123 })
#define Q64_1E_27 ((struct q64_float){ 0x9e74d1b791e07e48u, -153 })
#define Q64_1E27 ((struct q64_float){ 0xcecb8f27f4200f3au, 26 })
#define Q64_1E18 ((struct q64_float){ 0xde0b6b3a76400000u, -4 })
#define Q64_1E_36 ((struct q64_float){ 0xaa242499697392d2u, -183 })
#define Q64_1E36 ((struct q64_float){ 0xc097ce7bc90715b3u, 56 })
#define Q64_PDF_ZERO ((struct q64_float){ 0xcc42299ea1b28468u, -65 })

/* ln 2 and 18 ln 10 in Q72. */
#define Q64_LN2_Q72 (((u128)0xb1 << 64) | 0x7217f7d1cf79abcau)
#define Q64_LN_1E18_Q72 (((u128)0x2972 << 64) | 0x4fe657ff706671e8u)
/* log2(e) / 2 in Q64. */
#define Q64_HALF_LOG2_E 0xb8aa3b295c17f0bcu

static inline uint64_t
q64_mulhi(uint64_t a, uint64_t b)
{
	return (uint64_t)(((u128)a * b) >> 64);
}

static inline unsigned
q64_clz_u128(u128 a)
{
	uint64_t hi = (uint64_t)(a >> 64);

	return hi != 0 ? (unsigned)__builtin_clzll(hi) :
	    64u + (unsigned)__builtin_clzll((uint64_t)a);
}

/* q64_float_from truncates a to 64 bits; a above zero. */
static inline struct q64_float
q64_float_from(u128 a)
{
	unsigned shift = q64_clz_u128(a);

	return (struct q64_float){
		(uint64_t)((a << shift) >> 64), 64 - (int)shift };
}

/* a * b, within 3/4 of a unit of the last place; neither may be zero. */
static inline struct q64_float
q64_float_mul(struct q64_float a, struct q64_float b)
{
	/* Half a unit where the product is shifted, a quarter where not: more
	 * could carry out. */
	u128 p = (u128)a.m * b.m + (UINT64_C(1) << 62);
	unsigned shift = (unsigned)(p >> 127 == 0);

	return (struct q64_float){
		(uint64_t)((p << shift) >> 64), a.e + b.e + 64 - (int)shift };
}

/* a * b truncated; neither may be zero. */
static inline struct q64_float
q64_float_mul_down(struct q64_float a, struct q64_float b)
{
	u128 p = (u128)a.m * b.m;
	unsigned shift = (unsigned)(p >> 127 == 0);

	return (struct q64_float){
		(uint64_t)((p << shift) >> 64), a.e + b.e + 64 - (int)shift };
}

/* 1 / a, truncated; a is not zero. */
static inline struct q64_float
q64_float_inverse(struct q64_float a)
{
	uint64_t rest;

	/* 2^127 / m lies above 2^63; for a power of two it is 2^64. */
	if (a.m == UINT64_C(1) << 63)
		return (struct q64_float){ a.m, -a.e - 126 };
	return (struct q64_float){
		wide_div_2by1(&rest, UINT64_C(1) << 63, 0, a.m), -a.e - 127 };
}

/* a / b, truncated; b is not zero. */
static inline struct q64_float
q64_float_div(struct q64_float a, struct q64_float b)
{
	uint64_t rest, half = (uint64_t)(a.m >= b.m);

	return (struct q64_float){
		wide_div_2by1(&rest, a.m >> half, half ? a.m << 63 : 0, b.m),
		a.e - b.e - 64 + (int)half };
}

/* q64_float_round gives the nearest integer to m * 2^e (half up); false where
 * it exceeds 2^127 - 1. */
static inline bool
q64_float_round(u128 *out, struct q64_float a)
{
	if (a.m == 0 || a.e < -64) {
		*out = 0;
		return true;
	}
	if (a.e >= 0) {
		if (a.e > 63)
			return false;
		*out = (u128)a.m << a.e;
		return *out >> 127 == 0;
	}
	*out = (((u128)a.m << 1 >> -a.e) + 1) >> 1;
	return true;
}

/* q64_ln_tail: (t - ln(1 + t)) / t^2 for t in Q64 below 1/256. */
static inline uint64_t
q64_ln_tail(uint64_t t)
{
	const uint64_t *b = Q64_LN_POLY;
	uint64_t square = q64_mulhi(t, t);
	uint64_t h = b[4] - q64_mulhi(t, b[5]);

	h = b[2] - q64_mulhi(t, b[3]) + q64_mulhi(square, h);
	return b[0] - q64_mulhi(t, b[1]) + q64_mulhi(square, h);
}

/* q64_ln_mantissa: ln(1 + t) in Q72 where 1 + t = m / 2^127, m's top bit set.
 * Error at most 3 * 2^-72. */
static inline u128
q64_ln_mantissa(u128 m)
{
	const struct q64_ln_row *row = &Q64_LN[(m >> 119) & 255];
	/* m * reciprocal in Q126 without its one, which stays below 2^-8. */
	u128 p = (u128)(uint64_t)(m >> 64) * row->reciprocal +
	    q64_mulhi((uint64_t)m, row->reciprocal);
	uint64_t t72 = (uint64_t)(p >> 54);
	uint64_t t = t72 >> 8;

	return (((u128)row->value_hi << 64) | row->value_lo) + t72 -
	    q64_mulhi(q64_mulhi(t72, t), q64_ln_tail(t));
}

/* q64_ln_u128: ln(a) in Q72 for a above zero; monotone, 0 for 1. */
static inline u128
q64_ln_u128(u128 a)
{
	unsigned shift = q64_clz_u128(a);

	return q64_ln_mantissa(a << shift) + (127 - shift) * Q64_LN2_Q72;
}

/* q64_ln_ratio: ln(a / b), a above b by less than b / 256, with a relative
 * error of 2^-61. */
static inline struct q64_float
q64_ln_ratio(u128 a, u128 b)
{
	/* ln(1 + t) = t (1 - t h(t)), t = (a - b) / b */
	struct q64_float t = q64_float_div(q64_float_from(a - b),
	    q64_float_from(b));
	unsigned shift;

	if (t.e > -128) {
		uint64_t t64 = t.m >> (-t.e - 64);

		t.m -= q64_mulhi(t.m, q64_mulhi(t64, q64_ln_tail(t64)));
	}
	shift = (unsigned)__builtin_clzll(t.m);
	return (struct q64_float){ t.m << shift, t.e - (int)shift };
}

/* q64_exp2_minus: 2^-z for z in Q120 as a mantissa in (1/2, 1] in Q63; the
 * caller divides by 2^(z >> 120).  Error at most 1.1 * 2^-63. */
static inline uint64_t
q64_exp2_minus(u128 z)
{
	const uint64_t *c = Q64_EXP_POLY;
	uint64_t entry = Q64_EXP[(z >> 112) & 255];
	uint64_t r72 = (uint64_t)(z >> 48);
	uint64_t r = r72 >> 8;
	uint64_t h = c[3] - q64_mulhi(r, c[4]);

	h = c[2] - q64_mulhi(r, h);
	h = c[1] - q64_mulhi(r, h);
	h = c[0] - q64_mulhi(r, h);
	return entry - ((q64_mulhi(entry, q64_mulhi(r72, h)) + 128) >> 8);
}

/* q64_exp_square: exp(-x^2 / 2), x in Q64 below 16, as q64_exp2_minus gives
 * it; *shift is the power of two to divide by. */
static inline uint64_t
q64_exp_square(unsigned *shift, u128 x)
{
	uint64_t x60 = (uint64_t)((x + 8) >> 4);
	u128 square = (u128)x60 * x60;
	u128 z = (u128)(uint64_t)(square >> 64) * Q64_HALF_LOG2_E +
	    q64_mulhi((uint64_t)square, Q64_HALF_LOG2_E);

	*shift = (unsigned)(z >> 120);
	return q64_exp2_minus(z);
}

/* q64_mills: M(x) = exp(x^2 / 2) N(-x) in Q64, x in Q64 below 19.  Error
 * between -0.7 and 1.9 units. */
static inline uint64_t
q64_mills(u128 x)
{
	const uint64_t *c = Q64_MILLS[(uint64_t)(x >> 59)];
	uint64_t t = (uint64_t)x & ((UINT64_C(1) << 59) - 1);
	uint64_t h = c[6] - q64_mulhi(t, c[7]);

	h = c[5] - q64_mulhi(t, h);
	h = c[4] - q64_mulhi(t, h);
	h = c[3] - q64_mulhi(t, h);
	h = c[2] - q64_mulhi(t, h);
	h = c[1] - q64_mulhi(t, h);
	return c[0] - q64_mulhi(t, h);
}

/* q64_rsqrt: 1 / sqrt(a); a is not zero.  Relative error at most 2^-62. */
static inline struct q64_float
q64_rsqrt(struct q64_float a)
{
	/* a = m * 2^e with e even, m read as a number from 1 to 4 in Q62. */
	int odd = (int)((unsigned)a.e & 1);
	uint64_t m = a.m >> odd;
	const uint64_t *c = Q64_RSQRT[(m >> 56) - 64];
	uint64_t u = (m & ((UINT64_C(1) << 56) - 1)) << 2;
	uint64_t h = c[2] - q64_mulhi(u, c[3]);
	uint64_t y;
	i128 rest;
	int64_t step;
	unsigned shift;

	h = c[0] - q64_mulhi(u, c[1]) + q64_mulhi(q64_mulhi(u, u), h);
	/* 32 bits, so that the square is exact; then one step of Newton,
	 * y + y (1 - m y^2) / 2, in Q63. */
	y = (h + (UINT64_C(1) << 30)) >> 31;
	y -= y >> 32;
	rest = (i128)(((u128)1 << 126) - (u128)m * (y * y));
	y <<= 31;
	step = (int64_t)(((i128)(int64_t)(rest >> 34) * (int64_t)y) >> 64);
	y += (uint64_t)(step >> 29);
	shift = (unsigned)__builtin_clzll(y);
	return (struct q64_float){
		y << shift, -63 - (int)shift - (a.e + odd + 62) / 2 };
}

#endif
