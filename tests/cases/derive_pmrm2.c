/* Derive's PMRM_2: whole portfolios with their parameters, every scenario's
 * profit and loss, contingencies and margins. */
#include "tests/cases/cases.h"

#include <stdio.h>
#include <string.h>

#include "margin/option.h"
#include "margin/scenario.h"
#include "margin/surface.h"

#define TOLERANCE ((i128)10000000000)	/* 1e-8 relative */
#define FLOOR_ABS ((i128)1000000000)	/* 1e-9 USD */
#define SPOT_NEAR ((i128)1000000000)	/* shocks are written as doubles */

struct portfolio {
	struct scenario_rules rules;
	struct scenario_unit unit;
	struct scenario_expiry expiry[SCENARIO_EXPIRIES_MAX];
	struct scenario_option option[SCENARIO_OPTIONS_MAX];
	struct scenario_linear perp;
	struct scenario_collateral collateral[SCENARIO_COLLATERALS_MAX];
};

static enum scenario_vol
read_vol(const struct node *n)
{
	static const struct {
		const char *text;
		enum scenario_vol vol;
	} names[] = {
		{ "None", SCENARIO_VOL_NONE }, { "Up", SCENARIO_VOL_UP },
		{ "Down", SCENARIO_VOL_DOWN },
		{ "LINEAR", SCENARIO_VOL_LINEAR },
		{ "Linear", SCENARIO_VOL_LINEAR },
		{ "ABS", SCENARIO_VOL_ABS }, { "Abs", SCENARIO_VOL_ABS },
	};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (node_is(n, names[i].text))
			return names[i].vol;
	case_stop("portfolio", "a direction of volatility without a name");
}

static void
read_shocks(struct scenario_rules *r, const struct node *list)
{
	if (list->count > SCENARIO_SHOCKS_MAX)
		case_stop("portfolio", "too many scenarios");
	r->shock_count = list->count;
	for (unsigned i = 0; i < list->count; i++) {
		const struct node *n = node_item(list, i);

		r->shock[i] = (struct scenario_shock){
			get_num(n, "SpotShock"),
			read_vol(node_need(n, "VolShockDirection")),
			get_num(n, "DampeningFactor"),
		};
	}
}

static void
read_rules(struct scenario_rules *r, const struct node *p)
{
	i128 days;

	scenario_rules_default(r);
	read_shocks(r, node_need(p, "Scenarios"));
	r->skew = (struct scenario_skew_rules){
		.linear_base_cap = get_num(p, "SkewShock.LINEAR_SCALE_CAP"),
		.linear_c_base = get_num(p, "SkewShock.LINEAR_CBASE"),
		.abs_base_cap = get_num(p, "SkewShock.ABS_SCALE_CAP"),
		.abs_c_base = get_num(p, "SkewShock.ABS_CBASE"),
		.min_k_star = get_num(p, "SkewShock.MIN_K_STAR"),
		.width_scale = get_num(p, "SkewShock.MIN_WIDTH_SCALE"),
		.vol_param_static = get_num(p, "SkewShock.VOL_PARAM_STATIC"),
		.vol_param_scale = get_num(p, "SkewShock.VOL_PARAM_SCALE"),
	};
	days = get_i128(p, "VolShock.DTE_FLOOR", 18);
	r->vol = (struct scenario_vol_rules){
		.vol_range_up = get_num(p, "VolShock.VOLRANGEUP"),
		.vol_range_down = get_num(p, "VolShock.VOLRANGEDOWN"),
		.short_term_power = get_num(p, "VolShock.SHORTTERMPOWER"),
		.long_term_power = get_num(p, "VolShock.LONGTERMPOWER"),
		.min_vol_up_shock = get_num(p,
		    "VolShock.MIN_VOL_EVAL_SHOCKED"),
		.dte_floor_s = (uint64_t)(days * 86400 / (i128)WAD_ONE_RAW),
	};
	if (r->vol.dte_floor_s == 0)
		r->vol.dte_floor_s = 1;
	r->margin = (struct scenario_margin_rules){
		.im_factor = get_num(p, "Margin.IM_LOSS_FACTOR"),
		.mm_factor = get_num(p, "Margin.MM_LOSS_FACTOR"),
		.short_rate_mult_scale = get_num(p,
		    "Margin.SHORT_RATE_MULTSCALE"),
		.long_rate_mult_scale = get_num(p,
		    "Margin.LONG_RATE_MULTSCALE"),
		.short_rate_add_scale = get_num(p,
		    "Margin.SHORT_RATE_ADDSCALE"),
		.long_rate_add_scale = get_num(p,
		    "Margin.LONG_RATE_ADDSCALE"),
		.long_base_static_discount = get_num(p,
		    "Margin.BASE_STATIC_DISCOUNT"),
		.short_base_static_discount = get_num(p,
		    "Margin.BASE_STATIC_DISCOUNT_NEG"),
	};
	r->basis = (struct scenario_basis_rules){
		get_num(p, "BasisContingency.SCENARIO_SPOT_UP"),
		get_num(p, "BasisContingency.SCENARIO_SPOT_DOWN"),
		get_num(p, "BasisContingency.BASIS_CONT_ADD_FACTOR"),
		get_num(p, "BasisContingency.BASIS_CONT_MULT_FACTOR"),
	};
	r->other = (struct scenario_other_rules){
		get_num(p, "OtherContingency.PEG_LOSS_THRESHOLD"),
		get_num(p, "OtherContingency.PEG_LOSS_FACTOR"),
		get_num(p, "OtherContingency.CONF_THRESHOLD"),
		get_num(p, "OtherContingency.CONF_MARGIN"),
		get_num(p, "OtherContingency.MM_PERP_PERCENT"),
		get_num(p, "OtherContingency.IM_PERP_PERCENT"),
		get_num(p, "OtherContingency.MM_OPTION_PERCENT"),
		get_num(p, "OtherContingency.IM_OPTION_PERCENT"),
	};
}

