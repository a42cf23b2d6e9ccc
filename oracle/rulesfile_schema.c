/* The keys of rules.yaml: one table a section, one row a field. */
#include "oracle/rulesfile_internal.h"

#include "base/fixed.h"

/* A bound of SCHEMA_SIGNED is in 1e-9. */
#define ONE ((uint64_t)1000000000)
#define THOUSAND (1000 * ONE)
#define MINUS_THOUSAND ((uint64_t)-(int64_t)THOUSAND)

#define FIELD(form, key, member, least, most, text) { .name = key, \
	.type = form, .is_optional = true, SCHEMA_ROW(rules_row, \
	rules.member), .min = least, .max = most, .help = text }
/* At least zero, signed, a share of 1e-9, USD, a count, a time. */
#define NUMBER(key, member, text) \
	FIELD(SCHEMA_SIGNED, key, member, 0, THOUSAND, text)
#define SIGNED(key, member, text) \
	FIELD(SCHEMA_SIGNED, key, member, MINUS_THOUSAND, THOUSAND, text)
#define UNIT(key, member, text) \
	FIELD(SCHEMA_SIGNED, key, member, 0, ONE, text)
#define SHARE(key, member, text) \
	FIELD(SCHEMA_FACTOR, key, member, 0, ONE, text)
#define FACTOR(key, member, text) \
	FIELD(SCHEMA_FACTOR, key, member, 0, 0, text)
#define PERCENT(key, member, text) \
	FIELD(SCHEMA_PERCENT, key, member, 1, ONE - 1, text)
#define DOLLARS(key, member, text) \
	FIELD(SCHEMA_DECIMAL, key, member, 0, 0, text)
#define COUNT(key, member, least, most, text) \
	FIELD(SCHEMA_WHOLE, key, member, least, most, text)
#define TIME(key, member, text) \
	FIELD(SCHEMA_DURATION, key, member, 0, 0, text)
#define YES(key, member, text) FIELD(SCHEMA_BOOL, key, member, 0, 0, text)
#define CHOICE(key, member, list, text) { .name = key, \
	.type = SCHEMA_CHOICE, .is_optional = true, .words = list, \
	SCHEMA_ROW(rules_row, rules.member), .help = text }
#define SECTION(key, table, text) { .name = key, .type = SCHEMA_SECTION, \
	.is_optional = true, .keys = table, .help = text }
#define LIST(key, member, table, form, text) { .name = key, \
	.type = SCHEMA_CUSTOM, .is_optional = true, .keys = table, \
	.shape = form, .read = schema_keep_node, \
	SCHEMA_ROW(rules_row, member), .help = text }

static const struct schema_key PRICE_KEYS[] = {
	COUNT("quorum", price.quorum, 1, 64, "independent groups"),
	TIME("age_max", price.age_max_ms, "an older quote has no vote"),
	PERCENT("dispersion_max", price.dispersion_max,
	    "further from the median has no vote"),
	PERCENT("band_max", price.band_max,
	    "half-band over mid; a wider price is REFUSED"),
	{ 0 }
};

static const struct schema_key COLLATERAL_KEYS[] = {
	NUMBER("z", collateral.z, "quantile of the move that a haircut covers"),
	SHARE("haircut_min", collateral.haircut_min, "of the volatility term"),
	NUMBER("horizon_initial_days", collateral.horizon_initial_days,
	    "margin period of risk"),
	NUMBER("horizon_maintenance_days", collateral.horizon_maintenance_days,
	    "at most the initial one"),
	NUMBER("impact", collateral.impact,
	    "eta: eta x volatility a day x sqrt(position / adv)"),
	NUMBER("wrong_way", collateral.wrong_way,
	    "per unit of correlation above zero with the exposure"),
	SHARE("bridge", collateral.bridge,
	    "added for a token of another chain"),
	FIELD(SCHEMA_FACTOR, "share_max", collateral.share_max, 1, ONE,
	    "of the sum of values, one asset"),
	TIME("ramp", collateral.ramp_ms, "of a falling threshold"),
	TIME("epoch", collateral.epoch_ms, "how long haircuts stay frozen"),
	{ 0 }
};

