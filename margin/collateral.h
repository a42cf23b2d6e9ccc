/* margin/collateral.h - what collateral counts: haircuts, slices, limits.
 *
 * h = min(1, max(h_min, 1 - e^(-z sigma sqrt(horizon / 365))) + h_liq + h_conf
 * + h_chain + h_wwr), h_liq = spread / 2 + eta sigma_day sqrt(Q / adv).
 *
 * The terms that depend on the snapshot's uncertainty or on how much one
 * account holds (confidence, size), and the caps, act in initial margin only:
 * neither a widening band nor another user's deposit may liquidate anybody,
 * and a contract that knows none of them has no lower threshold than we have
 * (DESIGN section 5 rule 9).
 *
 * Units:  terms num18, totals and factors ppb, values usd18, sigma a year.
 * Rounds: haircuts up, values, ltv and threshold down.
 * Owns:   nothing.
 * Source: margin-model 1.4.  The square-root law of impact: Almgren et al.,
 *         "Direct estimation of equity market impact", 2005.
 */
#ifndef MARGIN_COLLATERAL_H
#define MARGIN_COLLATERAL_H

#include "margin/book.h"
#include "margin/market.h"

struct collateral_rules {
	struct num18 z;			/* quantile of the move; 2.326: 99 % */
	struct ppb haircut_min;		/* of the volatility term */
	struct num18 horizon_initial_days;	/* margin period of risk */
	struct num18 horizon_maintenance_days;	/* to liquidate; at most the
						 * initial one */
	struct num18 impact;		/* eta of the square-root law */
	struct num18 wrong_way;		/* per unit of correlation above zero */
	struct ppb bridge;		/* added for a token of another chain */
	struct ppb share_max;	/* of the sum of values; one: no limit */
	uint64_t ramp_ms;	/* of a falling threshold */
	uint64_t epoch_ms;	/* how long haircuts stay frozen */
};
/* z 2.326, least 0.5 %, 10 and 7 days (at 60 % a year: ltv 0.79, threshold
 * 0.82), eta 1, wrong way 0.25, bridge 1 %, no share limit, a ramp of one
 * day, epochs of 60 s. */
void collateral_rules_default(struct collateral_rules *r);

/* What the haircut of one asset depends on besides its asset_risk. */
struct haircut_input {
	struct num18 sigma;	/* estimate; asset_risk has its floor */
	struct usd18 position;	/* USD held of it: the size of the impact */
	struct num18 confidence;	/* max(mid - low, high - mid) / mid */
	struct num18 correlation;	/* with the net exposure */
	bool is_foreign;	/* of another chain than the book's */
	bool is_shocked_in_grid;	/* scenario, var: correlation is in the
					 * shocks, not in the haircut */
};

struct haircut {
	struct num18 volatility_initial, volatility_maintenance;
	struct num18 spread;	/* half of it */
	struct num18 size;	/* eta sigma_day sqrt(position / adv) */
	struct num18 confidence;
	struct num18 chain;	/* z sigma sqrt(finality / year), + bridge */
	struct num18 wrong_way;
	struct ppb initial;	/* the sum of all, at most one */
	struct ppb maintenance;	/* without size and confidence */
};
/* collateral_haircut: each term rounded up.  ERR_RANGE for a negative sigma,
 * position, confidence or spread, for an adv of zero with a position, and for
 * what does not fit. */
MUST_CHECK enum err collateral_haircut(struct haircut *out,
    const struct asset_risk *risk, const struct haircut_input *x,
    const struct collateral_rules *rules);
/* collateral_chain_haircut: the chain term alone, in ppb, for what is held on
 * another chain under a lien. */
MUST_CHECK enum err collateral_chain_haircut(struct ppb *out,
    const struct asset_risk *risk, struct num18 sigma, bool is_foreign,
    const struct collateral_rules *rules);
/* collateral_slope: eta * sigma_day, ceil.  collateral_impact: slope *
 * sqrt(position / adv), ceil; zero for a slope or a position of zero.
 * ERR_RANGE for negative values and, with a position, for an adv of zero. */
MUST_CHECK enum err collateral_slope(struct num18 *out, struct num18 sigma,
    const struct collateral_rules *rules);
MUST_CHECK enum err collateral_impact(struct num18 *out, struct num18 slope,
    struct usd18 position, struct usd18 adv);
