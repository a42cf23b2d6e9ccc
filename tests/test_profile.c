/* Rounding profiles: each system's threshold from both sides, and `margind`
 * bit for bit what margin/ratio.h computes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/profile.h"
#include "tests/lending_world.h"

static const struct rounding_profile *
profile(const char *name)
{
	return profile_find(name, strlen(name));
}

static struct profile_leg
leg(const char *atoms, unsigned decimals, const char *price,
    const char *initial, const char *maintenance)
{
	return (struct profile_leg){ .atoms = big(atoms),
		.decimals = decimals, .price = big(price),
		.initial_price = big(price), .initial = big(initial),
		.maintenance = big(maintenance) };
}

static struct profile_result
evaluate(const char *name, const struct profile_leg *held, size_t held_count,
    const struct profile_leg *owed, size_t owed_count)
{
	struct profile_result r;

	assert_int_equal(profile_evaluate(&r, profile(name), held, held_count,
	    owed, owed_count), ERR_OK);
	return r;
}

static void
profile_find__knows_each_name_and_no_other(void **state)
{
	static const char *const names[] = { "margind", "aave-v3",
		"compound-v3", "maker", "liquity", "morpho-blue", "euler",
		"gearbox" };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		assert_non_null(profile(names[i]));
		assert_ptr_equal(profile(names[i]), profile_at(i));
		assert_string_equal(profile_at(i)->name, names[i]);
		assert_null(profile_find(names[i], strlen(names[i]) - 1));
	}
	assert_null(profile_at(ARRAY_COUNT(names)));
	assert_null(profile_find("aave-v3x", 8));
	assert_null(profile_find("", 0));
}

/* The debt at which each system's account turns, and one atom either side. */
static void
profile_evaluate__turns_where_each_system_does(void **state)
{
	static const struct {
		const char *name, *held, *held_price, *factor;
		unsigned held_decimals;
		const char *owed_price, *weight;
		unsigned owed_decimals;
		const char *last_safe, *first_bad;
	} rows[] = {
		/* 1000 USD at 80 %, owed in a coin of 18 decimals. */
		{ "margind", "1e18", "1000e18", "800000000", 18, "1e18",
		    "1000000000", 18, "800000000000000000000",
		    "800000000000000000001" },
		/* The debt's value is ceiled to 8 decimals. */
		{ "aave-v3", "1e18", "1000e8", "8000", 18, "1e8", "10000",
		    18, "800000000000000000000", "800000000000000000001" },
		/* ... and here cut off: 10^10 atoms too many pass. */
		{ "compound-v3", "1e18", "1000e8", "800000000000000000", 18,
		    "1e8", "1e18", 18, "800000000009999999999",
		    "800000000010000000000" },
		/* 150 % in RAD: 1000 / 1.5 = 666.67 rounds down as a spot. */
		{ "maker", "1e18", "1000e27", "1500000000000000000000000000",
		    18, "1e27", "1e27", 18, "666666666666666666666",
		    "666666666666666666667" },
		/* 110 %: 1000 / 1.1 = 909.09. */
		{ "liquity", "1e18", "1000e18", "1000000000", 18, "1e18",
		    "1100000000", 18, "909090909090909090909",
		    "909090909090909090910" },
		{ "morpho-blue", "1e18", "1000e36", "800000000000000000", 18,
		    "1e36", "1e18", 18, "800000000000000000000",
		    "800000000000000000001" },
		/* A health of exactly one is liquidatable. */
		{ "euler", "1e18", "1000e18", "8000", 18, "1e18", "10000", 18,
		    "799999999999999999999", "800000000000000000000" },
		{ "gearbox", "1e18", "1000e8", "8000", 18, "1e8", "10000", 18,
		    "800000000009999999999", "800000000010000000000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct profile_leg held = leg(rows[i].held,
		    rows[i].held_decimals, rows[i].held_price, rows[i].factor,
		    rows[i].factor);
		struct profile_leg owed = leg(rows[i].last_safe,
		    rows[i].owed_decimals, rows[i].owed_price,
		    rows[i].weight, rows[i].weight);
		struct profile_result r = evaluate(rows[i].name, &held, 1,
		    &owed, 1);

		assert_false(r.is_liquidatable);
		assert_true(r.may_borrow);
		owed.atoms = big(rows[i].first_bad);
		r = evaluate(rows[i].name, &held, 1, &owed, 1);
		assert_true(r.is_liquidatable);
		assert_false(r.may_borrow);
	}
}

