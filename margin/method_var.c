/* The `var` and `es` methods of a vault: what it would have made in each
 * scenario of its factors' returns.  Tokens and contracts go by exposure,
 * options are priced anew at the moved forward (sticky strike). */
#include "margin/method_rows.h"

#include <string.h>

#include "base/must.h"
#include "margin/buffer.h"
#include "margin/collateral.h"
#include "margin/method_work.h"
#include "margin/node_greeks.h"
#include "margin/instrument_price.h"
#include "margin/option.h"
#include "margin/surface.h"
#include "margin/var.h"

/* ---- the scenarios ------------------------------------------------------ */

static void
history_of(struct sample_history *h, struct var_work *w, const struct book *b,
    const struct market *m)
{
	memset(h, 0, sizeof(*h));
	for (uint8_t f = 0; f < b->factor_count && m->terms; f++) {
		const struct market_factor *factor = &m->terms->factor[f];

		if (factor->return_count == 0)
			continue;
		w->factor[h->factors] = f;
		h->column[h->factors++] = factor->returns;
		h->length = factor->return_count;
	}
}

static enum err
base_sample(struct var_work *w, const struct sample_history *h,
    const struct rules *r)
{
	switch (r->var.source) {
	case VAR_HISTORICAL:
		return sample_historical(&w->base, h, &r->var.sample);
	case VAR_FILTERED:
		return sample_filtered(&w->base, h, &r->var.sample);
	case VAR_SIMULATED:
		return sample_simulated(&w->base, h, &r->var.sample, &r->hash,
		    &w->sample_work);
	}
	MUST(false);
}

enum err
method_work_sample(struct method_work *work, const struct book *b,
    const struct market *m, const struct rules *r)
{
	struct var_work *w = &work->var;
	struct sample_history h;
	enum err e;

	_Static_assert(SAMPLE_FACTORS_MAX >= BOOK_FACTORS_MAX, "a column each");
	w->has_sample = false;
	history_of(&h, w, b, m);
	if (h.factors == 0)
		return ERR_MISSING;
	w->base = (struct sample){ .r = w->base_r,
	    .capacity = METHOD_DRAWS_MAX };
	w->stressed = (struct sample){ .r = w->stressed_r,
	    .capacity = METHOD_DRAWS_MAX };
	e = base_sample(w, &h, r);
	if (e == ERR_OK)
		e = sample_stressed(&w->stressed, &h, &r->var.sample);
	w->has_sample = e == ERR_OK;
	return e;
}

/* ---- one vault ---------------------------------------------------------- */

struct revaluing {
	const struct node *n;
	const struct point *at;
	struct var_work *w;
	struct usd18 exposure[SAMPLE_FACTORS_MAX];	/* by column */
};

static bool
column_of(const struct var_work *w, uint8_t factor, uint32_t *out)
{
	for (uint32_t c = 0; c < w->base.factors; c++)
		if (w->factor[c] == factor) {
			*out = c;
			return true;
		}
	return false;
}

/* A leg of a factor without returns (a stablecoin) is not moved. */
static enum err
leg_expose(struct revaluing *r, uint8_t asset, u128 atoms, bool is_debt)
{
	const struct asset *a = &r->n->book->assets[asset];
	enum rounding side = is_debt ? ROUND_CEIL : ROUND_FLOOR;
	struct usd18 value;
	struct px18 px;
	uint32_t c;
	enum err e;

	if (atoms == 0 || !column_of(r->w, a->factor, &c))
		return ERR_OK;
	e = point_asset_price(&px, r->n->book, r->n->market, asset, r->at,
	    side);
	if (e == ERR_OK)
		e = usd18_from_atoms(&value, atoms, a->decimals, px, side);
	if (e != ERR_OK)
		return e;
	return is_debt ? usd18_sub(&r->exposure[c], r->exposure[c], value) :
	    usd18_add(&r->exposure[c], r->exposure[c], value);
}

static enum err
legs_expose(struct revaluing *r)
{
	const struct vault *v = r->n->vault;
	u128 atoms;
	enum err e = ERR_OK;

	for (size_t i = 0; i < v->collateral_count && e == ERR_OK; i++)
		e = leg_expose(r, v->collateral[i].asset, node_atoms(r->n, i),
		    false);
	for (size_t i = 0; i < v->debt_count && e == ERR_OK; i++) {
		e = book_debt_atoms(&atoms, r->n->book, &v->debt[i]);
		if (e == ERR_OK)
			e = leg_expose(r, v->debt[i].asset, atoms, true);
	}
	return e;
}

