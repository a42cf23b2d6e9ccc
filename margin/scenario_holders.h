/* margin/scenario_holders.h - which vaults hold a row of the table: the
 * transpose of their positions, so that a refresh values again only those that
 * hold something it priced.
 *
 * Owns:   nothing: the caller places the arrays.
 * Limits: as struct scenario_vaults.
 */
#ifndef MARGIN_SCENARIO_HOLDERS_H
#define MARGIN_SCENARIO_HOLDERS_H

#include "margin/scenario_vaults.h"

struct scenario_holders {
	uint32_t row_count, vault_count;
	uint32_t *first;	/* row_count + 1 */
	uint32_t *vault;	/* as many as there are positions: ascending
				 * within a row */
	uint64_t *mark;		/* a bit a vault, all zero between calls */
};

/* scenario_holders_fill: the rows of v are below h->row_count and its vaults
 * are h->vault_count (MUST). */
void scenario_holders_fill(struct scenario_holders *h,
    const struct scenario_vaults *v);
/* scenario_holders_of writes, ascending, each once, the vaults that hold a row
 * whose bit is set; some has room for vault_count.  Returns how many. */
uint32_t scenario_holders_of(uint32_t *some, struct scenario_holders *h,
    const uint64_t *rows);

#endif
