/* Prints random accounts of the lending systems and what margin/ makes of
 * them, one JSON object a line, for tests/check_lending.py to recompute.
 * lending_dump COUNT SEED.  Which accounts a seed gives is the compiler's
 * choice: the order within an initialiser is. */
#include <stdio.h>

#include "margin/auction.h"
#include "margin/close_aave.h"
#include "margin/close_compound.h"
#include "margin/close_euler.h"
#include "margin/close_gearbox.h"
#include "margin/close_liquity.h"
#include "margin/close_maker.h"
#include "margin/close_morpho.h"
#include "margin/profile.h"
#include "base/must.h"
#include "tests/lending_world.h"

#define LEGS 4u

static uint64_t seed;

static void
line_begin(const char *kind)
{
	printf("{\"kind\":\"%s\"", kind);
}

static void
put(const char *name, struct u256 v)
{
	printf(",\"%s\":%s", name, big_text(v));
}

static void
put_i128(const char *name, i128 v)
{
	u128 size = v < 0 ? (u128)0 - (u128)v : (u128)v;

	printf(",\"%s\":%s%s", name, v < 0 ? "-" : "",
	    big_text(evm_word(size)));
}

/* What a function answered: its outputs follow only where that is ok. */
static bool
put_err(enum err e)
{
	printf(",\"err\":\"%s\"", err_name(e));
	return e == ERR_OK;
}

static struct u256
part_of(unsigned decimals)
{
	u128 one = pow10_u128(decimals);

	return evm_word(random_one_in(&seed, 10) ? one :
	    (u128)random_below(&seed, 1000000) * one / 1000000);
}

/* near is `v` times about one, 95 % to 105 %. */
static struct u256
near(struct u256 v)
{
	struct evm c = { ERR_OK };
	struct u256 r = evm_muldiv(&c, v,
	    evm_word(950000 + random_below(&seed, 100001)), evm_word(1000000),
	    SIDE_FLOOR);

	return c.err == ERR_OK ? r : v;
}

/* ---- profiles ----------------------------------------------------------- */

static struct profile_leg
random_leg(const struct rounding_profile *p, bool is_debt)
{
	static const unsigned decimals[] = { 0, 6, 8, 18, 18, 24 };
	u128 one = pow10_u128(p->factor_decimals);
	struct profile_leg leg = {
		.atoms = random_big(&seed, 26),
		.decimals = decimals[random_below(&seed, 6)],
		.price = random_big(&seed, p->price_decimals + 5u),
		.has_cap = random_one_in(&seed, 6),
		.cap = random_big(&seed, p->value_decimals + 6u),
	};

	if (random_one_in(&seed, 200))
		leg.atoms = random_big(&seed, 76);
	leg.initial_price = random_one_in(&seed, 2) ? leg.price :
	    near(leg.price);
	leg.maintenance = part_of(p->factor_decimals);
	if (is_debt || p->weighting == WEIGHT_PRICE)
		leg.maintenance = evm_word(one + random_below(&seed,
		    (uint64_t)(one < 1000000000 ? one : 1000000000)));
	if (is_debt && random_one_in(&seed, 2))
		leg.maintenance = evm_word(one);
	leg.initial = leg.maintenance;
	if (is_debt)
		leg.has_cap = false;
	else if (p->weighting != WEIGHT_PRICE)
		leg.initial = evm_min(leg.initial,
		    part_of(p->factor_decimals));
	return leg;
}

static void
put_legs(const char *name, const struct profile_leg *legs, size_t count)
{
	printf(",\"%s\":[", name);
	for (size_t i = 0; i < count; i++)
		printf("%s[%s,%u,%s,%s,%s,%s,%s]", i == 0 ? "" : ",",
		    big_text(legs[i].atoms), legs[i].decimals,
		    big_text(legs[i].price), big_text(legs[i].initial_price),
		    big_text(legs[i].initial), big_text(legs[i].maintenance),
		    legs[i].has_cap ? big_text(legs[i].cap) : "null");
	printf("]");
}

