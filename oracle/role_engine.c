/*~ Welcome to the engine: the process in which prices become verdicts.  It
 * opens no file and no network; all it has is its wires.  Everything that
 * decides lives in the machine (machine.c, start at machine_close) and
 * everything around it in the shell (shell.c); this file is the loop. */
#include "oracle/bookfile.h"
#include "oracle/clock.h"
#include "oracle/cmd.h"
#include "oracle/input.h"
#include "oracle/log.h"
#include "oracle/proc.h"
#include "oracle/shell.h"
#include "oracle/tick_wire.h"
#include "oracle/wire_attest.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define BATCH_MAX 512u		/* messages of one wire in one batch */
#define TIMER_MS 50		/* a batch ends at least so often */
#define CLOCK_MS 1		/* and where only the clock is waited for */
#define STATUS_MS 1000u

struct engine {
	struct proc_role proc;
	struct shell shell;
	struct book book;		/* assets, no vaults */
	struct bookfile_names names;
	struct bookfile *file;		/* until its vaults are inputs */
	bool has_journal;		/* JOURNAL_READY came, START is written */
	bool was_foreign[ROLE_COUNT];	/* a message that is not its own */
	bool has_input;			/* since the last CLOSE */
	bool is_waiting;		/* a crossing, for the clock */
	bool is_late;			/* nothing came until the timer */
	uint64_t asked_ns;		/* of the last poll */
	uint64_t close_ms;
	uint64_t status_ms;
	bool was_ready;
	enum price_status was_status;
};

/* The signer is woken for a whole request. */
static enum err
send_signer(void *arg, const void *message)
{
	struct engine *g = arg;
	struct wire_head head;

	memcpy(&head, message, sizeof(head));
	return head.type == WIRE_END ?
	    proc_peer_send(&g->proc, ROLE_SIGNER, message, true) :
	    proc_peer_put(&g->proc, ROLE_SIGNER, message);
}

static enum err
put_journal(void *arg, const void *message)
{
	struct engine *g = arg;

	return proc_peer_put(&g->proc, ROLE_JOURNAL, message);
}

/* The journal begins before we go on (to verify a signature, or to sleep):
 * where it woke on our processor it would wait for us. */
static enum err
ring_journal(void *arg)
{
	struct engine *g = arg;
	enum err e = proc_peer_ring(&g->proc, ROLE_JOURNAL);

	sched_yield();
	return e;
}

static void
on_release(void *arg, const struct board_attestation *a)
{
	struct engine *g = arg;
	struct wire_attestation w;

	wire_attestation_fill(&w, &a->header, &a->digest, &a->signature, 0);
	/* Neither may hold up the engine: the board has it for both. */
	(void)!proc_peer_send(&g->proc, ROLE_CHAIN, &w, false);
	(void)!proc_peer_send(&g->proc, ROLE_API, &w, false);
}

static void status_report(struct engine *g, uint64_t now_ms);

static enum err
vault_from_file(void *arg, const struct vault *v)
{
	struct engine *g = arg;
	static union machine_message w;
	uint64_t now_ms = clock_wall_ms();

	machine_vault_message(&w, v, g->book.positions ?
	    g->book.positions + v->position_first : NULL);
	(void)shell_input(&g->shell, &w, 0);
	/* A million vaults take a while, and silence is taken for death. */
	if (now_ms >= g->status_ms + STATUS_MS)
		status_report(g, now_ms);
	return g->shell.failure;
}

/* The file was read and found good when the engine opened: now each of its
 * vaults goes from the text into the machine, and the text away. */
static enum err
vaults_from_file(struct engine *g)
{
	struct bookfile_sink to = { .vaults_max = g->proc.config.vaults_max,
		.each = vault_from_file, .arg = g };
	enum err e = ERR_OK;

	if (!g->proc.config.has_clearing)
		e = bookfile_each(g->file, &g->book, &g->names, &to);
	bookfile_close(g->file);
	g->file = NULL;
	free(g->proc.book_text);
	g->proc.book_text = NULL;
	return e;
}

