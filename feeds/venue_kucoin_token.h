/* feeds/venue_kucoin_token.h - where KuCoin's websocket is to be had.
 *
 * KuCoin answers POST /api/v1/bullet-public with a token and the servers that
 * take it.  This reads the answer and writes the address; the HTTP is the
 * caller's.  Pure.  Source: kucoin.com/docs-new, Get Public Token.
 *
 * Limits: an answer of VENUE_KUCOIN_ANSWER_MAX bytes; an address as
 *         feeds/client_url.h takes it, so plain ws stays on this machine.
 */
#ifndef FEEDS_VENUE_KUCOIN_TOKEN_H
#define FEEDS_VENUE_KUCOIN_TOKEN_H

#include "base/types.h"

struct venue_dial;	/* feeds/venue.h */

#define VENUE_KUCOIN_ANSWER_MAX 16384u
/* With their NULs; an address of any parts fits. */
#define VENUE_KUCOIN_ENDPOINT_MAX 160u
#define VENUE_KUCOIN_TOKEN_MAX 640u
#define VENUE_KUCOIN_ADDRESS_MAX 1024u
#define VENUE_KUCOIN_ID_MAX 64u	/* characters of a connection's id */
/* A ping is asked for no oftener and no more rarely than this. */
#define VENUE_KUCOIN_PING_MS_MIN 1000u
#define VENUE_KUCOIN_PING_MS_MAX 120000u

struct venue_kucoin_token {
	char endpoint[VENUE_KUCOIN_ENDPOINT_MAX];
	char token[VENUE_KUCOIN_TOKEN_MAX];
	uint32_t ping_ms;	/* how often a ping is due */
};

/* venue_kucoin_token_read takes the first server whose protocol is websocket.
 * ERR_REFUSED: KuCoin says no (its code is not "200000"), or the server is
 * plain ws on another machine; ERR_UNKNOWN: no such server; else ERR_SYNTAX,
 * ERR_MISSING, ERR_DUPLICATE, ERR_RANGE, ERR_LIMIT. */
MUST_CHECK enum err venue_kucoin_token_read(struct venue_kucoin_token *out,
    const char *text, size_t len);

/* venue_kucoin_token_address writes the address to dial, NUL-terminated.
 * connect_id: 1 to VENUE_KUCOIN_ID_MAX letters, digits and '-' (ERR_SYNTAX);
 * ERR_LIMIT where it does not fit. */
MUST_CHECK enum err venue_kucoin_token_address(char *out, size_t size,
    const struct venue_kucoin_token *t, const char *connect_id);

/* venue_kucoin_token_take reads and writes at once, with the errors of both:
 * struct venue's token_take. */
MUST_CHECK enum err venue_kucoin_token_take(struct venue_dial *out,
    const char *text, size_t len, const char *connect_id);

#endif
