/* Bands against the state of every vault after every tick: none missed.
 * BANDS_TICKS and BANDS_VAULTS make the run longer or larger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "margin/bands.h"
#include "tests/margin_world.h"

#define ASSETS 20u
#define VAULTS 1500u
#define TICKS 2000u
#define SLICE 64u
#define PPB UINT64_C(1000000000)

struct asset_state {
	u128 mid;
	uint64_t half_ppb;	/* of the band */
	bool has_twap, has_stable, is_refused;
	i128 twap_ppb, stable_ppb;	/* off mid */
	u128 accrual;
};

/* What random_book makes, and what has been seen of it. */
struct run {
	struct book book;
	struct market market;
	struct wad accrual[BOOK_ASSETS_MAX];
	struct asset_state asset[ASSETS];
	struct bands bands;
	void *arena;
	enum vault_state *state;
	uint32_t *holds;	/* assets, a bit each */
	u128 (*index)[BOOK_LEGS_MAX];	/* of each debt, before accrual */
	uint32_t vaults;
	uint64_t seed, taken, unproven, changed, rebuilt;
};

static struct run run;

static uint32_t
setting(const char *name, uint32_t otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : (uint32_t)strtoul(text, NULL, 10);
}

static u128
part_of(u128 raw, i128 ppb)
{
	i128 by = (i128)(raw / PPB) * ppb +
	    (i128)(raw % PPB) * ppb / (i128)PPB;

	return (u128)((i128)raw + by);
}

static enum vault_state
state_now(uint32_t slot)
{
	struct ratio_result r;

	if (ratio_evaluate(&r, &run.book, &run.book.vaults[slot],
	    &run.market) != ERR_OK)
		return STATE_STALE;
	return verdict_state_from_ratio(&r);
}

/* ---- a random book ------------------------------------------------------ */

static void
asset_to_market(uint32_t i)
{
	const struct asset_state *s = &run.asset[i];
	struct market_price *p = &run.market.asset[i];

	memset(p, 0, sizeof(*p));
	p->price.mid = px18_from_raw(s->mid);
	p->price.low = px18_from_raw(part_of(s->mid, -(i128)s->half_ppb));
	p->price.high = px18_from_raw(part_of(s->mid, (i128)s->half_ppb));
	p->has_twap = s->has_twap;
	p->twap = px18_from_raw(part_of(s->mid, s->twap_ppb));
	p->has_stable = s->has_stable;
	p->stable = px18_from_raw(part_of(s->mid, s->stable_ppb));
	if (s->is_refused) {
		p->price.status = PRICE_REFUSED;
		p->price.mid = p->price.low = px18_from_raw(0);
	}
	run.accrual[i] = wad_from_raw(s->accrual);
}

static i128
random_around(i128 most)
{
	return (i128)random_below(&run.seed, 2 * (uint64_t)most + 1) - most;
}

/* asset_shape draws the band and the companions anew; both are often none. */
static void
asset_shape(struct asset_state *s)
{
	s->half_ppb = random_one_in(&run.seed, 3) ? 0 :
	    random_below(&run.seed, 2000000);
	s->has_twap = random_one_in(&run.seed, 3);
	s->has_stable = random_one_in(&run.seed, 4);
	s->twap_ppb = random_around(3000000);
	s->stable_ppb = random_around(5000000);
}

static void
random_assets_of_run(size_t factors)
{
	static const uint8_t decimals[] = { 18, 6, 8, 18, 2, 18, 27 };

	/* What accrues is in the vaults' own indices here. */
	for (size_t i = 0; i < BOOK_ASSETS_MAX; i++)
		run.book.accrual[i] = wad_one();
	run.book.asset_count = run.market.count = ASSETS;
	run.book.factor_count = factors;
	run.book.mode_count = 2;
	for (uint32_t i = 0; i < ASSETS; i++) {
		struct asset *a = &run.book.assets[i];

		a->decimals = decimals[i % ARRAY_COUNT(decimals)];
		a->factor = (uint8_t)(i % factors);
		for (unsigned k = 0; k < 2; k++) {
			uint32_t ltv = (uint32_t)(500000000 +
			    random_below(&run.seed, 400000000));

			a->rules[k] = (struct asset_rules){
				.ltv = ppb_from_raw(ltv),
				.liquidation_threshold = ppb_from_raw(ltv +
				    (uint32_t)random_below(&run.seed,
				    90000000)),
				.debt_weight = ppb_from_raw(1000000000 +
				    (random_one_in(&run.seed, 3) ? 50000000 :
				    0)),
				.close_factor = ppb_one(),
			};
		}
		run.asset[i].mid = pow10_u128((unsigned)(14 +
		    random_below(&run.seed, 8))) *
		    (1 + random_below(&run.seed, 99)) +
		    random_below(&run.seed, 1000000);
		run.asset[i].accrual = WAD_ONE_RAW;
		asset_shape(&run.asset[i]);
		asset_to_market(i);
	}
}

