#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/wrong_way.h"
#include "tests/portfolio_world.h"

static i128
rho_of(struct portfolio_world *w, uint32_t slot, uint8_t factor)
{
	struct node n = snapshot_node(&w->snapshot, slot);
	struct point mid = point_mid();
	struct num18 rho = num18_from_raw(-7);

	assert_int_equal(wrong_way_correlation(&rho, &n, factor, &mid),
	    ERR_OK);
	return num18_to_raw(rho);
}

static uint32_t
one_position(struct portfolio_world *w, uint16_t instrument, i128 size,
    const char *entry)
{
	struct vault v = pw_vault(w, METHOD_STANDARD);

	pw_hold(w, &v, PW_ETH, "10");
	pw_trade(w, &v, instrument, size * (i128)WAD_ONE_RAW, pw_px(entry));
	return pw_put(w, &v);
}

static void
wrong_way_correlation__of_what_moves_with_it_is_one(void **state)
{
	struct portfolio_world *w = pw_init(31);
	uint32_t slot = one_position(w, 0, 3, "2000");

	(void)state;
	assert_true(rho_of(w, slot, PW_F_ETH) == (i128)WAD_ONE_RAW);
	pw_clear(w);
	/* Short: what hedges is not wrong-way. */
	slot = one_position(w, 0, -3, "2000");
	assert_true(rho_of(w, slot, PW_F_ETH) == 0);
	pw_clear(w);
	slot = pw_random_vault(w, METHOD_RATIO, 0);
	w->vaults[slot].debt_count = 0;
	assert_true(rho_of(w, slot, PW_F_ETH) == 0);
	free(w);
}

/* A dumb second telling in doubles: the test may, the library may not. */
static double
dumb_correlation(const struct num18 *x, const struct num18 *y)
{
	double xx = 0, yy = 0, xy = 0, rho;

	for (size_t i = 0; i < PW_RETURNS; i++) {
		double a = (double)num18_to_raw(x[i]) / 1e18;
		double b = (double)num18_to_raw(y[i]) / 1e18;

		xx += a * a;
		yy += b * b;
		xy += a * b;
	}
	if (xy <= 0)
		return 0;
	rho = xy * xy / xx / yy;
	/* The square is compared: no root, no libm. */
	return rho;
}

static void
wrong_way_correlation__of_another_factor_is_that_of_the_returns(void **state)
{
	struct portfolio_world *w = pw_init(32);

	(void)state;
	for (unsigned n = 0; n < 20; n++) {
		double want, got;
		uint32_t slot;

		for (size_t i = 0; i < PW_RETURNS; i++) {
			i128 common = pw_between(w, -40, 40);

			w->returns[0][i] = num18_from_raw(common +
			    pw_between(w, -20, 20));
			w->returns[1][i] = num18_from_raw((n % 2 ? common :
			    -common) + pw_between(w, -20, 20));
		}
		slot = one_position(w, 1, 2, "50000");
		want = dumb_correlation(w->returns[0], w->returns[1]);
		got = (double)rho_of(w, slot, PW_F_ETH) / 1e18;
		assert_true(got * got - want < 1e-9);
		assert_true(want - got * got < 1e-9);
		assert_int_equal(got > 0.3, n % 2 == 1);
		pw_clear(w);
	}
	free(w);
}

static void
wrong_way_correlation__without_returns_is_the_own_factor_alone(void **state)
{
	struct portfolio_world *w = pw_init(33);
	uint32_t slot = one_position(w, 0, 3, "2000");

	(void)state;
	w->terms.factor[PW_F_ETH].return_count = 0;
	assert_true(rho_of(w, slot, PW_F_ETH) == (i128)WAD_ONE_RAW);
	assert_true(rho_of(w, slot, PW_F_USDC) == 0);
	free(w);
}

/* A dynamic asset counts less by w of its value against a position that moves
 * with it; a given threshold stays as given; scenarios shock it themselves. */
static void
node_value_at__cuts_a_dynamic_asset_that_moves_with_the_exposure(void **state)
{
	struct portfolio_world *w = pw_init(34);
	struct asset *eth = &w->book.assets[PW_ETH];
	struct point mid = point_mid();
	struct evaluation given, cut, shocked;
	uint32_t slot = one_position(w, 0, 3, "2000");

	(void)state;
	assert_int_equal(margin_evaluate_at(&given, &w->snapshot, slot,
	    METHOD_STANDARD, &mid, SIDE_MAINTENANCE, NULL), ERR_OK);
	eth->risk.is_dynamic = true;
	assert_int_equal(margin_evaluate_at(&cut, &w->snapshot, slot,
	    METHOD_STANDARD, &mid, SIDE_MAINTENANCE, NULL), ERR_OK);
	/* 25 % of 20,000. */
	assert_true(usd18_to_raw(given.equity) - usd18_to_raw(cut.equity) ==
	    pw_number("5000"));
	assert_int_equal(margin_evaluate_at(&shocked, &w->snapshot, slot,
	    METHOD_SCENARIO, &mid, SIDE_MAINTENANCE, NULL), ERR_OK);
	assert_true(usd18_to_raw(shocked.equity) ==
	    usd18_to_raw(given.equity));
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    wrong_way_correlation__of_what_moves_with_it_is_one),
		cmocka_unit_test(
		  wrong_way_correlation__of_another_factor_is_that_of_the_returns),
		cmocka_unit_test(
		  wrong_way_correlation__without_returns_is_the_own_factor_alone),
		cmocka_unit_test(
		node_value_at__cuts_a_dynamic_asset_that_moves_with_the_exposure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
