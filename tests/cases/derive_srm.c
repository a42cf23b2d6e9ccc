/* Derive's standard manager: whole portfolios, every number of the result,
 * 1e-8 relative.  Parameters: upstream's test configuration, with base assets
 * at 10 % as its case test sets them.
 *
 * An expiry in the settlement hour is marked at the mixture of what is fixed
 * and the forward; the bound takes the forward as it is. */
#include "tests/cases/cases.h"

#include <stdio.h>
#include <string.h>

#include "margin/option.h"
#include "margin/standard.h"

#define TOLERANCE 10000000000	/* 1e-8, relative */
#define TOLERANCE_ABS 1000	/* 1e-15 USD, for what should be zero */
#define OPTIONS_MAX 64u
#define GROUPS_MAX 16u
#define WINDOW_S 3600u

/* One market's part of a scenario, ready to evaluate. */
struct srm_market {
	const char *name;
	unsigned index;
	struct instrument perp;
	struct standard_linear linear;
	struct standard_base base;
	struct standard_option options[GROUPS_MAX][OPTIONS_MAX];
	struct standard_group groups[GROUPS_MAX];
	i128 expiry[GROUPS_MAX];
	struct standard_inputs in;
	struct standard_result result;
	struct standard_group_term terms[GROUPS_MAX];
	struct usd18 profit;
};

/* A market's name stands at the beginning, in the middle or at the end of a
 * key. */
static const struct node *
find(const struct node *map, const char *before, const char *market,
    const char *after)
{
	char key[40];

	(void)snprintf(key, sizeof(key), "%s%s%s", before, market, after);
	return node_find(map, key);
}

/* An integer of 18 decimals; zero where there is none. */
static i128
scaled(const struct node *map, const char *before, const char *market,
    const char *after)
{
	const struct node *n = find(map, before, market, after);

	return node_is_null(n) ? 0 : node_i128(n, 0);
}

static i128
item_i128(const struct node *map, const char *key, unsigned i)
{
	return node_i128(node_item(node_need(map, key), i), 0);
}

static void
rules_of(struct standard_rules *r)
{
	standard_rules_default(r);
	r->base_weight = ppb_from_raw(PPB_ONE_RAW / 10);
	r->base_initial_scale = ppb_one();
}

static void
linear_read(struct srm_market *m, const struct node *s)
{
	const struct node *both = node_item(node_need(s,
	    "SpotPerpConfidences"), m->index);
	i128 spot = node_i128(node_item(both, 0), 0);
	i128 perp = node_i128(node_item(both, 1), 0);
	i128 rate = scaled(s, "", m->name, "GlobalFundingIndex") -
	    scaled(s, "Account", m->name, "FundingIndex");

	m->perp.tier_count = 1;
	m->perp.multiplier = num18_one();
	m->perp.tier[0] = (struct margin_tier){ usd18_from_raw(I128_MAX),
	    ppb_from_raw(65000000u), ppb_from_raw(50000000u) };
	m->linear = (struct standard_linear){
		.instrument = &m->perp,
		.size = num18_from_raw(scaled(s, "Perps_", m->name, "")),
		.mark = px18_from_raw((u128)item_i128(s, "PerpPrice",
		    m->index)),
		.index = px18_from_raw((u128)scaled(s, "",
		    m->name, "SpotPrice")),
		.entry = px18_from_raw((u128)scaled(s, "LastEntry",
		    m->name, "")),
		.confidence = num18_from_raw(spot < perp ? spot : perp),
	};
	CASE_NEED(usd18_from_contracts(&m->linear.funding, m->linear.size,
	    num18_from_raw(rate), px18_from_raw(WAD_ONE_RAW), ROUND_CEIL) ==
	    ERR_OK);
	m->base = (struct standard_base){
		.amount = num18_from_raw(scaled(s, "w", m->name, "")),
		.price = m->linear.index,
		.confidence = num18_from_raw(spot),
	};
	if (num18_is_zero(m->linear.size))
		return;
	m->in.linear = &m->linear;
	m->in.linear_count = 1;
}

/* mark_of: the price of one option a unit, without discount, as the standard
 * manager has it. */
