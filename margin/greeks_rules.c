/* Parameter sets of the greeks method, and what a set must satisfy. */
#include "margin/greeks.h"

#include "margin/linalg.h"

#include <string.h>

#define ONE ((i128)WAD_ONE_RAW)
#define PERCENT (ONE / 100)
#define MILLION ((i128)1000000 * ONE)

/* N^-1(0.99) and N^-1(0.995). */
#define QUANTILE_99 num18_from_raw((i128)2326347874040841101)
#define QUANTILE_995 num18_from_raw((i128)2575829303548900761)

#define SIMM_BUCKETS 12u
#define CRYPTO_BUCKETS 5u

/* One row of a preset; percents, and thresholds in units of 100,000 USD. */
struct row {
	const char *name;
	uint8_t delta_weight, vega_weight, rho;
	uint32_t delta_threshold, vega_threshold;
};

/* ISDA SIMM 2.5, section I: risk weights, correlations, and section J:
 * concentration thresholds of equity. */
static const struct row SIMM_EQUITY[] = {
	{ "1", 26, 45, 18, 100, 2100 },
	{ "2", 28, 45, 23, 100, 2100 },
	{ "3", 34, 45, 30, 100, 2100 },
	{ "4", 28, 45, 26, 100, 2100 },
	{ "5", 23, 45, 23, 210, 13000 },
	{ "6", 25, 45, 35, 210, 13000 },
	{ "7", 29, 45, 36, 210, 13000 },
	{ "8", 27, 45, 33, 210, 13000 },
	{ "9", 32, 45, 19, 14, 400 },
	{ "10", 32, 45, 20, 6, 2000 },
	{ "11", 18, 45, 45, 21000, 59000 },
	{ "12", 18, 96, 45, 21000, 59000 },
	{ "Residual", 34, 45, 0, 6, 400 },
};
/* Volatility indices have no curvature. */
#define SIMM_VOLATILITY_INDICES 11u

/* Below the diagonal; percents. */
static const uint8_t SIMM_GAMMA[] = {
	20,
	20, 25,
	20, 23, 24,
	13, 14, 13, 17,
	16, 17, 17, 22, 27,
	16, 18, 18, 22, 26, 34,
	16, 17, 16, 22, 27, 33, 32,
	17, 19, 20, 21, 15, 18, 18, 18,
	12, 13, 13, 16, 20, 24, 24, 23, 14,
	18, 19, 18, 24, 30, 38, 37, 37, 20, 25,
	18, 19, 18, 24, 30, 38, 37, 37, 20, 25, 45,
};

/* Ours.  Weights: see the header.  A delta threshold of 10 million per 1 % is
 * a position of a billion: what majors trade in hours; the others in
 * proportion to how much less they trade. */
static const struct row CRYPTO[] = {
	{ "majors", 13, 45, 85, 100, 1000 },
	{ "l1", 18, 50, 75, 10, 100 },
	{ "defi", 21, 55, 70, 3, 30 },
	{ "meme", 31, 70, 50, 1, 10 },
	{ "stable", 2, 45, 30, 50, 100 },
	{ "residual", 35, 96, 0, 1, 5 },
};
static const uint8_t CRYPTO_GAMMA[] = {
	70,
	65, 65,
	50, 50, 50,
	0, 0, 0, 0,
};

static void
rules_fill(struct greeks_rules *r, const struct row *rows, uint8_t count,
    const uint8_t *gamma)
{
	const i128 unit = MILLION / 10;

	memset(r, 0, sizeof(*r));
	r->bucket_count = count;
	for (uint8_t i = 0; i < count; i++) {
		struct greeks_bucket *b = &r->bucket[i];

		memcpy(b->name, rows[i].name, strlen(rows[i].name) + 1);
		b->is_residual = i == count - 1;
		b->has_curvature = true;
		b->delta_weight = num18_from_raw(rows[i].delta_weight * ONE);
		b->vega_weight =
		    num18_from_raw(rows[i].vega_weight * PERCENT);
		b->rho = num18_from_raw(rows[i].rho * PERCENT);
		b->delta_threshold =
		    usd18_from_raw(rows[i].delta_threshold * unit);
		b->vega_threshold =
		    usd18_from_raw(rows[i].vega_threshold * unit);
		r->gamma[i][i] = num18_one();
		for (uint8_t j = 0; j < i && !b->is_residual; j++)
			r->gamma[i][j] = r->gamma[j][i] =
			    num18_from_raw(*gamma++ * PERCENT);
	}
	r->historical_vol_ratio = num18_from_raw(58 * PERCENT);
	r->weight_quantile = QUANTILE_99;
	r->curvature_quantile = QUANTILE_995;
	r->is_gamma_counted = true;
	r->taylor_error_max = num18_from_raw(10 * PERCENT);
	r->taylor_floor = num18_from_raw(PERCENT / 100);
	r->initial_factor = num18_one();
	r->maintenance_factor = num18_from_raw(80 * PERCENT);
}

