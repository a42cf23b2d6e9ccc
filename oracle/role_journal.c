/*~ Welcome to the journal: the process that remembers.  It may write one folder
 * and nothing else.  Every input of the engine, and every attestation, comes
 * here before anyone else sees it; what came is written as one batch, synced
 * once, and only then acknowledged (WIRE_COMMITTED), which is what lets the
 * engine release an attestation.  When the disk does not take it, nothing is
 * acknowledged, nothing is lost, and the status says why.  The history for
 * people (history.h) is written afterwards. */
#include "oracle/clock.h"
#include "oracle/cmd.h"
#include "oracle/history.h"
#include "oracle/inputs.h"
#include "oracle/kept.h"
#include "oracle/log.h"
#include "oracle/proc.h"
#include "oracle/segment.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BATCH_MESSAGES 8192u	/* of one batch */
#define WHOLE_MAX 64u		/* attestations of one batch */
#define RETRY_MS 1000u		/* after a write that failed */
#define STATUS_MS 1000u
#define STOP_MS 2000u		/* to hear an engine out */
#define HISTORY_MS 200u		/* a transaction of the history */
#define HISTORY_RETRY_MS 10000u

enum journal_counter {
	COUNT_RECORDS, COUNT_COMMITS, COUNT_SEGMENT, COUNT_COMMIT_US_MAX,
	COUNT_LIVES, COUNT_FAILURES, COUNT_HISTORY_FAILURES, COUNT_COUNT,
};

struct journal {
	struct proc_role proc;
	char dir[CONFIG_PATH_MAX];
	char history_path[CONFIG_PATH_MAX + 32];
	struct segment_writer *writer;
	struct history *history;	/* NULL while it cannot be written */
	uint64_t last_sequence;		/* of the last attestation */

	/* The engine's life. */
	bool is_ready_due;	/* JOURNAL_READY is to be sent */
	bool has_life;		/* it was sent */
	bool has_start;		/* START came */
	bool is_committed_due;	/* WIRE_COMMITTED did not fit the queue */
	uint64_t received, committed;
	struct kept kept;	/* what it is told to remember */
	size_t told;		/* of that the engine of this life knows */

	struct history_collector collector;
	struct board_attestation whole[WHOLE_MAX];	/* until committed */
	size_t whole_count;

	int failure;		/* errno of the last write, 0: it worked */
	uint64_t retry_ms, status_ms, history_ms, stop_ms;
	uint64_t counter[COUNT_COUNT];
};

static void
status_report(struct journal *j, const char *reason)
{
	uint64_t now = clock_boot_ms();

	if (now < j->status_ms + STATUS_MS)
		return;
	j->status_ms = now;
	if (!reason && j->failure != 0)
		reason = strerrordesc_np(j->failure);
	else if (!reason && !j->has_life)
		reason = "no engine";
	if (j->writer)
		j->counter[COUNT_SEGMENT] = segment_writer_number(j->writer);
	proc_role_status(&j->proc, !reason, reason ? reason : "", j->counter,
	    COUNT_COUNT);
	j->counter[COUNT_COMMIT_US_MAX] = 0;
}

/* ---- the history, after the fact ---------------------------------------- */

static void
history_fail(struct journal *j)
{
	log_warn("%s: %s; the segments are whole, `margind replay --journal "
	    "--rebuild-history` makes it anew", j->history_path,
	    history_error(j->history));
	j->counter[COUNT_HISTORY_FAILURES]++;
	history_close(j->history);
	j->history = NULL;
	j->history_ms = clock_boot_ms() + HISTORY_RETRY_MS;
}

static void
history_begin(struct journal *j)
{
	char why[HISTORY_WHY_MAX];

	if (history_open(&j->history, j->history_path, why) == ERR_OK)
		return;
	j->counter[COUNT_HISTORY_FAILURES]++;
	if (j->counter[COUNT_HISTORY_FAILURES] == 1)
		log_warn("%s: %s; going on without it", j->history_path, why);
	j->history_ms = clock_boot_ms() + HISTORY_RETRY_MS;
}

