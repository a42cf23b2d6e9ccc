/* margind sim: the simulated exchanges of feeds/sim.h as a process. */
#include "oracle/cmd.h"

#include "base/decimal.h"
#include "feeds/sim.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
usage(const char *what)
{
	fprintf(stderr, "margind sim: %s\nusage: margind sim --script FILE "
	    "[--cert FILE --key FILE] [--start MS]\n", what);
	return EXIT_USAGE;
}

/* script_read returns the file's text (the caller frees it), or NULL with a
 * line said. */
static char *
script_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text;

	if (f == NULL) {
		fprintf(stderr, "margind sim: %s: %s\n", path,
		    strerrordesc_np(errno));
		return NULL;
	}
	text = malloc(SCRIPT_BYTES_MAX + 1);
	*len = text != NULL ? fread(text, 1, SCRIPT_BYTES_MAX + 1, f) : 0;
	if (text == NULL || ferror(f) || *len > SCRIPT_BYTES_MAX) {
		fprintf(stderr, "margind sim: %s: %s\n", path,
		    *len > SCRIPT_BYTES_MAX ? "longer than 262144 bytes" :
		    "cannot be read");
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
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

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int
sim_main(const char *path, const struct sim_options *options)
{
	char error[SIM_ERROR_MAX];
	size_t len = 0;
	char *text = script_read(path, &len);
	enum err e;
	int code;

	if (text == NULL)
		return EXIT_CONFIG;
	e = sim_create(&running, text, len, options, error);
	free(text);
	if (e != ERR_OK) {
		fprintf(stderr, "margind sim: %s: %s\n", path, error);
		return e == ERR_IO ? EXIT_FAILED : EXIT_CONFIG;
	}
	code = run(options->start_ms);
	sim_destroy(running);
	return code;
}

int
cmd_sim(int argc, char **argv)
{
	static const struct option options[] = {
		{ "script", required_argument, NULL, 's' },
		{ "cert", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ "start", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	struct sim_options sim = { .start_ms = now_ms() };
	const char *script = NULL;
	int o;

	optind = 0;	/* glibc: begin again, with a fresh state */
	opterr = 0;
	while ((o = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (o == 's')
			script = optarg;
		else if (o == 'c')
			sim.cert_file = optarg;
		else if (o == 'k')
			sim.key_file = optarg;
		else if (o != 't')
			return usage(o == ':' ? "an option lacks its value" :
			    "unknown option");
		else if (decimal_to_u64(&sim.start_ms, optarg,
		    strlen(optarg)) != ERR_OK)
			return usage("--start takes Unix milliseconds");
	}
	if (optind != argc)
		return usage("unexpected argument");
	if (script == NULL)
		return usage("--script is missing");
	if ((sim.cert_file == NULL) != (sim.key_file == NULL))
		return usage("--cert and --key belong together");
	return sim_main(script, &sim);
}
