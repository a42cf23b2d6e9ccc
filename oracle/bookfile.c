/* book.json to margin's book: assets first, then the E-modes that override
 * their rules, then the vaults that use both. */
#include "oracle/bookfile.h"

#include "base/decimal.h"
#include "base/keccak.h"
#include "base/must.h"
#include "contracts-abi/attest.h"
#include "oracle/schema.h"
#include "oracle/suggest.h"

#include <stdlib.h>
#include <string.h>

#define ROW(type, member) .offset = offsetof(struct type, member), \
	.size = sizeof(((struct type *)0)->member)
#define ROW_HAS(type, member) .has = offsetof(struct type, member) + 1
#define DUST_MAX ((u128)1 << 88)	/* the rules blob has 88 bits */

struct reader {
	struct schema schema;
	struct book *book;
	struct bookfile_names *names;
	const struct doc_node *asset_emodes[BOOK_ASSETS_MAX];
};

struct book_row {
	char name[BOOK_NAME_MAX];
	uint64_t chain_id;
	uint64_t block;
	const struct doc_node *assets, *emodes, *vaults;
};

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

struct vault_row {
	bool has_emode;
	char id[BOOK_NAME_MAX], emode[BOOK_NAME_MAX];
	struct addr owner;
	uint64_t nonce;
	uint32_t method, mode;
	const struct doc_node *collateral, *debt;
};

struct leg_row {
	char asset[BOOK_NAME_MAX];
	u128 index;
	const struct doc_node *amount;
};

/* A list or scalar that is read after its map: the row keeps the node. */
static void
node_keep(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base)
{
	(void)s;
	memcpy((char *)base + k->offset, &n, sizeof(n));
}

#define ONE_PPB PPB_ONE_RAW

static const struct schema_key ASSET_KEYS[] = {
	{ .name = "id", .type = SCHEMA_TEXT, ROW(asset_row, id),
	  .help = "the name that legs use" },
	{ .name = "token", .type = SCHEMA_ADDRESS, .is_optional = true,
	  ROW(asset_row, token), ROW_HAS(asset_row, has_token),
	  .help = "without it: the last 20 bytes of keccak256(id)" },
	{ .name = "decimals", .type = SCHEMA_WHOLE, ROW(asset_row, decimals),
	  .min = 0, .max = DECIMALS_MAX, .help = "of the token" },
	{ .name = "price", .type = SCHEMA_TEXT, .is_optional = true,
	  ROW(asset_row, price), ROW_HAS(asset_row, has_price),
	  .help = "entry of the market's prices; default: the id" },
	{ .name = "factor", .type = SCHEMA_TEXT, .is_optional = true,
	  ROW(asset_row, factor), ROW_HAS(asset_row, has_factor),
	  .help = "base factor whose band it moves with; default: the id" },
	{ .name = "ltv", .type = SCHEMA_FACTOR, ROW(asset_row, ltv),
	  .min = 0, .max = ONE_PPB,
	  .help = "share of its value that may be borrowed; at most "
	    "liquidation_threshold" },
	{ .name = "liquidation_threshold", .type = SCHEMA_FACTOR,
	  ROW(asset_row, threshold), .min = 0, .max = ONE_PPB,
	  .help = "share of its value that counts for maintenance" },
	{ .name = "liquidation_bonus", .type = SCHEMA_FACTOR,
	  .fallback = "0.05", ROW(asset_row, bonus), .min = 0, .max = ONE_PPB,
	  .help = "what a liquidator gets on top, of this collateral" },
	{ .name = "close_factor", .type = SCHEMA_FACTOR, .fallback = "0.5",
	  ROW(asset_row, close_factor), .min = 1, .max = ONE_PPB,
	  .help = "share of this debt that one liquidation may repay" },
	{ .name = "debt_weight", .type = SCHEMA_FACTOR, .fallback = "1",
	  ROW(asset_row, debt_weight), .min = ONE_PPB, .max = UINT32_MAX,
	  .help = "what this debt counts for; at least 1" },
	{ .name = "dust", .type = SCHEMA_DECIMAL, .fallback = "100",
	  ROW(asset_row, dust), .help = "USD; a smaller rest of this debt is "
	    "liquidated whole" },
	{ .name = "emode", .type = SCHEMA_CUSTOM, .is_optional = true,
	  ROW(asset_row, emodes), .read = node_keep,
	  .shape = "list of ids of emodes", .help = "E-modes that it is in, "
	    "besides those that list it" },
	{ .name = "group", .type = SCHEMA_TEXT, .is_optional = true,
	  ROW(asset_row, group), .help = "risk group; descriptive" },
	{ .name = "volatility", .type = SCHEMA_DECIMAL, .fallback = "0.6",
	  ROW(asset_row, volatility), .help = "a year; descriptive" },
	{ .name = "adv", .type = SCHEMA_DECIMAL, .fallback = "5000000000",
	  ROW(asset_row, adv), .help = "USD traded a day; descriptive" },
	{ .name = "spread", .type = SCHEMA_DECIMAL, .fallback = "0.0005",
	  ROW(asset_row, spread), .help = "of the price; descriptive" },
	{ .name = "finality_s", .type = SCHEMA_WHOLE, .fallback = "780",
	  ROW(asset_row, finality_s), .help = "seconds; descriptive" },
	{ .name = "rate_of", .type = SCHEMA_LATER,
	  .help = "asset that this one is a rate of" },
	{ .name = "cap", .type = SCHEMA_LATER,
	  .help = "most of it that counts" },
	{ 0 }
};

