/* tests/bench/bench_merkle.c - leaves and a tree of a million of them, on each
 * level of vectors that the machine has: a verdict's leaf and the tree's build
 * against as many of nettle's permutations, the update of a thousand leaves
 * against the build.  Then a tree of ten million. */
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>

#include <nettle/sha3.h>

#include "base/keccak_lanes.h"
#include "base/merkle.h"
#include "base/must.h"
#include "base/types.h"

#define LEAVES 1000000u
#define CAPACITY ((uint32_t)1 << 20)
#define NODES (LEAVES - 1)
#define CHANGED 1000u
#define ROUNDS 5u
/* A verdict: sixteen words, four blocks; then its hash, one more. */
#define VERDICTS 64u
#define VERDICT_BYTES 512u
#define VERDICT_BLOCKS 5u
#define VERDICT_ROUNDS 101u
#define UPDATE_ROUNDS 201u
#define LARGE 10000000u
#define LARGE_CAPACITY ((uint32_t)1 << 24)
#define NAME_MAX_LEN 32u
#define LINE 64u

static const double HASH_GOALS[KECCAK_LEVELS] = {
	[KECCAK_PORTABLE] = 1.05,
	[KECCAK_AVX2] = 1 / 2.3,
	[KECCAK_AVX512] = 1 / 6.0,
};
#define UPDATE_GOAL (1 / 60.0)

struct world {
	struct merkle tree;
	enum keccak_level level;
	uint32_t changed_count;
	uint64_t seed;
	uint32_t *slots;
	struct b32 *leaves;
	uint32_t changed_slots[CHANGED];
	struct b32 changed[CHANGED];
	uint32_t used;		/* slots that may change */
	uint8_t verdicts[VERDICTS][VERDICT_BYTES];
};

static uint64_t
random_next(struct world *w)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return w->seed;
}

/* nodes_new places them as the engine does: zero, two siblings a line of the
 * cache.  *memory is to be freed. */
static struct b32 *
nodes_new(void **memory, uint32_t capacity)
{
	size_t bytes = MERKLE_NODES(capacity) * sizeof(struct b32);
	uint8_t *at = calloc(1, bytes + LINE);

	MUST(at != NULL);
	*memory = at;
	return (void *)(at + (LINE - (uintptr_t)at % LINE));
}

static void
leaf_make(struct b32 *leaf, struct world *w)
{
	for (size_t i = 0; i < sizeof(leaf->b); i++)
		leaf->b[i] = (uint8_t)(random_next(w) >> 56);
}

static void
run_build(void *context)
{
	struct world *w = context;
	struct b32 root;

	merkle_init(&w->tree, w->tree.nodes, CAPACITY);
	w->tree.level = w->level;
	MUST(merkle_set(&w->tree, w->slots, w->leaves, LEAVES) == ERR_OK);
	merkle_root(&root, &w->tree);
	bench_keep(root.b[0]);
}

static void
run_nettle(void *context)
{
	struct sha3_state *state = context;

	for (unsigned i = 0; i < NODES; i++)
		sha3_permute(state);
	bench_keep(state->a[0]);
}

/* Other leaves and other slots each time, as vaults change. */
static void
run_update(void *context)
{
	struct world *w = context;
	struct b32 root;

	for (uint32_t i = 0; i < w->changed_count; i++) {
		w->changed_slots[i] = (uint32_t)(random_next(w) % w->used);
		w->changed[i].b[i % 32]++;
	}
	MUST(merkle_set(&w->tree, w->changed_slots, w->changed,
	    w->changed_count) == ERR_OK);
	merkle_root(&root, &w->tree);
	bench_keep(root.b[0]);
}

static void
run_verdicts(void *context)
{
	struct world *w = context;
	struct b32 leaves[VERDICTS];

	keccak256_many(w->level, leaves, w->verdicts, VERDICT_BYTES,
	    VERDICT_BYTES, VERDICTS);
	keccak256_many(w->level, leaves, leaves, sizeof(leaves[0]),
	    sizeof(leaves[0]), VERDICTS);
	bench_keep(leaves[0].b[0]);
}

