/* oracle/cmd_check_config.c - `margind check-config FILE`. */
#include "oracle/cmd.h"

#include "oracle/input.h"
#include "oracle/options.h"

static const struct option_row ROWS[] = {
	{ "run", NULL, false, "also ask for what `margind run` needs" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "check-config", .operands = "FILE", .operands_min = 1,
	.operands_max = 1, .rows = ROWS,
	.summary = "Reads a config and the book that it names, and reports "
	    "every error with\nfile, line and column.",
};

int
cmd_check_config(int argc, char **argv)
{
	static struct config config;
	struct input_book *book = NULL;
	bool good;
	struct options_given given;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	if (input_config_check(&config, &book, given.operand[0]) != ERR_OK)
		return EXIT_CONFIG;
	good = !options_get(&COMMAND, &given, "run") ||
	    (config_require_run(&config, given.operand[0], stderr) ==
	    ERR_OK && input_book_is_for_run(book, &config));
	input_book_free(book);
	if (!good)
		return EXIT_CONFIG;
	printf("%s: configuration OK\n", given.operand[0]);
	return EXIT_OK;
}
