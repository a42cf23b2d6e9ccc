#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/keccak.h"
#include "tests/journal_world.h"

#define SEGMENT_ONE "journal-00000001.segment"

struct seen {
	uint64_t count;
	uint64_t last_ms;
};

static void
on_record(void *arg, const struct segment_record *record, uint64_t done,
    uint64_t total)
{
	struct seen *s = arg;

	assert_true(done <= total);
	s->count++;
	if (record->type == WIRE_CLOSE)
		s->last_ms = ((const struct wire_close *)
		    record->message)->now_ms;
}

static struct segment_writer *
writer_open(const char *dir, uint64_t bytes, uint64_t *torn,
    struct seen *seen)
{
	struct segment_opening opening = { on_record, seen };
	struct segment_fault fault;
	struct segment_writer *w = NULL;

	assert_int_equal(segment_writer_open(&w, &fault, torn, dir, bytes,
	    seen ? &opening : NULL), ERR_OK);
	return w;
}

/* count messages from number `from` on, in batches of `batch`: ticks, each
 * fifth a CLOSE, each seventh an output. */
static void
message_add(struct segment_writer *w, uint64_t n)
{
	struct wire_tick t = tick_message(n);
	struct wire_close c = close_message(n);
	struct wire_attestation a = attestation_message(n, 0);
	const void *m = n % 5 == 4 ? (const void *)&c :
	    n % 7 == 6 ? (const void *)&a : (const void *)&t;

	assert_int_equal(segment_writer_add(w, m), ERR_OK);
}

static void
messages_add(struct segment_writer *w, uint64_t from, uint64_t count,
    uint64_t batch)
{
	for (uint64_t i = 0; i < count; i++) {
		message_add(w, from + i);
		if ((i + 1) % batch == 0 || i + 1 == count)
			assert_int_equal(segment_writer_commit(w, 1), ERR_OK);
	}
}

static void
state_expected(struct segment_state *s, uint64_t count)
{
	memset(s, 0, sizeof(*s));
	for (uint64_t n = 0; n < count; n++) {
		struct wire_tick t = tick_message(n);
		struct wire_close c = close_message(n);
		struct wire_attestation a = attestation_message(n, 0);
		bool is_close = n % 5 == 4, is_output = !is_close && n % 7 == 6;
		const void *m = is_close ? (const void *)&c :
		    is_output ? (const void *)&a : (const void *)&t;
		size_t size = is_close ? sizeof(c) : is_output ? sizeof(a) :
		    sizeof(t);
		struct b32 *h = is_output ? &s->outputs_hash : &s->inputs_hash;
		uint8_t bytes[32 + sizeof(a)];

		memcpy(bytes, h->b, 32);
		memcpy(bytes + 32, m, size);
		keccak256(h, bytes, 32 + size);
		s->records++;
	}
}

static void
assert_state(const struct segment_state *got, uint64_t count)
{
	struct segment_state want;

	state_expected(&want, count);
	assert_int_equal(got->records, want.records);
	assert_memory_equal(&got->inputs_hash, &want.inputs_hash, 32);
	assert_memory_equal(&got->outputs_hash, &want.outputs_hash, 32);
}

/* Reads everything: how many records, and how it ended. */
static enum err
folder_read(const char *dir, uint64_t *count, uint64_t *torn,
    struct segment_fault *fault)
{
	struct segment_reader *r;
	struct segment_record record;
	enum err e = segment_reader_open(&r, fault, dir);

	*count = *torn = 0;
	if (e != ERR_OK)
		return e;
	while ((e = segment_reader_next(r, &record, fault)) == ERR_OK)
		(*count)++;
	*torn = segment_reader_torn(r);
	if (e == ERR_MISSING)
		assert_state(segment_reader_state(r), *count);
	segment_reader_close(r);
	return e;
}

static void
segment_writer__continues_where_it_ended(void **state)
{
	char dir[64];
	uint64_t torn = 9, count;
	struct seen seen = { 0 };
	struct segment_fault fault;
	struct segment_writer *w;

	(void)state;
	folder_make(dir);
	w = writer_open(dir, 1 << 20, &torn, NULL);
	assert_int_equal(torn, 0);
	messages_add(w, 0, 100, 7);
	assert_state(segment_writer_state(w), 100);
	segment_writer_close(w);
	w = writer_open(dir, 1 << 20, &torn, &seen);
	assert_int_equal(seen.count, 100);
	assert_int_equal(seen.last_ms, 99);
	assert_state(segment_writer_state(w), 100);
	messages_add(w, 100, 50, 50);
	segment_writer_close(w);
	assert_int_equal(folder_read(dir, &count, &torn, &fault), ERR_MISSING);
	assert_int_equal(count, 150);
	assert_int_equal(torn, 0);
	folder_remove(dir);
}