static void
read_expiries(struct portfolio *f, const struct node *feeds)
{
	if (feeds->count > SCENARIO_EXPIRIES_MAX)
		case_stop("portfolio", "too many expiries");
	f->unit.expiry_count = feeds->count;
	for (unsigned i = 0; i < feeds->count; i++) {
		const struct node *n = node_item(feeds, i);
		i128 seconds = get_i128(n, "FeedExpiry", 0);
		struct px18 forward = get_px(n, "Forward"), none = { 0 };
		struct num18 a = get_num(n, "ForwardConfidence");
		struct num18 b = get_num(n, "RateConfidence");

		f->expiry[i] = (struct scenario_expiry){
			.tau = option_tau((uint64_t)seconds * 1000),
			.seconds = (uint64_t)seconds,
			.forward_variable = seconds > 0 ? forward : none,
			.forward_fixed = seconds > 0 ? none : forward,
			.rate = get_num(n, "Rate"),
			.confidence = num18_compare(a, b) < 0 ? a : b,
		};
	}
}

static void
read_options(struct portfolio *f, const struct node *list,
    const struct node *feeds)
{
	if (list->count > SCENARIO_OPTIONS_MAX)
		case_stop("portfolio", "too many options");
	f->unit.option_count = list->count;
	for (unsigned i = 0; i < list->count; i++) {
		const struct node *n = node_item(list, i);
		i128 seconds = get_i128(n, "Expiry", 0);
		uint32_t e = 0;

		while (e < feeds->count && get_i128(node_item(feeds, e),
		    "FeedExpiry", 0) != seconds)
			e++;
		if (e == feeds->count)
			case_stop("portfolio", "an option without a feed");
		f->option[i] = (struct scenario_option){
			.expiry = e, .is_call = node_bool(node_need(n,
			    "IsCall")),
			.strike = get_px(n, "Strike"),
			.amount = get_num(n, "Amount"),
			.vol = get_num(n, "MarkVol"),
			.confidence = get_num(node_item(feeds, e),
			    "OptionVolConfidences"),
		};
	}
}

