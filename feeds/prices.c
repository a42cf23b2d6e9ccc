#include "feeds/prices.h"

#include <string.h>

#include "base/must.h"
#include "feeds/aggregate.h"
#include "feeds/graph.h"

_Static_assert(PRICES_VOTES_MAX <= VOTES_MAX, "a vote a market");
_Static_assert(PRICES_UNITS_MAX <= GRAPH_UNITS_MAX, "a node a unit");
_Static_assert(PRICES_WEIGHT_MAX <= VOTE_WEIGHT_MAX, "one cap");

/* The markets of one unit as they stand now: those that vote, and those that
 * would if they were fresher or their clocks nearer. */
struct ballot {
	size_t count;
	uint16_t market[PRICES_VOTES_MAX];
	struct px18 spread[PRICES_VOTES_MAX];	/* USD */
	uint32_t skew_ms[PRICES_VOTES_MAX];
};

const char *
prices_vote_name(enum prices_vote v)
{
	switch (v) {
	case VOTE_COUNTED: return "counted";
	case VOTE_SILENT: return "silent";
	case VOTE_STALE: return "stale";
	case VOTE_CROSSED: return "crossed";
	case VOTE_OUTLIER: return "outlier";
	case VOTE_SKEWED: return "skewed";
	case VOTE_UNCONVERTED: return "unconverted";
	}
	return "unnamed";
}

static void
set_add(struct prices_set *s, size_t bit)
{
	s->w[bit / 64] |= (uint64_t)1 << bit % 64;
}

static void
set_join(struct prices_set *s, const struct prices_set *other)
{
	for (size_t i = 0; i < PRICES_SET_WORDS; i++)
		s->w[i] |= other->w[i];
}

static bool
sets_meet(const struct prices_set *a, const struct prices_set *b)
{
	uint64_t both = 0;

	for (size_t i = 0; i < PRICES_SET_WORDS; i++)
		both |= a->w[i] & b->w[i];
	return both != 0;
}

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

/* config_check looks at everything but cycles. */
static enum err
config_check(const struct prices_config *c, size_t *bad)
{
	size_t markets[PRICES_UNITS_MAX] = { 0 };

	for (size_t i = 0; i < c->market_count; i++) {
		const struct prices_market *m = &c->market[i];

		MUST(m->base < c->unit_count && m->quote < c->unit_count);
		*bad = m->base;
		if (m->base == PRICES_UNIT_USD)
			return ERR_UNIT;
		if (m->weight == 0 || m->weight > PRICES_WEIGHT_MAX)
			return ERR_RANGE;
		if (++markets[m->base] > PRICES_VOTES_MAX)
			return ERR_LIMIT;
	}
	for (size_t u = 1; u < c->unit_count; u++) {
		enum err e = rule_check(&c->unit[u].rule);

		*bad = u;
		if (e != ERR_OK)
			return e;
		if (markets[u] == 0 && !c->unit[u].rule.is_constant_unsafe)
			return ERR_MISSING;
	}
	return ERR_OK;
}

static uint16_t
operator_first(const struct prices_config *c, size_t market)
{
	size_t i = 0;

	while (c->market[i].operator_id != c->market[market].operator_id)
		i++;
	return (uint16_t)i;
}

enum err
prices_init(struct prices *p, const struct prices_config *config, size_t *bad)
{
	struct graph_edge edges[PRICES_MARKETS_MAX];
	size_t order[PRICES_UNITS_MAX];
	enum err e;

	MUST(config->unit_count >= 1);
	MUST(config->unit_count <= PRICES_UNITS_MAX);
	MUST(config->market_count <= PRICES_MARKETS_MAX);
	e = config_check(config, bad);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < config->market_count; i++)
		edges[i] = (struct graph_edge){ config->market[i].base,
		    config->market[i].quote };
	e = graph_order(order, config->unit_count, edges, config->market_count,
	    bad);
	if (e != ERR_OK)
		return e;
	memset(p, 0, sizeof(*p));
	p->config = config;
	for (size_t i = 0; i < config->unit_count; i++) {
		p->order[i] = order[i];
		p->price[i].status = PRICE_REFUSED;
		p->price[i].reason = REASON_QUORUM;
	}
	for (size_t i = 0; i < config->market_count; i++) {
		p->operator_market[i] = operator_first(config, i);
		p->source[i].vote = VOTE_SILENT;
	}
	return ERR_OK;
}

static uint32_t
ahead_ms(uint64_t exchange_ms, uint64_t now_ms)
{
	uint64_t ahead = exchange_ms > now_ms ? exchange_ms - now_ms : 0;

	return ahead > UINT32_MAX ? UINT32_MAX : (uint32_t)ahead;
}

