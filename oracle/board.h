/* oracle/board.h - the engine's state for readers: shared memory that the
 * engine works in and the api maps read-only.
 *
 * One memfd of fixed size (sealed against shrinking and growing).  The head
 * section (prices, sources, aggregate, status, counters) is guarded by one
 * sequence lock; what belongs to a vault (its columns, its state, its verdict
 * leaf) by one per block of BOARD_BLOCK vault slots; each tree by one; forwards,
 * volatilities and marks by one; the ring of released attestations by one per
 * entry.  A lock is odd while it is
 * written; a reader copies, then compares, and tries again at most
 * BOARD_TRIES times.  A reader never sees half a vault and never stops the
 * writer.  What a reader finds may still be nonsense, if the engine is not
 * what it was: slots and counts are checked here, figures by nobody.
 */
#ifndef ORACLE_BOARD_H
#define ORACLE_BOARD_H

#include "contracts-abi/attest.h"
#include "feeds/prices.h"
#include "margin/aggregate.h"
#include "margin/book.h"
#include "oracle/config.h"
#include "oracle/tables.h"
#include "oracle/terms.h"
#include "oracle/wire.h"

#include <stdatomic.h>

#define BOARD_MAGIC 0x6d617267696e6431u
#define BOARD_BLOCK 64u
#define BOARD_RING 256u		/* released attestations kept */
#define BOARD_TRIES 1000u

struct board_source {
	struct prices_quote quote;
	struct prices_source source;
};

/* What the feeds process says of a venue: for people alone, nothing that is
 * signed depends on it. */
struct board_feed {
	uint64_t seen_ms;	/* when it said so; 0: nothing yet */
	struct wire_feed feed;
};

/* A wrapped unit: its price by its rate, and what its markets say. */
struct board_wrap {
	uint32_t unit;
	uint32_t has_rate;
	struct px18 rate;
	uint64_t time_ms;		/* of the rate */
	struct price rated, traded;
};

/* A unit's newest price of this life that was not refused. */
struct board_last {
	struct px18 mid;
	uint64_t at_ms;			/* 0: there was none yet */
	uint64_t zero;
};

/* A unit that is followed beyond its last ticks (machine.h). */
struct board_follow {
	uint32_t unit;
	uint8_t has_slow, has_volatility, zero[2];
	struct px18 average, stable;
	struct num18 volatility;	/* a year */
};
struct board_risk {
	uint64_t samples;		/* returns taken in this life */
	uint32_t count, zero;
	struct board_follow unit[WIRE_UNITS];
	/* Of i and j < i: correlation[i (i - 1) / 2 + j], ppb. */
	int32_t correlation[WIRE_PAIRS];
};

/* What the engine says of itself. */
struct board_counters {
	uint64_t ticks, closes, requests, signatures, rejections, mismatches,
	    evaluations, verdicts_over, released, dropped_inputs;
	uint64_t sign_us_p50, sign_us_p99;	/* tick received -> signed */
	uint64_t sign_us_last;
};

struct board_head {
	uint64_t now_ms;
	uint64_t life;			/* rises with each engine */
	uint32_t asset_count, market_count, unit_count, venue_count;
	struct price asset_price[BOOK_ASSETS_MAX];	/* as signed */
	struct price unit_price[PRICES_UNITS_MAX];	/* as aggregated */
	struct board_last unit_last[PRICES_UNITS_MAX];
	struct px18 asset_stable[BOOK_ASSETS_MAX];	/* 0: it has none */
	uint32_t wrap_count, zero3;
	struct board_wrap wrap[PRICES_WRAPS_MAX];
	struct board_feed feed[CONFIG_VENUES_MAX];
	struct wad accrual[BOOK_ASSETS_MAX];	/* as struct book */
	struct aggregate aggregate;
	uint8_t status;			/* enum price_status of a header now */
	uint8_t is_ready, is_paused, zero;
	uint32_t reason;
	uint64_t block_number, block_time_ms;
	struct b32 positions_root, verdicts_root;
	uint32_t verdict_count, vault_count;
	uint64_t last_sequence;		/* signed */
	uint8_t has_signer_bit, signer_bit, zero2[6];	/* in the contract */
	struct board_counters counters;
	/* Last: only market_count of them are written. */
	struct board_source source[PRICES_MARKETS_MAX];
};

