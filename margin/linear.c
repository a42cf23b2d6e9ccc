#include "margin/linear.h"

#include "base/must.h"
#include "base/q64.h"
#include "base/u256.h"

void
linear_rules_default(struct linear_rules *r)
{
	*r = (struct linear_rules){
		.size_factor = num18_zero(),
		.base_share = ppb_from_raw(800000000u),
		.open_interest_lower = usd18_zero(),
		.open_interest_upper = usd18_zero(),
	};
}
