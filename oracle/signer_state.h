/* oracle/signer_state.h - what the signer must not forget, on disk ahead of
 * its use.
 *
 * The file holds two slots of SIGNER_STATE_SLOT bytes, preallocated and
 * overwritten in turn, each with a generation and a Keccak-256 of itself: a
 * write that is cut short leaves the other slot, whose reservation was the one
 * in force until the write had returned from the disk.  Nothing is renamed or
 * created after the start, so the sandbox need allow nothing but this one
 * descriptor, and a full disk has no room to refuse.
 *
 * Two ranges are reserved ahead, each by one fdatasync before anything of it
 * is used; a restart burns what is left of them:
 *   sequence_until  no sequence at or above it was ever signed;
 *   as_of_until     no asOf at or above it was ever signed.
 * The asOf range is short (SIGNER_AS_OF_AHEAD_MS), because a new life must
 * wait for the clock to pass its end.  The references of the price bounds are
 * those of the last write: older ones only widen a bound by the time that has
 * passed, up to its maximum.
 *
 * A file restored from a backup cannot be told from a true one; the sequence
 * of a new life therefore also starts at the clock (policy_first_sequence),
 * which no honest life outran by more than POLICY_CLOCK_MS.  A state that lies
 * further ahead of the clock than that is refused: one of the two is wrong.
 *
 * `why` is one line without the file's name.  Owns: the descriptor, locked
 * against a second signer.
 */
#ifndef ORACLE_SIGNER_STATE_H
#define ORACLE_SIGNER_STATE_H

#include "oracle/policy.h"
#include "oracle/private_file.h"

#define SIGNER_STATE_VERSION 1u
#define SIGNER_STATE_SLOT 8192u
#define SIGNER_SEQUENCE_AHEAD 10000u
#define SIGNER_AS_OF_AHEAD_MS 2000u
#define SIGNER_STATE_RETRY_MS 1000u

/* Whose state it is: another's is refused by name. */
struct signer_identity {
	uint64_t chain_id;
	struct addr contract;
	struct addr signer;
	struct b32 book;
};

/* signer_identity_from: the domain is the config's chain and contract, or,
 * without a chain, the book's chain id and the zero contract. */
void signer_identity_from(struct signer_identity *out, const struct config *c,
    uint64_t book_chain_id, const struct b32 *book, const struct addr *signer);

/* signer_clock_ms: the machine's clock, Unix ms. */
uint64_t signer_clock_ms(void);

struct signer_state_price {
	struct wire_u128 reference, ok_high;
	uint64_t reference_as_of, ok_as_of;
};

/* One slot, as it lies on disk (little-endian, no hidden padding). */
struct signer_record {
	char magic[8];
	uint32_t version;
	uint32_t is_paused;
	uint64_t generation;
	struct signer_identity identity;
	uint64_t sequence_until, as_of_until;
	uint64_t gas_window_begin_ms;
	struct wire_u128 gas_window_until;	/* wei, counted as spent */
	uint64_t signatures, rejections, transactions;	/* of all lives */
	uint64_t zero[4];
	struct signer_state_price price[BOOK_ASSETS_MAX];
	struct b32 check;	/* keccak256 of all before */
};

struct signer_state {
	int fd;			/* -1: closed */
	bool is_broken;		/* a sync failed: what is on disk is unknown */
	uint64_t writes;
	struct signer_record record;	/* as it lies on disk */
	char why[PRIVATE_WHY];	/* why the last write failed */
};

/* signer_state_create makes the file, or overwrites a signer's one (any other
 * file is refused).  Sequences begin above everything that could have been
 * signed by the clock now_ms; where a readable state of the same identity was
 * there, also above its ranges, and it stays paused if it was.  References
 * and budgets are forgotten.  ERR_REFUSED, ERR_STATE (in use), ERR_IO. */
MUST_CHECK enum err signer_state_create(const char *path,
    const struct signer_identity *id, uint64_t now_ms,
    char why[PRIVATE_WHY]);

/* signer_state_open takes the file for good.  ERR_MISSING; ERR_SYNTAX
 * (damaged in both slots), ERR_UNKNOWN (another format version), ERR_AUTH
 * (another chain, contract, book or signer), ERR_STALE (ahead of the clock),
 * ERR_STATE (in use), ERR_REFUSED (private_file.h), ERR_IO. */
MUST_CHECK enum err signer_state_open(struct signer_state *out,
    const char *path, const struct signer_identity *id, uint64_t now_ms,
    char why[PRIVATE_WHY]);
void signer_state_close(struct signer_state *s);

/* signer_state_write makes r durable and then s->record; identity, magic,
 * generation and check are filled in here.  ERR_IO: nothing of r may be used,
 * s->why says why; ERR_STATE once a sync has failed. */
MUST_CHECK enum err signer_state_write(struct signer_state *s,
    const struct signer_record *r);

#endif
