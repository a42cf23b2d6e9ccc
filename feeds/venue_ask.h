/* feeds/venue_ask.h - the messages that ask a venue for its channels, as a
 * table.  Pure.
 *
 * Limits: VENUE_SYMBOLS_MAX symbols; a message of the caller's size.
 */
#ifndef FEEDS_VENUE_ASK_H
#define FEEDS_VENUE_ASK_H

#include "feeds/venue.h"

/* One kind of message: head, an item a symbol with commas between, tail.  In
 * an item '%' stands for the symbol, '$' for it in lower case, '^' for what
 * stands before its second dash (the pair of BTC-USDT-SWAP). */
struct ask {
	const char *head;
	const char *item;	/* NULL: the head is a whole message, once */
	const char *tail;
	size_t symbols_max;	/* of one message; 0: all */
	size_t skip;		/* first characters that the venue does not
				 * have */
	bool (*takes)(const char *symbol);	/* NULL: each symbol */
};

/* ask_write writes the n-th of the messages, NUL-terminated; *len is 0 where
 * there is no n-th.  symbols_check's errors, and ERR_LIMIT where it does not
 * fit. */
MUST_CHECK enum err ask_write(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count, const struct ask *asks,
    size_t ask_count);

/* symbols_check: each is a symbol (ERR_SYNTAX), at most VENUE_SYMBOLS_MAX
 * (ERR_LIMIT), at least one (ERR_MISSING). */
MUST_CHECK enum err symbols_check(const char *const *symbols, size_t count);

#endif
