/* margin/optimise_rebalance: against the closed form of one debt and one
 * collateral, every plan done again from the start and found least at its last
 * step, and no single pair that does it for less. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/linear.h"
#include "margin/liquidation.h"
#include "margin/optimise_rebalance.h"
#include "tests/portfolio_world.h"

#define ONE ((i128)WAD_ONE_RAW)

static struct rebalance_plan plan;

static i128
raw(struct usd18 v)
{
	return usd18_to_raw(v);
}

static i128
distance(i128 a, i128 b)
{
	return a > b ? a - b : b - a;
}

static struct wad
wad(const char *text)
{
	return wad_from_raw((u128)pw_number(text));
}

static enum err
to_health(struct portfolio_world *w, uint32_t slot, enum margin_method m,
    struct wad target, const struct optimise_rules *r)
{
	struct vault was = w->vaults[slot];
	struct whatif x;
	enum err e;

	assert_int_equal(whatif_begin(&x, &w->book, slot, PW_POSITIONS),
	    ERR_OK);
	e = rebalance_to_health(&plan, &x, &w->snapshot, m, target, r);
	whatif_end(&x);
	assert_memory_equal(&was, &w->vaults[slot], sizeof(was));
	return e;
}

static enum err
to_excess(struct portfolio_world *w, uint32_t slot, enum margin_method m,
    i128 target, const struct optimise_rules *r)
{
	struct whatif x;
	enum err e;

	assert_int_equal(whatif_begin(&x, &w->book, slot, PW_POSITIONS),
	    ERR_OK);
	e = rebalance_to_excess(&plan, &x, &w->snapshot, m,
	    usd18_from_raw(target), r);
	whatif_end(&x);
	return e;
}

/* strained_vault: a random one whose USDC is cut to what leaves its excess of
 * a side short by some thousandths of its requirement and debt. */
static uint32_t
strained_vault(struct portfolio_world *w, enum margin_method m, bool initial,
    unsigned positions)
{
	uint32_t slot = pw_random_vault(w, m, positions);
	struct vault *v = &w->vaults[slot];
	struct margin_result r;
	i128 excess, asked;
	u128 has;

	v->collateral_count = 0;
	pw_hold(w, v, PW_ETH, "3");
	pw_hold(w, v, PW_USDC, "60000");
	if (m == METHOD_RATIO && v->debt_count == 0)
		pw_owe(w, v, PW_USDC, "12000");
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot, m), ERR_OK);
	excess = raw(initial ? r.initial.excess : r.mid.excess);
	asked = raw(r.mid.weighted_debt) + raw(r.initial.requirement);
	excess += asked / 1000 * (i128)(pw_random(w) % 100);
	excess = excess / (initial ? 95 : 97) / 10000000000;
	has = v->collateral[1].amount;
	if (excess > 0)
		v->collateral[1].amount -= (u128)excess < has ? (u128)excess :
		    has;
	return slot;
}

/* ---- the closed form ----------------------------------------------------- */

static uint32_t
plain_vault(struct portfolio_world *w, const char *eth, const char *usdc)
{
	struct vault v = pw_vault(w, METHOD_RATIO);

	pw_hold(w, &v, PW_ETH, eth);
	pw_owe(w, &v, PW_USDC, usdc);
	return pw_put(w, &v);
}

/* closed_form: x of liquidation_bare.h in atoms of USDC at one dollar, with a
 * price in place of the bonus. */
static bool
closed_form(u128 *out, struct portfolio_world *w, uint32_t slot,
    struct wad target, struct ppb bonus)
{
	struct ratio_result r;
	struct liquidation_pair p = {
		.debt_weight = w->book.assets[PW_USDC].rules[0].debt_weight,
		.threshold =
		    w->book.assets[PW_ETH].rules[0].liquidation_threshold,
		.bonus = bonus, .close_factor = ppb_one(),
	};
	struct liquidation_sums s;
	struct usd18 x;
	bool heals;

	assert_int_equal(ratio_evaluate(&r, &w->book, &w->vaults[slot],
	    &w->market), ERR_OK);
	p.debt = r.debt_value;
	p.collateral = r.collateral_value;
	s.weighted_collateral = r.mid.weighted_collateral;
	s.weighted_debt = r.mid.weighted_debt;
	assert_int_equal(liquidation_repay_to_target(&x, &heals, &p, &s,
	    target), ERR_OK);
	if (!heals)
		return false;
	assert_int_equal(atoms_from_usd18(out, x, 6,
	    px18_from_raw(WAD_ONE_RAW), ROUND_CEIL), ERR_OK);
	return *out <= w->vaults[slot].debt[0].amount;
}

