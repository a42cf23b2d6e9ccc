#include "margin/evm.h"

struct u256
evm_max(void)
{
	return (struct u256){ {
		UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
	} };
}

/* evm_keep notes a failure and says what the step gives. */
static struct u256
evm_keep(struct evm *c, enum err e, struct u256 result)
{
	if (c->err == ERR_OK)
		c->err = e;
	return c->err == ERR_OK ? result : evm_zero();
}

struct u256
evm_add(struct evm *c, struct u256 a, struct u256 b)
{
	struct u256 r = evm_zero();
	enum err e = u256_add(&r, &a, &b);

	return evm_keep(c, e, r);
}

struct u256
evm_sub(struct evm *c, struct u256 a, struct u256 b)
{
	struct u256 r = evm_zero();
	enum err e = u256_sub(&r, &a, &b);

	return evm_keep(c, e, r);
}

struct u256
evm_mul(struct evm *c, struct u256 a, struct u256 b)
{
	struct u256 r = evm_zero();
	enum err e = u256_mul(&r, &a, &b);

	return evm_keep(c, e, r);
}

/* rest_rounds_up: rest / b against the side, without doubling the rest. */
static bool
rest_rounds_up(struct u256 rest, struct u256 b, enum side side)
{
	switch (side) {
	case SIDE_FLOOR:
		return false;
	case SIDE_CEIL:
		return !evm_is_zero(rest);
	case SIDE_HALF_UP:
		return evm_compare(evm_sub_or_zero(b, rest), rest) <= 0;
	}
	return false;
}

struct u256
evm_div(struct evm *c, struct u256 a, struct u256 b, enum side side)
{
	struct u256 q, rest;

	if (evm_is_zero(b))
		return evm_keep(c, ERR_RANGE, b);
	u256_div(&q, &rest, &a, &b);
	if (rest_rounds_up(rest, b, side))
		q = evm_add(c, q, evm_word(1));
	return evm_keep(c, ERR_OK, q);
}

struct u256
evm_muldiv(struct evm *c, struct u256 a, struct u256 b, struct u256 d,
    enum side side)
{
	return evm_div(c, evm_mul(c, a, b), d, side);
}

struct u256
evm_pow10(struct evm *c, unsigned n)
{
	unsigned low = n < 38 ? n : 38;

	if (n > EVM_POW10_MAX)
		return evm_keep(c, ERR_RANGE, evm_zero());
	if (n - low > 38)
		return evm_mul(c, evm_word(10), evm_pow10(c, n - 1));
	return evm_keep(c, ERR_OK,
	    u256_mul_u128(pow10_u128(low), pow10_u128(n - low)));
}

struct u256
evm_sub_or_zero(struct u256 a, struct u256 b)
{
	struct u256 r = evm_zero();

	return u256_sub(&r, &a, &b) == ERR_OK ? r : evm_zero();
}

u128
evm_to_u128(struct evm *c, struct u256 a)
{
	u128 r = 0;
	enum err e = u256_to_u128(&r, &a);

	(void)evm_keep(c, e, a);
	return c->err == ERR_OK ? r : 0;
}
