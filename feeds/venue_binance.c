/* Binance spot streams, wss://stream.binance.com:9443 (/stream: combined, /ws:
 * raw), Binance.US, which speaks the same, and the USD-margined futures.
 * Source: binance-spot-api-docs, web-socket-streams.md; recorded frames of
 * 2021-04-04 and 05; developers.binance.com, USDS-margined futures, Websocket
 * Market Streams: quotes come from /public, trades and mark prices from
 * /market.  Prices are strings, times Unix ms.  Single letters mean other
 * things in other events, so nothing is read before the event is known.  A
 * funding rate does not say of how many hours it is (8, 4 or 1, by contract):
 * that is measured from one of its times (T) to the next, and the rate says
 * nothing until a connection, or the one that it succeeds, has seen one pass.
 * `u` and the trades' numbers are the market's, not the connection's: no hole
 * in them says that a message is missing. */
#include "feeds/venue_row.h"
#include "feeds/venue_message.h"

static const struct part_row BOOK_ROWS[] = {
	PART_ROW("e", PART_NAME, FIELD_STRING),
	PART_ROW("u", PART_SEQUENCE, FIELD_NUMBER),
	PART_ROW("s", PART_SYMBOL, FIELD_STRING),
	PART_ROW("b", PART_BID, FIELD_STRING),
	PART_ROW("a", PART_ASK, FIELD_STRING),
	PART_ROW("T", PART_TIME, FIELD_NUMBER),
	PART_ROW("E", PART_EVENT, FIELD_NUMBER),
};
#define TRADE_ROWS(id) { \
	PART_ROW("e", PART_NAME, FIELD_STRING), \
	PART_ROW("E", PART_EVENT, FIELD_NUMBER), \
	PART_ROW("s", PART_SYMBOL, FIELD_STRING), \
	PART_ROW(id, PART_SEQUENCE, FIELD_NUMBER), \
	PART_ROW("p", PART_LAST, FIELD_STRING), \
	PART_ROW("q", PART_SIZE, FIELD_STRING), \
	PART_ROW("T", PART_TIME, FIELD_NUMBER), \
}
static const struct part_row AGGREGATE_ROWS[] = TRADE_ROWS("a");
static const struct part_row SINGLE_ROWS[] = TRADE_ROWS("t");
static const struct part_row MARK_ROWS[] = {
	PART_ROW("e", PART_NAME, FIELD_STRING),
	PART_ROW("E", PART_EVENT, FIELD_NUMBER),
	PART_ROW("s", PART_SYMBOL, FIELD_STRING),
	PART_ROW("p", PART_MARK, FIELD_STRING),
	PART_ROW("i", PART_INDEX, FIELD_STRING),
	PART_ROW("r", PART_FUNDING, FIELD_STRING),
	PART_ROW("T", PART_FUNDED, FIELD_NUMBER),
};
#define ENTRY(table, parts) { ENTRY_ROWS(table), .needed = (parts) }
static const struct entry BOOK = ENTRY(BOOK_ROWS, PARTS_QUOTED);
static const struct entry AGGREGATE = ENTRY(AGGREGATE_ROWS, PARTS_TRADED);
static const struct entry SINGLE = ENTRY(SINGLE_ROWS, PARTS_TRADED);
#define MARK_ENTRY(list) { ENTRY_ROWS(MARK_ROWS), .is_list = (list), \
	.is_contract = true, .is_measured = true, \
	.needed = PART_BIT(PART_MARK) }
static const struct entry MARK = MARK_ENTRY(false), MARKS = MARK_ENTRY(true);

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "bookTicker !bookTicker", &BOOK },
	{ FRAME_TICKS, "aggTrade", &AGGREGATE },
	{ FRAME_TICKS, "trade", &SINGLE },
	{ FRAME_TICKS, "markPrice markPrice@* markPriceUpdate", &MARK },
	{ FRAME_TICKS, "!markPrice@*", &MARKS },
	{ FRAME_LEAVING, "serverShutdown !serverShutdown", NULL },
	{ FRAME_IGNORED, "ticker ticker@arr ticker_* !ticker@arr !ticker_* "
	    "miniTicker miniTicker@arr !miniTicker@arr 24hrTicker "
	    "24hrMiniTicker 1hTicker* 4hTicker* 1dTicker* avgPrice depth "
	    "depth* rpiDepth* kline kline* continuousKline* "
	    "continuous_kline* forceOrder !forceOrder@arr compositeIndex "
	    "contractInfo !contractInfo assetIndex !assetIndex@arr "
	    "assetIndexUpdate tradingSession", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);

/* What is not used may still say the time. */
static void
time_read(struct frame *f, struct json *j)
{
	struct field_time event = { 0 };
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, "E"))
			field_read_time(j, FIELD_NUMBER, &event);
		else
			json_skip(j);
	}
	frame_note_time(f, &event);
}

static void
payload_read(struct frame *f, struct json *j, const struct message *m)
{
	if (message_entry(m) != NULL)
		entries_read(f, j, m->found->entry, NULL);
	else if (m->found != NULL && json_kind(j) == JSON_KIND_OBJECT)
		time_read(f, j);
	else
		json_skip(j);
}

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("stream", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("data", payload, MESSAGE_PAYLOAD),
	MESSAGE_ROW("e", channel, MESSAGE_WHOLE),
	MESSAGE_ROW("E", time, MESSAGE_MS),
	MESSAGE_ROW("u", symbol, MESSAGE_NAMELESS),	/* a raw book */
	MESSAGE_ROW("result", extra, MESSAGE_SEEN),
	MESSAGE_ROW("lastUpdateId", other, MESSAGE_SEEN),
	MESSAGE_ROW("error", error, MESSAGE_SEEN),
	MESSAGE_ROW("code", error, MESSAGE_SEEN),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.cut = CUT_BEHIND, .cut_at = '@', .channels = &CHANNELS,
	.nameless = &CHANNEL_ROWS[0], .payload = payload_read };

VENUE_PARSER(binance);
enum err
venue_binance_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);

	if (e != ERR_OK)
		return e;
	frame_note_time(f, &m.time);
	if (m.channel.has)
		return message_is_channel(f, &m);
	if (m.error.has) {
		frame_set(f, FRAME_REFUSED, "error");
	} else if (m.extra.has) {
		frame_set(f, FRAME_ACK, "result");
	} else if (m.other.has) {
		frame_set(f, FRAME_IGNORED, "depth");
	}
	return ERR_OK;
}

#define ASK(streams) { "{\"method\":\"SUBSCRIBE\",\"params\":[", streams, \
	"],\"id\":1}", 0, 0, NULL }
static const struct ask ASKS[] = { ASK("\"$@bookTicker\",\"$@aggTrade\"") };
static const struct ask USDM_ASKS[] = { ASK("\"$@bookTicker\"") };
/* The mark price, each 3 s, says the time where nothing is traded. */
static const struct ask USDM_MARKET_ASKS[] = {
	ASK("\"$@aggTrade\",\"$@markPrice\""),
};
VENUE_ASKS(binance, ASKS);
VENUE_ASKS(binance_usdm, USDM_ASKS);
VENUE_ASKS(binance_usdm_market, USDM_MARKET_ASKS);
