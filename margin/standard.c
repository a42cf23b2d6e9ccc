#include "margin/standard.h"

#include "base/must.h"

void
standard_rules_default(struct standard_rules *r)
{
	const struct num18 threshold = num18_from_raw(400000000000000000);

	linear_rules_default(&r->linear);
	r->profit_weight = ppb_one();
	r->option = (struct standard_option_rules){
		.initial_at_money = ppb_from_raw(150000000u),
		.initial_min = ppb_from_raw(100000000u),
		.maintenance_call = ppb_from_raw(75000000u),
		.maintenance_put = ppb_from_raw(75000000u),
		.maintenance_put_mark = ppb_from_raw(75000000u),
		.initial_put_scale = ppb_from_raw(1050000000u),
		.unpaired_initial = ppb_from_raw(1200000000u),
		.unpaired_maintenance = ppb_from_raw(1100000000u),
	};
	r->oracle = (struct standard_oracle_rules){
		.linear_threshold = threshold,
		.option_threshold = threshold,
		.base_threshold = threshold,
		.factor = ppb_from_raw(400000000u),
	};
	r->depeg_threshold = num18_from_raw(980000000000000000);
	r->depeg_factor = ppb_from_raw(1200000000u);
	r->base_weight = ppb_from_raw(800000000u);
	r->base_initial_scale = ppb_from_raw(800000000u);
}
