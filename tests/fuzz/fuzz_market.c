/* Any bytes as a market: what is accepted has ordered, non-zero prices. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "oracle/bookfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct book book;
	static struct bookfile_names names;
	static struct market market;
	static FILE *out;

	if (!out)
		out = fopen("/dev/null", "w");
	book.asset_count = 2;
	memcpy(names.price[0], "ETH", 4);
	memcpy(names.price[1], "USDC", 5);
	if (marketfile_read(&market, NULL, &book, &names, (const char *)bytes, len,
	    "fuzz", out) != ERR_OK)
		return 0;
	for (size_t i = 0; i < market.count; i++) {
		const struct price *p = &market.asset[i].price;

		if (p->status == PRICE_REFUSED) {
			MUST(px18_is_zero(p->mid));
			continue;
		}
		MUST(!px18_is_zero(p->mid));
		MUST(px18_compare(p->low, p->mid) <= 0);
		MUST(px18_compare(p->mid, p->high) <= 0);
	}
	return 0;
}