/* moving_share takes from a future's price what its settlement window has
 * fixed. */
static enum err
moving_share(struct px18 *px, const struct revaluing *r,
    const struct instrument *i)
{
	struct px18 stays, moves, whole;
	enum err e = instrument_forward_parts(&stays, &moves, r->n, i, r->at,
	    ROUND_FLOOR);

	if (e == ERR_OK)
		e = px18_add(&whole, stays, moves);
	if (e != ERR_OK || px18_is_zero(stays))
		return e;
	return px18_move(px, *px, moves, whole, ROUND_FLOOR);
}

/* contract_expose: an inverse contract of Q USD entered at e moves as Q / e
 * units of the underlying do. */
static enum err
contract_expose(struct revaluing *r, uint16_t slot, struct num18 size,
    struct px18 entry, uint32_t c)
{
	const struct instrument *i = &r->n->book->instruments[slot];
	struct num18 units = size;
	struct usd18 value;
	struct px18 px;
	enum err e;

	if (i->is_inverse) {
		e = num18_div(&units, size,
		    num18_from_raw((i128)px18_to_raw(entry)), ROUND_CEIL);
		if (e == ERR_OK)
			e = point_factor_price(&px, r->n->book, r->n->market,
			    i->factor, r->at);
	} else {
		e = instrument_price(&px, r->n, slot, r->at, ROUND_FLOOR);
		if (e == ERR_OK && i->kind == INSTRUMENT_FUTURE)
			e = moving_share(&px, r, i);
	}
	if (e == ERR_OK)
		e = usd18_from_contracts(&value, units, i->multiplier, px,
		    ROUND_FLOOR);
	return e != ERR_OK ? e : usd18_add(&r->exposure[c], r->exposure[c],
	    value);
}

static enum err
trades_expose(struct revaluing *r)
{
	const struct vault *v = r->n->vault;
	const struct instrument *t;
	uint32_t c;
	enum err e = ERR_OK;

	for (size_t i = 0; i < v->position_count && e == ERR_OK; i++) {
		const struct position *p = node_position(r->n, i);

		t = &r->n->book->instruments[p->instrument];
		if (!column_of(r->w, t->factor, &c))
			return ERR_STATE;
		if (t->kind != INSTRUMENT_OPTION &&
		    !instrument_is_pending(t, r->n->market))
			e = contract_expose(r, p->instrument, p->size,
			    p->entry, c);
	}
	for (size_t i = 0; i < v->order_count && e == ERR_OK; i++) {
		const struct order *o = node_order(r->n, i);

		t = &r->n->book->instruments[o->instrument];
		if (!column_of(r->w, t->factor, &c))
			return ERR_STATE;
		if (t->kind != INSTRUMENT_OPTION &&
		    !instrument_is_pending(t, r->n->market) &&
		    node_order_is_filled(r->n, i, r->at))
			e = contract_expose(r, o->instrument, o->size,
			    o->price, c);
	}
	return e;
}

static enum err
option_terms_of(struct option_terms *out, const struct node *n,
    const struct instrument *i, const struct point *at)
{
	struct num18 confidence;
	enum err e;

	*out = (struct option_terms){ .strike = i->strike,
	    .is_call = i->is_call,
	    .tau = option_tau(i->expiry_ms - n->market->as_of_ms) };
	e = instrument_forward(&out->forward, n, i, at, ROUND_FLOOR);
	if (e == ERR_OK)
		e = surface_vol(&out->vol, &confidence,
		    &n->market->terms->factor[i->factor], i->strike,
		    i->expiry_ms, n->market->as_of_ms);
	if (e == ERR_OK)
		e = instrument_discount(&out->discount, n->market,
		    i->expiry_ms);
	return e;
}

/* option_add adds what size contracts make in each scenario; a return below
 * -1 is a forward of zero; what a settlement window has fixed stays. */
