#include "margin/greeks.h"

#include "margin/accum.h"
#include "base/must.h"

#include <string.h>

#define ONE ((i128)WAD_ONE_RAW)
#define YEAR_DAYS 365

/* What an account has of one name, in the holder's signs. */
struct name {
	uint8_t bucket;
	uint32_t id;
	struct usd18 delta, vega, gamma;
	struct accum scaled_vega;	/* sum of 1/2 min(1, h / t) vega */
};

struct names {
	size_t count;
	struct name at[GREEKS_NAMES_MAX];	/* by bucket, then id */
};

/* One class: the weighted amount of each name, and its concentration. */
struct weighted {
	i128 amount[GREEKS_NAMES_MAX];
	i128 concentration[GREEKS_NAMES_MAX];
};

/* The sums of one class over the buckets. */
struct sums {
	i128 root;	/* of all but the residual bucket */
	i128 residual;	/* K of the residual bucket */
};

static i128
size_of(i128 v)
{
	return v < 0 ? -v : v;
}

/* costly: a sum of holder's gains rises with a coefficient where what it
 * multiplies is positive. */
static enum rounding
costly(bool is_positive)
{
	return is_positive ? ROUND_CEIL : ROUND_FLOOR;
}

/* ---- amounts of one name ------------------------------------------------ */

static enum err
names_find(struct name **out, struct names *n, uint8_t bucket, uint32_t id)
{
	size_t low = 0, high = n->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct name *m = &n->at[mid];

		if (m->bucket < bucket || (m->bucket == bucket && m->id < id))
			low = mid + 1;
		else
			high = mid;
	}
	if (low == n->count || n->at[low].bucket != bucket ||
	    n->at[low].id != id) {
		if (n->count == GREEKS_NAMES_MAX)
			return ERR_LIMIT;
		memmove(&n->at[low + 1], &n->at[low],
		    (n->count - low) * sizeof(n->at[0]));
		n->at[low] = (struct name){ .bucket = bucket, .id = id };
		n->count++;
	}
	*out = &n->at[low];
	return ERR_OK;
}

/* scaled_vega_add: 1/2 min(1, horizon / t) of it, with 36 decimals. */
static enum err
scaled_vega_add(struct name *n, const struct greeks_rules *r,
    struct num18 expiry_days, struct usd18 vega)
{
	i128 t = num18_to_raw(expiry_days), h = num18_to_raw(r->horizon_days);
	i128 v = usd18_to_raw(vega), scale = ONE / 2;

	if (t <= 0)
		return ERR_RANGE;
	if (t > h && muldiv_i128(&scale, ONE / 2, h, t, costly(v > 0)) !=
	    ERR_OK)
		return ERR_RANGE;
	return accum_add2(&n->scaled_vega, scale, v);
}

static enum err
sensitivity_add(struct names *n, const struct greeks_rules *r,
    enum greeks_view view, const struct greeks_sensitivity *s)
{
	struct usd18 amount = s->amount;
	struct name *to;
	enum err e;

	if (s->bucket >= r->bucket_count)
		return ERR_RANGE;
	if (view == GREEKS_VIEW_ACCOUNT &&
	    usd18_neg(&amount, amount) != ERR_OK)
		return ERR_RANGE;
	e = names_find(&to, n, s->bucket, s->name);
	if (e != ERR_OK)
		return e;
	switch (s->risk_class) {
	case GREEKS_DELTA:
		return usd18_add(&to->delta, to->delta, amount);
	case GREEKS_VEGA:
		if (usd18_add(&to->vega, to->vega, amount) != ERR_OK)
			return ERR_RANGE;
		return scaled_vega_add(to, r, s->expiry_days, amount);
	case GREEKS_GAMMA:
		return usd18_add(&to->gamma, to->gamma, amount);
	}
	return ERR_RANGE;
}

/* ---- weighting ---------------------------------------------------------- */

/* concentration_of: max(1, sqrt(|amount| / threshold)), up. */
static enum err
concentration_of(i128 *out, i128 amount, struct usd18 threshold)
{
	struct accum a = accum_zero();
	i128 share;

	if (amount == I128_MIN)
		return ERR_RANGE;
	*out = ONE;
	if (size_of(amount) <= usd18_to_raw(threshold))
		return ERR_OK;
	if (muldiv_i128(&share, size_of(amount), ONE, usd18_to_raw(threshold),
	    ROUND_CEIL) != ERR_OK || accum_add2(&a, share, ONE) != ERR_OK)
		return ERR_RANGE;
	return accum_sqrt(out, &a, 0, ROUND_CEIL);
}