/* Distinct ascending slots; of hedged vaults both sides draw from few. */
static uint8_t
random_slots(uint8_t *slot, uint8_t count, uint8_t step)
{
	uint8_t at = (uint8_t)random_below(&run.seed, step), n = 0;

	while (n < count && at < ASSETS) {
		slot[n++] = at;
		at = (uint8_t)(at + 1 + random_below(&run.seed, step));
	}
	return n;
}

static u128
atoms_of(uint8_t asset, u128 usd_raw)
{
	u128 atoms;

	if (atoms_from_usd18(&atoms, usd18_from_raw((i128)usd_raw),
	    run.book.assets[asset].decimals,
	    px18_from_raw(run.asset[asset].mid), ROUND_FLOOR) != ERR_OK)
		return U128_MAX / 3;
	return atoms;
}

/* vault_debts owes about `share` of a thousand of what the vault may. */
static void
vault_debts(struct vault *v, uint32_t slot, uint64_t share, uint8_t debts)
{
	uint8_t slots[BOOK_LEGS_MAX];
	u128 limit = pow10_u128(24), each;
	struct ratio_result r;

	if (ratio_evaluate(&r, &run.book, v, &run.market) == ERR_OK)
		limit = (u128)usd18_to_raw(r.initial_excess) / 1000 * share;
	v->debt_count = random_slots(slots, debts, 6);
	each = v->debt_count == 0 ? 0 : limit / v->debt_count;
	for (uint8_t i = 0; i < v->debt_count; i++) {
		uint64_t tenths = 9 + random_below(&run.seed, 30);
		u128 index = WAD_ONE_RAW / 10 * tenths;

		run.index[slot][i] = index;
		v->debt[i] = (struct leg){
			.asset = slots[i],
			.index = wad_from_raw(index),
			.amount = atoms_of(slots[i], each) / tenths * 10,
		};
	}
}

static void
random_vault(uint32_t slot)
{
	struct vault *v = &run.book.vaults[slot];
	uint8_t slots[BOOK_LEGS_MAX];
	uint64_t share = random_one_in(&run.seed, 3) ?
	    950 + random_below(&run.seed, 150) : random_below(&run.seed, 1200);
	/* From dust to what may not fit its type. */
	unsigned digits = random_one_in(&run.seed, 40) ?
	    (unsigned)random_below(&run.seed, 39) :
	    (unsigned)(19 + random_below(&run.seed, 6));

	memset(v, 0, sizeof(*v));
	v->mode = (uint8_t)random_below(&run.seed, 2);
	v->collateral_count = random_slots(slots,
	    (uint8_t)(1 + random_below(&run.seed, 5)), 5);
	for (uint8_t i = 0; i < v->collateral_count; i++)
		v->collateral[i] = (struct leg){
			.asset = slots[i],
			.index = wad_one(),
			.amount = random_one_in(&run.seed, 20) ? 0 :
			    atoms_of(slots[i], pow10_u128(digits) *
			    (1 + random_below(&run.seed, 9))),
		};
	vault_debts(v, slot, share, (uint8_t)random_below(&run.seed, 4));
	if (random_one_in(&run.seed, 50))
		v->collateral_count = 0;
	run.holds[slot] = 0;
	for (uint8_t i = 0; i < v->collateral_count; i++)
		run.holds[slot] |= UINT32_C(1) << v->collateral[i].asset;
	for (uint8_t i = 0; i < v->debt_count; i++)
		run.holds[slot] |= UINT32_C(1) << v->debt[i].asset;
}

static void
vault_index(uint32_t slot)
{
	struct vault *v = &run.book.vaults[slot];

	for (uint8_t i = 0; i < v->debt_count; i++) {
		u128 index;

		if (muldiv_u128(&index, run.index[slot][i],
		    run.asset[v->debt[i].asset].accrual, WAD_ONE_RAW,
		    ROUND_CEIL) != ERR_OK)
			abort();
		v->debt[i].index = wad_from_raw(index);
	}
}

