/* book.json to margin's book: assets first, then the E-modes that override
 * their rules, then the vaults that use both. */
#include "oracle/bookfile_internal.h"

#include "base/keccak.h"
#include "contracts-abi/attest.h"

#include <stdlib.h>
#include <string.h>

struct book_row {
	char name[BOOK_NAME_MAX];
	uint64_t chain_id;
	uint64_t block;
	const struct doc_node *assets, *emodes, *vaults;
};

static const struct schema_key BOOK_KEYS[] = {
	{ .name = "book", .type = SCHEMA_TEXT, .fallback = "book",
	  SCHEMA_ROW(book_row, name),
	  .help = "its name; keccak256 of it is signed" },
	{ .name = "chain_id", .type = SCHEMA_WHOLE, .fallback = "0",
	  SCHEMA_ROW(book_row, chain_id), .help = "of its tokens" },
	{ .name = "block", .type = SCHEMA_WHOLE, .fallback = "0",
	  SCHEMA_ROW(book_row, block), .help = "of the vaults' last change" },
	{ .name = "assets", .type = SCHEMA_CUSTOM, .keys = BOOKFILE_ASSET_KEYS,
	  SCHEMA_ROW(book_row, assets), .read = schema_keep_node,
	  .shape = "list of the keys below", .help = "and their rules" },
	{ .name = "emodes", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .keys = BOOKFILE_EMODE_KEYS, SCHEMA_ROW(book_row, emodes),
	  .read = schema_keep_node,
	  .shape = "list of the keys below",
	  .help = "other rules for groups of assets" },
	{ .name = "vaults", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .keys = BOOKFILE_VAULT_KEYS, SCHEMA_ROW(book_row, vaults),
	  .read = schema_keep_node,
	  .shape = "list of the keys below", .help = "who holds and owes" },
	{ .name = "instruments", .type = SCHEMA_LATER,
	  .help = "perpetuals, futures, options" },
	{ .name = "liens", .type = SCHEMA_LATER,
	  .help = "collateral that is promised elsewhere" },
	{ 0 }
};

bool
book_list_is(struct book_reader *r, const struct doc_node *n, const char *what)
{
	if (n->kind == DOC_LIST)
		return true;
	doc_error_at(r->schema.errors, n, "`%s`: %s where a list is expected",
	    what, doc_kind_name(n->kind));
	return false;
}

static void
book_read(struct book_reader *r, const struct doc_node *root)
{
	struct book_row row;
	unsigned before;

	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, root, BOOK_KEYS, &row, "the book");
	memcpy(r->book->name, row.name, sizeof(r->book->name));
	name_id(&r->book->id, row.name, strlen(row.name));
	r->book->chain_id = row.chain_id;
	r->names->block_number = r->block_number = row.block;
	before = r->schema.errors->count;
	book_assets_read(r, row.assets);
	book_emodes_read(r, row.emodes);
	/* With an asset missing, each of its legs would complain. */
	if (r->schema.errors->count == before)
		book_vaults_read(r, row.vaults);
}

enum err
bookfile_read(struct book *b, struct bookfile_names *names, const char *text,
    size_t len, const char *file, FILE *errors)
{
	struct doc_errors e = { .file = file, .out = errors };
	struct book_reader r = {
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

