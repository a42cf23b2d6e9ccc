/* margin/scan.h - the sign of a surplus of every `ratio` vault at one vector of
 * prices: sum V * factor - sum D * b.
 *
 * It reads the hot columns of margin/vaults.h.  An amount is a count of
 * 2^shift atoms, the shift the asset's own, rounded against the vault; an
 * index names an (asset, mode) of which a price vector has two weights, USD
 * of one count, in units of 2^exponent * 10^-18 USD, rounded against the
 * vault; the asset's accrual is in the weight of its debt.  So a sum of
 * products, which is exact, is above the true surplus by less than 2^51 a debt
 * leg (an accrued atom's ceil) and falls short of it by less than 2^53 a leg.
 * Vaults in that interval are named `unsure`, and the caller asks
 * ratio_evaluate; of the others the sign is what ratio_evaluate says.
 *
 * Units:  counts and weights below 2^52.  Owns nothing.  A vault without debt,
 *         or of another method, is in no mask.
 * Limits: prices of at most 10^7 USD, accrual of at most 8.
 * Source: DESIGN section 4; margin-model 1.5.
 */
#ifndef MARGIN_SCAN_H
#define MARGIN_SCAN_H

#include "margin/vaults.h"

/* Weights of one count of each pair. */
struct scan_prices {
	int exponent;
	uint64_t collateral[SCAN_PAIRS_MAX];	/* price * factor, floor */
	uint64_t debt[SCAN_PAIRS_MAX];		/* price * accrual * b, ceil */
};
struct scan_mask {
	uint64_t below;		/* surplus below zero */
	uint64_t unsure;	/* ask ratio_evaluate */
};

/* Which factor of the rules weighs collateral. */
enum scan_factor { SCAN_BY_LTV, SCAN_BY_THRESHOLD };

/* scan_prices_from: the prices of collateral and of debt, by asset slot.
 * They hold until a vault is put.  ERR_RANGE. */
MUST_CHECK enum err scan_prices_from(struct scan_prices *out,
    const struct vaults *v, const struct book *b,
    const struct px18 *collateral, const struct px18 *debt,
    enum scan_factor factor);

/* How it is computed: the same masks on every level. */
enum scan_level { SCAN_PORTABLE, SCAN_AVX2, SCAN_IFMA, SCAN_LEVELS };
/* scan_level_best: the highest level of this machine. */
enum scan_level scan_level_best(void);

/* scan_run: out[i] of block first + i, by the best level. */
void scan_run(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count);
/* level is at most scan_level_best() (MUST). */
void scan_run_level(enum scan_level level, struct scan_mask *out,
    const struct vaults *v, const struct scan_prices *p, uint32_t first,
    uint32_t count);

#endif
