/* Venues that say over HTTP where they are dialled. */
#include "tests/client_world.h"

/* Asks the server that plays so; the log tells. */
static void
token_try(struct log *l, ws_play *play)
{
	struct ws_server s = { 0 };
	struct venue v;
	char url[64];

	ws_server_start(&s, play);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/token?x=1", s.port);
	v = token_venue(url);
	memset(l, 0, sizeof(*l));
	l->stop_frames = 1;
	l->stop_of[CLIENT_LOST] = 1;
	connect_to(l, &v, NULL, NULL);
	run(l);
	client_destroy(l->client);
	if (l->frames > 0) {
		assert_non_null(strstr(s.text[7], "POST /token?x=1 HTTP/1."));
		assert_non_null(strcasestr(s.text[7],
		    "\r\ncontent-length: 0\r\n"));
		assert_non_null(strcasestr(s.text[7],
		    "\r\nhost: 127.0.0.1:"));
	}
	ws_server_stop(&s);
}

static void
client_service__asks_for_a_token_before_it_dials(void **state)
{
	struct log l;

	(void)state;
	token_try(&l, play_token);
	assert_string_equal(l.text, "hello");
	assert_int_equal(l.of[CLIENT_LOST], 0);
	assert_int_equal(l.of[CLIENT_CONNECTED], 1);
}

/* The answer in two chunks; and one that only ends with the connection. */
static void
play_token_chunks(struct ws_peer *p)
{
	char url[64], text[256];

	if (strncmp(p->request, "GET ", 4) == 0) {
		play_subscribe(p);
		return;
	}
	snprintf(p->server->text[7], 512, "%.500s", p->request);
	local_url(url, p->server);
	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n5\r\n%.5s\r\n%zx\r\n%s\r\n"
	    "0\r\n\r\n", url, strlen(url) - 5, url + 5);
	ws_write(p, text, strlen(text));
	ws_drain(p);
}

static void
play_token_until_close(struct ws_peer *p)
{
	char url[64], text[256];

	if (strncmp(p->request, "GET ", 4) == 0) {
		play_subscribe(p);
		return;
	}
	snprintf(p->server->text[7], 512, "%.500s", p->request);
	local_url(url, p->server);
	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n"
	    "Connection: close\r\n\r\n%s", url);
	ws_write(p, text, strlen(text));
}

static void
client_service__takes_a_token_however_it_is_framed(void **state)
{
	static ws_play *const plays[] = { play_token_chunks,
		play_token_until_close };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(plays); i++) {
		struct log l;

		token_try(&l, plays[i]);
		assert_string_equal(first_why(&l, CLIENT_LOST),
		    "(no such event)");
		assert_string_equal(l.text, "hello");
	}
}

static void
play_token_each(struct ws_peer *p)
{
	if (strncmp(p->request, "GET ", 4) == 0 && p->number == 1)
		return;		/* and the token is spent */
	play_token(p);
}

static void
client_service__asks_for_another_token_each_time(void **state)
{
	struct ws_server s = { 0 };
	struct log l = { .stop_frames = 1 };
	struct venue v;
	char url[64];

	(void)state;
	ws_server_start(&s, play_token_each);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/token", s.port);
	v = token_venue(url);
	connect_to(&l, &v, NULL, NULL);
	run(&l);
	client_destroy(l.client);
	assert_int_equal(l.of[CLIENT_LOST], 1);
	assert_int_equal(atomic_load(&s.accepted), 4);
	ws_server_stop(&s);
}

static unsigned tokens_taken;

/* The first token says 50 ms, the next nothing that matters. */
static enum err
token_take_ping(struct venue_dial *out, const char *text, size_t len,
    const char *connect_id)
{
	enum err e = token_take(out, text, len, connect_id);

	if (tokens_taken++ > 0)
		out->ping_ms = 60000;
	return e;
}

/* How long the second connection took to its first ping. */
static _Atomic uint64_t ping_after_ms;

