/* Prices to buckets, moves to ranges of buckets, ranges to vaults. */
#include "margin/bands.h"

#include <string.h>

#include "base/must.h"
#include "base/wide.h"

/* 8192 buckets an octave, linear in between: monotone, and exact.  A ring
 * holds two octaves; what a reach may be is less than that. */
#define OCTAVE_BITS 13u
#define MANTISSA_BITS 63u
#define REACH_BITS 32u
/* Exponents are those of 256-bit numbers, less a reach. */
#define OCTAVE (1u << OCTAVE_BITS)
#define OCTAVES_BELOW 64
#define BUCKET_NONE (512u * OCTAVE)
#define ALWAYS (1u << BANDS_KINDS)

_Static_assert(BANDS_KINDS < 16, "kinds and one more have a bit each");
_Static_assert(BOOK_ASSETS_MAX <= 128, "one bit an asset");

static struct ladder_size
ladder_size_of(const struct bands_limits *l)
{
	MUST(l->assets <= BOOK_ASSETS_MAX);
	MUST(l->legs <= LADDER_NODES_MAX / 2);
	return (struct ladder_size){
		.rings = l->assets * BANDS_KINDS,
		.lists = l->assets,
		.slots = l->slots,
		.nodes = 2 * l->legs,	/* two edges of a RESTRICTED vault */
	};
}

size_t
bands_bytes(const struct bands_limits *l)
{
	struct ladder_size size = ladder_size_of(l);

	return ladder_bytes(&size);
}

void
bands_init(struct bands *b, void *arena, const struct bands_limits *l)
{
	struct ladder_size size = ladder_size_of(l);

	memset(b, 0, sizeof(*b));
	ladder_init(&b->ladder, arena, &size);
	b->asset_count = l->assets;
}

void
bands_clear(struct bands *b)
{
	ladder_clear(&b->ladder);
	b->passed = 0;
	memset(b->price, 0, sizeof(b->price));
	memset(b->asset, 0, sizeof(b->asset));
}

/* bucket_of: octaves below zero go on downward. */
static uint32_t
bucket_of(struct bands_short c, bool falls)
{
	uint32_t part = (uint32_t)(c.mantissa >> (MANTISSA_BITS -
	    OCTAVE_BITS)) & (OCTAVE - 1);
	uint32_t bucket = (uint32_t)(c.exponent + OCTAVES_BELOW) * OCTAVE +
	    part;

	return falls ? BUCKET_NONE - bucket : bucket;
}

/* trigger_bucket: what lies `reach` beyond c.  The bits that c and the product
 * lose, 2^-62 of it, are within what was kept back of the reach. */
static uint32_t
trigger_bucket(struct bands_short c, uint32_t reach, bool falls)
{
	uint64_t one = UINT64_C(1) << REACH_BITS;
	struct bands_short to = bands_short_of((u128)c.mantissa *
	    (falls ? one - reach : one + reach));

	to.exponent += c.exponent - (int32_t)(MANTISSA_BITS + REACH_BITS);
	return bucket_of(to, falls);
}

/* price_at: what a kind follows of an asset. */
static struct bands_short
price_at(const struct bands *b, uint32_t asset, enum bands_kind k)
{
	enum bands_point t = BANDS_KIND[k].point;

	return BANDS_KIND[k].is_debt ? b->asset[asset].debt[t] :
	    b->price[asset].at[t];
}

static uint32_t
ring_of(uint32_t asset, enum bands_kind k)
{
	return asset * BANDS_KINDS + k;
}

/* ---- moves -------------------------------------------------------------- */

static bool
length_is_near(u128 raw, unsigned first, unsigned fall, unsigned rise)
{
	unsigned bits = bands_bits(raw);

	return bits > 0 && bits + fall >= first && bits <= first + rise;
}

static void
points_from_market(struct px18 at[BANDS_POINTS], const struct market_price *p)
{
	struct px18 lowest = p->price.low, highest = p->price.high;

	if (p->has_twap) {
		lowest = px18_min(lowest, p->twap);
		highest = px18_max(highest, p->twap);
	}
	if (p->has_stable) {
		lowest = px18_min(lowest, p->stable);
		highest = px18_max(highest, p->stable);
	}
	at[BANDS_LOWEST] = lowest;
	at[BANDS_LOW] = p->price.low;
	at[BANDS_HIGH] = p->price.high;
	at[BANDS_HIGHEST] = highest;
}

static struct wad
accrual_of(const struct wad *accrual, uint32_t asset)
{
	return accrual == NULL ? wad_one() : accrual[asset];
}

