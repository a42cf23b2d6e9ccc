/* tests/vectors.h - published vectors (JSON, also gzipped) as jansson values.
 *
 * They lie in MARGIND_DATA (default ../shared/data), below vectors/; NULL
 * where they are not there, and the test says "skipped". */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#include "base/hex.h"

#define VECTORS_PATH 2048u
#define VECTORS_TEXT_MAX (32u * 1024u * 1024u)

static inline void
vectors_path(char *out, size_t size, const char *name)
{
	const char *folder = getenv("MARGIND_DATA");

	snprintf(out, size, "%s/vectors/%s",
	    folder != NULL ? folder : "../shared/data", name);
}

static inline json_t *
vectors_load(const char *name)
{
	static char text[VECTORS_TEXT_MAX];
	char path[VECTORS_PATH];
	json_error_t why;
	json_t *value;
	gzFile f;
	int len;

	vectors_path(path, sizeof(path), name);
	f = gzopen(path, "rb");
	if (f == NULL)
		return NULL;
	len = gzread(f, text, sizeof(text));
	gzclose(f);
	assert_true(len > 0 && (size_t)len < sizeof(text));
	value = json_loadb(text, (size_t)len, JSON_ALLOW_NUL, &why);
	if (value == NULL)
		print_message("%s: %s\n", path, why.text);
	assert_non_null(value);
	return value;
}

/* vectors_need skips the test where the file is not there. */
static inline json_t *
vectors_need(const char *name)
{
	json_t *value = vectors_load(name);

	if (value == NULL) {
		print_message("skipped: no %s\n", name);
		skip();
	}
	return value;
}

static inline const char *
vectors_text(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

/* Bytes of a hexadecimal member; fails the test where it is not one. */
static inline size_t
vectors_hex(uint8_t *out, size_t max, const char *text)
{
	size_t len;

	assert_int_equal(hex_to_bytes_max(out, &len, max, text, strlen(text)),
	    ERR_OK);
	return len;
}

/* dies_by_must: whether run() ends in MUST's abort; in a child. */
static inline bool
dies_by_must(void (*run)(void))
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* MUST's line is expected: keep it off the report. */
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(3);
		run();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
