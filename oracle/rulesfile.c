/* rules.yaml to the rules: the preset first, then what the file says. */
#include "oracle/rulesfile_internal.h"

#include "margin/preset.h"
#include "oracle/suggest.h"

#include <string.h>

static void
name_unknown(struct schema *s, const struct doc_node *n, const char *what,
    const struct suggest *nearest)
{
	char hint[SCHEMA_HINT_BUF];

	if (n->kind != DOC_SCALAR)
		doc_error_at(s->errors, n, "`%s`: %s where a name is expected",
		    what, doc_kind_name(n->kind));
	else
		doc_error_at(s->errors, n, "unknown %s `%.*s`%s", what,
		    (int)n->text_len, n->text, schema_hint(hint,
		    nearest->best));
}

static void
preset_take(struct schema *s, struct rules *r, const struct doc_node *n)
{
	struct suggest nearest = { 0 };
	const struct preset *p = n->kind == DOC_SCALAR ?
	    preset_find(n->text, n->text_len) : NULL;

	if (p) {
		preset_apply(r, p);
		return;
	}
	for (size_t i = 0; (p = preset_at(i)) != NULL; i++)
		if (n->kind == DOC_SCALAR)
			suggest_offer(&nearest, n->text, n->text_len, p->name);
	name_unknown(s, n, "preset", &nearest);
}

static void
profile_take(struct schema *s, struct rules *r, const struct doc_node *n)
{
	struct suggest nearest = { 0 };
	const struct rounding_profile *p = n->kind == DOC_SCALAR ?
	    profile_find(n->text, n->text_len) : NULL;

	if (p) {
		r->profile = p;
		return;
	}
	for (size_t i = 0; (p = profile_at(i)) != NULL; i++)
		if (n->kind == DOC_SCALAR)
			suggest_offer(&nearest, n->text, n->text_len, p->name);
	name_unknown(s, n, "profile", &nearest);
}

/* What each number says for itself is checked already; here, whether they fit
 * each other. */
static void
whole_check(struct schema *s, const struct rules *r,
    const struct doc_node *root)
{
	const char *section = rules_check(r);
	const struct doc_node *n = section ? doc_find(s->doc, root, section) :
	    NULL;

	if (section)
		doc_error_at(s->errors, n ? n : root, "`%s`: its numbers do "
		    "not fit each other; margind config explain says how",
		    section);
}

static void
rules_read(struct schema *s, struct rules_row *row,
    const struct doc_node *root)
{
	const struct doc_node *preset = doc_find(s->doc, root, "preset");
	unsigned before = s->errors->count;

	/* The file's other keys stand over it, wherever it stands. */
	if (preset && !doc_is_null(preset))
		preset_take(s, &row->rules, preset);
	schema_read_map(s, root, RULESFILE_KEYS, row, "the rules");
	if (row->has_method) {
		row->rules.has_method = row->method != RULESFILE_METHOD_OWN;
		row->rules.method = row->rules.has_method ?
		    (enum margin_method)row->method : METHOD_RATIO;
	}
	if (row->profile_node)
		profile_take(s, &row->rules, row->profile_node);
	rulesfile_shocks_read(s, row);
	rulesfile_greeks_read(s, row);
	rulesfile_ages_read(s, row);
	rulesfile_floors_read(s, row);
	if (s->errors->count == before)
		whole_check(s, &row->rules, root);
}

enum err
rulesfile_read(struct rules *out, const char *text, size_t len,
    const char *file, FILE *errors)
{
	struct doc_errors e = { .file = file, .out = errors };
	struct schema s = { .errors = &e };
	struct rules_row row;
	const struct doc_node *root;
	struct doc *doc = NULL;

	memset(&row, 0, sizeof(row));
	rules_default(&row.rules);
	if (len > RULESFILE_TEXT_MAX) {
		doc_error(&e, 1, 1, "more than %u bytes", RULESFILE_TEXT_MAX);
	} else if (doc_read(&doc, text, len, &e) == ERR_OK) {
		s.doc = doc;
		root = doc_root(doc);
		if (root && !doc_is_null(root))
			rules_read(&s, &row, root);
	}
	doc_free(doc);
	if (doc_errors_end(&e) != ERR_OK)
		return ERR_SYNTAX;
	rules_seal(&row.rules);
	*out = row.rules;
	return ERR_OK;
}

void
rulesfile_explain(FILE *out)
{
	struct rules_row row;

	memset(&row, 0, sizeof(row));
	rules_default(&row.rules);
	schema_explain(out, RULESFILE_KEYS, "", &row);
}
