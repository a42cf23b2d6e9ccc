/* tests/cases/backtest.c - Kupiec's table, Basel's zones, sequences of
 * exceptions. */
#include "tests/cases/cases.h"

#include "margin/backtest.h"

#include <stdio.h>
#include <string.h>

#define TOLERANCE 1000000000	/* relative, 18 decimals: 1e-9 */
#define TOLERANCE_ABS 1000000	/* 1e-12 */

static uint8_t hit[BACKTEST_T_MAX];

static struct ppb
part_of(const struct node *row)
{
	return ppb_from_raw((uint32_t)get_i128(row, "p", 9));
}

static void
near(struct cases *c, const char *what, const struct node *want,
    struct num18 got)
{
	case_relative(c, what, node_i128(want, 18), num18_to_raw(got),
	    TOLERANCE, TOLERANCE_ABS);
}

/* `computed` is what the formula gives; the published table differs from it
 * where `match` is false. */
static void
kupiec(struct cases *c, const struct node *row)
{
	const struct node *want = node_find(row, "computed");
	const struct node *printed = node_need(row, "published_nonreject");
	uint32_t t = (uint32_t)get_i128(row, "T", 0), least, most;
	struct num18 critical;

	case_begin(c, "Kupiec T %u p %s", t, node_need(row, "p")->text);
	if (!case_ok(c, "critical", backtest_critical(&critical,
	    ppb_from_raw(950000000), 1)) || !case_ok(c, "range",
	    backtest_pof_range(&least, &most, t, part_of(row), critical)))
		return;
	want = want ? want : printed;
	case_exact(c, "least", node_i128(node_item(want, 0), 0), least);
	case_exact(c, "most", node_i128(node_item(want, 1), 0), most);
	if (node_find(row, "match"))
		case_bool(c, "match", node_bool(node_find(row, "match")),
		    least == (uint32_t)node_i128(node_item(printed, 0), 0) &&
		    most == (uint32_t)node_i128(node_item(printed, 1), 0));
}

static void
sequence(struct cases *c, const struct node *row)
{
	const struct node *n = node_find(row, "transitions");
	uint32_t t = (uint32_t)get_i128(row, "T", 0), x = 0;
	struct backtest_transitions moves;
	struct num18 pof, ind, p;

	case_begin(c, "sequence %s", node_need(row, "name")->text);
	CASE_NEED(t <= BACKTEST_T_MAX);
	memset(hit, 0, t);
	for (const struct node *h = node_need(row, "hits")->first; h;
	    h = h->next, x++) {
		i128 at = node_i128(h, 0);

		CASE_NEED(at >= 0 && at < t);
		hit[at] = 1;
	}
	backtest_transitions_of(&moves, hit, t);
	for (unsigned i = 0; i < 4 && !node_is_null(n); i++)
		case_exact(c, "transitions", node_i128(node_item(node_item(n,
		    i / 2), i % 2), 0), moves.n[i / 2][i % 2]);
	if (!case_ok(c, "pof", backtest_pof(&pof, t, x, part_of(row))) ||
	    !case_ok(c, "ind", backtest_independence(&ind, &moves)))
		return;
	near(c, "LR_pof", node_need(row, "LR_pof"), pof);
	near(c, "LR_ind", node_need(row, "LR_ind"), ind);
	if (case_ok(c, "p_pof", backtest_p_value(&p, pof, 1)))
		near(c, "p_pof", node_need(row, "p_pof"), p);
	if (case_ok(c, "p_ind", backtest_p_value(&p, ind, 1)))
		near(c, "p_ind", node_need(row, "p_ind"), p);
	if (!case_ok(c, "LR_cc", num18_add(&pof, pof, ind)))
		return;
	near(c, "LR_cc", node_need(row, "LR_cc"), pof);
	if (case_ok(c, "p_cc", backtest_p_value(&p, pof, 2)))
		near(c, "p_cc", node_need(row, "p_cc"), p);
}

