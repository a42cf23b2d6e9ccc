/* The public layer under hostile input: every number is one of the extremes or
 * random.  Nothing traps (run it under UBSan), and what fails has written
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "margin/margind.h"
#include "tests/margin_world.h"

#define ROUNDS 6000
#define FEW 3u

static uint64_t seed;
static _Alignas(16) unsigned char place[65536];
static struct margind_rules *rules;

static margind_num
wild(void)
{
	static const margind_num edge[] = { 0, 1, -1, MARGIND_ONE,
	    -MARGIND_ONE, MARGIND_INFINITE, -MARGIND_INFINITE,
	    -MARGIND_INFINITE - 1, MARGIND_INFINITE - 1, MARGIND_ONE - 1,
	    (margind_num)1 << 64, (margind_num)1 << 110 };

	/* Mostly plausible, or nothing would get past the first check. */
	if (!random_one_in(&seed, 12))
		return (margind_num)random_magnitude(&seed, 22) + 1;
	if (random_one_in(&seed, 4))
		return -(margind_num)random_magnitude(&seed, 38);
	return edge[random_below(&seed, ARRAY_COUNT(edge))];
}

/* A share or a confidence. */
static margind_num
wild_share(void)
{
	return random_one_in(&seed, 12) ? wild() :
	    (margind_num)random_below(&seed, 1000000000000000001u);
}

static uint32_t
wild_u32(uint32_t plausible)
{
	return random_one_in(&seed, 30) ? (uint32_t)random_u64(&seed) :
	    (uint32_t)random_below(&seed, plausible);
}

/* Calls f, and where it fails *out must be as it was. */
#define UNTOUCHED(out, call) \
	do { \
		unsigned char before[sizeof(out)]; \
		memset(&(out), 0x5a, sizeof(out)); \
		memcpy(before, &(out), sizeof(out)); \
		enum margind_err got_ = (call); \
		answered[got_]++; \
		if (got_ != MARGIND_OK) \
			assert_memory_equal(before, &(out), sizeof(out)); \
	} while (0)

static unsigned answered[MARGIND_ERR_PLACE + 1];

static void
start(uint64_t from)
{
	seed = from;
	memset(answered, 0, sizeof(answered));
	assert_int_equal(margind_rules_init(&rules, place, sizeof(place)),
	    MARGIND_OK);
}

/* Some succeed, some do not: the test reaches both. */
static void
assert_both(void)
{
	assert_true(answered[MARGIND_OK] > ROUNDS / 50);
	assert_true(answered[MARGIND_ERR_RANGE] > ROUNDS / 50);
}

static void
options__under_wild_numbers(void **state)
{
	struct margind_greeks g;
	margind_num v;

	(void)state;
	start(31);
	for (int i = 0; i < ROUNDS; i++) {
		struct margind_option o = { wild(), wild(), wild(), wild(),
		    wild(), random_one_in(&seed, 2) };
		struct margind_svi s = { wild(), wild(), wild_share(), wild(),
		    wild(), wild(), wild() };

		UNTOUCHED(v, margind_option_price(&v, &o));
		UNTOUCHED(g, margind_option_greeks(&g, &o));
		UNTOUCHED(v, margind_option_implied_vol(&v, &o, wild()));
		UNTOUCHED(v, margind_svi_vol(&v, &s, wild()));
	}
	assert_both();
}

static struct margind_leg
wild_leg(uint32_t asset)
{
	return (struct margind_leg){ random_one_in(&seed, 30) ? 0 : asset,
	    wild_u32(31), (margind_atoms)wild(), wild(), wild(),
	    wild_u32(1000000001), wild_u32(1000000001) };
}

static void
ratio__under_wild_numbers(void **state)
{
	struct margind_leg held[FEW], owed[FEW];
	struct margind_liquidation_price p;
	struct margind_liquidation q;
	struct margind_ratio r;

	(void)state;
	start(32);
	for (int i = 0; i < ROUNDS; i++) {
		struct margind_account a = { held, random_below(&seed, FEW + 1),
		    owed, random_below(&seed, FEW + 1) };
		struct margind_liquidation_terms t = { wild(),
		    wild_u32(200000000), wild_u32(1000000001), wild() };

		for (uint32_t k = 0; k < FEW; k++) {
			held[k] = wild_leg(k);
			owed[k] = wild_leg(k + 1);
		}
		UNTOUCHED(r, margind_ratio_evaluate(&r, &a));
		UNTOUCHED(p, margind_ratio_liquidation_price(&p, &a,
		    wild_u32(FEW + 1)));
		UNTOUCHED(q, margind_ratio_liquidation(&q, &a,
		    wild_u32(FEW + 1), wild_u32(FEW), &t));
	}
	assert_both();
}

