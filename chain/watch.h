/* chain/watch.h - the chain as a series of blocks that the book follows.
 *
 * Each step goes to head - depth.  All that changed up to there is read from
 * that very block (pinned by hash), so one step is one consistent state.  A
 * block that no longer is the one that was seen means a reorganisation: then
 * every known vault is read again.
 *
 * Owns:   its set of vault ids, vaults_max entries.  Does not log.
 */
#ifndef CHAIN_WATCH_H
#define CHAIN_WATCH_H

#include "chain/rpc.h"
#include "contracts-abi/clearing.h"

struct watch;

struct watch_config {
	uint64_t chain_id;
	struct addr contract;	/* zero: only blocks are followed, and the
				 * four below mean nothing but depth */
	uint64_t from_block;	/* where the contract's logs begin */
	uint32_t depth;
	uint32_t vaults_max;
	struct b32 book, rules_hash;	/* what the contract must say */
};

struct watch_block {
	uint64_t number;
	struct b32 hash;
	uint64_t time_ms;
	u128 base_fee_wei;
	bool rules_match;
	bool was_reorganised;
};

/* One vault as it stands at the block that is being read. */
typedef enum err (*watch_on_vault)(void *arg, const struct b32 *id,
    const struct clearing_vault *v, uint64_t block);

MUST_CHECK enum err watch_create(struct watch **out,
    const struct watch_config *config);
void watch_destroy(struct watch *w);	/* accepts NULL */

/* watch_check asks the node for chain id, book and signer table.  ERR_CHAIN
 * where they are not ours (watch_error says what). */
MUST_CHECK enum err watch_check(struct watch *w, struct rpc *r);
const char *watch_error(const struct watch *w);

/* watch_step reads up to the newest block, if there is a new one: each
 * changed vault, then *out.  ERR_UNKNOWN where there is nothing new.  On any
 * other failure nothing is remembered of the step: the next one reads it all
 * again. */
MUST_CHECK enum err watch_step(struct watch_block *out, struct watch *w,
    struct rpc *r, watch_on_vault each, void *arg);
/* watch_forget makes the next step read every vault again. */
void watch_forget(struct watch *w);

/* watch_signer_bit: the place of a signer in the contract's table, as it was
 * at watch_check.  ERR_UNKNOWN where it is not there. */
MUST_CHECK enum err watch_signer_bit(uint8_t *out, const struct watch *w,
    const struct addr *signer);

#endif
