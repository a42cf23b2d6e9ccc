/* Bitstamp, wss://ws.bitstamp.net.
 * Source: www.bitstamp.net/websocket/v2: live_trades_*, order_book_* (the best
 * 100 levels each time), bts:request_reconnect, bts:heartbeat; recorded frames
 * of 2021-04.  A symbol is what stands behind the channel's name, in lower
 * case.  Prices are strings (of a trade: price_str), times strings of Unix
 * microseconds. */
#include "feeds/venue_row.h"
#include "feeds/venue_message.h"

/* [["price","amount"],...], the best first; the rest is checked for its form
 * alone. */
static void
side_read(struct json *j, bool is_bid, bool *has, struct dec18 *best)
{
	(void)is_bid;
	json_enter_array(j);
	if (!json_next_item(j))
		return;
	json_enter_array(j);
	if (json_next_item(j))
		field_read_price(j, FIELD_STRING, 0, has, best);
	while (json_next_item(j))
		json_skip(j);
	if (!*has)
		json_fail(j, ERR_MISSING);
	while (json_next_item(j))
		json_skip(j);
}

static const struct part_row TRADE_ROWS[] = {
	PART_ROW("id", PART_SEQUENCE, FIELD_NUMBER),
	PART_ROW("amount_str", PART_SIZE, FIELD_STRING),
	PART_ROW("price_str", PART_LAST, FIELD_STRING),
	PART_ROW("microtimestamp", PART_TIME, FIELD_US),
};
static const struct part_row BOOK_ROWS[] = {
	PART_ROW("microtimestamp", PART_TIME, FIELD_US),
	PART_SIDE("bids", PART_BID, side_read),
	PART_SIDE("asks", PART_ASK, side_read),
};
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS),
	.needed = PARTS_TRADED };
static const struct entry BOOK = { ENTRY_ROWS(BOOK_ROWS), .needed =
	PART_BIT(PART_TIME) | PARTS_QUOTED };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "order_book", &BOOK },
	{ FRAME_TICKS, "live_trades", &TRADE },
	{ FRAME_IGNORED, "diff_order_book detail_order_book live_orders "
	    "funding_rate", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
/* What the protocol itself says, and what a channel does.  A server that goes
 * down asks to be dialled anew: what it says from then on is lost to us. */
static const struct word EVENT_ROWS[] = {
	{ FRAME_TICKS, "data", &BOOK },
	{ FRAME_TICKS, "trade", &TRADE },
	{ FRAME_ACK, "bts:subscription_succeeded "
	    "bts:unsubscription_succeeded bts:heartbeat", NULL },
	{ FRAME_REFUSED, "bts:error", NULL },
	{ FRAME_GAP, "bts:request_reconnect", NULL },
	{ FRAME_UNKNOWN, "bts:*", NULL },
};
static const struct words EVENTS = WORDS(EVENT_ROWS);

/* A channel's prices come in an event of its own name. */
static bool
is_priced(const struct message *m)
{
	const struct word *event = words_find(&EVENTS, &m->event.text);

	return message_entry(m) != NULL &&
	    m->rest.len > 0 && event != NULL && event->entry == m->found->entry;
}

static void
payload_read(struct frame *f, struct json *j, const struct message *m)
{
	if (is_priced(m))
		entries_read(f, j, m->found->entry, &m->rest);
	else
		json_skip(j);
}

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("data", payload, MESSAGE_PAYLOAD),
	MESSAGE_ROW("channel", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("event", event, MESSAGE_TEXT),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.cut = CUT_LAST, .cut_at = '_', .needs_event = true,
	.channels = &CHANNELS, .payload = payload_read };

VENUE_PARSER(bitstamp);
enum err
venue_bitstamp_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);
	const struct word *w;

	if (e != ERR_OK || !m.event.has)
		return e;
	if (is_priced(&m))
		return message_is_channel(f, &m);
	message_is_event(f, &m.event, &EVENTS);
	w = words_find(&EVENTS, &m.event.text);
	if (w != NULL && w->entry == NULL)
		return ERR_OK;
	f->kind = FRAME_UNKNOWN;
	if (m.found == NULL || m.rest.len == 0)
		return ERR_OK;
	frame_set_channel(f, &m.word);
	if (m.found->kind == FRAME_IGNORED)
		f->kind = FRAME_IGNORED;
	return ERR_OK;
}

/* Each message asks for one channel; the books first. */
#define ASK(channel) { "{\"event\":\"bts:subscribe\",\"data\":{" \
	"\"channel\":\"" channel, "%", "\"}}", 1, 0, NULL }
static const struct ask ASKS[] = { ASK("order_book_"), ASK("live_trades_") };
VENUE_ASKS(bitstamp, ASKS);
