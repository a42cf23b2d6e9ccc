/* margin/linalg.h - small symmetric matrices in 18 decimals: L D L', its use
 * for correlated draws and for solving, quadratic forms.
 *
 * A matrix is n rows of n numbers, one after the other.  Sums are exact and
 * rounded once (margin/accum.h): to nearest where no side is named.
 *
 * Owns:   nothing: the caller places the arrays.  Outputs do not overlap
 *         inputs.
 * Limits: n at most LINALG_N_MAX (ERR_LIMIT); numbers that do not fit are
 *         ERR_RANGE.  On failure an output vector or matrix may hold part of
 *         the work, single numbers are untouched.
 * Source: Golub and Van Loan, Matrix Computations, 4.1 (L D L') and 4.2
 *         (semidefinite).
 */
#ifndef MARGIN_LINALG_H
#define MARGIN_LINALG_H

#include "base/fixed.h"
#include "base/types.h"

#define LINALG_N_MAX 64u
/* 1e-12, for correlations and the like, entries about one: what the 18th
 * decimal of the entries makes of a pivot that should be zero, after a pivot
 * of 1e-6 before it. */
#define LINALG_PIVOT_MIN_DEFAULT num18_from_raw(1000000)

/* linalg_shrink: (1 - weight) a + weight I; weight within [0, 1]
 * (ERR_RANGE). */
MUST_CHECK enum err linalg_shrink(struct num18 *out, const struct num18 *a,
    size_t n, struct num18 weight);

/* linalg_ldl: a = L D L' of a positive semidefinite matrix, L unit lower.  l
 * gets the whole n x n (zeros above the diagonal), d the n pivots.  Only a's
 * lower half is read.  A pivot of at most pivot_min (and not below its
 * negative) counts as zero with what lies below it; |l d l' - a| is then at
 * most 2e-18 for each entry of a regular column, sqrt(pivot_min a_ii) in the
 * column of a zero pivot.
 * ERR_RANGE: not positive semidefinite beyond that. */
MUST_CHECK enum err linalg_ldl(struct num18 *l, struct num18 *d,
    const struct num18 *a, size_t n, struct num18 pivot_min);
/* linalg_ldl_root: C = L sqrt(D), so that C C' = a: draws with a's
 * correlation are C z. */
MUST_CHECK enum err linalg_ldl_root(struct num18 *c, const struct num18 *l,
    const struct num18 *d, size_t n);
/* linalg_ldl_solve: x with L D L' x = b.  ERR_RANGE where a pivot is zero. */
MUST_CHECK enum err linalg_ldl_solve(struct num18 *x, const struct num18 *l,
    const struct num18 *d, const struct num18 *b, size_t n);

/* linalg_apply: out = a v; linalg_apply_lower reads a's lower half only. */
MUST_CHECK enum err linalg_apply(struct num18 *out, const struct num18 *a,
    const struct num18 *v, size_t n);
MUST_CHECK enum err linalg_apply_lower(struct num18 *out,
    const struct num18 *a, const struct num18 *v, size_t n);
/* linalg_quadratic: v' a v, one rounding.  linalg_norm: its square root (zero
 * where it is negative), one rounding of the form below the root. */
MUST_CHECK enum err linalg_quadratic(struct num18 *out, const struct num18 *a,
    const struct num18 *v, size_t n, enum rounding r);
MUST_CHECK enum err linalg_norm(struct num18 *out, const struct num18 *a,
    const struct num18 *v, size_t n, enum rounding r);

#endif
