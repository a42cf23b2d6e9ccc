/*~ The feeds process: websocket clients on one side, ticks on the other.  It
 * may connect outward and has no key and no file but the certificate store.
 * Here it begins and follows its connections; what they say goes through
 * feeds_frame.c.  Which connections a config takes is feeds_plan.c's to say. */
#include "oracle/bookfile.h"
#include "oracle/clock.h"
#include "oracle/cmd.h"
#include "oracle/feeds_role.h"
#include "oracle/input.h"
#include "oracle/log.h"

#include "feeds/depth.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum feeds_counter {
	COUNT_FRAMES, COUNT_TICKS, COUNT_HEARTBEATS, COUNT_IGNORED,
	COUNT_UNKNOWN, COUNT_REJECTED, COUNT_REFUSED, COUNT_UNPINNED,
	COUNT_DROPPED, COUNT_RECONNECTS, COUNT_CONNECTED, COUNT_GAPS,
	COUNT_COUNT,
};

/* ---- once a second ------------------------------------------------------ */

static void
counters_add(uint64_t counter[COUNT_COUNT], const struct wire_feed *w)
{
	counter[COUNT_FRAMES] += w->frames;
	counter[COUNT_TICKS] += w->ticks;
	counter[COUNT_HEARTBEATS] += w->heartbeats;
	counter[COUNT_IGNORED] += w->ignored;
	counter[COUNT_UNKNOWN] += w->unknown;
	for (size_t i = 0; i < WIRE_REJECTS; i++)
		counter[COUNT_REJECTED] += w->rejected[i];
	counter[COUNT_REFUSED] += w->refused;
	counter[COUNT_UNPINNED] += w->unpinned;
	counter[COUNT_RECONNECTS] += w->reconnects;
	counter[COUNT_CONNECTED] += w->open;
	counter[COUNT_GAPS] += w->gaps;
}

static void
stalls_look(struct feeds *f, uint64_t now_ms)
{
	char name[FEEDS_NAME_MAX];

	for (size_t s = 0; s < 2 * f->plan.count; s++) {
		if (!f->slot[s].is_open ||
		    !feeds_slot_judge(&f->slot[s], now_ms))
			continue;
		if (f->slot[s].is_stalled) {
			f->feed[f->plan.venue[s % f->plan.count]].stalls++;
			log_warn("%s: it talks, but its time stands still",
			    feeds_name(name, f, s));
		} else {
			log_info("%s: its time moves again",
			    feeds_name(name, f, s));
		}
	}
}

static void
troubles_look(struct feeds *f, uint64_t now_ms)
{
	for (size_t v = 0; v < f->proc.config.venue_count; v++) {
		const char *name = f->proc.config.venue[v].name;
		uint64_t count = feeds_trouble_ends(&f->rejected[v], now_ms);

		if (count > 0)
			log_info("%s: no frame is refused any more, after "
			    "%" PRIu64, name, count);
		count = feeds_trouble_ends(&f->refused[v], now_ms);
		if (count > 0)
			log_info("%s: the venue refuses nothing any more, "
			    "after %" PRIu64, name, count);
	}
}

static void
report(struct feeds *f)
{
	uint64_t counter[COUNT_COUNT] = { [COUNT_DROPPED] = f->dropped };

	stalls_look(f, clock_wall_ms());
	troubles_look(f, clock_wall_ms());
	for (size_t v = 0; v < f->proc.config.venue_count; v++) {
		struct wire_feed *w = &f->feed[v];

		feeds_meter_connections(w, v, &f->plan, f->slot);
		counters_add(counter, w);
		/* Of a venue that is not dialled there is nothing to say. */
		if (w->connections > 0)
			feeds_send(f, ROLE_ENGINE, w);
	}
	proc_role_status(&f->proc, counter[COUNT_CONNECTED] > 0,
	    counter[COUNT_CONNECTED] > 0 ? "" : "no venue is connected",
	    counter, COUNT_COUNT);
}

static void
on_second(void *arg)
{
	report(arg);
}

/* ---- connections -------------------------------------------------------- */

static void
on_frame(void *arg, size_t slot, const char *text, size_t len)
{
	feeds_frame(arg, slot, text, len, clock_wall_ms());
}

static void
event_say(const struct feeds *f, size_t slot, enum feeds_word word,
    const char *why)
{
	char name[FEEDS_NAME_MAX];

	feeds_name(name, f, slot);
	switch (word) {
	case FEEDS_SAY_NOTHING:
		break;
	case FEEDS_SAY_CONNECTED:
		log_info("%s: connected", name);
		break;
	case FEEDS_SAY_LOST:
		log_warn("%s: lost: %s", name, why);
		break;
	case FEEDS_SAY_ONE_LOST:
		log_warn("%s: one of two connections is lost: %s", name, why);
		break;
	case FEEDS_SAY_REPLACED:
		log_info("%s: replaced by a new connection", name);
		break;
	case FEEDS_SAY_OVERSIZE:
		log_warn("%s: %s is refused, and the connection with it",
		    name, why);
		break;
	}
}

