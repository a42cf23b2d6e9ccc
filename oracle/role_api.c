/*~ The api process: everything that people and programs read.  It has the
 * board and the history, both read-only, and a listener; nothing that it
 * says is signed by it, and no wire leads from it to the signer.  What is
 * served where stands in one table (api.c); this file is the role. */
#include "oracle/api_server.h"
#include "oracle/bookfile.h"
#include "oracle/cmd.h"
#include "oracle/history.h"
#include "oracle/input.h"
#include "oracle/log.h"
#include "oracle/proc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONNECTIONS_MAX 1024u
#define RATE 200u		/* requests a second of one address */
#define BURST 400u
#define STATUS_MS 1000u
#define HISTORY_RETRY_MS 2000u
#define HISTORY_WAIT_MS 100
#define HISTORY_WAITS 30u

struct api_role {
	struct proc_role proc;
	struct book book;
	struct bookfile_names names;
	struct bookfile_ids ids;	/* what a file calls its vaults */
	struct api api;
	struct server *server;
	struct history_reader *history;
	char history_path[CONFIG_PATH_MAX];
	uint64_t history_ms, status_ms;
};

/* The history appears when the journal first writes it, and goes when it is
 * rebuilt: opened on demand, closed on an error. */
static bool
history_ready(struct api_role *r)
{
	uint64_t now = r->status_ms;

	if (r->history)
		return true;
	if (r->history_ms != 0 && now < r->history_ms + HISTORY_RETRY_MS)
		return false;
	r->history_ms = now;
	return history_reader_open(&r->history, r->history_path) == ERR_OK;
}

static enum err
history_check(struct api_role *r, enum err e)
{
	if (e == ERR_IO) {
		history_reader_close(r->history);
		r->history = NULL;
	}
	return e;
}

static enum err
past_get(void *arg, struct board_attestation *out, uint64_t sequence)
{
	struct api_role *r = arg;

	if (!history_ready(r))
		return ERR_UNKNOWN;
	return history_check(r, history_get(out, r->history, sequence));
}

static enum err
past_latest(void *arg, struct api_past_row *out, size_t *count, size_t max,
    uint64_t before)
{
	static struct history_row row[API_ATTESTATIONS_MAX];
	struct api_role *r = arg;
	enum err e;

	if (!history_ready(r))
		return ERR_MISSING;
	if (max > API_ATTESTATIONS_MAX)
		max = API_ATTESTATIONS_MAX;
	e = history_check(r, history_latest(row, count, max, r->history,
	    before));
	for (size_t i = 0; e == ERR_OK && i < *count; i++) {
		struct attestation *h = &out[i].header;

		memset(&out[i], 0, sizeof(out[i]));
		h->sequence = row[i].sequence;
		h->as_of = row[i].as_of;
		h->status = row[i].status;
		h->reason = row[i].reason;
		h->vault_count = row[i].vault_count;
		h->verdict_count = row[i].verdict_count;
		out[i].digest = row[i].digest;
	}
	return e;
}

static void
on_tick(void *arg, uint64_t now_ms)
{
	struct api_role *r = arg;
	const char *reason[API_REASONS_MAX];
	const struct api_counters *c = &r->api.counters;
	uint64_t counter[] = { c->ok, c->bad_request, c->not_found,
	    c->refused, c->limited, c->unavailable, c->messages,
	    c->dropped_consumers, c->connections, c->streams };

	if (now_ms < r->status_ms + STATUS_MS && now_ms >= r->status_ms)
		return;
	r->status_ms = now_ms;
	/* This role is ready once the engine has a state to show; whether
	 * that state is ready is the engine's to say. */
	(void)api_state_unready(reason, r->api.state, now_ms);
	proc_role_status(&r->proc, r->api.state->has_head,
	    r->api.state->has_head ? "" : "nothing on the board yet",
	    counter, ARRAY_COUNT(counter));
}

/* Whatever the engine sends means: look at the board. */
static bool
engine_drain(struct api_role *r, int fd)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	size_t size;
	enum err e;

	do
		e = proc_receive(fd, bytes, &size);
	while (e == ERR_OK);
	server_poke(r->server);
	return e == ERR_MISSING;
}

static bool
on_readable(void *arg, int fd)
{
	struct api_role *r = arg;
	enum role replaced = ROLE_SUPERVISOR;
	unsigned type = 0;

	if (fd != r->proc.control_fd)
		return engine_drain(r, fd);
	if (proc_role_control(&r->proc, &type, &replaced) != ERR_OK) {
		server_stop(r->server);
		return false;
	}
	if (type == WIRE_PEER && replaced == ROLE_ENGINE &&
	    server_watch(r->server, r->proc.peer[ROLE_ENGINE]) != ERR_OK)
		log_warn("the engine's wire cannot be watched");
	return true;
}

