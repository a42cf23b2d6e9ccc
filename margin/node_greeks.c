#include "margin/node_greeks.h"

#include "margin/instrument_price.h"
#include "margin/option.h"
#include "margin/surface.h"

static enum err
option_market(struct position_market *m, const struct node *n,
    const struct instrument *i, const struct point *at)
{
	struct option_terms t = { .strike = i->strike,
	    .is_call = i->is_call,
	    .tau = option_tau(i->expiry_ms - n->market->as_of_ms) };
	struct num18 confidence;
	enum err e = instrument_forward(&t.forward, n, i, at, ROUND_FLOOR);

	if (e == ERR_OK)
		e = surface_vol(&t.vol, &confidence,
		    &n->market->terms->factor[i->factor], i->strike,
		    i->expiry_ms, n->market->as_of_ms);
	if (e == ERR_OK)
		e = instrument_discount(&t.discount, n->market, i->expiry_ms);
	if (e == ERR_OK)
		e = option_greeks_of(&m->option, &t);
	m->mark = t.forward;
	return e;
}

static enum err
position_add(struct position_greeks_table *t, const struct node *n,
    const struct position *p, const struct point *at)
{
	const struct instrument *i = &n->book->instruments[p->instrument];
	struct position_market m = { 0 };
	struct position_greeks row;
	enum err e;

	if (instrument_is_pending(i, n->market))
		return ERR_OK;
	e = point_factor_price(&m.index, n->book, n->market, i->factor, at);
	if (e == ERR_OK)
		e = i->kind == INSTRUMENT_OPTION ?
		    option_market(&m, n, i, at) :
		    instrument_price(&m.mark, n, p->instrument, at,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = position_greeks_of(&row, i, p, &m);
	return e != ERR_OK ? e : position_greeks_add(t, &row);
}

static enum err
token_add(struct position_greeks_table *t, const struct node *n, uint8_t asset,
    u128 atoms, bool is_debt, const struct point *at)
{
	const struct asset *a = &n->book->assets[asset];
	enum rounding r = is_debt ? ROUND_CEIL : ROUND_FLOOR;
	struct position_greeks row;
	struct usd18 value;
	struct px18 px;
	enum err e;

	if (atoms == 0)
		return ERR_OK;
	e = point_asset_price(&px, n->book, n->market, asset, at, r);
	if (e == ERR_OK)
		e = usd18_from_atoms(&value, atoms, a->decimals, px, r);
	if (e == ERR_OK && is_debt)
		e = usd18_neg(&value, value);
	if (e != ERR_OK)
		return e;
	row = position_greeks_holding(a->factor, value);
	return position_greeks_add(t, &row);
}

static bool
is_unit(const struct node *n, uint8_t asset, uint64_t units)
{
	return (units >> n->book->assets[asset].factor & 1) != 0;
}

enum err
node_greeks(struct position_greeks_table *t, const struct node *n,
    const struct point *at, uint64_t units)
{
	const struct vault *v = n->vault;
	u128 atoms;
	enum err e = ERR_OK;

	for (size_t i = 0; i < v->collateral_count && e == ERR_OK; i++)
		if (is_unit(n, v->collateral[i].asset, units))
			e = token_add(t, n, v->collateral[i].asset,
			    node_atoms(n, i), false, at);
	for (size_t i = 0; i < v->debt_count && e == ERR_OK; i++) {
		if (!is_unit(n, v->debt[i].asset, units))
			continue;
		e = book_debt_atoms(&atoms, n->book, &v->debt[i]);
		if (e == ERR_OK)
			e = token_add(t, n, v->debt[i].asset, atoms, true, at);
	}
	for (size_t i = 0; i < v->position_count && e == ERR_OK; i++)
		e = position_add(t, n, node_position(n, i), at);
	for (size_t i = 0; i < v->order_count && e == ERR_OK; i++) {
		const struct order *o = node_order(n, i);
		const struct position filled = { .instrument = o->instrument,
		    .size = o->size, .entry = o->price };

		if (node_order_is_filled(n, i, at))
			e = position_add(t, n, &filled, at);
	}
	return e;
}

enum err
node_gross_notional(struct usd18 *out, const struct node *n,
    const struct point *at, uint8_t factor)
{
	struct usd18 sum = usd18_zero(), one;
	struct px18 index;
	enum err e = point_factor_price(&index, n->book, n->market, factor,
	    at);

	for (size_t i = 0; i < n->vault->position_count && e == ERR_OK; i++) {
		const struct position *p = node_position(n, i);
		const struct instrument *t =
		    &n->book->instruments[p->instrument];
		struct num18 size = p->size;

		if (t->factor != factor)
			continue;
		if (num18_is_negative(size))
			e = num18_sub(&size, num18_zero(), size);
		if (e == ERR_OK)
			e = usd18_from_contracts(&one, size, t->multiplier,
			    t->is_inverse ? px18_from_raw(WAD_ONE_RAW) : index,
			    ROUND_CEIL);
		if (e == ERR_OK)
			e = usd18_add(&sum, sum, one);
	}
	if (e == ERR_OK)
		*out = sum;
	return e;
}
