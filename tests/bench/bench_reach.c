/* The whole way from prices to the vaults that must be valued, and back: ticks
 * of 1 bp over books of 10 k to 10 M vaults of 3 to 8 legs, four ticks of five
 * on eight of 64 assets; a crash of 30 % until all that it can have taken
 * across a threshold are named, against the same scans alone; and what it takes
 * in memory with the tree of positions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/merkle.h"
#include "base/must.h"
#include "margin/reach.h"
#include "oracle/arena.h"
#include "tests/bench/bench.h"

#define ASSETS 64u
#define MAJORS 8u
#define TICKS 20000u
#define WARM 2000u
#define LTV_PPB 700000000u
#define THRESHOLD_PPB 800000000u
#define NEAR_IN_1000 4u		/* owe 90 to 120 % of what they may */
#define CRASH_ROUNDS 5u
#define TEN_MILLION 10000000u
#define GIB (UINT64_C(1) << 30)
#define PAGES_AT_ONCE 65536u

struct run {
	struct book book;
	struct vault no_vault;
	uint32_t hash[2];
	struct market market;
	u128 start[ASSETS];		/* prices that amounts are made from */
	struct vaults_limits limits;
	struct vaults vaults;
	struct reach reach;
	struct merkle positions;
	void *vaults_arena, *reach_arena, *nodes;
	uint8_t *state;
	uint32_t count;
	uint64_t seed, touched;
};

static uint64_t
next(uint64_t *seed, uint64_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (*seed >> 33) % below;
}

static void
price_set(struct run *r, uint32_t asset, u128 mid)
{
	struct price *p = &r->market.asset[asset].price;

	p->mid = px18_from_raw(mid);
	p->low = px18_from_raw(mid - mid / 5000);
	p->high = px18_from_raw(mid + mid / 5000);
}

static void
assets_make(struct run *r)
{
	book_init(&r->book, &r->no_vault, r->hash, 1);
	r->book.asset_count = r->market.count = ASSETS;
	r->book.factor_count = ASSETS;
	for (uint32_t i = 0; i < ASSETS; i++) {
		r->start[i] = (1 + next(&r->seed, 1000000)) * pow10_u128(15);
		r->book.assets[i].decimals = 18;
		r->book.assets[i].factor = (uint8_t)i;
		r->book.assets[i].rules[0] = (struct asset_rules){
			.ltv = ppb_from_raw(LTV_PPB),
			.liquidation_threshold = ppb_from_raw(THRESHOLD_PPB),
			.debt_weight = ppb_one(), .close_factor = ppb_one(),
		};
		price_set(r, i, r->start[i]);
	}
}

static uint64_t
legs_make(struct leg *leg, const struct run *r, uint64_t *seed, uint32_t count)
{
	uint8_t asset = (uint8_t)next(seed, 8);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t usd = 100000 + next(seed, 100000);

		leg[i] = (struct leg){ asset, pow10_u128(36) / r->start[asset] *
		    usd, 0, wad_one() };
		asset = (uint8_t)(asset + 1 + next(seed, 8));
		sum += usd;
	}
	return sum;
}

static void
vault_make(struct vault *v, const struct run *r, uint32_t number)
{
	uint64_t seed = (uint64_t)number * 1000003 + 17;
	uint32_t legs = (uint32_t)(3 + next(&seed, 6));
	uint32_t debts = (uint32_t)(1 + next(&seed, 2));
	uint64_t share = next(&seed, 1000) < NEAR_IN_1000 ?
	    900000 + next(&seed, 300000) : 50000 + next(&seed, 850000);
	uint64_t usd, owed;

	memset(v, 0, offsetof(struct vault, collateral));
	memcpy(v->id.b, &number, sizeof(number));
	v->id.b[8] = 1;
	usd = legs_make(v->collateral, r, &seed, legs - debts);
	owed = legs_make(v->debt, r, &seed, debts);
	for (uint32_t i = 0; i < debts; i++)
		v->debt[i].amount = v->debt[i].amount / 1000000 *
		    (usd * 7 / 10 * share / owed);
	v->collateral_count = (uint8_t)(legs - debts);
	v->debt_count = (uint8_t)debts;
}

static void
value(struct run *r, uint32_t slot)
{
	struct verdict d;
	struct vault v;

	MUST(vaults_get(&v, &r->vaults, slot) == ERR_OK);
	verdict_begin(&d, &r->book, &v, &r->market);
	reach_note(&r->reach, &r->book, &r->market, slot, &v, d.state);
	r->state[slot] = (uint8_t)d.state;
}

