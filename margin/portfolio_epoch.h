/* margin/portfolio_epoch.h - what has to stand still, or nearly, while the
 * bounds of margin/portfolio_bound.h hold: one epoch a base factor.
 *
 * A bound speaks of a market in which each price on a factor went with the
 * factor's reference price but for `basis`, each volatility moved by at most
 * `vol`, no half-band is wider than `band`, and nothing else changed.  An epoch
 * notes what it began with:
 *	plain	of each asset its price over the reference, times the accrual
 *		of its debts as well; of each mark the same; half-bands; what
 *		is refused, missing or has slow companions; on which side of
 *		the rules' thresholds each confidence lies; open interest,
 *		where the rules ask for it
 *	dated	what only contracts that expire need: of each forward its
 *		price over the reference; each option's volatility; what is
 *		fixed; rates; the clock
 * and is over when one of them has left its slack.  A vault anchored at any
 * time of an epoch has the whole room until the epoch is over:
 *
 *	basis	Every ratio stays within h = basis / 3 of the epoch's, so it
 *		is within d = 2 h / (1 - h) of an anchor's.  At the end of its
 *		band a price is off by another s, by which its own low (high)
 *		over mid differs from the reference's, s at most 3/4 of S.  Of
 *		a reference within a quarter of the anchor's the price then is
 *		off by at most
 *			5/4 ((1 + s) (1 + d) - 1) <= 5/4 d + 5/4 s (1 + d)
 *			    <= 0.85 basis + 0.97 S
 *		for basis up to 1/20; what is left is far above the roundings,
 *		1e-9 of a ratio.  The room is basis + S.  What lies between
 *		two forwards is their geometric mean, so within h as they are.
 *	vol	Each stays within half of vol of the epoch's.  They are those
 *		of the options of the book themselves, so that no slice's
 *		parameters need bounds.
 *	band	A limit for each price, what it had when that was set + band;
 *		it falls where the band has become narrow, which takes nothing
 *		from older anchors.  S is kept the same way, from the s of the
 *		tokens that the vault has: all else goes to the end of the
 *		reference's band.
 *	others	Equal, or on the same side of the same thresholds.
 *
 * So a plain epoch may be over for all vaults of a factor, a dated one only
 * for those that hold what expires.  Every change of as_of_ms ends every dated
 * epoch: who lets the clock stand within a step (margin/scenario_live.h) gives
 * markets of the step's time.
 *
 * Units:  num18, parts of one; ratios with 18 decimals.
 * Owns:   nothing: the caller places the arena.
 * Limits: a factor is not fit for bounds while its reference or a price on it
 *         that is not refused is zero, out of order, has a half-band above
 *         1/4, or is below 1e-9 or above 1e18 times the reference.
 */
#ifndef MARGIN_PORTFOLIO_EPOCH_H
#define MARGIN_PORTFOLIO_EPOCH_H

#include "margin/portfolio_bound.h"

/* How much may happen in one epoch: each part is taken from every radius. */
struct portfolio_slack {
	struct num18 band;	/* a half-band may widen by, over mid; at most
				 * 1/4 */
	struct num18 basis;	/* 1e-5 to 1/20 */
	struct num18 vol;	/* at most PORTFOLIO_BOUND_VOL_MAX_RAW */
};
/* 0.25 % of band, 0.2 % of basis, 2 points of volatility. */
struct portfolio_slack portfolio_slack_default(void);

struct portfolio_epoch_limits {
	uint32_t factors;	/* at most BOOK_FACTORS_MAX */
	uint32_t assets, instruments;	/* at most the book's largest */
};

struct epoch_asset;
struct epoch_instrument;
struct epoch_factor;

struct portfolio_epoch {
	struct portfolio_epoch_limits limits;
	struct portfolio_slack slack;
	struct epoch_asset *asset;
	struct epoch_instrument *instrument;
	struct epoch_factor *factor;
	bool has_market;
	uint64_t as_of_ms;
	uint32_t rate_count;
	struct market_rate rate[MARKET_EXPIRIES_MAX];
	/* Of the last move, a bit a factor: something of it changed at all; an
	 * epoch of it is over. */
	uint64_t moved, plain, dated;
};

size_t portfolio_epoch_bytes(const struct portfolio_epoch_limits *l);
/* portfolio_epoch_init: over a zeroed arena of that size, aligned to 64.  The
 * slack is within its limits (MUST). */
void portfolio_epoch_init(struct portfolio_epoch *e, void *arena,
    const struct portfolio_epoch_limits *l,
    const struct portfolio_slack *slack);
/* portfolio_epoch_restart: the next move ends every epoch. */
void portfolio_epoch_restart(struct portfolio_epoch *e);

/* portfolio_epoch_move compares s with what was noted; epochs that are over
 * begin anew from s.  One pass over the book's assets and instruments; what
 * did not change is only looked at. */
void portfolio_epoch_move(struct portfolio_epoch *e,
    const struct snapshot *s);
/* portfolio_epoch_reference: a factor's mid at the last move; false where it
 * has none, or it is refused or zero. */
bool portfolio_epoch_reference(struct px18 *out,
    const struct portfolio_epoch *e, uint8_t factor);
/* portfolio_epoch_room: what a vault on these factors, which are all of its
 * own, has to pay for.  False where a factor is not fit for bounds; is_dated
 * asks for its dated prices as well. */
bool portfolio_epoch_room(struct portfolio_room *out,
    const struct portfolio_epoch *e, const struct vault *v, uint64_t factors,
    bool is_dated);

#endif
