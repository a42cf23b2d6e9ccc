#include "margin/accum.h"

#include "base/must.h"
#include "base/q64.h"

#define U256_WORDS 4u
#define WAD_WORD ((uint64_t)WAD_ONE_RAW)

static u128
magnitude(i128 v)
{
	return v < 0 ? (u128)0 - (u128)v : (u128)v;
}

bool
accum_is_negative(const struct accum *a)
{
	return a->w[ACCUM_WORDS - 1] >> 63 != 0;
}

/* negate: the least value of the type stays itself, and reads right as an
 * unsigned magnitude. */
static void
negate(struct accum *a)
{
	u128 carry = 1;

	for (size_t i = 0; i < ACCUM_WORDS; i++) {
		carry += ~a->w[i];
		a->w[i] = (uint64_t)carry;
		carry >>= 64;
	}
}

enum err
accum_add(struct accum *a, const struct accum *b)
{
	struct accum sum;
	u128 carry = 0;

	for (size_t i = 0; i < ACCUM_WORDS; i++) {
		carry += (u128)a->w[i] + b->w[i];
		sum.w[i] = (uint64_t)carry;
		carry >>= 64;
	}
	/* Overflow: both of one sign, the sum of the other. */
	if (accum_is_negative(a) == accum_is_negative(b) &&
	    accum_is_negative(&sum) != accum_is_negative(a))
		return ERR_RANGE;
	*a = sum;
	return ERR_OK;
}

/* product: |x| |y| |z| with a sign.  Three magnitudes of at most 2^127 make
 * at most 2^381. */
static struct accum
product(i128 x, i128 y, i128 z, bool is_negative)
{
	struct u256 xy = u256_mul_u128(magnitude(x), magnitude(y));
	u128 m = magnitude(z);
	uint64_t half[2] = { (uint64_t)m, (uint64_t)(m >> 64) };
	struct accum p = accum_zero();

	for (size_t j = 0; j < ARRAY_COUNT(half); j++) {
		u128 carry = 0;

		for (size_t i = 0; i < U256_WORDS; i++) {
			carry += (u128)xy.w[i] * half[j] + p.w[i + j];
			p.w[i + j] = (uint64_t)carry;
			carry >>= 64;
		}
		p.w[U256_WORDS + j] = (uint64_t)carry;
	}
	if (is_negative)
		negate(&p);
	return p;
}

enum err
accum_add3(struct accum *a, i128 x, i128 y, i128 z)
{
	struct accum p = product(x, y, z, ((x < 0) != (y < 0)) != (z < 0));

	return accum_add(a, &p);
}

enum err
accum_sub3(struct accum *a, i128 x, i128 y, i128 z)
{
	struct accum p = product(x, y, z, ((x < 0) != (y < 0)) == (z < 0));

	return accum_add(a, &p);
}

enum err
accum_add2(struct accum *a, i128 x, i128 y)
{
	return accum_add3(a, x, y, 1);
}

enum err
accum_sub2(struct accum *a, i128 x, i128 y)
{
	return accum_sub3(a, x, y, 1);
}

/* divide_wads: a (a magnitude) / 10^(18 wads); what was lost is nonzero in
 * *is_exact == false. */
static void
divide_wads(struct accum *a, bool *is_exact, unsigned wads)
{
	MUST(wads <= 2);
	for (unsigned n = 0; n < wads; n++) {
		u128 rest = 0;

		for (size_t i = ACCUM_WORDS; i-- > 0; ) {
			rest = (rest << 64) | a->w[i];
			a->w[i] = (uint64_t)(rest / WAD_WORD);
			rest %= WAD_WORD;
		}
		if (rest != 0)
			*is_exact = false;
	}
}

static enum err
to_u256(struct u256 *out, const struct accum *a)
{
	for (size_t i = U256_WORDS; i < ACCUM_WORDS; i++)
		if (a->w[i] != 0)
			return ERR_RANGE;
	for (size_t i = 0; i < U256_WORDS; i++)
		out->w[i] = a->w[i];
	return ERR_OK;
}

enum err
accum_div(i128 *out, const struct accum *a, unsigned wads, i128 divisor,
    enum rounding r)
{
	bool is_negative = accum_is_negative(a), is_exact = true;
	struct accum m = *a;
	struct u256 n, q, d, rest;
	u128 v;

	if (divisor <= 0)
		return ERR_RANGE;
	if (is_negative)
		negate(&m);
	divide_wads(&m, &is_exact, wads);
	if (to_u256(&n, &m) != ERR_OK)
		return ERR_RANGE;
	d = u256_from_u128((u128)divisor);
	u256_div(&q, &rest, &n, &d);
	is_exact = is_exact && u256_is_zero(&rest);
	if (u256_to_u128(&v, &q) != ERR_OK || v >= (u128)I128_MAX)
		return ERR_RANGE;
	/* Away from zero: a negative floor, a positive ceil. */
	if (!is_exact && is_negative == (r == ROUND_FLOOR))
		v++;
	*out = is_negative ? -(i128)v : (i128)v;
	return ERR_OK;
}

enum err
accum_sqrt(i128 *out, const struct accum *a, unsigned wads, enum rounding r)
{
	bool is_exact = true;
	struct accum m = *a;
	struct u256 n, square;
	u128 root;

	if (accum_is_negative(a)) {
		*out = 0;
		return ERR_OK;
	}
	divide_wads(&m, &is_exact, wads);
	if (to_u256(&n, &m) != ERR_OK)
		return ERR_RANGE;
	root = u256_sqrt_floor(&n);
	square = u256_mul_u128(root, root);
	is_exact = is_exact && u256_compare(&square, &n) == 0;
	if (root >= (u128)I128_MAX)
		return ERR_RANGE;
	*out = (i128)root + (!is_exact && r == ROUND_CEIL);
	return ERR_OK;
}
