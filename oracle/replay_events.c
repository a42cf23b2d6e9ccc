/* oracle/replay_events.c - the recordings on one timeline (replay.h). */
#include "oracle/replay.h"

#include "base/must.h"
#include "oracle/name_index.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SPAN_MAX_MS (UINT64_C(31) * 24 * 3600 * 1000)
#define INSTANT_MAX_MS (UINT64_MAX / REPLAY_SEQUENCES_A_MS / 2)

#define NAMES_FIRST 256u
#define CONNECTIONS_MAX (1u << 24)

/* Connections by name, of all files so far, and the file that had it last;
 * `number` is unique over all files. */
struct name_row {
	char name[64];
	uint32_t file, number;
};
struct names {
	struct name_index index;
	struct name_row *row;
	uint32_t capacity;
};

static bool
event_room(struct replay_events *e)
{
	size_t capacity = e->capacity > 0 ? e->capacity * 2 : 4096;
	struct replay_event *more;

	if (e->count < e->capacity)
		return true;
	more = realloc(e->event, capacity * sizeof(*more));
	if (!more)
		return false;
	e->event = more;
	e->capacity = capacity;
	return true;
}

static bool
payload_room(struct replay_events *e, size_t len)
{
	uint64_t capacity = e->payload_capacity > 0 ? e->payload_capacity :
	    1 << 20;
	char *more;

	if (e->payload_len + len > REPLAY_BYTES_MAX)
		return false;
	while (capacity < e->payload_len + len)
		capacity *= 2;
	if (capacity == e->payload_capacity)
		return true;
	more = realloc(e->payload, capacity);
	if (!more)
		return false;
	e->payload = more;
	e->payload_capacity = capacity;
	return true;
}

static void
names_free(struct names *n)
{
	name_index_free(&n->index);
	free(n->row);
}

/* names_room makes room for one more row. */
static bool
names_room(struct names *n)
{
	uint32_t capacity = n->capacity > 0 ? n->capacity * 2 : NAMES_FIRST;
	uint32_t count = n->index.count;
	struct name_row *more;

	if (count < n->capacity)
		return true;
	more = capacity <= CONNECTIONS_MAX ?
	    realloc(n->row, capacity * sizeof(*more)) : NULL;
	if (!more)
		return false;
	n->row = more;
	n->capacity = capacity;
	/* The table lies elsewhere now. */
	name_index_free(&n->index);
	if (name_index_init(&n->index, more->name, sizeof(*more),
	    capacity) != ERR_OK)
		return false;
	while (n->index.count < count)
		name_index_add(&n->index);
	return true;
}

/* The number of a file's connection, which is that of the files before it
 * where it is continued.  ERR_LIMIT: no memory. */
static enum err
connection_number(uint32_t *out, struct replay_events *e, struct names *n,
    uint32_t file, const struct frames_line *line)
{
	struct name_row *row;
	uint32_t at;

	if (!names_room(n))
		return ERR_LIMIT;
	if (name_index_find(&n->index, &at, line->connection,
	    strlen(line->connection))) {
		row = &n->row[at];
		if (row->file != file && !line->is_continued)
			row->number = e->connection_count++;
	} else {
		row = &n->row[n->index.count];
		memcpy(row->name, line->connection, sizeof(row->name));
		row->number = e->connection_count++;
		name_index_add(&n->index);
	}
	row->file = file;
	*out = row->number;
	return ERR_OK;
}

static const struct venue *
line_venue(const struct frames_line *line)
{
	const struct venue *v = venue_find(line->venue);

	return v ? v : venue_at_address(line->address);
}

static enum err
event_add(struct replay_events *e, struct names *names, uint32_t file,
    const struct frames_line *line)
{
	uint32_t before = e->connection_count, connection;
	bool is_connect = line->kind == FRAMES_CONNECT;
	size_t len = is_connect ? 0 : line->payload_len;

	if (connection_number(&connection, e, names, file, line) != ERR_OK)
		return ERR_LIMIT;
	/* An open connection goes on: nothing happens to it. */
	if (line->is_continued && connection < before)
		return ERR_OK;

	if (!event_room(e) || !payload_room(e, len))
		return ERR_LIMIT;
	if (len > 0)
		memcpy(e->payload + e->payload_len, line->payload, len);
	e->event[e->count++] = (struct replay_event){
		.recv_ms = line->recv_ms, .line = line->number, .file = file,
		.connection = connection,
		.is_connect = is_connect, .venue = line_venue(line),
		.payload_at = e->payload_len, .payload_len = len,
	};
	e->payload_len += len;
	return ERR_OK;
}

