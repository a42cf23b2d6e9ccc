#include "margin/ratio.h"

#include <string.h>

#include "base/must.h"

enum point { POINT_LOW, POINT_MID, POINT_HIGH, POINTS };

/* What the legs of one base factor come to, at each point of its band. */
struct factor_sum {
	struct usd18 collateral[POINTS];	/* sum V * LT */
	struct usd18 debt[POINTS];		/* sum D * b */
	struct usd18 initial_collateral[POINTS];	/* V * LTV, cautious */
	struct usd18 initial_debt[POINTS];	/* D * b, cautious */
};

/* Unweighted sums over all legs. */
struct value_sum {
	struct usd18 collateral[POINTS];
	struct usd18 debt;	/* at mid */
};

static struct px18
price_at(const struct market_price *p, enum point t)
{
	switch (t) {
	case POINT_LOW: return p->price.low;
	case POINT_MID: return p->price.mid;
	case POINT_HIGH: return p->price.high;
	case POINTS: break;
	}
	MUST(false);
}

static struct px18
price_at_cautious_asset(const struct market_price *p, enum point t)
{
	struct px18 px = price_at(p, t);

	if (p->has_twap)
		px = px18_min(px, p->twap);
	if (p->has_stable)
		px = px18_min(px, p->stable);
	return px;
}

static struct px18
price_at_cautious_debt(const struct market_price *p, enum point t)
{
	struct px18 px = price_at(p, t);

	if (p->has_twap)
		px = px18_max(px, p->twap);
	if (p->has_stable)
		px = px18_max(px, p->stable);
	return px;
}

