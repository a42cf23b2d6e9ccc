#include "feeds/prices.h"

#include <string.h>

#include "base/must.h"
#include "feeds/graph.h"
#include "feeds/prices_grade.h"
#include "feeds/prices_set.h"
#include "feeds/prices_time.h"
#include "feeds/prices_vote.h"

_Static_assert(PRICES_UNITS_MAX <= GRAPH_UNITS_MAX, "a node a unit");

static enum err
rule_check(const struct prices_rule *r)
{
	if (r->is_constant_unsafe)
		return px18_is_zero(r->constant) ? ERR_RANGE : ERR_OK;
	if (r->quorum == 0 || ppb_to_raw(r->dispersion_max) >= PPB_ONE_RAW ||
	    ppb_to_raw(r->band_max) >= PPB_ONE_RAW)
		return ERR_RANGE;
	return ERR_OK;
}

static enum err
wrap_check(const struct prices_config *c, const struct prices_wrap *w)
{
	if (!w->is_wrapped)
		return ERR_OK;
	MUST(w->of < c->unit_count);
	return w->of == PRICES_UNIT_USD || px18_is_zero(w->pinned) ||
	    w->pinned_ms == 0 || w->age_max_ms == 0 ||
	    ppb_to_raw(w->fall_max) >= PPB_ONE_RAW ||
	    ppb_to_raw(w->gap_max) >= PPB_ONE_RAW ? ERR_RANGE : ERR_OK;
}

static enum err
unit_check(const struct prices_config *c, size_t unit)
{
	const struct prices_unit *u = &c->unit[unit];
	enum err e = rule_check(&u->rule);

	if (e == ERR_OK && u->wrap.is_wrapped && u->rule.is_constant_unsafe)
		e = ERR_RANGE;
	return e == ERR_OK ? wrap_check(c, &u->wrap) : e;
}

/* config_check looks at everything but cycles. */
static enum err
config_check(const struct prices_config *c, size_t *bad)
{
	size_t markets[PRICES_UNITS_MAX] = { 0 }, wraps = 0;

	for (size_t i = 0; i < c->market_count; i++) {
		const struct prices_market *m = &c->market[i];

		MUST(m->base < c->unit_count && m->quote < c->unit_count);
		MUST(m->venue < PRICES_VENUES_MAX);
		*bad = m->base;
		if (m->base == PRICES_UNIT_USD)
			return ERR_UNIT;
		if (m->weight == 0 || m->weight > PRICES_WEIGHT_MAX)
			return ERR_RANGE;
		if (++markets[m->base] > PRICES_VOTES_MAX)
			return ERR_LIMIT;
	}
	for (size_t u = 1; u < c->unit_count; u++) {
		enum err e = unit_check(c, u);

		*bad = u;
		if (e != ERR_OK)
			return e;
		wraps += c->unit[u].wrap.is_wrapped;
		if (wraps > PRICES_WRAPS_MAX)
			return ERR_LIMIT;
		if (markets[u] == 0 && !c->unit[u].rule.is_constant_unsafe &&
		    !c->unit[u].wrap.by_rate)
			return ERR_MISSING;
	}
	return ERR_OK;
}

/* edges_make: what each unit is priced in. */
static size_t
edges_make(struct graph_edge *edges, const struct prices_config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->market_count; i++)
		edges[n++] = (struct graph_edge){ c->market[i].base,
		    c->market[i].quote };
	for (size_t u = 0; u < c->unit_count; u++)
		if (c->unit[u].wrap.is_wrapped)
			edges[n++] = (struct graph_edge){ (uint16_t)u,
			    c->unit[u].wrap.of };
	return n;
}

/* by_unit_make: the markets of each unit together, in their order. */
static void
by_unit_make(struct prices *p)
{
	const struct prices_config *c = p->config;
	uint16_t n = 0;

	for (size_t u = 0; u < c->unit_count; u++) {
		p->first[u] = n;
		for (size_t i = 0; i < c->market_count; i++)
			if (c->market[i].base == u)
				p->by_unit[n++] = (uint16_t)i;
	}
	p->first[c->unit_count] = n;
}

