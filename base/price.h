/* base/price.h - one price as the aggregation makes it and the margin model
 * takes it: the word that feeds/ and margin/ share.
 *
 * Units:  px18, USD per whole unit, 18 decimals; ages and skews in ms.
 * Source: DESIGN sections 3 and 5 (numbers of status and reason are signed).
 */
#ifndef BASE_PRICE_H
#define BASE_PRICE_H

#include "base/fixed.h"
#include "base/types.h"

enum price_status {
	PRICE_OK = 0,
	PRICE_DEGRADED = 1,
	PRICE_REFUSED = 2,
};

enum price_reason {
	REASON_NONE = 0,
	REASON_QUORUM = 1,
	REASON_STALE = 2,
	REASON_BAND = 3,
	REASON_DISPERSION = 4,
	REASON_SKEW = 5,
	REASON_BOUND = 6,
	REASON_UNIT = 7,
	REASON_IDENTITY = 8,
	REASON_RATE = 9,
	/* Of a header only: */
	REASON_CLOCK = 100,
	REASON_HEAD = 101,
	REASON_RULES = 102,
	REASON_PAUSED = 103,
};

/* Where status is PRICE_REFUSED mid and low are zero, and high is the last
 * accepted high plus its growth bound (zero before any was accepted). */
struct price {
	struct px18 mid;
	struct px18 low;	/* rounded outward: floor */
	struct px18 high;	/* rounded outward: ceil */
	enum price_status status;
	enum price_reason reason;
	uint32_t sources;	/* independent groups that voted */
	uint32_t age_ms;	/* of the oldest vote */
	uint32_t skew_ms;	/* how far the most advanced vote's clock is ahead */
};

/* price_is_same: status and the three prices; not who voted, and when. */
static inline bool
price_is_same(const struct price *a, const struct price *b)
{
	return a->status == b->status && px18_compare(a->mid, b->mid) == 0 &&
	    px18_compare(a->low, b->low) == 0 &&
	    px18_compare(a->high, b->high) == 0;
}

/* Static words, as they stand in JSON: "OK", "DEGRADED", "REFUSED"; "NONE",
 * "QUORUM", ...; "UNNAMED" for a number that has no name. */
const char *price_status_name(enum price_status s);
const char *price_reason_name(uint32_t reason);

#endif
