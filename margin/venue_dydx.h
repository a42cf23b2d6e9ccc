/* margin/venue_dydx.h - dYdX v4: margin scaled by open interest, and the order
 * in which accounts are liquidated, in that chain's own integers.
 *
 * Units:    quote quantums (1e-6 USD); margin fractions in ppm.
 * Rounding: requirements ceil; the open interest's share floors to a ppm, as
 *           the chain has it.
 * Owns:     nothing; pure.
 * Source:   dydxprotocol/v4-chain 84d4664b, x/perpetuals/types/
 *           liquidity_tier.go and lib/margin/risk.go; margin-model 3.2.
 */
#ifndef MARGIN_VENUE_DYDX_H
#define MARGIN_VENUE_DYDX_H

#include "base/types.h"

#define DYDX_PPM_ONE 1000000u

struct dydx_tier {
	uint32_t initial_ppm;		/* at most DYDX_PPM_ONE (ERR_RANGE) */
	uint32_t maintenance_ppm;	/* of the initial margin; likewise */
	u128 open_interest_lower;	/* quantums */
	u128 open_interest_upper;	/* zero: no scaling */
};

/* dydx_initial_ppm: initial up to the lower cap, one from the upper cap on,
 * between them initial + floor((1 - initial) * (oi - lower) / (upper -
 * lower)). */
MUST_CHECK enum err dydx_initial_ppm(uint32_t *out, const struct dydx_tier *t,
    u128 open_interest);
/* dydx_requirements: IMR = ceil(N * max(custom, scaled initial)), custom the
 * user's own fraction (zero: none); MMR = ceil(ceil(N * initial) *
 * maintenance), not scaled. */
MUST_CHECK enum err dydx_requirements(u128 *initial, u128 *maintenance,
    const struct dydx_tier *t, u128 notional, u128 open_interest,
    uint32_t custom_ppm);

struct dydx_risk {
	i128 net_collateral;
	i128 maintenance;	/* at least zero */
};
/* dydx_is_liquidatable: a requirement above zero that exceeds the net
 * collateral; without a requirement nobody is, however negative. */
bool dydx_is_liquidatable(struct dydx_risk a);
/* dydx_risk_compare: -1 where a is less risky than b, by NC_b * MMR_a against
 * NC_a * MMR_b: exact, no division.  Of two alike the one with the higher
 * requirement is more risky; without requirements the one with less. */
int dydx_risk_compare(struct dydx_risk a, struct dydx_risk b);

#endif