/* ---- driven by bands ---------------------------------------------------- */

/* look: the state of a vault whose triggers were passed. */
static void
look(uint32_t slot)
{
	enum vault_state s;
	bool is_proven;

	assert_int_equal(bands_anchor(&is_proven, &run.bands, slot, &run.book,
	    &run.book.vaults[slot], run.state[slot]), ERR_OK);
	if (is_proven)
		return;
	run.unproven++;
	s = state_now(slot);
	if (s == run.state[slot])
		return;
	run.changed++;
	run.state[slot] = s;
	assert_int_equal(bands_anchor(&is_proven, &run.bands, slot, &run.book,
	    &run.book.vaults[slot], s), ERR_OK);
}

static void
look_at_holders(uint32_t assets)
{
	for (uint32_t i = 0; i < run.vaults; i++)
		if ((run.holds[i] & assets) != 0)
			look(i);
}

static void
rebuild(void)
{
	run.rebuilt++;
	bands_clear(&run.bands);
	assert_int_equal(bands_move(&run.bands, &run.market, run.accrual,
	    ((u128)1 << ASSETS) - 1), ERR_OK);
	look_at_holders(UINT32_MAX);
	for (uint32_t i = 0; i < run.vaults; i++)
		if (run.holds[i] == 0)
			look(i);
}

/* drain_slice says whether others wait. */
static bool
drain_slice(void)
{
	uint32_t max = 1 + (uint32_t)random_below(&run.seed, SLICE);
	uint32_t slots[SLICE], n;
	bool more;

	n = bands_take(&more, slots, &run.bands, max);
	assert_true(n <= max && (n == max || !more));
	run.taken += n;
	for (uint32_t i = 0; i < n; i++)
		look(slots[i]);
	return more;
}

static void
assert_states(uint32_t assets)
{
	for (uint32_t i = 0; i < run.vaults; i++)
		if ((run.holds[i] & assets) != 0 || assets == UINT32_MAX)
			assert_int_equal(state_now(i), run.state[i]);
}

static void
run_start(uint64_t seed, uint32_t vaults, size_t factors)
{
	struct bands_limits limits = {
		.assets = ASSETS, .slots = vaults, .legs = 9 * vaults,
	};
	uint32_t capacity = 1;

	memset(&run, 0, sizeof(run));
	run.seed = seed;
	run.vaults = vaults;
	while (capacity < vaults)
		capacity *= 2;
	run.book.vaults = calloc(capacity, sizeof(*run.book.vaults));
	run.state = calloc(vaults, sizeof(*run.state));
	run.holds = calloc(vaults, sizeof(*run.holds));
	run.index = calloc(vaults, sizeof(*run.index));
	run.arena = aligned_alloc(64, bands_bytes(&limits));
	assert_true(run.book.vaults && run.state && run.holds && run.index &&
	    run.arena);
	memset(run.arena, 0, bands_bytes(&limits));
	run.book.vault_count = run.book.vault_capacity = vaults;
	random_assets_of_run(factors);
	bands_init(&run.bands, run.arena, &limits);
	for (uint32_t i = 0; i < vaults; i++) {
		random_vault(i);
		run.state[i] = state_now(i);
	}
	rebuild();
}

static void
run_end(void)
{
	free(run.book.vaults);
	free(run.state);
	free(run.holds);
	free(run.index);
	free(run.arena);
}

/* ---- ticks -------------------------------------------------------------- */

static void
walk(uint32_t asset, i128 ppb)
{
	run.asset[asset].mid = part_of(run.asset[asset].mid,
	    random_one_in(&run.seed, 2) ? ppb : -ppb);
}

static void
accrue(uint32_t asset)
{
	run.asset[asset].accrual = part_of(run.asset[asset].accrual,
	    (i128)(1 + random_below(&run.seed, random_one_in(&run.seed, 5) ?
	    1000000 : 1000)));
	for (uint32_t i = 0; i < run.vaults; i++)
		if ((run.holds[i] >> asset & 1) != 0)
			vault_index(i);
}

