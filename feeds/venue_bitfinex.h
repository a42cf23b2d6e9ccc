/* feeds/venue_bitfinex.h - what Bitfinex's files share: events name channels,
 * arrays come on them. */
#ifndef FEEDS_VENUE_BITFINEX_H
#define FEEDS_VENUE_BITFINEX_H

#include "feeds/venue_entry.h"

/* The kinds of struct venue_channel. */
enum { BITFINEX_TICKER, BITFINEX_TRADES, BITFINEX_OTHER };

/* bitfinex_channel: NULL for a number that is not subscribed to. */
struct venue_channel *bitfinex_channel(struct venue_memory *m, uint64_t id);
/* bitfinex_event reads a message that is an object, or no array. */
MUST_CHECK enum err bitfinex_event(struct frame *f, const char *text,
    size_t len);

struct bitfinex_array {
	struct field_u64 id;
	const struct venue_channel *channel;	/* of that id, or NULL */
	struct field_text word;		/* "hb", "te", "tu", "cs" */
	bool has_payload;
	bool skips;			/* the payload is not to be read */
	struct field_u64 sequence;
	struct field_time time;
};
/* bitfinex_array_read reads a message that is an array, its payload into ticks
 * of f; errors stick in j. */
void bitfinex_array_read(struct frame *f, struct json *j,
    struct bitfinex_array *a);
/* bitfinex_entry: what is read of a payload, NULL for nothing: a trade is told
 * again in "tu", and "cs" is a checksum. */
const struct entry *bitfinex_entry(const struct bitfinex_array *a);

#endif
