/* The ends of the band (margin/evaluate.h).  The worst and the best one look at
 * the same points, so one search finds both; no point is evaluated twice where
 * it is known to be one that was. */
#include "margin/evaluate.h"

#include "base/must.h"

/* What a search is after, and what it has. */
struct end {
	bool best;
	struct point_factor chosen;	/* of the factor being tried */
	struct usd18 excess;		/* there */
	bool has;
	struct point found;	/* every factor where it was chosen */
	uint32_t moved;		/* factors of it that are not at mid */
	uint8_t extreme_factor;		/* of all that was tried, this one */
	struct point_factor extreme;	/* alone here */
	struct evaluation extreme_value;
	bool has_extreme;
};

/* Trying points of one factor, the others at mid. */
struct search {
	const struct snapshot *s;
	uint32_t slot;
	enum margin_method method;
	enum margin_side side;
	struct evaluation mid;
	bool has_mid;
	struct point at;
	uint8_t factor;
	uint64_t ordered;	/* bits of factors with open orders */
	struct end *ends;
	size_t end_count;
};

/* is_further: whether a is the worse (best: the better) one. */
static bool
is_further(const struct end *k, struct usd18 a, struct usd18 b)
{
	int order = usd18_compare(a, b);

	return k->best ? order > 0 : order < 0;
}

static bool
is_mid(const struct point_factor *where)
{
	return where->at == AT_MID && where->fill == FILL_NONE;
}

static void
end_take(struct end *k, const struct search *t, struct point_factor where,
    const struct evaluation *v)
{
	/* Nobody counts on an order to be filled. */
	if (k->best && where.fill != FILL_NONE)
		return;
	if (!k->has || is_further(k, v->excess, k->excess)) {
		k->chosen = where;
		k->excess = v->excess;
		k->has = true;
	}
	if (!k->has_extreme ||
	    is_further(k, v->excess, k->extreme_value.excess)) {
		k->extreme_factor = t->factor;
		k->extreme = where;
		k->extreme_value = *v;
		k->has_extreme = true;
	}
}

/* search_mid: every factor's search begins at the same point, which is where
 * all stand between two tries. */
static enum err
search_mid(struct search *t)
{
	enum err e;

	if (t->has_mid)
		return ERR_OK;
	e = margin_sums_at(&t->mid, t->s, t->slot, t->method, &t->at,
	    t->side, NULL);
	t->has_mid = e == ERR_OK;
	return e;
}

static enum err
search_try(struct search *t, struct point_factor where)
{
	struct evaluation moved;
	const struct evaluation *v = &moved;
	enum err e;

	if (is_mid(&where)) {
		e = search_mid(t);
		v = &t->mid;
	} else {
		t->at.factor[t->factor] = where;
		e = margin_sums_at(&moved, t->s, t->slot, t->method,
		    &t->at, t->side, NULL);
		t->at.factor[t->factor] = (struct point_factor){ AT_MID,
		    FILL_NONE, { 0 } };
	}
	for (size_t i = 0; i < t->end_count && e == ERR_OK; i++)
		end_take(&t->ends[i], t, where, v);
	return e;
}

/* search_fills tries one place with the orders that may be filled there. */
static enum err
search_fills(struct search *t, struct point_factor where)
{
	enum err e = search_try(t, where);

	if ((t->ordered >> t->factor & 1) == 0)
		return e;
	for (size_t i = 0; i < t->end_count; i++)
		if (!t->ends[i].best) {
			where.fill = FILL_BIDS;
			if (e == ERR_OK)
				e = search_try(t, where);
			where.fill = FILL_ASKS;
			return e != ERR_OK ? e : search_try(t, where);
		}
	return e;
}

/* ---- strikes ------------------------------------------------------------ */

