#include "oracle/feeds_plan.h"

#include <string.h>

#include "feeds/venue_contract.h"

/* A new connection of a venue; NULL: there is no room for it. */
static struct client_connection *
connection_add(struct feeds_plan *p, const struct config *c, size_t venue)
{
	const struct config_venue *v = &c->venue[venue];
	struct client_connection *k;

	if (p->count == CLIENT_CONNECTIONS_MAX)
		return NULL;
	p->venue[p->count] = (uint16_t)venue;
	p->option[p->count] = FEEDS_PLAN_NONE;
	k = &p->connection[p->count++];
	k->venue = v->venue;
	k->url = v->url[0] ? v->url : NULL;
	k->token_url = v->token_url[0] ? v->token_url : NULL;
	return k;
}

/* Whether one of the connections from `first` on asks for the symbol. */
static bool
symbol_is_asked(const struct feeds_plan *p, size_t first, const char *symbol)
{
	for (size_t i = first; i < p->count; i++)
		for (size_t n = 0; n < p->connection[i].symbol_count; n++)
			if (strcmp(p->connection[i].symbols[n], symbol) == 0)
				return true;
	return false;
}

static bool
is_full(const struct client_connection *k)
{
	unsigned limit = k->venue->symbols_max;

	return k->symbol_count >= (limit == 0 || limit > VENUE_SYMBOLS_MAX ?
	    VENUE_SYMBOLS_MAX : limit);
}

/* Adds a symbol to the venue's connections, which begin at `first`. */
static enum err
symbol_add(struct feeds_plan *p, const struct config *c, size_t venue,
    size_t first, const char *symbol)
{
	struct client_connection *k = p->count > first ?
	    &p->connection[p->count - 1] : NULL;

	if (!k || is_full(k))
		k = connection_add(p, c, venue);
	if (!k)
		return ERR_LIMIT;
	k->symbols[k->symbol_count++] = symbol;
	return ERR_OK;
}

/* Adds a family, or an option to others of its unit, whose connections are
 * among those from `first` on. */
static enum err
option_add(struct feeds_plan *p, const struct config *c, size_t option,
    size_t first)
{
	const struct config_option *o = &c->option[option];
	struct client_connection *k = NULL;

	for (size_t i = first; !contract_is_family(o->symbol) && !k &&
	    i < p->count; i++) {
		const struct config_option *other = p->option[i] ==
		    FEEDS_PLAN_NONE ? NULL : &c->option[p->option[i]];

		if (other && other->unit == o->unit &&
		    !contract_is_family(other->symbol) &&
		    !is_full(&p->connection[i]))
			k = &p->connection[i];
	}
	if (!k) {
		k = connection_add(p, c, o->venue);
		if (!k)
			return ERR_LIMIT;
		p->option[p->count - 1] = (uint16_t)option;
	}
	k->symbols[k->symbol_count++] = o->symbol;
	return ERR_OK;
}

static enum err
venue_plan(struct feeds_plan *p, const struct config *c, size_t venue)
{
	size_t first = p->count;
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < c->prices.market_count; i++) {
		if (c->market[i].venue != venue)
			continue;
		e = symbol_add(p, c, venue, first, c->market[i].symbol);
		p->market[i] = (uint16_t)(p->count - 1);
	}
	for (size_t i = 0; e == ERR_OK && i < c->instrument_count; i++)
		if (c->instrument[i].venue == venue &&
		    !symbol_is_asked(p, first, c->instrument[i].symbol))
			e = symbol_add(p, c, venue, first,
			    c->instrument[i].symbol);
	for (size_t i = 0; e == ERR_OK && i < c->option_count; i++)
		if (c->option[i].venue == venue)
			e = option_add(p, c, i, first);
	return e;
}

enum err
feeds_plan_make(struct feeds_plan *out, const struct config *c, size_t *bad)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < PRICES_MARKETS_MAX; i++)
		out->market[i] = FEEDS_PLAN_NONE;
	for (size_t v = 0; v < c->venue_count; v++) {
		enum err e = c->venue[v].venue->subscribe ?
		    venue_plan(out, c, v) : ERR_OK;

		if (e != ERR_OK) {
			*bad = v;
			return e;
		}
	}
	return ERR_OK;
}
