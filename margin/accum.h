/* margin/accum.h - exact signed sums of products, 384 bits wide, so that a sum
 * is rounded once.
 *
 * Units:  plain integers; the caller knows the scale: 18 decimals times 18
 *         decimals are 36.
 * Owns:   nothing.  An accum is a plain value; start from accum_zero.
 * Limits: whatever does not fit is ERR_RANGE and leaves its output alone.
 */
#ifndef MARGIN_ACCUM_H
#define MARGIN_ACCUM_H

#include "base/fixed.h"
#include "base/types.h"
#include "base/u256.h"

#define ACCUM_WORDS 6u

struct accum {
	uint64_t w[ACCUM_WORDS];	/* two's complement, least word first */
};

static inline struct accum accum_zero(void)
{ return (struct accum){ { 0 } }; }
bool accum_is_negative(const struct accum *a);

/* a += x y, a -= x y, a += x y z. */
MUST_CHECK enum err accum_add2(struct accum *a, i128 x, i128 y);
MUST_CHECK enum err accum_sub2(struct accum *a, i128 x, i128 y);
MUST_CHECK enum err accum_add3(struct accum *a, i128 x, i128 y, i128 z);
MUST_CHECK enum err accum_sub3(struct accum *a, i128 x, i128 y, i128 z);
MUST_CHECK enum err accum_add(struct accum *a, const struct accum *b);

/* accum_div: a / (10^(18 wads) divisor), rounded; divisor above zero
 * (ERR_RANGE), wads at most 2 (MUST). */
MUST_CHECK enum err accum_div(i128 *out, const struct accum *a, unsigned wads,
    i128 divisor, enum rounding r);
/* accum_sqrt: the square root of a / 10^(18 wads); below zero is zero: what
 * rounding made of a sum that cannot be negative. */
MUST_CHECK enum err accum_sqrt(i128 *out, const struct accum *a,
    unsigned wads, enum rounding r);

#endif
