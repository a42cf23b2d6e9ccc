/* The lists of rules.yaml: scenarios, buckets with correlations, ages. */
#include "oracle/rulesfile_internal.h"

#include "base/fixed.h"
#include "oracle/suggest.h"

#include <string.h>

static bool
kind_is(struct schema *s, const struct doc_node *n, enum doc_kind kind,
    const char *what)
{
	if (n->kind == kind)
		return true;
	doc_error_at(s->errors, n, "`%s`: %s where %s is expected", what,
	    doc_kind_name(n->kind), doc_kind_name(kind));
	return false;
}

/* ---- scenarios ---------------------------------------------------------- */

enum shock_part { PART_GRID, PART_TAILS, PART_SKEWS };

/* Which list a scenario that was there before the file belongs to. */
static enum shock_part
shock_part_of(const struct scenario_shock *k)
{
	if (k->vol == SCENARIO_VOL_LINEAR || k->vol == SCENARIO_VOL_ABS)
		return PART_SKEWS;
	return num18_compare(k->dampening, num18_one()) == 0 ? PART_GRID :
	    PART_TAILS;
}

static void
shocks_append(struct schema *s, struct scenario_shock *out, uint32_t *count,
    uint32_t max, const struct doc_node *list, const char *what)
{
	const struct doc_node *n;

	if (!kind_is(s, list, DOC_LIST, what))
		return;
	for (n = doc_first(s->doc, list); n; n = doc_next(s->doc, n)) {
		if (*count == max) {
			doc_error_at(s->errors, n, "`%s`: more than %u "
			    "scenarios", what, max);
			return;
		}
		memset(&out[*count], 0, sizeof(out[0]));
		schema_read_map(s, n, RULESFILE_SHOCK_KEYS, &out[(*count)++],
		    "a scenario");
	}
}

static void
shocks_keep(struct scenario_rules *out, const struct scenario_rules *was,
    enum shock_part part)
{
	for (uint32_t i = 0; i < was->shock_count; i++)
		if (shock_part_of(&was->shock[i]) == part &&
		    out->shock_count < SCENARIO_SHOCKS_MAX)
			out->shock[out->shock_count++] = was->shock[i];
}

void
rulesfile_shocks_read(struct schema *s, struct rules_row *row)
{
	struct scenario_rules *k = &row->rules.scenario;
	const struct scenario_rules was = *k;
	const struct {
		const struct doc_node *list;
		const char *name;
	} part[] = {
		[PART_GRID] = { row->grid, "grid" },
		[PART_TAILS] = { row->tails, "tails" },
		[PART_SKEWS] = { row->skews, "skews" },
	};

	k->shock_count = 0;
	for (unsigned i = PART_GRID; i <= PART_SKEWS; i++)
		if (part[i].list)
			shocks_append(s, k->shock, &k->shock_count,
			    SCENARIO_SHOCKS_MAX, part[i].list, part[i].name);
		else
			shocks_keep(k, &was, (enum shock_part)i);
	if (row->common) {
		k->common_count = 0;
		shocks_append(s, k->common, &k->common_count,
		    SCENARIO_COMMON_MAX, row->common, "common");
	}
}

/* ---- buckets ------------------------------------------------------------ */

static void
buckets_read(struct schema *s, struct greeks_rules *g,
    const struct doc_node *list)
{
	const struct doc_node *n;

	if (!kind_is(s, list, DOC_LIST, "buckets"))
		return;
	memset(g->bucket, 0, sizeof(g->bucket));
	memset(g->gamma, 0, sizeof(g->gamma));
	g->bucket_count = 0;
	for (n = doc_first(s->doc, list); n; n = doc_next(s->doc, n)) {
		if (g->bucket_count == GREEKS_BUCKETS_MAX) {
			doc_error_at(s->errors, n, "more than %u buckets",
			    GREEKS_BUCKETS_MAX);
			return;
		}
		schema_read_map(s, n, RULESFILE_BUCKET_KEYS,
		    &g->bucket[g->bucket_count], "a bucket");
		g->bucket_count++;
	}
}

