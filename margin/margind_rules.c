/* libmargind: the rules object, presets, single numbers by their keys. */
#include "margin/margind_layer.h"

#include <stdalign.h>
#include <string.h>

#include "base/must.h"
#include "margin/preset.h"

_Static_assert(MARGIND_SCENARIOS_MAX == SCENARIO_SHOCKS_MAX, "scenarios");
_Static_assert((int)MARGIND_VOL_NONE == SCENARIO_VOL_NONE &&
    (int)MARGIND_VOL_UP == SCENARIO_VOL_UP &&
    (int)MARGIND_VOL_DOWN == SCENARIO_VOL_DOWN &&
    (int)MARGIND_VOL_SKEW_LINEAR == SCENARIO_VOL_LINEAR &&
    (int)MARGIND_VOL_SKEW_ABS == SCENARIO_VOL_ABS, "volatility shocks");

size_t
margind_rules_size(void)
{
	return sizeof(struct margind_rules);
}

enum margind_err
margind_rules_init(struct margind_rules **out, void *mem, size_t size)
{
	struct margind_rules *r = mem;

	if (size < sizeof(*r) || (uintptr_t)mem % alignof(struct margind_rules))
		return MARGIND_ERR_PLACE;
	rules_default(&r->rules);
	*out = r;
	return MARGIND_OK;
}

enum margind_err
margind_rules_preset(struct margind_rules *r, const char *name)
{
	const struct preset *p = preset_find(name, strlen(name));

	if (!p)
		return MARGIND_ERR_UNKNOWN;
	preset_apply(&r->rules, p);
	return MARGIND_OK;
}

const char *
margind_preset_name(size_t i)
{
	const struct preset *p = preset_at(i);

	return p ? p->name : NULL;
}

const char *
margind_preset_what(size_t i)
{
	const struct preset *p = preset_at(i);

	return p ? p->what : NULL;
}

void
margind_rules_hash(uint8_t out[32], const struct margind_rules *r)
{
	memcpy(out, r->rules.hash.b, sizeof(r->rules.hash.b));
}

/* ---- single numbers ----------------------------------------------------- */

#define NANO ((margind_num)1000000000)

enum key_type { KEY_NUM, KEY_USD, KEY_PPB, KEY_COUNT };

struct key {
	const char *name;
	enum key_type type;
	size_t offset;
};

#define KEY(type, name, member) { name, type, offsetof(struct rules, member) }

