#include "oracle/api_server.h"

#include "base/must.h"
#include "feeds/lws.h"
#include "oracle/api_limit.h"
#include "oracle/api_stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 16384u
#define HOST_MAX 256u
#define WATCHES_MAX 8u

/* lws writes a frame's head before the bytes it is given. */
_Static_assert(STREAM_PAD >= LWS_PRE, "room for the frame's head");

struct watch {
	int fd;			/* the role's; -1: free */
	struct lws *wsi;	/* holds a duplicate */
};

struct server {
	struct api *api;
	struct server_options options;
	struct hub *hub;
	struct lws_context *context;
	struct lws_vhost *vhost;
	lws_sorted_usec_list_t tick;
	struct watch watch[WATCHES_MAX];
	uint16_t port;
	bool is_loopback, is_stopping;
	uint64_t sockets, own;	/* of libwebsockets; not a client's */
	size_t bodies;		/* bytes of answers in flight */
	struct limit limit;
	uint8_t chunk[LWS_PRE + CHUNK];
};

/* Of one connection: an answer being sent, or a stream. */
struct session {
	struct api_answer answer;
	bool has_answer, is_head, is_counted;
	size_t sent, size;
	struct stream *stream;
	char *message;		/* being received, STREAM_REQUEST_MAX */
	size_t message_len;
};

static uint64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct server *
server_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

static void
wake(void *user)
{
	lws_callback_on_writable(user);
}

/* ---- who asks ---------------------------------------------------------- */

static bool
address_allowed(struct server *s, struct lws *wsi)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);

	memset(&from, 0, sizeof(from));
	if (getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&from,
	    &len) != 0)
		return false;
	return limit_take(&s->limit, &from, clock_ms());
}

static bool
host_name_is(const char *host, size_t len, const char *name)
{
	return strlen(name) == len && strncasecmp(host, name, len) == 0;
}

/* On loopback a page of another site must not reach us under its own name
 * (DNS rebinding): the Host has to be a loopback name. */
static bool
host_allowed(const struct server *s, const char *host)
{
	size_t len = strcspn(host, ":");

	if (!s->is_loopback)
		return true;
	if (host[0] == '[')
		len = strcspn(host, "]") + 1;
	return host_name_is(host, len, "localhost") ||
	    host_name_is(host, len, "127.0.0.1") ||
	    host_name_is(host, len, "[::1]") ||
	    host_name_is(host, len, s->options.host);
}

/* A browser names the page's origin: it must be ours.  Programs send none. */
static bool
origin_allowed(const char *origin, const char *host)
{
	if (origin[0] == '\0')
		return true;
	if (strncmp(origin, "http://", 7) == 0)
		origin += 7;
	else if (strncmp(origin, "https://", 8) == 0)
		origin += 8;
	else
		return false;
	return host[0] != '\0' && strcasecmp(origin, host) == 0;
}

/* A header's value; empty where it is absent, false where it is too long. */
static bool
header(struct lws *wsi, char *out, size_t size, enum lws_token_indexes token)
{
	out[0] = '\0';
	return lws_hdr_total_length(wsi, token) == 0 ||
	    lws_hdr_copy(wsi, out, (int)size, token) > 0;
}

/* ---- HTTP -------------------------------------------------------------- */

static void
session_end_answer(struct server *s, struct session *k)
{
	if (!k->has_answer)
		return;
	s->bodies -= k->answer.body.len;
	text_free(&k->answer.body);
	k->has_answer = false;
}

static bool
uri_read(struct lws *wsi, char *path, size_t size, bool *is_read,
    bool *is_head)
{
	int len = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI);
	enum lws_token_indexes token = WSI_TOKEN_GET_URI;

	*is_head = false;
	if (len == 0) {
		token = WSI_TOKEN_HEAD_URI;
		len = lws_hdr_total_length(wsi, token);
		*is_head = len > 0;
	}
	*is_read = len > 0;
	if (!*is_read) {
		path[0] = '\0';
		return true;
	}
	return lws_hdr_copy(wsi, path, (int)size, token) > 0;
}

/* The query's parts, joined again. */
static bool
query_read(struct lws *wsi, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (int i = 0;; i++) {
		int n = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS,
		    i);

		if (n <= 0)
			return true;
		if (len + (size_t)n + 2 > size)
			return false;
		if (i > 0)
			out[len++] = '&';
		if (lws_hdr_copy_fragment(wsi, out + len, (int)(size - len),
		    WSI_TOKEN_HTTP_URI_ARGS, i) < 0)
			return false;
		len += (size_t)n;
		out[len] = '\0';
	}
}

