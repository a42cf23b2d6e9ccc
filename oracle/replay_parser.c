/* oracle/replay_parser.c - recorded frames through the venues' parsers, with
 * what each connection remembers (replay.h). */
#include "oracle/replay.h"

#include "feeds/depth.h"

#include <stdlib.h>
#include <string.h>

enum err
replay_parser_begin(struct replay_parser *p, const struct replay_events *e)
{
	memset(p, 0, sizeof(*p));
	p->events = e;
	p->time = calloc(e->connection_count + 1, sizeof(*p->time));
	p->memory = calloc(e->connection_count + 1, sizeof(*p->memory));
	p->last = calloc(e->connection_count + 1, sizeof(*p->last));
	if (!p->time || !p->memory || !p->last) {
		replay_parser_end(p);
		return ERR_LIMIT;
	}
	for (size_t i = 0; i < e->count; i++)
		p->last[e->event[i].connection] = i;
	return ERR_OK;
}

void
replay_parser_end(struct replay_parser *p)
{
	for (size_t i = 0; p->memory && i <= p->events->connection_count; i++)
		free(p->memory[i].depth);
	free(p->memory);
	free(p->time);
	free(p->last);
	p->memory = NULL;
	p->time = NULL;
	p->last = NULL;
}

/* The books of a connection are megabytes, and a venue that falls over has a
 * thousand connections a day. */
static void
books_drop(struct replay_parser *p, const struct replay_event *e)
{
	struct venue_memory *m = &p->memory[e->connection];

	if (p->last[e->connection] != (size_t)(e - p->events->event))
		return;
	free(m->depth);
	m->depth = NULL;
}

void
replay_parser_connect(struct replay_parser *p, const struct replay_event *e)
{
	memset(&p->time[e->connection], 0, sizeof(*p->time));
	venue_memory_begin(&p->memory[e->connection]);
}

/* The books of a venue that tells changes are placed with its first frame. */
static struct venue_memory *
memory_of(struct replay_parser *p, const struct replay_event *e)
{
	struct venue_memory *m = &p->memory[e->connection];

	if (e->venue->has_depth && !m->depth)
		m->depth = calloc(VENUE_SYMBOLS_MAX, sizeof(*m->depth));
	return e->venue->has_depth && !m->depth ? NULL : m;
}

static uint64_t
shifted(uint64_t ms, uint64_t shift)
{
	return ms > shift ? ms - shift : 0;
}

static void
frame_shift(struct frame *f, uint64_t shift)
{
	if (f->has_time)
		f->exchange_ms = shifted(f->exchange_ms, shift);
	for (size_t i = 0; i < f->tick_count; i++)
		if (f->ticks[i].has_time)
			f->ticks[i].exchange_ms =
			    shifted(f->ticks[i].exchange_ms, shift);
}

enum err
replay_parser_frame(struct frame *out, struct replay_parser *p,
    const struct replay_event *e)
{
	struct frame f = { .ticks = p->ticks, .memory = memory_of(p, e) };
	enum err err;

	if (!f.memory)
		return ERR_LIMIT;
	err = e->venue->parse(&f, p->events->payload + e->payload_at,
	    e->payload_len);
	books_drop(p, e);
	if (err != ERR_OK)
		return err;
	frame_shift(&f, p->events->shift_ms[e->file]);
	conn_time_stamp(&p->time[e->connection], &f);
	*out = f;
	return ERR_OK;
}
