/* Gate spot v4: its frames, what must be refused, its subscribe messages. */
#include "tests/venue_world.h"

#define UPDATE(channel, result) "{\"time\":1606293275,\"time_ms\":" \
    "1606293275723,\"channel\":\"" channel "\",\"event\":\"update\"," \
    "\"result\":" result "}"
#define BOOK(fields) UPDATE("spot.book_ticker", "{" fields "}")
#define TICKER(fields) UPDATE("spot.tickers", "{" fields "}")
#define TRADE(fields) UPDATE("spot.trades", "{" fields "}")

static const struct world_good GOOD[] = {
	{ BOOK("\"t\":1606293275123,\"u\":48733182,\"s\":\"BTC_USDT\",\"b\":"
	    "\"19177.790\",\"B\":\"0.0003341504\",\"a\":\"19179.38\",\"A\":"
	    "\"0.09\""), FRAME_TICKS, "spot.book_ticker", 1606293275723,
	    { "BTC_USDT|\"19177.790\"|\"19179.38\"|null|1606293275123" } },
	/* One side alone; the book's time is not there. */
	{ BOOK("\"s\":\"A_B\",\"a\":\"1\""), FRAME_TICKS, "spot.book_ticker",
	    1606293275723, { "A_B|null|\"1\"|null|1606293275723" } },
	{ TICKER("\"currency_pair\":\"BTC_USDT\",\"last\":\"15743.4\","
	    "\"lowest_ask\":\"15744.4\",\"highest_bid\":\"15743.5\","
	    "\"change_percentage\":\"-1.8254\",\"low_24h\":\"0\""),
	    FRAME_TICKS, "spot.tickers", 1606293275723,
	    { "BTC_USDT|\"15743.5\"|\"15744.4\"|\"15743.4\"|1606293275723" }
	    },
	/* As recorded in 2021: whole seconds; the result first. */
	{ "{\"result\":{\"currency_pair\":\"A_B\",\"last\":\"1\"},\"event\":"
	    "\"update\",\"channel\":\"spot.tickers\",\"time\":7}",
	    FRAME_TICKS, "spot.tickers", 7000, { "A_B|null|null|\"1\"|7000" }
	    },
	{ TRADE("\"id\":309143071,\"create_time\":1606292218,"
	    "\"create_time_ms\":\"1606292218213.4578\",\"side\":\"sell\","
	    "\"currency_pair\":\"GT_USDT\",\"amount\":\"16.4700000000\","
	    "\"price\":\"0.4705000000\",\"range\":\"2390902-2390902\""),
	    FRAME_TICKS, "spot.trades", 1606293275723,
	    { "GT_USDT|null|null|\"0.4705000000\"|1606292218213" } },
	/* A trade newer than its message moves the frame's time. */
	{ TRADE("\"create_time_ms\":\"1606293275724\",\"currency_pair\":"
	    "\"A\",\"price\":\"1\""), FRAME_TICKS, "spot.trades",
	    1606293275724, { "A|null|null|\"1\"|1606293275724" } },
	{ UPDATE("spot.order_book_update", "{\"t\":1,\"b\":[]}"),
	    FRAME_IGNORED, "spot.order_book_update", 1606293275723, { 0 } },
	{ UPDATE("spot.candlesticks", "{\"n\":\"1m_A_B\"}"), FRAME_IGNORED,
	    "spot.candlesticks", 1606293275723, { 0 } },
	{ "{\"channel\":\"spot.obu\",\"result\":{\"t\":1,\"full\":true},"
	    "\"time_ms\":9}", FRAME_IGNORED, "spot.obu", 9, { 0 } },
	{ UPDATE("spot.weather", "{}"), FRAME_UNKNOWN, "spot.weather",
	    1606293275723, { 0 } },
	{ "{\"time\":1606293275,\"channel\":\"spot.tickers\",\"event\":\"all"
	    "\",\"result\":{}}", FRAME_UNKNOWN, "spot.tickers",
	    1606293275000, { 0 } },
	{ "{\"time\":1545404023,\"channel\":\"spot.pong\",\"event\":\"\","
	    "\"error\":null,\"result\":null}", FRAME_HEARTBEAT, "spot.pong",
	    1545404023000, { 0 } },
	{ UPDATE("spot.system", "{\"type\":\"upgrade\",\"msg\":\"The connection "
	    "will soon be closed\"}"), FRAME_LEAVING, "spot.system",
	    1606293275723, { 0 } },
	{ "{\"result\":{\"msg\":\"\",\"type\":\"upgrade\"},\"event\":\"update\","
	    "\"channel\":\"spot.system\",\"time\":7}", FRAME_LEAVING,
	    "spot.system", 7000, { 0 } },
	{ UPDATE("spot.system", "{\"type\":\"news\"}"), FRAME_ACK,
	    "spot.system", 1606293275723, { 0 } },
	{ UPDATE("spot.system", "[\"upgrade\"]"), FRAME_ACK, "spot.system",
	    1606293275723, { 0 } },
	{ "{\"channel\":\"spot.pong\"}", FRAME_ACK, "spot.pong", 0, { 0 } },
	{ "{\"time\":1,\"channel\":\"spot.trades\",\"event\":\"subscribe\","
	    "\"error\":null,\"result\":{\"status\":\"success\"}}", FRAME_ACK,
	    "spot.trades", 1000, { 0 } },
	{ "{\"time\":1,\"channel\":\"spot.trades\",\"event\":\"unsubscribe\","
	    "\"result\":{\"status\":\"success\"}}", FRAME_ACK, "spot.trades",
	    1000, { 0 } },
	{ "{\"time\":1,\"channel\":\"spot.trades\",\"event\":\"subscribe\","
	    "\"error\":{\"code\":2,\"message\":\"unknown currency pair\"},"
	    "\"result\":{\"status\":\"fail\"}}", FRAME_REFUSED, "spot.trades",
	    1000, { 0 } },
	{ "{\"error\":{\"code\":1}}", FRAME_REFUSED, "unnamed", 0, { 0 } },
	{ "{\"event\":\"update\"}", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
	{ "[]", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};

static void
parse__reads_each_shape(void **state)
{
	(void)state;
	world_reads("gateio", GOOD, ARRAY_COUNT(GOOD));
}

static void
parse__gives_size_and_number_of_a_trade(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(world_parse(&f, "gateio", GOOD[4].text,
	    strlen(GOOD[4].text)), ERR_OK);
	assert_true(f.ticks[0].has_size && f.ticks[0].has_sequence);
	assert_true(f.ticks[0].size.value == UINT64_C(16470000000000000000));
	assert_int_equal(f.ticks[0].sequence, 309143071);
}

static void
parse__names_what_is_wrong(void **state)
{
	static const struct world_bad bad[] = {
		{ "", ERR_SYNTAX },
		{ "{\"channel\":1}", ERR_SYNTAX },
		{ "{\"channel\":\"a\",\"channel\":\"a\"}", ERR_DUPLICATE },
		{ "{\"result\":1,\"result\":1}", ERR_DUPLICATE },
		{ "{\"channel\":\"spot.trades\",\"event\":\"update\"}",
		    ERR_MISSING },
		{ UPDATE("spot.trades", "null"), ERR_SYNTAX },
		{ UPDATE("spot.trades", "[]"), ERR_SYNTAX },
		{ "{\"time\":9223372036,\"channel\":\"a\"}", ERR_OK },
		{ "{\"time\":9223372037,\"channel\":\"a\"}", ERR_RANGE },
		/* Milliseconds are no seconds, microseconds no milliseconds. */
		{ "{\"time\":1606293275723}", ERR_RANGE },
		{ "{\"time_ms\":1606293275723000}", ERR_RANGE },
		{ "{\"time\":\"1\"}", ERR_SYNTAX },
		{ "{\"time\":1.5}", ERR_SYNTAX },
		{ "{\"time\":1,\"time\":1}", ERR_DUPLICATE },
		{ BOOK("\"b\":\"1\",\"a\":\"1\""), ERR_MISSING },
		{ BOOK("\"s\":\"A\",\"s\":\"A\""), ERR_DUPLICATE },
		{ BOOK("\"s\":\"A B\""), ERR_SYNTAX },
		{ BOOK("\"s\":\"ABCDEFGHIJKLMNOPQRSTUVW\""), ERR_OK },
		{ BOOK("\"s\":\"ABCDEFGHIJKLMNOPQRSTUVWX\""), ERR_LIMIT },
		{ BOOK("\"s\":\"A\",\"b\":null"), ERR_SYNTAX },
		{ BOOK("\"s\":\"A\",\"u\":\"1\""), ERR_SYNTAX },
		{ BOOK("\"s\":\"A\",\"t\":\"1\""), ERR_SYNTAX },
		{ BOOK("\"s\":\"A\",\"t\":9223372036855"), ERR_RANGE },
		{ TRADE("\"currency_pair\":\"A\",\"price\":\"1\""),
		    ERR_MISSING },
		{ TRADE("\"currency_pair\":\"A\",\"create_time_ms\":\"1\""),
		    ERR_MISSING },
		{ TRADE("\"price\":\"1\",\"create_time_ms\":\"1\""),
		    ERR_MISSING },
		{ TRADE("\"currency_pair\":\"A\",\"price\":\"1\","
		    "\"create_time_ms\":1"), ERR_SYNTAX },
		{ TRADE("\"currency_pair\":\"A\",\"price\":\"1\","
		    "\"create_time_ms\":\"1e3\""), ERR_SYNTAX },
		{ TRADE("\"currency_pair\":\"A\",\"price\":\"1\","
		    "\"create_time_ms\":\"-1\""), ERR_SYNTAX },
		{ TRADE("\"currency_pair\":\"A\",\"price\":\"1\","
		    "\"create_time_ms\":\"1\",\"create_time_ms\":\"1\""),
		    ERR_DUPLICATE },
		{ TRADE("\"currency_pair\":\"A\",\"price\":\"1\","
		    "\"create_time_ms\":\"9223372036854.999\""), ERR_OK },
		{ TRADE("\"currency_pair\":\"A\",\"price\":\"1\","
		    "\"create_time_ms\":\"9223372036855\""), ERR_RANGE },
		{ TRADE("\"currency_pair\":\"A\",\"price\":\"1\","
		    "\"amount\":\"-1\",\"create_time_ms\":\"1\""),
		    ERR_SYNTAX },
	};
	static const struct world_priced priced[] = {
		{ BOOK("\"s\":\"A\",\"b\":%s"), true, false, true },
		{ BOOK("\"s\":\"A\",\"a\":%s"), true, false, true },
		{ TICKER("\"currency_pair\":\"A\",\"highest_bid\":%s"), true,
		    false, true },
		{ TICKER("\"currency_pair\":\"A\",\"lowest_ask\":%s"), true,
		    false, true },
		{ TICKER("\"currency_pair\":\"A\",\"last\":%s"), true, false, false },
		{ TRADE("\"currency_pair\":\"A\",\"create_time_ms\":\"1\","
		    "\"price\":%s"), true, false, false },
	};

	(void)state;
	world_refuses("gateio", bad, ARRAY_COUNT(bad));
	world_prices("gateio", priced, ARRAY_COUNT(priced));
}

static void
subscribe__asks_for_books_and_trades(void **state)
{
	static const char *const symbols[] = { "BTC_USDT", "ETH_USDT" };
	static const char *const want[] = {
		"{\"time\":" VENUE_TIME_MARK ",\"channel\":"
		"\"spot.book_ticker\",\"event\":\"subscribe\","
		"\"payload\":[\"BTC_USDT\",\"ETH_USDT\"]}",
		"{\"time\":" VENUE_TIME_MARK ",\"channel\":"
		"\"spot.trades\",\"event\":\"subscribe\","
		"\"payload\":[\"BTC_USDT\",\"ETH_USDT\"]}",
	};

	(void)state;
	world_subscribes("gateio", symbols, want, 2);
	/* Futures have a host of their own. */
	assert_null(venue_at_address("wss://fx-ws.gateio.ws/v4/ws/usdt"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__reads_each_shape),
		cmocka_unit_test(parse__gives_size_and_number_of_a_trade),
		cmocka_unit_test(parse__names_what_is_wrong),
		cmocka_unit_test(subscribe__asks_for_books_and_trades),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
