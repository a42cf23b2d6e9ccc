#include "margin/calibration.h"

#include "base/must.h"

#define BASE_PPB (3 * (u128)PPB_ONE_RAW)

void
calibration_init(struct calibration *c)
{
	*c = (struct calibration){ .multiplier = num18_one() };
}

void
calibration_review(struct calibration *c, const struct backtest_basel *window)
{
	u128 raised;

	if (window->zone == ZONE_GREEN) {
		if (c->green_windows < UINT32_MAX)
			c->green_windows++;
		return;
	}
	c->green_windows = 0;
	MUST(muldiv_u128(&raised, BASE_PPB + ppb_to_raw(window->plus),
	    WAD_ONE_RAW, BASE_PPB, ROUND_CEIL) == ERR_OK);
	if ((i128)raised > num18_to_raw(c->multiplier))
		c->multiplier = num18_from_raw((i128)raised);
	if (window->zone == ZONE_RED)
		c->is_alarmed = true;
}

bool
calibration_may_lower(const struct calibration *c)
{
	return !c->is_alarmed && c->green_windows >= CALIBRATION_GREEN_MIN;
}

enum err
calibration_lower(struct calibration *c, struct num18 multiplier)
{
	if (num18_compare(multiplier, num18_one()) < 0 ||
	    num18_compare(multiplier, c->multiplier) > 0)
		return ERR_RANGE;
	if (!calibration_may_lower(c))
		return ERR_REFUSED;
	c->multiplier = multiplier;
	c->green_windows = 0;
	return ERR_OK;
}

void
calibration_acknowledge(struct calibration *c)
{
	c->is_alarmed = false;
}
