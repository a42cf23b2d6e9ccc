/* margin/threshold: the nearest change of sign against walks by one tick, in
 * pockets, at kinks, under water; pieces against the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/margin_world.h"

#include "margin/option.h"
#include "margin/threshold.h"

#define UNIT ((i128)WAD_ONE_RAW)
#define LEGS_MAX 8

/* Cash and legs whose value is intrinsic, `size` units each. */
struct account {
	i128 cash;
	size_t legs;
	struct { i128 size; u128 strike; bool is_call, is_option; }
	    leg[LEGS_MAX];
	unsigned calls;
};

static struct account acc;

static i128
intrinsic_excess(const struct account *a, u128 p)
{
	i128 sum = a->cash;

	for (size_t i = 0; i < a->legs; i++) {
		u128 k = a->leg[i].strike, worth;

		if (!a->leg[i].is_option) {
			sum += a->leg[i].size * ((i128)p - (i128)k);
			continue;
		}
		if (a->leg[i].is_call)
			worth = p > k ? p - k : 0;
		else
			worth = k > p ? k - p : 0;
		sum += a->leg[i].size * (i128)worth;
	}
	return sum;
}

static enum err
account_excess(void *ctx, struct px18 p, struct usd18 *out)
{
	struct account *a = ctx;

	a->calls++;
	*out = usd18_from_raw(intrinsic_excess(a, px18_to_raw(p)));
	return ERR_OK;
}

static void
account_new(const char *cash)
{
	memset(&acc, 0, sizeof(acc));
	acc.cash = world_number(cash, 18);
}

static void
account_option(int size, const char *strike, bool is_call)
{
	acc.leg[acc.legs].size = size;
	acc.leg[acc.legs].strike = (u128)world_number(strike, 18);
	acc.leg[acc.legs].is_call = is_call;
	acc.leg[acc.legs++].is_option = true;
}

static void
account_future(int size, const char *entry)
{
	acc.leg[acc.legs].size = size;
	acc.leg[acc.legs++].strike = (u128)world_number(entry, 18);
}

/* Short the wings, long the body. */
static void
account_butterflies(int count)
{
	account_option(-count, "1930", true);
	account_option(2 * count, "1955", true);
	account_option(-count, "1980", true);
}

static struct liquidation_price
search(const char *mid, bool with_kinks)
{
	struct px18 kinks[LEGS_MAX];
	struct liquidation_price p;
	size_t count = 0;

	for (size_t i = 0; with_kinks && i < acc.legs; i++)
		kinks[count++] = px18_from_raw(acc.leg[i].strike);
	threshold_sort_kinks(kinks, &count);
	acc.calls = 0;
	assert_int_equal(threshold_search(&p, account_excess, &acc, px(mid),
	    kinks, count), ERR_OK);
	return p;
}

static void
threshold_search__finds_a_pocket_between_two_nodes(void **state)
{
	struct liquidation_price p;

	(void)state;
	account_new("1000");
	account_butterflies(100);
	/* 100 * (25 - |p - 1955|) is above 1,000 within 15 of 1955. */
	p = search("2000", true);
	assert_true(p.has_below && !p.has_above);
	assert_string_equal(px_text(p.below), "1970");
	assert_true(intrinsic_excess(&acc, px18_to_raw(p.below) - 1) < 0);
	p = search("1900", true);
	assert_true(p.has_above && !p.has_below);
	assert_string_equal(px_text(p.above), "1940");
	/* Inside the pocket: where it is safe again. */
	p = search("1955", true);
	assert_string_equal(px_text(p.below), "1970");
	assert_string_equal(px_text(p.above), "1940");
	/* With 2,500 there is none. */
	acc.cash = 2500 * UNIT;
	p = search("2000", true);
	assert_false(p.has_below || p.has_above);
	acc.cash = 2500 * UNIT - 1;
	p = search("2000", true);
	assert_string_equal(px_text(p.below), "1955.000000000000000001");
	assert_true(p.has_below);
}