static void
history_turn(struct journal *j)
{
	uint64_t now = clock_boot_ms();

	for (size_t i = 0; i < j->whole_count && j->history; i++)
		if (history_add(j->history, &j->whole[i]) != ERR_OK)
			history_fail(j);
	j->whole_count = 0;
	if (now < j->history_ms)
		return;
	if (!j->history) {
		history_begin(j);
		return;
	}
	j->history_ms = now + HISTORY_MS;
	if (history_flush(j->history) != ERR_OK)
		history_fail(j);
}

/* ---- commit ------------------------------------------------------------- */

static void
committed_send(struct journal *j)
{
	struct wire_committed w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_COMMITTED);
	w.records = j->committed;
	/* Cumulative: when the queue is full a later one says it too. */
	j->is_committed_due = proc_peer_send(&j->proc, ROLE_ENGINE, &w,
	    false) == ERR_LIMIT;
}

static void
ready_send(struct journal *j)
{
	struct wire_journal_ready w;

	if (j->proc.peer[ROLE_ENGINE] < 0)
		return;
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_JOURNAL_READY);
	w.inputs_hash = segment_writer_state(j->writer)->inputs_hash;
	w.last_sequence = j->last_sequence;
	if (proc_peer_send(&j->proc, ROLE_ENGINE, &w, false) == ERR_LIMIT)
		return;
	j->is_ready_due = false;
	j->has_life = true;
	j->told = 0;
	j->counter[COUNT_LIVES]++;
}

/* A new engine learns what an earlier one had kept, as its queue has room. */
static void
memory_send(struct journal *j)
{
	union kept_record r;

	while (j->has_life && j->told < j->kept.count) {
		kept_tell(&r, &j->kept, j->told);
		if (proc_peer_send(&j->proc, ROLE_ENGINE, &r, false) !=
		    ERR_OK)
			return;
		j->told++;
	}
}

static void
commit_failed(struct journal *j, int why)
{
	j->counter[COUNT_FAILURES]++;
	j->retry_ms = clock_boot_ms() + RETRY_MS;
	if (j->failure == why)
		return;
	j->failure = why;
	log_error("%s: cannot write: %s; nothing is released until it can",
	    j->dir, strerrordesc_np(why));
	j->status_ms = 0;
}

static void
commit(struct journal *j)
{
	uint64_t before, took;
	size_t count = segment_writer_pending(j->writer);

	if (count > 0) {
		if (j->failure != 0 && clock_boot_ms() < j->retry_ms)
			return;
		before = (clock_monotonic_ns() / 1000);
		if (segment_writer_commit(j->writer, clock_wall_ms()) != ERR_OK) {
			commit_failed(j, errno);
			return;
		}
		took = (clock_monotonic_ns() / 1000) - before;
		if (took > j->counter[COUNT_COMMIT_US_MAX])
			j->counter[COUNT_COMMIT_US_MAX] = took;
		j->counter[COUNT_RECORDS] += count;
		j->counter[COUNT_COMMITS]++;
		if (j->failure != 0)
			log_info("%s: writing again", j->dir);
		j->failure = 0;
		j->committed = j->received;
		if (j->has_life)
			committed_send(j);
	}
	if (j->is_ready_due)
		ready_send(j);
	history_turn(j);
}

/* ---- what the engine says ----------------------------------------------- */

static void
engine_drop(struct journal *j, const char *why)
{
	if (why)
		log_error("the engine %s; waiting for another", why);
	proc_peer_close(&j->proc, ROLE_ENGINE);
	j->has_life = false;
	j->is_committed_due = false;
}

/* NULL, or what is wrong with a message at this point. */
static const char *
message_judge(const struct journal *j, const void *bytes, unsigned type)
{
	if (!j->has_life)
		return "speaks before it is spoken to";
	if (type == WIRE_START) {
		struct wire_start w;

		memcpy(&w, bytes, sizeof(w));
		if (j->has_start)
			return "starts twice";
		return b32_equal(&w.previous, &segment_writer_state(
		    j->writer)->inputs_hash) ? NULL :
		    "does not continue the journal";
	}
	if (!j->has_start)
		return "did not start";
	if (type == WIRE_WORD && !j->collector.is_open)
		return "sends a word of nothing";
	return wire_is_input(type) || type == WIRE_ATTESTATION ||
	    type == WIRE_WORD || wire_is_kept(type) ? NULL :
	    "sends what is no record";
}