static enum err
file_load(struct replay_events *e, struct names *names, uint32_t file,
    const char *path)
{
	struct frames_line line;
	struct frames *f;
	enum err r = frames_open(&f, path);

	if (r != ERR_OK) {
		fprintf(stderr, "%s: %s\n", path, r == ERR_IO ?
		    strerrordesc_np(errno) : err_name(r));
		return ERR_IO;
	}
	while ((r = frames_next(f, &line)) != ERR_MISSING) {
		if (r == ERR_OK && line.kind != FRAMES_RECV &&
		    line.kind != FRAMES_CONNECT)
			continue;
		if (r == ERR_OK && event_add(e, names, file, &line) !=
		    ERR_OK) {
			fprintf(stderr, "%s:%" PRIu64 ": more than fits into "
			    "memory\n", path, line.number);
			frames_close(f);
			return ERR_LIMIT;
		}
		if (r == ERR_OK)
			continue;
		e->is_damaged = true;
		if (r == ERR_IO) {
			fprintf(stderr, "%s:%" PRIu64 ": the file is broken or "
			    "cut short here\n", path, line.number);
			break;
		}
		fprintf(stderr, "%s:%" PRIu64 ": no line of a recording (%s)\n",
		    path, line.number, err_name(r));
	}
	frames_close(f);
	return ERR_OK;
}

static void
files_align(struct replay_events *e, size_t file_count)
{
	uint64_t first[REPLAY_FILES_MAX], earliest = UINT64_MAX;

	for (size_t i = 0; i < file_count; i++)
		first[i] = UINT64_MAX;
	for (size_t i = 0; i < e->count; i++) {
		const struct replay_event *v = &e->event[i];

		if (!v->is_connect && v->recv_ms < first[v->file])
			first[v->file] = v->recv_ms;
	}
	for (size_t i = 0; i < file_count; i++)
		if (first[i] < earliest)
			earliest = first[i];
	for (size_t i = 0; i < file_count; i++)
		e->shift_ms[i] = first[i] == UINT64_MAX ? 0 :
		    first[i] - earliest;
	for (size_t i = 0; i < e->count; i++) {
		struct replay_event *v = &e->event[i];
		uint64_t shift = e->shift_ms[v->file];

		v->recv_ms = v->recv_ms > shift ? v->recv_ms - shift : 0;
	}
}

static int
event_compare(const void *a, const void *b)
{
	const struct replay_event *x = a, *y = b;

	if (x->recv_ms != y->recv_ms)
		return x->recv_ms < y->recv_ms ? -1 : 1;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

enum err
replay_events_load(struct replay_events *e, const char *const *path,
    size_t path_count, bool is_aligned)
{
	struct names names = { 0 };
	enum err r = ERR_OK;

	MUST(path_count <= REPLAY_FILES_MAX);
	memset(e, 0, sizeof(*e));
	for (size_t i = 0; i < path_count && r == ERR_OK; i++)
		r = file_load(e, &names, (uint32_t)i, path[i]);
	names_free(&names);
	if (r != ERR_OK) {
		replay_events_free(e);
		return r;
	}
	if (is_aligned)
		files_align(e, path_count);
	if (e->count > 0)
		qsort(e->event, e->count, sizeof(*e->event), event_compare);
	return ERR_OK;
}

enum err
replay_events_span(struct replay_window *out, const struct replay_events *e,
    const struct replay_window *wanted, const char *command)
{
	struct replay_window w = { UINT64_MAX, 0 };
	uint64_t until_ms = wanted->until_ms > 0 ? wanted->until_ms :
	    UINT64_MAX;

	for (size_t i = 0; i < e->count; i++) {
		uint64_t ms = e->event[i].recv_ms;

		if (e->event[i].is_connect || ms >= until_ms)
			continue;
		if (w.from_ms == UINT64_MAX)
			w.from_ms = ms;
		w.until_ms = ms + 1;
	}
	if (wanted->from_ms > w.from_ms)
		w.from_ms = wanted->from_ms;
	if (w.from_ms >= w.until_ms)
		return ERR_MISSING;
	if (w.until_ms > INSTANT_MAX_MS) {
		fprintf(stderr, "margind %s: a receive time is beyond all "
		    "calendars\n", command);
		return ERR_RANGE;
	}
	if (w.until_ms - w.from_ms > SPAN_MAX_MS) {
		fprintf(stderr, "margind %s: the frames span more than 31 "
		    "days; --align brings files of different days together\n",
		    command);
		return ERR_LIMIT;
	}
	*out = w;
	return ERR_OK;
}

void
replay_events_free(struct replay_events *e)
{
	free(e->event);
	free(e->payload);
	memset(e, 0, sizeof(*e));
}
