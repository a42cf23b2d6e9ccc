#include "margin/var.h"

#include "base/must.h"

#define PPB ((u128)PPB_ONE_RAW)

void
var_rules_default(struct var_rules *r)
{
	*r = (struct var_rules){
		.source = VAR_FILTERED,
		.profile = VAR_PROFILE_MARGIND,
		.alpha = ppb_from_raw(990000000),
		.alpha_es = ppb_from_raw(975000000),
		.weight = ppb_from_raw(750000000),
		.weight_stressed = ppb_from_raw(250000000),
		.scenarios_min = 200,
		.tail_min = 5,
	};
	sample_rules_default(&r->sample);
}

/* ---- quantile and tail -------------------------------------------------- */

/* A heap of the k least, the largest of them on top. */
static void
heap_sift(struct usd18 *heap, size_t root, size_t k)
{
	for (;;) {
		size_t child = 2 * root + 1;
		struct usd18 swap;

		if (child >= k)
			return;
		if (child + 1 < k &&
		    usd18_compare(heap[child + 1], heap[child]) > 0)
			child++;
		if (usd18_compare(heap[root], heap[child]) >= 0)
			return;
		swap = heap[root];
		heap[root] = heap[child];
		heap[child] = swap;
		root = child;
	}
}

/* least_of leaves the k least of pnl in heap and returns the k-th. */
static struct usd18
least_of(struct usd18 *heap, size_t k, const struct usd18 *pnl, size_t n)
{
	for (size_t i = 0; i < k; i++)
		heap[i] = pnl[i];
	for (size_t i = k / 2; i-- > 0;)
		heap_sift(heap, i, k);
	for (size_t i = k; i < n; i++)
		if (usd18_compare(pnl[i], heap[0]) < 0) {
			heap[0] = pnl[i];
			heap_sift(heap, 0, k);
		}
	return heap[0];
}

/* The k-th of (profit, index): below the quantile's own value lie fewer. */
static uint32_t
scenario_of(struct usd18 quantile, size_t k, const struct usd18 *pnl, size_t n)
{
	size_t below = 0;

	for (size_t i = 0; i < n; i++)
		below += usd18_compare(pnl[i], quantile) < 0;
	for (size_t i = 0;; i++) {
		MUST(i < n);
		if (usd18_compare(pnl[i], quantile) == 0 && ++below == k)
			return (uint32_t)i;
	}
}

/* The least k and, where ties are included, whatever equals their last. */
static enum err
mean_of(struct var_tail *t, const struct usd18 *least,
    const struct usd18 *pnl, size_t n, enum var_profile profile)
{
	struct usd18 sum = usd18_zero();
	size_t ties = 0;
	enum err e = ERR_OK;
	i128 mean;

	for (size_t i = 0; i < t->k && e == ERR_OK; i++)
		e = usd18_add(&sum, sum, least[i]);
	t->count = t->k;
	if (profile == VAR_PROFILE_ORE) {
		for (size_t i = 0; i < n; i++)
			ties += usd18_compare(pnl[i], t->quantile) <= 0;
		for (; t->count < ties && e == ERR_OK; t->count++)
			e = usd18_add(&sum, sum, t->quantile);
	}
	if (e != ERR_OK)
		return e;
	MUST(muldiv_i128(&mean, usd18_to_raw(sum), 1, t->count, ROUND_FLOOR)
	    == ERR_OK);
	t->mean = usd18_from_raw(mean);
	return ERR_OK;
}

uint32_t
var_rank(size_t n, struct ppb probability, enum var_profile profile)
{
	uint32_t k;

	MUST(n <= SAMPLE_SCENARIOS_MAX);
	MUST(ppb_to_raw(probability) < PPB_ONE_RAW);
	k = (uint32_t)((uint64_t)n * ppb_to_raw(probability) / PPB_ONE_RAW);
	if (profile == VAR_PROFILE_ORE)
		return k + 1;
	return k == 0 ? 1 : k;
}

