/* The tree against a full rebuild from its leaves, and its cost in hashes; on
 * every level of vectors that this machine has.  The module is compiled into
 * this file so that its hashes can be counted and the level chosen. */
#include "base/keccak.h"
#include "base/keccak_lanes.h"

static unsigned long pairs_count;
static enum keccak_level level_wanted;

static enum keccak_level
level_chosen(void)
{
	return level_wanted;
}

static void
pairs_counted(enum keccak_level level, struct b32 *const *out,
    const struct b32 *const *a, const struct b32 *const *b, size_t n)
{
	pairs_count += n;
	keccak256_pairs(level, out, a, b, n);
}

static void
siblings_counted(enum keccak_level level, struct b32 *out,
    const struct b32 *in, size_t n)
{
	pairs_count += n;
	keccak256_siblings(level, out, in, n);
}

#define keccak256_pairs pairs_counted
#define keccak256_siblings siblings_counted
#define keccak_level_best level_chosen
#include "base/merkle.c"
#undef keccak256_pairs
#undef keccak256_siblings
#undef keccak_level_best

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define CAPACITY_MAX 1024u
#define BATCH_MAX 1500u

static struct b32 nodes[MERKLE_NODES(CAPACITY_MAX)];
static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t
random_next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Many leaves begin alike, so that their order shows late. */
static struct b32
random_leaf(void)
{
	struct b32 leaf = { { 0 } };
	size_t alike = random_next() % 2 ? 0 : random_next() % 32;

	for (size_t i = alike; i < sizeof(leaf.b); i++)
		leaf.b[i] = (uint8_t)random_next();
	leaf.b[31] |= 1;
	return leaf;
}

static void
dumb_pair(struct b32 *out, const struct b32 *a, const struct b32 *b)
{
	uint8_t both[64];
	bool swap = memcmp(a->b, b->b, 32) > 0;

	memcpy(both, swap ? b->b : a->b, 32);
	memcpy(both + 32, swap ? a->b : b->b, 32);
	keccak256(out, both, sizeof(both));
}

/* The root of width leaves, by halving a copy. */
static struct b32
dumb_root(const struct b32 *leaves, size_t width)
{
	static struct b32 level[CAPACITY_MAX];
	size_t held = 0;

	for (size_t i = 0; i < width; i++)
		held += b32_is_zero(&leaves[i]) ? 0 : 1;
	if (held == 0)
		return (struct b32){ { 0 } };
	memcpy(level, leaves, width * sizeof(level[0]));
	for (; width > 1; width /= 2)
		for (size_t i = 0; i < width / 2; i++)
			dumb_pair(&level[i], &level[2 * i], &level[2 * i + 1]);
	return level[0];
}

static uint32_t
dumb_capacity(uint32_t used)
{
	uint32_t capacity = 1;

	while (capacity < used)
		capacity *= 2;
	return capacity;
}

static void
merkle_init__has_zero_root_and_proves_nothing(void **state)
{
	struct b32 root, proof[MERKLE_DEPTH_MAX];
	struct merkle t;
	size_t len;

	(void)state;
	merkle_init(&t, nodes, CAPACITY_MAX);
	merkle_root(&root, &t);
	assert_true(b32_is_zero(&root));
	assert_int_equal(merkle_prove(proof, &len, &t, 0), ERR_STATE);
	assert_int_equal(merkle_set(&t, NULL, NULL, 0), ERR_OK);
	merkle_root(&root, &t);
	assert_true(b32_is_zero(&root));
	assert_false(merkle_verify(&root, &root, NULL, 0));
}

static void
merkle_root__is_the_leaf_where_there_is_one_slot(void **state)
{
	struct b32 root, leaf = random_leaf(), proof[MERKLE_DEPTH_MAX];
	uint32_t slot = 0;
	struct merkle t;
	size_t len = 99;

	(void)state;
	merkle_init(&t, nodes, 1);
	assert_int_equal(merkle_set(&t, &slot, &leaf, 1), ERR_OK);
	merkle_root(&root, &t);
	assert_true(b32_equal(&root, &leaf));
	assert_int_equal(merkle_prove(proof, &len, &t, 0), ERR_OK);
	assert_int_equal(len, 0);
	assert_true(merkle_verify(&root, &leaf, proof, 0));
}