static void
read_collateral(struct portfolio *f, const struct node *list)
{
	if (list->count > SCENARIO_COLLATERALS_MAX)
		case_stop("portfolio", "too many collaterals");
	f->unit.collateral_count = list->count;
	for (unsigned i = 0; i < list->count; i++) {
		const struct node *n = node_item(list, i);

		f->collateral[i] = (struct scenario_collateral){
			.amount = get_num(n, "Amount"),
			.price = get_px(n, "Price"),
			.confidence = get_num(n, "Confidence"),
			.is_risk_cancelling = node_bool(node_need(n,
			    "IsRiskCancelling")),
			.mm_haircut = get_num(n, "MMHaircut"),
			.im_haircut = get_num(n, "IMHaircut"),
		};
	}
}

static void
read_portfolio(struct portfolio *f, const struct node *s)
{
	struct usd18 pnl = get_usd(s, "UnrealisedPerpPNL");
	struct usd18 funding = get_usd(s, "UnrealisedFunding");

	memset(&f->unit, 0, sizeof(f->unit));
	f->perp = (struct scenario_linear){
		.kind = SCENARIO_PERP, .expiry = SCENARIO_NO_EXPIRY,
		.amount = get_num(s, "NumPerps"),
		.price = get_px(s, "PerpPrice"),
		.confidence = get_num(s, "PerpConfidence"),
	};
	f->unit = (struct scenario_unit){
		.spot = get_px(s, "SpotPrice"),
		.spot_confidence = get_num(s, "SpotConfidence"),
		.stable = get_px(s, "StablePrice"),
		.beta = num18_one(), .cash = get_usd(s, "Cash"),
		.linear_count = 1, .linear = &f->perp, .expiry = f->expiry,
		.option = f->option, .collateral = f->collateral,
	};
	if (usd18_add(&f->unit.linear_pnl, pnl, funding) != ERR_OK)
		case_stop("portfolio", "a profit that does not fit");
	read_expiries(f, node_need(s, "OptionFeeds"));
	read_options(f, node_need(s, "Options"), node_need(s, "OptionFeeds"));
	read_collateral(f, node_need(s, "Collaterals"));
}

/* ---- comparing ---------------------------------------------------------- */

static void
near(struct cases *c, const char *what, const struct node *expected, i128 got)
{
	case_relative(c, what, node_i128(expected, 18), got, TOLERANCE,
	    FLOOR_ABS);
}

static void
near_usd(struct cases *c, const struct node *result, const char *key,
    struct usd18 got)
{
	near(c, key, node_need(result, key), usd18_to_raw(got));
}

/* Costs are written with a minus. */
static void
near_cost(struct cases *c, const struct node *result, const char *key,
    struct usd18 a, struct usd18 b)
{
	near(c, key, node_need(result, key),
	    -usd18_to_raw(a) - usd18_to_raw(b));
}

/* One of the three kinds into which the file sorts its scenarios. */
struct kind {
	const char *list, *worst, *scenario, *name;
	uint32_t index[SCENARIO_SHOCKS_MAX];	/* of the list's rows */
	uint32_t count;
	struct usd18 least;
	bool is_partial;
};

/* A skew that also moves the spot is a set that the source refuses. */
static bool
is_refused(const struct scenario_shock *s)
{
	return s->vol >= SCENARIO_VOL_LINEAR &&
	    num18_compare(s->spot, num18_one()) != 0;
}

/* A scenario is named by [move, direction, ...] or by its skew's name. */
static bool
is_named(const struct scenario_shock *s, const struct node *name)
{
	static const int sign[] = { 0, 1, -1 };
	i128 move;

	if (name->kind != NODE_LIST)
		return s->vol == (strncmp(name->text, "ABS", 3) == 0 ?
		    SCENARIO_VOL_ABS : SCENARIO_VOL_LINEAR);
	if (s->vol >= SCENARIO_VOL_LINEAR)
		return false;
	move = node_i128(node_item(name, 0), 18) + (i128)WAD_ONE_RAW -
	    num18_to_raw(s->spot);
	return move < SPOT_NEAR && move > -SPOT_NEAR &&
	    node_i128(node_item(name, 1), 0) == sign[s->vol];
}

