/* feeds/prices_grade.h - what a price is good for: refused or degraded, and
 * why; its band.  Pure.
 *
 * Units:  px18; band_max in ppb.
 */
#ifndef FEEDS_PRICES_GRADE_H
#define FEEDS_PRICES_GRADE_H

#include "base/price.h"
#include "base/types.h"

/* price_refuse: its three prices are zero then. */
void price_refuse(struct price *out, enum price_reason reason);
/* price_degrade keeps the gravest of several reasons: a wrong unit before a
 * doubtful rate before a doubtful value before a doubtful source. */
void price_degrade(struct price *out, enum price_reason reason);
/* price_band: low and high around mid; ERR_RANGE for a band above band_max. */
MUST_CHECK enum err price_band(struct price *out, struct px18 down,
    struct px18 up, struct ppb band_max);

#endif