static struct px18
mark_of(const struct srm_market *m, const struct node *s, unsigned i,
    struct px18 forward)
{
	i128 left = item_i128(s, "OptionExpiries", i);
	const struct node *fixed = find(s, "PercentFixed", m->name, "");
	struct option_terms t;
	struct usd18 price;

	if (left < (i128)WINDOW_S && !node_is_null(fixed)) {
		i128 open = (i128)WAD_ONE_RAW - node_i128(fixed, 18);

		CASE_NEED(linear_window_forward(&forward,
		    px18_from_raw((u128)scaled(s, "TWAP_", m->name, "")),
		    forward, (uint64_t)open, (uint64_t)WAD_ONE_RAW,
		    ROUND_FLOOR) == ERR_OK);
	}
	t = (struct option_terms){
		.forward = forward,
		.strike = px18_from_raw((u128)item_i128(s, "OptionStrikes",
		    i)),
		.vol = num18_from_raw(item_i128(s, "OptionVols", i)),
		.discount = num18_one(),
		.tau = option_tau((uint64_t)left * 1000u),
		.is_call = item_i128(s, "OptionIsCall", i) == 1,
	};
	CASE_NEED(option_price(&price, &t) == ERR_OK);
	return px18_from_raw((u128)usd18_to_raw(price));
}

static size_t
group_of(struct srm_market *m, const struct node *s, unsigned i)
{
	i128 expiry = item_i128(s, "OptionExpiries", i);
	struct num18 spot = m->base.confidence;
	struct num18 forward =
	    num18_from_raw(item_i128(s, "ForwardConfidences", i));
	size_t k = 0;

	while (k < m->in.group_count && m->expiry[k] != expiry)
		k++;
	CASE_NEED(k < GROUPS_MAX);
	if (k < m->in.group_count)
		return k;
	m->in.group_count++;
	m->expiry[k] = expiry;
	m->groups[k] = (struct standard_group){
		.forward = px18_from_raw((u128)item_i128(s, "Forwards", i)),
		.spot = m->base.price,
		.confidence = num18_compare(spot, forward) < 0 ? spot :
		    forward,
		.options = m->options[k],
	};
	return k;
}

static void
options_read(struct srm_market *m, const struct node *s)
{
	const struct node *names = node_need(s, "OptionUnderlying");

	for (unsigned i = 0; i < names->count; i++) {
		struct standard_group *g;
		size_t k;

		if (!node_is(node_item(names, i), m->name))
			continue;
		k = group_of(m, s, i);
		g = &m->groups[k];
		CASE_NEED(g->option_count < OPTIONS_MAX);
		m->options[k][g->option_count++] = (struct standard_option){
			.item = i,
			.strike = px18_from_raw((u128)item_i128(s,
			    "OptionStrikes", i)),
			.is_call = item_i128(s, "OptionIsCall", i) == 1,
			.amount = num18_from_raw(item_i128(s,
			    "OptionAmounts", i)),
			.mark = mark_of(m, s, i, g->forward),
			.confidence = num18_from_raw(item_i128(s,
			    "OptionVolConfidences", i)),
		};
	}
}

static enum err
market_evaluate(struct srm_market *m, const struct node *s)
{
	struct standard_rules rules;
	enum err e = ERR_OK;

	rules_of(&rules);
	linear_read(m, s);
	options_read(m, s);
	m->in.groups = m->groups;
	m->in.bases = &m->base;
	m->in.base_count = 1;
	m->in.stable = px18_from_raw((u128)get_i128(s, "USDCValue", 0));
	if (m->in.linear_count != 0)
		e = linear_profit(&m->profit, m->linear.size, num18_one(),
		    m->linear.mark, m->linear.entry);
	return e == ERR_OK ? standard_evaluate(&m->result, NULL, m->terms,
	    &rules, &m->in) : e;
}

static void
compare(struct cases *c, const struct node *result, const char *market,
    const char *name, i128 got)
{
	const struct node *n = find(result, "", market, name);

	if (!node_is_null(n))
		case_relative(c, n->key, node_i128(n, 0), got, TOLERANCE,
		    TOLERANCE_ABS);
}

