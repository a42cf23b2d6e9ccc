/* tests/venue_session.h - tables of frames for venues that must remember what
 * was heard before: what a frame then says, what must be refused and as what,
 * prices that are none, the subscribe texts.  Include after <cmocka.h>. */
#ifndef TESTS_VENUE_SESSION_H
#define TESTS_VENUE_SESSION_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/depth.h"
#include "feeds/venue.h"

#define FRAMES_BEFORE_MAX 3u
#define FRAMES_TICKS_MAX 6u

/* Each row has a connection of its own: `before` was heard on it, and text
 * comes then. */
struct frames_good {
	const char *before[FRAMES_BEFORE_MAX];
	const char *text;
	enum frame_kind kind;
	const char *channel;
	uint64_t ms;		/* the frame's time, 0: none */
	/* symbol|bid|ask|last|size|exchange_ms|sequence, "-" what is absent */
	const char *ticks[FRAMES_TICKS_MAX];
};
struct frames_bad {
	const char *before[FRAMES_BEFORE_MAX];
	const char *text;
	enum err want;
};
/* A frame with a %s where a price stands; its type. */
struct frames_priced {
	const char *before[FRAMES_BEFORE_MAX];
	const char *text;
	bool is_number;
	bool null_is_none;	/* an empty side; or the empty string is */
	bool empty_is_none;
};

static struct tick frames_ticks[FRAME_TICKS_MAX];
static struct depth frames_depth[VENUE_SYMBOLS_MAX];
static struct venue_memory frames_memory;

/* A retired protocol is read, too. */
static const struct venue *
frames_venue(const char *name)
{
	const struct venue *v = venue_find(name);

	return v != NULL ? v : venue_retired_find(name, strlen(name));
}

static enum err
frames_parse(struct frame *f, const struct venue *v, const char *text,
    size_t len)
{
	/* A copy of exactly that size, so that reading past it is seen. */
	char *copy = malloc(len > 0 ? len : 1);
	enum err e;

	assert_non_null(copy);
	memcpy(copy, text, len);
	*f = (struct frame){ .ticks = frames_ticks, .memory = &frames_memory };
	e = v->parse(f, copy, len);
	free(copy);
	return e;
}

static void
frames_begin(const struct venue *v, const char *const *before)
{
	struct frame f;

	assert_non_null(v);
	frames_memory.depth = v->has_depth ? frames_depth : NULL;
	venue_memory_begin(&frames_memory);
	for (size_t i = 0; i < FRAMES_BEFORE_MAX && before[i] != NULL; i++)
		assert_int_equal(frames_parse(&f, v, before[i],
		    strlen(before[i])), ERR_OK);
}

static void
frames_decimal(char out[DECIMAL_BUF], bool has, struct dec18 d)
{
	if (has)
		decimal_from_dec18(out, d);
	else
		memcpy(out, "-", 2);
}

static void
frames_number(char out[DECIMAL_BUF], bool has, uint64_t n)
{
	snprintf(out, DECIMAL_BUF, has ? "%llu" : "-", (unsigned long long)n);
}

static void
frames_tick_assert(const struct tick *t, const char *want)
{
	char bid[DECIMAL_BUF], ask[DECIMAL_BUF], last[DECIMAL_BUF];
	char size[DECIMAL_BUF], ms[DECIMAL_BUF], sequence[DECIMAL_BUF];
	char text[8 * DECIMAL_BUF];

	frames_decimal(bid, t->has_bid, t->bid);
	frames_decimal(ask, t->has_ask, t->ask);
	frames_decimal(last, t->has_last, t->last);
	frames_decimal(size, t->has_size, t->size);
	frames_number(ms, t->has_time, t->exchange_ms);
	frames_number(sequence, t->has_sequence, t->sequence);
	snprintf(text, sizeof(text), "%s|%s|%s|%s|%s|%s|%s", t->symbol, bid,
	    ask, last, size, ms, sequence);
	assert_string_equal(text, want);
}

static void
frames_good_check(const char *venue, const struct frames_good *rows,
    size_t count)
{
	const struct venue *v = frames_venue(venue);

	for (size_t i = 0; i < count; i++) {
		const struct frames_good *g = &rows[i];
		struct frame f;
		size_t n = 0;
		enum err e;

		while (n < FRAMES_TICKS_MAX && g->ticks[n] != NULL)
			n++;
		frames_begin(v, g->before);
		e = frames_parse(&f, v, g->text, strlen(g->text));
		if (e != ERR_OK || f.kind != g->kind || f.tick_count != n)
			print_message("%s\n", g->text);
		assert_string_equal(err_name(e), err_name(ERR_OK));
		assert_int_equal(f.kind, g->kind);
		assert_string_equal(f.channel, g->channel);
		assert_int_equal(f.exchange_ms, g->ms);
		assert_int_equal(f.has_time, g->ms != 0);
		assert_int_equal(f.tick_count, n);
		for (size_t k = 0; k < n; k++)
			frames_tick_assert(&f.ticks[k], g->ticks[k]);
		frames_begin(v, g->before);
		for (size_t len = 0; len < strlen(g->text); len++)
			assert_int_not_equal(frames_parse(&f, v, g->text, len),
			    ERR_OK);
	}
}

