/* The scan against ratio_evaluate: on random books, by every set of
 * instructions, no vault spurious, none missed, and few unsure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/scan.h"
#include "tests/must_expected.h"
#include "tests/vaults_world.h"

#define VAULTS 4096u
#define BLOCKS 700u
#define WORLDS 12

static struct world w;
static struct vaults store;
static void *arena;
static struct scan_prices prices;
static struct px18 price[BOOK_ASSETS_MAX];

static void
store_again(void)
{
	free(arena);
	arena = store_begin(&store, VAULTS, &w.book);
}

static int
store_free(void **state)
{
	(void)state;
	free(arena);
	arena = NULL;
	return 0;
}

static void
prices_mid(void)
{
	for (size_t i = 0; i < w.book.asset_count; i++)
		price[i] = w.market.asset[i].price.mid;
	assert_int_equal(scan_prices_from(&prices, &store, price, price,
	    SCAN_MAINTENANCE), ERR_OK);
}

static void
random_store(uint64_t *seed, uint32_t count)
{
	uint32_t at;

	world_priced(&w, seed);
	store_again();
	for (uint32_t i = 0; i < count; i++) {
		world_vault(&w, seed, 24);
		vault_number(&w.vault, i);
		assert_int_equal(vaults_put(&at, &store, &w.vault), ERR_OK);
		assert_int_equal(at, i);
	}
}

struct tally {
	uint32_t below, above, unsure, seen;
};

/* An unsure vault is within the interval: 2^52 units as the header counts. */
static void
assert_is_near(const struct vault *v, struct usd18 surplus)
{
	i128 legs = v->collateral_count + v->debt_count;
	i128 excess = usd18_to_raw(surplus);
	i128 limit = (3 * legs + 2) * ((i128)1 << 52);

	limit = prices.exponent < 0 ? (limit >> -prices.exponent) + 1 :
	    limit << prices.exponent;
	assert_true(excess <= limit && excess >= -limit);
}

/* The surplus by the exact functions, leg by leg; false beyond their range. */
static bool
surplus_of(struct usd18 *out, const struct vault *v,
    const struct px18 *held, const struct px18 *owed, bool is_initial)
{
	struct usd18 sum = usd18_zero();
	struct ratio_leg leg;
	u128 atoms;

	for (size_t i = 0; i < v->collateral_count; i++) {
		uint8_t slot = v->collateral[i].asset;
		const struct asset *a = &w.book.assets[slot];
		const struct asset_rules *r = &a->rules[v->mode];

		if (ratio_value_collateral(&leg, a, v->collateral[i].amount,
		    held[slot], is_initial ? r->ltv :
		    r->liquidation_threshold) != ERR_OK ||
		    usd18_add(&sum, sum, leg.weighted) != ERR_OK)
			return false;
	}
	for (size_t i = 0; i < v->debt_count; i++) {
		uint8_t slot = v->debt[i].asset;
		const struct asset *a = &w.book.assets[slot];

		if (book_debt_atoms(&atoms, &w.book, &v->debt[i]) != ERR_OK ||
		    ratio_value_debt(&leg, a, atoms, owed[slot],
		    a->rules[v->mode].debt_weight) != ERR_OK ||
		    usd18_sub(&sum, sum, leg.weighted) != ERR_OK)
			return false;
	}
	*out = sum;
	return true;
}

/* What a mask says of one vault must be what the exact functions say. */
static void
compare_vault(struct tally *t, const struct scan_mask *masks, uint32_t slot,
    const struct px18 *held, const struct px18 *owed, bool is_initial)
{
	struct vaults_place at;
	struct usd18 surplus = usd18_zero();
	struct vault v;
	bool is_below, is_unsure, is_good;

	assert_int_equal(vaults_get(&v, &store, slot), ERR_OK);
	assert_int_equal(vaults_place_of(&at, &store, slot), ERR_OK);
	is_below = (masks[at.block].below >> at.lane & 1) != 0;
	is_unsure = (masks[at.block].unsure >> at.lane & 1) != 0;
	assert_false(is_below && is_unsure);
	if (v.debt_count == 0) {
		assert_false(is_below || is_unsure);
		return;
	}
	t->seen++;
	is_good = surplus_of(&surplus, &v, held, owed, is_initial);
	if (is_unsure) {
		t->unsure++;
		if (is_good && (store.block[at.block].odd >> at.lane & 1) == 0)
			assert_is_near(&v, surplus);
		return;
	}
	assert_true(is_good);
	assert_int_equal(is_below, usd18_is_negative(surplus));
	if (is_below)
		t->below++;
	else
		t->above++;
}

