/* margin/stress.h - what named shocks do to a vault, and to a book.  Where the
 * rules make one a floor, margin_evaluate counts it (margin/evaluate.h).
 *
 * Units:  usd18.  Owns nothing: the caller places the shocked markets.
 * Source: margin-model 1.5 (stress), 1.9 (debt at risk, bad debt).
 */
#ifndef MARGIN_STRESS_H
#define MARGIN_STRESS_H

#include "margin/evaluate.h"
#include "margin/shock.h"

/* A vault before and after. */
struct stress_outcome {
	struct margin_result before, after;
	struct usd18 loss;	/* of adjusted maintenance equity, at least
				 * zero; zero where a price went missing */
};
/* stress_vault: `after` is the same snapshot in the shocked market.  Answers
 * of margin_evaluate. */
MUST_CHECK enum err stress_vault(struct stress_outcome *out,
    const struct snapshot *before, const struct snapshot *after,
    uint32_t slot, enum margin_method method);

/* The book as a whole under one shock. */
struct stress_sum {
	uint32_t vaults;
	uint32_t newly_liquidatable;	/* or insolvent, that were not before */
	uint32_t liquidatable;
	uint32_t stale;
	struct usd18 debt_at_risk;	/* debt of those that are liquidatable */
	struct usd18 shortfall;		/* sum of what they lack of maintenance */
	struct usd18 bad_debt;		/* sum of what equity lacks to zero */
	struct usd18 collateral_value, debt_value;	/* after it */
};
/* stress_sum_add counts one vault in.  ERR_RANGE leaves the sum alone. */
MUST_CHECK enum err stress_sum_add(struct stress_sum *s,
    const struct stress_outcome *o);

#endif