/* take_scenario: the first that has this name and was not taken before. */
static uint32_t
take_scenario(bool *is_taken, const struct scenario_rules *r,
    const struct node *name)
{
	for (uint32_t i = 0; i < r->shock_count; i++)
		if (!is_taken[i] && is_named(&r->shock[i], name)) {
			is_taken[i] = true;
			return i;
		}
	case_stop("portfolio", "a loss without a scenario");
	return 0;
}

static void
compare_losses(struct cases *c, struct kind *k, bool *is_taken,
    const struct node *result, const struct scenario_rules *r,
    const struct scenario_result *got)
{
	const struct node *list = node_need(result, k->list);

	if (list->count > SCENARIO_SHOCKS_MAX)
		case_stop("portfolio", "too many losses");
	k->count = list->count;
	k->least = usd18_zero();
	for (uint32_t i = 0; i < k->count; i++) {
		const struct node *row = node_item(list, i);
		char what[64];
		uint32_t at = take_scenario(is_taken, r, row->count > 2 ?
		    row : node_item(row, 0));

		k->index[i] = at;
		if (is_refused(&r->shock[at])) {
			case_skip(c, "a skew with a spot move");
			k->is_partial = true;
			continue;
		}
		(void)snprintf(what, sizeof(what), "%s[%u]", k->list, i);
		near(c, what, node_item(row, row->count - 1),
		    usd18_to_raw(got->pnl[at]));
		k->least = usd18_min(k->least, got->pnl[at]);
	}
	if (k->count > 0 && !k->is_partial)
		near_usd(c, result, k->worst, k->least);
}

/* The named worst scenario: of scenarios within the tolerance of each other
 * any may be named. */
static void
compare_worst(struct cases *c, const struct kind *k, const struct node *result,
    const struct scenario_rules *r, const struct scenario_result *got)
{
	if (k->count == 0 || k->is_partial)
		return;
	for (uint32_t i = 0; i < k->count; i++) {
		struct usd18 pnl = got->pnl[k->index[i]];

		if (!is_named(&r->shock[k->index[i]], node_need(result,
		    k->scenario)))
			continue;
		case_relative(c, k->scenario, usd18_to_raw(k->least),
		    usd18_to_raw(usd18_min(pnl, usd18_zero())), TOLERANCE,
		    FLOOR_ABS);
		return;
	}
	case_bool(c, k->scenario, true, false);
}

static void
compare_grid(struct cases *c, const struct node *result,
    const struct scenario_rules *r, const struct scenario_result *got)
{
	struct kind kinds[] = {
		{ .list = "reg_losses", .worst = "worst_reg_loss",
		    .scenario = "worst_reg_scenario", .name = "regular" },
		{ .list = "tail_losses", .worst = "worst_tail_loss",
		    .scenario = "worst_tail_scenario", .name = "tail" },
		{ .list = "skew_losses", .worst = "worst_skew_loss",
		    .scenario = "worst_skew_scenario", .name = "skew" },
	};
	const struct node *all = node_need(result, "worst_all_scenarios");
	bool is_taken[SCENARIO_SHOCKS_MAX] = { false };
	struct usd18 least = got->basis;
	uint32_t count = 0;

	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
		compare_losses(c, &kinds[i], is_taken, result, r, got);
		compare_worst(c, &kinds[i], result, r, got);
		count += kinds[i].count;
		if (node_is(all, kinds[i].name))
			least = kinds[i].least;
	}
	case_exact(c, "scenarios", count, got->pnl_count);
	case_relative(c, "worst_all_scenarios", usd18_to_raw(least),
	    -usd18_to_raw(got->loss), TOLERANCE, FLOOR_ABS);
}

