/* feeds/client_dial.h - from the decision to dial to a request on its way: its
 * turn, a token where the venue hands them out (client_token.h reads it), the
 * name, the upgrade.  Private to client*.c.
 */
#ifndef FEEDS_CLIENT_DIAL_H
#define FEEDS_CLIENT_DIAL_H

#include "feeds/client_state.h"
#include "feeds/resolve.h"

/* conn_start dials from inside the loop, as soon as it is its turn. */
void conn_start(struct conn *c);
/* conn_dial is the timer's call that begins an attempt: the client's dial. */
void conn_dial(lws_sorted_usec_list_t *sul);
/* conn_locate looks up where to go now and goes there. */
void conn_locate(struct conn *c);
/* conn_answer takes the answer to the connection's look-up. */
void conn_answer(struct conn *c, const struct resolve_answer *a);
/* conn_add_agent: what each request says of us; lws's answer. */
int conn_add_agent(struct lws *wsi, unsigned char **p, size_t room);

#endif
