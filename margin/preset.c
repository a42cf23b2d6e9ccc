#include "margin/preset.h"

#include <string.h>

#include "base/must.h"

#define MILLIONTH ((i128)1000000000000)

static struct num18
micro(int64_t millionths)
{
	return num18_from_raw(millionths * MILLIONTH);
}

static struct ppb
percent(uint32_t p)
{
	return ppb_from_raw(p * (PPB_ONE_RAW / 100));
}

static void
method_set(struct rules *r, enum margin_method m)
{
	r->has_method = true;
	r->method = m;
}

/* ---- lending ------------------------------------------------------------ */

/* No system but Liquity tightens its rules for all when its ratio is low. */
static void
lending_set(struct rules *r, const char *profile)
{
	method_set(r, METHOD_RATIO);
	r->profile = profile_find(profile, strlen(profile));
	MUST(r->profile);
	r->liquidation.recovery.critical_ratio = wad_from_raw(0);
}

static void
aave_v3(struct rules *r)
{
	lending_set(r, "aave-v3");
}

static void
compound_v3(struct rules *r)
{
	lending_set(r, "compound-v3");
}

static void
maker(struct rules *r)
{
	lending_set(r, "maker");
}

static void
liquity(struct rules *r)
{
	lending_set(r, "liquity");
	r->liquidation.recovery.critical_ratio =
	    r->liquidation.liquity.critical_ratio;
	r->liquidation.recovery.hysteresis = ppb_from_raw(0);
}

static void
morpho_blue(struct rules *r)
{
	lending_set(r, "morpho-blue");
}

static void
euler(struct rules *r)
{
	lending_set(r, "euler");
}

static void
gearbox(struct rules *r)
{
	lending_set(r, "gearbox");
}

/* ---- linear contracts --------------------------------------------------- */

/* Tiers, leverage and open interest alone: what Derive adds is off. */
static void
venue_set(struct rules *r)
{
	method_set(r, METHOD_STANDARD);
	r->standard.linear.base_share = ppb_from_raw(0);
	r->standard.oracle = (struct standard_oracle_rules){
		.factor = ppb_from_raw(0),
	};
	r->standard.depeg_factor = ppb_from_raw(0);
}

static void
derive_srm(struct rules *r)
{
	method_set(r, METHOD_STANDARD);
}

static void
dydx_v4(struct rules *r)
{
	venue_set(r);
}

static void
hyperliquid(struct rules *r)
{
	venue_set(r);
}

static void
mango_v4(struct rules *r)
{
	venue_set(r);
}

/* max(w, 0.8 w + imf sqrt(size)). */
static void
drift_v2(struct rules *r)
{
	venue_set(r);
	r->standard.linear.base_share = percent(80);
}

static void
synthetix_v3(struct rules *r)
{
	venue_set(r);
}

/* ---- portfolios --------------------------------------------------------- */

static void
derive_pmrm2(struct rules *r)
{
	method_set(r, METHOD_SCENARIO);
}

#define DERIBIT_STEPS 4
#define DERIBIT_STEP_MICRO 40000

/* Moves beyond the grid, with volatility up.  The published page does not say
 * how they are damped: here each counts as a move of 16 %, like PMRM_2's tails
 * count as one of 3.6 %. */
static const int64_t DERIBIT_TAIL_MICRO[] = {
	-660000, -330000, 500000, 1000000, 2000000, 3000000, 4000000, 5000000,
};

static void
deribit_shocks(struct scenario_rules *s)
{
	uint32_t n = 0;

	for (int i = -DERIBIT_STEPS; i <= DERIBIT_STEPS; i++)
		for (int v = SCENARIO_VOL_NONE; v <= SCENARIO_VOL_DOWN; v++)
			s->shock[n++] = (struct scenario_shock){
				.spot = micro(1000000 +
				    i * DERIBIT_STEP_MICRO),
				.vol = (enum scenario_vol)v,
				.dampening = num18_one(),
			};
	s->common_count = n;
	memcpy(s->common, s->shock, n * sizeof(s->shock[0]));
	for (size_t i = 0; i < ARRAY_COUNT(DERIBIT_TAIL_MICRO); i++) {
		int64_t move = DERIBIT_TAIL_MICRO[i];
		int64_t size = move < 0 ? -move : move;

		s->shock[n++] = (struct scenario_shock){
			.spot = micro(1000000 + move),
			.vol = SCENARIO_VOL_UP,
			.dampening = num18_from_raw(DERIBIT_STEPS *
			    DERIBIT_STEP_MICRO * (i128)WAD_ONE_RAW / size),
		};
	}
	s->shock_count = n;
}
_Static_assert((2 * DERIBIT_STEPS + 1) * 3 <= SCENARIO_COMMON_MAX,
    "the grid is also the common moves");

