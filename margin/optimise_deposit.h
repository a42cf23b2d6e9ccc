/* margin/optimise_deposit.h - the cheapest deposit that brings a vault to its
 * initial margin, recomputed in full.
 *
 * Sources are the book's assets, of any amount up to their caps, at the cost
 * of buying them (margin/optimise_cost.h).  margin/optimise_topup.h chooses;
 * amounts are first at the cautious price, min(low, twap, stable), the least
 * that initial margin counts.  A deposit that is itself a risk raises the
 * requirement: more is asked for then and the choice made again.  What is
 * enough is cut by bisection to what is just enough.
 *
 * Units:  usd18, atoms.
 * Rounds: amounts up.
 * Owns:   nothing: the caller places the work; the vault is put back.
 * Source: margin-model 1.6 (a call restores to the initial level), 1.10.
 */
#ifndef MARGIN_OPTIMISE_DEPOSIT_H
#define MARGIN_OPTIMISE_DEPOSIT_H

#include "margin/optimise_cost.h"
#include "margin/optimise_topup.h"
#include "margin/whatif.h"

#define DEPOSIT_ROUNDS_MAX 32u
#define DEPOSIT_CUTS_MAX 64u

struct deposit_work {
	struct topup_source source[TOPUP_SOURCES_MAX];
	uint8_t asset[TOPUP_SOURCES_MAX];	/* of each source */
	size_t count;
	struct topup_plan plan;
};

struct deposit_part {
	uint8_t asset;
	u128 atoms;
	struct usd18 value;	/* at mid, ceil */
	struct usd18 cost;
};

struct deposit_plan {
	struct usd18 shortfall;	/* of initial margin, at least zero */
	size_t count;		/* zero where nothing is lacking */
	struct deposit_part part[BOOK_LEGS_MAX];	/* by asset slot */
	struct usd18 cost;
	struct action_metrics before, after;
};

/* deposit_plan_of: ERR_REFUSED where no deposit that it tries restores the
 * initial margin, or the method does not hold; ERR_LIMIT where the vault has
 * no room for the legs; ERR_STALE; margin_evaluate's errors.  w is open on the
 * vault of a snapshot of the same book (MUST). */
MUST_CHECK enum err deposit_plan_of(struct deposit_plan *out,
    struct whatif *w, const struct snapshot *s, enum margin_method method,
    const struct optimise_rules *r, struct deposit_work *work);

#endif