/* In leaves of its number: what they commit to does not change their cost. */
static void
positions_fill(struct run *r)
{
	static uint32_t slot[4096];
	static struct b32 leaf[4096];

	for (uint32_t done = 0, n; done < r->count; done += n) {
		n = r->count - done < 4096 ? r->count - done : 4096;
		for (uint32_t i = 0; i < n; i++) {
			slot[i] = done + i;
			memcpy(leaf[i].b, &slot[i], sizeof(slot[i]));
			leaf[i].b[31] = 1;
		}
		MUST(merkle_set(&r->positions, slot, leaf, n) == ERR_OK);
	}
}

static struct run *
run_new(uint32_t count)
{
	struct run *r = calloc(1, sizeof(*r));
	uint32_t capacity = 1;

	MUST(r != NULL);
	while (capacity < count)
		capacity *= 2;
	r->count = count;
	r->seed = 1;
	assets_make(r);
	r->limits = (struct vaults_limits){ .vaults = capacity,
		.rows = VAULTS_ROWS_AUTO(capacity),
		.debt_rows = VAULTS_DEBT_ROWS_AUTO(capacity) };
	MUST(arena_map(&r->vaults_arena, vaults_bytes(&r->limits)) == ERR_OK);
	MUST(arena_map(&r->reach_arena, reach_bytes(&r->limits)) == ERR_OK);
	MUST(arena_map(&r->nodes, MERKLE_NODES(capacity) *
	    sizeof(struct b32)) == ERR_OK);
	r->state = calloc(count, 1);
	MUST(r->state != NULL);
	vaults_init(&r->vaults, r->vaults_arena, &r->limits, &r->book);
	reach_init(&r->reach, r->reach_arena, &r->limits, &r->vaults,
	    &r->book);
	merkle_init(&r->positions, r->nodes, capacity);
	reach_move(&r->reach, &r->book, &r->market, U128_MAX);
	for (uint32_t i = 0; i < count; i++) {
		struct vault v;
		uint32_t slot;

		vault_make(&v, r, i);
		MUST(vaults_put(&slot, &r->vaults, &v) == ERR_OK);
		value(r, slot);
	}
	positions_fill(r);
	return r;
}

static void
run_free(struct run *r)
{
	arena_unmap(r->vaults_arena, vaults_bytes(&r->limits));
	arena_unmap(r->reach_arena, reach_bytes(&r->limits));
	arena_unmap(r->nodes, MERKLE_NODES(r->limits.vaults) *
	    sizeof(struct b32));
	free(r->state);
	free(r);
}

static void
move(struct run *r, u128 moved)
{
	uint32_t slot[REACH_BATCH], n;

	reach_move(&r->reach, &r->book, &r->market, moved);
	while ((n = reach_next(&r->reach, slot)) > 0)
		for (uint32_t i = 0; i < n; i++, r->touched++)
			value(r, slot[i]);
	while ((n = reach_settle(&r->reach, slot)) > 0)
		for (uint32_t i = 0; i < n; i++)
			value(r, slot[i]);
}

static uint64_t
tick(struct run *r)
{
	uint32_t asset = (uint32_t)(next(&r->seed, 5) < 4 ?
	    next(&r->seed, MAJORS) : next(&r->seed, ASSETS));
	u128 mid = px18_to_raw(r->market.asset[asset].price.mid);
	uint64_t began;

	price_set(r, asset, next(&r->seed, 2) ? mid + mid / 10000 :
	    mid - mid / 10000);
	began = bench_now_ns();
	move(r, (u128)1 << asset);
	return bench_now_ns() - began;
}

static int
ns_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
figure(uint32_t count, const char *what, double v, const char *unit)
{
	char name[80];

	snprintf(name, sizeof(name), "%u vaults: %s", count, what);
	bench_figure(name, v, unit);
}

static void
rows_of_ticks(struct run *r)
{
	static uint64_t ns[TICKS];
	double sum = 0;

	for (uint32_t i = 0; i < WARM; i++)
		(void)tick(r);
	r->touched = 0;
	for (uint32_t i = 0; i < TICKS; i++) {
		ns[i] = tick(r);
		sum += (double)ns[i];
	}
	qsort(ns, TICKS, sizeof(*ns), ns_compare);
	bench_growth("a tick of 1 bp", r->count, sum / TICKS);
	figure(r->count, "a tick, p50", (double)ns[TICKS / 2], "ns");
	figure(r->count, "a tick, p99", (double)ns[TICKS / 100 * 99], "ns");
	figure(r->count, "valued a tick", (double)r->touched / TICKS,
	    "vaults");
}