/* move_one changes an asset; mostly a walk of up to 2 bp. */
static void
move_one(uint32_t asset)
{
	struct asset_state *s = &run.asset[asset];

	switch (random_below(&run.seed, 40)) {
	case 0:	/* a jump of 30 sigma */
		walk(asset, 3000000);
		break;
	case 1:
		s->half_ppb = random_below(&run.seed, 5000000);
		break;
	case 2:
		asset_shape(s);
		break;
	case 3: case 4:
		accrue(asset);
		break;
	case 5:
		if (random_one_in(&run.seed, 10))
			walk(asset, 250000000);
		break;
	case 6:	/* nothing but news */
		break;
	default:
		walk(asset, (i128)random_below(&run.seed, 200000));
	}
	asset_to_market(asset);
}

/* flip: a price is refused or comes back; its holders are looked at. */
static void
flip(uint32_t asset)
{
	run.asset[asset].is_refused = !run.asset[asset].is_refused;
	asset_to_market(asset);
}

static void
change_vault(void)
{
	uint32_t slot = (uint32_t)random_below(&run.seed, run.vaults);
	bool is_proven;

	for (uint32_t i = 0; i < ASSETS; i++)
		if (run.asset[i].is_refused)
			return;
	bands_remove(&run.bands, slot);
	random_vault(slot);
	vault_index(slot);
	run.state[slot] = state_now(slot);
	assert_int_equal(bands_anchor(&is_proven, &run.bands, slot, &run.book,
	    &run.book.vaults[slot], run.state[slot]), ERR_OK);
}

/* shift moves some assets, and says which. */
static uint32_t
shift(void)
{
	uint32_t assets = 0, flipped = 0;

	do {
		uint32_t asset = (uint32_t)random_below(&run.seed, ASSETS);

		assets |= UINT32_C(1) << asset;
		if (random_one_in(&run.seed, run.asset[asset].is_refused ? 2 :
		    400)) {
			flip(asset);
			flipped |= UINT32_C(1) << asset;
		} else if (!run.asset[asset].is_refused) {
			move_one(asset);
		}
	} while (random_one_in(&run.seed, 4));
	if (bands_move(&run.bands, &run.market, run.accrual, assets) !=
	    ERR_OK)
		rebuild();
	look_at_holders(flipped);
	return assets;
}

/* tick: mostly one move and all that it passed; at times more moves before
 * anything, or something, has been taken. */
static uint32_t
tick(void)
{
	uint32_t assets = shift();

	while (random_one_in(&run.seed, 4)) {
		if (random_one_in(&run.seed, 2))
			(void)drain_slice();
		assets |= shift();
	}
	while (drain_slice())
		continue;
	return assets;
}

/* assert_run: of `factors` base factors; the fewer, the more vaults have both
 * sides of one. */
static void
assert_run(uint64_t seed, size_t factors)
{
	uint32_t ticks = setting("BANDS_TICKS", TICKS);
	uint32_t vaults = setting("BANDS_VAULTS", VAULTS);

	run_start(seed, vaults, factors);
	assert_states(UINT32_MAX);
	for (uint32_t i = 0; i < ticks; i++) {
		assert_states(tick());
		if (i % 256 == 255)
			assert_states(UINT32_MAX);
		if (random_one_in(&run.seed, 10))
			change_vault();
	}
	assert_states(UINT32_MAX);
	print_message("%u ticks, %u vaults: %.1f taken a tick, %.1f of them "
	    "not proven, %.2f changed\n", ticks, vaults,
	    (double)run.taken / ticks, (double)run.unproven / ticks,
	    (double)run.changed / ticks);
	assert_true(run.changed > ticks / 10);
	assert_true(run.taken < (uint64_t)ticks * vaults / 50);
	assert_int_equal(run.rebuilt, 1);
	run_end();
}

static void
bands_take__misses_no_state_of_any_vault_after_any_tick(void **state)
{
	(void)state;
	assert_run(7, 14);
}

static void
bands_take__misses_no_state_of_hedged_vaults(void **state)
{
	(void)state;
	assert_run(8, 4);
}

/* ---- by hand ------------------------------------------------------------ */

static struct world w;
static struct bands small;
static uint8_t small_arena[8 << 20] __attribute__((aligned(64)));
static struct wad small_accrual[2];

