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
	return ratio_floor(a->collateral_value, a->debt_value);
}

struct wad
aggregate_health(const struct aggregate *a)
{
	return ratio_floor(a->weighted_collateral, a->weighted_debt);
}

/* sum_add: at the type's end it stays there. */
static void
sum_add(struct usd18 *sum, struct usd18 part)
{
	if (usd18_add(sum, *sum, part) != ERR_OK)
		*sum = usd18_from_raw(I128_MAX);
}

/* A pair's side: what all that is held or owed of it is worth at mid. */
static void
side_value(struct usd18 *value, struct usd18 *weighted,
    const struct vaults_pair *p, const struct book *b, struct px18 price,
    bool is_debt)
{
	const struct asset *a = &b->assets[p->asset];
	const struct asset_rules *r = &a->rules[p->mode];
	struct ratio_leg leg;
	u128 atoms;
	enum err e = u256_to_u128(&atoms, &p->total[is_debt]);

	if (e == ERR_OK && is_debt)
		e = muldiv_u128(&atoms, atoms,
		    wad_to_raw(b->accrual[p->asset]), WAD_ONE_RAW,
		    ROUND_CEIL);
	if (e == ERR_OK)
		e = is_debt ? ratio_value_debt(&leg, a, atoms, price,
		    r->debt_weight) : ratio_value_collateral(&leg, a, atoms,
		    price, r->liquidation_threshold);
	if (e != ERR_OK)
		return;
	sum_add(value, leg.value);
	sum_add(weighted, leg.weighted);
}

void
aggregate_value(struct aggregate *a, const struct vaults *v,
    const struct book *b, const struct market *m)
{
	const struct vaults_pair *p;

	a->collateral_value = a->debt_value = usd18_zero();
	a->weighted_collateral = a->weighted_debt = usd18_zero();
	for (uint32_t i = 0; (p = vaults_pair_at(v, i)) != NULL; i++) {
		const struct price *price = &m->asset[p->asset].price;

		if (p->legs == 0 || price->status == PRICE_REFUSED)
			continue;
		side_value(&a->collateral_value, &a->weighted_collateral, p,
		    b, price->mid, false);
		side_value(&a->debt_value, &a->weighted_debt, p, b,
		    price->mid, true);
	}
}
