/* margin/simd_var.h - the inner loops of var_table.c: exact integers in vector
 * registers where the machine has them, the same bits without.
 *
 * A key is what a scenario earns, from coarse exposures and coarse returns:
 * 28 bits each, so that the sum over BOOK_FACTORS_MAX factors (margin/book.h)
 * fits 63.  Keys only choose which scenarios are computed in full.
 *
 * Owns:   nothing.  Limits: stride a multiple of SIMD_VAR_BLOCK.
 */
#ifndef MARGIN_SIMD_VAR_H
#define MARGIN_SIMD_VAR_H

#include "base/types.h"

#define SIMD_VAR_BLOCK 64u
#define SIMD_VAR_LANES 8u
#define SIMD_VAR_BITS 28	/* magnitudes at most 2^28 */
#define SIMD_VAR_RANKS_MAX 64u

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
/* simd_var_minima: of each block of n keys (n a multiple of SIMD_VAR_BLOCK),
 * the least of the keys that share a lane: n / SIMD_VAR_LANES of them. */
void simd_var_minima(enum simd_var_level level, int64_t *least,
    const int64_t *key, uint32_t n);
/* simd_var_count: how many of n keys (a multiple of SIMD_VAR_LANES) are at
 * most bound. */
uint32_t simd_var_count(enum simd_var_level level, const int64_t *key,
    uint32_t n, int64_t bound);
/* simd_var_pick writes the indices of the keys that are at most bound,
 * ascending, and returns how many; index has n + 2 * SIMD_VAR_LANES places, and
 * what lies behind the last index is undefined.  n as above. */
uint32_t simd_var_pick(enum simd_var_level level, uint32_t *index,
    const int64_t *key, uint32_t n, int64_t bound);
/* simd_var_least: of n keys, a multiple of SIMD_VAR_LANES. */
int64_t simd_var_least(enum simd_var_level level, const int64_t *key,
    uint32_t n);
/* simd_var_ranks: rank[i] = how many of n keys are below key[i]; n at most
 * SIMD_VAR_RANKS_MAX and a multiple of SIMD_VAR_LANES. */
void simd_var_ranks(enum simd_var_level level, uint32_t *rank,
    const int64_t *key, uint32_t n);

#endif
