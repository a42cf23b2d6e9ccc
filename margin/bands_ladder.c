#include "margin/bands_ladder.h"

#include <string.h>

#include "base/must.h"

/* Marks a list where a node would stand, and a slot where a sibling would. */
#define TAG (UINT32_C(1) << 31)
#define WORD 64u
#define RING_WORDS (LADDER_RING / WORD)
#define ALIGN 64u

struct layout {
	size_t head, used, first, node, bytes;
};

static size_t
aligned(size_t bytes)
{
	return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

/* The list that is being drained stands behind all others. */
static uint32_t
list_aside(const struct ladder *l)
{
	return ladder_of_list(l, l->size.lists);
}

static struct layout
layout_of(const struct ladder_size *size)
{
	struct layout at;
	size_t lists = (size_t)size->rings * LADDER_RING + size->lists + 1;

	MUST(size->rings <= 1u << 15 && size->lists <= 1u << 15);
	MUST(size->slots <= LADDER_SLOTS_MAX);
	MUST(size->nodes <= LADDER_NODES_MAX);
	at.head = 0;
	at.used = at.head + aligned(lists * sizeof(uint32_t));
	at.first = at.used + aligned((size_t)size->rings * RING_WORDS *
	    sizeof(uint64_t));
	at.node = at.first + aligned(size->slots * sizeof(uint32_t));
	at.bytes = at.node + aligned((size->nodes + 1) *
	    sizeof(struct ladder_node));
	return at;
}

size_t
ladder_bytes(const struct ladder_size *size)
{
	return layout_of(size).bytes;
}

void
ladder_init(struct ladder *l, void *arena, const struct ladder_size *size)
{
	struct layout at = layout_of(size);
	uint8_t *base = arena;

	*l = (struct ladder){
		.size = *size,
		.head = (void *)(base + at.head),
		.used = (void *)(base + at.used),
		.first = (void *)(base + at.first),
		.node = (void *)(base + at.node),
		.fresh = 1,
	};
}

void
ladder_clear(struct ladder *l)
{
	struct layout at = layout_of(&l->size);

	memset(l->head, 0, at.node - at.head);
	l->fresh = 1;
	l->free = 0;
}

uint32_t
ladder_of_bucket(uint32_t ring, uint32_t bucket)
{
	return ring * LADDER_RING + bucket % LADDER_RING;
}

uint32_t
ladder_of_list(const struct ladder *l, uint32_t list)
{
	return l->size.rings * LADDER_RING + list;
}

/* The lists of the rings, which have a bit each. */
static uint32_t
ring_lists(const struct ladder *l)
{
	return l->size.rings * LADDER_RING;
}

static void
list_mark(struct ladder *l, uint32_t list)
{
	if (list < ring_lists(l))
		l->used[list / WORD] |= UINT64_C(1) << list % WORD;
}

/* list_unmark: a list of the rings, where it is_empty.  Both are as good as
 * random, here and below, and no branch hangs on them. */
static void
list_unmark(struct ladder *l, uint32_t list, bool is_empty)
{
	uint64_t clear = is_empty & (list < ring_lists(l));

	l->used[list / WORD & -(uint32_t)clear] &= ~(clear << list % WORD);
}

/* node_take: 0 where none is left.  The last one given back goes first: a
 * vault that is put again lies where it lay. */
static uint32_t
node_take(struct ladder *l)
{
	uint32_t n = l->free;

	if (n != 0) {
		l->free = l->node[n].next;
		return n;
	}
	if (l->fresh > l->size.nodes)
		return 0;
	return l->fresh++;
}

/* node_unlink: neighbours and lists lie anywhere, and are only written to; node
 * 0, which is none, takes what would be written to no neighbour. */
static void
node_unlink(struct ladder *l, uint32_t n)
{
	uint32_t next = l->node[n].next, before = l->node[n].before;
	bool is_first = (before & TAG) != 0;
	uint32_t mask = -(uint32_t)is_first, list = before & ~TAG & mask;
	uint32_t *link[2] = { &l->node[before & ~mask].next, &l->head[list] };

	l->node[next].before = before;
	*link[is_first] = next;
	list_unmark(l, list, is_first & (next == 0));
}

enum err
ladder_put(struct ladder *l, uint32_t slot, uint32_t list)
{
	uint32_t n = node_take(l), next, sibling;

	MUST(slot < l->size.slots && list < list_aside(l));
	if (n == 0)
		return ERR_LIMIT;
	next = l->head[list];
	sibling = l->first[slot];
	l->node[n] = (struct ladder_node){
		.next = next,
		.before = list | TAG,
		.sibling = sibling != 0 ? sibling : slot | TAG,
	};
	l->node[next].before = n;
	list_mark(l, list);
	l->head[list] = n;
	l->first[slot] = n;
	return ERR_OK;
}

void
ladder_prefetch(const struct ladder *l, uint32_t list)
{
	__builtin_prefetch(&l->head[list], 1);
}

void
ladder_remove(struct ladder *l, uint32_t slot)
{
	uint32_t n;

	MUST(slot < l->size.slots);
	n = l->first[slot];
	if (n == 0)
		return;
	l->first[slot] = 0;
	while ((n & TAG) == 0) {
		node_unlink(l, n);
		l->node[n].next = l->free;
		l->free = n;
		n = l->node[n].sibling;
	}
	MUST((n & ~TAG) == slot);
}

uint32_t
ladder_skip(const struct ladder *l, uint32_t ring, uint32_t bucket,
    uint32_t count)
{
	const uint64_t *used = l->used + (size_t)ring * RING_WORDS;
	uint32_t at = bucket % LADDER_RING, skipped = 0;

	MUST(ring < l->size.rings && count <= LADDER_RING);
	while (skipped < count) {
		uint64_t word = used[at / WORD] >> at % WORD;
		uint32_t step = WORD - at % WORD;

		if (word != 0) {
			skipped += (uint32_t)__builtin_ctzll(word);
			break;
		}
		skipped += step;
		at = (at + step) % LADDER_RING;
	}
	return skipped < count ? skipped : count;
}

bool
ladder_set_aside(struct ladder *l, uint32_t list)
{
	uint32_t aside = list_aside(l), n;

	MUST(list < aside && l->head[aside] == 0);
	n = l->head[list];
	if (n == 0)
		return false;
	l->head[aside] = n;
	l->node[n].before = aside | TAG;
	l->head[list] = 0;
	list_unmark(l, list, true);
	return true;
}

/* slot_of: whose node this is. */
static uint32_t
slot_of(const struct ladder *l, uint32_t n)
{
	while ((n & TAG) == 0)
		n = l->node[n].sibling;
	return n & ~TAG;
}

bool
ladder_pop(uint32_t *slot, struct ladder *l)
{
	uint32_t n = l->head[list_aside(l)];

	if (n == 0)
		return false;
	__builtin_prefetch(&l->node[l->node[n].next]);
	*slot = slot_of(l, n);
	ladder_remove(l, *slot);
	return true;
}

bool
ladder_is_drained(const struct ladder *l)
{
	return l->head[list_aside(l)] == 0;
}
