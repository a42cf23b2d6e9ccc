/* The journal's process over its real wires, the engine's a ring that is put
 * quietly: its sandbox, its files, and what is left when it is killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/keccak.h"
#include "oracle/history.h"
#include "oracle/inputs.h"
#include "oracle/proc.h"
#include "tests/journal_world.h"

#define WAIT_MS 10000
#define RING_BYTES (1u << 20)	/* as the supervisor has it */

struct role_under_test {
	pid_t pid;
	int control, engine;
	struct ring ring;	/* towards the role, beside `engine` */
	char dir[80];		/* the journal's: FOLDER/journal */
	char folder[64];
	char config[600];
};

static int
text_memfd(const char *first, size_t first_len, const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	MUST(fd >= 0);
	MUST(write(fd, first, first_len) == (ssize_t)first_len);
	MUST(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	return fd;
}

static void
pair_make(int pair[2])
{
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
}

static void
peer_send(int control, uint32_t role, int fd)
{
	struct wire_peer w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_PEER);
	w.role = role;
	MUST(proc_send_fd(control, &w, fd) == ERR_OK);
	close(fd);
}

static void
engine_close(struct role_under_test *t)
{
	if (t->engine >= 0)
		close(t->engine);
	t->engine = -1;
	ring_close(&t->ring);
}

/* A new wire to the role; the engine's end stays here. */
static void
engine_join(struct role_under_test *t)
{
	struct proc_passed mine, theirs;
	struct wire_peer w;
	int pair[2];

	pair_make(pair);
	engine_close(t);
	mine = (struct proc_passed){ { pair[0] }, 1 };
	theirs = (struct proc_passed){ { pair[1] }, 1 };
	MUST(proc_hot_halves(&mine, &theirs, RING_BYTES, RING_CAPACITY_MIN) ==
	    ERR_OK);
	MUST(ring_open(&t->ring, mine.fd[1], mine.fd[2]) == ERR_OK);
	close(mine.fd[1]);
	close(mine.fd[2]);
	t->engine = pair[0];
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_PEER);
	w.role = ROLE_ENGINE;
	MUST(proc_send_with(t->control, &w, &theirs) == ERR_OK);
	proc_passed_close(&theirs);
}

static void
role_child(int control, uint64_t size_limit)
{
	if (size_limit > 0) {
		struct rlimit limit = { size_limit, RLIM_INFINITY };

		signal(SIGXFSZ, SIG_IGN);
		MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	}
	MUST(dup2(control, PROC_CONTROL_FD) == PROC_CONTROL_FD);
	MUST(close_range(PROC_CONTROL_FD + 1, ~0u, 0) == 0);
	_exit(role_journal());
}

static void
role_start_limited(struct role_under_test *t, uint64_t size_limit)
{
	struct wire_plain go;
	char path[128];
	int pair[2];

	t->engine = -1;
	pair_make(pair);
	t->pid = fork();
	MUST(t->pid >= 0);
	if (t->pid == 0)
		role_child(pair[1], size_limit);
	close(pair[1]);
	t->control = pair[0];
	snprintf(path, sizeof(path), "%s/margind.yaml", t->folder);
	peer_send(t->control, ROLE_CONFIG,
	    text_memfd(path, strlen(path) + 1, t->config));
	peer_send(t->control, ROLE_BOOK, text_memfd("", 0, "{}"));
	engine_join(t);
	memset(&go, 0, sizeof(go));
	wire_head_set(&go.head, WIRE_GO);
	MUST(proc_send(t->control, &go, true) == ERR_OK);
}

static void
role_start(struct role_under_test *t)
{
	role_start_limited(t, 0);
}

static void
world_begin(struct role_under_test *t)
{
	memset(t, 0, sizeof(*t));
	folder_make(t->folder);
	snprintf(t->dir, sizeof(t->dir), "%s/journal", t->folder);
	snprintf(t->config, sizeof(t->config),
	    "prices:\n  units:\n    ETH: {constant: \"2000\", unsafe: true}\n"
	    "journal:\n  dir: journal\n  segment: 64KiB\n");
	role_start(t);
}

