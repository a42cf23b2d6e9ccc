/* fixed against products and quotients made bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fixed.h"

#define RANDOM_RUNS 200000u
#define WAD WAD_ONE_RAW

static uint64_t seed;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * UINT64_C(0x2545f4914f6cdd1d);
}

/* Any length, with the edges of words and the powers of ten well known. */
static u128
random_u128(void)
{
	u128 a = (u128)next_random() << 64 | next_random();

	switch (next_random() % 8) {
	case 0: return pow10_u128((unsigned)(next_random() % 39));
	case 1: return U128_MAX - next_random() % 3;
	case 2: return (u128)1 << next_random() % 128;
	case 3: return next_random() % 4;
	case 4: return ((u128)1 << (1 + next_random() % 127)) - 1;
	default: return a >> next_random() % 128;
	}
}

/* dumb_muldiv makes the 256-bit product by shift and add in two halves, then
 * divides it bit by bit.  False: no result. */
static bool
dumb_muldiv(u128 *out, u128 a, u128 b, u128 c, enum rounding r)
{
	u128 hi = 0, lo = 0, q = 0, rest = 0;

	if (c == 0)
		return false;
	for (unsigned i = 128; i-- > 0;) {
		hi = hi << 1 | lo >> 127;
		lo <<= 1;
		if (b >> i & 1) {
			lo += a;
			hi += lo < a;
		}
	}
	for (unsigned i = 256; i-- > 0;) {
		bool top = rest >> 127;

		rest = rest << 1 | ((i < 128 ? lo >> i : hi >> (i - 128)) & 1);
		if (q >> 127)
			return false;
		q <<= 1;
		if (top || rest >= c) {
			rest -= c;
			q |= 1;
		}
	}
	if (r == ROUND_CEIL && rest != 0 && ++q == 0)
		return false;
	*out = q;
	return true;
}

static void
muldiv_u128__agrees_with_bit_by_bit_arithmetic(void **state)
{
	unsigned fits = 0;

	(void)state;
	seed = 12345;
	for (unsigned i = 0; i < RANDOM_RUNS; i++) {
		u128 a = random_u128(), b = random_u128(), c = random_u128();
		enum rounding r = i % 2 ? ROUND_CEIL : ROUND_FLOOR;
		u128 expected, out = 42;

		if (dumb_muldiv(&expected, a, b, c, r)) {
			fits++;
			assert_int_equal(muldiv_u128(&out, a, b, c, r),
			    ERR_OK);
			assert_true(out == expected);
		} else {
			assert_int_equal(muldiv_u128(&out, a, b, c, r),
			    ERR_RANGE);
			assert_true(out == 42);
		}
	}
	/* Both answers were really seen. */
	assert_in_range(fits, RANDOM_RUNS / 8, RANDOM_RUNS * 7 / 8);
}

static void
muldiv_u128__holds_both_sides_of_its_limit(void **state)
{
	u128 half = (u128)1 << 127, out = 9;

	(void)state;
	assert_int_equal(muldiv_u128(&out, U128_MAX, U128_MAX, U128_MAX,
	    ROUND_FLOOR), ERR_OK);
	assert_true(out == U128_MAX);
	out = 9;
	assert_int_equal(muldiv_u128(&out, half, 2, 1, ROUND_FLOOR), ERR_RANGE);
	assert_int_equal(muldiv_u128(&out, 1, 1, 0, ROUND_FLOOR), ERR_RANGE);
	assert_int_equal(muldiv_u128(&out, 0, 0, 0, ROUND_FLOOR), ERR_RANGE);
	assert_true(out == 9);
	assert_int_equal(muldiv_u128(&out, U128_MAX, U128_MAX - 1,
	    U128_MAX - 1, ROUND_CEIL), ERR_OK);
	assert_true(out == U128_MAX);
}

