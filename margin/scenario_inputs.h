/* margin/scenario_inputs.h - what the scenario method takes from a market: of
 * an expiry, of an option, of a contract.  Of the node only book and market
 * are read, so that a table for all vaults takes the same.
 *
 * Units:  as margin/scenario.h.  Owns nothing.
 */
#ifndef MARGIN_SCENARIO_INPUTS_H
#define MARGIN_SCENARIO_INPUTS_H

#include "margin/node.h"

/* scenario_expiry_of: of an instrument's; expired: 0 s, nothing moves. */
MUST_CHECK enum err scenario_expiry_of(struct scenario_expiry *out,
    const struct node *n, const struct instrument *i, const struct point *at);
/* scenario_vol_of: of an option; zero and sure where it has expired. */
MUST_CHECK enum err scenario_vol_of(struct num18 *vol,
    struct num18 *confidence, const struct market *m,
    const struct instrument *i);
/* scenario_price_of: of a contract that is no option, ceil; of an inverse one
 * the index price (margin/scenario.h). */
MUST_CHECK enum err scenario_price_of(struct px18 *out, const struct node *n,
    uint16_t slot, const struct point *at);

#endif
