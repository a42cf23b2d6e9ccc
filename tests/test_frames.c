/* Recordings: plain and gzip, what each line must have, both sides of the
 * limits, files that are cut short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "feeds/frames.h"

static char path[64];

static int
path_make(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/margind-frames-%ld",
	    (long)getpid());
	return 0;
}

static int
path_drop(void **state)
{
	(void)state;
	(void)unlink(path);
	return 0;
}

static void
file_write(const char *text, size_t len, bool gzip, size_t cut)
{
	gzFile file = gzopen(path, gzip ? "wb" : "wbT");
	FILE *whole;
	static char bytes[64 * 1024];
	size_t n;

	assert_non_null(file);
	assert_int_equal(gzwrite(file, text, (unsigned)len), (int)len);
	assert_int_equal(gzclose(file), Z_OK);
	if (cut == 0)
		return;
	whole = fopen(path, "rb");
	assert_non_null(whole);
	n = fread(bytes, 1, sizeof(bytes), whole);
	assert_true(n > cut);
	fclose(whole);
	whole = fopen(path, "wb");
	assert_int_equal(fwrite(bytes, 1, n - cut, whole), n - cut);
	fclose(whole);
}

#define CONNECT "{\"t\":\"connect\",\"conn\":\"a\",\"ts\":1.5,\"addr\":" \
    "\"wss://one\"}\n"
#define CONNECT_WITH(more) "{\"t\":\"connect\",\"conn\":\"a\",\"ts\":1," \
    "\"addr\":\"ws://one\"," more "}"
#define RECV "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":1786309548.6290078," \
    "\"data\":\"{\\\"x\\\":\\\"\\u00e4\\\\n\\\"}\"}\n"

static void
lines_check(const char *text, bool gzip)
{
	struct frames_line line;
	struct frames *f;

	file_write(text, strlen(text), gzip, 0);
	assert_int_equal(frames_open(&f, path), ERR_OK);
	assert_int_equal(frames_next(f, &line), ERR_OK);
	assert_int_equal(line.kind, FRAMES_CONNECT);
	assert_int_equal(line.number, 1);
	assert_int_equal(line.recv_ms, 1500);
	assert_int_equal(line.payload_len, 0);
	assert_int_equal(frames_next(f, &line), ERR_OK);
	assert_int_equal(line.kind, FRAMES_RECV);
	assert_int_equal(line.number, 2);
	assert_int_equal(line.recv_ms, UINT64_C(1786309548629));
	assert_string_equal(line.connection, "a");
	assert_string_equal(line.address, "wss://one");
	assert_string_equal(line.payload, "{\"x\":\"\xc3\xa4\\n\"}");
	assert_int_equal(line.payload_len, strlen(line.payload));
	/* A bad line is named and passed. */
	assert_int_equal(frames_next(f, &line), ERR_SYNTAX);
	assert_int_equal(line.number, 3);
	assert_int_equal(frames_next(f, &line), ERR_OK);
	assert_int_equal(line.kind, FRAMES_HTTP);
	assert_string_equal(line.address, "https://x");
	assert_int_equal(frames_next(f, &line), ERR_OK);
	assert_int_equal(line.number, 5);
	assert_string_equal(line.address, "");	/* never connected */
	assert_memory_equal(line.payload, "\0\xff", 3);
	assert_int_equal(line.payload_len, 2);
	assert_int_equal(frames_next(f, &line), ERR_MISSING);
	assert_int_equal(frames_next(f, &line), ERR_MISSING);
	frames_close(f);
}

static void
frames_next__reads_plain_and_gzip_alike(void **state)
{
	static const char text[] = CONNECT RECV "nonsense\n"
	    "{\"t\":\"http\",\"conn\":\"a\",\"ts\":2,\"url\":\"https://x\","
	    "\"data\":\"\",\"dropped\":true}\n"
	    "{\"t\":\"recv\",\"conn\":\"b\",\"ts\":3,\"data\":\"AP8=\","
	    "\"enc\":\"b64\"}";	/* the last line needs no newline */

	(void)state;
	lines_check(text, false);
	lines_check(text, true);
}

