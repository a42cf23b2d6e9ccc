/* Coinbase Exchange: tickers, matches, and a heartbeat that renews nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/venue_session.h"

#define OF(type, fields) "{\"type\":\"" type "\",\"product_id\":" \
    "\"SKL-BTC\"," fields "}"
#define TIME "\"time\":\"2021-04-17T16:43:37.089723Z\""
#define BOOK "\"best_bid\":\"0.00001303\",\"best_ask\":\"0.00001305\""

static const struct frames_good GOOD[] = {
	{ { 0 }, "{\"type\":\"ticker\",\"sequence\":177100030,\"product_id\":"
	    "\"SKL-BTC\",\"price\":\"0.00001305\",\"open_24h\":\"0.00001144\","
	    BOOK ",\"side\":\"buy\"," TIME ",\"trade_id\":280232,"
	    "\"last_size\":\"985\"}", FRAME_TICKS, "ticker", 1618677817089,
	    { "SKL-BTC|0.00001303|0.00001305|0.00001305|-|1618677817089|"
	    "177100030" } },
	/* Keys before the name are read when that is known. */
	{ { 0 }, "{" TIME "," BOOK ",\"product_id\":\"A\",\"type\":"
	    "\"ticker\"}", FRAME_TICKS, "ticker", 1618677817089,
	    { "A|0.00001303|0.00001305|-|-|1618677817089|-" } },
	{ { 0 }, OF("match", "\"trade_id\":280232,\"side\":\"sell\",\"size\":"
	    "\"985\",\"price\":\"0.00001305\",\"sequence\":7," TIME),
	    FRAME_TICKS, "match", 1618677817089,
	    { "SKL-BTC|-|-|0.00001305|985|1618677817089|7" } },
	{ { 0 }, OF("last_match", "\"price\":\"2\"," TIME), FRAME_TICKS,
	    "last_match", 1618677817089,
	    { "SKL-BTC|-|-|2|-|1618677817089|-" } },
	/* It says that the connection lives, of a book nothing. */
	{ { 0 }, OF("heartbeat", "\"last_trade_id\":20,\"sequence\":90," TIME),
	    FRAME_HEARTBEAT, "heartbeat", 0, { 0 } },
	{ { 0 }, "{\"type\":\"subscriptions\",\"channels\":[]}", FRAME_ACK,
	    "subscriptions", 0, { 0 } },
	{ { 0 }, "{\"type\":\"error\",\"message\":\"Failed to subscribe\","
	    "\"reason\":\"X is not a valid product\"}", FRAME_REFUSED,
	    "error", 0, { 0 } },
	{ { 0 }, OF("l2update", "\"changes\":[[\"sell\",\"1\",\"2\"]]," TIME),
	    FRAME_IGNORED, "l2update", 0, { 0 } },
	{ { 0 }, OF("snapshot", "\"asks\":[],\"bids\":[]"), FRAME_IGNORED,
	    "snapshot", 0, { 0 } },
	{ { 0 }, OF("weather", TIME), FRAME_UNKNOWN, "weather", 0, { 0 } },
	{ { 0 }, "{}", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
	{ { 0 }, "[]", FRAME_UNKNOWN, "unnamed", 0, { 0 } },
};

static const struct frames_bad BAD[] = {
	{ { 0 }, "", ERR_SYNTAX },
	{ { 0 }, "{\"type\":1}", ERR_SYNTAX },
	{ { 0 }, "{\"type\":\"match\",\"type\":\"match\"}", ERR_DUPLICATE },
	{ { 0 }, OF("ticker", BOOK), ERR_MISSING },
	{ { 0 }, OF("ticker", "\"best_bid\":\"1\"," TIME), ERR_MISSING },
	{ { 0 }, "{\"type\":\"ticker\"," BOOK "," TIME "}", ERR_MISSING },
	{ { 0 }, OF("ticker", BOOK "," BOOK "," TIME), ERR_DUPLICATE },
	{ { 0 }, OF("ticker", BOOK ",\"time\":1618677817089"), ERR_SYNTAX },
	{ { 0 }, OF("ticker", BOOK ",\"sequence\":1.5," TIME), ERR_SYNTAX },
	{ { 0 }, OF("match", "\"price\":\"1\""), ERR_MISSING },
	{ { 0 }, OF("match", TIME), ERR_MISSING },
	{ { 0 }, OF("match", "\"price\":\"1\",\"size\":1," TIME), ERR_SYNTAX },
};

static const struct frames_priced PRICED[] = {
	{ { 0 }, OF("ticker", "\"best_bid\":%s,\"best_ask\":\"1\"," TIME),
	    false, false, true },
	{ { 0 }, OF("ticker", "\"best_ask\":%s,\"best_bid\":\"1\"," TIME),
	    false, false, true },
	{ { 0 }, OF("ticker", "\"price\":%s," BOOK "," TIME), false, false,
	    false },
	{ { 0 }, OF("match", "\"price\":%s," TIME), false, false, false },
};

static void
venue_coinbase_exchange_parse__reads_each_shape(void **state)
{
	(void)state;
	frames_good_check("coinbase-exchange", GOOD, ARRAY_COUNT(GOOD));
}

static void
venue_coinbase_exchange_parse__names_what_is_wrong(void **state)
{
	(void)state;
	frames_bad_check("coinbase-exchange", BAD, ARRAY_COUNT(BAD));
	frames_priced_check("coinbase-exchange", PRICED, ARRAY_COUNT(PRICED));
}

static void
venue_coinbase_exchange_subscribe__asks_for_all_at_once(void **state)
{
	static const char *const symbols[] = { "BTC-USD", "ETH-USD" };
	static const char *const want[] = {
		"{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\","
		"\"ETH-USD\"],\"channels\":[\"ticker\",\"matches\","
		"\"heartbeat\"]}", NULL,
	};

	(void)state;
	frames_subscribe_check("coinbase-exchange", symbols, 2, want);
}

static void
venue_at_address__knows_what_it_was_called(void **state)
{
	const struct venue *v = venue_find("coinbase-exchange");

	(void)state;
	assert_ptr_equal(venue_at_address("wss://ws-feed.pro.coinbase.com"),
	    v);
	assert_ptr_equal(venue_at_address(v->url), v);
	assert_string_equal(v->operator_name,
	    venue_find("coinbase")->operator_name);
	assert_null(venue_at_address("wss://ws-feed.prime.coinbase.com"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    venue_coinbase_exchange_parse__reads_each_shape),
		cmocka_unit_test(
		    venue_coinbase_exchange_parse__names_what_is_wrong),
		cmocka_unit_test(
		    venue_coinbase_exchange_subscribe__asks_for_all_at_once),
		cmocka_unit_test(venue_at_address__knows_what_it_was_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