static void
standard__under_wild_numbers(void **state)
{
	struct margind_standard_option option[FEW];
	struct margind_contract contract[FEW];
	struct margind_tier tier[2];
	struct margind_liquidation_price p;
	struct margind_standard s;

	(void)state;
	start(33);
	for (int i = 0; i < ROUNDS; i++) {
		struct margind_holding holding = { wild(), wild(),
		    wild_share() };
		struct margind_expiry_group group = { wild(), wild(),
		    wild_share(), option, random_below(&seed, FEW + 1) };
		struct margind_standard_account a = { wild(), wild(),
		    contract, random_below(&seed, FEW + 1), &group, 1,
		    &holding, 1 };

		tier[0] = (struct margind_tier){ wild(), wild_u32(900000000),
		    wild_u32(90000000) };
		tier[1] = (struct margind_tier){ MARGIND_INFINITE, 900000000,
		    wild_u32(900000000) };
		for (size_t k = 0; k < FEW; k++) {
			contract[k] = (struct margind_contract){
				random_one_in(&seed, 2), wild(), wild(),
				wild(), wild(), wild(), wild(), wild(),
				wild(), wild(), wild(), wild_share(), tier,
				wild_u32(3) };
			option[k] = (struct margind_standard_option){ wild(),
			    wild(), wild(), wild_share(),
			    random_one_in(&seed, 2) };
		}
		UNTOUCHED(s, margind_standard_evaluate(&s, rules, &a));
		UNTOUCHED(p, margind_contract_liquidation_price(&p,
		    &contract[0], wild(), wild_u32(1000000001)));
	}
	assert_both();
}

static void
portfolio__under_wild_numbers(void **state)
{
	struct margind_unit_option option[FEW];
	struct margind_unit_linear linear[FEW];
	struct margind_expiry expiry[2];
	struct margind_portfolio p;
	struct margind_total t;
	const struct margind_portfolio *units[] = { &p, &p };

	(void)state;
	start(34);
	for (int i = 0; i < ROUNDS; i++) {
		struct margind_unit_collateral c = { wild(), wild(),
		    wild_share(), random_one_in(&seed, 2), wild_share(),
		    wild_share() };
		struct margind_unit u = { wild(), wild_share(), wild(),
		    wild_share(), wild(), wild(), expiry, 2, option,
		    random_below(&seed, FEW + 1), linear,
		    random_below(&seed, FEW + 1), &c, 1 };

		for (size_t k = 0; k < 2; k++)
			expiry[k] = (struct margind_expiry){ wild_share(),
			    random_u64(&seed) >> random_below(&seed, 64),
			    wild(), wild(), wild_share(), wild_share() };
		for (size_t k = 0; k < FEW; k++) {
			bool is_future = random_one_in(&seed, 3);

			option[k] = (struct margind_unit_option){ wild_u32(2),
			    random_one_in(&seed, 2), wild(), wild(), wild(),
			    wild_share() };
			linear[k] = (struct margind_unit_linear){ is_future ?
			    MARGIND_FUTURE : MARGIND_PERP, is_future ?
			    wild_u32(2) : MARGIND_NO_EXPIRY, wild(), wild(),
			    wild_share() };
		}
		if (random_one_in(&seed, 20)) {
			enum margind_err e = margind_rules_set(rules,
			    "scenario.omega", wild_share() / 2);

			answered[e]++;
		}
		UNTOUCHED(p, margind_portfolio_evaluate(&p, rules, &u));
		UNTOUCHED(t, margind_portfolio_combine(&t, rules, units, 2));
	}
	assert_both();
}

static void
greeks_and_tails__under_wild_numbers(void **state)
{
	struct margind_sensitivity list[FEW * 2];
	static margind_num pnl[600], scratch[600];
	struct margind_greeks_margin m;
	margind_num v;
	bool holds;

	(void)state;
	start(35);
	for (int i = 0; i < ROUNDS / 4; i++) {
		struct margind_buffer b = { random_one_in(&seed, 2), wild(),
		    wild() }, was = b;
		struct margind_taylor t = { wild(), wild(), wild(), wild(),
		    wild(), wild(), wild(), wild(), wild() };

		for (size_t k = 0; k < FEW * 2; k++)
			list[k] = (struct margind_sensitivity){
				(enum margind_risk_class)random_below(&seed, 3),
				wild_u32(6), wild_u32(4), wild(), wild() };
		for (size_t k = 0; k < ARRAY_COUNT(pnl); k++)
			pnl[k] = random_one_in(&seed, 50) ? wild() :
			    (margind_num)random_magnitude(&seed, 30) - 500;
		UNTOUCHED(m, margind_greeks_evaluate(&m, rules, list,
		    FEW * 2));
		UNTOUCHED(v, margind_taylor_check(&v, &holds, rules, &t, 1));
		UNTOUCHED(v, margind_var(&v, rules, pnl, ARRAY_COUNT(pnl),
		    scratch));
		UNTOUCHED(v, margind_es(&v, rules, pnl, ARRAY_COUNT(pnl),
		    scratch));
		if (margind_buffer_step(&b, rules, wild()) != MARGIND_OK)
			assert_true(b.buffered == was.buffered &&
			    b.margin == was.margin);
	}
	assert_both();
}

static void
rules__under_wild_numbers(void **state)
{
	struct margind_scenario s;
	size_t keys = 0;

	(void)state;
	start(36);
	while (margind_rules_key(keys))
		keys++;
	for (int i = 0; i < ROUNDS; i++) {
		enum margind_err e = margind_rules_set(rules,
		    margind_rules_key(random_below(&seed, keys)), wild());

		answered[e]++;
		s = (struct margind_scenario){ wild(),
		    (enum margind_vol_shock)random_below(&seed, 6), wild() };
		e = margind_rules_set_scenarios(rules, &s, 1);
		answered[e]++;
	}
	assert_both();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options__under_wild_numbers),
		cmocka_unit_test(ratio__under_wild_numbers),
		cmocka_unit_test(standard__under_wild_numbers),
		cmocka_unit_test(portfolio__under_wild_numbers),
		cmocka_unit_test(greeks_and_tails__under_wild_numbers),
		cmocka_unit_test(rules__under_wild_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
