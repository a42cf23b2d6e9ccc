/* margin/scan.h - the sign of the maintenance surplus of every `ratio` vault
 * at one vector of prices: sum V * LT - sum D * b.
 *
 * Columns: vaults of the same numbers of collateral and debt legs lie together
 * in blocks of 64, leg by leg: 64 amounts, 64 indices.  An amount is a count
 * of 2^shift atoms, the shift the asset's own, rounded against the vault; an
 * index names an (asset, mode) of which a price vector has two weights, USD
 * of one count, in units of 2^exponent * 10^-18 USD, rounded against the
 * vault.  So a sum of products, which is exact, is at most the true surplus
 * and falls short of it by less than 2^53 a leg.  Vaults in that interval are
 * named `unsure`, and the caller asks ratio_evaluate; of the others the sign
 * is what ratio_evaluate says.
 *
 * Units:  counts and weights below 2^52.  Owns nothing: the caller places the
 *         columns.  A vault without debt is in no block.
 * Limits: 256 pairs of asset and mode in use; prices of at most 10^8 USD.
 * Source: DESIGN section 4; margin-model 1.5.
 */
#ifndef MARGIN_SCAN_H
#define MARGIN_SCAN_H

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

/* scan_measure fills everything but the columns: how many blocks and legs the
 * book's ratio vaults need.  ERR_LIMIT (pairs). */
MUST_CHECK enum err scan_measure(struct scan *out, const struct book *b);
/* scan_fill writes the columns that the caller has placed; the book is the
 * one that was measured (MUST). */
void scan_fill(struct scan *s, const struct book *b);

/* Weights of one count of each pair. */
struct scan_prices {
	int exponent;
	uint64_t collateral[SCAN_PAIRS_MAX];	/* price * LT, floor */
	uint64_t debt[SCAN_PAIRS_MAX];		/* price * b, ceil */
};
/* scan_prices_from: price[slot] of each asset, by the thresholds and debt
 * weights of its modes.  ERR_RANGE. */
MUST_CHECK enum err scan_prices_from(struct scan_prices *out,
    const struct scan *s, const struct book *b, const struct px18 *price);

struct scan_mask {
	uint64_t below;		/* surplus below zero */
	uint64_t unsure;	/* ask ratio_evaluate */
};
/* scan_run: out[i] of block first + i.  By the processor's 52-bit multiply-add
 * where it has one, with the same masks. */
void scan_run(struct scan_mask *out, const struct scan *s,
    const struct scan_prices *p, uint32_t first, uint32_t count);
void scan_run_portable(struct scan_mask *out, const struct scan *s,
    const struct scan_prices *p, uint32_t first, uint32_t count);

/* scan_group_of: the group of a block. */
const struct scan_group *scan_group_of(const struct scan *s, uint32_t block);

/* margin/simd_scan.c: false where the processor has no AVX-512 IFMA. */
bool simd_scan_run(struct scan_mask *out, const struct scan *s,
    const struct scan_prices *p, uint32_t first, uint32_t count);

#endif
