#include "margin/close_maker.h"

#include <string.h>

#define RAY_DECIMALS 27u

static struct u256
ray(void)
{
	return evm_word(pow10_u128(RAY_DECIMALS));
}

enum err
maker_spot(struct u256 *out, struct u256 price, struct u256 par,
    struct u256 mat)
{
	struct evm c = { ERR_OK };
	struct u256 in_ray = evm_mul(&c, price, evm_pow10(&c, 9));
	struct u256 spot = evm_muldiv(&c, in_ray, ray(), par, SIDE_FLOOR);

	spot = evm_muldiv(&c, spot, ray(), mat, SIDE_FLOOR);
	if (c.err == ERR_OK)
		*out = spot;
	return c.err;
}

const char *
maker_outcome_name(enum maker_outcome o)
{
	switch (o) {
	case MAKER_BARKED: return "barked";
	case MAKER_NOT_UNSAFE: return "not-unsafe";
	case MAKER_LIQUIDATION_LIMIT_HIT: return "liquidation-limit-hit";
	case MAKER_DUSTY_AUCTION:
		return "dusty-auction-from-partial-liquidation";
	case MAKER_NULL_AUCTION: return "null-auction";
	case MAKER_OVERFLOW: return "overflow";
	}
	return "unnamed";
}

enum err
maker_is_safe(bool *out, const struct maker_vault *v)
{
	struct evm c = { ERR_OK };
	struct u256 owed = evm_mul(&c, v->art, v->rate);
	struct u256 allowed = evm_mul(&c, v->ink, v->spot);

	if (c.err == ERR_OK)
		*out = evm_compare(owed, allowed) <= 0;
	return c.err;
}

/* bark_debt: the normalised debt that goes to auction: what fits the room,
 * or all where the rest would be dust. */
static enum maker_outcome
bark_debt(struct evm *c, struct u256 *dart, const struct maker_vault *v)
{
	struct u256 room = evm_min(evm_sub_or_zero(v->hole_all, v->dirt_all),
	    evm_sub_or_zero(v->hole, v->dirt));
	struct u256 fits, rest;

	if (evm_is_zero(room))
		return MAKER_LIQUIDATION_LIMIT_HIT;
	fits = evm_muldiv(c, room, evm_word(WAD_ONE_RAW), v->rate,
	    SIDE_FLOOR);
	fits = evm_div(c, fits, v->chop, SIDE_FLOOR);
	*dart = evm_min(v->art, fits);
	rest = evm_mul(c, evm_sub(c, v->art, *dart), v->rate);
	if (evm_compare(v->art, *dart) == 0)
		return MAKER_BARKED;
	if (evm_compare(rest, v->dust) < 0) {
		*dart = v->art;
		return MAKER_BARKED;
	}
	return evm_compare(evm_mul(c, *dart, v->rate), v->dust) >= 0 ?
	    MAKER_BARKED : MAKER_DUSTY_AUCTION;
}

/* exceeds_int: above 2^255, which the contract's signed amounts cannot hold. */
static bool
exceeds_int(struct u256 a)
{
	struct u256 limit = { { 0, 0, 0, UINT64_C(1) << 63 } };

	return evm_compare(a, limit) > 0;
}

enum err
maker_bark_vault(struct maker_bark *out, const struct maker_vault *v)
{
	struct evm c = { ERR_OK };
	struct maker_bark b;
	bool is_safe = false;
	enum err e = maker_is_safe(&is_safe, v);

	if (e != ERR_OK)
		return e;
	memset(&b, 0, sizeof(b));
	b.outcome = MAKER_NOT_UNSAFE;
	if (!is_safe && !evm_is_zero(v->spot))
		b.outcome = bark_debt(&c, &b.dart, v);
	if (b.outcome == MAKER_BARKED) {
		b.dink = evm_muldiv(&c, v->ink, b.dart, v->art, SIDE_FLOOR);
		if (evm_is_zero(b.dink))
			b.outcome = MAKER_NULL_AUCTION;
		else if (exceeds_int(b.dart) || exceeds_int(b.dink))
			b.outcome = MAKER_OVERFLOW;
		b.due = evm_mul(&c, b.dart, v->rate);
		b.tab = evm_muldiv(&c, b.due, v->chop, evm_word(WAD_ONE_RAW),
		    SIDE_FLOOR);
	}
	if (c.err != ERR_OK)
		return c.err;
	if (b.outcome != MAKER_BARKED)
		b = (struct maker_bark){ .outcome = b.outcome };
	*out = b;
	return ERR_OK;
}

enum err
maker_price_linear(struct u256 *out, struct u256 top, uint64_t elapsed_s,
    uint64_t tau_s)
{
	struct evm c = { ERR_OK };
	struct u256 price = evm_zero();

	if (tau_s == 0)
		return ERR_RANGE;
	if (elapsed_s < tau_s) {
		/* The share is floored as a RAY, then taken. */
		struct u256 share = evm_muldiv(&c,
		    evm_word(tau_s - elapsed_s), ray(), evm_word(tau_s),
		    SIDE_FLOOR);

		price = evm_muldiv(&c, top, share, ray(), SIDE_FLOOR);
	}
	if (c.err == ERR_OK)
		*out = price;
	return c.err;
}

/* ray_power is share^n in RAY, each product rounded to nearest (rpow). */
static struct u256
ray_power(struct evm *c, struct u256 share, uint64_t n)
{
	struct u256 r = ray();

	for (; n != 0; n >>= 1) {
		if (n & 1)
			r = evm_muldiv(c, r, share, ray(), SIDE_HALF_UP);
		if (n > 1)
			share = evm_muldiv(c, share, share, ray(),
			    SIDE_HALF_UP);
	}
	return r;
}

enum err
maker_price_exponential(struct u256 *out, struct u256 top,
    uint64_t elapsed_s, struct u256 cut)
{
	struct evm c = { ERR_OK };
	struct u256 price = evm_muldiv(&c, top, ray_power(&c, cut, elapsed_s),
	    ray(), SIDE_FLOOR);

	if (c.err == ERR_OK)
		*out = price;
	return c.err;
}

enum err
maker_price_stairstep(struct u256 *out, struct u256 top, uint64_t elapsed_s,
    uint64_t step_s, struct u256 cut)
{
	if (step_s == 0)
		return ERR_RANGE;
	return maker_price_exponential(out, top, elapsed_s / step_s, cut);
}
