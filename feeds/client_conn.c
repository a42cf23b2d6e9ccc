#include "feeds/client_conn.h"

#include "base/must.h"

#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BACKOFF_FIRST_MS 500u
#define BACKOFF_MAX_MS 30000u
#define DIAL_MS_MAX 15000u	/* look-up, TCP, TLS and upgrade together */
#define HEALTHY_US (10 * LWS_USEC_PER_SEC)

/* A silent peer is asked after 15 s and given up after 30 s. */
static const lws_retry_bo_t keepalive = {
	.secs_since_valid_ping = 15,
	.secs_since_valid_hangup = 30,
};

/* Texts come from lws, from TLS and from the peer: one printable line. */
__attribute__((format(printf, 2, 3)))
static void
why_set(struct conn *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->why, sizeof(c->why), format, ap);
	va_end(ap);
	for (char *p = c->why; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

static void
conn_timer(struct conn *c, sul_cb_t call, uint64_t ms)
{
	lws_sul_schedule(c->client->context, 0, &c->timer, call,
	    (lws_usec_t)ms * LWS_US_PER_MS);
}

static void
conn_tell(struct conn *c, enum client_event e, const char *why)
{
	c->client->call.event(c->client->call.arg, c->index, e, why);
}

static void conn_dial(lws_sorted_usec_list_t *sul);

static uint64_t
backoff_ms(struct conn *c)
{
	unsigned doublings = c->failures < 6 ? c->failures : 6;
	uint64_t whole = (uint64_t)BACKOFF_FIRST_MS << doublings;

	if (whole > BACKOFF_MAX_MS)
		whole = BACKOFF_MAX_MS;
	return whole / 2 + client_random(c->client) % (whole / 2);
}

/* conn_lose ends the attempt: the one place that reports CLIENT_LOST and
 * schedules the next. */
static void
conn_lose(struct conn *c, const char *why)
{
	MUST(c->state != CONN_WAITING);
	if (c->wsi != NULL) {
		lws_set_opaque_user_data(c->wsi, NULL);
		lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK,
		    LWS_TO_KILL_ASYNC);
		c->wsi = NULL;
	}
	lws_sul_cancel(&c->ping_timer);
	lws_sul_cancel(&c->pause_timer);
	lws_sul_cancel(&c->rotate_timer);
	c->state = CONN_WAITING;
	c->message_len = 0;
	c->must_redial = false;
	c->answer[0] = '\0';
	conn_timer(c, conn_dial, backoff_ms(c));
	if (c->failures < UINT16_MAX)
		c->failures++;
	conn_tell(c, CLIENT_LOST, why);
}

static void
dial_expired(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, timer);

	conn_lose(c, c->state == CONN_RESOLVING ?
	    "the name was not resolved in time" :
	    "no connection in time");
}

static void
conn_connect(struct conn *c, const char *numeric)
{
	struct lws_client_connect_info info;
	struct lws *wsi;

	c->state = CONN_DIALLING;
	c->why[0] = '\0';
	c->dials++;
	memset(&info, 0, sizeof(info));
	info.context = c->client->context;
	info.address = numeric;
	info.port = c->url.port;
	info.path = c->url.path;
	/* lws verifies the certificate against this name, without port. */
	info.host = c->url.authority;
	info.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
	if (c->url.is_tls)
		info.ssl_connection |= LCCSCF_USE_SSL;
	info.alpn = "http/1.1";
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
	if (c->state == CONN_DIALLING)
		conn_lose(c, c->why[0] != '\0' ? c->why : "cannot connect");
}

static void
conn_dial(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, timer);

	MUST(c->state == CONN_WAITING && c->wsi == NULL);
	conn_timer(c, dial_expired, DIAL_MS_MAX);
	if (c->url.numeric[0] != '\0') {
		conn_connect(c, c->url.numeric);
		return;
	}
	c->state = CONN_RESOLVING;
	c->question = ++c->client->questions;
	if (client_ask_name(c->client, c->question, c->url.host) != ERR_OK)
		conn_lose(c, "cannot ask for the name's address");
}

