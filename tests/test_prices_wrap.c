/* Wrapped tokens: rate x base beside the market (incidents R12, R14, R20, R21,
 * R25), both sides of each bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/prices_world.h"

#define WETH 3u
#define YEAR UINT64_C(31536000000)

/* Both venues of ETH, heard at that moment. */
static void
base(uint64_t ms)
{
	for (uint16_t m = 0; m < 2; m++) {
		const struct prices_tick t = { .market = m, .has_book = true,
		    .bid = px("1999"), .ask = px("2001"), .exchange_ms = ms,
		    .recv_ms = ms };

		prices_apply_tick(&prices, &t);
	}
}

/* ETH of two venues, and a token redeemed for 1.2 of it a year ago: at most
 * 10 % more a year, 1 % less; 5 % between the prices. */
static void
wrap_begin(bool by_rate, uint16_t markets)
{
	world_begin();
	config.unit_count = 4;
	strcpy(config.unit[WETH].name, "wETH");
	config.unit[WETH].rule = config.unit[ETH].rule;
	config.unit[WETH].rule.quorum = markets > 1 ? 2 : 1;
	config.unit[WETH].wrap = (struct prices_wrap){
		.is_wrapped = true, .by_rate = by_rate, .of = ETH,
		.age_max_ms = 60000, .pinned = px("1.2"),
		.pinned_ms = NOW - YEAR,
		.growth_max = ppb_from_raw(100000000),
		.fall_max = ppb_from_raw(10000000),
		.gap_max = ppb_from_raw(50000000) };
	market(0, 0, ETH, USD);
	market(1, 1, ETH, USD);
	for (uint16_t i = 0; i < markets; i++)
		market(i, i, WETH, ETH);
	world_init();
	base(NOW);
}

static void
rate(const char *value, uint64_t time_ms)
{
	assert_int_equal(prices_apply_rate(&prices, WETH, px(value), time_ms,
	    NOW), ERR_OK);
}

static const struct price *
computed(uint64_t now_ms)
{
	prices_compute(&prices, now_ms);
	return &prices.price[WETH];
}

static void
expect(const struct price *p, enum price_status status,
    enum price_reason reason)
{
	assert_int_equal(p->status, status);
	assert_int_equal(p->reason, reason);
}

static void
prices_compute__prices_a_wrapped_token_by_its_rate(void **state)
{
	const struct price *p;

	(void)state;
	wrap_begin(true, 0);
	expect(computed(NOW), PRICE_REFUSED, REASON_RATE);
	rate("1.25", NOW - 5000);
	p = computed(NOW);
	expect(p, PRICE_OK, REASON_NONE);
	assert_px(p->mid, "2500");
	assert_px(p->low, "2498.75");
	assert_px(p->high, "2501.25");
	assert_int_equal(p->age_ms, 5000);
	assert_int_equal(p->sources, 2);
	/* The market is reported and is none. */
	expect(&prices.traded[WETH], PRICE_REFUSED, REASON_QUORUM);
}

static void
prices_compute__refuses_a_rate_beyond_its_growth(void **state)
{
	(void)state;
	wrap_begin(true, 0);
	rate("1.32", NOW);
	expect(computed(NOW), PRICE_OK, REASON_NONE);
	rate("1.320000000000000001", NOW);
	expect(computed(NOW), PRICE_REFUSED, REASON_RATE);
	assert_px(prices.price[WETH].mid, "0");
	/* R21: 1,650,000 instead of one. */
	rate("1650000", NOW);
	expect(computed(NOW), PRICE_REFUSED, REASON_RATE);
	rate("1.188", NOW);
	expect(computed(NOW), PRICE_OK, REASON_NONE);
	rate("1.187999999999999999", NOW);
	expect(computed(NOW), PRICE_REFUSED, REASON_RATE);
	/* R25: rate and time are one; half a year less allows half as much. */
	rate("1.26", NOW + 1);
	expect(computed(NOW + 1), PRICE_OK, REASON_NONE);
}

static void
prices_compute__refuses_an_old_rate_and_one_from_the_future(void **state)
{
	(void)state;
	wrap_begin(true, 0);
	rate("1.25", NOW);
	base(NOW + 60000);
	expect(computed(NOW + 60000), PRICE_OK, REASON_NONE);
	base(NOW + 60001);
	expect(computed(NOW + 60001), PRICE_REFUSED, REASON_STALE);
	rate("1.25", NOW + 60001 + 10001);
	expect(computed(NOW + 60001), PRICE_REFUSED, REASON_SKEW);
	/* And an impossible time does not shut out the next. */
	rate("1.25", NOW + 60001);
	expect(computed(NOW + 60001), PRICE_OK, REASON_NONE);
	assert_int_equal(prices_apply_rate(&prices, WETH, px("1.25"),
	    NOW + 60000, NOW + 60001), ERR_STALE);
	assert_int_equal(prices_apply_rate(&prices, ETH, px("1.25"), NOW,
	    NOW), ERR_UNKNOWN);
	assert_int_equal(prices_apply_rate(&prices, 4, px("1"), NOW, NOW),
	    ERR_UNKNOWN);
}

