/* Kraken's first websocket protocol, wss://ws.kraken.com (without /v2).
 * Source: docs.kraken.com, Spot WebSocket v1: ticker, spread, trade, heartbeat,
 * systemStatus, subscriptionStatus; recorded frames of 2021-04-06.  A message
 * of a channel is [number, payload, (payload,) "channel", "pair"]; prices are
 * strings, times strings of Unix seconds with a fraction.  A ticker has no
 * time and comes with trades alone; a spread has one and is the top of the
 * book, so the spread is what is asked for.  No message is numbered. */
#include "feeds/venue_row.h"

#include "feeds/venue_array.h"

/* The first of ["price", ...]. */
static void
first_read(struct json *j, bool is_bid, bool *has, struct dec18 *price)
{
	(void)is_bid;
	json_enter_array(j);
	if (json_next_item(j))
		field_read_price(j, FIELD_STRING, 0, has, price);
	else
		json_fail(j, ERR_MISSING);
	while (json_next_item(j))
		json_skip(j);
}

static const struct part_row TICKER_ROWS[] = {
	PART_SIDE("a", PART_ASK, first_read),
	PART_SIDE("b", PART_BID, first_read),
	PART_SIDE("c", PART_LAST, first_read),
};
static const struct part_row SPREAD_ROWS[] = {
	PART_ITEM(PART_BID, FIELD_STRING, 0),
	PART_ITEM(PART_ASK, FIELD_STRING, 0),
	PART_ITEM(PART_TIME, FIELD_SECONDS_POINT, 0),
};
static const struct part_row TRADE_ROWS[] = {
	PART_ITEM(PART_LAST, FIELD_STRING, 0),
	PART_ITEM(PART_SIZE, FIELD_STRING, 0),
	PART_ITEM(PART_TIME, FIELD_SECONDS_POINT, 0),
};
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS) };
static const struct entry SPREAD = { ENTRY_ROWS(SPREAD_ROWS),
	.is_array = true, .needed = PART_BIT(PART_TIME) };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.is_array = true, .needed = PART_BIT(PART_TIME) };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "spread", &SPREAD },
	{ FRAME_TICKS, "trade", &TRADE },
	{ FRAME_TICKS, "ticker", &TICKER },
	{ FRAME_IGNORED, "book-* ohlc-*", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
static const struct word EVENT_ROWS[] = {
	{ FRAME_HEARTBEAT, "heartbeat", NULL },
	{ FRAME_ACK, "systemStatus subscriptionStatus pong", NULL },
	{ FRAME_REFUSED, "error", NULL },
};
static const struct words EVENTS = WORDS(EVENT_ROWS);

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("event", event, MESSAGE_TEXT),
	MESSAGE_ROW("status", note, MESSAGE_TEXT),
};
static const struct protocol OBJECTS = { PROTOCOL_ROWS(MESSAGE) };
static const struct arrays ARRAYS = { &CHANNELS, NULL, &OBJECTS };

VENUE_PARSER(kraken_v1);
enum err
venue_kraken_v1_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = array_read(f, &m, &ARRAYS, text, len);

	if (e != ERR_OK || !m.event.has)
		return e;
	message_is_event(f, &m.event, &EVENTS);
	if (json_text_is(&m.note.text, "error"))
		f->kind = FRAME_REFUSED;
	return ERR_OK;
}

#define ASK(channel) { "{\"event\":\"subscribe\",\"pair\":[", "\"%\"", \
	"],\"subscription\":{\"name\":\"" channel "\"}}", 0, 0, NULL }
static const struct ask ASKS[] = { ASK("spread"), ASK("trade") };
VENUE_ASKS(kraken_v1, ASKS);
