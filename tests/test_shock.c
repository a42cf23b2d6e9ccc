#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/shock.h"
#include "tests/portfolio_world.h"

static struct market out_market;
static struct market_terms out_terms;

static void
apply(struct portfolio_world *w, const char *name)
{
	struct shock s;

	assert_int_equal(shock_find(&s, name, &w->book), ERR_OK);
	assert_string_equal(s.name, name);
	assert_int_equal(shock_apply(&out_market, &out_terms, &w->market,
	    &w->book, &s), ERR_OK);
	assert_ptr_equal(out_market.terms, &out_terms);
}

static void
assert_px(struct px18 got, const char *want)
{
	char buf[DECIMAL_BUF];

	decimal_from_u128(buf, px18_to_raw(got), 18);
	assert_string_equal(buf, want);
}

static void
shock_apply__a_crash_moves_all_but_the_stables(void **state)
{
	struct portfolio_world *w = pw_init(1);

	(void)state;
	w->terms.mark[0].has_mark = true;
	w->terms.mark[0].mark = pw_px("2001");
	apply(w, "crash-50");
	assert_px(out_market.asset[PW_ETH].price.mid, "1000");
	assert_px(out_market.asset[PW_ETH].price.low, "995");
	assert_px(out_market.asset[PW_ETH].price.high, "1006");
	assert_px(out_market.asset[PW_WSTETH].price.mid, "1150");
	assert_px(out_market.asset[PW_BTC].price.mid, "25000");
	assert_px(out_market.asset[PW_USDC].price.mid, "1");
	assert_px(out_terms.factor[PW_F_ETH].price.price.mid, "1000");
	assert_px(out_terms.factor[PW_F_ETH].forward[1].price, "1000");
	assert_px(out_terms.mark[0].mark, "1000.5");
	/* What it was made from is as it was. */
	assert_px(w->market.asset[PW_ETH].price.mid, "2000");
	assert_px(w->terms.mark[0].mark, "2001");
	free(w);
}

static void
shock_apply__a_depeg_moves_the_stables_alone(void **state)
{
	struct portfolio_world *w = pw_init(2);

	(void)state;
	apply(w, "depeg-90");
	assert_px(out_market.asset[PW_USDC].price.mid, "0.9");
	assert_px(out_market.asset[PW_ETH].price.mid, "2000");
	free(w);
}

static void
shock_apply__a_staked_discount_moves_rates_alone(void **state)
{
	struct portfolio_world *w = pw_init(3);

	(void)state;
	w->book.assets[PW_WSTETH].risk.is_rate = true;
	apply(w, "staked-discount");
	assert_px(out_market.asset[PW_WSTETH].price.mid, "2070");
	assert_px(out_market.asset[PW_ETH].price.mid, "2000");
	free(w);
}

static void
shock_apply__volatility_doubles_flat_and_svi(void **state)
{
	struct portfolio_world *w = pw_init(4);
	struct market_slice *slice = &w->terms.factor[PW_F_BTC].slice[0];

	(void)state;
	slice->is_flat = false;
	slice->svi.a = num18_from_raw(pw_number("0.01"));
	slice->svi.b = num18_from_raw(pw_number("0.02"));
	apply(w, "vol-x2");
	assert_true(num18_to_raw(out_terms.factor[PW_F_ETH].slice[0].vol) ==
	    pw_number("1.4"));
	slice = &out_terms.factor[PW_F_BTC].slice[0];
	assert_true(num18_to_raw(slice->svi.a) == pw_number("0.04"));
	assert_true(num18_to_raw(slice->svi.b) == pw_number("0.08"));
	assert_px(out_market.asset[PW_ETH].price.mid, "2000");
	free(w);
}

static void
shock_apply__a_halted_chain_refuses_its_assets(void **state)
{
	struct portfolio_world *w = pw_init(5);

	(void)state;
	w->book.chain_id = 1;
	for (size_t i = 0; i < w->book.asset_count; i++)
		w->book.assets[i].risk.chain_id = i == PW_BTC ? 2 : 1;
	apply(w, "chain-halt");
	assert_int_equal(out_market.asset[PW_ETH].price.status,
	    PRICE_REFUSED);
	assert_int_equal(out_market.asset[PW_BTC].price.status, PRICE_OK);
	free(w);
}

static void
shock_apply__a_delay_moves_time_alone(void **state)
{
	struct portfolio_world *w = pw_init(6);

	(void)state;
	apply(w, "oracle-delay");
	assert_int_equal(out_market.as_of_ms, PW_NOW_MS + 3600000);
	assert_px(out_market.asset[PW_ETH].price.mid, "2000");
	free(w);
}

static void
shock_apply__refuses_a_negative_multiplier(void **state)
{
	struct portfolio_world *w = pw_init(7);
	struct shock s;

	(void)state;
	assert_int_equal(shock_find(&s, "crash-50", &w->book), ERR_OK);
	s.price = num18_from_raw(-1);
	assert_int_equal(shock_apply(&out_market, &out_terms, &w->market,
	    &w->book, &s), ERR_RANGE);
	s.price = num18_zero();
	assert_int_equal(shock_apply(&out_market, &out_terms, &w->market,
	    &w->book, &s), ERR_OK);
	assert_px(out_market.asset[PW_ETH].price.mid, "0");
	assert_int_equal(shock_find(&s, "crash-51", &w->book), ERR_UNKNOWN);
	free(w);
}

static void
shock_named__ends_after_the_last(void **state)
{
	struct portfolio_world *w = pw_init(8);
	struct shock s;
	size_t n = 0;

	(void)state;
	while (shock_named(&s, n, &w->book)) {
		assert_true(s.name[0] != '\0');
		n++;
	}
	assert_int_equal(n, 9);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    shock_apply__a_crash_moves_all_but_the_stables),
		cmocka_unit_test(shock_apply__a_depeg_moves_the_stables_alone),
		cmocka_unit_test(
		    shock_apply__a_staked_discount_moves_rates_alone),
		cmocka_unit_test(shock_apply__volatility_doubles_flat_and_svi),
		cmocka_unit_test(
		    shock_apply__a_halted_chain_refuses_its_assets),
		cmocka_unit_test(shock_apply__a_delay_moves_time_alone),
		cmocka_unit_test(shock_apply__refuses_a_negative_multiplier),
		cmocka_unit_test(shock_named__ends_after_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
