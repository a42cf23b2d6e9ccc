/* Bybit v5 public streams, wss://stream.bybit.com/v5/public/spot and /linear.
 * Source: bybit-exchange.github.io/docs/v5/websocket/public; recorded frames
 * of 2026-08-09.  Prices are strings, times Unix ms.  Spot tickers carry no
 * book, linear ones send only what changed, orderbook.1 deletes a level by
 * size "0": what is not there is absent. */
#include "feeds/venue_row.h"

#include <string.h>

#include "feeds/venue_field.h"

#define ARGS_MAX 10u	/* of one subscribe message on spot */

enum topic { TOPIC_TICKER, TOPIC_BOOK, TOPIC_TRADE, TOPIC_OTHER };

struct message {
	struct field_text topic;
	struct field_text op;
	struct field_text ret_msg;
	bool has_success, success;
	struct field_time ts;
	struct field_u64 cross;		/* `cs` of a ticker */
	struct json_text payload;	/* `data`, where no topic came before */
	bool has_payload;
};

static const char *const IGNORED[] = {
	"liquidation", "allLiquidation", "priceLimit", "tickers_lt",
	"kline_lt", "lt", "insurance", "adlAlert",
};
static const char *const OPS[] = {
	"subscribe", "unsubscribe", "ping", "pong", "auth",
};

/* The word of a topic: "orderbook.200.BTCUSDT" without its symbol. */
static struct json_text
topic_word(struct json_text topic)
{
	for (size_t i = topic.len; i > 0; i--)
		if (topic.at[i - 1] == '.') {
			topic.len = i - 1;
			break;
		}
	return topic;
}

static enum topic
topic_kind(const struct json_text *topic)
{
	struct json_text word = topic_word(*topic);

	if (json_text_is(&word, "tickers"))
		return TOPIC_TICKER;
	if (json_text_is(&word, "orderbook.1"))
		return TOPIC_BOOK;
	if (json_text_is(&word, "publicTrade"))
		return TOPIC_TRADE;
	return TOPIC_OTHER;
}

static bool
is_ignored(const struct json_text *word)
{
	return text_is_any(word, IGNORED, ARRAY_COUNT(IGNORED)) ||
	    (word->len > 6 && memcmp(word->at, "kline.", 6) == 0) ||
	    (word->len > 9 && memcmp(word->at, "kline_lt.", 9) == 0) ||
	    (word->len > 10 && memcmp(word->at, "orderbook.", 10) == 0) ||
	    (word->len > 10 && memcmp(word->at, "insurance.", 10) == 0);
}

static void
ticker_read(struct frame *f, struct json *j)
{
	struct tick *t = frame_add_tick(f, j);
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "symbol"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "lastPrice"))
			field_read_price(j, FIELD_STRING, &t->has_last,
			    &t->last);
		else if (json_text_is(&key, "bid1Price"))
			field_read_price(j, FIELD_STRING, &t->has_bid,
			    &t->bid);
		else if (json_text_is(&key, "ask1Price"))
			field_read_price(j, FIELD_STRING, &t->has_ask,
			    &t->ask);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0')
		json_fail(j, ERR_MISSING);
}

/* side_read reads [["price","size"],...] and keeps the best level that is not
 * a deletion: the highest bid, the lowest ask. */
static void
side_read(struct json *j, bool is_bid, bool *has, struct dec18 *best)
{
	if (!json_enter_array(j))
		return;
	while (json_next_item(j)) {
		struct dec18 price = { 0 }, size = { 0 };
		bool has_price = false, has_size = false;

		json_enter_array(j);
		if (json_next_item(j))
			field_read_price(j, FIELD_STRING, &has_price, &price);
		if (json_next_item(j))
			field_read_size(j, FIELD_STRING, &has_size, &size);
		if (json_next_item(j))
			json_fail(j, ERR_SYNTAX);
		if (!has_size)
			json_fail(j, ERR_MISSING);
		if (j->error != ERR_OK)
			return;
		if (size.value == 0)
			continue;
		if (!*has || (is_bid ? price.value > best->value :
		    price.value < best->value))
			*best = price;
		*has = true;
	}
}

static void
book_read(struct frame *f, struct json *j)
{
	struct tick *t = frame_add_tick(f, j);
	bool has_b = false, has_a = false;
	struct field_u64 update = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		bool is_bid = json_text_is(&key, "b");

		if (json_text_is(&key, "s")) {
			field_read_symbol(j, t->symbol);
		} else if (json_text_is(&key, "u")) {
			field_read_u64(j, &update);
		} else if (is_bid || json_text_is(&key, "a")) {
			bool *has = is_bid ? &has_b : &has_a;

			if (*has)
				json_fail(j, ERR_DUPLICATE);
			*has = true;
			side_read(j, is_bid,
			    is_bid ? &t->has_bid : &t->has_ask,
			    is_bid ? &t->bid : &t->ask);
		} else {
			json_skip(j);
		}
	}
	if (t->symbol[0] == '\0' || !has_b || !has_a)
		json_fail(j, ERR_MISSING);
	t->has_sequence = update.has;
	t->sequence = update.value;
}