static void
role_kill(struct role_under_test *t)
{
	int status;

	MUST(kill(t->pid, SIGKILL) == 0);
	MUST(waitpid(t->pid, &status, 0) == t->pid);
	close(t->control);
	engine_close(t);
}

/* As the supervisor does at the end. */
static int
role_stop(struct role_under_test *t)
{
	int status;

	close(t->control);
	engine_close(t);
	MUST(waitpid(t->pid, &status, 0) == t->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The next message of a wire; false where it was closed. */
static bool
message_wait(int fd, uint8_t *bytes, unsigned *type)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct wire_head head;
	size_t size;

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	if (proc_receive(fd, bytes, &size) != ERR_OK)
		return false;
	memcpy(&head, bytes, sizeof(head));
	*type = head.type;
	return true;
}

/* The same of the engine's wire, as the engine waits: nothing it said lies
 * there unsaid. */
static bool
engine_wait(struct role_under_test *t, uint8_t *bytes, unsigned *type)
{
	struct pollfd p = { .fd = t->engine, .events = POLLIN };
	struct wire_head head;
	size_t size;
	enum err e;

	(void)!proc_hot_ring(t->engine, &t->ring);
	while ((e = proc_hot_receive(t->engine, &t->ring, bytes, &size)) ==
	    ERR_MISSING) {
		if (!ring_sleep(&t->ring, RING_DATA))
			continue;
		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		ring_awake(&t->ring);
		proc_hot_listen(t->engine, &t->ring);
	}
	if (e != ERR_OK)
		return false;
	memcpy(&head, bytes, sizeof(head));
	*type = head.type;
	return true;
}

static struct wire_journal_ready
ready_wait(struct role_under_test *t)
{
	_Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	struct wire_journal_ready w;
	unsigned type = 0;

	assert_true(engine_wait(t, bytes, &type));
	assert_int_equal(type, WIRE_JOURNAL_READY);
	memcpy(&w, bytes, sizeof(w));
	return w;
}

static void
committed_wait(struct role_under_test *t, uint64_t records)
{
	_Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	struct wire_committed w = { .records = 0 };
	unsigned type = 0;

	while (w.records < records) {
		uint64_t before = w.records;

		assert_true(engine_wait(t, bytes, &type));
		assert_int_equal(type, WIRE_COMMITTED);
		memcpy(&w, bytes, sizeof(w));
		assert_true(w.records > before);
	}
	assert_int_equal(w.records, records);
}

static void
say(struct role_under_test *t, const void *message)
{
	assert_int_equal(proc_hot_put(t->engine, &t->ring, message, true),
	    ERR_OK);
}

static void
start_say(struct role_under_test *t, const struct b32 *previous)
{
	struct wire_start w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_START);
	w.now_ms = 1000;
	keccak256(&w.config_hash, t->config, strlen(t->config));
	keccak256(&w.book_hash, "{}", 2);
	w.previous = *previous;
	say(t, &w);
}

static void
attestation_say(struct role_under_test *t, uint64_t sequence, uint32_t words)
{
	struct wire_attestation a = attestation_message(sequence, 2);
	struct wire_word w;

	say(t, &a);
	for (uint32_t i = 0; i < words; i++) {
		memset(&w, 0, sizeof(w));
		wire_head_set(&w.head, WIRE_WORD);
		w.slot = i;
		w.word.b[31] = (uint8_t)(sequence / 1024);
		say(t, &w);
	}
}

static void
ticks_say(struct role_under_test *t, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct wire_tick w = tick_message(i);

		say(t, &w);
	}
}

static uint64_t
records_count(const char *dir, struct b32 *inputs_hash, uint64_t *torn)
{
	struct segment_fault fault;
	struct segment_reader *r;
	struct segment_record record;
	uint64_t count = 0;
	enum err e = segment_reader_open(&r, &fault, dir);

	if (e == ERR_MISSING)
		return 0;	/* killed before the first batch */
	assert_int_equal(e, ERR_OK);
	while ((e = segment_reader_next(r, &record, &fault)) == ERR_OK)
		count++;
	assert_int_equal(e, ERR_MISSING);
	*inputs_hash = segment_reader_state(r)->inputs_hash;
	*torn = segment_reader_torn(r);
	segment_reader_close(r);
	return count;
}

