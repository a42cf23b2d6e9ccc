#include "margin/profile.h"

#include <string.h>

#include "base/must.h"

static const struct rounding_profile PROFILES[] = {
	{
		.name = "margind",
		.price_decimals = 18, .factor_decimals = 9,
		.value_decimals = 18, .health_decimals = 18,
		.weighting = WEIGHT_LEG,
		.collateral = SIDE_FLOOR, .weighted_collateral = SIDE_FLOOR,
		.debt = SIDE_CEIL, .weighted_debt = SIDE_CEIL,
		.health = SIDE_FLOOR,
	},
	/* wadDiv rounds a half up at 18 + 4 decimals; the division by 100 %
	 * after it truncates. */
	{
		.name = "aave-v3",
		.price_decimals = 8, .factor_decimals = 4,
		.value_decimals = 8, .health_decimals = 18, .health_guard = 4,
		.weighting = WEIGHT_SUM,
		.collateral = SIDE_FLOOR, .weighted_collateral = SIDE_FLOOR,
		.debt = SIDE_CEIL, .weighted_debt = SIDE_CEIL,
		.health = SIDE_HALF_UP,
		.decides_by_health = true, .skips_zero_maintenance = true,
		.available_by_average = true,
	},
	/* signedMulPrice truncates toward zero: a debt goes down. */
	{
		.name = "compound-v3",
		.price_decimals = 8, .factor_decimals = 18,
		.value_decimals = 8, .health_decimals = 18,
		.weighting = WEIGHT_LEG,
		.collateral = SIDE_FLOOR, .weighted_collateral = SIDE_FLOOR,
		.debt = SIDE_FLOOR, .weighted_debt = SIDE_FLOOR,
		.health = SIDE_FLOOR,
	},
	/* ink * spot and art * rate are RAD, exactly; a debt's price is its
	 * rate. */
	{
		.name = "maker",
		.price_decimals = 27, .factor_decimals = 27,
		.value_decimals = 45, .health_decimals = 18,
		.weighting = WEIGHT_PRICE,
		.collateral = SIDE_FLOOR, .weighted_collateral = SIDE_FLOOR,
		.debt = SIDE_CEIL, .weighted_debt = SIDE_CEIL,
		.health = SIDE_FLOOR,
	},
	/* coll * price / debt < MCR is coll * price < debt * MCR: the minimum
	 * ratio is the debt's weight, and nothing rounds. */
	{
		.name = "liquity",
		.price_decimals = 18, .factor_decimals = 9,
		.value_decimals = 36, .health_decimals = 18,
		.weighting = WEIGHT_SUM,
		.collateral = SIDE_FLOOR, .weighted_collateral = SIDE_FLOOR,
		.debt = SIDE_CEIL, .weighted_debt = SIDE_CEIL,
		.health = SIDE_FLOOR,
	},
	{
		.name = "morpho-blue",
		.price_decimals = 36, .factor_decimals = 18,
		.value_decimals = 18, .health_decimals = 18,
		.weighting = WEIGHT_LEG,
		.collateral = SIDE_FLOOR, .weighted_collateral = SIDE_FLOOR,
		.debt = SIDE_CEIL, .weighted_debt = SIDE_CEIL,
		.health = SIDE_FLOOR,
	},
	/* What is owed is rounded up to whole atoms, its quote down. */
	{
		.name = "euler",
		.price_decimals = 18, .factor_decimals = 4,
		.value_decimals = 18, .health_decimals = 18,
		.weighting = WEIGHT_LEG,
		.collateral = SIDE_FLOOR, .weighted_collateral = SIDE_FLOOR,
		.debt = SIDE_FLOOR, .weighted_debt = SIDE_FLOOR,
		.health = SIDE_FLOOR,
		.liquidates_at_one = true,
	},
	{
		.name = "gearbox",
		.price_decimals = 8, .factor_decimals = 4,
		.value_decimals = 8, .health_decimals = 4,
		.weighting = WEIGHT_LEG,
		.collateral = SIDE_FLOOR, .weighted_collateral = SIDE_FLOOR,
		.debt = SIDE_FLOOR, .weighted_debt = SIDE_FLOOR,
		.health = SIDE_FLOOR,
	},
};

