/* What each system would do to a vault of the book. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/close.h"
#include "margin/liquidation.h"
#include "tests/lending_world.h"

static struct world w;
static uint8_t eth, usdc;

/* 10 ETH at `price`, 82.5 %, bonus 5 %, against 15,000 USDC. */
static void
world_make(const char *price)
{
	world_init(&w);
	eth = world_asset(&w, 18, price, "0.8", "0.825");
	usdc = world_asset(&w, 6, "1", "0.8", "0.85");
	w.book.assets[eth].rules[0].bonus = part("0.05");
	w.book.assets[usdc].rules[0].dust = usd("100");
	world_hold(&w, eth, "10");
	world_owe(&w, usdc, "15000");
}

static enum err
close_by(struct close_result *r, const char *name)
{
	struct close_rules rules;

	close_rules_default(&rules);
	return close_vault(r, close_find(name, strlen(name)), &w.book,
	    &w.vault, &w.market, usdc, eth, &rules);
}

static void
close_find__has_a_system_for_every_profile(void **state)
{
	(void)state;
	for (size_t i = 0; profile_at(i) != NULL; i++)
		assert_non_null(close_find(profile_at(i)->name,
		    strlen(profile_at(i)->name)));
	assert_null(close_find("aave", 4));
}

static void
close_vault__leaves_a_healthy_vault_alone(void **state)
{
	(void)state;
	world_make("2000");
	for (size_t i = 0; profile_at(i) != NULL; i++) {
		struct close_result r = { .repay = 7 };

		assert_int_equal(close_by(&r, profile_at(i)->name), ERR_OK);
		assert_false(r.is_liquidatable);
		assert_true(r.repay == 0 && r.seize == 0 && r.fee == 0);
	}
}

/* At 1800: V = 18,000, W = 14,850, D = 15,000; health 0.99, ratio 1.2. */
static void
close_vault__sizes_by_each_systems_rules(void **state)
{
	static const struct {
		const char *name, *repay, *seize, *fee, *bad_debt;
		bool takes_all;
	} rows[] = {
		/* (1.05 * 15000 - 14850) / (1.05 - 1.05 * 0.825) */
		{ "margind", "4897.959184", "2.857142857142857142", "0", "0",
		    false },
		/* Half of the debt; a tenth of the bonus is the protocol's. */
		{ "aave-v3", "7500", "4.354166666666666665",
		    "0.020833333333333334", "0", false },
		/* All for 95 % of its value: 17,100, of which 15,000 owed. */
		{ "compound-v3", "15000", "10", "0", "0", true },
		{ "maker", "15000", "10", "0", "0", false },
		/* 15000 / (1 - 0.3 * 0.175) in whole USDC atoms, / 1800. */
		{ "morpho-blue", "15000", "8.795074757777777777", "0", "0",
		    false },
		/* Discount 1 - 0.99: 15000 / 0.99 / 1800. */
		{ "euler", "15000", "8.417508417508417508", "0", "0", false },
		{ "gearbox", "15000", "10", "0", "0", true },
	};

	(void)state;
	world_make("1800");
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct close_result r;

		assert_int_equal(close_by(&r, rows[i].name), ERR_OK);
		assert_true(r.is_liquidatable);
		assert_string_equal(big_text(evm_word(r.repay)),
		    big_text(evm_word((u128)world_number(rows[i].repay, 6))));
		assert_string_equal(big_text(evm_word(r.seize)), big_text(
		    evm_word((u128)world_number(rows[i].seize, 18))));
		assert_string_equal(big_text(evm_word(r.fee)), big_text(
		    evm_word((u128)world_number(rows[i].fee, 18))));
		assert_string_equal(usd_text(r.bad_debt), rows[i].bad_debt);
		assert_true(r.takes_all == rows[i].takes_all);
	}
}