/* firsts_make: who stands for an operator, and for a correlation. */
static void
firsts_make(struct prices *p)
{
	const struct prices_market *m = p->config->market;

	for (size_t i = 0; i < p->config->market_count; i++) {
		size_t operator_first = 0, correlation_first = 0;

		while (m[operator_first].operator_id != m[i].operator_id)
			operator_first++;
		while (m[correlation_first].correlation_id !=
		    m[i].correlation_id)
			correlation_first++;
		p->operator_market[i] = (uint16_t)operator_first;
		p->correlation_market[i] = (uint16_t)correlation_first;
	}
}

enum err
prices_init(struct prices *p, const struct prices_config *config, size_t *bad)
{
	struct graph_edge edges[PRICES_MARKETS_MAX + PRICES_UNITS_MAX];
	size_t order[PRICES_UNITS_MAX];
	enum err e;

	MUST(config->unit_count >= 1);
	MUST(config->unit_count <= PRICES_UNITS_MAX);
	MUST(config->market_count <= PRICES_MARKETS_MAX);
	e = config_check(config, bad);
	if (e != ERR_OK)
		return e;
	e = graph_order(order, config->unit_count, edges,
	    edges_make(edges, config), bad);
	if (e != ERR_OK)
		return e;
	memset(p, 0, sizeof(*p));
	p->config = config;
	p->set_words = (2 * config->market_count + config->unit_count + 63) /
	    64;
	for (size_t i = 0; i < config->unit_count; i++) {
		p->order[i] = (uint16_t)order[i];
		price_refuse(&p->price[i], REASON_QUORUM);
		p->cache[i].is_dirty = true;
	}
	for (size_t i = 0; i < config->market_count; i++) {
		p->source[i].vote = VOTE_SILENT;
		p->cache[config->market[i].quote].is_quote = true;
	}
	by_unit_make(p);
	firsts_make(p);
	return ERR_OK;
}

/* is_newer: the observation takes the place of one of stored_ms.  A venue that
 * once sent a time from the future must not shut out its own later ones. */
static bool
is_newer(const struct prices_tick *t, uint64_t stored_ms)
{
	return t->exchange_ms >= stored_ms ||
	    ahead_ms(stored_ms, t->recv_ms) > PRICES_SKEW_MAX_MS;
}

/* px18_inverse: 1 / a; ERR_RANGE where a is zero. */
static enum err
px18_inverse(struct px18 *out, struct px18 a, enum rounding r)
{
	return px18_is_zero(a) ? ERR_RANGE : px18_scale(out,
	    px18_from_raw(WAD_ONE_RAW), WAD_ONE_RAW, px18_to_raw(a), r);
}

/* tick_invert turns a tick of an inverse market round; what cannot be is left
 * out. */
static struct prices_tick
tick_invert(const struct prices_tick *t)
{
	struct prices_tick o = *t;

	o.has_book = t->has_book && px18_inverse(&o.bid, t->ask,
	    ROUND_FLOOR) == ERR_OK && px18_inverse(&o.ask, t->bid,
	    ROUND_CEIL) == ERR_OK;
	o.has_last = t->has_last && px18_inverse(&o.last, t->last,
	    ROUND_FLOOR) == ERR_OK;
	return o;
}

void
prices_apply_tick(struct prices *p, const struct prices_tick *given)
{
	const struct prices_tick *t = given;
	struct prices_tick inverse;
	struct prices_quote *q;
	bool is_taken = false;

	MUST(t->market < p->config->market_count);
	if (p->config->market[t->market].is_inverse) {
		inverse = tick_invert(t);
		t = &inverse;
	}
	q = &p->quote[t->market];
	p->cache[p->config->market[t->market].base].is_dirty = true;
	prices_listing_see(p, t);
	if (!t->has_book && !t->has_last) {
		/* Older than any; no trade stands in for it. */
		q->has_book = true;
		q->book_ms = 0;
	}
	if (t->has_book && is_newer(t, q->book_ms)) {
		q->has_book = is_taken = true;
		q->bid = t->bid;
		q->ask = t->ask;
		q->book_ms = t->exchange_ms;
	}
	if (t->has_last && is_newer(t, q->last_ms)) {
		q->has_last = is_taken = true;
		q->last = t->last;
		q->last_ms = t->exchange_ms;
	}
	if (!is_taken)
		return;
	q->recv_ms = t->recv_ms;
	q->has_time = q->has_time || t->exchange_ms != 0;
	if (t->exchange_ms != 0)
		q->skew_ms = ahead_ms(t->exchange_ms, t->recv_ms);
}

