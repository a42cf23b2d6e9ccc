/* The assets of book.json with their rules and what is known of their risk. */
#include "oracle/bookfile_internal.h"

#include "base/decimal.h"
#include "base/fixed.h"
#include "base/keccak.h"
#include "contracts-abi/attest.h"

#include <string.h>

#define DUST_MAX ((i128)1 << 88)	/* the rules blob has 88 bits */
#define ONE_PPB PPB_ONE_RAW
/* Of a rate without a factor of its own, until all assets are there. */
#define FACTOR_OF_BASE UINT8_MAX

struct asset_row {
	bool has_token, has_price, has_factor, has_ltv, has_threshold;
	bool has_chain_id, has_cap;
	char id[BOOK_NAME_MAX], price[BOOK_NAME_MAX], factor[BOOK_NAME_MAX];
	char group[BOOK_NAME_MAX];
	struct addr token;
	uint8_t decimals;
	uint32_t ltv, threshold, bonus, close_factor, debt_weight;
	struct usd18 dust, adv, cap;
	struct num18 volatility, spread;
	uint32_t finality_s;
	uint64_t chain_id;
	const struct doc_node *emodes, *rate_of;
};

const struct schema_key BOOKFILE_ASSET_KEYS[] = {
	{ .name = "id", .type = SCHEMA_TEXT, SCHEMA_ROW(asset_row, id),
	  .help = "the name that legs use" },
	{ .name = "token", .type = SCHEMA_ADDRESS, .is_optional = true,
	  SCHEMA_ROW(asset_row, token), SCHEMA_HAS(asset_row, has_token),
	  .help = "without it: the last 20 bytes of keccak256(id)" },
	{ .name = "chain_id", .type = SCHEMA_WHOLE, .is_optional = true,
	  SCHEMA_ROW(asset_row, chain_id), SCHEMA_HAS(asset_row, has_chain_id),
	  .help = "of the token; default: the book's" },
	{ .name = "decimals", .type = SCHEMA_WHOLE,
	  SCHEMA_ROW(asset_row, decimals),
	  .min = 0, .max = DECIMALS_MAX, .help = "of the token" },
	{ .name = "price", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(asset_row, price), SCHEMA_HAS(asset_row, has_price),
	  .help = "entry of the market's prices; default: the id" },
	{ .name = "rate_of", .type = SCHEMA_CUSTOM, .is_optional = true,
	  SCHEMA_ROW(asset_row, rate_of), .read = schema_keep_node,
	  .shape = "id of an asset", .help = "its market price is then a rate, "
	    "in whole units of that asset per whole unit; USD = rate x price" },
	{ .name = "factor", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(asset_row, factor), SCHEMA_HAS(asset_row, has_factor),
	  .help = "base factor whose band it moves with; default: the id, or "
	    "the factor of rate_of" },
	{ .name = "ltv", .type = SCHEMA_FACTOR, .is_optional = true,
	  SCHEMA_ROW(asset_row, ltv), SCHEMA_HAS(asset_row, has_ltv),
	  .min = 0, .max = ONE_PPB,
	  .help = "share of its value that may be borrowed; at most "
	    "liquidation_threshold; without both: the dynamic haircut" },
	{ .name = "liquidation_threshold", .type = SCHEMA_FACTOR,
	  .is_optional = true, SCHEMA_ROW(asset_row, threshold),
	  SCHEMA_HAS(asset_row, has_threshold), .min = 0, .max = ONE_PPB,
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
	  SCHEMA_ROW(asset_row, group), .help = "risk group" },
	{ .name = "volatility", .type = SCHEMA_DECIMAL, .fallback = "0.6",
	  SCHEMA_ROW(asset_row, volatility),
	  .help = "a year; the least that a haircut takes" },
	{ .name = "adv", .type = SCHEMA_DECIMAL, .fallback = "5000000000",
	  .is_nonzero = true, SCHEMA_ROW(asset_row, adv),
	  .help = "USD traded a day" },
	{ .name = "spread", .type = SCHEMA_DECIMAL, .fallback = "0.0005",
	  SCHEMA_ROW(asset_row, spread), .help = "share of the price" },
	{ .name = "finality_s", .type = SCHEMA_WHOLE, .fallback = "780",
	  SCHEMA_ROW(asset_row, finality_s), .max = UINT32_MAX,
	  .help = "seconds until its chain does not take a transfer back" },
	{ .name = "cap", .type = SCHEMA_DECIMAL, .is_optional = true,
	  SCHEMA_ROW(asset_row, cap), SCHEMA_HAS(asset_row, has_cap),
	  .help = "USD; most of its value that counts" },
	{ 0 }
};

/* ---- names and amounts -------------------------------------------------- */

bool
book_asset_find(struct book_reader *r, uint8_t *out,
    const struct doc_node *at, const char *name, size_t len)
{
	uint32_t slot;

	if (!book_name_find(r, &slot, &r->asset_index, "asset", at, name, len))
		return false;
	*out = (uint8_t)slot;
	return true;
}

bool
book_factor_take(struct book_reader *r, uint8_t *out,
    const struct doc_node *n, const char name[BOOK_NAME_MAX])
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

bool
book_amount_read(struct book_reader *r, u128 *out, const char *token,
    unsigned decimals, const struct doc_node *n)
{
	enum err e = n->kind == DOC_SCALAR ? decimal_to_u128(out, n->text,
	    n->text_len, decimals) : ERR_SYNTAX;

	if (e == ERR_OK)
		return true;
	if (n->kind != DOC_SCALAR)
		doc_error_at(r->schema.errors, n, "`amount`: %s where a "
		    "number is expected", doc_kind_name(n->kind));
	else if (e == ERR_RANGE)
		doc_error_at(r->schema.errors, n, "`amount`: %.*s does not fit "
		    "%s's %u decimals", (int)n->text_len, n->text, token,
		    decimals);
	else
		doc_error_at(r->schema.errors, n, "`amount`: \"%.*s\" is not "
		    "a number such as 12.5", (int)n->text_len, n->text);
	return false;
}

