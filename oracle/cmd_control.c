/* oracle/cmd_control.c - `margind pause`, `resume`, `status`, `reload`: one
 * word to a running service's control socket, one line of JSON back. */
#include "oracle/cmd.h"
#include "oracle/control.h"
#include "oracle/input.h"
#include "oracle/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct option_row ROWS[] = {
	{ "config", "FILE", false, "the service's configuration" },
	{ "socket", "PATH", false, "its control socket, instead" },
	{ 0 }
};
static const struct options_command PAUSE = {
	.name = "pause", .rows = ROWS,
	.summary = "Stops signing in under a second: the signer signs one last "
	    "header, REFUSED\nwith reason PAUSED, and rests until `margind "
	    "resume`, over restarts too.",
};
static const struct options_command RESUME = {
	.name = "resume", .rows = ROWS, .summary = "Ends a pause.",
};
static const struct options_command STATUS = {
	.name = "status", .rows = ROWS,
	.summary = "Prints what each process of a running service says of "
	    "itself.",
};

static const struct options_command RELOAD = {
	.name = "reload", .rows = ROWS,
	.summary = "Has a running service read its config anew.  It takes "
	    "other `prices` and `venues`,\nunless a price would differ by more "
	    "than `reload.differ_max`, be refused, or rest\non markets that "
	    "are not followed yet; anything else needs a restart.  Exit code "
	    "1\nwhere it refuses, 3 where the file is no config.",
};

static enum err
socket_path(char out[CONFIG_PATH_MAX], const struct options_command *c,
    const struct options_given *g)
{
	static struct config config;
	const char *file = options_get(c, g, "config");
	const char *path = options_get(c, g, "socket");

	if (path)
		return config_path_from(out, "", path);
	if (!file) {
		fprintf(stderr, "margind %s: --config or --socket is "
		    "missing\n", c->name);
		return ERR_MISSING;
	}
	if (input_config_read(&config, NULL, file) != ERR_OK)
		return ERR_SYNTAX;
	if (!config.control_socket[0]) {
		fprintf(stderr, "%s: control.socket is missing\n", file);
		return ERR_SYNTAX;
	}
	return config_path_from(out, file, config.control_socket);
}

static int
answer_code(const struct options_command *c, const char *answer)
{
	if (strncmp(answer, "{\"error\"", 8) != 0)
		return EXIT_OK;
	if (c != &RELOAD)
		return EXIT_SIGNER;
	return strncmp(answer, "{\"error\":\"config\"", 17) == 0 ?
	    EXIT_CONFIG : EXIT_FAILED;
}

static int
ask(const struct options_command *c, int argc, char **argv)
{
	struct options_given given;
	char path[CONFIG_PATH_MAX], answer[8192];
	int code;
	enum err e;

	if (!options_read(&given, c, argc, argv, &code))
		return code;
	e = socket_path(path, c, &given);
	if (e != ERR_OK)
		return e == ERR_MISSING ? EXIT_USAGE : EXIT_CONFIG;
	e = control_ask(answer, sizeof(answer), path, c->name);
	if (e != ERR_OK) {
		fprintf(stderr, "margind %s: %s: %s\n", c->name, path,
		    e == ERR_STALE ? "no answer" : strerrordesc_np(errno));
		return EXIT_FAILED;
	}
	fputs(answer, stdout);
	return answer_code(c, answer);
}

int
cmd_pause(int argc, char **argv)
{
	return ask(&PAUSE, argc, argv);
}

int
cmd_resume(int argc, char **argv)
{
	return ask(&RESUME, argc, argv);
}

int
cmd_reload(int argc, char **argv)
{
	return ask(&RELOAD, argc, argv);
}

int
cmd_status(int argc, char **argv)
{
	return ask(&STATUS, argc, argv);
}
