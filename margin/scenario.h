/* margin/scenario.h - the `scenario` method: what a risk unit loses when its
 * base factor, its volatilities and their skew move as a grid says.
 *
 * One unit is everything that one base factor moves.  Its options are worth
 * M_e(s) at expiry e under scenario s, its linear contracts and the collateral
 * that cancels risk move with the spot; then
 *
 *	PnL(s) = d_s [sum q p (x_s - 1) + sum_e (disc_e(M_e(s)) - M_e(0))]
 *	L      = -min(basis, min_s PnL(s)), basis <= 0
 *	margin = value - f L - contingencies
 *
 * disc_e multiplies a total above zero by a discount below one and a total
 * below zero by a mark-up.  A skew scenario moves options only, and each
 * expiry counts with -|PnL|.  An expired option is worth its intrinsic value
 * and is neither shocked nor discounted.
 *
 * Units:  usd18 in units of the cash (`stable`), px18, num18.  Owns nothing,
 *         allocates nothing, no floating point; the same bits everywhere.
 * Rounding: margin/scenario_table.h has it step by step.  One contract's
 *         value is rounded to nearest at the unit's `decimals`, sums are
 *         exact, and then everything goes against the account: gains, values
 *         and margins floor, losses and requirements ceil.
 * Limits: the counts below; a discount or dampening of 16 or more, a basis
 *         factor of 64 or more, a value or sum that does not fit: ERR_RANGE.
 * Source: margin-model 1.5 and 3.3; the parameters carry the names of Derive's
 *         PMRM_2 (derivexyz/v2-core@7736900d).
 */
#ifndef MARGIN_SCENARIO_H
#define MARGIN_SCENARIO_H

#include "base/fixed.h"
#include "base/types.h"

#define SCENARIO_SHOCKS_MAX 64u
#define SCENARIO_COMMON_MAX 32u
#define SCENARIO_EXPIRIES_MAX 64u
#define SCENARIO_OPTIONS_MAX 256u
#define SCENARIO_LINEARS_MAX 256u
#define SCENARIO_COLLATERALS_MAX 64u
#define SCENARIO_UNITS_MAX 64u
#define SCENARIO_DECIMALS_MAX 18u

/* How a scenario moves volatility.  The two skews turn it around the forward:
 * by k = ln(K / F), or by |k|. */
enum scenario_vol {
	SCENARIO_VOL_NONE, SCENARIO_VOL_UP, SCENARIO_VOL_DOWN,
	SCENARIO_VOL_LINEAR, SCENARIO_VOL_ABS,
};

struct scenario_shock {
	struct num18 spot;	/* multiplier x, at least zero */
	enum scenario_vol vol;
	struct num18 dampening;	/* d, in [0, 16) */
};

/* Volatility up: x (1 + vol_range_up m), at least min_vol_up_shock; down:
 * x max(0, 1 - vol_range_down m); m = (30 d / max(time, dte_floor)) ^
 * (time <= 30 d ? short_term_power : long_term_power). */
struct scenario_vol_rules {
	struct num18 vol_range_up, vol_range_down;
	struct num18 short_term_power, long_term_power;
	struct num18 min_vol_up_shock;
	uint64_t dte_floor_s;
};

/* Skew: x max(0, 1 + clamp(k cap / k*, -cap, cap)), cap = base_cap + c_base
 * sqrt(tau), k* = max(min_k_star, width_scale sqrt(tau) (vol_param_static +
 * vol_param_scale sqrt(tau))). */
struct scenario_skew_rules {
	struct num18 linear_base_cap, abs_base_cap;
	struct num18 linear_c_base, abs_c_base;
	struct num18 min_k_star, width_scale;
	struct num18 vol_param_static, vol_param_scale;
};

/* f, and the discounts: long (a total above zero) base exp(-tau (r mult +
 * add)), short min(exp(tau r), base exp(tau (r mult + add))); r at least 0. */
struct scenario_margin_rules {
	struct num18 im_factor, mm_factor;
	struct num18 short_rate_mult_scale, long_rate_mult_scale;
	struct num18 short_rate_add_scale, long_rate_add_scale;
	struct num18 short_base_static_discount, long_base_static_discount;
};

