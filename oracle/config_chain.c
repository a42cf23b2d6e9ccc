/* What the config says of sources on a chain: a market's own keys by its venue,
 * the rates of wrapped tokens, and what each needs of `chain`. */
#include "oracle/config_chain.h"

#include "oracle/config_units.h"

#include <string.h>

#define CONFIDENCE_MAX_PPB 100000000u	/* 10 %, as Mango's fix had it */

/* Which keys a place has use for; the last two columns say which it needs. */
struct key_rule {
	const char *name;
	bool is_there;
	bool may[VENUE_PYTH + 1];
	bool must[VENUE_PYTH + 1];
};

static void
keys_check(struct schema *s, const struct config_source_row *row,
    const struct venue *v, const struct doc_node *n)
{
	const struct key_rule rules[] = {
		{ "contract", row->has_contract, { [VENUE_CHAINLINK] = true,
		    [VENUE_UNISWAP_V3] = true, [VENUE_PYTH] = true },
		    { [VENUE_CHAINLINK] = true, [VENUE_UNISWAP_V3] = true } },
		{ "window", row->has_window, { [VENUE_UNISWAP_V3] = true },
		    { [VENUE_UNISWAP_V3] = true } },
		{ "observations_min", row->has_observations,
		    { [VENUE_UNISWAP_V3] = true },
		    { [VENUE_UNISWAP_V3] = true } },
		{ "invert", row->has_invert, { [VENUE_UNISWAP_V3] = true },
		    { false } },
		{ "feed", row->has_feed, { [VENUE_PYTH] = true },
		    { [VENUE_PYTH] = true } },
		{ "confidence_max", row->has_confidence,
		    { [VENUE_PYTH] = true }, { false } },
	};

	for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
		const struct key_rule *k = &rules[i];

		if (k->is_there && !k->may[v->place])
			doc_error_at(s->errors, n,
			    "market %.*s: %s has no use for `%s`",
			    (int)n->key_len, n->key, v->name, k->name);
		if (!k->is_there && k->must[v->place])
			doc_error_at(s->errors, n, "market %.*s: needs `%s`",
			    (int)n->key_len, n->key, k->name);
	}
	if (row->window_ms % 1000 != 0)
		doc_error_at(s->errors, n,
		    "market %.*s: `window` is not of whole seconds",
		    (int)n->key_len, n->key);
}

static enum quote_kind
kind_of(enum venue_place place)
{
	switch (place) {
	case VENUE_WEBSOCKET: return QUOTE_NONE;
	case VENUE_CHAINLINK: return QUOTE_AGGREGATOR;
	case VENUE_UNISWAP_V3: return QUOTE_POOL;
	case VENUE_PYTH: return QUOTE_PYTH;
	}
	return QUOTE_NONE;
}

void
config_source_take(struct schema *s, struct quote_source *out,
    const struct config_source_row *row, const struct venue *venue,
    const struct doc_node *n)
{
	keys_check(s, row, venue, n);
	*out = (struct quote_source){
		.kind = kind_of(venue->place),
		.has_contract = row->has_contract,
		.contract = row->contract,
		.feed = row->feed,
		.confidence_max = ppb_from_raw(row->has_confidence ?
		    row->confidence_max : CONFIDENCE_MAX_PPB),
		.window_s = (uint32_t)(row->window_ms / 1000),
		.observations_min = row->observations_min,
		.is_inverted = row->is_inverted,
	};
}

static void
rate_read(struct schema *s, struct config_reader *r, const struct doc_node *n)
{
	static const enum quote_kind kinds[] = {
		[RATE_ERC4626] = QUOTE_ERC4626, [RATE_WSTETH] = QUOTE_WSTETH,
		[RATE_RETH] = QUOTE_RETH, [RATE_CBETH] = QUOTE_CBETH,
	};
	struct config *c = r->config;
	struct config_rate_row row;
	unsigned before = s->errors->count;
	uint16_t unit;

	if (!config_unit_take(s, &unit, &c->prices, n, n->key, n->key_len))
		return;
	memset(&row, 0, sizeof(row));
	schema_read_map(s, n, config_rate_keys, &row, "a rate");
	if (s->errors->count != before)
		return;
	if (!c->prices.unit[unit].wrap.is_wrapped) {
		doc_error_at(s->errors, n, "unit %s: it has no `rate` to tell",
		    c->prices.unit[unit].name);
		return;
	}
	c->rate[unit] = (struct quote_source){ .kind = kinds[row.call],
		.has_contract = true, .contract = row.contract };
}

void
config_rates_read(struct schema *s, struct config_reader *r)
{
	const struct doc_node *n;

	if (!r->rates)
		return;
	if (r->rates->kind != DOC_MAP) {
		doc_error_at(s->errors, r->rates,
		    "`rates`: %s where a map is expected",
		    doc_kind_name(r->rates->kind));
		return;
	}
	for (n = doc_first(s->doc, r->rates); n; n = doc_next(s->doc, n))
		rate_read(s, r, n);
}

static size_t
streamed_count(const struct config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->prices.market_count; i++)
		n += c->market[i].source.kind == QUOTE_PYTH &&
		    !c->market[i].source.has_contract;
	return n;
}

void
config_chain_check(struct schema *s, const struct config_reader *r)
{
	const struct config *c = r->config;

	for (size_t i = 0; i < c->prices.market_count; i++)
		if (c->market[i].source.has_contract && !c->has_chain) {
			doc_error_at(s->errors, r->venues,
			    "market %s: its contract needs the section "
			    "`chain`", c->market[i].symbol);
			return;
		}
	if (c->hermes_token_file[0] && streamed_count(c) == 0)
		doc_error_at(s->errors, r->venues, "`token_file`: no market "
		    "of pyth is streamed");
}

static bool
has_venue(const struct config *c, bool on_chain)
{
	for (size_t i = 0; i < c->venue_count; i++)
		if (venue_is_on_chain(c->venue[i].venue) == on_chain)
			return true;
	return false;
}

bool
config_uses_feeds(const struct config *c)
{
	return has_venue(c, false);
}

bool
config_uses_chain(const struct config *c)
{
	return c->has_chain || has_venue(c, true);
}
