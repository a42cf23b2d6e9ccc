/* Backtests: edges of the likelihood ratios, binomial sums against Pascal's
 * triangle, zones on both sides of each limit, ES, calibration.  The published
 * tables are in tests/cases/backtest.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/calibration.h"
#include "tests/margin_world.h"

#define ONE ((i128)WAD_ONE_RAW)

static struct ppb
percent(uint32_t n)
{
	return ppb_from_raw(n * (PPB_ONE_RAW / 100));
}

static bool
is_near(struct num18 got, const char *want)
{
	i128 by = num18_to_raw(got) - world_number(want, 18);

	return by < 1000 && by > -1000;
}

static void
backtest_pof__has_its_edges(void **state)
{
	struct num18 lr = num18_from_raw(77);

	(void)state;
	/* -2 * 250 ln 0.99 and -2 * 10 ln 0.01. */
	assert_int_equal(backtest_pof(&lr, 250, 0, percent(1)), ERR_OK);
	assert_true(is_near(lr, "5.025167926750720592"));
	assert_int_equal(backtest_pof(&lr, 10, 10, percent(1)), ERR_OK);
	assert_true(is_near(lr, "92.103403719761827361"));
	/* Exactly as many as there should be. */
	assert_int_equal(backtest_pof(&lr, 100, 1, percent(1)), ERR_OK);
	assert_true(num18_to_raw(lr) < 1000);
	lr = num18_from_raw(77);
	assert_int_equal(backtest_pof(&lr, 0, 0, percent(1)), ERR_MISSING);
	assert_int_equal(backtest_pof(&lr, BACKTEST_T_MAX + 1, 0, percent(1)),
	    ERR_LIMIT);
	assert_int_equal(backtest_pof(&lr, 10, 0, percent(0)), ERR_RANGE);
	assert_int_equal(backtest_pof(&lr, 10, 0, percent(100)), ERR_RANGE);
	assert_true(num18_to_raw(lr) == 77);
}

static void
backtest_pof_range__agrees_with_a_scan(void **state)
{
	static const uint32_t days[] = { 1, 5, 60, 250, 733 };
	struct num18 critical;

	(void)state;
	assert_int_equal(backtest_critical(&critical, percent(95), 1),
	    ERR_OK);
	for (size_t i = 0; i < ARRAY_COUNT(days); i++)
		for (uint32_t p = 1; p < 100; p += 14) {
			uint32_t least = UINT32_MAX, most = 0, low, high;

			for (uint32_t x = 0; x <= days[i]; x++) {
				struct num18 lr;

				assert_int_equal(backtest_pof(&lr, days[i], x,
				    percent(p)), ERR_OK);
				if (num18_compare(lr, critical) > 0)
					continue;
				least = x < least ? x : least;
				most = x;
			}
			assert_int_equal(backtest_pof_range(&low, &high,
			    days[i], percent(p), critical), ERR_OK);
			assert_int_equal(low, least);
			assert_int_equal(high, most);
		}
}

static void
backtest_pof_range__may_reject_all(void **state)
{
	uint32_t least = 77, most = 77;

	(void)state;
	assert_int_equal(backtest_pof_range(&least, &most, 3, percent(50),
	    num18_zero()), ERR_MISSING);
	assert_int_equal(least, 77);
	assert_int_equal(most, 77);
}

static void
backtest_independence__tells_clusters_from_noise(void **state)
{
	uint8_t hit[40] = { 0 };
	struct backtest_transitions n;
	struct num18 lr;

	(void)state;
	backtest_transitions_of(&n, hit, 40);
	assert_int_equal(n.n[0][0], 39);
	assert_int_equal(backtest_independence(&lr, &n), ERR_OK);
	assert_true(num18_is_zero(lr));
	for (size_t i = 0; i < 40; i++)
		hit[i] = 1;
	backtest_transitions_of(&n, hit, 40);
	assert_int_equal(backtest_independence(&lr, &n), ERR_OK);
	assert_true(num18_is_zero(lr));
	for (size_t i = 0; i < 40; i++)
		hit[i] = i >= 20;
	backtest_transitions_of(&n, hit, 40);
	assert_int_equal(n.n[0][1], 1);
	assert_int_equal(backtest_independence(&lr, &n), ERR_OK);
	assert_true(num18_to_raw(lr) > 30 * ONE);
	backtest_transitions_of(&n, hit, 0);
	assert_int_equal(backtest_independence(&lr, &n), ERR_OK);
	assert_true(num18_is_zero(lr));
}

static void
backtest_p_value__inverts_the_critical_value(void **state)
{
	struct num18 x, p;

	(void)state;
	for (unsigned degrees = 1; degrees <= 2; degrees++)
		for (uint32_t level = 50; level < 100; level += 7) {
			i128 by;

			assert_int_equal(backtest_critical(&x, percent(level),
			    degrees), ERR_OK);
			assert_int_equal(backtest_p_value(&p, x, degrees),
			    ERR_OK);
			by = num18_to_raw(p) - (100 - level) * (ONE / 100);
			assert_true(by < 10000 && by > -10000);
		}
	assert_int_equal(backtest_p_value(&p, num18_zero(), 1), ERR_OK);
	assert_true(num18_to_raw(p) == ONE);
	assert_int_equal(backtest_p_value(&p, num18_from_raw(-1), 1),
	    ERR_RANGE);
	assert_int_equal(backtest_critical(&x, percent(0), 2), ERR_RANGE);
}

