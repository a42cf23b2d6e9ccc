#include "oracle/api_stream.h"

#include "base/must.h"
#include "oracle/api_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const channel_name[CHANNEL_COUNT] = { "prices", "vaults",
	"attestations", "aggregate" };

/* A payload with its closing braces, after STREAM_PAD bytes. */
struct share {
	unsigned references;
	size_t len;
	char bytes[];
};

struct item {
	struct item *next;
	struct share *share;
	size_t head_len;
	bool is_head_sent;
	char pad[STREAM_PAD];
	char head[STREAM_HEAD_MAX];
};

struct stream {
	struct hub *hub;
	struct stream *next, *before;
	void *user;
	uint32_t subscribed;
	uint64_t seq[CHANNEL_COUNT];
	struct item *first, *last;
	size_t queued;			/* bytes of heads and shares */
	unsigned close_code;
	const char *close_why;
	uint64_t tokens_ms;	/* requests are paid for up to here */
};

struct hub {
	struct api *api;
	void (*wake)(void *user);
	struct stream *streams;
	struct text text;
	struct share *snapshot[CHANNEL_COUNT];	/* of the present state */
	uint64_t prices_ms, vaults_ms, aggregate_ms;
	uint64_t last_sequence;
	uint32_t next_slot;	/* where the next update looks first */
};

static void
share_drop(struct share *s)
{
	if (s && --s->references == 0)
		free(s);
}

/* The hub's text as a payload with one reference; NULL without memory or
 * where it did not fit. */
static struct share *
share_take(struct hub *h)
{
	struct share *s;

	if (h->text.failed)
		return NULL;
	s = malloc(sizeof(*s) + STREAM_PAD + h->text.len);
	if (!s)
		return NULL;
	s->references = 1;
	s->len = h->text.len;
	memcpy(s->bytes + STREAM_PAD, h->text.at, h->text.len);
	return s;
}

/* ---- one stream's queue ------------------------------------------------ */

static void
queue_clear(struct stream *s)
{
	while (s->first) {
		struct item *i = s->first;

		s->first = i->next;
		share_drop(i->share);
		free(i);
	}
	s->last = NULL;
	s->queued = 0;
}

static void
stream_doom(struct stream *s, unsigned code, const char *why)
{
	if (s->close_code != 0)
		return;
	queue_clear(s);
	s->close_code = code;
	s->close_why = why;
	s->hub->wake(s->user);
}

static void
queue_put(struct stream *s, const char *head, size_t head_len,
    struct share *share)
{
	struct item *i;

	if (s->close_code != 0)
		return;
	MUST(head_len <= STREAM_HEAD_MAX);
	if (!share) {
		stream_doom(s, 1011, "no memory");
		return;
	}
	if (s->queued + head_len + share->len > STREAM_QUEUE_MAX) {
		s->hub->api->counters.dropped_consumers++;
		stream_doom(s, 1008, "too slow");
		return;
	}
	i = calloc(1, sizeof(*i));
	if (!i) {
		stream_doom(s, 1011, "no memory");
		return;
	}
	if (head_len > 0)
		memcpy(i->head, head, head_len);
	i->head_len = head_len;
	i->is_head_sent = head_len == 0;
	i->share = share;
	share->references++;
	if (s->last)
		s->last->next = i;
	else
		s->first = i;
	s->last = i;
	s->queued += head_len + share->len;
	s->hub->api->counters.messages++;
	s->hub->wake(s->user);
}

bool
stream_front(struct stream_fragment *out, struct stream *s)
{
	struct item *i = s->first;

	if (!i)
		return false;
	out->is_first = i->head_len == 0 || !i->is_head_sent;
	out->is_last = i->is_head_sent;
	if (i->is_head_sent) {
		out->bytes = i->share->bytes + STREAM_PAD;
		out->len = i->share->len;
	} else {
		out->bytes = i->head;
		out->len = i->head_len;
	}
	return true;
}

void
stream_advance(struct stream *s)
{
	struct item *i = s->first;

	MUST(i != NULL);
	if (!i->is_head_sent) {
		i->is_head_sent = true;
		s->queued -= i->head_len;
		return;
	}
	s->queued -= i->share->len;
	s->first = i->next;
	if (!s->first)
		s->last = NULL;
	share_drop(i->share);
	free(i);
}

unsigned
stream_close_code(const struct stream *s, const char **why)
{
	*why = s->close_why;
	return s->close_code;
}