/* A vault as it stands, with what was decided of it. */
struct board_vault {
	struct vault vault;
	uint8_t state;			/* enum vault_state */
	uint32_t verdict_slot;		/* TABLES_NO_SLOT: not in the tree */
	struct verdict_leaf leaf;	/* as the tree has it, where it does */
	uint32_t portfolio;		/* its row; TABLES_NO_SLOT: it has none,
					 * and no positions */
	uint32_t position_count;
	struct position position[WIRE_POSITIONS];
};

struct board_attestation {
	struct attestation header;
	struct b32 digest;
	struct wire_signature signature;
	uint32_t word_count;
	struct b32 word[BOOK_ASSETS_MAX];
};

struct board;	/* a mapping; private to board.c, freed by board_unmap */

/* Writer's side.  board_create makes the memfd for so many; *fd is the writable
 * descriptor, *fd_read_only one that can only be read.  Both the caller's. */
MUST_CHECK enum err board_create(int *fd, int *fd_read_only,
    const struct tables_size *size);
MUST_CHECK enum err board_map_writer(struct board **out, int fd);
void board_begin_life(struct board *b);	/* clears all, raises `life` */
void board_put_head(struct board *b, struct board_head *h);	/* sets life */
void board_put_attestation(struct board *b, const struct board_attestation *a);
/* board_put_terms copies what is used of t: the expiries that its units have,
 * and mark_count marks. */
void board_put_terms(struct board *b, const struct terms *t);
void board_put_risk(struct board *b, const struct board_risk *r);
/* board_tables: the engine's tables, in this memory.  Each change is enclosed
 * by a begin and an end; begins do not nest. */
void board_tables(struct tables *out, const struct board *b);
void board_vault_begin(struct board *b, uint32_t slot);
void board_vault_end(struct board *b, uint32_t slot);
void board_tree_begin(struct board *b, enum tables_tree which);
void board_tree_end(struct board *b, enum tables_tree which,
    const struct merkle *t);

/* Reader's side.  ERR_STATE where the layout is another one, ERR_LIMIT without
 * memory; ERR_STALE where the writer was busy for BOARD_TRIES tries. */
MUST_CHECK enum err board_map_reader(const struct board **out, int fd);
MUST_CHECK enum err board_get_head(struct board_head *out,
    const struct board *b);
/* board_terms_generation rises with each board_put_terms.  board_get_terms:
 * counts beyond the limits are cut off; the rest is as it lies there
 * (terms_believe), and what is not used of out is left alone. */
uint64_t board_terms_generation(const struct board *b);
MUST_CHECK enum err board_get_terms(struct terms *out,
    const struct board *b);
/* board_get_risk: a count beyond the limit is cut off. */
MUST_CHECK enum err board_get_risk(struct board_risk *out,
    const struct board *b);
/* board_vaults: the vault columns, for board_get_vault. */
void board_vaults(struct vaults_view *out, const struct board *b);
/* board_get_vault: ERR_UNKNOWN where the slot holds none. */
MUST_CHECK enum err board_get_vault(struct board_vault *out,
    const struct board *b, const struct vaults_view *v, uint32_t slot);
/* board_get_attestation: the one with this sequence, or with sequence 0 the
 * newest; ERR_UNKNOWN where the ring does not hold it (any more). */
MUST_CHECK enum err board_get_attestation(struct board_attestation *out,
    const struct board *b, uint64_t sequence);
/* board_get_attestation_back: the n-th before the newest, which is 0. */
MUST_CHECK enum err board_get_attestation_back(struct board_attestation *out,
    const struct board *b, uint32_t n);
/* board_prove: the leaf in a slot of a tree, its path and the root they lead
 * to, all of one moment.  ERR_STATE where the slot is empty. */
struct board_proof {
	struct b32 leaf, root;
	struct b32 path[MERKLE_DEPTH_MAX];
	size_t path_len;
};
MUST_CHECK enum err board_prove(struct board_proof *out,
    const struct board *b, enum tables_tree which, uint32_t slot);
/* board_block_generation rises with each write to a vault of the block (slots
 * block * BOARD_BLOCK and on); a block beyond the capacity: 0. */
uint64_t board_block_generation(const struct board *b, uint32_t block);
uint32_t board_vault_capacity(const struct board *b);
uint32_t board_verdict_capacity(const struct board *b);
void board_unmap(const struct board *b);	/* accepts NULL */

#endif
