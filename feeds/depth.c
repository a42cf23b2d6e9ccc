#include "feeds/depth.h"

#include <string.h>

struct depth *
depth_of(struct depth *books, const char *symbol)
{
	for (size_t i = 0; i < VENUE_SYMBOLS_MAX; i++) {
		if (strcmp(books[i].symbol, symbol) == 0)
			return &books[i];
		if (books[i].symbol[0] != '\0')
			continue;
		/* Filled in order, and none is ever given back. */
		memcpy(books[i].symbol, symbol, strlen(symbol) + 1);
		return &books[i];
	}
	return NULL;
}

void
depth_begin(struct depth *d)
{
	d->is_known = d->was_begun = true;
	d->count[DEPTH_BID] = d->count[DEPTH_ASK] = 0;
	d->was_cut[DEPTH_BID] = d->was_cut[DEPTH_ASK] = false;
}

void
depth_void(struct depth *d)
{
	d->is_known = false;
	d->was_begun = true;
}

void
depth_void_all(struct depth *books)
{
	for (size_t i = 0; i < VENUE_SYMBOLS_MAX; i++)
		depth_void(&books[i]);
}

void
depth_forget_all(struct depth *books)
{
	for (size_t i = 0; i < VENUE_SYMBOLS_MAX; i++)
		memset(&books[i], 0, offsetof(struct depth, price));
}

/* Below zero where a is the better price of that side. */
static int
order_of(enum depth_side side, struct dec18 a, struct dec18 b)
{
	int order = a.value < b.value ? -1 : a.value > b.value;

	return side == DEPTH_ASK ? order : -order;
}

/* The first level that is not better than price. */
static uint32_t
place_of(const struct depth *d, enum depth_side side, struct dec18 price)
{
	uint32_t low = 0, high = d->count[side];

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (order_of(side, d->price[side][mid], price) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
level_take(struct depth *d, enum depth_side side, uint32_t at)
{
	struct dec18 *price = d->price[side];

	d->count[side]--;
	memmove(&price[at], &price[at + 1],
	    (d->count[side] - at) * sizeof(*price));
	if (d->count[side] == 0 && d->was_cut[side])
		d->is_known = false;
}

static void
level_put(struct depth *d, enum depth_side side, uint32_t at,
    struct dec18 price)
{
	struct dec18 *prices = d->price[side];
	bool is_last = at == d->count[side];

	/* What was forgotten may be better than what comes last. */
	if (is_last && d->was_cut[side])
		return;
	if (d->count[side] == DEPTH_LEVELS_MAX) {
		d->was_cut[side] = true;
		if (is_last)
			return;
		d->count[side]--;
	}
	memmove(&prices[at + 1], &prices[at],
	    (d->count[side] - at) * sizeof(*prices));
	prices[at] = price;
	d->count[side]++;
}

void
depth_set(struct depth *d, enum depth_side side, struct dec18 price,
    bool has_size)
{
	uint32_t at = place_of(d, side, price);
	bool is_there = at < d->count[side] &&
	    order_of(side, d->price[side][at], price) == 0;

	if (!d->is_known)
		return;
	if (is_there && !has_size)
		level_take(d, side, at);
	else if (!is_there && has_size)
		level_put(d, side, at, price);
	else if (is_there)
		d->price[side][at] = price;
}

bool
depth_top(const struct depth *d, struct dec18 *bid, struct dec18 *ask)
{
	if (!d->is_known || d->count[DEPTH_BID] == 0 ||
	    d->count[DEPTH_ASK] == 0)
		return false;
	*bid = d->price[DEPTH_BID][0];
	*ask = d->price[DEPTH_ASK][0];
	return true;
}

void
depth_quote(const struct depth *d, struct tick *t)
{
	t->has_bid = d->is_known && d->count[DEPTH_BID] > 0;
	t->has_ask = d->is_known && d->count[DEPTH_ASK] > 0;
	if (t->has_bid)
		t->bid = d->price[DEPTH_BID][0];
	if (t->has_ask)
		t->ask = d->price[DEPTH_ASK][0];
}