static bool
header_add(struct lws *wsi, const char *name, const char *value,
    uint8_t **at, uint8_t *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
	    (const unsigned char *)value, (int)strlen(value), at, end) == 0;
}

static bool
headers_send(struct server *s, struct lws *wsi, struct session *k)
{
	static const char *const fixed[][2] = {
		{ "content-security-policy:", "default-src 'self'; base-uri "
		    "'none'; form-action 'none'; frame-ancestors 'none'; "
		    "object-src 'none'" },
		{ "x-content-type-options:", "nosniff" },
		{ "x-frame-options:", "DENY" },
		{ "referrer-policy:", "no-referrer" },
		{ "cross-origin-resource-policy:", "same-origin" },
		{ "cross-origin-opener-policy:", "same-origin" },
	};
	const struct api_answer *a = &k->answer;
	uint8_t *begin = s->chunk + LWS_PRE, *at = begin;
	uint8_t *end = s->chunk + sizeof(s->chunk);
	bool done = lws_add_http_common_headers(wsi, a->status, a->type,
	    a->status == 304 ? 0 : (lws_filepos_t)k->size, &at, end) == 0;

	for (size_t i = 0; done && i < ARRAY_COUNT(fixed); i++)
		done = header_add(wsi, fixed[i][0], fixed[i][1], &at, end);
	if (a->etag)
		done = done && header_add(wsi, "etag:", a->etag, &at, end);
	done = done && header_add(wsi, "cache-control:", a->etag ?
	    "no-cache" : "no-store", &at, end);
	if (a->status == 405)
		done = done && header_add(wsi, "allow:", "GET, HEAD", &at,
		    end);
	return done && lws_finalize_write_http_header(wsi, begin, &at,
	    end) == 0;
}

/* Sends the head; the body follows when the socket takes it. */
static int
answer_begin(struct server *s, struct lws *wsi, struct session *k)
{
	struct api_answer *a = &k->answer;

	k->has_answer = true;
	k->sent = 0;
	k->size = a->file ? a->file_len : a->body.len;
	s->bodies += a->body.len;
	if (!headers_send(s, wsi, k))
		return -1;
	if (k->is_head || k->size == 0 || a->status == 304) {
		session_end_answer(s, k);
		return lws_http_transaction_completed(wsi) ? -1 : 0;
	}
	lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT,
	    SERVER_SEND_SECONDS);
	lws_callback_on_writable(wsi);
	return 0;
}

static int
answer_continue(struct server *s, struct lws *wsi, struct session *k)
{
	const struct api_answer *a = &k->answer;
	const uint8_t *from = a->file ? a->file : (const uint8_t *)a->body.at;
	size_t n = k->size - k->sent;
	bool is_last = n <= CHUNK;

	if (!k->has_answer)
		return 0;
	n = is_last ? n : CHUNK;
	memcpy(s->chunk + LWS_PRE, from + k->sent, n);
	if (lws_write(wsi, s->chunk + LWS_PRE, n, is_last ?
	    LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) != (int)n)
		return -1;
	k->sent += n;
	if (is_last) {
		session_end_answer(s, k);
		return lws_http_transaction_completed(wsi) ? -1 : 0;
	}
	lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT,
	    SERVER_SEND_SECONDS);
	lws_callback_on_writable(wsi);
	return 0;
}

static bool
is_known_etag(struct lws *wsi, const char *etag)
{
	char have[64];

	return etag && header(wsi, have, sizeof(have),
	    WSI_TOKEN_HTTP_IF_NONE_MATCH) && strcmp(have, etag) == 0;
}

/* Why the request is refused before it is read: a status, or 0. */
static unsigned
request_refused(struct server *s, struct lws *wsi, const char **why)
{
	char host[HOST_MAX];

	*why = "too many requests";
	if (!address_allowed(s, wsi))
		return 429;
	*why = "the Host is missing or too long";
	if (!header(wsi, host, sizeof(host), WSI_TOKEN_HOST) ||
	    host[0] == '\0')
		return 400;
	*why = "this Host is not served here";
	if (!host_allowed(s, host))
		return 403;
	*why = "too many answers wait to be read";
	if (s->bodies > SERVER_BODIES_MAX)
		return 503;
	return 0;
}

