/* The store of vaults against a plain array of them: puts, replacements and
 * deletes at random, what it says and what lies in its columns; its limits;
 * and snapshots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/keccak.h"
#include "margin/scan.h"
#include "tests/must_expected.h"
#include "tests/vaults_world.h"

#define MODEL 512u
#define STREAM_MAX (4u << 20)
#define BLOCKS 700u
#define SLOT_UNTOUCHED 77u

static struct world w;
static struct vaults store;
static void *arena;

/* What was put, slot by slot. */
static struct vault model[MODEL];
static bool is_there[MODEL];
static uint32_t model_used;

static void
store_again(uint32_t vaults)
{
	free(arena);
	arena = store_begin(&store, vaults, &w.book);
	model_used = 0;
	memset(is_there, 0, sizeof(is_there));
}

static int
store_free(void **state)
{
	(void)state;
	free(arena);
	arena = NULL;
	return 0;
}

/* ---- the store says what the model says --------------------------------- */

static void
assert_legs_equal(const struct leg *a, const struct leg *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(a[i].asset, b[i].asset);
		assert_true(a[i].amount == b[i].amount);
		assert_int_equal(a[i].lien, b[i].lien);
		assert_int_equal(wad_compare(a[i].index, b[i].index), 0);
	}
}

static void
assert_vault_equal(const struct vault *a, const struct vault *b)
{
	assert_true(b32_equal(&a->id, &b->id));
	assert_true(addr_equal(&a->owner, &b->owner));
	assert_true(a->owner_index == b->owner_index);
	assert_true(a->nonce == b->nonce);
	assert_true(a->liquidations == b->liquidations);
	assert_true(a->block_number == b->block_number);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->method, b->method);
	assert_int_equal(a->node, b->node);
	assert_int_equal(a->parent, b->parent);
	assert_int_equal(a->collateral_count, b->collateral_count);
	assert_int_equal(a->debt_count, b->debt_count);
	assert_legs_equal(a->collateral, b->collateral, a->collateral_count);
	assert_legs_equal(a->debt, b->debt, a->debt_count);
}

static u128
assets_of(const struct vault *v, bool *is_hedged)
{
	uint64_t held = 0, owed = 0;
	u128 bits = 0;

	for (size_t i = 0; i < v->collateral_count; i++) {
		bits |= (u128)1 << v->collateral[i].asset;
		held |= UINT64_C(1) <<
		    w.book.assets[v->collateral[i].asset].factor;
	}
	for (size_t i = 0; i < v->debt_count; i++) {
		bits |= (u128)1 << v->debt[i].asset;
		owed |= UINT64_C(1) << w.book.assets[v->debt[i].asset].factor;
	}
	*is_hedged = (held & owed) != 0;
	return bits;
}

/* Each count is the amount in the asset's unit, rounded against the vault. */
static void
assert_counts_are_of(const struct vault *v, struct vaults_place at)
{
	const struct vaults_block *b = &store.block[at.block];
	size_t legs = (size_t)v->collateral_count + v->debt_count;

	for (size_t k = 0; k < legs; k++) {
		bool is_debt = k >= v->collateral_count;
		const struct leg *leg = is_debt ?
		    &v->debt[k - v->collateral_count] : &v->collateral[k];
		size_t row = (b->row + k) * SCAN_LANES + at.lane;
		const struct vaults_pair *pair =
		    &store.head->pair[store.index[row]];
		unsigned shift = store.head->shift[leg->asset];
		u128 atoms = leg->amount, count;

		assert_int_equal(pair->asset, leg->asset);
		assert_int_equal(pair->mode, v->mode);
		if ((is_debt && (book_debt_base(&atoms, leg) != ERR_OK ||
		    atoms >= (u128)1 << 112)) || atoms /
		    pow10_u128(w.book.assets[leg->asset].decimals) >=
		    pow10_u128(12)) {
			assert_true((b->odd >> at.lane & 1) != 0);
			continue;
		}
		count = atoms / ((u128)1 << shift);
		if (is_debt && atoms % ((u128)1 << shift) != 0)
			count++;
		assert_true(count <= (u128)1 << 51);
		assert_true((u128)store.amount[row] == count);
	}
}