/* Assets and names are all that is needed of the book: the board has the
 * vaults as they stand, without the names that a file gave them. */
static enum err
book_load(struct api_role *r)
{
	const char *file = r->proc.config.book_file;
	struct bookfile_sink to = { .vaults_max = BOOK_VAULTS_MAX,
		.ids = &r->ids };
	struct bookfile *f;
	enum err e = bookfile_open(&f, r->proc.book_text,
	    r->proc.book_text_len, file, stderr);

	if (e == ERR_OK) {
		e = input_book_place(&r->book, f, 0);
		if (e == ERR_OK)
			e = bookfile_each(f, &r->book, &r->names, &to);
		bookfile_close(f);
	}
	if (e == ERR_OK)
		e = config_bind_book(&r->proc.config, &r->book, &r->names,
		    file, stderr);
	if (e != ERR_OK || r->proc.config.has_clearing)
		bookfile_ids_free(&r->ids);
	free(r->proc.book_text);
	r->proc.book_text = NULL;
	return e;
}

static enum err
listener_open(struct api_role *r)
{
	struct server_options o = {
		.host = r->proc.config.api_host,
		.port = r->proc.config.api_port,
		.connections_max = CONNECTIONS_MAX,
		.rate = RATE, .burst = BURST,
		.on_tick = on_tick, .on_readable = on_readable, .arg = r,
	};
	const char *why;
	enum err e = server_create(&r->server, &r->api, &o, &why);

	if (e == ERR_SYNTAX)
		log_error("api.listen: %s is not an address", o.host);
	else if (e != ERR_OK && errno == EADDRINUSE)
		log_error("api.listen: port %u of %s is in use", o.port,
		    o.host);
	else if (e != ERR_OK)
		log_error("api.listen: %s:%u: %s: %s", o.host, o.port, why,
		    strerrordesc_np(errno));
	return e;
}

/* The journal makes the history in its first moments.  Once the role has
 * become another user the way there may be closed to it; what is open stays
 * open.  Without it the ring of recent attestations is all there is. */
static void
history_wait(struct api_role *r)
{
	struct timespec pause = { .tv_nsec = HISTORY_WAIT_MS * 1000000 };
	struct history_row row;
	size_t count;

	for (unsigned i = 0; i < HISTORY_WAITS; i++) {
		r->history_ms = 0;
		if (history_ready(r) && history_check(r, history_latest(&row,
		    &count, 1, r->history, 0)) == ERR_OK)
			return;
		nanosleep(&pause, NULL);
	}
	log_warn("the history cannot be read: only recent attestations are "
	    "served");
}

static enum err
api_open(struct api_role *r)
{
	char folder[CONFIG_PATH_MAX];
	struct sandbox_paths paths = { .read = { folder } };
	const struct board *board;
	enum err e = book_load(r);
	int n;

	if (e == ERR_OK)
		e = board_map_reader(&board, r->proc.board_fd);
	if (e == ERR_OK)
		e = api_state_create(&r->api.state, board, &r->proc.config,
		    &r->book);
	if (e == ERR_OK)
		r->api.state->ids = &r->ids;
	if (e == ERR_OK)
		e = config_path_from(folder, r->proc.config_path,
		    r->proc.config.journal_dir);
	if (e != ERR_OK) {
		log_error("cannot open: %s", err_name(e));
		return e;
	}
	n = snprintf(r->history_path, sizeof(r->history_path), "%s/%s",
	    folder, HISTORY_FILE);
	if (n < 0 || (size_t)n >= sizeof(r->history_path))
		return ERR_LIMIT;
	r->api.past = (struct api_past){ past_get, past_latest, r };
	history_wait(r);
	e = listener_open(r);
	if (e == ERR_OK)
		e = server_watch(r->server, r->proc.control_fd);
	if (e == ERR_OK && r->proc.peer[ROLE_ENGINE] >= 0)
		e = server_watch(r->server, r->proc.peer[ROLE_ENGINE]);
	if (e == ERR_OK)
		e = sandbox_enter(ROLE_API, r->proc.config.sandbox, &paths);
	return e;
}

int
role_api(void)
{
	static struct api_role r;
	enum err e;

	proc_role_begin(&r.proc, ROLE_API);
	e = api_open(&r);
	if (e != ERR_OK)
		return e == ERR_SYNTAX || e == ERR_UNKNOWN ? EXIT_CONFIG :
		    EXIT_FAILED;
	log_info("listening on http://%s:%u/", r.proc.config.api_host,
	    server_port(r.server));
	while (server_service(r.server))
		;
	server_destroy(r.server);
	return EXIT_FAILED;
}
