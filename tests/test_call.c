/* margin/call: the state machine against a table of every state and input,
 * both sides of each limit, deadlines, ageing, the amount of a call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/margin_world.h"

#include "margin/call.h"

#define T0 UINT64_C(1700000000000)
#define DAY UINT64_C(86400000)

static struct call_rules rules;

/* IMR 100, MMR 50: called below 5, HEALTHY again from 2. */
static struct call_input
input(const char *im, const char *mm)
{
	struct call_input x = {
		.im_excess = usd(im), .mm_excess_mid = usd(mm),
		.mm_excess_worst = usd(mm), .mm_excess_best = usd(mm),
		.imr = usd("100"), .mmr = usd("50"), .equity = usd("100"),
		.has_obligation = true, .as_of_ms = T0,
	};

	call_rules_default(&rules);
	x.snapshot.b[0] = 7;
	return x;
}

static struct call_state
state_of(enum vault_state s)
{
	return (struct call_state){ .state = s, .overlay = STATE_HEALTHY,
	    .since_ms = T0 - DAY };
}

static struct call_state
step(struct call_state s, const struct call_input *x)
{
	struct call_transition log;

	assert_int_equal(call_step(&s, &log, &s, x, &rules), ERR_OK);
	assert_memory_equal(&log.snapshot, &x->snapshot, sizeof(log.snapshot));
	assert_true(log.at_ms == x->as_of_ms && log.to.state == s.state);
	return s;
}

static enum vault_state
next(enum vault_state from, const char *im, const char *mm)
{
	struct call_input x = input(im, mm);

	return step(state_of(from), &x).state;
}

