/* Bands under ticks of 1 bp, against the scan of the same vaults: 64 assets,
 * four ticks of five on eight of them, vaults of 3 to 8 legs.  No vault is
 * kept: each is made anew from its number when it is looked at, and that is
 * part of a tick's time.  BENCH_BANDS_VAULTS adds a size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/must.h"
#include "margin/bands.h"
#include "margin/scan.h"
#include "tests/bench/margin/suites.h"

#define ASSETS 64u
#define MAJORS 8u
#define WARM 4000u
#define TICKS 20000u
#define SLICE 256u
#define ROUNDS 11u
#define LTV 700000000u
#define THRESHOLD 800000000u

/* How near to an edge vaults are.  So many of a thousand owe evenly 90 to 120
 * percent of their initial limit, where both edges lie; the others owe less.
 * What is touched grows with that crowd, not with the book. */
#define CROWD_FEW 4u
#define CROWD_MORE 30u

struct run {
	struct book book;
	struct market market;
	u128 atoms[ASSETS];	/* of one USD, at the start */
	struct bands bands;
	uint8_t *state;
	void *arena;
	size_t size;
	uint64_t seed;
	uint32_t crowd;
	uint32_t vaults;
	uint64_t legs, touched, unproven, changed;
};

static uint64_t
mix(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t
next(uint64_t *seed, uint64_t below)
{
	return (uint64_t)((u128)mix(seed) * below >> 64);
}

static void
price_set(struct market_price *p, u128 mid)
{
	p->price.mid = px18_from_raw(mid);
	p->price.low = px18_from_raw(mid - mid / 5000);
	p->price.high = px18_from_raw(mid + mid / 5000);
}

static void
run_assets(struct run *r)
{
	r->book.asset_count = r->market.count = ASSETS;
	r->book.factor_count = ASSETS;
	r->book.mode_count = 1;
	for (uint32_t i = 0; i < ASSETS; i++) {
		u128 mid = (1 + next(&r->seed, 1000000)) * pow10_u128(15);

		r->book.assets[i].decimals = 18;
		r->book.assets[i].factor = (uint8_t)i;
		r->book.assets[i].rules[0] = (struct asset_rules){
			.ltv = ppb_from_raw(LTV),
			.liquidation_threshold = ppb_from_raw(THRESHOLD),
			.debt_weight = ppb_one(),
			.close_factor = ppb_one(),
		};
		price_set(&r->market.asset[i], mid);
		r->atoms[i] = pow10_u128(36) / mid;
		r->book.accrual[i] = wad_one();
	}
}

/* Ascending slots, all of about the same value. */
static uint64_t
legs_make(struct leg *leg, const struct run *r, uint64_t *seed,
    uint32_t count, uint64_t usd)
{
	uint8_t asset = (uint8_t)next(seed, 8);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t value = usd + next(seed, usd);

		leg[i].asset = asset;
		leg[i].amount = r->atoms[asset] * value;
		leg[i].index = wad_one();
		asset = (uint8_t)(asset + 1 + next(seed, 8));
		sum += value;
	}
	return sum;
}

static uint64_t
share_ppm(const struct run *r, uint64_t *seed)
{
	return next(seed, 1000) < r->crowd ? 900000 + next(seed, 300000) :
	    50000 + next(seed, 850000);
}

static void
vault_make(struct vault *v, const struct run *r, uint32_t slot)
{
	uint64_t seed = (uint64_t)slot * 1000003 + r->crowd;
	uint32_t legs = (uint32_t)(3 + next(&seed, 6));
	uint32_t debts = (uint32_t)(1 + next(&seed, 2));
	uint64_t share = share_ppm(r, &seed), usd, owed, ppm;

	usd = legs_make(v->collateral, r, &seed, legs - debts, 100000);
	owed = legs_make(v->debt, r, &seed, debts, 100000);
	/* Debts are brought down to their share of the limit. */
	ppm = usd * (LTV / 1000) / 1000000 * share / owed;
	for (uint32_t i = 0; i < debts; i++)
		v->debt[i].amount = v->debt[i].amount / 1000000 * ppm;
	v->collateral_count = (uint8_t)(legs - debts);
	v->debt_count = (uint8_t)debts;
}

