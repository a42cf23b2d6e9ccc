/* What was computed before and still holds: the same as computing all anew,
 * whatever was said, at every instant; and it costs what was said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "tests/prices_world.h"
#include "tests/random.h"

#define UNITS 8u

/* Units 1 to 7; each is quoted in lower ones; 6 is wrapped; 7 is declared. */
static void
random_world(void)
{
	world_begin();
	config.unit_count = UNITS;
	for (uint16_t u = 1; u < UNITS; u++) {
		snprintf(config.unit[u].name, PRICES_NAME_MAX, "U%u",
		    (unsigned)u);
		config.unit[u].rule = (struct prices_rule){
			.quorum = 1 + (uint32_t)below(2),
			.age_max_ms = 500 + below(3000),
			.dispersion_max = ppb_from_raw(20000000),
			.band_max = ppb_from_raw(300000000) };
	}
	config.unit[1].rule.is_constant_unsafe = below(2) == 0;
	config.unit[1].rule.constant = px("1");
	config.unit[6].wrap = (struct prices_wrap){
		.is_wrapped = true, .by_rate = below(2) == 0,
		.of = (uint16_t)(2 + below(4)), .age_max_ms = 2000,
		.pinned = px("1.1"), .pinned_ms = NOW - 1000000000,
		.growth_max = ppb_from_raw(900000000),
		.fall_max = ppb_from_raw(100000000),
		.gap_max = ppb_from_raw(50000000) };
	for (uint16_t u = 1; u < UNITS; u++)
		for (uint16_t k = 0; k < 4; k++) {
			uint16_t m = market(k, (uint16_t)below(4), u,
			    below(3) == 0 ? (uint16_t)below(u) :
			    USD);

			config.market[m].correlation_id =
			    (uint16_t)below(3);
			config.market[m].age_max_ms = below(4) == 0 ?
			    700 : 0;
			config.market[m].is_inverse = below(8) == 0;
			config.market[m].weight = 1 + (uint32_t)below(
			    PRICES_WEIGHT_MAX);
			config.market[m].pinned_ms = below(2) == 0 ?
			    NOW + below(60000) : 0;
		}
	world_init();
}

static void
random_say(uint64_t now_ms)
{
	uint64_t what = below(20);
	uint16_t m = (uint16_t)below(config.market_count);
	u128 one = 1000000000000000000u, mid = one + below(50) * one /
	    1000;
	struct prices_tick t = { .market = m, .recv_ms = now_ms };

	if (below(200) == 0)	/* an earlier life's doubt */
		prices_listing_restore(&prices, m, &(struct prices_listing){
		    .price = px18_from_raw(mid), .seen_ms = now_ms,
		    .doubt_ms = now_ms });
	t.exchange_ms = below(30) == 0 ? 0 :
	    now_ms + below(60) - below(200);
	if (below(40) == 0)
		t.exchange_ms = now_ms + below(14000);
	if (what == 0) {
		prices_apply_heartbeat(&prices, (uint16_t)below(4),
		    t.exchange_ms, now_ms);
		return;
	}
	if (what == 1) {
		(void)!prices_apply_rate(&prices, 6, px18_from_raw(mid +
		    one / 10), t.exchange_ms, now_ms);
		return;
	}
	t.has_last = what > 12;
	t.last = px18_from_raw(mid);
	t.has_book = what > 2 && what < 16;
	t.bid = px18_from_raw(mid - one / 1000);
	t.ask = px18_from_raw(below(20) == 0 ? mid - one / 500 :
	    mid + one / 1000);
	prices_apply_tick(&prices, &t);
}

static void
assert_price_equal(const struct price *a, const struct price *b)
{
	assert_true(price_is_same(a, b));
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->sources, b->sources);
	assert_int_equal(a->age_ms, b->age_ms);
	assert_int_equal(a->skew_ms, b->skew_ms);
}

static void
prices_compute__equals_computing_all_anew(void **state)
{
	static struct prices all;
	uint64_t taken = 0, anew = 0;

	(void)state;
	for (seed = 1; seed < 400000; seed += 4001) {
		uint64_t now = NOW, keep = seed;

		random_world();
		for (size_t i = 0; i < 400; i++) {
			uint64_t says = below(4);

			now += below(5) == 0 ? below(1500) :
			    below(3);
			for (uint64_t k = 0; k < says; k++)
				random_say(now);
			/* A clock that goes back, now and then. */
			if (below(100) == 0)
				now -= below(1000);
			all = prices;
			for (size_t u = 0; u < UNITS; u++)
				all.cache[u].is_dirty = true;
			prices_compute(&prices, now);
			prices_compute(&all, now);
			for (size_t u = 0; u < UNITS; u++) {
				assert_price_equal(&prices.price[u],
				    &all.price[u]);
				assert_price_equal(&prices.rated[u],
				    &all.rated[u]);
				assert_memory_equal(&prices.single[u],
				    &all.single[u], sizeof(all.single[u]));
				assert_true(prices.cache[u].oldest_ms ==
				    all.cache[u].oldest_ms);
			}
			for (size_t m = 0; m < config.market_count; m++) {
				assert_int_equal(prices.source[m].vote,
				    all.source[m].vote);
				assert_int_equal(px18_compare(
				    prices.source[m].mid, all.source[m].mid),
				    0);
				assert_int_equal(prices.source[m].time_ms,
				    all.source[m].time_ms);
			}
			anew += config.market_count;
		}
		taken += prices.votes;
		seed = keep;
	}
	/* It did keep something. */
	assert_true(taken * 10 < anew * 9);
}

