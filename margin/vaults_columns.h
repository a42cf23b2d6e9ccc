/* margin/vaults_columns.h - how the vaults of margin/vaults.h lie in their
 * arena: shared by the store, its snapshots and the scans.
 *
 * An amount of a row is a count of 2^shift atoms, the shift the asset's own:
 * collateral rounded down, debt (before accrual) up.  Shifts only grow.
 */
#ifndef MARGIN_VAULTS_COLUMNS_H
#define MARGIN_VAULTS_COLUMNS_H

#include "base/must.h"
#include "base/u256.h"
#include "margin/book.h"

#define SCAN_LANES 64u
#define SCAN_PAIRS_MAX 256u
#define VAULTS_EMPTY UINT32_MAX
#define VAULTS_LEGS_MAX (2 * BOOK_LEGS_MAX)
#define VAULTS_COUNT_BITS 51u	/* of an amount: its ceil still fits 52 */
/* An amount of so many whole units, or a debt beyond so many bits of atoms, is
 * odd: below, at what margin/scan.h takes, nothing of ratio_evaluate
 * overflows. */
#define VAULTS_UNITS_MAX ((u128)1000000000000)
#define VAULTS_DEBT_BITS 112
#define VAULTS_SHIFT_MAX (128u - VAULTS_COUNT_BITS)

struct vaults_limits {	/* what the arrays must hold */
	uint32_t vaults;	/* a power of two */
	uint64_t rows;		/* of 64 legs */
	uint64_t debt_rows;	/* of them with indices */
};

/* Lists of blocks and debt rows count from one: zero is the end. */
struct vaults_block {
	uint64_t used;		/* lanes that hold a vault */
	uint64_t live;		/* of them by `ratio` and with debt legs */
	uint64_t odd;		/* of them with an amount beyond what the scan
				 * promises: always unsure */
	uint64_t hedged;	/* of them holding and owing in one factor */
	uint32_t row;		/* the first of its rows, collateral's first */
	uint32_t next, prev;	/* in a list, while a lane is free */
	uint8_t collateral_count, debt_count;
};

struct vaults_place {
	uint32_t block, lane;
};

struct vaults_pair {
	uint8_t asset, mode;
	uint32_t legs;		/* that name it; none: the number is free */
};

struct vaults_record {	/* of a slot; of an empty one only the id */
	struct b32 id;
	struct addr owner;
	uint8_t mode, method, node;
	uint64_t owner_index, nonce, liquidations, block_number;
};

struct vaults_head {
	struct vaults_limits limits;
	uint32_t used, count;
	uint32_t block_count;
	uint32_t layout;	/* counts changes of pairs and shifts */
	uint32_t row_count, debt_row_count;	/* ever used */
	uint32_t debt_row_free;		/* list */
	uint32_t debt_rows_free;	/* its length */
	uint32_t partial[BOOK_LEGS_MAX + 1][BOOK_LEGS_MAX + 1];	/* lists */
	uint32_t empty[VAULTS_LEGS_MAX + 1];	/* lists, by rows */
	uint32_t pair_count;	/* in use */
	struct vaults_pair pair[SCAN_PAIRS_MAX];
	uint16_t pair_of[BOOK_ASSETS_MAX][BOOK_MODES_MAX];	/* from one */
	uint8_t shift[BOOK_ASSETS_MAX];
	/* By asset and mode: collateral, debt. */
	struct u256 total[BOOK_ASSETS_MAX][BOOK_MODES_MAX][2];
};

/* The arena's arrays. */
struct vaults {
	const struct book *assets;
	struct vaults_head *head;
	struct vaults_block *block;
	uint32_t *debt_row;	/* BOOK_LEGS_MAX a block */
	uint32_t *slot;		/* of a lane, from one; zero where unused */
	struct vaults_record *record;	/* of a slot */
	uint32_t *place;	/* of a slot: from one, 64 * block + lane */
	uint32_t *hash;		/* 2 * limits.vaults: slots, from one */
	int64_t *amount;	/* SCAN_LANES a row */
	uint8_t *index;
	u128 *atoms;
	u128 *debt_index;	/* SCAN_LANES a debt row */
};

/* vaults_blocks_max: half full on average, and one more of each group. */
static inline uint32_t
vaults_blocks_max(const struct vaults_limits *limits)
{
	return limits->vaults / 32 + 512;
}

#endif
