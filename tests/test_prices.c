/* prices: the recorded incidents, and both sides of each limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/aggregate.h"
#include "feeds/graph.h"
#include "tests/prices_world.h"

static const struct price *
compute(uint64_t now_ms)
{
	prices_compute(&prices, now_ms);
	return &prices.price[ETH];
}

/* n independent venues that price ETH in USD, and their last trades. */
static void
eth_venues(uint16_t n)
{
	world_begin();
	for (uint16_t i = 0; i < n; i++)
		market(i, i, ETH, USD);
}

static const struct price *
eth_compute(const char *const *values, size_t n)
{
	world_init();
	for (uint16_t i = 0; i < n; i++)
		last(i, values[i], NOW);
	return compute(NOW);
}

#define ETH_COMPUTE(p, ...) do { \
	static const char *const v_[] = { __VA_ARGS__ }; \
	(p) = eth_compute(v_, ARRAY_COUNT(v_)); \
} while (0)

static void
expect(const struct price *p, enum price_status status,
    enum price_reason reason)
{
	assert_string_equal(price_status_name(p->status),
	    price_status_name(status));
	assert_string_equal(price_reason_name(p->reason),
	    price_reason_name(reason));
	if (status == PRICE_REFUSED) {
		assert_true(px18_is_zero(p->mid));
		assert_true(px18_is_zero(p->low));
		assert_true(px18_is_zero(p->high));
	} else {
		assert_true(px18_compare(p->low, p->mid) <= 0);
		assert_true(px18_compare(p->mid, p->high) <= 0);
		assert_false(px18_is_zero(p->low));
	}
}

/* --- the incidents ------------------------------------------------------ */

static void
prices_compute__drops_a_third_that_is_a_thousand_times_off(void **state)
{
	const struct price *p;

	(void)state;	/* R1 */
	eth_venues(3);
	ETH_COMPUTE(p, "1", "1", "1000");
	expect(p, PRICE_OK, REASON_NONE);
	assert_px(p->mid, "1");
	assert_px(p->high, "1");
	assert_int_equal(p->sources, 2);
	assert_int_equal(prices.source[2].vote, VOTE_OUTLIER);

	config.unit[ETH].rule.quorum = 3;
	ETH_COMPUTE(p, "1", "1", "1000");
	expect(p, PRICE_REFUSED, REASON_QUORUM);

	eth_venues(2);
	ETH_COMPUTE(p, "1", "1000");
	expect(p, PRICE_REFUSED, REASON_BAND);
	config.unit[ETH].rule.quorum = 3;
	ETH_COMPUTE(p, "1", "1000");
	expect(p, PRICE_REFUSED, REASON_QUORUM);
}

static void
prices_compute__moves_nothing_for_one_thin_venue(void **state)
{
	const struct price *p;

	(void)state;	/* R2 */
	eth_venues(4);
	ETH_COMPUTE(p, "1.0001", "1", "0.9999", "2");
	expect(p, PRICE_OK, REASON_NONE);
	assert_px(p->mid, "1");
	ETH_COMPUTE(p, "1.0001", "1", "0.9999", "0.5");
	assert_px(p->mid, "1");
}

static void
prices_compute__keeps_all_where_outliers_are_more_than_a_third(void **state)
{
	const struct price *p;

	(void)state;	/* R6 */
	eth_venues(5);
	ETH_COMPUTE(p, "1.30", "1.30", "1.00", "1.00", "1.01");
	expect(p, PRICE_REFUSED, REASON_BAND);
	config.unit[ETH].rule.band_max = ppb_from_raw(500000000);
	ETH_COMPUTE(p, "1.30", "1.30", "1.00", "1.00", "1.01");
	expect(p, PRICE_DEGRADED, REASON_DISPERSION);
	assert_px(p->mid, "1.01");
	assert_px(p->low, "1");
	assert_px(p->high, "1.3");
	assert_int_equal(p->sources, 5);
}

static void
prices_compute__ignores_zero_and_a_wrong_scale(void **state)
{
	static const char *const good = "43500";
	const struct price *p;

	(void)state;	/* R7; a zero never comes out of a parser */
	world_begin();
	for (uint16_t i = 0; i < 11; i++)
		market(i, i, ETH, USD);
	world_init();
	for (uint16_t i = 0; i < 9; i++)
		last(i, good, NOW);
	last(9, "0", NOW);
	last(10, "0.000435", NOW);
	p = compute(NOW);
	expect(p, PRICE_OK, REASON_NONE);
	assert_px(p->mid, good);
	assert_px(p->low, good);
	assert_int_equal(p->sources, 9);
	assert_int_equal(prices.source[9].vote, VOTE_UNCONVERTED);
	assert_int_equal(prices.source[10].vote, VOTE_OUTLIER);
}

