#include "margin/screen_var.h"

#include "base/must.h"

#ifdef __x86_64__
#include <immintrin.h>
#define AVX512 __attribute__((target("avx512f,popcnt")))
#endif

#define UNIT_ROUNDOFF 0x1p-53
#define BEYOND 1e300		/* the padding; no profit is above it */
#define TAIL_SPARE 8u
#define HALVINGS_MAX 64u

void
screen_var_make(struct screen_var *out, const struct sample *sample,
    double *r, enum simd_var_level level)
{
	uint32_t n = sample->scenarios, factors = sample->factors;

	MUST(n <= SAMPLE_SCENARIOS_MAX && factors <= SAMPLE_FACTORS_MAX);
	*out = (struct screen_var){ .scenarios = n, .factors = factors,
	    .stride = SCREEN_VAR_STRIDE(n), .level = level, .r = r };
	for (uint32_t f = 0; f < factors; f++)
		for (uint32_t s = 0; s < out->stride; s++) {
			double x = s >= n ? 0 :
			    (double)sample->r[(size_t)s * factors + f] / 1e18;

			r[f * out->stride + s] = x;
			x = x < 0 ? -x : x;
			out->most[f] = x > out->most[f] ? x : out->most[f];
		}
}

/* ---- the loops ---------------------------------------------------------- */

static void
keys_portable(double (*key)[SAMPLE_SCENARIOS_MAX], const struct screen_var *s,
    const double *e, uint32_t vaults)
{
	for (uint32_t v = 0; v < vaults; v++) {
		double *to = key[v];

		for (uint32_t i = 0; i < s->stride; i++)
			to[i] = 0;
		for (uint32_t f = 0; f < s->factors; f++)
			for (uint32_t i = 0; i < s->stride; i++)
				to[i] += e[v * s->factors + f] *
				    s->r[f * s->stride + i];
	}
}

static uint32_t
count_portable(const double *key, uint32_t n, double bound)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += key[i] <= bound;
	return count;
}

/* The least of the keys of a block that share a lane. */
static void
minima_portable(double *least, const double *key, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += SCREEN_VAR_BLOCK)
		for (uint32_t lane = 0; lane < SCREEN_VAR_LANES; lane++) {
			double x = key[i + lane];

			for (uint32_t j = lane; j < SCREEN_VAR_BLOCK;
			    j += SCREEN_VAR_LANES)
				x = key[i + j] < x ? key[i + j] : x;
			*least++ = x;
		}
}

static double
least_portable(const double *key, uint32_t n)
{
	double least = BEYOND;

	for (uint32_t i = 0; i < n; i++)
		least = key[i] < least ? key[i] : least;
	return least;
}

/* How many of n keys are below each; n a multiple of the lanes. */
static void
ranks_portable(uint32_t *rank, const double *key, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		rank[i] = 0;
		for (uint32_t j = 0; j < n; j++)
			rank[i] += key[j] < key[i];
	}
}

static uint32_t
pick_portable(double *to, const double *key, uint32_t n, double bound)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++) {
		to[count] = key[i];
		count += key[i] <= bound;
	}
	return count;
}

#ifdef __x86_64__

/* Four vaults share each load of the returns. */
AVX512 static void
keys_avx512(double (*key)[SAMPLE_SCENARIOS_MAX], const struct screen_var *s,
    const double *e, uint32_t vaults)
{
	const double *e1 = e + (vaults > 1 ? s->factors : 0);
	const double *e2 = e + (vaults > 2 ? 2 * s->factors : 0);
	const double *e3 = e + (vaults > 3 ? 3 * s->factors : 0);

	for (uint32_t i = 0; i < s->stride; i += 16) {
		__m512d a = _mm512_setzero_pd(), b = a, c = a, d = a;
		__m512d a2 = a, b2 = a, c2 = a, d2 = a;

		for (uint32_t f = 0; f < s->factors; f++) {
			const double *at = s->r + (size_t)f * s->stride + i;
			__m512d x = _mm512_loadu_pd(at);
			__m512d y = _mm512_loadu_pd(at + 8);
			__m512d w = _mm512_set1_pd(e[f]);
			__m512d w1 = _mm512_set1_pd(e1[f]);
			__m512d w2 = _mm512_set1_pd(e2[f]);
			__m512d w3 = _mm512_set1_pd(e3[f]);

			a = _mm512_fmadd_pd(x, w, a);
			a2 = _mm512_fmadd_pd(y, w, a2);
			b = _mm512_fmadd_pd(x, w1, b);
			b2 = _mm512_fmadd_pd(y, w1, b2);
			c = _mm512_fmadd_pd(x, w2, c);
			c2 = _mm512_fmadd_pd(y, w2, c2);
			d = _mm512_fmadd_pd(x, w3, d);
			d2 = _mm512_fmadd_pd(y, w3, d2);
		}
		_mm512_storeu_pd(key[0] + i, a);
		_mm512_storeu_pd(key[0] + i + 8, a2);
		_mm512_storeu_pd(key[1] + i, b);
		_mm512_storeu_pd(key[1] + i + 8, b2);
		_mm512_storeu_pd(key[2] + i, c);
		_mm512_storeu_pd(key[2] + i + 8, c2);
		_mm512_storeu_pd(key[3] + i, d);
		_mm512_storeu_pd(key[3] + i + 8, d2);
	}
}

