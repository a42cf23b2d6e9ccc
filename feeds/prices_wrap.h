/* feeds/prices_wrap.h - wrapped and staked tokens: rate x base beside what the
 * markets say.  The config names which of the two is the price; the other only
 * judges it.  Pure.
 */
#ifndef FEEDS_PRICES_WRAP_H
#define FEEDS_PRICES_WRAP_H

#include "feeds/prices_state.h"

/* prices_apply_rate: what a wrapped unit is redeemed for, and when that held:
 * both at once.  ERR_UNKNOWN for a unit that is not wrapped, ERR_STALE for a
 * moment before the one that is there. */
MUST_CHECK enum err prices_apply_rate(struct prices *p, size_t unit,
    struct px18 rate, uint64_t time_ms, uint64_t recv_ms);

/* prices_apart_restore: what an earlier life knew of apart_ms; of a wrapped
 * unit (MUST). */
void prices_apart_restore(struct prices *p, size_t unit, uint64_t apart_ms);

/* prices_wrap_compute: a wrapped unit's price from its markets' and its rate's;
 * all three are noted in p.  By its rate it depends on what its base does. */
void prices_wrap_compute(struct prices *p, size_t unit,
    const struct price *market, uint64_t now_ms);

#endif