static void
prices_compute__drops_a_frozen_source_and_follows_a_crash(void **state)
{
	const struct price *p;

	(void)state;	/* R10, R3: no filter holds back what venues agree on */
	world_begin();
	for (uint16_t i = 0; i < 3; i++)
		market(i, i, ETH, USD);
	world_init();
	for (uint16_t i = 0; i < 3; i++)
		last(i, "0.107", NOW - 60000);
	last(0, "0.00005", NOW);
	last(1, "0.000050001", NOW);
	p = compute(NOW);
	expect(p, PRICE_OK, REASON_NONE);
	assert_px(p->mid, "0.00005");
	assert_int_equal(prices.source[2].vote, VOTE_STALE);
	assert_int_equal(prices_source_age(&prices.source[2], NOW), 60000);
}

static void
prices_compute__is_never_ok_on_a_single_source(void **state)
{
	const struct price *p;

	(void)state;	/* R15 */
	eth_venues(1);
	config.unit[ETH].rule.quorum = 1;
	ETH_COMPUTE(p, "5");
	expect(p, PRICE_DEGRADED, REASON_QUORUM);
	assert_px(p->mid, "5");
	config.unit[ETH].rule.quorum = 2;
	ETH_COMPUTE(p, "5");
	expect(p, PRICE_REFUSED, REASON_QUORUM);
}

/* Four venues price USDT, two of them ETH in dollars, two in USDT. */
static void
depeg_world(void)
{
	world_begin();
	config.unit[USDT].rule.is_constant_unsafe = false;
	market(0, 0, USDT, USD);
	market(1, 1, USDT, USD);
	market(0, 0, ETH, USD);
	market(2, 2, ETH, USDT);
	market(3, 3, ETH, USDT);
	world_init();
}

static void
prices_compute__converts_through_the_measured_stablecoin(void **state)
{
	const struct price *p;

	(void)state;	/* R16: a dollar that is worth 0.86 */
	depeg_world();
	last(0, "0.86", NOW);
	last(1, "0.86", NOW);
	last(2, "2000", NOW);
	last(3, "2326", NOW);
	last(4, "2325", NOW);
	p = compute(NOW);
	expect(p, PRICE_OK, REASON_NONE);
	assert_px(p->mid, "2000");	/* of 1999.5, 2000 and 2000.36 */
	assert_px(prices.source[3].mid, "2000.36");
	assert_int_equal(p->sources, 3);
}

static void
prices_compute__adds_the_conversions_half_band(void **state)
{
	const struct price *p;

	(void)state;
	depeg_world();
	book(0, "0.99", "1.01", NOW);
	book(1, "0.99", "1.01", NOW);
	last(3, "2000", NOW);
	last(4, "2000", NOW);
	last(2, "2000", NOW);
	p = compute(NOW);
	expect(p, PRICE_OK, REASON_NONE);
	assert_px(p->low, "1980");	/* 1 % of USDT, nothing of its own */
	assert_px(p->high, "2020");

	/* Without a vote that uses it, the conversion adds nothing. */
	config.market[3].quote = config.market[4].quote = USD;
	world_init();
	book(0, "0.99", "1.01", NOW);
	book(1, "0.99", "1.01", NOW);
	for (uint16_t i = 2; i < 5; i++)
		last(i, "2000", NOW);
	p = compute(NOW);
	assert_px(p->low, "2000");
}

static void
prices_compute__groups_by_a_conversion_of_one_source(void **state)
{
	const struct price *p;

	(void)state;
	depeg_world();
	config.unit[USDT].rule.quorum = 1;
	last(0, "1", NOW);	/* only operator 0 prices USDT ... */
	last(2, "2000", NOW);	/* ... and votes on ETH itself */
	last(3, "2000", NOW);
	last(4, "2000", NOW);
	p = compute(NOW);
	/* So all three hang on operator 0. */
	expect(p, PRICE_REFUSED, REASON_QUORUM);
	assert_int_equal(p->sources, 1);

	last(1, "1", NOW);
	p = compute(NOW);
	expect(p, PRICE_OK, REASON_NONE);
	assert_int_equal(p->sources, 3);
}

