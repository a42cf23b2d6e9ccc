/* Bitstamp: trades, the top of a book of levels, what its server says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/venue_session.h"

#define BOOK(data) "{\"data\":{" data "},\"channel\":\"order_book_btcusd\"," \
    "\"event\":\"data\"}"
#define TRADE(data) "{\"data\":{" data "},\"channel\":" \
    "\"live_trades_btcusd\",\"event\":\"trade\"}"
#define US "\"microtimestamp\":\"1617654355388853\""

static const struct frames_good GOOD[] = {
	{ { 0 }, BOOK("\"timestamp\":\"1617654355\"," US ",\"bids\":[[\"58948."
	    "870\",\"0.01\"],[\"58948.86\",\"0.04\"]],\"asks\":[[\"58950\","
	    "\"1\"],[\"58951\",\"2\"]]"), FRAME_TICKS, "order_book",
	    1617654355388, { "btcusd|58948.870|58950|-|-|1617654355388|-" } },
	{ { 0 }, BOOK(US ",\"bids\":[],\"asks\":[[\"1\",\"2\"]]"),
	    FRAME_TICKS, "order_book", 1617654355388,
	    { "btcusd|-|1|-|-|1617654355388|-" } },
	/* A crossed one, as the venue says it; keys in another order. */
	{ { 0 }, "{\"event\":\"data\",\"channel\":\"order_book_ethbtc\","
	    "\"data\":{\"asks\":[[\"1\",\"2\"]],\"bids\":[[\"2\",\"1\"]],"
	    "\"microtimestamp\":\"1999\"}}", FRAME_TICKS, "order_book", 1,
	    { "ethbtc|2|1|-|-|1|-" } },
	{ { 0 }, TRADE("\"amount\":1e-08,\"amount_str\":\"1E-8\","
	    "\"buy_order_id\":1341285759094784,\"id\":158457579," US
	    ",\"price\":57748.8,\"price_str\":\"57748.80\",\"type\":0"),
	    FRAME_TICKS, "live_trades", 1617654355388,
	    { "btcusd|-|-|57748.80|0.00000001|1617654355388|158457579" } },
	{ { 0 }, TRADE(US ",\"price_str\":\"1\""), FRAME_TICKS,
	    "live_trades", 1617654355388,
	    { "btcusd|-|-|1|-|1617654355388|-" } },
	{ { 0 }, "{\"event\":\"data\",\"channel\":\"diff_order_book_btcusd\","
	    "\"data\":{" US ",\"bids\":[],\"asks\":[]}}", FRAME_IGNORED,
	    "diff_order_book", 0, { 0 } },
	{ { 0 }, "{\"event\":\"order_created\",\"channel\":"
	    "\"live_orders_btcusd\",\"data\":{\"price\":1}}", FRAME_IGNORED,
	    "live_orders", 0, { 0 } },
	{ { 0 }, "{\"event\":\"data\",\"channel\":"
	    "\"detail_order_book_btcusd\",\"data\":{}}", FRAME_IGNORED,
	    "detail_order_book", 0, { 0 } },
	{ { 0 }, "{\"event\":\"bts:subscription_succeeded\",\"channel\":"
	    "\"order_book_btcusd\",\"data\":{}}", FRAME_ACK,
	    "bts:subscription_succeeded", 0, { 0 } },
	{ { 0 }, "{\"event\":\"bts:heartbeat\",\"channel\":\"\",\"data\":{"
	    "\"status\":\"success\"}}", FRAME_ACK, "bts:heartbeat", 0, { 0 } },
	{ { 0 }, "{\"event\":\"bts:error\",\"channel\":\"\",\"data\":{"
	    "\"code\":null,\"message\":\"Incorrect JSON format.\"}}",
	    FRAME_REFUSED, "bts:error", 0, { 0 } },
	{ { 0 }, "{\"event\":\"bts:request_reconnect\",\"channel\":\"\","
	    "\"data\":\"\"}", FRAME_LEAVING, "bts:request_reconnect", 0, { 0 } },
	{ { 0 }, "{\"event\":\"bts:news\"}", FRAME_UNKNOWN, "bts:news", 0,
	    { 0 } },
	{ { 0 }, "{\"event\":\"data\",\"channel\":\"weather_x\"}",
	    FRAME_UNKNOWN, "data", 0, { 0 } },
	/* A channel without a symbol; an event it does not have. */
	{ { 0 }, "{\"event\":\"trade\",\"channel\":\"live_trades_\"}",
	    FRAME_UNKNOWN, "trade", 0, { 0 } },
	{ { 0 }, "{\"event\":\"data\",\"channel\":\"live_trades_a\"}",
	    FRAME_UNKNOWN, "live_trades", 0, { 0 } },
	{ { 0 }, "{\"event\":\"trade\",\"channel\":\"order_book_a\"}",
	    FRAME_UNKNOWN, "order_book", 0, { 0 } },
	{ { 0 }, "{\"event\":\"data\"}", FRAME_UNKNOWN, "data", 0, { 0 } },
	{ { 0 }, "{\"channel\":\"order_book_a\"}", FRAME_UNKNOWN, "unnamed",
	    0, { 0 } },
	{ { 0 }, "[]", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};

#define SIDES "\"bids\":[],\"asks\":[]"

