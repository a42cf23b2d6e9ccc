/* feeds/client_names.h - the client's questions for addresses of names
 * (resolve.h).  Private to client*.c.
 */
#ifndef FEEDS_CLIENT_NAMES_H
#define FEEDS_CLIENT_NAMES_H

#include "feeds/client_state.h"

/* client_ask_name asks for the address of conn_host(k), for wait_ms; where
 * another connection waits for the same, its answer will be k's too.  The
 * look-up threads are started where there are none. */
MUST_CHECK enum err client_ask_name(struct client *c, struct conn *k,
    unsigned wait_ms);
/* client_names_drop: the next question opens other threads; what was asked of
 * these is lost, and who waits for it gives up at once. */
void client_names_drop(struct client *c);

#endif
