/* Kraken Futures, wss://futures.kraken.com/ws/v1.
 * Source: docs.kraken.com, Derivatives WebSocket: ticker, ticker_lite, trade,
 * heartbeat; recorded frames of 2021-07-22.  Prices are JSON numbers, times
 * Unix ms.  A ticker comes once a second at most; the lite one has no time. */
#include "feeds/venue_row.h"

#include "feeds/venue_field.h"

struct message {
	struct field_text feed, event;
	struct field_time time;		/* a book's is its `timestamp` */
	struct json_text trades;
	bool has_trades;
};

static const char *const IGNORED[] = { "book", "book_snapshot" };
static const char *const ACKS[] = {
	"info", "subscribed", "unsubscribed", "challenge", "pong",
};
static const char *const REFUSALS[] = {
	"subscribed_failed", "unsubscribed_failed", "error", "alert",
};

static void
ticker_read(struct frame *f, struct json *j)
{
	struct tick *t = frame_add_tick(f, j);
	struct field_time time = { 0 };
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "product_id"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "bid"))
			field_read_price(j, FIELD_NUMBER, &t->has_bid, &t->bid);
		else if (json_text_is(&key, "ask"))
			field_read_price(j, FIELD_NUMBER, &t->has_ask, &t->ask);
		else if (json_text_is(&key, "last"))
			field_read_price(j, FIELD_NUMBER, &t->has_last,
			    &t->last);
		else if (json_text_is(&key, "time"))
			field_read_ms(j, &time);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0')
		json_fail(j, ERR_MISSING);
	frame_stamp_tick(f, t, &time);
}

/* A message of its own, or an item of a snapshot's `trades`. */
static void
trade_read(struct frame *f, struct json *j)
{
	struct tick *t = frame_add_tick(f, j);
	struct field_time time = { 0 };
	struct field_u64 sequence = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "product_id"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "price"))
			field_read_price(j, FIELD_NUMBER, &t->has_last,
			    &t->last);
		else if (json_text_is(&key, "qty"))
			field_read_size(j, FIELD_NUMBER, &t->has_size,
			    &t->size);
		else if (json_text_is(&key, "time"))
			field_read_ms(j, &time);
		else if (json_text_is(&key, "seq"))
			field_read_u64(j, &sequence);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0' || !t->has_last || !time.has)
		json_fail(j, ERR_MISSING);
	t->has_sequence = sequence.has;
	t->sequence = sequence.value;
	frame_stamp_tick(f, t, &time);
}

static void
message_read(struct json *j, struct message *m)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "feed"))
			field_read_string(j, &m->feed);
		else if (json_text_is(&key, "event"))
			field_read_string(j, &m->event);
		else if (json_text_is(&key, "time") ||
		    json_text_is(&key, "timestamp"))
			field_read_ms(j, &m->time);
		else if (!json_text_is(&key, "trades"))
			json_skip(j);
		else if (m->has_trades)
			json_fail(j, ERR_DUPLICATE);
		else
			m->has_trades = json_raw(j, &m->trades);
	}
}

static enum frame_kind
message_kind(const struct message *m)
{
	static const char *const PRICED[] = {
		"ticker", "ticker_lite", "trade", "trade_snapshot",
	};
	const struct json_text *feed = &m->feed.text;

	if (m->event.has) {
		const struct json_text *event = &m->event.text;

		if (text_is_any(event, REFUSALS, ARRAY_COUNT(REFUSALS)))
			return FRAME_REFUSED;
		return text_is_any(event, ACKS, ARRAY_COUNT(ACKS)) ?
		    FRAME_ACK : FRAME_UNKNOWN;
	}
	if (!m->feed.has)
		return FRAME_UNKNOWN;
	if (text_is_any(feed, PRICED, ARRAY_COUNT(PRICED)))
		return FRAME_TICKS;
	if (json_text_is(feed, "heartbeat"))
		return FRAME_HEARTBEAT;
	return text_is_any(feed, IGNORED, ARRAY_COUNT(IGNORED)) ?
	    FRAME_IGNORED : FRAME_UNKNOWN;
}

static enum err
prices_read(struct frame *f, const struct message *m, const char *text,
    size_t len)
{
	struct json j;

	if (!json_text_is(&m->feed.text, "trade_snapshot")) {
		json_open(&j, text, len);
		if (json_text_is(&m->feed.text, "trade"))
			trade_read(f, &j);
		else
			ticker_read(f, &j);
		return json_close(&j);
	}
	if (!m->has_trades)
		return ERR_MISSING;
	json_open(&j, m->trades.at, m->trades.len);
	json_enter_array(&j);
	while (json_next_item(&j))
		trade_read(f, &j);
	return json_close(&j);
}

enum err
venue_kraken_futures_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	struct json j;

	frame_begin(f);
	json_open(&j, text, len);
	if (json_kind(&j) == JSON_KIND_OBJECT)
		message_read(&j, &m);
	else
		json_skip(&j);
	if (json_close(&j) != ERR_OK)
		return j.error;
	if (m.event.has)
		frame_set_channel(f, m.event.text.at, m.event.text.len);
	else if (m.feed.has)
		frame_set_channel(f, m.feed.text.at, m.feed.text.len);
	f->kind = message_kind(&m);
	frame_note_time(f, &m.time);
	return f->kind == FRAME_TICKS ? prices_read(f, &m, text, len) :
	    ERR_OK;
}

enum err
venue_kraken_futures_subscribe(char *out, size_t size, size_t *len,
    unsigned n, const char *const *symbols, size_t count)
{
	struct field_out o;
	enum err e = symbols_check(symbols, count);

	if (e != ERR_OK)
		return e;
	if (n > 2) {
		*len = 0;
		return ERR_OK;
	}
	o = field_out_begin(out, size);
	if (n == 2) {
		field_out_put(&o, "{\"event\":\"subscribe\",\"feed\":"
		    "\"heartbeat\"}");
		return field_out_end(&o, len);
	}
	field_out_put(&o, "{\"event\":\"subscribe\",\"feed\":\"");
	field_out_put(&o, n == 0 ? "ticker" : "trade");
	field_out_put(&o, "\",\"product_ids\":[\"");
	for (size_t i = 0; i < count; i++) {
		field_out_put(&o, i > 0 ? "\",\"" : "");
		field_out_put(&o, symbols[i]);
	}
	field_out_put(&o, "\"]}");
	return field_out_end(&o, len);
}