static void
rebalance_to_health__is_the_closed_form_within_one_atom(void **state)
{
	struct portfolio_world *w = pw_init(3);
	struct optimise_rules r;
	unsigned done = 0;

	(void)state;
	optimise_rules_default(&r);
	for (unsigned n = 0; n < 300; n++) {
		struct asset *usdc = &w->book.assets[PW_USDC];
		struct asset *eth = &w->book.assets[PW_ETH];
		struct wad target = wad_from_raw((u128)pw_between(w, 1010,
		    1500));
		struct ppb bonus = ppb_from_raw((uint32_t)(pw_random(w) %
		    120000000));
		char owed[32];
		uint32_t slot;
		u128 want;

		snprintf(owed, sizeof(owed), "%u.%06u",
		    (unsigned)(pw_random(w) % 16500 + 1000),
		    (unsigned)(pw_random(w) % 1000000));
		slot = plain_vault(w, "10", owed);
		usdc->rules[0].debt_weight = ppb_from_raw(1000000000 +
		    (uint32_t)(pw_random(w) % 200000000));
		eth->rules[0].bonus = bonus;
		r.is_liquidation = n % 2 == 0;
		eth->risk.spread = num18_from_raw(2 * (i128)ppb_to_raw(bonus) *
		    (ONE / (i128)PPB_ONE_RAW));
		r.fee = num18_zero();
		if (closed_form(&want, w, slot, target, bonus) &&
		    to_health(w, slot, METHOD_RATIO, target, &r) == ERR_OK) {
			if (want == 0) {
				assert_int_equal(plan.count, 0);
			} else {
				assert_int_equal(plan.count, 1);
				assert_true(distance((i128)want,
				    (i128)plan.step[0].repay) <= 1);
				done++;
			}
			assert_true(wad_compare(plan.health_after, target) >=
			    0);
		}
		pw_clear(w);
	}
	assert_true(done > 100);
	free(w);
}

static void
rebalance_to_health__needs_nothing_at_the_target(void **state)
{
	struct portfolio_world *w = pw_init(3);
	struct optimise_rules r;
	struct wad health;
	uint32_t slot;

	(void)state;
	optimise_rules_default(&r);
	slot = plain_vault(w, "10", "15000");
	/* 10 * 2000 * 0.825 / 15000 = 1.1 */
	assert_int_equal(to_health(w, slot, METHOD_RATIO, wad("1.1"), &r),
	    ERR_OK);
	assert_int_equal(plan.count, 0);
	assert_true(raw(plan.cost) == 0);
	assert_int_equal(to_health(w, slot, METHOD_RATIO,
	    wad("1.100000000000000001"), &r), ERR_OK);
	assert_int_equal(plan.count, 1);
	assert_int_equal(plan.step[0].repay, 1);
	health = plan.health_after;
	/* Insolvent: no sale heals it. */
	pw_clear(w);
	slot = plain_vault(w, "1", "15000");
	assert_int_equal(to_health(w, slot, METHOD_RATIO, wad("1.1"), &r),
	    ERR_REFUSED);
	assert_true(wad_compare(health, plan.health_after) == 0);
	w->market.asset[PW_ETH].price.status = PRICE_REFUSED;
	assert_int_equal(to_health(w, slot, METHOD_RATIO, wad("1.1"), &r),
	    ERR_STALE);
	free(w);
}

static void
rebalance_to_health__repays_in_kind_for_nothing(void **state)
{
	struct portfolio_world *w = pw_init(3);
	struct vault v = pw_vault(w, METHOD_RATIO);
	struct optimise_rules r;

	(void)state;
	optimise_rules_default(&r);
	pw_hold(w, &v, PW_ETH, "10");
	pw_hold(w, &v, PW_USDC, "3000");
	pw_owe(w, &v, PW_USDC, "18000");
	assert_int_equal(to_health(w, pw_put(w, &v), METHOD_RATIO,
	    wad("1.09"), &r), ERR_OK);
	assert_int_equal(plan.count, 1);
	assert_int_equal(plan.step[0].collateral_asset, PW_USDC);
	assert_true(plan.step[0].sell == plan.step[0].repay);
	assert_true(raw(plan.cost) == 0);
	free(w);
}

/* ---- done again ---------------------------------------------------------- */

