#include "margin/portfolio_verdict.h"

#include <string.h>

static struct ratio_end
end_of(const struct evaluation *v)
{
	return (struct ratio_end){ .weighted_debt = v->weighted_debt,
		.excess = v->excess, .health = v->health };
}

static void
figures_take(struct verdict *d, const struct margin_result *r)
{
	struct ratio_result *v = &d->value;

	d->state = r->state;
	v->collateral_value = r->collateral_value;
	v->debt_value = r->debt_value;
	v->equity = r->equity;
	v->collateralization_ratio = r->collateralization_ratio;
	v->loan_to_value = r->loan_to_value;
	v->mid = end_of(&r->mid);
	v->worst = end_of(&r->worst);
	v->best = end_of(&r->best);
	v->initial_excess = r->initial.excess;
	v->is_degraded = r->is_degraded;
}

static enum err
repay_of(struct verdict *d, const struct book *b, const struct vault *v,
    const struct market *m)
{
	struct ratio_leg leg;
	u128 atoms;

	for (size_t i = 0; i < v->debt_count; i++) {
		const struct asset *a = &b->assets[v->debt[i].asset];
		enum err e;

		if (!d->has_debt_asset || v->debt[i].asset != d->debt_asset)
			continue;
		e = book_debt_atoms(&atoms, b, &v->debt[i]);
		if (e == ERR_OK)
			e = ratio_value_debt(&leg, a, atoms,
			    m->asset[d->debt_asset].price.mid, ppb_one());
		return e != ERR_OK ? e : usd18_mul_ppb(&d->max_repay,
		    leg.value, a->rules[v->mode].close_factor, ROUND_FLOOR);
	}
	return ERR_OK;
}

void
portfolio_verdict_of(struct verdict *out, const struct snapshot *s,
    uint32_t slot)
{
	const struct vault *v = &s->book->vaults[slot];
	struct margin_result r;
	struct verdict d;
	enum err e;

	memset(&d, 0, sizeof(d));
	e = margin_evaluate(&r, s, slot, margin_own_method(s, slot));
	if (e != ERR_OK || r.is_refused || r.state == STATE_STALE) {
		verdict_make_stale(out);
		return;
	}
	figures_take(&d, &r);
	if (verdict_is_in_tree(d.state))
		e = verdict_pick_assets(&d, s->book, v, s->market);
	if (e == ERR_OK && d.state == STATE_LIQUIDATABLE)
		e = repay_of(&d, s->book, v, s->market);
	if (e != ERR_OK)
		verdict_make_stale(&d);
	*out = d;
}
