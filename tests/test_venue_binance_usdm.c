/* Binance's USD-margined futures: their frames through the spot parser, their
 * two addresses, and that they are no spot. */
#include "tests/venue_world.h"

static const struct world_good PUBLIC[] = {
	{ "{\"stream\":\"btcusdt@bookTicker\",\"data\":{\"e\":\"bookTicker\","
	    "\"u\":400900217,\"E\":1568014460893,\"T\":1568014460891,\"s\":"
	    "\"BTCUSDT\",\"b\":\"25.35190000\",\"B\":\"31.21\",\"a\":"
	    "\"25.36520000\",\"A\":\"40.66\"}}", FRAME_TICKS, "bookTicker",
	    1568014460893, { "BTCUSDT|\"25.35190000\"|\"25.36520000\"|null|"
	      "1568014460891" } },
	/* The event's time where it has no other; a raw message. */
	{ "{\"e\":\"bookTicker\",\"u\":4,\"s\":\"A\",\"b\":\"2\",\"a\":\"1\","
	    "\"E\":7}", FRAME_TICKS, "bookTicker", 7,
	    { "A|\"2\"|\"1\"|null|7" } },
	/* A dated future has a name of its own. */
	{ "{\"data\":{\"e\":\"bookTicker\",\"u\":4,\"s\":\"BTCUSDT_261225\","
	    "\"ps\":\"BTCUSDT\",\"b\":\"1\",\"a\":\"2\",\"T\":9},\"stream\":"
	    "\"!bookTicker\"}", FRAME_TICKS, "!bookTicker", 9,
	    { "BTCUSDT_261225|\"1\"|\"2\"|null|9" } },
	{ "{\"stream\":\"btcusdt@depth20@100ms\",\"data\":{\"e\":"
	    "\"depthUpdate\",\"E\":11,\"T\":10,\"pu\":1,\"b\":[],\"a\":[]}}",
	    FRAME_IGNORED, "depth20@100ms", 11, { 0 } },
	{ "{\"stream\":\"a@rpiDepth@500ms\",\"data\":{\"E\":3}}",
	    FRAME_IGNORED, "rpiDepth@500ms", 3, { 0 } },
	{ "{\"result\":null,\"id\":1}", FRAME_ACK, "result", 0, { 0 } },
	{ "{\"code\":2,\"msg\":\"Invalid request\"}", FRAME_REFUSED, "error",
	    0, { 0 } },
};

static const struct world_good MARKET[] = {
	{ "{\"stream\":\"btcusdt@aggTrade\",\"data\":{\"e\":\"aggTrade\",\"E\""
	    ":123456789,\"s\":\"BTCUSDT\",\"a\":5933014,\"p\":\"0.001\",\"q\":"
	    "\"100\",\"nq\":\"100\",\"f\":100,\"l\":105,\"T\":123456785,"
	    "\"m\":true}}", FRAME_TICKS, "aggTrade", 123456789,
	    { "BTCUSDT|null|null|\"0.001\"|123456785" } },
	/* A mark price is no quote and no trade, but says the time. */
	{ "{\"stream\":\"btcusdt@markPrice\",\"data\":{\"e\":"
	    "\"markPriceUpdate\",\"E\":1562305380000,\"s\":\"BTCUSDT\",\"p\":"
	    "\"11794.15000000\",\"i\":\"11784.62659091\",\"P\":"
	    "\"11784.25641265\",\"r\":\"0.00038167\",\"T\":1562306400000}}",
	    FRAME_TICKS, "markPrice", 1562305380000,
	    { "BTCUSDT|null|null|null|1562305380000" } },
	{ "{\"stream\":\"!markPrice@arr@1s\",\"data\":[{\"E\":1,\"s\":\"A\","
	    "\"p\":\"2\"}]}", FRAME_TICKS, "!markPrice@arr@1s", 1,
	    { "A|null|null|null|1" } },
	{ "{\"stream\":\"btcusdt_perpetual@continuousKline_1m\",\"data\":{"
	    "\"e\":\"continuous_kline\",\"E\":5}}", FRAME_IGNORED,
	    "continuousKline_1m", 5, { 0 } },
	{ "{\"stream\":\"!forceOrder@arr\",\"data\":{\"E\":6}}",
	    FRAME_IGNORED, "!forceOrder@arr", 6, { 0 } },
	{ "{\"e\":\"contractInfo\",\"E\":6,\"s\":\"A\"}", FRAME_IGNORED,
	    "contractInfo", 6, { 0 } },
	{ "{\"stream\":\"a@wind\",\"data\":{}}", FRAME_UNKNOWN, "wind", 0,
	    { 0 } },
};

