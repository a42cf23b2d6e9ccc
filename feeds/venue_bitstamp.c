/* Bitstamp, wss://ws.bitstamp.net.
 * Source: www.bitstamp.net/websocket/v2: live_trades_*, order_book_* (the best
 * 100 levels each time), bts:request_reconnect, bts:heartbeat; recorded frames
 * of 2021-04.  A symbol is what stands behind the channel's name, in lower
 * case.  Prices are strings (of a trade: price_str), times strings of Unix
 * microseconds.  Messages are not numbered; each book is whole. */
#include "feeds/venue_row.h"
#include "feeds/venue_message.h"

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "order_book", NULL },
	{ FRAME_TICKS, "live_trades", NULL },
	{ FRAME_IGNORED, "diff_order_book detail_order_book live_orders "
	    "funding_rate", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
/* What the protocol itself says, and what a channel does.  A server that goes
 * down asks to be dialled anew. */
static const struct word EVENT_ROWS[] = {
	{ FRAME_TICKS, "data", NULL },
	{ FRAME_TICKS, "trade", NULL },
	{ FRAME_ACK, "bts:subscription_succeeded "
	    "bts:unsubscription_succeeded bts:heartbeat", NULL },
	{ FRAME_REFUSED, "bts:error", NULL },
	{ FRAME_LEAVING, "bts:request_reconnect", NULL },
	{ FRAME_UNKNOWN, "bts:*", NULL },
};
static const struct words EVENTS = WORDS(EVENT_ROWS);

/* What comes before its channel is kept as it stands: no second look at the
 * levels below the best. */
static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("data", word, MESSAGE_INNER_ANY),
	MESSAGE_ROW("channel", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("event", event, MESSAGE_TEXT),
};
static const struct message_row DATA[] = {
	MESSAGE_ROW("microtimestamp", note, MESSAGE_RAW),
	MESSAGE_ROW("bids", extra, MESSAGE_RAW),
	MESSAGE_ROW("asks", other, MESSAGE_RAW),
	MESSAGE_ROW("id", symbol, MESSAGE_RAW),
	MESSAGE_ROW("amount_str", detail, MESSAGE_RAW),
	MESSAGE_ROW("price_str", error, MESSAGE_RAW),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	PROTOCOL_INNER(DATA), .cut = CUT_LAST, .cut_at = '_',
	.channels = &CHANNELS };

/* value_open opens what was kept; ERR_MISSING where it was not there. */
static void
value_open(struct json *j, const struct field_text *value)
{
	json_open(j, value->text.at, value->text.len);
	if (!value->has)
		json_fail(j, ERR_MISSING);
}

/* [["price","amount"],...], the best first. */
static enum err
side_take(const struct field_text *side, bool *has, struct dec18 *best)
{
	struct json j;

	value_open(&j, side);
	json_enter_array(&j);
	if (!json_next_item(&j))
		return j.error;
	json_enter_array(&j);
	if (!json_next_item(&j))
		json_fail(&j, ERR_MISSING);
	field_read_price(&j, FIELD_STRING, 0, has, best);
	return j.error;
}

static enum err
trade_take(struct tick *t, const struct message *m)
{
	struct field_u64 id = { 0 };
	struct json j;

	value_open(&j, &m->error);
	field_read_price(&j, FIELD_STRING, 0, &t->has_last, &t->last);
	if (j.error == ERR_OK && m->detail.has) {
		value_open(&j, &m->detail);
		field_read_size(&j, FIELD_STRING, &t->has_size, &t->size);
	}
	if (j.error == ERR_OK && m->symbol.has) {
		value_open(&j, &m->symbol);
		field_read_u64(&j, &id);
	}
	t->has_sequence = id.has;
	t->sequence = id.value;
	return j.error;
}

static enum err
tick_take(struct frame *f, const struct message *m, bool is_trade)
{
	struct field_time time = { 0 };
	struct json j;
	struct tick *t;
	enum err e;

	value_open(&j, &m->note);
	field_read_time(&j, FIELD_US, &time);
	t = frame_add_tick(f, &j);
	field_take_symbol(&j, &m->rest, t->symbol);
	if (j.error != ERR_OK)
		return j.error;
	frame_set(f, FRAME_TICKS, is_trade ? "live_trades" : "order_book");
	frame_stamp_tick(f, t, &time);
	if (is_trade)
		return trade_take(t, m);
	t->is_book = true;
	e = side_take(&m->extra, &t->has_bid, &t->bid);
	return e != ERR_OK ? e : side_take(&m->other, &t->has_ask, &t->ask);
}

VENUE_PARSER(bitstamp);
enum err
venue_bitstamp_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);
	bool is_known = m.found != NULL && m.rest.len > 0;

	if (e != ERR_OK || !m.event.has)
		return e;
	message_is_event(f, &m.event, &EVENTS);
	if (f->kind != FRAME_TICKS && f->kind != FRAME_UNKNOWN)
		return ERR_OK;
	/* A channel's prices come in an event of its own. */
	if (is_known && f->kind == FRAME_TICKS && m.found->kind ==
	    FRAME_TICKS && json_text_is(&m.event.text, "trade") ==
	    json_text_is(&m.word, "live_trades"))
		return tick_take(f, &m, json_text_is(&m.event.text, "trade"));
	f->kind = is_known && m.found->kind == FRAME_IGNORED ? FRAME_IGNORED :
	    FRAME_UNKNOWN;
	if (is_known)
		frame_set_channel(f, &m.word);
	return ERR_OK;
}

/* Each message asks for one channel; the books first. */
#define ASK(channel) { "{\"event\":\"bts:subscribe\",\"data\":{" \
	"\"channel\":\"" channel, "%", "\"}}", 1, 0, NULL }
static const struct ask ASKS[] = { ASK("order_book_"), ASK("live_trades_") };
VENUE_ASKS(bitstamp, ASKS);
