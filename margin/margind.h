/* margind.h - margin and risk of crypto portfolios: options, linear contracts,
 * collateral and debt.  The one public header of libmargind.
 *
 * Numbers:  exact integers, the same bits on every machine and compiler; no
 *           floating point anywhere.  margind_num is a signed decimal number
 *           with 18 decimals (1 is MARGIND_ONE); each field says its unit.
 *           USD means the currency that prices are in.  A field ending in
 *           _ppb is a share in parts per billion (1 is 1000000000).
 * Rounding: against the account where nothing else is said: values, gains and
 *           margins down (floor), debts, losses and requirements up (ceil).
 * Errors:   what the input makes impossible comes back as enum margind_err,
 *           and then no output has been written.  No number wraps: one that
 *           does not fit its type is MARGIND_ERR_RANGE.  Pointers must not be
 *           NULL, except to an array whose count is zero.  A broken invariant
 *           of the library itself ends the process (a trap), as no margin is
 *           better than a wrong one.
 * Owns:     nothing.  The library allocates nothing, keeps no pointer after a
 *           call, and has no state of its own: no globals, files, clock, locale
 *           or random numbers.
 * Threads:  every function may run in any number of threads at once; a rules
 *           object may be shared by threads that only read it.
 * Stack:    at most 256 KiB.
 * Versions: semantic; before 1.0.0 a minor version may change the interface.
 *           Zero a struct before filling it, so that fields you do not name
 *           say "none".
 * Needs:    __int128 (gcc or clang, 64 bit); C99 or C++11.
 */
#ifndef MARGIND_H
#define MARGIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MARGIND_API __attribute__((visibility("default")))
#define MARGIND_CHECK __attribute__((visibility("default"), warn_unused_result))

/* ---- version ------------------------------------------------------------ */

#define MARGIND_VERSION_MAJOR 0
#define MARGIND_VERSION_MINOR 1
#define MARGIND_VERSION_PATCH 0

/* margind_version: "major.minor.patch" of the library that is loaded, a static
 * string. */
MARGIND_API const char *margind_version(void);

/* ---- errors ------------------------------------------------------------- */

enum margind_err {
	MARGIND_OK = 0,
	MARGIND_ERR_SYNTAX = 1,	/* text that is no number */
	MARGIND_ERR_RANGE = 2,	/* a number outside its type or its bound */
	MARGIND_ERR_LIMIT = 3,	/* more items than the declared maximum */
	MARGIND_ERR_UNKNOWN = 4,	/* a name or index that is not there */
	MARGIND_ERR_MISSING = 5,	/* something needed is absent */
	MARGIND_ERR_DUPLICATE = 6,	/* the same thing twice */
	MARGIND_ERR_UNIT = 7,	/* units that do not match */
	MARGIND_ERR_QUORUM = 8,	/* too few observations */
	MARGIND_ERR_REFUSED = 9,	/* the method does not hold here */
	MARGIND_ERR_PLACE = 10,	/* memory too small or not aligned */
};

/* margind_err_name: "ok", "syntax", ..., a static string; "invalid" for a
 * number that is no error. */
MARGIND_API const char *margind_err_name(enum margind_err e);

/* ---- numbers ------------------------------------------------------------ */

__extension__ typedef __int128 margind_num;
/* A token's smallest units. */
__extension__ typedef unsigned __int128 margind_atoms;

#define MARGIND_ONE ((margind_num)1000000000000000000)
/* A ratio over nothing; the largest finite one is a unit less. */
#define MARGIND_INFINITE ((margind_num)(~(margind_atoms)0 >> 1))
#define MARGIND_TEXT_SIZE 48	/* longest text written, with its NUL */

/* margind_from_text reads a decimal number ("-0.05", "2000"; JSON's grammar
 * without an exponent) of at most 64 characters.  Exact: a digit other than
 * zero beyond the 18th decimal is MARGIND_ERR_RANGE.  MARGIND_ERR_SYNTAX. */
MARGIND_CHECK enum margind_err margind_from_text(margind_num *out,
    const char *text);
/* margind_to_text writes the shortest exact form and its NUL; returns its
 * length.  It reads back as the same number. */
MARGIND_API size_t margind_to_text(char buf[MARGIND_TEXT_SIZE],
    margind_num v);