/* All levels give the masks of the first, also from the middle. */
static void
run_all(struct scan_mask *masks)
{
	static struct scan_mask again[BLOCKS];
	uint32_t n = vaults_block_count(&store);

	assert_true(n <= BLOCKS);
	scan_run_at(SCAN_PORTABLE, masks, &store, &prices, 0, n);
	for (enum scan_level l = SCAN_PORTABLE; l <= scan_level_best(); l++) {
		memset(again, 0xff, sizeof(again));
		scan_run_at(l, again, &store, &prices, 0, n);
		assert_memory_equal(masks, again, n * sizeof(*masks));
		scan_run_at(l, again, &store, &prices, n / 2, n - n / 2);
		assert_memory_equal(&masks[n / 2], again,
		    (n - n / 2) * sizeof(*masks));
	}
	scan_run(again, &store, &prices, 0, n);
	assert_memory_equal(masks, again, n * sizeof(*masks));
}

/* Lanes that hold nothing are in no mask. */
static void
assert_masks_are_of_vaults(const struct scan_mask *masks)
{
	for (uint32_t b = 0; b < vaults_block_count(&store); b++)
		assert_true(((masks[b].below | masks[b].unsure) &
		    ~vaults_lanes(&store, b)) == 0);
}

static void
scan_run__agrees_with_ratio_evaluate(void **state)
{
	static struct scan_mask masks[BLOCKS];
	struct tally t = { 0, 0, 0, 0 };
	uint64_t seed = 5;

	(void)state;
	for (int i = 0; i < WORLDS; i++) {
		random_store(&seed, VAULTS);
		prices_mid();
		run_all(masks);
		assert_masks_are_of_vaults(masks);
		for (uint32_t slot = 0; slot < VAULTS; slot++) {
			struct ratio_result r;
			struct usd18 s;
			struct vault v;

			compare_vault(&t, masks, slot, price, price, false);
			assert_int_equal(vaults_get(&v, &store, slot), ERR_OK);
			if (ratio_evaluate(&r, &w.book, &v, &w.market) !=
			    ERR_OK)
				continue;
			assert_true(surplus_of(&s, &v, price, price, false));
			assert_true(usd18_to_raw(s) ==
			    usd18_to_raw(r.mid.excess));
		}
	}
	print_message("below %u, above %u, unsure %u\n", t.below, t.above,
	    t.unsure);
	assert_true(t.below > 1000 && t.above > 1000);
}

/* Collateral at the least price, debts at the most, by LTV. */
static void
scan_run__takes_two_vectors_and_ltv(void **state)
{
	static struct scan_mask masks[BLOCKS];
	struct px18 low[BOOK_ASSETS_MAX], high[BOOK_ASSETS_MAX];
	struct tally t = { 0, 0, 0, 0 };
	uint64_t seed = 77;

	(void)state;
	for (int i = 0; i < WORLDS; i++) {
		random_store(&seed, VAULTS / 4);
		for (size_t a = 0; a < w.book.asset_count; a++) {
			const struct market_price *p = &w.market.asset[a];

			low[a] = px18_min(p->price.low, p->twap);
			high[a] = px18_max(p->price.high, p->twap);
		}
		assert_int_equal(scan_prices_from(&prices, &store, low, high,
		    SCAN_INITIAL), ERR_OK);
		run_all(masks);
		for (uint32_t slot = 0; slot < VAULTS / 4; slot++)
			compare_vault(&t, masks, slot, low, high, true);
	}
	assert_true(t.below > 500 && t.above > 500);
}