static void
run_nettle_verdicts(void *context)
{
	struct sha3_state *state = context;

	for (unsigned i = 0; i < VERDICTS * VERDICT_BLOCKS; i++)
		sha3_permute(state);
	bench_keep(state->a[0]);
}

static void
bench_level(struct world *w)
{
	static struct sha3_state state;
	struct bench_side verdicts = { run_verdicts, w, VERDICTS };
	struct bench_side nettle_verdicts = { run_nettle_verdicts, &state,
	    VERDICTS };
	const char *level = keccak_level_name(w->level);
	struct bench_side build = { run_build, w, NODES };
	struct bench_side nettle = { run_nettle, &state, NODES };
	struct bench_side update = { run_update, w, 1 };
	struct bench_side whole = { run_build, w, 1 };
	char name[NAME_MAX_LEN];

	snprintf(name, sizeof(name), "verdict leaf, %s", level);
	bench_compare(name, &verdicts, &nettle_verdicts, VERDICT_ROUNDS,
	    HASH_GOALS[w->level]);
	snprintf(name, sizeof(name), "build of 1 M, %s", level);
	bench_compare(name, &build, &nettle, ROUNDS, HASH_GOALS[w->level]);
	w->changed_count = CHANGED;
	snprintf(name, sizeof(name), "1,000 of 1 M, %s", level);
	bench_compare(name, &update, &whole, ROUNDS, UPDATE_GOAL);
	w->changed_count = 1;
	snprintf(name, sizeof(name), "1 of 1 M, %s", level);
	bench_note(name, bench_median_ns(&update, UPDATE_ROUNDS));
}

/* The leaves of the small tree again and again, a call for each million. */
static void
bench_large(struct world *w)
{
	void *memory;
	struct b32 *nodes = nodes_new(&memory, LARGE_CAPACITY);
	struct bench_side update = { run_update, w, 1 };
	uint64_t began_ns = bench_now_ns();

	merkle_init(&w->tree, nodes, LARGE_CAPACITY);
	for (uint32_t at = 0; at < LARGE; at += LEAVES) {
		for (uint32_t i = 0; i < LEAVES; i++)
			w->slots[i] = at + i;
		MUST(merkle_set(&w->tree, w->slots, w->leaves, LEAVES) ==
		    ERR_OK);
	}
	bench_note("build of 10 M, first time",
	    (double)(bench_now_ns() - began_ns) / LARGE);
	w->used = LARGE;
	w->changed_count = CHANGED;
	bench_note("1,000 of 10 M", bench_median_ns(&update, UPDATE_ROUNDS));
	free(memory);
}

void
bench_merkle(void)
{
	static struct world w;
	void *memory;
	struct b32 *nodes = nodes_new(&memory, CAPACITY);

	w.slots = calloc(LEAVES, sizeof(*w.slots));
	w.leaves = calloc(LEAVES, sizeof(*w.leaves));
	MUST(w.slots != NULL && w.leaves != NULL);
	w.tree.nodes = nodes;
	w.seed = 0x9e3779b97f4a7c15u;
	w.used = LEAVES;
	for (uint32_t i = 0; i < LEAVES; i++) {
		w.slots[i] = i;
		leaf_make(&w.leaves[i], &w);
	}
	for (size_t i = 0; i < CHANGED; i++)
		leaf_make(&w.changed[i], &w);
	for (size_t i = 0; i < sizeof(w.verdicts); i++)
		w.verdicts[i / VERDICT_BYTES][i % VERDICT_BYTES] =
		    (uint8_t)(random_next(&w) >> 56);
	for (int level = KECCAK_PORTABLE; level <= (int)keccak_level_best();
	    level++) {
		w.level = (enum keccak_level)level;
		bench_level(&w);
	}
	bench_large(&w);
	free(w.leaves);
	free(w.slots);
	free(memory);
}
