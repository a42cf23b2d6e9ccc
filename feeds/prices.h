/* feeds/prices.h - many ticks in, one price an asset out.  Pure.
 *
 * Holds the latest book and trade of each configured market, converts to USD
 * through a graph of units with measured prices, groups venues, takes the
 * weighted median, drops outliers while they are at most a third, and gives
 * each price its band, status and reason.  A wrapped token has a price by its
 * rate beside its markets'; a listing that may be another is not listened to.
 * The rule is DESIGN section 3; incidents R11, R14, R20, R21, R25.
 *
 * Units:  px18; ms; factors in ppb.
 * Owns:   nothing beyond struct prices, whose parts and limits prices_state.h
 *         has.
 */
#ifndef FEEDS_PRICES_H
#define FEEDS_PRICES_H

#include "feeds/prices_listing.h"
#include "feeds/prices_state.h"
#include "feeds/prices_wrap.h"

/* prices_init checks the graph: ERR_UNIT for a cycle (*bad: a unit on it),
 * ERR_MISSING for a unit without a market (nor constant, nor priced by its
 * rate), ERR_RANGE for a rule outside its bounds (quorum 0, dispersion_max,
 * band_max, gap_max or fall_max of 100 % or more, a constant of zero, a weight
 * of 0 or above the cap, a rate of USD or without a pin), ERR_LIMIT for more
 * than PRICES_WRAPS_MAX wrapped units and for a unit with too many markets.  A
 * market that prices USD is a cycle.  config is kept by reference. */
MUST_CHECK enum err prices_init(struct prices *p,
    const struct prices_config *config, size_t *bad);

/* Absent parts of a tick leave what was there; an inverse market's is turned
 * round (bid floor, ask ceil).  What is older than the part that is there is
 * passed over, unless that one is from an impossible future. */
void prices_apply_tick(struct prices *p, const struct prices_tick *t);
/* A heartbeat that carries the exchange's time renews the books of its venue
 * for at most 30 s beyond their own time. */
void prices_apply_heartbeat(struct prices *p, uint16_t venue,
    uint64_t exchange_ms, uint64_t recv_ms);

/* prices_compute computes every unit at now_ms into p->price, and p->source; a
 * unit of which nothing was said, and that no time limit has passed, only ages.
 * A price's age is that of the oldest vote, its own or one of a conversion.
 * Readings of DESIGN section 3 that it leaves open: a market with a book never
 * falls back to its last trade; a vote's clock skew is what was measured when
 * it came, or what is left of it now if that is more; a refused price is short
 * of quorum for STALE (or SKEW, or IDENTITY) if the stale (or skewed, or
 * doubted) would have made it; a wrapped unit's price is refused where rate
 * and market are further apart than gap_max (by the rate: until the market
 * agrees again or the rate is pinned later), unless its price is by the rate
 * and one group alone says otherwise, and degraded where its rate cannot be
 * had.
 * A refused price keeps high = 0 here; the growth bound over the last accepted
 * one is the machine's matter. */
void prices_compute(struct prices *p, uint64_t now_ms);

#endif
