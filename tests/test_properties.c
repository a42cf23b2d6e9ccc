/* What must hold for any portfolio, whatever the method. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/liquidation_search.h"
#include "margin/whatif.h"
#include "tests/portfolio_world.h"

#define ATOM 1	/* of a value: 1e-18 USD */

static i128
raw(struct usd18 v)
{
	return usd18_to_raw(v);
}

static struct evaluation
at_mid(struct portfolio_world *w, uint32_t slot, enum margin_method m,
    enum margin_side side)
{
	struct point mid = point_mid();
	struct evaluation v;

	assert_int_equal(margin_evaluate_at(&v, &w->snapshot, slot, m, &mid,
	    side, NULL), ERR_OK);
	return v;
}

/* ---- more collateral ------------------------------------------------------- */

/* USDC is no risk unit: more of it never lowers excess or health, on either
 * side, under any method. */
static void
collateral__more_of_it_never_lowers_health(void **state)
{
	struct portfolio_world *w = pw_init(11);

	(void)state;
	for (unsigned n = 0; n < 60; n++) {
		uint32_t slot = pw_random_vault(w, METHOD_SCENARIO, 6);
		struct vault *v = &w->vaults[slot];
		size_t usdc = 0;

		while (usdc < v->collateral_count &&
		    v->collateral[usdc].asset != PW_USDC)
			usdc++;
		if (usdc == v->collateral_count) {
			pw_clear(w);
			continue;
		}
		for (unsigned m = METHOD_STANDARD; m <= METHOD_ES; m++)
			for (unsigned s = 0; s < 2; s++) {
			enum margin_side side = (enum margin_side)s;
			u128 was = v->collateral[usdc].amount;
			struct evaluation before = at_mid(w, slot,
			    (enum margin_method)m, side), after;

			v->collateral[usdc].amount += pw_random(w) % 5000000;
			after = at_mid(w, slot, (enum margin_method)m, side);
			assert_true(raw(after.excess) >= raw(before.excess));
			assert_true(wad_compare(after.health, before.health)
			    >= 0);
			v->collateral[usdc].amount = was;
		}
		pw_clear(w);
	}
	free(w);
}

/* Tokens of any kind under `ratio`. */
static void
collateral__more_of_any_token_never_lowers_ratio_health(void **state)
{
	struct portfolio_world *w = pw_init(12);
	struct margin_result before, after;

	(void)state;
	for (unsigned n = 0; n < 2000; n++) {
		uint32_t slot = pw_random_vault(w, METHOD_RATIO, 0);
		struct vault *v = &w->vaults[slot];

		for (size_t k = 0; k < v->collateral_count; k++) {
			assert_int_equal(margin_evaluate(&before,
			    &w->snapshot, slot, METHOD_RATIO), ERR_OK);
			v->collateral[k].amount += pw_random(w) >> 4;
			assert_int_equal(margin_evaluate(&after, &w->snapshot,
			    slot, METHOD_RATIO), ERR_OK);
			assert_true(wad_compare(after.mid.health,
			    before.mid.health) >= 0);
			assert_true(raw(after.worst.excess) >=
			    raw(before.worst.excess));
			assert_true(raw(after.initial.excess) >=
			    raw(before.initial.excess));
		}
		pw_clear(w);
	}
	free(w);
}

/* A size haircut bends the curve of what counts, never down. */
static void
collateral__more_of_a_dynamic_asset_never_counts_less(void **state)
{
	struct portfolio_world *w = pw_init(13);
	struct asset *eth = &w->book.assets[PW_ETH];

	(void)state;
	eth->risk.is_dynamic = true;
	eth->risk.adv = usd18_from_raw(pw_number("1000000"));
	for (unsigned n = 0; n < 200; n++) {
		struct vault v = pw_vault(w, METHOD_RATIO);
		i128 last = 0;
		uint32_t slot;

		pw_hold(w, &v, PW_ETH, "1");
		slot = pw_put(w, &v);
		for (unsigned k = 0; k < 20; k++) {
			struct evaluation e;

			w->vaults[slot].collateral[0].amount +=
			    (u128)pw_random(w) * (pw_random(w) % 64);
			e = at_mid(w, slot, METHOD_RATIO, SIDE_INITIAL);
			assert_true(raw(e.equity) >= last);
			last = raw(e.equity);
		}
		pw_clear(w);
	}
	free(w);
}

/* ---- prices ------------------------------------------------------------------ */