static const struct frames_bad BAD[] = {
	{ { 0 }, "", ERR_SYNTAX },
	{ { 0 }, "{\"event\":1}", ERR_SYNTAX },
	{ { 0 }, "{\"event\":\"data\",\"event\":\"data\"}", ERR_DUPLICATE },
	{ { 0 }, "{\"event\":\"bts:error\",\"data\":{},\"data\":{}}",
	    ERR_DUPLICATE },
	{ { 0 }, "{\"event\":\"data\",\"channel\":\"order_book_a\"}",
	    ERR_MISSING },
	{ { 0 }, "{\"event\":\"data\",\"channel\":\"order_book_a b\","
	    "\"data\":{" US "," SIDES "}}", ERR_SYNTAX },
	{ { 0 }, "{\"event\":\"data\",\"channel\":"
	    "\"order_book_abcdefghijklmnopqrstuvw\",\"data\":{" US "," SIDES
	    "}}", ERR_OK },
	{ { 0 }, "{\"event\":\"data\",\"channel\":"
	    "\"order_book_abcdefghijklmnopqrstuvwx\",\"data\":{" US "," SIDES
	    "}}", ERR_LIMIT },
	{ { 0 }, "{\"event\":\"data\",\"channel\":\"order_book_a\",\"data\":"
	    "[]}", ERR_MISSING },
	{ { 0 }, BOOK(US "," SIDES), ERR_OK },
	{ { 0 }, BOOK(SIDES), ERR_MISSING },
	{ { 0 }, BOOK(US ",\"bids\":[]"), ERR_MISSING },
	{ { 0 }, BOOK(US ",\"asks\":[]"), ERR_MISSING },
	{ { 0 }, BOOK(US ",\"asks\":[]," SIDES), ERR_DUPLICATE },
	{ { 0 }, BOOK(US "," US "," SIDES), ERR_DUPLICATE },
	{ { 0 }, BOOK(US ",\"bids\":[[],[\"1\",\"1\"]],\"asks\":[]"),
	    ERR_MISSING },
	{ { 0 }, BOOK(US ",\"bids\":[\"1\"],\"asks\":[]"), ERR_SYNTAX },
	{ { 0 }, BOOK("\"microtimestamp\":1," SIDES), ERR_SYNTAX },
	{ { 0 }, BOOK("\"microtimestamp\":\"\"," SIDES), ERR_SYNTAX },
	{ { 0 }, BOOK("\"microtimestamp\":\"-1\"," SIDES), ERR_SYNTAX },
	{ { 0 }, BOOK("\"microtimestamp\":\"1.5\"," SIDES), ERR_SYNTAX },
	{ { 0 }, BOOK("\"microtimestamp\":\"9223372036854999\"," SIDES),
	    ERR_OK },
	{ { 0 }, BOOK("\"microtimestamp\":\"9223372036855000\"," SIDES),
	    ERR_RANGE },
	{ { 0 }, TRADE(US), ERR_MISSING },
	{ { 0 }, TRADE("\"price_str\":\"1\""), ERR_MISSING },
	{ { 0 }, TRADE(US ",\"price\":1"), ERR_MISSING },
	{ { 0 }, TRADE(US ",\"price_str\":\"1\",\"price_str\":\"1\""),
	    ERR_DUPLICATE },
	{ { 0 }, TRADE(US ",\"price_str\":\"1\",\"amount_str\":\"x\""),
	    ERR_SYNTAX },
	{ { 0 }, TRADE(US ",\"price_str\":\"1\",\"id\":\"1\""), ERR_SYNTAX },
};

static const struct frames_priced PRICED[] = {
	{ { 0 }, TRADE(US ",\"price_str\":%s"), false, false, false },
	{ { 0 }, BOOK(US ",\"bids\":[[%s,\"1\"]],\"asks\":[]"), false, false, false },
	{ { 0 }, BOOK(US ",\"bids\":[],\"asks\":[[%s,\"1\"]]"), false, false, false },
};

static void
venue_bitstamp_parse__reads_each_shape(void **state)
{
	(void)state;
	frames_good_check("bitstamp", GOOD, ARRAY_COUNT(GOOD));
}

static void
venue_bitstamp_parse__names_what_is_wrong(void **state)
{
	(void)state;
	frames_bad_check("bitstamp", BAD, ARRAY_COUNT(BAD));
	frames_priced_check("bitstamp", PRICED, ARRAY_COUNT(PRICED));
}

static void
venue_bitstamp_subscribe__asks_for_one_channel_a_message(void **state)
{
	static const char *const symbols[] = { "btcusd", "ethusd" };
	static const char *const want[] = {
		"{\"event\":\"bts:subscribe\",\"data\":{\"channel\":"
		"\"order_book_btcusd\"}}",
		"{\"event\":\"bts:subscribe\",\"data\":{\"channel\":"
		"\"order_book_ethusd\"}}",
		"{\"event\":\"bts:subscribe\",\"data\":{\"channel\":"
		"\"live_trades_btcusd\"}}",
		"{\"event\":\"bts:subscribe\",\"data\":{\"channel\":"
		"\"live_trades_ethusd\"}}", NULL,
	};

	(void)state;
	frames_subscribe_check("bitstamp", symbols, 2, want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(venue_bitstamp_parse__reads_each_shape),
		cmocka_unit_test(venue_bitstamp_parse__names_what_is_wrong),
		cmocka_unit_test(
		    venue_bitstamp_subscribe__asks_for_one_channel_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
