/* The vaults of book.json: what each holds and owes. */
#include "oracle/bookfile_internal.h"

#include "base/decimal.h"
#include "base/must.h"
#include "contracts-abi/attest.h"

#include <string.h>

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

static const struct schema_key COLLATERAL_KEYS[] = {
	{ .name = "asset", .type = SCHEMA_TEXT, SCHEMA_ROW(leg_row, asset),
	  .help = "id of an asset" },
	{ .name = "amount", .type = SCHEMA_CUSTOM, SCHEMA_ROW(leg_row, amount),
	  .read = schema_keep_node, .shape = "decimal", .help = "whole units" },
	{ .name = "lien", .type = SCHEMA_LATER, .help = "id of a lien" },
	{ 0 }
};

static const struct schema_key DEBT_KEYS[] = {
	{ .name = "asset", .type = SCHEMA_TEXT, SCHEMA_ROW(leg_row, asset),
	  .help = "id of an asset" },
	{ .name = "amount", .type = SCHEMA_CUSTOM, SCHEMA_ROW(leg_row, amount),
	  .read = schema_keep_node, .shape = "decimal",
	  .help = "whole units, in "
	    "shares of the index" },
	{ .name = "index", .type = SCHEMA_DECIMAL, .fallback = "1",
	  SCHEMA_ROW(leg_row, index), .help = "debt = amount x index" },
	{ 0 }
};

static const char *const METHOD_WORDS[] = {
	"ratio", "standard", "scenario", "greeks", "var", "es", NULL,
};
static const char *const MODE_WORDS[] = {
	"isolated", "cross", "portfolio", NULL,
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
	  .help = "only ratio is computed yet" },
	{ .name = "mode", .type = SCHEMA_CHOICE, .fallback = "isolated",
	  SCHEMA_ROW(vault_row, mode), .words = MODE_WORDS,
	  .help = "portfolio is not computed yet" },
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
	{ .name = "parent", .type = SCHEMA_LATER,
	  .help = "vault that it belongs to" },
	{ .name = "leverage", .type = SCHEMA_LATER, .help = "its limit" },
	{ .name = "positions", .type = SCHEMA_LATER,
	  .help = "in instruments" },
	{ .name = "orders", .type = SCHEMA_LATER, .help = "open ones" },
	{ 0 }
};

/* ---- vaults ------------------------------------------------------------- */

static bool
amount_read(struct book_reader *r, u128 *out, const struct asset *a,
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

static void
vault_method_check(struct book_reader *r, const struct vault_row *row,
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
	vault_method_check(r, &row, n);
	legs_read(r, v.collateral, &v.collateral_count, row.collateral,
	    false);
	legs_read(r, v.debt, &v.debt_count, row.debt, true);
	vault_emode(r, &v, &row, n);
	if (r->schema.errors->count != before)
		return;
	memcpy(v.name, row.id, sizeof(v.name));
	name_id(&v.id, row.id, strlen(row.id));
	v.owner = row.owner;
	v.nonce = row.nonce;
	v.block_number = r->block_number;
	v.method = (uint8_t)row.method;
	vault_put(r, &v, n);
}

void
book_vaults_read(struct book_reader *r, const struct doc_node *vaults)
{
	const struct doc_node *n;

	if (vaults && book_list_is(r, vaults, "vaults"))
		for (n = doc_first(r->schema.doc, vaults); n;
		    n = doc_next(r->schema.doc, n))
			vault_read(r, n);
}
