/* base/wide.h - the inline kernels below u256 and muldiv: 128 x 128 -> 256
 * bits, and back by the processor's own 128 / 64 division.
 *
 * Units:  none.  Pure; no error paths: each precondition is the caller's, and
 *         is stated.  Used inside base/, by margin/bands*.c, and by
 *         margin/ through base/q64_kernel.h.
 * Source: Knuth, The Art of Computer Programming 2, 4.3.1 algorithm D.
 */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#include "base/types.h"

/* 10^0 .. 10^19: the powers that fit 64 bits (base/fixed.c). */
#define WIDE_POW10_MAX 19
extern const uint64_t WIDE_POW10[WIDE_POW10_MAX + 1];

/* wide_mul sets *hi and returns the low half of a * b. */
static inline u128
wide_mul(u128 *hi, u128 a, u128 b)
{
	uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64);
	uint64_t b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
	u128 low = (u128)a0 * b0;
	/* Neither sum overflows: (2^64-1)^2 + 2 * (2^64-1) < 2^128. */
	u128 mid = (u128)a1 * b0 + (uint64_t)(low >> 64);
	u128 mid2 = (u128)a0 * b1 + (uint64_t)mid;

	*hi = (u128)a1 * b1 + (uint64_t)(mid >> 64) + (uint64_t)(mid2 >> 64);
	return (mid2 << 64) | (uint64_t)low;
}

/* wide_div_2by1 returns hi:lo / d and sets *rem; needs hi < d. */
static inline uint64_t
wide_div_2by1(uint64_t *rem, uint64_t hi, uint64_t lo, uint64_t d)
{
#ifdef __x86_64__
	uint64_t q;

	/* One instruction; the compiler would call __udivti3 for it, as it
	 * cannot know that the quotient fits. */
	__asm__("divq %4"
	    : "=a"(q), "=d"(*rem)
	    : "0"(lo), "1"(hi), "r"(d)
	    : "cc");
	return q;
#else
	u128 n = ((u128)hi << 64) | lo;

	*rem = (uint64_t)(n % d);
	return (uint64_t)(n / d);
#endif
}

/* wide_div_3by2 returns hi:lo / d and sets *rem; needs hi < d and the top bit
 * of d set. */
static inline uint64_t
wide_div_3by2(u128 *rem, u128 hi, uint64_t lo, u128 d)
{
	uint64_t d1 = (uint64_t)(d >> 64), d0 = (uint64_t)d;
	uint64_t u2 = (uint64_t)(hi >> 64), u1 = (uint64_t)hi;
	uint64_t q;
	u128 r;

	if (u2 >= d1) {
		q = UINT64_MAX;
		r = (u128)u1 + d1;
	} else {
		uint64_t r1;

		q = wide_div_2by1(&r1, u2, u1, d1);
		r = r1;
	}
	/* The estimate is at most two too large. */
	while (r >> 64 == 0 && (u128)q * d0 > ((r << 64) | lo)) {
		q--;
		r += d1;
	}
	*rem = ((r << 64) | lo) - (u128)q * d0;
	return q;
}

/* wide_div returns hi:lo / d and sets *rem; needs hi < d. */
static inline u128
wide_div(u128 *rem, u128 hi, u128 lo, u128 d)
{
	u128 r;
	uint64_t q1, q0;
	unsigned shift;

	if (d >> 64 == 0) {
		uint64_t r1, d0 = (uint64_t)d;

		q1 = wide_div_2by1(&r1, (uint64_t)hi, (uint64_t)(lo >> 64), d0);
		q0 = wide_div_2by1(&r1, r1, (uint64_t)lo, d0);
		*rem = r1;
		return ((u128)q1 << 64) | q0;
	}
	if (hi == 0 && lo < d) {
		*rem = lo;
		return 0;
	}
	shift = (unsigned)__builtin_clzll((uint64_t)(d >> 64));
	if (shift != 0) {
		d <<= shift;
		hi = (hi << shift) | (lo >> (128 - shift));
		lo <<= shift;
	}
	q1 = wide_div_3by2(&r, hi, (uint64_t)(lo >> 64), d);
	q0 = wide_div_3by2(&r, r, (uint64_t)lo, d);
	*rem = r >> shift;
	return ((u128)q1 << 64) | q0;
}

#endif
