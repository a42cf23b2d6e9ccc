#include "feeds/client_dial.h"

#include "base/must.h"
#include "feeds/client_lose.h"
#include "feeds/client_names.h"

#include <netdb.h>
#include <string.h>

#define DIAL_MS_MAX 15000u	/* look-up, TCP, TLS and upgrade together */

/* A silent peer is asked after 15 s and given up after 30 s. */
static const lws_retry_bo_t keepalive = {
	.secs_since_valid_ping = 15,
	.secs_since_valid_hangup = 30,
};

/* How long until c may dial; who has to wait has then reserved its turn.  The
 * pace is that of a bucket which a dial fills and time empties: due_us is when
 * it will be empty. */
static lws_usec_t
turn_take(struct conn *c)
{
	const struct venue *v = c->venue;
	lws_usec_t pause = (lws_usec_t)v->dial_pause_ms * LWS_US_PER_MS;
	lws_usec_t now = lws_now_usecs(), turn;

	if (c->has_turn) {
		c->has_turn = false;
		return 0;
	}
	turn = c->pace->due_us;
	if (v->dial_burst > 1)
		turn -= (lws_usec_t)(v->dial_burst - 1) * pause;
	if (turn < now)
		turn = now;
	if (c->pace->due_us < turn)
		c->pace->due_us = turn;
	c->pace->due_us += pause;
	c->has_turn = turn > now;
	return turn - now;
}

static void
dial_expired(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, timer);

	if (c->state == CONN_RESOLVING && c->question_until_us == 0)
		conn_lose(c, "the look-up of the name was lost");
	else if (c->is_asking)
		conn_lose(c, c->state == CONN_RESOLVING ?
		    "the token's name was not resolved in time" :
		    "no token in time");
	else
		conn_lose(c, c->state == CONN_RESOLVING ?
		    "the name was not resolved in time" :
		    "no connection in time");
}

static void
conn_connect(struct conn *c, const char *numeric)
{
	const struct client_url *url = c->is_asking ? &c->token_url : &c->url;
	struct lws_client_connect_info info;
	struct lws *wsi;

	c->state = c->is_asking ? CONN_ASKING : CONN_DIALLING;
	c->why[0] = '\0';
	c->dials++;
	c->message_len = 0;
	memset(&info, 0, sizeof(info));
	info.context = c->client->context;
	info.address = numeric;
	info.port = url->port;
	info.path = url->path;
	/* lws verifies the certificate against this name, without port. */
	info.host = url->authority;
	info.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
	if (url->is_tls)
		info.ssl_connection |= LCCSCF_USE_SSL;
	info.alpn = "http/1.1";
	info.method = c->is_asking ? "POST" : NULL;
	info.local_protocol_name = "venue";
	info.ietf_version_or_minus_one = -1;
	info.opaque_user_data = c;
	info.pwsi = &c->wsi;
	info.retry_and_idle_policy = &keepalive;
	wsi = lws_client_connect_via_info(&info);
	if (wsi != NULL)
		return;
	/* The wsi is freed; an error callback may have told already. */
	c->wsi = NULL;
	if (c->state == CONN_DIALLING || c->state == CONN_ASKING)
		conn_lose(c, c->why[0] != '\0' ? c->why : "cannot connect");
}

void
conn_locate(struct conn *c)
{
	const struct client_url *url = c->is_asking ? &c->token_url : &c->url;
	unsigned wait_ms = c->is_asking ? CLIENT_TOKEN_MS : DIAL_MS_MAX;

	conn_timer(c, dial_expired, (lws_usec_t)wait_ms * LWS_US_PER_MS);
	if (url->numeric[0] != '\0') {
		conn_connect(c, url->numeric);
		return;
	}
	c->state = CONN_RESOLVING;
	if (client_ask_name(c->client, c, wait_ms) != ERR_OK)
		conn_lose(c, "cannot ask for the name's address");
}

void
conn_dial(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, timer);
	lws_usec_t wait_us;

	MUST(c->state == CONN_WAITING && c->wsi == NULL);
	wait_us = turn_take(c);
	if (wait_us > 0) {
		conn_timer(c, conn_dial, wait_us);
		return;
	}
	c->is_asking = c->has_token_url;
	conn_locate(c);
}

void
conn_answer(struct conn *c, const struct resolve_answer *a)
{
	if (c->state != CONN_RESOLVING || a->id != c->question)
		return;
	if (a->gai_error != 0) {
		conn_why(c, "cannot resolve %s: %s", conn_host(c),
		    gai_strerror(a->gai_error));
		conn_lose(c, c->why);
		return;
	}
	MUST(a->count > 0 && a->count <= RESOLVE_ADDRESSES_MAX);
	/* The next attempt takes the host's next address. */
	conn_connect(c, a->address[c->dials % a->count]);
}

void
conn_start(struct conn *c)
{
	c->state = CONN_WAITING;
	c->has_turn = false;
	conn_timer(c, conn_dial, 1);
}

int
conn_add_agent(struct lws *wsi, unsigned char **p, size_t room)
{
	static const char agent[] = "margind/" MARGIND_VERSION;

	return lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_USER_AGENT,
	    (const unsigned char *)agent, (int)sizeof(agent) - 1, p,
	    *p + room) != 0 ? -1 : 0;
}
