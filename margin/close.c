#include "margin/close.h"

#include <string.h>

#include "base/must.h"
#include "margin/close_compound.h"
#include "margin/close_maker.h"
#include "margin/liquidation.h"

#define BPS 10000u
#define PPB_A_BPS (PPB_ONE_RAW / BPS)

void
close_rules_default(struct close_rules *r)
{
	memset(r, 0, sizeof(*r));
	r->target_health = wad_from_raw(WAD_ONE_RAW / 100 * 105);
	aave_rules_default(&r->aave);
	r->aave_protocol_fee = ppb_from_raw(100000000);
	r->maker_room = usd18_from_raw((i128)WAD_ONE_RAW * 100000000);
	liquity_rules_default(&r->liquity);
	r->liquity_system_ratio = wad_infinite();
	r->liquity_pool_covers = true;
	morpho_rules_default(&r->morpho);
	euler_rules_default(&r->euler);
	gearbox_rules_default(&r->gearbox);
}

/* result_keep is the one exit of every system: outputs only where nothing
 * failed. */
static enum err
result_keep(struct close_result *out, struct evm *c, struct close_result *r,
    struct u256 repay, struct u256 seize, struct u256 fee)
{
	r->is_liquidatable = true;
	r->repay = evm_to_u128(c, repay);
	r->seize = evm_to_u128(c, seize);
	r->fee = evm_to_u128(c, fee);
	if (c->err == ERR_OK)
		*out = *r;
	return c->err;
}

static void
result_bad_debt(struct evm *c, struct close_result *r,
    const struct close_case *x, struct u256 value)
{
	enum err e = profile_usd18(&r->bad_debt, x->profile, value,
	    SIDE_CEIL);

	c->err = c->err == ERR_OK ? e : c->err;
}

static struct u256
unit_of(struct evm *c, const struct profile_leg *leg)
{
	return evm_pow10(c, leg->decimals);
}

/* leg_18 is a leg's amount with 18 decimals, leg_atoms the way back. */
static struct u256
leg_18(struct evm *c, const struct profile_leg *leg, enum side side)
{
	return evm_muldiv(c, leg->atoms, evm_word(WAD_ONE_RAW),
	    unit_of(c, leg), side);
}

static struct u256
leg_atoms(struct evm *c, const struct profile_leg *leg, struct u256 amount,
    enum side side)
{
	return evm_muldiv(c, amount, unit_of(c, leg), evm_word(WAD_ONE_RAW),
	    side);
}

static struct u256
usd_word(struct usd18 v)
{
	MUST(!usd18_is_negative(v));
	return evm_word((u128)usd18_to_raw(v));
}

static const struct asset_rules *
rules_of(const struct close_case *x, uint8_t asset)
{
	return &x->book->assets[asset].rules[x->vault->mode];
}

static enum err
close_margind(struct close_result *out, const struct close_case *x)
{
	const struct asset *d = &x->book->assets[x->debt_asset];
	const struct asset *a = &x->book->assets[x->collateral_asset];
	struct close_result r = { .is_liquidatable = true };
	struct u256 owed = x->debt[x->owed].atoms;
	struct liquidation_size s;
	u128 atoms;
	enum err e;

	e = liquidation_size_of(&s, x->book, x->vault, x->market,
	    x->debt_asset, x->collateral_asset, x->rules->target_health);
	if (e == ERR_OK && !usd18_is_zero(s.repay))
		e = atoms_from_usd18(&r.repay, s.repay, d->decimals,
		    x->market->asset[x->debt_asset].price.mid, ROUND_CEIL);
	if (e == ERR_OK && !usd18_is_zero(s.seize))
		e = atoms_from_usd18(&r.seize, s.seize, a->decimals,
		    x->market->asset[x->collateral_asset].price.mid,
		    ROUND_FLOOR);
	if (e == ERR_OK)
		e = u256_to_u128(&atoms, &owed);
	if (e != ERR_OK)
		return e;
	/* A value that was ceiled may be worth more atoms than are owed. */
	r.repay = r.repay < atoms ? r.repay : atoms;
	r.bad_debt = s.bad_debt;
	*out = r;
	return ERR_OK;
}

/* health_wad: the profile's health, the largest finite where it is larger. */
static struct wad
health_wad(const struct profile_result *r)
{
	u128 raw;

	if (u256_to_u128(&raw, &r->health) != ERR_OK || raw == U128_MAX)
		raw = U128_MAX - 1;
	return wad_from_raw(raw);
}

