/* base/u256.h - unsigned 256-bit integers: the middle of every product.
 *
 * Units:  none; plain integers modulo nothing (every overflow is answered).
 * Owns:   nothing.  No allocation, no clock, no I/O.
 */
#ifndef BASE_U256_H
#define BASE_U256_H

#include "base/types.h"

struct u256 {
	uint64_t w[4];	/* least significant word first */
};

struct u256 u256_from_u128(u128 a);
/* u256_to_u128 fails with ERR_RANGE where a >= 2^128. */
MUST_CHECK enum err u256_to_u128(u128 *out, const struct u256 *a);

bool u256_is_zero(const struct u256 *a);
int u256_compare(const struct u256 *a, const struct u256 *b);

/* u256_add and u256_sub fail with ERR_RANGE on carry or borrow. */
MUST_CHECK enum err u256_add(struct u256 *out, const struct u256 *a,
    const struct u256 *b);
MUST_CHECK enum err u256_sub(struct u256 *out, const struct u256 *a,
    const struct u256 *b);
/* u256_mul_u128 is exact: 128 x 128 bits always fit. */
struct u256 u256_mul_u128(u128 a, u128 b);
/* u256_mul fails with ERR_RANGE where the product exceeds 256 bits. */
MUST_CHECK enum err u256_mul(struct u256 *out, const struct u256 *a,
    const struct u256 *b);
/* u256_div truncates; remainder may be NULL.  Dividing by zero is the
 * caller's bug (MUST). */
void u256_div(struct u256 *quotient, struct u256 *remainder,
    const struct u256 *a, const struct u256 *b);

/* Big-endian 32-byte form, as the EVM has it. */
void u256_to_be(uint8_t out[32], const struct u256 *a);
struct u256 u256_from_be(const uint8_t in[32]);

#endif
