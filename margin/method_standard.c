/* The `standard` method of a vault: its items and option groups for
 * margin/standard.h.  Collateral and profit are in adjusted equity already, so
 * no bases go in. */
#include "margin/method_rows.h"

#include <string.h>

#include "base/must.h"
#include "margin/collateral.h"
#include "margin/instrument_price.h"
#include "margin/method_work.h"
#include "margin/surface.h"

/* 1 - max(mid - low, high - mid) / mid, at least zero. */
struct num18
method_confidence(const struct price *p)
{
	struct num18 width, c;

	if (collateral_confidence(&width, p) != ERR_OK ||
	    num18_sub(&c, num18_one(), width) != ERR_OK ||
	    num18_is_negative(c))
		return num18_zero();
	return c;
}

static struct num18
num_min(struct num18 a, struct num18 b)
{
	return num18_compare(a, b) < 0 ? a : b;
}

/* future_confidence: of a future without a mark, that of the forward which
 * stands in for it. */
static enum err
future_confidence(struct num18 *out, const struct node *n,
    const struct instrument *i)
{
	struct px18 px, fixed;
	bool has_fixed;

	return forward_price(&px, out,
	    &n->market->terms->factor[i->factor], i->expiry_ms,
	    n->market->as_of_ms, &has_fixed, &fixed);
}

static enum err
linear_make(struct standard_linear *out, const struct node *n,
    const struct node_item *item, const struct point *at)
{
	const struct instrument *i = &n->book->instruments[item->instrument];
	const struct market_mark *mark =
	    &n->market->terms->mark[item->instrument];
	struct market_price index;
	enum err e = point_factor_mid(&index, n->book, n->market, i->factor);

	*out = (struct standard_linear){
		.item = item->instrument, .instrument = i,
		.size = item->size, .bids = item->bids, .asks = item->asks,
		.leverage = n->vault->leverage,
		.open_interest = mark->has_open_interest ?
		    mark->open_interest : usd18_zero(),
		.confidence = num18_one(),
	};
	if (e == ERR_OK)
		e = instrument_price(&out->mark, n, item->instrument, at,
		    ROUND_CEIL);
	if (e == ERR_OK)
		e = point_factor_price(&out->index, n->book, n->market,
		    i->factor, at);
	if (e == ERR_OK && i->kind == INSTRUMENT_FUTURE && !mark->has_mark &&
	    !instrument_is_pending(i, n->market))
		e = future_confidence(&out->confidence, n, i);
	if (e == ERR_OK)
		out->confidence = num_min(out->confidence,
		    method_confidence(&index.price));
	/* Profit is in equity already: entered at the mark, nothing owed. */
	out->entry = out->mark;
	out->funding = usd18_zero();
	return e;
}

/* group_find: the group of this factor and expiry, made where it is not
 * there. */
static enum err
group_find(struct standard_work *w, const struct node *n,
    const struct instrument *i, const struct point *at, size_t *out)
{
	struct num18 forward_confidence;
	struct standard_group *g;
	struct market_price index;
	struct px18 px, fixed;
	bool has_fixed;
	enum err e;

	for (size_t k = 0; k < w->group_count; k++)
		if (w->group_factor[k] == i->factor &&
		    w->group_expiry_ms[k] == i->expiry_ms) {
			*out = k;
			return ERR_OK;
		}
	if (w->group_count == METHOD_GROUPS_MAX)
		return ERR_LIMIT;
	g = &w->group[w->group_count];
	memset(g, 0, sizeof(*g));
	e = point_factor_mid(&index, n->book, n->market, i->factor);
	if (e == ERR_OK)
		e = point_factor_price(&g->spot, n->book, n->market,
		    i->factor, at);
	if (e == ERR_OK)
		e = instrument_forward(&g->forward, n, i, at, ROUND_CEIL);
	if (e == ERR_OK)
		e = forward_price(&px, &forward_confidence,
		    &n->market->terms->factor[i->factor], i->expiry_ms,
		    n->market->as_of_ms, &has_fixed, &fixed);
	if (e != ERR_OK)
		return e;
	g->confidence = num_min(method_confidence(&index.price),
	    forward_confidence);
	w->group_factor[w->group_count] = i->factor;
	w->group_expiry_ms[w->group_count] = i->expiry_ms;
	*out = w->group_count++;
	return ERR_OK;
}

/* What can only be lost by an order on an option is what its asks would add:
 * the short side. */
static enum err
option_make(struct standard_option *out, const struct node *n,
    const struct node_item *item, const struct point *at)
{
	const struct instrument *i = &n->book->instruments[item->instrument];
	struct num18 size, vol;
	enum err e = num18_sub(&size, item->size, item->asks);

	*out = (struct standard_option){
		.item = item->instrument, .strike = i->strike,
		.is_call = i->is_call, .confidence = num18_one(),
	};
	if (e == ERR_OK)
		e = num18_mul(&out->amount, size, i->multiplier, ROUND_FLOOR);
	if (e == ERR_OK)
		e = instrument_price(&out->mark, n, item->instrument, at,
		    num18_is_negative(size) ? ROUND_CEIL : ROUND_FLOOR);
	if (e == ERR_OK && !instrument_is_pending(i, n->market))
		e = surface_vol(&vol, &out->confidence,
		    &n->market->terms->factor[i->factor], i->strike,
		    i->expiry_ms, n->market->as_of_ms);
	return e;
}