static struct wad
health_with(struct portfolio_world *w, uint32_t slot, uint8_t asset,
    struct px18 px)
{
	struct price was = w->market.asset[asset].price;
	struct margin_result r;

	w->market.asset[asset].price.mid = px;
	w->market.asset[asset].price.low = px;
	w->market.asset[asset].price.high = px;
	assert_int_equal(margin_evaluate(&r, &w->snapshot, slot,
	    METHOD_RATIO), ERR_OK);
	w->market.asset[asset].price = was;
	return r.mid.health;
}

static void
health__rises_with_what_is_held_and_falls_with_what_is_owed(void **state)
{
	struct portfolio_world *w = pw_init(14);

	(void)state;
	for (unsigned n = 0; n < 1000; n++) {
		uint32_t slot = pw_random_vault(w, METHOD_RATIO, 0);
		const struct vault *v = &w->vaults[slot];

		for (uint8_t a = 0; a < w->book.asset_count; a++) {
			bool held = false, owed = false;
			struct wad last = { 0 };

			for (size_t k = 0; k < v->collateral_count; k++)
				held |= v->collateral[k].asset == a;
			for (size_t k = 0; k < v->debt_count; k++)
				owed |= v->debt[k].asset == a;
			if (held == owed)
				continue;
			for (unsigned k = 1; k <= 12; k++) {
				struct wad h = health_with(w, slot, a,
				    px18_from_raw(w->market.asset[a].price.
				    mid.raw / 6 * k));

				if (k > 1)
					assert_true(held ?
					    wad_compare(h, last) >= 0 :
					    wad_compare(h, last) <= 0);
				last = h;
			}
		}
		pw_clear(w);
	}
	free(w);
}

/* ---- liquidation prices ------------------------------------------------------- */

static i128
excess_at(struct portfolio_world *w, uint32_t slot, enum margin_method m,
    uint8_t factor, u128 price)
{
	struct point at = point_mid();
	struct evaluation v;

	at.factor[factor] = (struct point_factor){ .at = AT_PRICE,
	    .price = px18_from_raw(price) };
	assert_int_equal(margin_evaluate_at(&v, &w->snapshot, slot, m, &at,
	    SIDE_MAINTENANCE, NULL), ERR_OK);
	return raw(v.excess);
}

/* Put back as the market, a liquidation price is safe and its neighbour one
 * unit further is not. */
static void
liquidation_price__changes_the_sign_within_one_tick(void **state)
{
	struct portfolio_world *w = pw_init(15);
	unsigned found = 0;

	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		enum margin_method m = n % 2 ? METHOD_STANDARD :
		    METHOD_SCENARIO;
		uint32_t slot = pw_random_vault(w, m, 4);

		for (uint8_t f = 0; f < 2; f++) {
			struct liquidation_price p;
			enum err e = liquidation_search(&p, &w->snapshot,
			    slot, m, f);

			if (e == ERR_UNKNOWN)
				continue;
			assert_int_equal(e, ERR_OK);
			if (p.has_below) {
				assert_true(excess_at(w, slot, m, f,
				    px18_to_raw(p.below)) >= 0);
				assert_true(excess_at(w, slot, m, f,
				    px18_to_raw(p.below) - 1) < 0);
				found++;
			}
			if (p.has_above) {
				assert_true(excess_at(w, slot, m, f,
				    px18_to_raw(p.above)) >= 0);
				assert_true(excess_at(w, slot, m, f,
				    px18_to_raw(p.above) + 1) < 0);
				found++;
			}
		}
		pw_clear(w);
	}
	assert_true(found > 20);
	free(w);
}

/* 100 short butterflies 1,930/1,955/1,980 and 1,000 of cash: under water only
 * inside one gap between two nodes. */
