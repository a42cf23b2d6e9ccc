/* The scenario method: by hand, at its limits, and its properties on random
 * units.  Whole published portfolios are in tests/cases/derive_pmrm2.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/option.h"
#include "margin/scenario.h"
#include "tests/margin_world.h"

#define MONTH_S 2592000u
#define RANDOM_UNITS 300

static struct scenario_rules rules;
static struct scenario_expiry expiry[3];
static struct scenario_option option[16];
static struct scenario_linear linear[4];
static struct scenario_collateral collateral[4];
static struct scenario_unit unit;

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static const char *
num_text(struct num18 v)
{
	static char buf[DECIMAL_BUF];

	decimal_from_i128(buf, num18_to_raw(v), 18);
	return buf;
}

static struct scenario_expiry
expiry_in(uint64_t seconds, const char *forward)
{
	return (struct scenario_expiry){
		.tau = option_tau(seconds * 1000), .seconds = seconds,
		.forward_variable = px(forward), .rate = num("0.04"),
		.confidence = num18_one(),
	};
}

static struct scenario_option
option_of(uint32_t e, bool is_call, const char *strike, const char *amount)
{
	return (struct scenario_option){
		.expiry = e, .is_call = is_call, .strike = px(strike),
		.amount = num(amount), .vol = num("0.6"),
		.confidence = num18_one(),
	};
}

static struct scenario_linear
perp_of(const char *amount, const char *price)
{
	return (struct scenario_linear){
		.kind = SCENARIO_PERP, .expiry = SCENARIO_NO_EXPIRY,
		.amount = num(amount), .price = px(price),
		.confidence = num18_one(),
	};
}

/* An empty unit at spot 2,000 with two live expiries and the defaults. */
static void
start(void)
{
	scenario_rules_default(&rules);
	expiry[0] = expiry_in(MONTH_S, "2010");
	expiry[1] = expiry_in(6 * MONTH_S, "2060");
	unit = (struct scenario_unit){
		.spot = px("2000"), .spot_confidence = num18_one(),
		.stable = px("1"), .beta = num18_one(),
		.expiry_count = 2, .expiry = expiry, .option = option,
		.linear = linear, .collateral = collateral,
	};
}

static struct scenario_result
evaluate(void)
{
	struct scenario_result r;

	assert_int_equal(scenario_evaluate(&r, &unit, &rules), ERR_OK);
	return r;
}

static i128
raw_of(struct usd18 v)
{
	return usd18_to_raw(v);
}

/* ---- rules -------------------------------------------------------------- */

static void
scenario_rules_default__is_production_pmrm_2(void **state)
{
	(void)state;
	scenario_rules_default(&rules);
	assert_int_equal(scenario_rules_check(&rules), ERR_OK);
	assert_int_equal(rules.shock_count, 31);
	assert_int_equal(rules.common_count, 23);
	assert_string_equal(num_text(rules.shock[0].spot), "1.18");
	assert_string_equal(num_text(rules.shock[22].spot), "0.82");
	assert_string_equal(num_text(rules.shock[28].spot), "4");
	assert_string_equal(num_text(rules.shock[28].dampening), "0.012");
	assert_int_equal(rules.shock[29].vol, SCENARIO_VOL_LINEAR);
	assert_int_equal(rules.shock[30].vol, SCENARIO_VOL_ABS);
	/* 0.036 / 0.66, 0.036 / 0.33. */
	assert_string_equal(num_text(rules.shock[23].dampening),
	    "0.054545454545454545");
	assert_string_equal(num_text(rules.shock[24].dampening),
	    "0.109090909090909091");
}

