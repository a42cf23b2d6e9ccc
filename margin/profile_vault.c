/* A vault of the book in another system's units. */
#include "margin/profile.h"

#include "base/must.h"

/* rescale moves a plain number from one count of decimals to another. */
static struct u256
rescale(struct evm *c, u128 raw, unsigned from, unsigned to, enum side side)
{
	struct u256 a = evm_word(raw);

	if (from < to)
		return evm_mul(c, a, evm_pow10(c, to - from));
	return evm_div(c, a, evm_pow10(c, from - to), side);
}

/* The cautious prices of margin-model 1.3: initial margin only. */
static struct px18
price_cautious(const struct market_price *p, bool is_debt)
{
	struct px18 px = is_debt ? p->price.high : p->price.low;

	if (p->has_twap)
		px = is_debt ? px18_max(px, p->twap) : px18_min(px, p->twap);
	if (p->has_stable)
		px = is_debt ? px18_max(px, p->stable) :
		    px18_min(px, p->stable);
	return px;
}

static struct u256
factor_of(struct evm *c, const struct rounding_profile *p, struct ppb f,
    bool is_debt)
{
	struct u256 one;

	if (is_debt)
		return rescale(c, ppb_to_raw(f), 9, p->factor_decimals,
		    SIDE_CEIL);
	if (p->weighting != WEIGHT_PRICE)
		return rescale(c, ppb_to_raw(f), 9, p->factor_decimals,
		    SIDE_FLOOR);
	if (ppb_to_raw(f) == 0)
		return evm_zero();
	/* A share of value as the least ratio that it stands for. */
	one = evm_pow10(c, p->factor_decimals);
	return evm_muldiv(c, one, evm_word(PPB_ONE_RAW),
	    evm_word(ppb_to_raw(f)), SIDE_CEIL);
}

static enum err
leg_of(struct profile_leg *out, const struct rounding_profile *p,
    const struct book *b, const struct vault *v, const struct market *m,
    const struct leg *leg, bool is_debt)
{
	const struct asset *a = &b->assets[leg->asset];
	const struct asset_rules *rules = &a->rules[v->mode];
	const struct market_price *price = &m->asset[leg->asset];
	enum side side = is_debt ? SIDE_CEIL : SIDE_FLOOR;
	u128 atoms = leg->amount;
	struct evm c = { ERR_OK };

	if (price->price.status == PRICE_REFUSED)
		return ERR_STALE;
	if (is_debt)
		c.err = book_debt_atoms(&atoms, b, leg);
	*out = (struct profile_leg){
		.atoms = evm_word(atoms),
		.decimals = a->decimals,
		.price = rescale(&c, px18_to_raw(price->price.mid), 18,
		    p->price_decimals, side),
		.initial_price = rescale(&c,
		    px18_to_raw(price_cautious(price, is_debt)), 18,
		    p->price_decimals, side),
		.initial = factor_of(&c, p,
		    is_debt ? rules->debt_weight : rules->ltv, is_debt),
		.maintenance = factor_of(&c, p, is_debt ?
		    rules->debt_weight : rules->liquidation_threshold,
		    is_debt),
	};
	return c.err;
}

static enum err
legs_of(struct profile_leg *out, size_t *out_count,
    const struct rounding_profile *p, const struct book *b,
    const struct vault *v, const struct market *m, bool is_debt)
{
	const struct leg *legs = is_debt ? v->debt : v->collateral;
	size_t count = is_debt ? v->debt_count : v->collateral_count;
	size_t used = 0;
	enum err e;

	MUST(count <= BOOK_LEGS_MAX);
	for (size_t i = 0; i < count; i++) {
		MUST(legs[i].asset < m->count);
		if (legs[i].amount == 0)
			continue;
		e = leg_of(&out[used], p, b, v, m, &legs[i], is_debt);
		if (e != ERR_OK)
			return e;
		used++;
	}
	*out_count = used;
	return ERR_OK;
}

enum err
profile_legs_of_vault(struct profile_leg *collateral,
    size_t *collateral_count, struct profile_leg *debt, size_t *debt_count,
    const struct rounding_profile *p, const struct book *b,
    const struct vault *v, const struct market *m)
{
	struct profile_leg held[BOOK_LEGS_MAX], owed[BOOK_LEGS_MAX];
	size_t held_count, owed_count;
	enum err e;

	MUST(m->count == b->asset_count && v->mode < b->mode_count);
	e = legs_of(held, &held_count, p, b, v, m, false);
	if (e == ERR_OK)
		e = legs_of(owed, &owed_count, p, b, v, m, true);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < held_count; i++)
		collateral[i] = held[i];
	for (size_t i = 0; i < owed_count; i++)
		debt[i] = owed[i];
	*collateral_count = held_count;
	*debt_count = owed_count;
	return ERR_OK;
}

enum err
profile_evaluate_vault(struct profile_result *out,
    const struct rounding_profile *p, const struct book *b,
    const struct vault *v, const struct market *m)
{
	struct profile_leg collateral[BOOK_LEGS_MAX], debt[BOOK_LEGS_MAX];
	size_t collateral_count, debt_count;
	enum err e = profile_legs_of_vault(collateral, &collateral_count,
	    debt, &debt_count, p, b, v, m);

	if (e == ERR_OK)
		e = profile_evaluate(out, p, collateral, collateral_count,
		    debt, debt_count);
	return e;
}
