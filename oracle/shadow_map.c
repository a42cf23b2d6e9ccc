#include "oracle/shadow_map.h"

#include "oracle/wire.h"

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

/* ---- where they come from ------------------------------------------------ */

static bool
words_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* As they are dialled: what is not said is the venue's own, and who is dialled
 * at a `url` is not asked for a token. */
static const char *
venue_url(const struct config_venue *v)
{
	return v->url[0] ? v->url : v->venue->url;
}

static const char *
venue_token_url(const struct config_venue *v)
{
	if (v->url[0])
		return NULL;
	return v->token_url[0] ? v->token_url : v->venue->token_url;
}

bool
shadow_venue_is_same(const struct config_venue *a,
    const struct config_venue *b)
{
	return strcmp(a->name, b->name) == 0 &&
	    words_equal(venue_url(a), venue_url(b)) &&
	    words_equal(venue_token_url(a), venue_token_url(b));
}

/* Sources of two configs, the same address of another chain is another one. */
static bool
source_is_same(const struct config *x, const struct quote_source *a,
    const struct config *y, const struct quote_source *b)
{
	return a->kind == b->kind && a->has_contract == b->has_contract &&
	    (!a->has_contract || x->chain_id == y->chain_id) &&
	    addr_equal(&a->contract, &b->contract) &&
	    b32_equal(&a->feed, &b->feed) &&
	    ppb_to_raw(a->confidence_max) == ppb_to_raw(b->confidence_max) &&
	    a->window_s == b->window_s &&
	    a->observations_min == b->observations_min &&
	    a->is_inverted == b->is_inverted;
}

bool
shadow_venue_is_other(const struct config *a, const struct config *b,
    const char *venue)
{
	uint16_t x = venue_find_in(a, venue), y = venue_find_in(b, venue);

	return x != SHADOW_NONE && y != SHADOW_NONE &&
	    !shadow_venue_is_same(&a->venue[x], &b->venue[y]);
}

bool
shadow_market_is_other(const struct config *a, const struct config *b,
    const char *venue, const char *symbol)
{
	uint16_t x = shadow_market_find(a, venue, symbol);
	uint16_t y = shadow_market_find(b, venue, symbol);

	return shadow_venue_is_other(a, b, venue) ||
	    (x != SHADOW_NONE && y != SHADOW_NONE &&
	    !source_is_same(a, &a->market[x].source, b, &b->market[y].source));
}

bool
shadow_rate_is_other(const struct config *a, const struct config *b,
    const char *unit)
{
	uint16_t x = shadow_unit_find(a, unit), y = shadow_unit_find(b, unit);

	return x != SHADOW_NONE && y != SHADOW_NONE &&
	    !source_is_same(a, &a->rate[x], b, &b->rate[y]);
}

uint16_t
shadow_instrument_find(const struct config *c, const char *id)
{
	for (size_t i = 0; i < c->instrument_count; i++)
		if (strcmp(c->instrument[i].id, id) == 0)
			return (uint16_t)i;
	return SHADOW_NONE;
}

const char *
shadow_instrument_differs(const struct config *a, uint16_t x,
    const struct config *b, uint16_t y)
{
	const struct config_instrument *i = &a->instrument[x];
	const struct config_instrument *k = &b->instrument[y];
	const struct config_venue *v = &a->venue[i->venue];
	const struct config_venue *w = &b->venue[k->venue];

	if (strcmp(v->name, w->name) != 0)
		return "its venue";
	if (!shadow_venue_is_same(v, w))
		return "its venue's address";
	if (strcmp(i->symbol, k->symbol) != 0)
		return "its symbol";
	if (i->is_usd != k->is_usd)
		return "its `quote`";
	return i->interest != k->interest ? "its `interest`" : NULL;
}

uint16_t
shadow_option_find(const struct config *c, const char *venue,
    const char *symbol)
{
	for (size_t i = 0; i < c->option_count; i++)
		if (strcmp(c->venue[c->option[i].venue].name, venue) == 0 &&
		    strcmp(c->option[i].symbol, symbol) == 0)
			return (uint16_t)i;
	return SHADOW_NONE;
}

