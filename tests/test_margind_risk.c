/* The public layer: greeks, value at risk, buffer, backtest.  Random inputs
 * are written twice, in the public types and in those behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "margin/backtest.h"
#include "margin/margind.h"
#include "margin/rules.h"
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

/* ---- sensitivities ------------------------------------------------------ */

static void
margind_greeks_evaluate__says_what_greeks_says(void **state)
{
	static struct margind_sensitivity list[MARGIND_SENSITIVITIES_MAX + 1];
	static struct greeks_sensitivity in[MARGIND_SENSITIVITIES_MAX];
	struct margind_rules *r = rules();
	struct margind_greeks_margin got;
	struct greeks_margin m;
	uint64_t seed = 24;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		size_t count = random_below(&seed, 30);

		for (size_t k = 0; k < count; k++) {
			list[k] = (struct margind_sensitivity){
				(enum margind_risk_class)random_below(&seed, 3),
				(uint32_t)random_below(&seed, 6),
				(uint32_t)random_below(&seed, 5),
				up_to(&seed, 90) + 1, either(&seed, 9000) };
			in[k] = (struct greeks_sensitivity){
				(enum greeks_class)list[k].risk_class,
				(uint8_t)list[k].bucket, list[k].name,
				num18_from_raw(list[k].expiry_days),
				usd18_from_raw(list[k].amount) };
		}
		assert_int_equal(greeks_margin_of(&m, &inner.greeks,
		    GREEKS_VIEW_ACCOUNT, in, count), ERR_OK);
		assert_int_equal(margind_greeks_evaluate(&got, r, list, count),
		    MARGIND_OK);
		assert_num(got.delta, usd18_to_raw(m.delta));
		assert_num(got.vega, usd18_to_raw(m.vega));
		assert_num(got.curvature, usd18_to_raw(m.curvature));
		assert_num(got.total, usd18_to_raw(m.total));
		assert_num(got.requirement_initial, usd18_to_raw(m.initial));
		assert_num(got.requirement_maintenance,
		    usd18_to_raw(m.maintenance));
		assert_num(got.gamma_exposure,
		    usd18_to_raw(m.gamma_exposure));
		assert_int_equal(got.is_gamma_larger, m.is_gamma_larger);
	}
}

static void
margind_greeks_evaluate__refuses_what_the_rules_lack(void **state)
{
	static struct margind_sensitivity list[MARGIND_SENSITIVITIES_MAX + 1];
	struct margind_greeks_margin got = { .total = 7 };
	struct margind_rules *r = rules();
	uint32_t bucket = 77;

	(void)state;
	assert_int_equal(margind_bucket_find(&bucket, r, "defy"),
	    MARGIND_ERR_UNKNOWN);
	assert_int_equal(bucket, 77);
	assert_int_equal(margind_bucket_find(&bucket, r, "residual"),
	    MARGIND_OK);
	list[0] = (struct margind_sensitivity){ MARGIND_DELTA, bucket + 1, 1,
	    0, ONE };
	assert_int_equal(margind_greeks_evaluate(&got, r, list, 1),
	    MARGIND_ERR_RANGE);
	list[0].bucket = bucket + 256;
	assert_int_equal(margind_greeks_evaluate(&got, r, list, 1),
	    MARGIND_ERR_RANGE);
	list[0].bucket = bucket;
	list[0].risk_class = (enum margind_risk_class)(MARGIND_GAMMA + 1);
	assert_int_equal(margind_greeks_evaluate(&got, r, list, 1),
	    MARGIND_ERR_RANGE);
	list[0].risk_class = MARGIND_DELTA;
	assert_int_equal(margind_greeks_evaluate(&got, r, list,
	    MARGIND_SENSITIVITIES_MAX + 1), MARGIND_ERR_LIMIT);
	assert_num(got.total, 7);
	assert_int_equal(margind_greeks_evaluate(&got, r, list,
	    MARGIND_SENSITIVITIES_MAX), MARGIND_OK);
}

static void
margind_taylor_check__says_what_greeks_says(void **state)
{
	struct margind_rules *r = rules();
	uint64_t seed = 27;
	int held = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct greeks_margin m = { .is_refused = false };
		struct margind_taylor t[2];
		struct greeks_taylor in[2];
		margind_num error = 0;
		bool holds = false;

		for (size_t k = 0; k < 2; k++) {
			t[k] = (struct margind_taylor){ either(&seed, 1) / 9,
			    either(&seed, 9), up_to(&seed, 2),
			    either(&seed, 9000), either(&seed, 90),
			    either(&seed, 90), either(&seed, 9), 0,
			    up_to(&seed, 90000) };
			t[k].full = t[k].delta / 1000 * (t[k].move / 1000) /
			    (ONE / 1000000) + either(&seed, 90);
			in[k] = (struct greeks_taylor){
				num18_from_raw(t[k].move),
				num18_from_raw(t[k].vol_points),
				num18_from_raw(t[k].days),
				usd18_from_raw(t[k].delta),
				usd18_from_raw(t[k].gamma),
				usd18_from_raw(t[k].vega),
				usd18_from_raw(t[k].theta),
				usd18_from_raw(t[k].full),
				usd18_from_raw(t[k].gross_notional) };
		}
		assert_int_equal(margind_rules_set(r,
		    "greeks.taylor_error_max", ONE), MARGIND_OK);
		inner.greeks.taylor_error_max = num18_one();
		assert_int_equal(greeks_taylor_check(&m, &inner.greeks, in, 2),
		    ERR_OK);
		assert_int_equal(margind_taylor_check(&error, &holds, r, t, 2),
		    MARGIND_OK);
		assert_num(error, num18_to_raw(m.taylor_error));
		assert_int_equal(holds, !m.is_refused);
		held += holds;
		t[1].gross_notional = -1;
		assert_int_equal(margind_taylor_check(&error, &holds, r, t, 2),
		    MARGIND_ERR_RANGE);
		assert_num(error, num18_to_raw(m.taylor_error));
	}
	assert_true(held > ROUNDS / 20 && held < ROUNDS * 19 / 20);
}

