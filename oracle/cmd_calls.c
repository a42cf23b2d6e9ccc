/* oracle/cmd_calls.c - `margind calls`: margin calls over time: who is called
 * now, for how much and until when, and what changed since the last
 * snapshot. */
#include "oracle/cmd.h"

#include "base/clock_text.h"
#include "oracle/calls_print.h"
#include "oracle/options.h"

#include <stdio.h>
#include <string.h>

static const struct option_row ROWS[] = {
	{ "book", "FILE", true, "the book: assets, rules, vaults" },
	{ "market", "FILE", true, "the market; its as_of is the time" },
	{ "rules", "FILE", false, "parameters of the methods; else defaults" },
	{ "method", "NAME", false, "for all vaults, instead of each its own" },
	{ "state", "FILE", true, "read if it is there, and written anew" },
	{ "json", NULL, false, "one JSON object a line instead of tables" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "calls", .rows = ROWS,
	.summary = "Steps the margin call of every vault from the last state "
	    "to this market, prints\nwhat changed and what is open, and "
	    "keeps the new state.  Taken twice it is the\nsame.  A market "
	    "older than the state is refused.",
};

/* A time is what calls are about: EXIT_OK, or why not. */
static int
time_check(const struct study *s, const char *market_path,
    const struct calls_state *before, const char *state_path)
{
	uint64_t now_ms = s->market->market.as_of_ms;
	char now[TIME_TEXT_BUF], then[TIME_TEXT_BUF];

	if (now_ms == 0) {
		fprintf(stderr, "%s: a margin call needs the market's "
		    "`as_of`\n", market_path);
		return EXIT_CONFIG;
	}
	if (now_ms >= before->as_of_ms)
		return EXIT_OK;
	time_ms_to_rfc3339(now, now_ms);
	time_ms_to_rfc3339(then, before->as_of_ms);
	fprintf(stderr, "%s: %s: as_of %s is before %s's %s\n", market_path,
	    err_name(ERR_STATE), now, state_path, then);
	return EXIT_NOT_READY;
}

/* Printed first: what was seen twice does less harm than what never was. */
static int
calls_run(const struct study *s, const struct calls_state *before,
    const struct b32 *snapshot, const enum margin_method *method,
    const char *state_path, bool is_json)
{
	struct calls_step step;
	enum err e = calls_step_make(&step, s, before, snapshot, method);
	bool ok;

	if (e != ERR_OK) {
		fprintf(stderr, "margind calls: %s\n", e == ERR_RANGE ?
		    "the book's sums leave their type" : "no memory");
		return EXIT_FAILED;
	}
	ok = calls_print(&step, s, is_json) && fflush(stdout) == 0 &&
	    calls_state_save(&step.after, state_path) == ERR_OK;
	calls_step_free(&step);
	return ok ? EXIT_OK : EXIT_FAILED;
}

int
cmd_calls(int argc, char **argv)
{
	static struct study study;
	struct calls_state before = { 0 };
	struct options_given given;
	struct b32 book, market, snapshot;
	enum margin_method method;
	const char *name, *state_path, *market_path;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	name = options_get(&COMMAND, &given, "method");
	if (name && !study_method_named(COMMAND.name, name, &method))
		return EXIT_USAGE;
	state_path = options_get(&COMMAND, &given, "state");
	market_path = options_get(&COMMAND, &given, "market");
	code = EXIT_CONFIG;
	if (study_open_hashed(&study, &book, &market, options_get(&COMMAND,
	    &given, "book"), market_path, options_get(&COMMAND, &given,
	    "rules")) == ERR_OK &&
	    calls_state_load(&before, state_path) == ERR_OK) {
		snapshot = calls_snapshot_hash(&study, &book, &market,
		    name ? &method : NULL);
		code = time_check(&study, market_path, &before, state_path);
		if (code == EXIT_OK)
			code = calls_run(&study, &before, &snapshot, name ?
			    &method : NULL, state_path, options_get(&COMMAND,
			    &given, "json") != NULL);
	}
	calls_state_free(&before);
	study_close(&study);
	return code;
}
