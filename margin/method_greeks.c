/* The `greeks` method of a vault: its sensitivities for margin/greeks.h, and
 * how far they are from full revaluation when each factor moves a tenth. */
#include "margin/method_rows.h"

#include <string.h>

#include "base/must.h"
#include "margin/method_work.h"
#include "margin/node_greeks.h"

#define MOVE ((i128)WAD_ONE_RAW / 10)

/* The bucket of a factor is the group of the lowest asset on it; what has
 * none is residual. */
static uint8_t
bucket_of_factor(const struct book *b, const struct greeks_rules *r,
    uint8_t factor)
{
	uint8_t bucket;

	for (size_t i = 0; i < b->asset_count; i++) {
		const char *group = b->assets[i].risk.group;

		if (b->assets[i].factor == factor && greeks_bucket_find(
		    &bucket, r, group, strlen(group)) == ERR_OK)
			return bucket;
	}
	for (uint8_t k = 0; k < r->bucket_count; k++)
		if (r->bucket[k].is_residual)
			return k;
	return (uint8_t)(r->bucket_count - 1);
}

/* What the vault is worth, tokens of other factors left where they are. */
static enum err
worth_at(struct usd18 *out, const struct node *n, const struct point *at)
{
	struct node_value v;
	struct usd18 sum;
	enum err e = node_value_at(&v, n, at, SIDE_MAINTENANCE, true, NULL);

	if (e == ERR_OK)
		e = usd18_sub(&sum, v.collateral_value, v.debt_value);
	if (e == ERR_OK)
		e = usd18_add(&sum, sum, v.pnl);
	return e != ERR_OK ? e : usd18_add(out, sum, v.option_value);
}

static enum err
move_make(struct greeks_taylor *out, const struct node *n,
    const struct point *at, const struct position_greeks *sums, i128 move)
{
	struct point moved = *at;
	struct usd18 before, after;
	struct px18 px;
	enum err e = point_factor_price(&px, n->book, n->market, sums->factor,
	    at);

	if (e == ERR_OK)
		e = px18_mul_num(&px, px, num18_from_raw((i128)WAD_ONE_RAW +
		    move), ROUND_FLOOR);
	moved.factor[sums->factor].at = AT_PRICE;
	moved.factor[sums->factor].price = px;
	if (e == ERR_OK)
		e = worth_at(&before, n, at);
	if (e == ERR_OK)
		e = worth_at(&after, n, &moved);
	*out = (struct greeks_taylor){ .move = num18_from_raw(move),
	    .delta = sums->delta, .gamma = sums->gamma };
	if (e == ERR_OK)
		e = usd18_sub(&out->full, after, before);
	return e != ERR_OK ? e : node_gross_notional(&out->gross_notional, n,
	    at, sums->factor);
}

static enum err
taylor_check(struct greeks_margin *m, const struct node *n,
    const struct point *at, const struct greeks_work *w)
{
	struct greeks_taylor move[2];
	struct position_greeks sums;
	enum err e = ERR_OK;

	for (size_t i = 0; i < w->table.count && e == ERR_OK; i++) {
		if (i > 0 && w->row[i].factor == w->row[i - 1].factor)
			continue;
		e = position_greeks_total(&sums, &w->table, w->row[i].factor);
		if (e == ERR_OK)
			e = move_make(&move[0], n, at, &sums, MOVE);
		if (e == ERR_OK)
			e = move_make(&move[1], n, at, &sums, -MOVE);
		if (e == ERR_OK)
			e = greeks_taylor_check(m, &n->rules->greeks, move,
			    ARRAY_COUNT(move));
	}
	return e;
}

/* explain_classes: the three classes scaled as the total is; what rounding
 * leaves goes to the last of them. */
static enum err
explain_classes(struct explain *x, const struct greeks_margin *m,
    struct usd18 amount, struct num18 factor, enum explain_number number)
{
	struct usd18 delta, vega, rest;
	enum err e = usd18_mul_num(&delta, m->delta, factor, ROUND_CEIL);

	if (e == ERR_OK)
		e = usd18_mul_num(&vega, m->vega, factor, ROUND_CEIL);
	if (e == ERR_OK)
		e = usd18_sub(&rest, amount, delta);
	if (e == ERR_OK)
		e = usd18_sub(&rest, rest, vega);
	if (e != ERR_OK)
		return e;
	explain_add(x, number, "delta", ABOUT_NOTHING, 0, delta);
	explain_add(x, number, "vega", ABOUT_NOTHING, 0, vega);
	explain_add(x, number, m->is_gamma_larger ? "curvature by gamma" :
	    "curvature by vega", ABOUT_NOTHING, 0, rest);
	return ERR_OK;
}

static const char *
largest_class(const struct greeks_margin *m)
{
	if (usd18_compare(m->delta, m->vega) >= 0 &&
	    usd18_compare(m->delta, m->curvature) >= 0)
		return "delta";
	return usd18_compare(m->vega, m->curvature) >= 0 ? "vega" :
	    "curvature";
}

enum err
method_greeks(struct requirement *out, const struct node *n,
    const struct point *at, enum margin_side side, struct method_work *work,
    struct explain *x)
{
	struct greeks_work *w = &work->greeks;
	struct greeks_margin m;
	struct requirement q = { .amount = usd18_zero() };
	uint8_t bucket[BOOK_FACTORS_MAX];
	size_t count;
	enum err e;

	for (uint8_t f = 0; f < BOOK_FACTORS_MAX; f++)
		bucket[f] = bucket_of_factor(n->book, &n->rules->greeks, f);
	w->table = (struct position_greeks_table){ .rows = w->row,
	    .capacity = ARRAY_COUNT(w->row) };
	e = node_greeks(&w->table, n, at, work->units);
	if (e == ERR_OK)
		e = position_greeks_sensitivities(w->sensitivity, &count,
		    ARRAY_COUNT(w->sensitivity), &w->table, bucket,
		    n->market->as_of_ms);
	if (e == ERR_OK)
		e = greeks_margin_of(&m, &n->rules->greeks,
		    GREEKS_VIEW_ACCOUNT, w->sensitivity, count);
	if (e == ERR_OK)
		e = taylor_check(&m, n, at, w);
	if (e != ERR_OK)
		return e;
	q.amount = side == SIDE_INITIAL ? m.initial : m.maintenance;
	q.binding = largest_class(&m);
	q.is_refused = m.is_refused;
	if (x)
		e = explain_classes(x, &m, q.amount, side == SIDE_INITIAL ?
		    n->rules->greeks.initial_factor :
		    n->rules->greeks.maintenance_factor, side == SIDE_INITIAL ?
		    EXPLAIN_INITIAL_MARGIN : EXPLAIN_MAINTENANCE_MARGIN);
	if (e == ERR_OK)
		*out = q;
	return e;
}
