/* Several legs on one price: closed forms, bends of tiers and profits, and
 * random books against a search through many prices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "margin/linear_book.h"
#include "tests/margin_world.h"

#define RANDOM_BOOKS 1500
#define LEGS 4u

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static struct {
	struct instrument linear, inverse;
	struct linear_leg legs[LEGS];
	struct linear_book book;
} w;

static void
load(const char *rest)
{
	memset(&w, 0, sizeof(w));
	w.linear.multiplier = w.inverse.multiplier = num("1");
	w.linear.tier_count = w.inverse.tier_count = 1;
	w.linear.tier[0] = w.inverse.tier[0] = (struct margin_tier){
	    usd18_from_raw(I128_MAX), part("0.1"), part("0.05") };
	w.inverse.is_inverse = true;
	w.book = (struct linear_book){ .rest = usd(rest),
	    .coin_weight = part("1"), .profit_weight = part("1"),
	    .legs = w.legs };
}

static struct linear_leg *
leg(const struct instrument *i, const char *size, const char *entry)
{
	struct linear_leg *l = &w.legs[w.book.leg_count++];

	*l = (struct linear_leg){ .instrument = i, .size = num(size),
	    .entry = px(entry) };
	return l;
}

static void
crossings(const char *present, const char *below, const char *above)
{
	struct linear_crossings c;

	assert_int_equal(linear_book_crossings(&c, &w.book, px(present)),
	    ERR_OK);
	assert_int_equal(c.has_below, below != NULL);
	assert_int_equal(c.has_above, above != NULL);
	if (below != NULL)
		assert_string_equal(px_text(c.below), below);
	if (above != NULL)
		assert_string_equal(px_text(c.above), above);
}

static void
linear_book_crossings__of_one_leg_is_the_closed_form(void **state)
{
	(void)state;
	load("1000");
	leg(&w.linear, "2", "2000");
	crossings("2000", "1578.947368421052631579", NULL);
	load("1000");
	leg(&w.linear, "-2", "2000");
	crossings("2000", NULL, "2380.95238095238095238");
	/* Half a coin, long 10,000 USD from 8000. */
	load("0");
	w.book.coins = num("0.5");
	leg(&w.inverse, "10000", "8000");
	crossings("8000", "6000", NULL);
	/* A short whose coin covers it has none. */
	load("0");
	w.book.coins = num("1.25");
	leg(&w.inverse, "-10000", "8000");
	w.inverse.tier[0].maintenance = part("0");
	crossings("8000", NULL, NULL);
	/* Nothing at all. */
	load("5");
	crossings("8000", NULL, NULL);
}

static void
linear_book_crossings__bends_at_tiers(void **state)
{
	(void)state;
	/* 2 coins: 5 % up to 10,000 USD, 50 % above: p = 5000. */
	load("1000");
	w.linear.tier_count = 2;
	w.linear.tier[0].up_to = usd("10000");
	w.linear.tier[1] = (struct margin_tier){ usd18_from_raw(I128_MAX),
	    part("0.6"), part("0.5") };
	leg(&w.linear, "-2", "4800");
	/* 1000 + 9600 - 2p - (500 + 0.5 (2p - 10,000)) = 0 at p = 5033.3 */
	crossings("4800", NULL, "5033.333333333333333333");
	/* Below the bend only the first rate: 2.1 p = 10,500. */
	w.book.rest = usd("900");
	crossings("4800", NULL, "5000");
	w.book.rest = usd("690");
	crossings("4800", NULL, "4900");
}

static void
linear_book_crossings__bends_where_a_profit_begins(void **state)
{
	(void)state;
	/* Long and short cancel in the loss, not in the weighted profit:
	 * under water on both sides of 2000. */
	load("300");
	w.linear.tier[0].maintenance = part("0");
	w.book.profit_weight = part("0.5");
	leg(&w.linear, "2", "2000");
	leg(&w.linear, "-2", "2000");
	crossings("2000", "1700", "2300");
	/* Owed funding moves the bend of the long leg to 2010. */
	w.legs[0].funding = usd("20");
	crossings("2000", "1720", "2290");
	/* From below 1720 the excess returns there. */
	crossings("1000", NULL, "1719.999999999999999999");
}