static bool
message_take(struct journal *j, const void *bytes)
{
	struct wire_head head;
	const char *wrong;

	memcpy(&head, bytes, sizeof(head));
	wrong = message_judge(j, bytes, head.type);
	if (wrong) {
		engine_drop(j, wrong);
		return false;
	}
	j->has_start = true;
	if (segment_writer_add(j->writer, bytes) != ERR_OK)
		return false;	/* engine_drain looked: cannot be */
	j->received++;
	kept_note(&j->kept, bytes);
	if (head.type == WIRE_ATTESTATION)
		j->last_sequence =
		    ((const struct wire_attestation *)bytes)->sequence;
	if (history_collect(&j->collector, bytes))
		j->whole[j->whole_count++] = j->collector.attestation;
	return true;
}

/* Takes what is there, up to one batch. */
static void
engine_drain(struct journal *j)
{
	static _Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];

	for (size_t i = 0; i < BATCH_MESSAGES; i++) {
		size_t size;
		enum err e;

		if (j->proc.peer[ROLE_ENGINE] < 0 ||
		    j->whole_count == WHOLE_MAX ||
		    segment_writer_is_full(j->writer))
			return;
		e = proc_hot_receive(j->proc.peer[ROLE_ENGINE],
		    &j->proc.ring[ROLE_ENGINE], bytes, &size);
		if (e == ERR_MISSING)
			return;
		if (e != ERR_OK) {
			engine_drop(j, e == ERR_IO ? NULL :
			    "breaks the protocol");
			return;
		}
		if (!message_take(j, bytes))
			return;
	}
}

static void
engine_begin(struct journal *j)
{
	j->is_ready_due = true;
	j->has_life = false;
	j->has_start = false;
	j->is_committed_due = false;
	j->received = j->committed = 0;
	j->collector.is_open = false;
}

/* ---- the loop ----------------------------------------------------------- */

static void
control_turn(struct journal *j)
{
	enum role replaced = ROLE_SUPERVISOR;
	unsigned type;

	/* A dead engine's last words are still in its wire. */
	for (size_t i = 0; i < 16 && j->failure == 0; i++) {
		engine_drain(j);
		if (segment_writer_pending(j->writer) == 0)
			break;
		commit(j);
	}
	if (proc_role_control(&j->proc, &type, &replaced) != ERR_OK) {
		j->stop_ms = clock_boot_ms() + STOP_MS;
		return;
	}
	if (replaced == ROLE_ENGINE)
		engine_begin(j);
}

/* Waits for the control socket (wait[0]), the engine's wire (wait[1]), room in
 * it, or the time. */
static bool
wires_wait(struct journal *j, struct pollfd wait[2])
{
	bool is_full = segment_writer_is_full(j->writer) ||
	    j->whole_count == WHOLE_MAX;
	bool is_due = j->is_committed_due ||
	    (j->has_life && j->told < j->kept.count);
	struct ring *ring = &j->proc.ring[ROLE_ENGINE];
	unsigned wants = (is_full ? 0 : RING_DATA) | (is_due ? RING_SPACE : 0);
	int timeout = (int)HISTORY_MS;

	wait[0] = (struct pollfd){ .events = POLLIN,
		.fd = j->stop_ms ? -1 : j->proc.control_fd };
	wait[1] = (struct pollfd){ .events = POLLIN,
		.fd = wants != 0 ? j->proc.peer[ROLE_ENGINE] : -1 };
	if (wants != 0 && !ring_sleep(ring, wants))
		timeout = 0;
	if (poll(wait, 2, timeout) < 0 && errno != EINTR)
		return false;
	ring_awake(ring);
	if (wait[1].revents != 0)
		proc_hot_listen(wait[1].fd, ring);
	return true;
}

static bool
loop_once(struct journal *j)
{
	struct pollfd wait[2];

	if (!wires_wait(j, wait))
		return false;
	if (wait[0].revents != 0)
		control_turn(j);
	if (wait[1].revents != 0 || ring_has_data(&j->proc.ring[ROLE_ENGINE]))
		engine_drain(j);
	if (j->is_committed_due)
		committed_send(j);
	commit(j);
	memory_send(j);
	status_report(j, NULL);
	if (j->stop_ms == 0)
		return true;
	return j->proc.peer[ROLE_ENGINE] >= 0 && clock_boot_ms() < j->stop_ms;
}

