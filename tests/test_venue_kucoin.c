/* KuCoin: its frames, what must be refused, its subscribe messages; the
 * address that its token answer makes. */
#include "tests/venue_world.h"

#include "feeds/client_url.h"
#include "feeds/venue_kucoin_token.h"

#define TICKER(fields) "{\"type\":\"message\",\"topic\":\"/market/ticker:" \
    "BTC-USDT\",\"subject\":\"trade.ticker\",\"data\":{" fields "}}"
#define MATCH(fields) "{\"type\":\"message\",\"topic\":\"/market/match:" \
    "BTC-USDT\",\"subject\":\"trade.l3match\",\"data\":{" fields "}}"

static const struct world_good GOOD[] = {
	{ TICKER("\"bestAsk\":\"31785.30\",\"bestAskSize\":\"1\",\"bestBid\":"
	    "\"31785.2\",\"bestBidSize\":\"0.4\",\"price\":\"31785.25\","
	    "\"sequence\":\"1630218274617\",\"size\":\"0.03\",\"time\":"
	    "1654032320677"), FRAME_TICKS, "/market/ticker", 1654032320677,
	    { "BTC-USDT|\"31785.2\"|\"31785.30\"|\"31785.25\"|1654032320677" }
	    },
	/* The document's example; the payload first; a crossed book. */
	{ "{\"data\":{\"bestBid\":\"2\",\"bestAsk\":\"1\",\"Time\":5},"
	    "\"subject\":\"trade.ticker\",\"topic\":\"/market/ticker:A-B\","
	    "\"type\":\"message\"}", FRAME_TICKS, "/market/ticker", 5,
	    { "A-B|\"2\"|\"1\"|null|5" } },
	/* Of all markets: the subject is the symbol. */
	{ "{\"type\":\"message\",\"topic\":\"/market/ticker:all\",\"subject\":"
	    "\"DOT-USDT\",\"data\":{\"bestAsk\":\"10.4686\",\"bestBid\":null,"
	    "\"price\":null,\"time\":6}}", FRAME_TICKS, "/market/ticker", 6,
	    { "DOT-USDT|null|\"10.4686\"|null|6" } },
	{ MATCH("\"symbol\":\"BTC-USDT\",\"sequence\":\"1614503482134\","
	    "\"side\":\"buy\",\"size\":\"0.00013064\",\"price\":\"57659.6\","
	    "\"time\":\"1616362370760468781\",\"type\":\"match\""),
	    FRAME_TICKS, "/market/match", 1616362370760,
	    { "BTC-USDT|null|null|\"57659.6\"|1616362370760" } },
	{ MATCH("\"symbol\":\"A\",\"size\":\"0\",\"price\":\"1\",\"time\":"
	    "\"1999999\""), FRAME_TICKS, "/market/match", 1,
	    { "A|null|null|\"1\"|1" } },
	{ "{\"type\":\"message\",\"topic\":\"/market/level2:A\",\"subject\":"
	    "\"trade.l2update\",\"data\":{\"changes\":{\"asks\":[]}}}",
	    FRAME_IGNORED, "/market/level2", 0, { 0 } },
	{ "{\"type\":\"message\",\"topic\":\"/market/candles:A_1min\","
	    "\"data\":{}}", FRAME_IGNORED, "/market/candles", 0, { 0 } },
	{ "{\"type\":\"message\",\"topic\":\"/spotMarket/level2Depth5:A\"}",
	    FRAME_IGNORED, "/spotMarket/level2Depth5", 0, { 0 } },
	/* A future's topic is none of ours. */
	{ "{\"type\":\"message\",\"topic\":\"/contractMarket/ticker:XBTUSDTM"
	    "\",\"data\":{\"price\":\"1\"}}", FRAME_UNKNOWN,
	    "/contractMarket/ticker", 0, { 0 } },
	{ "{\"id\":\"NSkIrWGB1s\",\"type\":\"welcome\"}", FRAME_ACK,
	    "welcome", 0, { 0 } },
	{ "{\"id\":\"1\",\"type\":\"ack\"}", FRAME_ACK, "ack", 0, { 0 } },
	{ "{\"type\":\"pong\",\"id\":1,\"timestamp\":1764215232226553}",
	    FRAME_ACK, "pong", 0, { 0 } },
	{ "{\"id\":\"1\",\"type\":\"error\",\"code\":404,\"data\":\"topic "
	    "/market/x is not found\"}", FRAME_REFUSED, "error", 0, { 0 } },
	{ "{\"type\":\"error\",\"topic\":\"/market/ticker:A\"}",
	    FRAME_REFUSED, "error", 0, { 0 } },
	{ "{\"type\":\"message\"}", FRAME_UNKNOWN, "message", 0, { 0 } },
	{ "{\"type\":\"notice\",\"topic\":\"/market/ticker:A\"}",
	    FRAME_UNKNOWN, "notice", 0, { 0 } },
	{ "{\"data\":{}}", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
	{ "[\"type\"]", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};

static void
parse__reads_each_shape(void **state)
{
	(void)state;
	world_reads("kucoin", GOOD, ARRAY_COUNT(GOOD));
}

static void
parse__gives_size_and_sequence_of_a_trade(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(world_parse(&f, "kucoin", GOOD[3].text,
	    strlen(GOOD[3].text)), ERR_OK);
	assert_true(f.ticks[0].has_size && f.ticks[0].has_sequence);
	assert_true(f.ticks[0].size.value == UINT64_C(130640000000000));
	assert_int_equal(f.ticks[0].sequence, 1614503482134);
}

static void
parse__names_what_is_wrong(void **state)
{
	static const struct world_bad bad[] = {
		{ "", ERR_SYNTAX },
		{ "{\"type\":1}", ERR_SYNTAX },
		{ "{\"type\":\"ack\",\"type\":\"ack\"}", ERR_DUPLICATE },
		{ "{\"data\":{},\"data\":{}}", ERR_DUPLICATE },
		{ "{\"type\":\"message\",\"topic\":\"/market/ticker:A\"}",
		    ERR_MISSING },
		{ TICKER("\"price\":\"1\""), ERR_MISSING },
		{ TICKER("\"time\":1"), ERR_OK },
		{ TICKER("\"time\":\"1\""), ERR_SYNTAX },
		{ TICKER("\"time\":1,\"Time\":1"), ERR_DUPLICATE },
		{ TICKER("\"time\":9223372036854"), ERR_OK },
		{ TICKER("\"time\":9223372036855"), ERR_RANGE },
		{ TICKER("\"time\":1,\"sequence\":1"), ERR_SYNTAX },
		{ TICKER("\"time\":1,\"sequence\":\"1.0\""), ERR_SYNTAX },
		{ TICKER("\"time\":1,\"sequence\":\"\""), ERR_SYNTAX },
		{ TICKER("\"time\":1,\"sequence\":\"18446744073709551615\""),
		    ERR_OK },
		{ TICKER("\"time\":1,\"sequence\":\"18446744073709551616\""),
		    ERR_RANGE },
		{ TICKER("\"time\":1,\"price\":\"1\",\"price\":null"),
		    ERR_DUPLICATE },
		{ TICKER("\"time\":1,\"price\":\"1\",\"price\":\"1\""),
		    ERR_DUPLICATE },
		{ "{\"type\":\"message\",\"topic\":\"/market/ticker\","
		    "\"data\":{\"time\":1}}", ERR_SYNTAX },
		{ "{\"type\":\"message\",\"topic\":\"/market/ticker:\","
		    "\"data\":{\"time\":1}}", ERR_SYNTAX },
		{ "{\"type\":\"message\",\"topic\":\"/market/ticker:A,B\","
		    "\"data\":{\"time\":1}}", ERR_SYNTAX },
		{ "{\"type\":\"message\",\"topic\":\"/market/ticker:"
		    "ABCDEFGHIJKLMNOPQRSTUVW\",\"data\":{\"time\":1}}",
		    ERR_OK },
		{ "{\"type\":\"message\",\"topic\":\"/market/ticker:"
		    "ABCDEFGHIJKLMNOPQRSTUVWX\",\"data\":{\"time\":1}}",
		    ERR_LIMIT },
		{ "{\"type\":\"message\",\"topic\":\"/market/ticker:A\","
		    "\"data\":[]}", ERR_SYNTAX },
		{ MATCH("\"symbol\":\"A\",\"price\":\"1\""), ERR_MISSING },
		{ MATCH("\"symbol\":\"A\",\"time\":\"1\""), ERR_MISSING },
		{ MATCH("\"price\":\"1\",\"time\":\"1\""), ERR_MISSING },
		{ MATCH("\"symbol\":\"A\",\"price\":\"1\",\"time\":1"),
		    ERR_SYNTAX },
		{ MATCH("\"symbol\":\"A\",\"price\":\"1\",\"size\":\"-1\","
		    "\"time\":\"1\""), ERR_SYNTAX },
		{ MATCH("\"symbol\":\"A\",\"price\":\"1\",\"time\":"
		    "\"9223372036854999999\""), ERR_OK },
		{ MATCH("\"symbol\":\"A\",\"price\":\"1\",\"time\":"
		    "\"9223372036855000000\""), ERR_RANGE },
		{ MATCH("\"symbol\":\"A\",\"price\":null,\"time\":\"1\""),
		    ERR_SYNTAX },
		{ MATCH("\"symbol\":\"A\",\"price\":\"1\",\"time\":\"1\","
		    "\"time\":\"1\""), ERR_DUPLICATE },
	};
	static const struct world_priced priced[] = {
		{ TICKER("\"time\":1,\"bestBid\":%s"), true, false, false },
		{ TICKER("\"time\":1,\"bestAsk\":%s"), true, false, false },
		{ TICKER("\"time\":1,\"price\":%s"), true, false, false },
		{ MATCH("\"symbol\":\"A\",\"time\":\"1\",\"price\":%s"), true,
		    false, false },
	};

	(void)state;
	world_refuses("kucoin", bad, ARRAY_COUNT(bad));
	world_prices("kucoin", priced, ARRAY_COUNT(priced));
}

static void
subscribe__asks_for_tickers_and_trades(void **state)
{
	static const char *const symbols[] = { "BTC-USDT", "ETH-USDT" };
	static const char *const want[] = {
		"{\"id\":\"1\",\"type\":\"subscribe\",\"topic\":"
		"\"/market/ticker:BTC-USDT,ETH-USDT\",\"response\":true}",
		"{\"id\":\"2\",\"type\":\"subscribe\",\"topic\":"
		"\"/market/match:BTC-USDT,ETH-USDT\",\"response\":true}",
	};

	(void)state;
	world_subscribes("kucoin", symbols, want, 2);
	/* As recorded, and as given today. */
	assert_string_equal(venue_at_address(
	    "wss://push-private.kucoin.com/endpoint?token=x")->name,
	    "kucoin");
	assert_string_equal(venue_at_address(
	    "wss://ws-api-spot.kucoin.com/?token=x")->name, "kucoin");
}

/* ---- the token ---------------------------------------------------------- */

#define SERVER(endpoint, rest) "{\"endpoint\":\"" endpoint "\",\"encrypt\":" \
    "true,\"protocol\":\"websocket\"" rest "}"
#define PING ",\"pingInterval\":18000,\"pingTimeout\":10000"
#define ANSWER(token, servers) "{\"code\":\"200000\",\"data\":{\"token\":\"" \
    token "\",\"instanceServers\":[" servers "]}}"
#define WSS "wss://ws-api-spot.kucoin.com/"

static enum err
token_read(struct venue_kucoin_token *t, const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	enum err e;

	assert_non_null(copy);
	memcpy(copy, text, len);
	e = venue_kucoin_token_read(t, copy, len);
	free(copy);
	return e;
}

static void
token_read__gives_endpoint_token_and_interval(void **state)
{
	static const char text[] = ANSWER("2neAiuYvAU61-_XA==.qvFm==",
	    SERVER("https://x.example/", "") "," "{\"protocol\":\"polling\","
	    "\"endpoint\":\"wss://other.example/\"}");
	static const char good[] = ANSWER("2neAiuYvAU61-_XA==.qvFm==",
	    "{\"protocol\":\"polling\",\"endpoint\":\"wss://other.example/\"}"
	    "," SERVER(WSS, PING) "," SERVER("wss://second.example/", PING));
	struct venue_kucoin_token t;

	(void)state;
	/* The first websocket server is the one, even where it is no good. */
	assert_int_equal(token_read(&t, text, strlen(text)), ERR_MISSING);
	assert_int_equal(token_read(&t, good, strlen(good)), ERR_OK);
	assert_string_equal(t.endpoint, WSS);
	assert_string_equal(t.token, "2neAiuYvAU61-_XA==.qvFm==");
	assert_int_equal(t.ping_ms, 18000);
	for (size_t len = 0; len < strlen(good); len++)
		assert_int_not_equal(token_read(&t, good, len), ERR_OK);
}

static void
token_read__names_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		enum err want;
	} cases[] = {
		{ "", ERR_SYNTAX },
		{ "[]", ERR_SYNTAX },
		{ "{}", ERR_MISSING },
		{ "{\"code\":200000}", ERR_SYNTAX },
		{ "{\"code\":\"200000\"}", ERR_MISSING },
		{ "{\"code\":\"429000\",\"msg\":\"Too many requests\"}",
		    ERR_REFUSED },
		{ "{\"code\":\"400100\",\"data\":null}", ERR_REFUSED },
		{ "{\"code\":\"200000\",\"data\":{},\"data\":{}}",
		    ERR_DUPLICATE },
		{ "{\"code\":\"200000\",\"data\":{\"token\":\"a\"}}",
		    ERR_UNKNOWN },
		{ "{\"code\":\"200000\",\"data\":{\"token\":\"a\",\"token\":"
		    "\"a\"}}", ERR_DUPLICATE },
		{ "{\"code\":\"200000\",\"data\":{\"instanceServers\":[],"
		    "\"instanceServers\":[]}}", ERR_DUPLICATE },
		{ ANSWER("a", ""), ERR_UNKNOWN },
		{ ANSWER("a", "{\"endpoint\":\"" WSS "\"}"), ERR_UNKNOWN },
		{ ANSWER("a", "7"), ERR_SYNTAX },
		{ ANSWER("", SERVER(WSS, PING)), ERR_SYNTAX },
		{ ANSWER("a&b", SERVER(WSS, PING)), ERR_SYNTAX },
		{ ANSWER("a b", SERVER(WSS, PING)), ERR_SYNTAX },
		{ ANSWER("a\\u0041", SERVER(WSS, PING)), ERR_SYNTAX },
		{ ANSWER("a", SERVER(WSS, "")), ERR_MISSING },
		{ ANSWER("a", SERVER(WSS, ",\"pingInterval\":\"18000\"")),
		    ERR_SYNTAX },
		{ ANSWER("a", SERVER(WSS, ",\"pingInterval\":999")),
		    ERR_RANGE },
		{ ANSWER("a", SERVER(WSS, ",\"pingInterval\":1000")),
		    ERR_OK },
		{ ANSWER("a", SERVER(WSS, ",\"pingInterval\":120000")),
		    ERR_OK },
		{ ANSWER("a", SERVER(WSS, ",\"pingInterval\":120001")),
		    ERR_RANGE },
		{ ANSWER("a", SERVER("wss://ws-api-spot.kucoin.com", PING)),
		    ERR_OK },
		{ ANSWER("a", SERVER("wss://h:8443/endpoint", PING)),
		    ERR_OK },
		{ ANSWER("a", SERVER("", PING)), ERR_SYNTAX },
		{ ANSWER("a", SERVER("https://h/", PING)), ERR_SYNTAX },
		{ ANSWER("a", SERVER("wss://user@h/", PING)), ERR_SYNTAX },
		{ ANSWER("a", SERVER("wss://h/?x=1", PING)), ERR_SYNTAX },
		{ ANSWER("a", SERVER("wss://h/#x", PING)), ERR_SYNTAX },
		/* Plain ws stays on this machine. */
		{ ANSWER("a", SERVER("ws://h/", PING)), ERR_REFUSED },
		{ ANSWER("a", SERVER("ws://127.0.0.1:9000/", PING)), ERR_OK },
	};
	struct venue_kucoin_token t = { .ping_ms = 7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		enum err e = token_read(&t, cases[i].text,
		    strlen(cases[i].text));

		if (e != cases[i].want)
			print_message("%s\n", cases[i].text);
		assert_string_equal(err_name(e), err_name(cases[i].want));
		if (e != ERR_OK)
			assert_int_equal(t.ping_ms, 7);
		t.ping_ms = 7;
	}
}

