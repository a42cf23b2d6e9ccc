/* The `scenario` method of a vault: one risk unit for each base factor that
 * the book has an instrument on.  What the vault holds and owes of that factor
 * is shocked with it; everything else is covered by its haircut alone. */
#include "margin/method_rows.h"

#include <string.h>

#include "base/must.h"
#include "margin/method_work.h"
#include "margin/scenario_inputs.h"

/* Making one unit. */
struct making {
	struct scenario_work *w;
	const struct node *n;
	const struct point *at;
	uint8_t factor;
};

static enum err
expiry_find(uint32_t *out, const struct making *k, const struct instrument *i)
{
	struct scenario_work *w = k->w;
	enum err e;

	for (uint32_t j = 0; j < w->unit.expiry_count; j++)
		if (w->expiry_ms[j] == i->expiry_ms &&
		    w->window_ms[j] == i->window_ms) {
			*out = j;
			return ERR_OK;
		}
	if (w->unit.expiry_count == SCENARIO_EXPIRIES_MAX)
		return ERR_LIMIT;
	e = scenario_expiry_of(&w->expiry[w->unit.expiry_count], k->n, i,
	    k->at);
	if (e != ERR_OK)
		return e;
	w->expiry_ms[w->unit.expiry_count] = i->expiry_ms;
	w->window_ms[w->unit.expiry_count] = i->window_ms;
	*out = w->unit.expiry_count++;
	return ERR_OK;
}

static enum err
option_add(const struct making *k, const struct instrument *i,
    struct num18 size)
{
	struct scenario_option *o;
	enum err e;

	if (k->w->unit.option_count == SCENARIO_OPTIONS_MAX)
		return ERR_LIMIT;
	o = &k->w->option[k->w->unit.option_count++];
	*o = (struct scenario_option){ .is_call = i->is_call,
	    .strike = i->strike };
	e = expiry_find(&o->expiry, k, i);
	if (e == ERR_OK)
		e = num18_mul(&o->amount, size, i->multiplier, ROUND_FLOOR);
	return e != ERR_OK ? e : scenario_vol_of(&o->vol, &o->confidence,
	    k->n->market, i);
}

/* linear_slot: room for one more; NULL where there is none. */
static struct scenario_linear *
linear_slot(const struct making *k)
{
	struct scenario_linear *l;

	if (k->w->unit.linear_count == SCENARIO_LINEARS_MAX)
		return NULL;
	l = &k->w->linear[k->w->unit.linear_count++];
	*l = (struct scenario_linear){ .expiry = SCENARIO_NO_EXPIRY,
	    .confidence = num18_one() };
	return l;
}

/* inverse_amount: Q USD entered at e are Q / e units of the underlying. */
static enum err
inverse_amount(struct num18 *out, struct num18 size, struct num18 multiplier,
    struct px18 entry)
{
	enum rounding r = num18_is_negative(size) ? ROUND_FLOOR : ROUND_CEIL;
	struct num18 usd;
	enum err e = num18_mul(&usd, size, multiplier, r);

	return e != ERR_OK ? e : num18_div(out, usd,
	    num18_from_raw((i128)px18_to_raw(entry)), r);
}

static enum err
contract_add(const struct making *k, uint16_t slot, struct num18 size,
    struct px18 entry)
{
	const struct instrument *i = &k->n->book->instruments[slot];
	struct scenario_linear *l = linear_slot(k);
	enum err e = ERR_OK;

	if (l == NULL)
		return ERR_LIMIT;
	l->kind = i->kind == INSTRUMENT_FUTURE ? SCENARIO_FUTURE :
	    i->kind == INSTRUMENT_PERP ? SCENARIO_PERP : SCENARIO_SPOT;
	if (i->kind == INSTRUMENT_FUTURE)
		e = expiry_find(&l->expiry, k, i);
	if (e != ERR_OK)
		return e;
	e = i->is_inverse ? inverse_amount(&l->amount, size, i->multiplier,
	    entry) : num18_mul(&l->amount, size, i->multiplier, ROUND_FLOOR);
	return e != ERR_OK ? e : scenario_price_of(&l->price, k->n, slot,
	    k->at);
}

