/* Any bytes as a book: what is accepted can be written as rules, and its
 * vaults can be evaluated. */
#include <stdint.h>
#include <stdlib.h>

#include "base/must.h"
#include "margin/verdict.h"
#include "oracle/bookfile.h"

#define VAULTS 8u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct book book;
	static struct bookfile_names names;
	static struct vault vaults[VAULTS];
	static uint32_t hash[2 * VAULTS];
	static struct market market;
	static uint8_t blob[BOOKFILE_BLOB_MAX];
	static FILE *out;
	struct verdict verdict;
	struct b32 rules;
	size_t blob_len;

	if (!out)
		out = fopen("/dev/null", "w");
	book_init(&book, vaults, hash, VAULTS);
	if (bookfile_read(&book, &names, (const char *)bytes, len, "fuzz",
	    out) != ERR_OK)
		return 0;
	MUST(bookfile_rules_blob(blob, &blob_len, &rules, &book) == ERR_OK);
	market.count = book.asset_count;
	for (size_t i = 0; i < market.count; i++) {
		market.asset[i].price.mid = px18_from_raw(WAD_ONE_RAW);
		market.asset[i].price.low = market.asset[i].price.mid;
		market.asset[i].price.high = market.asset[i].price.mid;
	}
	for (uint32_t i = 0; i < book.vault_count; i++)
		verdict_from_vault(&verdict, &book, &book.vaults[i], &market);
	return 0;
}
