#include "feeds/client.h"

#include "feeds/client_url.h"
#include "tests/ws_server.h"

#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* --- a venue of our own, and a log of what the client reports ------------ */

static enum err
parse_none(struct frame *f, const char *text, size_t len)
{
	(void)f, (void)text, (void)len;
	return ERR_SYNTAX;
}

static enum err
subscribe_each(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	*len = n < count ? (size_t)snprintf(out, size, "sub %u %s", n,
	    symbols[n]) : 0;
	return ERR_OK;
}

static const struct venue test_venue = {
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

static uint64_t
now_ms(void)
{
	return (uint64_t)lws_now_usecs() / 1000;
}

static void
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

static void
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

static void
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

static void
on_readable(void *arg, int fd)
{
	struct log *l = arg;
	ssize_t n = read(fd, l->read, sizeof(l->read));

	l->readable++;
	if (n == 0)
		client_unwatch(l->client, fd);
	log_check(l);
}

static void
on_sent(void *arg, size_t conn, const char *text, size_t len)
{
	struct log *l = arg;

	assert_int_equal(conn, 0);
	if (l->sent < ARRAY_COUNT(l->sent_text))
		snprintf(l->sent_text[l->sent++], sizeof(l->sent_text[0]),
		    "%.*s", (int)len, text);
}

static struct client_callbacks
callbacks(struct log *l)
{
	return (struct client_callbacks){ .frame = on_frame,
		.event = on_event, .readable = on_readable, .arg = l };
}

static void
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
static void
run(struct log *l)
{
	alarm(20);
	while (client_service(l->client))
		;
	alarm(0);
}

static const char *
first_why(const struct log *l, enum client_event e)
{
	for (size_t i = 0; i < l->events; i++)
		if (l->event[i].e == e)
			return l->event[i].why;
	return "(no such event)";
}

static void
local_url(char url[64], const struct ws_server *s)
{
	snprintf(url, 64, "ws://127.0.0.1:%u/v", s->port);
}

/* --- addresses ----------------------------------------------------------- */

static void
client_url_parse__takes_what_it_should(void **state)
{
	static const struct { const char *url, *host, *authority, *path,
	    *numeric; uint16_t port; bool tls; } ok[] = {
		{ "wss://a.example", "a.example", "a.example", "/", "",
		  443, 1 },
		{ "wss://a.example:8443/x?y=1", "a.example", "a.example:8443",
		  "/x?y=1", "", 8443, 1 },
		{ "ws://127.0.0.1:1/", "127.0.0.1", "127.0.0.1:1", "/",
		  "127.0.0.1", 1, 0 },
		{ "ws://localhost/ws", "localhost", "localhost", "/ws",
		  "127.0.0.1", 80, 0 },
		{ "ws://[::1]:65535/", "[::1]", "[::1]:65535", "/", "::1",
		  65535, 0 },
		{ "wss://10.0.0.1/", "10.0.0.1", "10.0.0.1", "/", "10.0.0.1",
		  443, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(ok); i++) {
		struct client_url u;

		assert_int_equal(client_url_parse(&u, ok[i].url), ERR_OK);
		assert_string_equal(u.host, ok[i].host);
		assert_string_equal(u.authority, ok[i].authority);
		assert_string_equal(u.path, ok[i].path);
		assert_string_equal(u.numeric, ok[i].numeric);
		assert_int_equal(u.port, ok[i].port);
		assert_int_equal(u.is_tls, ok[i].tls);
	}
}

static void
client_url_parse__refuses_the_rest(void **state)
{
	static const struct { const char *url; enum err e; } no[] = {
		{ "", ERR_SYNTAX }, { "wss://", ERR_SYNTAX },
		{ "http://a.example/", ERR_SYNTAX },
		{ "WSS://a.example/", ERR_SYNTAX },
		{ "wss://-a/", ERR_SYNTAX }, { "wss://.a/", ERR_SYNTAX },
		{ "wss://u@a.example/", ERR_SYNTAX },
		{ "wss://a.example:/", ERR_SYNTAX },
		{ "wss://a.example:0/", ERR_SYNTAX },
		{ "wss://a.example:65536/", ERR_SYNTAX },
		{ "wss://a.example:99999999999999999999/", ERR_SYNTAX },
		{ "wss://a.examplex y/", ERR_SYNTAX },
		{ "wss://a.example/x y", ERR_SYNTAX },
		{ "wss://a.example/x\r\nHost: b", ERR_SYNTAX },
		{ "wss://a.example/#f", ERR_SYNTAX },
		{ "wss://a.example?x", ERR_SYNTAX },
		{ "wss://[::1]/", ERR_SYNTAX }, { "ws://[::2]/", ERR_SYNTAX },
		{ "wss://1.2.3/", ERR_SYNTAX },
		{ "wss://0177.0.0.1/", ERR_SYNTAX },
		{ "ws://a.example/", ERR_REFUSED },
		{ "ws://127.0.0.2/", ERR_REFUSED },
		{ "ws://127.0.0.1.example/", ERR_REFUSED },
		{ "ws://localhost.example/", ERR_REFUSED },
	};
	struct client_url u = { .port = 7 };
	char url[2048];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(no); i++) {
		if (client_url_parse(&u, no[i].url) != no[i].e)
			fail_msg("%s", no[i].url);
		assert_int_equal(u.port, 7);
	}
	/* Both sides of the limits of host and path. */
	for (int n = 127; n <= 128; n++) {
		snprintf(url, sizeof(url), "wss://%0*d.x/", n - 2, 0);
		assert_int_equal(client_url_parse(&u, url),
		    n == 127 ? ERR_OK : ERR_SYNTAX);
	}
	for (int n = 1023; n <= 1024; n++) {
		snprintf(url, sizeof(url), "wss://a/%0*d", n - 1, 0);
		assert_int_equal(client_url_parse(&u, url),
		    n == 1023 ? ERR_OK : ERR_LIMIT);
	}
}

static void
client_url_parse_http__takes_http_alone(void **state)
{
	static const struct { const char *url; enum err e; } urls[] = {
		{ "https://a.example/x", ERR_OK },
		{ "http://127.0.0.1:8/x", ERR_OK },
		{ "http://a.example/x", ERR_REFUSED },
		{ "wss://a.example/x", ERR_SYNTAX },
		{ "https://u@a.example/", ERR_SYNTAX },
	};
	struct client_url u;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(urls); i++)
		if (client_url_parse_http(&u, urls[i].url) != urls[i].e)
			fail_msg("%s", urls[i].url);
	assert_int_equal(client_url_parse_http(&u, urls[0].url), ERR_OK);
	assert_true(u.is_tls);
	assert_int_equal(u.port, 443);
	assert_string_equal(u.path, "/x");
}

