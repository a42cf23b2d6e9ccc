/* Crypto.com Exchange, wss://stream.crypto.com/exchange/v1/market
 * Source: exchange-docs.crypto.com/exchange/v1: ticker, trade, heartbeats;
 * recorded frames of 2021-11-23 of /v2/market, which has the same shapes with
 * numbers where the prices and trade ids of today are strings: both are read.
 * Times are Unix ms.  A side that is empty is null.  A heartbeat is to be
 * answered by public/respond-heartbeat with its id. */
#include "feeds/venue_row.h"

#include "feeds/venue_field.h"

#define ID_MAX 20u	/* digits of a heartbeat's id */

struct message {
	struct field_text method, channel;
	struct field_u64 code;
	struct json_text id;		/* as it was written */
	bool has_result;
	struct json_text rows;	/* `data` of the result */
	bool has_rows;
};

static const char *const IGNORED[] = {
	"book", "book.update", "candlestick", "index", "mark", "settlement",
	"funding", "estimatedfunding",
};
static const char *const ACKS[] = {
	"subscribe", "unsubscribe", "public/respond-heartbeat",
};

static enum field_form
form_of(struct json *j)
{
	return json_kind(j) == JSON_KIND_NUMBER ? FIELD_NUMBER : FIELD_STRING;
}

static void
id_read(struct json *j, struct field_u64 *out)
{
	if (json_kind(j) == JSON_KIND_NUMBER)
		field_read_u64(j, out);
	else
		field_read_u64_string(j, out);
}

static void
row_read(struct frame *f, struct json *j, bool is_ticker)
{
	struct tick *t = frame_add_tick(f, j);
	struct field_time time = { 0 };
	struct field_u64 id = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "i"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "t"))
			field_read_ms(j, &time);
		else if (is_ticker && json_text_is(&key, "b"))
			field_read_price_or_null(j, form_of(j), &t->has_bid,
			    &t->bid);
		else if (is_ticker && json_text_is(&key, "k"))
			field_read_price_or_null(j, form_of(j), &t->has_ask,
			    &t->ask);
		else if (json_text_is(&key, is_ticker ? "a" : "p"))
			field_read_price_or_null(j, form_of(j), &t->has_last,
			    &t->last);
		else if (!is_ticker && json_text_is(&key, "q"))
			field_read_size(j, form_of(j), &t->has_size,
			    &t->size);
		else if (!is_ticker && json_text_is(&key, "d"))
			id_read(j, &id);
		else
			json_skip(j);
	}
	if (t->symbol[0] == '\0' || !time.has || (!is_ticker && !t->has_last))
		json_fail(j, ERR_MISSING);
	t->has_sequence = id.has;
	t->sequence = id.value;
	frame_stamp_tick(f, t, &time);
}

static void
result_read(struct json *j, struct message *m)
{
	struct json_text key;

	if (m->has_result) {
		json_fail(j, ERR_DUPLICATE);
		return;
	}
	m->has_result = true;
	if (json_kind(j) != JSON_KIND_OBJECT) {
		json_skip(j);
		return;
	}
	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "channel"))
			field_read_string(j, &m->channel);
		else if (!json_text_is(&key, "data"))
			json_skip(j);
		else if (m->has_rows)
			json_fail(j, ERR_DUPLICATE);
		else
			m->has_rows = json_raw(j, &m->rows);
	}
}

static void
message_read(struct json *j, struct message *m)
{
	struct json_text key;

	if (!json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "method"))
			field_read_string(j, &m->method);
		else if (json_text_is(&key, "code"))
			field_read_u64(j, &m->code);
		else if (json_text_is(&key, "id"))
			json_raw(j, &m->id);
		else if (json_text_is(&key, "result"))
			result_read(j, m);
		else
			json_skip(j);
	}
}

static enum err
channel_finish(struct frame *f, const struct message *m)
{
	const struct json_text *c = &m->channel.text;
	bool is_ticker = json_text_is(c, "ticker");
	struct json j;

	frame_set_channel(f, c->at, c->len);
	if (!is_ticker && !json_text_is(c, "trade")) {
		if (text_is_any(c, IGNORED, ARRAY_COUNT(IGNORED)))
			f->kind = FRAME_IGNORED;
		return ERR_OK;
	}
	f->kind = FRAME_TICKS;
	if (!m->has_rows)
		return ERR_MISSING;
	json_open(&j, m->rows.at, m->rows.len);
	json_enter_array(&j);
	while (json_next_item(&j))
		row_read(f, &j, is_ticker);
	return json_close(&j);
}

/* A heartbeat wants its own id back within 5 s. */
static enum err
heartbeat_answer(struct frame *f, const struct json_text *id)
{
	static const char end[] = ",\"method\":\"public/respond-heartbeat\"}";
	struct field_out o = field_out_begin(f->answer, sizeof(f->answer));
	char digits[ID_MAX + 1] = "";
	size_t len;

	if (id->len == 0 || id->len > ID_MAX)
		return ERR_MISSING;
	for (size_t i = 0; i < id->len; i++) {
		if (id->at[i] < '0' || id->at[i] > '9')
			return ERR_SYNTAX;
		digits[i] = id->at[i];
	}
	field_out_put(&o, "{\"id\":");
	field_out_put(&o, digits);
	field_out_put(&o, end);
	return field_out_end(&o, &len);
}

enum err
venue_cryptocom_parse(struct frame *f, const char *text, size_t len)
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
	if (m.method.has)
		frame_set_channel(f, m.method.text.at, m.method.text.len);
	if (m.code.value != 0) {
		f->kind = FRAME_REFUSED;
		return ERR_OK;
	}
	if (m.channel.has)
		return channel_finish(f, &m);
	if (!m.method.has)
		return ERR_OK;
	if (json_text_is(&m.method.text, "public/heartbeat")) {
		f->kind = FRAME_HEARTBEAT;
		return heartbeat_answer(f, &m.id);
	}
	if (text_is_any(&m.method.text, ACKS, ARRAY_COUNT(ACKS)))
		f->kind = FRAME_ACK;
	return ERR_OK;
}

enum err
venue_cryptocom_subscribe(char *out, size_t size, size_t *len, unsigned n,
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
	field_out_put(&o, "{\"id\":1,\"method\":\"subscribe\",\"params\":{"
	    "\"channels\":[\"");
	for (size_t i = 0; i < count; i++) {
		field_out_put(&o, i > 0 ? "\",\"ticker." : "ticker.");
		field_out_put(&o, symbols[i]);
		field_out_put(&o, "\",\"trade.");
		field_out_put(&o, symbols[i]);
	}
	field_out_put(&o, "\"]}}");
	return field_out_end(&o, len);
}
