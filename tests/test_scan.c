/* The scan against ratio_evaluate: on random books, no vault spurious, none
 * missed, and few unsure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/scan.h"
#include "oracle/arena.h"
#include "tests/margin_world.h"

#define VAULTS 4096u
#define BLOCKS 2000u
#define WORLDS 12

static struct vault slots[VAULTS];
static uint32_t hash[2 * VAULTS];
static struct book book;
static struct market market;
static struct px18 price[BOOK_ASSETS_MAX];
static struct vaults scan;
static struct vaults_limits limits = { .vaults = VAULTS,
	.rows = VAULTS_ROWS_AUTO(8 * VAULTS),
	.debt_rows = VAULTS_DEBT_ROWS_AUTO(8 * VAULTS) };
static void *arena;
static struct scan_prices prices;

static void
scan_build(void)
{
	uint32_t at;

	if (arena)
		arena_unmap(arena, vaults_bytes(&limits));
	assert_int_equal(arena_map(&arena, vaults_bytes(&limits)), ERR_OK);
	vaults_init(&scan, arena, &limits, &book);
	for (uint32_t i = 0; i < book.vault_count; i++) {
		assert_int_equal(vaults_put(&at, &scan, &book.vaults[i]),
		    ERR_OK);
		assert_int_equal(at, i);
	}
	assert_true(vaults_block_count(&scan) <= BLOCKS);
	for (size_t i = 0; i < book.asset_count; i++)
		price[i] = market.asset[i].price.mid;
	assert_int_equal(scan_prices_from(&prices, &scan, &book, price, price,
	    SCAN_BY_THRESHOLD), ERR_OK);
}

/* What accrued, the same for all debts of an asset. */
static void
random_accrual(uint64_t *seed)
{
	for (size_t i = 0; i < book.asset_count; i++)
		book.accrual[i] = wad_from_raw(WAD_ONE_RAW +
		    (random_one_in(seed, 2) ? random_u64(seed) / 16 : 0));
}

/* A book of `count` vaults over the assets and market of one random world,
 * their debts near what they may be.  Assets are at most eight. */
static void
random_book(uint64_t *seed, uint32_t count)
{
	static struct world w;

	world_init(&w);
	random_assets(&w, seed);
	book_init(&book, slots, hash, VAULTS);
	memcpy(book.assets, w.book.assets, sizeof(book.assets));
	book.asset_count = w.book.asset_count;
	book.factor_count = w.book.factor_count;
	book.mode_count = w.book.mode_count;
	market = w.market;
	for (size_t i = 0; i < book.asset_count; i++)
		market.asset[i].price.status = PRICE_OK;
	w.market = market;
	while (book.vault_count < count) {
		struct ratio_result r;
		i128 limit = (i128)random_magnitude(seed, 27);
		uint32_t at;

		memset(&w.vault, 0, sizeof(w.vault));
		w.vault.mode = (uint8_t)random_below(seed, 2);
		for (uint8_t i = 0; i < book.asset_count; i++)
			if (!random_one_in(seed, 3))
				w.vault.collateral[
				    w.vault.collateral_count++] = (struct leg){
				    i, random_amount(seed, usd18_from_raw(
				    (i128)random_magnitude(seed, 24)),
				    book.assets[i].decimals,
				    market.asset[i].price.mid), 0, wad_one() };
		if (ratio_evaluate(&r, &w.book, &w.vault, &w.market) ==
		    ERR_OK && !usd18_is_zero(r.mid.weighted_collateral))
			limit = usd18_to_raw(r.mid.weighted_collateral);
		random_debts(&w, seed, limit);
		for (unsigned k = 0; k < 8; k++)
			w.vault.id.b[k] = (uint8_t)((uint64_t)
			    book.vault_count >> 8 * k);
		w.vault.id.b[9] = 1;
		assert_int_equal(book_put_vault(&at, &book, &w.vault), ERR_OK);
	}
}

struct tally {
	uint32_t below, above, unsure, seen;
};