static void
segment_writer__drops_what_was_not_committed(void **state)
{
	char dir[64];
	uint64_t torn, count;
	struct segment_fault fault;
	struct segment_writer *w;

	(void)state;
	folder_make(dir);
	w = writer_open(dir, 1 << 20, &torn, NULL);
	messages_add(w, 0, 3, 3);
	message_add(w, 3);
	assert_int_equal(segment_writer_pending(w), 1);
	segment_writer_close(w);
	assert_int_equal(folder_read(dir, &count, &torn, &fault), ERR_MISSING);
	assert_int_equal(count, 3);
	folder_remove(dir);
}

static void
segment_writer__refuses_a_second_one(void **state)
{
	char dir[64];
	uint64_t torn;
	struct segment_fault fault;
	struct segment_writer *w, *second;

	(void)state;
	folder_make(dir);
	w = writer_open(dir, 1 << 20, &torn, NULL);
	assert_int_equal(segment_writer_open(&second, &fault, &torn, dir,
	    1 << 20, NULL), ERR_STATE);
	assert_string_equal(fault.what, "is being written by another process");
	segment_writer_close(w);
	w = writer_open(dir, 1 << 20, &torn, NULL);
	segment_writer_close(w);
	folder_remove(dir);
}

static void
segment_writer__rotates_and_chains(void **state)
{
	char dir[64], name[SEGMENT_NAME_MAX];
	uint64_t torn, count;
	struct segment_fault fault;
	struct segment_writer *w;
	uint8_t *bytes;

	(void)state;
	folder_make(dir);
	w = writer_open(dir, SEGMENT_BYTES_MIN, &torn, NULL);
	messages_add(w, 0, 400, 10);
	assert_true(segment_writer_number(w) >= 8);
	segment_writer_close(w);
	assert_int_equal(folder_read(dir, &count, &torn, &fault), ERR_MISSING);
	assert_int_equal(count, 400);

	/* A segment that is gone, from the middle, is missed by name. */
	segment_name(name, 4);
	size_t len = file_bytes(dir, name, &bytes);
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(folder_read(dir, &count, &torn, &fault), ERR_SYNTAX);
	assert_string_equal(fault.file, name);
	assert_string_equal(fault.what, "is missing");

	/* A whole one in its place, but another: it does not continue. */
	uint8_t *other;
	size_t other_len = file_bytes(dir, "journal-00000003.segment", &other);
	file_store(dir, name, other, other_len);
	assert_int_equal(folder_read(dir, &count, &torn, &fault), ERR_SYNTAX);
	assert_string_equal(fault.file, name);
	file_store(dir, name, bytes, len);
	assert_int_equal(folder_read(dir, &count, &torn, &fault), ERR_MISSING);

	/* The first ones may be stored elsewhere: the header says the sum. */
	snprintf(path, sizeof(path), "%s/%s", dir, SEGMENT_ONE);
	assert_int_equal(unlink(path), 0);
	struct segment_reader *r;
	struct segment_record record;
	assert_int_equal(segment_reader_open(&r, &fault, dir), ERR_OK);
	assert_true(segment_reader_begin(r)->records > 0);
	while (segment_reader_next(r, &record, &fault) == ERR_OK)
		;
	assert_state(segment_reader_state(r), 400);
	segment_reader_close(r);
	free(bytes);
	free(other);
	folder_remove(dir);
}

/* Whatever byte the power failed at: the last whole record is the end, and
 * writing goes on from there. */
