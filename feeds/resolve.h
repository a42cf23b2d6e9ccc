/* feeds/resolve.h - host names to addresses without blocking the caller.
 *
 * The packaged libwebsockets looks names up inside its loop, so one venue
 * whose name server is silent would stop the frames of all others.  Detached
 * threads do it instead, several, so that such a name does not hold up the
 * others either; the two sides talk over a socket pair and share no memory.
 *
 * Owns:   the socket pair and the threads, which end when resolve_close did
 *         its part and the look-ups under way came back.
 * Limits: RESOLVE_THREADS look-ups at a time, RESOLVE_ADDRESSES_MAX addresses
 *         kept of an answer; questions that wait are bounded by the socket's
 *         buffer (ERR_LIMIT beyond).
 */
#ifndef FEEDS_RESOLVE_H
#define FEEDS_RESOLVE_H

#include "feeds/client_url.h"

#define RESOLVE_ADDRESSES_MAX 8u
#define RESOLVE_THREADS 4u

struct resolve_answer {
	uint64_t id;		/* the question's */
	int gai_error;		/* getaddrinfo's, 0 for success */
	uint32_t count;
	char address[RESOLVE_ADDRESSES_MAX][48];	/* numeric text */
};

/* resolve_open starts the threads; *fd becomes readable with each answer. */
MUST_CHECK enum err resolve_open(int *fd);
/* resolve_ask: what has not been begun wait_ms from now has no answer.
 * ERR_LIMIT when too many questions wait; ERR_IO: the threads have ended, and
 * resolve_open is to be called again. */
MUST_CHECK enum err resolve_ask(int fd, uint64_t id, const char *host,
    unsigned wait_ms);
/* resolve_next takes one answer; ERR_MISSING where there is none (yet). */
MUST_CHECK enum err resolve_next(int fd, struct resolve_answer *out);
void resolve_close(int fd);	/* accepts -1 */

#endif
