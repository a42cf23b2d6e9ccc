/* margin/option.h - a European option on a forward: Black-76 in integers.
 *
 * c = D [F N(d1) - K N(d2)], d1 = (ln(F/K) + s^2/2) / s, d2 = d1 - s,
 * s = sigma sqrt(tau); the put by parity, exactly.  sigma sqrt(tau) below
 * 1e-18 gives the intrinsic value, 24 and above the bound (call DF, put DK);
 * K or F zero give the bounds.
 *
 * Units:  prices px18; vol a year, tau in years and discount, 18 decimals.
 *         Results: USD per unit of the underlying.
 * Rounding: to nearest, deterministic: the same bits on every compiler and
 *         machine.  Error at most 5e-19 * F plus one unit of the last place;
 *         monotone up to as much.  call - put is D (F - K) rounded to nearest
 *         (halves away from zero), exactly.
 * Owns:   nothing; no allocation, no floating point.
 * Source: Black, "The pricing of commodity contracts", 1976; margin-model 1.3
 *         and 2.
 */
#ifndef MARGIN_OPTION_H
#define MARGIN_OPTION_H

#include "base/fixed.h"
#include "base/types.h"

#define OPTION_YEAR_MS 31536000000u

struct option_terms {
	struct px18 forward;
	struct px18 strike;
	struct num18 vol;	/* at least zero */
	struct num18 discount;	/* at least zero; above one for negative
				 * rates where a caller wants that */
	struct num18 tau;	/* at least zero */
	bool is_call;
};

/* option_tau: a span of time in years, nearest. */
struct num18 option_tau(uint64_t ms);

/* One option under many scenarios: what they share is worked out once.  A
 * forward carries its logarithm, so that all options of an expiry share it. */
struct option_forward {
	struct px18 price;
	u128 ln_q72;		/* option_forward_of sets it */
};
struct option_forward option_forward_of(struct px18 price);

#define OPTION_MANY_MAX 32u	/* forwards, and vols */
struct option_scenario {
	uint8_t forward, vol;	/* indices */
};
/* option_price_many: out[i] is what option_price gives for t with the forward
 * and the vol that scenario[i] names in place of its own, bit for bit.  More
 * than OPTION_MANY_MAX or an index beyond its array is the caller's bug
 * (MUST).  ERR_RANGE where D max(F, K) for one of the forwards is 2^126 units
 * or more, or as option_price. */
MUST_CHECK enum err option_price_many(struct usd18 *out,
    const struct option_terms *t, const struct option_forward *forward,
    size_t forwards, const struct num18 *vol, size_t vols,
    const struct option_scenario *scenario, size_t scenarios);

/* Greeks of the discounted price with respect to the forward.  Vega per 1.00
 * of volatility; theta per year, of the forward price held still:
 * -dPrice/dtau at constant discount. */
struct option_greeks {
	struct usd18 price;
	struct num18 delta;	/* D N(d1), put D (N(d1) - 1) */
	struct num18 gamma;	/* D n(d1) / (F s) */
	struct num18 vega;	/* D F n(d1) sqrt(tau) */
	struct num18 theta;	/* -D F n(d1) sigma / (2 sqrt(tau)) */
};

/* option_price: ERR_RANGE where vol, tau or discount is below zero or a result
 * does not fit. */
MUST_CHECK enum err option_price(struct usd18 *out,
    const struct option_terms *t);
MUST_CHECK enum err option_greeks_of(struct option_greeks *out,
    const struct option_terms *t);
/* The same against a spot price S whose carry to the forward is ln(F / S) over
 * tau; rho against the rate of both the carry and the discount.
 * Theta per year, of the spot held still. */
struct option_spot_greeks {
	struct num18 delta, gamma, theta, rho;
};
/* option_spot_greeks_of derives them from g, the greeks of t; nearest or
 * floor.  ERR_RANGE where tau, spot, forward or discount is zero, or a result
 * does not fit. */
MUST_CHECK enum err option_spot_greeks_of(struct option_spot_greeks *out,
    const struct option_greeks *g, const struct option_terms *t,
    struct px18 spot);

/* option_implied_vol inverts option_price over vol in [0, 24 / sqrt(tau)]:
 * the least vol whose price is at least `price`, within one unit of the last
 * place where vega allows it.  ERR_RANGE where the price lies outside the
 * no-arbitrage bounds or equals one of them, or where tau or discount is
 * zero. */
MUST_CHECK enum err option_implied_vol(struct num18 *out,
    const struct option_terms *t, struct usd18 price);

#endif
