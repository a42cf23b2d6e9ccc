/* margin/venue_drift.h - Drift v2: weights by size and by deposits, prices of
 * the worse of two, and how much to close or to transfer, in that program's
 * own integers.
 *
 * Units:    weights and margin ratios 1e-4; prices, fees, size factors,
 *           multipliers and quote amounts 1e-6; base sizes 1e-9.
 * Rounding: as the program has it: every division truncates, whichever side
 *           that falls to.
 * Owns:     nothing; pure.
 * Limits:   what does not fit is ERR_RANGE; DRIFT_ALL says "everything".
 * Source:   drift-labs/protocol-v2 0ae3e3b1, math/margin.rs,
 *           math/liquidation.rs, state/spot_market.rs; margin-model 3.2.
 */
#ifndef MARGIN_VENUE_DRIFT_H
#define MARGIN_VENUE_DRIFT_H

#include "base/types.h"

#define DRIFT_WEIGHT_ONE 10000u
#define DRIFT_UNIT 1000000u
#define DRIFT_ALL U128_MAX

/* drift_liability_weight: max(w, w - w/5 + factor * sqrt(size)), in the same
 * unit as weight; factor zero: weight. */
MUST_CHECK enum err drift_liability_weight(uint32_t *out, u128 size,
    uint32_t size_factor, uint32_t weight);
/* drift_asset_weight: min(w, 1.1 / (1 + factor * sqrt(size))). */
MUST_CHECK enum err drift_asset_weight(uint32_t *out, u128 size,
    uint32_t size_factor, uint32_t weight);
/* drift_scaled_asset_weight: weight up to `start` of deposits (quote), from
 * there weight * start / deposits; start zero: never scaled. */
MUST_CHECK enum err drift_scaled_asset_weight(uint32_t *out, uint32_t weight,
    u128 deposits_value, u128 start);
/* drift_token_value: tokens of `decimals` (at most 30) at a price, floor. */
MUST_CHECK enum err drift_token_value(u128 *out, u128 tokens,
    unsigned decimals, uint64_t price);

/* What a strict valuation takes of an oracle price and its 5-minute average:
 * the lower one for assets, the higher one for liabilities. */
uint64_t drift_strict_price(uint64_t oracle, uint64_t twap, bool is_asset);
/* drift_initial_profit: profit that counts for initial margin: weight of what
 * is above zero, at most `most` (zero: no limit). */
MUST_CHECK enum err drift_initial_profit(i128 *out, i128 profit,
    uint32_t weight, u128 most);

struct drift_position {
	uint32_t margin_ratio;
	uint32_t liquidation_fee;
	uint32_t insurance_fee;
	uint64_t oracle_price;
	uint64_t quote_price;		/* of what it settles in */
};
/* drift_base_to_cover: base units (1e-9) whose close makes up the shortage;
 * DRIFT_ALL where the price is zero, or the ratio does not exceed the
 * liquidator's fee, or fees leave nothing (the program fails there). */
MUST_CHECK enum err drift_base_to_cover(u128 *out, u128 shortage,
    const struct drift_position *p);

struct drift_transfer {
	uint32_t asset_weight;
	uint32_t asset_multiplier;	/* premium, 1e6 + fee */
	uint32_t liability_weight;
	uint32_t liability_multiplier;	/* discount, 1e6 - fee */
	uint32_t liability_decimals;	/* at most 30 */
	uint32_t insurance_fee;
	uint64_t liability_price;
};
/* drift_liability_to_cover: atoms of the liability whose transfer makes up
 * the shortage, at least one; DRIFT_ALL where no transfer can. */
MUST_CHECK enum err drift_liability_to_cover(u128 *out, u128 shortage,
    const struct drift_transfer *t);

#endif
