/* libmargind: the `scenario` method. */
#include "margin/margind_layer.h"

#include "margin/scenario.h"

_Static_assert(MARGIND_EXPIRIES_MAX == SCENARIO_EXPIRIES_MAX &&
    MARGIND_OPTIONS_MAX == SCENARIO_OPTIONS_MAX &&
    MARGIND_LINEARS_MAX == SCENARIO_LINEARS_MAX &&
    MARGIND_COLLATERALS_MAX == SCENARIO_COLLATERALS_MAX &&
    MARGIND_COMMON_MAX == SCENARIO_COMMON_MAX &&
    MARGIND_UNITS_MAX <= SCENARIO_UNITS_MAX &&
    MARGIND_NO_EXPIRY == SCENARIO_NO_EXPIRY, "limits of a unit");
_Static_assert((int)MARGIND_PERP == SCENARIO_PERP &&
    (int)MARGIND_FUTURE == SCENARIO_FUTURE &&
    (int)MARGIND_SPOT == SCENARIO_SPOT, "linear kinds");

/* A unit in the method's types. */
struct work {
	struct scenario_expiry expiry[MARGIND_EXPIRIES_MAX];
	struct scenario_option option[MARGIND_OPTIONS_MAX];
	struct scenario_linear linear[MARGIND_LINEARS_MAX];
	struct scenario_collateral collateral[MARGIND_COLLATERALS_MAX];
};

static enum err
expiries_of(struct scenario_expiry *out, const struct margind_expiry *x,
    size_t count)
{
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < count; i++) {
		out[i] = (struct scenario_expiry){
			.tau = to_num(x[i].tau), .seconds = x[i].seconds,
			.rate = to_num(x[i].rate),
			.confidence = to_num(x[i].confidence),
		};
		e = to_price(&out[i].forward_variable, x[i].forward);
		if (e == ERR_OK)
			e = to_price(&out[i].forward_fixed,
			    x[i].forward_fixed);
	}
	return e;
}

static enum err
options_of(struct scenario_option *out, const struct margind_unit_option *x,
    size_t count)
{
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < count; i++) {
		out[i] = (struct scenario_option){
			.expiry = x[i].expiry, .is_call = x[i].is_call,
			.amount = to_num(x[i].amount),
			.vol = to_num(x[i].vol),
			.confidence = to_num(x[i].confidence),
		};
		e = to_price(&out[i].strike, x[i].strike);
	}
	return e;
}

static enum err
linears_of(struct scenario_linear *out, const struct margind_unit_linear *x,
    size_t count)
{
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < count; i++) {
		bool is_future = x[i].kind == MARGIND_FUTURE;

		if ((unsigned)x[i].kind > MARGIND_SPOT)
			return ERR_RANGE;
		if (is_future != (x[i].expiry != MARGIND_NO_EXPIRY))
			return ERR_UNKNOWN;
		out[i] = (struct scenario_linear){
			.kind = (enum scenario_linear_kind)x[i].kind,
			.expiry = x[i].expiry, .amount = to_num(x[i].amount),
			.confidence = to_num(x[i].confidence),
		};
		e = to_price(&out[i].price, x[i].price);
	}
	return e;
}

static enum err
collaterals_of(struct scenario_collateral *out,
    const struct margind_unit_collateral *x, size_t count)
{
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < count; i++) {
		if (x[i].amount < 0)
			return ERR_RANGE;
		out[i] = (struct scenario_collateral){
			.amount = to_num(x[i].amount),
			.confidence = to_num(x[i].confidence),
			.is_risk_cancelling = x[i].is_risk_cancelling,
			.mm_haircut = to_num(x[i].maintenance_haircut),
			.im_haircut = to_num(x[i].initial_haircut),
		};
		e = to_price(&out[i].price, x[i].price);
	}
	return e;
}

static enum err
unit_of(struct scenario_unit *out, struct work *w,
    const struct margind_unit *u)
{
	enum err e;

	if (u->expiry_count > MARGIND_EXPIRIES_MAX ||
	    u->option_count > MARGIND_OPTIONS_MAX ||
	    u->linear_count > MARGIND_LINEARS_MAX ||
	    u->collateral_count > MARGIND_COLLATERALS_MAX)
		return ERR_LIMIT;
	*out = (struct scenario_unit){
		.spot_confidence = to_num(u->spot_confidence),
		.beta = to_num(u->beta), .cash = to_usd(u->cash),
		.linear_pnl = to_usd(u->linear_pnl),
		.expiry_count = (uint32_t)u->expiry_count,
		.option_count = (uint32_t)u->option_count,
		.linear_count = (uint32_t)u->linear_count,
		.collateral_count = (uint32_t)u->collateral_count,
		.expiry = w->expiry, .option = w->option,
		.linear = w->linear, .collateral = w->collateral,
	};
	e = to_price(&out->spot, u->spot);
	if (e == ERR_OK)
		e = to_price(&out->stable, u->stable);
	if (e == ERR_OK)
		e = expiries_of(w->expiry, u->expiry, u->expiry_count);
	if (e == ERR_OK)
		e = options_of(w->option, u->option, u->option_count);
	if (e == ERR_OK)
		e = linears_of(w->linear, u->linear, u->linear_count);
	if (e == ERR_OK)
		e = collaterals_of(w->collateral, u->collateral,
		    u->collateral_count);
	return e;
}

