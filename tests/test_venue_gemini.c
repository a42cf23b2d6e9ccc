/* Gemini: books told by changes, their snapshots, what voids them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/venue_session.h"

#define L2 "{\"type\":\"l2_updates\",\"symbol\":\"BTCUSD\",\"changes\":["
#define TRADE(id, ms, price) "{\"type\":\"trade\",\"symbol\":\"BTCUSD\"," \
    "\"event_id\":" id ",\"timestamp\":" ms ",\"price\":\"" price "\"," \
    "\"quantity\":\"0.10\",\"side\":\"buy\"}"
#define SNAPSHOT L2 "[\"buy\",\"99.50\",\"1\"],[\"buy\",\"99\",\"2\"]," \
    "[\"sell\",\"101.0\",\"3\"]],\"trades\":[],\"auction_events\":[]}"

static const struct frames_good GOOD[] = {
	{ { 0 }, SNAPSHOT, FRAME_TICKS, "l2_updates", 0,
	    { "BTCUSD|99.50|101.0|-|-|-|-" } },
	{ { 0 }, L2 "[\"sell\",\"3\",\"1\"],[\"buy\",\"2\",\"1\"]],\"trades\":["
	    TRADE("8", "2000", "2.5") "," TRADE("7", "1000", "2.50") "]}",
	    FRAME_TICKS, "l2_updates", 2000, { "BTCUSD|2|3|-|-|-|-",
	    "BTCUSD|-|-|2.5|0.10|2000|8", "BTCUSD|-|-|2.50|0.10|1000|7" } },
	/* The keys in any order; one side only. */
	{ { 0 }, "{\"trades\":[],\"changes\":[[\"sell\",\"1e-5\",\"1\"]],"
	    "\"symbol\":\"A\",\"type\":\"l2_updates\"}", FRAME_TICKS,
	    "l2_updates", 0, { "A|-|0.00001|-|-|-|-" } },
	/* What comes first is the snapshot, trades or not. */
	{ { 0 }, L2 "[\"buy\",\"7\",\"1\"]]}", FRAME_TICKS, "l2_updates", 0,
	    { "BTCUSD|7|-|-|-|-|-" } },
	{ { SNAPSHOT }, L2 "[\"buy\",\"99.50\",\"0\"],[\"sell\",\"100.0\","
	    "\"0.000\"],[\"sell\",\"98\",\"5\"]]}", FRAME_TICKS, "l2_updates",
	    0, { "BTCUSD|99|98|-|-|-|-" } },
	{ { SNAPSHOT, L2 "[\"buy\",\"100\",\"1\"]]}" },
	    L2 "[\"buy\",\"99.50\",\"0\"]]}", FRAME_TICKS, "l2_updates", 0,
	    { "BTCUSD|100|101.0|-|-|-|-" } },
	{ { SNAPSHOT }, L2 "]}", FRAME_TICKS, "l2_updates", 0,
	    { "BTCUSD|99.50|101.0|-|-|-|-" } },
	/* A second snapshot is the whole book again. */
	{ { SNAPSHOT }, L2 "[\"buy\",\"5\",\"1\"]],\"trades\":[]}",
	    FRAME_TICKS, "l2_updates", 0, { "BTCUSD|5|-|-|-|-|-" } },
	{ { 0 }, TRADE("34359626684", "1618677942606", "62.0131"),
	    FRAME_TICKS, "trade", 1618677942606,
	    { "BTCUSD|-|-|62.0131|0.10|1618677942606|34359626684" } },
	{ { 0 }, "{\"price\":\"1\",\"symbol\":\"A\",\"timestamp\":5,\"type\":"
	    "\"trade\"}", FRAME_TICKS, "trade", 5, { "A|-|-|1|-|5|-" } },
	{ { 0 }, "{\"type\":\"heartbeat\",\"timestamp\":1618677942928}",
	    FRAME_HEARTBEAT, "heartbeat", 1618677942928, { 0 } },
	{ { 0 }, "{\"type\":\"auction_result\",\"symbol\":\"BTCUSD\","
	    "\"result\":\"success\",\"auction_price\":\"1\"}", FRAME_IGNORED,
	    "auction_result", 0, { 0 } },
	{ { 0 }, "{\"type\":\"candles_1m_updates\",\"symbol\":\"BTCUSD\","
	    "\"changes\":[[1,2,3,4,5,6]]}", FRAME_IGNORED,
	    "candles_1m_updates", 0, { 0 } },
	{ { 0 }, "{\"result\":\"error\",\"reason\":\"NoValidTradingPairs\"}",
	    FRAME_REFUSED, "error", 0, { 0 } },
	{ { 0 }, "{\"type\":\"error\"}", FRAME_REFUSED, "error", 0, { 0 } },
	{ { 0 }, "{\"type\":\"weather\"}", FRAME_UNKNOWN, "weather", 0,
	    { 0 } },
	{ { 0 }, "[1]", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};

