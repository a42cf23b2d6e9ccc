/* KuCoin spot, wss://ws-api-spot.kucoin.com/?token=...
 * Source: kucoin.com/docs-new, Websocket API: Base Info, Ticker
 * (/market/ticker, each 100 ms at most), Trade (/market/match); recorded frames
 * of 2021-04-25, whose form is the same.  Prices and sequences are strings,
 * a ticker's time Unix ms, a trade's a string of ns.  Futures have topics of
 * their own (/contractMarket/...), which are not known here.  Sequences are
 * the order book's: a ticker and a trade skip what happened in between, so no
 * hole says that a message is missing, and each ticker is whole by itself. */
#include "feeds/venue_row.h"
#include "feeds/venue_message.h"

/* The schema of a ticker says time, its example Time; time is what is sent.
 * Its symbol is its topic's. */
static const struct part_row TICKER_ROWS[] = {
	PART_ROW_OR("bestAsk", PART_ASK, FIELD_STRING, FIELD_NONE_NULL),
	PART_ROW_OR("bestBid", PART_BID, FIELD_STRING, FIELD_NONE_NULL),
	PART_ROW_OR("price", PART_LAST, FIELD_STRING, FIELD_NONE_NULL),
	PART_ROW("sequence", PART_SEQUENCE, FIELD_STRING),
	PART_ROW("time", PART_TIME, FIELD_NUMBER),
	PART_ROW("Time", PART_TIME, FIELD_NUMBER),
};
static const struct part_row MATCH_ROWS[] = {
	PART_ROW("symbol", PART_SYMBOL, FIELD_STRING),
	PART_ROW("sequence", PART_SEQUENCE, FIELD_STRING),
	PART_ROW("size", PART_SIZE, FIELD_STRING),
	PART_ROW("price", PART_LAST, FIELD_STRING),
	PART_ROW("time", PART_TIME, FIELD_NS),
	PART_ROW("Time", PART_TIME, FIELD_NS),
};
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS),
	.needed = PART_BIT(PART_TIME) };
static const struct entry MATCH = { ENTRY_ROWS(MATCH_ROWS),
	.needed = PARTS_TRADED };

static const struct word TOPIC_ROWS[] = {
	{ FRAME_TICKS, "/market/ticker", &TICKER },
	{ FRAME_TICKS, "/market/match", &MATCH },
	{ FRAME_IGNORED, "/market/level2 /market/level3 /market/candles "
	    "/market/snapshot /spotMarket/level1 /spotMarket/level2Depth5 "
	    "/spotMarket/level2Depth50 /spotMarket/level3 /indicator/index "
	    "/indicator/markPrice /margin/fundingBook "
	    "/callauction/level2Depth50 /callauction/callauctionData", NULL },
};
static const struct words TOPICS = WORDS(TOPIC_ROWS);
static const struct word TYPE_ROWS[] = {
	{ FRAME_ACK, "welcome ack pong", NULL },
	{ FRAME_REFUSED, "error", NULL },
};
static const struct words TYPES = WORDS(TYPE_ROWS);

/* "/market/ticker:BTC-USDT"; where all symbols are asked for, it is "all", and
 * the symbol is the message's subject. */
static void
payload_read(struct frame *f, struct json *j, const struct message *m)
{
	const struct entry *e = message_entry(m);

	if (e == NULL)
		json_skip(j);
	else if (e == &MATCH)
		entries_read(f, j, e, NULL);
	else
		entries_read(f, j, e, json_text_is(&m->rest, "all") &&
		    m->symbol.has ? &m->symbol.text : &m->rest);
}

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("type", event, MESSAGE_TEXT),
	MESSAGE_ROW("topic", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("subject", symbol, MESSAGE_TEXT),
	MESSAGE_ROW("data", payload, MESSAGE_PAYLOAD),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.cut = CUT_FIRST, .cut_at = ':', .channels = &TOPICS,
	.payload = payload_read };

VENUE_PARSER(kucoin);
enum err
venue_kucoin_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);

	if (e != ERR_OK)
		return e;
	if (m.channel.has && m.event.has &&
	    json_text_is(&m.event.text, "message"))
		return message_is_channel(f, &m);
	f->tick_count = 0;
	if (m.event.has)
		message_is_event(f, &m.event, &TYPES);
	return ERR_OK;
}

#define ASK(id, topic) { "{\"id\":\"" id "\",\"type\":\"subscribe\"," \
	"\"topic\":\"/market/" topic ":", "%", "\",\"response\":true}", 0, 0, \
	NULL }
static const struct ask ASKS[] = { ASK("1", "ticker"), ASK("2", "match") };
VENUE_ASKS(kucoin, ASKS);
