/* margin/philox.h - Philox4x32-10: random words from a counter and a key.
 *
 * A pure function: the same counter and key give the same four words on every
 * machine, in any order of calls.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1,
 *         2, 3", SC11; its test vectors are in tests/test_sample.c.
 */
#ifndef MARGIN_PHILOX_H
#define MARGIN_PHILOX_H

#include "base/types.h"

void philox4x32(uint32_t out[4], const uint32_t counter[4],
    const uint32_t key[2]);

/* A stream of 64-bit words: block n of the key and the tag.  The key is bytes
 * 0..7 of a hash and words 2 and 3 of the counter are bytes 8..15, each word
 * most significant byte first; words 0 and 1 count the blocks. */
struct philox {
	uint32_t key[2];
	uint32_t counter[4];
	uint32_t word[4];
	unsigned used;		/* of the four; 4: a new block is due */
};
void philox_init(struct philox *p, const struct b32 *hash);
uint64_t philox_next(struct philox *p);

#endif
