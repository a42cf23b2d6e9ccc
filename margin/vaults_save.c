/* The store as a byte stream (margin/vaults.h), numbers least byte first:
 *	16	"margind vaults", 0, version
 *	32	keccak of the assets' ids, decimals and factors
 *	4 4	slots used, blocks
 *	128	shifts
 *	2 each	of a block: its counts of collateral and debt legs
 *	36 each	of a slot: its id, and its place from one, zero where empty;
 *		of a vault then owner, mode, method, node, owner_index, nonce,
 *		liquidations, block_number, and its legs: asset, amount, of
 *		debts the index
 *	4, 4 each	how many blocks are in lists, and which: by groups, then
 *		empty ones by rows; pushed in this order they give the same
 *		lists
 *	32	keccak of all before
 */
#include "margin/vaults.h"
#include "margin/vaults_lane.h"

#include <string.h>

#include "base/keccak.h"
#include "base/must.h"

#define MAGIC_BYTES 16u
#define RECORD_BYTES (20u + 3u + 4u * 8u)
#define COLLATERAL_BYTES 17u
#define DEBT_BYTES 33u
#define BODY_MAX (RECORD_BYTES + BOOK_LEGS_MAX * (COLLATERAL_BYTES + \
	DEBT_BYTES))

static const uint8_t MAGIC[MAGIC_BYTES] = "margind vaults\0\1";

/* ---- bytes -------------------------------------------------------------- */

static uint8_t *
put_number(uint8_t *to, u128 n, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)(n >> 8 * i);
	return to + len;
}

static const uint8_t *
get_number(u128 *out, const uint8_t *from, size_t len)
{
	*out = 0;
	for (size_t i = 0; i < len; i++)
		*out |= (u128)from[i] << 8 * i;
	return from + len;
}

static const uint8_t *
get_u64(uint64_t *out, const uint8_t *from)
{
	u128 n;

	from = get_number(&n, from, 8);
	*out = (uint64_t)n;
	return from;
}

static void
assets_digest(struct b32 *out, const struct book *b)
{
	struct keccak256 k;

	keccak256_init(&k);
	for (size_t i = 0; i < b->asset_count; i++) {
		const struct asset *a = &b->assets[i];

		keccak256_update(&k, a->id.b, sizeof(a->id.b));
		keccak256_update(&k, &a->decimals, sizeof(a->decimals));
		keccak256_update(&k, &a->factor, sizeof(a->factor));
	}
	keccak256_final(&k, out);
}

/* ---- writing ------------------------------------------------------------ */

struct writing {
	const struct vaults *v;
	const struct vaults_sink *sink;
	struct keccak256 keccak;
	enum err err;	/* the first; nothing is written after it */
};

static void
write_bytes(struct writing *w, const void *bytes, size_t len)
{
	if (w->err != ERR_OK)
		return;
	keccak256_update(&w->keccak, bytes, len);
	w->err = w->sink->write(w->sink->context, bytes, len);
}

static void
write_u32(struct writing *w, uint32_t n)
{
	uint8_t bytes[4];

	put_number(bytes, n, sizeof(bytes));
	write_bytes(w, bytes, sizeof(bytes));
}

static void
write_head(struct writing *w)
{
	const struct vaults_head *h = w->v->head;
	struct b32 assets;

	assets_digest(&assets, w->v->assets);
	write_bytes(w, MAGIC, sizeof(MAGIC));
	write_bytes(w, assets.b, sizeof(assets.b));
	write_u32(w, h->used);
	write_u32(w, h->block_count);
	write_bytes(w, h->shift, sizeof(h->shift));
	for (uint32_t i = 0; i < h->block_count; i++) {
		uint8_t counts[2] = { w->v->block[i].collateral_count,
			w->v->block[i].debt_count };

		write_bytes(w, counts, sizeof(counts));
	}
}

