/* feeds/prices_set.h - what votes depend on, as sets: bits, and whether two
 * have one in common.  Pure.
 */
#ifndef FEEDS_PRICES_SET_H
#define FEEDS_PRICES_SET_H

#include "feeds/prices_state.h"

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

#endif
