/* Kraken's first websocket protocol, wss://ws.kraken.com (without /v2).
 * Source: docs.kraken.com, Spot WebSocket v1: ticker, spread, trade, heartbeat,
 * systemStatus, subscriptionStatus; recorded frames of 2021-04-06.  A message
 * of a channel is [number, payload, (payload,) "channel", "pair"]; prices are
 * strings, times strings of Unix seconds with a fraction.  A ticker has no
 * time and comes with trades alone; a spread has one and is the top of the
 * book, so the spread is what is asked for. */
#include "feeds/venue_row.h"

#include "feeds/venue_field.h"

struct message {
	uint64_t id;		/* of the channel; its name comes with it */
	struct json_text payload;
	struct field_text channel;
	char symbol[VENUE_SYMBOL_MAX];
	bool has_payload;
};

struct event {
	struct field_text event, status;
};

static const char *const ACKS[] = {
	"systemStatus", "subscriptionStatus", "pong",
};

static void
seconds_read(struct json *j, struct field_time *out)
{
	struct json_text text;
	u128 ms;
	enum err e;

	if (!json_read_string(j, &text))
		return;
	e = decimal_to_u128_round(&ms, text.at, text.len, 3, ROUND_FLOOR);
	if (e == ERR_OK && ms > FIELD_TIME_MS_MAX)
		e = ERR_RANGE;
	if (e != ERR_OK) {
		json_fail(j, e);
		return;
	}
	out->has = true;
	out->ms = (uint64_t)ms;
}

/* The first of ["price", ...]. */
static void
first_read(struct json *j, bool *has, struct dec18 *price)
{
	if (*has)
		json_fail(j, ERR_DUPLICATE);
	json_enter_array(j);
	if (json_next_item(j))
		field_read_price(j, FIELD_STRING, has, price);
	else
		json_fail(j, ERR_MISSING);
	while (json_next_item(j))
		json_skip(j);
}

/* {"a":["ask",..],"b":["bid",..],"c":["last","size"],...} */
static void
ticker_read(struct json *j, struct tick *t)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "a"))
			first_read(j, &t->has_ask, &t->ask);
		else if (json_text_is(&key, "b"))
			first_read(j, &t->has_bid, &t->bid);
		else if (json_text_is(&key, "c"))
			first_read(j, &t->has_last, &t->last);
		else
			json_skip(j);
	}
}

/* ["bid","ask","time",...] of a spread, ["price","size","time",...] of a
 * trade. */
static void
row_read(struct frame *f, struct json *j, struct tick *t, bool is_spread)
{
	struct field_time time = { 0 };

	json_enter_array(j);
	for (unsigned i = 0; json_next_item(j); i++) {
		if (i == 0)
			field_read_price(j, FIELD_STRING,
			    is_spread ? &t->has_bid : &t->has_last,
			    is_spread ? &t->bid : &t->last);
		else if (i == 1 && is_spread)
			field_read_price(j, FIELD_STRING, &t->has_ask, &t->ask);
		else if (i == 1)
			field_read_size(j, FIELD_STRING, &t->has_size,
			    &t->size);
		else if (i == 2)
			seconds_read(j, &time);
		else
			json_skip(j);
	}
	if (!time.has)
		json_fail(j, ERR_MISSING);
	frame_stamp_tick(f, t, &time);
}

static struct tick *
tick_of(struct frame *f, struct json *j, const struct message *m)
{
	struct tick *t = frame_add_tick(f, j);

	if (t)
		memcpy(t->symbol, m->symbol, sizeof(t->symbol));
	return t;
}

static enum err
payload_read(struct frame *f, const struct message *m)
{
	const struct json_text *channel = &m->channel.text;
	struct json j;

	json_open(&j, m->payload.at, m->payload.len);
	if (json_text_is(channel, "ticker")) {
		ticker_read(&j, tick_of(f, &j, m));
	} else if (json_text_is(channel, "spread")) {
		row_read(f, &j, tick_of(f, &j, m), true);
	} else {
		json_enter_array(&j);
		while (json_next_item(&j)) {
			struct tick *t = tick_of(f, &j, m);

			if (t)
				row_read(f, &j, t, false);
		}
	}
	return json_close(&j);
}

