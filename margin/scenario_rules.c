/* The parameters of the scenario method: defaults and bounds. */
#include "margin/scenario.h"

#include <string.h>

#define E12 ((i128)1000000000000)
#define E18 ((i128)WAD_ONE_RAW)
#define NUMBER_MAX (1000 * E18)	/* far above sense, far below overflow */
#define SPOT_MAX (100 * E18)
#define DAMPENING_LIMIT (16 * E18)
#define DTE_FLOOR_S_MAX (400u * 86400u)

#define REGULAR_COUNT 23u

/* Spot multiplier in millionths; dampening with 18 decimals.  The tails reach
 * further than the grid and count as a move of 3.6 %: 0.036 / |x - 1|. */
static const struct {
	int64_t spot_micro;
	enum scenario_vol vol;
	int64_t dampening;
} GRID[] = {
	{ 1180000, SCENARIO_VOL_UP, 1000000000000000000 },
	{ 1135000, SCENARIO_VOL_DOWN, 1000000000000000000 },
	{ 1135000, SCENARIO_VOL_NONE, 1000000000000000000 },
	{ 1135000, SCENARIO_VOL_UP, 1000000000000000000 },
	{ 1090000, SCENARIO_VOL_DOWN, 1000000000000000000 },
	{ 1090000, SCENARIO_VOL_NONE, 1000000000000000000 },
	{ 1090000, SCENARIO_VOL_UP, 1000000000000000000 },
	{ 1045000, SCENARIO_VOL_DOWN, 1000000000000000000 },
	{ 1045000, SCENARIO_VOL_NONE, 1000000000000000000 },
	{ 1045000, SCENARIO_VOL_UP, 1000000000000000000 },
	{ 1000000, SCENARIO_VOL_DOWN, 1000000000000000000 },
	{ 1000000, SCENARIO_VOL_NONE, 1000000000000000000 },
	{ 1000000, SCENARIO_VOL_UP, 1000000000000000000 },
	{ 955000, SCENARIO_VOL_DOWN, 1000000000000000000 },
	{ 955000, SCENARIO_VOL_NONE, 1000000000000000000 },
	{ 955000, SCENARIO_VOL_UP, 1000000000000000000 },
	{ 910000, SCENARIO_VOL_DOWN, 1000000000000000000 },
	{ 910000, SCENARIO_VOL_NONE, 1000000000000000000 },
	{ 910000, SCENARIO_VOL_UP, 1000000000000000000 },
	{ 865000, SCENARIO_VOL_DOWN, 1000000000000000000 },
	{ 865000, SCENARIO_VOL_NONE, 1000000000000000000 },
	{ 865000, SCENARIO_VOL_UP, 1000000000000000000 },
	{ 820000, SCENARIO_VOL_UP, 1000000000000000000 },
	{ 340000, SCENARIO_VOL_UP, 54545454545454545 },
	{ 670000, SCENARIO_VOL_UP, 109090909090909091 },
	{ 1500000, SCENARIO_VOL_UP, 72000000000000000 },
	{ 2000000, SCENARIO_VOL_UP, 36000000000000000 },
	{ 3000000, SCENARIO_VOL_UP, 18000000000000000 },
	{ 4000000, SCENARIO_VOL_UP, 12000000000000000 },
	{ 1000000, SCENARIO_VOL_LINEAR, 1000000000000000000 },
	{ 1000000, SCENARIO_VOL_ABS, 1000000000000000000 },
};

static struct num18
micro(int64_t millionths)
{
	return num18_from_raw(millionths * E12);
}

static void
defaults_of_grid(struct scenario_rules *r)
{
	r->shock_count = ARRAY_COUNT(GRID);
	for (uint32_t i = 0; i < r->shock_count; i++)
		r->shock[i] = (struct scenario_shock){
			.spot = micro(GRID[i].spot_micro),
			.vol = GRID[i].vol,
			.dampening = num18_from_raw(GRID[i].dampening),
		};
	r->common_count = REGULAR_COUNT;
	memcpy(r->common, r->shock, REGULAR_COUNT * sizeof(r->shock[0]));
}