static enum err
positions_add(const struct making *k)
{
	const struct vault *v = k->n->vault;
	enum err e = ERR_OK;

	for (size_t i = 0; i < v->position_count && e == ERR_OK; i++) {
		const struct position *p = node_position(k->n, i);
		const struct instrument *t =
		    &k->n->book->instruments[p->instrument];

		if (t->factor != k->factor)
			continue;
		e = t->kind == INSTRUMENT_OPTION ? option_add(k, t, p->size) :
		    contract_add(k, p->instrument, p->size, p->entry);
	}
	for (size_t i = 0; i < v->order_count && e == ERR_OK; i++) {
		const struct order *o = node_order(k->n, i);
		const struct instrument *t =
		    &k->n->book->instruments[o->instrument];

		if (t->factor != k->factor ||
		    !node_order_is_filled(k->n, i, k->at))
			continue;
		e = t->kind == INSTRUMENT_OPTION ? option_add(k, t, o->size) :
		    contract_add(k, o->instrument, o->size, o->price);
	}
	return e;
}

/* whole_units: an amount in atoms as a number of whole tokens. */
static enum err
whole_units(struct num18 *out, u128 atoms, unsigned decimals, enum rounding r)
{
	u128 whole;
	enum err e = muldiv_u128(&whole, atoms, WAD_ONE_RAW,
	    pow10_u128(decimals), r);

	if (e == ERR_OK && whole > (u128)I128_MAX)
		return ERR_RANGE;
	if (e == ERR_OK)
		*out = num18_from_raw((i128)whole);
	return e;
}

static enum err
collateral_add(const struct making *k, size_t leg)
{
	uint8_t slot = k->n->vault->collateral[leg].asset;
	struct scenario_collateral *c;
	enum err e;

	if (k->w->unit.collateral_count == SCENARIO_COLLATERALS_MAX)
		return ERR_LIMIT;
	c = &k->w->collateral[k->w->unit.collateral_count++];
	*c = (struct scenario_collateral){ .is_risk_cancelling = true,
	    .confidence = method_confidence(&k->n->market->asset[slot].price),
	};
	e = whole_units(&c->amount, node_atoms(k->n, leg),
	    k->n->book->assets[slot].decimals, ROUND_FLOOR);
	return e != ERR_OK ? e : point_asset_price(&c->price, k->n->book,
	    k->n->market, slot, k->at, ROUND_FLOOR);
}

/* A debt of the factor is a short amount of the underlying. */
static enum err
debt_add(const struct making *k, size_t leg)
{
	uint8_t slot = k->n->vault->debt[leg].asset;
	struct scenario_linear *l = linear_slot(k);
	u128 atoms;
	enum err e;

	if (l == NULL)
		return ERR_LIMIT;
	l->kind = SCENARIO_SPOT;
	e = book_debt_atoms(&atoms, k->n->book, &k->n->vault->debt[leg]);
	if (e == ERR_OK)
		e = whole_units(&l->amount, atoms,
		    k->n->book->assets[slot].decimals, ROUND_CEIL);
	if (e != ERR_OK)
		return e;
	l->amount = num18_from_raw(-num18_to_raw(l->amount));
	return point_asset_price(&l->price, k->n->book, k->n->market, slot,
	    k->at, ROUND_CEIL);
}

static enum err
legs_add(const struct making *k)
{
	const struct vault *v = k->n->vault;
	const struct book *b = k->n->book;
	enum err e = ERR_OK;

	for (size_t i = 0; i < v->collateral_count && e == ERR_OK; i++)
		if (b->assets[v->collateral[i].asset].factor == k->factor &&
		    node_atoms(k->n, i) != 0)
			e = collateral_add(k, i);
	for (size_t i = 0; i < v->debt_count && e == ERR_OK; i++)
		if (b->assets[v->debt[i].asset].factor == k->factor &&
		    v->debt[i].amount != 0)
			e = debt_add(k, i);
	return e;
}

enum err
method_scenario_unit(bool *is_empty, struct scenario_work *w,
    const struct node *n, const struct point *at, uint8_t factor)
{
	const struct making k = { w, n, at, factor };
	struct scenario_unit *u = &w->unit;
	struct market_price index;
	enum err e;

	memset(u, 0, sizeof(*u));
	u->expiry = w->expiry;
	u->option = w->option;
	u->linear = w->linear;
	u->collateral = w->collateral;
	u->stable = px18_from_raw(WAD_ONE_RAW);
	u->beta = num18_one();
	e = positions_add(&k);
	if (e == ERR_OK)
		e = legs_add(&k);
	*is_empty = u->option_count + u->linear_count + u->collateral_count ==
	    0;
	if (e != ERR_OK || *is_empty)
		return e;
	e = point_factor_mid(&index, n->book, n->market, factor);
	if (e == ERR_OK)
		e = point_factor_price(&u->spot, n->book, n->market, factor,
		    at);
	u->spot_confidence = method_confidence(&index.price);
	return e;
}

