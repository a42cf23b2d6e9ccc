#include "feeds/prices_listing.h"

#include "base/must.h"
#include "feeds/prices_time.h"

/* The venue's talk: time in which it was heard, silences cut short. */
void
prices_listing_hear(struct prices *p, uint16_t venue, uint64_t recv_ms)
{
	struct prices_talk *t = &p->talk[venue];
	uint64_t since = recv_ms > t->heard_ms ? recv_ms - t->heard_ms : 0;

	if (t->heard_ms != 0)
		t->talk_ms += since < PRICES_TALK_MS ? since : PRICES_TALK_MS;
	if (recv_ms > t->heard_ms)
		t->heard_ms = recv_ms;
}

static bool
tick_price(struct px18 *out, const struct prices_tick *t)
{
	struct px18 half;

	*out = t->last;
	if (!t->has_book)
		return t->has_last && !px18_is_zero(t->last);
	if (px18_compare(t->bid, t->ask) > 0 ||
	    px18_sub(&half, t->ask, t->bid) != ERR_OK ||
	    px18_scale(&half, half, 1, 2, ROUND_FLOOR) != ERR_OK ||
	    px18_add(out, t->bid, half) != ERR_OK)
		return false;
	return !px18_is_zero(*out);
}

static bool
is_far(struct px18 a, struct px18 b)
{
	u128 more = px18_to_raw(px18_max(a, b));
	u128 less = px18_to_raw(px18_min(a, b));

	return more / PRICES_LISTING_FACTOR > less;
}

/* is_half_away: from where it was, by more than half of that. */
static bool
is_half_away(struct px18 price, struct px18 was)
{
	u128 more = px18_to_raw(px18_max(price, was));
	u128 less = px18_to_raw(px18_min(price, was));

	return more - less > px18_to_raw(was) / 2;
}

/* gap: that it was away for; quiet: while its venue talked. */
static bool
is_another(struct px18 price, struct px18 was, uint64_t gap_ms,
    uint64_t quiet_ms)
{
	return quiet_ms > PRICES_LISTING_QUIET_MS ||
	    (gap_ms > PRICES_LISTING_AWAY_MS && is_half_away(price, was)) ||
	    (gap_ms > PRICES_LISTING_GAP_MS && is_far(price, was));
}

void
prices_listing_see(struct prices *p, const struct prices_tick *t)
{
	const struct prices_market *m = &p->config->market[t->market];
	struct prices_listing *l = &p->listing[t->market];
	struct px18 price;
	uint64_t quiet, gap;

	prices_listing_hear(p, m->venue, t->recv_ms);
	if (t->exchange_ms == 0 || t->exchange_ms < l->seen_ms ||
	    ahead_ms(t->exchange_ms, t->recv_ms) > PRICES_SKEW_MAX_MS ||
	    !tick_price(&price, t))
		return;
	quiet = p->talk[m->venue].talk_ms - l->talk_ms;
	gap = t->exchange_ms - l->seen_ms;
	if (l->seen_ms != 0 && !m->is_by_address &&
	    is_another(price, l->price, gap, quiet)) {
		l->doubt_ms = t->exchange_ms;
		p->doubts++;
	}
	l->seen_ms = t->exchange_ms;
	l->talk_ms = p->talk[m->venue].talk_ms;
	l->price = price;
}

bool
prices_listing_is_doubted(const struct prices *p, size_t market,
    uint64_t now_ms)
{
	return p->listing[market].doubt_ms >
	    settled_ms(p->config->market[market].pinned_ms, now_ms);
}

void
prices_listing_restore(struct prices *p, size_t market,
    const struct prices_listing *kept)
{
	struct prices_listing *l = &p->listing[market];

	MUST(market < p->config->market_count);
	p->cache[p->config->market[market].base].is_dirty = true;
	*l = *kept;
	/* The talk of an earlier life is counted from this one's. */
	l->talk_ms = p->talk[p->config->market[market].venue].talk_ms -
	    kept->talk_ms;
}

void
prices_listing_keep(struct prices_listing *out, const struct prices *p,
    size_t market)
{
	*out = p->listing[market];
	out->talk_ms = p->talk[p->config->market[market].venue].talk_ms -
	    out->talk_ms;
}
