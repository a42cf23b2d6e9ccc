/* margin/scenario_charges.h - what a unit costs besides the grid's loss:
 * contingencies by kind, confidence, peg, fees and the least requirement.
 * Source: margin-model 1.5, 3.3 (PMRM_2); see margin/scenario.h. */
#ifndef MARGIN_SCENARIO_CHARGES_H
#define MARGIN_SCENARIO_CHARGES_H

#include "margin/scenario.h"

/* scenario_collateral_value: floor(amount * price / stable).  ERR_RANGE for a
 * negative amount or a stable price of zero. */
MUST_CHECK enum err scenario_collateral_value(struct usd18 *out,
    const struct scenario_collateral *c, struct px18 stable);

/* scenario_charges_of fills im_factor, mm_factor, the contingencies,
 * extra_initial and floor, all ceil.  Expiry indices are checked already
 * (MUST).  ERR_RANGE. */
MUST_CHECK enum err scenario_charges_of(struct scenario_result *out,
    const struct scenario_unit *u, const struct scenario_rules *r);

#endif