/* Values here are USD, not units of a stablecoin, so a depeg raises the loss
 * factor without turning into a price. */
enum err
method_scenario_rules(struct scenario_rules *out, const struct node *n)
{
	const struct scenario_other_rules *other =
	    &n->rules->scenario.other;
	struct num18 stable = num18_from_raw((i128)px18_to_raw(
	    method_stable(n)));
	struct num18 short_of, more;
	enum err e;

	*out = n->rules->scenario;
	out->other.peg_loss_factor = num18_zero();
	if (num18_compare(stable, other->peg_loss_threshold) >= 0)
		return ERR_OK;
	e = num18_sub(&short_of, other->peg_loss_threshold, stable);
	if (e == ERR_OK)
		e = num18_mul(&more, short_of, other->peg_loss_factor,
		    ROUND_CEIL);
	return e != ERR_OK ? e : num18_add(&out->margin.im_factor,
	    out->margin.im_factor, more);
}

/* ---- terms -------------------------------------------------------------- */

static enum err
contingency_sum(struct usd18 *out, const struct scenario_contingency *c)
{
	struct usd18 sum = c->linear;
	enum err e = usd18_add(&sum, sum, c->option);

	if (e == ERR_OK)
		e = usd18_add(&sum, sum, c->collateral);
	if (e == ERR_OK)
		e = usd18_add(&sum, sum, c->confidence);
	if (e == ERR_OK)
		*out = sum;
	return e;
}

/* unit_terms: contingencies as they are; what remains of the unit's
 * requirement is its loss times the factor, or its floor. */
static enum err
unit_terms(struct explain *x, const struct scenario_result *r, uint8_t factor,
    enum margin_side side)
{
	enum explain_number number = side == SIDE_INITIAL ?
	    EXPLAIN_INITIAL_MARGIN : EXPLAIN_MAINTENANCE_MARGIN;
	struct usd18 mm, im = usd18_zero(), rest = side == SIDE_INITIAL ?
	    r->requirement_initial : r->requirement_maintenance;
	enum err e = contingency_sum(&mm, &r->mm_contingency);

	if (e == ERR_OK && side == SIDE_INITIAL)
		e = contingency_sum(&im, &r->im_contingency);
	if (e == ERR_OK && side == SIDE_INITIAL)
		e = usd18_add(&im, im, r->extra_initial);
	if (e == ERR_OK)
		e = usd18_sub(&rest, rest, mm);
	if (e == ERR_OK)
		e = usd18_sub(&rest, rest, im);
	if (e != ERR_OK)
		return e;
	explain_add(x, number, r->worst == r->pnl_count ?
	    "loss of the basis" : "loss of the worst scenario",
	    r->worst == r->pnl_count ? ABOUT_FACTOR : ABOUT_SCENARIO,
	    r->worst == r->pnl_count ? factor : r->worst, rest);
	explain_add(x, number, "contingency", ABOUT_FACTOR, factor, mm);
	if (side == SIDE_INITIAL)
		explain_add(x, number, "initial contingency", ABOUT_FACTOR,
		    factor, im);
	return ERR_OK;
}

/* What several units offset each other. */
static enum err
offset_term(struct explain *x, const struct scenario_result *const *unit,
    uint32_t count, struct usd18 total, enum margin_side side)
{
	struct usd18 offset = total;
	enum err e = ERR_OK;

	for (uint32_t u = 0; u < count && e == ERR_OK; u++)
		e = usd18_sub(&offset, offset, side == SIDE_INITIAL ?
		    unit[u]->requirement_initial :
		    unit[u]->requirement_maintenance);
	if (e == ERR_OK && !usd18_is_zero(offset))
		explain_add(x, side == SIDE_INITIAL ? EXPLAIN_INITIAL_MARGIN :
		    EXPLAIN_MAINTENANCE_MARGIN, "offset between units",
		    ABOUT_NOTHING, 0, offset);
	return e;
}

static void
bind(struct requirement *q, const struct scenario_result *const *unit,
    const uint8_t *factor, uint32_t count)
{
	struct usd18 largest = usd18_zero();

	for (uint32_t u = 0; u < count; u++) {
		const struct scenario_result *r = unit[u];

		if (usd18_compare(r->loss, largest) <= 0)
			continue;
		largest = r->loss;
		q->binding = r->worst == r->pnl_count ? "basis" : "scenario";
		q->about = r->worst == r->pnl_count ? ABOUT_FACTOR :
		    ABOUT_SCENARIO;
		q->index = r->worst == r->pnl_count ? factor[u] : r->worst;
	}
}

