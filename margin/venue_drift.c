#include "margin/venue_drift.h"

#include "base/fixed.h"
#include "base/q64.h"

/* root_e5: the root of a size of 1e-9, in 1e-5. */
static enum err
root_e5(u128 *out, u128 size)
{
	struct u256 square = u256_mul_u128(size, 10);
	const struct u256 one = u256_from_u128(1);
	enum err e = u256_add(&square, &square, &one);

	if (e == ERR_OK)
		*out = u256_sqrt_floor(&square);
	return e;
}

static enum err
to_u32(uint32_t *out, u128 v)
{
	if (v > UINT32_MAX)
		return ERR_RANGE;
	*out = (uint32_t)v;
	return ERR_OK;
}

enum err
drift_liability_weight(uint32_t *out, u128 size, uint32_t size_factor,
    uint32_t weight)
{
	u128 root, premium;
	enum err e = root_e5(&root, size);

	if (size_factor == 0) {
		*out = weight;
		return ERR_OK;
	}
	/* 1e-5 * 1e-6 to 1e-4. */
	if (e == ERR_OK)
		e = muldiv_u128(&premium, root, size_factor, 10000000u,
		    ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	premium += weight - weight / 5;
	return to_u32(out, premium > weight ? premium : weight);
}

enum err
drift_asset_weight(uint32_t *out, u128 size, uint32_t size_factor,
    uint32_t weight)
{
	const u128 most = (u128)DRIFT_UNIT * 11 / 10 * DRIFT_WEIGHT_ONE;
	u128 root, more;
	enum err e = root_e5(&root, size);

	if (size_factor == 0) {
		*out = weight;
		return ERR_OK;
	}
	if (e == ERR_OK)
		e = muldiv_u128(&more, root, size_factor, 100000u,
		    ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	if (more > U128_MAX - DRIFT_UNIT)
		return ERR_RANGE;
	more = most / (DRIFT_UNIT + more);
	return to_u32(out, more < weight ? more : weight);
}

enum err
drift_scaled_asset_weight(uint32_t *out, uint32_t weight, u128 deposits_value,
    u128 start)
{
	u128 scaled = weight;
	enum err e = ERR_OK;

	if (start != 0 && deposits_value >= start)
		e = muldiv_u128(&scaled, weight, start, deposits_value,
		    ROUND_FLOOR);
	return e == ERR_OK ? to_u32(out, scaled) : e;
}

enum err
drift_token_value(u128 *out, u128 tokens, unsigned decimals, uint64_t price)
{
	if (decimals > DECIMALS_MAX)
		return ERR_RANGE;
	return muldiv_u128(out, tokens, price, pow10_u128(decimals),
	    ROUND_FLOOR);
}

uint64_t
drift_strict_price(uint64_t oracle, uint64_t twap, bool is_asset)
{
	return (oracle < twap) == is_asset ? oracle : twap;
}

enum err
drift_initial_profit(i128 *out, i128 profit, uint32_t weight, u128 most)
{
	u128 counted;
	enum err e;

	if (profit <= 0) {
		*out = profit;
		return ERR_OK;
	}
	e = muldiv_u128(&counted, (u128)profit, weight, DRIFT_WEIGHT_ONE,
	    ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	if (most != 0 && counted > most)
		counted = most;
	if (counted > (u128)I128_MAX)
		return ERR_RANGE;
	*out = (i128)counted;
	return ERR_OK;
}

enum err
drift_base_to_cover(u128 *out, u128 shortage, const struct drift_position *p)
{
	const u128 ratio = (u128)p->margin_ratio *
	    (DRIFT_UNIT / DRIFT_WEIGHT_ONE);
	u128 quote, fee, covers;

	if (p->oracle_price == 0 || ratio <= p->liquidation_fee) {
		*out = DRIFT_ALL;
		return ERR_OK;
	}
	quote = (u128)p->oracle_price * p->quote_price / DRIFT_UNIT;
	if (muldiv_u128(&covers, quote, ratio - p->liquidation_fee, DRIFT_UNIT,
	    ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	fee = (u128)p->oracle_price * p->insurance_fee / DRIFT_UNIT;
	if (covers <= fee) {
		*out = DRIFT_ALL;
		return ERR_OK;
	}
	return muldiv_u128(out, shortage, (u128)DRIFT_UNIT * 1000,
	    covers - fee, ROUND_FLOOR);
}

enum err
drift_liability_to_cover(u128 *out, u128 shortage,
    const struct drift_transfer *t)
{
	const u128 owed = (u128)t->liability_weight * 10;
	const u128 price = t->liability_price;
	u128 held, fee, covers, atoms, scale = 1, divisor = 1;
	enum err e;

	if (t->liability_decimals > DECIMALS_MAX ||
	    t->liability_multiplier == 0)
		return ERR_RANGE;
	held = (u128)t->asset_weight * 10 * t->asset_multiplier /
	    t->liability_multiplier;
	if (t->asset_weight >= t->liability_weight || held >= owed) {
		*out = DRIFT_ALL;
		return ERR_OK;
	}
	if (t->liability_decimals > 6)
		scale = pow10_u128(t->liability_decimals - 6);
	else
		divisor = pow10_u128(6 - t->liability_decimals);
	covers = price * (owed - held);
	fee = price * t->insurance_fee / DRIFT_UNIT * owed;
	if (covers <= fee) {
		*out = DRIFT_ALL;
		return ERR_OK;
	}
	if (__builtin_mul_overflow(shortage, scale, &atoms))
		return ERR_RANGE;
	e = muldiv_u128(&atoms, atoms,
	    (u128)DRIFT_UNIT * DRIFT_WEIGHT_ONE * 10, covers - fee,
	    ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	atoms /= divisor;
	*out = atoms > 1 ? atoms : 1;
	return ERR_OK;
}
