/* A ticker that vanished, or came back as something else (incident R11). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/prices_world.h"

#define HOUR UINT64_C(3600000)

/* Venue 0 lists ETH (market 0) and BTC-like talk (market 1). */
static void
listing_begin(void)
{
	world_begin();
	config.unit[ETH].rule.quorum = 1;
	market(0, 0, ETH, USD);
	market(0, 0, USDT, USD);
	config.unit[USDT].rule = config.unit[ETH].rule;
	world_init();
}

static void
say(uint16_t m, const char *price, uint64_t ms)
{
	const struct prices_tick t = { .market = m, .has_last = true,
	    .last = px(price), .exchange_ms = ms, .recv_ms = ms };

	prices_apply_tick(&prices, &t);
}

static enum prices_vote
vote(uint64_t ms)
{
	prices_compute(&prices, ms);
	return prices.source[0].vote;
}

/* The venue talks of another market, twice a minute. */
static void
talk(uint64_t from, uint64_t until)
{
	for (uint64_t ms = from; ms < until; ms += 30000)
		say(1, "1", ms);
}

static void
prices_apply_tick__doubts_what_vanished_for_a_day(void **state)
{
	uint64_t back = NOW + 24 * HOUR;

	(void)state;
	listing_begin();
	say(0, "100", NOW);
	talk(NOW, back);
	say(0, "100", back);
	assert_int_equal(vote(back), VOTE_COUNTED);
	talk(back, back + 24 * HOUR + 1);
	say(0, "100", back + 24 * HOUR + 1);
	assert_int_equal(vote(back + 24 * HOUR + 1), VOTE_DOUBTED);
	assert_int_equal(prices.price[ETH].reason, REASON_IDENTITY);
	/* Talking on does not settle it; an operator does. */
	say(0, "100", back + 25 * HOUR);
	assert_int_equal(vote(back + 25 * HOUR), VOTE_DOUBTED);
	config.market[0].pinned_ms = back + 24 * HOUR;
	say(0, "100", back + 25 * HOUR + 1);
	assert_int_equal(vote(back + 25 * HOUR + 1), VOTE_DOUBTED);
	config.market[0].pinned_ms = back + 24 * HOUR + 1;
	say(0, "100", back + 25 * HOUR + 2);
	assert_int_equal(vote(back + 25 * HOUR + 2), VOTE_COUNTED);
}

/* Two days without the venue, ours or its own, say nothing of a listing. */
static void
prices_apply_tick__doubts_nothing_over_the_venues_own_silence(void **state)
{
	(void)state;
	listing_begin();
	say(0, "100", NOW);
	say(1, "1", NOW + 48 * HOUR);
	say(0, "101", NOW + 48 * HOUR);
	assert_int_equal(vote(NOW + 48 * HOUR), VOTE_COUNTED);
}

static void
prices_apply_tick__doubts_what_comes_back_far_away(void **state)
{
	uint64_t gap = PRICES_LISTING_GAP_MS;

	(void)state;
	listing_begin();
	say(0, "0.00005", NOW);
	say(0, "0.005", NOW + gap + 1);	/* 100 times: not more */
	assert_int_equal(vote(NOW + gap + 1), VOTE_COUNTED);
	listing_begin();
	say(0, "0.00005", NOW);
	say(0, "0.0050500001", NOW + gap + 1);
	assert_int_equal(vote(NOW + gap + 1), VOTE_DOUBTED);
	/* A crash without a gap is the price, however far. */
	listing_begin();
	say(0, "100", NOW);
	say(0, "0.001", NOW + gap);
	assert_int_equal(vote(NOW + gap), VOTE_COUNTED);
	/* And what an address names is itself. */
	config.market[0].is_by_address = true;
	say(0, "100", NOW + 3 * gap);
	assert_int_equal(vote(NOW + 3 * gap), VOTE_COUNTED);
	config.market[0].is_by_address = false;
}

static void
prices_apply_tick__learns_nothing_from_an_impossible_time(void **state)
{
	struct prices_tick t = { .market = 0, .has_last = true,
	    .last = px("100"), .exchange_ms = NOW + 1000 * HOUR,
	    .recv_ms = NOW };

	(void)state;
	listing_begin();
	prices_apply_tick(&prices, &t);
	assert_int_equal(prices.listing[0].seen_ms, 0);
	t.exchange_ms = 0;
	prices_apply_tick(&prices, &t);
	assert_int_equal(prices.listing[0].seen_ms, 0);
}