static void
token_read__holds_its_limits(void **state)
{
	static char text[VENUE_KUCOIN_ANSWER_MAX + 2];
	struct venue_kucoin_token t;
	char longest[VENUE_KUCOIN_TOKEN_MAX + 1];

	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		size_t len = VENUE_KUCOIN_TOKEN_MAX - 1 + extra;

		memset(longest, 'x', len);
		longest[len] = '\0';
		snprintf(text, sizeof(text), "{\"code\":\"200000\",\"data\":{"
		    "\"token\":\"%s\",\"instanceServers\":[" SERVER(WSS, PING)
		    "]}}", longest);
		assert_int_equal(token_read(&t, text, strlen(text)),
		    extra == 0 ? ERR_OK : ERR_LIMIT);
		len = VENUE_KUCOIN_ENDPOINT_MAX - 1 + extra - strlen(WSS);
		longest[len] = '\0';
		snprintf(text, sizeof(text), "{\"code\":\"200000\",\"data\":{"
		    "\"token\":\"a\",\"instanceServers\":[{\"endpoint\":\""
		    WSS "%s\",\"protocol\":\"websocket\"" PING "}]}}",
		    longest);
		assert_int_equal(token_read(&t, text, strlen(text)),
		    extra == 0 ? ERR_OK : ERR_LIMIT);
		/* An answer as long as allowed, and one byte more. */
		snprintf(text, sizeof(text), "%-*s",
		    (int)(VENUE_KUCOIN_ANSWER_MAX + extra),
		    ANSWER("a", SERVER(WSS, PING)));
		assert_int_equal(token_read(&t, text, strlen(text)),
		    extra == 0 ? ERR_OK : ERR_LIMIT);
	}
}

