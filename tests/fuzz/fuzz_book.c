/* Any bytes as a book: what is accepted can be written as rules, is a forest
 * with sorted positions, and, where it is plain, can be evaluated.  Vault by
 * vault it is the same book, or refused in the same words. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "margin/verdict.h"
#include "oracle/bookfile.h"

#define VAULTS 8u
#define PLACES 2048u
_Static_assert(PLACES >= POSITIONS_MAX, "one vault has places");

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct book book;
static struct vault vaults[VAULTS];
static uint32_t hash[2 * VAULTS];
static struct instrument instruments[PLACES];
static struct position positions[PLACES];
static struct order orders[PLACES];
static struct lien liens[PLACES];

static void
vault_hold(uint32_t slot)
{
	const struct vault *v = &vaults[slot];
	const struct position *p = positions + v->position_first;

	MUST(book_check_tree(&book, slot) == ERR_OK);
	MUST(v->position_first + v->position_count <= book.position_count);
	MUST(v->order_first + v->order_count <= book.order_count);
	for (uint32_t i = 0; i < v->position_count; i++) {
		MUST(p[i].instrument < book.instrument_count);
		MUST(i == 0 || p[i - 1].instrument < p[i].instrument);
	}
	for (uint8_t i = 0; i < v->collateral_count; i++)
		MUST(v->collateral[i].lien <= book.lien_count);
}

static void
book_evaluate(void)
{
	static struct market market;
	struct book_excess excess;
	struct verdict verdict;

	if (!book_is_plain(&excess, &book))
		return;
	market.count = book.asset_count;
	for (size_t i = 0; i < market.count; i++) {
		market.asset[i].price.mid = px18_from_raw(WAD_ONE_RAW);
		market.asset[i].price.low = market.asset[i].price.mid;
		market.asset[i].price.high = market.asset[i].price.mid;
	}
	for (uint32_t i = 0; i < book.vault_count; i++)
		verdict_from_vault(&verdict, &book, &book.vaults[i], &market);
}

static bool
counts_fit(const struct bookfile *f)
{
	struct bookfile_counts k;

	bookfile_counts(&k, f);
	return k.instruments <= PLACES && k.positions <= PLACES &&
	    k.orders <= PLACES && k.liens <= PLACES;
}

/* A reading in one of both ways: how it ended, and what it complained of. */
struct reading {
	enum err e;
	char *errors;
	size_t errors_len;
	uint32_t count;
};

static enum err
vault_compare(void *arg, const struct vault *v)
{
	struct reading *r = arg;
	const struct vault *want = &vaults[r->count++];
	struct vault got = *v;

	if (book.vault_count == 0)
		return ERR_OK;		/* refused, and empty again */
	MUST(r->count <= book.vault_count);
	MUST(v->parent == (want->parent ? UINT32_MAX : 0));
	got.parent = want->parent;
	got.position_first = want->position_first;
	got.order_first = want->order_first;
	MUST(memcmp(&got, want, sizeof(got)) == 0);
	return ERR_OK;
}

static void
book_scan(struct reading *r, struct bookfile *f)
{
	static struct bookfile_names names;
	static struct book scanned;
	struct bookfile_ids ids = { 0 };
	struct bookfile_sink to = { .vaults_max = VAULTS, .ids = &ids,
		.each = vault_compare, .arg = r };

	scanned.instruments = instruments;
	scanned.positions = positions;
	scanned.orders = orders;
	scanned.liens = liens;
	r->e = bookfile_each(f, &scanned, &names, &to);
	MUST(scanned.asset_count == book.asset_count);
	MUST(r->e != ERR_OK || (r->count == book.vault_count &&
	    ids.count == r->count));
	bookfile_ids_free(&ids);
}

static void
book_place(struct reading *r, struct bookfile *f)
{
	static struct bookfile_names names;
	static uint8_t blob[BOOKFILE_BLOB_MAX];
	struct b32 rules;
	size_t blob_len;

	book_init(&book, vaults, hash, VAULTS);
	book.instruments = instruments;
	book.positions = positions;
	book.orders = orders;
	book.liens = liens;
	r->e = bookfile_fill(f, &book, &names);
	if (r->e != ERR_OK)
		return;
	MUST(bookfile_rules_blob(blob, &blob_len, &rules, &book) == ERR_OK);
	for (uint32_t i = 0; i < book.vault_count; i++)
		vault_hold(i);
	book_evaluate();
}

static void
book_read(struct reading *r, const uint8_t *bytes, size_t len,
    void (*read)(struct reading *r, struct bookfile *f))
{
	struct bookfile *f;
	FILE *out = open_memstream(&r->errors, &r->errors_len);

	MUST(out != NULL);
	r->e = bookfile_open(&f, (const char *)bytes, len, "fuzz", out);
	if (r->e == ERR_OK) {
		if (counts_fit(f))
			read(r, f);
		bookfile_close(f);
	}
	fclose(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct reading whole = { 0 }, each = { 0 };

	book_read(&whole, bytes, len, book_place);
	book_read(&each, bytes, len, book_scan);
	MUST(whole.e == each.e && whole.errors_len == each.errors_len);
	MUST(memcmp(whole.errors, each.errors, whole.errors_len) == 0);
	free(whole.errors);
	free(each.errors);
	return 0;
}