/* A day of its own is enough where the price says so too: nobody else
 * talked. */
static void
prices_apply_tick__doubts_what_comes_back_from_a_day_half_away(void **state)
{
	static const struct {
		const char *price;
		uint64_t after;
		enum prices_vote vote;
	} cases[] = {
		{ "50", 24 * HOUR + 1, VOTE_COUNTED },
		{ "49.999999999999999999", 24 * HOUR + 1, VOTE_DOUBTED },
		{ "150", 24 * HOUR + 1, VOTE_COUNTED },
		{ "150.000000000000000001", 24 * HOUR + 1, VOTE_DOUBTED },
		{ "49", 24 * HOUR, VOTE_COUNTED },
		{ "151", 24 * HOUR, VOTE_COUNTED },
		{ "49", 2000 * HOUR, VOTE_DOUBTED },
	};
	struct prices_listing kept;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		uint64_t back = NOW + cases[i].after;

		listing_begin();
		say(0, "100", NOW);
		say(0, cases[i].price, back);
		assert_int_equal(vote(back), cases[i].vote);
		/* The same where we were away ourselves. */
		listing_begin();
		say(0, "100", NOW);
		prices_listing_keep(&kept, &prices, 0);
		listing_begin();
		prices_listing_restore(&prices, 0, &kept);
		say(0, cases[i].price, back);
		assert_int_equal(vote(back), cases[i].vote);
	}
}

/* Nobody has seen what a pin that lies ahead speaks of. */
static void
prices_apply_tick__is_not_settled_by_a_pin_ahead(void **state)
{
	uint64_t back = NOW + 25 * HOUR;

	(void)state;
	listing_begin();
	config.market[0].pinned_ms = back + HOUR;
	say(0, "100", NOW);
	say(0, "1", back);
	assert_int_equal(vote(back), VOTE_DOUBTED);
	say(0, "1", back + HOUR - 1);
	assert_int_equal(vote(back + HOUR - 1), VOTE_DOUBTED);
	/* Nothing else is said: the moment alone has come. */
	assert_int_equal(vote(back + HOUR), VOTE_COUNTED);
}

/* What a life remembers, the next one goes on from. */
static void
prices_listing_restore__goes_on_from_an_earlier_life(void **state)
{
	struct prices_listing kept;
	uint64_t later = NOW + 1000 * HOUR;

	(void)state;
	listing_begin();
	say(0, "100", NOW);
	talk(NOW, NOW + 20 * HOUR);
	prices_listing_keep(&kept, &prices, 0);
	assert_int_equal(kept.seen_ms, NOW);
	assert_in_range(kept.talk_ms, 19 * HOUR, 20 * HOUR);
	listing_begin();
	say(1, "1", later);
	prices_listing_restore(&prices, 0, &kept);
	talk(later, later + 3 * HOUR);
	say(0, "100", later + 3 * HOUR);
	assert_int_equal(vote(later + 3 * HOUR), VOTE_COUNTED);
	listing_begin();
	say(1, "1", later);
	prices_listing_restore(&prices, 0, &kept);
	talk(later, later + 5 * HOUR);
	say(0, "100", later + 5 * HOUR);
	assert_int_equal(vote(later + 5 * HOUR), VOTE_DOUBTED);
	prices_listing_keep(&kept, &prices, 0);
	assert_int_equal(kept.doubt_ms, later + 5 * HOUR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    prices_apply_tick__doubts_what_vanished_for_a_day),
		cmocka_unit_test(
		    prices_apply_tick__doubts_nothing_over_the_venues_own_silence),
		cmocka_unit_test(
		    prices_apply_tick__doubts_what_comes_back_far_away),
		cmocka_unit_test(
		    prices_apply_tick__learns_nothing_from_an_impossible_time),
		cmocka_unit_test(
		    prices_apply_tick__doubts_what_comes_back_from_a_day_half_away),
		cmocka_unit_test(
		    prices_apply_tick__is_not_settled_by_a_pin_ahead),
		cmocka_unit_test(
		    prices_listing_restore__goes_on_from_an_earlier_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