static void
assert_totals_are_of_model(void)
{
	for (uint8_t a = 0; a < w.book.asset_count; a++) {
		struct u256 held = { { 0 } }, owed = { { 0 } }, t;

		for (uint32_t s = 0; s < model_used; s++) {
			const struct vault *v = &model[s];

			for (size_t i = 0; is_there[s] &&
			    i < v->collateral_count; i++) {
				t = u256_from_u128(v->collateral[i].amount);
				if (v->collateral[i].asset == a)
					assert_int_equal(u256_add(&held, &held,
					    &t), ERR_OK);
			}
			for (size_t i = 0; is_there[s] && i < v->debt_count;
			    i++) {
				/* ceil(n / d) = floor((n + d - 1) / d) */
				struct u256 d = u256_from_u128(WAD_ONE_RAW);
				struct u256 up = u256_from_u128(WAD_ONE_RAW -
				    1);

				t = u256_mul_u128(v->debt[i].amount,
				    wad_to_raw(v->debt[i].index));
				assert_int_equal(u256_add(&t, &t, &up),
				    ERR_OK);
				u256_div(&t, NULL, &t, &d);
				if (v->debt[i].asset == a)
					assert_int_equal(u256_add(&owed, &owed,
					    &t), ERR_OK);
			}
		}
		t = vaults_total(&store, a, false);
		assert_int_equal(u256_compare(&t, &held), 0);
		t = vaults_total(&store, a, true);
		assert_int_equal(u256_compare(&t, &owed), 0);
	}
}

static void
assert_slot_is_of_model(uint32_t slot)
{
	struct vaults_place at;
	struct vault v;
	uint32_t found;
	bool is_hedged;
	u128 assets = assets_of(&model[slot], &is_hedged);

	if (!is_there[slot]) {
		assert_int_equal(vaults_get(&v, &store, slot), ERR_UNKNOWN);
		assert_int_equal(vaults_find(&found, &store, &model[slot].id),
		    ERR_UNKNOWN);
		assert_int_equal(vaults_place_of(&at, &store, slot),
		    ERR_UNKNOWN);
		assert_true(vaults_assets(&store, slot) == 0);
		return;
	}
	assert_int_equal(vaults_get(&v, &store, slot), ERR_OK);
	assert_vault_equal(&v, &model[slot]);
	assert_int_equal(vaults_find(&found, &store, &v.id), ERR_OK);
	assert_int_equal(found, slot);
	assert_true(vaults_assets(&store, slot) == assets);
	assert_int_equal(vaults_place_of(&at, &store, slot), ERR_OK);
	assert_int_equal(vaults_slot_at(&store, at.block, at.lane), slot);
	assert_true((vaults_lanes(&store, at.block) >> at.lane & 1) != 0);
	assert_int_equal(vaults_hedged(&store, at.block) >> at.lane & 1,
	    is_hedged);
	assert_int_equal(store.block[at.block].live >> at.lane & 1,
	    v.method == METHOD_RATIO && v.debt_count > 0);
	assert_counts_are_of(&v, at);
}

static void
assert_store_is_model(void)
{
	uint32_t count = 0, lanes = 0;

	assert_int_equal(vaults_used(&store), model_used);
	for (uint32_t s = 0; s < model_used; s++) {
		assert_slot_is_of_model(s);
		count += is_there[s];
	}
	assert_int_equal(vaults_count(&store), count);
	for (uint32_t b = 0; b < vaults_block_count(&store); b++) {
		lanes += (uint32_t)__builtin_popcountll(vaults_lanes(&store,
		    b));
		for (uint32_t k = 0; k < SCAN_LANES; k++)
			if ((vaults_lanes(&store, b) >> k & 1) == 0)
				assert_true(vaults_slot_at(&store, b, k) ==
				    VAULTS_EMPTY);
	}
	assert_int_equal(lanes, count);
	assert_totals_are_of_model();
}

/* ---- random runs -------------------------------------------------------- */

static void
random_vault(uint64_t *seed, uint64_t number)
{
	world_vault(&w, seed, (unsigned)random_below(seed, 30) + 1);
	vault_number(&w.vault, number);
	if (random_one_in(seed, 4))
		w.vault.debt_count = 0;
	if (random_one_in(seed, 4))
		w.vault.collateral_count = 0;
	if (random_one_in(seed, 20) && w.vault.debt_count > 0) {
		/* Beyond 128 bits. */
		w.vault.debt[0].amount = U128_MAX;
		w.vault.debt[0].index = wad_from_raw(random_u64(seed) + 1);
	}
	w.vault.owner.b[3] = (uint8_t)random_u64(seed);
	w.vault.owner_index = random_u64(seed);
	w.vault.nonce = random_u64(seed);
	w.vault.liquidations = random_u64(seed);
	w.vault.block_number = random_u64(seed);
	w.vault.method = (uint8_t)(random_one_in(seed, 3) ?
	    random_below(seed, METHOD_ES + 1) : METHOD_RATIO);
	w.vault.node = (uint8_t)random_below(seed, 2);
}