static const struct frames_bad BAD[] = {
	{ { 0 }, "", ERR_SYNTAX },
	{ { 0 }, "{\"type\":1}", ERR_SYNTAX },
	{ { 0 }, "{\"type\":\"trade\",\"type\":\"trade\"}", ERR_DUPLICATE },
	{ { 0 }, "{\"type\":\"l2_updates\",\"changes\":[]}", ERR_MISSING },
	{ { 0 }, "{\"type\":\"l2_updates\",\"symbol\":\"A\"}", ERR_MISSING },
	{ { 0 }, "{\"type\":\"l2_updates\",\"symbol\":\"A\",\"changes\":{}}",
	    ERR_SYNTAX },
	{ { 0 }, "{\"type\":\"l2_updates\",\"symbol\":\"A\",\"changes\":[],"
	    "\"changes\":[]}", ERR_DUPLICATE },
	{ { 0 }, "{\"type\":\"l2_updates\",\"symbol\":\"A\",\"changes\":[],"
	    "\"trades\":[],\"trades\":[]}", ERR_DUPLICATE },
	{ { 0 }, L2 "],\"trades\":{}}", ERR_SYNTAX },
	{ { 0 }, L2 "[\"buy\",\"1\"]]}", ERR_MISSING },
	{ { 0 }, L2 "[]]}", ERR_SYNTAX },
	{ { 0 }, L2 "[\"buy\",\"1\",\"1\",\"1\"]]}", ERR_SYNTAX },
	{ { 0 }, L2 "[\"hold\",\"1\",\"1\"]]}", ERR_SYNTAX },
	{ { 0 }, L2 "[\"buy\",\"1\",\"-1\"]]}", ERR_SYNTAX },
	{ { 0 }, L2 "[\"buy\",\"1\",1]]}", ERR_SYNTAX },
	{ { 0 }, L2 "],\"trades\":[{\"symbol\":\"A\",\"price\":\"1\"}]}",
	    ERR_MISSING },
	{ { 0 }, "{\"type\":\"trade\",\"symbol\":\"A\",\"timestamp\":1}",
	    ERR_MISSING },
	{ { 0 }, "{\"type\":\"trade\",\"price\":\"1\",\"timestamp\":1}",
	    ERR_MISSING },
	{ { 0 }, "{\"type\":\"trade\",\"symbol\":\"A\",\"price\":\"1\"}",
	    ERR_MISSING },
	{ { 0 }, "{\"type\":\"heartbeat\",\"timestamp\":9223372036854}",
	    ERR_OK },
	{ { 0 }, "{\"type\":\"heartbeat\",\"timestamp\":9223372036855}",
	    ERR_RANGE },
	{ { 0 }, "{\"type\":\"heartbeat\",\"timestamp\":\"1\"}", ERR_SYNTAX },
	{ { 0 }, "{\"type\":\"l2_updates\",\"changes\":[],\"symbol\":"
	    "\"ABCDEFGHIJKLMNOPQRSTUVW\"}", ERR_OK },
	{ { 0 }, "{\"type\":\"l2_updates\",\"changes\":[],\"symbol\":"
	    "\"ABCDEFGHIJKLMNOPQRSTUVWX\"}", ERR_LIMIT },
};

static const struct frames_priced PRICED[] = {
	{ { 0 }, L2 "[\"buy\",%s,\"1\"]]}", false, false, false },
	{ { SNAPSHOT }, L2 "[\"sell\",%s,\"1\"]]}", false, false, false },
	{ { 0 }, L2 "],\"trades\":[{\"symbol\":\"A\",\"timestamp\":1,"
	    "\"price\":%s}]}", false, false, false },
	{ { 0 }, "{\"type\":\"trade\",\"symbol\":\"A\",\"timestamp\":1,"
	    "\"price\":%s}", false, false, false },
};

