/* Euler: the discount, the most to repay, and what it yields. */
#include "margin/close_euler.h"
#include "margin/profile.h"
#include "tests/cases/lending.h"

/* Debt and unit of account are the same token. */
static bool
item_read(struct cases *c, const struct node *item, unsigned index)
{
	const struct node *expected = node_find(item, "expected");
	struct profile_leg held = { .decimals = 18 }, owed = { .decimals = 18 };
	struct euler_account a;
	struct euler_rules rules;
	struct euler_close s;
	struct profile_result r;

	if (!node_find(item, "ltv_liq") || expected == NULL)
		return false;
	case_begin_item(c, item, "liquidation", index);
	euler_rules_default(&rules);
	held.atoms = get_u256(item, "collateral_balance");
	held.price = evm_word((u128)get_i128(item, "price", 18));
	held.initial_price = held.price;
	held.maintenance = evm_word((u128)get_i128(item, "ltv_liq", 4));
	held.initial = held.maintenance;
	owed.atoms = get_u256(item, "debt");
	owed.price = evm_word(WAD_ONE_RAW);
	owed.initial_price = owed.price;
	owed.maintenance = evm_word(pow10_u128(4));
	owed.initial = owed.maintenance;
	if (!case_ok(c, "profile_evaluate", profile_evaluate(&r,
	    profile_find("euler", 5), &held, 1, &owed, 1)))
		return true;
	a = (struct euler_account){
		.weighted_collateral = r.weighted_collateral,
		.debt = owed.atoms, .debt_value = r.debt,
		.collateral = held.atoms, .collateral_value = r.collateral,
	};
	if (!case_ok(c, "euler_liquidate", euler_liquidate(&s, &a, &rules)))
		return true;
	for (const struct node *n = expected->first; n; n = n->next) {
		if (strcmp(n->key, "discountFactor") == 0)
			case_written(c, n, 18, s.discount_factor);
		else if (strcmp(n->key, "maxRepay") == 0)
			case_written(c, n, 0, s.repay);
		else if (strcmp(n->key, "yield_") == 0)
			case_written(c, n, 0, s.yield);
		else
			case_text(c, n->key, "a number we compute", "none");
	}
	return true;
}

void
cases_euler_evk(struct cases *c, const struct node *root)
{
	case_items(c, root, item_read);
}