/* An unsure vault is within the interval: two units of 2^52 a leg, and one. */
static void
assert_is_near(uint32_t at)
{
	const struct vault *v = &book.vaults[at];
	i128 legs = v->collateral_count + v->debt_count, limit, excess;
	struct ratio_result r;

	if (ratio_evaluate(&r, &book, v, &market) != ERR_OK)
		return;
	excess = usd18_to_raw(r.mid.excess);
	limit = (3 * legs + 2) * ((i128)1 << 52);
	limit = prices.exponent < 0 ? (limit >> -prices.exponent) + 1 :
	    limit << prices.exponent;
	assert_true(excess <= limit && excess >= -limit);
}

static void
compare_lane(struct tally *t, const struct scan_mask *m, uint32_t block,
    uint32_t lane)
{
	uint32_t at = vaults_slot_at(&scan, block, lane);
	bool is_live = (scan.block[block].live >> lane & 1) != 0;
	bool is_below = (m->below >> lane & 1) != 0;
	bool is_unsure = (m->unsure >> lane & 1) != 0;
	struct ratio_result r;

	assert_false(is_below && is_unsure);
	if (at == VAULTS_EMPTY || !is_live) {
		assert_false(is_below || is_unsure);
		return;
	}
	t->seen++;
	if (is_unsure) {
		t->unsure++;
		if ((scan.block[block].odd >> lane & 1) == 0)
			assert_is_near(at);
		return;
	}
	assert_int_equal(ratio_evaluate(&r, &book, &book.vaults[at], &market),
	    ERR_OK);
	assert_int_equal(is_below, usd18_is_negative(r.mid.excess));
	if (is_below)
		t->below++;
	else
		t->above++;
}

static void
scan_run__agrees_with_ratio_evaluate(void **state)
{
	static struct scan_mask plain[BLOCKS], wide[BLOCKS];
	struct tally t = { 0, 0, 0, 0 };
	uint64_t seed = 5;

	(void)state;
	for (int i = 0; i < WORLDS; i++) {
		uint32_t with_debt = 0, before = t.seen, blocks;

		random_book(&seed, VAULTS);
		if (i % 2 == 1)
			random_accrual(&seed);
		scan_build();
		blocks = vaults_block_count(&scan);
		scan_run_level(SCAN_PORTABLE, plain, &scan, &prices, 0,
		    blocks);
		for (enum scan_level l = SCAN_PORTABLE; l <= scan_level_best();
		    l++) {
			memset(wide, 0x55, sizeof(wide));
			scan_run_level(l, wide, &scan, &prices, 0, blocks);
			assert_memory_equal(plain, wide, blocks *
			    sizeof(plain[0]));
		}
		for (uint32_t b = 0; b < blocks; b++)
			for (uint32_t k = 0; k < SCAN_LANES; k++)
				compare_lane(&t, &plain[b], b, k);
		for (uint32_t v = 0; v < VAULTS; v++)
			with_debt += book.vaults[v].debt_count > 0;
		assert_int_equal(t.seen - before, with_debt);
		/* From the middle, too. */
		scan_run(wide, &scan, &prices, blocks / 2, 1);
		assert_memory_equal(&plain[blocks / 2], wide,
		    sizeof(wide[0]));
	}
	print_message("below %u, above %u, unsure %u\n", t.below, t.above,
	    t.unsure);
	assert_true(t.below > 1000 && t.above > 1000);
}

/* One vault of one collateral and one debt, at both sides of the interval. */
static void
one_vault(const char *held, const char *owed)
{
	static struct world w;
	uint32_t at;

	world_init(&w);
	world_hold(&w, world_asset(&w, 18, "2000", "0.8", "0.8"), held);
	world_owe(&w, world_asset(&w, 6, "1", "0", "0"), owed);
	book_init(&book, slots, hash, VAULTS);
	memcpy(book.assets, w.book.assets, sizeof(book.assets));
	book.asset_count = book.factor_count = 2;
	book.mode_count = 1;
	market = w.market;
	w.vault.id.b[0] = 1;
	assert_int_equal(book_put_vault(&at, &book, &w.vault), ERR_OK);
	scan_build();
}

