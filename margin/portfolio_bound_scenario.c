/* What the `scenario` method may lose within the box
 * (margin/portfolio_bound.h), one unit at a time.
 *
 * Excess = equity with the options' marks - max(f L + contingencies, floors),
 * L = -min(basis, min_s PnL_s).  So it is the least of many lines: one for each
 * column of the grid, equity + f PnL_s - contingencies; one for the basis; one
 * for the floors.  A column's options are priced with their forward at -B, 0
 * and B and the volatility that they have there now. */
#include "margin/portfolio_drift.h"

#include "base/must.h"
#include "margin/scenario_table.h"

#define AT_BELOW 0
#define AT_ANCHOR 1
#define AT_ABOVE 2
#define PLACES 3
#define FACTOR_MOST_RAW (64 * (i128)WAD_ONE_RAW)

/* What one expiry's options come to in one column: M may fall and rise. */
struct swing {
	struct usd18 loss[DRIFT_WAYS];	/* at most this lower */
	struct usd18 gain[DRIFT_WAYS];	/* at most this higher */
	struct usd18 alone, vol;
};

struct lines {
	struct drift of[SCENARIO_COLUMNS_MAX];	/* columns of the grid */
	struct drift basis, floor;
};

/* One unit. */
struct unit {
	struct bounding *b;
	const struct scenario_unit *u;
	const struct scenario_rules *r;
	const struct scenario_result *result;
	struct scenario_columns c;
	unsigned decimals;
	struct px18 most;	/* price, times the largest spot move */
	struct num18 f;		/* factor of the loss */
	struct lines l;
	uint8_t factor;
};

/* Both branches of the requirement: their factors' drifts, and how far the
 * second starts above the first. */
struct branches {
	struct drift loss[BOOK_FACTORS_MAX];
	struct drift floor[BOOK_FACTORS_MAX];
	struct usd18 loss_amount, floor_amount;	/* of the requirement */
	struct usd18 loss_most;	/* f L, anywhere in the box */
};

/* ---- one expiry's options ----------------------------------------------- */

struct priced {
	struct scenario_slice slice[PLACES];
	struct swing swing[SCENARIO_COLUMNS_MAX];
};

static enum err
slices_of(struct priced *p, const struct unit *k, uint32_t expiry)
{
	const struct scenario_expiry *e = &k->u->expiry[expiry];
	const struct num18 times[PLACES] = { k->b->below, num18_one(),
		k->b->above };
	enum err err = ERR_OK;

	for (int at = 0; at < PLACES && err == ERR_OK; at++) {
		struct scenario_expiry moved = *e;

		err = px18_mul_num(&moved.forward_variable,
		    e->forward_variable, times[at], ROUND_FLOOR);
		if (err == ERR_OK)
			err = scenario_slice_of(&p->slice[at], &moved, &k->c,
			    k->r);
	}
	/* A skew turns around the anchor's forward: the volatilities stay. */
	p->slice[AT_BELOW].forward = p->slice[AT_ABOVE].forward =
	    p->slice[AT_ANCHOR].forward;
	return err;
}

/* difference: n contracts times a change of value, ceil. */
static enum err
difference(struct usd18 *out, struct num18 n, int64_t change,
    unsigned decimals)
{
	i128 v;
	enum err e = muldiv_i128(&v, num18_to_raw(n), change,
	    (i128)pow10_u128(decimals), ROUND_CEIL);

	if (e == ERR_OK)
		*out = usd18_from_raw(v);
	return e;
}

/* vol_multiple: by how much a column multiplies a move of volatility, and by
 * its spot move the forward that vega is in proportion to. */
