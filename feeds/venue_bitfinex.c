/* Bitfinex v2, wss://api-pub.bitfinex.com/ws/2.
 * Source: docs.bitfinex.com, WebSocket: general, configuration (conf flags),
 * public channels ticker and trades; recorded frames of 2021-04-17.  Prices
 * are JSON numbers.  Arrays name their channel by a number that `subscribed`
 * gave.  The conf asks for a sequence number (65536) and the time in ms
 * (32768) behind each array; they are told apart by size, for a sequence does
 * not reach 10^12.  A trade is told twice: `te` at once, `tu` a little later;
 * the second is not read. */
#include "feeds/venue_row.h"

#include "feeds/venue_field.h"

#define TIME_MS_MIN UINT64_C(1000000000000)	/* of 2001 */

enum channel_kind { CHANNEL_TICKER, CHANNEL_TRADES, CHANNEL_OTHER };

struct message {
	uint64_t id;			/* of its channel */
	struct field_text word;		/* "hb", "te", "tu", "cs" */
	struct json_text payload;
	struct field_u64 sequence;
	struct field_time time;
};

struct event {
	struct field_text event, channel, status;
	char symbol[VENUE_SYMBOL_MAX];
	struct field_u64 id, code;
	struct field_time ts;
};

static struct venue_channel *
channel_find(struct venue_memory *m, uint64_t id)
{
	for (size_t i = 0; i < m->channel_count; i++)
		if (m->channel[i].id == id)
			return &m->channel[i];
	return NULL;
}

static void
channel_add(struct venue_memory *m, struct json *j, const struct event *e)
{
	const struct json_text *name = &e->channel.text;
	struct venue_channel *c = channel_find(m, e->id.value);

	if (!e->channel.has || !e->id.has) {
		json_fail(j, ERR_MISSING);
		return;
	}
	if (!c && m->channel_count == VENUE_CHANNELS_MAX) {
		json_fail(j, ERR_LIMIT);
		return;
	}
	if (!c)
		c = &m->channel[m->channel_count++];
	c->id = e->id.value;
	memcpy(c->symbol, e->symbol, sizeof(c->symbol));
	/* "t" is a trading pair, "f" a currency that is lent. */
	c->kind = e->symbol[0] != 't' ? CHANNEL_OTHER :
	    json_text_is(name, "ticker") ? CHANNEL_TICKER :
	    json_text_is(name, "trades") ? CHANNEL_TRADES : CHANNEL_OTHER;
}

static void
channel_remove(struct venue_memory *m, uint64_t id)
{
	struct venue_channel *c = channel_find(m, id);

	if (c)
		*c = m->channel[--m->channel_count];
}

static void
ticker_read(struct json *j, struct tick *t)
{
	json_enter_array(j);
	for (unsigned i = 0; json_next_item(j); i++) {
		if (i == 0)
			field_read_price(j, FIELD_NUMBER, &t->has_bid, &t->bid);
		else if (i == 2)
			field_read_price(j, FIELD_NUMBER, &t->has_ask, &t->ask);
		else if (i == 6)
			field_read_price(j, FIELD_NUMBER, &t->has_last,
			    &t->last);
		else
			json_skip(j);
	}
	if (!t->has_last)
		json_fail(j, ERR_MISSING);
}

/* Below zero where it was sold. */
static void
amount_read(struct json *j, struct tick *t)
{
	struct json_text text;
	size_t sign;
	enum err e;

	if (!json_read_number(j, &text))
		return;
	sign = text.at[0] == '-';
	e = decimal_to_dec18(&t->size, text.at + sign, text.len - sign);
	if (e != ERR_OK)
		json_fail(j, e);
	t->has_size = true;
}

static void
trade_read(struct frame *f, struct json *j, struct tick *t)
{
	struct field_u64 id = { 0 };
	struct field_time time = { 0 };

	json_enter_array(j);
	for (unsigned i = 0; json_next_item(j); i++) {
		if (i == 0)
			field_read_u64(j, &id);
		else if (i == 1)
			field_read_ms(j, &time);
		else if (i == 2)
			amount_read(j, t);
		else if (i == 3)
			field_read_price(j, FIELD_NUMBER, &t->has_last,
			    &t->last);
		else
			json_skip(j);
	}
	if (!t->has_last)
		json_fail(j, ERR_MISSING);
	t->has_sequence = true;
	t->sequence = id.value;
	frame_stamp_tick(f, t, &time);
}

static struct tick *
tick_of(struct frame *f, struct json *j, const struct venue_channel *c)
{
	struct tick *t = frame_add_tick(f, j);

	if (t)
		memcpy(t->symbol, c->symbol, sizeof(t->symbol));
	return t;
}

static enum err
payload_read(struct frame *f, const struct message *m,
    const struct venue_channel *c)
{
	struct json j;
	struct tick *t;

	json_open(&j, m->payload.at, m->payload.len);
	f->kind = FRAME_TICKS;
	if (c->kind == CHANNEL_TICKER) {
		t = tick_of(f, &j, c);
		ticker_read(&j, t);
		frame_stamp_tick(f, t, &m->time);
	} else if (m->word.has) {
		trade_read(f, &j, tick_of(f, &j, c));
	} else {
		json_enter_array(&j);
		while (json_next_item(&j)) {
			t = tick_of(f, &j, c);
			if (t)
				trade_read(f, &j, t);
		}
	}
	return json_close(&j);
}

/* What stands behind the payload. */
static void
number_read(struct json *j, struct message *m)
{
	struct field_u64 number = { 0 };

	if (!field_read_u64(j, &number))
		return;
	if (number.value > FIELD_TIME_MS_MAX)
		json_fail(j, ERR_RANGE);
	else if (number.value >= TIME_MS_MIN)
		m->time = (struct field_time){ true, number.value };
	else if (!m->sequence.has)
		m->sequence = number;
}