/* weighted_set: weight * amount * concentration, away from zero. */
static enum err
weighted_set(struct weighted *w, size_t i, struct num18 weight, i128 amount,
    struct usd18 threshold)
{
	struct accum a = accum_zero();

	if (concentration_of(&w->concentration[i], amount, threshold) !=
	    ERR_OK || accum_add3(&a, num18_to_raw(weight), amount,
	    w->concentration[i]) != ERR_OK)
		return ERR_RANGE;
	return accum_div(&w->amount[i], &a, 2, 1, costly(amount > 0));
}

/* deviation_of: sigma_b in volatility points: RW sqrt(365 / horizon) / z. */
static enum err
deviation_of(i128 *out, const struct greeks_rules *r, uint8_t bucket,
    enum rounding side)
{
	struct accum a = accum_zero();
	i128 periods, root;

	if (muldiv_i128(&periods, YEAR_DAYS * ONE, ONE,
	    num18_to_raw(r->horizon_days), side) != ERR_OK ||
	    accum_add2(&a, periods, ONE) != ERR_OK ||
	    accum_sqrt(&root, &a, 0, side) != ERR_OK)
		return ERR_RANGE;
	return muldiv_i128(out, num18_to_raw(r->bucket[bucket].delta_weight),
	    root, num18_to_raw(r->weight_quantile), side);
}

