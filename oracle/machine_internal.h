/* oracle/machine_internal.h - the machine's own rooms, for machine*.c only.
 *
 *   machine.c          creation; one input at a time
 *   machine_prices.c   ticks -> prices -> words -> market
 *   machine_verdicts.c market -> verdicts -> leaves, slots, aggregate
 *   machine_request.c  cadence, the request to the signer, its answer
 *   machine_snapshot.c a book in one given market, without ticks
 */
#ifndef ORACLE_MACHINE_INTERNAL_H
#define ORACLE_MACHINE_INTERNAL_H

#include "oracle/machine.h"

/* machine_prices_close computes every unit's price at now_ms and the word of
 * every asset; returns a bit per asset whose price differs from before. */
u128 machine_prices_close(struct machine *m);

/* machine_positions_put stores the position leaf of a book slot. */
void machine_positions_put(struct machine *m, uint32_t slot);
/* machine_verdicts_close evaluates every vault that was touched or holds an
 * asset of `moved`, and refreshes leaves that are a second old. */
void machine_verdicts_close(struct machine *m, u128 moved);

/* machine_request_close asks the signer, if the cadence says so. */
void machine_request_close(struct machine *m, const struct machine_output *o);
MUST_CHECK enum err machine_request_signed(struct machine *m,
    const struct wire_signed *w, const struct machine_output *o);
MUST_CHECK enum err machine_request_rejected(struct machine *m,
    const struct wire_rejected *w);
MUST_CHECK enum err machine_request_paused(struct machine *m,
    const struct wire_paused *w, const struct machine_output *o);

#endif
