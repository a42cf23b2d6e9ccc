/* Options: figures of forty digits, the edges, and what must hold for all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/option.h"
#include "margin/screen_option.h"
#include "tests/margin_world.h"
#include "tests/must_expected.h"

#define RUNS 20000u
#define ONE ((i128)WAD_ONE_RAW)

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static struct option_terms
terms(const char *forward, const char *strike, const char *vol,
    const char *tau, const char *discount, bool is_call)
{
	return (struct option_terms){ px(forward), px(strike), num(vol),
		num(discount), num(tau), is_call };
}

static i128
price_raw(const struct option_terms *t)
{
	struct usd18 p;

	assert_int_equal(option_price(&p, t), ERR_OK);
	return usd18_to_raw(p);
}

/* 1e-18 of F, and one. */
static i128
tolerance(const struct option_terms *t)
{
	return 1 + (i128)(px18_to_raw(t->forward) / WAD_ONE_RAW);
}

static i128
distance(i128 a, i128 b)
{
	return a < b ? b - a : a - b;
}

static i128
discounted(const struct option_terms *t, u128 v)
{
	u128 d = (u128)num18_to_raw(t->discount);

	assert_int_equal(muldiv_u128(&v, v, 2 * d, WAD_ONE_RAW, ROUND_FLOOR),
	    ERR_OK);
	return (i128)((v + 1) / 2);
}

static struct option_terms
random_terms(uint64_t *seed)
{
	struct option_terms t;
	u128 f = random_magnitude(seed, 29) + 1;

	t.forward = px18_from_raw(f);
	t.strike = px18_from_raw(random_one_in(seed, 8) ? f :
	    f * (200 + random_below(seed, 4000)) / 1000 + 1);
	if (random_one_in(seed, 8))
		t.strike = px18_from_raw(f + random_below(seed, 1000));
	t.vol = num18_from_raw((i128)random_magnitude(seed, 19));
	t.tau = num18_from_raw((i128)random_magnitude(seed, 19));
	t.discount = num18_from_raw(random_one_in(seed, 2) ? ONE :
	    (i128)random_below(seed, 4000000000000000001u));
	t.is_call = random_one_in(seed, 2);
	return t;
}