static void
frames_bad_check(const char *venue, const struct frames_bad *rows,
    size_t count)
{
	const struct venue *v = frames_venue(venue);

	for (size_t i = 0; i < count; i++) {
		struct frame f;
		enum err e;

		frames_begin(v, rows[i].before);
		e = frames_parse(&f, v, rows[i].text, strlen(rows[i].text));
		if (e != rows[i].want)
			print_message("%s\n", rows[i].text);
		assert_string_equal(err_name(e), err_name(rows[i].want));
	}
}

static enum err
frames_priced_parse(const struct venue *v, const struct frames_priced *row,
    const char *price, bool is_quoted)
{
	const char *place = strstr(row->text, "%s");
	char text[1024];
	struct frame f;

	assert_non_null(place);
	snprintf(text, sizeof(text), "%.*s%s%s%s%s", (int)(place - row->text),
	    row->text, is_quoted ? "\"" : "", price, is_quoted ? "\"" : "",
	    place + 2);
	frames_begin(v, row->before);
	return frames_parse(&f, v, text, strlen(text));
}

static void
frames_priced_check(const char *venue, const struct frames_priced *rows,
    size_t count)
{
	static const char *const bad[] = {
		"0", "0.000", "-0", "-1", "-0.1", "NaN", "nan", "Infinity",
		"-Infinity", "inf", "1e309", "1e999", "1e-400", "0x10", "01",
		"1,5", "1.", ".5", "+1", "1_000", "null", "true", "", "1e",
		"1e+", "--1", "1.2.3", "\\u0031",
		"1234567890123456789012345678901234567890",
		"0.1234567890123456789", "340282366920938463464", "1e21",
		"1e-19", "[]", "{}", "[1]",
	};
	const struct venue *v = frames_venue(venue);

	for (size_t i = 0; i < count; i++) {
		bool is_quoted = !rows[i].is_number;

		assert_int_equal(frames_priced_parse(v, &rows[i], "12.50",
		    is_quoted), ERR_OK);
		/* The other JSON type, though the same number. */
		assert_int_equal(frames_priced_parse(v, &rows[i], "12.50",
		    !is_quoted), ERR_SYNTAX);
		for (size_t k = 0; k < 2 * ARRAY_COUNT(bad); k++) {
			enum err e;

			/* In an array these are two items. */
			if (k % 2 == 0 && strchr(bad[k / 2], ',') != NULL)
				continue;
			if (rows[i].null_is_none && k % 2 == 0 &&
			    strcmp(bad[k / 2], "null") == 0)
				continue;
			e = frames_priced_parse(v, &rows[i], bad[k / 2],
			    k % 2 != 0);
			if (rows[i].empty_is_none && k % 2 != 0 &&
			    bad[k / 2][0] == '\0') {
				assert_int_equal(e, ERR_OK);
				continue;
			}
			if (e != ERR_SYNTAX && e != ERR_RANGE)
				print_message("%s: %s: %s\n", rows[i].text,
				    bad[k / 2], err_name(e));
			assert_true(e == ERR_SYNTAX || e == ERR_RANGE);
		}
		assert_int_equal(frames_priced_parse(v, &rows[i], "0",
		    is_quoted), ERR_RANGE);
		/* The largest and the smallest that fit. */
		assert_int_equal(frames_priced_parse(v, &rows[i],
		    "340282366920938463463", is_quoted), ERR_OK);
		assert_int_equal(frames_priced_parse(v, &rows[i],
		    "0.000000000000000001", is_quoted), ERR_OK);
	}
}

/* want ends with a NULL. */
static inline void
frames_subscribe_check(const char *venue, const char *const *symbols,
    size_t count, const char *const *want)
{
	const struct venue *v = frames_venue(venue);
	char out[VENUE_SUBSCRIBE_MAX];
	unsigned n = 0;
	size_t len = 7;

	for (; want[n] != NULL; n++) {
		assert_int_equal(v->subscribe(out, sizeof(out), &len, n,
		    symbols, count), ERR_OK);
		assert_string_equal(out, want[n]);
		assert_int_equal(len, strlen(want[n]));
		/* Exactly enough room, and one byte less. */
		assert_int_equal(v->subscribe(out, len + 1, &len, n, symbols,
		    count), ERR_OK);
		assert_int_equal(v->subscribe(out, len, &len, n, symbols,
		    count), ERR_LIMIT);
	}
	assert_int_equal(v->subscribe(out, sizeof(out), &len, n, symbols,
	    count), ERR_OK);
	assert_int_equal(len, 0);
}

#endif