enum err
ratio_value_collateral(struct ratio_leg *out, const struct asset *a,
    u128 atoms, struct px18 p, struct ppb factor)
{
	struct ratio_leg leg;
	enum err e;

	e = usd18_from_atoms(&leg.value, atoms, a->decimals, p, ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_mul_ppb(&leg.weighted, leg.value, factor,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		*out = leg;
	return e;
}

enum err
ratio_value_debt(struct ratio_leg *out, const struct asset *a, u128 atoms,
    struct px18 p, struct ppb weight)
{
	struct ratio_leg leg;
	enum err e;

	e = usd18_from_atoms(&leg.value, atoms, a->decimals, p, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_mul_ppb(&leg.weighted, leg.value, weight,
		    ROUND_CEIL);
	if (e == ERR_OK)
		*out = leg;
	return e;
}

struct wad
ratio_floor(struct usd18 num, struct usd18 den)
{
	struct wad w;

	MUST(!usd18_is_negative(num) && !usd18_is_negative(den));
	/* One atom of debt must not make a vault unreadable: a quotient beyond
	 * the type is the largest finite one, which is still below the
	 * truth. */
	if (wad_from_ratio(&w, num, den, ROUND_FLOOR) != ERR_OK ||
	    (wad_is_infinite(w) && !usd18_is_zero(den)))
		return wad_from_raw(U128_MAX - 1);
	return w;
}

struct wad
ratio_ceil(struct usd18 num, struct usd18 den)
{
	struct wad w;

	if (usd18_is_zero(num))
		return wad_from_raw(0);
	if (wad_from_ratio(&w, num, den, ROUND_CEIL) != ERR_OK)
		return wad_infinite();
	return w;
}

static enum err
factor_add_collateral(struct factor_sum *s, struct value_sum *value,
    const struct asset *a, const struct asset_rules *rules, u128 atoms,
    const struct market_price *p)
{
	struct px18 px, cautious;
	struct ratio_leg leg;
	enum err e;

	for (enum point t = POINT_LOW; t < POINTS; t++) {
		px = price_at(p, t);
		cautious = price_at_cautious_asset(p, t);
		e = ratio_value_collateral(&leg, a, atoms, px,
		    rules->liquidation_threshold);
		if (e == ERR_OK)
			e = usd18_add(&s->collateral[t], s->collateral[t],
			    leg.weighted);
		if (e == ERR_OK)
			e = usd18_add(&value->collateral[t],
			    value->collateral[t], leg.value);
		/* Mostly the same price: then the value is there already. */
		if (e == ERR_OK && px18_compare(cautious, px) == 0)
			e = usd18_mul_ppb(&leg.weighted, leg.value,
			    rules->ltv, ROUND_FLOOR);
		else if (e == ERR_OK)
			e = ratio_value_collateral(&leg, a, atoms, cautious,
			    rules->ltv);
		if (e == ERR_OK)
			e = usd18_add(&s->initial_collateral[t],
			    s->initial_collateral[t], leg.weighted);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static enum err
factor_add_debt(struct factor_sum *s, struct value_sum *value,
    const struct asset *a, const struct asset_rules *rules, u128 atoms,
    const struct market_price *p)
{
	struct px18 px, cautious;
	struct ratio_leg leg;
	enum err e;

	for (enum point t = POINT_LOW; t < POINTS; t++) {
		px = price_at(p, t);
		cautious = price_at_cautious_debt(p, t);
		e = ratio_value_debt(&leg, a, atoms, px, rules->debt_weight);
		if (e == ERR_OK)
			e = usd18_add(&s->debt[t], s->debt[t], leg.weighted);
		if (e == ERR_OK && t == POINT_MID)
			e = usd18_add(&value->debt, value->debt, leg.value);
		if (e == ERR_OK && px18_compare(cautious, px) != 0)
			e = ratio_value_debt(&leg, a, atoms, cautious,
			    rules->debt_weight);
		if (e == ERR_OK)
			e = usd18_add(&s->initial_debt[t],
			    s->initial_debt[t], leg.weighted);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

/* factor_sum_of adds up every leg that moves with `factor`. */
static enum err
factor_sum_of(struct factor_sum *s, struct value_sum *value,
    const struct book *b, const struct vault *v, const struct market *m,
    uint8_t factor)
{
	const struct asset *a;
	u128 atoms;
	enum err e;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < v->collateral_count; i++) {
		a = &b->assets[v->collateral[i].asset];
		if (a->factor != factor)
			continue;
		e = factor_add_collateral(s, value, a, &a->rules[v->mode],
		    v->collateral[i].amount,
		    &m->asset[v->collateral[i].asset]);
		if (e != ERR_OK)
			return e;
	}
	for (size_t i = 0; i < v->debt_count; i++) {
		a = &b->assets[v->debt[i].asset];
		if (a->factor != factor)
			continue;
		e = book_debt_atoms(&atoms, b, &v->debt[i]);
		if (e == ERR_OK)
			e = factor_add_debt(s, value, a, &a->rules[v->mode],
			    atoms, &m->asset[v->debt[i].asset]);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static enum err
end_add(struct ratio_end *end, const struct factor_sum *s, enum point t)
{
	enum err e = usd18_add(&end->weighted_collateral,
	    end->weighted_collateral, s->collateral[t]);

	if (e == ERR_OK)
		e = usd18_add(&end->weighted_debt, end->weighted_debt,
		    s->debt[t]);
	return e;
}

/* factor_fold picks each end's point of this factor and adds it there.  Of
 * equal surpluses mid is taken, then low: the weighted sums, and so the
 * signed health, must not depend on anything else. */
static enum err
factor_fold(struct ratio_result *r, const struct factor_sum *s)
{
	static const enum point order[POINTS] = {
		POINT_MID, POINT_LOW, POINT_HIGH,
	};
	enum point worst = POINT_MID, best = POINT_MID;
	struct usd18 surplus[POINTS];
	struct usd18 initial, initial_min = usd18_zero();
	enum err e;

	for (size_t i = 0; i < POINTS; i++) {
		enum point t = order[i];

		e = usd18_sub(&surplus[t], s->collateral[t], s->debt[t]);
		if (e == ERR_OK)
			e = usd18_sub(&initial, s->initial_collateral[t],
			    s->initial_debt[t]);
		if (e != ERR_OK)
			return e;
		if (usd18_compare(surplus[t], surplus[worst]) < 0)
			worst = t;
		if (usd18_compare(surplus[t], surplus[best]) > 0)
			best = t;
		initial_min = i == 0 ? initial :
		    usd18_min(initial, initial_min);
	}
	e = end_add(&r->worst, s, worst);
	if (e == ERR_OK)
		e = end_add(&r->mid, s, POINT_MID);
	if (e == ERR_OK)
		e = end_add(&r->best, s, best);
	if (e == ERR_OK)
		e = usd18_add(&r->initial_excess, r->initial_excess,
		    initial_min);
	return e;
}

static enum err
end_finish(struct ratio_end *end)
{
	end->health = ratio_floor(end->weighted_collateral,
	    end->weighted_debt);
	return usd18_sub(&end->excess, end->weighted_collateral,
	    end->weighted_debt);
}

static enum err
result_finish(struct ratio_result *r, const struct value_sum *value)
{
	enum err e = end_finish(&r->worst);

	if (e == ERR_OK)
		e = end_finish(&r->mid);
	if (e == ERR_OK)
		e = end_finish(&r->best);
	if (e == ERR_OK)
		e = usd18_sub(&r->equity, value->collateral[POINT_MID],
		    value->debt);
	if (e != ERR_OK)
		return e;
	r->collateral_value = value->collateral[POINT_MID];
	r->debt_value = value->debt;
	r->collateralization_ratio = ratio_floor(r->collateral_value,
	    r->debt_value);
	r->loan_to_value = ratio_ceil(r->debt_value, r->collateral_value);
	r->is_worthless = !usd18_is_zero(value->debt) &&
	    usd18_is_zero(value->collateral[POINT_LOW]) &&
	    usd18_is_zero(value->collateral[POINT_MID]) &&
	    usd18_is_zero(value->collateral[POINT_HIGH]);
	return ERR_OK;
}

/* legs_status raises the result's flags for what these legs need. */
static void
legs_status(struct ratio_result *r, const struct leg *legs, size_t count,
    const struct market *m)
{
	for (size_t i = 0; i < count; i++) {
		MUST(legs[i].asset < m->count);
		if (legs[i].amount == 0)
			continue;
		switch (m->asset[legs[i].asset].price.status) {
		case PRICE_OK:
			break;
		case PRICE_DEGRADED:
			r->is_degraded = true;
			break;
		case PRICE_REFUSED:
			r->is_stale = true;
			break;
		}
	}
}

static enum err
factors_fold(struct ratio_result *r, struct value_sum *value,
    const struct book *b, const struct vault *v, const struct market *m)
{
	size_t legs = (size_t)v->collateral_count + v->debt_count;
	struct factor_sum sum;
	uint64_t seen = 0;
	enum err e;

	_Static_assert(BOOK_FACTORS_MAX <= 64, "one bit per factor");
	for (size_t i = 0; i < legs; i++) {
		const struct leg *leg = i < v->collateral_count ?
		    &v->collateral[i] : &v->debt[i - v->collateral_count];
		uint8_t factor = b->assets[leg->asset].factor;

		MUST(factor < BOOK_FACTORS_MAX);
		if ((seen >> factor & 1) != 0)
			continue;
		seen |= UINT64_C(1) << factor;
		e = factor_sum_of(&sum, value, b, v, m, factor);
		if (e == ERR_OK)
			e = factor_fold(r, &sum);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

enum err
ratio_evaluate(struct ratio_result *out, const struct book *b,
    const struct vault *v, const struct market *m)
{
	struct ratio_result r;
	struct value_sum value;
	enum err e;

	MUST(m->count == b->asset_count);
	MUST(v->mode < b->mode_count);
	MUST(v->collateral_count <= BOOK_LEGS_MAX);
	MUST(v->debt_count <= BOOK_LEGS_MAX);

	memset(&r, 0, sizeof(r));
	memset(&value, 0, sizeof(value));
	legs_status(&r, v->collateral, v->collateral_count, m);
	legs_status(&r, v->debt, v->debt_count, m);
	if (r.is_stale) {
		memset(out, 0, sizeof(*out));
		out->is_stale = true;
		return ERR_OK;
	}
	e = factors_fold(&r, &value, b, v, m);
	if (e == ERR_OK)
		e = result_finish(&r, &value);
	if (e == ERR_OK)
		*out = r;
	return e;
}
