/* Kraken's first websocket protocol, wss://ws.kraken.com (without /v2).
 * Source: docs.kraken.com, Spot WebSocket v1: ticker, spread, trade, heartbeat,
 * systemStatus, subscriptionStatus; recorded frames of 2021-04-06.  A message
 * of a channel is [number, payload, (payload,) "channel", "pair"]; prices are
 * strings, times strings of Unix seconds with a fraction.  A ticker has no
 * time and comes with trades alone; a spread has one and is the top of the
 * book, so the spread is what is asked for.  Public messages are not numbered. */
#include "feeds/venue_row.h"

#include <string.h>

#include "feeds/venue_kraken_v1.h"
#include "feeds/venue_message.h"

/* The first of ["price", ...]. */
static void
first_read(struct json *j, bool is_bid, bool *has, struct dec18 *price)
{
	(void)is_bid;
	json_enter_array(j);
	if (json_next_item(j))
		field_read_price(j, FIELD_STRING, 0, has, price);
	else
		json_fail(j, ERR_MISSING);
	while (json_next_item(j))
		json_skip(j);
}

static const struct part_row TICKER_ROWS[] = {
	PART_SIDE("a", PART_ASK, first_read),
	PART_SIDE("b", PART_BID, first_read),
	PART_SIDE("c", PART_LAST, first_read),
};
static const struct part_row SPREAD_ROWS[] = {
	PART_ITEM(PART_BID, FIELD_STRING, 0),
	PART_ITEM(PART_ASK, FIELD_STRING, 0),
	PART_ITEM(PART_TIME, FIELD_SECONDS_POINT, 0),
};
static const struct part_row TRADE_ROWS[] = {
	PART_ITEM(PART_LAST, FIELD_STRING, 0),
	PART_ITEM(PART_SIZE, FIELD_STRING, 0),
	PART_ITEM(PART_TIME, FIELD_SECONDS_POINT, 0),
};
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS) };
static const struct entry SPREAD = { ENTRY_ROWS(SPREAD_ROWS),
	.is_array = true, .needed = PART_BIT(PART_TIME) };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.is_array = true, .needed = PART_BIT(PART_TIME) };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "spread", &SPREAD },
	{ FRAME_TICKS, "trade", &TRADE },
	{ FRAME_TICKS, "ticker", &TICKER },
	{ FRAME_IGNORED, "book-* ohlc-*", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
/* The channel's name stands behind the payload, but what begins like a spread,
 * like trades or like a ticker is hardly ever anything else. */
static const struct entry *
payload_guess(const struct json *j)
{
	static const struct {
		const char *begins;
		const struct entry *entry;
	} FORMS[] = {
		{ "[\"", &SPREAD }, { "[[", &TRADE },
		{ "{\"a\":[\"", &TICKER },
	};

	for (size_t i = 0; i < ARRAY_COUNT(FORMS); i++) {
		size_t len = strlen(FORMS[i].begins);

		if ((size_t)(j->end - j->at) >= len &&
		    memcmp(j->at, FORMS[i].begins, len) == 0)
			return FORMS[i].entry;
	}
	return NULL;
}

/* A book's second half is not read.  The ticks have no symbol yet. */
static const struct entry *
array_read(struct frame *f, struct json *j, struct message *m, bool guesses)
{
	static const struct json_text LATER = { "-", 1, false };
	const struct entry *guess = NULL;

	json_enter_array(j);
	if (json_next_item(j))
		field_read_u64(j, &m->number);
	while (json_next_item(j)) {
		if (json_kind(j) == JSON_KIND_STRING) {
			field_read_string(j, m->channel.has ? &m->symbol :
			    &m->channel);
			continue;
		}
		if (!m->payload.has)
			guess = guesses ? payload_guess(j) : NULL;
		if (m->payload.has)
			json_skip(j);
		else if (guess == NULL)
			field_read_raw(j, &m->payload);
		else
			entries_read(f, j, guess, &LATER);
		m->payload.has = true;
	}
	if (!m->payload.has || !m->symbol.has)
		json_fail(j, ERR_MISSING);
	return guess;
}

static enum err
array_take(struct frame *f, struct json *j, bool guesses)
{
	char symbol[VENUE_SYMBOL_MAX];
	struct message m = { 0 };
	const struct json whole = *j;
	const struct entry *guess;

	frame_begin(f);
	guess = array_read(f, j, &m, guesses);
	m.word = m.channel.text;
	m.found = words_find(&CHANNELS, &m.word);
	if (guess != NULL && (json_close(j) != ERR_OK ||
	    message_entry(&m) != guess)) {
		*j = whole;
		return array_take(f, j, false);
	}
	if (json_close(j) != ERR_OK ||
	    !field_take_symbol(j, &m.symbol.text, symbol))
		return j->error;
	if (guess == NULL && message_entry(&m) != NULL) {
		json_open(j, m.payload.text.at, m.payload.text.len);
		entries_read(f, j, m.found->entry, &m.symbol.text);
	}
	for (size_t i = 0; guess != NULL && i < f->tick_count; i++)
		memcpy(f->ticks[i].symbol, symbol, strlen(symbol) + 1);
	return json_close(j) != ERR_OK ? j->error : message_is_channel(f, &m);
}

VENUE_PARSER(kraken_v1);
enum err
venue_kraken_v1_parse(struct frame *f, const char *text, size_t len)
{
	struct json j;

	json_open(&j, text, len);
	return json_kind(&j) == JSON_KIND_ARRAY ?
	    array_take(f, &j, true) : kraken_v1_event(f, text, len);
}
