/* base/q64.h - ln, exp, sqrt, powers and the normal distribution in integers.
 *
 * Every function takes and gives 18 decimals, rounds to nearest, and gives the
 * same bits on every compiler and machine: no floating point, no library.
 *
 * Units:  dimensionless, 18 decimals.  Owns nothing, allocates nothing.
 * Limits: outputs are untouched unless the answer is ERR_OK; what lies outside
 *         a domain or does not fit is ERR_RANGE.
 */
#ifndef BASE_Q64_H
#define BASE_Q64_H

#include "base/fixed.h"
#include "base/types.h"
#include "base/u256.h"

/* q64_ln: natural logarithm; x above zero.  Error at most 1e-18. */
MUST_CHECK enum err q64_ln(struct num18 *out, struct num18 x);
/* q64_ln_of_prices: ln(a / b); ERR_RANGE where one is zero. */
MUST_CHECK enum err q64_ln_of_prices(struct num18 *out, struct px18 a,
    struct px18 b);
/* q64_exp: zero below -42.14; ERR_RANGE where the result does not fit.
 * Error at most 1e-18 + 1e-18 of the result. */
MUST_CHECK enum err q64_exp(struct num18 *out, struct num18 x);
/* q64_sqrt: x at least zero; nearest. */
MUST_CHECK enum err q64_sqrt(struct num18 *out, struct num18 x);
/* q64_pow: x^y by exp(y ln x); x above zero (0^y is 0 for y above zero, 1 for
 * y zero).  Error at most 4e-18 of the result for |y ln x| below 8. */
MUST_CHECK enum err q64_pow(struct num18 *out, struct num18 x,
    struct num18 y);
/* q64_normal_cdf: N(x); q64_normal_pdf: exp(-x^2/2) / sqrt(2 pi).  Error at
 * most 1e-18. */
struct num18 q64_normal_cdf(struct num18 x);
struct num18 q64_normal_pdf(struct num18 x);
/* q64_normal_inverse: the x with N(x) = p, 0 < p < 1 (ERR_RANGE).  Error at
 * most 1e-15. */
MUST_CHECK enum err q64_normal_inverse(struct num18 *out, struct num18 p);

/* u256_sqrt_floor is exact: the largest r with r * r <= a. */
u128 u256_sqrt_floor(const struct u256 *a);

#endif
