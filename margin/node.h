/* margin/node.h - one vault against one snapshot: what it is worth at a point,
 * before any requirement.
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
#ifndef MARGIN_NODE_H
#define MARGIN_NODE_H

#include "margin/explain.h"
#include "margin/lien.h"
#include "margin/point.h"
#include "margin/rules.h"

struct node {
	const struct book *book;
	const struct market *market;
	const struct rules *rules;
	const struct vault *vault;
	uint32_t slot;		/* of vault, for the grants */
	const struct lien_grant *grants;	/* what legs under a lien
						 * count; the book's */
	size_t grant_count;
	bool is_shocked_in_grid;	/* the method shocks collateral by
					 * itself: no wrong-way haircut */
};

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

const struct position *node_position(const struct node *n, size_t i);
/* node_atoms: of a collateral leg, what counts. */
u128 node_atoms(const struct node *n, size_t leg);
/* node_is_limited: whether caps, size haircuts or shares act on the vault's
 * initial margin (margin/collateral.h). */
bool node_is_limited(const struct node *n);

/* What a vault has of one instrument. */
struct node_item {
	uint16_t instrument;
	struct num18 size;	/* the position and, where the point fills
				 * them, the orders */
	struct num18 bids, asks;	/* open orders that the point does not
					 * fill, each at least zero */
};
#define NODE_ITEMS_MAX (2u * POSITIONS_MAX)
/* node_items merges positions and orders, ascending by instrument; an item may
 * come out with size zero.  ERR_RANGE. */
MUST_CHECK enum err node_items(struct node_item out[NODE_ITEMS_MAX],
    size_t *count, const struct node *n, const struct point *at);
/* node_order: the i-th order; whether the point fills it. */
const struct order *node_order(const struct node *n, size_t i);
bool node_order_is_filled(const struct node *n, size_t i,
    const struct point *at);

/* Whether an instrument has expired without being settled (PENDING: valued at
 * its intrinsic value at the TWAP, without shocks). */
bool instrument_is_pending(const struct instrument *i, const struct market *m);
/* instrument_price: USD per unit of the multiplier.  Perpetual: its mark or
 * the index; future: its mark or the forward; option: Black-76 at the forward
 * and the surface, discounted; expired: intrinsic at the TWAP.  ERR_STALE
 * where what it needs is not there. */
MUST_CHECK enum err instrument_price(struct px18 *out, const struct node *n,
    uint16_t instrument, const struct point *at, enum rounding r);

/* instrument_forward: what an option or a future settles at, as it is expected
 * there: in the settlement window only the part that is not fixed moves;
 * expired, the average over the window or else the index's TWAP (or, without
 * one, its mid), which nothing moves. */
MUST_CHECK enum err instrument_forward(struct px18 *out, const struct node *n,
    const struct instrument *i, const struct point *at, enum rounding r);

/* instrument_forward_parts: the same as what stays and what moves with the
 * factor; expired, all of it stays. */
MUST_CHECK enum err instrument_forward_parts(struct px18 *stays,
    struct px18 *moves, const struct node *n, const struct instrument *i,
    const struct point *at, enum rounding r);

/* instrument_discount: e^(-r tau) to an expiry; a rate below zero counts as
 * zero. */
MUST_CHECK enum err instrument_discount(struct num18 *out,
    const struct market *m, uint64_t expiry_ms);

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
