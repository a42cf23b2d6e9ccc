/* margin/scan.h - the sign of the surplus of every `ratio` vault of a store at
 * one vector of prices: sum V * factor - sum D * b.
 *
 * A vector has for each pair of asset and mode two weights, USD of one count
 * (margin/vaults_columns.h) in units of 2^exponent * 10^-18 USD, rounded
 * against the vault; a debt's counts its accrual in.  Of each product of count
 * and weight the 2^52 units are added up.  With c and d legs the sum is then
 * less than 2c + d below the true surplus and less than d above it, and
 * ratio_evaluate's own roundings take less than 1 + d/2 more: vaults in that
 * interval are named `unsure`, and the caller asks ratio_evaluate; of the
 * others the sign is what ratio_evaluate says.
 *
 * Units:  counts and weights of at most 2^51.  Owns nothing.
 * Limits: amounts below 10^12 whole units, debts also below 2^112 atoms: others
 *         are always unsure.  Each price that ratio_evaluate sees is at most
 *         10^6 USD, or such that the largest amount of the asset that the
 *         store has had is worth at most 10^18 USD; a debt's with accrual.
 *         Accruals are at most 2^16.
 * Source: DESIGN section 4; margin-model 1.5.
 */
#ifndef MARGIN_SCAN_H
#define MARGIN_SCAN_H

#include "margin/vaults.h"

enum scan_factor {	/* of collateral */
	SCAN_INITIAL,		/* LTV */
	SCAN_MAINTENANCE,	/* liquidation threshold */
};

/* The weights of one count of each pair, times 2^12: the high word of a product
 * is then in units of 2^52. */
struct scan_prices {
	int exponent;
	uint32_t layout;	/* of the store for which they hold */
	uint64_t collateral[SCAN_PAIRS_MAX];	/* floor */
	uint64_t debt[SCAN_PAIRS_MAX];		/* ceil */
};
#define SCAN_WEIGHT_SHIFT 12

struct scan_mask {
	uint64_t below;		/* surplus below zero */
	uint64_t unsure;	/* ask ratio_evaluate */
};

/* scan_prices_from: the price of each asset by slot, for collateral and for
 * debt (they may be one vector).  ERR_RANGE beyond the limits. */
MUST_CHECK enum err scan_prices_from(struct scan_prices *out,
    const struct vaults *v, const struct px18 *collateral,
    const struct px18 *debt, enum scan_factor factor);
/* scan_prices_hold: false since a vault has brought a new pair or a larger
 * amount; the prices are then made again. */
bool scan_prices_hold(const struct scan_prices *p, const struct vaults *v);

/* scan_run: out[i] of block first + i, at prices that hold (MUST).  Lanes of
 * other methods, without debt or unused are in neither mask. */
void scan_run(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count);

/* The same masks by one set of instructions, for tests and benches; a level is
 * at most the processor's best (MUST). */
enum scan_level {
	SCAN_PORTABLE,	/* 64-bit words */
	SCAN_AVX2,	/* four lanes, products of 32-bit limbs */
	SCAN_IFMA,	/* eight lanes, AVX-512's 52-bit multiply-add */
};
enum scan_level scan_level_best(void);
void scan_run_at(enum scan_level level, struct scan_mask *out,
    const struct vaults *v, const struct scan_prices *p, uint32_t first,
    uint32_t count);

#endif