static int
http_request(struct server *s, struct lws *wsi, struct session *k)
{
	char path[API_PATH_MAX + 2], query[API_QUERY_MAX + 2];
	struct api_request q = { .path = path, .query = query,
		.now_ms = clock_ms() };
	const char *why;
	unsigned refused = request_refused(s, wsi, &why);

	session_end_answer(s, k);
	memset(&k->answer, 0, sizeof(k->answer));
	text_init(&k->answer.body, API_BODY_MAX);
	if (refused == 0 && (!uri_read(wsi, path, sizeof(path), &q.is_read,
	    &k->is_head) || !query_read(wsi, query, sizeof(query)))) {
		refused = 414;
		why = "the address is too long";
	}
	if (refused != 0) {
		api_answer_error(s->api, &k->answer, refused, why);
		api_count_answer(s->api, refused);
	} else {
		api_answer(s->api, &k->answer, &q);
		if (is_known_etag(wsi, k->answer.etag))
			k->answer.status = 304;
	}
	/* What is left of a request with a body is not read. */
	if (refused == 0 && !q.is_read)
		lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, 1);
	return answer_begin(s, wsi, k);
}

/* ---- websocket --------------------------------------------------------- */

/* Answers 0 for a handshake that may go on. */
static int
stream_filter(struct server *s, struct lws *wsi)
{
	char host[HOST_MAX], origin[HOST_MAX + 8], path[API_PATH_MAX];
	const char *why;

	if (request_refused(s, wsi, &why) != 0 ||
	    !header(wsi, host, sizeof(host), WSI_TOKEN_HOST) ||
	    !header(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN) ||
	    !origin_allowed(origin, host) ||
	    !header(wsi, path, sizeof(path), WSI_TOKEN_GET_URI) ||
	    strcmp(path, "/v1/stream") != 0) {
		api_count_answer(s->api, 403);
		lws_return_http_status(wsi, HTTP_STATUS_FORBIDDEN, NULL);
		return -1;
	}
	return 0;
}

static int
stream_begin(struct server *s, struct lws *wsi, struct session *k)
{
	k->message = malloc(STREAM_REQUEST_MAX);
	if (!k->message || stream_open(&k->stream, s->hub, wsi) != ERR_OK)
		return -1;
	return 0;
}

static int
close_with(struct lws *wsi, enum lws_close_status code, const char *why)
{
	unsigned char text[64];
	size_t len = strnlen(why, sizeof(text));

	memcpy(text, why, len);
	lws_close_reason(wsi, code, text, len);
	return -1;
}

static int
stream_bytes(struct lws *wsi, struct session *k, const void *bytes,
    size_t len)
{
	if (!k->stream)
		return -1;
	if (lws_frame_is_binary(wsi))
		return close_with(wsi, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE,
		    "text only");
	if (len > STREAM_REQUEST_MAX - k->message_len)
		return close_with(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE,
		    "too long");
	memcpy(k->message + k->message_len, bytes, len);
	k->message_len += len;
	if (!lws_is_final_fragment(wsi) ||
	    lws_remaining_packet_payload(wsi) > 0)
		return 0;
	stream_receive(k->stream, k->message, k->message_len, clock_ms());
	k->message_len = 0;
	return 0;
}

static int
stream_writable(struct lws *wsi, struct session *k)
{
	struct stream_fragment f;
	const char *why;
	unsigned code;
	int protocol;

	if (!k->stream)
		return -1;
	code = stream_close_code(k->stream, &why);
	if (code != 0)
		return close_with(wsi, (enum lws_close_status)code, why);
	if (!stream_front(&f, k->stream))
		return 0;
	protocol = f.is_first ? LWS_WRITE_TEXT : LWS_WRITE_CONTINUATION;
	if (!f.is_last)
		protocol |= LWS_WRITE_NO_FIN;
	if (lws_write(wsi, (unsigned char *)f.bytes, f.len,
	    (enum lws_write_protocol)protocol) < (int)f.len)
		return -1;
	stream_advance(k->stream);
	if (stream_front(&f, k->stream))
		lws_callback_on_writable(wsi);
	return 0;
}

static void
session_free(struct server *s, struct session *k)
{
	if (!k)
		return;
	session_end_answer(s, k);
	stream_close(k->stream);
	free(k->message);
	k->stream = NULL;
	k->message = NULL;
}

/* Each socket of lws begins under the first protocol and ends under its
 * own: all three count. */
static void
socket_count(struct server *s, enum lws_callback_reasons reason)
{
	if (reason == LWS_CALLBACK_WSI_CREATE)
		s->sockets++;
	if (reason == LWS_CALLBACK_WSI_DESTROY)
		s->sockets--;
	s->api->counters.connections = s->sockets > s->own ? s->sockets -
	    s->own : 0;
}

/* ---- callbacks --------------------------------------------------------- */