static void
liquidation_price__finds_a_pocket_between_two_nodes(void **state)
{
	static const char *const strikes[] = { "1930", "1955", "1980" };
	struct portfolio_world *w = pw_init(16);
	struct vault v = pw_vault(w, METHOD_SCENARIO);
	struct liquidation_price p;
	uint16_t legs[3];
	uint32_t slot;

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		legs[k] = pw_instrument(w, INSTRUMENT_OPTION, PW_F_ETH, 7,
		    strikes[k], true);
		/* A minute before expiry the pocket is what it will pay. */
		w->instruments[legs[k]].expiry_ms = PW_NOW_MS + 60000;
		w->instruments[legs[k]].window_ms = 0;
		pw_trade(w, &v, legs[k], (k == 1 ? 200 : -100) *
		    (i128)WAD_ONE_RAW, pw_px("0"));
	}
	/* Only the value itself decides: one scenario that moves nothing. */
	w->rules.scenario.shock_count = 1;
	w->rules.scenario.shock[0] = (struct scenario_shock){
		.spot = num18_one(), .dampening = num18_one() };
	memset(&w->rules.scenario.basis, 0, sizeof(w->rules.scenario.basis));
	w->rules.scenario.basis.scenario_spot_up = num18_one();
	w->rules.scenario.basis.scenario_spot_down = num18_one();
	memset(&w->rules.scenario.other, 0, sizeof(w->rules.scenario.other));
	pw_hold(w, &v, PW_USDC, "1000");
	slot = pw_put(w, &v);
	/* Cash of 970 counts; the butterflies cost up to 2,500 at 1,955. */
	assert_true(excess_at(w, slot, METHOD_SCENARIO, PW_F_ETH,
	    px18_to_raw(pw_px("2000"))) > 0);
	assert_true(excess_at(w, slot, METHOD_SCENARIO, PW_F_ETH,
	    px18_to_raw(pw_px("1955"))) < 0);
	assert_true(excess_at(w, slot, METHOD_SCENARIO, PW_F_ETH,
	    px18_to_raw(pw_px("1900"))) > 0);
	assert_int_equal(liquidation_search(&p, &w->snapshot, slot,
	    METHOD_SCENARIO, PW_F_ETH), ERR_OK);
	assert_true(p.has_below);
	assert_true(px18_compare(p.below, pw_px("1955")) > 0);
	assert_true(px18_compare(p.below, pw_px("1980")) < 0);
	assert_true(excess_at(w, slot, METHOD_SCENARIO, PW_F_ETH,
	    px18_to_raw(p.below) - 1) < 0);
	free(w);
}

/* ---- scenario ------------------------------------------------------------------ */

/* Each half of a portfolio alone never asks for less together: what one half
 * gains in a scenario may pay for what the other loses in it. */
static void
scenario__splitting_never_lowers_the_requirement(void **state)
{
	struct portfolio_world *w = pw_init(17);

	(void)state;
	for (unsigned n = 0; n < 150; n++) {
		uint32_t slot = pw_random_vault(w, METHOD_SCENARIO, 10);
		struct vault whole = w->vaults[slot], part = whole;
		uint32_t cut = whole.position_count / 2;
		i128 together, apart;

		/* Positions alone: collateral is worth what it is worth. */
		w->vaults[slot].collateral_count = 0;
		w->vaults[slot].debt_count = 0;
		together = raw(at_mid(w, slot, METHOD_SCENARIO,
		    SIDE_MAINTENANCE).requirement);
		w->vaults[slot].position_count = cut;
		apart = raw(at_mid(w, slot, METHOD_SCENARIO,
		    SIDE_MAINTENANCE).requirement);
		part = w->vaults[slot];
		part.position_first = whole.position_first + cut;
		part.position_count = whole.position_count - cut;
		w->vaults[slot] = part;
		apart += raw(at_mid(w, slot, METHOD_SCENARIO,
		    SIDE_MAINTENANCE).requirement);
		/* A rounding for each scenario's expiry and the sums. */
		assert_true(together <= apart + 64 * ATOM);
		pw_clear(w);
	}
	free(w);
}

/* An offset between units never raises the requirement above the plain sum. */
static void
scenario__an_offset_never_raises_the_requirement(void **state)
{
	struct portfolio_world *w = pw_init(18);

	(void)state;
	for (unsigned n = 0; n < 60; n++) {
		uint32_t slot = pw_random_vault(w, METHOD_SCENARIO, 10);
		i128 last = I128_MAX;

		for (unsigned tenths = 0; tenths <= 5; tenths++) {
			i128 r;

			w->rules.scenario.extra.omega = num18_from_raw(
			    (i128)WAD_ONE_RAW / 10 * tenths);
			r = raw(at_mid(w, slot, METHOD_SCENARIO,
			    SIDE_MAINTENANCE).requirement);
			assert_true(r <= last || r - last <= 4 * ATOM);
			last = r;
		}
		w->rules.scenario.extra.omega = num18_zero();
		pw_clear(w);
	}
	free(w);
}

/* ---- post margin ---------------------------------------------------------------- */

