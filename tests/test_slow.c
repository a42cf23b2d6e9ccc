/* The slow companions against a plain computation in long double, and the
 * attack that they are for (incident R13: 24 times in ten minutes). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "feeds/slow.h"
#include "tests/prices_world.h"

static const struct prices_slow rule = { .has_slow = true,
    .window_ms = 3600000, .step_max = { 50000000 } };

static long double
value(struct px18 p)
{
	return (long double)px18_to_raw(p) / 1e18L;
}

static void
slow_step__begins_at_the_first_price(void **state)
{
	struct slow s = { 0 };

	(void)state;
	assert_true(slow_step(&s, &rule, px("100"), NOW));
	assert_px(s.average, "100");
	assert_px(s.stable, "100");
	assert_false(slow_step(&s, &rule, px("200"), NOW + 999));
	assert_false(slow_step(&s, &rule, px("200"), NOW - 5));
	assert_px(s.last, "100");
}

/* The same price each second in (from, to]; the one before stood until then. */
static void
stands(struct slow *s, const char *price, uint64_t from_ms, uint64_t to_ms)
{
	for (uint64_t ms = from_ms + 1000; ms <= to_ms; ms += 1000)
		assert_true(slow_step(s, &rule, px(price), ms));
}

/* A spike between two steps weighs nothing; one that stands for five seconds
 * moves the average 5 / 3600 and the stable price 5 % x 5 / 3600. */
static void
slow_step__weighs_what_stood_and_not_what_shows(void **state)
{
	struct slow s = { 0 };

	(void)state;
	assert_true(slow_step(&s, &rule, px("100"), NOW));
	assert_true(slow_step(&s, &rule, px("2400"), NOW + 5000));
	assert_px(s.average, "100");
	assert_px(s.stable, "100");
	assert_true(slow_step(&s, &rule, px("100"), NOW + 10000));
	assert_px(s.average, "103.194444444444444444");
	assert_px(s.stable, "100.006944444444444444");
}

/* One accepted second of a pump, and then nothing for a window: five seconds of
 * it count, on either side of that limit. */
static void
slow_step__holds_on_to_nothing_that_was_not_accepted(void **state)
{
	static const uint64_t gaps[] = { 5001, 60000, 3600000, 360000000 };
	struct slow five = { 0 };

	(void)state;
	(void)slow_step(&five, &rule, px("100"), NOW);
	(void)slow_step(&five, &rule, px("2400"), NOW + 1000);
	assert_true(slow_step(&five, &rule, px("100"), NOW + 6000));
	assert_px(five.average, "103.194444444444444444");
	for (size_t i = 0; i < ARRAY_COUNT(gaps); i++) {
		struct slow s = { 0 };

		(void)slow_step(&s, &rule, px("100"), NOW);
		(void)slow_step(&s, &rule, px("2400"), NOW + 1000);
		assert_true(slow_step(&s, &rule, px("100"), NOW + 1000 +
		    gaps[i]));
		assert_int_equal(px18_compare(s.average, five.average), 0);
		assert_int_equal(px18_compare(s.stable, five.stable), 0);
		/* And it goes on from there as ever. */
		stands(&s, "100", NOW + 1000 + gaps[i], NOW + 3000 + gaps[i]);
		assert_true(px18_compare(s.average, five.average) < 0);
		assert_int_equal(s.at_ms, NOW + 3000 + gaps[i]);
	}
}

static void
slow_step__bounds_borrowing_power_in_a_pump(void **state)
{
	struct slow s = { 0 };
	uint64_t ms;

	(void)state;
	assert_true(slow_step(&s, &rule, px("0.0382"), NOW));
	for (ms = NOW + 1000; ms <= NOW + 600000; ms += 1000)
		(void)slow_step(&s, &rule, px("0.91"), ms);
	/* Ten minutes at 5 % an hour: less than 0.84 % more. */
	assert_true(value(s.stable) > 0.0382L &&
	    value(s.stable) < 0.0382L * 1.0084L);
	assert_true(value(s.average) < 0.91L / 5);
}

/* However far, a price that stays is the stable price in the end, in both
 * directions, also where it is a few units of the last decimal. */
static void
slow_step__arrives_where_the_price_stays(void **state)
{
	static const char *const from_to[][2] = { { "100", "70" },
		{ "70", "100" }, { "0.000000000000000003",
		"0.000000000000000009" }, { "0.00005", "0.00000000000001" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(from_to); i++) {
		struct slow s = { 0 };
		struct px18 to = px(from_to[i][1]);

		(void)slow_step(&s, &rule, px(from_to[i][0]), NOW);
		for (uint64_t k = 1; k < 3000 * 720; k++)
			(void)slow_step(&s, &rule, to, NOW + k *
			    SLOW_HOLD_MS);
		assert_px(s.average, from_to[i][1]);
		assert_px(s.stable, from_to[i][1]);
	}
}

static void
slow_step__agrees_with_long_double(void **state)
{
	uint64_t x = 88172645463325252u;

	(void)state;
	for (size_t run = 0; run < 50; run++) {
		struct slow s = { 0 };
		long double last = 1000, average = 1000, stable = 1000;
		uint64_t ms = NOW;

		(void)slow_step(&s, &rule, px("1000"), ms);
		for (size_t i = 0; i < 400; i++) {
			uint64_t dt, price;
			long double move, limit, counts;

			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			dt = 1000 + x % 20000 * (x % 7 == 0 ? 1000 : 1);
			price = 200 + x / 20000 % 4000;
			ms += dt;
			counts = fminl((long double)dt, 5000);
			average += (last - average) * counts / 3600000;
			limit = stable * 0.05L * counts / 3600000;
			move = average - stable;
			stable += fmaxl(-limit, fminl(limit, move));
			last = (long double)price;
			assert_true(slow_step(&s, &rule, px18_from_raw(
			    (u128)price * 1000000000000000000u), ms));
			assert_true(fabsl(value(s.average) - average) <
			    1e-12L * average);
			assert_true(fabsl(value(s.stable) - stable) <
			    1e-12L * stable);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_step__begins_at_the_first_price),
		cmocka_unit_test(
		    slow_step__weighs_what_stood_and_not_what_shows),
		cmocka_unit_test(
		    slow_step__holds_on_to_nothing_that_was_not_accepted),
		cmocka_unit_test(slow_step__bounds_borrowing_power_in_a_pump),
		cmocka_unit_test(slow_step__arrives_where_the_price_stays),
		cmocka_unit_test(slow_step__agrees_with_long_double),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