static bool
life_begin(struct engine *g, const struct wire_journal_ready *ready)
{
	struct wire_start w;
	enum err e;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_START);
	w.now_ms = clock_wall_ms();
	w.config_hash = g->proc.config_hash;
	w.book_hash = g->proc.book_hash;
	w.previous = ready->inputs_hash;
	(void)shell_input(&g->shell, &w, 0);
	e = vaults_from_file(g);
	if (e != ERR_OK)
		log_error("the book's vaults: %s", err_name(e));
	g->has_journal = true;
	return e == ERR_OK;
}

static bool
feed_take(struct engine *g, const uint8_t *bytes)
{
	struct wire_feed w;

	memcpy(&w, bytes, sizeof(w));
	return shell_feed(&g->shell, &w, clock_wall_ms()) == ERR_OK;
}

/* A neighbour speaks for its own venues only; said once for each. */
static void
foreign_count(struct engine *g, enum role from, unsigned type)
{
	if (!g->was_foreign[from])
		log_error("%s speaks for what is not its own (type %u)",
		    role_name(from), type);
	g->was_foreign[from] = true;
	g->shell.dropped++;
}

/* One wire's word.  Answers false where the engine must end. */
static bool
message_take(struct engine *g, enum role from, const uint8_t *bytes)
{
	struct wire_head head;
	enum err e;

	memcpy(&head, bytes, sizeof(head));
	if (from == ROLE_JOURNAL && head.type == WIRE_COMMITTED) {
		struct wire_committed w;

		memcpy(&w, bytes, sizeof(w));
		shell_committed(&g->shell, w.records);
		return true;
	}
	if (from == ROLE_JOURNAL && head.type == WIRE_JOURNAL_READY &&
	    !g->has_journal) {
		struct wire_journal_ready w;

		memcpy(&w, bytes, sizeof(w));
		return life_begin(g, &w);
	}
	if (from == ROLE_FEEDS && head.type == WIRE_FEED &&
	    feed_take(g, bytes))
		return true;
	if (!proc_may_say(from, head.type)) {
		log_error("%s sends what it must not (type %u)",
		    role_name(from), head.type);
		return false;
	}
	if ((from == ROLE_FEEDS || from == ROLE_CHAIN) &&
	    !tick_wire_is_its_own(&g->proc.config, from == ROLE_CHAIN,
	    bytes)) {
		foreign_count(g, from, head.type);
		return true;
	}
	g->has_input = true;
	e = shell_input(&g->shell, bytes, clock_monotonic_ns());
	if (e == ERR_AUTH) {
		log_error("the signer signed another digest; starting anew");
		return false;
	}
	/* Of those two it is a matter of course, and counted. */
	if (e != ERR_OK && from != ROLE_FEEDS && from != ROLE_SURFACE)
		log_warn("input of %s refused: %s", role_name(from),
		    err_name(e));
	if (head.type == WIRE_REJECTED)
		log_warn("the signer refuses: %s", policy_rule_name(
		    (enum policy_rule)g->shell.machine->last_rejection));
	return true;
}

static bool
wire_drain(struct engine *g, enum role from)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];

	for (size_t i = 0; i < BATCH_MAX; i++) {
		size_t size;
		enum err e;

		if (g->proc.peer[from] < 0)
			return true;
		e = proc_hot_receive(g->proc.peer[from], &g->proc.ring[from],
		    bytes, &size);
		if (e == ERR_MISSING)
			return true;
		if (e != ERR_OK) {
			/* Gone, or out of its mind; a new one will come, but
			 * without signer or journal there is no life. */
			proc_peer_close(&g->proc, from);
			return from != ROLE_SIGNER && from != ROLE_JOURNAL;
		}
		if (!message_take(g, from, bytes))
			return false;
	}
	return true;
}

