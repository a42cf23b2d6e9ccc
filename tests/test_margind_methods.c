/* The public layer: standard and scenario.  Random inputs are written twice,
 * in the public types and in those behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "margin/margind.h"
#include "margin/rules.h"
#include "margin/scenario.h"
#include "margin/standard.h"
#include "tests/margin_world.h"

#define ROUNDS 300
#define ONE MARGIND_ONE
#define WAD UINT64_C(1000000000000000000)

/* A margind_num is wider than cmocka's integers. */
#define assert_num(got, expected) assert_true((got) == (expected))

static _Alignas(16) unsigned char place[65536];
static struct rules inner;	/* the same rules */

static struct margind_rules *
rules(void)
{
	struct margind_rules *r = NULL;

	assert_int_equal(margind_rules_init(&r, place, sizeof(place)),
	    MARGIND_OK);
	rules_default(&inner);
	return r;
}

static struct px18
price(margind_num v)
{
	return px18_from_raw((u128)v);
}

/* 0 .. most, 18 decimals */
static margind_num
up_to(uint64_t *seed, unsigned most)
{
	return (margind_num)random_below(seed, WAD) * most;
}

static margind_num
either(uint64_t *seed, unsigned most)
{
	margind_num v = up_to(seed, most);

	return random_one_in(seed, 2) ? v : -v;
}

static margind_num
confidence(uint64_t *seed)
{
	return random_one_in(seed, 2) ? ONE : up_to(seed, 1);
}

/* ---- standard ----------------------------------------------------------- */

#define FEW 4u

struct standard_pair {
	struct margind_tier tier[2];
	struct margind_contract contract[FEW];
	struct margind_standard_option option[2][FEW];
	struct margind_expiry_group group[2];
	struct margind_holding holding[2];
	struct margind_standard_account account;
	struct instrument instrument[FEW];
	struct standard_linear linear[FEW];
	struct standard_option in_option[2][FEW];
	struct standard_group in_group[2];
	struct standard_base base[2];
	struct standard_inputs inputs;
};

static void
contract_random(struct standard_pair *p, size_t i, uint64_t *seed)
{
	struct margind_contract *c = &p->contract[i];
	struct instrument *in = &p->instrument[i];

	*c = (struct margind_contract){
		.is_inverse = random_one_in(seed, 3),
		.size = either(seed, 50), .multiplier = up_to(seed, 2) + 1,
		.bids = random_one_in(seed, 2) ? up_to(seed, 9) : 0,
		.asks = random_one_in(seed, 2) ? up_to(seed, 9) : 0,
		.entry = up_to(seed, 3000) + 1, .mark = up_to(seed, 3000) + 1,
		.index = up_to(seed, 3000) + 1, .funding = either(seed, 3),
		.open_interest = random_one_in(seed, 2) ? up_to(seed, 90) : 0,
		.leverage = random_one_in(seed, 2) ? up_to(seed, 20) : 0,
		.confidence = confidence(seed),
		.tier = p->tier, .tier_count = 1 + random_below(seed, 2),
	};
	*in = (struct instrument){
		.is_inverse = c->is_inverse,
		.tier_count = (uint8_t)c->tier_count,
		.multiplier = num18_from_raw(c->multiplier),
	};
	for (size_t k = 0; k < c->tier_count; k++)
		in->tier[k] = (struct margin_tier){
			usd18_from_raw(p->tier[k].up_to),
			ppb_from_raw(p->tier[k].initial_ppb),
			ppb_from_raw(p->tier[k].maintenance_ppb) };
	p->linear[i] = (struct standard_linear){
		.instrument = in, .size = num18_from_raw(c->size),
		.bids = num18_from_raw(c->bids),
		.asks = num18_from_raw(c->asks), .entry = price(c->entry),
		.mark = price(c->mark), .index = price(c->index),
		.funding = usd18_from_raw(c->funding),
		.open_interest = usd18_from_raw(c->open_interest),
		.leverage = num18_from_raw(c->leverage),
		.confidence = num18_from_raw(c->confidence),
	};
}