static void
play_token_pings(struct ws_peer *p)
{
	uint64_t began = now_ms();
	unsigned pings = 0;

	if (strncmp(p->request, "GET ", 4) != 0) {
		play_token(p);
		return;
	}
	if (!ws_accept(p))
		return;
	while (pings == 0 && ws_next(p) >= 0)
		pings = atomic_load(&p->server->texts) % 4 == 0;
	if (p->number == 1)
		return;
	atomic_store(&ping_after_ms, now_ms() - began);
	ws_text(p, "hello");
	ws_drain(p);
}

static void
client_service__keeps_a_tokens_ping_for_its_connection(void **state)
{
	struct ws_server s = { 0 };
	struct log l = { .stop_frames = 1 };
	struct venue v;
	char url[64];

	(void)state;
	ws_server_start(&s, play_token_pings);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/token", s.port);
	v = token_venue(url);
	v.token_take = token_take_ping;
	v.ping = "ping";
	v.ping_ms = 400;
	connect_to(&l, &v, NULL, NULL);
	run(&l);
	client_destroy(l.client);
	assert_int_equal(tokens_taken, 2);
	assert_int_equal(l.of[CLIENT_LOST], 1);
	assert_in_range(atomic_load(&ping_after_ms), 300, 2000);
	ws_server_stop(&s);
}

static void
play_token_403(struct ws_peer *p)
{
	token_answer(p, "403 Forbidden", "no");
}

static void
play_token_302(struct ws_peer *p)
{
	static const char moved[] = "HTTP/1.1 302 Found\r\nLocation: "
	    "http://127.0.0.1:9/x\r\nContent-Length: 0\r\n\r\n";

	ws_write(p, moved, strlen(moved));
}

static void
play_token_huge(struct ws_peer *p)
{
	static char body[CLIENT_TOKEN_MAX + 1];
	char head[64];

	memset(body, 'x', sizeof(body));
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu"
	    "\r\n\r\n", sizeof(body));
	ws_write(p, head, strlen(head));
	ws_write(p, body, sizeof(body));
	ws_drain(p);
}

static void
play_token_cut(struct ws_peer *p)
{
	static const char half[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nws://";

	ws_write(p, half, strlen(half));
}

static void
play_token_elsewhere(struct ws_peer *p)
{
	token_answer(p, "200 OK", "ws://a.example/");
}

static void
play_token_none(struct ws_peer *p)
{
	token_answer(p, "200 OK", "");
}

static void
play_token_tls(struct ws_peer *p)
{
	token_answer(p, "200 OK", "wss://127.0.0.1:9/");
}

static void
client_service__names_a_token_that_is_none(void **state)
{
	static const struct { ws_play *play; const char *why; } bad[] = {
		{ play_token_403, "the token was refused with HTTP 403" },
		{ play_token_302, "the token was refused with HTTP 302" },
		{ play_token_huge,
		  "the token's answer is above 16384 bytes" },
		{ play_token_cut, "the token's answer broke off" },
		{ play_token_none,
		  "the token's answer is refused (syntax)" },
		{ play_token_elsewhere,
		  "the token's answer is refused (refused)" },
		{ play_token_tls,
		  "the token's answer is refused (state)" },
	};
	struct log l;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		token_try(&l, bad[i].play);
		assert_int_equal(l.of[CLIENT_CONNECTED], 0);
		assert_string_equal(first_why(&l, CLIENT_LOST), bad[i].why);
	}
}

static void
client_service__waits_5_s_for_a_token(void **state)
{
	uint64_t begin = now_ms();
	struct log l;

	(void)state;
	token_try(&l, ws_drain);
	assert_string_equal(first_why(&l, CLIENT_LOST), "no token in time");
	assert_in_range(now_ms() - begin, CLIENT_TOKEN_MS - 1,
	    CLIENT_TOKEN_MS + 1500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    client_service__asks_for_a_token_before_it_dials),
		cmocka_unit_test(
		    client_service__takes_a_token_however_it_is_framed),
		cmocka_unit_test(
		    client_service__asks_for_another_token_each_time),
		cmocka_unit_test(
		    client_service__keeps_a_tokens_ping_for_its_connection),
		cmocka_unit_test(client_service__names_a_token_that_is_none),
		cmocka_unit_test(client_service__waits_5_s_for_a_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