/* Where the excess slopes at the nodes, a pocket is found without a kink, down
 * to a 2^28th of the gap. */
static void
threshold_search__turns_inside_a_gap_without_kinks(void **state)
{
	struct liquidation_price p;

	(void)state;
	account_new("100");
	/* |p - 1950|: a V with its point at zero, then below. */
	account_option(1, "1950", true);
	account_option(1, "1950", false);
	acc.cash = 0;
	p = search("2000", false);
	assert_false(p.has_below || p.has_above);
	acc.cash = -UNIT / 1000000;
	p = search("2000", false);
	assert_true(p.has_below && !p.has_above);
	assert_string_equal(px_text(p.below), "1950.000001");
	acc.cash = -UNIT;
	p = search("1900", false);
	assert_true(p.has_above && !p.has_below);
	assert_string_equal(px_text(p.above), "1949");
	/* The same upside down: under water but for the point. */
	acc.leg[0].size = acc.leg[1].size = -1;
	acc.cash = UNIT;
	p = search("2000", false);
	assert_true(p.has_above && !p.has_below);
	assert_string_equal(px_text(p.above), "1951");
	p = search("1900", false);
	assert_true(p.has_below && !p.has_above);
	assert_string_equal(px_text(p.below), "1949");
}

static void
threshold_search__rounds_to_the_safe_side(void **state)
{
	struct liquidation_price p;

	(void)state;
	account_new("100");
	account_future(3, "2000");
	p = search("2000", false);
	assert_true(p.has_below && !p.has_above);
	assert_string_equal(px_text(p.below), "1966.666666666666666667");
	acc.leg[0].size = -3;
	p = search("2000", false);
	assert_true(p.has_above && !p.has_below);
	assert_string_equal(px_text(p.above), "2033.333333333333333333");
	/* Under water: long again above, short again below. */
	acc.cash = -100 * UNIT;
	p = search("2000", false);
	assert_true(p.has_above && !p.has_below);
	assert_string_equal(px_text(p.above), "1966.666666666666666666");
	acc.leg[0].size = 3;
	p = search("2000", false);
	assert_true(p.has_below && !p.has_above);
	assert_string_equal(px_text(p.below), "2033.333333333333333334");
}

static void
threshold_search__has_both_sides_of_its_range(void **state)
{
	struct liquidation_price p;

	(void)state;
	account_new("0");
	account_future(1, "2000");
	/* A 64th is 31.25. */
	acc.cash = world_number("1968.75", 18);
	p = search("2000", false);
	assert_false(p.has_below || p.has_above);
	acc.cash -= 1;
	p = search("2000", false);
	assert_string_equal(px_text(p.below), "31.250000000000000001");
	/* 64 times is 128,000. */
	acc.leg[0].size = -1;
	acc.cash = world_number("126000", 18);
	p = search("2000", false);
	assert_false(p.has_below || p.has_above);
	assert_in_range(acc.calls, 193, 3 * 193);
	acc.cash -= 1;
	p = search("2000", false);
	assert_string_equal(px_text(p.above), "127999.999999999999999999");
	/* Prices of a few units. */
	acc.leg[0].strike = 3;
	acc.cash = 2;
	p = search("0.000000000000000003", false);
	assert_string_equal(px_text(p.above), "0.000000000000000005");
	assert_false(p.has_below);
	acc.leg[0].size = 1;
	p = search("0.000000000000000003", false);
	assert_false(p.has_below);
	acc.cash = 1;
	p = search("0.000000000000000003", false);
	assert_string_equal(px_text(p.below), "0.000000000000000002");
}

/* ---- random books against a walk over every multiple of a step ---------- */

static bool
walk_sign(u128 p)
{
	return intrinsic_excess(&acc, p) >= 0;
}

/* The nearest change in steps of 1 USD; strikes and entries are whole, so
 * between two steps the excess is linear. */
