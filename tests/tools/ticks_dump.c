/* ticks_dump FILE...: every tick of recorded frames as one line of JSON, then
 * one {"summary":...} line a file, which names the ignored channels of each
 * venue.  What tests/check_ticks.py compares with its own reading. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/types.h"
#include "feeds/depth.h"
#include "feeds/frames.h"
#include "feeds/tick_text.h"

#define CONNECTIONS_MAX 64u
#define NAMES_MAX 256u

struct connection {
	char name[64];
	struct conn_time time;
	struct venue_memory memory;
};

static struct tick ticks[FRAME_TICKS_MAX];
static struct connection connections[CONNECTIONS_MAX];
static size_t connection_count;

/* The frames of a file that are no ticks, by venue and channel. */
struct name {
	const char *venue;
	char channel[VENUE_CHANNEL_MAX];
	uint64_t times;
};
static struct name ignored[NAMES_MAX];
static size_t ignored_count;

static void
ignored_add(const char *venue, const char *channel)
{
	struct name *n = ignored;

	while (n < ignored + ignored_count && (n->venue != venue ||
	    strcmp(n->channel, channel) != 0))
		n++;
	MUST(n < ignored + NAMES_MAX);
	if (n == ignored + ignored_count) {
		ignored_count++;
		n->venue = venue;
		memcpy(n->channel, channel, sizeof(n->channel));
		n->times = 0;
	}
	n->times++;
}

static struct connection *
connection_of(const char *name)
{
	for (size_t i = 0; i < connection_count; i++)
		if (strcmp(connections[i].name, name) == 0)
			return &connections[i];
	if (connection_count == CONNECTIONS_MAX)
		return NULL;
	memcpy(connections[connection_count].name, name,
	    sizeof(connections[0].name));
	return &connections[connection_count++];
}

static enum err
frame_dump(const struct frames_line *line, uint64_t *unknown)
{
	const struct venue *v = venue_at_address(line->address);
	struct connection *c = connection_of(line->connection);
	struct frame f = { .ticks = ticks };
	enum err e;

	if (v == NULL || c == NULL)
		return ERR_UNKNOWN;
	if (v->has_depth && c->memory.depth == NULL)
		c->memory.depth = calloc(VENUE_SYMBOLS_MAX,
		    sizeof(struct depth));
	f.memory = &c->memory;
	e = v->parse(&f, line->payload, line->payload_len);
	if (e != ERR_OK)
		return e;
	*unknown += f.kind == FRAME_UNKNOWN;
	if (f.kind == FRAME_IGNORED)
		ignored_add(v->name, f.channel);
	conn_time_stamp(&c->time, &f);
	for (size_t i = 0; i < f.tick_count; i++) {
		char text[TICK_TEXT_BUF];

		if (f.ticks[i].is_contract && !tick_has_greeks(&f.ticks[i]))
			continue;
		tick_to_json(text, sizeof(text), v->name, &f.ticks[i],
		    line->recv_ms);
		puts(text);
	}
	return ERR_OK;
}

static int
file_dump(const char *path)
{
	uint64_t unknown = 0, count = 0, rejected = 0;
	struct frames_line line;
	struct frames *f;
	enum err e = frames_open(&f, path);

	if (e != ERR_OK) {
		fprintf(stderr, "%s: %s\n", path, err_name(e));
		return 1;
	}
	for (size_t i = 0; i < connection_count; i++)
		free(connections[i].memory.depth);
	connection_count = ignored_count = 0;
	memset(connections, 0, sizeof(connections));
	while ((e = frames_next(f, &line)) == ERR_OK) {
		if (line.kind != FRAMES_RECV)
			continue;
		count++;
		e = frame_dump(&line, &unknown);
		if (e != ERR_OK) {
			rejected++;
			fprintf(stderr, "%s:%" PRIu64 ": %s\n", path,
			    line.number, err_name(e));
		}
	}
	frames_close(f);
	printf("{\"summary\":{\"frames\":%" PRIu64 ",\"ignored\":[", count);
	for (size_t i = 0; i < ignored_count; i++)
		printf("%s[\"%s\",\"%s\",%" PRIu64 "]", i > 0 ? "," : "",
		    ignored[i].venue, ignored[i].channel, ignored[i].times);
	printf("],\"unknown\":%" PRIu64 ",\"rejected\":%" PRIu64 "}}\n",
	    unknown, rejected);
	if (e == ERR_MISSING)
		return 0;
	fprintf(stderr, "%s:%" PRIu64 ": %s\n", path, line.number,
	    err_name(e));
	return 1;
}

int
main(int argc, char **argv)
{
	int code = argc > 1 ? 0 : 2;

	for (int i = 1; i < argc; i++)
		code |= file_dump(argv[i]);
	return code;
}