AVX512 static uint32_t
count_avx512(const double *key, uint32_t n, double bound)
{
	__m512d b = _mm512_set1_pd(bound);
	unsigned count = 0;

	for (uint32_t i = 0; i < n; i += 8)
		count += (unsigned)__builtin_popcount(_mm512_cmp_pd_mask(
		    _mm512_loadu_pd(key + i), b, _CMP_LE_OQ));
	return count;
}

AVX512 static void
minima_avx512(double *least, const double *key, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += SCREEN_VAR_BLOCK) {
		__m512d a = _mm512_loadu_pd(key + i);
		__m512d b = _mm512_loadu_pd(key + i + 8);

		for (uint32_t j = 16; j < SCREEN_VAR_BLOCK; j += 16) {
			a = _mm512_min_pd(a, _mm512_loadu_pd(key + i + j));
			b = _mm512_min_pd(b, _mm512_loadu_pd(key + i + j + 8));
		}
		_mm512_storeu_pd(least, _mm512_min_pd(a, b));
		least += SCREEN_VAR_LANES;
	}
}

AVX512 static double
least_avx512(const double *key, uint32_t n)
{
	__m512d least = _mm512_set1_pd(BEYOND);

	for (uint32_t i = 0; i < n; i += 8)
		least = _mm512_min_pd(least, _mm512_loadu_pd(key + i));
	return _mm512_reduce_min_pd(least);
}

AVX512 static void
ranks_avx512(uint32_t *rank, const double *key, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		__m512d x = _mm512_set1_pd(key[i]);
		unsigned below = 0;

		for (uint32_t j = 0; j < n; j += 8)
			below += (unsigned)__builtin_popcount(
			    _mm512_cmp_pd_mask(_mm512_loadu_pd(key + j), x,
			    _CMP_LT_OQ));
		rank[i] = below;
	}
}

AVX512 static uint32_t
pick_avx512(double *to, const double *key, uint32_t n, double bound)
{
	__m512d b = _mm512_set1_pd(bound);
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i += 8) {
		__m512d x = _mm512_loadu_pd(key + i);
		__mmask8 in = _mm512_cmp_pd_mask(x, b, _CMP_LE_OQ);

		_mm512_storeu_pd(to + count, _mm512_maskz_compress_pd(in, x));
		count += (unsigned)__builtin_popcount(in);
	}
	return count;
}

#endif

static const struct loops {
	void (*keys)(double (*key)[SAMPLE_SCENARIOS_MAX],
	    const struct screen_var *s, const double *e, uint32_t vaults);
	void (*minima)(double *least, const double *key, uint32_t n);
	uint32_t (*count)(const double *key, uint32_t n, double bound);
	uint32_t (*pick)(double *to, const double *key, uint32_t n,
	    double bound);
	double (*least)(const double *key, uint32_t n);
	void (*ranks)(uint32_t *rank, const double *key, uint32_t n);
} LOOPS[SIMD_VAR_LEVELS] = {
	[SIMD_VAR_PORTABLE] = { keys_portable, minima_portable,
	    count_portable, pick_portable, least_portable, ranks_portable },
	[SIMD_VAR_AVX2] = { keys_portable, minima_portable, count_portable,
	    pick_portable, least_portable, ranks_portable },
#ifdef __x86_64__
	[SIMD_VAR_AVX512] = { keys_avx512, minima_avx512, count_avx512,
	    pick_avx512, least_avx512, ranks_avx512 },
#endif
};

/* ---- one vault ---------------------------------------------------------- */