static void
check_against_walk(u128 mid, const struct liquidation_price *p)
{
	bool safe = walk_sign(mid);
	u128 lowest = mid / 64, highest = mid * 64, step = (u128)UNIT;

	for (int up = 0; up < 2; up++) {
		bool is_above = (up == 1) == safe;
		bool has = is_above ? p->has_above : p->has_below;
		u128 at = mid, next, got = px18_to_raw(is_above ? p->above :
		    p->below);

		for (;;) {
			next = up == 1 ? at + step : at - step;
			if (next > highest || next < lowest || next > at + step)
				break;
			if (walk_sign(next) != safe)
				break;
			at = next;
		}
		if (next > highest || next < lowest) {
			/* within a step of the end either answer may be */
			if (has)
				assert_true(got <= highest && got >= lowest);
			continue;
		}
		assert_true(has);
		assert_true(walk_sign(got));
		assert_false(walk_sign(is_above ? got + 1 : got - 1));
		assert_true(up == 1 ? got >= at && got <= next :
		    got <= at && got >= next);
	}
}

static void
threshold_search__agrees_with_a_walk_on_random_books(void **state)
{
	uint64_t seed = 31;
	unsigned calls = 0, found = 0;
	char mid[8];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct liquidation_price p;
		u128 m = 100 + random_below(&seed, 400);

		account_new("0");
		acc.cash = (i128)random_below(&seed, 2000) * UNIT -
		    500 * UNIT;
		acc.legs = 1 + (size_t)random_below(&seed, LEGS_MAX);
		for (size_t k = 0; k < acc.legs; k++) {
			acc.leg[k].size = (i128)random_below(&seed, 21) - 10;
			acc.leg[k].strike = (u128)UNIT *
			    (1 + random_below(&seed, 700));
			acc.leg[k].is_call = random_one_in(&seed, 2);
			acc.leg[k].is_option = !random_one_in(&seed, 4);
		}
		snprintf(mid, sizeof(mid), "%u", (unsigned)m);
		p = search(mid, true);
		check_against_walk(m * (u128)UNIT, &p);
		calls = acc.calls > calls ? acc.calls : calls;
		found += p.has_below + p.has_above;
	}
	assert_true(found > 1000);
	assert_true(calls < 1200);
}

/* ---- books of options before their expiry -------------------------------- */

/* The worst over three shocks of the price, as a scenario method has it. */
static const char *const SHOCKS[3] = { "0.9", "1", "1.1" };

struct options {
	i128 cash;
	uint64_t tau_s;
	struct num18 vol;
	size_t count, shocks;	/* 1: the price itself only */
	struct { int size; bool is_call; struct px18 strike; } leg[LEGS_MAX];
	unsigned calls;
};

static i128
options_value(const struct options *o, struct px18 forward)
{
	struct option_terms t = { .forward = forward, .vol = o->vol,
	    .discount = num18_one(), .tau = option_tau(1000 * o->tau_s) };
	i128 sum = o->cash;
	struct usd18 v;

	for (size_t i = 0; i < o->count; i++) {
		t.strike = o->leg[i].strike;
		t.is_call = o->leg[i].is_call;
		assert_int_equal(option_price(&v, &t), ERR_OK);
		sum += o->leg[i].size * usd18_to_raw(v);
	}
	return sum;
}

static enum err
options_excess(void *ctx, struct px18 p, struct usd18 *out)
{
	struct options *o = ctx;
	i128 worst = I128_MAX, v;
	struct px18 moved;

	o->calls++;
	for (size_t i = 0; i < o->shocks; i++) {
		assert_int_equal(px18_mul_num(&moved, p, num18_from_raw(
		    o->shocks == 1 ? UNIT : world_number(SHOCKS[i], 18)),
		    ROUND_FLOOR), ERR_OK);
		v = options_value(o, moved);
		worst = v < worst ? v : worst;
	}
	*out = usd18_from_raw(worst);
	return ERR_OK;
}

