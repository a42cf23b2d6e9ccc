#include "margin/liquidation.h"

#include "base/must.h"
#include "base/u256.h"

/* ---- the price ---------------------------------------------------------- */

/* The maintenance excess as a line in one asset's price p:
 * rest + p * (collateral * LT - debt * b) / (1e9 * 10^decimals). */
struct excess_line {
	struct usd18 rest;	/* of every other leg, at mid, rounded per leg */
	u128 collateral;	/* atoms of the asset held */
	u128 debt;		/* atoms of it owed */
};

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
		e = book_debt_atoms(&atoms, leg);
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
	enum err e;

	*line = (struct excess_line){ usd18_zero(), 0, 0 };
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

static u128
usd18_magnitude(struct usd18 v)
{
	i128 raw = usd18_to_raw(v);

	return raw < 0 ? (u128)0 - (u128)raw : (u128)raw;
}

/* quotient_u128 is num / den, rounded.  ERR_RANGE beyond the type. */
static enum err
quotient_u128(u128 *out, const struct u256 *num, const struct u256 *den,
    enum rounding r)
{
	const struct u256 one = u256_from_u128(1);
	struct u256 q, rest;
	enum err e;

	u256_div(&q, &rest, num, den);
	if (r == ROUND_CEIL && !u256_is_zero(&rest)) {
		e = u256_add(&q, &q, &one);
		if (e != ERR_OK)
			return e;
	}
	return u256_to_u128(out, &q);
}

/* line_crossing is where the line is zero: |rest| * 1e9 * 10^decimals /
 * |slope|.  It tells the world's absurdity (ERR_RANGE: the products do not
 * fit) from a crossing that no price can show (*exists false). */
static enum err
line_crossing(struct px18 *out, bool *exists, struct usd18 rest,
    const struct u256 *slope, unsigned decimals, enum rounding r)
{
	struct u256 num = u256_mul_u128(usd18_magnitude(rest), PPB_ONE_RAW);
	struct u256 scale = u256_from_u128(pow10_u128(decimals));
	u128 raw;
	enum err e = u256_mul(&num, &num, &scale);

	if (e != ERR_OK)
		return e;
	*exists = quotient_u128(&raw, &num, slope, r) == ERR_OK;
	if (*exists)
		*out = px18_from_raw(raw);
	return ERR_OK;
}

enum err
liquidation_price_of(struct liquidation_price *out, const struct book *b,
    const struct vault *v, const struct market *m, uint8_t asset)
{
	struct liquidation_price p = { 0 };
	const struct asset_rules *rules;
	struct excess_line line;
	struct u256 gain, loss, slope;
	enum err e;
	int order;

	MUST(m->count == b->asset_count);
	MUST(asset < b->asset_count && v->mode < b->mode_count);
	e = line_of(&line, b, v, m, asset);
	if (e != ERR_OK)
		return e;
	rules = &b->assets[asset].rules[v->mode];
	gain = u256_mul_u128(line.collateral,
	    ppb_to_raw(rules->liquidation_threshold));
	loss = u256_mul_u128(line.debt, ppb_to_raw(rules->debt_weight));
	order = u256_compare(&gain, &loss);

	/* The line crosses zero above p = 0 only if it starts on the other
	 * side: below zero and rising, or above zero and falling. */
	if (order > 0 && usd18_is_negative(line.rest)) {
		e = u256_sub(&slope, &gain, &loss);
		MUST(e == ERR_OK);
		e = line_crossing(&p.below, &p.has_below, line.rest, &slope,
		    b->assets[asset].decimals, ROUND_CEIL);
	} else if (order < 0 && usd18_compare(line.rest, usd18_zero()) > 0) {
		e = u256_sub(&slope, &loss, &gain);
		MUST(e == ERR_OK);
		e = line_crossing(&p.above, &p.has_above, line.rest, &slope,
		    b->assets[asset].decimals, ROUND_FLOOR);
	}
	if (e == ERR_OK)
		*out = p;
	return e;
}

