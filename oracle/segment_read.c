/* oracle/segment_read.c - reading the segments of a folder (segment.h). */
#include "oracle/segment.h"

#include "base/must.h"
#include "oracle/segment_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW (1u << 20)
#define RECORD_MAX (SEGMENT_RECORD_HEAD + WIRE_SIZE_MAX)

struct segment_reader {
	int dir_fd, fd;
	uint64_t first, last, number;	/* segments; number is the open one */
	uint64_t size, at;		/* of the open one */
	uint64_t window_at;
	size_t window_len;
	struct segment_header header;
	struct segment_state begin, state;
	bool has_begin;
	uint64_t torn, done, total;
	_Alignas(16) uint8_t message[WIRE_SIZE_MAX];
	_Alignas(16) uint8_t window[WINDOW];
};

static enum err
fault_set(struct segment_fault *f, uint64_t number, uint64_t offset,
    const char *what, enum err e)
{
	memset(f, 0, sizeof(*f));
	if (number > 0)
		segment_name(f->file, number);
	f->offset = offset;
	f->what = what;
	return e;
}

/* "journal-00000017.segment" -> 17, anything else 0. */
static uint64_t
number_of(const char *name)
{
	char again[SEGMENT_NAME_MAX];
	uint64_t n = 0;

	if (strlen(name) != strlen("journal-00000000.segment"))
		return 0;
	for (size_t i = 8; i < 16; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		n = n * 10 + (uint64_t)(name[i] - '0');
	}
	if (n == 0)
		return 0;
	segment_name(again, n);
	return strcmp(again, name) == 0 ? n : 0;
}

static enum err
folder_list(struct segment_reader *r, struct segment_fault *fault)
{
	int fd = openat(r->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	uint64_t count = 0;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return fault_set(fault, 0, 0, "cannot be listed", ERR_IO);
	}
	while ((entry = readdir(d)) != NULL) {
		uint64_t n = number_of(entry->d_name);
		struct stat s;

		if (n == 0 || fstatat(r->dir_fd, entry->d_name, &s, 0) != 0)
			continue;
		r->first = count == 0 || n < r->first ? n : r->first;
		r->last = n > r->last ? n : r->last;
		r->total += (uint64_t)s.st_size;
		count++;
	}
	closedir(d);
	if (count == 0)
		return fault_set(fault, 0, 0, "holds no segment", ERR_MISSING);
	for (uint64_t n = r->first; n <= r->last &&
	    count != r->last - r->first + 1; n++) {
		char name[SEGMENT_NAME_MAX];

		segment_name(name, n);
		if (faccessat(r->dir_fd, name, F_OK, 0) != 0)
			return fault_set(fault, n, 0, "is missing", ERR_SYNTAX);
	}
	return ERR_OK;
}

/* At least `want` bytes from r->at on, or what the file has left. */
static enum err
window_fill(struct segment_reader *r, uint64_t at, size_t want,
    const uint8_t **out, size_t *len)
{
	if (at < r->window_at || at + want > r->window_at + r->window_len) {
		r->window_at = at;
		r->window_len = 0;
		while (r->window_len < WINDOW) {
			ssize_t n = pread(r->fd, r->window + r->window_len,
			    WINDOW - r->window_len,
			    (off_t)(at + r->window_len));

			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				return ERR_IO;
			if (n == 0)
				break;
			r->window_len += (size_t)n;
		}
	}
	*out = r->window + (at - r->window_at);
	*len = (size_t)(r->window_at + r->window_len - at);
	/* What grew behind the size that we saw is not ours to read. */
	if (*len > r->size - at)
		*len = (size_t)(r->size - at);
	return ERR_OK;
}

static bool
state_equal(const struct segment_state *a, const struct segment_state *b)
{
	return a->records == b->records &&
	    b32_equal(&a->inputs_hash, &b->inputs_hash) &&
	    b32_equal(&a->outputs_hash, &b->outputs_hash);
}

static enum err
segment_begin(struct segment_reader *r, uint64_t number,
    struct segment_fault *fault)
{
	char name[SEGMENT_NAME_MAX];
	const uint8_t *bytes;
	size_t len;
	struct stat s;
	enum err e;

	if (r->fd >= 0)
		close(r->fd);
	r->done += r->size;
	r->size = 0;
	segment_name(name, number);
	r->number = number;
	r->window_len = 0;
	r->fd = openat(r->dir_fd, name, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &s) != 0)
		return fault_set(fault, number, 0, "cannot be read", ERR_IO);
	r->size = (uint64_t)s.st_size;
	e = window_fill(r, 0, SEGMENT_HEADER_BYTES, &bytes, &len);
	if (e != ERR_OK)
		return fault_set(fault, number, 0, "cannot be read", e);
	if (len < SEGMENT_HEADER_BYTES)
		return fault_set(fault, number, 0, "ends inside its header",
		    ERR_SYNTAX);
	e = segment_header_parse(&r->header, bytes);
	if (e != ERR_OK)
		return fault_set(fault, number, 0, e == ERR_STATE ?
		    "is of another format or version" :
		    "has a damaged header", e);
	if (!r->has_begin) {
		r->begin = r->state = r->header.begin;
		r->has_begin = true;
	}
	if (r->header.number != number ||
	    !state_equal(&r->header.begin, &r->state))
		return fault_set(fault, number, 0,
		    "does not continue what is before it", ERR_SYNTAX);
	r->at = SEGMENT_HEADER_BYTES;
	return ERR_OK;
}