/* debt_to_edge scales a debt until the account is near its threshold. */
static void
debt_to_edge(struct profile_leg *debt, const struct rounding_profile *p,
    const struct profile_leg *held, size_t count)
{
	struct profile_result r;
	struct evm c = { ERR_OK };
	struct u256 atoms;

	if (profile_evaluate(&r, p, held, count, debt, 1) != ERR_OK)
		return;
	atoms = evm_muldiv(&c, debt->atoms, r.weighted_collateral,
	    r.weighted_debt, SIDE_FLOOR);
	if (c.err == ERR_OK)
		debt->atoms = random_one_in(&seed, 3) ? near(atoms) : atoms;
}

static void
dump_profile(void)
{
	struct profile_leg held[LEGS], owed[LEGS];
	size_t held_count = random_below(&seed, LEGS + 1);
	size_t owed_count = random_one_in(&seed, 3) ?
	    random_below(&seed, LEGS + 1) : 1;
	const struct rounding_profile *p =
	    profile_at(random_below(&seed, 8));
	struct profile_result r;

	for (size_t i = 0; i < held_count; i++)
		held[i] = random_leg(p, false);
	for (size_t i = 0; i < owed_count; i++)
		owed[i] = random_leg(p, true);
	if (owed_count == 1)
		debt_to_edge(&owed[0], p, held, held_count);
	line_begin("profile");
	printf(",\"name\":\"%s\"", p->name);
	put_legs("held", held, held_count);
	put_legs("owed", owed, owed_count);
	if (put_err(profile_evaluate(&r, p, held, held_count, owed,
	    owed_count))) {
		put("collateral", r.collateral);
		put("debt", r.debt);
		put("weighted_collateral", r.weighted_collateral);
		put("weighted_debt", r.weighted_debt);
		put("initial_collateral", r.initial_collateral);
		put("initial_debt", r.initial_debt);
		put("average_initial", r.average_initial);
		put("average_maintenance", r.average_maintenance);
		put("ratio", r.ratio);
		put("health", r.health);
		put("available", r.available);
		put("is_liquidatable", evm_word(r.is_liquidatable));
		put("may_borrow", evm_word(r.may_borrow));
	}
}

/* ---- systems ------------------------------------------------------------ */

static void
dump_aave(void)
{
	struct aave_rules rules;
	struct aave_pair p = {
		.debt = random_big(&seed, 14),
		.debt_price = random_big(&seed, 12),
		.debt_unit = evm_word(1000000),
		.collateral = random_big(&seed, 24),
		.collateral_price = random_big(&seed, 14),
		.collateral_unit = evm_word(WAD_ONE_RAW),
		.bonus_bps = 10000 + (uint32_t)random_below(&seed, 2000),
		.protocol_fee_bps = (uint32_t)random_below(&seed, 2000),
	};
	struct wad health = wad_from_raw(WAD_ONE_RAW / 1000 *
	    (900 + random_below(&seed, 110)));
	struct evm c = { ERR_OK };
	struct u256 total, cover;
	struct aave_seizure s;

	/* Mostly a collateral of about the debt's value. */
	if (!random_one_in(&seed, 4) && !evm_is_zero(p.collateral_price))
		p.collateral = near(evm_muldiv(&c,
		    evm_mul(&c, p.debt, p.debt_price),
		    evm_word(pow10_u128(12)), p.collateral_price,
		    SIDE_FLOOR));
	/* Some around the 2000 USD below which a leg may be closed whole. */
	if (random_one_in(&seed, 4)) {
		p.debt_price = near(evm_word(pow10_u128(8)));
		p.collateral_price = near(evm_word(pow10_u128(11)));
		if (random_one_in(&seed, 2))
			p.collateral_unit = evm_word(1000);
		p.debt = evm_word(pow10_u128(6) *
		    (1800 + random_below(&seed, 3000)));
		p.collateral = evm_muldiv(&c, p.collateral_unit,
		    evm_word(1800 + random_below(&seed, 1000)),
		    evm_word(1000), SIDE_FLOOR);
	}
	total = evm_muldiv(&c, p.debt, p.debt_price, p.debt_unit, SIDE_CEIL);
	total = evm_add(&c, total, random_one_in(&seed, 2) ? evm_zero() :
	    random_big(&seed, 16));
	cover = random_one_in(&seed, 2) ? p.debt : near(p.debt);
	aave_rules_default(&rules);
	line_begin("aave");
	put("debt", p.debt);
	put("debt_price", p.debt_price);
	put("debt_unit", p.debt_unit);
	put("collateral", p.collateral);
	put("collateral_price", p.collateral_price);
	put("collateral_unit", p.collateral_unit);
	put("bonus", evm_word(p.bonus_bps));
	put("fee", evm_word(p.protocol_fee_bps));
	put("health", evm_word(wad_to_raw(health)));
	put("total", total);
	put("cover", cover);
	if (put_err(aave_liquidate(&s, &p, total, health, cover, &rules))) {
		put("repay", s.repay);
		put("to_liquidator", s.to_liquidator);
		put("protocol_fee", s.protocol_fee);
	}
	s.repay = evm_zero();
	printf(",\"most\":\"%s\"", err_name(aave_liquidate_most(&s, &p, total,
	    health, &rules)));
	put("most_repay", s.repay);
}