static void
token_address__is_one_that_the_client_dials(void **state)
{
	struct venue_kucoin_token t = { .endpoint = WSS, .token = "ab-_=." };
	static const char want[] = WSS "?token=ab-_=.&connectId=c-1";
	static const char *const bad[] = { "", "a b", "a&b", "a/b", "a.b",
	    ("12345678901234567890123456789012345678901234567890123456789"
	    "012345") };
	char out[VENUE_KUCOIN_ADDRESS_MAX] = "untouched";
	char id[VENUE_KUCOIN_ID_MAX + 1];
	struct client_url url;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		assert_int_equal(venue_kucoin_token_address(out, sizeof(out),
		    &t, bad[i]), ERR_SYNTAX);
	assert_int_equal(venue_kucoin_token_address(out, strlen(want), &t,
	    "c-1"), ERR_LIMIT);
	assert_string_equal(out, "untouched");
	assert_int_equal(venue_kucoin_token_address(out, strlen(want) + 1, &t,
	    "c-1"), ERR_OK);
	assert_string_equal(out, want);
	assert_string_equal(venue_at_address(out)->name, "kucoin");
	/* Without a path it gets one. */
	memcpy(t.endpoint, "wss://h", 8);
	assert_int_equal(venue_kucoin_token_address(out, sizeof(out), &t,
	    "1"), ERR_OK);
	assert_string_equal(out, "wss://h/?token=ab-_=.&connectId=1");
	/* The longest of everything. */
	memset(t.endpoint, 'x', sizeof(t.endpoint) - 1);
	memcpy(t.endpoint, "wss://h/", 8);
	memset(t.token, 'y', sizeof(t.token) - 1);
	memset(id, 'z', VENUE_KUCOIN_ID_MAX);
	id[VENUE_KUCOIN_ID_MAX] = '\0';
	assert_int_equal(venue_kucoin_token_address(out, sizeof(out), &t, id),
	    ERR_OK);
	assert_int_equal(client_url_parse(&url, out), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__reads_each_shape),
		cmocka_unit_test(parse__gives_size_and_sequence_of_a_trade),
		cmocka_unit_test(parse__names_what_is_wrong),
		cmocka_unit_test(subscribe__asks_for_tickers_and_trades),
		cmocka_unit_test(
		    token_read__gives_endpoint_token_and_interval),
		cmocka_unit_test(token_read__names_what_is_wrong),
		cmocka_unit_test(token_read__holds_its_limits),
		cmocka_unit_test(token_address__is_one_that_the_client_dials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
