/* The project's own closed forms: liquidation prices, sizing, the buffer. */
#include "margin/buffer.h"
#include "margin/linear.h"
#include "margin/liquidation_bare.h"
#include "tests/cases/cases.h"

#include <string.h>

#define TOLERANCE 1000000	/* 1e-12 of the expected */
#define WHOLE 18u		/* atoms of a case's token: 18 decimals */

static struct ppb
get_ppb(const struct node *item, const char *key)
{
	return ppb_from_raw((uint32_t)get_i128(item, key, 9));
}

/* A number that is written with three to eleven decimals was rounded to them
 * by hand: half a unit of the last is allowed.  Others are doubles. */
static i128
written_half(const struct node *n)
{
	const char *point = strchr(n->text, '.');
	size_t decimals = point ? strspn(point + 1, "0123456789") : 0;

	if (decimals < 3 || decimals > 11)
		return 0;
	return (i128)pow10_u128(18 - (unsigned)decimals) / 2;
}

static void
relative(struct cases *c, const char *what, const struct node *expected,
    i128 got)
{
	case_relative(c, what, node_i128(expected, 18), got, TOLERANCE,
	    written_half(expected));
}

static void
price_case(struct cases *c, const struct node *item, enum err e, bool exists,
    struct px18 price)
{
	const struct node *expected = node_need(item, "expected");

	if (!case_ok(c, "liquidation price", e))
		return;
	case_bool(c, "exists", !node_is_null(expected), exists);
	if (exists && !node_is_null(expected))
		relative(c, "price", expected, (i128)px18_to_raw(price));
}

static void
ratio_case(struct cases *c, const struct node *item)
{
	struct excess_line line = {
		.collateral = (u128)get_i128(item, "q", WHOLE),
		.decimals = WHOLE,
		.threshold = get_ppb(item, "LT"), .weight = ppb_one(),
	};
	struct liquidation_price p = { 0 };
	enum err e = usd18_sub(&line.rest, get_usd(item, "other"),
	    get_usd(item, "debt"));

	if (e == ERR_OK)
		e = liquidation_price_line(&p, &line);
	price_case(c, item, e, p.has_below, p.below);
}

static void
linear_case(struct cases *c, const struct node *item)
{
	struct linear_liquidation p = { 0 };
	enum err e = linear_liquidation_price(&p, get_usd(item, "A"),
	    get_num(item, "q"), num18_one(), get_px(item, "entry"),
	    get_ppb(item, "m"));

	price_case(c, item, e, p.exists, p.price);
}

/* An inverse position's side is in the kind's name, its USD without a sign. */
static void
inverse_case(struct cases *c, const struct node *item, bool is_short)
{
	struct num18 size = get_num(item, "usd");
	struct linear_liquidation p = { 0 };
	enum err e = ERR_OK;

	if (is_short && !num18_is_negative(size))
		e = num18_sub(&size, num18_zero(), size);
	if (e == ERR_OK)
		e = linear_liquidation_price_inverse(&p, get_num(item, "B"),
		    size, num18_one(), get_px(item, "entry"),
		    get_ppb(item, "m"));
	price_case(c, item, e, p.exists, p.price);
}

static void
liq_case(struct cases *c, const struct node *item)
{
	const char *kind = node_need(item, "kind")->text;

	case_begin(c, "liq %s", kind);
	if (node_find(item, "LT") != NULL)
		ratio_case(c, item);
	else if (strncmp(kind, "inverse", 7) == 0)
		inverse_case(c, item, strstr(kind, "short") != NULL);
	else
		linear_case(c, item);
}

static void
sizing_case(struct cases *c, const struct node *item)
{
	struct liquidation_pair pair = {
		.debt_weight = ppb_one(), .threshold = get_ppb(item, "LT"),
		.bonus = get_ppb(item, "bonus"),
	};
	struct liquidation_sums sums = {
		.weighted_collateral = get_usd(item, "W"),
		.weighted_debt = get_usd(item, "D"),
	};
	struct usd18 repay;
	bool heals;

	case_begin(c, "sizing D %s W %s", node_need(item, "D")->text,
	    node_need(item, "W")->text);
	if (!case_ok(c, "repay", liquidation_repay_to_target(&repay, &heals,
	    &pair, &sums, wad_from_raw((u128)get_i128(item, "HF_target",
	    18)))))
		return;
	case_bool(c, "heals", !node_is_null(node_need(item, "expected")),
	    heals);
	if (heals)
		relative(c, "repay", node_need(item, "expected"),
		    usd18_to_raw(repay));
}

/* `start` is the buffered margin of the day before the first. */
static void
apc_case(struct cases *c, const struct node *apc)
{
	const struct node *raw = node_need(apc, "raw")->first;
	const struct node *expected = node_need(apc, "expected")->first;
	struct buffer_state s = { .is_started = true,
		.margin = usd18_from_raw(node_i128(raw, 18)),
		.buffered = get_usd(apc, "start") };
	struct buffer_rules rules;

	buffer_rules_default(&rules);
	rules.rebuild = get_ppb(apc, "rebuild_per_step");
	for (unsigned day = 0; raw && expected; day++) {
		case_begin(c, "apc day %u", day);
		if (!case_ok(c, "buffer_step", buffer_step(&s,
		    usd18_from_raw(node_i128(raw, 18)), &rules)))
			return;
		relative(c, "buffered", expected, usd18_to_raw(s.buffered));
		raw = raw->next;
		expected = expected->next;
	}
	case_bool(c, "as many days", true, raw == NULL && expected == NULL);
}

static void
item_read(struct cases *c, const struct node *item)
{
	if (node_find(item, "raw") && node_find(item, "rebuild_per_step"))
		apc_case(c, item);
	else if (node_find(item, "kind"))
		liq_case(c, item);
	else if (node_find(item, "HF_target"))
		sizing_case(c, item);
	else
		for (const struct node *n = item->first; n; n = n->next)
			if (n->kind == NODE_MAP || n->kind == NODE_LIST)
				item_read(c, n);
}

void
cases_margind_model(struct cases *c, const struct node *root)
{
	item_read(c, root);
}