/* One change of the store and the same of the model, of ids below `ids`. */
static void
random_step(uint64_t *seed, uint32_t ids)
{
	uint32_t number = (uint32_t)random_below(seed, ids), slot;
	uint32_t at = 0;

	random_vault(seed, number);
	while (at < model_used && !b32_equal(&model[at].id, &w.vault.id))
		at++;
	if (random_one_in(seed, 3)) {
		if (at == model_used)
			return;
		assert_int_equal(vaults_delete(&store, at),
		    is_there[at] ? ERR_OK : ERR_UNKNOWN);
		is_there[at] = false;
		return;
	}
	assert_int_equal(vaults_put(&slot, &store, &w.vault), ERR_OK);
	assert_int_equal(slot, at);
	model_used += at == model_used;
	model[at] = w.vault;
	is_there[at] = true;
}

static void
vaults__are_what_was_put(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < 12; i++) {
		world_priced(&w, &seed);
		store_again(MODEL);
		for (uint32_t step = 0; step < 3000; step++) {
			random_step(&seed, MODEL);
			if (step % 250 == 0)
				assert_store_is_model();
		}
		assert_store_is_model();
	}
}

static void
vaults__leave_no_trace_when_all_are_deleted(void **state)
{
	uint64_t seed = 4;
	struct u256 t;

	(void)state;
	world_priced(&w, &seed);
	store_again(MODEL);
	for (uint32_t step = 0; step < 2000; step++)
		random_step(&seed, MODEL);
	for (uint32_t s = 0; s < model_used; s++)
		if (is_there[s])
			assert_int_equal(vaults_delete(&store, s), ERR_OK);
	memset(is_there, 0, sizeof(is_there));
	assert_store_is_model();
	for (uint8_t a = 0; a < w.book.asset_count; a++) {
		t = vaults_total(&store, a, true);
		assert_true(u256_is_zero(&t));
	}
	assert_int_equal(store.head->pair_count, 0);
	assert_int_equal(store.head->debt_rows_free,
	    store.head->debt_row_count);
}

/* ---- places ------------------------------------------------------------- */

/* A vault of c collateral and d debt legs of one atom, assets from 0 and from
 * c up. */
static void
plain_vault(uint64_t number, uint8_t c, uint8_t d)
{
	memset(&w.vault, 0, sizeof(w.vault));
	vault_number(&w.vault, number);
	for (uint8_t i = 0; i < c; i++)
		w.vault.collateral[i] = (struct leg){ i, 1, 0, wad_one() };
	for (uint8_t i = 0; i < d; i++)
		w.vault.debt[i] = (struct leg){ (uint8_t)(c + i), 1, 0,
		    wad_one() };
	w.vault.collateral_count = c;
	w.vault.debt_count = d;
}

static uint32_t
put_plain(uint64_t number, uint8_t c, uint8_t d)
{
	uint32_t slot;

	plain_vault(number, c, d);
	assert_int_equal(vaults_put(&slot, &store, &w.vault), ERR_OK);
	return slot;
}

static void
plain_world(unsigned assets, uint32_t vaults)
{
	world_init(&w);
	for (unsigned i = 0; i < assets; i++)
		(void)world_asset(&w, 18, "1", "0.5", "0.6");
	store_again(vaults);
}

static void
vaults_put__keeps_the_place_until_leg_counts_change(void **state)
{
	struct vaults_place was, is;

	(void)state;
	plain_world(6, 256);
	for (uint32_t i = 0; i < 70; i++)
		assert_int_equal(put_plain(i, 2, 1), i);
	assert_int_equal(vaults_block_count(&store), 2);
	assert_int_equal(vaults_place_of(&was, &store, 7), ERR_OK);
	assert_int_equal(was.block, 0);
	assert_int_equal(was.lane, 7);
	plain_vault(7, 2, 1);
	w.vault.collateral[1].asset = 5;
	w.vault.collateral[1].amount = U128_MAX;
	assert_int_equal(vaults_put(&(uint32_t){ 0 }, &store, &w.vault),
	    ERR_OK);
	assert_int_equal(vaults_place_of(&is, &store, 7), ERR_OK);
	assert_memory_equal(&was, &is, sizeof(was));
	/* Another group; its lane is the next newcomer's. */
	assert_int_equal(put_plain(7, 3, 1), 7);
	assert_int_equal(vaults_place_of(&is, &store, 7), ERR_OK);
	assert_int_equal(is.block, 2);
	assert_int_equal(put_plain(100, 2, 1), 70);
	assert_int_equal(vaults_place_of(&is, &store, 70), ERR_OK);
	assert_memory_equal(&was, &is, sizeof(was));
}

