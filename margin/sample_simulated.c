#include "margin/sample.h"

#include "base/must.h"
#include "base/q64.h"
#include "margin/linalg.h"
#include "margin/philox.h"

#define ONE ((i128)WAD_ONE_RAW)
/* Products of returns are summed in units of 2^-PRODUCT_SHIFT of their 36
 * decimals, so that SAMPLE_SCENARIOS_MAX of them fit. */
#define PRODUCT_SHIFT 13

static i128
product_sum(const struct num18 *a, const struct num18 *b, uint32_t n)
{
	i128 sum = 0;

	for (uint32_t t = 0; t < n; t++)
		sum += (num18_to_raw(a[t]) * num18_to_raw(b[t])) >>
		    PRODUCT_SHIFT;
	return sum;
}

/* rho = sum ab / sqrt(sum aa sum bb): returns of a margin period have no mean
 * worth estimating (RiskMetrics 1996, 5.3.1). */
static struct num18
correlation(const struct sample_history *h, uint32_t f, uint32_t g)
{
	const struct num18 *a = h->column[f], *b = h->column[g];
	struct ewma va = { true, (u128)product_sum(a, a, h->length) };
	struct ewma vb = { true, (u128)product_sum(b, b, h->length) };
	struct ewma_pair ab = { true, product_sum(a, b, h->length) };

	return ewma_correlation(&ab, &va, &vb);
}

/* A factor that never moved has correlation with nothing. */
static void
correlations(struct num18 *out, const struct sample_history *h)
{
	uint32_t n = h->factors;

	for (uint32_t f = 0; f < n; f++) {
		out[f * n + f] = num18_one();
		for (uint32_t g = 0; g < f; g++)
			out[f * n + g] = out[g * n + f] = correlation(h, f, g);
	}
}

static enum err
volatilities(struct num18 *out, const struct sample_history *h,
    const struct sample_rules *rules)
{
	uint32_t seed = rules->seed_periods < h->length ?
	    rules->seed_periods : h->length;
	enum err e = ERR_OK;

	for (uint32_t f = 0; f < h->factors && e == ERR_OK; f++) {
		struct ewma v;
		struct u256 x;

		e = ewma_seed(&v, h->column[f], seed);
		for (uint32_t t = 0; t < h->length && e == ERR_OK; t++)
			e = ewma_step(&v, h->column[f][t], rules->lambda);
		if (e == ERR_OK)
			e = ewma_floor(&v, rules->volatility_floor);
		if (e != ERR_OK)
			return e;
		x = u256_mul_u128(v.variance36, rules->mpor);
		out[f] = num18_from_raw((i128)u256_sqrt_floor(&x));
	}
	return e;
}

/* A number strictly between zero and one. */
static struct num18
uniform(struct philox *p)
{
	u128 w = 2 * (u128)philox_next(p) + 1, x;

	MUST(muldiv_u128(&x, w, WAD_ONE_RAW, (u128)1 << 65,
	    ROUND_FLOOR) == ERR_OK);
	return num18_from_raw(x == 0 ? 1 : (i128)x);
}

/* sqrt((nu - 2) / chi^2): what makes a normal draw Student t of unit variance.
 * A chi-square of an even nu is -2 ln of a product of nu / 2 uniforms. */
static enum err
tail_scale(struct num18 *out, struct philox *p, uint32_t degrees)
{
	struct num18 chi = num18_zero(), x;
	enum err e = ERR_OK;

	for (uint32_t i = 0; i < degrees / 2 && e == ERR_OK; i++) {
		e = q64_ln(&x, uniform(p));
		chi = num18_from_raw(num18_to_raw(chi) - 2 * num18_to_raw(x));
	}
	if (num18_is_zero(chi))
		chi = num18_from_raw(1);
	if (e == ERR_OK)
		e = num18_div(&x, num18_from_raw((degrees - 2) * ONE), chi,
		    ROUND_FLOOR);
	return e != ERR_OK ? e : q64_sqrt(out, x);
}

static int64_t
return_clamp(i128 x)
{
	if (x < -ONE)
		return (int64_t)-ONE;
	return x > SAMPLE_RETURN_MAX ? SAMPLE_RETURN_MAX : (int64_t)x;
}

static enum err
draw(int64_t *r, struct philox *p, const struct num18 *root,
    const struct num18 *volatility, uint32_t factors, uint32_t degrees)
{
	struct num18 z[SAMPLE_FACTORS_MAX], x[SAMPLE_FACTORS_MAX], scale;
	enum err e = tail_scale(&scale, p, degrees);

	for (uint32_t f = 0; f < factors && e == ERR_OK; f++)
		e = q64_normal_inverse(&z[f], uniform(p));
	if (e == ERR_OK)
		e = linalg_apply_lower(x, root, z, factors);
	for (uint32_t f = 0; f < factors && e == ERR_OK; f++) {
		struct num18 v;

		e = num18_mul(&v, x[f], scale, ROUND_FLOOR);
		if (e == ERR_OK)
			e = num18_mul(&v, v, volatility[f], ROUND_FLOOR);
		if (e == ERR_OK)
			r[f] = return_clamp(num18_to_raw(v));
	}
	return e;
}

enum err
sample_simulated(struct sample *out, const struct sample_history *h,
    const struct sample_rules *rules, const struct b32 *rules_hash,
    struct sample_work *work)
{
	struct num18 volatility[SAMPLE_FACTORS_MAX], pivots[SAMPLE_FACTORS_MAX];
	uint32_t n = h->factors;
	struct philox p;
	enum err e;

	MUST(n >= 1 && n <= SAMPLE_FACTORS_MAX);
	MUST(rules->draws <= SAMPLE_SCENARIOS_MAX);
	MUST((uint64_t)rules->draws * n <= out->capacity);
	MUST(h->length <= SAMPLE_SCENARIOS_MAX);
	if (h->length == 0)
		return ERR_MISSING;
	if (rules->degrees < 4 || rules->degrees % 2 != 0 ||
	    rules->degrees > SAMPLE_DEGREES_MAX || rules->mpor == 0 ||
	    rules->seed_periods == 0)
		return ERR_RANGE;
	e = volatilities(volatility, h, rules);
	if (e != ERR_OK)
		return e;
	correlations(work->a, h);
	e = linalg_shrink(work->b, work->a, n, rules->shrinkage);
	if (e == ERR_OK)
		e = linalg_ldl(work->a, pivots, work->b, n,
		    LINALG_PIVOT_MIN_DEFAULT);
	if (e == ERR_OK)
		e = linalg_ldl_root(work->b, work->a, pivots, n);
	philox_init(&p, rules_hash);
	for (uint32_t s = 0; s < rules->draws && e == ERR_OK; s++)
		e = draw(out->r + (size_t)s * n, &p, work->b, volatility, n,
		    rules->degrees);
	if (e != ERR_OK)
		return e;
	out->factors = n;
	out->scenarios = rules->draws;
	return ERR_OK;
}