static void
profile_evaluate__is_infinite_without_debt(void **state)
{
	struct profile_leg held = leg("5e18", 18, "2000e8", "8000", "8250");

	(void)state;
	for (size_t i = 0; profile_at(i) != NULL; i++) {
		struct profile_result r = evaluate(profile_at(i)->name, &held,
		    1, NULL, 0);

		assert_int_equal(evm_compare(r.health, evm_max()), 0);
		assert_int_equal(evm_compare(r.ratio, evm_max()), 0);
		assert_false(r.is_liquidatable);
		assert_true(r.may_borrow);
		r = evaluate(profile_at(i)->name, NULL, 0, NULL, 0);
		assert_true(evm_is_zero(r.average_initial));
		assert_true(evm_is_zero(r.available));
	}
}

static void
profile_evaluate__rounds_a_health_as_aave_does(void **state)
{
	/* 80000000100 of 80000000000: ... 62500000001 half up at 22 digits. */
	struct profile_leg held = leg("1e18", 18, "100000000000", "7500",
	    "8000");
	struct profile_leg owed = leg("800000001", 6, "100000000", "10000",
	    "10000");
	struct profile_result r = evaluate("aave-v3", &held, 1, &owed, 1);

	(void)state;
	assert_string_equal(big_text(r.health), "999999998750000001");
	assert_true(r.is_liquidatable);
	assert_string_equal(big_text(r.available), "0");
	/* Weighted 3 below a debt of 10^23: half up reaches one at 22 digits,
	 * so the contract lets it be although it is short. */
	held = leg("1", 0, "99999999999999999999999", "10000", "10000");
	owed = leg("1", 0, "100000000000000000000000", "10000", "10000");
	r = evaluate("aave-v3", &held, 1, &owed, 1);
	assert_string_equal(big_text(r.health), "1000000000000000000");
	assert_false(r.is_liquidatable);
	/* Collateral without a threshold is none. */
	held = leg("1e18", 18, "100000000000", "0", "0");
	r = evaluate("aave-v3", &held, 1, &owed, 1);
	assert_true(evm_is_zero(r.collateral));
}

static void
profile_evaluate__borrows_by_the_floored_average(void **state)
{
	struct profile_leg held[] = {
		leg("123456789012345678", 18, "180012345678", "8000", "8250"),
		leg("98765432", 8, "2700098765432", "6800", "7300"),
	};
	struct profile_leg owed[] = {
		leg("2000000001", 6, "99990000", "10000", "10000"),
	};
	struct profile_result r = evaluate("aave-v3", held, 2, owed, 1);

	(void)state;
	assert_string_equal(big_text(r.collateral), "2688987956284");
	assert_string_equal(big_text(r.average_initial), "6809");
	/* floor(2688987956284 * 0.6809) - 199980000100, not by the exact sum */
	assert_string_equal(big_text(r.available), "1630951899333");
}

static void
profile_evaluate__caps_a_leg_as_gearbox_does(void **state)
{
	struct profile_leg held = leg("1e18", 18, "1000e8", "9000", "9000");
	struct profile_leg owed = leg("500e18", 18, "1e8", "10000", "10000");
	struct profile_result r;

	(void)state;
	held.has_cap = true;
	held.cap = big("500e8");
	r = evaluate("gearbox", &held, 1, &owed, 1);
	assert_string_equal(big_text(r.weighted_collateral), "50000000000");
	assert_string_equal(big_text(r.collateral), "100000000000");
	assert_string_equal(big_text(r.health), "10000");
	assert_false(r.is_liquidatable);
	held.cap = big("49999999999");
	r = evaluate("gearbox", &held, 1, &owed, 1);
	assert_true(r.is_liquidatable);
}