static void
compare_figures(struct cases *c, const struct node *n,
    const struct scenario_result *got)
{
	const struct scenario_contingency *mm = &got->mm_contingency;
	const struct scenario_contingency *im = &got->im_contingency;
	struct usd18 none = usd18_zero();

	near_usd(c, n, "ForwardContingency", got->basis);
	near_usd(c, n, "Cash", got->cash);
	near_usd(c, n, "PortfolioMTM", got->value);
	near_usd(c, n, "OptionMTM", got->option_value);
	near_usd(c, n, "CollateralMTM", got->collateral_value);
	near_usd(c, n, "PerpMTM", got->linear_value);
	near_cost(c, n, "MMPerpCont", mm->linear, none);
	near_cost(c, n, "IMPerpCont", im->linear, none);
	near_cost(c, n, "IMPerpContNormal", mm->linear, im->linear);
	near_cost(c, n, "MMBaseCont", mm->collateral, none);
	near_cost(c, n, "IMBaseCont", im->collateral, none);
	near_cost(c, n, "IMBaseContNormal", mm->collateral, im->collateral);
	near_cost(c, n, "MMOptionCont", mm->option, none);
	near_cost(c, n, "IMOptionCont", im->option, none);
	near_cost(c, n, "IMOptionContNormal", mm->option, im->option);
	near_cost(c, n, "OracleCont", im->confidence, none);
	near(c, "MMLossFactor", node_need(n, "MMLossFactor"),
	    num18_to_raw(got->mm_factor));
	near(c, "IMLossFactor", node_need(n, "IMLossFactor"),
	    num18_to_raw(got->im_factor));
	near(c, "im_loss_factor", node_need(n, "im_loss_factor"),
	    num18_to_raw(got->im_factor));
	near_usd(c, n, "IM", got->margin_initial);
	near_usd(c, n, "IMHand", got->margin_initial);
	near_usd(c, n, "MM", got->margin_maintenance);
	near_usd(c, n, "MMHand", got->margin_maintenance);
}

/* One expiry alone, unmoved: its value, and discounted by value and PnL. */
static void
compare_expiries(struct cases *c, struct portfolio *f,
    const struct node *result)
{
	static struct scenario_option own[SCENARIO_OPTIONS_MAX];
	static struct scenario_rules still;
	const struct node *values = node_need(result, "OptionMTMPerExpiry");
	struct scenario_unit alone = {
		.spot = f->unit.spot, .stable = f->unit.stable,
		.beta = num18_one(), .expiry = f->expiry, .option = own,
		.expiry_count = f->unit.expiry_count,
	};

	still = f->rules;
	still.shock_count = 1;
	still.shock[0] = (struct scenario_shock){ num18_one(),
	    SCENARIO_VOL_NONE, num18_one() };
	for (uint32_t e = 0; e < f->unit.expiry_count; e++) {
		struct scenario_expiry_shocks s;
		struct scenario_result r;
		const struct node *d = node_item(node_need(result,
		    "discount_factors"), e);

		alone.option_count = 0;
		for (uint32_t i = 0; i < f->unit.option_count; i++)
			if (f->option[i].expiry == e)
				own[alone.option_count++] = f->option[i];
		if (!case_ok(c, "one expiry",
		    scenario_evaluate(&r, &alone, &still)) || !case_ok(c,
		    "discounts", scenario_expiry_shocks_of(&s, &f->expiry[e],
		    &f->rules)))
			continue;
		near(c, "OptionMTMPerExpiry", node_item(values, e),
		    usd18_to_raw(r.option_value));
		near(c, "OptionMTMPerExpiryDiscounted", node_item(node_need(
		    result, "OptionMTMPerExpiryDiscounted"), e),
		    usd18_to_raw(r.option_value) + usd18_to_raw(r.pnl[0]));
		near(c, "discount_factors long", node_item(d, 0),
		    num18_to_raw(s.discount_long));
		near(c, "discount_factors short", node_item(d, 1),
		    num18_to_raw(s.discount_short));
	}
}

static void
near_num(struct cases *c, const struct node *n, const char *key,
    struct num18 got)
{
	near(c, key, node_need(n, key), num18_to_raw(got));
}

/* The volatility, from the feed's [a, b, rho, m, sigma, forward, tau]. */
static void
compare_vol(struct cases *c, const struct scenario_option *o,
    const struct node *option, const struct node *feeds)
{
	const struct node *p = node_need(node_item(feeds, o->expiry),
	    "SVIparam");
	const struct num18 most = num18_from_raw(20 * (i128)WAD_ONE_RAW);
	struct num18 v[7], vol, w;
	struct svi s;

	for (unsigned i = 0; i < ARRAY_COUNT(v); i++)
		v[i] = num18_from_raw(node_i128(node_item(p, i), 18));
	s = (struct svi){ v[0], v[1], v[2], v[3], v[4],
	    px18_from_raw((u128)num18_to_raw(v[5])), v[6] };
	if (!case_ok(c, "volatility", svi_vol(&vol, &s, o->strike)) ||
	    num18_mul(&w, vol, vol, ROUND_FLOOR) != ERR_OK ||
	    num18_mul(&w, w, s.tau, ROUND_FLOOR) != ERR_OK)
		return;
	if (num18_compare(w, most) > 0)
		case_skip(c, "the source holds total variance at 20");
	else
		near(c, "MarkVol", node_need(option, "MarkVol"),
		    num18_to_raw(vol));
}

