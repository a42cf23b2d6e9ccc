#include "margin/collateral.h"

#include <string.h>

#include "base/must.h"
#include "base/q64.h"

#define DAY_MS UINT64_C(86400000)

/* num18_milli: n / 1000. */
static struct num18
num18_milli(int n)
{
	return num18_from_raw((i128)n * (i128)(WAD_ONE_RAW / 1000));
}

void
collateral_rules_default(struct collateral_rules *r)
{
	*r = (struct collateral_rules){
		.z = num18_milli(2326),
		.haircut_min = ppb_from_raw(5000000),
		.horizon_initial_days = num18_milli(10000),
		.horizon_maintenance_days = num18_milli(7000),
		.impact = num18_one(),
		.wrong_way = num18_milli(250),
		.bridge = ppb_from_raw(10000000),
		.share_max = ppb_one(),
		.ramp_ms = DAY_MS,
		.epoch_ms = 60000,
	};
}
