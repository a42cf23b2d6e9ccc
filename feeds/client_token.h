/* feeds/client_token.h - a token, and with it an address, asked for over HTTP
 * before each attempt.  Private to client*.c.
 */
#ifndef FEEDS_CLIENT_TOKEN_H
#define FEEDS_CLIENT_TOKEN_H

#include "feeds/client_state.h"

/* token_callback is conn_callback while c asks for its token. */
int token_callback(struct conn *c, struct lws *wsi,
    enum lws_callback_reasons reason, void *in, size_t len);

#endif
