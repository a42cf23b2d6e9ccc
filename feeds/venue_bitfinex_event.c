/* Bitfinex's events: which number stands for which channel, what was refused,
 * that the server restarts.  Sources: see venue_bitfinex.c. */
#include "feeds/venue_bitfinex.h"

#include <string.h>

#include "feeds/venue_message.h"

/* The server restarts, or was being mended (20060 says that it begins): dial
 * anew. */
#define CODE_RESTARTS 20051u
#define CODE_MENDED 20061u

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
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE) };

struct venue_channel *
bitfinex_channel(struct venue_memory *m, uint64_t id)
{
	for (size_t i = 0; i < m->channel_count; i++)
		if (m->channel[i].id == id)
			return &m->channel[i];
	return NULL;
}

/* "t" is a trading pair, "f" a currency that is lent. */
static uint8_t
kind_of(const struct message *m, const char *symbol)
{
	if (symbol[0] != 't')
		return BITFINEX_OTHER;
	if (json_text_is(&m->note.text, "ticker"))
		return BITFINEX_TICKER;
	return json_text_is(&m->note.text, "trades") ? BITFINEX_TRADES :
	    BITFINEX_OTHER;
}

static enum err
channel_add(struct venue_memory *memory, const struct message *m,
    const char symbol[VENUE_SYMBOL_MAX])
{
	struct venue_channel *c = bitfinex_channel(memory, m->number.value);

	if (!m->note.has || !m->number.has)
		return ERR_MISSING;
	if (!c && memory->channel_count == VENUE_CHANNELS_MAX)
		return ERR_LIMIT;
	if (!c)
		c = &memory->channel[memory->channel_count++];
	c->id = m->number.value;
	c->kind = kind_of(m, symbol);
	memcpy(c->symbol, symbol, VENUE_SYMBOL_MAX);
	return ERR_OK;
}

static void
channel_remove(struct venue_memory *m, uint64_t id)
{
	struct venue_channel *c = bitfinex_channel(m, id);

	if (c)
		*c = m->channel[--m->channel_count];
}

enum err
bitfinex_event(struct frame *f, const char *text, size_t len)
{
	char symbol[VENUE_SYMBOL_MAX] = "";
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);
	const struct json_text *event = &m.event.text;
	struct json j;

	json_open(&j, text, len);
	if (e == ERR_OK && m.symbol.has &&
	    !field_take_symbol(&j, &m.symbol.text, symbol))
		return j.error;
	if (e != ERR_OK || !m.event.has)
		return e;
	message_is_event(f, &m.event, &EVENTS);
	frame_note_time(f, &m.time);
	if (json_text_is(event, "subscribed"))
		return channel_add(f->memory, &m, symbol);
	if (json_text_is(event, "unsubscribed"))
		channel_remove(f->memory, m.number.value);
	else if (json_text_is(event, "pong") && m.time.has)
		f->kind = FRAME_HEARTBEAT;
	else if (json_text_is(event, "conf") && m.extra.has &&
	    m.extra.text.at[0] == '"' &&
	    !json_text_is(&m.extra.text, "\"OK\""))
		f->kind = FRAME_REFUSED;
	else if (json_text_is(event, "info") &&
	    (m.code.value == CODE_RESTARTS || m.code.value == CODE_MENDED))
		f->kind = FRAME_LEAVING;
	return ERR_OK;
}
