/* oracle/api_server.h - the sockets of the api: one listener, HTTP answers,
 * websocket streams, and the role's own wires, in one libwebsockets loop.
 *
 * Limits: requests of at most 8 KiB of headers, which must have come within
 *         5 s; connections_max at once (a further one is closed); a token
 *         bucket per address; SERVER_BODIES_MAX bytes of answers waiting for
 *         slow readers.
 * Refuses: methods other than GET and HEAD; a Host that is not ours while
 *         listening on loopback (DNS rebinding); a websocket whose Origin is
 *         another site's.
 */
#ifndef ORACLE_API_SERVER_H
#define ORACLE_API_SERVER_H

#include "oracle/api.h"

#define SERVER_HEADER_MAX 8192u
#define SERVER_HEADER_SECONDS 5u
#define SERVER_IDLE_SECONDS 30u
#define SERVER_SEND_SECONDS 20u	/* of no progress */
#define SERVER_BODIES_MAX (64u * 1024u * 1024u)
#define SERVER_SEND_BUFFER (128 * 1024)	/* the kernel's, for a reader */
#define SERVER_TICK_MS 50u

struct server_options {
	const char *host;	/* to listen on: an address */
	uint16_t port;		/* 0: any free one */
	uint16_t connections_max;
	unsigned rate, burst;	/* per address: a second, and at once */
	/* Each SERVER_TICK_MS. */
	void (*on_tick)(void *arg, uint64_t now_ms);
	/* A watched descriptor is readable; false: forget it. */
	bool (*on_readable)(void *arg, int fd);
	void *arg;
};

struct server;

/* server_create listens.  ERR_IO, and *why says at what (static text; errno
 * has more); ERR_SYNTAX for a host that is no address. */
MUST_CHECK enum err server_create(struct server **out, struct api *api,
    const struct server_options *o, const char **why);
void server_destroy(struct server *s);	/* accepts NULL */
uint16_t server_port(const struct server *s);
/* server_watch looks at fd from now on; it keeps its own duplicate and calls
 * on_readable with fd.  Watching an fd again replaces the older watch. */
MUST_CHECK enum err server_watch(struct server *s, int fd);
/* server_service turns the loop once; false after server_stop. */
bool server_service(struct server *s);
void server_stop(struct server *s);
/* server_poke: tick as soon as the loop turns. */
void server_poke(struct server *s);

#endif
