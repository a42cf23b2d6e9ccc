/* margin/close_liquity.h - Liquity v1: a system's ratio changes the thresholds
 * of its troves.
 *
 * Units:  18 decimals everywhere: collateral, debt, price, ratios.
 * Rounds: every quotient down, as the contracts do.
 * Source: liquity LiquityMath.sol, LiquityBase.sol, TroveManager.sol.
 */
#ifndef MARGIN_CLOSE_LIQUITY_H
#define MARGIN_CLOSE_LIQUITY_H

#include "margin/evm.h"

struct liquity_rules {
	struct wad minimum_ratio;	/* MCR, 1.1 */
	struct wad critical_ratio;	/* CCR, 1.5: below it, recovery */
	struct usd18 gas_reserve;	/* part of each debt, 200 */
	struct usd18 net_debt_min;	/* 1800 */
	uint32_t gas_share;		/* collateral / this pays the caller:
					 * 200 */
};
void liquity_rules_default(struct liquity_rules *r);

/* liquity_ratio: floor(collateral * price / debt), 2^256 - 1 without debt. */
MUST_CHECK enum err liquity_ratio(struct u256 *out, struct u256 collateral,
    struct u256 debt, struct u256 price);
/* liquity_is_recovery: the system's ratio is strictly below critical. */
bool liquity_is_recovery(struct u256 system_ratio,
    const struct liquity_rules *r);

enum liquity_branch {
	LIQUITY_NONE,
	LIQUITY_REDISTRIBUTE_ALL,
	LIQUITY_OFFSET_THEN_REDISTRIBUTE,
	LIQUITY_CAPPED_OFFSET,	/* seizes debt * MCR / price at most */
};
const char *liquity_branch_name(enum liquity_branch b);

/* What happens to a trove of that ratio in each mode; pool_covers: the
 * stability pool holds at least the trove's debt. */
enum liquity_branch liquity_branch_normal(struct u256 ratio,
    const struct liquity_rules *r);
enum liquity_branch liquity_branch_recovery(struct u256 ratio,
    struct u256 system_ratio, bool pool_covers,
    const struct liquity_rules *r);

struct liquity_close {
	struct u256 gas_compensation;	/* collateral to the caller */
	struct u256 debt_offset;	/* against the pool */
	struct u256 collateral_to_pool;
	struct u256 debt_redistributed;
	struct u256 collateral_redistributed;
	struct u256 collateral_surplus;	/* back to the owner */
};
/* liquity_close_trove: the amounts of a branch; pool is the stability pool's
 * deposit.  ERR_RANGE, also where the cap exceeds the collateral. */
MUST_CHECK enum err liquity_close_trove(struct liquity_close *out,
    enum liquity_branch branch, struct u256 collateral, struct u256 debt,
    struct u256 price, struct u256 pool, const struct liquity_rules *r);

#endif