static enum err
weigh_delta(struct weighted *w, const struct greeks_rules *r,
    const struct names *n)
{
	for (size_t i = 0; i < n->count; i++) {
		const struct greeks_bucket *b = &r->bucket[n->at[i].bucket];

		if (weighted_set(w, i, b->delta_weight,
		    usd18_to_raw(n->at[i].delta), b->delta_threshold) !=
		    ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}

static enum err
weigh_vega(struct weighted *w, const struct greeks_rules *r,
    const struct names *n)
{
	for (size_t i = 0; i < n->count; i++) {
		const struct greeks_bucket *b = &r->bucket[n->at[i].bucket];
		i128 vega = usd18_to_raw(n->at[i].vega), deviation, risk;
		struct accum a = accum_zero();

		if (deviation_of(&deviation, r, n->at[i].bucket,
		    ROUND_CEIL) != ERR_OK || accum_add3(&a,
		    num18_to_raw(r->historical_vol_ratio), deviation, vega) !=
		    ERR_OK ||
		    accum_div(&risk, &a, 2, 1, costly(vega > 0)) != ERR_OK ||
		    weighted_set(w, i, b->vega_weight, risk,
		    b->vega_threshold) != ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}

/* CVR from vega: sigma_b times the scaled vega. */
static enum err
weigh_vega_curvature(struct weighted *w, const struct greeks_rules *r,
    const struct names *n)
{
	for (size_t i = 0; i < n->count; i++) {
		struct accum a = accum_zero();
		i128 vega, deviation;

		w->amount[i] = 0;
		w->concentration[i] = ONE;
		if (!r->bucket[n->at[i].bucket].has_curvature)
			continue;
		if (accum_div(&vega, &n->at[i].scaled_vega, 1, 1,
		    ROUND_CEIL) != ERR_OK ||
		    deviation_of(&deviation, r, n->at[i].bucket,
		    costly(vega > 0)) != ERR_OK ||
		    accum_add2(&a, vega, deviation) != ERR_OK ||
		    accum_div(&w->amount[i], &a, 1, 1, ROUND_CEIL) != ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}

/* CVR from gamma: 1/2 Gamma (RW S)^2, with RW in percent and Gamma S^2 / 100
 * given: 1/2 x 100 / 100^2. */
static enum err
weigh_gamma_curvature(struct weighted *w, const struct greeks_rules *r,
    const struct names *n)
{
	for (size_t i = 0; i < n->count; i++) {
		const struct greeks_bucket *b = &r->bucket[n->at[i].bucket];
		i128 rw = num18_to_raw(b->delta_weight);
		struct accum a = accum_zero();

		w->amount[i] = 0;
		w->concentration[i] = ONE;
		if (!b->has_curvature || !r->is_gamma_counted)
			continue;
		if (accum_add3(&a, usd18_to_raw(n->at[i].gamma), rw, rw) !=
		    ERR_OK ||
		    accum_div(&w->amount[i], &a, 2, 200, ROUND_CEIL) != ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}

/* ---- sums --------------------------------------------------------------- */

/* pair_add: 2 rho f x y, or 2 rho^2 x y, each coefficient to its costly
 * side. */
static enum err
pair_add(struct accum *sum, i128 rho, i128 least, i128 most, bool is_squared,
    i128 x, i128 y)
{
	enum rounding side = costly((x > 0) == (y > 0));
	struct accum pair = accum_zero();
	i128 c;

	if (x == 0 || y == 0 || rho == 0)
		return ERR_OK;
	if ((is_squared ? muldiv_i128(&c, rho, rho, ONE, side) :
	    muldiv_i128(&c, rho, least, most, side)) != ERR_OK ||
	    accum_add3(&pair, c, x, y) != ERR_OK ||
	    accum_add(sum, &pair) != ERR_OK)
		return ERR_RANGE;
	return accum_add(sum, &pair);
}

/* bucket_sum: K, S and the largest concentration of the names [from, to). */
static enum err
bucket_sum(struct greeks_terms *t, const struct weighted *w, size_t from,
    size_t to, struct num18 rho, bool is_squared)
{
	struct accum sum = accum_zero();
	struct usd18 s = usd18_zero(), least;
	i128 most = ONE, k;

	for (size_t i = from; i < to; i++) {
		i128 x = w->amount[i], cx = w->concentration[i];

		most = cx > most ? cx : most;
		if (accum_add3(&sum, x, x, ONE) != ERR_OK ||
		    usd18_add(&s, s, usd18_from_raw(x)) != ERR_OK)
			return ERR_RANGE;
		for (size_t j = from; j < i; j++) {
			i128 cy = w->concentration[j];

			if (pair_add(&sum, num18_to_raw(rho),
			    cx < cy ? cx : cy, cx < cy ? cy : cx, is_squared,
			    x, w->amount[j]) != ERR_OK)
				return ERR_RANGE;
		}
	}
	if (accum_sqrt(&k, &sum, 1, ROUND_CEIL) != ERR_OK)
		return ERR_RANGE;
	least = usd18_from_raw(-k);
	t->k = usd18_from_raw(k);
	t->s = usd18_max(least, usd18_min(t->k, s));
	t->concentration = num18_from_raw(most);
	return ERR_OK;
}

/* across: the root over the buckets that are not residual. */
static enum err
across(i128 *root, const struct greeks_terms *t,
    const struct greeks_rules *r, bool is_squared)
{
	struct accum sum = accum_zero();

	for (uint8_t i = 0; i < r->bucket_count; i++) {
		i128 k = usd18_to_raw(t[i].k);

		if (r->bucket[i].is_residual)
			continue;
		if (accum_add3(&sum, k, k, ONE) != ERR_OK)
			return ERR_RANGE;
		for (uint8_t j = 0; j < i; j++)
			if (!r->bucket[j].is_residual && pair_add(&sum,
			    num18_to_raw(r->gamma[i][j]), ONE, ONE,
			    is_squared, usd18_to_raw(t[i].s),
			    usd18_to_raw(t[j].s)) != ERR_OK)
				return ERR_RANGE;
	}
	return accum_sqrt(root, &sum, 1, ROUND_CEIL);
}

static enum err
sum_up(struct sums *out, struct greeks_terms *terms,
    const struct greeks_rules *r, const struct names *n,
    const struct weighted *w, bool is_squared)
{
	size_t from = 0;

	out->residual = 0;
	for (uint8_t b = 0; b < r->bucket_count; b++) {
		size_t to = from;

		while (to < n->count && n->at[to].bucket == b)
			to++;
		if (bucket_sum(&terms[b], w, from, to, r->bucket[b].rho,
		    is_squared) != ERR_OK)
			return ERR_RANGE;
		if (r->bucket[b].is_residual)
			out->residual = usd18_to_raw(terms[b].k);
		from = to;
	}
	return across(&out->root, terms, r, is_squared);
}

/* linear_margin: of delta or vega. */
static enum err
linear_margin(struct usd18 *out, struct greeks_terms *terms,
    const struct greeks_rules *r, const struct names *n,
    const struct weighted *w)
{
	struct sums s;

	if (sum_up(&s, terms, r, n, w, false) != ERR_OK)
		return ERR_RANGE;
	return usd18_add(out, usd18_from_raw(s.root),
	    usd18_from_raw(s.residual));
}

/* ---- curvature ---------------------------------------------------------- */

/* The sum of CVR and of its sizes, of the residual bucket or of the rest. */
static enum err
curvature_total(i128 *sum, i128 *size, const struct greeks_rules *r,
    const struct names *n, const struct weighted *w, bool is_residual)
{
	*sum = *size = 0;
	for (size_t i = 0; i < n->count; i++) {
		i128 x = w->amount[i];

		if (r->bucket[n->at[i].bucket].is_residual != is_residual)
			continue;
		if (__builtin_add_overflow(*sum, x, sum) ||
		    __builtin_add_overflow(*size, size_of(x), size))
			return ERR_RANGE;
	}
	return ERR_OK;
}

/* lambda_of: (q^2 - 1)(1 + theta) - theta, up.  It rises with theta where q^2
 * is above 2 and falls with it elsewhere. */
static enum err
lambda_of(struct num18 *theta, struct num18 *lambda, i128 q, i128 sum,
    i128 size)
{
	struct accum square = accum_zero(), a = accum_zero();
	i128 th = 0, two, scaled;

	if (accum_add2(&square, q, q) != ERR_OK ||
	    accum_div(&two, &square, 1, 1, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	if (sum < 0 && muldiv_i128(&th, sum, ONE, size,
	    costly(two >= 2 * ONE)) != ERR_OK)
		return ERR_RANGE;
	if (accum_add3(&a, q, q, ONE + th) != ERR_OK ||
	    accum_div(&scaled, &a, 2, 1, ROUND_CEIL) != ERR_OK)
		return ERR_RANGE;
	*theta = num18_from_raw(th);
	*lambda = num18_from_raw(scaled - ONE - 2 * th);
	return ERR_OK;
}

/* curvature_part: max(0, sum + lambda root). */
static enum err
curvature_part(struct usd18 *out, i128 sum, struct num18 lambda, i128 root)
{
	struct usd18 tail;

	if (usd18_mul_num(&tail, usd18_from_raw(root), lambda, ROUND_CEIL) !=
	    ERR_OK ||
	    usd18_add(&tail, tail, usd18_from_raw(sum)) != ERR_OK)
		return ERR_RANGE;
	*out = usd18_max(usd18_zero(), tail);
	return ERR_OK;
}

static enum err
curvature_margin(struct greeks_curvature *c, const struct greeks_rules *r,
    const struct names *n, const struct weighted *w, i128 q)
{
	struct num18 theta, lambda;
	struct usd18 main_part, residual;
	struct sums s;
	i128 sum, size;

	if (sum_up(&s, c->terms, r, n, w, true) != ERR_OK ||
	    curvature_total(&sum, &size, r, n, w, true) != ERR_OK ||
	    lambda_of(&theta, &lambda, q, sum, size) != ERR_OK ||
	    curvature_part(&residual, sum, lambda, s.residual) != ERR_OK ||
	    curvature_total(&sum, &size, r, n, w, false) != ERR_OK ||
	    lambda_of(&c->theta, &c->lambda, q, sum, size) != ERR_OK ||
	    curvature_part(&main_part, sum, c->lambda, s.root) != ERR_OK)
		return ERR_RANGE;
	c->sum = usd18_from_raw(sum);
	return usd18_add(&c->margin, main_part, residual);
}

/* curvatures: by vega and by gamma; the larger counts. */
static enum err
curvatures(struct greeks_margin *m, struct weighted *w,
    const struct greeks_rules *r, const struct names *n)
{
	i128 q = num18_to_raw(r->curvature_quantile), q_moves;

	/* What gamma is weighted with is z deviations already. */
	if (muldiv_i128(&q_moves, q, ONE, num18_to_raw(r->weight_quantile),
	    ROUND_CEIL) != ERR_OK ||
	    weigh_vega_curvature(w, r, n) != ERR_OK ||
	    curvature_margin(&m->by_vega, r, n, w, q) != ERR_OK ||
	    weigh_gamma_curvature(w, r, n) != ERR_OK ||
	    curvature_margin(&m->by_gamma, r, n, w, q_moves) != ERR_OK)
		return ERR_RANGE;
	m->is_gamma_larger = usd18_compare(m->by_gamma.margin,
	    m->by_vega.margin) > 0;
	m->curvature = usd18_max(m->by_gamma.margin, m->by_vega.margin);
	return ERR_OK;
}

static enum err
totals(struct greeks_margin *m, const struct greeks_rules *r,
    const struct names *n)
{
	m->gamma_exposure = usd18_zero();
	for (size_t i = 0; i < n->count; i++)
		if (usd18_sub(&m->gamma_exposure, m->gamma_exposure,
		    n->at[i].gamma) != ERR_OK)
			return ERR_RANGE;
	if (usd18_add(&m->total, m->delta, m->vega) != ERR_OK ||
	    usd18_add(&m->total, m->total, m->curvature) != ERR_OK ||
	    usd18_mul_num(&m->initial, m->total, r->initial_factor,
	    ROUND_CEIL) != ERR_OK)
		return ERR_RANGE;
	return usd18_mul_num(&m->maintenance, m->total,
	    r->maintenance_factor, ROUND_CEIL);
}

enum err
greeks_margin_of(struct greeks_margin *out, const struct greeks_rules *r,
    enum greeks_view view, const struct greeks_sensitivity *list,
    size_t count)
{
	struct greeks_margin m = { .is_refused = false };
	struct names n = { .count = 0 };
	struct weighted w;

	MUST(r->bucket_count >= 1 && r->bucket_count <= GREEKS_BUCKETS_MAX);
	if (count > GREEKS_SENSITIVITIES_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < count; i++) {
		enum err e = sensitivity_add(&n, r, view, &list[i]);

		if (e != ERR_OK)
			return e;
	}
	if (weigh_delta(&w, r, &n) != ERR_OK ||
	    linear_margin(&m.delta, m.delta_terms, r, &n, &w) != ERR_OK ||
	    weigh_vega(&w, r, &n) != ERR_OK ||
	    linear_margin(&m.vega, m.vega_terms, r, &n, &w) != ERR_OK ||
	    curvatures(&m, &w, r, &n) != ERR_OK || totals(&m, r, &n) != ERR_OK)
		return ERR_RANGE;
	*out = m;
	return ERR_OK;
}

/* ---- how far the expansion misses --------------------------------------- */

/* taylor_miss: the expansion minus the full change, with 54 decimals.  Half of
 * Gamma S^2 is 50 times what is given per 1 %. */
static enum err
taylor_miss(struct accum *out, const struct greeks_taylor *t)
{
	i128 move = num18_to_raw(t->move), half;

	*out = accum_zero();
	if (__builtin_mul_overflow(move, (i128)50, &half) ||
	    accum_add3(out, usd18_to_raw(t->delta), move, ONE) != ERR_OK ||
	    accum_add3(out, usd18_to_raw(t->gamma), half, move) != ERR_OK ||
	    accum_add3(out, usd18_to_raw(t->vega),
	    num18_to_raw(t->vol_points), ONE) != ERR_OK ||
	    accum_add3(out, usd18_to_raw(t->theta), num18_to_raw(t->days),
	    ONE) != ERR_OK)
		return ERR_RANGE;
	return accum_sub3(out, usd18_to_raw(t->full), ONE, ONE);
}

static enum err
taylor_error(i128 *out, const struct greeks_rules *r,
    const struct greeks_taylor *t)
{
	i128 full = usd18_to_raw(t->full), floor, up, down, over;
	struct usd18 least;
	struct accum miss;

	if (usd18_is_negative(t->gross_notional) || full == I128_MIN ||
	    taylor_miss(&miss, t) != ERR_OK ||
	    usd18_mul_num(&least, t->gross_notional, r->taylor_floor,
	    ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	floor = usd18_to_raw(least);
	over = size_of(full) > floor ? size_of(full) : floor;
	/* No change at all and nothing to measure it by: one unit. */
	over = over > 0 ? over : 1;
	if (accum_div(&up, &miss, 1, over, ROUND_CEIL) != ERR_OK ||
	    accum_div(&down, &miss, 1, over, ROUND_FLOOR) != ERR_OK) {
		*out = I128_MAX;
		return ERR_OK;
	}
	*out = up > -down ? up : -down;
	return ERR_OK;
}

enum err
greeks_taylor_check(struct greeks_margin *m, const struct greeks_rules *r,
    const struct greeks_taylor *moves, size_t count)
{
	i128 worst = 0;

	for (size_t i = 0; i < count; i++) {
		i128 error;

		if (taylor_error(&error, r, &moves[i]) != ERR_OK)
			return ERR_RANGE;
		worst = error > worst ? error : worst;
	}
	m->taylor_error = num18_from_raw(worst);
	m->is_refused = worst > num18_to_raw(r->taylor_error_max);
	return ERR_OK;
}
