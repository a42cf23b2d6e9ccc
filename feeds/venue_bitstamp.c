/* Bitstamp, wss://ws.bitstamp.net.
 * Source: www.bitstamp.net/websocket/v2: live_trades_*, order_book_* (the best
 * 100 levels each time), bts:request_reconnect, bts:heartbeat; recorded frames
 * of 2021-04.  A symbol is what stands behind the channel's name, in lower
 * case.  Prices are strings (of a trade: price_str), times strings of Unix
 * microseconds. */
#include "feeds/venue_row.h"

#include "feeds/venue_field.h"

enum topic { TOPIC_TRADE, TOPIC_BOOK, TOPIC_OTHER, TOPIC_NONE };

struct message {
	struct field_text event;
	struct field_text channel;
	struct json_text payload;	/* `data` */
	bool has_payload;
};

static const struct {
	const char *name;
	enum topic topic;
} CHANNELS[] = {
	{ "live_trades_", TOPIC_TRADE },
	{ "order_book_", TOPIC_BOOK },
	{ "diff_order_book_", TOPIC_OTHER },
	{ "detail_order_book_", TOPIC_OTHER },
	{ "live_orders_", TOPIC_OTHER },
	{ "funding_rate_", TOPIC_OTHER },
};

/* The topic of a channel, and how long the part before its symbol is. */
static enum topic
channel_topic(const struct json_text *channel, size_t *prefix_len)
{
	for (size_t i = 0; i < ARRAY_COUNT(CHANNELS); i++) {
		*prefix_len = strlen(CHANNELS[i].name);
		if (channel->len > *prefix_len &&
		    memcmp(channel->at, CHANNELS[i].name, *prefix_len) == 0)
			return CHANNELS[i].topic;
	}
	*prefix_len = channel->len;
	return TOPIC_NONE;
}

static void
micros_read(struct json *j, struct field_time *out)
{
	struct field_text text = { .has = out->has };
	uint64_t us = 0;
	enum err e;

	if (!field_read_string(j, &text))
		return;
	e = decimal_to_u64(&us, text.text.at, text.text.len);
	if (e == ERR_OK && us / 1000 > FIELD_TIME_MS_MAX)
		e = ERR_RANGE;
	if (e != ERR_OK) {
		json_fail(j, e);
		return;
	}
	out->has = true;
	out->ms = us / 1000;
}

static void
trade_read(struct json *j, struct tick *t, struct field_time *time)
{
	struct field_u64 id = { 0 };
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "price_str"))
			field_read_price(j, FIELD_STRING, &t->has_last,
			    &t->last);
		else if (json_text_is(&key, "amount_str"))
			field_read_size(j, FIELD_STRING, &t->has_size,
			    &t->size);
		else if (json_text_is(&key, "microtimestamp"))
			micros_read(j, time);
		else if (json_text_is(&key, "id"))
			field_read_u64(j, &id);
		else
			json_skip(j);
	}
	if (!t->has_last || !time->has)
		json_fail(j, ERR_MISSING);
	t->has_sequence = id.has;
	t->sequence = id.value;
}

/* [["price","amount"],...], the best first; the rest is checked for its form
 * alone. */
static void
side_read(struct json *j, bool *has_side, bool *has, struct dec18 *best)
{
	if (*has_side)
		json_fail(j, ERR_DUPLICATE);
	*has_side = true;
	if (!json_enter_array(j))
		return;
	while (json_next_item(j)) {
		if (*has) {
			json_skip(j);
			continue;
		}
		json_enter_array(j);
		if (json_next_item(j))
			field_read_price(j, FIELD_STRING, has, best);
		while (json_next_item(j))
			json_skip(j);
		if (!*has)
			json_fail(j, ERR_MISSING);
	}
}

static void
book_read(struct json *j, struct tick *t, struct field_time *time)
{
	bool has_bids = false, has_asks = false;
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "bids"))
			side_read(j, &has_bids, &t->has_bid, &t->bid);
		else if (json_text_is(&key, "asks"))
			side_read(j, &has_asks, &t->has_ask, &t->ask);
		else if (json_text_is(&key, "microtimestamp"))
			micros_read(j, time);
		else
			json_skip(j);
	}
	if (!has_bids || !has_asks || !time->has)
		json_fail(j, ERR_MISSING);
}

