#include "margin/option.h"

#include "base/q64.h"

/* A price as a number without a unit; ERR_RANGE beyond 2^127. */
static enum err
num18_from_px18(struct num18 *out, struct px18 p)
{
	if (px18_to_raw(p) > (u128)I128_MAX)
		return ERR_RANGE;
	*out = num18_from_raw((i128)px18_to_raw(p));
	return ERR_OK;
}

/* What holding F delta forwards is worth. */
static enum err
hedge_value(struct num18 *out, const struct option_greeks *g,
    const struct option_terms *t)
{
	struct num18 f;
	enum err e = num18_from_px18(&f, t->forward);

	if (e == ERR_OK)
		e = num18_mul(out, f, g->delta, ROUND_FLOOR);
	return e;
}

/* theta of the forward held still, less (ln D V + ln(F / S) F delta) / tau. */
static enum err
spot_theta(struct num18 *out, const struct option_greeks *g,
    const struct option_terms *t, struct num18 hedge, struct px18 spot)
{
	struct num18 carry, decay;
	struct num18 v = num18_from_raw(usd18_to_raw(g->price));
	enum err e = q64_ln(&decay, t->discount);

	if (e == ERR_OK)
		e = num18_mul(&decay, decay, v, ROUND_FLOOR);
	if (e == ERR_OK)
		e = q64_ln_of_prices(&carry, t->forward, spot);
	if (e == ERR_OK)
		e = num18_mul(&carry, carry, hedge, ROUND_FLOOR);
	if (e == ERR_OK)
		e = num18_add(&carry, carry, decay);
	if (e == ERR_OK)
		e = num18_div(&carry, carry, t->tau, ROUND_CEIL);
	if (e == ERR_OK)
		e = num18_sub(out, g->theta, carry);
	return e;
}

enum err
option_spot_greeks_of(struct option_spot_greeks *out,
    const struct option_greeks *g, const struct option_terms *t,
    struct px18 spot)
{
	struct option_spot_greeks r;
	struct num18 grow, f, s, hedge;
	enum err e = num18_from_px18(&f, t->forward);

	if (e == ERR_OK)
		e = num18_from_px18(&s, spot);
	if (e == ERR_OK)
		e = num18_div(&grow, f, s, ROUND_FLOOR);
	if (e == ERR_OK)
		e = num18_mul(&r.delta, g->delta, grow, ROUND_FLOOR);
	if (e == ERR_OK)
		e = num18_mul(&r.gamma, g->gamma, grow, ROUND_FLOOR);
	if (e == ERR_OK)
		e = num18_mul(&r.gamma, r.gamma, grow, ROUND_FLOOR);
	if (e == ERR_OK)
		e = hedge_value(&hedge, g, t);
	if (e == ERR_OK)
		e = spot_theta(&r.theta, g, t, hedge, spot);
	if (e == ERR_OK)
		e = num18_sub(&r.rho, hedge,
		    num18_from_raw(usd18_to_raw(g->price)));
	if (e == ERR_OK)
		e = num18_mul(&r.rho, r.rho, t->tau, ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	*out = r;
	return ERR_OK;
}
