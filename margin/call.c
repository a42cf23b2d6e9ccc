#include "margin/call.h"

#include <string.h>

#define HOUR_MS UINT64_C(3600000)

void
call_rules_default(struct call_rules *r)
{
	*r = (struct call_rules){
		.buffer = ppb_from_raw(100000000),
		.target = ppb_one(),
		.haircut = ppb_from_raw(0),
		.hysteresis = ppb_from_raw(20000000),
		.deadline_ms = 24 * HOUR_MS,
		.is_enforced = false,
		.age_ms = { HOUR_MS, 24 * HOUR_MS, 72 * HOUR_MS,
		    168 * HOUR_MS },
	};
}
