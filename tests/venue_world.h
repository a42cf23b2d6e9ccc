/* tests/venue_world.h - what the tests of each venue's parser share: frames
 * that are read, frames that are refused, every truncation, what is no price,
 * the subscribe messages. */
#ifndef TESTS_VENUE_WORLD_H
#define TESTS_VENUE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "feeds/tick_text.h"
#include "feeds/venue.h"

struct world_good {
	const char *text;
	enum frame_kind kind;
	const char *channel;
	uint64_t ms;		/* the frame's time, 0: none */
	const char *ticks[4];	/* market|bid|ask|last|exchange_ms */
};
struct world_bad {
	const char *text;
	enum err want;
};
struct world_priced {
	const char *text;	/* a frame with %s for one price */
	bool is_string, is_number;	/* the forms that are read */
	bool empty_is_none;		/* an empty side */
};

static struct tick world_ticks[FRAME_TICKS_MAX];
static struct venue_memory world_memory;

static inline enum err
world_parse(struct frame *f, const char *venue, const char *text, size_t len)
{
	const struct venue *v = venue_find(venue);
	/* A copy of exactly that size, so that reading past it is seen. */
	char *copy = malloc(len > 0 ? len : 1);
	enum err e;

	assert_non_null(v);
	assert_non_null(copy);
	memcpy(copy, text, len);
	*f = (struct frame){ .ticks = world_ticks, .memory = &world_memory };
	e = v->parse(f, copy, len);
	free(copy);
	return e;
}

static inline void
world_tick_assert(const char *venue, const struct tick *t, const char *want)
{
	char text[TICK_TEXT_BUF], expect[TICK_TEXT_BUF], field[5][48];
	const char *at = want;

	for (size_t i = 0; i < 5; i++) {
		size_t len = strcspn(at, "|");

		memcpy(field[i], at, len);
		field[i][len] = '\0';
		at += len + (at[len] == '|');
	}
	snprintf(expect, sizeof(expect), "{\"tick\":{\"venue\":\"%s\","
	    "\"market\":\"%s\",\"bid\":%s,\"ask\":%s,\"last\":%s,"
	    "\"exchange_ms\":%s,\"recv_ms\":18446744073709551615}}", venue,
	    field[0], field[1], field[2], field[3], field[4]);
	tick_to_json(text, sizeof(text), venue, t, UINT64_MAX);
	assert_string_equal(text, expect);
}

/* Each frame is read as it says, and none of its beginnings is. */
static inline void
world_reads(const char *venue, const struct world_good *good, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct world_good *g = &good[i];
		size_t n = 0, len = strlen(g->text);
		struct frame f;
		enum err e;

		memset(&world_memory, 0, sizeof(world_memory));
		while (n < 4 && g->ticks[n] != NULL)
			n++;
		e = world_parse(&f, venue, g->text, len);
		if (e != ERR_OK || f.kind != g->kind || f.tick_count != n ||
		    f.exchange_ms != g->ms)
			print_message("%s: %s\n", err_name(e), g->text);
		assert_int_equal(e, ERR_OK);
		assert_int_equal(f.kind, g->kind);
		assert_string_equal(f.channel, g->channel);
		assert_int_equal(f.has_time, g->ms != 0);
		assert_int_equal(f.exchange_ms, g->ms);
		assert_int_equal(f.tick_count, n);
		for (size_t k = 0; k < n; k++)
			world_tick_assert(venue, &f.ticks[k], g->ticks[k]);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_not_equal(world_parse(&f, venue, g->text,
			    cut), ERR_OK);
	}
}

static inline void
world_refuses(const char *venue, const struct world_bad *bad, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct frame f;
		enum err e = world_parse(&f, venue, bad[i].text,
		    strlen(bad[i].text));

		if (e != bad[i].want)
			print_message("%s\n", bad[i].text);
		assert_string_equal(err_name(e), err_name(bad[i].want));
	}
}

static inline enum err
world_parse_priced(const char *venue, const char *frame, const char *price,
    bool quoted)
{
	const char *place = strstr(frame, "%s");
	char text[1024];
	struct frame f;

	snprintf(text, sizeof(text), quoted ? "%.*s\"%s\"%s" : "%.*s%s%s",
	    (int)(place - frame), frame, price, place + 2);
	return world_parse(&f, venue, text, strlen(text));
}