static void
frames_next__says_that_a_file_is_cut_short(void **state)
{
	struct frames_line line;
	struct frames *f;
	enum err e;

	(void)state;
	file_write(CONNECT RECV, strlen(CONNECT RECV), true, 9);
	assert_int_equal(frames_open(&f, path), ERR_OK);
	do
		e = frames_next(f, &line);
	while (e == ERR_OK);
	assert_int_equal(e, ERR_IO);
	frames_close(f);
	assert_int_equal(frames_open(&f, "/nonexistent/x"), ERR_IO);
	frames_close(NULL);
}

/* One recv line whose whole length is len. */
static size_t
line_of(char *out, size_t len)
{
	static const char head[] =
	    "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":1,\"data\":\"";
	size_t at = strlen(head);

	memcpy(out, head, at);
	memset(out + at, 'x', len - at - 2);
	memcpy(out + len - 2, "\"}\n", 3);
	return len + 1;
}

static void
frames_next__holds_the_line_limit(void **state)
{
	char *text = malloc(2u * FRAMES_LINE_MAX + 4096);
	struct frames_line line;
	struct frames *f;
	size_t len;

	(void)state;
	assert_non_null(text);
	len = line_of(text, FRAMES_LINE_MAX);
	len += line_of(text + len, FRAMES_LINE_MAX + 1);
	memcpy(text + len, RECV, strlen(RECV));
	len += strlen(RECV);
	file_write(text, len, true, 0);
	assert_int_equal(frames_open(&f, path), ERR_OK);
	assert_int_equal(frames_next(f, &line), ERR_OK);
	assert_true(line.payload_len > FRAMES_LINE_MAX - 64);
	assert_int_equal(frames_next(f, &line), ERR_LIMIT);
	assert_int_equal(line.number, 2);
	assert_int_equal(frames_next(f, &line), ERR_OK);
	assert_int_equal(line.number, 3);
	assert_int_equal(frames_next(f, &line), ERR_MISSING);
	frames_close(f);
	free(text);
}

static size_t
connect_put(char *text, size_t size, unsigned i)
{
	return (size_t)snprintf(text, size, "{\"t\":\"connect\",\"conn\":"
	    "\"c%u\",\"ts\":1,\"addr\":\"w%u\"}\n", i, i);
}

static size_t
recv_put(char *text, size_t size, unsigned i)
{
	return (size_t)snprintf(text, size, "{\"t\":\"recv\",\"conn\":\"c%u\","
	    "\"ts\":1,\"data\":\"\"}\n", i);
}

/* Four times as many as are known at a time: what is still heard keeps its
 * address, and of the others the newest do. */
static void
frames_next__forgets_the_connection_heard_longest_ago(void **state)
{
	enum { COUNT = 4 * FRAMES_CONNECTIONS_MAX };
	static char text[2 * COUNT * 80];
	struct frames_line line;
	struct frames *f;
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		len += connect_put(text + len, sizeof(text) - len, i);
		len += recv_put(text + len, sizeof(text) - len, 0);
	}
	for (unsigned back = FRAMES_CONNECTIONS_MAX - 1; back <=
	    FRAMES_CONNECTIONS_MAX; back++)
		len += recv_put(text + len, sizeof(text) - len, COUNT - back);
	file_write(text, len, false, 0);
	assert_int_equal(frames_open(&f, path), ERR_OK);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(frames_next(f, &line), ERR_OK);
		assert_int_equal(frames_next(f, &line), ERR_OK);
		assert_string_equal(line.address, "w0");
	}
	assert_int_equal(frames_next(f, &line), ERR_OK);
	snprintf(text, sizeof(text), "w%u", COUNT - FRAMES_CONNECTIONS_MAX +
	    1);
	assert_string_equal(line.address, text);
	assert_int_equal(frames_next(f, &line), ERR_OK);
	assert_string_equal(line.address, "");
	assert_int_equal(frames_next(f, &line), ERR_MISSING);
	frames_close(f);
}

