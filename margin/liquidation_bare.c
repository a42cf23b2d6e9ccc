#include "margin/liquidation_bare.h"

#include "base/must.h"
#include "base/u256.h"

/* ---- the price ---------------------------------------------------------- */

static u128
usd18_magnitude(struct usd18 v)
{
	i128 raw = usd18_to_raw(v);

	return raw < 0 ? (u128)0 - (u128)raw : (u128)raw;
}

/* quotient_u128 is num / den, rounded.  ERR_RANGE beyond the type. */
static enum err
quotient_u128(u128 *out, const struct u256 *num, const struct u256 *den,
    enum rounding r)
{
	const struct u256 one = u256_from_u128(1);
	struct u256 q, rest;
	enum err e;

	u256_div(&q, &rest, num, den);
	if (r == ROUND_CEIL && !u256_is_zero(&rest)) {
		e = u256_add(&q, &q, &one);
		if (e != ERR_OK)
			return e;
	}
	return u256_to_u128(out, &q);
}

/* line_crossing is where the line is zero: |rest| * 1e9 * 10^decimals /
 * |slope|.  It tells the world's absurdity (ERR_RANGE: the products do not
 * fit) from a crossing that no price can show (*exists false). */
static enum err
line_crossing(struct px18 *out, bool *exists, struct usd18 rest,
    const struct u256 *slope, unsigned decimals, enum rounding r)
{
	struct u256 num = u256_mul_u128(usd18_magnitude(rest), PPB_ONE_RAW);
	struct u256 scale = u256_from_u128(pow10_u128(decimals));
	u128 raw;
	enum err e = u256_mul(&num, &num, &scale);

	if (e != ERR_OK)
		return e;
	*exists = quotient_u128(&raw, &num, slope, r) == ERR_OK;
	if (*exists)
		*out = px18_from_raw(raw);
	return ERR_OK;
}

enum err
liquidation_price_line(struct liquidation_price *out,
    const struct excess_line *line)
{
	struct liquidation_price p = { 0 };
	struct u256 gain = u256_mul_u128(line->collateral,
	    ppb_to_raw(line->threshold));
	struct u256 loss = u256_mul_u128(line->debt,
	    ppb_to_raw(line->weight));
	int order = u256_compare(&gain, &loss);
	struct u256 slope;
	enum err e = ERR_OK;

	MUST(line->decimals <= DECIMALS_MAX);
	/* The line crosses zero above p = 0 only if it starts on the other
	 * side: below zero and rising, or above zero and falling. */
	if (order > 0 && usd18_is_negative(line->rest)) {
		e = u256_sub(&slope, &gain, &loss);
		MUST(e == ERR_OK);
		e = line_crossing(&p.below, &p.has_below, line->rest, &slope,
		    line->decimals, ROUND_CEIL);
	} else if (order < 0 &&
	    usd18_compare(line->rest, usd18_zero()) > 0) {
		e = u256_sub(&slope, &loss, &gain);
		MUST(e == ERR_OK);
		e = line_crossing(&p.above, &p.has_above, line->rest, &slope,
		    line->decimals, ROUND_FLOOR);
	}
	if (e == ERR_OK)
		*out = p;
	return e;
}

/* ---- the size ----------------------------------------------------------- */

/* (1 + bonus) * LT, scaled 1e18. */
static u128
seize_weight(const struct liquidation_pair *p)
{
	return ((u128)PPB_ONE_RAW + ppb_to_raw(p->bonus)) *
	    ppb_to_raw(p->threshold);
}

/* b_j, scaled 1e18. */
static u128
repay_weight(const struct liquidation_pair *p)
{
	return (u128)ppb_to_raw(p->debt_weight) * PPB_ONE_RAW;
}

/* pair_can_heal: HF * b_j > (1 + bonus) * LT_c, by cross-multiplication. */
static bool
pair_can_heal(const struct liquidation_pair *p,
    const struct liquidation_sums *s)
{
	struct u256 gain = u256_mul_u128(
	    usd18_magnitude(s->weighted_collateral), repay_weight(p));
	struct u256 loss = u256_mul_u128(
	    usd18_magnitude(s->weighted_debt), seize_weight(p));

	return u256_compare(&gain, &loss) > 0;
}

/* target_short is H * sum(D*b) - W, scaled 1e36; false where the vault is at
 * the target already. */
static bool
target_short(struct u256 *out, const struct liquidation_sums *s,
    struct wad target)
{
	struct u256 need = u256_mul_u128(wad_to_raw(target),
	    usd18_magnitude(s->weighted_debt));
	struct u256 have = u256_mul_u128(WAD_ONE_RAW,
	    usd18_magnitude(s->weighted_collateral));
	enum err e;

