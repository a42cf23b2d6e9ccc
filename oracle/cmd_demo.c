/* oracle/cmd_demo.c - `margind demo`: hands over to examples/demo/demo.mjs,
 * which starts everything else, this binary among it. */
#include "oracle/cmd.h"

#include "oracle/options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SCRIPT "examples/demo/demo.mjs"
/* What `npm ci` brings; npm writes it last. */
#define MODULES "node_modules/.package-lock.json"
#define ARGS_MAX 12u

static const struct option_row ROWS[] = {
	{ "seconds", "N", false, "end by itself after so many seconds of the "
	  "script, with a summary" },
	{ "port", "N", false, "of the dashboard, another where it is taken "
	  "(8700)" },
	{ "dir", "FOLDER", false, "for keys, journal and logs "
	  "(build/demo-PID)" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "demo", .rows = ROWS,
	.summary = "Four simulated exchanges, a local chain with 200 vaults, "
	    "margind and a\nliquidation bot on this machine.",
};

static int
complain(const char *what)
{
	fprintf(stderr, "margind demo: %s\n", what);
	return EXIT_FAILED;
}

/* Is the repository at this path?  The result has room for what follows it. */
static bool
root_is(const char *path)
{
	char file[PATH_MAX];
	int n = snprintf(file, sizeof(file), "%s/" SCRIPT, path);

	return n > 0 && n < (int)sizeof(file) && access(file, R_OK) == 0;
}

/* The repository: above the binary's folder (build/, or build/FLAVOUR/), else
 * the working directory. */
static bool
root_find(char out[PATH_MAX], const char *binary)
{
	snprintf(out, PATH_MAX, "%s", binary);
	for (unsigned i = 0; i < 3; i++) {
		char *slash = strrchr(out, '/');

		if (!slash || slash == out)
			break;
		*slash = '\0';
		if (root_is(out))
			return true;
	}
	return getcwd(out, PATH_MAX) != NULL && root_is(out);
}

static bool
binary_find(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);

	if (n <= 0)
		return false;
	out[n] = '\0';
	return true;
}

/* Becomes node; comes back only to complain. */
static int
hand_over(const char *root, char *binary, const struct options_given *given)
{
	static const char *const flags[] = { "--seconds", "--port", "--dir" };
	char script[PATH_MAX], modules[PATH_MAX];
	char node[] = "node", option[] = "--margind";
	char *argv[ARGS_MAX] = { node, script, option, binary };
	size_t n = 4;

	if (snprintf(script, sizeof(script), "%s/" SCRIPT, root) >=
	    (int)sizeof(script) || snprintf(modules, sizeof(modules),
	    "%s/" MODULES, root) >= (int)sizeof(modules))
		return complain("the path of the repository is too long");
	if (access(modules, R_OK) != 0)
		return complain("node_modules is missing; `make deps` or "
		    "`npm ci` in the repository brings it");
	for (size_t i = 0; i < ARRAY_COUNT(flags); i++) {
		const char *value = options_get(&COMMAND, given, flags[i] + 2);

		if (!value)
			continue;
		/* exec takes char *, and changes nothing. */
		argv[n++] = (char *)(uintptr_t)flags[i];
		argv[n++] = (char *)(uintptr_t)value;
	}
	execvp(node, argv);
	if (errno == ENOENT)
		return complain("node is missing; `make deps` installs it");
	fprintf(stderr, "margind demo: node: %s\n", strerrordesc_np(errno));
	return EXIT_FAILED;
}

int
cmd_demo(int argc, char **argv)
{
	char root[PATH_MAX], binary[PATH_MAX];
	struct options_given given;
	uint64_t number;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	if (!options_u64(&COMMAND, &given, "seconds", &number) ||
	    !options_u64(&COMMAND, &given, "port", &number))
		return EXIT_USAGE;
	if (!binary_find(binary))
		return complain("cannot find its own binary");
	if (!root_find(root, binary))
		return complain("no " SCRIPT " above the binary or here: run "
		    "it from the repository");
	return hand_over(root, binary, &given);
}
