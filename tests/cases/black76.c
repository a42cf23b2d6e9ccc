/* Black-76: QuantLib's grid of prices and greeks, Lyra's unit rows. */
#include "margin/option.h"
#include "tests/cases/cases.h"

#define TIGHT ((i128)1000000000)	/* 1e-9 of the figure */
#define DELTA_TOLERANCE ((i128)100000000)	/* 1e-10 */

/* 1e-10 at F = 100, and so in proportion. */
static i128
price_tolerance(const struct option_terms *t)
{
	return (i128)(px18_to_raw(t->forward) / 1000000000000u) + 1;
}

static void
grid_implied(struct cases *c, const struct node *row,
    const struct option_terms *t, struct num18 vega)
{
	struct option_terms at = *t;
	struct usd18 price = get_usd(row, "price"), back;
	struct num18 vol;
	i128 least = price_tolerance(t);

	if (node_is_null(node_find(row, "iv")))
		return;
	/* Where a volatility says little of a price, the price decides. */
	if (num18_to_raw(vega) > 10000 * least) {
		if (case_ok(c, "implied", option_implied_vol(&vol, t, price)) &&
		    num18_div(&vega, num18_from_raw(least), vega,
		    ROUND_CEIL) == ERR_OK)
			case_near(c, "iv", get_i128(row, "iv", 18),
			    num18_to_raw(vol), num18_to_raw(vega), 18);
		return;
	}
	at.vol = get_num(row, "iv");
	if (case_ok(c, "price at iv", option_price(&back, &at)))
		case_near(c, "price at iv", usd18_to_raw(price),
		    usd18_to_raw(back), least, 18);
}

static void
grid_row(struct cases *c, const struct node *row)
{
	struct option_terms t = {
		.forward = get_px(row, "F"), .strike = get_px(row, "K"),
		.vol = get_num(row, "vol"), .tau = get_num(row, "T"),
		.discount = get_num(row, "D"),
		.is_call = node_is(node_need(row, "type"), "call"),
	};
	struct option_greeks g;
	struct option_spot_greeks s;
	i128 abs = price_tolerance(&t);

	if (!case_ok(c, "greeks", option_greeks_of(&g, &t)))
		return;
	case_near(c, "price", get_i128(row, "price", 18),
	    usd18_to_raw(g.price), abs, 18);
	case_relative(c, "delta_fwd", get_i128(row, "delta_fwd", 18),
	    num18_to_raw(g.delta), TIGHT, DELTA_TOLERANCE);
	case_relative(c, "gamma_fwd", get_i128(row, "gamma_fwd", 18),
	    num18_to_raw(g.gamma), TIGHT, DELTA_TOLERANCE);
	case_relative(c, "vega", get_i128(row, "vega", 18),
	    num18_to_raw(g.vega), TIGHT, abs);
	grid_implied(c, row, &t, g.vega);
	if (!case_ok(c, "spot greeks", option_spot_greeks_of(&s, &g, &t,
	    get_px(row, "spot"))))
		return;
	case_relative(c, "delta_spot", get_i128(row, "delta_spot", 18),
	    num18_to_raw(s.delta), TIGHT, DELTA_TOLERANCE);
	case_relative(c, "gamma_spot", get_i128(row, "gamma_spot", 18),
	    num18_to_raw(s.gamma), TIGHT, DELTA_TOLERANCE);
	case_relative(c, "theta", get_i128(row, "theta", 18),
	    num18_to_raw(s.theta), TIGHT, abs);
	case_relative(c, "rho", get_i128(row, "rho", 18),
	    num18_to_raw(s.rho), TIGHT, abs);
}

static void
lyra_row(struct cases *c, const struct node *row)
{
	struct option_terms t = {
		.forward = get_px(row, "fwd"), .strike = get_px(row, "strike"),
		.vol = get_num(row, "vol"),
		.tau = option_tau((uint64_t)get_i128(row, "sec", 3)),
		.discount = get_num(row, "discount"), .is_call = true,
	};
	i128 tolerance = get_i128(row, "abs_tol", 18);
	struct usd18 call, put;
	struct option_greeks g;

	if (!case_ok(c, "call", option_price(&call, &t)))
		return;
	t.is_call = false;
	if (!case_ok(c, "put", option_price(&put, &t)))
		return;
	case_near(c, "call", get_i128(row, "call", 18), usd18_to_raw(call),
	    tolerance, 18);
	case_near(c, "put", get_i128(row, "put", 18), usd18_to_raw(put),
	    tolerance, 18);
	t.is_call = true;
	t.discount = num18_one();
	if (case_ok(c, "greeks", option_greeks_of(&g, &t)))
		case_near(c, "undiscounted_call_delta",
		    get_i128(row, "undiscounted_call_delta", 18),
		    num18_to_raw(g.delta), tolerance, 18);
}

void
cases_black76(struct cases *c, const struct node *root)
{
	unsigned i = 0;

	for (const struct node *row = root->first; row; row = row->next) {
		case_begin(c, "row %u", i++);
		if (node_find(row, "sec"))
			lyra_row(c, row);
		else
			grid_row(c, row);
	}
}
