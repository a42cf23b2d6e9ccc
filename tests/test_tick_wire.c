/* From a parsed tick to the engine's input: what is pinned, what is whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
	config_sort_markets(&config);
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

/* wires_of: how many inputs t is on a venue; 0 with the error that it is. */
static size_t
wires_of(struct wire_tick w[TICK_WIRES_MAX], enum err *e, size_t venue,
    const struct tick *t)
{
	size_t count = 0;

	*e = tick_wire_from(w, &count, &config, venue, t, 9);
	assert_true(*e == ERR_OK ? count >= 1 && count <= TICK_WIRES_MAX :
	    count == 0);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(w[i].market, venue);
		assert_int_equal(w[i].recv_ms, 9);
		assert_int_equal(wire_check(&w[i], sizeof(w[i])), ERR_OK);
	}
	return count;
}

static bool
is_void(const struct wire_tick *w)
{
	return !w->has_book && !w->has_last && w->exchange_ms == 0;
}

static void
tick_wire_from__takes_whole_books_and_trades(void **state)
{
	struct tick t = tick_of(true, true, true);
	struct wire_tick w[TICK_WIRES_MAX];
	enum err e;

	(void)state;
	assert_int_equal(wires_of(w, &e, KRAKEN, &t), 1);
	assert_true(w->has_book && w->has_last && w->exchange_ms == 7 &&
	    wire_to_u128(w->bid) == 1 && wire_to_u128(w->ask) == 2 &&
	    wire_to_u128(w->last) == 3);
	t = tick_of(true, false, true);		/* a side beside a trade */
	assert_int_equal(wires_of(w, &e, BYBIT, &t), 1);
	assert_true(!w->has_book && w->has_last);
	t.has_time = false;
	assert_int_equal(wires_of(w, &e, BYBIT, &t), 1);
	assert_int_equal(w->exchange_ms, 0);
	t = tick_of(false, false, true);	/* a trade, and no book's */
	assert_int_equal(wires_of(w, &e, KRAKEN, &t), 1);
	assert_true(!w->has_book && w->has_last);
	memcpy(t.symbol, "BTC/USD", 8);
	assert_int_equal(wires_of(w, &e, KRAKEN, &t), 0);
	assert_int_equal(e, ERR_UNKNOWN);
}

/* An empty side makes the book void, unless only changes are told. */
static void
tick_wire_from__voids_a_book_with_an_empty_side(void **state)
{
	struct wire_tick w[TICK_WIRES_MAX];
	enum err e;

	(void)state;
	for (int sides = 0; sides < 3; sides++) {
		struct tick t = tick_of(sides == 1, sides == 2, false);

		t.is_book = true;	/* of which both may be empty */
		assert_int_equal(wires_of(w, &e, KRAKEN, &t), 1);
		assert_true(is_void(w));
		assert_int_equal(wires_of(w, &e, BYBIT, &t), 0);
		assert_int_equal(e, ERR_MISSING);
		t.is_book = false;
		assert_int_equal(wires_of(w, &e, KRAKEN, &t), sides > 0);
		assert_int_equal(wires_of(w, &e, BYBIT, &t), 0);
		assert_int_equal(e, ERR_MISSING);
	}
}

/* The trade that came with it does not stand in for the book. */
static void
tick_wire_from__voids_a_book_before_its_trade(void **state)
{
	struct wire_tick w[TICK_WIRES_MAX];
	enum err e;

	(void)state;
	for (int sides = 0; sides < 3; sides++) {
		struct tick t = tick_of(sides == 1, sides == 2, true);

		t.is_book = true;
		assert_int_equal(wires_of(w, &e, KRAKEN, &t), 2);
		assert_true(is_void(&w[0]));
		assert_true(!w[1].has_book && w[1].has_last &&
		    w[1].exchange_ms == 7 && wire_to_u128(w[1].last) == 3);
		assert_int_equal(wires_of(w, &e, BYBIT, &t), 1);
		assert_true(!w->has_book && w->has_last);
	}
}

/* ---- contracts ---------------------------------------------------------- */

#define ONE ((u128)1000000000000000000u)