static void
group_random(struct standard_pair *p, size_t i, uint64_t *seed)
{
	size_t count = random_below(seed, FEW + 1);

	p->group[i] = (struct margind_expiry_group){ up_to(seed, 3000),
	    up_to(seed, 3000), confidence(seed), p->option[i], count };
	p->in_group[i] = (struct standard_group){ price(p->group[i].forward),
	    price(p->group[i].spot), num18_from_raw(p->group[i].confidence),
	    p->in_option[i], count };
	for (size_t k = 0; k < count; k++) {
		struct margind_standard_option *o = &p->option[i][k];

		*o = (struct margind_standard_option){ up_to(seed, 4000),
		    either(seed, 20), up_to(seed, 300), confidence(seed),
		    random_one_in(seed, 2) };
		p->in_option[i][k] = (struct standard_option){
			.strike = price(o->strike), .is_call = o->is_call,
			.amount = num18_from_raw(o->amount),
			.mark = price(o->mark),
			.confidence = num18_from_raw(o->confidence) };
	}
}

static void
standard_random(struct standard_pair *p, uint64_t *seed)
{
	p->tier[0] = (struct margind_tier){ up_to(seed, 9000) + 1, 50000000,
	    25000000 };
	p->tier[1] = (struct margind_tier){ MARGIND_INFINITE, 100000000,
	    50000000 };
	for (size_t i = 0; i < FEW; i++)
		contract_random(p, i, seed);
	for (size_t i = 0; i < 2; i++) {
		group_random(p, i, seed);
		p->holding[i] = (struct margind_holding){ either(seed, 5),
		    up_to(seed, 3000), confidence(seed) };
		p->base[i] = (struct standard_base){
			.amount = num18_from_raw(p->holding[i].amount),
			.price = price(p->holding[i].price),
			.confidence =
			    num18_from_raw(p->holding[i].confidence) };
	}
	p->account = (struct margind_standard_account){ either(seed, 9000),
	    ONE - up_to(seed, 1) / 10, p->contract, FEW, p->group, 2,
	    p->holding, 2 };
	p->inputs = (struct standard_inputs){ p->linear, FEW, p->in_group, 2,
	    p->base, 2, price(p->account.stable) };
}

static void
margind_standard_evaluate__says_what_standard_says(void **state)
{
	struct margind_rules *r = rules();
	static struct standard_pair p;
	uint64_t seed = 21;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct margind_standard got;
		struct standard_result s;
		margind_num cash;

		standard_random(&p, &seed);
		cash = p.account.cash;
		assert_int_equal(standard_evaluate(&s, NULL, NULL,
		    &inner.standard, &p.inputs), ERR_OK);
		assert_int_equal(margind_standard_evaluate(&got, r,
		    &p.account), MARGIND_OK);
		assert_num(got.requirement_initial, usd18_to_raw(s.initial));
		assert_num(got.requirement_maintenance,
		    usd18_to_raw(s.maintenance));
		assert_num(got.equity_initial,
		    cash + usd18_to_raw(s.credit_initial));
		assert_num(got.equity_maintenance,
		    cash + usd18_to_raw(s.credit_maintenance));
		assert_num(got.margin_initial, cash +
		    usd18_to_raw(s.credit_initial) - usd18_to_raw(s.initial));
		assert_num(got.margin_maintenance, cash +
		    usd18_to_raw(s.credit_maintenance) -
		    usd18_to_raw(s.maintenance));
		assert_num(got.linear_value, usd18_to_raw(s.linear_value));
		assert_num(got.option_value, usd18_to_raw(s.option_value));
		assert_num(got.holding_value, usd18_to_raw(s.base_value));
		assert_num(got.contingency, usd18_to_raw(s.contingency));
		assert_num(got.depeg, usd18_to_raw(s.depeg));
	}
}