static void
prices_compute__says_where_a_constant_was_used(void **state)
{
	const struct price *p;

	(void)state;	/* R22 */
	world_begin();
	market(0, 0, ETH, USD);
	market(1, 1, ETH, USDT);
	world_init();
	last(0, "2000", NOW);
	last(1, "2001", NOW);
	p = compute(NOW);
	expect(p, PRICE_DEGRADED, REASON_UNIT);
	assert_int_equal(p->sources, 2);
	expect(&prices.price[USDT], PRICE_DEGRADED, REASON_UNIT);
	assert_px(prices.price[USDT].mid, "1");

	/* Two that both rest on the declaration are one group. */
	config.market[0].quote = USDT;
	world_init();
	last(0, "2000", NOW);
	last(1, "2001", NOW);
	expect(compute(NOW), PRICE_REFUSED, REASON_QUORUM);
}

static void
prices_compute__degrades_by_a_degraded_conversion(void **state)
{
	(void)state;
	depeg_world();
	config.unit[USDT].rule.band_max = ppb_from_raw(500000000);
	config.unit[ETH].rule.band_max = ppb_from_raw(500000000);
	last(0, "1", NOW);
	last(1, "1.1", NOW);
	last(2, "2000", NOW);
	last(3, "2000", NOW);
	last(4, "2000", NOW);
	expect(compute(NOW), PRICE_DEGRADED, REASON_DISPERSION);
	expect(&prices.price[USDT], PRICE_DEGRADED, REASON_DISPERSION);

	/* A refused one leaves only the dollar market, which is no quorum. */
	config.unit[USDT].rule.band_max = ppb_from_raw(1000000);
	world_init();
	last(0, "1", NOW);
	last(1, "1.1", NOW);
	for (uint16_t i = 2; i < 5; i++)
		last(i, "2000", NOW);
	expect(compute(NOW), PRICE_REFUSED, REASON_QUORUM);
	assert_int_equal(prices.source[3].vote, VOTE_UNCONVERTED);
	assert_true(px18_is_zero(prices.source[3].mid));
}

static void
prices_compute__takes_the_widest_conversion_rounded_up(void **state)
{
	const struct price *p;

	(void)state;
	depeg_world();
	/* A second stablecoin, its band wider and its market listed first. */
	config.unit_count = 4;
	config.unit[3] = config.unit[USDT];
	config.market[2].quote = 3;
	market(0, 0, 3, USD);
	market(1, 1, 3, USD);
	world_init();
	book(0, "0.99", "1.01", NOW);
	book(1, "0.99", "1.01", NOW);
	book(5, "0.98", "1.02", NOW);
	book(6, "0.98", "1.02", NOW);
	for (uint16_t i = 2; i < 5; i++)
		last(i, "2000", NOW);
	p = compute(NOW);
	assert_px(p->low, "1960");
	assert_px(p->high, "2040");

	/* Of an uneven conversion the longer side: m is 1, high 1.3. */
	for (uint16_t i = 7; i < 9; i++)
		market(i, i, USDT, USD);
	for (size_t u = 1; u < 4; u++)
		config.unit[u].rule.band_max = ppb_from_raw(500000000);
	world_init();
	last(0, "1", NOW);
	last(1, "1", NOW);
	last(7, "1.3", NOW);
	last(8, "1.3", NOW);
	last(5, "1", NOW);
	last(6, "1", NOW);
	for (uint16_t i = 2; i < 5; i++)
		last(i, "2000", NOW);
	p = compute(NOW);
	expect(p, PRICE_DEGRADED, REASON_DISPERSION);
	assert_px(p->low, "1400");
	assert_px(p->high, "2600");

	/* A third of the last digit is a digit. */
	depeg_world();
	book(0, "2.999999999999999999", "3.000000000000000001", NOW);
	book(1, "2.999999999999999999", "3.000000000000000001", NOW);
	for (uint16_t i = 3; i < 5; i++)
		last(i, "0.333333333333333333", NOW);
	p = compute(NOW);
	assert_px(p->mid, "0.999999999999999999");
	assert_px(p->low, "0.999999999999999998");
	assert_px(p->high, "1");
	/* And so is a third of a spread of one. */
	depeg_world();
	last(0, "0.3", NOW);
	last(1, "0.3", NOW);
	for (uint16_t i = 3; i < 5; i++)
		book(i, "2", "2.000000000000000001", NOW);
	p = compute(NOW);
	assert_px(p->mid, "0.6");
	assert_px(p->low, "0.599999999999999999");
	assert_px(p->high, "0.600000000000000001");
}

/* Two dollar markets and one in a stablecoin that is anything from 0.9 to
 * 1.1. */