/* One vault: 1 at 2000 and ltv 0.75, threshold 0.8, against a debt. */
static void
small_start(const char *debt, uint64_t legs)
{
	struct bands_limits limits = { .assets = 2, .slots = 8, .legs = legs };
	uint8_t c, d;

	world_init(&w);
	c = world_asset(&w, 18, "2000", "0.75", "0.8");
	d = world_asset(&w, 6, "1", "0", "0");
	w.book.mode_count = 1;
	world_hold(&w, c, "1");
	world_owe(&w, d, debt);
	small_accrual[0] = small_accrual[1] = wad_one();
	assert_true(bands_bytes(&limits) <= sizeof(small_arena));
	memset(small_arena, 0, sizeof(small_arena));
	bands_init(&small, small_arena, &limits);
	assert_int_equal(bands_move(&small, &w.market, small_accrual, 3),
	    ERR_OK);
}

static bool
small_anchor(uint32_t slot, enum vault_state s)
{
	bool is_proven = false;

	assert_int_equal(bands_anchor(&is_proven, &small, slot, &w.book,
	    &w.vault, s), ERR_OK);
	return is_proven;
}

static uint32_t
small_move(uint8_t asset, const char *price)
{
	struct price *p = &w.market.asset[asset].price;
	uint32_t slots[8];
	bool more;

	p->low = p->mid = p->high = px(price);
	assert_int_equal(bands_move(&small, &w.market, small_accrual,
	    (u128)1 << asset), ERR_OK);
	return bands_take(&more, slots, &small, 8);
}

/* Excess over the sum is a fifth: (1500 - 1000) / 2500. */
static void
bands_take__leaves_a_healthy_vault_within_its_reach(void **state)
{
	(void)state;
	small_start("1000", 2);
	assert_true(small_anchor(3, STATE_HEALTHY));
	assert_int_equal(small_move(0, "1601"), 0);
	assert_int_equal(small_move(0, "40000"), 0);
	assert_int_equal(small_move(1, "1.199"), 0);
	assert_int_equal(small_move(1, "0.3"), 0);
	assert_int_equal(small_move(0, "1599.9"), 1);
	assert_int_equal(small_move(0, "1"), 0);	/* it has been taken */
}

static void
bands_take__finds_a_debt_that_rises_or_accrues(void **state)
{
	(void)state;
	small_start("1000", 2);
	assert_true(small_anchor(3, STATE_HEALTHY));
	assert_int_equal(small_move(1, "1.2001"), 1);

	small_start("1000", 2);
	assert_true(small_anchor(3, STATE_HEALTHY));
	small_accrual[1] = ratio("1.199");
	assert_int_equal(small_move(1, "1"), 0);
	small_accrual[1] = ratio("1.2001");
	assert_int_equal(small_move(1, "1"), 1);
}

/* Owing 1550: 50 below the initial limit, 50 above the maintenance one. */
static void
bands_take__watches_both_edges_of_a_restricted_vault(void **state)
{
	(void)state;
	small_start("1550", 2);
	assert_false(small_anchor(3, STATE_HEALTHY));
	assert_false(small_anchor(3, STATE_LIQUIDATABLE));
	assert_true(small_anchor(3, STATE_RESTRICTED));
	assert_int_equal(small_move(0, "2030"), 0);
	assert_int_equal(small_move(0, "1970"), 0);
	assert_int_equal(small_move(0, "1968"), 1);
	assert_int_equal(small_move(0, "2000"), 0);
	assert_true(small_anchor(3, STATE_RESTRICTED));
	assert_int_equal(small_move(0, "2033"), 1);
}

static void
bands_take__watches_a_liquidatable_vault_from_below(void **state)
{
	(void)state;
	small_start("2000", 2);
	assert_true(small_anchor(3, STATE_LIQUIDATABLE));
	assert_int_equal(small_move(0, "900"), 0);
	assert_int_equal(small_move(0, "2200"), 0);
	assert_int_equal(small_move(0, "2223"), 1);
	assert_int_equal(small_move(0, "2000"), 0);
	assert_true(small_anchor(3, STATE_LIQUIDATABLE));
	assert_int_equal(small_move(1, "0.88"), 1);
}

/* Further than a ring is long, and the other way around it. */
static void
bands_take__finds_vaults_after_a_jump_beyond_the_ring(void **state)
{
	(void)state;
	small_start("1000", 2);
	assert_true(small_anchor(3, STATE_HEALTHY));
	assert_int_equal(small_move(0, "50000"), 0);
	assert_int_equal(small_move(0, "100"), 1);
}

