/* The liens of book.json: claims on tokens that lie elsewhere. */
#include "oracle/bookfile_internal.h"

#include "base/must.h"

#include <string.h>

/* Of a token that is no asset of the book, whose decimals nobody says. */
#define STRANGER_DECIMALS 18u

struct lien_row {
	char id[BOOK_NAME_MAX];
	bool has_chain_id;
	uint64_t chain_id, block;
	struct addr token, holder;
	const struct doc_node *amount;
};

const struct schema_key BOOKFILE_LIEN_KEYS[] = {
	{ .name = "id", .type = SCHEMA_TEXT, SCHEMA_ROW(lien_row, id),
	  .help = "the name that collateral uses" },
	{ .name = "chain_id", .type = SCHEMA_WHOLE, .is_optional = true,
	  SCHEMA_ROW(lien_row, chain_id), SCHEMA_HAS(lien_row, has_chain_id),
	  .help = "of the token; default: the book's" },
	{ .name = "token", .type = SCHEMA_ADDRESS, SCHEMA_ROW(lien_row, token),
	  .help = "that is promised" },
	{ .name = "holder", .type = SCHEMA_ADDRESS,
	  SCHEMA_ROW(lien_row, holder), .help = "account that holds it" },
	{ .name = "block", .type = SCHEMA_WHOLE, .fallback = "0",
	  SCHEMA_ROW(lien_row, block),
	  .help = "at which the amount was read" },
	{ .name = "amount", .type = SCHEMA_CUSTOM, .shape = "decimal",
	  SCHEMA_ROW(lien_row, amount), .read = schema_keep_node,
	  .help = "whole units of the token" },
	{ 0 }
};

static uint8_t
lien_asset(const struct book *b, const struct lien *l)
{
	for (uint8_t i = 0; i < b->asset_count; i++)
		if (b->assets[i].risk.chain_id == l->chain_id &&
		    addr_equal(&b->assets[i].token, &l->token))
			return i;
	return BOOK_ASSETS_MAX;
}

static void
lien_read(struct book_reader *r, const struct doc_node *n)
{
	struct book *b = r->book;
	struct lien l;
	struct lien_row row;
	unsigned before = r->schema.errors->count;
	const struct asset *asset;
	uint32_t unused;

	memset(&l, 0, sizeof(l));
	memset(&row, 0, sizeof(row));
	schema_read_map(&r->schema, n, BOOKFILE_LIEN_KEYS, &row, "a lien");
	if (r->schema.errors->count != before)
		return;
	if (name_index_find(&r->lien_index, &unused, row.id, strlen(row.id))) {
		doc_error_at(r->schema.errors, n, "lien %s stands twice",
		    row.id);
		return;
	}
	memcpy(l.name, row.id, sizeof(l.name));
	l.chain_id = row.has_chain_id ? row.chain_id : b->chain_id;
	l.token = row.token;
	l.holder = row.holder;
	l.block_number = row.block;
	l.asset = lien_asset(b, &l);
	asset = l.asset < b->asset_count ? &b->assets[l.asset] : NULL;
	if (!book_amount_read(r, &l.amount, asset ? asset->name : "the token",
	    asset ? asset->decimals : STRANGER_DECIMALS, row.amount))
		return;
	b->liens[b->lien_count++] = l;
	name_index_add(&r->lien_index);
}

void
book_liens_read(struct book_reader *r, const struct doc_node *liens)
{
	const struct doc_node *n;

	if (!liens || !book_list_is(r, liens, "liens"))
		return;
	if (liens->count > BOOK_LIENS_MAX) {
		doc_error_at(r->schema.errors, liens, "more than %u liens",
		    BOOK_LIENS_MAX);
		return;
	}
	for (n = doc_first(r->schema.doc, liens); n;
	    n = doc_next(r->schema.doc, n))
		lien_read(r, n);
}
