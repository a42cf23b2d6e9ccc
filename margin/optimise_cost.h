/* margin/optimise_cost.h - what it costs to sell collateral and to close
 * positions, and the trades that do it.
 *
 * A trade of a notional N costs N (spread / 2 (1 + N / depth) + fee); its
 * price is worse than the mark by that rate, so that a recomputed margin has
 * paid for it.
 *
 * Units:  spread and fee are shares of the price or the notional, 18 decimals;
 *         usd18.
 * Rounds: rates and costs up; prices against the account.
 * Owns:   nothing.
 * Source: margin-model 1.4 (spread), 1.6, 1.10.
 */
#ifndef MARGIN_OPTIMISE_COST_H
#define MARGIN_OPTIMISE_COST_H

#include "margin/action.h"
#include "margin/instrument_price.h"

struct optimise_rules {
	struct num18 spread;	/* from bid to ask, of instruments, and of
				 * assets whose row has none: 0.001 */
	struct num18 fee;	/* of the notional: 0.0005 */
	struct usd18 depth;	/* notional that costs half a spread more;
				 * zero: every size costs the same */
	bool is_liquidation;	/* collateral goes at its row's bonus, not at
				 * spread and fee; false */
};
void optimise_rules_default(struct optimise_rules *r);

/* optimise_rate: the cost of a trade as a share of its notional.  ERR_RANGE
 * for a negative spread, fee, depth or notional. */
MUST_CHECK enum err optimise_rate(struct num18 *out, struct num18 spread,
    struct usd18 notional, const struct optimise_rules *r);
/* optimise_rate_of_asset: of a token sold, by its own spread, or its bonus in
 * a liquidation. */
MUST_CHECK enum err optimise_rate_of_asset(struct num18 *out,
    const struct asset *a, uint8_t mode, struct usd18 notional,
    const struct optimise_rules *r);

/* optimise_settlement: the asset that a trade settles in: the underlying for
 * what pays in coin; else a stable asset that the vault holds free of liens,
 * else the book's first, else the first leg that it holds free of liens.
 * ERR_UNKNOWN where there is none, ERR_STALE without its price. */
MUST_CHECK enum err optimise_settlement(uint8_t *out, const struct node *n,
    const struct instrument *in);

/* optimise_close: the trade that closes `size` contracts (of the position's
 * sign, at most all: MUST) at mid, and its cost.  optimise_remove: the trade
 * that closes all of it for nothing: an option or a spot amount at zero, a
 * contract at its entry, so that nothing but its funding is realised.
 * ERR_STATE for what has expired, ERR_UNKNOWN, ERR_STALE, ERR_RANGE. */
MUST_CHECK enum err optimise_close(struct action *out, struct usd18 *cost,
    const struct node *n, const struct position *p, struct num18 size,
    const struct optimise_rules *r);
MUST_CHECK enum err optimise_remove(struct action *out, const struct node *n,
    const struct position *p);

/* optimise_ratio_compare: a per cost x against b per cost y, <0, 0, >0, by
 * cross-multiplication; what costs nothing is above everything that does.
 * None may be negative (MUST). */
int optimise_ratio_compare(struct usd18 a, struct usd18 x, struct usd18 b,
    struct usd18 y);

#endif
