/* Greeks of positions: the conventions of each kind, prices moved by hand, and
 * a table that forgets what is taken out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "margin/position_greeks.h"
#include "tests/margin_world.h"

#define ONE ((i128)WAD_ONE_RAW)
#define ROWS 64u
#define DAY_MS UINT64_C(86400000)

static struct position_greeks g;

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static bool
near(struct usd18 got, i128 expected, i128 tolerance)
{
	i128 off = usd18_to_raw(got) - expected;

	return off <= tolerance && off >= -tolerance;
}

static void
position_greeks_of__follows_the_convention_of_the_kind(void **state)
{
	static const struct {
		enum instrument_kind kind;
		bool is_inverse;
		const char *size, *multiplier, *entry, *delta;
	} rows[] = {
		{ INSTRUMENT_SPOT, false, "2", "1", "0", "4000" },
		{ INSTRUMENT_SPOT, false, "-2", "0.5", "0", "-2000" },
		{ INSTRUMENT_PERP, false, "3", "1", "1000", "6030" },
		{ INSTRUMENT_FUTURE, false, "-3", "0.1", "1000", "-603" },
		/* 1000 USD bought at 1600 are 0.625 coins. */
		{ INSTRUMENT_PERP, true, "100", "10", "1600", "1250" },
		{ INSTRUMENT_FUTURE, true, "-100", "10", "3000",
		    "-666.666666666666666667" },
		{ INSTRUMENT_PERP, true, "100", "10", "3000",
		    "666.666666666666666666" },
	};
	const struct position_market m = { .index = px("2000"),
	    .mark = px("2010") };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct instrument in = { .kind = rows[i].kind,
		    .is_inverse = rows[i].is_inverse, .factor = 3,
		    .multiplier = num(rows[i].multiplier), .expiry_ms = 9 };
		const struct position p = { .size = num(rows[i].size),
		    .entry = px(rows[i].entry) };

		assert_int_equal(position_greeks_of(&g, &in, &p, &m), ERR_OK);
		assert_string_equal(usd_text(g.delta), rows[i].delta);
		assert_true(usd18_is_zero(g.gamma) && usd18_is_zero(g.vega) &&
		    usd18_is_zero(g.theta));
		assert_int_equal(g.factor, 3);
		assert_int_equal(g.expiry_ms, 9);
		assert_int_equal(g.positions, 1);
	}
}

static void
position_greeks_of__scales_an_option(void **state)
{
	const struct instrument in = { .kind = INSTRUMENT_OPTION,
	    .multiplier = num("0.1"), .is_coin_settled = true };
	struct position p = { .size = num("20") };
	const struct position_market m = { .index = px("1990"),
	    .mark = px("2000"), .option = { .delta = num("0.5"),
	    .gamma = num("0.001"), .vega = num("400"),
	    .theta = num("-730") } };

	(void)state;
	/* Two units: 2 x 0.5 x 2000, 2 x 0.001 x 2000^2 / 100, ... */
	assert_int_equal(position_greeks_of(&g, &in, &p, &m), ERR_OK);
	assert_string_equal(usd_text(g.delta), "2000");
	assert_string_equal(usd_text(g.gamma), "80");
	assert_string_equal(usd_text(g.vega), "8");
	assert_string_equal(usd_text(g.theta), "-4");
	p.size = num("-20");
	assert_int_equal(position_greeks_of(&g, &in, &p, &m), ERR_OK);
	assert_string_equal(usd_text(g.delta), "-2000");
	assert_string_equal(usd_text(g.gamma), "-80");
	assert_string_equal(usd_text(g.vega), "-8");
	assert_string_equal(usd_text(g.theta), "4");
}

static void
position_greeks_of__rounds_gains_down_and_costs_up(void **state)
{
	const struct instrument in = { .kind = INSTRUMENT_OPTION,
	    .multiplier = num("1") };
	struct position p = { .size = num("0.000000000000000001") };
	const struct position_market m = { .mark = px("1"),
	    .option = { .gamma = num("0.1"), .vega = num("0.1") } };

	(void)state;
	assert_int_equal(position_greeks_of(&g, &in, &p, &m), ERR_OK);
	assert_true(usd18_is_zero(g.gamma) && usd18_is_zero(g.vega));
	p.size = num("-0.000000000000000001");
	assert_int_equal(position_greeks_of(&g, &in, &p, &m), ERR_OK);
	assert_true(usd18_to_raw(g.gamma) == -1 &&
	    usd18_to_raw(g.vega) == -1);
}

static i128
value_of(const struct option_terms *t)
{
	struct usd18 v;

	assert_int_equal(option_price(&v, t), ERR_OK);
	return usd18_to_raw(v);
}