/* basis = sum_e min(M_e(up) - M_e(0), M_e(down) - M_e(0), 0) * (add + mult
 * tau), without discounts. */
struct scenario_basis_rules {
	struct num18 scenario_spot_up, scenario_spot_down;
	struct num18 basis_cont_add_factor, basis_cont_mult_factor;
};

/* Initial percentages and charges come on top of the maintenance ones. */
struct scenario_other_rules {
	/* im_factor grows by factor * (threshold - stable price). */
	struct num18 peg_loss_threshold, peg_loss_factor;
	/* Below the threshold a confidence c costs, initially, (1 - c) *
	 * conf_margin of the gross notional at spot. */
	struct num18 conf_threshold, conf_margin;
	/* Of the gross notional of linear contracts at spot. */
	struct num18 mm_perp_percent, im_perp_percent;
	/* Of the naked shorts (per expiry and strike, calls and puts net) at
	 * spot. */
	struct num18 mm_option_percent, im_option_percent;
};

/* What margind adds; all zero by default. */
struct scenario_extra_rules {
	/* Initial only, of the gross notional at spot: funding of 8 h on
	 * perpetuals, fees on linear contracts and options. */
	struct num18 funding_percent, fee_percent;
	/* The requirement, initial and maintenance, is at least
	 * short_option_minimum of the short options' notional at spot, plus
	 * minimum_charge where the unit has any position. */
	struct num18 short_option_minimum;
	struct usd18 minimum_charge;
	/* Offset between units, 0 .. 0.5: scenario_combine.  A common move m
	 * is spot - 1; a unit moves by its beta times m. */
	struct num18 omega;
};

struct scenario_rules {
	uint32_t shock_count;	/* at least 1 */
	struct scenario_shock shock[SCENARIO_SHOCKS_MAX];
	uint32_t common_count;
	struct scenario_shock common[SCENARIO_COMMON_MAX];	/* no skew */
	struct scenario_vol_rules vol;
	struct scenario_skew_rules skew;
	struct scenario_margin_rules margin;
	struct scenario_basis_rules basis;
	struct scenario_other_rules other;
	struct scenario_extra_rules extra;
};

/* scenario_rules_default: Derive's PMRM_2 in production (31 scenarios), and
 * its 23 undamped spot and volatility moves as common moves with omega 0. */
void scenario_rules_default(struct scenario_rules *r);
/* scenario_rules_check: ERR_RANGE for a number outside its bound, ERR_LIMIT
 * for a count beyond its maximum, ERR_MISSING without a shock. */
MUST_CHECK enum err scenario_rules_check(const struct scenario_rules *r);

/* ---- one risk unit ------------------------------------------------------ */

struct scenario_expiry {
	struct num18 tau;	/* years of 31,536,000 s */
	uint64_t seconds;	/* to expiry; 0: expired, no shocks */
	/* F = fixed + x * variable; in a settlement window both already carry
	 * their weights, expired all of it is fixed. */
	struct px18 forward_variable, forward_fixed;
	struct num18 rate;	/* below zero counts as zero */
	struct num18 confidence;	/* least of forward's and rate's */
};

struct scenario_option {
	uint32_t expiry;	/* index */
	bool is_call;
	struct px18 strike;
	struct num18 amount;	/* contracts times multiplier; below 0: short */
	struct num18 vol;	/* at least zero */
	struct num18 confidence;
};

enum scenario_linear_kind { SCENARIO_PERP, SCENARIO_FUTURE, SCENARIO_SPOT };
#define SCENARIO_NO_EXPIRY UINT32_MAX

/* A contract that is linear in USD.  An inverse contract of Q USD entered at
 * e is one as well: Q / e units of the underlying at the index price, as
 * Q (1/e - 1/p) index moves by (Q / e) index (x - 1). */
struct scenario_linear {
	enum scenario_linear_kind kind;	/* SPOT: amount * price is value */
	uint32_t expiry;	/* of a future: only the variable share of its
				 * forward moves; else SCENARIO_NO_EXPIRY */
	struct num18 amount;
	struct px18 price;
	struct num18 confidence;
};

struct scenario_collateral {
	struct num18 amount;	/* at least zero, whole units */
	struct px18 price;	/* USD */
	struct num18 confidence;
	bool is_risk_cancelling;	/* moves with the unit's spot */
	struct num18 mm_haircut, im_haircut;	/* the second on top */
};

