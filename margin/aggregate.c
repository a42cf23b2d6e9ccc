#include "margin/aggregate.h"

#include "base/must.h"

void
aggregate_count(struct aggregate *a, unsigned before, unsigned after)
{
	MUST(before <= AGGREGATE_NEW && after < AGGREGATE_STATES);
	if (before == AGGREGATE_NEW) {
		a->vaults++;
	} else {
		MUST(a->states[before] > 0);
		a->states[before]--;
	}
	a->states[after]++;
}

struct wad
aggregate_collateralization_ratio(const struct aggregate *a)
{
	return a->unpriced > 0 ? wad_infinite() :
	    ratio_floor(a->collateral_value, a->debt_value);
}

struct wad
aggregate_health(const struct aggregate *a)
{
	return a->unpriced > 0 ? wad_infinite() :
	    ratio_floor(a->weighted_collateral, a->weighted_debt);
}

/* sum_add: at the type's end it stays there. */
static void
sum_add(struct usd18 *sum, struct usd18 part)
{
	if (usd18_add(sum, *sum, part) != ERR_OK)
		*sum = usd18_from_raw(I128_MAX);
}

static bool
asset_is_used(const struct vaults *v, const struct book *b, uint8_t asset)
{
	for (uint8_t mode = 0; mode < b->mode_count; mode++) {
		struct u256 held = vaults_total_of(v, asset, mode, false);
		struct u256 owed = vaults_total_of(v, asset, mode, true);

		if (!u256_is_zero(&held) || !u256_is_zero(&owed))
			return true;
	}
	return false;
}

/* What all that is held, or owed, of an asset in a mode is worth at mid. */
static void
side_value(struct aggregate *a, const struct vaults *v, const struct book *b,
    uint8_t asset, uint8_t mode, struct px18 price, bool is_debt)
{
	const struct asset_rules *r = &b->assets[asset].rules[mode];
	struct u256 total = vaults_total_of(v, asset, mode, is_debt);
	struct ratio_leg leg;
	u128 atoms;
	enum err e = u256_to_u128(&atoms, &total);

	if (e == ERR_OK && is_debt)
		e = muldiv_u128(&atoms, atoms, wad_to_raw(b->accrual[asset]),
		    WAD_ONE_RAW, ROUND_CEIL);
	if (e == ERR_OK)
		e = is_debt ? ratio_value_debt(&leg, &b->assets[asset], atoms,
		    price, r->debt_weight) : ratio_value_collateral(&leg,
		    &b->assets[asset], atoms, price, r->liquidation_threshold);
	if (e != ERR_OK)
		return;
	sum_add(is_debt ? &a->debt_value : &a->collateral_value, leg.value);
	sum_add(is_debt ? &a->weighted_debt : &a->weighted_collateral,
	    leg.weighted);
}

void
aggregate_value(struct aggregate *a, const struct vaults *v,
    const struct book *b, const struct market *m)
{
	a->collateral_value = a->debt_value = usd18_zero();
	a->weighted_collateral = a->weighted_debt = usd18_zero();
	a->unpriced = 0;
	for (uint8_t i = 0; i < b->asset_count; i++) {
		const struct price *p = &m->asset[i].price;

		if (p->status == PRICE_REFUSED) {
			a->unpriced += asset_is_used(v, b, i);
			continue;
		}
		for (uint8_t mode = 0; mode < b->mode_count; mode++) {
			side_value(a, v, b, i, mode, p->mid, false);
			side_value(a, v, b, i, mode, p->mid, true);
		}
	}
}
