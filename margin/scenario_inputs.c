#include "margin/scenario_inputs.h"

#include "margin/instrument_price.h"
#include "margin/option.h"
#include "margin/surface.h"

static enum err
expiry_forward(struct scenario_expiry *out, const struct node *n,
    const struct instrument *i, const struct point *at)
{
	struct px18 px, fixed;
	bool has_fixed;
	enum err e = instrument_forward_parts(&out->forward_fixed,
	    &out->forward_variable, n, i, at, ROUND_FLOOR);

	if (e != ERR_OK || instrument_is_pending(i, n->market))
		return e;
	return forward_price(&px, &out->confidence,
	    &n->market->terms->factor[i->factor], i->expiry_ms,
	    n->market->as_of_ms, &has_fixed, &fixed);
}

enum err
scenario_expiry_of(struct scenario_expiry *out, const struct node *n,
    const struct instrument *i, const struct point *at)
{
	uint64_t left_ms = instrument_is_pending(i, n->market) ? 0 :
	    i->expiry_ms - n->market->as_of_ms;
	struct scenario_expiry made = {
		.tau = option_tau(left_ms),
		.seconds = left_ms / 1000 + (left_ms % 1000 != 0),
		.rate = rate_at(n->market->terms, i->expiry_ms),
		.confidence = num18_one(),
	};
	enum err e = expiry_forward(&made, n, i, at);

	if (num18_is_negative(made.rate))
		made.rate = num18_zero();
	if (e == ERR_OK)
		*out = made;
	return e;
}

enum err
scenario_vol_of(struct num18 *vol, struct num18 *confidence,
    const struct market *m, const struct instrument *i)
{
	*vol = num18_zero();
	*confidence = num18_one();
	if (instrument_is_pending(i, m))
		return ERR_OK;
	return surface_vol(vol, confidence, &m->terms->factor[i->factor],
	    i->strike, i->expiry_ms, m->as_of_ms);
}

enum err
scenario_price_of(struct px18 *out, const struct node *n, uint16_t slot,
    const struct point *at)
{
	const struct instrument *i = &n->book->instruments[slot];

	return i->is_inverse ? point_factor_price(out, n->book, n->market,
	    i->factor, at) : instrument_price(out, n, slot, at, ROUND_CEIL);
}
