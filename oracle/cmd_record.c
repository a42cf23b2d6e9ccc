/*~ `margind record`: what venues say, kept as it came.  The same client as the
 * service's; a frame is kept whatever its parser says of it, since one that
 * nobody understands is the one that somebody will want to see.  The parser is
 * asked only what the venue wants to hear at once, whether a message is
 * missing: then the connection is dialled anew, and whether the venue will
 * close it: then another one takes its place, as the service does. */
#include "oracle/cmd.h"

#include "feeds/client.h"
#include "feeds/client_url.h"
#include "feeds/depth.h"
#include "oracle/clock.h"
#include "oracle/feeds_plan.h"
#include "oracle/feeds_say.h"
#include "oracle/input.h"
#include "oracle/options.h"
#include "oracle/record.h"
#include "oracle/text.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define FLUSH_S 1	/* to the disk, and a line of progress on a terminal */
#define ROTATE_MIB_DEFAULT 64u
#define ROTATE_MIB_MAX 65536u

_Static_assert(CLIENT_SLOTS_MAX <= RECORD_CONNECTIONS_MAX,
    "each slot of the client is a connection of the recording");

struct recorder {
	const struct config *config;
	struct client *client;
	struct record *record;
	struct feeds_plan plan;
	struct venue_memory memory[CLIENT_SLOTS_MAX];
	struct tick ticks[FRAME_TICKS_MAX];
	enum err failure;
	int saved_errno;
	uint64_t frames, bytes, end_s, seconds;
	unsigned connected;
	bool is_open[CLIENT_SLOTS_MAX];
	struct feeds_said said[CLIENT_CONNECTIONS_MAX];
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

static const struct config_venue *
venue_of(const struct recorder *r, size_t slot)
{
	return &r->config->venue[r->plan.venue[slot % r->plan.count]];
}

static const char *
address_of(const struct recorder *r, size_t slot)
{
	const struct config_venue *v = venue_of(r, slot);

	return v->url[0] != '\0' ? v->url : v->venue->url;
}

static void
on_frame(void *arg, size_t slot, const char *text, size_t len)
{
	struct recorder *r = arg;
	const struct venue *v = venue_of(r, slot)->venue;
	struct frame frame = { .ticks = r->ticks,
		.memory = &r->memory[slot] };

	/* The client goes on to the end of its round. */
	if (r->failure != ERR_OK)
		return;
	r->frames++;
	r->bytes += len;
	judge(r, record_receive(r->record, slot, text, len, wall_us()));
	if (v->parse(&frame, text, len) != ERR_OK) {
		if (v->has_depth)
			client_redial(r->client, slot,
			    "a message could not be read");
		return;
	}
	if (frame.answer[0] != '\0')
		client_reply(r->client, slot, frame.answer);
	if (frame.kind == FRAME_GAP)
		client_redial(r->client, slot, "a message is missing");
	if (frame.kind == FRAME_LEAVING)
		(void)client_leave(r->client, slot);
}

static void
on_sent(void *arg, size_t slot, const char *text, size_t len)
{
	struct recorder *r = arg;

	if (r->failure != ERR_OK)
		return;
	judge(r, record_send(r->record, slot, text, len, wall_us()));
}

static void
event_say(const char *name, enum feeds_word word, const char *why)
{
	switch (word) {
	case FEEDS_SAY_NOTHING:
		break;
	case FEEDS_SAY_CONNECTED:
		fprintf(stderr, "%s: connected\n", name);
		break;
	case FEEDS_SAY_LOST:
		fprintf(stderr, "%s: lost: %s\n", name, why);
		break;
	case FEEDS_SAY_ONE_LOST:
		fprintf(stderr, "%s: one of two connections is lost: %s\n",
		    name, why);
		break;
	case FEEDS_SAY_REPLACED:
		fprintf(stderr, "%s: replaced by a new connection\n", name);
		break;
	case FEEDS_SAY_OVERSIZE:
		fprintf(stderr, "%s: %s is not kept, and ends the "
		    "connection\n", name, why);
		break;
	}
}

static void
on_event(void *arg, size_t slot, enum client_event e, const char *why)
{
	struct recorder *r = arg;
	size_t connection = slot % r->plan.count;
	const char *name = venue_of(r, slot)->name;

	if (r->failure != ERR_OK)
		return;
	if (e == CLIENT_CONNECTED) {
		r->is_open[slot] = true;
		r->connected++;
		venue_memory_begin(&r->memory[slot]);
		judge(r, record_connect(r->record, slot, name,
		    address_of(r, slot), wall_us()));
	} else if ((e == CLIENT_LOST || e == CLIENT_REPLACED) &&
	    r->is_open[slot]) {
		r->is_open[slot] = false;
		r->connected--;
		record_lose(r->record, slot);
	}
	event_say(name, feeds_said_event(&r->said[connection],
	    slot != connection, e), why);
}

/* Each second: to the system, a word to who watches, and the end. */
static void
on_readable(void *arg, int fd)
{
	struct recorder *r = arg;
	uint64_t times;

	if (read(fd, &times, sizeof(times)) != sizeof(times))
		return;
	if (r->failure != ERR_OK)
		return;
	r->seconds += times;
	judge(r, record_flush(r->record));
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%" PRIu64 " s: %" PRIu64 " frames, %" PRIu64
		    " KiB, %u of %zu connected \r", r->seconds, r->frames,
		    r->bytes / 1024, r->connected, r->plan.count);
	if (r->end_s > 0 && r->seconds >= r->end_s)
		client_stop(r->client);
}

