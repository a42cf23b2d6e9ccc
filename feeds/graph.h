/* feeds/graph.h - the order in which units can be priced: what a price is
 * quoted in comes first.  Pure. */
#ifndef FEEDS_GRAPH_H
#define FEEDS_GRAPH_H

#include "base/types.h"

#define GRAPH_UNITS_MAX 256u

/* `base` is priced in `quote`. */
struct graph_edge {
	uint16_t base;
	uint16_t quote;
};

/* graph_order writes the units 0..unit_count-1 so that each edge's quote comes
 * before its base, otherwise the lowest number first.  ERR_UNIT for a cycle:
 * *bad is a unit on it.  Numbers beyond unit_count are the caller's bug. */
MUST_CHECK enum err graph_order(size_t *order, size_t unit_count,
    const struct graph_edge *edges, size_t edge_count, size_t *bad);

#endif
