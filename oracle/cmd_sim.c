/* margind sim: the simulated exchanges of feeds/sim.h as a process. */
#include "oracle/cmd.h"

#include "feeds/sim.h"
#include "oracle/clock.h"
#include "oracle/file.h"
#include "oracle/options.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SCRIPT_BYTES_MAX 262144u

static struct sim *running;	/* what a signal stops */

static void
on_signal(int number)
{
	(void)number;
	sim_stop(running);
}

static int
run(uint64_t start_ms)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	printf("{\"sim\":[");
	for (size_t i = 0; i < sim_venue_count(running); i++)
		printf("%s{\"venue\":\"%s\",\"port\":%u}", i > 0 ? "," : "",
		    sim_venue_name(running, i), sim_port(running, i));
	printf("],\"start_ms\":%llu}\n", (unsigned long long)start_ms);
	if (fflush(stdout) != 0)
		return EXIT_FAILED;
	while (sim_service(running))
		;
	return EXIT_OK;
}

static int
sim_main(const char *path, const struct sim_options *options)
{
	char error[SIM_ERROR_MAX];
	char *text = NULL;
	size_t len = 0;
	enum err e = file_read_text(&text, &len, path, SCRIPT_BYTES_MAX,
	    stderr);
	int code;

	if (e != ERR_OK)
		return EXIT_CONFIG;
	e = sim_create(&running, text, len, options, error);
	free(text);
	if (e != ERR_OK) {
		fprintf(stderr, "%s: %s\n", path, error);
		return e == ERR_IO ? EXIT_FAILED : EXIT_CONFIG;
	}
	code = run(options->start_ms);
	sim_destroy(running);
	return code;
}

static const struct option_row rows[] = {
	{ "script", "FILE", true, "the script (JSON)" },
	{ "cert", "FILE", false, "serve TLS with this certificate (PEM)" },
	{ "key", "FILE", false, "the certificate's key (PEM)" },
	{ "start", "MS", false, "Unix ms of the script's second 0; now" },
	{ NULL, NULL, false, NULL },
};
static const struct options_command command = {
	.name = "sim",
	.summary = "Serves simulated exchanges on 127.0.0.1 until SIGTERM; "
	    "prints their ports as one\nline of JSON once they listen.",
	.rows = rows,
};

int
cmd_sim(int argc, char **argv)
{
	struct sim_options sim = { .start_ms = clock_wall_ms() };
	struct options_given given;
	int code = EXIT_USAGE;

	if (!options_read(&given, &command, argc, argv, &code))
		return code;
	sim.cert_file = options_get(&command, &given, "cert");
	sim.key_file = options_get(&command, &given, "key");
	if ((sim.cert_file == NULL) != (sim.key_file == NULL)) {
		fprintf(stderr, "margind sim: --cert and --key belong "
		    "together\n");
		return EXIT_USAGE;
	}
	if (options_get(&command, &given, "start") != NULL &&
	    !options_u64(&command, &given, "start", &sim.start_ms))
		return EXIT_USAGE;
	return sim_main(options_get(&command, &given, "script"), &sim);
}
