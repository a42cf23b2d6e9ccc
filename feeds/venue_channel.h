/* feeds/venue_channel.h - channels that a venue names once and then says by a
 * number, over the connection's memory.  Pure.
 *
 * Owns:   nothing: they stand in the caller's struct venue_memory.
 * Limits: VENUE_CHANNELS_MAX channels.
 */
#ifndef FEEDS_VENUE_CHANNEL_H
#define FEEDS_VENUE_CHANNEL_H

#include "feeds/venue.h"

/* channel_of: NULL for a number that stands for none.  The answer is good until
 * channel_put or channel_drop. */
const struct venue_channel *channel_of(const struct venue_memory *m,
    uint64_t id);
/* channel_put: the number stands for that from now on, whatever it was before.
 * ERR_LIMIT where it is new and the memory is full.  symbol: shorter than
 * VENUE_SYMBOL_MAX. */
MUST_CHECK enum err channel_put(struct venue_memory *m, uint64_t id,
    uint8_t kind, const char *symbol);
/* channel_drop: the number stands for nothing; it may have done so before. */
void channel_drop(struct venue_memory *m, uint64_t id);

#endif
