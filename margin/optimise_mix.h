/* margin/optimise_mix.h - the collateral of least variance for a requirement,
 * from a market's returns and a book's haircuts.
 *
 * The covariance of two factors is the exponentially weighted mean of the
 * products of their returns (margin/ewma.h), of one period of the market's
 * returns, with a zero mean.  Assets on one factor move together; one whose
 * factor has no returns does not move.
 *
 * Units:  USD at mid; haircuts and covariances 18 decimals.
 * Rounds: amounts up (margin/markowitz.h); covariances to nearest.
 * Owns:   nothing.
 * Limits: MARKOWITZ_ASSETS_MAX assets.
 * Source: margin-model 1.5 (lambda), 1.10; margin/markowitz.h.
 */
#ifndef MARGIN_OPTIMISE_MIX_H
#define MARGIN_OPTIMISE_MIX_H

#include "margin/evaluate.h"
#include "margin/markowitz.h"

enum mix_scope {
	MIX_SHORTFALL,	/* what the initial margin lacks */
	MIX_WHOLE,	/* all that is asked: initial margin and weighted debt,
			 * as if nothing were there yet */
};

/* mix_requirement: of a vault's figures, at least zero. */
MUST_CHECK enum err mix_requirement(struct usd18 *out,
    const struct margin_result *r, enum mix_scope scope);

struct mix_choice {
	size_t count;
	uint8_t asset[MARKOWITZ_ASSETS_MAX];		/* slots, ascending */
	struct usd18 available[MARKOWITZ_ASSETS_MAX];	/* at most this */
};
/* mix_choose: assets with a price and an ltv above zero in the vault's mode,
 * those that it holds first, then by slot, as many as fit; available: the
 * asset's cap, else what would meet the requirement alone. */
MUST_CHECK enum err mix_choose(struct mix_choice *out,
    const struct snapshot *s, uint32_t slot, struct usd18 requirement);

/* mix_covariance: count rows of count numbers.  ERR_RANGE for a lambda
 * outside of 0..1 or a return that margin/ewma.h does not take. */
MUST_CHECK enum err mix_covariance(struct num18 *out, const struct book *b,
    const struct market *m, const uint8_t *assets, size_t count,
    struct num18 lambda);

struct mix_report {
	struct usd18 requirement, counted;
	struct usd18 amount[MARKOWITZ_ASSETS_MAX];	/* as chosen */
	struct usd18 deviation;	/* of the mix, one standard deviation of one
				 * period, up; its square is the variance */
	bool has_before;	/* the vault holds something that counts */
	struct usd18 deviation_before;	/* of what it holds now, in its
				 * proportions, as much of it as counts for
				 * the requirement */
};
/* mix_of: ERR_MISSING where the market has returns of none of the assets,
 * ERR_STATE where all that is available does not meet the requirement,
 * ERR_RANGE, markowitz_mix_of's errors. */
MUST_CHECK enum err mix_of(struct mix_report *out, const struct snapshot *s,
    uint32_t slot, const struct mix_choice *choice,
    struct usd18 requirement);

#endif