static enum err
subscribe_never(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	(void)out, (void)size, (void)n, (void)symbols, (void)count;
	*len = 1;
	return ERR_OK;
}

static enum err
subscribe_unit(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count)
{
	(void)out, (void)size, (void)n, (void)symbols, (void)count, (void)len;
	return ERR_UNIT;
}

static void
client_check__names_what_is_wrong(void **state)
{
	struct venue v = test_venue;
	struct client_connection k = { .venue = &v,
		.url = "ws://127.0.0.1:1/", .symbols = { "A" },
		.symbol_count = 1 };
	enum client_part bad;

	(void)state;
	assert_int_equal(client_check(&k, &bad), ERR_OK);
	k.url = "ws://a.example/";
	assert_int_equal(client_check(&k, &bad), ERR_REFUSED);
	assert_int_equal(bad, CLIENT_PART_ADDRESS);
	k.url = NULL;
	v.token_url = "https://a.example/token";
	assert_int_equal(client_check(&k, &bad), ERR_OK);
	k.token_url = "wss://a.example/token";
	assert_int_equal(client_check(&k, &bad), ERR_SYNTAX);
	assert_int_equal(bad, CLIENT_PART_TOKEN_ADDRESS);
	assert_string_equal(client_part_name(bad), "its token's address");
	k.token_url = NULL;
	v.subscribe = subscribe_unit;
	assert_int_equal(client_check(&k, &bad), ERR_UNIT);
	assert_int_equal(bad, CLIENT_PART_SYMBOLS);
	v.subscribe = subscribe_never;
	assert_int_equal(client_check(&k, &bad), ERR_LIMIT);
	v.subscribe = test_venue.subscribe;
	k.symbol_count = VENUE_SYMBOLS_MAX + 1;
	assert_int_equal(client_check(&k, &bad), ERR_LIMIT);
	assert_int_equal(bad, CLIENT_PART_SYMBOLS);
}

/* Each row's limits hold together: its symbols fit its messages, and these the
 * client. */
static void
client_check__takes_as_many_symbols_as_each_row_says(void **state)
{
	size_t count;
	const struct venue *v = venue_table(&count);

	(void)state;
	for (; count > 0; count--, v++) {
		struct client_connection k = { .venue = v };
		enum client_part bad;

		if (v->subscribe == NULL)	/* none that is dialled */
			continue;
		k.symbol_count = v->symbols_max > 0 ? v->symbols_max :
		    VENUE_SYMBOLS_MAX;
		assert_true(k.symbol_count <= VENUE_SYMBOLS_MAX);
		assert_true(v->dial_pause_ms > 0);
		assert_int_equal(v->token_url != NULL, v->token_take != NULL);
		for (size_t i = 0; i < k.symbol_count; i++)
			k.symbols[i] = "ABCDEFGHIJKLMNOPQRSTUVW";
		if (client_check(&k, &bad) != ERR_OK)
			fail_msg("%s: %s", v->name, client_part_name(bad));
	}
}

static void
client_create__names_the_bad_connection(void **state)
{
	struct client_connection k[2] = {
		{ .venue = &test_venue, .url = "ws://127.0.0.1:1/" },
		{ .venue = &test_venue, .url = "ws://a.example/" },
	};
	struct client_connection many[CLIENT_CONNECTIONS_MAX + 1];
	struct log l = { 0 };
	struct client_callbacks call = callbacks(&l);
	struct client *c = NULL;
	size_t bad = 9;

	(void)state;
	assert_int_equal(client_create(&c, k, 2, NULL, &call, 1, &bad),
	    ERR_REFUSED);
	assert_int_equal(bad, 1);
	k[1].url = "wss:/a";
	assert_int_equal(client_create(&c, k, 2, NULL, &call, 1, &bad),
	    ERR_SYNTAX);
	assert_int_equal(bad, 1);
	k[1] = k[0];
	k[1].symbols[0] = "a-symbol-of-24-characters";
	k[1].symbol_count = 1;
	assert_int_equal(client_create(&c, k, 2, NULL, &call, 1, &bad),
	    ERR_LIMIT);
	assert_int_equal(bad, 1);
	k[1].url = "wss://a.example/";
	k[1].symbol_count = 0;
	assert_int_equal(client_create(&c, k, 2, "/nonexistent.pem", &call, 1,
	    &bad), ERR_IO);
	assert_int_equal(bad, 2);
	for (size_t i = 0; i < ARRAY_COUNT(many); i++)
		many[i] = k[0];
	assert_int_equal(client_create(&c, many, ARRAY_COUNT(many), NULL,
	    &call, 1, &bad), ERR_LIMIT);
	assert_null(c);
	assert_int_equal(client_create(&c, many, CLIENT_CONNECTIONS_MAX, NULL,
	    &call, 1, &bad), ERR_OK);
	client_destroy(c);
	client_destroy(NULL);
}

/* --- messages ------------------------------------------------------------ */

static void
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

static void
client_service__connects_and_subscribes_in_order(void **state)
{
	struct ws_server s = { 0 };
	struct log l = { .stop_frames = 1 };
	char url[64];

	(void)state;
	ws_server_start(&s, play_subscribe);
	local_url(url, &s);
	l.wants_sent = true;
	connect_to(&l, &test_venue, url, NULL);
	run(&l);
	client_destroy(l.client);
	assert_string_equal(l.text, "hello");
	assert_int_equal(l.sent, 3);
	assert_string_equal(l.sent_text[0], "sub 0 A");
	assert_string_equal(l.sent_text[2], "sub 2 C");
	assert_int_equal(l.event[0].e, CLIENT_CONNECTED);
	assert_int_equal(l.event[1].e, CLIENT_SUBSCRIBED);
	assert_int_equal(l.events, 2);
	assert_string_equal(s.text[0], "sub 0 A");
	assert_string_equal(s.text[1], "sub 1 B");
	assert_string_equal(s.text[2], "sub 2 C");
	ws_server_stop(&s);
}

static void
play_fragments(struct ws_peer *p)
{
	static char big[FRAME_BYTES_MAX];

	if (!ws_accept(p))
		return;
	/* One message in four fragments, a ping and a pong between them. */
	ws_frame(p, false, 1, "one ", 4);
	ws_frame(p, true, 9, "ping", 4);
	ws_frame(p, false, 0, "", 0);
	ws_frame(p, true, 10, "", 0);
	ws_frame(p, false, 0, "two ", 4);
	ws_frame(p, true, 0, "three", 5);
	ws_text(p, "");
	/* The largest allowed: in one frame, then in many. */
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)('a' + i % 26);
	ws_frame(p, true, 1, big, sizeof(big));
	for (size_t i = 0; i < 64; i++)
		ws_frame(p, i == 63, i == 0, big + i * (sizeof(big) / 64),
		    sizeof(big) / 64);
	ws_drain(p);
}