/* ---- the units ---------------------------------------------------------- */

/* work_begin: the rules of this vault, and nothing kept that is not of this
 * turn. */
static enum err
work_begin(struct scenario_work *w, const struct node *n)
{
	uint64_t turn = n->kept ? n->kept->turn : 0;
	enum err e;

	if (turn != 0 && w->turn == turn && w->slot == n->slot)
		return ERR_OK;
	if (turn == 0 || w->turn != turn) {
		w->kept_count = 0;
		w->has_columns = false;
	}
	w->turn = 0;
	e = method_scenario_rules(&w->rules, n);
	if (e != ERR_OK)
		return e;
	w->turn = turn;
	w->slot = n->slot;
	return ERR_OK;
}

static const struct scenario_result *
unit_find(const struct scenario_work *w, const struct node *n,
    const struct point_factor *where, uint8_t factor)
{
	for (uint32_t i = 0; w->turn != 0 && i < w->kept_count; i++) {
		const struct scenario_kept *k = &w->kept[i];

		if (k->slot == n->slot && k->factor == factor &&
		    k->where.at == where->at && k->where.fill == where->fill &&
		    (where->at != AT_PRICE ||
		    px18_compare(k->where.price, where->price) == 0))
			return &k->result;
	}
	return NULL;
}

/* unit_make: *out is NULL of a unit that is empty. */
static enum err
unit_make(const struct scenario_result **out, struct scenario_work *w,
    const struct node *n, const struct point *at, uint8_t factor)
{
	struct scenario_kept *k = &w->kept[w->kept_count];
	bool is_empty;
	enum err e = method_scenario_unit(&is_empty, w, n, at, factor);

	*out = NULL;
	if (e != ERR_OK || is_empty)
		return e;
	if (!w->has_columns)
		e = scenario_columns_of(&w->columns, &w->rules, w->unit.beta);
	if (e != ERR_OK)
		return e;
	w->has_columns = true;
	e = scenario_evaluate_columns(&k->result, &w->unit, &w->rules,
	    &w->columns);
	if (e != ERR_OK)
		return e;
	k->slot = n->slot;
	k->factor = factor;
	k->where = at->factor[factor];
	w->kept_count++;
	*out = &k->result;
	return ERR_OK;
}

/* units_make: the units that are not empty, and their factors. */
static enum err
units_make(const struct scenario_result *unit[SCENARIO_UNITS_MAX],
    uint8_t factor[SCENARIO_UNITS_MAX], uint32_t *count,
    struct method_work *work, const struct node *n, const struct point *at)
{
	struct scenario_work *w = &work->scenario;
	uint64_t bits = work->units & node_factors(n);
	enum err e = work_begin(w, n);

	_Static_assert(SCENARIO_UNITS_MAX >= BOOK_FACTORS_MAX, "one a factor");
	/* Always room for all of one vault. */
	if (w->kept_count > METHOD_SCENARIO_KEPT - SCENARIO_UNITS_MAX)
		w->kept_count = 0;
	*count = 0;
	for (uint8_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++) {
		const struct scenario_result *r;

		if ((bits >> f & 1) == 0)
			continue;
		r = unit_find(w, n, &at->factor[f], f);
		if (r == NULL)
			e = unit_make(&r, w, n, at, f);
		if (e != ERR_OK || r == NULL)
			continue;
		factor[*count] = f;
		unit[(*count)++] = r;
	}
	return e;
}

enum err
method_scenario(struct requirement *out, const struct node *n,
    const struct point *at, enum margin_side side, struct method_work *work,
    struct explain *x)
{
	const struct scenario_result *unit[SCENARIO_UNITS_MAX];
	uint8_t factor[SCENARIO_UNITS_MAX];
	struct requirement q = { .amount = usd18_zero() };
	struct scenario_total total;
	uint32_t count = 0;
	enum err e = units_make(unit, factor, &count, work, n, at);

	for (uint32_t u = 0; u < count && x && e == ERR_OK; u++)
		e = unit_terms(x, unit[u], factor[u], side);
	if (e == ERR_OK && count > 0) {
		e = scenario_combine(&total, unit, count,
		    &work->scenario.rules);
		if (e != ERR_OK)
			return e;
		q.amount = side == SIDE_INITIAL ? total.requirement_initial :
		    total.requirement_maintenance;
		bind(&q, unit, factor, count);
		if (x)
			e = offset_term(x, unit, count, q.amount, side);
	}
	if (e == ERR_OK)
		*out = q;
	return e;
}
