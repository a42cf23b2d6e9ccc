/* margin/close_morpho.h - Morpho Blue: one collateral, one loan, an incentive
 * that follows from the market's threshold.
 *
 * Units:  atoms; the oracle's price is loan atoms per collateral atom, 36
 *         decimals; lltv and the incentive 18 decimals.
 * Rounds: seized down, repaid up; health down, borrowed up.
 * Source: morpho-blue Morpho.sol, ConstantsLib.sol, SharesMathLib.sol.
 */
#ifndef MARGIN_CLOSE_MORPHO_H
#define MARGIN_CLOSE_MORPHO_H

#include "margin/evm.h"

struct morpho_rules {
	struct wad incentive_max;	/* 1.15 */
	struct wad cursor;		/* 0.3 */
};
void morpho_rules_default(struct morpho_rules *r);

/* morpho_incentive: min(max, 1 / (1 - cursor * (1 - lltv))), each step
 * floored.  ERR_RANGE for an lltv above one. */
MUST_CHECK enum err morpho_incentive(struct u256 *out, struct u256 lltv,
    const struct morpho_rules *r);

struct morpho_position {
	struct u256 collateral;		/* atoms */
	struct u256 borrow_shares;
	struct u256 total_borrow_assets;	/* of the market */
	struct u256 total_borrow_shares;
	struct u256 price;
	struct u256 lltv;
};

/* morpho_is_healthy: floor(floor(collateral * price / 1e36) * lltv) is at least
 * the borrowed assets, rounded up. */
MUST_CHECK enum err morpho_is_healthy(bool *out,
    const struct morpho_position *p);

struct morpho_close {
	struct u256 seized;		/* collateral atoms */
	struct u256 repaid_shares;
	struct u256 repaid_assets;
	struct u256 bad_debt;		/* assets, spread over the lenders: all
					 * that is owed once no collateral is
					 * left */
};
/* One of the two amounts is asked for: collateral to seize, or shares to
 * repay.  ERR_REFUSED for a healthy position, ERR_RANGE where more is asked
 * for than there is. */
MUST_CHECK enum err morpho_seize(struct morpho_close *out,
    const struct morpho_position *p, struct u256 seized,
    const struct morpho_rules *r);
MUST_CHECK enum err morpho_repay(struct morpho_close *out,
    const struct morpho_position *p, struct u256 repaid_shares,
    const struct morpho_rules *r);

#endif
