/* margin/screen_option.h - prices and greeks of many options in double
 * arithmetic, for screening and display; never for anything that is signed.
 *
 * Units:  prices in USD, vol a year, tau in years; all finite, forward and
 *         strike above zero, vol, tau and discount at least zero.  sigma
 *         sqrt(tau) counts as at least 1e-9.
 * Errors: prices within 1e-14 * max(F, K) * D of margin/option.h; the last
 *         bits differ between machines and vector widths.
 * Owns:   nothing; the arrays are the caller's, of `count` each.
 * Source: Black, "The pricing of commodity contracts", 1976; the results'
 *         definitions are those of margin/option.h.
 */
#ifndef MARGIN_SCREEN_OPTION_H
#define MARGIN_SCREEN_OPTION_H

#include <stddef.h>

struct screen_options {
	const double *forward, *strike, *vol, *tau, *discount;
	const double *side;	/* 1: call, -1: put */
};

struct screen_greeks {
	double *price, *delta, *gamma, *vega, *theta;
};

void screen_option_greeks(const struct screen_greeks *out,
    const struct screen_options *in, size_t count);

#endif
