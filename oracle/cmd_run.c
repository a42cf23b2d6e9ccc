/* oracle/cmd_run.c - `margind run`: the config and the book are read and
 * checked whole before anything starts; then the supervisor has them. */
#include "oracle/cmd.h"
#include "oracle/file.h"
#include "oracle/input.h"
#include "oracle/log.h"
#include "oracle/options.h"
#include "oracle/supervisor.h"

#include <stdlib.h>

static const struct option_row ROWS[] = {
	{ "config", "FILE", true, "the configuration (margind config example)" },
	{ "seconds", "N", false, "stop by itself after N seconds" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "run", .rows = ROWS,
	.summary = "Runs the service: one process per role, until SIGTERM or "
	    "Ctrl-C.  Logs go\nto standard error (MARGIND_LOG_FORMAT=json, "
	    "MARGIND_LOG_LEVEL=debug).",
};

/* The bytes that were checked are the bytes that the roles get. */
static int
run(const char *path, uint32_t seconds)
{
	static struct config config;
	struct supervisor_setup setup = { .config = &config,
		.config_path = path, .seconds = seconds };
	char book_path[CONFIG_PATH_MAX];
	struct input_book *input = NULL;
	char *text = NULL, *book = NULL;
	int code = EXIT_CONFIG;

	if (input_config_check(&config, &input, path) != ERR_OK ||
	    !input_book_is_for_run(input, &config) ||
	    config_require_run(&config, path, stderr) != ERR_OK ||
	    config_path_from(book_path, path, config.book_file) != ERR_OK ||
	    file_read_text(&text, &setup.config_text_len, path,
	    CONFIG_TEXT_MAX, stderr) != ERR_OK ||
	    file_read_text(&book, &setup.book_text_len, book_path,
	    BOOKFILE_TEXT_MAX, stderr) != ERR_OK)
		goto out;
	input_book_free(input);
	input = NULL;
	setup.config_text = text;
	setup.book_text = book;
	code = supervisor_run(&setup);
out:
	input_book_free(input);
	free(text);
	free(book);
	return code;
}

int
cmd_run(int argc, char **argv)
{
	struct options_given given;
	uint64_t seconds = 0;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	if (options_get(&COMMAND, &given, "seconds") &&
	    !options_u64(&COMMAND, &given, "seconds", &seconds))
		return EXIT_USAGE;
	log_open("margind");
	return run(options_get(&COMMAND, &given, "config"),
	    seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds);
}
