/* margin/surface_check.h - whether a slice of raw SVI may be used: integers
 * only, so that everybody who recomputes comes to the same answer.
 *
 *	ranges		|a| at most 100; b 0 to 2; |rho| at most 1; |m| at
 *			most 10; sigma 1e-4 to 10; tau above zero, at most 30
 *			years; forward above zero
 *	wings		b (1 + |rho|) at most 2: no steeper wing leaves a
 *			price for a far strike
 *	variance	at each point of the grid at least 1e-8, and the
 *			volatility 1 % to 1000 %
 *	butterfly	at each point Durrleman's g(k) is at least zero:
 *			(1 - k w' / (2 w))^2 - w'^2 / 4 (1 / w + 1 / 4) +
 *			w'' / 2, so that no strike has a negative probability
 *	calendar	of two expiries, at each point of their grid, each read
 *			as svi_vol does, the nearer one's total variance is at
 *			most the farther one's and SURFACE_CALENDAR_SLACK_RAW of
 *			it: half as much in volatility, less than venues differ
 *			by
 *
 * The grid: |k| at most the reach, 4 sqrt(a + b sigma), from where on svi_vol
 * (margin/surface.h) reads what is there; SURFACE_EVEN points evenly from one
 * end to the other, and where the smile bends m + j sigma / 2 for |j| at most
 * SURFACE_BEND.  Of two slices the greater reach, both bends, and the ends of
 * the lesser reach: beyond the greater nothing changes any more, and between
 * two points at most 0.1 % more is let through.
 *
 * At its reach a smile that still rises outwards has a kink: there stands a
 * negative probability phi(d2) |w'| / (2 sqrt(w)).  Of smiles as markets have
 * them that is 0.06 % in the median, 0.8 % of one in a hundred and 2.6 % at
 * most; none is refused for it, since each would be.
 *
 * Units:  k = ln(strike / forward), total variance, years: 18 decimals.
 * Rounding: sqrt to nearest, all else floor; g is exact to 1e-8.
 * Owns:   nothing, allocates nothing.
 * Source: Durrleman, "From implied to spot volatilities", 2003; Gatheral and
 *         Jacquier, "Arbitrage-free SVI volatility surfaces", 2014, 2.1-2.2;
 *         Lee, "The moment formula for implied volatility at extreme strikes",
 *         2004.
 */
#ifndef MARGIN_SURFACE_CHECK_H
#define MARGIN_SURFACE_CHECK_H

#include "margin/market.h"

#define SURFACE_EVEN 49u
#define SURFACE_BEND 16
#define SURFACE_CALENDAR_SLACK_RAW ((i128)WAD_ONE_RAW / 100)
#define SURFACE_TAU_MAX_RAW (30 * (i128)WAD_ONE_RAW)

enum surface_fault {
	SURFACE_GOOD, SURFACE_RANGE, SURFACE_WINGS, SURFACE_VARIANCE,
	SURFACE_BUTTERFLY, SURFACE_CALENDAR,
};
#define SURFACE_FAULTS 6u
/* surface_fault_name: a static lower-case word, never NULL. */
const char *surface_fault_name(enum surface_fault f);

/* surface_check_slice: of one slice alone; the first fault in the order
 * above. */
enum surface_fault surface_check_slice(const struct svi *s);

/* surface_check_calendar: of two good slices (surface_check_slice), the total
 * variance of each being that of its volatilities over the years that are left
 * of it now (above zero, at most 30: MUST).  SURFACE_GOOD or
 * SURFACE_CALENDAR. */
enum surface_fault surface_check_calendar(const struct svi *near,
    struct num18 near_left, const struct svi *far, struct num18 far_left);

#endif
