#include "margin/method.h"

#include "base/must.h"
#include "margin/method_rows.h"

static const struct method_row ROWS[] = {
	{ METHOD_RATIO, false, false, method_ratio },
	{ METHOD_STANDARD, false, false, method_standard },
	{ METHOD_SCENARIO, true, true, method_scenario },
	{ METHOD_GREEKS, true, false, method_greeks },
	{ METHOD_VAR, true, true, method_var },
	{ METHOD_ES, true, true, method_es },
};

const struct method_row *
method_row_of(enum margin_method m)
{
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++)
		if (ROWS[i].method == m)
			return &ROWS[i];
	MUST(false);
}

/* method_ratio asks for nothing beyond the weights, and says nothing about
 * positions. */
enum err
method_ratio(struct requirement *out, const struct node *n,
    const struct point *at, enum margin_side side, struct method_work *work,
    struct explain *x)
{
	(void)at;
	(void)side;
	(void)work;
	(void)x;
	if (n->vault->position_count != 0 || n->vault->order_count != 0)
		return ERR_STATE;
	*out = (struct requirement){ .amount = usd18_zero() };
	return ERR_OK;
}

static enum err
adjusted_equity(struct usd18 *out, const struct node_value *v,
    bool counts_options)
{
	struct usd18 sum;
	enum err e = usd18_sub(&sum, v->weighted_collateral, v->weighted_debt);

	if (e == ERR_OK)
		e = usd18_add(&sum, sum, v->trusted_pnl);
	if (e == ERR_OK && counts_options)
		e = usd18_add(&sum, sum, v->option_value);
	if (e == ERR_OK)
		*out = sum;
	return e;
}

enum err
method_figures_at(struct method_figures *out, const struct method_row *row,
    const struct node *n, const struct point *at, enum margin_side side,
    struct method_work *work, struct explain *x)
{
	struct method_figures f;
	struct node valued = *n;
	enum err e;

	valued.is_shocked_in_grid = row->shocks_collateral;
	e = node_value_at(&f.value, &valued, at, side, row->counts_options, x);

	if (e == ERR_OK)
		e = adjusted_equity(&f.equity, &f.value, row->counts_options);
	if (e == ERR_OK)
		e = row->require(&f.requirement, n, at, side, work, x);
	if (e == ERR_OK)
		e = usd18_sub(&f.excess, f.equity, f.requirement.amount);
	if (e == ERR_OK)
		*out = f;
	return e;
}
