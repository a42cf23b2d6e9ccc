/* What the client takes for an address, and for a list of connections. */
#include "tests/client_world.h"

#include "feeds/client_url.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