enum err
var_tail_rank(struct var_tail *out, const struct usd18 *pnl, size_t n,
    uint32_t k, enum var_profile profile, struct usd18 *scratch)
{
	struct var_tail t = { .k = k };
	enum err e;

	MUST(k >= 1 && k <= n);
	t.quantile = least_of(scratch, k, pnl, n);
	t.scenario = scenario_of(t.quantile, k, pnl, n);
	e = mean_of(&t, scratch, pnl, n, profile);
	if (e == ERR_OK)
		*out = t;
	return e;
}

enum err
var_tail_of(struct var_tail *out, const struct usd18 *pnl, size_t n,
    struct ppb probability, enum var_profile profile, struct usd18 *scratch)
{
	if (n == 0)
		return ERR_MISSING;
	if (n > SAMPLE_SCENARIOS_MAX)
		return ERR_LIMIT;
	if (ppb_to_raw(probability) == 0 ||
	    ppb_to_raw(probability) >= PPB_ONE_RAW)
		return ERR_RANGE;
	return var_tail_rank(out, pnl, n, var_rank(n, probability, profile),
	    profile, scratch);
}

/* ---- measures ----------------------------------------------------------- */

enum err
var_tail_probability(struct ppb *out, struct ppb alpha, size_t n,
    const struct var_rules *rules)
{
	uint32_t a = ppb_to_raw(alpha);

	if (n < rules->scenarios_min)
		return ERR_QUORUM;
	if (a == 0 || a >= PPB_ONE_RAW)
		return ERR_RANGE;
	if ((u128)n * (PPB_ONE_RAW - a) < (u128)rules->tail_min * PPB)
		return ERR_REFUSED;
	*out = ppb_from_raw(PPB_ONE_RAW - a);
	return ERR_OK;
}

struct usd18
var_loss_of(struct usd18 profit)
{
	struct usd18 loss = usd18_zero();

	/* The least value of the type has no opposite; one unit less is still
	 * more than anything can cover. */
	if (usd18_is_negative(profit) && usd18_neg(&loss, profit) != ERR_OK)
		loss = usd18_from_raw(I128_MAX);
	return loss;
}

enum err
var_from_pnl(struct usd18 *out, const struct usd18 *pnl, size_t n,
    const struct var_rules *rules, struct usd18 *scratch)
{
	struct var_tail t;
	struct ppb q;
	enum err e = var_tail_probability(&q, rules->alpha, n, rules);

	if (e == ERR_OK)
		e = var_tail_of(&t, pnl, n, q, rules->profile, scratch);
	if (e == ERR_OK)
		*out = var_loss_of(t.quantile);
	return e;
}

enum err
es_from_pnl(struct usd18 *out, const struct usd18 *pnl, size_t n,
    const struct var_rules *rules, struct usd18 *scratch)
{
	struct var_tail t;
	struct ppb q;
	enum err e = var_tail_probability(&q, rules->alpha_es, n, rules);

	if (e == ERR_OK)
		e = var_tail_of(&t, pnl, n, q, rules->profile, scratch);
	if (e == ERR_OK)
		*out = var_loss_of(t.mean);
	return e;
}

enum err
var_measure_of(struct usd18 *out, enum var_measure *used,
    enum var_measure asked, const struct usd18 *pnl, size_t n,
    const struct var_rules *rules, struct usd18 *scratch)
{
	enum err e = ERR_REFUSED;

	if (asked == VAR_MEASURE_VAR)
		e = var_from_pnl(out, pnl, n, rules, scratch);
	if (e == ERR_REFUSED) {
		asked = VAR_MEASURE_ES;
		e = es_from_pnl(out, pnl, n, rules, scratch);
	}
	if (e == ERR_OK && used != NULL)
		*used = asked;
	return e;
}