/* The names of rules.yaml. */
static const struct key KEYS[] = {
	KEY(KEY_PPB, "buffer.rebuild", buffer.rebuild),
	KEY(KEY_PPB, "buffer.size", buffer.size),
	KEY(KEY_NUM, "greeks.curvature_quantile", greeks.curvature_quantile),
	KEY(KEY_NUM, "greeks.historical_vol_ratio",
	    greeks.historical_vol_ratio),
	KEY(KEY_NUM, "greeks.horizon_days", greeks.horizon_days),
	KEY(KEY_NUM, "greeks.initial_factor", greeks.initial_factor),
	KEY(KEY_NUM, "greeks.maintenance_factor", greeks.maintenance_factor),
	KEY(KEY_NUM, "greeks.taylor_error_max", greeks.taylor_error_max),
	KEY(KEY_NUM, "greeks.taylor_floor", greeks.taylor_floor),
	KEY(KEY_NUM, "greeks.weight_quantile", greeks.weight_quantile),
	KEY(KEY_NUM, "scenario.basis.basis_cont_add_factor",
	    scenario.basis.basis_cont_add_factor),
	KEY(KEY_NUM, "scenario.basis.basis_cont_mult_factor",
	    scenario.basis.basis_cont_mult_factor),
	KEY(KEY_NUM, "scenario.basis.scenario_spot_down",
	    scenario.basis.scenario_spot_down),
	KEY(KEY_NUM, "scenario.basis.scenario_spot_up",
	    scenario.basis.scenario_spot_up),
	KEY(KEY_NUM, "scenario.contingencies.conf_margin",
	    scenario.other.conf_margin),
	KEY(KEY_NUM, "scenario.contingencies.conf_threshold",
	    scenario.other.conf_threshold),
	KEY(KEY_NUM, "scenario.contingencies.fee_percent",
	    scenario.extra.fee_percent),
	KEY(KEY_NUM, "scenario.contingencies.funding_percent",
	    scenario.extra.funding_percent),
	KEY(KEY_NUM, "scenario.contingencies.im_option_percent",
	    scenario.other.im_option_percent),
	KEY(KEY_NUM, "scenario.contingencies.im_perp_percent",
	    scenario.other.im_perp_percent),
	KEY(KEY_USD, "scenario.contingencies.minimum_charge",
	    scenario.extra.minimum_charge),
	KEY(KEY_NUM, "scenario.contingencies.mm_option_percent",
	    scenario.other.mm_option_percent),
	KEY(KEY_NUM, "scenario.contingencies.mm_perp_percent",
	    scenario.other.mm_perp_percent),
	KEY(KEY_NUM, "scenario.contingencies.peg_loss_factor",
	    scenario.other.peg_loss_factor),
	KEY(KEY_NUM, "scenario.contingencies.peg_loss_threshold",
	    scenario.other.peg_loss_threshold),
	KEY(KEY_NUM, "scenario.contingencies.short_option_minimum",
	    scenario.extra.short_option_minimum),
	KEY(KEY_NUM, "scenario.margin.im_factor", scenario.margin.im_factor),
	KEY(KEY_NUM, "scenario.margin.long_base_static_discount",
	    scenario.margin.long_base_static_discount),
	KEY(KEY_NUM, "scenario.margin.long_rate_add_scale",
	    scenario.margin.long_rate_add_scale),
	KEY(KEY_NUM, "scenario.margin.long_rate_mult_scale",
	    scenario.margin.long_rate_mult_scale),
	KEY(KEY_NUM, "scenario.margin.mm_factor", scenario.margin.mm_factor),
	KEY(KEY_NUM, "scenario.margin.short_base_static_discount",
	    scenario.margin.short_base_static_discount),
	KEY(KEY_NUM, "scenario.margin.short_rate_add_scale",
	    scenario.margin.short_rate_add_scale),
	KEY(KEY_NUM, "scenario.margin.short_rate_mult_scale",
	    scenario.margin.short_rate_mult_scale),
	KEY(KEY_NUM, "scenario.omega", scenario.extra.omega),
	KEY(KEY_NUM, "scenario.skew.abs_base_cap", scenario.skew.abs_base_cap),
	KEY(KEY_NUM, "scenario.skew.abs_c_base", scenario.skew.abs_c_base),
	KEY(KEY_NUM, "scenario.skew.linear_base_cap",
	    scenario.skew.linear_base_cap),
	KEY(KEY_NUM, "scenario.skew.linear_c_base",
	    scenario.skew.linear_c_base),
	KEY(KEY_NUM, "scenario.skew.min_k_star", scenario.skew.min_k_star),
	KEY(KEY_NUM, "scenario.skew.vol_param_scale",
	    scenario.skew.vol_param_scale),
	KEY(KEY_NUM, "scenario.skew.vol_param_static",
	    scenario.skew.vol_param_static),
	KEY(KEY_NUM, "scenario.skew.width_scale", scenario.skew.width_scale),
	KEY(KEY_NUM, "scenario.vol.long_term_power",
	    scenario.vol.long_term_power),
	KEY(KEY_NUM, "scenario.vol.min_vol_up_shock",
	    scenario.vol.min_vol_up_shock),
	KEY(KEY_NUM, "scenario.vol.short_term_power",
	    scenario.vol.short_term_power),
	KEY(KEY_NUM, "scenario.vol.vol_range_down",
	    scenario.vol.vol_range_down),
	KEY(KEY_NUM, "scenario.vol.vol_range_up", scenario.vol.vol_range_up),
	KEY(KEY_PPB, "standard.base_initial_scale",
	    standard.base_initial_scale),
	KEY(KEY_PPB, "standard.base_weight", standard.base_weight),
	KEY(KEY_PPB, "standard.depeg_factor", standard.depeg_factor),
	KEY(KEY_NUM, "standard.depeg_threshold", standard.depeg_threshold),
	KEY(KEY_PPB, "standard.linear.base_share",
	    standard.linear.base_share),
	KEY(KEY_USD, "standard.linear.open_interest_lower",
	    standard.linear.open_interest_lower),
	KEY(KEY_USD, "standard.linear.open_interest_upper",
	    standard.linear.open_interest_upper),
	KEY(KEY_NUM, "standard.linear.size_factor",
	    standard.linear.size_factor),
	KEY(KEY_PPB, "standard.option.initial_at_money",
	    standard.option.initial_at_money),
	KEY(KEY_PPB, "standard.option.initial_min",
	    standard.option.initial_min),
	KEY(KEY_PPB, "standard.option.initial_put_scale",
	    standard.option.initial_put_scale),
	KEY(KEY_PPB, "standard.option.maintenance_call",
	    standard.option.maintenance_call),
	KEY(KEY_PPB, "standard.option.maintenance_put",
	    standard.option.maintenance_put),
	KEY(KEY_PPB, "standard.option.maintenance_put_mark",
	    standard.option.maintenance_put_mark),
	KEY(KEY_PPB, "standard.option.unpaired_initial",
	    standard.option.unpaired_initial),
	KEY(KEY_PPB, "standard.option.unpaired_maintenance",
	    standard.option.unpaired_maintenance),
	KEY(KEY_NUM, "standard.oracle.base_threshold",
	    standard.oracle.base_threshold),
	KEY(KEY_PPB, "standard.oracle.factor", standard.oracle.factor),
	KEY(KEY_NUM, "standard.oracle.linear_threshold",
	    standard.oracle.linear_threshold),
	KEY(KEY_NUM, "standard.oracle.option_threshold",
	    standard.oracle.option_threshold),
	KEY(KEY_PPB, "standard.profit_weight", standard.profit_weight),
	KEY(KEY_PPB, "var.alpha", var.alpha),
	KEY(KEY_PPB, "var.alpha_es", var.alpha_es),
	KEY(KEY_COUNT, "var.scenarios_min", var.scenarios_min),
	KEY(KEY_COUNT, "var.tail_min", var.tail_min),
};