static const struct schema_key LINEAR_KEYS[] = {
	NUMBER("size_factor", standard.linear.size_factor,
	    "imf: per square root of a USD of notional"),
	SHARE("base_share", standard.linear.base_share,
	    "of the first tier's rate, below the size factor"),
	DOLLARS("open_interest_lower", standard.linear.open_interest_lower,
	    "USD; up to here no scaling"),
	DOLLARS("open_interest_upper", standard.linear.open_interest_upper,
	    "USD; from here the whole notional; 0: no scaling"),
	{ 0 }
};

static const struct schema_key OPTION_KEYS[] = {
	FACTOR("initial_at_money", standard.option.initial_at_money,
	    "of spot, less what it is out of the money"),
	FACTOR("initial_min", standard.option.initial_min,
	    "of spot, at least"),
	FACTOR("maintenance_call", standard.option.maintenance_call,
	    "of spot"),
	FACTOR("maintenance_put", standard.option.maintenance_put,
	    "of spot, or the next, the larger"),
	FACTOR("maintenance_put_mark", standard.option.maintenance_put_mark,
	    "of the mark"),
	FACTOR("initial_put_scale", standard.option.initial_put_scale,
	    "initial at least this much of maintenance; puts"),
	FACTOR("unpaired_initial", standard.option.unpaired_initial,
	    "of the forward, per net short call"),
	FACTOR("unpaired_maintenance", standard.option.unpaired_maintenance,
	    "of the forward, per net short call"),
	{ 0 }
};

static const struct schema_key ORACLE_KEYS[] = {
	UNIT("linear_threshold", standard.oracle.linear_threshold,
	    "a lower confidence costs initial margin"),
	UNIT("option_threshold", standard.oracle.option_threshold,
	    "a lower confidence costs initial margin"),
	UNIT("base_threshold", standard.oracle.base_threshold,
	    "a lower confidence costs initial margin"),
	FACTOR("factor", standard.oracle.factor,
	    "(1 - confidence) x factor x spot x size"),
	{ 0 }
};

static const struct schema_key STANDARD_KEYS[] = {
	SECTION("linear", LINEAR_KEYS, "perpetuals and futures"),
	SHARE("profit_weight", standard.profit_weight,
	    "what a linear profit counts"),
	SECTION("option", OPTION_KEYS, "short options"),
	SECTION("oracle", ORACLE_KEYS, "prices of low confidence"),
	NUMBER("depeg_threshold", standard.depeg_threshold,
	    "stable price below which a unit costs"),
	FACTOR("depeg_factor", standard.depeg_factor,
	    "(threshold - stable) x factor x spot, initial"),
	SHARE("base_weight", standard.base_weight, "of spot that is held"),
	SHARE("base_initial_scale", standard.base_initial_scale,
	    "that again, for initial margin"),
	{ 0 }
};

static const char *const VOL_WORDS[] = {
	[SCENARIO_VOL_NONE] = "none", [SCENARIO_VOL_UP] = "up",
	[SCENARIO_VOL_DOWN] = "down", [SCENARIO_VOL_LINEAR] = "linear",
	[SCENARIO_VOL_ABS] = "abs", NULL,
};
const struct schema_key RULESFILE_SHOCK_KEYS[] = {
	{ .name = "spot_shock", .type = SCHEMA_SIGNED, .min = 0,
	  .max = 100 * ONE, SCHEMA_ROW(scenario_shock, spot),
	  .help = "multiplier: 1.18 is up 18 %" },
	{ .name = "vol_shock", .type = SCHEMA_CHOICE, .fallback = "none",
	  .words = VOL_WORDS, SCHEMA_ROW(scenario_shock, vol),
	  .help = "linear and abs are skews" },
	{ .name = "dampening_factor", .type = SCHEMA_SIGNED, .fallback = "1",
	  .min = 0, .max = 16 * ONE - 1, SCHEMA_ROW(scenario_shock, dampening),
	  .help = "what its P&L counts" },
	{ 0 }
};