void
greeks_rules_default(struct greeks_rules *r)
{
	_Static_assert(ARRAY_COUNT(CRYPTO) == CRYPTO_BUCKETS + 1 &&
	    ARRAY_COUNT(CRYPTO_GAMMA) ==
	    CRYPTO_BUCKETS * (CRYPTO_BUCKETS - 1) / 2, "one for each pair");
	rules_fill(r, CRYPTO, ARRAY_COUNT(CRYPTO), CRYPTO_GAMMA);
	r->horizon_days = num18_from_raw(2 * ONE);
}

void
greeks_rules_simm_equity_2_5(struct greeks_rules *r)
{
	_Static_assert(ARRAY_COUNT(SIMM_EQUITY) == SIMM_BUCKETS + 1 &&
	    ARRAY_COUNT(SIMM_GAMMA) == SIMM_BUCKETS * (SIMM_BUCKETS - 1) / 2,
	    "one for each pair");
	rules_fill(r, SIMM_EQUITY, ARRAY_COUNT(SIMM_EQUITY), SIMM_GAMMA);
	r->bucket[SIMM_VOLATILITY_INDICES].has_curvature = false;
	/* Ten trading days. */
	r->horizon_days = num18_from_raw(14 * ONE);
}

static bool
is_within(struct num18 x, i128 least, i128 most)
{
	return num18_to_raw(x) >= least && num18_to_raw(x) <= most;
}

static enum err
bucket_check(const struct greeks_rules *r, uint8_t i)
{
	const struct greeks_bucket *b = &r->bucket[i];

	if (b->name[0] == '\0' ||
	    memchr(b->name, '\0', sizeof(b->name)) == NULL ||
	    num18_is_negative(b->delta_weight) ||
	    num18_is_negative(b->vega_weight) ||
	    !is_within(b->rho, b->is_residual ? 0 : -ONE,
	    b->is_residual ? 0 : ONE) ||
	    usd18_to_raw(b->delta_threshold) <= 0 ||
	    usd18_to_raw(b->vega_threshold) <= 0)
		return ERR_RANGE;
	for (uint8_t j = 0; j < i; j++)
		if (strcmp(b->name, r->bucket[j].name) == 0 ||
		    (b->is_residual && r->bucket[j].is_residual))
			return ERR_DUPLICATE;
	return ERR_OK;
}

/* gamma_check: a correlation matrix of the buckets that are not residual.
 * Each name's S_b is within K_b, so that then no sum is below zero. */
static enum err
gamma_check(const struct greeks_rules *r)
{
	struct num18 a[GREEKS_BUCKETS_MAX * GREEKS_BUCKETS_MAX];
	struct num18 l[GREEKS_BUCKETS_MAX * GREEKS_BUCKETS_MAX];
	struct num18 d[GREEKS_BUCKETS_MAX];
	size_t n = 0, used = 0;

	for (uint8_t i = 0; i < r->bucket_count; i++)
		n += !r->bucket[i].is_residual;
	for (uint8_t i = 0; i < r->bucket_count; i++)
		for (uint8_t j = 0; j < r->bucket_count; j++) {
			if (r->bucket[i].is_residual ||
			    r->bucket[j].is_residual)
				continue;
			if (num18_compare(r->gamma[i][j], r->gamma[j][i]) != 0)
				return ERR_RANGE;
			a[used++] = i == j ? num18_one() : r->gamma[i][j];
		}
	return linalg_ldl(l, d, a, n, LINALG_PIVOT_MIN_DEFAULT);
}

enum err
greeks_rules_check(const struct greeks_rules *r)
{
	i128 z = num18_to_raw(r->weight_quantile);
	i128 factor = num18_to_raw(r->initial_factor);

	if (r->bucket_count < 1 || r->bucket_count > GREEKS_BUCKETS_MAX)
		return ERR_LIMIT;
	/* The curvature quantile is the further one: lambda is not negative. */
	if (num18_is_negative(r->historical_vol_ratio) || z <= 0 ||
	    num18_to_raw(r->curvature_quantile) < (z > ONE ? z : ONE) ||
	    num18_to_raw(r->horizon_days) <= 0 ||
	    num18_is_negative(r->taylor_error_max) ||
	    num18_is_negative(r->taylor_floor) || factor < 0 ||
	    !is_within(r->maintenance_factor, 0, factor))
		return ERR_RANGE;
	for (uint8_t i = 0; i < r->bucket_count; i++) {
		enum err e = bucket_check(r, i);

		if (e != ERR_OK)
			return e;
	}
	return gamma_check(r);
}

enum err
greeks_bucket_find(uint8_t *out, const struct greeks_rules *r,
    const char *name, size_t len)
{
	for (uint8_t i = 0; i < r->bucket_count; i++)
		if (strlen(r->bucket[i].name) == len &&
		    memcmp(r->bucket[i].name, name, len) == 0) {
			*out = i;
			return ERR_OK;
		}
	return ERR_UNKNOWN;
}
