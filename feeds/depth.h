/* feeds/depth.h - the top of a book that a venue tells only by its changes.
 *
 * A snapshot fills it; each change sets the size that stands at a price, zero
 * for none.  Levels are sorted, the best first.  Pure.
 *
 * Units:  as struct dec18.
 * Owns:   nothing: the caller places it.
 * Limits: DEPTH_LEVELS_MAX levels a side; what lies deeper is forgotten, and
 *         where so many were taken away that the top is no longer known
 *         without them, the book is void.
 */
#ifndef FEEDS_DEPTH_H
#define FEEDS_DEPTH_H

#include "base/decimal.h"
#include "feeds/venue.h"

#define DEPTH_LEVELS_MAX 512u

enum depth_side { DEPTH_BID, DEPTH_ASK };

struct depth {
	char symbol[VENUE_SYMBOL_MAX];	/* empty: unused */
	bool is_known;			/* a snapshot came, and no gap since */
	bool was_begun;			/* a snapshot came, or may be lost: what
					 * comes first is none */
	bool was_cut[2];		/* deeper levels were forgotten */
	uint32_t count[2];
	struct dec18 price[2][DEPTH_LEVELS_MAX];	/* the best first */
};

/* depth_of finds or takes a symbol's book among books[VENUE_SYMBOLS_MAX], which
 * venue_memory_begin empties; NULL where all are taken. */
struct depth *depth_of(struct depth *books, const char *symbol);
/* depth_begin empties the book for a snapshot; it is known from then on. */
void depth_begin(struct depth *d);
void depth_void(struct depth *d);
/* depth_forget_all: none of the books is taken.  Levels are left as they are:
 * beyond its counts nothing of a book is read. */
void depth_forget_all(struct depth *books);
/* depth_void_all: a message was lost that may have changed or begun any. */
void depth_void_all(struct depth *books);
/* depth_set: something (has_size) or nothing stands at a price, whose digits
 * are kept as they were written last.  A side whose last known level is taken
 * away while deeper ones were forgotten voids the book. */
void depth_set(struct depth *d, enum depth_side side, struct dec18 price,
    bool has_size);
/* depth_top: false where the book is void or a side is empty. */
bool depth_top(const struct depth *d, struct dec18 *bid, struct dec18 *ask);
/* depth_quote writes the best of each side into a tick; a side that is empty,
 * or of a void book, is absent there. */
void depth_quote(const struct depth *d, struct tick *t);

#endif