static enum err
step_redo(struct whatif *x, const struct portfolio_world *w,
    const struct rebalance_step *s, u128 less)
{
	struct action_effect effect;
	struct action a = { .kind = ACTION_WITHDRAW,
	    .asset = s->collateral_asset, .amount = s->sell };
	enum err e;

	if (s->kind == REBALANCE_REPAY) {
		e = whatif_do(x, &effect, &a);
		a = (struct action){ .kind = ACTION_REPAY,
		    .asset = s->debt_asset, .amount = s->repay - less };
		return e != ERR_OK || a.amount == 0 ? e :
		    whatif_do(x, &effect, &a);
	}
	a = (struct action){ .kind = ACTION_TRADE, .asset =
	    w->instruments[s->instrument].is_inverse ? PW_BTC : PW_USDC,
	    .index = wad_one(), .instrument = s->instrument, .size = s->size,
	    .price = s->price };
	a.settle_price = w->market.asset[a.asset].price.mid;
	if (less > 0)
		a.size = num18_from_raw(num18_is_negative(s->size) ?
		    num18_to_raw(s->size) + (i128)less :
		    num18_to_raw(s->size) - (i128)less);
	return num18_is_zero(a.size) ? ERR_OK : whatif_do(x, &effect, &a);
}

/* The plan's health, with its last step less by so much. */
static struct wad
plan_redo(struct portfolio_world *w, uint32_t slot, enum margin_method m,
    u128 less)
{
	struct margin_result r;
	struct whatif x;

	assert_int_equal(whatif_begin(&x, &w->book, slot, PW_POSITIONS),
	    ERR_OK);
	for (size_t i = 0; i < plan.count; i++)
		assert_int_equal(step_redo(&x, w, &plan.step[i],
		    i + 1 == plan.count ? less : 0), ERR_OK);
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot, m), ERR_OK);
	whatif_end(&x);
	return r.mid.health;
}

static void
rebalance_to_health__reaches_it_and_no_sooner(void **state)
{
	static const enum margin_method methods[] = { METHOD_STANDARD,
	    METHOD_SCENARIO, METHOD_RATIO, METHOD_GREEKS };
	struct portfolio_world *w = pw_init(23);
	struct optimise_rules r;
	unsigned done = 0, longer = 0;

	(void)state;
	optimise_rules_default(&r);
	for (unsigned n = 0; n < 60; n++) {
		enum margin_method m = methods[n % 4];
		uint32_t slot = strained_vault(w, m, false, m == METHOD_RATIO ?
		    0 : 3);
		struct wad target = wad("1.2");
		i128 cost = 0;
		enum err e = to_health(w, slot, m, target, &r);

		assert_true(e == ERR_OK || e == ERR_REFUSED);
		if (e == ERR_OK && plan.count > 0) {
			assert_true(wad_compare(plan_redo(w, slot, m, 0),
			    plan.health_after) == 0);
			assert_true(wad_compare(plan.health_after, target) >=
			    0);
			assert_true(wad_compare(plan.health_before, target) <
			    0);
			/* A thousand raw units less of it is not enough. */
			if (m == METHOD_STANDARD || m == METHOD_RATIO)
				assert_true(wad_compare(plan_redo(w, slot, m,
				    plan.step[plan.count - 1].kind ==
				    REBALANCE_REPAY ? 1 : 1000000000000u),
				    target) < 0);
			for (size_t i = 0; i < plan.count; i++)
				cost += raw(plan.step[i].cost);
			assert_true(cost == raw(plan.cost));
			done++;
			longer += plan.count > 1;
		}
		pw_clear(w);
	}
	assert_true(done > 10 && longer > 2);
	free(w);
}

/* Where one pair does it, no other single pair does it for less. */
static void
rebalance_to_health__takes_the_cheapest_pair(void **state)
{
	static const uint8_t held[] = { PW_ETH, PW_BTC, PW_WSTETH };
	struct portfolio_world *w = pw_init(29);
	struct optimise_rules r;
	unsigned done = 0;

	(void)state;
	optimise_rules_default(&r);
	for (unsigned n = 0; n < 200; n++) {
		struct vault v = pw_vault(w, METHOD_RATIO);
		uint32_t slot;
		i128 least = I128_MAX;

		for (size_t i = 0; i < ARRAY_COUNT(held); i++)
			w->book.assets[held[i]].risk.spread = num18_from_raw(
			    pw_between(w, 1, 60));
		pw_hold(w, &v, PW_ETH, "5");
		pw_hold(w, &v, PW_BTC, "0.25");
		pw_hold(w, &v, PW_WSTETH, "4");
		pw_owe(w, &v, PW_USDC, "24000");
		slot = pw_put(w, &v);
		assert_int_equal(to_health(w, slot, METHOD_RATIO, wad("1.1"),
		    &r), ERR_OK);
		for (size_t i = 0; i < ARRAY_COUNT(held) && plan.count == 1;
		    i++) {
			struct asset *a = &w->book.assets[held[i]];
			struct ratio_result v0;
			struct liquidation_sums sums;
			struct liquidation_pair p = { .debt_weight =
			    ppb_one(), .close_factor = ppb_one(),
			    .threshold = a->rules[0].liquidation_threshold,
			    .bonus = ppb_from_raw((uint32_t)(num18_to_raw(
			    a->risk.spread) / 2000000000 + 500000)) };
			struct usd18 x;
			bool heals;

			assert_int_equal(ratio_evaluate(&v0, &w->book,
			    &w->vaults[slot], &w->market), ERR_OK);
			sums.weighted_collateral = v0.mid.weighted_collateral;
			sums.weighted_debt = v0.mid.weighted_debt;
			assert_int_equal(liquidation_repay_to_target(&x,
			    &heals, &p, &sums, wad("1.1")), ERR_OK);
			if (!heals)
				continue;
			assert_int_equal(usd18_mul_ppb(&x, x, p.bonus,
			    ROUND_CEIL), ERR_OK);
			least = raw(x) < least ? raw(x) : least;
		}
		if (plan.count == 1) {
			/* One atom more: of BTC 0.0005. */
			assert_true(raw(plan.cost) <= least + ONE / 10000);
			done++;
		}
		pw_clear(w);
	}
	assert_true(done > 50);
	free(w);
}

