#include "feeds/sim_http.h"

#include "feeds/sim_clock.h"

#include <string.h>

static int
not_found(struct lws *wsi)
{
	return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL) ? -1 :
	    lws_http_transaction_completed(wsi);
}

static int
answer(struct sim_peer *p, struct lws *wsi)
{
	unsigned char head[LWS_PRE + 512], *at = head + LWS_PRE;
	unsigned char *start = at, *end = head + sizeof(head) - 1;

	if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK,
	    "application/json", p->in_len, &at, end) != 0 ||
	    lws_finalize_write_http_header(wsi, start, &at, end) != 0)
		return -1;
	lws_callback_on_writable(wsi);
	return 0;
}

/* The body, where there is one, is passed over; the answer comes after it. */
int
sim_http_request(struct sim_peer *p, struct lws *wsi, struct sim_listener *l)
{
	char path[128];
	size_t len;

	if (sim_venue_has(l->sim, SIM_DROP, l->venue))
		return -1;
	if (l->protocol->post == NULL || lws_hdr_copy(wsi, path, sizeof(path),
	    WSI_TOKEN_POST_URI) <= 0)
		return not_found(wsi);
	sim_peer_init(p, l, wsi);
	len = l->protocol->post(p, path, p->in, sizeof(p->in));
	p->sim = NULL;	/* no websocket, nothing to tick */
	if (len == 0)
		return not_found(wsi);
	p->in_len = len;
	/* Without a length lws waits for no body, and tells no end of it. */
	return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 ?
	    0 : answer(p, wsi);
}

int
sim_http_body(struct sim_peer *p, struct lws *wsi)
{
	return p->in_len == 0 ? -1 : answer(p, wsi);
}

int
sim_http_write(struct sim_peer *p, struct lws *wsi)
{
	unsigned char text[LWS_PRE + SIM_MESSAGE_MAX];
	size_t len = p->in_len;

	if (len == 0)
		return 0;
	p->in_len = 0;
	memcpy(text + LWS_PRE, p->in, len);
	if (lws_write(wsi, text + LWS_PRE, len, LWS_WRITE_HTTP_FINAL) <
	    (int)len)
		return -1;
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}
