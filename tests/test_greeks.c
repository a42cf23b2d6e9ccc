/* The greeks method: published SIMM figures, closed forms of one name, signs,
 * both sides of each limit.  tests/check_greeks.py recomputes random books. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "margin/greeks.h"
#include "tests/margin_world.h"

#define ONE ((i128)WAD_ONE_RAW)
#define DAYS_MONTH "30.416666666666666666"

static struct greeks_rules simm, crypto;
static struct greeks_margin m;

static int
setup(void **state)
{
	(void)state;
	greeks_rules_simm_equity_2_5(&simm);
	greeks_rules_default(&crypto);
	return 0;
}

static struct num18
num(const char *text)
{
	return num18_from_raw(world_number(text, 18));
}

static struct greeks_sensitivity
of(enum greeks_class c, uint8_t bucket, uint32_t name, const char *days,
    const char *amount)
{
	return (struct greeks_sensitivity){ .risk_class = c,
	    .bucket = bucket, .name = name, .expiry_days = num(days),
	    .amount = usd(amount) };
}

static void
margin(const struct greeks_rules *r, enum greeks_view view,
    const struct greeks_sensitivity *list, size_t count)
{
	assert_int_equal(greeks_margin_of(&m, r, view, list, count), ERR_OK);
}

/* near: to whole dollars, as the published figures are. */
static void
near(struct usd18 got, const char *expected)
{
	i128 off = usd18_to_raw(got) - world_number(expected, 18);

	if (off > ONE || off < -ONE)
		fail_msg("expected %s, got %s", expected, usd_text(got));
}

static void
greeks_margin_of__is_the_published_figure(void **state)
{
	const struct greeks_sensitivity
	    concentrated = of(GREEKS_DELTA, 8, 1, "0", "-1000000"),
	    pair[] = { of(GREEKS_DELTA, 8, 1, "0", "400000"),
		of(GREEKS_DELTA, 8, 2, "0", "-1000000") },
	    buckets[] = { of(GREEKS_DELTA, 0, 1, "0", "6000000"),
		of(GREEKS_DELTA, 1, 2, "0", "-2000000") },
	    vega = of(GREEKS_VEGA, 0, 1, DAYS_MONTH, "1200000"),
	    short_vega = of(GREEKS_VEGA, 0, 1, "182.5", "-3000000"),
	    vegas[] = { vega, short_vega },
	    across[] = { short_vega,
		of(GREEKS_VEGA, 1, 2, "365", "-2000000") };
	struct greeks_sensitivity twice[20];

	(void)state;
	margin(&simm, GREEKS_VIEW_HOLDER, &concentrated, 1);
	near(m.total, "32000000");
	margin(&simm, GREEKS_VIEW_HOLDER, pair, 2);
	near(m.total, "32127745");
	margin(&simm, GREEKS_VIEW_HOLDER, buckets, 2);
	near(m.total, "154847021");
	margin(&simm, GREEKS_VIEW_HOLDER, &vega, 1);
	near(m.total, "122437401");
	margin(&simm, GREEKS_VIEW_HOLDER, &short_vega, 1);
	near(m.total, "44683056");
	assert_true(usd18_is_zero(m.curvature));
	margin(&simm, GREEKS_VIEW_HOLDER, vegas, 2);
	near(m.total, "87805604");
	margin(&simm, GREEKS_VIEW_HOLDER, across, 2);
	near(m.total, "59992387");
	twice[0] = twice[1] = concentrated;
	margin(&simm, GREEKS_VIEW_HOLDER, twice, 2);
	near(m.total, "76494631");
	for (size_t i = 0; i < 20; i++)
		twice[i] = vega;
	margin(&simm, GREEKS_VIEW_HOLDER, twice, 20);
	near(m.total, "2786521374");
}