/* What is no price is none, in quotes and without; null is left to the venue
 * (some write it for a side that is empty). */
static inline void
world_prices(const char *venue, const struct world_priced *priced,
    size_t count)
{
	static const char *const bad[] = {
		"0", "0.000", "-0", "-1", "-0.1", "NaN", "nan", "Infinity",
		"-Infinity", "inf", "1e309", "1e999", "1e-400", "0x10", "01",
		"00.5", "1,5", "1.", ".5", "+1", "1_000", "true", "", " 1",
		"1 ", "1e", "1e+", "--1", "1.2.3", "\\u0031",
		"1234567890123456789012345678901234567890",
		"0.1234567890123456789", "340282366920938463464", "1e21",
		"1e-19", "[]", "{}", "[1]",
	};

	for (size_t i = 0; i < count; i++)
		for (int quoted = 0; quoted < 2; quoted++) {
			const char *text = priced[i].text;
			bool is_read = quoted ? priced[i].is_string :
			    priced[i].is_number;

			assert_int_equal(world_parse_priced(venue, text,
			    "12.50", quoted), is_read ? ERR_OK : ERR_SYNTAX);
			for (size_t k = 0; k < ARRAY_COUNT(bad); k++) {
				enum err e;

				/* Outside quotes a blank is JSON's own. */
				if (!quoted && strchr(bad[k], ' ') != NULL)
					continue;
				e = world_parse_priced(venue, text, bad[k],
				    quoted);
				if (quoted && bad[k][0] == '\0' &&
				    priced[i].empty_is_none) {
					assert_int_equal(e, ERR_OK);
					continue;
				}
				if (e != ERR_SYNTAX && e != ERR_RANGE)
					print_message("%s: %s: %s\n", text,
					    bad[k], err_name(e));
				assert_true(e == ERR_SYNTAX ||
				    e == ERR_RANGE);
			}
			if (!is_read)
				continue;
			/* The largest and the smallest that fit. */
			assert_int_equal(world_parse_priced(venue, text,
			    "340282366920938463463", quoted), ERR_OK);
			assert_int_equal(world_parse_priced(venue, text,
			    "0.000000000000000001", quoted), ERR_OK);
		}
}

/* The messages for two symbols, each into exactly enough room and into one
 * byte less; then none. */
static inline void
world_subscribes(const char *venue, const char *const symbols[2],
    const char *const *want, size_t count)
{
	const struct venue *v = venue_find(venue);
	char out[VENUE_SUBSCRIBE_MAX];
	size_t len = 7;

	for (size_t n = 0; n < count; n++) {
		assert_int_equal(v->subscribe(out, sizeof(out), &len,
		    (unsigned)n, symbols, 2), ERR_OK);
		assert_string_equal(out, want[n]);
		assert_int_equal(len, strlen(want[n]));
		assert_int_equal(v->subscribe(out, len + 1, &len, (unsigned)n,
		    symbols, 2), ERR_OK);
		assert_int_equal(v->subscribe(out, len, &len, (unsigned)n,
		    symbols, 2), ERR_LIMIT);
	}
	assert_int_equal(v->subscribe(out, sizeof(out), &len, (unsigned)count,
	    symbols, 2), ERR_OK);
	assert_int_equal(len, 0);
}

/* As many entries as a frame may have, and one more: head, entry with its
 * comma, tail. */
static inline void
world_entries(const char *venue, const char *head, const char *entry,
    const char *tail)
{
	static char text[FRAME_BYTES_MAX];
	struct frame f;

	for (size_t extra = 0; extra < 2; extra++) {
		size_t len = strlen(head), each = strlen(entry);

		memcpy(text, head, len);
		for (size_t i = 0; i < FRAME_TICKS_MAX + extra; i++) {
			MUST(len + each + strlen(tail) < sizeof(text));
			memcpy(text + len, entry, each);
			len += each;
		}
		memcpy(text + len - 1, tail, strlen(tail));
		assert_int_equal(world_parse(&f, venue, text, len - 1 +
		    strlen(tail)), extra == 0 ? ERR_OK : ERR_LIMIT);
	}
}

#endif
