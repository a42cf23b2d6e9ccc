/* oracle/machine_verdicts.h - market -> verdicts -> leaves, slots, aggregate.
 */
#ifndef ORACLE_MACHINE_VERDICTS_H
#define ORACLE_MACHINE_VERDICTS_H

#include "oracle/machine_state.h"

#define MACHINE_VERDICT_REFRESH_MS 1000u

/* machine_verdicts_close values what was touched and what a price may have
 * moved across a threshold; `moved`, a bit per asset. */
void machine_verdicts_close(struct machine *m, u128 moved);
/* machine_verdicts_flush brings what was decided into the tree.  Not needed to
 * ask the signer, who has a tree of its own. */
void machine_verdicts_flush(struct machine *m);
/* machine_verdicts_refresh values leaves that are a second old anew, in turn,
 * max at most. */
void machine_verdicts_refresh(struct machine *m, uint32_t max);

/* machine_verdict_slot: of a vault slot; MACHINE_NO_SLOT: none. */
uint32_t machine_verdict_slot(const struct machine *m, uint32_t slot);

#endif
