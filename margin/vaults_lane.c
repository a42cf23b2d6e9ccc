#include "margin/vaults_lane.h"

#include "base/must.h"

#include <string.h>

/* More whole units than this are odd: below it and the scan's greatest price
 * and accrual no sum of ratio_evaluate overflows. */
#define UNITS_MAX ((u128)10000000000)
#define ATOMS_MAX (U128_MAX / 8)	/* what accrues must fit */

/* ---- pairs --------------------------------------------------------------- */

enum err
vaults_pairs_fit(const struct vaults *v, const struct vault *in)
{
	const struct vaults_head *h = v->head;
	uint32_t missing = 0, spare = SCAN_PAIRS_MAX - h->pair_count;

	for (uint8_t i = 0; i < in->collateral_count; i++)
		missing += h->pair_of[in->collateral[i].asset][in->mode] == 0;
	for (uint8_t i = 0; i < in->debt_count; i++)
		missing += h->pair_of[in->debt[i].asset][in->mode] == 0;
	if (missing <= spare)
		return ERR_OK;
	for (uint32_t i = 0; i < h->pair_count; i++)
		spare += h->pair[i].legs == 0;
	return missing <= spare ? ERR_OK : ERR_LIMIT;
}

/* pair_new: a number that was never given, or one whose legs are gone. */
static uint32_t
pair_new(struct vaults_head *h)
{
	if (h->pair_count < SCAN_PAIRS_MAX)
		return h->pair_count++;
	for (uint32_t i = 0; i < h->pair_count; i++)
		if (h->pair[i].legs == 0) {
			h->pair_of[h->pair[i].asset][h->pair[i].mode] = 0;
			return i;
		}
	MUST(false);	/* vaults_pairs_fit saw one */
	return 0;
}

static uint32_t
pair_number(struct vaults_head *h, uint8_t asset, uint8_t mode)
{
	uint32_t n;

	if (h->pair_of[asset][mode] != 0)
		return h->pair_of[asset][mode] - 1u;
	n = pair_new(h);
	h->pair[n] = (struct vaults_pair){ .asset = asset, .mode = mode };
	h->pair_of[asset][mode] = (uint16_t)(n + 1);
	h->layout++;
	return n;
}

/* ---- blocks -------------------------------------------------------------- */

/* Numbers in lists count from one. */
static void
partial_push(struct vaults *v, uint32_t block)
{
	struct vaults_block *b = &v->block[block];
	uint32_t *head =
	    &v->head->partial[b->collateral_count][b->debt_count];

	b->prev = 0;
	b->next = *head;
	if (*head != 0)
		v->block[*head - 1].prev = block + 1;
	*head = block + 1;
}

static bool
partial_holds(const struct vaults *v, uint32_t block)
{
	const struct vaults_block *b = &v->block[block];

	return b->next != 0 || b->prev != 0 || v->head->partial[
	    b->collateral_count][b->debt_count] == block + 1;
}

static void
partial_remove(struct vaults *v, uint32_t block)
{
	struct vaults_block *b = &v->block[block];

	if (!partial_holds(v, block))
		return;
	if (b->prev != 0)
		v->block[b->prev - 1].next = b->next;
	else
		v->head->partial[b->collateral_count][b->debt_count] = b->next;
	if (b->next != 0)
		v->block[b->next - 1].prev = b->prev;
	b->next = b->prev = 0;
}

/* A free row of indices names the next in its first word. */
static uint32_t
debt_row_take(struct vaults *v)
{
	struct vaults_head *h = v->head;
	uint32_t row = h->debt_row_free;

	if (row == 0)
		return ++h->debt_row_count;
	h->debt_row_free = (uint32_t)v->debt_index[(size_t)(row - 1) *
	    SCAN_LANES];
	h->debt_rows_free--;
	return row;
}

static void
debt_row_give(struct vaults *v, uint32_t row)
{
	v->debt_index[(size_t)(row - 1) * SCAN_LANES] =
	    v->head->debt_row_free;
	v->head->debt_row_free = row;
	v->head->debt_rows_free++;
}

static enum err
block_new(uint32_t *out, struct vaults *v, uint8_t collateral, uint8_t debt)
{
	struct vaults_head *h = v->head;
	uint32_t rows = (uint32_t)collateral + debt, block;

	if (debt > h->debt_rows_free + (v->limits.debt_rows -
	    h->debt_row_count))
		return ERR_LIMIT;
	if (h->empty[rows] != 0) {
		block = h->empty[rows] - 1;
		h->empty[rows] = v->block[block].next;
	} else {
		if (h->block_count == vaults_blocks_max(&v->limits) ||
		    rows > v->limits.rows - h->row_count)
			return ERR_LIMIT;
		block = h->block_count++;
		v->block[block].row = h->row_count;
		h->row_count += rows;
	}
	v->block[block] = (struct vaults_block){
		.row = v->block[block].row, .collateral_count = collateral,
		.debt_count = debt };
	for (uint8_t i = 0; i < debt; i++)
		v->debt_row[(size_t)block * BOOK_LEGS_MAX + i] =
		    debt_row_take(v);
	*out = block;
	return ERR_OK;
}

