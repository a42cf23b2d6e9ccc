/* oracle/slots.h - who has which slot of the verdict tree, and which verdict
 * gives way when the tree is full: the least bad one.
 *
 * A freed slot is given again, last in first out, so that the tree stays
 * small.  Badness orders by state, then by health, then by slot; the least bad
 * stands on top of a heap, so that a crash in which every vault wants a place
 * costs a logarithm each.
 *
 * Owns:   its arrays, until slots_free.
 */
#ifndef ORACLE_SLOTS_H
#define ORACLE_SLOTS_H

#include "margin/verdict.h"

#define SLOTS_NONE UINT32_MAX

struct slots_badness {
	uint8_t state;		/* enum vault_state: the higher, the worse */
	struct wad health;	/* at mid: the lower, the worse */
};

struct slots {
	uint32_t capacity, max;	/* array size; places given at most */
	uint32_t used;		/* slots ever given */
	uint32_t count;		/* slots that have an owner */
	uint32_t *owner;	/* by slot, or SLOTS_NONE */
	struct slots_badness *badness;
	uint32_t *heap, *heap_at;	/* slots, the least bad first; where */
	uint32_t *freed;
	uint32_t freed_count;
	uint64_t refused;	/* found no place, or lost it: alarm */
};

/* ERR_LIMIT without memory.  max is at most capacity (MUST). */
MUST_CHECK enum err slots_create(struct slots *s, uint32_t capacity,
    uint32_t max);
void slots_free(struct slots *s);	/* accepts a zeroed one */

/* slots_take gives owner a slot.  Where all are given, *evicted is the owner of
 * the least bad one, if that is less bad than b: its slot is the answer, and
 * is the caller's to hand over.  SLOTS_NONE: no place, *evicted too. */
uint32_t slots_take(struct slots *s, uint32_t owner, struct slots_badness b,
    uint32_t *evicted);
void slots_release(struct slots *s, uint32_t slot);
/* slots_value: how bad the owner of a slot is now. */
void slots_value(struct slots *s, uint32_t slot, struct slots_badness b);

#endif
