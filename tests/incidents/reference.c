#include "tests/incidents/reference.h"

#include "tests/incidents/play.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define BEAT_MS 30000u
#define DAY_MS 86400000u
#define GAP_MS 600000u
#define TALK_MS 60000u		/* of a silence, so much is talk */
#define AHEAD_MS 10000u
#define LISTING_TIMES 100.0L
#define YEAR_MS 31536000000.0L

_Static_assert(SCENE_MARKETS_MAX <= 32, "a bit a market");

struct listing {
	long double book, trade;	/* 0: none was said */
	uint64_t book_ms, trade_ms, beat_ms;
	/* Where it was last, to know it again. */
	long double seen;
	uint64_t seen_ms, doubt_ms;
	uint64_t seen_talk_ms;		/* its venue's, then */
};

struct reading {
	const struct scene *s;
	struct listing listing[SCENE_MARKETS_MAX];
	uint64_t heard_ms[SCENE_VENUES_MAX], talk_ms[SCENE_VENUES_MAX];
	/* The last rate within its bounds, and whether another came since. */
	long double rate[SCENE_UNITS_MAX];
	uint64_t rate_ms[SCENE_UNITS_MAX];
	uint32_t doubted;
	bool is_apart[SCENE_UNITS_MAX];
	long double usd[SCENE_UNITS_MAX];
	uint32_t agrees;
};

static long double
from_raw(u128 v)
{
	return (long double)v / 1e18L;
}

/* ---- what was heard ----------------------------------------------------- */

/* A ticker that was away for a day of its venue's talk, or for a day and came
 * back below half of its price or above half more, or from a pause a hundred
 * times dearer or cheaper, is another until somebody says otherwise. */
static void
listing_hear(struct listing *l, uint64_t ms, uint64_t talk_ms,
    long double price)
{
	long double times = l->seen > 0 ? price / l->seen : 1;
	uint64_t away = ms - l->seen_ms;

	if (l->seen > 0 && (talk_ms - l->seen_talk_ms > DAY_MS ||
	    (away > DAY_MS && (times > 1.5L || times < 0.5L)) ||
	    (away > GAP_MS && (times > LISTING_TIMES ||
	    times < 1 / LISTING_TIMES))))
		l->doubt_ms = ms;
	l->seen = price;
	l->seen_ms = ms;
	l->seen_talk_ms = talk_ms;
}

static void
venue_hear(struct reading *r, unsigned venue, uint64_t ms)
{
	uint64_t since = ms - r->heard_ms[venue];

	if (r->heard_ms[venue] > 0)
		r->talk_ms[venue] += since < TALK_MS ? since : TALK_MS;
	r->heard_ms[venue] = ms;
}

static void
rate_hear(struct reading *r, const struct input *in)
{
	const struct scene_unit *u = &r->s->unit[in->market];
	long double rate = from_raw(in->bid), pinned = strtold(u->pinned, NULL);
	long double years = in->exchange_ms > u->pinned_ms ?
	    (long double)(in->exchange_ms - u->pinned_ms) / YEAR_MS : 0;

	if (in->exchange_ms < r->rate_ms[in->market])
		return;
	r->doubted |= (uint32_t)1 << in->market;
	if (rate > pinned * (1 + years * (long double)u->growth_max) ||
	    rate < pinned * (1 - (long double)u->fall_max))
		return;
	r->doubted &= ~((uint32_t)1 << in->market);
	r->rate[in->market] = rate;
	r->rate_ms[in->market] = in->exchange_ms;
}

static void
hear(struct reading *r, const struct input *in)
{
	struct listing *l = &r->listing[in->market];
	unsigned venue;

	if (in->kind == INPUT_RATE) {
		rate_hear(r, in);
		return;
	}
	venue = in->kind == INPUT_BEAT ? in->market :
	    r->s->market[in->market].venue;
	venue_hear(r, venue, in->recv_ms);
	if (in->kind == INPUT_BEAT) {
		for (size_t i = 0; i < r->s->market_count; i++)
			if (r->s->market[i].venue == in->market)
				r->listing[i].beat_ms = in->exchange_ms;
		return;
	}
	if (in->kind == INPUT_VOID) {
		l->book_ms = 0;
		return;
	}
	if (in->kind == INPUT_BOOK) {
		l->book = (from_raw(in->bid) + from_raw(in->ask)) / 2;
		l->book_ms = in->exchange_ms;
	} else {
		l->trade = from_raw(in->bid);
		l->trade_ms = in->exchange_ms;
	}
	listing_hear(l, in->recv_ms, r->talk_ms[venue], from_raw(in->bid));
}

