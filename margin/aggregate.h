/* margin/aggregate.h - the book as a whole: sums, never averages of ratios
 * (margin-model 1.9). */
#ifndef MARGIN_AGGREGATE_H
#define MARGIN_AGGREGATE_H

#include "margin/verdict.h"

#define AGGREGATE_STATES 19u

struct aggregate {
	uint32_t vaults;
	uint32_t states[AGGREGATE_STATES];	/* by enum vault_state */
	struct usd18 collateral_value;	/* without the STALE vaults */
	struct usd18 debt_value;
	struct usd18 weighted_collateral;	/* sum V * LT at mid */
	struct usd18 weighted_debt;
};

/* aggregate_add and aggregate_remove count one verdict in or out, so that a
 * tick costs what it changes.  ERR_RANGE leaves the aggregate alone. */
MUST_CHECK enum err aggregate_add(struct aggregate *a, const struct verdict *v);
void aggregate_remove(struct aggregate *a, const struct verdict *v);
/* floor(sum V / sum D), floor(sum V*LT / sum D*b); infinite without debt. */
struct wad aggregate_collateralization_ratio(const struct aggregate *a);
struct wad aggregate_health(const struct aggregate *a);

#endif
