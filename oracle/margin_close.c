#include "oracle/margin_close.h"

#include <string.h>

/* What no rules file says of a system keeps its default. */
static void
rules_of(struct close_rules *out, const struct liquidation_rules *r)
{
	close_rules_default(out);
	out->target_health = r->target_health;
	out->aave = r->aave;
	out->liquity = r->liquity;
	out->morpho = r->morpho;
	out->euler = r->euler;
	out->gearbox = r->gearbox;
}

static struct leg *
leg_of(struct leg *legs, size_t count, uint8_t asset)
{
	for (size_t i = 0; i < count; i++)
		if (legs[i].asset == asset)
			return &legs[i];
	return NULL;
}

/* vault_after: the debt that is left stands as it is, without its index. */
static enum err
vault_after(struct vault *v, const struct book *b,
    const struct close_result *r, uint8_t debt_asset, uint8_t collateral_asset)
{
	struct leg *owed = leg_of(v->debt, v->debt_count, debt_asset);
	struct leg *held = leg_of(v->collateral, v->collateral_count,
	    collateral_asset);
	u128 atoms;
	enum err e;

	if (!owed || !held)
		return ERR_UNKNOWN;
	e = book_debt_atoms(&atoms, b, owed);
	if (e != ERR_OK)
		return e;
	if (r->repay > atoms || r->fee > U128_MAX - r->seize)
		return ERR_RANGE;
	e = book_debt_shares(&owed->amount, b, debt_asset, wad_one(),
	    atoms - r->repay, ROUND_CEIL);
	if (e != ERR_OK)
		return e;
	owed->index = wad_one();
	if (r->takes_all) {
		v->collateral_count = 0;
		return ERR_OK;
	}
	held->amount -= r->seize + r->fee < held->amount ?
	    r->seize + r->fee : held->amount;
	return ERR_OK;
}

static enum err
values_of(struct margin_closing *out, const struct study *s,
    const struct close_result *r, uint8_t debt_asset,
    uint8_t collateral_asset)
{
	const struct book *b = &s->input->book;
	const struct market *m = &s->market->market;
	enum err e = usd18_from_atoms(&out->repay, r->repay,
	    b->assets[debt_asset].decimals, m->asset[debt_asset].price.mid,
	    ROUND_CEIL);

	if (e == ERR_OK && r->fee > U128_MAX - r->seize)
		e = ERR_RANGE;
	if (e == ERR_OK)
		e = usd18_from_atoms(&out->seize, r->seize + r->fee,
		    b->assets[collateral_asset].decimals,
		    m->asset[collateral_asset].price.mid, ROUND_FLOOR);
	out->bad_debt = r->bad_debt;
	return e;
}

enum err
margin_close(struct margin_closing *out, const struct study *s,
    const struct vault *v, uint8_t debt_asset, uint8_t collateral_asset)
{
	const struct rounding_profile *p = s->rules.profile;
	const struct close_system *system = close_find(p->name,
	    strlen(p->name));
	struct vault after = *v;
	struct margin_closing c;
	struct close_rules rules;
	struct close_result r;
	struct profile_result value;
	enum err e;

	if (p == profile_at(0) || !system)
		return ERR_UNKNOWN;
	rules_of(&rules, &s->rules.liquidation);
	e = close_vault(&r, system, &s->input->book, v, &s->market->market,
	    debt_asset, collateral_asset, &rules);
	if (e != ERR_OK)
		return e;
	if (!r.is_liquidatable)
		return ERR_STATE;
	e = values_of(&c, s, &r, debt_asset, collateral_asset);
	if (e == ERR_OK)
		e = vault_after(&after, &s->input->book, &r, debt_asset,
		    collateral_asset);
	if (e == ERR_OK)
		e = profile_evaluate_vault(&value, p, &s->input->book, &after,
		    &s->market->market);
	if (e != ERR_OK)
		return e;
	c.health_after = margin_profile_health(p, &value);
	*out = c;
	return ERR_OK;
}
