/* margin/linear.h - perpetuals and futures, linear and inverse: profit,
 * notional, tiers, liquidation prices, how much to close.
 *
 * A linear contract is `multiplier` units of the underlying and settles in
 * USD; an inverse one is `multiplier` USD and settles in the underlying.
 *
 * Units:    prices px18; size and multiplier num18 (margin/instrument.h); USD
 *           usd18; amounts of the underlying ("coin") num18; shares ppb.
 * Rounding: against the account, once: profits floor, notionals, requirements
 *           and amounts to close ceil; a liquidation price on the falling side
 *           ceil, on the rising side floor.
 * Owns:     nothing; pure.
 * Limits:   products of size, multiplier and price pass through 256 bits; what
 *           does not fit there or in its type is ERR_RANGE.  Sizes may have
 *           either sign unless said otherwise; multipliers are above zero
 *           (ERR_RANGE).
 * Source:   margin-model 1.3, 1.5, 1.7, 1.8.
 */
#ifndef MARGIN_LINEAR_H
#define MARGIN_LINEAR_H

#include "margin/instrument.h"

/* linear_profit: size * multiplier * (price - entry), floor. */
MUST_CHECK enum err linear_profit(struct usd18 *out, struct num18 size,
    struct num18 multiplier, struct px18 price, struct px18 entry);
/* linear_profit_inverse: floor(size * multiplier * (price - entry) / (entry *
 * price)), in coin.  A price or an entry of zero is ERR_RANGE. */
MUST_CHECK enum err linear_profit_inverse(struct num18 *coin,
    struct num18 size, struct num18 multiplier, struct px18 price,
    struct px18 entry);
/* linear_profit_inverse_usd: the same in USD where the index is at the price:
 * floor(size * multiplier * (price - entry) / entry), a line in the price. */
MUST_CHECK enum err linear_profit_inverse_usd(struct usd18 *out,
    struct num18 size, struct num18 multiplier, struct px18 price,
    struct px18 entry);
/* linear_coin_value: coin at the index price, floor. */
MUST_CHECK enum err linear_coin_value(struct usd18 *out, struct num18 coin,
    struct px18 index);

/* linear_notional: |size| * multiplier * mark, ceil.
 * linear_notional_inverse: |size| * multiplier / mark coins at the index
 * price, ceil; a mark of zero is ERR_RANGE. */
MUST_CHECK enum err linear_notional(struct usd18 *out, struct num18 size,
    struct num18 multiplier, struct px18 mark);
MUST_CHECK enum err linear_notional_inverse(struct usd18 *out,
    struct num18 size, struct num18 multiplier, struct px18 mark,
    struct px18 index);

/* linear_worse_size: of the position with all bids filled and the position
 * with all asks filled the larger one by magnitude; of two alike the one with
 * the bids.  bids and asks are at least zero (ERR_RANGE). */
MUST_CHECK enum err linear_worse_size(struct num18 *out, struct num18 size,
    struct num18 bids, struct num18 asks);

/* linear_window_forward: the price that settles a contract `left` before its
 * expiry, where the average over the last `window` counts and `fixed` is that
 * of the part that is over: (fixed * (window - left) + price * left) /
 * window.  Outside the window (left >= window, or no window) it is price.
 * left and window in one unit. */
MUST_CHECK enum err linear_window_forward(struct px18 *out, struct px18 fixed,
    struct px18 price, uint64_t left, uint64_t window, enum rounding r);

/* ---- requirements ------------------------------------------------------- */

/* linear_tier_requirement: the notional through the tiers, ceil once.  Each
 * tier's rate holds for the slice of the notional between the tier before and
 * its own up_to, which is the same as rate * notional less the deduction that
 * makes the schedule continuous: ded_n = ded_(n-1) + from_n * (rate_n -
 * rate_(n-1)).  What lies above the last tier takes its rate.  Tiers ascend
 * strictly, count at least 1 (MUST); a negative notional is ERR_RANGE. */
MUST_CHECK enum err linear_tier_requirement(struct usd18 *out,
    const struct margin_tier *tiers, size_t count, struct usd18 notional,
    bool initial);

/* What raises an initial requirement above the tiers. */
struct linear_rules {
	struct num18 size_factor;	/* imf: per square root of a USD of
					 * notional */
	struct ppb base_share;		/* of the first tier's rate, below it */
	struct usd18 open_interest_lower;	/* up to here no scaling */
	struct usd18 open_interest_upper;	/* from here the whole notional;
						 * zero: no scaling */
};
/* size factor 0, base share 0.8, no open interest scaling. */
void linear_rules_default(struct linear_rules *r);

/* linear_initial_requirement: the largest of
 * - the tiers' initial requirement,
 * - notional / leverage (leverage zero: the user has set none),
 * - notional * (base + (1 - base) * (open interest - lower) / (upper -
 *   lower)), base being the first tier's initial rate, held to [base, 1],
 * - notional * (base_share * base + size_factor * sqrt(notional)),
 * each ceil.  A negative notional, leverage or open interest is ERR_RANGE. */
MUST_CHECK enum err linear_initial_requirement(struct usd18 *out,
    const struct linear_rules *rules, const struct margin_tier *tiers,
    size_t count, struct usd18 notional, struct num18 leverage,
    struct usd18 open_interest);

/* ---- liquidation -------------------------------------------------------- */

/* The price at which the excess is zero.  A long position has one on the
 * falling side (`is_above` false), a short one on the rising side. */
struct linear_liquidation {
	bool exists;		/* some price above zero changes the sign */
	bool is_above;
	struct px18 price;	/* zero where none exists */
};
/* linear_liquidation_price: rest is the equity without this position's profit
 * less the requirement of everything else; m the share of the notional that
 * the position itself must have (maintenance, or fees for a bankruptcy price;
 * 0 gives the price at which the position's own equity is gone).
 * Long (q*e - A) / (q*(1-m)), short (A + q*e) / (q*(1+m)).  None for a long
 * position with m of one or more.  A size of zero is ERR_UNKNOWN. */
MUST_CHECK enum err linear_liquidation_price(struct linear_liquidation *out,
    struct usd18 rest, struct num18 size, struct num18 multiplier,
    struct px18 entry, struct ppb m);
/* linear_liquidation_price_inverse: the same with rest in coin.  Long
 * Q(1+m) / (B + Q/e), short Q(1-m) / (Q/e - B); none where the divisor is not
 * above zero: a long position that is under water at every price, a short one
 * that no price can hurt. */
MUST_CHECK enum err linear_liquidation_price_inverse(
    struct linear_liquidation *out, struct num18 rest, struct num18 size,
    struct num18 multiplier, struct px18 entry, struct ppb m);

/* linear_reduction: the contracts to close, shortage / (price * (m -
 * liquidator fee - insurance fee)), ceil, never more than |size|; all of them
 * where m does not exceed the fees or the price is zero.  A shortage of zero
 * or less closes none. */
MUST_CHECK enum err linear_reduction(struct num18 *out, struct usd18 shortage,
    struct num18 size, struct num18 multiplier, struct px18 price,
    struct ppb m, struct ppb liquidator_fee, struct ppb insurance_fee);

#endif
