/* tests/client_world.h - a venue of the tests' own, a log of what the client
 * reports, and a server that hands out tokens: what the tests of feeds/client.h
 * share.  Test code only. */
#ifndef TESTS_CLIENT_WORLD_H
#define TESTS_CLIENT_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "feeds/client.h"
#include "tests/ws_server.h"

static inline enum err
parse_none(struct frame *f, const char *text, size_t len)
{
	(void)f, (void)text, (void)len;
	return ERR_SYNTAX;
}

static inline enum err
subscribe_each(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	*len = n < count ? (size_t)snprintf(out, size, "sub %u %s", n,
	    symbols[n]) : 0;
	return ERR_OK;
}

__attribute__((unused)) static const struct venue test_venue = {
	.name = "test", .parse = parse_none, .subscribe = subscribe_each,
	.mute_ms_max = 10000,
};

#define EVENTS_MAX 64u
struct log {
	struct client *client;
	bool is_stopped;
	struct { enum client_event e; size_t conn; uint64_t ms; char why[160]; }
	    event[EVENTS_MAX];
	size_t events;
	unsigned of[CLIENT_EVENTS];	/* how many of each */
	unsigned frames;
	unsigned frames_of[CLIENT_SLOTS_MAX];
	unsigned seconds;
	size_t len;			/* of the last frame */
	char text[128];			/* its beginning */
	uint64_t sum;			/* of its bytes */
	unsigned readable, leaves;
	char read[16];
	/* stop when this many were seen (0: no matter) */
	unsigned stop_frames, stop_readable, stop_of[CLIENT_EVENTS];
	bool wants_sent;
	size_t sent;
	char sent_text[4][32];
};

static inline uint64_t
now_ms(void)
{
	return (uint64_t)lws_now_usecs() / 1000;
}

static inline void
log_check(struct log *l)
{
	bool stop = (l->stop_frames && l->frames >= l->stop_frames) ||
	    (l->stop_readable && l->readable >= l->stop_readable);

	for (size_t i = 0; i < CLIENT_EVENTS; i++)
		stop |= l->stop_of[i] && l->of[i] >= l->stop_of[i];
	if (stop) {
		l->is_stopped = true;
		client_stop(l->client);
	}
}

static inline void
on_frame(void *arg, size_t conn, const char *text, size_t len)
{
	struct log *l = arg;

	if (l->is_stopped)	/* a piece may hold more than one message */
		return;
	l->frames++;
	l->frames_of[conn]++;
	l->len = len;
	l->sum = 0;
	for (size_t i = 0; i < len; i++)
		l->sum += (unsigned char)text[i];
	snprintf(l->text, sizeof(l->text), "%.*s",
	    (int)(len < 100 ? len : 100), text);
	if (strcmp(l->text, "are you there") == 0)
		client_reply(l->client, conn, "I am");
	if (strcmp(l->text, "a hole") == 0)
		client_redial(l->client, conn, "a message is missing");
	if (strcmp(l->text, "leave") == 0)
		l->leaves += client_leave(l->client, conn);
	log_check(l);
}

static inline void
on_event(void *arg, size_t conn, enum client_event e, const char *why)
{
	struct log *l = arg;

	if (l->events < EVENTS_MAX) {
		l->event[l->events].e = e;
		l->event[l->events].conn = conn;
		l->event[l->events].ms = now_ms();
		snprintf(l->event[l->events].why, 160, "%s", why);
		l->events++;
	}
	l->of[e]++;
	log_check(l);
}

static inline void
on_readable(void *arg, int fd)
{
	struct log *l = arg;
	ssize_t n = read(fd, l->read, sizeof(l->read));

	l->readable++;
	if (n == 0)
		client_unwatch(l->client, fd);
	log_check(l);
}

static inline void
on_sent(void *arg, size_t conn, const char *text, size_t len)
{
	struct log *l = arg;

	assert_int_equal(conn, 0);
	if (l->sent < ARRAY_COUNT(l->sent_text))
		snprintf(l->sent_text[l->sent++], sizeof(l->sent_text[0]),
		    "%.*s", (int)len, text);
}

static inline struct client_callbacks
callbacks(struct log *l)
{
	return (struct client_callbacks){ .frame = on_frame,
		.event = on_event, .readable = on_readable, .arg = l };
}

static inline void
connect_to(struct log *l, const struct venue *v, const char *url,
    const char *ca_file)
{
	struct client_connection k = { .venue = v, .url = url,
		.symbols = { "A", "B", "C" }, .symbol_count = 3 };
	struct client_callbacks call = callbacks(l);
	size_t bad;

	call.sent = l->wants_sent ? on_sent : NULL;
	assert_int_equal(client_create(&l->client, &k, 1, ca_file, &call, 1,
	    &bad), ERR_OK);
}

/* Runs until the log's stop condition; a test that hangs is killed. */
static inline void
run(struct log *l)
{
	alarm(20);
	while (client_service(l->client))
		;
	alarm(0);
}

static inline const char *
first_why(const struct log *l, enum client_event e)
{
	for (size_t i = 0; i < l->events; i++)
		if (l->event[i].e == e)
			return l->event[i].why;
	return "(no such event)";
}

static inline void
local_url(char url[64], const struct ws_server *s)
{
	snprintf(url, 64, "ws://127.0.0.1:%u/v", s->port);
}

static inline void
play_subscribe(struct ws_peer *p)
{
	if (!ws_accept(p))
		return;
	for (int i = 0; i < 3; i++)
		if (ws_next(p) != 1)
			return;
	ws_text(p, "hello");
	ws_drain(p);
}

/* A venue whose answer is the address itself. */
static inline enum err
token_take(struct venue_dial *out, const char *text, size_t len,
    const char *connect_id)
{
	if (len == 0 || len > 100 || strlen(connect_id) != 16)
		return ERR_SYNTAX;
	snprintf(out->url, sizeof(out->url), "%.*s", (int)len, text);
	out->ping_ms = 50;
	return ERR_OK;
}

static inline void
token_answer(struct ws_peer *p, const char *status, const char *body)
{
	char text[512];

	snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: %zu"
	    "\r\n\r\n%s", status, strlen(body), body);
	ws_write(p, text, strlen(text));
}

/* The first connection asks, the next is the websocket. */
static inline void
play_token(struct ws_peer *p)
{
	char url[64];

	if (strncmp(p->request, "GET ", 4) == 0) {
		play_subscribe(p);
		return;
	}
	snprintf(p->server->text[7], 512, "%.500s", p->request);
	local_url(url, p->server);
	token_answer(p, "200 OK", url);
}

static inline struct venue
token_venue(const char *token_url)
{
	struct venue v = test_venue;

	v.token_url = token_url;
	v.token_take = token_take;
	return v;
}

#endif
