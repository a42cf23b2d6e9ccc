/* oracle/shadow_distance.h - how far apart the prices of two configs are.
 *
 * Units:  ppb of the old mid, rounded up.
 */
#ifndef ORACLE_SHADOW_DISTANCE_H
#define ORACLE_SHADOW_DISTANCE_H

#include "base/price.h"

/* shadow_distance: UINT32_MAX where it does not fit, 0 where either price is
 * refused: that is a difference of status. */
uint32_t shadow_distance_ppb(const struct price *before,
    const struct price *after);
uint32_t shadow_mids_ppb(struct px18 before, struct px18 after);
/* Whether exactly one of them is REFUSED. */
bool shadow_is_refusal(const struct price *before, const struct price *after);

#endif