void
scenario_rules_default(struct scenario_rules *r)
{
	memset(r, 0, sizeof(*r));
	defaults_of_grid(r);
	r->vol = (struct scenario_vol_rules){
		.vol_range_up = micro(500000),
		.vol_range_down = micro(275000),
		.short_term_power = micro(300000),
		.long_term_power = micro(130000),
		.min_vol_up_shock = micro(450000),
		.dte_floor_s = 86400,
	};
	r->skew = (struct scenario_skew_rules){
		.linear_base_cap = micro(150000),
		.abs_base_cap = micro(150000),
		.linear_c_base = micro(-50000),
		.abs_c_base = micro(-50000),
		.min_k_star = micro(10000),
		.width_scale = micro(4000000),
		.vol_param_static = micro(600000),
		.vol_param_scale = micro(-100000),
	};
	r->margin = (struct scenario_margin_rules){
		.im_factor = micro(1000000),
		.mm_factor = micro(800000),
		.short_rate_mult_scale = micro(500000),
		.long_rate_mult_scale = micro(1000000),
		.short_rate_add_scale = micro(80000),
		.long_rate_add_scale = micro(80000),
		.short_base_static_discount = micro(1040000),
		.long_base_static_discount = micro(950000),
	};
	r->basis = (struct scenario_basis_rules){
		.scenario_spot_up = micro(1045000),
		.scenario_spot_down = micro(955000),
		.basis_cont_add_factor = micro(500000),
		.basis_cont_mult_factor = micro(2000000),
	};
	r->other = (struct scenario_other_rules){
		.peg_loss_threshold = micro(980000),
		.peg_loss_factor = micro(2000000),
		.conf_threshold = micro(550000),
		.conf_margin = micro(1000000),
		.mm_perp_percent = micro(15000),
		.im_perp_percent = micro(5000),
		.mm_option_percent = micro(3000),
		.im_option_percent = micro(2000),
	};
}

static bool
is_between(struct num18 x, i128 least, i128 most)
{
	return num18_to_raw(x) >= least && num18_to_raw(x) <= most;
}

static bool
shocks_are_good(const struct scenario_shock *s, uint32_t count, bool has_skew)
{
	for (uint32_t i = 0; i < count; i++)
		if (!is_between(s[i].spot, 0, SPOT_MAX) ||
		    !is_between(s[i].dampening, 0, DAMPENING_LIMIT - 1) ||
		    (!has_skew && s[i].vol >= SCENARIO_VOL_LINEAR))
			return false;
	return true;
}

static bool
numbers_are_good(const struct scenario_rules *r)
{
	const struct num18 positive[] = {
		r->vol.vol_range_up, r->vol.vol_range_down,
		r->vol.short_term_power, r->vol.long_term_power,
		r->vol.min_vol_up_shock, r->skew.linear_base_cap,
		r->skew.abs_base_cap, r->skew.width_scale,
		r->skew.vol_param_static, r->margin.im_factor,
		r->margin.mm_factor, r->margin.short_rate_mult_scale,
		r->margin.long_rate_mult_scale, r->margin.short_rate_add_scale,
		r->margin.long_rate_add_scale,
		r->margin.short_base_static_discount,
		r->margin.long_base_static_discount,
		r->basis.scenario_spot_up, r->basis.scenario_spot_down,
		r->basis.basis_cont_add_factor,
		r->basis.basis_cont_mult_factor, r->other.peg_loss_threshold,
		r->other.peg_loss_factor, r->other.conf_threshold,
		r->other.conf_margin, r->other.mm_perp_percent,
		r->other.im_perp_percent, r->other.mm_option_percent,
		r->other.im_option_percent, r->extra.funding_percent,
		r->extra.fee_percent, r->extra.short_option_minimum,
	};

	for (size_t i = 0; i < ARRAY_COUNT(positive); i++)
		if (!is_between(positive[i], 0, NUMBER_MAX))
			return false;
	return is_between(r->skew.linear_c_base, -NUMBER_MAX, NUMBER_MAX) &&
	    is_between(r->skew.abs_c_base, -NUMBER_MAX, NUMBER_MAX) &&
	    is_between(r->skew.vol_param_scale, -NUMBER_MAX, NUMBER_MAX) &&
	    is_between(r->skew.min_k_star, 0, NUMBER_MAX) &&
	    is_between(r->extra.omega, 0, E18 / 2) &&
	    !usd18_is_negative(r->extra.minimum_charge) &&
	    r->vol.dte_floor_s > 0 && r->vol.dte_floor_s <= DTE_FLOOR_S_MAX;
}

enum err
scenario_rules_check(const struct scenario_rules *r)
{
	if (r->shock_count == 0)
		return ERR_MISSING;
	if (r->shock_count > SCENARIO_SHOCKS_MAX ||
	    r->common_count > SCENARIO_COMMON_MAX)
		return ERR_LIMIT;
	if (!shocks_are_good(r->shock, r->shock_count, true) ||
	    !shocks_are_good(r->common, r->common_count, false) ||
	    !numbers_are_good(r))
		return ERR_RANGE;
	return ERR_OK;
}