static void
scenario_rules_check__refuses_both_sides_of_each_bound(void **state)
{
	static const struct {
		size_t at;
		const char *good, *bad;
	} rows[] = {
#define MEMBER(m) offsetof(struct scenario_rules, m)
		{ MEMBER(shock[3].dampening), "15.999999999999999999", "16" },
		{ MEMBER(shock[3].dampening), "0", "-0.1" },
		{ MEMBER(shock[3].spot), "100", "100.1" },
		{ MEMBER(shock[3].spot), "0", "-0.000000000000000001" },
		{ MEMBER(extra.omega), "0.5", "0.500000000000000001" },
		{ MEMBER(extra.omega), "0", "-0.000000000000000001" },
		{ MEMBER(skew.linear_c_base), "-1000", "-1000.1" },
		{ MEMBER(skew.min_k_star), "0", "-0.1" },
		{ MEMBER(margin.im_factor), "1000", "1000.1" },
		{ MEMBER(other.conf_margin), "0", "-1" },
#undef MEMBER
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct num18 *m;

		scenario_rules_default(&rules);
		m = (struct num18 *)(void *)((char *)&rules + rows[i].at);
		*m = num(rows[i].good);
		assert_int_equal(scenario_rules_check(&rules), ERR_OK);
		*m = num(rows[i].bad);
		assert_int_equal(scenario_rules_check(&rules), ERR_RANGE);
	}
	scenario_rules_default(&rules);
	rules.shock_count = 0;
	assert_int_equal(scenario_rules_check(&rules), ERR_MISSING);
	rules.shock_count = SCENARIO_SHOCKS_MAX + 1;
	assert_int_equal(scenario_rules_check(&rules), ERR_LIMIT);
	scenario_rules_default(&rules);
	rules.common[0].vol = SCENARIO_VOL_ABS;
	assert_int_equal(scenario_rules_check(&rules), ERR_RANGE);
	scenario_rules_default(&rules);
	rules.vol.dte_floor_s = 0;
	assert_int_equal(scenario_rules_check(&rules), ERR_RANGE);
}

/* ---- one expiry --------------------------------------------------------- */

static void
scenario_expiry_shocks_of__changes_power_after_30_days(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *up, *down;
	} rows[] = {
		{ MONTH_S, "1.5", "0.725" },
		/* (1/2)^0.13 = 0.913831..., and (30/0.5)^0.3 is held at a
		 * day: 30^0.3 = 2.774191... */
		{ 2 * MONTH_S, "1.456915725", "0.748696351" },
		{ 43200, "2.387095557", "0.237097443" },
		{ 86400, "2.387095557", "0.237097443" },
	};

	(void)state;
	start();
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct scenario_expiry e = expiry_in(rows[i].seconds, "2000");
		struct scenario_expiry_shocks s;

		assert_int_equal(scenario_expiry_shocks_of(&s, &e, &rules),
		    ERR_OK);
		assert_int_equal(num18_to_raw(s.vol_up) / 1000000000,
		    num18_to_raw(num(rows[i].up)) / 1000000000);
		assert_int_equal((num18_to_raw(s.vol_down) + 1000000) /
		    1000000000, num18_to_raw(num(rows[i].down)) / 1000000000);
	}
}

static void
scenario_expiry_shocks_of__caps_the_mark_up(void **state)
{
	struct scenario_expiry e = expiry_in(6 * MONTH_S, "2000");
	struct scenario_expiry_shocks s;
	struct num18 product;

	(void)state;
	start();
	/* exp(r tau) caps 1.04 exp(tau (0.5 r + 0.08)); below zero a rate is
	 * zero, so that nothing is marked up. */
	assert_int_equal(scenario_expiry_shocks_of(&s, &e, &rules), ERR_OK);
	assert_int_equal(num18_mul(&product, s.discount_short, s.discount,
	    ROUND_CEIL), ERR_OK);
	assert_true(num18_to_raw(product) - (i128)WAD_ONE_RAW < 10);
	assert_true(num18_compare(s.discount_long, num("0.9")) < 0);
	e.rate = num("-0.5");
	assert_int_equal(scenario_expiry_shocks_of(&s, &e, &rules), ERR_OK);
	assert_string_equal(num_text(s.discount_short), "1");
	assert_string_equal(num_text(s.discount), "1");
	/* High rates: the other side is the smaller. */
	e.rate = num("1");
	assert_int_equal(scenario_expiry_shocks_of(&s, &e, &rules), ERR_OK);
	assert_int_equal(num18_mul(&product, s.discount_short, s.discount,
	    ROUND_CEIL), ERR_OK);
	assert_true(num18_compare(product, num("0.9")) < 0);
	/* Expired: neither shocked by rate nor discounted. */
	e.seconds = 0;
	assert_int_equal(scenario_expiry_shocks_of(&s, &e, &rules), ERR_OK);
	assert_string_equal(num_text(s.discount_long), "1");
	assert_string_equal(num_text(s.discount_short), "1");
	e.tau = num("-1");
	assert_int_equal(scenario_expiry_shocks_of(&s, &e, &rules),
	    ERR_RANGE);
}

