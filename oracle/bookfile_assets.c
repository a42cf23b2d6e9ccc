/* The assets of book.json with their rules, and the E-modes over them. */
#include "oracle/bookfile_internal.h"

#include "base/fixed.h"
#include "base/keccak.h"
#include "contracts-abi/attest.h"
#include "oracle/suggest.h"

#include <string.h>

#define DUST_MAX ((u128)1 << 88)	/* the rules blob has 88 bits */
#define ONE_PPB PPB_ONE_RAW

struct asset_row {
	bool has_token, has_price, has_factor;
	char id[BOOK_NAME_MAX], price[BOOK_NAME_MAX], factor[BOOK_NAME_MAX];
	char group[BOOK_NAME_MAX];
	struct addr token;
	uint8_t decimals;
	uint32_t ltv, threshold, bonus, close_factor, debt_weight;
	u128 dust, volatility, adv, spread;
	uint64_t finality_s;
	const struct doc_node *emodes;
};

struct emode_row {
	char id[BOOK_NAME_MAX];
	bool has_bonus;
	uint32_t ltv, threshold, bonus;
	const struct doc_node *assets;
};

const struct schema_key BOOKFILE_ASSET_KEYS[] = {
	{ .name = "id", .type = SCHEMA_TEXT, SCHEMA_ROW(asset_row, id),
	  .help = "the name that legs use" },
	{ .name = "token", .type = SCHEMA_ADDRESS, .is_optional = true,
	  SCHEMA_ROW(asset_row, token), SCHEMA_HAS(asset_row, has_token),
	  .help = "without it: the last 20 bytes of keccak256(id)" },
	{ .name = "decimals", .type = SCHEMA_WHOLE,
	  SCHEMA_ROW(asset_row, decimals),
	  .min = 0, .max = DECIMALS_MAX, .help = "of the token" },
	{ .name = "price", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(asset_row, price), SCHEMA_HAS(asset_row, has_price),
	  .help = "entry of the market's prices; default: the id" },
	{ .name = "factor", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(asset_row, factor), SCHEMA_HAS(asset_row, has_factor),
	  .help = "base factor whose band it moves with; default: the id" },
	{ .name = "ltv", .type = SCHEMA_FACTOR, SCHEMA_ROW(asset_row, ltv),
	  .min = 0, .max = ONE_PPB,
	  .help = "share of its value that may be borrowed; at most "
	    "liquidation_threshold" },
	{ .name = "liquidation_threshold", .type = SCHEMA_FACTOR,
	  SCHEMA_ROW(asset_row, threshold), .min = 0, .max = ONE_PPB,
	  .help = "share of its value that counts for maintenance" },
	{ .name = "liquidation_bonus", .type = SCHEMA_FACTOR,
	  .fallback = "0.05",
	  SCHEMA_ROW(asset_row, bonus), .min = 0, .max = ONE_PPB,
	  .help = "what a liquidator gets on top, of this collateral" },
	{ .name = "close_factor", .type = SCHEMA_FACTOR, .fallback = "0.5",
	  SCHEMA_ROW(asset_row, close_factor), .min = 1, .max = ONE_PPB,
	  .help = "share of this debt that one liquidation may repay" },
	{ .name = "debt_weight", .type = SCHEMA_FACTOR, .fallback = "1",
	  SCHEMA_ROW(asset_row, debt_weight), .min = ONE_PPB, .max = UINT32_MAX,
	  .help = "what this debt counts for; at least 1" },
	{ .name = "dust", .type = SCHEMA_DECIMAL, .fallback = "100",
	  SCHEMA_ROW(asset_row, dust),
	  .help = "USD; a smaller rest of this debt is "
	    "liquidated whole" },
	{ .name = "emode", .type = SCHEMA_CUSTOM, .is_optional = true,
	  SCHEMA_ROW(asset_row, emodes), .read = schema_keep_node,
	  .shape = "list of ids of emodes", .help = "E-modes that it is in, "
	    "besides those that list it" },
	{ .name = "group", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(asset_row, group), .help = "risk group; descriptive" },
	{ .name = "volatility", .type = SCHEMA_DECIMAL, .fallback = "0.6",
	  SCHEMA_ROW(asset_row, volatility), .help = "a year; descriptive" },
	{ .name = "adv", .type = SCHEMA_DECIMAL, .fallback = "5000000000",
	  SCHEMA_ROW(asset_row, adv), .help = "USD traded a day; descriptive" },
	{ .name = "spread", .type = SCHEMA_DECIMAL, .fallback = "0.0005",
	  SCHEMA_ROW(asset_row, spread), .help = "of the price; descriptive" },
	{ .name = "finality_s", .type = SCHEMA_WHOLE, .fallback = "780",
	  SCHEMA_ROW(asset_row, finality_s), .help = "seconds; descriptive" },
	{ .name = "rate_of", .type = SCHEMA_LATER,
	  .help = "asset that this one is a rate of" },
	{ .name = "cap", .type = SCHEMA_LATER,
	  .help = "most of it that counts" },
	{ 0 }
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


/* ---- names -------------------------------------------------------------- */

bool
book_asset_find(struct book_reader *r, uint8_t *out, const struct doc_node *at,
    const char *name, size_t len)
{
	struct suggest nearest = { 0 };
	char hint[SCHEMA_HINT_BUF];
	const struct book *b = r->book;

	for (size_t i = 0; i < b->asset_count; i++)
		if (strncmp(b->assets[i].name, name, len) == 0 &&
		    b->assets[i].name[len] == '\0') {
			*out = (uint8_t)i;
			return true;
		}
	for (size_t i = 0; i < b->asset_count; i++)
		suggest_offer(&nearest, name, len, b->assets[i].name);
	doc_error_at(r->schema.errors, at, "unknown asset `%.*s`%s", (int)len,
	    name, schema_hint(hint, nearest.best));
	return false;
}

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
		suggest_offer(&nearest, name, len, r->names->mode[i]);
	}
	doc_error_at(r->schema.errors, at, "unknown emode `%.*s`%s", (int)len,
	    name, schema_hint(hint, nearest.best));
	return false;
}