void
prices_apply_heartbeat(struct prices *p, uint16_t venue, uint64_t exchange_ms,
    uint64_t recv_ms)
{
	uint32_t skew = ahead_ms(exchange_ms, recv_ms);

	prices_listing_hear(p, venue, recv_ms);
	/* A clock that has no vote renews nothing. */
	if (skew > PRICES_SKEW_MAX_MS)
		return;
	for (size_t i = 0; i < p->config->market_count; i++) {
		if (p->config->market[i].venue != venue)
			continue;
		p->cache[p->config->market[i].base].is_dirty = true;
		if (exchange_ms > p->beat_ms[i])
			p->beat_ms[i] = exchange_ms;
		if (p->quote[i].has_time)
			p->quote[i].skew_ms = skew;
	}
}

/* A unit without a vote: the dollar, or one that is declared. */
static void
unit_declare(struct prices *p, size_t unit)
{
	const struct prices_rule *rule = &p->config->unit[unit].rule;
	struct price price = { .status = PRICE_OK, .reason = REASON_NONE };

	set_clear(&p->single[unit], p);
	price.mid = px18_from_raw(WAD_ONE_RAW);
	if (unit != PRICES_UNIT_USD) {
		price.mid = rule->constant;
		price_degrade(&price, REASON_UNIT);
		set_add(&p->single[unit], set_bit_unit(p, unit));
	}
	price.low = price.high = price.mid;
	p->price[unit] = price;
	p->cache[unit].oldest_ms = p->cache[unit].until_ms = UINT64_MAX;
}

/* is_same_but_age: for those who convert through it. */
static bool
is_same_but_age(const struct price *a, const struct price *b)
{
	return price_is_same(a, b) && a->reason == b->reason &&
	    a->sources == b->sources && a->skew_ms == b->skew_ms;
}

static void
unit_compute(struct prices *p, size_t unit, uint64_t now_ms)
{
	struct prices_set single = p->single[unit];
	struct prices_cache *k = &p->cache[unit];
	struct price before = p->price[unit], market;
	uint64_t oldest = k->oldest_ms;

	if (unit == PRICES_UNIT_USD ||
	    p->config->unit[unit].rule.is_constant_unsafe) {
		unit_declare(p, unit);
	} else {
		prices_vote(&market, p, unit, now_ms);
		if (p->config->unit[unit].wrap.is_wrapped)
			prices_wrap_compute(p, unit, &market, now_ms);
		else
			p->price[unit] = market;
	}
	k->is_dirty = p->config->unit[unit].wrap.is_wrapped;
	k->is_changed = k->oldest_ms != oldest ||
	    !is_same_but_age(&before, &p->price[unit]) ||
	    memcmp(&single, &p->single[unit],
	    p->set_words * sizeof(single.w[0])) != 0;
}

/* Whether something that the unit's markets are quoted in has changed. */
static bool
is_leg_changed(const struct prices *p, size_t unit)
{
	for (size_t k = p->first[unit]; k < p->first[unit + 1]; k++)
		if (p->cache[p->config->market[p->by_unit[k]].quote].is_changed)
			return true;
	return false;
}

void
prices_compute(struct prices *p, uint64_t now_ms)
{
	const struct prices_config *c = p->config;
	bool is_back = now_ms < p->computed_ms, legs = false;

	for (size_t i = 0; i < c->unit_count; i++) {
		size_t unit = p->order[i];
		struct prices_cache *k = &p->cache[unit];

		k->is_changed = false;
		if (k->is_dirty || is_back || now_ms >= k->until_ms ||
		    (legs && is_leg_changed(p, unit)))
			unit_compute(p, unit, now_ms);
		else if (p->price[unit].status != PRICE_REFUSED)
			p->price[unit].age_ms = price_age(k->oldest_ms,
			    now_ms);
		legs = legs || (k->is_changed && k->is_quote);
	}
	p->computed_ms = now_ms;
}
