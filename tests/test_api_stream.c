/* The api's stream, and who may ask how often. */
#include "tests/api_bed.h"

#include <netinet/in.h>

#include "oracle/api_limit.h"

/* --- the stream ---------------------------------------------------------- */

static struct stream *
stream_new(struct bed *b)
{
	struct stream *s;

	if (!b->hub)
		assert_int_equal(hub_create(&b->hub, &b->api, nobody),
		    ERR_OK);
	assert_int_equal(stream_open(&s, b->hub, &b->wakes), ERR_OK);
	return s;
}

static void
say(struct stream *s, const char *text)
{
	stream_receive(s, text, strlen(text), NOW);
}

/* The next whole message, or NULL. */
static json_t *
hear(struct stream *s)
{
	static char message[STREAM_QUEUE_MAX + 1];
	struct stream_fragment f;
	json_error_t why;
	size_t len = 0;
	json_t *v;

	while (stream_front(&f, s)) {
		assert_true(f.is_first == (len == 0));
		memcpy(message + len, f.bytes, f.len);
		len += f.len;
		stream_advance(s);
		if (!f.is_last)
			continue;
		v = json_loadb(message, len, JSON_REJECT_DUPLICATES, &why);
		assert_non_null(v);
		return v;
	}
	assert_int_equal(len, 0);
	return NULL;
}

static const char all[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	"\"subscribe\",\"params\":{\"channels\":[\"prices\",\"vaults\","
	"\"attestations\",\"aggregate\"]}}";

static void
stream__counts_each_channel_without_gaps(void **state)
{
	struct bed *b = *state;
	uint64_t seq[4] = { 0 }, messages = 0;
	static const char *const name[] = { "prices", "vaults",
		"attestations", "aggregate" };
	struct stream *s = stream_new(b);
	json_t *m;

	bed_publish(b, NOW);
	hub_tick(b->hub, NOW);
	say(s, all);
	m = hear(s);
	assert_int_equal(json_array_size(json_object_get(json_object_get(m,
	    "result"), "channels")), 4);
	json_decref(m);
	for (unsigned i = 1; i <= 80; i++) {
		while ((m = hear(s)) != NULL) {
			json_t *p = json_object_get(m, "params");
			const char *channel = word(p, "channel");

			for (size_t k = 0; k < 4; k++) {
				if (strcmp(name[k], channel) != 0)
					continue;
				assert_int_equal(json_integer_value(
				    json_object_get(p, "prev_seq")), seq[k]);
				assert_int_equal(json_integer_value(
				    json_object_get(p, "seq")), ++seq[k]);
				assert_string_equal(word(p, "type"),
				    seq[k] == 1 ? "snapshot" : "update");
			}
			messages++;
			json_decref(m);
		}
		api_world_move(&b->world, 500);
		bed_publish(b, NOW + i * 50);
		hub_tick(b->hub, NOW + i * 50);
	}
	/* 4 s: prices 4 a second, vaults at least 2, each attestation. */
	assert_true(seq[0] >= 16 && seq[1] >= 8 && seq[3] >= 4);
	assert_int_equal(seq[2], 80);
	assert_true(messages > 100);
	stream_close(s);
}

static void
vaults_keep(json_t *held, json_t *message)
{
	json_t *list = json_object_get(json_object_get(json_object_get(
	    message, "params"), "data"), "vaults");

	for (size_t i = 0; i < json_array_size(list); i++)
		json_object_set(held, word(json_array_get(list, i), "vault"),
		    json_array_get(list, i));
}

/* Snapshot and updates together give the board's own state. */
static void
stream__updates_lead_to_the_present_state(void **state)
{
	struct bed *b = *state;
	struct stream *s = stream_new(b);
	json_t *held = json_object(), *m, *now;

	bed_publish(b, NOW);
	hub_tick(b->hub, NOW);
	say(s, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\","
	    "\"params\":{\"channels\":[\"vaults\"]}}");
	for (unsigned i = 1; i <= 24; i++) {
		/* The last rounds bring what did not fit at once. */
		if (i <= 20) {
			api_world_move(&b->world, 2000);
			bed_publish(b, NOW + i * 600);
		}
		hub_tick(b->hub, NOW + i * 600);
		while ((m = hear(s)) != NULL) {
			vaults_keep(held, m);
			json_decref(m);
		}
	}
	assert_int_equal(json_object_size(held), 200);
	now = ask_json(b, "/v1/vaults", "limit=1000");
	for (size_t i = 0; i < 200; i++) {
		json_t *v = json_array_get(json_object_get(now, "vaults"), i);
		json_t *h = json_object_get(held, word(v, "vault"));

		assert_true(json_equal(json_object_get(v, "health_low"),
		    json_object_get(h, "health_low")));
		assert_string_equal(word(v, "state"), word(h, "state"));
	}
	json_decref(now);
	json_decref(held);
	stream_close(s);
}

static void
stream__drops_who_does_not_keep_up(void **state)
{
	struct bed *b = *state;
	struct stream *slow = stream_new(b), *quick = stream_new(b);
	const char *why;
	unsigned i;
	json_t *m;

	bed_publish(b, NOW);
	hub_tick(b->hub, NOW);
	say(slow, all);
	say(quick, all);
	for (i = 1; i <= 400; i++) {
		while ((m = hear(quick)) != NULL)
			json_decref(m);
		if (stream_close_code(slow, &why) != 0)
			break;
		api_world_move(&b->world, 500);
		bed_publish(b, NOW + i * 100);
		hub_tick(b->hub, NOW + i * 100);
	}
	assert_int_equal(stream_close_code(slow, &why), 1008);
	assert_string_equal(why, "too slow");
	assert_true(i > 5);	/* a mebibyte is more than a snapshot */
	assert_null(hear(slow));
	assert_int_equal(stream_close_code(quick, &why), 0);
	assert_int_equal(b->api.counters.dropped_consumers, 1);
	stream_close(slow);
	stream_close(quick);
	assert_int_equal(b->api.counters.streams, 0);
}

static void
stream__answers_requests_and_refuses_others(void **state)
{
	static const struct {
		const char *say;
		int code;	/* 0: a result */
	} rows[] = {
		{ "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}", 0 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"ping\","
		    "\"params\":{}}", 0 },
		{ "", -32600 }, { "[]", -32600 }, { "{}", -32600 },
		{ "{\"id\":1,\"method\":\"ping\"}", -32600 },
		{ "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",
		    -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}",
		    -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"stop\"}",
		    -32601 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\"}",
		    -32602 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\","
		    "\"params\":{\"channels\":[]}}", -32602 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\","
		    "\"params\":{\"channels\":[\"prices\",\"x\"]}}", -32602 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\","
		    "\"params\":{\"channel\":[\"prices\"]}}", -32602 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"get_snapshot\","
		    "\"params\":{\"channels\":[\"prices\"]}}", -32602 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} x",
		    -32600 },
	};
	struct bed *b = *state;
	struct stream *s = stream_new(b);

	bed_publish(b, NOW);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		json_t *m, *error;

		say(s, rows[i].say);
		m = hear(s);
		assert_non_null(m);
		error = json_object_get(m, "error");
		if ((rows[i].code == 0) != (error == NULL))
			print_message("%s\n", rows[i].say);
		assert_true((rows[i].code == 0) == (error == NULL));
		if (error)
			assert_int_equal(json_integer_value(json_object_get(
			    error, "code")), rows[i].code);
		json_decref(m);
		assert_null(hear(s));
	}
	stream_close(s);
}