/* ---- rules -------------------------------------------------------------- */

/* Every parameter of the margin methods.  Placed by the caller: as many bytes
 * as margind_rules_size says, aligned for margind_num (malloc is). */
struct margind_rules;

MARGIND_API size_t margind_rules_size(void);
/* margind_rules_init makes rules in mem, with margind's defaults; *out is mem.
 * The object ends with its memory; there is nothing to free.
 * MARGIND_ERR_PLACE. */
MARGIND_CHECK enum margind_err margind_rules_init(struct margind_rules **out,
    void *mem, size_t size);
/* margind_rules_preset replaces everything with the rules of a system, such as
 * "derive-pmrm2" or "isda-simm".  MARGIND_ERR_UNKNOWN.
 * Source: the systems' published contracts and documents. */
MARGIND_CHECK enum margind_err margind_rules_preset(struct margind_rules *r,
    const char *name);
/* The presets' names and what each sets, one line; static strings in a fixed
 * order, NULL from their number on. */
MARGIND_API const char *margind_preset_name(size_t i);
MARGIND_API const char *margind_preset_what(size_t i);

/* margind_rules_set sets one number, by the key that it has in margind's
 * rules.yaml: "scenario.margin.im_factor", "buffer.size", "var.alpha".
 * Shares have at most 9 decimals, counts none.  The rules are as before
 * unless the answer is MARGIND_OK.  MARGIND_ERR_UNKNOWN (key),
 * MARGIND_ERR_RANGE (value, or the rules as a whole). */
MARGIND_CHECK enum margind_err margind_rules_set(struct margind_rules *r,
    const char *key, margind_num value);
/* The keys that margind_rules_set knows, as margind_preset_name. */
MARGIND_API const char *margind_rules_key(size_t i);

/* How a scenario moves volatility; the skews turn it around the forward. */
enum margind_vol_shock {
	MARGIND_VOL_NONE = 0,
	MARGIND_VOL_UP = 1,
	MARGIND_VOL_DOWN = 2,
	MARGIND_VOL_SKEW_LINEAR = 3,
	MARGIND_VOL_SKEW_ABS = 4,
};
struct margind_scenario {
	margind_num spot;	/* multiplier, at least zero: 0.85 is -15 % */
	enum margind_vol_shock vol;
	margind_num dampening;	/* what its profit or loss counts, 0 .. 16 */
};
#define MARGIND_SCENARIOS_MAX 64

/* margind_rules_scenario: one scenario of the grid; MARGIND_ERR_UNKNOWN from
 * the number of scenarios on. */
MARGIND_CHECK enum margind_err margind_rules_scenario(
    struct margind_scenario *out, const struct margind_rules *r, size_t i);
/* margind_rules_set_scenarios replaces the grid.  MARGIND_ERR_MISSING (none),
 * MARGIND_ERR_LIMIT (above MARGIND_SCENARIOS_MAX), MARGIND_ERR_RANGE. */
MARGIND_CHECK enum margind_err margind_rules_set_scenarios(
    struct margind_rules *r, const struct margind_scenario *scenario,
    size_t count);

/* margind_rules_hash writes the 32 bytes that stand for these rules:
 * keccak256 of every parameter.  Equal rules have equal hashes. */
MARGIND_API void margind_rules_hash(uint8_t out[32],
    const struct margind_rules *r);

/* ---- options ------------------------------------------------------------ */

/* A European option on a forward. */
struct margind_option {
	margind_num forward, strike;	/* USD, at least zero */
	margind_num vol;	/* a year, at least zero: 0.6 is 60 % */
	margind_num tau;	/* years, at least zero */
	margind_num discount;	/* e^(-r tau), at least zero */
	bool is_call;
};
/* All in USD per unit of the underlying, of the discounted price with respect
 * to the forward. */
struct margind_greeks {
	margind_num price;
	margind_num delta;	/* per 1 of the forward */
	margind_num gamma;	/* change of delta per 1 of the forward */
	margind_num vega;	/* per 1.00 of volatility */
	margind_num theta;	/* per year, the forward held still */
};

/* margind_tau: milliseconds in years of 365 days, to nearest. */
MARGIND_API margind_num margind_tau(uint64_t ms);
/* margind_option_price: Black-76, USD per unit, to nearest: within 5e-19 of
 * the forward and a unit of the last place; call - put = discount (forward -
 * strike).  MARGIND_ERR_RANGE.
 * Source: Black, "The pricing of commodity contracts", 1976. */