static void
on_event(void *arg, size_t slot, enum client_event e, const char *why)
{
	struct feeds *f = arg;
	size_t connection = slot % f->plan.count;
	struct wire_feed *feed = &f->feed[f->plan.venue[connection]];

	switch (e) {
	case CLIENT_CONNECTED:
		feeds_opened(f, slot, clock_wall_ms());
		break;
	case CLIENT_SUBSCRIBED:
		break;
	case CLIENT_MUTE:
		feed->mutes++;
		break;
	case CLIENT_OVERSIZE:
		feed->frames++;
		feed->rejected[WIRE_REJECT_LIMIT]++;
		break;
	case CLIENT_LOST:
		f->slot[slot].is_open = false;
		feed->reconnects++;
		feeds_meter_why(feed, why);
		break;
	case CLIENT_REPLACED:
		f->slot[slot].is_open = false;
		break;
	case CLIENT_EVENTS:
		break;
	}
	event_say(f, slot, feeds_said_event(&f->said[connection],
	    slot != connection, e), why);
}

static void
on_readable(void *arg, int fd)
{
	struct feeds *f = arg;
	enum role replaced;
	unsigned type;

	if (fd == f->proc.control_fd &&
	    proc_role_control(&f->proc, &type, &replaced) != ERR_OK)
		client_stop(f->client);
}

/* ---- the beginning ------------------------------------------------------ */

/* Where marks are sent their places in the book are needed, and nothing else of
 * it; its vaults are only passed over. */
static enum err
book_bind(struct feeds *f)
{
	struct config *c = &f->proc.config;
	struct bookfile_sink to = { .vaults_max = BOOK_VAULTS_MAX };
	static struct bookfile_names names;
	static struct book book;
	struct bookfile *file;
	enum err e = ERR_OK;

	if (c->instrument_count > 0) {
		e = bookfile_open(&file, f->proc.book_text,
		    f->proc.book_text_len, c->book_file, stderr);
		if (e != ERR_OK)
			return e;
		e = input_book_place(&book, file, 0);
		if (e == ERR_OK)
			e = bookfile_each(file, &book, &names, &to);
		bookfile_close(file);
		if (e == ERR_OK)
			e = config_bind_book(c, &book, &names, c->book_file,
			    stderr);
		input_book_arrays_free(&book);
	}
	free(f->proc.book_text);
	f->proc.book_text = NULL;
	return e;
}

/* A connection's successor needs memory of its own. */
static enum err
slots_place(struct feeds *f)
{
	for (size_t s = 0; s < 2 * f->plan.count; s++) {
		const struct venue *v =
		    f->plan.connection[s % f->plan.count].venue;

		if (!v->has_depth)
			continue;
		f->slot[s].memory.depth = calloc(VENUE_SYMBOLS_MAX,
		    sizeof(struct depth));
		if (!f->slot[s].memory.depth)
			return ERR_LIMIT;
	}
	for (size_t v = 0; v < f->proc.config.venue_count; v++) {
		wire_head_set(&f->feed[v].head, WIRE_FEED);
		f->feed[v].venue = (uint16_t)v;
	}
	return ERR_OK;
}

static enum err
client_open(struct feeds *f)
{
	const struct config *c = &f->proc.config;
	struct client_callbacks call = { .frame = on_frame,
		.event = on_event, .readable = on_readable, .arg = f,
		.second = on_second, .takes_successors = true };
	char ca[CONFIG_PATH_MAX];
	uint64_t seed;
	size_t bad;
	enum err e;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return ERR_IO;
	if (c->tls_ca_file[0]) {
		e = config_path_from(ca, f->proc.config_path, c->tls_ca_file);
		if (e != ERR_OK)
			return e;
	}
	e = client_create(&f->client, f->plan.connection, f->plan.count,
	    c->tls_ca_file[0] ? ca : NULL, &call, seed, &bad);
	/* The config was read with client_check: what is left is the
	 * machine's, or the store of certificates. */
	if (e == ERR_IO)
		log_error("the client cannot begin: %s cannot be read, or "
		    "there is no memory", c->tls_ca_file[0] ? ca :
		    "the system's store of certificates");
	else if (e != ERR_OK && bad < f->plan.count)
		log_error("%s: the client refuses it",
		    c->venue[f->plan.venue[bad]].name);
	return e != ERR_OK ? e : client_watch(f->client, f->proc.control_fd);
}

static enum err
feeds_open(struct feeds *f)
{
	size_t bad;
	enum err e = book_bind(f);

	if (e == ERR_OK)
		e = feeds_plan_make(&f->plan, &f->proc.config, &bad);
	if (e == ERR_OK)
		e = slots_place(f);
	return e == ERR_OK ? client_open(f) : e;
}

int
role_feeds(void)
{
	static struct feeds f;
	struct sandbox_paths paths = { .read = { "/etc", "/usr", "/lib",
	    "/lib64", "/run/systemd/resolve" } };
	enum err e;

	proc_role_begin(&f.proc, ROLE_FEEDS);
	e = feeds_open(&f);
	if (e == ERR_OK)
		e = sandbox_enter(ROLE_FEEDS, f.proc.config.sandbox, &paths);
	if (e != ERR_OK) {
		log_error("cannot open: %s", err_name(e));
		return e == ERR_SYNTAX || e == ERR_UNKNOWN ? EXIT_CONFIG :
		    EXIT_FAILED;
	}
	report(&f);
	while (client_service(f.client))
		;
	client_destroy(f.client);
	return EXIT_FAILED;
}
