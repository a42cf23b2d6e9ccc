#include "base/fixed.h"

#include "base/must.h"
#include "base/u256.h"
#include "base/wide.h"

#define POW10_MAX 38u

const uint64_t WIDE_POW10[WIDE_POW10_MAX + 1] = {
	1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u,
	1000000000u, 10000000000u, 100000000000u, 1000000000000u,
	10000000000000u, 100000000000000u, 1000000000000000u,
	10000000000000000u, 100000000000000000u, 1000000000000000000u,
	10000000000000000000u,
};

u128
pow10_u128(unsigned n)
{
	MUST(n <= POW10_MAX);
	if (n <= WIDE_POW10_MAX)
		return WIDE_POW10[n];
	return (u128)WIDE_POW10[WIDE_POW10_MAX] *
	    WIDE_POW10[n - WIDE_POW10_MAX];
}

enum err
muldiv_u128(u128 *out, u128 a, u128 b, u128 c, enum rounding r)
{
	u128 hi, lo, quotient, rest;

	lo = wide_mul(&hi, a, b);
	/* hi >= c says both that c is zero and that the quotient is too big. */
	if (hi >= c)
		return ERR_RANGE;
	quotient = wide_div(&rest, hi, lo, c);
	if (r == ROUND_CEIL && rest != 0) {
		if (quotient == U128_MAX)
			return ERR_RANGE;
		quotient++;
	}
	*out = quotient;
	return ERR_OK;
}

static u128
magnitude(i128 a)
{
	return a < 0 ? -(u128)a : (u128)a;
}

static enum err
signed_from_magnitude(i128 *out, u128 m, bool negative)
{
	if (m > (u128)I128_MAX + negative)
		return ERR_RANGE;
	*out = negative ? (i128)-m : (i128)m;
	return ERR_OK;
}