static void
status_report(struct engine *g, uint64_t now_ms)
{
	struct machine *m = g->shell.machine;
	uint32_t reason;
	enum price_status status = machine_status(m, &reason);
	bool ready = g->has_journal && m->is_ready && !m->is_paused &&
	    m->has_last && status != PRICE_REFUSED;
	uint64_t counter[] = { m->ticks, m->closes, m->requests,
	    m->signatures, m->rejections, m->mismatches,
	    g->shell.released, g->shell.dropped };

	if (ready != g->was_ready || status != g->was_status) {
		log_info("%s: prices and head are %s (%s)", ready ? "ready" :
		    "not ready", price_status_name(status),
		    price_reason_name(reason));
		g->was_ready = ready;
		g->was_status = status;
	} else if (now_ms < g->status_ms + STATUS_MS) {
		return;
	}
	g->status_ms = now_ms;
	proc_role_status(&g->proc, ready, price_reason_name(reason), counter,
	    ARRAY_COUNT(counter));
}

static const enum role readable[] = { ROLE_SIGNER, ROLE_JOURNAL, ROLE_CHAIN,
    ROLE_SURFACE, ROLE_FEEDS, ROLE_API };
#define WIRES ARRAY_COUNT(readable)

static const enum role hot[] = { ROLE_SIGNER, ROLE_FEEDS, ROLE_JOURNAL };
#define RINGS ARRAY_COUNT(hot)

/* Announces on all rings that the engine sleeps; false where one of them has
 * something, or is broken. */
static bool
rings_sleep(struct engine *g)
{
	for (size_t i = 0; i < RINGS; i++)
		if (!ring_sleep(&g->proc.ring[hot[i]], RING_DATA))
			return false;
	return true;
}

/* Nobody waits for what the journal is told while the signer is asked: to wake
 * it then would only hold up the answer, which wakes it anyway. */
static void
journal_settle(struct engine *g)
{
	if (!g->shell.machine->in_flight || g->is_late)
		shell_journal_now(&g->shell);
}

/* Waits for any wire, the control socket (wait[0]) or the timer: spins on the
 * rings where the config says so, then sleeps.  What a ring brings while the
 * others were asked a moment ago is not held up by asking them again. */
static bool
wires_wait(struct engine *g, struct pollfd wait[1 + WIRES])
{
	struct ring *ring[RINGS];
	int timeout = g->is_waiting ? CLOCK_MS : TIMER_MS, ready;

	journal_settle(g);
	for (size_t i = 0; i < RINGS; i++)
		ring[i] = &g->proc.ring[hot[i]];
	wait[0] = (struct pollfd){ .fd = g->proc.control_fd,
		.events = POLLIN };
	for (size_t i = 0; i < WIRES; i++)
		wait[1 + i] = (struct pollfd){ .fd = g->proc.peer[readable[i]],
			.events = POLLIN };
	if (ring_spin(&g->proc.spin, ring, RINGS)) {
		if (clock_monotonic_ns() < g->asked_ns + g->proc.spin.spin_ns)
			return true;
		timeout = 0;
	} else if (ring_lingers(&g->proc.spin) || !rings_sleep(g)) {
		timeout = 0;
	}
	ready = poll(wait, 1 + WIRES, timeout);
	if (ready < 0 && errno != EINTR)
		return false;
	g->is_late = ready == 0 && timeout > 0;
	for (size_t i = 0; i < RINGS; i++)
		ring_awake(ring[i]);
	g->asked_ns = clock_monotonic_ns();
	return true;
}

/* Whether role's wire has something, with what poll said of its socket. */
static bool
wire_is_ready(struct engine *g, enum role role, short revents)
{
	struct ring *r = &g->proc.ring[role];

	if (revents != 0)
		proc_hot_listen(g->proc.peer[role], r);
	return revents != 0 || ring_has_data(r);
}

