/* feeds/client.h - the websocket side towards exchanges (libwebsockets).
 *
 * Connections, several a venue where its documents limit one (feeds_plan.h of
 * oracle/), each redialled by itself with jittered backoff, messages reassembled
 * up to FRAME_BYTES_MAX (more drops the connection, by name), application and
 * protocol pings, and a deadline for mute connections.  TLS verifies peer and
 * host, TLS 1.2 at least; there is no switch against it.  A plain ws://
 * address is accepted for loopback hosts only (client_url.h).  Redirects are
 * not followed, the environment's http_proxy is not used.
 *
 * Backoff: the k-th failure in a row (from 0) waits between half and the whole
 * of min(500 ms * 2^k, 30 s).  The count returns to zero with the first
 * message that arrives at least 10 s after the connection was made, so a venue
 * that accepts and falls over, or accepts and stays silent, is not hammered.
 * After a message above FRAME_BYTES_MAX it is the longest at once: the same
 * snapshot would come again.
 * And a venue's attempts keep its pace (dial_pause_ms, dial_burst): many
 * connections that fail at once queue up, in the order of their backoffs.
 * Mute counts messages only: a pong of the protocol is no sign of prices.
 *
 * A venue that hands out tokens (struct venue's token_url) is asked for one
 * before each attempt: a POST without a body, over TLS as above, an answer of
 * at most CLIENT_TOKEN_MAX bytes and status 200 within CLIENT_TOKEN_MS, look-up
 * included.  The address in it is checked as any other, and plain ws taken only
 * from an answer that came plainly.  A failure is a lost attempt.
 *
 * Before a venue's own cut (rotate_ms), or when it says that it will close a
 * connection (client_leave), a successor is dialled beside the old one, which
 * goes CLIENT_OVERLAP_MS after the successor has subscribed and said something.
 * For the time in between both report, each through a slot of its own: connection
 * i through i or i + count.  Without takes_successors the old one goes first.
 *
 * Owns:   its lws context, a buffer of FRAME_BYTES_MAX a slot, and the
 *         threads for look-ups of names (resolve.h), started with the first
 *         that is needed (inside client_service: after a sandbox was entered,
 *         which must let them read the resolver's files).  Reports through callbacks
 *         on the caller's thread, inside client_service only; a callback may
 *         call client_stop, client_watch and client_unwatch.  Does not log.
 */
#ifndef FEEDS_CLIENT_H
#define FEEDS_CLIENT_H

#include "feeds/client_check.h"
#include "feeds/client_connection.h"

struct client;

/* client_create copies what it needs of connections.  ca_file (PEM) is then the
 * only store; NULL: the system's, read here and not later.  seed keys the
 * jitter.  What client_check says: *bad is the connection.  ERR_LIMIT for too
 * many connections and ERR_IO (a store that cannot be read, no memory): *bad is
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
void client_reply(struct client *c, size_t slot, const char *text);
/* client_redial, from the frame callback: this connection is lost after it,
 * for a reason of the caller's, and dialled anew. */
void client_redial(struct client *c, size_t slot, const char *why);
/* client_leave, from the frame callback: the venue will close this connection.
 * Its successor is dialled at once, but no sooner than CLIENT_LEAVE_MS after it
 * opened, so that a venue that says so each time is not hammered.  False where
 * that was said before. */
bool client_leave(struct client *c, size_t slot);
void client_destroy(struct client *c);	/* accepts NULL */

#endif
