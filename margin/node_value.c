#include "margin/node_value.h"

#include <string.h>

#include "base/must.h"
#include "margin/instrument_price.h"
#include "margin/linear.h"
#include "margin/ratio.h"
#include "margin/wrong_way.h"

/* Where a value goes: one vault's sums at one point on one side. */
struct adding {
	struct node_value *v;
	const struct node *n;
	const struct point *at;
	enum margin_side side;
	bool counts_options;
	struct explain *x;
};

/* leg_price is the cautious one on the initial side: the worse of the point
 * and of the slow companions. */
static enum err
leg_price(struct px18 *out, const struct node *n, uint8_t asset,
    const struct point *at, enum margin_side side, bool is_debt)
{
	const struct market_price *p = &n->market->asset[asset];
	struct px18 px;
	enum err e = point_asset_price(&px, n->book, n->market, asset, at,
	    is_debt ? ROUND_CEIL : ROUND_FLOOR);

	if (e != ERR_OK)
		return e;
	if (side == SIDE_INITIAL && p->has_twap)
		px = is_debt ? px18_max(px, p->twap) : px18_min(px, p->twap);
	if (side == SIDE_INITIAL && p->has_stable)
		px = is_debt ? px18_max(px, p->stable) :
		    px18_min(px, p->stable);
	*out = px;
	return ERR_OK;
}

/* kept_key: of a leg or position of the vault, its factor where it stands. */
static struct node_kept_key
kept_key(const struct adding *a, enum node_kept_what what, size_t index,
    unsigned side, uint8_t factor)
{
	return node_kept_key_of(a->n->kept, what, a->n->slot, (uint32_t)index,
	    side, &a->at->factor[factor]);
}

static const struct node_kept_pair *
kept_find(const struct adding *a, const struct node_kept_key *key)
{
	return a->n->kept ? node_kept_find(a->n->kept, key) : NULL;
}

static void
kept_put(const struct adding *a, const struct node_kept_key *key,
    struct usd18 first, struct usd18 second)
{
	if (a->n->kept)
		node_kept_put(a->n->kept, key, first, second);
}

static enum explain_number
equity_number(enum margin_side side)
{
	return side == SIDE_INITIAL ? EXPLAIN_EQUITY_INITIAL :
	    EXPLAIN_EQUITY_MAINTENANCE;
}

/* leg_value: V at the side's price. */
static enum err
leg_value(struct usd18 *out, const struct node *n, size_t i,
    const struct point *at, enum margin_side side)
{
	uint8_t slot = n->vault->collateral[i].asset;
	struct px18 px;
	enum err e;

	*out = usd18_zero();
	if (node_atoms(n, i) == 0)
		return ERR_OK;
	e = leg_price(&px, n, slot, at, side, false);
	return e != ERR_OK ? e : usd18_from_atoms(out, node_atoms(n, i),
	    n->book->assets[slot].decimals, px, ROUND_FLOOR);
}

static struct ppb
haircut_add(struct ppb a, struct ppb b)
{
	uint64_t sum = (uint64_t)ppb_to_raw(a) + ppb_to_raw(b);

	return ppb_from_raw(sum < PPB_ONE_RAW ? (uint32_t)sum : PPB_ONE_RAW);
}

/* wrong_way_haircuts: w max(0, correlation), up, of each dynamic leg; what is
 * given is used as it is given. */
static enum err
wrong_way_haircuts(struct ppb *out, const struct node *n,
    const struct point *at)
{
	const struct vault *v = n->vault;
	struct num18 rho, h;
	enum err e = ERR_OK;

	memset(out, 0, BOOK_LEGS_MAX * sizeof(*out));
	if (n->is_shocked_in_grid)
		return ERR_OK;
	for (size_t i = 0; i < v->collateral_count && e == ERR_OK; i++) {
		const struct asset *a = &n->book->assets[
		    v->collateral[i].asset];
		u128 part;

		if (!a->risk.is_dynamic || node_atoms(n, i) == 0)
			continue;
		e = wrong_way_correlation(&rho, n, a->factor, at);
		if (e == ERR_OK)
			e = num18_mul(&h, rho, n->rules->collateral.wrong_way,
			    ROUND_CEIL);
		if (e == ERR_OK)
			e = muldiv_u128(&part, (u128)num18_to_raw(h),
			    PPB_ONE_RAW, WAD_ONE_RAW, ROUND_CEIL);
		if (e == ERR_OK)
			out[i] = ppb_from_raw(part < PPB_ONE_RAW ?
			    (uint32_t)part : PPB_ONE_RAW);
	}
	return e;
}