static void
margind_standard_evaluate__refuses_beyond_each_limit(void **state)
{
	static struct margind_standard_option option[MARGIND_OPTIONS_MAX + 1];
	static struct margind_contract contract[MARGIND_CONTRACTS_MAX + 1];
	static struct margind_expiry_group group[MARGIND_GROUPS_MAX + 1];
	static struct margind_holding holding[MARGIND_HOLDINGS_MAX + 1];
	const struct margind_tier tier[] = { { 5, 2, 1 }, { 5, 2, 1 } };
	struct margind_standard_account a = { .stable = ONE,
	    .contract = contract, .group = group, .holding = holding };
	struct margind_standard got = { .depeg = 7 };
	struct margind_rules *r = rules();

	(void)state;
	for (size_t i = 0; i <= MARGIND_CONTRACTS_MAX; i++)
		contract[i] = (struct margind_contract){ .multiplier = 1,
		    .tier = tier, .tier_count = 1 };
	for (size_t i = 0; i <= MARGIND_GROUPS_MAX; i++)
		group[i].option = option;
	a.contract_count = MARGIND_CONTRACTS_MAX;
	a.group_count = MARGIND_GROUPS_MAX;
	a.holding_count = MARGIND_HOLDINGS_MAX;
	group[0].option_count = MARGIND_OPTIONS_MAX;
	assert_int_equal(margind_standard_evaluate(&got, r, &a), MARGIND_OK);
	got.depeg = 7;
	group[1].option_count = 1;
	assert_int_equal(margind_standard_evaluate(&got, r, &a),
	    MARGIND_ERR_LIMIT);
	a.group_count = 1;
	a.contract_count++;
	assert_int_equal(margind_standard_evaluate(&got, r, &a),
	    MARGIND_ERR_LIMIT);
	a.contract_count--;
	a.holding_count++;
	assert_int_equal(margind_standard_evaluate(&got, r, &a),
	    MARGIND_ERR_LIMIT);
	a.holding_count--;
	contract[3].tier_count = 2;
	assert_int_equal(margind_standard_evaluate(&got, r, &a),
	    MARGIND_ERR_RANGE);
	contract[3].tier_count = 0;
	assert_int_equal(margind_standard_evaluate(&got, r, &a),
	    MARGIND_ERR_MISSING);
	contract[3].tier_count = MARGIND_TIERS_MAX + 1;
	assert_int_equal(margind_standard_evaluate(&got, r, &a),
	    MARGIND_ERR_LIMIT);
	contract[3].tier_count = 1;
	contract[3].multiplier = 0;
	assert_int_equal(margind_standard_evaluate(&got, r, &a),
	    MARGIND_ERR_RANGE);
	assert_num(got.depeg, 7);
}

static void
margind_contract_liquidation_price__says_what_linear_says(void **state)
{
	static struct standard_pair p;
	uint64_t seed = 26;
	int found = 0;

	(void)state;
	for (int i = 0; i < ROUNDS * 4; i++) {
		struct margind_contract *c = &p.contract[0];
		struct margind_liquidation_price got = { .below = 7 };
		struct linear_liquidation at = { .exists = false };
		margind_num rest = either(&seed, 500);
		uint32_t m = (uint32_t)random_below(&seed, 200000000);
		enum margind_err f;
		enum err e;

		contract_random(&p, 0, &seed);
		e = c->is_inverse ? linear_liquidation_price_inverse(&at,
		    num18_from_raw(rest), p.linear[0].size,
		    p.instrument[0].multiplier, p.linear[0].entry,
		    ppb_from_raw(m)) : linear_liquidation_price(&at,
		    usd18_from_raw(rest), p.linear[0].size,
		    p.instrument[0].multiplier, p.linear[0].entry,
		    ppb_from_raw(m));
		f = margind_contract_liquidation_price(&got, c, rest, m);
		if (e == ERR_OK && px18_to_raw(at.price) > (u128)I128_MAX)
			e = ERR_RANGE;
		assert_int_equal(f == MARGIND_OK, e == ERR_OK);
		if (e != ERR_OK) {
			assert_num(got.below, 7);
			continue;
		}
		found += at.exists;
		assert_int_equal(got.has_below, at.exists && !at.is_above);
		assert_int_equal(got.has_above, at.exists && at.is_above);
		if (at.exists)
			assert_num(at.is_above ? got.above : got.below,
			    (margind_num)px18_to_raw(at.price));
		c->size = 0;
		assert_int_equal(margind_contract_liquidation_price(&got, c,
		    rest, m), MARGIND_ERR_UNKNOWN);
	}
	assert_true(found > ROUNDS);
}

