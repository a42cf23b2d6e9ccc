#include "feeds/client_conn.h"

#include "base/must.h"
#include "feeds/client_check.h"
#include "feeds/client_dial.h"
#include "feeds/client_lose.h"
#include "feeds/client_token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEALTHY_US (10 * LWS_USEC_PER_SEC)

/* The successor speaks: who spoke before it goes. */
static void
overlap_expired(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, overlap_timer);
	struct conn *old = c->twin;

	MUST(c->is_successor && old->state == CONN_OPEN);
	c->is_successor = c->is_taking_over = false;
	conn_let_go(old);
	old->state = CONN_IDLE;
	old->failures = 0;
	conn_tell(old, CLIENT_REPLACED, "its successor has been heard");
}

/* --- open ---------------------------------------------------------------- */

static void
mute_check(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, timer);
	uint64_t silent_ms = (uint64_t)(lws_now_usecs() - c->heard_us) /
	    LWS_US_PER_MS;

	if (silent_ms < c->venue->mute_ms_max) {
		conn_timer(c, mute_check, (lws_usec_t)(c->venue->mute_ms_max -
		    silent_ms) * LWS_US_PER_MS);
		return;
	}
	conn_why(c, "no message for %llu ms", (unsigned long long)silent_ms);
	conn_tell(c, CLIENT_MUTE, c->why);
	conn_lose(c, c->why);
}

static void
ping_arm(struct conn *c, sul_cb_t call)
{
	if (c->venue->ping != NULL && c->ping_ms > 0)
		lws_sul_schedule(c->client->context, 0, &c->ping_timer, call,
		    (lws_usec_t)c->ping_ms * LWS_US_PER_MS);
}

static void
ping_expired(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, ping_timer);

	c->ping_is_due = true;
	lws_callback_on_writable(c->wsi);
	ping_arm(c, ping_expired);
}

/* A successor is dialled, or, where there can be none, the next attempt made
 * as soon as it is its turn. */
static void
rotate_expired(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, rotate_timer);

	if (c->twin == NULL) {
		conn_lose(c, c->is_leaving ? "the venue will close it" :
		    "it is time for another connection");
		conn_timer(c, conn_dial, 1);
		return;
	}
	if (c->is_successor) {	/* and not heard yet */
		lws_sul_schedule(c->client->context, 0, &c->rotate_timer,
		    rotate_expired, CLIENT_OVERLAP_MS * LWS_US_PER_MS);
		return;
	}
	if (c->twin->is_successor)	/* under way */
		return;
	MUST(c->twin->state == CONN_IDLE);
	c->twin->is_successor = true;
	conn_start(c->twin);
}

bool
conn_leave(struct conn *c)
{
	lws_usec_t from_us = c->opened_us + CLIENT_LEAVE_MS * LWS_US_PER_MS;
	lws_usec_t now_us = lws_now_usecs();

	if (c->is_leaving || c->state != CONN_OPEN)
		return false;
	c->is_leaving = true;
	lws_sul_schedule(c->client->context, 0, &c->rotate_timer,
	    rotate_expired, from_us > now_us ? from_us - now_us : 1);
	return true;
}

static void
pause_expired(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, pause_timer);

	c->is_pausing = false;
	lws_callback_on_writable(c->wsi);
}

/* Our next subscribe message may be written at once, or when the venue
 * allows. */
static void
subscribe_in(struct conn *c, unsigned ms)
{
	c->is_pausing = ms > 0;
	if (ms == 0)
		lws_callback_on_writable(c->wsi);
	else
		lws_sul_schedule(c->client->context, 0, &c->pause_timer,
		    pause_expired, (lws_usec_t)ms * LWS_US_PER_MS);
}

static int
conn_opened(struct conn *c)
{
	c->state = CONN_OPEN;
	c->opened_us = c->heard_us = lws_now_usecs();
	c->subscribe_next = 0;
	c->is_subscribed = c->ping_is_due = false;
	c->message_len = 0;
	c->why[0] = '\0';
	conn_timer(c, mute_check, (lws_usec_t)c->venue->mute_ms_max *
	    LWS_US_PER_MS);
	ping_arm(c, ping_expired);
	if (c->venue->rotate_ms > 0)
		lws_sul_schedule(c->client->context, 0, &c->rotate_timer,
		    rotate_expired, (lws_usec_t)c->venue->rotate_ms *
		    LWS_US_PER_MS);
	subscribe_in(c, c->venue->subscribe_wait_ms);
	conn_tell(c, CLIENT_CONNECTED, c->url.authority);
	return 0;
}

