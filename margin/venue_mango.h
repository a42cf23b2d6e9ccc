/* margin/venue_mango.h - Mango v4: the weighted health of tokens, perpetuals
 * and spot orders in one account.
 *
 * A perpetual's weighted profit is a balance of its settle token; a balance
 * counts asset weight * price above zero and liability weight * price below
 * it; a spot order counts the less of being filled and not being filled.
 *
 * Units:    balances and sizes in native units of the token, prices in the
 *           health reference a native unit, weights: all num18.
 * Rounding: floor at each product (the program's I80F48 truncates at 2^-48).
 * Owns:     nothing; pure.
 * Limits:   MANGO_TOKENS_MAX tokens, MANGO_ITEMS_MAX perpetuals and as many
 *           spot markets (ERR_LIMIT); a token index beyond the table is
 *           ERR_UNKNOWN; what does not fit is ERR_RANGE.
 * Source:   blockworks-foundation/mango-v4 1303a4a1, health/cache.rs,
 *           state/bank.rs; margin-model 3.2.
 */
#ifndef MARGIN_VENUE_MANGO_H
#define MARGIN_VENUE_MANGO_H

#include "base/fixed.h"
#include "base/types.h"

#define MANGO_TOKENS_MAX 16u
#define MANGO_ITEMS_MAX 16u

enum mango_health {
	MANGO_INIT,	/* scaled initial weights; the worse of oracle and
			 * stable price: may a position be opened */
	MANGO_MAINT,	/* maintenance weights, oracle: liquidated below 0 */
	MANGO_LIQUIDATION_END,	/* initial weights, oracle: liquidated to 0 */
};

struct mango_price {
	struct num18 oracle, stable;
};
struct mango_weights {
	struct num18 init_asset, init_liability;
	struct num18 maint_asset, maint_liability;
};

struct mango_token {
	struct mango_price price;
	struct mango_weights weights;
	struct num18 balance;
	/* From these values on (reference units) the initial weights scale
	 * with what all users have; zero: they never do. */
	struct num18 deposit_scale_start, borrow_scale_start;
	struct num18 deposits, borrows;		/* of all users */
	struct num18 potential_deposits;	/* reserved by spot orders */
};

struct mango_perp {
	struct mango_price base_price;
	struct mango_weights weights;	/* of the base */
	struct num18 init_overall_asset, maint_overall_asset;
	uint8_t settle_token;
	struct num18 base;		/* position, below zero: short */
	struct num18 quote;
	struct num18 bids, asks;	/* base in open orders, at least zero */
};

/* Open orders of one spot market; what is reserved may become the other. */
struct mango_orders {
	uint8_t base_token, quote_token;
	struct num18 base_reserved, quote_reserved;
	struct num18 lowest_ask;	/* quote a base; zero: not known */
	struct num18 highest_bid;
};

struct mango_account {
	const struct mango_token *tokens;
	size_t token_count;
	const struct mango_perp *perps;
	size_t perp_count;
	const struct mango_orders *orders;
	size_t order_count;
};

/* mango_asset_weight, mango_liability_weight: at one kind of health, scaled
 * where it is MANGO_INIT. */
MUST_CHECK enum err mango_asset_weight(struct num18 *out,
    const struct mango_token *t, enum mango_health h);
MUST_CHECK enum err mango_liability_weight(struct num18 *out,
    const struct mango_token *t, enum mango_health h);
/* mango_perp_profit: in settle tokens; the worse of all bids filled and all
 * asks filled, the overall weight on a sum above zero. */
MUST_CHECK enum err mango_perp_profit(struct num18 *out,
    const struct mango_perp *p, enum mango_health h);
MUST_CHECK enum err mango_health(struct num18 *out,
    const struct mango_account *a, enum mango_health h);

#endif
