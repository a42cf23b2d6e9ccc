/* Any bytes as a book: what is accepted can be written as rules, is a forest
 * with sorted positions, and, where it is plain, can be evaluated. */
#include <stdint.h>
#include <stdlib.h>

#include "base/must.h"
#include "margin/verdict.h"
#include "oracle/bookfile.h"

#define VAULTS 8u
#define PLACES 2048u

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

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct bookfile_names names;
	static uint8_t blob[BOOKFILE_BLOB_MAX];
	static FILE *out;
	struct bookfile *f;
	struct b32 rules;
	size_t blob_len;

	if (!out)
		out = fopen("/dev/null", "w");
	if (bookfile_open(&f, (const char *)bytes, len, "fuzz", out) !=
	    ERR_OK)
		return 0;
	book_init(&book, vaults, hash, VAULTS);
	book.instruments = instruments;
	book.positions = positions;
	book.orders = orders;
	book.liens = liens;
	if (counts_fit(f) && bookfile_fill(f, &book, &names) == ERR_OK) {
		MUST(bookfile_rules_blob(blob, &blob_len, &rules, &book) ==
		    ERR_OK);
		for (uint32_t i = 0; i < book.vault_count; i++)
			vault_hold(i);
		book_evaluate();
	}
	bookfile_close(f);
	return 0;
}
