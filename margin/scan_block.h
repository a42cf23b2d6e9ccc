/* margin/scan_block.h - one block's columns and its interval, for the three
 * ways of adding them up. */
#ifndef MARGIN_SCAN_BLOCK_H
#define MARGIN_SCAN_BLOCK_H

#include "margin/scan.h"

struct scan_block {
	const int64_t *amount;	/* rows of SCAN_LANES, collateral first */
	const uint8_t *index;
	uint32_t collateral_count, debt_count;
	/* Of the sum: below `least` is below, else up to `most` unsure. */
	int64_t least, most;
};

static inline struct scan_block
scan_block_of(const struct vaults *v, const struct vaults_block *b)
{
	size_t first = (size_t)b->row * SCAN_LANES;
	int64_t c = b->collateral_count, d = b->debt_count;

	return (struct scan_block){
		.amount = v->amount + first, .index = v->index + first,
		.collateral_count = b->collateral_count,
		.debt_count = b->debt_count,
		.least = -(2 * c + d), .most = 2 * d,
	};
}

/* scan_mask_of: the masks of all lanes, with what is odd or not scanned. */
static inline struct scan_mask
scan_mask_of(const struct vaults_block *b, struct scan_mask all)
{
	return (struct scan_mask){ all.below & b->live & ~b->odd,
	    (all.unsure | b->odd) & b->live };
}

/* The processor must have them: scan_level_best. */
void simd_scan_avx2(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count);
void simd_scan_ifma(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count);

#endif
