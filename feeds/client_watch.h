/* feeds/client_watch.h - a descriptor in the client's loop.  Private to
 * client*.c.
 */
#ifndef FEEDS_CLIENT_WATCH_H
#define FEEDS_CLIENT_WATCH_H

#include "feeds/client_state.h"

/* watch_start has fd, which stays the caller's, watched as w.  ERR_IO. */
MUST_CHECK enum err watch_start(struct watch *w, struct client *c,
    enum client_kind kind, int fd);
/* watch_stop: lws closes its copy; nothing where it did already. */
void watch_stop(struct watch *w);

#endif
