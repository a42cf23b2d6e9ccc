/* margin/greeks.h - the `greeks` method: margin from sensitivities, as ISDA's
 * SIMM aggregates them, with gamma itself beside SIMM's vega-implied
 * curvature.
 *
 * delta:     WS_k = RW_b s_k CR_k, CR_k = max(1, sqrt(|s_k| / T_b));
 *            K_b^2 = sum WS^2 + sum rho_b f_kl WS_k WS_l, f = min CR / max CR;
 *            M = sqrt(sum K_b^2 + sum gamma_bc S_b S_c) + K_residual,
 *            S_b = sum WS clamped to [-K_b, K_b].
 * vega:      the same over VR_k = HVR sigma_b vega_k with VRW_b, and
 *            sigma_b = RW_b sqrt(365 / horizon) / z.
 * curvature: CVR_k = sum over expiries of 1/2 min(1, horizon / t) sigma_b
 *            vega; rho^2, gamma^2, no concentration; theta = min(0, sum CVR /
 *            sum |CVR|), lambda = (q^2 - 1)(1 + theta) - theta;
 *            M = max(0, sum CVR + lambda sqrt(...)), the residual bucket with
 *            its own theta.
 * gamma:     CVR_k = 1/2 Gamma_k (RW_b S_k)^2 through the same sums.  RW is a
 *            whole z-quantile move where sigma_b is one deviation, so its
 *            lambda takes q / z for q: one name then costs the same by both
 *            roads where vega = Gamma S^2 sigma t.  The larger one counts.
 *
 * Signs:  SIMM is written from the holder of the collateral: what he gains is
 *         what the account loses.  GREEKS_VIEW_ACCOUNT flips each amount
 *         first, so that short gamma costs; GREEKS_VIEW_HOLDER takes them as
 *         they are (published SIMM cases).
 * Units:  USD, 18 decimals: delta per move of 1 % of the underlying, vega per
 *         volatility point (0.01), gamma the change of the dollar delta per
 *         1 % (Gamma S^2 / 100).  Risk weights in percent; days calendar.
 * Rounding: factors away from zero, correlations to their costly side, roots
 *         and totals ceil; within 1e-14 of the largest amount of the exact
 *         figure (a hedge's factor rounded up may take off a last unit).
 * Owns:   nothing; the caller places arrays and results.  ~40 KB of stack.
 * Limits: GREEKS_NAMES_MAX different (bucket, name) of one account.
 * Source: ISDA SIMM methodology 2.5 (2022), section B; margin-model 1.5, 3.3.
 */
#ifndef MARGIN_GREEKS_H
#define MARGIN_GREEKS_H

#include "base/fixed.h"
#include "base/types.h"

#define GREEKS_BUCKETS_MAX 16u
#define GREEKS_BUCKET_NAME_MAX 24u	/* with its NUL */
#define GREEKS_NAMES_MAX 256u
#define GREEKS_SENSITIVITIES_MAX 4096u	/* of one account */

struct greeks_bucket {
	char name[GREEKS_BUCKET_NAME_MAX];
	bool is_residual;	/* no correlation within or to other buckets;
				 * at most one */
	bool has_curvature;	/* false: volatility indices */
	struct num18 delta_weight;	/* RW, percent; at least zero */
	struct num18 vega_weight;	/* VRW */
	struct num18 rho;	/* between two names of it; 0 if residual */
	struct usd18 delta_threshold;	/* T, of s_k; above zero */
	struct usd18 vega_threshold;	/* VT, of VR_k; above zero */
};

struct greeks_rules {
	uint8_t bucket_count;	/* 1 .. GREEKS_BUCKETS_MAX */
	struct greeks_bucket bucket[GREEKS_BUCKETS_MAX];
	/* Between buckets: symmetric, positive semidefinite; the diagonal and
	 * the residual's rows are not read. */
	struct num18 gamma[GREEKS_BUCKETS_MAX][GREEKS_BUCKETS_MAX];
	struct num18 historical_vol_ratio;	/* HVR */
	struct num18 horizon_days;	/* calendar days of RW */
	struct num18 weight_quantile;	/* z: quantile of RW, N^-1(0.99) */
	struct num18 curvature_quantile;	/* q: N^-1(0.995) */
	bool is_gamma_counted;	/* gamma beside vega-implied curvature */
	struct num18 taylor_error_max;	/* above: not for signing; 0.1 */
	struct num18 taylor_floor;	/* of gross notional; 0.0001 */
	struct num18 initial_factor;	/* IM = factor * margin */
	struct num18 maintenance_factor;	/* MM; at most initial_factor */
};

