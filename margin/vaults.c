#include "margin/vaults.h"

#include <string.h>

#include "base/must.h"
#include "margin/vaults_lane.h"

/* ---- the arena ---------------------------------------------------------- */

/* arena_place: where the next array lies, of so many bytes. */
static size_t
arena_place(size_t *at, size_t count, size_t size)
{
	size_t here = *at;

	*at = (here + count * size + 63) & ~(size_t)63;
	return here;
}

struct arena_layout {
	size_t block, debt_row, slot, record, place, hash, amount, index,
	    atoms, debt_index, end;
};

static struct arena_layout
arena_of(const struct vaults_limits *l)
{
	size_t blocks = vaults_blocks_max(l), at = 0;
	size_t legs = (size_t)l->rows * SCAN_LANES;
	struct arena_layout a;

	MUST(l->vaults > 0 && l->vaults <= BOOK_VAULTS_MAX);
	MUST((l->vaults & (l->vaults - 1)) == 0);
	MUST(l->rows < UINT32_MAX && l->debt_rows < UINT32_MAX);
	(void)arena_place(&at, 1, sizeof(struct vaults_head));
	a.block = arena_place(&at, blocks, sizeof(struct vaults_block));
	a.debt_row = arena_place(&at, blocks * BOOK_LEGS_MAX,
	    sizeof(uint32_t));
	a.slot = arena_place(&at, blocks * SCAN_LANES, sizeof(uint32_t));
	a.record = arena_place(&at, l->vaults, sizeof(struct vaults_record));
	a.place = arena_place(&at, l->vaults, sizeof(uint32_t));
	a.hash = arena_place(&at, 2 * (size_t)l->vaults, sizeof(uint32_t));
	a.amount = arena_place(&at, legs, sizeof(int64_t));
	a.index = arena_place(&at, legs, sizeof(uint8_t));
	a.atoms = arena_place(&at, legs, sizeof(u128));
	a.debt_index = arena_place(&at, (size_t)l->debt_rows * SCAN_LANES,
	    sizeof(u128));
	a.end = at;
	return a;
}

size_t
vaults_bytes(const struct vaults_limits *limits)
{
	return arena_of(limits).end;
}

static void
arrays_place(struct vaults *v, void *arena,
    const struct vaults_limits *limits)
{
	struct arena_layout a = arena_of(limits);
	char *base = arena;

	MUST((uintptr_t)arena % 64 == 0);
	v->head = arena;
	v->block = (void *)(base + a.block);
	v->debt_row = (void *)(base + a.debt_row);
	v->slot = (void *)(base + a.slot);
	v->record = (void *)(base + a.record);
	v->place = (void *)(base + a.place);
	v->hash = (void *)(base + a.hash);
	v->amount = (void *)(base + a.amount);
	v->index = (void *)(base + a.index);
	v->atoms = (void *)(base + a.atoms);
	v->debt_index = (void *)(base + a.debt_index);
}

void
vaults_view_init(struct vaults_view *out, void *arena,
    const struct vaults_limits *limits)
{
	out->limits = *limits;
	out->arrays.assets = NULL;
	arrays_place(&out->arrays, arena, limits);
}

void
vaults_init(struct vaults *v, void *arena, const struct vaults_limits *limits,
    const struct book *assets)
{
	arrays_place(v, arena, limits);
	v->assets = assets;
	MUST(v->head->used == 0 && v->head->block_count == 0);
	v->head->limits = *limits;
}

/* ---- one vault's legs --------------------------------------------------- */

enum err
vaults_check(const struct vaults *v, const struct vault *in)
{
	enum err e;

	if (in->position_count != 0 || in->order_count != 0 ||
	    in->parent != 0 || !num18_is_zero(in->leverage) ||
	    in->node > NODE_CROSS)
		return ERR_UNKNOWN;
	e = book_check_vault(v->assets, in);
	for (size_t i = 0; e == ERR_OK && i < in->collateral_count; i++)
		if (in->collateral[i].lien != 0)
			e = ERR_UNKNOWN;
	return e;
}

/* ---- pairs of asset and mode -------------------------------------------- */

