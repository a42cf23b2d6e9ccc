/* Aave v3: health, what a liquidation takes, the close factor. */
#include "margin/close_aave.h"
#include "margin/profile.h"
#include "tests/cases/lending.h"

#include <string.h>

#define LEGS_MAX 64u

static size_t
legs_read(struct profile_leg *legs, const struct node *list, bool is_debt)
{
	struct evm c = { ERR_OK };
	struct u256 one = evm_pow10(&c, 4);
	size_t count = 0;

	for (const struct node *n = list->first; n; n = n->next) {
		struct profile_leg *leg = &legs[count++];

		CASE_NEED(count <= LEGS_MAX);
		memset(leg, 0, sizeof(*leg));
		leg->atoms = get_u256(n, "balance");
		leg->decimals = (unsigned)get_i128(n, "decimals", 0);
		leg->price = get_u256(n, "price_8dec");
		leg->initial_price = leg->price;
		leg->initial = is_debt ? one : get_u256(n, "ltv_bps");
		leg->maintenance = is_debt ? one :
		    get_u256(n, "liqThreshold_bps");
	}
	return count;
}

static void
health_case(struct cases *c, const struct node *item)
{
	static struct profile_leg collateral[LEGS_MAX], debt[LEGS_MAX];
	size_t held = legs_read(collateral, node_need(item, "collateral"),
	    false);
	size_t owed = legs_read(debt, node_need(item, "debt"), true);
	struct profile_result r;

	if (!case_ok(c, "profile_evaluate", profile_evaluate(&r,
	    profile_find("aave-v3", 7), collateral, held, debt, owed)))
		return;
	case_expected(c, node_need(item, "expected"), (struct got_u256[]){
	    { "totalCollateralBase", r.collateral },
	    { "totalDebtBase", r.debt },
	    { "avgLtv", r.average_initial },
	    { "avgLiquidationThreshold", r.average_maintenance },
	    { "healthFactor", r.health },
	    { "availableBorrowsBase", r.available },
	}, 6);
}

static void
amounts_case(struct cases *c, const struct node *item)
{
	const struct node *in = node_need(item, "inputs");
	struct aave_pair p = {
		.debt_price = get_u256(in, "debtPrice"),
		.debt_unit = get_u256(in, "debtUnit"),
		.collateral = get_u256(in, "collateralBalance"),
		.collateral_price = get_u256(in, "collateralPrice"),
		.collateral_unit = get_u256(in, "collateralUnit"),
		.bonus_bps = (uint32_t)get_i128(in, "liquidationBonus_bps", 0),
		.protocol_fee_bps = (uint32_t)get_i128(in, "protocolFee_bps",
		    0),
	};
	struct aave_seizure s;

	if (!case_ok(c, "aave_seize", aave_seize(&s, &p,
	    get_u256(in, "debtToCover"))))
		return;
	case_expected(c, node_need(item, "expected"), (struct got_u256[]){
	    { "collateralToLiquidator", s.to_liquidator },
	    { "debtNeeded", s.repay },
	    { "protocolFee", s.protocol_fee },
	}, 3);
}

static void
close_factor_case(struct cases *c, const struct node *item)
{
	struct aave_rules rules;
	struct ppb factor;

	aave_rules_default(&rules);
	if (case_ok(c, "aave_close_factor", aave_close_factor(&factor,
	    wad_from_raw((u128)get_i128(item, "hf", 18)),
	    evm_word((u128)get_i128(item, "coll_usd", 8)),
	    evm_word((u128)get_i128(item, "debt_usd", 8)), &rules)))
		case_exact(c, "closeFactor", get_i128(item, "closeFactor", 9),
		    ppb_to_raw(factor));
}

static bool
item_read(struct cases *c, const struct node *item, unsigned index)
{
	if (node_find(item, "collateral") && node_find(item, "debt")) {
		case_begin_item(c, item, "health", index);
		health_case(c, item);
	} else if (node_find(node_find(item, "inputs"), "debtToCover")) {
		case_begin_item(c, item, "amounts", index);
		amounts_case(c, item);
	} else if (node_find(item, "closeFactor")) {
		case_begin_item(c, item, "close factor", index);
		close_factor_case(c, item);
	} else {
		return false;
	}
	return true;
}

void
cases_aave_v3(struct cases *c, const struct node *root)
{
	case_items(c, root, item_read);
}
