#include "feeds/sim_serve.h"

#include "feeds/sim_clock.h"
#include "feeds/sim_http.h"
#include "feeds/sim_peer.h"

#include <stdlib.h>
#include <string.h>

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
	uint64_t due_ms = sim_queue_due_ms(p), now_ms = sim_clock_ms();
	const char *text;
	size_t len;

	if (p->queue_at == p->queue_len) {
		p->queue_at = p->queue_len = 0;
		if (!p->is_closing)
			return 0;
		lws_close_reason(p->wsi, LWS_CLOSE_STATUS_GOINGAWAY, NULL, 0);
		return -1;
	}
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
	p->now_ms = sim_frame_ms(p->sim, p->venue, sim_clock_ms());
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
		if (sim_protocol_serves(l->protocol, target))
			return 0;
	}
	lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL);
	return -1;
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
	if (p->protocol->open)
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
