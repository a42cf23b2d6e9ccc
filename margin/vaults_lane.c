#include "margin/vaults_lane.h"

#include <string.h>

#include "base/must.h"

static uint64_t
lane_bit(struct vaults_place at)
{
	return UINT64_C(1) << at.lane;
}

static uint32_t
block_rows(const struct vaults_block *b)
{
	return (uint32_t)b->collateral_count + b->debt_count;
}

/* ---- debt rows ---------------------------------------------------------- */

static bool
debt_rows_fit(const struct vaults_head *h, uint8_t count)
{
	return h->debt_rows_free + h->limits.debt_rows - h->debt_row_count >=
	    count;
}

/* A free row's first word is the next free one, from one. */
static uint32_t
debt_row_take(struct vaults *v)
{
	struct vaults_head *h = v->head;
	uint32_t row = h->debt_row_free;

	if (row == 0)
		return h->debt_row_count++;
	row--;
	h->debt_row_free = (uint32_t)v->debt_index[(size_t)row * SCAN_LANES];
	h->debt_rows_free--;
	return row;
}

static void
debt_row_free(struct vaults *v, uint32_t row)
{
	struct vaults_head *h = v->head;

	v->debt_index[(size_t)row * SCAN_LANES] = h->debt_row_free;
	h->debt_row_free = row + 1;
	h->debt_rows_free++;
}

/* ---- lists of blocks ---------------------------------------------------- */

uint32_t *
vaults_block_list(const struct vaults *v, uint32_t block)
{
	const struct vaults_block *b = &v->block[block];

	return b->used == 0 ? &v->head->empty[block_rows(b)] :
	    &v->head->partial[b->collateral_count][b->debt_count];
}

void
vaults_block_push(struct vaults *v, uint32_t block)
{
	uint32_t *head = vaults_block_list(v, block);
	struct vaults_block *b = &v->block[block];

	MUST(b->prev == 0);
	b->next = *head;
	b->prev = VAULTS_EMPTY;
	if (*head != 0)
		v->block[*head - 1].prev = block + 1;
	*head = block + 1;
}

/* list_remove takes a block out while it is still what its list says. */
static void
list_remove(struct vaults *v, uint32_t block)
{
	struct vaults_block *b = &v->block[block];

	MUST(b->prev != 0);
	if (b->prev == VAULTS_EMPTY)
		*vaults_block_list(v, block) = b->next;
	else
		v->block[b->prev - 1].next = b->next;
	if (b->next != 0)
		v->block[b->next - 1].prev = b->prev;
	b->next = b->prev = 0;
}

enum err
vaults_block_add(uint32_t *block, struct vaults *v, uint8_t collateral_count,
    uint8_t debt_count)
{
	struct vaults_head *h = v->head;
	uint32_t rows = (uint32_t)collateral_count + debt_count;

	if (h->block_count == vaults_blocks_max(&h->limits) ||
	    rows > h->limits.rows - h->row_count)
		return ERR_LIMIT;
	*block = h->block_count++;
	v->block[*block] = (struct vaults_block){
		.row = h->row_count,
		.collateral_count = collateral_count,
		.debt_count = debt_count,
	};
	h->row_count += rows;
	return ERR_OK;
}

enum err
vaults_block_begin(struct vaults *v, uint32_t block, uint8_t collateral_count,
    uint8_t debt_count)
{
	struct vaults_block *b = &v->block[block];
	uint32_t *row = &v->debt_row[(size_t)block * BOOK_LEGS_MAX];

	MUST(b->used == 0);
	MUST((uint32_t)collateral_count + debt_count == block_rows(b));
	if (!debt_rows_fit(v->head, debt_count))
		return ERR_LIMIT;
	b->collateral_count = collateral_count;
	b->debt_count = debt_count;
	for (uint8_t i = 0; i < debt_count; i++)
		row[i] = debt_row_take(v);
	return ERR_OK;
}

