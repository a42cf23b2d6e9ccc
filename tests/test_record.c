/* Recordings as written: what comes back through feeds/frames.h, files that
 * rotate, files that are there already, a disk that takes no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/frames.h"
#include "oracle/record.h"

#define NOW_US UINT64_C(1786309548031329)
#define FILES_MAX 64u

static char folder[64], prefix[80];

static int
folder_make(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/margind-record-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(prefix, sizeof(prefix), "%s/r", folder);
	return 0;
}

static void
path_of(char out[128], unsigned n)
{
	snprintf(out, 128, "%s-%05u.jsonl.gz", prefix, n);
}

static int
folder_drop(void **state)
{
	char path[128];

	(void)state;
	for (unsigned i = 1; i <= FILES_MAX; i++) {
		path_of(path, i);
		(void)unlink(path);
	}
	return rmdir(folder);
}

static struct frames *
frames_at(unsigned n)
{
	struct frames *f;
	char path[128];

	path_of(path, n);
	assert_int_equal(frames_open(&f, path), ERR_OK);
	return f;
}

static bool
file_is_there(unsigned n)
{
	char path[128];

	path_of(path, n);
	return access(path, F_OK) == 0;
}

static void
line_is(struct frames *f, enum frames_kind kind, const char *connection,
    uint64_t recv_ms, const char *payload, size_t len)
{
	struct frames_line line;

	assert_int_equal(frames_next(f, &line), ERR_OK);
	assert_int_equal(line.kind, kind);
	assert_string_equal(line.connection, connection);
	assert_int_equal(line.recv_ms, recv_ms);
	assert_int_equal(line.payload_len, len);
	assert_memory_equal(line.payload, payload, len);
}

/* ---- one file ------------------------------------------------------------ */

static void
record_receive__comes_back_byte_for_byte(void **state)
{
	static const struct { const char *text; size_t len; } said[] = {
		{ "{\"a\":\"b\\\\c\"}", 11 }, { "", 0 }, { "\xc3\xa4\x7f\x01\n", 5 },
		{ "x\0y", 3 }, { "\xff\xfe", 2 }, { "\xff", 1 },
		{ "\xff" "ab", 3 },
	};
	struct frames_line line;
	struct record *r;
	struct frames *f;

	(void)state;
	assert_int_equal(record_open(&r, prefix, 0, NOW_US), ERR_OK);
	assert_int_equal(record_connect(r, 3, "okx", "wss://one/\"x\"",
	    NOW_US), ERR_OK);
	assert_int_equal(record_send(r, 3, "{\"op\":1}", 8, NOW_US + 999),
	    ERR_OK);
	for (size_t i = 0; i < ARRAY_COUNT(said); i++)
		assert_int_equal(record_receive(r, 3, said[i].text,
		    said[i].len, NOW_US + 1000 * (i + 1)), ERR_OK);
	assert_int_equal(record_lines(r), 2 + ARRAY_COUNT(said));
	assert_int_equal(record_close(r), ERR_OK);

	f = frames_at(1);
	assert_int_equal(frames_next(f, &line), ERR_OK);
	assert_int_equal(line.kind, FRAMES_CONNECT);
	assert_string_equal(line.venue, "okx");
	assert_false(line.is_continued);
	/* frames.h keeps an address as it stands in the line. */
	assert_string_equal(line.address, "wss://one/\\\"x\\\"");
	line_is(f, FRAMES_SEND, "okx.1786309548.1", 1786309548032,
	    "{\"op\":1}", 8);
	for (size_t i = 0; i < ARRAY_COUNT(said); i++)
		line_is(f, FRAMES_RECV, "okx.1786309548.1",
		    1786309548032 + i, said[i].text, said[i].len);
	assert_int_equal(frames_next(f, &line), ERR_MISSING);
	frames_close(f);
}

