/* tests/bench/bench_keccak.c - Keccak-256 against nettle's permutation, and
 * what a tree costs with it. */
#include "tests/bench/bench.h"

#include <stdlib.h>
#include <string.h>

#include <nettle/sha3.h>

#include "base/keccak.h"
#include "base/merkle.h"
#include "base/must.h"

#define HASHES 200u
#define ROUNDS 101u
#define GOAL 1.05
#define BULK 4096u

#define CAPACITY 65536u
#define CHANGED 100u

static void
run_pair(void *context)
{
	struct b32 *pair = context;

	for (unsigned i = 0; i < HASHES; i++)
		keccak256_pair(&pair[0], &pair[0], &pair[1]);
	bench_keep(pair[0].b[0]);
}

static void
run_nettle(void *context)
{
	struct sha3_state *state = context;

	for (unsigned i = 0; i < HASHES; i++)
		sha3_permute(state);
	bench_keep(state->a[0]);
}

static void
run_bulk(void *context)
{
	struct b32 digest;

	keccak256(&digest, context, BULK);
	bench_keep(digest.b[0]);
}

/* nettle's own SHA3-256 has the same rate; only its padding is another. */
static void
run_bulk_nettle(void *context)
{
	struct sha3_256_ctx hash;
	uint8_t digest[SHA3_256_DIGEST_SIZE];

	sha3_256_init(&hash);
	sha3_256_update(&hash, BULK, context);
	sha3_256_digest(&hash, sizeof(digest), digest);
	bench_keep(digest[0]);
}

struct changes {
	struct merkle tree;
	uint32_t slots[CHANGED];
	struct b32 leaves[CHANGED];
};

static void
run_merkle(void *context)
{
	struct changes *c = context;

	for (unsigned i = 0; i < CHANGED; i++)
		c->leaves[i].b[0]++;
	MUST(merkle_set(&c->tree, c->slots, c->leaves, CHANGED) == ERR_OK);
}

static void
bench_merkle(void)
{
	static struct b32 nodes[MERKLE_NODES(CAPACITY)];
	static struct changes c;
	struct bench_side side = { run_merkle, &c, 1 };
	uint64_t seed = 0x9e3779b97f4a7c15u;

	merkle_init(&c.tree, nodes, CAPACITY);
	c.slots[0] = CAPACITY - 1;
	for (unsigned i = 1; i < CHANGED; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		c.slots[i] = (uint32_t)(seed >> 33) % CAPACITY;
		c.leaves[i].b[31] = 1;
	}
	bench_note("merkle 100 of 65536 leaves", bench_median_ns(&side,
	    ROUNDS));
}

void
bench_keccak(void)
{
	static struct b32 pair[2];
	static struct sha3_state state;
	static uint8_t bulk[BULK];
	struct bench_side ours = { run_pair, pair, HASHES };
	struct bench_side reference = { run_nettle, &state, HASHES };
	struct bench_side ours_bulk = { run_bulk, bulk, 1 };
	struct bench_side reference_bulk = { run_bulk_nettle, bulk, 1 };

	bench_compare("keccak256_pair", &ours, &reference, ROUNDS, GOAL);
	bench_compare("keccak256 of 4096 bytes", &ours_bulk, &reference_bulk,
	    ROUNDS * 5, GOAL);
	bench_merkle();
}
