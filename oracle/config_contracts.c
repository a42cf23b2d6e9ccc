/* What venues tell of contracts: the book's instruments, families of options
 * and single ones.  And whether a venue can be dialled for all that is
 * followed. */
#include "oracle/config_contracts.h"

#include "feeds/venue_contract.h"
#include "feeds/venue_quote.h"
#include "oracle/config_units.h"
#include "oracle/feeds_plan.h"

#include <stdlib.h>
#include <string.h>

/* ---- instruments -------------------------------------------------------- */

static bool
instrument_row(struct schema *s, struct config_instrument_row *row,
    const struct doc_node *n)
{
	unsigned before = s->errors->count;

	memset(row, 0, sizeof(*row));
	schema_apply_fallbacks(config_instrument_keys, row);
	if (n->kind == DOC_MAP)
		schema_read_map(s, n, config_instrument_keys, row,
		    "an instrument");
	else
		(void)schema_read_value(s, &config_instrument_keys[0], n, row);
	return s->errors->count == before;
}

/* A dollar of a coin's is none: where the name does not say USD the file has
 * to say what a mark is in, and may not say USD of one that is in a coin. */
static bool
mark_quote_take(struct schema *s, struct config_instrument *k,
    const struct config *c, const struct config_instrument_row *row,
    const struct doc_node *n)
{
	const struct config_venue *v = &c->venue[k->venue];
	char coin[VENUE_SYMBOL_MAX];
	enum venue_quote told = venue_quote_of_contract(coin, v->venue,
	    k->symbol);
	uint16_t unit = PRICES_UNIT_USD;

	if (row->has_quote && !config_unit_take(s, &unit, &c->prices, n,
	    row->quote, strlen(row->quote)))
		return false;
	k->is_usd = unit == PRICES_UNIT_USD;
	if (told == VENUE_QUOTE_NONE)
		doc_error_at(s->errors, n, "%s: not the name of a perpetual or "
		    "a future of %s", k->symbol, v->name);
	else if (told != VENUE_QUOTE_USD && !row->has_quote)
		doc_error_at(s->errors, n, "%s: say what its mark is in, as "
		    "{id: %s, quote: %s}", k->symbol, row->id,
		    coin[0] ? coin : "UNIT");
	else if (told == VENUE_QUOTE_COIN && k->is_usd)
		doc_error_at(s->errors, n, "%s: its mark is in %s, not in USD",
		    k->symbol, coin[0] ? coin : "a coin");
	else
		return true;
	return false;
}

static bool
id_is_double(const struct config *c, const char *id)
{
	for (size_t i = 0; i < c->instrument_count; i++)
		if (strcmp(c->instrument[i].id, id) == 0)
			return true;
	return false;
}

static void
instrument_read(struct schema *s, struct config *c, const struct doc_node *n)
{
	struct config_instrument k = {
		.venue = (uint16_t)(c->venue_count - 1) };
	struct config_instrument_row row;

	if (c->instrument_count == CONFIG_INSTRUMENTS_MAX) {
		doc_error(s->errors, n->key_line, n->key_column,
		    "more than %u instruments", CONFIG_INSTRUMENTS_MAX);
		return;
	}
	if (!config_name_take(s, k.symbol, sizeof(k.symbol), "symbol", n->key,
	    n->key_len, n->key_line, n->key_column) ||
	    !instrument_row(s, &row, n) ||
	    !mark_quote_take(s, &k, c, &row, n))
		return;
	if (id_is_double(c, row.id)) {
		doc_error_at(s->errors, n, "instrument %s is told twice",
		    row.id);
		return;
	}
	memcpy(k.id, row.id, sizeof(k.id));
	k.interest = row.interest;
	if (k.interest == INTEREST_BASE && !k.is_usd) {
		doc_error_at(s->errors, n, "%s: `interest: base` needs a mark "
		    "in USD", k.symbol);
		return;
	}
	c->instrument[c->instrument_count++] = k;
}

/* ---- options ------------------------------------------------------------ */

