/* margin/ratio.h - the `ratio` method: collateral and debt, nothing else.
 *
 * Each leg is valued against the account: V floor, V x factor floor, D ceil,
 * D x weight ceil.  Bands move per base factor: with S_f(t) the weighted
 * surplus of factor f with all its legs at t in {low, mid, high}, the worst
 * end is the sum over f of min S_f and the best end the sum of max S_f.
 *
 * Units:  usd18, wad.  Owns nothing, allocates nothing.
 * Source: margin-model 1.1-1.5, 1.12; DESIGN section 5 rules 4 and 9.
 */
#ifndef MARGIN_RATIO_H
#define MARGIN_RATIO_H

#include "margin/book.h"
#include "margin/market.h"

/* One end of the band: sums at the chosen point of each factor.  Of points
 * with the same surplus mid is chosen, then low. */
struct ratio_end {
	struct usd18 weighted_collateral;	/* sum V * LT */
	struct usd18 weighted_debt;		/* sum D * b */
	struct usd18 excess;			/* their difference */
	struct wad health;	/* floor; infinite without debt.  Decide by
				 * the sign of excess, never by this */
};

struct ratio_result {
	struct usd18 collateral_value;	/* at mid, floor per leg */
	struct usd18 debt_value;	/* at mid, ceil per leg */
	struct usd18 equity;		/* their difference */
	struct wad collateralization_ratio;	/* floor; infinite without debt */
	struct wad loan_to_value;	/* ceil; infinite: debt, no collateral,
					 * or a quotient beyond the type */
	struct ratio_end mid, worst, best;	/* maintenance, by LT */
	struct usd18 initial_excess;	/* by LTV; sum over the factors of the
					 * least surplus over low, mid, high,
					 * with collateral at min(point, twap,
					 * stable), debt at max */
	bool is_stale;		/* a leg's price is REFUSED: the rest is zero */
	bool is_degraded;	/* a leg's price is DEGRADED */
	bool is_worthless;	/* debt, and collateral of value zero at low,
				 * mid and high */
};

/* ratio_floor is num / den, infinite where den is zero.  A quotient beyond the
 * type is U128_MAX - 1, the largest finite ratio: one atom of debt makes a
 * health very large, not a vault unreadable.  Neither may be negative
 * (MUST). */
struct wad ratio_floor(struct usd18 num, struct usd18 den);
/* ratio_ceil is the other side: zero where num is zero, and a quotient beyond
 * the type or over nothing is infinite.  Neither may be negative (MUST). */
struct wad ratio_ceil(struct usd18 num, struct usd18 den);

/* One leg at one price: V or D, and V * factor or D * weight. */
struct ratio_leg {
	struct usd18 value;
	struct usd18 weighted;
};
/* Both figures floor. */
MUST_CHECK enum err ratio_value_collateral(struct ratio_leg *out,
    const struct asset *a, u128 atoms, struct px18 p, struct ppb factor);
/* Both figures ceil. */
MUST_CHECK enum err ratio_value_debt(struct ratio_leg *out,
    const struct asset *a, u128 atoms, struct px18 p, struct ppb weight);

/* ratio_evaluate: legs of amount zero count for nothing and make nothing
 * stale.  ERR_RANGE where a value does not fit: the vault is then STALE to
 * its caller, never wrapped. */
MUST_CHECK enum err ratio_evaluate(struct ratio_result *out,
    const struct book *b, const struct vault *v, const struct market *m);

#endif