static const struct price *
doubtful_compute(uint32_t band_max_ppb, uint32_t quorum, const char *bid,
    const char *ask)
{
	depeg_world();
	config.market[3].quote = USD;
	config.unit[ETH].rule.band_max = ppb_from_raw(band_max_ppb);
	config.unit[ETH].rule.quorum = quorum;
	config.unit[USDT].rule.band_max = ppb_from_raw(100000000);
	world_init();
	book(0, "0.9", "1.1", NOW);
	book(1, "0.9", "1.1", NOW);
	for (uint16_t i = 2; i < 5; i++)
		book(i, bid, ask, NOW);
	return compute(NOW);
}

static void
prices_compute__does_without_a_conversion_too_wide(void **state)
{
	const struct price *p;

	(void)state;
	p = doubtful_compute(100000000, 2, "1990", "2010");
	expect(p, PRICE_OK, REASON_NONE);
	assert_px(p->low, "1990");
	assert_int_equal(p->sources, 2);
	assert_int_equal(prices.source[4].vote, VOTE_UNCONVERTED);
	/* A band that just fits keeps it. */
	p = doubtful_compute(105000000, 2, "1990", "2010");
	expect(p, PRICE_OK, REASON_NONE);
	assert_px(p->low, "1790");
	assert_int_equal(prices.source[4].vote, VOTE_COUNTED);
	/* Where no quorum is left it is refused as before. */
	p = doubtful_compute(100000000, 3, "1990", "2010");
	expect(p, PRICE_REFUSED, REASON_BAND);
	assert_int_equal(p->sources, 3);
	/* And where the band is the markets' own. */
	p = doubtful_compute(100000000, 2, "1700", "2300");
	expect(p, PRICE_REFUSED, REASON_BAND);
}

static void
prices_compute__takes_nothing_from_an_outlier(void **state)
{
	const struct price *p;

	(void)state;
	world_begin();
	for (uint16_t i = 0; i < 3; i++)
		market(i, i, ETH, i == 2 ? USDT : USD);
	world_init();
	last(0, "100", NOW);
	last(1, "100", NOW);
	last(2, "130", NOW + 5000);
	p = compute(NOW);
	expect(p, PRICE_OK, REASON_NONE);
	assert_int_equal(p->skew_ms, 0);
	last(0, "100", NOW + 2900);
	last(1, "100", NOW + 2900);
	last(2, "130", NOW + 5000);
	p = compute(NOW + 2900);
	assert_int_equal(p->age_ms, 0);
}

static void
prices_compute__names_the_gravest_reason(void **state)
{
	const struct price *p;

	(void)state;
	world_begin();
	market(0, 0, ETH, USD);
	market(1, 1, ETH, USDT);
	config.unit[ETH].rule.band_max = ppb_from_raw(500000000);
	world_init();
	last(0, "100", NOW);
	last(1, "100", NOW + 2001);
	p = compute(NOW);
	expect(p, PRICE_DEGRADED, REASON_UNIT);
	last(1, "110", NOW + 2001);
	expect(compute(NOW), PRICE_DEGRADED, REASON_UNIT);
	config.market[1].quote = USD;
	world_init();
	last(0, "100", NOW);
	last(1, "110", NOW + 2001);
	expect(compute(NOW), PRICE_DEGRADED, REASON_DISPERSION);
	config.unit[ETH].rule.quorum = 1;
	world_init();
	last(1, "110", NOW + 2001);
	expect(compute(NOW), PRICE_DEGRADED, REASON_SKEW);
}

/* --- both sides of each limit ------------------------------------------- */

static void
prices_compute__counts_a_shared_operator_once(void **state)
{
	const struct price *p;

	(void)state;
	eth_venues(2);
	config.market[1].operator_id = 0;
	ETH_COMPUTE(p, "1", "1");
	expect(p, PRICE_REFUSED, REASON_QUORUM);
	config.market[1].operator_id = 1;
	ETH_COMPUTE(p, "1", "1");
	expect(p, PRICE_OK, REASON_NONE);

	/* Two of one operator weigh half each: 3 x 1/2 <= 5/2. */
	eth_venues(4);
	config.market[1].operator_id = 0;
	ETH_COMPUTE(p, "1", "2", "1", "1");
	expect(p, PRICE_OK, REASON_NONE);
	assert_int_equal(p->sources, 3);
	assert_int_equal(prices.source[1].vote, VOTE_OUTLIER);
}

/* ETH of a venue of weight 4 and n of weight 1, all of one price; the heavy
 * one's is `heavy`. */
static const struct price *
heavy_compute(const char *heavy, const char *other, uint16_t n)
{
	eth_venues((uint16_t)(n + 1));
	config.market[0].weight = 4;
	world_init();
	last(0, heavy, NOW);
	for (uint16_t i = 1; i <= n; i++)
		last(i, other, NOW);
	return compute(NOW);
}

