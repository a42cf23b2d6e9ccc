/* Dederi: a future's ladder of spot shocks, its forward and contingency, as
 * the page prints them: half a unit of the last digit shown, or 1e-4. */
#include "tests/cases/cases.h"

#include <string.h>

#include "margin/option.h"
#include "margin/venue_option.h"

#define TOLERANCE 100000000000000	/* 1e-4, relative */
#define SHOCKS_MAX 64u
#define DAY_MS 86400000
#define MICRO 1000000

/* printed_unit is half a unit of the last digit that a number shows. */
static i128
printed_unit(const struct node *n)
{
	const char *point = strchr(n->text, '.');
	i128 unit = (i128)WAD_ONE_RAW / 2;

	for (const char *at = point ? point + 1 : ""; *at >= '0' && *at <= '9';
	    at++)
		unit /= 10;
	return unit;
}

static void
compare(struct cases *c, const char *what, const struct node *n, i128 got)
{
	case_relative(c, what, node_i128(n, 18), got, TOLERANCE,
	    printed_unit(n));
}

static void
ladder_case(struct cases *c, const struct node *n, struct num18 quantity,
    struct px18 forward)
{
	const struct node *list = node_need(n, "shocks");
	const struct node *pnl = node_need(n, "pnl");
	struct num18 shocks[SHOCKS_MAX];
	struct usd18 got[SHOCKS_MAX], worst;

	CASE_NEED(list->count <= SHOCKS_MAX && pnl->count == list->count);
	for (unsigned i = 0; i < list->count; i++)
		shocks[i] = num18_from_raw(node_i128(node_item(list, i), 18));
	if (!case_ok(c, "ladder", venue_ladder_profits(got, &worst, shocks,
	    list->count, quantity, forward)))
		return;
	for (unsigned i = 0; i < list->count; i++)
		compare(c, "profit", node_item(pnl, i), usd18_to_raw(got[i]));
}

static void
future_case(struct cases *c, const struct node *n)
{
	struct num18 quantity = get_num(n, "qty");
	struct px18 index = get_px(n, "index"), forward;
	struct usd18 contingency;

	if (case_ok(c, "forward", venue_forward_of_rate(&forward, index,
	    get_num(n, "rate"), option_tau((uint64_t)(get_i128(n, "days", 6) *
	    DAY_MS / MICRO)))))
		compare(c, "forward", node_need(n, "F"),
		    (i128)px18_to_raw(forward));
	if (case_ok(c, "contingency", venue_ladder_contingency(&contingency,
	    quantity, index, ppb_from_raw((uint32_t)get_i128(n,
	    "futureContingencyFactor", 9)))))
		compare(c, "contingency", node_need(n, "contingency"),
		    usd18_to_raw(contingency));
	ladder_case(c, n, quantity, get_px(n, "F"));
}

void
cases_dederi(struct cases *c, const struct node *root)
{
	const struct node *n = root->kind == NODE_LIST ? root->first : root;

	for (unsigned i = 0; n != NULL; n = n->next) {
		case_begin(c, "%u", i++);
		future_case(c, n);
	}
}