static void
role_journal__commits_and_is_there_again_after_a_kill(void **state)
{
	struct role_under_test t;
	struct wire_journal_ready ready;
	struct b32 hash, first;
	uint64_t torn;

	(void)state;
	world_begin(&t);
	ready = ready_wait(&t);
	assert_true(b32_is_zero(&ready.inputs_hash));
	assert_int_equal(ready.last_sequence, 0);
	start_say(&t, &ready.inputs_hash);
	ticks_say(&t, 2000);
	attestation_say(&t, 5 * 1024, 2);
	committed_wait(&t, 2004);
	role_kill(&t);
	assert_int_equal(records_count(t.dir, &first, &torn), 2004);

	role_start(&t);
	ready = ready_wait(&t);
	assert_memory_equal(&ready.inputs_hash, &first, 32);
	assert_int_equal(ready.last_sequence, 5 * 1024);
	start_say(&t, &ready.inputs_hash);
	committed_wait(&t, 1);
	assert_int_equal(role_stop(&t), 0);
	assert_int_equal(records_count(t.dir, &hash, &torn), 2005);
	assert_int_equal(torn, 0);
	folder_remove(t.folder);
}

static void
role_journal__survives_kills_in_the_middle_of_writing(void **state)
{
	struct role_under_test t;
	struct b32 hash;
	uint64_t seed = 0x9e3779b97f4a7c15u, known = 0, torn;

	(void)state;
	world_begin(&t);
	for (unsigned life = 0; life < 15; life++) {
		struct wire_journal_ready ready = ready_wait(&t);
		uint8_t bytes[WIRE_SIZE_MAX];
		uint64_t durable = 0;
		size_t size;

		start_say(&t, &ready.inputs_hash);
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		ticks_say(&t, 50 + (seed >> 33) % 400);
		MUST(proc_hot_ring(t.engine, &t.ring) == ERR_OK);
		while (proc_hot_receive(t.engine, &t.ring, bytes, &size) ==
		    ERR_OK) {
			struct wire_committed w;

			memcpy(&w, bytes, sizeof(w));
			durable = w.records;
		}
		role_kill(&t);
		/* What was acknowledged is there; more may be. */
		uint64_t now = records_count(t.dir, &hash, &torn);
		assert_true(now >= known + durable);
		known = now;
		role_start(&t);
	}
	(void)ready_wait(&t);
	assert_int_equal(role_stop(&t), 0);
	folder_remove(t.folder);
}

static void
role_journal__takes_another_engine(void **state)
{
	struct role_under_test t;
	struct wire_journal_ready ready;
	struct b32 hash;
	uint64_t torn;

	(void)state;
	world_begin(&t);
	ready = ready_wait(&t);
	start_say(&t, &ready.inputs_hash);
	ticks_say(&t, 10);
	attestation_say(&t, 1024, 1);	/* dies before its second word */
	engine_join(&t);
	ready = ready_wait(&t);
	assert_int_equal(records_count(t.dir, &hash, &torn), 13);
	assert_memory_equal(&ready.inputs_hash, &hash, 32);
	start_say(&t, &ready.inputs_hash);
	ticks_say(&t, 3);
	attestation_say(&t, 2048, 2);
	committed_wait(&t, 7);
	assert_int_equal(role_stop(&t), 0);
	assert_int_equal(records_count(t.dir, &hash, &torn), 20);
	folder_remove(t.folder);
}

