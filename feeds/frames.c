#include "feeds/frames.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/decimal.h"
#include "base/json.h"

#define CHUNK (64u * 1024u)
/* 2262, as in base/clock_text.h. */
#define TIME_MS_MAX UINT64_C(9223372036854)

struct connection {
	uint64_t heard;		/* the number of its newest line */
	char name[64];
	char address[256];
	char venue[FRAMES_VENUE_MAX];
};

struct frames {
	gzFile file;
	uint64_t number;
	bool is_ended;
	char chunk[CHUNK];
	size_t chunk_at, chunk_len;
	char *text;		/* one line; text_size <= FRAMES_LINE_MAX */
	size_t text_len, text_size;
	char *payload;		/* of text_size + 1 bytes */
	size_t connection_count;
	struct connection connection[FRAMES_CONNECTIONS_MAX];
};

struct fields {
	struct json_text t, conn, ts, data, addr, enc, venue;
	bool has_continued, is_continued;
};

static struct json_text *
field_of(struct fields *f, const struct json_text *key)
{
	if (json_text_is(key, "t"))
		return &f->t;
	if (json_text_is(key, "conn"))
		return &f->conn;
	if (json_text_is(key, "data"))
		return &f->data;
	if (json_text_is(key, "addr") || json_text_is(key, "url"))
		return &f->addr;
	if (json_text_is(key, "enc"))
		return &f->enc;
	if (json_text_is(key, "venue"))
		return &f->venue;
	return NULL;
}

static void
field_read(struct fields *f, struct json *j, const struct json_text *key)
{
	struct json_text *field = field_of(f, key);

	if (json_text_is(key, "ts")) {
		if (f->ts.at != NULL)
			json_fail(j, ERR_DUPLICATE);
		json_read_number(j, &f->ts);
	} else if (json_text_is(key, "continued")) {
		if (f->has_continued)
			json_fail(j, ERR_DUPLICATE);
		f->has_continued = true;
		json_read_bool(j, &f->is_continued);
	} else if (field == NULL) {
		json_skip(j);
	} else {
		if (field->at != NULL)
			json_fail(j, ERR_DUPLICATE);
		json_read_string(j, field);
	}
}

static enum err
fields_read(struct fields *f, const char *text, size_t len)
{
	struct json_text key;
	struct json j;

	json_open_max(&j, text, len, FRAMES_LINE_MAX);
	json_enter_object(&j);
	while (json_next_key(&j, &key))
		field_read(f, &j, &key);
	return json_close(&j);
}

static enum err
kind_from_text(enum frames_kind *out, const struct json_text *t)
{
	static const char *const WORDS[] = {
		[FRAMES_CONNECT] = "connect", [FRAMES_SEND] = "send",
		[FRAMES_RECV] = "recv", [FRAMES_HTTP] = "http",
	};

	if (t->at == NULL)
		return ERR_MISSING;
	for (unsigned i = 0; i < ARRAY_COUNT(WORDS); i++)
		if (json_text_is(t, WORDS[i])) {
			*out = (enum frames_kind)i;
			return ERR_OK;
		}
	return ERR_UNKNOWN;
}

static int
base64_digit(char c)
{
	static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(DIGITS, c);

	return at == NULL ? -1 : (int)(at - DIGITS);
}

/* base64_decode reads RFC 4648 with padding; out may be as short as 3/4. */
static enum err
base64_decode(char *out, size_t *out_len, const struct json_text *text)
{
	size_t len = text->len, at = 0;
	uint32_t bits = 0;

	if (len % 4 != 0)
		return ERR_SYNTAX;
	while (len > 0 && text->at[len - 1] == '=' && text->len - len < 2)
		len--;
	for (size_t i = 0; i < len; i++) {
		int digit = base64_digit(text->at[i]);

		if (digit < 0)
			return ERR_SYNTAX;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 != 0)
			out[at++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
	}
	out[at] = '\0';
	*out_len = at;
	return ERR_OK;
}

