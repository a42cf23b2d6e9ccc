/* Bitfinex's arrays: [channel, payload or word (, payload), sequence, time].
 * Sources: see venue_bitfinex.c. */
#include "feeds/venue_bitfinex.h"

#include <string.h>

#define TIME_MS_MIN UINT64_C(1000000000000)	/* of 2001 */

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
number_read(struct json *j, struct bitfinex_array *a)
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

const struct entry *
bitfinex_entry(const struct bitfinex_array *a)
{
	if (a->channel == NULL || a->channel->kind == BITFINEX_OTHER)
		return NULL;
	if (!a->word.has)
		return a->channel->kind == BITFINEX_TICKER ? &TICKER : &TRADES;
	return a->channel->kind == BITFINEX_TRADES &&
	    json_text_is(&a->word.text, "te") ? &TRADE : NULL;
}

static void
payload_read(struct frame *f, struct json *j, struct bitfinex_array *a)
{
	const struct entry *e = a->skips ? NULL : bitfinex_entry(a);
	struct json_text symbol = { .len = 0 };

	a->has_payload = true;
	if (e == NULL) {
		json_skip(j);
		return;
	}
	symbol.at = a->channel->symbol;
	symbol.len = strlen(symbol.at);
	entries_read(f, j, e, &symbol);
}

void
bitfinex_array_read(struct frame *f, struct json *j,
    struct bitfinex_array *a)
{
	json_enter_array(j);
	if (json_next_item(j) && field_read_u64(j, &a->id))
		a->channel = bitfinex_channel(f->memory, a->id.value);
	while (json_next_item(j)) {
		enum json_kind kind = json_kind(j);

		if (kind == JSON_KIND_STRING && !a->word.has &&
		    !a->has_payload)
			field_read_string(j, &a->word);
		else if (kind == JSON_KIND_ARRAY && !a->has_payload)
			payload_read(f, j, a);
		else if (kind == JSON_KIND_NUMBER && (a->has_payload ||
		    json_text_is(&a->word.text, "hb")))
			number_read(j, a);
		else
			json_skip(j);	/* a checksum; a later field */
	}
	if (!a->has_payload && (!a->word.has || bitfinex_entry(a) != NULL))
		json_fail(j, ERR_MISSING);
}