MARGIND_CHECK enum margind_err margind_option_price(margind_num *out,
    const struct margind_option *o);
/* margind_option_greeks: the price and its derivatives, to nearest.
 * MARGIND_ERR_RANGE. */
MARGIND_CHECK enum margind_err margind_option_greeks(
    struct margind_greeks *out, const struct margind_option *o);
/* margind_option_implied_vol: the least volatility at which the price is at
 * least `price` (USD per unit); o->vol is not read.  MARGIND_ERR_RANGE where
 * the price is not strictly between the no-arbitrage bounds, or tau or
 * discount is zero. */
MARGIND_CHECK enum margind_err margind_option_implied_vol(margind_num *out,
    const struct margind_option *o, margind_num price);

/* Raw SVI: total variance w(k) = a + b (rho (k - m) + sqrt((k - m)^2 +
 * sigma^2)), k = ln(strike / forward). */
struct margind_svi {
	margind_num a, b, rho, m, sigma;
	margind_num forward;	/* USD, above zero */
	margind_num tau;	/* years, above zero */
};
/* margind_svi_vol: sqrt(w / tau), a year, products floor; |k| at most 4 sqrt(a
 * + b sigma), a negative variance is zero.  MARGIND_ERR_RANGE.
 * Source: Gatheral, "A parsimonious arbitrage-free implied volatility
 * parameterization", 2004. */
MARGIND_CHECK enum margind_err margind_svi_vol(margind_num *out,
    const struct margind_svi *s, margind_num strike);

/* ---- collateral against debt (`ratio`) ---------------------------------- */

/* A token held as collateral, or owed. */
struct margind_leg {
	uint32_t asset;		/* your number for the token; at most once
				 * among collateral, once among debt */
	uint32_t decimals;	/* of the token, at most 30 */
	margind_atoms atoms;
	margind_num price;	/* USD per whole token, at least zero */
	margind_num initial_price;	/* for initial margin: the least (debt:
					 * largest) price that is known */
	/* Collateral: share of the value that counts, at most one.
	 * Debt: multiple of it that must be covered. */
	uint32_t maintenance_ppb;
	uint32_t initial_ppb;
};
struct margind_account {
	const struct margind_leg *collateral;
	size_t collateral_count;
	const struct margind_leg *debt;
	size_t debt_count;
};
#define MARGIND_LEGS_MAX 256	/* of either kind */

/* USD; ratios are 1 for 100 %. */
struct margind_ratio {
	margind_num collateral_value;	/* each leg floor */
	margind_num debt_value;		/* each leg ceil */
	margind_num equity;		/* their difference */
	margind_num weighted_collateral;	/* by maintenance_ppb; floor */
	margind_num weighted_debt;		/* ceil */
	margind_num excess;		/* their difference: below zero the
					 * account is liquidatable */
	margind_num initial_excess;	/* the same by initial price and share:
					 * at least zero after a new loan */
	margind_num health;	/* weighted collateral / weighted debt, floor;
				 * to look at; decide by the excess */
	margind_num collateralization_ratio;	/* collateral / debt, floor;
						 * infinite without debt */
	margind_num loan_to_value;	/* debt / collateral, ceil */
};
/* margind_ratio_evaluate: MARGIND_ERR_LIMIT, MARGIND_ERR_DUPLICATE,
 * MARGIND_ERR_RANGE.
 * Source: the valuation shared by Aave, Compound, Morpho and others, rounded
 * against the account at each leg. */
MARGIND_CHECK enum margind_err margind_ratio_evaluate(
    struct margind_ratio *out, const struct margind_account *a);

/* The prices of one asset at which the maintenance excess is zero, the others
 * standing still; each exists only if some price above zero changes the
 * sign. */
struct margind_liquidation_price {
	bool has_below, has_above;
	margind_num below;	/* liquidatable under it; ceil */
	margind_num above;	/* liquidatable over it; floor */
};
/* margind_ratio_liquidation_price: the asset's own prices are not read.
 * MARGIND_ERR_UNKNOWN where the account has no such asset, MARGIND_ERR_UNIT
 * where it is held and owed with different decimals; as
 * margind_ratio_evaluate. */
