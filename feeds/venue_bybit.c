/* Bybit v5 public streams, wss://stream.bybit.com/v5/public/spot and /linear.
 * Source: bybit-exchange.github.io/docs/v5/websocket/public; recorded frames
 * of 2026-08-09.  Prices are strings, times Unix ms.  Spot tickers carry no
 * book, linear ones send only what changed, orderbook.1 deletes a level by
 * size "0": what is not there is absent.  How many hours a funding rate is of
 * (fundingIntervalHour) comes with a ticker's first message alone.  `u` is a
 * book's, `cs` and `seq` the matching engine's: no hole in them says that a
 * message is missing. */
#include "feeds/venue_row.h"
#include "feeds/venue_message.h"

static const struct part_row TICKER_ROWS[] = {
	PART_ROW("symbol", PART_SYMBOL, FIELD_STRING),
	PART_ROW("lastPrice", PART_LAST, FIELD_STRING),
	PART_ROW("markPrice", PART_MARK, FIELD_STRING),
	PART_ROW("indexPrice", PART_INDEX, FIELD_STRING),
	PART_ROW("openInterest", PART_INTEREST, FIELD_STRING),
	PART_ROW("fundingIntervalHour", PART_HOURS, FIELD_STRING),
	PART_ROW("fundingRate", PART_FUNDING, FIELD_STRING),
	PART_ROW("bid1Price", PART_BID, FIELD_STRING),
	PART_ROW("ask1Price", PART_ASK, FIELD_STRING),
};
static const struct part_row BOOK_ROWS[] = {
	PART_ROW("s", PART_SYMBOL, FIELD_STRING),
	PART_SIDE("b", PART_BID, part_side_best),
	PART_SIDE("a", PART_ASK, part_side_best),
	PART_ROW("u", PART_SEQUENCE, FIELD_NUMBER),
};
static const struct part_row TRADE_ROWS[] = {
	PART_ROW("T", PART_TIME, FIELD_NUMBER),
	PART_ROW("s", PART_SYMBOL, FIELD_STRING),
	PART_ROW("v", PART_SIZE, FIELD_STRING),
	PART_ROW("p", PART_LAST, FIELD_STRING),
	PART_ROW("seq", PART_SEQUENCE, FIELD_NUMBER),
};
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS),
	.tells_once = true };
static const struct entry BOOK = { ENTRY_ROWS(BOOK_ROWS),
	.needed = PARTS_QUOTED };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.needed = PARTS_TRADED };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "tickers", &TICKER },
	{ FRAME_TICKS, "orderbook.1", &BOOK },
	{ FRAME_TICKS, "publicTrade", &TRADE },
	{ FRAME_IGNORED, "liquidation allLiquidation priceLimit tickers_lt "
	    "kline_lt lt insurance adlAlert kline.* kline_lt.* orderbook.* "
	    "insurance.*", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
static const struct word OP_ROWS[] = {
	{ FRAME_ACK, "subscribe unsubscribe ping pong auth", NULL },
};
static const struct words OPS = WORDS(OP_ROWS);

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("topic", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("ts", time, MESSAGE_MS),
	MESSAGE_ROW("data", payload, MESSAGE_PAYLOAD),
	MESSAGE_ROW("cs", number, MESSAGE_U64),
	MESSAGE_ROW("op", event, MESSAGE_TEXT),
	MESSAGE_ROW("ret_msg", note, MESSAGE_TEXT),
	MESSAGE_ROW("success", success, MESSAGE_BOOL),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.cut = CUT_LAST, .cut_at = '.', .channels = &CHANNELS };

VENUE_PARSER(bybit);
enum err
venue_bybit_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);

	if (e != ERR_OK)
		return e;
	message_stamp(f, &m);
	if (m.channel.has) {
		e = message_is_channel(f, &m);
		return e == ERR_OK && f->kind == FRAME_TICKS && !m.time.has ?
		    ERR_MISSING : e;
	}
	if (m.event.has)
		message_is_event(f, &m.event, &OPS);
	if (m.success.has && !m.success.value)
		f->kind = FRAME_REFUSED;
	/* The answer to a ping says op "ping" and ret_msg "pong". */
	else if (m.event.has && m.note.has &&
	    json_text_is(&m.note.text, "pong"))
		frame_set_channel(f, &m.note.text);
	return ERR_OK;
}

/* At most ten topics a message. */
#define ASK(topics, symbols_max) { "{\"op\":\"subscribe\",\"args\":[", \
	topics, "]}", symbols_max, 0, NULL }
static const struct ask ASKS[] = {
	ASK("\"orderbook.1.%\",\"publicTrade.%\"", 5),
};
static const struct ask LINEAR_ASKS[] = {
	ASK("\"orderbook.1.%\",\"publicTrade.%\",\"tickers.%\"", 3),
};
VENUE_ASKS(bybit, ASKS);
VENUE_ASKS(bybit_linear, LINEAR_ASKS);