/* move_check: whether triggers hold there.  The first price and index are
 * measured from themselves. */
static bool
move_check(const struct bands *b, const struct market_price *mp,
    struct wad accrual, uint32_t asset)
{
	unsigned first = b->price[asset].first_bits;
	unsigned first_accrual = b->asset[asset].accrual_bits;
	BANDS_SCRATCH struct px18 at[BANDS_POINTS];

	if (mp->price.status == PRICE_REFUSED)
		return true;
	if (px18_compare(mp->price.low, mp->price.mid) > 0 ||
	    px18_compare(mp->price.mid, mp->price.high) > 0)
		return false;
	if (first == 0) {
		first = bands_bits(px18_to_raw(mp->price.mid));
		first_accrual = bands_bits(wad_to_raw(accrual));
	}
	points_from_market(at, mp);
	return length_is_near(px18_to_raw(at[BANDS_LOWEST]), first,
	    BANDS_FALL_BITS, BANDS_RISE_BITS) &&
	    length_is_near(px18_to_raw(at[BANDS_HIGHEST]), first,
	    BANDS_FALL_BITS, BANDS_RISE_BITS) &&
	    length_is_near(wad_to_raw(accrual), first_accrual,
	    BANDS_ACCRUAL_BITS, BANDS_ACCRUAL_BITS);
}

/* note_kind widens what is not yet taken by the buckets from the last to the
 * new, both of them: a trigger may lie behind the price in its own bucket. */
static void
note_kind(struct bands_asset *a, enum bands_kind k, uint32_t bucket)
{
	uint32_t last = a->bucket[k];
	unsigned bit = 1u << k;

	a->bucket[k] = bucket;
	if (bucket < last)
		return;
	if ((a->passed & bit) == 0) {
		a->from[k] = last;
		a->to[k] = bucket;
		a->passed = (uint16_t)(a->passed | bit);
	} else {
		a->from[k] = last < a->from[k] ? last : a->from[k];
		a->to[k] = bucket > a->to[k] ? bucket : a->to[k];
	}
	/* Once around the ring is all of it. */
	if (a->to[k] - a->from[k] >= LADDER_RING)
		a->from[k] = a->to[k] - LADDER_RING + 1;
}

static void
note_points(struct bands *b, uint32_t asset, const struct market_price *p,
    struct wad accrual)
{
	BANDS_SCRATCH struct px18 at[BANDS_POINTS];

	points_from_market(at, p);
	for (size_t i = 0; i < BANDS_POINTS; i++) {
		u128 raw = px18_to_raw(at[i]), high;
		u128 low = wide_mul(&high, raw, wad_to_raw(accrual));

		b->price[asset].at[i] = bands_short_of(raw);
		b->asset[asset].debt[i] = bands_short_from(high, low);
	}
	b->price[asset].is_known = true;
}

static void
note_asset(struct bands *b, const struct market_price *mp, struct wad accrual,
    uint32_t asset)
{
	struct bands_price *p = &b->price[asset];
	struct bands_asset *a = &b->asset[asset];
	bool is_first = p->first_bits == 0;

	if (mp->price.status == PRICE_REFUSED) {
		p->is_known = false;
		return;
	}
	note_points(b, asset, mp, accrual);
	if (is_first) {
		p->first_bits = (uint8_t)bands_bits(px18_to_raw(mp->price.mid));
		a->accrual_bits = (uint8_t)bands_bits(wad_to_raw(accrual));
	}
	for (enum bands_kind k = 0; k < BANDS_KINDS; k++) {
		uint32_t bucket = bucket_of(price_at(b, asset, k),
		    BANDS_KIND[k].falls);

		if (is_first)
			a->bucket[k] = bucket;
		else
			note_kind(a, k, bucket);
	}
	a->passed |= ALWAYS;
	b->passed |= (u128)1 << asset;
}

static uint32_t
lowest_bit(u128 set)
{
	uint64_t low = (uint64_t)set;

	return low != 0 ? (uint32_t)__builtin_ctzll(low) :
	    64 + (uint32_t)__builtin_ctzll((uint64_t)(set >> 64));
}

enum err
bands_move(struct bands *b, const struct market *m, const struct wad *accrual,
    u128 moved)
{
	MUST(m->count == b->asset_count);
	MUST(b->asset_count == 128 || moved >> b->asset_count == 0);
	for (u128 left = moved; left != 0; left &= left - 1) {
		uint32_t i = lowest_bit(left);

		if (!move_check(b, &m->asset[i], accrual_of(accrual, i), i))
			return ERR_RANGE;
	}
	for (u128 left = moved; left != 0; left &= left - 1) {
		uint32_t i = lowest_bit(left);

		note_asset(b, &m->asset[i], accrual_of(accrual, i), i);
	}
	return ERR_OK;
}