void
conn_answer(struct conn *c, const struct resolve_answer *a)
{
	if (c->state != CONN_RESOLVING || a->id != c->question)
		return;
	if (a->gai_error != 0) {
		why_set(c, "cannot resolve %s: %s", c->url.host,
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
	lws_sul_schedule(c->client->context, 0, &c->timer, conn_dial, 1);
}

/* --- open ---------------------------------------------------------------- */

static void
mute_check(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, timer);
	uint64_t silent_ms = (uint64_t)(lws_now_usecs() - c->heard_us) /
	    LWS_US_PER_MS;

	if (silent_ms < c->venue->mute_ms_max) {
		conn_timer(c, mute_check, c->venue->mute_ms_max - silent_ms);
		return;
	}
	why_set(c, "no message for %llu ms", (unsigned long long)silent_ms);
	conn_tell(c, CLIENT_MUTE, c->why);
	conn_lose(c, c->why);
}

static void
ping_arm(struct conn *c, sul_cb_t call)
{
	if (c->venue->ping != NULL && c->venue->ping_ms > 0)
		lws_sul_schedule(c->client->context, 0, &c->ping_timer, call,
		    (lws_usec_t)c->venue->ping_ms * LWS_US_PER_MS);
}

static void
ping_expired(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, ping_timer);

	c->ping_is_due = true;
	lws_callback_on_writable(c->wsi);
	ping_arm(c, ping_expired);
}

/* The next attempt is made as soon as the loop turns. */
static void
rotate_expired(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, rotate_timer);

	conn_lose(c, "it is time for another connection");
	conn_timer(c, conn_dial, 1);
}

static void
pause_expired(lws_sorted_usec_list_t *sul)
{
	struct conn *c = lws_container_of(sul, struct conn, pause_timer);

	c->is_pausing = false;
	lws_callback_on_writable(c->wsi);
}

/* After a subscribe message: the next at once, or when the venue allows. */
static void
subscribe_next(struct conn *c)
{
	c->subscribe_next++;
	if (c->venue->subscribe_pause_ms == 0) {
		lws_callback_on_writable(c->wsi);
		return;
	}
	c->is_pausing = true;
	lws_sul_schedule(c->client->context, 0, &c->pause_timer,
	    pause_expired, (lws_usec_t)c->venue->subscribe_pause_ms *
	    LWS_US_PER_MS);
}

static int
conn_opened(struct conn *c)
{
	c->state = CONN_OPEN;
	c->opened_us = c->heard_us = lws_now_usecs();
	c->subscribe_next = 0;
	c->is_subscribed = c->ping_is_due = c->is_pausing = false;
	c->message_len = 0;
	c->why[0] = '\0';
	conn_timer(c, mute_check, c->venue->mute_ms_max);
	ping_arm(c, ping_expired);
	if (c->venue->rotate_ms > 0)
		lws_sul_schedule(c->client->context, 0, &c->rotate_timer,
		    rotate_expired, (lws_usec_t)c->venue->rotate_ms *
		    LWS_US_PER_MS);
	lws_callback_on_writable(c->wsi);
	conn_tell(c, CLIENT_CONNECTED, c->url.authority);
	return 0;
}

static int
conn_write(struct conn *c, size_t len)
{
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
			venue_time_put(out, (uint64_t)time(NULL));
			subscribe_next(c);
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
	why_set(c, "%s", why);
	c->must_redial = true;
}

/* Answers -1 where the connection is gone. */
static int
conn_message(struct conn *c, const char *text, size_t len)
{
	c->heard_us = lws_now_usecs();
	if (c->heard_us - c->opened_us >= HEALTHY_US)
		c->failures = 0;
	c->client->call.frame(c->client->call.arg, c->index, text, len);
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
		why_set(c, "a message above %u bytes", FRAME_BYTES_MAX);
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
		why_set(c, "certificate refused: %s",
		    X509_verify_cert_error_string(e));
}

