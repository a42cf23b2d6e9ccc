/* base/simd_keccak.h - Keccak-256 of four messages at once in AVX2 registers,
 * of eight in AVX-512 registers.  keccak_lanes.h chooses among them.
 *
 * Owns:   nothing.
 * Limits: x86-64 only.  The caller has asked the processor; every place of the
 *         arrays counts, and may repeat a message and its output.
 * All of the messages are read before the first output is written.
 */
#ifndef BASE_SIMD_KECCAK_H
#define BASE_SIMD_KECCAK_H

#include "base/types.h"

#define SIMD_KECCAK_AVX2_LANES 4u
#define SIMD_KECCAK_AVX512_LANES 8u

/* out[i] = keccak256 of the 64 bytes a[i], b[i]. */
void simd_keccak_pairs_avx2(struct b32 *const *out,
    const struct b32 *const *a, const struct b32 *const *b);
void simd_keccak_pairs_avx512(struct b32 *const *out,
    const struct b32 *const *a, const struct b32 *const *b);

/* out[i] = keccak256 of in[2 * i] and in[2 * i + 1], the lesser first. */
void simd_keccak_siblings_avx2(struct b32 *out, const struct b32 *in);
void simd_keccak_siblings_avx512(struct b32 *out, const struct b32 *in);

/* out[i] = keccak256 of len bytes at in[i]. */
void simd_keccak_texts_avx2(struct b32 *const *out, const uint8_t *const *in,
    size_t len);
void simd_keccak_texts_avx512(struct b32 *const *out,
    const uint8_t *const *in, size_t len);

#endif