static void
scenario_skew_multiplier__is_capped_on_the_wings(void **state)
{
	struct scenario_expiry_shocks s = { .linear_cap = num("0.1"),
	    .abs_cap = num("0.2"), .k_star = num("0.5") };
	static const struct {
		enum scenario_vol vol;
		const char *strike, *turn;
	} rows[] = {
		{ SCENARIO_VOL_LINEAR, "2000", "1" },
		{ SCENARIO_VOL_LINEAR, "9000", "1.1" },
		{ SCENARIO_VOL_LINEAR, "100", "0.9" },
		{ SCENARIO_VOL_ABS, "9000", "1.2" },
		{ SCENARIO_VOL_ABS, "100", "1.2" },
		{ SCENARIO_VOL_ABS, "0", "1" },
	};
	struct num18 x;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(scenario_skew_multiplier(&x, &s, rows[i].vol,
		    px(rows[i].strike), px("2000")), ERR_OK);
		assert_string_equal(num_text(x), rows[i].turn);
	}
}

/* ---- a unit by hand ----------------------------------------------------- */

static void
scenario_evaluate__of_a_perpetual_is_its_worst_move(void **state)
{
	struct scenario_result r;

	(void)state;
	start();
	linear[0] = perp_of("-2", "2001");
	unit.linear_count = 1;
	unit.cash = usd("1000");
	unit.linear_pnl = usd("-50");
	r = evaluate();
	/* 2 * 2001 * 0.18 against a tail of 2 * 2001 * 3 * 0.012 = 144.072;
	 * 2 * 2000 * 0.015, on top * 0.005. */
	assert_int_equal(r.worst, 0);
	assert_string_equal(usd_text(r.loss), "720.36");
	assert_string_equal(usd_text(r.value), "950");
	assert_string_equal(usd_text(r.mm_contingency.linear), "60");
	assert_string_equal(usd_text(r.im_contingency.linear), "20");
	assert_string_equal(usd_text(r.requirement_maintenance), "636.288");
	assert_string_equal(usd_text(r.requirement_initial), "800.36");
	assert_string_equal(usd_text(r.margin_maintenance), "313.712");
	assert_string_equal(usd_text(r.margin_initial), "149.64");
	assert_string_equal(usd_text(r.pnl[22]), "720.36");
	assert_string_equal(usd_text(r.basis), "0");
}

static void
scenario_evaluate__shocks_only_the_variable_share_of_a_future(void **state)
{
	struct scenario_result r;

	(void)state;
	start();
	expiry[0].forward_variable = px("500");
	expiry[0].forward_fixed = px("1500");
	linear[0] = perp_of("1", "2000");
	linear[0].kind = SCENARIO_FUTURE;
	linear[0].expiry = 0;
	unit.linear_count = 1;
	r = evaluate();
	assert_string_equal(usd_text(r.loss), "90");
	/* A position in the underlying is value as well. */
	linear[0] = perp_of("3", "2000");
	linear[0].kind = SCENARIO_SPOT;
	r = evaluate();
	assert_string_equal(usd_text(r.loss), "1080");
	assert_string_equal(usd_text(r.value), "6000");
}