static void
dump_compound(void)
{
	struct compound_asset assets[LEGS];
	size_t count = random_below(&seed, LEGS + 1);
	struct u256 debt = random_big(&seed, 16), ask = evm_zero();
	struct u256 base_price = random_big(&seed, 9);
	struct u256 price = random_big(&seed, 13), store = part_of(18);
	struct u256 factor = part_of(18), quote = evm_zero();
	struct compound_absorption a;

	line_begin("compound");
	printf(",\"assets\":[");
	for (size_t i = 0; i < count; i++) {
		assets[i] = (struct compound_asset){ random_big(&seed, 24),
		    random_big(&seed, 12), evm_word(WAD_ONE_RAW),
		    part_of(18) };
		printf("%s[%s,%s,%s]", i == 0 ? "" : ",",
		    big_text(assets[i].balance), big_text(assets[i].price),
		    big_text(assets[i].liquidation_factor));
	}
	printf("]");
	put("debt", debt);
	put("base_price", base_price);
	put("price", price);
	put("store", store);
	put("factor", factor);
	if (compound_ask_price(&ask, price, store, factor) == ERR_OK &&
	    compound_quote(&quote, debt, base_price, evm_word(1000000), ask,
	    evm_word(WAD_ONE_RAW)) != ERR_OK)
		quote = evm_max();
	put("ask", ask);
	put("quote", quote);
	if (put_err(compound_absorb(&a, debt, base_price, evm_word(1000000),
	    assets, count))) {
		put("credit", a.credit);
		put("balance", a.balance);
		put("paid", a.paid_by_reserves);
	}
}

static void
dump_maker(void)
{
	struct evm c = { ERR_OK };
	struct u256 ray = evm_pow10(&c, 27);
	struct maker_vault v = {
		.ink = random_big(&seed, 22), .art = random_big(&seed, 24),
		.rate = near(ray),
		.dust = random_big(&seed, 49),
		.chop = evm_word(WAD_ONE_RAW / 100 *
		    (100 + random_below(&seed, 20))),
		.hole_all = random_big(&seed, 53),
		.dirt_all = random_big(&seed, 50),
		.hole = random_big(&seed, 52), .dirt = random_big(&seed, 50),
	};
	struct u256 price = random_big(&seed, 22), spot = evm_zero();
	struct maker_bark b;

	MUST(maker_spot(&spot, price, near(ray), near(ray)) == ERR_OK);
	v.spot = random_one_in(&seed, 10) ? evm_zero() : spot;
	if (random_one_in(&seed, 2) && !evm_is_zero(v.ink))
		v.spot = near(evm_muldiv(&c, v.art, v.rate, v.ink,
		    SIDE_FLOOR));
	line_begin("maker");
	put("ink", v.ink);
	put("art", v.art);
	put("rate", v.rate);
	put("spot", v.spot);
	put("dust", v.dust);
	put("chop", v.chop);
	put("hole_all", v.hole_all);
	put("dirt_all", v.dirt_all);
	put("hole", v.hole);
	put("dirt", v.dirt);
	if (put_err(maker_bark_vault(&b, &v))) {
		printf(",\"outcome\":\"%s\"", maker_outcome_name(b.outcome));
		put("dink", b.dink);
		put("dart", b.dart);
		put("due", b.due);
		put("tab", b.tab);
	}
}

