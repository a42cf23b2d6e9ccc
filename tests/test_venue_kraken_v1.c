/* Kraken's first protocol: arrays that end with their channel and pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/venue_session.h"

#define TICKER(fields) "[324,{" fields "},\"ticker\",\"XBT/USD\"]"
#define SPREAD(row) "[324,[" row "],\"spread\",\"XBT/USD\"]"
#define TRADE(row) "[321,[[" row "]],\"trade\",\"XBT/USD\"]"

static const struct frames_good GOOD[] = {
	{ { 0 }, TICKER("\"a\":[\"58729.50000\",0,\"0.00480000\"],\"b\":["
	    "\"58729.40000\",4,\"4.08620597\"],\"c\":[\"58729.50000\","
	    "\"0.00020000\"],\"v\":[\"3396.8\",\"3404.2\"],\"t\":[1,2]"),
	    FRAME_TICKS, "ticker", 0,
	    { "XBT/USD|58729.40000|58729.50000|58729.50000|-|-|-" } },
	{ { 0 }, TICKER("\"b\":[\"1\"]"), FRAME_TICKS, "ticker", 0,
	    { "XBT/USD|1|-|-|-|-|-" } },
	{ { 0 }, SPREAD("\"31760.0\",\"31760.10\",\"1654031976.197939\","
	    "\"0.02\",\"6.4\""), FRAME_TICKS, "spread", 1654031976197,
	    { "XBT/USD|31760.0|31760.10|-|-|1654031976197|-" } },
	{ { 0 }, TRADE("\"58721.20\",\"0.02798644\",\"1617666461.465618\","
	    "\"s\",\"m\",\"\"],[\"58721.3\",\"0\",\"1617666460\",\"b\","
	    "\"l\",\"\""), FRAME_TICKS, "trade", 1617666461465,
	    { "XBT/USD|-|-|58721.20|0.02798644|1617666461465|-",
	      "XBT/USD|-|-|58721.3|0|1617666460000|-" } },
	{ { 0 }, "[1,[],\"trade\",\"XBT/USD\"]", FRAME_TICKS, "trade", 0,
	    { 0 } },
	/* What comes behind the names is no name. */
	{ { 0 }, "[1,[\"1\",\"2\",\"3\"],\"spread\",\"XBT/USD\",{\"trade\":"
	    "\"X\"}]", FRAME_TICKS, "spread", 3000,
	    { "XBT/USD|1|2|-|-|3000|-" } },
	{ { 0 }, "[320,{\"a\":[[\"1\",\"2\",\"3\"]]},{\"b\":[],\"c\":\"7\"},"
	    "\"book-1000\",\"XBT/USD\"]", FRAME_IGNORED, "book-1000", 0,
	    { 0 } },
	{ { 0 }, "[343,[\"1\",\"2\",7],\"ohlc-1\",\"XBT/USD\"]",
	    FRAME_IGNORED, "ohlc-1", 0, { 0 } },
	{ { 0 }, "[343,{},\"weather\",\"XBT/USD\"]", FRAME_UNKNOWN, "weather",
	    0, { 0 } },
	{ { 0 }, "[343,{},\"book-\",\"XBT/USD\"]", FRAME_UNKNOWN, "book-", 0,
	    { 0 } },
	{ { 0 }, "{\"event\":\"heartbeat\"}", FRAME_HEARTBEAT, "heartbeat", 0,
	    { 0 } },
	{ { 0 }, "{\"connectionID\":13935949241502919679,\"event\":"
	    "\"systemStatus\",\"status\":\"online\",\"version\":\"1.8.3\"}",
	    FRAME_ACK, "systemStatus", 0, { 0 } },
	{ { 0 }, "{\"channelID\":2500,\"channelName\":\"ticker\",\"event\":"
	    "\"subscriptionStatus\",\"pair\":\"ALGO/XBT\",\"status\":"
	    "\"subscribed\"}", FRAME_ACK, "subscriptionStatus", 0, { 0 } },
	{ { 0 }, "{\"errorMessage\":\"no\",\"event\":\"subscriptionStatus\","
	    "\"status\":\"error\"}", FRAME_REFUSED, "subscriptionStatus", 0,
	    { 0 } },
	{ { 0 }, "{\"event\":\"error\",\"errorMessage\":\"Malformed\"}",
	    FRAME_REFUSED, "error", 0, { 0 } },
	{ { 0 }, "{\"event\":\"pong\",\"reqid\":42}", FRAME_ACK, "pong", 0,
	    { 0 } },
	{ { 0 }, "{\"event\":\"weather\"}", FRAME_UNKNOWN, "weather", 0,
	    { 0 } },
	/* The second protocol does not stand here. */
	{ { 0 }, "{\"channel\":\"ticker\",\"data\":[]}", FRAME_UNKNOWN,
	    "unnamed", 0, { 0 } },
	{ { 0 }, "null", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};

