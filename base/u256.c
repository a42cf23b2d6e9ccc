#include "base/u256.h"

#include "base/must.h"
#include "base/wide.h"

#define WORDS 4u

static struct u256
u256_from_halves(u128 hi, u128 lo)
{
	return (struct u256){ {
		(uint64_t)lo, (uint64_t)(lo >> 64),
		(uint64_t)hi, (uint64_t)(hi >> 64),
	} };
}

static u128
u256_low(const struct u256 *a)
{
	return ((u128)a->w[1] << 64) | a->w[0];
}

static u128
u256_high(const struct u256 *a)
{
	return ((u128)a->w[3] << 64) | a->w[2];
}

struct u256
u256_from_u128(u128 a)
{
	return u256_from_halves(0, a);
}

enum err
u256_to_u128(u128 *out, const struct u256 *a)
{
	if (u256_high(a) != 0)
		return ERR_RANGE;
	*out = u256_low(a);
	return ERR_OK;
}

bool
u256_is_zero(const struct u256 *a)
{
	return (a->w[0] | a->w[1] | a->w[2] | a->w[3]) == 0;
}

int
u256_compare(const struct u256 *a, const struct u256 *b)
{
	for (unsigned i = WORDS; i-- > 0;)
		if (a->w[i] != b->w[i])
			return a->w[i] < b->w[i] ? -1 : 1;
	return 0;
}

enum err
u256_add(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	struct u256 sum;
	uint64_t carry = 0;

	for (unsigned i = 0; i < WORDS; i++) {
		u128 t = (u128)a->w[i] + b->w[i] + carry;

		sum.w[i] = (uint64_t)t;
		carry = (uint64_t)(t >> 64);
	}
	if (carry != 0)
		return ERR_RANGE;
	*out = sum;
	return ERR_OK;
}

enum err
u256_sub(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	struct u256 left;
	uint64_t borrow = 0;

	for (unsigned i = 0; i < WORDS; i++) {
		u128 t = (u128)a->w[i] - b->w[i] - borrow;

		left.w[i] = (uint64_t)t;
		borrow = (uint64_t)(t >> 64) & 1;
	}
	if (borrow != 0)
		return ERR_RANGE;
	*out = left;
	return ERR_OK;
}

struct u256
u256_mul_u128(u128 a, u128 b)
{
	u128 hi;
	u128 lo = wide_mul(&hi, a, b);

	return u256_from_halves(hi, lo);
}

enum err
u256_mul(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	u128 a_hi = u256_high(a), b_hi = u256_high(b);
	u128 hi, lo, cross, cross_hi;

	if (a_hi != 0 && b_hi != 0)
		return ERR_RANGE;
	lo = wide_mul(&hi, u256_low(a), u256_low(b));
	/* At most one of the two factors' high halves is there. */
	cross = a_hi != 0 ? wide_mul(&cross_hi, a_hi, u256_low(b)) :
	    wide_mul(&cross_hi, b_hi, u256_low(a));
	if (cross_hi != 0 || cross > U128_MAX - hi)
		return ERR_RANGE;
	*out = u256_from_halves(hi + cross, lo);
	return ERR_OK;
}

static unsigned
words_used(const struct u256 *a)
{
	unsigned n = WORDS;

	while (n > 0 && a->w[n - 1] == 0)
		n--;
	return n;
}

/* subtract_product takes q * v (n words) from u (n + 1 words) and answers
 * whether that went below zero. */
static bool
subtract_product(uint64_t *u, const uint64_t *v, unsigned n, uint64_t q)
{
	uint64_t carry = 0;

	for (unsigned i = 0; i < n; i++) {
		u128 product = (u128)q * v[i] + carry;

		carry = (uint64_t)(product >> 64) + (u[i] < (uint64_t)product);
		u[i] -= (uint64_t)product;
	}
	if (u[n] >= carry) {
		u[n] -= carry;
		return false;
	}
	u[n] -= carry;
	return true;
}

static void
add_back(uint64_t *u, const uint64_t *v, unsigned n)
{
	uint64_t carry = 0;

	for (unsigned i = 0; i < n; i++) {
		u128 sum = (u128)u[i] + v[i] + carry;

		u[i] = (uint64_t)sum;
		carry = (uint64_t)(sum >> 64);
	}
	u[n] += carry;
}

/* div_long: a / b where b has n >= 3 words and a is not below b. */
static void
div_long(struct u256 *quotient, struct u256 *remainder, const struct u256 *a,
    const struct u256 *b, unsigned n)
{
	unsigned shift = (unsigned)__builtin_clzll(b->w[n - 1]);
	uint64_t u[WORDS + 1], v[WORDS];
	struct u256 q = { { 0 } }, r = { { 0 } };
	u128 top;

	/* Shifting a 128-bit pair right by 64 - shift keeps shift 0 defined. */
	for (unsigned i = 0; i < WORDS; i++)
		v[i] = (uint64_t)((((u128)b->w[i] << 64) |
		    (i > 0 ? b->w[i - 1] : 0)) >> (64 - shift));
	for (unsigned i = 0; i <= WORDS; i++)
		u[i] = (uint64_t)((((u128)(i < WORDS ? a->w[i] : 0) << 64) |
		    (i > 0 ? a->w[i - 1] : 0)) >> (64 - shift));
	top = ((u128)v[n - 1] << 64) | v[n - 2];

	for (unsigned j = WORDS - n + 1; j-- > 0;) {
		u128 hi = ((u128)u[j + n] << 64) | u[j + n - 1];
		u128 unused;
		uint64_t digit = hi >= top ? UINT64_MAX :
		    wide_div_3by2(&unused, hi, u[j + n - 2], top);

		if (subtract_product(&u[j], v, n, digit)) {
			digit--;
			add_back(&u[j], v, n);
		}
		q.w[j] = digit;
	}
	for (unsigned i = 0; i < n; i++)
		r.w[i] = (uint64_t)((((u128)u[i + 1] << 64) | u[i]) >> shift);
	*quotient = q;
	*remainder = r;
}

void
u256_div(struct u256 *quotient, struct u256 *remainder, const struct u256 *a,
    const struct u256 *b)
{
	unsigned n = words_used(b);
	struct u256 q, r;

	MUST(n > 0);

	if (u256_compare(a, b) < 0) {
		q = u256_from_u128(0);
		r = *a;
	} else if (n <= 2) {
		u128 d = u256_low(b), rest;
		u128 q_hi = u256_high(a) / d;
		u128 q_lo = wide_div(&rest, u256_high(a) % d, u256_low(a), d);

		q = u256_from_halves(q_hi, q_lo);
		r = u256_from_u128(rest);
	} else {
		div_long(&q, &r, a, b, n);
	}
	*quotient = q;
	if (remainder)
		*remainder = r;
}

void
u256_to_be(uint8_t out[32], const struct u256 *a)
{
	for (unsigned i = 0; i < 32; i++)
		out[31 - i] = (uint8_t)(a->w[i / 8] >> (i % 8 * 8));
}

struct u256
u256_from_be(const uint8_t in[32])
{
	struct u256 a = { { 0 } };

	for (unsigned i = 0; i < 32; i++)
		a.w[i / 8] |= (uint64_t)in[31 - i] << (i % 8 * 8);
	return a;
}