static void
close_vault__liquity_goes_by_the_whole_system(void **state)
{
	struct close_rules rules;
	struct close_result r;
	const struct close_system *liquity = close_find("liquity", 7);

	(void)state;
	/* A ratio of 1.2 is above 1.1: nothing, but in recovery. */
	world_make("1800");
	close_rules_default(&rules);
	assert_int_equal(close_vault(&r, liquity, &w.book, &w.vault,
	    &w.market, usdc, eth, &rules), ERR_OK);
	assert_false(r.is_liquidatable);
	rules.liquity_system_ratio = ratio("1.4");
	assert_int_equal(close_vault(&r, liquity, &w.book, &w.vault,
	    &w.market, usdc, eth, &rules), ERR_OK);
	assert_true(r.is_liquidatable);
	assert_true(r.repay == 15000000000u);
	/* 15,000 * 1.1 / 1800, a two-hundredth of it to the caller. */
	assert_true(r.seize == (u128)world_number("9.120833333333333333", 18));
	assert_true(r.fee == (u128)world_number("0.045833333333333333", 18));
	rules.liquity_pool_covers = false;
	assert_int_equal(close_vault(&r, liquity, &w.book, &w.vault,
	    &w.market, usdc, eth, &rules), ERR_OK);
	assert_false(r.is_liquidatable);
}

/* At 1400 V = 14,000: 1,000 less than is owed. */
static void
close_vault__says_what_is_written_off(void **state)
{
	static const struct { const char *name, *bad_debt; } rows[] = {
		/* 15000 - 14000 / 1.05 */
		{ "margind", "1666.666666666666666667" },
		{ "aave-v3", "1666.66666667" },
		{ "compound-v3", "1700" },	/* 95 % of 14,000 */
		{ "maker", "0" },		/* the auction tells */
		/* 15000 - ceil(14000 / 1.055408970976253298) */
		{ "morpho-blue", "1735" },
		{ "euler", "3800" },		/* 80 % of 14,000 repaid */
		{ "gearbox", "1560" },		/* 96 % of 14,000 */
	};

	(void)state;
	world_make("1400");
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct close_result r;

		assert_int_equal(close_by(&r, rows[i].name), ERR_OK);
		assert_true(r.is_liquidatable);
		if (strcmp(rows[i].name, "aave-v3") == 0 ||
		    strcmp(rows[i].name, "morpho-blue") == 0)
			assert_true(usd18_to_raw(r.bad_debt) -
			    usd18_to_raw(usd(rows[i].bad_debt)) < 1000000);
		else
			assert_string_equal(usd_text(r.bad_debt),
			    rows[i].bad_debt);
	}
}

static void
close_vault__answers_what_it_cannot_size(void **state)
{
	struct close_result r = { .repay = 7 };

	(void)state;
	world_make("1800");
	w.market.asset[eth].price.status = PRICE_REFUSED;
	assert_int_equal(close_by(&r, "aave-v3"), ERR_STALE);
	world_make("1800");
	w.vault.collateral_count = 0;
	assert_int_equal(close_by(&r, "aave-v3"), ERR_UNKNOWN);
	/* Two debts: a Comet lends one base asset. */
	world_make("1800");
	w.vault.debt[0].asset = eth;
	w.vault.debt[0].amount = 1;
	world_owe(&w, usdc, "15000");
	assert_int_equal(close_by(&r, "compound-v3"), ERR_REFUSED);
	assert_int_equal(close_by(&r, "euler"), ERR_REFUSED);
	assert_true(r.repay == 7);
	assert_int_equal(close_by(&r, "aave-v3"), ERR_OK);
}

/* Tokens of 24 and 2 decimals at prices that divide nothing: amounts and what
 * is written off, in atoms and 1e-18 USD, recomputed in Python from the
 * contracts' formulas. */
static const struct uneven {
	const char *name, *repay, *seize, *fee, *bad_debt;
} UNEVEN_1799[] = {
		{ "maker", "961539", "6284560994175192350000000",
		    "0", "0" },
		{ "compound-v3", "1530001", "10000000000000000000000007",
		    "0", "0" },
		{ "euler", "1530001", "8551011413929601570099847",
		    "0", "0" },
		{ "gearbox", "1530001", "10000000000000000000000007",
		    "0", "0" },
		{ "morpho-blue", "1530001", "8864541726826962188307769",
		    "0", "0" },
		{ "aave-v3", "765000", "4399895736980893058377702",
		    "22257752606661003349625", "0" },
		{ "liquity", "1530001", "9192877717937007017000000",
		    "46195365416768879000000", "0" },
}, UNEVEN_1299[] = {
		{ "maker", "961539", "6284560994175192350000000",
		    "0", "0" },
		{ "compound-v3", "1245648", "10000000000000000000000007",
		    "0", "2808424716990000000000" },
		{ "euler", "1052289", "10000000000000000000000007",
		    "0", "4718143214653663209936" },
		{ "gearbox", "1262748", "10000000000000000000000007",
		    "0", "2639535940460000000000" },
		{ "morpho-blue", "1246307", "10000000000000000000000007",
		    "0", "2801916052219656049418" },
		{ "aave-v3", "1249157", "9949667616334283000949674",
		    "50332383665716999050333", "2773767926560000000000" },
		{ "liquity", "1530001", "9950000000000000000000000",
		    "50000000000000000000000", "0" },
};