enum err
vaults_pairs_fit(const struct vaults *v, const struct vault *in)
{
	u128 seen = 0;
	uint32_t fresh = 0;

	for (size_t k = 0; k < vaults_legs(in); k++) {
		uint8_t asset = vaults_leg(in, k)->asset;

		fresh += v->head->pair_of[asset][in->mode] == 0 &&
		    (seen >> asset & 1) == 0;
		seen |= (u128)1 << asset;
	}
	return fresh > SCAN_PAIRS_MAX - v->head->pair_count ? ERR_LIMIT :
	    ERR_OK;
}

static uint16_t
pair_number(struct vaults_head *h, uint8_t asset, uint8_t mode)
{
	uint16_t at = 0;

	while (h->pair[at].legs != 0)
		at++;
	MUST(at < SCAN_PAIRS_MAX);
	h->pair[at].asset = asset;
	h->pair[at].mode = mode;
	h->pair_count++;
	h->layout++;
	return (uint16_t)(at + 1);
}

void
vaults_pairs_hold(struct vaults *v, const struct vault *in)
{
	struct vaults_head *h = v->head;

	for (size_t k = 0; k < vaults_legs(in); k++) {
		uint8_t asset = vaults_leg(in, k)->asset;
		uint16_t *of = &h->pair_of[asset][in->mode];

		if (*of == 0)
			*of = pair_number(h, asset, in->mode);
		h->pair[*of - 1].legs++;
	}
}

/* ---- put, delete, get --------------------------------------------------- */

uint32_t *
vaults_hash_entry(const struct vaults *v, const struct b32 *id)
{
	uint32_t mask = 2 * v->head->limits.vaults - 1;
	uint32_t at = book_hash_id(id) & mask;

	/* Ids are never removed, and the table is at most half full. */
	while (v->hash[at] != 0 &&
	    !b32_equal(&v->record[v->hash[at] - 1].id, id))
		at = (at + 1) & mask;
	return &v->hash[at];
}

static struct vaults_place
place_of(const struct vaults *v, uint32_t slot)
{
	uint32_t at = v->place[slot] - 1;

	MUST(v->place[slot] != 0);
	return (struct vaults_place){ at / SCAN_LANES, at % SCAN_LANES };
}

static bool
is_empty(const struct vaults *v, uint32_t slot)
{
	return slot >= v->head->used || v->place[slot] == 0;
}

void
vaults_slot_set(struct vaults *v, uint32_t slot, struct vaults_place at,
    const struct vault *in)
{
	uint32_t n = at.block * SCAN_LANES + at.lane;
	struct vaults_record *r = &v->record[slot];

	v->place[slot] = n + 1;
	v->slot[n] = slot + 1;
	r->id = in->id;
	r->owner = in->owner;
	r->mode = in->mode;
	r->method = in->method;
	r->node = in->node;
	r->owner_index = in->owner_index;
	r->nonce = in->nonce;
	r->liquidations = in->liquidations;
	r->block_number = in->block_number;
}

/* place_for: where the vault lies, or a lane of its group. */
static enum err
place_for(struct vaults_place *out, struct vaults *v, uint32_t slot,
    const struct vault *in)
{
	if (!is_empty(v, slot)) {
		struct vaults_place at = place_of(v, slot);
		const struct vaults_block *b = &v->block[at.block];

		*out = at;
		if (b->collateral_count == in->collateral_count &&
		    b->debt_count == in->debt_count)
			return ERR_OK;
	}
	return vaults_lane_take(out, v, in->collateral_count, in->debt_count);
}

/* slot_clear takes the vault of a slot out; its lane stays its own. */
static void
slot_clear(struct vaults *v, uint32_t slot)
{
	struct vault was;

	MUST(vaults_get(&was, v, slot) == ERR_OK);
	vaults_lane_clear(v, place_of(v, slot), &was);
}

enum err
vaults_put(uint32_t *slot, struct vaults *v, const struct vault *in)
{
	struct vaults_head *h = v->head;
	struct vaults_measure m;
	struct vaults_place to;
	uint32_t *entry, at;
	enum err e = vaults_check(v, in);

	if (e != ERR_OK)
		return e;
	entry = vaults_hash_entry(v, &in->id);
	if (*entry == 0 && h->used == h->limits.vaults)
		return ERR_LIMIT;
	at = *entry == 0 ? h->used : *entry - 1;
	e = vaults_pairs_fit(v, in);
	if (e == ERR_OK)
		e = place_for(&to, v, at, in);
	if (e != ERR_OK)
		return e;

	vaults_measure(&m, v, in);
	vaults_pairs_hold(v, in);
	if (!is_empty(v, at)) {
		struct vaults_place was = place_of(v, at);

		slot_clear(v, at);
		if (was.block != to.block || was.lane != to.lane)
			vaults_lane_free(v, was);
	} else {
		h->count++;
	}
	vaults_lane_fill(v, to, in, &m);
	if (*entry == 0)
		*entry = ++h->used;
	vaults_slot_set(v, at, to, in);
	*slot = at;
	return ERR_OK;
}

