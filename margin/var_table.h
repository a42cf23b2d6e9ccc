/* margin/var_table.h - value at risk and expected shortfall of many vaults
 * with linear exposures against one sample.
 *
 * What comes out equals, to the last unit, var_from_pnl and es_from_pnl of
 * var_pnl_linear; only the way is shorter.  Exposures and returns rounded to
 * 28 bits give each scenario a key with a known error; the scenarios whose key
 * can still belong to the tail (about as many as the tail has) are computed
 * in full, and the order statistics are taken of those.
 *
 * Units, rounding, limits: as var.h.  Owns nothing.
 */
#ifndef MARGIN_VAR_TABLE_H
#define MARGIN_VAR_TABLE_H

#include "margin/simd_var.h"
#include "margin/var.h"

/* Places of the coarse returns of a sample. */
#define VAR_TABLE_STRIDE(scenarios) \
	(((scenarios) + SIMD_VAR_BLOCK - 1) / SIMD_VAR_BLOCK * SIMD_VAR_BLOCK)
#define VAR_TABLE_PLACES(scenarios, factors) \
	(VAR_TABLE_STRIDE(scenarios) * (factors))

struct var_table {
	const struct sample *sample;	/* must stay as it is */
	int32_t *coarse;	/* [factor * stride + scenario]; r >> shift */
	uint32_t stride;
	unsigned shift;
	enum simd_var_level level;
};
/* var_table_make fills coarse, which has VAR_TABLE_PLACES places.  level is
 * simd_var_best(), or less: the results are the same. */
void var_table_make(struct var_table *out, const struct sample *sample,
    int32_t *coarse, enum simd_var_level level);

struct var_result {
	struct usd18 var, es;
};
/* Scratch, one a thread. */
struct var_work {
	int64_t key[SAMPLE_SCENARIOS_MAX];
	int64_t least[SAMPLE_SCENARIOS_MAX / SIMD_VAR_LANES];
	uint32_t index[SAMPLE_SCENARIOS_MAX + 2 * SIMD_VAR_LANES];
	struct usd18 pnl[SAMPLE_SCENARIOS_MAX];
	struct usd18 scratch[SAMPLE_SCENARIOS_MAX];
};
/* var_table_measure: out[v] of exposure[v * factors + f], for each vault.
 * Errors as var_from_pnl and es_from_pnl; ERR_RANGE for an exposure beyond
 * VAR_EXPOSURE_MAX; at the first one it stops, *failed (may be NULL) is its
 * vault, and its out[v] is untouched. */
MUST_CHECK enum err var_table_measure(struct var_result *out, size_t *failed,
    const struct usd18 *exposure, size_t vaults, const struct var_table *t,
    const struct var_rules *rules, struct var_work *work);

#endif