static enum err
close_aave(struct close_result *out, const struct close_case *x)
{
	const struct profile_leg *held = &x->collateral[x->held];
	const struct profile_leg *owed = &x->debt[x->owed];
	struct close_result r = { 0 };
	struct evm c = { ERR_OK };
	struct aave_pair p = {
		.debt = owed->atoms, .debt_price = owed->price,
		.debt_unit = unit_of(&c, owed),
		.collateral = held->atoms, .collateral_price = held->price,
		.collateral_unit = unit_of(&c, held),
		.bonus_bps = BPS + ppb_to_raw(x->bonus[x->held]) / PPB_A_BPS,
		.protocol_fee_bps =
		    ppb_to_raw(x->rules->aave_protocol_fee) / PPB_A_BPS,
	};
	struct aave_seizure s;
	struct u256 left;
	enum err e = aave_liquidate_most(&s, &p, x->value.debt,
	    health_wad(&x->value), &x->rules->aave);

	if (e != ERR_OK)
		return e;
	/* The last collateral is gone: what is owed still is written off. */
	left = evm_sub_or_zero(held->atoms,
	    evm_add(&c, s.to_liquidator, s.protocol_fee));
	if (x->collateral_count == 1 && evm_is_zero(left))
		result_bad_debt(&c, &r, x, evm_sub_or_zero(x->value.debt,
		    evm_muldiv(&c, s.repay, owed->price, p.debt_unit,
		    SIDE_FLOOR)));
	return result_keep(out, &c, &r, s.repay, s.to_liquidator,
	    s.protocol_fee);
}

static enum err
close_compound(struct close_result *out, const struct close_case *x)
{
	const struct profile_leg *owed = &x->debt[0];
	struct compound_asset assets[BOOK_LEGS_MAX];
	struct compound_absorption a;
	struct close_result r = { .takes_all = true };
	struct evm c = { ERR_OK };
	enum err e;

	if (x->debt_count != 1)
		return ERR_REFUSED;
	for (size_t i = 0; i < x->collateral_count; i++)
		assets[i] = (struct compound_asset){
			.balance = x->collateral[i].atoms,
			.price = x->collateral[i].price,
			.unit = unit_of(&c, &x->collateral[i]),
			.liquidation_factor = evm_muldiv(&c,
			    evm_sub_or_zero(evm_word(PPB_ONE_RAW),
			    evm_word(ppb_to_raw(x->bonus[i]))),
			    evm_word(WAD_ONE_RAW), evm_word(PPB_ONE_RAW),
			    SIDE_FLOOR),
		};
	e = compound_absorb(&a, owed->atoms, owed->price, unit_of(&c, owed),
	    assets, x->collateral_count);
	if (e != ERR_OK)
		return e;
	result_bad_debt(&c, &r, x, evm_muldiv(&c, a.paid_by_reserves,
	    owed->price, unit_of(&c, owed), SIDE_CEIL));
	return result_keep(out, &c, &r, evm_min(a.credit, a.debt),
	    x->collateral[x->held].atoms, evm_zero());
}

static enum err
close_maker(struct close_result *out, const struct close_case *x)
{
	const struct profile_leg *held = &x->collateral[x->held];
	const struct profile_leg *owed = &x->debt[x->owed];
	struct close_result r = { 0 };
	struct evm c = { ERR_OK };
	struct u256 in_rad = evm_pow10(&c, 27);
	struct u256 room = evm_mul(&c, usd_word(x->rules->maker_room), in_rad);
	struct maker_vault v = {
		.ink = leg_18(&c, held, SIDE_FLOOR),
		.art = leg_18(&c, owed, SIDE_CEIL),
		.rate = owed->price,
		.dust = evm_mul(&c, usd_word(
		    rules_of(x, x->debt_asset)->dust), in_rad),
		.chop = evm_word(WAD_ONE_RAW +
		    (u128)ppb_to_raw(x->bonus[x->held]) *
		    (WAD_ONE_RAW / PPB_ONE_RAW)),
		.hole_all = room, .hole = room,
	};
	struct maker_bark b;
	enum err e;

	if (x->debt_count != 1 || x->collateral_count != 1)
		return ERR_REFUSED;
	if (!evm_is_zero(held->maintenance))
		v.spot = evm_muldiv(&c, held->price, evm_pow10(&c, 27),
		    held->maintenance, SIDE_FLOOR);
	e = c.err == ERR_OK ? maker_bark_vault(&b, &v) : c.err;
	if (e == ERR_OK && b.outcome != MAKER_BARKED)
		e = ERR_REFUSED;
	if (e != ERR_OK)
		return e;
	return result_keep(out, &c, &r,
	    evm_min(owed->atoms, leg_atoms(&c, owed, b.dart, SIDE_CEIL)),
	    leg_atoms(&c, held, b.dink, SIDE_FLOOR), evm_zero());
}

