#include "margin/close_aave.h"

#include "base/must.h"

#define BPS 10000u

void
aave_rules_default(struct aave_rules *r)
{
	*r = (struct aave_rules){
		.close_factor = ppb_from_raw(500000000),
		.full_close_health = wad_from_raw(WAD_ONE_RAW / 100 * 95),
		.small_leg = usd18_from_raw((i128)WAD_ONE_RAW * 2000),
		.leftover = usd18_from_raw((i128)WAD_ONE_RAW * 1000),
		.base_decimals = 8,
	};
}

/* in_base is an amount of USD in the base currency's decimals. */
static struct u256
in_base(struct evm *c, struct usd18 v, const struct aave_rules *r)
{
	MUST(r->base_decimals <= 18 && !usd18_is_negative(v));
	return evm_div(c, evm_word((u128)usd18_to_raw(v)),
	    evm_pow10(c, 18u - r->base_decimals), SIDE_CEIL);
}

static struct u256
debt_value(struct evm *c, const struct aave_pair *p, struct u256 atoms)
{
	return evm_muldiv(c, atoms, p->debt_price, p->debt_unit, SIDE_CEIL);
}

static struct u256
collateral_value(struct evm *c, const struct aave_pair *p, struct u256 atoms)
{
	return evm_muldiv(c, atoms, p->collateral_price, p->collateral_unit,
	    SIDE_FLOOR);
}

enum err
aave_close_factor(struct ppb *out, struct wad health,
    struct u256 collateral_in_base, struct u256 debt_in_base,
    const struct aave_rules *r)
{
	struct evm c = { ERR_OK };
	struct u256 small = in_base(&c, r->small_leg, r);
	bool is_whole = wad_compare(health, r->full_close_health) <= 0 ||
	    evm_compare(collateral_in_base, small) < 0 ||
	    evm_compare(debt_in_base, small) < 0;

	if (c.err == ERR_OK)
		*out = is_whole ? ppb_one() : r->close_factor;
	return c.err;
}

enum err
aave_debt_max(struct u256 *out, const struct aave_pair *p,
    struct u256 total_debt_value, struct wad health,
    const struct aave_rules *r)
{
	struct evm c = { ERR_OK };
	struct u256 owed = debt_value(&c, p, p->debt);
	struct u256 most = p->debt, cap;
	struct ppb factor;
	enum err e = aave_close_factor(&factor, health,
	    collateral_value(&c, p, p->collateral), owed, r);

	if (e != ERR_OK)
		return e;
	/* The share is of all debts together, so one reserve's debt may be
	 * closed whole below it. */
	cap = evm_muldiv(&c, total_debt_value, evm_word(ppb_to_raw(factor)),
	    evm_word(PPB_ONE_RAW), SIDE_FLOOR);
	if (ppb_to_raw(factor) < PPB_ONE_RAW && evm_compare(owed, cap) > 0)
		most = evm_min(most, evm_muldiv(&c, cap, p->debt_unit,
		    p->debt_price, SIDE_FLOOR));
	if (c.err == ERR_OK)
		*out = most;
	return c.err;
}

enum err
aave_seize(struct aave_seizure *out, const struct aave_pair *p,
    struct u256 debt_to_cover)
{
	struct evm c = { ERR_OK };
	struct u256 bonus = evm_word(p->bonus_bps), bps = evm_word(BPS);
	struct u256 collateral_scale = evm_mul(&c, p->collateral_price,
	    p->debt_unit);
	struct u256 debt_scale = evm_mul(&c, p->debt_price,
	    p->collateral_unit);
	struct aave_seizure s = { .repay = debt_to_cover };
	struct u256 base = evm_muldiv(&c, debt_scale, debt_to_cover,
	    collateral_scale, SIDE_FLOOR);
	struct u256 seized = evm_muldiv(&c, base, bonus, bps, SIDE_FLOOR);
	struct u256 extra;

