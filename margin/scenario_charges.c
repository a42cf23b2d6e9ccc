/* Contingencies: small percentages of gross notional, because what the grid
 * nets may not net on the day (basis, oracles, naked wings). */
#include "margin/scenario_charges.h"

#include "base/must.h"

static struct num18
num_min(struct num18 a, struct num18 b)
{
	return num18_compare(a, b) < 0 ? a : b;
}

/* sum += ceil(v * x). */
static enum err
charge(struct usd18 *sum, struct usd18 v, struct num18 x)
{
	struct usd18 part;

	if (usd18_mul_num(&part, v, x, ROUND_CEIL) != ERR_OK)
		return ERR_RANGE;
	return usd18_add(sum, *sum, part);
}

/* ceil(|amount| * spot) */
static enum err
notional_of(struct usd18 *out, struct num18 amount, struct px18 spot)
{
	i128 raw = num18_to_raw(amount);

	if (raw == I128_MIN)
		return ERR_RANGE;
	return usd18_from_contracts(out, num18_from_raw(raw < 0 ? -raw : raw),
	    num18_one(), spot, ROUND_CEIL);
}

static enum err
charge_confidence(struct usd18 *sum, struct usd18 notional,
    struct num18 confidence, const struct scenario_other_rules *r)
{
	struct num18 doubt, share;

	if (num18_compare(confidence, r->conf_threshold) >= 0)
		return ERR_OK;
	if (num18_sub(&doubt, num18_one(), confidence) != ERR_OK ||
	    num18_mul(&share, doubt, r->conf_margin, ROUND_CEIL) != ERR_OK)
		return ERR_RANGE;
	return charge(sum, notional, share);
}