/* greeks_rules_default: crypto, buckets majors, l1, defi, meme, stable,
 * residual (in this order), two-day horizon.  Weights are z vol sqrt(2/365)
 * rounded up to whole percents for yearly volatilities of 0.75, 1, 1.2, 1.8,
 * 0.1 and 2. */
void greeks_rules_default(struct greeks_rules *r);
/* greeks_rules_simm_equity_2_5: preset isda-simm-2.5-equity, ten-day; buckets
 * "1" .. "12", "Residual". */
void greeks_rules_simm_equity_2_5(struct greeks_rules *r);
/* greeks_rules_check: ERR_RANGE where a weight, correlation, threshold,
 * quantile or factor lies outside what is said above; ERR_LIMIT for the
 * bucket count; ERR_DUPLICATE for a second residual or a name that is there
 * twice.  To be asked once, where rules are read. */
MUST_CHECK enum err greeks_rules_check(const struct greeks_rules *r);
/* greeks_bucket_find: index of the bucket with this name; ERR_UNKNOWN. */
MUST_CHECK enum err greeks_bucket_find(uint8_t *out,
    const struct greeks_rules *r, const char *name, size_t len);

enum greeks_class { GREEKS_DELTA, GREEKS_VEGA, GREEKS_GAMMA };
enum greeks_view { GREEKS_VIEW_ACCOUNT, GREEKS_VIEW_HOLDER };

struct greeks_sensitivity {
	enum greeks_class risk_class;
	uint8_t bucket;		/* index into rules */
	uint32_t name;		/* the caller's id of the underlying */
	struct num18 expiry_days;	/* of vega: above zero; else not read */
	struct usd18 amount;
};

/* One move that the expansion is held against: the whole book's change by its
 * greeks and by full revaluation. */
struct greeks_taylor {
	struct num18 move;	/* of the underlying, relative: 0.1 is +10 % */
	struct num18 vol_points;	/* 1 is 0.01 */
	struct num18 days;
	struct usd18 delta;	/* dollar delta, per 1.00 of relative move */
	struct usd18 gamma;	/* change of dollar delta per 1 % */
	struct usd18 vega;	/* per volatility point */
	struct usd18 theta;	/* per day */
	struct usd18 full;	/* change by full revaluation */
	struct usd18 gross_notional;	/* at least zero */
};

/* What one sum of a class came to in one bucket. */
struct greeks_terms {
	struct usd18 k;		/* K_b */
	struct usd18 s;		/* S_b, clamped */
	struct num18 concentration;	/* largest CR of its names; 1 if none */
};

struct greeks_curvature {
	struct usd18 sum;	/* of CVR without the residual bucket */
	struct num18 theta, lambda;	/* without the residual bucket */
	struct usd18 margin;	/* with it */
	struct greeks_terms terms[GREEKS_BUCKETS_MAX];
};

struct greeks_margin {
	struct usd18 delta, vega, curvature;
	struct usd18 total;	/* their sum */
	struct usd18 initial, maintenance;	/* requirements */
	struct usd18 gamma_exposure;	/* sum of Gamma S^2 / 100, the
					 * account's sign */
	struct greeks_terms delta_terms[GREEKS_BUCKETS_MAX];
	struct greeks_terms vega_terms[GREEKS_BUCKETS_MAX];
	struct greeks_curvature by_vega, by_gamma;
	bool is_gamma_larger;	/* by_gamma is what curvature is */
	struct num18 taylor_error;	/* the largest; zero if none given */
	bool is_refused;	/* for signing: the expansion misses by more
				 * than taylor_error_max */
};

/* greeks_margin_of sums what was given of one (class, bucket, name), in any
 * order, with the same result to the bit.  ERR_RANGE for a bucket that the
 * rules do not have, an expiry that is not above zero, or a number that does
 * not fit; ERR_LIMIT for too many names or sensitivities. */
MUST_CHECK enum err greeks_margin_of(struct greeks_margin *out,
    const struct greeks_rules *r, enum greeks_view view,
    const struct greeks_sensitivity *list, size_t count);

/* greeks_taylor_check puts the largest error of the moves into the result and
 * sets is_refused: |delta d + 1/2 gamma d^2 + vega dv + theta dt - full| /
 * max(|full|, taylor_floor * gross notional, one unit), rounded up; an error
 * too large for its type is the largest number.  ERR_RANGE where a term does
 * not fit or the notional is below zero; m is untouched then. */
MUST_CHECK enum err greeks_taylor_check(struct greeks_margin *m,
    const struct greeks_rules *r, const struct greeks_taylor *moves,
    size_t count);

#endif