/* ---- assets ------------------------------------------------------------- */

static bool
factor_take(struct book_reader *r, uint8_t *out, const struct doc_node *n,
    const char *name)
{
	struct book *b = r->book;

	for (size_t i = 0; i < b->factor_count; i++)
		if (strcmp(r->names->factor[i], name) == 0) {
			*out = (uint8_t)i;
			return true;
		}
	if (b->factor_count == BOOK_FACTORS_MAX) {
		doc_error_at(r->schema.errors, n, "more than %u factors",
		    BOOK_FACTORS_MAX);
		return false;
	}
	memcpy(r->names->factor[b->factor_count], name, BOOK_NAME_MAX);
	*out = (uint8_t)b->factor_count++;
	return true;
}

static bool
asset_is_double(struct book_reader *r, const struct asset *a,
    const struct doc_node *n)
{
	const struct book *b = r->book;

	for (size_t i = 0; i < b->asset_count; i++) {
		if (strcmp(b->assets[i].name, a->name) == 0)
			doc_error_at(r->schema.errors, n,
			    "asset %s stands twice", a->name);
		else if (b32_equal(&b->assets[i].id, &a->id))
			doc_error_at(r->schema.errors, n, "assets %s and %s "
			    "are the same token", b->assets[i].name, a->name);
		else
			continue;
		return true;
	}
	return false;
}

static void
asset_token(struct asset *a, const struct asset_row *row)
{
	struct b32 h;

	a->token = row->token;
	if (row->has_token)
		return;
	keccak256(&h, row->id, strlen(row->id));
	memcpy(a->token.b, h.b + 12, sizeof(a->token.b));
}

static bool
asset_rules_check(struct book_reader *r, const struct asset_row *row,
    const struct doc_node *n)
{
	if (row->ltv > row->threshold)
		doc_error_at(r->schema.errors, n, "asset %s: `ltv` is above "
		    "`liquidation_threshold`", row->id);
	else if (row->dust >= DUST_MAX)
		doc_error_at(r->schema.errors, n,
		    "asset %s: `dust` is above 309 million USD", row->id);
	else
		return true;
	return false;
}

static void
asset_read(struct book_reader *r, const struct doc_node *n)
{
	struct book *b = r->book;
	struct asset a;
	struct asset_row row;
	unsigned before = r->schema.errors->count;

	memset(&a, 0, sizeof(a));
	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, BOOKFILE_ASSET_KEYS, &row, "an asset");
	if (r->schema.errors->count != before ||
	    !asset_rules_check(r, &row, n))
		return;
	memcpy(a.name, row.id, sizeof(a.name));
	asset_token(&a, &row);
	asset_id(&a.id, b->chain_id, &a.token);
	a.decimals = row.decimals;
	if (asset_is_double(r, &a, n) || !factor_take(r, &a.factor, n,
	    row.has_factor ? row.factor : row.id))
		return;
	for (size_t i = 0; i < BOOK_MODES_MAX; i++)
		a.rules[i] = (struct asset_rules){
			.ltv = ppb_from_raw(row.ltv),
			.liquidation_threshold = ppb_from_raw(row.threshold),
			.bonus = ppb_from_raw(row.bonus),
			.close_factor = ppb_from_raw(row.close_factor),
			.debt_weight = ppb_from_raw(row.debt_weight),
			.dust = usd18_from_raw((i128)row.dust),
		};
	if (b->asset_count == BOOK_ASSETS_MAX) {
		doc_error_at(r->schema.errors, n, "more than %u assets",
		    BOOK_ASSETS_MAX);
		return;
	}
	memcpy(r->names->price[b->asset_count],
	    row.has_price ? row.price : row.id, BOOK_NAME_MAX);
	r->asset_emodes[b->asset_count] = row.emodes;
	b->assets[b->asset_count++] = a;
}

void
book_assets_read(struct book_reader *r, const struct doc_node *assets)
{
	const struct doc_node *n;

	if (assets && book_list_is(r, assets, "assets"))
		for (n = doc_first(r->schema.doc, assets); n;
		    n = doc_next(r->schema.doc, n))
			asset_read(r, n);
}

/* ---- E-modes ------------------------------------------------------------ */

struct emode {
	uint32_t ltv, threshold, bonus;
	bool has_bonus;
};

static void
emode_enter(struct book *b, uint8_t asset, uint8_t mode,
    const struct emode *m)
{
	struct asset_rules *rules = &b->assets[asset].rules[mode];

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

