/* What prices come to, in random runs, against plain sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/aggregate.h"
#include "tests/prices_world.h"
#include "tests/random.h"

/* What each vote weighs, in parts of 3600 (groups of up to six): its part of
 * the largest of its group's weights, and no group of three or more holds half
 * of all.  Nothing, where it is dropped. */
static void
dumb_weights(uint64_t *weight, const struct vote *votes, size_t n,
    const bool *dropped)
{
	uint64_t whole[VOTES_MAX] = { 0 };

	for (size_t i = 0; i < n; i++) {
		size_t size = 0, most = 0;

		for (size_t k = 0; k < n; k++) {
			if (votes[k].group != votes[i].group)
				continue;
			size++;
			if (votes[k].weight > most)
				most = votes[k].weight;
		}
		whole[i] = dropped[i] ? 0 : 3600 * most / size;
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t group[VOTES_MAX] = { 0 }, own, rest = 0, least = 0;
		size_t members = 0, others = 0;

		weight[i] = whole[i];
		for (size_t k = 0; k < n; k++) {
			group[votes[k].group] += whole[k];
			members += votes[k].group == votes[i].group &&
			    !dropped[k];
		}
		own = group[votes[i].group];
		group[votes[i].group] = 0;
		for (size_t g = 0; g < VOTES_MAX; g++) {
			rest += group[g];
			others += group[g] > 0;
			if (group[g] > 0 && (least == 0 || group[g] < least))
				least = group[g];
		}
		if (!dropped[i] && others > 0 && own >= rest)
			weight[i] = (others == 1 ? rest : rest - least) /
			    members;
	}
}

/* The smallest value that so many quarters of the weight do not exceed. */
static u128
dumb_part(const struct vote *votes, const uint64_t *weight, size_t n,
    bool spreads, unsigned part)
{
	uint64_t all = 0;
	u128 best = ~(u128)0;

	for (size_t i = 0; i < n; i++)
		all += weight[i];
	for (size_t i = 0; i < n; i++) {
		u128 v = px18_to_raw(spreads ? votes[i].spread :
		    votes[i].mid);
		uint64_t reach = 0;

		for (size_t k = 0; k < n; k++)
			if (px18_to_raw(spreads ? votes[k].spread :
			    votes[k].mid) <= v)
				reach += weight[k];
		if (weight[i] > 0 && 4 * reach >= part * all && v < best)
			best = v;
	}
	return best;
}

static size_t
dumb_groups(const struct vote *votes, size_t n, const bool *dropped)
{
	size_t groups = 0;

	for (uint32_t g = 0; g < VOTES_MAX; g++)
		for (size_t i = 0; i < n; i++)
			if (votes[i].group == g && !dropped[i]) {
				groups++;
				break;
			}
	return groups;
}

/* The farthest value. */
static u128
dumb_end(const struct vote *votes, size_t n, bool is_high)
{
	u128 end = px18_to_raw(votes[0].mid);

	for (size_t i = 0; i < n; i++) {
		u128 v = px18_to_raw(votes[i].mid);

		if (is_high ? v > end : v < end)
			end = v;
	}
	return end;
}

static enum err
dumb_aggregate(struct vote_result *out, bool *dropped,
    const struct vote *votes, size_t n, const struct vote_rule *rule)
{
	uint64_t weight[VOTES_MAX], all = 0, gone = 0;
	bool none[VOTES_MAX] = { false };
	u128 m, low, high, half;

	memset(dropped, 0, VOTES_MAX * sizeof(bool));
	if (dumb_groups(votes, n, none) < rule->quorum)
		return ERR_QUORUM;
	dumb_weights(weight, votes, n, none);
	m = dumb_part(votes, weight, n, false, 2);
	for (size_t i = 0; i < n; i++) {
		u128 v = px18_to_raw(votes[i].mid), d = v > m ? v - m : m - v;

		dropped[i] = d * 1000000000u >
		    (u128)ppb_to_raw(rule->dispersion_max) * m;
		all += weight[i];
		gone += dropped[i] ? weight[i] : 0;
	}
	out->is_dispersed = 3 * gone > all;
	if (out->is_dispersed)
		memset(dropped, 0, VOTES_MAX * sizeof(bool));
	out->groups = (uint32_t)dumb_groups(votes, n, dropped);
	if (out->groups < rule->quorum)
		return ERR_QUORUM;
	dumb_weights(weight, votes, n, dropped);
	m = dumb_part(votes, weight, n, false, 2);
	low = m - (out->is_dispersed ? dumb_end(votes, n, false) :
	    dumb_part(votes, weight, n, false, 1));
	high = (out->is_dispersed ? dumb_end(votes, n, true) :
	    dumb_part(votes, weight, n, false, 3)) - m;
	half = (dumb_part(votes, weight, n, true, 2) + 1) / 2;
	low = low > half ? low : half;
	high = high > half ? high : half;
	if (!out->is_dispersed)
		low = high = low > high ? low : high;
	out->mid = px18_from_raw(m);
	out->down = px18_from_raw(low);
	out->up = px18_from_raw(high);
	return ERR_OK;
}

