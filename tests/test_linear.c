/* Perpetuals and futures: tables, both sides of each limit, and liquidation
 * prices put back into the excess. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/linear.h"
#include "tests/margin_world.h"

#define RANDOM_POSITIONS 20000

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
linear_profit__floors_to_the_account_worse_side(void **state)
{
	static const struct {
		const char *size, *multiplier, *price, *entry, *profit;
	} rows[] = {
		{ "2", "1", "2100", "2000", "200" },
		{ "-2", "1", "2100", "2000", "-200" },
		{ "2", "0.001", "1900", "2000", "-0.2" },
		{ "0", "1", "1", "2", "0" },
		/* Half of the last digit: a gain loses it, a loss gains. */
		{ "0.5", "1", "0.000000000000000001", "0", "0" },
		{ "-0.5", "1", "0.000000000000000001", "0",
		    "-0.000000000000000001" },
	};
	struct usd18 v;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(linear_profit(&v, num(rows[i].size),
		    num(rows[i].multiplier), px(rows[i].price),
		    px(rows[i].entry)), ERR_OK);
		assert_string_equal(usd_text(v), rows[i].profit);
	}
}

static void
linear_profit_inverse__is_one_floor(void **state)
{
	struct num18 coin;

	(void)state;
	/* 10,000 * (1/8000 - 1/10000) = 0.25 */
	assert_int_equal(linear_profit_inverse(&coin, num("10000"), num("1"),
	    px("10000"), px("8000")), ERR_OK);
	assert_string_equal(num_text(coin), "0.25");
	assert_int_equal(linear_profit_inverse(&coin, num("-10000"), num("1"),
	    px("10000"), px("8000")), ERR_OK);
	assert_string_equal(num_text(coin), "-0.25");
	/* 1 * (7 - 3) / 21: a gain floors, a loss ceils by magnitude. */
	assert_int_equal(linear_profit_inverse(&coin, num("1"), num("1"),
	    px("7"), px("3")), ERR_OK);
	assert_string_equal(num_text(coin), "0.190476190476190476");
	assert_int_equal(linear_profit_inverse(&coin, num("1"), num("1"),
	    px("3"), px("7")), ERR_OK);
	assert_string_equal(num_text(coin), "-0.190476190476190477");
}

static void
linear_profit__leaves_the_output_alone_on_failure(void **state)
{
	struct usd18 v = usd("7");
	struct num18 coin = num("7");
	const struct px18 most = px18_from_raw(U128_MAX);

	(void)state;
	assert_int_equal(linear_profit(&v, num("1"), num("0"), px("1"),
	    px("2")), ERR_RANGE);
	assert_int_equal(linear_profit(&v, num("2"), num("1"), most, px("0")),
	    ERR_RANGE);
	assert_int_equal(linear_profit_inverse(&coin, num("1"), num("1"),
	    px("0"), px("2")), ERR_RANGE);
	assert_int_equal(linear_profit_inverse(&coin, num("1"), num("1"),
	    px("2"), px("0")), ERR_RANGE);
	assert_int_equal(linear_profit_inverse(&coin, num("1"), num("-1"),
	    px("2"), px("1")), ERR_RANGE);
	assert_int_equal(linear_notional_inverse(&v, num("1"), num("1"),
	    px("0"), px("1")), ERR_RANGE);
	assert_int_equal(linear_notional(&v, num("1"), num("0"), px("1")),
	    ERR_RANGE);
	assert_string_equal(usd_text(v), "7");
	assert_string_equal(num_text(coin), "7");
}

static void
linear_notional__ceils(void **state)
{
	struct usd18 v;

	(void)state;
	assert_int_equal(linear_notional(&v, num("-0.5"), num("1"),
	    px("0.000000000000000001")), ERR_OK);
	assert_string_equal(usd_text(v), "0.000000000000000001");
	/* 10,000 USD at a mark of 8000 with the index at 8400. */
	assert_int_equal(linear_notional_inverse(&v, num("-100"), num("100"),
	    px("8000"), px("8400")), ERR_OK);
	assert_string_equal(usd_text(v), "10500");
	assert_int_equal(linear_notional_inverse(&v, num("1"), num("1"),
	    px("3"), px("1")), ERR_OK);
	assert_string_equal(usd_text(v), "0.333333333333333334");
}

