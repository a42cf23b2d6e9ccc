/* Weights from prices (margin/scan.h). */
#include "margin/scan.h"

#include "base/must.h"
#include "base/u256.h"

#define WEIGHT_BITS 51u
/* 2^52 units are then at least 2^10 of 10^-18 USD: more than 32 legs lose to
 * their own roundings in ratio_evaluate (below 6.3 each). */
#define EXPONENT_MIN (-42)
/* 16 legs of a side at weights below 4.3 stay below 2^127. */
#define VALUE_BITS 120
#define ACCRUAL_MAX ((u128)65536 * WAD_ONE_RAW)

struct making {
	const struct vaults *v;
	const struct px18 *collateral, *debt;
	enum scan_factor factor;
};

/* weight_of: price * factor * accrual * 2^shift / 10^(decimals + 27) /
 * 2^exponent, in 10^-18 USD of one count.  ERR_RANGE beyond 128 bits. */
static enum err
weight_of(u128 *out, struct px18 price, struct ppb factor,
    struct wad accrual, unsigned decimals, int up, enum rounding r)
{
	struct u256 n = u256_mul_u128(px18_to_raw(price), ppb_to_raw(factor));
	struct u256 d = u256_mul_u128(pow10_u128(decimals), PPB_ONE_RAW);
	struct u256 more = u256_from_u128(wad_to_raw(accrual));
	struct u256 one = u256_from_u128(WAD_ONE_RAW);
	struct u256 scale = u256_from_u128((u128)1 << (up < 0 ? -up : up));
	struct u256 rest;
	u128 q;

	if (wad_to_raw(accrual) != WAD_ONE_RAW &&
	    (u256_mul(&n, &n, &more) != ERR_OK ||
	    u256_mul(&d, &d, &one) != ERR_OK))
		return ERR_RANGE;
	if (u256_mul(up < 0 ? &d : &n, up < 0 ? &d : &n, &scale) != ERR_OK)
		return ERR_RANGE;
	u256_div(&n, &rest, &n, &d);
	if (u256_to_u128(&q, &n) != ERR_OK)
		return ERR_RANGE;
	*out = q + (r == ROUND_CEIL && !u256_is_zero(&rest));
	return ERR_OK;
}

/* Both weights of a pair at an exponent. */
static enum err
pair_weights(u128 *collateral, u128 *debt, const struct making *k,
    const struct vaults_pair *pair, int exponent)
{
	const struct book *b = k->v->assets;
	const struct asset *a = &b->assets[pair->asset];
	const struct asset_rules *r = &a->rules[pair->mode];
	int up = (int)k->v->head->shift[pair->asset] - exponent;

	if (weight_of(collateral, k->collateral[pair->asset],
	    k->factor == SCAN_INITIAL ? r->ltv : r->liquidation_threshold,
	    wad_one(), a->decimals, up, ROUND_FLOOR) != ERR_OK)
		return ERR_RANGE;
	return weight_of(debt, k->debt[pair->asset], r->debt_weight,
	    b->accrual[pair->asset], a->decimals, up, ROUND_CEIL);
}

/* value_is_in_range: of the largest count, or of the most whole units. */
static bool
value_is_in_range(const struct making *k, uint8_t asset, struct px18 price,
    struct wad accrual)
{
	int shift = k->v->head->shift[asset];
	u128 count, units;

	if (weight_of(&count, price, ppb_one(), accrual,
	    k->v->assets->assets[asset].decimals, shift, ROUND_CEIL) ==
	    ERR_OK && count >> (VALUE_BITS - VAULTS_COUNT_BITS) == 0)
		return true;
	return muldiv_u128(&units, px18_to_raw(price), wad_to_raw(accrual),
	    WAD_ONE_RAW, ROUND_CEIL) == ERR_OK &&
	    units <= ((u128)1 << VALUE_BITS) / VAULTS_UNITS_MAX;
}

static bool
prices_are_in_range(const struct making *k, uint8_t asset)
{
	struct wad accrual = k->v->assets->accrual[asset];

	return wad_to_raw(accrual) >= WAD_ONE_RAW &&
	    wad_to_raw(accrual) <= ACCRUAL_MAX &&
	    value_is_in_range(k, asset, k->collateral[asset], wad_one()) &&
	    value_is_in_range(k, asset, k->debt[asset], accrual);
}

static unsigned
bits_of(u128 v)
{
	unsigned bits = 0;

	while (v != 0) {
		v >>= 1;
		bits++;
	}
	return bits;
}

/* exponent_of: the least at which every weight has WEIGHT_BITS. */
static enum err
exponent_of(int *out, const struct making *k)
{
	const struct vaults_head *h = k->v->head;
	int exponent = EXPONENT_MIN;
	u128 c, d;

	for (uint32_t i = 0; i < SCAN_PAIRS_MAX; i++) {
		int bits;

		if (h->pair[i].legs == 0)
			continue;
		if (!prices_are_in_range(k, h->pair[i].asset) ||
		    pair_weights(&c, &d, k, &h->pair[i], 0) != ERR_OK)
			return ERR_RANGE;
		bits = (int)bits_of(c > d ? c : d) - (int)WEIGHT_BITS;
		exponent = bits > exponent ? bits : exponent;
	}
	*out = exponent;
	return ERR_OK;
}

enum err
scan_prices_from(struct scan_prices *out, const struct vaults *v,
    const struct px18 *collateral, const struct px18 *debt,
    enum scan_factor factor)
{
	struct making k = { v, collateral, debt, factor };
	struct scan_prices p = { .layout = v->head->layout };
	enum err e = exponent_of(&p.exponent, &k);

	for (uint32_t i = 0; i < SCAN_PAIRS_MAX && e == ERR_OK; i++) {
		u128 c, d;

		if (v->head->pair[i].legs == 0)
			continue;
		e = pair_weights(&c, &d, &k, &v->head->pair[i], p.exponent);
		if (e != ERR_OK)
			break;
		p.collateral[i] = (uint64_t)c << SCAN_WEIGHT_SHIFT;
		p.debt[i] = (uint64_t)d << SCAN_WEIGHT_SHIFT;
	}
	if (e == ERR_OK)
		*out = p;
	return e;
}

bool
scan_prices_hold(const struct scan_prices *p, const struct vaults *v)
{
	return p->layout == v->head->layout;
}
