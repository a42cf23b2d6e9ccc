/* margin/ewma.h - exponentially weighted variance and covariance as integer
 * state, so that it can be journaled and replayed.
 *
 * Units:  returns are num18; variances are per period with 36 decimals, so
 *         that the square of a return needs no rounding.
 * Rounds: each step once, to nearest (half up); volatility floors.
 * Owns:   nothing.  Limits: |r| at most EWMA_RETURN_MAX (ERR_RANGE); states
 *         are untouched unless the answer is ERR_OK.
 * Source: margin-model 1.5; RiskMetrics Technical Document, 1996, chapter 5.
 */
#ifndef MARGIN_EWMA_H
#define MARGIN_EWMA_H

#include "base/fixed.h"
#include "base/types.h"

#define EWMA_RETURN_MAX INT64_MAX	/* raw: 9.22 */

struct ewma {
	bool is_seeded;
	u128 variance36;
};
/* ewma_seed: the mean square of n returns, floor; n above zero (MUST). */
MUST_CHECK enum err ewma_seed(struct ewma *e, const struct num18 *returns,
    size_t n);
/* ewma_step: sigma^2 = lambda sigma^2 + (1 - lambda) r^2; a state without a
 * seed takes r^2 itself.  lambda within 0..1 (ERR_RANGE). */
MUST_CHECK enum err ewma_step(struct ewma *e, struct num18 r,
    struct num18 lambda);
/* ewma_floor: the variance is at least that of a volatility (0 at least, else
 * ERR_RANGE). */
MUST_CHECK enum err ewma_floor(struct ewma *e, struct num18 volatility);
/* ewma_volatility: of one period. */
struct num18 ewma_volatility(const struct ewma *e);

struct ewma_pair {
	bool is_seeded;
	i128 covariance36;
};
/* ewma_pair_step: the same with the product of two returns. */
MUST_CHECK enum err ewma_pair_step(struct ewma_pair *p, struct num18 a,
    struct num18 b, struct num18 lambda);

/* A covariance beside variances that also step without each other, where one of
 * the two has no return.  Where both have one, its variances step and then it
 * does; where one has, that variance steps and the covariance follows it: the
 * correlation is what it was when both were last seen together.  So
 * |covariance| never exceeds sigma_a sigma_b by more than rounding.
 *
 * ewma_pair_begin: the first two returns that were seen together; a and b: the
 * variances with them in it.  All of sigma_a sigma_b, with the product's sign:
 * the product itself where they are its variances' first too. */
void ewma_pair_begin(struct ewma_pair *p, struct num18 return_a,
    struct num18 return_b, const struct ewma *a, const struct ewma *b);
/* ewma_pair_follow: one variance went from `before` to `after`; floor of the
 * magnitude.  A pair that has not begun stays so. */
void ewma_pair_follow(struct ewma_pair *p, const struct ewma *before,
    const struct ewma *after);
/* ewma_correlation: covariance / (sigma_a sigma_b), floor of its magnitude, at
 * most one; zero where a variance is. */
struct num18 ewma_correlation(const struct ewma_pair *p, const struct ewma *a,
    const struct ewma *b);

#endif