/* R14: the token falls to nothing on its markets and not by its rate. */
static void
prices_compute__refuses_where_rate_and_markets_part(void **state)
{
	(void)state;
	wrap_begin(true, 2);
	rate("1.25", NOW);
	last(2, "1.1875", NOW);
	last(3, "1.1875", NOW);
	expect(computed(NOW), PRICE_OK, REASON_NONE);
	assert_px(prices.price[WETH].mid, "2500");
	assert_px(prices.traded[WETH].mid, "2375");
	last(2, "1.18749", NOW);
	last(3, "1.18749", NOW);
	expect(computed(NOW), PRICE_REFUSED, REASON_RATE);
	wrap_begin(false, 2);
	rate("1.25", NOW);
	last(2, "1.1875", NOW);
	last(3, "1.1875", NOW);
	expect(computed(NOW), PRICE_OK, REASON_NONE);
	assert_px(prices.price[WETH].mid, "2375");
	assert_px(prices.rated[WETH].mid, "2500");
	last(2, "0.000788", NOW);
	last(3, "0.000788", NOW);
	expect(computed(NOW), PRICE_REFUSED, REASON_RATE);
}

/* R14: and then nobody trades it any more, which is no reason to believe. */
static void
prices_compute__believes_no_rate_that_was_contradicted(void **state)
{
	uint64_t later = NOW + 4000;

	(void)state;
	wrap_begin(true, 2);
	rate("1.25", NOW);
	last(2, "0.0063", NOW);
	last(3, "0.0063", NOW);
	expect(computed(NOW), PRICE_REFUSED, REASON_RATE);
	base(later);
	expect(computed(later), PRICE_REFUSED, REASON_RATE);
	assert_int_equal(prices.traded[WETH].status, PRICE_REFUSED);
	/* Until they are heard again, and agree. */
	last(2, "1.25", later);
	expect(computed(later), PRICE_REFUSED, REASON_RATE);
	last(3, "1.25", later);
	expect(computed(later), PRICE_OK, REASON_NONE);
	base(later + 4000);
	expect(computed(later + 4000), PRICE_OK, REASON_NONE);
	/* Or an operator looks at it. */
	last(2, "0.0063", later + 4000);
	last(3, "0.0063", later + 4000);
	expect(computed(later + 4000), PRICE_REFUSED, REASON_RATE);
	config.unit[WETH].wrap.pinned = px("1.25");
	config.unit[WETH].wrap.pinned_ms = later + 4000;
	base(later + 8000);
	expect(computed(later + 8000), PRICE_OK, REASON_NONE);
	config.unit[WETH].wrap.pinned_ms = later + 3999;
	base(later + 8001);
	expect(computed(later + 8001), PRICE_REFUSED, REASON_RATE);
}

/* Nobody has seen what a pin that lies ahead speaks of. */
static void
prices_compute__is_not_settled_by_a_pin_ahead(void **state)
{
	(void)state;
	wrap_begin(true, 2);
	config.unit[WETH].wrap.pinned = px("1.25");
	config.unit[WETH].wrap.pinned_ms = NOW + 8001;
	rate("1.25", NOW);
	last(2, "0.0063", NOW);
	last(3, "0.0063", NOW);
	expect(computed(NOW), PRICE_REFUSED, REASON_RATE);
	base(NOW + 8000);
	expect(computed(NOW + 8000), PRICE_REFUSED, REASON_RATE);
	assert_int_equal(prices.traded[WETH].status, PRICE_REFUSED);
	expect(computed(NOW + 8001), PRICE_OK, REASON_NONE);
}

/* A contradiction outlives the engine that heard it. */
static void
prices_apart_restore__goes_on_from_an_earlier_life(void **state)
{
	uint64_t apart_ms;

	(void)state;
	wrap_begin(true, 2);
	rate("1.25", NOW - 1);
	last(2, "0.0063", NOW);
	last(3, "0.0063", NOW);
	expect(computed(NOW), PRICE_REFUSED, REASON_RATE);
	apart_ms = prices.apart_ms[WETH];
	assert_int_equal(apart_ms, NOW);
	wrap_begin(true, 2);
	rate("1.25", NOW);
	prices_apart_restore(&prices, WETH, apart_ms);
	base(NOW + 4000);
	expect(computed(NOW + 4000), PRICE_REFUSED, REASON_RATE);
	last(2, "1.25", NOW + 4000);
	last(3, "1.25", NOW + 4000);
	expect(computed(NOW + 4000), PRICE_OK, REASON_NONE);
	assert_int_equal(prices.apart_ms[WETH], 0);
	/* A clock that was ahead leaves no more than now. */
	wrap_begin(true, 2);
	rate("1.25", NOW);
	prices_apart_restore(&prices, WETH, NOW + 86400000);
	base(NOW + 4000);
	expect(computed(NOW + 4000), PRICE_REFUSED, REASON_RATE);
	assert_int_equal(prices.apart_ms[WETH], NOW + 4000);
}

