/* Naked options and ladders: tables and both sides of each limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/venue_option.h"
#include "tests/margin_world.h"

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static const char *
num_text(struct num18 v)
{
	return usd_text(usd18_from_raw(num18_to_raw(v)));
}

static void
venue_naked__takes_the_shocked_intrinsic_value_too(void **state)
{
	static const struct {
		bool is_put;
		const char *strike, *spot, *margin;
	} rows[] = {
		{ true, "100", "150", "16.78" },
		/* Shocked spot 75: 0.1678 * 75 + 25. */
		{ true, "100", "100", "37.585" },
		/* Just where the shocked spot passes the strike. */
		{ true, "75", "100", "12.585" },
		{ true, "76", "100", "13.585" },
		{ false, "2500", "1800", "0.1678" },
		{ false, "2400", "1800", "0.1678" },
		/* 0.75 * 2000 / 1800 of the coin, and what it is short of. */
		{ false, "2000", "1800", "0.306500000000000001" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct naked_terms t = { rows[i].is_put, num("1"),
		    px(rows[i].strike), px(rows[i].spot), num("0.75"),
		    num("0.1678") };
		struct num18 coin = num("7");
		struct usd18 v = usd("7");

		assert_int_equal(venue_naked_put(&v, &t),
		    t.is_put ? ERR_OK : ERR_UNIT);
		assert_int_equal(venue_naked_call(&coin, &t),
		    t.is_put ? ERR_UNIT : ERR_OK);
		assert_string_equal(num_text(coin),
		    t.is_put ? "7" : rows[i].margin);
		assert_string_equal(usd_text(v),
		    t.is_put ? rows[i].margin : "7");
	}
}

static void
venue_naked__fails_out_of_range(void **state)
{
	struct naked_terms t = { false, num("1"), px("1"), px("0"),
	    num("0.75"), num("0.1") };
	struct num18 coin = num("7");

	(void)state;
	assert_int_equal(venue_naked_call(&coin, &t), ERR_RANGE);
	t.spot = px("1");
	t.amount = num("-1");
	assert_int_equal(venue_naked_call(&coin, &t), ERR_RANGE);
	t.amount = num("1");
	t.upper_bound = num("-0.1");
	assert_int_equal(venue_naked_call(&coin, &t), ERR_RANGE);
	t.upper_bound = num("0.1");
	t.spot_shock = num("-0.1");
	assert_int_equal(venue_naked_call(&coin, &t), ERR_RANGE);
	assert_string_equal(num_text(coin), "7");
}

static void
venue_naked_bucket__takes_the_first_that_is_long_enough(void **state)
{
	const struct naked_bucket rows[] = {
		{ 604800, num("0.1678") }, { 1209600, num("0.237") },
	};
	struct num18 v;

	(void)state;
	assert_int_equal(venue_naked_bucket(&v, rows, 2, 0), ERR_OK);
	assert_string_equal(num_text(v), "0.1678");
	assert_int_equal(venue_naked_bucket(&v, rows, 2, 604800), ERR_OK);
	assert_string_equal(num_text(v), "0.1678");
	assert_int_equal(venue_naked_bucket(&v, rows, 2, 604801), ERR_OK);
	assert_string_equal(num_text(v), "0.237");
	assert_int_equal(venue_naked_bucket(&v, rows, 2, 1209601),
	    ERR_UNKNOWN);
	assert_string_equal(num_text(v), "0.237");
}

static void
venue_ladder__is_quantity_times_shock(void **state)
{
	const struct num18 shocks[] = { num("-0.15"), num("0"), num("0.15") };
	struct usd18 got[3], worst;

	(void)state;
	assert_int_equal(venue_ladder_profits(got, &worst, shocks, 3,
	    num("-10"), px("2253.2")), ERR_OK);
	assert_string_equal(usd_text(got[0]), "3379.8");
	assert_string_equal(usd_text(got[1]), "0");
	assert_string_equal(usd_text(got[2]), "-3379.8");
	assert_string_equal(usd_text(worst), "-3379.8");
	assert_int_equal(venue_ladder_profits(got, &worst, shocks, 2,
	    num("-10"), px("2253.2")), ERR_OK);
	assert_string_equal(usd_text(worst), "0");
	assert_int_equal(venue_ladder_contingency(&worst, num("-10"),
	    px("2243.3"), part("0.006")), ERR_OK);
	assert_string_equal(usd_text(worst), "134.598");
	assert_int_equal(venue_ladder_profits(got, &worst, shocks, 3,
	    num18_from_raw(I128_MAX), px18_from_raw(U128_MAX)), ERR_RANGE);
	assert_string_equal(usd_text(worst), "134.598");
}

static void
venue_forward_of_rate__compounds_continuously(void **state)
{
	struct px18 f;

	(void)state;
	assert_int_equal(venue_forward_of_rate(&f, px("2000"), num("0"),
	    num("1")), ERR_OK);
	assert_string_equal(px_text(f), "2000");
	assert_int_equal(venue_forward_of_rate(&f, px("1"), num("1"),
	    num("1")), ERR_OK);
	/* q64_exp promises 4e-18 here. */
	assert_true(px18_compare(f, px("2.718281828459045231")) >= 0);
	assert_true(px18_compare(f, px("2.718281828459045239")) <= 0);
	assert_int_equal(venue_forward_of_rate(&f, px("1"), num("-1"),
	    num("1")), ERR_OK);
	assert_true(px18_compare(f, px("0.367879441171442320")) >= 0);
	assert_true(px18_compare(f, px("0.367879441171442324")) <= 0);
	f = px("7");
	assert_int_equal(venue_forward_of_rate(&f, px("1"), num("1000"),
	    num("1")), ERR_RANGE);
	assert_string_equal(px_text(f), "7");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    venue_naked__takes_the_shocked_intrinsic_value_too),
		cmocka_unit_test(venue_naked__fails_out_of_range),
		cmocka_unit_test(
		    venue_naked_bucket__takes_the_first_that_is_long_enough),
		cmocka_unit_test(venue_ladder__is_quantity_times_shock),
		cmocka_unit_test(venue_forward_of_rate__compounds_continuously),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