/* Bytes of a mapping that are in memory now. */
static size_t
resident(const void *at, size_t bytes)
{
	static unsigned char in_memory[PAGES_AT_ONCE];
	size_t page = (size_t)sysconf(_SC_PAGESIZE), held = 0;
	union {
		const void *in;
		uint8_t *out;
	} u = { at };

	for (size_t done = 0; done < bytes; done += page * PAGES_AT_ONCE) {
		size_t left = bytes - done;
		size_t pages = (left + page - 1) / page;

		if (pages > PAGES_AT_ONCE)
			pages = PAGES_AT_ONCE;
		if (mincore(u.out + done, pages * page, in_memory) != 0)
			return 0;
		for (size_t i = 0; i < pages; i++)
			held += (in_memory[i] & 1u) * page;
	}
	return held;
}

static void
rows_of_memory(const struct run *r)
{
	size_t vaults = resident(r->vaults_arena,
	    vaults_bytes(&r->limits));
	size_t reach = resident(r->reach_arena,
	    reach_bytes(&r->limits));
	size_t tree = resident(r->nodes, MERKLE_NODES(
	    r->limits.vaults) * sizeof(struct b32));
	/* Hot: the columns of the scan, the ladders, the tree. */
	double hot = (double)(reach + tree) + (double)r->vaults.head->row_count
	    * SCAN_LANES * 9;
	char name[80];

	figure(r->count, "store", (double)vaults / r->count, "bytes a vault");
	figure(r->count, "ladders", (double)reach / r->count,
	    "bytes a vault");
	figure(r->count, "tree", (double)tree / r->count, "bytes a vault");
	/* Of few vaults the ladders are the most. */
	if (r->count < 1000000)
		return;
	snprintf(name, sizeof(name), "%u vaults: hot, each", r->count);
	bench_row_of(name, hot / r->count, 320, "bytes", 1.0);
	if (r->count == TEN_MILLION)
		bench_row_of("10 M vaults: all",
		    (double)(vaults + reach + tree + r->count) / (1 << 20),
		    6.0 * 1024, "MiB", 1.0);
}

/* ---- a crash ------------------------------------------------------------- */

static void
majors_move(struct run *r, uint32_t percent)
{
	for (uint32_t i = 0; i < MAJORS; i++)
		price_set(r, i, r->start[i] / 100 * percent);
}

/* Everything that the fall can have taken across a threshold is named. */
static double
crash_ns(struct run *r, uint64_t *named)
{
	uint32_t slot[REACH_BATCH], n;
	uint64_t began = bench_now_ns(), took;

	*named = 0;
	reach_move(&r->reach, &r->book, &r->market, 0xff);
	while ((n = reach_next(&r->reach, slot)) > 0)
		*named += n;
	took = bench_now_ns() - began;
	return (double)took;
}

static double
scans_ns(struct run *r)
{
	uint32_t blocks = vaults_block_count(&r->vaults);
	struct scan_mask *mask = calloc(blocks, sizeof(*mask));
	uint64_t began, took;

	MUST(mask != NULL);
	began = bench_now_ns();
	scan_run(mask, &r->vaults, &r->reach.at_initial, 0, blocks);
	scan_run(mask, &r->vaults, &r->reach.at_best, 0, blocks);
	took = bench_now_ns() - began;
	bench_keep(mask[0].below);
	free(mask);
	return (double)took;
}

static int
double_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
rows_of_crash(struct run *r)
{
	double crash[CRASH_ROUNDS], scans[CRASH_ROUNDS];
	uint64_t named = 0;

	for (uint32_t i = 0; i < CRASH_ROUNDS; i++) {
		majors_move(r, 100);
		/* Settled there: what the last round named was not valued. */
		reach_move(&r->reach, &r->book, &r->market, 0xff);
		for (uint32_t k = 0; k < r->count; k++)
			value(r, k);
		move(r, 1);
		majors_move(r, 70);
		crash[i] = crash_ns(r, &named);
		scans[i] = scans_ns(r);
	}
	qsort(crash, CRASH_ROUNDS, sizeof(*crash), double_compare);
	qsort(scans, CRASH_ROUNDS, sizeof(*scans), double_compare);
	bench_row("30 % crash until all are named, vs the scans",
	    crash[CRASH_ROUNDS / 2], scans[CRASH_ROUNDS / 2], 1.5);
	figure(r->count, "named by the crash", (double)named, "vaults");
}

void
bench_reach(void)
{
	static const uint32_t counts[] = { 10000, 100000, 1u << 20,
		TEN_MILLION };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint64_t have = (uint64_t)sysconf(_SC_AVPHYS_PAGES) *
		    (uint64_t)sysconf(_SC_PAGESIZE);
		struct run *r;

		if (counts[i] == TEN_MILLION && have < 8 * GIB) {
			bench_missing("10 M vaults", "less than 8 GiB free");
			continue;
		}
		r = run_new(counts[i]);
		rows_of_ticks(r);
		rows_of_memory(r);
		if (counts[i] == 1u << 20)
			rows_of_crash(r);
		run_free(r);
	}
}
