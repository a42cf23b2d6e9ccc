#include "margin/wrong_way.h"

#include <string.h>

#include "margin/accum.h"
#include "margin/node_greeks.h"

#define ROWS 256u

/* Exposures by factor, in USD per 1.00 of relative move. */
struct exposures {
	struct usd18 of[BOOK_FACTORS_MAX];
	struct usd18 largest;	/* by magnitude */
};

static struct usd18
magnitude(struct usd18 v)
{
	struct usd18 minus;

	if (usd18_is_negative(v) && usd18_neg(&minus, v) == ERR_OK)
		return minus;
	return v;
}

static enum err
positions_expose(struct exposures *x, const struct node *n,
    const struct point *at)
{
	struct position_greeks rows[ROWS];
	struct position_greeks_table t = { .rows = rows, .capacity = ROWS };
	enum err e = node_greeks(&t, n, at, 0);

	for (size_t i = 0; i < t.count && e == ERR_OK; i++)
		e = usd18_add(&x->of[rows[i].factor], x->of[rows[i].factor],
		    rows[i].delta);
	return e;
}

static enum err
debts_expose(struct exposures *x, const struct node *n,
    const struct point *at)
{
	struct usd18 value;
	struct px18 px;
	u128 atoms;
	enum err e = ERR_OK;

	for (size_t i = 0; i < n->vault->debt_count && e == ERR_OK; i++) {
		uint8_t slot = n->vault->debt[i].asset;
		const struct asset *a = &n->book->assets[slot];

		e = book_debt_atoms(&atoms, n->book, &n->vault->debt[i]);
		if (e == ERR_OK)
			e = point_asset_price(&px, n->book, n->market, slot,
			    at, ROUND_CEIL);
		if (e == ERR_OK)
			e = usd18_from_atoms(&value, atoms, a->decimals, px,
			    ROUND_CEIL);
		if (e == ERR_OK)
			e = usd18_sub(&x->of[a->factor], x->of[a->factor],
			    value);
	}
	return e;
}

static enum err
exposures_of(struct exposures *x, const struct node *n,
    const struct point *at)
{
	enum err e;

	memset(x, 0, sizeof(*x));
	e = positions_expose(x, n, at);
	if (e == ERR_OK)
		e = debts_expose(x, n, at);
	for (size_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++)
		x->largest = usd18_max(x->largest, magnitude(x->of[f]));
	return e;
}

/* The three sums of a correlation without means: returns are about zero. */
struct moments {
	struct accum own, other, both;
};

/* period_add: the profit of one period, per unit of the largest exposure. */
static enum err
period_add(struct moments *m, const struct exposures *x,
    const struct market_terms *t, const struct num18 *own, uint32_t period)
{
	struct num18 sum = num18_zero(), share, part;
	enum err e = ERR_OK;

	for (size_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++) {
		if (usd18_is_zero(x->of[f]) || t->factor[f].return_count == 0)
			continue;
		e = num18_div(&share, num18_from_raw(usd18_to_raw(x->of[f])),
		    num18_from_raw(usd18_to_raw(x->largest)), ROUND_FLOOR);
		if (e == ERR_OK)
			e = num18_mul(&part, share,
			    t->factor[f].returns[period], ROUND_FLOOR);
		if (e == ERR_OK)
			e = num18_add(&sum, sum, part);
	}
	if (e == ERR_OK)
		e = accum_add2(&m->own, num18_to_raw(own[period]),
		    num18_to_raw(own[period]));
	if (e == ERR_OK)
		e = accum_add2(&m->other, num18_to_raw(sum),
		    num18_to_raw(sum));
	return e != ERR_OK ? e : accum_add2(&m->both,
	    num18_to_raw(own[period]), num18_to_raw(sum));
}

/* sum(xy) / (sqrt(sum xx) sqrt(sum yy)), up, held to [0, 1]. */
static enum err
correlation(struct num18 *out, const struct moments *m)
{
	i128 own, other, both;
	enum err e;

	*out = num18_zero();
	if (accum_is_negative(&m->both))
		return ERR_OK;
	e = accum_sqrt(&own, &m->own, 0, ROUND_FLOOR);
	if (e == ERR_OK)
		e = accum_sqrt(&other, &m->other, 0, ROUND_FLOOR);
	if (e != ERR_OK || own == 0 || other == 0)
		return e;
	/* sum(xy) / sum-root(xx) fits as sum-root(yy) does. */
	e = accum_div(&both, &m->both, 0, own, ROUND_CEIL);
	if (e == ERR_OK)
		e = muldiv_i128(&both, both, (i128)WAD_ONE_RAW, other,
		    ROUND_CEIL);
	if (e == ERR_OK)
		*out = num18_from_raw(both < (i128)WAD_ONE_RAW ? both :
		    (i128)WAD_ONE_RAW);
	return e;
}

enum err
wrong_way_correlation(struct num18 *out, const struct node *n, uint8_t factor,
    const struct point *at)
{
	const struct market_terms *t = n->market->terms;
	struct exposures x;
	struct moments m = { accum_zero(), accum_zero(), accum_zero() };
	enum err e = exposures_of(&x, n, at);

	if (e != ERR_OK)
		return e;
	*out = num18_zero();
	if (usd18_is_zero(x.largest))
		return ERR_OK;
	if (t == NULL || t->factor[factor].return_count == 0) {
		if (usd18_compare(x.of[factor], usd18_zero()) > 0)
			*out = num18_one();
		return ERR_OK;
	}
	for (uint32_t k = 0; k < t->factor[factor].return_count &&
	    e == ERR_OK; k++)
		e = period_add(&m, &x, t, t->factor[factor].returns, k);
	return e != ERR_OK ? e : correlation(out, &m);
}
