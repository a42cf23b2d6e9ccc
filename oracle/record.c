#include "oracle/record.h"

#include "base/must.h"
#include "feeds/frames.h"
#include "oracle/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define NUMBER_MAX 99999u

struct record_connection {
	bool is_open;
	uint32_t number;	/* of the venue's connections so far */
	char name[32];
	char address[RECORD_ADDRESS_MAX];
};

struct record {
	char prefix[RECORD_PATH_MAX - 32];
	char path[RECORD_PATH_MAX];
	uint64_t rotate_bytes, bytes, lines;
	unsigned number;
	gzFile file;
	struct text line;
	struct record_connection connection[RECORD_CONNECTIONS_MAX];
};

static enum err
file_begin(struct record *r)
{
	for (;;) {
		if (r->number == NUMBER_MAX)
			return ERR_LIMIT;
		r->number++;
		snprintf(r->path, sizeof(r->path), "%s-%05u.jsonl.gz",
		    r->prefix, r->number);
		/* x: what is there belongs to an earlier recording. */
		errno = 0;
		r->file = gzopen(r->path, "wbx6");
		r->bytes = 0;
		if (r->file)
			return ERR_OK;
		if (errno != EEXIST)
			return ERR_IO;
	}
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
	text_printf(&r->line, "{\"t\":\"%s\",\"conn\":\"%s.%" PRIu32
	    "\",\"ts\":%" PRIu64 ".%06" PRIu64, kind, c->name, c->number,
	    now_us / 1000000, now_us % 1000000);
}

static enum err
connect_write(struct record *r, size_t connection, uint64_t now_us)
{
	const char *address = r->connection[connection].address;

	line_begin(r, "connect", connection, now_us);
	text_put(&r->line, ",\"addr\":");
	text_json_string(&r->line, address, strlen(address));
	text_put(&r->line, "}\n");
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
			e = connect_write(r, i, now_us);
	return e;
}

static enum err
data_write(struct record *r, const char *kind, size_t connection,
    const char *text, size_t len, uint64_t now_us)
{
	enum err e = ERR_OK;

	MUST(connection < RECORD_CONNECTIONS_MAX &&
	    r->connection[connection].is_open);
	if (r->rotate_bytes > 0 && r->bytes >= r->rotate_bytes)
		e = rotate(r, now_us);
	if (e != ERR_OK)
		return e;
	line_begin(r, kind, connection, now_us);
	text_put(&r->line, ",\"data\":");
	text_json_string(&r->line, text, len);
	text_put(&r->line, "}\n");
	return line_write(r);
}

enum err
record_open(struct record **out, const char *prefix, uint64_t rotate_bytes)
{
	struct record *r = calloc(1, sizeof(*r));
	enum err e;

	if (!r)
		return ERR_LIMIT;
	if (strlen(prefix) >= sizeof(r->prefix)) {
		free(r);
		return ERR_LIMIT;
	}
	memcpy(r->prefix, prefix, strlen(prefix) + 1);
	r->rotate_bytes = rotate_bytes;
	text_init(&r->line, FRAMES_LINE_MAX);
	e = file_begin(r);
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

enum err
record_connect(struct record *r, size_t connection, const char *name,
    const char *address, uint64_t now_us)
{
	struct record_connection *c = &r->connection[connection];

	MUST(connection < RECORD_CONNECTIONS_MAX);
	c->is_open = true;
	c->number++;
	snprintf(c->name, sizeof(c->name), "%s", name);
	snprintf(c->address, sizeof(c->address), "%s", address);
	return connect_write(r, connection, now_us);
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
