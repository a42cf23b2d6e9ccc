/* BitMEX, wss://ws.bitmex.com/realtime.
 * Source: bitmex.com/app/wsAPI: tables quote, trade, instrument; single frames
 * of 2021 to 2023.  Prices are JSON numbers, times RFC 3339; a trade's size is
 * in contracts.  A quote says both sides; an instrument is told by its changes
 * alone, so that one side of it says nothing of the other: both count, or
 * neither.  An instrument without prices (a new mark price) still says the
 * time, more often than a quiet book changes.  A ping is the bare word, and so
 * is its answer.  Symbols of swaps, futures and spot are distinct: XBTUSD,
 * XBTM26, XBT_USDT; .BXBT is an index. */
#include "feeds/venue_row.h"

#include "feeds/venue_field.h"

struct message {
	struct field_text table, action, info, subscribe, error;
	bool has_success, success;
	struct field_time time;	/* of the greeting */
	struct field_raw rows;
};

static const char *const PRICED[] = { "instrument", "quote", "trade" };
static const char *const IGNORED[] = {
	"orderBookL2", "orderBookL2_25", "orderBook10", "funding", "insurance",
	"liquidation", "settlement", "announcement", "chat", "connected",
	"publicNotifications",
};
static const char *const ACTIONS[] = { "partial", "insert", "update" };

static void
row_read(struct frame *f, struct json *j, const struct json_text *table)
{
	struct tick *t = frame_add_tick(f, j);
	bool is_trade = json_text_is(table, "trade");
	bool is_instrument = json_text_is(table, "instrument");
	unsigned none = is_trade ? 0 : FIELD_NONE_NULL;
	bool bid = false, ask = false, last = false;
	struct field_time time = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "symbol"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "timestamp"))
			field_read_rfc3339(j, &time);
		else if (json_text_is(&key, is_trade ? "price" : "lastPrice"))
			field_read_price_or_none(j, FIELD_NUMBER, none, &last,
			    &t->has_last, &t->last);
		else if (is_trade && json_text_is(&key, "size"))
			field_read_size(j, FIELD_NUMBER, &t->has_size,
			    &t->size);
		else if (!is_trade && json_text_is(&key, "bidPrice"))
			field_read_price_or_none(j, FIELD_NUMBER, none, &bid,
			    &t->has_bid, &t->bid);
		else if (!is_trade && json_text_is(&key, "askPrice"))
			field_read_price_or_none(j, FIELD_NUMBER, none, &ask,
			    &t->has_ask, &t->ask);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0' || (is_trade && !last) ||
	    (!is_instrument && !time.has))
		json_fail(j, ERR_MISSING);
	frame_stamp_tick(f, t, &time);
	if (!is_instrument)
		return;
	t->has_bid = t->has_ask = t->has_bid && t->has_ask;
	if (!t->has_bid && !t->has_last)
		f->tick_count--;
}

static void
message_read(struct json *j, struct message *m)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "table"))
			field_read_string(j, &m->table);
		else if (json_text_is(&key, "action"))
			field_read_string(j, &m->action);
		else if (json_text_is(&key, "data"))
			field_read_raw(j, &m->rows);
		else if (json_text_is(&key, "info"))
			field_read_string(j, &m->info);
		else if (json_text_is(&key, "timestamp"))
			field_read_rfc3339(j, &m->time);
		else if (json_text_is(&key, "subscribe") ||
		    json_text_is(&key, "unsubscribe"))
			field_read_string(j, &m->subscribe);
		else if (json_text_is(&key, "success"))
			field_read_bool(j, &m->has_success, &m->success);
		else if (json_text_is(&key, "error"))
			field_read_string(j, &m->error);
		else
			json_skip(j);
	}
}

static enum err
table_finish(struct frame *f, const struct message *m)
{
	const struct json_text *table = &m->table.text;
	struct json j;

	frame_set_channel(f, table->at, table->len);
	if (!text_is_any(table, PRICED, ARRAY_COUNT(PRICED))) {
		if (text_is_any(table, IGNORED, ARRAY_COUNT(IGNORED)) ||
		    text_begins(table, "tradeBin") ||
		    text_begins(table, "quoteBin"))
			f->kind = FRAME_IGNORED;
		return ERR_OK;
	}
	if (!m->action.has || !m->rows.has)
		return ERR_MISSING;
	/* A row that is taken out of a table is an instrument's end. */
	if (json_text_is(&m->action.text, "delete")) {
		f->kind = FRAME_IGNORED;
		return ERR_OK;
	}
	if (!text_is_any(&m->action.text, ACTIONS, ARRAY_COUNT(ACTIONS)))
		return ERR_OK;
	json_open(&j, m->rows.text.at, m->rows.text.len);
	json_enter_array(&j);
	while (json_next_item(&j))
		row_read(f, &j, table);
	f->kind = FRAME_TICKS;
	if (f->tick_count == 0 && json_text_is(table, "instrument"))
		f->kind = FRAME_HEARTBEAT;
	return json_close(&j);
}

enum err
venue_bitmex_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	struct json j;

	frame_begin(f);
	if (len == 4 && memcmp(text, "pong", 4) == 0) {
		f->kind = FRAME_ACK;
		frame_set_channel(f, text, len);
		return ERR_OK;
	}
	json_open(&j, text, len);
	if (json_kind(&j) == JSON_KIND_OBJECT)
		message_read(&j, &m);
	else
		json_skip(&j);
	if (json_close(&j) != ERR_OK)
		return j.error;
	frame_note_time(f, &m.time);
	if (m.error.has || (m.has_success && !m.success)) {
		f->kind = FRAME_REFUSED;
		frame_set_channel(f, "error", 5);
	} else if (m.table.has) {
		return table_finish(f, &m);
	} else if (m.subscribe.has) {
		f->kind = FRAME_ACK;
		frame_set_channel(f, "subscribe", 9);
	} else if (m.info.has) {
		f->kind = FRAME_ACK;
		frame_set_channel(f, "info", 4);
	}
	return ERR_OK;
}

enum err
venue_bitmex_subscribe(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	struct field_out o;
	enum err e = symbols_check(symbols, count);

	if (e != ERR_OK)
		return e;
	if (n >= ARRAY_COUNT(PRICED)) {
		*len = 0;
		return ERR_OK;
	}
	o = field_out_begin(out, size);
	field_out_put(&o, "{\"op\":\"subscribe\",\"args\":[\"");
	for (size_t i = 0; i < count; i++) {
		field_out_put(&o, i > 0 ? "\",\"" : "");
		field_out_put(&o, PRICED[n]);
		field_out_put(&o, ":");
		field_out_put(&o, symbols[i]);
	}
	field_out_put(&o, "\"]}");
	return field_out_end(&o, len);
}