/* items_sort gives each item its place: linear ones in order, options by
 * group. */
static enum err
items_sort(struct standard_work *w, const struct node *n,
    const struct point *at)
{
	size_t place[NODE_ITEMS_MAX];
	size_t made = 0;
	enum err e = ERR_OK;

	for (size_t k = 0; k < w->item_count && e == ERR_OK; k++) {
		const struct instrument *i =
		    &n->book->instruments[w->item[k].instrument];

		if (i->kind != INSTRUMENT_OPTION)
			e = linear_make(&w->linear[w->linear_count++], n,
			    &w->item[k], at);
		else
			e = group_find(w, n, i, at, &place[k]);
	}
	for (size_t g = 0; g < w->group_count && e == ERR_OK; g++) {
		w->group[g].options = &w->option[made];
		for (size_t k = 0; k < w->item_count && e == ERR_OK; k++) {
			if (n->book->instruments[w->item[k].instrument].kind !=
			    INSTRUMENT_OPTION || place[k] != g)
				continue;
			e = option_make(&w->option[made++], n, &w->item[k],
			    at);
			w->group[g].option_count++;
		}
	}
	return e;
}

/* explain_parts: linear items by what each asks, groups by the smaller of
 * their two sums, contingencies; what rounding up to zero added last. */
static void
explain_parts(struct explain *x, const struct standard_work *w,
    const struct standard_result *r, enum margin_side side)
{
	enum explain_number number = side == SIDE_INITIAL ?
	    EXPLAIN_INITIAL_MARGIN : EXPLAIN_MAINTENANCE_MARGIN;

	for (size_t k = 0; k < w->linear_count; k++)
		explain_add(x, number, "tier", ABOUT_INSTRUMENT,
		    w->term[k].item, side == SIDE_INITIAL ?
		    w->term[k].initial : w->term[k].maintenance);
	for (size_t g = 0; g < w->group_count; g++)
		explain_add(x, number, "options of one expiry",
		    ABOUT_INSTRUMENT, w->group[g].options[0].item,
		    side == SIDE_INITIAL ? w->group_term[g].initial :
		    w->group_term[g].maintenance);
	if (side != SIDE_INITIAL)
		return;
	explain_add(x, number, "oracle confidence", ABOUT_NOTHING, 0,
	    r->contingency);
	explain_add(x, number, "depeg", ABOUT_NOTHING, 0, r->depeg);
}

static void
bind(struct requirement *out, const struct standard_work *w,
    enum margin_side side)
{
	struct usd18 largest = usd18_zero();

	for (size_t k = 0; k < w->linear_count; k++) {
		struct usd18 part = side == SIDE_INITIAL ?
		    w->term[k].initial : w->term[k].maintenance;

		if (usd18_compare(part, largest) <= 0)
			continue;
		largest = part;
		out->binding = "tier";
		out->about = ABOUT_INSTRUMENT;
		out->index = w->term[k].item;
	}
	for (size_t g = 0; g < w->group_count; g++) {
		struct usd18 part = side == SIDE_INITIAL ?
		    w->group_term[g].initial : w->group_term[g].maintenance;

		if (usd18_compare(part, largest) <= 0)
			continue;
		largest = part;
		out->binding = "options of one expiry";
		out->about = ABOUT_INSTRUMENT;
		out->index = w->group[g].options[0].item;
	}
}

enum err
method_standard(struct requirement *out, const struct node *n,
    const struct point *at, enum margin_side side, struct method_work *work,
    struct explain *x)
{
	struct standard_work *w = &work->standard;
	struct standard_inputs in = { .stable = method_stable(n) };
	struct standard_result r;
	struct requirement q = { .amount = usd18_zero() };
	enum err e;

	w->linear_count = w->group_count = 0;
	e = node_items(w->item, &w->item_count, n, at);
	if (e == ERR_OK && w->item_count == 0) {
		*out = q;
		return ERR_OK;
	}
	if (e == ERR_OK)
		e = items_sort(w, n, at);
	if (e != ERR_OK)
		return e;
	in.linear = w->linear;
	in.linear_count = w->linear_count;
	in.groups = w->group;
	in.group_count = w->group_count;
	e = standard_evaluate(&r, w->term, w->group_term,
	    &n->rules->standard, &in);
	if (e != ERR_OK)
		return e;
	q.amount = side == SIDE_INITIAL ? r.initial : r.maintenance;
	bind(&q, w, side);
	if (x)
		explain_parts(x, w, &r, side);
	*out = q;
	return ERR_OK;
}
