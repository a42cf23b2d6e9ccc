/* The store: slots, ids and places.  How a lane is filled is next door, in
 * vaults_lane.c. */
#include "margin/vaults.h"

#include "base/must.h"
#include "margin/vaults_lane.h"

#include <string.h>

#define ALIGN 64u

/* Offsets of the arrays, in the order of struct vaults. */
enum part {
	PART_HEAD, PART_BLOCK, PART_DEBT_ROW, PART_SLOT, PART_RECORD,
	PART_PLACE, PART_HASH, PART_AMOUNT, PART_INDEX, PART_ATOMS,
	PART_DEBT_INDEX, PARTS,
};

static size_t
layout_of(size_t at[PARTS], const struct vaults_limits *l)
{
	size_t blocks = vaults_blocks_max(l);
	const size_t bytes[PARTS] = {
		[PART_HEAD] = sizeof(struct vaults_head),
		[PART_BLOCK] = blocks * sizeof(struct vaults_block),
		[PART_DEBT_ROW] = blocks * BOOK_LEGS_MAX * sizeof(uint32_t),
		[PART_SLOT] = blocks * SCAN_LANES * sizeof(uint32_t),
		[PART_RECORD] = l->vaults * sizeof(struct vaults_record),
		[PART_PLACE] = l->vaults * sizeof(uint32_t),
		[PART_HASH] = 2 * (size_t)l->vaults * sizeof(uint32_t),
		[PART_AMOUNT] = l->rows * SCAN_LANES * sizeof(int64_t),
		[PART_INDEX] = l->rows * SCAN_LANES,
		[PART_ATOMS] = l->rows * SCAN_LANES * sizeof(u128),
		[PART_DEBT_INDEX] = l->debt_rows * SCAN_LANES * sizeof(u128),
	};
	size_t sum = 0;

	for (size_t i = 0; i < PARTS; i++) {
		at[i] = sum;
		sum += (bytes[i] + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	}
	return sum;
}

size_t
vaults_bytes(const struct vaults_limits *limits)
{
	size_t at[PARTS];

	MUST(limits->vaults > 0 && limits->vaults <= BOOK_VAULTS_MAX);
	MUST((limits->vaults & (limits->vaults - 1)) == 0);
	MUST(limits->rows < UINT32_MAX && limits->debt_rows < UINT32_MAX);
	return layout_of(at, limits);
}

void
vaults_attach(struct vaults *v, void *arena,
    const struct vaults_limits *limits)
{
	size_t at[PARTS];
	uint8_t *base = arena;

	(void)layout_of(at, limits);
	*v = (struct vaults){
		.limits = *limits,
		.head = (void *)(base + at[PART_HEAD]),
		.block = (void *)(base + at[PART_BLOCK]),
		.debt_row = (void *)(base + at[PART_DEBT_ROW]),
		.slot = (void *)(base + at[PART_SLOT]),
		.record = (void *)(base + at[PART_RECORD]),
		.place = (void *)(base + at[PART_PLACE]),
		.hash = (void *)(base + at[PART_HASH]),
		.amount = (void *)(base + at[PART_AMOUNT]),
		.index = base + at[PART_INDEX],
		.atoms = (void *)(base + at[PART_ATOMS]),
		.debt_index = (void *)(base + at[PART_DEBT_INDEX]),
	};
}

void
vaults_init(struct vaults *v, void *arena, const struct vaults_limits *limits,
    const struct book *assets)
{
	vaults_attach(v, arena, limits);
	v->assets = assets;
}

/* An entry is the slot plus one, zero is empty.  Ids are never taken out, so an
 * empty entry ends the search; the table is at most half full. */
static uint32_t *
hash_entry(const struct vaults *v, const struct b32 *id)
{
	uint32_t mask = 2 * v->limits.vaults - 1;
	uint32_t at = book_hash_id(id) & mask;

	for (uint32_t i = 0; i < mask; i++, at = (at + 1) & mask) {
		uint32_t held = v->hash[at];

		if (held == 0 || held > v->limits.vaults ||
		    b32_equal(&v->record[held - 1].id, id))
			break;
	}
	return &v->hash[at];
}

static bool
is_plain(const struct vault *in)
{
	for (uint8_t i = 0; i < in->collateral_count; i++)
		if (in->collateral[i].lien != 0)
			return false;
	return in->position_count == 0 && in->order_count == 0 &&
	    in->parent == 0 && in->node != NODE_PORTFOLIO &&
	    num18_is_zero(in->leverage);
}

static void
record_write(struct vaults_record *r, const struct vault *in)
{
	*r = (struct vaults_record){
		.id = in->id, .owner = in->owner, .mode = in->mode,
		.method = in->method, .node = in->node,
		.owner_index = in->owner_index, .nonce = in->nonce,
		.liquidations = in->liquidations,
		.block_number = in->block_number,
	};
}

/* Where a vault of these legs goes: where it lay, if they are as many. */
static enum err
place_choose(struct vaults_place *out, struct vaults *v, uint32_t slot,
    const struct vault *in)
{
	const struct vaults_block *b;

	if (slot < v->head->used && v->place[slot] != 0) {
		out->block = (v->place[slot] - 1) / SCAN_LANES;
		out->lane = (v->place[slot] - 1) % SCAN_LANES;
		b = &v->block[out->block];
		if (b->collateral_count == in->collateral_count &&
		    b->debt_count == in->debt_count)
			return ERR_OK;
	}
	return vaults_lane_take(out, v, in->collateral_count,
	    in->debt_count);
}

static void
slot_empty(struct vaults *v, uint32_t slot, bool stays)
{
	struct vaults_place at = { (v->place[slot] - 1) / SCAN_LANES,
		(v->place[slot] - 1) % SCAN_LANES };

	vaults_lane_clear(v, at);
	if (!stays)
		vaults_lane_free(v, at);
	v->place[slot] = 0;
	v->head->count--;
}

enum err
vaults_put(uint32_t *slot, struct vaults *v, const struct vault *in)
{
	uint32_t *entry = hash_entry(v, &in->id), at = *entry;
	struct vaults_place place;
	enum err e = book_check_vault(v->assets, in);

	if (e == ERR_OK && !is_plain(in))
		e = ERR_UNKNOWN;
	if (e != ERR_OK)
		return e;
	at = at != 0 ? at - 1 : v->head->used;
	if (at == v->limits.vaults)
		return ERR_LIMIT;
	e = vaults_pairs_fit(v, in);
	if (e == ERR_OK)
		e = place_choose(&place, v, at, in);
	if (e != ERR_OK)
		return e;
	if (at == v->head->used) {
		*entry = at + 1;
		v->head->used++;
	} else if (v->place[at] != 0) {
		slot_empty(v, at, v->place[at] - 1 == place.block *
		    SCAN_LANES + place.lane);
	}
	record_write(&v->record[at], in);
	vaults_lane_fill(v, place, at, in);
	v->place[at] = place.block * SCAN_LANES + place.lane + 1;
	v->head->count++;
	*slot = at;
	return ERR_OK;
}

enum err
vaults_delete(struct vaults *v, uint32_t slot)
{
	struct vaults_record empty = { .mode = 0 };

	if (slot >= v->head->used || v->place[slot] == 0)
		return ERR_UNKNOWN;
	slot_empty(v, slot, false);
	empty.id = v->record[slot].id;
	v->record[slot] = empty;
	return ERR_OK;
}

enum err
vaults_find(uint32_t *slot, const struct vaults *v, const struct b32 *id)
{
	uint32_t held = *hash_entry(v, id);

	if (held == 0 || held > v->limits.vaults || v->place[held - 1] == 0)
		return ERR_UNKNOWN;
	*slot = held - 1;
	return ERR_OK;
}

/* ---- reading ------------------------------------------------------------- */

/* What a block says of itself, if such a block can be: it may lie in memory
 * that another process writes. */
static bool
block_read(struct vaults_block *out, const struct vaults *v, uint32_t block)
{
	if (block >= vaults_blocks_max(&v->limits))
		return false;
	*out = v->block[block];
	return out->collateral_count <= BOOK_LEGS_MAX &&
	    out->debt_count <= BOOK_LEGS_MAX && (uint64_t)out->row +
	    out->collateral_count + out->debt_count <= v->limits.rows;
}

static struct leg
leg_read(const struct vaults *v, uint64_t row, uint32_t lane, u128 index)
{
	uint64_t at = row * SCAN_LANES + lane;

	return (struct leg){ v->head->pair[v->index[at]].asset, v->atoms[at],
		0, wad_from_raw(index) };
}

static bool
debt_index_read(u128 *out, const struct vaults *v, uint32_t block, uint32_t i,
    uint32_t lane)
{
	uint32_t row = v->debt_row[(size_t)block * BOOK_LEGS_MAX + i];

	if (row == 0 || row > v->limits.debt_rows)
		return false;
	*out = v->debt_index[(size_t)(row - 1) * SCAN_LANES + lane];
	return true;
}

enum err
vaults_get(struct vault *out, const struct vaults *v, uint32_t slot)
{
	const struct vaults_record *r;
	struct vaults_place at;
	struct vaults_block b;
	uint32_t place;

	if (slot >= v->limits.vaults || (place = v->place[slot]) == 0)
		return ERR_UNKNOWN;
	at = (struct vaults_place){ (place - 1) / SCAN_LANES,
		(place - 1) % SCAN_LANES };
	if (!block_read(&b, v, at.block))
		return ERR_UNKNOWN;
	r = &v->record[slot];
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
	out->collateral_count = b.collateral_count;
	out->debt_count = b.debt_count;
	for (uint8_t i = 0; i < b.collateral_count; i++)
		out->collateral[i] = leg_read(v, (uint64_t)b.row + i, at.lane,
		    WAD_ONE_RAW);
	for (uint8_t i = 0; i < b.debt_count; i++) {
		u128 index;

		if (!debt_index_read(&index, v, at.block, i, at.lane))
			return ERR_UNKNOWN;
		out->debt[i] = leg_read(v, (uint64_t)b.row +
		    b.collateral_count + i, at.lane, index);
	}
	return ERR_OK;
}

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
	struct vaults_place at;
	const struct vaults_block *b;
	u128 assets = 0;

	if (vaults_place_of(&at, v, slot) != ERR_OK)
		return 0;
	b = &v->block[at.block];
	for (uint32_t i = 0; i < (uint32_t)b->collateral_count +
	    b->debt_count; i++)
		assets |= (u128)1 << v->head->pair[v->index[((size_t)b->row +
		    i) * SCAN_LANES + at.lane]].asset;
	return assets;
}

