/* feeds/prices_internal.h - the parts of prices.c, for each other. */
#ifndef FEEDS_PRICES_INTERNAL_H
#define FEEDS_PRICES_INTERNAL_H

#include "feeds/prices.h"

/* Bits of a prices_set: an operator, a correlation (each by its lowest market),
 * a declared unit.  They lie as close as the config allows, in the first
 * p->set_words words. */
static inline size_t
set_bit_operator(size_t market)
{
	return market;
}

static inline size_t
set_bit_correlation(const struct prices *p, size_t market)
{
	return p->config->market_count + market;
}

static inline size_t
set_bit_unit(const struct prices *p, size_t unit)
{
	return 2 * p->config->market_count + unit;
}

static inline void
set_add(struct prices_set *s, size_t bit)
{
	s->w[bit / 64] |= (uint64_t)1 << bit % 64;
}

static inline void
set_clear(struct prices_set *s, const struct prices *p)
{
	for (size_t i = 0; i < p->set_words; i++)
		s->w[i] = 0;
}

static inline void
set_join(struct prices_set *s, const struct prices_set *other,
    const struct prices *p)
{
	for (size_t i = 0; i < p->set_words; i++)
		s->w[i] |= other->w[i];
}

static inline bool
sets_meet(const struct prices_set *a, const struct prices_set *b,
    const struct prices *p)
{
	uint64_t both = 0;

	for (size_t i = 0; i < p->set_words; i++)
		both |= a->w[i] & b->w[i];
	return both != 0;
}

/* Since when what was doubtful is settled.  Nobody saw what a pin that lies
 * ahead speaks of: it is none. */
static inline uint64_t
settled_ms(uint64_t pinned_ms, uint64_t now_ms)
{
	return pinned_ms <= now_ms ? pinned_ms : 0;
}

/* How far a clock is ahead of ours. */
static inline uint32_t
ahead_ms(uint64_t exchange_ms, uint64_t now_ms)
{
	uint64_t ahead = exchange_ms > now_ms ? exchange_ms - now_ms : 0;

	return ahead > UINT32_MAX ? UINT32_MAX : (uint32_t)ahead;
}

/* price_age: of what counts from oldest_ms. */
uint32_t price_age(uint64_t oldest_ms, uint64_t now_ms);
void price_refuse(struct price *out, enum price_reason reason);
/* price_degrade keeps the gravest of several reasons: a wrong unit before a
 * doubtful rate before a doubtful value before a doubtful source. */
void price_degrade(struct price *out, enum price_reason reason);
/* price_band: low and high around mid; ERR_RANGE for a band above band_max. */
MUST_CHECK enum err price_band(struct price *out, struct px18 down,
    struct px18 up, struct ppb band_max);

/* prices_vote.c: the price of a unit as its markets have it; p->single[unit] is
 * what it depends on if one group made it, else empty; p->cache[unit] says how
 * long that holds and what its age counts from. */
void prices_vote(struct price *out, struct prices *p, size_t unit,
    uint64_t now_ms);

/* prices_wrap.c: a wrapped unit's price from its markets' and its rate's; all
 * three are noted in p.  By its rate it depends on what its base does. */
void prices_wrap_compute(struct prices *p, size_t unit,
    const struct price *market, uint64_t now_ms);

/* prices_listing.c: what a market said, looked at as to whether it is still
 * the same listing; at or before its recv_ms. */
void prices_listing_see(struct prices *p, const struct prices_tick *t);
void prices_listing_hear(struct prices *p, uint16_t venue, uint64_t recv_ms);
bool prices_listing_is_doubted(const struct prices *p, size_t market,
    uint64_t now_ms);

#endif
