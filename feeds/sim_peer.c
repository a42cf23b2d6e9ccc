/* A client's connection: its messages in, its queue out. */
#include "feeds/sim_loop.h"

#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_HEAD (sizeof(uint64_t) + sizeof(uint32_t))

/* --- messages ------------------------------------------------------------ */

static void
queue_push(struct sim_peer *p, const char *text, uint32_t len, uint64_t due_ms)
{
	char *at;

	if (p->queue_len - p->queue_at + QUEUE_HEAD + len > SIM_QUEUE_MAX) {
		/* A client that does not read. */
		p->queue_len = p->queue_at;
		p->is_closing = true;
		return;
	}
	if (p->queue_len + QUEUE_HEAD + len > SIM_QUEUE_MAX) {
		p->queue_len -= p->queue_at;
		memmove(p->queue, p->queue + p->queue_at, p->queue_len);
		p->queue_at = 0;
	}
	at = p->queue + p->queue_len;
	memcpy(at, &due_ms, sizeof(due_ms));
	memcpy(at + sizeof(due_ms), &len, sizeof(len));
	memcpy(at + QUEUE_HEAD, text, len);
	p->queue_len += QUEUE_HEAD + len;
}

/* A test's peer has no connection: what was said stays in its queue. */
static void
peer_wake(struct sim_peer *p)
{
	if (p->wsi != NULL)
		lws_callback_on_writable(p->wsi);
}

size_t
sim_queue_next(struct sim_peer *p, const char **text)
{
	const char *at = p->queue + p->queue_at;
	uint32_t len;

	if (p->queue_at == p->queue_len)
		return 0;
	memcpy(&len, at + sizeof(uint64_t), sizeof(len));
	*text = at + QUEUE_HEAD;
	p->queue_at += QUEUE_HEAD + len;
	return len;
}

void
sim_say(struct sim_peer *p, const char *format, ...)
{
	struct sim *s = p->sim;
	uint64_t now_ms = sim_clock_ms(), due_ms = now_ms;
	const struct sim_event *late = sim_script_event(&s->script, SIM_LATE,
	    p->venue, sim_script_ms(s, now_ms));
	char text[SIM_MESSAGE_MAX];
	va_list ap;
	int n;

	if (p->is_closing || sim_venue_has(s, SIM_MUTE, p->venue))
		return;
	if (p->is_ticking && p->gaps > 0) {
		p->gaps--;
		return;
	}
	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	MUST(n > 0 && n < (int)sizeof(text));
	for (int i = 0; i < n; i++)
		if (text[i] == '\'')
			text[i] = '"';
	if (late != NULL)
		due_ms += late->late_ms;
	queue_push(p, text, (uint32_t)n, due_ms);
	if (p->is_ticking && p->duplicates > 0) {
		p->duplicates--;
		queue_push(p, text, (uint32_t)n, due_ms);
	}
	peer_wake(p);
}

void
sim_close(struct sim_peer *p)
{
	p->is_closing = true;
	peer_wake(p);
}