/* The dollar greeks of one long option against its price, moved by 0.01 % of
 * the forward, by a hundredth of a point and by a thousandth of a day. */
static void
position_greeks_of__is_what_the_price_does(void **state)
{
	const struct instrument in = { .kind = INSTRUMENT_OPTION,
	    .multiplier = num("1") };
	const struct position p = { .size = num("1") };
	static const char *const strikes[] = { "1500", "2000", "2600" };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_COUNT(strikes); i++) {
		struct option_terms t = { .forward = px("2000"),
		    .strike = px(strikes[i / 2]), .vol = num("0.6"),
		    .discount = num("0.99"), .tau = num("0.1"),
		    .is_call = i % 2 };
		struct position_market m = { .mark = t.forward };
		i128 here = value_of(&t), up, down, later, higher;

		assert_int_equal(option_greeks_of(&m.option, &t), ERR_OK);
		assert_int_equal(position_greeks_of(&g, &in, &p, &m), ERR_OK);
		t.forward = px("2000.2");
		up = value_of(&t);
		t.forward = px("1999.8");
		down = value_of(&t);
		t.forward = px("2000");
		t.vol = num("0.6001");
		higher = value_of(&t);
		t.vol = num("0.6");
		t.tau = num("0.099997260273972602");
		later = value_of(&t);
		assert_true(near(g.delta, (up - down) * 5000, ONE / 1000));
		assert_true(near(g.gamma, (up - 2 * here + down) * 1000000,
		    ONE / 1000));
		assert_true(near(g.vega, (higher - here) * 100, ONE / 100));
		assert_true(near(g.theta, (later - here) * 1000, ONE / 100));
	}
}

static void
position_greeks_of__leaves_the_result_where_it_refuses(void **state)
{
	struct instrument in = { .kind = INSTRUMENT_PERP,
	    .is_inverse = true, .multiplier = num("1") };
	struct position p = { .size = num("1"), .entry = px("0") };
	struct position_market m = { .index = px("1"), .mark = px("1") };
	struct position_greeks before = g;

	(void)state;
	assert_int_equal(position_greeks_of(&g, &in, &p, &m), ERR_RANGE);
	in.is_inverse = false;
	m.mark = px18_from_raw(U128_MAX);
	p.size = num("10");
	assert_int_equal(position_greeks_of(&g, &in, &p, &m), ERR_RANGE);
	in.kind = INSTRUMENT_OPTION;
	assert_int_equal(position_greeks_of(&g, &in, &p, &m), ERR_RANGE);
	m.mark = px("1000");
	m.option.vega = num18_from_raw(I128_MAX);
	p.size = num("1000");
	assert_int_equal(position_greeks_of(&g, &in, &p, &m), ERR_RANGE);
	assert_memory_equal(&before, &g, sizeof(g));
}

static struct position_greeks
random_row(void)
{
	struct position_greeks r = { .factor = (uint8_t)(random() % 4),
	    .expiry_ms = (uint64_t)(random() % 4), .positions = 1 };

	r.delta = usd18_from_raw((i128)random() * random() - (1L << 60));
	r.gamma = usd18_from_raw((i128)random() * random() - (1L << 60));
	r.vega = usd18_from_raw(random() - (1L << 30));
	r.theta = usd18_from_raw(random() - (1L << 30));
	return r;
}

static void
position_greeks_sub__leaves_no_trace(void **state)
{
	static struct position_greeks rows[ROWS], kept[1000];
	struct position_greeks_table t = { .capacity = ROWS, .rows = rows };
	size_t count = 0;

	(void)state;
	srandom(5);
	for (int step = 0; step < 20000; step++) {
		struct position_greeks sum = { .factor = 2 }, total;

		if (count < ARRAY_COUNT(kept) && random() % 2) {
			kept[count] = random_row();
			assert_int_equal(position_greeks_add(&t,
			    &kept[count++]), ERR_OK);
		} else if (count > 0) {
			size_t at = (size_t)random() % count;

			assert_int_equal(position_greeks_sub(&t, &kept[at]),
			    ERR_OK);
			kept[at] = kept[--count];
		}
		if (step % 50)
			continue;
		for (size_t i = 0; i < count; i++)
			if (kept[i].factor == 2) {
				sum.positions++;
				sum.delta = usd18_from_raw(usd18_to_raw(
				    sum.delta) + usd18_to_raw(kept[i].delta));
				sum.vega = usd18_from_raw(usd18_to_raw(
				    sum.vega) + usd18_to_raw(kept[i].vega));
			}
		assert_int_equal(position_greeks_total(&total, &t, 2),
		    ERR_OK);
		assert_int_equal(total.positions, sum.positions);
		assert_true(usd18_compare(total.delta, sum.delta) == 0);
		assert_true(usd18_compare(total.vega, sum.vega) == 0);
		for (size_t i = 1; i < t.count; i++)
			assert_true(rows[i - 1].factor < rows[i].factor ||
			    (rows[i - 1].factor == rows[i].factor &&
			    rows[i - 1].expiry_ms < rows[i].expiry_ms));
	}
	while (count > 0)
		assert_int_equal(position_greeks_sub(&t, &kept[--count]),
		    ERR_OK);
	assert_int_equal(t.count, 0);
}

