#include "feeds/prices_wrap.h"

#include "base/must.h"
#include "feeds/prices_grade.h"
#include "feeds/prices_set.h"
#include "feeds/prices_time.h"

#define YEAR_MS UINT64_C(31536000000)

enum err
prices_apply_rate(struct prices *p, size_t unit, struct px18 rate,
    uint64_t time_ms, uint64_t recv_ms)
{
	struct prices_rate *r;

	if (unit >= p->config->unit_count ||
	    !p->config->unit[unit].wrap.is_wrapped)
		return ERR_UNKNOWN;
	r = &p->rate[unit];
	if (r->has_rate && time_ms < r->time_ms &&
	    ahead_ms(r->time_ms, recv_ms) <= PRICES_SKEW_MAX_MS)
		return ERR_STALE;
	*r = (struct prices_rate){ .has_rate = true, .rate = rate,
	    .time_ms = time_ms };
	return ERR_OK;
}

/* rate_bounds: what a rate of that moment may be. */
static enum err
rate_bounds(struct px18 *lowest, struct px18 *highest,
    const struct prices_wrap *w, uint64_t time_ms)
{
	uint64_t since = time_ms > w->pinned_ms ? time_ms - w->pinned_ms : 0;
	struct px18 growth;
	enum err e = px18_scale(&growth, w->pinned,
	    (u128)ppb_to_raw(w->growth_max) * since,
	    (u128)PPB_ONE_RAW * YEAR_MS, ROUND_FLOOR);

	if (e == ERR_OK)
		e = px18_add(highest, w->pinned, growth);
	return e == ERR_OK ? px18_down_ppb(lowest, w->pinned, w->fall_max) : e;
}

/* REASON_NONE: the rate may be used. */
static enum price_reason
rate_judge(const struct prices_wrap *w, const struct prices_rate *r,
    uint64_t now_ms)
{
	struct px18 lowest, highest;

	if (!r->has_rate)
		return REASON_RATE;
	if (ahead_ms(r->time_ms, now_ms) > PRICES_SKEW_MAX_MS)
		return REASON_SKEW;
	if (now_ms > r->time_ms && now_ms - r->time_ms > w->age_max_ms)
		return REASON_STALE;
	return rate_bounds(&lowest, &highest, w, r->time_ms) != ERR_OK ||
	    px18_compare(r->rate, lowest) < 0 ||
	    px18_compare(r->rate, highest) > 0 ? REASON_RATE : REASON_NONE;
}

/* Everything of the base, times the rate. */
static void
rate_price(struct price *out, const struct price *base, struct px18 rate,
    struct ppb band_max)
{
	struct px18 low, high, down, up;

	*out = *base;
	if (base->status == PRICE_REFUSED)
		return;
	if (px18_mul_px18(&out->mid, base->mid, rate, ROUND_FLOOR) != ERR_OK ||
	    px18_mul_px18(&low, base->low, rate, ROUND_FLOOR) != ERR_OK ||
	    px18_mul_px18(&high, base->high, rate, ROUND_CEIL) != ERR_OK ||
	    px18_is_zero(out->mid) ||
	    px18_sub(&down, out->mid, low) != ERR_OK ||
	    px18_sub(&up, high, out->mid) != ERR_OK ||
	    price_band(out, down, up, band_max) != ERR_OK)
		price_refuse(out, REASON_BAND);
}

/* is_apart: the two differ by more than gap_max of rate x base. */
static bool
is_apart(const struct price *rated, const struct price *market,
    struct ppb gap_max)
{
	struct px18 more = px18_max(rated->mid, market->mid);
	struct px18 less = px18_min(rated->mid, market->mid);
	struct px18 gap = px18_from_raw(px18_to_raw(more) -
	    px18_to_raw(less));
	struct ppb part;

	return px18_part_ppb(&part, gap, rated->mid, ROUND_CEIL) != ERR_OK ||
	    ppb_to_raw(part) > ppb_to_raw(gap_max);
}

/* gap_judge: what the market says against the rate.  Once two groups said so, a
 * price by the rate stays refused until the market is heard to agree, or the
 * rate is pinned anew: that nobody trades any more is no reason to believe. */
static void
gap_judge(struct price *out, struct prices *p, size_t unit, uint64_t now_ms)
{
	const struct prices_wrap *w = &p->config->unit[unit].wrap;
	const struct price *market = &p->traded[unit];
	bool is_heard = market->status != PRICE_REFUSED;
	bool has_gap = is_heard &&
	    is_apart(&p->rated[unit], market, w->gap_max);

	if (is_heard && !has_gap)
		p->apart_ms[unit] = 0;
	else if (has_gap && market->sources >= 2)
		p->apart_ms[unit] = now_ms;
	/* Of an earlier life whose clock was ahead: or no pin could end it. */
	if (p->apart_ms[unit] > now_ms)
		p->apart_ms[unit] = now_ms;
	if (p->apart_ms[unit] > settled_ms(w->pinned_ms, now_ms) ||
	    (has_gap && !w->by_rate))
		price_refuse(out, REASON_RATE);
	else if (has_gap)
		/* One group alone cannot refuse what the rate says: it may be
		 * the one that is wrong. */
		price_degrade(out, REASON_RATE);
}

void
prices_apart_restore(struct prices *p, size_t unit, uint64_t apart_ms)
{
	MUST(unit < p->config->unit_count &&
	    p->config->unit[unit].wrap.is_wrapped);
	p->apart_ms[unit] = apart_ms;
	p->cache[unit].is_dirty = true;
}

void
prices_wrap_compute(struct prices *p, size_t unit, const struct price *market,
    uint64_t now_ms)
{
	const struct prices_unit *u = &p->config->unit[unit];
	const struct prices_wrap *w = &u->wrap;
	const struct prices_rate *r = &p->rate[unit];
	enum price_reason reason = rate_judge(w, r, now_ms);
	struct price *out = &p->price[unit], *rated = &p->rated[unit];
	struct prices_cache *k = &p->cache[unit];
	uint64_t oldest = p->cache[w->of].oldest_ms;

	oldest = r->time_ms < oldest ? r->time_ms : oldest;
	if (reason != REASON_NONE) {
		*rated = (struct price){ 0 };
		price_refuse(rated, reason);
	} else {
		rate_price(rated, &p->price[w->of], r->rate,
		    u->rule.band_max);
	}
	if (rated->status != PRICE_REFUSED)
		rated->age_ms = price_age(oldest, now_ms);
	p->traded[unit] = *market;
	*out = w->by_rate ? *rated : *market;
	if (w->by_rate) {
		k->oldest_ms = oldest;
		set_clear(&p->single[unit], p);
		set_join(&p->single[unit], &p->single[w->of], p);
	}
	if (out->status == PRICE_REFUSED)
		return;
	if (rated->status == PRICE_REFUSED) {
		/* A market's price whose rate nobody can vouch for. */
		price_degrade(out, REASON_RATE);
		return;
	}
	gap_judge(out, p, unit, now_ms);
}
