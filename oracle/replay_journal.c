/*~ A journal again: every input through a fresh machine for each START, every
 * attestation compared, byte for byte, with what was recorded.  The machine and
 * its inputs are all there is: what was signed cannot have come from anything
 * else. */
#include "oracle/replay.h"

#include "base/hex.h"
#include "oracle/cmd.h"
#include "oracle/history.h"
#include "oracle/inputs.h"
#include "oracle/progress.h"
#include "oracle/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Of one input: an attestation and its words, or what is to be kept. */
#define EXPECTED_MAX (sizeof(struct wire_attestation) + \
	BOOK_ASSETS_MAX * sizeof(struct wire_word) + \
	MACHINE_KEEP_BATCH * sizeof(struct wire_memory_unit) + \
	PRICES_WRAPS_MAX * sizeof(struct wire_memory_rate))
#define FLUSH_EVERY 1000u

struct replay {
	const struct replay_journal_options *options;
	struct segment_reader *reader;
	struct replay_life *life;	/* NULL before the first START */
	struct history *history;	/* being rebuilt, or NULL */
	struct history_collector collector;
	struct progress progress;

	/* What the machine said and the journal has not said yet. */
	uint8_t expected[EXPECTED_MAX];
	size_t expected_len, expected_at;
	uint32_t words_to_come;
	bool is_passing_over;	/* words of an attestation that differed */

	uint64_t first_record;	/* what is before it is passed over */
	struct b32 chain;	/* inputsHash before the record at hand */
	uint64_t inputs, lives, attestations, skipped, unrecorded, mismatches;
	uint64_t last_sequence;
	bool is_broken;		/* a life could not be made */
};

static uint64_t
record_number(const struct replay *r)
{
	return segment_reader_state(r->reader)->records - 1;
}

static void
complain(struct replay *r, const char *what, uint64_t sequence)
{
	/* What follows the first is mostly its consequence. */
	if (r->mismatches++ > 0)
		return;
	fprintf(stderr, "%s: record %" PRIu64 ": attestation %" PRIu64 ": %s\n",
	    r->options->dir, record_number(r),
	    sequence, what);
}

static uint64_t
expected_sequence(const struct replay *r)
{
	struct wire_attestation w;

	memcpy(&w, r->expected, sizeof(w));
	return w.head.type == WIRE_ATTESTATION ? w.sequence :
	    r->last_sequence;
}

static void
on_output(void *arg, const void *message, size_t size)
{
	struct replay *r = arg;
	struct wire_head head;

	memcpy(&head, message, sizeof(head));
	if (head.type == WIRE_ATTESTATION) {
		struct wire_attestation w;

		memcpy(&w, message, sizeof(w));
		r->words_to_come = w.word_count;
		if (r->options->on_digest)
			r->options->on_digest(r->options->arg, &w.digest);
		r->expected_len = r->expected_at = 0;
	} else if (head.type == WIRE_WORD && r->words_to_come > 0) {
		r->words_to_come--;
	} else if (wire_is_kept(head.type)) {
		if (r->expected_at == r->expected_len)
			r->expected_len = r->expected_at = 0;
	} else {
		return;	/* a request to the signer: its answer is recorded */
	}
	memcpy(r->expected + r->expected_len, message, size);
	r->expected_len += size;
}

/* ---- records ------------------------------------------------------------ */

