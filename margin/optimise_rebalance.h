/* margin/optimise_rebalance.h - the cheapest way that a greedy search finds
 * from a vault to a target, and how a vault of any method is liquidated.
 *
 * A step sells collateral and repays a debt with what it fetches, or closes a
 * position.  Of all steps done in full the one that brings the vault nearest
 * to its target per cost is done; the last one is cut to what it takes, by
 * bisection.  Every step is recomputed in full, at mid; where no step helps,
 * there is no way.
 *
 * For one debt and one collateral under `ratio` this is the closed form of
 * margin/liquidation_bare.h to within one atom, the cost in place of the
 * bonus.
 *
 * Units:  amounts in atoms, sizes num18 contracts, usd18, wad.
 * Rounds: what is sold and costs up; a step's size up to the next atom.
 * Owns:   nothing; the vault is put back as it was.
 * Source: margin-model 1.8 (any method, greedily), 1.10.
 */
#ifndef MARGIN_OPTIMISE_REBALANCE_H
#define MARGIN_OPTIMISE_REBALANCE_H

#include "margin/optimise_cost.h"
#include "margin/whatif.h"

#define REBALANCE_STEPS_MAX (2u * BOOK_LEGS_MAX + POSITIONS_MAX)

enum rebalance_kind { REBALANCE_REPAY, REBALANCE_CLOSE };
/* "repay", "close" */
const char *rebalance_kind_name(enum rebalance_kind k);

struct rebalance_step {
	enum rebalance_kind kind;
	uint8_t debt_asset;		/* REPAY: what is repaid ... */
	uint8_t collateral_asset;	/* ... with what, the same at no cost */
	u128 repay, sell;		/* atoms of each */
	uint16_t instrument;		/* CLOSE */
	struct num18 size;		/* traded: against the position */
	struct px18 price;		/* of the trade, with its cost */
	struct usd18 cost;
	struct wad health_after;
};

struct rebalance_plan {
	size_t count;
	struct rebalance_step step[REBALANCE_STEPS_MAX];
	struct usd18 cost;
	struct wad health_before, health_after;	/* at mid, maintenance */
	struct action_metrics after;
};

/* rebalance_to_health: until health >= target; no steps where it is.
 * ERR_REFUSED where no sequence of steps that it tries reaches the target, or
 * the method does not hold there; ERR_LIMIT beyond REBALANCE_STEPS_MAX;
 * ERR_STALE; margin_evaluate's errors.  w is open on the vault of a snapshot
 * of the same book (MUST). */
MUST_CHECK enum err rebalance_to_health(struct rebalance_plan *out,
    struct whatif *w, const struct snapshot *s, enum margin_method method,
    struct wad target, const struct optimise_rules *r);
/* rebalance_to_excess: the same until the maintenance excess is at least
 * `target`: with is_liquidation and zero, a liquidation. */
MUST_CHECK enum err rebalance_to_excess(struct rebalance_plan *out,
    struct whatif *w, const struct snapshot *s, enum margin_method method,
    struct usd18 target, const struct optimise_rules *r);

#endif
