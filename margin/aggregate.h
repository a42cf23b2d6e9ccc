/* margin/aggregate.h - the book as a whole: sums, never averages of ratios
 * (margin-model 1.9). */
#ifndef MARGIN_AGGREGATE_H
#define MARGIN_AGGREGATE_H

#include "margin/vaults.h"
#include "margin/verdict.h"

#define AGGREGATE_STATES 19u

struct aggregate {
	uint32_t vaults;
	uint32_t states[AGGREGATE_STATES];	/* by enum vault_state */
	/* Of the totals of each asset, at mid: floor of all collateral of it,
	 * ceil of all debt.  So a tick costs an asset, not its holders, and
	 * what is refused counts nothing here. */
	struct usd18 collateral_value;
	struct usd18 debt_value;
	struct usd18 weighted_collateral;	/* sum V * LT */
	struct usd18 weighted_debt;		/* sum D * b */
	uint32_t unpriced;	/* assets that are held or owed and count
				 * nothing: the sums are a part, and no ratio
				 * of them says anything */
};

/* aggregate_count: a vault is in state `after`, and was in `before`, or is new:
 * AGGREGATE_NEW. */
#define AGGREGATE_NEW AGGREGATE_STATES
void aggregate_count(struct aggregate *a, unsigned before, unsigned after);
/* aggregate_value: the four sums at the prices of m.  An asset whose total does
 * not fit counts nothing; the sums stay at the type's end (below 2^127 * 10^-18
 * USD) where they would leave it. */
void aggregate_value(struct aggregate *a, const struct vaults *v,
    const struct book *b, const struct market *m);
/* floor(sum V / sum D), floor(sum V*LT / sum D*b); infinite without debt, and
 * while something is unpriced. */
struct wad aggregate_collateralization_ratio(const struct aggregate *a);
struct wad aggregate_health(const struct aggregate *a);

#endif