/* ---- payloads ---------------------------------------------------------- */

static void
write_vault(struct hub *h, uint32_t slot, bool *first)
{
	struct api_vault v;

	if (api_vault_get(&v, h->api->state, slot) != ERR_OK)
		return;
	text_put(&h->text, *first ? "" : ",");
	api_json_vault(&h->text, h->api->state, &v);
	*first = false;
}

static void
vaults_begin(struct hub *h)
{
	text_clear(&h->text);
	text_put(&h->text, "{");
	api_json_u64(&h->text, "as_of", h->api->state->head.now_ms);
	text_put(&h->text, ",");
	api_json_u64(&h->text, "total", h->api->state->row_count);
	text_put(&h->text, ",\"vaults\":[");
}

/* The vaults nearest to liquidation, as many as fit. */
static void
write_vaults_snapshot(struct hub *h)
{
	struct api_state *s = h->api->state;
	const uint32_t *order = api_state_order(s, SORT_HEALTH);
	bool first = true;

	vaults_begin(h);
	for (uint32_t i = 0; i < s->row_count &&
	    h->text.len < STREAM_SNAPSHOT_MAX; i++)
		if (s->row[order[i]].is_known)
			write_vault(h, order[i], &first);
	text_put(&h->text, "]}");
}

static void
write_attestations_snapshot(struct hub *h)
{
	const struct api_state *s = h->api->state;
	struct board_attestation a;

	text_put(&h->text, "{\"attestations\":[");
	for (uint32_t i = 0; i < STREAM_LIST &&
	    board_get_attestation_back(&a, s->board, i) == ERR_OK; i++) {
		text_put(&h->text, i > 0 ? "," : "");
		api_json_attestation_short(&h->text, &a.header, &a.digest);
	}
	text_put(&h->text, "],\"latest\":");
	if (s->has_newest)
		api_json_attestation(&h->text, s, &s->newest);
	else
		text_put(&h->text, "null");
	text_put(&h->text, "}");
}

static struct share *
snapshot_make(struct hub *h, enum stream_channel c)
{
	text_clear(&h->text);
	switch (c) {
	case CHANNEL_PRICES:
		api_json_prices(&h->text, h->api->state);
		break;
	case CHANNEL_VAULTS:
		write_vaults_snapshot(h);
		break;
	case CHANNEL_ATTESTATIONS:
		write_attestations_snapshot(h);
		break;
	case CHANNEL_AGGREGATE:
		api_json_aggregate(&h->text, h->api->state, 0);
		break;
	case CHANNEL_COUNT:
		break;
	}
	text_put(&h->text, "}}");
	return share_take(h);
}

static void
channel_send(struct stream *s, enum stream_channel c, const char *type,
    struct share *share)
{
	char head[STREAM_HEAD_MAX];
	int len = snprintf(head, sizeof(head), "{\"jsonrpc\":\"2.0\","
	    "\"method\":\"subscription\",\"params\":{\"channel\":\"%s\","
	    "\"seq\":%" PRIu64 ",\"prev_seq\":%" PRIu64 ",\"type\":\"%s\","
	    "\"data\":", channel_name[c], s->seq[c] + 1, s->seq[c], type);

	MUST(len > 0 && (size_t)len < sizeof(head));
	s->seq[c]++;
	queue_put(s, head, (size_t)len, share);
}

static void
snapshot_send(struct stream *s, enum stream_channel c)
{
	struct hub *h = s->hub;

	if (!h->snapshot[c])
		h->snapshot[c] = snapshot_make(h, c);
	channel_send(s, c, "snapshot", h->snapshot[c]);
}

static void
broadcast(struct hub *h, enum stream_channel c)
{
	struct share *share;

	text_put(&h->text, "}}");
	share = share_take(h);
	for (struct stream *s = h->streams; s; s = s->next)
		if ((s->subscribed >> c & 1) != 0)
			channel_send(s, c, "update", share);
	share_drop(share);
}

static bool
is_wanted(const struct hub *h, enum stream_channel c)
{
	for (const struct stream *s = h->streams; s; s = s->next)
		if ((s->subscribed >> c & 1) != 0)
			return true;
	return false;
}

/* ---- what changed ------------------------------------------------------ */

/* Rows that changed, those whose state did before all; what does not fit
 * stays marked for the next time. */
