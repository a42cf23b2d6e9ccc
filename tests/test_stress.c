/* The ladder's closed form against every vault evaluated again in a moved
 * market, where both say the same: tokens, no bands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "margin/aggregate_ladder.h"
#include "margin/stress.h"
#include "tests/must_expected.h"
#include "tests/portfolio_world.h"

#define BOOKS 40u

static struct ladder ladder;
static struct ladder_rules rules;

static void
bands_remove(struct portfolio_world *w)
{
	for (size_t i = 0; i < w->market.count; i++) {
		struct price *p = &w->market.asset[i].price;

		p->low = p->high = p->mid;
	}
}

/* Up to 3 ETH, 0.2 BTC and 2 wstETH, against up to 9000 USDC and 0.1 BTC. */
static void
vaults_random(struct portfolio_world *w)
{
	static const uint8_t decimals[] = { 18, 8, 6, 18 };
	static const struct {
		bool is_debt;
		uint8_t asset;
		int64_t most;	/* thousandths */
	} rows[] = {
		{ false, PW_ETH, 3000 }, { false, PW_BTC, 200 },
		{ false, PW_WSTETH, 2000 }, { true, PW_BTC, 100 },
		{ true, PW_USDC, 9000000 },
	};

	for (size_t n = 0; n < PW_VAULTS; n++) {
		struct vault v = pw_vault(w, METHOD_RATIO);

		for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
			struct leg leg = { .asset = rows[i].asset,
			    .index = wad_one(),
			    .amount = (u128)pw_between(w, 0, rows[i].most) /
				pow10_u128(18u - decimals[rows[i].asset]) };

			if (pw_random(w) % 3 == 0)
				continue;
			if (rows[i].is_debt)
				v.debt[v.debt_count++] = leg;
			else
				v.collateral[v.collateral_count++] = leg;
		}
		(void)pw_put(w, &v);
	}
}

static void
ladder_fill(const struct portfolio_world *w)
{
	struct ladder_leg legs[2 * BOOK_LEGS_MAX];
	size_t count;

	assert_int_equal(ladder_rules_of_book(&rules, &w->book, num18_one()),
	    ERR_OK);
	aggregate_ladder_start(&ladder, &rules);
	for (uint32_t i = 0; i < w->book.vault_count; i++) {
		assert_true(margin_is_tokens_alone(&w->snapshot, i));
		assert_int_equal(ladder_legs_of_vault(legs, &count, &w->book,
		    &w->vaults[i], &w->market), ERR_OK);
		assert_int_equal(aggregate_ladder_add(&ladder, legs, count),
		    ERR_OK);
	}
	assert_int_equal(aggregate_ladder_finish(&ladder), ERR_OK);
}

/* near: within a unit for each of the vaults' debts. */
static void
assert_near(struct usd18 got, struct usd18 want)
{
	i128 d = usd18_to_raw(got) - usd18_to_raw(want);

	assert_true((d < 0 ? -d : d) <= 2 * (i128)PW_VAULTS);
}

static void
sum_again(struct stress_sum *sum, const struct portfolio_world *w,
    struct num18 move)
{
	static struct market market;
	static struct market_terms terms;
	struct shock k = { .scope = SHOCK_ALL, .vol = num18_one() };
	struct snapshot moved = w->snapshot;
	struct stress_outcome o;

	assert_int_equal(num18_add(&k.price, num18_one(), move), ERR_OK);
	assert_int_equal(shock_apply(&market, &terms, &w->market, &w->book,
	    &k), ERR_OK);
	moved.market = &market;
	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < w->book.vault_count; i++) {
		assert_int_equal(stress_vault(&o, &w->snapshot, &moved, i,
		    METHOD_RATIO), ERR_OK);
		assert_int_equal(stress_sum_add(sum, &o), ERR_OK);
	}
}

static void
stress_sum__agrees_with_the_ladder_without_bands(void **state)
{
	unsigned risky = 0, safe = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= BOOKS; seed++) {
		struct portfolio_world *w = pw_init(seed);

		bands_remove(w);
		vaults_random(w);
		ladder_fill(w);
		for (uint32_t i = 0; i < rules.shock_count; i++) {
			const struct ladder_line *line = &ladder.line[i];
			struct stress_sum sum;

			sum_again(&sum, w, line->shock);
			assert_int_equal(line->vaults_at_risk,
			    sum.liquidatable);
			assert_near(line->debt_at_risk, sum.debt_at_risk);
			assert_near(line->debt, sum.debt_value);
			/* The ladder's pays the bonus, too. */
			assert_true(usd18_compare(line->bad_debt,
			    sum.bad_debt) >= 0);
			risky += sum.liquidatable;
			safe += sum.vaults - sum.liquidatable;
		}
		free(w);
	}
	assert_true(risky > 1000);
	assert_true(safe > 1000);
}

static void
ladder_rules_of_book__takes_a_share_of_its_volumes(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct ladder_rules before;
	enum err e = ERR_OK;

	(void)state;
	w->book.assets[PW_WSTETH].risk.adv = usd18_from_raw(7);
	w->book.assets[PW_BTC].risk.adv = usd18_from_raw(29);
	assert_int_equal(ladder_rules_of_book(&rules, &w->book,
	    num18_from_raw(pw_number("0.1"))), ERR_OK);
	assert_true(usd18_to_raw(rules.depth[PW_F_ETH]) ==
	    pw_number("500000000"));
	assert_true(usd18_to_raw(rules.depth[PW_F_BTC]) == 2);
	assert_true(rules.has_depth[PW_F_USDC]);
	assert_false(rules.has_depth[PW_F_USDC + 1]);
	assert_true(rules.is_shocked[PW_F_ETH]);
	assert_false(rules.is_shocked[PW_F_USDC]);
	ladder_rules_one_factor(&rules, PW_F_USDC);
	assert_false(rules.is_shocked[PW_F_ETH]);
	assert_true(rules.is_shocked[PW_F_USDC]);
	before = rules;
	assert_int_equal(ladder_rules_of_book(&rules, &w->book,
	    num18_from_raw(I128_MAX)), ERR_RANGE);
	assert_memory_equal(&rules, &before, sizeof(rules));
	expect_assert_failure(e = ladder_rules_of_book(&rules, &w->book,
	    num18_from_raw(-1)));
	assert_int_equal(e, ERR_OK);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    stress_sum__agrees_with_the_ladder_without_bands),
		cmocka_unit_test(
		    ladder_rules_of_book__takes_a_share_of_its_volumes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
