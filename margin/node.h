/* margin/node.h - one vault against one snapshot: what it has.
 *
 * Owns:   nothing.  Source: margin-model 1.2.
 */
#ifndef MARGIN_NODE_H
#define MARGIN_NODE_H

#include "margin/lien.h"
#include "margin/node_kept.h"
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
	struct node_kept *kept;	/* NULL: nothing is */
	bool is_shocked_in_grid;	/* the method shocks collateral by
					 * itself: no wrong-way haircut */
};

const struct position *node_position(const struct node *n, size_t i);
/* node_atoms: of a collateral leg, what counts. */
u128 node_atoms(const struct node *n, size_t leg);
/* node_grant: of a collateral leg under a lien; NULL of others. */
const struct lien_grant *node_grant(const struct node *n, size_t leg);
/* node_factors: a bit for each base factor that the vault holds, owes, trades
 * or has an order on. */
uint64_t node_factors(const struct node *n);
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

#endif