static void
client_service__reassembles_fragments(void **state)
{
	struct ws_server s = { 0 };
	struct log l = { .stop_frames = 1 };
	uint64_t sum = 0;
	char url[64];

	(void)state;
	ws_server_start(&s, play_fragments);
	local_url(url, &s);
	connect_to(&l, &test_venue, url, NULL);
	run(&l);
	assert_string_equal(l.text, "one two three");
	client_destroy(l.client);
	memset(&l, 0, sizeof(l));
	l.stop_frames = 4;
	connect_to(&l, &test_venue, url, NULL);
	run(&l);
	client_destroy(l.client);
	for (size_t i = 0; i < FRAME_BYTES_MAX; i++)
		sum += 'a' + i % 26;
	assert_int_equal(l.len, FRAME_BYTES_MAX);
	assert_int_equal(l.sum, sum);
	assert_int_equal(l.of[CLIENT_LOST], 0);
	/* The server reads what was sent in its own time. */
	for (unsigned i = 0; i < 5000 && atomic_load(&s.pongs) == 0; i++)
		usleep(1000);
	assert_true(atomic_load(&s.pongs) >= 1);
	ws_server_stop(&s);
}

static void
play_oversize(struct ws_peer *p)
{
	static char big[FRAME_BYTES_MAX + 1];

	if (!ws_accept(p))
		return;
	memset(big, 'x', sizeof(big));
	ws_frame(p, true, 1, big, sizeof(big));
	ws_drain(p);
}

static void
play_oversize_pieces(struct ws_peer *p)
{
	static char big[FRAME_BYTES_MAX];

	if (!ws_accept(p))
		return;
	memset(big, 'x', sizeof(big));
	ws_frame(p, false, 1, big, sizeof(big));
	ws_frame(p, true, 0, "x", 1);
	ws_drain(p);
}

static void
on_third_second(void *arg)
{
	struct log *l = arg;

	if (++l->seconds == 3)
		client_stop(l->client);
}

/* And does not ask for the same again at once, which would take half a second:
 * the longest backoff is at least 15. */
static void
client_service__drops_a_message_above_the_limit(void **state)
{
	static ws_play *const plays[] = { play_oversize,
		play_oversize_pieces };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(plays); i++) {
		struct ws_server s = { 0 };
		struct log l = { 0 };
		struct client_callbacks call = callbacks(&l);
		struct client_connection k = { .venue = &test_venue };
		char url[64];
		size_t bad;

		ws_server_start(&s, plays[i]);
		local_url(url, &s);
		k.url = url;
		call.second = on_third_second;
		assert_int_equal(client_create(&l.client, &k, 1, NULL, &call,
		    1, &bad), ERR_OK);
		run(&l);
		client_destroy(l.client);
		assert_int_equal(l.of[CLIENT_OVERSIZE], 1);
		assert_int_equal(l.of[CLIENT_LOST], 1);
		assert_int_equal(l.of[CLIENT_CONNECTED], 1);
		assert_int_equal(l.frames, 0);
		assert_string_equal(first_why(&l, CLIENT_OVERSIZE),
		    "a message above the cap of 262144 bytes");
		ws_server_stop(&s);
	}
}

static void
play_silent(struct ws_peer *p)
{
	if (!ws_accept(p))
		return;
	if (p->number > 0)
		ws_text(p, "awake");
	else	/* pings and pongs of the protocol are no messages */
		for (int i = 0; i < 8; i++) {
			ws_frame(p, true, 9, "", 0);
			usleep(50000);
		}
	ws_drain(p);
}

static void
client_service__drops_a_mute_connection(void **state)
{
	struct venue quick = test_venue;
	struct ws_server s = { 0 };
	struct log l = { .stop_frames = 1 };
	uint64_t open_ms = 0, mute_ms = 0;
	char url[64];

	(void)state;
	quick.mute_ms_max = 300;
	ws_server_start(&s, play_silent);
	local_url(url, &s);
	connect_to(&l, &quick, url, NULL);
	run(&l);
	client_destroy(l.client);
	assert_int_equal(l.of[CLIENT_MUTE], 1);
	assert_int_equal(l.of[CLIENT_LOST], 1);
	for (size_t i = l.events; i-- > 0;) {
		if (l.event[i].e == CLIENT_MUTE)
			mute_ms = l.event[i].ms;
		if (l.event[i].e == CLIENT_CONNECTED)
			open_ms = l.event[i].ms;
	}
	assert_in_range(mute_ms - open_ms, 299, 800);
	ws_server_stop(&s);
}

static void
play_question(struct ws_peer *p)
{
	if (!ws_accept(p))
		return;
	for (int i = 0; i < 3; i++)
		if (ws_next(p) != 1)
			return;
	ws_text(p, "are you there");
	if (ws_next(p) == 1)
		ws_text(p, "good");
	ws_drain(p);
}

static void
client_reply__is_sent_from_the_frame_callback(void **state)
{
	struct ws_server s = { 0 };
	struct log l = { .stop_frames = 2 };
	char url[64];

	(void)state;
	ws_server_start(&s, play_question);
	local_url(url, &s);
	connect_to(&l, &test_venue, url, NULL);
	run(&l);
	client_destroy(l.client);
	assert_string_equal(s.text[3], "I am");
	assert_string_equal(l.text, "good");
	ws_server_stop(&s);
}

static void
play_hole(struct ws_peer *p)
{
	if (!ws_accept(p))
		return;
	ws_text(p, p->number == 0 ? "a hole" : "whole again");
	ws_drain(p);
}

static void
client_redial__loses_the_connection_and_dials_anew(void **state)
{
	struct ws_server s = { 0 };
	struct log l = { .stop_frames = 2 };
	char url[64];

	(void)state;
	ws_server_start(&s, play_hole);
	local_url(url, &s);
	connect_to(&l, &test_venue, url, NULL);
	run(&l);
	client_destroy(l.client);
	assert_int_equal(atomic_load(&s.accepted), 2);
	assert_string_equal(first_why(&l, CLIENT_LOST),
	    "a message is missing");
	assert_string_equal(l.text, "whole again");
	ws_server_stop(&s);
}

