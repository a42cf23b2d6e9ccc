/* Kraken, wss://ws.kraken.com/v2.
 * Source: docs.kraken.com, WebSocket v2: ticker, trade, heartbeat, status,
 * ping.  Prices are JSON numbers, times RFC 3339.  A ticker of an older server
 * has no timestamp; the `heartbeat` channel carries none either, so a ping is
 * sent whose pong says the time.  Public messages are not numbered. */
#include "feeds/venue_row.h"
#include "feeds/venue_message.h"

static const struct part_row TICKER_ROWS[] = {
	PART_ROW("symbol", PART_SYMBOL, FIELD_STRING),
	PART_ROW("bid", PART_BID, FIELD_NUMBER),
	PART_ROW("ask", PART_ASK, FIELD_NUMBER),
	PART_ROW("last", PART_LAST, FIELD_NUMBER),
	PART_ROW("timestamp", PART_TIME, FIELD_RFC3339),
};
static const struct part_row TRADE_ROWS[] = {
	PART_ROW("symbol", PART_SYMBOL, FIELD_STRING),
	PART_ROW("price", PART_LAST, FIELD_NUMBER),
	PART_ROW("qty", PART_SIZE, FIELD_NUMBER),
	PART_ROW("trade_id", PART_SEQUENCE, FIELD_NUMBER),
	PART_ROW("timestamp", PART_TIME, FIELD_RFC3339),
};
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS),
	.is_list = true };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.needed = PARTS_TRADED };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "ticker", &TICKER },
	{ FRAME_TICKS, "trade", &TRADE },
	{ FRAME_HEARTBEAT, "heartbeat", NULL },
	{ FRAME_ACK, "status", NULL },
	{ FRAME_IGNORED, "book level3 ohlc instrument executions balances",
	    NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
static const struct word METHOD_ROWS[] = {
	{ FRAME_ACK, "subscribe unsubscribe ping", NULL },
	/* The only message of a quiet market that says the time. */
	{ FRAME_HEARTBEAT, "pong", NULL },
};
static const struct words METHODS = WORDS(METHOD_ROWS);

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("channel", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("data", payload, MESSAGE_PAYLOAD),
	MESSAGE_ROW("method", event, MESSAGE_TEXT),
	MESSAGE_ROW("error", note, MESSAGE_TEXT),
	MESSAGE_ROW("success", success, MESSAGE_BOOL),
	MESSAGE_ROW("time_in", time, MESSAGE_RFC3339),
	MESSAGE_ROW("time_out", time_out, MESSAGE_RFC3339),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.channels = &CHANNELS };

VENUE_PARSER(kraken);
enum err
venue_kraken_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);

	if (e != ERR_OK)
		return e;
	frame_note_time(f, &m.time);
	frame_note_time(f, &m.time_out);
	if (m.channel.has)
		e = message_is_channel(f, &m);
	else if (m.event.has)
		message_is_event(f, &m.event, &METHODS);
	else if (m.note.has)
		frame_set(f, FRAME_REFUSED, "error");
	if (f->kind == FRAME_HEARTBEAT && !m.channel.has && !f->has_time)
		f->kind = FRAME_ACK;
	if (!m.note.has && (!m.success.has || m.success.value))
		return e;
	f->kind = FRAME_REFUSED;
	f->tick_count = 0;
	return ERR_OK;
}

#define ASK(channel, end) { "{\"method\":\"subscribe\",\"params\":{" \
	"\"channel\":\"" channel "\",\"symbol\":[", "\"%\"", "]" end "}}", 0, \
	0, NULL }
static const struct ask ASKS[] = {
	/* The default, "trades", would leave a quiet book unsaid. */
	ASK("ticker", ",\"event_trigger\":\"bbo\""),
	ASK("trade", ""),
};
VENUE_ASKS(kraken, ASKS);
