#include "margin/surface.h"

#include "base/must.h"
#include "base/q64.h"
#include "margin/option.h"

static struct num18
lesser(struct num18 a, struct num18 b)
{
	return num18_compare(a, b) < 0 ? a : b;
}

/* share: (at - from) / (to - from); from < at < to. */
static struct num18
share(uint64_t at, uint64_t from, uint64_t to)
{
	return num18_from_raw((i128)((u128)(at - from) * WAD_ONE_RAW /
	    (to - from)));
}

/* between: a + (b - a) * w, floor. */
static enum err
between(struct num18 *out, struct num18 a, struct num18 b, struct num18 w)
{
	struct num18 step;
	enum err e = num18_sub(&step, b, a);

	if (e == ERR_OK)
		e = num18_mul(&step, step, w, ROUND_FLOOR);
	if (e == ERR_OK)
		e = num18_add(out, a, step);
	return e;
}

/* 4 sqrt(a + b sigma); zero where that is negative. */
static enum err
svi_reach(struct num18 *out, const struct svi *s)
{
	struct num18 v;
	enum err e = num18_mul(&v, s->b, s->sigma, ROUND_FLOOR);

	if (e == ERR_OK)
		e = num18_add(&v, v, s->a);
	if (e == ERR_OK && num18_is_negative(v))
		v = num18_zero();
	if (e == ERR_OK)
		e = q64_sqrt(&v, v);
	if (e != ERR_OK)
		return e;
	*out = num18_from_raw(4 * num18_to_raw(v));
	return ERR_OK;
}

static enum err
svi_moneyness(struct num18 *out, const struct svi *s, struct px18 strike)
{
	struct num18 reach, low, k;
	enum err e = svi_reach(&reach, s);

	if (e != ERR_OK)
		return e;
	low = num18_from_raw(-num18_to_raw(reach));
	if (px18_is_zero(strike)) {
		*out = low;
		return ERR_OK;
	}
	e = q64_ln_of_prices(&k, strike, s->forward);
	if (e != ERR_OK)
		return e;
	if (num18_compare(k, reach) > 0)
		k = reach;
	*out = num18_compare(k, low) < 0 ? low : k;
	return ERR_OK;
}

/* a + b (rho u + sqrt(u^2 + sigma^2)), at least zero. */
static enum err
svi_variance(struct num18 *out, const struct svi *s, struct num18 u)
{
	struct num18 square, other, w;
	enum err e = num18_mul(&square, u, u, ROUND_FLOOR);

	if (e == ERR_OK)
		e = num18_mul(&other, s->sigma, s->sigma, ROUND_FLOOR);
	if (e == ERR_OK)
		e = num18_add(&square, square, other);
	if (e == ERR_OK)
		e = q64_sqrt(&w, square);
	if (e == ERR_OK)
		e = num18_mul(&other, s->rho, u, ROUND_FLOOR);
	if (e == ERR_OK)
		e = num18_add(&w, w, other);
	if (e == ERR_OK)
		e = num18_mul(&w, w, s->b, ROUND_FLOOR);
	if (e == ERR_OK)
		e = num18_add(&w, w, s->a);
	if (e != ERR_OK)
		return e;
	*out = num18_is_negative(w) ? num18_zero() : w;
	return ERR_OK;
}

enum err
svi_vol(struct num18 *out, const struct svi *s, struct px18 strike)
{
	struct num18 u, w;
	enum err e;

	if (px18_is_zero(s->forward) || num18_to_raw(s->tau) <= 0)
		return ERR_RANGE;
	e = svi_moneyness(&u, s, strike);
	if (e == ERR_OK)
		e = num18_sub(&u, u, s->m);
	if (e == ERR_OK)
		e = svi_variance(&w, s, u);
	if (e == ERR_OK)
		e = num18_div(&w, w, s->tau, ROUND_FLOOR);
	if (e == ERR_OK)
		e = q64_sqrt(out, w);
	return e;
}

static enum err
slice_vol(struct num18 *out, const struct market_slice *s,
    struct px18 strike)
{
	if (!s->is_flat)
		return svi_vol(out, &s->svi, strike);
	*out = s->vol;
	return ERR_OK;
}

static struct num18
tau_to(uint64_t expiry_ms, uint64_t as_of_ms)
{
	return option_tau(expiry_ms > as_of_ms ? expiry_ms - as_of_ms : 0);
}

/* vol^2 tau at one of two slices. */
static enum err
slice_variance(struct num18 *out, const struct market_slice *s,
    struct px18 strike, uint64_t as_of_ms)
{
	struct num18 v;
	enum err e = slice_vol(&v, s, strike);

	if (e == ERR_OK)
		e = num18_mul(&v, v, v, ROUND_FLOOR);
	if (e == ERR_OK)
		e = num18_mul(out, v, tau_to(s->expiry_ms, as_of_ms),
		    ROUND_FLOOR);
	return e;
}

static enum err
slices_vol(struct num18 *out, const struct market_slice *pair,
    struct px18 strike, uint64_t expiry_ms, uint64_t as_of_ms)
{
	struct num18 w[2], tau = tau_to(expiry_ms, as_of_ms);
	enum err e;

