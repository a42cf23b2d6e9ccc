/* oracle/kept.h - what the engine has the journal keep for the next one
 * (WIRE_KEEP_): the last word on each unit, each listing and each rate, told
 * again as WIRE_MEMORY_.
 *
 * Owns:   its table.  Limits: KEPT_MAX names; ones beyond are not kept.
 */
#ifndef ORACLE_KEPT_H
#define ORACLE_KEPT_H

#include "feeds/prices.h"
#include "oracle/wire.h"

#define KEPT_MAX (WIRE_UNITS + 2u * (PRICES_MARKETS_MAX + PRICES_WRAPS_MAX))

union kept_record {
	struct wire_head head;
	struct wire_memory_unit unit;
	struct wire_memory_market market;
	struct wire_memory_rate rate;
};

struct kept {
	size_t count;
	union kept_record *record;	/* grows as needed */
};

/* kept_note takes a message; any but a WIRE_KEEP_ is passed over. */
void kept_note(struct kept *k, const void *message);
/* kept_tell: the i-th (below count, MUST) as an input of the engine. */
void kept_tell(union kept_record *out, const struct kept *k, size_t i);
void kept_free(struct kept *k);

#endif
