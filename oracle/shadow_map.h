/* oracle/shadow_map.h - what one config has in the words of another: places by
 * their names, and an input rewritten by them. */
#ifndef ORACLE_SHADOW_MAP_H
#define ORACLE_SHADOW_MAP_H

#include "oracle/config.h"

#define SHADOW_NONE UINT16_MAX

/* Places of one config's units, venues and markets in another, by their names
 * (a market's: venue and symbol); SHADOW_NONE where it has none, or has it from
 * elsewhere: a venue that is dialled at another address, a market or a rate of
 * another contract or feed, other options' volatilities, another listing's
 * mark.  That somebody has the same name says nothing of where he looks. */
struct shadow_map {
	uint16_t unit[PRICES_UNITS_MAX], venue[CONFIG_VENUES_MAX],
	    market[PRICES_MARKETS_MAX];
	uint16_t rate[PRICES_UNITS_MAX], terms[PRICES_UNITS_MAX];
	uint16_t mark[INSTRUMENTS_MAX];	/* of the book, both times */
};
/* shadow_map_make: for mark[], `to` is bound to the book. */
void shadow_map_make(struct shadow_map *out, const struct config *from,
    const struct config *to);
/* shadow_map_input rewrites an input of the machine in place; false where the
 * other config has not what it speaks of. */
bool shadow_map_input(void *message, const struct shadow_map *map);
/* Places, or SHADOW_NONE. */
uint16_t shadow_unit_find(const struct config *c, const char *name);
uint16_t shadow_market_find(const struct config *c, const char *venue,
    const char *symbol);
uint16_t shadow_instrument_find(const struct config *c, const char *id);
uint16_t shadow_option_find(const struct config *c, const char *venue,
    const char *symbol);
/* shadow_venue_is_same: by name and address, as it is dialled. */
bool shadow_venue_is_same(const struct config_venue *a,
    const struct config_venue *b);
/* Whether both have it, and not from the same place. */
bool shadow_venue_is_other(const struct config *a, const struct config *b,
    const char *venue);
bool shadow_market_is_other(const struct config *a, const struct config *b,
    const char *venue, const char *symbol);
bool shadow_rate_is_other(const struct config *a, const struct config *b,
    const char *unit);
/* What differs of an instrument or a family of options, for a person; NULL:
 * nothing. */
const char *shadow_instrument_differs(const struct config *a, uint16_t x,
    const struct config *b, uint16_t y);
const char *shadow_option_differs(const struct config *a, uint16_t x,
    const struct config *b, uint16_t y);

#endif