/* limited_weights: initial margin with caps, shares and size haircuts, which
 * look at all legs together. */
static enum err
limited_weights(struct usd18 *weighted, const struct node *n,
    const struct usd18 *value, const struct ppb *wrong)
{
	struct collateral_item item[BOOK_LEGS_MAX];
	const struct vault *v = n->vault;
	enum err e = ERR_OK;

	memset(item, 0, sizeof(item));
	for (size_t i = 0; i < v->collateral_count && e == ERR_OK; i++) {
		const struct asset *a = &n->book->assets[
		    v->collateral[i].asset];

		item[i].value = value[i];
		item[i].has_cap = a->risk.has_cap;
		item[i].cap = a->risk.cap;
		e = collateral_curve_of(&item[i].curve, a, v->mode,
		    a->risk.volatility, &n->rules->collateral);
		if (e == ERR_OK && ppb_to_raw(wrong[i]) > 0)
			e = collateral_curve_make(&item[i].curve,
			    haircut_add(item[i].curve.base, wrong[i]),
			    item[i].curve.slope, item[i].curve.adv);
	}
	return e != ERR_OK ? e : collateral_count(weighted, item,
	    v->collateral_count, &n->rules->collateral);
}

static enum err
plain_weight(struct usd18 *weighted, const struct node *n, size_t leg,
    struct usd18 value, struct ppb wrong, enum margin_side side)
{
	const struct asset_rules *rules = &n->book->assets[
	    n->vault->collateral[leg].asset].rules[n->vault->mode];
	struct ppb keep = side == SIDE_INITIAL ? rules->ltv :
	    rules->liquidation_threshold;

	keep = ppb_to_raw(wrong) < ppb_to_raw(keep) ?
	    ppb_from_raw(ppb_to_raw(keep) - ppb_to_raw(wrong)) :
	    ppb_from_raw(0);
	return usd18_mul_ppb(weighted, value, keep, ROUND_FLOOR);
}

/* leg_key: what a leg counts where nothing else in the vault takes from it. */
static struct node_kept_key
leg_key(const struct adding *a, size_t leg)
{
	return kept_key(a, KEPT_COLLATERAL, leg, a->side == SIDE_INITIAL,
	    a->n->book->assets[a->n->vault->collateral[leg].asset].factor);
}

static enum err
plain_weights(struct usd18 *weighted, const struct adding *a,
    const struct usd18 *value, const struct ppb *wrong, uint32_t kept)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < a->n->vault->collateral_count && e == ERR_OK;
	    i++) {
		bool is_own = ppb_to_raw(wrong[i]) == 0;
		struct node_kept_key key;

		if (is_own && (kept >> i & 1) != 0)
			continue;
		e = plain_weight(&weighted[i], a->n, i, value[i], wrong[i],
		    a->side);
		if (e != ERR_OK || !is_own || a->n->kept == NULL)
			continue;
		key = leg_key(a, i);
		kept_put(a, &key, value[i], weighted[i]);
	}
	return e;
}

/* leg_values: each leg's, and a bit for those whose weighted value is known as
 * well. */
static enum err
leg_values(struct usd18 *value, struct usd18 *weighted, uint32_t *kept,
    const struct adding *a)
{
	enum err e = ERR_OK;

	_Static_assert(BOOK_LEGS_MAX <= 32, "one bit per leg");
	*kept = 0;
	for (size_t i = 0; i < a->n->vault->collateral_count && e == ERR_OK;
	    i++) {
		const struct node_kept_pair *known = NULL;

		if (a->n->kept) {
			struct node_kept_key key = leg_key(a, i);

			known = kept_find(a, &key);
		}
		if (known == NULL) {
			e = leg_value(&value[i], a->n, i, a->at, a->side);
			continue;
		}
		value[i] = known->first;
		weighted[i] = known->second;
		*kept |= UINT32_C(1) << i;
	}
	return e;
}

/* finality_cut: what lies on another chain may still be undone. */
static enum err
finality_cut(struct usd18 *weighted, const struct node *n)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < n->vault->collateral_count && e == ERR_OK;
	    i++) {
		const struct lien_grant *g = node_grant(n, i);
		uint32_t keep = g && ppb_to_raw(g->haircut) < PPB_ONE_RAW ?
		    PPB_ONE_RAW - ppb_to_raw(g->haircut) : 0;

		if (g)
			e = usd18_mul_ppb(&weighted[i], weighted[i],
			    ppb_from_raw(keep), ROUND_FLOOR);
	}
	return e;
}

