/* Hyperliquid: maintenance margin through leverage tiers, from the docs'
 * formula; the expected numbers are doubles, 1e-12 relative. */
#include "tests/cases/cases.h"

#include "margin/venue_perp.h"

#define TOLERANCE 1000000	/* 1e-12, relative */

static size_t
tiers_read(struct leverage_tier tiers[VENUE_TIERS_MAX], const struct node *list)
{
	size_t count = 0;

	for (const struct node *n = list->first; n != NULL; n = n->next) {
		CASE_NEED(count < VENUE_TIERS_MAX);
		tiers[count++] = (struct leverage_tier){
			usd18_from_raw(node_i128(node_item(n, 0), 18)),
			num18_from_raw(node_i128(node_item(n, 1), 18)),
		};
	}
	return count;
}

void
cases_hyperliquid(struct cases *c, const struct node *root)
{
	unsigned i = 0;

	for (const struct node *n = root->first; n != NULL; n = n->next) {
		struct leverage_tier tiers[VENUE_TIERS_MAX];
		size_t count = tiers_read(tiers, node_need(n, "tiers"));
		struct usd18 got;

		case_begin(c, "%u", i++);
		if (case_ok(c, "maintenance", venue_leverage_requirement(&got,
		    tiers, count, get_usd(n, "notional"),
		    ppb_from_raw(PPB_ONE_RAW / 2))))
			case_relative(c, "maintenance",
			    get_i128(n, "maintenance_margin", 18),
			    usd18_to_raw(got), TOLERANCE, 1);
	}
}
