#include "feeds/client_token.h"

#include "feeds/client_dial.h"
#include "feeds/client_lose.h"

#include <stdio.h>
#include <string.h>

_Static_assert(CLIENT_TOKEN_MAX <= FRAME_BYTES_MAX, "it is kept there");

#define READ_BYTES 4096

/* A POST without a body still has to say that it has none. */
static int
add_headers(struct lws *wsi, unsigned char **p, size_t room)
{
	unsigned char *end = *p + room;

	return lws_add_http_header_by_token(wsi,
	    WSI_TOKEN_HTTP_CONTENT_LENGTH, (const unsigned char *)"0", 1, p,
	    end) != 0 ? -1 : conn_add_agent(wsi, p, (size_t)(end - *p));
}

static int
token_begins(struct conn *c, struct lws *wsi)
{
	unsigned status = lws_http_client_http_response(wsi);

	if (status == 200)
		return 0;
	conn_why(c, "the token was refused with HTTP %u", status);
	conn_lose(c, c->why);
	return -1;
}

/* lws hands the answer over in RECEIVE_CLIENT_HTTP_READ, below. */
static int
token_read(struct lws *wsi)
{
	char bytes[LWS_PRE + READ_BYTES];
	char *at = bytes + LWS_PRE;
	int len = READ_BYTES;

	return lws_http_client_read(wsi, &at, &len) < 0 ? -1 : 0;
}

static int
token_piece(struct conn *c, const char *in, size_t len)
{
	if (len > CLIENT_TOKEN_MAX - c->message_len) {
		conn_why(c, "the token's answer is above %u bytes",
		    CLIENT_TOKEN_MAX);
		conn_lose(c, c->why);
		return -1;
	}
	memcpy(c->message + c->message_len, in, len);
	c->message_len += len;
	return 0;
}

/* An answer that came plainly may lead to a plain address (on this machine),
 * one that came over TLS may not.  Where nothing else of ours is TLS there is
 * nothing to verify a certificate with. */
static enum err
address_take(struct conn *c, struct venue_dial *dial)
{
	struct client_url url;
	char id[20];
	enum err e;

	snprintf(id, sizeof(id), "%016llx",
	    (unsigned long long)client_random(c->client));
	e = c->venue->token_take(dial, c->message, c->message_len, id);
	if (e == ERR_OK)
		e = client_url_parse(&url, dial->url);
	if (e == ERR_OK && c->token_url.is_tls && !url.is_tls)
		e = ERR_REFUSED;
	if (e == ERR_OK && url.is_tls && c->client->tls == NULL)
		e = ERR_STATE;
	if (e == ERR_OK)
		c->url = url;
	return e;
}

static int
token_ends(struct conn *c)
{
	struct venue_dial dial;
	enum err e = address_take(c, &dial);

	if (e != ERR_OK) {
		conn_why(c, "the token's answer is refused (%s)",
		    err_name(e));
		conn_lose(c, c->why);
		return -1;
	}
	c->ping_ms = dial.ping_ms < c->venue->ping_ms ? dial.ping_ms :
	    c->venue->ping_ms;
	conn_let_go(c);
	c->is_asking = false;
	conn_locate(c);
	return -1;	/* of the wsi that asked */
}

int
token_callback(struct conn *c, struct lws *wsi,
    enum lws_callback_reasons reason, void *in, size_t len)
{
	if (reason == LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER)
		return add_headers(wsi, in, len);
	if (reason == LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP)
		return token_begins(c, wsi);
	if (reason == LWS_CALLBACK_RECEIVE_CLIENT_HTTP)
		return token_read(wsi);
	if (reason == LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ)
		return token_piece(c, in, len);
	if (reason == LWS_CALLBACK_COMPLETED_CLIENT_HTTP)
		return token_ends(c);
	return 0;
}