/* ---- the size ----------------------------------------------------------- */

/* The two legs that a liquidation moves, at mid. */
struct pair {
	const struct asset_rules *debt_rules;
	const struct asset_rules *collateral_rules;
	struct usd18 debt;		/* D_j */
	struct usd18 collateral;	/* V_c */
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
	p->debt_rules = &d->rules[v->mode];
	p->collateral_rules = &c->rules[v->mode];
	e = book_debt_atoms(&atoms, owed);
	if (e == ERR_OK)
		e = ratio_value_debt(&value, d, atoms,
		    m->asset[debt_asset].price.mid,
		    p->debt_rules->debt_weight);
	if (e != ERR_OK)
		return e;
	p->debt = value.value;
	p->weighted_debt = value.weighted;
	e = ratio_value_collateral(&value, c, held->amount,
	    m->asset[collateral_asset].price.mid,
	    p->collateral_rules->liquidation_threshold);
	if (e != ERR_OK)
		return e;
	p->collateral = value.value;
	p->weighted_collateral = value.weighted;
	return ERR_OK;
}

/* (1 + bonus) * LT, scaled 1e18. */
static u128
seize_weight(const struct pair *p)
{
	u128 one_and_bonus = (u128)PPB_ONE_RAW +
	    ppb_to_raw(p->collateral_rules->bonus);

	return one_and_bonus *
	    ppb_to_raw(p->collateral_rules->liquidation_threshold);
}

/* b_j, scaled 1e18. */
static u128
repay_weight(const struct pair *p)
{
	return (u128)ppb_to_raw(p->debt_rules->debt_weight) * PPB_ONE_RAW;
}

/* pair_can_heal: HF * b_j > (1 + bonus) * LT_c, by cross-multiplication. */
static bool
pair_can_heal(const struct pair *p, const struct ratio_end *mid)
{
	struct u256 gain = u256_mul_u128(
	    usd18_magnitude(mid->weighted_collateral), repay_weight(p));
	struct u256 loss = u256_mul_u128(
	    usd18_magnitude(mid->weighted_debt), seize_weight(p));

	return u256_compare(&gain, &loss) > 0;
}

/* target_short is H * sum(D*b) - W, scaled 1e36; false where the vault is at
 * the target already. */
static bool
target_short(struct u256 *out, const struct ratio_end *mid,
    struct wad target)
{
	struct u256 need = u256_mul_u128(wad_to_raw(target),
	    usd18_magnitude(mid->weighted_debt));
	struct u256 have = u256_mul_u128(WAD_ONE_RAW,
	    usd18_magnitude(mid->weighted_collateral));
	enum err e;

	if (u256_compare(&need, &have) <= 0)
		return false;
	e = u256_sub(out, &need, &have);
	MUST(e == ERR_OK);
	return true;
}

/* target_repay is ceil(shortfall / (H * b_j - (1 + bonus) * LT_c)), at most
 * the whole debt; *heals is false, and nothing written, where the divisor is
 * not above zero. */
static enum err
target_repay(struct usd18 *out, bool *heals, const struct pair *p,
    const struct u256 *shortfall, struct wad target)
{
	const struct u256 wad_scale = u256_from_u128(WAD_ONE_RAW);
	struct u256 gain = u256_mul_u128(wad_to_raw(target), repay_weight(p));
	struct u256 loss = u256_mul_u128(WAD_ONE_RAW, seize_weight(p));
	struct u256 num, den;
	u128 repay;
	enum err e;

	*heals = u256_compare(&gain, &loss) > 0;
	if (!*heals)
		return ERR_OK;
	e = u256_sub(&den, &gain, &loss);
	MUST(e == ERR_OK);
	e = u256_mul(&num, shortfall, &wad_scale);
	if (e != ERR_OK)
		return e;
	*out = p->debt;
	if (quotient_u128(&repay, &num, &den, ROUND_CEIL) == ERR_OK &&
	    repay < usd18_magnitude(p->debt))
		*out = usd18_from_raw((i128)repay);
	return ERR_OK;
}

