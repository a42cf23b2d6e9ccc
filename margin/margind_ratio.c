/* libmargind: collateral against debt, at given prices. */
#include "margin/margind_layer.h"

#include "margin/liquidation_bare.h"
#include "margin/ratio.h"

enum leg_side { LEG_COLLATERAL, LEG_DEBT };

/* leg_value: the value and the weighted value, each against the account. */
static enum err
leg_value(struct ratio_leg *out, const struct margind_leg *l,
    enum leg_side side, bool is_initial)
{
	struct asset a = { .decimals = (uint8_t)l->decimals };
	struct ppb factor = ppb_from_raw(is_initial ? l->initial_ppb :
	    l->maintenance_ppb);
	struct px18 price;
	enum err e;

	if (l->decimals > DECIMALS_MAX || (side == LEG_COLLATERAL &&
	    ppb_to_raw(factor) > PPB_ONE_RAW))
		return ERR_RANGE;
	e = to_price(&price, is_initial ? l->initial_price : l->price);
	if (e != ERR_OK)
		return e;
	return side == LEG_COLLATERAL ?
	    ratio_value_collateral(out, &a, l->atoms, price, factor) :
	    ratio_value_debt(out, &a, l->atoms, price, factor);
}

struct leg_sum {
	struct usd18 value, weighted, initial;
};

static enum err
legs_sum(struct leg_sum *out, const struct margind_leg *l, size_t count,
    enum leg_side side)
{
	struct leg_sum s = { usd18_zero(), usd18_zero(), usd18_zero() };
	struct ratio_leg leg, initial;
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < count; i++) {
		e = leg_value(&leg, &l[i], side, false);
		if (e == ERR_OK)
			e = leg_value(&initial, &l[i], side, true);
		if (e == ERR_OK)
			e = usd18_add(&s.value, s.value, leg.value);
		if (e == ERR_OK)
			e = usd18_add(&s.weighted, s.weighted, leg.weighted);
		if (e == ERR_OK)
			e = usd18_add(&s.initial, s.initial, initial.weighted);
	}
	if (e == ERR_OK)
		*out = s;
	return e;
}

static enum err
legs_check(const struct margind_leg *l, size_t count)
{
	if (count > MARGIND_LEGS_MAX)
		return ERR_LIMIT;
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (l[i].asset == l[j].asset)
				return ERR_DUPLICATE;
	return ERR_OK;
}

static enum err
account_sum(struct leg_sum *collateral, struct leg_sum *debt,
    const struct margind_account *a)
{
	enum err e = legs_check(a->collateral, a->collateral_count);

	if (e == ERR_OK)
		e = legs_check(a->debt, a->debt_count);
	if (e == ERR_OK)
		e = legs_sum(collateral, a->collateral, a->collateral_count,
		    LEG_COLLATERAL);
	if (e == ERR_OK)
		e = legs_sum(debt, a->debt, a->debt_count, LEG_DEBT);
	return e;
}

enum margind_err
margind_ratio_evaluate(struct margind_ratio *out,
    const struct margind_account *a)
{
	struct usd18 equity, excess, initial;
	struct leg_sum c, d;
	enum err e = account_sum(&c, &d, a);

	if (e == ERR_OK)
		e = usd18_sub(&equity, c.value, d.value);
	if (e == ERR_OK)
		e = usd18_sub(&excess, c.weighted, d.weighted);
	if (e == ERR_OK)
		e = usd18_sub(&initial, c.initial, d.initial);
	if (e != ERR_OK)
		return margind_err_of(e);
	*out = (struct margind_ratio){
		.collateral_value = of_usd(c.value),
		.debt_value = of_usd(d.value),
		.equity = of_usd(equity),
		.weighted_collateral = of_usd(c.weighted),
		.weighted_debt = of_usd(d.weighted),
		.excess = of_usd(excess),
		.initial_excess = of_usd(initial),
		.health = of_wad(ratio_floor(c.weighted, d.weighted)),
		.collateralization_ratio =
		    of_wad(ratio_floor(c.value, d.value)),
		.loan_to_value = of_wad(ratio_ceil(d.value, c.value)),
	};
	return MARGIND_OK;
}

/* ---- liquidation -------------------------------------------------------- */

static const struct margind_leg *
leg_find(const struct margind_leg *l, size_t count, uint32_t asset)
{
	for (size_t i = 0; i < count; i++)
		if (l[i].asset == asset)
			return &l[i];
	return NULL;
}

/* line_rest: the excess of all other legs. */
static enum err
line_rest(struct usd18 *out, const struct margind_account *a, uint32_t asset)
{
	struct usd18 rest = usd18_zero();
	struct ratio_leg leg;
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < a->collateral_count; i++) {
		if (a->collateral[i].asset == asset)
			continue;
		e = leg_value(&leg, &a->collateral[i], LEG_COLLATERAL, false);
		if (e == ERR_OK)
			e = usd18_add(&rest, rest, leg.weighted);
	}
	for (size_t i = 0; e == ERR_OK && i < a->debt_count; i++) {
		if (a->debt[i].asset == asset)
			continue;
		e = leg_value(&leg, &a->debt[i], LEG_DEBT, false);
		if (e == ERR_OK)
			e = usd18_sub(&rest, rest, leg.weighted);
	}
	if (e == ERR_OK)
		*out = rest;
	return e;
}