static void
prices_compute__lets_no_group_own_the_median(void **state)
{
	const struct price *p;

	(void)state;
	for (uint16_t n = 2; n < 8; n++) {
		p = heavy_compute("1.019", "1", n);
		expect(p, PRICE_OK, REASON_NONE);
		assert_px(p->mid, "1");
		p = heavy_compute("0.99", "1", n);
		expect(p, PRICE_OK, REASON_NONE);
		assert_px(p->mid, "1");
	}
	/* Against three it holds two fifths: not to be dropped, nor
	 * believed. */
	p = heavy_compute("1.09", "1", 3);
	expect(p, PRICE_DEGRADED, REASON_DISPERSION);
	assert_px(p->mid, "1");
	assert_px(p->high, "1.09");
	/* Against two a third: dropped like any third. */
	p = heavy_compute("1000", "1", 2);
	expect(p, PRICE_OK, REASON_NONE);
	assert_px(p->mid, "1");
	assert_int_equal(prices.source[0].vote, VOTE_OUTLIER);
	/* Two weigh the same: the lower of the two, whichever is heavy. */
	p = heavy_compute("1.01", "1", 1);
	assert_px(p->mid, "1");
	assert_px(p->high, "1.01");
	p = heavy_compute("1", "1.01", 1);
	assert_px(p->mid, "1");
	/* And of what is left, once one was dropped: 4, 3, 1 for 4, 3, 1, 1. */
	eth_venues(4);
	config.market[0].weight = 4;
	config.market[1].weight = 3;
	ETH_COMPUTE(p, "1", "1.005", "1.01", "2");
	expect(p, PRICE_OK, REASON_NONE);
	assert_int_equal(prices.source[3].vote, VOTE_OUTLIER);
	assert_px(p->mid, "1.005");
}

static void
prices_compute__is_stale_one_ms_after_age_max(void **state)
{
	const struct price *p;

	(void)state;
	eth_venues(3);
	ETH_COMPUTE(p, "1", "1", "1");
	p = compute(NOW + 3000);
	expect(p, PRICE_OK, REASON_NONE);
	assert_int_equal(p->age_ms, 3000);
	p = compute(NOW + 3001);
	expect(p, PRICE_REFUSED, REASON_STALE);
	assert_int_equal(p->sources, 0);
	last(0, "1", NOW + 2000);
	last(1, "1", NOW + 2);
	p = compute(NOW + 3001);
	expect(p, PRICE_OK, REASON_NONE);
	assert_int_equal(p->sources, 2);
	assert_int_equal(p->age_ms, 2999);
}

static void
prices_compute__degrades_and_refuses_by_skew(void **state)
{
	static const struct {
		uint64_t ahead_ms;
		enum price_status status;
		enum price_reason reason;
	} cases[] = {
		{ 2000, PRICE_OK, REASON_NONE },
		{ 2001, PRICE_DEGRADED, REASON_SKEW },
		{ 10000, PRICE_DEGRADED, REASON_SKEW },
		{ 10001, PRICE_REFUSED, REASON_SKEW },
		{ UINT64_MAX - NOW, PRICE_REFUSED, REASON_SKEW },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const struct price *p;

		eth_venues(2);
		world_init();
		last(0, "1", NOW);
		last(1, "1", NOW + cases[i].ahead_ms);
		p = compute(NOW);
		expect(p, cases[i].status, cases[i].reason);
		if (cases[i].status != PRICE_REFUSED)
			assert_int_equal(p->skew_ms, cases[i].ahead_ms);
		/* The clock was wrong when it spoke, and still is. */
		p = compute(NOW + 2500);
		expect(p, cases[i].status, cases[i].reason);
	}
}

static void
prices_apply_tick__outlives_a_time_from_the_future(void **state)
{
	(void)state;
	eth_venues(2);
	world_init();
	last(0, "1", NOW);
	last(1, "9", NOW + 3600000);
	expect(compute(NOW), PRICE_REFUSED, REASON_SKEW);
	last(1, "1", NOW);
	expect(compute(NOW), PRICE_OK, REASON_NONE);
	/* But an old observation never takes a newer one's place. */
	last(1, "7", NOW - 1);
	assert_px(compute(NOW)->mid, "1");
	last(1, "1.001", NOW);
	assert_px(prices.quote[1].last, "1.001");
}