/* Half and half: sums of Pascal's rows over 2^t. */
static void
backtest_binomial__agrees_with_pascal(void **state)
{
	u128 row[61] = { 1 };

	(void)state;
	for (uint32_t t = 1; t <= 60; t++) {
		u128 sum = 0;

		for (uint32_t k = t; k > 0; k--)
			row[k] += row[k - 1];
		for (uint32_t x = 0; x <= t; x++) {
			struct num18 got;
			i128 by;

			sum += row[x];
			assert_int_equal(backtest_binomial(&got, t, x,
			    percent(50)), ERR_OK);
			by = num18_to_raw(got) -
			    (i128)(sum * WAD_ONE_RAW >> t);
			assert_true(by < 1000 && by > -1000);
		}
	}
}

static void
backtest_basel_of__changes_zone_at_its_limits(void **state)
{
	static const struct {
		uint32_t t, x;
		enum backtest_zone zone;
		uint32_t plus_percent;
	} rows[] = {
		{ 250, 0, ZONE_GREEN, 0 }, { 250, 4, ZONE_GREEN, 0 },
		{ 250, 5, ZONE_YELLOW, 40 }, { 250, 9, ZONE_YELLOW, 85 },
		{ 250, 10, ZONE_RED, 100 }, { 250, 250, ZONE_RED, 100 },
		/* Twice the window: 8.8 of 500 are as odd as 5 of 250. */
		{ 500, 8, ZONE_GREEN, 0 }, { 500, 9, ZONE_YELLOW, 50 },
		{ 500, 14, ZONE_YELLOW, 85 }, { 500, 15, ZONE_RED, 100 },
		{ 1, 0, ZONE_GREEN, 0 }, { 1, 1, ZONE_RED, 100 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct backtest_basel b;

		assert_int_equal(backtest_basel_of(&b, rows[i].t, rows[i].x,
		    percent(1)), ERR_OK);
		assert_int_equal(b.zone, rows[i].zone);
		assert_int_equal(ppb_to_raw(b.plus), ppb_to_raw(percent(
		    rows[i].plus_percent)));
	}
}

static void
backtest_z2__is_zero_where_es_is_right(void **state)
{
	struct usd18 loss[100], es[100];
	uint8_t hit[100] = { 0 };
	struct num18 z = num18_from_raw(77);

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		loss[i] = usd("10");
		es[i] = usd("10");
	}
	assert_int_equal(backtest_z2(&z, loss, es, hit, 100, percent(2)),
	    ERR_OK);
	assert_true(num18_to_raw(z) == ONE);
	hit[3] = hit[50] = 1;
	assert_int_equal(backtest_z2(&z, loss, es, hit, 100, percent(2)),
	    ERR_OK);
	assert_true(num18_is_zero(z));
	loss[3] = usd("25");	/* 1 - (2.5 + 1) / 2 */
	assert_int_equal(backtest_z2(&z, loss, es, hit, 100, percent(2)),
	    ERR_OK);
	assert_true(num18_to_raw(z) == -ONE / 4 * 3);
	assert_true(num18_compare(z, BACKTEST_Z2_CRITICAL) < 0);
	z = num18_from_raw(77);
	es[3] = usd18_zero();
	assert_int_equal(backtest_z2(&z, loss, es, hit, 100, percent(2)),
	    ERR_RANGE);
	assert_int_equal(backtest_z2(&z, loss, es, hit, 0, percent(2)),
	    ERR_MISSING);
	assert_true(num18_to_raw(z) == 77);
}

static void
calibration_review__rises_by_itself_and_falls_by_hand(void **state)
{
	struct backtest_basel green = { .zone = ZONE_GREEN };
	struct backtest_basel yellow = { .zone = ZONE_YELLOW,
	    .plus = percent(40) };
	struct backtest_basel red = { .zone = ZONE_RED, .plus = percent(100) };
	struct calibration c;

	(void)state;
	calibration_init(&c);
	calibration_review(&c, &yellow);
	/* 3.4 / 3, up. */
	assert_true(num18_to_raw(c.multiplier) == 1133333333333333334);
	assert_false(c.is_alarmed);
	calibration_review(&c, &green);
	assert_false(calibration_may_lower(&c));
	assert_int_equal(calibration_lower(&c, num18_one()), ERR_REFUSED);
	calibration_review(&c, &green);
	assert_true(calibration_may_lower(&c));
	assert_true(num18_to_raw(c.multiplier) == 1133333333333333334);
	assert_int_equal(calibration_lower(&c, num18_from_raw(ONE - 1)),
	    ERR_RANGE);
	assert_int_equal(calibration_lower(&c, num18_from_raw(2 * ONE)),
	    ERR_RANGE);
	assert_int_equal(calibration_lower(&c, num18_one()), ERR_OK);
	assert_int_equal(c.green_windows, 0);

	calibration_review(&c, &red);
	assert_true(c.is_alarmed);
	assert_true(num18_to_raw(c.multiplier) == 1333333333333333334);
	calibration_review(&c, &yellow);	/* lower, so it stays */
	assert_true(num18_to_raw(c.multiplier) == 1333333333333333334);
	calibration_review(&c, &green);
	calibration_review(&c, &green);
	assert_int_equal(calibration_lower(&c, num18_one()), ERR_REFUSED);
	calibration_acknowledge(&c);
	assert_int_equal(calibration_lower(&c, num18_one()), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backtest_pof__has_its_edges),
		cmocka_unit_test(backtest_pof_range__agrees_with_a_scan),
		cmocka_unit_test(backtest_pof_range__may_reject_all),
		cmocka_unit_test(
		    backtest_independence__tells_clusters_from_noise),
		cmocka_unit_test(backtest_p_value__inverts_the_critical_value),
		cmocka_unit_test(backtest_binomial__agrees_with_pascal),
		cmocka_unit_test(
		    backtest_basel_of__changes_zone_at_its_limits),
		cmocka_unit_test(backtest_z2__is_zero_where_es_is_right),
		cmocka_unit_test(
		    calibration_review__rises_by_itself_and_falls_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