/* ---- scenario ----------------------------------------------------------- */

struct unit_pair {
	struct margind_expiry expiry[2];
	struct margind_unit_option option[FEW];
	struct margind_unit_linear linear[3];
	struct margind_unit_collateral collateral[2];
	struct margind_unit unit;
	struct scenario_expiry in_expiry[2];
	struct scenario_option in_option[FEW];
	struct scenario_linear in_linear[3];
	struct scenario_collateral in_collateral[2];
	struct scenario_unit in;
};

static void
legs_random(struct unit_pair *p, uint64_t *seed)
{
	for (size_t i = 0; i < FEW; i++) {
		struct margind_unit_option *o = &p->option[i];

		*o = (struct margind_unit_option){
			(uint32_t)random_below(seed, 2),
			random_one_in(seed, 2), up_to(seed, 4000),
			either(seed, 20), up_to(seed, 2), confidence(seed) };
		p->in_option[i] = (struct scenario_option){ o->expiry,
		    o->is_call, price(o->strike), num18_from_raw(o->amount),
		    num18_from_raw(o->vol), num18_from_raw(o->confidence) };
	}
	for (uint32_t i = 0; i < 3; i++) {
		struct margind_unit_linear *l = &p->linear[i];

		*l = (struct margind_unit_linear){
			(enum margind_linear_kind)i,
			i == MARGIND_FUTURE ? 1 : MARGIND_NO_EXPIRY,
			either(seed, 9), up_to(seed, 3000), confidence(seed) };
		p->in_linear[i] = (struct scenario_linear){
			(enum scenario_linear_kind)i, l->expiry,
			num18_from_raw(l->amount), price(l->price),
			num18_from_raw(l->confidence) };
	}
	for (size_t i = 0; i < 2; i++) {
		struct margind_unit_collateral *c = &p->collateral[i];

		*c = (struct margind_unit_collateral){ up_to(seed, 5),
		    up_to(seed, 3000), confidence(seed), i == 1,
		    up_to(seed, 1) / 5, up_to(seed, 1) / 9 };
		p->in_collateral[i] = (struct scenario_collateral){
			num18_from_raw(c->amount), price(c->price),
			num18_from_raw(c->confidence), c->is_risk_cancelling,
			num18_from_raw(c->maintenance_haircut),
			num18_from_raw(c->initial_haircut) };
	}
}

static void
unit_random(struct unit_pair *p, uint64_t *seed)
{
	struct margind_unit *u = &p->unit;

	for (size_t i = 0; i < 2; i++) {
		struct margind_expiry *x = &p->expiry[i];

		*x = (struct margind_expiry){ up_to(seed, 1),
		    random_below(seed, 31536000), up_to(seed, 3000) + 1,
		    random_one_in(seed, 2) ? 0 : up_to(seed, 90),
		    up_to(seed, 1) / 10, confidence(seed) };
		p->in_expiry[i] = (struct scenario_expiry){
			num18_from_raw(x->tau), x->seconds, price(x->forward),
			price(x->forward_fixed), num18_from_raw(x->rate),
			num18_from_raw(x->confidence) };
	}
	legs_random(p, seed);
	*u = (struct margind_unit){ up_to(seed, 3000), confidence(seed),
	    ONE - up_to(seed, 1) / 20, either(seed, 2), either(seed, 9000),
	    either(seed, 900), p->expiry, 2, p->option, FEW, p->linear, 3,
	    p->collateral, 2 };
	p->in = (struct scenario_unit){ price(u->spot),
	    num18_from_raw(u->spot_confidence), price(u->stable),
	    num18_from_raw(u->beta), usd18_from_raw(u->cash),
	    usd18_from_raw(u->linear_pnl), 2, FEW, 3, 2, p->in_expiry,
	    p->in_option, p->in_linear, p->in_collateral, 0 };
}

