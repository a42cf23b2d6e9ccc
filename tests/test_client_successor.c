/* A connection and its successor. */
#include "tests/client_world.h"

#include <stdatomic.h>

#include "feeds/client_state.h"

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
rotate_begin(struct log *l, struct ws_server *s, struct venue *v)
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
}

static void
rotate_with(struct log *l, struct ws_server *s, struct venue *v)
{
	rotate_begin(l, s, v);
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

#define REFUSED 3u
static atomic_uint successors_refused;

static void
play_refuses_successors(struct ws_peer *p)
{
	if (p->number > 0) {
		atomic_fetch_add(&successors_refused, 1);
		return;
	}
	if (!ws_accept(p))
		return;
	while (atomic_load(&successors_refused) < REFUSED &&
	    ws_text(p, "tick"))
		usleep(20000);
	usleep(200000);
}

static void
client_service__begins_the_backoff_of_a_successor_anew(void **state)
{
	struct venue v = test_venue;
	struct ws_server s = { .threads = 2 };
	struct log l = { .stop_of = { [CLIENT_LOST] = REFUSED + 1 } };
	const struct conn *successor;

	(void)state;
	v.rotate_ms = 100;
	ws_server_start(&s, play_refuses_successors);
	rotate_begin(&l, &s, &v);
	run(&l);
	assert_int_equal(l.event[l.events - 1].conn, 0);
	successor = &l.client->conn[1];
	assert_int_equal(successor->state, CONN_WAITING);
	/* After three failures it would be 2 s at least. */
	assert_true(successor->timer.us - lws_now_usecs() <=
	    500 * LWS_US_PER_MS);
	client_destroy(l.client);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    client_service__makes_the_successor_before_it_breaks),
		cmocka_unit_test(
		    client_service__keeps_the_old_where_no_successor_comes),
		cmocka_unit_test(
		    client_service__leaves_a_lost_one_to_its_successor),
		cmocka_unit_test(
		    client_service__begins_the_backoff_of_a_successor_anew),
		cmocka_unit_test(
		    client_leave__makes_the_successor_before_it_breaks),
		cmocka_unit_test(
		    client_leave__dials_anew_where_there_is_one_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
