/* The store as another process reads it: every number from the arena is read
 * once and bounded before it leads anywhere. */
#include "margin/vaults.h"
#include "margin/vaults_lane.h"

static bool
block_read(struct vaults_block *out, const struct vaults_view *v,
    uint32_t block)
{
	if (block >= vaults_blocks_max(&v->limits))
		return false;
	*out = v->arrays.block[block];
	return out->collateral_count <= BOOK_LEGS_MAX &&
	    out->debt_count <= BOOK_LEGS_MAX && (uint64_t)out->row +
	    out->collateral_count + out->debt_count <= v->limits.rows;
}

static struct leg
leg_read(const struct vaults *v, uint64_t row, uint32_t lane, u128 index)
{
	uint64_t at = row * SCAN_LANES + lane;

	return (struct leg){ v->head->pair[v->index[at]].asset, v->atoms[at],
		0, wad_from_raw(index) };
}

static bool
index_read(u128 *out, const struct vaults_view *v, uint32_t block, uint32_t i,
    uint32_t lane)
{
	uint32_t row = v->arrays.debt_row[(size_t)block * BOOK_LEGS_MAX + i];

	if (row >= v->limits.debt_rows)
		return false;
	*out = v->arrays.debt_index[(size_t)row * SCAN_LANES + lane];
	return *out != 0;
}

enum err
vaults_view_get(struct vault *out, const struct vaults_view *v, uint32_t slot)
{
	const struct vaults *a = &v->arrays;
	struct vaults_block b;
	uint32_t place, block, lane;

	if (slot >= v->limits.vaults || (place = a->place[slot]) == 0)
		return ERR_UNKNOWN;
	block = (place - 1) / SCAN_LANES;
	lane = (place - 1) % SCAN_LANES;
	if (!block_read(&b, v, block))
		return ERR_UNKNOWN;
	vaults_record_read(out, &a->record[slot]);
	out->collateral_count = b.collateral_count;
	out->debt_count = b.debt_count;
	for (uint8_t i = 0; i < b.collateral_count; i++)
		out->collateral[i] = leg_read(a, (uint64_t)b.row + i, lane,
		    WAD_ONE_RAW);
	for (uint8_t i = 0; i < b.debt_count; i++) {
		u128 index;

		if (!index_read(&index, v, block, i, lane))
			return ERR_UNKNOWN;
		out->debt[i] = leg_read(a, (uint64_t)b.row +
		    b.collateral_count + i, lane, index);
	}
	return ERR_OK;
}
