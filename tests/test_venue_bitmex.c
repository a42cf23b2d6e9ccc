/* BitMEX: quotes, trades, instruments told by their changes, greetings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/venue_frames.h"

#define TABLE(table, action) "{\"table\":\"" table "\",\"action\":\"" action \
    "\",\"data\":["
#define ROW(fields) "{\"timestamp\":\"1970-01-01T00:00:01.500Z\"," \
    "\"symbol\":\"XBTUSD\"," fields "}"
#define QUOTE(bid, ask) TABLE("quote", "insert") ROW("\"bidSize\":2100," \
    "\"bidPrice\":" bid ",\"askPrice\":" ask ",\"askSize\":3600") "]}"
#define INSTRUMENT(fields) TABLE("instrument", "update") ROW(fields) "]}"
#define TRADE(fields) TABLE("trade", "insert") ROW(fields) "]}"

static const struct frames_good GOOD[] = {
	{ { 0 }, QUOTE("19917.5", "19918"), FRAME_TICKS, "quote", 1500,
	    { "XBTUSD|19917.5|19918|-|-|1500|-" } },
	/* The whole table first, with what describes it. */
	{ { 0 }, "{\"table\":\"quote\",\"action\":\"partial\",\"keys\":[],"
	    "\"types\":{\"symbol\":\"symbol\"},\"filter\":{\"symbol\":"
	    "\"XBTUSD\"},\"data\":[" ROW("\"bidPrice\":1,\"askPrice\":2.50")
	    "," ROW("\"bidPrice\":3,\"askPrice\":2") "]}", FRAME_TICKS,
	    "quote", 1500, { "XBTUSD|1|2.50|-|-|1500|-",
	    "XBTUSD|3|2|-|-|1500|-" } },
	{ { 0 }, QUOTE("null", "2"), FRAME_TICKS, "quote", 1500,
	    { "XBTUSD|-|2|-|-|1500|-" } },
	{ { 0 }, TABLE("quote", "insert") ROW("\"bidPrice\":1") "]}",
	    FRAME_TICKS, "quote", 1500, { "XBTUSD|1|-|-|-|1500|-" } },
	{ { 0 }, TABLE("quote", "partial") "]}", FRAME_TICKS, "quote", 0,
	    { 0 } },
	/* Table and action may come last. */
	{ { 0 }, "{\"data\":[{\"price\":56927.0,\"size\":900,\"symbol\":"
	    "\"XBTM21\",\"timestamp\":\"1970-01-01T00:00:02Z\","
	    "\"homeNotional\":0.0017000000000000001},{\"symbol\":\".BXBT\","
	    "\"timestamp\":\"1970-01-01T00:00:01Z\",\"price\":7,\"size\":0,"
	    "\"grossValue\":null}],\"action\":\"insert\",\"table\":\"trade\"}",
	    FRAME_TICKS, "trade", 2000, { "XBTM21|-|-|56927.0|900|2000|-",
	    ".BXBT|-|-|7|0|1000|-" } },
	{ { 0 }, TABLE("instrument", "partial") ROW("\"bidPrice\":1,"
	    "\"midPrice\":1.5,\"askPrice\":2,\"lastPrice\":1.5,\"expiry\":"
	    "null,\"markPrice\":0.1234567890123456789") "]}", FRAME_TICKS,
	    "instrument", 1500, { "XBTUSD|1|2|1.5|-|1500|-" } },
	{ { 0 }, INSTRUMENT("\"lastPrice\":9.0,\"bidPrice\":8"), FRAME_TICKS,
	    "instrument", 1500, { "XBTUSD|-|-|9.0|-|1500|-" } },
	/* One side of a change says nothing of the other. */
	{ { 0 }, INSTRUMENT("\"bidPrice\":8"), FRAME_HEARTBEAT, "instrument",
	    1500, { 0 } },
	{ { 0 }, INSTRUMENT("\"askPrice\":8,\"bidPrice\":null"),
	    FRAME_HEARTBEAT, "instrument", 1500, { 0 } },
	/* A mark price has no line of its own, and says the time. */
	{ { 0 }, INSTRUMENT("\"markPrice\":8"), FRAME_HEARTBEAT,
	    "instrument", 1500, { "XBTUSD|-|-|-|-|1500|-" } },
	{ { 0 }, TABLE("instrument", "update") ROW("\"volume\":8") ","
	    ROW("\"lastPrice\":7") "," ROW("\"askPrice\":8") "]}",
	    FRAME_TICKS, "instrument", 1500,
	    { "XBTUSD|-|-|7|-|1500|-" } },
	{ { 0 }, TABLE("instrument", "update") "{\"symbol\":\"XBTUSD\","
	    "\"lastPrice\":7}]}", FRAME_TICKS, "instrument", 0,
	    { "XBTUSD|-|-|7|-|-|-" } },
	{ { 0 }, TABLE("instrument", "delete") "{\"symbol\":\"XBTUSD\"}]}",
	    FRAME_IGNORED, "instrument", 0, { 0 } },
	{ { 0 }, TABLE("trade", "replace") "]}", FRAME_UNKNOWN, "trade", 0,
	    { 0 } },
	{ { 0 }, TABLE("orderBookL2_25", "insert") "{\"price\":null}]}",
	    FRAME_IGNORED, "orderBookL2_25", 0, { 0 } },
	{ { 0 }, TABLE("tradeBin1m", "insert") "]}", FRAME_IGNORED,
	    "tradeBin1m", 0, { 0 } },
	{ { 0 }, TABLE("quoteBin5m", "insert") "]}", FRAME_IGNORED,
	    "quoteBin5m", 0, { 0 } },
	{ { 0 }, "{\"table\":\"funding\"}", FRAME_IGNORED, "funding", 0,
	    { 0 } },
	{ { 0 }, TABLE("weather", "insert") "]}", FRAME_UNKNOWN, "weather",
	    0, { 0 } },
	{ { 0 }, "{\"info\":\"Welcome\",\"version\":\"2.0\",\"timestamp\":"
	    "\"1970-01-01T00:00:03Z\",\"docs\":\"x\",\"heartbeatEnabled\":"
	    "false,\"limit\":{\"remaining\":39}}", FRAME_ACK, "info", 3000,
	    { 0 } },
	{ { 0 }, "{\"success\":true,\"subscribe\":\"quote:XBTUSD\","
	    "\"request\":{\"op\":\"subscribe\",\"args\":[\"quote:XBTUSD\"]}}",
	    FRAME_ACK, "subscribe", 0, { 0 } },
	{ { 0 }, "{\"status\":400,\"error\":\"Unknown table\",\"meta\":{},"
	    "\"request\":{\"op\":\"subscribe\"}}", FRAME_REFUSED, "error", 0,
	    { 0 } },
	{ { 0 }, "{\"success\":false,\"subscribe\":\"quote:A\"}",
	    FRAME_REFUSED, "error", 0, { 0 } },
	{ { 0 }, "{\"success\":true}", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
	{ { 0 }, "pong", FRAME_ACK, "pong", 0, { 0 } },
	{ { 0 }, "\"pong\"", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
	{ { 0 }, "[]", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};

static const struct frames_bad BAD[] = {
	{ { 0 }, "", ERR_SYNTAX },
	{ { 0 }, "ping", ERR_SYNTAX },
	{ { 0 }, "{\"table\":\"quote\",\"action\":\"insert\"}", ERR_MISSING },
	{ { 0 }, "{\"table\":\"quote\",\"data\":[]}", ERR_MISSING },
	{ { 0 }, "{\"table\":\"quote\",\"action\":\"insert\",\"data\":{}}",
	    ERR_SYNTAX },
	{ { 0 }, "{\"table\":\"a\",\"table\":\"a\"}", ERR_DUPLICATE },
	{ { 0 }, "{\"data\":[],\"data\":[]}", ERR_DUPLICATE },
	{ { 0 }, "{\"subscribe\":\"a\",\"unsubscribe\":\"a\"}",
	    ERR_DUPLICATE },
	{ { 0 }, "{\"success\":1}", ERR_SYNTAX },
	{ { 0 }, "{\"info\":\"x\",\"timestamp\":1}", ERR_SYNTAX },
	{ { 0 }, QUOTE("0", "2"), ERR_RANGE },
	{ { 0 }, QUOTE("-1", "2"), ERR_SYNTAX },
	{ { 0 }, QUOTE("1", "1e309"), ERR_SYNTAX },
	{ { 0 }, QUOTE("1", "1e99"), ERR_RANGE },
	{ { 0 }, QUOTE("1", "NaN"), ERR_SYNTAX },
	{ { 0 }, QUOTE("1", "\"2\""), ERR_SYNTAX },
	{ { 0 }, QUOTE("1", "\"\""), ERR_SYNTAX },
	{ { 0 }, QUOTE("null,\"bidPrice\":1", "2"), ERR_DUPLICATE },
	{ { 0 }, QUOTE("1,\"symbol\":\"XBTUSD\"", "2"), ERR_DUPLICATE },
	{ { 0 }, TABLE("quote", "insert") "{\"symbol\":\"A\",\"bidPrice\":1,"
	    "\"askPrice\":2}]}", ERR_MISSING },
	{ { 0 }, TABLE("quote", "insert") "{\"timestamp\":"
	    "\"1970-01-01T00:00:01Z\",\"bidPrice\":1,\"askPrice\":2}]}",
	    ERR_MISSING },
	{ { 0 }, TABLE("trade", "insert") "{\"symbol\":\"A\",\"price\":1}]}",
	    ERR_MISSING },
	{ { 0 }, TABLE("instrument", "update") "{\"lastPrice\":1}]}",
	    ERR_MISSING },
	{ { 0 }, TRADE("\"size\":1"), ERR_MISSING },
	{ { 0 }, TRADE("\"price\":null"), ERR_SYNTAX },
	{ { 0 }, TRADE("\"price\":1,\"size\":-1"), ERR_SYNTAX },
	{ { 0 }, TRADE("\"price\":1,\"timestamp\":"
	    "\"1970-01-01T00:00:01Z\""), ERR_DUPLICATE },
	{ { 0 }, INSTRUMENT("\"lastPrice\":0"), ERR_RANGE },
	{ { 0 }, INSTRUMENT("\"lastPrice\":null"), ERR_OK },
	{ { 0 }, INSTRUMENT("\"bidPrice\":\"1\""), ERR_SYNTAX },
	{ { 0 }, TABLE("trade", "insert") "{\"symbol\":\"A\",\"price\":1,"
	    "\"timestamp\":\"1970-01-01T24:00:00Z\"}]}", ERR_RANGE },
	{ { 0 }, TABLE("trade", "insert") "{\"symbol\":\"A\",\"price\":1,"
	    "\"timestamp\":\"yesterday\"}]}", ERR_SYNTAX },
};

static const struct frames_priced PRICED[] = {
	{ { 0 }, TABLE("trade", "insert") "{\"symbol\":\"A\",\"timestamp\":"
	    "\"1970-01-01T00:00:01Z\",\"price\":%s}]}", true },
};

static void
venue_bitmex_parse__reads_each_shape(void **state)
{
	(void)state;
	frames_good_check("bitmex", GOOD, ARRAY_COUNT(GOOD));
}

static void
venue_bitmex_parse__names_what_is_wrong(void **state)
{
	(void)state;
	frames_bad_check("bitmex", BAD, ARRAY_COUNT(BAD));
	frames_priced_check("bitmex", PRICED, ARRAY_COUNT(PRICED));
}

/* An instrument's rows without prices leave room for others. */
static void
venue_bitmex_parse__holds_its_limits(void **state)
{
	static const char row[] = ROW("\"price\":1") ",";
	static const char quiet[] = ROW("\"volume\":1") ",";
	static char text[FRAME_BYTES_MAX];
	static const char *const before[FRAMES_BEFORE_MAX] = { NULL };
	const struct venue *v = venue_find("bitmex");
	struct frame f;

	(void)state;
	frames_begin(v, before);
	for (size_t k = 0; k < 4; k++) {
		bool is_trade = k < 2;
		const char *one = is_trade ? row : quiet;
		size_t count = FRAME_TICKS_MAX + k % 2;
		size_t len = (size_t)snprintf(text, sizeof(text), "%s",
		    is_trade ? TABLE("trade", "insert") :
		    TABLE("instrument", "update"));

		for (size_t i = 0; i < count; i++, len += strlen(one))
			memcpy(text + len, one, strlen(one));
		memcpy(text + len - 1, "]}", 2);
		assert_int_equal(frames_parse(&f, v, text, len + 1),
		    k == 1 ? ERR_LIMIT : ERR_OK);
	}
	assert_int_equal(f.kind, FRAME_HEARTBEAT);
}

static void
venue_bitmex_subscribe__writes_what_is_documented(void **state)
{
	static const char *const symbols[] = { "XBTUSD", "XBT_USDT" };
	static const char *const want[] = {
		"{\"op\":\"subscribe\",\"args\":[\"instrument:XBTUSD\","
		"\"instrument:XBT_USDT\"]}",
		"{\"op\":\"subscribe\",\"args\":[\"quote:XBTUSD\","
		"\"quote:XBT_USDT\"]}",
		"{\"op\":\"subscribe\",\"args\":[\"trade:XBTUSD\","
		"\"trade:XBT_USDT\"]}", NULL,
	};

	(void)state;
	frames_subscribe_check("bitmex", symbols, 2, want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(venue_bitmex_parse__reads_each_shape),
		cmocka_unit_test(venue_bitmex_parse__names_what_is_wrong),
		cmocka_unit_test(venue_bitmex_parse__holds_its_limits),
		cmocka_unit_test(
		    venue_bitmex_subscribe__writes_what_is_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
