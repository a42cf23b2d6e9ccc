#include "oracle/feeds_meter.h"

#include <string.h>

void
feeds_slot_open(struct feeds_slot *s, uint64_t now_ms)
{
	s->is_open = true;
	s->is_stalled = false;
	s->heard_ms = 0;
	s->moved_ms = now_ms;
	memset(&s->time, 0, sizeof(s->time));
	venue_memory_begin(&s->memory);
}

void
feeds_slot_heard(struct feeds_slot *s, struct frame *f, uint64_t now_ms)
{
	struct conn_time before = s->time;

	conn_time_stamp(&s->time, f);
	s->heard_ms = now_ms;
	if (s->time.has_time != before.has_time ||
	    s->time.newest_ms != before.newest_ms)
		s->moved_ms = now_ms;
}

bool
feeds_slot_judge(struct feeds_slot *s, uint64_t now_ms)
{
	bool was = s->is_stalled;
	bool talks = s->heard_ms > 0 && now_ms < s->heard_ms + FEEDS_TALKS_MS;

	if (!s->is_open || now_ms < s->moved_ms + FEEDS_STALL_MS)
		s->is_stalled = false;
	else if (talks)
		s->is_stalled = true;
	return s->is_stalled != was;
}

enum wire_reject
feeds_reject_of(enum err e)
{
	if (e == ERR_SYNTAX)
		return WIRE_REJECT_SYNTAX;
	if (e == ERR_MISSING)
		return WIRE_REJECT_MISSING;
	if (e == ERR_RANGE)
		return WIRE_REJECT_RANGE;
	return e == ERR_LIMIT ? WIRE_REJECT_LIMIT : WIRE_REJECT_OTHER;
}

void
feeds_meter_why(struct wire_feed *w, const char *why)
{
	size_t len = strnlen(why, sizeof(w->why) - 1);

	memset(w->why, 0, sizeof(w->why));
	memcpy(w->why, why, len);
}

void
feeds_meter_connections(struct wire_feed *w, size_t venue,
    const struct feeds_plan *plan, const struct feeds_slot *slots)
{
	w->connections = w->open = w->stalled = 0;
	for (size_t i = 0; i < plan->count; i++) {
		const struct feeds_slot *one = &slots[i];
		const struct feeds_slot *next = &slots[i + plan->count];
		bool one_moves = one->is_open && !one->is_stalled;
		bool next_moves = next->is_open && !next->is_stalled;

		if (plan->venue[i] != venue)
			continue;
		w->connections++;
		if (one->is_open || next->is_open) {
			w->open++;
			w->stalled = (uint8_t)(w->stalled +
			    (!one_moves && !next_moves));
		}
	}
	w->is_connected = w->connections > 0 && w->open == w->connections;
}

/* What a connection and its successor know of the time; 0: nothing. */
static uint64_t
newest_ms(const struct feeds_slot *one, const struct feeds_slot *next)
{
	uint64_t a = one->is_open && one->time.has_time ?
	    one->time.newest_ms : 0;
	uint64_t b = next->is_open && next->time.has_time ?
	    next->time.newest_ms : 0;

	return a > b ? a : b;
}

bool
feeds_beat_of(uint64_t *exchange_ms, size_t venue,
    const struct feeds_plan *plan, const struct feeds_slot *slots)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < plan->count; i++) {
		uint64_t ms;

		if (plan->venue[i] != venue ||
		    plan->option[i] != FEEDS_PLAN_NONE)
			continue;
		ms = newest_ms(&slots[i], &slots[i + plan->count]);
		if (ms < least)
			least = ms;
	}
	if (least == 0 || least == UINT64_MAX)
		return false;
	*exchange_ms = least;
	return true;
}
