/* Gemini, wss://api.gemini.com/v2/marketdata.
 * Source: docs.gemini.com, WebSocket market data version 2 (`l2`, heartbeat);
 * recorded frames of 2021-04-17.  Prices are strings, times Unix ms.  The
 * first l2_updates of a symbol, which also carries `trades`, is the whole
 * book, each later one what changed: the top is kept here and carries no time
 * of its own.  Messages are not numbered: one that cannot be read voids the
 * books until the connection is dialled anew. */
#include "feeds/venue_row.h"

#include "base/must.h"
#include "feeds/venue_depth.h"
#include "feeds/venue_message.h"

static const struct part_row TRADE_ROWS[] = {
	PART_ROW("type", PART_NAME, FIELD_STRING),
	PART_ROW("symbol", PART_SYMBOL, FIELD_STRING),
	PART_ROW("event_id", PART_SEQUENCE, FIELD_NUMBER),
	PART_ROW("timestamp", PART_TIME, FIELD_NUMBER),
	PART_ROW("price", PART_LAST, FIELD_STRING),
	PART_ROW("quantity", PART_SIZE, FIELD_STRING),
	PART_ROW("result", PART_STRANGE, FIELD_STRING),
};
#define ENTRY(list) { ENTRY_ROWS(TRADE_ROWS), .is_list = (list), \
	.needed = PARTS_TRADED }
static const struct entry TRADE = ENTRY(false), TRADES = ENTRY(true);

static const struct word TYPE_ROWS[] = {
	{ FRAME_TICKS, "l2_updates", NULL },
	{ FRAME_TICKS, "trade", &TRADE },
	{ FRAME_HEARTBEAT, "heartbeat", NULL },
	{ FRAME_REFUSED, "error", NULL },
	{ FRAME_IGNORED, "auction_open auction_indicative auction_result "
	    "candles_*", NULL },
};
static const struct words TYPES = WORDS(TYPE_ROWS);

static void
book_read(struct frame *f, struct json *j, const struct message *m)
{
	static const struct depth_words SIDES = { "buy", "sell" };

	depth_read(f, j, &m->symbol, &SIDES, m->other.has);
}

static void
payload_read(struct frame *f, struct json *j, const struct message *m)
{
	if (m->found == TYPE_ROWS)
		book_read(f, j, m);
	else
		json_skip(j);
}

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("type", channel, MESSAGE_WHOLE),
	MESSAGE_ROW("symbol", symbol, MESSAGE_TEXT),
	MESSAGE_ROW("changes", payload, MESSAGE_PAYLOAD),
	MESSAGE_ROW("trades", other, MESSAGE_RAW),
	MESSAGE_ROW("timestamp", time, MESSAGE_MS),
	MESSAGE_ROW("result", event, MESSAGE_TEXT),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.needs_symbol = true, .channels = &TYPES, .payload = payload_read };

static enum err
book_finish(struct frame *f, const struct message *m)
{
	struct json j;

	if (m->other.has) {	/* a whole book */
		f->tick_count = 0;
		json_open(&j, m->payload.text.at, m->payload.text.len);
		book_read(f, &j, m);
		MUST(json_close(&j) == ERR_OK);
	}
	/* Void before, or so much taken away that the top is not known. */
	if (!f->ticks[0].is_book) {
		f->kind = FRAME_GAP;
		f->tick_count = 0;
		return ERR_OK;
	}
	if (!m->other.has)
		return ERR_OK;
	json_open(&j, m->other.text.at, m->other.text.len);
	entries_read(f, &j, &TRADES, NULL);
	return json_close(&j);
}

static enum err
message_take(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);

	if (e != ERR_OK)
		return e;
	frame_note_time(f, &m.time);
	if (m.channel.has)
		e = message_is_channel(f, &m);
	else if (m.event.has)
		frame_set_channel(f, &m.event.text);
	if (m.event.has && json_text_is(&m.event.text, "error")) {
		f->kind = FRAME_REFUSED;
		f->tick_count = 0;
		return ERR_OK;
	}
	return e == ERR_OK && m.found == TYPE_ROWS ? book_finish(f, &m) : e;
}

VENUE_PARSER(gemini);
enum err
venue_gemini_parse(struct frame *f, const char *text, size_t len)
{
	enum err e;

	MUST(f->memory->depth);
	e = message_take(f, text, len);
	if (e != ERR_OK)
		depth_void_all(f->memory->depth);
	return e;
}

static const struct ask ASKS[] = {
	{ "{\"type\":\"subscribe\",\"subscriptions\":[{\"name\":\"l2\","
	    "\"symbols\":[", "\"%\"", "]}]}", 0, 0, NULL },
};
VENUE_ASKS(gemini, ASKS);
