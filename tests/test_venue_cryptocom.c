/* Crypto.com: its frames, of today and as recorded in 2021, what must be
 * refused, its subscribe message. */
#include "tests/venue_world.h"

#define RESULT(channel, rows) "{\"id\":-1,\"method\":\"subscribe\",\"code\":" \
    "0,\"result\":{\"instrument_name\":\"A\",\"subscription\":\"" channel \
    ".A\",\"channel\":\"" channel "\",\"data\":[" rows "]}}"
#define TICKER(fields) RESULT("ticker", "{\"i\":\"A\"," fields "}")
#define TRADE(fields) RESULT("trade", "{\"i\":\"A\"," fields "}")

static const struct world_good GOOD[] = {
	{ RESULT("ticker", "{\"h\":\"51790.00\",\"l\":\"47895.50\",\"a\":"
	    "\"51174.500000\",\"c\":\"0.03955106\",\"b\":\"51170.000\",\"bs\":"
	    "\"0.1000\",\"k\":\"51180.000\",\"ks\":\"0.2000\",\"i\":"
	    "\"BTCUSD-PERP\",\"v\":\"879.5024\",\"vv\":\"26370000.12\",\"oi\":"
	    "\"12345.12\",\"t\":1613580710768}"), FRAME_TICKS, "ticker",
	    1613580710768, { "BTCUSD-PERP|\"51170.000\"|\"51180.000\"|"
	      "\"51174.500000\"|1613580710768" } },
	/* No bids, no trades yet; crossed the other one. */
	{ RESULT("ticker", "{\"i\":\"A\",\"a\":null,\"b\":null,\"k\":\"2\","
	    "\"t\":5},{\"i\":\"B\",\"b\":\"3\",\"k\":\"2\",\"t\":4}"),
	    FRAME_TICKS, "ticker", 5, { "A|null|\"2\"|null|5",
	      "B|\"3\"|\"2\"|null|4" } },
	/* As recorded in 2021: numbers; here the rows come first. */
	{ "{\"result\":{\"data\":[{\"i\":\"BAND_USDT\",\"b\":7.5248,\"k\":"
	    "7.5328,\"a\":1e-05,\"t\":1637709517473,\"v\":35912.66,\"c\":"
	    "-0.3182}],\"channel\":\"ticker\"},\"code\":0,\"method\":"
	    "\"subscribe\"}", FRAME_TICKS, "ticker", 1637709517473,
	    { "BAND_USDT|\"7.5248\"|\"7.5328\"|\"0.00001\"|1637709517473" } },
	/* A snapshot begins with the newest. */
	{ RESULT("trade", "{\"d\":\"4611686018455978480\",\"t\":1613581138462,"
	    "\"tn\":\"1613581138462123456\",\"p\":\"51327.500000\",\"q\":"
	    "\"0.000100\",\"s\":\"SELL\",\"i\":\"BTC_USD\",\"m\":\"1\"},{"
	    "\"d\":\"1\",\"t\":7,\"p\":\"2\",\"q\":\"0\",\"i\":\"BTC_USD\"}"),
	    FRAME_TICKS, "trade", 1613581138462,
	    { "BTC_USD|null|null|\"51327.500000\"|1613581138462",
	      "BTC_USD|null|null|\"2\"|7" } },
	{ TRADE("\"dataTime\":8,\"d\":2008994948736251682,\"s\":\"SELL\","
	    "\"p\":1.75445,\"q\":39.82,\"t\":7"), FRAME_TICKS, "trade", 7,
	    { "A|null|null|\"1.75445\"|7" } },
	{ RESULT("trade", ""), FRAME_TICKS, "trade", 0, { 0 } },
	{ RESULT("book", "{\"bids\":[[\"1\",\"2\",\"3\"]]}"), FRAME_IGNORED,
	    "book", 0, { 0 } },
	{ RESULT("book.update", "{\"update\":{}}"), FRAME_IGNORED,
	    "book.update", 0, { 0 } },
	{ RESULT("candlestick", "{\"o\":1}"), FRAME_IGNORED, "candlestick", 0,
	    { 0 } },
	{ RESULT("mark", "{\"v\":\"1\",\"t\":1}"), FRAME_IGNORED, "mark", 0,
	    { 0 } },
	{ RESULT("weather", "{}"), FRAME_UNKNOWN, "weather", 0, { 0 } },
	/* Its id is no time: the document does not say so. */
	{ "{\"id\":1587523073344,\"method\":\"public/heartbeat\",\"code\":0}",
	    FRAME_HEARTBEAT, "public/heartbeat", 0, { 0 } },
	{ "{\"id\":1,\"code\":0,\"method\":\"subscribe\"}", FRAME_ACK,
	    "subscribe", 0, { 0 } },
	{ "{\"id\":1,\"code\":0,\"method\":\"unsubscribe\",\"result\":null}",
	    FRAME_ACK, "unsubscribe", 0, { 0 } },
	{ "{\"id\":1,\"method\":\"subscribe\",\"code\":40003,\"channel\":"
	    "\"ticker.BTCUSD\",\"message\":\"Unknown symbol\"}",
	    FRAME_REFUSED, "subscribe", 0, { 0 } },
	{ "{\"code\":10006}", FRAME_REFUSED, "unnamed", 0, { 0 } },
	{ "{\"method\":\"public/auth\",\"code\":0}", FRAME_UNKNOWN,
	    "public/auth", 0, { 0 } },
	{ "{\"id\":1}", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
	{ "[1]", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};

static void
parse__reads_each_shape(void **state)
{
	(void)state;
	world_reads("crypto-com", GOOD, ARRAY_COUNT(GOOD));
}

static void
parse__gives_size_and_number_of_a_trade(void **state)
{
	struct frame f;

	(void)state;
	/* In quotes as today, and as recorded. */
	assert_int_equal(world_parse(&f, "crypto-com", GOOD[3].text,
	    strlen(GOOD[3].text)), ERR_OK);
	assert_true(f.ticks[0].has_size && f.ticks[0].has_sequence);
	assert_true(f.ticks[0].size.value == UINT64_C(100000000000000));
	assert_true(f.ticks[0].sequence == UINT64_C(4611686018455978480));
	assert_int_equal(world_parse(&f, "crypto-com", GOOD[4].text,
	    strlen(GOOD[4].text)), ERR_OK);
	assert_true(f.ticks[0].has_size && f.ticks[0].has_sequence);
	assert_true(f.ticks[0].size.value / 1000 ==
	    UINT64_C(39820000000000000));
	assert_true(f.ticks[0].sequence == UINT64_C(2008994948736251682));
}

static void
parse__names_what_is_wrong(void **state)
{
	static const struct world_bad bad[] = {
		{ "", ERR_SYNTAX },
		{ "{\"method\":1}", ERR_SYNTAX },
		{ "{\"code\":\"0\"}", ERR_SYNTAX },
		{ "{\"code\":-1}", ERR_SYNTAX },
		{ "{\"code\":0,\"code\":0}", ERR_DUPLICATE },
		{ "{\"result\":1,\"result\":1}", ERR_DUPLICATE },
		{ "{\"result\":{\"data\":[],\"data\":[]}}", ERR_DUPLICATE },
		{ "{\"result\":{\"channel\":\"trade\",\"channel\":\"trade\"}}",
		    ERR_DUPLICATE },
		{ "{\"result\":{\"channel\":\"ticker\"}}", ERR_MISSING },
		{ "{\"result\":{\"channel\":\"ticker\",\"data\":{}}}",
		    ERR_SYNTAX },
		{ RESULT("ticker", "7"), ERR_SYNTAX },
		{ RESULT("ticker", "{\"b\":\"1\",\"t\":1}"), ERR_MISSING },
		{ TICKER("\"b\":\"1\""), ERR_MISSING },
		{ TICKER("\"t\":1"), ERR_OK },
		{ TICKER("\"t\":\"1\""), ERR_SYNTAX },
		{ TICKER("\"t\":9223372036854"), ERR_OK },
		{ TICKER("\"t\":9223372036855"), ERR_RANGE },
		{ TICKER("\"t\":1,\"b\":\"1\",\"b\":1"), ERR_DUPLICATE },
		{ TICKER("\"t\":1,\"b\":\"1\",\"b\":null"), ERR_DUPLICATE },
		{ RESULT("ticker", "{\"t\":1,\"i\":\"ABCDEFGHIJKLMNOPQRSTUVW\""
		    "}"), ERR_OK },
		{ RESULT("ticker", "{\"t\":1,\"i\":\"ABCDEFGHIJKLMNOPQRSTUVWX"
		    "\"}"), ERR_LIMIT },
		{ TRADE("\"p\":\"1\""), ERR_MISSING },
		{ TRADE("\"t\":1"), ERR_MISSING },
		{ TRADE("\"t\":1,\"p\":null"), ERR_SYNTAX },
		{ TRADE("\"t\":1,\"p\":\"1\",\"q\":\"-1\""), ERR_SYNTAX },
		{ TRADE("\"t\":1,\"p\":\"1\",\"d\":\"a\""), ERR_SYNTAX },
		{ TRADE("\"t\":1,\"p\":\"1\",\"d\":1.5"), ERR_SYNTAX },
		{ TRADE("\"t\":1,\"p\":\"1\",\"d\":\"18446744073709551615\""),
		    ERR_OK },
		{ TRADE("\"t\":1,\"p\":\"1\",\"d\":\"18446744073709551616\""),
		    ERR_RANGE },
		{ TRADE("\"t\":1,\"p\":\"1\",\"d\":\"1\",\"d\":1"),
		    ERR_DUPLICATE },
	};
	static const struct world_priced priced[] = {
		{ TICKER("\"t\":1,\"b\":%s"), true, true, false },
		{ TICKER("\"t\":1,\"k\":%s"), true, true, false },
		{ TICKER("\"t\":1,\"a\":%s"), true, true, false },
		{ TRADE("\"t\":1,\"p\":%s"), true, true, false },
	};

	(void)state;
	world_refuses("crypto-com", bad, ARRAY_COUNT(bad));
	world_prices("crypto-com", priced, ARRAY_COUNT(priced));
	world_entries("crypto-com", "{\"result\":{\"channel\":\"trade\","
	    "\"data\":[", "{\"i\":\"A\",\"t\":1,\"p\":\"1\"},", "]}}");
}

static void
subscribe__asks_for_tickers_and_trades(void **state)
{
	static const char *const symbols[] = { "BTC_USD", "ETHUSD-PERP" };
	static const char *const want[] = {
		"{\"id\":1,\"method\":\"subscribe\",\"params\":{\"channels\":["
		"\"ticker.BTC_USD\",\"trade.BTC_USD\",\"ticker.ETHUSD-PERP\","
		"\"trade.ETHUSD-PERP\"]}}",
	};

	(void)state;
	world_subscribes("crypto-com", symbols, want, 1);
}

/* A heartbeat's id goes back as it came; one that is no number is an error. */
static void
parse__answers_a_heartbeat_with_its_id(void **state)
{
	static struct tick ticks[FRAME_TICKS_MAX];
	static struct venue_memory memory;
	struct frame f = { .ticks = ticks, .memory = &memory };
	const struct venue *v = venue_find("crypto-com");
	static const struct {
		const char *text;
		enum err err;
	} bad[] = {
		{ "{\"method\":\"public/heartbeat\"}", ERR_MISSING },
		{ "{\"id\":\"7\",\"method\":\"public/heartbeat\"}",
		    ERR_SYNTAX },
		{ "{\"id\":123456789012345678901,\"method\":"
		    "\"public/heartbeat\"}", ERR_MISSING },
	};
	static const char good[] = "{\"id\":1587523073344,\"method\":"
	    "\"public/heartbeat\",\"code\":0}";

	(void)state;
	assert_int_equal(v->parse(&f, good, sizeof(good) - 1), ERR_OK);
	assert_string_equal(f.answer, "{\"id\":1587523073344,\"method\":"
	    "\"public/respond-heartbeat\"}");
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		assert_int_equal(v->parse(&f, bad[i].text,
		    strlen(bad[i].text)), bad[i].err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__answers_a_heartbeat_with_its_id),
		cmocka_unit_test(parse__reads_each_shape),
		cmocka_unit_test(parse__gives_size_and_number_of_a_trade),
		cmocka_unit_test(parse__names_what_is_wrong),
		cmocka_unit_test(subscribe__asks_for_tickers_and_trades),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