static void
venue_gemini_parse__reads_each_shape(void **state)
{
	(void)state;
	frames_good_check("gemini", GOOD, ARRAY_COUNT(GOOD));
}

static void
venue_gemini_parse__names_what_is_wrong(void **state)
{
	(void)state;
	frames_bad_check("gemini", BAD, ARRAY_COUNT(BAD));
	frames_priced_check("gemini", PRICED, ARRAY_COUNT(PRICED));
}

static enum frame_kind
kind_after(const char *text)
{
	struct frame f;

	if (frames_parse(&f, venue_find("gemini"), text, strlen(text)) !=
	    ERR_OK)
		return FRAME_UNKNOWN;
	return f.kind;
}

static void
venue_gemini_parse__tells_a_gap_after_a_message_it_cannot_read(void **state)
{
	static const char *const before[FRAMES_BEFORE_MAX] = { SNAPSHOT };

	(void)state;
	frames_begin(venue_find("gemini"), before);
	assert_int_equal(kind_after(L2 "[\"buy\",\"100\",\"?\"]]}"),
	    FRAME_UNKNOWN);
	assert_int_equal(kind_after(L2 "]}"), FRAME_GAP);
	/* It may have been the snapshot of a book not heard of before. */
	assert_int_equal(kind_after("{\"type\":\"l2_updates\",\"symbol\":"
	    "\"ETHUSD\",\"changes\":[]}"), FRAME_GAP);
	assert_int_equal(kind_after("{\"type\":\"heartbeat\"}"),
	    FRAME_HEARTBEAT);
	assert_int_equal(kind_after(SNAPSHOT), FRAME_TICKS);
	assert_int_equal(kind_after(L2 "]}"), FRAME_TICKS);
}

static void
venue_gemini_parse__tells_a_gap_where_the_top_is_no_longer_known(void **state)
{
	static const char *const before[FRAMES_BEFORE_MAX] = { NULL };
	char text[256];

	(void)state;
	frames_begin(venue_find("gemini"), before);
	for (unsigned i = 0; i <= DEPTH_LEVELS_MAX; i++) {
		snprintf(text, sizeof(text), L2 "[\"sell\",\"%u\",\"1\"]]}",
		    1000 + i);
		assert_int_equal(kind_after(text), FRAME_TICKS);
	}
	for (unsigned i = 0; i < DEPTH_LEVELS_MAX; i++) {
		snprintf(text, sizeof(text), L2 "[\"sell\",\"%u\",\"0\"]]}",
		    1000 + i);
		assert_int_equal(kind_after(text), i < DEPTH_LEVELS_MAX - 1 ?
		    FRAME_TICKS : FRAME_GAP);
	}
}

static void
venue_gemini_parse__takes_as_many_books_as_symbols(void **state)
{
	static const char *const before[FRAMES_BEFORE_MAX] = { NULL };
	char text[256];
	struct frame f;

	(void)state;
	frames_begin(venue_find("gemini"), before);
	for (unsigned i = 0; i <= VENUE_SYMBOLS_MAX; i++) {
		snprintf(text, sizeof(text), "{\"type\":\"l2_updates\","
		    "\"symbol\":\"S%u\",\"changes\":[]}", i);
		assert_int_equal(frames_parse(&f, venue_find("gemini"), text,
		    strlen(text)), i < VENUE_SYMBOLS_MAX ? ERR_OK : ERR_LIMIT);
	}
}

static void
venue_gemini_subscribe__writes_what_is_documented(void **state)
{
	static const char *const symbols[] = { "BTCUSD", "ETHUSD" };
	static const char *const want[] = {
		"{\"type\":\"subscribe\",\"subscriptions\":[{\"name\":\"l2\","
		"\"symbols\":[\"BTCUSD\",\"ETHUSD\"]}]}", NULL,
	};

	(void)state;
	frames_subscribe_check("gemini", symbols, 2, want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(venue_gemini_parse__reads_each_shape),
		cmocka_unit_test(venue_gemini_parse__names_what_is_wrong),
		cmocka_unit_test(
		    venue_gemini_parse__tells_a_gap_after_a_message_it_cannot_read),
		cmocka_unit_test(
		    venue_gemini_parse__tells_a_gap_where_the_top_is_no_longer_known),
		cmocka_unit_test(
		    venue_gemini_parse__takes_as_many_books_as_symbols),
		cmocka_unit_test(
		    venue_gemini_subscribe__writes_what_is_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
