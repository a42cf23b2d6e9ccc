/* Liquity v1: ratios, recovery mode and its branches, the capped offset. */
#include "margin/close_liquity.h"
#include "tests/cases/lending.h"

static void
ratio_case(struct cases *c, const struct node *item)
{
	struct u256 ratio;

	if (case_ok(c, "liquity_ratio", liquity_ratio(&ratio,
	    get_u256(item, "coll"), get_u256(item, "debt"),
	    get_u256(item, "price"))))
		case_u256(c, "ratio", get_u256(item, "expected"), ratio);
}

static void
offset_case(struct cases *c, const struct node *item,
    const struct liquity_rules *rules)
{
	struct u256 collateral = get_u256(item, "coll");
	struct u256 debt = get_u256(item, "debt");
	struct liquity_close s;

	if (!case_ok(c, "liquity_close_trove", liquity_close_trove(&s,
	    LIQUITY_CAPPED_OFFSET, collateral, debt, get_u256(item, "price"),
	    debt, rules)))
		return;
	case_expected(c, node_need(item, "expected"), (struct got_u256[]){
	    { "cappedColl", evm_sub_or_zero(collateral,
	    s.collateral_surplus) },
	    { "gasComp", s.gas_compensation },
	    { "collToSP", s.collateral_to_pool },
	    { "surplus", s.collateral_surplus },
	}, 4);
}

/* A case that says nothing of the pool has one that covers the debt. */
static void
branch_case(struct cases *c, const struct node *item,
    const struct liquity_rules *rules)
{
	const struct node *covers = node_find(item, "spCoversDebt");

	case_text(c, "branch", node_need(item, "branch")->text,
	    liquity_branch_name(liquity_branch_recovery(
	    evm_word((u128)get_i128(item, "ICR", 18)),
	    evm_word((u128)get_i128(item, "TCR", 18)),
	    covers == NULL || node_bool(covers), rules)));
}

static bool
item_read(struct cases *c, const struct node *item, unsigned index)
{
	const struct node *fn = node_find(item, "fn");
	struct liquity_rules rules;

	liquity_rules_default(&rules);
	case_begin_item(c, item, fn ? fn->text : "branch", index);
	if (node_is(fn, "computeCR"))
		ratio_case(c, item);
	else if (node_is(fn, "recoveryMode"))
		case_bool(c, "recovery",
		    node_bool(node_need(item, "expected")),
		    liquity_is_recovery(get_u256(item, "TCR"), &rules));
	else if (node_is(fn, "cappedOffset"))
		offset_case(c, item, &rules);
	else if (node_find(item, "ICR") && node_find(item, "branch"))
		branch_case(c, item, &rules);
	else
		return false;
	return true;
}

void
cases_liquity_v1(struct cases *c, const struct node *root)
{
	case_items(c, root, item_read);
}