static void
option_price__is_the_formula_to_its_last_digit(void **state)
{
	static const struct {
		const char *forward, *strike, *vol, *tau, *discount;
		bool is_call;
		const char *price;
	} rows[] = {
		{ "100", "100", "0.2", "1", "1", true,
		    "7.965567455405796293" },
		{ "2000", "2500", "0.8", "0.25", "0.97", true,
		    "154.986200469474910709" },
		{ "2000", "2500", "0.8", "0.25", "0.97", false,
		    "639.986200469474910709" },
		{ "2000", "1000", "0.5", "0.00273972602739726", "1", false,
		    "0" },
		{ "0.000000000002", "0.000000000002", "1", "1", "1", true,
		    "0.000000000000765850" },
		{ "1000000000", "999999999", "0.5", "1", "1", true,
		    "197412651.767141123185451976" },
		{ "1000000000", "1200000000", "0.1", "0.03", "1", true, "0" },
		{ "100", "10000000", "3", "1", "1", true,
		    "0.499475610809657703" },
		{ "100", "100", "0.000000000000000002", "1", "1", true,
		    "0.000000000000000080" },
		{ "2000", "2000", "23.9", "1", "1", true, "2000" },
		{ "1", "3", "5", "4", "3.9", false,
		    "11.699996149070344940" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct option_terms t = terms(rows[i].forward, rows[i].strike,
		    rows[i].vol, rows[i].tau, rows[i].discount,
		    rows[i].is_call);
		i128 expected = world_number(rows[i].price, 18);

		assert_true(distance(price_raw(&t), expected) <=
		    (tolerance(&t) + 1) / 2);
	}
}

static void
option_price__is_intrinsic_without_time_or_volatility(void **state)
{
	static const char *const vol_tau[][2] = {
		{ "0", "1" }, { "1", "0" }, { "0", "0" },
		/* s = 5e-19 */
		{ "0.000000000000000001", "0.25" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(vol_tau); i++) {
		struct option_terms t = terms("2000", "1900", vol_tau[i][0],
		    vol_tau[i][1], "0.9", true);

		assert_true(price_raw(&t) == 90 * ONE);
		t.is_call = false;
		assert_true(price_raw(&t) == 0);
		t.strike = px("2100");
		assert_true(price_raw(&t) == 90 * ONE);
		t.strike = t.forward;
		assert_true(price_raw(&t) == 0);
	}
}

static void
option_price__has_time_value_from_the_least_deviation_on(void **state)
{
	struct option_terms t = terms("1000000000", "1000000000",
	    "0.000000000000000001", "1", "1", true);
	i128 least = price_raw(&t);

	(void)state;
	/* F s / sqrt(2 pi) */
	assert_true(distance(least, 398942280) <= 500000000);
	assert_true(least > 0);
	t.tau = num("0.999999999999999");
	assert_true(price_raw(&t) == 0);
}

static void
option_price__is_its_bound_at_its_greatest_deviation(void **state)
{
	struct option_terms t = terms("2000", "3000", "24", "1", "0.9", true);

	(void)state;
	assert_true(price_raw(&t) == 1800 * ONE);
	t.is_call = false;
	assert_true(price_raw(&t) == 2700 * ONE);
	t.vol = num18_from_raw(I128_MAX);
	t.tau = num18_from_raw(I128_MAX);
	assert_true(price_raw(&t) == 2700 * ONE);
}

static void
option_price__is_a_bound_where_forward_or_strike_is_zero(void **state)
{
	struct option_terms t = terms("0", "1000", "4", "1", "0.99", true);

	(void)state;
	assert_true(price_raw(&t) == 0);
	t.is_call = false;
	assert_true(price_raw(&t) == 990 * ONE);
	t = terms("1000", "0", "4", "1", "0.99", true);
	assert_true(price_raw(&t) == 990 * ONE);
	t.is_call = false;
	assert_true(price_raw(&t) == 0);
	t = terms("1000", "1000", "4", "1", "0", true);
	assert_true(price_raw(&t) == 0);
}

static void
option_price__fails_outside_its_domain(void **state)
{
	struct option_terms t = terms("1000", "900", "1", "1", "1", true);
	struct usd18 p = usd("77");

	(void)state;
	t.vol = num("-0.000000000000000001");
	assert_int_equal(option_price(&p, &t), ERR_RANGE);
	t.vol = num("1");
	t.discount = num("-0.000000000000000001");
	assert_int_equal(option_price(&p, &t), ERR_RANGE);
	t.discount = num("1");
	t.tau = num("-0.000000000000000001");
	assert_int_equal(option_price(&p, &t), ERR_RANGE);
	t.tau = num("1");
	t.forward = px18_from_raw((u128)I128_MAX);
	assert_int_equal(option_price(&p, &t), ERR_OK);
	t.forward = px18_from_raw((u128)1 << 127);
	t.strike = px18_from_raw(0);
	p = usd("77");
	assert_int_equal(option_price(&p, &t), ERR_RANGE);
	assert_string_equal(usd_text(p), "77");
}

static void
option_price__holds_parity_and_bounds(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		struct option_terms t = random_terms(&seed);
		u128 f = px18_to_raw(t.forward), k = px18_to_raw(t.strike);
		i128 call, put, gap = discounted(&t, f > k ? f - k : k - f);

		t.is_call = true;
		call = price_raw(&t);
		t.is_call = false;
		put = price_raw(&t);
		assert_true(call - put == (f > k ? gap : -gap));
		assert_true(call >= 0 && put >= 0);
		assert_true(call <= discounted(&t, f) + 1);
		assert_true(put <= discounted(&t, k) + 1);
	}
}

static void
option_price__rises_with_volatility_time_and_moneyness(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		struct option_terms t = random_terms(&seed), more;
		i128 p, slack;
		u128 by = random_magnitude(&seed, 20);

		t.is_call = true;
		if (num18_to_raw(t.discount) > ONE)
			t.discount = num18_one();
		p = price_raw(&t);
		more = t;
		more.vol = num18_from_raw(num18_to_raw(t.vol) + (i128)by);
		slack = tolerance(&t);
		assert_true(price_raw(&more) >= p - slack);
		more = t;
		more.tau = num18_from_raw(num18_to_raw(t.tau) + (i128)by);
		assert_true(price_raw(&more) >= p - slack);
		more = t;
		more.strike = px18_from_raw(px18_to_raw(t.strike) + by);
		assert_true(price_raw(&more) <= p + slack);
		more = t;
		more.forward = px18_from_raw(px18_to_raw(t.forward) + by);
		assert_true(price_raw(&more) >= p - tolerance(&more));
	}
}