static void
greeks_margin_of__flips_the_accounts_signs(void **state)
{
	struct greeks_sensitivity s = of(GREEKS_VEGA, 0, 1, "7", "-1000");

	(void)state;
	/* The account is short options: it pays for its gamma. */
	margin(&crypto, GREEKS_VIEW_ACCOUNT, &s, 1);
	assert_true(usd18_to_raw(m.curvature) > 0);
	margin(&crypto, GREEKS_VIEW_HOLDER, &s, 1);
	assert_true(usd18_is_zero(m.curvature));
	s.amount = usd("1000");
	margin(&crypto, GREEKS_VIEW_ACCOUNT, &s, 1);
	assert_true(usd18_is_zero(m.curvature));
	s = of(GREEKS_GAMMA, 0, 1, "0", "-1000");
	margin(&crypto, GREEKS_VIEW_ACCOUNT, &s, 1);
	assert_true(m.is_gamma_larger);
	assert_string_equal(usd_text(m.gamma_exposure), "-1000");
	margin(&crypto, GREEKS_VIEW_HOLDER, &s, 1);
	assert_true(usd18_is_zero(m.curvature));
	assert_string_equal(usd_text(m.gamma_exposure), "1000");
}

/* One name, short gamma: 1/2 Gamma (RW S)^2 (q / z)^2; by vega with vega =
 * Gamma S^2 sigma t the same. */
static void
greeks_margin_of__costs_one_name_the_same_by_both_roads(void **state)
{
	/* sigma_b = 13 sqrt(365 / 2) / z points; Gamma S^2 = 1e6; t = 30 / 365;
	 * vega per point = 1e6 sigma_b / 100 t / 100. */
	const struct greeks_sensitivity s[] = {
		of(GREEKS_VEGA, 0, 1, "30", "-620.481044986"),
		of(GREEKS_GAMMA, 0, 1, "0", "-10000"),
	};
	i128 vega, gamma;

	(void)state;
	margin(&crypto, GREEKS_VIEW_ACCOUNT, s, 2);
	vega = usd18_to_raw(m.by_vega.margin);
	gamma = usd18_to_raw(m.by_gamma.margin);
	near(m.by_gamma.margin, "10359.6");
	assert_true(vega - gamma < ONE / 100 && gamma - vega < ONE / 100);
	/* Long, it costs nothing by either road: theta is -1, lambda 1. */
	margin(&crypto, GREEKS_VIEW_HOLDER, s, 2);
	assert_true(usd18_is_zero(m.curvature));
	assert_true(num18_compare(m.by_gamma.theta, num("-1")) == 0);
	assert_true(num18_compare(m.by_gamma.lambda, num("1")) == 0);
	crypto.is_gamma_counted = false;
	margin(&crypto, GREEKS_VIEW_ACCOUNT, s, 2);
	assert_true(usd18_is_zero(m.by_gamma.margin));
	assert_true(usd18_to_raw(m.curvature) == vega);
}

static void
greeks_margin_of__concentrates_above_the_threshold(void **state)
{
	/* Majors: 10 million per 1 %; 13 %. */
	struct greeks_sensitivity s =
	    of(GREEKS_DELTA, 0, 1, "0", "10000000");

	(void)state;
	margin(&crypto, GREEKS_VIEW_ACCOUNT, &s, 1);
	assert_string_equal(usd_text(m.total), "130000000");
	assert_true(num18_compare(m.delta_terms[0].concentration,
	    num("1")) == 0);
	s.amount = usd("10000000.000000000001");
	margin(&crypto, GREEKS_VIEW_ACCOUNT, &s, 1);
	assert_true(num18_compare(m.delta_terms[0].concentration,
	    num("1")) > 0);
	s.amount = usd("-40000000");
	margin(&crypto, GREEKS_VIEW_ACCOUNT, &s, 1);
	assert_string_equal(usd_text(m.total), "1040000000");
	assert_string_equal(usd_text(m.delta_terms[0].k), "1040000000");
	assert_string_equal(usd_text(m.delta_terms[0].s), "1040000000");
	assert_string_equal(usd_text(m.initial), "1040000000");
	assert_string_equal(usd_text(m.maintenance), "832000000");
}

