/* margin/threshold.h - the price at which an account's maintenance excess
 * changes its sign, where no closed form gives it.
 *
 * Looked for from the mid price outward, over the nodes mid * 2^(j/16), j =
 * -96 .. 96 (a 64th to 64 times), and over the caller's kinks: strikes, and
 * strikes divided by each scenario's price shock.  Between two neighbours of
 * one sign the slopes at both ends tell whether the excess turns inside the
 * gap; if so its turning point is looked for, and a pocket found there is as
 * good as a node.  (A pocket is missed only where the excess turns three times
 * or more between neighbouring nodes, or is flat at one of them.)  A change of
 * sign is halved down to one unit of the last place.
 *
 * As in margin/liquidation.h `below` is a price on the falling side: it is
 * safe, one unit less is not; `above` is safe, one unit more is not.  For an
 * account in good standing they are the nearest prices below and above mid.
 * For one under water they are where it would be safe again: `below` lies
 * above mid, `above` below it.
 *
 * Units:  px18, usd18, 1e-18 a unit.  Volatility is held: sticky strike.
 * Owns:   nothing.
 * Limits: THRESHOLD_KINKS_MAX kinks (ERR_LIMIT).  Evaluations: 1, and for
 *         each node passed 1 for its sign and at most 2 for its slopes; at
 *         most 2 * THRESHOLD_TURN_STEPS for each gap that turns, 128 for each
 *         side's crossing.
 * Source: margin-model 1.7.
 */
#ifndef MARGIN_THRESHOLD_H
#define MARGIN_THRESHOLD_H

#include "margin/liquidation.h"

#define THRESHOLD_KINKS_MAX 16384u
#define THRESHOLD_TURN_STEPS 28u

/* The maintenance excess with one base factor at p, all else fixed.  The same
 * p must give the same excess. */
typedef enum err (*threshold_fn)(void *ctx, struct px18 p,
    struct usd18 *excess);

/* threshold_sort_kinks puts kinks into strictly ascending order, zeroes and
 * repetitions dropped, and sets *count to what is left. */
void threshold_sort_kinks(struct px18 *kinks, size_t *count);

/* threshold_search: kinks strictly ascending (MUST).  ERR_RANGE where mid is
 * zero; an error of fn is passed on. */
MUST_CHECK enum err threshold_search(struct liquidation_price *out,
    threshold_fn fn, void *ctx, struct px18 mid, const struct px18 *kinks,
    size_t kink_count);

/* ---- several linear legs on one price, exactly -------------------------- */

/* From `from` up to the next piece's `from`: excess = slope * p + rest. */
struct threshold_piece {
	struct px18 from;	/* the first piece's is zero */
	struct num18 slope;	/* units of the underlying */
	struct usd18 rest;
};

/* threshold_piecewise: the same answer in closed form, for legs whose excess
 * is linear between the breakpoints of their tiers and caps; it may jump
 * there.  Pieces strictly ascending, at least one (MUST).  Prices up to the
 * type's largest are looked at. */
void threshold_piecewise(struct liquidation_price *out,
    const struct threshold_piece *pieces, size_t count, struct px18 mid);

#endif