static size_t
options_kinks(struct px18 *kinks, const struct options *o)
{
	size_t count = 0;

	for (size_t i = 0; i < o->count; i++)
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(px18_scale(&kinks[count++],
			    o->leg[i].strike, WAD_ONE_RAW,
			    (u128)world_number(SHOCKS[k], 18), ROUND_FLOOR),
			    ERR_OK);
	threshold_sort_kinks(kinks, &count);
	return count;
}

static bool
options_safe(struct options *o, u128 p)
{
	struct usd18 v;

	assert_int_equal(options_excess(o, px18_from_raw(p), &v), ERR_OK);
	return !usd18_is_negative(v);
}

static void
threshold_search__finds_the_pocket_of_short_butterflies(void **state)
{
	struct options o = { .cash = 1000 * UNIT, .tau_s = 3600,
	    .vol = num18_from_raw(UNIT * 6 / 10), .count = 3, .shocks = 1,
	    .leg = { { -100, true, px("1930") }, { 200, true, px("1955") },
	    { -100, true, px("1980") } } };
	struct liquidation_price p, bare;
	struct px18 kinks[9];
	size_t count = options_kinks(kinks, &o);

	(void)state;
	assert_int_equal(threshold_search(&p, options_excess, &o, px("2000"),
	    kinks, count), ERR_OK);
	assert_true(p.has_below && !p.has_above);
	assert_true(px18_compare(p.below, px("1955")) > 0 &&
	    px18_compare(p.below, px("1975")) < 0);
	assert_true(options_safe(&o, px18_to_raw(p.below)));
	assert_false(options_safe(&o, px18_to_raw(p.below) - 1));
	/* Smooth now: the slopes find it without the strikes.  At the last
	 * units the price of an option is not monotone, so that the sign may
	 * change more than once. */
	assert_int_equal(threshold_search(&bare, options_excess, &o,
	    px("2000"), NULL, 0), ERR_OK);
	assert_true(bare.has_below && !bare.has_above);
	assert_true(px18_to_raw(p.below) / 1000000 ==
	    px18_to_raw(bare.below) / 1000000);
	assert_int_equal(threshold_search(&p, options_excess, &o, px("1900"),
	    kinks, count), ERR_OK);
	assert_true(p.has_above && !p.has_below);
	assert_true(options_safe(&o, px18_to_raw(p.above)));
	assert_false(options_safe(&o, px18_to_raw(p.above) + 1));
}

/* No change of sign lies between mid and the price found, on a walk in steps
 * of 0.3 %. */
static void
check_options(struct options *o, u128 mid, const struct liquidation_price *p)
{
	bool safe = options_safe(o, mid);

	for (int up = 0; up < 2; up++) {
		bool is_above = (up == 1) == safe;
		bool has = is_above ? p->has_above : p->has_below;
		u128 got = px18_to_raw(is_above ? p->above : p->below);
		u128 end = has ? got : up == 1 ? mid * 64 : mid / 64;

		for (u128 at = mid; up == 1 ? at < end : at > end;
		    at = up == 1 ? at * 1003 / 1000 : at * 1000 / 1003)
			assert_int_equal(options_safe(o, at), safe);
		if (!has)
			continue;
		assert_true(options_safe(o, got));
		assert_false(options_safe(o, is_above ? got + 1 : got - 1));
	}
}

