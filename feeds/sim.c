/* The simulator's loop: listeners, connections, the clock of the script. */
#include "feeds/sim_peer.h"

#include "base/must.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TARGET_MAX 2048u	/* path and query of a client's request */

/* What each venue's lws vhost points to. */
struct listener {
	struct sim *sim;
	size_t venue;
	const struct sim_protocol *protocol;
	struct lws_vhost *vhost;
};

struct sim {
	struct sim_script script;
	uint64_t start_ms;
	struct lws_context *context;
	SSL_CTX *unused;	/* see sim_open */
	struct listener listener[SIM_VENUES_MAX];
	struct sim_peer *peer[SIM_PEERS_MAX];
	uint64_t peers_ever;
	lws_sorted_usec_list_t timer;
	uint64_t second;		/* the last that was told */
	uint64_t ticked_ms;		/* after the start */
	volatile sig_atomic_t is_stopped;
	unsigned char out[LWS_PRE + SIM_MESSAGE_MAX];
};

/* The server pings what is silent, as Binance does each 20 s. */
static const lws_retry_bo_t keepalive = {
	.secs_since_valid_ping = 20,
	.secs_since_valid_hangup = 80,
};

/* --- the script's time --------------------------------------------------- */

static uint64_t
clock_ms(void)
{
	struct timespec t;

	MUST(clock_gettime(CLOCK_REALTIME, &t) == 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t
script_ms(const struct sim *s, uint64_t now_ms)
{
	return now_ms > s->start_ms ? now_ms - s->start_ms : 0;
}

/* A stale venue's clock stands where its event began. */
static uint64_t
venue_ms(const struct sim *s, size_t venue, uint64_t t_ms)
{
	const struct sim_event *e = sim_script_event(&s->script, SIM_STALE,
	    venue, t_ms);

	return e != NULL ? e->at_ms : t_ms;
}

/* The time that a frame carries: before the start prices stand still, the
 * clock does not. */
static uint64_t
frame_ms(const struct sim *s, size_t venue, uint64_t now_ms)
{
	if (now_ms < s->start_ms)
		return now_ms;
	return s->start_ms + venue_ms(s, venue, now_ms - s->start_ms);
}

static bool
venue_has(const struct sim *s, enum sim_event_kind kind, size_t venue)
{
	return sim_script_event(&s->script, kind, venue,
	    script_ms(s, clock_ms())) != NULL;
}

/* --- messages ------------------------------------------------------------ */

void
sim_say(struct sim_peer *p, const char *format, ...)
{
	char text[SIM_MESSAGE_MAX];
	uint32_t len;
	va_list ap;
	int n;

	if (p->is_closing || venue_has(p->sim, SIM_MUTE, p->venue))
		return;
	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	MUST(n > 0 && n < (int)sizeof(text));
	len = (uint32_t)n;
	if (p->queue_len + sizeof(len) + len > SIM_QUEUE_MAX) {
		p->is_closing = true;	/* a client that does not read */
	} else {
		memcpy(p->queue + p->queue_len, &len, sizeof(len));
		memcpy(p->queue + p->queue_len + sizeof(len), text, len);
		p->queue_len += sizeof(len) + len;
	}
	lws_callback_on_writable(p->wsi);
}

bool
sim_quote_now(const struct sim_peer *p, size_t i, struct sim_quote *q)
{
	return sim_path_quote(q, &p->sim->script, p->venue, i,
	    script_ms(p->sim, p->now_ms)) == ERR_OK;
}

int
sim_symbol_find(const struct sim_peer *p, const char *name, bool is_lower)
{
	for (size_t i = 0; i < p->script->symbol_count; i++) {
		const char *s = p->script->symbol[i].name;
		size_t k = 0;

		for (;; k++) {
			char c = s[k];

			if (is_lower && c >= 'A' && c <= 'Z')
				c = (char)(c - 'A' + 'a');
			if (c != name[k] || c == '\0')
				break;
		}
		if (s[k] == '\0' && name[k] == '\0')
			return (int)i;
	}
	return -1;
}

/* One lws_write a callback. */
static int
peer_writeable(struct sim_peer *p)
{
	struct sim *s = p->sim;
	uint32_t len;

	if (p->is_closing) {
		lws_close_reason(p->wsi, LWS_CLOSE_STATUS_GOINGAWAY, NULL, 0);
		return -1;
	}
	if (p->queue_len == 0)
		return 0;
	memcpy(&len, p->queue, sizeof(len));
	memcpy(s->out + LWS_PRE, p->queue + sizeof(len), len);
	p->queue_len -= sizeof(len) + len;
	memmove(p->queue, p->queue + sizeof(len) + len, p->queue_len);
	if (lws_write(p->wsi, s->out + LWS_PRE, len, LWS_WRITE_TEXT) <
	    (int)len)
		return -1;
	if (p->queue_len > 0 || p->is_closing)
		lws_callback_on_writable(p->wsi);
	return 0;
}

static void
peer_clock(struct sim_peer *p)
{
	p->now_ms = frame_ms(p->sim, p->venue, clock_ms());
}

static int
peer_receive(struct sim_peer *p, struct lws *wsi, const char *in, size_t len)
{
	if (len > SIM_MESSAGE_MAX - p->in_len)
		return -1;
	memcpy(p->in + p->in_len, in, len);
	p->in_len += len;
	if (!lws_is_final_fragment(wsi))
		return 0;
	len = p->in_len;
	p->in_len = 0;
	peer_clock(p);
	p->protocol->receive(p, p->in, len);
	return 0;
}

/* --- connections --------------------------------------------------------- */

/* The request's path, and its query where there is one. */
static bool
target_read(struct lws *wsi, char out[TARGET_MAX], size_t *path_len)
{
	int n = lws_hdr_copy(wsi, out, TARGET_MAX, WSI_TOKEN_GET_URI);
	int q;

	if (n <= 0)
		return false;
	*path_len = (size_t)n;
	q = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS);
	if (q <= 0)
		return true;
	if ((size_t)n + (size_t)q + 2 > TARGET_MAX)
		return false;
	out[n] = '?';
	return lws_hdr_copy(wsi, out + n + 1, (int)TARGET_MAX - n - 1,
	    WSI_TOKEN_HTTP_URI_ARGS) > 0;
}

static int
peer_filter(struct lws *wsi, const struct listener *l)
{
	char target[TARGET_MAX];
	size_t path_len = 0;

	if (venue_has(l->sim, SIM_DROP, l->venue))
		return -1;
	if (target_read(wsi, target, &path_len)) {
		target[path_len] = '\0';
		if (l->protocol->serves(target))
			return 0;
	}
	lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL);
	return -1;
}