static void
merkle_set__refuses_a_slot_beyond_capacity_and_does_nothing(void **state)
{
	uint32_t slots[] = { 3, CAPACITY_MAX - 1, CAPACITY_MAX };
	struct b32 leaves[3], before, after;
	struct merkle t;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		leaves[i] = random_leaf();
	merkle_init(&t, nodes, CAPACITY_MAX);
	assert_int_equal(merkle_set(&t, slots, leaves, 1), ERR_OK);
	merkle_root(&before, &t);
	assert_int_equal(merkle_set(&t, slots, leaves, 3), ERR_LIMIT);
	merkle_root(&after, &t);
	assert_true(b32_equal(&before, &after));
	assert_int_equal(t.capacity, 4);
	assert_int_equal(t.used, 4);
	assert_int_equal(merkle_set(&t, slots, leaves, 2), ERR_OK);
	assert_int_equal(t.capacity, CAPACITY_MAX);
	assert_int_equal(t.used, CAPACITY_MAX);
}

static void
merkle_set__keeps_the_last_of_repeated_slots(void **state)
{
	uint32_t slots[] = { 5, 2, 5, 5 };
	struct b32 leaves[4], want[8] = { { { 0 } } }, root, dumb;
	struct merkle t;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		leaves[i] = random_leaf();
	merkle_init(&t, nodes, CAPACITY_MAX);
	assert_int_equal(merkle_set(&t, slots, leaves, 4), ERR_OK);
	want[2] = leaves[1];
	want[5] = leaves[3];
	merkle_root(&root, &t);
	dumb = dumb_root(want, 8);
	assert_true(b32_equal(&root, &dumb));
}

static void
merkle_set__zero_leaf_empties_but_keeps_the_slot(void **state)
{
	uint32_t slots[] = { 0, 4 };
	struct b32 leaves[2], none = { { 0 } }, want[8] = { { { 0 } } };
	struct b32 root, dumb, proof[MERKLE_DEPTH_MAX];
	struct merkle t;
	size_t len;

	(void)state;
	leaves[0] = random_leaf();
	leaves[1] = random_leaf();
	merkle_init(&t, nodes, CAPACITY_MAX);
	assert_int_equal(merkle_set(&t, slots, leaves, 2), ERR_OK);
	assert_int_equal(merkle_set(&t, &slots[1], &none, 1), ERR_OK);
	want[0] = leaves[0];
	merkle_root(&root, &t);
	dumb = dumb_root(want, 8);
	assert_true(b32_equal(&root, &dumb));
	assert_int_equal(t.used, 5);
	assert_int_equal(t.capacity, 8);
	assert_int_equal(merkle_prove(proof, &len, &t, 4), ERR_STATE);
	assert_int_equal(merkle_prove(proof, &len, &t, 0), ERR_OK);
}

static void
merkle_root__is_zero_again_once_all_leaves_are_gone(void **state)
{
	uint32_t slots[] = { 1, 2 };
	struct b32 leaves[2], none[2] = { { { 0 } }, { { 0 } } };
	struct b32 root, before;
	struct merkle t;

	(void)state;
	leaves[0] = random_leaf();
	leaves[1] = random_leaf();
	merkle_init(&t, nodes, CAPACITY_MAX);
	assert_int_equal(merkle_set(&t, slots, leaves, 2), ERR_OK);
	merkle_root(&before, &t);
	assert_int_equal(merkle_set(&t, slots, none, 1), ERR_OK);
	merkle_root(&root, &t);
	assert_false(b32_is_zero(&root));
	assert_int_equal(merkle_set(&t, slots, none, 2), ERR_OK);
	merkle_root(&root, &t);
	assert_true(b32_is_zero(&root));
	assert_int_equal(merkle_set(&t, slots, leaves, 2), ERR_OK);
	merkle_root(&root, &t);
	assert_true(b32_equal(&root, &before));
}

/* Every leaf is there and proved, and nothing else is. */
static void
proofs_check(const struct merkle *t, const struct b32 *root,
    const struct b32 *want)
{
	struct b32 proof[MERKLE_DEPTH_MAX], leaf;
	size_t len;

	for (uint32_t i = 0; i < CAPACITY_MAX;
	    i += 1 + (uint32_t)(random_next() % 32)) {
		leaf = merkle_leaf(t, i);
		assert_true(b32_equal(&leaf, &want[i]));
		if (b32_is_zero(&leaf)) {
			assert_int_equal(merkle_prove(proof, &len, t, i),
			    ERR_STATE);
			continue;
		}
		assert_int_equal(merkle_prove(proof, &len, t, i), ERR_OK);
		assert_true(merkle_verify(root, &leaf, proof, len));
	}
}

