/* Venues and their markets.  Units and venues name each other, so both are read
 * once the whole file was seen, units first, and then checked as one graph. */
#include "oracle/config_markets.h"

#include "feeds/client_url.h"
#include "feeds/symbol.h"
#include "oracle/config_chain.h"
#include "oracle/config_contracts.h"
#include "oracle/config_units.h"
#include "oracle/suggest.h"

#include <string.h>

/* ---- markets ------------------------------------------------------------ */

static bool
market_is_double(const struct config *c, const struct prices_market *m)
{
	for (size_t i = 0; i < c->prices.market_count; i++) {
		const struct prices_market *o = &c->prices.market[i];

		if (o->venue == m->venue && o->base == m->base &&
		    o->quote == m->quote)
			return true;
	}
	return false;
}

static bool
market_row(struct schema *s, struct config_market_row *row,
    const struct doc_node *n)
{
	unsigned before = s->errors->count;

	memset(row, 0, sizeof(*row));
	schema_apply_fallbacks(config_market_keys, row);
	if (n->kind == DOC_MAP)
		schema_read_map(s, n, config_market_keys, row, "market");
	else
		(void)schema_read_value(s, &config_market_keys[0], n, row);
	return s->errors->count == before;
}

/* A group's number: that of the first market of its name, from 1. */
static uint16_t
correlation_id(const struct config *c, const char *group)
{
	size_t i = 0;

	if (group[0] == '\0')
		return 0;
	while (i < c->prices.market_count &&
	    strcmp(c->market[i].group, group) != 0)
		i++;
	return (uint16_t)(i + 1);
}

static uint16_t
operator_id(const struct venue *v)
{
	size_t count;
	const struct venue *table = venue_table(&count);
	uint16_t i = 0;

	while (strcmp(table[i].operator_name, v->operator_name) != 0)
		i++;
	return i;
}

/* R24: a market of another pair gives a price that looks like one. */
static bool
symbol_check(struct schema *s, const struct config *c,
    const struct prices_market *m, const struct config_market_row *row,
    const char *symbol, const struct doc_node *n)
{
	const char *base = c->prices.unit[m->base].name;
	const char *quote = c->prices.unit[m->quote].name;

	if (row->named[0] != '\0') {
		if (strcmp(row->named, symbol) == 0)
			return true;
		doc_error_at(s->errors, doc_find(s->doc, n, "named"),
		    "market %s: `named` is not the symbol itself", symbol);
		return false;
	}
	if (m->is_inverse ? symbol_names(c->venue[m->venue].name, symbol,
	    quote, base) : symbol_names(c->venue[m->venue].name, symbol, base,
	    quote))
		return true;
	doc_error(s->errors, n->key_line, n->key_column, "market %s: the "
	    "symbol does not say %s/%s; where it is that, {pair: %s, named: "
	    "%s%s}", symbol, m->is_inverse ? quote : base, m->is_inverse ?
	    base : quote, row->pair, symbol, m->is_inverse ?
	    ", inverse: true" : "");
	return false;
}