static void
write_slot(struct writing *w, uint32_t slot)
{
	uint8_t bytes[sizeof(struct b32) + 4 + BODY_MAX], *to = bytes;
	const struct vaults *v = w->v;
	struct vault in;

	memcpy(to, v->record[slot].id.b, sizeof(struct b32));
	to = put_number(to + sizeof(struct b32), v->place[slot], 4);
	if (vaults_get(&in, v, slot) == ERR_OK) {
		memcpy(to, in.owner.b, sizeof(in.owner.b));
		to += sizeof(in.owner.b);
		*to++ = in.mode;
		*to++ = in.method;
		*to++ = in.node;
		to = put_number(to, in.owner_index, 8);
		to = put_number(to, in.nonce, 8);
		to = put_number(to, in.liquidations, 8);
		to = put_number(to, in.block_number, 8);
		for (size_t k = 0; k < vaults_legs(&in); k++) {
			const struct leg *leg = vaults_leg(&in, k);

			*to++ = leg->asset;
			to = put_number(to, leg->amount, 16);
			if (k >= in.collateral_count)
				to = put_number(to, wad_to_raw(leg->index),
				    16);
		}
	}
	write_bytes(w, bytes, (size_t)(to - bytes));
}

/* write_list goes from the end of a list to its head. */
static void
write_list(struct writing *w, uint32_t head)
{
	uint32_t last = 0;

	for (uint32_t at = head; at != 0; at = w->v->block[at - 1].next)
		last = at;
	for (uint32_t at = last; at != 0;) {
		write_u32(w, at - 1);
		at = w->v->block[at - 1].prev;
		if (at == VAULTS_EMPTY)
			at = 0;
	}
}

static void
write_lists(struct writing *w)
{
	const struct vaults_head *h = w->v->head;
	uint32_t count = 0;

	for (uint32_t i = 0; i < h->block_count; i++)
		count += w->v->block[i].used != UINT64_MAX;
	write_u32(w, count);
	for (size_t c = 0; c <= BOOK_LEGS_MAX; c++)
		for (size_t d = 0; d <= BOOK_LEGS_MAX; d++)
			write_list(w, h->partial[c][d]);
	for (size_t n = 0; n <= VAULTS_LEGS_MAX; n++)
		write_list(w, h->empty[n]);
}

enum err
vaults_save(const struct vaults *v, const struct vaults_sink *sink)
{
	struct writing w = { .v = v, .sink = sink, .err = ERR_OK };
	struct b32 digest;

	keccak256_init(&w.keccak);
	write_head(&w);
	for (uint32_t i = 0; i < v->head->used && w.err == ERR_OK; i++)
		write_slot(&w, i);
	write_lists(&w);
	if (w.err != ERR_OK)
		return w.err;
	keccak256_final(&w.keccak, &digest);
	return sink->write(sink->context, digest.b, sizeof(digest.b));
}

/* ---- reading ------------------------------------------------------------ */

struct reading {
	struct vaults *v;
	const struct vaults_source *source;
	struct keccak256 keccak;
	uint32_t used, blocks;
};

static enum err
read_bytes(struct reading *r, void *bytes, size_t len)
{
	enum err e = r->source->read(r->source->context, bytes, len);

	if (e == ERR_OK)
		keccak256_update(&r->keccak, bytes, len);
	return e;
}

static enum err
read_u32(uint32_t *out, struct reading *r)
{
	uint8_t bytes[4];
	u128 n;
	enum err e = read_bytes(r, bytes, sizeof(bytes));

	if (e != ERR_OK)
		return e;
	get_number(&n, bytes, sizeof(bytes));
	*out = (uint32_t)n;
	return ERR_OK;
}

static enum err
read_shifts(struct reading *r)
{
	uint8_t *shift = r->v->head->shift;
	enum err e = read_bytes(r, shift, BOOK_ASSETS_MAX);

	for (size_t i = 0; i < BOOK_ASSETS_MAX && e == ERR_OK; i++)
		if (shift[i] > VAULTS_SHIFT_MAX ||
		    (shift[i] != 0 && i >= r->v->assets->asset_count))
			e = ERR_RANGE;
	return e;
}