/* What the caller's memory holds before is of no account, not even where it
 * looks like the tree's own scratch data. */
static void
nodes_spoil(int run)
{
	memset(nodes, (int)random_next() & 0xff, sizeof(nodes));
	if (run % 2 == 0)
		return;
	for (size_t i = 0; i < ARRAY_COUNT(nodes); i++) {
		uint64_t next = random_next() % ARRAY_COUNT(nodes);

		memcpy(nodes[i].b, MARK, MARK_LEN);
		memcpy(nodes[i].b + MARK_LEN, &next, sizeof(next));
	}
}

/* Any number of leaves in any order, with growth by any factor, repeats and
 * removals: the same tree as rebuilt from nothing, node by node. */
static void
merkle_set__agrees_with_a_full_rebuild(void **state)
{
	static struct b32 want[CAPACITY_MAX], leaves[BATCH_MAX];
	static uint32_t slots[BATCH_MAX];

	(void)state;
	for (int run = 0; run < 40; run++) {
		struct merkle t;
		uint32_t used = 0;

		memset(want, 0, sizeof(want));
		nodes_spoil(run);
		merkle_init(&t, nodes, CAPACITY_MAX);
		for (int step = 0; step < 12; step++) {
			uint32_t span = 1u << random_next() % 11;
			size_t count = random_next() %
			    (step % 6 == 5 ? BATCH_MAX : 20);
			struct b32 root, dumb;

			for (size_t i = 0; i < count; i++) {
				slots[i] = (uint32_t)(random_next() % span);
				leaves[i] = random_next() % 8 == 0 ?
				    (struct b32){ { 0 } } : random_leaf();
				want[slots[i]] = leaves[i];
				if (slots[i] >= used)
					used = slots[i] + 1;
			}
			assert_int_equal(merkle_set(&t, slots, leaves, count),
			    ERR_OK);
			if (used == 0)
				continue;
			assert_int_equal(t.used, used);
			assert_int_equal(t.capacity, dumb_capacity(used));
			merkle_root(&root, &t);
			dumb = dumb_root(want, t.capacity);
			assert_true(b32_equal(&root, &dumb));
			proofs_check(&t, &root, want);
		}
	}
}

static void
merkle_set__hashes_each_touched_node_once(void **state)
{
	static struct b32 leaves[BATCH_MAX];
	static uint32_t slots[BATCH_MAX];
	static bool touched[CAPACITY_MAX];
	struct merkle t;

	(void)state;
	merkle_init(&t, nodes, CAPACITY_MAX);
	for (uint32_t i = 0; i < BATCH_MAX; i++) {
		slots[i] = i % CAPACITY_MAX;
		leaves[i] = random_leaf();
	}
	assert_int_equal(merkle_set(&t, slots, leaves, CAPACITY_MAX), ERR_OK);
	for (int run = 0; run < 60; run++) {
		size_t count = 1 + random_next() % (run % 3 ? 12 : BATCH_MAX);
		unsigned long want = 0;

		memset(touched, 0, sizeof(touched));
		for (size_t i = 0; i < count; i++) {
			slots[i] = (uint32_t)(random_next() % CAPACITY_MAX);
			for (uint32_t n = (CAPACITY_MAX + slots[i]) / 2; n > 0;
			    n /= 2) {
				want += !touched[n];
				touched[n] = true;
			}
		}
		pairs_count = 0;
		assert_int_equal(merkle_set(&t, slots, leaves, count), ERR_OK);
		assert_int_equal(pairs_count, want);
	}
}

/* Old leaves change in the call that brings new ones: still once each, also
 * where a new slot completes a pair. */
