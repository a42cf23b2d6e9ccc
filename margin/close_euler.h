/* margin/close_euler.h - Euler v2: the worse the health the larger the
 * discount; a lowered threshold is ramped down.
 *
 * Units:  atoms; values in one unit of account (18 decimals); factors in ppb,
 *         discount and health 18 decimals; time in s.
 * Rounds: every quotient down, as the contracts do.
 * Source: euler-vault-kit Liquidation.sol, LTVConfig.sol.
 */
#ifndef MARGIN_CLOSE_EULER_H
#define MARGIN_CLOSE_EULER_H

#include "margin/evm.h"

struct euler_rules {
	struct ppb discount_max;	/* set by each vault's governor; 0.2 */
};
void euler_rules_default(struct euler_rules *r);

struct euler_account {
	struct u256 weighted_collateral;	/* sum of value * threshold */
	struct u256 debt;		/* atoms, rounded up */
	struct u256 debt_value;		/* at mid */
	struct u256 collateral;		/* atoms of the one to seize */
	struct u256 collateral_value;	/* at mid */
};

struct euler_close {
	struct u256 discount_factor;	/* 1 - discount; zero where healthy */
	struct u256 repay;		/* debt atoms */
	struct u256 yield;		/* collateral atoms */
};
/* euler_liquidate: the most that may be repaid and what it yields.  A health
 * above one gives zeros; collateral without value is given away.  ERR_RANGE,
 * also for a debt without value. */
MUST_CHECK enum err euler_liquidate(struct euler_close *out,
    const struct euler_account *a, const struct euler_rules *r);

/* euler_threshold: the liquidation threshold in basis points at now_s: from
 * `initial` down in a line to `target`, which it reaches at target_s; a raised
 * one counts at once.  A ramp takes duration_s, above zero (MUST). */
uint32_t euler_threshold(uint32_t initial_bps, uint32_t target_bps,
    uint64_t target_s, uint64_t duration_s, uint64_t now_s);

#endif
