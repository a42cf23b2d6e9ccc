#include "base/keccak.h"

#include <string.h>

#include "base/must.h"

#define ROUNDS 24
#define LANES (KECCAK256_RATE / 8u)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "lanes are loaded as they stand");
_Static_assert(sizeof(((struct keccak256 *)0)->state) == 200,
    "the permutation is over 1600 bits");

static const uint64_t ROUND_CONSTANTS[ROUNDS] = {
	0x0000000000000001, 0x0000000000008082, 0x800000000000808a,
	0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
	0x8000000080008081, 0x8000000000008009, 0x000000000000008a,
	0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
	0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
	0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
	0x000000000000800a, 0x800000008000000a, 0x8000000080008081,
	0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t
rotl(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

/* Lanes that are kept complemented during the permutation, which leaves one
 * negation or two a row of chi instead of five ("lane complementing" in the
 * Keccak implementation overview; plain x86-64 has no and-not). */
static const uint8_t COMPLEMENTED[] = { 1, 2, 8, 12, 17, 20 };

INLINE void
lanes_complement(uint64_t a[25])
{
	for (size_t i = 0; i < sizeof(COMPLEMENTED); i++)
		a[COMPLEMENTED[i]] = ~a[COMPLEMENTED[i]];
}

/* chi of the five rows over lanes after theta, rho and pi.  They differ in
 * which of their lanes are complemented. */
INLINE void
row0_chi(uint64_t *e, uint64_t b0, uint64_t b1, uint64_t b2, uint64_t b3,
    uint64_t b4)
{
	e[0] = b0 ^ (b1 | b2);
	e[1] = b1 ^ (~b2 | b3);
	e[2] = b2 ^ (b3 & b4);
	e[3] = b3 ^ (b4 | b0);
	e[4] = b4 ^ (b0 & b1);
}

INLINE void
row1_chi(uint64_t *e, uint64_t b0, uint64_t b1, uint64_t b2, uint64_t b3,
    uint64_t b4)
{
	e[0] = b0 ^ (b1 | b2);
	e[1] = b1 ^ (b2 & b3);
	e[2] = b2 ^ (b3 | ~b4);
	e[3] = b3 ^ (b4 | b0);
	e[4] = b4 ^ (b0 & b1);
}

INLINE void
row2_chi(uint64_t *e, uint64_t b0, uint64_t b1, uint64_t b2, uint64_t b3,
    uint64_t b4)
{
	e[0] = b0 ^ (b1 | b2);
	e[1] = b1 ^ (b2 & b3);
	e[2] = b2 ^ (~b3 & b4);
	e[3] = ~b3 ^ (b4 | b0);
	e[4] = b4 ^ (b0 & b1);
}

INLINE void
row3_chi(uint64_t *e, uint64_t b0, uint64_t b1, uint64_t b2, uint64_t b3,
    uint64_t b4)
{
	e[0] = b0 ^ (b1 & b2);
	e[1] = b1 ^ (b2 | b3);
	e[2] = b2 ^ (~b3 | b4);
	e[3] = ~b3 ^ (b4 & b0);
	e[4] = b4 ^ (b0 | b1);
}

INLINE void
row4_chi(uint64_t *e, uint64_t b0, uint64_t b1, uint64_t b2, uint64_t b3,
    uint64_t b4)
{
	e[0] = b0 ^ (~b1 & b2);
	e[1] = ~b1 ^ (b2 | b3);
	e[2] = b2 ^ (b3 & b4);
	e[3] = b3 ^ (b4 | b0);
	e[4] = b4 ^ (b0 & b1);
}

/* One round from a to e: lane (x, y) stands at x + 5y.  Every index is a
 * constant, so that the compiler keeps the lanes as scalars. */
INLINE void
state_round(uint64_t e[25], const uint64_t a[25], uint64_t constant)
{
	uint64_t c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
	uint64_t c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
	uint64_t c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
	uint64_t c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
	uint64_t c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
	uint64_t d0 = c4 ^ rotl(c1, 1);
	uint64_t d1 = c0 ^ rotl(c2, 1);
	uint64_t d2 = c1 ^ rotl(c3, 1);
	uint64_t d3 = c2 ^ rotl(c4, 1);
	uint64_t d4 = c3 ^ rotl(c0, 1);

	row0_chi(e, a[0] ^ d0, rotl(a[6] ^ d1, 44), rotl(a[12] ^ d2, 43),
	    rotl(a[18] ^ d3, 21), rotl(a[24] ^ d4, 14));
	e[0] ^= constant;
	row1_chi(e + 5, rotl(a[3] ^ d3, 28), rotl(a[9] ^ d4, 20),
	    rotl(a[10] ^ d0, 3), rotl(a[16] ^ d1, 45), rotl(a[22] ^ d2, 61));
	row2_chi(e + 10, rotl(a[1] ^ d1, 1), rotl(a[7] ^ d2, 6),
	    rotl(a[13] ^ d3, 25), rotl(a[19] ^ d4, 8), rotl(a[20] ^ d0, 18));
	row3_chi(e + 15, rotl(a[4] ^ d4, 27), rotl(a[5] ^ d0, 36),
	    rotl(a[11] ^ d1, 10), rotl(a[17] ^ d2, 15),
	    rotl(a[23] ^ d3, 56));
	row4_chi(e + 20, rotl(a[2] ^ d2, 62), rotl(a[8] ^ d3, 55),
	    rotl(a[14] ^ d4, 39), rotl(a[15] ^ d0, 41), rotl(a[21] ^ d1, 2));
}

static void
state_permute(uint64_t state[25])
{
	uint64_t a[25], e[25];

	memcpy(a, state, sizeof(a));
	lanes_complement(a);
	for (size_t i = 0; i < ROUNDS; i += 2) {
		state_round(e, a, ROUND_CONSTANTS[i]);
		state_round(a, e, ROUND_CONSTANTS[i + 1]);
	}
	lanes_complement(a);
	memcpy(state, a, sizeof(a));
}

static void
state_absorb(uint64_t state[25], const uint8_t block[KECCAK256_RATE])
{
	for (size_t i = 0; i < LANES; i++) {
		uint64_t lane;

		memcpy(&lane, block + 8 * i, sizeof(lane));
		state[i] ^= lane;
	}
	state_permute(state);
}

void
keccak256_init(struct keccak256 *k)
{
	memset(k, 0, sizeof(*k));
}

void
keccak256_update(struct keccak256 *k, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	MUST(k->block_len < KECCAK256_RATE);
	if (k->block_len > 0) {
		size_t room = KECCAK256_RATE - k->block_len;
		size_t take = len < room ? len : room;

		if (take > 0)
			memcpy(k->block + k->block_len, at, take);
		k->block_len += take;
		if (k->block_len < KECCAK256_RATE)
			return;
		state_absorb(k->state, k->block);
		k->block_len = 0;
		at += take;
		len -= take;
	}
	while (len >= KECCAK256_RATE) {
		state_absorb(k->state, at);
		at += KECCAK256_RATE;
		len -= KECCAK256_RATE;
	}
	if (len > 0)
		memcpy(k->block, at, len);
	k->block_len = len;
}

void
keccak256_final(struct keccak256 *k, struct b32 *out)
{
	MUST(k->block_len < KECCAK256_RATE);
	memset(k->block + k->block_len, 0, KECCAK256_RATE - k->block_len);
	/* Both may fall on the same byte, hence the xor. */
	k->block[k->block_len] ^= 0x01;
	k->block[KECCAK256_RATE - 1] ^= 0x80;
	state_absorb(k->state, k->block);
	memcpy(out->b, k->state, sizeof(out->b));
	/* Makes a use after final fail the check above. */
	k->block_len = KECCAK256_RATE;
}

void
keccak256(struct b32 *out, const void *bytes, size_t len)
{
	struct keccak256 k;

	keccak256_init(&k);
	keccak256_update(&k, bytes, len);
	keccak256_final(&k, out);
}

/* The pair fits one block: eight lanes of input, then the padding.  Written
 * out because every interior node of a tree comes this way. */
void
keccak256_pair(struct b32 *out, const struct b32 *a, const struct b32 *b)
{
	uint64_t state[25] = { 0 };

	memcpy(state, a->b, sizeof(a->b));
	memcpy(state + 4, b->b, sizeof(b->b));
	state[8] = 0x01;
	state[LANES - 1] = (uint64_t)0x80 << 56;
	state_permute(state);
	memcpy(out->b, state, sizeof(out->b));
}
