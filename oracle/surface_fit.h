/* oracle/surface_fit.h - a smile through the marks of one expiry: raw SVI
 * w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), in double.  What
 * comes out is an input of the machine, which checks it in integers
 * (margin/surface_check.h); nothing here is signed or has to be the same
 * everywhere, though the same marks give the same smile.
 *
 * Method: for given m and sigma the variance is linear in a, c = b sigma and
 * d = rho b sigma, and its weighted least squares within |d| <= c and
 * c + |d| <= 2 sigma (wings: b (1 + |rho|) <= 2) has a closed form; m and sigma
 * come from a grid of starts and two simplex searches (Zeliade Systems,
 * "Quasi-explicit calibration of Gatheral's SVI model", 2009).  Where that
 * smile has arbitrage, a simplex search in all five parameters follows, with a
 * penalty; what is left is taken out by raising a and flattening b, so that
 * what comes out has none on the check's own grid.
 *
 * Units:  k = ln(strike / forward); volatilities and years plain (0.6 is 60 %).
 *         A point's weight is its own in the squares of volatility.
 * Owns:   nothing, allocates nothing.
 * Limits: SURFACE_POINTS_MIN to SURFACE_POINTS_MAX points; about 1,300
 *         looks at them and at the grid: 0.1 ms for 60 points, 4 ms where
 *         arbitrage is to be taken out.
 */
#ifndef ORACLE_SURFACE_FIT_H
#define ORACLE_SURFACE_FIT_H

#include "base/types.h"

#define SURFACE_POINTS_MIN 5u
#define SURFACE_POINTS_MAX 256u

struct surface_point {
	double k, vol, weight;	/* weight above zero */
};

struct surface_smile {
	double a, b, rho, m, sigma;	/* total variance over tau */
	double tau;
	double error;		/* root mean square in volatility, weighted */
};

/* surface_weight: vega over that at the money, at least 0.05. */
double surface_weight(double k, double vol, double tau);

/* surface_fit: below, the smile of the expiry before or NULL: nowhere on their
 * grid, as far as either reaches, is the variance less than its own.  ERR_LIMIT
 * for too few or too many points; ERR_RANGE where no smile of a volatility
 * between 1 % and 1000 % comes out. */
MUST_CHECK enum err surface_fit(struct surface_smile *out,
    const struct surface_point *points, size_t count, double tau,
    const struct surface_smile *below);

/* surface_smile_vol: where svi_vol would look (margin/surface.h). */
double surface_smile_vol(const struct surface_smile *s, double k);

#endif