static void
profile_evaluate__borrows_at_another_price(void **state)
{
	struct profile_leg held = leg("1e18", 18, "1000e18", "8000", "8000");
	struct profile_leg owed = leg("799e18", 18, "1e18", "10000", "10000");
	struct profile_result r;

	(void)state;
	held.initial_price = big("998e18");	/* bid */
	r = evaluate("euler", &held, 1, &owed, 1);
	assert_false(r.is_liquidatable);
	assert_false(r.may_borrow);
}

static void
profile_evaluate__fails_where_a_contract_would_revert(void **state)
{
	struct profile_leg held = leg("1e60", 18, "1e20", "8000", "8000");
	struct profile_result r, before;

	(void)state;
	memset(&r, 0x5a, sizeof(r));
	before = r;
	assert_int_equal(profile_evaluate(&r, profile("aave-v3"), &held, 1,
	    NULL, 0), ERR_RANGE);
	held = leg("1", 31, "1", "1", "1");
	assert_int_equal(profile_evaluate(&r, profile("aave-v3"), &held, 1,
	    NULL, 0), ERR_RANGE);
	assert_memory_equal(&r, &before, sizeof(r));
}

static void
profile_usd18__rescales_to_the_side(void **state)
{
	struct usd18 v = usd("7");

	(void)state;
	assert_int_equal(profile_usd18(&v, profile("aave-v3"), big("150000000"),
	    SIDE_FLOOR), ERR_OK);
	assert_string_equal(usd_text(v), "1.5");
	assert_int_equal(profile_usd18(&v, profile("maker"), big("1"),
	    SIDE_CEIL), ERR_OK);
	assert_string_equal(usd_text(v), "0.000000000000000001");
	assert_int_equal(profile_usd18(&v, profile("maker"), big("1"),
	    SIDE_FLOOR), ERR_OK);
	assert_string_equal(usd_text(v), "0");
	v = usd("7");
	assert_int_equal(profile_usd18(&v, profile("aave-v3"), big("1e29"),
	    SIDE_FLOOR), ERR_RANGE);
	assert_string_equal(usd_text(v), "7");
}

/* assert_ratio: a quotient beyond 128 bits is the largest finite one there. */
static void
assert_ratio(struct u256 got, struct wad expected)
{
	struct u256 limit = evm_word(U128_MAX - 1);

	if (wad_is_infinite(expected))
		assert_int_equal(evm_compare(got, evm_max()), 0);
	else
		assert_string_equal(big_text(evm_min(got, limit)),
		    big_text(evm_word(wad_to_raw(expected))));
}

static void
assert_usd(struct u256 got, struct usd18 expected)
{
	assert_string_equal(big_text(got),
	    big_text(evm_word((u128)usd18_to_raw(expected))));
}

static void
profile_evaluate_vault__is_ratio_evaluate_bit_for_bit(void **state)
{
	static struct world w;
	unsigned compared = 0, liquidatable = 0;
	uint64_t seed = 5;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct profile_result p;
		struct ratio_result r;
		enum err e, f;

		world_random(&w, &seed);
		/* Without a band the initial excess has one point too. */
		for (size_t k = 0; k < w.market.count; k++)
			w.market.asset[k].price.low =
			    w.market.asset[k].price.high =
			    w.market.asset[k].price.mid;
		e = ratio_evaluate(&r, &w.book, &w.vault, &w.market);
		f = profile_evaluate_vault(&p, profile("margind"), &w.book,
		    &w.vault, &w.market);
		if (e != ERR_OK)
			continue;
		if (r.is_stale) {
			assert_int_equal(f, ERR_STALE);
			continue;
		}
		assert_int_equal(f, ERR_OK);
		assert_usd(p.collateral, r.collateral_value);
		assert_usd(p.debt, r.debt_value);
		assert_usd(p.weighted_collateral, r.mid.weighted_collateral);
		assert_usd(p.weighted_debt, r.mid.weighted_debt);
		assert_ratio(p.health, r.mid.health);
		assert_ratio(p.ratio, r.collateralization_ratio);
		assert_true(p.is_liquidatable ==
		    usd18_is_negative(r.mid.excess));
		assert_true(p.may_borrow ==
		    (usd18_is_zero(r.debt_value) ||
		    !usd18_is_negative(r.initial_excess)));
		if (!usd18_is_negative(r.initial_excess))
			assert_usd(p.available, r.initial_excess);
		compared++;
		liquidatable += p.is_liquidatable;
	}
	assert_true(compared > 15000);
	assert_true(liquidatable > 2000);
}

