/* What the `standard` requirement may ask for more within the box
 * (margin/portfolio_bound.h).
 *
 * Perpetuals and futures: tiers with rising rates, leverage and the size
 * factor are convex in the notional, so is their largest; the chord is above.
 * Options of one expiry: of the two sums, either bounds the requirement from
 * above; the one that is smaller at the anchor is taken, so that the bound is
 * exact there.  The bounded one is a share of the forward per unpaired call,
 * and payoffs that no price moves.  The isolated one is taken apart below. */
#include "margin/portfolio_drift.h"

#include "base/must.h"
#include "margin/instrument_price.h"
#include "margin/option.h"
#include "margin/surface.h"

#define PPB_TO_NUM ((i128)(WAD_ONE_RAW / PPB_ONE_RAW))

static struct num18
share_num(struct ppb p)
{
	return num18_from_raw((i128)ppb_to_raw(p) * PPB_TO_NUM);
}

/* ---- perpetuals and futures --------------------------------------------- */

static bool
tiers_rise(const struct instrument *i, bool is_initial)
{
	for (uint32_t k = 1; k < i->tier_count; k++)
		if (ppb_to_raw(is_initial ? i->tier[k].initial :
		    i->tier[k].maintenance) < ppb_to_raw(is_initial ?
		    i->tier[k - 1].initial : i->tier[k - 1].maintenance))
			return false;
	return true;
}

/* asked: of a notional times a multiple. */
static enum err
asked(struct usd18 *out, const struct bounding *b,
    const struct standard_linear *l, struct usd18 notional, struct num18 times)
{
	const struct instrument *i = l->instrument;
	enum err e = usd18_mul_num(&notional, notional, times, ROUND_CEIL);

	if (e != ERR_OK)
		return e;
	return b->side == SIDE_INITIAL ? linear_initial_requirement(out,
	    &b->n->rules->standard.linear, i->tier, i->tier_count, notional,
	    l->leverage, l->open_interest) : linear_tier_requirement(out,
	    i->tier, i->tier_count, notional, false);
}

/* apart_drift: of an inverse contract, whose notional is Q index / mark: only
 * where these part, by at most 2 x / (1 - B), less than 4 x. */
static enum err
apart_drift(struct drift *d, const struct bounding *b,
    const struct standard_linear *l, struct usd18 notional, struct usd18 now)
{
	struct num18 times = num18_from_raw(num18_to_raw(num18_one()) +
	    4 * num18_to_raw(b->box));
	struct usd18 more;
	enum err e = asked(&more, b, l, notional, times);

	if (e == ERR_OK)
		e = usd18_sub(&more, more, now);
	return e != ERR_OK ? e : usd18_add(&d->alone, d->alone, more);
}

static enum err
linear_drift(struct bounding *b, struct usd18 *exposed,
    const struct standard_linear *l)
{
	const struct instrument *i = l->instrument;
	bool is_initial = b->side == SIDE_INITIAL;
	struct drift *d = &b->total[i->factor];
	struct usd18 at_mark, at_index, now, up, down;
	struct num18 size;
	enum err e = linear_worse_size(&size, l->size, l->bids, l->asks);

	if (!tiers_rise(i, is_initial) || (is_initial && !bounding_is_sure(
	    l->confidence, b->n->rules->standard.oracle.linear_threshold)))
		b->is_lost = true;
	if (e == ERR_OK)
		e = i->is_inverse ? linear_notional_inverse(&at_mark, size,
		    i->multiplier, l->mark, l->index) :
		    linear_notional(&at_mark, size, i->multiplier, l->mark);
	if (e != ERR_OK)
		return e;
	at_index = at_mark;
	if (!i->is_inverse)
		e = linear_notional(&at_index, size, i->multiplier, l->index);
	if (e == ERR_OK)
		e = bounding_guard(b, usd18_max(at_mark, at_index));
	if (e == ERR_OK)
		e = bounding_guard_amount(b, num18_zero(), l->index);
	if (e == ERR_OK)
		e = usd18_add(&exposed[i->factor], exposed[i->factor],
		    at_index);
	if (e == ERR_OK)
		e = asked(&now, b, l, at_mark, num18_one());
	if (e == ERR_OK && i->is_inverse)
		return apart_drift(d, b, l, at_mark, now);
	if (e == ERR_OK)
		e = asked(&up, b, l, at_mark, b->above);
	if (e == ERR_OK)
		e = asked(&down, b, l, at_mark, b->below);
	if (e == ERR_OK)
		e = usd18_sub(&up, up, now);
	if (e == ERR_OK)
		e = usd18_sub(&down, down, now);
	return e != ERR_OK ? e : drift_move(d, up, down);
}