/* Memory of each slot: a connection's, and its successor's. */
static enum err
memory_place(struct recorder *r)
{
	for (size_t slot = 0; slot < 2 * r->plan.count; slot++) {
		if (!venue_of(r, slot)->venue->has_depth)
			continue;
		r->memory[slot].depth = calloc(VENUE_SYMBOLS_MAX,
		    sizeof(struct depth));
		if (!r->memory[slot].depth)
			return ERR_LIMIT;
	}
	return ERR_OK;
}

static enum err
client_open(struct recorder *r, const char *config_path)
{
	const struct client_callbacks call = { .frame = on_frame,
		.event = on_event, .readable = on_readable, .sent = on_sent,
		.arg = r, .takes_successors = true };
	char ca[CONFIG_PATH_MAX];
	const struct config *c = r->config;
	enum client_part part;
	uint64_t seed;
	size_t bad = 0;
	enum err e = memory_place(r);

	if (e != ERR_OK) {
		fprintf(stderr, "margind record: no memory\n");
		return e;
	}
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return ERR_IO;
	if (c->tls_ca_file[0]) {
		e = config_path_from(ca, config_path, c->tls_ca_file);
		if (e != ERR_OK)
			return e;
	}
	e = client_create(&r->client, r->plan.connection, r->plan.count,
	    c->tls_ca_file[0] ? ca : NULL, &call, seed, &bad);
	if (e != ERR_OK && bad < r->plan.count &&
	    client_check(&r->plan.connection[bad], &part) != ERR_OK)
		fprintf(stderr, "margind record: %s: %s cannot be used (%s)\n",
		    venue_of(r, bad)->name, client_part_name(part),
		    err_name(e));
	else if (e != ERR_OK)
		fprintf(stderr, "margind record: the client: %s\n",
		    err_name(e));
	return e;
}

