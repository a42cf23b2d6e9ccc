/* feeds/sim_option.h - what a simulated venue says of an option.  In floating
 * point: it is a marking to test against, not part of the price path that
 * other programs work out digit for digit.  Pure.
 *
 * Source: Black 1976 on the forward, without interest; greeks per unit of the
 *         forward, vega per point of volatility, theta per day, rho per point
 *         of interest as of a spot option (strike x time x N(d2)), as Deribit
 *         (docs.deribit.com, ticker channel) gives them: recorded frames of
 *         2021-04.
 */
#ifndef FEEDS_SIM_OPTION_H
#define FEEDS_SIM_OPTION_H

#include "feeds/sim_path.h"

#include "base/types.h"

struct sim_option {
	bool is_call;
	double strike;
	uint64_t expiry_ms;	/* Unix ms: 08:00 UTC of the named day */
};

/* sim_option_read reads "ETH-27NOV26-2000-C" (Deribit; 0d625 is 0.625) and
 * "ETH-USD-261127-2000-C" (OKX); false: the name is no option's. */
bool sim_option_read(struct sim_option *out, const char *name);

struct sim_option_mark {
	double forward, vol;
	double price;			/* in units of the forward: coins */
	double bid, ask;		/* the same, 4 fraction digits; bid 0:
					 * there is none */
	double delta, gamma, vega, theta, rho;
};
/* sim_option_mark: of an option at now_ms; forward is q's mark; bid and ask
 * stand half the script's spread, of the price, around it. */
void sim_option_mark(struct sim_option_mark *out, const struct sim_option *o,
    const struct sim_quote *q, u128 vol, u128 spread, uint64_t now_ms);

#endif
