/* oracle/surface_curve.h - from the venues' marks to what the engine is told:
 * forwards, and a smile an expiry that lies above the one before.
 *
 * Confidence, a number from 0 to 1 in steps of a thousandth:
 *	slice	(1 - error / (2 error_max)) x min(1, strikes / 10) x
 *		(1 - age / (2 age_max))
 *	forward	(1 - min(1, spread / 1 %) / 2) x (1 - age / (2 age_max)),
 *		and of one venue alone three quarters of that
 * so each part takes at most half: of the error and the age at their limits, of
 * the least number of strikes, of venues 1 % apart.
 *
 * What is told: what differs from what was told by more than a tick (a forward
 * by 0.1 bp, a volatility by 0.01 points anywhere in its reach, a confidence by
 * 0.05), and everything at least each 10 s, or each third of age_max if that is
 * less.  What has no marks any more, too few of them, a fit whose error is
 * beyond error_max or none without arbitrage, is taken away: a message of
 * zeros.
 *
 * Units:  as wire.h.  Time is an argument.
 * Owns:   what was told, allocated once.
 * Limits: SURFACE_TOLD_MAX expiries of all units; of a unit
 *         MARKET_EXPIRIES_MAX, the nearest.
 */
#ifndef ORACLE_SURFACE_CURVE_H
#define ORACLE_SURFACE_CURVE_H

#include "margin/market.h"
#include "oracle/surface_marks.h"

#define SURFACE_TOLD_MAX 1024u
#define SURFACE_TELL_MS 10000u

struct surface_rules {
	uint64_t age_max_ms;
	double error_max;
};

/* say: ERR_OK where the message was passed on; else it is told again. */
struct surface_wire {
	enum err (*say)(void *arg, const void *message);
	void *arg;
};

struct surface_counters {
	uint64_t expiries;	/* with a smile, at the last round */
	uint64_t fits, unfit;	/* ever; without a smile to tell */
	uint64_t forwards, slices, withdrawn;	/* told */
};

struct surface_curve;	/* private to surface_curve.c */

MUST_CHECK enum err surface_curve_create(struct surface_curve **out,
    const struct surface_rules *r);
void surface_curve_destroy(struct surface_curve *c);	/* accepts NULL */

/* surface_curve_round drops old marks, fits all expiries and tells what is to
 * be told. */
void surface_curve_round(struct surface_curve *c, struct surface_marks *m,
    const struct surface_wire *wire, uint64_t now_ms);
/* surface_curve_forget: nobody was told anything yet. */
void surface_curve_forget(struct surface_curve *c);
void surface_curve_counters(struct surface_counters *out,
    const struct surface_curve *c);

#endif