static void
segment_writer_open__cuts_a_torn_tail_at_every_byte(void **state)
{
	char dir[64];
	uint64_t torn, count;
	struct segment_fault fault;
	struct segment_writer *w;
	uint8_t *bytes;
	size_t len, whole;

	(void)state;
	folder_make(dir);
	w = writer_open(dir, 1 << 20, &torn, NULL);
	messages_add(w, 0, 6, 2);
	segment_writer_close(w);
	whole = file_bytes(dir, SEGMENT_ONE, &bytes);
	free(bytes);
	w = writer_open(dir, 1 << 20, &torn, NULL);
	messages_add(w, 6, 2, 2);	/* an output and a tick */
	segment_writer_close(w);
	len = file_bytes(dir, SEGMENT_ONE, &bytes);
	for (size_t cut = whole; cut < len; cut++) {
		uint64_t want = cut < whole + 16 + sizeof(struct
		    wire_attestation) ? 6 : 7;

		file_store(dir, SEGMENT_ONE, bytes, cut);
		assert_int_equal(folder_read(dir, &count, &torn, &fault),
		    ERR_MISSING);
		assert_int_equal(count, want);
		w = writer_open(dir, 1 << 20, &torn, NULL);
		assert_int_equal(segment_writer_state(w)->records, want);
		if (cut % 16 == 0)
			messages_add(w, want, 3, 1);
		segment_writer_close(w);
		assert_int_equal(folder_read(dir, &count, &torn, &fault),
		    ERR_MISSING);
		assert_int_equal(torn, 0);
		assert_int_equal(count, cut % 16 == 0 ? want + 3 : want);
	}
	free(bytes);
	folder_remove(dir);
}

/* One flipped bit, at every byte: refused where a later batch shows that it
 * had been durable, cut where it may be the write that the power stopped;
 * never read as if it were right. */
static void
segment_reader_next__finds_a_flipped_bit_anywhere(void **state)
{
	char dir[64];
	uint64_t torn, count;
	struct segment_fault fault;
	struct segment_writer *w;
	uint8_t *bytes;
	size_t len, last;

	(void)state;
	folder_make(dir);
	w = writer_open(dir, 1 << 20, &torn, NULL);
	messages_add(w, 0, 9, 3);
	segment_writer_close(w);
	last = file_bytes(dir, SEGMENT_ONE, &bytes);
	free(bytes);
	w = writer_open(dir, 1 << 20, &torn, NULL);
	messages_add(w, 9, 3, 3);
	segment_writer_close(w);
	len = file_bytes(dir, SEGMENT_ONE, &bytes);
	for (size_t i = 0; i < len; i++) {
		enum err e;

		bytes[i] ^= (uint8_t)(1u << (i % 8));
		file_store(dir, SEGMENT_ONE, bytes, len);
		bytes[i] ^= (uint8_t)(1u << (i % 8));
		e = folder_read(dir, &count, &torn, &fault);
		if (i < last) {
			assert_int_equal(e, ERR_SYNTAX);
			assert_string_equal(fault.file, SEGMENT_ONE);
			assert_true(fault.offset <= i);
			assert_int_equal(segment_writer_open(&w, &fault, &torn,
			    dir, 1 << 20, NULL), ERR_SYNTAX);
		} else {
			assert_int_equal(e, ERR_MISSING);
			assert_true(count >= 9 && count < 12 && torn > 0);
		}
	}
	free(bytes);
	folder_remove(dir);
}

static void
segment_reader_next__finds_damage_before_the_last_segment(void **state)
{
	char dir[64];
	uint64_t torn, count;
	struct segment_fault fault;
	struct segment_writer *w;
	uint8_t *bytes;
	size_t len;

	(void)state;
	folder_make(dir);
	w = writer_open(dir, SEGMENT_BYTES_MIN, &torn, NULL);
	messages_add(w, 0, 100, 50);
	segment_writer_close(w);
	len = file_bytes(dir, SEGMENT_ONE, &bytes);
	/* Cut short: no torn tail, since another segment follows. */
	file_store(dir, SEGMENT_ONE, bytes, len - 1);
	assert_int_equal(folder_read(dir, &count, &torn, &fault), ERR_SYNTAX);
	assert_string_equal(fault.file, SEGMENT_ONE);
	/* Cut at a record's end: what follows does not continue it. */
	struct wire_head head;
	size_t at = SEGMENT_HEADER_BYTES, before = at;
	while (at < len) {
		before = at;
		memcpy(&head, bytes + at + SEGMENT_RECORD_HEAD, sizeof(head));
		at += SEGMENT_RECORD_HEAD + head.size;
	}
	file_store(dir, SEGMENT_ONE, bytes, before);
	assert_int_equal(folder_read(dir, &count, &torn, &fault), ERR_SYNTAX);
	assert_string_equal(fault.file, "journal-00000002.segment");
	free(bytes);
	folder_remove(dir);
}