/* ---- assets ------------------------------------------------------------- */

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
	if (row->has_ltv != row->has_threshold)
		doc_error_at(r->schema.errors, n, "asset %s: `ltv` and "
		    "`liquidation_threshold`: both, or neither for a dynamic "
		    "haircut", row->id);
	else if (row->ltv > row->threshold)
		doc_error_at(r->schema.errors, n, "asset %s: `ltv` is above "
		    "`liquidation_threshold`", row->id);
	else if (usd18_to_raw(row->dust) >= DUST_MAX)
		doc_error_at(r->schema.errors, n,
		    "asset %s: `dust` is above 309 million USD", row->id);
	else
		return true;
	return false;
}

static struct asset_rules
asset_rules_from(const struct asset_row *row)
{
	return (struct asset_rules){
		.ltv = ppb_from_raw(row->ltv),
		.liquidation_threshold = ppb_from_raw(row->threshold),
		.bonus = ppb_from_raw(row->bonus),
		.close_factor = ppb_from_raw(row->close_factor),
		.debt_weight = ppb_from_raw(row->debt_weight),
		.dust = row->dust,
	};
}

static struct asset_risk
asset_risk_from(struct book_reader *r, const struct asset_row *row)
{
	return (struct asset_risk){
		.is_dynamic = !row->has_ltv,
		.has_cap = row->has_cap,
		.volatility = row->volatility,
		.adv = row->adv,
		.spread = row->spread,
		.cap = row->cap,
		.finality_s = row->finality_s,
		.chain_id = row->has_chain_id ? row->chain_id :
		    r->book->chain_id,
	};
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
	a.risk = asset_risk_from(r, &row);
	asset_id(&a.id, a.risk.chain_id, &a.token);
	a.decimals = row.decimals;
	if (asset_is_double(r, &a, n))
		return;
	if (row.rate_of && !row.has_factor)
		a.factor = FACTOR_OF_BASE;
	else if (!book_factor_take(r, &a.factor, n,
	    row.has_factor ? row.factor : row.id))
		return;
	for (size_t i = 0; i < BOOK_MODES_MAX; i++)
		a.rules[i] = asset_rules_from(&row);
	if (b->asset_count == BOOK_ASSETS_MAX) {
		doc_error_at(r->schema.errors, n, "more than %u assets",
		    BOOK_ASSETS_MAX);
		return;
	}
	memcpy(a.risk.group, row.group, sizeof(a.risk.group));
	a.risk.is_stable = strcmp(row.group, "stable") == 0;
	memcpy(r->names->price[b->asset_count],
	    row.has_price ? row.price : row.id, BOOK_NAME_MAX);
	r->asset_node[b->asset_count] = n;
	r->asset_emodes[b->asset_count] = row.emodes;
	r->asset_rate[b->asset_count] = row.rate_of;
	b->assets[b->asset_count++] = a;
	name_index_add(&r->asset_index);
}

/* ---- rates -------------------------------------------------------------- */

static void
rate_read(struct book_reader *r, uint8_t slot)
{
	struct asset *a = &r->book->assets[slot];
	const struct doc_node *n = r->asset_rate[slot];
	uint8_t base;

	if (n->kind != DOC_SCALAR) {
		doc_error_at(r->schema.errors, n, "`rate_of`: %s where the id "
		    "of an asset is expected", doc_kind_name(n->kind));
		return;
	}
	if (!book_asset_find(r, &base, n, n->text, n->text_len))
		return;
	if (base == slot || r->asset_rate[base]) {
		doc_error_at(r->schema.errors, n, "asset %s: `rate_of`: %s is "
		    "a rate itself; a rate is of an asset with a USD price",
		    a->name, r->book->assets[base].name);
		return;
	}
	a->risk.is_rate = true;
	a->risk.rate_of = base;
	if (a->factor == FACTOR_OF_BASE)
		a->factor = r->book->assets[base].factor;
}

/* One entry of the market has one unit: USD, or one asset's. */
static void
price_units_check(struct book_reader *r)
{
	const struct book *b = r->book;

	for (size_t i = 0; i < b->asset_count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct asset_risk *x = &b->assets[i].risk;
			const struct asset_risk *y = &b->assets[k].risk;

			if (strcmp(r->names->price[i], r->names->price[k]) !=
			    0 || (x->is_rate == y->is_rate &&
			    x->rate_of == y->rate_of))
				continue;
			doc_error_at(r->schema.errors, r->asset_node[i],
			    "asset %s: its price `%s` is of another unit for "
			    "asset %s", b->assets[i].name, r->names->price[i],
			    b->assets[k].name);
			break;
		}
}

void
book_assets_read(struct book_reader *r, const struct doc_node *assets)
{
	const struct doc_node *n;
	unsigned before = r->schema.errors->count;

	if (assets && book_list_is(r, assets, "assets"))
		for (n = doc_first(r->schema.doc, assets); n;
		    n = doc_next(r->schema.doc, n))
			asset_read(r, n);
	/* With an asset missing, each rate of it would complain. */
	if (r->schema.errors->count != before)
		return;
	for (size_t i = 0; i < r->book->asset_count; i++)
		if (r->asset_rate[i])
			rate_read(r, (uint8_t)i);
	price_units_check(r);
}

