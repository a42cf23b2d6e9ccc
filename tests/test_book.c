/* Vaults by id: limits on both sides, and a random run against a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/margin_world.h"
#include "tests/must_expected.h"

#define SLOT_UNTOUCHED 77u

static struct b32
id_of(uint32_t n)
{
	struct b32 id = { { 0 } };

	id.b[31] = (uint8_t)n;
	id.b[30] = (uint8_t)(n >> 8);
	return id;
}

static struct vault
vault_of(uint32_t n)
{
	struct vault v = { .id = id_of(n), .nonce = n };

	return v;
}

static void
book_put_vault__finds_what_was_put(void **state)
{
	static struct world w;
	struct vault v;
	uint32_t slot, found;

	(void)state;
	world_init(&w);
	for (uint32_t n = 0; n < 3; n++) {
		v = vault_of(10 + n);
		assert_int_equal(book_put_vault(&slot, &w.book, &v), ERR_OK);
		assert_int_equal(slot, n);
	}
	assert_int_equal(w.book.vault_count, 3);
	v = vault_of(11);
	assert_int_equal(book_find_vault(&found, &w.book, &v.id), ERR_OK);
	assert_int_equal(found, 1);
	assert_int_equal(w.book.vaults[found].nonce, 11);
	v = vault_of(13);
	found = SLOT_UNTOUCHED;
	assert_int_equal(book_find_vault(&found, &w.book, &v.id),
	    ERR_UNKNOWN);
	assert_int_equal(found, SLOT_UNTOUCHED);
}

static void
book_put_vault__replaces_in_the_same_slot(void **state)
{
	static struct world w;
	struct vault v = vault_of(5);
	uint32_t first, second;

	(void)state;
	world_init(&w);
	assert_int_equal(book_put_vault(&first, &w.book, &v), ERR_OK);
	v.nonce = 99;
	assert_int_equal(book_put_vault(&second, &w.book, &v), ERR_OK);
	assert_int_equal(second, first);
	assert_int_equal(w.book.vault_count, 1);
	assert_int_equal(w.vaults[first].nonce, 99);
}

static void
book_put_vault__fails_when_full_but_still_replaces(void **state)
{
	static struct world w;
	struct vault v;
	uint32_t slot;

	(void)state;
	world_init(&w);
	for (uint32_t n = 0; n < WORLD_VAULTS; n++) {
		v = vault_of(n);
		assert_int_equal(book_put_vault(&slot, &w.book, &v), ERR_OK);
	}
	v = vault_of(WORLD_VAULTS);
	slot = SLOT_UNTOUCHED;
	assert_int_equal(book_put_vault(&slot, &w.book, &v), ERR_LIMIT);
	assert_int_equal(slot, SLOT_UNTOUCHED);
	assert_int_equal(w.book.vault_count, WORLD_VAULTS);
	assert_int_equal(book_find_vault(&slot, &w.book, &v.id), ERR_UNKNOWN);
	v = vault_of(2);
	v.nonce = 50;
	assert_int_equal(book_put_vault(&slot, &w.book, &v), ERR_OK);
	assert_int_equal(slot, 2);
	assert_int_equal(w.vaults[2].nonce, 50);
}

/* A vault of as many collateral and debt legs, slots 0, 1, 2, ... */
static struct vault
vault_of_legs(size_t collateral, size_t debt)
{
	struct vault v = vault_of(1);

	for (uint8_t i = 0; i < BOOK_LEGS_MAX; i++) {
		v.collateral[i] = (struct leg){ i, 1, 0, wad_one() };
		v.debt[i] = (struct leg){ i, 1, 0, wad_one() };
	}
	v.collateral_count = (uint8_t)collateral;
	v.debt_count = (uint8_t)debt;
	return v;
}

static enum err
put(struct world *w, const struct vault *v)
{
	uint32_t slot = SLOT_UNTOUCHED;
	uint32_t before = w->book.vault_count;
	enum err e = book_put_vault(&slot, &w->book, v);

	if (e != ERR_OK) {
		assert_int_equal(slot, SLOT_UNTOUCHED);
		assert_int_equal(w->book.vault_count, before);
	}
	return e;
}

static void
book_put_vault__takes_sixteen_legs_a_side_and_no_more(void **state)
{
	static struct world w;
	struct vault v;

	(void)state;
	world_init(&w);
	w.book.asset_count = BOOK_ASSETS_MAX;
	v = vault_of_legs(BOOK_LEGS_MAX + 1, 1);
	assert_int_equal(put(&w, &v), ERR_SYNTAX);
	v = vault_of_legs(1, BOOK_LEGS_MAX + 1);
	assert_int_equal(put(&w, &v), ERR_SYNTAX);
	v = vault_of_legs(BOOK_LEGS_MAX, BOOK_LEGS_MAX);
	assert_int_equal(put(&w, &v), ERR_OK);
}

