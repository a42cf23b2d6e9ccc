/* feeds/sim_http.h - what a client asks for over HTTP before it connects: a
 * venue's POST that takes nothing and answers one document.  Private to
 * sim*.c. */
#ifndef FEEDS_SIM_HTTP_H
#define FEEDS_SIM_HTTP_H

#include "feeds/sim_peer.h"

/* The steps of lws's callback: the request, its body's end, the answer; lws's
 * answers. */
int sim_http_request(struct sim_peer *p, struct lws *wsi,
    struct sim_listener *l);
int sim_http_body(struct sim_peer *p, struct lws *wsi);
int sim_http_write(struct sim_peer *p, struct lws *wsi);

#endif