static void
greeks_margin_of__adds_the_residual_bucket_apart(void **state)
{
	const struct greeks_sensitivity s[] = {
		of(GREEKS_DELTA, 0, 1, "0", "1000"),
		of(GREEKS_DELTA, 5, 2, "0", "-3000"),
		of(GREEKS_DELTA, 5, 3, "0", "-4000"),
	};

	(void)state;
	/* 13 x 1000 + 35 x 5000. */
	margin(&crypto, GREEKS_VIEW_ACCOUNT, s, 3);
	assert_string_equal(usd_text(m.delta), "188000");
	margin(&crypto, GREEKS_VIEW_HOLDER, s, 3);
	assert_string_equal(usd_text(m.delta), "188000");
}

static void
greeks_margin_of__rounds_up(void **state)
{
	const struct greeks_sensitivity s =
	    of(GREEKS_DELTA, 0, 1, "0", "0.000000000000000001");

	(void)state;
	crypto.bucket[0].delta_weight = num("0.000000000000000001");
	margin(&crypto, GREEKS_VIEW_ACCOUNT, &s, 1);
	assert_string_equal(usd_text(m.total), "0.000000000000000001");
	margin(&crypto, GREEKS_VIEW_HOLDER, &s, 1);
	assert_string_equal(usd_text(m.total), "0.000000000000000001");
	margin(&crypto, GREEKS_VIEW_ACCOUNT, NULL, 0);
	assert_true(usd18_is_zero(m.total));
}

static void
greeks_margin_of__leaves_the_result_where_it_refuses(void **state)
{
	static struct greeks_sensitivity many[GREEKS_SENSITIVITIES_MAX + 1];
	struct greeks_sensitivity s = of(GREEKS_DELTA, 0, 1, "0", "5");
	struct greeks_margin before;

	(void)state;
	margin(&crypto, GREEKS_VIEW_ACCOUNT, &s, 1);
	before = m;
	s.bucket = crypto.bucket_count;
	assert_int_equal(greeks_margin_of(&m, &crypto, GREEKS_VIEW_ACCOUNT,
	    &s, 1), ERR_RANGE);
	s = of(GREEKS_VEGA, 0, 1, "0", "5");
	assert_int_equal(greeks_margin_of(&m, &crypto, GREEKS_VIEW_ACCOUNT,
	    &s, 1), ERR_RANGE);
	s = of(GREEKS_DELTA, 0, 1, "0", "0");
	s.amount = usd18_from_raw(I128_MIN);
	assert_int_equal(greeks_margin_of(&m, &crypto, GREEKS_VIEW_ACCOUNT,
	    &s, 1), ERR_RANGE);
	assert_int_equal(greeks_margin_of(&m, &crypto, GREEKS_VIEW_HOLDER,
	    &s, 1), ERR_RANGE);
	s.amount = usd18_from_raw(I128_MAX);
	assert_int_equal(greeks_margin_of(&m, &crypto, GREEKS_VIEW_HOLDER,
	    &s, 1), ERR_RANGE);
	for (uint32_t i = 0; i <= GREEKS_SENSITIVITIES_MAX; i++)
		many[i] = of(GREEKS_DELTA, 0, i % GREEKS_NAMES_MAX, "0", "1");
	assert_int_equal(greeks_margin_of(&m, &crypto, GREEKS_VIEW_ACCOUNT,
	    many, GREEKS_SENSITIVITIES_MAX + 1), ERR_LIMIT);
	many[GREEKS_NAMES_MAX].bucket = 1;
	assert_int_equal(greeks_margin_of(&m, &crypto, GREEKS_VIEW_ACCOUNT,
	    many, GREEKS_NAMES_MAX + 1), ERR_LIMIT);
	assert_memory_equal(&before, &m, sizeof(m));
	margin(&crypto, GREEKS_VIEW_ACCOUNT, many, GREEKS_NAMES_MAX);
}