static void
record_flush__leaves_a_file_that_can_be_read_so_far(void **state)
{
	struct frames_line line;
	struct record *r;
	struct frames *f;

	(void)state;
	assert_int_equal(record_open(&r, prefix, 0, NOW_US), ERR_OK);
	assert_int_equal(record_connect(r, 0, "okx", "wss://one", NOW_US),
	    ERR_OK);
	assert_int_equal(record_receive(r, 0, "abc", 3, NOW_US), ERR_OK);
	assert_int_equal(record_flush(r), ERR_OK);
	f = frames_at(1);
	assert_int_equal(frames_next(f, &line), ERR_OK);
	line_is(f, FRAMES_RECV, "okx.1786309548.1", NOW_US / 1000, "abc", 3);
	/* Killed now, it would end without gzip's own end. */
	assert_int_equal(frames_next(f, &line), ERR_IO);
	frames_close(f);
	assert_int_equal(record_close(r), ERR_OK);
}

/* ---- several ------------------------------------------------------------- */

/* Reads file n to its end; what its first lines say, and how many frames. */
static size_t
file_frames(unsigned n, size_t connects, const char *const *connection,
    size_t *next)
{
	struct frames *f = frames_at(n);
	struct frames_line line;
	char want[16];
	size_t count = 0;

	for (size_t i = 0; i < connects; i++) {
		assert_int_equal(frames_next(f, &line), ERR_OK);
		assert_int_equal(line.kind, FRAMES_CONNECT);
		assert_string_equal(line.connection, connection[i]);
		assert_int_equal(line.is_continued, n > 1);
		assert_string_equal(line.venue, "okx");
	}
	while (frames_next(f, &line) == ERR_OK) {
		assert_int_equal(line.kind, FRAMES_RECV);
		assert_string_equal(line.venue, "okx");
		assert_string_equal(line.address, "wss://one");
		snprintf(want, sizeof(want), "%zu", *next);
		assert_string_equal(line.payload, want);
		++*next;
		count++;
	}
	frames_close(f);
	return count;
}

static void
record_receive__rotates_into_files_that_stand_alone(void **state)
{
	static const char *const connection[] = { "okx.1786309548.1",
	    "okx.1786309548.2" };
	struct record *r;
	char text[16];
	size_t next = 0, total = 0;
	unsigned files;

	(void)state;
	assert_int_equal(record_open(&r, prefix, 500, NOW_US), ERR_OK);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(record_connect(r, i, "okx", "wss://one",
		    NOW_US), ERR_OK);
	for (size_t i = 0; i < 30; i++) {
		int len = snprintf(text, sizeof(text), "%zu", i);

		assert_int_equal(record_receive(r, i % 2, text, (size_t)len,
		    NOW_US + i), ERR_OK);
	}
	files = record_files(r);
	assert_true(files > 3);
	assert_int_equal(record_close(r), ERR_OK);
	for (unsigned n = 1; n <= files; n++) {
		size_t count = file_frames(n, 2, connection, &next);

		assert_true(count > 0);
		total += count;
	}
	assert_int_equal(total, 30);
	assert_false(file_is_there(files + 1));
}

static void
record_lose__the_next_file_does_not_speak_of_it(void **state)
{
	static const char *const connection[] = { "okx.1786309548.2" };
	struct record *r;
	size_t next = 1;

	(void)state;
	assert_int_equal(record_open(&r, prefix, 1, NOW_US), ERR_OK);
	assert_int_equal(record_connect(r, 0, "okx", "wss://gone", NOW_US),
	    ERR_OK);
	/* A file that is full is followed before a connection begins. */
	record_lose(r, 0);
	assert_int_equal(record_connect(r, 1, "okx", "wss://one", NOW_US),
	    ERR_OK);
	assert_int_equal(record_files(r), 2);
	assert_int_equal(record_receive(r, 1, "1", 1, NOW_US), ERR_OK);
	assert_int_equal(record_files(r), 3);
	assert_int_equal(record_close(r), ERR_OK);
	assert_int_equal(file_frames(3, 1, connection, &next), 1);
}

