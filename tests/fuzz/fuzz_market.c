/* Any bytes as a market: what is accepted has ordered, non-zero prices, and
 * terms in the order of their expiries. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "oracle/bookfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
price_hold(const struct price *p)
{
	if (p->status == PRICE_REFUSED) {
		MUST(px18_is_zero(p->mid));
		return;
	}
	MUST(!px18_is_zero(p->mid));
	MUST(px18_compare(p->low, p->mid) <= 0);
	MUST(px18_compare(p->mid, p->high) <= 0);
}

static void
factor_hold(const struct market_factor *f, uint32_t *returns)
{
	if (f->is_present)
		price_hold(&f->price.price);
	for (uint32_t i = 1; i < f->forward_count; i++)
		MUST(f->forward[i - 1].expiry_ms < f->forward[i].expiry_ms);
	for (uint32_t i = 1; i < f->slice_count; i++)
		MUST(f->slice[i - 1].expiry_ms < f->slice[i].expiry_ms);
	for (uint32_t i = 0; i < f->slice_count; i++)
		MUST(f->slice[i].is_flat ||
		    num18_to_raw(f->slice[i].svi.tau) > 0);
	MUST((f->returns != NULL) == (f->return_count > 0));
	MUST(*returns == 0 || f->return_count == 0 ||
	    f->return_count == *returns);
	if (f->return_count > 0)
		*returns = f->return_count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct book book;
	static struct bookfile_names names;
	static struct instrument instrument;
	static struct market market;
	static struct marketfile_terms terms;
	static FILE *out;
	uint32_t returns = 0;

	if (!out)
		out = fopen("/dev/null", "w");
	/* ETH has a price; the third asset is a rate of it. */
	book.asset_count = 3;
	book.factor_count = 2;
	book.assets[2].risk.is_rate = true;
	memcpy(names.price[0], "ETH", 4);
	memcpy(names.price[1], "USDC", 5);
	memcpy(names.price[2], "wstETH", 7);
	memcpy(names.factor[0], "ETH", 4);
	memcpy(names.factor[1], "USD", 4);
	memcpy(instrument.name, "ETH-PERP", 9);
	book.instruments = &instrument;
	book.instrument_count = 1;
	if (marketfile_read(&market, &terms, &book, &names,
	    (const char *)bytes, len, "fuzz", out) != ERR_OK)
		return 0;
	for (size_t i = 0; i < market.count; i++)
		price_hold(&market.asset[i].price);
	for (size_t i = 0; i < BOOK_FACTORS_MAX; i++)
		factor_hold(&terms.terms.factor[i], &returns);
	return 0;
}
