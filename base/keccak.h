/* base/keccak.h - Keccak-256 with the original padding (0x01), as the EVM has
 * it; this is not FIPS-202 SHA3-256 (0x06).  Source: Keccak submission v3,
 * Ethereum yellow paper appendix B. */
#ifndef BASE_KECCAK_H
#define BASE_KECCAK_H

#include "base/types.h"

#define KECCAK256_RATE 136u

struct keccak256 {
	uint64_t state[25];
	uint8_t block[KECCAK256_RATE];
	size_t block_len;
};

void keccak256_init(struct keccak256 *k);
void keccak256_update(struct keccak256 *k, const void *bytes, size_t len);
/* keccak256_final writes the digest and leaves k unusable until init. */
void keccak256_final(struct keccak256 *k, struct b32 *out);

/* keccak256 hashes one buffer. */
void keccak256(struct b32 *out, const void *bytes, size_t len);
/* keccak256_pair hashes 64 bytes: a then b, in this order. */
void keccak256_pair(struct b32 *out, const struct b32 *a,
    const struct b32 *b);

#endif
