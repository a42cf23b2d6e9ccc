/* Synthetix v3: margin by skew; the expected numbers are doubles, 1e-12
 * relative. */
#include "tests/cases/cases.h"

#include "margin/venue_perp.h"

#define TOLERANCE 1000000	/* 1e-12, relative */

void
cases_synthetix_v3(struct cases *c, const struct node *root)
{
	unsigned i = 0;

	for (const struct node *n = root->first; n != NULL; n = n->next) {
		const struct node *expected = node_need(n, "expected");
		const struct skew_rules r = {
			.skew_scale = get_num(n, "skewScale"),
			.initial_ratio = get_num(n, "initialMarginRatio"),
			.initial_min = get_num(n, "minimumInitialMarginRatio"),
			.maintenance_scalar =
			    get_num(n, "maintenanceMarginScalar"),
			.position_min = get_usd(n, "minimumPositionMargin"),
		};
		struct skew_margin m;
		i128 got[4];

		case_begin(c, "%u", i++);
		if (!case_ok(c, "margin", venue_skew_margin(&m, &r,
		    get_num(n, "size"), get_px(n, "price"))))
			continue;
		got[0] = num18_to_raw(m.initial_ratio);
		got[1] = num18_to_raw(m.maintenance_ratio);
		got[2] = usd18_to_raw(m.initial);
		got[3] = usd18_to_raw(m.maintenance);
		for (unsigned k = 0; k < ARRAY_COUNT(got); k++)
			case_relative(c, "ratios and margins",
			    node_i128(node_item(expected, k), 18), got[k],
			    TOLERANCE, 1);
	}
}
