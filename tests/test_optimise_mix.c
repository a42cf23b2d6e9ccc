/* margin/optimise_mix: the covariances by hand, and the mix against a grid of
 * all mixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/linalg.h"
#include "margin/optimise_mix.h"
#include "tests/portfolio_world.h"

#define ONE ((i128)WAD_ONE_RAW)
#define GRID 20

static i128
raw(struct usd18 v)
{
	return usd18_to_raw(v);
}

static struct usd18
usd(const char *text)
{
	return usd18_from_raw(pw_number(text));
}

static uint32_t
vault_with(struct portfolio_world *w, const char *eth, const char *btc,
    const char *usdc)
{
	struct vault v = pw_vault(w, METHOD_RATIO);

	if (eth)
		pw_hold(w, &v, PW_ETH, eth);
	if (btc)
		pw_hold(w, &v, PW_BTC, btc);
	if (usdc)
		pw_owe(w, &v, PW_USDC, usdc);
	return pw_put(w, &v);
}

/* ---- what is asked ------------------------------------------------------- */

static void
mix_requirement__is_the_shortfall_or_the_whole(void **state)
{
	struct margin_result r = { .initial = {
		.requirement = usd18_from_raw(300 * ONE),
		.weighted_debt = usd18_from_raw(1000 * ONE),
		.excess = usd18_from_raw(-20 * ONE) } };
	struct usd18 v = usd18_zero();

	(void)state;
	assert_int_equal(mix_requirement(&v, &r, MIX_SHORTFALL), ERR_OK);
	assert_true(raw(v) == 20 * ONE);
	assert_int_equal(mix_requirement(&v, &r, MIX_WHOLE), ERR_OK);
	assert_true(raw(v) == 1300 * ONE);
	r.initial.excess = usd18_zero();
	assert_int_equal(mix_requirement(&v, &r, MIX_SHORTFALL), ERR_OK);
	assert_true(raw(v) == 0);
	r.initial.requirement = usd18_from_raw(I128_MAX);
	assert_int_equal(mix_requirement(&v, &r, MIX_WHOLE), ERR_RANGE);
	assert_true(raw(v) == 0);
}

static void
mix_choose__takes_what_serves_up_to_its_cap(void **state)
{
	struct portfolio_world *w = pw_init(1);
	struct mix_choice c;
	uint32_t slot = vault_with(w, "1", NULL, NULL);

	(void)state;
	w->book.assets[PW_USDC].rules[0].ltv = ppb_from_raw(0);
	w->market.asset[PW_WSTETH].price.status = PRICE_REFUSED;
	w->book.assets[PW_BTC].risk.has_cap = true;
	w->book.assets[PW_BTC].risk.cap = usd("500");
	assert_int_equal(mix_choose(&c, &w->snapshot, slot, usd("800")),
	    ERR_OK);
	assert_int_equal(c.count, 2);
	assert_int_equal(c.asset[0], PW_ETH);
	assert_int_equal(c.asset[1], PW_BTC);
	assert_true(raw(c.available[0]) == 1000 * ONE);
	assert_true(raw(c.available[1]) == 500 * ONE);
	free(w);
}

/* ---- covariance ---------------------------------------------------------- */

static void
mix_covariance__weighs_recent_returns_more(void **state)
{
	static const uint8_t assets[] = { PW_ETH, PW_USDC, PW_WSTETH,
	    PW_BTC };
	static const struct num18 eth[] = { { ONE / 10 }, { -ONE / 5 } };
	static const struct num18 btc[] = { { ONE / 20 }, { ONE / 10 } };
	struct portfolio_world *w = pw_init(1);
	struct num18 c[16], half = { ONE / 2 };

	(void)state;
	w->terms.factor[PW_F_ETH].returns = eth;
	w->terms.factor[PW_F_BTC].returns = btc;
	w->terms.factor[PW_F_ETH].return_count = 2;
	w->terms.factor[PW_F_BTC].return_count = 2;
	assert_int_equal(mix_covariance(c, &w->book, &w->market, assets, 4,
	    half), ERR_OK);
	/* (0.01 + 0.04) / 2, (0.005 - 0.02) / 2, (0.0025 + 0.01) / 2 */
	assert_true(num18_to_raw(c[0]) == ONE / 40);
	assert_true(num18_to_raw(c[2]) == ONE / 40);
	assert_true(num18_to_raw(c[10]) == ONE / 40);
	assert_true(num18_to_raw(c[3]) == -ONE * 3 / 400);
	assert_true(num18_to_raw(c[12]) == -ONE * 3 / 400);
	assert_true(num18_to_raw(c[15]) == ONE / 160);
	for (size_t i = 0; i < 4; i++)
		assert_true(num18_is_zero(c[i * 4 + 1]) &&
		    num18_is_zero(c[4 + i]));
	c[0] = num18_zero();
	assert_int_equal(mix_covariance(c, &w->book, &w->market, assets, 4,
	    num18_from_raw(-1)), ERR_RANGE);
	assert_true(num18_is_zero(c[0]));
	/* Nothing is known of any factor: nothing moves. */
	w->market.terms = NULL;
	assert_int_equal(mix_covariance(c, &w->book, &w->market, assets, 4,
	    half), ERR_OK);
	assert_true(num18_is_zero(c[15]));
	free(w);
}

