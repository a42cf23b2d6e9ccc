/* feeds/client_conn.h - one connection of the client while it is open:
 * subscribe, receive, answer, rotate; and what lws says of it.  Private to
 * client*.c.
 */
#ifndef FEEDS_CLIENT_CONN_H
#define FEEDS_CLIENT_CONN_H

#include "feeds/client_state.h"

/* conn_init fills an empty conn; the errors are client_create's. */
MUST_CHECK enum err conn_init(struct conn *c, struct client *client,
    size_t slot, const struct client_connection *from);
/* conn_redial: from the frame callback (client_redial). */
void conn_redial(struct conn *c, const char *why);
/* conn_leave: the same (client_leave). */
bool conn_leave(struct conn *c);
/* conn_callback handles lws's callbacks for c; lws's answer. */
int conn_callback(struct conn *c, struct lws *wsi,
    enum lws_callback_reasons reason, void *user, void *in, size_t len);

#endif