static void
profile_legs_of_vault__speaks_the_profiles_units(void **state)
{
	static struct world w;
	struct profile_leg held[BOOK_LEGS_MAX], owed[BOOK_LEGS_MAX];
	size_t held_count, owed_count;
	uint8_t eth, usdc;

	(void)state;
	world_init(&w);
	eth = world_asset(&w, 18, "2000.0000000199", "0.80005", "0.82509");
	usdc = world_asset(&w, 6, "1.0000000001", "0", "0");
	w.book.assets[usdc].rules[0].debt_weight = part("1.00001");
	world_band(&w, eth, "1999", "2001");
	world_band(&w, usdc, "0.99", "1.01");
	world_hold(&w, eth, "3");
	world_owe(&w, usdc, "1500");
	assert_int_equal(profile_legs_of_vault(held, &held_count, owed,
	    &owed_count, profile("aave-v3"), &w.book, &w.vault, &w.market),
	    ERR_OK);
	assert_int_equal(held_count, 1);
	assert_int_equal(owed_count, 1);
	assert_string_equal(big_text(held[0].atoms), "3000000000000000000");
	assert_string_equal(big_text(held[0].price), "200000000001");
	assert_string_equal(big_text(held[0].initial_price), "199900000000");
	assert_string_equal(big_text(held[0].initial), "8000");
	assert_string_equal(big_text(held[0].maintenance), "8250");
	assert_string_equal(big_text(owed[0].price), "100000001");
	assert_string_equal(big_text(owed[0].initial_price), "101000000");
	assert_string_equal(big_text(owed[0].maintenance), "10001");
	/* A least ratio is the inverse of a share, ceiled. */
	assert_int_equal(profile_legs_of_vault(held, &held_count, owed,
	    &owed_count, profile("maker"), &w.book, &w.vault, &w.market),
	    ERR_OK);
	assert_string_equal(big_text(held[0].maintenance),
	    "1211988995139924129488904241");
	w.market.asset[usdc].price.status = PRICE_REFUSED;
	assert_int_equal(profile_legs_of_vault(held, &held_count, owed,
	    &owed_count, profile("maker"), &w.book, &w.vault, &w.market),
	    ERR_STALE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profile_find__knows_each_name_and_no_other),
		cmocka_unit_test(
		    profile_evaluate__turns_where_each_system_does),
		cmocka_unit_test(profile_evaluate__is_infinite_without_debt),
		cmocka_unit_test(
		    profile_evaluate__rounds_a_health_as_aave_does),
		cmocka_unit_test(
		    profile_evaluate__borrows_by_the_floored_average),
		cmocka_unit_test(profile_evaluate__caps_a_leg_as_gearbox_does),
		cmocka_unit_test(
		    profile_evaluate__borrows_at_another_price),
		cmocka_unit_test(
		    profile_evaluate__fails_where_a_contract_would_revert),
		cmocka_unit_test(profile_usd18__rescales_to_the_side),
		cmocka_unit_test(
		    profile_evaluate_vault__is_ratio_evaluate_bit_for_bit),
		cmocka_unit_test(
		    profile_legs_of_vault__speaks_the_profiles_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
