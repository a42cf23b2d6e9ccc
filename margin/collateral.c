#include "margin/collateral.h"

#include <string.h>

#include "base/must.h"
#include "base/q64.h"
#include "base/u256.h"

#define DAY_MS UINT64_C(86400000)

/* num18_milli: n / 1000. */
static struct num18
num18_milli(int n)
{
	return num18_from_raw((i128)n * (i128)(WAD_ONE_RAW / 1000));
}

void
collateral_rules_default(struct collateral_rules *r)
{
	*r = (struct collateral_rules){
		.z = num18_milli(2326),
		.haircut_min = ppb_from_raw(5000000),
		.horizon_initial_days = num18_milli(10000),
		.horizon_maintenance_days = num18_milli(7000),
		.impact = num18_one(),
		.wrong_way = num18_milli(250),
		.bridge = ppb_from_raw(10000000),
		.share_max = ppb_one(),
		.ramp_ms = DAY_MS,
		.epoch_ms = 60000,
	};
}

/* ---- haircuts ----------------------------------------------------------- */

/* root_up: sqrt(part / whole), at most one unit of the last place too large
 * and never too small. */
static enum err
root_up(struct num18 *out, u128 part, u128 whole)
{
	struct u256 n = u256_mul_u128(part, pow10_u128(36));
	struct u256 d = u256_from_u128(whole), q, rest;
	u128 root;

	if (whole == 0)
		return ERR_RANGE;
	u256_div(&q, &rest, &n, &d);
	root = u256_sqrt_floor(&q);
	if (root >= (u128)I128_MAX)
		return ERR_RANGE;
	*out = num18_from_raw((i128)(part == 0 ? root : root + 1));
	return ERR_OK;
}

/* move_up: z * sigma * sqrt(part / whole), the largest move at the quantile
 * over that part of a year. */
static enum err
move_up(struct num18 *out, struct num18 z, struct num18 sigma, u128 part,
    u128 whole)
{
	struct num18 root, scaled;
	enum err e = root_up(&root, part, whole);

	if (e == ERR_OK)
		e = num18_mul(&scaled, z, sigma, ROUND_CEIL);
	if (e == ERR_OK)
		e = num18_mul(out, scaled, root, ROUND_CEIL);
	return e;
}

/* 1e-18 of what q64_exp may be too large by, twice over. */
#define EXP_ERROR_RAW 2

static enum err
haircut_volatility(struct num18 *out, struct num18 sigma,
    struct num18 horizon_days, const struct collateral_rules *rules)
{
	i128 least = (i128)ppb_to_raw(rules->haircut_min) *
	    (i128)(WAD_ONE_RAW / PPB_ONE_RAW);
	struct num18 move, kept;
	i128 haircut;
	enum err e;

	if (num18_is_negative(horizon_days))
		return ERR_RANGE;
	e = move_up(&move, rules->z, sigma,
	    (u128)num18_to_raw(horizon_days), 365 * WAD_ONE_RAW);
	if (e == ERR_OK)
		e = num18_sub(&move, num18_zero(), move);
	if (e == ERR_OK)
		e = q64_exp(&kept, move);
	if (e != ERR_OK)
		return e;
	haircut = (i128)WAD_ONE_RAW - num18_to_raw(kept) + EXP_ERROR_RAW;
	if (num18_to_raw(kept) == (i128)WAD_ONE_RAW)
		haircut = 0;	/* nothing moves: exact */
	*out = num18_from_raw(haircut > least ? haircut : least);
	return ERR_OK;
}

enum err
collateral_slope(struct num18 *out, struct num18 sigma,
    const struct collateral_rules *rules)
{
	if (num18_is_negative(sigma))
		return ERR_RANGE;
	return move_up(out, rules->impact, sigma, 1, 365);
}

enum err
collateral_impact(struct num18 *out, struct num18 slope,
    struct usd18 position, struct usd18 adv)
{
	struct num18 root;
	enum err e;

	if (num18_is_negative(slope) || usd18_is_negative(position) ||
	    usd18_is_negative(adv))
		return ERR_RANGE;
	if (usd18_is_zero(position) || num18_is_zero(slope)) {
		*out = num18_zero();
		return ERR_OK;
	}
	e = root_up(&root, (u128)usd18_to_raw(position),
	    (u128)usd18_to_raw(adv));
	if (e == ERR_OK)
		e = num18_mul(out, slope, root, ROUND_CEIL);
	return e;
}

#define YEAR_S 31536000u

static enum err
haircut_chain(struct num18 *out, const struct asset_risk *risk,
    struct num18 sigma, bool is_foreign, const struct collateral_rules *rules)
{
	i128 bridge = (i128)ppb_to_raw(rules->bridge) *
	    (i128)(WAD_ONE_RAW / PPB_ONE_RAW);
	struct num18 move;
	enum err e = move_up(&move, rules->z, sigma, risk->finality_s, YEAR_S);

