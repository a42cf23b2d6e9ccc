/* dYdX v4: open-interest-scaled margin, liquidatable or not, and who first.
 * Integers, exact. */
#include "tests/cases/cases.h"

#include <string.h>

#include "margin/venue_dydx.h"

static struct dydx_tier
tier_of(const struct node *n)
{
	return (struct dydx_tier){
		.initial_ppm = (uint32_t)get_i128(n, "im_ppm", 0),
		.maintenance_ppm = DYDX_PPM_ONE,
		.open_interest_lower = (u128)get_i128(n, "lower", 0),
		.open_interest_upper = (u128)get_i128(n, "upper", 0),
	};
}

static void
initial_ppm_case(struct cases *c, const struct node *n)
{
	struct dydx_tier t = tier_of(n);
	uint32_t ppm;

	if (case_ok(c, "initial ppm", dydx_initial_ppm(&ppm, &t,
	    (u128)get_i128(n, "oi", 0))))
		case_exact(c, "initial ppm", get_i128(n, "expected", 0), ppm);
}

static void
requirement_case(struct cases *c, const struct node *n)
{
	struct dydx_tier t = tier_of(n);
	u128 initial, maintenance;

	if (case_ok(c, "requirement", dydx_requirements(&initial, &maintenance,
	    &t, (u128)get_i128(n, "quote", 0), (u128)get_i128(n, "oi", 0), 0)))
		case_exact(c, "requirement", get_i128(n, "expected", 0),
		    (i128)initial);
}

static struct dydx_risk
risk_of(const struct node *pair)
{
	return (struct dydx_risk){
		.net_collateral = node_i128(node_item(pair, 0), 0),
		.maintenance = node_i128(node_item(pair, 1), 0),
	};
}

void
cases_dydx_v4(struct cases *c, const struct node *root)
{
	unsigned i = 0;

	for (const struct node *n = root->first; n != NULL; n = n->next) {
		const char *fn = node_need(n, "fn")->text;

		case_begin(c, "%u %s", i++, fn);
		if (strncmp(fn, "adjustedInitialMarginPpm", 24) == 0)
			initial_ppm_case(c, n);
		else if (strncmp(fn, "initialMarginQuoteQuantums", 26) == 0)
			requirement_case(c, n);
		else if (strncmp(fn, "isLiquidatable", 14) == 0)
			case_bool(c, "liquidatable",
			    node_bool(node_need(n, "expected")),
			    dydx_is_liquidatable((struct dydx_risk){
				.net_collateral = get_i128(n, "NC", 0),
				.maintenance = get_i128(n, "MMR", 0) }));
		else if (strncmp(fn, "riskCmp", 7) == 0)
			case_exact(c, "order", get_i128(n, "expected", 0),
			    dydx_risk_compare(risk_of(node_need(n, "a")),
			    risk_of(node_need(n, "b"))));
		else
			case_ok(c, "a function of a known name", ERR_UNKNOWN);
	}
}