static void
merkle_set__hashes_each_node_once_while_growing(void **state)
{
	static struct b32 leaves[2 * CAPACITY_MAX];
	static uint32_t slots[2 * CAPACITY_MAX];
	static bool touched[CAPACITY_MAX];
	struct merkle t;

	(void)state;
	for (int run = 0; run < 200; run++) {
		uint32_t used = 1 + (uint32_t)(random_next() % 600);
		uint32_t end = used + 1 + (uint32_t)(random_next() %
		    (CAPACITY_MAX - used));
		size_t count = 0;
		unsigned long want = 0;

		for (uint32_t i = 0; i < end; i++) {
			slots[i] = i;
			leaves[i] = random_leaf();
		}
		merkle_init(&t, nodes, CAPACITY_MAX);
		assert_int_equal(merkle_set(&t, slots, leaves, used), ERR_OK);
		while (count < random_next() % 9)
			slots[count++] = (uint32_t)(random_next() % used);
		slots[count++] = used - 1;
		for (uint32_t i = used; i < end; i++)
			slots[count++] = i;
		memset(touched, 0, sizeof(touched));
		for (size_t i = 0; i < count; i++)
			for (unsigned h = 1;
			    h <= height_of(dumb_capacity(end)); h++) {
				size_t n = (CAPACITY_MAX + slots[i]) >> h;

				want += !touched[n];
				touched[n] = true;
			}
		pairs_count = 0;
		assert_int_equal(merkle_set(&t, slots, leaves, count), ERR_OK);
		/* Levels above a smaller tree begin at the first node. */
		for (unsigned h = height_of(dumb_capacity(used)) + 1;
		    h <= height_of(t.capacity); h++)
			want += !touched[CAPACITY_MAX >> h];
		assert_int_equal(pairs_count, want);
	}
}

/* Doubling a full tree must not hash the old half again. */
static void
merkle_set__keeps_the_old_half_without_hashing_it(void **state)
{
	static struct b32 leaves[CAPACITY_MAX];
	static uint32_t slots[CAPACITY_MAX];
	struct merkle t;
	uint32_t next = 512;

	(void)state;
	for (uint32_t i = 0; i < CAPACITY_MAX; i++) {
		slots[i] = i;
		leaves[i] = random_leaf();
	}
	merkle_init(&t, nodes, CAPACITY_MAX);
	assert_int_equal(merkle_set(&t, slots, leaves, 512), ERR_OK);
	pairs_count = 0;
	assert_int_equal(merkle_set(&t, &next, leaves, 1), ERR_OK);
	/* The new path; an empty subtree is known already. */
	assert_int_equal(pairs_count, 10);
}

/* A far slot opens many levels above the old root, and holes between. */
static void
merkle_set__grows_over_many_levels_for_two_paths(void **state)
{
	static struct b32 want[CAPACITY_MAX];

	(void)state;
	for (uint32_t from = 1; from <= 512; from *= 2)
		for (uint32_t far = from; far < CAPACITY_MAX;
		    far += 1 + (uint32_t)(random_next() % 96)) {
			uint32_t slots[] = { from - 1, far };
			struct b32 leaves[] = { random_leaf(), random_leaf() };
			struct b32 root, dumb;
			struct merkle t;

			nodes_spoil(1);
			memset(want, 0, sizeof(want));
			want[from - 1] = leaves[0];
			want[far] = leaves[1];
			merkle_init(&t, nodes, CAPACITY_MAX);
			assert_int_equal(merkle_set(&t, slots, leaves, 1),
			    ERR_OK);
			pairs_count = 0;
			assert_int_equal(merkle_set(&t, slots + 1, leaves + 1,
			    1), ERR_OK);
			assert_true(pairs_count <= 2 *
			    height_of(dumb_capacity(far + 1)));
			merkle_root(&root, &t);
			dumb = dumb_root(want, t.capacity);
			assert_true(b32_equal(&root, &dumb));
			proofs_check(&t, &root, want);
		}
}

/* Ten million leaves must not cost the memory of sixteen: nothing but the
 * nodes over used slots is written. */
static void
merkle_set__leaves_nodes_over_unused_slots_alone(void **state)
{
	static struct b32 leaves[CAPACITY_MAX];
	static uint32_t slots[CAPACITY_MAX];
	struct b32 guard;
	struct merkle t;

	(void)state;
	memset(guard.b, 0xa5, sizeof(guard.b));
	for (uint32_t i = 0; i < CAPACITY_MAX; i++) {
		slots[i] = i;
		leaves[i] = random_leaf();
	}
	for (uint32_t used = 1; used < CAPACITY_MAX; used += 1 + used / 7) {
		uint32_t first = (uint32_t)(random_next() % used);
		size_t untouched = 0;

		memset(nodes, 0xa5, sizeof(nodes));
		merkle_init(&t, nodes, CAPACITY_MAX);
		assert_int_equal(merkle_set(&t, slots, leaves, first), ERR_OK);
		assert_int_equal(merkle_set(&t, slots + first, leaves + first,
		    used - first), ERR_OK);
		for (unsigned h = 0; h <= height_of(CAPACITY_MAX); h++)
			for (size_t i = 0; i < CAPACITY_MAX >> h; i++) {
				bool is_used = i << h < used &&
				    h <= height_of(t.capacity);

				assert_int_equal(b32_equal(&guard,
				    &nodes[(CAPACITY_MAX >> h) + i]),
				    !is_used);
				untouched += !is_used;
			}
		assert_true(2 * CAPACITY_MAX - untouched <= 2 * used + 11);
	}
}

