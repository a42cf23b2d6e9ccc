/* What one unit of an instrument is worth at a point (margin/node.h). */
#include "margin/instrument_price.h"

#include "base/must.h"
#include "base/q64.h"
#include "margin/linear.h"
#include "margin/option.h"
#include "margin/surface.h"

bool
instrument_is_pending(const struct instrument *i, const struct market *m)
{
	return i->expiry_ms != 0 && i->expiry_ms <= m->as_of_ms;
}

/* Of an instrument that has expired: the average over its window, else the
 * index's slow price, else the index.  Nothing moves it any more. */
static enum err
settlement_price(struct px18 *out, const struct node *n,
    const struct instrument *i)
{
	const struct market_factor *f = &n->market->terms->factor[i->factor];
	struct market_price p;
	enum err e = point_factor_mid(&p, n->book, n->market, i->factor);

	if (e != ERR_OK)
		return e;
	*out = p.has_twap ? p.twap : p.price.mid;
	for (uint32_t k = 0; k < f->forward_count; k++)
		if (f->forward[k].expiry_ms == i->expiry_ms &&
		    f->forward[k].has_fixed)
			*out = f->forward[k].fixed;
	return ERR_OK;
}

static struct px18
intrinsic(const struct instrument *i, struct px18 price)
{
	struct px18 value;
	enum err e = i->is_call ? px18_sub(&value, price, i->strike) :
	    px18_sub(&value, i->strike, price);

	return e == ERR_OK ? value : px18_from_raw(0);
}

enum err
instrument_forward(struct px18 *out, const struct node *n,
    const struct instrument *i, const struct point *at, enum rounding r)
{
	const struct market_factor *f = &n->market->terms->factor[i->factor];
	struct px18 fixed, px;
	struct num18 confidence;
	bool has_fixed;
	enum err e;

	if (instrument_is_pending(i, n->market))
		return settlement_price(out, n, i);
	e = forward_price(&px, &confidence, f, i->expiry_ms,
	    n->market->as_of_ms, &has_fixed, &fixed);

	/* Only what is not fixed yet moves with the factor. */
	if (e == ERR_OK)
		e = point_move(&px, px, n->book, n->market, i->factor, at, r);
	if (e == ERR_OK && has_fixed)
		return linear_window_forward(out, fixed, px,
		    i->expiry_ms - n->market->as_of_ms, i->window_ms, r);
	if (e == ERR_OK)
		*out = px;
	return e;
}

enum err
instrument_forward_parts(struct px18 *stays, struct px18 *moves,
    const struct node *n, const struct instrument *i, const struct point *at,
    enum rounding r)
{
	uint64_t left_ms = i->expiry_ms - n->market->as_of_ms;
	struct px18 whole, px, fixed, part = px18_from_raw(0);
	struct num18 confidence;
	bool has_fixed;
	enum err e = instrument_forward(&whole, n, i, at, r);

	if (e == ERR_OK && instrument_is_pending(i, n->market)) {
		*stays = whole;
		*moves = px18_from_raw(0);
		return ERR_OK;
	}
	if (e == ERR_OK)
		e = forward_price(&px, &confidence,
		    &n->market->terms->factor[i->factor], i->expiry_ms,
		    n->market->as_of_ms, &has_fixed, &fixed);
	if (e == ERR_OK && has_fixed && left_ms < i->window_ms)
		e = px18_scale(&part, fixed, i->window_ms - left_ms,
		    i->window_ms, ROUND_FLOOR);
	if (e == ERR_OK)
		e = px18_sub(&px, whole, part);
	if (e != ERR_OK)
		return e;
	*stays = part;
	*moves = px;
	return ERR_OK;
}

enum err
instrument_discount(struct num18 *out, const struct market *m,
    uint64_t expiry_ms)
{
	struct num18 rate = rate_at(m->terms, expiry_ms), exponent;
	enum err e;

	if (num18_is_negative(rate))
		rate = num18_zero();
	e = num18_mul(&exponent, rate, option_tau(expiry_ms - m->as_of_ms),
	    ROUND_FLOOR);
	if (e == ERR_OK)
		e = num18_sub(&exponent, num18_zero(), exponent);
	return e != ERR_OK ? e : q64_exp(out, exponent);
}

static enum err
option_at(struct px18 *out, const struct node *n, const struct instrument *i,
    const struct point *at, enum rounding r)
{
	const struct market_terms *terms = n->market->terms;
	uint64_t as_of_ms = n->market->as_of_ms;
	struct option_terms t = { .strike = i->strike,
	    .is_call = i->is_call,
	    .tau = option_tau(i->expiry_ms - as_of_ms) };
	struct num18 confidence;
	struct usd18 value;
	enum err e = instrument_forward(&t.forward, n, i, at, r);

	if (e == ERR_OK)
		e = surface_vol(&t.vol, &confidence, &terms->factor[i->factor],
		    i->strike, i->expiry_ms, as_of_ms);
	if (e == ERR_UNKNOWN)
		return ERR_STALE;
	if (e == ERR_OK)
		e = instrument_discount(&t.discount, n->market, i->expiry_ms);
	if (e == ERR_OK)
		e = option_price(&value, &t);
	if (e == ERR_OK)
		*out = px18_from_raw((u128)usd18_to_raw(value));
	return e;
}

/* option_kept: a price takes longer to make than to look up. */
static enum err
option_kept(struct px18 *out, const struct node *n, uint16_t slot,
    const struct point *at, enum rounding r)
{
	const struct instrument *i = &n->book->instruments[slot];
	const struct node_kept_pair *kept;
	struct node_kept_key key;
	struct px18 px;
	enum err e;

	if (n->kept == NULL)
		return option_at(out, n, i, at, r);
	key = node_kept_key_of(n->kept, KEPT_PRICE, 0, slot, r == ROUND_CEIL,
	    &at->factor[i->factor]);
	kept = node_kept_find(n->kept, &key);
	if (kept != NULL) {
		*out = px18_from_raw((u128)usd18_to_raw(kept->first));
		return ERR_OK;
	}
	e = option_at(&px, n, i, at, r);
	if (e != ERR_OK)
		return e;
	node_kept_put(n->kept, &key, usd18_from_raw((i128)px18_to_raw(px)),
	    usd18_zero());
	*out = px;
	return ERR_OK;
}

enum err
instrument_price(struct px18 *out, const struct node *n, uint16_t instrument,
    const struct point *at, enum rounding r)
{
	const struct instrument *i = &n->book->instruments[instrument];
	const struct market_terms *terms = n->market->terms;
	struct px18 px;
	enum err e;

	if (terms == NULL)
		return ERR_STALE;
	if (instrument_is_pending(i, n->market)) {
		e = settlement_price(&px, n, i);
		if (e == ERR_OK)
			*out = i->kind == INSTRUMENT_OPTION ?
			    intrinsic(i, px) : px;
		return e;
	}
	if (i->kind != INSTRUMENT_OPTION && terms->mark[instrument].has_mark)
		return point_move(out, terms->mark[instrument].mark, n->book,
		    n->market, i->factor, at, r);
	switch (i->kind) {
	case INSTRUMENT_SPOT:
	case INSTRUMENT_PERP:
		return point_factor_price(out, n->book, n->market, i->factor,
		    at);
	case INSTRUMENT_FUTURE:
		return instrument_forward(out, n, i, at, r);
	case INSTRUMENT_OPTION:
		return option_kept(out, n, instrument, at, r);
	}
	MUST(false);
}
