/* OKX and OKCoin: tickers, trades, the top of a book, what has no price. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/venue_frames.h"

#define ARG(channel) "{\"arg\":{\"channel\":\"" channel "\",\"instId\":" \
    "\"BTC-USDT\"},\"data\":["
#define TICKER(bid, ask, last) ARG("tickers") "{\"instType\":\"SPOT\"," \
    "\"instId\":\"BTC-USDT\",\"last\":" last ",\"lastSz\":\"0.1\"," \
    "\"askPx\":" ask ",\"askSz\":\"11\",\"bidPx\":" bid ",\"bidSz\":\"5\"," \
    "\"open24h\":\"\",\"ts\":\"1700000000123\"}]}"
#define TOP(bids, asks) ARG("bbo-tbt") "{\"asks\":[" asks "],\"bids\":[" \
    bids "],\"ts\":\"1700000000123\",\"seqId\":77}]}"
#define TRADE(px, ts) "{\"instId\":\"BTC-USDT\",\"tradeId\":\"9\",\"px\":" \
    px ",\"sz\":\"0.30\",\"side\":\"buy\",\"ts\":" ts ",\"count\":\"1\"}"

static const struct frames_good GOOD[] = {
	{ { 0 }, TICKER("\"8888.88\"", "\"9999.990\"", "\"9000\""),
	    FRAME_TICKS, "tickers", 1700000000123,
	    { "BTC-USDT|8888.88|9999.990|9000|-|1700000000123|-" } },
	/* An empty side, an empty book, a market never traded; crossed. */
	{ { 0 }, TICKER("\"\"", "\"9\"", "\"7\""), FRAME_TICKS, "tickers",
	    1700000000123, { "BTC-USDT|-|9|7|-|1700000000123|-" } },
	{ { 0 }, TICKER("\"\"", "\"\"", "\"\""), FRAME_TICKS, "tickers",
	    1700000000123, { "BTC-USDT|-|-|-|-|1700000000123|-" } },
	{ { 0 }, TICKER("\"3\"", "\"2\"", "\"1\""), FRAME_TICKS, "tickers",
	    1700000000123, { "BTC-USDT|3|2|1|-|1700000000123|-" } },
	{ { 0 }, TOP("[\"8476.97\",\"256\",\"0\",\"12\"]",
	    "[\"8476.980\",\"415\",\"0\",\"13\"]"), FRAME_TICKS, "bbo-tbt",
	    1700000000123,
	    { "BTC-USDT|8476.97|8476.980|-|-|1700000000123|77" } },
	{ { 0 }, TOP("", "[\"2\",\"1\"]"), FRAME_TICKS, "bbo-tbt",
	    1700000000123, { "BTC-USDT|-|2|-|-|1700000000123|77" } },
	/* Nothing stands there. */
	{ { 0 }, TOP("[\"1\",\"0\",\"0\",\"0\"]", "[\"2\",\"1\"]"),
	    FRAME_TICKS, "bbo-tbt", 1700000000123,
	    { "BTC-USDT|-|2|-|-|1700000000123|77" } },
	{ { 0 }, ARG("trades") TRADE("\"1.50\"", "\"1000\"") ","
	    TRADE("\"1.5\"", "\"999\"") "]}", FRAME_TICKS, "trades", 1000,
	    { "BTC-USDT|-|-|1.50|0.30|1000|-",
	      "BTC-USDT|-|-|1.5|0.30|999|-" } },
	/* The channel may come last; keys in any order. */
	{ { 0 }, "{\"data\":[{\"ts\":\"5\",\"seqId\":6,\"px\":\"7\","
	    "\"instId\":\"BTC-USD-220325-40000-C\"}],\"arg\":{\"instId\":"
	    "\"x\",\"channel\":\"trades\"}}", FRAME_TICKS, "trades", 5,
	    { "BTC-USD-220325-40000-C|-|-|7|-|5|6" } },
	{ { 0 }, ARG("tickers") "]}", FRAME_TICKS, "tickers", 0, { 0 } },
	{ { 0 }, ARG("books-l2-tbt") "{\"asks\":[[\"1\",\"2\"]]}],\"action\":"
	    "\"snapshot\"}", FRAME_IGNORED, "books-l2-tbt", 0, { 0 } },
	{ { 0 }, ARG("candle1m") "[\"1\",\"2\"]]}", FRAME_IGNORED, "candle1m",
	    0, { 0 } },
	{ { 0 }, ARG("mark-price-candle1H") "]}", FRAME_IGNORED,
	    "mark-price-candle1H", 0, { 0 } },
	{ { 0 }, "{\"arg\":{\"channel\":\"opt-summary\",\"instFamily\":"
	    "\"BTC-USD\"},\"data\":[]}", FRAME_TICKS, "opt-summary", 0,
	    { 0 } },
	{ { 0 }, ARG("weather") "]}", FRAME_UNKNOWN, "weather", 0, { 0 } },
	{ { 0 }, ARG("ticker") "]}", FRAME_UNKNOWN, "ticker", 0, { 0 } },
	{ { 0 }, "{\"event\":\"subscribe\",\"arg\":{\"channel\":\"tickers\","
	    "\"instId\":\"BTC-USDT\"},\"connId\":\"a4d3ae55\"}", FRAME_ACK,
	    "subscribe", 0, { 0 } },
	{ { 0 }, "{\"event\":\"notice\",\"code\":\"64008\",\"msg\":\"soon\"}",
	    FRAME_LEAVING, "notice", 0, { 0 } },
	{ { 0 }, "{\"code\":\"64009\",\"event\":\"notice\"}", FRAME_ACK,
	    "notice", 0, { 0 } },
	{ { 0 }, "{\"event\":\"subscribe\",\"code\":\"64008\"}", FRAME_ACK,
	    "subscribe", 0, { 0 } },
	{ { 0 }, "{\"event\":\"error\",\"code\":\"60012\",\"msg\":\"Invalid "
	    "request: {\\\"op\\\"\"}", FRAME_REFUSED, "error", 0, { 0 } },
	{ { 0 }, "{\"event\":\"channel-conn-count-error\",\"channel\":"
	    "\"account\"}", FRAME_REFUSED, "channel-conn-count-error", 0,
	    { 0 } },
	{ { 0 }, "{\"event\":\"party\"}", FRAME_UNKNOWN, "party", 0, { 0 } },
	{ { 0 }, "pong", FRAME_ACK, "pong", 0, { 0 } },
	{ { 0 }, "\"pong\"", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
	{ { 0 }, "[]", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
	/* The version before. */
	{ { 0 }, "{\"table\":\"spot/ticker\",\"data\":[]}", FRAME_UNKNOWN,
	    "unnamed", 0, { 0 } },
};

static const struct frames_bad BAD[] = {
	{ { 0 }, "", ERR_SYNTAX },
	{ { 0 }, "ping", ERR_SYNTAX },
	{ { 0 }, "pong ", ERR_SYNTAX },
	{ { 0 }, "{\"arg\":[],\"data\":[]}", ERR_SYNTAX },
	{ { 0 }, "{\"arg\":{\"channel\":\"tickers\"}}", ERR_MISSING },
	{ { 0 }, "{\"arg\":{\"channel\":\"tickers\"},\"data\":{}}",
	    ERR_SYNTAX },
	{ { 0 }, "{\"arg\":{},\"arg\":{}}", ERR_DUPLICATE },
	{ { 0 }, "{\"data\":[],\"data\":[]}", ERR_DUPLICATE },
	{ { 0 }, "{\"arg\":{\"channel\":\"a\",\"channel\":\"a\"}}",
	    ERR_DUPLICATE },
	{ { 0 }, TICKER("\"0\"", "\"1\"", "\"1\""), ERR_RANGE },
	{ { 0 }, TICKER("\"1\"", "\"1e309\"", "\"1\""), ERR_SYNTAX },
	{ { 0 }, TICKER("\"1\"", "\"1e21\"", "\"1\""), ERR_RANGE },
	{ { 0 }, TICKER("\"1\"", "\"1\"", "\"-1\""), ERR_SYNTAX },
	{ { 0 }, TICKER("\"NaN\"", "\"1\"", "\"1\""), ERR_SYNTAX },
	{ { 0 }, TICKER("\" \"", "\"1\"", "\"1\""), ERR_SYNTAX },
	{ { 0 }, TICKER("null", "\"1\"", "\"1\""), ERR_SYNTAX },
	{ { 0 }, TICKER("1", "\"1\"", "\"1\""), ERR_SYNTAX },
	{ { 0 }, TICKER("\"\",\"bidPx\":\"1\"", "\"1\"", "\"1\""),
	    ERR_DUPLICATE },
	{ { 0 }, TICKER("\"1\",\"bids\":[]", "\"1\"", "\"1\""),
	    ERR_DUPLICATE },
	{ { 0 }, ARG("tickers") "{\"instId\":\"A\",\"bidPx\":\"1\",\"ts\":"
	    "\"1\"}]}", ERR_MISSING },
	{ { 0 }, ARG("tickers") "{\"instId\":\"A\",\"bidPx\":\"1\",\"askPx\":"
	    "\"1\"}]}", ERR_MISSING },
	{ { 0 }, "{\"arg\":{\"channel\":\"bbo-tbt\"},\"data\":[{\"asks\":[],"
	    "\"bids\":[],\"ts\":\"1\"}]}", ERR_MISSING },
	{ { 0 }, "{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"A B\"},"
	    "\"data\":[{\"asks\":[],\"bids\":[],\"ts\":\"1\"}]}",
	    ERR_SYNTAX },
	{ { 0 }, "{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":"
	    "\"ABCDEFGHIJKLMNOPQRSTUVW\"},\"data\":[{\"asks\":[],\"bids\":[],"
	    "\"ts\":\"1\"}]}", ERR_OK },
	{ { 0 }, "{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":"
	    "\"ABCDEFGHIJKLMNOPQRSTUVWX\"},\"data\":[{\"asks\":[],\"bids\":[],"
	    "\"ts\":\"1\"}]}", ERR_LIMIT },
	{ { 0 }, TOP("[\"1\"]", ""), ERR_MISSING },
	{ { 0 }, TOP("[]", ""), ERR_MISSING },
	{ { 0 }, TOP("[\"1\",\"1\"],[\"1\",\"1\"]", ""), ERR_LIMIT },
	{ { 0 }, TOP("[\"1\",\"-1\"]", ""), ERR_SYNTAX },
	{ { 0 }, TOP("[],\"1\"", ""), ERR_MISSING },
	{ { 0 }, ARG("bbo-tbt") "{\"asks\":[],\"asks\":[],\"bids\":[],\"ts\":"
	    "\"1\"}]}", ERR_DUPLICATE },
	{ { 0 }, ARG("bbo-tbt") "{\"asks\":[],\"ts\":\"1\"}]}", ERR_MISSING },
	{ { 0 }, ARG("bbo-tbt") "{\"asks\":[],\"bids\":[],\"ts\":\"1\","
	    "\"seqId\":-1}]}", ERR_SYNTAX },
	{ { 0 }, ARG("trades") TRADE("\"\"", "\"1\"") "]}", ERR_SYNTAX },
	{ { 0 }, ARG("trades") "{\"instId\":\"A\",\"ts\":\"1\"}]}",
	    ERR_MISSING },
	{ { 0 }, ARG("trades") "{\"instId\":\"A\",\"px\":\"1\"}]}",
	    ERR_MISSING },
	{ { 0 }, ARG("trades") TRADE("\"1\"", "1") "]}", ERR_SYNTAX },
	{ { 0 }, ARG("trades") TRADE("\"1\"", "\"\"") "]}", ERR_SYNTAX },
	{ { 0 }, ARG("trades") TRADE("\"1\"", "\"1.0\"") "]}", ERR_SYNTAX },
	{ { 0 }, ARG("trades") TRADE("\"1\"", "\"9223372036854\"") "]}",
	    ERR_OK },
	{ { 0 }, ARG("trades") TRADE("\"1\"", "\"9223372036855\"") "]}",
	    ERR_RANGE },
	{ { 0 }, ARG("trades") TRADE("\"1\"", "\"1\",\"ts\":\"1\"") "]}",
	    ERR_DUPLICATE },
};

static const struct frames_priced PRICED[] = {
	{ { 0 }, ARG("trades") "{\"instId\":\"A\",\"ts\":\"1\",\"px\":%s}]}",
	    false },
	{ { 0 }, ARG("bbo-tbt") "{\"bids\":[[%s,\"1\"]],\"asks\":[],\"ts\":"
	    "\"1\"}]}", false },
	{ { 0 }, ARG("bbo-tbt") "{\"asks\":[[%s,\"1\"]],\"bids\":[],\"ts\":"
	    "\"1\"}]}", false },
};

static void
venue_okx_parse__reads_each_shape(void **state)
{
	(void)state;
	frames_good_check("okx", GOOD, ARRAY_COUNT(GOOD));
	frames_good_check("okcoin", GOOD, ARRAY_COUNT(GOOD));
}

static void
venue_okx_parse__names_what_is_wrong(void **state)
{
	(void)state;
	frames_bad_check("okx", BAD, ARRAY_COUNT(BAD));
	frames_priced_check("okx", PRICED, ARRAY_COUNT(PRICED));
}

#define ASK(channel) "{\"op\":\"subscribe\",\"args\":[{\"channel\":\"" \
    channel "\","

static void
venue_okx_subscribe__writes_what_is_documented(void **state)
{
	static const char *const symbols[] = {
		"BTC-USDT", "BTC-USDT-SWAP", "options.ETH-USD",
	};
	static const char *const want[] = {
		"{\"op\":\"subscribe\",\"args\":[{\"channel\":\"bbo-tbt\","
		"\"instId\":\"BTC-USDT\"},{\"channel\":\"bbo-tbt\","
		"\"instId\":\"BTC-USDT-SWAP\"}]}",
		"{\"op\":\"subscribe\",\"args\":[{\"channel\":\"trades\","
		"\"instId\":\"BTC-USDT\"},{\"channel\":\"trades\","
		"\"instId\":\"BTC-USDT-SWAP\"}]}",
		ASK("mark-price") "\"instId\":\"BTC-USDT-SWAP\"}]}",
		ASK("open-interest") "\"instId\":\"BTC-USDT-SWAP\"}]}",
		ASK("index-tickers") "\"instId\":\"BTC-USDT\"}]}",
		ASK("funding-rate") "\"instId\":\"BTC-USDT-SWAP\"}]}",
		ASK("opt-summary") "\"instFamily\":\"ETH-USD\"}]}", NULL,
	};

	(void)state;
	frames_subscribe_check("okx", symbols, 3, want);
	frames_subscribe_check("okcoin", symbols, 3, want);
}

static void
venue_at_address__tells_okx_from_okcoin(void **state)
{
	(void)state;
	assert_string_equal(venue_at_address(
	    "wss://ws.okx.com:8443/ws/v5/public")->name, "okx");
	assert_string_equal(venue_at_address(
	    "wss://real.okcoin.com:8443/ws/v5/public")->name, "okcoin");
	assert_null(venue_at_address("wss://real.okcoin.com:8443/ws/v3"));
	assert_string_equal(venue_find("okcoin")->operator_name,
	    venue_find("okx")->operator_name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(venue_okx_parse__reads_each_shape),
		cmocka_unit_test(venue_okx_parse__names_what_is_wrong),
		cmocka_unit_test(
		    venue_okx_subscribe__writes_what_is_documented),
		cmocka_unit_test(venue_at_address__tells_okx_from_okcoin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