MARGIND_CHECK enum margind_err margind_ratio_liquidation_price(
    struct margind_liquidation_price *out, const struct margind_account *a,
    uint32_t asset);

struct margind_liquidation_terms {
	margind_num target_health;	/* to be restored, above zero */
	uint32_t bonus_ppb;	/* of the collateral, for the liquidator */
	uint32_t close_factor_ppb;	/* of the debt, at most one */
	margind_num dust;	/* USD; the least debt that may stay */
};
struct margind_liquidation {
	margind_num repay;	/* USD of the debt, ceil; zero at the target
				 * already */
	margind_num seize;	/* USD of the collateral, floor */
	margind_atoms repay_atoms;	/* ceil, at most what is owed */
	margind_atoms seize_atoms;	/* floor, at most what is held */
	bool is_full;	/* all of the debt is asked for: seizing cannot heal
			 * the account, or the rest would be dust */
};
/* margind_ratio_liquidation: how much of one debt must be repaid against one
 * collateral so that the health is the target: ceil((H sum D b - W) / (H b_j -
 * (1 + bonus) LT_c)), capped by the close factor and by what the collateral
 * pays for.  MARGIND_ERR_UNKNOWN where the account lacks one of the two; as
 * margind_ratio_evaluate. */
MARGIND_CHECK enum margind_err margind_ratio_liquidation(
    struct margind_liquidation *out, const struct margind_account *a,
    uint32_t debt_asset, uint32_t collateral_asset,
    const struct margind_liquidation_terms *terms);

/* ---- contract by contract (`standard`) ---------------------------------- */

/* Margin as a share of the slice of the notional between the tier before and
 * up_to; what lies above the last tier takes its shares. */
struct margind_tier {
	margind_num up_to;	/* USD, strictly ascending, above zero */
	uint32_t initial_ppb;
	uint32_t maintenance_ppb;	/* at most initial_ppb */
};
#define MARGIND_TIERS_MAX 16

/* A perpetual or future.  Linear: multiplier units of the underlying a
 * contract, settled in USD; inverse: multiplier USD, settled in the
 * underlying. */
struct margind_contract {
	bool is_inverse;
	margind_num size;	/* contracts, below zero: short */
	margind_num multiplier;	/* above zero */
	margind_num bids, asks;	/* open orders, contracts, each at least zero;
				 * the worse side counts */
	margind_num entry, mark, index;	/* USD */
	margind_num funding;	/* owed; USD, inverse: the underlying */
	margind_num open_interest;	/* USD, of the market; 0: no scaling */
	margind_num leverage;	/* the user's own bound; 0: none */
	margind_num confidence;	/* of the prices, 0 .. 1 (1: sure) */
	const struct margind_tier *tier;
	size_t tier_count;	/* at least 1 */
};
/* margind_contract_liquidation_price: the contract's price at which the account
 * is liquidatable, all else fixed: rest is the equity without this contract's
 * profit, less the requirement of everything else (USD; inverse: the
 * underlying); maintenance_ppb the share of the notional that the contract
 * itself must have, 0 for the bankruptcy price.  size, multiplier, entry and
 * is_inverse are read.  MARGIND_ERR_UNKNOWN for a size of zero,
 * MARGIND_ERR_RANGE. */
MARGIND_CHECK enum margind_err margind_contract_liquidation_price(
    struct margind_liquidation_price *out, const struct margind_contract *c,
    margind_num rest, uint32_t maintenance_ppb);

struct margind_standard_option {
	margind_num strike;
	margind_num amount;	/* units of the underlying, below zero: short */
	margind_num mark;	/* USD a unit */
	margind_num confidence;	/* of its volatility */
	bool is_call;
};
/* The options of one underlying and one expiry. */
struct margind_expiry_group {
	margind_num forward, spot;	/* USD */
	margind_num confidence;	/* the least of the two */
	const struct margind_standard_option *option;
	size_t option_count;
};
/* The underlying itself, held or (below zero) owed. */
struct margind_holding {
	margind_num amount, price, confidence;
};
struct margind_standard_account {
	margind_num cash;	/* USD */
	margind_num stable;	/* price of the cash; MARGIND_ONE where it
				 * holds its peg */
	const struct margind_contract *contract;
	size_t contract_count;
	const struct margind_expiry_group *group;
	size_t group_count;
	const struct margind_holding *holding;
	size_t holding_count;
};
#define MARGIND_CONTRACTS_MAX 64
#define MARGIND_GROUPS_MAX 64
#define MARGIND_OPTIONS_MAX 256	/* of all groups */
#define MARGIND_HOLDINGS_MAX 64

