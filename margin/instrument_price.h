/* margin/instrument_price.h - what one unit of an instrument is worth to a vault
 * at a point.
 *
 * Units:  px18, num18.  Owns nothing.  Source: margin-model 1.3, 1.12.
 */
#ifndef MARGIN_INSTRUMENT_PRICE_H
#define MARGIN_INSTRUMENT_PRICE_H

#include "margin/node.h"

/* Whether an instrument has expired without being settled (PENDING: valued at
 * its intrinsic value at the TWAP, without shocks). */
bool instrument_is_pending(const struct instrument *i, const struct market *m);
/* instrument_price: USD per unit of the multiplier.  Perpetual: its mark or
 * the index; future: its mark or the forward; option: Black-76 at the forward
 * and the surface, discounted; expired: intrinsic at the TWAP.  ERR_STALE
 * where what it needs is not there. */
MUST_CHECK enum err instrument_price(struct px18 *out, const struct node *n,
    uint16_t instrument, const struct point *at, enum rounding r);

/* instrument_forward: what an option or a future settles at, as it is expected
 * there: in the settlement window only the part that is not fixed moves;
 * expired, the average over the window or else the index's TWAP (or, without
 * one, its mid), which nothing moves. */
MUST_CHECK enum err instrument_forward(struct px18 *out, const struct node *n,
    const struct instrument *i, const struct point *at, enum rounding r);

/* instrument_forward_parts: the same as what stays and what moves with the
 * factor; expired, all of it stays. */
MUST_CHECK enum err instrument_forward_parts(struct px18 *stays,
    struct px18 *moves, const struct node *n, const struct instrument *i,
    const struct point *at, enum rounding r);

/* instrument_discount: e^(-r tau) to an expiry; a rate below zero counts as
 * zero. */
MUST_CHECK enum err instrument_discount(struct num18 *out,
    const struct market *m, uint64_t expiry_ms);

#endif
