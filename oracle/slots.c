#include "oracle/slots.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

enum err
slots_create(struct slots *s, uint32_t capacity, uint32_t max)
{
	MUST(max > 0 && max <= capacity);
	*s = (struct slots){ .capacity = capacity, .max = max };
	s->owner = calloc(capacity, sizeof(*s->owner));
	s->badness = calloc(capacity, sizeof(*s->badness));
	s->heap = calloc(capacity, sizeof(*s->heap));
	s->heap_at = calloc(capacity, sizeof(*s->heap_at));
	s->freed = calloc(capacity, sizeof(*s->freed));
	if (!s->owner || !s->badness || !s->heap || !s->heap_at || !s->freed)
		return ERR_LIMIT;
	for (uint32_t i = 0; i < capacity; i++)
		s->owner[i] = SLOTS_NONE;
	return ERR_OK;
}

void
slots_free(struct slots *s)
{
	free(s->owner);
	free(s->badness);
	free(s->heap);
	free(s->heap_at);
	free(s->freed);
	memset(s, 0, sizeof(*s));
}

static bool
is_less_bad(const struct slots_badness *a, const struct slots_badness *b)
{
	if (a->state != b->state)
		return a->state < b->state;
	return wad_compare(a->health, b->health) > 0;
}

/* Whether slot x stands above slot y. */
static bool
is_above(const struct slots *s, uint32_t x, uint32_t y)
{
	const struct slots_badness *a = &s->badness[x], *b = &s->badness[y];

	if (is_less_bad(a, b))
		return true;
	return !is_less_bad(b, a) && x < y;
}

static void
heap_set(struct slots *s, uint32_t at, uint32_t slot)
{
	s->heap[at] = slot;
	s->heap_at[slot] = at;
}

static void
heap_up(struct slots *s, uint32_t at)
{
	uint32_t slot = s->heap[at];

	while (at > 0 && is_above(s, slot, s->heap[(at - 1) / 2])) {
		heap_set(s, at, s->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_set(s, at, slot);
}

static void
heap_down(struct slots *s, uint32_t at)
{
	uint32_t slot = s->heap[at];

	for (uint32_t child; (child = 2 * at + 1) < s->count; at = child) {
		if (child + 1 < s->count && is_above(s, s->heap[child + 1],
		    s->heap[child]))
			child++;
		if (!is_above(s, s->heap[child], slot))
			break;
		heap_set(s, at, s->heap[child]);
	}
	heap_set(s, at, slot);
}

static void
heap_settle(struct slots *s, uint32_t at)
{
	uint32_t slot = s->heap[at];

	heap_up(s, at);
	heap_down(s, s->heap_at[slot]);
}

uint32_t
slots_take(struct slots *s, uint32_t owner, struct slots_badness b,
    uint32_t *evicted)
{
	uint32_t slot;

	*evicted = SLOTS_NONE;
	if (s->count == s->max) {
		s->refused++;
		slot = s->heap[0];
		if (!is_less_bad(&s->badness[slot], &b))
			return SLOTS_NONE;
		*evicted = s->owner[slot];
		s->owner[slot] = owner;
		slots_value(s, slot, b);
		return slot;
	}
	slot = s->freed_count > 0 ? s->freed[--s->freed_count] : s->used++;
	s->owner[slot] = owner;
	s->badness[slot] = b;
	heap_set(s, s->count++, slot);
	heap_up(s, s->count - 1);
	return slot;
}

void
slots_release(struct slots *s, uint32_t slot)
{
	uint32_t at = s->heap_at[slot];

	MUST(slot < s->used && s->owner[slot] != SLOTS_NONE);
	s->owner[slot] = SLOTS_NONE;
	s->freed[s->freed_count++] = slot;
	s->count--;
	if (at == s->count)
		return;
	heap_set(s, at, s->heap[s->count]);
	heap_settle(s, at);
}

void
slots_value(struct slots *s, uint32_t slot, struct slots_badness b)
{
	MUST(slot < s->used && s->owner[slot] != SLOTS_NONE);
	s->badness[slot] = b;
	heap_settle(s, s->heap_at[slot]);
}
