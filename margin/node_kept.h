/* margin/node_kept.h - what a vault's parts come to at one point, kept while it
 * is evaluated at many: most points move one factor, and what is on another
 * costs what it cost before.
 *
 * Between node_kept_begin and node_kept_end neither book nor market nor rules
 * may change, and snapshot_node gives what is kept to the nodes of these three
 * alone.  Only answers are kept: what fails is tried again and fails again.
 *
 * Units:  usd18; prices px18.  Owns nothing: it lies in struct method_work.
 * Limits: NODE_KEPT_MAX answers; what falls on the place of another replaces
 *         it.
 */
#ifndef MARGIN_NODE_KEPT_H
#define MARGIN_NODE_KEPT_H

#include "base/must.h"
#include "margin/point.h"

struct rules;

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
	const struct rules *rules;
	struct node_kept_pair pair[NODE_KEPT_MAX];
};

void node_kept_init(struct node_kept *k);
/* node_kept_begin forgets all there was.  It does not nest (MUST). */
void node_kept_begin(struct node_kept *k, const struct book *b,
    const struct market *m, const struct rules *r);
void node_kept_end(struct node_kept *k);

/* node_kept_key_of: of an index of a vault's, with its factor there; fills are
 * not in it.  index below 2^16, side 0 or 1 (MUST). */
static inline struct node_kept_key
node_kept_key_of(const struct node_kept *k, enum node_kept_what what,
    uint32_t slot, uint32_t index, unsigned side,
    const struct point_factor *where)
{
	_Static_assert(BOOK_VAULTS_MAX <= 1u << 24, "a slot has 24 bits");
	MUST(index <= UINT16_MAX && side <= 1);
	return (struct node_kept_key){
		.turn = k->turn,
		.what = (uint64_t)slot << 32 | (uint64_t)index << 8 |
		    (uint64_t)what << 4 | (uint64_t)where->at << 1 | side,
		.where = where->at == AT_PRICE ? where->price :
		    px18_from_raw(0),
	};
}

static inline bool
node_kept_key_is(const struct node_kept_key *a, const struct node_kept_key *b)
{
	return a->turn == b->turn && a->what == b->what &&
	    ((a->what >> 1 & 3) != AT_PRICE ||
	    px18_compare(a->where, b->where) == 0);
}

/* node_kept_place: below `places`, a power of two. */
static inline size_t
node_kept_place(const struct node_kept_key *key, size_t places)
{
	uint64_t mix = key->what ^ (uint64_t)px18_to_raw(key->where);

	/* The upper bits of a product depend on all of its factor's. */
	mix *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(mix >> 32) & (places - 1);
}

/* node_kept_find: NULL where it is not kept; node_kept_put keeps a pair. */
static inline const struct node_kept_pair *
node_kept_find(const struct node_kept *k, const struct node_kept_key *key)
{
	const struct node_kept_pair *p =
	    &k->pair[node_kept_place(key, NODE_KEPT_MAX)];

	return node_kept_key_is(&p->key, key) ? p : NULL;
}

void node_kept_put(struct node_kept *k, const struct node_kept_key *key,
    struct usd18 first, struct usd18 second);

#endif
