#include "margin/var_table.h"

#include "base/must.h"

/* The bound may let in a few more than the tail has: each costs an exact
 * profit, each halving of the interval a pass over all keys. */
#define TAIL_SPARE 24u

static unsigned
bits_of(u128 a)
{
	unsigned bits = 0;

	for (; a != 0; a >>= 1)
		bits++;
	return bits;
}

void
var_table_make(struct var_table *out, const struct sample *sample,
    int32_t *coarse, enum simd_var_level level)
{
	uint32_t n = sample->scenarios, factors = sample->factors;
	uint32_t stride = VAR_TABLE_STRIDE(n);
	uint64_t all = 0;
	unsigned bits;

	MUST(n <= SAMPLE_SCENARIOS_MAX && factors <= SAMPLE_FACTORS_MAX);
	for (uint32_t i = 0; i < n * factors; i++)
		all |= (uint64_t)(sample->r[i] < 0 ? -sample->r[i] :
		    sample->r[i]);
	bits = bits_of(all);
	*out = (struct var_table){
		.sample = sample, .coarse = coarse, .stride = stride,
		.level = level,
		.shift = bits > SIMD_VAR_BITS ? bits - SIMD_VAR_BITS : 0,
	};
	for (uint32_t f = 0; f < factors; f++)
		for (uint32_t s = 0; s < stride; s++)
			coarse[f * stride + s] = s >= n ? 0 : (int32_t)(
			    sample->r[(size_t)s * factors + f] >> out->shift);
}

/* coarse_exposure sets e and returns how far two keys may stand in the wrong
 * order: with x = (a + u) 2^i and r = (b + w) 2^j, u and w in [0, 1), the key
 * a b misses x r / 2^(i+j) by a w + u b + u w, on either side. */
static int64_t
coarse_exposure(int32_t *e, const struct usd18 *exposure, uint32_t factors)
{
	u128 all = 0;
	unsigned bits, shift;
	int64_t slack = 0;

	for (uint32_t f = 0; f < factors; f++) {
		i128 x = usd18_to_raw(exposure[f]);

		all |= (u128)(x < 0 ? -x : x);
	}
	bits = bits_of(all);
	shift = bits > SIMD_VAR_BITS ? bits - SIMD_VAR_BITS : 0;
	for (uint32_t f = 0; f < factors; f++) {
		e[f] = (int32_t)(usd18_to_raw(exposure[f]) >> shift);
		slack += 2 * (int64_t)(e[f] < 0 ? -e[f] : e[f]) +
		    ((int64_t)2 << SIMD_VAR_BITS) + 1;
	}
	return slack;
}

/* bound_of: a key that at least k are not above, few more if it can be.  The
 * interval halves each time, so at most 64 times. */
static int64_t
bound_of(const struct var_table *t, const int64_t *key, uint32_t n, uint32_t k)
{
	int64_t low = simd_var_least(t->level, key, n), high = 0;

	if (simd_var_count(t->level, key, n, high) < k)
		high = INT64_MAX - 1;	/* the padding is above it */
	while (low < high) {
		int64_t mid = low + (int64_t)(((uint64_t)high -
		    (uint64_t)low) / 2);
		uint32_t count = simd_var_count(t->level, key, n, mid);

		if (count < k) {
			low = mid + 1;
			continue;
		}
		high = mid;
		if (count <= k + TAIL_SPARE)
			break;
	}
	return high;
}

static enum err
measure_one(struct var_result *out, const struct usd18 *exposure,
    const struct var_table *t, uint32_t k_var, uint32_t k_es,
    enum var_profile profile, struct var_work *w)
{
	const struct sample *sample = t->sample;
	uint32_t k = k_var > k_es ? k_var : k_es, n = sample->scenarios, count;
	int32_t e[SAMPLE_FACTORS_MAX];
	struct var_exposure x;
	struct var_tail tail;
	int64_t bound = INT64_MAX - 1, slack;
	enum err err = var_exposure_split(&x, exposure, sample->factors);

	if (err != ERR_OK)
		return err;
	slack = coarse_exposure(e, exposure, sample->factors);
	simd_var_keys(t->level, w->key, t->coarse, t->stride, e,
	    sample->factors);
	for (uint32_t s = n; s < t->stride; s++)
		w->key[s] = INT64_MAX;
	/* Ties of a rounded profit are no ties of keys: all are computed. */
	if (profile == VAR_PROFILE_MARGIND)
		bound = bound_of(t, w->key, t->stride, k);
	if (bound < INT64_MAX - 1 - slack)
		bound += slack;
	count = simd_var_pick(t->level, w->index, w->key, t->stride, bound);
	for (uint32_t i = 0; i < count; i++)
		w->pnl[i] = var_pnl_of(&x, sample->r +
		    (size_t)w->index[i] * sample->factors, sample->factors);
	err = var_tail_rank(&tail, w->pnl, count, k_es, profile, w->scratch);
	if (err == ERR_OK)
		out->es = var_loss_of(tail.mean);
	if (err == ERR_OK)
		err = var_tail_rank(&tail, w->pnl, count, k_var, profile,
		    w->scratch);
	if (err == ERR_OK)
		out->var = var_loss_of(tail.quantile);
	return err;
}

enum err
var_table_measure(struct var_result *out, size_t *failed,
    const struct usd18 *exposure, size_t vaults, const struct var_table *t,
    const struct var_rules *rules, struct var_work *work)
{
	uint32_t n = t->sample->scenarios, k_var = 0, k_es = 0;
	struct ppb q;
	enum err e = var_tail_probability(&q, rules->alpha, n, rules);

	if (e == ERR_OK) {
		k_var = var_rank(n, q, rules->profile);
		e = var_tail_probability(&q, rules->alpha_es, n, rules);
		k_es = var_rank(n, q, rules->profile);
	}
	if (e != ERR_OK && failed != NULL)
		*failed = 0;
	for (size_t v = 0; v < vaults && e == ERR_OK; v++) {
		struct var_result one;

		e = measure_one(&one, exposure + v * t->sample->factors, t,
		    k_var, k_es, rules->profile, work);
		if (e == ERR_OK)
			out[v] = one;
		else if (failed != NULL)
			*failed = v;
	}
	return e;
}
