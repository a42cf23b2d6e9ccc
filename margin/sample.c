#include "margin/sample.h"

#include "base/must.h"
#include "base/q64.h"
#include "base/u256.h"

#define ONE ((i128)WAD_ONE_RAW)

void
sample_rules_default(struct sample_rules *r)
{
	*r = (struct sample_rules){
		.mpor = 1,
		.lambda = num18_from_raw(ONE / 100 * 97),
		.clamp_low = num18_from_raw(ONE / 2),
		.clamp_high = num18_from_raw(3 * ONE),
		.seed_periods = 20,
		.stress_span = 250,
		.draws = 1000,
		.shrinkage = num18_from_raw(ONE / 10),
		.degrees = 4,
	};
}

/* What a set needs of a history and of its own place. */
static enum err
history_check(const struct sample *out, const struct sample_history *h,
    uint32_t length, uint32_t mpor)
{
	MUST(h->factors >= 1 && h->factors <= SAMPLE_FACTORS_MAX);
	MUST(length <= SAMPLE_SCENARIOS_MAX);
	MUST((uint64_t)length * h->factors <= out->capacity);
	if (mpor == 0)
		return ERR_RANGE;
	if (length < mpor)
		return ERR_MISSING;
	for (uint32_t f = 0; f < h->factors; f++)
		for (uint32_t t = 0; t < h->length; t++) {
			i128 r = num18_to_raw(h->column[f][t]);

			if (r < -ONE || r > SAMPLE_RETURN_MAX)
				return ERR_RANGE;
		}
	return ERR_OK;
}

/* A product of two numbers with 18 decimals, to nearest, half up. */
static i128
mul_nearest(i128 a, i128 b)
{
	i128 x = a * b + ONE / 2, q = x / ONE;

	return q - (x % ONE < 0);
}

/* Nothing loses more than all of its price. */
static i128
saturate(i128 r)
{
	if (r < -ONE)
		return -ONE;
	return r > SAMPLE_RETURN_MAX ? SAMPLE_RETURN_MAX : r;
}

/* compound turns `length` periods into length - mpor + 1 overlapping
 * horizons, in place: what a horizon reads has not been written yet. */
static void
compound(struct sample *out, uint32_t factors, uint32_t length, uint32_t mpor)
{
	uint32_t scenarios = length - mpor + 1;

	for (uint32_t s = 0; s < scenarios && mpor > 1; s++)
		for (uint32_t f = 0; f < factors; f++) {
			i128 grown = ONE;

			for (uint32_t i = 0; i < mpor; i++) {
				int64_t r = out->r[(s + i) * factors + f];

				grown = saturate(mul_nearest(grown, ONE + r) -
				    ONE) + ONE;
			}
			out->r[s * factors + f] = (int64_t)(grown - ONE);
		}
	out->factors = factors;
	out->scenarios = scenarios;
}

static enum err
window_take(struct sample *out, const struct sample_history *h,
    uint32_t first, uint32_t length, uint32_t mpor)
{
	enum err e = history_check(out, h, length, mpor);

	if (e != ERR_OK)
		return e;
	for (uint32_t t = 0; t < length; t++)
		for (uint32_t f = 0; f < h->factors; f++)
			out->r[t * h->factors + f] = (int64_t)num18_to_raw(
			    h->column[f][first + t]);
	compound(out, h->factors, length, mpor);
	return ERR_OK;
}

enum err
sample_historical(struct sample *out, const struct sample_history *h,
    const struct sample_rules *rules)
{
	return window_take(out, h, 0, h->length, rules->mpor);
}

/* ---- filtered ----------------------------------------------------------- */

/* clamp(sigma_now / sigma_then, low, high), floor. */
static i128
volatility_ratio(const struct ewma *now, const struct ewma *then,
    const struct sample_rules *rules)
{
	struct u256 scale = u256_mul_u128(WAD_ONE_RAW, WAD_ONE_RAW);
	struct u256 then36 = u256_from_u128(then->variance36);
	struct u256 x;
	u128 one36, ratio;

	if (then->variance36 == 0)
		return now->variance36 == 0 ? ONE :
		    num18_to_raw(rules->clamp_high);
	MUST(u256_to_u128(&one36, &scale) == ERR_OK);
	x = u256_mul_u128(now->variance36, one36);
	u256_div(&x, NULL, &x, &then36);
	ratio = u256_sqrt_floor(&x);
	if (ratio > (u128)num18_to_raw(rules->clamp_high))
		return num18_to_raw(rules->clamp_high);
	if (ratio < (u128)num18_to_raw(rules->clamp_low))
		return num18_to_raw(rules->clamp_low);
	return (i128)ratio;
}

