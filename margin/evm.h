/* margin/evm.h - unsigned 256-bit arithmetic as contracts have it, each
 * quotient rounded to a side that is said, each overflow answered.
 *
 * A contract reverts where a sum or product does not fit; here the
 * calculation remembers it: the first failure stays in evm.err, what follows
 * gives zero, and the caller looks once, before it writes an output.
 *
 * Units:  none.  Owns nothing, allocates nothing.
 */
#ifndef MARGIN_EVM_H
#define MARGIN_EVM_H

#include "base/fixed.h"
#include "base/u256.h"

/* The sides of the magnitude.  What Solidity calls truncation toward zero of a
 * signed number is SIDE_FLOOR of its magnitude. */
enum side {
	SIDE_FLOOR,
	SIDE_CEIL,
	SIDE_HALF_UP,	/* to nearest, a half away from zero */
};

/* One calculation; start with { ERR_OK }. */
struct evm { enum err err; };

#define EVM_POW10_MAX 77u	/* 10^77 < 2^256 */

struct u256 evm_max(void);	/* 2^256 - 1: type(uint256).max */
static inline struct u256 evm_word(u128 a) { return u256_from_u128(a); }
static inline struct u256 evm_zero(void) { return u256_from_u128(0); }
static inline int evm_compare(struct u256 a, struct u256 b)
{ return u256_compare(&a, &b); }
static inline bool evm_is_zero(struct u256 a) { return u256_is_zero(&a); }
static inline struct u256 evm_min(struct u256 a, struct u256 b)
{ return u256_compare(&a, &b) < 0 ? a : b; }

/* Each returns its result, or zero where c has failed or fails now: ERR_RANGE
 * for a result beyond 2^256 - 1 or below zero and for a zero divisor. */
struct u256 evm_add(struct evm *c, struct u256 a, struct u256 b);
struct u256 evm_sub(struct evm *c, struct u256 a, struct u256 b);
struct u256 evm_mul(struct evm *c, struct u256 a, struct u256 b);
struct u256 evm_div(struct evm *c, struct u256 a, struct u256 b,
    enum side side);
/* a * b / d; the product must fit, as it must on chain. */
struct u256 evm_muldiv(struct evm *c, struct u256 a, struct u256 b,
    struct u256 d, enum side side);
/* 10^n; n beyond EVM_POW10_MAX is ERR_RANGE. */
struct u256 evm_pow10(struct evm *c, unsigned n);
/* The larger of a - b and zero. */
struct u256 evm_sub_or_zero(struct u256 a, struct u256 b);
/* a in 128 bits. */
u128 evm_to_u128(struct evm *c, struct u256 a);

#endif