static void
vaults_delete__keeps_the_slot_for_its_id(void **state)
{
	(void)state;
	plain_world(6, 256);
	assert_int_equal(put_plain(1, 1, 1), 0);
	assert_int_equal(put_plain(2, 1, 1), 1);
	assert_int_equal(vaults_delete(&store, 0), ERR_OK);
	assert_int_equal(vaults_delete(&store, 0), ERR_UNKNOWN);
	assert_int_equal(vaults_delete(&store, 2), ERR_UNKNOWN);
	assert_int_equal(vaults_delete(&store, UINT32_MAX), ERR_UNKNOWN);
	assert_int_equal(vaults_used(&store), 2);
	assert_int_equal(vaults_count(&store), 1);
	assert_int_equal(put_plain(3, 1, 1), 2);
	assert_int_equal(put_plain(1, 4, 0), 0);
	assert_int_equal(vaults_count(&store), 3);
}

static void
vaults__use_empty_blocks_again_for_as_many_legs(void **state)
{
	struct vaults_limits limits = { 256, 8, 6 };
	uint32_t slot;

	(void)state;
	plain_world(12, 64);
	free(arena);
	arena = store_begin_with(&store, &limits, &w.book);
	assert_int_equal(put_plain(0, 2, 2), 0);
	assert_int_equal(put_plain(1, 1, 3), 1);
	/* Rows are used up. */
	plain_vault(2, 1, 0);
	assert_int_equal(vaults_put(&slot, &store, &w.vault), ERR_LIMIT);
	assert_int_equal(vaults_delete(&store, 0), ERR_OK);
	/* The block has room for four legs, but three debt rows are left. */
	plain_vault(3, 0, 4);
	assert_int_equal(vaults_put(&slot, &store, &w.vault), ERR_LIMIT);
	assert_int_equal(put_plain(3, 3, 1), 2);
	assert_int_equal(vaults_block_count(&store), 2);
	assert_int_equal(vaults_delete(&store, 1), ERR_OK);
	assert_int_equal(vaults_delete(&store, 2), ERR_OK);
	assert_int_equal(put_plain(4, 0, 4), 3);
	assert_int_equal(vaults_block_count(&store), 2);
}