static void
assert_contingency(const struct margind_contingency *got,
    const struct scenario_contingency *c)
{
	assert_num(got->linear, usd18_to_raw(c->linear));
	assert_num(got->option, usd18_to_raw(c->option));
	assert_num(got->collateral, usd18_to_raw(c->collateral));
	assert_num(got->confidence, usd18_to_raw(c->confidence));
}

static void
assert_portfolio(const struct margind_portfolio *got,
    const struct scenario_result *s)
{
	assert_num(got->cash, usd18_to_raw(s->cash));
	assert_num(got->linear_value, usd18_to_raw(s->linear_value));
	assert_num(got->option_value, usd18_to_raw(s->option_value));
	assert_num(got->collateral_value, usd18_to_raw(s->collateral_value));
	assert_num(got->value, usd18_to_raw(s->value));
	assert_int_equal(got->pnl_count, s->pnl_count);
	for (uint32_t i = 0; i < s->pnl_count; i++)
		assert_num(got->pnl[i], usd18_to_raw(s->pnl[i]));
	assert_int_equal(got->common_count, s->common_count);
	for (uint32_t i = 0; i < s->common_count; i++)
		assert_num(got->common_pnl[i], usd18_to_raw(s->common_pnl[i]));
	assert_num(got->basis, usd18_to_raw(s->basis));
	assert_int_equal(got->worst, s->worst);
	assert_num(got->loss, usd18_to_raw(s->loss));
	assert_num(got->initial_factor, num18_to_raw(s->im_factor));
	assert_num(got->maintenance_factor, num18_to_raw(s->mm_factor));
	assert_contingency(&got->maintenance_contingency, &s->mm_contingency);
	assert_contingency(&got->initial_contingency, &s->im_contingency);
	assert_num(got->initial_charges, usd18_to_raw(s->extra_initial));
	assert_num(got->floor, usd18_to_raw(s->floor));
	assert_num(got->requirement_initial,
	    usd18_to_raw(s->requirement_initial));
	assert_num(got->requirement_maintenance,
	    usd18_to_raw(s->requirement_maintenance));
	assert_num(got->margin_initial, usd18_to_raw(s->margin_initial));
	assert_num(got->margin_maintenance,
	    usd18_to_raw(s->margin_maintenance));
}

static void
check_combine(const struct margind_rules *r, struct unit_pair *p,
    uint64_t *seed)
{
	struct margind_portfolio got[2];
	struct scenario_result s[2];
	const struct margind_portfolio *units[] = { &got[0], &got[1] };
	const struct scenario_result *in[] = { &s[0], &s[1] };
	struct margind_total total;
	struct scenario_total t;

	for (size_t i = 0; i < 2; i++) {
		unit_random(p, seed);
		assert_int_equal(scenario_evaluate(&s[i], &p->in,
		    &inner.scenario), ERR_OK);
		assert_int_equal(margind_portfolio_evaluate(&got[i], r,
		    &p->unit), MARGIND_OK);
		assert_portfolio(&got[i], &s[i]);
	}
	assert_int_equal(scenario_combine(&t, in, 2, &inner.scenario), ERR_OK);
	assert_int_equal(margind_portfolio_combine(&total, r, units, 2),
	    MARGIND_OK);
	assert_num(total.value, usd18_to_raw(t.value));
	assert_num(total.loss, usd18_to_raw(t.loss));
	assert_num(total.requirement_initial,
	    usd18_to_raw(t.requirement_initial));
	assert_num(total.requirement_maintenance,
	    usd18_to_raw(t.requirement_maintenance));
	assert_num(total.margin_initial, usd18_to_raw(t.margin_initial));
	assert_num(total.margin_maintenance,
	    usd18_to_raw(t.margin_maintenance));
}

static void
margind_portfolio__says_what_scenario_says(void **state)
{
	struct margind_rules *r = rules();
	static struct unit_pair p;
	uint64_t seed = 22;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		margind_num omega = i % 2 ? ONE / 4 : 0;

		assert_int_equal(margind_rules_set(r, "scenario.omega",
		    omega), MARGIND_OK);
		inner.scenario.extra.omega = num18_from_raw(omega);
		check_combine(r, &p, &seed);
	}
}