static void
threshold_search__agrees_with_a_walk_on_books_of_options(void **state)
{
	uint64_t seed = 41;
	unsigned found = 0, calls = 0;

	(void)state;
	for (int i = 0; i < 60; i++) {
		struct options o = {
			.cash = (i128)random_below(&seed, 3000) * UNIT,
			.tau_s = 3600u << random_below(&seed, 12),
			.vol = num18_from_raw(UNIT / 10 *
			    (i128)(2 + random_below(&seed, 12))),
			.count = 1 + (size_t)random_below(&seed, 5),
			.shocks = random_one_in(&seed, 2) ? 1 : 3,
		};
		struct px18 kinks[3 * LEGS_MAX];
		struct liquidation_price p;
		size_t count;

		for (size_t k = 0; k < o.count; k++) {
			o.leg[k].size = (int)random_below(&seed, 21) - 10;
			o.leg[k].is_call = random_one_in(&seed, 2);
			o.leg[k].strike = px18_from_raw((u128)UNIT * (1500 +
			    50 * random_below(&seed, 21)));
		}
		count = options_kinks(kinks, &o);
		assert_int_equal(threshold_search(&p, options_excess, &o,
		    px("2000"), kinks, count), ERR_OK);
		calls = o.calls > calls ? o.calls : calls;
		check_options(&o, (u128)UNIT * 2000, &p);
		found += p.has_below + p.has_above;
	}
	assert_true(found > 20);
	assert_true(calls < 2000);
}

/* ---- errors -------------------------------------------------------------- */

static enum err
excess_fails_above(void *ctx, struct px18 p, struct usd18 *out)
{
	if (px18_compare(p, *(const struct px18 *)ctx) > 0)
		return ERR_RANGE;
	*out = usd("1");
	return ERR_OK;
}

static void
threshold_search__fails_without_touching_its_output(void **state)
{
	struct liquidation_price p, before;
	struct px18 limit = px("10"), many[1] = { px("1") };

	(void)state;
	memset(&p, 0x5a, sizeof(p));
	before = p;
	assert_int_equal(threshold_search(&p, excess_fails_above, &limit,
	    px("9"), NULL, 0), ERR_RANGE);
	assert_int_equal(threshold_search(&p, excess_fails_above, &limit,
	    px("11"), NULL, 0), ERR_RANGE);
	assert_int_equal(threshold_search(&p, excess_fails_above, &limit,
	    px("0"), many, 1), ERR_RANGE);
	assert_memory_equal(&p, &before, sizeof(p));
	limit = px("640");
	assert_int_equal(threshold_search(&p, excess_fails_above, &limit,
	    px("10"), many, 1), ERR_OK);
	assert_false(p.has_below || p.has_above);
}

static void
threshold_search__takes_no_more_kinks_than_it_says(void **state)
{
	static struct px18 kinks[THRESHOLD_KINKS_MAX + 1];
	struct px18 limit = px("1000");
	struct liquidation_price p;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(kinks); i++)
		kinks[i] = px18_from_raw((u128)(i + 1) * 1000000000000000);
	assert_int_equal(threshold_search(&p, excess_fails_above, &limit,
	    px("10"), kinks, THRESHOLD_KINKS_MAX), ERR_OK);
	assert_int_equal(threshold_search(&p, excess_fails_above, &limit,
	    px("10"), kinks, THRESHOLD_KINKS_MAX + 1), ERR_LIMIT);
}

static void
threshold_sort_kinks__sorts_and_drops(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (size_t n = 0; n < 60; n++) {
		struct px18 kinks[60];
		bool there[40] = { false };
		size_t count = n, distinct = 0;

		for (size_t i = 0; i < n; i++) {
			uint64_t v = random_below(&seed, 40);

			kinks[i] = px18_from_raw(v);
			distinct += v != 0 && !there[v];
			there[v] = true;
		}
		threshold_sort_kinks(kinks, &count);
		assert_int_equal(count, distinct);
		for (size_t i = 0; i < count; i++) {
			assert_true(there[px18_to_raw(kinks[i])]);
			if (i > 0)
				assert_true(px18_compare(kinks[i - 1],
				    kinks[i]) < 0);
		}
	}
}

/* ---- pieces -------------------------------------------------------------- */

static bool
pieces_safe(const struct threshold_piece *pieces, size_t count, u128 p)
{
	size_t at = 0;

	while (at + 1 < count && px18_to_raw(pieces[at + 1].from) <= p)
		at++;
	return num18_to_raw(pieces[at].slope) * (i128)p +
	    usd18_to_raw(pieces[at].rest) * UNIT >= 0;
}