static void
linear_worse_size__takes_the_larger_side(void **state)
{
	static const struct {
		const char *size, *bids, *asks, *worse;
	} rows[] = {
		{ "3", "7", "11", "10" },	/* 10 against -8 */
		{ "3", "7", "13", "10" },	/* 10 against -10: the bids */
		{ "3", "7", "14", "-11" },
		{ "-10", "7", "0", "-10" },
		{ "0", "0", "0", "0" },
	};
	struct num18 v = num("1");

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(linear_worse_size(&v, num(rows[i].size),
		    num(rows[i].bids), num(rows[i].asks)), ERR_OK);
		assert_string_equal(num_text(v), rows[i].worse);
	}
	assert_int_equal(linear_worse_size(&v, num("1"), num("-1"), num("0")),
	    ERR_RANGE);
	assert_int_equal(linear_worse_size(&v, num("1"), num("0"), num("-1")),
	    ERR_RANGE);
	assert_int_equal(linear_worse_size(&v, num18_from_raw(I128_MAX),
	    num("1"), num("0")), ERR_RANGE);
	assert_string_equal(num_text(v), "0");
}

static void
linear_window_forward__mixes_only_inside_the_window(void **state)
{
	static const struct {
		uint64_t left;
		const char *floor, *ceil;
	} rows[] = {
		{ 1800, "1500", "1500" },
		{ 1801, "1500", "1500" },
		{ 1799, "1499.944444444444444444", "1499.944444444444444445" },
		{ 900, "1450", "1450" },
		{ 0, "1400", "1400" },
	};
	struct px18 p;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(linear_window_forward(&p, px("1400"),
		    px("1500"), rows[i].left, 1800, ROUND_FLOOR), ERR_OK);
		assert_string_equal(px_text(p), rows[i].floor);
		assert_int_equal(linear_window_forward(&p, px("1400"),
		    px("1500"), rows[i].left, 1800, ROUND_CEIL), ERR_OK);
		assert_string_equal(px_text(p), rows[i].ceil);
	}
	assert_int_equal(linear_window_forward(&p, px("1"), px("2"), 0, 0,
	    ROUND_FLOOR), ERR_OK);
	assert_string_equal(px_text(p), "2");
}

/* ---- requirements ------------------------------------------------------- */

/* 40x to 150 M, 20x above; maintenance half of it (margin-model 1.5). */
static size_t
two_tiers(struct margin_tier t[2])
{
	t[0] = (struct margin_tier){ usd("150000000"), part("0.025"),
	    part("0.0125") };
	t[1] = (struct margin_tier){ usd18_from_raw(I128_MAX), part("0.05"),
	    part("0.025") };
	return 2;
}

static void
linear_tier_requirement__is_continuous(void **state)
{
	static const struct {
		const char *notional, *initial, *maintenance;
	} rows[] = {
		{ "0", "0", "0" },
		{ "1000000", "25000", "12500" },
		{ "150000000", "3750000", "1875000" },
		{ "150000001", "3750000.05", "1875000.025" },
		{ "200000000", "6250000", "3125000" },
		{ "0.000000000000000001", "0.000000000000000001",
		    "0.000000000000000001" },
	};
	struct margin_tier t[2];
	size_t count = two_tiers(t);
	struct usd18 v;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct usd18 n = usd(rows[i].notional);

		assert_int_equal(linear_tier_requirement(&v, t, count, n,
		    true), ERR_OK);
		assert_string_equal(usd_text(v), rows[i].initial);
		assert_int_equal(linear_tier_requirement(&v, t, count, n,
		    false), ERR_OK);
		assert_string_equal(usd_text(v), rows[i].maintenance);
	}
	/* Above the last tier its rate goes on. */
	t[1].up_to = usd("160000000");
	assert_int_equal(linear_tier_requirement(&v, t, count,
	    usd("200000000"), true), ERR_OK);
	assert_string_equal(usd_text(v), "6250000");
}