static void
vaults_put__fails_when_slots_are_used_up_but_replaces(void **state)
{
	uint32_t slot = SLOT_UNTOUCHED;

	(void)state;
	plain_world(6, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(put_plain(i, 1, 1), i);
	plain_vault(9, 1, 1);
	assert_int_equal(vaults_put(&slot, &store, &w.vault), ERR_LIMIT);
	assert_int_equal(slot, SLOT_UNTOUCHED);
	assert_int_equal(vaults_used(&store), 4);
	assert_int_equal(put_plain(2, 2, 2), 2);
	assert_int_equal(vaults_delete(&store, 1), ERR_OK);
	plain_vault(9, 1, 1);
	assert_int_equal(vaults_put(&slot, &store, &w.vault), ERR_LIMIT);
	assert_int_equal(put_plain(1, 1, 1), 1);
}

/* 256 pairs are 32 assets in eight modes. */
static void
vaults_put__fails_beyond_256_pairs_and_changes_nothing(void **state)
{
	uint32_t slot = SLOT_UNTOUCHED;
	struct u256 total;

	(void)state;
	plain_world(33, 256);
	w.book.mode_count = BOOK_MODES_MAX;
	for (uint8_t m = 0; m < BOOK_MODES_MAX; m++)
		for (uint8_t half = 0; half < 2; half++) {
			plain_vault((uint64_t)m * 2 + half, 16, 0);
			w.vault.mode = m;
			for (uint8_t i = 0; i < 16; i++)
				w.vault.collateral[i].asset =
				    (uint8_t)(half * 16 + i);
			assert_int_equal(vaults_put(&slot, &store, &w.vault),
			    ERR_OK);
		}
	slot = SLOT_UNTOUCHED;
	plain_vault(100, 1, 0);
	w.vault.collateral[0].asset = 32;
	assert_int_equal(vaults_put(&slot, &store, &w.vault), ERR_LIMIT);
	assert_int_equal(slot, SLOT_UNTOUCHED);
	assert_int_equal(vaults_used(&store), 16);
	total = vaults_total(&store, 32, false);
	assert_true(u256_is_zero(&total));
	/* A number is free again with its last leg. */
	assert_int_equal(vaults_delete(&store, 15), ERR_OK);
	assert_int_equal(vaults_put(&slot, &store, &w.vault), ERR_OK);
	assert_int_equal(slot, 16);
}

static void
vaults_put__refuses_what_it_has_no_place_for(void **state)
{
	uint32_t slot = SLOT_UNTOUCHED;

	(void)state;
	plain_world(6, 4);
#define REFUSES(field, value, error) do { \
	plain_vault(1, 2, 2); \
	w.vault.field = value; \
	assert_int_equal(vaults_put(&slot, &store, &w.vault), error); \
} while (0)
	REFUSES(position_count, 1, ERR_UNKNOWN);
	REFUSES(order_count, 1, ERR_UNKNOWN);
	REFUSES(parent, 1, ERR_UNKNOWN);
	REFUSES(leverage, num18_one(), ERR_UNKNOWN);
	REFUSES(node, NODE_PORTFOLIO, ERR_UNKNOWN);
	REFUSES(collateral[1].lien, 1, ERR_UNKNOWN);
	REFUSES(mode, 1, ERR_UNKNOWN);
	REFUSES(method, METHOD_ES + 1, ERR_UNKNOWN);
	REFUSES(collateral[1].asset, 6, ERR_SYNTAX);
	REFUSES(debt[1].asset, 2, ERR_SYNTAX);
	REFUSES(debt_count, 17, ERR_SYNTAX);
	REFUSES(debt[0].index, wad_from_raw(0), ERR_RANGE);
#undef REFUSES
	assert_int_equal(slot, SLOT_UNTOUCHED);
	assert_int_equal(vaults_used(&store), 0);
	assert_int_equal(vaults_block_count(&store), 0);
}

static void
vaults_put__rounds_counts_against_the_vault(void **state)
{
	(void)state;
	plain_world(2, 4);
	plain_vault(1, 1, 1);
	/* 60 bits and 54 bits. */
	w.vault.collateral[0].amount = pow10_u128(18) + 1;
	w.vault.debt[0].amount = pow10_u128(16) + 1;
	assert_int_equal(vaults_put(&(uint32_t){ 0 }, &store, &w.vault),
	    ERR_OK);
	assert_int_equal(store.head->shift[0], 9);
	assert_int_equal(store.head->shift[1], 3);
	assert_int_equal(store.amount[0], INT64_C(1000000000000000000) >> 9);
	assert_int_equal(store.amount[SCAN_LANES],
	    INT64_C(10000000000000000) / 8 + 1);
	/* Another's larger amounts make these coarser. */
	w.vault.id.b[0]++;
	w.vault.collateral[0].amount <<= 4;
	w.vault.debt[0].amount <<= 20;
	assert_int_equal(vaults_put(&(uint32_t){ 0 }, &store, &w.vault),
	    ERR_OK);
	assert_int_equal(store.amount[0], INT64_C(1000000000000000000) >> 13);
	assert_int_equal(store.amount[SCAN_LANES],
	    (INT64_C(10000000000000000) >> 23) + 1);
}

static void
vaults_put__marks_what_is_odd(void **state)
{
	(void)state;
	plain_world(2, 4);
	plain_vault(1, 1, 1);
	w.vault.collateral[0].amount = pow10_u128(30) - 1;
	assert_int_equal(vaults_put(&(uint32_t){ 0 }, &store, &w.vault),
	    ERR_OK);
	assert_int_equal(store.block[0].odd, 0);
	w.vault.collateral[0].amount = pow10_u128(30);
	assert_int_equal(vaults_put(&(uint32_t){ 0 }, &store, &w.vault),
	    ERR_OK);
	assert_int_equal(store.block[0].odd, 1);
	assert_int_equal(vaults_delete(&store, 0), ERR_OK);
	assert_int_equal(store.block[0].odd, 0);
}