static enum err
vol_multiple(struct num18 *out, const struct scenario_slice *s,
    const struct scenario_column *c)
{
	struct num18 cap;

	switch (c->vol) {
	case SCENARIO_VOL_NONE:
		*out = c->spot;
		return ERR_OK;
	case SCENARIO_VOL_UP:
		return num18_mul(out, s->shocks.vol_up, c->spot, ROUND_CEIL);
	case SCENARIO_VOL_DOWN:
		return num18_mul(out, s->shocks.vol_down, c->spot,
		    ROUND_CEIL);
	case SCENARIO_VOL_LINEAR:
		cap = s->shocks.linear_cap;
		break;
	case SCENARIO_VOL_ABS:
		cap = s->shocks.abs_cap;
		break;
	}
	return num18_add(out, num18_one(), cap);
}

/* turn_of: by how much a skew moves the option's value as the forward goes to
 * the end of the box: vega * vol * cap / k* * B / (1 - B). */
static enum err
turn_of(struct usd18 *out, const struct unit *k,
    const struct scenario_option *o, const struct scenario_slice *s,
    enum scenario_vol vol, struct usd18 vega)
{
	struct num18 cap = vol == SCENARIO_VOL_LINEAR ? s->shocks.linear_cap :
	    s->shocks.abs_cap;
	struct num18 width = num18_is_zero(s->shocks.k_star) ?
	    num18_from_raw(1) : s->shocks.k_star;
	struct num18 x;
	enum err e;

	*out = usd18_zero();
	if (vol < SCENARIO_VOL_LINEAR)
		return ERR_OK;
	if (num18_is_negative(cap) || num18_is_negative(width)) {
		k->b->is_lost = true;
		return ERR_OK;
	}
	e = num18_div(&x, cap, width, ROUND_CEIL);
	if (e == ERR_OK)
		e = num18_mul(&x, x, o->vol, ROUND_CEIL);
	if (e == ERR_OK)
		e = num18_mul(&x, x, k->b->box, ROUND_CEIL);
	if (e == ERR_OK)
		e = num18_div(&x, x, k->b->below, ROUND_CEIL);
	return e != ERR_OK ? e : usd18_mul_num(out, vega, x, ROUND_CEIL);
}

static enum err
swing_add(struct swing *w, struct usd18 loss_up, struct usd18 loss_down,
    struct usd18 turn, struct usd18 vol)
{
	struct usd18 alone = usd18_max(usd18_magnitude(loss_up),
	    usd18_magnitude(loss_down));
	const struct { struct usd18 *to; struct usd18 more; } parts[] = {
		{ &w->loss[DRIFT_UP], loss_up },
		{ &w->loss[DRIFT_UP], turn },
		{ &w->loss[DRIFT_DOWN], loss_down },
		{ &w->loss[DRIFT_DOWN], turn },
		/* What one way loses at most the other gains at most. */
		{ &w->gain[DRIFT_UP], loss_down },
		{ &w->gain[DRIFT_UP], turn },
		{ &w->gain[DRIFT_DOWN], loss_up },
		{ &w->gain[DRIFT_DOWN], turn },
		{ &w->alone, alone }, { &w->alone, turn }, { &w->vol, vol },
	};
	enum err e = ERR_OK;

	for (size_t i = 0; i < ARRAY_COUNT(parts) && e == ERR_OK; i++)
		e = usd18_add(parts[i].to, *parts[i].to, parts[i].more);
	return e;
}

/* option_swing: of a long one, up: V(t) >= V(0) - t/B (V(-B) - V(0)) and at
 * most V(0) + t/B (V(B) - V(0)); of a short one the other way round. */
