/* margin/vaults_lane.h - finding, filling and freeing lanes of the columns: the
 * inside of margin/vaults.h.
 *
 * A block with a free lane is in the list of its group, one without a vault in
 * the list of all that have as many rows.  Rows of debt indices belong to a
 * block while it holds a vault.
 */
#ifndef MARGIN_VAULTS_LANE_H
#define MARGIN_VAULTS_LANE_H

#include "margin/vaults.h"

/* vaults_pairs_fit: ERR_LIMIT where the vault needs more pairs than are free. */
MUST_CHECK enum err vaults_pairs_fit(const struct vaults *v,
    const struct vault *in);
/* vaults_lane_take finds a free lane for this many legs; it is the vault's once
 * vaults_lane_fill has been called.  ERR_LIMIT, and nothing is changed. */
MUST_CHECK enum err vaults_lane_take(struct vaults_place *out,
    struct vaults *v, uint8_t collateral_count, uint8_t debt_count);
/* vaults_lane_fill writes a vault of that many legs into a lane that is free,
 * grows shifts and counts it. */
void vaults_lane_fill(struct vaults *v, struct vaults_place at, uint32_t slot,
    const struct vault *in);
/* vaults_lane_clear is its inverse; the block leaves or joins lists only in
 * vaults_lane_free, so that a vault may be written again where it lay. */
void vaults_lane_clear(struct vaults *v, struct vaults_place at);
void vaults_lane_free(struct vaults *v, struct vaults_place at);

#endif
