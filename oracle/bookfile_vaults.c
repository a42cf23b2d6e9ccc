/* The vaults of book.json: what each holds and owes, and whose it is. */
#include "oracle/bookfile_internal.h"

#include "base/fixed.h"
#include "base/must.h"
#include "contracts-abi/attest.h"

#include <stdlib.h>
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

/* A vault finds its place, or none, or another of its id there. */
static enum err
vault_store(struct book_reader *r, const struct vault *v)
{
	const struct bookfile_sink *to = r->sink;
	uint32_t before = r->book->vault_count, slot;
	enum err e;

	if (!to) {
		e = book_put_vault(&slot, r->book, v);
		return e == ERR_OK && r->book->vault_count == before ?
		    ERR_DUPLICATE : e;
	}
	MUST(book_check_vault(r->book, v) == ERR_OK);
	if (to->ids)
		return bookfile_ids_add(to->ids, &v->id, v->name,
		    strlen(v->name));
	return r->vaults_read < to->vaults_max ? ERR_OK : ERR_LIMIT;
}

static void
vault_put(struct book_reader *r, const struct vault *v,
    const struct doc_node *n)
{
	enum err e = vault_store(r, v);

	if (e == ERR_LIMIT) {
		doc_error_at(r->schema.errors, n, "vault %s: no place; there "
		    "are %u", v->name, r->sink ? r->sink->vaults_max :
		    r->book->vault_capacity);
		return;
	}
	if (e == ERR_DUPLICATE) {
		doc_error_at(r->schema.errors, n, "vault %s stands twice",
		    v->name);
		return;
	}
	MUST(e == ERR_OK);
	r->vaults_read++;
}

/* What a vault without a place is told of, once nothing was wrong so far. */
static void
vault_tell(struct book_reader *r, struct vault *v, bool has_parent)
{
	const struct bookfile_sink *to = r->sink;

	if (!to || !to->each || r->schema.errors->count > 0)
		return;
	v->parent = has_parent ? UINT32_MAX : 0;
	r->stop = to->each(to->arg, v);
}

static void
vault_read(struct book_reader *r, const struct doc_node *n)
{
	struct vault v;
	struct vault_row row;
	unsigned before = r->schema.errors->count;

	/* Nobody keeps what a vault without a place points to. */
	if (r->sink)
		r->book->position_count = r->book->order_count = 0;
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
	vault_tell(r, &v, row.has_parent);
}

/* ---- the tree ----------------------------------------------------------- */

/* What the tree needs to know of a vault. */
struct tree_row {
	uint32_t parent;	/* 1 + row; 0: none */
	bool is_cross;
};

/* vault_next goes on to the next vault of the file, which the schema reads
 * from then on. */
static const struct doc_node *
vault_next(struct book_reader *r, struct doc_items *i)
{
	const struct doc_node *n = doc_items_next(i);

	r->schema.doc = n ? i->doc : i->whole;
	if (i->failed)
		r->stop = ERR_LIMIT;
	return n;
}

/* The value of a vault's key, or NULL where it has none. */
static const struct doc_node *
vault_key(const struct book_reader *r, const struct doc_node *vault,
    const char *key)
{
	const struct doc_node *n = doc_find(r->schema.doc, vault, key);

	return n && !doc_is_null(n) ? n : NULL;
}

static void
parent_complain(struct book_reader *r, const struct doc_node *vault,
    const struct doc_node *parent, const char *before, const char *after)
{
	const struct doc_node *id = vault_key(r, vault, "id");

	doc_error_at(r->schema.errors, parent, "vault %.*s: %s%.*s%s",
	    (int)id->text_len, id->text, before, (int)parent->text_len,
	    parent->text, after);
}

static void
parent_find(struct book_reader *r, struct tree_row *row,
    const struct doc_node *vault, const struct doc_node *parent)
{
	struct b32 id;
	uint32_t slot;

	name_id(&id, parent->text, parent->text_len);
	if (r->sink ? bookfile_ids_find(r->sink->ids, &slot, &id) :
	    book_find_vault(&slot, r->book, &id) == ERR_OK)
		row->parent = slot + 1;
	else
		parent_complain(r, vault, parent, "unknown parent `", "`");
}

/* tree_check is book_check_tree of rows: why a vault's parent cannot be one,
 * or NULL. */
static const char *
tree_check(const struct tree_row *tree, uint32_t slot)
{
	uint32_t at = tree[slot].parent;

	if (at != 0 && !tree[at - 1].is_cross)
		return " is not a cross vault";
	for (unsigned i = 0; at != 0; i++) {
		if (at - 1 == slot)
			return " belongs to this vault itself";
		if (i == BOOK_ANCESTORS_MAX)
			return " has too many parents above it";
		at = tree[at - 1].parent;
	}
	return NULL;
}

/* A parent may stand behind its children, so vaults come first.  The n-th
 * vault of the file has row and slot n: none was there and none refused. */
static void
parents_find(struct book_reader *r, struct tree_row *tree,
    const struct doc_node *vaults)
{
	const struct doc_node *n, *p;
	struct doc_items i;

	doc_items_begin(&i, r->schema.doc, vaults);
	for (uint32_t at = 0; (n = vault_next(r, &i)) != NULL; at++) {
		const struct doc_node *mode = vault_key(r, n, "mode");

		MUST(at < r->vaults_read);
		tree[at].is_cross = mode && doc_text_is(mode,
		    MODE_WORDS[NODE_CROSS]);
		if ((p = vault_key(r, n, "parent")) != NULL)
			parent_find(r, &tree[at], n, p);
		if (!r->sink)
			r->book->vaults[at].parent = tree[at].parent;
	}
}

static void
parents_check(struct book_reader *r, const struct tree_row *tree,
    const struct doc_node *vaults)
{
	const struct doc_node *n;
	struct doc_items i;
	const char *why;

	doc_items_begin(&i, r->schema.doc, vaults);
	for (uint32_t at = 0; (n = vault_next(r, &i)) != NULL; at++)
		if (tree[at].parent != 0 && (why = tree_check(tree, at)))
			parent_complain(r, n, vault_key(r, n, "parent"),
			    "its parent ", why);
}

static void
parents_read(struct book_reader *r, const struct doc_node *vaults)
{
	struct tree_row *tree = calloc(r->vaults_read, sizeof(*tree));
	unsigned before = r->schema.errors->count;

	if (!tree) {
		r->stop = ERR_LIMIT;
		return;
	}
	parents_find(r, tree, vaults);
	if (r->schema.errors->count == before)
		parents_check(r, tree, vaults);
	free(tree);
}

void
book_vaults_read(struct book_reader *r, const struct doc_node *vaults)
{
	const struct doc_node *n;
	unsigned before = r->schema.errors->count;
	struct doc_items i;

	if (!vaults || !book_list_is(r, vaults, "vaults"))
		return;
	doc_items_begin(&i, r->schema.doc, vaults);
	while (r->stop == ERR_OK && (n = vault_next(r, &i)) != NULL)
		vault_read(r, n);
	r->schema.doc = i.whole;
	if (r->stop == ERR_OK && r->schema.errors->count == before &&
	    r->has_parents && (!r->sink || r->sink->ids))
		parents_read(r, vaults);
}