/* ---- options standing alone --------------------------------------------- */

/* One short option of n units. */
struct alone {
	const struct standard_option *o;
	const struct standard_group *g;
	struct num18 n;
	struct usd18 mark[DRIFT_WAYS];	/* what buying it back costs more */
	struct usd18 spot;		/* n S B, ceil */
	struct usd18 vega;
};

static enum err
alone_price(struct usd18 *out, const struct alone *a,
    const struct option_terms *t, struct num18 times)
{
	struct option_terms moved = *t;
	struct usd18 price;
	enum err e = px18_mul_num(&moved.forward, t->forward, times,
	    ROUND_FLOOR);

	if (e == ERR_OK)
		e = option_price(&price, &moved);
	return e != ERR_OK ? e : usd18_mul_num(out, price, a->n, ROUND_CEIL);
}

/* alone_mark: convex in the forward, so the chord is above. */
static enum err
alone_mark(struct alone *a, struct bounding *b)
{
	const struct node *n = b->n;
	const struct instrument *i = &n->book->instruments[a->o->item];
	struct option_terms t = { .strike = a->o->strike,
		.is_call = a->o->is_call, .forward = a->g->forward,
		.tau = option_tau(i->expiry_ms - n->market->as_of_ms) };
	struct num18 confidence;
	struct usd18 now;
	enum err e = surface_vol(&t.vol, &confidence,
	    &n->market->terms->factor[i->factor], t.strike, i->expiry_ms,
	    n->market->as_of_ms);

	if (e == ERR_OK)
		e = instrument_discount(&t.discount, n->market, i->expiry_ms);
	if (e == ERR_OK)
		e = alone_price(&now, a, &t, num18_one());
	if (e == ERR_OK)
		e = alone_price(&a->mark[DRIFT_UP], a, &t, b->above);
	if (e == ERR_OK)
		e = alone_price(&a->mark[DRIFT_DOWN], a, &t, b->below);
	for (int way = 0; way < DRIFT_WAYS && e == ERR_OK; way++)
		e = usd18_sub(&a->mark[way], a->mark[way], now);
	return e != ERR_OK ? e : bounding_vega(&a->vega, b, a->n, t.forward,
	    t.tau);
}

static enum err
put_maintenance(struct usd18 *more, const struct alone *a,
    const struct standard_option_rules *r, int way)
{
	struct usd18 by_spot, by_mark;
	enum err e = usd18_mul_ppb(&by_spot, a->spot, r->maintenance_put,
	    way == DRIFT_UP ? ROUND_CEIL : ROUND_FLOOR);

	if (e == ERR_OK && way == DRIFT_DOWN)
		e = usd18_neg(&by_spot, by_spot);
	if (e == ERR_OK)
		e = usd18_mul_ppb(&by_mark, a->mark[way],
		    r->maintenance_put_mark, ROUND_CEIL);
	return e != ERR_OK ? e : usd18_add(more, a->mark[way],
	    usd18_max(by_spot, by_mark));
}

static enum err
call_maintenance(struct usd18 *more, const struct alone *a,
    const struct standard_option_rules *r, int way)
{
	struct usd18 by_spot;
	enum err e = usd18_mul_ppb(&by_spot, a->spot, r->maintenance_call,
	    way == DRIFT_UP ? ROUND_CEIL : ROUND_FLOOR);

	if (e == ERR_OK && way == DRIFT_DOWN)
		e = usd18_neg(&by_spot, by_spot);
	return e != ERR_OK ? e : usd18_add(more, a->mark[way], by_spot);
}

/* initial_slope: the larger of min S and at_money S less what the option is
 * out of the money has, as a function of S, slopes out of a few:
 *	call	min; at_money + 1 below the strike; at_money above
 *	put	at_money below the strike; at_money - 1 above; min
 * of which the largest that can be met bounds a rise, and the least a fall. */
