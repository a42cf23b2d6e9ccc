/* chain/quotes.h - many prices and rates of contracts, read at one block.
 *
 * All that is asked goes in few requests, each pinned to the block's hash: a
 * quote and its time are of one state, however the chain moves meanwhile.
 *
 * Owns:   room for `count` quotes at work.  Does not log.
 * Limits: QUOTES_MAX quotes; QUOTE_ROUNDS_MAX rounds of requests.
 */
#ifndef CHAIN_QUOTES_H
#define CHAIN_QUOTES_H

#include "chain/rpc.h"
#include "contracts-abi/quote.h"

#define QUOTES_MAX 512u

struct quotes_item {
	const struct quote_source *source;	/* the caller's; has a contract */
	/* What came of it: */
	bool is_missing;	/* the node could not say: nothing is known */
	enum quote_refusal refusal;	/* the contract's word, else */
	struct quote quote;		/* on QUOTE_OK */
};

struct quotes;
/* ERR_LIMIT above QUOTES_MAX, or without memory. */
MUST_CHECK enum err quotes_create(struct quotes **out, size_t count);
void quotes_destroy(struct quotes *q);	/* accepts NULL */

/* quotes_read fills items[]; count is at most quotes_create's.  ERR_IO or
 * ERR_CHAIN (rpc_error) where nothing of them could be read: items are then as
 * they were. */
MUST_CHECK enum err quotes_read(struct quotes *q, struct rpc *r,
    struct quotes_item *items, size_t count, const struct b32 *block,
    uint64_t block_s);

#endif
