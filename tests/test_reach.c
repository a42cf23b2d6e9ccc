/* Ladders and scans against valuing every vault: a book under random ticks,
 * jumps, widening bands, accrual, refusals, changed vaults and changed rules,
 * and under the recorded crash days.  One lookout works as the engine's does,
 * one scans at every tick; a vault's state must be what ratio_evaluate says, in
 * both, after every tick.
 *
 * MARGIND_LONG=1: 200,000 vaults and 60,000 ticks; MARGIND_REACH_VAULTS and
 * MARGIND_REACH_TICKS set them apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/must.h"
#include "margin/reach.h"
#include "oracle/arena.h"
#include "oracle/history_csv.h"

#define ASSETS 12u
#define FACTORS 9u		/* three pairs of assets share one */
#define MODES 2u
#define SETTLE_BATCHES 8u
#define ALL_EVERY 100u
#define BP (WAD_ONE_RAW / 10000)

/* A lookout and the states that are known by it alone. */
struct lookout {
	struct reach reach;
	void *arena;
	uint8_t *state;
	bool is_scanning_always;
};

static struct book book;
static struct market market;
static struct vaults_limits limits;
static struct vaults vaults;
static void *vaults_arena;
static struct lookout look[2];
static uint64_t seed;
static uint32_t *touched;	/* in this tick, by either */
static uint64_t touched_count, crossings, checks, valued;

