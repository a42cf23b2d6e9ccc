/* margin/calibration.h - the multiplier of a margin as a state machine: a
 * review after each backtest window.  It rises by itself and falls only by a
 * human's hand.
 *
 * Units:  the multiplier is num18, at least one: margin as the model says.
 * Owns:   nothing; no clock: the caller says when a window is over.
 * Source: margin-model 1.11; Basel Committee 1996 (base multiplier 3).
 */
#ifndef MARGIN_CALIBRATION_H
#define MARGIN_CALIBRATION_H

#include "margin/backtest.h"

struct calibration {
	struct num18 multiplier;
	uint32_t green_windows;	/* in a row */
	bool is_alarmed;
};
void calibration_init(struct calibration *c);
/* calibration_review: yellow and red raise the multiplier to (3 + plus) / 3,
 * ceil, where that is higher; red raises the alarm; green only counts. */
void calibration_review(struct calibration *c,
    const struct backtest_basel *window);

#define CALIBRATION_GREEN_MIN 2u
/* calibration_may_lower: CALIBRATION_GREEN_MIN green windows in a row, and no
 * alarm stands. */
bool calibration_may_lower(const struct calibration *c);
/* calibration_lower, by a human, to a multiplier from one to the present one
 * (ERR_RANGE).  ERR_REFUSED unless calibration_may_lower.  Green windows count
 * anew from here. */
MUST_CHECK enum err calibration_lower(struct calibration *c,
    struct num18 multiplier);
/* calibration_acknowledge, by a human: the alarm is off. */
void calibration_acknowledge(struct calibration *c);

#endif