static int
on_client(struct lws *wsi, enum lws_callback_reasons reason, void *user,
    void *in, size_t len)
{
	struct server *s = server_of(wsi);
	struct session *k = user;

	/* Dozens of reasons; those that are not ours are lws's own. */
	if (reason == LWS_CALLBACK_HTTP)
		return http_request(s, wsi, k);
	if (reason == LWS_CALLBACK_HTTP_WRITEABLE)
		return answer_continue(s, wsi, k);
	if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION)
		return stream_filter(s, wsi);
	if (reason == LWS_CALLBACK_ESTABLISHED)
		return stream_begin(s, wsi, k);
	if (reason == LWS_CALLBACK_RECEIVE)
		return stream_bytes(wsi, k, in, len);
	if (reason == LWS_CALLBACK_SERVER_WRITEABLE)
		return stream_writable(wsi, k);
	if (reason == LWS_CALLBACK_CLOSED ||
	    reason == LWS_CALLBACK_CLOSED_HTTP ||
	    reason == LWS_CALLBACK_HTTP_DROP_PROTOCOL ||
	    reason == LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL)
		session_free(s, k);
	socket_count(s, reason);
	return 0;
}

static struct watch *
watch_of(struct server *s, const struct lws *wsi)
{
	for (size_t i = 0; i < WATCHES_MAX; i++)
		if (s->watch[i].fd >= 0 && s->watch[i].wsi == wsi)
			return &s->watch[i];
	return NULL;
}

static int
on_wire(struct lws *wsi, enum lws_callback_reasons reason, void *user,
    void *in, size_t len)
{
	struct server *s = server_of(wsi);
	struct watch *w;

	(void)user;
	(void)in;
	(void)len;
	if (reason == LWS_CALLBACK_RAW_RX_FILE) {
		w = watch_of(s, wsi);
		if (!w || !s->options.on_readable(s->options.arg, w->fd))
			return -1;
	}
	if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
		w = watch_of(s, wsi);
		if (w)
			w->fd = -1;
		s->own--;
	}
	socket_count(s, reason);
	return 0;
}

static void
connection_accept(struct server *s, int listener)
{
	int one = 1, buffer = SERVER_SEND_BUFFER;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (s->api->counters.connections >= s->options.connections_max) {
		close(fd);
		s->api->counters.limited++;
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	/* On failure lws has closed it. */
	(void)lws_adopt_socket_vhost(s->vhost, fd);
}

static int
on_listener(struct lws *wsi, enum lws_callback_reasons reason, void *user,
    void *in, size_t len)
{
	(void)user;
	(void)in;
	(void)len;
	if (reason == LWS_CALLBACK_RAW_RX_FILE)
		connection_accept(server_of(wsi), lws_get_socket_fd(wsi));
	socket_count(server_of(wsi), reason);
	return 0;
}

static const struct lws_protocols protocols[] = {
	{ "margind", on_client, sizeof(struct session), STREAM_REQUEST_MAX,
	    0, NULL, 0 },
	{ "wire", on_wire, 0, 0, 0, NULL, 0 },
	{ "listener", on_listener, 0, 0, 0, NULL, 0 },
	{ NULL, NULL, 0, 0, 0, NULL, 0 },
};

/* ---- the loop ---------------------------------------------------------- */

static void
on_tick(lws_sorted_usec_list_t *sul)
{
	struct server *s = lws_container_of(sul, struct server, tick);
	uint64_t now_ms = clock_ms();

	api_state_refresh(s->api->state);
	hub_tick(s->hub, now_ms);
	if (s->options.on_tick)
		s->options.on_tick(s->options.arg, now_ms);
	if (!s->is_stopping)
		lws_sul_schedule(s->context, 0, &s->tick, on_tick,
		    SERVER_TICK_MS * LWS_US_PER_MS);
}

void
server_poke(struct server *s)
{
	lws_sul_schedule(s->context, 0, &s->tick, on_tick, 1);
}

bool
server_service(struct server *s)
{
	if (s->is_stopping)
		return false;
	return lws_service(s->context, 0) >= 0 && !s->is_stopping;
}

void
server_stop(struct server *s)
{
	s->is_stopping = true;
	lws_cancel_service(s->context);
}

enum err
server_watch(struct server *s, int fd)
{
	struct watch *w = NULL;
	lws_sock_file_fd_type d;

	for (size_t i = 0; i < WATCHES_MAX; i++) {
		if (s->watch[i].fd == fd) {
			/* The number is another socket's now. */
			lws_set_timeout(s->watch[i].wsi, 1,
			    LWS_TO_KILL_ASYNC);
			s->watch[i].fd = -1;
		}
		if (s->watch[i].fd < 0)
			w = &s->watch[i];
	}
	if (!w)
		return ERR_LIMIT;
	d.filefd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (d.filefd < 0)
		return ERR_IO;
	w->wsi = lws_adopt_descriptor_vhost(s->vhost, LWS_ADOPT_RAW_FILE_DESC,
	    d, "wire", NULL);
	if (!w->wsi)
		return ERR_IO;
	w->fd = fd;
	s->own++;
	return ERR_OK;
}

/* ---- opening ----------------------------------------------------------- */

static bool
address_read(struct sockaddr_storage *out, socklen_t *len, const char *host,
    uint16_t port, bool *is_loopback)
{
	struct sockaddr_in six4 = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };

	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, host, &six4.sin_addr) == 1) {
		*is_loopback = ntohl(six4.sin_addr.s_addr) >> 24 == 127;
		memcpy(out, &six4, sizeof(six4));
		*len = sizeof(six4);
		return true;
	}
	if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1) {
		*is_loopback = IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
		memcpy(out, &six, sizeof(six));
		*len = sizeof(six);
		return true;
	}
	return false;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_storage a;
	struct sockaddr_in six4;
	socklen_t len = sizeof(a);

	/* The port stands at the same place in both families. */
	if (getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		return 0;
	memcpy(&six4, &a, sizeof(six4));
	return ntohs(six4.sin_port);
}

