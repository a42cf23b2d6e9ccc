#include "base/q64.h"

#include "base/q64_kernel.h"

/* 10^18 = 5^18 * 2^18 */
#define FIVE_18 ((i128)3814697265625)
/* log2(e) * 1e-18 in Q187 */
#define LOG2_E_WAD_Q187 \
	(((u128)0xd4e77a4730979b27u << 64) | 0x92f46bd35d5b2a8eu)
/* exp of more does not fit; of less rounds to zero. */
#define EXP_MAX_RAW ((i128)47 * (i128)WAD_ONE_RAW)
#define EXP_MIN_RAW ((i128)-43 * (i128)WAD_ONE_RAW)
/* N(-10) is nothing at 18 decimals. */
#define NORMAL_MAX_RAW ((i128)10 * (i128)WAD_ONE_RAW)
/* 1 / sqrt(2 pi) in Q64, sqrt(2 pi) in Q62 */
#define PDF_ZERO_Q64 UINT64_C(0x662114cf50d94234)
#define SQRT_2PI_Q62 UINT64_C(0xa06c98ffb1382cb3)

#define WAD ((i128)WAD_ONE_RAW)

static u128
magnitude(i128 a)
{
	return a < 0 ? -(u128)a : (u128)a;
}

/* Q72 to 18 decimals; below 2^7. */
static struct num18
num18_from_q72(i128 v)
{
	/* Half a unit up; the shift floors. */
	return (struct num18){ (v * FIVE_18 + ((i128)1 << 53)) >> 54 };
}

enum err
q64_ln(struct num18 *out, struct num18 x)
{
	if (x.raw <= 0)
		return ERR_RANGE;
	*out = num18_from_q72((i128)q64_ln_u128((u128)x.raw) -
	    (i128)Q64_LN_1E18_Q72);
	return ERR_OK;
}

enum err
q64_ln_of_prices(struct num18 *out, struct px18 a, struct px18 b)
{
	if (a.raw == 0 || b.raw == 0)
		return ERR_RANGE;
	*out = num18_from_q72((i128)q64_ln_u128(a.raw) -
	    (i128)q64_ln_u128(b.raw));
	return ERR_OK;
}

/* exp2_num: 2^z, or 2^-z where negative, as 18 decimals; z in Q120. */
static enum err
exp2_num(struct num18 *out, u128 z, bool negative)
{
	int shift = 63 + (int)(z >> 120);
	u128 p;

	if (!negative) {
		u128 whole = (z + ((u128)1 << 120) - 1) >> 120;

		shift = 63 - (int)whole;
		z = (whole << 120) - z;
	}
	p = (u128)q64_exp2_minus(z) * WAD_ONE_RAW;
	if (shift > 126) {
		out->raw = 0;
		return ERR_OK;
	}
	if (shift > 0)
		p = (p + ((u128)1 << (shift - 1))) >> shift;
	else if (shift < -64 || p >> (127 + shift) != 0)
		return ERR_RANGE;
	else
		p <<= -shift;
	out->raw = (i128)p;
	return ERR_OK;
}

enum err
q64_exp(struct num18 *out, struct num18 x)
{
	u128 hi, lo;

	if (x.raw > EXP_MAX_RAW)
		return ERR_RANGE;
	if (x.raw < EXP_MIN_RAW) {
		out->raw = 0;
		return ERR_OK;
	}
	lo = wide_mul(&hi, magnitude(x.raw), LOG2_E_WAD_Q187);
	return exp2_num(out, (hi << 61) | (lo >> 67), x.raw < 0);
}

/* A little above the root of a, or the end of the type. */
static u128
sqrt_above(const struct u256 *a)
{
	unsigned top = 4;
	struct q64_float f, root;
	u128 r = 0;

	while (top > 2 && a->w[top - 1] == 0)
		top--;
	f = q64_float_from(((u128)a->w[top - 1] << 64) | a->w[top - 2]);
	f.e += 64 * ((int)top - 2);
	root = q64_float_mul(f, q64_rsqrt(f));
	if (root.e > 63)
		return U128_MAX;
	if (root.e >= 0)
		r = (u128)root.m << root.e;
	else if (root.e > -64)
		r = root.m >> -root.e;
	return r > U128_MAX - (r >> 59) - 1 ? U128_MAX : r + (r >> 59) + 1;
}