static enum err
payload_read(struct frames_line *line, char *payload, const struct fields *f,
    size_t payload_size)
{
	enum err e;

	line->payload = payload;
	if (f->enc.at != NULL) {
		if (!json_text_is(&f->enc, "b64"))
			return ERR_UNKNOWN;
		return base64_decode(payload, &line->payload_len, &f->data);
	}
	e = json_text_copy(payload, payload_size, &f->data);
	if (e == ERR_OK)
		line->payload_len = strlen(payload);
	return e;
}

static enum err
time_read(uint64_t *out_ms, const struct json_text *ts)
{
	u128 ms;
	enum err e;

	if (ts->at == NULL)
		return ERR_MISSING;
	e = decimal_to_u128_round(&ms, ts->at, ts->len, 3, ROUND_FLOOR);
	if (e != ERR_OK)
		return e;
	if (ms > TIME_MS_MAX)
		return ERR_RANGE;
	*out_ms = (uint64_t)ms;
	return ERR_OK;
}

enum err
frames_parse_line(struct frames_line *line, char *payload, const char *text,
    size_t len)
{
	struct frames_line l = { .number = line->number };
	struct fields f = { 0 };
	enum err e = fields_read(&f, text, len);

	if (e == ERR_OK)
		e = kind_from_text(&l.kind, &f.t);
	if (e == ERR_OK)
		e = time_read(&l.recv_ms, &f.ts);
	if (e != ERR_OK)
		return e;
	if (f.conn.at == NULL)
		return ERR_MISSING;
	e = json_text_copy(l.connection, sizeof(l.connection), &f.conn);
	if (e != ERR_OK)
		return e;
	payload[0] = '\0';
	l.payload = payload;
	if (f.data.at != NULL)
		e = payload_read(&l, payload, &f, len + 1);
	else if (l.kind != FRAMES_CONNECT)
		e = ERR_MISSING;
	if (e != ERR_OK)
		return e;
	if (f.addr.at != NULL) {
		/* Only its host and path matter; long ones list streams. */
		if (f.addr.len >= sizeof(l.address))
			f.addr.len = sizeof(l.address) - 1;
		memcpy(l.address, f.addr.at, f.addr.len);
	} else if (l.kind == FRAMES_CONNECT) {
		return ERR_MISSING;
	}
	if (f.venue.at != NULL)
		e = json_text_copy(l.venue, sizeof(l.venue), &f.venue);
	l.is_continued = f.is_continued && l.kind == FRAMES_CONNECT;
	if (e == ERR_OK)
		*line = l;
	return e;
}

/* NULL: its name has not been said. */
static struct connection *
connection_find(struct frames *f, const char *name)
{
	/* The newest first: of many, most are gone. */
	for (size_t i = f->connection_count; i-- > 0;)
		if (strcmp(f->connection[i].name, name) == 0)
			return &f->connection[i];
	return NULL;
}

static struct connection *
connection_add(struct frames *f, const char *name)
{
	struct connection *c = &f->connection[0];

	if (f->connection_count < FRAMES_CONNECTIONS_MAX)
		c = &f->connection[f->connection_count++];
	else
		for (size_t i = 1; i < f->connection_count; i++)
			if (f->connection[i].heard < c->heard)
				c = &f->connection[i];
	memset(c, 0, sizeof(*c));
	memcpy(c->name, name, sizeof(c->name));
	return c;
}

static void
connection_note(struct frames *f, struct frames_line *line)
{
	struct connection *c = connection_find(f, line->connection);

	if (c != NULL)
		c->heard = line->number;
	if (line->kind == FRAMES_RECV && c != NULL && line->address[0] == '\0') {
		memcpy(line->address, c->address, sizeof(c->address));
		memcpy(line->venue, c->venue, sizeof(c->venue));
	}
	if (line->kind != FRAMES_CONNECT && line->kind != FRAMES_SEND)
		return;
	if (line->address[0] == '\0')
		return;
	if (c == NULL)
		c = connection_add(f, line->connection);
	c->heard = line->number;
	memcpy(c->address, line->address, sizeof(c->address));
	if (line->kind == FRAMES_CONNECT)
		memcpy(c->venue, line->venue, sizeof(c->venue));
}