static i128
random_any(uint64_t *seed)
{
	u128 v = (u128)random_u64(seed) << 64 | random_u64(seed);

	return random_one_in(seed, 6) ? (i128)random_below(seed, 3) :
	    (i128)(v >> 1 >> random_below(seed, 127));
}

static void
option__answers_whatever_the_numbers(void **state)
{
	uint64_t seed = 8;
	unsigned answered = 0;

	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		struct option_terms t = { px18_from_raw((u128)random_any(&seed)),
			px18_from_raw((u128)random_any(&seed)),
			num18_from_raw(random_any(&seed)),
			num18_from_raw(random_any(&seed)),
			num18_from_raw(random_any(&seed)),
			random_one_in(&seed, 2) };
		struct option_forward forward = option_forward_of(t.forward);
		struct option_scenario only = { 0, 0 };
		struct option_greeks g;
		struct usd18 price = usd18_zero(), many;
		enum err e = option_price(&price, &t);

		if (e == ERR_OK && option_price_many(&many, &t, &forward, 1,
		    &t.vol, 1, &only, 1) == ERR_OK) {
			assert_true(usd18_compare(price, many) == 0);
			answered++;
		}
		if (option_greeks_of(&g, &t) == ERR_OK)
			assert_true(usd18_compare(price, g.price) == 0);
		if (option_implied_vol(&t.vol, &t,
		    usd18_from_raw(random_any(&seed))) == ERR_OK)
			assert_int_equal(option_price(&price, &t), ERR_OK);
	}
	assert_true(answered > RUNS / 10);
}

static void
option_tau__is_nearest(void **state)
{
	(void)state;
	assert_true(num18_to_raw(option_tau(0)) == 0);
	assert_true(num18_to_raw(option_tau(31536000000u)) == ONE);
	assert_true(num18_to_raw(option_tau(86400000u)) == 2739726027397260);
	assert_true(num18_to_raw(option_tau(1)) == 31709792);
	assert_true(num18_to_raw(option_tau(UINT64_MAX)) ==
	    world_number("584942417.355072032439117199", 18));
}

static void
option_price_many__gives_the_bits_of_option_price(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (unsigned i = 0; i < RUNS / 10; i++) {
		struct option_terms t = random_terms(&seed);
		struct option_forward forward[3];
		struct num18 vol[3];
		struct option_scenario scenario[9];
		struct usd18 out[9];

		for (unsigned k = 0; k < 3; k++) {
			struct option_terms other = random_terms(&seed);

			forward[k] = option_forward_of(k == 0 ? t.forward :
			    other.forward);
			vol[k] = k == 0 ? t.vol : other.vol;
		}
		if (random_one_in(&seed, 9))
			forward[1] = option_forward_of(px("0"));
		if (random_one_in(&seed, 9))
			vol[1] = num("100");
		for (unsigned k = 0; k < 9; k++)
			scenario[k] = (struct option_scenario){
				(uint8_t)(k / 3), (uint8_t)(k % 3) };
		assert_int_equal(option_price_many(out, &t, forward, 3, vol,
		    3, scenario, 9), ERR_OK);
		for (unsigned k = 0; k < 9; k++) {
			struct option_terms one = t;

			one.forward = forward[k / 3].price;
			one.vol = vol[k % 3];
			assert_true(price_raw(&one) == usd18_to_raw(out[k]));
		}
	}
}