static void
call_step__keeps_both_sides_of_each_limit(void **state)
{
	static const struct {
		enum vault_state from;
		const char *im, *mm;
		enum vault_state to;
	} table[] = {
		{ STATE_HEALTHY, "0", "50", STATE_HEALTHY },
		{ STATE_HEALTHY, "-0.000000000000000001", "49.9",
		    STATE_RESTRICTED },
		{ STATE_HEALTHY, "-45", "5", STATE_RESTRICTED },
		{ STATE_HEALTHY, "-45", "4.999999999999999999", STATE_CALLED },
		{ STATE_HEALTHY, "-50", "0", STATE_CALLED },
		{ STATE_HEALTHY, "-50", "-0.000000000000000001",
		    STATE_LIQUIDATABLE },
		/* hysteresis */
		{ STATE_RESTRICTED, "1.999999999999999999", "50",
		    STATE_RESTRICTED },
		{ STATE_RESTRICTED, "2", "50", STATE_HEALTHY },
		{ STATE_CALLED, "1.999999999999999999", "50",
		    STATE_RESTRICTED },
		{ STATE_CALLED, "2", "50", STATE_HEALTHY },
		{ STATE_OVERDUE, "1.999999999999999999", "50",
		    STATE_RESTRICTED },
		/* which never holds a vault in LIQUIDATABLE */
		{ STATE_LIQUIDATABLE, "0", "50", STATE_HEALTHY },
		{ STATE_LIQUIDATABLE, "-45", "5", STATE_RESTRICTED },
		{ STATE_LIQUIDATABLE, "-50", "0", STATE_CALLED },
		{ STATE_LIQUIDATING, "0", "50", STATE_HEALTHY },
		{ STATE_INSOLVENT, "0", "50", STATE_HEALTHY },
		{ STATE_CLOSED, "-45", "5", STATE_RESTRICTED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		assert_int_equal(next(table[i].from, table[i].im, table[i].mm),
		    table[i].to);
}

static void
call_step__is_liquidatable_at_three_points_only(void **state)
{
	struct call_input x = input("-60", "-1");

	(void)state;
	assert_int_equal(step(state_of(STATE_HEALTHY), &x).state,
	    STATE_LIQUIDATABLE);
	x.mm_excess_best = usd("0");
	assert_int_equal(step(state_of(STATE_HEALTHY), &x).state,
	    STATE_CALLED);
	x.mm_excess_best = usd("-1");
	x.mm_excess_worst = usd("0");
	assert_int_equal(step(state_of(STATE_LIQUIDATABLE), &x).state,
	    STATE_CALLED);
	x.mm_excess_worst = usd("-1");
	x.mm_excess_mid = usd("0");
	assert_int_equal(step(state_of(STATE_LIQUIDATABLE), &x).state,
	    STATE_CALLED);
}

static void
call_step__runs_a_call_to_its_deadline(void **state)
{
	struct call_input x = input("-46", "4");
	struct call_state s = step(state_of(STATE_HEALTHY), &x);

	(void)state;
	assert_int_equal(s.state, STATE_CALLED);
	assert_true(s.since_ms == T0 && s.deadline_ms == T0 + DAY);
	assert_false(call_may_liquidate_to_initial(&s, &rules));
	/* A better price does not meet the call, and does not renew it. */
	x.mm_excess_mid = usd("30");
	x.im_excess = usd("-20");
	x.as_of_ms = T0 + 1000;
	s = step(s, &x);
	assert_int_equal(s.state, STATE_CALLED);
	assert_true(s.since_ms == T0 && s.deadline_ms == T0 + DAY);
	x.as_of_ms = T0 + DAY - 1;
	s = step(s, &x);
	assert_int_equal(s.state, STATE_CALLED);
	x.as_of_ms = T0 + DAY;
	s = step(s, &x);
	assert_int_equal(s.state, STATE_OVERDUE);
	assert_true(s.since_ms == T0 + DAY && s.deadline_ms == T0 + DAY);
	/* Only where the rules say so. */
	assert_false(call_may_liquidate_to_initial(&s, &rules));
	rules.is_enforced = true;
	assert_true(call_may_liquidate_to_initial(&s, &rules));
	/* Paid: the initial level, then the hysteresis. */
	x.im_excess = usd("0");
	s = step(s, &x);
	assert_int_equal(s.state, STATE_RESTRICTED);
	assert_true(s.deadline_ms == 0);
	x.im_excess = usd("2");
	assert_int_equal(step(s, &x).state, STATE_HEALTHY);
}

static void
call_step__keeps_an_open_call_through_liquidation(void **state)
{
	struct call_input x = input("-46", "4");
	struct call_state s = step(state_of(STATE_HEALTHY), &x);
	struct call_input down = input("-60", "-1");

	(void)state;
	down.as_of_ms = T0 + 10;
	s = step(s, &down);
	assert_int_equal(s.state, STATE_LIQUIDATABLE);
	assert_true(s.deadline_ms == T0 + DAY);
	x.as_of_ms = T0 + 20;
	s = step(s, &x);
	assert_int_equal(s.state, STATE_CALLED);
	assert_true(s.deadline_ms == T0 + DAY);
	/* A crash without a call before it leaves none behind. */
	s = step(state_of(STATE_HEALTHY), &down);
	assert_true(s.deadline_ms == 0);
	x.as_of_ms = T0 + 30;
	assert_true(step(s, &x).deadline_ms == T0 + 30 + DAY);
}

static void
call_step__decides_nothing_from_a_stale_price(void **state)
{
	struct call_input x = input("-60", "-1");
	struct call_state s;

	(void)state;
	x.is_stale = x.is_worthless = x.is_being_liquidated = true;
	for (unsigned from = STATE_HEALTHY; from <= STATE_INSOLVENT; from++) {
		s = step(state_of((enum vault_state)from), &x);
		assert_int_equal(s.state, from);
		assert_int_equal(s.overlay, STATE_STALE);
		assert_int_equal(call_shown(&s), STATE_STALE);
		assert_true(s.since_ms == T0 - DAY);
	}
	s = state_of(STATE_OVERDUE);
	s.overlay = STATE_STALE;
	rules.is_enforced = true;
	assert_false(call_may_liquidate_to_initial(&s, &rules));
	s.overlay = STATE_PENDING;
	assert_true(call_may_liquidate_to_initial(&s, &rules));
}

static void
call_shown__puts_overlays_over_quiet_states_only(void **state)
{
	struct call_input x = input("10", "60");
	struct call_state s;

	(void)state;
	x.is_pending = x.is_recovery = true;
	s = step(state_of(STATE_HEALTHY), &x);
	assert_int_equal(call_shown(&s), STATE_PENDING);
	x.is_pending = false;
	s = step(s, &x);
	assert_int_equal(call_shown(&s), STATE_RECOVERY);
	assert_true(s.since_ms == T0 - DAY);
	x.im_excess = usd("-60");
	x.mm_excess_mid = x.mm_excess_worst = x.mm_excess_best = usd("-1");
	s = step(s, &x);
	assert_int_equal(call_shown(&s), STATE_LIQUIDATABLE);
	assert_int_equal(s.overlay, STATE_RECOVERY);
}

/* margin-model 1.12 */
static void
call_step__no_obligation_is_never_liquidatable(void **state)
{
	struct call_input x = input("-60", "-60");

	(void)state;
	x.has_obligation = false;
	x.imr = x.mmr = usd("0");
	x.equity = usd("-60");
	assert_int_equal(step(state_of(STATE_HEALTHY), &x).state,
	    STATE_RESTRICTED);
	assert_int_equal(step(state_of(STATE_LIQUIDATING), &x).state,
	    STATE_RESTRICTED);
	assert_true(call_is_flagged(&x));
	x.equity = usd("0");
	assert_false(call_is_flagged(&x));
	x.equity = usd("-60");
	x.has_obligation = true;
	assert_false(call_is_flagged(&x));
	assert_int_equal(step(state_of(STATE_HEALTHY), &x).state,
	    STATE_LIQUIDATABLE);
}

static void
call_step__debt_without_collateral_is_insolvent(void **state)
{
	struct call_input x = input("-60", "-60");

	(void)state;
	x.is_worthless = true;
	assert_int_equal(step(state_of(STATE_HEALTHY), &x).state,
	    STATE_INSOLVENT);
	/* Something left to seize: liquidation goes first. */
	x.is_worthless = false;
	x.equity = usd("-1");
	assert_int_equal(step(state_of(STATE_HEALTHY), &x).state,
	    STATE_LIQUIDATABLE);
	x.is_being_liquidated = true;
	assert_int_equal(step(state_of(STATE_LIQUIDATABLE), &x).state,
	    STATE_LIQUIDATING);
	x.is_being_liquidated = false;
	assert_int_equal(step(state_of(STATE_LIQUIDATING), &x).state,
	    STATE_INSOLVENT);
	x.equity = usd("0");
	assert_int_equal(step(state_of(STATE_LIQUIDATING), &x).state,
	    STATE_LIQUIDATABLE);
	x.is_empty = true;
	assert_int_equal(step(state_of(STATE_LIQUIDATING), &x).state,
	    STATE_CLOSED);
}

/* ---- every state and input against the rules told another way ----------- */

static const char *const AMOUNTS[] = {
	"-1", "0", "1.99", "2", "4.99", "5", "60",
};

/* The header's table as conditions that exclude each other's earlier rows. */
static enum vault_state
reference(const struct call_state *s, const struct call_input *x)
{
	bool ending = s->state >= STATE_LIQUIDATABLE;
	bool slow = s->state >= STATE_RESTRICTED &&
	    s->state <= STATE_OVERDUE;
	i128 im = usd18_to_raw(x->im_excess);
	i128 mm = usd18_to_raw(x->mm_excess_mid);
	i128 unit = (i128)WAD_ONE_RAW;
	bool below = mm < 0 && usd18_to_raw(x->mm_excess_worst) < 0 &&
	    usd18_to_raw(x->mm_excess_best) < 0;
	bool open = s->deadline_ms != 0;

	if (x->is_stale)
		return s->state;
	if (ending && x->is_empty)
		return STATE_CLOSED;
	if (x->is_worthless)
		return STATE_INSOLVENT;
	if (x->is_being_liquidated)
		return STATE_LIQUIDATING;
	if ((s->state == STATE_LIQUIDATING || s->state == STATE_INSOLVENT) &&
	    x->has_obligation && usd18_to_raw(x->equity) < 0)
		return STATE_INSOLVENT;
	if (x->has_obligation && below)
		return STATE_LIQUIDATABLE;
	if (im >= 2 * unit || (im >= 0 && !slow))
		return STATE_HEALTHY;
	if (im >= 0)
		return STATE_RESTRICTED;
	if (open && s->deadline_ms <= x->as_of_ms)
		return STATE_OVERDUE;
	if (open || (x->has_obligation && mm < 5 * unit))
		return STATE_CALLED;
	return STATE_RESTRICTED;
}

static void
check_step(const struct call_state *s, const struct call_input *x)
{
	struct call_state out, again;
	struct call_transition log;
	bool changed;

	assert_int_equal(call_step(&out, &log, s, x, &rules), ERR_OK);
	assert_int_equal(out.state, reference(s, x));
	changed = out.state != s->state || out.overlay != s->overlay;
	assert_int_equal(log.is_change, changed);
	assert_true(out.since_ms == (out.state == s->state ? s->since_ms :
	    x->as_of_ms));
	if (!x->is_stale && (out.state == STATE_CALLED ||
	    out.state == STATE_OVERDUE))
		assert_true(out.deadline_ms != 0);
	assert_int_equal(call_step(&again, &log, &out, x, &rules), ERR_OK);
	assert_int_equal(again.state, reference(&out, x));
	if (out.state == s->state)
		assert_memory_equal(&again, &out, sizeof(out));
}

static void
call_step__follows_the_table_in_every_state(void **state)
{
	struct call_input x = input("0", "0");
	size_t steps = 0;

	(void)state;
	for (unsigned n = 0; n < 8 * 3 * 64 * 7 * 7 * 2; n++) {
		unsigned k = n;
		struct call_state s = state_of((enum vault_state)(k % 8));
		static const uint64_t deadlines[] = { 0, T0, T0 + 1 };

		k /= 8;
		s.deadline_ms = deadlines[k % 3];
		k /= 3;
		x.is_stale = (k & 1) != 0;
		x.is_empty = (k & 2) != 0;
		x.is_worthless = (k & 4) != 0;
		x.is_being_liquidated = (k & 8) != 0;
		x.has_obligation = (k & 16) != 0;
		x.mm_excess_best = usd((k & 32) != 0 ? "-1" : "1");
		k /= 64;
		x.im_excess = usd(AMOUNTS[k % 7]);
		k /= 7;
		x.mm_excess_mid = x.mm_excess_worst = usd(AMOUNTS[k % 7]);
		k /= 7;
		x.equity = usd(k != 0 ? "-1" : "0");
		check_step(&s, &x);
		steps++;
	}
	assert_int_equal(steps, 150528);
}

/* HEALTHY, and then the same snapshot again: no state may be left that the
 * machine does not keep. */
static void
call_step__is_idempotent(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 8 * 7 * 7; n++) {
		struct call_input x = input(AMOUNTS[n / 8 % 7],
		    AMOUNTS[n / 56]);
		struct call_state once = step(state_of((enum vault_state)
		    (n % 8)), &x);
		struct call_state twice = step(once, &x);

		assert_memory_equal(&once, &twice, sizeof(once));
	}
}

static void
call_step__fails_without_touching_its_outputs(void **state)
{
	struct call_input x = input("-46", "4");
	struct call_state s = state_of(STATE_HEALTHY), before = s;
	struct call_transition log, log_before;

	(void)state;
	memset(&log, 0x5a, sizeof(log));
	log_before = log;
	x.as_of_ms = s.since_ms - 1;
	assert_int_equal(call_step(&s, &log, &s, &x, &rules), ERR_STATE);
	x.as_of_ms = s.since_ms;
	rules.deadline_ms = UINT64_MAX;
	assert_int_equal(call_step(&s, &log, &s, &x, &rules), ERR_RANGE);
	assert_memory_equal(&s, &before, sizeof(s));
	assert_memory_equal(&log, &log_before, sizeof(log));
}

static void
call_step__notes_the_first_time(void **state)
{
	struct call_input x = input("10", "60");
	struct call_state s = { .state = STATE_HEALTHY };

	(void)state;
	s = step(s, &x);
	assert_true(s.since_ms == T0);
	x.as_of_ms++;
	assert_true(step(s, &x).since_ms == T0);
}

static void
call_age__has_both_sides_of_each_bound(void **state)
{
	struct call_state s = state_of(STATE_RESTRICTED);

	(void)state;
	call_rules_default(&rules);
	s.since_ms = T0;
	assert_int_equal(call_age(&s, T0 - 1, &rules), 0);
	assert_int_equal(call_age(&s, T0 + DAY / 24 - 1, &rules), 0);
	assert_int_equal(call_age(&s, T0 + DAY / 24, &rules), 1);
	assert_int_equal(call_age(&s, T0 + DAY - 1, &rules), 1);
	assert_int_equal(call_age(&s, T0 + DAY, &rules), 2);
	assert_int_equal(call_age(&s, T0 + 3 * DAY, &rules), 3);
	assert_int_equal(call_age(&s, T0 + 7 * DAY - 1, &rules), 3);
	assert_int_equal(call_age(&s, T0 + 7 * DAY, &rules), 4);
}

/* ---- the amount --------------------------------------------------------- */

static const char *
amount(const char *im_excess, const char *imr)
{
	struct usd18 v;

	assert_int_equal(call_amount(&v, usd(im_excess), usd(imr), &rules),
	    ERR_OK);
	return usd_text(v);
}

static void
call_amount__restores_the_initial_level(void **state)
{
	struct usd18 v = usd("7");

	(void)state;
	call_rules_default(&rules);
	assert_string_equal(amount("-10", "100"), "10");
	assert_string_equal(amount("0", "100"), "0");
	assert_string_equal(amount("5", "100"), "0");
	rules.haircut = part("0.3");
	assert_string_equal(amount("-10", "100"), "14.285714285714285715");
	rules.target = part("1.1");
	assert_string_equal(amount("-4", "100"), "20");
	assert_string_equal(amount("9.999999999999999999", "100"),
	    "0.000000000000000002");
	assert_string_equal(amount("10", "100"), "0");
	rules.haircut = part("0.999999999");
	assert_string_equal(amount("10", "100"), "0");
	rules.haircut = part("1");
	assert_int_equal(call_amount(&v, usd("-1"), usd("1"), &rules),
	    ERR_RANGE);
	assert_string_equal(usd_text(v), "7");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call_step__keeps_both_sides_of_each_limit),
		cmocka_unit_test(
		    call_step__is_liquidatable_at_three_points_only),
		cmocka_unit_test(call_step__runs_a_call_to_its_deadline),
		cmocka_unit_test(
		    call_step__keeps_an_open_call_through_liquidation),
		cmocka_unit_test(
		    call_step__decides_nothing_from_a_stale_price),
		cmocka_unit_test(
		    call_shown__puts_overlays_over_quiet_states_only),
		cmocka_unit_test(
		    call_step__no_obligation_is_never_liquidatable),
		cmocka_unit_test(
		    call_step__debt_without_collateral_is_insolvent),
		cmocka_unit_test(call_step__follows_the_table_in_every_state),
		cmocka_unit_test(call_step__is_idempotent),
		cmocka_unit_test(
		    call_step__fails_without_touching_its_outputs),
		cmocka_unit_test(call_step__notes_the_first_time),
		cmocka_unit_test(call_age__has_both_sides_of_each_bound),
		cmocka_unit_test(call_amount__restores_the_initial_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
