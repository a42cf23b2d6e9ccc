/* libmargind: options. */
#include "margin/margind_layer.h"

#include "margin/option.h"
#include "margin/surface.h"

static enum err
terms_of(struct option_terms *t, const struct margind_option *o)
{
	enum err e;

	*t = (struct option_terms){
		.vol = to_num(o->vol), .discount = to_num(o->discount),
		.tau = to_num(o->tau), .is_call = o->is_call,
	};
	e = to_price(&t->forward, o->forward);
	return e == ERR_OK ? to_price(&t->strike, o->strike) : e;
}

margind_num
margind_tau(uint64_t ms)
{
	return of_num(option_tau(ms));
}

enum margind_err
margind_option_price(margind_num *out, const struct margind_option *o)
{
	struct option_terms t;
	struct usd18 price;
	enum err e = terms_of(&t, o);

	if (e == ERR_OK)
		e = option_price(&price, &t);
	if (e == ERR_OK)
		*out = of_usd(price);
	return margind_err_of(e);
}

enum margind_err
margind_option_greeks(struct margind_greeks *out,
    const struct margind_option *o)
{
	struct option_greeks g;
	struct option_terms t;
	enum err e = terms_of(&t, o);

	if (e == ERR_OK)
		e = option_greeks_of(&g, &t);
	if (e == ERR_OK)
		*out = (struct margind_greeks){
			.price = of_usd(g.price), .delta = of_num(g.delta),
			.gamma = of_num(g.gamma), .vega = of_num(g.vega),
			.theta = of_num(g.theta),
		};
	return margind_err_of(e);
}

enum margind_err
margind_option_implied_vol(margind_num *out, const struct margind_option *o,
    margind_num price)
{
	struct option_terms t;
	struct num18 vol;
	enum err e = terms_of(&t, o);

	if (e == ERR_OK)
		e = option_implied_vol(&vol, &t, to_usd(price));
	if (e == ERR_OK)
		*out = of_num(vol);
	return margind_err_of(e);
}

enum margind_err
margind_svi_vol(margind_num *out, const struct margind_svi *s,
    margind_num strike)
{
	struct svi svi = {
		.a = to_num(s->a), .b = to_num(s->b), .rho = to_num(s->rho),
		.m = to_num(s->m), .sigma = to_num(s->sigma),
		.tau = to_num(s->tau),
	};
	struct px18 k;
	struct num18 vol;
	enum err e = to_price(&svi.forward, s->forward);

	if (e == ERR_OK)
		e = to_price(&k, strike);
	if (e == ERR_OK)
		e = svi_vol(&vol, &svi, k);
	if (e == ERR_OK)
		*out = of_num(vol);
	return margind_err_of(e);
}