static void
option_price_many__fails_before_it_writes(void **state)
{
	struct option_terms t = terms("1000", "900", "1", "1", "1", true);
	struct option_forward forward[2] = { option_forward_of(px("1000")),
		option_forward_of(px18_from_raw((u128)1 << 126)) };
	struct num18 vol[2] = { num("1"), num("-1") };
	struct option_scenario scenario[2] = { { 0, 0 }, { 1, 1 } };
	struct usd18 out[2] = { usd("77"), usd("77") };

	(void)state;
	assert_int_equal(option_price_many(out, &t, forward, 2, vol, 1,
	    scenario, 2), ERR_RANGE);
	assert_int_equal(option_price_many(out, &t, forward, 1, vol, 2,
	    scenario, 2), ERR_RANGE);
	t.tau = num("-1");
	assert_int_equal(option_price_many(out, &t, forward, 1, vol, 1,
	    scenario, 1), ERR_RANGE);
	assert_string_equal(usd_text(out[0]), "77");
}

static void
option_price_many__must_have_indices_within(void **state)
{
	struct option_terms t = terms("1000", "900", "1", "1", "1", true);
	struct option_forward forward[OPTION_MANY_MAX + 1] = {
		option_forward_of(px("1000")) };
	struct num18 vol[OPTION_MANY_MAX + 1] = { num("1") };
	struct option_scenario scenario = { 1, 0 };
	struct usd18 out;
	enum err e = ERR_OK;

	(void)state;
	expect_assert_failure(e = option_price_many(&out, &t, forward, 1, vol,
	    1, &scenario, 1));
	scenario = (struct option_scenario){ 0, 1 };
	expect_assert_failure(e = option_price_many(&out, &t, forward, 1, vol,
	    1, &scenario, 1));
	expect_assert_failure(e = option_price_many(&out, &t, forward,
	    OPTION_MANY_MAX + 1, vol, 1, &scenario, 0));
	expect_assert_failure(e = option_price_many(&out, &t, forward, 1, vol,
	    OPTION_MANY_MAX + 1, &scenario, 0));
	assert_int_equal(e, ERR_OK);
	assert_int_equal(option_price_many(&out, &t, forward,
	    OPTION_MANY_MAX, vol, OPTION_MANY_MAX, &scenario, 0), ERR_OK);
}

static void
option_greeks_of__are_steps_at_the_edges(void **state)
{
	struct option_terms t = terms("2000", "1900", "0", "1", "0.9", true);
	struct option_greeks g;

	(void)state;
	assert_int_equal(option_greeks_of(&g, &t), ERR_OK);
	assert_true(usd18_to_raw(g.price) == 90 * ONE);
	assert_true(num18_to_raw(g.delta) == ONE / 10 * 9);
	assert_true(num18_is_zero(g.gamma) && num18_is_zero(g.vega) &&
	    num18_is_zero(g.theta));
	t.is_call = false;
	assert_int_equal(option_greeks_of(&g, &t), ERR_OK);
	assert_true(num18_is_zero(g.delta));
	t.strike = t.forward;
	assert_int_equal(option_greeks_of(&g, &t), ERR_OK);
	assert_true(num18_to_raw(g.delta) == -ONE / 100 * 45);
	t.strike = px("2100");
	assert_int_equal(option_greeks_of(&g, &t), ERR_OK);
	assert_true(num18_to_raw(g.delta) == -ONE / 10 * 9);
	t.vol = num("24");
	assert_int_equal(option_greeks_of(&g, &t), ERR_OK);
	assert_true(num18_is_zero(g.delta));
	t.vol = num("-1");
	g.delta = num("77");
	assert_int_equal(option_greeks_of(&g, &t), ERR_RANGE);
	assert_true(num18_to_raw(g.delta) == 77 * ONE);
}

static void
option_greeks_of__differ_by_the_discount_between_call_and_put(void **state)
{
	uint64_t seed = 4;

	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		struct option_terms t = random_terms(&seed);
		struct option_greeks call, put;
		enum err e;

		t.is_call = true;
		e = option_greeks_of(&call, &t);
		t.is_call = false;
		assert_int_equal(option_greeks_of(&put, &t), e);
		if (e != ERR_OK)
			continue;
		assert_true(num18_to_raw(call.delta) - num18_to_raw(put.delta)
		    == num18_to_raw(t.discount));
		assert_true(num18_compare(call.gamma, put.gamma) == 0);
		assert_true(num18_compare(call.vega, put.vega) == 0);
		assert_true(num18_compare(call.theta, put.theta) == 0);
		assert_true(usd18_to_raw(put.price) == price_raw(&t));
	}
}