static void
dump_liquity(void)
{
	struct liquity_rules rules;
	struct u256 debt = random_big(&seed, 25), price = random_big(&seed, 23);
	struct u256 pool = random_one_in(&seed, 2) ? near(debt) :
	    random_big(&seed, 26);
	struct u256 system = evm_word(WAD_ONE_RAW / 1000 *
	    (900 + random_below(&seed, 800)));
	struct u256 collateral = random_big(&seed, 22), ratio;
	enum liquity_branch branch;
	struct liquity_close s;
	struct evm c = { ERR_OK };

	liquity_rules_default(&rules);
	if (!random_one_in(&seed, 4) && !evm_is_zero(price))
		collateral = evm_muldiv(&c, evm_muldiv(&c, debt,
		    evm_word(WAD_ONE_RAW), price, SIDE_FLOOR),
		    evm_word(900 + random_below(&seed, 800)), evm_word(1000),
		    SIDE_FLOOR);
	if (liquity_ratio(&ratio, collateral, debt, price) != ERR_OK)
		abort();
	branch = liquity_is_recovery(system, &rules) ?
	    liquity_branch_recovery(ratio, system,
	    evm_compare(pool, debt) >= 0, &rules) :
	    liquity_branch_normal(ratio, &rules);
	line_begin("liquity");
	put("collateral", collateral);
	put("debt", debt);
	put("price", price);
	put("pool", pool);
	put("system", system);
	put("ratio", ratio);
	printf(",\"branch\":\"%s\"", liquity_branch_name(branch));
	if (put_err(liquity_close_trove(&s, branch, collateral, debt, price,
	    pool, &rules))) {
		put("gas", s.gas_compensation);
		put("debt_offset", s.debt_offset);
		put("to_pool", s.collateral_to_pool);
		put("debt_redistributed", s.debt_redistributed);
		put("redistributed", s.collateral_redistributed);
		put("surplus", s.collateral_surplus);
	}
}

static void
dump_morpho(void)
{
	struct evm c = { ERR_OK };
	struct morpho_rules rules;
	struct u256 assets = random_big(&seed, 24);
	struct morpho_position p = {
		.collateral = random_big(&seed, 24),
		.total_borrow_assets = evm_add(&c, assets,
		    random_big(&seed, 25)),
		.price = evm_add(&c, evm_word(1), random_big(&seed, 38)),
		.lltv = part_of(18),
	};
	bool by_shares = random_one_in(&seed, 2);
	struct morpho_close m;
	struct u256 ask;

	p.total_borrow_shares = near(evm_mul(&c, p.total_borrow_assets,
	    evm_word(1000000)));
	p.borrow_shares = evm_min(p.total_borrow_shares,
	    evm_mul(&c, assets, evm_word(1000000)));
	ask = by_shares ? p.borrow_shares : p.collateral;
	if (random_one_in(&seed, 2))
		ask = evm_div(&c, ask, evm_word(1 + random_below(&seed, 9)),
		    SIDE_FLOOR);
	morpho_rules_default(&rules);
	line_begin("morpho");
	put("collateral", p.collateral);
	put("shares", p.borrow_shares);
	put("total_assets", p.total_borrow_assets);
	put("total_shares", p.total_borrow_shares);
	put("price", p.price);
	put("lltv", p.lltv);
	put("by_shares", evm_word(by_shares));
	put("ask", ask);
	if (put_err(by_shares ? morpho_repay(&m, &p, ask, &rules) :
	    morpho_seize(&m, &p, ask, &rules))) {
		put("seized", m.seized);
		put("repaid_shares", m.repaid_shares);
		put("repaid_assets", m.repaid_assets);
		put("bad_debt", m.bad_debt);
	}
}