static void
segment_record_parse__refuses_another_number_or_segment(void **state)
{
	struct wire_tick t = tick_message(1);
	uint8_t bytes[256];
	struct segment_record record;
	size_t len = segment_record_write(bytes, 77, 5, true, &t);

	(void)state;
	assert_int_equal(len, SEGMENT_RECORD_HEAD + sizeof(t));
	assert_int_equal(segment_record_parse(&record, bytes, len, 77, 5),
	    ERR_OK);
	assert_int_equal(record.type, WIRE_TICK);
	assert_true(record.is_batch);
	assert_memory_equal(record.message, &t, sizeof(t));
	assert_int_equal(segment_record_parse(&record, bytes, len, 77, 6),
	    ERR_SYNTAX);
	assert_int_equal(segment_record_parse(&record, bytes, len, 76, 5),
	    ERR_SYNTAX);
	assert_int_equal(segment_record_parse(&record, bytes, len, 77,
	    5 + (1ull << 32)), ERR_SYNTAX);
	assert_int_equal(segment_record_parse(&record, bytes, len - 1, 77, 5),
	    ERR_MISSING);
	assert_int_equal(segment_record_parse(&record, bytes, 15, 77, 5),
	    ERR_MISSING);
}

static void
segment_header_parse__refuses_another_format(void **state)
{
	uint8_t bytes[SEGMENT_HEADER_BYTES];
	struct segment_header h = { .number = 3, .created_ms = 5,
	    .begin.records = 9 }, back;

	(void)state;
	segment_header_write(bytes, &h);
	assert_int_equal(segment_header_parse(&back, bytes), ERR_OK);
	assert_int_equal(back.number, 3);
	assert_int_equal(back.begin.records, 9);
	assert_int_equal(back.crc, h.crc);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] ^= 1;
		assert_int_equal(segment_header_parse(&back, bytes),
		    ERR_SYNTAX);
		bytes[i] ^= 1;
	}
}

/* Adds 40 records of which the disk takes only a part, then lets it. */
static void
full_disk_survive(struct segment_writer *w, const char *dir, int errno_want)
{
	uint64_t count, torn;
	struct segment_fault fault;

	for (uint64_t n = 10; n < 400; n++)
		message_add(w, n);
	for (int again = 0; again < 3; again++) {
		assert_int_equal(segment_writer_commit(w, 1), ERR_IO);
		assert_int_equal(errno, errno_want);
		assert_int_equal(segment_writer_pending(w), 390);
		/* Nothing half written. */
		assert_int_equal(folder_read(dir, &count, &torn, &fault),
		    ERR_MISSING);
		assert_int_equal(count, 10);
		assert_int_equal(torn, 0);
	}
}

static void
full_disk_end(struct segment_writer *w, const char *dir)
{
	uint64_t count, torn;
	struct segment_fault fault;

	message_add(w, 400);
	assert_int_equal(segment_writer_commit(w, 1), ERR_OK);
	assert_int_equal(segment_writer_pending(w), 0);
	assert_int_equal(folder_read(dir, &count, &torn, &fault), ERR_MISSING);
	assert_int_equal(count, 401);
}

static void
segment_writer_commit__loses_nothing_at_a_size_limit(void **state)
{
	char dir[64];
	uint64_t torn;
	struct rlimit was, limit;
	struct segment_writer *w;

	(void)state;
	folder_make(dir);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	w = writer_open(dir, 1 << 20, &torn, NULL);
	messages_add(w, 0, 10, 10);
	limit = was;
	limit.rlim_cur = 8000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	full_disk_survive(w, dir, EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	full_disk_end(w, dir);
	segment_writer_close(w);
	folder_remove(dir);
}

static void
fill_file(const char *dir, const char *name)
{
	char path[128];
	static const char zeros[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	MUST(fd >= 0);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	close(fd);
}

/* In a child of its own: it may mount. */
static void
full_disk_child(const char *dir)
{
	char path[128];
	uint64_t torn;
	struct segment_writer *w;
	struct segment_fault fault;
	uint64_t count;

	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL,
	    MS_REC | MS_PRIVATE, NULL) != 0 || mount("tmpfs", dir, "tmpfs", 0,
	    "size=256k") != 0)
		_exit(77);
	w = writer_open(dir, 1 << 20, &torn, NULL);
	messages_add(w, 0, 10, 10);
	fill_file(dir, "fill");
	full_disk_survive(w, dir, ENOSPC);
	snprintf(path, sizeof(path), "%s/fill", dir);
	unlink(path);
	full_disk_end(w, dir);
	segment_writer_close(w);

	/* And where not even a new segment finds room. */
	w = writer_open(dir, SEGMENT_BYTES_MIN, &torn, NULL);
	fill_file(dir, "fill");
	message_add(w, 401);
	assert_int_equal(segment_writer_commit(w, 1), ERR_IO);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(folder_read(dir, &count, &torn, &fault), ERR_MISSING);
	assert_int_equal(count, 401);
	unlink(path);
	assert_int_equal(segment_writer_commit(w, 1), ERR_OK);
	assert_int_equal(folder_read(dir, &count, &torn, &fault), ERR_MISSING);
	assert_int_equal(count, 402);
	_exit(0);
}

