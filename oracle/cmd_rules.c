/* oracle/cmd_rules.c - `margind rules check FILE`, `margind rules presets`. */
#include "oracle/cmd.h"

#include "base/hex.h"
#include "margin/preset.h"
#include "oracle/input.h"
#include "oracle/options.h"
#include "oracle/suggest.h"

#include <string.h>

static const struct option_row ROWS[] = { { 0 } };
static const struct options_command COMMAND = {
	.name = "rules", .operands = "check FILE|presets", .operands_min = 1,
	.operands_max = 2, .rows = ROWS,
	.summary = "check FILE  reads a rules file, reports every error with "
	    "file, line and\n            column, and prints the hash of the "
	    "rules\npresets     lists the names that `preset` takes",
};

static int
check(const char *path)
{
	static struct rules rules;
	char hash[2 + 2 * sizeof(rules.hash) + 1];

	if (input_rules_read(&rules, path) != ERR_OK)
		return EXIT_CONFIG;
	(void)hex_from_bytes(hash, rules.hash.b, sizeof(rules.hash.b));
	printf("%s: rules OK\nmethod   %s\nprofile  %s\nhash     %s\n",
	    path, rules.has_method ? margin_method_name(rules.method) : "own",
	    rules.profile->name, hash);
	return EXIT_OK;
}

static int
presets(void)
{
	const struct preset *p;

	for (size_t i = 0; (p = preset_at(i)) != NULL; i++)
		printf("%-14s %s\n", p->name, p->what);
	return EXIT_OK;
}

static int
usage_error(const char *what)
{
	struct suggest nearest = { 0 };

	suggest_offer(&nearest, what, strlen(what), "check");
	suggest_offer(&nearest, what, strlen(what), "presets");
	fprintf(stderr, "margind rules: unknown word `%s`%s%s%s\n", what,
	    nearest.best ? " (did you mean `" : "",
	    nearest.best ? nearest.best : "", nearest.best ? "`?)" : "");
	return EXIT_USAGE;
}

int
cmd_rules(int argc, char **argv)
{
	struct options_given given;
	const char *what;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	what = given.operand[0];
	if (strcmp(what, "presets") == 0 && given.operand_count == 1)
		return presets();
	if (strcmp(what, "check") == 0 && given.operand_count == 2)
		return check(given.operand[1]);
	if (strcmp(what, "check") != 0 && strcmp(what, "presets") != 0)
		return usage_error(what);
	fprintf(stderr, "margind rules: check takes one FILE, presets none\n");
	return EXIT_USAGE;
}