static enum err
option_swing(struct priced *p, const struct unit *k,
    const struct scenario_option *o)
{
	int64_t row[PLACES][SCENARIO_COLUMNS_MAX];
	const struct scenario_slice *s = &p->slice[AT_ANCHOR];
	struct num18 n = num18_magnitude(o->amount);
	struct usd18 vega, below, above, turn, vol;
	struct num18 multiple;
	enum err e = bounding_guard_amount(k->b, n, k->most);

	if (e == ERR_OK)
		e = bounding_vega(&vega, k->b, n, s->forward,
		    s->expiry.tau);
	for (int at = 0; at < PLACES && e == ERR_OK; at++)
		e = scenario_row_option(row[at], o, &p->slice[at], &k->c,
		    k->r, k->decimals, SCENARIO_VALUE_BITS);
	for (uint32_t i = 0; i < k->c.count && e == ERR_OK; i++) {
		const struct scenario_column *c = &k->c.column[i];

		e = difference(&below, n, row[AT_BELOW][i] -
		    row[AT_ANCHOR][i], k->decimals);
		if (e == ERR_OK)
			e = difference(&above, n, row[AT_ABOVE][i] -
			    row[AT_ANCHOR][i], k->decimals);
		if (e == ERR_OK)
			e = turn_of(&turn, k, o, s, c->vol, vega);
		if (e == ERR_OK)
			e = vol_multiple(&multiple, s, c);
		if (e == ERR_OK)
			e = usd18_mul_num(&vol, vega, multiple, ROUND_CEIL);
		if (e == ERR_OK)
			e = num18_is_negative(o->amount) ?
			    swing_add(&p->swing[i], above, below, turn, vol) :
			    swing_add(&p->swing[i], below, above, turn, vol);
	}
	return e;
}

/* ---- from an expiry to the lines ---------------------------------------- */

static struct num18
discount_num(uint64_t binary, enum rounding r)
{
	i128 v;

	/* Below 16: it fits. */
	MUST(muldiv_i128(&v, (i128)binary, (i128)WAD_ONE_RAW,
	    (i128)1 << SCENARIO_DISCOUNT_BITS, r) == ERR_OK);
	return num18_from_raw(v);
}

/* What a column does with an expiry's totals. */
struct weights {
	struct num18 least, most;	/* of the discounts */
	struct num18 times;	/* f times the dampening */
	bool is_skew;
};

/* discounted: a loss (or gain) of the total, after its discount. */
static enum err
discounted(struct usd18 *out, struct usd18 v, const struct weights *w)
{
	return usd18_mul_num(out, v, usd18_is_negative(v) ? w->least : w->most,
	    ROUND_CEIL);
}

/* way_plain: M(0) counts 1 - times, T(M) times. */
static enum err
way_plain(struct usd18 *out, const struct swing *now, const struct swing *s,
    const struct weights *w, int way)
{
	struct num18 rest = num18_from_raw(num18_to_raw(num18_one()) -
	    num18_to_raw(w->times));
	struct usd18 own, shocked;
	enum err e = usd18_mul_num(&own, num18_is_negative(rest) ?
	    now->gain[way] : now->loss[way], num18_magnitude(rest),
	    ROUND_CEIL);

	if (e == ERR_OK)
		e = discounted(&shocked, s->loss[way], w);
	if (e == ERR_OK)
		e = usd18_mul_num(&shocked, shocked, w->times, ROUND_CEIL);
	return e != ERR_OK ? e : usd18_add(out, own, shocked);
}

/* way_skew: M(0) counts in full, -|T(M) - M(0)| times: it falls by at most what
 * the difference may move either way. */
static enum err
way_skew(struct usd18 *out, const struct swing *now, const struct swing *s,
    const struct weights *w, int way)
{
	struct usd18 less, more, most;
	enum err e = discounted(&less, s->loss[way], w);

	if (e == ERR_OK)
		e = usd18_add(&less, less, now->gain[way]);
	if (e == ERR_OK)
		e = discounted(&more, s->gain[way], w);
	if (e == ERR_OK)
		e = usd18_add(&more, more, now->loss[way]);
	if (e != ERR_OK)
		return e;
	most = usd18_max(usd18_zero(), usd18_max(less, more));
	e = usd18_mul_num(&most, most, w->times, ROUND_CEIL);
	return e != ERR_OK ? e : usd18_add(out, now->loss[way], most);
}

/* both: |1 - times| (a skew: 1 + times) of now's, times most of the shocked
 * one's; for what has no direction. */