static void
play_quiet(struct ws_peer *p)
{
	if (ws_accept(p))
		ws_drain(p);
}

static void
client_service__rotates_before_the_venue_cuts(void **state)
{
	struct venue v = test_venue;
	struct ws_server s = { 0 };
	struct log l = { 0 };
	char url[64];

	(void)state;
	v.rotate_ms = 300;
	l.stop_of[CLIENT_CONNECTED] = 2;
	ws_server_start(&s, play_quiet);
	local_url(url, &s);
	connect_to(&l, &v, url, NULL);
	run(&l);
	client_destroy(l.client);
	assert_int_equal(l.of[CLIENT_LOST], 1);
	assert_string_equal(first_why(&l, CLIENT_LOST),
	    "it is time for another connection");
	ws_server_stop(&s);
}

static void
client_service__pauses_between_subscriptions(void **state)
{
	struct venue v = test_venue;
	struct ws_server s = { 0 };
	struct log l = { .stop_frames = 1 };
	char url[64];
	uint64_t begin, end;

	(void)state;
	v.subscribe_pause_ms = 100;
	ws_server_start(&s, play_subscribe);
	local_url(url, &s);
	connect_to(&l, &v, url, NULL);
	begin = now_ms();
	run(&l);
	end = now_ms();
	client_destroy(l.client);
	assert_string_equal(s.text[2], "sub 2 C");
	assert_true(end - begin >= 200);
	ws_server_stop(&s);
}

static void
client_service__waits_before_the_first_subscription(void **state)
{
	struct venue v = test_venue;
	struct ws_server s = { 0 };
	struct log l = { .stop_frames = 1 };
	char url[64];

	(void)state;
	v.subscribe_wait_ms = 300;
	ws_server_start(&s, play_subscribe);
	local_url(url, &s);
	connect_to(&l, &v, url, NULL);
	run(&l);
	client_destroy(l.client);
	assert_int_equal(l.event[0].e, CLIENT_CONNECTED);
	assert_int_equal(l.event[1].e, CLIENT_SUBSCRIBED);
	assert_in_range(l.event[1].ms - l.event[0].ms, 299, 800);
	ws_server_stop(&s);
}

/* --- successors ---------------------------------------------------------- */

static void
play_chatter(struct ws_peer *p)
{
	if (!ws_accept(p))
		return;
	for (int i = 0; i < 3; i++)
		if (ws_next(p) != 1)
			return;
	while (ws_text(p, "tick"))
		usleep(20000);
}

static struct client_callbacks
callbacks_of_two(struct log *l)
{
	struct client_callbacks call = callbacks(l);

	call.takes_successors = true;
	return call;
}

/* One connection that is rotated after rotate_ms. */
static void
rotate_with(struct log *l, struct ws_server *s, struct venue *v)
{
	struct client_callbacks call = callbacks_of_two(l);
	struct client_connection k = { .venue = v,
		.symbols = { "A", "B", "C" }, .symbol_count = 3 };
	char url[64];
	size_t bad;

	local_url(url, s);
	k.url = url;
	assert_int_equal(client_create(&l->client, &k, 1, NULL, &call, 1,
	    &bad), ERR_OK);
	run(l);
	client_destroy(l->client);
}

static void
client_service__makes_the_successor_before_it_breaks(void **state)
{
	struct venue v = test_venue;
	struct ws_server s = { .threads = 2 };
	struct log l = { .stop_of = { [CLIENT_REPLACED] = 2 } };

	(void)state;
	v.rotate_ms = 500;
	ws_server_start(&s, play_chatter);
	rotate_with(&l, &s, &v);
	/* Slot 0, its successor in 1, the successor's in 0 again. */
	assert_int_equal(l.of[CLIENT_LOST], 0);
	assert_int_equal(l.of[CLIENT_CONNECTED], 3);
	for (size_t i = 0, replaced = 0; i < l.events; i++) {
		if (l.event[i].e != CLIENT_REPLACED)
			continue;
		assert_int_equal(l.event[i].conn, replaced++);
		/* Its successor has subscribed long before. */
		assert_int_equal(l.event[i - 1].e, CLIENT_SUBSCRIBED);
		assert_int_equal(l.event[i - 1].conn, 1 - l.event[i].conn);
		assert_true(l.event[i].ms - l.event[i - 1].ms >=
		    CLIENT_OVERLAP_MS - 1);
	}
	assert_true(l.frames_of[0] > 0 && l.frames_of[1] > 0);
	ws_server_stop(&s);
}

static void
play_first_alone(struct ws_peer *p)
{
	if (p->number == 0)
		play_chatter(p);
}

static void
client_service__keeps_the_old_where_no_successor_comes(void **state)
{
	struct venue v = test_venue;
	struct ws_server s = { .threads = 2 };
	struct log l = { .stop_of = { [CLIENT_LOST] = 3 } };

	(void)state;
	v.rotate_ms = 300;
	ws_server_start(&s, play_first_alone);
	rotate_with(&l, &s, &v);
	assert_int_equal(l.of[CLIENT_REPLACED], 0);
	for (size_t i = 0; i < l.events; i++)
		if (l.event[i].e == CLIENT_LOST)
			assert_int_equal(l.event[i].conn, 1);
	/* All the while the old one spoke: two backoffs are 750 ms at least. */
	assert_true(l.frames_of[0] > 30);
	ws_server_stop(&s);
}

static void
play_first_goes(struct ws_peer *p)
{
	if (!ws_accept(p))
		return;
	for (int i = 0; i < (p->number == 0 ? 40 : 400); i++) {
		if (!ws_text(p, "tick"))
			return;
		usleep(20000);
	}
}

static void
client_service__leaves_a_lost_one_to_its_successor(void **state)
{
	struct venue v = test_venue;
	struct ws_server s = { .threads = 2 };
	struct log l = { .stop_frames = 400 };

	(void)state;
	v.rotate_ms = 300;	/* the first goes after 800 ms */
	v.subscribe = subscribe_each;
	ws_server_start(&s, play_first_goes);
	rotate_with(&l, &s, &v);
	assert_int_equal(l.of[CLIENT_LOST], 1);
	assert_int_equal(l.of[CLIENT_CONNECTED] - l.of[CLIENT_REPLACED] -
	    l.of[CLIENT_LOST] >= 1, 1);
	for (size_t i = 0; i < l.events; i++)
		if (l.event[i].e == CLIENT_LOST)
			assert_int_equal(l.event[i].conn, 0);
	assert_true(l.frames_of[1] > 100);
	ws_server_stop(&s);
}

