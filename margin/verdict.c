#include "margin/verdict.h"

#include <string.h>

#include "margin/liquidation.h"

const char *
vault_state_name(unsigned state)
{
	switch ((enum vault_state)state) {
	case STATE_HEALTHY: return "HEALTHY";
	case STATE_RESTRICTED: return "RESTRICTED";
	case STATE_CALLED: return "CALLED";
	case STATE_OVERDUE: return "OVERDUE";
	case STATE_LIQUIDATABLE: return "LIQUIDATABLE";
	case STATE_LIQUIDATING: return "LIQUIDATING";
	case STATE_CLOSED: return "CLOSED";
	case STATE_INSOLVENT: return "INSOLVENT";
	case STATE_STALE: return "STALE";
	case STATE_PENDING: return "PENDING";
	case STATE_RECOVERY: return "RECOVERY";
	}
	return "UNNAMED";
}

bool
verdict_is_in_tree(enum vault_state s)
{
	return s != STATE_HEALTHY && s != STATE_STALE;
}

enum vault_state
verdict_state_from_ratio(const struct ratio_result *r)
{
	if (r->is_stale)
		return STATE_STALE;
	if (r->is_worthless)
		return STATE_INSOLVENT;
	if (usd18_is_negative(r->worst.excess) &&
	    usd18_is_negative(r->mid.excess) &&
	    usd18_is_negative(r->best.excess))
		return STATE_LIQUIDATABLE;
	if (!usd18_is_negative(r->initial_excess))
		return STATE_HEALTHY;
	return STATE_RESTRICTED;
}

/* asset_is_ahead: worth more than the largest so far, or as much with the
 * lower id.  Nothing of value zero is ahead of anything. */
static bool
asset_is_ahead(const struct book *b, uint8_t asset, struct usd18 value,
    bool has_largest, uint8_t largest, struct usd18 largest_value)
{
	int order = usd18_compare(value, largest_value);

	if (usd18_is_zero(value) || !has_largest || order != 0)
		return order > 0;
	return b32_compare(&b->assets[asset].id, &b->assets[largest].id) < 0;
}

static enum err
verdict_pick_collateral(struct verdict *d, const struct book *b,
    const struct vault *v, const struct market *m)
{
	struct usd18 largest = usd18_zero();
	struct ratio_leg leg;
	enum err e;

	for (size_t i = 0; i < v->collateral_count; i++) {
		uint8_t slot = v->collateral[i].asset;

		e = ratio_value_collateral(&leg, &b->assets[slot],
		    v->collateral[i].amount, m->asset[slot].price.mid,
		    ppb_one());
		if (e != ERR_OK)
			return e;
		if (!asset_is_ahead(b, slot, leg.value,
		    d->has_liquidation_asset, d->liquidation_asset, largest))
			continue;
		d->has_liquidation_asset = true;
		d->liquidation_asset = slot;
		largest = leg.value;
	}
	return ERR_OK;
}

static enum err
verdict_pick_debt(struct verdict *d, const struct book *b,
    const struct vault *v, const struct market *m)
{
	struct usd18 largest = usd18_zero();
	struct ratio_leg leg;
	u128 atoms;
	enum err e;

	for (size_t i = 0; i < v->debt_count; i++) {
		uint8_t slot = v->debt[i].asset;

		e = book_debt_atoms(&atoms, b, &v->debt[i]);
		if (e == ERR_OK)
			e = ratio_value_debt(&leg, &b->assets[slot], atoms,
			    m->asset[slot].price.mid, ppb_one());
		if (e != ERR_OK)
			return e;
		if (!asset_is_ahead(b, slot, leg.value, d->has_debt_asset,
		    d->debt_asset, largest))
			continue;
		d->has_debt_asset = true;
		d->debt_asset = slot;
		largest = leg.value;
	}
	return ERR_OK;
}

static enum err
verdict_price(struct verdict *d, const struct book *b, const struct vault *v,
    const struct market *m)
{
	struct liquidation_price p;
	enum err e;

	if (!d->has_liquidation_asset)
		return ERR_OK;
	e = liquidation_price_of(&p, b, v, m, d->liquidation_asset);
	if (e != ERR_OK)
		return e;
	d->has_liquidation_price = p.has_below;
	d->liquidation_price = p.has_below ? p.below : px18_from_raw(0);
	return ERR_OK;
}

static enum err
verdict_repay(struct verdict *d, const struct book *b, const struct vault *v,
    const struct market *m)
{
	struct liquidation_size s;
	enum err e;

	if (d->state != STATE_LIQUIDATABLE || !d->has_liquidation_asset ||
	    !d->has_debt_asset)
		return ERR_OK;
	e = liquidation_size_of(&s, b, v, m, d->debt_asset,
	    d->liquidation_asset,
	    wad_from_raw(LIQUIDATION_TARGET_HEALTH_RAW));
	if (e == ERR_OK)
		d->max_repay = s.repay;
	return e;
}

enum err
verdict_pick_assets(struct verdict *d, const struct book *b,
    const struct vault *v, const struct market *m)
{
	struct verdict picked = *d;
	enum err e = verdict_pick_collateral(&picked, b, v, m);

	if (e == ERR_OK)
		e = verdict_pick_debt(&picked, b, v, m);
	if (e == ERR_OK)
		*d = picked;
	return e;
}

static enum err
verdict_figures(struct verdict *d, const struct book *b, const struct vault *v,
    const struct market *m)
{
	enum err e = verdict_pick_assets(d, b, v, m);

	if (e == ERR_OK)
		e = verdict_price(d, b, v, m);
	if (e == ERR_OK)
		e = verdict_repay(d, b, v, m);
	return e;
}

void
verdict_make_stale(struct verdict *d)
{
	memset(d, 0, sizeof(*d));
	d->state = STATE_STALE;
	d->value.is_stale = true;
}

void
verdict_begin(struct verdict *out, const struct book *b, const struct vault *v,
    const struct market *m)
{
	struct verdict d;

	memset(&d, 0, sizeof(d));
	if (ratio_evaluate(&d.value, b, v, m) != ERR_OK)
		verdict_make_stale(&d);
	else
		d.state = verdict_state_from_ratio(&d.value);
	*out = d;
}

void
verdict_finish(struct verdict *d, const struct book *b, const struct vault *v,
    const struct market *m)
{
	struct verdict whole = *d;

	if (d->state == STATE_STALE)
		return;
	if (verdict_figures(&whole, b, v, m) == ERR_OK)
		*d = whole;
	else if (verdict_is_in_tree(d->state))
		verdict_make_stale(d);
}

void
verdict_from_vault(struct verdict *out, const struct book *b,
    const struct vault *v, const struct market *m)
{
	verdict_begin(out, b, v, m);
	verdict_finish(out, b, v, m);
}