static enum vault_state
vault_state(const struct run *r, const struct vault *v)
{
	struct ratio_result value;

	MUST(ratio_evaluate(&value, &r->book, v, &r->market) == ERR_OK);
	return verdict_state_from_ratio(&value);
}

static void
look(struct run *r, struct vault *v, uint32_t slot)
{
	enum vault_state s = r->state[slot];
	bool is_proven;

	vault_make(v, r, slot);
	MUST(bands_anchor(&is_proven, &r->bands, slot, &r->book, v, s) ==
	    ERR_OK);
	r->touched++;
	if (is_proven)
		return;
	r->unproven++;
	s = vault_state(r, v);
	if (s == r->state[slot])
		return;
	r->changed++;
	r->state[slot] = (uint8_t)s;
	MUST(bands_anchor(&is_proven, &r->bands, slot, &r->book, v, s) ==
	    ERR_OK);
}

static void
run_build(struct run *r)
{
	struct vault v = { 0 };

	MUST(bands_move(&r->bands, &r->market, NULL, UINT64_MAX) == ERR_OK);
	for (uint32_t i = 0; i < r->vaults; i++) {
		bool is_proven;

		vault_make(&v, r, i);
		r->legs += v.collateral_count + v.debt_count;
		r->state[i] = (uint8_t)vault_state(r, &v);
		MUST(bands_anchor(&is_proven, &r->bands, i, &r->book, &v,
		    r->state[i]) == ERR_OK);
	}
}

static void
run_tick(struct run *r, struct vault *v, uint32_t asset, bool is_up)
{
	struct market_price *p = &r->market.asset[asset];
	u128 mid = px18_to_raw(p->price.mid);
	uint32_t slots[SLICE], n;
	bool more;

	price_set(p, is_up ? mid + mid / 10000 : mid - mid / 10000);
	MUST(bands_move(&r->bands, &r->market, NULL, (u128)1 << asset) ==
	    ERR_OK);
	do {
		n = bands_take(&more, slots, &r->bands, SLICE);
		for (uint32_t i = 0; i < n; i++)
			look(r, v, slots[i]);
	} while (more);
}

static void
run_ticks(struct run *r, uint64_t *ns, uint32_t count)
{
	struct vault v = { 0 };

	r->touched = r->unproven = r->changed = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t asset = (uint32_t)(next(&r->seed, 5) != 0 ?
		    next(&r->seed, MAJORS) :
		    MAJORS + next(&r->seed, ASSETS - MAJORS));
		bool is_up = next(&r->seed, 2) != 0;
		uint64_t start = bench_now_ns();

		run_tick(r, &v, asset, is_up);
		ns[i] = bench_now_ns() - start;
	}
}

/* Zeroed by the system, and only where it is touched; in large pages where it
 * has them, as the engine asks for. */
static void *
arena_new(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	MUST(at != MAP_FAILED);
	(void)!madvise(at, bytes, MADV_HUGEPAGE);
	return at;
}

static struct run *
run_new(uint32_t vaults, uint32_t crowd)
{
	struct run *r = calloc(1, sizeof(*r));
	struct bands_limits limits = {
		.assets = ASSETS, .slots = vaults, .legs = 6ull * vaults,
	};

	MUST(r != NULL);
	r->vaults = vaults;
	r->crowd = crowd;
	r->seed = 1;
	r->state = calloc(vaults, 1);
	MUST(r->state != NULL);
	r->size = bands_bytes(&limits);
	r->arena = arena_new(r->size);
	run_assets(r);
	bands_init(&r->bands, r->arena, &limits);
	return r;
}

static void
run_free(struct run *r)
{
	free(r->state);
	munmap(r->arena, r->size);
	free(r);
}

/* ---- the scan ----------------------------------------------------------- */

struct scans {
	struct vaults store;
	void *arena;
	size_t size;
	struct scan_prices prices;
	struct scan_mask *mask;
};

