/* margin/markowitz.h - the collateral mix of least variance that meets a
 * requirement.
 *
 * Minimise x' Sigma x subject to sum (1 - h_i) x_i = requirement and 0 <= x_i
 * <= available_i: a strictly convex quadratic programme, by the primal active
 * set method.  What is returned satisfies the Karush-Kuhn-Tucker conditions:
 * with y_i = (1 - h_i) x_i / requirement and g = Q y, Q_ij = Sigma_ij /
 * ((1 - h_i)(1 - h_j)) / max Sigma_ii, all assets between their bounds have
 * the same g, none at zero a smaller one, none at its bound a larger one, to
 * within 1e-14.
 *
 * Where Sigma is singular (an asset twice, one without variance) the mix is
 * not unique: 1e-10 on Q's diagonal spreads it evenly, so that it does not
 * depend on the order of the assets.
 *
 * Units:  amounts USD, haircuts and covariances of returns 18 decimals.
 * Rounding: amounts up; sum of floor((1 - h_i) x_i) >= requirement always.
 * Owns:   nothing.
 * Limits: MARKOWITZ_ASSETS_MAX assets.
 * Source: Markowitz, "Portfolio selection", 1952; Nocedal and Wright,
 *         Numerical Optimization, 16.5; margin-model 1.10.
 */
#ifndef MARGIN_MARKOWITZ_H
#define MARGIN_MARKOWITZ_H

#include "base/fixed.h"
#include "base/types.h"

#define MARKOWITZ_ASSETS_MAX 16u

struct markowitz_asset {
	struct num18 haircut;	/* at least zero; one and above: the asset
				 * counts nothing and is not used */
	struct usd18 available;	/* at least zero */
};

struct markowitz_mix {
	struct usd18 amount[MARKOWITZ_ASSETS_MAX];	/* x, in order */
	struct usd18 counted;	/* sum of floor((1 - h_i) x_i) */
	struct usd18 deviation;	/* sqrt(x' Sigma x), up: of the horizon that
				 * the covariances have */
};

/* markowitz_mix_of: covariance is count rows of count numbers, symmetric.
 * ERR_LIMIT: too many assets, or no end after MARKOWITZ_ROUNDS_MAX rounds;
 * ERR_STATE: all there is does not meet the requirement; ERR_RANGE: an input
 * below zero, a matrix that is not symmetric or has an eigenvalue below -1e-10
 * of the largest variance, or a number that does not fit. */
#define MARKOWITZ_ROUNDS_MAX 512u
MUST_CHECK enum err markowitz_mix_of(struct markowitz_mix *out,
    const struct markowitz_asset *assets, const struct num18 *covariance,
    size_t count, struct usd18 requirement);

#endif
