/* Frames that exchanges sent, from the recordings below MARGIND_DATA: our
 * parsers, which check and keep every field that is used, against jansson,
 * which parses and keeps nothing. */
#include "tests/peers/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/json.h"
#include "base/must.h"
#include "feeds/frames.h"
#include "tests/bench/bench.h"

#define FRAMES_MAX 200u
#define FRAMES_MIN 20u
#define BYTES_MAX 2048u	/* of a frame: a ticker or a trade, no book */
#define LINES_MAX 5000u	/* of a file that are looked at */
#define ROUNDS 51u
#define GOAL 0.125

static const struct recording {
	const char *name, *file;
	const char *venue;	/* NULL: no parser of ours, JSON alone */
	const char *word;	/* frames that have it */
} RECORDINGS[] = {
	{ "coinbase, 2026", "coinbase/2026-08-09-advtrade-btc-eth."
	    "first60pct.jsonl.gz", "coinbase", "\"ticker\"" },
	{ "binance-us, 2021", "binance-us/2021-04-05-btcusd-bookticker."
	    "jsonl.gz", "binance", "bookTicker" },
	{ "bybit, 2026", "bybit/2026-08-09-v5-spot-linear.first60pct.jsonl.gz",
	    "bybit", "\"tickers." },
	{ "deribit, 2021, JSON alone", "deribit/2021-04-05-options.jsonl.gz",
	    NULL, "\"ticker." },
};

struct sample {
	const struct venue *venue;
	unsigned count;
	size_t len[FRAMES_MAX];
	char text[FRAMES_MAX][BYTES_MAX];
	struct tick ticks[FRAME_TICKS_MAX];
};

/* A frame of prices, where there is a parser that can tell. */
static bool
frame_is_wanted(struct sample *s, const struct frames_line *line,
    const char *word)
{
	static struct venue_memory memory;
	struct frame f = { .ticks = s->ticks, .memory = &memory };

	memory.has_sequence = false;
	if (line->kind != FRAMES_RECV || s->count == FRAMES_MAX ||
	    line->payload_len >= BYTES_MAX ||
	    strstr(line->payload, word) == NULL)
		return false;
	return s->venue == NULL || (s->venue->parse(&f, line->payload,
	    line->payload_len) == ERR_OK && f.tick_count > 0);
}

static void
sample_read(struct sample *s, const char *path, const char *word)
{
	struct frames_line line;
	struct frames *f;

	s->count = 0;
	if (frames_open(&f, path) != ERR_OK)
		return;
	for (unsigned i = 0; i < LINES_MAX && frames_next(f, &line) == ERR_OK;
	    i++) {
		if (!frame_is_wanted(s, &line, word))
			continue;
		memcpy(s->text[s->count], line.payload, line.payload_len);
		s->len[s->count++] = line.payload_len;
	}
	frames_close(f);
}

static void
run_ours(void *context)
{
	struct sample *s = context;

	for (unsigned i = 0; i < s->count; i++) {
		static struct venue_memory memory;
		struct frame f = { .ticks = s->ticks, .memory = &memory };
		struct json j;

		memory.has_sequence = false;	/* some are left out */
		if (s->venue != NULL) {
			MUST(s->venue->parse(&f, s->text[i], s->len[i]) ==
			    ERR_OK && f.kind == FRAME_TICKS);
			bench_keep(f.exchange_ms);
			continue;
		}
		json_open(&j, s->text[i], s->len[i]);
		json_skip(&j);
		MUST(json_close(&j) == ERR_OK);
	}
}

static void
run_jansson(void *context)
{
	const struct sample *s = context;

	for (unsigned i = 0; i < s->count; i++) {
		json_t *root = json_loadb(s->text[i], s->len[i], 0, NULL);

		MUST(root != NULL);
		json_decref(root);
	}
}

static void
recording_bench(const struct recording *r, const char *folder)
{
	static struct sample s;
	char path[512];

	MUST(snprintf(path, sizeof(path), "%s/ws-frames/%s", folder, r->file) <
	    (int)sizeof(path));
	s.venue = r->venue != NULL ? venue_find(r->venue) : NULL;
	sample_read(&s, path, r->word);
	if (s.count < FRAMES_MIN) {
		bench_missing(r->name, "not recorded");
		return;
	}
	bench_compare(r->name, &(struct bench_side){ run_ours, &s, s.count },
	    &(struct bench_side){ run_jansson, &s, s.count }, ROUNDS, GOAL);
}

void
peers_recorded(void)
{
	const char *folder = getenv("MARGIND_DATA");

	if (folder == NULL) {
		bench_missing("frames", "no recorded data: MARGIND_DATA");
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(RECORDINGS); i++)
		recording_bench(&RECORDINGS[i], folder);
}
