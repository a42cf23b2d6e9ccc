/* Gemini, wss://api.gemini.com/v2/marketdata.
 * Source: docs.gemini.com, WebSocket market data version 2 (`l2`, heartbeat);
 * recorded frames of 2021-04-17.  Prices are strings, times Unix ms.  The
 * first l2_updates of a symbol, which also carries `trades`, is the whole
 * book, each later one what changed: the top is kept here and carries no time
 * of its own.  Messages are not numbered: one that cannot be read voids the
 * books until the connection is dialled anew. */
#include "feeds/venue_row.h"

#include "base/must.h"
#include "feeds/depth.h"
#include "feeds/venue_field.h"

struct message {
	struct field_text type;
	struct field_text result;	/* "error": no type then */
	char symbol[VENUE_SYMBOL_MAX];
	struct field_time timestamp;
	bool has_changes, has_trades;
	struct json_text changes, trades;
};

static const char *const IGNORED[] = {
	"auction_open", "auction_indicative", "auction_result",
	"candles_1m_updates", "candles_5m_updates", "candles_15m_updates",
	"candles_30m_updates", "candles_1h_updates", "candles_6h_updates",
	"candles_1d_updates",
};

/* A message of its own, or an item of a snapshot's `trades`. */
static void
trade_read(struct frame *f, struct json *j)
{
	struct tick *t = frame_add_tick(f, j);
	struct field_u64 event_id = { 0 };
	struct field_time time = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "symbol"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "event_id"))
			field_read_u64(j, &event_id);
		else if (json_text_is(&key, "timestamp"))
			field_read_ms(j, &time);
		else if (json_text_is(&key, "price"))
			field_read_price(j, FIELD_STRING, &t->has_last,
			    &t->last);
		else if (json_text_is(&key, "quantity"))
			field_read_size(j, FIELD_STRING, &t->has_size,
			    &t->size);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0' || !t->has_last || !time.has)
		json_fail(j, ERR_MISSING);
	t->has_sequence = event_id.has;
	t->sequence = event_id.value;
	frame_stamp_tick(f, t, &time);
}

static void
trades_read(struct frame *f, struct json *j)
{
	json_enter_array(j);
	while (json_next_item(j))
		trade_read(f, j);
}

/* [["buy" or "sell", price, what stands there now], ...] */
static void
changes_read(struct depth *d, struct json *j)
{
	json_enter_array(j);
	while (json_next_item(j)) {
		struct dec18 price = { 0 }, size = { 0 };
		bool has_price = false, has_size = false, is_bid;
		struct field_text side = { 0 };

		json_enter_array(j);
		if (json_next_item(j))
			field_read_string(j, &side);
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
		is_bid = json_text_is(&side.text, "buy");
		if (!is_bid && !json_text_is(&side.text, "sell"))
			json_fail(j, ERR_SYNTAX);
		depth_set(d, is_bid ? DEPTH_BID : DEPTH_ASK, price,
		    size.value > 0);
	}
}

static enum err
book_read(struct frame *f, const struct message *m)
{
	struct depth *d;
	struct tick *t;
	struct json j;

	if (m->symbol[0] == '\0' || !m->has_changes)
		return ERR_MISSING;
	d = depth_of(f->memory->depth, m->symbol);
	if (!d)
		return ERR_LIMIT;
	if (!d->was_begun || m->has_trades)
		depth_begin(d);
	json_open(&j, m->changes.at, m->changes.len);
	changes_read(d, &j);
	if (json_close(&j) != ERR_OK)
		return j.error;
	/* Void before, or so much taken away that the top is not known. */
	if (!d->is_known) {
		f->kind = FRAME_GAP;
		return ERR_OK;
	}
	t = frame_add_tick(f, &j);
	memcpy(t->symbol, m->symbol, sizeof(t->symbol));
	depth_quote(d, t);
	if (!m->has_trades)
		return ERR_OK;
	json_open(&j, m->trades.at, m->trades.len);
	trades_read(f, &j);
	return json_close(&j);
}

static void
message_read(struct json *j, struct message *m)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		bool is_changes = json_text_is(&key, "changes");

		if (json_text_is(&key, "type"))
			field_read_string(j, &m->type);
		else if (json_text_is(&key, "result"))
			field_read_string(j, &m->result);
		else if (json_text_is(&key, "symbol"))
			field_read_symbol(j, m->symbol);
		else if (json_text_is(&key, "timestamp"))
			field_read_ms(j, &m->timestamp);
		else if (!is_changes && !json_text_is(&key, "trades"))
			json_skip(j);
		else if (is_changes ? m->has_changes : m->has_trades)
			json_fail(j, ERR_DUPLICATE);
		else if (is_changes)
			m->has_changes = json_raw(j, &m->changes);
		else
			m->has_trades = json_raw(j, &m->trades);
	}
}

static enum frame_kind
message_kind(const struct message *m)
{
	const struct json_text *type = &m->type.text;

	if (m->result.has && json_text_is(&m->result.text, "error"))
		return FRAME_REFUSED;
	if (!m->type.has)
		return FRAME_UNKNOWN;
	if (json_text_is(type, "l2_updates") || json_text_is(type, "trade"))
		return FRAME_TICKS;
	if (json_text_is(type, "heartbeat"))
		return FRAME_HEARTBEAT;
	if (json_text_is(type, "error"))
		return FRAME_REFUSED;
	return text_is_any(type, IGNORED, ARRAY_COUNT(IGNORED)) ?
	    FRAME_IGNORED : FRAME_UNKNOWN;
}

static enum err
message_take(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	struct json j;

	json_open(&j, text, len);
	if (json_kind(&j) == JSON_KIND_OBJECT)
		message_read(&j, &m);
	else
		json_skip(&j);
	if (json_close(&j) != ERR_OK)
		return j.error;
	if (m.type.has)
		frame_set_channel(f, m.type.text.at, m.type.text.len);
	else if (m.result.has)
		frame_set_channel(f, m.result.text.at, m.result.text.len);
	f->kind = message_kind(&m);
	frame_note_time(f, &m.timestamp);
	if (f->kind != FRAME_TICKS)
		return ERR_OK;
	if (json_text_is(&m.type.text, "l2_updates"))
		return book_read(f, &m);
	json_open(&j, text, len);
	trade_read(f, &j);
	return json_close(&j);
}

enum err
venue_gemini_parse(struct frame *f, const char *text, size_t len)
{
	enum err e;

	MUST(f->memory->depth);
	frame_begin(f);
	e = message_take(f, text, len);
	if (e != ERR_OK)
		depth_void_all(f->memory->depth);
	return e;
}

enum err
venue_gemini_subscribe(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
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
	field_out_put(&o, "{\"type\":\"subscribe\",\"subscriptions\":[{"
	    "\"name\":\"l2\",\"symbols\":[\"");
	for (size_t i = 0; i < count; i++) {
		field_out_put(&o, i > 0 ? "\",\"" : "");
		field_out_put(&o, symbols[i]);
	}
	field_out_put(&o, "\"]}]}");
	return field_out_end(&o, len);
}
