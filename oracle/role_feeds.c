/*~ The feeds process: websocket clients on one side, ticks on the other.  It
 * may connect outward and has no key and no file but the certificate store.
 * A message is parsed by its venue's pure parser (feeds/venue_*.c), stamped
 * with the exchange's time, matched with a configured market (a symbol that
 * is not pinned there is dropped and counted), and sent to the engine. */
#include "oracle/clock.h"
#include "oracle/cmd.h"
#include "oracle/log.h"
#include "oracle/proc.h"
#include "oracle/tick_wire.h"

#include "feeds/client.h"
#include "feeds/depth.h"
#include "feeds/venue.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum feeds_counter {
	COUNT_FRAMES, COUNT_TICKS, COUNT_HEARTBEATS, COUNT_IGNORED,
	COUNT_UNKNOWN, COUNT_REJECTED, COUNT_REFUSED, COUNT_UNPINNED,
	COUNT_DROPPED, COUNT_RECONNECTS, COUNT_CONNECTED, COUNT_GAPS,
	COUNT_COUNT,
};

struct feeds {
	struct proc_role proc;
	struct client *client;
	size_t connection_count;
	size_t venue_at[CONFIG_VENUES_MAX];	/* by connection */
	struct conn_time time[CONFIG_VENUES_MAX];
	struct venue_memory memory[CONFIG_VENUES_MAX];
	bool is_connected[CONFIG_VENUES_MAX], is_lost[CONFIG_VENUES_MAX];
	bool was_rejecting[CONFIG_VENUES_MAX];
	uint64_t counter[COUNT_COUNT];
	uint64_t status_ms;
	struct tick ticks[FRAME_TICKS_MAX];
};

static void
status_report(struct feeds *f)
{
	uint64_t now = clock_wall_ms();
	bool ready = f->counter[COUNT_CONNECTED] > 0;

	if (now < f->status_ms + 1000)
		return;
	f->status_ms = now;
	proc_role_status(&f->proc, ready, ready ? "" : "no venue is connected",
	    f->counter, COUNT_COUNT);
}

static void
send_engine(struct feeds *f, const void *message)
{
	/* A full queue drops the newest: the next tick says more. */
	if (proc_peer_send(&f->proc, ROLE_ENGINE, message, false) != ERR_OK)
		f->counter[COUNT_DROPPED]++;
}

static void
send_tick(struct feeds *f, size_t venue, const struct tick *t,
    uint64_t recv_ms)
{
	struct wire_tick w;
	enum err e = tick_wire_from(&w, &f->proc.config, venue, t, recv_ms);

	if (e == ERR_OK) {
		send_engine(f, &w);
		f->counter[COUNT_TICKS]++;
	} else if (e == ERR_UNKNOWN) {
		f->counter[COUNT_UNPINNED]++;
	}
}

static void
send_heartbeat(struct feeds *f, size_t venue, uint64_t exchange_ms,
    uint64_t recv_ms)
{
	struct wire_heartbeat w;

	tick_wire_heartbeat(&w, venue, exchange_ms, recv_ms);
	send_engine(f, &w);
	f->counter[COUNT_HEARTBEATS]++;
}

/* What the connection said of books no longer holds. */
static void
void_markets(struct feeds *f, size_t venue, uint64_t recv_ms)
{
	const struct config *c = &f->proc.config;

	for (size_t i = 0; i < c->prices.market_count; i++) {
		struct wire_tick w;

		if (c->market[i].venue != venue)
			continue;
		tick_wire_void(&w, i, recv_ms);
		send_engine(f, &w);
	}
}

static void
frame_bad(struct feeds *f, size_t venue, enum err e, const char *text,
    size_t len)
{
	f->counter[COUNT_REJECTED]++;
	if (f->was_rejecting[venue])
		return;
	f->was_rejecting[venue] = true;
	log_warn("%s: a frame is refused (%s): %.*s",
	    f->proc.config.venue[venue].name, err_name(e),
	    (int)(len < 120 ? len : 120), text);
}