/* is_newer: the observation takes the place of one of stored_ms.  A venue that
 * once sent a time from the future must not shut out its own later ones. */
static bool
is_newer(const struct prices_tick *t, uint64_t stored_ms)
{
	return t->exchange_ms >= stored_ms ||
	    ahead_ms(stored_ms, t->recv_ms) > PRICES_SKEW_MAX_MS;
}

void
prices_apply_tick(struct prices *p, const struct prices_tick *t)
{
	struct prices_quote *q = &p->quote[t->market];
	bool is_taken = false;

	MUST(t->market < p->config->market_count);
	if (!t->has_book && !t->has_last)
		q->book_ms = 0;	/* older than any; no trade stands in for it */
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

	/* A clock that has no vote renews nothing. */
	if (skew > PRICES_SKEW_MAX_MS)
		return;
	for (size_t i = 0; i < p->config->market_count; i++) {
		if (p->config->market[i].venue != venue)
			continue;
		if (exchange_ms > p->beat_ms[i])
			p->beat_ms[i] = exchange_ms;
		if (p->quote[i].has_time)
			p->quote[i].skew_ms = skew;
	}
}

/* quote_ms: the exchange time that a quote counts from; 0 where it has none. */
static uint64_t
quote_ms(const struct prices *p, size_t market)
{
	const struct prices_quote *q = &p->quote[market];
	uint64_t beat = p->beat_ms[market];

	if (!q->has_book)
		return q->has_last ? q->last_ms : 0;
	if (q->book_ms == 0 || beat <= q->book_ms)
		return q->book_ms;
	return beat - q->book_ms > PRICES_BEAT_MS ?
	    q->book_ms + PRICES_BEAT_MS : beat;
}

/* quote_value gives mid and spread in USD; ERR_UNIT where they cannot be
 * had: no price of the quote unit, or beyond the number's range. */
static enum err
quote_value(const struct prices *p, size_t market, struct px18 *mid,
    struct px18 *spread)
{
	const struct prices_quote *q = &p->quote[market];
	const struct price *leg = &p->price[p->config->market[market].quote];
	struct px18 m = q->last, s = px18_from_raw(0);

	if (leg->status == PRICE_REFUSED)
		return ERR_UNIT;
	if (q->has_book && (px18_sub(&s, q->ask, q->bid) != ERR_OK ||
	    px18_scale(&m, s, 1, 2, ROUND_FLOOR) != ERR_OK ||
	    px18_add(&m, q->bid, m) != ERR_OK))
		return ERR_UNIT;
	if (px18_mul_px18(&m, m, leg->mid, ROUND_FLOOR) != ERR_OK ||
	    px18_mul_px18(&s, s, leg->mid, ROUND_CEIL) != ERR_OK ||
	    px18_is_zero(m))
		return ERR_UNIT;
	*mid = m;
	*spread = s;
	return ERR_OK;
}

static enum prices_vote
market_vote(struct prices *p, size_t market, uint64_t now_ms,
    uint64_t age_max_ms, struct px18 *spread, uint32_t *skew_ms)
{
	const struct prices_quote *q = &p->quote[market];
	struct prices_source *s = &p->source[market];
	uint64_t ms = quote_ms(p, market);
	bool is_crossed = q->has_book && px18_compare(q->bid, q->ask) > 0;
	uint32_t ahead = ahead_ms(ms, now_ms);
	enum err e = ERR_UNIT;

	s->mid = px18_from_raw(0);
	s->age_ms = 0;
	if (ms == 0)
		return VOTE_SILENT;
	s->age_ms = now_ms > ms ? now_ms - ms : 0;
	*skew_ms = q->skew_ms > ahead ? q->skew_ms : ahead;
	if (!is_crossed)
		e = quote_value(p, market, &s->mid, spread);
	if (*skew_ms > PRICES_SKEW_MAX_MS)
		return VOTE_SKEWED;
	if (s->age_ms > age_max_ms)
		return VOTE_STALE;
	if (is_crossed)
		return VOTE_CROSSED;
	return e == ERR_OK ? VOTE_COUNTED : VOTE_UNCONVERTED;
}

static void
ballot_make(struct ballot *b, struct prices *p, size_t unit, uint64_t now_ms)
{
	const struct prices_config *c = p->config;

	b->count = 0;
	for (size_t i = 0; i < c->market_count; i++) {
		if (c->market[i].base != unit)
			continue;
		b->market[b->count] = (uint16_t)i;
		b->spread[b->count] = px18_from_raw(0);
		b->skew_ms[b->count] = 0;
		p->source[i].vote = market_vote(p, i, now_ms,
		    c->unit[unit].rule.age_max_ms, &b->spread[b->count],
		    &b->skew_ms[b->count]);
		b->count++;
	}
}

