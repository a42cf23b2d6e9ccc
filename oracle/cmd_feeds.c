/* oracle/cmd_feeds.c - `margind feeds`: what each venue and market says, from
 * the api of a running service; again each second where a person looks. */
#include "oracle/cmd.h"

#include "oracle/clock.h"
#include "oracle/feeds_table.h"
#include "oracle/http_get.h"
#include "oracle/input.h"
#include "oracle/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX (4u * 1024u * 1024u)

static const struct option_row ROWS[] = {
	{ "config", "FILE", false, "the service's configuration" },
	{ "url", "ADDRESS", false, "its api instead: http://127.0.0.1:8700" },
	{ "once", NULL, false, "print one table and end" },
	{ "json", NULL, false, "the answer of GET /v1/feeds, and end" },
	{ 0 }
};
static const struct options_command COMMAND = {
	.name = "feeds", .rows = ROWS,
	.summary = "Shows of each market its price, age, clock skew, weight "
	    "and vote, and of each venue\nits connections, rejected frames "
	    "by reason and reconnects: each second anew on a\nterminal.",
};

static int
fail(enum err e, const char *why)
{
	fprintf(stderr, "margind feeds: %s\n", why);
	return e == ERR_STALE ? EXIT_NOT_READY : EXIT_FAILED;
}

static int
show(const struct text *body, bool is_json, bool is_live)
{
	bool is_coloured = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");

	if (is_json) {
		puts(body->at);
		return EXIT_OK;
	}
	if (is_live)
		fputs("\033[H\033[J", stdout);
	if (feeds_table_print(stdout, body->at, body->len, clock_wall_ms(),
	    is_coloured) != ERR_OK)
		return fail(ERR_SYNTAX, "the answer is none of a margind");
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

static int
watch(struct http_get *g, const char *url, bool is_json, bool is_live)
{
	const struct timespec second = { .tv_sec = 1 };
	char why[HTTP_GET_WHY] = "an empty answer";
	struct text body;
	bool was_there = false;
	int code;
	enum err e;

	text_init(&body, ANSWER_MAX);
	do {
		text_clear(&body);
		e = http_get(&body, why, g, url);
		code = e == ERR_OK && body.len > 0 ?
		    show(&body, is_json, is_live) : fail(e, why);
		was_there = was_there || code == EXIT_OK;
		if (is_live)
			(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &second,
			    NULL);
	} while (is_live && was_there);	/* a restart is worth waiting for */
	text_free(&body);
	return code;
}

static int
address_take(char out[HTTP_ADDRESS_MAX], const struct options_given *g)
{
	static struct config config;
	const char *file = options_get(&COMMAND, g, "config");
	const char *url = options_get(&COMMAND, g, "url");

	if (!file == !url) {
		fprintf(stderr, "margind feeds: either --config or --url\n");
		return EXIT_USAGE;
	}
	if (url) {
		snprintf(out, HTTP_ADDRESS_MAX, "%s", url);
		return EXIT_OK;
	}
	if (input_config_read(&config, NULL, file) != ERR_OK)
		return EXIT_CONFIG;
	if (http_get_address(out, &config) == ERR_OK)
		return EXIT_OK;
	fprintf(stderr, "%s: api.listen is missing\n", file);
	return EXIT_CONFIG;
}

int
cmd_feeds(int argc, char **argv)
{
	char address[HTTP_ADDRESS_MAX], url[HTTP_ADDRESS_MAX + 16];
	struct options_given given;
	struct http_get *g;
	bool is_json, is_live;
	int code;

	if (!options_read(&given, &COMMAND, argc, argv, &code))
		return code;
	code = address_take(address, &given);
	if (code != EXIT_OK)
		return code;
	is_json = options_get(&COMMAND, &given, "json");
	is_live = !is_json && !options_get(&COMMAND, &given, "once") &&
	    isatty(STDOUT_FILENO);
	snprintf(url, sizeof(url), "%s/v1/feeds", address);
	if (http_get_open(&g) != ERR_OK)
		return fail(ERR_LIMIT, "no memory");
	code = watch(g, url, is_json, is_live);
	http_get_close(g);
	return code;
}
