/* Coinbase Advanced Trade, wss://advanced-trade-ws.coinbase.com.
 * Source: docs.cdp.coinbase.com, Advanced Trade WebSocket channels; recorded
 * frames of 2026-08-09.  Prices are strings, times RFC 3339 with nanoseconds;
 * `sequence_num` counts the messages of a connection. */
#include "feeds/venue_row.h"

#include "feeds/venue_field.h"

struct message {
	struct field_text channel;
	struct field_text type;		/* of an error: no channel then */
	struct field_time timestamp;
	struct field_u64 sequence;
	struct json_text events;	/* kept where no channel came before */
	bool has_events;
};

static const char *const IGNORED[] = {
	"l2_data", "candles", "status", "user", "ticker_batch",
	"futures_balance_summary",
};

static void
ticker_read(struct frame *f, struct json *j)
{
	struct tick *t = frame_add_tick(f, j);
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "product_id"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "price"))
			field_read_price(j, FIELD_STRING, &t->has_last,
			    &t->last);
		else if (json_text_is(&key, "best_bid"))
			field_read_price(j, FIELD_STRING, &t->has_bid,
			    &t->bid);
		else if (json_text_is(&key, "best_ask"))
			field_read_price(j, FIELD_STRING, &t->has_ask,
			    &t->ask);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0')
		json_fail(j, ERR_MISSING);
}

static void
trade_read(struct frame *f, struct json *j)
{
	struct tick *t = frame_add_tick(f, j);
	struct field_time time = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "product_id"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "price"))
			field_read_price(j, FIELD_STRING, &t->has_last,
			    &t->last);
		else if (json_text_is(&key, "size"))
			field_read_size(j, FIELD_STRING, &t->has_size,
			    &t->size);
		else if (json_text_is(&key, "time"))
			field_read_rfc3339(j, &time);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0' || !t->has_last || !time.has)
		json_fail(j, ERR_MISSING);
	frame_stamp_tick(f, t, &time);
}

/* events_read reads [{"type", "tickers" or "trades": [...]}, ...]. */
static void
events_read(struct frame *f, struct json *j, bool is_ticker)
{
	const char *list = is_ticker ? "tickers" : "trades";
	struct json_text key;

	if (!json_enter_array(j))
		return;
	while (json_next_item(j)) {
		bool has_list = false;

		if (!json_enter_object(j))
			return;
		while (json_next_key(j, &key)) {
			if (!json_text_is(&key, list)) {
				json_skip(j);
				continue;
			}
			if (has_list)
				json_fail(j, ERR_DUPLICATE);
			has_list = true;
			json_enter_array(j);
			while (json_next_item(j)) {
				if (is_ticker)
					ticker_read(f, j);
				else
					trade_read(f, j);
			}
		}
		if (!has_list)
			json_fail(j, ERR_MISSING);
	}
}

static bool
is_price_channel(const struct message *m)
{
	return m->channel.has && (json_text_is(&m->channel.text, "ticker") ||
	    json_text_is(&m->channel.text, "market_trades"));
}

static void
events_read_named(struct frame *f, struct json *j, const struct message *m)
{
	events_read(f, j, json_text_is(&m->channel.text, "ticker"));
}

static void
message_read(struct frame *f, struct json *j, struct message *m)
{
	struct json_text key;

	if (!json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "channel"))
			field_read_string(j, &m->channel);
		else if (json_text_is(&key, "timestamp"))
			field_read_rfc3339(j, &m->timestamp);
		else if (json_text_is(&key, "sequence_num"))
			field_read_u64(j, &m->sequence);
		else if (json_text_is(&key, "type"))
			field_read_string(j, &m->type);
		else if (!json_text_is(&key, "events"))
			json_skip(j);
		else if (m->has_events)
			json_fail(j, ERR_DUPLICATE);
		else if (is_price_channel(m)) {
			m->has_events = true;
			events_read_named(f, j, m);
		} else {
			m->has_events = json_raw(j, &m->events);
		}
	}
}

/* The ticks' common parts: a ticker's time is the message's. */
static void
ticks_finish(struct frame *f, const struct message *m)
{
	for (size_t i = 0; i < f->tick_count; i++) {
		struct tick *t = &f->ticks[i];

		if (!t->has_time)
			frame_stamp_tick(f, t, &m->timestamp);
		t->has_sequence = m->sequence.has;
		t->sequence = m->sequence.value;
	}
}

static enum frame_kind
message_kind(const struct message *m)
{
	const struct json_text *c = &m->channel.text;

	if (!m->channel.has)
		return m->type.has && json_text_is(&m->type.text, "error") ?
		    FRAME_REFUSED : FRAME_UNKNOWN;
	if (is_price_channel(m))
		return FRAME_TICKS;
	if (json_text_is(c, "heartbeats"))
		return FRAME_HEARTBEAT;
	if (json_text_is(c, "subscriptions"))
		return FRAME_ACK;
	return text_is_any(c, IGNORED, ARRAY_COUNT(IGNORED)) ?
	    FRAME_IGNORED : FRAME_UNKNOWN;
}

enum err
venue_coinbase_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	struct json j;

	frame_begin(f);
	json_open(&j, text, len);
	if (json_kind(&j) == JSON_KIND_OBJECT)
		message_read(f, &j, &m);
	else
		json_skip(&j);
	if (m.channel.has)
		frame_set_channel(f, m.channel.text.at, m.channel.text.len);
	else if (m.type.has)
		frame_set_channel(f, m.type.text.at, m.type.text.len);
	f->kind = message_kind(&m);
	if (f->kind == FRAME_TICKS) {
		if (!m.has_events || !m.timestamp.has)
			json_fail(&j, ERR_MISSING);
		if (m.events.at != NULL && j.error == ERR_OK) {
			struct json events;

			json_open(&events, m.events.at, m.events.len);
			events_read_named(f, &events, &m);
			if (json_close(&events) != ERR_OK)
				json_fail(&j, events.error);
		}
		ticks_finish(f, &m);
	}
	frame_note_time(f, &m.timestamp);
	return json_close(&j);
}

enum err
venue_coinbase_subscribe(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	static const char *const CHANNELS[] = {
		"ticker", "market_trades", "heartbeats",
	};
	struct field_out o;
	enum err e = symbols_check(symbols, count);

	if (e != ERR_OK)
		return e;
	if (n >= ARRAY_COUNT(CHANNELS)) {
		*len = 0;
		return ERR_OK;
	}
	o = field_out_begin(out, size);
	field_out_put(&o, "{\"type\":\"subscribe\",\"product_ids\":[\"");
	for (size_t i = 0; i < count; i++) {
		field_out_put(&o, i > 0 ? "\",\"" : "");
		field_out_put(&o, symbols[i]);
	}
	field_out_put(&o, "\"],\"channel\":\"");
	field_out_put(&o, CHANNELS[n]);
	field_out_put(&o, "\"}");
	return field_out_end(&o, len);
}
