/* What the collateral of one asset counts, and the limits over all. */
#include "margin/collateral.h"

#include <string.h>

#include "base/must.h"

/* ---- the curve ---------------------------------------------------------- */

/* Ends of slices have mantissas of ten bits, and the first is this: below it
 * the haircut is that of 1.15 USD.
 *
 * The ladder never falls.  With c = 1 - base the true curve, concave, rises by
 * at least c * 2^-22 * q over the last slice below its top q, and by more over
 * any other; c is at least 1e-9 = 2^-30 and rounding costs (slope + 2) * 1e-18
 * * q + 1 <= 2^-54 * q + 1: less, for slopes up to COLLATERAL_SLOPE_MAX. */
#define MANTISSA_BITS 10
#define FIRST_END ((u128)1 << 60)

/* slice_of: the ends lo <= v < hi. */
static void
slice_of(u128 *lo, u128 *hi, u128 v)
{
	unsigned shift = 0;

	if (v < FIRST_END) {
		*lo = 0;
		*hi = FIRST_END;
		return;
	}
	while (v >> shift >> MANTISSA_BITS != 0)
		shift++;
	*lo = v >> shift << shift;
	*hi = *lo + ((u128)1 << shift);
}

enum err
collateral_curve_make(struct collateral_curve *out, struct ppb base,
    struct num18 slope, struct usd18 adv)
{
	struct collateral_curve c = { .base = base, .slope = slope,
	    .adv = adv, .has_top = false, .top = usd18_zero() };
	i128 k = num18_to_raw(slope);
	uint32_t kept;
	u128 r, top, lo, hi;

	if (k < 0 || k > COLLATERAL_SLOPE_MAX * (i128)WAD_ONE_RAW ||
	    (k > 0 && usd18_to_raw(adv) <= 0))
		return ERR_RANGE;
	kept = ppb_to_raw(base) < PPB_ONE_RAW ?
	    PPB_ONE_RAW - ppb_to_raw(base) : 0;
	if (k == 0) {
		*out = c;
		return ERR_OK;
	}
	/* q (c - k sqrt(q / adv)) is greatest at q = adv (2 c / 3 k)^2.  What
	 * does not fit is beyond every value. */
	if (muldiv_u128(&r, (u128)kept * 2 * (WAD_ONE_RAW / PPB_ONE_RAW),
	    WAD_ONE_RAW, 3 * (u128)k, ROUND_FLOOR) == ERR_OK &&
	    muldiv_u128(&top, (u128)usd18_to_raw(adv), r, WAD_ONE_RAW,
	    ROUND_FLOOR) == ERR_OK &&
	    muldiv_u128(&top, top, r, WAD_ONE_RAW, ROUND_FLOOR) == ERR_OK &&
	    top <= (u128)I128_MAX) {
		slice_of(&lo, &hi, top);
		c.has_top = true;
		c.top = usd18_from_raw((i128)lo);
	}
	*out = c;
	return ERR_OK;
}

enum err
collateral_curve_of(struct collateral_curve *out, const struct asset *a,
    uint8_t mode, struct num18 sigma, const struct collateral_rules *rules)
{
	struct num18 slope = num18_zero();
	uint32_t ltv = ppb_to_raw(a->rules[mode].ltv);
	enum err e = ERR_OK;

	MUST(mode < BOOK_MODES_MAX && ltv <= PPB_ONE_RAW);
	if (num18_compare(a->risk.volatility, sigma) > 0)
		sigma = a->risk.volatility;
	if (a->risk.is_dynamic)
		e = collateral_slope(&slope, sigma, rules);
	if (e == ERR_OK)
		e = collateral_curve_make(out, ppb_from_raw(PPB_ONE_RAW - ltv),
		    slope, a->risk.adv);
	return e;
}

