/* margin/close_compound.h - Compound v3: absorb, and the price at which the
 * protocol sells what it absorbed.
 *
 * Units:  atoms; prices 8 decimals; factors 18 decimals.
 * Rounds: every step toward zero, as the contract does: for the debt that is
 *         down.
 * Source: comet Comet.sol (absorbInternal, quoteCollateral).
 */
#ifndef MARGIN_CLOSE_COMPOUND_H
#define MARGIN_CLOSE_COMPOUND_H

#include "margin/evm.h"

struct compound_asset {
	struct u256 balance, price, unit;	/* unit: 10^decimals */
	struct u256 liquidation_factor;		/* 18 decimals, at most one */
};

struct compound_absorption {
	struct u256 credit;	/* base atoms that the collateral is worth to
				 * the account */
	struct u256 debt;	/* owed before */
	struct u256 balance;	/* of base left to the account */
	struct u256 paid_by_reserves;	/* what the credit falls short by */
};

/* compound_absorb takes all collateral against a debt of base atoms.  Asset
 * order is free.  ERR_RANGE, also for a price of base of zero. */
MUST_CHECK enum err compound_absorb(struct compound_absorption *out,
    struct u256 debt, struct u256 base_price, struct u256 base_unit,
    const struct compound_asset *assets, size_t count);

/* compound_ask_price: price * (1 - store_front * (1 - liquidation_factor)).
 * ERR_RANGE for a factor above one. */
MUST_CHECK enum err compound_ask_price(struct u256 *out, struct u256 price,
    struct u256 store_front_factor, struct u256 liquidation_factor);
/* compound_quote: collateral atoms that base_amount buys at an ask price. */
MUST_CHECK enum err compound_quote(struct u256 *out, struct u256 base_amount,
    struct u256 base_price, struct u256 base_unit, struct u256 ask_price,
    struct u256 unit);

#endif
