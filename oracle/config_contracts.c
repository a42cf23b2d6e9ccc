/* What venues tell of contracts: the book's instruments, and families of
 * options.  And whether a venue can be dialled for all that is followed. */
#include "oracle/config_schema.h"

#include "oracle/feeds_plan.h"

#include <stdlib.h>
#include <string.h>

/* A dollar of a stablecoin's is none: who lists such a symbol has to say what
 * its figures are in. */
static const char *
stablecoin_in(const char *symbol)
{
	static const char *const NAMES[] = { "USDT", "USDC" };

	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++)
		if (strcasestr(symbol, NAMES[i]))
			return NAMES[i];
	return NULL;
}

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

static bool
mark_quote_take(struct schema *s, struct config_instrument *k,
    const struct prices_config *c, const struct config_instrument_row *row,
    const struct doc_node *n)
{
	const char *coin = stablecoin_in(k->symbol);
	uint16_t unit = PRICES_UNIT_USD;

	if (row->has_quote && !config_unit_take(s, &unit, c, n, row->quote,
	    strlen(row->quote)))
		return false;
	if (!row->has_quote && coin) {
		doc_error_at(s->errors, n, "%s: say what its mark is in, as "
		    "{id: %s, quote: %s}", k->symbol, row->id, coin);
		return false;
	}
	k->is_usd = unit == PRICES_UNIT_USD;
	return true;
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
	    !mark_quote_take(s, &k, &c->prices, &row, n))
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
	const char *coin;

	if (!v->venue->has_options) {
		doc_error_at(s->errors, n, "%s tells of no options", v->name);
		return;
	}
	if (c->option_count == CONFIG_OPTIONS_MAX) {
		doc_error(s->errors, n->key_line, n->key_column,
		    "more than %u families of options", CONFIG_OPTIONS_MAX);
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
	coin = stablecoin_in(k.symbol);
	if (coin)
		doc_error_at(s->errors, n, "%s: its strikes are in %s, not in "
		    "USD", k.symbol, coin);
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

void
config_contracts_read(struct schema *s, struct config_reader *r,
    const struct doc_node *n)
{
	const struct config *c = r->config;
	const struct config_venue *v = &c->venue[c->venue_count - 1];

	if (venue_is_on_chain(v->venue) && doc_find(s->doc, n, "instruments"))
		doc_error_at(s->errors, n, "%s tells of no instruments",
		    v->name);
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

void
config_dials_check(struct schema *s, struct config_reader *r)
{
	struct feeds_plan *p = malloc(sizeof(*p));
	size_t bad = 0;

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
