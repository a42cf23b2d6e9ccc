/* Deribit v2, wss://www.deribit.com/ws/api/v2, JSON-RPC.
 * Source: docs.deribit.com, public/subscribe, public/set_heartbeat,
 * public/test and the market data subscriptions; recorded frames of 2021-04.
 * Prices are JSON numbers, a side without orders null (in 2021 0.0), times
 * Unix ms.  Each answer says when it left, in microseconds: public/test is
 * asked so often that it keeps a quiet book alive, and a test_request is
 * answered.  Channels that do not exist are left out of the answer to
 * public/subscribe without an error.  Options are quoted in coins: of one
 * alone no quotes and no trades are asked for, only its ticker, with mark,
 * volatility and greeks.  Indices have lower-case names of their own
 * (btc_usd); the volatility index of the same name, in percent, stands as
 * "dvol.btc_usd"; "options.btc_usd" asks for the marks of all options on that
 * index.  funding_8h is of 8 hours, by its name. */
#include "feeds/venue_row.h"
#include "feeds/venue_contract.h"
#include "feeds/venue_message.h"

#define NONE (FIELD_NONE_NULL | FIELD_NONE_ZERO)
#define INSTRUMENT PART_ROW("timestamp", PART_TIME, FIELD_NUMBER), \
	PART_ROW("instrument_name", PART_SYMBOL, FIELD_STRING)
#define INDEX(last) { PART_ROW("timestamp", PART_TIME, FIELD_NUMBER), \
	PART_ROW(last, PART_LAST, FIELD_NUMBER), \
	PART_ROW("index_name", PART_SYMBOL, FIELD_STRING) }
static const struct part_row TICKER_ROWS[] = {
	INSTRUMENT,
	PART_ROW_OR("best_bid_price", PART_BID, FIELD_NUMBER, NONE),
	PART_ROW_OR("best_ask_price", PART_ASK, FIELD_NUMBER, NONE),
	PART_ROW_OR("last_price", PART_LAST, FIELD_NUMBER, FIELD_NONE_NULL),
	PART_ROW("mark_price", PART_MARK, FIELD_NUMBER),
	PART_ROW("index_price", PART_INDEX, FIELD_NUMBER),
	PART_ROW("open_interest", PART_INTEREST, FIELD_NUMBER),
	PART_ROW("funding_8h", PART_FUNDING, FIELD_NUMBER),
	PART_ROW("mark_iv", PART_VOL_PERCENT, FIELD_NUMBER),
	PART_ROW("underlying_price", PART_FORWARD, FIELD_NUMBER),
	PART_ROW("greeks", PART_GREEKS, FIELD_NUMBER),
};
static const struct part_row TRADE_ROWS[] = {
	PART_ROW("trade_seq", PART_SEQUENCE, FIELD_NUMBER),
	INSTRUMENT,
	PART_ROW("price", PART_LAST, FIELD_NUMBER),
	PART_ROW("amount", PART_SIZE, FIELD_NUMBER),
};
static const struct part_row MARK_ROWS[] = {
	INSTRUMENT,
	PART_ROW("mark_price", PART_MARK, FIELD_NUMBER),
	PART_ROW("iv", PART_VOL, FIELD_NUMBER),
};
static const struct part_row INDEX_ROWS[] = INDEX("price");
static const struct part_row VOLATILITY_ROWS[] = INDEX("volatility");
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS),
	.finish = entry_name_option, .rate_ms = CONTRACT_FUNDING_MS,
	.needed = PART_BIT(PART_TIME) | PARTS_QUOTED };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.needed = PARTS_TRADED };
static const struct entry MARK = { ENTRY_ROWS(MARK_ROWS), .is_list = true,
	.is_contract = true, .finish = entry_name_option,
	.needed = PART_BIT(PART_TIME) | PART_BIT(PART_MARK) };
static const struct entry PRICE_INDEX = { ENTRY_ROWS(INDEX_ROWS),
	.finish = entry_take_index, .needed = PARTS_TRADED };
static const struct entry VOLATILITY = { ENTRY_ROWS(VOLATILITY_ROWS),
	.finish = entry_take_volatility, .needed = PARTS_TRADED };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "quote ticker", &TICKER },
	{ FRAME_TICKS, "trades", &TRADE },
	{ FRAME_TICKS, "markprice", &MARK },
	{ FRAME_TICKS, "deribit_price_index", &PRICE_INDEX },
	{ FRAME_TICKS, "deribit_volatility_index", &VOLATILITY },
	{ FRAME_IGNORED, "book chart perpetual incremental_ticker "
	    "estimated_expiration_price deribit_price_ranking "
	    "deribit_price_statistics instrument platform_state "
	    "announcements rfq block_rfq block_trade_confirmations", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("method", event, MESSAGE_TEXT),
	MESSAGE_ROW("params", word, MESSAGE_INNER),
	MESSAGE_ROW("result", extra, MESSAGE_RAW),
	MESSAGE_ROW("error", error, MESSAGE_RAW),
	MESSAGE_ROW("usOut", number, MESSAGE_U64),
};
static const struct message_row PARAMS[] = {
	MESSAGE_ROW("channel", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("data", payload, MESSAGE_PAYLOAD),
	MESSAGE_ROW("type", note, MESSAGE_TEXT),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	PROTOCOL_INNER(PARAMS), .cut = CUT_FIRST, .cut_at = '.',
	.channels = &CHANNELS };

#define RPC(id, method) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":" \
	"\"public/" method "\",\"params\":{"

static void
heartbeat_finish(struct frame *f, const struct json_text *type)
{
	f->kind = FRAME_HEARTBEAT;
	frame_set_channel(f, type);
	if (json_text_is(type, "test_request"))
		frame_answer(f, RPC("4", "test") "}}");
}

VENUE_PARSER(deribit);
enum err
venue_deribit_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);

	if (e != ERR_OK)
		return e;
	m.time = (struct field_time){ m.number.has, m.number.value / 1000 };
	if (m.time.ms > FIELD_TIME_MS_MAX)
		return ERR_RANGE;
	frame_note_time(f, &m.time);
	if (m.event.has && json_text_is(&m.event.text, "subscription"))
		return m.channel.has ? message_is_channel(f, &m) :
		    ERR_MISSING;
	f->tick_count = 0;
	if (m.error.has)
		frame_set(f, FRAME_REFUSED, "error");
	else if (m.event.has && m.note.has &&
	    json_text_is(&m.event.text, "heartbeat"))
		heartbeat_finish(f, &m.note.text);
	else if (m.extra.has)
		message_is_result(f, &m.extra, "version");
	return ERR_OK;
}

#define ASK(items, skip, takes) { RPC("1", "subscribe") "\"channels\":[", \
	items, "]}}", 0, skip, takes }
static const struct ask ASKS[] = {
	{ RPC("3", "set_heartbeat") "\"interval\":30}}", NULL, NULL, 0, 0,
	    NULL },
	/* Unthrottled ones are for those who log in. */
	ASK("\"quote.%\",\"trades.%.100ms\",\"ticker.%.100ms\"", 0,
	    contract_is_instrument),
	ASK("\"ticker.%.100ms\"", 0, contract_is_option),
	ASK("\"deribit_price_index.%\"", 0, contract_is_index),
	ASK("\"deribit_volatility_index.%\"", CONTRACT_VOLATILITY_LEN,
	    contract_is_volatility),
	ASK("\"markprice.%\"", 0, contract_is_family),
};
VENUE_ASKS(deribit, ASKS);