enum err
scenario_collateral_value(struct usd18 *out,
    const struct scenario_collateral *c, struct px18 stable)
{
	i128 v;

	if (num18_is_negative(c->amount) || px18_is_zero(stable) ||
	    px18_to_raw(c->price) > (u128)I128_MAX ||
	    px18_to_raw(stable) > (u128)I128_MAX ||
	    muldiv_i128(&v, num18_to_raw(c->amount),
	    (i128)px18_to_raw(c->price), (i128)px18_to_raw(stable),
	    ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	*out = usd18_from_raw(v);
	return ERR_OK;
}

/* What was counted on the way to the extras. */
struct gross {
	struct usd18 perps, linears, options, shorts;
	bool has_position;
};

static enum err
charge_linears(struct scenario_result *out, struct gross *g,
    struct num18 *confidence, const struct scenario_unit *u,
    const struct scenario_rules *r)
{
	for (uint32_t i = 0; i < u->linear_count; i++) {
		const struct scenario_linear *l = &u->linear[i];
		struct num18 c = num_min(u->spot_confidence, l->confidence);
		struct usd18 n;

		if (num18_is_zero(l->amount))
			continue;
		if (l->expiry != SCENARIO_NO_EXPIRY)
			c = num_min(c, u->expiry[l->expiry].confidence);
		*confidence = num_min(*confidence, c);
		g->has_position = true;
		if (notional_of(&n, l->amount, u->spot) != ERR_OK ||
		    charge_confidence(&out->im_contingency.confidence, n, c,
		    &r->other) != ERR_OK)
			return ERR_RANGE;
		/* An amount of the underlying itself is no contract. */
		if (l->kind == SCENARIO_SPOT)
			continue;
		if (usd18_add(&g->linears, g->linears, n) != ERR_OK)
			return ERR_RANGE;
		if (l->kind == SCENARIO_PERP &&
		    usd18_add(&g->perps, g->perps, n) != ERR_OK)
			return ERR_RANGE;
	}
	if (charge(&out->mm_contingency.linear, g->linears,
	    r->other.mm_perp_percent) != ERR_OK)
		return ERR_RANGE;
	return charge(&out->im_contingency.linear, g->linears,
	    r->other.im_perp_percent);
}

/* naked_of: the net short of the strike of option i, counted at the first
 * option of that expiry and strike and zero at the others. */
static enum err
naked_of(struct num18 *out, const struct scenario_unit *u, uint32_t i)
{
	const struct scenario_option *o = &u->option[i];
	struct num18 net = num18_zero();

	*out = num18_zero();
	for (uint32_t k = 0; k < u->option_count; k++) {
		const struct scenario_option *p = &u->option[k];

		if (p->expiry != o->expiry ||
		    px18_compare(p->strike, o->strike) != 0)
			continue;
		if (k < i)
			return ERR_OK;
		if (num18_add(&net, net, p->amount) != ERR_OK)
			return ERR_RANGE;
	}
	*out = num18_is_negative(net) ? net : num18_zero();
	return ERR_OK;
}

static enum err
charge_options(struct scenario_result *out, struct gross *g,
    struct num18 confidence, const struct scenario_unit *u,
    const struct scenario_rules *r)
{
	struct usd18 expiry[SCENARIO_EXPIRIES_MAX] = { { 0 } };
	struct num18 least[SCENARIO_EXPIRIES_MAX];
	struct usd18 naked = usd18_zero();

	for (uint32_t e = 0; e < u->expiry_count; e++)
		least[e] = num_min(confidence, u->expiry[e].confidence);
	for (uint32_t i = 0; i < u->option_count; i++) {
		const struct scenario_option *o = &u->option[i];
		struct num18 bare;
		struct usd18 n, short_part;

		if (num18_is_zero(o->amount))
			continue;
		g->has_position = true;
		least[o->expiry] = num_min(least[o->expiry], o->confidence);
		if (notional_of(&n, o->amount, u->spot) != ERR_OK ||
		    usd18_add(&expiry[o->expiry], expiry[o->expiry], n) !=
		    ERR_OK || usd18_add(&g->options, g->options, n) != ERR_OK)
			return ERR_RANGE;
		if (num18_is_negative(o->amount) &&
		    usd18_add(&g->shorts, g->shorts, n) != ERR_OK)
			return ERR_RANGE;
		if (naked_of(&bare, u, i) != ERR_OK ||
		    notional_of(&short_part, bare, u->spot) != ERR_OK ||
		    usd18_add(&naked, naked, short_part) != ERR_OK)
			return ERR_RANGE;
	}
	for (uint32_t e = 0; e < u->expiry_count; e++)
		if (charge_confidence(&out->im_contingency.confidence,
		    expiry[e], least[e], &r->other) != ERR_OK)
			return ERR_RANGE;
	if (charge(&out->mm_contingency.option, naked,
	    r->other.mm_option_percent) != ERR_OK)
		return ERR_RANGE;
	return charge(&out->im_contingency.option, naked,
	    r->other.im_option_percent);
}

static enum err
charge_collateral(struct scenario_result *out, const struct scenario_unit *u,
    const struct scenario_rules *r)
{
	for (uint32_t i = 0; i < u->collateral_count; i++) {
		const struct scenario_collateral *c = &u->collateral[i];
		struct usd18 v = usd18_zero();

		/* The perpetual's confidence is not the collateral's. */
		if (scenario_collateral_value(&v, c, u->stable) != ERR_OK ||
		    charge(&out->mm_contingency.collateral, v,
		    c->mm_haircut) != ERR_OK ||
		    charge(&out->im_contingency.collateral, v,
		    c->im_haircut) != ERR_OK ||
		    charge_confidence(&out->im_contingency.confidence, v,
		    num_min(u->spot_confidence, c->confidence), &r->other) !=
		    ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}

static enum err
factors_of(struct scenario_result *out, struct px18 stable,
    const struct scenario_rules *r)
{
	struct num18 gap, add;

	out->mm_factor = r->margin.mm_factor;
	out->im_factor = r->margin.im_factor;
	if (px18_to_raw(stable) >=
	    (u128)num18_to_raw(r->other.peg_loss_threshold))
		return ERR_OK;
	if (num18_sub(&gap, r->other.peg_loss_threshold,
	    num18_from_raw((i128)px18_to_raw(stable))) != ERR_OK ||
	    num18_mul(&add, gap, r->other.peg_loss_factor, ROUND_CEIL) !=
	    ERR_OK)
		return ERR_RANGE;
	return num18_add(&out->im_factor, out->im_factor, add);
}

enum err
scenario_charges_of(struct scenario_result *out, const struct scenario_unit *u,
    const struct scenario_rules *r)
{
	struct scenario_result s = *out;
	struct num18 confidence = u->spot_confidence;
	struct gross g = { .has_position = false };
	struct usd18 traded;

	if (factors_of(&s, u->stable, r) != ERR_OK ||
	    charge_linears(&s, &g, &confidence, u, r) != ERR_OK ||
	    charge_options(&s, &g, confidence, u, r) != ERR_OK ||
	    charge_collateral(&s, u, r) != ERR_OK ||
	    usd18_add(&traded, g.linears, g.options) != ERR_OK ||
	    charge(&s.extra_initial, g.perps, r->extra.funding_percent) !=
	    ERR_OK || charge(&s.extra_initial, traded,
	    r->extra.fee_percent) != ERR_OK ||
	    charge(&s.floor, g.shorts, r->extra.short_option_minimum) !=
	    ERR_OK)
		return ERR_RANGE;
	if (g.has_position &&
	    usd18_add(&s.floor, s.floor, r->extra.minimum_charge) != ERR_OK)
		return ERR_RANGE;
	*out = s;
	return ERR_OK;
}