static enum err
close_liquity(struct close_result *out, const struct close_case *x)
{
	const struct profile_leg *held = &x->collateral[x->held];
	const struct profile_leg *owed = &x->debt[x->owed];
	const struct liquity_rules *rules = &x->rules->liquity;
	struct u256 system = evm_word(wad_to_raw(
	    x->rules->liquity_system_ratio));
	struct close_result r = { 0 };
	struct evm c = { ERR_OK };
	/* 36 decimals to 18: what a debt is worth of the unit it is lent in. */
	struct u256 debt = evm_div(&c, x->value.debt, evm_word(WAD_ONE_RAW),
	    SIDE_CEIL);
	struct u256 collateral = leg_18(&c, held, SIDE_FLOOR);
	struct u256 pool = x->rules->liquity_pool_covers ? debt : evm_zero();
	enum liquity_branch branch;
	struct liquity_close s;
	enum err e;

	if (x->debt_count != 1 || x->collateral_count != 1)
		return ERR_REFUSED;
	branch = liquity_is_recovery(system, rules) ?
	    liquity_branch_recovery(x->value.ratio, system,
	    x->rules->liquity_pool_covers, rules) :
	    liquity_branch_normal(x->value.ratio, rules);
	if (branch == LIQUITY_NONE) {
		*out = r;
		return ERR_OK;
	}
	e = liquity_close_trove(&s, branch, collateral, debt, held->price,
	    pool, rules);
	if (e != ERR_OK)
		return e;
	/* Pool and troves take the debt over; none of it is lost here. */
	return result_keep(out, &c, &r, owed->atoms, leg_atoms(&c, held,
	    evm_add(&c, s.collateral_to_pool, s.collateral_redistributed),
	    SIDE_FLOOR), leg_atoms(&c, held, s.gas_compensation, SIDE_FLOOR));
}

/* morpho_price: loan atoms per collateral atom, 36 decimals. */
static struct u256
morpho_price(struct evm *c, const struct profile_leg *held,
    const struct profile_leg *owed)
{
	struct u256 wad = evm_word(WAD_ONE_RAW);
	struct u256 loan = evm_div(c, owed->price, wad, SIDE_CEIL);

	return evm_muldiv(c, evm_div(c, held->price, wad, SIDE_FLOOR),
	    evm_pow10(c, 36 + owed->decimals - held->decimals), loan,
	    SIDE_FLOOR);
}

static enum err
close_morpho(struct close_result *out, const struct close_case *x)
{
	const struct profile_leg *held = &x->collateral[x->held];
	const struct profile_leg *owed = &x->debt[x->owed];
	struct close_result r = { 0 };
	struct evm c = { ERR_OK };
	/* A market of this one position: a million shares an asset. */
	struct u256 shares = evm_mul(&c, owed->atoms, evm_word(1000000));
	struct morpho_position p = {
		.collateral = held->atoms, .borrow_shares = shares,
		.total_borrow_assets = owed->atoms,
		.total_borrow_shares = shares,
		.price = morpho_price(&c, held, owed),
		.lltv = held->maintenance,
	};
	struct morpho_close m;
	enum err e = c.err;

	if (x->debt_count != 1 || x->collateral_count != 1)
		return ERR_REFUSED;
	if (e == ERR_OK)
		e = morpho_repay(&m, &p, shares, &x->rules->morpho);
	/* All of the debt asks for more than there is: all of it, then. */
	if (e == ERR_RANGE)
		e = morpho_seize(&m, &p, held->atoms, &x->rules->morpho);
	if (e != ERR_OK)
		return e;
	result_bad_debt(&c, &r, x, evm_muldiv(&c,
	    evm_mul(&c, m.bad_debt, evm_word(WAD_ONE_RAW)),
	    evm_div(&c, owed->price, evm_word(WAD_ONE_RAW), SIDE_CEIL),
	    evm_mul(&c, unit_of(&c, owed), evm_word(WAD_ONE_RAW)),
	    SIDE_CEIL));
	return result_keep(out, &c, &r, m.repaid_assets, m.seized,
	    evm_zero());
}

