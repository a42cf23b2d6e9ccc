/* margin/node_value.h - one vault against one snapshot: what it is worth at a
 * point, before any requirement, and whether its prices are there.
 *
 * Values: each collateral leg V floor and V x threshold floor, each debt D
 * ceil and D x weight ceil, each position's gain floor.  The initial side uses
 * ltv instead of the threshold and the cautious price of each leg:
 * min(price, twap, stable) for what is held, max for what is owed; caps, size
 * and finality haircuts act there (margin/collateral.h, margin/lien.h).
 *
 * Units:  usd18.  Owns nothing, allocates nothing.
 * Source: margin-model 1.3-1.5.
 */
#ifndef MARGIN_NODE_VALUE_H
#define MARGIN_NODE_VALUE_H

#include "margin/explain.h"
#include "margin/node.h"

enum margin_side { SIDE_INITIAL, SIDE_MAINTENANCE };

struct node_value {
	struct usd18 collateral_value;	/* sum V */
	struct usd18 weighted_collateral;	/* sum CV */
	struct usd18 debt_value;	/* sum D */
	struct usd18 weighted_debt;	/* sum D * b */
	struct usd18 pnl;	/* of linear and inverse positions, less
				 * funding; of filled orders on options, less
				 * what they cost */
	struct usd18 trusted_pnl;	/* the same, gains at their trust
					 * weight: what margin counts */
	struct usd18 option_value;	/* marks of the options */
};

/* node_value_at: x, which may be NULL, takes the terms of collateral, debt and
 * equity on this side; adjusted equity has the options' marks only where
 * counts_options says so.  ERR_STALE where a price that the vault needs is
 * refused or missing, ERR_RANGE. */
MUST_CHECK enum err node_value_at(struct node_value *out, const struct node *n,
    const struct point *at, enum margin_side side, bool counts_options,
    struct explain *x);

/* node_status: what the prices of all that the vault holds, owes and trades
 * come to. */
struct node_status {
	bool is_stale;		/* a price is refused or missing */
	bool is_degraded;
	bool is_pending;	/* something has expired and is not settled */
	enum explain_about about;	/* what made it stale or pending */
	uint32_t index;
};
struct node_status node_status_of(const struct node *n);

#endif