static void
array_read(struct json *j, struct message *m)
{
	json_enter_array(j);
	if (json_next_item(j))
		json_read_u64(j, &m->id);
	while (json_next_item(j)) {
		if (json_kind(j) != JSON_KIND_STRING) {
			/* A book's second half is not read. */
			if (m->has_payload)
				json_skip(j);
			else
				m->has_payload = json_raw(j, &m->payload);
		} else if (!m->channel.has) {
			field_read_string(j, &m->channel);
		} else {
			field_read_symbol(j, m->symbol);
		}
	}
	if (!m->has_payload || m->symbol[0] == '\0')
		json_fail(j, ERR_MISSING);
}

static enum frame_kind
channel_kind(const struct json_text *channel)
{
	static const char *const PRICED[] = { "ticker", "spread", "trade" };

	if (text_is_any(channel, PRICED, ARRAY_COUNT(PRICED)))
		return FRAME_TICKS;
	return channel->len > 5 && (memcmp(channel->at, "book-", 5) == 0 ||
	    memcmp(channel->at, "ohlc-", 5) == 0) ? FRAME_IGNORED :
	    FRAME_UNKNOWN;
}

static void
event_read(struct json *j, struct event *e)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "event"))
			field_read_string(j, &e->event);
		else if (json_text_is(&key, "status"))
			field_read_string(j, &e->status);
		else
			json_skip(j);
	}
}

static void
event_take(struct frame *f, const struct event *e)
{
	const struct json_text *event = &e->event.text;

	if (!e->event.has)
		return;
	frame_set_channel(f, event->at, event->len);
	if (json_text_is(event, "error") || (e->status.has &&
	    json_text_is(&e->status.text, "error")))
		f->kind = FRAME_REFUSED;
	else if (json_text_is(event, "heartbeat"))
		f->kind = FRAME_HEARTBEAT;
	else if (text_is_any(event, ACKS, ARRAY_COUNT(ACKS)))
		f->kind = FRAME_ACK;
}

enum err
venue_kraken_v1_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	struct event e = { 0 };
	enum json_kind kind;
	struct json j;

	frame_begin(f);
	json_open(&j, text, len);
	kind = json_kind(&j);
	if (kind == JSON_KIND_ARRAY)
		array_read(&j, &m);
	else if (kind == JSON_KIND_OBJECT)
		event_read(&j, &e);
	else
		json_skip(&j);
	if (json_close(&j) != ERR_OK)
		return j.error;
	if (kind != JSON_KIND_ARRAY) {
		event_take(f, &e);
		return ERR_OK;
	}
	frame_set_channel(f, m.channel.text.at, m.channel.text.len);
	f->kind = channel_kind(&m.channel.text);
	return f->kind == FRAME_TICKS ? payload_read(f, &m) : ERR_OK;
}

enum err
venue_kraken_v1_subscribe(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	struct field_out o;
	enum err e = symbols_check(symbols, count);

	if (e != ERR_OK)
		return e;
	if (n > 1) {
		*len = 0;
		return ERR_OK;
	}
	o = field_out_begin(out, size);
	field_out_put(&o, "{\"event\":\"subscribe\",\"pair\":[\"");
	for (size_t i = 0; i < count; i++) {
		field_out_put(&o, i > 0 ? "\",\"" : "");
		field_out_put(&o, symbols[i]);
	}
	field_out_put(&o, "\"],\"subscription\":{\"name\":\"");
	field_out_put(&o, n == 0 ? "spread" : "trade");
	field_out_put(&o, "\"}}");
	return field_out_end(&o, len);
}
