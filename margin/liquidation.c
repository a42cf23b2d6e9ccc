#include "margin/liquidation.h"

#include "base/must.h"

/* ---- the price ---------------------------------------------------------- */

static enum err
mid_price(struct px18 *out, const struct market *m, uint8_t asset)
{
	MUST(asset < m->count);
	if (m->asset[asset].price.status == PRICE_REFUSED)
		return ERR_STALE;
	*out = m->asset[asset].price.mid;
	return ERR_OK;
}

static enum err
line_add_collateral(struct excess_line *line, const struct book *b,
    const struct vault *v, const struct market *m, const struct leg *leg,
    uint8_t asset)
{
	const struct asset *a = &b->assets[leg->asset];
	struct ratio_leg value;
	struct px18 p;
	enum err e = mid_price(&p, m, leg->asset);

	if (e != ERR_OK)
		return e;
	if (leg->asset == asset) {
		line->collateral = leg->amount;
		return ERR_OK;
	}
	e = ratio_value_collateral(&value, a, leg->amount, p,
	    a->rules[v->mode].liquidation_threshold);
	if (e == ERR_OK)
		e = usd18_add(&line->rest, line->rest, value.weighted);
	return e;
}

static enum err
line_add_debt(struct excess_line *line, const struct book *b,
    const struct vault *v, const struct market *m, const struct leg *leg,
    uint8_t asset)
{
	const struct asset *a = &b->assets[leg->asset];
	struct ratio_leg value;
	struct px18 p;
	u128 atoms;
	enum err e = mid_price(&p, m, leg->asset);

	if (e == ERR_OK)
		e = book_debt_atoms(&atoms, b, leg);
	if (e != ERR_OK)
		return e;
	if (leg->asset == asset) {
		line->debt = atoms;
		return ERR_OK;
	}
	e = ratio_value_debt(&value, a, atoms, p,
	    a->rules[v->mode].debt_weight);
	if (e == ERR_OK)
		e = usd18_sub(&line->rest, line->rest, value.weighted);
	return e;
}

static enum err
line_of(struct excess_line *line, const struct book *b, const struct vault *v,
    const struct market *m, uint8_t asset)
{
	const struct asset *a = &b->assets[asset];
	enum err e;

	*line = (struct excess_line){
		.decimals = a->decimals,
		.threshold = a->rules[v->mode].liquidation_threshold,
		.weight = a->rules[v->mode].debt_weight,
	};
	for (size_t i = 0; i < v->collateral_count; i++) {
		if (v->collateral[i].amount == 0)
			continue;
		e = line_add_collateral(line, b, v, m, &v->collateral[i],
		    asset);
		if (e != ERR_OK)
			return e;
	}
	for (size_t i = 0; i < v->debt_count; i++) {
		if (v->debt[i].amount == 0)
			continue;
		e = line_add_debt(line, b, v, m, &v->debt[i], asset);
		if (e != ERR_OK)
			return e;
	}
	if (line->collateral == 0 && line->debt == 0)
		return ERR_UNKNOWN;
	return ERR_OK;
}

enum err
liquidation_price_of(struct liquidation_price *out, const struct book *b,
    const struct vault *v, const struct market *m, uint8_t asset)
{
	struct excess_line line;
	enum err e;

	MUST(m->count == b->asset_count);
	MUST(asset < b->asset_count && v->mode < b->mode_count);
	e = line_of(&line, b, v, m, asset);
	if (e != ERR_OK)
		return e;
	return liquidation_price_line(out, &line);
}

/* ---- the size ----------------------------------------------------------- */

/* The two legs that a liquidation moves, and what they weigh in the sums. */
struct pair {
	struct liquidation_pair bare;
	struct usd18 weighted_debt;
	struct usd18 weighted_collateral;
};

static const struct leg *
leg_find(const struct leg *legs, size_t count, uint8_t asset)
{
	for (size_t i = 0; i < count; i++)
		if (legs[i].asset == asset && legs[i].amount != 0)
			return &legs[i];
	return NULL;
}

