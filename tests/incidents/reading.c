#include "tests/incidents/reading.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define BEAT_MS 30000u
#define DAY_MS 86400000u
#define GAP_MS 600000u
#define TALK_MS 60000u
#define AHEAD_MS 10000u
#define AHEAD_DEGRADED_MS 2000u
#define LISTING_TIMES 100.0L
#define YEAR_MS 31536000000.0L
#define TINY 1e-9L		/* of sums of fractions */
#define SAME 1e-8		/* what a word's band is rounded to, and more */

struct listing {
	bool has_book, has_trade;
	long double bid, ask, trade;
	uint64_t book_ms, trade_ms, beat_ms, ahead_ms;
	/* Where it was last, to know it again. */
	long double seen;
	uint64_t seen_ms, seen_talk_ms, doubt_ms;
};

/* What is known of a unit. */
struct known {
	bool is_priced, is_degraded;
	long double mid, low, high;
	unsigned sources;
	uint64_t alone;		/* what it depends on if one group made it */
};

struct reading {
	const struct scene *s;
	struct listing listing[SCENE_MARKETS_MAX];
	uint64_t heard_ms[SCENE_VENUES_MAX], talk_ms[SCENE_VENUES_MAX];
	long double rate[SCENE_UNITS_MAX];
	uint64_t rate_ms[SCENE_UNITS_MAX];
	bool is_apart[SCENE_UNITS_MAX];
	struct known known[SCENE_UNITS_MAX];
};

static long double
from_raw(u128 v)
{
	return (long double)v / 1e18L;
}

static uint64_t
ahead(uint64_t then_ms, uint64_t now_ms)
{
	return then_ms > now_ms ? then_ms - now_ms : 0;
}

/* ---- what was heard ----------------------------------------------------- */

static void
venue_hear(struct reading *r, unsigned venue, uint64_t ms)
{
	uint64_t since = ms - r->heard_ms[venue];

	if (r->heard_ms[venue] != 0)
		r->talk_ms[venue] += since < TALK_MS ? since : TALK_MS;
	r->heard_ms[venue] = ms;
}

/* A ticker of which its venue did not speak for a day, or that came back from
 * a pause a hundred times dearer or cheaper, is another. */
static void
listing_know(struct reading *r, const struct input *in, long double price)
{
	struct listing *l = &r->listing[in->market];
	uint64_t talk_ms = r->talk_ms[in->venue];
	long double times = l->seen > 0 ? price / l->seen : 1;

	if (in->exchange_ms < l->seen_ms || price <= 0 ||
	    ahead(in->exchange_ms, in->recv_ms) > AHEAD_MS)
		return;
	if (l->seen_ms != 0 && (talk_ms - l->seen_talk_ms > DAY_MS ||
	    (in->exchange_ms - l->seen_ms > GAP_MS &&
	    (times > LISTING_TIMES || times < 1 / LISTING_TIMES))))
		l->doubt_ms = in->exchange_ms;
	l->seen = price;
	l->seen_ms = in->exchange_ms;
	l->seen_talk_ms = talk_ms;
}

static bool
is_newer(const struct input *in, uint64_t than_ms)
{
	return in->exchange_ms >= than_ms ||
	    ahead(than_ms, in->recv_ms) > AHEAD_MS;
}

static void
beat_hear(struct reading *r, const struct input *in)
{
	uint64_t ahead_ms = ahead(in->exchange_ms, in->recv_ms);

	venue_hear(r, in->venue, in->recv_ms);
	for (size_t i = 0; i < r->s->market_count; i++) {
		struct listing *l = &r->listing[i];

		if (r->s->market[i].venue != in->market ||
		    ahead_ms > AHEAD_MS)
			continue;
		if (in->exchange_ms > l->beat_ms)
			l->beat_ms = in->exchange_ms;
		if (l->has_book || l->has_trade)
			l->ahead_ms = ahead_ms;
	}
}

