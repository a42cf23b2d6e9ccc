#include "oracle/shadow.h"

#include "base/must.h"
#include "oracle/shadow_book.h"

#include <string.h>

/* ---- beginning ----------------------------------------------------------- */

static struct shadow_unit *
unit_of(struct shadow *s, const char *name)
{
	struct shadow_unit *u;

	for (size_t i = 0; i < s->unit_count; i++)
		if (strcmp(s->unit[i].name, name) == 0)
			return &s->unit[i];
	if (s->unit_count == ARRAY_COUNT(s->unit))
		return NULL;
	u = &s->unit[s->unit_count++];
	memcpy(u->name, name, sizeof(u->name));
	return u;
}

static void
units_place(struct shadow *s, const struct prices_config *c, bool is_after)
{
	for (size_t i = 1; i < c->unit_count; i++) {
		struct shadow_unit *u = unit_of(s, c->unit[i].name);

		if (u)
			*(is_after ? &u->after : &u->before) = (uint16_t)i;
	}
}

enum err
shadow_begin(struct shadow *s, struct replay_life *before,
    struct replay_life *after, uint64_t now_ms)
{
	s->before_life = before;
	s->after_life = after;
	for (size_t i = 0; i < s->unit_count; i++)
		s->unit[i].before = s->unit[i].after = SHADOW_NONE;
	for (size_t i = s->unit_count; i < ARRAY_COUNT(s->unit); i++)
		s->unit[i].before = s->unit[i].after = SHADOW_NONE;
	units_place(s, &before->config.prices, false);
	units_place(s, &after->config.prices, true);
	if (shadow_book_place(s) != ERR_OK)
		return ERR_LIMIT;
	memset(&s->before, 0, sizeof(s->before));
	memset(&s->after, 0, sizeof(s->after));
	replay_engine_begin(&s->before, before, now_ms);
	replay_engine_begin(&s->after, after, now_ms);
	return ERR_OK;
}

/* ---- inputs -------------------------------------------------------------- */

static void
heard_note(struct shadow *s, const void *message)
{
	const struct wire_head *head = message;

	if (head->type == WIRE_TICK)
		s->is_heard[((const struct wire_tick *)message)->market] =
		    true;
	else if (head->type == WIRE_RATE)
		s->is_rated[((const struct wire_rate *)message)->unit] = true;
	else if (head->type == WIRE_SLICE)
		s->is_fitted[((const struct wire_slice *)message)->unit] =
		    true;
	else if (head->type == WIRE_MARK)
		s->is_marked[((const struct wire_mark *)message)->instrument] =
		    true;
}

/* What a machine refuses it refused, or would have, in the service too. */
static void
one_tell(struct replay_engine *g, const void *message)
{
	(void)shell_input(&g->shell, message, 0);
}

void
shadow_tell(struct shadow *s, const void *message, size_t size,
    const struct shadow_map *before, const struct shadow_map *after)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];

	MUST(size <= sizeof(bytes));
	memcpy(bytes, message, size);
	if (shadow_map_input(bytes, before))
		one_tell(&s->before, bytes);
	memcpy(bytes, message, size);
	if (!shadow_map_input(bytes, after))
		return;
	heard_note(s, bytes);
	one_tell(&s->after, bytes);
}

void
shadow_tell_tick(struct shadow *s, struct wire_tick *w, const char *venue,
    const char *symbol)
{
	w->market = shadow_market_find(&s->before_life->config, venue, symbol);
	if (w->market != SHADOW_NONE)
		one_tell(&s->before, w);
	w->market = shadow_market_find(&s->after_life->config, venue, symbol);
	if (w->market == SHADOW_NONE || shadow_market_is_other(
	    &s->before_life->config, &s->after_life->config, venue, symbol))
		return;
	heard_note(s, w);
	one_tell(&s->after, w);
}

void
shadow_tell_rate(struct shadow *s, struct wire_rate *w, const char *unit)
{
	w->unit = shadow_unit_find(&s->before_life->config, unit);
	if (w->unit != SHADOW_NONE)
		one_tell(&s->before, w);
	w->unit = shadow_unit_find(&s->after_life->config, unit);
	if (w->unit == SHADOW_NONE || shadow_rate_is_other(
	    &s->before_life->config, &s->after_life->config, unit))
		return;
	heard_note(s, w);
	one_tell(&s->after, w);
}

/* ---- comparing ----------------------------------------------------------- */

static struct shadow_moment
moment_of(const struct price *before, const struct price *after,
    uint64_t now_ms)
{
	return (struct shadow_moment){ now_ms, *before, *after };
}

static void
unit_compare(struct shadow_unit *u, const struct price *before,
    const struct price *after, uint64_t now_ms)
{
	uint32_t distance = shadow_distance_ppb(before, after);
	bool is_other = before->status != after->status;

	if (!is_other && before->reason == after->reason &&
	    price_is_same(before, after))
		return;
	u->differs++;
	u->refusals += shadow_is_refusal(before, after);
	if (is_other && u->status.at_ms == 0)
		u->status = moment_of(before, after, now_ms);
	if (u->worst.at_ms == 0 || distance > u->worst_ppb) {
		u->worst_ppb = distance;
		u->worst = moment_of(before, after, now_ms);
	}
}

static void
units_compare(struct shadow *s, uint64_t now_ms)
{
	const struct price *before = s->before_life->machine->prices.price;
	const struct price *after = s->after_life->machine->prices.price;

	for (size_t i = 0; i < s->unit_count; i++) {
		struct shadow_unit *u = &s->unit[i];

		if (u->before != SHADOW_NONE && u->after != SHADOW_NONE)
			unit_compare(u, &before[u->before], &after[u->after],
			    now_ms);
	}
}

static void
batch_compare(struct shadow *s, uint64_t now_ms)
{
	units_compare(s, now_ms);
	if (now_ms >= s->book_ms + SHADOW_BOOK_MS) {
		s->book_ms = now_ms;
		shadow_book_compare(s, now_ms);
	}
	s->batches++;
	s->begin_ms = s->begin_ms > 0 ? s->begin_ms : now_ms;
	s->end_ms = now_ms;
}

void
shadow_close(struct shadow *s, uint64_t now_ms)
{
	replay_engine_close(&s->before, now_ms);
	replay_engine_close(&s->after, now_ms);
	if (now_ms >= s->from_ms)
		batch_compare(s, now_ms);
	replay_engine_sign(&s->before);
	replay_engine_sign(&s->after);
}

void
shadow_free(struct shadow *s)
{
	shadow_book_free(s);
}