/* ---- anchors ------------------------------------------------------------ */

static uint32_t
trigger_list(const struct bands *b, const struct bands_trigger *t)
{
	enum bands_kind k = t->kind;
	uint32_t bucket = trigger_bucket(price_at(b, t->asset, k), t->reach,
	    BANDS_KIND[k].falls);

	return ladder_of_bucket(ring_of(t->asset, k), bucket);
}

static enum err
anchor_triggers(struct bands *b, uint32_t slot, const struct bands_plan *plan)
{
	BANDS_SCRATCH uint32_t list[BANDS_TRIGGERS_MAX];

	/* All of them are far apart: asked for first, then used. */
	for (uint32_t i = 0; i < plan->trigger_count; i++) {
		list[i] = trigger_list(b, &plan->trigger[i]);
		ladder_prefetch(&b->ladder, list[i]);
	}
	for (uint32_t i = 0; i < plan->trigger_count; i++) {
		enum err e = ladder_put(&b->ladder, slot, list[i]);

		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static enum err
anchor_always(struct bands *b, uint32_t slot, const struct leg *leg,
    uint8_t count)
{
	for (uint8_t i = 0; i < count; i++) {
		enum err e;

		if (leg[i].amount == 0)
			continue;
		e = ladder_put(&b->ladder, slot,
		    ladder_of_list(&b->ladder, leg[i].asset));
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

enum err
bands_anchor(bool *is_proven, struct bands *b, uint32_t slot,
    const struct book *bk, const struct vault *v, enum vault_state state)
{
	BANDS_SCRATCH struct bands_plan plan;
	enum err e;

	MUST(bk->asset_count == b->asset_count);
	ladder_remove(&b->ladder, slot);
	bands_plan_vault(&plan, b->price, bk, v, state);
	e = anchor_triggers(b, slot, &plan);
	if (e == ERR_OK && plan.is_always)
		e = anchor_always(b, slot, v->collateral, v->collateral_count);
	if (e == ERR_OK && plan.is_always)
		e = anchor_always(b, slot, v->debt, v->debt_count);
	if (e != ERR_OK) {
		ladder_remove(&b->ladder, slot);
		return e;
	}
	*is_proven = plan.is_proven;
	return ERR_OK;
}

void
bands_remove(struct bands *b, uint32_t slot)
{
	ladder_remove(&b->ladder, slot);
}

/* ---- what was passed ---------------------------------------------------- */

/* kind_next sets aside the next list of a kind that holds anything; the kind
 * is done where none does. */
static bool
kind_next(struct bands *b, uint32_t asset, enum bands_kind k)
{
	struct bands_asset *a = &b->asset[asset];
	uint32_t ring = ring_of(asset, k);
	uint32_t count = a->to[k] - a->from[k] + 1;
	uint32_t skip = ladder_skip(&b->ladder, ring, a->from[k], count);
	bool is_found = skip < count;

	if (is_found)
		MUST(ladder_set_aside(&b->ladder,
		    ladder_of_bucket(ring, a->from[k] + skip)));
	a->from[k] += skip + 1;
	if (skip + 1 >= count)
		a->passed = (uint16_t)(a->passed & ~(1u << k));
	return is_found;
}

static bool
asset_next(struct bands *b, uint32_t asset)
{
	struct bands_asset *a = &b->asset[asset];

	while (a->passed != 0) {
		unsigned k = (unsigned)__builtin_ctz(a->passed);

		if (k < BANDS_KINDS) {
			if (kind_next(b, asset, (enum bands_kind)k))
				return true;
			continue;
		}
		a->passed = 0;
		return ladder_set_aside(&b->ladder,
		    ladder_of_list(&b->ladder, asset));
	}
	return false;
}

/* passed_next: whether a vault waits to be popped. */
static bool
passed_next(struct bands *b)
{
	while (ladder_is_drained(&b->ladder)) {
		uint32_t asset;

		if (b->passed == 0)
			return false;
		asset = lowest_bit(b->passed);
		if (!asset_next(b, asset))
			b->passed &= ~((u128)1 << asset);
	}
	return true;
}

uint32_t
bands_take(bool *more, uint32_t *slots, struct bands *b, uint32_t max)
{
	uint32_t count = 0;

	while (count < max && passed_next(b))
		MUST(ladder_pop(&slots[count++], &b->ladder));
	*more = passed_next(b);
	return count;
}
