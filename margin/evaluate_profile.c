/* The figures at mid as another system counts them (margin/profile.h): values
 * and health in its units and roundings.  Band ends and the initial side stay
 * ours. */
#include "margin/evaluate.h"

#include <string.h>

#include "base/must.h"

/* A number of the profile as 18 decimals, floor; all ones is infinite, what
 * does not fit is the largest finite ratio. */
static struct wad
profile_wad(const struct u256 *v, unsigned decimals)
{
	const struct u256 infinite = { { UINT64_MAX, UINT64_MAX, UINT64_MAX,
	    UINT64_MAX } };
	struct u256 scaled, unit;
	u128 raw;
	enum err e;

	if (u256_compare(v, &infinite) == 0)
		return wad_infinite();
	if (decimals <= 18) {
		unit = u256_from_u128(pow10_u128(18 - decimals));
		e = u256_mul(&scaled, v, &unit);
	} else {
		unit = u256_from_u128(pow10_u128(decimals - 18));
		u256_div(&scaled, NULL, v, &unit);
		e = ERR_OK;
	}
	if (e != ERR_OK || u256_to_u128(&raw, &scaled) != ERR_OK ||
	    raw == U128_MAX)
		return wad_from_raw(U128_MAX - 1);
	return wad_from_raw(raw);
}

struct wad
margin_profile_health(const struct rounding_profile *p,
    const struct profile_result *v)
{
	return profile_wad(&v->health, p->health_decimals);
}

enum err
margin_apply_profile(struct margin_result *r, const struct snapshot *s,
    uint32_t slot)
{
	const struct rounding_profile *p = s->rules->profile;
	struct evaluation mid = r->mid;
	struct usd18 collateral, debt, weighted;
	struct profile_result v;
	enum err e = profile_evaluate_vault(&v, p, s->book,
	    &s->book->vaults[slot], s->market);

	if (e == ERR_OK)
		e = profile_usd18(&collateral, p, v.collateral, SIDE_FLOOR);
	if (e == ERR_OK)
		e = profile_usd18(&debt, p, v.debt, SIDE_CEIL);
	if (e == ERR_OK)
		e = profile_usd18(&weighted, p, v.weighted_collateral,
		    SIDE_FLOOR);
	if (e == ERR_OK)
		e = profile_usd18(&mid.weighted_debt, p, v.weighted_debt,
		    SIDE_CEIL);
	if (e == ERR_OK)
		e = usd18_sub(&mid.excess, weighted, mid.weighted_debt);
	if (e == ERR_OK)
		e = usd18_sub(&mid.own_equity, collateral, debt);
	if (e != ERR_OK)
		return e;
	mid.equity = mid.excess;
	mid.collateral_value = r->collateral_value = collateral;
	mid.debt_value = r->debt_value = debt;
	mid.health = margin_profile_health(p, &v);
	r->equity = mid.own_equity;
	r->collateralization_ratio = profile_wad(&v.ratio,
	    p->health_decimals);
	r->loan_to_value = ratio_ceil(debt, collateral);
	r->mid = mid;
	return ERR_OK;
}