static enum err
close_euler(struct close_result *out, const struct close_case *x)
{
	const struct profile_leg *held = &x->collateral[x->held];
	const struct profile_leg *owed = &x->debt[x->owed];
	struct close_result r = { 0 };
	struct evm c = { ERR_OK };
	struct euler_account a = {
		.weighted_collateral = x->value.weighted_collateral,
		.debt = owed->atoms, .debt_value = x->value.debt,
		.collateral = held->atoms,
		.collateral_value = evm_muldiv(&c, held->atoms, held->price,
		    unit_of(&c, held), SIDE_FLOOR),
	};
	struct euler_close s;
	enum err e;

	if (x->debt_count != 1)
		return ERR_REFUSED;
	e = c.err == ERR_OK ? euler_liquidate(&s, &a, &x->rules->euler) :
	    c.err;
	if (e != ERR_OK)
		return e;
	if (x->collateral_count == 1 &&
	    evm_compare(s.yield, held->atoms) == 0)
		result_bad_debt(&c, &r, x, evm_muldiv(&c,
		    evm_sub(&c, owed->atoms, s.repay), owed->price,
		    unit_of(&c, owed), SIDE_CEIL));
	return result_keep(out, &c, &r, s.repay, s.yield, evm_zero());
}

static enum err
close_gearbox(struct close_result *out, const struct close_case *x)
{
	const struct profile_leg *owed = &x->debt[x->owed];
	struct close_result r = { .takes_all = true };
	struct evm c = { ERR_OK };
	struct gearbox_payments p;
	struct u256 paid;
	enum err e;

	if (x->debt_count != 1)
		return ERR_REFUSED;
	e = gearbox_liquidate(&p, x->value.collateral, x->value.debt,
	    evm_zero(), &x->rules->gearbox);
	if (e != ERR_OK)
		return e;
	paid = evm_muldiv(&c, evm_sub_or_zero(p.to_pool, p.profit),
	    unit_of(&c, owed), owed->price, SIDE_CEIL);
	result_bad_debt(&c, &r, x, p.loss);
	return result_keep(out, &c, &r, evm_min(paid, owed->atoms),
	    x->collateral[x->held].atoms, evm_zero());
}

static const struct close_system SYSTEMS[] = {
	{ "margind", close_margind },
	{ "aave-v3", close_aave },
	{ "compound-v3", close_compound },
	{ "maker", close_maker },
	{ "liquity", close_liquity },
	{ "morpho-blue", close_morpho },
	{ "euler", close_euler },
	{ "gearbox", close_gearbox },
};

const struct close_system *
close_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_COUNT(SYSTEMS); i++)
		if (strlen(SYSTEMS[i].name) == len &&
		    memcmp(SYSTEMS[i].name, name, len) == 0)
			return &SYSTEMS[i];
	return NULL;
}

/* legs_find is the place of an asset among the legs of an amount. */
static enum err
legs_find(size_t *out, const struct leg *legs, size_t count, uint8_t asset)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (legs[i].amount == 0)
			continue;
		if (legs[i].asset == asset) {
			*out = used;
			return ERR_OK;
		}
		used++;
	}
	return ERR_UNKNOWN;
}

static void
bonuses_of(struct close_case *x)
{
	size_t used = 0;

	for (size_t i = 0; i < x->vault->collateral_count; i++)
		if (x->vault->collateral[i].amount != 0)
			x->bonus[used++] = rules_of(x,
			    x->vault->collateral[i].asset)->bonus;
}

enum err
close_vault(struct close_result *out, const struct close_system *s,
    const struct book *b, const struct vault *v, const struct market *m,
    uint8_t debt_asset, uint8_t collateral_asset, const struct close_rules *r)
{
	struct close_case x = { .book = b, .vault = v, .market = m,
		.rules = r, .debt_asset = debt_asset,
		.collateral_asset = collateral_asset,
		.profile = profile_find(s->name, strlen(s->name)) };
	enum err e = legs_find(&x.held, v->collateral, v->collateral_count,
	    collateral_asset);

	MUST(x.profile != NULL);
	if (e == ERR_OK)
		e = legs_find(&x.owed, v->debt, v->debt_count, debt_asset);
	if (e == ERR_OK)
		e = profile_legs_of_vault(x.collateral, &x.collateral_count,
		    x.debt, &x.debt_count, x.profile, b, v, m);
	if (e == ERR_OK)
		e = profile_evaluate(&x.value, x.profile, x.collateral,
		    x.collateral_count, x.debt, x.debt_count);
	if (e != ERR_OK)
		return e;
	bonuses_of(&x);
	/* Liquity's threshold depends on the whole system: it decides. */
	if (!x.value.is_liquidatable && s->close != close_liquity) {
		*out = (struct close_result){ 0 };
		return ERR_OK;
	}
	return s->close(out, &x);
}
