/* contracts-abi/quote_pyth.h - a price of Pyth.  Pure.
 *
 * Source: IPyth and PythStructs (Pyth).
 */
#ifndef CONTRACTS_ABI_QUOTE_PYTH_H
#define CONTRACTS_ABI_QUOTE_PYTH_H

#include "contracts-abi/quote_work.h"

/* A Pyth price as a contract or a stream tells it: price and conf in units of
 * 10^expo. */
struct quote_pyth {
	i128 price;		/* within int64 */
	u128 conf;		/* within uint64 */
	int32_t expo;
	uint64_t publish_s;
};
MUST_CHECK enum quote_refusal quote_from_pyth(struct quote *out,
    const struct quote_pyth *p, struct ppb confidence_max);

/* One round: getPriceUnsafe of w->source. */
void quote_pyth_ask(struct quote_work *w);
MUST_CHECK enum quote_refusal quote_pyth_take(struct quote *out,
    const struct quote_work *w);

#endif