static void
parse__reads_the_futures_frames(void **state)
{
	(void)state;
	world_reads("binance-usdm", PUBLIC, ARRAY_COUNT(PUBLIC));
	world_reads("binance-usdm-market", MARKET, ARRAY_COUNT(MARKET));
}

static void
parse__names_what_is_wrong(void **state)
{
	static const struct world_bad bad[] = {
		{ "{\"e\":\"bookTicker\",\"s\":\"A\",\"b\":\"1\",\"T\":1}",
		    ERR_MISSING },
		{ "{\"e\":\"bookTicker\",\"b\":\"1\",\"a\":\"1\",\"T\":1}",
		    ERR_MISSING },
		{ "{\"e\":\"bookTicker\",\"s\":\"A\",\"b\":\"1\",\"a\":\"1\","
		    "\"T\":1,\"T\":1}", ERR_DUPLICATE },
		{ "{\"e\":\"bookTicker\",\"s\":\"A\",\"b\":\"1\",\"a\":\"1\","
		    "\"T\":9223372036854}", ERR_OK },
		{ "{\"e\":\"bookTicker\",\"s\":\"A\",\"b\":\"1\",\"a\":\"1\","
		    "\"T\":9223372036855}", ERR_RANGE },
		{ "{\"e\":\"bookTicker\",\"s\":\"A\",\"b\":\"1\",\"a\":\"1\","
		    "\"u\":\"1\"}", ERR_SYNTAX },
		{ "{\"e\":\"aggTrade\",\"s\":\"A\",\"p\":\"1\",\"E\":1}",
		    ERR_MISSING },
	};
	static const struct world_priced priced[] = {
		{ "{\"stream\":\"a@bookTicker\",\"data\":{\"e\":\"bookTicker\""
		    ",\"s\":\"A\",\"T\":1,\"b\":%s,\"a\":\"1\"}}", true,
		    false, false },
		{ "{\"stream\":\"a@aggTrade\",\"data\":{\"e\":\"aggTrade\","
		    "\"s\":\"A\",\"T\":1,\"p\":%s}}", true, false, false },
	};

	(void)state;
	world_refuses("binance-usdm", bad, ARRAY_COUNT(bad));
	world_prices("binance-usdm", priced, ARRAY_COUNT(priced));
}

static void
subscribe__asks_each_address_for_what_it_has(void **state)
{
	static const char *const symbols[] = { "BTCUSDT", "ETHUSDT" };
	static const char *const quotes[] = {
		"{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@bookTicker\","
		"\"ethusdt@bookTicker\"],\"id\":1}",
	};
	static const char *const trades[] = {
		"{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@aggTrade\","
		"\"btcusdt@markPrice\",\"ethusdt@aggTrade\","
		"\"ethusdt@markPrice\"],\"id\":1}",
	};

	(void)state;
	world_subscribes("binance-usdm", symbols, quotes, 1);
	world_subscribes("binance-usdm-market", symbols, trades, 1);
}

static void
venue_at_address__tells_futures_from_spot(void **state)
{
	(void)state;
	assert_string_equal(venue_at_address(
	    "wss://fstream.binance.com/public/stream?streams=a@bookTicker")
	    ->name, "binance-usdm");
	assert_string_equal(venue_at_address(
	    "wss://fstream.binance.com/market/ws/a@aggTrade")->name,
	    "binance-usdm-market");
	/* As recorded before the addresses were parted. */
	assert_string_equal(venue_at_address(
	    "wss://fstream.binance.com/stream")->name, "binance-usdm");
	assert_string_equal(venue_at_address(
	    "wss://stream.binance.com:9443/stream")->name, "binance");
	/* The coin-margined ones have no row: they are not taken for spot. */
	assert_null(venue_at_address("wss://dstream.binance.com/stream"));
	/* One exchange, one voice. */
	assert_string_equal(venue_find("binance-usdm")->operator_name,
	    venue_find("binance")->operator_name);
	assert_string_equal(venue_find("binance-usdm-market")->operator_name,
	    venue_find("binance")->operator_name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__reads_the_futures_frames),
		cmocka_unit_test(parse__names_what_is_wrong),
		cmocka_unit_test(subscribe__asks_each_address_for_what_it_has),
		cmocka_unit_test(venue_at_address__tells_futures_from_spot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
