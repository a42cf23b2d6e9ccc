/* oracle/http_get.h - one GET of a running service's api, for commands.
 *
 * Follows no redirect, asks no proxy, verifies TLS.  Limits: HTTP_GET_MS, the
 * body's own ceiling (text_init).  No thread but the caller's. */
#ifndef ORACLE_HTTP_GET_H
#define ORACLE_HTTP_GET_H

#include "oracle/config.h"
#include "oracle/text.h"

#define HTTP_GET_MS 5000
#define HTTP_GET_WHY 160u

struct http_get;
MUST_CHECK enum err http_get_open(struct http_get **out);	/* ERR_LIMIT */
/* http_get appends the body to `body`.  ERR_IO: nobody answers, ERR_LIMIT: too
 * long, ERR_STALE: 503, ERR_REFUSED: another status than 200; *why says it. */
MUST_CHECK enum err http_get(struct text *body, char why[HTTP_GET_WHY],
    struct http_get *g, const char *url);
void http_get_close(struct http_get *g);	/* accepts NULL */

/* http_get_address writes http://HOST:PORT of a config's api.  ERR_MISSING
 * where it has none. */
#define HTTP_ADDRESS_MAX 512u
MUST_CHECK enum err http_get_address(char out[HTTP_ADDRESS_MAX],
    const struct config *c);

#endif