/* What the file derives for each option on the way. */
static void
compare_option(struct cases *c, struct portfolio *f, unsigned i,
    const struct node *option, const struct node *result)
{
	const struct scenario_option *o = &f->option[i];
	const struct scenario_expiry *e = &f->expiry[o->expiry];
	struct scenario_expiry_shocks s;
	struct num18 up, down, turn;

	if (!case_ok(c, "shocks", scenario_expiry_shocks_of(&s, e,
	    &f->rules)) || !case_ok(c, "vol up", scenario_shocked_vol(&up,
	    o->vol, &s, SCENARIO_VOL_UP, o->strike, e->forward_variable,
	    &f->rules)) || !case_ok(c, "vol down", scenario_shocked_vol(&down,
	    o->vol, &s, SCENARIO_VOL_DOWN, o->strike, e->forward_variable,
	    &f->rules)))
		return;
	near(c, "VolShockUpMultiplier", node_item(node_need(result,
	    "VolShockUpMultiplier"), i), num18_to_raw(s.vol_up));
	near(c, "VolShockDownMultiplier", node_item(node_need(result,
	    "VolShockDownMultiplier"), i), num18_to_raw(s.vol_down));
	near(c, "VolShockUpEvaluated", node_item(node_need(result,
	    "VolShockUpEvaluated"), i), num18_to_raw(up));
	near(c, "VolShockDownEvaluated", node_item(node_need(result,
	    "VolShockDownEvaluated"), i), num18_to_raw(down));
	/* The file goes on shocking after expiry and does not hold rates at
	 * zero here; neither reaches its margins. */
	if (e->seconds == 0 || num18_is_negative(e->rate))
		return;
	near_num(c, option, "MarkDiscount", s.discount);
	near_num(c, option, "linear_mult_cap", s.linear_cap);
	near_num(c, option, "abs_mult_cap", s.abs_cap);
	near_num(c, option, "k_star", s.k_star);
	if (case_ok(c, "linear skew", scenario_skew_multiplier(&turn, &s,
	    SCENARIO_VOL_LINEAR, o->strike, e->forward_variable)))
		near_num(c, option, "linear_multiplier", turn);
	if (case_ok(c, "abs skew", scenario_skew_multiplier(&turn, &s,
	    SCENARIO_VOL_ABS, o->strike, e->forward_variable)))
		near_num(c, option, "abs_multiplier", turn);
}

void
cases_derive_pmrm2(struct cases *c, const struct node *root)
{
	static struct portfolio f;
	static struct scenario_result got;
	const struct node *scenario = node_find(root, "Scenario");
	const struct node *result = node_find(root, "Result");
	const struct node *options;

	if (scenario == NULL || result == NULL)
		return;
	case_begin(c, "portfolio");
	read_rules(&f.rules, node_need(root, "Parameters"));
	read_portfolio(&f, scenario);
	if (!case_ok(c, "rules", scenario_rules_check(&f.rules)) ||
	    !case_ok(c, "evaluate", scenario_evaluate(&got, &f.unit,
	    &f.rules)))
		return;
	compare_grid(c, result, &f.rules, &got);
	compare_figures(c, result, &got);
	compare_expiries(c, &f, result);
	options = node_need(scenario, "Options");
	for (unsigned i = 0; i < options->count; i++) {
		case_begin(c, "option %u", i);
		compare_option(c, &f, i, node_item(options, i), result);
		compare_vol(c, &f.option[i], node_item(options, i),
		    node_need(scenario, "OptionFeeds"));
	}
}