static void
scenario_evaluate__hedges_with_risk_cancelling_collateral(void **state)
{
	struct scenario_result r;

	(void)state;
	start();
	linear[0] = perp_of("-2", "2000");
	unit.linear_count = 1;
	collateral[0] = (struct scenario_collateral){
		.amount = num("2"), .price = px("2000"),
		.confidence = num18_one(), .is_risk_cancelling = true,
		.mm_haircut = num("0.01"), .im_haircut = num("0.02"),
	};
	unit.collateral_count = 1;
	r = evaluate();
	assert_string_equal(usd_text(r.loss), "0");
	assert_int_equal(r.worst, r.pnl_count);
	assert_string_equal(usd_text(r.value), "4000");
	assert_string_equal(usd_text(r.mm_contingency.collateral), "40");
	assert_string_equal(usd_text(r.im_contingency.collateral), "80");
	collateral[0].is_risk_cancelling = false;
	r = evaluate();
	assert_string_equal(usd_text(r.loss), "720");
	/* Values are in units of the cash. */
	unit.stable = px("0.5");
	r = evaluate();
	assert_string_equal(usd_text(r.value), "8000");
	/* 1 + 2 * (0.98 - 0.5) */
	assert_string_equal(num_text(r.im_factor), "1.96");
	assert_string_equal(num_text(r.mm_factor), "0.8");
}

static void
scenario_evaluate__charges_naked_shorts_by_strike(void **state)
{
	struct scenario_result r;

	(void)state;
	start();
	/* At 2,000 of the first expiry -3 + 1 + 0.5; alone at 2,100 and in the
	 * second expiry. */
	option[0] = option_of(0, true, "2000", "-3");
	option[1] = option_of(0, true, "2100", "-1");
	option[2] = option_of(0, false, "2000", "1");
	option[3] = option_of(0, true, "2000", "0.5");
	option[4] = option_of(1, true, "2000", "4");
	unit.option_count = 5;
	r = evaluate();
	assert_string_equal(usd_text(r.mm_contingency.option), "15");
	assert_string_equal(usd_text(r.im_contingency.option), "10");
}

static void
scenario_evaluate__charges_doubt_below_the_threshold(void **state)
{
	struct scenario_result r;

	(void)state;
	start();
	option[0] = option_of(0, true, "2000", "-1");
	option[1] = option_of(0, false, "1800", "1");
	unit.option_count = 2;
	option[1].confidence = num("0.55");
	r = evaluate();
	assert_string_equal(usd_text(r.im_contingency.confidence), "0");
	/* (1 - 0.5) of both options' notional. */
	option[1].confidence = num("0.5");
	r = evaluate();
	assert_string_equal(usd_text(r.im_contingency.confidence), "2000");
	/* The perpetual's doubt is its own and the options', not the
	 * collateral's: (0.75) (4000 + 2000). */
	linear[0] = perp_of("1", "2000");
	linear[0].confidence = num("0.25");
	unit.linear_count = 1;
	collateral[0] = (struct scenario_collateral){ .amount = num("1"),
	    .price = px("2000"), .confidence = num("0.6") };
	unit.collateral_count = 1;
	r = evaluate();
	assert_string_equal(usd_text(r.im_contingency.confidence), "4500");
	unit.spot_confidence = num("0");
	r = evaluate();
	assert_string_equal(usd_text(r.im_contingency.confidence), "8000");
	assert_string_equal(usd_text(r.mm_contingency.confidence), "0");
}

static void
scenario_evaluate__adds_margind_s_own(void **state)
{
	struct scenario_result r;

	(void)state;
	start();
	rules.extra.funding_percent = num("0.001");
	rules.extra.fee_percent = num("0.0005");
	rules.extra.short_option_minimum = num("0.5");
	rules.extra.minimum_charge = usd("7");
	r = evaluate();
	assert_string_equal(usd_text(r.requirement_initial), "0");
	linear[0] = perp_of("1", "2000");
	linear[1] = perp_of("1", "2000");
	linear[1].kind = SCENARIO_FUTURE;
	unit.linear_count = 2;
	option[0] = option_of(0, true, "4000", "-1");
	unit.option_count = 1;
	r = evaluate();
	/* 2000 * 0.001 + 6000 * 0.0005; 0.5 * 2000 + 7. */
	assert_string_equal(usd_text(r.extra_initial), "5");
	assert_string_equal(usd_text(r.floor), "1007");
	unit.linear_count = 0;
	r = evaluate();
	assert_string_equal(usd_text(r.requirement_maintenance), "1007");
}

