/* Coinbase Advanced Trade, wss://advanced-trade-ws.coinbase.com.
 * Source: docs.cdp.coinbase.com, Advanced Trade WebSocket channels; recorded
 * frames of 2026-08-09.  Prices are strings, times RFC 3339 with nanoseconds;
 * `sequence_num` counts the messages of a connection, whatever their channel:
 * one that is left out is a message that is missing. */
#include "feeds/venue_row.h"
#include "feeds/venue_message.h"

static const struct part_row TICKER_ROWS[] = {
	PART_ROW("product_id", PART_SYMBOL, FIELD_STRING),
	PART_ROW("price", PART_LAST, FIELD_STRING),
	PART_ROW_OR("best_bid", PART_BID, FIELD_STRING, NO_SIDE),
	PART_ROW_OR("best_ask", PART_ASK, FIELD_STRING, NO_SIDE),
};
static const struct part_row TRADE_ROWS[] = {
	PART_ROW("product_id", PART_SYMBOL, FIELD_STRING),
	PART_ROW("price", PART_LAST, FIELD_STRING),
	PART_ROW("size", PART_SIZE, FIELD_STRING),
	PART_ROW("time", PART_TIME, FIELD_RFC3339),
};
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS),
	.is_list = true };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.needed = PARTS_TRADED };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "ticker", &TICKER },
	{ FRAME_TICKS, "market_trades", &TRADE },
	{ FRAME_HEARTBEAT, "heartbeats", NULL },
	{ FRAME_ACK, "subscriptions", NULL },
	{ FRAME_IGNORED, "l2_data candles status user ticker_batch "
	    "futures_balance_summary", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
static const struct word TYPE_ROWS[] = { { FRAME_REFUSED, "error", NULL } };
static const struct words TYPES = WORDS(TYPE_ROWS);

/* [{"type", "tickers" or "trades": [...]}, ...] */
static void
event_read(struct frame *f, struct json *j, const struct entry *e)
{
	const char *list = e == &TICKER ? "tickers" : "trades";
	struct json_text key;
	bool has_list = false;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (!json_text_is(&key, list)) {
			json_skip(j);
			continue;
		}
		if (has_list)
			json_fail(j, ERR_DUPLICATE);
		has_list = true;
		entries_read(f, j, e, NULL);
	}
	if (!has_list)
		json_fail(j, ERR_MISSING);
}

static void
payload_read(struct frame *f, struct json *j, const struct message *m)
{
	if (message_entry(m) == NULL) {
		json_skip(j);
		return;
	}
	json_enter_array(j);
	while (json_next_item(j))
		event_read(f, j, m->found->entry);
}

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("channel", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("timestamp", time, MESSAGE_RFC3339),
	MESSAGE_ROW("sequence_num", number, MESSAGE_U64),
	MESSAGE_ROW("events", payload, MESSAGE_PAYLOAD),
	MESSAGE_ROW("type", event, MESSAGE_TEXT),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.channels = &CHANNELS, .payload = payload_read };

/* What is left of a message whose prices cannot be read. */
static const struct message_row NUMBER[] = {
	MESSAGE_ROW("sequence_num", number, MESSAGE_U64),
};
static const struct protocol NUMBERED = { PROTOCOL_ROWS(NUMBER) };

static enum err
message_take(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);

	if (e == ERR_OK && m.channel.has)
		e = message_is_channel(f, &m);
	else if (m.event.has)
		message_is_event(f, &m.event, &TYPES);
	if (e == ERR_OK && f->kind == FRAME_TICKS && !m.time.has)
		e = ERR_MISSING;
	if (e != ERR_OK)
		return e;
	message_stamp(f, &m);
	if (!frame_follows(f, &m.number))
		f->tick_count = 0;
	return ERR_OK;
}

VENUE_PARSER(coinbase);
enum err
venue_coinbase_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_take(f, text, len);

	if (e != ERR_OK && message_read(f, &m, &NUMBERED, text, len) == ERR_OK)
		frame_counts(f, &m.number);
	return e;
}

#define ASK(channel) { "{\"type\":\"subscribe\",\"product_ids\":[", \
	"\"%\"", "],\"channel\":\"" channel "\"}", 0, 0, NULL }
static const struct ask ASKS[] = {
	ASK("ticker"), ASK("market_trades"), ASK("heartbeats"),
};
VENUE_ASKS(coinbase, ASKS);
