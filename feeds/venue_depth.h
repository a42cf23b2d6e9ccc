/* feeds/venue_depth.h - messages that tell a book by its changes: they go into
 * feeds/depth.h, and its top into a tick.  Pure.
 *
 * Errors stick in the reader (venue_field.h); one leaves a book half changed:
 * it is to be voided.
 */
#ifndef FEEDS_VENUE_DEPTH_H
#define FEEDS_VENUE_DEPTH_H

#include "feeds/depth.h"
#include "feeds/venue_field.h"

/* The venue's words for the sides. */
struct depth_words {
	const char *bid, *ask;
};

/* depth_read sets what [[side, price, what stands there now], ...], strings
 * all, says of the symbol's book, and adds a tick with the top.  The tick
 * is_book, unless the top is not known: the book was void, or so much was taken
 * away.  is_whole: nothing else stands in the book; what comes first for a
 * symbol is the whole book, too.  ERR_MISSING without a symbol, ERR_LIMIT where
 * books or ticks are all taken. */
void depth_read(struct frame *f, struct json *j,
    const struct field_text *symbol, const struct depth_words *words,
    bool is_whole);

#endif