static enum err
option_add(struct usd18 *pnl, const struct revaluing *r,
    const struct instrument *i, struct num18 size, const struct sample *s,
    uint32_t c)
{
	struct option_terms t;
	struct usd18 now, then, change;
	struct px18 stays, moves;
	struct num18 grow, amount;
	enum err e = option_terms_of(&t, r->n, i, r->at);

	if (e == ERR_OK)
		e = option_price(&now, &t);
	if (e == ERR_OK)
		e = num18_mul(&amount, size, i->multiplier, ROUND_FLOOR);
	if (e == ERR_OK)
		e = instrument_forward_parts(&stays, &moves, r->n, i, r->at,
		    ROUND_FLOOR);
	for (uint32_t k = 0; k < s->scenarios && e == ERR_OK; k++) {
		grow = num18_from_raw((i128)WAD_ONE_RAW +
		    s->r[(size_t)k * s->factors + c]);
		if (num18_is_negative(grow))
			grow = num18_zero();
		e = px18_mul_num(&t.forward, moves, grow, ROUND_FLOOR);
		if (e == ERR_OK)
			e = px18_add(&t.forward, t.forward, stays);
		if (e == ERR_OK)
			e = option_price(&then, &t);
		if (e == ERR_OK)
			e = usd18_sub(&change, then, now);
		if (e == ERR_OK)
			e = usd18_mul_num(&change, change, amount,
			    ROUND_FLOOR);
		if (e == ERR_OK)
			e = usd18_add(&pnl[k], pnl[k], change);
	}
	return e;
}

static enum err
measure_of(struct usd18 *out, struct revaluing *r, const struct sample *s,
    enum var_measure measure)
{
	struct var_work *w = r->w;
	size_t count;
	uint32_t c;
	enum err e = var_pnl_linear(w->pnl, r->exposure, s);

	if (e == ERR_OK)
		e = node_items(w->item, &count, r->n, r->at);
	for (size_t k = 0; e == ERR_OK && k < count; k++) {
		const struct instrument *i =
		    &r->n->book->instruments[w->item[k].instrument];

		if (i->kind != INSTRUMENT_OPTION ||
		    num18_is_zero(w->item[k].size) ||
		    instrument_is_pending(i, r->n->market))
			continue;
		if (!column_of(w, i->factor, &c))
			return ERR_STATE;
		e = option_add(w->pnl, r, i, w->item[k].size, s, c);
	}
	return e != ERR_OK ? e : var_measure_of(out, NULL, measure, w->pnl,
	    s->scenarios, &r->n->rules->var, w->scratch);
}

/* What the market of a factor is like: the lowest asset on it; NULL where the
 * book has none. */
static const struct asset_risk *
factor_risk(const struct book *b, uint8_t factor)
{
	for (size_t i = 0; i < b->asset_count; i++)
		if (b->assets[i].factor == factor)
			return &b->assets[i].risk;
	return NULL;
}

/* closing_add: what it costs to close an exposure: half the spread, and the
 * impact of its size on the market (margin-model 1.4, h_liq). */
static enum err
closing_add(struct var_parts *parts, const struct node *n, uint8_t factor,
    struct usd18 exposure)
{
	const struct asset_risk *risk = factor_risk(n->book, factor);
	struct usd18 half, impact, size = exposure;
	struct num18 slope, h;
	enum err e = ERR_OK;