/* text_grow makes room for need bytes of a line; false above the limit. */
static enum err
text_grow(struct frames *f, size_t need)
{
	size_t size = f->text_size > 0 ? f->text_size : CHUNK;
	char *text;

	if (need > FRAMES_LINE_MAX)
		return ERR_LIMIT;
	while (size < need)
		size *= 2;
	if (size == f->text_size)
		return ERR_OK;
	text = realloc(f->text, size);
	if (text == NULL)
		return ERR_IO;
	f->text = text;
	text = realloc(f->payload, size + 1);
	if (text == NULL)
		return ERR_IO;
	f->payload = text;
	f->text_size = size;
	return ERR_OK;
}

/* chunk_fill reads on; ERR_MISSING at the end of the file. */
static enum err
chunk_fill(struct frames *f)
{
	int n = gzread(f->file, f->chunk, CHUNK), code = Z_OK;

	if (n > 0) {
		f->chunk_at = 0;
		f->chunk_len = (size_t)n;
		return ERR_OK;
	}
	f->is_ended = true;
	/* A file cut short ends without error but says so here. */
	(void)gzerror(f->file, &code);
	return n < 0 || (code != Z_OK && code != Z_STREAM_END) ? ERR_IO :
	    ERR_MISSING;
}

/* line_read collects one line, to its newline or the end of the file.  What
 * is above the limit is read past and ERR_LIMIT. */
static enum err
line_read(struct frames *f)
{
	bool has_any = false;
	enum err error = ERR_OK;

	f->text_len = 0;
	for (;;) {
		char *from = f->chunk + f->chunk_at, *newline;
		size_t len = f->chunk_len - f->chunk_at;
		enum err e;

		if (len == 0) {
			e = f->is_ended ? ERR_MISSING : chunk_fill(f);
			if (e == ERR_MISSING && has_any)
				return error;
			if (e != ERR_OK)
				return e;
			continue;
		}
		has_any = true;
		newline = memchr(from, '\n', len);
		if (newline != NULL)
			len = (size_t)(newline - from);
		if (error == ERR_OK)
			error = text_grow(f, f->text_len + len);
		if (error == ERR_OK && len > 0) {
			memcpy(f->text + f->text_len, from, len);
			f->text_len += len;
		}
		f->chunk_at += len + (newline != NULL);
		if (newline != NULL)
			return error;
	}
}

enum err
frames_open(struct frames **out, const char *path)
{
	struct frames *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return ERR_IO;
	f->file = gzopen(path, "rb");
	if (f->file == NULL || text_grow(f, 1) != ERR_OK) {
		frames_close(f);
		return ERR_IO;
	}
	*out = f;
	return ERR_OK;
}

enum err
frames_next(struct frames *f, struct frames_line *line)
{
	struct frames_line l;
	enum err e = line_read(f);

	if (e == ERR_MISSING)
		return e;
	l.number = ++f->number;
	if (e == ERR_OK)
		e = frames_parse_line(&l, f->payload, f->text, f->text_len);
	/* ERR_MISSING is the end of the file; a line without a field it must
	 * have is malformed. */
	if (e == ERR_MISSING || e == ERR_DUPLICATE)
		e = ERR_SYNTAX;
	if (e != ERR_OK) {
		line->number = l.number;
		return e;
	}
	connection_note(f, &l);
	*line = l;
	return ERR_OK;
}

void
frames_close(struct frames *f)
{
	if (f == NULL)
		return;
	if (f->file != NULL)
		(void)gzclose(f->file);
	free(f->text);
	free(f->payload);
	free(f);
}