u128
u256_sqrt_floor(const struct u256 *a)
{
	u128 r;

	if (u256_is_zero(a))
		return 0;
	/* Newton's steps from above fall until they reach the floor. */
	r = sqrt_above(a);
	for (;;) {
		struct u256 divisor = u256_from_u128(r), quotient;
		u128 q;

		u256_div(&quotient, NULL, a, &divisor);
		if (u256_to_u128(&q, &quotient) != ERR_OK || q >= r)
			return r;
		r = q + (r - q) / 2;
	}
}

enum err
q64_sqrt(struct num18 *out, struct num18 x)
{
	struct u256 square;
	u128 r, hi, lo;

	if (x.raw < 0)
		return ERR_RANGE;
	square = u256_mul_u128((u128)x.raw, WAD_ONE_RAW);
	r = u256_sqrt_floor(&square);
	/* r + 1/2 is below the root where the rest exceeds r. */
	lo = wide_mul(&hi, (u128)x.raw, WAD_ONE_RAW) - r * r;
	out->raw = (i128)(lo > r ? r + 1 : r);
	return ERR_OK;
}

/* ln_float: |ln(x / 1e18)| with a relative error of 2^-62, near 1 too. */
static struct q64_float
ln_float(u128 x)
{
	u128 a = x > WAD_ONE_RAW ? x : WAD_ONE_RAW;
	u128 b = x > WAD_ONE_RAW ? WAD_ONE_RAW : x;
	struct q64_float f;

	if (a - b < b >> 8)
		return q64_ln_ratio(a, b);
	f = q64_float_from(q64_ln_u128(a) - q64_ln_u128(b));
	f.e -= 72;
	return f;
}

enum err
q64_pow(struct num18 *out, struct num18 x, struct num18 y)
{
	struct q64_float z;
	bool negative = (x.raw < WAD) != (y.raw < 0);

	if (x.raw < 0 || (x.raw == 0 && y.raw < 0))
		return ERR_RANGE;
	if (y.raw == 0 || x.raw == WAD) {
		*out = num18_one();
		return ERR_OK;
	}
	if (x.raw == 0) {
		*out = num18_zero();
		return ERR_OK;
	}
	z = q64_float_mul(ln_float((u128)x.raw),
	    q64_float_from(magnitude(y.raw)));
	z = q64_float_mul(q64_float_mul(z, Q64_LOG2_E), Q64_1E_18);
	/* 2^127 and beyond, or below 2^-127. */
	if (z.e > -57) {
		if (!negative)
			return ERR_RANGE;
		*out = num18_zero();
		return ERR_OK;
	}
	if (z.e < -183)
		z.m = 0;
	return exp2_num(out, z.e + 120 >= 0 ? (u128)z.m << (z.e + 120) :
	    (u128)z.m >> (-z.e - 120 < 64 ? -z.e - 120 : 63), negative);
}

/* x in Q64; 0 <= x < 19. */
static u128
q64_from_raw(u128 x)
{
	uint64_t whole = (uint64_t)(x / WAD_ONE_RAW), rest;

	return ((u128)whole << 64) | wide_div_2by1(&rest,
	    (uint64_t)(x % WAD_ONE_RAW), 0, (uint64_t)WAD_ONE_RAW);
}

/* A Q127 product below 2^127, divided by 2^shift, as 18 decimals. */
static i128
wad_from_q127(u128 p, unsigned shift)
{
	u128 q64 = shift > 64 ? 0 : p >> 63 >> shift;

	return (i128)((q64 * WAD_ONE_RAW + (UINT64_C(1) << 63)) >> 64);
}

