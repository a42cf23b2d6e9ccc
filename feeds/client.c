#include "feeds/client.h"

#include "feeds/client_conn.h"
#include "feeds/client_dial.h"
#include "feeds/client_names.h"
#include "feeds/client_watch.h"
#include "feeds/resolve.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES 16384u	/* what lws hands over at a time */

/* Where distributions keep the bundle.  Read at start: OpenSSL's own default
 * reads a folder later on, which a sandboxed process cannot. */
static const char *const system_stores[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/cert.pem",
};

static void
second_expired(lws_sorted_usec_list_t *sul)
{
	struct client *c = lws_container_of(sul, struct client, second_timer);

	lws_sul_schedule(c->context, 0, &c->second_timer, second_expired,
	    LWS_USEC_PER_SEC);
	c->call.second(c->call.arg);
}

/* --- descriptors --------------------------------------------------------- */

static void
resolver_read(struct client *c)
{
	struct resolve_answer a;

	while (resolve_next(c->resolver_fd, &a) == ERR_OK)
		for (size_t i = 0; i < client_slots(c); i++)
			conn_answer(&c->conn[i], &a);
}

static int
watch_callback(struct watch *w, enum lws_callback_reasons reason)
{
	struct client *c = w->client;

	if (reason == LWS_CALLBACK_RAW_RX_FILE) {
		if (w->kind == KIND_RESOLVER)
			resolver_read(c);
		else
			c->call.readable(c->call.arg, w->fd);
	} else if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
		/* lws gives a descriptor up that has hung up with nothing
		 * left: the caller reads its end. */
		w->wsi = NULL;
		if (c->is_stopped != 0)
			return 0;
		if (w->kind == KIND_WATCH)
			c->call.readable(c->call.arg, w->fd);
		else
			client_names_drop(c);
	}
	return 0;
}

static int
client_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
    void *in, size_t len)
{
	enum client_kind *kind;

	/* Callbacks of the context itself come with a wsi that is none. */
	if (reason == LWS_CALLBACK_PROTOCOL_INIT ||
	    reason == LWS_CALLBACK_PROTOCOL_DESTROY ||
	    reason == LWS_CALLBACK_GET_THREAD_ID ||
	    reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED || wsi == NULL)
		return 0;
	kind = lws_get_opaque_user_data(wsi);
	if (kind == NULL)
		return reason == LWS_CALLBACK_CLIENT_RECEIVE ||
		    reason == LWS_CALLBACK_RAW_RX_FILE ? -1 : 0;
	if (*kind == KIND_CONN)
		return conn_callback((struct conn *)(void *)kind, wsi, reason,
		    user, in, len);
	return watch_callback((struct watch *)(void *)kind, reason);
}

static const struct lws_protocols protocols[] = {
	{ .name = "venue", .callback = client_callback,
	  .rx_buffer_size = PIECE_BYTES },
	{ .name = NULL },
};

enum err
client_watch(struct client *c, int fd)
{
	MUST(fd >= 0);
	for (size_t i = 0; i < CLIENT_WATCHES_MAX; i++)
		if (c->watch[i].fd < 0)
			return watch_start(&c->watch[i], c, KIND_WATCH, fd);
	return ERR_LIMIT;
}

void
client_unwatch(struct client *c, int fd)
{
	for (size_t i = 0; i < CLIENT_WATCHES_MAX; i++) {
		struct watch *w = &c->watch[i];

		if (w->fd != fd)
			continue;
		watch_stop(w);
		w->fd = -1;
	}
}

/* --- set up -------------------------------------------------------------- */

static bool
store_load(SSL_CTX *tls, const char *ca_file)
{
	if (ca_file != NULL)
		return SSL_CTX_load_verify_file(tls, ca_file) == 1;
	for (size_t i = 0; i < ARRAY_COUNT(system_stores); i++)
		if (SSL_CTX_load_verify_file(tls, system_stores[i]) == 1)
			return true;
	return false;
}

/* lws empties OpenSSL's error queue before it reports a failed handshake; the
 * alert, ours or the peer's, is what says why. */
static void
note_alert(const SSL *ssl, int where, int ret)
{
	struct client *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if ((where & SSL_CB_ALERT) != 0 && ret >> 8 == SSL3_AL_FATAL)
		c->alert = SSL_alert_desc_string_long(ret);
}

/* Our own TLS context: the one that lws would make also trusts a relative
 * folder, "../share", and takes TLS 1.0 where the system does. */