enum err
vaults_delete(struct vaults *v, uint32_t slot)
{
	if (is_empty(v, slot))
		return ERR_UNKNOWN;
	slot_clear(v, slot);
	vaults_lane_free(v, place_of(v, slot));
	v->place[slot] = 0;
	v->head->count--;
	v->record[slot] = (struct vaults_record){ .id = v->record[slot].id };
	return ERR_OK;
}

enum err
vaults_find(uint32_t *slot, const struct vaults *v, const struct b32 *id)
{
	uint32_t entry = *vaults_hash_entry(v, id);

	if (entry == 0 || is_empty(v, entry - 1))
		return ERR_UNKNOWN;
	*slot = entry - 1;
	return ERR_OK;
}

void
vaults_record_read(struct vault *out, const struct vaults_record *r)
{
	memset(out, 0, offsetof(struct vault, collateral));
	out->id = r->id;
	out->owner = r->owner;
	out->owner_index = r->owner_index;
	out->nonce = r->nonce;
	out->liquidations = r->liquidations;
	out->block_number = r->block_number;
	out->mode = r->mode;
	out->method = r->method;
	out->node = r->node;
}

enum err
vaults_get(struct vault *out, const struct vaults *v, uint32_t slot)
{
	if (is_empty(v, slot))
		return ERR_UNKNOWN;
	vaults_record_read(out, &v->record[slot]);
	vaults_lane_read(out, v, place_of(v, slot));
	return ERR_OK;
}

/* ---- what the caller counts with ---------------------------------------- */

uint32_t
vaults_used(const struct vaults *v)
{
	return v->head->used;
}

uint32_t
vaults_count(const struct vaults *v)
{
	return v->head->count;
}

u128
vaults_assets(const struct vaults *v, uint32_t slot)
{
	const struct vaults_block *b;
	struct vaults_place at;
	u128 bits = 0;

	if (is_empty(v, slot))
		return 0;
	at = place_of(v, slot);
	b = &v->block[at.block];
	for (uint32_t k = 0; k < (uint32_t)b->collateral_count +
	    b->debt_count; k++)
		bits |= (u128)1 << v->head->pair[v->index[
		    ((size_t)b->row + k) * SCAN_LANES + at.lane]].asset;
	return bits;
}

struct u256
vaults_total_of(const struct vaults *v, uint8_t asset, uint8_t mode,
    bool is_debt)
{
	MUST(asset < BOOK_ASSETS_MAX && mode < BOOK_MODES_MAX);
	return v->head->total[asset][mode][is_debt];
}

struct u256
vaults_total(const struct vaults *v, uint8_t asset, bool is_debt)
{
	struct u256 sum = u256_from_u128(0);

	for (uint8_t mode = 0; mode < BOOK_MODES_MAX; mode++) {
		struct u256 t = vaults_total_of(v, asset, mode, is_debt);

		MUST(u256_add(&sum, &sum, &t) == ERR_OK);
	}
	return sum;
}

uint32_t
vaults_block_count(const struct vaults *v)
{
	return v->head->block_count;
}

enum err
vaults_place_of(struct vaults_place *out, const struct vaults *v,
    uint32_t slot)
{
	if (is_empty(v, slot))
		return ERR_UNKNOWN;
	*out = place_of(v, slot);
	return ERR_OK;
}

uint32_t
vaults_slot_at(const struct vaults *v, uint32_t block, uint32_t lane)
{
	MUST(block < v->head->block_count && lane < SCAN_LANES);
	/* Zero, an unused lane, becomes VAULTS_EMPTY. */
	return v->slot[(size_t)block * SCAN_LANES + lane] - 1;
}

uint64_t
vaults_lanes(const struct vaults *v, uint32_t block)
{
	MUST(block < v->head->block_count);
	return v->block[block].used;
}

uint64_t
vaults_hedged(const struct vaults *v, uint32_t block)
{
	MUST(block < v->head->block_count);
	return v->block[block].hedged;
}
