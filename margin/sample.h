/* margin/sample.h - sets of scenarios: what each factor returns over the
 * margin period of risk.
 *
 * Units:  a return is a plain 64-bit integer with 18 decimals (0.01 is one per
 *         cent), |r| below SAMPLE_RETURN_MAX.  Scenario s, factor f stands at
 *         r[s * factors + f].
 * Owns:   nothing: the caller places r and every scratch array.
 * Rounds: each return once, to nearest, when the set is made; no side is
 *         against the account, as it depends on the sign of the exposure.
 * Limits: SAMPLE_SCENARIOS_MAX, SAMPLE_FACTORS_MAX.  A shape beyond them or a
 *         place too small is the caller's bug (MUST).  A return of the history
 *         below -1 or above SAMPLE_RETURN_MAX is ERR_RANGE; one that is made
 *         of them (filtered, compounded, drawn) and lies beyond is the limit
 *         itself.  On failure what was placed is undefined, out->scenarios
 *         untouched.
 * Source: margin-model 1.5; Barone-Adesi, Giannopoulos, Vosper, "VaR without
 *         correlations for portfolios of derivative securities", 1999
 *         (filtered historical simulation); Ledoit and Wolf, "Honey, I shrunk
 *         the sample covariance matrix", 2004.
 */
#ifndef MARGIN_SAMPLE_H
#define MARGIN_SAMPLE_H

#include "margin/ewma.h"

#define SAMPLE_SCENARIOS_MAX 4096u
#define SAMPLE_FACTORS_MAX 64u
#define SAMPLE_RETURN_MAX INT64_MAX	/* 9.22: a gain of 922 per cent */
#define SAMPLE_DEGREES_MAX 64u

struct sample {
	uint32_t scenarios, factors;
	uint32_t capacity;	/* places in r */
	int64_t *r;
};

/* Where historical returns come from: one column a factor, oldest first, all
 * of the same length (market.h keeps them so). */
struct sample_history {
	uint32_t factors;	/* 1..SAMPLE_FACTORS_MAX */
	uint32_t length;	/* periods */
	const struct num18 *column[SAMPLE_FACTORS_MAX];
};

struct sample_rules {
	uint32_t mpor;		/* periods of the history in the margin period
				 * of risk; overlapping; default 1 */
	struct num18 lambda;	/* 0.97: of the EWMA volatility */
	struct num18 clamp_low;		/* 1/2: sigma_now / sigma_t at least */
	struct num18 clamp_high;	/* 3: and at most */
	struct num18 volatility_floor;	/* of a period: sigma_now, and that of
				 * the Monte Carlo, is at least this; the long
				 * run's (ten years') against procyclicality; 0 */
	uint32_t seed_periods;	/* sigma starts as the mean square of these;
				 * 20; at most the history's length */
	uint32_t stress_first;	/* the named stress window, in periods from */
	uint32_t stress_length;	/* the oldest; length 0: the stress_span */
	uint32_t stress_span;	/* periods of largest mean square; 250 */
	uint32_t draws;		/* Monte Carlo scenarios; 1,000 */
	struct num18 shrinkage;	/* delta of (1 - delta) rho + delta I; 0.1 */
	uint32_t degrees;	/* of freedom of the t distribution: 4; even, at
				 * most SAMPLE_DEGREES_MAX */
};
void sample_rules_default(struct sample_rules *r);

/* sample_historical: the returns as they were; over mpor periods where mpor
 * is above 1: (1 + r1)(1 + r2)... - 1, overlapping, so length - mpor + 1
 * scenarios.  ERR_MISSING where the history is shorter than mpor. */
MUST_CHECK enum err sample_historical(struct sample *out,
    const struct sample_history *h, const struct sample_rules *rules);

/* sample_filtered: r*_t = r_t clamp(sigma_now / sigma_t, low, high), with
 * sigma^2_{t+1} = lambda sigma^2_t + (1 - lambda) r^2_t a period; sigma_now is
 * the one after the last return, or volatility_floor.  Where sigma_t is zero
 * the factor is clamp_high (1 where sigma_now is zero too).  The periods are
 * filtered, then compounded over mpor. */
MUST_CHECK enum err sample_filtered(struct sample *out,
    const struct sample_history *h, const struct sample_rules *rules);

/* sample_stressed: the returns of the stress window, unfiltered, compounded
 * over mpor.  Without a named window it is the one of stress_span periods (the
 * whole history where that is shorter) with the largest sum over the factors
 * of squared returns divided by the factor's own mean square; the earliest of
 * equals.  ERR_RANGE: a named window outside of the history. */
MUST_CHECK enum err sample_stressed(struct sample *out,
    const struct sample_history *h, const struct sample_rules *rules);

/* sample_correlate_one makes every correlation one and keeps each factor's
 * distribution: each column sorted ascending, in place (comonotone). */
void sample_correlate_one(struct sample *s);

struct sample_work {
	struct num18 a[SAMPLE_FACTORS_MAX * SAMPLE_FACTORS_MAX];
	struct num18 b[SAMPLE_FACTORS_MAX * SAMPLE_FACTORS_MAX];
};
/* sample_simulated: Monte Carlo.  Each factor's volatility is its EWMA now (or
 * volatility_floor) times sqrt(mpor), the correlation is that of the history
 * shrunk by `shrinkage`, L D L^T; draws are Student t with `degrees` of freedom
 * scaled to unit variance, one chi-square a scenario.  Randomness is
 * Philox4x32-10 keyed by the hash of the rules: one set per rules epoch, so a
 * requirement does not flicker from tick to tick.  ERR_RANGE where the shrunk
 * correlation is not positive semidefinite (linalg.h). */
MUST_CHECK enum err sample_simulated(struct sample *out,
    const struct sample_history *h, const struct sample_rules *rules,
    const struct b32 *rules_hash, struct sample_work *work);

#endif
