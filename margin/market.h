/* margin/market.h - one immutable snapshot: prices by asset slot and, where a
 * book has instruments, what these need besides.
 *
 * Units:  px18; rates and volatilities a year, 18 decimals; times in Unix ms.
 * Owns:   nothing: the caller places the terms and the returns.
 * Source: margin-model 1.2, 1.3; DESIGN section 6 (market.json).
 */
#ifndef MARGIN_MARKET_H
#define MARGIN_MARKET_H

#include "base/price.h"
#include "margin/book.h"

#define MARKET_EXPIRIES_MAX 64u	/* forwards, slices, rates; each ascending */
#define MARKET_RETURNS_MAX 4096u	/* of one factor */

struct market_price {
	struct price price;
	bool has_twap;
	bool has_stable;
	struct px18 twap;	/* slow companions: initial margin only */
	struct px18 stable;
};

struct market_forward {
	uint64_t expiry_ms;
	struct px18 price;	/* of the part that can still move: in the
				 * settlement window F = fixed * (W - t) / W +
				 * price * t / W */
	bool has_fixed;
	struct px18 fixed;	/* average of the window so far */
	struct num18 confidence;	/* 1: sure */
};

/* Raw SVI total variance w(k) = a + b (rho (k - m) + sqrt((k - m)^2 +
 * sigma^2)), k = ln(K / forward); volatility = sqrt(w / tau).
 * Gatheral, "A parsimonious arbitrage-free implied volatility
 * parameterization", 2004. */
struct svi {
	struct num18 a, b, rho, m, sigma;
	struct px18 forward;
	struct num18 tau;	/* years, above zero */
};

/* The volatilities of one expiry. */
struct market_slice {
	uint64_t expiry_ms;
	bool is_flat;
	struct num18 vol;	/* where flat */
	struct svi svi;		/* where not */
	struct num18 confidence;
};

struct market_rate {
	uint64_t expiry_ms;
	struct num18 rate;
};

/* What is known of one base factor as an underlying. */
struct market_factor {
	bool is_present;	/* market.json has its price */
	struct market_price price;	/* the index price */
	uint32_t forward_count, slice_count;
	struct market_forward forward[MARKET_EXPIRIES_MAX];
	struct market_slice slice[MARKET_EXPIRIES_MAX];
	const struct num18 *returns;	/* of one horizon, oldest first; all
					 * factors have the same count or 0 */
	uint32_t return_count;
};

struct market_mark {
	bool has_mark;
	bool has_open_interest;
	struct px18 mark;
	struct usd18 open_interest;
};

/* What instruments need of a market. */
struct market_terms {
	struct market_factor factor[BOOK_FACTORS_MAX];
	struct market_mark mark[INSTRUMENTS_MAX];	/* by instrument */
	uint32_t rate_count;
	struct market_rate rate[MARKET_EXPIRIES_MAX];	/* of USD */
};

struct market {
	uint64_t as_of_ms;
	size_t count;		/* equals the book's asset_count */
	struct market_price asset[BOOK_ASSETS_MAX];
	const struct market_terms *terms;	/* NULL: no instruments */
};

#endif
