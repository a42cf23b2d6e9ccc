/* The top of a book told by its changes: against a plain table of prices, and
 * at the limit of levels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "feeds/depth.h"

static struct depth books[VENUE_SYMBOLS_MAX];

static struct dec18
price_of(uint32_t cents)
{
	return (struct dec18){ .value = (u128)cents * 10000000000000000u,
	    .digits = 2 };
}

static struct depth *
book_begin(void)
{
	struct depth *d;

	memset(books, 0, sizeof(books));
	d = depth_of(books, "BTCUSD");
	assert_non_null(d);
	depth_begin(d);
	return d;
}

/* count levels on both sides of 100,000 cents, the best first. */
static void
book_fill(struct depth *d, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		depth_set(d, DEPTH_BID, price_of(99999 - i), true);
		depth_set(d, DEPTH_ASK, price_of(100001 + i), true);
	}
}

static void
top_assert(const struct depth *d, uint32_t bid_cents, uint32_t ask_cents)
{
	struct dec18 bid, ask;

	assert_true(depth_top(d, &bid, &ask));
	assert_true(bid.value == price_of(bid_cents).value);
	assert_true(ask.value == price_of(ask_cents).value);
}

static void
depth_of__takes_one_book_a_symbol_until_none_is_left(void **state)
{
	char symbol[VENUE_SYMBOL_MAX];

	(void)state;
	memset(books, 0, sizeof(books));
	for (int turn = 0; turn < 2; turn++)
		for (unsigned i = 0; i < VENUE_SYMBOLS_MAX; i++) {
			snprintf(symbol, sizeof(symbol), "S%022u", i);
			assert_ptr_equal(depth_of(books, symbol), &books[i]);
			assert_string_equal(books[i].symbol, symbol);
			assert_false(books[i].is_known || books[i].was_begun);
		}
	assert_null(depth_of(books, "ONE-MORE"));
}

static void
depth_top__says_nothing_of_a_void_or_one_sided_book(void **state)
{
	struct depth *d = book_begin();
	struct dec18 bid, ask;
	struct tick t = { .has_bid = true, .has_ask = true };

	(void)state;
	assert_true(d->was_begun);
	assert_false(depth_top(d, &bid, &ask));
	depth_quote(d, &t);
	assert_false(t.has_bid || t.has_ask);
	depth_set(d, DEPTH_BID, price_of(100), true);
	assert_false(depth_top(d, &bid, &ask));
	depth_quote(d, &t);
	assert_true(t.has_bid && !t.has_ask);
	assert_true(t.bid.value == price_of(100).value);
	depth_set(d, DEPTH_ASK, price_of(90), true);	/* crossed */
	top_assert(d, 100, 90);
	depth_set(d, DEPTH_BID, price_of(100), false);
	depth_quote(d, &t);
	assert_true(!t.has_bid && t.has_ask);
	assert_true(t.ask.value == price_of(90).value);
	/* Nothing was forgotten: an empty side is no void book. */
	assert_true(d->is_known);
	depth_void(d);
	depth_quote(d, &t);
	assert_false(t.has_bid || t.has_ask);
	/* What comes after a gap is not believed either. */
	depth_set(d, DEPTH_BID, price_of(80), true);
	assert_false(depth_top(d, &bid, &ask));
	assert_true(d->was_begun);
	depth_begin(d);
	depth_quote(d, &t);
	assert_false(t.has_bid || t.has_ask);
	book_fill(d, 1);
	top_assert(d, 99999, 100001);
	depth_void_all(books);
	assert_false(depth_top(d, &bid, &ask));
	/* Nor is what comes first for a symbol that was not heard of. */
	assert_true(depth_of(books, "ETHUSD")->was_begun);
}

static void
depth_set__keeps_the_digits_written_last(void **state)
{
	struct depth *d = book_begin();
	struct dec18 price = price_of(100);
	struct tick t = { 0 };

	(void)state;
	depth_set(d, DEPTH_BID, price, true);
	price.digits = 3;
	depth_set(d, DEPTH_BID, price, true);
	depth_quote(d, &t);
	assert_int_equal(t.bid.digits, 3);
	assert_int_equal(d->count[DEPTH_BID], 1);
}

/* One level more than fits is forgotten, and with it the depth below. */
static void
depth_set__voids_the_book_only_where_levels_were_forgotten(void **state)
{
	(void)state;
	for (uint32_t more = 0; more < 2; more++) {
		struct depth *d = book_begin();
		uint32_t last = DEPTH_LEVELS_MAX - 1;

		book_fill(d, DEPTH_LEVELS_MAX + more);
		assert_int_equal(d->count[DEPTH_BID], DEPTH_LEVELS_MAX);
		assert_int_equal(d->was_cut[DEPTH_BID], more);
		assert_int_equal(d->was_cut[DEPTH_ASK], more);
		for (uint32_t i = 0; i < last; i++)
			depth_set(d, DEPTH_BID, price_of(99999 - i), false);
		top_assert(d, 99999 - last, 100001);
		depth_set(d, DEPTH_BID, price_of(99999 - last), false);
		assert_int_equal(d->is_known, more == 0);
	}
}

