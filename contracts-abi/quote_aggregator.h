/* contracts-abi/quote_aggregator.h - the price of a Chainlink feed.  Pure.
 *
 * Source: AggregatorV3Interface, and aggregator(), minAnswer() and maxAnswer() of the
 *         proxy and what stands behind it (Chainlink).
 */
#ifndef CONTRACTS_ABI_QUOTE_AGGREGATOR_H
#define CONTRACTS_ABI_QUOTE_AGGREGATOR_H

#include "contracts-abi/quote_work.h"

/* Two rounds; *out is written by the second. */
void quote_aggregator_ask(struct quote_work *w);
MUST_CHECK enum quote_refusal quote_aggregator_take(struct quote *out,
    struct quote_work *w);

#endif