static void
tick_hear(struct reading *r, const struct input *in)
{
	struct listing *l = &r->listing[in->market];

	venue_hear(r, in->venue, in->recv_ms);
	listing_know(r, in, in->kind == INPUT_BOOK ?
	    (from_raw(in->bid) + from_raw(in->ask)) / 2 : from_raw(in->bid));
	if (in->kind == INPUT_BOOK && is_newer(in, l->book_ms)) {
		l->has_book = true;
		l->bid = from_raw(in->bid);
		l->ask = from_raw(in->ask);
		l->book_ms = in->exchange_ms;
	} else if (in->kind == INPUT_TRADE && is_newer(in, l->trade_ms)) {
		l->has_trade = true;
		l->trade = from_raw(in->bid);
		l->trade_ms = in->exchange_ms;
	} else {
		return;
	}
	l->ahead_ms = ahead(in->exchange_ms, in->recv_ms);
}

static void
hear(struct reading *r, const struct input *in)
{
	switch ((enum input_kind)in->kind) {
	case INPUT_BEAT:
		beat_hear(r, in);
		break;
	case INPUT_RATE:
		if (in->exchange_ms < r->rate_ms[in->market])
			break;
		r->rate[in->market] = from_raw(in->bid);
		r->rate_ms[in->market] = in->exchange_ms;
		break;
	case INPUT_VOID:
		venue_hear(r, in->venue, in->recv_ms);
		r->listing[in->market].book_ms = 0;
		break;
	case INPUT_BOOK:
	case INPUT_TRADE:
		tick_hear(r, in);
		break;
	}
}

/* ---- who votes ---------------------------------------------------------- */

struct voter {
	long double mid, spread;	/* USD */
	long double leg;	/* half-band of its conversion, of the mid */
	long double weight;
	uint64_t set, ahead_ms;
	unsigned group;
	bool is_converted, is_leg_degraded, is_dropped;
};

struct poll {
	struct voter voter[SCENE_MARKETS_MAX];
	size_t count;
};

/* Rows of the venue table that one operator runs. */
static const char *
operator_of(const char *venue)
{
	return strcmp(venue, "kraken-v1") == 0 ? "kraken" :
	    strcmp(venue, "okcoin") == 0 ? "okx" :
	    strcmp(venue, "bybit-linear") == 0 ? "bybit" : venue;
}

static uint64_t
operator_bit(const struct scene *s, unsigned venue)
{
	unsigned i = 0;

	while (strcmp(operator_of(s->venue[i]), operator_of(s->venue[venue]))
	    != 0)
		i++;
	return (uint64_t)1 << i;
}

static long double
leg_of(const struct known *k)
{
	return fmaxl(k->mid - k->low, k->high - k->mid) / k->mid;
}

static bool
voter_read(struct voter *v, const struct reading *r, unsigned market,
    uint64_t age_max_ms, uint64_t now_ms)
{
	const struct listing *l = &r->listing[market];
	const struct scene_market *m = &r->s->market[market];
	const struct known *leg = &r->known[m->quote];
	long double mid = l->has_book ? (l->bid + l->ask) / 2 : l->trade;
	uint64_t ms = l->has_book ? l->book_ms : l->trade_ms;

	if (l->has_book && ms != 0 && l->beat_ms > ms)
		ms = l->beat_ms < ms + BEAT_MS ? l->beat_ms : ms + BEAT_MS;
	v->ahead_ms = ahead(ms, now_ms) > l->ahead_ms ? ahead(ms, now_ms) :
	    l->ahead_ms;
	if (ms == 0 || ms + age_max_ms < now_ms || v->ahead_ms > AHEAD_MS ||
	    l->doubt_ms > m->pinned_ms || (l->has_book && l->bid > l->ask) ||
	    !leg->is_priced || mid <= 0)
		return false;
	v->mid = mid * leg->mid;
	v->spread = l->has_book ? (l->ask - l->bid) * leg->mid : 0;
	v->is_converted = m->quote != 0;
	v->is_leg_degraded = v->is_converted && leg->is_degraded;
	v->leg = leg_of(leg);
	v->set = operator_bit(r->s, m->venue) | leg->alone;
	v->is_dropped = false;
	return true;
}

/* Whoever shares an operator, or a conversion of one source, is one group, and
 * so is who shares it with one of those. */
