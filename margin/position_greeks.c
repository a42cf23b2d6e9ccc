#include "margin/position_greeks.h"

#include "margin/accum.h"

#include <string.h>

#define ONE ((i128)WAD_ONE_RAW)
#define DAY_MS 86400000
#define YEAR_DAYS 365
#define PERCENTS 100

/* ---- one position ------------------------------------------------------- */

static enum err
price_number(i128 *out, struct px18 p)
{
	u128 raw = px18_to_raw(p);

	if (raw > (u128)I128_MAX)
		return ERR_RANGE;
	*out = (i128)raw;
	return ERR_OK;
}

/* product_floor: x y z / divisor of three numbers with 18 decimals. */
static enum err
product_floor(struct usd18 *out, i128 x, i128 y, i128 z, i128 divisor)
{
	struct accum a = accum_zero();
	i128 v;

	if (accum_add3(&a, x, y, z) != ERR_OK ||
	    accum_div(&v, &a, 2, divisor, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	*out = usd18_from_raw(v);
	return ERR_OK;
}

/* inverse_delta: size multiplier S / e, one rounding. */
static enum err
inverse_delta(struct usd18 *out, const struct instrument *i,
    const struct position *p, struct px18 index)
{
	struct accum a = accum_zero();
	i128 s, e, v;

	if (price_number(&s, index) != ERR_OK ||
	    price_number(&e, p->entry) != ERR_OK ||
	    accum_add3(&a, num18_to_raw(p->size),
	    num18_to_raw(i->multiplier), s) != ERR_OK ||
	    accum_div(&v, &a, 1, e, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	*out = usd18_from_raw(v);
	return ERR_OK;
}

/* option_add: greeks a unit, times the units.  Gamma has four factors: Gamma F
 * is rounded first, to the side that the position's sign makes costly. */
static enum err
option_add(struct position_greeks *g, struct num18 units,
    const struct position_market *m)
{
	const struct option_greeks *o = &m->option;
	i128 n = num18_to_raw(units), forward, gamma;

	if (price_number(&forward, m->mark) != ERR_OK ||
	    muldiv_i128(&gamma, num18_to_raw(o->gamma), forward, ONE,
	    n < 0 ? ROUND_CEIL : ROUND_FLOOR) != ERR_OK ||
	    product_floor(&g->delta, n, num18_to_raw(o->delta), forward, 1) !=
	    ERR_OK ||
	    product_floor(&g->gamma, n, gamma, forward, PERCENTS) != ERR_OK ||
	    product_floor(&g->vega, n, num18_to_raw(o->vega), ONE,
	    PERCENTS) != ERR_OK)
		return ERR_RANGE;
	return product_floor(&g->theta, n, num18_to_raw(o->theta), ONE,
	    YEAR_DAYS);
}

enum err
position_greeks_of(struct position_greeks *out, const struct instrument *i,
    const struct position *p, const struct position_market *m)
{
	struct position_greeks g = { .factor = i->factor,
	    .expiry_ms = i->expiry_ms, .positions = 1 };
	struct num18 units;
	enum err e = ERR_RANGE;

	switch (i->kind) {
	case INSTRUMENT_SPOT:
		e = usd18_from_contracts(&g.delta, p->size, i->multiplier,
		    m->index, ROUND_FLOOR);
		break;
	case INSTRUMENT_PERP:
	case INSTRUMENT_FUTURE:
		e = i->is_inverse ?
		    inverse_delta(&g.delta, i, p, m->index) :
		    usd18_from_contracts(&g.delta, p->size, i->multiplier,
		    m->mark, ROUND_FLOOR);
		break;
	case INSTRUMENT_OPTION:
		/* Away from zero, as a multiplier may leave a rest. */
		e = num18_mul(&units, p->size, i->multiplier,
		    num18_is_negative(p->size) ? ROUND_FLOOR : ROUND_CEIL);
		if (e == ERR_OK)
			e = option_add(&g, units, m);
		break;
	}
	if (e == ERR_OK)
		*out = g;
	return e;
}

struct position_greeks
position_greeks_holding(uint8_t factor, struct usd18 value)
{
	return (struct position_greeks){ .factor = factor, .positions = 1,
	    .delta = value };
}

/* ---- the table ---------------------------------------------------------- */

static int
order(const struct position_greeks *a, const struct position_greeks *b)
{
	if (a->factor != b->factor)
		return a->factor < b->factor ? -1 : 1;
	if (a->expiry_ms != b->expiry_ms)
		return a->expiry_ms < b->expiry_ms ? -1 : 1;
	return 0;
}

/* place_of: the first row that is not before this one. */
static size_t
place_of(const struct position_greeks_table *t,
    const struct position_greeks *row)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (order(&t->rows[mid], row) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static enum err
sum(struct position_greeks *to, const struct position_greeks *row)
{
	struct position_greeks s = *to;

	if (__builtin_add_overflow(s.positions, row->positions,
	    &s.positions) ||
	    usd18_add(&s.delta, s.delta, row->delta) != ERR_OK ||
	    usd18_add(&s.gamma, s.gamma, row->gamma) != ERR_OK ||
	    usd18_add(&s.vega, s.vega, row->vega) != ERR_OK ||
	    usd18_add(&s.theta, s.theta, row->theta) != ERR_OK)
		return ERR_RANGE;
	*to = s;
	return ERR_OK;
}

static enum err
difference(struct position_greeks *from, const struct position_greeks *row)
{
	struct position_greeks s = *from;

	if (__builtin_sub_overflow(s.positions, row->positions,
	    &s.positions) ||
	    usd18_sub(&s.delta, s.delta, row->delta) != ERR_OK ||
	    usd18_sub(&s.gamma, s.gamma, row->gamma) != ERR_OK ||
	    usd18_sub(&s.vega, s.vega, row->vega) != ERR_OK ||
	    usd18_sub(&s.theta, s.theta, row->theta) != ERR_OK)
		return ERR_RANGE;
	*from = s;
	return ERR_OK;
}

enum err
position_greeks_add(struct position_greeks_table *t,
    const struct position_greeks *row)
{
	size_t at = place_of(t, row);

	if (at < t->count && order(&t->rows[at], row) == 0)
		return sum(&t->rows[at], row);
	if (t->count == t->capacity)
		return ERR_LIMIT;
	memmove(&t->rows[at + 1], &t->rows[at],
	    (t->count - at) * sizeof(t->rows[0]));
	t->rows[at] = *row;
	t->count++;
	return ERR_OK;
}

enum err
position_greeks_sub(struct position_greeks_table *t,
    const struct position_greeks *row)
{
	size_t at = place_of(t, row);
	enum err e;

	if (at == t->count || order(&t->rows[at], row) != 0)
		return ERR_UNKNOWN;
	e = difference(&t->rows[at], row);
	if (e != ERR_OK || t->rows[at].positions > 0)
		return e;
	t->count--;
	memmove(&t->rows[at], &t->rows[at + 1],
	    (t->count - at) * sizeof(t->rows[0]));
	return ERR_OK;
}

enum err
position_greeks_total(struct position_greeks *out,
    const struct position_greeks_table *t, uint8_t factor)
{
	struct position_greeks total = { .factor = factor };

	for (size_t i = place_of(t, &total);
	    i < t->count && t->rows[i].factor == factor; i++)
		if (sum(&total, &t->rows[i]) != ERR_OK)
			return ERR_RANGE;
	*out = total;
	return ERR_OK;
}

/* ---- to the margin method ----------------------------------------------- */

struct list {
	size_t count, capacity;
	struct greeks_sensitivity *at;
};

static enum err
list_append(struct list *l, const struct greeks_sensitivity *s)
{
	if (usd18_is_zero(s->amount))
		return ERR_OK;
	if (l->count == l->capacity)
		return ERR_LIMIT;
	l->at[l->count++] = *s;
	return ERR_OK;
}

static enum err
row_append(struct list *l, const struct position_greeks *row, uint8_t bucket,
    uint64_t as_of_ms)
{
	struct greeks_sensitivity s = { .bucket = bucket,
	    .name = row->factor };
	i128 delta = usd18_to_raw(row->delta);
	enum err e;

	if (muldiv_i128(&delta, delta, 1, PERCENTS, delta < 0 ? ROUND_FLOOR :
	    ROUND_CEIL) != ERR_OK)
		return ERR_RANGE;
	s.risk_class = GREEKS_DELTA;
	s.amount = usd18_from_raw(delta);
	e = list_append(l, &s);
	if (e != ERR_OK)
		return e;
	s.risk_class = GREEKS_GAMMA;
	s.amount = row->gamma;
	e = list_append(l, &s);
	if (e != ERR_OK || usd18_is_zero(row->vega))
		return e;
	if (row->expiry_ms <= as_of_ms)
		return ERR_RANGE;
	s.risk_class = GREEKS_VEGA;
	s.amount = row->vega;
	s.expiry_days = num18_from_raw((i128)(row->expiry_ms - as_of_ms) *
	    ONE / DAY_MS);
	return list_append(l, &s);
}

enum err
position_greeks_sensitivities(struct greeks_sensitivity *out, size_t *count,
    size_t capacity, const struct position_greeks_table *t,
    const uint8_t *bucket_of, uint64_t as_of_ms)
{
	struct list l = { .count = 0, .capacity = capacity, .at = out };

	for (size_t i = 0; i < t->count; i++) {
		enum err e = row_append(&l, &t->rows[i],
		    bucket_of[t->rows[i].factor], as_of_ms);

		if (e != ERR_OK)
			return e;
	}
	*count = l.count;
	return ERR_OK;
}