	if (e == ERR_OK)
		e = num18_add(out, move,
		    num18_from_raw(is_foreign ? bridge : 0));
	return e;
}

static struct num18
sigma_floored(struct num18 sigma, const struct asset_risk *risk)
{
	return num18_compare(sigma, risk->volatility) > 0 ? sigma :
	    risk->volatility;
}

/* terms_total: the sum in ppb, ceil, at most one. */
static enum err
terms_total(struct ppb *out, const struct num18 *terms, size_t count)
{
	struct num18 sum = num18_zero();
	u128 ppb;
	enum err e;

	for (size_t i = 0; i < count; i++) {
		e = num18_add(&sum, sum, terms[i]);
		if (e != ERR_OK)
			return e;
	}
	if (num18_compare(sum, num18_one()) >= 0) {
		*out = ppb_one();
		return ERR_OK;
	}
	e = muldiv_u128(&ppb, (u128)num18_to_raw(sum), 1,
	    WAD_ONE_RAW / PPB_ONE_RAW, ROUND_CEIL);
	if (e == ERR_OK)
		*out = ppb_from_raw((uint32_t)ppb);
	return e;
}

static enum err
haircut_totals(struct haircut *h)
{
	const struct num18 maintenance[] = {
		h->volatility_maintenance, h->spread, h->chain, h->wrong_way,
	};
	const struct num18 initial[] = {
		h->volatility_initial, h->spread, h->chain, h->wrong_way,
		h->size, h->confidence,
	};
	enum err e = terms_total(&h->initial, initial, ARRAY_COUNT(initial));

	if (e == ERR_OK)
		e = terms_total(&h->maintenance, maintenance,
		    ARRAY_COUNT(maintenance));
	return e;
}

static enum err
haircut_wrong_way(struct num18 *out, const struct haircut_input *x,
    const struct collateral_rules *rules)
{
	*out = num18_zero();
	if (x->is_shocked_in_grid || num18_is_negative(x->correlation))
		return ERR_OK;
	return num18_mul(out, rules->wrong_way, x->correlation, ROUND_CEIL);
}

enum err
collateral_haircut(struct haircut *out, const struct asset_risk *risk,
    const struct haircut_input *x, const struct collateral_rules *rules)
{
	struct num18 sigma = sigma_floored(x->sigma, risk), slope;
	struct haircut h;
	enum err e;

	if (num18_is_negative(sigma) || num18_is_negative(x->sigma) ||
	    num18_is_negative(x->confidence) ||
	    num18_is_negative(risk->spread))
		return ERR_RANGE;
	h.confidence = x->confidence;
	/* Half of it, up: an i128 that is at least zero has room for one. */
	h.spread = num18_from_raw(num18_to_raw(risk->spread) / 2 +
	    num18_to_raw(risk->spread) % 2);
	e = haircut_volatility(&h.volatility_initial, sigma,
	    rules->horizon_initial_days, rules);
	if (e == ERR_OK)
		e = haircut_volatility(&h.volatility_maintenance, sigma,
		    rules->horizon_maintenance_days, rules);
	if (e == ERR_OK)
		e = collateral_slope(&slope, sigma, rules);
	if (e == ERR_OK)
		e = collateral_impact(&h.size, slope, x->position,
		    risk->adv);
	if (e == ERR_OK)
		e = haircut_chain(&h.chain, risk, sigma, x->is_foreign, rules);
	if (e == ERR_OK)
		e = haircut_wrong_way(&h.wrong_way, x, rules);
	if (e == ERR_OK)
		e = haircut_totals(&h);
	if (e == ERR_OK)
		*out = h;
	return e;
}

enum err
collateral_chain_haircut(struct ppb *out, const struct asset_risk *risk,
    struct num18 sigma, bool is_foreign, const struct collateral_rules *rules)
{
	struct num18 chain;
	enum err e;

	sigma = sigma_floored(sigma, risk);
	if (num18_is_negative(sigma))
		return ERR_RANGE;
	e = haircut_chain(&chain, risk, sigma, is_foreign, rules);
	if (e == ERR_OK)
		e = terms_total(out, &chain, 1);
	return e;
}

enum err
collateral_confidence(struct num18 *out, const struct price *p)
{
	struct px18 down, up;
	u128 share;
	enum err e = px18_sub(&down, p->mid, p->low);

	if (e == ERR_OK)
		e = px18_sub(&up, p->high, p->mid);
	if (e != ERR_OK)
		return e;
	e = muldiv_u128(&share, px18_to_raw(px18_max(down, up)), WAD_ONE_RAW,
	    px18_to_raw(p->mid), ROUND_CEIL);
	if (e != ERR_OK || share > (u128)I128_MAX)
		return ERR_RANGE;
	*out = num18_from_raw((i128)share);
	return ERR_OK;
}