static enum err
add_collaterals(const struct adding *a)
{
	const struct vault *v = a->n->vault;
	struct usd18 value[BOOK_LEGS_MAX], weighted[BOOK_LEGS_MAX];
	struct ppb wrong[BOOK_LEGS_MAX];
	uint32_t kept;
	enum err e = leg_values(value, weighted, &kept, a);

	if (e == ERR_OK)
		e = wrong_way_haircuts(wrong, a->n, a->at);
	if (e == ERR_OK)
		e = a->side == SIDE_INITIAL && node_is_limited(a->n) ?
		    limited_weights(weighted, a->n, value, wrong) :
		    plain_weights(weighted, a, value, wrong, kept);
	if (e == ERR_OK && a->side == SIDE_INITIAL)
		e = finality_cut(weighted, a->n);
	for (size_t i = 0; i < v->collateral_count && e == ERR_OK; i++) {
		uint8_t slot = v->collateral[i].asset;

		e = usd18_add(&a->v->collateral_value,
		    a->v->collateral_value, value[i]);
		if (e == ERR_OK)
			e = usd18_add(&a->v->weighted_collateral,
			    a->v->weighted_collateral, weighted[i]);
		explain_add(a->x, EXPLAIN_COLLATERAL_VALUE, "collateral",
		    ABOUT_ASSET, slot, value[i]);
		explain_add(a->x, EXPLAIN_EQUITY, "collateral", ABOUT_ASSET,
		    slot, value[i]);
		explain_add(a->x, equity_number(a->side),
		    "weighted collateral", ABOUT_ASSET, slot, weighted[i]);
	}
	return e;
}

static enum err
debt_leg(struct ratio_leg *out, const struct adding *to, size_t i)
{
	const struct node *n = to->n;
	uint8_t slot = n->vault->debt[i].asset;
	const struct asset *a = &n->book->assets[slot];
	const struct node_kept_pair *kept = NULL;
	struct node_kept_key key;
	struct px18 px;
	u128 atoms;
	enum err e;

	if (n->kept) {
		key = kept_key(to, KEPT_DEBT, i, to->side == SIDE_INITIAL,
		    a->factor);
		kept = kept_find(to, &key);
	}
	if (kept) {
		*out = (struct ratio_leg){ kept->first, kept->second };
		return ERR_OK;
	}
	e = book_debt_atoms(&atoms, n->book, &n->vault->debt[i]);
	if (e == ERR_OK)
		e = leg_price(&px, n, slot, to->at, to->side, true);
	if (e == ERR_OK)
		e = ratio_value_debt(out, a, atoms, px,
		    a->rules[n->vault->mode].debt_weight);
	if (e == ERR_OK && n->kept)
		kept_put(to, &key, out->value, out->weighted);
	return e;
}

static enum err
add_debt(const struct adding *to, size_t i)
{
	struct node_value *v = to->v;
	uint8_t slot = to->n->vault->debt[i].asset;
	struct usd18 minus, weighted_minus;
	struct ratio_leg leg;
	enum err e;

	if (to->n->vault->debt[i].amount == 0)
		return ERR_OK;
	e = debt_leg(&leg, to, i);
	if (e == ERR_OK)
		e = usd18_add(&v->debt_value, v->debt_value, leg.value);
	if (e == ERR_OK)
		e = usd18_add(&v->weighted_debt, v->weighted_debt,
		    leg.weighted);
	if (e == ERR_OK)
		e = usd18_neg(&minus, leg.value);
	if (e == ERR_OK)
		e = usd18_neg(&weighted_minus, leg.weighted);
	if (e != ERR_OK)
		return e;
	explain_add(to->x, EXPLAIN_DEBT_VALUE, "debt", ABOUT_ASSET, slot,
	    leg.value);
	explain_add(to->x, EXPLAIN_EQUITY, "debt", ABOUT_ASSET, slot, minus);
	explain_add(to->x, equity_number(to->side), "weighted debt",
	    ABOUT_ASSET, slot, weighted_minus);
	return ERR_OK;
}

static enum err
option_mark(struct usd18 *out, const struct adding *a, uint16_t slot,
    struct num18 size)
{
	struct px18 px;
	enum err e = instrument_price(&px, a->n, slot, a->at,
	    num18_is_negative(size) ? ROUND_CEIL : ROUND_FLOOR);

	return e != ERR_OK ? e : usd18_from_contracts(out, size,
	    a->n->book->instruments[slot].multiplier, px, ROUND_FLOOR);
}

