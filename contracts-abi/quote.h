/* contracts-abi/quote.h - one price or rate of a contract: what is asked, in
 * which rounds, and what the answers say.
 *
 * Pure.  A quote is read at one block: quote_begin, then quote_ask and
 * quote_take in turn until quote_ask leaves no call (at most QUOTE_ROUNDS_MAX
 * times).  Decimals are asked for with every quote, so that a contract that
 * changes them changes the value in the same step.
 *
 * Units:  values have 18 decimals, quote units per whole base unit, rounded
 *         down; times are Unix milliseconds.
 * Owns:   nothing.  Limits: QUOTE_CALLS_MAX calls a round.
 * Source: AggregatorV3Interface, and aggregator(), minAnswer() and maxAnswer()
 *         of the proxy and what stands behind it (Chainlink); IPyth and PythStructs (Pyth);
 *         IUniswapV3PoolState, Oracle.sol and OracleLibrary.sol (Uniswap v3);
 *         ERC-4626; WstETH.sol (Lido), RocketTokenRETH.sol (Rocket Pool),
 *         StakedTokenV1.sol (Coinbase).
 */
#ifndef CONTRACTS_ABI_QUOTE_H
#define CONTRACTS_ABI_QUOTE_H

#include "contracts-abi/quote_pyth.h"
#include "contracts-abi/quote_work.h"

/* quote_begin starts a quote of `source`, which is kept by reference and has
 * a contract (MUST). */
void quote_begin(struct quote_work *w, const struct quote_source *source,
    uint64_t block_s);
/* quote_ask fills w->call for the next round; w->call_count is 0 where the
 * quote is complete. */
void quote_ask(struct quote_work *w);
/* quote_take reads the round's answers.  *out is written by the last round, on
 * QUOTE_OK only; any refusal ends the quote. */
MUST_CHECK enum quote_refusal quote_take(struct quote *out,
    struct quote_work *w);

#endif