static void
frames_parse_line__names_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		enum err want;
	} cases[] = {
		{ "", ERR_SYNTAX },
		{ "[]", ERR_SYNTAX },
		{ "{}", ERR_MISSING },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":1,\"data\":\"\"}",
		    ERR_OK },
		{ "{\"t\":\"rec\",\"conn\":\"a\",\"ts\":1,\"data\":\"\"}",
		    ERR_UNKNOWN },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":1}", ERR_MISSING },
		{ "{\"t\":\"recv\",\"ts\":1,\"data\":\"\"}", ERR_MISSING },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"data\":\"\"}",
		    ERR_MISSING },
		{ "{\"t\":\"connect\",\"conn\":\"a\",\"ts\":1}", ERR_MISSING },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":-1,\"data\":\"\"}",
		    ERR_SYNTAX },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":1e9,\"data\":\"\"}",
		    ERR_SYNTAX },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":\"1\",\"data\":\"\"}",
		    ERR_SYNTAX },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":9223372036.8549,"
		    "\"data\":\"\"}", ERR_OK },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":9223372036.855,"
		    "\"data\":\"\"}", ERR_RANGE },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":1,\"data\":\"\","
		    "\"data\":\"\"}", ERR_DUPLICATE },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":1,\"data\":{}}",
		    ERR_SYNTAX },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":1,\"data\":\"\\ud800"
		    "\"}", ERR_SYNTAX },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":1,\"data\":\"AA=\","
		    "\"enc\":\"b64\"}", ERR_SYNTAX },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":1,\"data\":\"A===\","
		    "\"enc\":\"b64\"}", ERR_SYNTAX },
		{ "{\"t\":\"recv\",\"conn\":\"a\",\"ts\":1,\"data\":\"\","
		    "\"enc\":\"b32\"}", ERR_UNKNOWN },
		{ "{\"t\":\"recv\",\"conn\":\"0123456789012345678901234567890"
		    "12345678901234567890123456789012\",\"ts\":1,\"data\":\""
		    "\"}", ERR_OK },
		{ "{\"t\":\"recv\",\"conn\":\"0123456789012345678901234567890"
		    "123456789012345678901234567890123\",\"ts\":1,\"data\":\""
		    "\"}", ERR_LIMIT },
		{ CONNECT_WITH("\"venue\":\"12345678901234567890123\""),
		    ERR_OK },
		{ CONNECT_WITH("\"venue\":\"123456789012345678901234\""),
		    ERR_LIMIT },
		{ CONNECT_WITH("\"venue\":1"), ERR_SYNTAX },
		{ CONNECT_WITH("\"continued\":true"), ERR_OK },
		{ CONNECT_WITH("\"continued\":1"), ERR_SYNTAX },
		{ CONNECT_WITH("\"continued\":true,\"continued\":true"),
		    ERR_DUPLICATE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct frames_line line = { .number = 5 };
		char payload[512];
		enum err e = frames_parse_line(&line, payload, cases[i].text,
		    strlen(cases[i].text));

		if (e != cases[i].want)
			print_message("%s\n", cases[i].text);
		assert_string_equal(err_name(e), err_name(cases[i].want));
		assert_int_equal(line.number, 5);
		assert_int_equal(line.recv_ms != 0, e == ERR_OK);
	}
}

static void
frames_next__gives_frames_their_connection_s_venue(void **state)
{
	static const char text[] = CONNECT_WITH("\"venue\":\"kraken\","
	    "\"continued\":true") "\n" RECV;
	struct frames_line line;
	struct frames *f;

	(void)state;
	file_write(text, sizeof(text) - 1, true, 0);
	assert_int_equal(frames_open(&f, path), ERR_OK);
	assert_int_equal(frames_next(f, &line), ERR_OK);
	assert_string_equal(line.venue, "kraken");
	assert_true(line.is_continued);
	assert_int_equal(frames_next(f, &line), ERR_OK);
	assert_string_equal(line.venue, "kraken");
	assert_string_equal(line.address, "ws://one");
	assert_false(line.is_continued);
	frames_close(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_next__reads_plain_and_gzip_alike),
		cmocka_unit_test(frames_next__says_that_a_file_is_cut_short),
		cmocka_unit_test(frames_next__holds_the_line_limit),
		cmocka_unit_test(
		    frames_next__forgets_the_connection_heard_longest_ago),
		cmocka_unit_test(
		    frames_next__gives_frames_their_connection_s_venue),
		cmocka_unit_test(frames_parse_line__names_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, path_make, path_drop);
}