static struct action
random_action(struct portfolio_world *w)
{
	struct action a = { .asset = PW_USDC, .index = wad_one(),
	    .settle_price = pw_px("1") };

	switch (pw_random(w) % 5) {
	case 0: a.kind = ACTION_DEPOSIT; break;
	case 1: a.kind = ACTION_WITHDRAW; break;
	case 2: a.kind = ACTION_BORROW; break;
	case 3: a.kind = ACTION_REPAY; break;
	default:
		a.kind = ACTION_TRADE;
		a.instrument = (uint16_t)(pw_random(w) % 2);
		a.size = num18_from_raw(pw_between(w, -3000, 3000) + 1);
		a.price = a.instrument == 0 ? pw_px("2000") : pw_px("50000");
		return a;
	}
	a.amount = pw_random(w) % 1000 * pow10_u128(6) + 1;
	return a;
}

/* Bytes between the fields are nobody's. */
static void
evaluations_equal(const struct evaluation *a, const struct evaluation *b)
{
	assert_memory_equal(a, b, offsetof(struct evaluation,
	    binding.is_refused));
	assert_int_equal(a->binding.is_refused, b->binding.is_refused);
}

static void
results_equal(const struct margin_result *a, const struct margin_result *b)
{
	const size_t from = offsetof(struct margin_result, collateral_value);

	assert_int_equal(a->method, b->method);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->is_degraded, b->is_degraded);
	assert_int_equal(a->is_refused, b->is_refused);
	assert_memory_equal(&a->collateral_value, &b->collateral_value,
	    offsetof(struct margin_result, mid) - from);
	evaluations_equal(&a->mid, &b->mid);
	evaluations_equal(&a->worst, &b->worst);
	evaluations_equal(&a->best, &b->best);
	evaluations_equal(&a->initial, &b->initial);
	assert_int_equal(a->status.is_stale, b->status.is_stale);
	assert_int_equal(a->status.is_degraded, b->status.is_degraded);
	assert_int_equal(a->status.is_pending, b->status.is_pending);
	assert_int_equal(a->status.about, b->status.about);
	assert_int_equal(a->status.index, b->status.index);
}

/* The margin said to follow from an action is the margin of the state that
 * follows from it. */
static void
post_margin__is_the_margin_of_the_state_after_it(void **state)
{
	struct portfolio_world *w = pw_init(19);
	unsigned done = 0;

	(void)state;
	for (unsigned n = 0; n < 60; n++) {
		enum margin_method m = (enum margin_method)(METHOD_STANDARD +
		    n % (METHOD_ES - METHOD_STANDARD + 1));
		uint32_t slot = pw_random_vault(w, m, 6);
		struct vault was = w->vaults[slot];
		struct action a = random_action(w);
		struct margin_result after;
		struct post_margin p;
		struct whatif x;
		size_t failed;

		assert_int_equal(whatif_begin(&x, &w->book, slot,
		    PW_POSITIONS), ERR_OK);
		if (post_margin_of(&p, &failed, &x, &w->snapshot,
		    m, &a, 1) == ERR_OK) {
			struct vault then = w->vaults[slot];

			whatif_end(&x);
			w->vaults[slot] = then;
			assert_int_equal(margin_evaluate(&after, &w->snapshot,
			    slot, m), ERR_OK);
			results_equal(&after, &p.after);
			/* Taking cash out below the initial level: never. */
			if (action_is_cash_out(&a) &&
			    usd18_is_negative(p.after.initial.excess))
				assert_false(p.verdict.is_accepted);
			if (!usd18_is_negative(p.after.initial.excess))
				assert_true(p.verdict.is_accepted);
			done++;
		} else {
			whatif_end(&x);
			assert_memory_equal(&was, &w->vaults[slot],
			    sizeof(was));
		}
		pw_clear(w);
	}
	assert_true(done > 25);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(collateral__more_of_it_never_lowers_health),
		cmocka_unit_test(
		    collateral__more_of_any_token_never_lowers_ratio_health),
		cmocka_unit_test(
		    collateral__more_of_a_dynamic_asset_never_counts_less),
		cmocka_unit_test(
		    health__rises_with_what_is_held_and_falls_with_what_is_owed),
		cmocka_unit_test(
		    liquidation_price__changes_the_sign_within_one_tick),
		cmocka_unit_test(
		    liquidation_price__finds_a_pocket_between_two_nodes),
		cmocka_unit_test(
		    scenario__splitting_never_lowers_the_requirement),
		cmocka_unit_test(
		    scenario__an_offset_never_raises_the_requirement),
		cmocka_unit_test(
		    post_margin__is_the_margin_of_the_state_after_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
