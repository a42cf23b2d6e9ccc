/* feeds/prices_listing.h - is a ticker still the same listing?  One that was
 * silent for a day while its venue talked, that comes back after a day with
 * half of its price gone or more than half on top, or a hundred times away
 * after a gap, is not taken for it until an operator says so (pinned_ms).
 * Pure.
 */
#ifndef FEEDS_PRICES_LISTING_H
#define FEEDS_PRICES_LISTING_H

#include "feeds/prices_state.h"

/* A listing is doubted that its venue did not mention for so long, longer
 * silences of the venue itself not counted, */
#define PRICES_LISTING_QUIET_MS 86400000u
#define PRICES_TALK_MS 60000u
/* or that was away so long itself, whoever was silent, and comes back more than
 * half of its price away, */
#define PRICES_LISTING_AWAY_MS 86400000u
/* or that comes back after this gap with a price so many times another. */
#define PRICES_LISTING_GAP_MS 600000u
#define PRICES_LISTING_FACTOR 100u

/* What a market said, looked at as to whether it is still the same listing, and
 * that its venue was heard; at or before its recv_ms. */
void prices_listing_see(struct prices *p, const struct prices_tick *t);
void prices_listing_hear(struct prices *p, uint16_t venue, uint64_t recv_ms);
bool prices_listing_is_doubted(const struct prices *p, size_t market,
    uint64_t now_ms);

/* What is remembered of a listing beyond this life: talk_ms is then how long
 * its venue has talked since it was seen. */
void prices_listing_keep(struct prices_listing *out, const struct prices *p,
    size_t market);
void prices_listing_restore(struct prices *p, size_t market,
    const struct prices_listing *kept);

#endif
