#include "margin/option.h"

#include "margin/option_kernel.h"

struct num18
option_tau(uint64_t ms)
{
	return num18_from_raw((i128)(((u128)ms * WAD_ONE_RAW +
	    OPTION_YEAR_MS / 2) / OPTION_YEAR_MS));
}

enum err
option_price(struct usd18 *out, const struct option_terms *t)
{
	struct option_inside in = { .low = 0 };
	enum err e = option_inside_of(&in, t);

	if (e != ERR_OK)
		return e;
	return option_inside_price(out, &in, t->discount);
}