static void
muldiv_u128__fails_where_only_the_ceiling_overflows(void **state)
{
	/* 13 * b = 3 * (2^128 - 1) + 2 */
	u128 b = (u128)UINT64_C(0x3b13b13b13b13b13) << 64 |
	    UINT64_C(0xb13b13b13b13b13b);
	u128 out = 9;

	(void)state;
	assert_int_equal(muldiv_u128(&out, 13, b, 3, ROUND_CEIL), ERR_RANGE);
	assert_true(out == 9);
	assert_int_equal(muldiv_u128(&out, 13, b, 3, ROUND_FLOOR), ERR_OK);
	assert_true(out == U128_MAX);
}

static void
muldiv_i128__rounds_to_the_named_side(void **state)
{
	static const struct {
		int64_t a, b, c, floor, ceil;
	} CASES[] = {
		{ 7, 1, 2, 3, 4 }, { -7, 1, 2, -4, -3 }, { 7, -1, 2, -4, -3 },
		{ -7, -1, 2, 3, 4 }, { 8, 1, 2, 4, 4 }, { -8, 1, 2, -4, -4 },
		{ 0, -5, 3, 0, 0 }, { -1, 1, 3, -1, 0 }, { 1, 1, 3, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		i128 out;

		assert_int_equal(muldiv_i128(&out, CASES[i].a, CASES[i].b,
		    CASES[i].c, ROUND_FLOOR), ERR_OK);
		assert_true(out == CASES[i].floor);
		assert_int_equal(muldiv_i128(&out, CASES[i].a, CASES[i].b,
		    CASES[i].c, ROUND_CEIL), ERR_OK);
		assert_true(out == CASES[i].ceil);
	}
}

static void
muldiv_i128__holds_both_sides_of_its_limit(void **state)
{
	i128 out = 9;

	(void)state;
	assert_int_equal(muldiv_i128(&out, I128_MIN, -1, 1, ROUND_FLOOR),
	    ERR_RANGE);
	assert_int_equal(muldiv_i128(&out, 5, 5, 0, ROUND_FLOOR), ERR_RANGE);
	assert_int_equal(muldiv_i128(&out, 5, 5, -5, ROUND_FLOOR), ERR_RANGE);
	assert_true(out == 9);
	assert_int_equal(muldiv_i128(&out, I128_MIN, 1, 1, ROUND_FLOOR),
	    ERR_OK);
	assert_true(out == I128_MIN);
	assert_int_equal(muldiv_i128(&out, I128_MIN + 1, -1, 1, ROUND_CEIL),
	    ERR_OK);
	assert_true(out == I128_MAX);
	/* -(2^127) + 1/2 floors to the limit; its mirror ceils beyond it. */
	assert_int_equal(muldiv_i128(&out, I128_MIN, 3, 2, ROUND_CEIL),
	    ERR_RANGE);
}

static void
pow10_u128__is_ten_times_the_one_before(void **state)
{
	u128 expected = 1;
	int status;
	pid_t child;

	(void)state;
	for (unsigned n = 0; n <= 38; n++, expected *= 10)
		assert_true(pow10_u128(n) == expected);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		(void)close(STDERR_FILENO);
		(void)pow10_u128(39);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void
px18_add_sub__fail_beyond_the_type(void **state)
{
	struct px18 max = px18_from_raw(U128_MAX), one = px18_from_raw(1);
	struct px18 out = px18_from_raw(9);

	(void)state;
	assert_int_equal(px18_add(&out, max, one), ERR_RANGE);
	assert_int_equal(px18_sub(&out, one, max), ERR_RANGE);
	assert_true(px18_to_raw(out) == 9);
	assert_int_equal(px18_sub(&out, max, one), ERR_OK);
	assert_int_equal(px18_add(&out, out, one), ERR_OK);
	assert_int_equal(px18_compare(out, max), 0);
	assert_int_equal(px18_compare(one, max), -1);
	assert_int_equal(px18_compare(max, one), 1);
}

static void
px18_mul_px18__converts_a_quote(void **state)
{
	/* 2000.1 USDT at 0.9995 USD: 1999.09995. */
	struct px18 eth = px18_from_raw((u128)20001 * (WAD / 10));
	struct px18 usdt = px18_from_raw((u128)9995 * (WAD / 10000));
	struct px18 out;

	(void)state;
	assert_int_equal(px18_mul_px18(&out, eth, usdt, ROUND_FLOOR), ERR_OK);
	assert_true(px18_to_raw(out) == (u128)199909995 * (WAD / 100000));
	assert_int_equal(px18_mul_px18(&out, px18_from_raw(1),
	    px18_from_raw(1), ROUND_FLOOR), ERR_OK);
	assert_true(px18_is_zero(out));
	assert_int_equal(px18_mul_px18(&out, px18_from_raw(1),
	    px18_from_raw(1), ROUND_CEIL), ERR_OK);
	assert_true(px18_to_raw(out) == 1);
	assert_int_equal(px18_scale(&out, eth, 1, 3, ROUND_CEIL), ERR_OK);
	assert_true(px18_to_raw(out) == (u128)6667 * (WAD / 10));
	assert_int_equal(px18_scale(&out, eth, 1, 0, ROUND_CEIL), ERR_RANGE);
}

static void
px18_part_ppb__holds_both_sides_of_its_limit(void **state)
{
	struct px18 whole = px18_from_raw(PPB_ONE_RAW);
	struct ppb out = ppb_from_raw(9);

	(void)state;
	assert_int_equal(px18_part_ppb(&out, px18_from_raw(UINT32_MAX), whole,
	    ROUND_FLOOR), ERR_OK);
	assert_true(ppb_to_raw(out) == UINT32_MAX);
	out = ppb_from_raw(9);
	assert_int_equal(px18_part_ppb(&out,
	    px18_from_raw((u128)UINT32_MAX + 1), whole, ROUND_FLOOR),
	    ERR_RANGE);
	assert_int_equal(px18_part_ppb(&out, whole, px18_from_raw(0),
	    ROUND_FLOOR), ERR_RANGE);
	assert_true(ppb_to_raw(out) == 9);
	assert_int_equal(px18_part_ppb(&out, px18_from_raw(1),
	    px18_from_raw(3), ROUND_FLOOR), ERR_OK);
	assert_true(ppb_to_raw(out) == 333333333);
	assert_int_equal(px18_part_ppb(&out, px18_from_raw(1),
	    px18_from_raw(3), ROUND_CEIL), ERR_OK);
	assert_true(ppb_to_raw(out) == 333333334);
}

static void
px18_ppb__widens_outward(void **state)
{
	struct px18 a = px18_from_raw(1000000001), out;
	struct ppb tenth = ppb_from_raw(PPB_ONE_RAW / 10);

	(void)state;
	assert_int_equal(px18_down_ppb(&out, a, tenth), ERR_OK);
	assert_true(px18_to_raw(out) == 900000000);
	assert_int_equal(px18_up_ppb(&out, a, tenth), ERR_OK);
	assert_true(px18_to_raw(out) == 1100000002);
	assert_int_equal(px18_down_ppb(&out, a, ppb_one()), ERR_OK);
	assert_true(px18_is_zero(out));
	assert_int_equal(px18_down_ppb(&out, a, ppb_from_raw(UINT32_MAX)),
	    ERR_OK);
	assert_true(px18_is_zero(out));
	assert_int_equal(px18_up_ppb(&out, px18_from_raw(U128_MAX),
	    ppb_from_raw(1)), ERR_RANGE);
	assert_int_equal(px18_up_ppb(&out, px18_from_raw(U128_MAX),
	    ppb_from_raw(0)), ERR_OK);
	assert_true(px18_to_raw(out) == U128_MAX);
}

static void
usd18_from_atoms__knows_every_scale(void **state)
{
	(void)state;
	/* R23: 10 whole units at 2000 USD, whatever the decimals. */
	for (unsigned decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
		struct px18 p = px18_from_raw(2000 * WAD);
		struct usd18 v;
		u128 atoms = 10 * pow10_u128(decimals), back;

		assert_int_equal(usd18_from_atoms(&v, atoms, decimals, p,
		    ROUND_FLOOR), ERR_OK);
		assert_true(usd18_to_raw(v) == (i128)(20000 * WAD));
		assert_int_equal(atoms_from_usd18(&back, v, decimals, p,
		    ROUND_CEIL), ERR_OK);
		assert_true(back == atoms);
	}
}

static void
usd18_from_atoms__fails_beyond_its_limits(void **state)
{
	struct usd18 v = usd18_from_raw(9);
	struct px18 one = px18_from_raw(1);

	(void)state;
	assert_int_equal(usd18_from_atoms(&v, 1, DECIMALS_MAX + 1, one,
	    ROUND_FLOOR), ERR_RANGE);
	assert_int_equal(usd18_from_atoms(&v, (u128)I128_MAX + 1, 0, one,
	    ROUND_FLOOR), ERR_RANGE);
	assert_true(usd18_to_raw(v) == 9);
	assert_int_equal(usd18_from_atoms(&v, (u128)I128_MAX, 0, one,
	    ROUND_FLOOR), ERR_OK);
	assert_true(usd18_to_raw(v) == I128_MAX);
	/* Dust: 1e-30 of a unit floors to 0 as an asset, to 1 as a debt. */
	assert_int_equal(usd18_from_atoms(&v, 1, 30, one, ROUND_FLOOR),
	    ERR_OK);
	assert_true(usd18_is_zero(v));
	assert_int_equal(usd18_from_atoms(&v, 1, 30, one, ROUND_CEIL), ERR_OK);
	assert_true(usd18_to_raw(v) == 1);
}

static void
atoms_from_usd18__fails_without_a_price(void **state)
{
	u128 atoms = 9;

	(void)state;
	assert_int_equal(atoms_from_usd18(&atoms, usd18_from_raw(1), 18,
	    px18_from_raw(0), ROUND_FLOOR), ERR_RANGE);
	assert_int_equal(atoms_from_usd18(&atoms, usd18_from_raw(-1), 18,
	    px18_from_raw(1), ROUND_FLOOR), ERR_RANGE);
	assert_int_equal(atoms_from_usd18(&atoms, usd18_from_raw(1),
	    DECIMALS_MAX + 1, px18_from_raw(1), ROUND_FLOOR), ERR_RANGE);
	assert_true(atoms == 9);
	/* 1 USD at 3 USD with 6 decimals: 333333.3 atoms. */
	assert_int_equal(atoms_from_usd18(&atoms, usd18_from_raw((i128)WAD), 6,
	    px18_from_raw(3 * WAD), ROUND_FLOOR), ERR_OK);
	assert_true(atoms == 333333);
	assert_int_equal(atoms_from_usd18(&atoms, usd18_from_raw((i128)WAD), 6,
	    px18_from_raw(3 * WAD), ROUND_CEIL), ERR_OK);
	assert_true(atoms == 333334);
}

static void
usd18_add_sub__fail_beyond_the_type(void **state)
{
	static const i128 EDGES[] = {
		I128_MIN, I128_MIN + 1, -2, -1, 0, 1, 2, I128_MAX - 1, I128_MAX,
	};
	struct usd18 out = usd18_zero();

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(EDGES); i++) {
		for (size_t j = 0; j < ARRAY_COUNT(EDGES); j++) {
			struct usd18 a = usd18_from_raw(EDGES[i]);
			struct usd18 b = usd18_from_raw(EDGES[j]);
			u128 sum = (u128)EDGES[i] + (u128)EDGES[j];
			/* A wrapped sum lies on the wrong side of a. */
			bool fits = (EDGES[j] >= 0) == ((i128)sum >= EDGES[i]);

			out = usd18_from_raw(77);
			assert_int_equal(usd18_add(&out, a, b),
			    fits ? ERR_OK : ERR_RANGE);
			assert_true(usd18_to_raw(out) ==
			    (fits ? (i128)sum : 77));
			if (EDGES[j] == I128_MIN)
				continue;
			out = usd18_from_raw(77);
			b = usd18_from_raw(-EDGES[j]);
			assert_int_equal(usd18_sub(&out, a, b),
			    fits ? ERR_OK : ERR_RANGE);
			assert_true(usd18_to_raw(out) ==
			    (fits ? (i128)sum : 77));
		}
	}
	assert_int_equal(usd18_sub(&out, usd18_zero(),
	    usd18_from_raw(I128_MIN)), ERR_RANGE);
	assert_int_equal(usd18_sub(&out, usd18_from_raw(-1),
	    usd18_from_raw(I128_MIN)), ERR_OK);
	assert_true(usd18_to_raw(out) == I128_MAX);
}

static void
usd18_mul__rounds_to_the_named_side(void **state)
{
	struct ppb half = ppb_from_raw(PPB_ONE_RAW / 2);
	struct wad half_wad = wad_from_raw(WAD / 2);
	struct usd18 out = usd18_from_raw(77);

	(void)state;
	assert_int_equal(usd18_mul_ppb(&out, usd18_from_raw(-7), half,
	    ROUND_FLOOR), ERR_OK);
	assert_true(usd18_to_raw(out) == -4);
	assert_int_equal(usd18_mul_ppb(&out, usd18_from_raw(-7), half,
	    ROUND_CEIL), ERR_OK);
	assert_true(usd18_to_raw(out) == -3);
	assert_int_equal(usd18_mul_wad(&out, usd18_from_raw(7), half_wad,
	    ROUND_FLOOR), ERR_OK);
	assert_true(usd18_to_raw(out) == 3);
	assert_int_equal(usd18_mul_wad(&out, usd18_from_raw(7), half_wad,
	    ROUND_CEIL), ERR_OK);
	assert_true(usd18_to_raw(out) == 4);
	out = usd18_from_raw(77);
	assert_int_equal(usd18_mul_wad(&out, usd18_zero(), wad_infinite(),
	    ROUND_CEIL), ERR_RANGE);
	assert_int_equal(usd18_mul_wad(&out, usd18_from_raw(I128_MAX),
	    wad_from_raw(WAD + 1), ROUND_FLOOR), ERR_RANGE);
	assert_true(usd18_to_raw(out) == 77);
}

static void
wad_from_ratio__is_infinite_without_a_divisor(void **state)
{
	struct wad out = wad_from_raw(9);
	struct usd18 one = usd18_from_raw(1), max = usd18_from_raw(I128_MAX);

	(void)state;
	assert_int_equal(wad_from_ratio(&out, usd18_from_raw(-1), one,
	    ROUND_FLOOR), ERR_RANGE);
	assert_int_equal(wad_from_ratio(&out, one, usd18_from_raw(-1),
	    ROUND_FLOOR), ERR_RANGE);
	assert_int_equal(wad_from_ratio(&out, max, one, ROUND_FLOOR),
	    ERR_RANGE);
	assert_true(wad_to_raw(out) == 9);
	assert_int_equal(wad_from_ratio(&out, one, usd18_zero(), ROUND_FLOOR),
	    ERR_OK);
	assert_true(wad_is_infinite(out));
	assert_int_equal(wad_from_ratio(&out, usd18_from_raw(2),
	    usd18_from_raw(3), ROUND_FLOOR), ERR_OK);
	assert_true(wad_to_raw(out) == 666666666666666666u);
	assert_int_equal(wad_from_ratio(&out, usd18_from_raw(2),
	    usd18_from_raw(3), ROUND_CEIL), ERR_OK);
	assert_true(wad_to_raw(out) == 666666666666666667u);
	assert_int_equal(wad_compare(out, wad_one()), -1);
	assert_int_equal(wad_compare(wad_infinite(), wad_one()), 1);
}

static void
wad_from_ratio__never_makes_the_infinite_by_chance(void **state)
{
	/* num * 10^18 / 499999999999999998 floors to exactly 2^128 - 1. */
	u128 num = (u128)UINT64_C(0x7fffffffffffffdb) << 64 |
	    UINT64_C(0x1b445c5b78a8be31);
	struct usd18 den = usd18_from_raw(499999999999999998);
	struct wad out = wad_from_raw(9);

	(void)state;
	assert_int_equal(wad_from_ratio(&out, usd18_from_raw((i128)num), den,
	    ROUND_FLOOR), ERR_RANGE);
	assert_true(wad_to_raw(out) == 9);
	assert_int_equal(wad_from_ratio(&out, usd18_from_raw((i128)num - 1),
	    den, ROUND_FLOOR), ERR_OK);
	assert_false(wad_is_infinite(out));
}

static void
usd18_ratio_compare__is_exact_where_quotients_are_equal(void **state)
{
	struct usd18 max = usd18_from_raw(I128_MAX);
	struct usd18 below = usd18_from_raw(I128_MAX - 1);
	struct usd18 lower = usd18_from_raw(I128_MAX - 2);

	(void)state;
	/* (m-1)/m > (m-2)/(m-1): they differ by 1/m^2 only. */
	assert_int_equal(usd18_ratio_compare(below, max, lower, below), 1);
	assert_int_equal(usd18_ratio_compare(lower, below, below, max), -1);
	assert_int_equal(usd18_ratio_compare(below, max, below, max), 0);
	assert_int_equal(usd18_ratio_compare(usd18_from_raw(2),
	    usd18_from_raw(4), usd18_from_raw(3), usd18_from_raw(6)), 0);
	assert_int_equal(usd18_ratio_compare(usd18_zero(), max, usd18_zero(),
	    below), 0);
	/* Products whose low halves are equal, or say the contrary. */
	assert_int_equal(usd18_ratio_compare(max, usd18_from_raw(1),
	    usd18_from_raw(1), max), 1);
	assert_int_equal(usd18_ratio_compare(usd18_from_raw(1), max,
	    max, usd18_from_raw(2)), -1);
	assert_int_equal(usd18_ratio_compare(max, usd18_from_raw(5),
	    usd18_from_raw(1), max), 1);
}

static void
usd18_from_contracts__rounds_once_to_the_named_side(void **state)
{
	/* size, multiplier, price, floor, ceil: raw numbers. */
	static const struct {
		i128 size, multiplier;
		u128 price;
		i128 floor, ceil;
	} cases[] = {
		{ 5, (i128)WAD_ONE_RAW, WAD_ONE_RAW, 5, 5 },
		{ 3, (i128)WAD_ONE_RAW, WAD_ONE_RAW / 2, 1, 2 },
		{ -3, (i128)WAD_ONE_RAW, WAD_ONE_RAW / 2, -2, -1 },
		/* 0.001 of a contract's unit twice floors once: 1.5e-6. */
		{ 3, (i128)WAD_ONE_RAW / 1000, WAD_ONE_RAW * 500, 1, 2 },
		{ -3, (i128)WAD_ONE_RAW / 1000, WAD_ONE_RAW * 500, -2, -1 },
		{ 7, (i128)WAD_ONE_RAW / 2, 3, 0, 1 },
	};
	struct usd18 v;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		assert_int_equal(usd18_from_contracts(&v,
		    num18_from_raw(cases[i].size),
		    num18_from_raw(cases[i].multiplier),
		    px18_from_raw(cases[i].price), ROUND_FLOOR), ERR_OK);
		assert_true(usd18_to_raw(v) == cases[i].floor);
		assert_int_equal(usd18_from_contracts(&v,
		    num18_from_raw(cases[i].size),
		    num18_from_raw(cases[i].multiplier),
		    px18_from_raw(cases[i].price), ROUND_CEIL), ERR_OK);
		assert_true(usd18_to_raw(v) == cases[i].ceil);
	}
}

