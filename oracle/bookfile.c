/* book.json to margin's book: assets first, then the E-modes that override
 * their rules, instruments and liens, then the vaults that use them all. */
#include "oracle/bookfile_internal.h"

#include "base/keccak.h"
#include "contracts-abi/attest.h"

#include <stdlib.h>
#include <string.h>

struct book_row {
	char name[BOOK_NAME_MAX];
	uint64_t chain_id;
	uint64_t block;
	const struct doc_node *assets, *emodes, *instruments, *liens, *vaults;
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
	{ .name = "instruments", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .keys = BOOKFILE_INSTRUMENT_KEYS, SCHEMA_ROW(book_row, instruments),
	  .read = schema_keep_node, .shape = "list of the keys below",
	  .help = "perpetuals, futures, options" },
	{ .name = "vaults", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .keys = BOOKFILE_VAULT_KEYS, SCHEMA_ROW(book_row, vaults),
	  .read = schema_keep_node,
	  .shape = "list of the keys below", .help = "who holds and owes" },
	{ .name = "liens", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .keys = BOOKFILE_LIEN_KEYS, SCHEMA_ROW(book_row, liens),
	  .read = schema_keep_node, .shape = "list of the keys below",
	  .help = "collateral that lies elsewhere" },
	{ 0 }
};

/* ---- the book ----------------------------------------------------------- */

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
	if (r->schema.errors->count != before)
		return;
	book_instruments_read(r, row.instruments);
	book_liens_read(r, row.liens);
	if (r->schema.errors->count == before)
		book_vaults_read(r, row.vaults);
}

static enum err
reader_open(struct book_reader *r, const struct bookfile_counts *counts)
{
	struct book *b = r->book;
	uint32_t instruments = counts->instruments < INSTRUMENTS_MAX ?
	    (uint32_t)counts->instruments : INSTRUMENTS_MAX;
	uint32_t liens = counts->liens < BOOK_LIENS_MAX ?
	    (uint32_t)counts->liens : BOOK_LIENS_MAX;
	enum err e = name_index_init(&r->asset_index, b->assets[0].name,
	    sizeof(b->assets[0]), BOOK_ASSETS_MAX);

	if (e == ERR_OK && b->instruments)
		e = name_index_init(&r->instrument_index,
		    b->instruments->name, sizeof(*b->instruments),
		    instruments);
	if (e == ERR_OK && b->liens)
		e = name_index_init(&r->lien_index, b->liens->name,
		    sizeof(*b->liens), liens);
	return e;
}

static void
reader_close(struct book_reader *r)
{
	name_index_free(&r->asset_index);
	name_index_free(&r->instrument_index);
	name_index_free(&r->lien_index);
}

/* ---- the file ----------------------------------------------------------- */

struct bookfile {
	struct doc *doc;
	struct doc_errors errors;
	struct bookfile_counts counts;
};

static size_t
list_count(const struct doc_node *n)
{
	return n && n->kind == DOC_LIST ? n->count : 0;
}

static bool
key_is(const struct doc_node *n, const char *key)
{
	return n->key_len == strlen(key) &&
	    memcmp(n->key, key, n->key_len) == 0;
}

/* What one vault needs of the caller's arrays. */
static void
vault_count(void *arg, const struct doc *d, const struct doc_node *vault)
{
	struct bookfile_counts *k = arg;
	const struct doc_node *n;

	k->vaults++;
	for (n = vault->kind == DOC_MAP ? doc_first(d, vault) : NULL; n;
	    n = doc_next(d, n))
		if (key_is(n, "positions"))
			k->positions += list_count(n);
		else if (key_is(n, "orders"))
			k->orders += list_count(n);
		else if (key_is(n, "id") && n->text_len < BOOK_NAME_MAX)
			k->names_len += n->text_len + 1;
}

static enum err
text_parse(struct bookfile *f, const char *text, size_t len)
{
	struct doc_parts parts = { "vaults", vault_count, &f->counts };
	const struct doc_node *root;
	enum err e;

	if (len > BOOKFILE_TEXT_MAX) {
		doc_error(&f->errors, 1, 1, "more than %u bytes",
		    BOOKFILE_TEXT_MAX);
		return ERR_LIMIT;
	}
	e = doc_read_parts(&f->doc, text, len, &f->errors, &parts);
	root = e == ERR_OK ? doc_root(f->doc) : NULL;
	if (root) {
		f->counts.instruments = list_count(doc_find(f->doc, root,
		    "instruments"));
		f->counts.liens = list_count(doc_find(f->doc, root, "liens"));
	}
	return e;
}