/* ---- value at risk, buffer, backtest ------------------------------------ */

static void
margind_var__says_what_var_says(void **state)
{
	static margind_num pnl[MARGIND_PNL_MAX + 1], scratch[MARGIND_PNL_MAX];
	static struct usd18 in[MARGIND_PNL_MAX], room[MARGIND_PNL_MAX];
	const size_t counts[] = { 0, 199, 200, 499, 500, 1000,
	    MARGIND_PNL_MAX };
	struct margind_rules *r = rules();
	uint64_t seed = 25;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
		margind_num var = -7, es = -7;
		size_t n = counts[i];
		struct usd18 v;
		enum err e;

		for (size_t k = 0; k < n; k++) {
			pnl[k] = either(&seed, 9000);
			in[k] = usd18_from_raw(pnl[k]);
		}
		e = var_from_pnl(&v, in, n, &inner.var, room);
		assert_int_equal(margind_var(&var, r, pnl, n, scratch),
		    n < 200 ? MARGIND_ERR_QUORUM : n < 500 ?
		    MARGIND_ERR_REFUSED : MARGIND_OK);
		assert_num(var, e == ERR_OK ? usd18_to_raw(v) : -7);
		e = es_from_pnl(&v, in, n, &inner.var, room);
		assert_int_equal(margind_es(&es, r, pnl, n, scratch),
		    n < 200 ? MARGIND_ERR_QUORUM : MARGIND_OK);
		assert_num(es, e == ERR_OK ? usd18_to_raw(v) : -7);
		assert_int_equal(margind_var(&var, r, pnl,
		    MARGIND_PNL_MAX + 1, scratch), MARGIND_ERR_LIMIT);
	}
}

static void
margind_buffer_step__follows_the_model_s_series(void **state)
{
	static const char *const margin[] = { "100", "100", "110", "120",
	    "130", "140", "140", "140", "120" };
	static const char *const buffered[] = { "125", "125", "125", "125",
	    "130", "140", "142.8", "145.656", "148.56912" };
	struct margind_buffer b = { .is_started = false };
	struct margind_rules *r = rules();
	margind_num v = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(margin); i++) {
		assert_int_equal(margind_from_text(&v, margin[i]), MARGIND_OK);
		assert_int_equal(margind_buffer_step(&b, r, v), MARGIND_OK);
		assert_int_equal(margind_from_text(&v, buffered[i]),
		    MARGIND_OK);
		assert_num(b.buffered, v);
	}
	assert_int_equal(margind_buffer_step(&b, r, -1), MARGIND_ERR_RANGE);
	assert_num(b.buffered, v);
}

static void
margind_kupiec_test__says_what_backtest_says(void **state)
{
	struct margind_kupiec got = { .statistic = 7 };
	struct num18 lr, p;

	(void)state;
	for (uint32_t x = 0; x <= 250; x++) {
		assert_int_equal(backtest_pof(&lr, 250, x,
		    ppb_from_raw(10000000)), ERR_OK);
		assert_int_equal(backtest_p_value(&p, lr, 1), ERR_OK);
		assert_int_equal(margind_kupiec_test(&got, 250, x, 10000000),
		    MARGIND_OK);
		assert_num(got.statistic, num18_to_raw(lr));
		assert_num(got.p_value, num18_to_raw(p));
	}
	got.statistic = 7;
	assert_int_equal(margind_kupiec_test(&got, 250, 251, 10000000),
	    MARGIND_ERR_RANGE);
	assert_int_equal(margind_kupiec_test(&got, 0, 0, 10000000),
	    MARGIND_ERR_MISSING);
	assert_int_equal(margind_kupiec_test(&got, 250, 1, PPB_ONE_RAW),
	    MARGIND_ERR_RANGE);
	assert_int_equal(margind_kupiec_test(&got, 250, 1, 0),
	    MARGIND_ERR_RANGE);
	assert_int_equal(margind_kupiec_test(&got, BACKTEST_T_MAX + 1, 1,
	    10000000), MARGIND_ERR_LIMIT);
	assert_num(got.statistic, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    margind_greeks_evaluate__says_what_greeks_says),
		cmocka_unit_test(
		    margind_greeks_evaluate__refuses_what_the_rules_lack),
		cmocka_unit_test(margind_taylor_check__says_what_greeks_says),
		cmocka_unit_test(margind_var__says_what_var_says),
		cmocka_unit_test(
		    margind_buffer_step__follows_the_model_s_series),
		cmocka_unit_test(margind_kupiec_test__says_what_backtest_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