static void
usd18_from_contracts__fails_beyond_the_type(void **state)
{
	struct usd18 v = usd18_from_raw(77);
	i128 big = (i128)1 << 120;

	(void)state;
	assert_int_equal(usd18_from_contracts(&v, num18_from_raw(big),
	    num18_from_raw(big), px18_from_raw((u128)1 << 120), ROUND_FLOOR),
	    ERR_RANGE);
	assert_int_equal(usd18_from_contracts(&v, num18_from_raw(big),
	    num18_one(), px18_from_raw((u128)1 << 120), ROUND_FLOOR),
	    ERR_RANGE);
	assert_int_equal(usd18_to_raw(v), 77);
}

static void
num18__rounds_to_the_named_side_and_fails_beyond_the_type(void **state)
{
	struct num18 a = num18_from_raw(-7), two = num18_from_raw(
	    2 * (i128)WAD_ONE_RAW), out = num18_from_raw(9);

	(void)state;
	assert_int_equal(num18_div(&out, a, two, ROUND_FLOOR), ERR_OK);
	assert_true(num18_to_raw(out) == -4);
	assert_int_equal(num18_div(&out, a, two, ROUND_CEIL), ERR_OK);
	assert_true(num18_to_raw(out) == -3);
	assert_int_equal(num18_mul(&out, a, num18_from_raw(
	    (i128)WAD_ONE_RAW / 2), ROUND_FLOOR), ERR_OK);
	assert_true(num18_to_raw(out) == -4);
	assert_int_equal(num18_div(&out, a, num18_zero(), ROUND_CEIL),
	    ERR_RANGE);
	assert_int_equal(num18_add(&out, num18_from_raw(I128_MAX),
	    num18_from_raw(1)), ERR_RANGE);
	assert_int_equal(num18_sub(&out, num18_from_raw(I128_MIN),
	    num18_from_raw(1)), ERR_RANGE);
	assert_true(num18_to_raw(out) == -4);
}

