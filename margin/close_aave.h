/* margin/close_aave.h - how much Aave v3 lets a liquidator repay and take.
 *
 * Units:  atoms; prices and values in the base currency's decimals (8); a
 *         bonus in basis points above and including the whole (10500), the
 *         protocol's fee in basis points of the bonus; health 18 decimals.
 * Rounds: the debt's value and what is needed of it up; what is seized down;
 *         the protocol's fee up.
 * Owns:   nothing.
 * Source: aave-v3-origin LiquidationLogic.sol (v3.5 and later),
 *         ValidationLogic.sol.
 */
#ifndef MARGIN_CLOSE_AAVE_H
#define MARGIN_CLOSE_AAVE_H

#include "margin/evm.h"

struct aave_rules {
	struct ppb close_factor;	/* of the whole account's debt: 0.5 */
	struct wad full_close_health;	/* all of a debt at or below: 0.95 */
	struct usd18 small_leg;		/* a leg below it may be closed whole:
					 * 2000 */
	struct usd18 leftover;		/* the least that may stay of both legs
					 * where both stay: 1000 */
	uint8_t base_decimals;		/* at most 18: 8 */
};
void aave_rules_default(struct aave_rules *r);

/* One debt and one collateral of an account. */
struct aave_pair {
	struct u256 debt, debt_price, debt_unit;	/* unit: 10^decimals */
	struct u256 collateral, collateral_price, collateral_unit;
	uint32_t bonus_bps;
	uint32_t protocol_fee_bps;
};

struct aave_seizure {
	struct u256 repay;		/* debt atoms the liquidator pays */
	struct u256 to_liquidator;	/* collateral atoms */
	struct u256 protocol_fee;	/* collateral atoms, besides */
};

/* aave_close_factor: the rules' close factor, or one where health is at or
 * below full_close_health or either leg's value is below small_leg. */
MUST_CHECK enum err aave_close_factor(struct ppb *out, struct wad health,
    struct u256 collateral_value, struct u256 debt_value,
    const struct aave_rules *r);
/* aave_debt_max: the most of the pair's debt that one call may repay; the
 * close factor is of total_debt_value, the debt of the whole account. */
MUST_CHECK enum err aave_debt_max(struct u256 *out,
    const struct aave_pair *p, struct u256 total_debt_value,
    struct wad health, const struct aave_rules *r);
/* aave_seize: what repaying debt_to_cover takes; where the collateral does not
 * suffice it takes all and asks for less.  ERR_RANGE, also for a price or unit
 * of zero. */
MUST_CHECK enum err aave_seize(struct aave_seizure *out,
    const struct aave_pair *p, struct u256 debt_to_cover);
/* aave_liquidate: debt_to_cover clamped to aave_debt_max, and its seizure.
 * ERR_REFUSED where a health of one or more forbids it or it would leave dust
 * of either leg (MustNotLeaveDust). */
MUST_CHECK enum err aave_liquidate(struct aave_seizure *out,
    const struct aave_pair *p, struct u256 total_debt_value,
    struct wad health, struct u256 debt_to_cover, const struct aave_rules *r);
/* aave_liquidate_most: the largest repayment that is not refused.
 * ERR_REFUSED where there is none. */
MUST_CHECK enum err aave_liquidate_most(struct aave_seizure *out,
    const struct aave_pair *p, struct u256 total_debt_value,
    struct wad health, const struct aave_rules *r);

#endif