static void
linear_tier_requirement__fails_out_of_range(void **state)
{
	struct margin_tier t[2];
	size_t count = two_tiers(t);
	struct usd18 v = usd("7");

	(void)state;
	assert_int_equal(linear_tier_requirement(&v, t, count, usd("-1"),
	    true), ERR_RANGE);
	t[1].initial = ppb_from_raw(UINT32_MAX);
	assert_int_equal(linear_tier_requirement(&v, t, count,
	    usd18_from_raw(I128_MAX), true), ERR_RANGE);
	assert_string_equal(usd_text(v), "7");
}

static void
linear_initial_requirement__takes_the_largest(void **state)
{
	static const struct {
		const char *notional, *leverage, *interest, *factor, *initial;
	} rows[] = {
		/* The tiers; the user's 10x; tiers again at 50x. */
		{ "200000000", "0", "0", "0", "6250000" },
		{ "200000000", "10", "0", "0", "20000000" },
		{ "200000000", "50", "0", "0", "6250000" },
		{ "1", "3", "0", "0", "0.333333333333333334" },
		/* Open interest 1 M to 2 M: 2.5 % to 100 %. */
		{ "1000", "0", "1000000", "0", "25" },
		{ "1000", "0", "1500000", "0", "512.5" },
		{ "1000", "0", "2000000", "0", "1000" },
		{ "1000", "0", "2000001", "0", "1000" },
		/* 0.8 * 2.5 % + 0.0001 * sqrt(10,000) = 3 %. */
		{ "10000", "0", "0", "0.0001", "300" },
		{ "10000", "0", "0", "0.00005", "250" },
		{ "10000", "0", "0", "0.000050000000000001",
		    "250.000000000001" },
	};
	struct margin_tier t[2];
	size_t count = two_tiers(t);
	struct linear_rules r;
	struct usd18 v;

	(void)state;
	linear_rules_default(&r);
	r.open_interest_lower = usd("1000000");
	r.open_interest_upper = usd("2000000");
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		r.size_factor = num(rows[i].factor);
		assert_int_equal(linear_initial_requirement(&v, &r, t, count,
		    usd(rows[i].notional), num(rows[i].leverage),
		    usd(rows[i].interest)), ERR_OK);
		assert_string_equal(usd_text(v), rows[i].initial);
	}
	v = usd("7");
	assert_int_equal(linear_initial_requirement(&v, &r, t, count,
	    usd("1"), num("-1"), usd("0")), ERR_RANGE);
	assert_int_equal(linear_initial_requirement(&v, &r, t, count,
	    usd("1"), num("1"), usd("-1")), ERR_RANGE);
	assert_int_equal(linear_initial_requirement(&v, &r, t, count,
	    usd18_from_raw(I128_MAX), num18_from_raw(1), usd("0")),
	    ERR_RANGE);
	assert_string_equal(usd_text(v), "7");
}

/* ---- liquidation -------------------------------------------------------- */

