/* What must cost as much as it changes, and no more because more is there:
 * one curve an operation.  docs/benchmarks.svg is drawn from these rows. */
#include "tests/bench/bench.h"

#include <stdlib.h>

#include "base/merkle.h"
#include "base/must.h"

#define ROUNDS 51u
#define CHANGED 100u
#define LEAVES_MIN (1u << 10)
#define LEAVES_MAX (1u << 20)

struct changes {
	struct merkle tree;
	uint32_t slots[CHANGED];
	struct b32 leaves[CHANGED];
};

static void
run_set(void *context)
{
	struct changes *c = context;

	for (unsigned i = 0; i < CHANGED; i++)
		c->leaves[i].b[0]++;
	MUST(merkle_set(&c->tree, c->slots, c->leaves, CHANGED) == ERR_OK);
}

/* A hundred leaves at random of a tree of n. */
static void
tree_point(struct changes *c, struct b32 *nodes, uint32_t n)
{
	struct bench_side side = { run_set, c, 1 };
	uint64_t seed = 0x9e3779b97f4a7c15u;

	merkle_init(&c->tree, nodes, n);
	c->slots[0] = n - 1;
	for (unsigned i = 1; i < CHANGED; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		c->slots[i] = (uint32_t)(seed >> 33) % n;
		c->leaves[i].b[31] = 1;
	}
	bench_growth("merkle, 100 leaves changed", n, bench_median_ns(&side,
	    ROUNDS));
}

void
bench_growth_suite(void)
{
	struct b32 *nodes = calloc(MERKLE_NODES(LEAVES_MAX), sizeof(*nodes));
	static struct changes c;

	MUST(nodes != NULL);
	for (uint32_t n = LEAVES_MIN; n <= LEAVES_MAX; n *= 4)
		tree_point(&c, nodes, n);
	free(nodes);
}