static void
book_put_vault__fails_for_legs_that_name_no_asset(void **state)
{
	static struct world w;
	struct vault v = vault_of_legs(2, 2);

	(void)state;
	world_init(&w);
	w.book.asset_count = 1;
	assert_int_equal(put(&w, &v), ERR_SYNTAX);
	v.collateral_count = 1;		/* now the debt's second leg */
	assert_int_equal(put(&w, &v), ERR_SYNTAX);
	w.book.asset_count = 2;
	assert_int_equal(put(&w, &v), ERR_OK);
}

static void
book_put_vault__fails_for_legs_not_strictly_ascending(void **state)
{
	static struct world w;
	struct vault v = vault_of_legs(3, 3);

	(void)state;
	world_init(&w);
	w.book.asset_count = 8;
	assert_int_equal(put(&w, &v), ERR_OK);
	v.collateral[2].asset = 1;
	assert_int_equal(put(&w, &v), ERR_SYNTAX);
	v.collateral[2].asset = 0;
	assert_int_equal(put(&w, &v), ERR_SYNTAX);
	v.collateral[2].asset = 7;
	assert_int_equal(put(&w, &v), ERR_OK);
	v.debt[1].asset = 0;
	assert_int_equal(put(&w, &v), ERR_SYNTAX);
}

static void
book_put_vault__fails_for_a_mode_or_method_that_is_not(void **state)
{
	static struct world w;
	struct vault v = vault_of_legs(0, 0);

	(void)state;
	world_init(&w);
	v.mode = 1;
	assert_int_equal(put(&w, &v), ERR_UNKNOWN);
	w.book.mode_count = 2;
	assert_int_equal(put(&w, &v), ERR_OK);
	v.method = METHOD_ES + 1;
	assert_int_equal(put(&w, &v), ERR_UNKNOWN);
	v.method = METHOD_ES;
	assert_int_equal(put(&w, &v), ERR_OK);
}

static void
book_put_vault__fails_for_a_debt_of_index_zero(void **state)
{
	static struct world w;
	struct vault v = vault_of_legs(1, 1);

	(void)state;
	world_init(&w);
	w.book.asset_count = 1;
	v.debt[0].index = wad_from_raw(0);
	assert_int_equal(put(&w, &v), ERR_RANGE);
	v.debt[0].index = wad_from_raw(1);
	assert_int_equal(put(&w, &v), ERR_OK);
}

static void
book_init__takes_only_powers_of_two(void **state)
{
	static struct vault vaults[4];
	static uint32_t hash[8];
	static struct book b;

	(void)state;
	expect_assert_failure(book_init(&b, vaults, hash, 0));
	expect_assert_failure(book_init(&b, vaults, hash, 3));
	expect_assert_failure(book_init(&b, vaults, hash,
	    2 * BOOK_VAULTS_MAX));
	memset(hash, 0xff, sizeof(hash));
	book_init(&b, vaults, hash, 4);
	for (size_t i = 0; i < ARRAY_COUNT(hash); i++)
		assert_int_equal(hash[i], 0);
	assert_int_equal(b.mode_count, 1);
}

#define RANDOM_CAPACITY 1024u

static void
book__agrees_with_a_list_over_random_puts(void **state)
{
	static struct vault vaults[RANDOM_CAPACITY];
	static uint32_t hash[2 * RANDOM_CAPACITY];
	static struct book b;
	static struct b32 ids[RANDOM_CAPACITY];
	static uint64_t nonces[RANDOM_CAPACITY];
	uint64_t seed = 3;
	uint32_t count = 0, slot, at;

	(void)state;
	book_init(&b, vaults, hash, RANDOM_CAPACITY);
	for (uint32_t step = 0; step < 8000; step++) {
		struct vault v = vault_of(
		    (uint32_t)random_below(&seed, 1200));
		enum err e;

		v.nonce = step;
		for (at = 0; at < count; at++)
			if (memcmp(&ids[at], &v.id, sizeof(v.id)) == 0)
				break;
		assert_int_equal(book_find_vault(&slot, &b, &v.id),
		    at < count ? ERR_OK : ERR_UNKNOWN);
		e = book_put_vault(&slot, &b, &v);
		if (at == RANDOM_CAPACITY) {
			assert_int_equal(e, ERR_LIMIT);
			continue;
		}
		assert_int_equal(e, ERR_OK);
		assert_int_equal(slot, at);
		ids[at] = v.id;
		nonces[at] = step;
		count += at == count;
	}
	assert_int_equal(count, RANDOM_CAPACITY);
	assert_int_equal(b.vault_count, RANDOM_CAPACITY);
	for (at = 0; at < count; at++) {
		assert_int_equal(book_find_vault(&slot, &b, &ids[at]), ERR_OK);
		assert_int_equal(slot, at);
		assert_int_equal(vaults[at].nonce, nonces[at]);
	}
}

