/* libmargind: the `standard` method. */
#include "margin/margind_layer.h"

#include "margin/standard.h"

_Static_assert(MARGIND_TIERS_MAX == INSTRUMENT_TIERS_MAX, "tiers");
_Static_assert(MARGIND_OPTIONS_MAX == STANDARD_GROUP_OPTIONS_MAX, "options");

/* An account in the method's types. */
struct work {
	struct instrument instrument[MARGIND_CONTRACTS_MAX];
	struct standard_linear linear[MARGIND_CONTRACTS_MAX];
	struct standard_option option[MARGIND_OPTIONS_MAX];
	struct standard_group group[MARGIND_GROUPS_MAX];
	struct standard_base base[MARGIND_HOLDINGS_MAX];
	size_t option_count;
};

static enum err
tiers_of(struct instrument *out, const struct margind_contract *c)
{
	margind_num from = 0;

	if (c->tier_count == 0)
		return ERR_MISSING;
	if (c->tier_count > MARGIND_TIERS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < c->tier_count; i++) {
		const struct margind_tier *t = &c->tier[i];

		if (t->up_to <= from || t->maintenance_ppb > t->initial_ppb)
			return ERR_RANGE;
		from = t->up_to;
		out->tier[i] = (struct margin_tier){
			.up_to = to_usd(t->up_to),
			.initial = ppb_from_raw(t->initial_ppb),
			.maintenance = ppb_from_raw(t->maintenance_ppb),
		};
	}
	out->tier_count = (uint8_t)c->tier_count;
	out->is_inverse = c->is_inverse;
	out->multiplier = to_num(c->multiplier);
	return ERR_OK;
}

static enum err
contract_of(struct standard_linear *out, struct instrument *instrument,
    const struct margind_contract *c)
{
	enum err e = tiers_of(instrument, c);

	*out = (struct standard_linear){
		.instrument = instrument,
		.size = to_num(c->size),
		.bids = to_num(c->bids), .asks = to_num(c->asks),
		.funding = to_usd(c->funding),
		.open_interest = to_usd(c->open_interest),
		.leverage = to_num(c->leverage),
		.confidence = to_num(c->confidence),
	};
	if (e == ERR_OK && c->multiplier <= 0)
		e = ERR_RANGE;
	if (e == ERR_OK)
		e = to_price(&out->mark, c->mark);
	if (e == ERR_OK)
		e = to_price(&out->index, c->index);
	if (e == ERR_OK)
		e = to_price(&out->entry, c->entry);
	return e;
}

static enum err
group_of(struct work *w, struct standard_group *out,
    const struct margind_expiry_group *g)
{
	struct standard_option *to = &w->option[w->option_count];
	enum err e = to_price(&out->forward, g->forward);

	if (e == ERR_OK)
		e = to_price(&out->spot, g->spot);
	if (e == ERR_OK &&
	    g->option_count > MARGIND_OPTIONS_MAX - w->option_count)
		e = ERR_LIMIT;
	for (size_t i = 0; e == ERR_OK && i < g->option_count; i++) {
		const struct margind_standard_option *o = &g->option[i];

		to[i] = (struct standard_option){
			.is_call = o->is_call, .amount = to_num(o->amount),
			.confidence = to_num(o->confidence),
		};
		e = to_price(&to[i].strike, o->strike);
		if (e == ERR_OK)
			e = to_price(&to[i].mark, o->mark);
	}
	if (e != ERR_OK)
		return e;
	out->confidence = to_num(g->confidence);
	out->options = to;
	out->option_count = g->option_count;
	w->option_count += g->option_count;
	return ERR_OK;
}

static enum err
account_of(struct standard_inputs *out, struct work *w,
    const struct margind_standard_account *a)
{
	enum err e = ERR_OK;

	if (a->contract_count > MARGIND_CONTRACTS_MAX ||
	    a->group_count > MARGIND_GROUPS_MAX ||
	    a->holding_count > MARGIND_HOLDINGS_MAX)
		return ERR_LIMIT;
	w->option_count = 0;
	for (size_t i = 0; e == ERR_OK && i < a->contract_count; i++)
		e = contract_of(&w->linear[i], &w->instrument[i],
		    &a->contract[i]);
	for (size_t i = 0; e == ERR_OK && i < a->group_count; i++)
		e = group_of(w, &w->group[i], &a->group[i]);
	for (size_t i = 0; e == ERR_OK && i < a->holding_count; i++) {
		w->base[i] = (struct standard_base){
			.amount = to_num(a->holding[i].amount),
			.confidence = to_num(a->holding[i].confidence),
		};
		e = to_price(&w->base[i].price, a->holding[i].price);
	}
	*out = (struct standard_inputs){
		.linear = w->linear, .linear_count = a->contract_count,
		.groups = w->group, .group_count = a->group_count,
		.bases = w->base, .base_count = a->holding_count,
	};
	return e == ERR_OK ? to_price(&out->stable, a->stable) : e;
}

enum margind_err
margind_standard_evaluate(struct margind_standard *out,
    const struct margind_rules *r, const struct margind_standard_account *a)
{
	const struct usd18 cash = to_usd(a->cash);
	struct usd18 equity[2], margin[2];
	struct standard_inputs in;
	struct standard_result s;
	struct work w;
	enum err e = account_of(&in, &w, a);

	if (e == ERR_OK)
		e = standard_evaluate(&s, NULL, NULL, &r->rules.standard, &in);
	if (e == ERR_OK)
		e = usd18_add(&equity[0], cash, s.credit_initial);
	if (e == ERR_OK)
		e = usd18_add(&equity[1], cash, s.credit_maintenance);
	if (e == ERR_OK)
		e = usd18_sub(&margin[0], equity[0], s.initial);
	if (e == ERR_OK)
		e = usd18_sub(&margin[1], equity[1], s.maintenance);
	if (e != ERR_OK)
		return margind_err_of(e);
	*out = (struct margind_standard){
		.requirement_initial = of_usd(s.initial),
		.requirement_maintenance = of_usd(s.maintenance),
		.equity_initial = of_usd(equity[0]),
		.equity_maintenance = of_usd(equity[1]),
		.margin_initial = of_usd(margin[0]),
		.margin_maintenance = of_usd(margin[1]),
		.linear_value = of_usd(s.linear_value),
		.option_value = of_usd(s.option_value),
		.holding_value = of_usd(s.base_value),
		.contingency = of_usd(s.contingency),
		.depeg = of_usd(s.depeg),
	};
	return MARGIND_OK;
}

enum margind_err
margind_contract_liquidation_price(struct margind_liquidation_price *out,
    const struct margind_contract *c, margind_num rest,
    uint32_t maintenance_ppb)
{
	const struct num18 size = to_num(c->size);
	const struct num18 multiplier = to_num(c->multiplier);
	const struct ppb m = ppb_from_raw(maintenance_ppb);
	struct margind_liquidation_price p = { false, false, 0, 0 };
	struct linear_liquidation at;
	struct px18 entry;
	enum err e = to_price(&entry, c->entry);

	if (e == ERR_OK && c->is_inverse)
		e = linear_liquidation_price_inverse(&at, to_num(rest), size,
		    multiplier, entry, m);
	else if (e == ERR_OK)
		e = linear_liquidation_price(&at, to_usd(rest), size,
		    multiplier, entry, m);
	if (e == ERR_OK && at.exists) {
		p.has_above = at.is_above;
		p.has_below = !at.is_above;
		e = of_price(at.is_above ? &p.above : &p.below, at.price);
	}
	if (e == ERR_OK)
		*out = p;
	return margind_err_of(e);
}
