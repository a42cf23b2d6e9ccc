/* contracts-abi/quote_rate.h - what wrapped and staked tokens are redeemed for.  Pure.
 *
 * Source: ERC-4626; WstETH.sol (Lido), RocketTokenRETH.sol (Rocket Pool),
 *         StakedTokenV1.sol (Coinbase).
 */
#ifndef CONTRACTS_ABI_QUOTE_RATE_H
#define CONTRACTS_ABI_QUOTE_RATE_H

#include "contracts-abi/quote_work.h"

/* Two rounds for QUOTE_ERC4626, one for the others; *out is written by the
 * last. */
void quote_rate_ask(struct quote_work *w);
MUST_CHECK enum quote_refusal quote_rate_take(struct quote *out,
    struct quote_work *w);

#endif