/* ---- lanes -------------------------------------------------------------- */

/* block_find: a block with room, in the list of its group. */
static enum err
block_find(uint32_t *block, struct vaults *v, uint8_t collateral_count,
    uint8_t debt_count)
{
	struct vaults_head *h = v->head;
	uint32_t head = h->partial[collateral_count][debt_count];

	if (head != 0) {
		*block = head - 1;
		return ERR_OK;
	}
	if (!debt_rows_fit(h, debt_count))
		return ERR_LIMIT;
	head = h->empty[collateral_count + debt_count];
	if (head != 0) {
		*block = head - 1;
		list_remove(v, *block);
	} else if (vaults_block_add(block, v, collateral_count, debt_count) !=
	    ERR_OK) {
		return ERR_LIMIT;
	}
	return vaults_block_begin(v, *block, collateral_count, debt_count);
}

enum err
vaults_lane_take(struct vaults_place *out, struct vaults *v,
    uint8_t collateral_count, uint8_t debt_count)
{
	struct vaults_place at;
	struct vaults_block *b;

	if (block_find(&at.block, v, collateral_count, debt_count) != ERR_OK)
		return ERR_LIMIT;
	b = &v->block[at.block];
	at.lane = (uint32_t)__builtin_ctzll(~b->used);
	if ((b->used | lane_bit(at)) == UINT64_MAX)
		list_remove(v, at.block);
	b->used |= lane_bit(at);
	if (b->used == lane_bit(at))
		vaults_block_push(v, at.block);
	*out = at;
	return ERR_OK;
}

void
vaults_lane_free(struct vaults *v, struct vaults_place at)
{
	struct vaults_block *b = &v->block[at.block];
	uint32_t *row = &v->debt_row[(size_t)at.block * BOOK_LEGS_MAX];

	MUST((b->used & lane_bit(at)) != 0);
	v->slot[(size_t)at.block * SCAN_LANES + at.lane] = 0;
	if (b->used != UINT64_MAX)
		list_remove(v, at.block);
	b->used &= ~lane_bit(at);
	if (b->used == 0)
		for (uint8_t i = b->debt_count; i > 0; i--)
			debt_row_free(v, row[i - 1]);
	vaults_block_push(v, at.block);
}

/* shift_grow brings an asset's counts to a larger unit: the floor of a floor is
 * the floor, and the ceil of a ceil the ceil. */
static void
shift_grow(struct vaults *v, uint8_t asset, uint8_t shift)
{
	struct vaults_head *h = v->head;
	unsigned by = (unsigned)shift - h->shift[asset];
	int64_t rest = (INT64_C(1) << (by < 62 ? by : 62)) - 1;

	for (uint32_t i = 0; i < h->block_count; i++) {
		const struct vaults_block *b = &v->block[i];
		size_t first = (size_t)b->row * SCAN_LANES;
		size_t debts = first + (size_t)b->collateral_count *
		    SCAN_LANES;
		size_t end = first + (size_t)block_rows(b) * SCAN_LANES;

		for (size_t at = first; b->used != 0 && at < end; at++) {
			int64_t a = v->amount[at];

			if (h->pair[v->index[at]].asset != asset)
				continue;
			v->amount[at] = (by < 62 ? a >> by : 0) +
			    (at >= debts && (a & rest) != 0);
		}
	}
	h->shift[asset] = shift;
	h->layout++;
}

static int64_t
count_of(u128 atoms, uint8_t shift, bool is_debt)
{
	u128 rest = ((u128)1 << shift) - 1;

	return (int64_t)(atoms >> shift) + (is_debt && (atoms & rest) != 0);
}

static void
total_change(struct vaults *v, uint8_t asset, uint8_t mode, bool is_debt,
    const struct u256 *atoms, bool is_more)
{
	struct u256 *t = &v->head->total[asset][mode][is_debt];
	enum err e = is_more ? u256_add(t, t, atoms) : u256_sub(t, t, atoms);

	MUST(e == ERR_OK);	/* 2^24 vaults of less than 2^200 each */
}