static int
conn_write(struct conn *c, size_t len)
{
	/* Before: lws masks it where it lies. */
	if (c->client->call.sent)
		c->client->call.sent(c->client->call.arg, c->slot,
		    (const char *)c->client->out + LWS_PRE, len);
	if (lws_write(c->wsi, c->client->out + LWS_PRE, len,
	    LWS_WRITE_TEXT) < (int)len) {
		conn_lose(c, "cannot write");
		return -1;
	}
	return 0;
}

/* What is due besides subscriptions: an answer, then a ping. */
static int
conn_say(struct conn *c)
{
	char *out = (char *)c->client->out + LWS_PRE;
	size_t len = strlen(c->answer);

	if (len > 0) {
		memcpy(out, c->answer, len);
		c->answer[0] = '\0';
		if (c->ping_is_due)
			lws_callback_on_writable(c->wsi);
		return conn_write(c, len);
	}
	if (!c->ping_is_due)
		return 0;
	c->ping_is_due = false;
	len = strlen(c->venue->ping);
	memcpy(out, c->venue->ping, len + 1);
	venue_time_put(out, (uint64_t)time(NULL));
	return conn_write(c, len);
}

/* One lws_write a callback: subscriptions first, in order, then the rest. */
static int
conn_writeable(struct conn *c)
{
	char *out = (char *)c->client->out + LWS_PRE;
	size_t len = 0;

	if (!c->is_subscribed && !c->is_pausing) {
		if (c->venue->subscribe(out, VENUE_SUBSCRIBE_MAX, &len,
		    c->subscribe_next, c->symbol_refs,
		    c->symbol_count) != ERR_OK) {
			conn_lose(c, "cannot write the subscription");
			return -1;
		}
		if (len > 0) {
			c->subscribe_next++;
			subscribe_in(c, c->venue->subscribe_pause_ms);
			venue_time_put(out, (uint64_t)time(NULL));
			return conn_write(c, len);
		}
		c->is_subscribed = true;
		conn_tell(c, CLIENT_SUBSCRIBED, "");
	}
	return conn_say(c);
}

void
conn_redial(struct conn *c, const char *why)
{
	conn_why(c, "%s", why);
	c->must_redial = true;
}

static void
successor_heard(struct conn *c)
{
	if (!c->is_subscribed || c->is_taking_over)
		return;
	c->is_taking_over = true;
	lws_sul_schedule(c->client->context, 0, &c->overlap_timer,
	    overlap_expired, CLIENT_OVERLAP_MS * LWS_US_PER_MS);
}

/* Answers -1 where the connection is gone. */
static int
conn_message(struct conn *c, const char *text, size_t len)
{
	c->heard_us = lws_now_usecs();
	if (c->heard_us - c->opened_us >= HEALTHY_US)
		c->failures = 0;
	if (c->is_successor)
		successor_heard(c);
	c->client->call.frame(c->client->call.arg, c->slot, text, len);
	if (!c->must_redial)
		return 0;
	conn_lose(c, c->why);
	return -1;
}

static int
conn_receive(struct conn *c, struct lws *wsi, const char *in, size_t len)
{
	bool is_last = lws_is_final_fragment(wsi) != 0;

	if (len > FRAME_BYTES_MAX - c->message_len) {
		/* A snapshot of this size comes again with each attempt. */
		if (c->failures < CONN_DOUBLINGS_MAX)
			c->failures = CONN_DOUBLINGS_MAX;
		conn_why(c, "a message above the cap of %u bytes",
		    FRAME_BYTES_MAX);
		conn_tell(c, CLIENT_OVERSIZE, c->why);
		conn_lose(c, c->why);
		return -1;
	}
	if (is_last && c->message_len == 0)
		return conn_message(c, in, len);
	memcpy(c->message + c->message_len, in, len);
	c->message_len += len;
	if (!is_last)
		return 0;
	len = c->message_len;
	c->message_len = 0;
	return conn_message(c, c->message, len);
}

/* --- what went wrong ----------------------------------------------------- */

/* OpenSSL's verdict on the chain or the name, seen from its own callback:
 * lws's later text names neither. */
static void
note_certificate(struct conn *c, X509_STORE_CTX *x509)
{
	int e = X509_STORE_CTX_get_error(x509);

	if (e != X509_V_OK)
		conn_why(c, "certificate refused: %s",
		    X509_verify_cert_error_string(e));
}