enum err
var_requirement(struct usd18 *out, const struct var_parts *parts,
    const struct var_rules *rules)
{
	struct usd18 sum, stressed;
	enum err e;

	if (usd18_is_negative(parts->base) ||
	    usd18_is_negative(parts->stressed) ||
	    usd18_is_negative(parts->liquidity) ||
	    usd18_is_negative(parts->concentration))
		return ERR_RANGE;
	e = usd18_mul_ppb(&sum, parts->base, rules->weight, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_mul_ppb(&stressed, parts->stressed,
		    rules->weight_stressed, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_add(&sum, sum, stressed);
	if (e == ERR_OK)
		e = usd18_add(&sum, sum, parts->liquidity);
	if (e == ERR_OK)
		e = usd18_add(&sum, sum, parts->concentration);
	if (e == ERR_OK)
		*out = sum;
	return e;
}

enum err
var_sample(struct sample *out, const struct sample_history *h,
    const struct var_rules *rules, const struct b32 *rules_hash,
    struct sample_work *work)
{
	switch (rules->source) {
	case VAR_HISTORICAL:
		return sample_historical(out, h, &rules->sample);
	case VAR_FILTERED:
		return sample_filtered(out, h, &rules->sample);
	case VAR_SIMULATED:
		return sample_simulated(out, h, &rules->sample, rules_hash,
		    work);
	}
	return ERR_UNKNOWN;
}

enum err
var_margin_of(struct var_margin *out, enum var_measure asked,
    const struct var_inputs *in, const struct var_rules *rules,
    struct usd18 *scratch)
{
	struct var_margin m = { .parts = { .liquidity = in->liquidity,
	    .concentration = in->concentration }, .used_stressed = asked };
	enum err e = var_measure_of(&m.parts.base, &m.used, asked, in->pnl,
	    in->count, rules, scratch);

	if (e == ERR_OK && ppb_to_raw(rules->weight_stressed) > 0)
		e = var_measure_of(&m.parts.stressed, &m.used_stressed, asked,
		    in->pnl_stressed, in->count_stressed, rules, scratch);
	if (e == ERR_OK)
		e = var_requirement(&m.total, &m.parts, rules);
	if (e == ERR_OK)
		*out = m;
	return e;
}

/* ---- linear profits ----------------------------------------------------- */

enum err
var_exposure_split(struct var_exposure *out, const struct usd18 *exposure,
    uint32_t factors)
{
	for (uint32_t f = 0; f < factors; f++) {
		i128 x = usd18_to_raw(exposure[f]);

		if (x < -VAR_EXPOSURE_MAX || x > VAR_EXPOSURE_MAX)
			return ERR_RANGE;
		out->high[f] = (int64_t)(x >> VAR_LIMB_BITS);
		out->low[f] = (int64_t)((u128)x & VAR_LIMB_MASK);
	}
	return ERR_OK;
}

struct usd18
var_pnl_of(const struct var_exposure *x, const int64_t *r, uint32_t factors)
{
	i128 high = 0, low = 0, quotient, rest;

	/* At most 2^(57 + 63 + 6) and 2^(46 + 63 + 6). */
	for (uint32_t f = 0; f < factors; f++) {
		high += (i128)x->high[f] * r[f];
		low += (i128)x->low[f] * r[f];
	}
	high += low >> VAR_LIMB_BITS;
	low &= VAR_LIMB_MASK;
	quotient = high / (i128)WAD_ONE_RAW;
	rest = high - quotient * (i128)WAD_ONE_RAW;
	if (rest < 0) {
		quotient--;
		rest += (i128)WAD_ONE_RAW;
	}
	/* The rest is below 2^60, so 106 bits remain. */
	rest = (i128)((u128)(rest << VAR_LIMB_BITS | low) / WAD_ONE_RAW);
	return usd18_from_raw(quotient * ((i128)1 << VAR_LIMB_BITS) + rest);
}

enum err
var_pnl_linear(struct usd18 *pnl, const struct usd18 *exposure,
    const struct sample *sample)
{
	struct var_exposure x;
	enum err e;

	MUST(sample->factors <= SAMPLE_FACTORS_MAX);
	e = var_exposure_split(&x, exposure, sample->factors);
	if (e != ERR_OK)
		return e;
	for (uint32_t s = 0; s < sample->scenarios; s++)
		pnl[s] = var_pnl_of(&x,
		    sample->r + (size_t)s * sample->factors, sample->factors);
	return ERR_OK;
}
