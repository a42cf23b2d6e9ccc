/* Weights from prices, and the scan in plain integers. */
#include "margin/scan.h"

#include "base/must.h"
#include "base/u256.h"
#include "margin/simd_scan.h"

#define WEIGHT_BITS 51u
/* 2^52 units are then at least 2^10 of 10^-18 USD: more than 32 legs lose to
 * their own roundings in ratio_evaluate (below 6.3 each). */
#define EXPONENT_MIN (-42)
#define PRICE_MAX ((u128)10000000 * WAD_ONE_RAW)
#define ACCRUAL_MAX (8 * WAD_ONE_RAW)

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

/* ---- weights ------------------------------------------------------------ */

/* weight_of: price * factor * 2^shift / 10^(decimals + 9) / 2^exponent, in
 * 10^-18 USD of one count.  ERR_RANGE beyond 128 bits. */
static enum err
weight_of(u128 *out, struct px18 price, struct ppb factor, unsigned decimals,
    unsigned shift, int exponent, enum rounding r)
{
	int up = (int)shift - exponent;
	struct u256 n = u256_mul_u128(px18_to_raw(price), ppb_to_raw(factor));
	struct u256 d = u256_mul_u128(pow10_u128(decimals), PPB_ONE_RAW);
	struct u256 scale = u256_from_u128((u128)1 << (up < 0 ? -up : up));
	struct u256 rest;
	u128 q;

	if (u256_mul(up < 0 ? &d : &n, up < 0 ? &d : &n, &scale) != ERR_OK)
		return ERR_RANGE;
	u256_div(&n, &rest, &n, &d);
	if (u256_to_u128(&q, &n) != ERR_OK)
		return ERR_RANGE;
	*out = q + (r == ROUND_CEIL && !u256_is_zero(&rest));
	return ERR_OK;
}

struct weighing {
	const struct vaults *v;
	const struct book *b;
	const struct px18 *collateral, *debt;
	enum scan_factor factor;
};

/* A debt's price with what its asset has accrued, ceil. */
static enum err
debt_price(struct px18 *out, const struct weighing *w, uint8_t asset)
{
	u128 raw;
	enum err e = muldiv_u128(&raw, px18_to_raw(w->debt[asset]),
	    wad_to_raw(w->b->accrual[asset]), WAD_ONE_RAW, ROUND_CEIL);

	if (e == ERR_OK)
		*out = px18_from_raw(raw);
	return e;
}

/* Both weights of a pair at an exponent. */
static enum err
pair_weights(u128 *collateral, u128 *debt, const struct weighing *w,
    uint32_t pair, int exponent)
{
	const struct vaults_pair *p = &w->v->head->pair[pair];
	const struct asset *a = &w->b->assets[p->asset];
	const struct asset_rules *r = &a->rules[p->mode];
	unsigned shift = w->v->head->shift[p->asset];
	struct px18 owed;

	if (weight_of(collateral, w->collateral[p->asset],
	    w->factor == SCAN_BY_LTV ? r->ltv : r->liquidation_threshold,
	    a->decimals, shift, exponent, ROUND_FLOOR) != ERR_OK ||
	    debt_price(&owed, w, p->asset) != ERR_OK)
		return ERR_RANGE;
	return weight_of(debt, owed, r->debt_weight, a->decimals, shift,
	    exponent, ROUND_CEIL);
}

enum err
scan_prices_from(struct scan_prices *out, const struct vaults *v,
    const struct book *b, const struct px18 *collateral,
    const struct px18 *debt, enum scan_factor factor)
{
	struct weighing w = { v, b, collateral, debt, factor };
	int exponent = EXPONENT_MIN;
	u128 c, d;

	for (uint32_t i = 0; i < v->head->pair_count; i++) {
		uint8_t asset = v->head->pair[i].asset;
		int bits;

		if (px18_to_raw(collateral[asset]) > PRICE_MAX ||
		    px18_to_raw(debt[asset]) > PRICE_MAX ||
		    wad_to_raw(b->accrual[asset]) > ACCRUAL_MAX ||
		    pair_weights(&c, &d, &w, i, 0) != ERR_OK)
			return ERR_RANGE;
		bits = (int)bits_of(c > d ? c : d) - (int)WEIGHT_BITS;
		exponent = bits > exponent ? bits : exponent;
	}
	out->exponent = exponent;
	for (uint32_t i = 0; i < v->head->pair_count; i++) {
		if (pair_weights(&c, &d, &w, i, exponent) != ERR_OK)
			return ERR_RANGE;
		out->collateral[i] = (uint64_t)c;
		out->debt[i] = (uint64_t)d;
	}
	return ERR_OK;
}

/* ---- the scan ----------------------------------------------------------- */

static struct scan_mask
block_run(const struct vaults *v, const struct scan_prices *p, uint32_t block)
{
	const struct vaults_block *b = &v->block[block];
	const int64_t *amount = v->amount + (size_t)b->row * SCAN_LANES;
	const uint8_t *index = v->index + (size_t)b->row * SCAN_LANES;
	uint32_t legs = (uint32_t)b->collateral_count + b->debt_count;
	i128 sum[SCAN_LANES] = { 0 };
	i128 below = -((i128)(2 * legs) << 52);
	i128 above = ((i128)b->debt_count + 1) << 52;
	struct scan_mask m = { 0, 0 };

	for (uint32_t k = 0; k < legs; k++) {
		bool is_debt = k >= b->collateral_count;
		const uint64_t *weight = is_debt ? p->debt : p->collateral;

		for (uint32_t i = 0; i < SCAN_LANES; i++) {
			i128 x = (i128)*amount++ *
			    (int64_t)weight[*index++];

			sum[i] += is_debt ? -x : x;
		}
	}
	for (uint32_t i = 0; i < SCAN_LANES; i++) {
		m.below |= (uint64_t)(sum[i] < below) << i;
		m.unsure |= (uint64_t)(sum[i] >= below &&
		    sum[i] < above) << i;
	}
	return m;
}

static void
run_portable(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		out[i] = block_run(v, p, first + i);
}

enum scan_level
scan_level_best(void)
{
	return simd_scan_has_ifma() ? SCAN_IFMA : simd_scan_has_avx2() ?
	    SCAN_AVX2 : SCAN_PORTABLE;
}

void
scan_run_level(enum scan_level level, struct scan_mask *out,
    const struct vaults *v, const struct scan_prices *p, uint32_t first,
    uint32_t count)
{
	MUST(level <= scan_level_best());
	MUST(first <= v->head->block_count &&
	    count <= v->head->block_count - first);
	if (level == SCAN_IFMA)
		simd_scan_run_ifma(out, v, p, first, count);
	else if (level == SCAN_AVX2)
		simd_scan_run_avx2(out, v, p, first, count);
	else
		run_portable(out, v, p, first, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct vaults_block *b = &v->block[first + i];

		out[i].below &= b->live & ~b->odd;
		out[i].unsure = (out[i].unsure | b->odd) & b->live;
	}
}

void
scan_run(struct scan_mask *out, const struct vaults *v,
    const struct scan_prices *p, uint32_t first, uint32_t count)
{
	scan_run_level(scan_level_best(), out, v, p, first, count);
}