static struct scans *
scans_new(struct run *r)
{
	struct vaults_limits limits = { 1, 0, 0 };
	struct scans *c = calloc(1, sizeof(*c));
	struct px18 price[BOOK_ASSETS_MAX];

	MUST(c != NULL);
	while (limits.vaults < r->vaults)
		limits.vaults *= 2;
	limits.rows = VAULTS_ROWS_AUTO(limits.vaults);
	limits.debt_rows = VAULTS_DEBT_ROWS_AUTO(limits.vaults);
	c->size = vaults_bytes(&limits);
	c->arena = arena_new(c->size);
	vaults_init(&c->store, c->arena, &limits, &r->book);
	for (uint32_t i = 0; i < r->vaults; i++) {
		struct vault v;
		uint32_t slot, number = i + 1;

		memset(&v, 0, sizeof(v));
		vault_make(&v, r, i);
		memcpy(v.id.b, &number, sizeof(number));
		MUST(vaults_put(&slot, &c->store, &v) == ERR_OK);
	}
	for (uint32_t i = 0; i < ASSETS; i++)
		price[i] = r->market.asset[i].price.mid;
	MUST(scan_prices_from(&c->prices, &c->store, price, price,
	    SCAN_MAINTENANCE) == ERR_OK);
	c->mask = calloc(vaults_block_count(&c->store), sizeof(*c->mask));
	MUST(c->mask != NULL);
	return c;
}

static void
scans_run(void *context)
{
	struct scans *c = context;

	scan_run(c->mask, &c->store, &c->prices, 0,
	    vaults_block_count(&c->store));
	bench_keep(c->mask[0].below);
}

static double
scan_ns(struct run *r)
{
	struct scans *c = scans_new(r);
	struct bench_side side = { scans_run, c, 1 };
	double ns = bench_median_ns(&side, ROUNDS);

	munmap(c->arena, c->size);
	free(c->mask);
	free(c);
	return ns;
}

/* ---- rows --------------------------------------------------------------- */

static int
compare_ns(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
note(const char *name, const struct run *r, double value)
{
	char text[80];

	snprintf(text, sizeof(text), "bands, %u, %u in 1,000 near: %s",
	    r->vaults, r->crowd, name);
	bench_note(text, value);
}

static void
count_of(const char *name, const struct run *r, double value,
    const char *unit)
{
	char text[80];

	snprintf(text, sizeof(text), "bands, %u, %u in 1,000 near: %s",
	    r->vaults, r->crowd, name);
	bench_figure(text, value, unit);
}

static double
mean_ns(const uint64_t *ns)
{
	double sum = 0;

	for (uint32_t i = 0; i < TICKS; i++)
		sum += (double)ns[i];
	return sum / TICKS;
}

static void
bench_book(uint32_t vaults, uint32_t crowd, bool against_scan)
{
	static uint64_t ns[TICKS];
	struct run *r = run_new(vaults, crowd);
	uint64_t start = bench_now_ns();
	double mean, touched;

	run_build(r);
	note("build, a vault", r, (double)(bench_now_ns() - start) / vaults);
	run_ticks(r, ns, WARM);
	run_ticks(r, ns, TICKS);
	mean = mean_ns(ns);
	touched = (double)r->touched / TICKS;
	qsort(ns, TICKS, sizeof(*ns), compare_ns);
	note("a tick, mean", r, mean);
	note("a tick, p50", r, (double)ns[TICKS / 2]);
	note("a tick, p99", r, (double)ns[TICKS / 100 * 99]);
	count_of("touched a tick", r, touched, "vaults");
	count_of("of them evaluated", r, (double)r->unproven / TICKS,
	    "vaults");
	count_of("of them changed", r, (double)r->changed / TICKS, "vaults");
	count_of("a leg in use", r, (double)(sizeof(struct ladder_node) *
	    r->bands.ladder.fresh + sizeof(uint32_t) * vaults) /
	    (double)r->legs, "bytes");
	if (against_scan) {
		bench_row("bands, a tick, vs scan", mean, scan_ns(r), 0.001);
		bench_row_of("bands, touched, vs a vault in 100,000", touched,
		    vaults / 100000.0, "vaults", 1.0);
	}
	run_free(r);
}

void
bench_bands(void)
{
	const char *more = getenv("BENCH_BANDS_VAULTS");

	bench_book(10000, CROWD_FEW, false);
	bench_book(100000, CROWD_FEW, false);
	bench_book(1u << 20, CROWD_FEW, true);
	bench_book(1u << 20, CROWD_MORE, false);
	if (more != NULL)
		bench_book((uint32_t)strtoul(more, NULL, 10), CROWD_FEW,
		    false);
}