static void
check_pieces(const struct threshold_piece *pieces, size_t count, u128 mid)
{
	bool safe = pieces_safe(pieces, count, mid);
	struct liquidation_price p;
	u128 down = mid, up = mid;

	threshold_piecewise(&p, pieces, count, px18_from_raw(mid));
	while (down > 0 && pieces_safe(pieces, count, down) == safe)
		down--;
	while (up < 400 && pieces_safe(pieces, count, up) == safe)
		up++;
	assert_int_equal(safe ? p.has_below : p.has_above, down > 0);
	if (down > 0)
		assert_true(px18_to_raw(safe ? p.below : p.above) ==
		    (safe ? down + 1 : down));
	if (up < 400) {
		assert_true(safe ? p.has_above : p.has_below);
		assert_true(px18_to_raw(safe ? p.above : p.below) ==
		    (safe ? up - 1 : up));
	} else if (safe ? p.has_above : p.has_below) {
		assert_true(px18_to_raw(safe ? p.above : p.below) >= 399);
	}
}

static void
threshold_piecewise__agrees_with_a_walk_by_ticks(void **state)
{
	uint64_t seed = 77;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct threshold_piece pieces[4];
		size_t count = 1 + (size_t)random_below(&seed, 4);
		u128 from = 0;

		for (size_t k = 0; k < count; k++) {
			i128 slope = ((i128)random_below(&seed, 41) - 20) *
			    UNIT / 7;

			pieces[k] = (struct threshold_piece){
				.from = px18_from_raw(from),
				.slope = num18_from_raw(slope),
				.rest = usd18_from_raw((i128)random_below(
				    &seed, 401) - 200),
			};
			from += 1 + random_below(&seed, 60);
		}
		check_pieces(pieces, count, random_below(&seed, 200) + 1);
	}
}

static void
threshold_piecewise__is_exact_in_wide_products(void **state)
{
	struct threshold_piece pieces[2] = {
		{ px("0"), num18_from_raw(UNIT / 2), usd("-1000") },
		{ px("2500"), num18_from_raw(3), usd("250") },
	};
	struct liquidation_price p;

	(void)state;
	threshold_piecewise(&p, pieces, 2, px("2400"));
	assert_string_equal(px_text(p.below), "2000");
	assert_false(p.has_above);
	pieces[1].rest = usd("-1");
	threshold_piecewise(&p, pieces, 2, px("2400"));
	assert_string_equal(px_text(p.above), "2499.999999999999999999");
	/* A root beyond the type is none. */
	pieces[0].rest = usd("10");
	pieces[0].slope = num18_from_raw(-1);
	threshold_piecewise(&p, pieces, 1, px("2400"));
	assert_true(p.has_above);
	assert_string_equal(px_text(p.above), "10000000000000000000");
	pieces[0].rest = usd18_from_raw(I128_MAX);
	threshold_piecewise(&p, pieces, 1, px("2400"));
	assert_false(p.has_below || p.has_above);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    threshold_search__finds_a_pocket_between_two_nodes),
		cmocka_unit_test(
		    threshold_search__turns_inside_a_gap_without_kinks),
		cmocka_unit_test(threshold_search__rounds_to_the_safe_side),
		cmocka_unit_test(threshold_search__has_both_sides_of_its_range),
		cmocka_unit_test(
		    threshold_search__agrees_with_a_walk_on_random_books),
		cmocka_unit_test(
		    threshold_search__finds_the_pocket_of_short_butterflies),
		cmocka_unit_test(
		    threshold_search__agrees_with_a_walk_on_books_of_options),
		cmocka_unit_test(
		    threshold_search__fails_without_touching_its_output),
		cmocka_unit_test(
		    threshold_search__takes_no_more_kinks_than_it_says),
		cmocka_unit_test(threshold_sort_kinks__sorts_and_drops),
		cmocka_unit_test(
		    threshold_piecewise__agrees_with_a_walk_by_ticks),
		cmocka_unit_test(
		    threshold_piecewise__is_exact_in_wide_products),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
