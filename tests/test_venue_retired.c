/* The protocols that recordings alone have: what is read of each, and that
 * nothing finds them but an address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/venue_session.h"

#define BYBIT(items) "{\"topic\":\"trade.BCHUSDT\",\"data\":[" items "]}"
#define TRADE "\"symbol\":\"BCHUSDT\",\"trade_time_ms\":\"1618677785116\","
static const struct frames_good BYBIT_GOOD[] = {
	{ { 0 }, BYBIT("{\"symbol\":\"BCHUSDT\",\"tick_direction\":"
	    "\"MinusTick\",\"price\":\"1053.90\",\"size\":0.14,\"timestamp\":"
	    "\"2021-04-17T16:43:05.000Z\",\"trade_time_ms\":"
	    "\"1618677785116\",\"side\":\"Buy\"},{" TRADE "\"price\":\"7\"}"),
	    FRAME_TICKS, "trade", 1618677785116,
	    { "BCHUSDT|-|-|1053.90|0.14|1618677785116|-",
	    "BCHUSDT|-|-|7|-|1618677785116|-" } },
	{ { 0 }, "{\"data\":[],\"topic\":\"trade.A\"}", FRAME_TICKS, "trade",
	    0, { 0 } },
	{ { 0 }, "{\"topic\":\"orderBookL2_25.BCHUSDT\",\"type\":\"delta\","
	    "\"data\":{\"delete\":[]},\"cross_seq\":\"1\"}", FRAME_IGNORED,
	    "orderBookL2_25", 0, { 0 } },
	{ { 0 }, "{\"topic\":\"orderBook_200.100ms.A\",\"data\":[]}",
	    FRAME_IGNORED, "orderBook_200", 0, { 0 } },
	{ { 0 }, "{\"topic\":\"weather.A\"}", FRAME_UNKNOWN, "weather", 0,
	    { 0 } },
	{ { 0 }, "{\"success\":true,\"ret_msg\":\"\",\"request\":{}}",
	    FRAME_ACK, "request", 0, { 0 } },
	{ { 0 }, "{\"success\":false,\"ret_msg\":\"no\"}", FRAME_REFUSED,
	    "request", 0, { 0 } },
	{ { 0 }, "{}", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};
static const struct frames_bad BYBIT_BAD[] = {
	{ { 0 }, "{\"topic\":\"trade.A\"}", ERR_MISSING },
	{ { 0 }, BYBIT("{\"symbol\":\"A\",\"price\":\"1\"}"), ERR_MISSING },
	{ { 0 }, BYBIT("{" TRADE "\"price\":\"1\",\"price\":\"1\"}"),
	    ERR_DUPLICATE },
	{ { 0 }, BYBIT("{\"symbol\":\"A\",\"price\":\"1\",\"trade_time_ms\":"
	    "1618677785116}"), ERR_SYNTAX },
};
static const struct frames_priced BYBIT_PRICED[] = {
	{ { 0 }, BYBIT("{" TRADE "\"price\":%s}"), false, false, false },
};

#define FTX(channel, type, data) "{\"channel\":\"" channel "\",\"market\":" \
    "\"ETH/USD\",\"type\":\"" type "\",\"data\":" data "}"
static const struct frames_good FTX_GOOD[] = {
	{ { 0 }, FTX("ticker", "update", "{\"bid\":2363.9,\"ask\":2369.0,"
	    "\"bidSize\":0.694,\"last\":2361.1,\"time\":1618677911.4442053}"),
	    FRAME_TICKS, "ticker", 1618677911444,
	    { "ETH/USD|2363.9|2369.0|2361.1|-|1618677911444|-" } },
	{ { 0 }, "{\"data\":{\"bid\":null,\"ask\":2,\"last\":null,\"time\":7}"
	    ",\"market\":\"A\",\"channel\":\"ticker\",\"type\":\"update\"}",
	    FRAME_TICKS, "ticker", 7000, { "A|-|2|-|-|7000|-" } },
	{ { 0 }, FTX("trades", "update", "[{\"id\":632052557,\"price\":"
	    "56335.0,\"size\":0.0444,\"side\":\"buy\",\"time\":"
	    "\"2021-03-21T10:24:37.319680+00:00\"}]"), FRAME_TICKS, "trades",
	    1616322277319,
	    { "ETH/USD|-|-|56335.0|0.0444|1616322277319|632052557" } },
	{ { 0 }, FTX("orderbook", "partial", "{\"time\":1,\"bids\":[]}"),
	    FRAME_IGNORED, "orderbook", 0, { 0 } },
	{ { 0 }, FTX("weather", "update", "{}"), FRAME_UNKNOWN, "weather", 0,
	    { 0 } },
	/* An answer that names a channel is none of its messages. */
	{ { 0 }, "{\"type\":\"subscribed\",\"channel\":\"ticker\",\"market\":"
	    "\"USDT/USD\"}", FRAME_ACK, "subscribed", 0, { 0 } },
	{ { 0 }, "{\"type\":\"error\",\"code\":404,\"msg\":\"No such "
	    "market\"}", FRAME_REFUSED, "error", 0, { 0 } },
	{ { 0 }, "{\"type\":\"pong\"}", FRAME_ACK, "pong", 0, { 0 } },
	{ { 0 }, "{\"type\":\"weather\"}", FRAME_UNKNOWN, "weather", 0,
	    { 0 } },
	{ { 0 }, "{}", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};