/* Any order, and one amount in several parts: the same bits. */
static void
greeks_margin_of__does_not_depend_on_the_order(void **state)
{
	struct greeks_sensitivity list[60], swap;
	struct greeks_margin first;

	(void)state;
	srandom(3);
	for (size_t i = 0; i < 60; i++) {
		static const char *const days[] = { "1", "9", "400" };
		i128 amount = (i128)random() * 1000003 * 1000003;

		list[i] = of((enum greeks_class)(random() % 3),
		    (uint8_t)(random() % 6), (uint32_t)random() % 7,
		    days[random() % 3], "0");
		list[i].amount = usd18_from_raw(random() % 2 ? amount :
		    -amount);
	}
	margin(&crypto, GREEKS_VIEW_ACCOUNT, list, 60);
	first = m;
	for (int run = 0; run < 200; run++) {
		for (size_t i = 59; i > 0; i--) {
			size_t j = (size_t)random() % (i + 1);

			swap = list[i];
			list[i] = list[j];
			list[j] = swap;
		}
		margin(&crypto, GREEKS_VIEW_ACCOUNT, list, 60);
		assert_memory_equal(&first, &m, sizeof(m));
	}
}

static void
greeks_rules_check__refuses_each_field(void **state)
{
	struct greeks_rules r;

	(void)state;
	assert_int_equal(greeks_rules_check(&simm), ERR_OK);
	assert_int_equal(greeks_rules_check(&crypto), ERR_OK);
#define REFUSES(change, answer) \
	do { \
		r = crypto; \
		change; \
		assert_int_equal(greeks_rules_check(&r), answer); \
	} while (0)
	REFUSES(r.bucket_count = 0, ERR_LIMIT);
	REFUSES(r.bucket_count = GREEKS_BUCKETS_MAX + 1, ERR_LIMIT);
	REFUSES(r.bucket[1].delta_weight = num("-1"), ERR_RANGE);
	REFUSES(r.bucket[1].vega_weight = num("-1"), ERR_RANGE);
	REFUSES(r.bucket[1].rho = num("1.000000000000000001"), ERR_RANGE);
	REFUSES(r.bucket[1].rho = num("1"), ERR_OK);
	REFUSES(r.bucket[5].rho = num("0.1"), ERR_RANGE);
	REFUSES(r.bucket[1].delta_threshold = usd18_zero(), ERR_RANGE);
	REFUSES(r.bucket[1].vega_threshold = usd18_zero(), ERR_RANGE);
	REFUSES(r.bucket[1].is_residual = true; r.bucket[1].rho = num("0"),
	    ERR_DUPLICATE);
	REFUSES(r.bucket[1] = r.bucket[0], ERR_DUPLICATE);
	REFUSES(r.bucket[1].name[0] = '\0', ERR_RANGE);
	REFUSES(memset(r.bucket[1].name, 'x', GREEKS_BUCKET_NAME_MAX),
	    ERR_RANGE);
	REFUSES(r.gamma[0][1] = num("0.5"), ERR_RANGE);
	REFUSES(r.gamma[0][1] = r.gamma[1][0] = num("1.1"), ERR_RANGE);
	/* 1 - 3: correlated with each, but not with each other. */
	REFUSES(r.gamma[0][1] = r.gamma[1][0] = num("0.9");
	    r.gamma[0][2] = r.gamma[2][0] = num("0.9");
	    r.gamma[1][2] = r.gamma[2][1] = num("0"), ERR_RANGE);
	REFUSES(r.horizon_days = num("0"), ERR_RANGE);
	REFUSES(r.weight_quantile = num("0"), ERR_RANGE);
	REFUSES(r.curvature_quantile = num("2.3"), ERR_RANGE);
	REFUSES(r.historical_vol_ratio = num("-1"), ERR_RANGE);
	REFUSES(r.taylor_error_max = num("-1"), ERR_RANGE);
	REFUSES(r.taylor_floor = num("-1"), ERR_RANGE);
	REFUSES(r.maintenance_factor = num("1.1"), ERR_RANGE);
	REFUSES(r.maintenance_factor = num("1"), ERR_OK);
#undef REFUSES
}

static void
greeks_bucket_find__knows_its_names(void **state)
{
	uint8_t b = 99;

	(void)state;
	assert_int_equal(greeks_bucket_find(&b, &simm, "Residual", 8),
	    ERR_OK);
	assert_int_equal(b, 12);
	assert_int_equal(greeks_bucket_find(&b, &simm, "12", 2), ERR_OK);
	assert_int_equal(b, 11);
	assert_int_equal(greeks_bucket_find(&b, &crypto, "meme", 4), ERR_OK);
	assert_int_equal(b, 3);
	assert_int_equal(greeks_bucket_find(&b, &crypto, "meme", 3),
	    ERR_UNKNOWN);
	assert_int_equal(greeks_bucket_find(&b, &crypto, "memes", 5),
	    ERR_UNKNOWN);
	assert_int_equal(b, 3);
}