static void
bands_take__gives_each_vault_once_a_move_in_any_slices(void **state)
{
	uint32_t slot, count = 0;
	bool more = true;

	(void)state;
	/* Owing nearly all: always looked at. */
	small_start("1500", 16);
	for (uint32_t i = 0; i < 8; i++)
		assert_false(small_anchor(i, STATE_HEALTHY));
	assert_int_equal(bands_move(&small, &w.market, NULL, 3), ERR_OK);
	while (more) {
		count += bands_take(&more, &slot, &small, 1);
		small_anchor(slot, STATE_HEALTHY);
		assert_true(count <= 16);
	}
	assert_true(count >= 8);
	assert_int_equal(bands_take(&more, &slot, &small, 1), 0);
}

static void
small_note(uint8_t asset, const char *price)
{
	struct price *p = &w.market.asset[asset].price;

	p->low = p->mid = p->high = px(price);
	assert_int_equal(bands_move(&small, &w.market, small_accrual,
	    (u128)1 << asset), ERR_OK);
}

/* The price falls and comes back above where it was before anything is taken:
 * what is anchored there is passed by the next fall. */
static void
bands_take__covers_all_moves_since_the_last(void **state)
{
	(void)state;
	small_start("1550", 2);
	small_note(0, "1980");
	small_note(0, "2100");
	assert_true(small_anchor(3, STATE_HEALTHY));
	assert_int_equal(small_move(0, "2050"), 1);

	small_start("1000", 2);
	assert_true(small_anchor(3, STATE_HEALTHY));
	small_note(0, "1590");
	small_note(0, "1700");
	assert_int_equal(small_move(0, "1650"), 1);
}

/* Both legs of one factor, a band of one percent: by leg the vault could be
 * RESTRICTED, and is HEALTHY. */
static void
bands_take__always_gives_a_vault_between_bound_and_truth(void **state)
{
	(void)state;
	small_start("1495", 2);
	w.book.assets[1].factor = w.book.assets[0].factor;
	world_band(&w, 0, "1980", "2020");
	world_band(&w, 1, "0.99", "1.01");
	assert_int_equal(bands_move(&small, &w.market, NULL, 3), ERR_OK);
	assert_false(small_anchor(3, STATE_HEALTHY));
	assert_int_equal(small_move(0, "2000"), 1);
	/* Without a band they do. */
	small_move(1, "1");
	assert_true(small_anchor(3, STATE_HEALTHY));
	assert_int_equal(small_move(0, "2000.1"), 0);
}

/* Ten atoms owed, half an atom below what may be: as the debt accrues the
 * eleventh comes long before the index has gone that far. */
static void
bands_anchor__keeps_back_what_an_atom_of_debt_is_worth(void **state)
{
	(void)state;
	small_start("0.000010", 4);
	w.vault.collateral[0].amount = 7000000000;
	assert_false(small_anchor(3, STATE_HEALTHY));
	assert_int_equal(small_move(1, "1"), 1);
	w.vault.collateral[0].amount = 70000000000;
	assert_true(small_anchor(3, STATE_HEALTHY));
	assert_int_equal(small_move(1, "1"), 0);
}

/* One atom held: LIQUIDATABLE while it is worth anything, then INSOLVENT. */
static void
bands_take__always_gives_a_vault_that_may_become_worthless(void **state)
{
	(void)state;
	small_start("1000", 2);
	w.vault.collateral[0].amount = 1;
	assert_false(small_anchor(3, STATE_LIQUIDATABLE));
	assert_int_equal(small_move(0, "0.5"), 1);
	w.vault.collateral[0].amount = 1000000;
	small_move(0, "2000");
	assert_true(small_anchor(3, STATE_LIQUIDATABLE));
	assert_int_equal(small_move(0, "0.5"), 0);
}

static void
bands_remove__takes_the_triggers(void **state)
{
	(void)state;
	small_start("1000", 2);
	assert_true(small_anchor(3, STATE_HEALTHY));
	bands_remove(&small, 3);
	bands_remove(&small, 3);
	assert_int_equal(small_move(0, "1000"), 0);
}

static void
bands_anchor__of_what_no_price_changes_places_nothing(void **state)
{
	(void)state;
	small_start("1000", 0);
	w.vault.debt_count = 0;
	assert_true(small_anchor(3, STATE_HEALTHY));
	small_start("1000", 0);
	w.vault.collateral_count = 0;
	assert_true(small_anchor(3, STATE_INSOLVENT));
	small_start("1000", 0);
	w.market.asset[1].price.status = PRICE_REFUSED;
	small_move(1, "1");
	assert_true(small_anchor(3, STATE_STALE));
	assert_false(small_anchor(3, STATE_HEALTHY));
}