static const struct schema_key EMODE_KEYS[] = {
	{ .name = "id", .type = SCHEMA_TEXT, ROW(emode_row, id),
	  .help = "the name that vaults use" },
	{ .name = "assets", .type = SCHEMA_CUSTOM, .is_optional = true,
	  ROW(emode_row, assets), .read = node_keep,
	  .shape = "list of ids of assets", .help = "whose rules change" },
	{ .name = "ltv", .type = SCHEMA_FACTOR, ROW(emode_row, ltv),
	  .min = 0, .max = ONE_PPB, .help = "instead of the asset's" },
	{ .name = "liquidation_threshold", .type = SCHEMA_FACTOR,
	  ROW(emode_row, threshold), .min = 0, .max = ONE_PPB,
	  .help = "instead of the asset's" },
	{ .name = "liquidation_bonus", .type = SCHEMA_FACTOR,
	  .is_optional = true, ROW(emode_row, bonus),
	  ROW_HAS(emode_row, has_bonus), .min = 0, .max = ONE_PPB,
	  .help = "instead of the asset's; default: the asset's" },
	{ 0 }
};

static const struct schema_key COLLATERAL_KEYS[] = {
	{ .name = "asset", .type = SCHEMA_TEXT, ROW(leg_row, asset),
	  .help = "id of an asset" },
	{ .name = "amount", .type = SCHEMA_CUSTOM, ROW(leg_row, amount),
	  .read = node_keep, .shape = "decimal", .help = "whole units" },
	{ .name = "lien", .type = SCHEMA_LATER, .help = "id of a lien" },
	{ 0 }
};

static const struct schema_key DEBT_KEYS[] = {
	{ .name = "asset", .type = SCHEMA_TEXT, ROW(leg_row, asset),
	  .help = "id of an asset" },
	{ .name = "amount", .type = SCHEMA_CUSTOM, ROW(leg_row, amount),
	  .read = node_keep, .shape = "decimal", .help = "whole units, in "
	    "shares of the index" },
	{ .name = "index", .type = SCHEMA_DECIMAL, .fallback = "1",
	  ROW(leg_row, index), .help = "debt = amount x index" },
	{ 0 }
};

