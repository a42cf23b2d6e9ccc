/* Bybit before v5, wss://stream.bybit.com/realtime_public (linear perpetuals);
 * no longer served.
 * Source: recorded frames of 2021-04-17.  Prices are strings, a trade's time a
 * string of Unix ms; books are levels and their changes, which are not read. */
#include "feeds/venue_row.h"
#include "feeds/venue_message.h"

static const struct part_row TRADE_ROWS[] = {
	PART_ROW("symbol", PART_SYMBOL, FIELD_STRING),
	PART_ROW("price", PART_LAST, FIELD_STRING),
	PART_ROW("size", PART_SIZE, FIELD_NUMBER),
	PART_ROW("trade_time_ms", PART_TIME, FIELD_MS),
};
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.needed = PARTS_TRADED };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "trade", &TRADE },
	{ FRAME_IGNORED, "orderBookL2_25 orderBook_200 instrument_info candle "
	    "liquidation", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("topic", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("data", payload, MESSAGE_PAYLOAD),
	MESSAGE_ROW("success", success, MESSAGE_BOOL),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.cut = CUT_FIRST, .cut_at = '.', .channels = &CHANNELS };

VENUE_PARSER(bybit_realtime);
enum err
venue_bybit_realtime_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);

	if (e != ERR_OK)
		return e;
	if (m.channel.has)
		return message_is_channel(f, &m);
	if (m.success.has)
		frame_set(f, m.success.value ? FRAME_ACK : FRAME_REFUSED,
		    "request");
	return ERR_OK;
}