/* Amounts and prices up to and beyond every limit. */
static void
scan_run__is_right_at_the_extremes(void **state)
{
	static struct scan_mask masks[BLOCKS];
	struct tally t = { 0, 0, 0, 0 };
	uint64_t seed = 31;

	(void)state;
	for (int i = 0; i < 4 * WORLDS; i++) {
		world_priced(&w, &seed);
		store_again();
		for (size_t a = 0; a < w.book.asset_count; a++) {
			struct price *p = &w.market.asset[a].price;
			u128 accrual = random_magnitude(&seed, 23);

			p->mid = px18_from_raw(random_magnitude(&seed, 26));
			w.book.accrual[a] = random_one_in(&seed, 4) &&
			    px18_to_raw(p->mid) < pow10_u128(18) ?
			    wad_from_raw(WAD_ONE_RAW + accrual) : wad_one();
		}
		for (uint32_t k = 0; k < 256; k++) {
			struct leg *leg = w.vault.debt;
			uint32_t at;

			world_vault(&w, &seed, 38);
			for (size_t n = 0; n < w.vault.debt_count; n++)
				if (random_one_in(&seed, 3))
					leg[n].amount =
					    random_magnitude(&seed, 38);
			vault_number(&w.vault, k);
			assert_int_equal(vaults_put(&at, &store, &w.vault),
			    ERR_OK);
		}
		for (size_t a = 0; a < w.book.asset_count; a++)
			price[a] = w.market.asset[a].price.mid;
		if (scan_prices_from(&prices, &store, price, price,
		    SCAN_MAINTENANCE) != ERR_OK)
			continue;
		run_all(masks);
		for (uint32_t slot = 0; slot < 256; slot++)
			compare_vault(&t, masks, slot, price, price, false);
	}
	print_message("below %u, above %u, unsure %u\n", t.below, t.above,
	    t.unsure);
	assert_true(t.below > 100 && t.above > 100 && t.unsure > 100);
}

/* One vault of one collateral and one debt, at both sides of the interval. */
static void
one_vault(const char *held, const char *owed)
{
	uint32_t at;

	world_init(&w);
	world_hold(&w, world_asset(&w, 18, "2000", "0.7", "0.8"), held);
	world_owe(&w, world_asset(&w, 6, "1", "0", "0"), owed);
	store_again();
	vault_number(&w.vault, 1);
	assert_int_equal(vaults_put(&at, &store, &w.vault), ERR_OK);
	prices_mid();
}

static void
scan_run__is_unsure_only_near_zero(void **state)
{
	static const struct {
		const char *held, *owed;
		bool below, unsure;
	} rows[] = {
		/* One unit of 2^52 is 2.2 * 10^-6 USD here. */
		{ "10", "16000", false, true },
		{ "10", "15999.99999", false, false },
		{ "10", "15999.999998", false, true },
		{ "10", "16000.000005", false, true },
		{ "10", "16000.00001", true, false },
		{ "1000000", "1600000000", false, true },
		{ "1000000", "1599999999.9999", false, false },
		{ "1000000", "1600000000.0001", true, false },
		{ "0.000000000000000001", "0.00001", true, false },
		{ "0", "0.00001", true, false },
		{ "10", "0", false, false },
	};
	struct scan_mask m;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		one_vault(rows[i].held, rows[i].owed);
		assert_int_equal(vaults_block_count(&store), 1);
		run_all(&m);
		if ((m.below & 1) != rows[i].below ||
		    (m.unsure & 1) != rows[i].unsure)
			fail_msg("%s against %s", rows[i].held, rows[i].owed);
	}
}

static void
scan_run__counts_accrual_in(void **state)
{
	struct scan_mask m;

	(void)state;
	one_vault("10", "15000");
	run_all(&m);
	assert_int_equal(m.below, 0);
	w.book.accrual[1] = ratio("1.1");
	prices_mid();
	run_all(&m);
	assert_int_equal(m.below, 1);
	/* Of what is held it says nothing. */
	w.book.accrual[1] = wad_one();
	w.book.accrual[0] = ratio("1.1");
	prices_mid();
	run_all(&m);
	assert_int_equal(m.below, 0);
}

static void
scan_run__leaves_out_other_vaults(void **state)
{
	struct scan_mask m;
	uint32_t at;

	(void)state;
	one_vault("10", "17000");
	run_all(&m);
	assert_int_equal(m.below, 1);
	w.vault.method = METHOD_SCENARIO;
	assert_int_equal(vaults_put(&at, &store, &w.vault), ERR_OK);
	run_all(&m);
	assert_int_equal(m.below | m.unsure, 0);
	w.vault.method = METHOD_RATIO;
	w.vault.debt_count = 0;
	assert_int_equal(vaults_put(&at, &store, &w.vault), ERR_OK);
	assert_int_equal(vaults_block_count(&store), 2);
	for (uint32_t b = 0; b < 2; b++) {
		scan_run(&m, &store, &prices, b, 1);
		assert_int_equal(m.below | m.unsure, 0);
	}
}

