/* OKX v5 public channels, wss://ws.okx.com:8443/ws/v5/public, and OKCoin's,
 * which are the same.
 * Source: okx.com/docs-v5, WebSocket: tickers, trades, order book (bbo-tbt);
 * recorded frames of 2022-02-27.  Prices are strings, "" where a side is
 * empty; times are strings of Unix ms.  bbo-tbt says the whole top each time,
 * and again after a minute without a change.  Spot, swaps, futures and options
 * have symbols of their own: BTC-USDT, BTC-USDT-SWAP, BTC-USD-220325-40000-C
 * (in coins).  A ping is the bare word, and so is its answer. */
#include "feeds/venue_row.h"

#include "feeds/venue_field.h"

struct message {
	struct field_text event, channel, inst;
	struct field_raw arg, rows;
};

static const char *const PRICED[] = { "bbo-tbt", "tickers", "trades" };
static const char *const IGNORED[] = {
	"books", "books5", "books-elp", "books-l2-tbt", "books50-l2-tbt",
	"trades-all", "option-trades", "call-auction-details", "instruments",
	"open-interest", "funding-rate", "price-limit", "opt-summary",
	"estimated-price", "mark-price", "index-tickers", "status",
	"liquidation-orders", "adl-warning", "block-tickers",
	"public-block-trades", "public-struc-block-trades",
	"economic-calendar",
};
static const char *const EVENTS[] = {
	"subscribe", "unsubscribe", "login", "notice", "channel-conn-count",
};
static const char *const ERRORS[] = { "error", "channel-conn-count-error" };

/* side_read reads [["price","size","0","orders"]]: one level or none. */
static void
side_read(struct json *j, bool *is_there, bool *has, struct dec18 *price)
{
	bool has_price = false, has_size = false;
	struct dec18 size = { 0 };

	if (*is_there)
		json_fail(j, ERR_DUPLICATE);
	*is_there = true;
	json_enter_array(j);
	if (!json_next_item(j))
		return;
	if (json_enter_array(j) && json_next_item(j) &&
	    field_read_price(j, FIELD_STRING, &has_price, price) &&
	    json_next_item(j) &&
	    field_read_size(j, FIELD_STRING, &has_size, &size))
		while (json_next_item(j))
			json_skip(j);
	else
		json_fail(j, ERR_MISSING);
	if (json_next_item(j))
		json_fail(j, ERR_LIMIT);
	*has = j->error == ERR_OK && size.value > 0;
}

static void
row_read(struct frame *f, struct json *j, const struct message *m)
{
	struct tick *t = frame_add_tick(f, j);
	bool is_trade = json_text_is(&m->channel.text, "trades");
	unsigned none = is_trade ? 0 : FIELD_NONE_EMPTY;
	bool bid = false, ask = false, last = false;
	struct field_time time = { 0 };
	struct field_u64 sequence = { 0 };
	struct json_text key;

	if (t == NULL || !json_enter_object(j))
		return;
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "instId"))
			field_read_symbol(j, t->symbol);
		else if (json_text_is(&key, "ts"))
			field_read_ms_string(j, &time);
		else if (json_text_is(&key, "seqId"))
			field_read_u64(j, &sequence);
		else if (json_text_is(&key, is_trade ? "px" : "last"))
			field_read_price_or_none(j, FIELD_STRING, none, &last,
			    &t->has_last, &t->last);
		else if (is_trade && json_text_is(&key, "sz"))
			field_read_size(j, FIELD_STRING, &t->has_size,
			    &t->size);
		else if (json_text_is(&key, "bidPx"))
			field_read_price_or_none(j, FIELD_STRING, none, &bid,
			    &t->has_bid, &t->bid);
		else if (json_text_is(&key, "askPx"))
			field_read_price_or_none(j, FIELD_STRING, none, &ask,
			    &t->has_ask, &t->ask);
		else if (json_text_is(&key, "bids"))
			side_read(j, &bid, &t->has_bid, &t->bid);
		else if (json_text_is(&key, "asks"))
			side_read(j, &ask, &t->has_ask, &t->ask);
		else
			json_skip(j);
	}
	/* A row of bbo-tbt leaves its symbol to the channel. */
	if (t->symbol[0] == '\0' && m->inst.has)
		field_take_symbol(j, &m->inst.text, t->symbol);
	if (t->symbol[0] == '\0' || !time.has ||
	    (is_trade ? !last : !bid || !ask))
		json_fail(j, ERR_MISSING);
	t->has_sequence = sequence.has;
	t->sequence = sequence.value;
	frame_stamp_tick(f, t, &time);
}

