/* The book as a whole: sums go in and come out again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "margin/aggregate.h"
#include "tests/margin_world.h"
#include "tests/must_expected.h"

static struct verdict
verdict_of(enum vault_state state, const char *collateral, const char *debt,
    const char *weighted_collateral, const char *weighted_debt)
{
	struct verdict d;

	memset(&d, 0, sizeof(d));
	d.state = state;
	d.value.collateral_value = usd(collateral);
	d.value.debt_value = usd(debt);
	d.value.mid.weighted_collateral = usd(weighted_collateral);
	d.value.mid.weighted_debt = usd(weighted_debt);
	/* Any other end must not be counted. */
	d.value.worst.weighted_collateral = usd("1");
	d.value.best.weighted_debt = usd("1000");
	return d;
}

static void
aggregate_add__sums_values_and_counts_states(void **state)
{
	struct verdict one = verdict_of(STATE_HEALTHY, "200", "100", "160",
	    "100");
	struct verdict two = verdict_of(STATE_LIQUIDATABLE, "100", "90",
	    "80", "99");
	struct aggregate a = { 0 };

	(void)state;
	assert_true(wad_is_infinite(aggregate_collateralization_ratio(&a)));
	assert_true(wad_is_infinite(aggregate_health(&a)));
	assert_int_equal(aggregate_add(&a, &one), ERR_OK);
	assert_string_equal(wad_text(aggregate_collateralization_ratio(&a)),
	    "2");
	assert_string_equal(wad_text(aggregate_health(&a)), "1.6");
	assert_int_equal(aggregate_add(&a, &two), ERR_OK);
	assert_int_equal(a.vaults, 2);
	assert_int_equal(a.states[STATE_HEALTHY], 1);
	assert_int_equal(a.states[STATE_LIQUIDATABLE], 1);
	/* 300 / 190 and 240 / 199: of the sums, not a mean of 2 and 1.11. */
	assert_string_equal(wad_text(aggregate_collateralization_ratio(&a)),
	    "1.578947368421052631");
	assert_string_equal(wad_text(aggregate_health(&a)),
	    "1.206030150753768844");
	aggregate_remove(&a, &one);
	assert_int_equal(a.vaults, 1);
	assert_int_equal(a.states[STATE_HEALTHY], 0);
	assert_string_equal(wad_text(aggregate_collateralization_ratio(&a)),
	    "1.111111111111111111");
	assert_string_equal(wad_text(aggregate_health(&a)),
	    "0.80808080808080808");
}

static void
aggregate_add__counts_stale_without_its_value(void **state)
{
	struct verdict stale = verdict_of(STATE_STALE, "5", "6", "7", "8");
	struct aggregate a = { 0 };

	(void)state;
	assert_int_equal(aggregate_add(&a, &stale), ERR_OK);
	assert_int_equal(a.vaults, 1);
	assert_int_equal(a.states[STATE_STALE], 1);
	assert_true(usd18_is_zero(a.collateral_value));
	assert_true(usd18_is_zero(a.debt_value));
	assert_true(usd18_is_zero(a.weighted_collateral));
	assert_true(usd18_is_zero(a.weighted_debt));
	aggregate_remove(&a, &stale);
	assert_int_equal(a.vaults, 0);
	assert_int_equal(a.states[STATE_STALE], 0);
}

static void
aggregate_add__leaves_the_sums_alone_where_one_does_not_fit(void **state)
{
	static const size_t fields[] = {
		offsetof(struct aggregate, collateral_value),
		offsetof(struct aggregate, debt_value),
		offsetof(struct aggregate, weighted_collateral),
		offsetof(struct aggregate, weighted_debt),
	};
	struct verdict one = verdict_of(STATE_RESTRICTED,
	    "0.000000000000000001", "0.000000000000000001",
	    "0.000000000000000001", "0.000000000000000001");

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
		struct aggregate a, before;
		struct usd18 full = usd18_from_raw(I128_MAX);

		memset(&a, 0, sizeof(a));
		memcpy((char *)&a + fields[i], &full, sizeof(full));
		before = a;
		assert_int_equal(aggregate_add(&a, &one), ERR_RANGE);
		assert_memory_equal(&a, &before, sizeof(a));
		full = usd18_from_raw(I128_MAX - 1);
		memcpy((char *)&a + fields[i], &full, sizeof(full));
		assert_int_equal(aggregate_add(&a, &one), ERR_OK);
	}
}

