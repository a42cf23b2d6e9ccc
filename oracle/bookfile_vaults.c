/* The vaults of book.json: what each holds and owes, and whose it is. */
#include "oracle/bookfile_internal.h"

#include "base/fixed.h"
#include "base/must.h"
#include "contracts-abi/attest.h"

#include <string.h>

struct vault_row {
	bool has_emode, has_parent;
	char id[BOOK_NAME_MAX], emode[BOOK_NAME_MAX], parent[BOOK_NAME_MAX];
	struct addr owner;
	uint64_t nonce;
	uint32_t method, mode;
	struct num18 leverage;
	const struct doc_node *collateral, *debt, *positions, *orders;
};

struct leg_row {
	char asset[BOOK_NAME_MAX], lien[BOOK_NAME_MAX];
	bool has_lien;
	struct wad index;
	const struct doc_node *amount;
};

static const struct schema_key COLLATERAL_KEYS[] = {
	{ .name = "asset", .type = SCHEMA_TEXT, SCHEMA_ROW(leg_row, asset),
	  .help = "id of an asset" },
	{ .name = "amount", .type = SCHEMA_CUSTOM, SCHEMA_ROW(leg_row, amount),
	  .read = schema_keep_node, .shape = "decimal", .help = "whole units" },
	{ .name = "lien", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(leg_row, lien), SCHEMA_HAS(leg_row, has_lien),
	  .help = "id of a lien on the same token, under which it counts" },
	{ 0 }
};

static const struct schema_key DEBT_KEYS[] = {
	{ .name = "asset", .type = SCHEMA_TEXT, SCHEMA_ROW(leg_row, asset),
	  .help = "id of an asset" },
	{ .name = "amount", .type = SCHEMA_CUSTOM, SCHEMA_ROW(leg_row, amount),
	  .read = schema_keep_node, .shape = "decimal",
	  .help = "whole units, in shares of the index" },
	{ .name = "index", .type = SCHEMA_DECIMAL, .fallback = "1",
	  .is_nonzero = true,
	  SCHEMA_ROW(leg_row, index), .help = "debt = amount x index" },
	{ 0 }
};

static const char *const METHOD_WORDS[] = {
	[METHOD_RATIO] = "ratio", [METHOD_STANDARD] = "standard",
	[METHOD_SCENARIO] = "scenario", [METHOD_GREEKS] = "greeks",
	[METHOD_VAR] = "var", [METHOD_ES] = "es", NULL,
};
static const char *const MODE_WORDS[] = {
	[NODE_ISOLATED] = "isolated", [NODE_CROSS] = "cross",
	[NODE_PORTFOLIO] = "portfolio", NULL,
};
const struct schema_key BOOKFILE_VAULT_KEYS[] = {
	{ .name = "id", .type = SCHEMA_TEXT, SCHEMA_ROW(vault_row, id),
	  .help = "its name; keccak256 of it is signed" },
	{ .name = "owner", .type = SCHEMA_ADDRESS,
	  .fallback = "0x0000000000000000000000000000000000000000",
	  SCHEMA_ROW(vault_row, owner), .help = "who owns it" },
	{ .name = "nonce", .type = SCHEMA_WHOLE, .fallback = "1",
	  SCHEMA_ROW(vault_row, nonce),
	  .help = "counts what made it less healthy" },
	{ .name = "method", .type = SCHEMA_CHOICE, .fallback = "ratio",
	  SCHEMA_ROW(vault_row, method), .words = METHOD_WORDS,
	  .help = "how its margin is computed" },
	{ .name = "mode", .type = SCHEMA_CHOICE, .fallback = "isolated",
	  SCHEMA_ROW(vault_row, mode), .words = MODE_WORDS,
	  .help = "who shares its collateral" },
	{ .name = "emode", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(vault_row, emode), SCHEMA_HAS(vault_row, has_emode),
	  .help = "id of an emode; each debt must be of its assets" },
	{ .name = "collateral", .type = SCHEMA_CUSTOM, .is_optional = true,
	  SCHEMA_ROW(vault_row, collateral), .read = schema_keep_node,
	  .keys = COLLATERAL_KEYS, .shape = "list of the keys below",
	  .help = "what it holds" },
	{ .name = "debt", .type = SCHEMA_CUSTOM, .is_optional = true,
	  SCHEMA_ROW(vault_row, debt),
	  .read = schema_keep_node, .keys = DEBT_KEYS,
	  .shape = "list of the keys below", .help = "what it owes" },
	{ .name = "parent", .type = SCHEMA_TEXT, .is_optional = true,
	  SCHEMA_ROW(vault_row, parent), SCHEMA_HAS(vault_row, has_parent),
	  .help = "id of a cross vault that it belongs to" },
	{ .name = "leverage", .type = SCHEMA_DECIMAL, .is_optional = true,
	  .is_nonzero = true, SCHEMA_ROW(vault_row, leverage),
	  .help = "the most that its owner wants, as 10 for 10x" },
	{ .name = "positions", .type = SCHEMA_CUSTOM, .is_optional = true,
	  SCHEMA_ROW(vault_row, positions), .read = schema_keep_node,
	  .keys = BOOKFILE_POSITION_KEYS, .shape = "list of the keys below",
	  .help = "in instruments, one of each" },
	{ .name = "orders", .type = SCHEMA_CUSTOM, .is_optional = true,
	  SCHEMA_ROW(vault_row, orders), .read = schema_keep_node,
	  .keys = BOOKFILE_ORDER_KEYS, .shape = "list of the keys below",
	  .help = "open ones" },
	{ 0 }
};