struct scenario_unit {
	struct px18 spot;
	struct num18 spot_confidence;
	struct px18 stable;	/* USD per unit of cash; above zero */
	struct num18 beta;	/* to the common moves; 1 where none is known */
	struct usd18 cash;
	struct usd18 linear_pnl;	/* unrealised P&L less funding owed */
	uint32_t expiry_count, option_count, linear_count, collateral_count;
	const struct scenario_expiry *expiry;
	const struct scenario_option *option;
	const struct scenario_linear *linear;
	const struct scenario_collateral *collateral;
	uint32_t decimals;	/* of one contract's value; 0: chosen from the
				 * largest forward, strike and price */
};

/* By kind; all at least zero, ceil. */
struct scenario_contingency {
	struct usd18 linear, option, collateral, confidence;
};

struct scenario_result {
	struct usd18 cash, linear_value, option_value, collateral_value;
	struct usd18 value;	/* their sum: cash plus mark to market */
	uint32_t pnl_count;	/* the rules' shock_count */
	struct usd18 pnl[SCENARIO_SHOCKS_MAX];
	uint32_t common_count;	/* 0 where omega is zero */
	struct usd18 common_pnl[SCENARIO_COMMON_MAX];
	struct usd18 basis;	/* at most zero */
	uint32_t worst;		/* index into pnl; pnl_count: basis.  Of equals
				 * the basis, then the first */
	struct usd18 loss;	/* L, at least zero */
	struct num18 im_factor, mm_factor;
	struct scenario_contingency mm_contingency;
	struct scenario_contingency im_contingency;	/* on top */
	struct usd18 extra_initial;	/* funding and fees */
	struct usd18 floor;	/* least requirement */
	struct usd18 requirement_initial, requirement_maintenance;
	struct usd18 margin_initial, margin_maintenance;	/* value less
								 * requirement */
};

/* scenario_evaluate: ERR_RANGE, ERR_LIMIT (counts, rules), ERR_UNKNOWN (an
 * expiry index).  r has passed scenario_rules_check. */
MUST_CHECK enum err scenario_evaluate(struct scenario_result *out,
    const struct scenario_unit *u, const struct scenario_rules *r);

/* Per expiry what the scenarios derive from tau and rate; for reports. */
struct scenario_expiry_shocks {
	struct num18 vol_up, vol_down;		/* multipliers */
	struct num18 discount;			/* exp(-r tau) */
	struct num18 discount_long, discount_short;
	struct num18 linear_cap, abs_cap, k_star;	/* zero if expired */
	struct num18 basis_factor;
};
MUST_CHECK enum err scenario_expiry_shocks_of(
    struct scenario_expiry_shocks *out, const struct scenario_expiry *e,
    const struct scenario_rules *r);
/* scenario_skew_multiplier: 1 + clamp(k cap / k*); vol LINEAR or ABS (MUST);
 * strike and forward above zero, else 1.  A volatility takes what is below
 * zero as zero. */
MUST_CHECK enum err scenario_skew_multiplier(struct num18 *out,
    const struct scenario_expiry_shocks *e, enum scenario_vol vol,
    struct px18 strike, struct px18 forward);
/* scenario_shocked_vol: vol under a shock: floor, then at least
 * min_vol_up_shock where it goes up. */
MUST_CHECK enum err scenario_shocked_vol(struct num18 *out, struct num18 vol,
    const struct scenario_expiry_shocks *e, enum scenario_vol kind,
    struct px18 strike, struct px18 forward, const struct scenario_rules *r);

/* ---- several units ------------------------------------------------------ */

/* L = (1 - omega) sum L_u + omega max_m max(0, -sum_u PnL_u(beta_u m)); the
 * requirements are f L plus the units' contingencies, at least the sum of
 * their floors. */
struct scenario_total {
	struct usd18 value, loss;
	struct usd18 requirement_initial, requirement_maintenance;
	struct usd18 margin_initial, margin_maintenance;
};
/* At most SCENARIO_UNITS_MAX units, else ERR_LIMIT. */
MUST_CHECK enum err scenario_combine(struct scenario_total *out,
    const struct scenario_result *const *unit, uint32_t count,
    const struct scenario_rules *r);

#endif
