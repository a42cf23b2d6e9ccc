#include "feeds/prices_vote.h"

#include "feeds/aggregate.h"
#include "feeds/prices_grade.h"
#include "feeds/prices_listing.h"
#include "feeds/prices_set.h"
#include "feeds/prices_time.h"

_Static_assert(PRICES_VOTES_MAX <= VOTES_MAX, "a vote a market");
_Static_assert(PRICES_WEIGHT_MAX <= VOTE_WEIGHT_MAX, "one cap");

/* The markets of one unit as they stand now: those that vote, and those that
 * would if they were fresher or their clocks nearer. */
struct ballot {
	size_t count;
	uint16_t market[PRICES_VOTES_MAX];
	struct px18 spread[PRICES_VOTES_MAX];	/* USD */
	uint32_t skew_ms[PRICES_VOTES_MAX];
	uint64_t until_ms;	/* it stands as it is until then */
	uint64_t oldest_ms;	/* of what was counted */
};

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

/* until: the moment from which on this vote is another one, if that is before
 * *until. */
static enum prices_vote
market_vote(struct prices *p, size_t market, uint64_t now_ms,
    uint64_t age_max_ms, struct px18 *spread, uint32_t *skew_ms,
    uint64_t *until)
{
	const struct prices_quote *q = &p->quote[market];
	struct prices_source *s = &p->source[market];
	uint64_t ms = quote_ms(p, market);
	bool is_crossed = q->has_book && px18_compare(q->bid, q->ask) > 0;
	uint32_t ahead = ahead_ms(ms, now_ms);
	enum err e = ERR_UNIT;

	s->mid = px18_from_raw(0);
	s->time_ms = ms;
	if (ms == 0)
		return VOTE_SILENT;
	*skew_ms = q->skew_ms > ahead ? q->skew_ms : ahead;
	if (!is_crossed)
		e = quote_value(p, market, &s->mid, spread);
	if (prices_source_age(s, now_ms) <= age_max_ms) {
		uint64_t end = ahead > 0 ? now_ms + 1 : ms + age_max_ms + 1;

		*until = end < *until ? end : *until;
	}
	if (prices_listing_is_doubted(p, market, now_ms)) {
		uint64_t pinned = p->config->market[market].pinned_ms;

		if (pinned > now_ms && pinned < *until)
			*until = pinned;
		return VOTE_DOUBTED;
	}
	if (*skew_ms > PRICES_SKEW_MAX_MS)
		return VOTE_SKEWED;
	if (prices_source_age(s, now_ms) > age_max_ms)
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
	b->until_ms = UINT64_MAX;
	for (size_t k = p->first[unit]; k < p->first[unit + 1]; k++) {
		size_t i = p->by_unit[k];
		uint64_t age_max = c->market[i].age_max_ms;

		b->market[b->count] = (uint16_t)i;
		b->spread[b->count] = px18_from_raw(0);
		b->skew_ms[b->count] = 0;
		p->source[i].vote = market_vote(p, i, now_ms,
		    age_max ? age_max : c->unit[unit].rule.age_max_ms,
		    &b->spread[b->count], &b->skew_ms[b->count],
		    &b->until_ms);
		b->count++;
		p->votes++;
	}
}

/* market_set adds what a market's vote depends on: its operator, what it is
 * correlated with, and its conversion's where that has a single source. */