/* A tick of one unit among a hundred costs its own votes. */
static void
prices_compute__takes_the_votes_of_what_was_said(void **state)
{
	struct prices_tick t = { .has_last = true, .last = px("5"),
	    .exchange_ms = NOW, .recv_ms = NOW };
	uint64_t before;

	(void)state;
	world_begin();
	config.unit_count = 101;
	for (uint16_t u = 1; u < 101; u++) {
		config.unit[u].rule = config.unit[ETH].rule;
		for (uint16_t v = 0; v < 10; v++)
			market(v, v, u, USD);
	}
	world_init();
	for (t.market = 0; t.market < 1000; t.market++)
		prices_apply_tick(&prices, &t);
	prices_compute(&prices, NOW);
	assert_int_equal(prices.votes, 1000);
	for (uint64_t ms = 1; ms <= 100; ms++) {
		before = prices.votes;
		t.market = (uint16_t)(ms * 7);
		t.exchange_ms = t.recv_ms = NOW + ms;
		prices_apply_tick(&prices, &t);
		prices_compute(&prices, NOW + ms);
		assert_int_equal(prices.votes - before, 10);
	}
	/* And a time limit is not overslept. */
	prices_compute(&prices, NOW + 3000);
	assert_int_equal(prices.price[100].status, PRICE_OK);
	prices_compute(&prices, NOW + 3001);
	assert_int_equal(prices.price[100].reason, REASON_STALE);
}

/* USDT is priced by what it buys: 1.25 of it for a dollar. */
static void
prices_apply_tick__turns_an_inverse_market_round(void **state)
{
	(void)state;
	world_begin();
	config.unit[USDT].rule = config.unit[ETH].rule;
	config.unit[USDT].rule.quorum = 1;
	config.unit[ETH].rule.quorum = 1;
	market(0, 0, USDT, USD);
	market(1, 1, ETH, USDT);
	config.market[0].is_inverse = true;
	world_init();
	book(0, "1.25", "1.28", NOW);
	last(1, "2000", NOW);
	prices_compute(&prices, NOW);
	assert_px(prices.quote[0].bid, "0.78125");
	assert_px(prices.quote[0].ask, "0.8");
	assert_px(prices.price[USDT].mid, "0.790625");
	assert_px(prices.price[ETH].mid, "1581.25");
	book(0, "3", "3", NOW);
	assert_px(prices.quote[0].bid, "0.333333333333333333");
	assert_px(prices.quote[0].ask, "0.333333333333333334");
	/* Nothing for a dollar is no price. */
	book(0, "0", "3", NOW);
	prices_compute(&prices, NOW);
	assert_int_equal(prices.source[0].vote, VOTE_SILENT);
}

/* A price is as old as the oldest thing it rests on. */
static void
prices_compute__carries_the_conversions_age(void **state)
{
	(void)state;
	world_begin();
	config.unit[USDT].rule = config.unit[ETH].rule;
	config.unit[USDT].rule.age_max_ms = 30000;
	market(0, 0, USDT, USD);
	market(1, 1, USDT, USD);
	market(2, 2, ETH, USDT);
	market(3, 3, ETH, USD);
	world_init();
	last(0, "1", NOW - 20000);
	last(1, "1", NOW - 4000);
	last(2, "2000", NOW - 100);
	last(3, "2000", NOW - 200);
	prices_compute(&prices, NOW);
	assert_int_equal(prices.price[ETH].status, PRICE_OK);
	assert_int_equal(prices.price[ETH].age_ms, 20000);
	prices_compute(&prices, NOW + 50);
	assert_int_equal(prices.price[ETH].age_ms, 20050);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prices_compute__equals_computing_all_anew),
		cmocka_unit_test(
		    prices_compute__takes_the_votes_of_what_was_said),
		cmocka_unit_test(
		    prices_apply_tick__turns_an_inverse_market_round),
		cmocka_unit_test(prices_compute__carries_the_conversions_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