static void
linear_liquidation_price__is_the_closed_form(void **state)
{
	static const struct {
		const char *rest, *size, *m, *price;
	} rows[] = {
		{ "1000", "2", "0.05", "1578.947368421052631579" },
		{ "1000", "-2", "0.05", "2380.952380952380952380" },
		{ "0", "2", "0", "2000" },
		{ "-1000", "2", "0", "2500" },	/* under water already */
		{ "3999.999999999999999999", "2", "0",
		    "0.000000000000000001" },
		{ "4000", "2", "0", NULL },	/* pays all it can lose */
		{ "-4000", "-2", "0.05", NULL },	/* at no price */
		{ "-3999.9", "-2", "0", "0.05" },
		{ "1000", "2", "1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct linear_liquidation at;

		assert_int_equal(linear_liquidation_price(&at,
		    usd(rows[i].rest), num(rows[i].size), num("1"),
		    px("2000"), part(rows[i].m)), ERR_OK);
		assert_int_equal(at.is_above, rows[i].size[0] == '-');
		assert_int_equal(at.exists, rows[i].price != NULL);
		if (at.exists)
			assert_int_equal(px18_compare(at.price,
			    px(rows[i].price)), 0);
		else
			assert_true(px18_is_zero(at.price));
	}
}

static void
linear_liquidation_price_inverse__is_the_closed_form(void **state)
{
	static const struct {
		const char *rest, *size, *m, *price;
	} rows[] = {
		{ "0.5", "10000", "0.005", "5742.857142857142857143" },
		{ "0.5", "-10000", "0.005", "13266.666666666666666666" },
		{ "0", "10000", "0", "8000" },
		{ "-1.25", "10000", "0", NULL },	/* at no price */
		{ "-1.249999", "10000", "0", "10000000000" },
		{ "1.25", "-10000", "0", NULL },	/* nothing hurts it */
		{ "1.249999", "-10000", "0", "10000000000" },
		{ "0.5", "-10000", "1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct linear_liquidation at;

		assert_int_equal(linear_liquidation_price_inverse(&at,
		    num(rows[i].rest), num(rows[i].size), num("1"),
		    px("8000"), part(rows[i].m)), ERR_OK);
		assert_int_equal(at.is_above, rows[i].size[0] == '-');
		assert_int_equal(at.exists, rows[i].price != NULL);
		if (at.exists)
			assert_int_equal(px18_compare(at.price,
			    px(rows[i].price)), 0);
	}
}

static void
linear_liquidation_price__fails_without_a_position(void **state)
{
	struct linear_liquidation at = { .exists = true };

	(void)state;
	assert_int_equal(linear_liquidation_price(&at, usd("1"), num("0"),
	    num("1"), px("1"), part("0")), ERR_UNKNOWN);
	assert_int_equal(linear_liquidation_price_inverse(&at, num("1"),
	    num("0"), num("1"), px("1"), part("0")), ERR_UNKNOWN);
	assert_int_equal(linear_liquidation_price_inverse(&at, num("1"),
	    num("1"), num("1"), px("0"), part("0")), ERR_RANGE);
	assert_int_equal(linear_liquidation_price(&at, usd("1"), num("1"),
	    num("0"), px("1"), part("0")), ERR_RANGE);
	assert_true(at.exists);
}

/* The excess of one position at a price: rest + profit - m * notional. */
static i128
excess_at(struct usd18 rest, struct num18 size, struct px18 entry,
    struct ppb m, struct px18 p)
{
	struct usd18 profit, need;

	assert_int_equal(linear_profit(&profit, size, num18_one(), p, entry),
	    ERR_OK);
	assert_int_equal(linear_notional(&need, size, num18_one(), p),
	    ERR_OK);
	assert_int_equal(usd18_mul_ppb(&need, need, m, ROUND_CEIL), ERR_OK);
	return usd18_to_raw(rest) + usd18_to_raw(profit) -
	    usd18_to_raw(need);
}

/* Beyond the price there is a shortage; two units before it there is none
 * beyond what three roundings can make. */
static void
linear_liquidation_price__is_where_the_excess_turns(void **state)
{
	uint64_t seed = 11;
	unsigned found = 0;

	(void)state;
	for (unsigned i = 0; i < RANDOM_POSITIONS; i++) {
		bool is_short = random_one_in(&seed, 2);
		i128 raw = (i128)random_magnitude(&seed, 22) + 1;
		struct num18 size = num18_from_raw(is_short ? -raw : raw);
		struct px18 entry =
		    px18_from_raw(random_magnitude(&seed, 24) + 1);
		struct ppb m =
		    ppb_from_raw((uint32_t)random_below(&seed, 900000000));
		struct usd18 rest =
		    usd18_from_raw((i128)random_magnitude(&seed, 26));
		struct linear_liquidation at;
		u128 p;

		assert_int_equal(linear_liquidation_price(&at, rest, size,
		    num18_one(), entry, m), ERR_OK);
		p = px18_to_raw(at.price);
		if (!at.exists || p < 2 || p > pow10_u128(30))
			continue;
		found++;
		assert_true(excess_at(rest, size, entry, m, px18_from_raw(
		    is_short ? p + 2 : p - 2)) <= 0);
		assert_true(excess_at(rest, size, entry, m, at.price) >= -3);
	}
	assert_true(found > RANDOM_POSITIONS / 4);
}

static void
linear_reduction__closes_what_the_shortage_needs(void **state)
{
	static const struct {
		const char *shortage, *size, *multiplier, *m, *liq, *fund,
		    *close;
	} rows[] = {
		/* Drift's numbers: 10 / (100 * 0.1) and with fees. */
		{ "10", "5", "1", "0.1", "0", "0", "1" },
		{ "10", "-5", "1", "0.1", "0.01", "0",
		    "1.111111111111111112" },
		{ "10", "5", "1", "0.1", "0.01", "0.01", "1.25" },
		{ "10", "1.25", "1", "0.1", "0.01", "0.01", "1.25" },
		{ "10", "1.2", "1", "0.1", "0.01", "0.01", "1.2" },
		{ "10", "500", "0.1", "0.1", "0.01", "0.01", "12.5" },
		{ "10", "5", "1", "0.02", "0.01", "0.01", "5" },
		{ "10", "50000", "1", "0.020000001", "0.01", "0.01",
		    "50000" },
		{ "0", "5", "1", "0.1", "0", "0", "0" },
		{ "-1", "5", "1", "0.02", "0.01", "0.01", "0" },
	};
	struct num18 v;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(linear_reduction(&v, usd(rows[i].shortage),
		    num(rows[i].size), num(rows[i].multiplier), px("100"),
		    part(rows[i].m), part(rows[i].liq), part(rows[i].fund)),
		    ERR_OK);
		assert_string_equal(num_text(v), rows[i].close);
	}
	assert_int_equal(linear_reduction(&v, usd("1"), num("5"), num("1"),
	    px("0"), part("0.1"), part("0"), part("0")), ERR_OK);
	assert_string_equal(num_text(v), "5");
	assert_int_equal(linear_reduction(&v, usd("1"), num("5"), num("0"),
	    px("1"), part("0.1"), part("0"), part("0")), ERR_RANGE);
	assert_string_equal(num_text(v), "5");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    linear_profit__floors_to_the_account_worse_side),
		cmocka_unit_test(linear_profit_inverse__is_one_floor),
		cmocka_unit_test(
		    linear_profit__leaves_the_output_alone_on_failure),
		cmocka_unit_test(linear_notional__ceils),
		cmocka_unit_test(linear_worse_size__takes_the_larger_side),
		cmocka_unit_test(
		    linear_window_forward__mixes_only_inside_the_window),
		cmocka_unit_test(linear_tier_requirement__is_continuous),
		cmocka_unit_test(linear_tier_requirement__fails_out_of_range),
		cmocka_unit_test(linear_initial_requirement__takes_the_largest),
		cmocka_unit_test(linear_liquidation_price__is_the_closed_form),
		cmocka_unit_test(
		    linear_liquidation_price_inverse__is_the_closed_form),
		cmocka_unit_test(
		    linear_liquidation_price__fails_without_a_position),
		cmocka_unit_test(
		    linear_liquidation_price__is_where_the_excess_turns),
		cmocka_unit_test(
		    linear_reduction__closes_what_the_shortage_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
