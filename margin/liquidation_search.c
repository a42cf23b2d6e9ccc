#include "margin/liquidation_search.h"

#include "base/must.h"
#include "margin/instrument_price.h"
#include "margin/method_work.h"

struct search {
	const struct snapshot *s;
	uint32_t slot;
	enum margin_method method;
	uint8_t factor;
	struct px18 mid;	/* of the factor, in the snapshot */
	struct point at;
};

/* floor_at: the excess over what a floor's story costs from this price on: its
 * market moves with the price. */
static enum err
floor_at(struct usd18 *excess, const struct search *k,
    const struct snapshot *floor, struct px18 p, const struct evaluation *v)
{
	struct point at = k->at;
	struct market_price shocked;
	struct evaluation after;
	struct usd18 loss, rest;
	enum err e = point_factor_mid(&shocked, k->s->book, floor->market,
	    k->factor);

	if (e == ERR_OK)
		e = px18_move(&at.factor[k->factor].price, p,
		    shocked.price.mid, k->mid, ROUND_FLOOR);
	if (e == ERR_OK)
		e = margin_evaluate_at(&after, floor, k->slot, k->method, &at,
		    SIDE_MAINTENANCE, NULL);
	if (e == ERR_STALE)
		return ERR_OK;
	if (e == ERR_OK)
		e = margin_loss_of(&loss, v, &after);
	if (e == ERR_OK)
		e = usd18_sub(&rest, v->equity, loss);
	if (e == ERR_OK)
		*excess = usd18_min(*excess, rest);
	return e;
}

static enum err
excess_at(void *ctx, struct px18 p, struct usd18 *excess)
{
	struct search *k = ctx;
	struct usd18 least = usd18_zero();
	struct evaluation v;
	enum err e;

	k->at.factor[k->factor] = (struct point_factor){ .at = AT_PRICE,
	    .price = p };
	e = margin_evaluate_at(&v, k->s, k->slot, k->method, &k->at,
	    SIDE_MAINTENANCE, NULL);
	if (e == ERR_OK)
		least = v.excess;
	for (size_t i = 0; i < k->s->floor_count && e == ERR_OK; i++)
		e = floor_at(&least, k, &k->s->floors[i], p, &v);
	if (e == ERR_OK)
		*excess = least;
	return e;
}

static void
kink_add(struct method_work *w, size_t *count, struct px18 p)
{
	if (*count < THRESHOLD_KINKS_MAX)
		w->kink[(*count)++] = p;
}

/* kinks_of_option: the factor's price at which the forward is at the strike,
 * now and after each scenario's shock. */
static enum err
kinks_of_option(const struct search *k, const struct node *n,
    const struct instrument *i, struct px18 mid, size_t *count)
{
	const struct scenario_rules *r = &k->s->rules->scenario;
	struct point at = point_mid();
	struct px18 forward, strike, p;
	enum err e = instrument_forward(&forward, n, i, &at, ROUND_FLOOR);

	if (e != ERR_OK || px18_is_zero(forward))
		return e;
	e = px18_move(&strike, mid, i->strike, forward, ROUND_FLOOR);
	if (e != ERR_OK)
		return ERR_OK;	/* further than a price can be */
	kink_add(k->s->work, count, strike);
	for (uint32_t j = 0; j < r->shock_count; j++) {
		struct num18 x = r->shock[j].spot;

		if (num18_is_zero(x) ||
		    num18_compare(x, num18_one()) == 0 ||
		    px18_scale(&p, strike, WAD_ONE_RAW,
		    (u128)num18_to_raw(x), ROUND_FLOOR) != ERR_OK)
			continue;
		kink_add(k->s->work, count, p);
	}
	return ERR_OK;
}

static enum err
kinks_of(const struct search *k, struct px18 mid, size_t *count)
{
	enum err e = ERR_OK;

	*count = 0;
	for (uint32_t m = k->slot + 1; m != 0 && e == ERR_OK;
	    m = snapshot_next(k->s, k->slot, m - 1)) {
		struct node n = snapshot_node(k->s, m - 1);

		for (size_t i = 0; i < n.vault->position_count && e == ERR_OK;
		    i++) {
			const struct instrument *t = &n.book->instruments[
			    node_position(&n, i)->instrument];

			if (t->kind == INSTRUMENT_OPTION &&
			    t->factor == k->factor)
				e = kinks_of_option(k, &n, t, mid, count);
		}
	}
	threshold_sort_kinks(k->s->work->kink, count);
	return e;
}

enum err
liquidation_search(struct liquidation_price *out, const struct snapshot *s,
    uint32_t slot, enum margin_method method, uint8_t factor)
{
	struct search k = {
		.s = s, .slot = slot, .method = method, .factor = factor,
		.at = point_mid(),
	};
	struct market_price mid;
	size_t count;
	enum err e;

	if ((margin_factors(s, slot) >> factor & 1) == 0)
		return ERR_UNKNOWN;
	e = point_factor_mid(&mid, s->book, s->market, factor);
	k.mid = mid.price.mid;
	if (e == ERR_OK)
		e = kinks_of(&k, mid.price.mid, &count);
	return e != ERR_OK ? e : threshold_search(out, excess_at, &k,
	    mid.price.mid, s->work->kink, count);
}
