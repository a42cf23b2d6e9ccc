/* margin/linear_book.h - several linear and inverse legs on one price: the
 * maintenance excess, and where it changes its sign.
 *
 * With the mark and the index both at the price p, every leg is a line in p
 * (an inverse one earns Q (p - e) / e USD on a notional of Q), bent where a
 * tier begins and where a profit turns to a loss.  Between two bends the
 * excess is a line, so a look at each bend finds every change of sign.
 *
 * Units:    px18, usd18, num18, ppb.
 * Rounding: profits and held coins floor, requirements ceil.
 * Owns:     nothing; pure.
 * Limits:   LINEAR_BOOK_LEGS_MAX legs (ERR_LIMIT); ERR_RANGE as in
 *           margin/linear.h.
 * Source:   margin-model 1.7.
 */
#ifndef MARGIN_LINEAR_BOOK_H
#define MARGIN_LINEAR_BOOK_H

#include "margin/linear.h"

#define LINEAR_BOOK_LEGS_MAX 64u

struct linear_leg {
	const struct instrument *instrument;	/* tiers, multiplier */
	struct num18 size;
	struct num18 bids, asks;	/* open orders, at least zero */
	struct px18 entry;		/* inverse: above zero */
	struct usd18 funding;		/* owed; USD, inverse: coin */
};

struct linear_book {
	struct usd18 rest;	/* equity less requirements that this price
				 * does not move */
	struct num18 coins;	/* of the underlying held, owed below zero */
	struct ppb coin_weight;
	struct ppb profit_weight;	/* of a leg's profit above zero */
	const struct linear_leg *legs;
	size_t leg_count;
};

/* linear_book_excess: rest + coins * price * weight + sum of profits less
 * funding - sum of maintenance, at a price. */
MUST_CHECK enum err linear_book_excess(struct usd18 *out,
    const struct linear_book *b, struct px18 price);

/* The nearest prices on both sides of the present one at which the excess
 * changes between negative and not: of the two prices, one unit apart, that
 * it changes between, the one nearer to the present.  None where it never
 * does, or beyond what can be computed. */
struct linear_crossings {
	bool has_below, has_above;
	struct px18 below, above;
};
MUST_CHECK enum err linear_book_crossings(struct linear_crossings *out,
    const struct linear_book *b, struct px18 present);

#endif