/* A number that at least k of n keys are not above. */
static double
halve(const struct loops *l, const double *key, uint32_t n, uint32_t k)
{
	double low = l->least(key, n), high = 0;

	if (l->count(key, n, high) < k)
		high = BEYOND / 2;
	for (uint32_t i = 0; i < HALVINGS_MAX && low < high; i++) {
		double mid = low + (high - low) / 2;
		uint32_t count = l->count(key, n, mid);

		if (count < k) {
			low = mid;
			continue;
		}
		high = mid;
		if (count <= k + TAIL_SPARE)
			break;
	}
	return high;
}

/* A bound for k minima is one for k keys, and there are fewer of them. */
static double
bound_of(const struct screen_var *s, const double *key, double *minima,
    uint32_t k)
{
	const struct loops *l = &LOOPS[s->level];
	uint32_t n = s->stride / SCREEN_VAR_LANES;

	l->minima(minima, key, s->stride);
	if (l->count(minima, n, BEYOND / 2) >= k)
		return halve(l, minima, n, k);
	return halve(l, key, s->stride, k);
}

/* The k-th least, and the mean of the k least.  Without branches: which keys
 * belong to a tail is anybody's guess. */
static double
tail_of(double *mean, const double *key, const uint32_t *rank, uint32_t n,
    uint32_t k)
{
	double quantile = -BEYOND, sum = 0;
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++) {
		double x = key[i] - (rank[i] >= k) * BEYOND;

		quantile = x > quantile ? x : quantile;
		sum += (rank[i] < k) * key[i];
		count += rank[i] < k;
	}
	/* Those that equal the quantile all have its rank. */
	*mean = (sum - (count - k) * quantile) / k;
	return quantile;
}

static double
at_least_zero(double x)
{
	return x > 0 ? x : 0;
}

static void
measure_one(struct screen_var_result *out, const double *key,
    const double *e, const struct screen_var *s, uint32_t k_var,
    uint32_t k_es, struct screen_var_work *w)
{
	const struct loops *l = &LOOPS[s->level];
	uint32_t k = k_var > k_es ? k_var : k_es, count, padded;
	double gross = 0, guard, mean, unused, quantile;

	count = l->pick(w->least, key, s->stride, bound_of(s, key, w->minima,
	    k));
	for (padded = count; padded % SCREEN_VAR_LANES != 0; padded++)
		w->least[padded] = BEYOND;
	l->ranks(w->rank, w->least, padded);
	quantile = tail_of(&unused, w->least, w->rank, count, k_var);
	(void)tail_of(&mean, w->least, w->rank, count, k_es);
	/* Both factors are rounded, and each product, sum and the mean once
	 * more; every order statistic moves by no more than any key does.
	 * Exact profits are floored to 1e-18. */
	for (uint32_t f = 0; f < s->factors; f++)
		gross += (e[f] < 0 ? -e[f] : e[f]) * s->most[f];
	guard = gross * (s->factors + k_es + 8) * 2 * UNIT_ROUNDOFF + 2e-18;
	*out = (struct screen_var_result){
		at_least_zero(-quantile - guard),
		at_least_zero(-quantile + guard),
		at_least_zero(-mean - guard), at_least_zero(-mean + guard),
	};
}

enum err
screen_var_measure(struct screen_var_result *out, const double *exposure,
    size_t vaults, const struct screen_var *s, const struct var_rules *rules,
    struct screen_var_work *w)
{
	uint32_t k_var, k_es;
	struct ppb q_var, q_es;
	enum err e = var_tail_probability(&q_var, rules->alpha, s->scenarios,
	    rules);

	MUST(rules->profile == VAR_PROFILE_MARGIND);
	if (e == ERR_OK)
		e = var_tail_probability(&q_es, rules->alpha_es, s->scenarios,
		    rules);
	if (e != ERR_OK)
		return e;
	k_var = var_rank(s->scenarios, q_var, rules->profile);
	k_es = var_rank(s->scenarios, q_es, rules->profile);
	for (size_t v = 0; v < vaults; v += SCREEN_VAR_VAULTS) {
		uint32_t some = vaults - v < SCREEN_VAR_VAULTS ?
		    (uint32_t)(vaults - v) : SCREEN_VAR_VAULTS;
		const double *x = exposure + v * s->factors;

		LOOPS[s->level].keys(w->key, s, x, some);
		for (uint32_t i = 0; i < some; i++) {
			for (uint32_t j = s->scenarios; j < s->stride; j++)
				w->key[i][j] = BEYOND;
			measure_one(&out[v + i], w->key[i],
			    x + i * s->factors, s, k_var, k_es, w);
		}
	}
	return ERR_OK;
}