static const struct schema_key VOL_KEYS[] = {
	NUMBER("vol_range_up", scenario.vol.vol_range_up,
	    "volatility x (1 + range x (30 d / time)^power)"),
	NUMBER("vol_range_down", scenario.vol.vol_range_down,
	    "volatility x (1 - range x (30 d / time)^power)"),
	NUMBER("short_term_power", scenario.vol.short_term_power,
	    "up to 30 days"),
	NUMBER("long_term_power", scenario.vol.long_term_power,
	    "beyond 30 days"),
	NUMBER("min_vol_up_shock", scenario.vol.min_vol_up_shock,
	    "least volatility where it goes up"),
	COUNT("dte_floor_s", scenario.vol.dte_floor_s, 1, 400 * 86400,
	    "least time to expiry, seconds"),
	{ 0 }
};

static const struct schema_key SKEW_KEYS[] = {
	NUMBER("linear_base_cap", scenario.skew.linear_base_cap,
	    "cap = base cap + c x sqrt(years)"),
	NUMBER("abs_base_cap", scenario.skew.abs_base_cap,
	    "cap = base cap + c x sqrt(years)"),
	SIGNED("linear_c_base", scenario.skew.linear_c_base, "c of the cap"),
	SIGNED("abs_c_base", scenario.skew.abs_c_base, "c of the cap"),
	NUMBER("min_k_star", scenario.skew.min_k_star, "least k*"),
	NUMBER("width_scale", scenario.skew.width_scale,
	    "k* = sqrt(years) x width x (static + scale x sqrt(years))"),
	NUMBER("vol_param_static", scenario.skew.vol_param_static,
	    "static of k*"),
	SIGNED("vol_param_scale", scenario.skew.vol_param_scale,
	    "scale of k*"),
	{ 0 }
};

static const struct schema_key MARGIN_KEYS[] = {
	NUMBER("im_factor", scenario.margin.im_factor,
	    "f: initial margin of the loss"),
	NUMBER("mm_factor", scenario.margin.mm_factor,
	    "f: maintenance margin of the loss"),
	NUMBER("short_rate_mult_scale",
	    scenario.margin.short_rate_mult_scale, "of totals below zero"),
	NUMBER("long_rate_mult_scale", scenario.margin.long_rate_mult_scale,
	    "of totals above zero"),
	NUMBER("short_rate_add_scale", scenario.margin.short_rate_add_scale,
	    "of totals below zero"),
	NUMBER("long_rate_add_scale", scenario.margin.long_rate_add_scale,
	    "of totals above zero"),
	NUMBER("short_base_static_discount",
	    scenario.margin.short_base_static_discount,
	    "of totals below zero"),
	NUMBER("long_base_static_discount",
	    scenario.margin.long_base_static_discount, "of totals above zero"),
	{ 0 }
};

static const struct schema_key BASIS_KEYS[] = {
	NUMBER("scenario_spot_up", scenario.basis.scenario_spot_up,
	    "spot multiplier"),
	NUMBER("scenario_spot_down", scenario.basis.scenario_spot_down,
	    "spot multiplier"),
	NUMBER("basis_cont_add_factor",
	    scenario.basis.basis_cont_add_factor, "loss x (add + mult years)"),
	NUMBER("basis_cont_mult_factor",
	    scenario.basis.basis_cont_mult_factor,
	    "loss x (add + mult years)"),
	{ 0 }
};

