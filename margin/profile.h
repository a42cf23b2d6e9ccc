/* margin/profile.h - collateral against debt as other systems count it.
 *
 * A profile says for each step of the ratio method in which units a system
 * counts and to which side it rounds; one evaluation serves them all, in whole
 * integers.  The profile `margind` is margin/ratio.h at mid, bit for bit.
 *
 * Units:  atoms of a token; prices, factors and values with the decimals that
 *         the profile names.  A factor is a share of value for collateral (or,
 *         with WEIGHT_PRICE, the least ratio of collateral to debt) and a
 *         multiple for debt.
 * Owns:   nothing.  Allocates nothing.
 * Source: aave-v3-origin GenericLogic.sol; comet Comet.sol; dss vat.sol,
 *         spot.sol; liquity LiquityMath.sol; morpho-blue Morpho.sol;
 *         euler-vault-kit LiquidityUtils.sol; gearbox core-v3
 *         CollateralLogic.sol; margin-model 1.1, 1.5, 3.1.
 */
#ifndef MARGIN_PROFILE_H
#define MARGIN_PROFILE_H

#include "margin/book.h"
#include "margin/evm.h"
#include "margin/market.h"

enum profile_weighting {
	WEIGHT_LEG,	/* each leg's value times its factor, rounded */
	WEIGHT_SUM,	/* the sum of value times factor, exact */
	WEIGHT_PRICE,	/* collateral at its price over its least ratio, that
			 * price rounded down; debt as it is */
};

struct rounding_profile {
	const char *name;
	uint8_t price_decimals;
	uint8_t factor_decimals;
	uint8_t value_decimals;
	uint8_t health_decimals;
	uint8_t health_guard;	/* decimals more that the health's quotient is
				 * rounded to before they are cut off */
	enum profile_weighting weighting;
	enum side collateral;		/* value of a leg */
	enum side debt;
	enum side weighted_collateral;	/* value times factor (WEIGHT_LEG) */
	enum side weighted_debt;
	enum side health;
	bool decides_by_health;	/* by the rounded health, not by the values */
	bool liquidates_at_one;	/* a health of exactly one is liquidatable,
				 * and does not allow to borrow */
	bool skips_zero_maintenance;	/* collateral with a maintenance factor
					 * of zero is no collateral at all */
	bool available_by_average;	/* what may be borrowed comes from the
					 * floored average factor */
};

/* profile_find: margind, aave-v3, compound-v3, maker, liquity, morpho-blue,
 * euler, gearbox; NULL where there is none of that name. */
const struct rounding_profile *profile_find(const char *name, size_t len);
/* The profiles in the order of that list; NULL beyond the list. */
const struct rounding_profile *profile_at(size_t i);

/* One leg.  A system that takes another price for borrowing than for
 * liquidation (Euler: bid and ask; margind: the cautious one) has two. */
struct profile_leg {
	struct u256 atoms;
	unsigned decimals;	/* of the token, at most DECIMALS_MAX */
	struct u256 price;
	struct u256 initial_price;
	struct u256 initial;		/* factor to borrow by */
	struct u256 maintenance;	/* factor to liquidate by */
	bool has_cap;
	struct u256 cap;	/* most of the weighted value that counts, in
				 * value units (Gearbox: quota) */
};

struct profile_result {
	struct u256 collateral;		/* value decimals, at price */
	struct u256 debt;
	struct u256 weighted_collateral;	/* by maintenance; floored to */
	struct u256 weighted_debt;	/* value decimals, debt ceiled to */
	struct u256 initial_collateral;		/* by initial */
	struct u256 initial_debt;
	struct u256 average_initial;	/* weighted over value, floor; zero */
	struct u256 average_maintenance;	/* without it or with
						 * WEIGHT_PRICE */
	struct u256 ratio;	/* collateral / debt, health decimals, floor */
	struct u256 health;	/* both 2^256 - 1 without debt */
	struct u256 available;	/* that may still be borrowed, floor */
	bool is_liquidatable;
	bool may_borrow;	/* the initial rule holds with this debt */
};

/* profile_evaluate: collateral and debt legs in any order.  ERR_RANGE where a
 * number does not fit 256 bits (on chain the call reverts) or a token has too
 * many decimals. */
MUST_CHECK enum err profile_evaluate(struct profile_result *out,
    const struct rounding_profile *p, const struct profile_leg *collateral,
    size_t collateral_count, const struct profile_leg *debt,
    size_t debt_count);

/* profile_legs_of_vault writes the vault's legs in the profile's units, at
 * most BOOK_LEGS_MAX of each: prices at mid, the initial ones cautious
 * (margin-model 1.3), those of collateral and its factors floored to the
 * profile's decimals, those of debt ceiled; least ratios ceiled.  A debt's
 * initial factor is its weight.  ERR_STALE where a leg's price is refused,
 * ERR_RANGE. */
MUST_CHECK enum err profile_legs_of_vault(struct profile_leg *collateral,
    size_t *collateral_count, struct profile_leg *debt, size_t *debt_count,
    const struct rounding_profile *p, const struct book *b,
    const struct vault *v, const struct market *m);
/* Both in one. */
MUST_CHECK enum err profile_evaluate_vault(struct profile_result *out,
    const struct rounding_profile *p, const struct book *b,
    const struct vault *v, const struct market *m);

/* profile_usd18: a value in the profile's decimals as USD, 18 decimals,
 * rounded to that side.  ERR_RANGE. */
MUST_CHECK enum err profile_usd18(struct usd18 *out,
    const struct rounding_profile *p, struct u256 value, enum side side);

#endif
