/* feeds/client.h - the websocket side towards exchanges (libwebsockets).
 *
 * One connection a venue, each redialled by itself with jittered backoff (the
 * first try within one second, at most 30 s later on), messages reassembled
 * up to FRAME_BYTES_MAX (more drops the connection, by name), application and
 * protocol pings, and a deadline for mute connections.  TLS verifies peer and
 * host, TLS 1.2 at least; there is no switch against it.  A plain ws://
 * address is accepted for loopback hosts only.
 *
 * Owns:   its lws context.  Reports through callbacks on the caller's thread,
 *         inside client_service only.  Does not log.
 */
#ifndef FEEDS_CLIENT_H
#define FEEDS_CLIENT_H

#include "feeds/venue.h"

#define CLIENT_CONNECTIONS_MAX 64u

struct lws_context;
struct client;

enum client_event {
	CLIENT_CONNECTED, CLIENT_SUBSCRIBED, CLIENT_LOST,
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
	/* why is a short static or lws text, for one log line. */
	void (*event)(void *arg, size_t connection, enum client_event e,
	    const char *why);
	/* A descriptor given to client_watch has something to read. */
	void (*readable)(void *arg, int fd);
	void *arg;
};

/* client_create copies what it needs of connections.  ca_file NULL: the
 * system's store.  seed keys the jitter.  ERR_SYNTAX for a bad address (*bad
 * says which), ERR_LIMIT, ERR_IO. */
MUST_CHECK enum err client_create(struct client **out,
    const struct client_connection *connections, size_t count,
    const char *ca_file, const struct client_callbacks *callbacks,
    uint64_t seed, size_t *bad);
/* client_watch adds a descriptor to the loop (the wires of a process). */
MUST_CHECK enum err client_watch(struct client *c, int fd);
/* client_unwatch stops watching; the descriptor stays the caller's. */
void client_unwatch(struct client *c, int fd);
/* client_service runs the loop until something happened; false when
 * client_stop was called or the context broke. */
bool client_service(struct client *c);
void client_stop(struct client *c);
void client_destroy(struct client *c);	/* accepts NULL */

#endif