/* [channel, payload or word (, payload), sequence, time] */
static void
array_read(struct json *j, struct message *m)
{
	bool has_payload = false;

	json_enter_array(j);
	if (json_next_item(j))
		json_read_u64(j, &m->id);
	while (json_next_item(j)) {
		enum json_kind kind = json_kind(j);

		if (kind == JSON_KIND_STRING && !m->word.has && !has_payload) {
			field_read_string(j, &m->word);
		} else if (kind == JSON_KIND_ARRAY && !has_payload) {
			has_payload = json_raw(j, &m->payload);
		} else if (kind == JSON_KIND_NUMBER && (has_payload ||
		    json_text_is(&m->word.text, "hb"))) {
			number_read(j, m);
		} else {
			json_skip(j);	/* a checksum; a later field */
		}
	}
	if (!has_payload && !m->word.has)
		json_fail(j, ERR_MISSING);
}

/* False where the message is the same again, or another before it is
 * missing. */
static bool
sequence_take(struct frame *f, const struct message *m)
{
	struct venue_memory *memory = f->memory;
	bool had = memory->has_sequence;
	uint64_t last = memory->sequence;

	if (!m->sequence.has)
		return true;
	memory->has_sequence = true;
	memory->sequence = m->sequence.value;
	if (!had || m->sequence.value == last + 1)
		return true;
	f->kind = m->sequence.value == last ? FRAME_IGNORED : FRAME_GAP;
	return false;
}

static enum err
array_take(struct frame *f, const struct message *m)
{
	static const char *const NAMES[] = { "ticker", "trades", "other" };
	const struct venue_channel *c = channel_find(f->memory, m->id);
	const struct json_text *word = &m->word.text;
	bool is_executed = m->word.has && json_text_is(word, "te");

	frame_note_time(f, &m->time);
	if (c)
		frame_set_channel(f, NAMES[c->kind], strlen(NAMES[c->kind]));
	if (m->word.has)
		frame_set_channel(f, word->at, word->len);
	if (!sequence_take(f, m))
		return ERR_OK;
	/* It may come before its channel is said to be subscribed. */
	if (m->word.has && json_text_is(word, "hb"))
		f->kind = FRAME_HEARTBEAT;
	else if (!c)
		f->kind = FRAME_UNKNOWN;
	else if (c->kind == CHANNEL_OTHER || (m->word.has &&
	    (json_text_is(word, "tu") || json_text_is(word, "cs"))))
		f->kind = FRAME_IGNORED;
	else if (!m->word.has || (is_executed && c->kind == CHANNEL_TRADES))
		return payload_read(f, m, c);
	return ERR_OK;
}

static void
event_read(struct json *j, struct event *e)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "event"))
			field_read_string(j, &e->event);
		else if (json_text_is(&key, "channel"))
			field_read_string(j, &e->channel);
		else if (json_text_is(&key, "status") &&
		    json_kind(j) == JSON_KIND_STRING)
			field_read_string(j, &e->status);
		else if (json_text_is(&key, "symbol"))
			field_read_symbol(j, e->symbol);
		else if (json_text_is(&key, "chanId"))
			field_read_u64(j, &e->id);
		else if (json_text_is(&key, "code"))
			field_read_u64(j, &e->code);
		else if (json_text_is(&key, "ts"))
			field_read_ms(j, &e->ts);
		else
			json_skip(j);
	}
}

static void
event_take(struct frame *f, struct json *j, const struct event *e)
{
	static const char *const ACKS[] = {
		"info", "conf", "subscribed", "unsubscribed", "pong",
	};
	const struct json_text *event = &e->event.text;

	if (!e->event.has)
		return;
	frame_set_channel(f, event->at, event->len);
	frame_note_time(f, &e->ts);
	if (text_is_any(event, ACKS, ARRAY_COUNT(ACKS)))
		f->kind = FRAME_ACK;
	if (json_text_is(event, "subscribed"))
		channel_add(f->memory, j, e);
	else if (json_text_is(event, "unsubscribed"))
		channel_remove(f->memory, e->id.value);
	else if (json_text_is(event, "pong") && e->ts.has)
		f->kind = FRAME_HEARTBEAT;
	else if (json_text_is(event, "error") || (json_text_is(event, "conf")
	    && e->status.has && !json_text_is(&e->status.text, "OK")))
		f->kind = FRAME_REFUSED;
	/* The server restarts, or was being mended: dial anew. */
	if (json_text_is(event, "info") && (e->code.value == 20051 ||
	    e->code.value == 20061))
		f->kind = FRAME_GAP;
}

enum err
venue_bitfinex_parse(struct frame *f, const char *text, size_t len)
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
	if (kind == JSON_KIND_ARRAY)
		return array_take(f, &m);
	event_take(f, &j, &e);
	return j.error;
}

/* The conf, then a message a channel: tickers first, for the venue opens 25
 * channels on a connection and no more. */
enum err
venue_bitfinex_subscribe(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	struct field_out o;
	enum err e = symbols_check(symbols, count);

	if (e != ERR_OK)
		return e;
	if (n > 2 * count) {
		*len = 0;
		return ERR_OK;
	}
	o = field_out_begin(out, size);
	if (n == 0) {
		field_out_put(&o, "{\"event\":\"conf\",\"flags\":98304}");
		return field_out_end(&o, len);
	}
	field_out_put(&o, "{\"event\":\"subscribe\",\"channel\":\"");
	field_out_put(&o, n <= count ? "ticker" : "trades");
	field_out_put(&o, "\",\"symbol\":\"");
	field_out_put(&o, symbols[(n - 1) % count]);
	field_out_put(&o, "\"}");
	return field_out_end(&o, len);
}