static enum err
add_option(const struct adding *a, uint16_t slot, struct usd18 mark)
{
	enum err e = usd18_add(&a->v->option_value, a->v->option_value, mark);

	if (e != ERR_OK)
		return e;
	explain_add(a->x, EXPLAIN_EQUITY, "option value", ABOUT_INSTRUMENT,
	    slot, mark);
	if (a->counts_options)
		explain_add(a->x, equity_number(a->side), "option value",
		    ABOUT_INSTRUMENT, slot, mark);
	return ERR_OK;
}

/* trusted_of: a gain counts at its trust weight, a loss in full. */
static enum err
trusted_of(struct usd18 *out, const struct adding *a, struct usd18 pnl)
{
	*out = pnl;
	return usd18_is_negative(pnl) ? ERR_OK : usd18_mul_ppb(out, pnl,
	    a->n->rules->standard.profit_weight, ROUND_FLOOR);
}

static enum err
add_pnl(const struct adding *a, uint16_t slot, struct usd18 pnl,
    struct usd18 trusted)
{
	enum err e = usd18_add(&a->v->pnl, a->v->pnl, pnl);

	if (e == ERR_OK)
		e = usd18_add(&a->v->trusted_pnl, a->v->trusted_pnl, trusted);
	if (e != ERR_OK)
		return e;
	explain_add(a->x, EXPLAIN_EQUITY, "profit and loss", ABOUT_INSTRUMENT,
	    slot, pnl);
	explain_add(a->x, equity_number(a->side), "profit and loss",
	    ABOUT_INSTRUMENT, slot, trusted);
	return ERR_OK;
}

/* contract_profit: of size contracts entered at `entry`, in USD; of an inverse
 * one the coin's profit less its funding, at the index. */
static enum err
contract_profit(struct usd18 *out, const struct adding *a, uint16_t slot,
    struct num18 size, struct px18 entry, struct usd18 funding)
{
	const struct instrument *i = &a->n->book->instruments[slot];
	struct num18 coin;
	struct px18 px, index;
	struct usd18 profit;
	enum err e = instrument_price(&px, a->n, slot, a->at,
	    num18_is_negative(size) ? ROUND_CEIL : ROUND_FLOOR);

	if (e != ERR_OK)
		return e;
	if (!i->is_inverse) {
		e = linear_profit(&profit, size, i->multiplier, px, entry);
		return e != ERR_OK ? e : usd18_sub(out, profit, funding);
	}
	e = linear_profit_inverse(&coin, size, i->multiplier, px, entry);
	if (e == ERR_OK)
		e = num18_sub(&coin, coin, num18_from_raw(
		    usd18_to_raw(funding)));
	if (e == ERR_OK)
		e = point_factor_price(&index, a->n->book, a->n->market,
		    i->factor, a->at);
	return e != ERR_OK ? e : linear_coin_value(out, coin, index);
}

/* position_value: an option's mark, or a contract's profit and what of it is
 * trusted. */
static enum err
position_value(struct usd18 *first, struct usd18 *second,
    const struct adding *a, const struct position *p, bool is_option)
{
	enum err e;

	*second = usd18_zero();
	if (is_option)
		return option_mark(first, a, p->instrument, p->size);
	e = contract_profit(first, a, p->instrument, p->size, p->entry,
	    p->funding);
	return e != ERR_OK ? e : trusted_of(second, a, *first);
}

static enum err
position_kept(struct usd18 *first, struct usd18 *second,
    const struct adding *a, size_t index, bool is_option)
{
	const struct position *p = node_position(a->n, index);
	const struct node_kept_pair *kept;
	struct node_kept_key key;
	enum err e;

	if (a->n->kept == NULL)
		return position_value(first, second, a, p, is_option);
	key = kept_key(a, is_option ? KEPT_OPTION : KEPT_CONTRACT, index, 0,
	    a->n->book->instruments[p->instrument].factor);
	kept = kept_find(a, &key);
	if (kept) {
		*first = kept->first;
		*second = kept->second;
		return ERR_OK;
	}
	e = position_value(first, second, a, p, is_option);
	if (e == ERR_OK)
		kept_put(a, &key, *first, *second);
	return e;
}

static enum err
add_position(const struct adding *a, size_t index)
{
	uint16_t slot = node_position(a->n, index)->instrument;
	bool is_option = a->n->book->instruments[slot].kind ==
	    INSTRUMENT_OPTION;
	struct usd18 first, second;
	enum err e = position_kept(&first, &second, a, index, is_option);

	if (e != ERR_OK)
		return e;
	return is_option ? add_option(a, slot, first) :
	    add_pnl(a, slot, first, second);
}