static void
block_give(struct vaults *v, uint32_t block)
{
	struct vaults_block *b = &v->block[block];
	uint32_t rows = (uint32_t)b->collateral_count + b->debt_count;

	for (uint8_t i = 0; i < b->debt_count; i++) {
		uint32_t *row = &v->debt_row[(size_t)block * BOOK_LEGS_MAX +
		    i];

		debt_row_give(v, *row);
		*row = 0;
	}
	b->next = v->head->empty[rows];
	v->head->empty[rows] = block + 1;
}

enum err
vaults_lane_take(struct vaults_place *out, struct vaults *v,
    uint8_t collateral_count, uint8_t debt_count)
{
	uint32_t block = v->head->partial[collateral_count][debt_count];
	enum err e;

	if (block == 0) {
		e = block_new(&block, v, collateral_count, debt_count);
		if (e != ERR_OK)
			return e;
		partial_push(v, block++);
	}
	out->block = block - 1;
	out->lane = (uint32_t)__builtin_ctzll(~v->block[block - 1].used);
	return ERR_OK;
}

void
vaults_lane_free(struct vaults *v, struct vaults_place at)
{
	const struct vaults_block *b = &v->block[at.block];

	if (!partial_holds(v, at.block))
		partial_push(v, at.block);
	if (b->used == 0) {
		partial_remove(v, at.block);
		block_give(v, at.block);
	}
}

/* ---- legs ---------------------------------------------------------------- */

static unsigned
bits_of(u128 v)
{
	unsigned bits = 0;

	for (; v != 0; v >>= 1)
		bits++;
	return bits;
}

/* What a debt of amount shares is at its index: never beyond 256 bits. */
static struct u256
base_of(u128 amount, u128 index)
{
	struct u256 product = u256_mul_u128(amount, index), rest;
	struct u256 wad = u256_from_u128(WAD_ONE_RAW), out;
	struct u256 one = u256_from_u128(1);

	u256_div(&out, &rest, &product, &wad);
	if (!u256_is_zero(&rest))
		MUST(u256_add(&out, &out, &one) == ERR_OK);
	return out;
}

static bool
is_odd(const struct vaults *v, const struct u256 *atoms, uint8_t asset)
{
	u128 fits;

	return u256_to_u128(&fits, atoms) != ERR_OK || fits > ATOMS_MAX ||
	    fits / pow10_u128(v->assets->assets[asset].decimals) >= UNITS_MAX;
}

/* The count of the scan: collateral rounded down, debt up. */
static int64_t
count_of(u128 atoms, unsigned shift, bool is_debt)
{
	u128 rest = ((u128)1 << shift) - 1;

	return (int64_t)(atoms >> shift) + (is_debt && (atoms & rest) != 0);
}

/* One leg of a lane, as the columns have it. */
struct cell {
	uint64_t at;
	bool is_debt;
	struct u256 base;	/* atoms before accrual */
};

static struct cell
cell_of(const struct vaults *v, struct vaults_place p, uint32_t leg)
{
	const struct vaults_block *b = &v->block[p.block];
	struct cell c = {
		.at = ((uint64_t)b->row + leg) * SCAN_LANES + p.lane,
		.is_debt = leg >= b->collateral_count };

	if (c.is_debt)
		c.base = base_of(v->atoms[c.at], v->debt_index[(size_t)(
		    v->debt_row[(size_t)p.block * BOOK_LEGS_MAX + leg -
		    b->collateral_count] - 1) * SCAN_LANES + p.lane]);
	else
		c.base = u256_from_u128(v->atoms[c.at]);
	return c;
}

static void
cell_weigh(struct vaults *v, const struct cell *c)
{
	uint8_t asset = v->head->pair[v->index[c->at]].asset;
	u128 atoms = 0;

	v->amount[c->at] = 0;
	if (!is_odd(v, &c->base, asset) &&
	    u256_to_u128(&atoms, &c->base) == ERR_OK)
		v->amount[c->at] = count_of(atoms, v->head->shift[asset],
		    c->is_debt);
}

