/* Between the expiries of a snapshot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/surface.h"
#include "tests/margin_world.h"

#define YEAR_MS UINT64_C(31536000000)
#define NOW_MS UINT64_C(1700000000000)
#define ONE ((i128)WAD_ONE_RAW)

static struct market_terms terms;
static struct market_factor *const factor = &terms.factor[0];

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

/* Within 8e-15. */
static void
assert_near(struct num18 got, const char *expected)
{
	i128 d = num18_to_raw(got) - world_number(expected, 18);

	assert_true(d <= 8000 && d >= -8000);
}

/* Expiry in tenths of a year from now. */
static uint64_t
after(unsigned tenths)
{
	return NOW_MS + tenths * (YEAR_MS / 10);
}

static void
flat(unsigned tenths, const char *vol, const char *confidence)
{
	factor->slice[factor->slice_count++] = (struct market_slice){
		.expiry_ms = after(tenths), .is_flat = true, .vol = num(vol),
		.confidence = num(confidence) };
}

static void
forward(unsigned tenths, const char *price, const char *confidence)
{
	factor->forward[factor->forward_count++] = (struct market_forward){
		.expiry_ms = after(tenths), .price = px(price),
		.confidence = num(confidence) };
}

static int
setup(void **state)
{
	(void)state;
	memset(&terms, 0, sizeof(terms));
	factor->is_present = true;
	factor->price.price.mid = px("1990");
	return 0;
}

static const struct svi SVI_EMPTY;

static struct svi
smile(void)
{
	struct svi s = SVI_EMPTY;

	s.a = num("0.01");
	s.b = num("0.05");
	s.rho = num("-0.3");
	s.m = num("0.02");
	s.sigma = num("0.1");
	s.forward = px("2000");
	s.tau = num("0.25");
	return s;
}

static void
svi_vol__is_the_formula_within_its_reach(void **state)
{
	static const struct {
		const char *strike, *vol;
	} rows[] = {
		{ "2000", "0.248185571809424771" },
		{ "2300", "0.253019210458076439" },
		{ "100", "0.417751289372258145" },
		{ "1000000", "0.328466543151649712" },
		{ "0", "0.417751289372258145" },
	};
	struct svi s = smile();

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct num18 vol;

		assert_int_equal(svi_vol(&vol, &s, px(rows[i].strike)),
		    ERR_OK);
		assert_near(vol, rows[i].vol);
	}
}

static void
svi_vol__floors_the_variance_at_zero(void **state)
{
	struct svi s = smile();
	struct num18 vol = num("77");

	(void)state;
	s.a = num("-1");
	assert_int_equal(svi_vol(&vol, &s, px("2000")), ERR_OK);
	assert_true(num18_is_zero(vol));
}

static void
svi_vol__fails_without_time_or_forward(void **state)
{
	struct svi s = smile();
	struct num18 vol = num("77");

	(void)state;
	s.tau = num("0");
	assert_int_equal(svi_vol(&vol, &s, px("2000")), ERR_RANGE);
	s = smile();
	s.forward = px("0");
	assert_int_equal(svi_vol(&vol, &s, px("2000")), ERR_RANGE);
	s = smile();
	s.b = s.sigma = num18_from_raw(I128_MAX);
	assert_int_equal(svi_vol(&vol, &s, px("2000")), ERR_RANGE);
	assert_true(num18_to_raw(vol) == 77 * ONE);
}

static void
svi_vol__answers_whatever_the_numbers(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct num18 n[6], vol = num("77");
		struct svi s = SVI_EMPTY;
		enum err e;

		for (unsigned k = 0; k < 6; k++) {
			u128 any = (u128)random_u64(&seed) << 64 |
			    random_u64(&seed);

			n[k] = num18_from_raw((i128)any >>
			    random_below(&seed, 127));
		}
		s.a = n[0];
		s.b = n[1];
		s.rho = n[2];
		s.m = n[3];
		s.sigma = n[4];
		s.tau = n[5];
		s.forward = px18_from_raw((u128)random_magnitude(&seed, 30));
		e = svi_vol(&vol, &s,
		    px18_from_raw((u128)random_magnitude(&seed, 30)));
		assert_true(e == ERR_OK ? !num18_is_negative(vol) :
		    e == ERR_RANGE && num18_to_raw(vol) == 77 * ONE);
	}
}

static void
surface_vol__is_linear_in_variance_between_slices(void **state)
{
	static const struct {
		unsigned tenths;
		const char *vol, *confidence;
	} rows[] = {
		{ 0, "0.6", "0.9" },	/* before the first */
		{ 1, "0.6", "0.9" },
		{ 2, "0.739369100427294477", "0.7" },
		{ 4, "0.8", "0.7" },
		{ 9, "0.8", "0.7" },	/* after the last */
	};
	struct num18 vol, confidence;

	(void)state;
	flat(1, "0.6", "0.9");
	flat(4, "0.8", "0.7");
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(surface_vol(&vol, &confidence, factor,
		    px("2000"), after(rows[i].tenths), NOW_MS), ERR_OK);
		assert_near(vol, rows[i].vol);
		assert_near(confidence, rows[i].confidence);
	}
}

static void
surface_vol__forgets_what_has_expired(void **state)
{
	struct num18 vol, confidence;

	(void)state;
	flat(1, "0.6", "1");
	flat(4, "0.8", "1");
	/* The first has expired: all variance to the second is still ahead,
	 * at its rate. */
	assert_int_equal(surface_vol(&vol, &confidence, factor, px("2000"),
	    after(3), after(2)), ERR_OK);
	assert_near(vol, "0.8");
	assert_int_equal(surface_vol(&vol, &confidence, factor, px("2000"),
	    after(2), after(3)), ERR_OK);
	assert_near(vol, "0.8");
}

