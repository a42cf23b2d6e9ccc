/* margin/close_gearbox.h - Gearbox v3: a whole account is sold at a discount;
 * thresholds ramp between two times.
 *
 * Units:  atoms of the underlying; shares in ppb; time in s.
 * Rounds: every quotient down, as the contracts do.
 * Source: gearbox core-v3 CreditLogic.sol, CollateralLogic.sol.  What counts of
 *         a collateral is min(value * threshold, quota): profile `gearbox`.
 */
#ifndef MARGIN_CLOSE_GEARBOX_H
#define MARGIN_CLOSE_GEARBOX_H

#include "margin/evm.h"

struct gearbox_rules {
	struct ppb discount;		/* of the value that pays: 0.96 */
	struct ppb fee_liquidation;	/* of the value, to the DAO: 0.015 */
	struct ppb fee_interest;	/* of accrued interest: 0.5 */
};
void gearbox_rules_default(struct gearbox_rules *r);

struct gearbox_payments {
	struct u256 to_pool;
	struct u256 remaining;		/* to the owner */
	struct u256 profit, loss;	/* of the pool */
};
/* gearbox_liquidate: what the sale of an account worth total_value pays. */
MUST_CHECK enum err gearbox_liquidate(struct gearbox_payments *out,
    struct u256 total_value, struct u256 debt, struct u256 accrued_interest,
    const struct gearbox_rules *r);

/* gearbox_threshold in basis points: `initial` before start_s, `final` from
 * the end of the ramp on, a line between them inside, floored. */
uint32_t gearbox_threshold(uint32_t initial_bps, uint32_t final_bps,
    uint64_t start_s, uint64_t duration_s, uint64_t now_s);

#endif