/* USD. */
struct margind_standard {
	margind_num requirement_initial, requirement_maintenance;	/* ceil,
								 * >= 0 */
	margind_num equity_initial, equity_maintenance;	/* cash, weighted
				 * profit, weighted holdings; floor */
	margind_num margin_initial, margin_maintenance;	/* equity less
				 * requirement; below zero: too little */
	margind_num linear_value, option_value, holding_value;	/* floor; marks
				 * of options are not in the equity */
	margind_num contingency, depeg;	/* in the initial requirement */
};
/* margind_standard_evaluate: MARGIND_ERR_LIMIT, MARGIND_ERR_RANGE,
 * MARGIND_ERR_MISSING (a contract without tiers).
 * Source: Derive v2-core StandardManager; tiers and leverage as dYdX v4,
 * Hyperliquid and Drift v2 have them (presets). */
MARGIND_CHECK enum margind_err margind_standard_evaluate(
    struct margind_standard *out, const struct margind_rules *r,
    const struct margind_standard_account *a);

/* ---- the portfolio as a whole (`scenario`) ------------------------------ */

struct margind_expiry {
	margind_num tau;	/* years of 31,536,000 s */
	uint64_t seconds;	/* to expiry; 0: expired, no shocks */
	margind_num forward;	/* USD; of the part that still moves, with its
				 * weight in a settlement window */
	margind_num forward_fixed;	/* of the part that is settled; 0
					 * outside of a window */
	margind_num rate;	/* a year; below zero counts as zero */
	margind_num confidence;	/* 0 .. 1; 1: sure */
};
struct margind_unit_option {
	uint32_t expiry;	/* index */
	bool is_call;
	margind_num strike;	/* USD */
	margind_num amount;	/* units of the underlying, below zero: short */
	margind_num vol;	/* a year, at least zero */
	margind_num confidence;
};
enum margind_linear_kind {
	MARGIND_PERP = 0,
	MARGIND_FUTURE = 1,
	MARGIND_SPOT = 2,	/* amount * price is value as well */
};
#define MARGIND_NO_EXPIRY UINT32_MAX
struct margind_unit_linear {
	enum margind_linear_kind kind;
	uint32_t expiry;	/* of a future, else MARGIND_NO_EXPIRY */
	margind_num amount;	/* units of the underlying, below zero: short */
	margind_num price;	/* USD */
	margind_num confidence;
};
struct margind_unit_collateral {
	margind_num amount;	/* whole units, at least zero */
	margind_num price;	/* USD */
	margind_num confidence;
	bool is_risk_cancelling;	/* moves with the unit's spot */
	margind_num maintenance_haircut;	/* share of its value */
	margind_num initial_haircut;	/* on top */
};
/* Everything of an account that one underlying moves. */
struct margind_unit {
	margind_num spot;	/* USD */
	margind_num spot_confidence;
	margind_num stable;	/* USD per unit of cash; above zero */
	margind_num beta;	/* to the moves that units share; 1 where none
				 * is known */
	margind_num cash;	/* USD */
	margind_num linear_pnl;	/* unrealised, less funding owed; USD */
	const struct margind_expiry *expiry;
	size_t expiry_count;
	const struct margind_unit_option *option;
	size_t option_count;
	const struct margind_unit_linear *linear;
	size_t linear_count;
	const struct margind_unit_collateral *collateral;
	size_t collateral_count;
};
#define MARGIND_EXPIRIES_MAX 64
#define MARGIND_LINEARS_MAX 256
#define MARGIND_COLLATERALS_MAX 64
#define MARGIND_COMMON_MAX 32