static void
trade_read(struct frame *f, struct json *j)
{
	struct tick *t = frame_add_tick(f, j);
	struct field_time time = { 0 };
	struct field_u64 cross = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "s"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "p"))
			field_read_price(j, FIELD_STRING, &t->has_last,
			    &t->last);
		else if (json_text_is(&key, "v"))
			field_read_size(j, FIELD_STRING, &t->has_size,
			    &t->size);
		else if (json_text_is(&key, "T"))
			field_read_ms(j, &time);
		else if (json_text_is(&key, "seq"))
			field_read_u64(j, &cross);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0' || !t->has_last || !time.has)
		json_fail(j, ERR_MISSING);
	t->has_sequence = cross.has;
	t->sequence = cross.value;
	frame_stamp_tick(f, t, &time);
}

static void
payload_read(struct frame *f, struct json *j, const struct json_text *topic)
{
	switch (topic_kind(topic)) {
	case TOPIC_TICKER:
		ticker_read(f, j);
		break;
	case TOPIC_BOOK:
		book_read(f, j);
		break;
	case TOPIC_TRADE:
		json_enter_array(j);
		while (json_next_item(j))
			trade_read(f, j);
		break;
	case TOPIC_OTHER:
		json_skip(j);
		break;
	}
}

static void
message_read(struct frame *f, struct json *j, struct message *m)
{
	struct json_text key;

	if (!json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "topic"))
			field_read_string(j, &m->topic);
		else if (json_text_is(&key, "ts"))
			field_read_ms(j, &m->ts);
		else if (json_text_is(&key, "cs"))
			field_read_u64(j, &m->cross);
		else if (json_text_is(&key, "op"))
			field_read_string(j, &m->op);
		else if (json_text_is(&key, "ret_msg"))
			field_read_string(j, &m->ret_msg);
		else if (json_text_is(&key, "success"))
			field_read_bool(j, &m->has_success, &m->success);
		else if (!json_text_is(&key, "data"))
			json_skip(j);
		else if (m->has_payload)
			json_fail(j, ERR_DUPLICATE);
		else if (m->topic.has) {
			m->has_payload = true;
			payload_read(f, j, &m->topic.text);
		} else {
			m->has_payload = json_raw(j, &m->payload);
		}
	}
}

/* The message's own time and number, for ticks without theirs. */
static void
ticks_finish(struct frame *f, const struct message *m)
{
	for (size_t i = 0; i < f->tick_count; i++) {
		struct tick *t = &f->ticks[i];

		if (!t->has_time)
			frame_stamp_tick(f, t, &m->ts);
		if (!t->has_sequence && m->cross.has) {
			t->has_sequence = true;
			t->sequence = m->cross.value;
		}
	}
}

static void
topic_finish(struct frame *f, struct json *j, const struct message *m)
{
	struct json_text word = topic_word(m->topic.text);
	struct json payload;

	frame_set_channel(f, word.at, word.len);
	if (topic_kind(&m->topic.text) == TOPIC_OTHER) {
		f->kind = is_ignored(&word) ? FRAME_IGNORED : FRAME_UNKNOWN;
		return;
	}
	f->kind = FRAME_TICKS;
	if (!m->has_payload || !m->ts.has)
		json_fail(j, ERR_MISSING);
	if (m->payload.at != NULL && j->error == ERR_OK) {
		json_open(&payload, m->payload.at, m->payload.len);
		payload_read(f, &payload, &m->topic.text);
		if (json_close(&payload) != ERR_OK)
			json_fail(j, payload.error);
	}
	ticks_finish(f, m);
}

static void
op_finish(struct frame *f, const struct message *m)
{
	frame_set_channel(f, m->op.text.at, m->op.text.len);
	if (m->has_success && !m->success) {
		f->kind = FRAME_REFUSED;
		return;
	}
	if (text_is_any(&m->op.text, OPS, ARRAY_COUNT(OPS)))
		f->kind = FRAME_ACK;
	/* The answer to a ping says op "ping" and ret_msg "pong". */
	if (m->ret_msg.has && json_text_is(&m->ret_msg.text, "pong"))
		frame_set_channel(f, "pong", 4);
}

enum err
venue_bybit_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	struct json j;

	frame_begin(f);
	json_open(&j, text, len);
	if (json_kind(&j) == JSON_KIND_OBJECT)
		message_read(f, &j, &m);
	else
		json_skip(&j);
	if (m.topic.has)
		topic_finish(f, &j, &m);
	else if (m.op.has)
		op_finish(f, &m);
	else if (m.has_success && !m.success)
		f->kind = FRAME_REFUSED;
	frame_note_time(f, &m.ts);
	return json_close(&j);
}

/* topic_put writes the i-th topic of all: two a symbol. */
static void
topic_put(struct field_out *o, const char *const *symbols, size_t i)
{
	field_out_put(o, i % 2 == 0 ? "orderbook.1." : "publicTrade.");
	field_out_put(o, symbols[i / 2]);
}

enum err
venue_bybit_subscribe(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	size_t first = (size_t)n * ARGS_MAX;
	struct field_out o;
	enum err e = symbols_check(symbols, count);

	if (e != ERR_OK)
		return e;
	if (first >= 2 * count) {
		*len = 0;
		return ERR_OK;
	}
	o = field_out_begin(out, size);
	field_out_put(&o, "{\"op\":\"subscribe\",\"args\":[\"");
	for (size_t i = first; i < 2 * count && i < first + ARGS_MAX; i++) {
		field_out_put(&o, i > first ? "\",\"" : "");
		topic_put(&o, symbols, i);
	}
	field_out_put(&o, "\"]}");
	return field_out_end(&o, len);
}
