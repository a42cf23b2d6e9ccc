/* oracle/cmd_simulate.c - `margind simulate`: a vault after shocks and after
 * actions: the figures before and after, and whether the actions would be
 * accepted (post margin). */
#include "oracle/cmd.h"

#include "margin/whatif.h"
#include "oracle/action_text.h"
#include "oracle/margin_json.h"
#include "oracle/margin_table.h"
#include "oracle/options.h"
#include "oracle/shock_text.h"
#include "oracle/study_shock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX_BYTES (256u * 1024u)

static const struct option_row ROWS[] = {
	{ "book", "FILE", true, "the book: assets, rules, vaults" },
	{ "market", "FILE", true, "the market: prices, surfaces, returns" },
	{ "rules", "FILE", false, "parameters of the methods; else defaults" },
	{ "vault", "NAME", true, "which vault" },
	{ "method", "NAME", false, "instead of the vault's own" },
	{ "json", NULL, false, "one JSON object instead of a table" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "simulate", .rows = ROWS, .operands = "STEP...",
	.operands_min = 1, .operands_max = OPERANDS_MAX,
	.summary = "Prints a vault before and after steps, done in this "
	    "order: shocks first, then actions.\n"
	    "Shocks:  crash-50 and the other names of `margind stress`, "
	    "price:ETH:-20%,\n         price:all:x0.7, price:stables:-10%, "
	    "vol:x2, delay:1h\n"
	    "Actions: deposit:USDC:1000, withdraw:ETH:0.5, borrow:USDC:200, "
	    "repay:USDC:all,\n         trade:ETH-PERP:-2@2010 (without @: at "
	    "its price)",
};

struct run {
	struct study study;
	struct study_shock *shocked;
	uint32_t slot;
	enum margin_method method;
	struct margin_row before, after;
	struct post_margin post;
	unsigned shocks, actions;
	bool is_json;
};

static int
step_fails(const char *step, enum err e)
{
	const char *why = e == ERR_SYNTAX ? "neither a shock nor an action" :
	    e == ERR_UNKNOWN ? "names what the book does not know" :
	    e == ERR_STALE ? "needs a price that is refused or missing" :
	    e == ERR_MISSING ? "has nothing to settle in" :
	    e == ERR_STATE ? "is not possible for this vault" :
	    e == ERR_LIMIT ? "finds no room in the vault" :
	    "is out of range";

	fprintf(stderr, "margind simulate: `%s` %s\n", step, why);
	return EXIT_USAGE;
}

/* shocks_do applies the steps that are shocks, in order. */
static int
shocks_do(struct run *r, const struct options_given *given)
{
	struct shock shock;
	enum err e;

	for (size_t i = 0; i < given->operand_count; i++) {
		e = shock_from_text(&shock, given->operand[i],
		    &r->study.input->book, &r->study.input->names);
		if (e == ERR_SYNTAX)
			continue;
		if (e == ERR_OK)
			e = r->shocks == 0 ? study_shock_do(r->shocked,
			    &r->study, &shock) : study_shock_more(r->shocked,
			    &r->study, &shock);
		if (e != ERR_OK)
			return step_fails(given->operand[i], e);
		r->shocks++;
	}
	return EXIT_OK;
}

/* actions_read reads what is no shock, against the market after the shocks. */
static int
actions_read(struct run *r, const struct options_given *given,
    const struct snapshot *s, struct action *actions)
{
	struct node n = snapshot_node(s, r->slot);
	struct shock shock;
	enum err e;

	for (size_t i = 0; i < given->operand_count; i++) {
		const char *step = given->operand[i];

		if (shock_from_text(&shock, step, &r->study.input->book,
		    &r->study.input->names) != ERR_SYNTAX)
			continue;
		e = action_from_text(&actions[r->actions], step, &n);
		if (e != ERR_OK)
			return step_fails(step, e);
		r->actions++;
	}
	return EXIT_OK;
}

static int
actions_do(struct run *r, const struct options_given *given,
    const struct snapshot *s)
{
	struct action actions[OPERANDS_MAX];
	struct whatif w = { .is_open = false };
	size_t failed = 0;
	int code = actions_read(r, given, s, actions);
	enum err e;

	if (code != EXIT_OK || r->actions == 0)
		return code;
	e = whatif_begin(&w, &r->study.input->book, r->slot,
	    r->study.input->position_room);
	if (e == ERR_OK)
		e = post_margin_of(&r->post, &failed, &w, s, r->method,
		    actions, r->actions);
	whatif_end(&w);
	if (e != ERR_OK) {
		fprintf(stderr, "margind simulate: action %zu of %u cannot be "
		    "done: %s\n", failed + 1, r->actions, err_name(e));
		return EXIT_FAILED;
	}
	r->after.result = r->post.after;
	r->after.has_figures = r->post.after.state != STATE_STALE;
	return EXIT_OK;
}

/* ---- output ------------------------------------------------------------- */

static void
json_state(struct text *t, const char *key, const struct run *r,
    const struct margin_row *row)
{
	text_printf(t, ",\"%s\":{\"state\":\"%s\"", key,
	    vault_state_name(row->result.state));
	margin_json_values(t, row);
	json_key_text(t, "binding", margin_binding(&r->study, row));
	text_put(t, "}");
}

static bool
print_json(const struct run *r)
{
	const char *name = r->study.input->book.vaults[r->slot].name;
	struct text t;
	bool ok;

	text_init(&t, OUTPUT_MAX_BYTES);
	text_put(&t, "{\"vault\":");
	text_json_string(&t, name, strlen(name));
	text_printf(&t, ",\"method\":\"%s\"", margin_method_name(r->method));
	json_state(&t, "before", r, &r->before);
	json_state(&t, "after", r, &r->after);
	if (r->actions > 0) {
		text_printf(&t, ",\"accepted\":%s,\"reason\":\"%s\"",
		    r->post.verdict.is_accepted ? "true" : "false",
		    action_reason_name(r->post.verdict.reason));
		json_key_ratio(&t, "post_margin", r->post.collateralization);
		json_key_usd(&t, "realised", r->post.effect.realised);
	}
	text_put(&t, "}\n");
	ok = !t.failed && fwrite(t.at, 1, t.len, stdout) == t.len;
	text_free(&t);
	return ok;
}

static void
table_line(const char *what, const struct run *r,
    struct usd18 (*of)(const struct margin_result *))
{
	char before[CELL] = "-", after[CELL] = "-";

	if (r->before.has_figures)
		cell_usd(before, of(&r->before.result));
	if (r->after.has_figures)
		cell_usd(after, of(&r->after.result));
	printf("%-20s  %20s  %20s\n", what, before, after);
}

#define FIELD(name, expression) \
	static struct usd18 name(const struct margin_result *r) \
	{ return (expression); }
FIELD(field_collateral, r->collateral_value)
FIELD(field_debt, r->debt_value)
FIELD(field_equity, r->equity)
FIELD(field_initial, r->initial.requirement)
FIELD(field_maintenance, r->mid.requirement)
FIELD(field_initial_excess, r->initial.excess)
FIELD(field_maintenance_excess, r->mid.excess)

static bool
print_table(const struct run *r)
{
	char before[CELL] = "-", after[CELL] = "-";

	if (r->before.has_figures)
		cell_ratio(before, r->before.result.mid.health);
	if (r->after.has_figures)
		cell_ratio(after, r->after.result.mid.health);
	printf("%-20s  %20s  %20s\n", r->study.input->book.vaults[
	    r->slot].name, "BEFORE", "AFTER");
	printf("%-20s  %20s  %20s\n", "state",
	    vault_state_name(r->before.result.state),
	    vault_state_name(r->after.result.state));
	printf("%-20s  %20s  %20s\n", "health factor", before, after);
	table_line("collateral value", r, field_collateral);
	table_line("debt value", r, field_debt);
	table_line("equity", r, field_equity);
	table_line("initial margin", r, field_initial);
	table_line("maintenance margin", r, field_maintenance);
	table_line("initial excess", r, field_initial_excess);
	table_line("maintenance excess", r, field_maintenance_excess);
	if (r->actions > 0)
		printf("\n%s: %s\n", r->post.verdict.is_accepted ?
		    "accepted" : "refused",
		    action_reason_name(r->post.verdict.reason));
	return true;
}

static int
simulate(struct run *r, const struct options_given *given,
    const enum margin_method *method)
{
	const struct snapshot *s;
	int code;

	r->method = study_method(&r->study, r->slot, method);
	margin_row_of(&r->before, &r->study, r->slot, r->method);
	if (study_shock_make(&r->shocked, &r->study) != ERR_OK)
		return EXIT_FAILED;
	code = shocks_do(r, given);
	if (code != EXIT_OK)
		return code;
	s = r->shocks > 0 ? &r->shocked->snapshot : &r->study.snapshot;
	margin_row_in(&r->after, s, r->slot, r->method);
	code = actions_do(r, given, s);
	if (code != EXIT_OK)
		return code;
	return (r->is_json ? print_json(r) : print_table(r)) ? EXIT_OK :
	    EXIT_FAILED;
}

int
cmd_simulate(int argc, char **argv)
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
	run = (struct run){ .is_json =
	    options_get(&COMMAND, &given, "json") != NULL };
	code = EXIT_CONFIG;
	if (study_open(&run.study, options_get(&COMMAND, &given, "book"),
	    options_get(&COMMAND, &given, "market"), options_get(&COMMAND,
	    &given, "rules")) == ERR_OK) {
		code = EXIT_USAGE;
		if (study_find(&run.study, COMMAND.name, options_get(&COMMAND,
		    &given, "vault"), &run.slot))
			code = simulate(&run, &given, name ? &method : NULL);
	}
	study_shock_free(run.shocked);
	study_close(&run.study);
	return code;
}
