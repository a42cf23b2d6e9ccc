/* QuantLib's Black-76: the only file here that is not C. */
#include "tests/peers/peers.h"

#include <cmath>

#include <ql/pricingengines/blackcalculator.hpp>
#include <ql/pricingengines/blackformula.hpp>

using QuantLib::BlackCalculator;
using QuantLib::Option;

/* Of an implied sigma sqrt(tau); ours has 1e-18. */
static const double ACCURACY = 1e-12;

static Option::Type
type_of(const peer_option &o)
{
	return o.is_call ? Option::Call : Option::Put;
}

void
quantlib_price(double *price, const struct peer_option *option, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const peer_option &o = option[i];

		price[i] = QuantLib::blackFormula(type_of(o), o.strike,
		    o.forward, o.vol * std::sqrt(o.tau), o.discount);
	}
}

/* Theta of a spot that is the forward: its other terms are none then, but the
 * one of the discount. */
void
quantlib_greeks(struct peer_greeks *out, const struct peer_option *option,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const peer_option &o = option[i];
		const BlackCalculator c(type_of(o), o.strike, o.forward,
		    o.vol * std::sqrt(o.tau), o.discount);

		out[i].price = c.value();
		out[i].delta = c.deltaForward();
		out[i].gamma = c.gammaForward();
		out[i].vega = c.vega(o.tau);
		out[i].theta = c.theta(o.forward, o.tau);
	}
}

void
quantlib_implied(double *vol, const struct peer_option *option,
    const double *price, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const peer_option &o = option[i];

		vol[i] = QuantLib::blackFormulaImpliedStdDev(type_of(o),
		    o.strike, o.forward, price[i], o.discount, 0.0,
		    QuantLib::Null<double>(), ACCURACY) / std::sqrt(o.tau);
	}
}

void
quantlib_implied_li(double *vol, const struct peer_option *option,
    const double *price, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const peer_option &o = option[i];

		vol[i] = QuantLib::blackFormulaImpliedStdDevLiRS(type_of(o),
		    o.strike, o.forward, price[i], o.discount, 0.0,
		    QuantLib::Null<double>(), 1.0, ACCURACY) /
		    std::sqrt(o.tau);
	}
}