static int
peer_open(struct sim_peer *p, struct lws *wsi, struct listener *l)
{
	struct sim *s = l->sim;
	char target[TARGET_MAX];
	size_t i = 0, path_len;

	while (i < SIM_PEERS_MAX && s->peer[i] != NULL)
		i++;
	if (i == SIM_PEERS_MAX || !target_read(wsi, target, &path_len))
		return -1;
	memset(p, 0, sizeof(*p));
	p->queue = malloc(SIM_QUEUE_MAX);
	if (p->queue == NULL)
		return -1;
	p->sim = s;
	p->venue = l->venue;
	p->script = &s->script.venue[l->venue];
	p->protocol = l->protocol;
	p->wsi = wsi;
	p->id = ++s->peers_ever;
	s->peer[i] = p;
	peer_clock(p);
	p->protocol->open(p, target);
	return 0;
}

static void
peer_close(struct sim_peer *p)
{
	if (p == NULL || p->sim == NULL)
		return;
	for (size_t i = 0; i < SIM_PEERS_MAX; i++)
		if (p->sim->peer[i] == p)
			p->sim->peer[i] = NULL;
	free(p->queue);
	p->queue = NULL;
	p->sim = NULL;
}

static int
sim_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
    void *in, size_t len)
{
	struct sim_peer *p = user;
	struct listener *l;

	if (reason == LWS_CALLBACK_RECEIVE)
		return p->sim != NULL ? peer_receive(p, wsi, in, len) : -1;
	if (reason == LWS_CALLBACK_SERVER_WRITEABLE)
		return p->sim != NULL ? peer_writeable(p) : -1;
	if (reason == LWS_CALLBACK_CLOSED) {
		peer_close(p);
		return 0;
	}
	if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION ||
	    reason == LWS_CALLBACK_ESTABLISHED) {
		l = lws_vhost_user(lws_get_vhost(wsi));
		return reason == LWS_CALLBACK_ESTABLISHED ?
		    peer_open(p, wsi, l) : peer_filter(wsi, l);
	}
	if (reason == LWS_CALLBACK_HTTP)
		return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND,
		    NULL) ? -1 : lws_http_transaction_completed(wsi);
	return 0;
}