static struct margind_contingency
contingency_to(const struct scenario_contingency *c)
{
	return (struct margind_contingency){
		.linear = of_usd(c->linear), .option = of_usd(c->option),
		.collateral = of_usd(c->collateral),
		.confidence = of_usd(c->confidence),
	};
}

static struct scenario_contingency
contingency_of(const struct margind_contingency *c)
{
	return (struct scenario_contingency){
		.linear = to_usd(c->linear), .option = to_usd(c->option),
		.collateral = to_usd(c->collateral),
		.confidence = to_usd(c->confidence),
	};
}

static void
portfolio_to(struct margind_portfolio *out, const struct scenario_result *s)
{
	*out = (struct margind_portfolio){
		.cash = of_usd(s->cash),
		.linear_value = of_usd(s->linear_value),
		.option_value = of_usd(s->option_value),
		.collateral_value = of_usd(s->collateral_value),
		.value = of_usd(s->value), .pnl_count = s->pnl_count,
		.basis = of_usd(s->basis), .worst = s->worst,
		.loss = of_usd(s->loss),
		.initial_factor = of_num(s->im_factor),
		.maintenance_factor = of_num(s->mm_factor),
		.maintenance_contingency =
		    contingency_to(&s->mm_contingency),
		.initial_contingency = contingency_to(&s->im_contingency),
		.initial_charges = of_usd(s->extra_initial),
		.floor = of_usd(s->floor),
		.requirement_initial = of_usd(s->requirement_initial),
		.requirement_maintenance = of_usd(s->requirement_maintenance),
		.margin_initial = of_usd(s->margin_initial),
		.margin_maintenance = of_usd(s->margin_maintenance),
		.common_count = s->common_count,
	};
	for (uint32_t i = 0; i < s->pnl_count; i++)
		out->pnl[i] = of_usd(s->pnl[i]);
	for (uint32_t i = 0; i < s->common_count; i++)
		out->common_pnl[i] = of_usd(s->common_pnl[i]);
}

enum margind_err
margind_portfolio_evaluate(struct margind_portfolio *out,
    const struct margind_rules *r, const struct margind_unit *u)
{
	struct scenario_result s;
	struct scenario_unit unit;
	struct work w;
	enum err e = unit_of(&unit, &w, u);

	if (e == ERR_OK)
		e = scenario_evaluate(&s, &unit, &r->rules.scenario);
	if (e == ERR_OK)
		portfolio_to(out, &s);
	return margind_err_of(e);
}

/* ---- several units ------------------------------------------------------ */

/* result_of takes back what scenario_combine reads. */
static enum err
result_of(struct scenario_result *out, const struct margind_portfolio *p,
    const struct scenario_rules *r)
{
	bool is_shared = !num18_is_zero(r->extra.omega);

	if (p->common_count != (is_shared ? r->common_count : 0) ||
	    p->loss < 0 || p->initial_factor < 0 || p->maintenance_factor < 0)
		return ERR_RANGE;
	*out = (struct scenario_result){
		.value = to_usd(p->value), .loss = to_usd(p->loss),
		.im_factor = to_num(p->initial_factor),
		.mm_factor = to_num(p->maintenance_factor),
		.mm_contingency = contingency_of(&p->maintenance_contingency),
		.im_contingency = contingency_of(&p->initial_contingency),
		.extra_initial = to_usd(p->initial_charges),
		.floor = to_usd(p->floor), .common_count = p->common_count,
	};
	for (uint32_t i = 0; i < p->common_count; i++)
		out->common_pnl[i] = to_usd(p->common_pnl[i]);
	return ERR_OK;
}

enum margind_err
margind_portfolio_combine(struct margind_total *out,
    const struct margind_rules *r,
    const struct margind_portfolio *const *unit, size_t count)
{
	const struct scenario_result *list[MARGIND_UNITS_MAX];
	struct scenario_result result[MARGIND_UNITS_MAX];
	struct scenario_total t;
	enum err e = ERR_OK;

	if (count > MARGIND_UNITS_MAX)
		return MARGIND_ERR_LIMIT;
	for (size_t i = 0; e == ERR_OK && i < count; i++) {
		e = result_of(&result[i], unit[i], &r->rules.scenario);
		list[i] = &result[i];
	}
	if (e == ERR_OK)
		e = scenario_combine(&t, list, (uint32_t)count,
		    &r->rules.scenario);
	if (e == ERR_OK)
		*out = (struct margind_total){
			.value = of_usd(t.value), .loss = of_usd(t.loss),
			.requirement_initial = of_usd(t.requirement_initial),
			.requirement_maintenance =
			    of_usd(t.requirement_maintenance),
			.margin_initial = of_usd(t.margin_initial),
			.margin_maintenance = of_usd(t.margin_maintenance),
		};
	return margind_err_of(e);
}
