/* Bitfinex v2, wss://api-pub.bitfinex.com/ws/2.
 * Source: docs.bitfinex.com, WebSocket: general, configuration (conf flags),
 * public channels ticker and trades; recorded frames of 2021-04-17.  Prices
 * are JSON numbers, an empty side null.  Arrays name their channel by a number
 * that `subscribed` gave (venue_bitfinex_event.c).  The conf asks for a
 * sequence number (65536) and the time in ms (32768) behind each array; they
 * are told apart by size, for a sequence does not reach 10^12.  A trade is told
 * twice: `te` at once, `tu` a little later; the second is not read. */
#include "feeds/venue_row.h"

#include <string.h>

#include "feeds/venue_bitfinex.h"
#include "feeds/venue_message.h"

#define TIME_MS_MIN UINT64_C(1000000000000)	/* of 2001 */

/* [channel, payload or word (, payload), sequence, time] */
struct array {
	struct field_u64 id;		/* of its channel */
	struct field_text word;		/* "hb", "te", "tu", "cs" */
	struct field_text payload;
	struct field_u64 sequence;
	struct field_time time;
};

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
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS),
	.is_array = true, .needed = PART_BIT(PART_LAST) };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS),
	.is_array = true, .needed = PART_BIT(PART_LAST) };
static const struct entry TRADES = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.is_array = true, .needed = PART_BIT(PART_LAST) };

/* What stands behind the payload. */
static void
number_read(struct json *j, struct array *a)
{
	struct field_u64 number = { 0 };

	if (!field_read_u64(j, &number))
		return;
	if (number.value > FIELD_TIME_MS_MAX)
		json_fail(j, ERR_RANGE);
	else if (number.value >= TIME_MS_MIN)
		a->time = (struct field_time){ true, number.value };
	else if (!a->sequence.has)
		a->sequence = number;
}

static void
array_read(struct json *j, struct array *a)
{
	json_enter_array(j);
	if (json_next_item(j))
		field_read_u64(j, &a->id);
	while (json_next_item(j)) {
		enum json_kind kind = json_kind(j);

		if (kind == JSON_KIND_STRING && !a->word.has &&
		    !a->payload.has)
			field_read_string(j, &a->word);
		else if (kind == JSON_KIND_ARRAY && !a->payload.has)
			field_read_raw(j, &a->payload);
		else if (kind == JSON_KIND_NUMBER && (a->payload.has ||
		    json_text_is(&a->word.text, "hb")))
			number_read(j, a);
		else
			json_skip(j);	/* a checksum; a later field */
	}
	if (!a->payload.has && !a->word.has)
		json_fail(j, ERR_MISSING);
}

static enum err
payload_read(struct frame *f, const struct array *a,
    const struct venue_channel *c)
{
	const struct json_text symbol = { c->symbol, strlen(c->symbol),
		false };
	struct message m = { .time = a->time };
	struct json j;

	f->kind = FRAME_TICKS;
	json_open(&j, a->payload.text.at, a->payload.text.len);
	entries_read(f, &j, c->kind == BITFINEX_TICKER ? &TICKER :
	    a->word.has ? &TRADE : &TRADES, &symbol);
	if (c->kind == BITFINEX_TICKER)
		message_stamp(f, &m);
	return json_close(&j);
}

static enum err
array_take(struct frame *f, const struct array *a)
{
	static const char *const NAMES[] = { "ticker", "trades", "other" };
	const struct venue_channel *c = bitfinex_channel(f->memory,
	    a->id.value);
	const struct json_text *word = &a->word.text;

	frame_note_time(f, &a->time);
	if (c)
		frame_set(f, FRAME_UNKNOWN, NAMES[c->kind]);
	if (a->word.has)
		frame_set_channel(f, word);
	if (!frame_follows(f, &a->sequence))
		return ERR_OK;
	/* It may come before its channel is said to be subscribed. */
	if (a->word.has && json_text_is(word, "hb"))
		f->kind = FRAME_HEARTBEAT;
	else if (!c)
		f->kind = FRAME_UNKNOWN;
	else if (c->kind == BITFINEX_OTHER || (a->word.has &&
	    (json_text_is(word, "tu") || json_text_is(word, "cs"))))
		f->kind = FRAME_IGNORED;
	else if (!a->word.has || (json_text_is(word, "te") &&
	    c->kind == BITFINEX_TRADES))
		return payload_read(f, a, c);
	return ERR_OK;
}

VENUE_PARSER(bitfinex);
enum err
venue_bitfinex_parse(struct frame *f, const char *text, size_t len)
{
	struct array a = { 0 };
	struct json j;

	json_open(&j, text, len);
	if (json_kind(&j) != JSON_KIND_ARRAY)
		return bitfinex_event(f, text, len);
	frame_begin(f);
	array_read(&j, &a);
	return json_close(&j) != ERR_OK ? j.error : array_take(f, &a);
}