static void
linear_book_crossings__answer_by_the_sign_at_present(void **state)
{
	struct linear_crossings c = { .has_below = true };
	static struct linear_leg many[LINEAR_BOOK_LEGS_MAX + 1];

	(void)state;
	load("1000");
	leg(&w.linear, "2", "2000");
	/* Under water: the price lies above, and is the last bad one. */
	crossings("1000", NULL, "1578.947368421052631578");
	/* Orders count on their worse side. */
	w.legs[0].bids = num("2");
	crossings("2000", "1666.666666666666666667", NULL);
	w.book.legs = many;
	w.book.leg_count = ARRAY_COUNT(many);
	assert_int_equal(linear_book_crossings(&c, &w.book, px("1")),
	    ERR_LIMIT);
	load("1");
	leg(&w.inverse, "1", "0");
	assert_int_equal(linear_book_crossings(&c, &w.book, px("1")),
	    ERR_RANGE);
	assert_true(c.has_below);
}

static bool
is_short_at(u128 p)
{
	struct usd18 v;

	assert_int_equal(linear_book_excess(&v, &w.book, px18_from_raw(p)),
	    ERR_OK);
	return usd18_is_negative(v);
}

static void
random_book(uint64_t *seed)
{
	size_t count = (size_t)random_below(seed, LEGS) + 1;

	load("0");
	w.book.rest = usd18_from_raw(((i128)random_below(seed, 40000) -
	    10000) * (i128)WAD_ONE_RAW);
	w.book.coins = num18_from_raw(((i128)random_below(seed, 20) - 5) *
	    (i128)WAD_ONE_RAW);
	w.book.profit_weight = random_one_in(seed, 2) ? part("1") :
	    part("0.4");
	w.linear.tier_count = 3;
	w.linear.tier[0].up_to = usd("5000");
	w.linear.tier[1] = (struct margin_tier){ usd("30000"), part("0.3"),
	    part("0.2") };
	w.linear.tier[2] = (struct margin_tier){ usd18_from_raw(I128_MAX),
	    part("0.6"), part("0.5") };
	for (size_t i = 0; i < count; i++) {
		bool is_inverse = random_one_in(seed, 3);
		i128 size = (i128)random_below(seed, 41) - 20;

		w.legs[i] = (struct linear_leg){
			.instrument = is_inverse ? &w.inverse : &w.linear,
			.size = num18_from_raw(size * (i128)WAD_ONE_RAW *
			    (is_inverse ? 1000 : 1)),
			.entry = px18_from_raw((500 + random_below(seed,
			    2000)) * WAD_ONE_RAW),
			.funding = usd18_from_raw(((i128)random_below(seed,
			    100) - 50) * (i128)WAD_ONE_RAW /
			    (is_inverse ? 1000 : 1)),
		};
	}
	w.book.leg_count = count;
}

static void
linear_book_crossings__are_the_nearest_changes_of_sign(void **state)
{
	const u128 present = 1500 * WAD_ONE_RAW, step = WAD_ONE_RAW * 7 / 2;
	uint64_t seed = 8;
	unsigned found = 0;

	(void)state;
	for (unsigned i = 0; i < RANDOM_BOOKS; i++) {
		struct linear_crossings c;
		u128 below, above, p;
		bool now;

		random_book(&seed);
		now = is_short_at(present);
		assert_int_equal(linear_book_crossings(&c, &w.book,
		    px18_from_raw(present)), ERR_OK);
		below = c.has_below ? px18_to_raw(c.below) : 0;
		above = c.has_above ? px18_to_raw(c.above) : 6 * present;
		if (c.has_below)
			assert_true(is_short_at(below) == now &&
			    is_short_at(below - 1) != now);
		if (c.has_above)
			assert_true(is_short_at(above) == now &&
			    is_short_at(above + 1) != now);
		for (p = below; p <= above && p < 6 * present; p += step)
			assert_true(is_short_at(p) == now);
		found += c.has_below + c.has_above;
	}
	assert_true(found > RANDOM_BOOKS / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    linear_book_crossings__of_one_leg_is_the_closed_form),
		cmocka_unit_test(linear_book_crossings__bends_at_tiers),
		cmocka_unit_test(
		    linear_book_crossings__bends_where_a_profit_begins),
		cmocka_unit_test(
		    linear_book_crossings__answer_by_the_sign_at_present),
		cmocka_unit_test(
		    linear_book_crossings__are_the_nearest_changes_of_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