static void
margind_portfolio_combine__refuses_results_of_other_rules(void **state)
{
	struct margind_rules *r = rules();
	const struct margind_portfolio *many[MARGIND_UNITS_MAX + 1];
	struct margind_portfolio p = { .common_count = 1 };
	struct margind_total t = { .loss = 7 };

	(void)state;
	for (size_t i = 0; i <= MARGIND_UNITS_MAX; i++)
		many[i] = &p;
	assert_int_equal(margind_portfolio_combine(&t, r, many, 1),
	    MARGIND_ERR_RANGE);
	p.common_count = 0;
	p.loss = -1;
	assert_int_equal(margind_portfolio_combine(&t, r, many, 1),
	    MARGIND_ERR_RANGE);
	p.loss = 0;
	assert_int_equal(margind_portfolio_combine(&t, r, many,
	    MARGIND_UNITS_MAX + 1), MARGIND_ERR_LIMIT);
	assert_num(t.loss, 7);
	assert_int_equal(margind_portfolio_combine(&t, r, many,
	    MARGIND_UNITS_MAX), MARGIND_OK);
}

static void
margind_portfolio_evaluate__refuses_what_is_no_unit(void **state)
{
	struct margind_portfolio got = { .loss = 7 };
	struct margind_rules *r = rules();
	static struct unit_pair p;
	uint64_t seed = 23;

	(void)state;
	unit_random(&p, &seed);
	p.unit.spot = -1;
	assert_int_equal(margind_portfolio_evaluate(&got, r, &p.unit),
	    MARGIND_ERR_RANGE);
	unit_random(&p, &seed);
	p.unit.stable = 0;
	assert_int_equal(margind_portfolio_evaluate(&got, r, &p.unit),
	    MARGIND_ERR_RANGE);
	unit_random(&p, &seed);
	p.option[1].expiry = 2;
	assert_int_equal(margind_portfolio_evaluate(&got, r, &p.unit),
	    MARGIND_ERR_UNKNOWN);
	unit_random(&p, &seed);
	p.linear[0].expiry = 0;	/* a perpetual has none */
	assert_int_equal(margind_portfolio_evaluate(&got, r, &p.unit),
	    MARGIND_ERR_UNKNOWN);
	unit_random(&p, &seed);
	p.linear[0].kind = (enum margind_linear_kind)(MARGIND_SPOT + 1);
	assert_int_equal(margind_portfolio_evaluate(&got, r, &p.unit),
	    MARGIND_ERR_RANGE);
	unit_random(&p, &seed);
	p.collateral[0].amount = -1;
	assert_int_equal(margind_portfolio_evaluate(&got, r, &p.unit),
	    MARGIND_ERR_RANGE);
	for (int i = 0; i < 4; i++) {
		unit_random(&p, &seed);
		if (i == 0)
			p.unit.expiry_count = MARGIND_EXPIRIES_MAX + 1;
		else if (i == 1)
			p.unit.option_count = MARGIND_OPTIONS_MAX + 1;
		else if (i == 2)
			p.unit.linear_count = MARGIND_LINEARS_MAX + 1;
		else
			p.unit.collateral_count = MARGIND_COLLATERALS_MAX + 1;
		assert_int_equal(margind_portfolio_evaluate(&got, r, &p.unit),
		    MARGIND_ERR_LIMIT);
	}
	assert_num(got.loss, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    margind_standard_evaluate__says_what_standard_says),
		cmocka_unit_test(
		    margind_standard_evaluate__refuses_beyond_each_limit),
		cmocka_unit_test(
		    margind_contract_liquidation_price__says_what_linear_says),
		cmocka_unit_test(margind_portfolio__says_what_scenario_says),
		cmocka_unit_test(
		    margind_portfolio_combine__refuses_results_of_other_rules),
		cmocka_unit_test(
		    margind_portfolio_evaluate__refuses_what_is_no_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
