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
	u128 f = px18_to_raw(t->forward), k = px18_to_raw(t->strike);
	u128 low = f < k ? f : k, time_value = 0, intrinsic = 0;
	bool in_the_money = t->is_call == (f > k) && f != k;
	struct option_deviation d = { .kind = OPTION_INTRINSIC };
	struct option_tail tail;
	enum err e;

	if (num18_is_negative(t->vol) || num18_is_negative(t->discount) ||
	    num18_is_negative(t->tau))
		return ERR_RANGE;
	if (in_the_money) {
		e = option_discounted(&intrinsic, f > k ? f - k : k - f,
		    t->discount);
		if (e != ERR_OK)
			return e;
	}
	tail.kind = OPTION_INTRINSIC;
	if (low != 0 && !num18_is_zero(t->discount) &&
	    !num18_is_zero(t->tau)) {
		struct option_root root = option_root_of(t->tau);

		d = option_deviation_of(t->vol, &root);
		tail = option_tail_of(option_log_distance(q64_ln_u128(f),
		    q64_ln_u128(k)), &d);
	}
	e = ERR_OK;
	if (tail.kind == OPTION_BOUND)
		e = option_discounted(&time_value, low, t->discount);
	else if (tail.kind == OPTION_BETWEEN)
		e = option_time_value(&time_value, &tail,
		    option_scale(low, t->discount));
	if (e != ERR_OK)
		return e;
	if (intrinsic > (u128)I128_MAX ||
	    time_value > (u128)I128_MAX - intrinsic)
		return ERR_RANGE;
	*out = usd18_from_raw((i128)(intrinsic + time_value));
	return ERR_OK;
}
