/* tests/incidents/wrapping.h - units that are redeemed for another. */
#ifndef TESTS_INCIDENTS_WRAPPING_H
#define TESTS_INCIDENTS_WRAPPING_H

#include "tests/incidents/scene.h"

#define WRAPPING_DAY_MS UINT64_C(86400000)

static const char *const WRAPPING_LARGE[] = { "coinbase", "kraken",
    "binance" };

/* A unit that is redeemed for `of` at a rate: 10 % a year since a month ago,
 * 2 % down, 5 % between rate and market, a minute old at most. */
static inline unsigned
wrapping_unit(struct scene *s, const char *name, unsigned of, bool by_rate,
    const char *pinned)
{
	unsigned unit = scene_unit(s, name, 2);

	s->unit[unit].of = of;
	s->unit[unit].by_rate = by_rate;
	s->unit[unit].pinned = pinned;
	s->unit[unit].pinned_ms = s->begin_ms - 30 * WRAPPING_DAY_MS;
	s->unit[unit].growth_max = 0.10;
	s->unit[unit].fall_max = 0.02;
	s->unit[unit].gap_max = 0.05;
	s->unit[unit].rate_age_max_ms = 60000;
	return unit;
}

/* Three venues that price it alike all the time; the first market. */
static inline unsigned
wrapping_steady(struct scene *s, const char *const *venues, unsigned unit,
    double price)
{
	unsigned first = (unsigned)s->market_count;

	for (unsigned i = 0; i < 3; i++) {
		scene_venue(s, venues[i]);
		feed_hold(s, scene_market(s, unit, 0), s->begin_ms, s->end_ms,
		    price);
	}
	return first;
}

#endif