static void
merkle_prove__is_verified_and_nothing_else_is(void **state)
{
	static struct b32 leaves[CAPACITY_MAX];
	struct b32 root, proof[MERKLE_DEPTH_MAX + 1] = { { { 0 } } }, wrong;
	struct merkle t;

	(void)state;
	for (uint32_t used = 1; used <= 67; used++) {
		merkle_init(&t, nodes, CAPACITY_MAX);
		for (uint32_t i = 0; i < used; i++) {
			leaves[i] = i % 5 == 3 ? (struct b32){ { 0 } } :
			    random_leaf();
			assert_int_equal(merkle_set(&t, &i, &leaves[i], 1),
			    ERR_OK);
		}
		merkle_root(&root, &t);
		for (uint32_t i = 0; i < used; i++) {
			size_t len = 0;

			wrong = merkle_leaf(&t, i);
			assert_true(b32_equal(&wrong, &leaves[i]));
			if (b32_is_zero(&leaves[i])) {
				assert_int_equal(merkle_prove(proof, &len, &t,
				    i), ERR_STATE);
				continue;
			}
			assert_int_equal(merkle_prove(proof, &len, &t, i),
			    ERR_OK);
			assert_int_equal((uint32_t)1 << len, t.capacity);
			assert_true(merkle_verify(&root, &leaves[i], proof,
			    len));
			wrong.b[random_next() % 32] ^= 1;
			assert_false(merkle_verify(&root, &wrong, proof, len));
			if (len == 0)
				continue;
			assert_false(merkle_verify(&root, &leaves[i], proof,
			    len - 1));
			proof[random_next() % len].b[7] ^= 0x10;
			assert_false(merkle_verify(&root, &leaves[i], proof,
			    len));
		}
	}
}

/* The path of an empty slot leads to the root, but is no proof. */
static void
merkle_verify__refuses_the_zero_leaf_and_long_proofs(void **state)
{
	struct b32 leaf = random_leaf(), none = { { 0 } }, root;
	struct b32 proof[MERKLE_DEPTH_MAX + 1];

	(void)state;
	dumb_pair(&root, &none, &leaf);
	assert_true(merkle_verify(&root, &leaf, &none, 1));
	assert_false(merkle_verify(&root, &none, &leaf, 1));

	root = leaf;
	for (size_t i = 0; i <= MERKLE_DEPTH_MAX; i++) {
		proof[i] = random_leaf();
		dumb_pair(&root, &root, &proof[i]);
		assert_int_equal(merkle_verify(&root, &leaf, proof, i + 1),
		    i + 1 <= MERKLE_DEPTH_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    merkle_init__has_zero_root_and_proves_nothing),
		cmocka_unit_test(
		    merkle_root__is_the_leaf_where_there_is_one_slot),
		cmocka_unit_test(
		    merkle_set__refuses_a_slot_beyond_capacity_and_does_nothing),
		cmocka_unit_test(merkle_set__keeps_the_last_of_repeated_slots),
		cmocka_unit_test(
		    merkle_set__zero_leaf_empties_but_keeps_the_slot),
		cmocka_unit_test(
		    merkle_root__is_zero_again_once_all_leaves_are_gone),
		cmocka_unit_test(merkle_set__agrees_with_a_full_rebuild),
		cmocka_unit_test(merkle_set__hashes_each_touched_node_once),
		cmocka_unit_test(
		    merkle_set__hashes_each_node_once_while_growing),
		cmocka_unit_test(
		    merkle_set__keeps_the_old_half_without_hashing_it),
		cmocka_unit_test(
		    merkle_set__grows_over_many_levels_for_two_paths),
		cmocka_unit_test(
		    merkle_set__leaves_nodes_over_unused_slots_alone),
		cmocka_unit_test(
		    merkle_prove__is_verified_and_nothing_else_is),
		cmocka_unit_test(
		    merkle_verify__refuses_the_zero_leaf_and_long_proofs),
	};

	int failed = 0;

	for (int level = 0; level <= (int)keccak_level_best(); level++) {
		level_wanted = (enum keccak_level)level;
		failed += cmocka_run_group_tests_name(
		    keccak_level_name(level_wanted), tests, NULL, NULL);
	}
	return failed;
}