static void
leg_write(struct vaults *v, struct vaults_place at, const struct leg *leg,
    size_t k)
{
	const struct vaults_block *b = &v->block[at.block];
	const uint32_t *rows = &v->debt_row[(size_t)at.block * BOOK_LEGS_MAX];

	v->atoms[(b->row + k) * SCAN_LANES + at.lane] = leg->amount;
	if (k >= b->collateral_count)
		v->debt_index[(size_t)rows[k - b->collateral_count] *
		    SCAN_LANES + at.lane] = wad_to_raw(leg->index);
}

void
vaults_lane_fill(struct vaults *v, struct vaults_place at,
    const struct vault *in, const struct vaults_measure *m)
{
	struct vaults_block *b = &v->block[at.block];
	struct vaults_head *h = v->head;

	MUST(b->collateral_count == in->collateral_count);
	MUST(b->debt_count == in->debt_count);
	for (size_t k = 0; k < vaults_legs(in); k++) {
		const struct leg *leg = vaults_leg(in, k);
		size_t to = (b->row + k) * SCAN_LANES + at.lane;
		bool is_debt = k >= in->collateral_count;

		if (m->shift[k] > h->shift[leg->asset])
			shift_grow(v, leg->asset, m->shift[k]);
		v->index[to] = (uint8_t)(h->pair_of[leg->asset][in->mode] - 1);
		v->amount[to] = count_of(m->atoms[k], h->shift[leg->asset],
		    is_debt);
		leg_write(v, at, leg, k);
		total_change(v, leg->asset, in->mode, is_debt, &m->total[k],
		    true);
	}
	if (in->method == METHOD_RATIO && in->debt_count > 0)
		b->live |= lane_bit(at);
	if (m->is_odd)
		b->odd |= lane_bit(at);
	if (m->is_hedged)
		b->hedged |= lane_bit(at);
}

static void
pair_release(struct vaults_head *h, uint8_t asset, uint8_t mode)
{
	uint16_t *of = &h->pair_of[asset][mode];

	MUST(*of != 0 && h->pair[*of - 1].legs > 0);
	if (--h->pair[*of - 1].legs == 0) {
		*of = 0;
		h->pair_count--;
	}
}

void
vaults_lane_clear(struct vaults *v, struct vaults_place at,
    const struct vault *was)
{
	struct vaults_block *b = &v->block[at.block];
	struct vaults_measure m;

	vaults_measure(&m, v, was);
	for (size_t k = 0; k < vaults_legs(was); k++) {
		const struct leg *leg = vaults_leg(was, k);

		total_change(v, leg->asset, was->mode, k >=
		    was->collateral_count, &m.total[k], false);
		pair_release(v->head, leg->asset, was->mode);
	}
	b->live &= ~lane_bit(at);
	b->odd &= ~lane_bit(at);
	b->hedged &= ~lane_bit(at);
}

void
vaults_lane_read(struct vault *out, const struct vaults *v,
    struct vaults_place at)
{
	const struct vaults_block *b = &v->block[at.block];
	const uint32_t *rows = &v->debt_row[(size_t)at.block * BOOK_LEGS_MAX];

	out->collateral_count = b->collateral_count;
	out->debt_count = b->debt_count;
	for (size_t k = 0; k < block_rows(b); k++) {
		size_t from = (b->row + k) * SCAN_LANES + at.lane;
		bool is_debt = k >= b->collateral_count;
		size_t i = is_debt ? k - b->collateral_count : k;

		*(is_debt ? &out->debt[i] : &out->collateral[i]) =
		    (struct leg){
			.asset = v->head->pair[v->index[from]].asset,
			.amount = v->atoms[from],
			.index = is_debt ? wad_from_raw(v->debt_index[
			    (size_t)rows[i] * SCAN_LANES + at.lane]) :
			    wad_one(),
		};
	}
}
