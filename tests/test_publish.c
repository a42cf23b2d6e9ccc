#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/price.h"
#include "chain/publish.h"

#define GWEI ((u128)1000000000u)

static const struct publish_fees caps = { 100 * GWEI, 3 * GWEI };

static void
publish_fees_first__offers_twice_the_base_fee_and_a_tip(void **state)
{
	struct publish_fees f;

	(void)state;
	assert_int_equal(publish_fees_first(&f, 10 * GWEI, 1 * GWEI, &caps),
	    ERR_OK);
	assert_true(f.max_fee_wei == 21 * GWEI && f.priority_wei == GWEI);
}

static void
publish_fees_first__stays_below_both_caps(void **state)
{
	/* The most of which an eighth more is below 100 gwei, and 3. */
	const u128 fee = 88888888888u, tip = 2666666666u;
	struct publish_fees f;

	(void)state;
	assert_int_equal(publish_fees_first(&f, 60 * GWEI, 9 * GWEI, &caps),
	    ERR_OK);
	assert_true(f.max_fee_wei == fee && f.priority_wei == tip);
	assert_int_equal(publish_fees_first(&f, fee - GWEI, GWEI, &caps),
	    ERR_OK);
	assert_true(f.max_fee_wei == fee && f.priority_wei == GWEI);
	/* No less than the base fee and the tip: the cap, without room. */
	assert_int_equal(publish_fees_first(&f, fee - GWEI + 1, GWEI, &caps),
	    ERR_OK);
	assert_true(f.max_fee_wei == 100 * GWEI && f.priority_wei == GWEI);
	assert_int_equal(publish_fees_first(&f, 100 * GWEI - 1, GWEI, &caps),
	    ERR_OK);
	assert_true(f.max_fee_wei == 100 * GWEI);
	assert_int_equal(publish_fees_first(&f, 100 * GWEI, GWEI, &caps),
	    ERR_LIMIT);
}

static void
publish_fees_first__leaves_room_for_a_raise_under_any_cap(void **state)
{
	struct publish_fees f, next;

	(void)state;
	for (u128 cap = 1; cap < 60; cap++)
		for (u128 cap_tip = 0; cap_tip <= cap; cap_tip++)
			for (u128 tip = 0; tip <= cap_tip + 1; tip++) {
				struct publish_fees c = { cap, cap_tip };

				assert_int_equal(publish_fees_first(&f, 0, tip,
				    &c), ERR_OK);
				assert_true(f.max_fee_wei <= cap);
				assert_true(f.priority_wei <= cap_tip);
				assert_true(f.priority_wei <= f.max_fee_wei);
				assert_int_equal(publish_fees_raise(&next, &f,
				    &c), cap_tip > 0 ? ERR_OK : ERR_LIMIT);
				/* And it is the most that does. */
				f.priority_wei++;
				if (f.priority_wei <= tip && cap_tip > 0)
					assert_int_equal(publish_fees_raise(
					    &next, &f, &c), ERR_LIMIT);
			}
}

static void
publish_fees__do_not_wrap_at_the_top_of_the_type(void **state)
{
	const u128 most = ~(u128)0;
	const struct publish_fees c = { most, most };
	struct publish_fees f = { most, most }, next = { 7, 7 };

	(void)state;
	assert_int_equal(publish_fees_raise(&next, &f, &c), ERR_LIMIT);
	assert_true(next.max_fee_wei == 7 && next.priority_wei == 7);
	assert_int_equal(publish_fees_first(&f, most - 1, most, &c), ERR_OK);
	assert_true(f.max_fee_wei == most && f.priority_wei < most);
}

static void
publish_fees_raise__adds_an_eighth_at_least_until_the_cap(void **state)
{
	struct publish_fees f = { 10 * GWEI, GWEI }, next;
	unsigned raised = 0;

	(void)state;
	while (publish_fees_raise(&next, &f, &caps) == ERR_OK) {
		assert_true(8 * next.max_fee_wei >= 9 * f.max_fee_wei);
		assert_true(8 * next.priority_wei >= 9 * f.priority_wei);
		f = next;
		raised++;
	}
	/* 1 gwei to 3 gwei by eighths: nine steps. */
	assert_int_equal(raised, 9);
	assert_true(f.max_fee_wei <= caps.max_fee_wei);
	assert_true(f.priority_wei <= caps.priority_wei);
}

static void
publish_begin__is_held_at_the_cap_and_asks_below_it(void **state)
{
	struct publish_tx tx = { 0 };

	(void)state;
	assert_int_equal(publish_begin(&tx, 100 * GWEI, GWEI, &caps),
	    PUBLISH_HELD);
	assert_int_equal(publish_begin(&tx, 10 * GWEI, GWEI, &caps),
	    PUBLISH_ASK);
	assert_true(tx.fees.max_fee_wei == 21 * GWEI);
}

static void
publish_look__raises_after_two_blocks_until_it_is_stuck(void **state)
{
	struct publish_tx tx = { { 80 * GWEI, GWEI }, 7 };

	(void)state;
	assert_int_equal(publish_look(&tx, 7, &caps), PUBLISH_WAIT);
	assert_int_equal(publish_look(&tx, 8, &caps), PUBLISH_WAIT);
	assert_int_equal(publish_look(&tx, 9, &caps), PUBLISH_ASK);
	assert_true(tx.fees.max_fee_wei == 90 * GWEI + 1);
	tx.sent_block = 9;
	assert_int_equal(publish_look(&tx, 10, &caps), PUBLISH_WAIT);
	/* Another eighth is above the cap: said once in two blocks. */
	assert_int_equal(publish_look(&tx, 11, &caps), PUBLISH_STUCK);
	assert_int_equal(publish_look(&tx, 12, &caps), PUBLISH_WAIT);
	assert_int_equal(publish_look(&tx, 13, &caps), PUBLISH_STUCK);
	assert_true(tx.fees.max_fee_wei == 90 * GWEI + 1);
}

static void
publish_is_due__first_interval_and_refusals(void **state)
{
	struct publish_state s = { 0 };

	(void)state;
	assert_true(publish_is_due(&s, 7, PRICE_OK, 1000, 10000));
	s = (struct publish_state){ true, 1000, 7, PRICE_OK };
	assert_false(publish_is_due(&s, 8, PRICE_OK, 10999, 10000));
	assert_true(publish_is_due(&s, 8, PRICE_OK, 11000, 10000));
	assert_false(publish_is_due(&s, 7, PRICE_OK, 99999, 10000));
	assert_false(publish_is_due(&s, 8, PRICE_DEGRADED, 1001, 10000));
	assert_true(publish_is_due(&s, 8, PRICE_REFUSED, 1001, 10000));
	s.last_status = PRICE_REFUSED;
	assert_true(publish_is_due(&s, 8, PRICE_OK, 1001, 10000));
	assert_false(publish_is_due(&s, 8, PRICE_REFUSED, 1001, 10000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    publish_fees_first__offers_twice_the_base_fee_and_a_tip),
		cmocka_unit_test(publish_fees_first__stays_below_both_caps),
		cmocka_unit_test(
		    publish_fees_first__leaves_room_for_a_raise_under_any_cap),
		cmocka_unit_test(
		    publish_fees__do_not_wrap_at_the_top_of_the_type),
		cmocka_unit_test(
		    publish_fees_raise__adds_an_eighth_at_least_until_the_cap),
		cmocka_unit_test(
		    publish_begin__is_held_at_the_cap_and_asks_below_it),
		cmocka_unit_test(
		    publish_look__raises_after_two_blocks_until_it_is_stuck),
		cmocka_unit_test(publish_is_due__first_interval_and_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
