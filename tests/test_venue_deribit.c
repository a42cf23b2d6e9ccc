/* Deribit: quotes, tickers, trades, indices, answers; options left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/venue_frames.h"

#define PUSH(channel) "{\"jsonrpc\":\"2.0\",\"method\":\"subscription\"," \
    "\"params\":{\"channel\":\"" channel "\",\"data\":"
#define QUOTE(bid, ask) PUSH("quote.BTC-PERPETUAL") "{\"timestamp\":1700," \
    "\"instrument_name\":\"BTC-PERPETUAL\",\"best_bid_price\":" bid "," \
    "\"best_bid_amount\":2370.0,\"best_ask_price\":" ask "," \
    "\"best_ask_amount\":2400.0}}}"
#define TICKER(bid, ask, last) PUSH("ticker.BTC-7MAY21.100ms") "{" \
    "\"timestamp\":1700,\"stats\":{\"volume\":null,\"low\":1e9}," \
    "\"state\":\"open\",\"mark_price\":3.5,\"last_price\":" last "," \
    "\"instrument_name\":\"BTC-7MAY21\",\"greeks\":{\"delta\":-0.5}," \
    "\"best_bid_price\":" bid ",\"best_ask_price\":" ask "}}}"
#define TRADE(name, ms, price) "{\"trade_seq\":92836831,\"trade_id\":" \
    "\"137487241\",\"timestamp\":" ms ",\"price\":" price ",\"mark_price\"" \
    ":1.5,\"instrument_name\":\"" name "\",\"amount\":5580.0," \
    "\"legs\":[{\"price\":0.0}]}"
#define ANSWER(result) "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":" result "," \
    "\"usIn\":1617644856930085,\"usOut\":1617644856931122,\"usDiff\":1037," \
    "\"testnet\":false}"

static const struct frames_good GOOD[] = {
	{ { 0 }, QUOTE("32499.0", "32503.50"), FRAME_TICKS, "quote", 1700,
	    { "BTC-PERPETUAL|32499.0|32503.50|-|-|1700|-" } },
	/* No side, or one, in both of the venue's ways; crossed. */
	{ { 0 }, QUOTE("null", "2"), FRAME_TICKS, "quote", 1700,
	    { "BTC-PERPETUAL|-|2|-|-|1700|-" } },
	{ { 0 }, QUOTE("0.0", "null"), FRAME_TICKS, "quote", 1700,
	    { "BTC-PERPETUAL|-|-|-|-|1700|-" } },
	{ { 0 }, QUOTE("3", "2"), FRAME_TICKS, "quote", 1700,
	    { "BTC-PERPETUAL|3|2|-|-|1700|-" } },
	{ { 0 }, TICKER("5.0e-4", "0.001", "1e-2"), FRAME_TICKS, "ticker",
	    1700, { "BTC-7MAY21|0.00050|0.001|0.01|-|1700|-" } },
	{ { 0 }, TICKER("1", "2", "null"), FRAME_TICKS, "ticker", 1700,
	    { "BTC-7MAY21|1|2|-|-|1700|-" } },
	{ { 0 }, PUSH("trades.BTC-PERPETUAL.100ms") "["
	    TRADE("BTC-PERPETUAL", "7", "56168.0") ","
	    TRADE("BTC-PERPETUAL", "6", "56168.50") "]}}", FRAME_TICKS,
	    "trades", 7,
	    { "BTC-PERPETUAL|-|-|56168.0|5580.0|7|92836831",
	      "BTC-PERPETUAL|-|-|56168.50|5580.0|6|92836831" } },
	/* An option, as it stands, in coins. */
	{ { 0 }, PUSH("trades.option.any.raw") "["
	    TRADE("BTC-26MAR21-62000-C", "7", "0.007") "]}}", FRAME_TICKS,
	    "trades", 7,
	    { "BTC-26MAR21-62000-C|-|-|0.007|5580.0|7|92836831" } },
	{ { 0 }, PUSH("trades.A.raw") "[]}}", FRAME_TICKS, "trades", 0,
	    { 0 } },
	{ { 0 }, PUSH("deribit_price_index.btc_usd") "{\"timestamp\":1535,"
	    "\"price\":6521.17,\"index_name\":\"btc_usd\"}}}", FRAME_TICKS,
	    "deribit_price_index", 1535, { "btc_usd|-|-|6521.17|-|1535|-" } },
	{ { 0 }, PUSH("deribit_volatility_index.btc_usd") "{\"timestamp\":9,"
	    "\"volatility\":129.36,\"index_name\":\"btc_usd\"}}}",
	    FRAME_TICKS, "deribit_volatility_index", 9,
	    { "dvol.btc_usd|-|-|129.36|-|9|-" } },
	/* The channel may come last, the method too. */
	{ { 0 }, "{\"params\":{\"data\":{\"index_name\":\"eth_usd\",\"price\":"
	    "7,\"timestamp\":5},\"channel\":\"deribit_price_index.eth_usd\"},"
	    "\"method\":\"subscription\",\"usOut\":6000}", FRAME_TICKS,
	    "deribit_price_index", 6, { "eth_usd|-|-|7|-|5|-" } },
	{ { 0 }, PUSH("book.BTC-PERPETUAL.100ms") "{\"type\":\"change\","
	    "\"bids\":[[\"delete\",36779.0,0.0]]}}}", FRAME_IGNORED, "book",
	    0, { 0 } },
	{ { 0 }, PUSH("platform_state") "{}}}", FRAME_IGNORED,
	    "platform_state", 0, { 0 } },
	{ { 0 }, PUSH("weather.berlin") "{}}}", FRAME_UNKNOWN, "weather", 0,
	    { 0 } },
	{ { 0 }, ANSWER("{\"version\":\"1.2.26\"}"), FRAME_HEARTBEAT, "test",
	    1617644856931, { 0 } },
	{ { 0 }, "{\"id\":2,\"result\":{\"version\":\"1\"}}", FRAME_ACK,
	    "test", 0, { 0 } },
	{ { 0 }, ANSWER("[\"quote.BTC-PERPETUAL\"]"), FRAME_ACK, "result",
	    1617644856931, { 0 } },
	/* Not one of the channels that were asked for exists. */
	{ { 0 }, ANSWER("[]"), FRAME_REFUSED, "result", 1617644856931,
	    { 0 } },
	{ { 0 }, ANSWER("\"ok\""), FRAME_ACK, "result", 1617644856931,
	    { 0 } },
	{ { 0 }, ANSWER("{\"bids\":[]}"), FRAME_UNKNOWN, "result",
	    1617644856931, { 0 } },
	{ { 0 }, ANSWER("7"), FRAME_UNKNOWN, "result", 1617644856931,
	    { 0 } },
	{ { 0 }, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":10028,"
	    "\"message\":\"too_many_requests\",\"data\":null}}",
	    FRAME_REFUSED, "error", 0, { 0 } },
	{ { 0 }, "{\"method\":\"heartbeat\",\"params\":{\"type\":"
	    "\"test_request\"}}", FRAME_HEARTBEAT, "test_request", 0,
	    { 0 } },
	{ { 0 }, "{\"method\":\"party\",\"params\":{\"type\":\"x\"}}",
	    FRAME_UNKNOWN, "unnamed", 0, { 0 } },
	{ { 0 }, "[1]", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};