const struct rounding_profile *
profile_at(size_t i)
{
	return i < ARRAY_COUNT(PROFILES) ? &PROFILES[i] : NULL;
}

const struct rounding_profile *
profile_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_COUNT(PROFILES); i++)
		if (strlen(PROFILES[i].name) == len &&
		    memcmp(PROFILES[i].name, name, len) == 0)
			return &PROFILES[i];
	return NULL;
}

/* What the legs of one side come to.  Weighted sums have the value's decimals,
 * and with WEIGHT_SUM the factor's besides. */
struct leg_sums {
	struct u256 value;	/* at price */
	struct u256 initial_value;	/* at initial_price */
	struct u256 maintenance;
	struct u256 initial;
};

/* leg_value is atoms * price in value decimals. */
static struct u256
leg_value(struct evm *c, const struct rounding_profile *p,
    const struct profile_leg *leg, struct u256 price, enum side side)
{
	unsigned from = leg->decimals + p->price_decimals;
	unsigned to = p->value_decimals;
	struct u256 product = evm_mul(c, leg->atoms, price);

	if (from < to)
		return evm_mul(c, product, evm_pow10(c, to - from));
	return evm_div(c, product, evm_pow10(c, from - to), side);
}

/* leg_weighted is the leg at that price by that factor. */
static struct u256
leg_weighted(struct evm *c, const struct rounding_profile *p,
    const struct profile_leg *leg, struct u256 price, struct u256 factor,
    bool is_debt)
{
	enum side value_side = is_debt ? p->debt : p->collateral;
	struct u256 one = evm_pow10(c, p->factor_decimals);
	struct u256 weighted = evm_zero();
	struct u256 cap = leg->cap;

	switch (p->weighting) {
	case WEIGHT_LEG:
		weighted = evm_muldiv(c,
		    leg_value(c, p, leg, price, value_side), factor, one,
		    is_debt ? p->weighted_debt : p->weighted_collateral);
		break;
	case WEIGHT_SUM:
		weighted = evm_mul(c,
		    leg_value(c, p, leg, price, value_side), factor);
		cap = leg->has_cap ? evm_mul(c, cap, one) : cap;
		break;
	case WEIGHT_PRICE:
		if (!is_debt && evm_is_zero(factor))
			return evm_zero();
		if (!is_debt)
			price = evm_muldiv(c, price, one, factor, SIDE_FLOOR);
		weighted = leg_value(c, p, leg, price, value_side);
		break;
	}
	return leg->has_cap ? evm_min(weighted, cap) : weighted;
}

static struct leg_sums
legs_sum(struct evm *c, const struct rounding_profile *p,
    const struct profile_leg *legs, size_t count, bool is_debt)
{
	enum side side = is_debt ? p->debt : p->collateral;
	struct leg_sums s;

	memset(&s, 0, sizeof(s));
	for (size_t i = 0; i < count; i++) {
		const struct profile_leg *leg = &legs[i];

		if (leg->decimals > DECIMALS_MAX)
			c->err = c->err == ERR_OK ? ERR_RANGE : c->err;
		if (!is_debt && p->skips_zero_maintenance &&
		    evm_is_zero(leg->maintenance))
			continue;
		s.value = evm_add(c, s.value,
		    leg_value(c, p, leg, leg->price, side));
		s.initial_value = evm_add(c, s.initial_value,
		    leg_value(c, p, leg, leg->initial_price, side));
		s.maintenance = evm_add(c, s.maintenance,
		    leg_weighted(c, p, leg, leg->price, leg->maintenance,
		    is_debt));
		s.initial = evm_add(c, s.initial,
		    leg_weighted(c, p, leg, leg->initial_price, leg->initial,
		    is_debt));
	}
	return s;
}

/* quotient is num / den, everything without den. */
static struct u256
quotient(struct evm *c, struct u256 num, struct u256 den, unsigned decimals,
    enum side side)
{
	if (evm_is_zero(den))
		return evm_max();
	return evm_muldiv(c, num, evm_pow10(c, decimals), den, side);
}

