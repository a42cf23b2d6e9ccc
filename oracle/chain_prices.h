/* oracle/chain_prices.h - prices and rates from chains, in the chain process:
 * those of contracts read at each new block, those of Hermes as they stream
 * in, all told to the engine.
 *
 * What a source refuses is taken back from the engine at once; what cannot be
 * learnt (a node that does not answer, a silent stream) grows old there.  One
 * log line a change of state, never one a price.
 */
#ifndef ORACLE_CHAIN_PRICES_H
#define ORACLE_CHAIN_PRICES_H

#include "chain/rpc.h"
#include "chain/watch.h"
#include "oracle/proc.h"

#include <poll.h>

struct chain_prices;

struct chain_prices_counters {
	uint64_t ticks, rates;	/* told */
	uint64_t refused;	/* quotes that a source has not */
	uint64_t missing;	/* and those that the node could not read */
	uint64_t events_refused, stream_lost;
};

/* chain_prices_create opens what the config names (the stream's token and
 * certificates are files: before the sandbox).  proc is kept by reference. */
MUST_CHECK enum err chain_prices_create(struct chain_prices **out,
    struct proc_role *proc);

/* chain_prices_block reads and tells everything at block b, unless that was
 * done, b is older than one that was, or than head_age_max.  On failure (the
 * node's, in rpc_error) it is to be tried again. */
MUST_CHECK enum err chain_prices_block(struct chain_prices *p, struct rpc *r,
    const struct watch_block *b, uint64_t now_ms);
/* chain_prices_forget: a new engine knows nothing of what was told. */
void chain_prices_forget(struct chain_prices *p);

/* chain_prices_wait is poll() that the stream's own descriptors end too;
 * chain_prices_run takes what came. */
MUST_CHECK enum err chain_prices_wait(struct chain_prices *p,
    struct pollfd *wait, size_t count, int timeout_ms);
void chain_prices_run(struct chain_prices *p, uint64_t now_ms);

/* Why the stream is not there; NULL where it is, or none is wanted. */
const char *chain_prices_unready(const struct chain_prices *p);
const struct chain_prices_counters *chain_prices_counters(
    const struct chain_prices *p);

#endif
