/* tests/cases/ore_var.c - historical simulation as OpenSourceRisk Engine has
 * it: quantiles and the mean of what is not above them, by portfolio. */
#include "tests/cases/cases.h"

#include "base/decimal.h"
#include "margin/var.h"

#include <string.h>

static struct usd18 pnl[SAMPLE_SCENARIOS_MAX], scratch[SAMPLE_SCENARIOS_MAX];

/* "q0.01": a quantile; "es0.01": the mean of its tail. */
static void
figure(struct cases *c, const struct node *want, uint32_t n)
{
	bool is_mean = strncmp(want->key, "es", 2) == 0;
	const char *at = want->key + (is_mean ? 2 : 1);
	struct var_tail t = { 0 };
	u128 q;

	if (!case_ok(c, want->key, decimal_to_u128(&q, at, strlen(at), 9)) ||
	    !case_ok(c, want->key, var_tail_of(&t, pnl, n, ppb_from_raw(
	    (uint32_t)q), VAR_PROFILE_ORE, scratch)))
		return;
	/* A mean is printed with six decimals. */
	if (is_mean)
		case_near(c, want->key, node_i128(want, 18),
		    usd18_to_raw(t.mean), 1000000000000, 18);
	else
		case_exact(c, want->key, node_i128(want, 18),
		    usd18_to_raw(t.quantile));
}

void
cases_ore_var(struct cases *c, const struct node *root)
{
	const struct node *all = node_find(root, "pnl");
	const struct node *expected = node_find(root, "expected");

	if (all == NULL || expected == NULL)
		return;
	for (const struct node *p = all->first; p; p = p->next) {
		const struct node *want = node_find(expected, p->key);
		uint32_t n = 0;

		case_begin(c, "%s", p->key);
		CASE_NEED(p->count <= SAMPLE_SCENARIOS_MAX);
		for (const struct node *x = p->first; x; x = x->next)
			pnl[n++] = usd18_from_raw(node_i128(x, 18));
		for (const struct node *x = want ? want->first : NULL; x;
		    x = x->next)
			figure(c, x, n);
	}
}
