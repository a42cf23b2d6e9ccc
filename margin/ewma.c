#include "margin/ewma.h"

#include "base/must.h"
#include "base/q64.h"
#include "base/u256.h"

/* Of two returns of EWMA_RETURN_MAX, and a bit. */
#define COVARIANCE_MAX ((u128)1 << 126)

static bool
return_fits(struct num18 r)
{
	return num18_to_raw(r) <= EWMA_RETURN_MAX &&
	    num18_to_raw(r) >= -EWMA_RETURN_MAX;
}

static bool
lambda_fits(struct num18 l)
{
	return !num18_is_negative(l) && num18_compare(l, num18_one()) <= 0;
}

static u128
magnitude(i128 a)
{
	return a < 0 ? -(u128)a : (u128)a;
}

/* blend_u128: (a lambda + b (1 - lambda)) to nearest; a mean of the two, so
 * that it fits. */
static u128
blend_u128(u128 a, u128 b, u128 lambda)
{
	struct u256 half = u256_from_u128(WAD_ONE_RAW / 2);
	struct u256 one = u256_from_u128(WAD_ONE_RAW);
	struct u256 x = u256_mul_u128(a, lambda);
	struct u256 y = u256_mul_u128(b, WAD_ONE_RAW - lambda);
	u128 out;

	MUST(u256_add(&x, &x, &y) == ERR_OK);
	MUST(u256_add(&x, &x, &half) == ERR_OK);
	u256_div(&x, NULL, &x, &one);
	MUST(u256_to_u128(&out, &x) == ERR_OK);
	return out;
}

enum err
ewma_seed(struct ewma *e, const struct num18 *returns, size_t n)
{
	struct u256 sum = u256_from_u128(0), count = u256_from_u128(n);
	u128 mean;

	MUST(n > 0);
	for (size_t i = 0; i < n; i++) {
		u128 m = magnitude(num18_to_raw(returns[i]));
		struct u256 square;

		if (!return_fits(returns[i]))
			return ERR_RANGE;
		square = u256_mul_u128(m, m);
		MUST(u256_add(&sum, &sum, &square) == ERR_OK);
	}
	u256_div(&sum, NULL, &sum, &count);
	MUST(u256_to_u128(&mean, &sum) == ERR_OK);
	*e = (struct ewma){ .is_seeded = true, .variance36 = mean };
	return ERR_OK;
}

enum err
ewma_step(struct ewma *e, struct num18 r, struct num18 lambda)
{
	u128 m = magnitude(num18_to_raw(r));

	if (!return_fits(r) || !lambda_fits(lambda))
		return ERR_RANGE;
	e->variance36 = !e->is_seeded ? m * m :
	    blend_u128(e->variance36, m * m, (u128)num18_to_raw(lambda));
	e->is_seeded = true;
	return ERR_OK;
}

enum err
ewma_floor(struct ewma *e, struct num18 volatility)
{
	u128 m = magnitude(num18_to_raw(volatility));

	if (!return_fits(volatility) || num18_is_negative(volatility))
		return ERR_RANGE;
	if (e->variance36 < m * m)
		e->variance36 = m * m;
	return ERR_OK;
}

struct num18
ewma_volatility(const struct ewma *e)
{
	struct u256 v = u256_from_u128(e->variance36);

	return num18_from_raw((i128)u256_sqrt_floor(&v));
}

enum err
ewma_pair_step(struct ewma_pair *p, struct num18 a, struct num18 b,
    struct num18 lambda)
{
	/* Returns fit 64 bits with their sign, products 127. */
	const u128 offset = COVARIANCE_MAX;
	i128 product;

	if (!return_fits(a) || !return_fits(b) || !lambda_fits(lambda))
		return ERR_RANGE;
	product = num18_to_raw(a) * num18_to_raw(b);
	/* Both moved above zero by the same amount: the mean moves with them,
	 * and "half up" is the same side for either sign. */
	p->covariance36 = !p->is_seeded ? product :
	    (i128)(blend_u128((u128)p->covariance36 + offset,
	    (u128)product + offset, (u128)num18_to_raw(lambda)) - offset);
	p->is_seeded = true;
	return ERR_OK;
}

static u128
deviation_product(const struct ewma *a, const struct ewma *b)
{
	struct u256 product = u256_mul_u128(a->variance36, b->variance36);

	return u256_sqrt_floor(&product);
}

void
ewma_pair_begin(struct ewma_pair *p, struct num18 return_a,
    struct num18 return_b, const struct ewma *a, const struct ewma *b)
{
	i128 most = (i128)deviation_product(a, b);

	if (num18_is_zero(return_a) || num18_is_zero(return_b))
		most = 0;
	p->covariance36 = num18_is_negative(return_a) !=
	    num18_is_negative(return_b) ? -most : most;
	p->is_seeded = true;
}

/* The square root of a variance, times the same for any. */
static u128
deviation_scaled(const struct ewma *e)
{
	struct u256 v = u256_mul_u128(e->variance36, (u128)1 << 127);

	return u256_sqrt_floor(&v);
}

void
ewma_pair_follow(struct ewma_pair *p, const struct ewma *before,
    const struct ewma *after)
{
	u128 from = deviation_scaled(before), m;

	if (!p->is_seeded)
		return;
	if (from == 0)	/* then it is zero itself */
		m = 0;
	else if (muldiv_u128(&m, magnitude(p->covariance36),
	    deviation_scaled(after), from, ROUND_FLOOR) != ERR_OK ||
	    m > COVARIANCE_MAX)
		m = COVARIANCE_MAX;
	p->covariance36 = p->covariance36 < 0 ? -(i128)m : (i128)m;
}

struct num18
ewma_correlation(const struct ewma_pair *p, const struct ewma *a,
    const struct ewma *b)
{
	u128 deviation = deviation_product(a, b), m;

	if (deviation == 0)
		return num18_zero();
	/* Beyond one only by the rounding of the three states (or where they
	 * are of different moments, as a life may have left them). */
	if (muldiv_u128(&m, magnitude(p->covariance36), WAD_ONE_RAW, deviation,
	    ROUND_FLOOR) != ERR_OK || m > WAD_ONE_RAW)
		m = WAD_ONE_RAW;
	return num18_from_raw(p->covariance36 < 0 ? -(i128)m : (i128)m);
}