/* --- a venue that says it will close ------------------------------------- */

static void
play_farewell(struct ws_peer *p)
{
	if (!ws_accept(p))
		return;
	for (int i = 0; i < 3; i++)
		if (ws_next(p) != 1)
			return;
	/* Said again and again, until it is done. */
	while (ws_text(p, p->number == 0 ? "leave" : "tick"))
		usleep(20000);
}

/* A venue without a time of its own to rotate. */
static void
client_leave__makes_the_successor_before_it_breaks(void **state)
{
	struct ws_server s = { .threads = 2 };
	struct log l = { .stop_of = { [CLIENT_REPLACED] = 1 } };
	struct venue v = test_venue;

	(void)state;
	ws_server_start(&s, play_farewell);
	rotate_with(&l, &s, &v);
	assert_int_equal(v.rotate_ms, 0);
	assert_int_equal(l.of[CLIENT_LOST], 0);
	assert_int_equal(l.of[CLIENT_CONNECTED], 2);
	assert_int_equal(l.leaves, 1);
	assert_int_equal(l.event[2].e, CLIENT_CONNECTED);
	assert_int_equal(l.event[2].conn, 1);
	assert_in_range(l.event[2].ms - l.event[0].ms, CLIENT_LEAVE_MS - 1,
	    CLIENT_LEAVE_MS + 900);
	assert_int_equal(l.event[l.events - 1].conn, 0);
	assert_true(l.event[l.events - 1].ms - l.event[3].ms >=
	    CLIENT_OVERLAP_MS - 1);
	assert_true(l.frames_of[1] > 0);
	ws_server_stop(&s);
}

/* Where there can be no successor the old one goes first. */
static void
client_leave__dials_anew_where_there_is_one_slot(void **state)
{
	struct ws_server s = { .threads = 2 };
	struct log l = { .stop_of = { [CLIENT_CONNECTED] = 2 } };
	char url[64];

	(void)state;
	ws_server_start(&s, play_farewell);
	local_url(url, &s);
	connect_to(&l, &test_venue, url, NULL);
	run(&l);
	client_destroy(l.client);
	assert_int_equal(l.of[CLIENT_LOST], 1);
	assert_string_equal(first_why(&l, CLIENT_LOST),
	    "the venue will close it");
	ws_server_stop(&s);
}

/* --- paces --------------------------------------------------------------- */

static void
client_service__dials_a_venue_at_its_pace(void **state)
{
	struct venue v = test_venue, other = test_venue;
	struct client_connection k[5];
	struct log l = { .stop_of = { [CLIENT_LOST] = 8 } };
	struct client_callbacks call = callbacks(&l);
	uint64_t begin = now_ms();
	size_t bad;

	(void)state;
	memset(k, 0, sizeof(k));
	v.dial_pause_ms = 200;
	for (size_t i = 0; i < 5; i++) {
		k[i].venue = i == 4 ? &other : &v;
		k[i].url = "ws://127.0.0.1:1/";
	}
	assert_int_equal(client_create(&l.client, k, 5, NULL, &call, 1, &bad),
	    ERR_OK);
	run(&l);
	client_destroy(l.client);
	/* The other venue's does not wait; of ours one each 200 ms, and
	 * whoever lost its attempt queues up behind those. */
	assert_true(l.event[0].conn == 4 || l.event[1].conn == 4);
	for (size_t i = 0, turns = 0; i < l.events; i++) {
		if (l.event[i].conn == 4)
			continue;
		assert_in_range(l.event[i].ms - begin, 200 * turns,
		    200 * turns + 400);
		turns++;
	}
}

/* Three at once, and then one each 300 ms. */
static void
client_service__dials_a_burst_at_once(void **state)
{
	struct venue v = test_venue;
	struct client_connection k[5];
	struct log l = { .stop_of = { [CLIENT_LOST] = 5 } };
	struct client_callbacks call = callbacks(&l);
	uint64_t begin = now_ms();
	size_t bad;

	(void)state;
	memset(k, 0, sizeof(k));
	v.dial_pause_ms = 300;
	v.dial_burst = 3;
	for (size_t i = 0; i < 5; i++) {
		k[i].venue = &v;
		k[i].url = "ws://127.0.0.1:1/";
	}
	assert_int_equal(client_create(&l.client, k, 5, NULL, &call, 1, &bad),
	    ERR_OK);
	run(&l);
	client_destroy(l.client);
	for (size_t i = 0; i < 5; i++)
		assert_in_range(l.event[i].ms - begin,
		    i < 3 ? 0 : 300 * (i - 2) - 1,
		    (i < 3 ? 0 : 300 * (i - 2)) + 290);
}

static void
on_second(void *arg)
{
	struct log *l = arg;

	if (++l->seconds == 2)
		client_stop(l->client);
}

static void
client_service__tells_the_seconds_though_nothing_comes(void **state)
{
	struct log l = { 0 };
	struct client_callbacks call = callbacks(&l);
	uint64_t begin = now_ms();
	size_t bad;

	(void)state;
	call.second = on_second;
	assert_int_equal(client_create(&l.client, NULL, 0, NULL, &call, 1,
	    &bad), ERR_OK);
	run(&l);
	client_destroy(l.client);
	assert_in_range(now_ms() - begin, 1990, 3000);
}

static void
play_pings(struct ws_peer *p)
{
	if (!ws_accept(p))
		return;
	while (ws_next(p) >= 0)
		if (atomic_load(&p->server->texts) == 5)
			ws_text(p, "pong");
}

static void
client_service__sends_the_venues_ping(void **state)
{
	struct venue v = test_venue;
	struct ws_server s = { 0 };
	struct log l = { .stop_frames = 1 };
	uint64_t began;
	char url[64];

	(void)state;
	v.ping = "{\"op\":\"ping\"}";
	v.ping_ms = 100;
	ws_server_start(&s, play_pings);
	local_url(url, &s);
	connect_to(&l, &v, url, NULL);
	began = now_ms();
	run(&l);
	assert_in_range(now_ms() - began, 200, 2000);
	client_destroy(l.client);
	assert_string_equal(s.text[2], "sub 2 C");
	assert_string_equal(s.text[3], v.ping);
	assert_string_equal(s.text[4], v.ping);
	ws_server_stop(&s);
}

/* --- tokens -------------------------------------------------------------- */

/* A venue whose answer is the address itself. */
static enum err
token_take(struct venue_dial *out, const char *text, size_t len,
    const char *connect_id)
{
	if (len == 0 || len > 100 || strlen(connect_id) != 16)
		return ERR_SYNTAX;
	snprintf(out->url, sizeof(out->url), "%.*s", (int)len, text);
	out->ping_ms = 50;
	return ERR_OK;
}