static struct tick
tick_of_contract(void)
{
	struct tick t = { .symbol = "ETH-PERPETUAL", .has_time = true,
		.exchange_ms = 7, .contract = { .has_mark = true,
		.mark = { 2000 * ONE, 0 }, .has_funding = true,
		.funding = -5, .has_interest = true,
		.interest = { 3 * ONE, 0 } } };

	return t;
}

static void
instrument_add(bool is_usd, enum config_interest interest)
{
	config.instrument_count = 1;
	config.instrument[0] = (struct config_instrument){ .venue = BYBIT,
		.instrument = 4, .is_usd = is_usd, .interest = interest,
		.symbol = "ETH-PERPETUAL" };
}

static void
tick_wire_mark__takes_what_is_in_usd(void **state)
{
	struct tick t = tick_of_contract();
	struct wire_mark w;

	(void)state;
	instrument_add(true, INTEREST_USD);
	assert_int_equal(tick_wire_mark(&w, &config, BYBIT, &t, 9), ERR_OK);
	assert_int_equal(wire_check(&w, sizeof(w)), ERR_OK);
	assert_true(w.instrument == 4 && w.exchange_ms == 7 &&
	    w.recv_ms == 9 && w.has_mark && w.has_funding && w.has_interest);
	assert_true(wire_to_u128(w.mark) == 2000 * ONE &&
	    (i128)wire_to_u128(w.funding) == -5 &&
	    wire_to_u128(w.interest) == 3 * ONE);
	instrument_add(true, INTEREST_BASE);
	assert_int_equal(tick_wire_mark(&w, &config, BYBIT, &t, 9), ERR_OK);
	assert_true(wire_to_u128(w.interest) == 6000 * ONE);
	instrument_add(false, INTEREST_NONE);
	t.has_time = false;
	assert_int_equal(tick_wire_mark(&w, &config, BYBIT, &t, 9), ERR_OK);
	assert_true(!w.has_mark && w.has_funding && !w.has_interest &&
	    w.exchange_ms == 0 && wire_to_u128(w.mark) == 0);
}

static void
tick_wire_mark__leaves_out_what_does_not_fit(void **state)
{
	struct tick t = tick_of_contract();
	struct wire_mark w;

	(void)state;
	instrument_add(true, INTEREST_USD);
	t.contract.interest.value = (u128)1 << 127;
	assert_int_equal(tick_wire_mark(&w, &config, BYBIT, &t, 9), ERR_OK);
	assert_false(w.has_interest);
	t.contract.interest.value--;
	assert_int_equal(tick_wire_mark(&w, &config, BYBIT, &t, 9), ERR_OK);
	assert_true(w.has_interest);
	instrument_add(true, INTEREST_BASE);	/* beyond 256 bits' quotient */
	assert_int_equal(tick_wire_mark(&w, &config, BYBIT, &t, 9), ERR_OK);
	assert_false(w.has_interest);
	t.contract.interest.value = ONE;
	t.contract.has_mark = false;
	assert_int_equal(tick_wire_mark(&w, &config, BYBIT, &t, 9), ERR_OK);
	assert_true(!w.has_interest && !w.has_mark);
}

static void
tick_wire_mark__fails_where_nothing_is_told(void **state)
{
	struct tick t = tick_of_contract();
	struct wire_mark w = { .instrument = 99 };

	(void)state;
	instrument_add(true, INTEREST_USD);
	assert_int_equal(tick_wire_mark(&w, &config, KRAKEN, &t, 9),
	    ERR_UNKNOWN);
	t.contract.mark.value = 0;
	t.contract.has_funding = t.contract.has_interest = false;
	assert_int_equal(tick_wire_mark(&w, &config, BYBIT, &t, 9),
	    ERR_MISSING);
	t.symbol[0] = 'B';
	assert_int_equal(tick_wire_mark(&w, &config, BYBIT, &t, 9),
	    ERR_UNKNOWN);
	assert_int_equal(w.instrument, 99);
}

