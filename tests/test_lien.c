/* margin/lien: each unit counts once, in a fixed order, against a ledger that
 * is kept unit by unit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/margin_world.h"

#include "margin/lien.h"

#define LIENS 12u
#define GRANTS (WORLD_VAULTS * BOOK_LEGS_MAX)

static struct world w;
static struct lien liens[LIENS];
static struct lien_grant grants[GRANTS];
static struct lien_report report;
static size_t count;
static struct collateral_rules rules;

static void
load(size_t assets)
{
	world_init(&w);
	memset(liens, 0, sizeof(liens));
	for (size_t i = 0; i < assets; i++)
		world_asset(&w, 0, "1", "0.5", "0.5");
	w.book.liens = liens;
	w.book.chain_id = 1;
	collateral_rules_default(&rules);
}

static void
lien_add(const char *name, uint8_t holder, uint64_t block, u128 amount)
{
	struct lien *l = &liens[w.book.lien_count++];

	snprintf(l->name, sizeof(l->name), "%s", name);
	l->chain_id = 1;
	l->holder.b[0] = holder;
	l->block_number = block;
	l->amount = amount;
}

/* A vault with one leg of asset 0 under a lien (1 + index). */
static void
vault_add(u128 amount, uint16_t lien)
{
	struct vault *v = &w.book.vaults[w.book.vault_count++];

	v->collateral_count = 1;
	v->collateral[0] = (struct leg){ .amount = amount, .lien = lien,
	    .index = wad_one() };
}

static void
resolve(void)
{
	uint32_t order[LIENS];
	u128 left[LIENS];
	struct lien_scratch scratch = { order, left };

	assert_int_equal(lien_resolve(grants, &count, GRANTS, &report,
	    &scratch, &w.book, NULL, &rules), ERR_OK);
	assert_int_equal(count, lien_leg_count(&w.book));
}

static void
lien_resolve__counts_two_legs_on_one_lien_once(void **state)
{
	(void)state;
	load(1);
	lien_add("l", 1, 7, 10);
	vault_add(6, 1);
	vault_add(9, 0);
	vault_add(6, 1);
	vault_add(1, 1);
	resolve();
	assert_int_equal(count, 3);
	assert_int_equal(grants[0].counted, 6);
	assert_int_equal(grants[1].counted, 4);
	assert_int_equal(grants[1].vault, 2);
	assert_int_equal(grants[2].counted, 0);
	assert_int_equal(report.short_legs, 2);
	assert_int_equal(report.first_short, 1);
	assert_int_equal(report.short_liens, 0);
	/* Exactly enough is not short. */
	liens[0].amount = 13;
	resolve();
	assert_int_equal(report.short_legs, 0);
	assert_int_equal(grants[2].counted, 1);
}

static void
lien_resolve__shares_one_holder_among_liens_by_id(void **state)
{
	(void)state;
	load(1);
	lien_add("zeta", 1, 7, 10);
	lien_add("alpha", 1, 7, 8);
	lien_add("beta", 2, 7, 8);
	vault_add(10, 1);
	vault_add(10, 2);
	vault_add(10, 3);
	resolve();
	assert_int_equal(grants[0].counted, 2);
	assert_int_equal(grants[1].counted, 8);
	assert_int_equal(grants[2].counted, 8);
	assert_int_equal(report.short_liens, 1);
	assert_int_equal(report.first_short_lien, 0);
	/* Another chain or token is another balance. */
	liens[1].chain_id = 2;
	resolve();
	assert_int_equal(grants[0].counted, 10);
	liens[1].chain_id = 1;
	liens[1].token.b[19] = 1;
	resolve();
	assert_int_equal(grants[0].counted, 10);
	assert_int_equal(report.short_liens, 0);
}