#define INDEX(name) PUSH("deribit_price_index.x") "{\"index_name\":\"" name \
    "\",\"timestamp\":1,\"price\":1}}}"
#define DVOL(name) PUSH("deribit_volatility_index.x") "{\"index_name\":\"" \
    name "\",\"timestamp\":1,\"volatility\":1}}}"

static const struct frames_bad BAD[] = {
	{ { 0 }, "", ERR_SYNTAX },
	{ { 0 }, "pong", ERR_SYNTAX },
	{ { 0 }, "{\"method\":\"subscription\"}", ERR_MISSING },
	{ { 0 }, "{\"method\":\"subscription\",\"params\":{\"data\":{}}}",
	    ERR_MISSING },
	{ { 0 }, "{\"method\":\"subscription\",\"params\":{\"channel\":"
	    "\"quote.A\"}}", ERR_MISSING },
	{ { 0 }, "{\"params\":[]}", ERR_SYNTAX },
	{ { 0 }, "{\"params\":{},\"params\":{}}", ERR_DUPLICATE },
	{ { 0 }, "{\"params\":{\"data\":1,\"data\":1}}", ERR_DUPLICATE },
	{ { 0 }, "{\"method\":\"a\",\"method\":\"a\"}", ERR_DUPLICATE },
	{ { 0 }, PUSH("quote.A") "[]}}", ERR_SYNTAX },
	{ { 0 }, PUSH("trades.A") "{}}}", ERR_SYNTAX },
	{ { 0 }, QUOTE("-1", "2"), ERR_SYNTAX },
	{ { 0 }, QUOTE("\"1\"", "2"), ERR_SYNTAX },
	{ { 0 }, QUOTE("\"\"", "2"), ERR_SYNTAX },
	{ { 0 }, QUOTE("1", "1e309"), ERR_SYNTAX },
	{ { 0 }, QUOTE("1", "1e99"), ERR_RANGE },
	{ { 0 }, QUOTE("1", "NaN"), ERR_SYNTAX },
	{ { 0 }, QUOTE("null,\"best_bid_price\":1", "2"), ERR_DUPLICATE },
	{ { 0 }, TICKER("1", "2", "0.0"), ERR_RANGE },
	{ { 0 }, TICKER("1", "2", "-0.5"), ERR_SYNTAX },
	{ { 0 }, PUSH("quote.A") "{\"timestamp\":1,\"instrument_name\":\"A\","
	    "\"best_bid_price\":1}}}", ERR_MISSING },
	{ { 0 }, PUSH("quote.A") "{\"instrument_name\":\"A\","
	    "\"best_ask_price\":1,\"best_bid_price\":1}}}", ERR_MISSING },
	{ { 0 }, PUSH("quote.A") "{\"timestamp\":1,\"best_ask_price\":1,"
	    "\"best_bid_price\":1}}}", ERR_MISSING },
	{ { 0 }, PUSH("trades.A") "[{\"timestamp\":1,\"instrument_name\":"
	    "\"A\"}]}}", ERR_MISSING },
	{ { 0 }, PUSH("trades.A") "[" TRADE("A", "1", "null") "]}}",
	    ERR_SYNTAX },
	{ { 0 }, PUSH("trades.A") "[" TRADE("A", "9223372036854", "1") "]}}",
	    ERR_OK },
	{ { 0 }, PUSH("trades.A") "[" TRADE("A", "9223372036855", "1") "]}}",
	    ERR_RANGE },
	{ { 0 }, PUSH("trades.A") "[" TRADE("A", "1.0", "1") "]}}",
	    ERR_SYNTAX },
	{ { 0 }, PUSH("trades.A") "[" TRADE("A\\u0042", "1", "1") "]}}",
	    ERR_SYNTAX },
	{ { 0 }, INDEX(""), ERR_SYNTAX },
	{ { 0 }, INDEX("abcdefghijklmnopqrstuvw"), ERR_OK },
	{ { 0 }, INDEX("abcdefghijklmnopqrstuvwx"), ERR_LIMIT },
	{ { 0 }, DVOL("abcdefghijklmnopqr"), ERR_OK },
	{ { 0 }, DVOL("abcdefghijklmnopqrs"), ERR_LIMIT },
	{ { 0 }, "{\"result\":{\"version\":\"1\"},\"usOut\":"
	    "9223372036854999}", ERR_OK },
	{ { 0 }, "{\"result\":{\"version\":\"1\"},\"usOut\":"
	    "9223372036855000}", ERR_RANGE },
	{ { 0 }, "{\"result\":{\"version\":\"1\"},\"usOut\":\"1\"}",
	    ERR_SYNTAX },
};

