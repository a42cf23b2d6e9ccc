/* feeds/venue_bitfinex.h - what Bitfinex's two files share: the channels that
 * a connection's events have named. */
#ifndef FEEDS_VENUE_BITFINEX_H
#define FEEDS_VENUE_BITFINEX_H

#include "feeds/venue.h"

/* The kinds of struct venue_channel. */
enum { BITFINEX_TICKER, BITFINEX_TRADES, BITFINEX_OTHER };

/* bitfinex_channel: NULL for a number that is not subscribed to. */
struct venue_channel *bitfinex_channel(struct venue_memory *m, uint64_t id);
/* bitfinex_event reads a message that is an object, or no array. */
MUST_CHECK enum err bitfinex_event(struct frame *f, const char *text,
    size_t len);

#endif
