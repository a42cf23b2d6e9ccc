/* Kraken Futures: tickers with and without a time, trades and their
 * snapshots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/venue_session.h"

#define TICKER(fields) "{\"feed\":\"ticker\",\"product_id\":\"PI_XBTUSD\"," \
    fields "}"
#define TRADE(fields) "{\"feed\":\"trade\",\"product_id\":\"PI_XBTUSD\"," \
    fields "}"
#define TRADES(items) "{\"feed\":\"trade_snapshot\",\"product_id\":" \
    "\"PI_XBTUSD\",\"trades\":[" items "]}"

static const struct frames_good GOOD[] = {
	{ { 0 }, TICKER("\"time\":1676393235406,\"funding_rate\":-6.26e-11,"
	    "\"bid\":21978.50,\"ask\":21987.0,\"bid_size\":2536.0,\"last\":"
	    "21983.5,\"markPrice\":21979.68641534714,\"premium\":-0.0"),
	    FRAME_TICKS, "ticker", 1676393235406,
	    { "PI_XBTUSD|21978.50|21987.0|21983.5|-|1676393235406|-" } },
	{ { 0 }, "{\"ask\":1e-05,\"time\":7,\"product_id\":\"PF_A\","
	    "\"feed\":\"ticker\"}", FRAME_TICKS, "ticker", 7,
	    { "PF_A|-|0.00001|-|-|7|-" } },
	{ { 0 }, "{\"feed\":\"ticker_lite\",\"product_id\":"
	    "\"FI_BCHUSD_210730\",\"bid\":439.3,\"ask\":439.6,\"change\":2.6,"
	    "\"maturityTime\":1627657200000}", FRAME_TICKS, "ticker_lite", 0,
	    { "FI_BCHUSD_210730|439.3|439.6|-|-|-|-" } },
	{ { 0 }, TRADE("\"uid\":\"x\",\"side\":\"sell\",\"type\":\"fill\","
	    "\"seq\":653355,\"time\":1612266317519,\"qty\":15000,\"price\":"
	    "34969.5"), FRAME_TICKS, "trade", 1612266317519,
	    { "PI_XBTUSD|-|-|34969.5|15000|1612266317519|653355" } },
	{ { 0 }, TRADES(TRADE("\"seq\":7,\"time\":9,\"qty\":0.0,\"price\":2")
	    "," TRADE("\"time\":8,\"price\":2.0")), FRAME_TICKS,
	    "trade_snapshot", 9, { "PI_XBTUSD|-|-|2|0.0|9|7",
	    "PI_XBTUSD|-|-|2.0|-|8|-" } },
	{ { 0 }, TRADES(""), FRAME_TICKS, "trade_snapshot", 0, { 0 } },
	{ { 0 }, "{\"feed\":\"book\",\"product_id\":\"PI_ETHUSD\",\"side\":"
	    "\"sell\",\"seq\":1,\"price\":0.0,\"timestamp\":1626994927744}",
	    FRAME_IGNORED, "book", 1626994927744, { 0 } },
	{ { 0 }, "{\"feed\":\"book_snapshot\",\"timestamp\":5,\"tickSize\":"
	    "null,\"bids\":[]}", FRAME_IGNORED, "book_snapshot", 5, { 0 } },
	{ { 0 }, "{\"feed\":\"heartbeat\",\"time\":1534262350627}",
	    FRAME_HEARTBEAT, "heartbeat", 1534262350627, { 0 } },
	{ { 0 }, "{\"feed\":\"weather\"}", FRAME_UNKNOWN, "weather", 0,
	    { 0 } },
	{ { 0 }, "{\"event\":\"info\",\"version\":1}", FRAME_ACK, "info", 0,
	    { 0 } },
	/* An answer that names a feed is none of its messages. */
	{ { 0 }, "{\"event\":\"subscribed\",\"feed\":\"ticker\","
	    "\"product_ids\":[\"PI_XBTUSD\"]}", FRAME_ACK, "subscribed", 0,
	    { 0 } },
	{ { 0 }, "{\"event\":\"unsubscribed\",\"feed\":\"trade\"}",
	    FRAME_ACK, "unsubscribed", 0, { 0 } },
	{ { 0 }, "{\"event\":\"subscribed_failed\",\"feed\":\"ticker\"}",
	    FRAME_REFUSED, "subscribed_failed", 0, { 0 } },
	{ { 0 }, "{\"event\":\"error\",\"message\":\"Invalid product id\"}",
	    FRAME_REFUSED, "error", 0, { 0 } },
	{ { 0 }, "{\"event\":\"alert\",\"message\":\"Bad message\"}",
	    FRAME_REFUSED, "alert", 0, { 0 } },
	{ { 0 }, "{\"event\":\"weather\"}", FRAME_UNKNOWN, "weather", 0,
	    { 0 } },
	{ { 0 }, "{}", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
	{ { 0 }, "[]", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};

static const struct frames_bad BAD[] = {
	{ { 0 }, "", ERR_SYNTAX },
	{ { 0 }, "{\"feed\":1}", ERR_SYNTAX },
	{ { 0 }, "{\"feed\":\"ticker\",\"feed\":\"ticker\"}", ERR_DUPLICATE },
	{ { 0 }, "{\"event\":\"info\",\"event\":\"info\"}", ERR_DUPLICATE },
	{ { 0 }, "{\"feed\":\"ticker\",\"bid\":1}", ERR_MISSING },
	{ { 0 }, TICKER("\"bid\":1,\"bid\":1"), ERR_DUPLICATE },
	{ { 0 }, TICKER("\"time\":\"1\""), ERR_SYNTAX },
	{ { 0 }, TICKER("\"time\":9223372036854"), ERR_OK },
	{ { 0 }, TICKER("\"time\":9223372036855"), ERR_RANGE },
	{ { 0 }, "{\"feed\":\"ticker\",\"product_id\":\"A B\"}", ERR_SYNTAX },
	{ { 0 }, "{\"feed\":\"ticker\",\"product_id\":"
	    "\"ABCDEFGHIJKLMNOPQRSTUVW\"}", ERR_OK },
	{ { 0 }, "{\"feed\":\"ticker\",\"product_id\":"
	    "\"ABCDEFGHIJKLMNOPQRSTUVWX\"}", ERR_LIMIT },
	{ { 0 }, TRADE("\"price\":1"), ERR_MISSING },
	{ { 0 }, TRADE("\"time\":1"), ERR_MISSING },
	{ { 0 }, "{\"feed\":\"trade\",\"time\":1,\"price\":1}", ERR_MISSING },
	{ { 0 }, TRADE("\"time\":1,\"price\":1,\"qty\":\"1\""), ERR_SYNTAX },
	{ { 0 }, TRADE("\"time\":1,\"price\":1,\"qty\":-1"), ERR_SYNTAX },
	{ { 0 }, TRADE("\"time\":1,\"price\":1,\"seq\":1.5"), ERR_SYNTAX },
	{ { 0 }, "{\"feed\":\"trade_snapshot\"}", ERR_MISSING },
	{ { 0 }, "{\"feed\":\"trade_snapshot\",\"trades\":{}}", ERR_SYNTAX },
	{ { 0 }, "{\"feed\":\"trade_snapshot\",\"trades\":[],\"trades\":[]}",
	    ERR_DUPLICATE },
	{ { 0 }, TRADES("1"), ERR_SYNTAX },
	{ { 0 }, TRADES(TRADE("\"price\":1")), ERR_MISSING },
};

static const struct frames_priced PRICED[] = {
	{ { 0 }, TICKER("\"bid\":%s"), true, false, false },
	{ { 0 }, TICKER("\"ask\":%s"), true, false, false },
	{ { 0 }, TICKER("\"last\":%s"), true, false, false },
	{ { 0 }, "{\"feed\":\"ticker_lite\",\"product_id\":\"A\",\"bid\":%s}",
	    true, false, false },
	{ { 0 }, TRADE("\"time\":1,\"price\":%s"), true, false, false },
	{ { 0 }, TRADES(TRADE("\"time\":1,\"price\":%s")), true, false, false },
};

static void
venue_kraken_futures_parse__reads_each_shape(void **state)
{
	(void)state;
	frames_good_check("kraken-futures", GOOD, ARRAY_COUNT(GOOD));
}

static void
venue_kraken_futures_parse__names_what_is_wrong(void **state)
{
	(void)state;
	frames_bad_check("kraken-futures", BAD, ARRAY_COUNT(BAD));
	frames_priced_check("kraken-futures", PRICED, ARRAY_COUNT(PRICED));
}

static void
venue_kraken_futures_parse__takes_so_many_ticks(void **state)
{
	static const char *const before[FRAMES_BEFORE_MAX] = { NULL };
	static const char item[] = "{\"product_id\":\"A\",\"time\":1,"
	    "\"price\":1},";
	static char text[(FRAME_TICKS_MAX + 1) * sizeof(item) + 64];
	const struct venue *v = venue_find("kraken-futures");
	struct frame f;

	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		size_t len = (size_t)snprintf(text, sizeof(text),
		    "{\"feed\":\"trade_snapshot\",\"trades\":[");

		for (unsigned i = 0; i < FRAME_TICKS_MAX + more; i++) {
			memcpy(text + len, item, sizeof(item));
			len += sizeof(item) - 1;
		}
		memcpy(text + len - 1, "]}", 2);
		frames_begin(v, before);
		assert_int_equal(frames_parse(&f, v, text, len + 1),
		    more == 0 ? ERR_OK : ERR_LIMIT);
	}
}

static void
venue_kraken_futures_subscribe__asks_for_heartbeats_too(void **state)
{
	static const char *const symbols[] = { "PI_XBTUSD", "PF_ETHUSD" };
	static const char *const want[] = {
		"{\"event\":\"subscribe\",\"feed\":\"ticker\","
		"\"product_ids\":[\"PI_XBTUSD\",\"PF_ETHUSD\"]}",
		"{\"event\":\"subscribe\",\"feed\":\"trade\","
		"\"product_ids\":[\"PI_XBTUSD\",\"PF_ETHUSD\"]}",
		"{\"event\":\"subscribe\",\"feed\":\"heartbeat\"}", NULL,
	};

	(void)state;
	frames_subscribe_check("kraken-futures", symbols, 2, want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(venue_kraken_futures_parse__reads_each_shape),
		cmocka_unit_test(
		    venue_kraken_futures_parse__names_what_is_wrong),
		cmocka_unit_test(
		    venue_kraken_futures_parse__takes_so_many_ticks),
		cmocka_unit_test(
		    venue_kraken_futures_subscribe__asks_for_heartbeats_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