	if (u256_compare(&need, &have) <= 0)
		return false;
	e = u256_sub(out, &need, &have);
	MUST(e == ERR_OK);
	return true;
}

enum err
liquidation_repay_to_target(struct usd18 *out, bool *heals,
    const struct liquidation_pair *p, const struct liquidation_sums *s,
    struct wad target)
{
	const struct u256 wad_scale = u256_from_u128(WAD_ONE_RAW);
	struct u256 gain = u256_mul_u128(wad_to_raw(target), repay_weight(p));
	struct u256 loss = u256_mul_u128(WAD_ONE_RAW, seize_weight(p));
	struct u256 num, den;
	u128 repay = 0;
	enum err e;

	if (u256_compare(&gain, &loss) <= 0) {
		*heals = false;
		return ERR_OK;
	}
	e = u256_sub(&den, &gain, &loss);
	MUST(e == ERR_OK);
	if (target_short(&num, s, target)) {
		e = u256_mul(&num, &num, &wad_scale);
		if (e != ERR_OK)
			return e;
		if (quotient_u128(&repay, &num, &den, ROUND_CEIL) != ERR_OK ||
		    repay > (u128)I128_MAX)
			repay = (u128)I128_MAX;
	}
	*heals = true;
	*out = usd18_from_raw((i128)repay);
	return ERR_OK;
}

/* pair_repay decides how much is repaid before the collateral's clamp. */
static enum err
pair_repay(struct usd18 *repay, bool *full_close,
    const struct liquidation_pair *p, const struct liquidation_sums *s,
    struct wad target)
{
	struct usd18 cap, rest;
	bool heals;
	enum err e = liquidation_repay_to_target(repay, &heals, p, s, target);

	if (e != ERR_OK)
		return e;
	*full_close = !heals || !pair_can_heal(p, s);
	if (*full_close) {
		*repay = p->debt;
		return ERR_OK;
	}
	*repay = usd18_min(*repay, p->debt);
	e = usd18_mul_ppb(&cap, p->debt, p->close_factor, ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	*repay = usd18_min(*repay, cap);
	e = usd18_sub(&rest, p->debt, *repay);
	if (e != ERR_OK)
		return e;
	/* What would stay behind is not worth anybody's gas. */
	if (usd18_compare(rest, p->dust) < 0) {
		*full_close = true;
		*repay = p->debt;
	}
	return ERR_OK;
}

enum err
liquidation_payable(struct usd18 *out, struct usd18 value, struct ppb bonus,
    enum rounding r)
{
	i128 raw;
	enum err e = muldiv_i128(&raw, usd18_to_raw(value), PPB_ONE_RAW,
	    (i128)PPB_ONE_RAW + ppb_to_raw(bonus), r);

	if (e == ERR_OK)
		*out = usd18_from_raw(raw);
	return e;
}

/* pair_seize clamps the repayment to what the collateral can pay for, and
 * says what is taken for it. */
static enum err
pair_seize(struct usd18 *repay, struct usd18 *seize,
    const struct liquidation_pair *p)
{
	struct usd18 payable, extra;
	enum err e;

	e = liquidation_payable(&payable, p->collateral, p->bonus,
	    ROUND_CEIL);
	if (e != ERR_OK)
		return e;
	if (usd18_compare(*repay, payable) >= 0) {
		*repay = payable;
		*seize = p->collateral;
		return ERR_OK;
	}
	/* Below the ceil of V / (1 + bonus) this cannot exceed V. */
	e = usd18_mul_ppb(&extra, *repay, p->bonus, ROUND_FLOOR);
	if (e == ERR_OK)
		e = usd18_add(seize, *repay, extra);
	return e;
}

enum err
liquidation_amount_of(struct liquidation_amount *out,
    const struct liquidation_pair *p, const struct liquidation_sums *s,
    struct wad target)
{
	struct liquidation_amount a = { 0 };
	struct u256 shortfall;
	enum err e = ERR_OK;

	MUST(!usd18_is_negative(p->debt) && !usd18_is_negative(p->collateral));
	MUST(!usd18_is_negative(s->weighted_collateral));
	MUST(!usd18_is_negative(s->weighted_debt));
	if (target_short(&shortfall, s, target)) {
		e = pair_repay(&a.repay, &a.full_close, p, s, target);
		if (e == ERR_OK)
			e = pair_seize(&a.repay, &a.seize, p);
	}
	if (e == ERR_OK)
		*out = a;
	return e;
}
