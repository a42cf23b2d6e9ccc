/* base/keccak_round.h - the permutation Keccak-f[1600] over any register of
 * 64-bit words: one state in scalars, four or eight side by side in vectors.
 * For this folder: each file that includes it defines first
 *	LANE			the register
 *	LANE_CODE		how a function that computes on it is declared
 *	LANE_FILL(u64)		the word in every place
 *	LANE_ROTATE(a, n)	to the left, n a constant
 *	LANE_XOR(a, b), LANE_XOR3(a, b, c)
 *	LANE_CHI(a, b, c)	a ^ (~b & c)
 * They are macros because at -O0 an intrinsic's constant must be one in the
 * text.  Source: FIPS 202 section 3.2.
 */
#ifndef BASE_KECCAK_ROUND_H
#define BASE_KECCAK_ROUND_H

#include <stdint.h>

#define KECCAK_ROUNDS 24
#define KECCAK_WORDS 25
/* Words of a block of Keccak-256. */
#define KECCAK_RATE_WORDS 17
#define KECCAK_PAD_BEGIN ((uint64_t)0x01)
/* The last bit of the last word of a block. */
#define KECCAK_PAD_END ((uint64_t)0x80 << 56)

/* Before a loop over registers: an index that varies puts them into memory. */
#define LANES_UNROLL _Pragma("GCC unroll 32")

static const uint64_t KECCAK_CONSTANTS[KECCAK_ROUNDS] = {
	0x0000000000000001, 0x0000000000008082, 0x800000000000808a,
	0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
	0x8000000080008081, 0x8000000000008009, 0x000000000000008a,
	0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
	0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
	0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
	0x000000000000800a, 0x800000008000000a, 0x8000000080008081,
	0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

LANE_CODE void
lanes_chi(LANE *e, LANE b0, LANE b1, LANE b2, LANE b3, LANE b4)
{
	e[0] = LANE_CHI(b0, b1, b2);
	e[1] = LANE_CHI(b1, b2, b3);
	e[2] = LANE_CHI(b2, b3, b4);
	e[3] = LANE_CHI(b3, b4, b0);
	e[4] = LANE_CHI(b4, b0, b1);
}

#define LANE_SUM(a, x) LANE_XOR3(LANE_XOR3(a[x], a[x + 5], a[x + 10]), \
	a[x + 15], a[x + 20])
/* theta, rho and pi of one word. */
#define LANE_MOVE(a, d, n) LANE_ROTATE(LANE_XOR(a, d), n)

/* One round from a to e: word (x, y) stands at x + 5y.  Every index is a
 * constant, so that the compiler keeps the state in registers. */
LANE_CODE void
lanes_round(LANE e[KECCAK_WORDS], const LANE a[KECCAK_WORDS],
    uint64_t constant)
{
	LANE c0 = LANE_SUM(a, 0), c1 = LANE_SUM(a, 1), c2 = LANE_SUM(a, 2);
	LANE c3 = LANE_SUM(a, 3), c4 = LANE_SUM(a, 4);
	LANE d0 = LANE_XOR(c4, LANE_ROTATE(c1, 1));
	LANE d1 = LANE_XOR(c0, LANE_ROTATE(c2, 1));
	LANE d2 = LANE_XOR(c1, LANE_ROTATE(c3, 1));
	LANE d3 = LANE_XOR(c2, LANE_ROTATE(c4, 1));
	LANE d4 = LANE_XOR(c3, LANE_ROTATE(c0, 1));

	lanes_chi(e, LANE_XOR(a[0], d0), LANE_MOVE(a[6], d1, 44),
	    LANE_MOVE(a[12], d2, 43), LANE_MOVE(a[18], d3, 21),
	    LANE_MOVE(a[24], d4, 14));
	e[0] = LANE_XOR(e[0], LANE_FILL(constant));
	lanes_chi(e + 5, LANE_MOVE(a[3], d3, 28), LANE_MOVE(a[9], d4, 20),
	    LANE_MOVE(a[10], d0, 3), LANE_MOVE(a[16], d1, 45),
	    LANE_MOVE(a[22], d2, 61));
	lanes_chi(e + 10, LANE_MOVE(a[1], d1, 1), LANE_MOVE(a[7], d2, 6),
	    LANE_MOVE(a[13], d3, 25), LANE_MOVE(a[19], d4, 8),
	    LANE_MOVE(a[20], d0, 18));
	lanes_chi(e + 15, LANE_MOVE(a[4], d4, 27), LANE_MOVE(a[5], d0, 36),
	    LANE_MOVE(a[11], d1, 10), LANE_MOVE(a[17], d2, 15),
	    LANE_MOVE(a[23], d3, 56));
	lanes_chi(e + 20, LANE_MOVE(a[2], d2, 62), LANE_MOVE(a[8], d3, 55),
	    LANE_MOVE(a[14], d4, 39), LANE_MOVE(a[15], d0, 41),
	    LANE_MOVE(a[21], d1, 2));
}

