/* oracle/machine.h - the deterministic state machine: everything that decides
 * what is signed, and nothing else.
 *
 * Inputs are wire messages (wire_is_input), applied one at a time; outputs are
 * wire messages handed to `emit` during the call: BEGIN, WORD, LEAF, END for
 * the signer; ATTESTATION with its WORDs once it is signed.  It
 * reads no clock and no randomness, allocates only in machine_create, does no
 * I/O.  The same inputs give the same outputs on every machine and compiler.
 *
 * Units:  as wire.h; times Unix ms.
 * Owns:   its tables, sized from the config at creation.
 */
#ifndef ORACLE_MACHINE_H
#define ORACLE_MACHINE_H

#include "base/merkle.h"
#include "contracts-abi/attest.h"
#include "feeds/prices.h"
#include "margin/aggregate.h"
#include "margin/book.h"
#include "margin/market.h"
#include "margin/verdict.h"
#include "oracle/config.h"
#include "oracle/policy.h"
#include "oracle/wire.h"

#define MACHINE_VERDICT_REFRESH_MS 1000u
#define MACHINE_NO_SLOT UINT32_MAX

struct machine_output {
	void (*emit)(void *arg, const void *message, size_t size);
	void *arg;
};

/* One vault's column entries beside the book. */
struct machine_vault {
	struct verdict verdict;
	uint32_t verdict_slot;		/* MACHINE_NO_SLOT: not in the tree */
	uint64_t leaf_as_of;
	u128 asset_mask;		/* bit per asset slot that it holds or owes */
	bool is_counted;		/* in the aggregate */
	bool is_touched;		/* changed since it was last evaluated */
};

struct machine {
	const struct config *config;
	struct eip712_domain domain;
	struct b32 rules_hash;
	struct b32 inputs_hash;

	struct book book;
	struct prices prices;
	struct market market;
	struct aggregate aggregate;
	struct machine_vault *vault;	/* by book slot */

	struct merkle positions;	/* slot = book slot */
	struct merkle verdicts;		/* slot = verdict slot */
	uint32_t verdict_count;		/* slots that hold a verdict */
	uint32_t verdict_used;		/* slots ever used */
	struct verdict_leaf *leaf;	/* by verdict slot, as hashed in the tree */
	uint32_t *verdict_owner;	/* book slot by verdict slot, or NO_SLOT */
	uint32_t *verdict_told;		/* the same, as the signer has it */
	uint32_t *verdict_free;		/* freed slots, last in first out */
	uint32_t verdict_free_count;
	uint64_t verdicts_over;		/* found no place: alarm */

	/* Price words by asset slot: as computed, and as they may be signed. */
	struct b32 proposed[BOOK_ASSETS_MAX];
	struct b32 word[BOOK_ASSETS_MAX];
	struct b32 sent[BOOK_ASSETS_MAX];	/* proposed, as the signer has it */
	struct policy_price bound[BOOK_ASSETS_MAX];

	/* Changed vault slots since machine_changes_clear, each once. */
	uint32_t *changed;
	uint32_t changed_count;
	bool *is_changed;

	/* Verdict slots that differ from what the signer has, each once; those
	 * of the request in flight are moved to pending_dirty until answered. */
	uint32_t *dirty, *pending_dirty, *pending_owner;
	uint32_t dirty_count, pending_dirty_count;
	bool *is_dirty;

	uint64_t now_ms;		/* of the last CLOSE */
	bool has_block, is_head_bad, is_rules_bad;
	struct wire_block block;

	/* The signer. */
	bool is_ready, is_paused, is_first, in_flight;
	uint64_t next_sequence;
	struct attestation pending, last;	/* asked for; signed */
	struct b32 pending_digest;
	bool has_last;
	struct b32 pending_proposed[BOOK_ASSETS_MAX];
	struct b32 pending_word[BOOK_ASSETS_MAX];
	struct b32 last_word[BOOK_ASSETS_MAX];
	struct wad last_ratio;		/* aggregate, at the last request */
	bool is_crossed;		/* a state changed since the last request */
	bool is_diverged;		/* the signer signed something else */

	/* For metrics and logs. */
	uint64_t ticks, closes, requests, signatures, rejections, mismatches,
	    evaluations, late_inputs;
	uint32_t last_rejection;	/* enum policy_rule */
};

/* machine_create takes the book's assets (vaults come as inputs) and keeps
 * config by reference.  ERR_LIMIT where the tables do not fit in memory;
 * ERR_UNIT, ERR_MISSING, ERR_RANGE as prices_init. */
MUST_CHECK enum err machine_create(struct machine **out,
    const struct config *config, const struct book *assets);
void machine_destroy(struct machine *m);	/* accepts NULL */

/* machine_apply takes one input.  ERR_OK, or the reason why the input was
 * refused; a refused input is hashed like any other and changes nothing else.
 * A message that is no input is the caller's bug. */
MUST_CHECK enum err machine_apply(struct machine *m, const void *message,
    const struct machine_output *out);

/* machine_vault_message writes the input that puts v (from a file) into the
 * machine. */
void machine_vault_message(struct wire_vault *out, const struct vault *v);

/* The leaf of a vault that has a place in the verdict tree (MUST), as the tree
 * has it. */
void machine_verdict_leaf(struct verdict_leaf *out, const struct machine *m,
    uint32_t book_slot);
/* The position leaf of a book slot and the legs behind its legsHash, sorted by
 * asset id. */
void machine_position_leaf(struct position_leaf *out,
    struct leg_word collateral[BOOK_LEGS_MAX],
    struct leg_word debt[BOOK_LEGS_MAX], const struct machine *m,
    uint32_t book_slot);
/* Head status that would be signed now: enum price_status, and its reason. */
enum price_status machine_status(const struct machine *m, uint32_t *reason);

/* machine_changes_clear forgets the list of changed vault slots. */
void machine_changes_clear(struct machine *m);

#endif