static void
poll_group(struct poll *p)
{
	bool again = true;

	for (size_t i = 0; i < p->count; i++)
		p->voter[i].group = (unsigned)i;
	while (again) {
		again = false;
		for (size_t i = 0; i < p->count; i++)
			for (size_t k = 0; k < p->count; k++) {
				struct voter *a = &p->voter[i];
				struct voter *b = &p->voter[k];

				if ((a->set & b->set) == 0 ||
				    a->group <= b->group)
					continue;
				a->group = b->group;
				again = true;
			}
	}
	for (size_t i = 0; i < p->count; i++) {
		unsigned same = 0;

		for (size_t k = 0; k < p->count; k++)
			same += p->voter[k].group == p->voter[i].group;
		p->voter[i].weight = 1.0L / same;
	}
}

static unsigned
poll_groups(const struct poll *p)
{
	uint32_t groups = 0;

	for (size_t i = 0; i < p->count; i++)
		if (!p->voter[i].is_dropped)
			groups |= (uint32_t)1 << p->voter[i].group;
	return (unsigned)__builtin_popcount(groups);
}

static long double
group_weight(const struct poll *p, unsigned group)
{
	long double sum = 0;

	for (size_t i = 0; i < p->count; i++)
		if (!p->voter[i].is_dropped && p->voter[i].group == group)
			sum += p->voter[i].weight;
	return sum;
}

/* Of those who are left no group has half or more: it keeps what the others
 * have without the lightest, and of two each has as much. */
static void
poll_cut(struct poll *p)
{
	for (unsigned g = 0; g < p->count; g++) {
		long double own = group_weight(p, g), rest = 0, least = 0;
		unsigned others = 0;

		for (unsigned o = 0; o < p->count; o++) {
			long double w = o == g ? 0 : group_weight(p, o);

			rest += w;
			others += w > 0;
			if (w > 0 && (least <= 0 || w < least))
				least = w;
		}
		if (others == 0 || own < rest - TINY)
			continue;
		for (size_t i = 0; i < p->count; i++)
			if (p->voter[i].group == g)
				p->voter[i].weight *= (others == 1 ? rest :
				    rest - least) / own;
		return;
	}
}

static long double
mid_of(const struct voter *v)
{
	return v->mid;
}

static long double
spread_of(const struct voter *v)
{
	return v->spread;
}

/* The least value that so many quarters of the weight do not exceed. */
static long double
quarter(const struct poll *p, long double (*of)(const struct voter *),
    unsigned part)
{
	long double all = 0, best = HUGE_VALL;

	for (size_t i = 0; i < p->count; i++)
		all += p->voter[i].is_dropped ? 0 : p->voter[i].weight;
	for (size_t i = 0; i < p->count; i++) {
		long double at = of(&p->voter[i]), reach = 0;

		if (p->voter[i].is_dropped)
			continue;
		for (size_t k = 0; k < p->count; k++)
			if (!p->voter[k].is_dropped && of(&p->voter[k]) <= at)
				reach += p->voter[k].weight;
		if (4 * reach >= part * all - TINY && at < best)
			best = at;
	}
	return best;
}

static long double
farthest_voter(const struct poll *p, bool is_above)
{
	long double far = p->voter[0].mid;

	for (size_t i = 1; i < p->count; i++)
		far = is_above ? fmaxl(far, p->voter[i].mid) :
		    fminl(far, p->voter[i].mid);
	return far;
}

/* ---- what they say ------------------------------------------------------ */

static bool
is_far(long double v, long double m, double part)
{
	return fabsl(v - m) > m * (long double)part;
}

/* Drops who is far from m; false, and nobody, where that is over a third. */
static bool
poll_drop(struct poll *p, long double m, double dispersion)
{
	long double all = 0, dropped = 0;

	for (size_t i = 0; i < p->count; i++) {
		struct voter *v = &p->voter[i];

		v->is_dropped = is_far(v->mid, m, dispersion);
		all += v->weight;
		dropped += v->is_dropped ? v->weight : 0;
	}
	if (3 * dropped <= all + TINY)
		return true;
	for (size_t i = 0; i < p->count; i++)
		p->voter[i].is_dropped = false;
	return false;
}