static void
vaults_bytes__are_at_most_320_a_vault(void **state)
{
	struct vaults_limits none = { 1u << 24, 0, 0 };
	/* Ten million of 5.5 legs, 1.5 of them debts; the last million blocks
	 * of a group are not all full. */
	uint64_t rows = 10000000u / 64 * 55 / 10;
	uint64_t debts = 10000000u / 64 * 15 / 10;
	struct vaults_limits some = { 1u << 24, rows, debts };
	uint64_t legs = vaults_bytes(&some) - vaults_bytes(&none);
	uint64_t slots = vaults_bytes(&none) / (1u << 24);

	(void)state;
	assert_true(legs / 10000000u + slots + 8 * 7 / 10 <= 320);
	none.vaults = 3;
	expect_assert_failure((void)vaults_bytes(&none));
	none.vaults = 0;
	expect_assert_failure((void)vaults_bytes(&none));
	none.vaults = 2 * BOOK_VAULTS_MAX;
	expect_assert_failure((void)vaults_bytes(&none));
}

/* ---- snapshots ---------------------------------------------------------- */

static uint8_t stream[STREAM_MAX], again[STREAM_MAX];
static size_t stream_len;

struct stream_end {
	uint8_t *bytes;
	size_t at, len;
};

static enum err
stream_write(void *context, const void *bytes, size_t len)
{
	struct stream_end *s = context;

	if (len > s->len - s->at)
		return ERR_IO;
	memcpy(s->bytes + s->at, bytes, len);
	s->at += len;
	return ERR_OK;
}

static enum err
stream_read(void *context, void *bytes, size_t len)
{
	struct stream_end *s = context;

	if (len > s->len - s->at)
		return ERR_IO;
	memcpy(bytes, s->bytes + s->at, len);
	s->at += len;
	return ERR_OK;
}

static size_t
save(uint8_t *to, const struct vaults *v)
{
	struct stream_end s = { to, 0, STREAM_MAX };
	struct vaults_sink sink = { stream_write, &s };

	assert_int_equal(vaults_save(v, &sink), ERR_OK);
	return s.at;
}

static enum err
restore(struct vaults *v, uint8_t *from, size_t len)
{
	struct stream_end s = { from, 0, len };
	struct vaults_source source = { stream_read, &s };
	enum err e = vaults_restore(v, &source);

	if (e == ERR_OK)
		assert_int_equal(s.at, len);
	return e;
}

static void
random_store(uint64_t *seed, uint32_t steps)
{
	world_priced(&w, seed);
	store_again(MODEL);
	for (uint32_t i = 0; i < steps; i++)
		random_step(seed, MODEL / 2);
	stream_len = save(stream, &store);
}

static void
vaults_restore__gives_the_same_store(void **state)
{
	static struct scan_mask was[BLOCKS], is[BLOCKS];
	uint64_t seed = 8;

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct px18 px18[BOOK_ASSETS_MAX];
		struct scan_prices p;
		void *first;
		uint32_t blocks;
		bool has_masks;

		random_store(&seed, i == 0 ? 0 : 1000);
		blocks = vaults_block_count(&store);
		for (size_t a = 0; a < w.book.asset_count; a++)
			px18[a] = w.market.asset[a].price.mid;
		has_masks = scan_prices_from(&p, &store, px18, px18,
		    SCAN_MAINTENANCE) == ERR_OK;
		if (has_masks)
			scan_run(was, &store, &p, 0, blocks);
		first = arena;
		arena = store_begin(&store, MODEL, &w.book);
		free(first);
		assert_int_equal(restore(&store, stream, stream_len), ERR_OK);
		assert_store_is_model();
		assert_int_equal(vaults_block_count(&store), blocks);
		if (has_masks) {
			assert_int_equal(scan_prices_from(&p, &store, px18,
			    px18, SCAN_MAINTENANCE), ERR_OK);
			scan_run(is, &store, &p, 0, blocks);
			assert_memory_equal(was, is, blocks * sizeof(was[0]));
		}
		assert_int_equal(save(again, &store), stream_len);
		assert_memory_equal(stream, again, stream_len);
	}
}