static void
prices_compute__refuses_a_crossed_book_and_takes_a_locked_one(void **state)
{
	(void)state;
	eth_venues(2);
	world_init();
	book(0, "100", "100", NOW);
	book(1, "100", "100", NOW);
	last(1, "100", NOW);
	expect(compute(NOW), PRICE_OK, REASON_NONE);
	book(1, "100.000000000000000001", "100", NOW);
	/* Its last trade does not stand in for a crossed book. */
	expect(compute(NOW), PRICE_REFUSED, REASON_QUORUM);
	assert_int_equal(prices.source[1].vote, VOTE_CROSSED);
}

/* R30: what came before a gap is void, whatever heartbeats say, and no trade
 * stands in for it. */
static void
prices_apply_tick__voids_a_book_until_it_is_said_anew(void **state)
{
	const struct prices_tick nothing = { .market = 0, .recv_ms = NOW };

	(void)state;
	eth_venues(3);
	world_init();
	for (uint16_t i = 0; i < 3; i++) {
		book(i, "1999", "2001", NOW);
		last(i, "2000", NOW);
	}
	compute(NOW);
	assert_int_equal(prices.source[0].vote, VOTE_COUNTED);
	prices_apply_tick(&prices, &nothing);
	prices_apply_heartbeat(&prices, 0, NOW, NOW);
	last(0, "2000", NOW + 1);
	compute(NOW + 1);
	assert_int_not_equal(prices.source[0].vote, VOTE_COUNTED);
	assert_int_equal(prices.source[1].vote, VOTE_COUNTED);
	book(0, "1999", "2001", NOW);
	compute(NOW + 1);
	assert_int_equal(prices.source[0].vote, VOTE_COUNTED);
}

/* A market whose book is empty from the beginning has a book all the same. */
static void
prices_apply_tick__takes_no_trade_for_a_book_that_is_void(void **state)
{
	(void)state;
	eth_venues(3);
	world_init();
	for (uint16_t i = 0; i < 3; i++) {
		const struct prices_tick nothing = { .market = i,
			.recv_ms = NOW };

		if (i == 0)
			prices_apply_tick(&prices, &nothing);
		last(i, "2000", NOW);
	}
	compute(NOW);
	assert_int_equal(prices.source[0].vote, VOTE_SILENT);
	assert_int_equal(prices.source[1].vote, VOTE_COUNTED);
	book(0, "1999", "2001", NOW);
	compute(NOW);
	assert_int_equal(prices.source[0].vote, VOTE_COUNTED);
}

static void
prices_compute__uses_the_book_before_the_trade(void **state)
{
	const struct price *p;

	(void)state;
	eth_venues(2);
	world_init();
	book(0, "99", "101", NOW);
	last(0, "150", NOW);
	last(1, "100", NOW);
	p = compute(NOW);
	expect(p, PRICE_OK, REASON_NONE);
	assert_px(p->mid, "100");
	/* Spreads 0 and 2: the median is 0, so is the half-band. */
	assert_px(p->low, "100");
	book(1, "99", "101.000000000000000001", NOW);
	p = compute(NOW);
	assert_px(p->mid, "100");
	assert_px(p->low, "99");
	assert_px(p->high, "101");
}

static void
prices_compute__drops_strictly_beyond_the_dispersion(void **state)
{
	const struct price *p;

	(void)state;
	eth_venues(3);
	ETH_COMPUTE(p, "100", "100", "102");
	assert_int_equal(p->sources, 3);
	assert_px(p->mid, "100");
	assert_px(p->high, "102");	/* p75 */
	ETH_COMPUTE(p, "100", "100", "102.000000000000000001");
	assert_int_equal(p->sources, 2);
	assert_px(p->high, "100");
	ETH_COMPUTE(p, "100", "100", "97.999999999999999999");
	assert_int_equal(p->sources, 2);
}

static void
prices_compute__refuses_strictly_beyond_band_max(void **state)
{
	const struct price *p;

	(void)state;
	eth_venues(2);
	config.unit[ETH].rule.dispersion_max = ppb_from_raw(200000000);
	ETH_COMPUTE(p, "100", "110");
	expect(p, PRICE_OK, REASON_NONE);
	assert_px(p->low, "90");
	assert_px(p->high, "110");
	ETH_COMPUTE(p, "100", "110.000000000000000001");
	expect(p, PRICE_REFUSED, REASON_BAND);
}

