/* Coinbase Exchange, wss://ws-feed.exchange.coinbase.com; until 2022 it was
 * Coinbase Pro, wss://ws-feed.pro.coinbase.com.
 * Source: docs.cdp.coinbase.com/exchange/websocket-feed: ticker, matches,
 * heartbeat; recorded frames of 2021-04-17.  Prices are strings, times RFC 3339
 * with microseconds.  `sequence` counts a product's messages over all channels,
 * so those of ours leave gaps of themselves.  A ticker comes with a match
 * alone: that the connection lives does not say that its book still stands, so
 * a heartbeat's time is not taken. */
#include "feeds/venue_row.h"
#include "feeds/venue_message.h"

#define WHOLE PART_ROW("type", PART_NAME, FIELD_STRING), \
	PART_ROW("sequence", PART_SEQUENCE, FIELD_NUMBER), \
	PART_ROW("product_id", PART_SYMBOL, FIELD_STRING), \
	PART_ROW("price", PART_LAST, FIELD_STRING), \
	PART_ROW("time", PART_TIME, FIELD_RFC3339)
static const struct part_row TICKER_ROWS[] = {
	WHOLE,
	PART_ROW_OR("best_bid", PART_BID, FIELD_STRING, NO_SIDE),
	PART_ROW_OR("best_ask", PART_ASK, FIELD_STRING, NO_SIDE),
};
static const struct part_row TRADE_ROWS[] = {
	WHOLE,
	PART_ROW("size", PART_SIZE, FIELD_STRING),
};
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS),
	.needed = PARTS_QUOTED | PART_BIT(PART_TIME) };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS),
	.needed = PARTS_TRADED };

static const struct word TYPE_ROWS[] = {
	{ FRAME_TICKS, "ticker", &TICKER },
	{ FRAME_TICKS, "match last_match", &TRADE },
	{ FRAME_HEARTBEAT, "heartbeat", NULL },
	{ FRAME_ACK, "subscriptions", NULL },
	{ FRAME_REFUSED, "error", NULL },
	{ FRAME_IGNORED, "snapshot l2update status auction rfq_match received "
	    "open done change activate balance", NULL },
};
static const struct words TYPES = WORDS(TYPE_ROWS);

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("type", channel, MESSAGE_WHOLE),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.channels = &TYPES };

VENUE_PARSER(coinbase_exchange);
enum err
venue_coinbase_exchange_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);

	return e == ERR_OK && m.channel.has ? message_is_channel(f, &m) : e;
}

static const struct ask ASKS[] = {
	{ "{\"type\":\"subscribe\",\"product_ids\":[", "\"%\"", "],"
	    "\"channels\":[\"ticker\",\"matches\",\"heartbeat\"]}", 0, 0,
	    NULL },
};
VENUE_ASKS(coinbase_exchange, ASKS);
