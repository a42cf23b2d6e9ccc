#include "oracle/kept.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

static bool
is_same(const union kept_record *a, const union kept_record *b)
{
	if (a->head.type != b->head.type)
		return false;
	if (a->head.type == WIRE_KEEP_MARKET)
		return b32_equal(&a->market.name, &b->market.name);
	if (a->head.type == WIRE_KEEP_RATE)
		return memcmp(a->rate.name, b->rate.name,
		    sizeof(a->rate.name)) == 0;
	return memcmp(a->unit.name, b->unit.name, sizeof(a->unit.name)) == 0;
}

/* A place for one more; NULL where there is none. */
static union kept_record *
place(struct kept *k)
{
	union kept_record *more;

	if (k->count == KEPT_MAX)
		return NULL;
	if ((k->count & (k->count - 1)) == 0) {	/* 0 or a power of two */
		size_t room = k->count == 0 ? 1 : 2 * k->count;

		more = realloc(k->record, room * sizeof(*more));
		if (!more)
			return NULL;
		k->record = more;
	}
	return &k->record[k->count++];
}

void
kept_note(struct kept *k, const void *message)
{
	union kept_record r, *at = NULL;

	memset(&r, 0, sizeof(r));
	memcpy(&r.head, message, sizeof(r.head));
	if (!wire_is_kept(r.head.type))
		return;
	memcpy(&r, message, wire_size(r.head.type));
	for (size_t i = 0; i < k->count && !at; i++)
		if (is_same(&k->record[i], &r))
			at = &k->record[i];
	if (!at)
		at = place(k);
	if (at)
		*at = r;
}

void
kept_tell(union kept_record *out, const struct kept *k, size_t i)
{
	MUST(i < k->count);
	*out = k->record[i];
	wire_head_set(&out->head, out->head.type == WIRE_KEEP_UNIT ?
	    WIRE_MEMORY_UNIT : out->head.type == WIRE_KEEP_MARKET ?
	    WIRE_MEMORY_MARKET : WIRE_MEMORY_RATE);
}

void
kept_free(struct kept *k)
{
	free(k->record);
	*k = (struct kept){ 0 };
}
