/* margin/venue_option.h - two venues' ways to margin what has a strike or an
 * expiry without a model: naked options by a table of upper bounds, futures by
 * a ladder of spot shocks.
 *
 * Units:    num18, px18, usd18, ppb.
 * Rounding: requirements ceil, profits floor.
 * Owns:     nothing; pure.
 * Source:   named at each function; margin-model 3.2.
 */
#ifndef MARGIN_VENUE_OPTION_H
#define MARGIN_VENUE_OPTION_H

#include "base/fixed.h"
#include "base/types.h"

/* A short option without a long one. */
struct naked_terms {
	bool is_put;
	struct num18 amount;	/* at least zero */
	struct px18 strike, spot;
	struct num18 spot_shock;	/* s: 0.75 */
	struct num18 upper_bound;	/* A: of the bucket of its time to
					 * expiry, a share of strike or coin */
};
/* venue_naked_put: (A * min(K, s S) + max(K - s S, 0)) * amount, in USD.
 * venue_naked_call: (A * min(1, s K / S) + max(1 - s K / S, 0)) * amount, in
 * coin; a spot of zero is ERR_RANGE.  is_put must fit (ERR_UNIT).
 * Source: opynfinance/GammaProtocol 841f81d9, MarginCalculator. */
MUST_CHECK enum err venue_naked_put(struct usd18 *out,
    const struct naked_terms *t);
MUST_CHECK enum err venue_naked_call(struct num18 *coin,
    const struct naked_terms *t);

/* What share of the strike a naked option needs at least: the first row whose
 * time is not below the time to expiry.  Rows ascend; an option that lives
 * longer than the last is ERR_UNKNOWN. */
struct naked_bucket {
	uint64_t time_s;
	struct num18 upper_bound;
};
MUST_CHECK enum err venue_naked_bucket(struct num18 *out,
    const struct naked_bucket *rows, size_t count, uint64_t time_s);

/* venue_forward_of_rate: index * exp(rate * tau), tau in years, floor. */
MUST_CHECK enum err venue_forward_of_rate(struct px18 *out, struct px18 index,
    struct num18 rate, struct num18 tau);
/* venue_ladder_profits: profits[i] = floor(quantity * forward * shocks[i]);
 * *worst is the least of them, at most zero; profits are to be read only
 * after ERR_OK.
 * venue_ladder_contingency: ceil(|quantity| * index * factor).
 * Source: Dederi wiki, RiskControlRules/portfolio_margin. */
MUST_CHECK enum err venue_ladder_profits(struct usd18 *profits,
    struct usd18 *worst, const struct num18 *shocks, size_t count,
    struct num18 quantity, struct px18 forward);
MUST_CHECK enum err venue_ladder_contingency(struct usd18 *out,
    struct num18 quantity, struct px18 index, struct ppb factor);

#endif
