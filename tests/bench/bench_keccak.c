/* tests/bench/bench_keccak.c - Keccak-256 against nettle's permutation. */
#include "tests/bench/bench.h"

#include <stdlib.h>
#include <string.h>

#include <nettle/sha3.h>

#include "base/keccak.h"

#define HASHES 200u
#define ROUNDS 101u
#define GOAL 1.05
#define BULK 4096u

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
}
