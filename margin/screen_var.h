/* margin/screen_var.h - value at risk and expected shortfall in floating point
 * as intervals that hold the exact figure: for screening and display, never
 * in anything signed.  What an interval does not decide goes to var_table.h.
 *
 * Units:  exposures and results in USD, returns as fractions.
 * Owns:   nothing.  Limits and refusals as var.h; profile VAR_PROFILE_MARGIND
 *         only (MUST).
 * Source: margin-model 2 (screening in front, guard band); Higham, Accuracy
 *         and Stability of Numerical Algorithms, 3.1 (error of a dot product).
 */
#ifndef MARGIN_SCREEN_VAR_H
#define MARGIN_SCREEN_VAR_H

#include "margin/simd_var.h"
#include "margin/var.h"

#define SCREEN_VAR_BLOCK 64u
#define SCREEN_VAR_LANES 8u
#define SCREEN_VAR_STRIDE(scenarios) \
	(((scenarios) + SCREEN_VAR_BLOCK - 1) / SCREEN_VAR_BLOCK * \
	SCREEN_VAR_BLOCK)
#define SCREEN_VAR_PLACES(scenarios, factors) \
	(SCREEN_VAR_STRIDE(scenarios) * (factors))
#define SCREEN_VAR_VAULTS 4u	/* computed side by side */

struct screen_var {
	uint32_t scenarios, factors, stride;
	enum simd_var_level level;
	double *r;			/* [factor * stride + scenario] */
	double most[SAMPLE_FACTORS_MAX];	/* of each factor's |r| */
};
/* screen_var_make fills r, which has SCREEN_VAR_PLACES places. */
void screen_var_make(struct screen_var *out, const struct sample *sample,
    double *r, enum simd_var_level level);

/* The exact figures lie within [low, high]. */
struct screen_var_result {
	double var_low, var_high, es_low, es_high;
};
struct screen_var_work {
	double key[SCREEN_VAR_VAULTS][SAMPLE_SCENARIOS_MAX];
	double minima[SAMPLE_SCENARIOS_MAX / SCREEN_VAR_LANES];
	double least[SAMPLE_SCENARIOS_MAX + 2 * SCREEN_VAR_LANES];
	uint32_t rank[SAMPLE_SCENARIOS_MAX + 2 * SCREEN_VAR_LANES];
};
/* screen_var_measure: out[v] of exposure[v * factors + f], for each vault; an
 * exposure is the nearest double of the exact one.  Errors as var_from_pnl
 * and es_from_pnl, before anything is written. */
MUST_CHECK enum err screen_var_measure(struct screen_var_result *out,
    const double *exposure, size_t vaults, const struct screen_var *s,
    const struct var_rules *rules, struct screen_var_work *work);

#endif