static void
option_spot_greeks_of__are_the_forwards_where_nothing_is_carried(void **state)
{
	struct option_terms t = terms("2000", "1900", "0.6", "0.5", "1", true);
	struct option_greeks g;
	struct option_spot_greeks s;

	(void)state;
	assert_int_equal(option_greeks_of(&g, &t), ERR_OK);
	assert_int_equal(option_spot_greeks_of(&s, &g, &t, t.forward),
	    ERR_OK);
	assert_true(num18_compare(s.delta, g.delta) == 0);
	assert_true(num18_compare(s.gamma, g.gamma) == 0);
	assert_true(num18_compare(s.theta, g.theta) == 0);
	s.rho = num("77");
	assert_int_equal(option_spot_greeks_of(&s, &g, &t, px("0")),
	    ERR_RANGE);
	t.tau = num18_zero();
	assert_int_equal(option_spot_greeks_of(&s, &g, &t, t.forward),
	    ERR_RANGE);
	assert_true(num18_to_raw(s.rho) == 77 * ONE);
}

static void
option_implied_vol__gives_the_price_back(void **state)
{
	uint64_t seed = 5;
	unsigned found = 0;

	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		struct option_terms t = random_terms(&seed);
		struct usd18 price;
		enum err e;

		assert_int_equal(option_price(&price, &t), ERR_OK);
		e = option_implied_vol(&t.vol, &t, price);
		if (e != ERR_OK) {
			assert_int_equal(e, ERR_RANGE);
			continue;
		}
		found++;
		assert_true(distance(price_raw(&t), usd18_to_raw(price)) <=
		    4 * tolerance(&t));
	}
	assert_true(found > RUNS / 10);
}

static void
option_implied_vol__finds_the_volatility_where_it_shows(void **state)
{
	uint64_t seed = 6;

	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		struct option_terms t = random_terms(&seed);
		struct usd18 price;
		struct num18 vol;

		t.forward = px("2000");
		t.strike = px18_from_raw((u128)ONE *
		    (1500 + random_below(&seed, 1000)));
		t.vol = num18_from_raw(ONE / 2 +
		    (i128)random_below(&seed, WAD_ONE_RAW));
		t.tau = num("0.5");
		t.discount = num18_one();
		assert_int_equal(option_price(&price, &t), ERR_OK);
		assert_int_equal(option_implied_vol(&vol, &t, price), ERR_OK);
		assert_true(distance(num18_to_raw(vol), num18_to_raw(t.vol)) <=
		    8);
	}
}

static void
option_implied_vol__fails_at_and_beyond_the_bounds(void **state)
{
	struct option_terms t = terms("2000", "1900", "0", "0.5", "0.9", true);
	struct num18 vol = num("77");

	(void)state;
	/* intrinsic 90, bound 1800 */
	assert_int_equal(option_implied_vol(&vol, &t, usd("90")), ERR_RANGE);
	assert_int_equal(option_implied_vol(&vol, &t, usd("1800")),
	    ERR_RANGE);
	assert_int_equal(option_implied_vol(&vol, &t, usd("-1")), ERR_RANGE);
	t.discount = num("0");
	assert_int_equal(option_implied_vol(&vol, &t, usd("100")), ERR_RANGE);
	t.discount = num("0.9");
	t.tau = num("0");
	assert_int_equal(option_implied_vol(&vol, &t, usd("100")), ERR_RANGE);
	t.tau = num("0.5");
	t.is_call = false;
	assert_int_equal(option_implied_vol(&vol, &t, usd("0")), ERR_RANGE);
	assert_true(num18_to_raw(vol) == 77 * ONE);
	assert_int_equal(option_implied_vol(&vol, &t,
	    usd("0.000000000000000001")), ERR_OK);
	assert_true(num18_to_raw(vol) < ONE / 10);
	t.is_call = true;
	assert_int_equal(option_implied_vol(&vol, &t,
	    usd("90.000000000000000001")), ERR_OK);
	assert_int_equal(option_implied_vol(&vol, &t,
	    usd("1799.999999999999999999")), ERR_OK);
	assert_true(num18_to_raw(vol) > 20 * ONE);
}

