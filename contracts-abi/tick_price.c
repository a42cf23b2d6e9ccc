#include "contracts-abi/tick_price.h"

#include <string.h>

#include "base/fixed.h"
#include "base/u256.h"
#include "contracts-abi/tick_powers.h"

#define SCALE 18
/* A product of TICK_BITS powers is at most so many units of its last place too
 * small: each power and each product is rounded down by less than one, and one
 * unit is at most 2^-255 of the whole, at least 2^-256. */
#define ERROR_UNITS (4 * TICK_BITS)

/* Wide products, least significant word first. */
static void
product_of(uint64_t *out, const uint64_t *a, size_t a_words,
    const uint64_t *b, size_t b_words)
{
	memset(out, 0, (a_words + b_words) * sizeof(*out));
	for (size_t i = 0; i < a_words; i++) {
		uint64_t carry = 0;

		for (size_t j = 0; j < b_words; j++) {
			u128 t = (u128)a[i] * b[j] + out[i + j] + carry;

			out[i + j] = (uint64_t)t;
			carry = (uint64_t)(t >> 64);
		}
		out[i + b_words] = carry;
	}
}

/* p *= q, rounded down. */
static void
power_multiply(struct tick_power *p, const struct tick_power *q)
{
	uint64_t wide[8];
	bool is_high;

	product_of(wide, p->m, 4, q->m, 4);
	is_high = wide[7] >> 63 != 0;
	for (size_t i = 0; i < 4; i++)
		p->m[i] = is_high ? wide[4 + i] :
		    wide[4 + i] << 1 | wide[3 + i] >> 63;
	p->e += q->e + is_high;
}

static struct tick_power
power_of(const struct tick_power *table, unsigned tick)
{
	struct tick_power p = { { 0, 0, 0, UINT64_C(1) << 63 }, 0 };

	for (size_t i = 0; i < TICK_BITS; i++)
		if (tick >> i & 1)
			power_multiply(&p, &table[i]);
	return p;
}

/* The words of `wide` from bit `shift` on, as one number. */
static enum err
shift_right(u128 *out, const uint64_t wide[8], unsigned shift)
{
	u128 v = 0;

	for (unsigned i = 0; i < 512; i += 64) {
		unsigned at = shift + i, word = at / 64, bit = at % 64;
		uint64_t w = word < 8 ? wide[word] >> bit : 0;

		if (bit > 0 && word < 7)
			w |= wide[word + 1] << (64 - bit);
		if (i < 128)
			v |= (u128)w << i;
		else if (w != 0)
			return ERR_RANGE;
	}
	*out = v;
	return ERR_OK;
}

/* p x 10^scale rounded down, where that is certain. */
static enum err
power_scale(u128 *out, const struct tick_power *p, unsigned scale)
{
	static const uint64_t units[1] = { ERROR_UNITS };
	struct u256 ten = u256_mul_u128(pow10_u128(scale / 2),
	    pow10_u128(scale - scale / 2));
	uint64_t wide[8], error[8] = { 0 }, carry = 0;
	unsigned shift = (unsigned)(255 - p->e);
	u128 low, high;
	enum err e;

	product_of(wide, p->m, 4, ten.w, 4);
	e = shift_right(&low, wide, shift);
	product_of(error, ten.w, 4, units, 1);
	for (size_t i = 0; i < 8; i++) {
		u128 t = (u128)wide[i] + error[i] + carry;

		wide[i] = (uint64_t)t;
		carry = (uint64_t)(t >> 64);
	}
	if (e == ERR_OK)
		e = shift_right(&high, wide, shift);
	if (e != ERR_OK || low != high)
		return ERR_RANGE;
	*out = low;
	return ERR_OK;
}

/* 10001^tick x 10^(scale - 4 tick): where 1.0001^tick has few enough digits to
 * be a whole number at this scale, bounds from both sides would not meet. */
static enum err
whole_power(u128 *out, unsigned tick, unsigned scale)
{
	u128 v;

	if (scale > 38)
		return ERR_RANGE;
	v = pow10_u128(scale - 4 * tick);
	for (unsigned i = 0; i < tick; i++)
		if (__builtin_mul_overflow(v, (u128)10001, &v))
			return ERR_RANGE;
	*out = v;
	return ERR_OK;
}

static enum err
power_price(u128 *out, int tick, unsigned scale)
{
	struct tick_power p;

	if (tick >= 0 && 4 * (unsigned)tick <= scale)
		return whole_power(out, (unsigned)tick, scale);
	p = tick >= 0 ? power_of(TICK_UP, (unsigned)tick) :
	    power_of(TICK_DOWN, (unsigned)-tick);
	return power_scale(out, &p, scale);
}

enum err
tick_price(u128 *out, int tick, unsigned decimals0, unsigned decimals1)
{
	int scale = SCALE + (int)decimals0 - (int)decimals1;
	u128 v;
	enum err e;

	if (tick > TICK_MAX || tick < -TICK_MAX || decimals0 > DECIMALS_MAX ||
	    decimals1 > DECIMALS_MAX)
		return ERR_RANGE;
	e = power_price(&v, tick, scale > 0 ? (unsigned)scale : 0);
	if (e != ERR_OK)
		return e;
	/* Rounding down twice is rounding down once. */
	if (scale < 0)
		v /= pow10_u128((unsigned)-scale);
	if (v == 0)
		return ERR_RANGE;
	*out = v;
	return ERR_OK;
}