static void
vaults_update(struct hub *h, bool all)
{
	struct api_state *s = h->api->state;
	bool wanted = is_wanted(h, CHANNEL_VAULTS), first = true;
	uint32_t start = h->next_slot < s->row_count ? h->next_slot : 0;

	vaults_begin(h);
	for (unsigned pass = 0; pass < (all ? 2u : 1u); pass++) {
		for (uint32_t i = 0; i < s->row_count; i++) {
			uint32_t slot = (start + i) % s->row_count;
			const struct api_row *r = &s->row[slot];

			if (!(pass == 0 ? r->is_crossed : r->is_dirty))
				continue;
			if (wanted && h->text.len >= STREAM_UPDATE_MAX) {
				h->next_slot = slot;
				break;
			}
			if (wanted)
				write_vault(h, slot, &first);
			api_state_clean(s, slot);
		}
	}
	text_put(&h->text, "]}");
	if (!first)
		broadcast(h, CHANNEL_VAULTS);
}

static void
attestation_broadcast(struct hub *h, const struct board_attestation *a)
{
	text_clear(&h->text);
	text_put(&h->text, "{\"attestations\":[");
	api_json_attestation_short(&h->text, &a->header, &a->digest);
	text_put(&h->text, "],\"latest\":");
	api_json_attestation(&h->text, h->api->state, a);
	text_put(&h->text, "}");
	broadcast(h, CHANNEL_ATTESTATIONS);
}

/* Each attestation once and in order, also when several came at once. */
static void
attestations_update(struct hub *h)
{
	const struct board *b = h->api->state->board;
	struct board_attestation a;
	uint64_t newest;
	uint32_t n = 0;

	if (board_get_attestation_back(&a, b, 0) != ERR_OK ||
	    a.header.sequence == h->last_sequence)
		return;
	newest = a.header.sequence;
	while (h->last_sequence != 0 && n < BOARD_RING &&
	    board_get_attestation_back(&a, b, n) == ERR_OK &&
	    a.header.sequence > h->last_sequence)
		n++;
	n = n > 0 ? n : 1;
	if (is_wanted(h, CHANNEL_ATTESTATIONS)) {
		while (n-- > 0) {
			if (board_get_attestation_back(&a, b, n) != ERR_OK ||
			    a.header.sequence <= h->last_sequence)
				continue;
			h->last_sequence = a.header.sequence;
			attestation_broadcast(h, &a);
		}
	}
	if (newest > h->last_sequence)
		h->last_sequence = newest;
}

void
hub_tick(struct hub *h, uint64_t now_ms)
{
	struct api_state *s = h->api->state;

	for (size_t i = 0; i < CHANNEL_COUNT; i++) {
		share_drop(h->snapshot[i]);
		h->snapshot[i] = NULL;
	}
	if (!s->has_head)
		return;
	attestations_update(h);
	if (s->dirty_count > 0 && now_ms >= h->vaults_ms + STREAM_VAULTS_MS) {
		h->vaults_ms = now_ms;
		vaults_update(h, true);
	} else if (s->crossed_count > 0) {
		vaults_update(h, false);
	}
	if (now_ms >= h->prices_ms + STREAM_PRICES_MS) {
		h->prices_ms = now_ms;
		if (is_wanted(h, CHANNEL_PRICES)) {
			text_clear(&h->text);
			api_json_prices(&h->text, s);
			broadcast(h, CHANNEL_PRICES);
		}
	}
	if (now_ms >= h->aggregate_ms + STREAM_AGGREGATE_MS) {
		h->aggregate_ms = now_ms;
		if (is_wanted(h, CHANNEL_AGGREGATE)) {
			text_clear(&h->text);
			api_json_aggregate(&h->text, s, 0);
			broadcast(h, CHANNEL_AGGREGATE);
		}
	}
}

/* ---- requests ---------------------------------------------------------- */

static void
reply(struct stream *s)
{
	struct share *share = share_take(s->hub);

	queue_put(s, NULL, 0, share);
	share_drop(share);
}

static void
reply_error(struct stream *s, const char *id, int code, const char *why)
{
	struct text *t = &s->hub->text;

	text_clear(t);
	text_printf(t, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":%d,"
	    "\"message\":\"%s\"}}", id[0] ? id : "null", code, why);
	reply(s);
}