static bool
loop_once(struct engine *g)
{
	struct pollfd wait[1 + WIRES];
	uint64_t now_ms;
	unsigned type;
	enum role replaced;

	if (!wires_wait(g, wait))
		return false;
	if (wait[0].revents != 0 && proc_role_control(&g->proc, &type,
	    &replaced) != ERR_OK)
		return false;
	for (size_t i = 0; i < WIRES; i++)
		if (wire_is_ready(g, readable[i], wait[1 + i].revents) &&
		    readable[i] != ROLE_API &&
		    (g->has_journal || readable[i] == ROLE_JOURNAL) &&
		    !wire_drain(g, readable[i]))
			return false;
	now_ms = clock_wall_ms();
	/* A CLOSE is journaled too: what only says that the journal has
	 * written must not make another one. */
	if (g->has_journal && (g->has_input ||
	    (g->is_waiting && now_ms > g->close_ms) ||
	    now_ms >= g->close_ms + TIMER_MS)) {
		g->has_input = false;
		g->close_ms = now_ms;
		shell_close(&g->shell, now_ms, clock_monotonic_ns());
		g->is_waiting = shell_waits_for_clock(&g->shell, now_ms);
	}
	status_report(g, now_ms);
	return g->shell.failure == ERR_OK;
}

static enum err
book_load(struct engine *g)
{
	const struct config *c = &g->proc.config;
	struct bookfile_counts counts;
	struct input_excess excess;
	enum err e = bookfile_open(&g->file, g->proc.book_text,
	    g->proc.book_text_len, c->book_file, stderr);

	if (e != ERR_OK)
		return e;
	bookfile_counts(&counts, g->file);
	if (counts.vaults > c->vaults_max)
		return ERR_LIMIT;
	e = input_book_place(&g->book, g->file, 0);
	if (e == ERR_OK)
		e = input_book_scan(&g->book, &g->names, &excess, g->file, c);
	if (e == ERR_OK)
		e = input_excess_refuse(&excess, c->book_file, "run");
	if (e != ERR_OK)
		return e;
	return config_bind_book(&g->proc.config, &g->book, &g->names,
	    c->book_file, stderr);
}

static void
guard_vault(void *arg, uint32_t slot, bool begins)
{
	struct engine *g = arg;

	if (begins)
		board_vault_begin(g->shell.board, slot);
	else
		board_vault_end(g->shell.board, slot);
}

static void
guard_tree(void *arg, enum tables_tree which, const struct merkle *t,
    bool begins)
{
	struct engine *g = arg;

	if (begins)
		board_tree_begin(g->shell.board, which);
	else
		board_tree_end(g->shell.board, which, t);
}

static enum err
engine_open(struct engine *g)
{
	struct tables_guard guard = { guard_vault, guard_tree, g };
	struct sandbox_paths none = { 0 };
	struct tables tables;
	uint8_t seed[32];
	enum err e = book_load(g);

	if (e == ERR_OK)
		e = board_map_writer(&g->shell.board, g->proc.board_fd);
	if (e != ERR_OK)
		return e;
	board_begin_life(g->shell.board);
	board_tables(&tables, g->shell.board);
	e = machine_create(&g->shell.machine, &g->proc.config, &g->book,
	    &tables, &guard);
	if (e != ERR_OK)
		return e;
	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		return ERR_IO;
	e = sig_context_create(&g->shell.sig, seed);
	explicit_bzero(seed, sizeof(seed));
	if (e != ERR_OK)
		return e;
	g->shell.wires = (struct shell_wires){ send_signer, put_journal,
		ring_journal, on_release, g };
	g->shell.is_durable = g->proc.config.release == RELEASE_DURABLE;
	return sandbox_enter(ROLE_ENGINE, g->proc.config.sandbox, &none);
}

int
role_engine(void)
{
	static struct engine g;
	enum err e;

	proc_role_begin(&g.proc, ROLE_ENGINE);
	e = engine_open(&g);
	if (e != ERR_OK) {
		log_error("cannot open: %s", err_name(e));
		return e == ERR_SYNTAX || e == ERR_UNKNOWN ? EXIT_CONFIG :
		    EXIT_FAILED;
	}
	while (loop_once(&g))
		;
	if (g.shell.failure != ERR_OK)
		log_error("a wire broke: %s", err_name(g.shell.failure));
	return EXIT_FAILED;
}