static void
scan_run__is_unsure_only_near_zero(void **state)
{
	static const struct {
		const char *held, *owed;
		bool below, unsure;
	} rows[] = {
		{ "10", "16000", false, true },
		{ "10", "15999.9999", false, false },
		{ "10", "15999.999999", false, true },
		/* Two legs: 2^54 units of 2^-11. */
		{ "10", "16000.000008", false, true },
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
		assert_int_equal(vaults_block_count(&scan), 1);
		scan_run(&m, &scan, &prices, 0, 1);
		if ((m.below & 1) != rows[i].below ||
		    (m.unsure & 1) != rows[i].unsure)
			fail_msg("%s against %s", rows[i].held, rows[i].owed);
	}
}

static void
vaults_put__rounds_against_the_vault(void **state)
{
	(void)state;
	/* 9 * 10^15 + 1 atoms of debt have 53 bits, 10^18 + 1 of collateral
	 * 60. */
	one_vault("1.000000000000000001", "9000000000.000001");
	assert_int_equal(scan.head->shift[0], 9);
	assert_int_equal(scan.head->shift[1], 2);
	assert_int_equal(scan.amount[0], INT64_C(1000000000000000000) >> 9);
	assert_int_equal(scan.amount[SCAN_LANES],
	    INT64_C(9000000000000000) / 4 + 1);
}

static void
vaults_put__marks_what_does_not_fit(void **state)
{
	struct scan_mask m;

	(void)state;
	one_vault("9999999999", "1");
	assert_int_equal(scan.block[0].odd, 0);
	one_vault("10000000000", "1");
	assert_int_equal(scan.block[0].odd, 1);
	scan_run(&m, &scan, &prices, 0, 1);
	assert_int_equal(m.below & 1, 0);
	assert_int_equal(m.unsure & 1, 1);
	/* A debt whose index takes it beyond the type. */
	one_vault("1", "1");
	book.vaults[0].debt[0].amount = U128_MAX;
	book.vaults[0].debt[0].index = wad_from_raw(2 * WAD_ONE_RAW);
	scan_build();
	assert_int_equal(scan.block[0].odd, 1);
}

static void
scan_run__leaves_out_vaults_without_debt(void **state)
{
	struct scan_mask m;

	(void)state;
	one_vault("1", "1");
	book.vaults[0].debt[0].amount = 1;
	book.vaults[0].collateral[0].amount = 0;
	scan_build();
	scan_run(&m, &scan, &prices, 0, 1);
	assert_true((m.below | m.unsure) != 0);
	book.vaults[0].debt_count = 0;
	scan_build();
	scan_run(&m, &scan, &prices, 0, 1);
	assert_true((m.below | m.unsure) == 0);
	book.vaults[0].debt_count = 1;
	book.vaults[0].method = METHOD_SCENARIO;
	scan_build();
	scan_run(&m, &scan, &prices, 0, 1);
	assert_true((m.below | m.unsure) == 0);
}

static void
scan_prices_from__fails_beyond_its_bound(void **state)
{
	struct scan_prices before;

	(void)state;
	one_vault("1", "1");
	price[0] = px("10000000");
	assert_int_equal(scan_prices_from(&prices, &scan, &book, price,
	    price, SCAN_BY_THRESHOLD), ERR_OK);
	before = prices;
	price[0] = px("10000000.000000000000000001");
	assert_int_equal(scan_prices_from(&prices, &scan, &book, price,
	    price, SCAN_BY_THRESHOLD), ERR_RANGE);
	assert_memory_equal(&before, &prices, sizeof(before));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scan_run__agrees_with_ratio_evaluate),
		cmocka_unit_test(scan_run__is_unsure_only_near_zero),
		cmocka_unit_test(vaults_put__rounds_against_the_vault),
		cmocka_unit_test(vaults_put__marks_what_does_not_fit),
		cmocka_unit_test(scan_run__leaves_out_vaults_without_debt),
		cmocka_unit_test(scan_prices_from__fails_beyond_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
