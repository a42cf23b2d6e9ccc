/* Deribit v2, wss://www.deribit.com/ws/api/v2, JSON-RPC.
 * Source: docs.deribit.com, public/subscribe, public/test and the market data
 * subscriptions; recorded frames of 2021-04.  Prices are JSON numbers, a side
 * without orders null (in 2021 0.0), times Unix ms.  Each answer says when it
 * left, in microseconds: public/test is asked so often that it keeps a quiet
 * book alive, and makes public/set_heartbeat's test_request needless.  Options
 * are quoted in coins, with a mark price, volatilities and greeks beside:
 * they are read, but not subscribed to.  Indices have lower-case names of
 * their own (btc_usd); the volatility index of the same name, in percent,
 * stands as "dvol.btc_usd". */
#include "feeds/venue_row.h"

#include "feeds/venue_field.h"

#define DVOL "dvol."

struct message {
	struct field_text method, channel, type;
	struct field_raw params, result, error, rows;
	struct field_u64 out_us;	/* when an answer left */
};

/* Where a channel's rows say what; a book's sides have one name each. */
struct priced {
	const char *word, *symbol, *last;
	bool is_book, is_trade;
};
static const struct priced PRICED[] = {
	{ "quote", "instrument_name", "", true, false },
	{ "ticker", "instrument_name", "last_price", true, false },
	{ "trades", "instrument_name", "price", false, true },
	{ "deribit_price_index", "index_name", "price", false, false },
	{ "deribit_volatility_index", "index_name", "volatility", false,
	    false },
};
static const char *const IGNORED[] = {
	"book", "chart", "perpetual", "markprice", "incremental_ticker",
	"estimated_expiration_price", "deribit_price_ranking",
	"deribit_price_statistics", "instrument", "platform_state",
	"announcements", "rfq", "block_rfq", "block_trade_confirmations",
};

/* The first word of a channel: "ticker.BTC-PERPETUAL.100ms". */
static struct json_text
channel_word(struct json_text channel)
{
	const char *dot = memchr(channel.at, '.', channel.len);

	if (dot != NULL)
		channel.len = (size_t)(dot - channel.at);
	return channel;
}

static const struct priced *
priced_find(const struct json_text *word)
{
	for (size_t i = 0; i < ARRAY_COUNT(PRICED); i++)
		if (json_text_is(word, PRICED[i].word))
			return &PRICED[i];
	return NULL;
}

/* name_take: the row's symbol, a volatility's told from its index's. */
static void
name_take(struct json *j, const struct priced *p, const struct field_text *name,
    char out[VENUE_SYMBOL_MAX])
{
	size_t at = strcmp(p->last, "volatility") == 0 ? strlen(DVOL) : 0;
	char text[VENUE_SYMBOL_MAX] = DVOL;
	struct json_text t = { .at = text, .len = at + name->text.len };

	if (name->text.len >= sizeof(text) - at) {
		json_fail(j, ERR_LIMIT);
		return;
	}
	memcpy(text + at, name->text.at, name->text.len);
	field_take_symbol(j, &t, out);
}

static void
row_read(struct frame *f, struct json *j, const struct priced *p)
{
	const unsigned none = FIELD_NONE_NULL | FIELD_NONE_ZERO;
	struct tick *t = frame_add_tick(f, j);
	bool bid = false, ask = false, last = false;
	struct field_time time = { 0 };
	struct field_u64 sequence = { 0 };
	struct field_text name = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, p->symbol))
			field_read_string(j, &name);
		else if (json_text_is(&key, "timestamp"))
			field_read_ms(j, &time);
		else if (json_text_is(&key, p->last))
			field_read_price_or_none(j, FIELD_NUMBER,
			    p->is_book ? FIELD_NONE_NULL : 0, &last,
			    &t->has_last, &t->last);
		else if (p->is_book && json_text_is(&key, "best_bid_price"))
			field_read_price_or_none(j, FIELD_NUMBER, none, &bid,
			    &t->has_bid, &t->bid);
		else if (p->is_book && json_text_is(&key, "best_ask_price"))
			field_read_price_or_none(j, FIELD_NUMBER, none, &ask,
			    &t->has_ask, &t->ask);
		else if (p->is_trade && json_text_is(&key, "amount"))
			field_read_size(j, FIELD_NUMBER, &t->has_size,
			    &t->size);
		else if (p->is_trade && json_text_is(&key, "trade_seq"))
			field_read_u64(j, &sequence);
		else
			json_skip(j);
	}
	if (!name.has || !time.has || (p->is_book ? !bid || !ask : !last))
		json_fail(j, ERR_MISSING);
	else
		name_take(j, p, &name, t->symbol);
	t->has_sequence = sequence.has;
	t->sequence = sequence.value;
	frame_stamp_tick(f, t, &time);
}

static void
message_read(struct json *j, struct message *m, bool is_params)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (is_params && json_text_is(&key, "channel"))
			field_read_string(j, &m->channel);
		else if (is_params && json_text_is(&key, "data"))
			field_read_raw(j, &m->rows);
		else if (is_params && json_text_is(&key, "type"))
			field_read_string(j, &m->type);
		else if (!is_params && json_text_is(&key, "params"))
			field_read_raw(j, &m->params);
		else if (!is_params && json_text_is(&key, "method"))
			field_read_string(j, &m->method);
		else if (!is_params && json_text_is(&key, "result"))
			field_read_raw(j, &m->result);
		else if (!is_params && json_text_is(&key, "error"))
			field_read_raw(j, &m->error);
		else if (!is_params && json_text_is(&key, "usOut"))
			field_read_u64(j, &m->out_us);
		else
			json_skip(j);
	}
}

