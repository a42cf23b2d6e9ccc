/* oracle/chain_publish.h - attestations onto the chain, in the chain process:
 * one submit transaction at a time, signed by the signer, sent, looked after.
 * chain/publish.h decides when, for what fees, and what an answer means; this
 * asks the node and the signer, tells the signer the nonces, logs and counts.
 */
#ifndef ORACLE_CHAIN_PUBLISH_H
#define ORACLE_CHAIN_PUBLISH_H

#include "chain/rpc.h"
#include "chain/watch.h"
#include "oracle/proc.h"

struct chain_publish;

struct chain_publish_counters {
	uint64_t sent;			/* taken by a node */
	uint64_t replaced;		/* of these, in the place of another */
	uint64_t mined, reverted;	/* found by their receipts */
	uint64_t refused;		/* by the signer */
};

/* chain_publish_create keeps proc, rpc and watch by reference.  ERR_LIMIT. */
MUST_CHECK enum err chain_publish_create(struct chain_publish **out,
    struct proc_role *proc, struct rpc *rpc, const struct watch *watch);

/* What neighbours say.  chain_publish_newest: true for the first one. */
bool chain_publish_newest(struct chain_publish *p,
    const struct wire_attestation *w);
void chain_publish_key(struct chain_publish *p, const struct wire_gas_key *w);
void chain_publish_signed(struct chain_publish *p,
    const struct wire_tx_signed *w);
void chain_publish_rejected(struct chain_publish *p,
    const struct wire_tx_rejected *w);

/* chain_publish_turn begins a transaction where one is due, and looks after the
 * one that is under way; block is the newest that was read.  A failure is the
 * node's (rpc_error). */
MUST_CHECK enum err chain_publish_turn(struct chain_publish *p,
    const struct watch_block *block, uint64_t now_ms);

/* chain_publish_signer_bit: the place of who signed the newest attestation in
 * the contract's table; false where there is none yet. */
bool chain_publish_signer_bit(uint8_t *bit, const struct chain_publish *p);
const struct chain_publish_counters *chain_publish_counters(
    const struct chain_publish *p);

#endif
