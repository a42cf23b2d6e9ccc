/* Perpetual margin of four venues: tables and both sides of each limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/venue_perp.h"
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
venue_leverage_requirement__is_continuous(void **state)
{
	static const struct {
		const char *notional, *maintenance;
	} rows[] = {
		{ "0", "0" },
		{ "1000000", "12500" },
		{ "150000000", "1875000" },
		{ "150000001", "1875000.025" },
		{ "300000000", "5625000" },
		/* A third tier at 3x: its slice divides by six, up. */
		{ "400000001", "8125000.166666666666666667" },
	};
	const struct leverage_tier tiers[] = {
		{ usd("0"), num("40") },
		{ usd("150000000"), num("20") },
		{ usd("400000000"), num("3") },
	};
	struct usd18 v;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(venue_leverage_requirement(&v, tiers, 3,
		    usd(rows[i].notional), part("0.5")), ERR_OK);
		assert_string_equal(usd_text(v), rows[i].maintenance);
	}
	assert_int_equal(venue_leverage_requirement(&v, tiers, 2,
	    usd("200000000"), part("1")), ERR_OK);
	assert_string_equal(usd_text(v), "6250000");
}

static void
venue_leverage_requirement__fails_on_a_bad_schedule(void **state)
{
	const struct leverage_tier late[] = { { usd("1"), num("40") } };
	const struct leverage_tier flat[] = { { usd("0"), num("0") } };
	const struct leverage_tier twice[] = { { usd("0"), num("40") },
	    { usd("0"), num("20") } };
	struct usd18 v = usd("7");

	(void)state;
	assert_int_equal(venue_leverage_requirement(&v, late, 1, usd("5"),
	    part("1")), ERR_SYNTAX);
	assert_int_equal(venue_leverage_requirement(&v, flat, 1, usd("5"),
	    part("1")), ERR_SYNTAX);
	assert_int_equal(venue_leverage_requirement(&v, twice, 2, usd("5"),
	    part("1")), ERR_SYNTAX);
	assert_int_equal(venue_leverage_requirement(&v, twice, 0, usd("5"),
	    part("1")), ERR_SYNTAX);
	assert_int_equal(venue_leverage_requirement(&v, twice, 1, usd("-5"),
	    part("1")), ERR_RANGE);
	assert_string_equal(usd_text(v), "7");
}

static void
venue_skew_margin__grows_with_the_share_of_the_skew(void **state)
{
	struct skew_rules r = { num("1000000"), num("2"), num("0.01"),
	    num("0.5"), usd("10") };
	struct skew_margin m;

	(void)state;
	assert_int_equal(venue_skew_margin(&m, &r, num("-100"), px("2000")),
	    ERR_OK);
	assert_string_equal(num_text(m.initial_ratio), "0.0102");
	assert_string_equal(num_text(m.maintenance_ratio), "0.0051");
	assert_string_equal(usd_text(m.initial), "2050");
	assert_string_equal(usd_text(m.maintenance), "1030");
	assert_int_equal(venue_skew_margin(&m, &r, num("0"), px("2000")),
	    ERR_OK);
	assert_string_equal(usd_text(m.initial), "10");
	r.skew_scale = num("0");
	assert_int_equal(venue_skew_margin(&m, &r, num("1"), px("2000")),
	    ERR_RANGE);
	assert_string_equal(usd_text(m.initial), "10");
}

static void
venue_position_margin__grows_with_the_position(void **state)
{
	struct position_rules r;
	struct usd18 im, mm;

	(void)state;
	assert_int_equal(venue_position_rules_of(&r, "BTC"), ERR_OK);
	assert_int_equal(venue_position_margin(&im, &mm, &r, num("-25"),
	    px("100000")), ERR_OK);
	assert_string_equal(usd_text(im), "53125");
	assert_string_equal(usd_text(mm), "28125");
	assert_int_equal(venue_position_rules_of(&r, "SOL"), ERR_OK);
	assert_int_equal(venue_position_margin(&im, &mm, &r, num("6000"),
	    px("200")), ERR_OK);
	assert_string_equal(usd_text(im), "84000");	/* 7 % */
	assert_int_equal(venue_position_rules_of(&r, "btc"), ERR_UNKNOWN);
}

static void
venue_cross_inverse__leaves_maintenance_and_the_fee(void **state)
{
	struct entry_terms t = { num("10000"), num("1"), px("8000"),
	    part("0.005") };
	struct linear_liquidation at;

	(void)state;
	/* 1.00075 * 10,000 / 1.75 */
	assert_int_equal(venue_bankruptcy_inverse(&at, &t, num("0.5"),
	    part("0.00075")), ERR_OK);
	assert_string_equal(px_text(at.price), "5718.571428571428571429");
	/* 10,000 / (1.25 + 0.5 - 0.00625 - 7.5 / 5718.57...) */
	assert_int_equal(venue_cross_inverse(&at, &t, num("0.5"),
	    part("0.00075")), ERR_OK);
	assert_string_equal(px_text(at.price), "5739.083528002315421591");
	t.size = num("-10000");
	/* A short that its coin covers has no price at which it fails. */
	assert_int_equal(venue_cross_inverse(&at, &t, num("1.3"),
	    part("0.00075")), ERR_OK);
	assert_false(at.exists);
	assert_int_equal(venue_cross_inverse(&at, &t, num("0.5"),
	    part("0")), ERR_OK);
	assert_true(at.is_above);
	/* 10,000 / (1.25 - 0.49375), down */
	assert_string_equal(px_text(at.price), "13223.140495867768595041");
}

static void
venue_isolated__loses_initial_down_to_maintenance(void **state)
{
	struct entry_terms t = { num("1"), num("1"), px("20000"),
	    part("0.005") };
	struct linear_liquidation at;

	(void)state;
	assert_int_equal(venue_isolated_linear(&at, &t, num("50")), ERR_OK);
	assert_string_equal(px_text(at.price), "19700");
	t.size = num("-1");
	assert_int_equal(venue_isolated_linear(&at, &t, num("50")), ERR_OK);
	assert_string_equal(px_text(at.price), "20300");
	t.size = num("-60000");
	t.entry = px("50000");
	assert_int_equal(venue_isolated_inverse(&at, &t, num("10")), ERR_OK);
	/* 60,000 / 1.086 is ...6740; a coin's last unit is kept back. */
	assert_string_equal(px_text(at.price), "55248.618784530386689457");
	t.size = num("60000");
	assert_int_equal(venue_isolated_inverse(&at, &t, num("10")), ERR_OK);
	assert_true(px18_compare(at.price, px("45662.1004566210")) > 0);
	assert_true(px18_compare(at.price, px("45662.1004566211")) < 0);
	at.exists = false;
	assert_int_equal(venue_isolated_inverse(&at, &t, num("0")),
	    ERR_RANGE);
	assert_int_equal(venue_isolated_linear(&at, &t, num("-1")),
	    ERR_RANGE);
	t.size = num("0");
	assert_int_equal(venue_isolated_linear(&at, &t, num("5")),
	    ERR_UNKNOWN);
	assert_false(at.exists);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(venue_leverage_requirement__is_continuous),
		cmocka_unit_test(
		    venue_leverage_requirement__fails_on_a_bad_schedule),
		cmocka_unit_test(
		    venue_skew_margin__grows_with_the_share_of_the_skew),
		cmocka_unit_test(
		    venue_position_margin__grows_with_the_position),
		cmocka_unit_test(
		    venue_cross_inverse__leaves_maintenance_and_the_fee),
		cmocka_unit_test(
		    venue_isolated__loses_initial_down_to_maintenance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
