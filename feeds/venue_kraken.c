/* Kraken, wss://ws.kraken.com/v2.
 * Source: docs.kraken.com, WebSocket v2: ticker, trade, heartbeat, status,
 * ping.  Prices are JSON numbers, times RFC 3339.  A ticker of an older server
 * has no timestamp; the `heartbeat` channel carries none either, so a ping is
 * sent whose pong says the time. */
#include "feeds/venue_row.h"

#include "feeds/venue_field.h"

struct message {
	struct field_text channel;
	struct field_text method;
	struct field_text error;
	bool has_success, success;
	struct field_time time_in, time_out;
	struct json_text rows;	/* `data`, where no channel came before */
	bool has_rows;
};

static const char *const IGNORED[] = {
	"book", "level3", "ohlc", "instrument", "executions", "balances",
};
static const char *const METHODS[] = {
	"subscribe", "unsubscribe", "ping", "pong",
};

static void
row_read(struct frame *f, struct json *j, bool is_ticker)
{
	struct tick *t = frame_add_tick(f, j);
	struct field_time time = { 0 };
	struct field_u64 trade_id = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "symbol"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "timestamp"))
			field_read_rfc3339(j, &time);
		else if (is_ticker && json_text_is(&key, "bid"))
			field_read_price(j, FIELD_NUMBER, &t->has_bid,
			    &t->bid);
		else if (is_ticker && json_text_is(&key, "ask"))
			field_read_price(j, FIELD_NUMBER, &t->has_ask,
			    &t->ask);
		else if (json_text_is(&key, is_ticker ? "last" : "price"))
			field_read_price(j, FIELD_NUMBER, &t->has_last,
			    &t->last);
		else if (!is_ticker && json_text_is(&key, "qty"))
			field_read_size(j, FIELD_NUMBER, &t->has_size,
			    &t->size);
		else if (!is_ticker && json_text_is(&key, "trade_id"))
			field_read_u64(j, &trade_id);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0' || (!is_ticker && (!t->has_last ||
	    !time.has)))
		json_fail(j, ERR_MISSING);
	t->has_sequence = trade_id.has;
	t->sequence = trade_id.value;
	frame_stamp_tick(f, t, &time);
}

static bool
is_price_channel(const struct message *m)
{
	return m->channel.has && (json_text_is(&m->channel.text, "ticker") ||
	    json_text_is(&m->channel.text, "trade"));
}

static void
rows_read(struct frame *f, struct json *j, const struct message *m)
{
	bool is_ticker = json_text_is(&m->channel.text, "ticker");

	if (!json_enter_array(j))
		return;
	while (json_next_item(j))
		row_read(f, j, is_ticker);
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
		else if (json_text_is(&key, "method"))
			field_read_string(j, &m->method);
		else if (json_text_is(&key, "error"))
			field_read_string(j, &m->error);
		else if (json_text_is(&key, "success"))
			field_read_bool(j, &m->has_success, &m->success);
		else if (json_text_is(&key, "time_in"))
			field_read_rfc3339(j, &m->time_in);
		else if (json_text_is(&key, "time_out"))
			field_read_rfc3339(j, &m->time_out);
		else if (!json_text_is(&key, "data"))
			json_skip(j);
		else if (m->has_rows)
			json_fail(j, ERR_DUPLICATE);
		else if (is_price_channel(m)) {
			m->has_rows = true;
			rows_read(f, j, m);
		} else {
			m->has_rows = json_raw(j, &m->rows);
		}
	}
}

static enum frame_kind
message_kind(const struct message *m)
{
	const struct json_text *c = &m->channel.text;

	if (m->error.has || (m->has_success && !m->success))
		return FRAME_REFUSED;
	if (is_price_channel(m))
		return FRAME_TICKS;
	if (m->channel.has) {
		if (json_text_is(c, "heartbeat"))
			return FRAME_HEARTBEAT;
		if (json_text_is(c, "status"))
			return FRAME_ACK;
		return text_is_any(c, IGNORED, ARRAY_COUNT(IGNORED)) ?
		    FRAME_IGNORED : FRAME_UNKNOWN;
	}
	if (!m->method.has || !text_is_any(&m->method.text, METHODS,
	    ARRAY_COUNT(METHODS)))
		return FRAME_UNKNOWN;
	/* The only message of a quiet market that says the time. */
	if (json_text_is(&m->method.text, "pong") &&
	    (m->time_in.has || m->time_out.has))
		return FRAME_HEARTBEAT;
	return FRAME_ACK;
}

enum err
venue_kraken_parse(struct frame *f, const char *text, size_t len)
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
	else if (m.method.has)
		frame_set_channel(f, m.method.text.at, m.method.text.len);
	else if (m.error.has)
		frame_set_channel(f, "error", 5);
	f->kind = message_kind(&m);
	if (f->kind == FRAME_TICKS) {
		if (!m.has_rows)
			json_fail(&j, ERR_MISSING);
		if (m.rows.at != NULL && j.error == ERR_OK) {
			struct json rows;

			json_open(&rows, m.rows.at, m.rows.len);
			rows_read(f, &rows, &m);
			if (json_close(&rows) != ERR_OK)
				json_fail(&j, rows.error);
		}
	}
	frame_note_time(f, &m.time_in);
	frame_note_time(f, &m.time_out);
	return json_close(&j);
}

enum err
venue_kraken_subscribe(char *out, size_t size, size_t *len, unsigned n,
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
	field_out_put(&o, "{\"method\":\"subscribe\",\"params\":{\"channel\":\"");
	field_out_put(&o, n == 0 ? "ticker" : "trade");
	field_out_put(&o, "\",\"symbol\":[\"");
	for (size_t i = 0; i < count; i++) {
		field_out_put(&o, i > 0 ? "\",\"" : "");
		field_out_put(&o, symbols[i]);
	}
	/* The default, "trades", would leave a quiet book unsaid. */
	field_out_put(&o, n == 0 ? "\"],\"event_trigger\":\"bbo\"}}" :
	    "\"]}}");
	return field_out_end(&o, len);
}