static const struct frames_priced PRICED[] = {
	{ { 0 }, PUSH("trades.A") "[{\"instrument_name\":\"A\",\"timestamp\":"
	    "1,\"price\":%s}]}}", true },
	{ { 0 }, PUSH("deribit_price_index.a") "{\"index_name\":\"a\","
	    "\"timestamp\":1,\"price\":%s}}}", true },
	{ { 0 }, PUSH("deribit_volatility_index.a") "{\"index_name\":\"a\","
	    "\"timestamp\":1,\"volatility\":%s}}}", true },
};

static void
venue_deribit_parse__reads_each_shape(void **state)
{
	(void)state;
	frames_good_check("deribit", GOOD, ARRAY_COUNT(GOOD));
}

static void
venue_deribit_parse__names_what_is_wrong(void **state)
{
	(void)state;
	frames_bad_check("deribit", BAD, ARRAY_COUNT(BAD));
	frames_priced_check("deribit", PRICED, ARRAY_COUNT(PRICED));
}

#define SUBSCRIBE "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":" \
    "\"public/subscribe\",\"params\":{\"channels\":["

static void
venue_deribit_subscribe__writes_what_is_documented(void **state)
{
	static const char *const symbols[] = {
		"BTC-PERPETUAL", "btc_usd", "dvol.btc_usd", "BTC_USDC",
		"options.eth_usd", "BTC-26MAR21-62000-C",
		"XRP_USDC-6AUG24-0d625-P",
	};
	static const char *const want[] = {
		"{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":"
		"\"public/set_heartbeat\",\"params\":{\"interval\":30}}",
		SUBSCRIBE "\"quote.BTC-PERPETUAL\","
		"\"trades.BTC-PERPETUAL.100ms\","
		"\"ticker.BTC-PERPETUAL.100ms\",\"quote.BTC_USDC\","
		"\"trades.BTC_USDC.100ms\",\"ticker.BTC_USDC.100ms\"]}}",
		/* Of an option neither quotes nor trades. */
		SUBSCRIBE "\"ticker.BTC-26MAR21-62000-C.100ms\","
		"\"ticker.XRP_USDC-6AUG24-0d625-P.100ms\"]}}",
		SUBSCRIBE "\"deribit_price_index.btc_usd\"]}}",
		SUBSCRIBE "\"deribit_volatility_index.btc_usd\"]}}",
		SUBSCRIBE "\"markprice.options.eth_usd\"]}}", NULL,
	};

	(void)state;
	frames_subscribe_check("deribit", symbols, 7, want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(venue_deribit_parse__reads_each_shape),
		cmocka_unit_test(venue_deribit_parse__names_what_is_wrong),
		cmocka_unit_test(
		    venue_deribit_subscribe__writes_what_is_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
