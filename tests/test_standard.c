/* The standard method: isolated and bounded options, contingencies, linear
 * items and held bases, both sides of each limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "margin/standard.h"
#include "tests/margin_world.h"

#define OPTIONS 8u
#define RANDOM_BOOKS 3000

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

/* One market at a spot of 1500, everything sure, nothing in it. */
static struct {
	struct instrument perp;
	struct standard_linear linear;
	struct standard_option options[OPTIONS];
	struct standard_group group;
	struct standard_base base;
	struct standard_inputs in;
	struct standard_rules rules;
	struct standard_result r;
	struct standard_group_term g;
	struct standard_term terms[OPTIONS + 2];
} s;

static void
load(void)
{
	memset(&s, 0, sizeof(s));
	standard_rules_default(&s.rules);
	s.perp.tier_count = 1;
	s.perp.multiplier = num("1");
	s.perp.tier[0] = (struct margin_tier){ usd18_from_raw(I128_MAX),
	    part("0.065"), part("0.05") };
	s.linear = (struct standard_linear){ .item = 70,
	    .instrument = &s.perp, .mark = px("1505"), .index = px("1500"),
	    .entry = px("1535"), .confidence = num("1") };
	s.group = (struct standard_group){ .forward = px("1510"),
	    .spot = px("1500"), .confidence = num("1"),
	    .options = s.options };
	s.base = (struct standard_base){ .item = 90, .price = px("1500"),
	    .confidence = num("1") };
	s.in = (struct standard_inputs){ .linear = &s.linear,
	    .linear_count = 1, .groups = &s.group, .group_count = 1,
	    .bases = &s.base, .base_count = 1, .stable = px("1") };
}

static void
option(const char *amount, bool is_call, const char *strike, const char *mark)
{
	size_t i = s.group.option_count++;

	s.options[i] = (struct standard_option){ .item = (uint32_t)(80 + i),
	    .strike = px(strike), .is_call = is_call, .amount = num(amount),
	    .mark = px(mark), .confidence = num("1") };
}

static void
evaluate(void)
{
	assert_int_equal(standard_evaluate(&s.r, s.terms, &s.g, &s.rules,
	    &s.in), ERR_OK);
}

#define assert_usd(v, text) \
	do { \
		const char *got_ = usd_text(v); \
		assert_string_equal(got_, text); \
	} while (0)

static void
standard_evaluate__of_nothing_is_zero(void **state)
{
	(void)state;
	load();
	evaluate();
	assert_true(usd18_is_zero(s.r.initial));
	assert_true(usd18_is_zero(s.r.maintenance));
	assert_true(usd18_is_zero(s.r.credit_initial));
	assert_true(usd18_is_zero(s.r.credit_maintenance));
	s.in = (struct standard_inputs){ .stable = px("1") };
	evaluate();
	assert_true(usd18_is_zero(s.r.initial));
}