/* What an answer is an answer to, by its form: an object with a version
 * (public/test), the channels that are subscribed to, a word.  Channels that
 * do not exist are left out of the answer without an error. */
static void
result_finish(struct frame *f, const struct json_text *result)
{
	struct json_text key;
	struct json j;

	json_open(&j, result->at, result->len);
	frame_set_channel(f, "result", 6);
	if (json_kind(&j) == JSON_KIND_STRING) {
		f->kind = FRAME_ACK;
	} else if (json_kind(&j) == JSON_KIND_ARRAY) {
		json_enter_array(&j);
		f->kind = json_next_item(&j) ? FRAME_ACK : FRAME_REFUSED;
	} else if (json_kind(&j) == JSON_KIND_OBJECT) {
		json_enter_object(&j);
		if (!json_next_key(&j, &key) || !json_text_is(&key, "version"))
			return;
		f->kind = f->has_time ? FRAME_HEARTBEAT : FRAME_ACK;
		frame_set_channel(f, "test", 4);
	}
}

static enum err
channel_finish(struct frame *f, const struct message *m)
{
	struct json_text word = channel_word(m->channel.text);
	const struct priced *p = priced_find(&word);
	struct json j;

	frame_set_channel(f, word.at, word.len);
	if (p == NULL) {
		f->kind = text_is_any(&word, IGNORED, ARRAY_COUNT(IGNORED)) ?
		    FRAME_IGNORED : FRAME_UNKNOWN;
		return ERR_OK;
	}
	f->kind = FRAME_TICKS;
	if (!m->rows.has)
		return ERR_MISSING;
	json_open(&j, m->rows.text.at, m->rows.text.len);
	if (!p->is_trade)
		row_read(f, &j, p);
	else if (json_enter_array(&j))
		while (json_next_item(&j))
			row_read(f, &j, p);
	return json_close(&j);
}

enum err
venue_deribit_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	struct field_time out;
	struct json j;

	frame_begin(f);
	json_open(&j, text, len);
	if (json_kind(&j) == JSON_KIND_OBJECT)
		message_read(&j, &m, false);
	else
		json_skip(&j);
	if (json_close(&j) != ERR_OK)
		return j.error;
	if (m.params.has) {
		json_open(&j, m.params.text.at, m.params.text.len);
		message_read(&j, &m, true);
		if (json_close(&j) != ERR_OK)
			return j.error;
	}
	out = (struct field_time){ m.out_us.has, m.out_us.value / 1000 };
	if (out.ms > FIELD_TIME_MS_MAX)
		return ERR_RANGE;
	frame_note_time(f, &out);
	if (m.method.has && json_text_is(&m.method.text, "subscription"))
		return m.channel.has ? channel_finish(f, &m) : ERR_MISSING;
	if (m.error.has) {
		f->kind = FRAME_REFUSED;
		frame_set_channel(f, "error", 5);
	} else if (m.method.has && m.type.has &&
	    json_text_is(&m.method.text, "heartbeat")) {
		f->kind = FRAME_HEARTBEAT;	/* or test_request */
		frame_set_channel(f, m.type.text.at, m.type.text.len);
	} else if (m.result.has) {
		result_finish(f, &m.result.text);
	}
	return ERR_OK;
}

/* channels_put: an index has one channel, an instrument two. */
static void
channels_put(struct field_out *o, const char *symbol)
{
	size_t at = strlen(DVOL);

	if (strncmp(symbol, DVOL, at) == 0) {
		field_out_put(o, "\"deribit_volatility_index.");
		field_out_put(o, symbol + at);
	} else if (symbol[0] >= 'a' && symbol[0] <= 'z') {
		field_out_put(o, "\"deribit_price_index.");
		field_out_put(o, symbol);
	} else {
		/* Unthrottled ones are for those who log in. */
		field_out_put(o, "\"quote.");
		field_out_put(o, symbol);
		field_out_put(o, "\",\"trades.");
		field_out_put(o, symbol);
		field_out_put(o, ".100ms");
	}
	field_out_put(o, "\"");
}

static bool
is_option(const char *symbol)
{
	size_t len = strlen(symbol);

	return len > 2 && symbol[len - 2] == '-' &&
	    (symbol[len - 1] == 'C' || symbol[len - 1] == 'P');
}

/* ERR_UNIT for an option: its price is in coins. */
enum err
venue_deribit_subscribe(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	struct field_out o;
	enum err e = symbols_check(symbols, count);

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < count; i++)
		if (is_option(symbols[i]))
			return ERR_UNIT;
	if (n > 0) {
		*len = 0;
		return ERR_OK;
	}
	o = field_out_begin(out, size);
	field_out_put(&o, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"public/subscribe\",\"params\":{\"channels\":[");
	for (size_t i = 0; i < count; i++) {
		field_out_put(&o, i > 0 ? "," : "");
		channels_put(&o, symbols[i]);
	}
	field_out_put(&o, "]}}");
	return field_out_end(&o, len);
}