/* USD; contingencies ceil. */
struct margind_contingency {
	margind_num linear, option, collateral, confidence;
};
struct margind_portfolio {
	margind_num cash, linear_value, option_value, collateral_value;
	margind_num value;	/* their sum: cash plus mark to market; floor */
	uint32_t pnl_count;	/* scenarios of the rules */
	margind_num pnl[MARGIND_SCENARIOS_MAX];	/* by scenario, floor */
	margind_num basis;	/* loss between expiries and spot, at most 0 */
	uint32_t worst;	/* scenario; pnl_count: the basis.  Of equals the
			 * basis, then the first */
	margind_num loss;	/* at least zero */
	margind_num initial_factor, maintenance_factor;	/* of the loss */
	struct margind_contingency maintenance_contingency;
	struct margind_contingency initial_contingency;	/* on top */
	margind_num initial_charges;	/* funding and fees */
	margind_num floor;	/* the least requirement */
	margind_num requirement_initial, requirement_maintenance;
	margind_num margin_initial, margin_maintenance;	/* value less
				 * requirement; below zero: too little */
	uint32_t common_count;	/* shared moves; 0 where omega is 0 */
	margind_num common_pnl[MARGIND_COMMON_MAX];
};
/* margind_portfolio_evaluate: full revaluation of the unit in each scenario of
 * the rules.  MARGIND_ERR_LIMIT (a count), MARGIND_ERR_UNKNOWN (an expiry's
 * index), MARGIND_ERR_RANGE.
 * Source: Derive PMRM_2 (preset "derive-pmrm2", the default); Deribit's
 * portfolio margin (preset "deribit"). */
MARGIND_CHECK enum margind_err margind_portfolio_evaluate(
    struct margind_portfolio *out, const struct margind_rules *r,
    const struct margind_unit *u);

/* USD. */
struct margind_total {
	margind_num value, loss;
	margind_num requirement_initial, requirement_maintenance;
	margind_num margin_initial, margin_maintenance;
};
#define MARGIND_UNITS_MAX 16
/* margind_portfolio_combine: several units of one account, results of the same
 * rules: (1 - omega) sum L + omega max over the shared moves, rules key
 * scenario.omega.  MARGIND_ERR_LIMIT (above MARGIND_UNITS_MAX),
 * MARGIND_ERR_RANGE (also for a result that no rules can give). */
MARGIND_CHECK enum margind_err margind_portfolio_combine(
    struct margind_total *out, const struct margind_rules *r,
    const struct margind_portfolio *const *unit, size_t count);

/* ---- sensitivities (`greeks`) ------------------------------------------- */

enum margind_risk_class {
	MARGIND_DELTA = 0,	/* USD per 1 % of the underlying */
	MARGIND_VEGA = 1,	/* USD per volatility point (0.01) */
	MARGIND_GAMMA = 2,	/* change of the dollar delta per 1 % */
};
struct margind_sensitivity {
	enum margind_risk_class risk_class;
	uint32_t bucket;	/* margind_bucket_find */
	uint32_t name;		/* your number for the underlying */
	margind_num expiry_days;	/* calendar days; vega: above zero */
	margind_num amount;	/* USD, the account's own sign */
};
#define MARGIND_SENSITIVITIES_MAX 1024

/* USD. */
struct margind_greeks_margin {
	margind_num delta, vega, curvature;	/* ceil */
	margind_num total;
	margind_num requirement_initial, requirement_maintenance;
	margind_num gamma_exposure;	/* sum of the gammas given */
	bool is_gamma_larger;	/* curvature is that of gamma itself, not the
				 * one that vega implies */
};
/* margind_bucket_find: the index of the rules' bucket of that name ("majors",
 * "l1", "defi", "meme", "stable", "residual"; preset "isda-simm": "1" to "12",
 * "Residual").  MARGIND_ERR_UNKNOWN. */
MARGIND_CHECK enum margind_err margind_bucket_find(uint32_t *out,
    const struct margind_rules *r, const char *name);
/* margind_greeks_evaluate: aggregation as in ISDA SIMM over delta, vega and
 * curvature, from the account's own sensitivities (short gamma costs);
 * several of one class, bucket and name add up, in any order with the same
 * result.  It is an expansion: margind_taylor_check tells whether it holds for
 * a portfolio.  MARGIND_ERR_LIMIT, MARGIND_ERR_RANGE.
 * Source: ISDA SIMM methodology 2.5, 2022, section B. */
MARGIND_CHECK enum margind_err margind_greeks_evaluate(
    struct margind_greeks_margin *out, const struct margind_rules *r,
    const struct margind_sensitivity *list, size_t count);