/* Two stores, one restored from the other, go on alike. */
static void
vaults_restore__has_the_same_future(void **state)
{
	uint64_t seed = 9;

	(void)state;
	for (int i = 0; i < 10; i++) {
		struct vaults other;
		void *other_arena;
		size_t len;

		random_store(&seed, 1000);
		other_arena = store_begin(&other, MODEL, &w.book);
		assert_int_equal(restore(&other, stream, stream_len), ERR_OK);
		for (uint32_t k = 0; k < 1000; k++) {
			uint32_t a, b;

			random_vault(&seed, random_below(&seed, MODEL / 2));
			assert_int_equal(vaults_put(&a, &store, &w.vault),
			    ERR_OK);
			assert_int_equal(vaults_put(&b, &other, &w.vault),
			    ERR_OK);
			assert_int_equal(a, b);
			a = (uint32_t)random_below(&seed, MODEL / 2);
			if (random_one_in(&seed, 2))
				assert_int_equal(vaults_delete(&store, a),
				    vaults_delete(&other, a));
		}
		len = save(stream, &store);
		assert_int_equal(save(again, &other), len);
		assert_memory_equal(stream, again, len);
		free(other_arena);
	}
}

static void
stream_seal(void)
{
	struct b32 digest;

	keccak256(&digest, stream, stream_len - sizeof(digest.b));
	memcpy(stream + stream_len - sizeof(digest.b), digest.b,
	    sizeof(digest.b));
}

static enum err
restore_again(void)
{
	store_again(MODEL);
	return restore(&store, stream, stream_len);
}

/* Two vaults of one collateral and one debt leg in one block. */
static void
small_stream(void)
{
	plain_world(2, MODEL);
	(void)put_plain(1, 1, 1);
	(void)put_plain(2, 1, 1);
	stream_len = save(stream, &store);
}

enum {
	AT_ASSETS = 16, AT_USED = 48, AT_BLOCKS = 52, AT_SHIFT = 56,
	AT_COUNTS = AT_SHIFT + 128, AT_SLOT = AT_COUNTS + 2,
	AT_PLACE = AT_SLOT + 32, AT_MODE = AT_PLACE + 4 + 20,
	AT_LEG = AT_PLACE + 4 + 55, SLOT_BYTES = 36 + 55 + 17 + 33,
	AT_DEBT_INDEX = AT_LEG + 17 + 17, AT_LISTS = AT_SLOT + 2 * SLOT_BYTES,
};

static void
vaults_restore__refuses_by_name(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		enum err err;
	} rows[] = {
		{ 0, 'M', ERR_SYNTAX },
		{ 15, 2, ERR_SYNTAX },			/* version */
		{ AT_ASSETS, 0, ERR_UNIT },
		{ AT_USED + 2, 1, ERR_LIMIT },
		{ AT_USED, 1, ERR_SYNTAX },
		{ AT_BLOCKS + 2, 1, ERR_SYNTAX },	/* counts of 255 */
		{ AT_SHIFT, 78, ERR_RANGE },
		{ AT_SHIFT + 2, 1, ERR_RANGE },		/* of no asset */
		{ AT_COUNTS, 17, ERR_SYNTAX },
		{ AT_PLACE, 65, ERR_SYNTAX },		/* of no block */
		{ AT_PLACE + SLOT_BYTES, 1, ERR_DUPLICATE },
		{ AT_SLOT + SLOT_BYTES, 1, ERR_DUPLICATE },	/* id */
		{ AT_MODE, 1, ERR_UNKNOWN },
		{ AT_MODE + 1, METHOD_ES + 1, ERR_UNKNOWN },
		{ AT_MODE + 2, NODE_PORTFOLIO, ERR_UNKNOWN },
		{ AT_LEG, 2, ERR_SYNTAX },		/* of no asset */
		{ AT_LEG + 8, 1, ERR_RANGE },		/* above the shift */
		{ AT_LISTS, 0, ERR_MISSING },
		{ AT_LISTS, 2, ERR_SYNTAX },
		{ AT_LISTS + 4, 1, ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		enum err e;

		small_stream();
		assert_int_equal(restore_again(), ERR_OK);
		stream[rows[i].at] = rows[i].byte;
		stream_seal();
		e = restore_again();
		if (e != rows[i].err)
			fail_msg("byte %zu: %s", rows[i].at, err_name(e));
	}
	small_stream();
	memset(stream + AT_DEBT_INDEX, 0, 16);
	stream_seal();
	assert_int_equal(restore_again(), ERR_RANGE);
	/* The reader's own error, and any flipped bit. */
	small_stream();
	for (size_t len = 0; len < stream_len; len++) {
		store_again(MODEL);
		assert_int_equal(restore(&store, stream, len), ERR_IO);
	}
	for (size_t at = 0; at < stream_len; at++) {
		stream[at] ^= 1;
		assert_int_not_equal(restore_again(), ERR_OK);
		stream[at] ^= 1;
	}
}