/* What a market's vote depends on: its operator, and its conversion's where
 * that has a single source. */
static struct prices_set
market_set(const struct prices *p, size_t market)
{
	struct prices_set s = p->single[p->config->market[market].quote];

	set_add(&s, p->operator_market[market]);
	return s;
}

/* votes_collect makes votes of the markets that are counted (and those of
 * `also`), grouped; at[i] is the i-th vote's place on the ballot. */
static size_t
votes_collect(struct vote *votes, size_t *at, const struct prices *p,
    const struct ballot *b, enum prices_vote also)
{
	struct prices_set sets[PRICES_VOTES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		size_t m = b->market[i];
		enum prices_vote v = p->source[m].vote;

		if (v != VOTE_COUNTED && v != also)
			continue;
		sets[n] = market_set(p, m);
		votes[n] = (struct vote){ .mid = p->source[m].mid,
		    .spread = b->spread[i], .group = (uint32_t)n,
		    .weight = p->config->market[m].weight };
		at[n++] = i;
	}
	/* Joined groups take the lower number; relabelling all of the higher
	 * one keeps them closed under joining. */
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++) {
			uint32_t from = votes[i].group, to = votes[k].group;

			if (from == to || !sets_meet(&sets[i], &sets[k]))
				continue;
			for (size_t v = 0; v < n; v++)
				if (votes[v].group == from)
					votes[v].group = to;
		}
	return n;
}

/* quorum_reason says why counted votes fall short of the quorum. */
static enum price_reason
quorum_reason(const struct prices *p, const struct ballot *b, uint32_t quorum)
{
	struct vote votes[PRICES_VOTES_MAX];
	size_t at[PRICES_VOTES_MAX], n;

	n = votes_collect(votes, at, p, b, VOTE_STALE);
	if (votes_groups(votes, n) >= quorum)
		return REASON_STALE;
	n = votes_collect(votes, at, p, b, VOTE_SKEWED);
	if (votes_groups(votes, n) >= quorum)
		return REASON_SKEW;
	return REASON_QUORUM;
}

static void
price_refuse(struct price *out, enum price_reason reason)
{
	out->mid = out->low = out->high = px18_from_raw(0);
	out->status = PRICE_REFUSED;
	out->reason = reason;
}

/* price_degrade keeps the gravest of several reasons: a wrong unit before a
 * doubtful value before a doubtful source. */
static void
price_degrade(struct price *out, enum price_reason reason)
{
	static const enum price_reason RANK[] = {
		REASON_UNIT, REASON_DISPERSION, REASON_SKEW, REASON_QUORUM,
	};
	size_t old = 0, new = 0;

	while (old < ARRAY_COUNT(RANK) && RANK[old] != out->reason)
		old++;
	while (new < ARRAY_COUNT(RANK) && RANK[new] != reason)
		new++;
	if (out->status == PRICE_OK || new < old)
		out->reason = reason;
	out->status = PRICE_DEGRADED;
}

/* leg_half_band: the conversion's own relative half-band, applied to m. */
static enum err
leg_half_band(struct px18 *out, const struct price *leg, struct px18 m)
{
	struct px18 below, above;
	enum err e = px18_sub(&below, leg->mid, leg->low);

	if (e == ERR_OK)
		e = px18_sub(&above, leg->high, leg->mid);
	if (e != ERR_OK)
		return e;
	return px18_scale(out, m, px18_to_raw(px18_max(below, above)),
	    px18_to_raw(leg->mid), ROUND_CEIL);
}

/* counted_take goes through the votes that were counted: age, skew, what the
 * conversions add to the band and to the doubts. */
static enum err
counted_take(struct price *out, struct px18 *legs, const struct prices *p,
    const struct ballot *b, const struct vote *votes, const size_t *at,
    size_t n)
{
	*legs = px18_from_raw(0);
	for (size_t i = 0; i < n; i++) {
		size_t m = b->market[at[i]], q = p->config->market[m].quote;
		uint64_t age = p->source[m].age_ms;
		struct px18 half;

		if (votes[i].is_outlier)
			continue;
		if (age > out->age_ms)
			out->age_ms = age > UINT32_MAX ? UINT32_MAX :
			    (uint32_t)age;
		if (b->skew_ms[at[i]] > out->skew_ms)
			out->skew_ms = b->skew_ms[at[i]];
		if (q == PRICES_UNIT_USD)
			continue;
		if (p->price[q].status == PRICE_DEGRADED)
			price_degrade(out, p->price[q].reason);
		if (leg_half_band(&half, &p->price[q], out->mid) != ERR_OK)
			return ERR_RANGE;
		*legs = px18_max(*legs, half);
	}
	return ERR_OK;
}