static void
token_answer(struct ws_peer *p, const char *status, const char *body)
{
	char text[512];

	snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: %zu"
	    "\r\n\r\n%s", status, strlen(body), body);
	ws_write(p, text, strlen(text));
}

/* The first connection asks, the next is the websocket. */
static void
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

static struct venue
token_venue(const char *token_url)
{
	struct venue v = test_venue;

	v.token_url = token_url;
	v.token_take = token_take;
	return v;
}

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

/* --- loss and redial ----------------------------------------------------- */

static void
play_close(struct ws_peer *p)
{
	if (!ws_accept(p))
		return;
	if (p->number == 0) {
		ws_frame(p, true, 8, "\x03\xe9""going\x01", 8);
		ws_drain(p);
	} else if (p->number == 1) {
		ws_frame(p, false, 1, "half a mess", 11);
	} else {
		ws_text(p, "again");
		ws_drain(p);
	}
}

static void
client_service__redials_within_a_second(void **state)
{
	struct ws_server s = { 0 };
	struct log l = { .stop_frames = 1 };
	uint64_t lost = 0;
	unsigned losses = 0;
	char url[64];

	(void)state;
	ws_server_start(&s, play_close);
	local_url(url, &s);
	connect_to(&l, &test_venue, url, NULL);
	run(&l);
	client_destroy(l.client);
	/* The half message of the second connection is not joined to the
	 * third one's. */
	assert_string_equal(l.text, "again");
	assert_int_equal(l.of[CLIENT_LOST], 2);
	assert_string_equal(first_why(&l, CLIENT_LOST),
	    "closed by the peer: 1001 going?");
	for (size_t i = 0; i < l.events; i++) {
		if (l.event[i].e == CLIENT_LOST) {
			lost = l.event[i].ms;
			losses++;
		} else if (l.event[i].e == CLIENT_CONNECTED && losses == 1) {
			assert_in_range(l.event[i].ms - lost, 240, 1000);
			losses = 99;
		}
	}
	ws_server_stop(&s);
}

static void
client_service__backs_off_from_a_closed_port(void **state)
{
	struct ws_server s = { 0 };
	struct log l = { .stop_of = { [CLIENT_LOST] = 4 } };
	char url[64];

	(void)state;
	ws_server_start(&s, play_close);
	local_url(url, &s);
	ws_server_stop(&s);
	connect_to(&l, &test_venue, url, NULL);
	run(&l);
	client_destroy(l.client);
	assert_int_equal(l.events, 4);
	/* Between half and the whole of 500, 1000, 2000 ms. */
	for (uint64_t i = 0, ms = 500; i < 3; i++, ms *= 2)
		assert_in_range(l.event[i + 1].ms - l.event[i].ms,
		    ms / 2 - 10, ms + 400);
	assert_true(strlen(l.event[0].why) > 5);
}

static void
play_forbidden(struct ws_peer *p)
{
	static const char no[] =
	    "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
	static const char moved[] =
	    "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:9/x\r\n"
	    "Content-Length: 0\r\n\r\n";

	if (p->number == 0)
		ws_write(p, no, strlen(no));
	else
		ws_write(p, moved, strlen(moved));
}

static void
client_service__names_a_refused_upgrade(void **state)
{
	struct ws_server s = { 0 };
	struct log l = { .stop_of = { [CLIENT_LOST] = 2 } };
	char url[64];

	(void)state;
	ws_server_start(&s, play_forbidden);
	local_url(url, &s);
	connect_to(&l, &test_venue, url, NULL);
	run(&l);
	client_destroy(l.client);
	assert_string_equal(l.event[0].why,
	    "the upgrade was refused with HTTP 403");
	assert_string_equal(l.event[1].why,
	    "the upgrade was refused with HTTP 302");
	ws_server_stop(&s);
}

static void
client_service__names_a_name_without_address(void **state)
{
	struct log l = { .stop_of = { [CLIENT_LOST] = 1 } };

	(void)state;
	/* A label of 64 characters: no name server need be asked. */
	connect_to(&l, &test_venue, "wss://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid/", NULL);
	run(&l);
	client_destroy(l.client);
	assert_int_equal(strncmp(l.event[0].why, "cannot resolve aaaa", 19), 0);
}

/* --- TLS ----------------------------------------------------------------- */

static char cert_dir[] = "/tmp/margind-test-client-XXXXXX";

/* A CA; leaves of it with the right name, another name, and a past end; one
 * that signed itself. */
static const char certs_script[] =
    "cd \"$CERTS\" && exec 2>/dev/null && set -e\n"
    "new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
    "openssl req -x509 $new -keyout ca.key -out ca.pem -subj /CN=ca\n"
    "openssl req -x509 $new -keyout self.key -out self.pem"
    " -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1\n"
    "leaf() {\n"
    "  openssl req $new -keyout $1.key -out $1.csr -subj /CN=127.0.0.1\n"
    "  echo subjectAltName=$2 >$1.ext\n"
    "  openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key"
    " -CAcreateserial -days $3 -out $1.pem -extfile $1.ext\n"
    "}\n"
    "leaf good IP:127.0.0.1,DNS:localhost 2\n"
    "leaf other DNS:other.example 2\n"
    "leaf old IP:127.0.0.1 -1\n"
    "cp good.key future.key\n";

/* The good leaf again, from tomorrow on: lws itself would accept it. */
static void
cert_make_future(void)
{
	char path[128];
	EVP_PKEY *key;
	X509 *x;
	FILE *f;

	snprintf(path, sizeof(path), "%s/good.pem", cert_dir);
	f = fopen(path, "r");
	x = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	snprintf(path, sizeof(path), "%s/ca.key", cert_dir);
	f = fopen(path, "r");
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	X509_gmtime_adj(X509_getm_notBefore(x), 86400);
	X509_sign(x, key, EVP_sha256());
	snprintf(path, sizeof(path), "%s/future.pem", cert_dir);
	f = fopen(path, "w");
	PEM_write_X509(f, x);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
}

static int
certs_make(void **state)
{
	(void)state;
	if (mkdtemp(cert_dir) == NULL || setenv("CERTS", cert_dir, 1) != 0)
		return -1;
	if (system(certs_script) != 0)
		return -1;
	cert_make_future();
	return 0;
}

static int
certs_remove(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "rm -rf %s", cert_dir);
	return system(line);
}