static void
lien_resolve__believes_the_newest_block(void **state)
{
	(void)state;
	load(1);
	lien_add("a", 1, 7, 100);
	lien_add("b", 1, 8, 30);
	lien_add("c", 1, 8, 20);
	vault_add(100, 1);
	vault_add(100, 2);
	vault_add(100, 3);
	resolve();
	assert_int_equal(grants[0].counted, 30);
	assert_int_equal(grants[1].counted, 0);
	assert_int_equal(grants[2].counted, 0);
	assert_int_equal(report.short_liens, 3);
	assert_int_equal(report.first_short_lien, 0);
	liens[0].block_number = 9;
	resolve();
	assert_int_equal(grants[0].counted, 100);
}

static void
lien_resolve__counts_nothing_of_another_asset(void **state)
{
	(void)state;
	load(2);
	lien_add("a", 1, 7, 100);
	lien_add("b", 2, 7, 100);
	liens[0].asset = 1;
	liens[1].asset = BOOK_ASSETS_MAX;
	vault_add(10, 1);
	vault_add(0, 1);
	vault_add(10, 2);
	resolve();
	for (size_t i = 0; i < count; i++)
		assert_true(grants[i].counted == 0);
	assert_int_equal(report.mismatched, 2);
	assert_int_equal(report.short_legs, 2);
}

static void
lien_resolve__cuts_another_chain_by_its_finality(void **state)
{
	struct vault v;

	(void)state;
	load(1);
	lien_add("a", 1, 7, 1000);
	vault_add(1000, 1);
	w.book.assets[0].risk.volatility =
	    num18_from_raw(world_number("0.6", 18));
	w.book.assets[0].risk.finality_s = 780;
	resolve();
	assert_int_equal(ppb_to_raw(grants[0].haircut), 0);
	liens[0].chain_id = 10;
	resolve();
	assert_int_equal(ppb_to_raw(grants[0].haircut), 16940727);
	lien_vault(&v, &w.book, 0, grants, count, false);
	assert_true(v.collateral[0].amount == 1000);
	lien_vault(&v, &w.book, 0, grants, count, true);
	assert_true(v.collateral[0].amount == 983);
	/* A dynamic asset has it in its own haircut. */
	w.book.assets[0].risk.is_dynamic = true;
	resolve();
	assert_int_equal(ppb_to_raw(grants[0].haircut), 0);
}

static void
lien_resolve__fails_at_its_limits(void **state)
{
	uint32_t order[LIENS];
	u128 left[LIENS];
	struct lien_scratch scratch = { order, left };

	(void)state;
	load(1);
	count = 99;
	/* A book without liens needs no scratch. */
	vault_add(1, 0);
	resolve();
	assert_int_equal(count, 0);
	lien_add("a", 1, 7, 1000);
	vault_add(1000, 1);
	vault_add(1000, 1);
	count = 99;
	assert_int_equal(lien_resolve(grants, &count, 1, &report, &scratch,
	    &w.book, NULL, &rules), ERR_LIMIT);
	liens[0].chain_id = 10;
	w.book.assets[0].risk.volatility = num18_from_raw(-1);
	{
		struct num18 sigma[BOOK_FACTORS_MAX] = { num18_from_raw(-1) };

		assert_int_equal(lien_resolve(grants, &count, 2, &report,
		    &scratch, &w.book, sigma, &rules), ERR_RANGE);
	}
	assert_int_equal(count, 99);
	assert_null(lien_grant_find(grants, 0, 0, 0));
}

/* ---- a ledger unit by unit ----------------------------------------------- */

/* One unit at a time: may this lien take one more from its holder?  Written
 * over all liens again and again, without sorting. */