static void
scan_run__refuses_prices_that_hold_no_more(void **state)
{
	struct scan_mask m;
	uint32_t at;

	(void)state;
	one_vault("1", "1");
	assert_true(scan_prices_hold(&prices, &store));
	/* A larger amount of the same bits changes nothing. */
	w.vault.collateral[0].amount += 1;
	assert_int_equal(vaults_put(&at, &store, &w.vault), ERR_OK);
	assert_true(scan_prices_hold(&prices, &store));
	w.vault.collateral[0].amount <<= 1;
	assert_int_equal(vaults_put(&at, &store, &w.vault), ERR_OK);
	assert_false(scan_prices_hold(&prices, &store));
	expect_assert_failure(scan_run(&m, &store, &prices, 0, 1));
	prices_mid();
	/* A new pair. */
	w.vault.collateral[0].asset = 1;
	w.vault.debt[0].asset = 0;
	w.book.mode_count = 2;
	w.vault.mode = 1;
	assert_int_equal(vaults_put(&at, &store, &w.vault), ERR_OK);
	assert_false(scan_prices_hold(&prices, &store));
}

static void
scan_prices_from__fails_beyond_its_bounds(void **state)
{
	struct scan_prices before;
	struct px18 other[BOOK_ASSETS_MAX];
	uint32_t at;

	(void)state;
	one_vault("1", "1");
	memcpy(other, price, sizeof(other));
	/* An ether has 60 bits: counts of 2^9, and 2^51 of them stay below
	 * 2^120. */
	other[0] = px("1152921504606846975");
	assert_int_equal(scan_prices_from(&prices, &store, other, price,
	    SCAN_MAINTENANCE), ERR_OK);
	before = prices;
	other[0] = px("1152921504606846976");
	assert_int_equal(scan_prices_from(&prices, &store, other, price,
	    SCAN_MAINTENANCE), ERR_RANGE);
	assert_int_equal(scan_prices_from(&prices, &store, price, other,
	    SCAN_MAINTENANCE), ERR_RANGE);
	other[0] = px("1100000000000000000");
	w.book.accrual[0] = ratio("1.04");
	assert_int_equal(scan_prices_from(&prices, &store, price, other,
	    SCAN_MAINTENANCE), ERR_OK);
	before = prices;
	w.book.accrual[0] = ratio("1.05");
	assert_int_equal(scan_prices_from(&prices, &store, price, other,
	    SCAN_MAINTENANCE), ERR_RANGE);
	w.book.accrual[0] = wad_from_raw(WAD_ONE_RAW - 1);
	assert_int_equal(scan_prices_from(&prices, &store, price, price,
	    SCAN_MAINTENANCE), ERR_RANGE);
	w.book.accrual[0] = ratio("65537");
	assert_int_equal(scan_prices_from(&prices, &store, price, price,
	    SCAN_MAINTENANCE), ERR_RANGE);
	assert_memory_equal(&before, &prices, sizeof(before));
	/* The largest amount that is not odd, at 1,329,227.99 USD. */
	w.book.accrual[0] = wad_one();
	w.vault.collateral[0].amount = pow10_u128(30) - 1;
	assert_int_equal(vaults_put(&at, &store, &w.vault), ERR_OK);
	other[0] = px18_from_raw(((u128)1 << 120) / pow10_u128(12));
	assert_int_equal(scan_prices_from(&prices, &store, other, other,
	    SCAN_MAINTENANCE), ERR_OK);
	other[0] = px18_from_raw(px18_to_raw(other[0]) + 1);
	assert_int_equal(scan_prices_from(&prices, &store, other, other,
	    SCAN_MAINTENANCE), ERR_RANGE);
	/* An asset that no vault has may cost what it will. */
	(void)world_asset(&w, 18, "1", "0", "0");
	price[2] = px("2000000000000000000");
	assert_int_equal(scan_prices_from(&prices, &store, price, price,
	    SCAN_MAINTENANCE), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scan_run__agrees_with_ratio_evaluate),
		cmocka_unit_test(scan_run__takes_two_vectors_and_ltv),
		cmocka_unit_test(scan_run__is_right_at_the_extremes),
		cmocka_unit_test(scan_run__is_unsure_only_near_zero),
		cmocka_unit_test(scan_run__counts_accrual_in),
		cmocka_unit_test(scan_run__leaves_out_other_vaults),
		cmocka_unit_test(scan_run__refuses_prices_that_hold_no_more),
		cmocka_unit_test(scan_prices_from__fails_beyond_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, store_free);
}