static const struct frames_bad FTX_BAD[] = {
	{ { 0 }, "{\"channel\":\"ticker\",\"market\":\"A\",\"type\":"
	    "\"update\"}", ERR_MISSING },
	{ { 0 }, "{\"channel\":\"ticker\",\"type\":\"update\",\"data\":{"
	    "\"bid\":1,\"ask\":2,\"time\":7}}", ERR_MISSING },
	{ { 0 }, FTX("ticker", "update", "{\"bid\":1,\"ask\":2}"),
	    ERR_MISSING },
	{ { 0 }, FTX("ticker", "update", "{\"bid\":1,\"time\":7}"),
	    ERR_MISSING },
	{ { 0 }, FTX("ticker", "update", "{\"bid\":1,\"ask\":2,\"time\":"
	    "\"7\"}"), ERR_SYNTAX },
	{ { 0 }, FTX("ticker", "update", "{\"bid\":1,\"ask\":2,\"time\":"
	    "1e9}"), ERR_SYNTAX },
	{ { 0 }, FTX("ticker", "update", "{\"bid\":1,\"ask\":2,\"time\":"
	    "9223372036.855}"), ERR_RANGE },
	{ { 0 }, FTX("trades", "update", "[{\"price\":1}]"), ERR_MISSING },
};
static const struct frames_priced FTX_PRICED[] = {
	{ { 0 }, FTX("ticker", "update", "{\"bid\":%s,\"ask\":2,\"time\":7}"),
	    true, true, false },
	{ { 0 }, FTX("trades", "update", "[{\"price\":%s,\"time\":"
	    "\"2021-03-21T10:24:37Z\"}]"), true, false, false },
};

static const struct frames_good HUOBI_GOOD[] = {
	{ { 0 }, "{\"ch\":\"market.btcusdt.bbo\",\"tick\":{\"bid\":1}}",
	    FRAME_IGNORED, "market", 0, { 0 } },
	{ { 0 }, "{\"id\":1,\"status\":\"ok\",\"subbed\":\"market.a.bbo\"}",
	    FRAME_ACK, "subbed", 0, { 0 } },
	{ { 0 }, "{\"ping\":1618678073643}", FRAME_HEARTBEAT, "ping", 0,
	    { 0 } },
	{ { 0 }, "{\"ch\":\"weather\"}", FRAME_UNKNOWN, "weather", 0, { 0 } },
	{ { 0 }, "{}", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};

static void
retired_parse__reads_each_shape(void **state)
{
	(void)state;
	frames_good_check("bybit-realtime", BYBIT_GOOD,
	    ARRAY_COUNT(BYBIT_GOOD));
	frames_good_check("ftx-us", FTX_GOOD, ARRAY_COUNT(FTX_GOOD));
	frames_good_check("huobi", HUOBI_GOOD, ARRAY_COUNT(HUOBI_GOOD));
}

static void
retired_parse__names_what_is_wrong(void **state)
{
	(void)state;
	frames_bad_check("bybit-realtime", BYBIT_BAD, ARRAY_COUNT(BYBIT_BAD));
	frames_priced_check("bybit-realtime", BYBIT_PRICED,
	    ARRAY_COUNT(BYBIT_PRICED));
	frames_bad_check("ftx-us", FTX_BAD, ARRAY_COUNT(FTX_BAD));
	frames_priced_check("ftx-us", FTX_PRICED, ARRAY_COUNT(FTX_PRICED));
}

static void
venue_huobi_parse__ignores_what_is_compressed_by_name(void **state)
{
	static const char *const before[FRAMES_BEFORE_MAX] = { NULL };
	static char large[FRAME_BYTES_MAX + 1] = { '\x1f', (char)0x8b };
	const struct venue *v = frames_venue("huobi");
	struct frame f;

	(void)state;
	frames_begin(v, before);
	assert_int_equal(frames_parse(&f, v, large, 2), ERR_OK);
	assert_int_equal(f.kind, FRAME_IGNORED);
	assert_string_equal(f.channel, "gzip");
	assert_int_equal(frames_parse(&f, v, large, FRAME_BYTES_MAX), ERR_OK);
	assert_int_equal(frames_parse(&f, v, large, FRAME_BYTES_MAX + 1),
	    ERR_LIMIT);
	assert_int_equal(frames_parse(&f, v, large, 1), ERR_SYNTAX);
	assert_int_equal(frames_parse(&f, v, "\x1f\x8c", 2), ERR_SYNTAX);
}

static void
venue_retired_table__is_found_by_address_alone(void **state)
{
	static const struct {
		const char *url, *name;
	} cases[] = {
		{ "wss://stream.bybit.com/realtime_public", "bybit-realtime" },
		{ "wss://ftx.us/ws/", "ftx-us" },
		{ "wss://api.huobi.pro/ws", "huobi" },
	};
	size_t count;
	const struct venue *v = venue_retired_table(&count);

	(void)state;
	assert_int_equal(count, ARRAY_COUNT(cases));
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(venue_at_address(cases[i].url), &v[i]);
		assert_string_equal(v[i].name, cases[i].name);
		assert_ptr_equal(frames_venue(v[i].name), &v[i]);
		assert_null(venue_find(v[i].name));
		assert_non_null(v[i].retired);
		assert_null(v[i].url);
		assert_true(v[i].subscribe == NULL);
	}
	assert_null(venue_retired_find("ftx-u", 5));
	assert_null(venue_retired_find("ftx-us-", 7));
	for (v = venue_table(&count); count > 0; count--, v++)
		assert_null(v->retired);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retired_parse__reads_each_shape),
		cmocka_unit_test(retired_parse__names_what_is_wrong),
		cmocka_unit_test(
		    venue_huobi_parse__ignores_what_is_compressed_by_name),
		cmocka_unit_test(
		    venue_retired_table__is_found_by_address_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
