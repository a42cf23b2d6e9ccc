/* contracts-abi/tick_price.h - what a Uniswap v3 tick is worth: 1.0001^tick.
 *
 * Pure.  Source: Uniswap v3 Core white paper 6.1; the bounds are those of
 * TickMath.sol.
 */
#ifndef CONTRACTS_ABI_TICK_PRICE_H
#define CONTRACTS_ABI_TICK_PRICE_H

#include "base/types.h"

#define TICK_MAX 887272	/* of a pool, either side of zero */

/* tick_price gives 1.0001^tick x 10^(18 + decimals0 - decimals1), rounded
 * down, exactly: token1 per token0, whole units, 18 decimals.  For token0 per
 * token1 give -tick and the decimals in the other order.  ERR_RANGE where that
 * is zero or 2^128 or more, the tick lies beyond TICK_MAX, or a token has more
 * than DECIMALS_MAX decimals. */
MUST_CHECK enum err tick_price(u128 *out, int tick, unsigned decimals0,
    unsigned decimals1);

#endif
