/* margin/liquidation_bare.h - the closed forms of a liquidation, by numbers:
 * no book, no vault.  margin/liquidation.h fills them in from a vault.
 *
 * Units:  px18, usd18, wad; token atoms with their decimals.
 * Owns:   nothing.
 * Source: margin-model 1.7, 1.8.
 */
#ifndef MARGIN_LIQUIDATION_BARE_H
#define MARGIN_LIQUIDATION_BARE_H

#include "base/fixed.h"

/* The price of one asset at which the maintenance excess (all other prices at
 * mid) is zero.  Falling side rounded up, rising side down.  An asset that is
 * both held and owed counts with its net weight.  For a vault that is below
 * zero already, `below` lies above the present price (or `above` below it).
 * Neither exists where no price above zero changes the sign, or only one
 * beyond the type. */
struct liquidation_price {
	bool has_below;
	bool has_above;
	struct px18 below;
	struct px18 above;
};

/* The maintenance excess as a line in one asset's price p:
 * rest + p * (collateral * threshold - debt * weight) / (1e9 * 10^decimals). */
struct excess_line {
	struct usd18 rest;	/* of every other leg, rounded per leg */
	u128 collateral;	/* atoms of the asset held */
	u128 debt;		/* atoms of it owed */
	unsigned decimals;	/* at most DECIMALS_MAX (MUST) */
	struct ppb threshold;	/* LT */
	struct ppb weight;	/* b */
};
/* liquidation_price_line: where it is zero.  ERR_RANGE where the products do
 * not fit. */
MUST_CHECK enum err liquidation_price_line(struct liquidation_price *out,
    const struct excess_line *line);

/* One debt and one collateral of a vault, at mid. */
struct liquidation_pair {
	struct usd18 debt;		/* D_j */
	struct usd18 collateral;	/* V_c */
	struct ppb debt_weight;		/* b_j */
	struct ppb threshold;		/* LT_c */
	struct ppb bonus;		/* of the collateral, beta */
	struct ppb close_factor;	/* of the debt; at most one */
	struct usd18 dust;		/* the least debt that may stay */
};

/* What a vault's legs come to: W = sum V * LT and sum D * b. */
struct liquidation_sums {
	struct usd18 weighted_collateral;
	struct usd18 weighted_debt;
};

/* liquidation_repay_to_target is the bare x = ceil((H * sum D*b - W) / (H * b_j
 * - (1 + beta) * LT_c)), capped by nothing: zero at the target already, the
 * largest of the type where it is larger still; *heals is false and nothing
 * else written where the divisor is not above zero.  ERR_RANGE. */
MUST_CHECK enum err liquidation_repay_to_target(struct usd18 *out,
    bool *heals, const struct liquidation_pair *p,
    const struct liquidation_sums *s, struct wad target);

struct liquidation_amount {
	struct usd18 repay;	/* ceil */
	struct usd18 seize;	/* repay * (1 + bonus), floor, clamped */
	bool full_close;	/* all of D_j is asked for, because seizing
				 * cannot heal or the rest would be dust */
};
/* liquidation_amount_of: x, capped by closeFactor * D_j (by D_j where HF * b_j
 * <= (1 + beta) * LT_c) and by V_c / (1 + beta); a remnant below dust takes
 * all, and yields to V_c / (1 + beta).  Zeros at the target already.  No
 * amount is negative (MUST).  ERR_RANGE. */
MUST_CHECK enum err liquidation_amount_of(struct liquidation_amount *out,
    const struct liquidation_pair *p, const struct liquidation_sums *s,
    struct wad target);

/* liquidation_payable is V / (1 + bonus): the debt that V can pay. */
MUST_CHECK enum err liquidation_payable(struct usd18 *out,
    struct usd18 value, struct ppb bonus, enum rounding r);

#endif