static void
depth_set__forgets_the_deepest_for_a_better_one(void **state)
{
	struct depth *d = book_begin();

	(void)state;
	book_fill(d, DEPTH_LEVELS_MAX);
	depth_set(d, DEPTH_ASK, price_of(100000), true);
	top_assert(d, 99999, 100000);
	assert_true(d->was_cut[DEPTH_ASK] && !d->was_cut[DEPTH_BID]);
	assert_int_equal(d->count[DEPTH_ASK], DEPTH_LEVELS_MAX);
	/* A place is free, but what is deeper than the last known may lie
	 * behind the one that was forgotten. */
	depth_set(d, DEPTH_ASK, price_of(100001), false);
	depth_set(d, DEPTH_ASK, price_of(200000), true);
	assert_int_equal(d->count[DEPTH_ASK], DEPTH_LEVELS_MAX - 1);
	/* Taking away what was forgotten changes nothing. */
	depth_set(d, DEPTH_ASK, price_of(100000 + DEPTH_LEVELS_MAX), false);
	assert_int_equal(d->count[DEPTH_ASK], DEPTH_LEVELS_MAX - 1);
	depth_set(d, DEPTH_ASK, price_of(100001), true);
	assert_int_equal(d->count[DEPTH_ASK], DEPTH_LEVELS_MAX);
	assert_true(d->is_known);
}

/* --- against a table of every price -------------------------------------- */

#define PRICES 1500u

struct plain {
	bool has[2][PRICES + 1];	/* by cents; 0 is unused */
	bool was_cut[2];
};

static uint64_t seed = 88172645463325252u;

static uint32_t
draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % below;
}

/* The known levels are the first of the true ones, none left out. */
static void
side_assert(const struct depth *d, const struct plain *p, enum depth_side side)
{
	uint32_t seen = 0;

	for (uint32_t i = 1; i <= PRICES; i++) {
		uint32_t cents = side == DEPTH_BID ? PRICES + 1 - i : i;

		if (!p->has[side][cents])
			continue;
		if (seen == d->count[side]) {
			assert_true(d->was_cut[side]);
			return;
		}
		assert_true(d->price[side][seen].value ==
		    price_of(cents).value);
		seen++;
	}
	assert_int_equal(seen, d->count[side]);
}

static void
book_assert(const struct depth *d, struct plain *p)
{
	for (enum depth_side side = DEPTH_BID; side <= DEPTH_ASK; side++) {
		uint32_t count = 0;

		for (uint32_t i = 1; i <= PRICES; i++)
			count += p->has[side][i];
		p->was_cut[side] |= count > DEPTH_LEVELS_MAX;
		assert_int_equal(d->was_cut[side], p->was_cut[side]);
		side_assert(d, p, side);
	}
}

static void
depth_set__equals_a_table_of_every_price(void **state)
{
	static struct plain p;
	struct depth *d = book_begin();
	unsigned voids = 0, cuts = 0;

	(void)state;
	memset(&p, 0, sizeof(p));
	for (unsigned i = 0; i < 60000; i++) {
		enum depth_side side = draw(2) ? DEPTH_BID : DEPTH_ASK;
		uint32_t cents = 1 + draw(PRICES);
		/* Tides: books that fill, that empty from the top. */
		bool has_size = draw(100) < (i / 4000 % 2 ? 3u : 75u);

		if (!has_size && draw(2) && d->count[side] > 0)
			cents = (uint32_t)(d->price[side][draw(4) %
			    d->count[side]].value / price_of(1).value);
		depth_set(d, side, price_of(cents), has_size);
		p.has[side][cents] = has_size;
		if (i % 8000 > 4 && d->is_known) {
			book_assert(d, &p);
			continue;
		}
		/* Void where nothing is known of what was forgotten. */
		if (!d->is_known) {
			assert_true(p.was_cut[side]);
			assert_int_equal(d->count[side], 0);
			voids++;
		}
		cuts += p.was_cut[0];
		depth_begin(d);
		memset(&p, 0, sizeof(p));
	}
	assert_true(voids > 0 && cuts > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    depth_of__takes_one_book_a_symbol_until_none_is_left),
		cmocka_unit_test(
		    depth_top__says_nothing_of_a_void_or_one_sided_book),
		cmocka_unit_test(depth_set__keeps_the_digits_written_last),
		cmocka_unit_test(
		    depth_set__voids_the_book_only_where_levels_were_forgotten),
		cmocka_unit_test(
		    depth_set__forgets_the_deepest_for_a_better_one),
		cmocka_unit_test(depth_set__equals_a_table_of_every_price),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