/* ---- legs --------------------------------------------------------------- */

static bool
lien_find(struct book_reader *r, struct leg *leg, const struct leg_row *row,
    const struct doc_node *n)
{
	const struct lien *l;
	uint32_t i;

	if (!row->has_lien)
		return true;
	if (!book_name_find(r, &i, &r->lien_index, "lien", n, row->lien,
	    strlen(row->lien)))
		return false;
	l = &r->book->liens[i];
	if (l->asset != leg->asset) {
		doc_error_at(r->schema.errors, n, "lien %s is not on the "
		    "token of %s", l->name, row->asset);
		return false;
	}
	leg->lien = (uint16_t)(i + 1);
	return true;
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
leg_read(struct book_reader *r, struct leg *legs, uint8_t *count,
    const struct doc_node *n, bool is_debt)
{
	struct leg leg = { .index = wad_one() };
	struct leg_row row;
	unsigned before = r->schema.errors->count;

	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, is_debt ? DEBT_KEYS : COLLATERAL_KEYS,
	    &row, "a leg");
	if (r->schema.errors->count != before ||
	    !book_asset_find(r, &leg.asset, n, row.asset, strlen(row.asset)) ||
	    !book_amount_read(r, &leg.amount, row.asset,
	    r->book->assets[leg.asset].decimals, row.amount) ||
	    !lien_find(r, &leg, &row, n))
		return;
	if (is_debt)
		leg.index = row.index;
	if (*count == BOOK_LEGS_MAX)
		doc_error_at(r->schema.errors, n,
		    "more than %u legs on one side", BOOK_LEGS_MAX);
	else if (!leg_insert(legs, count, &leg))
		doc_error_at(r->schema.errors, n,
		    "asset %s stands twice on one side", row.asset);
}

static void
legs_read(struct book_reader *r, struct leg *legs, uint8_t *count,
    const struct doc_node *list, bool is_debt)
{
	const struct doc_node *n;

	if (!list || !book_list_is(r, list, is_debt ? "debt" : "collateral"))
		return;
	for (n = doc_first(r->schema.doc, list); n;
	    n = doc_next(r->schema.doc, n))
		leg_read(r, legs, count, n, is_debt);
}

/* ---- vaults ------------------------------------------------------------- */

static void
vault_emode(struct book_reader *r, struct vault *v, const struct vault_row *row,
    const struct doc_node *n)
{
	if (!row->has_emode || !book_mode_find(r, &v->mode, n, row->emode,
	    strlen(row->emode)))
		return;
	for (size_t i = 0; i < v->debt_count; i++)
		if ((r->members[v->mode] >> v->debt[i].asset & 1) == 0)
			doc_error_at(r->schema.errors, n, "vault %s: its debt "
			    "%s is not in emode %s", row->id,
			    r->book->assets[v->debt[i].asset].name,
			    row->emode);
}

static void
vault_put(struct book_reader *r, const struct vault *v,
    const struct doc_node *n)
{
	uint32_t before = r->book->vault_count, slot;
	enum err e = book_put_vault(&slot, r->book, v);

	if (e == ERR_LIMIT) {
		doc_error_at(r->schema.errors, n, "vault %s: no place; there "
		    "are %u", v->name, r->book->vault_capacity);
		return;
	}
	MUST(e == ERR_OK);
	if (r->book->vault_count == before)
		doc_error_at(r->schema.errors, n, "vault %s stands twice",
		    v->name);
}