static void
conn_failed(struct conn *c, struct lws *wsi, const char *in, size_t len)
{
	unsigned status = lws_http_client_http_response(wsi);
	const char *alert = c->client->alert;
	bool is_tls = c->is_asking ? c->token_url.is_tls : c->url.is_tls;

	if (c->why[0] != '\0')
		;	/* the certificate has been named */
	else if (c->is_asking && status != 0 && status != 200)
		conn_why(c, "the token was refused with HTTP %u", status);
	else if (status != 0 && status != 101)
		conn_why(c, "the upgrade was refused with HTTP %u", status);
	else if (is_tls && alert != NULL)
		conn_why(c, "TLS: %s", alert);
	else if (in != NULL && len > 0)
		conn_why(c, "%.*s", (int)(len < 120 ? len : 120), in);
	else
		conn_why(c, "cannot connect");
	c->client->alert = NULL;
	c->wsi = NULL;	/* dies after this callback */
	lws_set_opaque_user_data(wsi, NULL);
	conn_lose(c, c->why);
}

static void
note_peer_close(struct conn *c, const unsigned char *in, size_t len)
{
	if (len < 2)
		conn_why(c, "closed by the peer");
	else
		conn_why(c, "closed by the peer: %u%s%.*s",
		    (unsigned)in[0] << 8 | in[1], len > 2 ? " " : "",
		    (int)(len - 2), (const char *)in + 2);
}

static void
conn_gone(struct conn *c, struct lws *wsi)
{
	c->client->alert = NULL;
	lws_set_opaque_user_data(wsi, NULL);
	c->wsi = NULL;
	if (c->state == CONN_OPEN)
		conn_lose(c, c->why[0] != '\0' ? c->why :
		    "the connection broke");
	else if (c->state == CONN_DIALLING)
		conn_lose(c, c->why[0] != '\0' ? c->why : "cannot connect");
	else if (c->state == CONN_ASKING)
		conn_lose(c, c->why[0] != '\0' ? c->why :
		    "the token's answer broke off");
}

static int
conn_spoken(struct conn *c, struct lws *wsi, enum lws_callback_reasons reason,
    void *in, size_t len)
{
	if (reason == LWS_CALLBACK_CLIENT_RECEIVE)
		return conn_receive(c, wsi, in, len);
	if (reason == LWS_CALLBACK_CLIENT_WRITEABLE)
		return c->state == CONN_OPEN ? conn_writeable(c) : 0;
	if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED)
		return conn_opened(c);
	if (reason == LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER)
		return conn_add_agent(wsi, in, len);
	if (reason == LWS_CALLBACK_WS_PEER_INITIATED_CLOSE)
		note_peer_close(c, in, len);
	return 0;
}

int
conn_callback(struct conn *c, struct lws *wsi,
    enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	/* lws has some ninety reasons; those that are not ours say 0. */
	if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION)
		note_certificate(c, user);
	else if (reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR)
		conn_failed(c, wsi, in, len);
	else if (reason == LWS_CALLBACK_CLIENT_CLOSED ||
	    reason == LWS_CALLBACK_CLOSED_CLIENT_HTTP ||
	    reason == LWS_CALLBACK_WSI_DESTROY)
		conn_gone(c, wsi);
	else if (c->state == CONN_ASKING)
		return token_callback(c, wsi, reason, in, len);
	else
		return conn_spoken(c, wsi, reason, in, len);
	return 0;
}

static enum err
urls_take(struct conn *c, const struct client_connection *from)
{
	const char *token = from->token_url != NULL ? from->token_url :
	    c->venue->token_url;

	c->has_token_url = from->url == NULL && c->venue->token_url != NULL;
	if (c->has_token_url)
		return client_url_parse_http(&c->token_url, token);
	return client_url_parse(&c->url, from->url != NULL ? from->url :
	    c->venue->url);
}

enum err
conn_init(struct conn *c, struct client *client, size_t slot,
    const struct client_connection *from)
{
	enum client_part bad;
	enum err e;

	MUST(from->venue != NULL && from->venue->mute_ms_max > 0);
	MUST(from->venue->ping == NULL ||
	    strlen(from->venue->ping) <= VENUE_SUBSCRIBE_MAX);
	e = client_check(from, &bad);
	if (e != ERR_OK)
		return e;
	c->kind = KIND_CONN;
	c->state = CONN_IDLE;
	c->client = client;
	c->slot = slot;
	c->venue = from->venue;
	c->ping_ms = from->venue->ping_ms;
	e = urls_take(c, from);
	MUST(e == ERR_OK);
	for (size_t i = 0; i < from->symbol_count; i++) {
		snprintf(c->symbol[i], VENUE_SYMBOL_MAX, "%s",
		    from->symbols[i]);
		c->symbol_refs[i] = c->symbol[i];
	}
	c->symbol_count = from->symbol_count;
	MUST(c->venue->ping == NULL ||
	    strlen(c->venue->ping) < VENUE_SUBSCRIBE_MAX);
	c->message = malloc(FRAME_BYTES_MAX);
	return c->message != NULL ? ERR_OK : ERR_IO;
}
