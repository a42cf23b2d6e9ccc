/* contracts-abi/quote_internal.h - what the quote*.c files share. */
#ifndef CONTRACTS_ABI_QUOTE_INTERNAL_H
#define CONTRACTS_ABI_QUOTE_INTERNAL_H

#include "contracts-abi/abi.h"
#include "contracts-abi/quote.h"

/* quote_call_add asks `to` for `signature` with `words` that follow the
 * selector. */
void quote_call_add(struct quote_work *w, const struct addr *to,
    const char *signature, const uint8_t *words, size_t words_len);
/* quote_read_open reads the i-th answer of the round.  QUOTE_REVERTED. */
MUST_CHECK enum quote_refusal quote_read_open(struct abi_reader *r,
    const struct quote_work *w, size_t i);
/* quote_read_decimals reads the i-th answer as decimals(). */
MUST_CHECK enum quote_refusal quote_read_decimals(unsigned *out,
    const struct quote_work *w, size_t i);
/* quote_scale: v of `decimals` with 18 of them, rounded down.  QUOTE_RANGE
 * where that is zero or does not fit. */
MUST_CHECK enum quote_refusal quote_scale(u128 *out, u128 v,
    unsigned decimals);

/* quote_aggregator.c */
void quote_aggregator_ask(struct quote_work *w);
MUST_CHECK enum quote_refusal quote_aggregator_take(struct quote *out,
    struct quote_work *w);
/* quote_pool.c */
void quote_pool_ask(struct quote_work *w);
MUST_CHECK enum quote_refusal quote_pool_take(struct quote *out,
    struct quote_work *w);

#endif