static enum err
both(struct usd18 *out, struct usd18 now, struct usd18 shocked,
    const struct weights *w)
{
	i128 one = num18_to_raw(num18_one()), times = num18_to_raw(w->times);
	struct num18 own = num18_magnitude(num18_from_raw(w->is_skew ?
	    one + times : one - times));
	enum err e = usd18_mul_num(&now, now, own, ROUND_CEIL);

	if (e == ERR_OK)
		e = usd18_mul_num(&shocked, shocked, w->most, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_mul_num(&shocked, shocked, w->times, ROUND_CEIL);
	return e != ERR_OK ? e : usd18_add(out, now, shocked);
}

static enum err
line_add(struct drift *line, const struct swing *now, const struct swing *s,
    const struct weights *w)
{
	struct drift d;
	enum err e = ERR_OK;

	for (int way = 0; way < DRIFT_WAYS && e == ERR_OK; way++)
		e = w->is_skew ? way_skew(&d.loss[way], now, s, w, way) :
		    way_plain(&d.loss[way], now, s, w, way);
	if (e == ERR_OK)
		e = both(&d.alone, now->alone, s->alone, w);
	if (e == ERR_OK)
		e = both(&d.vol, now->vol, s->vol, w);
	return e != ERR_OK ? e : drift_add(line, &d);
}

/* times_of: f times a column's dampening. */
static enum err
times_of(struct num18 *out, const struct unit *k, uint32_t column)
{
	i128 v;
	enum err e = muldiv_i128(&v, num18_to_raw(k->f),
	    (i128)k->c.column[column].dampening,
	    (i128)1 << SCENARIO_DAMPENING_BITS, ROUND_FLOOR);

	if (e == ERR_OK)
		*out = num18_from_raw(v);
	return e;
}

/* basis_add: M(0) in full, and factor times the least of two differences and
 * zero. */
static enum err
basis_add(struct unit *k, const struct priced *p)
{
	const struct swing *now = &p->swing[k->c.base];
	const struct swing *end[] = { &p->swing[k->c.up],
		&p->swing[k->c.down] };
	struct num18 times;
	struct drift d = { .vol = now->vol, .alone = now->alone };
	enum err e = num18_mul(&times, p->slice[AT_ANCHOR].shocks.basis_factor,
	    k->f, ROUND_CEIL);

	for (int way = 0; way < DRIFT_WAYS && e == ERR_OK; way++) {
		struct usd18 most = usd18_zero(), loss;

		for (int i = 0; i < 2 && e == ERR_OK; i++) {
			e = usd18_add(&loss, end[i]->loss[way],
			    now->gain[way]);
			if (e == ERR_OK)
				most = usd18_max(most, loss);
		}
		if (e == ERR_OK)
			e = usd18_mul_num(&most, most, times, ROUND_CEIL);
		if (e == ERR_OK)
			e = usd18_add(&d.loss[way], now->loss[way], most);
	}
	for (int i = 0; i < 2 && e == ERR_OK; i++) {
		struct weights w = { .most = num18_one(), .times = times,
			.is_skew = true };
		struct usd18 alone, vol;

		e = both(&alone, now->alone, end[i]->alone, &w);
		if (e == ERR_OK)
			e = both(&vol, now->vol, end[i]->vol, &w);
		if (e != ERR_OK)
			return e;
		d.alone = usd18_max(d.alone, alone);
		d.vol = usd18_max(d.vol, vol);
	}
	return e != ERR_OK ? e : drift_add(&k->l.basis, &d);
}

static enum err
expiry_lines(struct unit *k, const struct priced *p)
{
	const struct scenario_group *g = &p->slice[AT_ANCHOR].group;
	const struct swing *now = &p->swing[k->c.base];
	bool is_less = g->discount_long < g->discount_short;
	struct weights w = {
		.least = discount_num(is_less ? g->discount_long :
		    g->discount_short, ROUND_FLOOR),
		.most = discount_num(is_less ? g->discount_short :
		    g->discount_long, ROUND_CEIL),
	};
	const struct drift in_equity = {
		.loss = { now->loss[DRIFT_UP], now->loss[DRIFT_DOWN] },
		.alone = now->alone, .vol = now->vol,
	};
	enum err e = basis_add(k, p);

	if (e == ERR_OK)
		e = drift_add(&k->l.floor, &in_equity);
	for (uint32_t i = 0; i < k->c.loss_count && e == ERR_OK; i++) {
		w.is_skew = k->c.column[i].vol >= SCENARIO_VOL_LINEAR;
		e = times_of(&w.times, k, i);
		if (e == ERR_OK)
			e = line_add(&k->l.of[i], now, &p->swing[i], &w);
	}
	return e;
}

static enum err
options_lines(struct unit *k)
{
	struct priced p;
	enum err err = ERR_OK;

	for (uint32_t e = 0; e < k->u->expiry_count && err == ERR_OK; e++) {
		for (uint32_t i = 0; i < k->c.count; i++)
			p.swing[i] = (struct swing){ .vol = usd18_zero() };
		err = slices_of(&p, k, e);
		for (uint32_t i = 0; i < k->u->option_count && err == ERR_OK;
		    i++)
			if (k->u->option[i].expiry == e)
				err = option_swing(&p, k, &k->u->option[i]);
		if (err == ERR_OK)
			err = expiry_lines(k, &p);
	}
	return err;
}

/* ---- what is linear ----------------------------------------------------- */

/* linear_lines: an amount at a price moves by x - 1 times f d of its worth. */
static enum err
linear_lines(struct unit *k, struct num18 amount, struct px18 price)
{
	struct usd18 worth, part;
	enum err e = bounding_guard_amount(k->b, amount, k->most);

	if (e == ERR_OK)
		e = usd18_from_contracts(&worth, amount, num18_one(), price,
		    ROUND_FLOOR);
	for (uint32_t i = 0; i < k->c.loss_count && e == ERR_OK; i++) {
		struct num18 move, times;

		e = num18_sub(&move, k->c.column[i].spot, num18_one());
		if (e == ERR_OK)
			e = times_of(&times, k, i);
		if (e == ERR_OK)
			e = num18_mul(&times, times, move, ROUND_FLOOR);
		if (e == ERR_OK)
			e = usd18_mul_num(&part, worth, times, ROUND_FLOOR);
		if (e == ERR_OK)
			e = drift_linear(&k->l.of[i], part, k->b->box);
	}
	return e;
}

static enum err
linears_lines(struct unit *k)
{
	const struct scenario_unit *u = k->u;
	enum err e = ERR_OK;

	for (uint32_t i = 0; i < u->linear_count && e == ERR_OK; i++)
		e = linear_lines(k, u->linear[i].amount, u->linear[i].price);
	for (uint32_t i = 0; i < u->collateral_count && e == ERR_OK; i++)
		e = linear_lines(k, u->collateral[i].amount,
		    u->collateral[i].price);
	return e;
}

/* ---- charges ------------------------------------------------------------ */

static enum err
sum_of(struct usd18 *sum, const struct scenario_contingency *c)
{
	enum err e = usd18_add(sum, *sum, c->linear);

	if (e == ERR_OK)
		e = usd18_add(sum, *sum, c->option);
	if (e == ERR_OK)
		e = usd18_add(sum, *sum, c->collateral);
	return e != ERR_OK ? e : usd18_add(sum, *sum, c->confidence);
}

static enum err
charges_of(struct usd18 *out, const struct unit *k)
{
	struct usd18 sum = usd18_zero();
	enum err e = sum_of(&sum, &k->result->mm_contingency);

	if (e == ERR_OK && k->b->side == SIDE_INITIAL)
		e = sum_of(&sum, &k->result->im_contingency);
	if (e == ERR_OK && k->b->side == SIDE_INITIAL)
		e = usd18_add(&sum, sum, k->result->extra_initial);
	if (e == ERR_OK)
		*out = sum;
	return e;
}

static bool
unit_is_sure(const struct unit *k)
{
	const struct scenario_unit *u = k->u;
	struct num18 least = k->r->other.conf_threshold;
	bool is_sure = bounding_is_sure(u->spot_confidence, least);

	for (uint32_t i = 0; i < u->expiry_count; i++)
		is_sure &= bounding_is_sure(u->expiry[i].confidence, least);
	for (uint32_t i = 0; i < u->option_count; i++)
		is_sure &= bounding_is_sure(u->option[i].confidence, least);
	for (uint32_t i = 0; i < u->linear_count; i++)
		is_sure &= bounding_is_sure(u->linear[i].confidence, least);
	for (uint32_t i = 0; i < u->collateral_count; i++)
		is_sure &= bounding_is_sure(u->collateral[i].confidence,
		    least);
	return is_sure;
}

/* ---- one unit ----------------------------------------------------------- */

static enum err
unit_prices(struct unit *k)
{
	const struct scenario_unit *u = k->u;
	struct px18 most = u->spot;
	struct num18 move = num18_one();

	for (uint32_t i = 0; i < u->expiry_count; i++) {
		if (!px18_is_zero(u->expiry[i].forward_fixed))
			k->b->is_lost = true;
		most = px18_max(most, u->expiry[i].forward_variable);
	}
	for (uint32_t i = 0; i < u->option_count; i++)
		most = px18_max(most, u->option[i].strike);
	for (uint32_t i = 0; i < u->linear_count; i++)
		most = px18_max(most, u->linear[i].price);
	for (uint32_t i = 0; i < u->collateral_count; i++)
		most = px18_max(most, u->collateral[i].price);
	k->decimals = scenario_decimals_for(most, &k->c,
	    SCENARIO_VALUE_BITS);
	for (uint32_t i = 0; i < k->c.count; i++)
		if (num18_compare(k->c.column[i].spot, move) > 0)
			move = k->c.column[i].spot;
	return px18_mul_num(&k->most, most, move, ROUND_CEIL);
}

/* steeper makes d at least the drift of a line that starts `slack` above the
 * least one. */
static enum err
steeper(struct drift *d, const struct drift *line, struct usd18 slack)
{
	for (int way = 0; way < DRIFT_WAYS; way++) {
		struct usd18 loss;
		enum err e = usd18_sub(&loss, line->loss[way], slack);

		if (e != ERR_OK)
			return e;
		d->loss[way] = usd18_max(d->loss[way], loss);
	}
	d->alone = usd18_max(d->alone, line->alone);
	d->vol = usd18_max(d->vol, line->vol);
	return ERR_OK;
}

/* slack_of: f times how far a profit lies above the least, floor. */
static enum err
slack_of(struct usd18 *out, const struct unit *k, struct usd18 pnl)
{
	enum err e = usd18_add(out, pnl, k->result->loss);

	return e != ERR_OK ? e : usd18_mul_num(out, *out, k->f, ROUND_FLOOR);
}

/* unit_close: the unit's lines, with what is alike in all of them, into one
 * drift for each branch. */
static enum err
unit_close(struct branches *to, const struct unit *k)
{
	struct drift *d = &to->loss[k->factor];
	struct usd18 charges, slack, loss;
	enum err e = slack_of(&slack, k, k->result->basis);

	*d = k->l.basis;
	for (int way = 0; way < DRIFT_WAYS && e == ERR_OK; way++)
		e = usd18_sub(&d->loss[way], d->loss[way], slack);
	for (uint32_t i = 0; i < k->c.loss_count && e == ERR_OK; i++) {
		e = slack_of(&slack, k, k->result->pnl[k->c.shock[i]]);
		if (e == ERR_OK)
			e = steeper(d, &k->l.of[i], slack);
	}
	to->floor[k->factor] = k->l.floor;
	if (e == ERR_OK)
		e = charges_of(&charges, k);
	if (e == ERR_OK)
		e = drift_linear(d, usd18_from_raw(-usd18_to_raw(charges)),
		    k->b->box);
	if (e == ERR_OK)
		e = usd18_mul_num(&loss, k->result->floor, k->b->box,
		    ROUND_CEIL);
	/* A part of the floor may be fixed: no gain by a fall. */
	if (e == ERR_OK)
		e = drift_move(&to->floor[k->factor], loss, usd18_zero());
	if (e == ERR_OK)
		e = usd18_add(&to->floor_amount, to->floor_amount,
		    k->result->floor);
	if (e == ERR_OK)
		e = usd18_mul_num(&loss, k->result->loss, k->f, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_add(&to->loss_most, to->loss_most, loss);
	if (e == ERR_OK)
		e = usd18_add(&loss, loss, charges);
	return e != ERR_OK ? e : usd18_add(&to->loss_amount, to->loss_amount,
	    loss);
}

/* unit_growth: by how much f L may grow in the whole box, every move at its
 * worst: of each line without what is in equity anyway, at most this. */
static enum err
unit_growth(struct branches *to, const struct unit *k)
{
	struct usd18 most = usd18_zero();
	enum err e = ERR_OK;

	for (uint32_t i = 0; i <= k->c.loss_count && e == ERR_OK; i++) {
		const struct drift *d = i < k->c.loss_count ? &k->l.of[i] :
		    &k->l.basis;
		struct usd18 v, sum;

		e = usd18_mul_num(&v, d->vol, num18_from_raw(
		    (i128)WAD_ONE_RAW / 4), ROUND_CEIL);
		if (e == ERR_OK)
			e = usd18_add(&sum, v, d->alone);
		/* The options' marks were in the line as well. */
		if (e == ERR_OK)
			e = usd18_add(&sum, sum, k->l.floor.alone);
		if (e == ERR_OK)
			e = usd18_mul_num(&v, k->l.floor.vol, num18_from_raw(
			    (i128)WAD_ONE_RAW / 4), ROUND_CEIL);
		if (e == ERR_OK)
			e = usd18_add(&sum, sum, v);
		if (e == ERR_OK)
			most = usd18_max(most, sum);
	}
	return e != ERR_OK ? e : usd18_add(&to->loss_most, to->loss_most,
	    most);
}

static enum err
unit_lines(struct branches *to, struct bounding *b, uint8_t factor,
    uint32_t index)
{
	const struct scenario_work *w = &b->work->scenario;
	struct unit k = { .b = b, .u = &w->unit, .r = &w->rules,
		.result = &w->kept[index].result, .factor = factor };
	enum err e = scenario_columns_of(&k.c, k.r, k.u->beta);

	k.f = b->side == SIDE_INITIAL ? k.result->im_factor :
	    k.result->mm_factor;
	if (e == ERR_OK)
		e = unit_prices(&k);
	if (num18_is_negative(k.f) || num18_to_raw(k.f) >= FACTOR_MOST_RAW ||
	    (b->side == SIDE_INITIAL && !unit_is_sure(&k)))
		b->is_lost = true;
	if (e != ERR_OK || b->is_lost)
		return e;
	e = options_lines(&k);
	if (e == ERR_OK)
		e = linears_lines(&k);
	if (e == ERR_OK)
		e = unit_close(to, &k);
	return e != ERR_OK ? e : unit_growth(to, &k);
}

/* ---- the branches together ---------------------------------------------- */

/* worst_of: what a factor loses over the box, with its share of equity. */
static enum err
worst_of(struct usd18 *out, const struct drift *d, const struct drift *own)
{
	struct usd18 most = usd18_zero(), loss;
	enum err e = ERR_OK;

	for (int way = 0; way < DRIFT_WAYS && e == ERR_OK; way++) {
		e = usd18_add(&loss, d->loss[way], own->loss[way]);
		if (e == ERR_OK)
			most = usd18_max(most, loss);
	}
	*out = most;
	return e;
}

/* branches_join: where all that the other branch loses more than the binding
 * one, over the whole box, is no more than it starts above it, it never binds;
 * otherwise each factor takes the larger loss. */
static enum err
branches_join(struct bounding *b, struct branches *x)
{
	bool is_floor = usd18_compare(x->floor_amount, x->loss_amount) > 0;
	const struct drift *binding = is_floor ? x->floor : x->loss;
	const struct drift *other = is_floor ? x->loss : x->floor;
	struct usd18 more = usd18_zero(), slack, at, beyond;
	enum err e = is_floor ? usd18_sub(&slack, x->floor_amount,
	    x->loss_amount) : usd18_sub(&slack, x->loss_amount,
	    x->floor_amount);

	for (size_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++) {
		e = worst_of(&at, &binding[f], &b->own[f]);
		if (e == ERR_OK)
			e = worst_of(&beyond, &other[f], &b->own[f]);
		if (e == ERR_OK && usd18_compare(beyond, at) > 0)
			e = usd18_sub(&beyond, beyond, at);
		else
			beyond = usd18_zero();
		if (e == ERR_OK)
			e = usd18_add(&more, more, beyond);
	}
	for (size_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++) {
		struct drift d = binding[f];

		if (usd18_compare(more, slack) > 0)
			e = steeper(&d, &other[f], usd18_zero());
		d.alone = usd18_max(d.alone, other[f].alone);
		d.vol = usd18_max(d.vol, other[f].vol);
		if (e == ERR_OK)
			e = drift_add(&b->total[f], &d);
	}
	return e;
}

/* depeg_drift: f grows by factor * gap, times at most loss_most / f. */
static enum err
depeg_drift(struct bounding *b, const struct branches *x)
{
	const struct scenario_other_rules *r = &b->n->rules->scenario.other;
	struct num18 gap[BOOK_FACTORS_MAX], f =
	    b->work->scenario.rules.margin.im_factor;
	struct usd18 cost;
	enum err e = bounding_depeg(gap, b, r->peg_loss_threshold);

	for (size_t i = 0; i < BOOK_FACTORS_MAX && e == ERR_OK; i++) {
		if (num18_is_zero(gap[i]))
			continue;
		if (num18_is_zero(f)) {
			b->is_lost = true;
			return ERR_OK;
		}
		e = num18_mul(&gap[i], gap[i], r->peg_loss_factor, ROUND_CEIL);
		if (e == ERR_OK)
			e = num18_div(&gap[i], gap[i], f, ROUND_CEIL);
		if (e == ERR_OK)
			e = usd18_mul_num(&cost, x->loss_most, gap[i],
			    ROUND_CEIL);
		if (e == ERR_OK)
			e = drift_move(&b->total[i], usd18_zero(), cost);
	}
	return e;
}

enum err
bounding_scenario(struct bounding *b)
{
	struct scenario_work *w = &b->work->scenario;
	const struct point mid = point_mid();
	struct branches x = { .loss_most = usd18_zero() };
	uint32_t count = 0;
	enum err e = ERR_OK;

	if (!num18_is_zero(w->rules.extra.omega))
		b->is_lost = true;
	for (uint8_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK &&
	    !b->is_lost; f++) {
		bool is_empty;

		if ((b->work->units >> f & 1) == 0)
			continue;
		e = method_scenario_unit(&is_empty, w, b->n, &mid, f);
		if (e == ERR_OK && !is_empty)
			e = unit_lines(&x, b, f, count++);
	}
	if (e == ERR_OK)
		e = branches_join(b, &x);
	return e != ERR_OK || b->side != SIDE_INITIAL ? e :
	    depeg_drift(b, &x);
}