static struct greeks_taylor
move_of(const char *full)
{
	/* 1000 x 0.1 - 1/2 x 40000 x 0.01 - 30 x 5 - 2 x 1 = -252. */
	return (struct greeks_taylor){ .move = num("0.1"),
	    .vol_points = num("5"), .days = num("1"), .delta = usd("1000"),
	    .gamma = usd("-400"), .vega = usd("-30"), .theta = usd("-2"),
	    .full = usd(full), .gross_notional = usd("10000") };
}

static void
greeks_taylor_check__refuses_above_a_tenth(void **state)
{
	static const struct {
		const char *full, *error;
		bool is_refused;
	} rows[] = {
		{ "-252", "0", false },
		{ "-280", "0.1", false },
		{ "-280.000000000000001", "0.100000000000000004", true },
		{ "-200", "0.26", true },
		{ "252", "2", true },
		/* Below a basis point of 10,000 the notional measures. */
		{ "0.5", "252.5", true },
		{ "-229.090909090909090910", "0.1", false },
		{ "-229.090909090909090909", "0.100000000000000001", true },
	};
	struct greeks_taylor moves[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		moves[0] = move_of(rows[i].full);
		assert_int_equal(greeks_taylor_check(&m, &crypto, moves, 1),
		    ERR_OK);
		assert_true(num18_compare(m.taylor_error,
		    num(rows[i].error)) == 0);
		assert_int_equal(m.is_refused, rows[i].is_refused);
		/* The worst of several. */
		moves[1] = move_of("-252");
		assert_int_equal(greeks_taylor_check(&m, &crypto, moves, 2),
		    ERR_OK);
		assert_int_equal(m.is_refused, rows[i].is_refused);
	}
	assert_int_equal(greeks_taylor_check(&m, &crypto, moves, 0), ERR_OK);
	assert_false(m.is_refused);
}

static void
greeks_taylor_check__answers_what_cannot_be_measured(void **state)
{
	struct greeks_taylor t = { .full = usd("0") };

	(void)state;
	assert_int_equal(greeks_taylor_check(&m, &crypto, &t, 1), ERR_OK);
	assert_true(num18_is_zero(m.taylor_error));
	t.theta = usd("1");
	t.days = num("1");
	assert_int_equal(greeks_taylor_check(&m, &crypto, &t, 1), ERR_OK);
	assert_true(m.is_refused);
	t.days = num("1000000000000000000");
	t.theta = usd("1000000000000000000");
	assert_int_equal(greeks_taylor_check(&m, &crypto, &t, 1), ERR_OK);
	assert_true(num18_to_raw(m.taylor_error) == I128_MAX);
	m.is_refused = false;
	t.gross_notional = usd("-1");
	assert_int_equal(greeks_taylor_check(&m, &crypto, &t, 1), ERR_RANGE);
	t.gross_notional = usd("1");
	t.move = num18_from_raw(I128_MAX);
	assert_int_equal(greeks_taylor_check(&m, &crypto, &t, 1), ERR_RANGE);
	assert_false(m.is_refused);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(greeks_margin_of__is_the_published_figure),
		T(greeks_margin_of__flips_the_accounts_signs),
		T(greeks_margin_of__costs_one_name_the_same_by_both_roads),
		T(greeks_margin_of__concentrates_above_the_threshold),
		T(greeks_margin_of__adds_the_residual_bucket_apart),
		T(greeks_margin_of__rounds_up),
		T(greeks_margin_of__leaves_the_result_where_it_refuses),
		T(greeks_margin_of__does_not_depend_on_the_order),
		T(greeks_rules_check__refuses_each_field),
		T(greeks_bucket_find__knows_its_names),
		T(greeks_taylor_check__refuses_above_a_tenth),
		T(greeks_taylor_check__answers_what_cannot_be_measured),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
