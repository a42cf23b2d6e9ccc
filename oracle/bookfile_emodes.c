/* The E-modes of book.json: other rules for groups of assets. */
#include "oracle/bookfile_internal.h"

#include "base/fixed.h"
#include "oracle/suggest.h"

#include <string.h>

#define ONE_PPB PPB_ONE_RAW

struct emode_row {
	char id[BOOK_NAME_MAX];
	bool has_bonus;
	uint32_t ltv, threshold, bonus;
	const struct doc_node *assets;
};

const struct schema_key BOOKFILE_EMODE_KEYS[] = {
	{ .name = "id", .type = SCHEMA_TEXT, SCHEMA_ROW(emode_row, id),
	  .help = "the name that vaults use" },
	{ .name = "assets", .type = SCHEMA_CUSTOM, .is_optional = true,
	  SCHEMA_ROW(emode_row, assets), .read = schema_keep_node,
	  .shape = "list of ids of assets", .help = "whose rules change" },
	{ .name = "ltv", .type = SCHEMA_FACTOR, SCHEMA_ROW(emode_row, ltv),
	  .min = 0, .max = ONE_PPB, .help = "instead of the asset's" },
	{ .name = "liquidation_threshold", .type = SCHEMA_FACTOR,
	  SCHEMA_ROW(emode_row, threshold), .min = 0, .max = ONE_PPB,
	  .help = "instead of the asset's" },
	{ .name = "liquidation_bonus", .type = SCHEMA_FACTOR,
	  .is_optional = true, SCHEMA_ROW(emode_row, bonus),
	  SCHEMA_HAS(emode_row, has_bonus), .min = 0, .max = ONE_PPB,
	  .help = "instead of the asset's; default: the asset's" },
	{ 0 }
};

bool
book_mode_find(struct book_reader *r, uint8_t *out, const struct doc_node *at,
    const char *name, size_t len)
{
	struct suggest nearest = { 0 };
	char hint[SCHEMA_HINT_BUF];

	for (size_t i = 1; i < r->book->mode_count; i++) {
		if (strlen(r->names->mode[i]) == len &&
		    memcmp(r->names->mode[i], name, len) == 0) {
			*out = (uint8_t)i;
			return true;
		}
		if (schema_may_hint(&r->schema))
			suggest_offer(&nearest, name, len, r->names->mode[i]);
	}
	doc_error_at(r->schema.errors, at, "unknown emode `%.*s`%s", (int)len,
	    name, schema_hint(hint, nearest.best));
	return false;
}

struct emode {
	uint32_t ltv, threshold, bonus;
	bool has_bonus;
};

static void
emode_enter(struct book *b, uint8_t asset, uint8_t mode,
    const struct emode *m)
{
	struct asset_rules *rules = &b->assets[asset].rules[mode];

	/* Its row is given: no epoch's haircut may overwrite it. */
	b->assets[asset].risk.modes |= (uint8_t)(1u << mode);
	rules->ltv = ppb_from_raw(m->ltv);
	rules->liquidation_threshold = ppb_from_raw(m->threshold);
	if (m->has_bonus)
		rules->bonus = ppb_from_raw(m->bonus);
}

static void
emode_read(struct book_reader *r, const struct doc_node *n,
    struct emode modes[BOOK_MODES_MAX])
{
	struct book *b = r->book;
	struct emode_row row;
	unsigned before = r->schema.errors->count;
	uint8_t mode = (uint8_t)b->mode_count, asset;
	const struct doc_node *a;

	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, BOOKFILE_EMODE_KEYS, &row, "an emode");
	if (r->schema.errors->count != before)
		return;
	for (size_t i = 1; i < b->mode_count; i++)
		if (strcmp(r->names->mode[i], row.id) == 0) {
			doc_error_at(r->schema.errors, n,
			    "emode %s stands twice", row.id);
			return;
		}
	if (row.ltv > row.threshold) {
		doc_error_at(r->schema.errors, n, "emode %s: `ltv` is above "
		    "`liquidation_threshold`", row.id);
		return;
	}
	if (b->mode_count == BOOK_MODES_MAX) {
		doc_error_at(r->schema.errors, n, "more than %u emodes",
		    BOOK_MODES_MAX - 1);
		return;
	}
	b->mode_count++;
	memcpy(r->names->mode[mode], row.id, BOOK_NAME_MAX);
	modes[mode] = (struct emode){ row.ltv, row.threshold, row.bonus,
	    row.has_bonus };
	r->members[mode] = 0;
	if (!row.assets || !book_list_is(r, row.assets, "assets"))
		return;
	for (a = doc_first(r->schema.doc, row.assets); a;
	    a = doc_next(r->schema.doc, a))
		if (book_asset_find(r, &asset, a, a->text, a->text_len))
			r->members[mode] |= (u128)1 << asset;
}

void
book_emodes_read(struct book_reader *r, const struct doc_node *emodes)
{
	struct emode modes[BOOK_MODES_MAX];
	struct book *b = r->book;
	const struct doc_node *n, *list;
	uint8_t mode;

	memset(modes, 0, sizeof(modes));
	if (emodes && book_list_is(r, emodes, "emodes"))
		for (n = doc_first(r->schema.doc, emodes); n;
		    n = doc_next(r->schema.doc, n))
			emode_read(r, n, modes);
	for (size_t i = 0; i < b->asset_count; i++) {
		list = r->asset_emodes[i];
		if (!list || !book_list_is(r, list, "emode"))
			continue;
		for (n = doc_first(r->schema.doc, list); n;
		    n = doc_next(r->schema.doc, n))
			if (book_mode_find(r, &mode, n, n->text, n->text_len))
				r->members[mode] |= (u128)1 << i;
	}
	for (uint8_t m = 1; m < b->mode_count; m++)
		for (uint8_t i = 0; i < b->asset_count; i++)
			if ((r->members[m] >> i & 1) != 0)
				emode_enter(b, i, m, &modes[m]);
}