enum err
bookfile_open(struct bookfile **out, const char *text, size_t len,
    const char *file, FILE *errors)
{
	struct bookfile *f = calloc(1, sizeof(*f));
	enum err e;

	if (!f)
		return ERR_LIMIT;
	f->errors = (struct doc_errors){ .file = file, .out = errors };
	e = text_parse(f, text, len);
	if (e != ERR_OK) {
		free(f);
		return e;
	}
	*out = f;
	return ERR_OK;
}

void
bookfile_close(struct bookfile *f)
{
	if (f)
		doc_free(f->doc);
	free(f);
}

void
bookfile_counts(struct bookfile_counts *out, const struct bookfile *f)
{
	*out = f->counts;
}

static bool
counts_fit(struct bookfile *f, const struct book *b)
{
	const struct bookfile_counts *k = &f->counts;
	const char *what = k->instruments > 0 && !b->instruments ?
	    "instruments" : k->liens > 0 && !b->liens ? "liens" :
	    k->positions > 0 && !b->positions ? "positions" :
	    k->orders > 0 && !b->orders ? "orders" : NULL;

	if (what)
		doc_error(&f->errors, 1, 1, "`%s`: this command does not "
		    "compute them", what);
	else if (k->positions > UINT32_MAX || k->orders > UINT32_MAX)
		doc_error(&f->errors, 1, 1, "too many positions or orders");
	else
		return true;
	return false;
}

/* A book without places for vaults is emptied over one that nobody sees. */
static void
book_empty(struct book *b, struct bookfile_names *names, bool has_places)
{
	struct book was = *b;
	struct vault vault;
	uint32_t hash[2];

	if (has_places)
		book_init(b, was.vaults, was.hash, was.vault_capacity);
	else
		book_init(b, &vault, hash, 1);
	if (!has_places) {
		b->vaults = NULL;
		b->hash = NULL;
		b->vault_capacity = 0;
	}
	b->instruments = was.instruments;
	b->positions = was.positions;
	b->orders = was.orders;
	b->liens = was.liens;
	memset(names, 0, sizeof(*names));
}

static enum err
ids_place(const struct bookfile *f, const struct bookfile_sink *to)
{
	size_t rows = f->counts.vaults;

	if (!to || !to->ids)
		return ERR_OK;
	return bookfile_ids_init(to->ids, rows < to->vaults_max ?
	    (uint32_t)rows : to->vaults_max, (uint32_t)f->counts.names_len);
}

static enum err
book_fill(struct bookfile *f, struct book *b, struct bookfile_names *names,
    const struct bookfile_sink *to)
{
	struct book_reader r = {
		.schema = { .doc = f->doc, .errors = &f->errors },
		.book = b, .names = names, .sink = to,
	};
	const struct doc_node *root = doc_root(f->doc);
	enum err e = ERR_OK;

	book_empty(b, names, !to);
	if (!root || doc_is_null(root)) {
		doc_error(&f->errors, 1, 1, "an empty book");
	} else if (counts_fit(f, b)) {
		e = ids_place(f, to);
		if (e == ERR_OK)
			e = reader_open(&r, &f->counts);
		if (e == ERR_OK)
			book_read(&r, root);
		if (e == ERR_OK)
			e = r.stop;
		reader_close(&r);
	}
	if (e == ERR_OK)
		e = doc_errors_end(&f->errors);
	if (e != ERR_OK)
		book_empty(b, names, !to);
	return e;
}

enum err
bookfile_fill(struct bookfile *f, struct book *b,
    struct bookfile_names *names)
{
	return book_fill(f, b, names, NULL);
}

enum err
bookfile_each(struct bookfile *f, struct book *b,
    struct bookfile_names *names, const struct bookfile_sink *to)
{
	return book_fill(f, b, names, to);
}

enum err
bookfile_read(struct book *b, struct bookfile_names *names, const char *text,
    size_t len, const char *file, FILE *errors)
{
	struct bookfile *f;
	enum err e = bookfile_open(&f, text, len, file, errors);

	if (e == ERR_OK) {
		e = bookfile_fill(f, b, names);
		bookfile_close(f);
	}
	return e;
}

enum err
bookfile_vault_count(size_t *out, const char *text, size_t len,
    const char *file, FILE *errors)
{
	struct bookfile *f;
	enum err e = bookfile_open(&f, text, len, file, NULL);

	/* What does not stop the reading is said when the book is read. */
	if (e != ERR_OK)
		e = bookfile_open(&f, text, len, file, errors);
	if (e != ERR_OK)
		return e;
	*out = f->counts.vaults;
	bookfile_close(f);
	return ERR_OK;
}

/* ---- the rules ---------------------------------------------------------- */

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
	schema_explain(out, BOOK_KEYS, "", NULL);
}

