#include "margin/venue_dydx.h"

#include "base/fixed.h"
#include "base/u256.h"

enum err
dydx_initial_ppm(uint32_t *out, const struct dydx_tier *t, u128 open_interest)
{
	u128 more;
	enum err e;

	if (t->initial_ppm > DYDX_PPM_ONE)
		return ERR_RANGE;
	if (t->open_interest_upper == 0 ||
	    (open_interest <= t->open_interest_lower &&
	    open_interest < t->open_interest_upper)) {
		*out = t->initial_ppm;
		return ERR_OK;
	}
	if (open_interest >= t->open_interest_upper) {
		*out = DYDX_PPM_ONE;
		return ERR_OK;
	}
	e = muldiv_u128(&more, DYDX_PPM_ONE - t->initial_ppm,
	    open_interest - t->open_interest_lower,
	    t->open_interest_upper - t->open_interest_lower, ROUND_FLOOR);
	if (e == ERR_OK)
		*out = t->initial_ppm + (uint32_t)more;
	return e;
}

enum err
dydx_requirements(u128 *initial, u128 *maintenance, const struct dydx_tier *t,
    u128 notional, u128 open_interest, uint32_t custom_ppm)
{
	uint32_t ppm;
	u128 im, mm;
	enum err e = dydx_initial_ppm(&ppm, t, open_interest);

	if (e == ERR_OK && (custom_ppm > DYDX_PPM_ONE ||
	    t->maintenance_ppm > DYDX_PPM_ONE))
		e = ERR_RANGE;
	if (e == ERR_OK)
		e = muldiv_u128(&im, notional, ppm > custom_ppm ? ppm :
		    custom_ppm, DYDX_PPM_ONE, ROUND_CEIL);
	if (e == ERR_OK)
		e = muldiv_u128(&mm, notional, t->initial_ppm, DYDX_PPM_ONE,
		    ROUND_CEIL);
	if (e == ERR_OK)
		e = muldiv_u128(&mm, mm, t->maintenance_ppm, DYDX_PPM_ONE,
		    ROUND_CEIL);
	if (e == ERR_OK) {
		*initial = im;
		*maintenance = mm;
	}
	return e;
}

bool
dydx_is_liquidatable(struct dydx_risk a)
{
	return a.maintenance > 0 && a.maintenance > a.net_collateral;
}

static u128
magnitude(i128 a)
{
	return a < 0 ? (u128)0 - (u128)a : (u128)a;
}

/* sign_of_product: of a * b. */
static int
sign_of_product(i128 a, i128 b)
{
	if (a == 0 || b == 0)
		return 0;
	return (a < 0) != (b < 0) ? -1 : 1;
}

int
dydx_risk_compare(struct dydx_risk a, struct dydx_risk b)
{
	int left = sign_of_product(b.net_collateral, a.maintenance);
	int right = sign_of_product(a.net_collateral, b.maintenance);
	struct u256 x, y;
	int order;

	if (left != right)
		return left < right ? -1 : 1;
	x = u256_mul_u128(magnitude(b.net_collateral),
	    magnitude(a.maintenance));
	y = u256_mul_u128(magnitude(a.net_collateral),
	    magnitude(b.maintenance));
	order = u256_compare(&x, &y);
	if (order != 0)
		return left < 0 ? -order : order;
	if (a.maintenance == b.maintenance && a.maintenance == 0)
		return (b.net_collateral > a.net_collateral) -
		    (b.net_collateral < a.net_collateral);
	return (a.maintenance > b.maintenance) -
	    (a.maintenance < b.maintenance);
}