/* average is the weighted sum over the value, in factor decimals. */
static struct u256
average(struct evm *c, const struct rounding_profile *p, struct u256 weighted,
    struct u256 value)
{
	/* Of least ratios there is no average, and RAD leaves no room. */
	if (evm_is_zero(value) || p->weighting == WEIGHT_PRICE)
		return evm_zero();
	if (p->weighting == WEIGHT_SUM)
		return evm_div(c, weighted, value, SIDE_FLOOR);
	return evm_muldiv(c, weighted, evm_pow10(c, p->factor_decimals),
	    value, SIDE_FLOOR);
}

/* in_value brings a weighted sum to value decimals. */
static struct u256
in_value(struct evm *c, const struct rounding_profile *p, struct u256 weighted,
    enum side side)
{
	if (p->weighting != WEIGHT_SUM)
		return weighted;
	return evm_div(c, weighted, evm_pow10(c, p->factor_decimals), side);
}

static struct u256
available(struct evm *c, const struct rounding_profile *p,
    const struct profile_result *r, const struct leg_sums *v)
{
	struct u256 limit = r->initial_collateral;

	if (p->available_by_average)
		limit = evm_muldiv(c, v->initial_value, r->average_initial,
		    evm_pow10(c, p->factor_decimals), SIDE_FLOOR);
	return evm_sub_or_zero(limit, r->initial_debt);
}

static void
result_decide(struct evm *c, struct profile_result *r,
    const struct rounding_profile *p, const struct leg_sums *v,
    const struct leg_sums *d)
{
	int maintenance = evm_compare(v->maintenance, d->maintenance);
	int initial = evm_compare(v->initial, d->initial);
	/* What a comparison must exceed to be safe. */
	int least = p->liquidates_at_one ? 1 : 0;

	if (evm_is_zero(d->value)) {
		r->is_liquidatable = false;
		r->may_borrow = true;
		return;
	}
	r->is_liquidatable = p->decides_by_health ?
	    evm_compare(r->health, evm_pow10(c, p->health_decimals)) < least :
	    maintenance < least;
	r->may_borrow = initial >= least;
}

enum err
profile_evaluate(struct profile_result *out, const struct rounding_profile *p,
    const struct profile_leg *collateral, size_t collateral_count,
    const struct profile_leg *debt, size_t debt_count)
{
	struct evm c = { ERR_OK };
	struct leg_sums v = legs_sum(&c, p, collateral, collateral_count,
	    false);
	struct leg_sums d = legs_sum(&c, p, debt, debt_count, true);
	struct profile_result r;

	memset(&r, 0, sizeof(r));
	r.collateral = v.value;
	r.debt = d.value;
	r.weighted_collateral = in_value(&c, p, v.maintenance, SIDE_FLOOR);
	r.weighted_debt = in_value(&c, p, d.maintenance, SIDE_CEIL);
	r.initial_collateral = in_value(&c, p, v.initial, SIDE_FLOOR);
	r.initial_debt = in_value(&c, p, d.initial, SIDE_CEIL);
	r.average_initial = average(&c, p, v.initial, v.initial_value);
	r.average_maintenance = average(&c, p, v.maintenance, v.value);
	r.ratio = quotient(&c, v.value, d.value, p->health_decimals,
	    SIDE_FLOOR);
	r.health = quotient(&c, v.maintenance, d.maintenance,
	    (unsigned)p->health_decimals + p->health_guard, p->health);
	if (!evm_is_zero(d.maintenance))
		r.health = evm_div(&c, r.health,
		    evm_pow10(&c, p->health_guard), SIDE_FLOOR);
	r.available = available(&c, p, &r, &v);
	result_decide(&c, &r, p, &v, &d);
	if (c.err == ERR_OK)
		*out = r;
	return c.err;
}

enum err
profile_usd18(struct usd18 *out, const struct rounding_profile *p,
    struct u256 value, enum side side)
{
	struct evm c = { ERR_OK };
	unsigned from = p->value_decimals;
	u128 raw;

	if (from < 18)
		value = evm_mul(&c, value, evm_pow10(&c, 18 - from));
	else
		value = evm_div(&c, value, evm_pow10(&c, from - 18), side);
	raw = evm_to_u128(&c, value);
	if (c.err == ERR_OK && raw > (u128)I128_MAX)
		return ERR_RANGE;
	if (c.err == ERR_OK)
		*out = usd18_from_raw((i128)raw);
	return c.err;
}
