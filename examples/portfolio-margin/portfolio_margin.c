/* Margin of a short strangle on ETH, hedged with a perpetual, against USDC. */
#include <margind.h>
#include <stdio.h>
#include <stdlib.h>

#define DAYS 30

static margind_num num(const char *text)
{
	margind_num v = 0;

	if (margind_from_text(&v, text) != MARGIND_OK)
		abort();
	return v;
}

static void show(const char *name, margind_num v)
{
	char text[MARGIND_TEXT_SIZE];

	margind_to_text(text, v);
	printf("%-22s %s\n", name, text);
}

int main(void)
{
	const margind_num sure = MARGIND_ONE;	/* confidence of a price */
	const margind_num tau = margind_tau(UINT64_C(86400000) * DAYS);
	const struct margind_expiry expiry = { .tau = tau, .confidence = sure,
	    .seconds = 86400 * DAYS, .forward = num("3010") };
	/* expiry, is a call, strike, amount, volatility */
	const struct margind_unit_option options[] = {
		{ 0, true, num("3500"), num("-10"), num("0.62"), sure },
		{ 0, false, num("2500"), num("-10"), num("0.7"), sure },
	};
	const struct margind_unit_linear perp = { MARGIND_PERP,
	    MARGIND_NO_EXPIRY, num("0.7"), num("3000"), sure };
	const struct margind_unit unit = { .spot = num("3000"),
	    .spot_confidence = sure, .stable = MARGIND_ONE,
	    .beta = MARGIND_ONE, .cash = num("25000"), .expiry = &expiry,
	    .expiry_count = 1, .option = options, .option_count = 2,
	    .linear = &perp, .linear_count = 1 };
	const struct margind_option call = { num("3010"), num("3500"),
	    num("0.62"), tau, MARGIND_ONE, true };
	void *place = malloc(margind_rules_size());
	struct margind_rules *rules;
	struct margind_scenario worst;
	struct margind_portfolio p;
	struct margind_greeks g;

	if (!place || margind_rules_init(&rules, place, margind_rules_size()) ||
	    margind_rules_preset(rules, "derive-pmrm2") ||
	    margind_portfolio_evaluate(&p, rules, &unit) ||
	    margind_option_greeks(&g, &call))
		return 1;
	show("value", p.value);
	show("initial margin", p.requirement_initial);
	show("maintenance margin", p.requirement_maintenance);
	show("left for new trades", p.margin_initial);
	/* From pnl_count on it is the basis, not a scenario of the grid. */
	if (margind_rules_scenario(&worst, rules, p.worst) == MARGIND_OK) {
		show("worst: spot times", worst.spot);
		show("worst: profit", p.pnl[p.worst]);
	}
	show("call 3500: price", g.price);
	show("call 3500: delta", g.delta);
	show("call 3500: vega", g.vega);
	free(place);
	return 0;
}