static const struct frames_bad BAD[] = {
	{ { 0 }, "", ERR_SYNTAX },
	{ { 0 }, "[1]", ERR_MISSING },
	{ { 0 }, "[\"1\",{},\"ticker\",\"A\"]", ERR_SYNTAX },
	{ { 0 }, "[1,\"ticker\",\"A\"]", ERR_MISSING },
	{ { 0 }, "[1,{},\"ticker\"]", ERR_MISSING },
	{ { 0 }, "[1,{},\"ticker\",\"A\",\"B\"]", ERR_DUPLICATE },
	{ { 0 }, "[1,{},\"ticker\",\"A B\"]", ERR_SYNTAX },
	{ { 0 }, "[1,{},\"ticker\",\"ABCDEFGHIJKLMNOPQRSTUVW\"]", ERR_OK },
	{ { 0 }, "[1,{},\"ticker\",\"ABCDEFGHIJKLMNOPQRSTUVWX\"]",
	    ERR_LIMIT },
	{ { 0 }, "[1,[],\"ticker\",\"A\"]", ERR_SYNTAX },
	{ { 0 }, "[1,{},\"trade\",\"A\"]", ERR_SYNTAX },
	{ { 0 }, TICKER("\"a\":[]"), ERR_MISSING },
	{ { 0 }, TICKER("\"a\":\"1\""), ERR_SYNTAX },
	{ { 0 }, TICKER("\"a\":[\"1\"],\"a\":[\"1\"]"), ERR_DUPLICATE },
	{ { 0 }, SPREAD("\"1\",\"2\""), ERR_MISSING },
	{ { 0 }, SPREAD("\"1\",\"2\",3"), ERR_SYNTAX },
	{ { 0 }, TRADE("\"1\",\"2\""), ERR_MISSING },
	{ { 0 }, TRADE("\"1\",\"x\",\"3\""), ERR_SYNTAX },
	{ { 0 }, TRADE("\"1\",\"2\",\"\""), ERR_SYNTAX },
	{ { 0 }, TRADE("\"1\",\"2\",\"-3\""), ERR_SYNTAX },
	{ { 0 }, TRADE("\"1\",\"2\",\"1e3\""), ERR_SYNTAX },
	{ { 0 }, TRADE("\"1\",\"2\",\"9223372036.854999\""), ERR_OK },
	{ { 0 }, TRADE("\"1\",\"2\",\"9223372036.855\""), ERR_RANGE },
	/* Milliseconds are no seconds. */
	{ { 0 }, TRADE("\"1\",\"2\",\"1617666461465\""), ERR_RANGE },
	{ { 0 }, "{\"event\":1}", ERR_SYNTAX },
	{ { 0 }, "{\"event\":\"pong\",\"event\":\"pong\"}", ERR_DUPLICATE },
};

static const struct frames_priced PRICED[] = {
	{ { 0 }, TICKER("\"a\":[%s,1,\"1\"]"), false, false, false },
	{ { 0 }, TICKER("\"b\":[%s,1]"), false, false, false },
	{ { 0 }, TICKER("\"c\":[%s,\"1\"]"), false, false, false },
	{ { 0 }, SPREAD("%s,\"2\",\"3\""), false, false, false },
	{ { 0 }, SPREAD("\"1\",%s,\"3\""), false, false, false },
	{ { 0 }, TRADE("%s,\"2\",\"3\""), false, false, false },
};

static void
venue_kraken_v1_parse__reads_each_shape(void **state)
{
	(void)state;
	frames_good_check("kraken-v1", GOOD, ARRAY_COUNT(GOOD));
}

static void
venue_kraken_v1_parse__names_what_is_wrong(void **state)
{
	(void)state;
	frames_bad_check("kraken-v1", BAD, ARRAY_COUNT(BAD));
	frames_priced_check("kraken-v1", PRICED, ARRAY_COUNT(PRICED));
}

static void
venue_kraken_v1_subscribe__asks_for_spreads_and_trades(void **state)
{
	static const char *const symbols[] = { "XBT/USD", "ETH/USD" };
	static const char *const want[] = {
		"{\"event\":\"subscribe\",\"pair\":[\"XBT/USD\",\"ETH/USD\"],"
		"\"subscription\":{\"name\":\"spread\"}}",
		"{\"event\":\"subscribe\",\"pair\":[\"XBT/USD\",\"ETH/USD\"],"
		"\"subscription\":{\"name\":\"trade\"}}", NULL,
	};

	(void)state;
	frames_subscribe_check("kraken-v1", symbols, 2, want);
}

static void
venue_at_address__tells_both_protocols_of_kraken(void **state)
{
	(void)state;
	assert_string_equal(venue_at_address("wss://ws.kraken.com")->name,
	    "kraken-v1");
	assert_string_equal(venue_at_address("wss://ws.kraken.com/v2")->name,
	    "kraken");
	assert_string_equal(venue_find("kraken-v1")->operator_name,
	    venue_find("kraken")->operator_name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(venue_kraken_v1_parse__reads_each_shape),
		cmocka_unit_test(venue_kraken_v1_parse__names_what_is_wrong),
		cmocka_unit_test(
		    venue_kraken_v1_subscribe__asks_for_spreads_and_trades),
		cmocka_unit_test(
		    venue_at_address__tells_both_protocols_of_kraken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