static int
run(struct recorder *r)
{
	struct itimerspec each = { { FLUSH_S, 0 }, { FLUSH_S, 0 } };
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

static void
summary_print(const struct recorder *r)
{
	struct text t;

	text_init(&t, 2 * RECORD_PATH_MAX * 6);
	text_printf(&t, "{\"record\":{\"frames\":%" PRIu64 ",\"lines\":%" PRIu64
	    ",\"files\":%u,\"last_file\":", r->frames,
	    record_lines(r->record), record_files(r->record));
	text_json_string(&t, record_path(r->record),
	    strlen(record_path(r->record)));
	text_put(&t, "}}");
	if (!t.failed)
		puts(t.at);
	text_free(&t);
}

static int
record_main(const char *config_path, const char *prefix,
    uint64_t rotate_bytes)
{
	struct recorder *r = &recorder;
	int code = EXIT_FAILED;
	enum err e = record_open(&r->record, prefix, rotate_bytes, wall_us());

	if (e != ERR_OK) {
		fprintf(stderr, "margind record: %s: %s\n", prefix,
		    e == ERR_IO ? strerror(errno) : err_name(e));
		return EXIT_FAILED;
	}
	if (client_open(r, config_path) == ERR_OK)
		code = run(r);
	client_destroy(r->client);
	for (size_t slot = 0; slot < ARRAY_COUNT(r->memory); slot++)
		free(r->memory[slot].depth);
	summary_print(r);
	if (record_close(r->record) != ERR_OK) {
		fprintf(stderr, "margind record: the last file is not "
		    "whole\n");
		code = EXIT_FAILED;
	}
	return code;
}

static const struct option_row rows[] = {
	{ "config", "FILE", false, "whose venues and markets are listened to" },
	{ "venue", "NAME", false, "or one venue, with --symbols" },
	{ "symbols", "A,B,…", false, "its markets, as the venue writes them" },
	{ "url", "ADDRESS", false, "instead of the venue's own; ws:// for "
	  "loopback only" },
	{ "out", "PREFIX", true, "files are PREFIX-00001.jsonl.gz and on" },
	{ "rotate", "MIB", false,
	  "another file after so many MiB of lines; 64, 0: never" },
	{ "seconds", "N", false, "end after so long; else with SIGINT" },
	{ NULL, NULL, false, NULL },
};
static const struct options_command command = {
	.name = "record",
	.summary = "Records what venues send, with what was sent to them and "
	    "when each frame came, for\n`margind replay --frames`.  Files "
	    "that are there already are left alone.",
	.rows = rows,
};

static int
usage(const char *what)
{
	fprintf(stderr, "margind record: %s; see margind record --help\n",
	    what);
	return EXIT_USAGE;
}

static bool
symbols_take(struct config *c, const char *list)
{
	while (c->prices.market_count < VENUE_SYMBOLS_MAX) {
		char *symbol = c->market[c->prices.market_count].symbol;
		size_t len = strcspn(list, ",");

		if (len == 0 || len >= VENUE_SYMBOL_MAX)
			return false;
		memcpy(symbol, list, len);
		symbol[len] = '\0';
		c->prices.market_count++;
		if (list[len] == '\0')
			return true;
		list += len + 1;
	}
	return false;
}

/* One venue as a config would have it. */
static int
venue_take(struct config *c, const struct options_given *g)
{
	struct config_venue *v = &c->venue[0];
	const char *name = options_get(&command, g, "venue");
	const char *symbols = options_get(&command, g, "symbols");
	const char *url = options_get(&command, g, "url");
	struct client_url parsed;

	v->venue = venue_find(name);
	if (!v->venue)
		return usage(venue_retired_find(name, strlen(name)) ?
		    "--venue: it is read from recordings alone" :
		    "--venue: no venue of this name");
	if (venue_is_on_chain(v->venue))
		return usage("--venue: its prices are on a chain, and nothing "
		    "is sent that could be kept");
	if (!symbols || !symbols_take(c, symbols))
		return usage("--symbols: 1 to 64 names with commas between");
	if (url && (strlen(url) >= sizeof(v->url) ||
	    client_url_parse(&parsed, url) != ERR_OK))
		return usage("--url: wss://…, or ws:// on loopback");
	snprintf(v->name, sizeof(v->name), "%s", v->venue->name);
	snprintf(v->url, sizeof(v->url), "%s", url ? url : "");
	c->venue_count = 1;
	return EXIT_OK;
}

static int
sources_take(struct config *c, const char *path,
    const struct options_given *g)
{
	if (!path == !options_get(&command, g, "venue"))
		return usage("either --config or --venue");
	if (!path)
		return venue_take(c, g);
	if (options_get(&command, g, "symbols") ||
	    options_get(&command, g, "url"))
		return usage("--symbols and --url go with --venue");
	return input_config_read(c, NULL, path) == ERR_OK ? EXIT_OK :
	    EXIT_CONFIG;
}

/* Before a file is begun: one that can have no frames is none. */
static int
plan_make(struct recorder *r, const char *path)
{
	size_t bad;
	enum err e = feeds_plan_make(&r->plan, r->config, &bad);

	if (e == ERR_OK && r->plan.count > 0)
		return EXIT_OK;
	if (e != ERR_OK)
		fprintf(stderr, "%s: %s: more than %u connections\n",
		    path ? path : "margind record",
		    r->config->venue[bad].name, CLIENT_CONNECTIONS_MAX);
	else
		fprintf(stderr, "%s: no venues to listen to: none that sends "
		    "frames has a market\n", path ? path :
		    "margind record");
	return EXIT_CONFIG;
}

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
	if ((options_get(&command, &given, "rotate") &&
	    !options_u64(&command, &given, "rotate", &rotate_mib)) ||
	    (options_get(&command, &given, "seconds") &&
	    !options_u64(&command, &given, "seconds", &recorder.end_s)))
		return EXIT_USAGE;
	if (rotate_mib > ROTATE_MIB_MAX)
		return usage("--rotate: at most 65536");
	path = options_get(&command, &given, "config");
	code = sources_take(&config, path, &given);
	recorder.config = &config;
	if (code == EXIT_OK)
		code = plan_make(&recorder, path);
	return code != EXIT_OK ? code : record_main(path,
	    options_get(&command, &given, "out"), rotate_mib << 20);
}