static void
bands_anchor__fails_beyond_its_legs_and_keeps_none(void **state)
{
	bool is_proven;

	(void)state;
	small_start("1550", 2);
	assert_true(small_anchor(1, STATE_RESTRICTED));
	assert_int_equal(bands_anchor(&is_proven, &small, 2, &w.book, &w.vault,
	    STATE_RESTRICTED), ERR_LIMIT);
	assert_int_equal(small_move(0, "1000"), 1);
	assert_true(small_anchor(2, STATE_LIQUIDATABLE));
}

static void
assert_move_refused(const char *low, const char *mid, const char *high,
    const char *index)
{
	uint32_t slots[8];
	bool more;

	small_start("1000", 2);
	assert_true(small_anchor(3, STATE_HEALTHY));
	w.market.asset[0].price.low = px(low);
	w.market.asset[0].price.mid = px(mid);
	w.market.asset[0].price.high = px(high);
	small_accrual[0] = ratio(index);
	assert_int_equal(bands_move(&small, &w.market, small_accrual, 3),
	    ERR_RANGE);
	assert_int_equal(bands_take(&more, slots, &small, 8), 0);
	assert_false(more);
}

static void
bands_move__refuses_what_triggers_do_not_hold_for(void **state)
{
	(void)state;
	assert_move_refused("0", "1", "1", "1");
	assert_move_refused("2", "1", "3", "1");
	assert_move_refused("1", "3", "2", "1");
	assert_move_refused("0.00006", "0.00006", "0.00006", "1");
	assert_move_refused("2000", "2000", "20000000", "1");
	assert_move_refused("2000", "2000", "2000", "16");
	assert_move_refused("2000", "2000", "2000", "0.05");
	/* The next that is not. */
	small_start("1000", 2);
	assert_int_equal(small_move(0, "0.0002"), 0);
	assert_int_equal(small_move(0, "8000000"), 0);
	small_accrual[0] = ratio("8");
	assert_int_equal(small_move(0, "2000"), 0);
}

static void
bands_clear__forgets_vaults_and_prices(void **state)
{
	(void)state;
	small_start("1000", 2);
	assert_true(small_anchor(3, STATE_HEALTHY));
	bands_clear(&small);
	w.market.asset[0].price.low = w.market.asset[0].price.mid =
	    px("0.000001");
	w.market.asset[0].price.high = px("0.000002");
	assert_int_equal(bands_move(&small, &w.market, NULL, 3), ERR_OK);
	assert_int_equal(small_move(0, "0.000001"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    bands_take__leaves_a_healthy_vault_within_its_reach),
		cmocka_unit_test(
		    bands_take__finds_a_debt_that_rises_or_accrues),
		cmocka_unit_test(
		    bands_take__watches_both_edges_of_a_restricted_vault),
		cmocka_unit_test(
		    bands_take__watches_a_liquidatable_vault_from_below),
		cmocka_unit_test(
		    bands_take__finds_vaults_after_a_jump_beyond_the_ring),
		cmocka_unit_test(
		    bands_take__gives_each_vault_once_a_move_in_any_slices),
		cmocka_unit_test(bands_take__covers_all_moves_since_the_last),
		cmocka_unit_test(
		    bands_take__always_gives_a_vault_between_bound_and_truth),
		cmocka_unit_test(
		    bands_anchor__keeps_back_what_an_atom_of_debt_is_worth),
		cmocka_unit_test(
		    bands_take__always_gives_a_vault_that_may_become_worthless),
		cmocka_unit_test(bands_remove__takes_the_triggers),
		cmocka_unit_test(
		    bands_anchor__of_what_no_price_changes_places_nothing),
		cmocka_unit_test(
		    bands_anchor__fails_beyond_its_legs_and_keeps_none),
		cmocka_unit_test(
		    bands_move__refuses_what_triggers_do_not_hold_for),
		cmocka_unit_test(bands_clear__forgets_vaults_and_prices),
		cmocka_unit_test(
		    bands_take__misses_no_state_of_any_vault_after_any_tick),
		cmocka_unit_test(bands_take__misses_no_state_of_hedged_vaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