/* The last round, where only the four words of a digest are wanted. */
LANE_CODE void
lanes_round_last(LANE e[4], const LANE a[KECCAK_WORDS])
{
	LANE c0 = LANE_SUM(a, 0), c1 = LANE_SUM(a, 1), c2 = LANE_SUM(a, 2);
	LANE c3 = LANE_SUM(a, 3), c4 = LANE_SUM(a, 4);
	LANE b0 = LANE_XOR3(a[0], c4, LANE_ROTATE(c1, 1));
	LANE b1 = LANE_ROTATE(LANE_XOR3(a[6], c0, LANE_ROTATE(c2, 1)), 44);
	LANE b2 = LANE_ROTATE(LANE_XOR3(a[12], c1, LANE_ROTATE(c3, 1)), 43);
	LANE b3 = LANE_ROTATE(LANE_XOR3(a[18], c2, LANE_ROTATE(c4, 1)), 21);
	LANE b4 = LANE_ROTATE(LANE_XOR3(a[24], c3, LANE_ROTATE(c0, 1)), 14);

	e[0] = LANE_XOR(LANE_CHI(b0, b1, b2),
	    LANE_FILL(KECCAK_CONSTANTS[KECCAK_ROUNDS - 1]));
	e[1] = LANE_CHI(b1, b2, b3);
	e[2] = LANE_CHI(b2, b3, b4);
	e[3] = LANE_CHI(b3, b4, b0);
}

/* The first round of eight words, their padding, and zeros. */
LANE_CODE void
lanes_round_first(LANE e[KECCAK_WORDS], const LANE a[8])
{
	LANE p8 = LANE_FILL(KECCAK_PAD_BEGIN), p16 = LANE_FILL(KECCAK_PAD_END);
	LANE c0 = LANE_XOR(a[0], a[5]), c1 = LANE_XOR3(a[1], a[6], p16);
	LANE c2 = LANE_XOR(a[2], a[7]), c3 = LANE_XOR(a[3], p8), c4 = a[4];
	LANE d0 = LANE_XOR(c4, LANE_ROTATE(c1, 1));
	LANE d1 = LANE_XOR(c0, LANE_ROTATE(c2, 1));
	LANE d2 = LANE_XOR(c1, LANE_ROTATE(c3, 1));
	LANE d3 = LANE_XOR(c2, LANE_ROTATE(c4, 1));
	LANE d4 = LANE_XOR(c3, LANE_ROTATE(c0, 1));

	lanes_chi(e, LANE_XOR(a[0], d0), LANE_MOVE(a[6], d1, 44),
	    LANE_ROTATE(d2, 43), LANE_ROTATE(d3, 21), LANE_ROTATE(d4, 14));
	e[0] = LANE_XOR(e[0], LANE_FILL(KECCAK_CONSTANTS[0]));
	lanes_chi(e + 5, LANE_MOVE(a[3], d3, 28), LANE_ROTATE(d4, 20),
	    LANE_ROTATE(d0, 3), LANE_MOVE(p16, d1, 45), LANE_ROTATE(d2, 61));
	lanes_chi(e + 10, LANE_MOVE(a[1], d1, 1), LANE_MOVE(a[7], d2, 6),
	    LANE_ROTATE(d3, 25), LANE_ROTATE(d4, 8), LANE_ROTATE(d0, 18));
	lanes_chi(e + 15, LANE_MOVE(a[4], d4, 27), LANE_MOVE(a[5], d0, 36),
	    LANE_ROTATE(d1, 10), LANE_ROTATE(d2, 15), LANE_ROTATE(d3, 56));
	lanes_chi(e + 20, LANE_MOVE(a[2], d2, 62), LANE_MOVE(p8, d3, 55),
	    LANE_ROTATE(d4, 39), LANE_ROTATE(d0, 41), LANE_ROTATE(d1, 2));
}

LANE_CODE void
lanes_permute(LANE a[KECCAK_WORDS])
{
	LANE e[KECCAK_WORDS];

	for (int i = 0; i < KECCAK_ROUNDS; i += 2) {
		lanes_round(e, a, KECCAK_CONSTANTS[i]);
		lanes_round(a, e, KECCAK_CONSTANTS[i + 1]);
	}
}

/* lanes_hash_pair: a digest of eight words. */
LANE_CODE void
lanes_hash_pair(LANE digest[4], const LANE words[8])
{
	LANE a[KECCAK_WORDS], e[KECCAK_WORDS];

	lanes_round_first(e, words);
	for (int i = 1; i < KECCAK_ROUNDS - 1; i += 2) {
		lanes_round(a, e, KECCAK_CONSTANTS[i]);
		lanes_round(e, a, KECCAK_CONSTANTS[i + 1]);
	}
	lanes_round_last(digest, e);
}

#endif