#define SCREENED 1003u	/* no multiple of a vector */

/* Within bound, and what 18 decimals round. */
static void
assert_near(double got, i128 raw, double bound)
{
	double off = got - (double)raw * 1e-18;

	assert_true(off <= bound + 1e-18 && off >= -bound - 1e-18);
}

static void
screen_option_greeks__are_near_the_integers(void **state)
{
	static double in[6][SCREENED], out[5][SCREENED];
	static struct option_terms t[SCREENED];
	struct screen_options options = { in[0], in[1], in[2], in[3], in[4],
		in[5] };
	struct screen_greeks screened = { out[0], out[1], out[2], out[3],
		out[4] };
	uint64_t seed = 7;

	(void)state;
	for (size_t i = 0; i < SCREENED; i++) {
		t[i] = random_terms(&seed);
		if (num18_to_raw(t[i].discount) > ONE)
			t[i].discount = num18_one();
		t[i].vol = num18_from_raw(num18_to_raw(t[i].vol) + ONE / 10);
		t[i].tau = num18_from_raw(num18_to_raw(t[i].tau) + ONE / 400);
		in[0][i] = (double)px18_to_raw(t[i].forward) * 1e-18;
		in[1][i] = (double)px18_to_raw(t[i].strike) * 1e-18;
		in[2][i] = (double)num18_to_raw(t[i].vol) * 1e-18;
		in[3][i] = (double)num18_to_raw(t[i].tau) * 1e-18;
		in[4][i] = (double)num18_to_raw(t[i].discount) * 1e-18;
		in[5][i] = t[i].is_call ? 1 : -1;
	}
	screen_option_greeks(&screened, &options, SCREENED);
	for (size_t i = 0; i < SCREENED; i++) {
		struct option_greeks g;
		double most = in[0][i] > in[1][i] ? in[0][i] : in[1][i];

		assert_int_equal(option_greeks_of(&g, &t[i]), ERR_OK);
		assert_near(out[0][i], usd18_to_raw(g.price), 1e-14 * most);
		assert_near(out[1][i], num18_to_raw(g.delta), 1e-13);
		assert_near(out[3][i], num18_to_raw(g.vega), 1e-12 * most);
		assert_near(out[4][i], num18_to_raw(g.theta), 1e-11 * most);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    option_price__is_the_formula_to_its_last_digit),
		cmocka_unit_test(
		    option_price__is_intrinsic_without_time_or_volatility),
		cmocka_unit_test(
		    option_price__has_time_value_from_the_least_deviation_on),
		cmocka_unit_test(
		    option_price__is_its_bound_at_its_greatest_deviation),
		cmocka_unit_test(
		    option_price__is_a_bound_where_forward_or_strike_is_zero),
		cmocka_unit_test(option_price__fails_outside_its_domain),
		cmocka_unit_test(option_price__holds_parity_and_bounds),
		cmocka_unit_test(
		    option_price__rises_with_volatility_time_and_moneyness),
		cmocka_unit_test(option__answers_whatever_the_numbers),
		cmocka_unit_test(option_tau__is_nearest),
		cmocka_unit_test(
		    option_price_many__gives_the_bits_of_option_price),
		cmocka_unit_test(option_price_many__fails_before_it_writes),
		cmocka_unit_test(option_price_many__must_have_indices_within),
		cmocka_unit_test(option_greeks_of__are_steps_at_the_edges),
		cmocka_unit_test(
		    option_greeks_of__differ_by_the_discount_between_call_and_put),
		cmocka_unit_test(
		    option_spot_greeks_of__are_the_forwards_where_nothing_is_carried),
		cmocka_unit_test(option_implied_vol__gives_the_price_back),
		cmocka_unit_test(
		    option_implied_vol__finds_the_volatility_where_it_shows),
		cmocka_unit_test(
		    option_implied_vol__fails_at_and_beyond_the_bounds),
		cmocka_unit_test(screen_option_greeks__are_near_the_integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