static void
market_read(struct schema *s, struct config_reader *r,
    const struct doc_node *n)
{
	struct config *c = r->config;
	size_t at = c->prices.market_count;
	uint16_t venue = (uint16_t)(c->venue_count - 1);
	struct prices_market m = {
		.venue = venue,
		.operator_id = operator_id(c->venue[venue].venue),
	};
	struct config_market_row row;
	char symbol[VENUE_SYMBOL_MAX];
	const char *slash;

	if (at == PRICES_MARKETS_MAX) {
		doc_error(s->errors, n->key_line, n->key_column,
		    "more than %u markets", PRICES_MARKETS_MAX);
		return;
	}
	if (!config_name_take(s, symbol, sizeof(symbol), "symbol", n->key,
	    n->key_len, n->key_line, n->key_column) ||
	    !market_row(s, &row, n))
		return;
	slash = strchr(row.pair, '/');
	if (!slash) {
		doc_error_at(s->errors, n,
		    "market %s: `%s` is not a BASE/QUOTE", symbol, row.pair);
		return;
	}
	if (!config_unit_take(s, &m.base, &c->prices, n, row.pair,
	    (size_t)(slash - row.pair)) ||
	    !config_unit_take(s, &m.quote, &c->prices, n, slash + 1,
	    strlen(slash + 1)))
		return;
	config_source_take(s, &c->market[at].source, &row.source,
	    c->venue[venue].venue, n);
	m.weight = row.weight;
	m.age_max_ms = row.age_max_ms;
	m.pinned_ms = row.pinned_ms;
	m.is_inverse = row.is_inverse;
	m.is_by_address = venue_is_on_chain(c->venue[venue].venue);
	m.correlation_id = correlation_id(c, row.group);
	if (!symbol_check(s, c, &m, &row, symbol, n))
		return;
	if (market_is_double(c, &m)) {
		doc_error_at(s->errors, n, "duplicate market: %s has %s twice",
		    c->venue[venue].name, row.pair);
		return;
	}
	c->prices.market[at] = m;
	config_pin_check(s, r, n, "market", symbol, m.pinned_ms);
	c->market[at].venue = venue;
	memcpy(c->market[at].symbol, symbol, sizeof(symbol));
	memcpy(c->market[at].group, row.group, sizeof(row.group));
	c->prices.market_count++;
}

/* ---- venues ------------------------------------------------------------- */

static bool
venue_name_take(struct schema *s, struct config_venue *v,
    const struct doc_node *n)
{
	struct suggest nearest = { 0 };
	char hint[SCHEMA_HINT_BUF];
	size_t count;
	const struct venue *table = venue_table(&count);

	if (venue_retired_find(n->key, n->key_len)) {
		doc_error(s->errors, n->key_line, n->key_column,
		    "venue `%.*s`: %s; its recordings can be replayed",
		    (int)n->key_len, n->key,
		    venue_retired_find(n->key, n->key_len)->retired);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (strlen(table[i].name) == n->key_len &&
		    memcmp(table[i].name, n->key, n->key_len) == 0 &&
		    n->key_len < sizeof(v->name)) {
			v->venue = &table[i];
			memcpy(v->name, n->key, n->key_len);
			v->name[n->key_len] = '\0';
			return true;
		}
		suggest_offer(&nearest, n->key, n->key_len, table[i].name);
	}
	doc_error(s->errors, n->key_line, n->key_column,
	    "unknown venue `%.*s`%s", (int)n->key_len, n->key,
	    schema_hint(hint, nearest.best));
	return false;
}

static void
venue_url_check(struct schema *s, const struct doc_node *n, const char *key,
    const char *url, bool is_http)
{
	const char *scheme = is_http ? "http" : "ws";
	struct client_url parsed;
	enum err e = is_http ? client_url_parse_http(&parsed, url) :
	    client_url_parse(&parsed, url);

	if (e == ERR_REFUSED)
		doc_error_at(s->errors, n, "`%s`: plain %s:// is for "
		    "loopback only: %s", key, scheme, url);
	else if (e != ERR_OK)
		doc_error_at(s->errors, n, "`%s`: not a %s:// or %ss:// "
		    "address: %s", key, scheme, scheme, url);
}

static void
venue_urls(struct schema *s, struct config_venue *v,
    const struct config_venue_row *row, const struct doc_node *n)
{
	const struct doc_node *url = doc_find(s->doc, n, "url");
	const struct doc_node *token = doc_find(s->doc, n, "token_url");

	if (url && row->url[0]) {
		bool is_http = venue_is_on_chain(v->venue);

		if (!v->venue->url)
			doc_error_at(s->errors, url, "`url`: %s has none; "
			    "its nodes are chain's `rpc`", v->name);
		else if (is_http && strchr(row->url, '?'))
			doc_error_at(s->errors, url, "`url`: the query is "
			    "ours to write: %s", row->url);
		else
			venue_url_check(s, url, "url", row->url, is_http);
	}
	if (token && row->token_url[0]) {
		venue_url_check(s, token, "token_url", row->token_url, true);
		if (v->venue->token_url == NULL)
			doc_error_at(s->errors, token, "%s hands out no "
			    "tokens", v->name);
		if (row->url[0])
			doc_error_at(s->errors, token, "%s: with a `url` of "
			    "its own nobody is asked for a token", v->name);
	}
	memcpy(v->url, row->url, sizeof(v->url));
	memcpy(v->token_url, row->token_url, sizeof(v->token_url));
}