static void
prices_apply_heartbeat__renews_a_book_for_30_s(void **state)
{
	(void)state;
	eth_venues(2);
	world_init();
	for (uint16_t i = 0; i < 2; i++)
		book(i, "100", "100", NOW);
	prices_apply_heartbeat(&prices, 0, NOW + 60000, NOW + 60000);
	prices_apply_heartbeat(&prices, 1, NOW + 60000, NOW + 60000);
	expect(compute(NOW + 33000), PRICE_OK, REASON_NONE);
	expect(compute(NOW + 33001), PRICE_REFUSED, REASON_STALE);
	world_init();
	for (uint16_t i = 0; i < 2; i++) {
		book(i, "100", "100", NOW);
		prices_apply_heartbeat(&prices, i, NOW + 30001, NOW + 30001);
	}
	expect(compute(NOW + 33000), PRICE_OK, REASON_NONE);
	expect(compute(NOW + 33001), PRICE_REFUSED, REASON_STALE);

	/* Of its own venue only, and no trade. */
	eth_venues(3);
	config.unit[ETH].rule.quorum = 1;
	world_init();
	book(0, "100", "100", NOW);
	book(1, "100", "100", NOW);
	last(2, "100", NOW);
	prices_apply_heartbeat(&prices, 0, NOW + 9000, NOW + 9000);
	prices_apply_heartbeat(&prices, 2, NOW + 9000, NOW + 9000);
	compute(NOW + 9000);
	assert_int_equal(prices.source[0].vote, VOTE_COUNTED);
	assert_int_equal(prices.source[0].time_ms, NOW + 9000);
	assert_int_equal(prices.source[1].vote, VOTE_STALE);
	assert_int_equal(prices.source[2].vote, VOTE_STALE);

	/* A heartbeat from the future renews nothing. */
	prices_apply_heartbeat(&prices, 1, NOW + 19001, NOW + 9000);
	compute(NOW + 9000);
	assert_int_equal(prices.source[1].vote, VOTE_STALE);
	prices_apply_heartbeat(&prices, 1, NOW + 19000, NOW + 9000);
	compute(NOW + 9000);
	assert_int_equal(prices.source[1].vote, VOTE_COUNTED);
	expect(&prices.price[ETH], PRICE_DEGRADED, REASON_SKEW);
}

static void
prices_apply_tick__has_no_vote_without_a_time(void **state)
{
	(void)state;
	eth_venues(2);
	world_init();
	last(0, "1", 0);
	last(1, "1", NOW);
	expect(compute(NOW), PRICE_REFUSED, REASON_QUORUM);
	assert_int_equal(prices.source[0].vote, VOTE_SILENT);
	last(0, "1", NOW);
	expect(compute(NOW), PRICE_OK, REASON_NONE);
}

/* Two venues that make their price from one index are one group. */
static void
prices_compute__counts_a_correlation_once(void **state)
{
	(void)state;
	eth_venues(3);
	config.market[0].correlation_id = config.market[2].correlation_id = 7;
	world_init();
	last(0, "100", NOW);
	last(2, "100", NOW);
	expect(compute(NOW), PRICE_REFUSED, REASON_QUORUM);
	last(1, "100", NOW);
	expect(compute(NOW), PRICE_OK, REASON_NONE);
	assert_int_equal(prices.price[ETH].sources, 2);
	/* Through a third both are one with its operator. */
	config.market[1].operator_id = config.market[2].operator_id;
	world_init();
	for (uint16_t i = 0; i < 3; i++)
		last(i, "100", NOW);
	expect(compute(NOW), PRICE_REFUSED, REASON_QUORUM);
}

static void
prices_compute__ages_by_the_markets_own_limit(void **state)
{
	(void)state;
	eth_venues(2);
	config.market[0].age_max_ms = 60000;
	world_init();
	last(0, "100", NOW - 60000);
	last(1, "100", NOW);
	expect(compute(NOW), PRICE_OK, REASON_NONE);
	assert_int_equal(prices.price[ETH].age_ms, 60000);
	expect(compute(NOW + 1), PRICE_REFUSED, REASON_STALE);
}

static void
prices_init__refuses_by_name(void **state)
{
	size_t bad;

	(void)state;
	world_begin();
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_MISSING);
	assert_int_equal(bad, ETH);
	market(0, 0, ETH, USDT);
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_OK);
	market(0, 0, USDT, ETH);
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_UNIT);
	assert_true(bad == ETH || bad == USDT);
	config.market[1] = (struct prices_market){
	    .base = USD, .quote = ETH, .weight = 1 };
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_UNIT);
	assert_int_equal(bad, USD);
	config.market_count = 1;
	config.market[0].weight = PRICES_WEIGHT_MAX;
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_OK);
	config.market[0].weight++;
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_RANGE);
	config.market[0].weight = 0;
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_RANGE);
	config.market[0].weight = 1;
	config.unit[ETH].rule.quorum = 0;
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_RANGE);
	config.unit[ETH].rule.quorum = 1;
	config.unit[ETH].rule.band_max = ppb_from_raw(999999999);
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_OK);
	config.unit[ETH].rule.band_max = ppb_from_raw(1000000000);
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_RANGE);
	config.unit[ETH].rule.band_max = ppb_from_raw(1);
	config.unit[ETH].rule.dispersion_max = ppb_from_raw(1000000000);
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_RANGE);
	config.unit[ETH].rule.dispersion_max = ppb_from_raw(1);
	config.unit[USDT].rule.constant = px("0");
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_RANGE);
	assert_int_equal(bad, USDT);
	config.unit[USDT].rule.constant = px("1");
	while (config.market_count < PRICES_VOTES_MAX)
		market(0, 0, ETH, USDT);
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_OK);
	market(0, 0, ETH, USDT);
	assert_int_equal(prices_init(&prices, &config, &bad), ERR_LIMIT);
}

