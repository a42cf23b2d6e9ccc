/*~ The config: text to document (doc.c), document to fields by the tables of
 * config_schema.c, units (config_units.c) and venues to a graph
 * (config_markets.c), and here what must hold between fields. */
#include "oracle/config.h"

#include "oracle/config_markets.h"

#include <stdlib.h>
#include <string.h>

static void
signer_check(struct schema *s, const struct config *c,
    const struct doc_node *root)
{
	const struct doc_node *n = doc_find(s->doc, root, "signer");

	if (!c->has_signer || !n)
		return;
	if (c->policy.bound_base_ppb > c->policy.bound_max_ppb)
		doc_error_at(s->errors, n,
		    "signer: `bound.base` is above `bound.max`");
	if (c->validity_ms > c->policy.validity_max_ms)
		doc_error_at(s->errors, n, "signer: `validity_max` is below "
		    "attestation's `validity`");
	if (c->gas_keystore[0] && !c->gas_password_file[0])
		doc_error_at(s->errors, n, "signer: `gas_keystore` needs "
		    "`gas_password_file`");
	if (c->gas_keystore[0] && c->gas.gas_limit_max == 0)
		doc_error_at(s->errors, n,
		    "signer: `gas_keystore` needs `gas`");
	if (c->gas.max_priority_fee_wei > c->gas.max_fee_wei)
		doc_error_at(s->errors, n, "signer: `gas.max_priority_fee` is "
		    "above `gas.max_fee`");
}

static uint32_t
places_for(uint32_t n)
{
	uint32_t places = 1;

	while (places < n)
		places *= 2;
	return places;
}

static void
fields_check(struct schema *s, struct config *c, const struct doc_node *root)
{
	const struct doc_node *chain = doc_find(s->doc, root, "chain");

	signer_check(s, c, root);
	if (c->publish && chain && !c->gas_keystore[0])
		doc_error_at(s->errors, chain,
		    "chain: `publish` needs the signer's `gas_keystore`");
	if (c->publish && chain && !c->has_clearing)
		doc_error_at(s->errors, chain,
		    "chain: `publish` needs `clearing`");
	c->vaults_max = places_for(c->vaults_max);
	c->portfolios_max = places_for(c->portfolios_max);
}

enum err
config_read(struct config *out, const char *text, size_t len,
    const char *file, FILE *errors, unsigned *error_count)
{
	return config_read_at(out, UINT64_MAX, text, len, file, errors,
	    error_count);
}

enum err
config_read_at(struct config *out, uint64_t now_ms, const char *text,
    size_t len, const char *file, FILE *errors, unsigned *error_count)
{
	struct doc_errors e = { .file = file, .out = errors };
	struct config_reader r = { .config = out, .now_ms = now_ms };
	struct schema s = { .errors = &e, .root = &r };
	struct doc *doc = NULL;
	const struct doc_node *root;

	memset(out, 0, sizeof(*out));
	r.scratch = malloc(sizeof(*r.scratch));
	if (!r.scratch) {
		doc_error(&e, 1, 1, "no memory");
	} else if (len > CONFIG_TEXT_MAX) {
		doc_error(&e, 1, 1, "more than %u bytes", CONFIG_TEXT_MAX);
	} else if (doc_read(&doc, text, len, &e) == ERR_OK) {
		s.doc = doc;
		root = doc_root(doc);
		if (!root || doc_is_null(root)) {
			doc_error(&e, 1, 1, "an empty config");
		} else {
			schema_read_map(&s, root, config_keys, out,
			    "the config");
			config_markets_read(&s, &r);
			config_sort_markets(out);
			if (e.count == 0)
				fields_check(&s, out, root);
		}
	}
	doc_free(doc);
	free(r.scratch);
	*error_count = e.count;
	return doc_errors_end(&e);
}