static void
position_greeks_add__refuses_beyond_its_rows(void **state)
{
	struct position_greeks rows[2], row = { .positions = 1 };
	struct position_greeks_table t = { .capacity = 2, .rows = rows };

	(void)state;
	assert_int_equal(position_greeks_add(&t, &row), ERR_OK);
	row.factor = 1;
	assert_int_equal(position_greeks_add(&t, &row), ERR_OK);
	row.factor = 2;
	assert_int_equal(position_greeks_add(&t, &row), ERR_LIMIT);
	assert_int_equal(position_greeks_sub(&t, &row), ERR_UNKNOWN);
	row.factor = 1;
	row.delta = usd18_from_raw(I128_MAX);
	assert_int_equal(position_greeks_add(&t, &row), ERR_OK);
	assert_int_equal(position_greeks_add(&t, &row), ERR_RANGE);
	row.positions = 3;
	assert_int_equal(position_greeks_sub(&t, &row), ERR_RANGE);
	assert_int_equal(rows[1].positions, 2);
}

static void
position_greeks_sensitivities__are_what_the_margin_takes(void **state)
{
	struct position_greeks rows[4], option = { .factor = 1,
	    .expiry_ms = 30 * DAY_MS, .positions = 1, .delta = usd("-1.00"),
	    .gamma = usd("-7"), .vega = usd("-5"), .theta = usd("3") };
	const struct position_greeks coins = position_greeks_holding(1,
	    usd("0.000000000000000001"));
	struct position_greeks_table t = { .capacity = 4, .rows = rows };
	const uint8_t bucket_of[] = { 0, 4 };
	struct greeks_sensitivity out[4];
	size_t count = 9;

	(void)state;
	assert_int_equal(position_greeks_add(&t, &option), ERR_OK);
	assert_int_equal(position_greeks_add(&t, &coins), ERR_OK);
	assert_int_equal(position_greeks_sensitivities(out, &count, 3, &t,
	    bucket_of, 0), ERR_LIMIT);
	assert_int_equal(count, 9);
	assert_int_equal(position_greeks_sensitivities(out, &count, 4, &t,
	    bucket_of, 18 * DAY_MS + DAY_MS / 2), ERR_OK);
	assert_int_equal(count, 4);
	assert_int_equal(out[0].risk_class, GREEKS_DELTA);
	assert_string_equal(usd_text(out[0].amount), "0.000000000000000001");
	assert_string_equal(usd_text(out[1].amount), "-0.01");
	assert_int_equal(out[2].risk_class, GREEKS_GAMMA);
	assert_string_equal(usd_text(out[2].amount), "-7");
	assert_int_equal(out[3].risk_class, GREEKS_VEGA);
	assert_string_equal(usd_text(out[3].amount), "-5");
	assert_true(num18_compare(out[3].expiry_days, num("11.5")) == 0);
	assert_int_equal(out[3].bucket, 4);
	assert_int_equal(out[3].name, 1);
	/* Expired: no vega, or something is wrong. */
	assert_int_equal(position_greeks_sensitivities(out, &count, 4, &t,
	    bucket_of, 30 * DAY_MS), ERR_RANGE);
	assert_int_equal(position_greeks_sensitivities(out, &count, 4, &t,
	    bucket_of, 30 * DAY_MS - 1), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    position_greeks_of__follows_the_convention_of_the_kind),
		cmocka_unit_test(position_greeks_of__scales_an_option),
		cmocka_unit_test(
		    position_greeks_of__rounds_gains_down_and_costs_up),
		cmocka_unit_test(position_greeks_of__is_what_the_price_does),
		cmocka_unit_test(
		    position_greeks_of__leaves_the_result_where_it_refuses),
		cmocka_unit_test(position_greeks_sub__leaves_no_trace),
		cmocka_unit_test(position_greeks_add__refuses_beyond_its_rows),
		cmocka_unit_test(
		    position_greeks_sensitivities__are_what_the_margin_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
