/* margin/simd_var.h - the inner loops of var_table.c: exact integers in vector
 * registers where the machine has them, the same bits without.
 *
 * A key is what a scenario earns, from coarse exposures and coarse returns:
 * 28 bits each, so that the sum over SIMD_VAR_FACTORS factors fits 63.  Keys
 * only choose which scenarios are computed in full.
 *
 * Owns:   nothing.  Limits: stride a multiple of SIMD_VAR_BLOCK.
 */
#ifndef MARGIN_SIMD_VAR_H
#define MARGIN_SIMD_VAR_H

#include "base/types.h"

#define SIMD_VAR_BLOCK 16u
#define SIMD_VAR_BITS 28	/* magnitudes below 2^28 */

enum simd_var_level {
	SIMD_VAR_PORTABLE, SIMD_VAR_AVX2, SIMD_VAR_AVX512,
	SIMD_VAR_LEVELS,
};
/* simd_var_best: the highest level of this machine. */
enum simd_var_level simd_var_best(void);

/* simd_var_keys: key[s] = sum over f of e[f] * r[f * stride + s], for all of
 * the stride. */
void simd_var_keys(enum simd_var_level level, int64_t *key, const int32_t *r,
    uint32_t stride, const int32_t *e, uint32_t factors);
/* simd_var_least and simd_var_count: of n keys (a multiple of
 * SIMD_VAR_BLOCK) the least; how many are at most bound. */
int64_t simd_var_least(enum simd_var_level level, const int64_t *key,
    uint32_t n);
uint32_t simd_var_count(enum simd_var_level level, const int64_t *key,
    uint32_t n, int64_t bound);
/* simd_var_pick writes the indices of the keys that are at most bound,
 * ascending, and returns how many; index has n + SIMD_VAR_BLOCK places, and
 * what lies behind the last index is undefined. */
uint32_t simd_var_pick(enum simd_var_level level, uint32_t *index,
    const int64_t *key, uint32_t n, int64_t bound);

#endif