static const struct schema_key CONTINGENCY_KEYS[] = {
	NUMBER("peg_loss_threshold", scenario.other.peg_loss_threshold,
	    "stable price below which f grows"),
	NUMBER("peg_loss_factor", scenario.other.peg_loss_factor,
	    "f grows by factor x (threshold - stable price), initial"),
	NUMBER("conf_threshold", scenario.other.conf_threshold,
	    "a lower confidence costs initial margin"),
	NUMBER("conf_margin", scenario.other.conf_margin,
	    "(1 - confidence) x margin x gross notional"),
	NUMBER("mm_perp_percent", scenario.other.mm_perp_percent,
	    "of the gross notional of linear contracts"),
	NUMBER("im_perp_percent", scenario.other.im_perp_percent,
	    "on top, initial"),
	NUMBER("mm_option_percent", scenario.other.mm_option_percent,
	    "of naked shorts at spot"),
	NUMBER("im_option_percent", scenario.other.im_option_percent,
	    "on top, initial"),
	NUMBER("funding_percent", scenario.extra.funding_percent,
	    "of perpetuals, 8 hours, initial"),
	NUMBER("fee_percent", scenario.extra.fee_percent,
	    "of the gross notional, initial"),
	NUMBER("short_option_minimum", scenario.extra.short_option_minimum,
	    "least requirement, of short options at spot"),
	DOLLARS("minimum_charge", scenario.extra.minimum_charge,
	    "USD; least requirement of a unit with a position"),
	{ 0 }
};

static const struct schema_key SCENARIO_KEYS[] = {
	LIST("grid", grid, RULESFILE_SHOCK_KEYS, "list of the keys below",
	    "instead of the scenarios that are not damped and no skews"),
	LIST("tails", tails, NULL, "list of the keys of grid",
	    "instead of the damped scenarios"),
	LIST("skews", skews, NULL, "list of the keys of grid",
	    "instead of the scenarios linear and abs"),
	LIST("common", common, NULL, "list of the keys of grid",
	    "moves that units share, for omega"),
	FIELD(SCHEMA_SIGNED, "omega", scenario.extra.omega, 0, ONE / 2,
	    "offset between units, at most 0.5"),
	SECTION("vol", VOL_KEYS, "volatility up and down"),
	SECTION("skew", SKEW_KEYS, "volatility around the forward"),
	SECTION("margin", MARGIN_KEYS, "factors and discounts"),
	SECTION("basis", BASIS_KEYS, "between expiries and spot"),
	SECTION("contingencies", CONTINGENCY_KEYS, "on top of the loss"),
	{ 0 }
};

const struct schema_key RULESFILE_BUCKET_KEYS[] = {
	{ .name = "name", .type = SCHEMA_TEXT,
	  SCHEMA_ROW(greeks_bucket, name), .help = "as assets' group has it" },
	{ .name = "residual", .type = SCHEMA_BOOL, .fallback = "false",
	  SCHEMA_ROW(greeks_bucket, is_residual),
	  .help = "no correlations; at most one" },
	{ .name = "curvature", .type = SCHEMA_BOOL, .fallback = "true",
	  SCHEMA_ROW(greeks_bucket, has_curvature),
	  .help = "false: volatility indices" },
	{ .name = "delta_weight", .type = SCHEMA_SIGNED, .min = 0,
	  .max = THOUSAND, SCHEMA_ROW(greeks_bucket, delta_weight),
	  .help = "percent of the underlying" },
	{ .name = "vega_weight", .type = SCHEMA_SIGNED, .min = 0,
	  .max = THOUSAND, SCHEMA_ROW(greeks_bucket, vega_weight),
	  .help = "of the volatility" },
	{ .name = "rho", .type = SCHEMA_SIGNED, .fallback = "0",
	  .min = (uint64_t)-(int64_t)ONE, .max = ONE,
	  SCHEMA_ROW(greeks_bucket, rho), .help = "between two names of it" },
	{ .name = "delta_threshold", .type = SCHEMA_DECIMAL,
	  .is_nonzero = true, SCHEMA_ROW(greeks_bucket, delta_threshold),
	  .help = "USD per 1 %; more is concentrated" },
	{ .name = "vega_threshold", .type = SCHEMA_DECIMAL,
	  .is_nonzero = true, SCHEMA_ROW(greeks_bucket, vega_threshold),
	  .help = "USD per volatility point; more is concentrated" },
	{ 0 }
};

