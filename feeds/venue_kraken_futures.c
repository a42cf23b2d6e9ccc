/* Kraken Futures, wss://futures.kraken.com/ws/v1.
 * Source: docs.kraken.com, Derivatives WebSocket: ticker, ticker_lite, trade,
 * heartbeat; recorded frames of 2021-07-22.  Prices are JSON numbers, times
 * Unix ms.  A ticker comes once a second at most; the lite one has no time.  A
 * perpetual's relative funding rate is of an hour.  One of zero is not told
 * ("If zero, field is not populated"): a perpetual's (PI_, PF_) ticker with a
 * mark price and no rate says zero.  `seq` counts a product's trades, and its
 * book's changes, which are not read; a ticker has none. */
#include "feeds/venue_row.h"

#include <string.h>

#include "feeds/venue_contract.h"
#include "feeds/venue_message.h"

static void
ticker_finish(struct frame *f, struct json *j, struct tick *t)
{
	struct tick_contract *c = &t->contract;

	(void)f;
	(void)j;
	if (c->has_funding || !c->has_mark ||
	    (strncmp(t->symbol, "PI_", 3) != 0 &&
	    strncmp(t->symbol, "PF_", 3) != 0))
		return;
	c->has_funding = true;
	c->funding = 0;
}

#define WHOLE PART_ROW("feed", PART_NAME, FIELD_STRING), \
	PART_ROW("event", PART_STRANGE, FIELD_STRING), \
	PART_ROW("product_id", PART_SYMBOL, FIELD_STRING)
static const struct part_row TICKER_ROWS[] = {
	WHOLE,
	PART_ROW("time", PART_TIME, FIELD_NUMBER),
	PART_ROW("bid", PART_BID, FIELD_NUMBER),
	PART_ROW("ask", PART_ASK, FIELD_NUMBER),
	PART_ROW("markPrice", PART_MARK, FIELD_NUMBER),
	PART_ROW("index", PART_INDEX, FIELD_NUMBER),
	PART_ROW("last", PART_LAST, FIELD_NUMBER),
	PART_ROW("openInterest", PART_INTEREST, FIELD_NUMBER),
	PART_ROW("relative_funding_rate", PART_FUNDING, FIELD_NUMBER),
};
static const struct part_row TRADE_ROWS[] = {
	WHOLE,
	PART_ROW("seq", PART_SEQUENCE, FIELD_NUMBER),
	PART_ROW("time", PART_TIME, FIELD_NUMBER),
	PART_ROW("qty", PART_SIZE, FIELD_NUMBER),
	PART_ROW("price", PART_LAST, FIELD_NUMBER),
};
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS),
	.rate_ms = CONTRACT_HOUR_MS, .finish = ticker_finish };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS),
	.needed = PARTS_TRADED };
static const struct entry TRADES = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.needed = PARTS_TRADED };

static const struct word FEED_ROWS[] = {
	{ FRAME_TICKS, "ticker ticker_lite", &TICKER },
	{ FRAME_TICKS, "trade", &TRADE },
	{ FRAME_TICKS, "trade_snapshot", &TRADES },
	{ FRAME_HEARTBEAT, "heartbeat", NULL },
	{ FRAME_IGNORED, "book book_snapshot", NULL },
};
static const struct words FEEDS = WORDS(FEED_ROWS);
static const struct word EVENT_ROWS[] = {
	{ FRAME_ACK, "info subscribed unsubscribed challenge pong", NULL },
	{ FRAME_REFUSED, "subscribed_failed unsubscribed_failed error alert",
	    NULL },
};
static const struct words EVENTS = WORDS(EVENT_ROWS);

/* A book's time is its `timestamp`. */
static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("feed", channel, MESSAGE_WHOLE),
	MESSAGE_ROW("event", event, MESSAGE_TEXT),
	MESSAGE_ROW("time", time, MESSAGE_MS),
	MESSAGE_ROW("timestamp", time, MESSAGE_MS),
	MESSAGE_ROW("trades", payload, MESSAGE_PAYLOAD),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.channels = &FEEDS };

VENUE_PARSER(kraken_futures);
enum err
venue_kraken_futures_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);

	if (e != ERR_OK)
		return e;
	frame_note_time(f, &m.time);
	if (m.event.has)
		message_is_event(f, &m.event, &EVENTS);
	else if (m.channel.has)
		e = message_is_channel(f, &m);
	return e;
}

#define ASK(feed) { "{\"event\":\"subscribe\",\"feed\":\"" feed \
	"\",\"product_ids\":[", "\"%\"", "]}", 0, 0, NULL }
static const struct ask ASKS[] = {
	ASK("ticker"), ASK("trade"),
	{ "{\"event\":\"subscribe\",\"feed\":\"heartbeat\"}", NULL, NULL, 0,
	    0, NULL },
};
VENUE_ASKS(kraken_futures, ASKS);
