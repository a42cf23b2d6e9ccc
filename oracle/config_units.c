/* Units: their rules and what a wrapped one is redeemed for; before that, what
 * the other parts of the config take as they do: a name, a unit, a pin. */
#include "oracle/config_units.h"

#include "oracle/suggest.h"

#include <string.h>

/* ---- what all take ------------------------------------------------------ */

bool
config_name_take(struct schema *s, char *out, size_t size, const char *what,
    const char *text, size_t len, uint32_t line, uint32_t column)
{
	if (len == 0 || len >= size) {
		doc_error(s->errors, line, column,
		    "%s `%.*s`: 1 to %zu characters are allowed", what,
		    (int)len, text, size - 1);
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if ((c < '0' || c > '9') && (c < 'A' || c > 'Z') &&
		    (c < 'a' || c > 'z') && !(c && strchr("-_./:@", c))) {
			doc_error(s->errors, line, column, "%s `%.*s`: letters"
			    ", digits and - _ . / : @ only", what, (int)len,
			    text);
			return false;
		}
	}
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

static bool
unit_find(uint16_t *out, const struct prices_config *c, const char *name,
    size_t len)
{
	for (size_t i = 0; i < c->unit_count; i++)
		if (strlen(c->unit[i].name) == len &&
		    memcmp(c->unit[i].name, name, len) == 0) {
			*out = (uint16_t)i;
			return true;
		}
	return false;
}

bool
config_unit_take(struct schema *s, uint16_t *out,
    const struct prices_config *c, const struct doc_node *n, const char *name,
    size_t len)
{
	struct suggest nearest = { 0 };
	char hint[SCHEMA_HINT_BUF];

	if (unit_find(out, c, name, len))
		return true;
	for (size_t i = 0; i < c->unit_count; i++)
		suggest_offer(&nearest, name, len, c->unit[i].name);
	doc_error_at(s->errors, n, "unknown unit `%.*s`%s", (int)len, name,
	    schema_hint(hint, nearest.best));
	return false;
}

void
config_pin_check(struct schema *s, const struct config_reader *r,
    const struct doc_node *n, const char *what, const char *name,
    uint64_t pinned_ms)
{
	if (pinned_ms > r->now_ms)
		doc_error_at(s->errors, doc_find(s->doc, n, "pinned_at"),
		    "%s %s: `pinned_at` lies ahead: it is when somebody saw "
		    "that it is right", what, name);
}

/* ---- units -------------------------------------------------------------- */

static void
unit_require(struct schema *s, const struct doc_node *n, bool has,
    const char *key)
{
	if (!has)
		doc_error_at(s->errors, n,
		    "unit %.*s: the key `%s` is missing", (int)n->key_len,
		    n->key, key);
}

static void
unit_constant(struct schema *s, const struct doc_node *n,
    const struct config_unit_row *row, struct prices_rule *rule)
{
	if (!row->is_unsafe)
		doc_error_at(s->errors, n, "unit %.*s: a `constant` price "
		    "needs `unsafe: true`", (int)n->key_len, n->key);
	if (row->has_quorum || row->has_age || row->has_dispersion ||
	    row->has_band || row->has_rate || row->has_slow)
		doc_error_at(s->errors, n, "unit %.*s: a `constant` price has "
		    "no other rules", (int)n->key_len, n->key);
	if (row->constant == 0)
		doc_error_at(s->errors, n, "unit %.*s: a price of zero",
		    (int)n->key_len, n->key);
	rule->quorum = 1;
	rule->is_constant_unsafe = true;
	rule->constant = px18_from_raw(row->constant);
}

/* What it is redeemed for is looked up once all units are known. */
static void
unit_wrap(struct prices_unit *unit, const struct config_unit_row *row)
{
	if (row->has_rate)
		unit->wrap = (struct prices_wrap){
			.is_wrapped = true,
			.by_rate = row->rate_price == WRAP_BY_RATE,
			.age_max_ms = row->rate_age_max_ms,
			.pinned = px18_from_raw(row->rate_pinned),
			.pinned_ms = row->rate_pinned_ms,
			.growth_max = ppb_from_raw(row->rate_growth_max),
			.fall_max = ppb_from_raw(row->rate_fall_max),
			.gap_max = ppb_from_raw(row->rate_gap_max) };
	if (row->has_slow)
		unit->slow = (struct prices_slow){
			.has_slow = true, .window_ms = row->slow_window_ms,
			.step_max = ppb_from_raw(row->slow_step_max) };
}

static void
unit_read(struct schema *s, struct config_reader *r, const struct doc_node *n)
{
	struct prices_config *c = &r->config->prices;
	struct prices_unit *unit = &c->unit[c->unit_count];
	struct config_unit_row row;
	unsigned before = s->errors->count;

	if (c->unit_count == PRICES_UNITS_MAX) {
		doc_error(s->errors, n->key_line, n->key_column,
		    "more than %u units", PRICES_UNITS_MAX - 1);
		return;
	}
	if (!config_name_take(s, unit->name, sizeof(unit->name), "unit", n->key,
	    n->key_len, n->key_line, n->key_column))
		return;
	if (strcmp(unit->name, "USD") == 0 || strchr(unit->name, '/')) {
		doc_error(s->errors, n->key_line, n->key_column, "unit `%s`: "
		    "USD is always there, and a name has no /", unit->name);
		return;
	}
	r->unit_node[c->unit_count++] = n;
	memset(&row, 0, sizeof(row));
	schema_read_map(s, n, config_unit_keys, &row, unit->name);
	if (s->errors->count != before)
		return;
	if (row.has_constant) {
		unit_constant(s, n, &row, &unit->rule);
		return;
	}
	unit_require(s, n, row.has_quorum, "quorum");
	unit_require(s, n, row.has_age, "age_max");
	unit_require(s, n, row.has_dispersion, "dispersion_max");
	unit_require(s, n, row.has_band, "band_max");
	unit->rule.quorum = row.quorum;
	unit->rule.age_max_ms = row.age_max_ms;
	unit->rule.dispersion_max = ppb_from_raw(row.dispersion_max);
	unit->rule.band_max = ppb_from_raw(row.band_max);
	unit_wrap(unit, &row);
	config_pin_check(s, r, doc_find(s->doc, n, "rate"), "unit",
	    unit->name, unit->wrap.pinned_ms);
}

/* units_wrap: what each wrapped unit is redeemed for. */
static void
units_wrap(struct schema *s, struct config_reader *r)
{
	struct prices_config *c = &r->config->prices;

	for (size_t u = 1; u < c->unit_count; u++) {
		const struct doc_node *of;

		if (!c->unit[u].wrap.is_wrapped)
			continue;
		of = doc_find(s->doc, doc_find(s->doc, r->unit_node[u],
		    "rate"), "of");
		if (config_unit_take(s, &c->unit[u].wrap.of, c, of, of->text,
		    of->text_len) && c->unit[u].wrap.of == PRICES_UNIT_USD)
			doc_error_at(s->errors, of, "unit %s: redeemed for "
			    "USD, which has no price of its own: a `constant` "
			    "says that", c->unit[u].name);
	}
}

void
config_units_read(struct schema *s, struct config_reader *r)
{
	struct prices_config *c = &r->config->prices;
	const struct doc_node *n;

	memcpy(c->unit[PRICES_UNIT_USD].name, "USD", sizeof("USD"));
	c->unit_count = 1;
	if (r->units && r->units->kind != DOC_MAP)
		doc_error_at(s->errors, r->units, "`units`: %s where a map is "
		    "expected", doc_kind_name(r->units->kind));
	else if (r->units)
		for (n = doc_first(s->doc, r->units); n;
		    n = doc_next(s->doc, n))
			unit_read(s, r, n);
	units_wrap(s, r);
}
