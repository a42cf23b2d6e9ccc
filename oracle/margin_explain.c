#include "oracle/margin_explain.h"

#include "oracle/margin_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TERMS_MAX 8192u
#define EXPLAIN_BYTES_MAX (2u * 1024u * 1024u)

/* Each number is taken from the side that it belongs to. */
static const struct {
	enum explain_number number;
	enum margin_side side;
} NUMBERS[] = {
	{ EXPLAIN_COLLATERAL_VALUE, SIDE_MAINTENANCE },
	{ EXPLAIN_DEBT_VALUE, SIDE_MAINTENANCE },
	{ EXPLAIN_EQUITY, SIDE_MAINTENANCE },
	{ EXPLAIN_EQUITY_MAINTENANCE, SIDE_MAINTENANCE },
	{ EXPLAIN_MAINTENANCE_MARGIN, SIDE_MAINTENANCE },
	{ EXPLAIN_EXCESS_MAINTENANCE, SIDE_MAINTENANCE },
	{ EXPLAIN_EQUITY_INITIAL, SIDE_INITIAL },
	{ EXPLAIN_INITIAL_MARGIN, SIDE_INITIAL },
	{ EXPLAIN_EXCESS_INITIAL, SIDE_INITIAL },
};

struct explained {
	const struct study *study;
	uint32_t slot;
	enum margin_method method;
	struct explain side[2];	/* by enum margin_side */
	struct evaluation value[2];
};

/* excess_terms: the excess in terms of the two numbers above it. */
static enum err
excess_terms(struct explain *terms, enum margin_side side)
{
	bool is_initial = side == SIDE_INITIAL;
	enum explain_number excess = is_initial ? EXPLAIN_EXCESS_INITIAL :
	    EXPLAIN_EXCESS_MAINTENANCE;
	struct usd18 equity, margin, minus;
	enum err e = explain_sum(&equity, terms, is_initial ?
	    EXPLAIN_EQUITY_INITIAL : EXPLAIN_EQUITY_MAINTENANCE);

	if (e == ERR_OK)
		e = explain_sum(&margin, terms, is_initial ?
		    EXPLAIN_INITIAL_MARGIN : EXPLAIN_MAINTENANCE_MARGIN);
	if (e == ERR_OK)
		e = usd18_neg(&minus, margin);
	if (e != ERR_OK)
		return e;
	explain_add(terms, excess, "adjusted equity", ABOUT_NOTHING, 0, equity);
	explain_add(terms, excess, "requirement", ABOUT_NOTHING, 0,
	    minus);
	return ERR_OK;
}

/* floor_term: what a named shock adds to the requirement of this side. */
static enum err
floor_term(struct explained *x, enum margin_side side)
{
	struct evaluation *v = &x->value[side];
	struct margin_result r;
	struct usd18 more;
	enum err e = margin_evaluate(&r, &x->study->snapshot,
	    x->slot, x->method);

	if (e == ERR_OK)
		e = usd18_sub(&more, side == SIDE_INITIAL ?
		    r.initial.requirement : r.mid.requirement,
		    v->requirement);
	if (e != ERR_OK || usd18_is_zero(more))
		return e;
	explain_add(&x->side[side], side == SIDE_INITIAL ?
	    EXPLAIN_INITIAL_MARGIN : EXPLAIN_MAINTENANCE_MARGIN,
	    "stress floor", ABOUT_NOTHING, 0, more);
	return usd18_sub(&v->excess, v->excess, more);
}

static enum err
side_fill(struct explained *x, enum margin_side side)
{
	const struct snapshot *s = &x->study->snapshot;
	struct point at = point_mid();
	enum err e = ERR_OK;

	if (side == SIDE_INITIAL)
		e = margin_worst_point(&at, s, x->slot, x->method, side,
		    false);
	if (e == ERR_OK)
		e = margin_evaluate_at(&x->value[side], s, x->slot, x->method,
		    &at, side, &x->side[side]);
	if (e == ERR_OK && x->study->snapshot.floor_count > 0)
		e = floor_term(x, side);
	return e != ERR_OK ? e : excess_terms(&x->side[side], side);
}