/* ---- liquidation --------------------------------------------------------- */

static void
rebalance_to_excess__is_the_linear_reduction(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct optimise_rules r;
	struct num18 want;
	struct vault v = pw_vault(w, METHOD_STANDARD);
	struct margin_result m;
	struct usd18 shortage;
	uint32_t slot;

	(void)state;
	optimise_rules_default(&r);
	r.is_liquidation = true;
	w->book.assets[PW_USDC].rules[0].liquidation_threshold = ppb_one();
	pw_hold(w, &v, PW_USDC, "1000");
	pw_trade(w, &v, 0, 100 * ONE, pw_px("2000"));
	slot = pw_put(w, &v);
	assert_int_equal(margin_evaluate(&m, &w->snapshot, slot,
	    METHOD_STANDARD), ERR_OK);
	assert_int_equal(usd18_neg(&shortage, m.mid.excess), ERR_OK);
	/* 200,000 at 3 % less 1,000. */
	assert_true(raw(shortage) == 5000 * ONE);
	assert_int_equal(to_excess(w, slot, METHOD_STANDARD, 0, &r), ERR_OK);
	assert_int_equal(linear_reduction(&want, shortage,
	    num18_from_raw(100 * ONE), num18_one(), pw_px("2000"),
	    ppb_from_raw(30000000), ppb_from_raw(500000),
	    ppb_from_raw(500000)), ERR_OK);
	assert_int_equal(plan.count, 1);
	assert_true(distance(-num18_to_raw(plan.step[0].size),
	    num18_to_raw(want)) < ONE / 10000000);
	assert_true(raw(plan.after.mm_excess) >= 0);
	assert_true(raw(plan.after.mm_excess) < ONE / 100000);
	/* Further, to a target above zero. */
	assert_int_equal(to_excess(w, slot, METHOD_STANDARD, 100 * ONE, &r),
	    ERR_OK);
	assert_true(raw(plan.after.mm_excess) >= 100 * ONE);
	free(w);
}

static void
rebalance_to_excess__heals_random_vaults_of_any_method(void **state)
{
	static const enum margin_method methods[] = { METHOD_STANDARD,
	    METHOD_SCENARIO, METHOD_ES };
	struct portfolio_world *w = pw_init(61);
	struct optimise_rules r;
	unsigned done = 0;

	(void)state;
	optimise_rules_default(&r);
	r.is_liquidation = true;
	for (unsigned n = 0; n < 90; n++) {
		enum margin_method m = methods[n % 3];
		uint32_t slot = strained_vault(w, m, false, 3);
		struct margin_result was;
		enum err e;

		e = to_excess(w, slot, m, 0, &r);
		assert_int_equal(margin_evaluate(&was, &w->snapshot, slot,
		    m), ERR_OK);
		assert_true(e == ERR_OK || e == ERR_REFUSED);
		if (e == ERR_OK) {
			assert_true(raw(plan.after.mm_excess) >= 0);
			assert_int_equal(plan.count > 0,
			    raw(was.mid.excess) < 0);
			done += plan.count > 0;
		}
		pw_clear(w);
	}
	assert_true(done > 5);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    rebalance_to_health__is_the_closed_form_within_one_atom),
		cmocka_unit_test(
		    rebalance_to_health__needs_nothing_at_the_target),
		cmocka_unit_test(
		    rebalance_to_health__repays_in_kind_for_nothing),
		cmocka_unit_test(
		    rebalance_to_health__reaches_it_and_no_sooner),
		cmocka_unit_test(rebalance_to_health__takes_the_cheapest_pair),
		cmocka_unit_test(rebalance_to_excess__is_the_linear_reduction),
		cmocka_unit_test(
		    rebalance_to_excess__heals_random_vaults_of_any_method),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
