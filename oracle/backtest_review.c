#include "oracle/backtest_run.h"

#include "base/must.h"

static uint32_t
exceptions_of(const uint8_t *hit)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < BACKTEST_REVIEW; i++)
		count += hit[i];
	return count;
}

static void
human_lower(struct calibration *c)
{
	if (c->green_windows < CALIBRATION_GREEN_MIN)
		return;
	calibration_acknowledge(c);
	if (num18_compare(c->multiplier, num18_one()) > 0)
		MUST(calibration_lower(c, num18_one()) == ERR_OK);
}

enum err
backtest_review_all(struct backtest_review *out, uint32_t count,
    const uint8_t *hit, struct ppb tail, bool is_loosening_approved)
{
	struct calibration c;

	calibration_init(&c);
	for (uint32_t i = 0; i < count; i++) {
		struct backtest_review *r = &out[i];
		struct num18 before = c.multiplier;
		enum err e;

		r->exceptions = exceptions_of(hit +
		    (size_t)i * BACKTEST_REVIEW);
		e = backtest_basel_of(&r->basel, BACKTEST_REVIEW,
		    r->exceptions, tail);
		if (e != ERR_OK)
			return e;
		calibration_review(&c, &r->basel);
		r->is_raised = num18_compare(c.multiplier, before) > 0;
		if (is_loosening_approved)
			human_lower(&c);
		r->is_lowered = num18_compare(c.multiplier, before) < 0;
		r->after = c;
	}
	return ERR_OK;
}