static void
role_journal__drops_an_engine_that_breaks_the_rules(void **state)
{
	struct wire_tick tick = tick_message(1);
	struct wire_end end = { .sequence = 1 };
	struct wire_word word = { .slot = 0 };
	struct role_under_test t;
	struct b32 wrong, hash;
	uint8_t bytes[WIRE_SIZE_MAX];
	uint64_t torn;
	unsigned type;

	(void)state;
	world_begin(&t);
	memset(&wrong, 9, sizeof(wrong));
	wire_head_set(&end.head, WIRE_END);
	wire_head_set(&word.head, WIRE_WORD);
	for (unsigned i = 0; i < 6; i++) {
		struct wire_journal_ready ready = ready_wait(&t);

		if (i == 0)
			say(&t, &tick);		/* no START */
		if (i == 1)
			start_say(&t, &wrong);	/* not what is here */
		if (i == 2) {
			start_say(&t, &ready.inputs_hash);
			say(&t, &end);		/* no record */
		}
		if (i == 3) {
			start_say(&t, &ready.inputs_hash);
			say(&t, &word);		/* of nothing */
		}
		if (i == 4) {
			start_say(&t, &ready.inputs_hash);
			tick.head.size--;
			MUST(ring_put(&t.ring, &tick, sizeof(tick)) == ERR_OK);
		}
		if (i == 5)			/* a message past the ring */
			MUST(send(t.engine, "ab", 2, 0) == 2);
		while (engine_wait(&t, bytes, &type))
			assert_int_equal(type, WIRE_COMMITTED);
		engine_join(&t);
	}
	(void)ready_wait(&t);
	assert_int_equal(role_stop(&t), 0);
	assert_int_equal(records_count(t.dir, &hash, &torn), 3);
	folder_remove(t.folder);
}

static void
role_journal__keeps_history_and_texts(void **state)
{
	struct role_under_test t;
	struct wire_journal_ready ready;
	struct history_reader *r = NULL;
	struct history_row row[4];
	char path[256], *text;
	struct b32 hash;
	size_t count = 0, len;

	(void)state;
	world_begin(&t);
	ready = ready_wait(&t);
	start_say(&t, &ready.inputs_hash);
	attestation_say(&t, 7 * 1024, 2);
	attestation_say(&t, 8 * 1024, 1);	/* never whole */
	attestation_say(&t, 9 * 1024, 2);
	committed_wait(&t, 9);
	assert_int_equal(role_stop(&t), 0);
	snprintf(path, sizeof(path), "%s/%s", t.dir, HISTORY_FILE);
	assert_int_equal(history_reader_open(&r, path), ERR_OK);
	assert_int_equal(history_latest(row, &count, 4, r, 0), ERR_OK);
	assert_int_equal(count, 2);
	assert_int_equal(row[0].sequence, 9 * 1024);
	assert_int_equal(row[1].sequence, 7 * 1024);
	history_reader_close(r);

	keccak256(&hash, t.config, strlen(t.config));
	assert_int_equal(inputs_load(&text, &len, t.dir, INPUTS_CONFIG, &hash,
	    stderr), ERR_OK);
	assert_string_equal(text, t.config);
	free(text);
	keccak256(&hash, "{}", 2);
	assert_int_equal(inputs_load(&text, &len, t.dir, INPUTS_BOOK, &hash,
	    stderr), ERR_OK);
	assert_string_equal(text, "{}");
	free(text);

	/* Thrown away, it is filled again from the segments. */
	assert_int_equal(unlink(path), 0);
	role_start(&t);
	(void)ready_wait(&t);
	assert_int_equal(role_stop(&t), 0);
	assert_int_equal(history_reader_open(&r, path), ERR_OK);
	assert_int_equal(history_latest(row, &count, 4, r, 0), ERR_OK);
	assert_int_equal(count, 2);
	history_reader_close(r);
	folder_remove(t.folder);
}