/* ---- opening ------------------------------------------------------------ */

/* Each record that is there already: the history may lack the last ones. */
static void
on_record(void *arg, const struct segment_record *record, uint64_t done,
    uint64_t total)
{
	struct journal *j = arg;

	(void)done;
	(void)total;
	kept_note(&j->kept, record->message);
	if (record->type == WIRE_ATTESTATION)
		j->last_sequence = ((const struct wire_attestation *)
		    record->message)->sequence;
	if (history_collect(&j->collector, record->message) && j->history &&
	    j->collector.attestation.header.sequence >
	    history_last_sequence(j->history)) {
		if (history_add(j->history, &j->collector.attestation) !=
		    ERR_OK || (history_pending(j->history) >= 1000 &&
		    history_flush(j->history) != ERR_OK))
			history_fail(j);
	}
	status_report(j, "reading the journal");
}

static enum err
folder_open(struct journal *j)
{
	enum err e = config_path_from(j->dir, j->proc.config_path,
	    j->proc.config.journal_dir);

	if (e != ERR_OK)
		return e;
	if (mkdir(j->dir, 0755) != 0 && errno != EEXIST)
		return ERR_IO;
	snprintf(j->history_path, sizeof(j->history_path), "%s/%s", j->dir,
	    HISTORY_FILE);
	e = inputs_store(j->dir, INPUTS_CONFIG, &j->proc.config_hash,
	    j->proc.config_text, j->proc.config_text_len);
	if (e == ERR_OK && j->proc.book_text)
		e = inputs_store(j->dir, INPUTS_BOOK, &j->proc.book_hash,
		    j->proc.book_text, j->proc.book_text_len);
	free(j->proc.config_text);
	free(j->proc.book_text);
	j->proc.config_text = j->proc.book_text = NULL;
	return e;
}

static enum err
segments_open(struct journal *j)
{
	struct segment_opening opening = { on_record, j };
	struct segment_fault fault = { .what = "cannot be read" };
	uint64_t torn = 0;
	enum err e = segment_writer_open(&j->writer, &fault, &torn, j->dir,
	    j->proc.config.segment_bytes, &opening);

	if (e != ERR_OK) {
		log_error("%s%s%s:%llu: %s%s%s", j->dir,
		    fault.file[0] ? "/" : "", fault.file,
		    (unsigned long long)fault.offset, fault.what,
		    e == ERR_IO ? ": " : "",
		    e == ERR_IO ? strerrordesc_np(errno) : "");
		return e;
	}
	if (torn > 0)
		log_warn("%s/%s:%llu: %llu bytes cut: they were being written "
		    "when it ended", j->dir, fault.file,
		    (unsigned long long)fault.offset,
		    (unsigned long long)torn);
	j->collector.is_open = false;
	return ERR_OK;
}

int
role_journal(void)
{
	static struct journal j;
	struct sandbox_paths paths = { .write = { j.dir } };
	enum err e;

	proc_role_begin(&j.proc, ROLE_JOURNAL);
	e = folder_open(&j);
	if (e != ERR_OK) {
		log_error("%s: cannot be opened: %s", j.dir,
		    e == ERR_IO ? strerrordesc_np(errno) : err_name(e));
		return EXIT_FAILED;
	}
	history_begin(&j);
	if (segments_open(&j) != ERR_OK || sandbox_enter(ROLE_JOURNAL,
	    j.proc.config.sandbox, &paths) != ERR_OK)
		return EXIT_FAILED;
	log_info("%s: %llu records in %llu segments", j.dir,
	    (unsigned long long)segment_writer_state(j.writer)->records,
	    (unsigned long long)segment_writer_number(j.writer));
	if (j.proc.peer[ROLE_ENGINE] >= 0)
		engine_begin(&j);
	commit(&j);	/* says READY */
	memory_send(&j);
	while (loop_once(&j))
		;
	if (j.failure != 0)
		log_error("%s: %zu records could not be written", j.dir,
		    segment_writer_pending(j.writer));
	history_close(j.history);
	segment_writer_close(j.writer);
	kept_free(&j.kept);
	return j.failure == 0 && j.stop_ms != 0 ? EXIT_OK : EXIT_FAILED;
}
