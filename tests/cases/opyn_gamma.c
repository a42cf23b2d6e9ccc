/* Opyn Gamma: margin of naked short options; 1e-12 relative, as the expected
 * numbers are doubles. */
#include "tests/cases/cases.h"

#include "margin/venue_option.h"

#define TOLERANCE 1000000	/* 1e-12, relative */

void
cases_opyn_gamma(struct cases *c, const struct node *root)
{
	unsigned i = 0;

	for (const struct node *n = root->first; n != NULL; n = n->next) {
		const struct naked_terms t = {
			.is_put = node_bool(node_need(n, "isPut")),
			.amount = get_num(n, "short"),
			.strike = get_px(n, "strike"),
			.spot = get_px(n, "spot"),
			.spot_shock = get_num(n, "spotShock"),
			.upper_bound = get_num(n, "upperBound"),
		};
		struct usd18 usd;
		struct num18 coin;
		enum err e = t.is_put ? venue_naked_put(&usd, &t) :
		    venue_naked_call(&coin, &t);

		case_begin(c, "%u", i++);
		if (case_ok(c, "margin", e))
			case_relative(c, "margin",
			    get_i128(n, "expected", 18), t.is_put ?
			    usd18_to_raw(usd) : num18_to_raw(coin), TOLERANCE,
			    1);
	}
}