static struct num18
initial_slope(const struct alone *a, const struct standard_option_rules *r,
    int way)
{
	i128 one = num18_to_raw(num18_one());
	i128 least = num18_to_raw(share_num(r->initial_min));
	i128 money = num18_to_raw(share_num(r->initial_at_money));
	i128 low = least < money ? least : money;
	i128 high = least < money ? money : least;
	bool is_below = px18_compare(a->g->spot, a->o->strike) < 0;

	if (way == DRIFT_UP) {
		if (a->o->is_call && is_below && money + one > high)
			high = money + one;
		return num18_from_raw(high);
	}
	if (!a->o->is_call && !is_below && money - one < low)
		low = money - one;
	return num18_from_raw(-low);
}

static enum err
alone_initial(struct usd18 *more, const struct alone *a,
    const struct standard_option_rules *r, int way)
{
	struct usd18 initial, maintenance;
	enum err e = usd18_mul_num(&initial, a->spot, initial_slope(a, r, way),
	    ROUND_CEIL);

	if (e == ERR_OK)
		e = usd18_add(&initial, initial, a->mark[way]);
	if (e == ERR_OK && !a->o->is_call) {
		e = put_maintenance(&maintenance, a, r, way);
		if (e == ERR_OK)
			e = usd18_mul_ppb(&maintenance, maintenance,
			    r->initial_put_scale, ROUND_CEIL);
		if (e == ERR_OK)
			initial = usd18_max(initial, maintenance);
	}
	if (e == ERR_OK)
		*more = initial;
	return e;
}

/* alone_apart: forward and spot each by the whole box, and volatility: at most
 * (1 + maintenance_put_mark) of the mark's and (1 + all shares) of the spot's,
 * times the larger of 1 and initial_put_scale. */