/* Connects to a TLS server with this certificate; the log tells. */
static void
tls_try(struct log *l, const char *cert, const char *host, int version_max)
{
	struct ws_server s = { 0 };
	char pem[128], key[128], ca[128], url[64];

	snprintf(pem, sizeof(pem), "%s/%s.pem", cert_dir, cert);
	snprintf(key, sizeof(key), "%s/%s.key", cert_dir, cert);
	snprintf(ca, sizeof(ca), "%s/ca.pem", cert_dir);
	s.tls = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate_file(s.tls, pem,
	    SSL_FILETYPE_PEM), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(s.tls, key,
	    SSL_FILETYPE_PEM), 1);
	SSL_CTX_set_cipher_list(s.tls, "ALL:@SECLEVEL=0");
	SSL_CTX_set_min_proto_version(s.tls, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(s.tls, version_max);
	ws_server_start(&s, play_subscribe);
	snprintf(url, sizeof(url), "wss://%s:%u/v", host, s.port);
	memset(l, 0, sizeof(*l));
	l->stop_frames = 1;
	l->stop_of[CLIENT_LOST] = 1;
	connect_to(l, &test_venue, url, ca);
	run(l);
	client_destroy(l->client);
	ws_server_stop(&s);
}

static void
client_service__accepts_a_good_certificate(void **state)
{
	struct log l;

	(void)state;
	tls_try(&l, "good", "127.0.0.1", 0);
	assert_string_equal(l.text, "hello");
	tls_try(&l, "good", "localhost", TLS1_2_VERSION);
	assert_string_equal(l.text, "hello");
}

static void
client_service__refuses_bad_certificates(void **state)
{
	static const struct { const char *cert, *host, *why; } bad[] = {
		{ "self", "127.0.0.1",
		  "certificate refused: self-signed certificate" },
		{ "other", "127.0.0.1",
		  "certificate refused: IP address mismatch" },
		{ "other", "localhost",
		  "certificate refused: hostname mismatch" },
		{ "old", "127.0.0.1",
		  "certificate refused: certificate has expired" },
		{ "future", "127.0.0.1",
		  "certificate refused: certificate is not yet valid" },
	};
	struct log l;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		tls_try(&l, bad[i].cert, bad[i].host, 0);
		assert_int_equal(l.frames, 0);
		assert_int_equal(l.of[CLIENT_CONNECTED], 0);
		assert_string_equal(first_why(&l, CLIENT_LOST), bad[i].why);
	}
}

/* This machine's own name, where it has an address: the look-up's answer
 * leads to a connection (and to a certificate that names another host). */
static void
client_service__connects_to_a_looked_up_name(void **state)
{
	struct log l;
	struct addrinfo *list = NULL;
	struct sockaddr_in a;
	char name[100] = "";

	(void)state;
	if (gethostname(name, sizeof(name) - 1) != 0 ||
	    getaddrinfo(name, NULL, NULL, &list) != 0)
		skip();
	memcpy(&a, list->ai_addr, sizeof(a));
	freeaddrinfo(list);
	if (a.sin_family != AF_INET ||
	    a.sin_addr.s_addr != htonl(INADDR_LOOPBACK))
		skip();
	tls_try(&l, "other", name, 0);
	assert_string_equal(first_why(&l, CLIENT_LOST),
	    "certificate refused: hostname mismatch");
}

/* The token's server has a certificate too; and what came over TLS must not
 * lead to where nothing is verified. */
static void
token_tls_try(struct log *l, const char *cert)
{
	struct ws_server s = { 0 };
	struct venue v;
	char pem[128], key[128], ca[128], url[64];

	snprintf(pem, sizeof(pem), "%s/%s.pem", cert_dir, cert);
	snprintf(key, sizeof(key), "%s/%s.key", cert_dir, cert);
	snprintf(ca, sizeof(ca), "%s/ca.pem", cert_dir);
	s.tls = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate_file(s.tls, pem,
	    SSL_FILETYPE_PEM), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(s.tls, key,
	    SSL_FILETYPE_PEM), 1);
	ws_server_start(&s, play_token);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/token", s.port);
	v = token_venue(url);
	memset(l, 0, sizeof(*l));
	l->stop_of[CLIENT_LOST] = 1;
	connect_to(l, &v, NULL, ca);
	run(l);
	client_destroy(l->client);
	ws_server_stop(&s);
}

static void
client_service__verifies_who_hands_out_tokens(void **state)
{
	struct log l;

	(void)state;
	token_tls_try(&l, "self");
	assert_string_equal(first_why(&l, CLIENT_LOST),
	    "certificate refused: self-signed certificate");
	token_tls_try(&l, "good");	/* and then "ws://127.0.0.1" */
	assert_string_equal(first_why(&l, CLIENT_LOST),
	    "the token's answer is refused (refused)");
}

static void
client_service__refuses_old_tls(void **state)
{
	struct log l;

	(void)state;
	tls_try(&l, "good", "127.0.0.1", TLS1_1_VERSION);
	assert_int_equal(l.frames, 0);
	assert_int_equal(l.of[CLIENT_CONNECTED], 0);
	assert_int_equal(strncmp(first_why(&l, CLIENT_LOST), "TLS: ", 5), 0);
}

/* --- descriptors, many connections --------------------------------------- */

static void
client_watch__reports_and_lets_go(void **state)
{
	struct log l = { .stop_readable = 1 };
	struct client_callbacks call = callbacks(&l);
	size_t bad;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(client_create(&l.client, NULL, 0, NULL, &call, 1,
	    &bad), ERR_OK);
	assert_int_equal(client_watch(l.client, pair[0]), ERR_OK);
	assert_int_equal(write(pair[1], "wire", 5), 5);
	run(&l);
	assert_string_equal(l.read, "wire");
	client_destroy(l.client);
	/* A fresh client: two messages, then the end of the stream. */
	memset(&l, 0, sizeof(l));
	l.stop_readable = 3;
	assert_int_equal(client_create(&l.client, NULL, 0, NULL, &call, 1,
	    &bad), ERR_OK);
	assert_int_equal(client_watch(l.client, pair[0]), ERR_OK);
	assert_int_equal(write(pair[1], "a", 1), 1);
	assert_int_equal(write(pair[1], "b", 1), 1);
	close(pair[1]);
	run(&l);
	assert_int_equal(l.readable, 3);
	client_destroy(l.client);
	/* The descriptor is still ours. */
	assert_int_equal(close(pair[0]), 0);
}