static void
votes_aggregate__agrees_with_plain_sums(void **state)
{
	size_t results[2] = { 0 }, dispersed = 0, outliers = 0;

	(void)state;
	seed = 0x1234567890abcdef;
	for (unsigned run = 0; run < 40000; run++) {
		struct vote votes[8];
		bool dropped[VOTES_MAX];
		size_t n = below(9);
		struct vote_rule rule = { 1 + (uint32_t)below(4),
		    ppb_from_raw((uint32_t)below(60000000)) };
		struct vote_result got = { 0 }, want = { 0 };
		enum err e;

		for (size_t i = 0; i < n; i++)
			votes[i] = (struct vote){
			    px18_from_raw(1000 + below(60) +
				(below(8) == 0 ? 1000u : 0u)),
			    px18_from_raw(below(40)),
			    (uint32_t)below(6),
			    1 + (uint32_t)below(VOTE_WEIGHT_MAX),
			    below(2) == 0 };
		/* Sizes whose parts of 3600 are whole: not seven. */
		for (size_t i = 6; i < n; i++)
			votes[i].group = (uint32_t)i;
		e = votes_aggregate(&got, votes, n, &rule);
		assert_int_equal(e, dumb_aggregate(&want, dropped, votes, n,
		    &rule));
		results[e != ERR_OK]++;
		if (e != ERR_OK)
			continue;
		assert_int_equal(px18_compare(got.mid, want.mid), 0);
		assert_int_equal(px18_compare(got.down, want.down), 0);
		assert_int_equal(px18_compare(got.up, want.up), 0);
		assert_int_equal(got.groups, want.groups);
		assert_int_equal(got.is_dispersed, want.is_dispersed);
		dispersed += got.is_dispersed;
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(votes[i].is_outlier, dropped[i]);
			outliers += dropped[i];
		}
	}
	/* The run saw every kind of outcome. */
	assert_true(results[0] > 1000 && results[1] > 1000);
	assert_true(dispersed > 1000 && outliers > 1000);
}

/* A dumb reading of the grouping: what each vote hangs on, as a list, joined
 * until nothing changes. */
static uint32_t
dumb_world_groups(const struct prices *p, size_t unit)
{
	bool hangs[16][32] = { { false } };	/* vote x operator or unit */
	bool in[16] = { false };
	const struct prices_config *c = p->config;
	uint32_t groups = 0;
	bool changed = true;

	for (size_t i = 0; i < c->market_count; i++) {
		size_t q = c->market[i].quote;

		in[i] = c->market[i].base == unit &&
		    p->source[i].vote == VOTE_COUNTED;
		if (!in[i])
			continue;
		hangs[i][c->market[i].operator_id] = true;
		if (q == USD || dumb_world_groups(p, q) != 1)
			continue;
		hangs[i][20 + q] = true;
		for (size_t k = 0; k < c->market_count; k++)
			if (c->market[k].base == q &&
			    p->source[k].vote == VOTE_COUNTED)
				hangs[i][c->market[k].operator_id] = true;
	}
	while (changed) {
		changed = false;
		for (size_t i = 0; i < 16; i++)
			for (size_t k = 0; k < 16; k++) {
				bool meet = false;

				for (size_t x = 0; in[i] && in[k] && x < 32;
				    x++)
					meet |= hangs[i][x] && hangs[k][x];
				for (size_t x = 0; meet && x < 32; x++)
					if (hangs[i][x] && !hangs[k][x])
						hangs[k][x] = changed = true;
			}
	}
	for (size_t i = 0; i < 16; i++) {
		bool is_first = in[i];

		for (size_t k = 0; is_first && k < i; k++)
			if (in[k] && memcmp(hangs[i], hangs[k], 32) == 0)
				is_first = false;
		groups += is_first;
	}
	return groups;
}

static void
prices_compute__groups_like_the_dumb_reading(void **state)
{
	size_t seen[8] = { 0 };

	(void)state;
	seed = 0xfeedface12345;
	for (unsigned run = 0; run < 20000; run++) {
		uint16_t n = (uint16_t)(3 + below(8));

		world_begin();
		config.unit[USDT].rule.is_constant_unsafe = false;
		config.unit[USDT].rule.quorum = 1;
		config.unit[ETH].rule.quorum = 1;
		market(0, (uint16_t)below(4), USDT, USD);
		market(1, (uint16_t)below(4), ETH, USDT);
		for (uint16_t i = 2; i < n; i++)
			market(i, (uint16_t)below(6),
			    below(3) == 0 ? USDT : ETH, USD);
		for (uint16_t i = 2; i < n; i++)
			if (config.market[i].base == ETH)
				config.market[i].quote =
				    (uint16_t)below(2);
		world_init();
		for (uint16_t i = 0; i < n; i++)
			last(i, "1", below(5) == 0 ? NOW - 4000 : NOW);
		prices_compute(&prices, NOW);
		assert_int_equal(prices.price[USDT].sources,
		    dumb_world_groups(&prices, USDT));
		assert_int_equal(prices.price[ETH].sources,
		    dumb_world_groups(&prices, ETH));
		seen[prices.price[ETH].sources]++;
		/* Never a price of fewer than the quorum. */
		assert_int_equal(prices.price[ETH].status == PRICE_REFUSED,
		    prices.price[ETH].sources == 0);
	}
	assert_true(seen[0] > 100 && seen[1] > 1000 && seen[3] > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(votes_aggregate__agrees_with_plain_sums),
		cmocka_unit_test(prices_compute__groups_like_the_dumb_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
