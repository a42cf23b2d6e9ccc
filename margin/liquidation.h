/* margin/liquidation.h - at which price, and how much.
 *
 * Units:  px18, usd18, wad; all at mid.  Owns nothing, allocates nothing.
 * Source: margin-model 1.7 and 1.8, DESIGN section 5 rule 9.
 */
#ifndef MARGIN_LIQUIDATION_H
#define MARGIN_LIQUIDATION_H

#include "margin/liquidation_bare.h"
#include "margin/ratio.h"

/* liquidation_price_of: the price of one asset, all others at mid.
 * ERR_UNKNOWN where v has no leg (of an amount) in that asset, ERR_STALE where
 * the price of any leg is refused, ERR_RANGE. */
MUST_CHECK enum err liquidation_price_of(struct liquidation_price *out,
    const struct book *b, const struct vault *v, const struct market *m,
    uint8_t asset);

#define LIQUIDATION_TARGET_HEALTH_RAW 1050000000000000000u	/* 1.05 */

struct liquidation_size {
	uint8_t debt_asset;
	uint8_t collateral_asset;
	struct usd18 repay;	/* ceil */
	struct usd18 seize;	/* repay * (1 + bonus), floor, clamped */
	struct usd18 bad_debt;	/* of the vault: sum D less sum of
				 * floor(V / (1 + bonus)), at least zero */
	struct wad health_after;	/* floor */
	bool full_close;	/* all of D_j is asked for, because seizing
				 * cannot heal or the rest would be dust */
};
/* liquidation_size_of sizes the repayment of debt_asset against
 * collateral_asset at mid: x = ceil((H*sum(D*b) - W) / (H*b_j -
 * (1+bonus)*LT_c)), capped by closeFactor * D_j (1 where HF * b_j <= (1 +
 * bonus) * LT_c) and by V_c / (1 + bonus); a remnant below dust takes all, and
 * yields to V_c / (1 + bonus).  A vault at the target already: repay and seize
 * are zero.  ERR_UNKNOWN where v lacks one of the two legs, ERR_STALE,
 * ERR_RANGE. */
MUST_CHECK enum err liquidation_size_of(struct liquidation_size *out,
    const struct book *b, const struct vault *v, const struct market *m,
    uint8_t debt_asset, uint8_t collateral_asset, struct wad target_health);

#endif