/* traded: the instruments that the vault trades, ascending. */
static enum err
traded_with_orders(uint16_t out[NODE_ITEMS_MAX], size_t *count,
    const struct node *n)
{
	struct node_item items[NODE_ITEMS_MAX];
	const struct point mid = point_mid();
	enum err e = node_items(items, count, n, &mid);

	for (size_t i = 0; e == ERR_OK && i < *count; i++)
		out[i] = items[i].instrument;
	return e;
}

static enum err
traded(uint16_t out[NODE_ITEMS_MAX], size_t *count, const struct node *n)
{
	if (n->vault->order_count != 0)
		return traded_with_orders(out, count, n);
	for (size_t i = 0; i < n->vault->position_count; i++)
		out[i] = node_position(n, i)->instrument;
	*count = n->vault->position_count;
	return ERR_OK;
}

/* is_kink: an option on the factor, its strike inside the band and of none of
 * those before it. */
static bool
is_kink(const struct search *t, const uint16_t *slots, size_t i,
    const struct price *band)
{
	const struct instrument *all = t->s->book->instruments;
	const struct instrument *k = &all[slots[i]];

	if (k->kind != INSTRUMENT_OPTION || k->factor != t->factor ||
	    px18_compare(k->strike, band->low) <= 0 ||
	    px18_compare(k->strike, band->high) >= 0)
		return false;
	for (size_t j = 0; j < i; j++) {
		const struct instrument *other = &all[slots[j]];

		if (other->kind == INSTRUMENT_OPTION &&
		    other->factor == k->factor &&
		    px18_compare(other->strike, k->strike) == 0)
			return false;
	}
	return true;
}

/* has_options: orders count as well, whatever they are on: their sums may not
 * fit, and then there is no end. */
static bool
has_options(const struct node *n)
{
	for (size_t i = 0; i < n->vault->position_count; i++)
		if (n->book->instruments[node_position(n, i)->instrument].
		    kind == INSTRUMENT_OPTION)
			return true;
	return n->vault->order_count != 0;
}

/* search_strikes tries every strike on the factor inside its band. */
static enum err
search_strikes(struct search *t, const struct node *n,
    const struct price *band)
{
	uint16_t slots[NODE_ITEMS_MAX];
	size_t count = 0;
	enum err e = traded(slots, &count, n);

	for (size_t i = 0; i < count && e == ERR_OK; i++)
		if (is_kink(t, slots, i, band))
			e = search_fills(t, (struct point_factor){
			    .at = AT_PRICE, .price = n->book->instruments[
			    slots[i]].strike });
	return e;
}

/* ---- the search --------------------------------------------------------- */

static uint64_t
ordered_factors(const struct snapshot *s, uint32_t slot)
{
	uint64_t bits = 0;

	for (uint32_t m = slot + 1; m != 0; m = snapshot_next(s, slot, m - 1)) {
		struct node n = snapshot_node(s, m - 1);

		for (size_t i = 0; i < n.vault->order_count; i++)
			bits |= UINT64_C(1) << s->book->instruments[
			    node_order(&n, i)->instrument].factor;
	}
	return bits;
}

static enum err
search_factor(struct search *t)
{
	struct market_price p;
	enum err e = point_factor_mid(&p, t->s->book, t->s->market, t->factor);

	for (size_t i = 0; i < t->end_count; i++)
		t->ends[i].has = false;
	for (enum point_at at = AT_MID; at <= AT_HIGH && e == ERR_OK; at++)
		e = search_fills(t, (struct point_factor){ .at = at });
	for (uint32_t m = t->slot + 1; m != 0 && e == ERR_OK;
	    m = snapshot_next(t->s, t->slot, m - 1)) {
		struct node n = snapshot_node(t->s, m - 1);

		if (has_options(&n))
			e = search_strikes(t, &n, &p.price);
	}
	return e;
}