static bool
bucket_find(struct schema *s, uint8_t *out, const struct greeks_rules *g,
    const struct doc_node *n)
{
	struct suggest nearest = { 0 };
	char hint[SCHEMA_HINT_BUF];

	if (greeks_bucket_find(out, g, n->key, n->key_len) == ERR_OK)
		return true;
	for (uint8_t i = 0; i < g->bucket_count; i++)
		suggest_offer(&nearest, n->key, n->key_len,
		    g->bucket[i].name);
	doc_error(s->errors, n->key_line, n->key_column,
	    "unknown bucket `%.*s`%s", (int)n->key_len, n->key,
	    schema_hint(hint, nearest.best));
	return false;
}

static void
gamma_row_read(struct schema *s, struct greeks_rules *g, uint8_t i,
    const struct doc_node *map)
{
	static const struct schema_key KEY = {
		.name = "gamma", .type = SCHEMA_SIGNED,
		.size = sizeof(struct num18),
		.min = (uint64_t)-(int64_t)1000000000, .max = 1000000000,
	};
	const struct doc_node *n;
	struct num18 v = num18_zero();
	uint8_t j;

	for (n = doc_first(s->doc, map); n; n = doc_next(s->doc, n))
		if (bucket_find(s, &j, g, n) &&
		    schema_read_value(s, &KEY, n, &v))
			g->gamma[i][j] = g->gamma[j][i] = v;
}

void
rulesfile_greeks_read(struct schema *s, struct rules_row *row)
{
	struct greeks_rules *g = &row->rules.greeks;
	const struct doc_node *n;
	uint8_t i;

	if (row->buckets)
		buckets_read(s, g, row->buckets);
	if (!row->gamma || !kind_is(s, row->gamma, DOC_MAP, "gamma"))
		return;
	for (n = doc_first(s->doc, row->gamma); n; n = doc_next(s->doc, n))
		if (bucket_find(s, &i, g, n) && kind_is(s, n, DOC_MAP,
		    "gamma"))
			gamma_row_read(s, g, i, n);
}

/* ---- ages --------------------------------------------------------------- */

void
rulesfile_ages_read(struct schema *s, struct rules_row *row)
{
	static const struct schema_key KEY = {
		.name = "ages", .type = SCHEMA_DURATION,
		.size = sizeof(uint64_t),
	};
	uint64_t *out = row->rules.call.age_ms;
	const struct doc_node *n;

	if (!row->ages || !kind_is(s, row->ages, DOC_LIST, "ages"))
		return;
	if (row->ages->count != CALL_AGES - 1) {
		doc_error_at(s->errors, row->ages, "`ages`: %u where %u are "
		    "expected", row->ages->count, CALL_AGES - 1);
		return;
	}
	for (n = doc_first(s->doc, row->ages); n; n = doc_next(s->doc, n))
		(void)schema_read_value(s, &KEY, n, out++);
}

/* ---- stress ------------------------------------------------------------- */

static void
floor_take(struct schema *s, struct stress_rules *r, const struct doc_node *n)
{
	struct suggest nearest = { 0 };
	char hint[SCHEMA_HINT_BUF];
	const char *name;

	if (!kind_is(s, n, DOC_SCALAR, "floors"))
		return;
	for (size_t i = 0; (name = shock_name_at(i)) != NULL; i++) {
		if (doc_text_is(n, name)) {
			r->floors |= UINT32_C(1) << i;
			return;
		}
		suggest_offer(&nearest, n->text, n->text_len, name);
	}
	doc_error_at(s->errors, n, "unknown shock `%.*s`%s", (int)n->text_len,
	    n->text, schema_hint(hint, nearest.best));
}

void
rulesfile_floors_read(struct schema *s, struct rules_row *row)
{
	const struct doc_node *n;

	if (!row->floors || !kind_is(s, row->floors, DOC_LIST, "floors"))
		return;
	row->rules.stress.floors = 0;
	for (n = doc_first(s->doc, row->floors); n; n = doc_next(s->doc, n))
		floor_take(s, &row->rules.stress, n);
}