static void
option_read(struct schema *s, struct config *c, const struct doc_node *n)
{
	struct config_option k = { .venue = (uint16_t)(c->venue_count - 1) };
	const struct config_venue *v = &c->venue[k.venue];
	char coin[VENUE_SYMBOL_MAX];
	enum venue_quote strikes;

	if (!v->venue->has_options) {
		doc_error_at(s->errors, n, "%s tells of no options", v->name);
		return;
	}
	if (c->option_count == CONFIG_OPTIONS_MAX) {
		doc_error(s->errors, n->key_line, n->key_column,
		    "more than %u rows of options", CONFIG_OPTIONS_MAX);
		return;
	}
	if (n->kind != DOC_SCALAR) {
		doc_error_at(s->errors, n, "%.*s: not the name of a unit",
		    (int)n->key_len, n->key);
		return;
	}
	if (!config_name_take(s, k.symbol, sizeof(k.symbol), "family", n->key,
	    n->key_len, n->key_line, n->key_column) ||
	    !config_unit_take(s, &k.unit, &c->prices, n, n->text,
	    n->text_len))
		return;
	strikes = venue_quote_of_options(coin, v->venue, k.symbol);
	if (strikes == VENUE_QUOTE_NONE)
		doc_error_at(s->errors, n, "%s: neither a family of options "
		    "(options.NAME) nor an option that %s tells of alone",
		    k.symbol, v->name);
	else if (strikes != VENUE_QUOTE_USD)
		doc_error_at(s->errors, n, "%s: its strikes are in %s, not in "
		    "USD", k.symbol, coin[0] ? coin : "a coin");
	else if (k.unit == PRICES_UNIT_USD)
		doc_error_at(s->errors, n, "%s: options on USD", k.symbol);
	else
		c->option[c->option_count++] = k;
}

static void
each_read(struct schema *s, struct config *c, const struct doc_node *venue,
    const char *key, void (*read)(struct schema *s, struct config *c,
    const struct doc_node *n))
{
	const struct doc_node *map = doc_find(s->doc, venue, key);

	if (!map)
		return;
	if (map->kind != DOC_MAP || map->count == 0) {
		doc_error_at(s->errors, map, "%s: `%s` is not a map",
		    c->venue[c->venue_count - 1].name, key);
		return;
	}
	for (const struct doc_node *n = doc_first(s->doc, map); n;
	    n = doc_next(s->doc, n))
		read(s, c, n);
}

/* The same house under another name, where that has marks; else NULL. */
static const struct venue *
venue_with_marks(const struct venue *v)
{
	size_t count;
	const struct venue *table = venue_table(&count);

	for (size_t i = 0; i < count; i++)
		if (table[i].has_marks && strcmp(table[i].operator_name,
		    v->operator_name) == 0)
			return &table[i];
	return NULL;
}

void
config_contracts_read(struct schema *s, struct config_reader *r,
    const struct doc_node *n)
{
	const struct config *c = r->config;
	const struct config_venue *v = &c->venue[c->venue_count - 1];
	const struct doc_node *instruments = doc_find(s->doc, n,
	    "instruments");
	const struct venue *other = venue_with_marks(v->venue);

	if (instruments && !v->venue->has_marks)
		doc_error_at(s->errors, instruments, "%s tells no marks, so "
		    "of no instruments%s%s%s", v->name, other ? "; `" : "",
		    other ? other->name : "", other ? "` does" : "");
	else
		each_read(s, r->config, n, "instruments", instrument_read);
	each_read(s, r->config, n, "options", option_read);
}

/* ---- dials -------------------------------------------------------------- */

static void
plan_check(struct schema *s, const struct config_reader *r,
    const struct feeds_plan *p)
{
	bool told[CONFIG_VENUES_MAX] = { false };

	for (size_t i = 0; i < p->count; i++) {
		const struct doc_node *n = r->venue_node[p->venue[i]];
		enum client_part bad;
		enum err e = client_check(&p->connection[i], &bad);

		if (e == ERR_OK || told[p->venue[i]])
			continue;
		told[p->venue[i]] = true;
		doc_error(s->errors, n->key_line, n->key_column,
		    "%s: %s cannot be used (%s)",
		    r->config->venue[p->venue[i]].name,
		    client_part_name(bad), err_name(e));
	}
}

/* An option's price is in coins: it is followed for its volatility alone. */
static bool
markets_check(struct schema *s, const struct config_reader *r)
{
	const struct config *c = r->config;
	unsigned before = s->errors->count;

	for (size_t i = 0; i < c->prices.market_count; i++) {
		const struct config_venue *v = &c->venue[c->market[i].venue];
		const struct doc_node *n = r->venue_node[c->market[i].venue];

		if (v->venue->has_options &&
		    contract_is_option(c->market[i].symbol))
			doc_error(s->errors, n->key_line, n->key_column,
			    "%s: %s is an option, priced in coins: it is no "
			    "market; see `options`", v->name,
			    c->market[i].symbol);
	}
	return s->errors->count == before;
}

void
config_dials_check(struct schema *s, struct config_reader *r)
{
	struct feeds_plan *p;
	size_t bad = 0;

	if (!markets_check(s, r))
		return;
	p = malloc(sizeof(*p));
	if (!p) {
		doc_error(s->errors, 1, 1, "no memory");
		return;
	}
	if (feeds_plan_make(p, r->config, &bad) == ERR_OK)
		plan_check(s, r, p);
	else
		doc_error(s->errors, r->venue_node[bad]->key_line,
		    r->venue_node[bad]->key_column, "%s: its symbols, with "
		    "those before it, would take more than %u connections",
		    r->config->venue[bad].name, CLIENT_CONNECTIONS_MAX);
	free(p);
}