struct num18
q64_normal_cdf(struct num18 x)
{
	bool up = x.raw > 0;
	i128 tail = 0;

	if (magnitude(x.raw) < (u128)NORMAL_MAX_RAW) {
		u128 at = q64_from_raw(magnitude(x.raw));
		unsigned shift;
		uint64_t e = q64_exp_square(&shift, at);

		tail = wad_from_q127((u128)e * q64_mills(at), shift);
	}
	return (struct num18){ up ? WAD - tail : tail };
}

struct num18
q64_normal_pdf(struct num18 x)
{
	unsigned shift;
	uint64_t e;

	if (magnitude(x.raw) >= (u128)NORMAL_MAX_RAW)
		return num18_zero();
	e = q64_exp_square(&shift, q64_from_raw(magnitude(x.raw)));
	return (struct num18){
		wad_from_q127((u128)e * PDF_ZERO_Q64, shift) };
}

/* A first guess of x with N(-x) = p <= 1/2, within 4.5e-4: Abramowitz and
 * Stegun, Handbook of Mathematical Functions, 26.2.23. */
static enum err
inverse_guess(i128 *out, struct num18 p)
{
	struct num18 t;
	i128 x, num, den;
	enum err e = q64_ln(&t, p);

	if (e == ERR_OK)
		e = q64_sqrt(&t, (struct num18){ -2 * t.raw });
	if (e != ERR_OK)
		return e;
	x = t.raw / 1000000000;	/* 9 decimals suffice */
	num = 2515517000 + x * (802853000 + x * 10328000 / 1000000000) /
	    1000000000;
	den = 1000000000 + x * (1432788000 + x * (189269000 +
	    x * 1308000 / 1000000000) / 1000000000) / 1000000000;
	*out = t.raw - num * WAD / den;
	return ERR_OK;
}

/* One step of Halley's method for N(-x) = p, x and the result in Q64:
 * x + u / (1 - u x / 2), u = (N(-x) - p) / n(x). */
static u128
inverse_step(u128 x, struct q64_float p)
{
	unsigned shift;
	uint64_t e = q64_exp_square(&shift, x);
	struct q64_float density = q64_float_mul(Q64_PDF_ZERO,
	    (struct q64_float){ e, -63 - (int)shift });
	i128 u, w;
	u128 ratio;

	/* e lies between 2^62 and 2^63. */
	density = q64_float_div(p, density.m >> 63 ? density :
	    (struct q64_float){ density.m << 1, density.e - 1 });
	density.e += 64;
	if (!q64_float_round(&ratio, density))
		return x;
	u = (i128)(((u128)q64_mills(x) * SQRT_2PI_Q62) >> 62) - (i128)ratio;
	w = (u >> 4) * (i128)(x >> 5) >> 60;	/* u x / 2 in Q60 */
	u = u * ((i128)1 << 60) / (((i128)1 << 60) - w);
	return (i128)x + u < 0 ? 0 : (u128)((i128)x + u);
}

enum err
q64_normal_inverse(struct num18 *out, struct num18 p)
{
	bool up = p.raw > WAD / 2;
	struct num18 tail = { up ? WAD - p.raw : p.raw };
	struct q64_float target;
	i128 guess;
	u128 x;
	enum err e;

	if (p.raw <= 0 || p.raw >= WAD)
		return ERR_RANGE;
	e = inverse_guess(&guess, tail);
	if (e != ERR_OK)
		return e;
	x = q64_from_raw(guess < 0 ? 0 : (u128)guess);
	target = q64_float_mul(q64_float_from((u128)tail.raw), Q64_1E_18);
	for (int i = 0; i < 2; i++)
		x = inverse_step(x, target);
	guess = (i128)((x >> 4) * (u128)FIVE_18);	/* Q60 * 5^18 */
	guess = (guess + ((i128)1 << 41)) >> 42;
	out->raw = up ? guess : -guess;
	return ERR_OK;
}