static void
reply_channels(struct stream *s, const char *id)
{
	struct text *t = &s->hub->text;
	bool first = true;

	if (!id[0])
		return;
	text_clear(t);
	text_printf(t, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":"
	    "{\"channels\":[", id);
	for (unsigned i = 0; i < CHANNEL_COUNT; i++) {
		if ((s->subscribed >> i & 1) == 0)
			continue;
		text_printf(t, "%s\"%s\"", first ? "" : ",", channel_name[i]);
		first = false;
	}
	text_put(t, "]}}");
	reply(s);
}

static void
request_serve(struct stream *s, const struct stream_request *r)
{
	uint32_t fresh = r->channels & ~s->subscribed;

	switch (r->method) {
	case METHOD_SUBSCRIBE:
		s->subscribed |= r->channels;
		reply_channels(s, r->id);
		for (unsigned i = 0; i < CHANNEL_COUNT; i++)
			if ((fresh >> i & 1) != 0)
				snapshot_send(s, (enum stream_channel)i);
		break;
	case METHOD_UNSUBSCRIBE:
		s->subscribed &= ~r->channels;
		for (unsigned i = 0; i < CHANNEL_COUNT; i++)
			if ((r->channels >> i & 1) != 0)
				s->seq[i] = 0;
		reply_channels(s, r->id);
		break;
	case METHOD_SNAPSHOT:
		if (fresh != 0) {
			reply_error(s, r->id, -32602, "not subscribed");
			break;
		}
		reply_channels(s, r->id);
		for (unsigned i = 0; i < CHANNEL_COUNT; i++)
			if ((r->channels >> i & 1) != 0)
				snapshot_send(s, (enum stream_channel)i);
		break;
	case METHOD_PING:
		text_clear(&s->hub->text);
		text_printf(&s->hub->text, "{\"jsonrpc\":\"2.0\",\"id\":%s,"
		    "\"result\":\"pong\"}", r->id[0] ? r->id : "null");
		reply(s);
		break;
	}
}

/* Each request costs a share of a second; a burst may be saved up. */
static bool
request_allowed(struct stream *s, uint64_t now_ms)
{
	const uint64_t cost = 1000 / STREAM_RATE;

	if (s->tokens_ms + STREAM_BURST * cost < now_ms)
		s->tokens_ms = now_ms - STREAM_BURST * cost;
	if (s->tokens_ms + cost > now_ms)
		return false;
	s->tokens_ms += cost;
	return true;
}

void
stream_receive(struct stream *s, const char *text, size_t len,
    uint64_t now_ms)
{
	struct stream_request r;
	enum err e;

	if (s->close_code != 0)
		return;
	if (!request_allowed(s, now_ms)) {
		stream_doom(s, 1008, "too many requests");
		return;
	}
	e = stream_request_parse(&r, text, len);
	if (e == ERR_OK)
		request_serve(s, &r);
	else if (e == ERR_UNKNOWN)
		reply_error(s, r.id, -32601, "no such method");
	else if (e == ERR_RANGE)
		reply_error(s, r.id, -32602, "channels: prices, vaults, "
		    "attestations, aggregate");
	else
		reply_error(s, r.id, -32600, "not a JSON-RPC 2.0 request");
}

/* ---- life -------------------------------------------------------------- */

enum err
hub_create(struct hub **out, struct api *api, void (*wake)(void *user))
{
	struct hub *h = calloc(1, sizeof(*h));

	if (!h)
		return ERR_LIMIT;
	h->api = api;
	h->wake = wake;
	text_init(&h->text, STREAM_QUEUE_MAX);
	*out = h;
	return ERR_OK;
}

void
hub_destroy(struct hub *h)
{
	if (!h)
		return;
	while (h->streams)
		stream_close(h->streams);
	for (size_t i = 0; i < CHANNEL_COUNT; i++)
		share_drop(h->snapshot[i]);
	text_free(&h->text);
	free(h);
}

enum err
stream_open(struct stream **out, struct hub *h, void *user)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return ERR_LIMIT;
	s->hub = h;
	s->user = user;
	s->next = h->streams;
	if (h->streams)
		h->streams->before = s;
	h->streams = s;
	h->api->counters.streams++;
	*out = s;
	return ERR_OK;
}

void
stream_close(struct stream *s)
{
	if (!s)
		return;
	queue_clear(s);
	if (s->before)
		s->before->next = s->next;
	else
		s->hub->streams = s->next;
	if (s->next)
		s->next->before = s->before;
	s->hub->api->counters.streams--;
	free(s);
}
