#include "margin/explain.h"

const char *
explain_number_name(enum explain_number n)
{
	switch (n) {
	case EXPLAIN_COLLATERAL_VALUE: return "collateral_value";
	case EXPLAIN_DEBT_VALUE: return "debt_value";
	case EXPLAIN_EQUITY: return "equity";
	case EXPLAIN_EQUITY_INITIAL: return "initial_equity";
	case EXPLAIN_EQUITY_MAINTENANCE: return "maintenance_equity";
	case EXPLAIN_INITIAL_MARGIN: return "initial_margin";
	case EXPLAIN_MAINTENANCE_MARGIN: return "maintenance_margin";
	case EXPLAIN_EXCESS_INITIAL: return "initial_excess";
	case EXPLAIN_EXCESS_MAINTENANCE: return "maintenance_excess";
	case EXPLAIN_NUMBERS: break;
	}
	return "unnamed";
}

void
explain_put(struct explain *x, enum explain_number number, const char *what,
    enum explain_about about, uint32_t index, struct usd18 amount)
{
	if (x->count < x->capacity)
		x->term[x->count] = (struct explain_term){
			.number = number, .about = about, .index = index,
			.what = what, .amount = amount,
		};
	x->count++;
}

enum err
explain_sum(struct usd18 *out, const struct explain *x,
    enum explain_number number)
{
	struct usd18 sum = usd18_zero();
	enum err e;

	if (x->count > x->capacity)
		return ERR_LIMIT;
	for (size_t i = 0; i < x->count; i++) {
		if (x->term[i].number != number)
			continue;
		e = usd18_add(&sum, sum, x->term[i].amount);
		if (e != ERR_OK)
			return e;
	}
	*out = sum;
	return ERR_OK;
}