static enum err
line_of(struct excess_line *out, const struct margind_account *a,
    uint32_t asset)
{
	const struct margind_leg *held = leg_find(a->collateral,
	    a->collateral_count, asset);
	const struct margind_leg *owed = leg_find(a->debt, a->debt_count,
	    asset);
	const struct margind_leg *any = held ? held : owed;

	if (!any)
		return ERR_UNKNOWN;
	if (held && owed && held->decimals != owed->decimals)
		return ERR_UNIT;
	if (any->decimals > DECIMALS_MAX ||
	    (held && held->maintenance_ppb > PPB_ONE_RAW))
		return ERR_RANGE;
	*out = (struct excess_line){
		.rest = usd18_zero(), .decimals = any->decimals,
		.collateral = held ? held->atoms : 0,
		.debt = owed ? owed->atoms : 0,
		.threshold = ppb_from_raw(held ? held->maintenance_ppb : 0),
		.weight = ppb_from_raw(owed ? owed->maintenance_ppb : 0),
	};
	return line_rest(&out->rest, a, asset);
}

enum margind_err
margind_ratio_liquidation_price(struct margind_liquidation_price *out,
    const struct margind_account *a, uint32_t asset)
{
	struct margind_liquidation_price p = { false, false, 0, 0 };
	struct liquidation_price at;
	struct excess_line line;
	enum err e = legs_check(a->collateral, a->collateral_count);

	if (e == ERR_OK)
		e = legs_check(a->debt, a->debt_count);
	if (e == ERR_OK)
		e = line_of(&line, a, asset);
	if (e == ERR_OK)
		e = liquidation_price_line(&at, &line);
	if (e == ERR_OK && at.has_below) {
		p.has_below = true;
		e = of_price(&p.below, at.below);
	}
	if (e == ERR_OK && at.has_above) {
		p.has_above = true;
		e = of_price(&p.above, at.above);
	}
	if (e == ERR_OK)
		*out = p;
	return margind_err_of(e);
}

static enum err
pair_of(struct liquidation_pair *out, const struct margind_leg *owed,
    const struct margind_leg *held,
    const struct margind_liquidation_terms *terms)
{
	struct ratio_leg debt, collateral;
	enum err e = leg_value(&debt, owed, LEG_DEBT, false);

	if (e == ERR_OK)
		e = leg_value(&collateral, held, LEG_COLLATERAL, false);
	if (e != ERR_OK)
		return e;
	*out = (struct liquidation_pair){
		.debt = debt.value, .collateral = collateral.value,
		.debt_weight = ppb_from_raw(owed->maintenance_ppb),
		.threshold = ppb_from_raw(held->maintenance_ppb),
		.bonus = ppb_from_raw(terms->bonus_ppb),
		.close_factor = ppb_from_raw(terms->close_factor_ppb),
		.dust = to_usd(terms->dust),
	};
	return ERR_OK;
}

/* atoms_at: an amount of USD in the leg's atoms, at most what the leg has.
 * With a price of zero there is no value to convert. */
static enum err
atoms_at(u128 *out, const struct margind_leg *l, struct usd18 v,
    enum rounding r)
{
	struct px18 price;
	u128 atoms;
	enum err e = to_price(&price, l->price);

	if (e != ERR_OK)
		return e;
	if (usd18_is_zero(v)) {
		*out = 0;
		return ERR_OK;
	}
	e = atoms_from_usd18(&atoms, v, l->decimals, price, r);
	if (e == ERR_OK)
		*out = atoms < l->atoms ? atoms : l->atoms;
	return e;
}

static enum err
liquidate(struct margind_liquidation *out, const struct margind_account *a,
    const struct margind_leg *owed, const struct margind_leg *held,
    const struct margind_liquidation_terms *terms)
{
	struct margind_liquidation l = { .is_full = false };
	struct liquidation_amount amount;
	struct liquidation_sums sums;
	struct liquidation_pair pair;
	struct leg_sum c, d;
	enum err e = account_sum(&c, &d, a);

	if (e == ERR_OK)
		e = pair_of(&pair, owed, held, terms);
	if (e != ERR_OK)
		return e;
	sums.weighted_collateral = c.weighted;
	sums.weighted_debt = d.weighted;
	e = liquidation_amount_of(&amount, &pair, &sums,
	    wad_from_raw((u128)terms->target_health));
	if (e == ERR_OK)
		e = atoms_at(&l.repay_atoms, owed, amount.repay, ROUND_CEIL);
	if (e == ERR_OK)
		e = atoms_at(&l.seize_atoms, held, amount.seize, ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	l.repay = of_usd(amount.repay);
	l.seize = of_usd(amount.seize);
	l.is_full = amount.full_close;
	*out = l;
	return ERR_OK;
}

enum margind_err
margind_ratio_liquidation(struct margind_liquidation *out,
    const struct margind_account *a, uint32_t debt_asset,
    uint32_t collateral_asset, const struct margind_liquidation_terms *terms)
{
	const struct margind_leg *held, *owed;

	if (a->collateral_count > MARGIND_LEGS_MAX ||
	    a->debt_count > MARGIND_LEGS_MAX)
		return MARGIND_ERR_LIMIT;
	if (terms->target_health <= 0 || terms->dust < 0 ||
	    terms->close_factor_ppb > PPB_ONE_RAW)
		return MARGIND_ERR_RANGE;
	held = leg_find(a->collateral, a->collateral_count, collateral_asset);
	owed = leg_find(a->debt, a->debt_count, debt_asset);
	if (!held || !owed)
		return MARGIND_ERR_UNKNOWN;
	return margind_err_of(liquidate(out, a, owed, held, terms));
}
