/* margin/optimise_topup.h - the cheapest way to meet a call.
 *
 * Least sum of cost * x with the sum of (1 - h(x)) x at least the shortfall
 * and x at most what is available.  h rises in steps (segments), so this is a
 * fractional knapsack: segments by cost / (1 - h), ties by asset id.
 *
 * Units:  usd18 of market value, ppb.
 * Rounds: what a segment counts floor, the last amount ceil.
 * Owns:   nothing.
 * Limits: TOPUP_SOURCES_MAX sources of TOPUP_SEGMENTS_MAX segments.
 * Source: margin-model 1.10; Dantzig, "Discrete-variable extremum problems",
 *         1957.
 */
#ifndef MARGIN_OPTIMISE_TOPUP_H
#define MARGIN_OPTIMISE_TOPUP_H

#include "margin/collateral.h"

#define TOPUP_SOURCES_MAX BOOK_ASSETS_MAX
#define TOPUP_SEGMENTS_MAX 16u

struct topup_segment {
	struct usd18 size;	/* of this segment, above zero */
	struct ppb haircut;	/* not below the segment before */
};

struct topup_source {
	struct b32 asset;	/* id; breaks ties */
	struct ppb cost;	/* of a USD used, whatever the caller minds */
	size_t count;
	struct topup_segment segment[TOPUP_SEGMENTS_MAX];
};

struct topup_plan {
	struct usd18 cost;	/* sum of cost * x, ceil per source */
	struct usd18 counted;	/* sum of (1 - h) x, floor per segment */
	struct usd18 use[TOPUP_SOURCES_MAX];	/* x, by source */
};

/* topup_plan_of: ERR_REFUSED where all sources together do not count the
 * shortfall; ERR_RANGE for a segment of no size, a falling haircut or a sum
 * beyond the type; ERR_LIMIT for too many.  A shortfall of zero or less needs
 * nothing. */
MUST_CHECK enum err topup_plan_of(struct topup_plan *out,
    const struct topup_source *sources, size_t count, struct usd18 shortfall);

/* topup_segments cuts `available` USD of an asset, of which the account has
 * `held` already, into n equal segments (the last takes the rest) with the
 * marginal haircuts of its curve, ceil, never falling.  n from 1 to
 * TOPUP_SEGMENTS_MAX (MUST); ERR_RANGE for negative values. */
MUST_CHECK enum err topup_segments(struct topup_source *out,
    const struct collateral_curve *curve, struct usd18 held,
    struct usd18 available, size_t n);

#endif
