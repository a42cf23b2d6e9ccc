/* tests/journal_world.h - throwaway folders and messages for the journal's
 * tests. */
#ifndef TESTS_JOURNAL_WORLD_H
#define TESTS_JOURNAL_WORLD_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "oracle/segment.h"

static inline void
folder_make(char path[64])
{
	memcpy(path, "/tmp/margind-journal-XXXXXX", 28);
	MUST(mkdtemp(path) != NULL);
}

static inline int
folder_entry_remove(const char *path, const struct stat *s, int kind,
    struct FTW *where)
{
	(void)s;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline void
folder_remove(const char *path)
{
	(void)nftw(path, folder_entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline struct wire_tick
tick_message(uint64_t n)
{
	struct wire_tick t;

	memset(&t, 0, sizeof(t));
	wire_head_set(&t.head, WIRE_TICK);
	t.market = (uint16_t)(n % 7);
	t.has_book = 1;
	t.exchange_ms = 1000 + n;
	t.recv_ms = 1001 + n;
	t.bid.low = n * 0x9e3779b97f4a7c15u;
	t.ask.low = n + 1;
	return t;
}

static inline struct wire_close
close_message(uint64_t ms)
{
	struct wire_close c;

	memset(&c, 0, sizeof(c));
	wire_head_set(&c.head, WIRE_CLOSE);
	c.now_ms = ms;
	return c;
}

static inline struct wire_attestation
attestation_message(uint64_t sequence, uint32_t words)
{
	struct wire_attestation a;

	memset(&a, 0, sizeof(a));
	wire_head_set(&a.head, WIRE_ATTESTATION);
	a.sequence = sequence;
	a.as_of = sequence / 1024;
	a.word_count = words;
	memset(a.digest.b, (int)(sequence & 0xff), sizeof(a.digest.b));
	return a;
}

static inline size_t
file_bytes(const char *dir, const char *name, uint8_t **out)
{
	char path[600];
	struct stat s;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY);
	MUST(fd >= 0 && fstat(fd, &s) == 0);
	*out = malloc((size_t)s.st_size + 1);
	MUST(*out && read(fd, *out, (size_t)s.st_size) == s.st_size);
	close(fd);
	return (size_t)s.st_size;
}

static inline void
file_store(const char *dir, const char *name, const uint8_t *bytes, size_t len)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	MUST(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	close(fd);
}

#endif
