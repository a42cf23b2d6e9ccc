/* feeds/slow.h - the slow companions of a price: an average that forgets over a
 * window, and a stable price that follows it at a limited speed.  Pure.
 *
 *	average' = average + (last - average) min(dt, window) / window
 *	stable'  = stable towards average', at most stable step_max dt / 1 h
 *
 * `last` is the price that stood during dt, not the one at its end: what shows
 * itself for an instant weighs nothing.  A step is at least SLOW_STEP_MS.  dt
 * counts at most SLOW_HOLD_MS: a refused price, and an engine that is away, let
 * both stand still instead of holding on to the last that was accepted.
 *
 * Units:  px18, ms.  Rounds: both towards where they come from (floor of the
 *         distance), but at least one unit of the last decimal a step.
 * Owns:   nothing.  Source: DESIGN section 3; incident R13.
 */
#ifndef FEEDS_SLOW_H
#define FEEDS_SLOW_H

#include "feeds/prices.h"

#define SLOW_STEP_MS 1000u
#define SLOW_HOLD_MS 5000u

struct slow {
	uint64_t at_ms;		/* 0: nothing was seen yet */
	struct px18 last;
	struct px18 average, stable;
};

/* slow_step goes on to now_ms with a price that may be used; true where it did
 * (the first begins there).  A time that has gone back changes nothing. */
bool slow_step(struct slow *s, const struct prices_slow *rule,
    struct px18 mid, uint64_t now_ms);

#endif
