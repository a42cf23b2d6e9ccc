#include "margin/node.h"

#include "base/must.h"

const struct position *
node_position(const struct node *n, size_t i)
{
	MUST(i < n->vault->position_count);
	return &n->book->positions[n->vault->position_first + i];
}

const struct order *
node_order(const struct node *n, size_t i)
{
	MUST(i < n->vault->order_count);
	return &n->book->orders[n->vault->order_first + i];
}

bool
node_order_is_filled(const struct node *n, size_t i, const struct point *at)
{
	const struct order *o = node_order(n, i);
	uint8_t factor = n->book->instruments[o->instrument].factor;

	switch (at->factor[factor].fill) {
	case FILL_NONE: return false;
	case FILL_BIDS: return !num18_is_negative(o->size);
	case FILL_ASKS: return num18_is_negative(o->size);
	}
	MUST(false);
}

static enum err
item_add_order(struct node_item *item, const struct order *o, bool is_filled)
{
	if (is_filled)
		return num18_add(&item->size, item->size, o->size);
	return num18_is_negative(o->size) ?
	    num18_sub(&item->asks, item->asks, o->size) :
	    num18_add(&item->bids, item->bids, o->size);
}

enum err
node_items(struct node_item out[NODE_ITEMS_MAX], size_t *count,
    const struct node *n, const struct point *at)
{
	size_t p = 0, o = 0, made = 0;
	enum err e = ERR_OK;

	while (p < n->vault->position_count || o < n->vault->order_count) {
		uint16_t at_p = p < n->vault->position_count ?
		    node_position(n, p)->instrument : UINT16_MAX;
		uint16_t at_o = o < n->vault->order_count ?
		    node_order(n, o)->instrument : UINT16_MAX;
		struct node_item *item = &out[made++];

		MUST(made <= NODE_ITEMS_MAX);
		*item = (struct node_item){
			.instrument = at_p < at_o ? at_p : at_o };
		if (at_p <= at_o)
			item->size = node_position(n, p++)->size;
		for (; e == ERR_OK && o < n->vault->order_count &&
		    node_order(n, o)->instrument == item->instrument; o++)
			e = item_add_order(item, node_order(n, o),
			    node_order_is_filled(n, o, at));
		if (e != ERR_OK)
			return e;
	}
	*count = made;
	return ERR_OK;
}

const struct lien_grant *
node_grant(const struct node *n, size_t leg)
{
	if (n->grant_count == 0 || n->vault->collateral[leg].lien == 0)
		return NULL;
	return lien_grant_find(n->grants, n->grant_count, n->slot,
	    (uint8_t)leg);
}

u128
node_atoms(const struct node *n, size_t leg)
{
	const struct lien_grant *g = node_grant(n, leg);

	return g ? g->counted : n->vault->collateral[leg].amount;
}

uint64_t
node_factors(const struct node *n)
{
	const struct vault *v = n->vault;
	uint64_t bits = 0;

	_Static_assert(BOOK_FACTORS_MAX <= 64, "one bit per factor");
	for (size_t i = 0; i < v->collateral_count; i++)
		bits |= UINT64_C(1) <<
		    n->book->assets[v->collateral[i].asset].factor;
	for (size_t i = 0; i < v->debt_count; i++)
		bits |= UINT64_C(1) <<
		    n->book->assets[v->debt[i].asset].factor;
	for (size_t i = 0; i < v->position_count; i++)
		bits |= UINT64_C(1) << n->book->instruments[
		    node_position(n, i)->instrument].factor;
	for (size_t i = 0; i < v->order_count; i++)
		bits |= UINT64_C(1) << n->book->instruments[
		    node_order(n, i)->instrument].factor;
	return bits;
}

bool
node_is_limited(const struct node *n)
{
	if (n->rules && ppb_to_raw(n->rules->collateral.share_max) <
	    PPB_ONE_RAW)
		return true;
	for (size_t i = 0; i < n->vault->collateral_count; i++) {
		const struct asset_risk *r = &n->book->assets[
		    n->vault->collateral[i].asset].risk;

		if (r->has_cap || r->is_dynamic)
			return true;
	}
	return false;
}
