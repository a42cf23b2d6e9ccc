/* tests/cases/var_es.c - value at risk and expected shortfall of whole
 * profits, and the variance recursion. */
#include "tests/cases/cases.h"

#include "margin/var.h"

#include <string.h>

static struct usd18 pnl[SAMPLE_SCENARIOS_MAX], scratch[SAMPLE_SCENARIOS_MAX];
static struct num18 returns[SAMPLE_SCENARIOS_MAX];

static void
tail(struct cases *c, const struct node *row, uint32_t n)
{
	struct var_rules rules;
	struct var_tail t = { 0 };
	struct usd18 var = { 0 }, es = { 0 };
	i128 alpha = get_i128(row, "alpha", 9), worst, sum, den, mean;

	case_begin(c, "alpha %s", node_need(row, "alpha")->text);
	var_rules_default(&rules);
	/* The cases have tails that the model itself would refuse. */
	rules.scenarios_min = rules.tail_min = 0;
	rules.alpha = rules.alpha_es = ppb_from_raw((uint32_t)alpha);
	if (!case_ok(c, "tail", var_tail_of(&t, pnl, n, ppb_from_raw(
	    (uint32_t)(PPB_ONE_RAW - alpha)), VAR_PROFILE_MARGIND, scratch)) ||
	    !case_ok(c, "var", var_from_pnl(&var, pnl, n, &rules, scratch)) ||
	    !case_ok(c, "es", es_from_pnl(&es, pnl, n, &rules, scratch)))
		return;
	worst = get_i128(row, "var_kth_worst", 18);
	case_exact(c, "k", get_i128(row, "k", 0), t.k);
	case_exact(c, "quantile", worst, -usd18_to_raw(t.quantile));
	case_exact(c, "var", worst < 0 ? 0 : worst, usd18_to_raw(var));
	sum = get_i128(row, "es_mean_k_worst_num", 18);
	den = get_i128(row, "es_den", 0);
	if (!case_ok(c, "mean", muldiv_i128(&mean, sum, 1, den, ROUND_CEIL)))
		return;
	case_exact(c, "mean", mean, -usd18_to_raw(t.mean));
	case_exact(c, "es", mean < 0 ? 0 : mean, usd18_to_raw(es));
}

/* "mean square of first N" */
static uint32_t
seed_count(const char *text)
{
	const char *at = strrchr(text, ' ');
	uint32_t n = 0;

	for (at = at ? at + 1 : text; *at >= '0' && *at <= '9'; at++)
		n = n * 10 + (uint32_t)(*at - '0');
	return n;
}

/* Profits with as many decimals as a return can hold. */
static unsigned
returns_read(const struct node *list)
{
	unsigned decimals = 18, i = 0;
	i128 most = 0;

	for (const struct node *x = list->first; x; x = x->next) {
		i128 v = node_i128(x, 0);

		v = v < 0 ? -v : v;
		most = v > most ? v : most;
	}
	while (decimals > 0 && (most + 1) * (i128)pow10_u128(decimals) >
	    EWMA_RETURN_MAX)
		decimals--;
	for (const struct node *x = list->first; x; x = x->next)
		returns[i++] = num18_from_raw(node_i128(x, decimals));
	return decimals;
}

static void
variance(struct cases *c, const struct node *want, const struct node *list)
{
	unsigned decimals = returns_read(list);
	const struct node *first = node_need(want, "first5_var");
	uint32_t seed = seed_count(node_need(want, "seed")->text);
	struct ewma v;
	i128 sigma;

	case_begin(c, "ewma");
	CASE_NEED(seed > 0 && seed <= list->count);
	if (!case_ok(c, "seed", ewma_seed(&v, returns, seed)))
		return;
	for (uint32_t i = 0; seed + i <= list->count; i++) {
		u128 scaled = 0;

		if (i < first->count) {
			CASE_NEED(muldiv_u128(&scaled, v.variance36,
			    WAD_ONE_RAW, pow10_u128(2 * decimals),
			    ROUND_FLOOR) == ERR_OK);
			case_relative(c, "variance", node_i128(node_item(
			    first, i), 18), (i128)scaled, 1000000, 1);
		}
		if (seed + i < list->count)
			CASE_NEED(ewma_step(&v, returns[seed + i],
			    get_num(want, "lam")) == ERR_OK);
	}
	CASE_NEED(muldiv_i128(&sigma, num18_to_raw(ewma_volatility(&v)),
	    (i128)WAD_ONE_RAW, (i128)pow10_u128(decimals), ROUND_FLOOR) ==
	    ERR_OK);
	/* The square root has as many digits as the returns. */
	case_relative(c, "sigma", get_i128(want, "sigma_last", 18), sigma,
	    1000000, (i128)pow10_u128(18 - decimals));
}

void
cases_var_es(struct cases *c, const struct node *root)
{
	const struct node *list = node_find(root, "pnl");
	const struct node *cases = node_find(root, "cases");
	const struct node *ewma = node_find(root, "ewma");
	uint32_t n = 0;

	if (list == NULL || (cases == NULL && ewma == NULL))
		return;
	CASE_NEED(list->count <= SAMPLE_SCENARIOS_MAX);
	for (const struct node *x = list->first; x; x = x->next)
		pnl[n++] = usd18_from_raw(node_i128(x, 18));
	for (const struct node *x = cases ? cases->first : NULL; x;
	    x = x->next)
		tail(c, x, n);
	if (ewma)
		variance(c, ewma, list);
}
