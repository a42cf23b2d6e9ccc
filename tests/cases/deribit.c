/* Deribit: the margin ratio of a linear perpetual that grows with the
 * position, and margins the page prints in USD.  1e-12 relative. */
#include "tests/cases/cases.h"

#include <ctype.h>
#include <string.h>

#include "margin/venue_perp.h"

#define TOLERANCE 1000000	/* 1e-12, relative */
#define COIN_MAX 16u

static void
ratio_case(struct cases *c, const struct node *n)
{
	struct num18 got;

	if (case_ok(c, "ratio", venue_position_ratio(&got, get_num(n, "base"),
	    get_num(n, "increase_per_unit"), get_num(n, "position"))))
		case_relative(c, "ratio", get_i128(n, "expected_ratio", 18),
		    num18_to_raw(got), TOLERANCE, 1);
}

/* The child whose key is position_COIN; the coin in upper case. */
static const struct node *
position_of(char coin[COIN_MAX], const struct node *n)
{
	for (const struct node *k = n->first; k != NULL; k = k->next) {
		size_t i = 0;

		if (strncmp(k->key, "position_", 9) != 0)
			continue;
		for (const char *at = k->key + 9; *at && i + 1 < COIN_MAX; at++)
			coin[i++] = (char)toupper((unsigned char)*at);
		coin[i] = '\0';
		return k;
	}
	return NULL;
}

static void
usd_case(struct cases *c, const struct node *n)
{
	char coin[COIN_MAX] = "";
	const struct node *position = position_of(coin, n);
	struct position_rules r;
	struct usd18 initial, maintenance;

	if (!case_ok(c, "coin", venue_position_rules_of(&r, coin)) ||
	    !case_ok(c, "margin", venue_position_margin(&initial, &maintenance,
	    &r, num18_from_raw(node_i128(position, 18)), get_px(n, "price"))))
		return;
	if (node_find(n, "IM"))
		case_relative(c, "initial", get_i128(n, "IM", 18),
		    usd18_to_raw(initial), TOLERANCE, 1);
	if (node_find(n, "MM"))
		case_relative(c, "maintenance", get_i128(n, "MM", 18),
		    usd18_to_raw(maintenance), TOLERANCE, 1);
}

void
cases_deribit(struct cases *c, const struct node *root)
{
	const struct node *ratios = node_find(root, "cases");
	const struct node *usd = node_find(root, "usd");
	unsigned i = 0;

	for (const struct node *n = ratios ? ratios->first : NULL; n != NULL;
	    n = n->next) {
		case_begin(c, "ratio %u", i++);
		ratio_case(c, n);
	}
	i = 0;
	for (const struct node *n = usd ? usd->first : NULL; n != NULL;
	    n = n->next) {
		case_begin(c, "usd %u", i++);
		usd_case(c, n);
	}
}