/* A recorded output must be the next thing that the machine said. */
static void
output_compare(struct replay *r, const struct segment_record *record)
{
	bool equal = r->expected_at + record->size <= r->expected_len &&
	    memcmp(r->expected + r->expected_at, record->message,
	    record->size) == 0;

	if (record->type == WIRE_ATTESTATION) {
		struct wire_attestation w;

		memcpy(&w, record->message, sizeof(w));
		r->attestations++;
		r->last_sequence = w.sequence;
		r->is_passing_over = !equal;
		if (!equal)
			complain(r, r->expected_at < r->expected_len ?
			    "is recorded, but another one comes out" :
			    "is recorded, but none comes out", w.sequence);
	} else if (wire_is_kept(record->type)) {
		if (!equal)
			complain(r, "is followed by what another machine "
			    "would keep", r->last_sequence);
	} else if (r->is_passing_over) {
		return;
	} else if (!equal && r->expected_at < r->expected_len) {
		complain(r, "a price word is another one",
		    expected_sequence(r));
	} else if (!equal) {
		complain(r, "a price word too many", r->last_sequence);
	}
	if (equal)
		r->expected_at += record->size;
	else
		r->expected_at = r->expected_len = 0;
}

static void
expected_end(struct replay *r, bool life_ended)
{
	if (r->expected_at == r->expected_len)
		return;
	/* A life that was killed may have said more than was written. */
	if (life_ended)
		r->unrecorded++;
	else
		complain(r, "comes out, but is not recorded whole",
		    expected_sequence(r));
	r->expected_at = r->expected_len = 0;
}

static bool
life_begin(struct replay *r, const struct wire_start *w)
{
	char *config = NULL, *book = NULL;
	char config_name[INPUTS_PATH_MAX], book_name[INPUTS_PATH_MAX];
	const char *dir = r->options->dir;
	size_t config_len = 0, book_len = 0;
	enum err e;

	replay_life_close(r->life);
	r->life = NULL;
	e = inputs_path(config_name, dir, INPUTS_CONFIG, &w->config_hash);
	if (e == ERR_OK)
		e = inputs_path(book_name, dir, INPUTS_BOOK, &w->book_hash);
	if (e == ERR_OK)
		e = inputs_load(&config, &config_len, dir, INPUTS_CONFIG,
		    &w->config_hash, stderr);
	if (e == ERR_OK) {
		e = inputs_load(&book, &book_len, dir, INPUTS_BOOK,
		    &w->book_hash, stderr);
		if (e == ERR_OK)
			e = replay_life_open_lean(&r->life, config,
			    config_len, config_name, book, book_len, book_name);
		if (e == ERR_LIMIT)
			fprintf(stderr, "%s: no memory for its tables\n",
			    config_name);
		free(config);
		free(book);
	}
	r->lives++;
	if (b32_equal(&w->previous, &r->chain))
		return e == ERR_OK;
	fprintf(stderr, "%s: record %" PRIu64 ": a life that does not continue "
	    "the one before it\n", dir,
	    record_number(r));
	return false;
}

static bool
input_apply(struct replay *r, const struct segment_record *record)
{
	struct machine_output o = { on_output, r };
	const struct b32 *chain =
	    &segment_reader_state(r->reader)->inputs_hash;

	expected_end(r, record->type == WIRE_START);
	r->inputs++;
	if (record->type == WIRE_START && !life_begin(r, record->message))
		return false;
	if (!r->life) {
		r->skipped++;	/* segments before the first are elsewhere */
		return true;
	}
	/* An input that was refused then is refused now: no matter. */
	(void)!machine_apply(r->life->machine, record->message, &o);
	if (b32_equal(&r->life->machine->inputs_hash, chain))
		return true;
	fprintf(stderr, "%s: record %" PRIu64 ": inputsHash differs\n",
	    r->options->dir, record_number(r));
	return false;
}

/* The instant that a START or a CLOSE says; false of any other record. */
static bool
record_time(uint64_t *ms, const struct segment_record *record)
{
	if (record->type == WIRE_START)
		*ms = ((const struct wire_start *)record->message)->now_ms;
	else if (record->type == WIRE_CLOSE)
		*ms = ((const struct wire_close *)record->message)->now_ms;
	else
		return false;
	return true;
}

static bool
record_is_after(const struct replay *r, const struct segment_record *record)
{
	uint64_t ms = 0;

	return r->options->window.until_ms > 0 &&
	    record_time(&ms, record) && ms >= r->options->window.until_ms;
}

