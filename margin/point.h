/* margin/point.h - where each base factor stands, and what things cost there.
 *
 * Bands move per base factor (margin-model 1.3): an asset, a rate times it and
 * a perpetual on it stand at the same point of its band.  A point is the mid
 * of every factor but those that it moves: to the low or the high end of the
 * band, or to a price of the factor, which carries along everything that moves
 * with it in proportion.
 *
 * Units:  px18.  Owns nothing, allocates nothing.
 */
#ifndef MARGIN_POINT_H
#define MARGIN_POINT_H

#include "margin/market.h"

enum point_at { AT_MID, AT_LOW, AT_HIGH, AT_PRICE };
/* Which open orders on the factor's instruments count as filled, at their
 * limit prices. */
enum point_fill { FILL_NONE, FILL_BIDS, FILL_ASKS };

struct point_factor {
	enum point_at at;
	enum point_fill fill;
	struct px18 price;	/* AT_PRICE: of the factor */
};

struct point {
	struct point_factor factor[BOOK_FACTORS_MAX];
};

static inline struct point
point_mid(void)
{
	return (struct point){ .factor = { { AT_MID, FILL_NONE, { 0 } } } };
}

/* point_factor_price: the factor's own price there: the market's terms have
 * it, or else the lowest slot of an asset that moves with it.  ERR_STALE where
 * that price is refused or nobody has it, ERR_RANGE. */
MUST_CHECK enum err point_factor_price(struct px18 *out, const struct book *b,
    const struct market *m, uint8_t factor, const struct point *at);
/* The same, at mid and with its companions. */
MUST_CHECK enum err point_factor_mid(struct market_price *out,
    const struct book *b, const struct market *m, uint8_t factor);

/* point_asset_price: of one asset slot, at its own low, mid or high, or moved
 * along with its factor.  ERR_STALE, ERR_RANGE. */
MUST_CHECK enum err point_asset_price(struct px18 *out, const struct book *b,
    const struct market *m, uint8_t asset, const struct point *at,
    enum rounding r);
/* point_move: any price p of something on `factor`, at mid, moved to where the
 * factor stands.  ERR_STALE, ERR_RANGE. */
MUST_CHECK enum err point_move(struct px18 *out, struct px18 p,
    const struct book *b, const struct market *m, uint8_t factor,
    const struct point *at, enum rounding r);

#endif
