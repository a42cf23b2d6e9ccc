/* oracle/machine.h - the deterministic state machine: everything that decides
 * what is signed, and nothing else.
 *
 * Inputs are wire messages (wire_is_input), applied one at a time; outputs are
 * wire messages handed to `emit` during the call: BEGIN, WORD, LEAF, END for
 * the signer; ATTESTATION with its WORDs once it is signed, and KEEP_ for the
 * journal.  It
 * reads no clock and no randomness, allocates only in machine_create, does no
 * I/O.  The same inputs give the same outputs on every machine and compiler.
 *
 * From the bottom up (what is asked of it from outside stands in these too):
 *   machine_state      what it holds
 *   machine_wire       vaults as messages
 *   machine_prices     ticks -> prices -> words -> market
 *   machine_kept       what outlives a life: slow companions, volatilities,
 *                      correlations, listings, contradicted rates
 *   machine_surface    forwards, volatilities and marks of contracts
 *   machine_portfolio  of the vaults those with positions
 *   machine_vaults     vaults in, and the tree of their positions
 *   machine_verdicts   market -> verdicts -> leaves, slots, aggregate
 *   machine_request    cadence, the request to the signer, its answer
 *   machine            creation; one input at a time
 *   machine_snapshot   a book in one given market, without ticks
 *
 * Units:  as wire.h; times Unix ms.
 * Owns:   its tables, sized from the config at creation.
 */
#ifndef ORACLE_MACHINE_H
#define ORACLE_MACHINE_H

#include "oracle/machine_kept.h"
#include "oracle/machine_request.h"
#include "oracle/machine_state.h"
#include "oracle/machine_vaults.h"
#include "oracle/machine_verdicts.h"
#include "oracle/machine_wire.h"

/* machine_create takes the book's assets (vaults come as inputs) and keeps
 * config by reference.  tables: zeroed ones that somebody else reads, with
 * their guard; both NULL: its own.  ERR_LIMIT where the tables do not fit in
 * memory; ERR_UNIT, ERR_MISSING, ERR_RANGE as prices_init. */
MUST_CHECK enum err machine_create(struct machine **out,
    const struct config *config, const struct book *assets,
    const struct tables *tables, const struct tables_guard *guard);
void machine_destroy(struct machine *m);	/* accepts NULL */

/* machine_apply takes one input.  ERR_OK, or the reason why the input was
 * refused; a refused input is hashed like any other and changes nothing else.
 * A message that is no input is the caller's bug. */
MUST_CHECK enum err machine_apply(struct machine *m, const void *message,
    const struct machine_output *out);

#endif