static void
tick_wire_option__takes_whole_options(void **state)
{
	const struct config_option k = { .venue = 1, .unit = 3 };
	struct tick t = { .symbol = "ETH-27DEC26-3000-C", .has_time = true,
		.exchange_ms = 7, .contract = { .has_option = true,
		.is_call = true, .expiry_ms = 70, .strike = { 3000 * ONE, 0 },
		.has_vol = true, .vol = { ONE / 2, 1 } } };
	struct wire_option w = { 0 };

	(void)state;
	assert_int_equal(tick_wire_option(&w, &k, &t, 9), ERR_OK);
	assert_int_equal(wire_check(&w, sizeof(w)), ERR_OK);
	assert_true(w.unit == 3 && w.venue == 1 && w.is_call && w.has_vol &&
	    !w.has_forward && !w.has_price && w.expiry_ms == 70 && w.exchange_ms == 7 &&
	    w.recv_ms == 9);
	assert_true(wire_to_u128(w.strike) == 3000 * ONE &&
	    wire_to_u128(w.vol) == ONE / 2 && wire_to_u128(w.forward) == 0);
	t.contract.has_vol = false;
	assert_int_equal(tick_wire_option(&w, &k, &t, 9), ERR_MISSING);
	t.contract.has_forward = true;
	t.contract.forward.value = 2999 * ONE;
	assert_int_equal(tick_wire_option(&w, &k, &t, 9), ERR_OK);
	assert_true(!w.has_vol && wire_to_u128(w.forward) == 2999 * ONE);
	t.contract.has_forward = false;
	t.contract.has_mark = true;
	t.contract.mark.value = ONE / 16;
	assert_int_equal(tick_wire_option(&w, &k, &t, 9), ERR_OK);
	assert_true(!w.has_forward && w.has_price &&
	    wire_to_u128(w.price) == ONE / 16);
	t.contract.strike.value = 0;
	assert_int_equal(tick_wire_option(&w, &k, &t, 9), ERR_RANGE);
	t.contract.has_option = false;
	assert_int_equal(tick_wire_option(&w, &k, &t, 9), ERR_MISSING);
}

/* Against a walk over all, in a config whose order is no order of names. */
static void
config_market_find__finds_what_a_walk_finds(void **state)
{
	char name[VENUE_SYMBOL_MAX];

	(void)state;
	config.prices.market_count = 1000;
	for (unsigned i = 0; i < 1000; i++) {
		config.market[i].venue = (uint16_t)(i * 7 % 12);
		snprintf(config.market[i].symbol, VENUE_SYMBOL_MAX, "S%u",
		    i * 7919 % 1000);
	}
	config_sort_markets(&config);
	for (unsigned i = 0; i < 3000; i++) {
		size_t venue = i % 13, walk = 0;
		uint16_t found = 0;
		bool has;

		snprintf(name, sizeof(name), "S%u", i % 1100);
		while (walk < 1000 && (config.market[walk].venue != venue ||
		    strcmp(config.market[walk].symbol, name) != 0))
			walk++;
		has = config_market_find(&found, &config, venue, name);
		assert_int_equal(has, walk < 1000);
		if (has)
			assert_int_equal(found, walk);
	}
	config.prices.market_count = 0;
	assert_false(config_market_find(&(uint16_t){ 0 }, &config, 0, "S1"));
}

static void
tick_wire_from_quote__says_what_the_venue_would(void **state)
{
	u128 one = WAD_ONE_RAW;
	struct prices_quote q = { .has_book = true, .has_last = true,
		.bid = px18_from_raw(4 * one), .ask = px18_from_raw(5 * one),
		.last = px18_from_raw(9 * one), .book_ms = 100, .last_ms = 300,
		.recv_ms = 150 };
	struct prices_source s = { .time_ms = 120 };
	struct prices_market m = { .weight = 1 };
	struct wire_tick w;

	(void)state;
	/* Its book, as a heartbeat renewed it; no trade stands in for it. */
	assert_true(tick_wire_from_quote(&w, &m, &q, &s));
	assert_true(w.has_book && !w.has_last && w.exchange_ms == 120 &&
	    w.recv_ms == 150 && wire_to_u128(w.bid) == 4 * one);
	m.is_inverse = true;
	assert_true(tick_wire_from_quote(&w, &m, &q, &s));
	assert_true(wire_to_u128(w.bid) == one / 5 &&
	    wire_to_u128(w.ask) == one / 4);
	q.bid = px18_from_raw(0);
	assert_false(tick_wire_from_quote(&w, &m, &q, &s));
	q.book_ms = 0;				/* void */
	assert_false(tick_wire_from_quote(&w, &m, &q, &s));
	m.is_inverse = q.has_book = false;	/* a trade alone */
	assert_true(tick_wire_from_quote(&w, &m, &q, &s));
	assert_true(!w.has_book && w.has_last && w.exchange_ms == 300 &&
	    wire_to_u128(w.last) == 9 * one);
	q.has_last = false;
	assert_false(tick_wire_from_quote(&w, &m, &q, &s));
}