/* pair_repay decides how much is repaid before the collateral's clamp. */
static enum err
pair_repay(struct usd18 *repay, bool *full_close, const struct pair *p,
    const struct ratio_end *mid, const struct u256 *shortfall,
    struct wad target)
{
	struct usd18 cap, rest;
	bool heals;
	enum err e = target_repay(repay, &heals, p, shortfall, target);

	if (e != ERR_OK)
		return e;
	*full_close = !heals || !pair_can_heal(p, mid);
	if (*full_close) {
		*repay = p->debt;
		return ERR_OK;
	}
	e = usd18_mul_ppb(&cap, p->debt, p->debt_rules->close_factor,
	    ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	*repay = usd18_min(*repay, cap);
	e = usd18_sub(&rest, p->debt, *repay);
	if (e != ERR_OK)
		return e;
	/* What would stay behind is not worth anybody's gas. */
	if (usd18_compare(rest, p->debt_rules->dust) < 0) {
		*full_close = true;
		*repay = p->debt;
	}
	return ERR_OK;
}

/* value_without_bonus is V / (1 + bonus): the debt that V can repay. */
static enum err
value_without_bonus(struct usd18 *out, struct usd18 value, struct ppb bonus,
    enum rounding r)
{
	i128 raw;
	enum err e = muldiv_i128(&raw, usd18_to_raw(value), PPB_ONE_RAW,
	    (i128)PPB_ONE_RAW + ppb_to_raw(bonus), r);

	if (e == ERR_OK)
		*out = usd18_from_raw(raw);
	return e;
}

/* pair_seize clamps the repayment to what the collateral can pay for, and
 * says what is taken for it. */
static enum err
pair_seize(struct usd18 *repay, struct usd18 *seize, const struct pair *p)
{
	struct ppb bonus = p->collateral_rules->bonus;
	struct usd18 payable, extra;
	enum err e;

	e = value_without_bonus(&payable, p->collateral, bonus, ROUND_CEIL);
	if (e != ERR_OK)
		return e;
	if (usd18_compare(*repay, payable) >= 0) {
		*repay = payable;
		*seize = p->collateral;
		return ERR_OK;
	}
	/* Below the ceil of V / (1 + bonus) this cannot exceed V. */
	e = usd18_mul_ppb(&extra, *repay, bonus, ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_add(seize, *repay, extra);
	return e;
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
			e = value_without_bonus(&payable, leg.value, bonus,
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
    const struct ratio_end *mid, struct usd18 repay, struct usd18 seize)
{
	struct usd18 collateral = mid->weighted_collateral;
	struct usd18 debt = mid->weighted_debt;
	enum err e;

	e = weighted_after(&collateral, p->weighted_collateral, p->collateral,
	    seize, p->collateral_rules->liquidation_threshold, ROUND_FLOOR);
	if (e == ERR_OK)
		e = weighted_after(&debt, p->weighted_debt, p->debt, repay,
		    p->debt_rules->debt_weight, ROUND_CEIL);
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
	struct ratio_result r;
	struct u256 shortfall;
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
	s.health_after = r.mid.health;
	e = vault_bad_debt(&s.bad_debt, b, v, m, r.debt_value);
	if (e == ERR_OK && target_short(&shortfall, &r.mid, target_health)) {
		e = pair_repay(&s.repay, &s.full_close, &p, &r.mid,
		    &shortfall, target_health);
		if (e == ERR_OK)
			e = pair_seize(&s.repay, &s.seize, &p);
		if (e == ERR_OK)
			e = health_after(&s.health_after, &p, &r.mid, s.repay,
			    s.seize);
	}
	if (e == ERR_OK)
		*out = s;
	return e;
}
