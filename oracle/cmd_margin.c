/* oracle/cmd_margin.c - `margind margin`: what the vaults of a book are worth
 * in a market, what margin they need and at which price they are liquidated,
 * as JSON lines or as a table. */
#include "oracle/cmd.h"

#include "margin/aggregate_group.h"
#include "oracle/margin_compare.h"
#include "oracle/margin_explain.h"
#include "oracle/margin_json.h"
#include "oracle/margin_sums.h"
#include "oracle/margin_table.h"
#include "oracle/options.h"
#include "oracle/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES (256u * 1024u)	/* of one vault: 32 legs of names */

static const struct option_row ROWS[] = {
	{ "book", "FILE", true, "the book: assets, rules, vaults" },
	{ "market", "FILE", true, "the market: prices, surfaces, returns" },
	{ "rules", "FILE", false, "parameters of the methods; else defaults" },
	{ "method", "NAME", false, "ratio, standard, scenario, greeks, var or "
	    "es for all vaults" },
	{ "vault", "NAME", false, "this one alone" },
	{ "compare", NULL, false, "every method beside the vault's own" },
	{ "explain", "VAULT", false, "the terms of each of its numbers" },
	{ "by", "KEY", false, "asset, chain or group: sums instead of vaults" },
	{ "greeks", NULL, false, "dollar greeks by underlying and expiry" },
	{ "json", NULL, false, "one JSON object a line instead of a table" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "margin", .rows = ROWS,
	.summary = "Prints, for each vault, value, ratios, margin, state and "
	    "liquidation figures,\nthen the aggregate.  Values are USD at mid.",
};

struct run {
	struct study study;
	const enum margin_method *method;	/* NULL: each its own */
	uint32_t first, count;	/* the vaults that are looked at */
	struct margin_row *rows;	/* of those */
	struct aggregate_table sums;
	struct margin_compared compared;
	bool is_json, has_beside;
};

/* row_count adds a vault to the sums.  One that shares its parent's collateral
 * is in its parent's figures, unless it is looked at alone. */
static enum err
row_count(struct run *r, const struct margin_row *row)
{
	const struct margin_result *v = &row->result;
	struct aggregate_part part = { .state = v->state };
	enum err e = ERR_OK;

	if (row->has_figures && (r->count == 1 || !tree_is_shared(
	    &r->study.input->book.vaults[row->slot]))) {
		part.collateral_value = v->collateral_value;
		part.debt_value = v->debt_value;
		part.weighted_debt = v->mid.weighted_debt;
		part.initial_requirement = v->initial.requirement;
		part.maintenance_requirement = v->mid.requirement;
		part.initial_excess = v->initial.excess;
		part.maintenance_excess = v->mid.excess;
		e = usd18_add(&part.weighted_collateral, v->mid.equity,
		    v->mid.weighted_debt);
	}
	return e != ERR_OK ? e : aggregate_table_add(&r->sums,
	    AGGREGATE_SYSTEM, 0, &part);
}

/* silent_note says why vaults have a method that says nothing of them. */
static void
silent_note(const struct run *r)
{
	uint32_t silent = 0, own = 0;
	const struct var_work *v = &r->study.work->var;

	for (uint32_t i = 0; i < r->count; i++) {
		const struct margin_row *row = &r->rows[i];

		if (row->error != ERR_STATE)
			continue;
		if (row->result.method == METHOD_VAR ||
		    row->result.method == METHOD_ES)
			silent++;
		else
			own++;
	}
	if (silent > 0)
		fprintf(stderr, "margind margin: var and es say nothing of "
		    "%u vaults: a factor without returns, or fewer than %u "
		    "scenarios (here %u)\n", silent,
		    r->study.rules.var.scenarios_min, v->has_sample ?
		    v->base.scenarios : 0u);
	if (own > 0)
		fprintf(stderr, "margind margin: ratio says nothing of %u "
		    "vaults that have positions or orders\n", own);
}

static bool
evaluate(struct run *r)
{
	const struct book *b = &r->study.input->book;
	struct progress bar;

	r->rows = calloc(r->count ? r->count : 1, sizeof(*r->rows));
	if (!r->rows)
		return false;
	progress_begin(&bar, "vaults", r->count);
	for (uint32_t i = 0; i < r->count; i++) {
		margin_row_of(&r->rows[i], &r->study, r->first + i,
		    study_method(&r->study, r->first + i, r->method));
		if (row_count(r, &r->rows[i]) != ERR_OK) {
			progress_end(&bar);
			fprintf(stderr, "margind margin: the book's sums leave "
			    "their type at vault %s\n",
			    b->vaults[r->first + i].name);
			return false;
		}
		progress_step(&bar, i);
	}
	progress_end(&bar);
	silent_note(r);
	return true;
}

static bool
text_emit(struct text *t)
{
	bool ok = !t->failed && fwrite(t->at, 1, t->len, stdout) == t->len;

	text_clear(t);
	return ok;
}

static void
json_aggregate(struct text *t, const struct aggregate_row *a)
{
	bool is_first = true;

	text_printf(t, "{\"aggregate\":{\"vaults\":%u", a->parts);
	json_key_usd(t, "collateral_value", a->collateral_value);
	json_key_usd(t, "debt_value", a->debt_value);
	json_key_ratio(t, "collateralization_ratio", aggregate_row_ratio(a));
	json_key_ratio(t, "health_factor", aggregate_row_health(a));
	json_key_usd(t, "initial_margin", a->initial_requirement);
	json_key_usd(t, "maintenance_margin", a->maintenance_requirement);
	text_put(t, ",\"states\":{");
	for (unsigned i = 0; i < AGGREGATE_STATES; i++) {
		if (a->states[i] == 0)
			continue;
		text_printf(t, "%s\"%s\":%u", is_first ? "" : ",",
		    vault_state_name(i), a->states[i]);
		is_first = false;
	}
	text_put(t, "}}}\n");
}

static bool
print_json(struct run *r, const struct aggregate_row *sum)
{
	struct text t;
	bool ok = true;

	text_init(&t, LINE_MAX_BYTES);
	for (uint32_t i = 0; ok && i < r->count; i++) {
		margin_json_vault(&t, &r->study, &r->rows[i]);
		if (r->has_beside) {
			margin_compare(&r->compared, &r->study, &r->rows[i]);
			margin_compare_json(&t, &r->study, &r->compared);
		}
		text_put(&t, "}\n");
		ok = text_emit(&t);
	}
	if (ok) {
		json_aggregate(&t, sum);
		ok = text_emit(&t);
	}
	text_free(&t);
	return ok;
}

static bool
print_compared(struct run *r)
{
	const struct book *b = &r->study.input->book;
	int width = 5;

	for (uint32_t i = 0; i < r->count; i++) {
		int len = (int)strlen(b->vaults[r->first + i].name);

		width = len > width ? len : width;
	}
	margin_compare_head(width);
	for (uint32_t i = 0; i < r->count; i++) {
		margin_compare(&r->compared, &r->study, &r->rows[i]);
		margin_compare_table(&r->study, &r->compared, width);
	}
	return true;
}

static bool
print(struct run *r)
{
	static const struct aggregate_row nothing;
	const struct aggregate_row *sum = aggregate_table_find(&r->sums,
	    AGGREGATE_SYSTEM, 0);

	sum = sum ? sum : &nothing;
	if (!r->is_json && r->has_beside)
		return print_compared(r);
	return r->is_json ? print_json(r, sum) : margin_table_print(&r->study,
	    r->rows, r->count, sum);
}

/* One vault's terms, the book's sums, its greeks, or every vault. */
static int
run_margin(struct run *r, const struct options_given *given)
{
	const char *explain = options_get(&COMMAND, given, "explain");
	const char *vault = options_get(&COMMAND, given, "vault");
	const char *key = options_get(&COMMAND, given, "by");
	uint32_t term_slot = 0;
	enum margin_by by;
	bool ok;

	r->count = r->study.input->book.vault_count;
	if ((explain && !study_find(&r->study, COMMAND.name, explain,
	    &term_slot)) ||
	    (vault && !study_find(&r->study, COMMAND.name, vault,
	    &r->first)) ||
	    (key && !margin_by_named(COMMAND.name, key, &by)))
		return EXIT_USAGE;
	r->count = vault ? 1 : r->count;
	if (options_get(&COMMAND, given, "greeks"))
		ok = margin_greeks_print(&r->study, vault ? r->first :
		    UINT32_MAX, r->is_json);
	else if (explain)
		ok = margin_explain_print(&r->study, term_slot, study_method(
		    &r->study, term_slot, r->method), r->is_json);
	else if (key)
		ok = margin_by_print(&r->study, by, r->is_json);
	else
		ok = evaluate(r) && print(r);
	return ok ? EXIT_OK : EXIT_FAILED;
}

int
cmd_margin(int argc, char **argv)
{
	static struct run run;
	struct options_given given;
	enum margin_method method;
	const char *name;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	name = options_get(&COMMAND, &given, "method");
	if (name && !study_method_named(COMMAND.name, name, &method))
		return EXIT_USAGE;
	run = (struct run){ .method = name ? &method : NULL,
		.is_json = options_get(&COMMAND, &given, "json") != NULL,
		.has_beside = options_get(&COMMAND, &given, "compare") != NULL,
	};
	code = EXIT_CONFIG;
	if (study_open(&run.study, options_get(&COMMAND, &given, "book"),
	    options_get(&COMMAND, &given, "market"), options_get(&COMMAND,
	    &given, "rules")) == ERR_OK)
		code = run_margin(&run, &given);
	free(run.rows);
	study_close(&run.study);
	return code;
}