static enum err
read_head(struct reading *r)
{
	uint8_t magic[MAGIC_BYTES];
	struct b32 assets, ours;
	enum err e = read_bytes(r, magic, sizeof(magic));

	if (e == ERR_OK && memcmp(magic, MAGIC, sizeof(magic)) != 0)
		return ERR_SYNTAX;
	if (e == ERR_OK)
		e = read_bytes(r, assets.b, sizeof(assets.b));
	assets_digest(&ours, r->v->assets);
	if (e == ERR_OK && !b32_equal(&assets, &ours))
		return ERR_UNIT;
	if (e == ERR_OK)
		e = read_u32(&r->used, r);
	if (e == ERR_OK)
		e = read_u32(&r->blocks, r);
	if (e == ERR_OK && r->used > r->v->head->limits.vaults)
		return ERR_LIMIT;
	return e == ERR_OK ? read_shifts(r) : e;
}

static enum err
read_blocks(struct reading *r)
{
	for (uint32_t i = 0; i < r->blocks; i++) {
		uint8_t counts[2];
		uint32_t block;
		enum err e = read_bytes(r, counts, sizeof(counts));

		if (e == ERR_OK && (counts[0] > BOOK_LEGS_MAX ||
		    counts[1] > BOOK_LEGS_MAX))
			e = ERR_SYNTAX;
		if (e == ERR_OK)
			e = vaults_block_add(&block, r->v, counts[0],
			    counts[1]);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static const uint8_t *
legs_from(struct leg *legs, uint8_t count, bool is_debt, const uint8_t *at)
{
	for (uint8_t i = 0; i < count; i++) {
		u128 index = WAD_ONE_RAW;

		legs[i].asset = *at++;
		at = get_number(&legs[i].amount, at, 16);
		if (is_debt)
			at = get_number(&index, at, 16);
		legs[i].index = wad_from_raw(index);
		legs[i].lien = 0;
	}
	return at;
}

/* read_vault: all but its id, of a block with these counts. */
static enum err
read_vault(struct vault *out, struct reading *r, const struct vaults_block *b)
{
	uint8_t bytes[BODY_MAX];
	const uint8_t *at = bytes;
	enum err e = read_bytes(r, bytes, RECORD_BYTES +
	    (size_t)b->collateral_count * COLLATERAL_BYTES +
	    (size_t)b->debt_count * DEBT_BYTES);

	if (e != ERR_OK)
		return e;
	memset(out, 0, offsetof(struct vault, collateral));
	memcpy(out->owner.b, at, sizeof(out->owner.b));
	at += sizeof(out->owner.b);
	out->mode = *at++;
	out->method = *at++;
	out->node = *at++;
	at = get_u64(&out->owner_index, at);
	at = get_u64(&out->nonce, at);
	at = get_u64(&out->liquidations, at);
	at = get_u64(&out->block_number, at);
	out->collateral_count = b->collateral_count;
	out->debt_count = b->debt_count;
	at = legs_from(out->collateral, out->collateral_count, false, at);
	(void)legs_from(out->debt, out->debt_count, true, at);
	return ERR_OK;
}

/* lane_begin takes the lane of a place that was read. */
static enum err
lane_begin(struct vaults *v, struct vaults_place at)
{
	struct vaults_block *b = &v->block[at.block];
	uint64_t bit = UINT64_C(1) << at.lane;

	if ((b->used & bit) != 0)
		return ERR_DUPLICATE;
	if (b->used == 0 && vaults_block_begin(v, at.block,
	    b->collateral_count, b->debt_count) != ERR_OK)
		return ERR_LIMIT;
	b->used |= bit;
	return ERR_OK;
}

/* place_vault: what has been checked, where it was. */
static enum err
place_vault(struct vaults *v, struct vaults_place at, uint32_t slot,
    const struct vault *in)
{
	struct vaults_measure m;
	enum err e;

	vaults_measure(&m, v, in);
	for (size_t k = 0; k < vaults_legs(in); k++)
		if (m.shift[k] > v->head->shift[vaults_leg(in, k)->asset])
			return ERR_RANGE;
	e = vaults_pairs_fit(v, in);
	if (e == ERR_OK)
		e = lane_begin(v, at);
	if (e != ERR_OK)
		return e;
	vaults_pairs_hold(v, in);
	vaults_lane_fill(v, at, in, &m);
	vaults_slot_set(v, slot, at, in);
	v->head->count++;
	return ERR_OK;
}

static enum err
read_slot(struct reading *r, uint32_t slot)
{
	struct vaults *v = r->v;
	uint32_t place, *entry;
	struct vault in;
	struct b32 id;
	enum err e = read_bytes(r, id.b, sizeof(id.b));

	if (e == ERR_OK)
		e = read_u32(&place, r);
	if (e != ERR_OK)
		return e;
	entry = vaults_hash_entry(v, &id);
	if (*entry != 0)
		return ERR_DUPLICATE;
	*entry = ++v->head->used;
	v->record[slot].id = id;
	if (place == 0)
		return ERR_OK;
	place--;
	if (place / SCAN_LANES >= r->blocks)
		return ERR_SYNTAX;
	e = read_vault(&in, r, &v->block[place / SCAN_LANES]);
	in.id = id;
	if (e == ERR_OK)
		e = vaults_check(v, &in);
	return e != ERR_OK ? e : place_vault(v, (struct vaults_place){
	    place / SCAN_LANES, place % SCAN_LANES }, slot, &in);
}

/* list_order: as write_lists goes through them. */
static uint32_t
list_order(const struct vaults_block *b)
{
	uint32_t c = b->collateral_count, d = b->debt_count;
	uint32_t groups = (BOOK_LEGS_MAX + 1) * (BOOK_LEGS_MAX + 1);

	return b->used == 0 ? groups + c + d : c * (BOOK_LEGS_MAX + 1) + d;
}

/* read_listed: the next block with room, of the last one's list or a later. */
static enum err
read_listed(struct reading *r, uint32_t *order)
{
	const struct vaults_block *b;
	uint32_t block;
	enum err e = read_u32(&block, r);

	if (e != ERR_OK)
		return e;
	if (block >= r->blocks)
		return ERR_SYNTAX;
	b = &r->v->block[block];
	if (b->prev != 0)
		return ERR_DUPLICATE;
	if (b->used == UINT64_MAX || list_order(b) < *order)
		return ERR_SYNTAX;
	*order = list_order(b);
	vaults_block_push(r->v, block);
	return ERR_OK;
}

static enum err
read_lists(struct reading *r)
{
	uint32_t rooms = 0, order = 0, count;
	enum err e = read_u32(&count, r);

	for (uint32_t i = 0; i < r->blocks; i++)
		rooms += r->v->block[i].used != UINT64_MAX;
	if (e == ERR_OK && count != rooms)
		return count < rooms ? ERR_MISSING : ERR_SYNTAX;
	for (uint32_t i = 0; i < rooms && e == ERR_OK; i++)
		e = read_listed(r, &order);
	return e;
}

enum err
vaults_restore(struct vaults *v, const struct vaults_source *source)
{
	struct reading r = { .v = v, .source = source };
	struct b32 digest, ours;
	enum err e;

	MUST(v->head->used == 0 && v->head->block_count == 0);
	keccak256_init(&r.keccak);
	e = read_head(&r);
	if (e == ERR_OK)
		e = read_blocks(&r);
	for (uint32_t i = 0; i < r.used && e == ERR_OK; i++)
		e = read_slot(&r, i);
	if (e == ERR_OK)
		e = read_lists(&r);
	if (e != ERR_OK)
		return e;
	keccak256_final(&r.keccak, &ours);
	e = source->read(source->context, digest.b, sizeof(digest.b));
	return e == ERR_OK && !b32_equal(&digest, &ours) ? ERR_SYNTAX : e;
}