static void
scenario_evaluate__moves_nothing_after_expiry(void **state)
{
	struct scenario_result r;

	(void)state;
	start();
	expiry[0].seconds = 0;
	expiry[0].tau = num18_zero();
	expiry[0].forward_variable = px("0");
	expiry[0].forward_fixed = px("2050");
	option[0] = option_of(0, true, "2000", "-3");
	option[1] = option_of(0, false, "2000", "-3");
	option[2] = option_of(0, true, "1000", "1");
	unit.option_count = 3;
	r = evaluate();
	assert_string_equal(usd_text(r.option_value), "900");
	assert_string_equal(usd_text(r.loss), "0");
	for (uint32_t i = 0; i < r.pnl_count; i++)
		assert_true(usd18_is_zero(r.pnl[i]));
}

static void
scenario_evaluate__rounds_against_the_account(void **state)
{
	struct scenario_result r;

	(void)state;
	start();
	unit.decimals = 12;
	expiry[0].seconds = 0;
	expiry[0].forward_variable = px("0");
	expiry[0].forward_fixed = px("2000.005");
	option[0] = option_of(0, true, "2000", "0.000000000000000001");
	unit.option_count = 1;
	/* 5e-21 of value floors to nothing and, at 20 places, counts as one
	 * unit that is lost. */
	r = evaluate();
	assert_string_equal(usd_text(r.option_value), "0");
	assert_string_equal(usd_text(r.loss), "0.000000000000000001");
	/* 5e-20 is exact there. */
	expiry[0].forward_fixed = px("2000.05");
	r = evaluate();
	assert_string_equal(usd_text(r.loss), "0");
	option[0].amount = num("-0.000000000000000001");
	r = evaluate();
	assert_string_equal(usd_text(r.option_value),
	    "-0.000000000000000001");
}

static void
scenario_evaluate__turns_a_skew_around_the_unmoved_forward(void **state)
{
	struct scenario_result r;

	(void)state;
	start();
	option[0] = option_of(0, true, "2500", "-1");
	unit.option_count = 1;
	rules.shock_count = 3;
	rules.shock[0] = (struct scenario_shock){ num("1"),
	    SCENARIO_VOL_LINEAR, num18_one() };
	rules.shock[1] = (struct scenario_shock){ num("1.5"),
	    SCENARIO_VOL_LINEAR, num18_one() };
	/* The same again, damped. */
	rules.shock[2] = (struct scenario_shock){ num("1"),
	    SCENARIO_VOL_LINEAR, num("0.25") };
	r = evaluate();
	assert_true(usd18_is_negative(r.pnl[0]));
	assert_int_equal(usd18_compare(r.pnl[0], r.pnl[1]), 0);
	assert_true(raw_of(r.pnl[0]) / 4 - raw_of(r.pnl[2]) <= 1);
	assert_true(usd18_compare(r.pnl[0], r.pnl[2]) < 0);
	/* A gain there is a loss as well. */
	option[0].amount = num("1");
	r = evaluate();
	assert_true(usd18_is_negative(r.pnl[0]));
}