static void
message_read(struct json *j, struct message *m, bool is_arg)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (is_arg && json_text_is(&key, "channel"))
			field_read_string(j, &m->channel);
		else if (is_arg && json_text_is(&key, "instId"))
			field_read_string(j, &m->inst);
		else if (!is_arg && json_text_is(&key, "arg"))
			field_read_raw(j, &m->arg);
		else if (!is_arg && json_text_is(&key, "data"))
			field_read_raw(j, &m->rows);
		else if (!is_arg && json_text_is(&key, "event"))
			field_read_string(j, &m->event);
		else
			json_skip(j);
	}
}

static enum frame_kind
message_kind(const struct message *m)
{
	const struct json_text *c = &m->channel.text, *e = &m->event.text;

	if (m->event.has) {
		if (text_is_any(e, ERRORS, ARRAY_COUNT(ERRORS)))
			return FRAME_REFUSED;
		return text_is_any(e, EVENTS, ARRAY_COUNT(EVENTS)) ?
		    FRAME_ACK : FRAME_UNKNOWN;
	}
	if (!m->channel.has)
		return FRAME_UNKNOWN;
	if (text_is_any(c, PRICED, ARRAY_COUNT(PRICED)))
		return FRAME_TICKS;
	/* candle1m, mark-price-candle1H, sprd-tickers */
	if (text_begins(c, "candle") || text_begins(c, "mark-price-candle") ||
	    text_begins(c, "index-candle") || text_begins(c, "sprd-"))
		return FRAME_IGNORED;
	return text_is_any(c, IGNORED, ARRAY_COUNT(IGNORED)) ? FRAME_IGNORED :
	    FRAME_UNKNOWN;
}

enum err
venue_okx_parse(struct frame *f, const char *text, size_t len)
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
		message_read(&j, &m, false);
	else
		json_skip(&j);
	if (json_close(&j) != ERR_OK)
		return j.error;
	if (m.arg.has) {
		json_open(&j, m.arg.text.at, m.arg.text.len);
		message_read(&j, &m, true);
		if (json_close(&j) != ERR_OK)
			return j.error;
	}
	if (m.event.has)
		frame_set_channel(f, m.event.text.at, m.event.text.len);
	else if (m.channel.has)
		frame_set_channel(f, m.channel.text.at, m.channel.text.len);
	f->kind = message_kind(&m);
	if (f->kind != FRAME_TICKS)
		return ERR_OK;
	if (!m.rows.has)
		return ERR_MISSING;
	json_open(&j, m.rows.text.at, m.rows.text.len);
	json_enter_array(&j);
	while (json_next_item(&j))
		row_read(f, &j, &m);
	return json_close(&j);
}

enum err
venue_okx_subscribe(char *out, size_t size, size_t *len, unsigned n,
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
	/* `tickers` would say the same later: at most each 100 ms. */
	o = field_out_begin(out, size);
	field_out_put(&o, "{\"op\":\"subscribe\",\"args\":[");
	for (size_t i = 0; i < count; i++) {
		field_out_put(&o, i > 0 ? ",{\"channel\":\"" :
		    "{\"channel\":\"");
		field_out_put(&o, n == 0 ? "bbo-tbt" : "trades");
		field_out_put(&o, "\",\"instId\":\"");
		field_out_put(&o, symbols[i]);
		field_out_put(&o, "\"}");
	}
	field_out_put(&o, "]}");
	return field_out_end(&o, len);
}