/* ---- what it was worth -------------------------------------------------- */

static long double
listing_value(const struct listing *l, const struct scene_market *m,
    uint64_t age_max_ms, uint64_t now_ms)
{
	long double v = l->book > 0 ? l->book : l->trade;
	uint64_t ms = l->book > 0 ? l->book_ms : l->trade_ms;

	if (l->book > 0 && ms > 0 && l->beat_ms > ms)
		ms = l->beat_ms < ms + BEAT_MS ? l->beat_ms : ms + BEAT_MS;
	if (v <= 0 || ms + age_max_ms < now_ms || ms > now_ms + AHEAD_MS ||
	    l->doubt_ms > (m->pinned_ms > now_ms ? 0 : m->pinned_ms))
		return 0;
	return v;
}

/* What the markets say of one unit; a venue's share one vote. */
struct poll {
	size_t count;
	long double value[SCENE_MARKETS_MAX], weight[SCENE_MARKETS_MAX];
	unsigned venue[SCENE_MARKETS_MAX];
};

static unsigned
poll_venues(const struct poll *p)
{
	uint32_t venues = 0;

	for (size_t i = 0; i < p->count; i++)
		venues |= (uint32_t)1 << p->venue[i];
	return (unsigned)__builtin_popcount(venues);
}

static void
poll_weigh(struct poll *p)
{
	for (size_t i = 0; i < p->count; i++) {
		unsigned same = 0;

		for (size_t k = 0; k < p->count; k++)
			same += p->venue[k] == p->venue[i];
		p->weight[i] = 1.0L / same;
	}
}

static long double
poll_weight(const struct poll *p, unsigned venue)
{
	long double sum = 0;

	for (size_t i = 0; i < p->count; i++)
		sum += p->venue[i] == venue ? p->weight[i] : 0;
	return sum;
}

/* A venue with half of all or more is brought down to what the others have but
 * for the least of them; of two, to the other's. */
static void
poll_even(struct poll *p)
{
	for (unsigned v = 0; v < SCENE_VENUES_MAX; v++) {
		long double own = poll_weight(p, v), rest = 0, least = 0;
		unsigned others = 0;

		for (unsigned o = 0; o < SCENE_VENUES_MAX; o++) {
			long double w = o == v ? 0 : poll_weight(p, o);

			rest += w;
			others += w > 0;
			if (w > 0 && (others == 1 || w < least))
				least = w;
		}
		if (others == 0 || own < rest - 1e-9L)
			continue;
		for (size_t i = 0; i < p->count; i++)
			if (p->venue[i] == v)
				p->weight[i] *= (others == 1 ? rest :
				    rest - least) / own;
		return;
	}
}

/* The least value that half of all weight does not exceed; a half as a sum of
 * fractions is not to be missed by the last bit. */
static long double
middle(const struct poll *p)
{
	long double all = 0, best = HUGE_VALL;

	for (size_t i = 0; i < p->count; i++)
		all += p->weight[i];
	for (size_t i = 0; i < p->count; i++) {
		long double reach = 0;

		for (size_t k = 0; k < p->count; k++)
			if (p->value[k] <= p->value[i])
				reach += p->weight[k];
		if (2 * reach >= all - 1e-9L && p->value[i] < best)
			best = p->value[i];
	}
	return best;
}

static bool
is_near(long double v, long double m, double part)
{
	return fabsl(v - m) <= m * (long double)part;
}

/* The middle, and again without what is far from it while that is a third. */
static long double
agreed(const struct poll *p, double dispersion)
{
	struct poll near = { 0 };
	long double m = middle(p), all = 0, dropped = 0;

	for (size_t i = 0; i < p->count; i++) {
		all += p->weight[i];
		if (!is_near(p->value[i], m, dispersion)) {
			dropped += p->weight[i];
			continue;
		}
		near.value[near.count] = p->value[i];
		near.venue[near.count] = p->venue[i];
		near.weight[near.count++] = p->weight[i];
	}
	poll_even(&near);
	return 3 * dropped <= all + 1e-9L ? middle(&near) : m;
}

