/* feeds/client_lose.h - how a connection ends, and when it is dialled again.
 * Private to client*.c.
 */
#ifndef FEEDS_CLIENT_LOSE_H
#define FEEDS_CLIENT_LOSE_H

#include "feeds/client_state.h"

/* So many failures in a row reach the longest backoff. */
#define CONN_DOUBLINGS_MAX 6u

/* conn_lose ends the attempt, says why, and schedules the next (the client's
 * dial); after it c->wsi is gone.  conn_let_go is the part of it that leaves
 * the wsi and its timers. */
void conn_lose(struct conn *c, const char *why);
void conn_let_go(struct conn *c);

#endif
