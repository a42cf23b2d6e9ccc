/* tests/bench/feeds/bench_tickers.c - each venue's ticker, from its text to a
 * tick with everything that the parser takes, against jansson taking the same
 * parts out of the tree that it has built, with strtod for those that are text.
 */
#include "tests/bench/feeds/suites.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/must.h"
#include "tests/venue_tickers.h"

#define FRAMES 100u
#define ROUNDS 101u
#define STEPS_MAX 6u
#define GOAL 0.125	/* at least eight times as fast */

/* A place in a JSON value: keys, or where there is none, places in arrays. */
struct path {
	char key[STEPS_MAX][24];
	size_t index[STEPS_MAX];
	bool is_index[STEPS_MAX];
	size_t count;
};

struct ticker {
	const struct venue *venue;
	struct venue_memory *memory;
	char text[TICKER_TEXT_MAX];
	size_t len;
	struct path path[TICKER_PATHS_MAX];
	size_t path_count;
};

static struct tick ticks[FRAME_TICKS_MAX];
static struct depth books[VENUE_SYMBOLS_MAX];
static struct venue_memory memory;
static struct ticker ticker;

static void
parse_run(void *context)
{
	const struct ticker *t = context;

	for (unsigned i = 0; i < FRAMES; i++) {
		struct frame f = { .ticks = ticks, .memory = &memory };

		memory.has_sequence = false;	/* the same again */
		MUST(t->venue->parse(&f, t->text, t->len) == ERR_OK &&
		    f.kind == FRAME_TICKS && f.tick_count == 1);
		bench_keep((uint64_t)ticks[0].bid.value);
	}
}

static json_t *
path_get(json_t *value, const struct path *p)
{
	for (size_t i = 0; i < p->count; i++)
		value = p->is_index[i] ? json_array_get(value, p->index[i]) :
		    json_object_get(value, p->key[i]);
	return value;
}

static double
value_of(const json_t *value)
{
	const char *text;

	MUST(value != NULL);
	if (json_is_number(value))
		return json_number_value(value);
	text = json_string_value(value);
	return text[0] >= '0' && text[0] <= '9' ? strtod(text, NULL) :
	    (double)json_string_length(value);
}

static void
jansson_run(void *context)
{
	const struct ticker *t = context;

	for (unsigned i = 0; i < FRAMES; i++) {
		json_t *root = json_loadb(t->text, t->len, 0, NULL);
		double sum = 0;

		MUST(root != NULL);
		for (size_t k = 0; k < t->path_count; k++)
			sum += value_of(path_get(root, &t->path[k]));
		bench_keep((uint64_t)sum);
		json_decref(root);
	}
}

static struct path
path_of(const char *text)
{
	struct path p = { .count = 0 };

	while (*text != '\0') {
		size_t len = strcspn(text, "."), i = p.count++;

		MUST(i < STEPS_MAX && len < sizeof(p.key[i]));
		memcpy(p.key[i], text, len);
		p.is_index[i] = *text >= '0' && *text <= '9';
		p.index[i] = strtoul(p.key[i], NULL, 10);
		text += len + (text[len] == '.');
	}
	return p;
}

static void
ticker_open(const struct venue_ticker *from)
{
	struct frame f = { .ticks = ticks, .memory = &memory };

	memset(&ticker, 0, sizeof(ticker));
	ticker.venue = venue_find(from->venue);
	ticker.len = venue_ticker_text(ticker.text, from, "65083.66",
	    !from->is_number);
	while (from->paths[ticker.path_count] != NULL) {
		ticker.path[ticker.path_count] =
		    path_of(from->paths[ticker.path_count]);
		ticker.path_count++;
	}
	memory.depth = books;
	venue_memory_begin(&memory);
	if (from->before != NULL)
		MUST(ticker.venue->parse(&f, from->before,
		    strlen(from->before)) == ERR_OK);
}

void
bench_feeds_tickers(void)
{
	const struct bench_side ours = { parse_run, &ticker, FRAMES };
	const struct bench_side reference = { jansson_run, &ticker, FRAMES };

	for (size_t i = 0; i < ARRAY_COUNT(VENUE_TICKERS); i++) {
		ticker_open(&VENUE_TICKERS[i]);
		bench_compare(VENUE_TICKERS[i].venue, &ours, &reference,
		    ROUNDS, GOAL);
	}
}
