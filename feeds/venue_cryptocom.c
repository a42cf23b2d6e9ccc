/* Crypto.com Exchange, wss://stream.crypto.com/exchange/v1/market
 * Source: exchange-docs.crypto.com/exchange/v1: ticker, trade, heartbeats;
 * recorded frames of 2021-11-23 of /v2/market, which has the same shapes with
 * numbers where the prices and trade ids of today are strings: both are read.
 * Times are Unix ms.  A side that is empty is null.  A heartbeat is to be
 * answered by public/respond-heartbeat with its id.  Tickers and trades are not
 * numbered. */
#include "feeds/venue_row.h"

#include <string.h>

#include "feeds/venue_message.h"

#define ID_LEN_MAX 20u	/* digits of a heartbeat's id */
#define ANSWER_HEAD "{\"id\":"
#define ANSWER_TAIL ",\"method\":\"public/respond-heartbeat\"}"
_Static_assert(sizeof(ANSWER_HEAD ANSWER_TAIL) + ID_LEN_MAX <=
    VENUE_ANSWER_MAX, "the answer fits");

static const struct part_row TICKER_ROWS[] = {
	PART_ROW("i", PART_SYMBOL, FIELD_STRING),
	PART_ROW_OR("b", PART_BID, FIELD_EITHER, FIELD_NONE_NULL),
	PART_ROW_OR("k", PART_ASK, FIELD_EITHER, FIELD_NONE_NULL),
	PART_ROW_OR("a", PART_LAST, FIELD_EITHER, FIELD_NONE_NULL),
	PART_ROW("t", PART_TIME, FIELD_NUMBER),
};
static const struct part_row TRADE_ROWS[] = {
	PART_ROW("d", PART_SEQUENCE, FIELD_EITHER),
	PART_ROW("t", PART_TIME, FIELD_NUMBER),
	PART_ROW("q", PART_SIZE, FIELD_EITHER),
	PART_ROW("p", PART_LAST, FIELD_EITHER),
	PART_ROW("i", PART_SYMBOL, FIELD_STRING),
};
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS),
	.is_list = true, .needed = PART_BIT(PART_TIME) };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.needed = PARTS_TRADED };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "ticker", &TICKER },
	{ FRAME_TICKS, "trade", &TRADE },
	{ FRAME_IGNORED, "book book.update candlestick index mark settlement "
	    "funding estimatedfunding", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
static const struct word METHOD_ROWS[] = {
	{ FRAME_HEARTBEAT, "public/heartbeat", NULL },
	{ FRAME_ACK, "subscribe unsubscribe public/respond-heartbeat", NULL },
};
static const struct words METHODS = WORDS(METHOD_ROWS);

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("id", extra, MESSAGE_RAW),
	MESSAGE_ROW("method", event, MESSAGE_TEXT),
	MESSAGE_ROW("code", code, MESSAGE_U64),
	MESSAGE_ROW("result", word, MESSAGE_INNER_ANY),
};
static const struct message_row RESULT[] = {
	MESSAGE_ROW("channel", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("data", payload, MESSAGE_PAYLOAD),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	PROTOCOL_INNER(RESULT), .channels = &CHANNELS };

/* A heartbeat wants its own id back within 5 s. */
static enum err
heartbeat_answer(struct frame *f, const struct json_text *id)
{
	char *out = f->answer;

	if (id->len == 0 || id->len > ID_LEN_MAX)
		return ERR_MISSING;
	for (size_t i = 0; i < id->len; i++)
		if (id->at[i] < '0' || id->at[i] > '9')
			return ERR_SYNTAX;
	memcpy(out, ANSWER_HEAD, sizeof(ANSWER_HEAD) - 1);
	out += sizeof(ANSWER_HEAD) - 1;
	memcpy(out, id->at, id->len);
	memcpy(out + id->len, ANSWER_TAIL, sizeof(ANSWER_TAIL));
	return ERR_OK;
}

VENUE_PARSER(cryptocom);
enum err
venue_cryptocom_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);

	if (e != ERR_OK)
		return e;
	if (m.code.value != 0) {
		if (m.event.has)
			frame_set_channel(f, &m.event.text);
		f->kind = FRAME_REFUSED;
		f->tick_count = 0;
		return ERR_OK;
	}
	if (m.channel.has)
		return message_is_channel(f, &m);
	if (m.event.has)
		message_is_event(f, &m.event, &METHODS);
	return f->kind == FRAME_HEARTBEAT ?
	    heartbeat_answer(f, &m.extra.text) : ERR_OK;
}

static const struct ask ASKS[] = {
	{ "{\"id\":1,\"method\":\"subscribe\",\"params\":{\"channels\":[",
	    "\"ticker.%\",\"trade.%\"", "]}}", 0, 0, NULL },
};
VENUE_ASKS(cryptocom, ASKS);
