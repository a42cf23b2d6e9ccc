/* oracle/calls_step.h - one step of every margin call of a book: last state
 * and a snapshot in, next state and what changed out.  Reads no clock: the
 * time is the market's.
 *
 * Source: margin-model 1.6, 1.9 (recovery), 1.12; margin/call.h.
 */
#ifndef ORACLE_CALLS_STEP_H
#define ORACLE_CALLS_STEP_H

#include "oracle/calls_state.h"
#include "oracle/study.h"

#define CALLS_NO_SLOT UINT32_MAX

/* One vault, of the book or of the last state. */
struct calls_row {
	const char *vault;
	uint32_t slot;		/* CALLS_NO_SLOT: it left the book */
	uint32_t root;		/* slot of the vault whose sums judge it */
	bool is_new;		/* not in the last state */
	struct call_input input;
	struct call_transition step;
	bool has_amount;	/* of a root whose figures are known */
	struct usd18 amount;	/* what restores the initial level; ceil */
};

struct calls_step {
	struct b32 snapshot;
	bool is_recovery;
	uint32_t count;
	struct calls_row *row;	/* ascending by name */
	struct calls_state after;
};

/* calls_snapshot_hash: keccak256 of keccak256(book's text),
 * keccak256(market's text) and the rules' hash, with the method that stands
 * instead of theirs. */
struct b32 calls_snapshot_hash(const struct study *s, const struct b32 *book,
    const struct b32 *market, const enum margin_method *method);

/* calls_input_of: what the state machine asks about a vault that is judged by
 * its own sums.  What cannot be computed, and what a method refuses to have
 * signed, is stale: it decides nothing.  A file says nothing of liquidations
 * under way.  collateral and debt take what it adds to the system's ratio. */
void calls_input_of(struct call_input *out, struct usd18 *collateral,
    struct usd18 *debt, const struct study *s, uint32_t slot,
    const enum margin_method *method);

/* calls_step_make steps every vault.  One that shares its parent's collateral
 * takes its root's state; one that left the book owes nothing, is stepped so a
 * last time and forgotten.  step->row points into study and before; to be
 * freed with calls_step_free.  ERR_STATE for a market older than `before`,
 * ERR_RANGE where the system's sums do not fit, ERR_LIMIT without memory. */
MUST_CHECK enum err calls_step_make(struct calls_step *step,
    const struct study *s, const struct calls_state *before,
    const struct b32 *snapshot, const enum margin_method *method);
void calls_step_free(struct calls_step *step);	/* accepts a zeroed one */

#endif
