/* chain/rpc.h - JSON-RPC 2.0 over HTTP to an EVM node, by libcurl.
 *
 * Calls block for at most RPC_TIMEOUT_MS and fall over to the next endpoint
 * when one does not answer.  Every answer is bounded and validated; the text
 * of the last failure is in rpc_error.  Does not log.
 *
 * Limits: RPC_ANSWER_MAX bytes an answer, RPC_URLS_MAX endpoints.
 * Source: Ethereum execution API specification; EIP-1898 (call by hash).
 */
#ifndef CHAIN_RPC_H
#define CHAIN_RPC_H

#include "base/types.h"

#define RPC_URLS_MAX 4u
#define RPC_TIMEOUT_MS 4000
#define RPC_ANSWER_MAX (16u * 1024u * 1024u)

struct rpc;

/* rpc_create keeps copies of the urls (http or https, verified).  ERR_LIMIT,
 * ERR_SYNTAX for an address that is none. */
MUST_CHECK enum err rpc_create(struct rpc **out, const char *const *urls,
    size_t count);
void rpc_destroy(struct rpc *r);	/* accepts NULL */
/* One line about the last failure, with the endpoint; never NULL. */
const char *rpc_error(const struct rpc *r);
/* True once after the endpoint changed or came back: check its chain. */
bool rpc_was_reconnected(struct rpc *r);

struct rpc_block {
	uint64_t number;
	uint64_t time_s;
	struct b32 hash, parent;
	u128 base_fee_wei;	/* 0 before the fee market */
};

/* All: ERR_IO where no endpoint answers, ERR_CHAIN where one answers with an
 * error or with something that is none, ERR_UNKNOWN where the node has no
 * such thing (yet). */
MUST_CHECK enum err rpc_chain_id(uint64_t *out, struct rpc *r);
MUST_CHECK enum err rpc_block_latest(struct rpc_block *out, struct rpc *r);
MUST_CHECK enum err rpc_block_at(struct rpc_block *out, struct rpc *r,
    uint64_t number);

/* rpc_logs hands each log of `contract` in [from, to] whose event is one of
 * events[] (topic 0) to each: its first indexed argument. */
#define RPC_EVENTS_MAX 16u
typedef enum err (*rpc_on_log)(void *arg, const struct b32 *first);
MUST_CHECK enum err rpc_logs(struct rpc *r, const struct addr *contract,
    const struct b32 *events, size_t event_count, uint64_t from, uint64_t to,
    rpc_on_log each, void *arg);

/* rpc_call: eth_call pinned to a block hash.  out holds out_max bytes. */
MUST_CHECK enum err rpc_call(uint8_t *out, size_t *out_len, size_t out_max,
    struct rpc *r, const struct addr *to, const uint8_t *data,
    size_t data_len, const struct b32 *block);

/* rpc_call_many: up to RPC_BATCH_MAX calls in one request, all pinned to the
 * same block.  ERR_CHAIN where none of them could be made. */
#define RPC_BATCH_MAX 64u
enum rpc_call_end {
	RPC_CALL_ANSWERED,	/* out_len bytes; 0 also for too many */
	RPC_CALL_REVERTED,	/* the contract refuses */
	RPC_CALL_FAILED,	/* the node does, or says nothing of sense */
};
struct rpc_call_one {
	struct addr to;
	const uint8_t *data;
	size_t data_len;
	uint8_t *out;		/* out_max bytes, the caller's */
	size_t out_max, out_len;
	enum rpc_call_end end;
};
MUST_CHECK enum err rpc_call_many(struct rpc *r, struct rpc_call_one *calls,
    size_t count, const struct b32 *block);

/* Transactions mined from an address, at the head. */
MUST_CHECK enum err rpc_nonce(uint64_t *out, struct rpc *r,
    const struct addr *from);
MUST_CHECK enum err rpc_priority_fee(u128 *out_wei, struct rpc *r);
/* rpc_send: raw signed transaction, of that hash.  ERR_OK where the node has
 * it, now or already; ERR_STATE where it knows a better one ("nonce too low",
 * "underpriced"), ERR_REFUSED where it will not have it for something else.
 * ERR_IO, ERR_CHAIN: no answer, not by every endpoint that was tried, or one
 * that is none: a node may have it all the same. */
MUST_CHECK enum err rpc_send(struct rpc *r, const uint8_t *raw,
    size_t raw_len, const struct b32 *hash);
struct rpc_receipt {
	uint64_t block;
	bool succeeded;
	u128 paid_wei;		/* gas used x effective price */
};
MUST_CHECK enum err rpc_receipt(struct rpc_receipt *out, struct rpc *r,
    const struct b32 *hash);

#endif
