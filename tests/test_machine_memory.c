/* The inputs of a busy hour, once more through machines of their own: without a
 * single allocation, and to the same outputs on every level of vectors, by
 * ladders and by scans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/allocations.h"
#include "tests/machine_world.h"

#define ETH 200000u	/* cents */
#define BTC 6000000u
#define TEN_ETH 10000000000u	/* gwei: 20,000 USD */
#define ROUNDS 400u

static struct world w;

/* Signs what was asked for, if anything was. */
static void
answer(void)
{
	struct dumb_answer a;

	if (dumb_sign(&a, &w.signer, &w.out, true))
		assert_int_equal(world_signed(&w, a.header.sequence,
		    &a.digest), ERR_OK);
}

/* Prices up and down through the vaults' thresholds, new and changed vaults,
 * a venue that falls silent. */
static void
busy_hour(void)
{
	world_begin(&w, false, 16);
	world_signer_ready(&w);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t down = i % 40 < 20 ? i % 20 : 20 - i % 20;

		w.now_ms += i % 100 == 99 ? 5000 : 30;
		if (i % 7 == 0)
			assert_int_equal(world_vault(&w, (uint8_t)(1 + i % 50),
			    TEN_ETH, 24000000 + 100000u * (i % 60), i),
			    ERR_OK);
		world_prices(&w, ETH - down * (ETH / 100), BTC);
		world_close(&w);
		answer();
	}
	assert_true(w.machine->signatures > 50 && w.machine->slots.used > 4);
}

/* The inputs once more; digest: of all that comes out. */
static uint64_t
count_again(struct machine *m, bool by_scans, struct b32 *digest)
{
	struct machine_output o = { world_emit, &w.out };
	uint64_t before = allocations;
	struct keccak256 k;

	keccak256_init(&k);

	for (size_t at = 0; at < w.inputs_len;) {
		static _Alignas(16) uint8_t message[WIRE_SIZE_MAX];
		struct wire_head head;

		memcpy(&head, w.inputs + at, sizeof(head));
		memcpy(message, w.inputs + at, head.size);
		w.out.len = 0;
		if (by_scans)
			m->reach.is_behind = true;
		(void)!machine_apply(m, message, &o);
		keccak256_update(&k, w.out.bytes, w.out.len);
		at += head.size;
	}
	keccak256_final(&k, digest);
	return allocations - before;
}

static void
machine_apply__allocates_nothing(void **state)
{
	struct replay_life *life;
	struct b32 digest;
	void *one;

	(void)state;
#ifdef CANNOT_COUNT
	skip();
#endif
	busy_hour();
	life = world_life(false, 16);
	/* The counter counts. */
	allocations = 0;
	one = malloc(1);
	assert_non_null(one);
	free(one);
	assert_int_equal(allocations, 1);
	assert_int_equal(count_again(life->machine, false, &digest), 0);
	assert_memory_equal(&life->machine->last, &w.machine->last,
	    sizeof(w.machine->last));
	replay_life_close(life);
	world_end(&w);
}

/* Pages of address space that this process has. */
static unsigned long
pages_mapped(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu", &pages), 1);
	fclose(f);
	return pages;
}

static void
machine_destroy__gives_its_tables_back(void **state)
{
	unsigned long before = 0;

	(void)state;
#ifdef CANNOT_COUNT
	skip();
#endif
	/* What the heap keeps it has from the first. */
	for (unsigned i = 0; i < 10; i++) {
		replay_life_close(world_life(true, 16));
		if (i == 1)
			before = pages_mapped();
	}
	/* A machine's arena is hundreds of pages. */
	assert_true(pages_mapped() < before + 64);
}

static void
machine_apply__says_the_same_on_every_level(void **state)
{
	struct b32 want, got;
	struct keccak256 outputs;
	size_t ran = 0;

	(void)state;
	busy_hour();
	outputs = w.outputs;
	keccak256_final(&outputs, &want);
	for (enum keccak_level k = KECCAK_PORTABLE; k <= keccak_level_best();
	    k++)
		for (enum scan_level s = SCAN_PORTABLE;
		    s <= scan_level_best(); s++)
			for (int by_scans = 0; by_scans < 2; by_scans++) {
				struct replay_life *life =
				    world_life(false, 16);

				life->machine->positions.level = k;
				life->machine->verdicts.level = k;
				life->machine->reach.level = s;
				(void)count_again(life->machine, by_scans,
				    &got);
				assert_memory_equal(&got, &want, 32);
				replay_life_close(life);
				ran++;
			}
	print_message("%zu machines agree\n", ran);
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_apply__allocates_nothing),
		cmocka_unit_test(machine_destroy__gives_its_tables_back),
		cmocka_unit_test(machine_apply__says_the_same_on_every_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
