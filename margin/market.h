/* margin/market.h - one immutable snapshot of prices, by asset slot.
 *
 * Units:  px18.  Owns nothing.  Source: margin-model 1.2, 1.3. */
#ifndef MARGIN_MARKET_H
#define MARGIN_MARKET_H

#include "base/price.h"
#include "margin/book.h"

struct market_price {
	struct price price;
	bool has_twap;
	bool has_stable;
	struct px18 twap;	/* slow companions: initial margin only */
	struct px18 stable;
};

struct market {
	uint64_t as_of_ms;
	size_t count;		/* equals the book's asset_count */
	struct market_price asset[BOOK_ASSETS_MAX];
};

#endif