static const struct schema_key GREEKS_KEYS[] = {
	LIST("buckets", buckets, RULESFILE_BUCKET_KEYS,
	    "list of the keys below",
	    "instead of all buckets and their correlations"),
	LIST("gamma", gamma, NULL, "map of BUCKET to maps of BUCKET to decimal",
	    "correlation between two buckets; either order"),
	NUMBER("historical_vol_ratio", greeks.historical_vol_ratio, "HVR"),
	NUMBER("horizon_days", greeks.horizon_days,
	    "calendar days of the risk weights"),
	NUMBER("weight_quantile", greeks.weight_quantile,
	    "z of the risk weights"),
	NUMBER("curvature_quantile", greeks.curvature_quantile,
	    "q of curvature; at least z"),
	YES("gamma_counted", greeks.is_gamma_counted,
	    "gamma itself beside vega-implied curvature"),
	NUMBER("taylor_error_max", greeks.taylor_error_max,
	    "a worse expansion is not signed"),
	NUMBER("taylor_floor", greeks.taylor_floor,
	    "of gross notional; smaller changes do not count"),
	NUMBER("initial_factor", greeks.initial_factor, "of the margin"),
	NUMBER("maintenance_factor", greeks.maintenance_factor,
	    "of the margin; at most the initial one"),
	{ 0 }
};

static const char *const SOURCE_WORDS[] = {
	[VAR_HISTORICAL] = "historical", [VAR_FILTERED] = "filtered",
	[VAR_SIMULATED] = "simulated", NULL,
};
static const char *const VAR_PROFILE_WORDS[] = {
	[VAR_PROFILE_MARGIND] = "margind", [VAR_PROFILE_ORE] = "ore", NULL,
};
static const struct schema_key VAR_KEYS[] = {
	CHOICE("source", var.source, SOURCE_WORDS, "of the scenarios"),
	CHOICE("profile", var.profile, VAR_PROFILE_WORDS,
	    "which profit is the quantile"),
	FIELD(SCHEMA_FACTOR, "alpha", var.alpha, 1, ONE - 1,
	    "of value at risk"),
	FIELD(SCHEMA_FACTOR, "alpha_es", var.alpha_es, 1, ONE - 1,
	    "of expected shortfall"),
	FACTOR("weight", var.weight, "of the source"),
	FACTOR("weight_stressed", var.weight_stressed,
	    "of the stress window"),
	COUNT("scenarios_min", var.scenarios_min, 1, SAMPLE_SCENARIOS_MAX,
	    "with fewer the method refuses"),
	COUNT("tail_min", var.tail_min, 1, SAMPLE_SCENARIOS_MAX,
	    "n (1 - alpha) at least, else expected shortfall"),
	COUNT("mpor", var.sample.mpor, 1, SAMPLE_SCENARIOS_MAX,
	    "periods of the history in the margin period of risk"),
	UNIT("lambda", var.sample.lambda, "of the EWMA volatility"),
	NUMBER("clamp_low", var.sample.clamp_low,
	    "volatility now over then, at least"),
	NUMBER("clamp_high", var.sample.clamp_high,
	    "volatility now over then, at most"),
	COUNT("seed_periods", var.sample.seed_periods, 1,
	    SAMPLE_SCENARIOS_MAX, "whose mean square begins the EWMA"),
	COUNT("stress_first", var.sample.stress_first, 0,
	    SAMPLE_SCENARIOS_MAX, "of a named stress window, from the oldest"),
	COUNT("stress_length", var.sample.stress_length, 0,
	    SAMPLE_SCENARIOS_MAX, "of it; 0: the worst stress_span"),
	COUNT("stress_span", var.sample.stress_span, 1,
	    SAMPLE_SCENARIOS_MAX, "periods of the worst window"),
	COUNT("draws", var.sample.draws, 1, SAMPLE_SCENARIOS_MAX,
	    "of the simulation"),
	UNIT("shrinkage", var.sample.shrinkage,
	    "delta of (1 - delta) rho + delta I"),
	COUNT("degrees", var.sample.degrees, 4, SAMPLE_DEGREES_MAX,
	    "of freedom of the t distribution; even"),
	{ 0 }
};

