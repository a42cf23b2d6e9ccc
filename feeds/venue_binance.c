/* Binance spot streams, wss://stream.binance.com:9443 (/stream: combined,
 * /ws: raw), Binance.US, which speaks the same, and the USD-margined futures.
 * Source: binance-spot-api-docs, web-socket-streams.md; recorded frames of
 * 2021-04-04 and 05; developers.binance.com, USDS-margined futures, Websocket
 * Market Streams and its change notice of 2026-03: quotes come from
 * /public, trades and mark prices from /market, and the old unrouted address
 * acknowledges a subscription to the latter but stays silent.  Prices are
 * strings, times Unix ms.  Single letters mean other things in other events,
 * so nothing is read before the event is known.  A mark price is the venue's
 * own reckoning, neither quote nor trade: only its time is taken. */
#include "feeds/venue_row.h"

#include <string.h>

#include "feeds/venue_field.h"

struct message {
	struct field_text stream;	/* of a combined message */
	struct json_text payload;	/* its `data`; raw: the whole message */
	bool has_payload;
	struct field_text event;	/* `e` of a raw message */
	bool is_ack;			/* "result" */
	bool is_error;			/* "error", or "code" and "msg" */
	bool has_book;			/* "s", "b" and "a" without "e" */
	bool has_depth;			/* "lastUpdateId": a raw book */
};

static const char *const IGNORED[] = {
	"ticker", "miniTicker", "24hrTicker", "24hrMiniTicker", "avgPrice",
	"depthUpdate", "serverShutdown", "ticker@arr", "miniTicker@arr",
	"!ticker@arr", "!miniTicker@arr", "markPrice", "markPriceUpdate",
	"forceOrder", "!forceOrder@arr", "compositeIndex", "!contractInfo",
	"contractInfo", "assetIndex", "!assetIndex@arr", "assetIndexUpdate",
	"tradingSession",
};
static const char *const IGNORED_FAMILIES[] = {	/* by their beginning */
	"depth", "kline", "ticker_", "1hTicker", "4hTicker", "1dTicker",
	"!ticker_", "markPrice@", "!markPrice@", "continuousKline",
	"continuous_kline", "rpiDepth",
};

/* The word of a stream: what follows the symbol in "btcusd@depth@100ms"; all
 * of "!ticker@arr", which has no symbol. */
static struct json_text
stream_word(struct json_text stream)
{
	const char *at = memchr(stream.at, '@', stream.len);

	if (stream.len > 0 && stream.at[0] == '!')
		return stream;
	if (at == NULL)
		return stream;
	stream.len -= (size_t)(at + 1 - stream.at);
	stream.at = at + 1;
	return stream;
}

static void
book_read(struct frame *f, struct json *j)
{
	struct tick *t = frame_add_tick(f, j);
	struct field_time event = { 0 }, trade = { 0 };
	struct field_u64 update = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "s"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "b"))
			field_read_price(j, FIELD_STRING, &t->has_bid,
			    &t->bid);
		else if (json_text_is(&key, "a"))
			field_read_price(j, FIELD_STRING, &t->has_ask,
			    &t->ask);
		else if (json_text_is(&key, "u"))
			field_read_u64(j, &update);
		else if (json_text_is(&key, "E"))
			field_read_ms(j, &event);
		else if (json_text_is(&key, "T"))
			field_read_ms(j, &trade);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0' || !t->has_bid || !t->has_ask)
		json_fail(j, ERR_MISSING);
	t->has_sequence = update.has;
	t->sequence = update.value;
	/* Spot book tickers have neither; where one does, it is the time. */
	frame_stamp_tick(f, t, trade.has ? &trade : &event);
	frame_note_time(f, &event);
}

static void
trade_read(struct frame *f, struct json *j, bool is_aggregate)
{
	struct tick *t = frame_add_tick(f, j);
	struct field_time event = { 0 }, trade = { 0 };
	struct field_u64 id = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "s"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "p"))
			field_read_price(j, FIELD_STRING, &t->has_last,
			    &t->last);
		else if (json_text_is(&key, "q"))
			field_read_size(j, FIELD_STRING, &t->has_size,
			    &t->size);
		else if (json_text_is(&key, is_aggregate ? "a" : "t"))
			field_read_u64(j, &id);
		else if (json_text_is(&key, "E"))
			field_read_ms(j, &event);
		else if (json_text_is(&key, "T"))
			field_read_ms(j, &trade);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0' || !t->has_last || !trade.has)
		json_fail(j, ERR_MISSING);
	t->has_sequence = id.has;
	t->sequence = id.value;
	frame_stamp_tick(f, t, &trade);
	frame_note_time(f, &event);
}

/* What is not used may still say the time: its event time is noted. */
static void
event_time_read(struct frame *f, struct json *j)
{
	struct field_time event = { 0 };
	struct json_text key;

	if (json_kind(j) != JSON_KIND_OBJECT) {
		json_skip(j);
		return;
	}
	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "E"))
			field_read_ms(j, &event);
		else
			json_skip(j);
	}
	frame_note_time(f, &event);
}

static bool
is_ignored(const struct json_text *word)
{
	if (text_is_any(word, IGNORED, ARRAY_COUNT(IGNORED)))
		return true;
	for (size_t i = 0; i < ARRAY_COUNT(IGNORED_FAMILIES); i++) {
		size_t len = strlen(IGNORED_FAMILIES[i]);

		if (word->len >= len &&
		    memcmp(word->at, IGNORED_FAMILIES[i], len) == 0)
			return true;
	}
	return false;
}

