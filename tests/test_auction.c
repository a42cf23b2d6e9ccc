/* The share of a portfolio to sell; random ones are left to
 * tests/check_lending.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/auction.h"
#include "tests/margin_world.h"

static const char *
num_text(struct num18 v)
{
	return usd_text(usd18_from_raw(num18_to_raw(v)));
}

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static void
auction_discount__falls_fast_then_slowly(void **state)
{
	static const struct { uint64_t t; const char *discount; } rows[] = {
		{ 0, "1" }, { 300, "0.9" }, { 599, "0.800333333333333333" },
		{ 600, "0.8" }, { 601, "0.799888888888888888" },
		{ 4200, "0.4" }, { 7799, "0.000111111111111111" },
		{ 7800, "0" }, { UINT64_MAX, "0" },
	};
	struct auction_rules r;

	(void)state;
	auction_rules_default(&r);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_string_equal(num_text(auction_discount(rows[i].t, &r)),
		    rows[i].discount);
	/* A phase of no length is over at once. */
	r.fast_s = 0;
	assert_string_equal(num_text(auction_discount(0, &r)), "0.8");
}

/* Once f is sold, (1 - f) BM + f (d mtm + (1 - d) R) is zero. */
static void
auction_share__restores_the_buffer_margin(void **state)
{
	struct auction_rules r;
	struct usd18 buffer;
	struct num18 f;

	(void)state;
	auction_rules_default(&r);
	/* MM -100, MtM 1000: BM = -210; at d = 1: 210 / 1210. */
	assert_int_equal(auction_buffer_margin(&buffer, usd("-100"),
	    usd("1000"), &r), ERR_OK);
	assert_string_equal(usd_text(buffer), "-210");
	assert_int_equal(auction_share(&f, buffer, usd("1000"), usd("0"),
	    num("1")), ERR_OK);
	assert_string_equal(num_text(f), "0.173553719008264463");
	/* At d = 0.8: 210 / 1010. */
	assert_int_equal(auction_share(&f, buffer, usd("1000"), usd("0"),
	    num("0.8")), ERR_OK);
	assert_string_equal(num_text(f), "0.207920792079207921");
	/* Cash already reserved is not sold at a discount: + 300 * 0.2. */
	assert_int_equal(auction_share(&f, buffer, usd("1000"), usd("300"),
	    num("0.8")), ERR_OK);
	assert_string_equal(num_text(f), "0.196261682242990655");
}

static void
auction_share__is_nothing_or_all_at_its_ends(void **state)
{
	struct num18 f = num("7");

	(void)state;
	assert_int_equal(auction_share(&f, usd("0"), usd("1"), usd("0"),
	    num("1")), ERR_OK);
	assert_string_equal(num_text(f), "0");
	assert_int_equal(auction_share(&f, usd("-1"), usd("5"), usd("0"),
	    num("0")), ERR_OK);
	assert_string_equal(num_text(f), "1");
	assert_int_equal(auction_share(&f, usd("-1"), usd("-5"), usd("0"),
	    num("0.5")), ERR_OK);
	assert_string_equal(num_text(f), "1");
	f = num("7");
	assert_int_equal(auction_share(&f, usd18_from_raw(I128_MIN),
	    usd("5"), usd("0"), num("1")), ERR_RANGE);
	assert_string_equal(num_text(f), "7");
}

static void
auction_bid_insolvent__falls_to_the_maintenance_margin(void **state)
{
	struct auction_rules r;
	struct usd18 bid;

	(void)state;
	auction_rules_default(&r);
	assert_int_equal(auction_bid_insolvent(&bid, usd("-100"),
	    usd("-400"), 0, &r), ERR_OK);
	assert_string_equal(usd_text(bid), "-100");
	assert_int_equal(auction_bid_insolvent(&bid, usd("-100"),
	    usd("-400"), 200, &r), ERR_OK);
	assert_string_equal(usd_text(bid), "-200");
	assert_int_equal(auction_bid_insolvent(&bid, usd("-100"),
	    usd("-400"), 600, &r), ERR_OK);
	assert_string_equal(usd_text(bid), "-400");
	/* A value above zero bids nothing at first. */
	assert_int_equal(auction_bid_insolvent(&bid, usd("50"), usd("-400"),
	    0, &r), ERR_OK);
	assert_string_equal(usd_text(bid), "0");
	assert_int_equal(auction_bid_insolvent(&bid, usd("0"), usd("-1"), 199,
	    &r), ERR_OK);
	assert_string_equal(usd_text(bid), "-0.331666666666666667");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auction_discount__falls_fast_then_slowly),
		cmocka_unit_test(auction_share__restores_the_buffer_margin),
		cmocka_unit_test(
		    auction_share__is_nothing_or_all_at_its_ends),
		cmocka_unit_test(
		    auction_bid_insolvent__falls_to_the_maintenance_margin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
