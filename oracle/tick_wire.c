#include "oracle/tick_wire.h"

#include <string.h>

static bool
market_find(uint16_t *out, const struct config *c, size_t venue,
    const char *symbol)
{
	for (size_t i = 0; i < c->prices.market_count; i++) {
		if (c->market[i].venue == venue &&
		    strcmp(c->market[i].symbol, symbol) == 0) {
			*out = (uint16_t)i;
			return true;
		}
	}
	return false;
}

enum err
tick_wire_from(struct wire_tick *out, const struct config *c, size_t venue,
    const struct tick *t, uint64_t recv_ms)
{
	struct wire_tick w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TICK);
	if (!market_find(&w.market, c, venue, t->symbol))
		return ERR_UNKNOWN;
	w.has_book = t->has_bid && t->has_ask;
	w.has_last = t->has_last;
	if (!w.has_book && !w.has_last) {
		if ((!t->has_bid && !t->has_ask) ||
		    c->venue[venue].venue->tells_changes)
			return ERR_MISSING;
		tick_wire_void(out, w.market, recv_ms);
		return ERR_OK;
	}
	w.exchange_ms = t->has_time ? t->exchange_ms : 0;
	w.recv_ms = recv_ms;
	if (w.has_book) {
		w.bid = wire_from_u128(t->bid.value);
		w.ask = wire_from_u128(t->ask.value);
	}
	if (w.has_last)
		w.last = wire_from_u128(t->last.value);
	*out = w;
	return ERR_OK;
}

void
tick_wire_void(struct wire_tick *out, size_t market, uint64_t recv_ms)
{
	memset(out, 0, sizeof(*out));
	wire_head_set(&out->head, WIRE_TICK);
	out->market = (uint16_t)market;
	out->recv_ms = recv_ms;
}

void
tick_wire_void_each(const struct config *c, size_t venue, uint64_t recv_ms,
    void (*say)(void *arg, const struct wire_tick *w), void *arg)
{
	for (size_t i = 0; i < c->prices.market_count; i++) {
		struct wire_tick w;

		if (c->market[i].venue != venue)
			continue;
		tick_wire_void(&w, i, recv_ms);
		say(arg, &w);
	}
}

void
tick_wire_heartbeat(struct wire_heartbeat *out, size_t venue,
    uint64_t exchange_ms, uint64_t recv_ms)
{
	memset(out, 0, sizeof(*out));
	wire_head_set(&out->head, WIRE_HEARTBEAT);
	out->venue = (uint16_t)venue;
	out->exchange_ms = exchange_ms;
	out->recv_ms = recv_ms;
}
