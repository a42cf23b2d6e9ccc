#include "margin/var_table.h"

#include "base/must.h"

/* The bound may let in a few more than the tail has: the fewer, the more
 * passes it takes to find. */
#define TAIL_SPARE 8u

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

/* halve returns a number that at least k of n keys are not above, and little
 * more than k if it can be. */
static int64_t
halve(enum simd_var_level level, const int64_t *key, uint32_t n, uint32_t k)
{
	int64_t low = simd_var_least(level, key, n), high = 0;

	if (simd_var_count(level, key, n, high) < k)
		high = INT64_MAX - 1;	/* the padding is above it */
	while (low < high) {
		int64_t mid = low + (int64_t)(((uint64_t)high -
		    (uint64_t)low) / 2);
		uint32_t count = simd_var_count(level, key, n, mid);

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

/* A bound for k minima is one for k keys, and there are fewer of them. */
static int64_t
bound_of(const struct var_table *t, struct var_work *w, uint32_t k)
{
	uint32_t minima = t->stride / SIMD_VAR_LANES;

	simd_var_minima(t->level, w->least, w->key, t->stride);
	if (simd_var_count(t->level, w->least, minima, INT64_MAX - 1) >= k)
		return halve(t->level, w->least, minima, k);
	return halve(t->level, w->key, t->stride, k);
}

/* One vault on its way. */
struct walk {
	const struct var_table *t;
	const struct var_exposure *x;
	int64_t slack;
	uint32_t k_var, k_es;
	uint32_t count;		/* picked */
};

static struct usd18
pnl_of(const struct walk *a, uint32_t scenario)
{
	const struct sample *s = a->t->sample;

	return var_pnl_of(a->x, s->r + (size_t)scenario * s->factors,
	    s->factors);
}

/* Where the keys stand far enough apart, their order is that of the profits:
 * the tail is known without computing what lies beside it. */
static bool
measure_apart(struct var_result *out, const struct walk *a,
    const struct var_work *w)
{
	int64_t key[SIMD_VAR_RANKS_MAX], var_key = 0, es_key = 0;
	uint32_t rank[SIMD_VAR_RANKS_MAX], at_var = UINT32_MAX;
	uint32_t at_es = UINT32_MAX, n = 0, below_var = 0, to_var = 0;
	uint32_t to_es = 0;
	struct usd18 sum = usd18_zero();
	i128 mean;

	if (a->count > SIMD_VAR_RANKS_MAX)
		return false;
	for (; n < a->count; n++)
		key[n] = w->key[w->index[n]];
	for (; n % SIMD_VAR_LANES != 0; n++)
		key[n] = INT64_MAX;
	simd_var_ranks(a->t->level, rank, key, n);
	for (uint32_t i = 0; i < a->count; i++) {
		at_var = rank[i] + 1 == a->k_var ? i : at_var;
		at_es = rank[i] + 1 == a->k_es ? i : at_es;
	}
	if (at_var == UINT32_MAX || at_es == UINT32_MAX)
		return false;
	var_key = key[at_var];
	es_key = key[at_es];
	for (uint32_t i = 0; i < a->count; i++) {
		below_var += key[i] < var_key - a->slack;
		to_var += key[i] <= var_key + a->slack;
		to_es += key[i] <= es_key + a->slack;
	}
	if (below_var + 1 != a->k_var || to_var != a->k_var ||
	    to_es != a->k_es)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (rank[i] < a->k_es && usd18_add(&sum, sum,
		    pnl_of(a, w->index[i])) != ERR_OK)
			return false;
	MUST(muldiv_i128(&mean, usd18_to_raw(sum), 1, a->k_es, ROUND_FLOOR)
	    == ERR_OK);
	out->es = var_loss_of(usd18_from_raw(mean));
	out->var = var_loss_of(pnl_of(a, w->index[at_var]));
	return true;
}

static enum err
measure_picked(struct var_result *out, const struct walk *a,
    enum var_profile profile, struct var_work *w)
{
	struct var_result r;
	struct var_tail tail;
	enum err e;

	for (uint32_t i = 0; i < a->count; i++)
		w->pnl[i] = pnl_of(a, w->index[i]);
	e = var_tail_rank(&tail, w->pnl, a->count, a->k_es, profile,
	    w->scratch);
	if (e != ERR_OK)
		return e;
	r.es = var_loss_of(tail.mean);
	e = var_tail_rank(&tail, w->pnl, a->count, a->k_var, profile,
	    w->scratch);
	if (e != ERR_OK)
		return e;
	r.var = var_loss_of(tail.quantile);
	*out = r;
	return ERR_OK;
}

static enum err
measure_one(struct var_result *out, const struct usd18 *exposure,
    struct walk *a, enum var_profile profile, struct var_work *w)
{
	const struct var_table *t = a->t;
	uint32_t factors = t->sample->factors;
	int32_t coarse[SAMPLE_FACTORS_MAX];
	struct var_exposure x;
	int64_t bound = INT64_MAX - 1;
	enum err e = var_exposure_split(&x, exposure, factors);

	if (e != ERR_OK)
		return e;
	a->x = &x;
	a->slack = coarse_exposure(coarse, exposure, factors);
	simd_var_keys(t->level, w->key, t->coarse, t->stride, coarse, factors);
	for (uint32_t s = t->sample->scenarios; s < t->stride; s++)
		w->key[s] = INT64_MAX;
	/* Ties of a rounded profit are no ties of keys: all are computed. */
	if (profile == VAR_PROFILE_MARGIND)
		bound = bound_of(t, w, a->k_var > a->k_es ? a->k_var :
		    a->k_es);
	if (bound < INT64_MAX - 1 - a->slack)
		bound += a->slack;
	a->count = simd_var_pick(t->level, w->index, w->key, t->stride, bound);
	if (profile == VAR_PROFILE_MARGIND && measure_apart(out, a, w))
		return ERR_OK;
	return measure_picked(out, a, profile, w);
}

enum err
var_table_measure(struct var_result *out, size_t *failed,
    const struct usd18 *exposure, size_t vaults, const struct var_table *t,
    const struct var_rules *rules, struct var_work *work)
{
	uint32_t n = t->sample->scenarios;
	struct walk a = { .t = t };
	struct ppb q_var, q_es;
	size_t v = 0;
	enum err e = var_tail_probability(&q_var, rules->alpha, n, rules);

	if (e == ERR_OK)
		e = var_tail_probability(&q_es, rules->alpha_es, n, rules);
	if (e == ERR_OK) {
		a.k_var = var_rank(n, q_var, rules->profile);
		a.k_es = var_rank(n, q_es, rules->profile);
	}
	for (; v < vaults && e == ERR_OK; v++)
		e = measure_one(&out[v], exposure + v * t->sample->factors,
		    &a, rules->profile, work);
	if (e != ERR_OK && failed != NULL)
		*failed = v > 0 ? v - 1 : 0;
	return e;
}