static void
dump_euler_gearbox(void)
{
	struct euler_rules euler;
	struct gearbox_rules gearbox = {
		.discount = ppb_from_raw(PPB_ONE_RAW -
		    (uint32_t)random_below(&seed, 1000) * 100000),
		.fee_liquidation = ppb_from_raw(
		    (uint32_t)random_below(&seed, 500) * 100000),
		.fee_interest = ppb_from_raw(
		    (uint32_t)random_below(&seed, 10000) * 100000),
	};
	struct u256 value = random_big(&seed, 26);
	struct euler_account a = {
		.weighted_collateral = near(value),
		.debt = random_big(&seed, 24), .debt_value = near(value),
		.collateral = random_big(&seed, 26),
		.collateral_value = random_one_in(&seed, 10) ? evm_zero() :
		    random_one_in(&seed, 3) ? value : random_big(&seed, 26),
	};
	struct u256 debt = near(value), interest = random_big(&seed, 22);
	struct euler_close s;
	struct gearbox_payments p;

	euler_rules_default(&euler);
	if (random_one_in(&seed, 3))
		a.weighted_collateral = random_big(&seed, 26);
	line_begin("euler");
	put("weighted", a.weighted_collateral);
	put("debt", a.debt);
	put("debt_value", a.debt_value);
	put("collateral", a.collateral);
	put("collateral_value", a.collateral_value);
	if (put_err(euler_liquidate(&s, &a, &euler))) {
		put("factor", s.discount_factor);
		put("repay", s.repay);
		put("yield", s.yield);
	}
	printf("}\n");
	line_begin("gearbox");
	put("value", value);
	put("debt", debt);
	put("interest", interest);
	put("discount", evm_word(ppb_to_raw(gearbox.discount)));
	put("fee_liquidation", evm_word(ppb_to_raw(gearbox.fee_liquidation)));
	put("fee_interest", evm_word(ppb_to_raw(gearbox.fee_interest)));
	if (put_err(gearbox_liquidate(&p, value, debt, interest, &gearbox))) {
		put("to_pool", p.to_pool);
		put("remaining", p.remaining);
		put("profit", p.profit);
		put("loss", p.loss);
	}
}

static void
dump_auction(void)
{
	i128 mtm = (i128)random_magnitude(&seed, 26);
	i128 maintenance = mtm - (i128)random_magnitude(&seed, 26);
	uint64_t elapsed = random_below(&seed, 9000);
	i128 reserved = random_one_in(&seed, 2) ? 0 :
	    (i128)random_magnitude(&seed, 24);
	struct auction_rules rules;
	struct usd18 buffer = usd18_zero(), bid = usd18_zero();
	struct num18 share = num18_zero(), discount;

	if (random_one_in(&seed, 4))
		mtm = -mtm;
	auction_rules_default(&rules);
	discount = auction_discount(elapsed, &rules);
	MUST(auction_buffer_margin(&buffer, usd18_from_raw(maintenance),
	    usd18_from_raw(mtm), &rules) == ERR_OK);
	MUST(auction_share(&share, buffer, usd18_from_raw(mtm),
	    usd18_from_raw(reserved), discount) == ERR_OK);
	MUST(auction_bid_insolvent(&bid, usd18_from_raw(mtm),
	    usd18_from_raw(maintenance), elapsed, &rules) == ERR_OK);
	line_begin("auction");
	put_i128("mtm", mtm);
	put_i128("maintenance", maintenance);
	put_i128("reserved", reserved);
	put_i128("elapsed", (i128)elapsed);
	put_i128("discount", num18_to_raw(discount));
	put_i128("buffer", usd18_to_raw(buffer));
	put_i128("share", num18_to_raw(share));
	put_i128("bid", usd18_to_raw(bid));
}

int
main(int argc, char **argv)
{
	static void (*const dumps[])(void) = {
		dump_profile, dump_profile, dump_aave, dump_compound,
		dump_maker, dump_liquity, dump_morpho, dump_euler_gearbox,
		dump_auction,
	};
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;

	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	for (unsigned long i = 0; i < count; i++) {
		dumps[i % ARRAY_COUNT(dumps)]();
		printf("}\n");
	}
	return 0;
}