static void
reference_left(u128 *left)
{
	bool done[LIENS] = { false };

	for (size_t n = 0; n < w.book.lien_count; n++) {
		size_t pick = LIENS, newest = 0;
		u128 balance = 0, used = 0;
		const struct lien *p;

		for (size_t i = 0; i < w.book.lien_count; i++)
			if (!done[i] && (pick == LIENS ||
			    strcmp(liens[i].name, liens[pick].name) < 0))
				pick = i;
		p = &liens[pick];
		done[pick] = true;
		for (size_t i = 0; i < w.book.lien_count; i++) {
			const struct lien *l = &liens[i];

			if (l->chain_id != p->chain_id ||
			    !addr_equal(&l->token, &p->token) ||
			    !addr_equal(&l->holder, &p->holder))
				continue;
			if (l->block_number > newest) {
				newest = l->block_number;
				balance = 0;
			}
			if (l->block_number == newest && l->amount > balance)
				balance = l->amount;
			if (i != pick && done[i])
				used += left[i];
		}
		left[pick] = 0;
		while (left[pick] < p->amount && used + left[pick] < balance)
			left[pick]++;
	}
}

static void
random_ledger(uint64_t *seed)
{
	char name[8];

	load(2);
	for (size_t i = random_below(seed, LIENS) + 1; i > 0; i--) {
		struct lien *l = &liens[w.book.lien_count];

		snprintf(name, sizeof(name), "%c%u",
		    (char)('a' + random_below(seed, 20)),
		    (unsigned)w.book.lien_count);
		lien_add(name, (uint8_t)random_below(seed, 3),
		    random_below(seed, 3), random_below(seed, 30));
		l->chain_id = 1 + random_below(seed, 2);
		l->asset = (uint8_t)random_below(seed, 2);
		l->token.b[0] = l->asset;
	}
	for (size_t i = 0; i < WORLD_VAULTS; i++) {
		struct vault *v = &w.book.vaults[w.book.vault_count++];

		for (uint8_t a = 0; a < 2; a++)
			v->collateral[v->collateral_count++] = (struct leg){
				.asset = a, .amount = random_below(seed, 25),
				.lien = (uint16_t)random_below(seed,
				    w.book.lien_count + 1),
				.index = wad_one(),
			};
	}
}

static void
check_grants(void)
{
	u128 left[LIENS], counted;
	size_t n = 0, shorts = 0;

	reference_left(left);
	for (uint32_t slot = 0; slot < w.book.vault_count; slot++) {
		for (uint8_t i = 0; i < 2; i++) {
			const struct leg *leg =
			    &w.book.vaults[slot].collateral[i];

			if (leg->lien == 0) {
				assert_null(lien_grant_find(grants, count,
				    slot, i));
				continue;
			}
			counted = 0;
			while (liens[leg->lien - 1].asset == leg->asset &&
			    counted < leg->amount && left[leg->lien - 1] > 0) {
				counted++;
				left[leg->lien - 1]--;
			}
			assert_ptr_equal(lien_grant_find(grants, count, slot,
			    i), &grants[n]);
			assert_true(grants[n].counted == counted);
			if (counted != leg->amount && shorts++ == 0)
				assert_int_equal(report.first_short, n);
			n++;
		}
	}
	assert_int_equal(report.short_legs, shorts);
	assert_int_equal(n, count);
}

static void
lien_resolve__agrees_with_a_ledger_unit_by_unit(void **state)
{
	uint64_t seed = 3;
	size_t shorts = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		random_ledger(&seed);
		resolve();
		check_grants();
		shorts += report.short_legs;
	}
	assert_true(shorts > 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    lien_resolve__counts_two_legs_on_one_lien_once),
		cmocka_unit_test(
		    lien_resolve__shares_one_holder_among_liens_by_id),
		cmocka_unit_test(lien_resolve__believes_the_newest_block),
		cmocka_unit_test(lien_resolve__counts_nothing_of_another_asset),
		cmocka_unit_test(
		    lien_resolve__cuts_another_chain_by_its_finality),
		cmocka_unit_test(lien_resolve__fails_at_its_limits),
		cmocka_unit_test(
		    lien_resolve__agrees_with_a_ledger_unit_by_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
