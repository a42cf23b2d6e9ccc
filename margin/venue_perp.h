/* margin/venue_perp.h - how four venues margin perpetuals: by leverage tiers,
 * by skew, by the size of the position, and on the entry value.
 *
 * Units:    num18, px18, usd18, ppb as margin/linear.h has them.
 * Rounding: against the account: ratios and requirements ceil; liquidation
 *           prices as in margin/linear.h.  (The venues print doubles.)
 * Owns:     nothing; pure.
 * Limits:   VENUE_TIERS_MAX tiers; what does not fit is ERR_RANGE.
 * Source:   named at each function; margin-model 3.2, 3.3.
 */
#ifndef MARGIN_VENUE_PERP_H
#define MARGIN_VENUE_PERP_H

#include "margin/linear.h"

#define VENUE_TIERS_MAX 32u

/* From this notional on, at most this leverage. */
struct leverage_tier {
	struct usd18 from;		/* the first is zero */
	struct num18 max_leverage;	/* above zero */
};

/* venue_leverage_requirement: each slice of the notional over its tier's
 * leverage, times share (initial 1, maintenance 1/2): rate_n = share /
 * leverage_n with the deduction that keeps it continuous.  Tiers ascend
 * strictly from zero, 1 .. VENUE_TIERS_MAX of them (ERR_SYNTAX).
 * Source: Hyperliquid docs, trading/margin-tiers. */
MUST_CHECK enum err venue_leverage_requirement(struct usd18 *out,
    const struct leverage_tier *tiers, size_t count, struct usd18 notional,
    struct ppb share);

struct skew_rules {
	struct num18 skew_scale;	/* above zero, units of the underlying */
	struct num18 initial_ratio;	/* times |size| / skew_scale */
	struct num18 initial_min;	/* added to that */
	struct num18 maintenance_scalar;	/* of the initial ratio */
	struct usd18 position_min;	/* added to both requirements */
};
struct skew_margin {
	struct num18 initial_ratio, maintenance_ratio;
	struct usd18 initial, maintenance;
};
/* venue_skew_margin.  Source: Synthetix v3, PerpsMarketConfiguration.sol,
 * calculateRequiredMargins. */
MUST_CHECK enum err venue_skew_margin(struct skew_margin *out,
    const struct skew_rules *r, struct num18 size, struct px18 price);

/* Margin that grows with the position: base + increase * |size|. */
struct position_rules {
	struct num18 initial_base, maintenance_base;
	struct num18 increase;		/* a unit of the underlying */
};
/* venue_position_ratio, and the requirement |size| * price * ratio.
 * Source: Deribit, article 25944738177565 (Linear Perpetual). */
MUST_CHECK enum err venue_position_ratio(struct num18 *out,
    struct num18 base, struct num18 increase, struct num18 size);
MUST_CHECK enum err venue_position_margin(struct usd18 *initial,
    struct usd18 *maintenance, const struct position_rules *r,
    struct num18 size, struct px18 price);
/* Deribit's own: BTC 2 %, 1 %, 0.005 % a coin; ETH 2 %, 1 %, 0.0004 %; SOL
 * 4 %, 2 %, 0.0005 %.  ERR_UNKNOWN for another name (upper case). */
MUST_CHECK enum err venue_position_rules_of(struct position_rules *out,
    const char *coin);

/* Liquidation where maintenance is a share of the entry value, not of the
 * mark, so that the price has a closed form without a mark.
 * Source: Bybit help 360039261334. */
struct entry_terms {
	struct num18 size;		/* contracts, either sign */
	struct num18 multiplier;	/* inverse: USD a contract */
	struct px18 entry;
	struct ppb maintenance;		/* of the entry value */
};
/* venue_bankruptcy_inverse: the price at which the balance (coin) just pays
 * the loss and the taker fee of the close: long (1 + fee) Q / (Q/e + B),
 * short (1 - fee) Q / (Q/e - B). */
MUST_CHECK enum err venue_bankruptcy_inverse(struct linear_liquidation *out,
    const struct entry_terms *t, struct num18 balance, struct ppb taker_fee);
/* venue_cross_inverse: where the loss leaves Q/e * maintenance and the fee of
 * a close at the bankruptcy price (none exists: no fee). */
MUST_CHECK enum err venue_cross_inverse(struct linear_liquidation *out,
    const struct entry_terms *t, struct num18 balance, struct ppb taker_fee);
/* venue_isolated_inverse, venue_isolated_linear: where the loss has eaten the
 * initial margin (entry value / leverage) down to maintenance.  leverage
 * above zero (ERR_RANGE). */
MUST_CHECK enum err venue_isolated_inverse(struct linear_liquidation *out,
    const struct entry_terms *t, struct num18 leverage);
MUST_CHECK enum err venue_isolated_linear(struct linear_liquidation *out,
    const struct entry_terms *t, struct num18 leverage);

#endif
