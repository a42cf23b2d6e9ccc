/* Bitfinex: numbers that stand for channels, arrays without names, a sequence
 * without holes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/venue_session.h"

#define SUBSCRIBED(channel, id, symbol) "{\"event\":\"subscribed\"," \
    "\"channel\":\"" channel "\",\"chanId\":" id ",\"symbol\":\"" symbol "\"}"
#define TICKER SUBSCRIBED("ticker", "17", "tBTCUSD")
#define TRADES SUBSCRIBED("trades", "18", "tTESTBTC:TESTUSD")
#define FIRST "[17,\"hb\",41]"

static const struct frames_good GOOD[] = {
	{ { TICKER }, "[17,[60400,76.1,60406.5,86.2,-1292,-0.02,6.04e4,10,6,6]"
	    ",42]", FRAME_TICKS, "ticker", 0,
	    { "tBTCUSD|60400|60406.5|60400|-|-|-" } },
	/* Sequence and time in any order; fields that are yet to be. */
	{ { TICKER }, "[17,[1,0,2,0,0,0,3,0,0,0,null,\"x\"],1618677543951,9]",
	    FRAME_TICKS, "ticker", 1618677543951,
	    { "tBTCUSD|1|2|3|-|1618677543951|-" } },
	{ { TICKER }, "[17,[2,0,1,0,0,0,3],9,1618677543951,5,{}]",
	    FRAME_TICKS, "ticker", 1618677543951,
	    { "tBTCUSD|2|1|3|-|1618677543951|-" } },
	{ { TRADES }, "[18,[[669899159,1618665870435,-166.391496,0.076989],"
	    "[669899158,1618665870434,2,1e-5]],3,1618665870500]", FRAME_TICKS,
	    "trades", 1618665870500, { "tTESTBTC:TESTUSD|-|-|0.076989|"
	    "166.391496|1618665870435|669899159",
	    "tTESTBTC:TESTUSD|-|-|0.00001|2|1618665870434|669899158" } },
	{ { TRADES }, "[18,[]]", FRAME_TICKS, "trades", 0, { 0 } },
	{ { TRADES }, "[18,\"te\",[5,1618665870435,0.1,7,0],4]", FRAME_TICKS,
	    "te", 1618665870435,
	    { "tTESTBTC:TESTUSD|-|-|7|0.1|1618665870435|5" } },
	{ { TRADES }, "[18,\"tu\",[5,1618665870435,0.1,7],5,1618665870436]",
	    FRAME_IGNORED, "tu", 1618665870436, { 0 } },
	{ { TICKER }, "[17,\"hb\",127]", FRAME_HEARTBEAT, "hb", 0, { 0 } },
	{ { TICKER }, "[17,\"hb\",127,1618665870436]", FRAME_HEARTBEAT, "hb",
	    1618665870436, { 0 } },
	{ { 0 }, "[17,\"hb\",127]", FRAME_HEARTBEAT, "hb", 0, { 0 } },
	{ { TICKER }, "[17,\"cs\",-5]", FRAME_IGNORED, "cs", 0, { 0 } },
	{ { TICKER }, "[17,\"te\",[1,2,3,4]]", FRAME_UNKNOWN, "te", 0,
	    { 0 } },
	{ { TRADES }, "[18,\"xx\",[1]]", FRAME_UNKNOWN, "xx", 0, { 0 } },
	{ { SUBSCRIBED("book", "9", "tBTCUSD") }, "[9,[[1,2,3]],1]",
	    FRAME_IGNORED, "other", 0, { 0 } },
	{ { SUBSCRIBED("ticker", "9", "fUSD") }, "[9,[1,2,3]]",
	    FRAME_IGNORED, "other", 0, { 0 } },
	{ { "{\"event\":\"subscribed\",\"channel\":\"candles\",\"chanId\":9,"
	    "\"key\":\"trade:1m:tBTCUSD\"}" }, "[9,[1]]", FRAME_IGNORED,
	    "other", 0, { 0 } },
	/* A number that no channel has, no longer has, or has anew. */
	{ { TICKER }, "[16,[1,0,2,0,0,0,3]]", FRAME_UNKNOWN, "unnamed", 0,
	    { 0 } },
	{ { TICKER, "{\"event\":\"unsubscribed\",\"status\":\"OK\","
	    "\"chanId\":17}" }, "[17,[1,0,2,0,0,0,3]]", FRAME_UNKNOWN,
	    "unnamed", 0, { 0 } },
	{ { TICKER, SUBSCRIBED("ticker", "17", "tETHUSD") },
	    "[17,[1,0,2,0,0,0,3]]", FRAME_TICKS, "ticker", 0,
	    { "tETHUSD|1|2|3|-|-|-" } },
	/* No side, one, a market never traded. */
	{ { TICKER }, "[17,[null,null,2,5,0,0,3]]", FRAME_TICKS, "ticker", 0,
	    { "tBTCUSD|-|2|3|-|-|-" } },
	{ { TICKER }, "[17,[null,null,null,null,null,null,null]]",
	    FRAME_TICKS, "ticker", 0, { "tBTCUSD|-|-|-|-|-|-" } },
	/* The sequence: the next, the same, one left out, one before. */
	{ { TICKER, FIRST }, "[17,[1,0,2,0,0,0,3],42]", FRAME_TICKS, "ticker",
	    0, { "tBTCUSD|1|2|3|-|-|-" } },
	{ { TICKER, FIRST }, "[17,[1,0,2,0,0,0,3],41]", FRAME_IGNORED,
	    "ticker", 0, { 0 } },
	{ { TICKER, FIRST }, "[17,[1,0,2,0,0,0,3],43]", FRAME_GAP, "ticker",
	    0, { 0 } },
	{ { TICKER, FIRST }, "[17,[1,0,2,0,0,0,3],40]", FRAME_GAP, "ticker",
	    0, { 0 } },
	{ { TICKER, FIRST }, "[17,[1,0,2,0,0,0,3]]", FRAME_TICKS, "ticker",
	    0, { "tBTCUSD|1|2|3|-|-|-" } },
	/* Channels that are not known count as well. */
	{ { TICKER, FIRST, "[99,[1],42]" }, "[17,\"hb\",43]",
	    FRAME_HEARTBEAT, "hb", 0, { 0 } },
	{ { 0 }, "{\"event\":\"info\",\"version\":2,\"platform\":{\"status\":"
	    "1}}", FRAME_ACK, "info", 0, { 0 } },
	{ { 0 }, "{\"event\":\"info\",\"code\":20060,\"msg\":\"\"}",
	    FRAME_ACK, "info", 0, { 0 } },
	{ { 0 }, "{\"event\":\"info\",\"code\":20051,\"msg\":\"\"}",
	    FRAME_LEAVING, "info", 0, { 0 } },
	{ { 0 }, "{\"event\":\"info\",\"code\":20061,\"msg\":\"\"}",
	    FRAME_LEAVING, "info", 0, { 0 } },
	{ { 0 }, "{\"event\":\"conf\",\"status\":\"OK\",\"flags\":98304}",
	    FRAME_ACK, "conf", 0, { 0 } },
	{ { 0 }, "{\"event\":\"conf\",\"status\":\"FAILED\"}", FRAME_REFUSED,
	    "conf", 0, { 0 } },
	{ { 0 }, TICKER, FRAME_ACK, "subscribed", 0, { 0 } },
	{ { 0 }, "{\"event\":\"unsubscribed\",\"chanId\":5}", FRAME_ACK,
	    "unsubscribed", 0, { 0 } },
	{ { 0 }, "{\"event\":\"pong\",\"ts\":1511545528111,\"cid\":1}",
	    FRAME_HEARTBEAT, "pong", 1511545528111, { 0 } },
	{ { 0 }, "{\"event\":\"error\",\"msg\":\"symbol: invalid\",\"code\":"
	    "10300,\"symbol\":\"tX\"}", FRAME_REFUSED, "error", 0, { 0 } },
	{ { 0 }, "{\"event\":\"weather\"}", FRAME_UNKNOWN, "weather", 0,
	    { 0 } },
	{ { 0 }, "{}", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
	{ { 0 }, "\"x\"", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};

static const struct frames_bad BAD[] = {
	{ { 0 }, "", ERR_SYNTAX },
	{ { 0 }, "[]", ERR_SYNTAX },
	{ { 0 }, "[17]", ERR_MISSING },
	{ { 0 }, "[-1,[]]", ERR_SYNTAX },
	{ { 0 }, "[\"17\",[]]", ERR_SYNTAX },
	{ { 0 }, "[18446744073709551616,[]]", ERR_RANGE },
	{ { TICKER }, "[17,[1,0,2,0,0,0]]", ERR_MISSING },
	{ { TICKER }, "[17,[1,0,2,0,0,0,3],1.5]", ERR_SYNTAX },
	{ { TICKER }, "[17,[1,0,2,0,0,0,3],9223372036854]", ERR_OK },
	{ { TICKER }, "[17,[1,0,2,0,0,0,3],9223372036855]", ERR_RANGE },
	{ { TRADES }, "[18,[[1,2,3]]]", ERR_MISSING },
	{ { TRADES }, "[18,[1,2,3,4]]", ERR_SYNTAX },
	{ { TRADES }, "[18,[[\"1\",2,3,4]]]", ERR_SYNTAX },
	{ { TRADES }, "[18,[[1,\"2\",3,4]]]", ERR_SYNTAX },
	{ { TRADES }, "[18,[[1,2,\"3\",4]]]", ERR_SYNTAX },
	{ { TRADES }, "[18,[[1,9223372036854,3,4]]]", ERR_OK },
	{ { TRADES }, "[18,[[1,9223372036855,3,4]]]", ERR_RANGE },
	{ { TRADES }, "[18,[[1,2,-1e309,4]]]", ERR_SYNTAX },
	{ { TRADES }, "[18,\"te\",[1,2,3]]", ERR_MISSING },
	{ { TRADES }, "[18,\"te\"]", ERR_MISSING },
	{ { 0 }, "{\"event\":1}", ERR_SYNTAX },
	{ { 0 }, "{\"event\":\"subscribed\",\"channel\":\"ticker\"}",
	    ERR_MISSING },
	{ { 0 }, "{\"event\":\"subscribed\",\"chanId\":1}", ERR_MISSING },
	{ { 0 }, SUBSCRIBED("ticker", "1", "t B"), ERR_SYNTAX },
	{ { 0 }, SUBSCRIBED("ticker", "\"1\"", "tB"), ERR_SYNTAX },
	{ { 0 }, SUBSCRIBED("ticker", "1,\"chanId\":1", "tB"),
	    ERR_DUPLICATE },
	{ { 0 }, SUBSCRIBED("ticker", "1", "tABCDEFGHIJKLMNOPQRSTUV"),
	    ERR_OK },
	{ { 0 }, SUBSCRIBED("ticker", "1", "tABCDEFGHIJKLMNOPQRSTUVW"),
	    ERR_LIMIT },
};

static const struct frames_priced PRICED[] = {
	{ { TICKER }, "[17,[%s,0,2,0,0,0,3]]", true, true, false },
	{ { TICKER }, "[17,[1,0,%s,0,0,0,3],5]", true, true, false },
	{ { TICKER }, "[17,[1,0,2,0,0,0,%s]]", true, true, false },
	{ { TRADES }, "[18,[[1,2,3,%s]]]", true, false, false },
	{ { TRADES }, "[18,\"te\",[1,2,3,%s]]", true, false, false },
};

static void
venue_bitfinex_parse__reads_each_shape(void **state)
{
	(void)state;
	frames_good_check("bitfinex", GOOD, ARRAY_COUNT(GOOD));
}

static void
venue_bitfinex_parse__names_what_is_wrong(void **state)
{
	(void)state;
	frames_bad_check("bitfinex", BAD, ARRAY_COUNT(BAD));
	frames_priced_check("bitfinex", PRICED, ARRAY_COUNT(PRICED));
}

static void
venue_bitfinex_parse__remembers_as_many_channels_as_fit(void **state)
{
	static const char *const before[FRAMES_BEFORE_MAX] = { NULL };
	const struct venue *v = venue_find("bitfinex");
	char text[256];
	struct frame f;

	(void)state;
	frames_begin(v, before);
	for (unsigned i = 0; i <= VENUE_CHANNELS_MAX; i++) {
		snprintf(text, sizeof(text), SUBSCRIBED("ticker", "%u", "tA"),
		    i);
		assert_int_equal(frames_parse(&f, v, text, strlen(text)),
		    i < VENUE_CHANNELS_MAX ? ERR_OK : ERR_LIMIT);
	}
	/* A place that was given back. */
	snprintf(text, sizeof(text), "{\"event\":\"unsubscribed\","
	    "\"chanId\":3}");
	assert_int_equal(frames_parse(&f, v, text, strlen(text)), ERR_OK);
	snprintf(text, sizeof(text), SUBSCRIBED("ticker", "999", "tB"));
	assert_int_equal(frames_parse(&f, v, text, strlen(text)), ERR_OK);
	snprintf(text, sizeof(text), "[127,[1,0,2,0,0,0,3]]");
	assert_int_equal(frames_parse(&f, v, text, strlen(text)), ERR_OK);
	assert_string_equal(f.ticks[0].symbol, "tA");
}

/* A price that is none does not make a hole of its message. */
static void
venue_bitfinex_parse__counts_what_it_rejects(void **state)
{
	static const char *const before[FRAMES_BEFORE_MAX] = { TICKER, FIRST };
	static const char bad[] = "[17,[0,0,2,0,0,0,3],42]";
	static const char next[] = "[17,[1,0,2,0,0,0,3],43]";
	static const char far[] = "[17,[0,0,2,0,0,0,3],45]";
	static const char last[] = "[17,[1,0,2,0,0,0,3],46]";
	const struct venue *v = venue_find("bitfinex");
	struct frame f;

	(void)state;
	frames_begin(v, before);
	assert_int_equal(frames_parse(&f, v, bad, sizeof(bad) - 1),
	    ERR_RANGE);
	assert_int_equal(frames_parse(&f, v, next, sizeof(next) - 1), ERR_OK);
	assert_int_equal(f.kind, FRAME_TICKS);
	/* And it hides no message that is missing before it. */
	assert_int_equal(frames_parse(&f, v, far, sizeof(far) - 1), ERR_RANGE);
	assert_int_equal(frames_parse(&f, v, last, sizeof(last) - 1), ERR_OK);
	assert_int_equal(f.kind, FRAME_GAP);
}

static void
venue_bitfinex_subscribe__asks_for_tickers_first(void **state)
{
	static const char *const symbols[] = { "tBTCUSD", "tETHUSD" };
	static const char *const want[] = {
		"{\"event\":\"conf\",\"flags\":98304}",
		"{\"event\":\"subscribe\",\"channel\":\"ticker\",\"symbol\":"
		"\"tBTCUSD\"}",
		"{\"event\":\"subscribe\",\"channel\":\"ticker\",\"symbol\":"
		"\"tETHUSD\"}",
		"{\"event\":\"subscribe\",\"channel\":\"trades\",\"symbol\":"
		"\"tBTCUSD\"}",
		"{\"event\":\"subscribe\",\"channel\":\"trades\",\"symbol\":"
		"\"tETHUSD\"}", NULL,
	};

	(void)state;
	frames_subscribe_check("bitfinex", symbols, 2, want);
}

static void
venue_at_address__knows_the_older_host_of_bitfinex(void **state)
{
	(void)state;
	assert_string_equal(venue_at_address(
	    "wss://api.bitfinex.com/ws/2")->name, "bitfinex");
	assert_null(venue_at_address("wss://api.bitfinex.com/ws/1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(venue_bitfinex_parse__reads_each_shape),
		cmocka_unit_test(venue_bitfinex_parse__names_what_is_wrong),
		cmocka_unit_test(
		    venue_bitfinex_parse__remembers_as_many_channels_as_fit),
		cmocka_unit_test(venue_bitfinex_parse__counts_what_it_rejects),
		cmocka_unit_test(
		    venue_bitfinex_subscribe__asks_for_tickers_first),
		cmocka_unit_test(
		    venue_at_address__knows_the_older_host_of_bitfinex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
