/* margin/call.h - the states of an account: margin calls, their deadlines,
 * and who may be liquidated.
 *
 * HEALTHY -> RESTRICTED -> CALLED -> OVERDUE -> LIQUIDATABLE -> LIQUIDATING ->
 * CLOSED or INSOLVENT (enum vault_state), with the overlays STALE, PENDING and
 * RECOVERY.  A step is a function of the last state, the snapshot's figures
 * and its time; taken twice it is the same.
 *
 * Units:  usd18, ppb, Unix milliseconds of snapshots.  Owns nothing.
 * Source: margin-model 1.3 (three points), 1.6, 1.12.
 */
#ifndef MARGIN_CALL_H
#define MARGIN_CALL_H

#include "margin/verdict.h"

#define CALL_AGES 5u	/* buckets of ageing */

struct call_rules {
	struct ppb buffer;	/* beta: called below this share of MMR */
	struct ppb target;	/* tau: a call restores this share of IMR */
	struct ppb haircut;	/* of what a call is paid with */
	struct ppb hysteresis;	/* share of IMR to be HEALTHY again */
	uint64_t deadline_ms;	/* from the call */
	bool is_enforced;	/* OVERDUE: may be liquidated up to the initial
				 * level */
	uint64_t age_ms[CALL_AGES - 1];	/* bounds of the buckets, ascending */
};
/* beta 0.1, tau 1, no haircut, 0.02, one day, not enforced; ages of 1 hour,
 * 1, 3 and 7 days. */
void call_rules_default(struct call_rules *r);

struct call_state {
	enum vault_state state;	/* one of the eight below the overlays */
	enum vault_state overlay;	/* STALE, PENDING, RECOVERY; HEALTHY:
					 * none */
	uint64_t since_ms;	/* of this state; zero before the first step */
	uint64_t deadline_ms;	/* of the open call; zero: no call is open */
};

struct call_input {
	struct usd18 im_excess;	/* at the worst end */
	struct usd18 mm_excess_mid, mm_excess_worst, mm_excess_best;
	struct usd18 imr, mmr;	/* `ratio`: the sum of D * b in both */
	struct usd18 equity;	/* at weight one */
	bool has_obligation;	/* debt, or a maintenance requirement */
	bool is_empty;		/* nothing held, owed or open */
	bool is_worthless;	/* debt, and collateral worth nothing */
	bool is_being_liquidated;
	bool is_stale, is_pending, is_recovery;
	uint64_t as_of_ms;
	struct b32 snapshot;	/* its hash */
};

/* What is logged of a step. */
struct call_transition {
	bool is_change;		/* of state or overlay */
	struct call_state from, to;
	uint64_t at_ms;
	struct b32 snapshot;
};

/* call_step: the first of these that holds.
 *	STALE		the state stays what it was
 *	CLOSED		nothing left of a vault that was to be liquidated
 *	INSOLVENT	debt, and collateral worth nothing
 *	LIQUIDATING	while it is being liquidated
 *	INSOLVENT	equity below zero after its liquidation
 *	LIQUIDATABLE	an obligation, and MM excess below zero at all three
 *			points; no grace
 *	HEALTHY		IM excess >= 0; the call is met.  From RESTRICTED,
 *			CALLED, OVERDUE only with hysteresis * IMR, RESTRICTED
 *			until then
 *	OVERDUE		a call is open and its deadline has come
 *	CALLED		a call is open, or an obligation and MM excess below
 *			buffer * MMR at mid, which opens one
 *	RESTRICTED
 * A call stays open, with its deadline, until IM excess >= 0: it restores the
 * initial level, not the maintenance level.
 * out may be in.  ERR_STATE for a snapshot older than since_ms; ERR_RANGE. */
MUST_CHECK enum err call_step(struct call_state *out,
    struct call_transition *log, const struct call_state *in,
    const struct call_input *x, const struct call_rules *rules);

/* call_shown: the state as it is signed: STALE above all; PENDING and RECOVERY
 * in place of HEALTHY and RESTRICTED only. */
enum vault_state call_shown(const struct call_state *s);
/* call_is_flagged: equity below zero without an obligation: not liquidatable,
 * no withdrawal, somebody should look. */
bool call_is_flagged(const struct call_input *x);
/* call_may_liquidate_to_initial: OVERDUE where the rules enforce calls. */
bool call_may_liquidate_to_initial(const struct call_state *s,
    const struct call_rules *rules);
/* call_age: the bucket of how long the state has lasted; 0 .. CALL_AGES-1. */
unsigned call_age(const struct call_state *s, uint64_t now_ms,
    const struct call_rules *rules);

/* call_amount: ceil((tau * IMR - AE)+ / (1 - haircut)), AE = im_excess + imr.
 * For `ratio` imr is the sum of D * b.  ERR_RANGE for a haircut of one or
 * more. */
MUST_CHECK enum err call_amount(struct usd18 *out, struct usd18 im_excess,
    struct usd18 imr, const struct call_rules *rules);

#endif
