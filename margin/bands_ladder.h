/* margin/bands_ladder.h - lists of vaults by trigger: the mechanics below
 * margin/bands.h.
 *
 * A ring is LADDER_RING lists, one a bucket of a coordinate; plain lists stand
 * behind the rings.  A trigger is a node in one list; the nodes of a vault are
 * chained, and the end of that chain names its slot.  So one node found leads
 * to the vault and to all its other nodes.  A list that is drained is first
 * moved aside whole: what its vaults put back meanwhile waits for the next
 * drain, and every drain ends.
 *
 * Units:  buckets; node 0 is none.
 * Owns:   nothing: all arrays lie in the caller's arena, zero at first, and
 *         are touched only where they are used.
 * Limits: LADDER_NODES_MAX nodes, LADDER_SLOTS_MAX vaults.
 */
#ifndef MARGIN_BANDS_LADDER_H
#define MARGIN_BANDS_LADDER_H

#include "base/types.h"

#define LADDER_RING_BITS 14u
#define LADDER_RING (1u << LADDER_RING_BITS)
#define LADDER_NODES_MAX (UINT64_C(1) << 30)
#define LADDER_SLOTS_MAX (1u << 30)

struct ladder_node {
	uint32_t next;		/* in its list; of a free node: the next free */
	uint32_t before;	/* in its list, or the list itself, tagged */
	uint32_t sibling;	/* of the same vault, or its slot, tagged */
};

struct ladder_size {
	uint32_t rings;
	uint32_t lists;		/* behind the rings */
	uint32_t slots;
	uint64_t nodes;
};

struct ladder {
	struct ladder_size size;
	uint32_t *head;		/* first node of each list */
	uint64_t *used;		/* a bit a list of the rings: not empty */
	uint32_t *first;	/* first node of each slot */
	struct ladder_node *node;
	uint32_t fresh;		/* nodes from here on were never used */
	uint32_t free;		/* the first that was given back */
};

/* ladder_bytes: what ladder_init needs.  Sizes within their limits (MUST). */
size_t ladder_bytes(const struct ladder_size *size);
/* ladder_init: arena is zeroed, 64-byte aligned, and kept. */
void ladder_init(struct ladder *l, void *arena,
    const struct ladder_size *size);
/* ladder_clear empties every list. */
void ladder_clear(struct ladder *l);

/* The number of a list: of a bucket of a ring (modulo the ring's size), or
 * one behind the rings. */
uint32_t ladder_of_bucket(uint32_t ring, uint32_t bucket);
uint32_t ladder_of_list(const struct ladder *l, uint32_t list);

/* ladder_put adds a node of slot to a list.  ERR_LIMIT where no node is left;
 * the vault's other nodes stay. */
MUST_CHECK enum err ladder_put(struct ladder *l, uint32_t slot, uint32_t list);
/* ladder_prefetch: this list will be put to. */
void ladder_prefetch(const struct ladder *l, uint32_t list);
/* ladder_remove takes every node of slot out of its list. */
void ladder_remove(struct ladder *l, uint32_t slot);

/* ladder_skip: how many of the `count` buckets from `bucket` on are empty
 * before the first that is not; count where all are.  count is at most
 * LADDER_RING (MUST). */
uint32_t ladder_skip(const struct ladder *l, uint32_t ring, uint32_t bucket,
    uint32_t count);
/* ladder_set_aside moves a whole list to be drained; says whether it held
 * anything.  The last one has been drained (MUST). */
bool ladder_set_aside(struct ladder *l, uint32_t list);
/* ladder_pop takes one vault of the list that was set aside out of all its
 * lists.  False where none is left. */
bool ladder_pop(uint32_t *slot, struct ladder *l);
bool ladder_is_drained(const struct ladder *l);

#endif