static void
book_debt_atoms__rounds_up(void **state)
{
	static const struct {
		const char *amount, *index, *accrual, *owed;
	} rows[] = {
		{ "0", "1.5", "1", "0" },
		{ "1", "1", "1", "1" },
		{ "1", "1.000000000000000001", "1", "2" },
		{ "1000000000000000000", "1.000000000000000001", "1",
		    "1000000000000000001" },
		{ "1000000000000000001", "1.000000000000000001", "1",
		    "1000000000000000003" },
		{ "3", "0.5", "1", "2" },
		{ "2", "0.5", "1", "1" },
		/* Each product rounds by itself: 1.5 is 2, 2 * 1.5 is 3. */
		{ "3", "0.5", "1.5", "3" },
		{ "0", "1.5", "2", "0" },
		{ "10", "1", "1.000000000000000001", "11" },
	};
	static struct vault slot;
	static uint32_t hash[2];
	static struct book b;

	(void)state;
	book_init(&b, &slot, hash, 1);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct leg leg = { 0,
			(u128)world_number(rows[i].amount, 0),
			0, ratio(rows[i].index) };
		char text[DECIMAL_BUF];
		u128 atoms;

		b.accrual[0] = ratio(rows[i].accrual);
		assert_int_equal(book_debt_atoms(&atoms, &b, &leg), ERR_OK);
		decimal_from_u128(text, atoms, 0);
		assert_string_equal(text, rows[i].owed);
	}
}

static void
book_debt_atoms__fails_beyond_the_type(void **state)
{
	struct leg leg = { 0, U128_MAX, 0, wad_one() };
	static struct vault slot;
	static uint32_t hash[2];
	static struct book b;
	u128 atoms = 5;

	(void)state;
	book_init(&b, &slot, hash, 1);
	leg.index = wad_from_raw(WAD_ONE_RAW + 1);
	assert_int_equal(book_debt_atoms(&atoms, &b, &leg), ERR_RANGE);
	assert_true(atoms == 5);
	leg.index = wad_one();
	b.accrual[0] = wad_from_raw(WAD_ONE_RAW + 1);
	assert_int_equal(book_debt_atoms(&atoms, &b, &leg), ERR_RANGE);
	assert_true(atoms == 5);
	b.accrual[0] = wad_one();
	assert_int_equal(book_debt_atoms(&atoms, &b, &leg), ERR_OK);
	assert_true(atoms == U128_MAX);
}

static void
book_debt_shares__owe_what_was_asked(void **state)
{
	static struct vault slot;
	static uint32_t hash[2];
	static struct book b;
	uint64_t seed = 9;

	(void)state;
	book_init(&b, &slot, hash, 1);
	for (unsigned i = 0; i < 20000; i++) {
		struct leg leg = { .index = wad_from_raw(WAD_ONE_RAW / 2 +
		    random_below(&seed, WAD_ONE_RAW)) };
		u128 asked = random_magnitude(&seed, 27), owed;

		b.accrual[0] = wad_from_raw(WAD_ONE_RAW +
		    random_below(&seed, WAD_ONE_RAW));
		assert_int_equal(book_debt_shares(&leg.amount, &b, 0,
		    leg.index, asked, ROUND_CEIL), ERR_OK);
		assert_int_equal(book_debt_atoms(&owed, &b, &leg), ERR_OK);
		assert_true(owed >= asked && owed - asked <= 6);
		/* The floor owes no more than its own three roundings add. */
		assert_int_equal(book_debt_shares(&leg.amount, &b, 0,
		    leg.index, asked, ROUND_FLOOR), ERR_OK);
		assert_int_equal(book_debt_atoms(&owed, &b, &leg), ERR_OK);
		assert_true(owed <= asked + 3);
	}
}

static void
margin_method_name__is_the_word_of_book_json(void **state)
{
	static const char *const words[] = {
		"ratio", "standard", "scenario", "greeks", "var", "es",
	};

	(void)state;
	for (unsigned m = METHOD_RATIO; m <= METHOD_ES; m++)
		assert_string_equal(margin_method_name((enum margin_method)m),
		    words[m]);
	assert_string_equal(margin_method_name(
	    (enum margin_method)(METHOD_ES + 1)), "unnamed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(book_put_vault__finds_what_was_put),
		cmocka_unit_test(book_put_vault__replaces_in_the_same_slot),
		cmocka_unit_test(
		    book_put_vault__fails_when_full_but_still_replaces),
		cmocka_unit_test(
		    book_put_vault__takes_sixteen_legs_a_side_and_no_more),
		cmocka_unit_test(
		    book_put_vault__fails_for_legs_that_name_no_asset),
		cmocka_unit_test(
		    book_put_vault__fails_for_legs_not_strictly_ascending),
		cmocka_unit_test(
		    book_put_vault__fails_for_a_mode_or_method_that_is_not),
		cmocka_unit_test(
		    book_put_vault__fails_for_a_debt_of_index_zero),
		cmocka_unit_test(book_init__takes_only_powers_of_two),
		cmocka_unit_test(book__agrees_with_a_list_over_random_puts),
		cmocka_unit_test(book_debt_atoms__rounds_up),
		cmocka_unit_test(book_debt_atoms__fails_beyond_the_type),
		cmocka_unit_test(book_debt_shares__owe_what_was_asked),
		cmocka_unit_test(margin_method_name__is_the_word_of_book_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
