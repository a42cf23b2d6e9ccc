/* margin/surface.h - volatility, forward and rate at an expiry, from the few
 * expiries that a snapshot has.
 *
 * Units:  vol a year, rate a year, confidence: 18 decimals; prices px18; times
 *         Unix ms.  Arrays are ascending by expiry.
 * Rounding: products floor, functions to nearest; what is between two expiries
 *         lies between their values.
 * Owns:   nothing, allocates nothing.
 * Source: Gatheral, "A parsimonious arbitrage-free implied volatility
 *         parameterization", 2004; margin-model 1.2, 3.3.
 */
#ifndef MARGIN_SURFACE_H
#define MARGIN_SURFACE_H

#include "margin/market.h"

/* svi_vol: raw SVI at k = ln(strike / forward), with |k| at most
 * 4 sqrt(a + b sigma) as Derive has it (a strike of zero counts as -infinity);
 * a negative variance is zero.  ERR_RANGE where tau or the forward is not
 * above zero or a number does not fit. */
MUST_CHECK enum err svi_vol(struct num18 *out, const struct svi *s,
    struct px18 strike);

/* surface_vol: the slice of that expiry, or total variance vol^2 tau linear
 * between its neighbours at the same strike, with the lesser confidence of the
 * two; beyond the first and the last the volatility is theirs.  ERR_UNKNOWN
 * where f has no slice, ERR_RANGE. */
MUST_CHECK enum err surface_vol(struct num18 *vol, struct num18 *confidence,
    const struct market_factor *f, struct px18 strike, uint64_t expiry_ms,
    uint64_t as_of_ms);

/* surface_slices: the slices that surface_vol reads at that expiry, the same
 * one twice where it is alone.  ERR_UNKNOWN where f has none. */
MUST_CHECK enum err surface_slices(const struct market_slice *pair[2],
    const struct market_factor *f, uint64_t expiry_ms);

/* forward_price: the forward of that expiry (with what is fixed of it), or
 * carry ln(F / S) linear between its neighbours, with the lesser confidence of
 * the two, else the index price, sure.  An expiry that has passed has no
 * neighbours: its price is the index.  ERR_UNKNOWN where that is needed and f
 * has none, ERR_RANGE where a forward is zero. */
MUST_CHECK enum err forward_price(struct px18 *forward,
    struct num18 *confidence, const struct market_factor *f,
    uint64_t expiry_ms, uint64_t as_of_ms, bool *has_fixed,
    struct px18 *fixed);

/* rate_at: linear between the neighbours (floor), flat outside, zero where
 * there is no rate.  Negative rates are the caller's to judge. */
struct num18 rate_at(const struct market_terms *m, uint64_t expiry_ms);

#endif
