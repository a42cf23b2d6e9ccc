/* What falls prices leave unpaid: by hand, and against a dumb recount. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/aggregate_ladder.h"
#include "margin/verdict.h"
#include "tests/margin_world.h"
#include "tests/must_expected.h"

static struct ladder l;
static struct ladder_rules rules;

static const struct ladder_line *
line_at(const char *shock)
{
	struct num18 s = num18_from_raw(world_number(shock, 18));

	for (uint32_t i = 0; i < rules.shock_count; i++)
		if (num18_compare(l.line[i].shock, s) == 0)
			return &l.line[i];
	abort();
}

/* 1000 of collateral at 80 % with a bonus of 5 %, against a stable debt. */
static void
add_vault(const char *debt)
{
	struct ladder_leg legs[] = {
		{ .factor = 1, .value = usd("1000"), .weighted = usd("800"),
		    .bonus = part("0.05") },
		{ .factor = 0, .is_debt = true, .value = usd(debt),
		    .weighted = usd(debt) },
	};

	assert_int_equal(aggregate_ladder_add(&l, legs, 2), ERR_OK);
}

static void
start(void)
{
	ladder_rules_default(&rules);
	rules.is_shocked[0] = false;
	aggregate_ladder_start(&l, &rules);
}

static void
aggregate_ladder__counts_debt_at_risk_and_unpaid(void **state)
{
	(void)state;
	start();
	assert_int_equal(rules.shock_count, 20);
	assert_string_equal(usd_text(usd18_from_raw(
	    num18_to_raw(rules.shock[0]))), "-0.9");
	assert_string_equal(usd_text(usd18_from_raw(
	    num18_to_raw(rules.shock[19]))), "1");
	add_vault("720");	/* at -10 % exactly healthy */
	add_vault("500");
	add_vault("0");
	assert_int_equal(aggregate_ladder_finish(&l), ERR_OK);
	assert_int_equal(line_at("0")->vaults_at_risk, 0);
	assert_int_equal(line_at("-0.1")->vaults_at_risk, 0);
	assert_int_equal(line_at("-0.2")->vaults_at_risk, 1);
	assert_string_equal(usd_text(line_at("-0.2")->debt_at_risk), "720");
	assert_string_equal(usd_text(line_at("-0.2")->bad_debt), "0");
	/* 800 * 720 / floor(800 / 1.05), ceiled. */
	assert_string_equal(usd_text(line_at("-0.2")->to_sell[1]),
	    "756.000000000000000001");
	/* 720 - 700 / 1.05 */
	assert_string_equal(usd_text(line_at("-0.3")->bad_debt),
	    "53.333333333333333334");
	assert_string_equal(usd_text(line_at("-0.3")->to_sell[1]), "700");
	assert_int_equal(line_at("-0.4")->vaults_at_risk, 2);
	assert_string_equal(usd_text(line_at("-0.4")->debt_at_risk), "1220");
	assert_string_equal(usd_text(line_at("-0.4")->debt), "1220");
	assert_string_equal(usd_text(line_at("1")->bad_debt), "0");
}

static void
aggregate_ladder__rounds_against_the_vaults(void **state)
{
	/* At +10 % nine units of either are 9.9 of them. */
	struct ladder_leg legs[] = {
		{ .factor = 1, .value = usd18_from_raw(9),
		    .weighted = usd18_from_raw(9) },
		{ .factor = 2, .is_debt = true, .value = usd18_from_raw(9),
		    .weighted = usd18_from_raw(9) },
	};

	(void)state;
	start();
	assert_int_equal(aggregate_ladder_add(&l, legs, 2), ERR_OK);
	assert_true(usd18_to_raw(line_at("0.1")->debt) == 10);
	assert_true(usd18_to_raw(line_at("0.1")->bad_debt) == 1);
	assert_int_equal(line_at("0.1")->vaults_at_risk, 1);
	assert_int_equal(line_at("0")->vaults_at_risk, 0);
}

static void
aggregate_ladder__limits_what_a_market_can_take(void **state)
{
	(void)state;
	start();
	rules.has_depth[1] = true;
	rules.depth[1] = usd("700");
	add_vault("720");
	assert_int_equal(aggregate_ladder_finish(&l), ERR_OK);
	assert_string_equal(usd_text(line_at("-0.2")->unsold),
	    "56.000000000000000001");
	assert_string_equal(usd_text(line_at("-0.2")->bad_debt_limited),
	    "56.000000000000000001");
	assert_string_equal(usd_text(line_at("-0.3")->unsold), "0");
	assert_string_equal(usd_text(line_at("-0.1")->unsold), "0");
	/* Never more than is owed. */
	rules.depth[1] = usd("0");
	assert_int_equal(aggregate_ladder_finish(&l), ERR_OK);
	assert_string_equal(usd_text(line_at("-0.2")->bad_debt_limited),
	    "720");
}

