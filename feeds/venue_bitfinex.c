/* Bitfinex v2, wss://api-pub.bitfinex.com/ws/2.
 * Source: docs.bitfinex.com, WebSocket: general, configuration (conf flags),
 * public channels ticker and trades; recorded frames of 2021-04-17.  Prices
 * are JSON numbers, an empty side null.  Arrays name their channel by a number
 * that `subscribed` gave.  The conf asks for a
 * sequence number (65536) and the time in ms (32768) behind each array; they
 * are told apart by size, for a sequence does not reach 10^12.  A trade is told
 * twice: `te` at once, `tu` a little later; the second is not read. */
#include "feeds/venue_row.h"

#include "feeds/venue_bitfinex.h"
#include "feeds/venue_message.h"

/* Of an array: life, a trade that was told already, a checksum. */
static const struct word WORD_ROWS[] = {
	{ FRAME_HEARTBEAT, "hb", NULL },
	{ FRAME_IGNORED, "tu cs", NULL },
};
static const struct words ARRAY_WORDS = WORDS(WORD_ROWS);

/* A message may come before its channel is said to be subscribed. */
static void
array_take(struct frame *f, const struct bitfinex_array *a)
{
	static const char *const NAMES[] = { "ticker", "trades", "other" };
	const struct word *w = a->word.has ?
	    words_find(&ARRAY_WORDS, &a->word.text) : NULL;

	if (a->channel != NULL)
		frame_set(f, FRAME_UNKNOWN, NAMES[a->channel->kind]);
	if (a->word.has)
		frame_set_channel(f, &a->word.text);
	if (bitfinex_entry(a) != NULL)
		f->kind = FRAME_TICKS;
	else if (w != NULL && w->kind == FRAME_HEARTBEAT)
		f->kind = FRAME_HEARTBEAT;
	else if (a->channel != NULL && (!a->word.has || w != NULL ||
	    a->channel->kind == BITFINEX_OTHER))
		f->kind = FRAME_IGNORED;
	frame_stamp(f, &a->time);
	if (!frame_follows(f, &a->sequence))
		f->tick_count = 0;
}

VENUE_PARSER(bitfinex);
enum err
venue_bitfinex_parse(struct frame *f, const char *text, size_t len)
{
	struct bitfinex_array a = { 0 };
	struct json j;
	enum err e;

	json_open(&j, text, len);
	if (json_kind(&j) != JSON_KIND_ARRAY)
		return bitfinex_event(f, text, len);
	frame_begin(f);
	bitfinex_array_read(f, &j, &a);
	e = json_close(&j);
	if (e == ERR_OK) {
		array_take(f, &a);
		return ERR_OK;
	}
	/* Its number counts all the same. */
	a = (struct bitfinex_array){ .skips = true };
	json_open(&j, text, len);
	bitfinex_array_read(f, &j, &a);
	if (json_close(&j) == ERR_OK)
		frame_counts(f, &a.sequence);
	return e;
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
