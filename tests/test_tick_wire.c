/* From a parsed tick to the engine's input: what is pinned, what is whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "feeds/venue.h"
#include "oracle/tick_wire.h"

enum { KRAKEN, BYBIT };

static struct config config;

static int
setup(void **state)
{
	(void)state;
	memset(&config, 0, sizeof(config));
	config.venue_count = 2;
	config.venue[KRAKEN].venue = venue_find("kraken");
	config.venue[BYBIT].venue = venue_find("bybit");
	config.prices.market_count = 2;
	for (uint16_t i = 0; i < 2; i++) {
		config.market[i].venue = i;
		memcpy(config.market[i].symbol, "ETH/USD", 8);
	}
	return 0;
}

static struct tick
tick_of(bool has_bid, bool has_ask, bool has_last)
{
	struct tick t = { .symbol = "ETH/USD", .has_bid = has_bid,
		.has_ask = has_ask, .has_last = has_last, .has_time = true,
		.bid = { 1, 18 }, .ask = { 2, 18 }, .last = { 3, 18 },
		.exchange_ms = 7 };

	return t;
}

static void
tick_wire_from__takes_whole_books_and_trades(void **state)
{
	struct tick t = tick_of(true, true, true);
	struct wire_tick w;

	(void)state;
	assert_int_equal(tick_wire_from(&w, &config, KRAKEN, &t, 9), ERR_OK);
	assert_true(w.has_book && w.has_last && w.exchange_ms == 7 &&
	    w.recv_ms == 9 && wire_to_u128(w.bid) == 1 &&
	    wire_to_u128(w.ask) == 2 && wire_to_u128(w.last) == 3);
	t = tick_of(true, false, true);		/* a side beside a trade */
	assert_int_equal(tick_wire_from(&w, &config, BYBIT, &t, 9), ERR_OK);
	assert_true(!w.has_book && w.has_last && w.market == BYBIT);
	t.has_time = false;
	assert_int_equal(tick_wire_from(&w, &config, BYBIT, &t, 9), ERR_OK);
	assert_int_equal(w.exchange_ms, 0);
	memcpy(t.symbol, "BTC/USD", 8);
	assert_int_equal(tick_wire_from(&w, &config, KRAKEN, &t, 9),
	    ERR_UNKNOWN);
}

/* An empty side makes the book void, unless only changes are told. */
static void
tick_wire_from__voids_a_book_with_an_empty_side(void **state)
{
	struct wire_tick w;

	(void)state;
	for (int side = 0; side < 2; side++) {
		struct tick t = tick_of(side == 0, side == 1, false);

		assert_int_equal(tick_wire_from(&w, &config, KRAKEN, &t, 9),
		    ERR_OK);
		assert_true(!w.has_book && !w.has_last && w.market == KRAKEN &&
		    w.recv_ms == 9 && w.exchange_ms == 0);
		assert_int_equal(tick_wire_from(&w, &config, BYBIT, &t, 9),
		    ERR_MISSING);
	}
	for (int venue = KRAKEN; venue <= BYBIT; venue++) {
		struct tick t = tick_of(false, false, false);

		assert_int_equal(tick_wire_from(&w, &config, (size_t)venue, &t,
		    9), ERR_MISSING);
	}
}

static size_t voided;

static void
on_void(void *arg, const struct wire_tick *w)
{
	assert_ptr_equal(arg, &voided);
	assert_true(!w->has_book && !w->has_last && w->recv_ms == 9 &&
	    w->exchange_ms == 0);
	assert_int_equal(config.market[w->market].venue, BYBIT);
	voided++;
}

static void
tick_wire_void_each__takes_the_markets_of_one_venue(void **state)
{
	(void)state;
	config.prices.market_count = 3;
	config.market[2].venue = BYBIT;
	tick_wire_void_each(&config, BYBIT, 9, on_void, &voided);
	assert_int_equal(voided, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    tick_wire_from__takes_whole_books_and_trades, setup),
		cmocka_unit_test_setup(
		    tick_wire_from__voids_a_book_with_an_empty_side, setup),
		cmocka_unit_test_setup(
		    tick_wire_void_each__takes_the_markets_of_one_venue, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