bool
sim_quote_now(const struct sim_peer *p, size_t i, struct sim_quote *q)
{
	return sim_path_quote(q, &p->sim->script, p->venue, i,
	    sim_script_ms(p->sim, p->now_ms)) == ERR_OK;
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

u128
sim_spread(const struct sim_peer *p)
{
	return p->sim->script.spread;
}

uint64_t
sim_seed(const struct sim_peer *p)
{
	return p->sim->script.seed;
}

const char *
sim_address(const struct sim_peer *p)
{
	static char text[40];

	snprintf(text, sizeof(text), "%s://127.0.0.1:%u",
	    p->sim->is_tls ? "wss" : "ws", p->script->port);
	return text;
}

unsigned
sim_heartbeat_s(const struct sim_peer *p, unsigned usual_s)
{
	uint64_t s = p->sim->script.heartbeat_s;

	return s > 0 ? (unsigned)s : usual_s;
}

/* --- lws ----------------------------------------------------------------- */

static void
late_expired(lws_sorted_usec_list_t *sul)
{
	struct sim_peer *p = lws_container_of(sul, struct sim_peer, late);

	lws_callback_on_writable(p->wsi);
}

/* One lws_write a callback. */
static int
peer_writeable(struct sim_peer *p)
{
	struct sim *s = p->sim;
	uint64_t due_ms, now_ms = sim_clock_ms();
	const char *text;
	size_t len;

	if (p->queue_at == p->queue_len) {
		p->queue_at = p->queue_len = 0;
		if (!p->is_closing)
			return 0;
		lws_close_reason(p->wsi, LWS_CLOSE_STATUS_GOINGAWAY, NULL, 0);
		return -1;
	}
	memcpy(&due_ms, p->queue + p->queue_at, sizeof(due_ms));
	if (due_ms > now_ms) {
		lws_sul_schedule(s->context, 0, &p->late, late_expired,
		    (lws_usec_t)(due_ms - now_ms) * LWS_US_PER_MS);
		return 0;
	}
	len = sim_queue_next(p, &text);
	memcpy(s->out + LWS_PRE, text, len);
	if (lws_write(p->wsi, s->out + LWS_PRE, len, LWS_WRITE_TEXT) <
	    (int)len)
		return -1;
	lws_callback_on_writable(p->wsi);
	return 0;
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
	p->now_ms = sim_frame_ms(p->sim, p->venue);
	p->protocol->receive(p, p->in, len);
	return 0;
}

/* The request's path, and its query where there is one. */
static bool
target_read(struct lws *wsi, char out[SIM_TARGET_MAX], size_t *path_len)
{
	int n = lws_hdr_copy(wsi, out, SIM_TARGET_MAX, WSI_TOKEN_GET_URI);
	int len = 0;

	if (n <= 0)
		return false;
	*path_len = (size_t)n;
	/* Argument by argument: copied whole, commas would join them. */
	for (int k = 0;; k++) {
		n += len;
		if (n + 2 > (int)SIM_TARGET_MAX)
			return false;
		len = lws_hdr_copy_fragment(wsi, out + n + 1,
		    (int)SIM_TARGET_MAX - n - 1, WSI_TOKEN_HTTP_URI_ARGS, k);
		if (len < 0)
			break;
		out[n++] = k == 0 ? '?' : '&';
	}
	out[n] = '\0';
	return true;
}

static int
peer_filter(struct lws *wsi, const struct sim_listener *l)
{
	char target[SIM_TARGET_MAX];
	size_t path_len = 0;

	if (sim_venue_has(l->sim, SIM_DROP, l->venue))
		return -1;
	if (target_read(wsi, target, &path_len)) {
		target[path_len] = '\0';
		if (l->protocol->serves(target))
			return 0;
	}
	lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL);
	return -1;
}

void
sim_peer_init(struct sim_peer *p, struct sim_listener *l, struct lws *wsi)
{
	memset(p, 0, sizeof(*p));
	p->sim = l->sim;
	p->venue = l->venue;
	p->script = &l->sim->script.venue[l->venue];
	p->protocol = l->protocol;
	p->wsi = wsi;
	p->now_ms = sim_frame_ms(p->sim, p->venue);
}

static int
peer_open(struct sim_peer *p, struct lws *wsi, struct sim_listener *l)
{
	struct sim *s = l->sim;
	char target[SIM_TARGET_MAX];
	size_t i = 0, path_len;

	while (i < SIM_PEERS_MAX && s->peer[i] != NULL)
		i++;
	if (i == SIM_PEERS_MAX || !target_read(wsi, target, &path_len))
		return -1;
	sim_peer_init(p, l, wsi);
	p->queue = malloc(SIM_QUEUE_MAX);
	if (p->queue == NULL)
		return -1;
	p->id = ++s->peers_ever;
	s->peer[i] = p;
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
	lws_sul_cancel(&p->late);
	free(p->queue);
	p->queue = NULL;
	p->sim = NULL;
}

int
sim_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
    void *in, size_t len)
{
	struct sim_peer *p = user;

	if (reason == LWS_CALLBACK_RECEIVE)
		return p->sim != NULL ? peer_receive(p, wsi, in, len) : -1;
	if (reason == LWS_CALLBACK_SERVER_WRITEABLE)
		return p->sim != NULL ? peer_writeable(p) : -1;
	if (reason == LWS_CALLBACK_CLOSED)
		peer_close(p);
	if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION)
		return peer_filter(wsi, lws_vhost_user(lws_get_vhost(wsi)));
	if (reason == LWS_CALLBACK_ESTABLISHED)
		return peer_open(p, wsi, lws_vhost_user(lws_get_vhost(wsi)));
	if (reason == LWS_CALLBACK_HTTP)
		return sim_http_request(p, wsi,
		    lws_vhost_user(lws_get_vhost(wsi)));
	if (reason == LWS_CALLBACK_HTTP_BODY_COMPLETION)
		return sim_http_body(p, wsi);
	if (reason == LWS_CALLBACK_HTTP_WRITEABLE)
		return sim_http_write(p, wsi);
	return 0;
}