static uint64_t
below(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static bool
one_in(uint64_t n)
{
	return below(n) == 0;
}

/* ---- the market ---------------------------------------------------------- */

static u128
part_of(u128 v, u128 parts_of_wad)
{
	u128 out;

	MUST(muldiv_u128(&out, v, parts_of_wad, WAD_ONE_RAW, ROUND_FLOOR) ==
	    ERR_OK);
	return out;
}

static void
price_set(uint32_t asset, u128 mid, u128 band)
{
	struct price *p = &market.asset[asset].price;

	mid = mid > 1000 ? mid : 1000;
	p->mid = px18_from_raw(mid);
	p->low = px18_from_raw(mid - part_of(mid, band));
	p->high = px18_from_raw(mid + part_of(mid, band));
}

static u128
mid_of(uint32_t asset)
{
	return px18_to_raw(market.asset[asset].price.mid);
}

/* By up to `most` of itself. */
static void
price_walk(uint32_t asset, u128 most)
{
	u128 step = part_of(mid_of(asset), below((uint64_t)most) + 1);
	struct market_price *p = &market.asset[asset];

	price_set(asset, one_in(2) ? mid_of(asset) + step :
	    mid_of(asset) - step, (1 + below(20)) * BP / 10);
	/* The slow ones follow by a part. */
	if (p->has_twap)
		p->twap = px18_from_raw((px18_to_raw(p->twap) * 9 +
		    mid_of(asset)) / 10);
	if (p->has_stable)
		p->stable = px18_from_raw((px18_to_raw(p->stable) * 99 +
		    mid_of(asset)) / 100);
}

static void
assets_make(void)
{
	static const uint8_t decimals[] = { 18, 8, 6, 18, 18, 6 };

	memset(&market, 0, sizeof(market));
	book.asset_count = market.count = ASSETS;
	book.factor_count = FACTORS;
	book.mode_count = MODES;
	for (uint32_t i = 0; i < ASSETS; i++) {
		struct asset *a = &book.assets[i];

		a->decimals = decimals[i % ARRAY_COUNT(decimals)];
		a->factor = (uint8_t)(i % FACTORS);
		a->id.b[0] = (uint8_t)(i + 1);
		for (unsigned m = 0; m < MODES; m++)
			a->rules[m] = (struct asset_rules){
				.ltv = ppb_from_raw((uint32_t)(700 +
				    below(100)) * 1000000u),
				.liquidation_threshold = ppb_from_raw(
				    (uint32_t)(800 + below(120)) * 1000000u),
				.bonus = ppb_from_raw(50000000),
				.close_factor = ppb_from_raw(500000000),
				.debt_weight = ppb_from_raw((uint32_t)(1000 +
				    below(3) * 50) * 1000000u),
			};
		price_set(i, (u128)(1 + below(4000)) * WAD_ONE_RAW, 5 * BP);
		market.asset[i].price.status = PRICE_OK;
		market.asset[i].has_twap = i % 5 == 1;
		market.asset[i].twap = market.asset[i].price.mid;
		market.asset[i].has_stable = i % 4 == 2;
		market.asset[i].stable = market.asset[i].price.mid;
	}
}

/* ---- the vaults ---------------------------------------------------------- */

static uint8_t
legs_make(struct leg *leg, uint8_t count, uint64_t usd)
{
	uint8_t asset = (uint8_t)below(3), n = 0;

	for (; n < count && asset < ASSETS; n++) {
		u128 atoms;

		MUST(atoms_from_usd18(&atoms, usd18_from_raw((i128)(usd / 2 +
		    below(usd)) * (i128)WAD_ONE_RAW), book.assets[asset].
		    decimals, market.asset[asset].price.mid, ROUND_FLOOR) ==
		    ERR_OK);
		leg[n] = (struct leg){ asset, atoms, 0, wad_from_raw(
		    one_in(2) ? WAD_ONE_RAW : WAD_ONE_RAW + WAD_ONE_RAW / 7) };
		asset = (uint8_t)(asset + 1 + below(4));
	}
	return n;
}

/* From without debt to under water. */
static void
vault_make(struct vault *v, uint32_t n)
{
	uint64_t usd = 100 + below(100000);

	memset(v, 0, sizeof(*v));
	memcpy(v->id.b + 4, &n, sizeof(n));
	v->id.b[0] = 0x5a;
	v->mode = (uint8_t)below(MODES);
	v->collateral_count = legs_make(v->collateral,
	    (uint8_t)(1 + below(5)), usd);
	for (size_t i = 0; i < v->collateral_count; i++)
		v->collateral[i].index = wad_one();
	/* A few atoms: liquidatable, and one day worth nothing at all. */
	if (one_in(25)) {
		v->collateral_count = v->debt_count = 1;
		v->collateral[0] = (struct leg){ 0, 1 + below(4), 0,
			wad_one() };
		v->debt[0] = (struct leg){ 4, pow10_u128(18), 0, wad_one() };
		return;
	}
	if (!one_in(20))
		v->debt_count = legs_make(v->debt, (uint8_t)(1 + below(3)),
		    usd * (20 + below(80)) / 100);
}

static enum vault_state
reference_of(uint32_t slot)
{
	struct ratio_result r;
	struct vault v;

	MUST(vaults_get(&v, &vaults, slot) == ERR_OK);
	if (ratio_evaluate(&r, &book, &v, &market) != ERR_OK)
		return STATE_STALE;
	return verdict_state_from_ratio(&r);
}

/* ---- the lookouts -------------------------------------------------------- */

static void
value(struct lookout *l, uint32_t slot)
{
	struct verdict d;
	struct vault v;

	MUST(vaults_get(&v, &vaults, slot) == ERR_OK);
	verdict_begin(&d, &book, &v, &market);
	reach_note(&l->reach, &book, &market, slot, &v, d.state);
	if (l->state[slot] != (uint8_t)d.state)
		crossings++;
	l->state[slot] = (uint8_t)d.state;
	valued++;
	if (touched_count < limits.vaults)
		touched[touched_count++] = slot;
}

static void
value_everywhere(uint32_t slot)
{
	for (size_t i = 0; i < ARRAY_COUNT(look); i++)
		value(&look[i], slot);
}

static void
tick(u128 moved)
{
	uint32_t slot[REACH_BATCH], n;

	for (size_t i = 0; i < ARRAY_COUNT(look); i++) {
		struct lookout *l = &look[i];

		if (l->is_scanning_always)
			l->reach.is_behind = true;
		reach_move(&l->reach, &book, &market, moved);
		while ((n = reach_next(&l->reach, slot)) > 0)
			for (uint32_t k = 0; k < n; k++)
				value(l, slot[k]);
		for (uint32_t b = 0; b < SETTLE_BATCHES &&
		    !l->is_scanning_always &&
		    (n = reach_settle(&l->reach, slot)) > 0; b++)
			for (uint32_t k = 0; k < n; k++)
				value(l, slot[k]);
	}
}

static void
check(uint32_t slot)
{
	enum vault_state want = reference_of(slot);

	checks++;
	if (look[0].state[slot] != (uint8_t)want ||
	    look[1].state[slot] != (uint8_t)want)
		fail_msg("vault %u is %s; by ladders %s, by scans %s", slot,
		    vault_state_name(want),
		    vault_state_name(look[0].state[slot]),
		    vault_state_name(look[1].state[slot]));
}

static void
check_some(uint32_t count, bool all)
{
	for (uint64_t i = 0; i < touched_count; i++)
		check(touched[i]);
	for (uint32_t i = 0; i < (all ? count : count / 100); i++)
		check(all ? i : (uint32_t)below(count));
	touched_count = 0;
}

static void
world_open(uint32_t capacity)
{
	static struct vault none;
	static uint32_t hash[2];

	book_init(&book, &none, hash, 1);
	assets_make();
	limits = (struct vaults_limits){ .vaults = capacity,
		.rows = VAULTS_ROWS_AUTO(4 * capacity),
		.debt_rows = VAULTS_DEBT_ROWS_AUTO(4 * capacity) };
	MUST(arena_map(&vaults_arena, vaults_bytes(&limits)) == ERR_OK);
	vaults_init(&vaults, vaults_arena, &limits, &book);
	touched = calloc(capacity, sizeof(*touched));
	MUST(touched != NULL);
	touched_count = crossings = checks = valued = 0;
	for (size_t i = 0; i < ARRAY_COUNT(look); i++) {
		MUST(arena_map(&look[i].arena, reach_bytes(&limits)) ==
		    ERR_OK);
		look[i].state = calloc(capacity, 1);
		MUST(look[i].state != NULL);
		look[i].is_scanning_always = i == 1;
		reach_init(&look[i].reach, look[i].arena, &limits, &vaults,
		    &book);
	}
}

static void
world_close(void)
{
	for (size_t i = 0; i < ARRAY_COUNT(look); i++) {
		arena_unmap(look[i].arena, reach_bytes(&limits));
		free(look[i].state);
	}
	arena_unmap(vaults_arena, vaults_bytes(&limits));
	free(touched);
}

static void
put(uint32_t n)
{
	struct vault v;
	uint32_t slot;

	if (vaults_used(&vaults) > n)
		for (size_t i = 0; i < ARRAY_COUNT(look); i++)
			reach_forget(&look[i].reach, n);
	vault_make(&v, n);
	MUST(vaults_put(&slot, &vaults, &v) == ERR_OK && slot == n);
	value_everywhere(slot);
}

static void
world_fill(uint32_t count)
{
	for (size_t i = 0; i < ARRAY_COUNT(look); i++)
		reach_move(&look[i].reach, &book, &market, U128_MAX);
	for (uint32_t i = 0; i < count; i++)
		put(i);
	touched_count = 0;
}

/* ---- random ticks -------------------------------------------------------- */

/* A price is refused, or is no longer: whoever holds it is valued. */
static u128
flip(void)
{
	uint32_t asset = (uint32_t)below(ASSETS);
	struct price *p = &market.asset[asset].price;

	p->status = p->status == PRICE_REFUSED ? PRICE_OK : PRICE_REFUSED;
	return (u128)1 << asset;
}

static void
holders_value(u128 assets)
{
	for (uint32_t i = 0; i < vaults_used(&vaults); i++)
		if ((vaults_assets(&vaults, i) & assets) != 0)
			value_everywhere(i);
}

static void
random_tick(uint32_t count)
{
	uint32_t asset = (uint32_t)below(ASSETS);
	uint64_t what = below(1000);
	u128 moved = (u128)1 << asset, flipped = 0;

	if (what < 15) {
		price_walk(asset, WAD_ONE_RAW / 5);
	} else if (what < 25) {
		price_set(asset, mid_of(asset), below(1000) * BP);
	} else if (what < 60) {
		u128 index = wad_to_raw(book.accrual[asset]);

		book.accrual[asset] = wad_from_raw(index + part_of(index,
		    below(10) * BP / 10));
	} else if (what < 75) {
		put((uint32_t)below(count));
	} else if (what < 79) {
		flipped = flip();
		moved |= flipped;
	} else {
		for (uint64_t i = below(3); i < 3; i++) {
			price_walk(asset, 3 * BP);
			asset = (uint32_t)below(ASSETS);
			moved |= (u128)1 << asset;
		}
	}
	tick(moved);
	holders_value(flipped);
}

/* Thresholds change: nothing that was known holds. */
static void
epoch(void)
{
	struct asset_rules *r =
	    &book.assets[below(ASSETS)].rules[below(MODES)];

	r->liquidation_threshold = ppb_from_raw((uint32_t)(800 +
	    below(120)) * 1000000u);
	for (uint32_t i = 0; i < vaults_used(&vaults); i++)
		value_everywhere(i);
	touched_count = 0;
}

static uint32_t
from_env(const char *name, uint32_t otherwise, uint32_t when_long)
{
	const char *v = getenv(name), *is_long = getenv("MARGIND_LONG");

	if (v)
		return (uint32_t)strtoul(v, NULL, 10);
	return is_long && strcmp(is_long, "0") != 0 ? when_long : otherwise;
}

static void
reach__misses_nothing_under_random_ticks(void **state)
{
	uint32_t count = from_env("MARGIND_REACH_VAULTS", 2000, 200000);
	uint32_t ticks = from_env("MARGIND_REACH_TICKS", 4000, 60000);
	uint32_t capacity = 1;

	(void)state;
	seed = 0x2545f4914f6cdd1du;
	while (capacity < count)
		capacity *= 2;
	world_open(capacity);
	world_fill(count);
	crossings = valued = 0;
	look[0].reach.scans = 0;	/* the first valued all */
	for (uint32_t i = 1; i <= ticks; i++) {
		random_tick(count);
		if (i % 2000 == 0)
			epoch();
		check_some(count, i % ALL_EVERY == 0);
		if (i % 5000 == 0)
			print_message("%u ticks, %llu crossings\n", i,
			    (unsigned long long)crossings);
	}
	print_message("%u vaults, %u ticks: %llu crossings, %llu valued, %llu "
	    "checks; %llu scans where ladders were left\n", count, ticks,
	    (unsigned long long)crossings, (unsigned long long)valued,
	    (unsigned long long)checks,
	    (unsigned long long)look[0].reach.scans);
	assert_true(crossings > ticks / 10);
	/* Both ways were gone. */
	assert_true(look[0].reach.scans > 0 && look[0].reach.scans < ticks);
	world_close();
}

/* ---- recorded days ------------------------------------------------------- */

/* Asset 0 follows the series; the others hold still but for one, that walks. */
static void
day_run(const struct history_series *s, uint32_t count)
{
	u128 scale = px18_to_raw(s->price[0]);

	world_open(4096);
	price_set(0, scale, 5 * BP);
	market.asset[0].twap = market.asset[0].stable =
	    market.asset[0].price.mid;
	world_fill(count);
	crossings = 0;
	for (uint32_t i = 1; i < s->count; i++) {
		price_set(0, px18_to_raw(s->price[i]), (1 + below(100)) * BP);
		price_walk(3, 5 * BP);
		tick(1 | 1 << 3);
		check_some(count, i % ALL_EVERY == 0);
	}
	assert_true(crossings > 0);
	world_close();
}

static void
reach__misses_nothing_on_recorded_crash_days(void **state)
{
	static const char *const files[] = {
		"2020-03-black-thursday/binance_ethusdt.5m.csv",
		"2020-03-black-thursday/coinapi_ethusd_2020-03-12.10m.csv",
		"2022-05-luna/binance_lunausdt.1m.csv",
		"2023-03-usdc-depeg/kraken_usdcusd.1m.csv",
	};
	const char *data = getenv("MARGIND_DATA");
	uint32_t count = from_env("MARGIND_REACH_VAULTS", 500, 4000);
	FILE *silent;
	size_t ran = 0;

	(void)state;
	seed = 0x9e3779b97f4a7c15u;
	silent = fopen("/dev/null", "w");
	MUST(silent != NULL);
	for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
		char path[512];
		struct history_csv h;

		snprintf(path, sizeof(path), "%s/prices/%s", data ? data :
		    "../shared/data", files[i]);
		if (history_csv_read(&h, path, silent) != ERR_OK)
			continue;
		day_run(&h.series[0], count < 4000 ? count : 4000);
		print_message("%s: %u rows, %llu crossings\n", files[i],
		    h.series[0].count, (unsigned long long)crossings);
		history_csv_free(&h);
		ran++;
	}
	fclose(silent);
	if (ran == 0)
		skip();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reach__misses_nothing_under_random_ticks),
		cmocka_unit_test(reach__misses_nothing_on_recorded_crash_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