static void
uneven_check(const char *price, const struct uneven *rows, size_t count)
{
	struct close_rules rules;

	world_init(&w);
	eth = world_asset(&w, 24, price, "0.8", "0.825");
	usdc = world_asset(&w, 2, "0.987654321987654321", "0", "0");
	w.book.assets[eth].rules[0].bonus = part("0.053");
	w.book.assets[usdc].rules[0].dust = usd("100");
	world_hold(&w, eth, "10.000000000000000000000007");
	world_owe(&w, usdc, "15300.01");
	close_rules_default(&rules);
	rules.maker_room = usd("10000");
	rules.liquity_system_ratio = ratio("1.4");
	for (size_t i = 0; i < count; i++) {
		struct close_result r;

		assert_int_equal(close_vault(&r, close_find(rows[i].name,
		    strlen(rows[i].name)), &w.book, &w.vault, &w.market,
		    usdc, eth, &rules), ERR_OK);
		assert_string_equal(big_text(evm_word(r.repay)),
		    rows[i].repay);
		assert_string_equal(big_text(evm_word(r.seize)),
		    rows[i].seize);
		assert_string_equal(big_text(evm_word(r.fee)), rows[i].fee);
		assert_string_equal(big_text(evm_word(
		    (u128)usd18_to_raw(r.bad_debt))), rows[i].bad_debt);
	}
}

static void
close_vault__rounds_as_each_system_does(void **state)
{
	(void)state;
	uneven_check("1799.123456789012345678", UNEVEN_1799,
	    ARRAY_COUNT(UNEVEN_1799));
	uneven_check("1299.123456789012345678", UNEVEN_1299,
	    ARRAY_COUNT(UNEVEN_1299));
}

/* Whatever the vault, nobody repays more than is owed or takes more than is
 * held. */
static void
close_vault__stays_within_its_legs_on_random_vaults(void **state)
{
	unsigned sized[8] = { 0 };
	uint64_t seed = 11;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		world_random(&w, &seed);
		if (w.vault.collateral_count == 0 || w.vault.debt_count == 0)
			continue;
		for (size_t k = 0; profile_at(k) != NULL; k++) {
			const struct leg *held = &w.vault.collateral[0];
			const struct leg *owed = &w.vault.debt[0];
			struct close_result r;
			u128 atoms;

			usdc = owed->asset;
			eth = held->asset;
			if (close_by(&r, profile_at(k)->name) != ERR_OK ||
			    !r.is_liquidatable ||
			    book_debt_atoms(&atoms, &w.book, owed) != ERR_OK)
				continue;
			assert_true(r.repay <= atoms);
			assert_true(r.seize <= held->amount);
			assert_true(r.fee <= held->amount - r.seize);
			assert_false(usd18_is_negative(r.bad_debt));
			sized[k]++;
		}
	}
	for (size_t k = 0; k < 8; k++)
		assert_true(sized[k] > 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(close_find__has_a_system_for_every_profile),
		cmocka_unit_test(close_vault__leaves_a_healthy_vault_alone),
		cmocka_unit_test(close_vault__sizes_by_each_systems_rules),
		cmocka_unit_test(
		    close_vault__liquity_goes_by_the_whole_system),
		cmocka_unit_test(close_vault__says_what_is_written_off),
		cmocka_unit_test(close_vault__answers_what_it_cannot_size),
		cmocka_unit_test(close_vault__rounds_as_each_system_does),
		cmocka_unit_test(
		    close_vault__stays_within_its_legs_on_random_vaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
