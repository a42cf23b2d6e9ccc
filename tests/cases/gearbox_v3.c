/* Gearbox v3: what a liquidated account pays to whom. */
#include "margin/close_gearbox.h"
#include "tests/cases/lending.h"

static struct ppb
get_bps(const struct node *item, const char *key)
{
	return ppb_from_raw((uint32_t)get_i128(item, key, 5));
}

static bool
item_read(struct cases *c, const struct node *item, unsigned index)
{
	struct gearbox_rules rules;
	struct gearbox_payments p;

	if (!node_find(item, "liquidationDiscount_bps") ||
	    !node_find(item, "totalValue"))
		return false;
	case_begin_item(c, item, "payments", index);
	rules = (struct gearbox_rules){
		.discount = get_bps(item, "liquidationDiscount_bps"),
		.fee_liquidation = get_bps(item, "feeLiquidation_bps"),
		.fee_interest = get_bps(item, "feeInterest_bps"),
	};
	if (!case_ok(c, "gearbox_liquidate", gearbox_liquidate(&p,
	    get_u256(item, "totalValue"), get_u256(item, "debt"),
	    get_u256(item, "accruedInterest"), &rules)))
		return true;
	case_expected(c, node_need(item, "expected"), (struct got_u256[]){
	    { "amountToPool", p.to_pool }, { "remainingFunds", p.remaining },
	    { "profit", p.profit }, { "loss", p.loss },
	}, 4);
	return true;
}

void
cases_gearbox_v3(struct cases *c, const struct node *root)
{
	case_items(c, root, item_read);
}