static void
venue_token_take(struct schema *s, struct config *c, const struct venue *v,
    const struct config_venue_row *row, const struct doc_node *n)
{
	if (!row->has_token)
		return;
	if (v->place != VENUE_PYTH)
		doc_error_at(s->errors, n, "%s: `token_file` is for pyth",
		    v->name);
	else
		memcpy(c->hermes_token_file, row->token_file,
		    sizeof(c->hermes_token_file));
}

static void
venue_read(struct schema *s, struct config_reader *r, const struct doc_node *n)
{
	struct config *c = r->config;
	struct config_venue *v = &c->venue[c->venue_count];
	const struct doc_node *markets, *m;
	struct config_venue_row row;

	if (c->venue_count == CONFIG_VENUES_MAX) {
		doc_error(s->errors, n->key_line, n->key_column,
		    "more than %u venues", CONFIG_VENUES_MAX);
		return;
	}
	if (!venue_name_take(s, v, n))
		return;
	r->venue_node[c->venue_count++] = n;
	memset(&row, 0, sizeof(row));
	schema_read_map(s, n, config_venue_keys, &row, v->name);
	venue_urls(s, v, &row, n);
	venue_token_take(s, c, v->venue, &row, n);
	markets = doc_find(s->doc, n, "markets");
	if (!markets && !doc_find(s->doc, n, "instruments") &&
	    !doc_find(s->doc, n, "options"))
		doc_error_at(s->errors, n, "%s: no `markets`, `instruments` "
		    "or `options`", v->name);
	if (markets && (markets->kind != DOC_MAP || markets->count == 0)) {
		doc_error_at(s->errors, markets,
		    "%s: `markets` is not a map of symbols", v->name);
		return;
	}
	for (m = markets ? doc_first(s->doc, markets) : NULL; m;
	    m = doc_next(s->doc, m))
		market_read(s, r, m);
	config_contracts_read(s, r, n);
}

/* ---- the graph ---------------------------------------------------------- */

static void
graph_check(struct schema *s, struct config_reader *r)
{
	const struct prices_config *c = &r->config->prices;
	size_t bad = 0;
	enum err e = prices_init(r->scratch, c, &bad);
	const struct doc_node *n = bad > 0 ? r->unit_node[bad] : r->venues;
	const char *name = c->unit[bad].name;

	if (e == ERR_OK)
		return;
	if (!n)
		n = r->units;
	if (e == ERR_UNIT && bad == PRICES_UNIT_USD)
		doc_error_at(s->errors, n, "USD is what prices are in: no "
		    "market may price it");
	else if (e == ERR_UNIT)
		doc_error(s->errors, n->key_line, n->key_column,
		    "unit %s: its markets lead back to itself", name);
	else if (e == ERR_MISSING)
		doc_error(s->errors, n->key_line, n->key_column,
		    "unit %s: no market prices it", name);
	else if (e == ERR_LIMIT)
		doc_error(s->errors, n->key_line, n->key_column,
		    "unit %s: too many markets price it", name);
	else
		doc_error(s->errors, n->key_line, n->key_column,
		    "unit %s: a rule or weight out of its bounds", name);
}

void
config_markets_read(struct schema *s, struct config_reader *r)
{
	unsigned before = s->errors->count;
	const struct doc_node *n;

	config_units_read(s, r);
	if (r->venues && r->venues->kind != DOC_MAP)
		doc_error_at(s->errors, r->venues, "`venues`: %s where a map "
		    "is expected", doc_kind_name(r->venues->kind));
	else if (r->venues)
		for (n = doc_first(s->doc, r->venues); n;
		    n = doc_next(s->doc, n))
			venue_read(s, r, n);
	config_rates_read(s, r);
	config_chain_check(s, r);
	/* A graph with holes would only repeat what was said already. */
	if (s->errors->count == before && r->units)
		graph_check(s, r);
	if (s->errors->count == before)
		config_dials_check(s, r);
}
