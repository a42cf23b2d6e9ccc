#include "margin/reach.h"

#include "base/must.h"

#include <string.h>

#define SLICE 64u		/* blocks that are scanned at a time */
#define ALIGN 64u

struct layout {
	size_t block, initial, best, bands, all;
};

static size_t
aligned(size_t bytes)
{
	return (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static struct bands_limits
bands_of(const struct vaults_limits *l)
{
	return (struct bands_limits){ .assets = BOOK_ASSETS_MAX,
		.slots = l->vaults,
		.legs = (uint64_t)l->vaults * VAULTS_LEGS_MAX };
}

static struct layout
layout_of(const struct vaults_limits *l)
{
	struct bands_limits bands = bands_of(l);
	struct layout y;

	y.block = 0;
	y.initial = y.block + aligned(vaults_blocks_max(l) *
	    sizeof(struct reach_block));
	y.best = y.initial + aligned(SLICE * sizeof(struct scan_mask));
	y.bands = y.best + aligned(SLICE * sizeof(struct scan_mask));
	y.all = y.bands + aligned(bands_bytes(&bands));
	return y;
}

size_t
reach_bytes(const struct vaults_limits *l)
{
	return layout_of(l).all;
}

void
reach_init(struct reach *w, void *arena, const struct vaults_limits *l,
    const struct vaults *v, const struct book *b)
{
	struct bands_limits bands = bands_of(l);
	struct layout y = layout_of(l);
	uint8_t *at = arena;

	memset(w, 0, sizeof(*w));
	w->vaults = v;
	w->level = scan_level_best();
	w->block = (void *)(at + y.block);
	w->initial = (void *)(at + y.initial);
	w->best = (void *)(at + y.best);
	bands.assets = (uint32_t)b->asset_count;
	bands_init(&w->bands, at + y.bands, &bands);
}

/* ---- the scan ------------------------------------------------------------ */

/* The prices of the worst case that initial margin knows, and of the best that
 * maintenance does; a refused price is zero, and nobody watched holds it. */
static enum err
weights_of(struct reach *w, const struct book *b, const struct market *m)
{
	struct px18 worst[BOOK_ASSETS_MAX], worst_debt[BOOK_ASSETS_MAX];
	struct px18 high[BOOK_ASSETS_MAX], low[BOOK_ASSETS_MAX];
	enum err e;

	for (size_t i = 0; i < b->asset_count; i++) {
		const struct market_price *p = &m->asset[i];
		bool is_refused = p->price.status == PRICE_REFUSED;

		low[i] = is_refused ? px18_from_raw(0) : p->price.low;
		high[i] = is_refused ? px18_from_raw(0) : p->price.high;
		worst[i] = low[i];
		worst_debt[i] = high[i];
		if (p->has_twap) {
			worst[i] = px18_min(worst[i], p->twap);
			worst_debt[i] = px18_max(worst_debt[i], p->twap);
		}
		if (p->has_stable) {
			worst[i] = px18_min(worst[i], p->stable);
			worst_debt[i] = px18_max(worst_debt[i], p->stable);
		}
	}
	e = scan_prices_from(&w->at_initial, w->vaults, worst, worst_debt,
	    SCAN_INITIAL);
	if (e == ERR_OK)
		e = scan_prices_from(&w->at_best, w->vaults, high, low,
		    SCAN_MAINTENANCE);
	return e;
}

static void
scan_begin(struct reach *w, const struct book *b, const struct market *m)
{
	w->is_scanning = true;
	w->is_blind = w->must_value_all || weights_of(w, b, m) != ERR_OK;
	w->next_block = 0;
	w->lanes = 0;
	w->slice_first = w->slice_count = 0;
	w->scans++;
}

/* Lanes of a block whose state is not for sure what it was.  A vault whose
 * collateral and debt share a base factor is at least as healthy as `initial`
 * says and at most as healthy as `best` says; for all others they are exact
 * but for the interval of `unsure`. */
static uint64_t
lanes_in_doubt(const struct reach *w, uint32_t block)
{
	const struct reach_block *k = &w->block[block];
	const struct scan_mask *i = &w->initial[block - w->slice_first];
	const struct scan_mask *b = &w->best[block - w->slice_first];
	uint64_t healthy = ~i->below & ~i->unsure;
	uint64_t liquidatable = b->below;
	uint64_t between = i->below & ~b->below & ~b->unsure &
	    ~vaults_hedged(w->vaults, block);
	uint64_t sure = healthy | liquidatable | between;
	uint64_t same = (healthy & k->healthy) |
	    (liquidatable & k->liquidatable) |
	    (between & ~k->healthy & ~k->liquidatable);

	return k->watched & (~sure | ~same | k->always);
}

static void
slice_scan(struct reach *w, uint32_t first)
{
	uint32_t left = vaults_block_count(w->vaults) - first;

	w->slice_first = first;
	w->slice_count = left < SLICE ? left : SLICE;
	scan_run_at(w->level, w->initial, w->vaults, &w->at_initial, first,
	    w->slice_count);
	scan_run_at(w->level, w->best, w->vaults, &w->at_best, first,
	    w->slice_count);
}

/* The next block with lanes in doubt; false at the end. */
static bool
block_next(struct reach *w)
{
	while (w->lanes == 0) {
		uint32_t block = w->next_block;

		if (block == vaults_block_count(w->vaults)) {
			w->is_scanning = false;
			return false;
		}
		if (!w->is_blind && block >= w->slice_first + w->slice_count)
			slice_scan(w, block);
		w->lanes = w->is_blind ? w->block[block].watched :
		    lanes_in_doubt(w, block);
		w->lanes_block = block;
		w->next_block++;
	}
	return true;
}

static uint32_t
scan_next(struct reach *w, uint32_t slot[REACH_BATCH])
{
	uint32_t n = 0;

	while (n < REACH_BATCH && block_next(w)) {
		uint32_t lane = (uint32_t)__builtin_ctzll(w->lanes);

		w->lanes &= w->lanes - 1;
		slot[n++] = vaults_slot_at(w->vaults, w->lanes_block, lane);
	}
	return n;
}

/* ---- the move ------------------------------------------------------------ */

/* ladders_move: false where triggers hold no longer, or cannot be; then every
 * vault has to be looked at, and anchored again. */
static bool
ladders_move(struct reach *w, const struct book *b, const struct market *m,
    u128 moved)
{
	u128 all = b->asset_count == BOOK_ASSETS_MAX ? U128_MAX :
	    ((u128)1 << b->asset_count) - 1;

	if (w->has_ladders && bands_move(&w->bands, m, b->accrual, moved &
	    all) == ERR_OK)
		return true;
	bands_clear(&w->bands);
	w->has_ladders = bands_move(&w->bands, m, b->accrual, all) == ERR_OK;
	return false;
}

void
reach_move(struct reach *w, const struct book *b, const struct market *m,
    u128 moved)
{
	if (moved == 0)
		return;
	w->taken = 0;
	w->book = b;
	w->market = m;
	w->must_value_all = !ladders_move(w, b, m, moved);
	if (w->must_value_all || w->is_behind)
		scan_begin(w, b, m);
}

/* Beyond so many a scan is cheaper. */
static uint32_t
taken_max(const struct reach *w)
{
	uint32_t share = vaults_count(w->vaults) / REACH_SHARE;

	return share > REACH_LEAST ? share : REACH_LEAST;
}

static uint32_t
ladders_next(struct reach *w, uint32_t slot[REACH_BATCH])
{
	bool more;
	uint32_t n = bands_take(&more, slot, &w->bands, REACH_BATCH);

	w->taken += n;
	if (more && w->taken > taken_max(w)) {
		w->is_behind = true;
		scan_begin(w, w->book, w->market);
	}
	return n;
}

uint32_t
reach_next(struct reach *w, uint32_t slot[REACH_BATCH])
{
	uint32_t n = 0;

	if (!w->is_scanning && !w->is_behind && w->has_ladders)
		n = ladders_next(w, slot);
	if (n == 0 && w->is_scanning)
		n = scan_next(w, slot);
	w->touched += n;
	return n;
}

uint32_t
reach_settle(struct reach *w, uint32_t slot[REACH_BATCH])
{
	bool more;
	uint32_t n;

	if (!w->is_behind || w->is_scanning)
		return 0;
	n = bands_take(&more, slot, &w->bands, REACH_BATCH);
	if (!more)
		w->is_behind = false;
	return n;
}

/* Whether a leg that counts has no price. */
static bool
is_refused(const struct vault *v, const struct market *m)
{
	for (uint8_t i = 0; i < v->collateral_count; i++)
		if (m->asset[v->collateral[i].asset].price.status ==
		    PRICE_REFUSED && v->collateral[i].amount != 0)
			return true;
	for (uint8_t i = 0; i < v->debt_count; i++)
		if (m->asset[v->debt[i].asset].price.status ==
		    PRICE_REFUSED && v->debt[i].amount != 0)
			return true;
	return false;
}

void
reach_note(struct reach *w, const struct book *b, const struct market *m,
    uint32_t slot, const struct vault *v, enum vault_state state)
{
	struct vaults_place at;
	struct reach_block *k;
	uint64_t bit;
	bool is_proven;
	enum err e = vaults_place_of(&at, w->vaults, slot);

	MUST(e == ERR_OK);
	k = &w->block[at.block];
	bit = UINT64_C(1) << at.lane;
	k->watched &= ~bit;
	k->healthy &= ~bit;
	k->liquidatable &= ~bit;
	k->always &= ~bit;
	if (state == STATE_STALE && is_refused(v, m)) {
		bands_remove(&w->bands, slot);
		return;
	}
	k->watched |= bit;
	if (state == STATE_HEALTHY)
		k->healthy |= bit;
	else if (state == STATE_LIQUIDATABLE)
		k->liquidatable |= bit;
	else if (state != STATE_RESTRICTED)
		k->always |= bit;
	if (!w->has_ladders)
		return;
	e = bands_anchor(&is_proven, &w->bands, slot, b, v, state);
	MUST(e == ERR_OK);	/* there is room for every leg of every vault */
	if (!is_proven)
		k->always |= bit;	/* by whatever way it is looked for */
}

void
reach_forget(struct reach *w, uint32_t slot)
{
	struct vaults_place at;
	struct reach_block *k;
	uint64_t keep;

	bands_remove(&w->bands, slot);
	if (vaults_place_of(&at, w->vaults, slot) != ERR_OK)
		return;
	k = &w->block[at.block];
	keep = ~(UINT64_C(1) << at.lane);
	k->watched &= keep;
	k->healthy &= keep;
	k->liquidatable &= keep;
	k->always &= keep;
}
