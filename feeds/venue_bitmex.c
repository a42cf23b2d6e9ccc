/* BitMEX, wss://ws.bitmex.com/realtime.
 * Source: bitmex.com/app/wsAPI: tables quote, trade, instrument; single frames
 * of 2021 to 2023.  Prices are JSON numbers, times RFC 3339; a trade's size is
 * in contracts.  An instrument is told by its changes alone, so that one side
 * of it says nothing of the other: both count, or neither; without prices (a
 * new mark price) it still says the time.  A funding rate is of its
 * fundingInterval, told before it or with it.  Symbols of swaps, futures and spot
 * are distinct: XBTUSD, XBTM26, XBT_USDT; .BXBT is an index. */
#include "feeds/venue_row.h"
#include "feeds/venue_message.h"

/* An instrument's row that says nothing of all this is no tick.  That a side is
 * empty is a quote's to say. */
static void
instrument_finish(struct frame *f, struct json *j, struct tick *t)
{
	const struct tick_contract *c = &t->contract;

	(void)j;
	t->has_bid = t->has_ask = t->is_book = t->has_bid && t->has_ask;
	t->is_contract = !t->has_bid && !t->has_last;
	if (t->is_contract && !c->has_mark && !c->has_index &&
	    !c->has_funding && !c->has_interest)
		f->tick_count--;
}

#define EACH PART_ROW("symbol", PART_SYMBOL, FIELD_STRING), \
	PART_ROW("timestamp", PART_TIME, FIELD_RFC3339)
#define SIDES \
	PART_ROW_OR("bidPrice", PART_BID, FIELD_NUMBER, FIELD_NONE_NULL), \
	PART_ROW_OR("askPrice", PART_ASK, FIELD_NUMBER, FIELD_NONE_NULL), \
	PART_ROW_OR("lastPrice", PART_LAST, FIELD_NUMBER, FIELD_NONE_NULL)
static const struct part_row QUOTE_ROWS[] = { EACH, SIDES };
static const struct part_row INSTRUMENT_ROWS[] = {
	EACH, SIDES,
	PART_ROW("markPrice", PART_MARK, FIELD_NUMBER),
	PART_ROW("indicativeSettlePrice", PART_INDEX, FIELD_NUMBER),
	PART_ROW("openInterest", PART_INTEREST, FIELD_NUMBER),
	PART_ROW("fundingRate", PART_FUNDING, FIELD_NUMBER),
	PART_ROW("fundingInterval", PART_INTERVAL, FIELD_RFC3339),
};
static const struct part_row TRADE_ROWS[] = {
	EACH,
	PART_ROW("size", PART_SIZE, FIELD_NUMBER),
	PART_ROW("price", PART_LAST, FIELD_NUMBER),
};
static const struct entry QUOTE = { ENTRY_ROWS(QUOTE_ROWS), .is_list = true,
	.needed = PART_BIT(PART_TIME) };
static const struct entry INSTRUMENT = { ENTRY_ROWS(INSTRUMENT_ROWS),
	.is_list = true, .tells_once = true, .finish = instrument_finish };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.needed = PARTS_TRADED };
static const struct word TABLE_ROWS[] = {
	{ FRAME_TICKS, "quote", &QUOTE },
	{ FRAME_TICKS, "trade", &TRADE },
	{ FRAME_TICKS, "instrument", &INSTRUMENT },
	{ FRAME_IGNORED, "orderBook* funding insurance liquidation settlement "
	    "announcement chat connected publicNotifications tradeBin* "
	    "quoteBin*", NULL },
};
static const struct words TABLES = WORDS(TABLE_ROWS);
static const struct word ACTION_ROWS[] = {
	{ FRAME_TICKS, "partial insert update", NULL },
	{ FRAME_IGNORED, "delete", NULL },
};
static const struct words ACTIONS = WORDS(ACTION_ROWS);

static enum frame_kind
action_kind(const struct message *m)
{
	const struct word *w = words_find(&ACTIONS, &m->event.text);

	return w == NULL ? FRAME_UNKNOWN : w->kind;
}

static void
rows_read(struct frame *f, struct json *j, const struct message *m)
{
	if (message_entry(m) != NULL && action_kind(m) == FRAME_TICKS)
		entries_read(f, j, m->found->entry, NULL);
	else
		json_skip(j);
}

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("table", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("action", event, MESSAGE_TEXT),
	MESSAGE_ROW("data", payload, MESSAGE_PAYLOAD),
	MESSAGE_ROW("info", note, MESSAGE_TEXT),
	MESSAGE_ROW("timestamp", time, MESSAGE_RFC3339),
	MESSAGE_ROW("subscribe", symbol, MESSAGE_TEXT),
	MESSAGE_ROW("unsubscribe", symbol, MESSAGE_TEXT),
	MESSAGE_ROW("success", success, MESSAGE_BOOL),
	MESSAGE_ROW("error", detail, MESSAGE_TEXT),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.needs_event = true, .channels = &TABLES, .payload = rows_read };

static enum err
table_finish(struct frame *f, const struct message *m)
{
	enum err e = message_is_channel(f, m);

	if (e != ERR_OK || f->kind != FRAME_TICKS)
		return e;
	if (!m->event.has)
		return ERR_MISSING;
	f->kind = action_kind(m);
	/* A new mark price says the time, and nothing of a book. */
	for (size_t i = 0; i < f->tick_count; i++)
		if (!f->ticks[i].is_contract)
			return ERR_OK;
	if (f->kind == FRAME_TICKS && m->found->entry == &INSTRUMENT)
		f->kind = FRAME_HEARTBEAT;
	return ERR_OK;
}

VENUE_PARSER(bitmex);
enum err
venue_bitmex_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e;

	if (message_is_pong(f, text, len))
		return ERR_OK;
	e = message_read(f, &m, &PROTOCOL, text, len);
	if (e != ERR_OK)
		return e;
	frame_note_time(f, &m.time);
	if (m.detail.has || (m.success.has && !m.success.value)) {
		frame_set(f, FRAME_REFUSED, "error");
		f->tick_count = 0;
	} else if (m.channel.has) {
		return table_finish(f, &m);
	} else if (m.symbol.has) {
		frame_set(f, FRAME_ACK, "subscribe");
	} else if (m.note.has) {
		frame_set(f, FRAME_ACK, "info");
	}
	return ERR_OK;
}

#define ASK(table) { "{\"op\":\"subscribe\",\"args\":[", \
	"\"" table ":%\"", "]}", 0, 0, NULL }
static const struct ask ASKS[] = {
	ASK("instrument"), ASK("quote"), ASK("trade"),
};
VENUE_ASKS(bitmex, ASKS);
