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

/* The key of a price; fills do not move it. */
static struct node_kept_price
key_of(const struct node_kept *k, uint16_t instrument,
    const struct point_factor *where, enum rounding r)
{
	return (struct node_kept_price){
		.turn = k->turn, .instrument = instrument,
		.at = (uint8_t)where->at, .rounding = (uint8_t)r,
		.where = where->at == AT_PRICE ? where->price :
		    px18_from_raw(0),
	};
}

static size_t
place_of(const struct node_kept_price *p)
{
	uint64_t mix = (uint64_t)p->instrument << 3 | (uint64_t)p->at << 1 |
	    p->rounding;

	if (p->at == AT_PRICE)
		mix ^= (uint64_t)px18_to_raw(p->where) *
		    UINT64_C(0x9e3779b97f4a7c15) >> 40;
	return (size_t)(mix % NODE_KEPT_PRICES);
}

bool
node_kept_price(struct px18 *out, const struct node_kept *k,
    uint16_t instrument, const struct point_factor *where, enum rounding r)
{
	struct node_kept_price key = key_of(k, instrument, where, r);
	const struct node_kept_price *p = &k->price[place_of(&key)];

	if (p->turn != key.turn || p->instrument != key.instrument ||
	    p->at != key.at || p->rounding != key.rounding ||
	    px18_compare(p->where, key.where) != 0)
		return false;
	*out = p->px;
	return true;
}

void
node_kept_price_put(struct node_kept *k, uint16_t instrument,
    const struct point_factor *where, enum rounding r, struct px18 px)
{
	struct node_kept_price key = key_of(k, instrument, where, r);

	key.px = px;
	k->price[place_of(&key)] = key;
}
