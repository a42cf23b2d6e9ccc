/* The client: messages, the pace of dialling, loss, descriptors. */
#include "tests/client_world.h"

#include "feeds/client_dial.h"
#include "feeds/client_names.h"

/* --- messages ------------------------------------------------------------ */

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

/* A label of 64 characters: no name server need be asked. */
#define LONG_LABEL "wss://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid/"

/* The threads that look names up end while one is asked for. */
static void
client_service__gives_up_a_look_up_that_was_lost(void **state)
{
	struct log l = { .stop_of = { [CLIENT_LOST] = 1 } };

	(void)state;
	connect_to(&l, &test_venue, LONG_LABEL, NULL);
	conn_dial(&l.client->conn[0].timer);
	client_names_drop(l.client);
	/* At once, not when its time would be over. */
	assert_true(l.client->conn[0].timer.us <= lws_now_usecs() + 1);
	run(&l);
	assert_string_equal(first_why(&l, CLIENT_LOST),
	    "the look-up of the name was lost");
	client_destroy(l.client);
}

static void
client_service__names_a_name_without_address(void **state)
{
	struct log l = { .stop_of = { [CLIENT_LOST] = 1 } };

	(void)state;
	connect_to(&l, &test_venue, LONG_LABEL, NULL);
	run(&l);
	client_destroy(l.client);
	assert_int_equal(strncmp(l.event[0].why, "cannot resolve aaaa", 19), 0);
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
		cmocka_unit_test(client_service__dials_a_venue_at_its_pace),
		cmocka_unit_test(client_service__dials_a_burst_at_once),
		cmocka_unit_test(
		    client_service__tells_the_seconds_though_nothing_comes),
		cmocka_unit_test(client_service__sends_the_venues_ping),
		cmocka_unit_test(client_service__redials_within_a_second),
		cmocka_unit_test(client_service__backs_off_from_a_closed_port),
		cmocka_unit_test(client_service__names_a_refused_upgrade),
		cmocka_unit_test(client_service__names_a_name_without_address),
		cmocka_unit_test(
		    client_service__gives_up_a_look_up_that_was_lost),
		cmocka_unit_test(client_watch__reports_and_lets_go),
		cmocka_unit_test(client_watch__reports_a_hang_up_once),
		cmocka_unit_test(client_watch__fails_above_its_limit),
		cmocka_unit_test(client_service__serves_many_connections),
		cmocka_unit_test(client_service__does_not_poll_busily),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