static void
aggregate_remove__refuses_what_was_not_added(void **state)
{
	struct verdict one = verdict_of(STATE_HEALTHY, "2", "1", "2", "1");
	struct verdict other = verdict_of(STATE_RESTRICTED, "2", "1", "2",
	    "1");
	struct verdict more = verdict_of(STATE_HEALTHY,
	    "2.000000000000000001", "1", "2", "1");
	struct aggregate a = { 0 };

	(void)state;
	expect_assert_failure(aggregate_remove(&a, &one));
	assert_int_equal(aggregate_add(&a, &one), ERR_OK);
	expect_assert_failure(aggregate_remove(&a, &other));
	expect_assert_failure(aggregate_remove(&a, &more));
}

#define VERDICTS 300u

static void
aggregate__agrees_with_sums_over_random_vaults(void **state)
{
	static struct world w;
	static struct verdict d[VERDICTS];
	struct aggregate a = { 0 }, sums = { 0 };
	uint64_t seed = 31;

	(void)state;
	for (size_t i = 0; i < VERDICTS; i++) {
		world_random(&w, &seed);
		verdict_from_vault(&d[i], &w.book, &w.vault, &w.market);
		/* A million times the world's money is left to another test. */
		if (usd18_compare(d[i].value.collateral_value,
		    usd("1000000000000")) > 0) {
			i--;
			continue;
		}
		assert_int_equal(aggregate_add(&a, &d[i]), ERR_OK);
	}
	for (size_t i = 0; i < VERDICTS; i += 3)
		aggregate_remove(&a, &d[i]);
	for (size_t i = 0; i < VERDICTS; i++) {
		if (i % 3 == 0)
			continue;
		sums.vaults++;
		sums.states[d[i].state]++;
		sums.collateral_value = usd18_from_raw(
		    usd18_to_raw(sums.collateral_value) +
		    usd18_to_raw(d[i].value.collateral_value));
		sums.debt_value = usd18_from_raw(
		    usd18_to_raw(sums.debt_value) +
		    usd18_to_raw(d[i].value.debt_value));
		sums.weighted_collateral = usd18_from_raw(
		    usd18_to_raw(sums.weighted_collateral) +
		    usd18_to_raw(d[i].value.mid.weighted_collateral));
		sums.weighted_debt = usd18_from_raw(
		    usd18_to_raw(sums.weighted_debt) +
		    usd18_to_raw(d[i].value.mid.weighted_debt));
	}
	assert_memory_equal(&a, &sums, sizeof(a));
	assert_true(a.states[STATE_HEALTHY] > 0);
	assert_true(a.states[STATE_LIQUIDATABLE] > 0);
	for (size_t i = 0; i < VERDICTS; i++)
		if (i % 3 != 0)
			aggregate_remove(&a, &d[i]);
	memset(&sums, 0, sizeof(sums));
	assert_memory_equal(&a, &sums, sizeof(a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aggregate_add__sums_values_and_counts_states),
		cmocka_unit_test(
		    aggregate_add__counts_stale_without_its_value),
		cmocka_unit_test(
		    aggregate_add__leaves_the_sums_alone_where_one_does_not_fit),
		cmocka_unit_test(aggregate_remove__refuses_what_was_not_added),
		cmocka_unit_test(
		    aggregate__agrees_with_sums_over_random_vaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
