/* feeds/venue_row.h - what a venue's file gives to the table in venues.c: a
 * parser, and its subscribe messages as a table of asks.  Contracts: struct
 * venue in feeds/venue.h. */
#ifndef FEEDS_VENUE_ROW_H
#define FEEDS_VENUE_ROW_H

#include "feeds/venue_ask.h"

/* VENUE_PARSER and VENUE_SUBSCRIBER declare venue_NAME_parse and
 * venue_NAME_subscribe, in the table and in the venue's file. */
#define VENUE_PARSER(name) \
	MUST_CHECK enum err venue_##name##_parse(struct frame *f, \
	    const char *text, size_t len)
#define VENUE_SUBSCRIBER(name) \
	MUST_CHECK enum err venue_##name##_subscribe(char *out, size_t size, \
	    size_t *len, unsigned n, const char *const *symbols, size_t count)

/* VENUE_ASKS defines venue_NAME_subscribe by a table of asks. */
#define VENUE_ASKS(name, asks) \
	VENUE_SUBSCRIBER(name); \
	enum err \
	venue_##name##_subscribe(char *out, size_t size, size_t *len, \
	    unsigned n, const char *const *symbols, size_t count) \
	{ \
		return ask_write(out, size, len, n, symbols, count, (asks), \
		    ARRAY_COUNT(asks)); \
	} \
	_Static_assert(ARRAY_COUNT(asks) > 0, "at least one message")

#endif
