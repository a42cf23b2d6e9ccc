/* Gate spot v4, wss://api.gateio.ws/ws/v4/
 * Source: gate.com/docs/developers/apiv4/ws: spot.book_ticker, spot.tickers,
 * spot.trades, spot.ping; recorded frames of 2021-04-22, which have no time_ms.
 * Prices are strings.  A book's time is its `t`, a trade's a string of ms with
 * a fraction; a ticker has none but the message's and is up to a second old,
 * so only books and trades are asked for.  A request says its own time, in
 * seconds (VENUE_TIME_MARK).  `u` is the order book's and skips what leaves the
 * top as it was; messages are not numbered. */
#include "feeds/venue_row.h"
#include "feeds/venue_message.h"

#define MS_PER_S UINT64_C(1000)

static const struct part_row BOOK_ROWS[] = {
	PART_ROW("t", PART_TIME, FIELD_NUMBER),
	PART_ROW("u", PART_SEQUENCE, FIELD_NUMBER),
	PART_ROW("s", PART_SYMBOL, FIELD_STRING),
	PART_ROW_OR("b", PART_BID, FIELD_STRING, NO_SIDE),
	PART_ROW_OR("a", PART_ASK, FIELD_STRING, NO_SIDE),
};
static const struct part_row TICKER_ROWS[] = {
	PART_ROW("currency_pair", PART_SYMBOL, FIELD_STRING),
	PART_ROW("last", PART_LAST, FIELD_STRING),
	PART_ROW_OR("lowest_ask", PART_ASK, FIELD_STRING, NO_SIDE),
	PART_ROW_OR("highest_bid", PART_BID, FIELD_STRING, NO_SIDE),
	PART_ROW("t", PART_TIME, FIELD_NUMBER),
};
static const struct part_row TRADE_ROWS[] = {
	PART_ROW("id", PART_SEQUENCE, FIELD_NUMBER),
	PART_ROW("create_time_ms", PART_TIME, FIELD_MS_POINT),
	PART_ROW("currency_pair", PART_SYMBOL, FIELD_STRING),
	PART_ROW("amount", PART_SIZE, FIELD_STRING),
	PART_ROW("price", PART_LAST, FIELD_STRING),
};
static const struct entry BOOK = { ENTRY_ROWS(BOOK_ROWS) };
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS) };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS),
	.needed = PARTS_TRADED };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "spot.book_ticker", &BOOK },
	{ FRAME_TICKS, "spot.trades", &TRADE },
	{ FRAME_TICKS, "spot.tickers", &TICKER },
	{ FRAME_HEARTBEAT, "spot.pong", NULL },
	{ FRAME_ACK, "spot.system", NULL },
	{ FRAME_IGNORED, "spot.order_book spot.order_book_update spot.obu "
	    "spot.candlesticks spot.trades_v2 spot.trades_v3", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
static const struct word EVENT_ROWS[] = {
	{ FRAME_TICKS, "update", NULL },
	{ FRAME_ACK, "subscribe unsubscribe", NULL },
};
static const struct words EVENTS = WORDS(EVENT_ROWS);

/* spot.obu names no event. */
static enum frame_kind
event_kind(const struct message *m)
{
	const struct word *w = words_find(&EVENTS, &m->event.text);

	return !m->event.has ? FRAME_TICKS : w == NULL ? FRAME_UNKNOWN :
	    w->kind;
}

static void
result_read(struct frame *f, struct json *j, const struct message *m)
{
	if (message_entry(m) != NULL && event_kind(m) == FRAME_TICKS)
		entries_read(f, j, m->found->entry, NULL);
	else
		json_skip(j);
}

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("time", number, MESSAGE_U64),
	MESSAGE_ROW("time_ms", time, MESSAGE_MS),
	MESSAGE_ROW("channel", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("event", event, MESSAGE_TEXT),
	MESSAGE_ROW("result", payload, MESSAGE_PAYLOAD),
	MESSAGE_ROW("error", error, MESSAGE_SEEN),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.needs_event = true, .channels = &CHANNELS, .payload = result_read };

static enum err
channel_finish(struct frame *f, const struct message *m)
{
	bool is_pong = m->found != NULL && m->found->kind == FRAME_HEARTBEAT;
	enum err e;

	if (is_pong || event_kind(m) == FRAME_TICKS) {
		e = message_is_channel(f, m);
		if (f->kind == FRAME_HEARTBEAT && !f->has_time)
			f->kind = FRAME_ACK;
		/* The service will close the connection for it. */
		if (f->kind == FRAME_ACK &&
		    message_payload_says(m, "type", "upgrade"))
			f->kind = FRAME_LEAVING;
		return e;
	}
	f->kind = event_kind(m);
	return ERR_OK;
}

VENUE_PARSER(gateio);
enum err
venue_gateio_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);
	bool is_refused = m.error.has &&
	    !json_text_is(&m.error.text, "null");

	if (e != ERR_OK)
		return e;
	if (m.number.value > FIELD_TIME_MS_MAX / MS_PER_S)
		return ERR_RANGE;
	if (m.number.has && !m.time.has)
		m.time = (struct field_time){ true,
			m.number.value * MS_PER_S };
	m.number.has = false;	/* no sequence */
	message_stamp(f, &m);
	if (m.channel.has) {
		frame_set_channel(f, &m.word);
		if (!is_refused)
			return channel_finish(f, &m);
	}
	if (is_refused)
		f->kind = FRAME_REFUSED;
	f->tick_count = 0;
	return ERR_OK;
}

#define ASK(channel) { "{\"time\":" VENUE_TIME_MARK ",\"channel\":\"" \
	channel "\",\"event\":\"subscribe\",\"payload\":[", "\"%\"", "]}", \
	0, 0, NULL }
static const struct ask ASKS[] = {
	ASK("spot.book_ticker"), ASK("spot.trades"),
};
VENUE_ASKS(gateio, ASKS);