static void
payload_read(struct frame *f, struct json *j, const struct message *m,
    bool is_trade, size_t prefix_len)
{
	struct tick *t = frame_add_tick(f, j);
	size_t len = m->channel.text.len - prefix_len;
	struct field_time time = { 0 };
	struct json payload;

	if (!m->has_payload) {
		json_fail(j, ERR_MISSING);
		return;
	}
	if (!field_is_symbol(m->channel.text.at + prefix_len, len)) {
		json_fail(j, ERR_SYNTAX);
		return;
	}
	memcpy(t->symbol, m->channel.text.at + prefix_len, len);
	json_open(&payload, m->payload.at, m->payload.len);
	if (is_trade)
		trade_read(&payload, t, &time);
	else
		book_read(&payload, t, &time);
	if (json_close(&payload) != ERR_OK)
		json_fail(j, payload.error);
	frame_stamp_tick(f, t, &time);
}

static void
message_read(struct json *j, struct message *m)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "event"))
			field_read_string(j, &m->event);
		else if (json_text_is(&key, "channel"))
			field_read_string(j, &m->channel);
		else if (!json_text_is(&key, "data"))
			json_skip(j);
		else if (m->has_payload)
			json_fail(j, ERR_DUPLICATE);
		else
			m->has_payload = json_raw(j, &m->payload);
	}
}

/* What the protocol itself says; TICKS is what a channel says. */
static enum frame_kind
event_kind(const struct json_text *event)
{
	if (json_text_is(event, "bts:subscription_succeeded") ||
	    json_text_is(event, "bts:unsubscription_succeeded") ||
	    json_text_is(event, "bts:heartbeat"))
		return FRAME_ACK;
	if (json_text_is(event, "bts:error"))
		return FRAME_REFUSED;
	/* The server goes down: what it says from now on is lost to us. */
	if (json_text_is(event, "bts:request_reconnect"))
		return FRAME_GAP;
	return event->len > 4 && memcmp(event->at, "bts:", 4) == 0 ?
	    FRAME_UNKNOWN : FRAME_TICKS;
}

enum err
venue_bitstamp_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum topic topic;
	size_t prefix_len = 0;
	struct json j;

	frame_begin(f);
	json_open(&j, text, len);
	if (json_kind(&j) == JSON_KIND_OBJECT)
		message_read(&j, &m);
	else
		json_skip(&j);
	if (j.error != ERR_OK || !m.event.has)
		return json_close(&j);
	f->kind = event_kind(&m.event.text);
	frame_set_channel(f, m.event.text.at, m.event.text.len);
	if (f->kind != FRAME_TICKS)
		return json_close(&j);
	topic = m.channel.has ? channel_topic(&m.channel.text, &prefix_len) :
	    TOPIC_NONE;
	if (topic != TOPIC_NONE)	/* without the line below the symbol */
		frame_set_channel(f, m.channel.text.at, prefix_len - 1);
	if (topic == TOPIC_TRADE && json_text_is(&m.event.text, "trade"))
		payload_read(f, &j, &m, true, prefix_len);
	else if (topic == TOPIC_BOOK && json_text_is(&m.event.text, "data"))
		payload_read(f, &j, &m, false, prefix_len);
	else
		f->kind = topic == TOPIC_OTHER ? FRAME_IGNORED : FRAME_UNKNOWN;
	return json_close(&j);
}

/* Each message asks for one channel; the books first. */
enum err
venue_bitstamp_subscribe(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	struct field_out o;
	enum err e = symbols_check(symbols, count);

	if (e != ERR_OK)
		return e;
	if (n >= 2 * count) {
		*len = 0;
		return ERR_OK;
	}
	o = field_out_begin(out, size);
	field_out_put(&o, "{\"event\":\"bts:subscribe\",\"data\":{"
	    "\"channel\":\"");
	field_out_put(&o, n < count ? "order_book_" : "live_trades_");
	field_out_put(&o, symbols[n % count]);
	field_out_put(&o, "\"}}");
	return field_out_end(&o, len);
}
