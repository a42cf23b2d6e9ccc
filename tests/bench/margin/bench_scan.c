/* The exact scan of a store of vaults of 3 to 8 legs over 64 assets, against
 * reading the same bytes and against ratio_evaluate, vault by vault; puts and
 * deletes against 10 us each; snapshots.  Of 2^20 vaults; `scan10m` is of ten
 * million, where the machine has the memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/must.h"
#include "margin/ratio.h"
#include "margin/scan.h"
#include "tests/bench/margin/suites.h"

#define MILLION (1u << 20)
#define TEN_MILLION 10000000u
#define TEN_MILLION_BYTES (UINT64_C(10) << 30)	/* free, to be measured */
#define ASSETS 64u
#define EXACT 4096u	/* vaults that ratio_evaluate takes in a round */
#define CHANGES 20000u	/* puts or deletes in a round */
#define SEED_STEP UINT64_C(6364136223846793005)

struct world {
	struct book book;
	struct vault no_vault;
	uint32_t hash[2];
	struct market market;
	struct vaults store;
	uint32_t count;
	enum scan_level level;
	struct scan_prices prices;
	struct scan_mask *mask;
	struct px18 price[BOOK_ASSETS_MAX];
	uint64_t seed;
};

static uint64_t
next(uint64_t *seed, uint64_t below)
{
	*seed = *seed * SEED_STEP + 1442695040888963407u;
	return (*seed >> 33) % below;
}

static void
world_assets(struct world *w)
{
	book_init(&w->book, &w->no_vault, w->hash, 1);
	w->book.asset_count = w->market.count = ASSETS;
	for (uint32_t i = 0; i < ASSETS; i++) {
		struct asset *a = &w->book.assets[i];
		struct price *p = &w->market.asset[i].price;

		a->decimals = 18;
		a->factor = (uint8_t)i;
		a->rules[0] = (struct asset_rules){
			.ltv = ppb_from_raw(700000000),
			.liquidation_threshold = ppb_from_raw(800000000),
			.debt_weight = ppb_one(),
			.close_factor = ppb_one(),
		};
		p->mid = p->low = p->high = px18_from_raw((1 + next(&w->seed,
		    1000000)) * (u128)pow10_u128(15));
		w->price[i] = p->mid;
	}
	w->book.factor_count = ASSETS;
}

/* Ascending slots, all of about the same value. */
static uint8_t
world_legs(struct leg *leg, struct world *w, uint8_t count, uint64_t usd)
{
	uint8_t asset = (uint8_t)next(&w->seed, 8);

	for (uint8_t i = 0; i < count; i++) {
		u128 atoms;

		MUST(atoms_from_usd18(&atoms, usd18_from_raw((i128)(usd +
		    next(&w->seed, usd)) * (i128)WAD_ONE_RAW), 18,
		    w->price[asset], ROUND_FLOOR) == ERR_OK);
		leg[i] = (struct leg){ asset, atoms, 0, wad_one() };
		asset = (uint8_t)(asset + 1 + next(&w->seed, 8));
	}
	return count;
}

/* 3 to 8 legs, of them 1 or 2 debts: 5.5 and 1.5 on average. */
static void
world_put(struct world *w, uint32_t number)
{
	uint8_t legs = (uint8_t)(3 + next(&w->seed, 6));
	uint8_t debts = (uint8_t)(1 + next(&w->seed, 2));
	struct vault v;
	uint32_t at;

	memset(&v, 0, offsetof(struct vault, collateral));
	memcpy(v.id.b, &number, sizeof(number));
	v.debt_count = world_legs(v.debt, w, debts, 1000);
	v.collateral_count = world_legs(v.collateral, w,
	    (uint8_t)(legs - debts), 1500);
	MUST(vaults_put(&at, &w->store, &v) == ERR_OK);
}

static void *
arena_map(size_t size)
{
	void *arena = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	MUST(arena != MAP_FAILED);
	return arena;
}

static void
world_prices(struct world *w)
{
	MUST(scan_prices_from(&w->prices, &w->store, w->price, w->price,
	    SCAN_MAINTENANCE) == ERR_OK);
}

