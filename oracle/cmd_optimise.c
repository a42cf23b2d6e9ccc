/* oracle/cmd_optimise.c - `margind optimise`: how one vault meets its margin at
 * the least cost, and how it could need less of it. */
#include "oracle/cmd.h"

#include "base/decimal.h"
#include "oracle/optimise_report.h"
#include "oracle/options.h"
#include "oracle/progress.h"

#include <stdio.h>
#include <string.h>

#define OUTPUT_MAX_BYTES (512u * 1024u)
#define TARGET_DEFAULT "1.2"

static const struct option_row ROWS[] = {
	{ "book", "FILE", true, "the book: assets, rules, vaults" },
	{ "market", "FILE", true, "the market: prices, surfaces, returns" },
	{ "rules", "FILE", false, "parameters of the methods; else defaults" },
	{ "vault", "NAME", true, "which vault" },
	{ "method", "NAME", false, "instead of the vault's own" },
	{ "target-health", "X", false, "of the rebalancing; default "
	    TARGET_DEFAULT },
	{ "json", NULL, false, "one JSON object a line instead of tables" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "optimise", .rows = ROWS,
	.summary = "Prints the cheapest deposit that meets the initial "
	    "margin of a vault, what margin\neach position adds, trades that "
	    "lower it, the cheapest way found to a target\nhealth, and the "
	    "collateral of least variance that would meet the requirement.\n"
	    "Each is recomputed in full before it is printed.  Selling costs "
	    "half the spread\n(0.1 % where the book has none) and a fee of "
	    "0.05 %.",
};

static struct optimise_report report;

/* optimise_whatif: the parts that change the vault to look at it. */
static void
optimise_whatif(struct study *s, struct progress *bar)
{
	static struct deposit_work work;
	enum margin_method method = report.now.result.method;
	struct optimise_rules rules;
	struct whatif w;
	enum err e = whatif_begin(&w, &s->input->book, report.now.slot,
	    s->input->position_room);

	if (e != ERR_OK) {
		report.topup_error = report.trade_error =
		    report.rebalance_error = e;
		return;
	}
	optimise_rules_default(&rules);
	report.topup_error = deposit_plan_of(&report.topup, &w, &s->snapshot,
	    method, &rules, &work);
	progress_step(bar, 1);
	report.trade_error = trade_marginal(report.marginal, &w,
	    &s->snapshot, method);
	if (report.trade_error == ERR_OK)
		report.trade_error = trade_propose(report.trade,
		    &report.trade_count, OPTIMISE_TRADES_MAX, &report.before,
		    &w, &s->snapshot, method, &rules);
	progress_step(bar, 1);
	report.rebalance_error = rebalance_to_health(&report.rebalance, &w,
	    &s->snapshot, method, report.target, &rules);
	progress_step(bar, 1);
	whatif_end(&w);
}

static void
optimise_mix(const struct study *s)
{
	struct usd18 needed;
	enum err e = mix_requirement(&needed, &report.now.result, MIX_WHOLE);

	if (e == ERR_OK)
		e = mix_choose(&report.choice, &s->snapshot, report.now.slot,
		    needed);
	if (e == ERR_OK)
		e = mix_of(&report.mix, &s->snapshot, report.now.slot,
		    &report.choice, needed);
	/* Nothing that is available, all of it, is enough. */
	report.mix_error = e == ERR_STATE ? ERR_REFUSED : e;
}

static int
optimise_print(bool is_json)
{
	struct text t;
	bool ok;

	if (!is_json) {
		optimise_table(&report);
		return EXIT_OK;
	}
	text_init(&t, OUTPUT_MAX_BYTES);
	optimise_json(&t, &report);
	ok = !t.failed && fwrite(t.at, 1, t.len, stdout) == t.len;
	text_free(&t);
	return ok ? EXIT_OK : EXIT_FAILED;
}

static int
optimise(struct study *s, uint32_t slot, enum margin_method method,
    bool is_json)
{
	const char *name = s->input->book.vaults[slot].name;
	struct progress bar;

	report.study = s;
	margin_row_of(&report.now, s, slot, method);
	if (!report.now.has_figures) {
		fprintf(stderr, "margind optimise: vault %s: %s\n", name,
		    optimise_why(report.now.error != ERR_OK ?
		    report.now.error : ERR_STALE));
		return report.now.error != ERR_OK ? EXIT_FAILED :
		    EXIT_NOT_READY;
	}
	progress_begin(&bar, "parts", 4);
	optimise_whatif(s, &bar);
	optimise_mix(s);
	progress_end(&bar);
	return optimise_print(is_json);
}

/* target_read: a health above zero that a product with it still fits. */
static bool
target_read(const char *text)
{
	u128 raw;

	if (decimal_to_u128(&raw, text, strlen(text), 18) != ERR_OK ||
	    raw == 0 || raw > WAD_ONE_RAW * 1000000) {
		fprintf(stderr, "margind optimise: --target-health: `%s` is "
		    "not a number above 0, at most 1000000\n", text);
		return false;
	}
	report.target = wad_from_raw(raw);
	return true;
}

int
cmd_optimise(int argc, char **argv)
{
	struct options_given given;
	enum margin_method method;
	const char *name, *target;
	struct study study;
	uint32_t slot;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	memset(&report, 0, sizeof(report));
	name = options_get(&COMMAND, &given, "method");
	target = options_get(&COMMAND, &given, "target-health");
	if ((name && !study_method_named(COMMAND.name, name, &method)) ||
	    !target_read(target ? target : TARGET_DEFAULT))
		return EXIT_USAGE;
	code = EXIT_CONFIG;
	if (study_open(&study, options_get(&COMMAND, &given, "book"),
	    options_get(&COMMAND, &given, "market"), options_get(&COMMAND,
	    &given, "rules")) == ERR_OK) {
		code = EXIT_USAGE;
		if (study_find(&study, COMMAND.name, options_get(&COMMAND,
		    &given, "vault"), &slot))
			code = optimise(&study, slot, study_method(&study,
			    slot, name ? &method : NULL),
			    options_get(&COMMAND, &given, "json") != NULL);
	}
	study_close(&study);
	return code;
}