static void
scenario_evaluate__leaves_the_result_on_failure(void **state)
{
	struct scenario_result r, before;

	(void)state;
	start();
	memset(&r, 0x5a, sizeof(r));
	before = r;
	option[0] = option_of(2, true, "2000", "1");
	unit.option_count = 1;
	assert_int_equal(scenario_evaluate(&r, &unit, &rules), ERR_UNKNOWN);
	option[0].expiry = 0;
	option[0].vol = num("-1");
	assert_int_equal(scenario_evaluate(&r, &unit, &rules), ERR_RANGE);
	option[0].vol = num("1");
	option[0].amount = num18_from_raw(I128_MAX);
	assert_int_equal(scenario_evaluate(&r, &unit, &rules), ERR_RANGE);
	unit.option_count = SCENARIO_OPTIONS_MAX + 1;
	assert_int_equal(scenario_evaluate(&r, &unit, &rules), ERR_LIMIT);
	unit.option_count = 0;
	unit.stable = px("0");
	assert_int_equal(scenario_evaluate(&r, &unit, &rules), ERR_RANGE);
	unit.stable = px("1");
	linear[0] = perp_of("1", "2000");
	linear[0].expiry = 7;
	unit.linear_count = 1;
	assert_int_equal(scenario_evaluate(&r, &unit, &rules), ERR_UNKNOWN);
	unit.linear_count = 0;
	collateral[0] = (struct scenario_collateral){ .amount = num("-1") };
	unit.collateral_count = 1;
	assert_int_equal(scenario_evaluate(&r, &unit, &rules), ERR_RANGE);
	assert_memory_equal(&r, &before, sizeof(r));
}

/* ---- several units ------------------------------------------------------ */

