/* feeds/client_url.h - the address of a websocket server, or of an HTTP one
 * that is asked for it.  Pure.
 *
 *   ("wss" | "ws") "://" host [":" port] ["/" path]
 *   ("https" | "http") "://" host [":" port] ["/" path]
 *
 * host is a name of letters, digits, '-' and '.', an IPv4 address, or, for ws
 * and http only, [::1].  These two are accepted for 127.0.0.1, localhost and
 * [::1] alone.  No user, no fragment, no blank, no control character.
 *
 * Limits: CLIENT_HOST_MAX, CLIENT_PATH_MAX.
 */
#ifndef FEEDS_CLIENT_URL_H
#define FEEDS_CLIENT_URL_H

#include "base/types.h"

#define CLIENT_HOST_MAX 128u	/* with its NUL; lws cuts longer ones */
#define CLIENT_PATH_MAX 1024u	/* with its NUL */

struct client_url {
	bool is_tls;
	uint16_t port;
	char host[CLIENT_HOST_MAX];		/* what the certificate names */
	char authority[CLIENT_HOST_MAX + 8];	/* of the Host header */
	char path[CLIENT_PATH_MAX];
	/* The numeric address where the host is one, or is localhost;
	 * empty: the name must be looked up. */
	char numeric[48];
};

/* client_url_parse returns ERR_SYNTAX for a bad address, ERR_LIMIT for a long
 * one, ERR_REFUSED for plain ws to another machine; client_url_parse_http the
 * same of an HTTP address. */
MUST_CHECK enum err client_url_parse(struct client_url *out, const char *url);
MUST_CHECK enum err client_url_parse_http(struct client_url *out,
    const char *url);

#endif