/* Every amount of the asset, at the new shift. */
static void
asset_shift(struct vaults *v, uint8_t asset, uint8_t shift)
{
	v->head->shift[asset] = shift;
	v->head->layout++;
	for (uint32_t i = 0; i < v->head->block_count; i++) {
		const struct vaults_block *b = &v->block[i];
		uint32_t legs = (uint32_t)b->collateral_count + b->debt_count;

		for (uint64_t used = b->used; used != 0; used &= used - 1)
			for (uint32_t k = 0; k < legs; k++) {
				struct vaults_place p = { i,
					(uint32_t)__builtin_ctzll(used) };
				struct cell c;
				uint64_t at = ((uint64_t)b->row + k) *
				    SCAN_LANES + p.lane;

				if (v->head->pair[v->index[at]].asset !=
				    asset)
					continue;
				c = cell_of(v, p, k);
				cell_weigh(v, &c);
			}
	}
}

static void
total_add(struct vaults_pair *p, const struct cell *c)
{
	struct u256 *t = &p->total[c->is_debt];

	/* 2^24 vaults of 16 legs below 2^197. */
	MUST(u256_add(t, t, &c->base) == ERR_OK);
	p->legs++;
}

static void
total_take(struct vaults_pair *p, const struct cell *c)
{
	struct u256 *t = &p->total[c->is_debt];

	MUST(p->legs > 0 && u256_sub(t, t, &c->base) == ERR_OK);
	p->legs--;
}

static void
shift_grow(struct vaults *v, const struct cell *c, uint8_t asset)
{
	unsigned bits;
	u128 atoms;

	if (is_odd(v, &c->base, asset) ||
	    u256_to_u128(&atoms, &c->base) != ERR_OK)
		return;
	bits = bits_of(atoms);
	if (bits > VAULTS_COUNT_BITS + v->head->shift[asset])
		asset_shift(v, asset, (uint8_t)(bits - VAULTS_COUNT_BITS));
}

/* Whether some base factor has collateral and debt. */
static bool
is_hedged(const struct vaults *v, const struct vault *in)
{
	uint64_t held = 0, owed = 0;

	for (uint8_t i = 0; i < in->collateral_count; i++)
		held |= UINT64_C(1) <<
		    v->assets->assets[in->collateral[i].asset].factor;
	for (uint8_t i = 0; i < in->debt_count; i++)
		owed |= UINT64_C(1) <<
		    v->assets->assets[in->debt[i].asset].factor;
	return (held & owed) != 0;
}

void
vaults_lane_fill(struct vaults *v, struct vaults_place at, uint32_t slot,
    const struct vault *in)
{
	struct vaults_block *b = &v->block[at.block];
	uint64_t bit = UINT64_C(1) << at.lane;
	uint32_t legs = (uint32_t)in->collateral_count + in->debt_count;

	for (uint32_t i = 0; i < legs; i++) {
		bool is_debt = i >= in->collateral_count;
		uint32_t k = is_debt ? i - in->collateral_count : i;
		const struct leg *l = is_debt ? &in->debt[k] :
		    &in->collateral[k];
		uint64_t cell = ((uint64_t)b->row + i) * SCAN_LANES + at.lane;
		struct cell c;

		v->index[cell] = (uint8_t)pair_number(v->head, l->asset,
		    in->mode);
		v->atoms[cell] = l->amount;
		if (is_debt)
			v->debt_index[(size_t)(v->debt_row[(size_t)at.block *
			    BOOK_LEGS_MAX + k] - 1) * SCAN_LANES + at.lane] =
			    wad_to_raw(l->index);
		c = cell_of(v, at, i);
		shift_grow(v, &c, l->asset);
		total_add(&v->head->pair[v->index[cell]], &c);
		if (is_odd(v, &c.base, l->asset))
			b->odd |= bit;
	}
	/* The shifts are what they will be. */
	for (uint32_t i = 0; i < legs; i++) {
		struct cell c = cell_of(v, at, i);

		cell_weigh(v, &c);
	}
	b->used |= bit;
	if (in->method == METHOD_RATIO && in->debt_count > 0)
		b->live |= bit;
	if (is_hedged(v, in))
		b->hedged |= bit;
	v->slot[(size_t)at.block * SCAN_LANES + at.lane] = slot + 1;
	if (b->used == UINT64_MAX)
		partial_remove(v, at.block);
}

void
vaults_lane_clear(struct vaults *v, struct vaults_place at)
{
	struct vaults_block *b = &v->block[at.block];
	uint64_t keep = ~(UINT64_C(1) << at.lane);
	uint32_t legs = (uint32_t)b->collateral_count + b->debt_count;

	for (uint32_t i = 0; i < legs; i++) {
		struct cell c = cell_of(v, at, i);

		total_take(&v->head->pair[v->index[c.at]], &c);
		v->amount[c.at] = 0;
		v->index[c.at] = 0;
		v->atoms[c.at] = 0;
	}
	b->used &= keep;
	b->live &= keep;
	b->odd &= keep;
	b->hedged &= keep;
	v->slot[(size_t)at.block * SCAN_LANES + at.lane] = 0;
}
