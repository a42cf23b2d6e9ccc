/* ISDA SIMM unit tests, SIMM 2.5: the cases that need nothing but equity
 * sensitivities over ten days. */
#include "tests/cases/cases.h"

#include "margin/greeks.h"

#include <stdlib.h>
#include <string.h>

#define ONE ((i128)WAD_ONE_RAW)
#define TOLERANCE ONE	/* 1 USD */

struct simm_case {
	size_t count;
	struct greeks_sensitivity list[GREEKS_SENSITIVITIES_MAX];
	const char *product[GREEKS_SENSITIVITIES_MAX];
	const char *qualifier[GREEKS_SENSITIVITIES_MAX];
};

static struct simm_case all;

/* ---- parameters ---------------------------------------------------------- */

static void
bucket_numbers(struct greeks_rules *r, const struct node *p)
{
	for (uint8_t i = 0; i < r->bucket_count; i++) {
		struct greeks_bucket *b = &r->bucket[i];

		b->delta_weight = get_num(node_need(p, "risk_weight"),
		    b->name);
		b->vega_weight = get_num(node_need(p, "vega_risk_weight"),
		    b->name);
		b->delta_threshold =
		    get_usd(node_need(p, "delta_threshold_usd"), b->name);
		b->vega_threshold =
		    get_usd(node_need(p, "vega_threshold_usd"), b->name);
	}
}

static void
correlations(struct greeks_rules *r, const struct node *p)
{
	const struct node *rho = node_need(p, "intra_bucket_rho");
	const struct node *gamma = node_need(p, "inter_bucket_gamma");

	for (unsigned i = 0; i < rho->count && i < r->bucket_count; i++)
		r->bucket[i].rho =
		    num18_from_raw(node_i128(node_item(rho, i), 18));
	for (unsigned i = 0; i < gamma->count && i < r->bucket_count; i++) {
		const struct node *row = node_item(gamma, i);

		for (unsigned j = 0; j < row->count && j < r->bucket_count;
		    j++)
			r->gamma[i][j] =
			    num18_from_raw(node_i128(node_item(row, j), 18));
	}
	r->historical_vol_ratio = get_num(p, "HVR");
}

/* ---- sensitivities ------------------------------------------------------- */

static bool
is_equity(const struct node *s)
{
	const struct node *type = node_find(s, "riskType");

	return type && (node_is(type, "Risk_Equity") ||
	    node_is(type, "Risk_EquityVol"));
}

/* days_of: "2w", "1m", "10y"; a month is a twelfth of 365 days. */
static struct num18
days_of(const char *label)
{
	char *unit;
	i128 n = strtol(label, &unit, 10);

	switch (*unit) {
	case 'd':
		return num18_from_raw(n * ONE);
	case 'w':
		return num18_from_raw(n * 7 * ONE);
	case 'm':
		return num18_from_raw(n * 365 * ONE / 12);
	case 'y':
		return num18_from_raw(n * 365 * ONE);
	}
	return num18_zero();
}

static uint32_t
qualifier_id(const char *qualifier)
{
	uint32_t id = 0;

	while (id < all.count && strcmp(all.qualifier[id], qualifier) != 0)
		id++;
	return id;
}

static bool
sensitivity_take(const struct greeks_rules *r, const struct node *s)
{
	struct greeks_sensitivity *to = &all.list[all.count];
	const char *bucket = node_need(s, "bucket")->text;

	if (!is_equity(s) || all.count == GREEKS_SENSITIVITIES_MAX ||
	    greeks_bucket_find(&to->bucket, r, bucket, strlen(bucket)) !=
	    ERR_OK)
		return false;
	to->risk_class = node_is(node_need(s, "riskType"), "Risk_EquityVol") ?
	    GREEKS_VEGA : GREEKS_DELTA;
	to->expiry_days = days_of(node_need(s, "label1")->text);
	to->amount = get_usd(s, "amountUSD");
	all.product[all.count] = node_need(s, "productClass")->text;
	all.qualifier[all.count] = node_need(s, "qualifier")->text;
	to->name = qualifier_id(all.qualifier[all.count]);
	all.count++;
	return true;
}

/* case_take reads what a case names: a sensitivity, a list of them, or one
 * written out.  False where one of them is not equity. */
static bool
case_take(const struct greeks_rules *r, const struct node *root,
    const struct node *names)
{
	const struct node *known = node_need(root, "sensitivities");
	const struct node *lists = node_find(root, "lists");

	for (const struct node *n = names->first; n; n = n->next) {
		const struct node *s = n->kind == NODE_MAP ? n :
		    node_find(known, n->text);
		const struct node *list = s == NULL && lists ?
		    node_find(lists, n->text) : NULL;

		if (list ? !case_take(r, root, list) :
		    s == NULL || !sensitivity_take(r, s))
			return false;
	}
	return true;
}

static bool
is_empty(const struct node *map, const char *key)
{
	const struct node *n = node_find(map, key);

	return node_is_null(n) || n->count == 0;
}

/* ---- one case ------------------------------------------------------------ */

/* product_margin: of the sensitivities of one product class; SIMM adds
 * product classes up. */
static enum err
product_margin(struct usd18 *out, const struct greeks_rules *r,
    const char *product)
{
	static struct greeks_sensitivity part[GREEKS_SENSITIVITIES_MAX];
	struct greeks_margin m;
	size_t count = 0;
	enum err e;

	for (size_t i = 0; i < all.count; i++)
		if (strcmp(all.product[i], product) == 0)
			part[count++] = all.list[i];
	e = greeks_margin_of(&m, r, GREEKS_VIEW_HOLDER, part, count);
	if (e == ERR_OK)
		*out = m.total;
	return e;
}

static void
simm_case(struct cases *c, const struct greeks_rules *r,
    const struct node *root, const struct node *n)
{
	struct usd18 total = usd18_zero(), part;

	case_begin(c, "%s", node_need(n, "name")->text);
	all.count = 0;
	if (is_empty(n, "sensitivities") || !is_empty(n, "fixed") ||
	    !is_empty(n, "factors") || !is_empty(n, "notional") ||
	    !is_empty(n, "multipliers") ||
	    !case_take(r, root, node_need(n, "sensitivities"))) {
		case_skip(c, "more than equity sensitivities, or none named");
		return;
	}
	for (size_t i = 0; i < all.count; i++) {
		size_t first = 0;

		while (strcmp(all.product[first], all.product[i]) != 0)
			first++;
		if (first == i && (!case_ok(c, "margin", product_margin(&part,
		    r, all.product[i])) || !case_ok(c, "sum",
		    usd18_add(&total, total, part))))
			return;
	}
	case_near(c, "total", get_i128(n, "expected", 18),
	    usd18_to_raw(total), TOLERANCE, 18);
}

void
cases_isda_simm(struct cases *c, const struct node *root)
{
	const struct node *ten_day = node_find(root, "ten_day");
	const struct node *one_day = node_find(root, "one_day");
	const struct node *p =
	    node_find(root, "equity_parameters_2_5_ten_day");
	struct greeks_rules r;

	greeks_rules_simm_equity_2_5(&r);
	if (p) {
		bucket_numbers(&r, p);
		correlations(&r, p);
	}
	case_begin(c, "rules");
	case_ok(c, "rules", greeks_rules_check(&r));
	for (const struct node *n = ten_day ? ten_day->first : NULL; n;
	    n = n->next)
		simm_case(c, &r, root, n);
	for (const struct node *n = one_day ? one_day->first : NULL; n;
	    n = n->next)
		case_skip(c, "one-day calibration");
}
