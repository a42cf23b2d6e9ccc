/* oracle/surface_marks.h - what venues say of options, newest first in each
 * place, and what it comes to by expiry: one forward, and one volatility a
 * strike.
 *
 * A venue's forward of an expiry is the newest that any of its options came
 * with.  One that says none but prices in coins (Deribit's markprice) still
 * has one: of a call and a put at one strike K the prices differ by 1 - K / F.
 * Of the strikes where they differ least, SURFACE_PARITIES at most, the median
 * is taken.  The forward is the median of the venues'.  A venue's volatility of
 * a strike is that of the option out of the money, else of the other; the
 * volatility is the median of the venues'.  Of an even number the median is the
 * mean of the two in the middle.
 *
 * Units:  volatilities and prices in double, from 18 decimals; times Unix ms.
 * Owns:   its table, allocated once.
 * Limits: SURFACE_MARKS_MAX options; what is outside the bounds of
 *         surface_marks_take is refused.
 */
#ifndef ORACLE_SURFACE_MARKS_H
#define ORACLE_SURFACE_MARKS_H

#include "oracle/surface_fit.h"
#include "oracle/wire.h"

#define SURFACE_MARKS_MAX 16384u
#define SURFACE_VENUES_MAX 32u
#define SURFACE_AHEAD_MS 10000u		/* a venue's clock, at most */
#define SURFACE_PARITIES 5u
#define SURFACE_PARITY_MS 2000u		/* between the two marks, at most */
#define SURFACE_DEVIATIONS 5.0		/* strikes further away do not count */

struct surface_marks;	/* private to surface_marks.c */

/* surface_marks_create: of this many units and venues.  ERR_LIMIT. */
MUST_CHECK enum err surface_marks_create(struct surface_marks **out,
    uint16_t units, uint16_t venues);
void surface_marks_destroy(struct surface_marks *m);	/* accepts NULL */

/* surface_marks_take: ERR_UNKNOWN for a unit or venue that is not there;
 * ERR_STALE for one without a time, or older than what is there, or expired;
 * ERR_RANGE for a volatility outside 1 % to 1000 %, a strike or forward that is
 * zero or 1e15 or more, a price of 1e15 or more, an expiry beyond 30 years, a
 * time ahead; ERR_MISSING with neither volatility nor forward nor price;
 * ERR_LIMIT where there is no place. */
MUST_CHECK enum err surface_marks_take(struct surface_marks *m,
    const struct wire_option *w, uint64_t now_ms);

/* surface_marks_drop: what is older than age_max_ms, or expired. */
void surface_marks_drop(struct surface_marks *m, uint64_t now_ms,
    uint64_t age_max_ms);
size_t surface_marks_count(const struct surface_marks *m);

/* An expiry of a unit. */
struct surface_expiry {
	uint16_t unit;
	uint64_t expiry_ms;
	double forward;			/* 0: no venue has one */
	double forward_spread;		/* largest less least, of the median */
	unsigned forward_venues;
	uint64_t forward_ms;		/* of the oldest of them */
	struct surface_point point[SURFACE_POINTS_MAX];	/* by strike */
	size_t count;
	uint64_t points_ms;		/* lower median of the points' times,
					 * each that of its oldest venue */
};

/* surface_marks_next: the expiry that begins at *at, which moves behind it;
 * ascending by unit, then expiry.  False where there is none.  Volatilities
 * without a forward make no points. */
bool surface_marks_next(struct surface_expiry *out,
    const struct surface_marks *m, size_t *at, uint64_t now_ms);

#endif
