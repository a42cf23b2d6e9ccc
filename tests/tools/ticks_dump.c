/* ticks_dump FILE...: every tick of recorded frames as one line of JSON, then
 * one {"summary":...} line a file.  What tests/check_ticks.py compares with
 * its own reading. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/types.h"
#include "feeds/depth.h"
#include "feeds/frames.h"
#include "feeds/tick_text.h"

#define CONNECTIONS_MAX 64u
#define KINDS (FRAME_UNKNOWN + 1u)

struct connection {
	char name[64];
	struct conn_time time;
	struct venue_memory memory;
};

static struct tick ticks[FRAME_TICKS_MAX];
static struct connection connections[CONNECTIONS_MAX];
static size_t connection_count;

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
frame_dump(const struct frames_line *line, uint64_t kinds[KINDS])
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
	kinds[f.kind]++;
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
	uint64_t kinds[KINDS] = { 0 }, count = 0, rejected = 0;
	struct frames_line line;
	struct frames *f;
	enum err e = frames_open(&f, path);

	if (e != ERR_OK) {
		fprintf(stderr, "%s: %s\n", path, err_name(e));
		return 1;
	}
	for (size_t i = 0; i < connection_count; i++)
		free(connections[i].memory.depth);
	connection_count = 0;
	memset(connections, 0, sizeof(connections));
	while ((e = frames_next(f, &line)) == ERR_OK) {
		if (line.kind != FRAMES_RECV)
			continue;
		count++;
		e = frame_dump(&line, kinds);
		if (e != ERR_OK) {
			rejected++;
			fprintf(stderr, "%s:%" PRIu64 ": %s\n", path,
			    line.number, err_name(e));
		}
	}
	frames_close(f);
	printf("{\"summary\":{\"frames\":%" PRIu64 ",\"ignored\":%" PRIu64
	    ",\"unknown\":%" PRIu64 ",\"rejected\":%" PRIu64 "}}\n", count,
	    kinds[FRAME_IGNORED], kinds[FRAME_UNKNOWN], rejected);
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
