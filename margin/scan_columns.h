/* margin/scan_columns.h - how vaults lie in the columns of margin/scan.h, which
 * says what the numbers mean: shared by the portable scan and the vector one.
 */
#ifndef MARGIN_SCAN_COLUMNS_H
#define MARGIN_SCAN_COLUMNS_H

#include "base/must.h"
#include "margin/book.h"

#define SCAN_LANES 64u
#define SCAN_PAIRS_MAX 256u
#define SCAN_GROUPS_MAX (BOOK_LEGS_MAX * BOOK_LEGS_MAX + BOOK_LEGS_MAX)

/* Blocks of vaults with the same numbers of legs. */
struct scan_group {
	uint8_t collateral_count, debt_count;
	uint32_t vault_count, block_first, block_count;
	uint64_t leg_first;	/* in rows of SCAN_LANES */
};

/* The lanes of a block of g that hold a vault. */
static inline uint64_t
scan_lanes_of(const struct scan_group *g, uint32_t block)
{
	uint32_t left = g->vault_count -
	    (block - g->block_first) * SCAN_LANES;

	return left >= SCAN_LANES ? UINT64_MAX : (UINT64_C(1) << left) - 1;
}

struct scan {
	uint32_t group_count, block_count;
	uint64_t leg_count;	/* rows of SCAN_LANES */
	struct scan_group group[SCAN_GROUPS_MAX];
	uint32_t pair_count;
	struct { uint8_t asset, mode; } pair[SCAN_PAIRS_MAX];
	uint8_t shift[BOOK_ASSETS_MAX];
	/* The caller's, all 64-byte aligned: leg_count * 64 amounts and
	 * indices, block_count * 64 slots, block_count masks. */
	int64_t *amount;
	uint8_t *index;
	uint32_t *slot;		/* SCAN_EMPTY: an unused lane */
	uint64_t *odd;		/* lanes that are always unsure: an amount too
				 * large for what is promised here */
};
#define SCAN_EMPTY UINT32_MAX

/* Weights of one count of each pair. */
struct scan_prices {
	int exponent;
	uint64_t collateral[SCAN_PAIRS_MAX];	/* price * LT, floor */
	uint64_t debt[SCAN_PAIRS_MAX];		/* price * b, ceil */
};
struct scan_mask {
	uint64_t below;		/* surplus below zero */
	uint64_t unsure;	/* ask ratio_evaluate */
};

/* scan_group_of: the group of a block (MUST be one of s). */
static inline const struct scan_group *
scan_group_of(const struct scan *s, uint32_t block)
{
	uint32_t low = 0, high = s->group_count;

	MUST(block < s->block_count);
	while (high - low > 1) {
		uint32_t mid = (low + high) / 2;

		if (s->group[mid].block_first <= block)
			low = mid;
		else
			high = mid;
	}
	return &s->group[low];
}

#endif