static void
stream__unsubscribe_ends_and_begins_anew(void **state)
{
	struct bed *b = *state;
	struct stream *s = stream_new(b);
	json_t *m;

	bed_publish(b, NOW);
	hub_tick(b->hub, NOW);
	say(s, all);
	say(s, all);	/* no second snapshot */
	for (unsigned i = 0; i < 6; i++) {
		m = hear(s);
		assert_non_null(m);
		json_decref(m);
	}
	assert_null(hear(s));
	say(s, "{\"jsonrpc\":\"2.0\",\"method\":\"unsubscribe\",\"params\":"
	    "{\"channels\":[\"prices\",\"vaults\",\"attestations\","
	    "\"aggregate\"]}}");
	assert_null(hear(s));	/* a notification has no answer */
	api_world_move(&b->world, 500);
	bed_publish(b, NOW + 5000);
	hub_tick(b->hub, NOW + 5000);
	assert_null(hear(s));
	say(s, "{\"jsonrpc\":\"2.0\",\"method\":\"subscribe\",\"params\":"
	    "{\"channels\":[\"prices\"]}}");
	m = hear(s);
	assert_int_equal(json_integer_value(json_object_get(
	    json_object_get(m, "params"), "prev_seq")), 0);
	json_decref(m);
	stream_close(s);
}

static void
stream__closes_on_a_flood(void **state)
{
	struct bed *b = *state;
	struct stream *s = stream_new(b);
	const char *why;
	unsigned i;

	bed_publish(b, NOW);
	for (i = 0; i < 2 * STREAM_BURST; i++) {
		say(s, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}");
		if (stream_close_code(s, &why) != 0)
			break;
	}
	assert_int_equal(i, STREAM_BURST);
	assert_int_equal(stream_close_code(s, &why), 1008);
	stream_close(s);
}

/* --- the token bucket ---------------------------------------------------- */

static struct sockaddr_storage
address(unsigned n)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x0a000000 + n) };
	struct sockaddr_storage s = { 0 };

	memcpy(&s, &a, sizeof(a));
	return s;
}

static void
limit_take__gives_a_burst_then_the_rate(void **state)
{
	static struct limit l;
	struct sockaddr_storage a = address(1), other = address(2);
	unsigned n = 0;

	(void)state;
	limit_init(&l, 10, 20, 7);
	while (limit_take(&l, &a, NOW))
		n++;
	assert_int_equal(n, 20);
	assert_true(limit_take(&l, &other, NOW));
	assert_false(limit_take(&l, &a, NOW + 99));
	assert_true(limit_take(&l, &a, NOW + 100));
	assert_false(limit_take(&l, &a, NOW + 199));
	for (n = 0; limit_take(&l, &a, NOW + 3600000);)
		n++;
	assert_int_equal(n, 20);
}

static void
limit_take__holds_an_address_while_others_come(void **state)
{
	static struct limit l;
	struct sockaddr_storage a = address(1);
	unsigned given = 0;

	(void)state;
	limit_init(&l, 10, 20, 7);
	for (unsigned i = 0; i < 3000; i++) {
		struct sockaddr_storage other = address(100 + i);

		given += limit_take(&l, &a, NOW + i / 30);
		(void)limit_take(&l, &other, NOW + i / 30);
	}
	/* 100 ms: a burst and one more, though 3000 others came. */
	assert_in_range(given, 20, 22);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BED(stream__counts_each_channel_without_gaps),
		BED(stream__updates_lead_to_the_present_state),
		BED(stream__drops_who_does_not_keep_up),
		BED(stream__answers_requests_and_refuses_others),
		BED(stream__unsubscribe_ends_and_begins_anew),
		BED(stream__closes_on_a_flood),
		cmocka_unit_test(limit_take__gives_a_burst_then_the_rate),
		cmocka_unit_test(
		    limit_take__holds_an_address_while_others_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