static const char *const METHOD_WORDS[] = {
	"ratio", "standard", "scenario", "greeks", "var", "es", NULL,
};
static const char *const MODE_WORDS[] = {
	"isolated", "cross", "portfolio", NULL,
};
static const struct schema_key VAULT_KEYS[] = {
	{ .name = "id", .type = SCHEMA_TEXT, ROW(vault_row, id),
	  .help = "its name; keccak256 of it is signed" },
	{ .name = "owner", .type = SCHEMA_ADDRESS,
	  .fallback = "0x0000000000000000000000000000000000000000",
	  ROW(vault_row, owner), .help = "who owns it" },
	{ .name = "nonce", .type = SCHEMA_WHOLE, .fallback = "1",
	  ROW(vault_row, nonce), .help = "counts what made it less healthy" },
	{ .name = "method", .type = SCHEMA_CHOICE, .fallback = "ratio",
	  ROW(vault_row, method), .words = METHOD_WORDS,
	  .help = "only ratio is computed yet" },
	{ .name = "mode", .type = SCHEMA_CHOICE, .fallback = "isolated",
	  ROW(vault_row, mode), .words = MODE_WORDS,
	  .help = "portfolio is not computed yet" },
	{ .name = "emode", .type = SCHEMA_TEXT, .is_optional = true,
	  ROW(vault_row, emode), ROW_HAS(vault_row, has_emode),
	  .help = "id of an emode; each debt must be of its assets" },
	{ .name = "collateral", .type = SCHEMA_CUSTOM, .is_optional = true,
	  ROW(vault_row, collateral), .read = node_keep,
	  .keys = COLLATERAL_KEYS, .shape = "list of the keys below",
	  .help = "what it holds" },
	{ .name = "debt", .type = SCHEMA_CUSTOM, .is_optional = true,
	  ROW(vault_row, debt), .read = node_keep, .keys = DEBT_KEYS,
	  .shape = "list of the keys below", .help = "what it owes" },
	{ .name = "parent", .type = SCHEMA_LATER,
	  .help = "vault that it belongs to" },
	{ .name = "leverage", .type = SCHEMA_LATER, .help = "its limit" },
	{ .name = "positions", .type = SCHEMA_LATER,
	  .help = "in instruments" },
	{ .name = "orders", .type = SCHEMA_LATER, .help = "open ones" },
	{ 0 }
};

static const struct schema_key BOOK_KEYS[] = {
	{ .name = "book", .type = SCHEMA_TEXT, .fallback = "book",
	  ROW(book_row, name), .help = "its name; keccak256 of it is signed" },
	{ .name = "chain_id", .type = SCHEMA_WHOLE, .fallback = "0",
	  ROW(book_row, chain_id), .help = "of its tokens" },
	{ .name = "block", .type = SCHEMA_WHOLE, .fallback = "0",
	  ROW(book_row, block), .help = "of the vaults' last change" },
	{ .name = "assets", .type = SCHEMA_CUSTOM, .keys = ASSET_KEYS,
	  ROW(book_row, assets), .read = node_keep,
	  .shape = "list of the keys below", .help = "and their rules" },
	{ .name = "emodes", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .keys = EMODE_KEYS, ROW(book_row, emodes),
	  .read = node_keep,
	  .shape = "list of the keys below",
	  .help = "other rules for groups of assets" },
	{ .name = "vaults", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .keys = VAULT_KEYS, ROW(book_row, vaults),
	  .read = node_keep,
	  .shape = "list of the keys below", .help = "who holds and owes" },
	{ .name = "instruments", .type = SCHEMA_LATER,
	  .help = "perpetuals, futures, options" },
	{ .name = "liens", .type = SCHEMA_LATER,
	  .help = "collateral that is promised elsewhere" },
	{ 0 }
};

/* ---- lists and names ---------------------------------------------------- */

static bool
list_is(struct reader *r, const struct doc_node *n, const char *what)
{
	if (n->kind == DOC_LIST)
		return true;
	doc_error_at(r->schema.errors, n, "`%s`: %s where a list is expected",
	    what, doc_kind_name(n->kind));
	return false;
}

