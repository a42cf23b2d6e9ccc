/* base/keccak_lanes.h - Keccak-256 of many messages of one length, several at
 * once in vector registers where the machine has them; the same digests as
 * keccak256 on every level.
 *
 * Owns:   nothing.
 * Cost:   a message costs about a fifth of keccak256 on AVX-512, half of it
 *         on AVX2; more where fewer than KECCAK_LANES_MAX are asked for
 *         at a time.
 * Limits: level is at most keccak_level_best() (MUST).
 */
#ifndef BASE_KECCAK_LANES_H
#define BASE_KECCAK_LANES_H

#include "base/types.h"

#define KECCAK_LANES_MAX 8u

enum keccak_level {
	KECCAK_PORTABLE,	/* one at a time */
	KECCAK_AVX2,		/* four */
	KECCAK_AVX512,		/* eight */
	KECCAK_LEVELS,
};
/* keccak_level_best: the highest level of this machine. */
enum keccak_level keccak_level_best(void);
/* keccak_level_name returns a static word, never NULL. */
const char *keccak_level_name(enum keccak_level level);

/* keccak256_pairs: *out[i] = the hash of 64 bytes, *a[i] then *b[i].  out[i]
 * may be a[i] or b[i], but nothing of another pair. */
void keccak256_pairs(enum keccak_level level, struct b32 *const *out,
    const struct b32 *const *a, const struct b32 *const *b, size_t n);

/* keccak256_siblings: out[i] = the hash of in[2 * i] and in[2 * i + 1], the
 * lesser of them first.  n is a multiple of KECCAK_LANES_MAX (MUST); out and in
 * are apart. */
void keccak256_siblings(enum keccak_level level, struct b32 *out,
    const struct b32 *in, size_t n);

/* keccak256_many: out[i] = the hash of len bytes at in + i * stride.  out may
 * be in where stride is 32 and len at most 32; otherwise they are apart. */
void keccak256_many(enum keccak_level level, struct b32 *out, const void *in,
    size_t len, size_t stride, size_t n);

#endif
