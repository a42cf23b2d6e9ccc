#include "feeds/graph.h"

#include "base/must.h"

/* A quote of the unit that is not placed yet; unit_count if there is none. */
static size_t
quote_waiting(size_t unit, const bool *placed, size_t unit_count,
    const struct graph_edge *edges, size_t edge_count)
{
	for (size_t i = 0; i < edge_count; i++)
		if (edges[i].base == unit && !placed[edges[i].quote])
			return edges[i].quote;
	return unit_count;
}

enum err
graph_order(size_t *order, size_t unit_count, const struct graph_edge *edges,
    size_t edge_count, size_t *bad)
{
	bool placed[GRAPH_UNITS_MAX] = { false };
	size_t found[GRAPH_UNITS_MAX];
	size_t count = 0, unit = 0;

	MUST(unit_count <= GRAPH_UNITS_MAX);
	for (size_t i = 0; i < edge_count; i++)
		MUST(edges[i].base < unit_count &&
		    edges[i].quote < unit_count);
	while (unit < unit_count) {
		if (placed[unit] || quote_waiting(unit, placed, unit_count,
		    edges, edge_count) < unit_count) {
			unit++;
			continue;
		}
		placed[unit] = true;
		found[count++] = unit;
		unit = 0;
	}
	if (count == unit_count) {
		for (size_t i = 0; i < count; i++)
			order[i] = found[i];
		return ERR_OK;
	}
	/* From a unit that waits, unit_count steps along what each waits for
	 * end on the cycle. */
	for (unit = 0; placed[unit]; unit++)
		;
	for (size_t i = 0; i < unit_count; i++)
		unit = quote_waiting(unit, placed, unit_count, edges,
		    edge_count);
	*bad = unit;
	return ERR_UNIT;
}
