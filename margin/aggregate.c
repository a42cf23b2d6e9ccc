#include "margin/aggregate.h"

#include "base/must.h"

enum err
aggregate_add(struct aggregate *a, const struct verdict *v)
{
	struct aggregate next = *a;
	enum err e = ERR_OK;

	MUST((unsigned)v->state < AGGREGATE_STATES);
	MUST(a->vaults < UINT32_MAX);
	next.vaults++;
	next.states[v->state]++;
	/* A STALE vault's figures are zero; it is counted, never valued. */
	if (v->state != STATE_STALE) {
		e = usd18_add(&next.collateral_value, a->collateral_value,
		    v->value.collateral_value);
		if (e == ERR_OK)
			e = usd18_add(&next.debt_value, a->debt_value,
			    v->value.debt_value);
		if (e == ERR_OK)
			e = usd18_add(&next.weighted_collateral,
			    a->weighted_collateral,
			    v->value.mid.weighted_collateral);
		if (e == ERR_OK)
			e = usd18_add(&next.weighted_debt, a->weighted_debt,
			    v->value.mid.weighted_debt);
	}
	if (e == ERR_OK)
		*a = next;
	return e;
}

/* sum_take: only what was added may be taken out again. */
static void
sum_take(struct usd18 *sum, struct usd18 part)
{
	enum err e = usd18_sub(sum, *sum, part);

	MUST(e == ERR_OK && !usd18_is_negative(*sum));
}

void
aggregate_remove(struct aggregate *a, const struct verdict *v)
{
	MUST((unsigned)v->state < AGGREGATE_STATES);
	MUST(a->vaults > 0 && a->states[v->state] > 0);
	a->vaults--;
	a->states[v->state]--;
	if (v->state == STATE_STALE)
		return;
	sum_take(&a->collateral_value, v->value.collateral_value);
	sum_take(&a->debt_value, v->value.debt_value);
	sum_take(&a->weighted_collateral, v->value.mid.weighted_collateral);
	sum_take(&a->weighted_debt, v->value.mid.weighted_debt);
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
