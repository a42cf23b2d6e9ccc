#include "oracle/tick_wire.h"

#include <string.h>

/* A side that is empty, of a book that is told as a whole. */
static bool
is_void(const struct tick *t, const struct venue *v)
{
	return !v->tells_changes && !(t->has_bid && t->has_ask) &&
	    (t->is_book || t->has_bid || t->has_ask);
}

enum err
tick_wire_from(struct wire_tick out[TICK_WIRES_MAX], size_t *count,
    const struct config *c, size_t venue, const struct tick *t,
    uint64_t recv_ms)
{
	struct wire_tick w;
	size_t n = 0;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TICK);
	if (!config_market_find(&w.market, c, venue, t->symbol))
		return ERR_UNKNOWN;
	w.has_book = t->has_bid && t->has_ask;
	w.has_last = t->has_last;
	if (is_void(t, c->venue[venue].venue))
		tick_wire_void(&out[n++], w.market, recv_ms);
	if (!w.has_book && !w.has_last) {
		if (n == 0)
			return ERR_MISSING;
		*count = n;
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
	out[n++] = w;
	*count = n;
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

static bool
side_invert(struct wire_u128 *out, struct wire_u128 from, enum rounding r)
{
	struct px18 turned, one = px18_from_raw(WAD_ONE_RAW);
	u128 raw = wire_to_u128(from);

	if (raw == 0 || px18_scale(&turned, one, WAD_ONE_RAW, raw, r) !=
	    ERR_OK)
		return false;
	*out = wire_from_u128(px18_to_raw(turned));
	return true;
}

bool
tick_wire_invert(struct wire_tick *w)
{
	struct wire_u128 bid = w->bid;

	if (w->has_book && (!side_invert(&w->bid, w->ask, ROUND_FLOOR) ||
	    !side_invert(&w->ask, bid, ROUND_CEIL)))
		return false;
	return !w->has_last || side_invert(&w->last, w->last, ROUND_FLOOR);
}

bool
tick_wire_from_quote(struct wire_tick *out, const struct prices_market *m,
    const struct prices_quote *q, const struct prices_source *s)
{
	/* A book that is void has no time, and is no book. */
	bool has_book = q->has_book && q->book_ms > 0;
	struct wire_tick w;

	if (!has_book && (q->has_book || !q->has_last))
		return false;
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_TICK);
	w.has_book = has_book;
	w.has_last = !has_book;
	w.recv_ms = q->recv_ms;
	w.exchange_ms = has_book ? q->book_ms : q->last_ms;
	/* Heartbeats may have renewed it. */
	if (s->time_ms > w.exchange_ms)
		w.exchange_ms = s->time_ms;
	if (has_book) {
		w.bid = wire_from_u128(px18_to_raw(q->bid));
		w.ask = wire_from_u128(px18_to_raw(q->ask));
	} else {
		w.last = wire_from_u128(px18_to_raw(q->last));
	}
	if (m->is_inverse && !tick_wire_invert(&w))
		return false;
	*out = w;
	return true;
}

void
tick_wire_price(struct wire_tick *out, size_t market, u128 price,
    uint64_t exchange_ms, uint64_t recv_ms)
{
	tick_wire_void(out, market, recv_ms);
	out->has_book = true;
	out->exchange_ms = exchange_ms;
	out->bid = out->ask = wire_from_u128(price);
}

static bool
venue_is_its_own(const struct config *c, bool is_from_chain, size_t venue)
{
	return venue >= c->venue_count ||
	    venue_is_on_chain(c->venue[venue].venue) == is_from_chain;
}

bool
tick_wire_is_its_own(const struct config *c, bool is_from_chain,
    const void *message)
{
	struct wire_heartbeat beat;
	struct wire_tick tick;
	struct wire_head head;

	memcpy(&head, message, sizeof(head));
	if (head.type == WIRE_VAULT || head.type == WIRE_PORTFOLIO ||
	    head.type == WIRE_BLOCK)
		return c->has_clearing && is_from_chain;
	if (head.type == WIRE_HEARTBEAT) {
		memcpy(&beat, message, sizeof(beat));
		return venue_is_its_own(c, is_from_chain, beat.venue);
	}
	if (head.type != WIRE_TICK)
		return true;
	memcpy(&tick, message, sizeof(tick));
	return tick.market >= c->prices.market_count ||
	    venue_is_its_own(c, is_from_chain, c->market[tick.market].venue);
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

/* ---- contracts ---------------------------------------------------------- */

/* What does not fit is left out: it is for information alone. */
static bool
interest_take(struct wire_u128 *out, const struct config_instrument *k,
    const struct tick_contract *t)
{
	u128 usd = t->interest.value;

	if (!t->has_interest || k->interest == INTEREST_NONE)
		return false;
	if (k->interest == INTEREST_BASE && (!t->has_mark ||
	    muldiv_u128(&usd, usd, t->mark.value, WAD_ONE_RAW,
	    ROUND_FLOOR) != ERR_OK))
		return false;
	if (usd >> 127 != 0)
		return false;
	*out = wire_from_u128(usd);
	return true;
}

enum err
tick_wire_mark(struct wire_mark *out, const struct config *c, size_t venue,
    const struct tick *t, uint64_t recv_ms)
{
	const struct tick_contract *contract = &t->contract;
	const struct config_instrument *k = c->instrument;
	const struct config_instrument *end = k + c->instrument_count;
	struct wire_mark w;

	while (k < end && (k->venue != venue ||
	    strcmp(k->symbol, t->symbol) != 0))
		k++;
	if (k == end)
		return ERR_UNKNOWN;
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_MARK);
	w.instrument = k->instrument;
	w.exchange_ms = t->has_time ? t->exchange_ms : 0;
	w.recv_ms = recv_ms;
	w.has_mark = contract->has_mark && k->is_usd &&
	    contract->mark.value != 0;
	if (w.has_mark)
		w.mark = wire_from_u128(contract->mark.value);
	w.has_funding = contract->has_funding;
	if (w.has_funding)
		w.funding = wire_from_u128((u128)contract->funding);
	w.has_interest = interest_take(&w.interest, k, contract);
	if (!w.has_mark && !w.has_funding && !w.has_interest)
		return ERR_MISSING;
	*out = w;
	return ERR_OK;
}

enum err
tick_wire_option(struct wire_option *out, const struct config_option *k,
    const struct tick *t, uint64_t recv_ms)
{
	const struct tick_contract *contract = &t->contract;
	struct wire_option w;

	if (!contract->has_option || (!contract->has_vol &&
	    !contract->has_forward && !contract->has_mark))
		return ERR_MISSING;
	if (contract->expiry_ms == 0 || contract->strike.value == 0)
		return ERR_RANGE;
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_OPTION);
	w.unit = k->unit;
	w.venue = k->venue;
	w.is_call = contract->is_call;
	w.has_vol = contract->has_vol;
	w.has_forward = contract->has_forward;
	w.expiry_ms = contract->expiry_ms;
	w.exchange_ms = t->has_time ? t->exchange_ms : 0;
	w.recv_ms = recv_ms;
	w.strike = wire_from_u128(contract->strike.value);
	if (w.has_vol)
		w.vol = wire_from_u128(contract->vol.value);
	if (w.has_forward)
		w.forward = wire_from_u128(contract->forward.value);
	/* Options are marked in coins. */
	w.has_price = contract->has_mark;
	if (w.has_price)
		w.price = wire_from_u128(contract->mark.value);
	*out = w;
	return ERR_OK;
}