/* The change of a portfolio's value under one move, by its greeks and by full
 * revaluation. */
struct margind_taylor {
	margind_num move;	/* of the underlying: 0.1 is +10 % */
	margind_num vol_points;	/* 1 is 0.01 of volatility */
	margind_num days;
	margind_num delta;	/* USD per 1.00 of relative move */
	margind_num gamma;	/* change of delta per 1 % */
	margind_num vega;	/* USD per volatility point */
	margind_num theta;	/* USD per day */
	margind_num full;	/* USD, the change by full revaluation */
	margind_num gross_notional;	/* USD, at least zero */
};
/* margind_taylor_check: the largest error of the moves, |delta d + 1/2 gamma
 * d^2 + vega dv + theta dt - full| / max(|full|, greeks.taylor_floor * gross
 * notional), ceil; *holds where it is at most greeks.taylor_error_max (0.1):
 * above it the margin by greeks should not be relied on.
 * MARGIND_ERR_RANGE. */
MARGIND_CHECK enum margind_err margind_taylor_check(margind_num *error,
    bool *holds, const struct margind_rules *r,
    const struct margind_taylor *move, size_t count);

/* ---- value at risk, expected shortfall ---------------------------------- */

#define MARGIND_PNL_MAX 4096

/* margind_var: max(0, -s[k - 1]) of the ordered profits s, k = max(1,
 * floor(n (1 - alpha))), rules key var.alpha (default 0.99).  pnl: USD, a
 * profit above zero, n of them; scratch: the caller's, n places, its content
 * is lost even on failure.  MARGIND_ERR_LIMIT (n above MARGIND_PNL_MAX),
 * MARGIND_ERR_QUORUM (n below var.scenarios_min), MARGIND_ERR_REFUSED (n (1 -
 * alpha) below var.tail_min: use margind_es), MARGIND_ERR_RANGE. */
MARGIND_CHECK enum margind_err margind_var(margind_num *out,
    const struct margind_rules *r, const margind_num *pnl, size_t n,
    margind_num *scratch);
/* margind_es: max(0, ceil(-mean(s[0 .. k - 1]))) at var.alpha_es (default
 * 0.975); the rest as margind_var.
 * Source: Acerbi and Tasche, "On the coherence of expected shortfall", 2002. */
MARGIND_CHECK enum margind_err margind_es(margind_num *out,
    const struct margind_rules *r, const margind_num *pnl, size_t n,
    margind_num *scratch);

/* ---- procyclicality and backtesting ------------------------------------- */

/* What the buffer knows of the day before; zero it before the first. */
struct margind_buffer {
	bool is_started;
	margind_num margin;	/* USD, without the buffer */
	margind_num buffered;	/* USD, the initial margin to ask for */
};
/* margind_buffer_step: one day.  buffered = max(M, min((1 + size) M, buffered
 * g)), g = 1 while M rises, 1 + rebuild otherwise; ceil; the first day is
 * (1 + size) M.  Rules keys buffer.size (0.25), buffer.rebuild (0.02).
 * MARGIND_ERR_RANGE (M below zero).
 * Source: EU regulation 153/2013 (EMIR), article 28. */
MARGIND_CHECK enum margind_err margind_buffer_step(struct margind_buffer *b,
    const struct margind_rules *r, margind_num margin);

struct margind_kupiec {
	margind_num statistic;	/* LR_pof, to nearest */
	margind_num p_value;	/* chi-square of one degree of freedom */
};
/* margind_kupiec_test: whether `exceptions` losses above margin in
 * `observations` that do not overlap agree with the probability p of one,
 * 0 < p < 1: LR_pof = -2 ln((1-p)^(T-x) p^x / ((1-x/T)^(T-x) (x/T)^x)); above
 * 3.841 it is rejected at 95 %.  At most 1,000,000 observations
 * (MARGIND_ERR_LIMIT), none is MARGIND_ERR_MISSING; MARGIND_ERR_RANGE.
 * Source: Kupiec, "Techniques for verifying the accuracy of risk measurement
 * models", 1995. */
MARGIND_CHECK enum margind_err margind_kupiec_test(struct margind_kupiec *out,
    uint32_t observations, uint32_t exceptions, uint32_t p_ppb);

#ifdef __cplusplus
}
#endif

#endif