static enum err
add_order(const struct adding *a, const struct order *o)
{
	const struct instrument *i = &a->n->book->instruments[o->instrument];
	bool is_option = i->kind == INSTRUMENT_OPTION;
	struct usd18 pnl, trusted, mark;
	enum err e;

	if (is_option) {
		e = usd18_from_contracts(&pnl, o->size, i->multiplier,
		    o->price, ROUND_CEIL);
		if (e == ERR_OK)
			e = usd18_neg(&pnl, pnl);
	} else {
		e = contract_profit(&pnl, a, o->instrument, o->size, o->price,
		    usd18_zero());
	}
	if (e == ERR_OK)
		e = trusted_of(&trusted, a, pnl);
	if (e == ERR_OK)
		e = add_pnl(a, o->instrument, pnl, trusted);
	if (e != ERR_OK || !is_option)
		return e;
	e = option_mark(&mark, a, o->instrument, o->size);
	return e != ERR_OK ? e : add_option(a, o->instrument, mark);
}

enum err
node_value_at(struct node_value *out, const struct node *n,
    const struct point *at, enum margin_side side, bool counts_options,
    struct explain *x)
{
	struct node_value v;
	const struct adding a = { &v, n, at, side, counts_options, x };
	enum err e;

	MUST(n->market->count == n->book->asset_count);
	memset(&v, 0, sizeof(v));
	e = add_collaterals(&a);
	for (size_t i = 0; i < n->vault->debt_count && e == ERR_OK; i++)
		e = add_debt(&a, i);
	for (size_t i = 0; i < n->vault->position_count && e == ERR_OK; i++)
		e = add_position(&a, i);
	for (size_t i = 0; i < n->vault->order_count && e == ERR_OK; i++)
		if (node_order_is_filled(n, i, at))
			e = add_order(&a, node_order(n, i));
	if (e == ERR_OK)
		*out = v;
	return e;
}

/* ---- status ------------------------------------------------------------- */

static void
status_take(struct node_status *s, const struct price *p,
    enum explain_about about, uint32_t index)
{
	switch (p->status) {
	case PRICE_OK:
		return;
	case PRICE_DEGRADED:
		s->is_degraded = true;
		return;
	case PRICE_REFUSED:
		if (!s->is_stale) {
			s->about = about;
			s->index = index;
		}
		s->is_stale = true;
		return;
	}
	MUST(false);
}

static void
status_instrument(struct node_status *s, const struct node *n, uint16_t slot,
    const struct point *mid)
{
	const struct instrument *i = &n->book->instruments[slot];
	struct market_price p;
	struct px18 px;

	if (point_factor_mid(&p, n->book, n->market, i->factor) != ERR_OK) {
		p.price.status = PRICE_REFUSED;
		status_take(s, &p.price, ABOUT_FACTOR, i->factor);
		return;
	}
	status_take(s, &p.price, ABOUT_FACTOR, i->factor);
	if (instrument_price(&px, n, slot, mid, ROUND_FLOOR) == ERR_STALE) {
		p.price.status = PRICE_REFUSED;
		status_take(s, &p.price, ABOUT_INSTRUMENT, slot);
	}
	if (instrument_is_pending(i, n->market) && !s->is_stale) {
		if (!s->is_pending) {
			s->about = ABOUT_INSTRUMENT;
			s->index = slot;
		}
		s->is_pending = true;
	}
}

struct node_status
node_status_of(const struct node *n)
{
	const struct vault *v = n->vault;
	const struct point mid = point_mid();
	struct node_status s = { .about = ABOUT_NOTHING };

	for (size_t i = 0; i < v->collateral_count; i++)
		if (node_atoms(n, i) != 0)
			status_take(&s, &n->market->asset[
			    v->collateral[i].asset].price, ABOUT_ASSET,
			    v->collateral[i].asset);
	for (size_t i = 0; i < v->debt_count; i++)
		if (v->debt[i].amount != 0)
			status_take(&s, &n->market->asset[v->debt[i].asset].
			    price, ABOUT_ASSET, v->debt[i].asset);
	for (size_t i = 0; i < v->position_count; i++)
		status_instrument(&s, n, node_position(n, i)->instrument,
		    &mid);
	for (size_t i = 0; i < v->order_count; i++)
		status_instrument(&s, n, node_order(n, i)->instrument, &mid);
	return s;
}
