/* margin/liquidation_search.h - liquidation prices of a vault under any method:
 * where the maintenance excess, less what the snapshot's floors ask beyond the
 * requirement, changes its sign while one base factor moves
 * and everything on it moves along, the others at mid, volatility held (sticky
 * strike).
 *
 * Units:  px18 of the factor.  Owns nothing; the kinks stand in method_work.
 * Source: margin-model 1.7.
 */
#ifndef MARGIN_LIQUIDATION_SEARCH_H
#define MARGIN_LIQUIDATION_SEARCH_H

#include "margin/evaluate.h"
#include "margin/threshold.h"

/* liquidation_search: NONE (neither side) where the excess keeps its sign
 * between a 64th and 64 times the present price.  ERR_UNKNOWN where the vault
 * has nothing of that factor, ERR_STALE, ERR_STATE (margin_evaluate_at),
 * ERR_RANGE. */
MUST_CHECK enum err liquidation_search(struct liquidation_price *out,
    const struct snapshot *s, uint32_t slot, enum margin_method method,
    uint8_t factor);

#endif
