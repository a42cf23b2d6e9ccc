/* HTX, once Huobi, wss://api.huobi.pro/ws; its service is not dialled.
 * Source: huobiapi.github.io/docs/spot/v1/en, Websocket Market Data: each
 * message is a binary frame, compressed by gzip.  None is opened here; what a
 * recorder opened is told apart by its first word alone. */
#include "feeds/venue_row.h"

#include <string.h>

#include "feeds/venue_message.h"

static const char GZIP[] = { '\x1f', (char)0x8b };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_IGNORED, "market", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("ch", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("subbed", note, MESSAGE_TEXT),
	MESSAGE_ROW("ping", number, MESSAGE_U64),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	.cut = CUT_FIRST, .cut_at = '.', .channels = &CHANNELS };

VENUE_PARSER(huobi);
enum err
venue_huobi_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e;

	if (len > FRAME_BYTES_MAX)
		return ERR_LIMIT;
	if (len >= sizeof(GZIP) && memcmp(text, GZIP, sizeof(GZIP)) == 0) {
		frame_begin(f);
		frame_set(f, FRAME_IGNORED, "gzip");
		return ERR_OK;
	}
	e = message_read(f, &m, &PROTOCOL, text, len);
	if (e != ERR_OK)
		return e;
	if (m.channel.has)
		return message_is_channel(f, &m);
	if (m.note.has)
		frame_set(f, FRAME_ACK, "subbed");
	else if (m.number.has)
		frame_set(f, FRAME_HEARTBEAT, "ping");
	return ERR_OK;
}