static void
aggregate_ladder_add__changes_nothing_where_it_fails(void **state)
{
	static struct ladder before;
	struct ladder_leg leg = { .factor = 1, .value = usd("1") };

	(void)state;
	start();
	add_vault("720");
	before = l;
	leg.value = usd18_from_raw(I128_MAX / (1 << 25) / 2 + 1);
	assert_int_equal(aggregate_ladder_add(&l, &leg, 1), ERR_RANGE);
	assert_memory_equal(&l, &before, sizeof(l));
	leg.value = usd18_from_raw(I128_MAX / (1 << 25) / 2);
	assert_int_equal(aggregate_ladder_add(&l, &leg, 1), ERR_OK);
	l.vaults = BOOK_VAULTS_MAX;
	assert_int_equal(aggregate_ladder_add(&l, &leg, 1), ERR_LIMIT);
}

static void
aggregate_ladder_start__refuses_a_price_of_zero(void **state)
{
	(void)state;
	ladder_rules_default(&rules);
	rules.shock[0] = num18_from_raw(-(i128)WAD_ONE_RAW);
	expect_assert_failure(aggregate_ladder_start(&l, &rules));
	ladder_rules_default(&rules);
	rules.shock_count = LADDER_SHOCKS_MAX + 1;
	expect_assert_failure(aggregate_ladder_start(&l, &rules));
}

/* at_risk recounts one vault in a market that has moved: 1, 0, or -1 where the
 * excess is within a millionth of the debt.  Prices round before they are
 * multiplied there, and values after it here. */
static int
at_risk(struct world *w, struct num18 shock)
{
	struct ratio_result r;
	i128 margin;

	for (size_t i = 0; i < w->market.count; i++) {
		struct price *p = &w->market.asset[i].price;
		struct num18 times;

		assert_int_equal(num18_add(&times, num18_one(), shock),
		    ERR_OK);
		if (w->book.assets[i].factor == 0)
			continue;
		assert_int_equal(px18_mul_num(&p->mid, p->mid, times,
		    ROUND_FLOOR), ERR_OK);
	}
	assert_int_equal(ratio_evaluate(&r, &w->book, &w->vault, &w->market),
	    ERR_OK);
	margin = usd18_to_raw(r.mid.weighted_debt) / 1000000 + 1000;
	if (usd18_to_raw(r.mid.excess) > margin)
		return 0;
	return usd18_to_raw(r.mid.excess) < -margin ? 1 : -1;
}

static void
aggregate_ladder__agrees_with_a_moved_market(void **state)
{
	static struct world w, moved;
	struct ladder_leg legs[2 * BOOK_LEGS_MAX];
	unsigned compared = 0, risky = 0;
	uint64_t seed = 17;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		size_t count;

		world_random(&w, &seed);
		start();
		if (ladder_legs_of_vault(legs, &count, &w.book, &w.vault,
		    &w.market) != ERR_OK ||
		    aggregate_ladder_add(&l, legs, count) != ERR_OK)
			continue;
		for (uint32_t k = 0; k < rules.shock_count; k++) {
			int expected;

			moved = w;
			/* A price of few units does not move smoothly. */
			for (size_t a = 0; a < w.market.count; a++)
				if (px18_to_raw(w.market.asset[a].price.mid) <
				    1000000000)
					moved.vault.debt_count = 0;
			if (moved.vault.debt_count == 0)
				continue;
			expected = at_risk(&moved, rules.shock[k]);
			if (expected < 0)
				continue;
			assert_int_equal(l.line[k].vaults_at_risk, expected);
			compared++;
			risky += (unsigned)expected;
		}
	}
	assert_true(compared > 5000);
	assert_true(risky > 1000);
}

static void
ladder_legs_of_vault__refuses_a_refused_price(void **state)
{
	static struct world w;
	struct ladder_leg legs[2 * BOOK_LEGS_MAX];
	size_t count = 7;
	uint8_t eth;

	(void)state;
	world_init(&w);
	eth = world_asset(&w, 18, "2000", "0.7", "0.8");
	w.book.assets[eth].rules[0].bonus = part("0.05");
	world_hold(&w, eth, "1");
	assert_int_equal(ladder_legs_of_vault(legs, &count, &w.book, &w.vault,
	    &w.market), ERR_OK);
	assert_int_equal(count, 1);
	assert_string_equal(usd_text(legs[0].weighted), "1600");
	count = 7;
	w.market.asset[eth].price.status = PRICE_REFUSED;
	assert_int_equal(ladder_legs_of_vault(legs, &count, &w.book, &w.vault,
	    &w.market), ERR_STALE);
	assert_int_equal(count, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    aggregate_ladder__counts_debt_at_risk_and_unpaid),
		cmocka_unit_test(aggregate_ladder__rounds_against_the_vaults),
		cmocka_unit_test(
		    aggregate_ladder__limits_what_a_market_can_take),
		cmocka_unit_test(
		    aggregate_ladder_add__changes_nothing_where_it_fails),
		cmocka_unit_test(
		    aggregate_ladder_start__refuses_a_price_of_zero),
		cmocka_unit_test(
		    aggregate_ladder__agrees_with_a_moved_market),
		cmocka_unit_test(
		    ladder_legs_of_vault__refuses_a_refused_price),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
