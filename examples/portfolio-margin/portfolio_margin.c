/* Margin of a short strangle on ETH, hedged with a perpetual, against USDC. */
#include <margind.h>
#include <stdio.h>
#include <stdlib.h>

static margind_num num(const char *text)
{
	margind_num v = 0;
	return margind_from_text(&v, text) == MARGIND_OK ? v : (abort(), 0);
}

static void show(const char *name, margind_num v)
{
	char text[MARGIND_TEXT_SIZE];
	margind_to_text(text, v);
	printf("%-22s %s\n", name, text);
}

int main(void)
{
	const margind_num sure = MARGIND_ONE, tau = margind_tau(2592000000u);
	const struct margind_expiry expiry = { .tau = tau, .confidence = sure,
	    .seconds = 2592000, .forward = num("3010") };
	const struct margind_unit_option options[] = {
		{ 0, true, num("3500"), num("-10"), num("0.62"), sure },
		{ 0, false, num("2500"), num("-10"), num("0.7"), sure } };
	const struct margind_unit_linear perp = { MARGIND_PERP,
	    MARGIND_NO_EXPIRY, num("0.7"), num("3000"), sure };
	const struct margind_unit unit = { .spot = num("3000"),
	    .spot_confidence = sure, .stable = sure, .beta = sure,
	    .cash = num("25000"), .expiry = &expiry, .expiry_count = 1,
	    .option = options, .option_count = 2, .linear = &perp,
	    .linear_count = 1 };
	void *place = malloc(margind_rules_size());
	struct margind_rules *rules;
	struct margind_portfolio p;

	if (!place || margind_rules_init(&rules, place, margind_rules_size()) ||
	    margind_rules_preset(rules, "derive-pmrm2") ||
	    margind_portfolio_evaluate(&p, rules, &unit))
		return 1;
	show("value", p.value);
	show("initial margin", p.requirement_initial);
	show("maintenance margin", p.requirement_maintenance);
	show("left for new trades", p.margin_initial);
	free(place);
	return 0;
}