static void
px18_move__carries_a_price_along(void **state)
{
	struct px18 out;

	(void)state;
	assert_int_equal(px18_move(&out, px18_from_raw(10), px18_from_raw(2),
	    px18_from_raw(3), ROUND_FLOOR), ERR_OK);
	assert_true(px18_to_raw(out) == 6);
	assert_int_equal(px18_move(&out, px18_from_raw(10), px18_from_raw(2),
	    px18_from_raw(3), ROUND_CEIL), ERR_OK);
	assert_true(px18_to_raw(out) == 7);
	assert_int_equal(px18_move(&out, px18_from_raw(10), px18_from_raw(2),
	    px18_from_raw(0), ROUND_CEIL), ERR_RANGE);
	assert_int_equal(px18_mul_num(&out, px18_from_raw(10),
	    num18_from_raw(-1), ROUND_CEIL), ERR_RANGE);
	assert_true(px18_to_raw(out) == 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    muldiv_u128__agrees_with_bit_by_bit_arithmetic),
		cmocka_unit_test(muldiv_u128__holds_both_sides_of_its_limit),
		cmocka_unit_test(
		    muldiv_u128__fails_where_only_the_ceiling_overflows),
		cmocka_unit_test(muldiv_i128__rounds_to_the_named_side),
		cmocka_unit_test(muldiv_i128__holds_both_sides_of_its_limit),
		cmocka_unit_test(pow10_u128__is_ten_times_the_one_before),
		cmocka_unit_test(px18_add_sub__fail_beyond_the_type),
		cmocka_unit_test(px18_mul_px18__converts_a_quote),
		cmocka_unit_test(px18_part_ppb__holds_both_sides_of_its_limit),
		cmocka_unit_test(px18_ppb__widens_outward),
		cmocka_unit_test(usd18_from_atoms__knows_every_scale),
		cmocka_unit_test(usd18_from_atoms__fails_beyond_its_limits),
		cmocka_unit_test(atoms_from_usd18__fails_without_a_price),
		cmocka_unit_test(usd18_add_sub__fail_beyond_the_type),
		cmocka_unit_test(
		    usd18_from_contracts__rounds_once_to_the_named_side),
		cmocka_unit_test(usd18_from_contracts__fails_beyond_the_type),
		cmocka_unit_test(
		    num18__rounds_to_the_named_side_and_fails_beyond_the_type),
		cmocka_unit_test(px18_move__carries_a_price_along),
		cmocka_unit_test(usd18_mul__rounds_to_the_named_side),
		cmocka_unit_test(
		    wad_from_ratio__is_infinite_without_a_divisor),
		cmocka_unit_test(
		    wad_from_ratio__never_makes_the_infinite_by_chance),
		cmocka_unit_test(
		    usd18_ratio_compare__is_exact_where_quotients_are_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
