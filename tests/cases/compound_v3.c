/* Compound v3: the two tests of an account, and what absorbed collateral
 * costs. */
#include "margin/close_compound.h"
#include "margin/profile.h"
#include "tests/cases/lending.h"

#include <string.h>

#define LEGS_MAX 64u

/* node_magnitude reads |n| and says whether n is below zero. */
static struct u256
node_magnitude(const struct node *n, bool *is_negative)
{
	struct node copy = *n;

	CASE_NEED(n->text != NULL);
	*is_negative = n->text[0] == '-';
	if (*is_negative)
		copy.text++;
	return node_u256(&copy);
}

static void
account_case(struct cases *c, const struct node *item)
{
	static struct profile_leg held[LEGS_MAX];
	struct profile_leg owed;
	struct profile_result r;
	size_t count = 0;
	bool is_debt, got;

	for (const struct node *n = node_need(item, "collateral")->first; n;
	    n = n->next) {
		struct profile_leg *leg = &held[count++];

		CASE_NEED(count <= LEGS_MAX);
		memset(leg, 0, sizeof(*leg));
		leg->atoms = get_u256(n, "balance");
		leg->decimals = (unsigned)get_i128(n, "decimals", 0);
		leg->price = get_u256(n, "price_8dec");
		leg->initial_price = leg->price;
		leg->maintenance = get_u256(n, "factor_wad");
		leg->initial = leg->maintenance;
	}
	memset(&owed, 0, sizeof(owed));
	owed.atoms = node_magnitude(node_need(item, "base_principal"),
	    &is_debt);
	owed.decimals = (unsigned)get_i128(item, "base_decimals", 0);
	owed.price = get_u256(item, "base_price_8dec");
	owed.initial_price = owed.price;
	owed.maintenance = evm_word(WAD_ONE_RAW);
	owed.initial = owed.maintenance;
	if (!case_ok(c, "profile_evaluate", profile_evaluate(&r,
	    profile_find("compound-v3", 11), held, count, &owed,
	    is_debt ? 1 : 0)))
		return;
	got = node_is(node_need(item, "function"), "isLiquidatable") ?
	    r.is_liquidatable : r.may_borrow;
	case_bool(c, node_need(item, "function")->text,
	    node_bool(node_need(item, "expected")), got);
}

/* The quoted price is in whole units of a base worth one. */
static void
quote_case(struct cases *c, const struct node *item)
{
	struct u256 ask, atoms;
	enum err e = compound_ask_price(&ask,
	    evm_word((u128)get_i128(item, "price", 8)),
	    evm_word((u128)get_i128(item, "storeFrontPriceFactor", 18)),
	    evm_word((u128)get_i128(item, "liquidationFactor", 18)));

	if (e == ERR_OK)
		e = compound_quote(&atoms, get_u256(item, "baseAmount_6dec"),
		    evm_word(pow10_u128(8)), evm_word(pow10_u128(6)), ask,
		    evm_word(pow10_u128(18)));
	if (case_ok(c, "compound_quote", e))
		case_u256(c, "collateral", get_u256(item, "expected_18dec"),
		    atoms);
}

static bool
item_read(struct cases *c, const struct node *item, unsigned index)
{
	const struct node *function = node_find(item, "function");

	case_begin_item(c, item, function ? function->text : "item", index);
	if (node_is(function, "isLiquidatable") ||
	    node_is(function, "isBorrowCollateralized"))
		account_case(c, item);
	else if (node_is(function, "quoteCollateral"))
		quote_case(c, item);
	else
		return false;
	return true;
}

void
cases_compound_v3(struct cases *c, const struct node *root)
{
	case_items(c, root, item_read);
}