static enum err
listener_open(struct server *s, const char **why)
{
	struct sockaddr_storage a;
	lws_sock_file_fd_type d;
	socklen_t len;
	int one = 1;

	*why = "not an address";
	if (!address_read(&a, &len, s->options.host, s->options.port,
	    &s->is_loopback))
		return ERR_SYNTAX;
	d.filefd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	*why = "socket";
	if (d.filefd < 0)
		return ERR_IO;
	(void)setsockopt(d.filefd, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one));
	*why = "bind";
	if (bind(d.filefd, (struct sockaddr *)&a, len) != 0 ||
	    listen(d.filefd, 256) != 0) {
		int saved = errno;

		close(d.filefd);
		errno = saved;
		return ERR_IO;
	}
	s->port = port_of(d.filefd);
	*why = "libwebsockets";
	return lws_adopt_descriptor_vhost(s->vhost, LWS_ADOPT_RAW_FILE_DESC,
	    d, "listener", NULL) ? ERR_OK : ERR_IO;
}

static bool
context_open(struct server *s)
{
	struct lws_context_creation_info info;

	lws_set_log_level(0, NULL);
	memset(&info, 0, sizeof(info));
	info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
	info.vhost_name = "api";
	info.protocols = protocols;
	info.user = s;
	info.gid = -1;
	info.uid = -1;
	info.pt_serv_buf_size = CHUNK;
	info.max_http_header_data = SERVER_HEADER_MAX;
	info.max_http_header_pool = s->options.connections_max;
	info.fd_limit_per_thread = s->options.connections_max + WATCHES_MAX +
	    16;
	info.timeout_secs = SERVER_HEADER_SECONDS;
	info.timeout_secs_ah_idle = SERVER_HEADER_SECONDS;
	info.keepalive_timeout = SERVER_IDLE_SECONDS;
	info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
	s->context = lws_create_context(&info);
	if (!s->context)
		return false;
	s->vhost = lws_create_vhost(s->context, &info);
	return s->vhost != NULL;
}

enum err
server_create(struct server **out, struct api *api,
    const struct server_options *o, const char **why)
{
	struct server *s = calloc(1, sizeof(*s));
	uint64_t salt;
	enum err e;

	*why = "memory";
	if (!s)
		return ERR_IO;
	s->api = api;
	s->options = *o;
	for (size_t i = 0; i < WATCHES_MAX; i++)
		s->watch[i].fd = -1;
	e = getrandom(&salt, sizeof(salt), 0) == sizeof(salt) ? ERR_OK :
	    ERR_IO;
	if (e == ERR_OK) {
		limit_init(&s->limit, o->rate, o->burst, salt);
		e = hub_create(&s->hub, api, wake);
	}
	if (e == ERR_OK)
		e = context_open(s) ? ERR_OK : ERR_IO;
	if (e == ERR_OK)
		e = listener_open(s, why);
	if (e != ERR_OK) {
		server_destroy(s);
		return e;
	}
	s->own = s->sockets;
	server_poke(s);
	*out = s;
	return ERR_OK;
}

void
server_destroy(struct server *s)
{
	int saved = errno;

	if (!s)
		return;
	if (s->context)
		lws_context_destroy(s->context);
	hub_destroy(s->hub);
	free(s);
	errno = saved;
}

uint16_t
server_port(const struct server *s)
{
	return s->port;
}
