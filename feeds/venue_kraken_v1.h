/* feeds/venue_kraken_v1.h - what the two files of Kraken's first protocol
 * share. */
#ifndef FEEDS_VENUE_KRAKEN_V1_H
#define FEEDS_VENUE_KRAKEN_V1_H

#include "feeds/venue.h"

/* kraken_v1_event reads a message that is an object, or no array. */
MUST_CHECK enum err kraken_v1_event(struct frame *f, const char *text,
    size_t len);

#endif