static long double
market_price(struct reading *r, unsigned unit, uint64_t now_ms)
{
	const struct scene *s = r->s;
	const struct scene_unit *u = &s->unit[unit];
	unsigned market[SCENE_MARKETS_MAX];
	struct poll p = { 0 };
	long double m;

	for (unsigned i = 0; i < s->market_count; i++) {
		long double v = s->market[i].base == unit ? listing_value(
		    &r->listing[i], &s->market[i], u->age_max_ms, now_ms) *
		    r->usd[s->market[i].quote] : 0;

		if (v <= 0)
			continue;
		market[p.count] = i;
		p.venue[p.count] = s->market[i].venue;
		p.value[p.count++] = v;
	}
	if (poll_venues(&p) < u->quorum)
		return 0;
	poll_weigh(&p);
	m = agreed(&p, u->dispersion_max);
	for (size_t i = 0; i < p.count; i++)
		if (is_near(p.value[i], m, u->dispersion_max))
			r->agrees |= (uint32_t)1 << market[i];
	return m;
}

static long double
wrapped_price(struct reading *r, unsigned unit, long double market,
    uint64_t now_ms)
{
	const struct scene_unit *u = &r->s->unit[unit];
	long double by_rate = r->rate[unit] * r->usd[u->of];

	/* Whoever is priced by its market does without a rate. */
	if (by_rate <= 0 || r->rate_ms[unit] + u->rate_age_max_ms < now_ms)
		return u->by_rate ? 0 : market;
	if (market > 0)
		r->is_apart[unit] = !is_near(market, by_rate, u->gap_max);
	if (r->is_apart[unit])
		return 0;
	return u->by_rate ? by_rate : market;
}

static void
instant(struct reference_moment *out, struct reading *r, uint64_t now_ms)
{
	r->agrees = 0;
	r->usd[0] = 1;
	/* Scenes name a unit after those that it is priced in. */
	for (unsigned u = 1; u < r->s->unit_count; u++) {
		const struct scene_unit *unit = &r->s->unit[u];

		if (unit->constant) {
			r->usd[u] = strtold(unit->constant, NULL);
			continue;
		}
		r->usd[u] = market_price(r, u, now_ms);
		if (unit->of != 0)
			r->usd[u] = wrapped_price(r, u, r->usd[u], now_ms);
	}
	for (size_t u = 0; u < r->s->unit_count; u++)
		out->value[u] = (double)r->usd[u];
	out->agrees = r->agrees;
	out->doubted = r->doubted;
}

void
reference_make(struct reference *out, const struct scene *s)
{
	struct reading *r = calloc(1, sizeof(*r));
	size_t count = scene_moments(NULL, s), at = 0;
	uint64_t *ms = calloc(count, sizeof(*ms));

	out->count = count;
	out->moment = calloc(count, sizeof(*out->moment));
	MUST(r && ms && out->moment);
	r->s = s;
	scene_moments(ms, s);
	for (size_t i = 0; i < count; i++) {
		while (at < s->inputs.count &&
		    s->inputs.at[at].recv_ms <= ms[i])
			hear(r, &s->inputs.at[at++]);
		instant(&out->moment[i], r, ms[i]);
	}
	free(ms);
	free(r);
}

void
reference_free(struct reference *r)
{
	free(r->moment);
	memset(r, 0, sizeof(*r));
}

bool
reference_held(const struct reference_moment *m, const struct scene *s,
    unsigned unit, uint32_t mutated)
{
	const struct scene_unit *u = &s->unit[unit];
	uint32_t venues = 0;

	if (unit == 0 || u->constant)
		return true;
	if (m->value[unit] <= 0 || (u->by_rate && (m->doubted >> unit & 1) !=
	    0))
		return false;
	if (u->by_rate)
		return (mutated >> 31) == 0 &&
		    reference_held(m, s, u->of, mutated);
	for (size_t i = 0; i < s->market_count; i++) {
		uint32_t venue = (uint32_t)1 << s->market[i].venue;

		if (s->market[i].base == unit && (m->agrees >> i & 1) != 0 &&
		    (mutated & venue) == 0 &&
		    reference_held(m, s, s->market[i].quote, mutated))
			venues |= venue;
	}
	return (uint32_t)__builtin_popcount(venues) >= u->quorum;
}