static void
scenario_combine__offsets_by_omega(void **state)
{
	static const struct {
		const char *omega, *loss;
	} rows[] = {
		/* Long 1 loses 360, short 1 of another 360; together, beta 1,
		 * nothing. */
		{ "0", "720" }, { "0.25", "540" }, { "0.5", "360" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct scenario_result a, b;
		const struct scenario_result *both[] = { &a, &b };
		struct scenario_total t;

		start();
		rules.extra.omega = num(rows[i].omega);
		linear[0] = perp_of("1", "2000");
		unit.linear_count = 1;
		unit.cash = usd("100");
		a = evaluate();
		linear[0] = perp_of("-1", "2000");
		b = evaluate();
		assert_int_equal(scenario_combine(&t, both, 2, &rules),
		    ERR_OK);
		assert_string_equal(usd_text(t.loss), rows[i].loss);
		assert_string_equal(usd_text(t.value), "200");
		assert_int_equal(scenario_combine(&t, both, 0, &rules),
		    ERR_OK);
		assert_string_equal(usd_text(t.requirement_initial), "0");
		assert_int_equal(scenario_combine(&t, both,
		    SCENARIO_UNITS_MAX + 1, &rules), ERR_LIMIT);
	}
}

static void
scenario_combine__takes_beta_into_account(void **state)
{
	struct scenario_result a, b;
	const struct scenario_result *both[] = { &a, &b };
	struct scenario_total t;

	(void)state;
	start();
	rules.extra.omega = num("0.5");
	linear[0] = perp_of("1", "2000");
	unit.linear_count = 1;
	a = evaluate();
	unit.beta = num("0.5");
	linear[0] = perp_of("-1", "2000");
	b = evaluate();
	/* 0.5 (360 + 360) + 0.5 (360 - 180) */
	assert_int_equal(scenario_combine(&t, both, 2, &rules), ERR_OK);
	assert_string_equal(usd_text(t.loss), "450");
	/* One unit alone is itself. */
	assert_int_equal(scenario_combine(&t, both, 1, &rules), ERR_OK);
	assert_int_equal(usd18_compare(t.requirement_initial,
	    a.requirement_initial), 0);
	assert_int_equal(usd18_compare(t.margin_maintenance,
	    a.margin_maintenance), 0);
}

/* ---- properties --------------------------------------------------------- */

static struct num18
random_amount_of(uint64_t *seed)
{
	return num18_from_raw(((i128)random_below(seed, 2000000) - 1000000) *
	    1000000000000 * (i128)(random_one_in(seed, 2) ? 1 : 100));
}

static void
random_unit(uint64_t *seed)
{
	start();
	expiry[2] = expiry_in(1 + random_below(seed, 3 * MONTH_S), "2005");
	unit.expiry_count = 3;
	unit.decimals = 12;
	unit.option_count = (uint32_t)random_below(seed, 12) + 2;
	for (uint32_t i = 0; i < unit.option_count; i++) {
		option[i] = option_of((uint32_t)random_below(seed, 3),
		    random_one_in(seed, 2), "1", "0");
		option[i].strike = px18_from_raw((800 + 100 *
		    random_below(seed, 30)) * WAD_ONE_RAW);
		option[i].amount = random_amount_of(seed);
		option[i].vol = num18_from_raw((i128)(random_below(seed,
		    1500000) + 1) * 1000000000000);
	}
	unit.linear_count = 2;
	for (uint32_t i = 0; i < 2; i++) {
		linear[i] = perp_of("1", "2001");
		linear[i].amount = random_amount_of(seed);
	}
}

/* Splitting never helps: the whole needs at most what its parts need, without
 * the skews, where -|PnL| of a sum can exceed that of the parts. */
static void
scenario_evaluate__of_the_whole_is_at_most_of_the_parts(void **state)
{
	uint64_t seed = 21;

	(void)state;
	for (int i = 0; i < RANDOM_UNITS; i++) {
		struct scenario_result whole, a, b;
		const struct scenario_result *both[] = { &a, &b };
		struct scenario_total t;
		uint32_t options, cut;

		random_unit(&seed);
		rules.shock_count = 29;
		whole = evaluate();
		options = unit.option_count;
		cut = (uint32_t)random_below(&seed, options);
		unit.option_count = cut;
		unit.linear_count = 1;
		a = evaluate();
		unit.option = option + cut;
		unit.option_count = options - cut;
		unit.linear = linear + 1;
		b = evaluate();
		unit.option = option;
		unit.linear = linear;
		assert_true(raw_of(whole.loss) <= raw_of(a.loss) +
		    raw_of(b.loss) + 4);
		assert_true(raw_of(whole.requirement_initial) <=
		    raw_of(a.requirement_initial) +
		    raw_of(b.requirement_initial) + 16);
		assert_true(raw_of(whole.requirement_maintenance) <=
		    raw_of(a.requirement_maintenance) +
		    raw_of(b.requirement_maintenance) + 16);
		/* Values add up, and so do units without an offset. */
		assert_true(raw_of(whole.value) - raw_of(a.value) -
		    raw_of(b.value) <= 4);
		assert_int_equal(scenario_combine(&t, both, 2, &rules),
		    ERR_OK);
		assert_true(raw_of(t.loss) == raw_of(a.loss) +
		    raw_of(b.loss));
	}
}

/* The dumb reference: each scenario from option_price alone, one contract at
 * a time, with the roundings far below the tolerance left out. */
static i128
reference_pnl(const struct scenario_shock *s)
{
	i128 pnl = 0;

	for (uint32_t e = 0; e < unit.expiry_count; e++) {
		struct scenario_expiry_shocks k;
		i128 now = 0, moved = 0, x, v;

		assert_int_equal(scenario_expiry_shocks_of(&k, &expiry[e],
		    &rules), ERR_OK);
		for (uint32_t i = 0; i < unit.option_count; i++) {
			struct option_terms t = {
				.forward = expiry[e].forward_variable,
				.strike = option[i].strike,
				.vol = option[i].vol, .discount = k.discount,
				.tau = expiry[e].tau,
				.is_call = option[i].is_call,
			};
			struct usd18 p;

			if (option[i].expiry != e)
				continue;
			assert_int_equal(option_price(&p, &t), ERR_OK);
			assert_int_equal(muldiv_i128(&x, raw_of(p),
			    num18_to_raw(option[i].amount),
			    (i128)WAD_ONE_RAW, ROUND_FLOOR), ERR_OK);
			now += x;
			assert_int_equal(scenario_shocked_vol(&t.vol,
			    option[i].vol, &k, s->vol, t.strike, t.forward,
			    &rules), ERR_OK);
			if (s->vol < SCENARIO_VOL_LINEAR)
				assert_int_equal(px18_mul_num(&t.forward,
				    t.forward, s->spot, ROUND_FLOOR), ERR_OK);
			assert_int_equal(option_price(&p, &t), ERR_OK);
			assert_int_equal(muldiv_i128(&x, raw_of(p),
			    num18_to_raw(option[i].amount),
			    (i128)WAD_ONE_RAW, ROUND_FLOOR), ERR_OK);
			moved += x;
		}
		assert_int_equal(muldiv_i128(&v, moved, num18_to_raw(moved <
		    0 ? k.discount_short : k.discount_long),
		    (i128)WAD_ONE_RAW, ROUND_FLOOR), ERR_OK);
		v -= now;
		pnl += s->vol >= SCENARIO_VOL_LINEAR && v > 0 ? -v : v;
	}
	for (uint32_t i = 0; i < unit.linear_count; i++) {
		i128 move = num18_to_raw(s->spot) - (i128)WAD_ONE_RAW, x;

		assert_int_equal(muldiv_i128(&x, num18_to_raw(
		    linear[i].amount), (i128)px18_to_raw(linear[i].price),
		    (i128)WAD_ONE_RAW, ROUND_FLOOR), ERR_OK);
		assert_int_equal(muldiv_i128(&x, x, move, (i128)WAD_ONE_RAW,
		    ROUND_FLOOR), ERR_OK);
		pnl += x;
	}
	assert_int_equal(muldiv_i128(&pnl, pnl, num18_to_raw(s->dampening),
	    (i128)WAD_ONE_RAW, ROUND_FLOOR), ERR_OK);
	return pnl;
}

static void
scenario_evaluate__matches_the_reference(void **state)
{
	uint64_t seed = 22;

	(void)state;
	for (int i = 0; i < RANDOM_UNITS / 3; i++) {
		struct scenario_result r;
		i128 least = 0;

		random_unit(&seed);
		r = evaluate();
		for (uint32_t s = 0; s < r.pnl_count; s++) {
			i128 off = raw_of(r.pnl[s]) -
			    reference_pnl(&rules.shock[s]);

			/* 2 * 10^-8 USD on books of some million: 48 places
			 * of a discount are 3.6 * 10^-15. */
			assert_true(off < 20000000000 && off > -20000000000);
			least = raw_of(r.pnl[s]) < least ? raw_of(r.pnl[s]) :
			    least;
		}
		least = raw_of(r.basis) < least ? raw_of(r.basis) : least;
		assert_true(raw_of(r.loss) == -least);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scenario_rules_default__is_production_pmrm_2),
		cmocka_unit_test(
		    scenario_rules_check__refuses_both_sides_of_each_bound),
		cmocka_unit_test(
		    scenario_expiry_shocks_of__changes_power_after_30_days),
		cmocka_unit_test(scenario_expiry_shocks_of__caps_the_mark_up),
		cmocka_unit_test(
		    scenario_skew_multiplier__is_capped_on_the_wings),
		cmocka_unit_test(
		    scenario_evaluate__of_a_perpetual_is_its_worst_move),
		cmocka_unit_test(
		    scenario_evaluate__shocks_only_the_variable_share_of_a_future),
		cmocka_unit_test(
		    scenario_evaluate__hedges_with_risk_cancelling_collateral),
		cmocka_unit_test(
		    scenario_evaluate__charges_naked_shorts_by_strike),
		cmocka_unit_test(
		    scenario_evaluate__charges_doubt_below_the_threshold),
		cmocka_unit_test(scenario_evaluate__adds_margind_s_own),
		cmocka_unit_test(scenario_evaluate__moves_nothing_after_expiry),
		cmocka_unit_test(
		    scenario_evaluate__rounds_against_the_account),
		cmocka_unit_test(
		    scenario_evaluate__turns_a_skew_around_the_unmoved_forward),
		cmocka_unit_test(
		    scenario_evaluate__leaves_the_result_on_failure),
		cmocka_unit_test(scenario_combine__offsets_by_omega),
		cmocka_unit_test(scenario_combine__takes_beta_into_account),
		cmocka_unit_test(
		    scenario_evaluate__of_the_whole_is_at_most_of_the_parts),
		cmocka_unit_test(scenario_evaluate__matches_the_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