/* What those who were not dropped add: conversions' bands and doubts. */
static long double
poll_legs(struct known *out, const struct poll *p)
{
	long double legs = 0;
	uint64_t set = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct voter *v = &p->voter[i];

		if (v->is_dropped)
			continue;
		set |= v->set;
		out->is_degraded = out->is_degraded || v->is_leg_degraded ||
		    v->ahead_ms > AHEAD_DEGRADED_MS;
		if (v->is_converted)
			legs = fmaxl(legs, v->leg * out->mid);
	}
	out->is_degraded = out->is_degraded || out->sources == 1;
	out->alone = out->sources == 1 ? set : 0;
	return legs;
}

enum outcome { PRICED, NO_QUORUM, TOO_WIDE };

static enum outcome
poll_count(struct known *out, struct poll *p, const struct scene_unit *u)
{
	long double low, high, half, legs;
	bool is_agreed;

	*out = (struct known){ 0 };
	poll_group(p);
	if (poll_groups(p) < u->quorum)
		return NO_QUORUM;
	is_agreed = poll_drop(p, quarter(p, mid_of, 2), u->dispersion_max);
	out->sources = poll_groups(p);
	if (out->sources < u->quorum)
		return NO_QUORUM;
	poll_cut(p);
	out->mid = quarter(p, mid_of, 2);
	half = quarter(p, spread_of, 2) / 2;
	low = out->mid - (is_agreed ? quarter(p, mid_of, 1) :
	    farthest_voter(p, false));
	high = (is_agreed ? quarter(p, mid_of, 3) :
	    farthest_voter(p, true)) - out->mid;
	if (is_agreed)
		low = high = fmaxl(low, high);
	out->is_degraded = !is_agreed;
	legs = poll_legs(out, p);
	low = fmaxl(low, half) + legs;
	high = fmaxl(high, half) + legs;
	if (fmaxl(low, high) > out->mid * (long double)u->band_max)
		return TOO_WIDE;
	out->low = out->mid - low;
	out->high = out->mid + high;
	out->is_priced = true;
	return PRICED;
}

/* Where the band is too wide, those whose conversion is less certain than
 * votes may differ are left out. */
static void
market_price(struct known *out, const struct reading *r, unsigned unit,
    uint64_t now_ms)
{
	const struct scene_unit *u = &r->s->unit[unit];
	struct poll p = { 0 }, sure = { 0 };

	for (unsigned i = 0; i < r->s->market_count; i++)
		if (r->s->market[i].base == unit && voter_read(
		    &p.voter[p.count], r, i, u->age_max_ms, now_ms))
			p.count++;
	if (poll_count(out, &p, u) != TOO_WIDE)
		return;
	for (size_t i = 0; i < p.count; i++)
		if (p.voter[i].leg <= (long double)u->dispersion_max)
			sure.voter[sure.count++] = p.voter[i];
	(void)poll_count(out, &sure, u);
}

/* By the rate; not priced where there is none that holds. */
static struct known
rated_price(const struct reading *r, unsigned unit, uint64_t now_ms)
{
	const struct scene_unit *u = &r->s->unit[unit];
	long double rate = r->rate[unit], pinned = strtold(u->pinned, NULL);
	uint64_t ms = r->rate_ms[unit];
	long double years = ms > u->pinned_ms ?
	    (long double)(ms - u->pinned_ms) / YEAR_MS : 0;
	struct known k = r->known[u->of];

	if (rate <= 0 || ms + u->rate_age_max_ms < now_ms ||
	    rate > pinned * (1 + years * (long double)u->growth_max) ||
	    rate < pinned * (1 - (long double)u->fall_max))
		k.is_priced = false;
	k.mid *= rate;
	k.low *= rate;
	k.high *= rate;
	if (fmaxl(k.mid - k.low, k.high - k.mid) > k.mid *
	    (long double)u->band_max)
		k.is_priced = false;
	return k;
}