static enum err
alone_apart(struct drift *d, const struct alone *a,
    const struct standard_option_rules *r)
{
	i128 one = num18_to_raw(num18_one());
	i128 scale = num18_to_raw(share_num(r->initial_put_scale));
	struct num18 shares = num18_from_raw(one +
	    num18_to_raw(share_num(r->initial_min)) +
	    num18_to_raw(share_num(r->initial_at_money)) +
	    num18_to_raw(share_num(r->maintenance_put)) +
	    num18_to_raw(share_num(r->maintenance_call)));
	struct num18 marks = num18_from_raw(one +
	    num18_to_raw(share_num(r->maintenance_put_mark)));
	struct num18 most = num18_from_raw(scale > one ? scale : one);
	struct usd18 mark = usd18_max(usd18_magnitude(a->mark[DRIFT_UP]),
	    usd18_magnitude(a->mark[DRIFT_DOWN])), spot;
	enum err e = num18_mul(&marks, marks, most, ROUND_CEIL);

	if (e == ERR_OK)
		e = num18_mul(&shares, shares, most, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_mul_num(&mark, mark, marks, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_mul_num(&spot, a->spot, shares, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_mul_num(&d->vol, a->vega, marks, ROUND_CEIL);
	return e != ERR_OK ? e : usd18_add(&d->alone, mark, spot);
}

static enum err
alone_drift(struct bounding *b, struct drift *sum,
    const struct standard_group *g, const struct standard_option *o)
{
	const struct standard_option_rules *r = &b->n->rules->standard.option;
	struct alone a = { .o = o, .g = g, .n = num18_magnitude(o->amount) };
	struct drift d = { .vol = usd18_zero() };
	enum err e = usd18_from_contracts(&a.spot, a.n, b->box, g->spot,
	    ROUND_CEIL);

	if (e == ERR_OK)
		e = alone_mark(&a, b);
	for (int way = 0; way < DRIFT_WAYS && e == ERR_OK; way++)
		e = b->side == SIDE_INITIAL ? alone_initial(&d.loss[way], &a,
		    r, way) : o->is_call ? call_maintenance(&d.loss[way], &a,
		    r, way) : put_maintenance(&d.loss[way], &a, r, way);
	if (e == ERR_OK)
		e = alone_apart(&d, &a, r);
	return e != ERR_OK ? e : drift_add(sum, &d);
}

/* ---- one expiry --------------------------------------------------------- */

static enum err
group_drift(struct bounding *b, struct usd18 *exposed, size_t at)
{
	const struct standard_work *w = &b->work->standard;
	const struct standard_group *g = &w->group[at];
	const struct standard_group_term *t = &w->group_part[at].term;
	struct num18 threshold =
	    b->n->rules->standard.oracle.option_threshold;
	bool is_initial = b->side == SIDE_INITIAL;
	bool is_bounded = is_initial ? usd18_compare(t->bounded_initial,
	    t->isolated_initial) <= 0 : usd18_compare(t->bounded_maintenance,
	    t->isolated_maintenance) <= 0;
	struct drift *d = &b->total[w->group_factor[at]];
	struct usd18 unpaired, n;
	enum err e = usd18_neg(&unpaired, is_initial ? t->unpaired_initial :
	    t->unpaired_maintenance);

	if (is_initial && !bounding_is_sure(g->confidence, threshold))
		b->is_lost = true;
	if (e == ERR_OK && is_bounded)
		e = drift_linear(d, unpaired, b->box);
	for (size_t i = 0; i < g->option_count && e == ERR_OK; i++) {
		const struct standard_option *o = &g->options[i];

		if (is_initial && !bounding_is_sure(o->confidence, threshold))
			b->is_lost = true;
		e = bounding_guard_amount(b, o->amount, px18_max(
		    px18_max(g->spot, g->forward), o->strike));
		if (e != ERR_OK || !num18_is_negative(o->amount))
			continue;
		e = usd18_from_contracts(&n, num18_magnitude(o->amount),
		    num18_one(), g->spot, ROUND_CEIL);
		if (e == ERR_OK)
			e = usd18_add(&exposed[w->group_factor[at]],
			    exposed[w->group_factor[at]], n);
		if (e == ERR_OK && !is_bounded)
			e = alone_drift(b, d, g, o);
	}
	return e;
}

/* ---- a stablecoin that falls -------------------------------------------- */

/* depeg_drift: initial margin has (threshold - stable) factor of what is
 * exposed.  What is exposed moves with the gap that there is; a wider gap costs
 * at most that of the largest exposure. */
static enum err
depeg_drift(struct bounding *b, const struct usd18 *exposed)
{
	const struct standard_rules *r = &b->n->rules->standard;
	i128 now = num18_to_raw(r->depeg_threshold) -
	    (i128)px18_to_raw(method_stable(b->n));
	struct num18 gap[BOOK_FACTORS_MAX], share;
	struct usd18 all = usd18_zero(), cost;
	enum err e = bounding_depeg(gap, b, r->depeg_threshold);

	if (e == ERR_OK)
		e = num18_mul(&share, num18_from_raw(now > 0 ? now : 0),
		    share_num(r->depeg_factor), ROUND_CEIL);
	for (size_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++) {
		e = usd18_add(&all, all, exposed[f]);
		if (e == ERR_OK)
			e = usd18_mul_num(&cost, exposed[f], share,
			    ROUND_CEIL);
		if (e == ERR_OK)
			e = drift_linear(&b->total[f], usd18_from_raw(
			    -usd18_to_raw(cost)), b->box);
	}
	if (e == ERR_OK)
		e = usd18_mul_num(&all, all, b->above, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_mul_ppb(&all, all, r->depeg_factor, ROUND_CEIL);
	for (size_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++) {
		if (num18_is_zero(gap[f]))
			continue;
		e = usd18_mul_num(&cost, all, gap[f], ROUND_CEIL);
		if (e == ERR_OK)
			e = drift_move(&b->total[f], usd18_zero(), cost);
	}
	return e;
}

enum err
bounding_standard(struct bounding *b)
{
	const struct standard_work *w = &b->work->standard;
	struct usd18 exposed[BOOK_FACTORS_MAX] = { { 0 } };
	enum err e = ERR_OK;

	if (b->n->vault->position_count == 0)
		return ERR_OK;
	for (size_t i = 0; i < w->linear_count && e == ERR_OK; i++)
		e = linear_drift(b, exposed, &w->linear[i]);
	for (size_t i = 0; i < w->group_count && e == ERR_OK; i++)
		e = group_drift(b, exposed, i);
	return e != ERR_OK || b->side != SIDE_INITIAL ? e :
	    depeg_drift(b, exposed);
}
