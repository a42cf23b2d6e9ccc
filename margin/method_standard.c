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

/* ---- what is kept ------------------------------------------------------- */

/* Which part: a linear item by its instrument, a group by its factor and
 * expiry. */
struct part {
	bool is_group;
	uint32_t index;
	uint64_t expiry_ms;
};

static struct standard_kept *
kept_place(struct standard_work *w, const struct node_kept_key *key,
    const struct part *p)
{
	size_t at = node_kept_place(key, METHOD_STANDARD_KEPT) ^
	    (size_t)(p->expiry_ms * UINT64_C(0x9e3779b97f4a7c15) >> 48);

	return &w->kept[at & (METHOD_STANDARD_KEPT - 1)];
}

/* kept_find: NULL where it is not kept. */
static const struct standard_kept *
kept_find(struct standard_work *w, const struct node *n, const struct part *p,
    const struct point_factor *where)
{
	const struct standard_kept *k;
	struct node_kept_key key;

	if (n->kept == NULL)
		return NULL;
	key = node_kept_key_of(n->kept, KEPT_STANDARD, n->slot, p->index,
	    p->is_group, where);
	k = kept_place(w, &key, p);
	return k->fill == where->fill && k->expiry_ms == p->expiry_ms &&
	    node_kept_key_is(&k->key, &key) ? k : NULL;
}

/* kept_make: a place for what was not kept; NULL where nothing is. */
static struct standard_kept *
kept_make(struct standard_work *w, const struct node *n, const struct part *p,
    const struct point_factor *where)
{
	struct standard_kept *k;
	struct node_kept_key key;

	if (n->kept == NULL)
		return NULL;
	key = node_kept_key_of(n->kept, KEPT_STANDARD, n->slot, p->index,
	    p->is_group, where);
	k = kept_place(w, &key, p);
	k->key = key;
	k->fill = where->fill;
	k->expiry_ms = p->expiry_ms;
	return k;
}

/* ---- items -------------------------------------------------------------- */

static enum err
linear_place(struct standard_work *w, const struct node *n,
    const struct node_item *item, const struct point *at)
{
	const struct instrument *i = &n->book->instruments[item->instrument];
	const struct part part = { .index = item->instrument };
	const struct standard_kept *kept = kept_find(w, n, &part,
	    &at->factor[i->factor]);
	size_t k = w->linear_count++;

	w->linear_is_known[k] = kept != NULL;
	if (kept == NULL)
		return linear_make(&w->linear[k], n, item, at);
	w->linear_part[k] = kept->linear;
	return ERR_OK;
}

static enum err
group_make(struct standard_group *g, const struct node *n,
    const struct instrument *i, const struct point *at)
{
	struct num18 forward_confidence;
	struct market_price index;
	struct px18 px, fixed;
	bool has_fixed;
	enum err e = point_factor_mid(&index, n->book, n->market, i->factor);

	if (e == ERR_OK)
		e = point_factor_price(&g->spot, n->book, n->market,
		    i->factor, at);
	if (e == ERR_OK)
		e = instrument_forward(&g->forward, n, i, at, ROUND_CEIL);
	if (e == ERR_OK)
		e = forward_price(&px, &forward_confidence,
		    &n->market->terms->factor[i->factor], i->expiry_ms,
		    n->market->as_of_ms, &has_fixed, &fixed);
	if (e == ERR_OK)
		g->confidence = num_min(method_confidence(&index.price),
		    forward_confidence);
	return e;
}

/* group_find: the group of this option's factor and expiry, made where it is
 * not there. */
