/* margin/portfolio_drift.h - the parts of margin/portfolio_bound.h.
 *
 * A drift is what may be lost of something while its factor goes to the end of
 * the box, as a line from the anchor: see there.  Losses round up.
 */
#ifndef MARGIN_PORTFOLIO_DRIFT_H
#define MARGIN_PORTFOLIO_DRIFT_H

#include "margin/method_work.h"

enum { DRIFT_UP, DRIFT_DOWN, DRIFT_WAYS };

struct drift {
	struct usd18 loss[DRIFT_WAYS];	/* below zero: a gain */
	struct usd18 alone;	/* most lost where each price goes its own way
				 * by the whole box; at least zero */
	struct usd18 vol;	/* per 1.00 of volatility; at least zero */
};

MUST_CHECK enum err drift_add(struct drift *sum, const struct drift *d);
/* drift_move: of one price: loss both ways. */
MUST_CHECK enum err drift_move(struct drift *sum, struct usd18 up,
    struct usd18 down);
/* drift_linear: of something worth this much (owed: below zero), in proportion
 * to its price. */
MUST_CHECK enum err drift_linear(struct drift *sum, struct usd18 worth,
    struct num18 box);

/* One vault on the way to its bound. */
struct bounding {
	const struct node *n;
	struct method_work *work;	/* as the evaluation at mid left it */
	enum margin_side side;
	bool is_scenario;
	struct num18 box, above, below;	/* B, 1 + B, 1 - B */
	struct drift own[BOOK_FACTORS_MAX];	/* of the adjusted equity,
						 * without options */
	struct drift total[BOOK_FACTORS_MAX];	/* of the excess */
	struct usd18 guard;
	bool is_lost;		/* no bound is known */
};

/* bounding_guard: for the roundings of something worth at most this.
 * bounding_guard_amount: of an amount, and one unit more for what divides by a
 * price, at a price of at most this. */
MUST_CHECK enum err bounding_guard(struct bounding *b, struct usd18 worth);
MUST_CHECK enum err bounding_guard_amount(struct bounding *b,
    struct num18 amount, struct px18 most);
/* bounding_vega: amount * F (1 + B) sqrt(tau) * 0.4, ceil: at least the vega
 * of that many options anywhere in the box. */
MUST_CHECK enum err bounding_vega(struct usd18 *out, const struct bounding *b,
    struct num18 amount, struct px18 forward, struct num18 tau);
/* bounding_depeg: of each stablecoin that the vault holds, what a fall to the
 * end of the box adds to (threshold - its price), at least zero, into
 * gap[factor]. */
MUST_CHECK enum err bounding_depeg(struct num18 *gap,
    const struct bounding *b, struct num18 threshold);
/* bounding_is_sure: the confidence is clearly not below the threshold. */
bool bounding_is_sure(struct num18 confidence, struct num18 threshold);

MUST_CHECK enum err bounding_equity(struct bounding *b);
MUST_CHECK enum err bounding_standard(struct bounding *b);
MUST_CHECK enum err bounding_scenario(struct bounding *b);

static inline struct usd18
usd18_magnitude(struct usd18 v)
{
	return usd18_is_negative(v) ? usd18_from_raw(-usd18_to_raw(v)) : v;
}

static inline struct num18
num18_magnitude(struct num18 v)
{
	return num18_is_negative(v) ? num18_from_raw(-num18_to_raw(v)) : v;
}

#endif
