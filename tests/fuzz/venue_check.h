/* tests/fuzz/venue_check.h - what must hold of every frame a venue's parser
 * accepts, whatever its bytes; shared by the venues' fuzz targets. */
#ifndef TESTS_FUZZ_VENUE_CHECK_H
#define TESTS_FUZZ_VENUE_CHECK_H

#include <string.h>

#include "base/json.h"
#include "base/must.h"
#include "feeds/depth.h"
#include "feeds/tick_text.h"
#include "feeds/venue.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A printed price reads back as the same number with the same digits. */
static void
price_check(struct json *j, bool has, struct dec18 price)
{
	struct json_text text;
	struct dec18 again;

	if (!has) {
		MUST(json_kind(j) == JSON_KIND_NULL);
		json_skip(j);
		return;
	}
	MUST(json_read_string(j, &text));
	MUST(decimal_to_dec18(&again, text.at, text.len) == ERR_OK);
	MUST(again.value == price.value && again.digits == price.digits);
	MUST(price.value > 0);
}

static void
contract_check(const struct tick *t)
{
	const struct tick_contract *c = &t->contract;
	char text[DECIMAL_BUF];

	MUST(!t->is_contract || (!t->has_bid && !t->has_ask &&
	    !t->has_last));
	MUST(!c->has_mark || c->mark.value > 0);
	MUST(!c->has_index || c->index.value > 0);
	MUST(!c->has_vol || c->vol.value > 0);
	MUST(!c->has_forward || c->forward.value > 0);
	MUST(!c->has_option || (c->strike.value > 0 && c->expiry_ms > 0));
	for (size_t i = 0; i < GREEK_COUNT; i++)
		if (c->has_greek[i])
			decimal_from_i128(text, c->greek[i], 18);
	/* Each can be printed with the digits that it says it has. */
	if (c->has_mark)
		decimal_from_dec18(text, c->mark);
	if (c->has_index)
		decimal_from_dec18(text, c->index);
	if (c->has_interest)
		decimal_from_dec18(text, c->interest);
	if (c->has_vol)
		decimal_from_dec18(text, c->vol);
	if (c->has_forward)
		decimal_from_dec18(text, c->forward);
	if (c->has_option)
		decimal_from_dec18(text, c->strike);
}

static void
tick_check(const char *venue, const struct tick *t)
{
	char text[TICK_TEXT_BUF];
	size_t len = tick_to_json(text, sizeof(text), venue, t, UINT64_MAX);
	struct json_text key, symbol;
	struct json j;

	MUST(t->symbol[0] != '\0');
	MUST(memchr(t->symbol, '\0', sizeof(t->symbol)) != NULL);
	contract_check(t);
	MUST(!t->has_time || t->exchange_ms <= UINT64_C(9223372036854));
	json_open(&j, text, len);
	json_enter_object(&j);
	MUST(json_next_key(&j, &key) && json_enter_object(&j));
	while (json_next_key(&j, &key)) {
		if (json_text_is(&key, "market")) {
			json_read_string(&j, &symbol);
			MUST(json_text_is(&symbol, t->symbol));
		} else if (json_text_is(&key, "bid")) {
			price_check(&j, t->has_bid, t->bid);
		} else if (json_text_is(&key, "ask")) {
			price_check(&j, t->has_ask, t->ask);
		} else if (json_text_is(&key, "last")) {
			price_check(&j, t->has_last, t->last);
		} else {
			json_skip(&j);
		}
	}
	MUST(!json_next_key(&j, &key));
	MUST(json_close(&j) == ERR_OK);
}

/* One message on a connection that remembers those before it. */
static void
message_check(const struct venue *v, struct venue_memory *memory,
    struct conn_time *time, const char *text, size_t len)
{
	static struct tick ticks[FRAME_TICKS_MAX];
	struct frame f = { .ticks = ticks, .memory = memory };

	if (v->parse(&f, text, len) != ERR_OK)
		return;
	MUST(f.tick_count <= FRAME_TICKS_MAX);
	MUST(f.tick_count == 0 || f.kind == FRAME_TICKS ||
	    f.kind == FRAME_HEARTBEAT);
	MUST(memory->channel_count <= VENUE_CHANNELS_MAX);
	MUST(memchr(f.channel, '\0', sizeof(f.channel)) != NULL);
	for (const char *c = f.channel; *c != '\0'; c++)
		MUST(*c > ' ' && *c < 0x7f && *c != '"' && *c != '\\');
	for (size_t i = 0; i < f.tick_count; i++)
		MUST(!ticks[i].has_time || (f.has_time &&
		    ticks[i].exchange_ms <= f.exchange_ms));
	conn_time_stamp(time, &f);
	for (size_t i = 0; i < f.tick_count; i++) {
		MUST(ticks[i].has_time || !f.has_time);
		MUST(ticks[i].is_contract || f.kind == FRAME_TICKS);
		tick_check(v->name, &ticks[i]);
	}
}

/* Each line is a message of one connection, the input as a whole its first:
 * a venue may write on several lines. */
static int
venue_check(const char *venue, const uint8_t *bytes, size_t len)
{
	static struct depth books[VENUE_SYMBOLS_MAX];
	static struct venue_memory memory;
	const struct venue *found = venue_find(venue);
	const struct venue *v = found != NULL ? found :
	    venue_retired_find(venue, strlen(venue));
	const char *at = (const char *)bytes, *end = at + len;
	struct conn_time time = { 0 };

	memory.depth = v->has_depth ? books : NULL;
	venue_memory_begin(&memory);
	message_check(v, &memory, &time, at, len);
	venue_memory_begin(&memory);
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (!stop)
			stop = end;
		message_check(v, &memory, &time, at, (size_t)(stop - at));
		at = stop < end ? stop + 1 : end;
	}
	return 0;
}

#endif