static void
surface_vol__reads_the_smile_of_its_slice(void **state)
{
	struct num18 vol, confidence;

	(void)state;
	factor->slice_count = 1;
	factor->slice[0].expiry_ms = after(1);
	factor->slice[0].svi = smile();
	assert_int_equal(surface_vol(&vol, &confidence, factor, px("2300"),
	    after(1), NOW_MS), ERR_OK);
	assert_near(vol, "0.253019210458076439");
}

static void
surface_vol__fails_without_a_slice(void **state)
{
	struct num18 vol = num("77"), confidence = num("77");

	(void)state;
	assert_int_equal(surface_vol(&vol, &confidence, factor, px("2000"),
	    after(1), NOW_MS), ERR_UNKNOWN);
	factor->slice_count = 1;
	assert_int_equal(surface_vol(&vol, &confidence, factor, px("2000"),
	    after(1), NOW_MS), ERR_RANGE);
	assert_true(num18_to_raw(vol) == 77 * ONE);
	assert_true(num18_to_raw(confidence) == 77 * ONE);
}

static void
forward_price__is_exact_between_or_the_index(void **state)
{
	static const struct {
		unsigned tenths;
		const char *price, *confidence;
	} rows[] = {
		{ 0, "1990", "1" },
		{ 1, "2000", "0.9" },
		{ 2, "2032.792713629706857553", "0.7" },
		{ 4, "2100", "0.7" },
		{ 5, "1990", "1" },
	};
	struct num18 confidence;
	struct px18 price, fixed;
	bool has_fixed;

	(void)state;
	forward(1, "2000", "0.9");
	forward(4, "2100", "0.7");
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_int_equal(forward_price(&price, &confidence, factor,
		    after(rows[i].tenths), NOW_MS, &has_fixed, &fixed),
		    ERR_OK);
		assert_near(num18_from_raw((i128)px18_to_raw(price)),
		    rows[i].price);
		assert_near(confidence, rows[i].confidence);
		assert_false(has_fixed);
	}
	/* What has expired is worth the index. */
	assert_int_equal(forward_price(&price, &confidence, factor, after(2),
	    after(3), &has_fixed, &fixed), ERR_OK);
	assert_string_equal(px_text(price), "1990");
}

static void
forward_price__carries_what_is_fixed(void **state)
{
	struct num18 confidence;
	struct px18 price, fixed;
	bool has_fixed;

	(void)state;
	forward(1, "2000", "1");
	factor->forward[0].has_fixed = true;
	factor->forward[0].fixed = px("1995");
	assert_int_equal(forward_price(&price, &confidence, factor, after(1),
	    NOW_MS, &has_fixed, &fixed), ERR_OK);
	assert_true(has_fixed);
	assert_string_equal(px_text(fixed), "1995");
	assert_int_equal(forward_price(&price, &confidence, factor, after(2),
	    NOW_MS, &has_fixed, &fixed), ERR_OK);
	assert_false(has_fixed);
	assert_string_equal(px_text(fixed), "0");
}

static void
forward_price__fails_without_an_index_or_on_a_zero(void **state)
{
	struct num18 confidence = num("77");
	struct px18 price = px("77"), fixed;
	bool has_fixed;

	(void)state;
	forward(1, "0", "1");
	forward(4, "2000", "1");
	assert_int_equal(forward_price(&price, &confidence, factor, after(2),
	    NOW_MS, &has_fixed, &fixed), ERR_RANGE);
	factor->is_present = false;
	assert_int_equal(forward_price(&price, &confidence, factor, after(5),
	    NOW_MS, &has_fixed, &fixed), ERR_UNKNOWN);
	assert_string_equal(px_text(price), "77");
	assert_true(num18_to_raw(confidence) == 77 * ONE);
}

static void
rate_at__is_linear_between_and_flat_outside(void **state)
{
	(void)state;
	assert_true(num18_is_zero(rate_at(&terms, after(1))));
	terms.rate_count = 2;
	terms.rate[0] = (struct market_rate){ after(1), num("0.04") };
	terms.rate[1] = (struct market_rate){ after(4), num("-0.02") };
	assert_near(rate_at(&terms, after(0)), "0.04");
	assert_near(rate_at(&terms, after(1)), "0.04");
	assert_near(rate_at(&terms, after(2)), "0.02");
	assert_near(rate_at(&terms, after(4)), "-0.02");
	assert_near(rate_at(&terms, after(5)), "-0.02");
	terms.rate[0].rate = num18_from_raw(I128_MAX);
	assert_near(rate_at(&terms, after(2)), "-0.02");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(svi_vol__is_the_formula_within_its_reach),
		cmocka_unit_test(svi_vol__floors_the_variance_at_zero),
		cmocka_unit_test(svi_vol__fails_without_time_or_forward),
		cmocka_unit_test(svi_vol__answers_whatever_the_numbers),
		cmocka_unit_test_setup(
		    surface_vol__is_linear_in_variance_between_slices, setup),
		cmocka_unit_test_setup(surface_vol__forgets_what_has_expired,
		    setup),
		cmocka_unit_test_setup(
		    surface_vol__reads_the_smile_of_its_slice, setup),
		cmocka_unit_test_setup(surface_vol__fails_without_a_slice,
		    setup),
		cmocka_unit_test_setup(
		    forward_price__is_exact_between_or_the_index, setup),
		cmocka_unit_test_setup(forward_price__carries_what_is_fixed,
		    setup),
		cmocka_unit_test_setup(
		    forward_price__fails_without_an_index_or_on_a_zero,
		    setup),
		cmocka_unit_test_setup(
		    rate_at__is_linear_between_and_flat_outside, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
