/* margin/bands.h - which vaults a price move can have changed the state of.
 *
 * Each leg of a vault holds a trigger: a bucket, some 0.8 of 10,000 wide, of
 * the price that the vault's state hangs on there (margin/bands_edge.h); a
 * debt's price is multiplied by its index.  While no trigger of a vault has
 * been passed its state is what it was.  A move costs what it passes: it is
 * noted, and the vaults passed are then taken, looked at, and anchored again
 * where the prices now are.
 *
 *	bands_move(b, market, accrual, moved);
 *	do {
 *		n = bands_take(b, slots, max, &more);
 *		of each slot: its state stands where bands_anchor(.. state)
 *		proves it; where it does not, ratio_evaluate and bands_anchor
 *		with the new state
 *	} while (more);
 *
 * Not watched here, and the caller's to look at: a price that becomes refused
 * or comes back (all vaults that hold it), a change of a vault, of rules, and
 * vaults of other methods.
 *
 * Units:  px18, indices as wad.
 * Owns:   nothing: all lists lie in the caller's arena.
 * Limits: slots and legs of struct bands_limits; prices within
 *         BANDS_RISE_BITS and BANDS_FALL_BITS of where they began.
 * Source: DESIGN section 4.
 */
#ifndef MARGIN_BANDS_H
#define MARGIN_BANDS_H

#include "margin/bands_edge.h"
#include "margin/bands_ladder.h"
#include "margin/market.h"

struct bands_limits {
	uint32_t assets;	/* at most BOOK_ASSETS_MAX */
	uint32_t slots;
	uint64_t legs;		/* of all vaults together */
};

/* A ladder counts its buckets in the direction in which it is passed. */
struct bands_asset {
	struct bands_short debt[BANDS_POINTS];	/* price * index */
	uint32_t bucket[BANDS_KINDS];
	uint32_t from[BANDS_KINDS];	/* not yet taken, if passed */
	uint32_t to[BANDS_KINDS];
	uint16_t passed;	/* kinds, and BANDS_KINDS: what is always
				 * looked at */
	uint8_t accrual_bits;	/* length of the first index */
};

struct bands {
	struct ladder ladder;
	uint32_t asset_count;
	u128 passed;		/* assets */
	struct bands_price price[BOOK_ASSETS_MAX];
	struct bands_asset asset[BOOK_ASSETS_MAX];
};

/* bands_bytes: the arena of bands_init, which takes it zeroed and 64-byte
 * aligned, and keeps it.  Some 0.6 MB an asset, 4 bytes a slot and 24 a leg,
 * touched where used: 12 a leg while few vaults are RESTRICTED. */
size_t bands_bytes(const struct bands_limits *l);
void bands_init(struct bands *b, void *arena, const struct bands_limits *l);
/* bands_clear forgets vaults and prices. */
void bands_clear(struct bands *b);

/* bands_move notes the new prices of the assets of `moved` (a bit a slot); the
 * first move has all.  accrual[slot] is proportional to the index of every
 * debt in that asset; NULL: indices stand still.  A refused price is not
 * noted.  ERR_RANGE, and nothing noted, where a price is zero, low, mid and
 * high are out of order, or a price or index left the range in which triggers
 * hold: then bands_clear, move all, and anchor every vault. */
MUST_CHECK enum err bands_move(struct bands *b, const struct market *m,
    const struct wad *accrual, u128 moved);

/* bands_anchor places the triggers of slot, that is in `state`, anew at the
 * prices of the last move; accrual is in the vault's indices.  *is_proven says
 * whether the prices prove that state; where they do not and ratio_evaluate
 * says so nevertheless, the vault is looked at on every move of its assets.
 * ERR_LIMIT: more legs than the limits have; the vault has no triggers. */
MUST_CHECK enum err bands_anchor(bool *is_proven, struct bands *b,
    uint32_t slot, const struct book *bk, const struct vault *v,
    enum vault_state state);
void bands_remove(struct bands *b, uint32_t slot);

/* bands_take takes at most max vaults whose triggers have been passed; they
 * have none until they are anchored again.  A vault is taken again only if it
 * was anchored meanwhile, and a drain always ends.  *more: others wait, and a
 * vault that was not taken may be in another state than it was. */
uint32_t bands_take(bool *more, uint32_t *slots, struct bands *b,
    uint32_t max);

#endif