static const struct schema_key BUFFER_KEYS[] = {
	FACTOR("size", buffer.size, "of the margin, while it is low"),
	FACTOR("rebuild", buffer.rebuild, "a day, while it does not rise"),
	{ 0 }
};

static const struct schema_key CALL_KEYS[] = {
	FACTOR("buffer", call.buffer,
	    "of maintenance; less excess is a call"),
	FACTOR("target", call.target, "of initial that a call restores"),
	FIELD(SCHEMA_FACTOR, "haircut", call.haircut, 0, ONE - 1,
	    "of what a call is paid with"),
	FACTOR("hysteresis", call.hysteresis,
	    "of initial, to be HEALTHY again"),
	TIME("deadline", call.deadline_ms, "from the call"),
	YES("enforced", call.is_enforced,
	    "an overdue call may be liquidated to the initial level"),
	LIST("ages", ages, NULL, "list of four durations, ascending",
	    "bounds of the buckets of ageing; default 1h, 24h, 72h, 168h"),
	{ 0 }
};

static const struct schema_key STRESS_KEYS[] = {
	LIST("floors", floors, NULL, "list of names",
	    "shocks whose loss every requirement covers; margind stress lists "
	    "them; default none"),
	{ 0 }
};

static const struct schema_key RECOVERY_KEYS[] = {
	DOLLARS("critical_ratio", liquidation.recovery.critical_ratio,
	    "of the system's values; below it RECOVERY; 0: never"),
	FACTOR("hysteresis", liquidation.recovery.hysteresis,
	    "above the critical ratio, to leave it"),
	{ 0 }
};

static const struct schema_key AUCTION_KEYS[] = {
	NUMBER("buffer", liquidation.auction.buffer,
	    "of maintenance less mark value"),
	UNIT("discount_start", liquidation.auction.discount_start,
	    "share of the mark value that is bid first"),
	UNIT("discount_fast", liquidation.auction.discount_fast,
	    "share after fast_s"),
	COUNT("fast_s", liquidation.auction.fast_s, 1, UINT32_MAX, "seconds"),
	COUNT("slow_s", liquidation.auction.slow_s, 1, UINT32_MAX,
	    "seconds from there to zero"),
	COUNT("insolvent_s", liquidation.auction.insolvent_s, 1, UINT32_MAX,
	    "seconds from mark value to maintenance"),
	{ 0 }
};

static const struct schema_key AAVE_KEYS[] = {
	SHARE("close_factor", liquidation.aave.close_factor,
	    "of the account's debt"),
	DOLLARS("full_close_health", liquidation.aave.full_close_health,
	    "at or below it all of a debt"),
	DOLLARS("small_leg", liquidation.aave.small_leg,
	    "USD; a smaller leg may be closed whole"),
	DOLLARS("leftover", liquidation.aave.leftover,
	    "USD; least that may stay of both legs"),
	COUNT("base_decimals", liquidation.aave.base_decimals, 0, 18,
	    "of values"),
	{ 0 }
};

static const struct schema_key LIQUITY_KEYS[] = {
	DOLLARS("minimum_ratio", liquidation.liquity.minimum_ratio, "MCR"),
	DOLLARS("critical_ratio", liquidation.liquity.critical_ratio, "CCR"),
	DOLLARS("gas_reserve", liquidation.liquity.gas_reserve,
	    "USD, part of each debt"),
	DOLLARS("net_debt_min", liquidation.liquity.net_debt_min, "USD"),
	COUNT("gas_share", liquidation.liquity.gas_share, 1, UINT32_MAX,
	    "collateral over this pays the caller"),
	{ 0 }
};