static void
conn_failed(struct conn *c, struct lws *wsi, const char *in, size_t len)
{
	unsigned status = lws_http_client_http_response(wsi);
	const char *alert = c->client->alert;

	if (c->why[0] != '\0')
		;	/* the certificate has been named */
	else if (status != 0 && status != 101)
		why_set(c, "the upgrade was refused with HTTP %u", status);
	else if (c->url.is_tls && alert != NULL)
		why_set(c, "TLS: %s", alert);
	else if (in != NULL && len > 0)
		why_set(c, "%.*s", (int)(len < 120 ? len : 120), in);
	else
		why_set(c, "cannot connect");
	c->client->alert = NULL;
	c->wsi = NULL;	/* dies after this callback */
	lws_set_opaque_user_data(wsi, NULL);
	conn_lose(c, c->why);
}

static void
note_peer_close(struct conn *c, const unsigned char *in, size_t len)
{
	if (len < 2)
		why_set(c, "closed by the peer");
	else
		why_set(c, "closed by the peer: %u %.*s",
		    (unsigned)in[0] << 8 | in[1], (int)(len - 2),
		    (const char *)in + 2);
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
}

static int
add_user_agent(struct lws *wsi, unsigned char **p, size_t room)
{
	static const char agent[] = "margind/" MARGIND_VERSION;

	return lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_USER_AGENT,
	    (const unsigned char *)agent, (int)sizeof(agent) - 1, p,
	    *p + room) != 0 ? -1 : 0;
}

int
conn_callback(struct conn *c, struct lws *wsi,
    enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	/* lws has some ninety reasons; those that are not ours say 0. */
	if (reason == LWS_CALLBACK_CLIENT_RECEIVE)
		return conn_receive(c, wsi, in, len);
	if (reason == LWS_CALLBACK_CLIENT_WRITEABLE)
		return c->state == CONN_OPEN ? conn_writeable(c) : 0;
	if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED)
		return conn_opened(c);
	if (reason == LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER)
		return add_user_agent(wsi, in, len);
	if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION)
		note_certificate(c, user);
	else if (reason == LWS_CALLBACK_WS_PEER_INITIATED_CLOSE)
		note_peer_close(c, in, len);
	else if (reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR)
		conn_failed(c, wsi, in, len);
	else if (reason == LWS_CALLBACK_CLIENT_CLOSED ||
	    reason == LWS_CALLBACK_WSI_DESTROY)
		conn_gone(c, wsi);
	return 0;
}

enum err
conn_init(struct conn *c, struct client *client, size_t index,
    const struct client_connection *from)
{
	char *out = (char *)client->out + LWS_PRE;
	size_t len = 1;
	enum err e;

	MUST(from->venue != NULL && from->venue->mute_ms_max > 0);
	if (from->symbol_count > VENUE_SYMBOLS_MAX)
		return ERR_LIMIT;
	c->kind = KIND_CONN;
	c->state = CONN_WAITING;
	c->client = client;
	c->index = index;
	c->venue = from->venue;
	e = client_url_parse(&c->url,
	    from->url != NULL ? from->url : from->venue->url);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < from->symbol_count; i++) {
		if (strlen(from->symbols[i]) >= VENUE_SYMBOL_MAX)
			return ERR_LIMIT;
		snprintf(c->symbol[i], VENUE_SYMBOL_MAX, "%s",
		    from->symbols[i]);
		c->symbol_refs[i] = c->symbol[i];
	}
	c->symbol_count = from->symbol_count;
	for (unsigned n = 0; len > 0; n++) {
		if (n == CONN_SUBSCRIBES_MAX)
			return ERR_LIMIT;
		e = c->venue->subscribe(out, VENUE_SUBSCRIBE_MAX, &len, n,
		    c->symbol_refs, c->symbol_count);
		if (e != ERR_OK)
			return e;
	}
	MUST(c->venue->ping == NULL ||
	    strlen(c->venue->ping) < VENUE_SUBSCRIBE_MAX);
	c->message = malloc(FRAME_BYTES_MAX);
	return c->message != NULL ? ERR_OK : ERR_IO;
}