static void
wrapped_price(struct reading *r, unsigned unit, const struct known *market,
    uint64_t now_ms)
{
	const struct scene_unit *u = &r->s->unit[unit];
	struct known rated = rated_price(r, unit, now_ms);
	struct known *out = &r->known[unit];
	bool has_gap;

	*out = u->by_rate ? rated : *market;
	if (!out->is_priced || !rated.is_priced) {
		out->is_degraded = true;
		return;
	}
	has_gap = market->is_priced &&
	    is_far(market->mid, rated.mid, u->gap_max);
	if (market->is_priced && !has_gap)
		r->is_apart[unit] = false;
	if (has_gap && market->sources >= 2)
		r->is_apart[unit] = true;
	out->is_degraded = out->is_degraded || has_gap;
	out->is_priced = !r->is_apart[unit] && (u->by_rate || !has_gap);
}

static void
instant(struct reading *r, uint64_t now_ms)
{
	r->known[0] = (struct known){ .is_priced = true, .mid = 1, .low = 1,
	    .high = 1 };
	/* Scenes name a unit after those that it is priced in. */
	for (unsigned u = 1; u < r->s->unit_count; u++) {
		const struct scene_unit *unit = &r->s->unit[u];
		struct known k = { .is_priced = true, .is_degraded = true,
		    .alone = (uint64_t)1 << (32 + u) };

		if (unit->constant) {
			k.mid = k.low = k.high = strtold(unit->constant, NULL);
			r->known[u] = k;
			continue;
		}
		market_price(&k, r, u, now_ms);
		if (unit->of != 0)
			wrapped_price(r, u, &k, now_ms);
		else
			r->known[u] = k;
	}
}

/* ---- against what was signed -------------------------------------------- */

static bool
is_same(long double a, double b, long double mid)
{
	return fabsl(a - (long double)b) <= mid * (long double)SAME;
}

static bool
is_as_read(const struct signed_price *p, const struct known *k)
{
	if (p->status == PRICE_REFUSED)
		return !k->is_priced || p->reason == REASON_BOUND;
	return k->is_priced && k->is_degraded == (p->status ==
	    PRICE_DEGRADED) && p->sources == k->sources &&
	    is_same(k->mid, p->mid, k->mid) &&
	    is_same(k->low, p->low, k->mid) &&
	    is_same(k->high, p->high, k->mid);
}

static void
header_compare(struct difference *out, const struct reading *r,
    const struct moment *m)
{
	out->of++;
	for (size_t a = 0; a < r->s->asset_count; a++) {
		const struct signed_price *p = &m->price[a];
		const struct known *k = &r->known[r->s->asset[a].unit];

		if (is_as_read(p, k))
			continue;
		if (out->count++ == 0)
			snprintf(out->where, sizeof(out->where), "%s after "
			    "%.3f s: %s %.9g (%.9g to %.9g) of %u, read as %s "
			    "%.9Lg (%.9Lg to %.9Lg) of %u",
			    r->s->asset[a].id, (double)(m->ms -
			    r->s->begin_ms) / 1000, price_status_name(
			    (enum price_status)p->status), p->mid, p->low,
			    p->high, p->sources, !k->is_priced ? "REFUSED" :
			    k->is_degraded ? "DEGRADED" : "OK", k->mid,
			    k->low, k->high, k->sources);
		return;
	}
}

static bool
has_memory(const struct scene *s)
{
	for (size_t i = 1; i < s->unit_count; i++)
		if (s->unit[i].of != 0)
			return true;
	return false;
}

void
reading_differs(struct difference *out, const struct trace *t,
    const struct scene *s, const struct inputs *in)
{
	struct reading *r = calloc(1, sizeof(*r));
	bool each = has_memory(s);	/* what came before matters */
	size_t at = 0;

	MUST(r);
	*out = (struct difference){ 0 };
	r->s = s;
	for (size_t i = 0; i < t->count; i++) {
		const struct moment *m = &t->moment[i];

		while (at < in->count && in->at[at].recv_ms <= m->ms)
			hear(r, &in->at[at++]);
		if (each || m->signed_ms == m->ms)
			instant(r, m->ms);
		if (m->signed_ms == m->ms)
			header_compare(out, r, m);
	}
	free(r);
}
