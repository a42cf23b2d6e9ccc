/* margin/portfolio_verdict.h - the verdict of a vault by a method other than
 * `ratio`, as it is signed (margin/verdict.h has those of `ratio`).
 *
 * The figures are margin/evaluate.h's: collateral and debt at mid, without the
 * positions; health and excess with all that the method counts.  What its
 * method does not hold for, or cannot be valued, is STALE.
 *
 * Units:  as margin/verdict.h.  Owns nothing; works in the snapshot's work.
 */
#ifndef MARGIN_PORTFOLIO_VERDICT_H
#define MARGIN_PORTFOLIO_VERDICT_H

#include "margin/evaluate.h"

/* portfolio_verdict_of: by the vault's own method (margin_own_method).  Of a
 * state that the tree lists with the largest collateral and the largest debt;
 * no liquidation price, which is a search (margin/liquidation_search.h).
 * LIQUIDATABLE: max_repay is the close factor's part of that debt, floor.
 * Never fails: STALE. */
void portfolio_verdict_of(struct verdict *out, const struct snapshot *s,
    uint32_t slot);

#endif