/* collateral_confidence: max(mid - low, high - mid) / mid, ceil; ERR_RANGE
 * where mid is zero or outside the band. */
MUST_CHECK enum err collateral_confidence(struct num18 *out,
    const struct price *p);

/* ---- slices ------------------------------------------------------------- */

/* The counted value of one asset as a function of its value: the greatest
 * over q <= V of q * (1 - base - slope * sqrt(q / adv)).  It is a ladder of
 * slices, 512 of them for each doubling, exact at their ends and linear
 * between them (below the curve), so it never falls. */
struct collateral_curve {
	struct ppb base;	/* haircut of the first dollar */
	struct num18 slope;	/* eta * sigma_day; zero: no size haircut */
	struct usd18 adv;
	bool has_top;
	struct usd18 top;	/* more than this counts no more */
};
#define COLLATERAL_SLOPE_MAX 32
/* collateral_curve_make: ERR_RANGE for a slope below zero or above its
 * maximum, or above zero with an adv of zero or less. */
MUST_CHECK enum err collateral_curve_make(struct collateral_curve *out,
    struct ppb base, struct num18 slope, struct usd18 adv);
/* collateral_curve_of: the curve of an asset under the rules of a mode: base =
 * 1 - ltv; the slope by its volatility where the asset is dynamic. */
MUST_CHECK enum err collateral_curve_of(struct collateral_curve *out,
    const struct asset *a, uint8_t mode, struct num18 sigma,
    const struct collateral_rules *rules);
/* collateral_curve_value: floor; v at least zero (ERR_RANGE).  Never falls
 * when v rises, never above v * (1 - base). */
MUST_CHECK enum err collateral_curve_value(struct usd18 *out,
    const struct collateral_curve *c, struct usd18 v);

/* ---- what counts -------------------------------------------------------- */

/* One leg at the caller's price point. */
struct collateral_item {
	struct usd18 value;	/* V, floor */
	bool has_cap;
	struct usd18 cap;
	struct collateral_curve curve;
	/* The system as a whole: what it accepts of the asset, and what it
	 * has of it; deposits of zero: no limit. */
	struct usd18 system_cap, system_deposits;
};
/* collateral_count: counted[i] = curve(min(V, cap, share_max * sum V)) *
 * min(1, system_cap / system_deposits), each floor: for initial margin.  At
 * most BOOK_LEGS_MAX items (MUST).  ERR_RANGE for a negative value. */
MUST_CHECK enum err collateral_count(struct usd18 *counted,
    const struct collateral_item *items, size_t count,
    const struct collateral_rules *rules);

/* ---- epochs ------------------------------------------------------------- */

/* A threshold on its way down.  All zero: none yet. */
struct collateral_ramp {
	bool is_set;
	struct ppb from, to;
	uint64_t start_ms, end_ms;
};
/* collateral_ramp_at: floor(from - (from - to) * (now - start) / (end -
 * start)), held to [to, from]. */
struct ppb collateral_ramp_at(const struct collateral_ramp *r,
    uint64_t now_ms);
/* collateral_ramp_aim: a rise holds at once; a fall starts from where the ramp
 * is now, unless it goes there already. */
void collateral_ramp_aim(struct collateral_ramp *r, struct ppb to,
    uint64_t now_ms, uint64_t ramp_ms);

/* collateral_freeze writes the epoch's ltv and threshold into the rules of
 * every dynamic asset: ltv = 1 - h of initial margin without size and wrong
 * way (collateral_count has the size, and wrong way is an account's), the
 * threshold = 1 - h of maintenance on its ramp, ltv never above it.  A mode
 * that the asset is in keeps its row.  An asset of whose volatility nothing is
 * known (neither floor nor estimate) counts nothing.
 * sigma: an estimate by base factor (NULL: the floors), m: for the confidence
 * (NULL, a refused or a zero price: none), ramps: one an asset, kept by the
 * caller from epoch to epoch (NULL: no ramp).  ERR_RANGE leaves book and ramps
 * alone. */
MUST_CHECK enum err collateral_freeze(struct book *b,
    struct collateral_ramp *ramps, const struct num18 *sigma,
    const struct market *m, uint64_t now_ms,
    const struct collateral_rules *rules);

/* collateral_mode_holds: each debt of an amount is of an asset in the vault's
 * mode (mode 0 holds always): otherwise the vault's mode must not be used. */
bool collateral_mode_holds(const struct book *b, const struct vault *v);

#endif