static void
on_frame(void *arg, size_t connection, const char *text, size_t len)
{
	struct feeds *f = arg;
	size_t venue = f->venue_at[connection];
	struct frame frame = { .ticks = f->ticks,
		.memory = &f->memory[venue] };
	uint64_t recv_ms = clock_wall_ms();
	enum err e = f->proc.config.venue[venue].venue->parse(&frame, text,
	    len);

	f->counter[COUNT_FRAMES]++;
	if (e != ERR_OK) {
		frame_bad(f, venue, e, text, len);
		return;
	}
	conn_time_stamp(&f->time[venue], &frame);
	if (frame.answer[0] != '\0')
		client_reply(f->client, connection, frame.answer);
	switch (frame.kind) {
	case FRAME_TICKS:
		f->was_rejecting[venue] = false;
		for (size_t i = 0; i < frame.tick_count; i++)
			send_tick(f, venue, &frame.ticks[i], recv_ms);
		break;
	case FRAME_HEARTBEAT:
	case FRAME_ACK:
		if (frame.has_time)
			send_heartbeat(f, venue, frame.exchange_ms, recv_ms);
		break;
	case FRAME_IGNORED:
		f->counter[COUNT_IGNORED]++;
		break;
	case FRAME_REFUSED:
		f->counter[COUNT_REFUSED]++;
		log_warn("%s: the venue refuses: %.*s",
		    f->proc.config.venue[venue].name,
		    (int)(len < 200 ? len : 200), text);
		break;
	case FRAME_GAP:
		f->counter[COUNT_GAPS]++;
		void_markets(f, venue, recv_ms);
		client_redial(f->client, connection, "a message is missing");
		break;
	case FRAME_UNKNOWN:
		f->counter[COUNT_UNKNOWN]++;
		break;
	}
}

static void
on_event(void *arg, size_t connection, enum client_event e, const char *why)
{
	struct feeds *f = arg;
	size_t venue = f->venue_at[connection];
	const char *name = f->proc.config.venue[venue].name;

	switch (e) {
	case CLIENT_CONNECTED:
		f->is_connected[venue] = true;
		f->counter[COUNT_CONNECTED]++;
		/* A new connection knows nothing of the exchange's time. */
		memset(&f->time[venue], 0, sizeof(f->time[venue]));
		venue_memory_begin(&f->memory[venue]);
		log_info("%s: connected", name);
		return;
	case CLIENT_SUBSCRIBED:
		f->is_lost[venue] = false;
		log_info("%s: subscribed", name);
		return;
	case CLIENT_MUTE:
	case CLIENT_OVERSIZE:
		/* The cause; LOST follows with the same words. */
		return;
	case CLIENT_LOST:
	case CLIENT_REPLACED:
	case CLIENT_EVENTS:
		break;
	}
	f->counter[COUNT_RECONNECTS]++;
	if (f->is_connected[venue]) {
		f->is_connected[venue] = false;
		f->counter[COUNT_CONNECTED]--;
	}
	/* Once for each outage, not for each attempt to end it. */
	if (!f->is_lost[venue])
		log_warn("%s: lost: %s", name, why);
	f->is_lost[venue] = true;
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

static enum err
feeds_open(struct feeds *f)
{
	static struct client_connection connection[CONFIG_VENUES_MAX];
	const struct config *c = &f->proc.config;
	char ca[CONFIG_PATH_MAX];
	struct client_callbacks call = { .frame = on_frame,
		.event = on_event, .readable = on_readable, .arg = f };
	uint64_t seed;
	size_t bad;
	enum err e;

	for (size_t v = 0; v < c->venue_count; v++) {
		struct client_connection *k =
		    &connection[f->connection_count];

		if (venue_is_on_chain(c->venue[v].venue))
			continue;
		f->venue_at[f->connection_count++] = v;
		k->venue = c->venue[v].venue;
		if (k->venue->has_depth) {
			f->memory[v].depth = calloc(VENUE_SYMBOLS_MAX,
			    sizeof(struct depth));
			if (!f->memory[v].depth)
				return ERR_LIMIT;
		}
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
		e = config_path_from(ca, f->proc.config_path, c->tls_ca_file);
		if (e != ERR_OK)
			return e;
	}
	e = client_create(&f->client, connection, f->connection_count,
	    c->tls_ca_file[0] ? ca : NULL, &call, seed, &bad);
	if (e != ERR_OK) {
		if (bad < f->connection_count)
			log_error("%s: bad address",
			    c->venue[f->venue_at[bad]].name);
		return e;
	}
	return client_watch(f->client, f->proc.control_fd);
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
		return e == ERR_SYNTAX ? EXIT_CONFIG : EXIT_FAILED;
	}
	do
		status_report(&f);
	while (client_service(f.client));
	client_destroy(f.client);
	return EXIT_FAILED;
}
