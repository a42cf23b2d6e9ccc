/* margin/node_kept.h - what a snapshot says at one point, kept while a vault is
 * evaluated at many: most of them move one factor, and what is on another
 * costs what it cost before.
 *
 * Between node_kept_begin and node_kept_end neither the book nor the market
 * nor the rules may change; snapshot_node gives what is kept to the nodes of
 * that book and market alone.  Only answers are kept: what fails is tried
 * again and fails again.
 *
 * Units:  px18.  Owns nothing: it lies in struct method_work.
 * Limits: NODE_KEPT_PRICES; what falls on the place of another replaces it.
 */
#ifndef MARGIN_NODE_KEPT_H
#define MARGIN_NODE_KEPT_H

#include "margin/point.h"

#define NODE_KEPT_PRICES 1024u	/* a power of two */

struct node_kept_price {
	uint64_t turn;
	uint16_t instrument;
	uint8_t at, rounding;
	struct px18 where;	/* of the factor, where at says so */
	struct px18 px;
};

struct node_kept {
	uint64_t turn;		/* which begin this is; never zero */
	const struct book *book;	/* NULL: nothing is kept */
	const struct market *market;
	struct node_kept_price price[NODE_KEPT_PRICES];
};

void node_kept_init(struct node_kept *k);
/* node_kept_begin forgets all there was.  It does not nest (MUST). */
void node_kept_begin(struct node_kept *k, const struct book *b,
    const struct market *m);
void node_kept_end(struct node_kept *k);

/* node_kept_price: an instrument's price where its factor stands, rounded to
 * that side; false where it is not kept. */
bool node_kept_price(struct px18 *out, const struct node_kept *k,
    uint16_t instrument, const struct point_factor *where, enum rounding r);
void node_kept_price_put(struct node_kept *k, uint16_t instrument,
    const struct point_factor *where, enum rounding r, struct px18 px);

#endif
