/* base/q64_tables.h - what base/q64_tables.py computes for base/q64_kernel.h.
 *
 * All are fractions of 2^64 unless said otherwise; the polynomials' signs
 * alternate, beginning with plus.
 */
#ifndef BASE_Q64_TABLES_H
#define BASE_Q64_TABLES_H

#include <stdint.h>

/* M(x) = exp(x^2 / 2) N(-x) from i / 32 to (i + 1) / 32, in x - i / 32. */
#define Q64_MILLS_SEGMENTS 608u
extern const uint64_t Q64_MILLS[Q64_MILLS_SEGMENTS][8];

/* 2^(-j / 256) in 2^-63, and (1 - 2^-r) / r for r below 1/256. */
extern const uint64_t Q64_EXP[256];
extern const uint64_t Q64_EXP_POLY[5];

/* A reciprocal of 1 + i / 256 in 2^-63, not below it, and minus the logarithm
 * of that reciprocal in 2^-72; (t - ln(1 + t)) / t^2 for t below 1/256. */
struct q64_ln_row {
	uint64_t reciprocal, value_hi, value_lo;
};
extern const struct q64_ln_row Q64_LN[256];
extern const uint64_t Q64_LN_POLY[6];

/* 1 / (2 sqrt(a)) from a = i / 64 + 1 to (i + 1) / 64 + 1, up to a = 4. */
extern const uint64_t Q64_RSQRT[192][4];

#endif