static void
graph_order__puts_quotes_first_and_names_a_cycle(void **state)
{
	static const struct graph_edge edges[] = {
		{ 1, 3 }, { 3, 2 }, { 2, 0 }, { 4, 1 }, { 4, 0 },
	};
	static const struct graph_edge cycle[] = {
		{ 1, 2 }, { 2, 3 }, { 3, 2 }, { 4, 0 },
	};
	static const size_t want[] = { 0, 2, 3, 1, 4 };
	size_t order[5] = { 9, 9, 9, 9, 9 }, bad = 9;

	(void)state;
	assert_int_equal(graph_order(order, 5, cycle, 4, &bad), ERR_UNIT);
	assert_true(bad == 2 || bad == 3);
	assert_int_equal(order[0], 9);
	assert_int_equal(graph_order(order, 5, edges, 5, &bad), ERR_OK);
	assert_memory_equal(order, want, sizeof(want));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    prices_compute__drops_a_third_that_is_a_thousand_times_off),
		cmocka_unit_test(
		    prices_compute__moves_nothing_for_one_thin_venue),
		cmocka_unit_test(
		    prices_compute__keeps_all_where_outliers_are_more_than_a_third),
		cmocka_unit_test(
		    prices_compute__ignores_zero_and_a_wrong_scale),
		cmocka_unit_test(
		    prices_compute__drops_a_frozen_source_and_follows_a_crash),
		cmocka_unit_test(
		    prices_compute__is_never_ok_on_a_single_source),
		cmocka_unit_test(
		    prices_compute__converts_through_the_measured_stablecoin),
		cmocka_unit_test(
		    prices_compute__adds_the_conversions_half_band),
		cmocka_unit_test(
		    prices_compute__groups_by_a_conversion_of_one_source),
		cmocka_unit_test(
		    prices_compute__says_where_a_constant_was_used),
		cmocka_unit_test(
		    prices_compute__degrades_by_a_degraded_conversion),
		cmocka_unit_test(
		    prices_compute__takes_the_widest_conversion_rounded_up),
		cmocka_unit_test(
		    prices_compute__does_without_a_conversion_too_wide),
		cmocka_unit_test(prices_compute__takes_nothing_from_an_outlier),
		cmocka_unit_test(prices_compute__names_the_gravest_reason),
		cmocka_unit_test(prices_compute__counts_a_shared_operator_once),
		cmocka_unit_test(prices_compute__lets_no_group_own_the_median),
		cmocka_unit_test(prices_compute__is_stale_one_ms_after_age_max),
		cmocka_unit_test(prices_compute__degrades_and_refuses_by_skew),
		cmocka_unit_test(
		    prices_apply_tick__outlives_a_time_from_the_future),
		cmocka_unit_test(
		    prices_compute__refuses_a_crossed_book_and_takes_a_locked_one),
		cmocka_unit_test(
		    prices_apply_tick__voids_a_book_until_it_is_said_anew),
		cmocka_unit_test(
		    prices_apply_tick__takes_no_trade_for_a_book_that_is_void),
		cmocka_unit_test(
		    prices_compute__uses_the_book_before_the_trade),
		cmocka_unit_test(
		    prices_compute__drops_strictly_beyond_the_dispersion),
		cmocka_unit_test(
		    prices_compute__refuses_strictly_beyond_band_max),
		cmocka_unit_test(
		    prices_apply_heartbeat__renews_a_book_for_30_s),
		cmocka_unit_test(prices_apply_tick__has_no_vote_without_a_time),
		cmocka_unit_test(prices_compute__counts_a_correlation_once),
		cmocka_unit_test(prices_compute__ages_by_the_markets_own_limit),
		cmocka_unit_test(prices_init__refuses_by_name),
		cmocka_unit_test(
		    graph_order__puts_quotes_first_and_names_a_cycle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