/* ---- what is timed ------------------------------------------------------ */

static void
run_scan(void *context)
{
	struct world *w = context;

	scan_run_at(w->level, w->mask, &w->store, &w->prices, 0,
	    vaults_block_count(&w->store));
	bench_keep(w->mask[0].below);
}

static uint64_t
sum_words(const uint64_t *word, uint64_t count)
{
	uint64_t sum[8] = { 0 };

	for (uint64_t i = 0; i < count; i += 8)
		for (unsigned k = 0; k < 8; k++)
			sum[k] += word[i + k];
	return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] +
	    sum[7];
}

/* Nine bytes a leg. */
static void
run_read(void *context)
{
	struct world *w = context;
	uint64_t rows = w->store.head->row_count;

	bench_keep(sum_words((const void *)w->store.amount, rows * 64) +
	    sum_words((const void *)w->store.index, rows * 8));
}

static void
run_exact(void *context)
{
	struct world *w = context;
	uint64_t below = 0;

	for (uint32_t i = 0; i < EXACT; i++) {
		struct ratio_result r;
		struct vault v;

		MUST(vaults_get(&v, &w->store, i) == ERR_OK);
		MUST(ratio_evaluate(&r, &w->book, &v, &w->market) == ERR_OK);
		below += usd18_is_negative(r.mid.excess);
	}
	bench_keep(below);
}

/* Puts anywhere, a fifth of them of other leg counts. */
static void
run_put(void *context)
{
	struct world *w = context;

	for (uint32_t i = 0; i < CHANGES; i++)
		world_put(w, (uint32_t)next(&w->seed, w->count));
}

static void
run_delete(void *context)
{
	struct world *w = context;

	for (uint32_t i = 0; i < CHANGES / 2; i++) {
		uint32_t at = (uint32_t)next(&w->seed, w->count);
		struct b32 id = w->store.record[at].id;
		uint32_t number;

		MUST(vaults_delete(&w->store, at) == ERR_OK);
		memcpy(&number, id.b, sizeof(number));
		world_put(w, number);
	}
}

/* ---- rows --------------------------------------------------------------- */

static void
rows_of_scan(struct world *w, unsigned rounds, double goal)
{
	static const struct {
		enum scan_level level;
		const char *name;
	} rows[] = {
		{ SCAN_IFMA, "scan by IFMA vs read" },
		{ SCAN_AVX2, "scan by AVX2 vs read" },
		{ SCAN_PORTABLE, "scan, portable, vs read" },
	};
	struct bench_side ours = { run_scan, w, w->count };
	struct bench_side read = { run_read, w, w->count };

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		bool is_best = rows[i].level == scan_level_best();

		w->level = rows[i].level;
		if (w->level <= scan_level_best())
			bench_compare(rows[i].name, &ours, &read, rounds,
			    is_best ? goal : 2.2);
	}
	w->level = scan_level_best();
}

/* Bytes that vaults have touched; the hash and what goes by blocks are spread
 * over all of them. */
static void
notes_of_bytes(const struct world *w)
{
	const struct vaults_head *h = w->store.head;
	double n = w->count, rows = h->row_count;
	double hot = rows * 64 * 9;
	double cold = rows * 64 * 16 + h->debt_row_count * 64.0 * 16;
	double slots = n * (sizeof(struct vaults_record) + 4);
	double blocks = h->block_count * (sizeof(struct vaults_block) +
	    4.0 * BOOK_LEGS_MAX + 64 * 4);

	bench_note("bytes a vault, hot", hot / n);
	bench_note("bytes a vault, cold legs", cold / n);
	bench_note("bytes a vault, slots, blocks, hash", (slots + blocks +
	    h->limits.vaults * 8.0) / n);
}

static void
rows_of_changes(struct world *w, unsigned rounds)
{
	struct bench_side put = { run_put, w, CHANGES };
	struct bench_side delete = { run_delete, w, CHANGES };

	bench_row("put vs 10 us", bench_median_ns(&put, rounds), 10000, 1.0);
	bench_row("delete and put vs 10 us", bench_median_ns(&delete, rounds),
	    10000, 1.0);
}