static void
segment_writer_commit__loses_nothing_on_a_full_disk(void **state)
{
	char dir[64];
	int status;
	pid_t pid;

	(void)state;
	folder_make(dir);
	pid = fork();
	if (pid == 0)
		full_disk_child(dir);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	folder_remove(dir);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
segment_writer_add__fails_when_the_batch_is_full(void **state)
{
	char dir[64];
	uint64_t torn, n = 0, count;
	struct wire_attestation a = attestation_message(1, 0);
	struct segment_fault fault;
	struct segment_writer *w;

	(void)state;
	folder_make(dir);
	w = writer_open(dir, 1 << 20, &torn, NULL);
	while (segment_writer_add(w, &a) == ERR_OK)
		n++;
	assert_true(n * sizeof(a) > SEGMENT_BATCH_MAX - 2 * WIRE_SIZE_MAX);
	assert_true(segment_writer_is_full(w));
	assert_int_equal(segment_writer_state(w)->records, n);
	assert_int_equal(segment_writer_commit(w, 1), ERR_OK);
	assert_int_equal(segment_writer_add(w, &a), ERR_OK);
	segment_writer_close(w);
	struct segment_reader *r;
	struct segment_record record;
	assert_int_equal(segment_reader_open(&r, &fault, dir), ERR_OK);
	for (count = 0; segment_reader_next(r, &record, &fault) == ERR_OK;)
		count++;
	assert_int_equal(count, n);
	segment_reader_close(r);
	folder_remove(dir);
}

static void
segment_reader_open__fails_without_segments(void **state)
{
	char dir[64];
	struct segment_reader *r;
	struct segment_fault fault;

	(void)state;
	assert_int_equal(segment_reader_open(&r, &fault, "/nowhere/at/all"),
	    ERR_IO);
	assert_int_equal(errno, ENOENT);
	folder_make(dir);
	assert_int_equal(segment_reader_open(&r, &fault, dir), ERR_MISSING);
	file_store(dir, SEGMENT_ONE, (const uint8_t *)"margindJ", 8);
	assert_int_equal(segment_reader_open(&r, &fault, dir), ERR_SYNTAX);
	assert_string_equal(fault.what, "ends inside its header");
	folder_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segment_writer__continues_where_it_ended),
		cmocka_unit_test(segment_writer__drops_what_was_not_committed),
		cmocka_unit_test(segment_writer__refuses_a_second_one),
		cmocka_unit_test(segment_writer__rotates_and_chains),
		cmocka_unit_test(
		    segment_writer_open__cuts_a_torn_tail_at_every_byte),
		cmocka_unit_test(
		    segment_reader_next__finds_a_flipped_bit_anywhere),
		cmocka_unit_test(
		    segment_reader_next__finds_damage_before_the_last_segment),
		cmocka_unit_test(
		    segment_record_parse__refuses_another_number_or_segment),
		cmocka_unit_test(segment_header_parse__refuses_another_format),
		cmocka_unit_test(
		    segment_writer_commit__loses_nothing_at_a_size_limit),
		cmocka_unit_test(
		    segment_writer_commit__loses_nothing_on_a_full_disk),
		cmocka_unit_test(
		    segment_writer_add__fails_when_the_batch_is_full),
		cmocka_unit_test(segment_reader_open__fails_without_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
