/* Deribit v2, wss://www.deribit.com/ws/api/v2, JSON-RPC.
 * Source: docs.deribit.com, public/subscribe, public/set_heartbeat,
 * public/test and the market data subscriptions; recorded frames of 2021-04.
 * Prices are JSON numbers, a side without orders null (in 2021 0.0), times
 * Unix ms.  Each answer says when it left, in microseconds: public/test is
 * asked so often that it keeps a quiet book alive, and a test_request is
 * answered.  Options are quoted in coins: of one alone no quotes and no trades
 * are asked for, only its ticker, with mark, volatility and greeks.  Indices
 * have lower-case names of their own (btc_usd); the volatility index of the
 * same name, in percent, stands as "dvol.btc_usd"; "options.btc_usd" asks for
 * the marks of all options on that index.  funding_8h is of 8 hours, by its
 * name. */
#include "feeds/venue_row.h"

#include <string.h>

#include "feeds/venue_contract.h"
#include "feeds/venue_deribit.h"

#define RPC(id, method) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":" \
	"\"public/" method "\",\"params\":{"

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
	.channels = &venue_deribit_channels };

/* What an answer is an answer to, by its form: an object with a version
 * (public/test), the channels that are subscribed to, a word.  Channels that
 * do not exist are left out of the answer without an error. */
static void
result_finish(struct frame *f, const struct json_text *result)
{
	struct json_text key;
	struct json j;

	json_open(&j, result->at, result->len);
	frame_set(f, FRAME_UNKNOWN, "result");
	if (json_kind(&j) == JSON_KIND_STRING) {
		f->kind = FRAME_ACK;
	} else if (json_kind(&j) == JSON_KIND_ARRAY) {
		json_enter_array(&j);
		f->kind = json_next_item(&j) ? FRAME_ACK : FRAME_REFUSED;
	} else if (json_kind(&j) == JSON_KIND_OBJECT) {
		json_enter_object(&j);
		if (json_next_key(&j, &key) && json_text_is(&key, "version"))
			frame_set(f, f->has_time ? FRAME_HEARTBEAT :
			    FRAME_ACK, "test");
	}
}

static void
heartbeat_finish(struct frame *f, const struct json_text *type)
{
	static const char answer[] = RPC("4", "test") "}}";

	_Static_assert(sizeof(answer) <= VENUE_ANSWER_MAX, "it fits");
	f->kind = FRAME_HEARTBEAT;
	frame_set_channel(f, type);
	if (json_text_is(type, "test_request"))
		memcpy(f->answer, answer, sizeof(answer));
}

VENUE_PARSER(deribit);
enum err
venue_deribit_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);
	bool is_push = m.event.has &&
	    json_text_is(&m.event.text, "subscription");

	if (e != ERR_OK)
		return e;
	m.time = (struct field_time){ m.number.has, m.number.value / 1000 };
	if (m.time.ms > FIELD_TIME_MS_MAX)
		return ERR_RANGE;
	frame_note_time(f, &m.time);
	if (is_push)
		return m.channel.has ? message_is_channel(f, &m) :
		    ERR_MISSING;
	f->tick_count = 0;
	if (m.error.has)
		frame_set(f, FRAME_REFUSED, "error");
	else if (m.event.has && m.note.has &&
	    json_text_is(&m.event.text, "heartbeat"))
		heartbeat_finish(f, &m.note.text);
	else if (m.extra.has)
		result_finish(f, &m.extra.text);
	return ERR_OK;
}

static bool
is_volatility(const char *symbol)
{
	return strncmp(symbol, DVOL, DVOL_LEN) == 0;
}

static bool
is_index(const char *symbol)
{
	return symbol[0] >= 'a' && symbol[0] <= 'z' &&
	    !is_volatility(symbol) && contract_is_single(symbol);
}

static bool
is_instrument(const char *symbol)
{
	return (symbol[0] < 'a' || symbol[0] > 'z') &&
	    !contract_is_option(symbol);
}

#define ASK(items, skip, takes) { RPC("1", "subscribe") "\"channels\":[", \
	items, "]}}", 0, skip, takes }
static const struct ask ASKS[] = {
	{ RPC("3", "set_heartbeat") "\"interval\":30}}", NULL, NULL, 0, 0,
	    NULL },
	/* Unthrottled ones are for those who log in. */
	ASK("\"quote.%\",\"trades.%.100ms\",\"ticker.%.100ms\"", 0,
	    is_instrument),
	ASK("\"ticker.%.100ms\"", 0, contract_is_option),
	ASK("\"deribit_price_index.%\"", 0, is_index),
	ASK("\"deribit_volatility_index.%\"", DVOL_LEN, is_volatility),
	ASK("\"markprice.%\"", 0, contract_is_family),
};

VENUE_ASKS(deribit, ASKS);