static void
vault_read(struct book_reader *r, const struct doc_node *n)
{
	struct vault v;
	struct vault_row row;
	unsigned before = r->schema.errors->count;

	memset(&v, 0, sizeof(v));
	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, BOOKFILE_VAULT_KEYS, &row, "a vault");
	if (r->schema.errors->count != before)
		return;
	legs_read(r, v.collateral, &v.collateral_count, row.collateral,
	    false);
	legs_read(r, v.debt, &v.debt_count, row.debt, true);
	vault_emode(r, &v, &row, n);
	book_positions_read(r, &v, row.positions);
	book_orders_read(r, &v, row.orders);
	if (r->schema.errors->count != before)
		return;
	memcpy(v.name, row.id, sizeof(v.name));
	name_id(&v.id, row.id, strlen(row.id));
	v.owner = row.owner;
	v.nonce = row.nonce;
	v.block_number = r->block_number;
	v.method = (uint8_t)row.method;
	v.node = (uint8_t)row.mode;
	v.leverage = row.leverage;
	r->has_parents |= row.has_parent;
	vault_put(r, &v, n);
}

/* ---- the tree ----------------------------------------------------------- */

/* The node of a vault's parent, as far as it names one. */
static const struct doc_node *
parent_node(const struct book_reader *r, const struct doc_node *vault)
{
	const struct doc_node *n = doc_find(r->schema.doc, vault, "parent");

	return n && !doc_is_null(n) ? n : NULL;
}

static void
parent_find(struct book_reader *r, struct vault *v, const struct doc_node *n)
{
	struct b32 id;
	uint32_t slot;

	name_id(&id, n->text, n->text_len);
	if (book_find_vault(&slot, r->book, &id) != ERR_OK)
		doc_error_at(r->schema.errors, n, "vault %s: unknown parent "
		    "`%.*s`", v->name, (int)n->text_len, n->text);
	else
		v->parent = slot + 1;
}

static void
parent_check(struct book_reader *r, uint32_t slot, const struct doc_node *n)
{
	const struct vault *v = &r->book->vaults[slot];
	const char *why = NULL;

	switch (book_check_tree(r->book, slot)) {
	case ERR_OK:
		return;
	case ERR_UNIT:
		why = "is not a cross vault";
		break;
	case ERR_STATE:
		why = "belongs to this vault itself";
		break;
	case ERR_LIMIT:
		why = "has too many parents above it";
		break;
	case ERR_SYNTAX: case ERR_RANGE: case ERR_UNKNOWN: case ERR_MISSING:
	case ERR_DUPLICATE: case ERR_STALE: case ERR_QUORUM: case ERR_REFUSED:
	case ERR_AUTH: case ERR_IO: case ERR_CHAIN:
		break;
	}
	MUST(why);
	doc_error_at(r->schema.errors, n, "vault %s: its parent %.*s %s",
	    v->name, (int)n->text_len, n->text, why);
}

/* A parent may stand behind its children, so vaults come first.  The n-th
 * vault of the file has slot n: the book was empty and none was refused. */
static void
parents_read(struct book_reader *r, const struct doc_node *vaults)
{
	const struct doc_node *n, *p;
	unsigned before = r->schema.errors->count;
	uint32_t slot = 0;

	for (n = doc_first(r->schema.doc, vaults); n;
	    n = doc_next(r->schema.doc, n), slot++)
		if ((p = parent_node(r, n)) != NULL)
			parent_find(r, &r->book->vaults[slot], p);
	if (r->schema.errors->count != before)
		return;
	slot = 0;
	for (n = doc_first(r->schema.doc, vaults); n;
	    n = doc_next(r->schema.doc, n), slot++)
		if ((p = parent_node(r, n)) != NULL)
			parent_check(r, slot, p);
}

void
book_vaults_read(struct book_reader *r, const struct doc_node *vaults)
{
	const struct doc_node *n;
	unsigned before = r->schema.errors->count;

	if (!vaults || !book_list_is(r, vaults, "vaults"))
		return;
	for (n = doc_first(r->schema.doc, vaults); n;
	    n = doc_next(r->schema.doc, n))
		vault_read(r, n);
	if (r->schema.errors->count == before && r->has_parents)
		parents_read(r, vaults);
}