const char *
shadow_option_differs(const struct config *a, uint16_t x,
    const struct config *b, uint16_t y)
{
	const struct config_option *i = &a->option[x], *k = &b->option[y];

	if (!shadow_venue_is_same(&a->venue[i->venue], &b->venue[k->venue]))
		return "their venue's address";
	return strcmp(a->prices.unit[i->unit].name,
	    b->prices.unit[k->unit].name) != 0 ? "their unit" : NULL;
}

/* ---- the map ------------------------------------------------------------- */

static uint16_t
venue_map(const struct config *from, size_t venue, const struct config *to)
{
	const struct config_venue *v = &from->venue[venue];
	uint16_t at = venue_find_in(to, v->name);

	return at != SHADOW_NONE && shadow_venue_is_same(v, &to->venue[at]) ?
	    at : SHADOW_NONE;
}

static uint16_t
market_map(const struct config *from, size_t market, uint16_t venue,
    const struct config *to)
{
	const struct config_market *m = &from->market[market];
	uint16_t at = venue == SHADOW_NONE ? SHADOW_NONE :
	    market_find(to, venue, m->symbol);

	return at != SHADOW_NONE && source_is_same(from, &m->source, to,
	    &to->market[at].source) ? at : SHADOW_NONE;
}

/* Whether each family of a's unit is one of b's. */
static bool
options_are_in(const struct config *a, size_t unit, const struct config *b)
{
	for (size_t i = 0; i < a->option_count; i++) {
		const struct config_option *k = &a->option[i];
		uint16_t at;

		if (k->unit != unit)
			continue;
		at = shadow_option_find(b, a->venue[k->venue].name, k->symbol);
		if (at == SHADOW_NONE ||
		    shadow_option_differs(a, (uint16_t)i, b, at))
			return false;
	}
	return true;
}

static void
unit_map(struct shadow_map *out, const struct config *from, size_t unit,
    const struct config *to)
{
	uint16_t at = shadow_unit_find(to, from->prices.unit[unit].name);

	out->unit[unit] = at;
	if (at == SHADOW_NONE)
		return;
	if (source_is_same(from, &from->rate[unit], to, &to->rate[at]))
		out->rate[unit] = at;
	if (options_are_in(from, unit, to) && options_are_in(to, at, from))
		out->terms[unit] = at;
}

void
shadow_map_make(struct shadow_map *out, const struct config *from,
    const struct config *to)
{
	memset(out, 0xff, sizeof(*out));	/* SHADOW_NONE everywhere */
	for (size_t i = 0; i < from->prices.unit_count; i++)
		unit_map(out, from, i, to);
	for (size_t i = 0; i < from->venue_count; i++)
		out->venue[i] = venue_map(from, i, to);
	for (size_t i = 0; i < from->prices.market_count; i++)
		out->market[i] = market_map(from, i,
		    out->venue[from->market[i].venue], to);
	for (size_t i = 0; i < to->instrument_count; i++) {
		const struct config_instrument *k = &to->instrument[i];
		uint16_t at = shadow_instrument_find(from, k->id);

		if (at != SHADOW_NONE && !shadow_instrument_differs(from, at,
		    to, (uint16_t)i))
			out->mark[k->instrument] = k->instrument;
	}
}

/* ---- inputs -------------------------------------------------------------- */

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
		    map->rate, PRICES_UNITS_MAX);
	if (type == WIRE_FORWARD)
		return place_map(&((struct wire_forward *)message)->unit,
		    map->terms, PRICES_UNITS_MAX);
	if (type == WIRE_SLICE)
		return place_map(&((struct wire_slice *)message)->unit,
		    map->terms, PRICES_UNITS_MAX);
	if (type == WIRE_MARK)
		return place_map(&((struct wire_mark *)message)->instrument,
		    map->mark, INSTRUMENTS_MAX);
	/* Of the book, or by name. */
	return type == WIRE_VAULT || type == WIRE_PORTFOLIO ||
	    type == WIRE_BLOCK || type == WIRE_MEMORY_UNIT ||
	    type == WIRE_MEMORY_MARKET || type == WIRE_MEMORY_RATE;
}