static void
market_set(struct prices_set *s, const struct prices *p, size_t market)
{
	const struct prices_market *m = &p->config->market[market];

	set_join(s, &p->single[m->quote], p);
	set_add(s, set_bit_operator(p->operator_market[market]));
	if (m->correlation_id != 0)
		set_add(s, set_bit_correlation(p,
		    p->correlation_market[market]));
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
		set_clear(&sets[n], p);
		market_set(&sets[n], p, m);
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

			if (from == to || !sets_meet(&sets[i], &sets[k], p))
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
	n = votes_collect(votes, at, p, b, VOTE_DOUBTED);
	if (votes_groups(votes, n) >= quorum)
		return REASON_IDENTITY;
	return REASON_QUORUM;
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

static void
oldest_take(struct ballot *b, uint64_t ms)
{
	b->oldest_ms = ms < b->oldest_ms ? ms : b->oldest_ms;
}

/* counted_take goes through the votes that were counted: time, skew, what the
 * conversions add to the age, to the band and to the doubts. */
static enum err
counted_take(struct price *out, struct px18 *legs, const struct prices *p,
    struct ballot *b, const struct vote *votes, const size_t *at, size_t n)
{
	*legs = px18_from_raw(0);
	for (size_t i = 0; i < n; i++) {
		size_t m = b->market[at[i]], q = p->config->market[m].quote;
		struct px18 half;

		if (votes[i].is_outlier)
			continue;
		oldest_take(b, p->source[m].time_ms);
		if (b->skew_ms[at[i]] > out->skew_ms)
			out->skew_ms = b->skew_ms[at[i]];
		if (q == PRICES_UNIT_USD)
			continue;
		oldest_take(b, p->cache[q].oldest_ms);
		if (p->price[q].status == PRICE_DEGRADED)
			price_degrade(out, p->price[q].reason);
		if (leg_half_band(&half, &p->price[q], out->mid) != ERR_OK)
			return ERR_RANGE;
		*legs = px18_max(*legs, half);
	}
	return ERR_OK;
}

/* price_finish turns the outcome of the vote into a price. */
static void
price_finish(struct price *out, const struct vote_result *r,
    const struct prices *p, struct ballot *b, const struct vote *votes,
    const size_t *at, size_t n, struct ppb band_max)
{
	struct px18 legs, down, up;

	out->mid = r->mid;
	out->sources = r->groups;
	if (counted_take(out, &legs, p, b, votes, at, n) != ERR_OK ||
	    px18_add(&down, r->down, legs) != ERR_OK ||
	    px18_add(&up, r->up, legs) != ERR_OK ||
	    price_band(out, down, up, band_max) != ERR_OK) {
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

/* single_set: what the price depends on if one group made it. */
static void
single_set(struct prices *p, size_t unit, const struct price *price,
    const struct ballot *b, const struct vote *votes, const size_t *at,
    size_t n)
{
	struct prices_set *s = &p->single[unit];

	set_clear(s, p);
	if (price->status == PRICE_REFUSED || price->sources != 1)
		return;
	for (size_t i = 0; i < n; i++)
		if (!votes[i].is_outlier)
			market_set(s, p, b->market[at[i]]);
}

/* ballot_count makes a price of the votes that are counted; how many. */
static size_t
ballot_count(struct price *out, struct vote *votes, size_t *at,
    const struct prices *p, struct ballot *b, const struct prices_rule *rule)
{
	struct vote_rule vote_rule = { rule->quorum, rule->dispersion_max };
	size_t n = votes_collect(votes, at, p, b, VOTE_COUNTED);
	struct vote_result r;

	*out = (struct price){ .status = PRICE_OK, .reason = REASON_NONE };
	b->oldest_ms = UINT64_MAX;
	out->sources = votes_groups(votes, n);
	if (out->sources < rule->quorum)
		price_refuse(out, quorum_reason(p, b, rule->quorum));
	else if (votes_aggregate(&r, votes, n, &vote_rule) != ERR_OK)
		price_refuse(out, REASON_QUORUM);
	else
		price_finish(out, &r, p, b, votes, at, n, rule->band_max);
	return n;
}

/* doubtful_drop takes the vote of each market whose conversion is less certain
 * than votes may differ; false where there is none. */
static bool
doubtful_drop(struct prices *p, const struct ballot *b,
    const struct prices_rule *rule)
{
	bool is_any = false;

	for (size_t i = 0; i < b->count; i++) {
		struct prices_source *s = &p->source[b->market[i]];
		const struct price *leg =
		    &p->price[p->config->market[b->market[i]].quote];
		struct px18 half;
		struct ppb part;

		if (s->vote != VOTE_COUNTED)
			continue;
		if (leg_half_band(&half, leg, s->mid) == ERR_OK &&
		    px18_part_ppb(&part, half, s->mid, ROUND_CEIL) ==
		    ERR_OK && ppb_to_raw(part) <=
		    ppb_to_raw(rule->dispersion_max))
			continue;
		s->vote = VOTE_UNCONVERTED;
		is_any = true;
	}
	return is_any;
}

void
prices_vote(struct price *out, struct prices *p, size_t unit, uint64_t now_ms)
{
	const struct prices_rule *rule = &p->config->unit[unit].rule;
	struct vote votes[PRICES_VOTES_MAX];
	size_t at[PRICES_VOTES_MAX], n;
	struct price price, wide;
	struct ballot b;

	ballot_make(&b, p, unit, now_ms);
	n = ballot_count(&price, votes, at, p, &b, rule);
	/* One uncertain conversion must not refuse what a quorum knows without
	 * it. */
	if (price.status == PRICE_REFUSED && price.reason == REASON_BAND &&
	    doubtful_drop(p, &b, rule)) {
		wide = price;
		n = ballot_count(&price, votes, at, p, &b, rule);
		if (price.status == PRICE_REFUSED)
			price = wide;
	}
	if (price.status != PRICE_REFUSED)
		price.age_ms = price_age(b.oldest_ms, now_ms);
	p->cache[unit].until_ms = b.until_ms;
	p->cache[unit].oldest_ms = b.oldest_ms;
	*out = price;
	single_set(p, unit, &price, &b, votes, at, n);
	/* Last: until here an outlier is still one that voted. */
	for (size_t i = 0; i < n; i++)
		if (votes[i].is_outlier)
			p->source[b.market[at[i]]].vote = VOTE_OUTLIER;
}