static enum err
group_find(struct standard_work *w, const struct node *n, uint16_t slot,
    const struct point *at, uint16_t *out)
{
	const struct instrument *i = &n->book->instruments[slot];
	const struct part part = { true, i->factor, i->expiry_ms };
	const struct standard_kept *kept;
	size_t k = 0;
	enum err e = ERR_OK;

	while (k < w->group_count && (w->group_factor[k] != i->factor ||
	    w->group_expiry_ms[k] != i->expiry_ms))
		k++;
	*out = (uint16_t)k;
	if (k < w->group_count)
		return ERR_OK;
	if (k == METHOD_GROUPS_MAX)
		return ERR_LIMIT;
	memset(&w->group[k], 0, sizeof(w->group[k]));
	kept = kept_find(w, n, &part, &at->factor[i->factor]);
	w->group_is_known[k] = kept != NULL;
	if (kept)
		w->group_part[k] = kept->group;
	else
		e = group_make(&w->group[k], n, i, at);
	w->group_factor[k] = i->factor;
	w->group_expiry_ms[k] = i->expiry_ms;
	w->group_first[k] = slot;
	w->group_count += e == ERR_OK;
	return e;
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
	size_t made = 0;
	enum err e = ERR_OK;

	for (size_t k = 0; k < w->item_count && e == ERR_OK; k++) {
		const struct instrument *i =
		    &n->book->instruments[w->item[k].instrument];

		if (i->kind != INSTRUMENT_OPTION)
			e = linear_place(w, n, &w->item[k], at);
		else
			e = group_find(w, n, w->item[k].instrument, at,
			    &w->place[k]);
	}
	for (size_t g = 0; g < w->group_count && e == ERR_OK; g++) {
		if (w->group_is_known[g])
			continue;
		w->group[g].options = &w->option[made];
		for (size_t k = 0; k < w->item_count && e == ERR_OK; k++) {
			if (n->book->instruments[w->item[k].instrument].kind !=
			    INSTRUMENT_OPTION || w->place[k] != g)
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
		    w->linear_part[k].term.item, side == SIDE_INITIAL ?
		    w->linear_part[k].term.initial :
		    w->linear_part[k].term.maintenance);
	for (size_t g = 0; g < w->group_count; g++)
		explain_add(x, number, "options of one expiry",
		    ABOUT_INSTRUMENT, w->group_first[g],
		    side == SIDE_INITIAL ? w->group_part[g].term.initial :
		    w->group_part[g].term.maintenance);
	if (side != SIDE_INITIAL)
		return;
	explain_add(x, number, "oracle confidence", ABOUT_NOTHING, 0,
	    r->contingency);
	explain_add(x, number, "depeg", ABOUT_NOTHING, 0, r->depeg);
}

static void
bind(struct requirement *out, const struct standard_work *w,
    const struct standard_result *r, enum margin_side side)
{
	struct usd18 largest = usd18_zero();

	*out = (struct requirement){ .amount = side == SIDE_INITIAL ?
	    r->initial : r->maintenance };
	for (size_t k = 0; k < w->linear_count; k++) {
		struct usd18 part = side == SIDE_INITIAL ?
		    w->linear_part[k].term.initial :
		    w->linear_part[k].term.maintenance;

		if (usd18_compare(part, largest) <= 0)
			continue;
		largest = part;
		out->binding = "tier";
		out->about = ABOUT_INSTRUMENT;
		out->index = w->linear_part[k].term.item;
	}
	for (size_t g = 0; g < w->group_count; g++) {
		struct usd18 part = side == SIDE_INITIAL ?
		    w->group_part[g].term.initial :
		    w->group_part[g].term.maintenance;

		if (usd18_compare(part, largest) <= 0)
			continue;
		largest = part;
		out->binding = "options of one expiry";
		out->about = ABOUT_INSTRUMENT;
		out->index = w->group_first[g];
	}
}

/* ---- the whole ---------------------------------------------------------- */

static enum err
linear_add(struct standard_sum *sum, struct standard_work *w,
    const struct node *n, const struct point *at, size_t k)
{
	struct standard_linear_part *part = &w->linear_part[k];
	const struct standard_linear *l = &w->linear[k];
	struct part own = { .is_group = false };
	struct standard_kept *kept;
	enum err e;

	if (w->linear_is_known[k])
		return standard_add_linear(sum, part);
	own.index = l->item;
	e = standard_linear_of(part, &n->rules->standard, l);
	if (e != ERR_OK)
		return e;
	kept = kept_make(w, n, &own, &at->factor[l->instrument->factor]);
	if (kept)
		kept->linear = *part;
	return standard_add_linear(sum, part);
}

static enum err
group_add(struct standard_sum *sum, struct standard_work *w,
    const struct node *n, const struct point *at, size_t k)
{
	struct standard_group_part *part = &w->group_part[k];
	const struct part own = { true, w->group_factor[k],
		w->group_expiry_ms[k] };
	struct standard_kept *kept;
	enum err e;

	if (w->group_is_known[k])
		return standard_add_group(sum, part);
	e = standard_group_of(part, w->term, &n->rules->standard,
	    &w->group[k]);
	if (e != ERR_OK)
		return e;
	kept = kept_make(w, n, &own, &at->factor[w->group_factor[k]]);
	if (kept)
		kept->group = *part;
	return standard_add_group(sum, part);
}

static uint64_t
traded_factors(const struct node *n)
{
	const struct instrument *all = n->book->instruments;
	uint64_t bits = 0;

	for (size_t i = 0; i < n->vault->position_count; i++)
		bits |= UINT64_C(1) <<
		    all[node_position(n, i)->instrument].factor;
	for (size_t i = 0; i < n->vault->order_count; i++)
		bits |= UINT64_C(1) <<
		    all[node_order(n, i)->instrument].factor;
	return bits;
}

/* whole_begin: where the vault stands; false where nothing is kept of it. */
static bool
whole_begin(struct standard_whole *out, const struct node *n,
    const struct point *at)
{
	uint64_t rest = traded_factors(n);

	if (n->kept == NULL ||
	    __builtin_popcountll(rest) > (int)METHOD_STANDARD_FACTORS)
		return false;
	*out = (struct standard_whole){ .turn = n->kept->turn,
		.slot = n->slot, .traded = rest };
	for (size_t i = 0; rest != 0; i++, rest &= rest - 1) {
		out->where[i] = at->factor[__builtin_ctzll(rest)];
		if (out->where[i].at != AT_PRICE)
			out->where[i].price = px18_from_raw(0);
	}
	return true;
}

static bool
whole_is(const struct standard_whole *a, const struct standard_whole *b)
{
	bool is = a->turn == b->turn && a->slot == b->slot &&
	    a->traded == b->traded;

	for (size_t i = 0; i < METHOD_STANDARD_FACTORS && is; i++)
		is = a->where[i].at == b->where[i].at &&
		    a->where[i].fill == b->where[i].fill &&
		    px18_compare(a->where[i].price, b->where[i].price) == 0;
	return is;
}

static const struct standard_whole *
whole_find(const struct standard_work *w, const struct standard_whole *here)
{
	for (size_t i = 0; i < METHOD_STANDARD_WHOLES; i++)
		if (whole_is(&w->whole[i], here))
			return &w->whole[i];
	return NULL;
}

/* parts_add: every part made or found, and their sum. */
static enum err
parts_add(struct standard_result *out, struct standard_work *w,
    const struct node *n, const struct point *at)
{
	struct standard_sum sum = { .exposed = usd18_zero() };
	enum err e = items_sort(w, n, at);

	for (size_t k = 0; k < w->linear_count && e == ERR_OK; k++)
		e = linear_add(&sum, w, n, at, k);
	for (size_t k = 0; k < w->group_count && e == ERR_OK; k++)
		e = group_add(&sum, w, n, at, k);
	return e != ERR_OK ? e : standard_sum_finish(out, &sum,
	    &n->rules->standard, method_stable(n));
}

/* whole_make: both sides' requirements. */
static enum err
whole_make(struct requirement *initial, struct requirement *maintenance,
    struct standard_work *w, const struct node *n, const struct point *at,
    enum margin_side side, struct explain *x)
{
	struct standard_result r;
	enum err e = node_items(w->item, &w->item_count, n, at);

	w->linear_count = w->group_count = 0;
	if (e == ERR_OK && w->item_count == 0) {
		*initial = *maintenance = (struct requirement){
			.amount = usd18_zero() };
		return ERR_OK;
	}
	if (e == ERR_OK)
		e = parts_add(&r, w, n, at);
	if (e != ERR_OK)
		return e;
	if (x)
		explain_parts(x, w, &r, side);
	bind(initial, w, &r, SIDE_INITIAL);
	bind(maintenance, w, &r, SIDE_MAINTENANCE);
	return ERR_OK;
}

enum err
method_standard(struct requirement *out, const struct node *n,
    const struct point *at, enum margin_side side, struct method_work *work,
    struct explain *x)
{
	struct standard_work *w = &work->standard;
	const struct standard_whole *known = NULL;
	struct standard_whole here;
	bool keeps = x == NULL && whole_begin(&here, n, at);
	enum err e;

	if (keeps)
		known = whole_find(w, &here);
	if (known == NULL) {
		e = whole_make(&here.initial, &here.maintenance, w, n, at,
		    side, x);
		if (e != ERR_OK)
			return e;
		known = &here;
		if (keeps)
			w->whole[w->whole_next++ % METHOD_STANDARD_WHOLES] =
			    here;
	}
	*out = side == SIDE_INITIAL ? known->initial : known->maintenance;
	return ERR_OK;
}