	if (risk == NULL || usd18_is_zero(exposure))
		return ERR_OK;
	if (usd18_is_negative(exposure))
		e = usd18_neg(&size, exposure);
	if (e == ERR_OK)
		e = num18_div(&h, risk->spread, num18_from_raw(
		    2 * (i128)WAD_ONE_RAW), ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_mul_num(&half, size, h, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_add(&parts->liquidity, parts->liquidity, half);
	if (e == ERR_OK)
		e = collateral_slope(&slope, risk->volatility,
		    &n->rules->collateral);
	if (e == ERR_OK)
		e = collateral_impact(&h, slope, size, risk->adv);
	if (e == ERR_OK)
		e = usd18_mul_num(&impact, size, h, ROUND_CEIL);
	return e != ERR_OK ? e : usd18_add(&parts->concentration,
	    parts->concentration, impact);
}

/* closing_costs: of the net exposure to each factor that the scenarios move,
 * options by their delta. */
static enum err
closing_costs(struct var_parts *parts, const struct revaluing *r,
    struct greeks_work *g)
{
	struct position_greeks sums;
	uint64_t moved = 0;
	enum err e;

	for (uint32_t c = 0; c < r->w->base.factors; c++)
		moved |= UINT64_C(1) << r->w->factor[c];
	g->table = (struct position_greeks_table){ .rows = g->row,
	    .capacity = ARRAY_COUNT(g->row) };
	e = node_greeks(&g->table, r->n, r->at, moved);
	for (size_t i = 0; i < g->table.count && e == ERR_OK; i++) {
		if (i > 0 && g->row[i].factor == g->row[i - 1].factor)
			continue;
		e = position_greeks_total(&sums, &g->table, g->row[i].factor);
		if (e == ERR_OK)
			e = closing_add(parts, r->n, g->row[i].factor,
			    sums.delta);
	}
	return e;
}

/* What a term of the sum is: the part times its weight. */
static enum err
explain_part(struct explain *x, enum explain_number number, const char *what,
    struct usd18 part, struct ppb weight)
{
	struct usd18 term;
	enum err e = usd18_mul_ppb(&term, part, weight, ROUND_CEIL);

	if (e == ERR_OK)
		explain_add(x, number, what, ABOUT_NOTHING, 0, term);
	return e;
}

/* Initial margin has the buffer that maintenance may use up. */
static enum err
with_buffer(struct usd18 *out, struct usd18 amount, const struct node *n,
    enum margin_side side, struct explain *x)
{
	struct buffer_state state = { .is_started = false };
	struct usd18 buffer;
	enum err e;

	if (side != SIDE_INITIAL) {
		*out = amount;
		return ERR_OK;
	}
	e = buffer_step(&state, amount, &n->rules->buffer);
	if (e == ERR_OK)
		e = usd18_sub(&buffer, state.buffered, amount);
	if (e != ERR_OK)
		return e;
	explain_add(x, EXPLAIN_INITIAL_MARGIN, "buffer", ABOUT_NOTHING, 0,
	    buffer);
	*out = state.buffered;
	return ERR_OK;
}

static enum err
require(struct requirement *out, const struct node *n, const struct point *at,
    enum margin_side side, struct method_work *work, struct explain *x,
    enum var_measure measure)
{
	static const char *const source[] = {
		[VAR_HISTORICAL] = "historical scenarios",
		[VAR_FILTERED] = "filtered scenarios",
		[VAR_SIMULATED] = "simulated scenarios",
	};
	const struct var_rules *rules = &n->rules->var;
	enum explain_number number = side == SIDE_INITIAL ?
	    EXPLAIN_INITIAL_MARGIN : EXPLAIN_MAINTENANCE_MARGIN;
	struct revaluing r = { .n = n, .at = at, .w = &work->var };
	struct var_parts parts = { 0 };
	struct requirement q = { .amount = usd18_zero(),
	    .binding = measure == VAR_MEASURE_ES ? "expected shortfall" :
	    "value at risk" };
	enum err e;

	if (!work->var.has_sample)
		return ERR_STATE;
	e = legs_expose(&r);
	if (e == ERR_OK)
		e = trades_expose(&r);
	if (e == ERR_OK)
		e = measure_of(&parts.base, &r, &work->var.base, measure);
	if (e == ERR_OK)
		e = measure_of(&parts.stressed, &r, &work->var.stressed,
		    measure);
	/* Too few scenarios: the method says nothing. */
	if (e == ERR_QUORUM || e == ERR_REFUSED)
		return ERR_STATE;
	if (e == ERR_OK)
		e = closing_costs(&parts, &r, &work->greeks);
	if (e == ERR_OK)
		e = var_requirement(&q.amount, &parts, rules);
	if (e == ERR_OK)
		e = explain_part(x, number, source[rules->source], parts.base,
		    rules->weight);
	if (e == ERR_OK)
		e = explain_part(x, number, "stressed scenarios",
		    parts.stressed, rules->weight_stressed);
	explain_add(x, number, "liquidity", ABOUT_NOTHING, 0,
	    parts.liquidity);
	explain_add(x, number, "concentration", ABOUT_NOTHING, 0,
	    parts.concentration);
	if (e == ERR_OK)
		e = with_buffer(&q.amount, q.amount, n, side, x);
	if (e == ERR_OK)
		*out = q;
	return e;
}

enum err
method_var(struct requirement *out, const struct node *n,
    const struct point *at, enum margin_side side, struct method_work *work,
    struct explain *x)
{
	return require(out, n, at, side, work, x, VAR_MEASURE_VAR);
}

enum err
method_es(struct requirement *out, const struct node *n,
    const struct point *at, enum margin_side side, struct method_work *work,
    struct explain *x)
{
	return require(out, n, at, side, work, x, VAR_MEASURE_ES);
}