static const struct schema_key MORPHO_KEYS[] = {
	DOLLARS("incentive_max", liquidation.morpho.incentive_max,
	    "of the liquidator"),
	DOLLARS("cursor", liquidation.morpho.cursor,
	    "1 / (1 - cursor x (1 - lltv))"),
	{ 0 }
};

static const struct schema_key EULER_KEYS[] = {
	SHARE("discount_max", liquidation.euler.discount_max,
	    "1 - health, at most"),
	{ 0 }
};

static const struct schema_key GEARBOX_KEYS[] = {
	SHARE("discount", liquidation.gearbox.discount,
	    "of the value that pays"),
	SHARE("fee_liquidation", liquidation.gearbox.fee_liquidation,
	    "of the value"),
	SHARE("fee_interest", liquidation.gearbox.fee_interest,
	    "of accrued interest"),
	{ 0 }
};

static const struct schema_key LIQUIDATION_KEYS[] = {
	DOLLARS("target_health", liquidation.target_health,
	    "what a liquidation restores; at least 1"),
	SECTION("recovery", RECOVERY_KEYS, "the system's overlay"),
	SECTION("auction", AUCTION_KEYS, "of a share of a portfolio"),
	SECTION("aave", AAVE_KEYS, "profile aave-v3"),
	SECTION("liquity", LIQUITY_KEYS, "profile liquity"),
	SECTION("morpho", MORPHO_KEYS, "profile morpho-blue"),
	SECTION("euler", EULER_KEYS, "profile euler"),
	SECTION("gearbox", GEARBOX_KEYS, "profile gearbox"),
	{ 0 }
};

static const char *const METHOD_WORDS[] = {
	[METHOD_RATIO] = "ratio", [METHOD_STANDARD] = "standard",
	[METHOD_SCENARIO] = "scenario", [METHOD_GREEKS] = "greeks",
	[METHOD_VAR] = "var", [METHOD_ES] = "es",
	[RULESFILE_METHOD_OWN] = "own", NULL,
};
const struct schema_key RULESFILE_KEYS[] = {
	{ .name = "preset", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .read = schema_keep_node, SCHEMA_ROW(rules_row, preset_node),
	  .shape = "name", .help = "the rules that the other keys change: "
	    "margind rules presets lists them" },
	{ .name = "method", .type = SCHEMA_CHOICE, .is_optional = true,
	  .words = METHOD_WORDS, SCHEMA_ROW(rules_row, method),
	  SCHEMA_HAS(rules_row, has_method),
	  .help = "of every vault; own: each vault's own" },
	{ .name = "profile", .type = SCHEMA_CUSTOM, .is_optional = true,
	  .read = schema_keep_node, SCHEMA_ROW(rules_row, profile_node),
	  .shape = "margind|aave-v3|compound-v3|maker|liquity|morpho-blue|"
	    "euler|gearbox",
	  .help = "how ratio rounds; default: the preset's, margind" },
	SECTION("price", PRICE_KEYS, "what a price must be"),
	SECTION("collateral", COLLATERAL_KEYS,
	    "haircuts of assets without ltv"),
	SECTION("standard", STANDARD_KEYS, "method standard"),
	SECTION("scenario", SCENARIO_KEYS,
	    "method scenario, in PMRM_2's names"),
	SECTION("greeks", GREEKS_KEYS, "method greeks"),
	SECTION("var", VAR_KEYS, "methods var and es"),
	SECTION("buffer", BUFFER_KEYS, "against procyclicality"),
	SECTION("call", CALL_KEYS, "states and margin calls"),
	SECTION("stress", STRESS_KEYS, "named shocks"),
	SECTION("liquidation", LIQUIDATION_KEYS, "how much is liquidated"),
	{ 0 }
};
