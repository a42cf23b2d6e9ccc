/* FTX US, wss://ftx.us/ws/; no longer served.
 * Source: recorded frames of 2021-04-17, single ones of 2022.  Prices are JSON
 * numbers, a ticker's time Unix seconds with a fraction, a trade's RFC 3339. */
#include "feeds/venue_row.h"
#include "feeds/venue_message.h"

static const struct part_row TICKER_ROWS[] = {
	PART_ROW_OR("bid", PART_BID, FIELD_NUMBER, FIELD_NONE_NULL),
	PART_ROW_OR("ask", PART_ASK, FIELD_NUMBER, FIELD_NONE_NULL),
	PART_ROW_OR("last", PART_LAST, FIELD_NUMBER, FIELD_NONE_NULL),
	PART_ROW("time", PART_TIME, FIELD_SECONDS_NUMBER),
};
static const struct part_row TRADE_ROWS[] = {
	PART_ROW("id", PART_SEQUENCE, FIELD_NUMBER),
	PART_ROW("price", PART_LAST, FIELD_NUMBER),
	PART_ROW("size", PART_SIZE, FIELD_NUMBER),
	PART_ROW("time", PART_TIME, FIELD_RFC3339),
};
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS),
	.needed = PARTS_QUOTED | PART_BIT(PART_TIME) };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.needed = PARTS_TRADED };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "ticker", &TICKER },
	{ FRAME_TICKS, "trades", &TRADE },
	{ FRAME_IGNORED, "orderbook orderbookGrouped markets", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
static const struct word TYPE_ROWS[] = {
	{ FRAME_TICKS, "update partial", NULL },
	{ FRAME_ACK, "subscribed unsubscribed info pong", NULL },
	{ FRAME_REFUSED, "error", NULL },
};
static const struct words TYPES = WORDS(TYPE_ROWS);

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("channel", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("market", symbol, MESSAGE_TEXT),
	MESSAGE_ROW("type", event, MESSAGE_TEXT),
	MESSAGE_ROW("data", payload, MESSAGE_PAYLOAD),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.needs_symbol = true, .channels = &CHANNELS };

VENUE_PARSER(ftx_us);
enum err
venue_ftx_us_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);
	const struct word *w = words_find(&TYPES, &m.event.text);
	bool is_told = m.event.has && (w == NULL || w->kind != FRAME_TICKS);

	if (e != ERR_OK)
		return e;
	if (m.channel.has && !is_told)
		return message_is_channel(f, &m);
	if (m.event.has)
		message_is_event(f, &m.event, &TYPES);
	return ERR_OK;
}
