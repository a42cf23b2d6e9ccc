/* Bybit: bankruptcy and liquidation prices where maintenance is on the entry
 * value.  The page rounds what it prints: 0.01 %; derived numbers are
 * doubles: 1e-12. */
#include "tests/cases/cases.h"

#include <string.h>

#include "margin/venue_perp.h"

#define TOLERANCE_PRINTED 100000000000000	/* 1e-4, relative */
#define TOLERANCE_DERIVED 1000000		/* 1e-12 */

static void
compare(struct cases *c, const struct node *n, const char *key, enum err e,
    const struct linear_liquidation *got)
{
	bool is_derived = strncmp(key, "derived", 7) == 0;

	if (node_find(n, key) && case_ok(c, key, e) &&
	    case_bool(c, key, true, got->exists))
		case_relative(c, key, get_i128(n, key, 18),
		    (i128)px18_to_raw(got->price), is_derived ?
		    TOLERANCE_DERIVED : TOLERANCE_PRINTED, 1);
}

static struct entry_terms
terms_of(const struct node *n, bool is_linear, bool is_short)
{
	i128 size = get_i128(n, is_linear ? "qty" : "qty_usd", 18);

	return (struct entry_terms){
		.size = num18_from_raw(is_short && size > 0 ? -size : size),
		.multiplier = num18_one(),
		.entry = get_px(n, "entry"),
		.maintenance = ppb_from_raw((uint32_t)get_i128(n, "mmr", 9)),
	};
}

void
cases_bybit(struct cases *c, const struct node *root)
{
	unsigned i = 0;

	for (const struct node *n = root->first; n != NULL; n = n->next) {
		const char *mode = node_need(n, "mode")->text;
		bool is_linear = strstr(mode, "linear") != NULL;
		const struct entry_terms t = terms_of(n, is_linear,
		    strstr(mode, "short") != NULL);
		struct linear_liquidation at;
		enum err e;

		case_begin(c, "%u %s", i++, mode);
		if (strstr(mode, "cross") != NULL && !is_linear) {
			struct num18 balance = get_num(n, "balance_btc");
			struct ppb taker =
			    ppb_from_raw((uint32_t)get_i128(n, "taker", 9));

			e = venue_bankruptcy_inverse(&at, &t, balance, taker);
			compare(c, n, "expected_bankruptcy", e, &at);
			e = venue_cross_inverse(&at, &t, balance, taker);
		} else if (is_linear) {
			e = venue_isolated_linear(&at, &t,
			    get_num(n, "leverage"));
		} else {
			e = venue_isolated_inverse(&at, &t,
			    get_num(n, "leverage"));
		}
		compare(c, n, "expected_liq", e, &at);
		compare(c, n, "derived_liq", e, &at);
	}
}
