/* KuCoin spot, wss://ws-api-spot.kucoin.com/?token=...
 * Source: kucoin.com/docs-new, Websocket API: Base Info, Ticker
 * (/market/ticker, each 100 ms at most), Trade (/market/match); recorded frames
 * of 2021-04-25, whose form is the same.  Prices and sequences are strings,
 * a ticker's time Unix ms, a trade's a string of ns.  Futures have topics of
 * their own (/contractMarket/...), which are not known here.  Sequences are
 * the order book's: a ticker and a trade skip what happened in between, so no
 * hole says that a message is missing, and each ticker is whole by itself. */
#include "feeds/venue_row.h"

#include <string.h>

#include "feeds/venue_field.h"

#define NS_PER_MS UINT64_C(1000000)

struct message {
	struct field_text type, topic, subject;
	struct json_text payload;	/* `data`: it may come first */
	bool has_payload;
};

static const char *const IGNORED[] = {
	"/market/level2", "/market/level3", "/market/candles",
	"/market/snapshot", "/spotMarket/level1", "/spotMarket/level2Depth5",
	"/spotMarket/level2Depth50", "/spotMarket/level3", "/indicator/index",
	"/indicator/markPrice", "/margin/fundingBook",
	"/callauction/level2Depth50", "/callauction/callauctionData",
};
static const char *const ACKS[] = { "welcome", "ack", "pong" };

/* "/market/ticker:BTC-USDT" is a word and a symbol; where the symbol is "all",
 * the message's subject is. */
static void
topic_split(const struct message *m, struct json_text *word,
    struct json_text *symbol)
{
	const struct json_text *topic = &m->topic.text;
	const char *at = memchr(topic->at, ':', topic->len);

	*word = *symbol = *topic;
	symbol->len = 0;
	if (at == NULL)
		return;
	word->len = (size_t)(at - topic->at);
	symbol->at = at + 1;
	symbol->len = topic->len - word->len - 1;
	if (json_text_is(symbol, "all") && m->subject.has)
		*symbol = m->subject.text;
}

/* A trade's time is a string of ns.  The schema of a ticker says time, its
 * example Time; time is what is sent. */
static void
time_read(struct json *j, struct field_time *out, bool is_match)
{
	struct field_u64 ns = { .has = out->has };

	if (!is_match) {
		field_read_ms(j, out);
		return;
	}
	field_read_u64_string(j, &ns);
	out->has = ns.has;
	out->ms = ns.value / NS_PER_MS;
	if (out->ms > FIELD_TIME_MS_MAX)
		json_fail(j, ERR_RANGE);
}

/* symbol: the ticker's, from its topic; a trade has its own. */
static void
tick_read(struct frame *f, struct json *j, const struct json_text *symbol,
    bool is_match)
{
	struct tick *t = frame_add_tick(f, j);
	struct field_u64 sequence = { 0 };
	struct field_time time = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (is_match && json_text_is(&key, "symbol"))
			field_read_symbol(j, t->symbol);
		else if (is_match && json_text_is(&key, "size"))
			field_read_size(j, FIELD_STRING, &t->has_size,
			    &t->size);
		else if (!is_match && json_text_is(&key, "bestBid"))
			field_read_price_or_null(j, FIELD_STRING,
			    &t->has_bid, &t->bid);
		else if (!is_match && json_text_is(&key, "bestAsk"))
			field_read_price_or_null(j, FIELD_STRING,
			    &t->has_ask, &t->ask);
		else if (json_text_is(&key, "price"))
			field_read_price_or_null(j, FIELD_STRING,
			    &t->has_last, &t->last);
		else if (json_text_is(&key, "sequence"))
			field_read_u64_string(j, &sequence);
		else if (json_text_is(&key, "time") ||
		    json_text_is(&key, "Time"))
			time_read(j, &time, is_match);
		else
			json_skip(j);
	}
	if (!is_match)
		field_take_symbol(j, symbol, t->symbol);
	if (!time.has || t->symbol[0] == '\0' || (is_match && !t->has_last))
		json_fail(j, ERR_MISSING);
	t->has_sequence = sequence.has;
	t->sequence = sequence.value;
	frame_stamp_tick(f, t, &time);
}

static void
message_read(struct json *j, struct message *m)
{
	struct json_text key;

	if (!json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "type"))
			field_read_string(j, &m->type);
		else if (json_text_is(&key, "topic"))
			field_read_string(j, &m->topic);
		else if (json_text_is(&key, "subject"))
			field_read_string(j, &m->subject);
		else if (!json_text_is(&key, "data"))
			json_skip(j);
		else if (m->has_payload)
			json_fail(j, ERR_DUPLICATE);
		else
			m->has_payload = json_raw(j, &m->payload);
	}
}

static enum err
topic_finish(struct frame *f, const struct message *m)
{
	struct json_text word, symbol;
	bool is_match;
	struct json j;

	topic_split(m, &word, &symbol);
	frame_set_channel(f, word.at, word.len);
	is_match = json_text_is(&word, "/market/match");
	if (!is_match && !json_text_is(&word, "/market/ticker")) {
		if (text_is_any(&word, IGNORED, ARRAY_COUNT(IGNORED)))
			f->kind = FRAME_IGNORED;
		return ERR_OK;
	}
	f->kind = FRAME_TICKS;
	if (!m->has_payload)
		return ERR_MISSING;
	json_open(&j, m->payload.at, m->payload.len);
	tick_read(f, &j, &symbol, is_match);
	return json_close(&j);
}

enum err
venue_kucoin_parse(struct frame *f, const char *text, size_t len)
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
	if (!m.type.has)
		return ERR_OK;
	if (m.topic.has && json_text_is(&m.type.text, "message"))
		return topic_finish(f, &m);
	frame_set_channel(f, m.type.text.at, m.type.text.len);
	if (json_text_is(&m.type.text, "error"))
		f->kind = FRAME_REFUSED;
	else if (text_is_any(&m.type.text, ACKS, ARRAY_COUNT(ACKS)))
		f->kind = FRAME_ACK;
	return ERR_OK;
}

enum err
venue_kucoin_subscribe(char *out, size_t size, size_t *len, unsigned n,
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
	field_out_put(&o, n == 0 ? "{\"id\":\"1\"" : "{\"id\":\"2\"");
	field_out_put(&o, ",\"type\":\"subscribe\",\"topic\":\"/market/");
	field_out_put(&o, n == 0 ? "ticker:" : "match:");
	for (size_t i = 0; i < count; i++) {
		field_out_put(&o, i > 0 ? "," : "");
		field_out_put(&o, symbols[i]);
	}
	field_out_put(&o, "\",\"response\":true}");
	return field_out_end(&o, len);
}