static void
standard_evaluate__short_options_alone(void **state)
{
	static const struct {
		const char *amount;
		bool is_call;
		const char *strike, *mark, *initial, *maintenance;
	} rows[] = {
		/* Long options need nothing. */
		{ "1", true, "1500", "80", "0", "0" },
		{ "1", false, "1500", "80", "0", "0" },
		/* At the money 0.15 S + M; 0.075 S + M. */
		{ "-1", true, "1500", "80", "305", "192.5" },
		{ "-2", true, "1500", "80", "610", "385" },
		{ "-1", true, "1400", "130", "355", "242.5" },
		/* Out of the money by 30 of 75 that bring it to the floor. */
		{ "-1", true, "1530", "60", "255", "172.5" },
		{ "-1", true, "1575", "40", "190", "152.5" },
		{ "-1", true, "1576", "40", "190", "152.5" },
		{ "-1", false, "1500", "80", "305", "192.5" },
		{ "-1", false, "1470", "60", "255", "172.5" },
		{ "-1", false, "1424", "40", "190", "152.5" },
		/* Deep: 0.075 M beyond 0.075 S, and 1.05 MM beyond both. */
		{ "-1", false, "3000", "1500", "1725", "1612.5" },
		{ "-1", false, "4500", "3000", "3386.25", "3225" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		load();
		option(rows[i].amount, rows[i].is_call, rows[i].strike,
		    rows[i].mark);
		evaluate();
		assert_usd(s.g.isolated_initial, rows[i].initial);
		assert_usd(s.g.isolated_maintenance, rows[i].maintenance);
		assert_usd(s.terms[1].initial, rows[i].initial);
		assert_usd(s.terms[1].maintenance, rows[i].maintenance);
		assert_int_equal(s.terms[1].item, 80);
	}
}

static void
standard_evaluate__takes_isolated_or_bounded(void **state)
{
	(void)state;
	/* A call spread: at most 20 lost. */
	load();
	option("-1", true, "1500", "80");
	option("1", true, "1520", "70");
	evaluate();
	assert_usd(s.g.worst_payoff, "-20");
	assert_usd(s.g.bounded_initial, "20");
	assert_usd(s.r.initial, "20");
	assert_usd(s.r.maintenance, "20");
	/* One call more than is paired: 1.2 F and 1.1 F; isolated it is. */
	option("-1", true, "1520", "70");
	evaluate();
	assert_usd(s.g.unpaired_initial, "1812");
	assert_usd(s.g.unpaired_maintenance, "1661");
	assert_usd(s.g.bounded_initial, "1832");
	assert_usd(s.r.initial, "580");
	/* A long box gains at every price: no requirement. */
	load();
	option("1", true, "1500", "80");
	option("-1", false, "1500", "70");
	option("-1", true, "1600", "40");
	option("1", false, "1600", "130");
	evaluate();
	assert_usd(s.g.worst_payoff, "100");
	assert_usd(s.r.initial, "0");
	assert_usd(s.r.option_value, "100");
	assert_usd(s.r.credit_initial, "0");
	/* Puts lose most at zero. */
	load();
	option("-1", false, "1500", "80");
	option("1", false, "1480", "70");
	evaluate();
	assert_usd(s.g.worst_payoff, "-20");
}

static void
standard_evaluate__doubts_below_the_threshold_only(void **state)
{
	static const struct {
		const char *spot, *vol, *contingency;
	} rows[] = {
		{ "1", "1", "0" },
		{ "0.4", "1", "0" },
		{ "0.399999999999999999", "1", "720.0000000000000012" },
		{ "1", "0.1", "1080" },
		{ "0.3", "0.1", "1080" },
		{ "0.1", "0.3", "1080" },
		{ "0", "0", "1200" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		load();
		option("-2", true, "1500", "80");
		option("5", true, "1520", "70");
		s.group.confidence = num(rows[i].spot);
		s.options[0].confidence = num(rows[i].vol);
		evaluate();
		/* (1 - c) * 0.4 * 1500 * 2 */
		assert_usd(s.g.contingency, rows[i].contingency);
		assert_usd(s.r.contingency, rows[i].contingency);
		assert_int_equal(usd18_to_raw(s.r.initial) ==
		    usd18_to_raw(s.r.maintenance),
		    usd18_is_zero(s.r.contingency));
	}
	/* A threshold of zero never doubts. */
	s.rules.oracle.option_threshold = num("0");
	evaluate();
	assert_usd(s.r.contingency, "0");
}

static void
standard_evaluate__charges_a_depeg_below_the_threshold(void **state)
{
	(void)state;
	load();
	option("-2", true, "1500", "80");
	s.linear.size = num("-1");
	s.in.stable = px("0.98");
	evaluate();
	assert_usd(s.r.depeg, "0");
	/* 0.01 * 1.2 * 1500 * (2 + 1) */
	s.in.stable = px("0.97");
	evaluate();
	assert_usd(s.r.depeg, "54");
	assert_int_equal(usd18_to_raw(s.r.initial), usd18_to_raw(
	    s.r.linear_initial) + usd18_to_raw(s.r.option_initial) +
	    usd18_to_raw(s.r.depeg));
	s.rules.depeg_threshold = num("0");
	evaluate();
	assert_usd(s.r.depeg, "0");
}

static void
standard_evaluate__linear_items(void **state)
{
	(void)state;
	load();
	s.linear.size = num("1");
	s.linear.funding = usd("-10");
	evaluate();
	assert_usd(s.r.linear_value, "-20");
	assert_usd(s.r.credit_initial, "-20");
	assert_usd(s.r.maintenance, "75.25");
	assert_usd(s.r.initial, "97.825");
	assert_int_equal(s.terms[0].item, 70);
	/* A profit counts its weight, a loss counts whole. */
	s.linear.size = num("-1");
	s.rules.profit_weight = part("0.5");
	evaluate();
	assert_usd(s.r.linear_value, "40");
	assert_usd(s.r.credit_maintenance, "20");
	/* Orders: margin on the worse side, profit on the position. */
	s.linear.bids = num("4");
	evaluate();
	assert_usd(s.r.linear_value, "40");
	assert_usd(s.r.maintenance, "225.75");
	/* Below the threshold (1 - 0.3) * 0.4 * 1500 * 3. */
	s.linear.confidence = num("0.3");
	evaluate();
	assert_usd(s.r.contingency, "1260");
	/* Only orders: neither profit nor an entry. */
	s.linear.size = num("0");
	s.linear.entry = px("0");
	evaluate();
	assert_usd(s.r.linear_value, "10");
	assert_usd(s.r.maintenance, "301");
}

static void
standard_evaluate__inverse_items(void **state)
{
	(void)state;
	load();
	s.perp.is_inverse = true;
	s.linear.size = num("10000");
	s.linear.entry = px("8000");
	s.linear.mark = px("10000");
	s.linear.index = px("10100");
	s.linear.funding = usd("0.05");		/* coin */
	evaluate();
	/* (0.25 - 0.05) coin at 10,100; 1 coin of notional. */
	assert_usd(s.r.linear_value, "2020");
	assert_usd(s.r.maintenance, "505");
	assert_usd(s.r.initial, "656.5");
	s.linear.size = num("0");
	s.linear.entry = px("0");
	evaluate();
	assert_usd(s.r.linear_value, "-505");
}

static void
standard_evaluate__bases_count_their_weight(void **state)
{
	(void)state;
	load();
	s.base.amount = num("2");
	evaluate();
	assert_usd(s.r.base_value, "3000");
	assert_usd(s.r.credit_maintenance, "2400");
	assert_usd(s.r.credit_initial, "1920");
	s.base.confidence = num("0.15");
	evaluate();
	assert_usd(s.r.contingency, "1020");	/* 0.85 * 0.4 * 3000 */
	/* What counts for nothing is not doubted. */
	s.rules.base_weight = part("0");
	evaluate();
	assert_usd(s.r.contingency, "0");
	/* What is owed counts as much more as what is held counts less. */
	s.rules.base_weight = part("0.8");
	s.base.amount = num("-2");
	evaluate();
	assert_usd(s.r.contingency, "0");
	assert_usd(s.r.credit_maintenance, "-3600");
	assert_usd(s.r.credit_initial, "-4080");
	assert_int_equal(s.terms[1].item, 90);
}

static void
standard_evaluate__leaves_the_result_alone_on_failure(void **state)
{
	static struct standard_option many[STANDARD_GROUP_OPTIONS_MAX + 1];

	(void)state;
	load();
	s.r.initial = usd("7");
	s.group.confidence = num("1.000000000000000001");
	assert_int_equal(standard_evaluate(&s.r, NULL, NULL, &s.rules, &s.in),
	    ERR_RANGE);
	s.group.confidence = num("-0.1");
	assert_int_equal(standard_evaluate(&s.r, NULL, NULL, &s.rules, &s.in),
	    ERR_RANGE);
	s.group.confidence = num("1");
	s.linear.size = num18_from_raw(I128_MAX);
	assert_int_equal(standard_evaluate(&s.r, NULL, NULL, &s.rules, &s.in),
	    ERR_RANGE);
	s.linear.size = num("0");
	s.group.options = many;
	s.group.option_count = ARRAY_COUNT(many);
	assert_int_equal(standard_evaluate(&s.r, NULL, NULL, &s.rules, &s.in),
	    ERR_LIMIT);
	s.group.option_count--;
	assert_string_equal(usd_text(s.r.initial), "7");
	assert_int_equal(standard_evaluate(&s.r, NULL, NULL, &s.rules, &s.in),
	    ERR_OK);
	assert_string_equal(usd_text(s.r.initial), "0");
}

/* The worst payoff over a fine ladder of prices is no worse than the one over
 * the strikes, and adding a short option never lowers a requirement alone. */
static void
standard_evaluate__no_price_is_worse_than_the_worst_strike(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (unsigned i = 0; i < RANDOM_BOOKS; i++) {
		size_t count = (size_t)random_below(&seed, OPTIONS) + 1;
		i128 calls = 0;

		load();
		for (size_t k = 0; k < count; k++) {
			struct standard_option *o = &s.options[k];
			i128 amount = ((i128)random_below(&seed, 9) - 4) *
			    (i128)WAD_ONE_RAW;

			o->is_call = random_one_in(&seed, 2);
			o->strike = px18_from_raw((1000 +
			    random_below(&seed, 1000)) * WAD_ONE_RAW);
			o->amount = num18_from_raw(amount);
			o->confidence = num("1");
			calls += o->is_call ? amount : 0;
		}
		s.group.option_count = count;
		evaluate();
		for (u128 p = 0; p <= 2000; p += 50) {
			i128 pays = 0;

			for (size_t k = 0; k < count; k++) {
				const struct standard_option *o =
				    &s.options[k];
				i128 in = (i128)(p * WAD_ONE_RAW) -
				    (i128)px18_to_raw(o->strike);

				in = o->is_call ? in : -in;
				pays += in > 0 ? in / (i128)WAD_ONE_RAW *
				    num18_to_raw(o->amount) : 0;
			}
			/* Above the last strike only net calls change. */
			if (calls >= 0)
				assert_true(pays >=
				    usd18_to_raw(s.g.worst_payoff));
		}
		assert_true(usd18_to_raw(s.r.initial) >=
		    usd18_to_raw(s.r.maintenance));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standard_evaluate__of_nothing_is_zero),
		cmocka_unit_test(standard_evaluate__short_options_alone),
		cmocka_unit_test(
		    standard_evaluate__takes_isolated_or_bounded),
		cmocka_unit_test(
		    standard_evaluate__doubts_below_the_threshold_only),
		cmocka_unit_test(
		    standard_evaluate__charges_a_depeg_below_the_threshold),
		cmocka_unit_test(standard_evaluate__linear_items),
		cmocka_unit_test(standard_evaluate__inverse_items),
		cmocka_unit_test(standard_evaluate__bases_count_their_weight),
		cmocka_unit_test(
		    standard_evaluate__leaves_the_result_alone_on_failure),
		cmocka_unit_test(
		    standard_evaluate__no_price_is_worse_than_the_worst_strike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