static void
payload_read(struct frame *f, struct json *j, const struct json_text *word)
{
	frame_set_channel(f, word->at, word->len);
	if (json_text_is(word, "bookTicker") ||
	    json_text_is(word, "!bookTicker")) {
		f->kind = FRAME_TICKS;
		book_read(f, j);
	} else if (json_text_is(word, "aggTrade")) {
		f->kind = FRAME_TICKS;
		trade_read(f, j, true);
	} else if (json_text_is(word, "trade")) {
		f->kind = FRAME_TICKS;
		trade_read(f, j, false);
	} else if (is_ignored(word)) {
		f->kind = FRAME_IGNORED;
		event_time_read(f, j);
	} else {
		f->kind = FRAME_UNKNOWN;
		json_skip(j);
	}
}

/* message_read tells the kinds of message apart; the payload of a combined one
 * is read on the way where its stream came first. */
static void
message_read(struct frame *f, struct json *j, struct message *m)
{
	bool has_s = false, has_b = false, has_a = false;
	struct json_text key, word;

	if (!json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "data")) {
			if (m->has_payload)
				json_fail(j, ERR_DUPLICATE);
			m->has_payload = true;
			if (m->stream.has) {
				word = stream_word(m->stream.text);
				payload_read(f, j, &word);
			} else {
				json_raw(j, &m->payload);
			}
			continue;
		}
		if (json_text_is(&key, "stream")) {
			field_read_string(j, &m->stream);
			continue;
		}
		if (json_text_is(&key, "e")) {
			field_read_string(j, &m->event);
			continue;
		}
		m->is_ack |= json_text_is(&key, "result");
		m->is_error |= json_text_is(&key, "error") ||
		    json_text_is(&key, "code");
		m->has_depth |= json_text_is(&key, "lastUpdateId");
		has_s |= json_text_is(&key, "s");
		has_b |= json_text_is(&key, "b");
		has_a |= json_text_is(&key, "a");
		json_skip(j);
	}
	m->has_book = has_s && has_b && has_a;
}

/* payload_reopen reads a payload that was passed over. */
static void
payload_reopen(struct frame *f, struct json *j, const struct json_text *text,
    const struct json_text *word)
{
	struct json payload;

	json_open(&payload, text->at, text->len);
	payload_read(f, &payload, word);
	if (json_close(&payload) != ERR_OK)
		json_fail(j, payload.error);
}

enum err
venue_binance_parse(struct frame *f, const char *text, size_t len)
{
	static const struct json_text BOOK = { "bookTicker", 10, false };
	static const struct json_text DEPTH = { "depth", 5, false };
	const struct json_text whole = { text, len, false };
	struct message m = { 0 };
	struct json_text word;
	struct json j;

	frame_begin(f);
	json_open(&j, text, len);
	if (json_kind(&j) != JSON_KIND_OBJECT) {
		json_skip(&j);
		return json_close(&j);
	}
	message_read(f, &j, &m);
	if (json_close(&j) != ERR_OK)
		return j.error;
	if (m.stream.has) {
		word = stream_word(m.stream.text);
		if (!m.has_payload)
			json_fail(&j, ERR_MISSING);
		else if (m.payload.at != NULL)
			payload_reopen(f, &j, &m.payload, &word);
	} else if (m.event.has) {
		payload_reopen(f, &j, &whole, &m.event.text);
	} else if (m.is_error) {
		frame_set_channel(f, "error", 5);
		f->kind = FRAME_REFUSED;
	} else if (m.is_ack) {
		frame_set_channel(f, "result", 6);
		f->kind = FRAME_ACK;
	} else if (m.has_book) {
		payload_reopen(f, &j, &whole, &BOOK);
	} else if (m.has_depth) {
		payload_reopen(f, &j, &whole, &DEPTH);
	}
	return j.error;
}

/* Each symbol's two streams, or its one. */
static enum err
streams_put(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count, const char *first,
    const char *second)
{
	struct field_out o;
	enum err e = symbols_check(symbols, count);

	if (e != ERR_OK)
		return e;
	if (n > 0) {
		*len = 0;
		return ERR_OK;
	}
	o = field_out_begin(out, size);
	field_out_put(&o, "{\"method\":\"SUBSCRIBE\",\"params\":[");
	for (size_t i = 0; i < count; i++) {
		field_out_put(&o, i > 0 ? ",\"" : "\"");
		field_out_put_lower(&o, symbols[i]);
		field_out_put(&o, first);
		if (second != NULL) {
			field_out_put(&o, "\",\"");
			field_out_put_lower(&o, symbols[i]);
			field_out_put(&o, second);
		}
		field_out_put(&o, "\"");
	}
	field_out_put(&o, "],\"id\":1}");
	return field_out_end(&o, len);
}

enum err
venue_binance_subscribe(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	return streams_put(out, size, len, n, symbols, count, "@bookTicker",
	    "@aggTrade");
}

enum err
venue_binance_usdm_subscribe(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	return streams_put(out, size, len, n, symbols, count, "@bookTicker",
	    NULL);
}

/* The mark price, each 3 s, says the time where nothing is traded. */
enum err
venue_binance_usdm_market_subscribe(char *out, size_t size, size_t *len,
    unsigned n, const char *const *symbols, size_t count)
{
	return streams_put(out, size, len, n, symbols, count, "@aggTrade",
	    "@markPrice");
}