/* R20: one venue alone says 430 where the rate says 2,500. */
static void
prices_compute__keeps_the_rate_against_one_venue_alone(void **state)
{
	(void)state;
	wrap_begin(true, 1);
	rate("1.25", NOW);
	last(2, "0.215", NOW);
	expect(computed(NOW), PRICE_DEGRADED, REASON_RATE);
	assert_px(prices.price[WETH].mid, "2500");
	assert_px(prices.traded[WETH].mid, "430");
	last(2, "1.25", NOW);
	expect(computed(NOW), PRICE_OK, REASON_NONE);
}

/* A rate that cannot be had leaves a market's price, but not silently. */
static void
prices_compute__degrades_a_market_price_without_a_rate(void **state)
{
	(void)state;
	wrap_begin(false, 2);
	last(2, "1.1875", NOW);
	last(3, "1.1875", NOW);
	expect(computed(NOW), PRICE_DEGRADED, REASON_RATE);
	assert_px(prices.price[WETH].mid, "2375");
	rate("1650000", NOW);
	expect(computed(NOW), PRICE_DEGRADED, REASON_RATE);
	rate("1.2", NOW);
	expect(computed(NOW), PRICE_OK, REASON_NONE);
	/* And the rate never stands in for a market that is gone. */
	expect(computed(NOW + 4000), PRICE_REFUSED, REASON_STALE);
}

static void
prices_compute__takes_the_bases_doubts_with_it(void **state)
{
	(void)state;
	wrap_begin(true, 0);
	rate("1.25", NOW);
	book(0, "1999", "2001", NOW + 4000);
	expect(computed(NOW + 4000), PRICE_REFUSED, REASON_STALE);
	/* 1,500 and 2,000: a band of a third. */
	config.unit[ETH].rule.band_max = ppb_from_raw(400000000);
	wrap_begin(true, 0);
	config.unit[ETH].rule.band_max = ppb_from_raw(400000000);
	rate("1.25", NOW);
	book(1, "1499", "1501", NOW);
	expect(&prices.price[ETH], PRICE_REFUSED, REASON_QUORUM);
	expect(computed(NOW), PRICE_REFUSED, REASON_BAND);
	config.unit[WETH].rule.band_max = ppb_from_raw(400000000);
	expect(computed(NOW), PRICE_DEGRADED, REASON_DISPERSION);
}

static void
prices_init__refuses_a_wrapped_unit_by_name(void **state)
{
	struct prices_wrap good;
	size_t bad;

	(void)state;
	wrap_begin(true, 0);
	good = config.unit[WETH].wrap;
	config.unit[WETH].wrap.by_rate = false;
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_MISSING);
	assert_int_equal(bad, WETH);
	config.unit[WETH].wrap = good;
	config.unit[WETH].wrap.of = WETH;
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_UNIT);
	config.unit[WETH].wrap.of = USD;
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_RANGE);
	config.unit[WETH].wrap = good;
	config.unit[WETH].wrap.pinned = px("0");
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_RANGE);
	config.unit[WETH].wrap = good;
	config.unit[WETH].wrap.gap_max = ppb_from_raw(1000000000);
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_RANGE);
	config.unit[WETH].wrap = good;
	config.unit[WETH].rule.is_constant_unsafe = true;
	config.unit[WETH].rule.constant = px("1");
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_RANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    prices_compute__prices_a_wrapped_token_by_its_rate),
		cmocka_unit_test(
		    prices_compute__refuses_a_rate_beyond_its_growth),
		cmocka_unit_test(
		    prices_compute__refuses_an_old_rate_and_one_from_the_future),
		cmocka_unit_test(
		    prices_compute__refuses_where_rate_and_markets_part),
		cmocka_unit_test(
		    prices_compute__believes_no_rate_that_was_contradicted),
		cmocka_unit_test(
		    prices_compute__is_not_settled_by_a_pin_ahead),
		cmocka_unit_test(
		    prices_apart_restore__goes_on_from_an_earlier_life),
		cmocka_unit_test(
		    prices_compute__keeps_the_rate_against_one_venue_alone),
		cmocka_unit_test(
		    prices_compute__degrades_a_market_price_without_a_rate),
		cmocka_unit_test(
		    prices_compute__takes_the_bases_doubts_with_it),
		cmocka_unit_test(
		    prices_init__refuses_a_wrapped_unit_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