struct stream {
	uint8_t *bytes;
	size_t at, len;
};

static enum err
stream_write(void *context, const void *bytes, size_t len)
{
	struct stream *s = context;

	if (len > s->len - s->at)
		return ERR_IO;
	memcpy(s->bytes + s->at, bytes, len);
	s->at += len;
	return ERR_OK;
}

static enum err
stream_read(void *context, void *bytes, size_t len)
{
	struct stream *s = context;

	if (len > s->len - s->at)
		return ERR_IO;
	memcpy(bytes, s->bytes + s->at, len);
	s->at += len;
	return ERR_OK;
}

/* The store is saved, and restored in its own arena's place. */
static void
notes_of_snapshots(struct world *w, void *arena, size_t size)
{
	struct stream s = { NULL, 0, (size_t)w->count * 512 };
	struct vaults_sink sink = { stream_write, &s };
	struct vaults_source source = { stream_read, &s };
	struct vaults_limits limits = w->store.head->limits;
	uint64_t began = bench_now_ns();

	s.bytes = arena_map(s.len);
	MUST(vaults_save(&w->store, &sink) == ERR_OK);
	bench_note("save, a vault", (double)(bench_now_ns() - began) /
	    w->count);
	bench_note("bytes a vault, saved", (double)s.at / w->count);
	MUST(madvise(arena, size, MADV_DONTNEED) == 0);
	s.at = 0;
	began = bench_now_ns();
	vaults_init(&w->store, arena, &limits, &w->book);
	MUST(vaults_restore(&w->store, &source) == ERR_OK);
	MUST(vaults_count(&w->store) == w->count);
	bench_note("restore, a vault", (double)(bench_now_ns() - began) /
	    w->count);
	munmap(s.bytes, s.len);
}

static void
world_run(uint32_t count, unsigned rounds, double goal)
{
	uint32_t capacity = count <= MILLION ? MILLION : BOOK_VAULTS_MAX;
	struct vaults_limits limits = { capacity, VAULTS_ROWS_AUTO(capacity),
		VAULTS_DEBT_ROWS_AUTO(capacity) };
	struct world *w = calloc(1, sizeof(*w));
	struct bench_side exact = { run_exact, w, EXACT };
	size_t size = vaults_bytes(&limits);
	void *arena = arena_map(size);
	uint64_t began = bench_now_ns(), unsure = 0;

	MUST(w != NULL);
	w->seed = 1;
	w->count = count;
	world_assets(w);
	vaults_init(&w->store, arena, &limits, &w->book);
	for (uint32_t i = 0; i < count; i++)
		world_put(w, i);
	bench_note("first put, each", (double)(bench_now_ns() - began) /
	    count);
	w->mask = calloc(vaults_block_count(&w->store), sizeof(*w->mask));
	MUST(w->mask != NULL);
	world_prices(w);
	rows_of_scan(w, rounds, goal);
	run_scan(w);
	for (uint32_t i = 0; i < vaults_block_count(&w->store); i++)
		unsure += (uint64_t)__builtin_popcountll(w->mask[i].unsure);
	bench_note("vaults unsure", (double)unsure);
	bench_note("vaults_get and ratio_evaluate", bench_median_ns(&exact,
	    5));
	notes_of_bytes(w);
	rows_of_changes(w, 5);
	notes_of_snapshots(w, arena, size);
	free(w->mask);
	munmap(arena, size);
	free(w);
}

void
bench_scan(void)
{
	world_run(MILLION, 31, 1.5);
}

void
bench_scan_ten_million(void)
{
	uint64_t pages = (uint64_t)sysconf(_SC_AVPHYS_PAGES);

	if (pages * (uint64_t)sysconf(_SC_PAGESIZE) < TEN_MILLION_BYTES)
		printf("scan10m: too little free memory, left out\n");
	else
		world_run(TEN_MILLION, 7, 1.6);
}