/* A pipe's end comes without anything to read. */
static void
client_watch__reports_a_hang_up_once(void **state)
{
	struct log l = { .stop_readable = 1 };
	struct client_callbacks call = callbacks(&l);
	size_t bad;
	int pair[2];

	(void)state;
	assert_int_equal(pipe(pair), 0);
	assert_int_equal(client_create(&l.client, NULL, 0, NULL, &call, 1,
	    &bad), ERR_OK);
	assert_int_equal(client_watch(l.client, pair[0]), ERR_OK);
	close(pair[1]);
	run(&l);
	client_destroy(l.client);
	assert_int_equal(l.readable, 1);
	assert_int_equal(close(pair[0]), 0);
}

static void
client_watch__fails_above_its_limit(void **state)
{
	struct log l = { 0 };
	struct client_callbacks call = callbacks(&l);
	size_t bad;
	int pair[2];

	(void)state;
	assert_int_equal(pipe(pair), 0);
	assert_int_equal(client_create(&l.client, NULL, 0, NULL, &call, 1,
	    &bad), ERR_OK);
	for (size_t i = 0; i < CLIENT_WATCHES_MAX; i++)
		assert_int_equal(client_watch(l.client, pair[0]), ERR_OK);
	assert_int_equal(client_watch(l.client, pair[0]), ERR_LIMIT);
	client_unwatch(l.client, pair[0]);
	assert_int_equal(client_watch(l.client, pair[0]), ERR_OK);
	client_destroy(l.client);
	close(pair[0]);
	close(pair[1]);
}

static void
play_stream(struct ws_peer *p)
{
	if (!ws_accept(p))
		return;
	while (ws_text(p, "tick"))
		usleep(20000);
}

static void
client_service__serves_many_connections(void **state)
{
	struct ws_server s[6];
	struct client_connection k[7];
	struct log l = { .stop_frames = 120 };
	struct client_callbacks call = callbacks(&l);
	char url[7][64];
	size_t bad;

	(void)state;
	memset(s, 0, sizeof(s));
	memset(k, 0, sizeof(k));
	for (size_t i = 0; i < 6; i++) {
		ws_server_start(&s[i], play_stream);
		local_url(url[i], &s[i]);
	}
	/* A dead one among them takes nothing from the others. */
	snprintf(url[6], 64, "ws://127.0.0.1:1/");
	for (size_t i = 0; i < 7; i++) {
		k[i].venue = &test_venue;
		k[i].url = url[i];
	}
	assert_int_equal(client_create(&l.client, k, 7, NULL, &call, 3, &bad),
	    ERR_OK);
	run(&l);
	client_destroy(l.client);
	for (size_t i = 0; i < 6; i++) {
		assert_in_range(l.frames_of[i], 10, 40);
		ws_server_stop(&s[i]);
	}
	assert_int_equal(l.frames_of[6], 0);
	for (size_t i = 0; i < l.events; i++)
		if (l.event[i].e == CLIENT_LOST)
			assert_int_equal(l.event[i].conn, 6);
}

/* The loop sleeps: a second without traffic takes (almost) no processor. */
static void
client_service__does_not_poll_busily(void **state)
{
	struct venue quick = test_venue;
	struct ws_server s = { 0 };
	struct log l = { .stop_of = { [CLIENT_MUTE] = 1 } };
	char url[64];
	clock_t began;
	unsigned turns = 0;

	(void)state;
	quick.mute_ms_max = 1000;
	ws_server_start(&s, play_subscribe);
	local_url(url, &s);
	connect_to(&l, &quick, url, NULL);
	began = clock();
	alarm(20);
	while (client_service(l.client))
		turns++;
	alarm(0);
	/* lws turns without sleep in the last millisecond before a timer. */
	assert_true(turns < 3000);
	assert_true(clock() - began < CLOCKS_PER_SEC / 10);
	client_destroy(l.client);
	ws_server_stop(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_url_parse__takes_what_it_should),
		cmocka_unit_test(client_url_parse__refuses_the_rest),
		cmocka_unit_test(client_url_parse_http__takes_http_alone),
		cmocka_unit_test(client_check__names_what_is_wrong),
		cmocka_unit_test(
		    client_check__takes_as_many_symbols_as_each_row_says),
		cmocka_unit_test(client_create__names_the_bad_connection),
		cmocka_unit_test(
		    client_service__connects_and_subscribes_in_order),
		cmocka_unit_test(client_service__reassembles_fragments),
		cmocka_unit_test(
		    client_service__drops_a_message_above_the_limit),
		cmocka_unit_test(client_service__drops_a_mute_connection),
		cmocka_unit_test(client_reply__is_sent_from_the_frame_callback),
		cmocka_unit_test(
		    client_redial__loses_the_connection_and_dials_anew),
		cmocka_unit_test(client_service__rotates_before_the_venue_cuts),
		cmocka_unit_test(client_service__pauses_between_subscriptions),
		cmocka_unit_test(
		    client_service__waits_before_the_first_subscription),
		cmocka_unit_test(
		    client_service__makes_the_successor_before_it_breaks),
		cmocka_unit_test(
		    client_service__keeps_the_old_where_no_successor_comes),
		cmocka_unit_test(
		    client_service__leaves_a_lost_one_to_its_successor),
		cmocka_unit_test(
		    client_leave__makes_the_successor_before_it_breaks),
		cmocka_unit_test(
		    client_leave__dials_anew_where_there_is_one_slot),
		cmocka_unit_test(client_service__dials_a_venue_at_its_pace),
		cmocka_unit_test(client_service__dials_a_burst_at_once),
		cmocka_unit_test(
		    client_service__tells_the_seconds_though_nothing_comes),
		cmocka_unit_test(client_service__sends_the_venues_ping),
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
		cmocka_unit_test(client_service__redials_within_a_second),
		cmocka_unit_test(client_service__backs_off_from_a_closed_port),
		cmocka_unit_test(client_service__names_a_refused_upgrade),
		cmocka_unit_test(client_service__names_a_name_without_address),
		cmocka_unit_test(client_service__connects_to_a_looked_up_name),
		cmocka_unit_test(client_service__accepts_a_good_certificate),
		cmocka_unit_test(client_service__refuses_bad_certificates),
		cmocka_unit_test(client_service__verifies_who_hands_out_tokens),
		cmocka_unit_test(client_service__refuses_old_tls),
		cmocka_unit_test(client_watch__reports_and_lets_go),
		cmocka_unit_test(client_watch__reports_a_hang_up_once),
		cmocka_unit_test(client_watch__fails_above_its_limit),
		cmocka_unit_test(client_service__serves_many_connections),
		cmocka_unit_test(client_service__does_not_poll_busily),
	};

	return cmocka_run_group_tests(tests, certs_make, certs_remove);
}
