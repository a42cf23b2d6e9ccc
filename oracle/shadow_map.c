#include "oracle/shadow.h"

#include <string.h>

uint16_t
shadow_unit_find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->prices.unit_count; i++)
		if (strcmp(c->prices.unit[i].name, name) == 0)
			return (uint16_t)i;
	return SHADOW_NONE;
}

static uint16_t
venue_find_in(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->venue_count; i++)
		if (strcmp(c->venue[i].name, name) == 0)
			return (uint16_t)i;
	return SHADOW_NONE;
}

static uint16_t
market_find(const struct config *c, uint16_t venue, const char *symbol)
{
	for (size_t i = 0; i < c->prices.market_count; i++)
		if (c->market[i].venue == venue &&
		    strcmp(c->market[i].symbol, symbol) == 0)
			return (uint16_t)i;
	return SHADOW_NONE;
}

uint16_t
shadow_market_find(const struct config *c, const char *venue,
    const char *symbol)
{
	uint16_t at = venue_find_in(c, venue);

	return at == SHADOW_NONE ? SHADOW_NONE : market_find(c, at, symbol);
}

void
shadow_map_make(struct shadow_map *out, const struct config *from,
    const struct config *to)
{
	memset(out, 0xff, sizeof(*out));	/* SHADOW_NONE everywhere */
	for (size_t i = 0; i < from->prices.unit_count; i++)
		out->unit[i] = shadow_unit_find(to, from->prices.unit[i].name);
	for (size_t i = 0; i < from->venue_count; i++)
		out->venue[i] = venue_find_in(to, from->venue[i].name);
	for (size_t i = 0; i < from->prices.market_count; i++) {
		uint16_t venue = out->venue[from->market[i].venue];

		out->market[i] = venue == SHADOW_NONE ? SHADOW_NONE :
		    market_find(to, venue, from->market[i].symbol);
	}
}

/* A journal's place may be beyond its config: then it was refused there. */
static bool
place_map(uint16_t *place, const uint16_t *map, size_t count)
{
	if (*place >= count || map[*place] == SHADOW_NONE)
		return false;
	*place = map[*place];
	return true;
}

bool
shadow_map_input(void *message, const struct shadow_map *map)
{
	uint16_t type = ((const struct wire_head *)message)->type;

	if (type == WIRE_TICK)
		return place_map(&((struct wire_tick *)message)->market,
		    map->market, PRICES_MARKETS_MAX);
	if (type == WIRE_HEARTBEAT)
		return place_map(&((struct wire_heartbeat *)message)->venue,
		    map->venue, CONFIG_VENUES_MAX);
	if (type == WIRE_RATE)
		return place_map(&((struct wire_rate *)message)->unit,
		    map->unit, PRICES_UNITS_MAX);
	if (type == WIRE_FORWARD)
		return place_map(&((struct wire_forward *)message)->unit,
		    map->unit, PRICES_UNITS_MAX);
	if (type == WIRE_SLICE)
		return place_map(&((struct wire_slice *)message)->unit,
		    map->unit, PRICES_UNITS_MAX);
	/* Of the book, or by name. */
	return type == WIRE_VAULT || type == WIRE_PORTFOLIO ||
	    type == WIRE_BLOCK || type == WIRE_MARK ||
	    type == WIRE_MEMORY_UNIT || type == WIRE_MEMORY_MARKET ||
	    type == WIRE_MEMORY_RATE;
}