static const struct lws_protocols protocols[] = {
	{ .name = "sim", .callback = sim_callback,
	  .per_session_data_size = sizeof(struct sim_peer),
	  .rx_buffer_size = 4096 },
	{ .name = NULL },
};

/* --- the clock ----------------------------------------------------------- */

static void
venue_drop(struct sim *s, size_t venue)
{
	for (size_t i = 0; i < SIM_PEERS_MAX; i++)
		if (s->peer[i] != NULL && s->peer[i]->venue == venue) {
			s->peer[i]->is_closing = true;
			lws_callback_on_writable(s->peer[i]->wsi);
		}
}

static void
venue_tick(struct sim *s, size_t venue, uint64_t now_ms, bool is_second)
{
	const struct sim_venue *v = &s->script.venue[venue];
	uint64_t v_ms = venue_ms(s, venue, script_ms(s, now_ms));
	struct sim_quote q;

	for (size_t k = 0; k < SIM_PEERS_MAX; k++) {
		struct sim_peer *p = s->peer[k];

		if (p == NULL || p->venue != venue)
			continue;
		p->now_ms = frame_ms(s, venue, now_ms);
		for (size_t i = 0; i < v->symbol_count; i++)
			if (sim_path_quote(&q, &s->script, venue, i, v_ms) ==
			    ERR_OK)
				p->protocol->tick(p, i, &q);
		if (is_second)
			p->protocol->second(p);
	}
}

/* A drop without an end lasts a millisecond, so a tick looks back at all that
 * began since the last. */
static bool
drop_began(const struct sim *s, size_t venue, uint64_t t_ms)
{
	for (size_t i = 0; i < s->script.event_count; i++) {
		const struct sim_event *e = &s->script.event[i];

		if (e->kind == SIM_DROP && e->venue == venue &&
		    e->at_ms <= t_ms && e->at_ms > s->ticked_ms)
			return true;
	}
	return false;
}

static void
sim_tick(lws_sorted_usec_list_t *sul)
{
	struct sim *s = lws_container_of(sul, struct sim, timer);
	uint64_t now_ms = clock_ms(), tick_ms = s->script.tick_ms;
	uint64_t t_ms = script_ms(s, now_ms);
	bool is_second = now_ms / 1000 != s->second;
	uint64_t into = now_ms >= s->start_ms ? t_ms % tick_ms : 0;

	s->second = now_ms / 1000;
	for (size_t v = 0; v < s->script.venue_count; v++) {
		if (drop_began(s, v, t_ms))
			venue_drop(s, v);
		venue_tick(s, v, now_ms, is_second);
	}
	s->ticked_ms = t_ms;
	/* At the next boundary: slots keep their rhythm. */
	lws_sul_schedule(s->context, 0, &s->timer, sim_tick,
	    (lws_usec_t)(tick_ms - into) * LWS_US_PER_MS);
}

/* --- set up -------------------------------------------------------------- */