static enum err
filter_column(struct sample *out, const struct sample_history *h, uint32_t f,
    const struct sample_rules *rules)
{
	const struct num18 *column = h->column[f];
	uint32_t seed = rules->seed_periods < h->length ?
	    rules->seed_periods : h->length;
	struct ewma then, now;
	enum err e;

	e = ewma_seed(&then, column, seed);
	now = then;
	for (uint32_t t = 0; t < h->length && e == ERR_OK; t++)
		e = ewma_step(&now, column[t], rules->lambda);
	if (e == ERR_OK)
		e = ewma_floor(&now, rules->volatility_floor);
	for (uint32_t t = 0; t < h->length && e == ERR_OK; t++) {
		i128 r = mul_nearest(num18_to_raw(column[t]),
		    volatility_ratio(&now, &then, rules));

		out->r[t * h->factors + f] = (int64_t)saturate(r);
		e = ewma_step(&then, column[t], rules->lambda);
	}
	return e;
}

enum err
sample_filtered(struct sample *out, const struct sample_history *h,
    const struct sample_rules *rules)
{
	enum err e = history_check(out, h, h->length, rules->mpor);

	if (e == ERR_OK && (rules->seed_periods == 0 ||
	    num18_is_negative(rules->clamp_low) ||
	    num18_compare(rules->clamp_low, rules->clamp_high) > 0 ||
	    num18_to_raw(rules->clamp_high) > SAMPLE_RETURN_MAX))
		e = ERR_RANGE;
	for (uint32_t f = 0; f < h->factors && e == ERR_OK; f++)
		e = filter_column(out, h, f, rules);
	if (e == ERR_OK)
		compound(out, h->factors, h->length, rules->mpor);
	return e;
}

/* ---- stress ------------------------------------------------------------- */

/* How violent period t was: the sum over the factors of squared returns in
 * units of the factor's own mean square. */
static u128
violence(const struct sample_history *h, const u128 *mean36, uint32_t t)
{
	u128 sum = 0;

	for (uint32_t f = 0; f < h->factors; f++) {
		i128 r = num18_to_raw(h->column[f][t]);
		u128 part;

		if (mean36[f] == 0)
			continue;
		/* At most the number of periods, as one of them is r. */
		MUST(muldiv_u128(&part, (u128)(r * r), WAD_ONE_RAW, mean36[f],
		    ROUND_FLOOR) == ERR_OK);
		sum += part;
	}
	return sum;
}

static enum err
stress_find(uint32_t *first, const struct sample_history *h, uint32_t span)
{
	u128 mean36[SAMPLE_FACTORS_MAX], sum = 0, most = 0;

	for (uint32_t f = 0; f < h->factors; f++) {
		struct ewma mean;
		enum err e = ewma_seed(&mean, h->column[f], h->length);

		if (e != ERR_OK)
			return e;
		mean36[f] = mean.variance36;
	}
	*first = 0;
	for (uint32_t t = 0; t < h->length; t++) {
		sum += violence(h, mean36, t);
		if (t >= span)
			sum -= violence(h, mean36, t - span);
		if (t + 1 >= span && sum > most) {
			most = sum;
			*first = t + 1 - span;
		}
	}
	return ERR_OK;
}

enum err
sample_stressed(struct sample *out, const struct sample_history *h,
    const struct sample_rules *rules)
{
	uint32_t first = rules->stress_first, length = rules->stress_length;
	enum err e = history_check(out, h, h->length, rules->mpor);

	if (e != ERR_OK)
		return e;
	if (length == 0) {
		length = rules->stress_span < h->length ?
		    rules->stress_span : h->length;
		e = stress_find(&first, h, length);
	} else if (first > h->length || length > h->length - first) {
		e = ERR_RANGE;
	}
	return e != ERR_OK ? e : window_take(out, h, first, length,
	    rules->mpor);
}

/* Heap sort of one column: its stride is the number of factors. */
static void
column_sift(int64_t *r, uint32_t stride, uint32_t root, uint32_t n)
{
	for (;;) {
		uint32_t child = 2 * root + 1;
		int64_t swap;

		if (child >= n)
			return;
		if (child + 1 < n &&
		    r[(child + 1) * stride] > r[child * stride])
			child++;
		if (r[root * stride] >= r[child * stride])
			return;
		swap = r[root * stride];
		r[root * stride] = r[child * stride];
		r[child * stride] = swap;
		root = child;
	}
}

void
sample_correlate_one(struct sample *s)
{
	for (uint32_t f = 0; f < s->factors; f++) {
		int64_t *r = s->r + f;

		for (uint32_t i = s->scenarios / 2; i-- > 0;)
			column_sift(r, s->factors, i, s->scenarios);
		for (uint32_t n = s->scenarios; n-- > 1;) {
			int64_t largest = r[0];

			r[0] = r[n * s->factors];
			r[n * s->factors] = largest;
			column_sift(r, s->factors, 0, n);
		}
	}
}