	if (evm_compare(seized, p->collateral) > 0) {
		seized = p->collateral;
		base = evm_muldiv(&c, collateral_scale, seized, debt_scale,
		    SIDE_FLOOR);
		s.repay = evm_muldiv(&c, base, bps, bonus, SIDE_CEIL);
	}
	extra = evm_sub(&c, seized,
	    evm_muldiv(&c, seized, bps, bonus, SIDE_FLOOR));
	s.protocol_fee = evm_muldiv(&c, extra, evm_word(p->protocol_fee_bps),
	    bps, SIDE_CEIL);
	s.to_liquidator = evm_sub(&c, seized, s.protocol_fee);
	if (c.err == ERR_OK)
		*out = s;
	return c.err;
}

/* leaves_dust: something stays of both legs, and too little of one. */
static bool
leaves_dust(struct evm *c, const struct aave_pair *p,
    const struct aave_seizure *s, const struct aave_rules *r)
{
	struct u256 least = in_base(c, r->leftover, r);
	struct u256 seized = evm_add(c, s->to_liquidator, s->protocol_fee);
	struct u256 debt = evm_sub_or_zero(p->debt, s->repay);
	struct u256 collateral = evm_sub_or_zero(p->collateral, seized);

	if (evm_is_zero(debt) || evm_is_zero(collateral))
		return false;
	return evm_compare(debt_value(c, p, debt), least) < 0 ||
	    evm_compare(collateral_value(c, p, collateral), least) < 0;
}

enum err
aave_liquidate(struct aave_seizure *out, const struct aave_pair *p,
    struct u256 total_debt_value, struct wad health,
    struct u256 debt_to_cover, const struct aave_rules *r)
{
	struct evm c = { ERR_OK };
	struct aave_seizure s;
	struct u256 most;
	enum err e;

	if (wad_compare(health, wad_one()) >= 0)
		return ERR_REFUSED;
	e = aave_debt_max(&most, p, total_debt_value, health, r);
	if (e == ERR_OK)
		e = aave_seize(&s, p, evm_min(debt_to_cover, most));
	if (e != ERR_OK)
		return e;
	if (leaves_dust(&c, p, &s, r))
		return c.err == ERR_OK ? ERR_REFUSED : c.err;
	if (c.err == ERR_OK)
		*out = s;
	return c.err;
}

/* below is the largest n with floor(n * num / den) <= limit. */
static struct u256
below(struct evm *c, struct u256 limit, struct u256 num, struct u256 den)
{
	struct u256 first_above = evm_muldiv(c,
	    evm_add(c, limit, evm_word(1)), den, num, SIDE_CEIL);

	return evm_sub_or_zero(first_above, evm_word(1));
}

/* cover_leaving is the largest repayment that leaves enough of both legs. */
static struct u256
cover_leaving(struct evm *c, const struct aave_pair *p,
    const struct aave_rules *r)
{
	struct u256 least = in_base(c, r->leftover, r);
	/* The least debt whose ceiled value is enough is one more than the
	 * most that is worth less than a unit below. */
	struct u256 debt_kept = evm_add(c, evm_word(1), evm_muldiv(c,
	    evm_sub_or_zero(least, evm_word(1)), p->debt_unit, p->debt_price,
	    SIDE_FLOOR));
	struct u256 spare = evm_sub_or_zero(p->collateral,
	    evm_muldiv(c, least, p->collateral_unit, p->collateral_price,
	    SIDE_CEIL));
	struct u256 base = below(c, spare, evm_word(p->bonus_bps),
	    evm_word(BPS));
	struct u256 cover = below(c, base,
	    evm_mul(c, p->debt_price, p->collateral_unit),
	    evm_mul(c, p->collateral_price, p->debt_unit));

	return evm_min(evm_sub_or_zero(p->debt, debt_kept), cover);
}

enum err
aave_liquidate_most(struct aave_seizure *out, const struct aave_pair *p,
    struct u256 total_debt_value, struct wad health,
    const struct aave_rules *r)
{
	struct evm c = { ERR_OK };
	struct u256 cover;
	enum err e = aave_liquidate(out, p, total_debt_value, health,
	    p->debt, r);

	if (e != ERR_REFUSED || wad_compare(health, wad_one()) >= 0)
		return e;
	cover = cover_leaving(&c, p, r);
	if (c.err != ERR_OK)
		return c.err;
	if (evm_is_zero(cover))
		return ERR_REFUSED;
	return aave_liquidate(out, p, total_debt_value, health, cover, r);
}