enum err
segment_reader_open(struct segment_reader **out, struct segment_fault *fault,
    const char *dir)
{
	struct segment_reader *r = calloc(1, sizeof(*r));
	enum err e;

	if (!r)
		return fault_set(fault, 0, 0, "out of memory", ERR_LIMIT);
	r->fd = -1;
	r->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	e = r->dir_fd < 0 ?
	    fault_set(fault, 0, 0, "cannot be opened", ERR_IO) :
	    folder_list(r, fault);
	if (e == ERR_OK)
		e = segment_begin(r, r->first, fault);
	if (e != ERR_OK) {
		int saved = errno;

		segment_reader_close(r);
		errno = saved;
		return e;
	}
	*out = r;
	return ERR_OK;
}

/* Whether a batch begins behind a damaged record: then the damage had been
 * durable before that batch was written. */
static enum err
later_batch_find(bool *found, struct segment_reader *r)
{
	*found = false;
	for (uint64_t at = r->at + 8; at + SEGMENT_RECORD_HEAD <= r->size;
	    at += 8) {
		struct segment_record record;
		const uint8_t *bytes;
		size_t len;
		uint32_t low;
		uint64_t number;
		enum err e = window_fill(r, at, r->size - at < RECORD_MAX ?
		    (size_t)(r->size - at) : RECORD_MAX, &bytes, &len);

		if (e != ERR_OK)
			return e;
		if (len < SEGMENT_RECORD_HEAD)
			return ERR_OK;
		memcpy(&low, bytes + 8, sizeof(low));
		number = r->state.records + (uint32_t)(low -
		    (uint32_t)r->state.records);
		if (segment_record_parse(&record, bytes, len, r->header.crc,
		    number) == ERR_OK && record.is_batch) {
			*found = true;
			return ERR_OK;
		}
	}
	return ERR_OK;
}

static enum err
tail_judge(struct segment_reader *r, struct segment_fault *fault)
{
	bool found = r->number != r->last;
	enum err e = found ? ERR_OK : later_batch_find(&found, r);

	if (e != ERR_OK)
		return fault_set(fault, r->number, r->at, "cannot be read", e);
	if (found)
		return fault_set(fault, r->number, r->at,
		    "holds a damaged record", ERR_SYNTAX);
	r->torn = r->size - r->at;
	return fault_set(fault, r->number, r->at, "ends in a torn record",
	    ERR_MISSING);
}

enum err
segment_reader_next(struct segment_reader *r, struct segment_record *record,
    struct segment_fault *fault)
{
	struct segment_record parsed;
	const uint8_t *bytes;
	size_t len;
	enum err e;

	if (r->torn > 0)
		return ERR_MISSING;
	while (r->at == r->size) {
		if (r->number == r->last)
			return ERR_MISSING;
		e = segment_begin(r, r->number + 1, fault);
		if (e != ERR_OK)
			return e;
	}
	e = window_fill(r, r->at, r->size - r->at < RECORD_MAX ?
	    (size_t)(r->size - r->at) : RECORD_MAX, &bytes, &len);
	if (e != ERR_OK)
		return fault_set(fault, r->number, r->at, "cannot be read", e);
	e = segment_record_parse(&parsed, bytes, len, r->header.crc,
	    r->state.records);
	if (e != ERR_OK)
		return tail_judge(r, fault);
	memcpy(r->message, parsed.message, parsed.size);
	r->at += SEGMENT_RECORD_HEAD + parsed.size;
	segment_state_add(&r->state, r->message);
	*record = parsed;
	record->message = r->message;
	return ERR_OK;
}

const struct segment_state *
segment_reader_state(const struct segment_reader *r)
{
	return &r->state;
}

const struct segment_state *
segment_reader_begin(const struct segment_reader *r)
{
	return &r->begin;
}

uint64_t
segment_reader_torn(const struct segment_reader *r)
{
	return r->torn;
}

uint32_t
segment_reader_segments(const struct segment_reader *r)
{
	return (uint32_t)(r->last - r->first + 1);
}

void
segment_reader_progress(const struct segment_reader *r, uint64_t *done,
    uint64_t *total)
{
	*done = r->done + r->at;
	*total = r->total;
}

uint64_t
segment_reader_number(const struct segment_reader *r)
{
	return r->number;
}

uint64_t
segment_reader_offset(const struct segment_reader *r)
{
	return r->at;
}

const struct segment_header *
segment_reader_header(const struct segment_reader *r)
{
	return &r->header;
}

void
segment_reader_close(struct segment_reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	free(r);
}