static void
vaults_restore__refuses_a_block_listed_twice(void **state)
{
	(void)state;
	plain_world(4, MODEL);
	(void)put_plain(1, 1, 1);
	(void)put_plain(2, 2, 1);
	stream_len = save(stream, &store);
	stream[stream_len - 36] = stream[stream_len - 40];
	stream_seal();
	assert_int_equal(restore_again(), ERR_DUPLICATE);
	/* Nor in another order. */
	stream[stream_len - 40] = 1;
	stream[stream_len - 36] = 0;
	stream_seal();
	assert_int_equal(restore_again(), ERR_SYNTAX);
}

static void
vaults_restore__fails_where_limits_are_smaller(void **state)
{
	static const struct vaults_limits rows[] = {
		{ 1, 8, 8 }, { 2, 1, 8 }, { 2, 8, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		small_stream();
		free(arena);
		arena = store_begin_with(&store, &rows[i], &w.book);
		assert_int_equal(restore(&store, stream, stream_len),
		    ERR_LIMIT);
	}
	expect_assert_failure((void)restore(&store, stream, stream_len));
}

static void
vaults_save__passes_on_the_writers_error(void **state)
{
	(void)state;
	small_stream();
	for (size_t len = 0; len < stream_len; len++) {
		struct stream_end s = { again, 0, len };
		struct vaults_sink sink = { stream_write, &s };

		assert_int_equal(vaults_save(&store, &sink), ERR_IO);
	}
}

/* An arena of any bytes: a reader stays inside it (the sanitizers look), and
 * says nothing beyond the limits. */
static void
vaults_view_get__stays_within_an_arena_of_any_bytes(void **state)
{
	struct vaults_limits limits = { .vaults = 64, .rows = 64,
		.debt_rows = 16 };
	size_t size = vaults_bytes(&limits);
	uint64_t *words, seed = 77, found = 0;
	struct vaults_view view;

	(void)state;
	assert_int_equal(posix_memalign((void **)&words, 64, size), 0);
	for (int round = 0; round < 200; round++) {
		/* Small numbers lead further than large ones. */
		for (size_t i = 0; i < size / 8; i++)
			words[i] = round % 2 ? random_u64(&seed) :
			    random_below(&seed, 80) * UINT64_C(0x100000001);
		vaults_view_init(&view, words, &limits);
		for (uint32_t slot = 0; slot < limits.vaults + 2; slot++) {
			struct vault v;

			if (vaults_view_get(&v, &view, slot) != ERR_OK)
				continue;
			assert_true(slot < limits.vaults);
			assert_true(v.collateral_count <= BOOK_LEGS_MAX);
			assert_true(v.debt_count <= BOOK_LEGS_MAX);
			for (uint8_t i = 0; i < v.debt_count; i++)
				assert_true(wad_to_raw(v.debt[i].index) != 0);
			found++;
		}
	}
	assert_true(found > 0);
	free(words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vaults__are_what_was_put),
		cmocka_unit_test(vaults__leave_no_trace_when_all_are_deleted),
		cmocka_unit_test(
		    vaults_put__keeps_the_place_until_leg_counts_change),
		cmocka_unit_test(vaults_delete__keeps_the_slot_for_its_id),
		cmocka_unit_test(
		    vaults__use_empty_blocks_again_for_as_many_legs),
		cmocka_unit_test(
		    vaults_put__fails_when_slots_are_used_up_but_replaces),
		cmocka_unit_test(
		    vaults_put__fails_beyond_256_pairs_and_changes_nothing),
		cmocka_unit_test(vaults_put__refuses_what_it_has_no_place_for),
		cmocka_unit_test(vaults_put__rounds_counts_against_the_vault),
		cmocka_unit_test(vaults_put__marks_what_is_odd),
		cmocka_unit_test(vaults_bytes__are_at_most_320_a_vault),
		cmocka_unit_test(vaults_restore__gives_the_same_store),
		cmocka_unit_test(vaults_restore__has_the_same_future),
		cmocka_unit_test(vaults_restore__refuses_by_name),
		cmocka_unit_test(vaults_restore__refuses_a_block_listed_twice),
		cmocka_unit_test(
		    vaults_restore__fails_where_limits_are_smaller),
		cmocka_unit_test(vaults_save__passes_on_the_writers_error),
		cmocka_unit_test(
		    vaults_view_get__stays_within_an_arena_of_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, store_free);
}
