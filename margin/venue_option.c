#include "margin/venue_option.h"

#include "base/q64.h"

/* naked_share: A * min(one, shocked) + max(one - shocked, 0), ceil. */
static enum err
naked_share(u128 *out, u128 one, u128 shocked, struct num18 upper_bound)
{
	u128 least = one < shocked ? one : shocked;
	enum err e;

	if (num18_is_negative(upper_bound))
		return ERR_RANGE;
	e = muldiv_u128(out, least, (u128)num18_to_raw(upper_bound),
	    WAD_ONE_RAW, ROUND_CEIL);
	if (e == ERR_OK && __builtin_add_overflow(*out, one - least, out))
		e = ERR_RANGE;
	return e;
}

static enum err
naked_check(const struct naked_terms *t, bool is_put)
{
	if (t->is_put != is_put)
		return ERR_UNIT;
	return num18_is_negative(t->amount) ||
	    num18_is_negative(t->spot_shock) ? ERR_RANGE : ERR_OK;
}

enum err
venue_naked_put(struct usd18 *out, const struct naked_terms *t)
{
	struct px18 shocked;
	u128 unit;
	enum err e = naked_check(t, true);

	/* Lower is worse for the writer of a put. */
	if (e == ERR_OK)
		e = px18_mul_num(&shocked, t->spot, t->spot_shock, ROUND_FLOOR);
	if (e == ERR_OK)
		e = naked_share(&unit, px18_to_raw(t->strike),
		    px18_to_raw(shocked), t->upper_bound);
	return e == ERR_OK ? usd18_from_contracts(out, t->amount, num18_one(),
	    px18_from_raw(unit), ROUND_CEIL) : e;
}

enum err
venue_naked_call(struct num18 *coin, const struct naked_terms *t)
{
	u128 ratio, unit;
	enum err e = naked_check(t, false);

	if (e == ERR_OK)
		e = muldiv_u128(&ratio, px18_to_raw(t->strike),
		    (u128)num18_to_raw(t->spot_shock), px18_to_raw(t->spot),
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = naked_share(&unit, WAD_ONE_RAW, ratio, t->upper_bound);
	if (e == ERR_OK && unit > (u128)I128_MAX)
		e = ERR_RANGE;
	return e == ERR_OK ? num18_mul(coin, t->amount,
	    num18_from_raw((i128)unit), ROUND_CEIL) : e;
}

enum err
venue_naked_bucket(struct num18 *out, const struct naked_bucket *rows,
    size_t count, uint64_t time_s)
{
	for (size_t i = 0; i < count; i++)
		if (time_s <= rows[i].time_s) {
			*out = rows[i].upper_bound;
			return ERR_OK;
		}
	return ERR_UNKNOWN;
}

enum err
venue_forward_of_rate(struct px18 *out, struct px18 index, struct num18 rate,
    struct num18 tau)
{
	struct num18 growth;
	enum err e = num18_mul(&growth, rate, tau, ROUND_FLOOR);

	if (e == ERR_OK)
		e = q64_exp(&growth, growth);
	return e == ERR_OK ? px18_mul_num(out, index, growth, ROUND_FLOOR) : e;
}

enum err
venue_ladder_profits(struct usd18 *profits, struct usd18 *worst,
    const struct num18 *shocks, size_t count, struct num18 quantity,
    struct px18 forward)
{
	struct usd18 least = usd18_zero();
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < count; i++) {
		e = usd18_from_contracts(&profits[i], quantity, shocks[i],
		    forward, ROUND_FLOOR);
		if (e == ERR_OK)
			least = usd18_min(least, profits[i]);
	}
	if (e == ERR_OK)
		*worst = least;
	return e;
}

enum err
venue_ladder_contingency(struct usd18 *out, struct num18 quantity,
    struct px18 index, struct ppb factor)
{
	enum err e = ERR_OK;

	if (num18_is_negative(quantity))
		e = num18_sub(&quantity, num18_zero(), quantity);
	return e == ERR_OK ? usd18_from_contracts(out, quantity,
	    num18_from_raw((i128)ppb_to_raw(factor) * PPB_ONE_RAW), index,
	    ROUND_CEIL) : e;
}
