/* Morpho Blue: the incentive that follows from a threshold. */
#include "margin/close_morpho.h"
#include "tests/cases/lending.h"

static bool
item_read(struct cases *c, const struct node *item, unsigned index)
{
	struct morpho_rules rules;
	struct u256 incentive;

	if (!node_find(item, "lltv") || !node_find(item, "lif"))
		return false;
	case_begin_item(c, item, "incentive", index);
	morpho_rules_default(&rules);
	if (case_ok(c, "morpho_incentive", morpho_incentive(&incentive,
	    get_u256(item, "lltv"), &rules)))
		case_u256(c, "lif", get_u256(item, "lif"), incentive);
	return true;
}

void
cases_morpho_blue(struct cases *c, const struct node *root)
{
	case_items(c, root, item_read);
}
