/* feeds/client.h - the websocket side towards exchanges (libwebsockets).
 *
 * One connection a venue, each redialled by itself with jittered backoff,
 * messages reassembled up to FRAME_BYTES_MAX (more drops the connection, by
 * name), application and protocol pings, and a deadline for mute connections.
 * TLS verifies peer and host, TLS 1.2 at least; there is no switch against it.
 * A plain ws:// address is accepted for loopback hosts only (client_url.h).
 * Redirects are not followed, the environment's http_proxy is not used.
 *
 * Backoff: the k-th failure in a row (from 0) waits between half and the whole
 * of min(500 ms * 2^k, 30 s).  The count returns to zero with the first
 * message that arrives at least 10 s after the connection was made, so a venue
 * that accepts and falls over, or accepts and stays silent, is not hammered.
 * Mute counts messages only: a pong of the protocol is no sign of prices.
 * A venue's rotate_ms ends a connection and dials the next at once.
 *
 * Owns:   its lws context, a buffer of FRAME_BYTES_MAX a connection, and one
 *         thread for look-ups of names, started with the first that is
 *         needed (inside client_service: after a sandbox was entered, which
 *         must let it read the resolver's files).  Reports through callbacks
 *         on the caller's thread, inside client_service only; a callback may
 *         call client_stop, client_watch and client_unwatch.  Does not log.
 */
#ifndef FEEDS_CLIENT_H
#define FEEDS_CLIENT_H

#include "feeds/venue.h"

#define CLIENT_CONNECTIONS_MAX 64u
#define CLIENT_WATCHES_MAX 16u

struct client;

/* CLIENT_LOST ends each attempt exactly once, whether it connected or not;
 * CLIENT_MUTE and CLIENT_OVERSIZE come right before it as its cause. */
enum client_event {
	CLIENT_CONNECTED,	/* the upgrade was accepted */
	CLIENT_SUBSCRIBED,	/* every subscribe message was handed over */
	CLIENT_LOST,
	CLIENT_MUTE,	/* open, but silent for longer than allowed */
	CLIENT_OVERSIZE,	/* a message above FRAME_BYTES_MAX */
};

struct client_connection {
	const struct venue *venue;
	const char *url;	/* wss://host[:port]/path; NULL: the venue's */
	const char *symbols[VENUE_SYMBOLS_MAX];
	size_t symbol_count;
};

struct client_callbacks {
	/* One whole message; text is gone after the call. */
	void (*frame)(void *arg, size_t connection, const char *text,
	    size_t len);
	/* why is one printable line, gone after the call. */
	void (*event)(void *arg, size_t connection, enum client_event e,
	    const char *why);
	/* A descriptor given to client_watch has something to read. */
	void (*readable)(void *arg, int fd);
	void *arg;
	/* What is handed over to be sent to the venue, each subscribe message,
	 * answer and ping of its protocol; gone after the call; may be NULL. */
	void (*sent)(void *arg, size_t connection, const char *text,
	    size_t len);
};

/* client_create copies what it needs of connections and calls each venue's
 * subscribe once.  ca_file (PEM) is then the only store; NULL: the system's,
 * read here and not later.  seed keys the jitter.  ERR_SYNTAX for a bad
 * address, ERR_REFUSED for plain ws to another machine, ERR_LIMIT, and what
 * the venue's subscribe says: *bad is the connection.  ERR_LIMIT for too many
 * connections and ERR_IO (a store that cannot be read, no memory): *bad is
 * count. */
MUST_CHECK enum err client_create(struct client **out,
    const struct client_connection *connections, size_t count,
    const char *ca_file, const struct client_callbacks *callbacks,
    uint64_t seed, size_t *bad);
/* client_watch adds a descriptor to the loop (the wires of a process); at most
 * CLIENT_WATCHES_MAX, ERR_LIMIT.  readable is called again and again while
 * there is something to read, the end of the stream included. */
MUST_CHECK enum err client_watch(struct client *c, int fd);
/* client_unwatch stops watching; the descriptor was and stays the caller's. */
void client_unwatch(struct client *c, int fd);
/* client_service sleeps until something happens and handles it; false when
 * client_stop was called or the context broke. */
bool client_service(struct client *c);
void client_stop(struct client *c);	/* also from a signal handler */
/* client_reply, from the frame callback: a text of at most VENUE_ANSWER_MAX
 * is sent as soon as it can be; an answer that was not sent yet gives way. */
void client_reply(struct client *c, size_t connection, const char *text);
/* client_redial, from the frame callback: this connection is lost after it,
 * for a reason of the caller's, and dialled anew. */
void client_redial(struct client *c, size_t connection, const char *why);
void client_destroy(struct client *c);	/* accepts NULL */

#endif