static enum err
tls_create(struct client *c, const char *ca_file)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (tls == NULL)
		return ERR_IO;
	if (SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1 ||
	    !store_load(tls, ca_file)) {
		SSL_CTX_free(tls);
		return ERR_IO;
	}
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_options(tls, SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(tls, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	    SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_app_data(tls, c);
	SSL_CTX_set_info_callback(tls, note_alert);
	c->tls = tls;
	return ERR_OK;
}

static enum err
context_create(struct client *c)
{
	struct lws_context_creation_info info;

	lws_set_log_level(0, NULL);
	memset(&info, 0, sizeof(info));
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.vhost_name = "client";
	info.protocols = protocols;
	info.pt_serv_buf_size = PIECE_BYTES;
	/* Each slot, and as many that lws is still burying. */
	info.fd_limit_per_thread = 2 * CLIENT_SLOTS_MAX +
	    CLIENT_WATCHES_MAX + 16;
	info.connect_timeout_secs = 10;
	info.timeout_secs = 10;
	/* Not NULL, which would mean $http_proxy. */
	info.http_proxy_address = "";
	if (c->tls != NULL) {
		info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.provided_client_ssl_ctx = c->tls;
	}
	info.gid = -1;
	info.uid = -1;
	c->context = lws_create_context(&info);
	return c->context != NULL ? ERR_OK : ERR_IO;
}

/* The pace of a venue's connections: one for all of them. */
static struct pace *
pace_of(struct client *c, const struct venue *v)
{
	struct pace *p = c->pace;

	while (p->venue != NULL && p->venue != v)
		p++;
	p->venue = v;
	return p;
}

static enum err
twin_init(struct client *c, size_t i, const struct client_connection *from)
{
	struct conn *one = &c->conn[i], *twin = &c->conn[i + c->conn_count];
	enum err e;

	if (!c->call.takes_successors)
		return ERR_OK;
	e = conn_init(twin, c, i + c->conn_count, from);
	twin->pace = one->pace;
	twin->twin = one;
	one->twin = twin;
	return e;
}

static enum err
conns_init(struct client *c, const struct client_connection *connections,
    bool *has_tls, size_t *bad)
{
	for (size_t i = 0; i < c->conn_count; i++) {
		struct conn *k = &c->conn[i];
		enum err e = conn_init(k, c, i, &connections[i]);

		if (e == ERR_OK) {
			k->pace = pace_of(c, k->venue);
			e = twin_init(c, i, &connections[i]);
		}
		if (e != ERR_OK) {
			*bad = e == ERR_IO ? c->conn_count : i;
			return e;
		}
		*has_tls |= k->has_token_url ? k->token_url.is_tls :
		    k->url.is_tls;
	}
	return ERR_OK;
}

static enum err
client_fill(struct client *c, const struct client_connection *connections,
    size_t count, const char *ca_file, size_t *bad)
{
	bool has_tls = false;
	enum err e;

	c->conn_count = count;
	c->conn = calloc(client_slots(c) + 1, sizeof(*c->conn));
	c->pace = calloc(count + 1, sizeof(*c->pace));
	if (c->conn == NULL || c->pace == NULL)
		return ERR_IO;
	e = conns_init(c, connections, &has_tls, bad);
	if (e == ERR_OK && has_tls)
		e = tls_create(c, ca_file);
	if (e == ERR_OK)
		e = context_create(c);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < count; i++)
		conn_start(&c->conn[i]);
	if (c->call.second != NULL)
		lws_sul_schedule(c->context, 0, &c->second_timer,
		    second_expired, LWS_USEC_PER_SEC);
	return ERR_OK;
}

enum err
client_create(struct client **out, const struct client_connection *connections,
    size_t count, const char *ca_file,
    const struct client_callbacks *callbacks, uint64_t seed, size_t *bad)
{
	struct client *c;
	enum err e;

	MUST(callbacks->frame != NULL && callbacks->event != NULL);
	*bad = count;
	if (count > CLIENT_CONNECTIONS_MAX)
		return ERR_LIMIT;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return ERR_IO;
	c->call = *callbacks;
	c->dial = conn_dial;
	c->resolver_fd = -1;
	/* xorshift must not start at zero. */
	c->random = (seed ^ 0x9e3779b97f4a7c15u) | 1;
	for (size_t i = 0; i < CLIENT_WATCHES_MAX; i++)
		c->watch[i].fd = -1;
	e = client_fill(c, connections, count, ca_file, bad);
	if (e != ERR_OK) {
		client_destroy(c);
		return e;
	}
	*out = c;
	return ERR_OK;
}

bool
client_service(struct client *c)
{
	/* The second argument is not used by lws: it sleeps until a
	 * descriptor or a timer is due. */
	if (c->is_stopped != 0 || lws_service(c->context, 0) < 0)
		return false;
	return c->is_stopped == 0;
}

void
client_reply(struct client *c, size_t slot, const char *text)
{
	struct conn *k = &c->conn[slot];

	MUST(slot < client_slots(c) && strlen(text) < sizeof(k->answer));
	memcpy(k->answer, text, strlen(text) + 1);
	if (k->wsi != NULL)
		lws_callback_on_writable(k->wsi);
}

void
client_redial(struct client *c, size_t slot, const char *why)
{
	MUST(slot < client_slots(c));
	conn_redial(&c->conn[slot], why);
}

bool
client_leave(struct client *c, size_t slot)
{
	MUST(slot < client_slots(c));
	return conn_leave(&c->conn[slot]);
}

void
client_stop(struct client *c)
{
	c->is_stopped = 1;
	lws_cancel_service(c->context);
}

void
client_destroy(struct client *c)
{
	if (c == NULL)
		return;
	/* What lws says while it goes down is not reported. */
	c->is_stopped = 1;
	for (size_t i = 0; c->conn != NULL && i < client_slots(c); i++)
		if (c->conn[i].wsi != NULL)
			lws_set_opaque_user_data(c->conn[i].wsi, NULL);
	if (c->context != NULL)
		lws_context_destroy(c->context);
	resolve_close(c->resolver_fd);
	SSL_CTX_free(c->tls);
	for (size_t i = 0; c->conn != NULL && i < client_slots(c); i++)
		free(c->conn[i].message);
	free(c->conn);
	free(c->pace);
	free(c);
}