/* end_value: q * (1 - base - slope * sqrt(q / adv)), floor, at least zero. */
static enum err
end_value(u128 *out, const struct collateral_curve *c, u128 q)
{
	i128 haircut = (i128)ppb_to_raw(c->base) *
	    (i128)(WAD_ONE_RAW / PPB_ONE_RAW);
	struct num18 h;
	enum err e = collateral_impact(&h, c->slope,
	    usd18_from_raw((i128)q), c->adv);

	if (e == ERR_OK)
		e = num18_add(&h, h, num18_from_raw(haircut));
	if (e != ERR_OK)
		return e;
	if (num18_compare(h, num18_one()) >= 0) {
		*out = 0;
		return ERR_OK;
	}
	return muldiv_u128(out, q, WAD_ONE_RAW - (u128)num18_to_raw(h),
	    WAD_ONE_RAW, ROUND_FLOOR);
}

enum err
collateral_curve_value(struct usd18 *out, const struct collateral_curve *c,
    struct usd18 v)
{
	u128 lo, hi, at_lo, at_hi, part, q;
	enum err e;

	if (usd18_is_negative(v))
		return ERR_RANGE;
	if (c->has_top)
		v = usd18_min(v, c->top);
	q = (u128)usd18_to_raw(v);
	lo = hi = q;
	/* Without a size haircut the line is exact; a slice that ends beyond
	 * the type has the haircut of its last value. */
	if (!num18_is_zero(c->slope) && q != 0)
		slice_of(&lo, &hi, q);
	if (hi > (u128)I128_MAX)
		hi = (u128)I128_MAX;
	e = end_value(&at_lo, c, lo);
	if (e != ERR_OK || lo == q) {
		if (e == ERR_OK)
			*out = usd18_from_raw((i128)at_lo);
		return e;
	}
	e = end_value(&at_hi, c, hi);
	if (e == ERR_OK)
		e = muldiv_u128(&part, q - lo, at_hi - at_lo, hi - lo,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		*out = usd18_from_raw((i128)(at_lo + part));
	return e;
}

/* ---- the limits --------------------------------------------------------- */

/* item_limit: min(V, cap, share of all). */
static struct usd18
item_limit(const struct collateral_item *x, struct usd18 share)
{
	struct usd18 v = usd18_min(x->value, share);

	return x->has_cap ? usd18_min(v, x->cap) : v;
}

static enum err
item_count(struct usd18 *out, const struct collateral_item *x,
    struct usd18 share)
{
	struct usd18 v;
	i128 scaled;
	enum err e;

	if (usd18_is_negative(x->system_cap) ||
	    usd18_is_negative(x->system_deposits))
		return ERR_RANGE;
	e = collateral_curve_value(&v, &x->curve, item_limit(x, share));
	if (e != ERR_OK)
		return e;
	if (usd18_compare(x->system_deposits, x->system_cap) > 0) {
		e = muldiv_i128(&scaled, usd18_to_raw(v),
		    usd18_to_raw(x->system_cap),
		    usd18_to_raw(x->system_deposits), ROUND_FLOOR);
		if (e != ERR_OK)
			return e;
		v = usd18_from_raw(scaled);
	}
	*out = v;
	return ERR_OK;
}

enum err
collateral_count(struct usd18 *counted, const struct collateral_item *items,
    size_t count, const struct collateral_rules *rules)
{
	struct usd18 result[BOOK_LEGS_MAX], sum = usd18_zero(), share;
	enum err e = ERR_OK;

	MUST(count <= BOOK_LEGS_MAX);
	for (size_t i = 0; i < count; i++) {
		if (usd18_is_negative(items[i].value))
			return ERR_RANGE;
		e = usd18_add(&sum, sum, items[i].value);
		if (e != ERR_OK)
			return e;
	}
	e = usd18_mul_ppb(&share, sum, rules->share_max, ROUND_FLOOR);
	for (size_t i = 0; e == ERR_OK && i < count; i++)
		e = item_count(&result[i], &items[i], share);
	if (e == ERR_OK)
		memcpy(counted, result, count * sizeof(*counted));
	return e;
}
