/*~ `margind record`: what the venues of a config say, kept as it came.  The
 * same client as the service's, and no parser: a frame that nobody understands
 * is the one that somebody will want to see. */
#include "oracle/cmd.h"

#include "feeds/client.h"
#include "oracle/clock.h"
#include "oracle/input.h"
#include "oracle/options.h"
#include "oracle/record.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_S 1	/* a line of progress, on a terminal */
#define ROTATE_MIB_DEFAULT 64u
#define ROTATE_MIB_MAX 65536u

struct recorder {
	const struct config *config;
	struct client *client;
	struct record *record;
	enum err failure;
	int saved_errno;
	uint64_t frames, bytes, end_s, seconds;
	unsigned connected;
	bool is_open[CONFIG_VENUES_MAX];
};

static struct recorder recorder;

static void
on_signal(int number)
{
	(void)number;
	client_stop(recorder.client);
}

static uint64_t
wall_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static void
judge(struct recorder *r, enum err e)
{
	if (e == ERR_OK || r->failure != ERR_OK)
		return;
	r->failure = e;
	r->saved_errno = errno;
	client_stop(r->client);
}

static const char *
address_of(const struct recorder *r, size_t venue)
{
	const struct config_venue *v = &r->config->venue[venue];

	return v->url[0] != '\0' ? v->url : v->venue->url;
}

static void
on_frame(void *arg, size_t venue, const char *text, size_t len)
{
	struct recorder *r = arg;

	r->frames++;
	r->bytes += len;
	judge(r, record_receive(r->record, venue, text, len, wall_us()));
}

static void
on_sent(void *arg, size_t venue, const char *text, size_t len)
{
	struct recorder *r = arg;

	judge(r, record_send(r->record, venue, text, len, wall_us()));
}

static void
on_event(void *arg, size_t venue, enum client_event e, const char *why)
{
	struct recorder *r = arg;
	const char *name = r->config->venue[venue].name;

	if (e == CLIENT_CONNECTED) {
		r->is_open[venue] = true;
		r->connected++;
		judge(r, record_connect(r->record, venue, name,
		    address_of(r, venue), wall_us()));
		fprintf(stderr, "%s: connected\n", name);
	} else if (e == CLIENT_LOST) {
		if (r->is_open[venue]) {
			r->is_open[venue] = false;
			r->connected--;
			record_lose(r->record, venue);
		}
		fprintf(stderr, "%s: lost: %s\n", name, why);
	}
}

/* Each second: to the disk, a word to who watches, and the end. */
static void
on_readable(void *arg, int fd)
{
	struct recorder *r = arg;
	uint64_t times;

	if (read(fd, &times, sizeof(times)) != sizeof(times))
		return;
	r->seconds += times;
	judge(r, record_flush(r->record));
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%" PRIu64 " s: %" PRIu64 " frames, %" PRIu64
		    " KiB, %u of %zu connected \r", r->seconds, r->frames,
		    r->bytes / 1024, r->connected, r->config->venue_count);
	if (r->end_s > 0 && r->seconds >= r->end_s)
		client_stop(r->client);
}

static enum err
client_open(struct recorder *r, const char *config_path)
{
	static struct client_connection connection[CONFIG_VENUES_MAX];
	const struct client_callbacks call = { .frame = on_frame,
		.event = on_event, .readable = on_readable, .sent = on_sent,
		.arg = r };
	char ca[CONFIG_PATH_MAX];
	const struct config *c = r->config;
	uint64_t seed;
	size_t bad;
	enum err e;

	for (size_t v = 0; v < c->venue_count; v++) {
		struct client_connection *k = &connection[v];

		k->venue = c->venue[v].venue;
		k->url = c->venue[v].url[0] ? c->venue[v].url : NULL;
		for (size_t i = 0; i < c->prices.market_count; i++)
			if (c->market[i].venue == v &&
			    k->symbol_count < VENUE_SYMBOLS_MAX)
				k->symbols[k->symbol_count++] =
				    c->market[i].symbol;
	}
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return ERR_IO;
	if (c->tls_ca_file[0]) {
		e = config_path_from(ca, config_path, c->tls_ca_file);
		if (e != ERR_OK)
			return e;
	}
	e = client_create(&r->client, connection, c->venue_count,
	    c->tls_ca_file[0] ? ca : NULL, &call, seed, &bad);
	if (e != ERR_OK)
		fprintf(stderr, "margind record: %s: %s\n",
		    bad < c->venue_count ? c->venue[bad].name : "the client",
		    err_name(e));
	return e;
}