static void
role_journal__refuses_a_damaged_folder(void **state)
{
	struct role_under_test t;
	struct wire_journal_ready ready;
	uint8_t *bytes;
	size_t len;
	int status;

	(void)state;
	world_begin(&t);
	ready = ready_wait(&t);
	start_say(&t, &ready.inputs_hash);
	committed_wait(&t, 1);
	ticks_say(&t, 1);
	committed_wait(&t, 2);
	assert_int_equal(role_stop(&t), 0);
	len = file_bytes(t.dir, "journal-00000001.segment", &bytes);
	bytes[SEGMENT_HEADER_BYTES + 40] ^= 4;
	file_store(t.dir, "journal-00000001.segment", bytes, len);
	free(bytes);
	role_start(&t);
	assert_int_equal(waitpid(t.pid, &status, 0), t.pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	close(t.control);
	engine_close(&t);
	folder_remove(t.folder);
}

/* The newest status that says what is awaited. */
static bool
status_wait(struct role_under_test *t, bool is_ready, const char *reason)
{
	_Alignas(16) uint8_t bytes[WIRE_SIZE_MAX];
	unsigned type;

	for (unsigned i = 0; i < 8; i++) {
		struct wire_status s;

		if (!message_wait(t->control, bytes, &type))
			return false;
		assert_int_equal(type, WIRE_STATUS);
		memcpy(&s, bytes, sizeof(s));
		if (s.is_ready == is_ready && strcmp(s.reason, reason) == 0)
			return true;
	}
	return false;
}

/* The disk takes 8000 bytes a file: nothing is acknowledged from there on, the
 * status says why, and when it takes more everything goes on. */
static void
role_journal__acknowledges_nothing_on_a_full_disk(void **state)
{
	struct role_under_test t;
	struct wire_journal_ready ready;
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	struct b32 hash;
	uint64_t torn;

	(void)state;
	world_begin(&t);
	assert_int_equal(role_stop(&t), 0);
	role_start_limited(&t, 8000);
	ready = ready_wait(&t);
	start_say(&t, &ready.inputs_hash);
	committed_wait(&t, 1);
	ticks_say(&t, 200);
	assert_true(status_wait(&t, false, strerrordesc_np(EFBIG)));
	assert_true(records_count(t.dir, &hash, &torn) < 100);
	assert_int_equal(torn, 0);
	assert_int_equal(prlimit(t.pid, RLIMIT_FSIZE, &limit, NULL), 0);
	committed_wait(&t, 201);
	assert_true(status_wait(&t, true, ""));
	assert_int_equal(role_stop(&t), 0);
	assert_int_equal(records_count(t.dir, &hash, &torn), 201);
	folder_remove(t.folder);
}

/* Where neither the disk nor the ring takes more the engine waits; when the
 * disk does, it is woken and nothing is lost. */
static void
role_journal__goes_on_when_the_ring_was_full_too(void **state)
{
	struct role_under_test t;
	struct wire_journal_ready ready;
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	struct wire_tick w = tick_message(1);
	struct b32 hash;
	uint64_t torn, said = 1;

	(void)state;
	world_begin(&t);
	assert_int_equal(role_stop(&t), 0);
	role_start_limited(&t, 8000);
	ready = ready_wait(&t);
	start_say(&t, &ready.inputs_hash);
	committed_wait(&t, 1);
	for (unsigned full = 0; full < 30;) {
		if (proc_hot_put(t.engine, &t.ring, &w, false) == ERR_OK) {
			said++;
			full = 0;
		} else {
			usleep(10000);
			full++;
		}
	}
	assert_true(said > RING_BYTES / sizeof(w));
	assert_int_equal(prlimit(t.pid, RLIMIT_FSIZE, &limit, NULL), 0);
	for (unsigned i = 0; i < 100; i++, said++)
		say(&t, &w);
	committed_wait(&t, said);
	assert_int_equal(role_stop(&t), 0);
	assert_int_equal(records_count(t.dir, &hash, &torn), said);
	folder_remove(t.folder);
}

/* An engine that was killed had rung for nothing of this. */
static void
role_journal__writes_what_a_dead_engine_put_quietly(void **state)
{
	struct role_under_test t;
	struct wire_journal_ready ready;
	struct b32 hash;
	uint64_t torn;

	(void)state;
	world_begin(&t);
	ready = ready_wait(&t);
	start_say(&t, &ready.inputs_hash);
	ticks_say(&t, 20);
	engine_close(&t);
	engine_join(&t);
	(void)ready_wait(&t);
	assert_int_equal(records_count(t.dir, &hash, &torn), 21);
	assert_int_equal(role_stop(&t), 0);
	folder_remove(t.folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    role_journal__commits_and_is_there_again_after_a_kill),
		cmocka_unit_test(
		    role_journal__survives_kills_in_the_middle_of_writing),
		cmocka_unit_test(role_journal__takes_another_engine),
		cmocka_unit_test(
		    role_journal__drops_an_engine_that_breaks_the_rules),
		cmocka_unit_test(role_journal__keeps_history_and_texts),
		cmocka_unit_test(role_journal__refuses_a_damaged_folder),
		cmocka_unit_test(
		    role_journal__acknowledges_nothing_on_a_full_disk),
		cmocka_unit_test(
		    role_journal__goes_on_when_the_ring_was_full_too),
		cmocka_unit_test(
		    role_journal__writes_what_a_dead_engine_put_quietly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