const char *
margind_rules_key(size_t i)
{
	return i < ARRAY_COUNT(KEYS) ? KEYS[i].name : NULL;
}

static const struct key *
key_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(KEYS); i++)
		if (strcmp(KEYS[i].name, name) == 0)
			return &KEYS[i];
	return NULL;
}

/* whole_u32: v / unit where that is a whole number that fits. */
static enum err
whole_u32(uint32_t *out, margind_num v, margind_num unit)
{
	if (v < 0 || v % unit != 0 || v / unit > UINT32_MAX)
		return ERR_RANGE;
	*out = (uint32_t)(v / unit);
	return ERR_OK;
}

static enum err
key_write(struct rules *r, const struct key *k, margind_num value)
{
	unsigned char *at = (unsigned char *)r + k->offset;
	struct num18 num = to_num(value);
	struct usd18 usd = to_usd(value);
	struct ppb ppb;
	uint32_t count;
	enum err e = ERR_OK;

	switch (k->type) {
	case KEY_NUM:
		memcpy(at, &num, sizeof(num));
		break;
	case KEY_USD:
		memcpy(at, &usd, sizeof(usd));
		break;
	case KEY_PPB:
		e = whole_u32(&count, value, NANO);
		if (e == ERR_OK) {
			ppb = ppb_from_raw(count);
			memcpy(at, &ppb, sizeof(ppb));
		}
		break;
	case KEY_COUNT:
		e = whole_u32(&count, value, MARGIND_ONE);
		if (e == ERR_OK)
			memcpy(at, &count, sizeof(count));
		break;
	}
	return e;
}

/* take: the changed rules, if they are as they must be. */
static enum err
rules_take(struct margind_rules *r, struct rules *changed)
{
	if (rules_check(changed))
		return ERR_RANGE;
	rules_seal(changed);
	r->rules = *changed;
	return ERR_OK;
}

enum margind_err
margind_rules_set(struct margind_rules *r, const char *key,
    margind_num value)
{
	const struct key *k = key_find(key);
	struct rules changed = r->rules;
	enum err e;

	if (!k)
		return MARGIND_ERR_UNKNOWN;
	e = key_write(&changed, k, value);
	if (e == ERR_OK)
		e = rules_take(r, &changed);
	return margind_err_of(e);
}

/* ---- the grid ----------------------------------------------------------- */

enum margind_err
margind_rules_scenario(struct margind_scenario *out,
    const struct margind_rules *r, size_t i)
{
	const struct scenario_rules *s = &r->rules.scenario;

	if (i >= s->shock_count)
		return MARGIND_ERR_UNKNOWN;
	*out = (struct margind_scenario){
		.spot = of_num(s->shock[i].spot),
		.vol = (enum margind_vol_shock)s->shock[i].vol,
		.dampening = of_num(s->shock[i].dampening),
	};
	return MARGIND_OK;
}

enum margind_err
margind_rules_set_scenarios(struct margind_rules *r,
    const struct margind_scenario *scenario, size_t count)
{
	struct rules changed = r->rules;
	struct scenario_rules *s = &changed.scenario;

	if (count == 0)
		return MARGIND_ERR_MISSING;
	if (count > MARGIND_SCENARIOS_MAX)
		return MARGIND_ERR_LIMIT;
	memset(s->shock, 0, sizeof(s->shock));
	for (size_t i = 0; i < count; i++) {
		if ((unsigned)scenario[i].vol > MARGIND_VOL_SKEW_ABS)
			return MARGIND_ERR_RANGE;
		s->shock[i] = (struct scenario_shock){
			.spot = to_num(scenario[i].spot),
			.vol = (enum scenario_vol)scenario[i].vol,
			.dampening = to_num(scenario[i].dampening),
		};
	}
	s->shock_count = (uint32_t)count;
	return margind_err_of(rules_take(r, &changed));
}