static enum err
search_run(struct search *t)
{
	uint64_t factors = margin_factors(t->s, t->slot);
	enum err e = ERR_OK;

	t->ordered = ordered_factors(t->s, t->slot);
	for (uint8_t f = 0; f < BOOK_FACTORS_MAX && e == ERR_OK; f++) {
		if ((factors >> f & 1) == 0)
			continue;
		t->factor = f;
		e = search_factor(t);
		for (size_t i = 0; i < t->end_count && e == ERR_OK; i++) {
			struct end *k = &t->ends[i];

			k->found.factor[f] = k->chosen;
			k->moved += !is_mid(&k->chosen);
		}
	}
	return e;
}

/* end_finish: at the point that was found, which goes to `at` unless that is
 * NULL.  Where factors do not simply add up, the mid or one of them alone may
 * be worse than all together; that is then the end. */
static enum err
end_finish(struct evaluation *out, struct point *at, struct search *t,
    const struct end *k)
{
	struct evaluation v;
	bool is_extreme;
	enum err e;

	if (k->moved == 0) {
		e = search_mid(t);
		v = t->mid;
	} else {
		e = margin_sums_at(&v, t->s, t->slot, t->method,
		    &k->found, t->side, NULL);
	}
	if (e != ERR_OK)
		return e;
	is_extreme = k->has_extreme &&
	    is_further(k, k->extreme_value.excess, v.excess);
	*out = is_extreme ? k->extreme_value : v;
	if (at == NULL)
		return ERR_OK;
	*at = is_extreme ? point_mid() : k->found;
	if (is_extreme)
		at->factor[k->extreme_factor] = k->extreme;
	return ERR_OK;
}

enum err
margin_worst_point(struct point *out, const struct snapshot *s, uint32_t slot,
    enum margin_method method, enum margin_side side, bool best)
{
	struct end k = { .best = best, .found = point_mid() };
	struct search t = { .s = s, .slot = slot, .method = method,
		.side = side, .at = point_mid(), .ends = &k, .end_count = 1 };
	struct evaluation v;
	enum err e = search_run(&t);

	return e != ERR_OK ? e : end_finish(&v, out, &t, &k);
}

static enum err
maintenance_ends(struct margin_ends *out, const struct snapshot *s,
    uint32_t slot, enum margin_method method)
{
	struct end ends[] = {
		{ .best = false, .found = point_mid() },
		{ .best = true, .found = point_mid() },
	};
	struct search t = { .s = s, .slot = slot, .method = method,
		.side = SIDE_MAINTENANCE, .at = point_mid(), .ends = ends,
		.end_count = ARRAY_COUNT(ends) };
	enum err e = search_mid(&t);

	if (e == ERR_OK)
		e = search_run(&t);
	if (e == ERR_OK)
		e = end_finish(&out->worst, NULL, &t, &ends[0]);
	if (e == ERR_OK)
		e = end_finish(&out->best, NULL, &t, &ends[1]);
	if (e == ERR_OK)
		out->mid = t.mid;
	return e;
}

static enum err
initial_end(struct evaluation *out, const struct snapshot *s, uint32_t slot,
    enum margin_method method)
{
	struct end k = { .best = false, .found = point_mid() };
	struct search t = { .s = s, .slot = slot, .method = method,
		.side = SIDE_INITIAL, .at = point_mid(), .ends = &k,
		.end_count = 1 };
	enum err e = search_run(&t);

	return e != ERR_OK ? e : end_finish(out, NULL, &t, &k);
}

enum err
margin_ends(struct margin_ends *out, const struct snapshot *s, uint32_t slot,
    enum margin_method method)
{
	struct margin_ends made;
	enum err e = maintenance_ends(&made, s, slot, method);

	if (e == ERR_OK)
		e = initial_end(&made.initial, s, slot, method);
	if (e == ERR_OK)
		e = margin_health_of(&made.mid.health, &made.mid);
	if (e == ERR_OK)
		e = margin_health_of(&made.worst.health, &made.worst);
	if (e == ERR_OK)
		e = margin_health_of(&made.best.health, &made.best);
	if (e == ERR_OK)
		e = margin_health_of(&made.initial.health, &made.initial);
	if (e == ERR_OK)
		*out = made;
	return e;
}