const struct vaults_pair *
vaults_pair_at(const struct vaults *v, uint32_t n)
{
	return n < v->head->pair_count ? &v->head->pair[n] : NULL;
}

/* ---- places -------------------------------------------------------------- */

uint32_t
vaults_block_count(const struct vaults *v)
{
	return v->head->block_count;
}

enum err
vaults_place_of(struct vaults_place *out, const struct vaults *v,
    uint32_t slot)
{
	if (slot >= v->head->used || v->place[slot] == 0)
		return ERR_UNKNOWN;
	out->block = (v->place[slot] - 1) / SCAN_LANES;
	out->lane = (v->place[slot] - 1) % SCAN_LANES;
	return ERR_OK;
}

uint32_t
vaults_slot_at(const struct vaults *v, uint32_t block, uint32_t lane)
{
	uint32_t held;

	MUST(block < v->head->block_count && lane < SCAN_LANES);
	held = v->slot[(size_t)block * SCAN_LANES + lane];
	return held == 0 ? VAULTS_EMPTY : held - 1;
}

uint64_t
vaults_lanes(const struct vaults *v, uint32_t block)
{
	return v->block[block].used;
}

uint64_t
vaults_hedged(const struct vaults *v, uint32_t block)
{
	return v->block[block].hedged;
}
