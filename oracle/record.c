#include "oracle/record.h"

#include "base/must.h"
#include "feeds/frames.h"
#include "oracle/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define NUMBER_MAX 99999u

_Static_assert(RECORD_CONNECTIONS_MAX < FRAMES_CONNECTIONS_MAX,
    "a file that begins has room for another connection");

struct record_connection {
	bool is_open;
	uint32_t number;	/* of the recording, from 1 */
	char venue[FRAMES_VENUE_MAX];
	char address[RECORD_ADDRESS_MAX];
};

struct record {
	char prefix[RECORD_PATH_MAX - 32];
	char path[RECORD_PATH_MAX];
	uint64_t rotate_bytes, bytes, lines, begin_s;
	unsigned number, files;
	uint32_t connections;	/* so far */
	uint32_t named;		/* of them, in this file */
	gzFile file;
	struct text line;
	struct record_connection connection[RECORD_CONNECTIONS_MAX];
};

static enum err
file_begin(struct record *r)
{
	while (r->number < NUMBER_MAX) {
		r->number++;
		snprintf(r->path, sizeof(r->path), "%s-%05u.jsonl.gz",
		    r->prefix, r->number);
		/* x: what is there belongs to an earlier recording. */
		errno = 0;
		r->file = gzopen(r->path, "wbxe6");
		r->bytes = 0;
		r->named = 0;
		if (r->file) {
			r->files++;
			return ERR_OK;
		}
		if (errno != EEXIST)
			return ERR_IO;
	}
	return ERR_LIMIT;
}

static enum err
file_end(struct record *r)
{
	int e = gzclose(r->file);

	r->file = NULL;
	return e == Z_OK ? ERR_OK : ERR_IO;
}

static enum err
line_write(struct record *r)
{
	if (r->line.failed)
		return ERR_LIMIT;
	if (gzwrite(r->file, r->line.at, (unsigned)r->line.len) !=
	    (int)r->line.len)
		return ERR_IO;
	r->bytes += r->line.len;
	r->lines++;
	return ERR_OK;
}

static void
line_begin(struct record *r, const char *kind, size_t connection,
    uint64_t now_us)
{
	const struct record_connection *c = &r->connection[connection];

	text_clear(&r->line);
	text_printf(&r->line, "{\"t\":\"%s\",\"conn\":\"%s.%" PRIu64
	    ".%" PRIu32 "\",\"ts\":%" PRIu64 ".%06" PRIu64, kind, c->venue,
	    r->begin_s, c->number, now_us / 1000000, now_us % 1000000);
}

static enum err
connect_write(struct record *r, size_t connection, bool is_continued,
    uint64_t now_us)
{
	const struct record_connection *c = &r->connection[connection];

	r->named++;
	line_begin(r, "connect", connection, now_us);
	text_put(&r->line, ",\"addr\":");
	text_json_string(&r->line, c->address, strlen(c->address));
	text_put(&r->line, ",\"venue\":");
	text_json_string(&r->line, c->venue, strlen(c->venue));
	text_put(&r->line, is_continued ? ",\"continued\":true}\n" : "}\n");
	return line_write(r);
}

static enum err
rotate(struct record *r, uint64_t now_us)
{
	enum err e = file_end(r);

	if (e == ERR_OK)
		e = file_begin(r);
	for (size_t i = 0; i < RECORD_CONNECTIONS_MAX && e == ERR_OK; i++)
		if (r->connection[i].is_open)
			e = connect_write(r, i, true, now_us);
	return e;
}

static enum err
rotate_if_full(struct record *r, uint64_t now_us)
{
	bool is_full = r->bytes >= r->rotate_bytes ||
	    r->named >= FRAMES_CONNECTIONS_MAX;

	return r->rotate_bytes > 0 && is_full ? rotate(r, now_us) : ERR_OK;
}

static enum err
data_write(struct record *r, const char *kind, size_t connection,
    const char *text, size_t len, uint64_t now_us)
{
	enum err e;

	MUST(connection < RECORD_CONNECTIONS_MAX);
	MUST(r->connection[connection].is_open);
	e = rotate_if_full(r, now_us);
	if (e != ERR_OK)
		return e;
	line_begin(r, kind, connection, now_us);
	text_put(&r->line, ",\"data\":");
	if (text_is_plain(text, len)) {
		text_json_string(&r->line, text, len);
		text_put(&r->line, "}\n");
	} else {
		text_json_base64(&r->line, text, len);
		text_put(&r->line, ",\"enc\":\"b64\"}\n");
	}
	return line_write(r);
}

enum err
record_open(struct record **out, const char *prefix, uint64_t rotate_bytes,
    uint64_t now_us)
{
	struct record *r = calloc(1, sizeof(*r));
	enum err e = ERR_LIMIT;

	if (r && strlen(prefix) < sizeof(r->prefix)) {
		memcpy(r->prefix, prefix, strlen(prefix) + 1);
		r->rotate_bytes = rotate_bytes;
		r->begin_s = now_us / 1000000;
		text_init(&r->line, FRAMES_LINE_MAX);
		e = file_begin(r);
	}
	if (e != ERR_OK) {
		free(r);
		return e;
	}
	*out = r;
	return ERR_OK;
}

const char *
record_path(const struct record *r)
{
	return r->path;
}

uint64_t
record_lines(const struct record *r)
{
	return r->lines;
}

unsigned
record_files(const struct record *r)
{
	return r->files;
}

enum err
record_connect(struct record *r, size_t connection, const char *venue,
    const char *address, uint64_t now_us)
{
	struct record_connection *c;
	enum err e;

	MUST(connection < RECORD_CONNECTIONS_MAX);
	/* Before: a connection that begins here is not continued. */
	e = rotate_if_full(r, now_us);
	if (e != ERR_OK)
		return e;
	c = &r->connection[connection];
	c->is_open = true;
	c->number = ++r->connections;
	snprintf(c->venue, sizeof(c->venue), "%s", venue);
	snprintf(c->address, sizeof(c->address), "%s", address);
	return connect_write(r, connection, false, now_us);
}

void
record_lose(struct record *r, size_t connection)
{
	MUST(connection < RECORD_CONNECTIONS_MAX);
	r->connection[connection].is_open = false;
}

enum err
record_send(struct record *r, size_t connection, const char *text, size_t len,
    uint64_t now_us)
{
	return data_write(r, "send", connection, text, len, now_us);
}

enum err
record_receive(struct record *r, size_t connection, const char *text,
    size_t len, uint64_t now_us)
{
	return data_write(r, "recv", connection, text, len, now_us);
}

enum err
record_flush(struct record *r)
{
	return gzflush(r->file, Z_SYNC_FLUSH) == Z_OK ? ERR_OK : ERR_IO;
}

enum err
record_close(struct record *r)
{
	enum err e = ERR_OK;

	if (!r)
		return ERR_OK;
	if (r->file)
		e = file_end(r);
	text_free(&r->line);
	free(r);
	return e;
}