static void
tick_wire_price__is_a_book_that_a_void_takes_back(void **state)
{
	struct wire_tick w;

	(void)state;
	tick_wire_price(&w, 1, 5, 7, 9);
	assert_true(w.market == 1 && w.has_book && !w.has_last &&
	    w.exchange_ms == 7 && w.recv_ms == 9);
	assert_true(wire_to_u128(w.bid) == 5 && wire_to_u128(w.ask) == 5);
	assert_int_equal(wire_check(&w, sizeof(w)), ERR_OK);
	tick_wire_void(&w, 1, 9);
	assert_true(!w.has_book && !w.has_last);
}

static void
tick_wire_is_its_own__keeps_neighbours_to_their_venues(void **state)
{
	struct wire_heartbeat beat;
	struct wire_tick tick;
	struct wire_plain other = { .head = { .type = WIRE_RATE } };

	(void)state;
	config.venue[BYBIT].venue = venue_find("pyth");
	for (uint16_t i = 0; i < 2; i++) {
		tick_wire_void(&tick, i, 9);
		tick_wire_heartbeat(&beat, i, 8, 9);
		assert_true(tick_wire_is_its_own(&config, false, &tick) ==
		    (i == KRAKEN));
		assert_true(tick_wire_is_its_own(&config, true, &tick) ==
		    (i == BYBIT));
		assert_true(tick_wire_is_its_own(&config, false, &beat) ==
		    (i == KRAKEN));
		assert_true(tick_wire_is_its_own(&config, true, &beat) ==
		    (i == BYBIT));
	}
	/* What is in no table is the machine's to refuse. */
	tick_wire_void(&tick, 2, 9);
	tick_wire_heartbeat(&beat, 2, 8, 9);
	assert_true(tick_wire_is_its_own(&config, true, &tick));
	assert_true(tick_wire_is_its_own(&config, true, &beat));
	assert_true(tick_wire_is_its_own(&config, true, &other));
	for (other.head.type = WIRE_VAULT; other.head.type <= WIRE_BLOCK;
	    other.head.type++) {
		config.has_clearing = false;
		assert_false(tick_wire_is_its_own(&config, true, &other));
		config.has_clearing = true;
		assert_true(tick_wire_is_its_own(&config, true, &other));
		assert_false(tick_wire_is_its_own(&config, false, &other));
	}
	other.head.type = WIRE_PORTFOLIO;
	assert_true(tick_wire_is_its_own(&config, true, &other));
	config.has_clearing = false;
	assert_false(tick_wire_is_its_own(&config, true, &other));
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
		    tick_wire_from__voids_a_book_before_its_trade, setup),
		cmocka_unit_test_setup(tick_wire_mark__takes_what_is_in_usd,
		    setup),
		cmocka_unit_test_setup(
		    tick_wire_mark__leaves_out_what_does_not_fit, setup),
		cmocka_unit_test_setup(
		    tick_wire_mark__fails_where_nothing_is_told, setup),
		cmocka_unit_test_setup(tick_wire_option__takes_whole_options,
		    setup),
		cmocka_unit_test_setup(
		    config_market_find__finds_what_a_walk_finds, setup),
		cmocka_unit_test_setup(
		    tick_wire_from_quote__says_what_the_venue_would, setup),
		cmocka_unit_test_setup(
		    tick_wire_price__is_a_book_that_a_void_takes_back, setup),
		cmocka_unit_test_setup(
		    tick_wire_is_its_own__keeps_neighbours_to_their_venues,
		    setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