	/* Nothing is left to vary. */
	if (num18_is_zero(tau))
		return slice_vol(out, &pair[1], strike);
	e = slice_variance(&w[0], &pair[0], strike, as_of_ms);
	if (e == ERR_OK)
		e = slice_variance(&w[1], &pair[1], strike, as_of_ms);
	if (e == ERR_OK)
		e = between(&w[0], w[0], w[1], share(expiry_ms,
		    pair[0].expiry_ms > as_of_ms ? pair[0].expiry_ms :
		    as_of_ms, pair[1].expiry_ms));
	if (e == ERR_OK)
		e = num18_div(&w[0], w[0], tau, ROUND_FLOOR);
	if (e == ERR_OK)
		e = q64_sqrt(out, w[0]);
	return e;
}

enum err
surface_slices(const struct market_slice *pair[2],
    const struct market_factor *f, uint64_t expiry_ms)
{
	const struct market_slice *s = f->slice;
	uint32_t i = 0;

	MUST(f->slice_count <= MARKET_EXPIRIES_MAX);
	if (f->slice_count == 0)
		return ERR_UNKNOWN;
	while (i < f->slice_count && s[i].expiry_ms < expiry_ms)
		i++;
	pair[1] = i == f->slice_count ? &s[i - 1] : &s[i];
	pair[0] = i > 0 && i < f->slice_count && s[i].expiry_ms != expiry_ms ?
	    &s[i - 1] : pair[1];
	return ERR_OK;
}

enum err
surface_vol(struct num18 *vol, struct num18 *confidence,
    const struct market_factor *f, struct px18 strike, uint64_t expiry_ms,
    uint64_t as_of_ms)
{
	const struct market_slice *pair[2];
	enum err e = surface_slices(pair, f, expiry_ms);

	if (e != ERR_OK)
		return e;
	e = pair[0] != pair[1] ?
	    slices_vol(vol, pair[0], strike, expiry_ms, as_of_ms) :
	    slice_vol(vol, pair[0], strike);
	if (e != ERR_OK)
		return e;
	*confidence = lesser(pair[0]->confidence, pair[1]->confidence);
	return ERR_OK;
}

/* F1 (F2 / F1)^w: carry against any one index is linear in w. */
static enum err
forwards_price(struct px18 *out, const struct market_forward *pair,
    uint64_t expiry_ms)
{
	struct num18 carry;
	enum err e;

	if (px18_is_zero(pair[0].price) || px18_is_zero(pair[1].price))
		return ERR_RANGE;
	e = q64_ln_of_prices(&carry, pair[1].price, pair[0].price);
	if (e == ERR_OK)
		e = num18_mul(&carry, carry, share(expiry_ms,
		    pair[0].expiry_ms, pair[1].expiry_ms), ROUND_FLOOR);
	if (e == ERR_OK)
		e = q64_exp(&carry, carry);
	if (e == ERR_OK)
		e = px18_mul_num(out, pair[0].price, carry, ROUND_FLOOR);
	return e;
}

enum err
forward_price(struct px18 *forward, struct num18 *confidence,
    const struct market_factor *f, uint64_t expiry_ms, uint64_t as_of_ms,
    bool *has_fixed, struct px18 *fixed)
{
	const struct market_forward *at = f->forward;
	uint32_t i = 0;
	enum err e;

	MUST(f->forward_count <= MARKET_EXPIRIES_MAX);
	while (i < f->forward_count && at[i].expiry_ms < expiry_ms)
		i++;
	if (i < f->forward_count && at[i].expiry_ms == expiry_ms) {
		*forward = at[i].price;
		*confidence = at[i].confidence;
		*has_fixed = at[i].has_fixed;
		*fixed = at[i].fixed;
		return ERR_OK;
	}
	if (i > 0 && i < f->forward_count && expiry_ms > as_of_ms) {
		e = forwards_price(forward, &at[i - 1], expiry_ms);
		if (e != ERR_OK)
			return e;
		*confidence = lesser(at[i - 1].confidence, at[i].confidence);
	} else {
		if (!f->is_present)
			return ERR_UNKNOWN;
		*forward = f->price.price.mid;
		*confidence = num18_one();
	}
	*has_fixed = false;
	*fixed = px18_from_raw(0);
	return ERR_OK;
}

struct num18
rate_at(const struct market_terms *m, uint64_t expiry_ms)
{
	const struct market_rate *r = m->rate;
	uint32_t i = 0;
	struct num18 rate;

	MUST(m->rate_count <= MARKET_EXPIRIES_MAX);
	if (m->rate_count == 0)
		return num18_zero();
	while (i < m->rate_count && r[i].expiry_ms < expiry_ms)
		i++;
	if (i == m->rate_count)
		return r[i - 1].rate;
	if (i == 0 || r[i].expiry_ms == expiry_ms)
		return r[i].rate;
	/* Rates so far apart that their difference does not fit: the nearer
	 * in time, which is no rate anyway. */
	if (between(&rate, r[i - 1].rate, r[i].rate, share(expiry_ms,
	    r[i - 1].expiry_ms, r[i].expiry_ms)) != ERR_OK)
		return r[i].rate;
	return rate;
}