static bool
asset_find(struct reader *r, uint8_t *out, const struct doc_node *at,
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

static bool
mode_find(struct reader *r, uint8_t *out, const struct doc_node *at,
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
factor_take(struct reader *r, uint8_t *out, const struct doc_node *n,
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
asset_is_double(struct reader *r, const struct asset *a,
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
asset_rules_check(struct reader *r, const struct asset_row *row,
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
asset_read(struct reader *r, const struct doc_node *n)
{
	struct book *b = r->book;
	struct asset a;
	struct asset_row row;
	unsigned before = r->schema.errors->count;

	memset(&a, 0, sizeof(a));
	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, ASSET_KEYS, &row, "an asset");
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
emode_read(struct reader *r, const struct doc_node *n,
    struct emode modes[BOOK_MODES_MAX], u128 members[BOOK_MODES_MAX])
{
	struct book *b = r->book;
	struct emode_row row;
	unsigned before = r->schema.errors->count;
	uint8_t mode = (uint8_t)b->mode_count, asset;
	const struct doc_node *a;

	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, EMODE_KEYS, &row, "an emode");
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
	members[mode] = 0;
	if (!row.assets || !list_is(r, row.assets, "assets"))
		return;
	for (a = doc_first(r->schema.doc, row.assets); a;
	    a = doc_next(r->schema.doc, a))
		if (asset_find(r, &asset, a, a->text, a->text_len))
			members[mode] |= (u128)1 << asset;
}

/* emodes_read fills members with a bit an asset of each mode. */
static void
emodes_read(struct reader *r, const struct doc_node *emodes,
    u128 members[BOOK_MODES_MAX])
{
	struct emode modes[BOOK_MODES_MAX];
	struct book *b = r->book;
	const struct doc_node *n, *list;
	uint8_t mode;

	memset(modes, 0, sizeof(modes));
	if (emodes && list_is(r, emodes, "emodes"))
		for (n = doc_first(r->schema.doc, emodes); n;
		    n = doc_next(r->schema.doc, n))
			emode_read(r, n, modes, members);
	for (size_t i = 0; i < b->asset_count; i++) {
		list = r->asset_emodes[i];
		if (!list || !list_is(r, list, "emode"))
			continue;
		for (n = doc_first(r->schema.doc, list); n;
		    n = doc_next(r->schema.doc, n))
			if (mode_find(r, &mode, n, n->text, n->text_len))
				members[mode] |= (u128)1 << i;
	}
	for (uint8_t m = 1; m < b->mode_count; m++)
		for (uint8_t i = 0; i < b->asset_count; i++)
			if ((members[m] >> i & 1) != 0)
				emode_enter(b, i, m, &modes[m]);
}

/* ---- vaults ------------------------------------------------------------- */

static bool
amount_read(struct reader *r, u128 *out, const struct asset *a,
    const struct doc_node *n)
{
	enum err e = n->kind == DOC_SCALAR ? decimal_to_u128(out, n->text,
	    n->text_len, a->decimals) : ERR_SYNTAX;

	if (e == ERR_OK)
		return true;
	if (n->kind != DOC_SCALAR)
		doc_error_at(r->schema.errors, n, "`amount`: %s where a "
		    "number is expected", doc_kind_name(n->kind));
	else if (e == ERR_RANGE)
		doc_error_at(r->schema.errors, n, "`amount`: %.*s does not fit "
		    "%s's %u decimals", (int)n->text_len, n->text, a->name,
		    a->decimals);
	else
		doc_error_at(r->schema.errors, n, "`amount`: \"%.*s\" is not "
		    "a number such as 12.5", (int)n->text_len, n->text);
	return false;
}

/* leg_insert keeps the side ascending by slot. */
static bool
leg_insert(struct leg *legs, uint8_t *count, const struct leg *leg)
{
	size_t at = *count;

	for (size_t i = 0; i < *count; i++)
		if (legs[i].asset == leg->asset)
			return false;
	while (at > 0 && legs[at - 1].asset > leg->asset) {
		legs[at] = legs[at - 1];
		at--;
	}
	legs[at] = *leg;
	(*count)++;
	return true;
}

static void
leg_read(struct reader *r, struct leg *legs, uint8_t *count,
    const struct doc_node *n, bool is_debt)
{
	struct leg leg = { .index = wad_one() };
	struct leg_row row;
	unsigned before = r->schema.errors->count;

	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, is_debt ? DEBT_KEYS : COLLATERAL_KEYS,
	    &row, "a leg");
	if (r->schema.errors->count != before ||
	    !asset_find(r, &leg.asset, n, row.asset, strlen(row.asset)) ||
	    !amount_read(r, &leg.amount, &r->book->assets[leg.asset],
	    row.amount))
		return;
	if (is_debt && row.index == 0) {
		doc_error_at(r->schema.errors, n, "`index`: zero");
		return;
	}
	if (is_debt)
		leg.index = wad_from_raw(row.index);
	if (*count == BOOK_LEGS_MAX)
		doc_error_at(r->schema.errors, n,
		    "more than %u legs on one side", BOOK_LEGS_MAX);
	else if (!leg_insert(legs, count, &leg))
		doc_error_at(r->schema.errors, n,
		    "asset %s stands twice on one side", row.asset);
}

static void
legs_read(struct reader *r, struct leg *legs, uint8_t *count,
    const struct doc_node *list, bool is_debt)
{
	const struct doc_node *n;

	if (!list || !list_is(r, list, is_debt ? "debt" : "collateral"))
		return;
	for (n = doc_first(r->schema.doc, list); n;
	    n = doc_next(r->schema.doc, n))
		leg_read(r, legs, count, n, is_debt);
}

static void
vault_method_check(struct reader *r, const struct vault_row *row,
    const struct doc_node *n)
{
	if (row->method != METHOD_RATIO)
		doc_error_at(r->schema.errors, n, "vault %s: method `%s` is "
		    "not computed yet", row->id, METHOD_WORDS[row->method]);
	if (strcmp(MODE_WORDS[row->mode], "portfolio") == 0)
		doc_error_at(r->schema.errors, n, "vault %s: mode `portfolio` "
		    "is not computed yet", row->id);
}

static void
vault_emode(struct reader *r, struct vault *v, const struct vault_row *row,
    const struct doc_node *n, const u128 members[BOOK_MODES_MAX])
{
	if (!row->has_emode || !mode_find(r, &v->mode, n, row->emode,
	    strlen(row->emode)))
		return;
	for (size_t i = 0; i < v->debt_count; i++)
		if ((members[v->mode] >> v->debt[i].asset & 1) == 0)
			doc_error_at(r->schema.errors, n, "vault %s: its debt "
			    "%s is not in emode %s", row->id,
			    r->book->assets[v->debt[i].asset].name,
			    row->emode);
}

static void
vault_put(struct reader *r, const struct vault *v, const struct doc_node *n)
{
	uint32_t slot;
	enum err e;

	if (book_find_vault(&slot, r->book, &v->id) == ERR_OK) {
		doc_error_at(r->schema.errors, n, "vault %s stands twice",
		    v->name);
		return;
	}
	e = book_put_vault(&slot, r->book, v);
	if (e == ERR_LIMIT)
		doc_error_at(r->schema.errors, n, "vault %s: no place; there "
		    "are %u", v->name, r->book->vault_capacity);
	else
		MUST(e == ERR_OK);
}

static void
vault_read(struct reader *r, const struct doc_node *n, uint64_t block,
    const u128 members[BOOK_MODES_MAX])
{
	struct vault v;
	struct vault_row row;
	unsigned before = r->schema.errors->count;

	memset(&v, 0, sizeof(v));
	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, VAULT_KEYS, &row, "a vault");
	if (r->schema.errors->count != before)
		return;
	vault_method_check(r, &row, n);
	legs_read(r, v.collateral, &v.collateral_count, row.collateral,
	    false);
	legs_read(r, v.debt, &v.debt_count, row.debt, true);
	vault_emode(r, &v, &row, n, members);
	if (r->schema.errors->count != before)
		return;
	memcpy(v.name, row.id, sizeof(v.name));
	name_id(&v.id, row.id, strlen(row.id));
	v.owner = row.owner;
	v.nonce = row.nonce;
	v.block_number = block;
	v.method = (uint8_t)row.method;
	vault_put(r, &v, n);
}

/* ---- the file ----------------------------------------------------------- */

static void
book_read(struct reader *r, const struct doc_node *root)
{
	u128 members[BOOK_MODES_MAX] = { 0 };
	struct book_row row;
	const struct doc_node *n;
	unsigned before;

	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, root, BOOK_KEYS, &row, "the book");
	memcpy(r->book->name, row.name, sizeof(r->book->name));
	name_id(&r->book->id, row.name, strlen(row.name));
	r->book->chain_id = row.chain_id;
	r->names->block_number = row.block;
	before = r->schema.errors->count;
	if (row.assets && list_is(r, row.assets, "assets"))
		for (n = doc_first(r->schema.doc, row.assets); n;
		    n = doc_next(r->schema.doc, n))
			asset_read(r, n);
	emodes_read(r, row.emodes, members);
	/* With an asset missing, each of its legs would complain. */
	if (r->schema.errors->count != before)
		return;
	if (row.vaults && list_is(r, row.vaults, "vaults"))
		for (n = doc_first(r->schema.doc, row.vaults); n;
		    n = doc_next(r->schema.doc, n))
			vault_read(r, n, row.block, members);
}

enum err
bookfile_read(struct book *b, struct bookfile_names *names, const char *text,
    size_t len, const char *file, FILE *errors)
{
	struct doc_errors e = { .file = file, .out = errors };
	struct reader r = {
		.schema = { .errors = &e }, .book = b, .names = names,
	};
	struct doc *doc = NULL;
	const struct doc_node *root;

	memset(names, 0, sizeof(*names));
	if (len > BOOKFILE_TEXT_MAX) {
		doc_error(&e, 1, 1, "more than %u bytes", BOOKFILE_TEXT_MAX);
	} else if (doc_read(&doc, text, len, &e) == ERR_OK) {
		r.schema.doc = doc;
		root = doc_root(doc);
		if (root && !doc_is_null(root))
			book_read(&r, root);
		else
			doc_error(&e, 1, 1, "an empty book");
	}
	doc_free(doc);
	return doc_errors_end(&e);
}

enum err
bookfile_vault_count(size_t *out, const char *text, size_t len,
    const char *file, FILE *errors)
{
	struct doc_errors quiet = { .file = file };
	struct doc_errors loud = { .file = file, .out = errors };
	const struct doc_node *root, *vaults = NULL;
	struct doc *doc;
	enum err e;

	if (len > BOOKFILE_TEXT_MAX) {
		doc_error(&loud, 1, 1, "more than %u bytes",
		    BOOKFILE_TEXT_MAX);
		return ERR_LIMIT;
	}
	e = doc_read(&doc, text, len, &quiet);
	if (e != ERR_OK)
		e = doc_read(&doc, text, len, &loud);
	if (e != ERR_OK)
		return e;
	root = doc_root(doc);
	if (root)
		vaults = doc_find(doc, root, "vaults");
	*out = vaults ? vaults->count : 0;
	doc_free(doc);
	return ERR_OK;
}

enum err
bookfile_rules_blob(uint8_t out[BOOKFILE_BLOB_MAX], size_t *out_len,
    struct b32 *hash, const struct book *b)
{
	struct rules_asset assets[BOOK_ASSETS_MAX];
	static struct rules_row rows[BOOK_ASSETS_MAX * BOOK_MODES_MAX];
	size_t n = 0;
	enum err e;

	for (size_t i = 0; i < b->asset_count; i++)
		assets[i] = (struct rules_asset){ b->assets[i].token,
		    b->assets[i].decimals };
	for (size_t m = 0; m < b->mode_count; m++)
		for (size_t i = 0; i < b->asset_count; i++) {
			const struct asset_rules *k = &b->assets[i].rules[m];

			rows[n++] = (struct rules_row){
				.ltv_ppb = ppb_to_raw(k->ltv),
				.liquidation_threshold_ppb =
				    ppb_to_raw(k->liquidation_threshold),
				.bonus_ppb = ppb_to_raw(k->bonus),
				.close_factor_ppb =
				    ppb_to_raw(k->close_factor),
				.debt_weight_ppb =
				    ppb_to_raw(k->debt_weight),
				.factor = b->assets[i].factor,
				.dust = (u128)usd18_to_raw(k->dust),
			};
		}
	e = rules_blob_write(out, out_len, assets, b->asset_count, rows,
	    b->mode_count);
	if (e == ERR_OK)
		keccak256(hash, out, *out_len);
	return e;
}

void
bookfile_explain(FILE *out)
{
	schema_explain(out, BOOK_KEYS, "");
}
