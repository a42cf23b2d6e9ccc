/* contracts-abi/quote_pool.h - the time-weighted price of a Uniswap v3 pool.  Pure.
 *
 * Source: IUniswapV3PoolState, Oracle.sol and OracleLibrary.sol (Uniswap v3).
 */
#ifndef CONTRACTS_ABI_QUOTE_POOL_H
#define CONTRACTS_ABI_QUOTE_POOL_H

#include "contracts-abi/quote_work.h"

/* Two rounds; *out is written by the second. */
void quote_pool_ask(struct quote_work *w);
MUST_CHECK enum quote_refusal quote_pool_take(struct quote *out,
    struct quote_work *w);

#endif