static enum err
pair_of(struct pair *p, const struct book *b, const struct vault *v,
    const struct market *m, uint8_t debt_asset, uint8_t collateral_asset)
{
	const struct asset *d = &b->assets[debt_asset];
	const struct asset *c = &b->assets[collateral_asset];
	const struct leg *owed = leg_find(v->debt, v->debt_count, debt_asset);
	const struct leg *held = leg_find(v->collateral, v->collateral_count,
	    collateral_asset);
	struct ratio_leg value;
	u128 atoms;
	enum err e;

	if (owed == NULL || held == NULL)
		return ERR_UNKNOWN;
	p->bare.debt_weight = d->rules[v->mode].debt_weight;
	p->bare.close_factor = d->rules[v->mode].close_factor;
	p->bare.dust = d->rules[v->mode].dust;
	p->bare.threshold = c->rules[v->mode].liquidation_threshold;
	p->bare.bonus = c->rules[v->mode].bonus;
	e = book_debt_atoms(&atoms, b, owed);
	if (e == ERR_OK)
		e = ratio_value_debt(&value, d, atoms,
		    m->asset[debt_asset].price.mid, p->bare.debt_weight);
	if (e != ERR_OK)
		return e;
	p->bare.debt = value.value;
	p->weighted_debt = value.weighted;
	e = ratio_value_collateral(&value, c, held->amount,
	    m->asset[collateral_asset].price.mid, p->bare.threshold);
	if (e != ERR_OK)
		return e;
	p->bare.collateral = value.value;
	p->weighted_collateral = value.weighted;
	return ERR_OK;
}

/* vault_bad_debt: the debt that all collateral together, each leg less its
 * bonus, cannot pay. */
static enum err
vault_bad_debt(struct usd18 *out, const struct book *b,
    const struct vault *v, const struct market *m, struct usd18 debt)
{
	struct ratio_leg leg;
	struct usd18 payable;
	enum err e;

	for (size_t i = 0; i < v->collateral_count; i++) {
		uint8_t slot = v->collateral[i].asset;
		struct ppb bonus = b->assets[slot].rules[v->mode].bonus;

		e = ratio_value_collateral(&leg, &b->assets[slot],
		    v->collateral[i].amount, m->asset[slot].price.mid,
		    ppb_one());
		if (e == ERR_OK)
			e = liquidation_payable(&payable, leg.value, bonus,
			    ROUND_FLOOR);
		if (e == ERR_OK)
			e = usd18_sub(&debt, debt, payable);
		if (e != ERR_OK)
			return e;
	}
	*out = usd18_max(debt, usd18_zero());
	return ERR_OK;
}

/* weighted_after replaces one leg's weighted figure in a sum by what its
 * remaining value weighs. */
static enum err
weighted_after(struct usd18 *sum, struct usd18 was, struct usd18 value,
    struct usd18 taken, struct ppb factor, enum rounding r)
{
	struct usd18 rest, weighted;
	enum err e = usd18_sub(&rest, value, taken);

	if (e == ERR_OK)
		e = usd18_mul_ppb(&weighted, rest, factor, r);
	if (e == ERR_OK)
		e = usd18_sub(sum, *sum, was);
	if (e == ERR_OK)
		e = usd18_add(sum, *sum, weighted);
	return e;
}

static enum err
health_after(struct wad *out, const struct pair *p,
    const struct liquidation_sums *s, const struct liquidation_amount *a)
{
	struct usd18 collateral = s->weighted_collateral;
	struct usd18 debt = s->weighted_debt;
	enum err e;

	e = weighted_after(&collateral, p->weighted_collateral,
	    p->bare.collateral, a->seize, p->bare.threshold, ROUND_FLOOR);
	if (e == ERR_OK)
		e = weighted_after(&debt, p->weighted_debt, p->bare.debt,
		    a->repay, p->bare.debt_weight, ROUND_CEIL);
	if (e == ERR_OK)
		*out = ratio_floor(collateral, debt);
	return e;
}

enum err
liquidation_size_of(struct liquidation_size *out, const struct book *b,
    const struct vault *v, const struct market *m, uint8_t debt_asset,
    uint8_t collateral_asset, struct wad target_health)
{
	struct liquidation_size s = { 0 };
	struct liquidation_amount amount;
	struct liquidation_sums sums;
	struct ratio_result r;
	struct pair p;
	enum err e;

	MUST(debt_asset < b->asset_count);
	MUST(collateral_asset < b->asset_count);
	e = ratio_evaluate(&r, b, v, m);
	if (e != ERR_OK)
		return e;
	if (r.is_stale)
		return ERR_STALE;
	e = pair_of(&p, b, v, m, debt_asset, collateral_asset);
	if (e != ERR_OK)
		return e;
	s.debt_asset = debt_asset;
	s.collateral_asset = collateral_asset;
	sums.weighted_collateral = r.mid.weighted_collateral;
	sums.weighted_debt = r.mid.weighted_debt;
	s.health_after = r.mid.health;
	e = vault_bad_debt(&s.bad_debt, b, v, m, r.debt_value);
	if (e == ERR_OK)
		e = liquidation_amount_of(&amount, &p.bare, &sums,
		    target_health);
	if (e != ERR_OK)
		return e;
	s.repay = amount.repay;
	s.seize = amount.seize;
	s.full_close = amount.full_close;
	if (!usd18_is_zero(s.repay) || !usd18_is_zero(s.seize))
		e = health_after(&s.health_after, &p, &sums, &amount);
	if (e == ERR_OK)
		*out = s;
	return e;
}