static int
run(struct recorder *r)
{
	struct itimerspec each = { { SHOWN_S, 0 }, { SHOWN_S, 0 } };
	struct sigaction action = { .sa_handler = on_signal };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC |
	    TFD_NONBLOCK);

	if (timer < 0 || timerfd_settime(timer, 0, &each, NULL) != 0 ||
	    client_watch(r->client, timer) != ERR_OK) {
		fprintf(stderr, "margind record: no timer\n");
		return EXIT_FAILED;
	}
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	while (client_service(r->client))
		;
	close(timer);
	if (r->failure == ERR_OK)
		return EXIT_OK;
	fprintf(stderr, "margind record: %s: %s\n", record_path(r->record),
	    r->failure == ERR_IO ? strerror(r->saved_errno) :
	    err_name(r->failure));
	return EXIT_FAILED;
}

static int
record_main(const struct config *c, const char *config_path,
    const char *prefix, uint64_t rotate_bytes)
{
	struct recorder *r = &recorder;
	int code = EXIT_FAILED;
	enum err e = record_open(&r->record, prefix, rotate_bytes);

	if (e != ERR_OK) {
		fprintf(stderr, "margind record: %s: %s\n", prefix,
		    e == ERR_IO ? strerror(errno) : err_name(e));
		return EXIT_FAILED;
	}
	r->config = c;
	if (client_open(r, config_path) == ERR_OK)
		code = run(r);
	client_destroy(r->client);
	printf("{\"record\":{\"frames\":%" PRIu64 ",\"lines\":%" PRIu64
	    ",\"last_file\":\"%s\"}}\n", r->frames, record_lines(r->record),
	    record_path(r->record));
	if (record_close(r->record) != ERR_OK) {
		fprintf(stderr, "margind record: the last file is not "
		    "whole\n");
		code = EXIT_FAILED;
	}
	return code;
}

static const struct option_row rows[] = {
	{ "config", "FILE", true, "whose venues and markets are listened to" },
	{ "out", "PREFIX", true, "files are PREFIX-00001.jsonl.gz and on" },
	{ "rotate", "MIB", false,
	  "another file after so many MiB of lines; 64, 0: never" },
	{ "seconds", "N", false, "end after so long; else with SIGINT" },
	{ NULL, NULL, false, NULL },
};
static const struct options_command command = {
	.name = "record",
	.summary = "Records what the venues of a config send, with what was "
	    "sent to them and when each\nframe came, for `margind replay "
	    "--frames`.",
	.rows = rows,
};

int
cmd_record(int argc, char **argv)
{
	static struct config config;
	struct options_given given;
	const char *path;
	uint64_t rotate_mib = ROTATE_MIB_DEFAULT;
	int code = EXIT_USAGE;

	if (!options_read(&given, &command, argc, argv, &code))
		return code;
	if (options_get(&command, &given, "rotate") &&
	    !options_u64(&command, &given, "rotate", &rotate_mib))
		return EXIT_USAGE;
	if (rotate_mib > ROTATE_MIB_MAX) {
		fprintf(stderr, "margind record: --rotate: at most %u\n",
		    ROTATE_MIB_MAX);
		return EXIT_USAGE;
	}
	if (options_get(&command, &given, "seconds") &&
	    !options_u64(&command, &given, "seconds", &recorder.end_s))
		return EXIT_USAGE;
	path = options_get(&command, &given, "config");
	if (input_config_read(&config, NULL, path) != ERR_OK)
		return EXIT_CONFIG;
	if (config.venue_count == 0) {
		fprintf(stderr, "%s: no venues to listen to\n", path);
		return EXIT_CONFIG;
	}
	return record_main(&config, path, options_get(&command, &given,
	    "out"), rotate_mib << 20);
}
