/* Bitfinex v2, wss://api-pub.bitfinex.com/ws/2.
 * Source: docs.bitfinex.com, WebSocket: general, configuration (conf flags),
 * public channels ticker and trades; recorded frames of 2021-04-17.  Prices
 * are JSON numbers, an empty side null.  Arrays name their channel by a number
 * that `subscribed` gave.  The conf asks for a sequence number (65536) and the
 * time in ms (32768) behind each array; they are told apart by size, for a
 * sequence does not reach 10^12.  A trade is told twice: `te` at once, `tu` a
 * little later; the second is not read. */
#include "feeds/venue_row.h"

#include "feeds/venue_array.h"
#include "feeds/venue_channel.h"

/* The server restarts, or was being mended (20060 says that it begins): dial
 * anew. */
#define CODE_RESTARTS 20051u
#define CODE_MENDED 20061u

static const struct part_row TICKER_ROWS[] = {
	PART_ITEM(PART_BID, FIELD_NUMBER, FIELD_NONE_NULL),
	PART_ITEM(PART_NONE, 0, 0),
	PART_ITEM(PART_ASK, FIELD_NUMBER, FIELD_NONE_NULL),
	PART_ITEM(PART_NONE, 0, 0), PART_ITEM(PART_NONE, 0, 0),
	PART_ITEM(PART_NONE, 0, 0),
	PART_ITEM(PART_LAST, FIELD_NUMBER, FIELD_NONE_NULL),
};
static const struct part_row TRADE_ROWS[] = {
	PART_ITEM(PART_SEQUENCE, FIELD_NUMBER, 0),
	PART_ITEM(PART_TIME, FIELD_NUMBER, 0),
	PART_ITEM(PART_SIZE, FIELD_NUMBER, 0),
	PART_ITEM(PART_LAST, FIELD_NUMBER, 0),
};
#define ENTRY(rows, list) { ENTRY_ROWS(rows), .is_list = (list), \
	.is_array = true, .needed = PART_BIT(PART_LAST) }
static const struct entry TICKER = ENTRY(TICKER_ROWS, false),
    TRADE = ENTRY(TRADE_ROWS, false), TRADES = ENTRY(TRADE_ROWS, true);

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_IGNORED, "other", NULL },	/* all but those below */
	{ FRAME_TICKS, "ticker", &TICKER },
	{ FRAME_TICKS, "trades", &TRADES },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
/* Of an array: a trade, life, a trade that was told already, a checksum. */
static const struct word WORD_ROWS[] = {
	{ FRAME_TICKS, "te", &TRADE },
	{ FRAME_HEARTBEAT, "hb", NULL },
	{ FRAME_IGNORED, "tu cs", NULL },
};
static const struct words ARRAY_WORDS = WORDS(WORD_ROWS);
static const struct word EVENT_ROWS[] = {
	{ FRAME_ACK, "info conf subscribed unsubscribed pong", NULL },
	{ FRAME_REFUSED, "error", NULL },
};
static const struct words EVENTS = WORDS(EVENT_ROWS);

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("event", event, MESSAGE_TEXT),
	MESSAGE_ROW("channel", note, MESSAGE_TEXT),
	MESSAGE_ROW("status", extra, MESSAGE_SEEN),	/* or an object */
	MESSAGE_ROW("symbol", symbol, MESSAGE_TEXT),
	MESSAGE_ROW("chanId", number, MESSAGE_U64),
	MESSAGE_ROW("code", code, MESSAGE_U64),
	MESSAGE_ROW("ts", time, MESSAGE_MS),
};
static const struct protocol OBJECTS = { PROTOCOL_ROWS(MESSAGE) };
static const struct arrays ARRAYS = { &CHANNELS, &ARRAY_WORDS, &OBJECTS };

/* "t" is a trading pair, "f" a currency that is lent. */
static enum err
channel_take(struct venue_memory *memory, const struct message *m,
    const char *symbol)
{
	const struct word *w = symbol[0] != 't' ? NULL :
	    words_find(&CHANNELS, &m->note.text);

	if (!m->note.has || !m->number.has)
		return ERR_MISSING;
	return channel_put(memory, m->number.value,
	    w == NULL ? 0 : (uint8_t)(w - CHANNEL_ROWS), symbol);
}

static enum err
event_take(struct frame *f, const struct message *m)
{
	const struct json_text *event = &m->event.text;
	char symbol[VENUE_SYMBOL_MAX] = "";
	struct json j;

	if (m->symbol.has) {
		json_open(&j, m->symbol.text.at, m->symbol.text.len);
		if (!field_take_symbol(&j, &m->symbol.text, symbol))
			return j.error;
	}
	if (!m->event.has)
		return ERR_OK;
	message_is_event(f, &m->event, &EVENTS);
	frame_note_time(f, &m->time);
	if (json_text_is(event, "subscribed"))
		return channel_take(f->memory, m, symbol);
	if (json_text_is(event, "unsubscribed"))
		channel_drop(f->memory, m->number.value);
	else if (json_text_is(event, "pong") && m->time.has)
		f->kind = FRAME_HEARTBEAT;
	else if (json_text_is(event, "conf") && m->extra.has &&
	    m->extra.text.at[0] == '"' &&
	    !json_text_is(&m->extra.text, "\"OK\""))
		f->kind = FRAME_REFUSED;
	else if (json_text_is(event, "info") &&
	    (m->code.value == CODE_RESTARTS || m->code.value == CODE_MENDED))
		f->kind = FRAME_LEAVING;
	return ERR_OK;
}

/* A message may come before its channel is said to be subscribed. */
VENUE_PARSER(bitfinex);
enum err
venue_bitfinex_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = array_read(f, &m, &ARRAYS, text, len);

	if (e != ERR_OK)
		return e;
	if (!m.channel.has)
		return event_take(f, &m);
	frame_stamp(f, &m.time);
	if (!frame_follows(f, &m.code))
		f->tick_count = 0;
	return ERR_OK;
}

/* The conf, then a message a channel: tickers first, for the venue opens 25
 * channels on a connection and no more. */
#define ASK(channel) { "{\"event\":\"subscribe\",\"channel\":\"" channel \
	"\",\"symbol\":", "\"%\"", "}", 1, 0, NULL }
static const struct ask ASKS[] = {
	{ "{\"event\":\"conf\",\"flags\":98304}", NULL, NULL, 0, 0, NULL },
	ASK("ticker"), ASK("trades"),
};
VENUE_ASKS(bitfinex, ASKS);