/* A venue that falls over at once: each attempt is another connection. */
static void
record_connect__rotates_before_a_file_names_too_many(void **state)
{
	enum { COUNT = 2 * FRAMES_CONNECTIONS_MAX + 10 };
	struct record *r;
	size_t named = 0;

	(void)state;
	assert_int_equal(record_open(&r, prefix, 1u << 30, NOW_US), ERR_OK);
	assert_int_equal(record_connect(r, 1, "okx", "wss://stays", NOW_US),
	    ERR_OK);
	for (size_t i = 1; i < COUNT; i++) {
		assert_int_equal(record_connect(r, 0, "okx", "wss://one",
		    NOW_US), ERR_OK);
		record_lose(r, 0);
	}
	assert_int_equal(record_files(r), 3);
	assert_int_equal(record_close(r), ERR_OK);
	for (unsigned n = 1; n <= 3; n++) {
		struct frames *f = frames_at(n);
		struct frames_line line;
		size_t here = 0;

		while (frames_next(f, &line) == ERR_OK) {
			here++;
			named += !line.is_continued;
		}
		assert_true(here <= FRAMES_CONNECTIONS_MAX);
		frames_close(f);
	}
	assert_int_equal(named, COUNT);
}

static void
record_open__never_writes_over_what_is_there(void **state)
{
	struct record *r;
	char path[128], text[8] = { 0 };
	FILE *old;

	(void)state;
	path_of(path, 1);
	old = fopen(path, "w");
	assert_non_null(old);
	assert_true(fputs("mine", old) >= 0);
	assert_int_equal(fclose(old), 0);
	assert_int_equal(record_open(&r, prefix, 0, NOW_US), ERR_OK);
	path_of(path, 2);
	assert_string_equal(record_path(r), path);
	assert_int_equal(record_connect(r, 0, "okx", "wss://one", NOW_US),
	    ERR_OK);
	assert_int_equal(record_close(r), ERR_OK);
	path_of(path, 1);
	old = fopen(path, "r");
	assert_non_null(old);
	assert_int_equal(fread(text, 1, sizeof(text), old), 4);
	assert_string_equal(text, "mine");
	fclose(old);
}

/* ---- failures ------------------------------------------------------------ */

static void
record_open__says_what_it_cannot_do(void **state)
{
	struct record *r = NULL;
	char path[RECORD_PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s/none/r", folder);
	assert_int_equal(record_open(&r, path, 0, NOW_US), ERR_IO);
	assert_int_equal(errno, ENOENT);
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 32] = '\0';
	assert_int_equal(record_open(&r, path, 0, NOW_US), ERR_LIMIT);
	assert_null(r);
	assert_int_equal(record_close(NULL), ERR_OK);
}

/* A file that may not grow stands in for a disk without room. */
static void
record_flush__fails_on_a_disk_that_is_full(void **state)
{
	struct rlimit was, limit;
	struct record *r;
	char noise[4096];
	uint32_t seed = 1;
	enum err e = ERR_OK;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	limit = was;
	limit.rlim_cur = 20000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(record_open(&r, prefix, 0, NOW_US), ERR_OK);
	assert_int_equal(record_connect(r, 0, "okx", "wss://one", NOW_US),
	    ERR_OK);
	for (size_t i = 0; i < 100 && e == ERR_OK; i++) {
		for (size_t k = 0; k < sizeof(noise); k++) {
			seed = seed * 1664525u + 1013904223u;
			noise[k] = (char)('!' + seed / 65536 % 90);
		}
		e = record_receive(r, 0, noise, sizeof(noise), NOW_US);
		if (e == ERR_OK)
			e = record_flush(r);
	}
	assert_int_equal(e, ERR_IO);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(record_close(r), ERR_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	signal(SIGXFSZ, SIG_DFL);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, folder_make, folder_drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(record_receive__comes_back_byte_for_byte),
		TEST(record_flush__leaves_a_file_that_can_be_read_so_far),
		TEST(record_receive__rotates_into_files_that_stand_alone),
		TEST(record_lose__the_next_file_does_not_speak_of_it),
		TEST(record_connect__rotates_before_a_file_names_too_many),
		TEST(record_open__never_writes_over_what_is_there),
		TEST(record_open__says_what_it_cannot_do),
		TEST(record_flush__fails_on_a_disk_that_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
