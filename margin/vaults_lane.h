/* margin/vaults_lane.h - taking, filling and freeing lanes of the columns: the
 * inside of margin/vaults.h and of its snapshots.
 *
 * A block with a free lane is in one list: of its group, or, when it holds no
 * vault, of all empty blocks with as many rows; it then has no debt rows.
 */
#ifndef MARGIN_VAULTS_LANE_H
#define MARGIN_VAULTS_LANE_H

#include "margin/vaults_columns.h"
#include "margin/vaults_measure.h"

/* vaults_record_read: all of a vault but its legs. */
void vaults_record_read(struct vault *out, const struct vaults_record *r);

/* vaults_check: what vaults_put says of a vault, but for ERR_LIMIT. */
MUST_CHECK enum err vaults_check(const struct vaults *v,
    const struct vault *in);
/* vaults_hash_entry: the entry that holds id, or the empty one where it
 * belongs. */
uint32_t *vaults_hash_entry(const struct vaults *v, const struct b32 *id);

/* vaults_slot_set: the slot holds this vault, at this place. */
void vaults_slot_set(struct vaults *v, uint32_t slot, struct vaults_place at,
    const struct vault *in);

/* vaults_pairs_fit: ERR_LIMIT where the vault needs more new numbers than are
 * free.  vaults_pairs_hold counts its legs, and numbers what is new. */
MUST_CHECK enum err vaults_pairs_fit(const struct vaults *v,
    const struct vault *in);
void vaults_pairs_hold(struct vaults *v, const struct vault *in);

/* vaults_lane_take: a free lane for so many legs, now used.  ERR_LIMIT, and
 * nothing is changed. */
MUST_CHECK enum err vaults_lane_take(struct vaults_place *out,
    struct vaults *v, uint8_t collateral_count, uint8_t debt_count);
/* vaults_lane_free gives it back. */
void vaults_lane_free(struct vaults *v, struct vaults_place at);
/* vaults_lane_fill writes the legs of a vault whose pairs are held and counts
 * them; shifts grow where they must. */
void vaults_lane_fill(struct vaults *v, struct vaults_place at,
    const struct vault *in, const struct vaults_measure *m);
/* vaults_lane_clear counts the legs that lie there no more. */
void vaults_lane_clear(struct vaults *v, struct vaults_place at,
    const struct vault *was);
/* vaults_lane_read: the legs and their counts. */
void vaults_lane_read(struct vault *out, const struct vaults *v,
    struct vaults_place at);

/* vaults_block_add: a new empty block, in no list.  ERR_LIMIT. */
MUST_CHECK enum err vaults_block_add(uint32_t *block, struct vaults *v,
    uint8_t collateral_count, uint8_t debt_count);
/* vaults_block_begin takes an empty block's debt rows.  ERR_LIMIT. */
MUST_CHECK enum err vaults_block_begin(struct vaults *v, uint32_t block,
    uint8_t collateral_count, uint8_t debt_count);
/* vaults_block_list: the head of the list where a block with room belongs;
 * vaults_block_push puts it there. */
uint32_t *vaults_block_list(const struct vaults *v, uint32_t block);
void vaults_block_push(struct vaults *v, uint32_t block);

#endif
