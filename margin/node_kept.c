#include "margin/node_kept.h"

#include <string.h>

#include "base/must.h"

void
node_kept_init(struct node_kept *k)
{
	memset(k, 0, sizeof(*k));
}

void
node_kept_begin(struct node_kept *k, const struct book *b,
    const struct market *m)
{
	MUST(k->book == NULL);
	k->turn++;
	k->book = b;
	k->market = m;
}

void
node_kept_end(struct node_kept *k)
{
	k->book = NULL;
	k->market = NULL;
}

struct node_kept_key
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

bool
node_kept_key_is(const struct node_kept_key *a, const struct node_kept_key *b)
{
	return a->turn == b->turn && a->what == b->what &&
	    px18_compare(a->where, b->where) == 0;
}

size_t
node_kept_place(const struct node_kept_key *key, size_t places)
{
	uint64_t mix = key->what ^ (uint64_t)px18_to_raw(key->where);

	/* The upper bits of a product depend on all of its factor's. */
	mix *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(mix >> 32) & (places - 1);
}

const struct node_kept_pair *
node_kept_find(const struct node_kept *k, const struct node_kept_key *key)
{
	const struct node_kept_pair *p =
	    &k->pair[node_kept_place(key, NODE_KEPT_MAX)];

	return node_kept_key_is(&p->key, key) ? p : NULL;
}

void
node_kept_put(struct node_kept *k, const struct node_kept_key *key,
    struct usd18 first, struct usd18 second)
{
	k->pair[node_kept_place(key, NODE_KEPT_MAX)] =
	    (struct node_kept_pair){ *key, first, second };
}