/* Volatility up 50 % and down 25 % by (30 / dte)^0.30 or ^0.13, floor 50 %;
 * no discounts, no basis.  Initial is 1.3 of maintenance: ours. */
static void
deribit(struct rules *r)
{
	struct scenario_rules *s = &r->scenario;

	method_set(r, METHOD_SCENARIO);
	deribit_shocks(s);
	s->vol.vol_range_up = micro(500000);
	s->vol.vol_range_down = micro(250000);
	s->vol.short_term_power = micro(300000);
	s->vol.long_term_power = micro(130000);
	s->vol.min_vol_up_shock = micro(500000);
	s->margin = (struct scenario_margin_rules){
		.im_factor = micro(1300000), .mm_factor = num18_one(),
		.short_base_static_discount = num18_one(),
		.long_base_static_discount = num18_one(),
	};
	s->basis.basis_cont_add_factor = num18_zero();
	s->basis.basis_cont_mult_factor = num18_zero();
	/* 0.01 of the underlying for each net short option of a strike. */
	s->other = (struct scenario_other_rules){
		.mm_option_percent = micro(10000),
	};
}

static void
isda_simm(struct rules *r)
{
	method_set(r, METHOD_GREEKS);
	greeks_rules_simm_equity_2_5(&r->greeks);
	r->greeks.is_gamma_counted = false;
	r->greeks.maintenance_factor = num18_one();
}

static const struct preset PRESETS[] = {
	{ "aave-v3", "ratio; debt rounded up, health half up, close factor by "
	    "health", aave_v3 },
	{ "compound-v3", "ratio; debt rounded toward zero, all is absorbed",
	  compound_v3 },
	{ "derive-pmrm2", "scenario; 31 scenarios, f 1 and 0.8, skew, basis, "
	    "contingencies", derive_pmrm2 },
	{ "derive-srm", "standard; options by the worst payoff, oracle and "
	    "depeg charges", derive_srm },
	{ "deribit", "scenario; +-16 % in nine steps by three volatilities, "
	    "eight damped tails", deribit },
	{ "drift-v2", "standard; initial max(w, 0.8 w + size factor x "
	    "sqrt(notional))", drift_v2 },
	{ "dydx-v4", "standard; initial scaled by open interest, maintenance "
	    "not", dydx_v4 },
	{ "euler", "ratio; liquidated at a health of one, by a growing "
	    "discount", euler },
	{ "gearbox", "ratio; each weighted value capped by its quota",
	  gearbox },
	{ "hyperliquid", "standard; tiers of leverage", hyperliquid },
	{ "isda-simm", "greeks; SIMM 2.5 equity, no gamma besides",
	  isda_simm },
	{ "liquity", "ratio; least ratio 110 %, recovery below 150 %",
	  liquity },
	{ "maker", "ratio; exact in RAD, by the price over the least ratio",
	  maker },
	{ "mango-v4", "standard; companions price initial margin", mango_v4 },
	{ "morpho-blue", "ratio; value floored twice, debt rounded up",
	  morpho_blue },
	{ "synthetix-v3", "standard; tiers stand in for the skew scale",
	  synthetix_v3 },
};

const struct preset *
preset_at(size_t i)
{
	return i < ARRAY_COUNT(PRESETS) ? &PRESETS[i] : NULL;
}

const struct preset *
preset_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_COUNT(PRESETS); i++)
		if (strlen(PRESETS[i].name) == len &&
		    memcmp(PRESETS[i].name, name, len) == 0)
			return &PRESETS[i];
	return NULL;
}

void
preset_apply(struct rules *r, const struct preset *p)
{
	rules_default(r);
	p->apply(r);
	MUST(rules_check(r) == NULL);
	rules_seal(r);
}
