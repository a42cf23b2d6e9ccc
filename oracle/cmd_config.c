/* oracle/cmd_config.c - `margind config example|explain`. */
#include "oracle/cmd.h"

#include "oracle/config.h"
#include "oracle/options.h"
#include "oracle/suggest.h"

#include <string.h>

static const struct option_row ROWS[] = { { 0 } };
static const struct options_command COMMAND = {
	.name = "config", .operands = "example|explain", .operands_min = 1,
	.operands_max = 1, .rows = ROWS,
	.summary = "example  prints a whole config to start from\n"
	    "explain  prints every key of config, book, market and "
	    "rules files",
};

int
cmd_config(int argc, char **argv)
{
	struct suggest nearest = { 0 };
	struct options_given given;
	const char *what;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	what = given.operand[0];
	if (strcmp(what, "example") == 0) {
		config_print_example(stdout);
	} else if (strcmp(what, "explain") == 0) {
		config_print_explain(stdout);
	} else {
		suggest_offer(&nearest, what, strlen(what), "example");
		suggest_offer(&nearest, what, strlen(what), "explain");
		fprintf(stderr, "margind config: unknown word `%s`%s%s%s\n",
		    what, nearest.best ? " (did you mean `" : "",
		    nearest.best ? nearest.best : "",
		    nearest.best ? "`?)" : "");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}
