/* margin/node_kept.h - what a vault's parts come to at one point, kept while it
 * is evaluated at many: most points move one factor, and what is on another
 * costs what it cost before.
 *
 * Between node_kept_begin and node_kept_end nothing of the snapshot may change;
 * snapshot_node gives what is kept to the nodes of that book and market alone.
 * Only answers are kept: what fails is tried again and fails again.
 *
 * Units:  usd18; prices px18.  Owns nothing: it lies in struct method_work.
 * Limits: NODE_KEPT_MAX answers; what falls on the place of another replaces
 *         it.
 */
#ifndef MARGIN_NODE_KEPT_H
#define MARGIN_NODE_KEPT_H

#include "margin/point.h"

#define NODE_KEPT_MAX 1024u	/* a power of two */

enum node_kept_what {
	KEPT_PRICE,		/* of an instrument */
	KEPT_COLLATERAL, KEPT_DEBT,	/* of a leg: value, weighted */
	KEPT_OPTION,		/* of a position: its mark */
	KEPT_CONTRACT,		/* of a position: profit, trusted */
	KEPT_STANDARD,		/* margin/method_standard.c's own table */
};

/* Where an answer holds.  side: of the rounding or of the margin. */
struct node_kept_key {
	uint64_t turn;
	uint64_t what;		/* packed */
	struct px18 where;	/* of the factor, where it stands at a price */
};

struct node_kept_pair {
	struct node_kept_key key;
	struct usd18 first, second;
};

struct node_kept {
	uint64_t turn;		/* which begin this is; never zero */
	const struct book *book;	/* NULL: nothing is kept */
	const struct market *market;
	struct node_kept_pair pair[NODE_KEPT_MAX];
};

void node_kept_init(struct node_kept *k);
/* node_kept_begin forgets all there was.  It does not nest (MUST). */
void node_kept_begin(struct node_kept *k, const struct book *b,
    const struct market *m);
void node_kept_end(struct node_kept *k);

/* node_kept_key_of: of an index of a vault's, with its factor there; fills are
 * not in it.  index below 2^16, side 0 or 1 (MUST). */
struct node_kept_key node_kept_key_of(const struct node_kept *k,
    enum node_kept_what what, uint32_t slot, uint32_t index, unsigned side,
    const struct point_factor *where);
bool node_kept_key_is(const struct node_kept_key *a,
    const struct node_kept_key *b);
/* node_kept_place: below `places`, a power of two. */
size_t node_kept_place(const struct node_kept_key *key, size_t places);

/* node_kept_find: NULL where it is not kept; node_kept_put keeps a pair. */
const struct node_kept_pair *node_kept_find(const struct node_kept *k,
    const struct node_kept_key *key);
void node_kept_put(struct node_kept *k, const struct node_kept_key *key,
    struct usd18 first, struct usd18 second);

#endif