/* ---- the mix ------------------------------------------------------------- */

static i128
deviation_of(struct portfolio_world *w, const struct mix_choice *c,
    const struct num18 *x)
{
	struct num18 v[16 * 16], root;

	assert_int_equal(mix_covariance(v, &w->book, &w->market, c->asset,
	    c->count, w->rules.var.sample.lambda), ERR_OK);
	assert_int_equal(linalg_norm(&root, v, x, c->count, ROUND_FLOOR),
	    ERR_OK);
	return num18_to_raw(root);
}

/* Shares of the requirement in steps of 1 / GRID, three assets. */
static void
check_grid(struct portfolio_world *w, const struct mix_choice *c,
    const struct mix_report *r)
{
	for (int i = 0; i <= GRID; i++)
		for (int k = 0; i + k <= GRID; k++) {
			int share[] = { i, k, GRID - i - k };
			struct num18 x[3];
			bool fits = true;

			for (size_t a = 0; a < 3; a++) {
				struct ppb ltv = w->book.assets[
				    c->asset[a]].rules[0].ltv;

				x[a] = num18_from_raw(raw(r->requirement) /
				    GRID * share[a] / ppb_to_raw(ltv) *
				    PPB_ONE_RAW);
				fits &= num18_to_raw(x[a]) <=
				    raw(c->available[a]);
			}
			if (fits)
				assert_true(deviation_of(w, c, x) >=
				    raw(r->deviation) - ONE / 1000);
		}
}

static void
mix_of__has_the_least_variance_of_all_mixes(void **state)
{
	struct portfolio_world *w = pw_init(8);

	(void)state;
	for (unsigned n = 0; n < 30; n++) {
		struct mix_choice c = { .count = 3,
		    .asset = { PW_ETH, PW_BTC, PW_WSTETH } };
		struct mix_report r;
		uint32_t slot;

		for (size_t i = 0; i < PW_RETURNS; i++) {
			w->returns[0][i] = num18_from_raw(pw_between(w, -60,
			    62));
			w->returns[1][i] = num18_from_raw(pw_between(w, -50,
			    51) + num18_to_raw(w->returns[0][i]) / 2);
		}
		slot = vault_with(w, "5", n % 2 ? "0.2" : NULL, "9000");
		for (size_t i = 0; i < 3; i++) {
			w->book.assets[c.asset[i]].rules[0].ltv =
			    ppb_from_raw((uint32_t)(pw_random(w) % 500 + 400) *
			    1000000);
			c.available[i] = usd("40000");
		}
		assert_int_equal(mix_of(&r, &w->snapshot, slot, &c,
		    usd("9000")), ERR_OK);
		assert_true(raw(r.counted) >= raw(r.requirement));
		assert_true(raw(r.counted) - raw(r.requirement) < 1000000000);
		check_grid(w, &c, &r);
		/* What is held is a mix too. */
		assert_true(r.has_before);
		assert_true(raw(r.deviation) <= raw(r.deviation_before) +
		    ONE / 1000);
		pw_clear(w);
	}
	free(w);
}

static void
mix_of__takes_what_does_not_move(void **state)
{
	struct portfolio_world *w = pw_init(8);
	uint32_t slot = vault_with(w, NULL, NULL, "9000");
	struct usd18 needed = usd("9500");
	struct mix_choice c;
	struct mix_report r;

	(void)state;
	assert_int_equal(mix_choose(&c, &w->snapshot, slot, needed), ERR_OK);
	assert_int_equal(c.count, 4);
	assert_int_equal(mix_of(&r, &w->snapshot, slot, &c, needed), ERR_OK);
	assert_false(r.has_before);
	assert_true(raw(r.amount[PW_USDC]) > 9999 * ONE);
	assert_true(raw(r.deviation) < ONE / 100);
	free(w);
}

static void
mix_of__fails_where_too_little_is_available(void **state)
{
	struct portfolio_world *w = pw_init(8);
	uint32_t slot = vault_with(w, NULL, NULL, "9000");
	struct mix_choice c = { .count = 1, .asset = { PW_ETH } };
	struct mix_report r = { .counted = usd18_from_raw(7) };

	(void)state;
	c.available[0] = usd("999.999999999999999999");
	assert_int_equal(mix_of(&r, &w->snapshot, slot, &c, usd("800")),
	    ERR_STATE);
	assert_true(raw(r.counted) == 7);
	w->market.terms = NULL;
	assert_int_equal(mix_of(&r, &w->snapshot, slot, &c, usd("800")),
	    ERR_MISSING);
	assert_true(raw(r.counted) == 7);
	w->market.terms = &w->terms;
	c.available[0] = usd("1000");
	assert_int_equal(mix_of(&r, &w->snapshot, slot, &c, usd("800")),
	    ERR_OK);
	assert_true(raw(r.amount[0]) == 1000 * ONE);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    mix_requirement__is_the_shortfall_or_the_whole),
		cmocka_unit_test(mix_choose__takes_what_serves_up_to_its_cap),
		cmocka_unit_test(mix_covariance__weighs_recent_returns_more),
		cmocka_unit_test(mix_of__has_the_least_variance_of_all_mixes),
		cmocka_unit_test(mix_of__takes_what_does_not_move),
		cmocka_unit_test(mix_of__fails_where_too_little_is_available),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