static bool
record_take(struct replay *r, const struct segment_record *record)
{
	if (record_number(r) < r->first_record) {
		r->skipped++;
		return true;
	}
	if (wire_is_input(record->type))
		return input_apply(r, record);
	if (r->life)
		output_compare(r, record);
	else
		r->skipped++;
	return true;
}

/* ---- the history -------------------------------------------------------- */

struct rebuild {
	char path[SEGMENT_PATH_MAX], fresh[SEGMENT_PATH_MAX];
	int lock_fd;
};

static bool
rebuild_fail(const char *path, const char *why)
{
	fprintf(stderr, "%s: %s\n", path, why);
	return false;
}

static bool
rebuild_begin(struct rebuild *b, struct replay *r)
{
	const char *dir = r->options->dir;
	char why[HISTORY_WHY_MAX];

	b->lock_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->lock_fd < 0)
		return rebuild_fail(dir, strerrordesc_np(errno));
	if (flock(b->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return rebuild_fail(dir, "is being written by another "
		    "process: stop the service first");
	if ((size_t)snprintf(b->path, sizeof(b->path), "%s/%s", dir,
	    HISTORY_FILE) >= sizeof(b->path) ||
	    (size_t)snprintf(b->fresh, sizeof(b->fresh), "%s/%s.new", dir,
	    HISTORY_FILE) >= sizeof(b->fresh))
		return rebuild_fail(dir, "the path is too long");
	(void)unlink(b->fresh);
	if (history_open(&r->history, b->fresh, why) != ERR_OK)
		return rebuild_fail(b->fresh, why);
	return true;
}

static bool
rebuild_add(struct replay *r, const struct segment_record *record)
{
	if (!r->history || !history_collect(&r->collector, record->message))
		return true;
	if (history_add(r->history, &r->collector.attestation) == ERR_OK &&
	    (history_pending(r->history) < FLUSH_EVERY ||
	    history_flush(r->history) == ERR_OK))
		return true;
	return rebuild_fail(HISTORY_FILE, history_error(r->history));
}

static bool
rebuild_end(struct rebuild *b, struct replay *r, bool is_whole)
{
	char aside[SEGMENT_PATH_MAX + 8];
	bool done = is_whole && history_flush(r->history) == ERR_OK;

	history_close(r->history);
	r->history = NULL;
	if (!done) {
		(void)unlink(b->fresh);
		return false;
	}
	/* The old one's companions must not be taken for the new one's. */
	snprintf(aside, sizeof(aside), "%s-wal", b->path);
	(void)unlink(aside);
	snprintf(aside, sizeof(aside), "%s-shm", b->path);
	(void)unlink(aside);
	return rename(b->fresh, b->path) == 0 ? true :
	    rebuild_fail(b->path, strerrordesc_np(errno));
}

/* ---- the whole ---------------------------------------------------------- */

static void
fault_print(const char *dir, const struct segment_fault *f, enum err e)
{
	fprintf(stderr, "%s%s%s", dir, f->file[0] ? "/" : "", f->file);
	if (f->file[0])
		fprintf(stderr, ":%" PRIu64, f->offset);
	fprintf(stderr, ": %s%s%s\n", f->what, e == ERR_IO ? ": " : "",
	    e == ERR_IO ? strerrordesc_np(errno) : "");
}

/* A life knows nothing but its own inputs: what is wanted from some instant on
 * begins with the life that was going on then. */
static enum err
life_seek(struct replay *r, struct segment_fault *fault)
{
	struct segment_record record;
	uint64_t ms = 0, from_ms = r->options->window.from_ms;
	enum err e = segment_reader_open(&r->reader, fault, r->options->dir);

	if (e != ERR_OK)
		return e;
	while ((e = segment_reader_next(r->reader, &record, fault)) == ERR_OK &&
	    (!record_time(&ms, &record) || ms <= from_ms))
		if (record.type == WIRE_START)
			r->first_record = record_number(r);
	segment_reader_close(r->reader);
	r->reader = NULL;
	return e == ERR_MISSING ? ERR_OK : e;
}

static bool
records_run(struct replay *r)
{
	struct segment_record record;
	struct segment_fault fault;
	uint64_t done, total;
	enum err e;

	r->chain = segment_reader_begin(r->reader)->inputs_hash;
	segment_reader_progress(r->reader, &done, &total);
	progress_begin(&r->progress, "replay", total);
	while ((e = segment_reader_next(r->reader, &record, &fault)) ==
	    ERR_OK) {
		if (record_is_after(r, &record)) {
			e = ERR_MISSING;
			break;
		}
		if (!record_take(r, &record) || !rebuild_add(r, &record)) {
			progress_end(&r->progress);
			return false;
		}
		r->chain = segment_reader_state(r->reader)->inputs_hash;
		segment_reader_progress(r->reader, &done, &total);
		progress_step(&r->progress, done);
	}
	progress_end(&r->progress);
	expected_end(r, true);
	if (segment_reader_torn(r->reader) > 0)
		fprintf(stderr, "%s/%s:%" PRIu64 ": the last %" PRIu64
		    " bytes are no whole record: they were being written\n",
		    r->options->dir, fault.file, fault.offset,
		    segment_reader_torn(r->reader));
	if (e == ERR_MISSING)
		return true;
	fault_print(r->options->dir, &fault, e);
	return false;
}

static void
summary_print(const struct replay *r)
{
	const struct segment_state *s = segment_reader_state(r->reader);
	char hash[HEX_B32_BUF];
	uint64_t records = s->records - segment_reader_begin(r->reader)->records;

	hex_from_bytes(hash, s->inputs_hash.b, sizeof(s->inputs_hash.b));
	if (r->options->is_json) {
		printf("{\"journal\":{\"segments\":%u,\"records\":%" PRIu64
		    ",\"inputs\":%" PRIu64 ",\"lives\":%" PRIu64
		    ",\"attestations\":%" PRIu64 ",\"unrecorded\":%" PRIu64
		    ",\"skipped\":%" PRIu64 ",\"mismatches\":%" PRIu64
		    ",\"torn_bytes\":%" PRIu64 ",\"last_sequence\":%" PRIu64
		    ",\"inputs_hash\":\"%s\"}}\n",
		    segment_reader_segments(r->reader), records, r->inputs,
		    r->lives, r->attestations, r->unrecorded, r->skipped,
		    r->mismatches, segment_reader_torn(r->reader),
		    r->last_sequence, hash);
		return;
	}
	printf("%" PRIu64 " records in %u segments, %" PRIu64 " lives\n"
	    "%" PRIu64 " attestations recomputed, %" PRIu64 " differ\n"
	    "inputs hash %s\n", records, segment_reader_segments(r->reader),
	    r->lives, r->attestations, r->mismatches, hash);
}

int
replay_journal(const struct replay_journal_options *o)
{
	static struct replay r;
	struct rebuild rebuild = { .lock_fd = -1 };
	struct segment_fault fault = { .what = "cannot be opened" };
	enum err e = ERR_OK;
	bool done;

	r.options = o;
	if (o->window.from_ms > 0)
		e = life_seek(&r, &fault);
	if (e == ERR_OK)
		e = segment_reader_open(&r.reader, &fault, o->dir);
	if (e != ERR_OK) {
		fault_print(o->dir, &fault, e);
		return EXIT_FAILED;
	}
	done = !o->rebuild_history || rebuild_begin(&rebuild, &r);
	if (done) {
		done = records_run(&r);
		if (o->rebuild_history)
			done = rebuild_end(&rebuild, &r, done) && done;
		if (!o->on_digest)
			summary_print(&r);
	}
	if (rebuild.lock_fd >= 0)
		close(rebuild.lock_fd);
	replay_life_close(r.life);
	segment_reader_close(r.reader);
	return done && r.mismatches == 0 ? EXIT_OK : EXIT_FAILED;
}