static const struct sim_protocol *
protocol_find(const char *name)
{
	static const struct sim_protocol *const all[] = {
		&sim_coinbase, &sim_kraken, &sim_binance, &sim_bybit,
	};

	for (size_t i = 0; i < ARRAY_COUNT(all); i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

static enum err
listen_on(struct sim *s, size_t venue, const struct sim_options *o,
    char error[SIM_ERROR_MAX])
{
	struct lws_context_creation_info info;
	struct sim_venue *v = &s->script.venue[venue];
	struct listener *l = &s->listener[venue];

	l->sim = s;
	l->venue = venue;
	l->protocol = protocol_find(v->name);
	MUST(l->protocol != NULL);
	memset(&info, 0, sizeof(info));
	info.port = v->port;
	info.iface = "127.0.0.1";
	info.vhost_name = v->name;
	info.protocols = protocols;
	info.user = l;
	info.retry_and_idle_policy = &keepalive;
	info.options = LWS_SERVER_OPTION_DISABLE_IPV6 |
	    LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
	if (o->cert_file != NULL) {
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.provided_client_ssl_ctx = s->unused;
		info.ssl_cert_filepath = o->cert_file;
		info.ssl_private_key_filepath = o->key_file;
		info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
	}
	errno = 0;
	l->vhost = lws_create_vhost(s->context, &info);
	if (l->vhost == NULL) {
		if (errno == EADDRINUSE)
			snprintf(error, SIM_ERROR_MAX,
			    "venues[%zu].port: %u is in use", venue, v->port);
		else
			snprintf(error, SIM_ERROR_MAX, "venues[%zu]: cannot "
			    "listen on 127.0.0.1:%u%s", venue, v->port,
			    o->cert_file != NULL ?
			    " (or bad certificate or key)" : "");
		return ERR_IO;
	}
	v->port = (uint16_t)lws_get_vhost_listen_port(l->vhost);
	return ERR_OK;
}

static enum err
sim_open(struct sim *s, const struct sim_options *o, char error[SIM_ERROR_MAX])
{
	const char *const files[] = { o->cert_file, o->key_file };
	struct lws_context_creation_info info;

	for (size_t i = 0; i < ARRAY_COUNT(files); i++)
		if (files[i] != NULL && access(files[i], R_OK) != 0) {
			snprintf(error, SIM_ERROR_MAX, "%.100s: %s", files[i],
			    strerrordesc_np(errno));
			return ERR_IO;
		}
	lws_set_log_level(0, NULL);
	memset(&info, 0, sizeof(info));
	info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
	if (o->cert_file != NULL) {
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		/* Else lws makes one for clients too, reads every certificate
		 * of the system for it, and forgets it if it cannot listen. */
		s->unused = SSL_CTX_new(TLS_client_method());
		if (s->unused == NULL) {
			snprintf(error, SIM_ERROR_MAX, "no memory for TLS");
			return ERR_IO;
		}
	}
	info.fd_limit_per_thread = SIM_PEERS_MAX + 64;
	info.gid = -1;
	info.uid = -1;
	s->context = lws_create_context(&info);
	if (s->context == NULL) {
		snprintf(error, SIM_ERROR_MAX, "cannot start the loop");
		return ERR_IO;
	}
	for (size_t i = 0; i < s->script.venue_count; i++) {
		enum err e = listen_on(s, i, o, error);

		if (e != ERR_OK)
			return e;
	}
	lws_sul_schedule(s->context, 0, &s->timer, sim_tick, 1);
	return ERR_OK;
}

enum err
sim_create(struct sim **out, const char *script, size_t script_len,
    const struct sim_options *options, char error[SIM_ERROR_MAX])
{
	struct sim *s = calloc(1, sizeof(*s));
	enum err e;

	MUST((options->cert_file == NULL) == (options->key_file == NULL));
	if (s == NULL) {
		snprintf(error, SIM_ERROR_MAX, "no memory");
		return ERR_IO;
	}
	s->start_ms = options->start_ms;
	e = sim_script_parse(&s->script, script, script_len, error);
	if (e == ERR_OK)
		e = sim_open(s, options, error);
	if (e != ERR_OK) {
		sim_destroy(s);
		return e;
	}
	*out = s;
	return ERR_OK;
}

unsigned
sim_port(const struct sim *s, size_t i)
{
	MUST(i < s->script.venue_count);
	return s->script.venue[i].port;
}

const char *
sim_venue_name(const struct sim *s, size_t i)
{
	MUST(i < s->script.venue_count);
	return s->script.venue[i].name;
}

size_t
sim_venue_count(const struct sim *s)
{
	return s->script.venue_count;
}

bool
sim_service(struct sim *s)
{
	if (s->is_stopped != 0 || lws_service(s->context, 0) < 0)
		return false;
	return s->is_stopped == 0;
}

void
sim_stop(struct sim *s)
{
	s->is_stopped = 1;
	lws_cancel_service(s->context);
}

void
sim_destroy(struct sim *s)
{
	if (s == NULL)
		return;
	if (s->context != NULL)
		lws_context_destroy(s->context);
	SSL_CTX_free(s->unused);
	free(s);
}

enum err
sim_price(u128 *out, const struct sim *s, const char *base, uint64_t ms)
{
	size_t i = 0;

	if (strcmp(base, "USD") == 0)
		return sim_path_price(out, &s->script, SIM_USD, 0);
	while (i < s->script.base_count &&
	    strcmp(s->script.base[i].name, base) != 0)
		i++;
	if (i == s->script.base_count)
		return ERR_UNKNOWN;
	return sim_path_price(out, &s->script, i, script_ms(s, ms));
}
