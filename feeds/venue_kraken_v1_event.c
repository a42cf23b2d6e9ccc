/* Kraken's first protocol: its events, and the messages that ask.  Sources: see
 * venue_kraken_v1.c. */
#include "feeds/venue_kraken_v1.h"

#include "feeds/venue_message.h"
#include "feeds/venue_row.h"

static const struct word EVENT_ROWS[] = {
	{ FRAME_HEARTBEAT, "heartbeat", NULL },
	{ FRAME_ACK, "systemStatus subscriptionStatus pong", NULL },
	{ FRAME_REFUSED, "error", NULL },
};
static const struct words EVENTS = WORDS(EVENT_ROWS);

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("event", event, MESSAGE_TEXT),
	MESSAGE_ROW("status", note, MESSAGE_TEXT),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE) };

enum err
kraken_v1_event(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e = message_read(f, &m, &PROTOCOL, text, len);

	if (e != ERR_OK || !m.event.has)
		return e;
	message_is_event(f, &m.event, &EVENTS);
	if (m.note.has && json_text_is(&m.note.text, "error"))
		f->kind = FRAME_REFUSED;
	return ERR_OK;
}

#define ASK(channel) { "{\"event\":\"subscribe\",\"pair\":[", "\"%\"", \
	"],\"subscription\":{\"name\":\"" channel "\"}}", 0, 0, NULL }
static const struct ask ASKS[] = { ASK("spread"), ASK("trade") };
VENUE_ASKS(kraken_v1, ASKS);