/* muldiv_sign rounds a * b / c, given as magnitudes and a sign. */
static enum err
muldiv_sign(i128 *out, u128 a, u128 b, u128 c, bool negative, enum rounding r)
{
	/* Toward minus infinity is away from zero for a negative number. */
	bool away = (r == ROUND_CEIL) != negative;
	u128 m;
	enum err e;

	e = muldiv_u128(&m, a, b, c, away ? ROUND_CEIL : ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	return signed_from_magnitude(out, m, negative);
}

enum err
muldiv_i128(i128 *out, i128 a, i128 b, i128 c, enum rounding r)
{
	if (c <= 0)
		return ERR_RANGE;
	return muldiv_sign(out, magnitude(a), magnitude(b), (u128)c,
	    (a < 0) != (b < 0), r);
}

int
px18_compare(struct px18 a, struct px18 b)
{
	return (a.raw > b.raw) - (a.raw < b.raw);
}

int
usd18_compare(struct usd18 a, struct usd18 b)
{
	return (a.raw > b.raw) - (a.raw < b.raw);
}

int
wad_compare(struct wad a, struct wad b)
{
	return (a.raw > b.raw) - (a.raw < b.raw);
}

enum err
px18_add(struct px18 *out, struct px18 a, struct px18 b)
{
	if (b.raw > U128_MAX - a.raw)
		return ERR_RANGE;
	out->raw = a.raw + b.raw;
	return ERR_OK;
}

enum err
px18_sub(struct px18 *out, struct px18 a, struct px18 b)
{
	if (b.raw > a.raw)
		return ERR_RANGE;
	out->raw = a.raw - b.raw;
	return ERR_OK;
}

enum err
px18_mul_px18(struct px18 *out, struct px18 a, struct px18 b, enum rounding r)
{
	return muldiv_u128(&out->raw, a.raw, b.raw, WAD_ONE_RAW, r);
}

enum err
px18_scale(struct px18 *out, struct px18 a, u128 num, u128 den,
    enum rounding r)
{
	return muldiv_u128(&out->raw, a.raw, num, den, r);
}

enum err
px18_part_ppb(struct ppb *out, struct px18 part, struct px18 whole,
    enum rounding r)
{
	u128 share;
	enum err e;

	e = muldiv_u128(&share, part.raw, PPB_ONE_RAW, whole.raw, r);
	if (e != ERR_OK)
		return e;
	if (share > UINT32_MAX)
		return ERR_RANGE;
	out->raw = (uint32_t)share;
	return ERR_OK;
}

enum err
px18_down_ppb(struct px18 *out, struct px18 a, struct ppb f)
{
	uint32_t keep = f.raw < PPB_ONE_RAW ? PPB_ONE_RAW - f.raw : 0;

	return muldiv_u128(&out->raw, a.raw, keep, PPB_ONE_RAW, ROUND_FLOOR);
}

enum err
px18_up_ppb(struct px18 *out, struct px18 a, struct ppb f)
{
	return muldiv_u128(&out->raw, a.raw, (u128)PPB_ONE_RAW + f.raw,
	    PPB_ONE_RAW, ROUND_CEIL);
}

enum err
usd18_from_atoms(struct usd18 *out, u128 atoms, unsigned decimals,
    struct px18 p, enum rounding r)
{
	if (decimals > DECIMALS_MAX)
		return ERR_RANGE;
	return muldiv_sign(&out->raw, atoms, p.raw, pow10_u128(decimals),
	    false, r);
}

enum err
usd18_add(struct usd18 *out, struct usd18 a, struct usd18 b)
{
	if (b.raw >= 0 ? a.raw > I128_MAX - b.raw : a.raw < I128_MIN - b.raw)
		return ERR_RANGE;
	out->raw = a.raw + b.raw;
	return ERR_OK;
}

enum err
usd18_sub(struct usd18 *out, struct usd18 a, struct usd18 b)
{
	if (b.raw >= 0 ? a.raw < I128_MIN + b.raw : a.raw > I128_MAX + b.raw)
		return ERR_RANGE;
	out->raw = a.raw - b.raw;
	return ERR_OK;
}

enum err
usd18_mul_ppb(struct usd18 *out, struct usd18 a, struct ppb f,
    enum rounding r)
{
	return muldiv_sign(&out->raw, magnitude(a.raw), f.raw, PPB_ONE_RAW,
	    a.raw < 0, r);
}

enum err
usd18_mul_wad(struct usd18 *out, struct usd18 a, struct wad f,
    enum rounding r)
{
	if (wad_is_infinite(f))
		return ERR_RANGE;
	return muldiv_sign(&out->raw, magnitude(a.raw), f.raw, WAD_ONE_RAW,
	    a.raw < 0, r);
}

enum err
usd18_mul_num(struct usd18 *out, struct usd18 v, struct num18 x,
    enum rounding r)
{
	return muldiv_i128(&out->raw, v.raw, x.raw, (i128)WAD_ONE_RAW, r);
}

enum err
usd18_neg(struct usd18 *out, struct usd18 v)
{
	if (v.raw == I128_MIN)
		return ERR_RANGE;
	out->raw = -v.raw;
	return ERR_OK;
}

/* product3_div is a * b * c / 10^36, rounded up where `up`. */
static enum err
product3_div(u128 *out, u128 a, u128 b, u128 c, bool up)
{
	const struct u256 unit = u256_mul_u128(WAD_ONE_RAW, WAD_ONE_RAW);
	struct u256 product = u256_mul_u128(a, b), third = u256_from_u128(c);
	struct u256 quotient, rest;
	u128 whole;
	enum err e = u256_mul(&product, &product, &third);

	if (e != ERR_OK)
		return e;
	u256_div(&quotient, &rest, &product, &unit);
	e = u256_to_u128(&whole, &quotient);
	if (e != ERR_OK)
		return e;
	if (up && !u256_is_zero(&rest)) {
		if (whole == U128_MAX)
			return ERR_RANGE;
		whole++;
	}
	*out = whole;
	return ERR_OK;
}

enum err
usd18_from_contracts(struct usd18 *out, struct num18 size,
    struct num18 multiplier, struct px18 p, enum rounding r)
{
	bool negative = (size.raw < 0) != (multiplier.raw < 0);
	u128 m;
	enum err e;

	if (multiplier.raw == (i128)WAD_ONE_RAW)
		return muldiv_sign(&out->raw, magnitude(size.raw), p.raw,
		    WAD_ONE_RAW, size.raw < 0, r);
	e = product3_div(&m, magnitude(size.raw), magnitude(multiplier.raw),
	    p.raw, (r == ROUND_CEIL) != negative);
	if (e != ERR_OK)
		return e;
	return signed_from_magnitude(&out->raw, m, negative);
}

int
num18_compare(struct num18 a, struct num18 b)
{
	return (a.raw > b.raw) - (a.raw < b.raw);
}

enum err
num18_add(struct num18 *out, struct num18 a, struct num18 b)
{
	struct usd18 sum;
	enum err e = usd18_add(&sum, (struct usd18){ a.raw },
	    (struct usd18){ b.raw });

	if (e == ERR_OK)
		out->raw = sum.raw;
	return e;
}

enum err
num18_sub(struct num18 *out, struct num18 a, struct num18 b)
{
	struct usd18 rest;
	enum err e = usd18_sub(&rest, (struct usd18){ a.raw },
	    (struct usd18){ b.raw });

	if (e == ERR_OK)
		out->raw = rest.raw;
	return e;
}

enum err
num18_mul(struct num18 *out, struct num18 a, struct num18 b, enum rounding r)
{
	return muldiv_i128(&out->raw, a.raw, b.raw, (i128)WAD_ONE_RAW, r);
}

enum err
num18_div(struct num18 *out, struct num18 a, struct num18 b, enum rounding r)
{
	return muldiv_sign(&out->raw, magnitude(a.raw), WAD_ONE_RAW,
	    magnitude(b.raw), (a.raw < 0) != (b.raw < 0), r);
}

enum err
px18_mul_num(struct px18 *out, struct px18 p, struct num18 x, enum rounding r)
{
	if (x.raw < 0)
		return ERR_RANGE;
	return muldiv_u128(&out->raw, p.raw, (u128)x.raw, WAD_ONE_RAW, r);
}

enum err
px18_move(struct px18 *out, struct px18 a, struct px18 to, struct px18 from,
    enum rounding r)
{
	return muldiv_u128(&out->raw, a.raw, to.raw, from.raw, r);
}

enum err
atoms_from_usd18(u128 *out, struct usd18 v, unsigned decimals, struct px18 p,
    enum rounding r)
{
	if (v.raw < 0 || decimals > DECIMALS_MAX)
		return ERR_RANGE;
	return muldiv_u128(out, (u128)v.raw, pow10_u128(decimals), p.raw, r);
}

enum err
wad_from_ratio(struct wad *out, struct usd18 num, struct usd18 den,
    enum rounding r)
{
	u128 ratio;
	enum err e;

	if (num.raw < 0 || den.raw < 0)
		return ERR_RANGE;
	if (den.raw == 0) {
		*out = wad_infinite();
		return ERR_OK;
	}
	e = muldiv_u128(&ratio, (u128)num.raw, WAD_ONE_RAW, (u128)den.raw, r);
	if (e != ERR_OK)
		return e;
	/* A finite ratio must not read as the infinite one. */
	if (wad_is_infinite((struct wad){ ratio }))
		return ERR_RANGE;
	out->raw = ratio;
	return ERR_OK;
}

int
usd18_ratio_compare(struct usd18 a, struct usd18 b, struct usd18 c,
    struct usd18 d)
{
	u128 left, left_hi, right, right_hi;

	MUST(a.raw >= 0 && c.raw >= 0);
	MUST(b.raw > 0 && d.raw > 0);

	left = wide_mul(&left_hi, (u128)a.raw, (u128)d.raw);
	right = wide_mul(&right_hi, (u128)c.raw, (u128)b.raw);
	if (left_hi != right_hi)
		return left_hi < right_hi ? -1 : 1;
	return (left > right) - (left < right);
}