/* band_set: low and high around mid; ERR_RANGE for a band above band_max. */
static enum err
band_set(struct price *out, const struct vote_result *r, struct px18 legs,
    struct ppb band_max)
{
	struct px18 down, up, low, high;
	struct ppb part;

	if (px18_add(&down, r->down, legs) != ERR_OK ||
	    px18_add(&up, r->up, legs) != ERR_OK ||
	    px18_part_ppb(&part, px18_max(down, up), out->mid, ROUND_CEIL) !=
	    ERR_OK || ppb_to_raw(part) > ppb_to_raw(band_max) ||
	    px18_sub(&low, out->mid, down) != ERR_OK ||
	    px18_add(&high, out->mid, up) != ERR_OK)
		return ERR_RANGE;
	out->low = low;
	out->high = high;
	return ERR_OK;
}

/* price_finish turns the outcome of the vote into a price. */
static void
price_finish(struct price *out, const struct vote_result *r,
    const struct prices *p, const struct ballot *b, const struct vote *votes,
    const size_t *at, size_t n, struct ppb band_max)
{
	struct px18 legs;

	out->mid = r->mid;
	out->sources = r->groups;
	if (counted_take(out, &legs, p, b, votes, at, n) != ERR_OK ||
	    band_set(out, r, legs, band_max) != ERR_OK) {
		price_refuse(out, REASON_BAND);
		return;
	}
	if (r->is_dispersed)
		price_degrade(out, REASON_DISPERSION);
	if (out->skew_ms > PRICES_SKEW_DEGRADED_MS)
		price_degrade(out, REASON_SKEW);
	if (out->sources == 1)
		price_degrade(out, REASON_QUORUM);
}

/* single_set notes what the price depends on if one group made it. */
static void
single_set(struct prices *p, size_t unit, const struct ballot *b,
    const struct vote *votes, const size_t *at, size_t n)
{
	struct prices_set *s = &p->single[unit];

	if (p->price[unit].status == PRICE_REFUSED ||
	    p->price[unit].sources != 1)
		return;
	for (size_t i = 0; i < n; i++) {
		struct prices_set vote = market_set(p, b->market[at[i]]);

		if (!votes[i].is_outlier)
			set_join(s, &vote);
	}
}

static void
unit_compute(struct prices *p, size_t unit, uint64_t now_ms)
{
	const struct prices_rule *rule = &p->config->unit[unit].rule;
	struct vote_rule vote_rule = { rule->quorum, rule->dispersion_max };
	struct price price = { .status = PRICE_OK, .reason = REASON_NONE };
	struct vote votes[PRICES_VOTES_MAX];
	size_t at[PRICES_VOTES_MAX], n;
	struct vote_result r;
	struct ballot b;

	ballot_make(&b, p, unit, now_ms);
	n = votes_collect(votes, at, p, &b, VOTE_COUNTED);
	price.sources = votes_groups(votes, n);
	if (price.sources < rule->quorum)
		price_refuse(&price, quorum_reason(p, &b, rule->quorum));
	else if (votes_aggregate(&r, votes, n, &vote_rule) != ERR_OK)
		price_refuse(&price, REASON_QUORUM);
	else
		price_finish(&price, &r, p, &b, votes, at, n, rule->band_max);
	p->price[unit] = price;
	single_set(p, unit, &b, votes, at, n);
	/* Last: until here an outlier is still one that voted. */
	for (size_t i = 0; i < n; i++)
		if (votes[i].is_outlier)
			p->source[b.market[at[i]]].vote = VOTE_OUTLIER;
}

/* A unit without a vote: the dollar, or one that is declared. */
static void
unit_declare(struct prices *p, size_t unit)
{
	const struct prices_rule *rule = &p->config->unit[unit].rule;
	struct price price = { .status = PRICE_OK, .reason = REASON_NONE };

	price.mid = px18_from_raw(WAD_ONE_RAW);
	if (unit != PRICES_UNIT_USD) {
		price.mid = rule->constant;
		price_degrade(&price, REASON_UNIT);
		set_add(&p->single[unit], PRICES_MARKETS_MAX + unit);
	}
	price.low = price.high = price.mid;
	p->price[unit] = price;
}

void
prices_compute(struct prices *p, uint64_t now_ms)
{
	const struct prices_config *c = p->config;

	memset(p->single, 0, sizeof(p->single));
	for (size_t i = 0; i < c->unit_count; i++) {
		size_t unit = p->order[i];

		if (unit == PRICES_UNIT_USD ||
		    c->unit[unit].rule.is_constant_unsafe)
			unit_declare(p, unit);
		else
			unit_compute(p, unit, now_ms);
	}
}