static void
market_compare(struct cases *c, const struct node *result,
    const struct srm_market *m)
{
	i128 isolated_im = 0, isolated_mm = 0, bounded_im = 0, bounded_mm = 0;

	for (size_t k = 0; k < m->in.group_count; k++) {
		const struct standard_group_term *t = &m->terms[k];
		i128 worst = usd18_to_raw(t->worst_payoff);

		isolated_im -= usd18_to_raw(t->isolated_initial);
		isolated_mm -= usd18_to_raw(t->isolated_maintenance);
		bounded_im += worst - usd18_to_raw(t->unpaired_initial);
		bounded_mm += worst - usd18_to_raw(t->unpaired_maintenance);
	}
	compare(c, result, m->name, "OptionIM",
	    -usd18_to_raw(m->result.option_initial));
	compare(c, result, m->name, "OptionMM",
	    -usd18_to_raw(m->result.option_maintenance));
	compare(c, result, m->name, "OptionIsolatedIM", isolated_im);
	compare(c, result, m->name, "OptionIsolatedMM", isolated_mm);
	compare(c, result, m->name, "OptionBoundedIM", bounded_im);
	compare(c, result, m->name, "OptionBoundedMM", bounded_mm);
}

/* What all markets come to. */
struct srm_sums {
	i128 value, profit, funding, perp, doubt, depeg, base, im, mm;
};

static void
sums_add(struct srm_sums *sum, const struct srm_market *m)
{
	const struct standard_result *r = &m->result;
	i128 base;

	/* A held base is worth its value in the stable that settles. */
	CASE_NEED(muldiv_i128(&base, usd18_to_raw(r->base_value),
	    (i128)WAD_ONE_RAW, (i128)px18_to_raw(m->in.stable),
	    ROUND_FLOOR) == ERR_OK);
	sum->value += usd18_to_raw(r->option_value) +
	    usd18_to_raw(r->linear_value) + base;
	sum->profit += usd18_to_raw(m->profit);
	sum->funding -= usd18_to_raw(m->linear.funding);
	sum->perp -= usd18_to_raw(r->linear_maintenance);
	sum->doubt -= usd18_to_raw(r->contingency);
	sum->depeg -= usd18_to_raw(r->depeg);
	sum->base += usd18_to_raw(r->base_credit_maintenance);
	sum->im += usd18_to_raw(r->credit_initial) -
	    usd18_to_raw(r->initial);
	sum->mm += usd18_to_raw(r->credit_maintenance) -
	    usd18_to_raw(r->maintenance);
}

static void
portfolio_case(struct cases *c, const struct node *s, const struct node *r)
{
	static struct srm_market markets[2];
	struct srm_sums sum = { 0 };
	i128 cash = get_i128(s, "Cash", 0);

	memset(markets, 0, sizeof(markets));
	markets[0].name = "ETH";
	markets[1].name = "BTC";
	for (unsigned i = 0; i < ARRAY_COUNT(markets); i++) {
		markets[i].index = i;
		if (!case_ok(c, "margin", market_evaluate(&markets[i], s)))
			return;
		market_compare(c, r, &markets[i]);
		sums_add(&sum, &markets[i]);
	}
	compare(c, r, "", "PortfolioMtM", sum.value + cash);
	compare(c, r, "", "UnrealizedPNL", sum.profit);
	compare(c, r, "", "UnsettledFunding", sum.funding);
	compare(c, r, "", "PerpMargin", sum.perp);
	compare(c, r, "", "OracleConts", sum.doubt);
	compare(c, r, "", "DepegIMs", sum.depeg);
	compare(c, r, "", "BaseMargin", sum.base);
	compare(c, r, "", "Cash", cash);
	compare(c, r, "", "HandIM", sum.im + cash);
	compare(c, r, "", "HandMM", sum.mm + cash);
	compare(c, r, "", "realIM", sum.im + cash);
	compare(c, r, "", "realMM", sum.mm + cash);
}

void
cases_derive_srm(struct cases *c, const struct node *root)
{
	for (const struct node *n = root->first; n != NULL; n = n->next) {
		const struct node *s = node_find(n, "Scenario");

		case_begin(c, "%s", n->key);
		if (s != NULL)
			portfolio_case(c, s, node_need(n, "Result"));
		else
			case_skip(c, "prices and parameters are not in it");
	}
}