/* "0-4 green, 5-9 yellow, >=10 red" */
static void
zones(struct cases *c, const char *text, uint32_t t, struct ppb p)
{
	for (const char *at = text; at && *at;) {
		unsigned low = 0, high;
		bool is_open = strncmp(at, ">=", 2) == 0;
		char name[16] = "";
		size_t len;

		at += is_open ? 2 : 0;
		for (; *at >= '0' && *at <= '9'; at++)
			low = low * 10 + (unsigned)(*at - '0');
		high = is_open ? low + 2 : low;
		if (*at == '-')
			for (at++, high = 0; *at >= '0' && *at <= '9'; at++)
				high = high * 10 + (unsigned)(*at - '0');
		at += *at == ' ';
		len = strcspn(at, ",");
		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		for (unsigned x = low; x <= high; x++) {
			struct backtest_basel b;

			if (case_ok(c, "zone", backtest_basel_of(&b, t, x, p)))
				case_bool(c, name, true, strcmp(name,
				    backtest_zone_name(b.zone)) == 0);
		}
		at += len;
		at += strspn(at, ", ");
	}
}

/* "basel_250_99": a window and a level in per cent. */
static void
basel(struct cases *c, const struct node *row)
{
	const struct node *list = node_need(row, "cumulative_pct");
	unsigned t = 250, level = 99, numbers[2] = { 0, 0 }, seen = 0;
	struct backtest_basel b;
	uint32_t x = 0;
	struct ppb p;

	for (const char *at = row->key; *at; at++) {
		if (*at < '0' || *at > '9')
			continue;
		for (; *at >= '0' && *at <= '9'; at++)
			if (seen < 2)
				numbers[seen] = numbers[seen] * 10 +
				    (unsigned)(*at - '0');
		seen++;
		at--;
	}
	if (seen == 2) {
		t = numbers[0];
		level = numbers[1];
	}
	p = ppb_from_raw((100 - level) * (PPB_ONE_RAW / 100));
	case_begin(c, "Basel %u at %u %%", t, level);
	for (const struct node *n = list->first; n; n = n->next, x++) {
		struct num18 got;

		if (case_ok(c, "cumulative", backtest_binomial(&got, t, x, p)))
			case_near(c, "cumulative", node_i128(n, 16),
			    num18_to_raw(got), 50000000000000, 18);
	}
	for (const struct node *n = node_need(row, "plus_factor")->first; n;
	    n = n->next) {
		uint32_t count = 0;

		for (const char *at = n->key; *at >= '0' && *at <= '9'; at++)
			count = count * 10 + (uint32_t)(*at - '0');
		if (case_ok(c, "plus", backtest_basel_of(&b, t, count, p)))
			case_exact(c, "plus", node_i128(n, 9),
			    ppb_to_raw(b.plus));
	}
	if (node_find(row, "zones"))
		zones(c, node_find(row, "zones")->text, t, p);
}

/* "crit_95_chi2_1": a level in per cent and the degrees of freedom. */
static void
critical(struct cases *c, const struct node *n)
{
	unsigned level = 0, degrees;
	const char *at = n->key + strlen("crit_");
	struct num18 got;

	for (; *at >= '0' && *at <= '9'; at++)
		level = level * 10 + (unsigned)(*at - '0');
	degrees = (unsigned)(n->key[strlen(n->key) - 1] - '0');
	case_begin(c, "%s", n->key);
	if (case_ok(c, "critical", backtest_critical(&got, ppb_from_raw(
	    level * (PPB_ONE_RAW / 100)), degrees)))
		near(c, "critical", n, got);
}

void
cases_backtest(struct cases *c, const struct node *root)
{
	for (const struct node *n = root->first; n; n = n->next) {
		if (strncmp(n->key, "crit_", 5) == 0)
			critical(c, n);
		else if (n->kind == NODE_MAP &&
		    node_find(n, "cumulative_pct"))
			basel(c, n);
		for (const struct node *row = n->kind == NODE_LIST ?
		    n->first : NULL; row; row = row->next) {
			if (node_find(row, "published_nonreject"))
				kupiec(c, row);
			else if (node_find(row, "hits"))
				sequence(c, row);
		}
	}
}
