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
    const struct market *m, const struct rules *r)
{
	MUST(k->book == NULL);
	k->turn++;
	k->book = b;
	k->market = m;
	k->rules = r;
}

void
node_kept_end(struct node_kept *k)
{
	k->book = NULL;
	k->market = NULL;
	k->rules = NULL;
}

void
node_kept_put(struct node_kept *k, const struct node_kept_key *key,
    struct usd18 first, struct usd18 second)
{
	k->pair[node_kept_place(key, NODE_KEPT_MAX)] =
	    (struct node_kept_pair){ *key, first, second };
}