/* sums_check: the excess is equity less requirement, so it checks both. */
static bool
sums_check(const struct explained *x)
{
	for (unsigned side = SIDE_INITIAL; side <= SIDE_MAINTENANCE; side++) {
		struct usd18 sum;

		if (explain_sum(&sum, &x->side[side], side == SIDE_INITIAL ?
		    EXPLAIN_EXCESS_INITIAL : EXPLAIN_EXCESS_MAINTENANCE) !=
		    ERR_OK ||
		    usd18_compare(sum, x->value[side].excess) != 0) {
			fprintf(stderr, "margind margin: the terms of vault %s "
			    "do not add up\n", x->study->input->book.vaults[
			    x->slot].name);
			return false;
		}
	}
	return true;
}

static void
json_number(struct text *t, const struct explained *x, size_t k)
{
	const struct explain *terms = &x->side[NUMBERS[k].side];
	char buf[MARGIN_ABOUT_BUF];
	bool is_first = true;
	struct usd18 sum;

	text_printf(t, "%s\"%s\":{\"terms\":[", k ? "," : "",
	    explain_number_name(NUMBERS[k].number));
	for (size_t i = 0; i < terms->count; i++) {
		const struct explain_term *m = &terms->term[i];

		if (m->number != NUMBERS[k].number)
			continue;
		text_printf(t, "%s{\"term\":\"%s\"", is_first ? "" : ",",
		    m->what);
		json_key_text(t, "of", margin_about_name(buf, x->study,
		    m->about, m->index));
		json_key_usd(t, "amount", m->amount);
		text_put(t, "}");
		is_first = false;
	}
	text_put(t, "]");
	if (explain_sum(&sum, terms, NUMBERS[k].number) == ERR_OK)
		json_key_usd(t, "sum", sum);
	text_put(t, "}");
}

static bool
print_json(const struct explained *x)
{
	const char *name = x->study->input->book.vaults[x->slot].name;
	struct text t;
	bool ok;

	text_init(&t, EXPLAIN_BYTES_MAX);
	text_put(&t, "{\"vault\":");
	text_json_string(&t, name, strlen(name));
	text_printf(&t, ",\"method\":\"%s\",\"explain\":{",
	    margin_method_name(x->method));
	for (size_t k = 0; k < ARRAY_COUNT(NUMBERS); k++)
		json_number(&t, x, k);
	text_put(&t, "}}\n");
	ok = !t.failed && fwrite(t.at, 1, t.len, stdout) == t.len;
	text_free(&t);
	return ok;
}

static bool
print_table(const struct explained *x)
{
	char cell[CELL], buf[MARGIN_ABOUT_BUF];
	struct usd18 sum;

	printf("%s, method %s\n", x->study->input->book.vaults[x->slot].name,
	    margin_method_name(x->method));
	for (size_t k = 0; k < ARRAY_COUNT(NUMBERS); k++) {
		const struct explain *terms = &x->side[NUMBERS[k].side];

		printf("\n%s\n", explain_number_name(NUMBERS[k].number));
		for (size_t i = 0; i < terms->count; i++) {
			const struct explain_term *m = &terms->term[i];
			const char *of = margin_about_name(buf, x->study,
			    m->about, m->index);

			if (m->number != NUMBERS[k].number)
				continue;
			cell_usd(cell, m->amount);
			printf("  %18s  %s%s%s\n", cell, m->what,
			    of ? " of " : "", of ? of : "");
		}
		if (explain_sum(&sum, terms, NUMBERS[k].number) != ERR_OK)
			return false;
		cell_usd(cell, sum);
		printf("  %18s  =\n", cell);
	}
	return true;
}

bool
margin_explain_print(const struct study *s, uint32_t slot,
    enum margin_method method, bool is_json)
{
	struct explain_term *terms = calloc((size_t)2 * TERMS_MAX,
	    sizeof(*terms));
	struct explained x = { .study = s, .slot = slot, .method = method };
	enum err e = terms ? ERR_OK : ERR_LIMIT;
	bool ok = false;

	for (unsigned side = 0; side < 2 && e == ERR_OK; side++) {
		x.side[side] = (struct explain){ .capacity = TERMS_MAX,
		    .term = terms + (size_t)side * TERMS_MAX };
		e = side_fill(&x, (enum margin_side)side);
	}
	if (e != ERR_OK)
		fprintf(stderr, "margind margin: vault %s cannot be "
		    "explained: %s\n", s->input->book.vaults[slot].name,
		    e == ERR_STALE ? "a price that it needs is refused or "
		    "missing" : e == ERR_STATE ? "the method says nothing "
		    "about such a vault" : err_name(e));
	else
		ok = sums_check(&x) && (is_json ? print_json(&x) :
		    print_table(&x));
	free(terms);
	return ok;
}
