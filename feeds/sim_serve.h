/* feeds/sim_serve.h - websockets served: a client comes, its messages in, its
 * queue out, it goes.  Private to sim*.c. */
#ifndef FEEDS_SIM_SERVE_H
#define FEEDS_SIM_SERVE_H

#include "feeds/sim_state.h"

#define SIM_TARGET_MAX 2048u	/* path and query of a client's request */

/* sim_callback is lws's of every listener; user is a struct sim_peer. */
int sim_callback(struct lws *wsi, enum lws_callback_reasons reason,
    void *user, void *in, size_t len);

#endif
